/* Headless mode (cli.md 9.1): the statements of a file instead of an API.
 *
 * The catalog counts the statements that changed something. Nobody else gives statements here, so these are the first
 * of the file, and a start runs only those behind them: queries go on where they were. A copy of the file is kept to
 * see whether those first ones are still the same; if not it is refused, since its queries would not be those whose
 * state is kept. */
#include "base/fs.h"
#include "base/logger.h"
#include "parser/parser.h"
#include "server/server_int.h"

enum { FILE_LIMIT = 16 << 20, COMMANDS = 1 << 20 };

typedef enum need { REFUSED, SETTING, DEFINITION, QUERY } need;

static need need_of(const sl_statement *stmt) {
  switch (stmt->kind) {
  case SL_STMT_SET: return SETTING;
  case SL_STMT_CREATE_SOURCE:
  case SL_STMT_CREATE_TYPE: return DEFINITION;
  case SL_STMT_CREATE_AS:
  case SL_STMT_INSERT_SELECT: return QUERY;
  default: return REFUSED;
  }
}

static int check_statements(const sl_script *script, sl_err *err) {
  bool query = false;
  for (int i = 0; i < script->count; i++) {
    need n = need_of(script->statements[i]);
    query = query || n == QUERY;
    if (n == REFUSED)
      return sl_err_set(err, SL_E_CONFIG, script->statements[i]->pos,
                        "Unsupported statement. Only the following statements are supporting in standalone mode:\n"
                        "CREATE STREAM AS SELECT\nCREATE STREAM\nCREATE TABLE AS SELECT\nCREATE TABLE\nCREATE TYPE\n"
                        "INSERT INTO\nSET\nUNSET\nStatement: " SL_STR_FMT,
                        SL_STR_ARG(script->statements[i]->text));
  }
  if (query) return 0;
  return sl_err_set(err, SL_E_CONFIG, SL_NO_POS,
                    "The SQL file does not contain any persistent queries. Without them the server would have nothing "
                    "to do: add a CREATE ... AS SELECT or INSERT INTO ... SELECT.");
}

static int changed(const char *was, sl_str statement, sl_err *err) {
  return sl_err_set(err, SL_E_CONFIG, SL_NO_POS,
                    "The query file has changed: it %s the statement '" SL_STR_FMT
                    "', which an earlier start has run. Statements may only be added at the end; for others use a new "
                    "data directory.",
                    was, SL_STR_ARG(statement));
}

/* The first done statements of both files that are no settings must be the same. */
static int compare(const sl_script *old, const sl_script *script, size_t done, sl_err *err) {
  int at = 0;
  for (int i = 0; i < old->count && done; i++) {
    const sl_statement *stmt = old->statements[i];
    if (need_of(stmt) == SETTING) continue;
    while (at < script->count && need_of(script->statements[at]) == SETTING) at++;
    if (at == script->count) return changed("has lost", stmt->text, err);
    if (!sl_str_eq(stmt->text, script->statements[at++]->text))
      return changed("no longer begins with", stmt->text, err);
    done--;
  }
  return 0;
}

/* Settings, and the statements behind the first done ones. */
static int run_rest(sl_server *server, const sl_script *script, size_t done, sl_arena *arena, sl_err *err) {
  sl_buf text = {0};
  sl_answers answers;
  for (int i = 0; i < script->count; i++) {
    const sl_statement *stmt = script->statements[i];
    if (need_of(stmt) != SETTING && done > 0) {
      done--;
      continue;
    }
    sl_buf_add_str(&text, stmt->text);
    sl_buf_add_z(&text, sl_str_ends(stmt->text, sl_str_of(";")) ? "\n" : ";\n");
  }
  sl_session *session = sl_session_new(server->engine);
  int code = sl_engine_execute(server->engine, session, sl_buf_str(&text), arena, &answers, err);
  sl_session_free(session);
  sl_buf_done(&text);
  if (code && err && err->statement) sl_err_hint(err, "Statement: %s", err->statement);
  return code;
}

static int run_script(sl_server *server, const sl_script *script, const char *copy, sl_str text, sl_arena *arena,
                      sl_err *err) {
  sl_command *commands;
  size_t done, old_len;
  char *old_text;
  sl_script old = {0};
  int code = sl_engine_commands(server->engine, arena, COMMANDS, &commands, &done, err);
  if (code) return code;
  if (done && !sl_fs_exists(sl_fs_real(), copy))
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS,
                      "The data directory belongs to a server with an API. Give the query file a data directory of its "
                      "own with --data DIR.");
  if (done) code = sl_fs_read_all(sl_fs_real(), copy, FILE_LIMIT, arena, &old_text, &old_len, err);
  if (done && !code) code = sl_parse(arena, sl_str_n(old_text, old_len), 0, &old, err);
  if (!code) code = compare(&old, script, done, err);
  if (!code) code = sl_fs_replace(sl_fs_real(), copy, text.ptr, text.len, err);
  return code ? code : run_rest(server, script, done, arena, err);
}

int sl_headless_run(sl_server *server, const char *data_dir, const char *path, sl_err *err) {
  sl_arena arena;
  char *text;
  size_t len;
  sl_script script;
  sl_err failure = {0};
  sl_arena_init(&arena, 0);
  int code = sl_fs_read_all(sl_fs_real(), path, FILE_LIMIT, &arena, &text, &len, &failure);
  if (code)
    code = sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "Could not read the query file: %s. Details: %s", path,
                      failure.message);
  sl_err_done(&failure);
  if (!code) code = sl_parse(&arena, sl_str_n(text, len), 0, &script, err);
  if (!code) code = check_statements(&script, err);
  if (!code)
    code = run_script(server, &script, sl_arena_printf(&arena, "%s/queries-file.sql", data_dir), sl_str_n(text, len),
                      &arena, err);
  if (code && err && err->pos.line) sl_err_prefix(err, "%s:%u: ", path, err->pos.line);
  sl_arena_done(&arena);
  return code;
}
