/* sluice run: executes a script on an engine of its own, without any server, on one thread.
 *
 * A statement begins when everything before it is quiet, except that INSERTs follow one another; so what a script
 * prints does not depend on timing. A push query ends when all is quiet and its rows are printed. Without --data
 * everything is kept in memory and gone at the end. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/logger.h"
#include "base/vec.h"
#include "cli/commands.h"
#include "engine/engine.h"
#include "engine/extensions.h"
#include "parser/parser.h"
#include "shell/display.h"
#include "types/value.h"

enum { FILE_LIMIT = 64 << 20, EXIT_FAILED = 1, EXIT_USAGE = 2, ROWS_AT_ONCE = 256 };

static const char HELP[] =
    "Usage: sluice run [OPTION ...] FILE\n"
    "\n"
    "Executes the statements of FILE ('-': standard input) without a server and ends when all is processed.\n"
    "\n"
    "  --data DIR             data directory (default: in memory, gone at the end)\n"
    "  --extensions DIR       load user functions from DIR (default: SLUICE_EXTENSIONS in the environment)\n"
    "  --set NAME=VALUE       set a property; queries read from 'earliest' unless told otherwise\n"
    "  -d, --define NAME=VALUE  define a variable for ${NAME}\n"
    "  --output FORMAT        TABULAR (default) or JSON\n"
    "  --help\n"
    "\n"
    "The first statement that fails ends the script with its place on standard error and exit code 1.\n";

typedef struct run {
  const char *file;     /* as messages name it */
  const char *data_dir; /* NULL: in memory */
  const char *extensions;
  sl_settings settings;
  sl_output out;
  sl_display display;
  sl_engine *engine;
  sl_session *session;
  bool many; /* statements: answers are printed with their statement */
} run;

/* ---- rows ---- */

static void print_element(run *r, sl_buf *text, void (*print)(sl_display *display, const sl_json *element)) {
  sl_arena arena;
  sl_json *element;
  sl_arena_init(&arena, 0);
  if (!sl_json_parse(&arena, sl_buf_str(text), 0, &element, NULL)) print(&r->display, element);
  sl_arena_done(&arena);
  sl_buf_done(text);
}

static void print_header(run *r, const sl_push *push) {
  sl_buf text = {0}, schema = {0};
  sl_schema_print(&schema, sl_push_schema(push));
  sl_buf_add_z(&text, "{\"header\":{\"queryId\":");
  sl_json_write_str(&text, sl_push_id(push));
  sl_buf_add_z(&text, ",\"schema\":");
  sl_json_write_str(&text, sl_buf_str(&schema));
  sl_buf_add_z(&text, "}}");
  sl_buf_done(&schema);
  print_element(r, &text, sl_display_header);
}

static void print_row(void *ctx, const sl_row *row, const sl_schema *schema, bool tombstone) {
  run *r = ctx;
  sl_buf text = {0};
  sl_buf_add_z(&text, "{\"row\":{\"columns\":[");
  for (int i = 0; i < schema->count; i++) {
    if (i) sl_buf_add_byte(&text, ',');
    sl_value_print_json(&text, schema->columns[i].type, &row->values[i]);
  }
  sl_buf_add_z(&text, tombstone ? "],\"tombstone\":true}}" : "]}}");
  print_element(r, &text, sl_display_row);
}

static void print_line(void *ctx, const sl_row *row, const sl_schema *schema, bool tombstone) {
  (void)schema;
  (void)tombstone;
  run *r = ctx;
  sl_output_line(&r->out, sl_str_n((const char *)row->values[0].bytes, row->values[0].len));
}

static void on_ready(void *ctx) {
  (void)ctx; /* the loop below looks by itself */
}

/* Steps the engine and prints rows until nothing more comes. */
static int drain(run *r, sl_push *push, sl_err *err) {
  sl_push_row print = sl_push_is_print(push) ? print_line : print_row;
  sl_push_state state = SL_PUSH_ROWS;
  bool waited = false;
  while (state != SL_PUSH_DONE && !(state == SL_PUSH_WAIT && waited)) {
    waited = state == SL_PUSH_WAIT;
    if (state == SL_PUSH_WAIT || state == SL_PUSH_ROWS) {
      int code = sl_engine_run_until_quiet(r->engine, err);
      if (code) return code;
    }
    state = sl_push_take(push, ROWS_AT_ONCE, print, r);
  }
  const sl_err *failure = state == SL_PUSH_DONE ? sl_push_error(push) : NULL;
  return failure ? sl_err_set(err, failure->code, SL_NO_POS, "%s", failure->message) : 0;
}

static int run_query(run *r, const sl_statement *stmt, sl_err *err) {
  sl_push *push;
  int code = sl_engine_query(r->engine, r->session, stmt->text, on_ready, NULL, &push, err);
  if (code) return code;
  if (!sl_push_is_print(push)) print_header(r, push);
  code = drain(r, push, err);
  if (sl_push_limit_reached(push) && !sl_push_is_print(push)) sl_output_line(&r->out, sl_str_of("Limit Reached"));
  sl_push_close(push);
  return code;
}

/* ---- statements ---- */

static int run_statement(run *r, const sl_statement *stmt, sl_err *err) {
  sl_arena arena;
  sl_json *entity = NULL;
  int code = stmt->kind == SL_STMT_INSERT_VALUES ? 0 : sl_engine_run_until_quiet(r->engine, err);
  if (code) return code;
  if (stmt->kind == SL_STMT_QUERY || stmt->kind == SL_STMT_PRINT) return run_query(r, stmt, err);
  sl_arena_init(&arena, 0);
  code = sl_engine_execute_one(r->engine, r->session, stmt, &arena, &entity, err);
  if (!code && entity) {
    sl_json *list = sl_json_new(&arena, SL_JSON_ARRAY);
    sl_json_add(&arena, list, entity);
    sl_display_entities(&r->display, list, r->many);
  }
  sl_arena_done(&arena);
  return code;
}

/* FILE:LINE: message. Places inside a statement that was parsed again count from its start. */
static int report(const run *r, const sl_statement *stmt, sl_err *err) {
  uint32_t line = err->pos.line;
  if (stmt && line < stmt->pos.line) line = stmt->pos.line + (line ? line - 1 : 0);
  fflush(stdout);
  fprintf(stderr, "%s:%u: %s\n", r->file, line, err->message);
  if (err->hint) fprintf(stderr, "%s\n", err->hint);
  sl_err_done(err);
  return EXIT_FAILED;
}

static int run_script(run *r, sl_str text) {
  sl_arena arena;
  sl_script script;
  sl_err err = {0};
  int status = 0;
  sl_arena_init(&arena, 0);
  if (sl_parse(&arena, text, SL_PARSE_OPTIONAL_END, &script, &err)) {
    status = report(r, NULL, &err);
  } else {
    r->many = script.count > 1;
    for (int i = 0; i < script.count && !status && !r->out.broken; i++)
      if (run_statement(r, script.statements[i], &err)) status = report(r, script.statements[i], &err);
    if (!status && sl_engine_run_until_quiet(r->engine, &err)) status = report(r, NULL, &err);
  }
  sl_arena_done(&arena);
  return status;
}

/* ---- options ---- */

static int fail(sl_err *err) {
  fprintf(stderr, "sluice run: %s\n", err->message);
  if (err->hint) fprintf(stderr, "%s\n", err->hint);
  sl_err_done(err);
  return EXIT_FAILED;
}

static int read_script(const char *path, sl_arena *arena, sl_str *out, sl_err *err) {
  char *data;
  size_t len, got;
  if (strcmp(path, "-") != 0) {
    int code = sl_fs_read_all(sl_fs_real(), path, FILE_LIMIT, arena, &data, &len, err);
    if (!code) *out = sl_str_n(data, len);
    return code;
  }
  sl_buf buf = {0};
  while (buf.len < FILE_LIMIT && (got = fread(sl_buf_reserve(&buf, 65536), 1, 65536, stdin)) > 0) buf.len += got;
  *out = sl_str_dup(arena, sl_buf_str(&buf));
  int code = buf.len < FILE_LIMIT ? 0 : sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Standard input is too large.");
  sl_buf_done(&buf);
  return code;
}

static bool split_word(const char *word, sl_str *name, sl_str *value) {
  const char *equals = strchr(word, '=');
  if (!equals || equals == word) return false;
  *name = sl_str_n(word, (size_t)(equals - word));
  *value = sl_str_of(equals + 1);
  return true;
}

static int open_engine(run *r, sl_fs *memory, sl_err *err) {
  sl_engine_options options = {
      .fs = memory, .data_dir = r->data_dir ? r->data_dir : "/sluice", .settings = &r->settings, .workers = 1};
  int code = sl_extensions_load(r->extensions, &r->settings, false, err);
  if (!code) code = sl_engine_open(&options, &r->engine, err);
  if (code == SL_E_LOCKED) {
    sl_err_done(err);
    sl_err_set(
        err, code, SL_NO_POS,
        "Another process owns the data directory '%s'. Stop it, or send the script to it with 'sluice shell -f'.",
        r->data_dir);
  }
  return code;
}

/* Options that need no engine. < 0: go on, else the exit code. */
static int read_options(int argc, char **argv, run *r, sl_vec *defines, sl_err *err) {
  static const struct option OPTIONS[] = {{"data", required_argument, NULL, 'D'},
                                          {"set", required_argument, NULL, 's'},
                                          {"define", required_argument, NULL, 'd'},
                                          {"output", required_argument, NULL, 'o'},
                                          {"extensions", required_argument, NULL, 'e'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  int option, code = 0;
  sl_str name, value = sl_str_of("earliest");
  sl_settings_set(&r->settings, sl_str_of("auto.offset.reset"), &value, false, NULL);
  optind = 1;
  while (!code && (option = getopt_long(argc, argv, "hd:", OPTIONS, NULL)) != -1) {
    switch (option) {
    case 'D': r->data_dir = optarg; break;
    case 'e': r->extensions = optarg; break;
    case 's':
      code = split_word(optarg, &name, &value)
                 ? sl_settings_set(&r->settings, name, &value, false, err)
                 : sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "--set takes NAME=VALUE, not '%s'.", optarg);
      break;
    case 'd':
      if (!split_word(optarg, &name, &value))
        code = sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "--define takes NAME=VALUE, not '%s'.", optarg);
      sl_vec_push(defines, optarg);
      break;
    case 'o':
      r->display.json = strcmp(optarg, "JSON") == 0;
      if (!r->display.json && strcmp(optarg, "TABULAR") != 0)
        code = sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "Invalid output format: '%s' (valid formats: 'JSON', 'TABULAR')",
                          optarg);
      break;
    case 'h': fputs(HELP, stdout); return 0;
    default: fputs("'sluice run --help' lists the options.\n", stderr); return EXIT_USAGE;
    }
  }
  if (code) return fail(err);
  if (optind + 1 == argc) return -1;
  fputs(optind == argc ? "sluice run: no script was named.\n" : "sluice run: name one script.\n", stderr);
  fputs("'sluice run --help' lists the options.\n", stderr);
  return EXIT_USAGE;
}

/* Variables may be quoted with single quotes, as in the shell. */
static int define_all(run *r, const sl_vec *defines, sl_err *err) {
  int code = 0;
  for (size_t i = 0; i < defines->len && !code; i++) {
    sl_str name, value;
    split_word(sl_vec_at(defines, i), &name, &value);
    bool quoted = value.len >= 2 && value.ptr[0] == '\'' && value.ptr[value.len - 1] == '\'';
    if (quoted) value = sl_str_n(value.ptr + 1, value.len - 2);
    code = sl_session_define(r->session, name, value, err);
  }
  return code;
}

static int run_all(run *r, const char *path, const sl_vec *defines) {
  sl_arena arena;
  sl_str text;
  sl_err err = {0};
  sl_fs *memory = r->data_dir ? NULL : sl_fs_memory_new();
  sl_arena_init(&arena, 0);
  int status = read_script(path, &arena, &text, &err) ? fail(&err) : 0;
  if (!status && open_engine(r, memory, &err)) status = fail(&err);
  if (!status) {
    r->session = sl_session_new(r->engine);
    status = define_all(r, defines, &err) ? fail(&err) : run_script(r, text);
    sl_session_free(r->session);
  }
  if (sl_engine_close(r->engine, &err) && !status) status = fail(&err);
  sl_err_done(&err);
  if (memory) sl_fs_free(memory);
  sl_arena_done(&arena);
  return status;
}

int sl_cmd_run(int argc, char **argv) {
  run r = {0};
  sl_err err = {0};
  sl_vec defines = {0};
  sl_log_set_level(SL_LOG_WARN);
  sl_output_init(&r.out);
  r.display.out = &r.out;
  int status = read_options(argc, argv, &r, &defines, &err);
  if (status < 0) {
    const char *path = argv[optind];
    r.file = strcmp(path, "-") ? path : "<stdin>";
    status = run_all(&r, path, &defines);
  }
  sl_output_done(&r.out);
  sl_vec_done(&defines);
  sl_settings_done(&r.settings);
  return status;
}
