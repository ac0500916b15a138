/* Running one case of a .sql file (test-formats.md C): statements one by one, what INSERT VALUES writes goes through
 * all queries at once, assertions read what was written. The first failure ends the case, well if it was announced. */
#include "cli/testing/test_run_sql.h"

#include "base/heap.h"
#include "planner/planner.h"

enum { SCRIPT_LIMIT = 16 << 20 };

/* ---- topics ---- */

int sl_test_sql_topic(sl_test_sql *run, sl_str name, sl_test_topic **out, sl_err *err) {
  sl_test_topic *topic = sl_map_find(&run->topics, name);
  if (!topic) {
    topic = sl_arena_zalloc(run->arena, sizeof *topic);
    topic->place.topic = sl_str_dup(run->arena, name);
    sl_vec_init(&topic->records, run->arena);
    sl_map_put(&run->topics, name, topic);
  }
  *out = topic;
  return sl_test_world_read(&run->world, &topic->place, &topic->records, err);
}

/* Records are taken over as they come, so that they stay in order over the partitions of a topic. */
static int take_records(sl_test_sql *run, sl_err *err) {
  sl_snapshot *snapshot = sl_engine_snapshot(run->world.engine);
  const sl_source *source;
  int code = 0;
  for (size_t i = 0; !code && (source = sl_snapshot_source_at(snapshot, i)); i++) {
    sl_test_topic *topic;
    code = sl_test_sql_topic(run, source->topic, &topic, err);
  }
  sl_snapshot_unref(snapshot);
  return code;
}

/* The statement with its variables replaced. */
static int substituted(sl_test_sql *run, const sl_statement *statement, const sl_statement **out, sl_err *err) {
  sl_str text;
  sl_script script;
  *out = statement;
  int code = sl_substitute_variables(run->arena, statement->text, sl_test_world_variable, &run->world, &text, err);
  if (code || sl_str_eq(text, statement->text)) return code;
  code = sl_parse(run->arena, text, 0, &script, err);
  if (!code && script.count) *out = script.statements[0];
  return code;
}

static int make_topic(sl_test_sql *run, const sl_statement *statement, sl_err *err) {
  int code = substituted(run, statement, &statement, err);
  if (code || statement->kind != SL_STMT_CREATE_SOURCE) return code;
  const sl_stmt_create_source *stmt = (const sl_stmt_create_source *)statement;
  sl_str name = sl_str_upper(run->arena, stmt->name);
  for (int i = 0; i < stmt->with.count; i++) {
    const sl_property *property = &stmt->with.items[i];
    if (sl_str_eq_z(property->name, "PARTITIONS")) return 0; /* the statement makes it */
    if (sl_str_eq_z(property->name, "KAFKA_TOPIC") && property->value->kind == SL_EXPR_STRING)
      name = property->value->text;
  }
  return sl_test_world_topic(&run->world, name, 1, err);
}

static bool any_topic(void *ctx, sl_str name, int32_t *partitions, sl_topic_id *id) {
  (void)ctx, (void)name;
  if (partitions) *partitions = 1;
  if (id) *id = (sl_topic_id){{0}};
  return true;
}

void sl_test_sql_planning(sl_test_sql *run, const sl_snapshot *snapshot, sl_planning *out) {
  static const sl_topic_view ANY = {.find = any_topic};
  *out = (sl_planning){.arena = run->arena,
                       .snapshot = snapshot,
                       .settings = sl_session_settings(run->world.session),
                       .topics = &ANY,
                       .service_id = sl_settings_str(&run->world.settings, "ksql.service.id"),
                       .rules = SL_PLANNER_RULES,
                       .now_ms = run->world.clock.wall};
}

/* ---- statements ---- */

static int run_statement(sl_test_sql *run, const sl_statement *statement, sl_test_failure *failure, sl_err *err);

static int read_script(sl_test_sql *run, const sl_stmt_run_script *stmt, sl_str *out, sl_err *err) {
  sl_str path = stmt->path;
  const char *dir = sl_fs_parent(run->arena, run->test->file), *found = NULL;
  bool absolute = path.len && path.ptr[0] == '/';
  if (absolute && sl_fs_exists(sl_fs_real(), sl_str_z(run->arena, path))) found = sl_str_z(run->arena, path);
  for (int up = 0; !found && up < 8; up++) { /* a leading '/' is the root of the tests, some folder above the file */
    const char *candidate = sl_arena_printf(run->arena, "%s%s" SL_STR_FMT, dir, absolute ? "" : "/", SL_STR_ARG(path));
    if (sl_fs_exists(sl_fs_real(), candidate)) found = candidate;
    dir = sl_fs_parent(run->arena, dir);
  }
  char *data;
  size_t len;
  if (!found || sl_fs_read_all(sl_fs_real(), found, SCRIPT_LIMIT, run->arena, &data, &len, NULL))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Could not read " SL_STR_FMT, SL_STR_ARG(path));
  *out = sl_str_trim(sl_str_n(data, len));
  if (out->len) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Empty run script: " SL_STR_FMT, SL_STR_ARG(path));
}

static int run_script(sl_test_sql *run, const sl_stmt_run_script *stmt, sl_test_failure *failure, sl_err *err) {
  *failure = SL_TEST_STATEMENT_FAILED;
  sl_str text = {0};
  sl_script script = {0};
  int code = read_script(run, stmt, &text, err);
  if (!code && sl_parse(run->arena, text, 0, &script, err))
    code = sl_err_prefix(err, "Failed to parse contents of RUN SCRIPT: ");
  for (int i = 0; i < script.count && !code; i++) code = run_statement(run, script.statements[i], failure, err);
  return code;
}

/* Everything that can move moves; then the engine is opened anew if that is asked for. */
static int settle(sl_test_sql *run, sl_test_failure *failure, sl_err *err) {
  int code = sl_test_world_settle(&run->world, err);
  if (code) *failure = SL_TEST_QUERY_FAILED;
  if (!code) code = take_records(run, err);
  if (!code && run->world.options->restart) code = sl_test_world_restart(&run->world, err);
  return code;
}

static int run_statement(sl_test_sql *run, const sl_statement *statement, sl_test_failure *failure, sl_err *err) {
  *failure = SL_TEST_STATEMENT_FAILED;
  sl_clock_manual_advance(&run->world.clock, 1);
  int code = 0;
  switch (statement->kind) {
  case SL_STMT_ASSERT_VALUES: return sl_test_assert_values(run, (const sl_stmt_assert_values *)statement, failure, err);
  case SL_STMT_ASSERT_SOURCE: return sl_test_assert_source(run, (const sl_stmt_assert_source *)statement, failure, err);
  case SL_STMT_RUN_SCRIPT: return run_script(run, (const sl_stmt_run_script *)statement, failure, err);
  case SL_STMT_CREATE_SOURCE: code = make_topic(run, statement, err); break;
  default: break;
  }
  if (!code) code = sl_test_world_execute(&run->world, statement, err);
  if (code) *failure = sl_test_failure_of(err);
  return code ? code : settle(run, failure, err);
}

/* ---- the case ---- */

typedef struct announced {
  sl_str error, message;
  bool any;
} announced;

/* A failure ends the case; well if it is the announced one. */
static void end_case(sl_test_sql *run, const announced *expected, sl_test_failure failure, const sl_err *got,
                     const sl_test_item *item, sl_err *err) {
  sl_str text = sl_test_failure_text(run->arena, failure, got);
  bool right = expected->any && (!expected->error.len || sl_test_failure_is(failure, expected->error)) &&
               sl_str_contains(text, expected->message);
  if (right) return;
  sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "Line %u, for statement `" SL_STR_FMT "`\n  %s: %s", item->pos.line,
             SL_STR_ARG(item->text), sl_test_failure_name(failure), got->message);
  if (expected->any)
    sl_err_prefix(err, "Expected a failure of class " SL_STR_FMT " with the message '" SL_STR_FMT "'.\n  ",
                  SL_STR_ARG(expected->error), SL_STR_ARG(expected->message));
}

static void announce(announced *expected, const sl_test_item *item) {
  bool error = sl_str_eq_nocase(item->directive, sl_str_of("expected.error"));
  bool message = sl_str_eq_nocase(item->directive, sl_str_of("expected.message"));
  if (error) expected->error = item->text;
  if (message) expected->message = item->text;
  expected->any |= error || message;
}

static void run_items(sl_test_sql *run, sl_err *err) {
  sl_test_reader reader = run->test->reader;
  announced expected = {0};
  for (;;) {
    sl_test_item item = {0};
    sl_err failed = {0};
    sl_test_failure failure = SL_TEST_PARSE_FAILED;
    int more = sl_test_reader_next(&reader, run->arena, &item, &failed);
    bool directive = more > 0 && item.kind == SL_TEST_DIRECTIVE;
    if (more == 0 || (directive && sl_str_eq_nocase(item.directive, sl_str_of("test")))) break;
    if (directive) {
      announce(&expected, &item);
      continue;
    }
    int code = more < 0 ? more : run_statement(run, item.statement, &failure, &failed);
    if (!code) continue;
    end_case(run, &expected, failure, &failed, &item, err);
    sl_err_done(&failed);
    return;
  }
  if (expected.any)
    sl_err_set(err, SL_E_ASSERTION, SL_NO_POS,
               "Did not get expected exception of type " SL_STR_FMT " with message " SL_STR_FMT,
               SL_STR_ARG(expected.error.len ? expected.error : sl_str_of("<any>")),
               SL_STR_ARG(expected.message.len ? expected.message : sl_str_of("<any>")));
}

int sl_test_run_sql(const sl_test_case *test, const sl_test_options *options, sl_buf *message) {
  sl_arena arena;
  sl_arena_init(&arena, 64 << 10);
  sl_test_sql run = {.test = test, .arena = &arena};
  sl_err err = {0};
  sl_test_world_init(&run.world, &arena, options);
  sl_test_world_setting(&run.world, sl_str_of("ksql.streams.auto.offset.reset"), sl_str_of("latest"));
  if (!sl_test_world_open(&run.world, &err)) run_items(&run, &err);
  sl_test_world_done(&run.world);
  sl_map_done(&run.topics);
  int code = err.code;
  if (code) sl_buf_add_z(message, err.message);
  sl_err_done(&err);
  sl_arena_done(&arena);
  return code;
}
