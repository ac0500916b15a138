/* The shell's own commands (cli.md 4): a table of words, arguments and what they do. */
#include <stdio.h>
#include <stdlib.h>

#include "shell/shell_int.h"

enum { MAX_ARGUMENTS = 8, SCRIPT_LIMIT = 64 << 20 };

typedef struct shell_command {
  const char *words; /* lower case, one blank between */
  int min, max;      /* arguments */
  void (*run)(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count);
  const char *help;
} shell_command;

static const shell_command *commands(size_t *count);

/* ---- words ---- */

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Does text begin with words, any blanks between them? Gives the length matched, 0 if it does not. */
static size_t match_words(sl_str text, const char *words) {
  size_t i = 0;
  for (const char *w = words; *w; w++) {
    if (*w == ' ') {
      if (i >= text.len || !is_blank(text.ptr[i])) return 0;
      while (i < text.len && is_blank(text.ptr[i])) i++;
    } else if (i >= text.len || (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? text.ptr[i] + 32 : text.ptr[i]) != *w) {
      return 0;
    } else {
      i++;
    }
  }
  return i == text.len || is_blank(text.ptr[i]) || text.ptr[i] == ';' ? i : 0;
}

static const shell_command *find_command(sl_str text, size_t *matched) {
  size_t count;
  const shell_command *all = commands(&count);
  for (size_t i = 0; i < count; i++)
    if ((*matched = match_words(text, all[i].words))) return &all[i];
  return NULL;
}

bool sl_shell_is_command(sl_str text) {
  size_t matched;
  return find_command(sl_str_trim(text), &matched) != NULL;
}

/* Splits on blanks outside single quotes; quotes go away ('' inside stays one). -1: more than fit. */
static int split_arguments(sl_arena *arena, sl_str text, sl_str *out) {
  int count = 0;
  size_t i = 0;
  for (;;) {
    while (i < text.len && is_blank(text.ptr[i])) i++;
    if (i >= text.len) return count;
    if (count == MAX_ARGUMENTS) return -1;
    char *word = sl_arena_alloc(arena, text.len - i + 1);
    size_t len = 0;
    bool quoted = false;
    for (; i < text.len && (quoted || !is_blank(text.ptr[i])); i++) {
      bool twice = quoted && text.ptr[i] == '\'' && i + 1 < text.len && text.ptr[i + 1] == '\'';
      if (text.ptr[i] == '\'' && !twice) {
        quoted = !quoted;
        continue;
      }
      i += twice;
      word[len++] = text.ptr[i];
    }
    word[len] = 0;
    out[count++] = sl_str_n(word, len);
  }
}

void sl_shell_command(sl_shell *shell, sl_str text) {
  sl_arena arena;
  sl_str arguments[MAX_ARGUMENTS], input = sl_str_trim(text);
  size_t matched;
  const shell_command *command = find_command(input, &matched);
  if (!command) return;
  input = sl_str_trim(sl_str_n(input.ptr + matched, input.len - matched));
  while (input.len && input.ptr[input.len - 1] == ';') input = sl_str_trim(sl_str_n(input.ptr, input.len - 1));
  sl_arena_init(&arena, 0);
  int count = split_arguments(&arena, input, arguments);
  if (count >= 0 && count < command->min) {
    sl_output_print(&shell->out, "Too few parameters\n%s\n", command->help);
  } else if (count < 0 || count > command->max) {
    sl_output_print(&shell->out, "Too many parameters\n%s\n", command->help);
  } else {
    command->run(shell, &arena, arguments, count);
  }
  sl_output_flush(&shell->out);
  sl_arena_done(&arena);
}

/* ---- the commands ---- */

static void run_help(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  size_t known;
  const shell_command *all = commands(&known);
  (void)arena;
  (void)arguments;
  (void)count;
  sl_output_line(&shell->out, sl_str_of("\nDescription:\n  Statements of the SQL language end in ';' and go to the "
                                        "server. These commands are the shell's own:\n"));
  for (size_t i = 0; i < known; i++) sl_output_print(&shell->out, "%s\n\n", all[i].help);
  sl_output_line(&shell->out,
                 sl_str_of("Keys:\n"
                           "  CTRL-C  stops the query that is printing, or drops the input being typed\n"
                           "  CTRL-D  leaves the shell\n"
                           "  TAB     completes keywords, functions, sources, topics; cs ct csas ctas ii: skeletons\n"
                           "  UP, DOWN, CTRL-R  earlier inputs\n"
                           "  !!, !n, ^a^b  repeat the last input, the n-th, the last with a replaced by b\n"
                           "\n"
                           "Input:\n"
                           "  An input is complete when it ends in ';' outside quotes; until then '>' asks for more. "
                           "'\\' at the\n  end of a line continues it. '--' begins a comment. Text stands in single "
                           "quotes, '' is a quote in it.\n"));
}

static void run_clear(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  (void)arena;
  (void)arguments;
  (void)count;
  sl_output_control(&shell->out, "\033[H\033[2J");
}

static void run_output(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  if (count == 0) {
    sl_output_print(&shell->out, "Current output format: %s\n", shell->display.json ? "JSON" : "TABULAR");
    return;
  }
  sl_str format = sl_str_upper(arena, arguments[0]);
  bool json = sl_str_eq_z(format, "JSON");
  if (!json && !sl_str_eq_z(format, "TABULAR")) {
    sl_output_print(&shell->out, "Invalid output format: '" SL_STR_FMT "' (valid formats: 'JSON', 'TABULAR')\n",
                    SL_STR_ARG(arguments[0]));
    return;
  }
  shell->display.json = json;
  sl_output_print(&shell->out, "Output format set to " SL_STR_FMT "\n", SL_STR_ARG(format));
}

static void run_history(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  (void)arena;
  (void)arguments;
  (void)count;
  for (size_t i = 0; i < sl_history_count(shell->history); i++)
    sl_output_print(&shell->out, "%4zu: %s\n", i + 1, sl_history_entry(shell->history, i));
}

static void run_version(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  sl_str version;
  (void)arguments;
  (void)count;
  if (sl_shell_check_server(shell, &version, arena))
    sl_output_print(&shell->out, "Version: " SL_STR_FMT "\n", SL_STR_ARG(version));
}

static void run_exit(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  (void)arena;
  (void)arguments;
  (void)count;
  shell->exiting = true;
}

static void run_run_script(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  char *data;
  size_t len;
  (void)count;
  const char *path = sl_str_z(arena, arguments[0]);
  if (sl_fs_read_all(sl_fs_real(), path, SCRIPT_LIMIT, arena, &data, &len, NULL)) {
    sl_output_error(&shell->out, sl_str_printf(arena, "Failed to read file: %s", path));
    return;
  }
  sl_interrupt_clear();
  sl_shell_request(shell, sl_str_n(data, len), true);
}

static void run_server(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  sl_err err = {0};
  sl_str version;
  if (count == 0) {
    sl_output_print(&shell->out, "%s\n", sl_client_url(shell->client));
    return;
  }
  if (sl_client_set_url(shell->client, sl_str_z(arena, arguments[0]), &err)) {
    sl_output_error(&shell->out, sl_str_of(err.message));
    sl_err_done(&err);
    return;
  }
  shell->sequence = -1;
  shell->pipelining = false;
  sl_output_print(&shell->out, "Server now: %s\n", sl_client_url(shell->client));
  sl_interrupt_clear();
  sl_shell_check_server(shell, &version, arena);
}

static void run_pipelining(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  if (count == 0) {
    sl_output_print(&shell->out, "Current request-pipelining configuration: %s\n", shell->pipelining ? "ON" : "OFF");
    return;
  }
  sl_str word = sl_str_upper(arena, arguments[0]);
  bool on = sl_str_eq_z(word, "ON");
  if (!on && !sl_str_eq_z(word, "OFF")) {
    sl_output_print(&shell->out,
                    "Invalid request-pipelining setting: " SL_STR_FMT ". Valid options are 'ON' and 'OFF'.\n",
                    SL_STR_ARG(arguments[0]));
    return;
  }
  shell->pipelining = on;
  sl_output_print(&shell->out, "request-pipelining configuration is now %s\n", on ? "ON" : "OFF");
}

static void run_spool(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  sl_err err = {0};
  (void)count;
  if (sl_str_eq_nocase(arguments[0], sl_str_of("off"))) {
    if (!shell->out.spool) {
      sl_output_line(&shell->out, sl_str_of("There is no spool to end."));
      return;
    }
    const char *path = sl_arena_printf(arena, "%s", shell->out.spool_path);
    sl_output_print(&shell->out, "Spool written to %s\n", path);
    sl_output_spool_end(&shell->out);
  } else if (shell->out.spool) {
    sl_output_error(&shell->out, sl_str_of("Cannot set two spools! Please issue SPOOL OFF."));
  } else if (sl_output_spool(&shell->out, sl_str_z(arena, arguments[0]), &err)) {
    sl_output_error(&shell->out, sl_str_of(err.message));
    sl_err_done(&err);
  } else {
    sl_output_print(&shell->out, "Session will be spooled to %s\nEnter SPOOL OFF to disable\n", shell->out.spool_path);
  }
}

static void run_set_cli(sl_shell *shell, sl_arena *arena, const sl_str *arguments, int count) {
  (void)count;
  sl_str name = sl_str_upper(arena, arguments[0]), value = sl_str_upper(arena, arguments[1]);
  int64_t width;
  if (sl_str_eq_z(name, "WRAP")) {
    if (!sl_str_eq_z(value, "ON") && !sl_str_eq_z(value, "OFF")) {
      sl_output_print(&shell->out, "Invalid value '" SL_STR_FMT "' for WRAP. Valid values are: [ON, OFF]\n",
                      SL_STR_ARG(arguments[1]));
      return;
    }
    shell->display.clip = sl_str_eq_z(value, "OFF");
  } else if (sl_str_eq_z(name, "COLUMN-WIDTH")) {
    if (!sl_str_int64(value, &width) || width < 0 || width > 10000) {
      sl_output_print(&shell->out, "Invalid value '" SL_STR_FMT "' for COLUMN-WIDTH. It must be 0 to 10000.\n",
                      SL_STR_ARG(arguments[1]));
      return;
    }
    shell->display.column_width = (int)width;
  } else {
    sl_output_print(&shell->out, "Undefined property: " SL_STR_FMT ". Valid properties are: [WRAP, COLUMN-WIDTH]\n",
                    SL_STR_ARG(arguments[0]));
  }
}

static const shell_command COMMANDS[] = {
    {"help", 0, 0, run_help, "help:\n\tPrints this text."},
    {"clear", 0, 0, run_clear, "clear:\n\tClears the screen."},
    {"output", 0, 1, run_output, "output [JSON|TABULAR]:\n\tShows or sets the format of what is printed."},
    {"history", 0, 0, run_history, "history:\n\tLists earlier inputs with their numbers."},
    {"version", 0, 0, run_version, "version:\n\tPrints the version of the server."},
    {"exit", 0, 0, run_exit, "exit:\n\tLeaves the shell."},
    {"run script", 1, 1, run_run_script,
     "run script <path>:\n\tSends a file of statements to the server as one request. SELECT and PRINT are refused "
     "there."},
    {"server", 0, 1, run_server, "server [<url>]:\n\tShows or sets the server that is talked to."},
    {"request-pipelining", 0, 1, run_pipelining,
     "request-pipelining [ON|OFF]:\n\tShows or sets whether requests go out before earlier commands have been "
     "applied."},
    {"spool", 1, 1, run_spool, "spool <path>|OFF:\n\tCopies inputs and output to a file, or ends that."},
    {"set cli", 2, 2, run_set_cli,
     "set cli WRAP ON|OFF, set cli COLUMN-WIDTH <n>:\n\tSets how result rows are laid out; width 0 follows the "
     "terminal."},
};

static const shell_command *commands(size_t *count) {
  *count = sizeof COMMANDS / sizeof *COMMANDS;
  return COMMANDS;
}
