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

/* ---- what no longer fits is named ---- */

/* Puts the query's catalog row right (or wrong) while nothing runs: the first `was` in its contract becomes `is`. */
static void edit_row(world *w, const char *was, const char *is, int rules, bool hashed) {
  sl_err err = {0};
  sl_catalog *cat;
  world_close(w);
  assert_int_equal(sl_catalog_open(w->fs, "/data/catalog.db", &cat, &err), 0);
  sl_snapshot *snapshot = sl_catalog_snapshot(cat);
  sl_query_entry entry = *sl_snapshot_query(snapshot, sl_str_of("CTAS_C_1"));
  const char *text = sl_str_z(&w->arena, entry.contract), *at = strstr(text, was);
  assert_non_null(at);
  entry.contract = sl_str_printf(&w->arena, "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
  if (hashed) entry.contract = sl_str_printf(&w->arena, "%016llx", (unsigned long long)sl_str_hash(entry.contract));
  entry.rules = rules;
  sl_change put = {.kind = SL_CHANGE_PUT_QUERY, .query = &entry};
  assert_int_equal(sl_catalog_apply(cat, &put, 1, NULL, &err), 0);
  sl_snapshot_unref(snapshot);
  sl_catalog_close(cat);
  world_open(w);
  world_quiet(w);
}

static void stopped(world *w, const char *part) {
  const char *text = text_of(w, run(w, "EXPLAIN CTAS_C_1;"));
  if (!strstr(text, part)) print_message("expected: %s\ngot: %s\n", part, text);
  assert_non_null(strstr(text, part));
  assert_non_null(strstr(text_of(w, run(w, "SHOW QUERIES;")), "\"ERROR\":1"));
}

static void grow(world *w, const char *name, int32_t partitions) {
  sl_err err = {0};
  sl_topic *topic = sl_log_topic_find(sl_engine_log(w->engine), sl_str_of(name));
  assert_int_equal(sl_log_topic_grow(sl_engine_log(w->engine), topic, partitions, &err), 0);
  sl_topic_unref(topic);
  world_reopen(w);
  world_quiet(w);
}

/* What is recorded is edited, so "were" says what was edited in. */
static void test_contract__says_what_has_changed(void **state) {
  (void)state;
  static const char *const EDITS[][3] = {
      {"`KSQL_AGG_VARIABLE_0` BIGINT, ", "",
       "columns of store 'Aggregate-Aggregate-Materialize' were `V` INTEGER KEY, `KSQL_AGG_VARIABLE_1` INTEGER and are "
       "`V` INTEGER KEY, `KSQL_AGG_VARIABLE_0` BIGINT, `KSQL_AGG_VARIABLE_1` INTEGER. Terminate and create it again, "
       "which builds its state anew, or use the program version that made it."},
      {"key KAFKA", "key JSON", "key format of store 'Aggregate-Aggregate-Materialize' was JSON and is KAFKA"},
      {"(key value", "(session", "kind of store 'Aggregate-Aggregate-Materialize' was session and is key value"},
      {"] ->", "] size 5 ms, retention 9 ms ->",
       "window of store 'Aggregate-Aggregate-Materialize' was size 5 ms, retention 9 ms and is none"},
      {"STORE Aggregate-", "STORE Other-",
       "the store 'Other-Aggregate-Materialize' is gone; the store 'Aggregate-Aggregate-Materialize' is new"},
      {"Materialize-changelog", "X-changelog",
       "was _confluent-ksql-default_query_CTAS_C_1-Aggregate-Aggregate-X-changelog and is "
       "_confluent-ksql-default_query_CTAS_C_1-Aggregate-Aggregate-Materialize-changelog"},
      {"repartition 1", "repartition 7",
       "partitions of internal topic '_confluent-ksql-default_query_CTAS_C_1-Aggregate-GroupBy-repartition' were 7 and "
       "are 1"},
      {"tasks 1\n", "", "sub-topologies were 1 and are 2"},
  };
  for (size_t i = 0; i < sizeof EDITS / sizeof *EDITS; i++) {
    world w;
    old_world(&w, 1, COUNTS);
    edit_row(&w, EDITS[i][0], EDITS[i][1], 1, false);
    stopped(&w, EDITS[i][2]);
    fails(&w,
          "CREATE OR REPLACE TABLE C WITH (KAFKA_TOPIC='c', VALUE_FORMAT='DELIMITED', KEY_FORMAT='DELIMITED') AS "
          "SELECT V, COUNT(*) AS N, SUM(W) AS W FROM S WHERE V > 0 GROUP BY V;",
          "Cannot replace query CTAS_C_1: The query's plan no longer fits what it has stored: ");
    world_done(&w);
  }
}

/* Where rows were grouped where they are, that would be the wrong place; where they moved, their keys would go
 * elsewhere. */
static void test_contract__names_the_topic_that_has_grown(void **state) {
  (void)state;
  world w;
  old_world(&w, 1, COUNTS);
  grow(&w, "s", 3);
  stopped(
      &w,
      "stored: partitions of topic 's' were 1 and are 3. Terminate and create it again, which builds its state anew.");
  world_done(&w);
  old_world(&w, 0, COUNTS);
  grow(&w, "s", 3);
  stopped(
      &w,
      "stored: partitions of topic 's' were 1 and are 3. Terminate and create it again, which builds its state anew.");
  run(&w, "DROP TABLE C DELETE TOPIC;");
  run(&w, COUNTS);
  assert_non_null(strstr(text_of(&w, run(&w, "SHOW QUERIES;")), "\"RUNNING\":1"));
  assert_string_equal(topic_text(&w, "c"), "1|1,10\n2|1,20\n");
  world_done(&w);
}

static void test_contract__of_older_catalogs_is_a_hash(void **state) {
  (void)state;
  world w;
  old_world(&w, 1, COUNTS);
  edit_row(&w, "", "", 1, true);
  run(&w, "INSERT INTO S VALUES ('a', 1, 10);");
  assert_string_equal(topic_text(&w, "c"), "1|1,10\n2|1,20\n1|2,20\n");
  grow(&w, "s", 3);
  stopped(&w, "its durable contract has changed. Terminate and create it again");
  world_done(&w);
}

static void test_contract__newer_rules_are_not_guessed_at(void **state) {
  (void)state;
  world w;
  old_world(&w, 0, COUNTS);
  edit_row(&w, "", "", 99, false);
  stopped(&w, "A newer program made the query, with planner rules 99; this one knows those up to");
  assert_string_equal(topic_text(&w, "c"), "1|1,10\n2|1,20\n"); /* and its state is kept */
  assert_true(has_topic(&w, STATE));
  world_done(&w);
}

static void test_contract__internal_topics_keep_their_partitions(void **state) {
  (void)state;
  world w;
  old_world(&w, 0, COUNTS);
  grow(&w, STATE, 2);
  stopped(&w, "-Aggregate-Aggregate-Materialize-changelog' has 2 partitions; the query made it with 1");
  world_done(&w);
}

static void test_topic__made_again_under_its_name_is_another(void **state) {
  (void)state;
  world w;
  sl_err err = {0};
  old_world(&w, 0, COUNTS);
  sl_topic *topic = sl_log_topic_find(sl_engine_log(w.engine), sl_str_of("s")), *made;
  run(&w, "PAUSE CTAS_C_1;");
  assert_int_equal(sl_log_topic_delete(sl_engine_log(w.engine), topic, &err), 0);
  sl_topic_unref(topic);
  sl_topic_spec spec = {.name = sl_str_of("s"), .partitions = 1};
  assert_int_equal(sl_log_topic_create(sl_engine_log(w.engine), &spec, &made, &err), 0);
  sl_topic_unref(made);
  world_reopen(&w);
  world_quiet(&w);
  const char *text = text_of(&w, run(&w, "EXPLAIN CTAS_C_1;"));
  assert_non_null(strstr(text, "Topic 's' has been deleted, and another one made with its name"));
  world_done(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rules__a_query_keeps_those_it_was_made_with_over_restarts),
      cmocka_unit_test(test_rules__a_query_that_is_replaced_keeps_them_too),
      cmocka_unit_test(test_contract__says_what_has_changed),
      cmocka_unit_test(test_contract__names_the_topic_that_has_grown),
      cmocka_unit_test(test_contract__of_older_catalogs_is_a_hash),
      cmocka_unit_test(test_contract__newer_rules_are_not_guessed_at),
      cmocka_unit_test(test_contract__internal_topics_keep_their_partitions),
      cmocka_unit_test(test_topic__made_again_under_its_name_is_another),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
