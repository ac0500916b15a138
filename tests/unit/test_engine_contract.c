/* What a query keeps over restarts, replacements and changes of its surroundings: its durable contract, and the planner
 * rules it was made with. */
#include "engine_testing.h"

static const char LINES[] =
    "CREATE STREAM S (K STRING KEY, V INT, W INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');";
static const char COUNTS[] = "CREATE TABLE C WITH (KAFKA_TOPIC='c', VALUE_FORMAT='DELIMITED', KEY_FORMAT='DELIMITED') "
                             "AS SELECT V, COUNT(*) AS N, SUM(W) AS W FROM S GROUP BY V;";
static const char STATE[] = "_confluent-ksql-default_query_CTAS_C_1-Aggregate-Aggregate-Materialize-changelog";
static const char PASSAGE[] = "_confluent-ksql-default_query_CTAS_C_1-Aggregate-GroupBy-repartition";

static bool has_topic(world *w, const char *name) {
  sl_topic *topic = sl_log_topic_find(sl_engine_log(w->engine), sl_str_of(name));
  if (topic) sl_topic_unref(topic);
  return topic;
}

static int rules_of(world *w, const char *id) {
  sl_snapshot *snapshot = sl_engine_snapshot(w->engine);
  const sl_query_entry *entry = sl_snapshot_query(snapshot, sl_str_of(id));
  assert_non_null(entry);
  int rules = entry->rules;
  sl_snapshot_unref(snapshot);
  return rules;
}

/* A world that was left by a program which knew no more than these rules. */
static void old_world(world *w, int rules, const char *sql) {
  world_init(w);
  world_close(w);
  w->rules = rules;
  world_open(w);
  run(w, LINES);
  run(w, sql);
  run(w, "INSERT INTO S VALUES ('a', 1, 10); INSERT INTO S VALUES ('b', 2, 20);");
  w->rules = 0;
  world_reopen(w);
  world_quiet(w);
}

/* ---- rules ---- */

static void test_rules__a_query_keeps_those_it_was_made_with_over_restarts(void **state) {
  (void)state;
  world w;
  old_world(&w, 1, COUNTS);
  size_t topics = topic_count(&w);
  for (int i = 0; i < 3; i++) {
    run(&w, "INSERT INTO S VALUES ('a', 1, 10);");
    assert_int_equal(rules_of(&w, "CTAS_C_1"), 1);
    assert_true(has_topic(&w, PASSAGE));
    assert_true(has_topic(&w, STATE));
    assert_int_equal(topic_count(&w), topics);
    world_reopen(&w);
    world_quiet(&w);
  }
  assert_string_equal(topic_text(&w, "c"), "1|1,10\n2|1,20\n1|2,20\n1|3,30\n1|4,40\n");
  run(&w, "CREATE TABLE D AS SELECT W, COUNT(*) AS N FROM S GROUP BY W;"); /* a new one has the newest */
  assert_int_equal(topic_count(&w), topics + 2);
  run(&w, "DROP TABLE D DELETE TOPIC; DROP TABLE C DELETE TOPIC;");
  assert_false(has_topic(&w, PASSAGE));
  world_done(&w);
}

static void test_rules__a_query_that_is_replaced_keeps_them_too(void **state) {
  (void)state;
  world w;
  old_world(&w, 1, COUNTS);
  size_t topics = topic_count(&w);
  run(&w, "CREATE OR REPLACE TABLE C WITH (KAFKA_TOPIC='c', VALUE_FORMAT='DELIMITED', KEY_FORMAT='DELIMITED') AS "
          "SELECT V, COUNT(*) AS N, SUM(W) AS W, V * 100 AS D FROM S GROUP BY V;");
  assert_int_equal(rules_of(&w, "CTAS_C_1"), 1);
  assert_true(has_topic(&w, PASSAGE));
  assert_int_equal(topic_count(&w), topics);
  run(&w, "INSERT INTO S VALUES ('a', 1, 10);");
  world_reopen(&w);
  world_quiet(&w);
  assert_int_equal(rules_of(&w, "CTAS_C_1"), 1);
  run(&w, "INSERT INTO S VALUES ('b', 2, 20);");
  assert_string_equal(topic_text(&w, "c"), "1|1,10\n2|1,20\n1|2,20,100\n2|2,40,200\n");
  world_done(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rules__a_query_keeps_those_it_was_made_with_over_restarts),
      cmocka_unit_test(test_rules__a_query_that_is_replaced_keeps_them_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
