/* A session: greeting, the loop over logical inputs, scripts, and the look at the server at the other end. */
#include "shell/shell.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/heap.h"
#include "engine/engine.h"
#include "shell/shell_int.h"

enum { FRAME = 80, INPUT_LIMIT = 64 << 20, INFO_TIMEOUT_MS = 10000 };

static const char *const LOGO[] = {
    "     _       _          ",   " ___| |_   _(_) ___ ___ ",    "/ __| | | | | |/ __/ _ \\",
    "\\__ \\ | |_| | | (_|  __/", "|___/_|\\__,_|_|\\___\\___|",
};

/* ---- life ---- */

static void put_text(sl_map *map, sl_str name, sl_str value) {
  sl_heap_free(sl_map_put(map, name, sl_heap_strndup(value.len ? value.ptr : "", value.len)));
}

int sl_shell_new(const sl_shell_options *options, sl_shell **out, sl_err *err) {
  sl_shell *shell = sl_heap_zalloc(sizeof *shell);
  size_t at = 0;
  shell->options = *options;
  shell->sequence = -1;
  sl_output_init(&shell->out);
  shell->display = (sl_display){.out = &shell->out, .json = options->json};
  int code = sl_client_new(options->url, &options->client, &shell->client, err);
  if (code) {
    sl_shell_free(shell);
    return code;
  }
  for (sl_map_entry *e; options->properties && (e = sl_map_next(options->properties, &at));)
    put_text(&shell->properties, e->key, sl_str_of(e->value));
  sl_interrupt_install();
  *out = shell;
  return 0;
}

static void texts_done(sl_map *map) {
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(map, &at));) sl_heap_free(e->value);
  sl_map_done(map);
}

void sl_shell_free(sl_shell *shell) {
  if (!shell) return;
  sl_output_done(&shell->out);
  sl_client_free(shell->client);
  texts_done(&shell->properties);
  texts_done(&shell->variables);
  sl_map_done(&shell->names);
  sl_history_free(shell->history);
  sl_heap_free(shell);
}

bool sl_shell_define(sl_shell *shell, const char *word) {
  const char *equals = strchr(word, '=');
  if (!equals || equals == word) return false;
  sl_arena arena;
  sl_str value = sl_str_of(equals + 1);
  bool opens = value.len && value.ptr[0] == '\'', closes = value.len > 1 && value.ptr[value.len - 1] == '\'';
  if (opens != closes) return false;
  if (opens) value = sl_str_n(value.ptr + 1, value.len - 2);
  sl_arena_init(&arena, 0);
  put_text(&shell->variables, sl_str_upper(&arena, sl_str_n(word, (size_t)(equals - word))), value);
  sl_arena_done(&arena);
  return true;
}

/* ---- the server ---- */

static void stars(sl_output *out, const char *title) {
  size_t len = strlen(title), left = (FRAME - len) / 2;
  for (size_t i = 0; i < left; i++) sl_output_write(out, sl_str_of("*"));
  sl_output_write(out, sl_str_of(title));
  for (size_t i = left + len; i < FRAME; i++) sl_output_write(out, sl_str_of("*"));
  sl_output_write(out, sl_str_of("\n"));
}

static void wrapped(sl_output *out, sl_str text) {
  while (text.len) {
    size_t cut = text.len;
    if (cut > FRAME) {
      cut = FRAME;
      while (cut > 0 && text.ptr[cut] != ' ') cut--;
      if (!cut) cut = FRAME;
    }
    sl_output_line(out, sl_str_n(text.ptr, cut));
    text = sl_str_trim(sl_str_n(text.ptr + cut, text.len - cut));
  }
}

static void explain_unreachable(sl_shell *shell, sl_arena *arena, const char *cause) {
  const char *url = sl_client_url(shell->client);
  bool tls = strcasestr(cause, "ssl") || strcasestr(cause, "certificate") || strcasestr(cause, "HTTP/0.9");
  sl_str text =
      tls ? sl_str_printf(arena,
                          "Remote server at %s looks to be configured to use HTTPS. Check that the URL begins with "
                          "https:// and that the configuration file names the certificates to trust.",
                          url)
          : sl_str_printf(arena,
                          "Remote server at %s does not appear to be a valid KSQL server. Please ensure that the URL "
                          "provided is for an active KSQL server.",
                          url);
  stars(&shell->out, "ERROR");
  wrapped(&shell->out, text);
  sl_output_line(&shell->out, sl_str_of("\nThe server responded with the following error:"));
  wrapped(&shell->out, sl_str_of(cause));
  stars(&shell->out, "");
  sl_output_flush(&shell->out);
}

/* The KsqlServerInfo object; NULL when there is none, then the reason has been shown. */
static const sl_json *server_info(sl_shell *shell, sl_arena *arena) {
  sl_err err = {0};
  sl_json *answer = NULL;
  sl_exchange e = {.method = "GET", .path = "/info", .timeout_ms = INFO_TIMEOUT_MS};
  const char *cause = "The answer does not describe a server.";
  if (sl_client_run(shell->client, &e, &err))
    cause = err.message;
  else if (e.end != SL_CLIENT_COMPLETE)
    cause = "No answer came in time.";
  else if (e.status == 401)
    cause = "Could not authenticate successfully with the supplied credentials.";
  else if (e.status != 200)
    cause = sl_arena_printf(arena, "HTTP status %ld", e.status);
  else if (sl_json_parse(arena, sl_buf_str(&e.answer), 0, &answer, NULL))
    answer = NULL;
  const sl_json *info = sl_json_get(answer, "KsqlServerInfo");
  if (!info) explain_unreachable(shell, arena, cause);
  sl_err_done(&err);
  sl_exchange_done(&e);
  return info;
}

bool sl_shell_check_server(sl_shell *shell, sl_str *version, sl_arena *arena) {
  const sl_json *info = server_info(shell, arena);
  *version = sl_json_str(sl_json_get(info, "version"), "<unknown>");
  return info != NULL;
}

/* Major and minor of "v0.29.0"; false when it is no version. */
static bool split_version(sl_str version, int64_t out[2]) {
  if (version.len && version.ptr[0] == 'v') version = sl_str_n(version.ptr + 1, version.len - 1);
  for (int i = 0; i < 2; i++) {
    size_t end = 0;
    while (end < version.len && version.ptr[end] >= '0' && version.ptr[end] <= '9') end++;
    if (!sl_str_int64(sl_str_n(version.ptr, end), &out[i])) return false;
    if (end < version.len) end++;
    version = sl_str_n(version.ptr + end, version.len - end);
  }
  return true;
}

/* Versions before 0.10 (and, where the major is not 0, before 6) speak another protocol. */
static bool is_too_old(sl_str version) {
  int64_t v[2];
  return split_version(version, v) && (v[0] == 0 ? v[1] < 10 : v[0] < 6);
}

static void warn_of_versions(sl_shell *shell, sl_str server) {
  int64_t ours[2], theirs[2];
  bool known = split_version(server, theirs);
  split_version(sl_str_of(SL_VERSION), ours);
  if (!known)
    sl_output_line(&shell->out, sl_str_of("\nWARNING: The version of the server is not known. If it is not the "
                                          "shell's, that may cause errors.\n"));
  else if (ours[0] != theirs[0] || ours[1] != theirs[1])
    sl_output_line(&shell->out, sl_str_of("\nWARNING: The versions of shell and server do not match. That may cause "
                                          "errors; use the same version for both.\n"));
}

static void print_banner(sl_shell *shell) {
  int width = sl_output_width(), logo = (int)strlen(LOGO[0]);
  sl_output_write(&shell->out, sl_str_of("\n"));
  if (width < logo) {
    sl_output_line(&shell->out, sl_str_of("sluice, streaming SQL"));
    return;
  }
  for (size_t i = 0; i < sizeof LOGO / sizeof *LOGO; i++)
    sl_output_print(&shell->out, "%*s%s\n", (width - logo) / 2, "", LOGO[i]);
  sl_output_write(&shell->out, sl_str_of("\n"));
}

/* false: the server is too old to talk to. */
static bool greet(sl_shell *shell) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  const sl_json *info = server_info(shell, &arena);
  sl_str version = sl_json_str(sl_json_get(info, "version"), "<unknown>");
  bool talks = !is_too_old(version);
  if (!talks) {
    sl_output_error(&shell->out, sl_str_printf(&arena, "The server's version " SL_STR_FMT " is too old for this shell.",
                                               SL_STR_ARG(version)));
  } else if (shell->out.terminal) {
    print_banner(shell);
    sl_output_print(&shell->out, "CLI v" SL_VERSION ", Server v" SL_STR_FMT " located at %s\n", SL_STR_ARG(version),
                    sl_client_url(shell->client));
    warn_of_versions(shell, version);
    sl_output_print(&shell->out, "Server Status: " SL_STR_FMT "\n",
                    SL_STR_ARG(sl_json_str(sl_json_get(info, "serverStatus"), "<unknown>")));
    if (shell->options.banner_note) sl_output_line(&shell->out, sl_str_of(shell->options.banner_note));
    sl_output_line(&shell->out, sl_str_of("\nType 'help' for the commands of this shell; statements end in ';'.\n"));
  }
  sl_output_flush(&shell->out);
  sl_arena_done(&arena);
  return talks;
}

/* ---- scripts ---- */

int sl_shell_execute(sl_shell *shell, sl_str text) {
  sl_arena arena;
  sl_str version;
  sl_arena_init(&arena, 0);
  sl_shell_check_server(shell, &version, &arena);
  sl_arena_done(&arena);
  if (sl_shell_statements(shell, text)) return SL_SHELL_FAILED;
  return shell->options.exit_on_error && shell->server_failed ? 1 : 0;
}

/* ---- the loop ---- */

static void remember(sl_shell *shell, sl_editor *editor, sl_str input) {
  size_t before = sl_history_count(shell->history);
  sl_history_add(shell->history, input);
  size_t after = sl_history_count(shell->history);
  if (after > before) sl_editor_remember(editor, sl_history_entry(shell->history, after - 1));
}

static void handle(sl_shell *shell, sl_str input) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_str stripped = sl_input_strip(&arena, input);
  if (sl_shell_is_command(stripped))
    sl_shell_command(shell, stripped);
  else if (stripped.len)
    sl_shell_statements(shell, input);
  sl_arena_done(&arena);
}

/* Reads lines until the input is complete. */
static sl_editor_result read_input(sl_editor *editor, sl_buf *input) {
  sl_buf_reset(input);
  for (;;) {
    sl_str line;
    sl_editor_result result = sl_editor_read(editor, input->len ? ">" : "ksql> ", &line);
    if (result != SL_EDITOR_LINE) return result;
    bool repeats = !input->len && line.len && (line.ptr[0] == '!' || line.ptr[0] == '^'); /* history expansion */
    bool continued = line.len && line.ptr[line.len - 1] == '\\';
    sl_buf_add(input, line.ptr, line.len - continued);
    if (repeats || (!continued && sl_input_complete(sl_buf_str(input)))) return SL_EDITOR_LINE;
    if (!continued || !input->len) sl_buf_add_byte(input, '\n');
    if (input->len > INPUT_LIMIT) return SL_EDITOR_END;
  }
}

/* An input as the history keeps it: without comments, on one line but for newlines inside quotes. */
static sl_str history_text(sl_arena *arena, sl_str input) {
  sl_str stripped = sl_input_strip(arena, input);
  char *text = sl_str_z(arena, stripped);
  bool quoted = false;
  for (size_t i = 0; i < stripped.len; i++) {
    quoted ^= text[i] == '\'';
    if (text[i] == '\n' && !quoted) text[i] = ' ';
  }
  return sl_str_n(text, stripped.len);
}

static void take_input(sl_shell *shell, sl_editor *editor, sl_str typed) {
  sl_arena arena;
  sl_str input;
  sl_arena_init(&arena, 0);
  if (sl_history_expand(shell->history, &arena, typed, &input, &shell->out)) {
    sl_str text = history_text(&arena, input);
    if (input.ptr != typed.ptr) sl_output_line(&shell->out, input); /* shows what !! stands for */
    if (text.len) remember(shell, editor, text);
    sl_output_spool_input(&shell->out, sl_str_trim(input));
    handle(shell, input);
  }
  sl_output_flush(&shell->out);
  sl_arena_done(&arena);
}

static void open_history(sl_shell *shell, sl_editor *editor) {
  sl_arena arena;
  const char *home = getenv("HOME"), *path = shell->options.history_file;
  sl_arena_init(&arena, 0);
  if (!path && home) path = sl_arena_printf(&arena, "%s/.ksql-history", home);
  shell->history = sl_history_open(path, &shell->out);
  for (size_t i = 0; i < sl_history_count(shell->history); i++)
    sl_editor_remember(editor, sl_history_entry(shell->history, i));
  sl_arena_done(&arena);
}

int sl_shell_interact(sl_shell *shell) {
  if (!greet(shell)) return SL_SHELL_FAILED;
  sl_editor *editor = sl_editor_new(shell);
  sl_buf input = {0};
  open_history(shell, editor);
  while (!shell->exiting && !shell->out.broken) {
    sl_interrupt_clear();
    sl_editor_result result = read_input(editor, &input);
    if (result == SL_EDITOR_INTERRUPTED) {
      sl_output_write(&shell->out, sl_str_of("^C\n"));
      sl_output_flush(&shell->out);
      continue;
    }
    if (result == SL_EDITOR_END) break;
    take_input(shell, editor, sl_buf_str(&input));
  }
  if (!shell->exiting && sl_str_trim(sl_buf_str(&input)).len && !sl_input_complete(sl_buf_str(&input)))
    sl_output_error(&shell->out, sl_str_of("The last statement is not complete: it does not end in ';'."));
  if (shell->out.terminal && !shell->exiting) sl_output_write(&shell->out, sl_str_of("\n"));
  sl_output_line(&shell->out, sl_str_of("Exiting ksqlDB."));
  sl_output_flush(&shell->out);
  sl_buf_done(&input);
  sl_editor_free(editor);
  return 0;
}
