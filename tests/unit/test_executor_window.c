/* Windows and sessions through the executor: the examples of the semantics, with batches of one and of many, over
 * restarts. */
#include "executor_testing.h"
#include "base/bytes.h"

typedef struct fed {
  const char *key, *value;
  int64_t ts;
} fed;

typedef struct shape {
  sl_window_kind kind;
  int64_t size, advance, grace;
  bool final;
  const char *call;
} shape;

static void start_windows(rig *r, const shape *w) {
  make_topic(r, "in", 1, false);
  make_topic(r, "out", 1, false);
  plan_maker m = plan_begin(r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
  sl_plan_aggregate *a = add_aggregate(&m, n, 0, EXPRS(w->call), EXPRS("R"), w->kind);
  set_window(a, w->size, w->advance, w->grace, w->final);
  n = add_project(&m, &a->base, 1, EXPRS("K", "R", "WINDOWSTART", "WINDOWEND"), EXPRS("K", "R", "S", "E"));
  add_sink(&m, n, "out");
  start(r, &m, NULL);
}

/* The same input in one go, record by record, and with a restart after each record must give the same. */
static void check(const shape *w, const fed *in, const char *expected) {
  for (int way = 0; way < 4; way++) {
    rig r;
    rig_open(&r, way == 1 ? 1 : 0);
    start_windows(&r, w);
    for (const fed *f = in; f->ts >= 0; f++) {
      produce(&r, "in", f->key, f->value, f->ts);
      if (way >= 2) rig_settle(&r);
      if (way != 3) continue;
      rig_stop(&r);
      rig_start(&r);
      start_windows(&r, w);
    }
    rig_settle(&r);
    assert_string_equal(dump(&r, "out"), expected);
    rig_close(&r);
  }
}

static void test_executor__tumbling_windows_drop_what_is_late(void **state) {
  (void)state;
  const shape w = {SL_WINDOW_TUMBLING, 30000, 0, 60000, false, "MAX(V)"};
  const fed in[] = {{"0", "0", 0},       {"0", "1", 89999},   {"0", "5", 10009},   {"0", "0", 90000}, {"0", "6", 10010},
                    {"1", "101", 30000}, {NULL, "9", 999999}, {"1", NULL, 999999}, {NULL, NULL, -1}};
  check(&w, in, "0|0,0,30000@0 0|1,60000,90000@89999 0|5,0,30000@10009 0|0,90000,120000@90000 1|101,30000,60000@30000");
}

static void test_executor__hopping_windows_come_in_order_of_start(void **state) {
  (void)state;
  const shape w = {SL_WINDOW_HOPPING, 10, 4, 1000, false, "COUNT(1)"};
  const fed in[] = {{"a", "0", 3}, {"a", "0", 9}, {"b", "0", 13}, {NULL, NULL, -1}};
  check(&w, in, "a|1,0,10@3 a|2,0,10@9 a|1,4,14@9 a|1,8,18@9 b|1,4,14@13 b|1,8,18@13 b|1,12,22@13");
}

static void test_executor__sessions_merge_with_tombstones(void **state) {
  (void)state;
  const shape w = {SL_WINDOW_SESSION, 30000, 0, 86400000, false, "COUNT(1)"};
  const fed in[] = {{"0", "1", 0},     {"0", "1", 10000}, {"0", "1", 10000},
                    {"0", "1", 70000}, {"0", "1", 40000}, {NULL, NULL, -1}};
  check(&w, in,
        "0|1,0,0@0 0|-@0 0|2,0,10000@10000 0|-@10000 0|3,0,10000@10000 0|1,70000,70000@70000 0|-@10000 "
        "0|-@70000 0|5,0,70000@70000");
}

static void test_executor__final_results_of_tumbling_windows(void **state) {
  (void)state;
  const shape none = {SL_WINDOW_TUMBLING, 2, 0, 0, true, "COUNT(1)"};
  const fed in[] = {{"k", "1", 0}, {"k", "1", 1}, {"k", "1", 2}, {NULL, NULL, -1}};
  check(&none, in, "k|2,0,2@1");
  const shape lost = {SL_WINDOW_TUMBLING, 2, 0, 1, true, "COUNT(1)"};
  const fed jump[] = {{"k", "1", 0}, {"k", "1", 1}, {"k", "1", 2},   {"k", "1", 1},
                      {"k", "1", 0}, {"k", "1", 5}, {NULL, NULL, -1}};
  check(&lost, jump, "k|1,2,4@2");
}

static void test_executor__final_results_of_hopping_windows(void **state) {
  (void)state;
  const shape w = {SL_WINDOW_HOPPING, 5, 2, 1, true, "COUNT(1)"};
  const fed in[] = {{"k", "1", 0}, {"k", "1", 1}, {"k", "1", 2},  {"k", "1", 1},
                    {"k", "1", 6}, {"k", "1", 5}, {"k", "1", 10}, {NULL, NULL, -1}};
  check(&w, in, "k|4,0,5@2 k|2,4,9@6");
}

static void test_executor__final_results_of_sessions(void **state) {
  (void)state;
  const shape w = {SL_WINDOW_SESSION, 5, 0, 6, true, "COUNT(1)"};
  const fed in[] = {{"k", "1", 0},  {"k", "1", 4},  {"k", "1", 8},  {"k", "1", 12}, {"k", "1", 14},
                    {"k", "1", 30}, {"k", "1", 29}, {"k", "1", 17}, {"k", "1", 42}, {NULL, NULL, -1}};
  check(&w, in, "k|5,0,14@14 k|2,29,30@30");
}

/* Length of the first record's key, and its last 8 bytes as a number. */
static size_t first_key(rig *r, const char *name, int64_t *last) {
  sl_topic *topic = topic_of(r, name);
  sl_fetch *fetch;
  ok(sl_log_fetch(sl_topic_partition(topic, 0), 0, 1 << 20, 10, SL_READ_VISIBLE, &fetch, &err));
  assert_true(fetch->count > 0);
  size_t len = fetch->records[0].key_len;
  *last = (int64_t)sl_get_u64(fetch->records[0].key + len - 8);
  sl_fetch_unref(fetch);
  sl_topic_unref(topic);
  return len;
}

static void test_executor__windowed_keys_carry_their_bounds(void **state) {
  (void)state;
  for (int session = 0; session < 2; session++) {
    rig r;
    rig_open(&r, 0);
    make_topic(&r, "in", 1, false);
    make_topic(&r, "out", 1, false);
    plan_maker m = plan_begin(&r, 1, true);
    sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
    sl_window_kind kind = session ? SL_WINDOW_SESSION : SL_WINDOW_TUMBLING;
    sl_plan_aggregate *a = add_aggregate(&m, n, 0, EXPRS("COUNT(1)"), EXPRS("C"), kind);
    set_window(a, 10, 0, 100, false);
    sl_plan_sink *sink =
        (sl_plan_sink *)add_sink(&m, add_project(&m, &a->base, 1, EXPRS("K", "C"), EXPRS("K", "C")), "out");
    sink->codec.window = kind;
    sink->codec.window_size = session ? 0 : 10;
    start(&r, &m, NULL);
    produce(&r, "in", "a", "1", 37);
    rig_settle(&r);
    int64_t last;
    assert_int_equal(first_key(&r, "out", &last), session ? 17 : 9);
    assert_int_equal(last, session ? 37 : 30);
    sl_buf text = {0};
    sl_running_describe(r.running, &text);
    assert_non_null(strstr(sl_buf_z(&text), "task 0_0 running in@1: source, "));
    assert_non_null(strstr(sl_buf_z(&text), "sink out"));
    sl_buf_done(&text);
    rig_close(&r);
  }
}

static void test_executor__late_records_are_counted(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  const shape w = {SL_WINDOW_TUMBLING, 10, 0, 0, false, "COUNT(1)"};
  start_windows(&r, &w);
  produce(&r, "in", "a", "1", 100);
  produce(&r, "in", "a", "1", 5);
  rig_settle(&r);
  sl_running_stats stats;
  sl_running_stats_get(r.running, &stats);
  assert_int_equal(stats.dropped_late, 1);
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_executor__tumbling_windows_drop_what_is_late),
      cmocka_unit_test(test_executor__hopping_windows_come_in_order_of_start),
      cmocka_unit_test(test_executor__sessions_merge_with_tombstones),
      cmocka_unit_test(test_executor__final_results_of_tumbling_windows),
      cmocka_unit_test(test_executor__final_results_of_hopping_windows),
      cmocka_unit_test(test_executor__final_results_of_sessions),
      cmocka_unit_test(test_executor__windowed_keys_carry_their_bounds),
      cmocka_unit_test(test_executor__late_records_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
