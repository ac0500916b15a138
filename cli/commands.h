/* The sub-commands; commands.def lists them. Each gets its own word as argv[0] and returns the exit code. */
#pragma once

#define SL_COMMAND(word, function, text) int function(int argc, char **argv);
#include "cli/commands.def"
#undef SL_COMMAND
