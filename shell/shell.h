/* The shell: statements, shell commands and their answers against one server. */
#pragma once
#include "base/map.h"
#include "shell/client.h"
#include "shell/display.h"

typedef struct sl_shell_options {
  const char *url;
  sl_client_options client;
  const sl_map *properties; /* of the configuration file: name -> const char *; may be NULL */
  const char *history_file; /* NULL = $HOME/.ksql-history */
  const char *banner_note;  /* a line for the banner, or NULL */
  bool json;
  int64_t row_limit;  /* 0 = none */
  int64_t timeout_ms; /* 0 = none */
  bool exit_on_error;
} sl_shell_options;

typedef struct sl_shell sl_shell;

int sl_shell_new(const sl_shell_options *options, sl_shell **out, sl_err *err);
void sl_shell_free(sl_shell *shell); /* accepts NULL */
/* name=value, the value perhaps in single quotes. false: malformed. */
bool sl_shell_define(sl_shell *shell, const char *word);
/* Executes a script or -e text. Gives the exit code (cli.md 8). */
int sl_shell_execute(sl_shell *shell, sl_str text);
/* Reads statements from the terminal, or from standard input when it is none, until its end or 'exit'. */
int sl_shell_interact(sl_shell *shell);

enum { SL_SHELL_FAILED = 255 };
