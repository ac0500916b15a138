/* Memory: one limit for all; when it is spent the query that grew most stops, with its reason, and the others go on;
 * what it held comes back when it is dropped or resumed. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/engine_testing.h"

static const char *const SETUP =
    "CREATE STREAM s (k STRING KEY, v STRING) WITH (kafka_topic='s', partitions=1, value_format='JSON');"
    "CREATE STREAM t (k STRING KEY, v STRING) WITH (kafka_topic='t', partitions=1, value_format='JSON');"
    "CREATE TABLE small AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;"
    "CREATE TABLE large AS SELECT k, LATEST_BY_OFFSET(v) AS v FROM t GROUP BY k;";

/* Records [from, to) of a topic, each with a key of its own among keys, values of 200 bytes. */
static void feed(world *w, const char *topic_name, int from, int to, int keys) {
  sl_log *log = sl_engine_log(w->engine);
  sl_topic *topic = sl_log_topic_find(log, sl_str_of(topic_name));
  assert_non_null(topic);
  sl_staging *staging = sl_staging_new();
  for (int i = from; i < to; i++) {
    char key[32], value[256];
    snprintf(key, sizeof key, "key %d", i % keys);
    snprintf(value, sizeof value, "{\"V\":\"%0190d\"}", i);
    assert_int_equal(
        sl_staging_append(staging, sl_topic_partition(topic, 0), i, key, strlen(key), value, strlen(value), NULL, NULL),
        0);
  }
  sl_part part = {.staging = staging};
  sl_commit_result result;
  assert_int_equal(sl_log_commit(log, &part, 1, &result, NULL), 0);
  sl_staging_free(staging);
  sl_topic_unref(topic);
  world_quiet(w);
}

static const char *state_of(world *w, const char *query) {
  const sl_json *list = sl_json_get(run(w, "SHOW QUERIES;"), "queries");
  for (size_t i = 0; i < list->count; i++) {
    const sl_json *id = sl_json_get(list->items[i], "id");
    if (strstr(text_of(w, id), query)) return text_of(w, sl_json_get(list->items[i], "statusCount"));
  }
  return "none";
}

static size_t state_bytes(world *w) {
  sl_executor_memory memory;
  sl_executor_memory_get(sl_engine_executor(w->engine), &memory);
  return memory.state;
}

static const char *metric(world *w, const char *name) {
  sl_buf out = {0};
  sl_engine_metrics(w->engine, &out);
  sl_buf_add_byte(&out, 0);
  const char *at = strstr((const char *)out.data, name);
  while (at && at > (const char *)out.data && at[-1] != '\n') at = strstr(at + 1, name);
  assert_non_null(at);
  const char *text = sl_arena_printf(&w->arena, "%.*s", (int)strcspn(at, "\n"), at);
  sl_buf_done(&out);
  return text;
}

static void open_small(world *w, const char *limit) {
  world_init(w);
  world_close(w);
  world_set(w, "memory.max", limit);
  world_open(w);
  run(w, SETUP);
}

static void test_memory__the_query_that_grew_most_stops_and_others_go_on(void **state) {
  (void)state;
  world w;
  open_small(&w, "16000000");
  feed(&w, "s", 0, 1000, 20);
  for (int i = 0; i < 20; i++) feed(&w, "t", i * 5000, (i + 1) * 5000, 1000000); /* 30 MB of state would be needed */
  assert_non_null(strstr(state_of(&w, "LARGE"), "ERROR"));
  assert_non_null(strstr(state_of(&w, "SMALL"), "RUNNING"));
  assert_true(state_bytes(&w) < 1000000); /* given back at once */
  assert_string_equal(metric(&w, "sluice_memory_bytes{budget=\"staging\"}"),
                      "sluice_memory_bytes{budget=\"staging\"} 0");
  assert_string_equal(metric(&w, "sluice_memory_stopped_queries_total"), "sluice_memory_stopped_queries_total 1");
  assert_non_null(strstr(metric(&w, "sluice_memory_limit_bytes"), " 16000000"));
  const char *why = text_of(&w, run(&w, "SHOW QUERIES EXTENDED;"));
  assert_non_null(strstr(why, "Stopped because memory.max (16000000 bytes) is spent"));
  feed(&w, "s", 1000, 1200, 20); /* the other goes on, with nothing lost */
  assert_non_null(strstr(topic_text(&w, "SMALL"), "key 19|{\"C\":60}\n"));
  run(&w, "DROP TABLE large;");
  assert_string_equal(state_of(&w, "LARGE"), "none");
  run(&w, "CREATE TABLE larger AS SELECT k, COUNT(*) AS c FROM t WHERE k < 'key 2' GROUP BY k;");
  assert_non_null(strstr(state_of(&w, "LARGER"), "RUNNING"));
  world_done(&w);
}

static void test_memory__a_stopped_query_can_be_resumed_when_there_is_room(void **state) {
  (void)state;
  world w;
  open_small(&w, "16000000");
  for (int i = 0; i < 20; i++) feed(&w, "t", i * 5000, (i + 1) * 5000, 1000000);
  assert_non_null(strstr(state_of(&w, "LARGE"), "ERROR"));
  run(&w, "RESUME ALL;"); /* no room: it stops again, and nothing else does */
  assert_non_null(strstr(state_of(&w, "LARGE"), "ERROR"));
  assert_non_null(strstr(state_of(&w, "SMALL"), "RUNNING"));
  world_close(&w);
  world_set(&w, "memory.max", "100000000");
  world_open(&w);
  world_quiet(&w);
  assert_non_null(strstr(state_of(&w, "LARGE"), "RUNNING"));
  assert_true(state_bytes(&w) > 20000000);
  sl_running_stats stats;
  sl_running *running = sl_engine_running(w.engine, 2);
  if (!running) running = sl_engine_running(w.engine, 1);
  assert_non_null(running);
  sl_running_stats_get(running, &stats);
  assert_int_equal(stats.lag, 0);
  const char *out = topic_text(&w, "LARGE");
  size_t lines = 0;
  for (const char *p = out; (p = strchr(p, '\n')); p++) lines++;
  assert_int_equal(lines, 100000); /* each key once: nothing was done twice, nothing left out */
  world_done(&w);
}

static void test_memory__blocks_are_shed_before_a_query_stops(void **state) {
  (void)state;
  world w;
  open_small(&w, "16000000");
  feed(&w, "t", 0, 38000, 1000000);
  assert_non_null(strstr(state_of(&w, "LARGE"), "RUNNING"));
  const char *used = metric(&w, "sluice_memory_used_bytes");
  double fill = atof(used + strlen("sluice_memory_used_bytes ")) / 16000000;
  assert_true(fill > 0.6 && fill <= 1);
  if (fill >= 0.8) assert_true(sl_log_cached_bytes(sl_engine_log(w.engine)) <= 2 << 20);
  world_done(&w);
}

static void test_memory__clients_and_statements_are_counted_and_given_back(void **state) {
  (void)state;
  world w;
  open_small(&w, "16000000");
  sl_budget *clients = sl_engine_client_memory(w.engine);
  assert_int_equal(sl_budget_used(clients), 0);
  sl_push *push;
  sl_err err = {0};
  assert_int_equal(
      sl_engine_query(w.engine, w.session, sl_str_of("SELECT * FROM t EMIT CHANGES;"), NULL, NULL, &push, &err), 0);
  sl_push_close(push);
  assert_int_equal(sl_budget_used(clients), 0);
  assert_string_equal(metric(&w, "sluice_memory_bytes{budget=\"statements\"}"),
                      "sluice_memory_bytes{budget=\"statements\"} 0");
  sl_budget_force(clients, 15900000); /* as if others held it */
  assert_int_equal(
      sl_engine_query(w.engine, w.session, sl_str_of("SELECT * FROM t EMIT CHANGES;"), NULL, NULL, &push, &err),
      SL_E_MEMORY);
  sl_err_done(&err);
  run(&w, "SHOW TABLES;"); /* statements go on: one of them may give memory back */
  sl_budget_give(clients, 15900000);
  world_done(&w);
}

static void ignore_row(void *ctx, const sl_row *row, const sl_schema *schema, bool tombstone) {
  (void)ctx, (void)row, (void)schema, (void)tombstone;
}

static void test_memory__kept_plans_and_scans_are_counted(void **state) {
  (void)state;
  static const char *const SCAN = "SELECT * FROM small;", *const METRIC = "sluice_memory_bytes{budget=\"statements\"}";
  world w;
  open_small(&w, "32000000");
  feed(&w, "s", 0, 5000, 5000);
  sl_budget *clients = sl_engine_client_memory(w.engine);
  sl_push *push;
  sl_err err = {0};
  assert_int_equal(sl_engine_query(w.engine, w.session, sl_str_of(SCAN), NULL, NULL, &push, &err), 0);
  assert_true(sl_budget_used(clients) > 5000 * sizeof(void *));  /* the cursor, and rows */
  assert_true(atof(metric(&w, METRIC) + strlen(METRIC)) > 1000); /* the plan */
  while (sl_push_take(push, 1000, ignore_row, NULL) != SL_PUSH_DONE) {
  }
  assert_null(sl_push_error(push));
  sl_push_close(push);
  size_t idle = sl_budget_used(clients), room = sl_budget_limit(clients->parent) - sl_budget_used(clients->parent);
  sl_budget_force(clients, room - 10000);
  assert_int_equal(sl_engine_query(w.engine, w.session, sl_str_of(SCAN), NULL, NULL, &push, &err), SL_E_MEMORY);
  assert_non_null(strstr(err.message, "A scan of 5000 rows needs"));
  sl_err_done(&err);
  world_quiet(&w);
  assert_non_null(strstr(state_of(&w, "SMALL"), "RUNNING")); /* a scan that is refused stops no query */
  sl_budget_give(clients, room - 10000);
  assert_int_equal(sl_engine_query(w.engine, w.session, sl_str_of(SCAN), NULL, NULL, &push, &err), 0);
  sl_push_close(push); /* in the middle */
  assert_int_equal(sl_budget_used(clients), idle);
  world_done(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_memory__the_query_that_grew_most_stops_and_others_go_on),
      cmocka_unit_test(test_memory__a_stopped_query_can_be_resumed_when_there_is_room),
      cmocka_unit_test(test_memory__blocks_are_shed_before_a_query_stops),
      cmocka_unit_test(test_memory__clients_and_statements_are_counted_and_given_back),
      cmocka_unit_test(test_memory__kept_plans_and_scans_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
