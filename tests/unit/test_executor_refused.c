/* A disk that refuses commits: a part stays staged and is tried again, so what comes out is what would have come out.
 */
#include "executor_testing.h"
#include "base/fs_fault.h"

/* SELECT V, COUNT(1), SUM(N) FROM table GROUP BY V, over a repartition topic. */
static void group_table(rig *r, const sl_start_options *options) {
  make_topic(r, "in", 1, false);
  make_topic(r, "out", 1, true);
  plan_maker m = plan_begin(r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V STRING, N INTEGER", true);
  n = add_table_store(&m, n, 0, "KsqlTopic-Reduce");
  n = add_group(&m, n, 1, EXPRS("V", "N"), EXPRS("V", "N"));
  n = add_repartition(&m, n, 1, "Q1-Aggregate-GroupBy-repartition", 1);
  n = &add_aggregate(&m, n, 1, EXPRS("COUNT(1)", "SUM(N)"), EXPRS("C", "S"), SL_WINDOW_NONE)->base;
  add_sink(&m, n, "out");
  start(r, &m, options);
}

/* What comes out when the nth change of the disk and those after it are refused for a while; nth 0: never. */
static const char *run_refused(sl_arena *arena, uint64_t nth, int code, bool cached, bool *refused) {
  rig r;
  rig_open(&r, 0);
  rig_stop(&r);
  sl_fs *memory = r.fs;
  ok((r.fs = sl_fs_fault_new(memory, "/", &err)) ? 0 : SL_E_IO);
  rig_start(&r);
  sl_start_options options = {.commit_interval_ms = -1, .cache_bytes = cached ? 10000000 : 0};
  group_table(&r, &options);
  rig_settle(&r);
  *refused = false;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 6; i++) {
      char key[8], value[16];
      snprintf(key, sizeof key, "%d", (i + round) % 4);
      snprintf(value, sizeof value, "g%d,%d", (i * 5 + round) % 3, i);
      produce(&r, "in", key, value, 100 * round + i);
    }
    if (nth)
      sl_fs_fault_add(
          r.fs,
          (sl_fs_fault_rule){
              .ops = SL_FS_OP_WRITE | SL_FS_OP_CREATE, .nth = nth, .times = UINT64_MAX, .code = code, .keep = 20});
    sl_err err = {0};
    for (int tries = 0; tries < 3; tries++) { /* it goes on asking, and nothing fails */
      int rc = sl_executor_run_until_quiet(r.executor, &err);
      if (rc) {
        assert_int_equal(rc, SL_E_DISK_FULL);
        assert_non_null(strstr(err.message, "The log cannot be written"));
        *refused = true;
      }
      sl_err_done(&err);
    }
    if (*refused) assert_true(sl_log_refused(r.log) > 0);
    sl_fs_fault_clear(r.fs);
    sl_clock_manual_advance(&r.clock, 300);
    rig_settle(&r);
  }
  const char *text = sl_str_z(arena, sl_str_of(dump(&r, "out")));
  rig_stop(&r);
  sl_fs_free(r.fs);
  sl_fs_free(memory);
  sl_arena_done(&r.arena);
  return text;
}

static void test_executor__refused_parts_stay_staged_and_are_written_later(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (int cached = 0; cached < 2; cached++) {
    bool refused, last = true;
    int times = 0;
    const char *want = run_refused(&arena, 0, SL_E_DISK_FULL, cached, &refused);
    assert_false(refused);
    for (uint64_t nth = 1; last; nth++) {
      const char *got = run_refused(&arena, nth, nth % 2 ? SL_E_DISK_FULL : SL_E_IO, cached, &last);
      assert_string_equal(got, want);
      times += last;
    }
    assert_true(times >= 4);
  }
  sl_arena_done(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_executor__refused_parts_stay_staged_and_are_written_later),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
