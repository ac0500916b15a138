/* Golden plans: each tests/golden/plan/<name>.sql beside what its statements become, <name>.plan: sources as stored,
 * queries as stored with both plans, or the message of a failure. Runs from the root; SLUICE_GOLDEN_UPDATE writes. */
#include "tests/unit/planner_testing.h"

#define FOLDER "tests/golden/plan"
enum { FILE_LIMIT = 1 << 20 };

static sl_str read_file(bench *b, const char *path) {
  char *data;
  size_t len;
  if (sl_fs_read_all(sl_fs_real(), path, FILE_LIMIT, &b->arena, &data, &len, &b->err)) fail_msg("%s", b->err.message);
  return (sl_str){data, len};
}

static void print_statement(bench *b, const sl_statement *stmt, sl_buf *out) {
  bench_clear(b);
  sl_buf_printf(out, "-- " SL_STR_FMT "\n", SL_STR_ARG(stmt->text));
  if (bench_plan(b, stmt, false, true)) {
    sl_buf_printf(out, "error: %s\n\n", b->err.message);
    return;
  }
  if (stmt->kind == SL_STMT_CREATE_SOURCE) sl_buf_printf(out, SL_STR_FMT "\n", SL_STR_ARG(b->source.source->resolved));
  if (b->query.plan)
    sl_buf_printf(out, SL_STR_FMT "\n" SL_STR_FMT SL_STR_FMT, SL_STR_ARG(b->query.resolved),
                  SL_STR_ARG(b->query.plan->logical_text), SL_STR_ARG(b->query.plan->physical_text));
  sl_buf_add_byte(out, '\n');
}

static void check(bench *b, const char *name) {
  const char *sql = sl_arena_printf(&b->arena, "%s/%s.sql", FOLDER, name);
  const char *golden = sl_arena_printf(&b->arena, "%s/%s.plan", FOLDER, name);
  sl_script script = {0};
  if (sl_parse(&b->arena, read_file(b, sql), 0, &script, &b->err)) fail_msg("%s: %s", sql, b->err.message);
  sl_buf out = {0};
  for (int i = 0; i < script.count; i++) print_statement(b, script.statements[i], &out);
  sl_err err = {0};
  if (getenv("SLUICE_GOLDEN_UPDATE")) {
    if (sl_fs_replace(sl_fs_real(), golden, out.data, out.len, &err)) fail_msg("%s", err.message);
  } else if (!sl_str_eq(read_file(b, golden), sl_buf_str(&out))) {
    fail_msg("%s: the plan is not the one in %s; it is now:\n%s", sql, golden, sl_buf_z(&out));
  }
  sl_buf_done(&out);
}

static void test_golden__plans_are_as_recorded(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  char **names;
  size_t count, checked = 0;
  sl_err err = {0};
  if (sl_fs_list(sl_fs_real(), FOLDER, &arena, &names, &count, &err)) fail_msg("%s", err.message);
  for (size_t i = 0; i < count; i++) {
    size_t len = strlen(names[i]);
    if (len < 5 || strcmp(names[i] + len - 4, ".sql") != 0) continue;
    void *own = NULL;
    bench_setup(&own);
    check(own, sl_arena_printf(&arena, "%.*s", (int)len - 4, names[i]));
    bench_teardown(&own);
    checked++;
  }
  sl_arena_done(&arena);
  assert_true(checked >= 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden__plans_are_as_recorded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
