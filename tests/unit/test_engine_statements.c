/* What statements do to the catalog, the topics and the queries, and what is left when they fail. */
#include "engine_testing.h"

static const char LINES[] =
    "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');";

static void test_execute__leaves_nothing_done_when_a_later_statement_fails(void **state) {
  (void)state;
  world w;
  world_init(&w);
  fails(&w,
        "CREATE STREAM A (V INT) WITH (KAFKA_TOPIC='a', PARTITIONS=1, VALUE_FORMAT='JSON');"
        "CREATE STREAM B AS SELECT * FROM A; SET 'auto.offset.reset'='latest'; SELECT 1 FROM A EMIT CHANGES;",
        "should be issued to the websocket endpoint");
  fails(
      &w,
      "CREATE STREAM A (V INT) WITH (KAFKA_TOPIC='a', PARTITIONS=1, VALUE_FORMAT='JSON'); CREATE STREAM C AS SELECT NO "
      "FROM A;",
      "cannot be resolved");
  assert_int_equal(topic_count(&w), 0);
  sl_snapshot *snapshot = sl_engine_snapshot(w.engine);
  assert_null(sl_snapshot_source_at(snapshot, 0));
  assert_null(sl_snapshot_query_at(snapshot, 0));
  sl_snapshot_unref(snapshot);
  assert_int_equal(sl_str_eq_z(sl_settings_str(sl_session_settings(w.session), "auto.offset.reset"), "earliest"), 1);
  world_done(&w);
}

static void test_execute__a_statement_sees_those_before_it_in_the_request(void **state) {
  (void)state;
  world w;
  world_init(&w);
  sl_json *answer =
      run(&w, "CREATE STREAM A (K STRING KEY, V INT) WITH (KAFKA_TOPIC='a', PARTITIONS=2, VALUE_FORMAT='JSON');"
              "CREATE STREAM B AS SELECT K, V + 1 AS W FROM A WHERE V > 1;"
              "DEFINE who = 'B'; DESCRIBE ${who};");
  assert_non_null(strstr(text_of(&w, answer), "\"name\":\"B\""));
  assert_non_null(strstr(text_of(&w, answer), "\"partitions\":2"));
  run(&w, "INSERT INTO A VALUES ('x', 1); INSERT INTO A VALUES ('y', 2);");
  assert_string_equal(topic_text(&w, "B"), "y|{\"W\":3}\n");
  world_done(&w);
}

static void test_create__refuses_a_name_in_use_and_warns_with_if_not_exists(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  fails(&w, LINES, "Cannot add stream 'S': A stream with the same name already exists");
  fails(&w, "CREATE TABLE S (K STRING PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
        "Cannot add table 'S': A stream with the same name already exists");
  sl_json *answer = run(&w, "CREATE STREAM IF NOT EXISTS S (V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
  assert_non_null(strstr(text_of(&w, answer), "\"@type\":\"warning_entity\""));
  world_done(&w);
}

static void test_create_as__takes_its_topics_back_when_it_cannot_start(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  size_t before = topic_count(&w);
  fails(&w, "CREATE TABLE T AS SELECT V, COUNT(*) AS N FROM S GROUP BY NO_SUCH;", "cannot be resolved");
  fails(&w, "CREATE STREAM T AS SELECT V, COUNT(*) AS N FROM S GROUP BY V;", "Please use CREATE TABLE AS SELECT");
  fails(&w, "CREATE STREAM T WITH (VALUE_FORMAT='AVRO') AS SELECT * FROM S;", "AVRO");
  assert_int_equal(topic_count(&w), before);
  world_done(&w);
}

static void test_drop__keeps_what_others_read_and_ends_the_query_that_fills_it(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE TABLE T AS SELECT V, COUNT(*) AS N FROM S GROUP BY V;");
  run(&w, "CREATE STREAM S2 AS SELECT * FROM S;");
  fails(&w, "DROP STREAM S;", "The following streams and/or tables read from this source: [S2, T]");
  fails(&w, "DROP TABLE S;", "Incompatible data source type is stream, but statement was DROP table");
  fails(&w, "DROP STREAM NOPE;", "Stream NOPE does not exist.");
  run(&w, "DROP STREAM IF EXISTS NOPE;");
  run(&w, "DROP TABLE T DELETE TOPIC; DROP STREAM S2;");
  sl_snapshot *snapshot = sl_engine_snapshot(w.engine);
  assert_null(sl_snapshot_query_at(snapshot, 0));
  sl_snapshot_unref(snapshot);
  run(&w, "DROP STREAM S;");
  assert_int_equal(topic_count(&w), 2); /* s and S2: DROP keeps topics unless told; internal ones and T are gone */
  world_done(&w);
}

static void test_drop__is_refused_while_insert_queries_use_the_source(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE STREAM D (K STRING KEY, V INT) WITH (KAFKA_TOPIC='d', PARTITIONS=1, VALUE_FORMAT='JSON');");
  run(&w, "INSERT INTO D WITH (QUERY_ID='copy') SELECT * FROM S;");
  fails(&w, "DROP STREAM D;", "The following queries write into this source: [COPY].");
  fails(&w, "INSERT INTO D WITH (QUERY_ID='copy') SELECT * FROM S;", "Query ID 'COPY' already exists.");
  run(&w, "TERMINATE copy; DROP STREAM D;");
  world_done(&w);
}

static void test_query__survives_reopening_with_exact_results(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE TABLE T WITH (KAFKA_TOPIC='t', VALUE_FORMAT='DELIMITED', KEY_FORMAT='DELIMITED') AS SELECT V, "
          "COUNT(*) AS N, "
          "SUM(V) AS TOTAL FROM S GROUP BY V;");
  for (int i = 0; i < 4; i++) {
    run(&w, "INSERT INTO S VALUES ('a', 1); INSERT INTO S VALUES ('b', 2); INSERT INTO S VALUES ('c', NULL);");
    world_reopen(&w);
    world_quiet(&w);
  }
  assert_string_equal(topic_text(&w, "t"), "1|1,1\n2|1,2\n1|2,2\n2|2,4\n1|3,3\n2|3,6\n1|4,4\n2|4,8\n");
  world_done(&w);
}

static void test_query__paused_stays_paused_after_reopening_and_goes_on_where_it_was(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE STREAM O AS SELECT * FROM S;");
  run(&w, "INSERT INTO S VALUES ('a', 1);");
  run(&w, "PAUSE ALL;");
  run(&w, "INSERT INTO S VALUES ('b', 2);");
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1}\n");
  world_reopen(&w);
  world_quiet(&w);
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1}\n");
  assert_non_null(strstr(text_of(&w, run(&w, "SHOW QUERIES;")), "\"PAUSED\":1"));
  run(&w, "RESUME ALL;");
  world_quiet(&w);
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1}\nb|{\"V\":2}\n");
  world_done(&w);
}

static void test_terminate__keeps_the_sink_and_forgets_the_state(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE TABLE T WITH (KAFKA_TOPIC='t', KEY_FORMAT='DELIMITED', VALUE_FORMAT='DELIMITED') AS SELECT V, "
          "COUNT(*) AS N "
          "FROM S GROUP BY V;");
  run(&w, "INSERT INTO S VALUES ('a', 1);");
  size_t topics = topic_count(&w);
  fails(&w, "TERMINATE NOPE;", "Unknown queryId: NOPE");
  run(&w, "TERMINATE ALL;");
  assert_int_equal(topic_count(&w), topics - 1); /* the changelog */
  run(&w, "INSERT INTO S VALUES ('a', 1);");
  assert_string_equal(topic_text(&w, "t"), "1|1\n");
  fails(&w, "DROP STREAM S;", "[T]"); /* tracked on names: ending the query does not lift it */
  run(&w, "DROP TABLE T; DROP STREAM S;");
  world_done(&w);
}

static void test_types__expand_where_they_are_used(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, "CREATE TYPE point AS STRUCT<x INT, y INT>;");
  fails(&w, "CREATE TYPE point AS INT;", "Cannot register custom type 'POINT' since it is already registered");
  run(&w, "CREATE STREAM P (P point) WITH (KAFKA_TOPIC='p', PARTITIONS=1, VALUE_FORMAT='JSON');");
  run(&w, "CREATE STREAM Q AS SELECT P->X AS X FROM P;");
  run(&w, "DROP TYPE point;");
  fails(&w, "DROP TYPE point;", "Type POINT does not exist.");
  world_reopen(&w);
  run(&w, "INSERT INTO P VALUES (STRUCT(X := 3, Y := 4));");
  assert_string_equal(topic_text(&w, "Q"), "null|{\"X\":3}\n");
  world_done(&w);
}

static void test_settings__of_a_session_go_with_its_queries_only(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "INSERT INTO S VALUES ('old', 1);");
  run(&w, "SET 'auto.offset.reset'='latest'; CREATE STREAM LATE AS SELECT * FROM S; UNSET 'auto.offset.reset'; CREATE "
          "STREAM "
          "EARLY AS SELECT * FROM S;");
  run(&w, "INSERT INTO S VALUES ('new', 2);");
  assert_string_equal(topic_text(&w, "LATE"), "new|{\"V\":2}\n");
  assert_string_equal(topic_text(&w, "EARLY"), "old|{\"V\":1}\nnew|{\"V\":2}\n");
  fails(&w, "SET 'no.such.property'='1';", "no.such.property");
  fails(&w, "SET 'ksql.headers.columns.enabled'='false';",
        "Cannot override properties: [ksql.headers.columns.enabled]");
  world_done(&w);
}

static void test_statements__that_are_not_run_yet_are_refused_by_name(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  fails(&w, "CREATE SOURCE CONNECTOR c WITH ('connector.class'='x');", "CREATE CONNECTOR is not supported");
  fails(&w, "ASSERT SCHEMA SUBJECT x;", "ASSERT SCHEMA is not supported");
  world_done(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_execute__leaves_nothing_done_when_a_later_statement_fails),
      cmocka_unit_test(test_execute__a_statement_sees_those_before_it_in_the_request),
      cmocka_unit_test(test_create__refuses_a_name_in_use_and_warns_with_if_not_exists),
      cmocka_unit_test(test_create_as__takes_its_topics_back_when_it_cannot_start),
      cmocka_unit_test(test_drop__keeps_what_others_read_and_ends_the_query_that_fills_it),
      cmocka_unit_test(test_drop__is_refused_while_insert_queries_use_the_source),
      cmocka_unit_test(test_query__survives_reopening_with_exact_results),
      cmocka_unit_test(test_query__paused_stays_paused_after_reopening_and_goes_on_where_it_was),
      cmocka_unit_test(test_terminate__keeps_the_sink_and_forgets_the_state),
      cmocka_unit_test(test_types__expand_where_they_are_used),
      cmocka_unit_test(test_settings__of_a_session_go_with_its_queries_only),
      cmocka_unit_test(test_statements__that_are_not_run_yet_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
