/* A logical input as statements (cli.md 5): split, variables put in, checked as a whole, then executed in order.
 * Ordinary statements that follow one another go to the server in one request. */
#include "base/heap.h"
#include "parser/parser.h"
#include "shell/shell_int.h"

typedef struct batch {
  sl_shell *shell;
  sl_arena *arena;
  sl_buf run; /* ordinary statements not sent yet */
} batch;

/* ---- variables ---- */

static bool look_up(void *ctx, sl_str name, sl_str *value) {
  char upper[256];
  if (name.len > sizeof upper) return false;
  for (size_t i = 0; i < name.len; i++)
    upper[i] = name.ptr[i] >= 'a' && name.ptr[i] <= 'z' ? (char)(name.ptr[i] - 32) : name.ptr[i];
  const char *text = sl_map_find(ctx, sl_str_n(upper, name.len));
  if (!text) return false;
  *value = sl_str_of(text);
  return true;
}

static void put_text(sl_map *map, sl_str name, sl_str value) {
  sl_heap_free(sl_map_put(map, name, sl_heap_strndup(value.len ? value.ptr : "", value.len)));
}

static void map_free(sl_map *map) {
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(map, &at));) sl_heap_free(e->value);
  sl_map_done(map);
}

static bool substitutes(const sl_shell *shell) {
  const char *value = sl_map_find(&shell->properties, sl_str_of("ksql.variable.substitution.enable"));
  return !value || !sl_str_eq_nocase(sl_str_of(value), sl_str_of("false"));
}

/* ---- splitting ---- */

static sl_pos advance(sl_pos pos, sl_str text) {
  for (size_t i = 0; i < text.len; i++) {
    pos.column++;
    if (text.ptr[i] == '\n') pos = (sl_pos){pos.line + 1, 1};
  }
  return pos;
}

/* Parses text as it stands at pos of the input, so that messages name the place there. */
static int parse_at(sl_arena *arena, sl_str text, sl_pos pos, sl_script *out, sl_err *err) {
  sl_buf padded = {0};
  if (!sl_parse(arena, text, SL_PARSE_OPTIONAL_END, out, NULL)) return 0;
  for (uint32_t i = 1; i < pos.line; i++) sl_buf_add_byte(&padded, '\n');
  for (uint32_t i = 1; i < pos.column; i++) sl_buf_add_byte(&padded, ' ');
  sl_buf_add_str(&padded, text);
  int code = sl_parse(arena, sl_buf_str(&padded), SL_PARSE_OPTIONAL_END, out, err);
  sl_buf_done(&padded);
  return code;
}

/* The next piece of text: up to its ';', or all that is left. */
static sl_str take_piece(sl_str *text) {
  size_t len = sl_statement_length(*text);
  if (!len) len = text->len;
  sl_str piece = sl_str_n(text->ptr, len);
  *text = sl_str_n(text->ptr + len, text->len - len);
  return piece;
}

typedef int (*each_statement)(void *ctx, const sl_statement *stmt, sl_err *err);

/* Calls each for every statement of text with the variables as they are then. */
static int walk(batch *b, sl_map *variables, sl_str text, each_statement each, void *ctx, sl_err *err) {
  sl_pos pos = {1, 1};
  int code = 0;
  while (text.len && !code) {
    sl_str piece = take_piece(&text), final;
    sl_script script;
    final = piece;
    if (substitutes(b->shell)) code = sl_substitute_variables(b->arena, piece, look_up, variables, &final, err);
    if (!code) code = parse_at(b->arena, final, pos, &script, err);
    for (int i = 0; !code && i < script.count; i++) code = each(ctx, script.statements[i], err);
    pos = advance(pos, piece);
  }
  return code;
}

/* ---- checking ---- */

/* The checking pass only keeps track of variables. */
static int check(void *ctx, const sl_statement *stmt, sl_err *err) {
  sl_map *variables = ctx;
  (void)err;
  if (stmt->kind != SL_STMT_DEFINE) return 0;
  const sl_stmt_define *define = (const sl_stmt_define *)stmt;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_str name = sl_str_upper(&arena, define->name);
  if (define->undefine)
    sl_heap_free(sl_map_remove(variables, name));
  else
    put_text(variables, name, define->value);
  sl_arena_done(&arena);
  return 0;
}

static int check_all(batch *b, sl_str text, sl_err *err) {
  sl_map variables = {0};
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&b->shell->variables, &at));)
    put_text(&variables, e->key, sl_str_of(e->value));
  int code = walk(b, &variables, text, check, &variables, err);
  map_free(&variables);
  return code;
}

/* ---- what the shell does by itself ---- */

static int define(sl_shell *shell, sl_arena *arena, const sl_stmt_define *stmt) {
  sl_str name = sl_str_upper(arena, stmt->name);
  if (!stmt->undefine)
    put_text(&shell->variables, name, stmt->value);
  else if (sl_map_has(&shell->variables, name))
    sl_heap_free(sl_map_remove(&shell->variables, name));
  else
    sl_output_print(&shell->out, "Cannot undefine variable '" SL_STR_FMT "' which was never defined.\n",
                    SL_STR_ARG(stmt->name));
  return 0;
}

static int unset(sl_shell *shell, const sl_stmt_set *stmt, sl_err *err) {
  char *old = sl_map_remove(&shell->properties, stmt->name);
  if (!old)
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                      "Cannot unset local property '" SL_STR_FMT "' which was never set in the first place",
                      SL_STR_ARG(stmt->name));
  sl_output_print(&shell->out, "Successfully unset local property '" SL_STR_FMT "' (value was '%s').\n",
                  SL_STR_ARG(stmt->name), old);
  sl_heap_free(old);
  return 0;
}

/* The server says whether the property may be set; its refusal is the error. */
static int ask_property(sl_shell *shell, sl_arena *arena, const sl_stmt_set *stmt, sl_err *err) {
  sl_buf path = {0};
  sl_json *answer = NULL;
  sl_buf_add_z(&path, "/is_valid_property/");
  sl_client_encode(&path, stmt->name);
  sl_exchange e = {.method = "GET", .path = sl_buf_z(&path)};
  int code = sl_client_run(shell->client, &e, err);
  if (code)
    sl_err_prefix(err, "The server at %s could not be reached: ", sl_client_url(shell->client));
  else if (e.status != 200 && !sl_json_parse(arena, sl_buf_str(&e.answer), 0, &answer, NULL))
    code = sl_err_set(err, SL_E_REQUEST, stmt->base.pos, SL_STR_FMT,
                      SL_STR_ARG(sl_json_str(sl_json_get(answer, "message"), "The server refused the property.")));
  else if (e.status != 200)
    code = sl_err_set(err, SL_E_REQUEST, stmt->base.pos, "The server could not check the property (HTTP status %ld).",
                      e.status);
  sl_exchange_done(&e);
  sl_buf_done(&path);
  return code;
}

static int set(sl_shell *shell, sl_arena *arena, const sl_stmt_set *stmt, sl_err *err) {
  if (stmt->what == SL_SET_UNSET) return unset(shell, stmt, err);
  int code = ask_property(shell, arena, stmt, err);
  if (code) return code;
  const char *old = sl_map_find(&shell->properties, stmt->name);
  if (old)
    sl_output_print(&shell->out,
                    "Successfully changed local property '" SL_STR_FMT "' from '%s' to '" SL_STR_FMT "'.\n",
                    SL_STR_ARG(stmt->name), old, SL_STR_ARG(stmt->value));
  else
    sl_output_print(&shell->out,
                    "Successfully changed local property '" SL_STR_FMT "' to '" SL_STR_FMT
                    "'. Use the UNSET command to revert your change.\n",
                    SL_STR_ARG(stmt->name), SL_STR_ARG(stmt->value));
  put_text(&shell->properties, stmt->name, stmt->value);
  return 0;
}

static void show_variables(sl_shell *shell, sl_arena *arena, const sl_statement *stmt) {
  sl_json *entities = sl_json_new(arena, SL_JSON_ARRAY), *entity = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY);
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&shell->variables, &at));) {
    sl_json *item = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, item, "name", sl_json_new_str(arena, e->key));
    sl_json_set(arena, item, "value", sl_json_new_z(arena, e->value));
    sl_json_add(arena, list, item);
  }
  sl_json_set(arena, entity, "@type", sl_json_new_z(arena, "variables"));
  sl_json_set(arena, entity, "statementText", sl_json_new_str(arena, stmt->text));
  sl_json_set(arena, entity, "variables", list);
  sl_json_set(arena, entity, "warnings", sl_json_new(arena, SL_JSON_ARRAY));
  sl_json_add(arena, entities, entity);
  sl_display_entities(&shell->display, entities, false);
}

/* ---- executing ---- */

static bool must_stop(const sl_shell *shell) {
  return sl_interrupt_seen() || shell->out.broken || (shell->options.exit_on_error && shell->server_failed);
}

/* SL_E_IO with its message printed: the caller must not print it again. */
static int lost(sl_err *err) {
  return sl_err_set(err, SL_E_IO, SL_NO_POS, "%s", "");
}

static int send_run(batch *b, sl_err *err) {
  if (!b->run.len || must_stop(b->shell)) return 0;
  int code = sl_shell_request(b->shell, sl_buf_str(&b->run), false);
  sl_buf_reset(&b->run);
  return code ? lost(err) : 0;
}

static bool is_local(const sl_statement *stmt) {
  switch (stmt->kind) {
  case SL_STMT_QUERY:
  case SL_STMT_PRINT:
  case SL_STMT_DEFINE:
  case SL_STMT_CREATE_CONNECTOR:
  case SL_STMT_DROP_CONNECTOR: return true;
  case SL_STMT_SET: return ((const sl_stmt_set *)stmt)->what != SL_SET_SYSTEM;
  case SL_STMT_LIST: return ((const sl_stmt_list *)stmt)->what == SL_LIST_VARIABLES;
  default: return false;
  }
}

static void add_statement(sl_buf *out, sl_str text) {
  sl_str trimmed = sl_str_trim(text);
  sl_buf_add_str(out, trimmed);
  if (!sl_str_ends(trimmed, sl_str_of(";"))) sl_buf_add_byte(out, ';');
  sl_buf_add_byte(out, '\n');
}

static int run_local(batch *b, const sl_statement *stmt, sl_err *err) {
  sl_buf text = {0};
  int code = 0;
  switch (stmt->kind) {
  case SL_STMT_DEFINE: code = define(b->shell, b->arena, (const sl_stmt_define *)stmt); break;
  case SL_STMT_SET: code = set(b->shell, b->arena, (const sl_stmt_set *)stmt, err); break;
  case SL_STMT_LIST: show_variables(b->shell, b->arena, stmt); break;
  case SL_STMT_QUERY:
  case SL_STMT_PRINT:
    add_statement(&text, stmt->text);
    if (sl_shell_stream(b->shell, sl_buf_str(&text), stmt->kind == SL_STMT_PRINT)) code = lost(err);
    break;
  default:
    add_statement(&text, stmt->text);
    if (sl_shell_request(b->shell, sl_buf_str(&text), false)) code = lost(err);
  }
  sl_buf_done(&text);
  return code;
}

static int execute(void *ctx, const sl_statement *stmt, sl_err *err) {
  batch *b = ctx;
  if (must_stop(b->shell)) return 0;
  if (!is_local(stmt)) {
    add_statement(&b->run, stmt->text);
    return 0;
  }
  int code = send_run(b, err);
  return code || must_stop(b->shell) ? code : run_local(b, stmt, err);
}

int sl_shell_statements(sl_shell *shell, sl_str text) {
  sl_arena arena;
  sl_err err = {0};
  batch b = {.shell = shell, .arena = &arena};
  sl_arena_init(&arena, 0);
  sl_interrupt_clear();
  int code = check_all(&b, text, &err);
  if (!code) {
    code = walk(&b, &shell->variables, text, execute, &b, &err);
    if (!code) code = send_run(&b, &err);
  }
  if (code && err.message && *err.message) sl_output_error(&shell->out, sl_str_of(err.message));
  sl_output_flush(&shell->out);
  sl_err_done(&err);
  sl_buf_done(&b.run);
  sl_arena_done(&arena);
  return code;
}
