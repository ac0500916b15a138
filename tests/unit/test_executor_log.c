/* The processing log: entries with the part of the task, once whatever happens; the rate; last words of what fails. */
#include "base/fs_fault.h"
#include "executor_testing.h"

static void divide(rig *r, uint64_t number, const char *out, const sl_start_options *options) {
  make_topic(r, "in", 1, false);
  make_topic(r, out, 1, false);
  plan_maker m = plan_begin(r, number, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
  n = add_project(&m, n, 1, EXPRS("K", "10 / V"), EXPRS("K", "Q"));
  add_sink(&m, n, out);
  start(r, &m, options);
}

static size_t count_of(const char *text, const char *part) {
  size_t n = 0;
  for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) n++;
  return n;
}

static void test_processing_log__says_what_happened_to_a_record(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  divide(&r, 1, "out", NULL);
  produce(&r, "in", "k", "oops", 1);
  produce(&r, "in", "k\"\xff", "0", 2);
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), "k\"\xef\xbf\xbd|@2");
  assert_string_equal(
      dump(&r, "log"),
      "-|{\"level\":\"ERROR\",\"logger\":\"processing.Q_1.Source.deserializer\",\"time\":1000000,\"message\":{\"type\":"
      "0,"
      "\"deserializationError\":{\"errorMessage\":\"Error deserializing delimited\","
      "\"cause\":[\"For input string: "
      "\\\"oops\\\"\"],\"recordB64\":\"b29wcw==\",\"target\":\"value\",\"topic\":\"in\"},"
      "\"recordProcessingError\":null,\"productionError\":null,\"serializationError\":null,"
      "\"kafkaStreamsThreadError\":null}}@1000000 "
      "-|{\"level\":\"ERROR\",\"logger\":\"processing.Q_1.Project\",\"time\":1000000,\"message\":{\"type\":1,"
      "\"deserializationError\":null,\"recordProcessingError\":{\"errorMessage\":\"Error computing expression 10 / V "
      "for column Q with index 0\",\"cause\":[\"Division by zero\"],\"record\":\"[\\\"k\\\\\\\"\xef\xbf\xbd\\\",0]\"},"
      "\"productionError\":null,\"serializationError\":null,\"kafkaStreamsThreadError\":null}}@1000000");
  rig_close(&r);
}

/* A process that dies between any two steps of its work, and another that goes on. */
static void test_processing_log__an_entry_is_committed_once_whenever_the_process_dies(void **state) {
  (void)state;
  enum { RECORDS = 24 };
  const char *expected = NULL;
  bool stopped = true;
  for (uint64_t nth = 0; stopped; nth++) {
    sl_err ignored = {0};
    sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &ignored);
    rig r;
    rig_open_on(&r, nth % 3 ? 1 : 5, fault);
    divide(&r, 1, "out", NULL);
    for (int i = 0; i < RECORDS; i++) {
      char value[32];
      snprintf(value, sizeof value, i % 3 == 0 ? "bad%02d" : "%d", i % 3 == 1 ? 0 : i);
      produce(&r, "in", "k", value, i);
    }
    if (nth) sl_fs_fault_add(fault, (sl_fs_fault_rule){.ops = SL_FS_OP_CHANGES, .nth = nth, .stop = true});
    for (int i = 0; i < 200 && !sl_fs_fault_stopped(fault); i++) {
      int64_t due;
      sl_worker_step(sl_executor_worker(r.executor, i % 2), &due);
      if (i % 4 == 3) sl_clock_manual_advance(&r.clock, 3); /* commits now and then, in the middle of a batch */
    }
    stopped = !nth || sl_fs_fault_stopped(fault);
    sl_executor_stop(r.executor, r.running, false, &ignored);
    sl_executor_free(r.executor);
    sl_log_close(r.log, &ignored);
    sl_err_done(&ignored);
    if (nth) ok(sl_fs_fault_crash(fault, SL_FS_CRASH_KILL, 1, &err));
    rig_start(&r);
    divide(&r, 1, "out", NULL);
    rig_settle(&r);
    const char *log = dump(&r, "log");
    assert_int_equal(count_of(log, "\"type\":0"), RECORDS / 3);
    assert_int_equal(count_of(log, "\"type\":1"), RECORDS / 3);
    for (int i = 0; i < RECORDS; i += 3) { /* each bad record once: base64 of badNN */
      static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
      unsigned last = (unsigned)('0' + i / 10) << 8 | (unsigned)('0' + i % 10);
      char b64[32];
      snprintf(b64, sizeof b64, "YmFk%c%c%c=", digits[last >> 10], digits[(last >> 4) & 63], digits[(last << 2) & 63]);
      assert_int_equal(count_of(log, b64), 1);
    }
    if (!expected)
      expected = strdup(dump(&r, "out"));
    else
      assert_string_equal(dump(&r, "out"), expected);
    rig_close(&r);
    sl_fs_free(memory);
    if (nth == 1) assert_true(stopped);
  }
  free((void *)expected);
}

static void test_processing_log__has_a_rate_and_sums_up_what_it_left_out(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  divide(&r, 1, "out", NULL);
  sl_running *first = r.running;
  divide(&r, 2, "out2", NULL);
  for (int i = 0; i < 130; i++) produce(&r, "in", "k", "0", i);
  rig_settle(&r);
  const char *log = dump(&r, "log");
  assert_int_equal(count_of(log, "processing.Q_1."), 100); /* each query has its own */
  assert_int_equal(count_of(log, "processing.Q_2."), 100);
  sl_clock_manual_advance(&r.clock, 999);
  rig_settle(&r);
  assert_int_equal(entries(&r), 200);
  sl_clock_manual_advance(&r.clock, 1); /* the second is over: nobody has to err again for it */
  rig_settle(&r);
  log = dump(&r, "log");
  assert_int_equal(entries(&r), 202);
  assert_int_equal(count_of(log, "30 more entries were left out"), 2);
  produce(&r, "in", "k", "0", 1);
  rig_settle(&r);
  assert_int_equal(entries(&r), 204);
  sl_running_stats stats;
  sl_running_stats_get(first, &stats);
  assert_int_equal(stats.errors, 131); /* counted, written or not */
  for (int i = 0; i < 120; i++) produce(&r, "in", "k", "0", i);
  rig_settle(&r);
  int64_t before = entries(&r);
  ok(sl_executor_stop(r.executor, first, false, &err)); /* a stop does not wait for the end of the second */
  assert_int_equal(entries(&r), before + 1);
  rig_close(&r);
}

static void test_processing_log__keeps_the_last_words_of_a_failing_query(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  divide(&r, 1, "out", &(sl_start_options){.fail_on_decode = true, .retry_initial_ms = 100, .retry_max_ms = 100});
  produce(&r, "in", "a", "0", 1);
  produce(&r, "in", "b", "2", 2);
  produce(&r, "in", "c", "oops", 3);
  produce(&r, "in", "d", "5", 4);
  rig_settle(&r);
  sl_running_stats stats;
  sl_running_stats_get(r.running, &stats);
  assert_int_equal(stats.state, SL_RUNNING_ERROR);
  assert_non_null(strstr(stats.reason, "value of the record at offset 2 of 'in', partition 0, cannot be read"));
  const char *log = dump(&r, "log");
  assert_int_equal(count_of(log, "\"type\":0"), 1);
  assert_int_equal(count_of(log, "\"type\":4"), 1);
  assert_non_null(strstr(log, "\"threadName\":\"worker-"));
  for (int i = 0; i < 4; i++) { /* it goes on up to the bad record, and fails there again and again */
    sl_clock_manual_advance(&r.clock, 150);
    rig_settle(&r);
  }
  assert_string_equal(dump(&r, "out"), "a|@1 b|5@2");
  log = dump(&r, "log");
  assert_int_equal(count_of(log, "\"type\":1"), 1); /* a's division, once for all the attempts */
  assert_true(count_of(log, "\"type\":4") > 1);
  rig_close(&r);
}

static void test_processing_log__a_record_that_a_topic_does_not_take_is_dropped_if_so_set(void **state) {
  (void)state;
  for (int skip = 0; skip < 2; skip++) {
    rig r;
    rig_open(&r, 0);
    make_topic(&r, "in", 1, false);
    const sl_topic_setting setting = {sl_str_of("max.message.bytes"), sl_str_of("200")};
    sl_topic_spec spec = {.name = sl_str_of("out"), .partitions = 1, .settings = &setting, .setting_count = 1};
    sl_topic *topic;
    ok(sl_log_topic_create(r.log, &spec, &topic, &err));
    sl_topic_unref(topic);
    plan_maker m = plan_begin(&r, 1, true);
    add_sink(&m, add_source(&m, 0, "in", "K STRING, V STRING", false), "out");
    start(&r, &m, &(sl_start_options){.skip_on_produce = skip});
    char big[400];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    produce(&r, "in", "a", "1", 1);
    produce(&r, "in", "b", big, 2);
    produce(&r, "in", "c", "3", 3);
    rig_settle(&r);
    sl_running_stats stats;
    sl_running_stats_get(r.running, &stats);
    assert_int_equal(stats.state, skip ? SL_RUNNING_OK : SL_RUNNING_ERROR);
    if (skip) assert_string_equal(dump(&r, "out"), "a|1@1 c|3@3");
    assert_int_equal(count_of(dump(&r, "log"), "\"productionError\":{\"errorMessage\":\"A record of "), 1);
    assert_int_equal(count_of(dump(&r, "log"), "\"type\":4"), !skip);
    rig_close(&r);
  }
}

static void test_processing_log__a_negative_timestamp_fails_or_is_skipped(void **state) {
  (void)state;
  for (int skip = 0; skip < 2; skip++) {
    rig r;
    rig_open(&r, 0);
    divide(&r, 1, "out", &(sl_start_options){.skip_negative_time = skip});
    produce(&r, "in", "a", "1", -1);
    produce(&r, "in", "b", "2", 2);
    rig_settle(&r);
    sl_running_stats stats;
    sl_running_stats_get(r.running, &stats);
    assert_int_equal(stats.state, skip ? SL_RUNNING_OK : SL_RUNNING_ERROR);
    assert_string_equal(dump(&r, "out"), skip ? "b|5@2" : "");
    rig_close(&r);
  }
}

/* A row is shown up to a size; a topic that takes no entry at all stops nothing. */
static void test_processing_log__never_harms_the_query(void **state) {
  (void)state;
  for (int tiny = 0; tiny < 2; tiny++) {
    rig r;
    rig_open(&r, 0);
    if (tiny) {
      const sl_topic_setting setting = {sl_str_of("max.message.bytes"), sl_str_of("100")};
      sl_topic_spec spec = {.name = sl_str_of("tiny"), .partitions = 1, .settings = &setting, .setting_count = 1};
      sl_topic *topic;
      ok(sl_log_topic_create(r.log, &spec, &topic, &err));
      sl_topic_unref(topic);
      rig_stop(&r);
      r.options.processing_topic = "tiny";
      rig_start(&r);
    }
    divide(&r, 1, "out", NULL);
    char *big = malloc(300000);
    memset(big, 'x', 299999);
    big[299999] = '\0';
    produce(&r, "in", "a", big, 1);
    produce(&r, "in", "b", "2", 2);
    rig_settle(&r);
    free(big);
    assert_string_equal(dump(&r, "out"), "b|5@2");
    if (tiny) assert_int_equal(topic_count(&r, "tiny"), 0);
    if (!tiny) assert_true(has_entry(&r, "\"recordB64\":null"));
    rig_close(&r);
  }
}

static void test_processing_log__is_json_whatever_a_step_is_called(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  make_topic(&r, "in", 1, false);
  make_topic(&r, "out", 1, false);
  plan_maker m = plan_begin(&r, 1, true);
  sl_plan_node *source = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
  source->name = "a \"b\"";
  add_sink(&m, source, "out");
  start(&r, &m, NULL);
  produce(&r, "in", "k", "oops", 1);
  rig_settle(&r);
  assert_true(has_entry(&r, "\"logger\":\"processing.Q_1.a \\\"b\\\".deserializer\","));
  rig_close(&r);
}

/* A query over the log itself would feed itself. */
static void test_processing_log__a_query_over_it_writes_none(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  make_topic(&r, "out", 1, false);
  plan_maker m = plan_begin(&r, 1, true);
  add_sink(&m, add_source(&m, 0, "log", "K STRING, V INTEGER", false), "out");
  start(&r, &m, NULL);
  produce(&r, "log", "a", "no number", 1);
  rig_settle(&r);
  assert_int_equal(entries(&r), 1);
  sl_running_stats stats;
  sl_running_stats_get(r.running, &stats);
  assert_int_equal(stats.errors, 1);
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_processing_log__says_what_happened_to_a_record),
      cmocka_unit_test(test_processing_log__an_entry_is_committed_once_whenever_the_process_dies),
      cmocka_unit_test(test_processing_log__has_a_rate_and_sums_up_what_it_left_out),
      cmocka_unit_test(test_processing_log__keeps_the_last_words_of_a_failing_query),
      cmocka_unit_test(test_processing_log__a_record_that_a_topic_does_not_take_is_dropped_if_so_set),
      cmocka_unit_test(test_processing_log__a_negative_timestamp_fails_or_is_skipped),
      cmocka_unit_test(test_processing_log__never_harms_the_query),
      cmocka_unit_test(test_processing_log__is_json_whatever_a_step_is_called),
      cmocka_unit_test(test_processing_log__a_query_over_it_writes_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
