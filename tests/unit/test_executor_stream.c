/* Streams through the executor: filters, projections, re-keying, explosion, restarts, failures. */
#include "executor_testing.h"

static void filter_project(rig *r, uint64_t number) {
  make_topic(r, "in", 1, false);
  make_topic(r, "out", 1, false);
  plan_maker m = plan_begin(r, number, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER, S STRING", false);
  n = add_filter(&m, n, "V > 10");
  n = add_project(&m, n, 1, EXPRS("K", "V * 2", "UCASE(S)"), EXPRS("K", "D", "U"));
  add_sink(&m, n, "out");
  start(r, &m, NULL);
}

static void test_executor__filters_and_projects_in_order(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  filter_project(&r, 1);
  produce(&r, "in", "a", "11,x", 5);
  produce(&r, "in", "b", "3,y", 6);
  produce(&r, "in", NULL, "12,z", 7);
  produce(&r, "in", "c", NULL, 8);
  produce(&r, "in", "d", "20,w", 2);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "a|22,X@5 -|24,Z@7 d|40,W@2");
  assert_true(sl_executor_quiet(r.executor));
  rig_close(&r);
}

static void test_executor__null_rows_pass_a_projection(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  make_topic(&r, "in", 1, false);
  make_topic(&r, "out", 1, false);
  plan_maker m = plan_begin(&r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
  n = add_project(&m, n, 1, EXPRS("K", "V + 1"), EXPRS("K", "W"));
  add_sink(&m, n, "out");
  start(&r, &m, NULL);
  produce(&r, "in", "a", NULL, 1);
  produce(&r, "in", "b", "1", 2);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "a|-@1 b|2@2");
  rig_close(&r);
}

static void test_executor__bad_records_leave_an_entry_and_are_passed_by(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  filter_project(&r, 1);
  produce(&r, "in", "a", "11,x", 1);
  produce(&r, "in", "b", "oops,y", 2);
  produce(&r, "in", "c", "12,z", 3);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "a|22,X@1 c|24,Z@3");
  assert_int_equal(entries(&r), 1);
  assert_true(has_entry(&r, "\"message\":{\"type\":0,"));
  rig_close(&r);
}

static void test_executor__failed_expressions_are_null_and_logged(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  make_topic(&r, "in", 1, false);
  make_topic(&r, "out", 1, false);
  plan_maker m = plan_begin(&r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
  n = add_project(&m, n, 1, EXPRS("K", "10 / V", "V"), EXPRS("K", "Q", "V"));
  add_sink(&m, n, "out");
  start(&r, &m, NULL);
  produce(&r, "in", "a", "0", 1);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "a|,0@1");
  assert_true(has_entry(&r, "for column Q with index 0"));
  rig_close(&r);
}

static void test_executor__a_restart_between_records_changes_nothing(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  for (int i = 0; i < 10; i++) {
    char value[32];
    filter_project(&r, 1);
    snprintf(value, sizeof value, "%d,v%d", 10 + i, i);
    produce(&r, "in", "k", value, i);
    if (i % 3) rig_settle(&r); /* sometimes it stops before it has read the record */
    rig_stop(&r);
    rig_start(&r);
  }
  filter_project(&r, 1);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"),
                      "k|22,V1@1 k|24,V2@2 k|26,V3@3 k|28,V4@4 k|30,V5@5 k|32,V6@6 k|34,V7@7 k|36,V8@8 "
                      "k|38,V9@9");
  rig_close(&r);
}

static void test_executor__batches_of_one_give_the_same(void **state) {
  (void)state;
  const char *seen[2];
  rig r[2];
  for (int b = 0; b < 2; b++) {
    rig_open(&r[b], b ? 1 : 1000);
    filter_project(&r[b], 1);
    for (int i = 0; i < 700; i++) {
      char value[32];
      snprintf(value, sizeof value, "%d,v%d", i % 40, i);
      produce(&r[b], "in", i % 7 ? "k" : NULL, i % 11 ? value : NULL, i * 13 % 50);
    }
    rig_settle(&r[b]);
    seen[b] = dump(&r[b], "out");
  }
  assert_string_equal(seen[0], seen[1]);
  assert_true(strlen(seen[0]) > 1000);
  rig_close(&r[0]);
  rig_close(&r[1]);
}

static void test_executor__partition_by_keeps_every_row(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  make_topic(&r, "in", 1, false);
  make_topic(&r, "out", 1, false);
  plan_maker m = plan_begin(&r, 1, true);
  static const bool uses_value[] = {true};
  sl_plan_node *n = add_source(&m, 0, "in", "ID STRING, NAME STRING, X INTEGER", false);
  n = add_select_key(&m, n, 1, EXPRS("NAME", "ID"), EXPRS("NAME", "ID"), uses_value);
  add_sink(&m, n, "out");
  start(&r, &m, NULL);
  produce(&r, "in", "1", NULL, 1);
  produce(&r, "in", "2", ",5", 2);
  produce(&r, "in", "3", "n,6", 3);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "-|-@1 -|2@2 n|3@3");
  rig_close(&r);
}

static void test_executor__explodes_and_zips(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  make_topic(&r, "in", 1, false);
  make_topic(&r, "out", 1, false);
  plan_maker m = plan_begin(&r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, A STRING, B STRING", false);
  sl_plan_explode *x = node_new(&m, SL_PLAN_EXPLODE, sizeof *x, "FlatMap", n);
  const sl_table_call **calls = sl_arena_calloc(m.arena, 2, sizeof *calls);
  const sl_typed *args[2];
  sl_slot *slots = sl_arena_calloc(m.arena, 8, sizeof *slots);
  memcpy(slots, n->layout.slots, 3 * sizeof *slots);
  const char *texts[] = {"SPLIT(A, ' ')", "SPLIT(B, ' ')"}, *names[] = {"X", "Y"};
  for (int i = 0; i < 2; i++) {
    const sl_typed *arg = typed_of(&m, &n->layout, texts[i]);
    int count;
    ok(sl_table_call_build(m.arena, sl_str_of("EXPLODE"), &arg, 1, SL_NO_POS, &calls[i], &err));
    args[i] = sl_table_call_args(calls[i], &count)[0];
    slots[3 + i] = (sl_slot){sl_str_of(names[i]), sl_table_call_type(calls[i])};
  }
  x->calls = calls;
  x->call_count = 2;
  x->args = program_of(&m, args, 2);
  x->base.layout = (sl_layout){slots, 5, 1};
  n = add_project(&m, &x->base, 1, EXPRS("K", "X", "Y"), EXPRS("K", "X", "Y"));
  add_sink(&m, n, "out");
  start(&r, &m, NULL);
  produce(&r, "in", "1", "a b c,p", 1);
  produce(&r, "in", "2", NULL, 2);
  produce(&r, "in", "3", "z,q", 3);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "1|a,p@1 1|b,@1 1|c,@1 3|z,q@3");
  rig_close(&r);
}

static void test_executor__several_queries_share_one_topic(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  make_topic(&r, "in", 2, false);
  sl_running *running[5];
  for (int q = 0; q < 5; q++) {
    char out[16], where[32];
    snprintf(out, sizeof out, "out%d", q);
    snprintf(where, sizeof where, "V >= %d", q);
    make_topic(&r, out, 1, false);
    plan_maker m = plan_begin(&r, (uint64_t)q + 1, true);
    sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
    add_sink(&m, add_filter(&m, n, where), out);
    start(&r, &m, NULL);
    running[q] = r.running;
    for (int i = 0; i < 5; i++) {
      char value[8];
      snprintf(value, sizeof value, "%d", i);
      produce_at(&r, "in", i % 2, "k", value, i);
    }
    if (q % 2) rig_settle(&r); /* later ones start behind the earlier ones */
  }
  rig_settle(&r);
  for (int q = 0; q < 5; q++) {
    char out[16];
    snprintf(out, sizeof out, "out%d", q);
    assert_int_equal(topic_count(&r, out), 5 * (5 - q));
  }
  for (int q = 0; q < 5; q++) ok(sl_executor_stop(r.executor, running[q], false, &err));
  r.running = NULL;
  rig_close(&r);
}

/* A sink that is deleted under the query: its part fails alone, with a reason, and comes back. */
static void test_executor__a_failing_query_harms_no_other(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  filter_project(&r, 1);
  sl_running *good = r.running;
  make_topic(&r, "bad", 1, true); /* compacted: a null key is refused */
  plan_maker m = plan_begin(&r, 2, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER, S STRING", false);
  add_sink(&m, n, "bad");
  start(&r, &m, &(sl_start_options){.retry_initial_ms = 100, .retry_max_ms = 1000});
  produce(&r, "in", "a", "11,x", 1);
  produce(&r, "in", NULL, "12,y", 2);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "a|22,X@1 -|24,Y@2");
  assert_string_equal(dump(&r, "bad"), "");
  sl_running_stats stats;
  sl_running_stats_get(r.running, &stats);
  assert_int_equal(stats.state, SL_RUNNING_ERROR);
  assert_true(strlen(stats.reason) > 0);
  sl_running_stats_get(good, &stats);
  assert_int_equal(stats.state, SL_RUNNING_OK);
  sl_clock_manual_advance(&r.clock, 150); /* tries again, and fails again */
  rig_settle(&r);
  sl_running_stats_get(r.running, &stats);
  assert_int_equal(stats.state, SL_RUNNING_ERROR);
  ok(sl_executor_stop(r.executor, good, false, &err));
  rig_close(&r);
}

static void test_executor__pause_holds_and_resume_goes_on(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  filter_project(&r, 1);
  sl_running_pause(r.running, true);
  produce(&r, "in", "a", "11,x", 1);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "");
  sl_running_stats stats;
  sl_running_stats_get(r.running, &stats);
  assert_int_equal(stats.state, SL_RUNNING_PAUSED);
  assert_int_equal(stats.lag, 1);
  sl_running_pause(r.running, false);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "a|22,X@1");
  rig_close(&r);
}

static void test_executor__latest_means_the_same_after_a_restart(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  make_topic(&r, "in", 1, false);
  make_topic(&r, "out", 1, false);
  produce(&r, "in", "a", "1", 1);
  for (int round = 0; round < 2; round++) {
    plan_maker m = plan_begin(&r, 1, true);
    add_sink(&m, add_source(&m, 0, "in", "K STRING, V INTEGER", false), "out");
    start(&r, &m, &(sl_start_options){.has_reset = true, .reset = SL_RESET_LATEST});
    rig_settle(&r);
    if (round) break;
    rig_stop(&r);
    rig_start(&r);
    produce(&r, "in", "b", "2", 2); /* while the query is away */
  }
  assert_string_equal(dump(&r, "out"), "b|2@2");
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_executor__filters_and_projects_in_order),
      cmocka_unit_test(test_executor__null_rows_pass_a_projection),
      cmocka_unit_test(test_executor__bad_records_leave_an_entry_and_are_passed_by),
      cmocka_unit_test(test_executor__failed_expressions_are_null_and_logged),
      cmocka_unit_test(test_executor__a_restart_between_records_changes_nothing),
      cmocka_unit_test(test_executor__batches_of_one_give_the_same),
      cmocka_unit_test(test_executor__partition_by_keeps_every_row),
      cmocka_unit_test(test_executor__explodes_and_zips),
      cmocka_unit_test(test_executor__several_queries_share_one_topic),
      cmocka_unit_test(test_executor__a_failing_query_harms_no_other),
      cmocka_unit_test(test_executor__pause_holds_and_resume_goes_on),
      cmocka_unit_test(test_executor__latest_means_the_same_after_a_restart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
