/* sluice: one program, one file per sub-command. Without one it is the shell. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "engine/engine.h"

typedef struct command {
  const char *name;
  int (*run)(int argc, char **argv); /* argv[0] is the sub-command */
  const char *help;
} command;

static const command COMMANDS[] = {
#define SL_COMMAND(word, function, text) {word, function, text},
#include "cli/commands.def"
#undef SL_COMMAND
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static void usage(FILE *out) {
  fprintf(out,
          "Usage: sluice [COMMAND] [ARGUMENT ...]\n\nWithout a command: a shell, with a server of its own when none "
          "runs.\n\nCommands:\n");
  for (int i = 0; i < COMMAND_COUNT; i++) fprintf(out, "  %-10s %s\n", COMMANDS[i].name, COMMANDS[i].help);
  fprintf(out, "\nkafka-topics, kafka-console-producer and kafka-console-consumer mean topics, produce and consume.\n"
               "'sluice COMMAND --help' tells more.\n");
}

/* The sub-command of one of Kafka's scripts, with or without ".sh" and a path; other words are what they are. */
static const char *own_name(const char *word) {
  static const char *const NAMES[][2] = {
      {"kafka-topics", "topics"}, {"kafka-console-producer", "produce"}, {"kafka-console-consumer", "consume"}};
  const char *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
    size_t len = strlen(NAMES[i][0]);
    if (strncmp(name, NAMES[i][0], len) == 0 && (!name[len] || strcmp(name + len, ".sh") == 0)) return NAMES[i][1];
  }
  return word;
}

static const command *find_command(const char *name) {
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (strcmp(name, COMMANDS[i].name) == 0) return &COMMANDS[i];
  return NULL;
}

int main(int argc, char **argv) {
  const char *called = argc > 0 ? own_name(argv[0]) : "";
  if (argc > 0 && called != argv[0]) return find_command(called)->run(argc, argv); /* a link with such a name */
  if (argc < 2 || (argv[1][0] == '-' && strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "--version") != 0))
    return sl_cmd_shell(argc, argv);
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
    usage(stdout);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
    printf("sluice %s\n", SL_VERSION);
    return 0;
  }
  const command *chosen = find_command(own_name(argv[1]));
  if (chosen) return chosen->run(argc - 1, argv + 1);
  if (strncmp(argv[1], "http://", 7) == 0 || strncmp(argv[1], "https://", 8) == 0) return sl_cmd_shell(argc, argv);
  fprintf(stderr, "sluice: there is no command '%s'. 'sluice --help' lists them.\n", argv[1]);
  return 2;
}
