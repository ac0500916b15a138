/* Queries that fail, statements that cannot be done, and the settings that decide about them. */
#include <stdio.h>

#include "engine_testing.h"

static const char SETUP[] =
    "CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='t', value_format='json', partitions=1);"
    "CREATE STREAM raw (k STRING KEY, v STRING) WITH (kafka_topic='t', value_format='kafka');";

static sl_json *explain(world *w, const char *id) {
  char text[128];
  snprintf(text, sizeof text, "EXPLAIN %s;", id);
  return sl_json_get(run(w, text), "queryDescription");
}

static const char *member_of(world *w, const sl_json *o, const char *name) {
  return sl_str_z(&w->arena, sl_json_str(sl_json_get(o, name), ""));
}

static size_t errors_of(world *w, const char *id, const sl_json **last) {
  const sl_json *list = sl_json_get(explain(w, id), "queryErrors");
  *last = list->count ? list->items[list->count - 1] : NULL;
  return list->count;
}

static size_t offset_end(world *w, const char *topic) {
  sl_topic *t = sl_log_topic_find(sl_engine_log(w->engine), sl_str_of(topic));
  assert_non_null(t);
  int64_t end = sl_partition_visible(sl_topic_partition(t, 0));
  sl_topic_unref(t);
  return (size_t)end;
}

static void session_set(world *w, const char *name, const char *value) {
  sl_err err = {0};
  sl_str text = sl_str_of(value);
  assert_int_equal(sl_session_set(w->session, sl_str_of(name), &text, &err), 0);
}

static void test_engine__a_failing_query_tells_why_and_tries_again(void **state) {
  (void)state;
  world w;
  world_init(&w);
  world_close(&w);
  world_set(&w, "ksql.query.error.max.queue.size", "3");
  world_open(&w);
  run(&w, SETUP);
  session_set(&w, "ksql.fail.on.deserialization.error", "true");
  session_set(&w, "ksql.query.retry.backoff.initial.ms", "1000");
  session_set(&w, "ksql.query.retry.backoff.max.ms", "4000");
  run(&w, "CREATE STREAM strict AS SELECT * FROM s;");
  session_set(&w, "ksql.fail.on.deserialization.error", "false");
  run(&w, "CREATE STREAM mild AS SELECT * FROM s;");
  run(&w, "INSERT INTO raw VALUES ('a', 'no json'); INSERT INTO s VALUES ('b', 2);");
  const sl_json *error;
  assert_int_equal(errors_of(&w, "CSAS_STRICT_2", &error), 1);
  assert_string_equal(member_of(&w, explain(&w, "CSAS_STRICT_2"), "state"), "ERROR");
  assert_non_null(strstr(member_of(&w, error, "errorMessage"), "value of the record at offset 0 of 't', partition 0"));
  assert_string_equal(member_of(&w, error, "type"), "USER");
  int64_t at;
  assert_true(sl_json_int(sl_json_get(error, "timestamp"), &at));
  assert_int_equal(at, 1700000000000);
  assert_int_equal(offset_end(&w, "STRICT"), 0);
  assert_int_equal(offset_end(&w, "MILD"), 1); /* nobody else notices */
  assert_int_equal(errors_of(&w, "CSAS_MILD_3", &error), 0);
  assert_string_equal(
      text_of(&w, sl_json_get(explain(&w, "CSAS_MILD_3"), "tasksMetadata")),
      "[{\"taskId\":\"0_0\",\"topicOffsets\":[{\"topicPartitionEntity\":{\"topic\":\"t\",\"partition\":0},"
      "\"endOffset\":2,\"committedOffset\":2}],\"timeCurrentIdlingStarted\":null}]");
  /* the waits are 1, 2, 4, 4 ... seconds; the newest three failures are kept */
  static const int64_t retries[] = {1000, 3000, 7000, 11000};
  for (size_t i = 0; i < 4; i++) {
    int64_t wait = retries[i] - (i ? retries[i - 1] : 0);
    sl_clock_manual_advance(&w.clock, wait - 1);
    world_quiet(&w);
    errors_of(&w, "CSAS_STRICT_2", &error);
    assert_true(sl_json_int(sl_json_get(error, "timestamp"), &at));
    assert_int_equal(at, 1700000000000 + (i ? retries[i - 1] : 0));
    sl_clock_manual_advance(&w.clock, 1);
    world_quiet(&w);
    size_t count = errors_of(&w, "CSAS_STRICT_2", &error);
    assert_int_equal(count, i + 2 < 3 ? i + 2 : 3);
    assert_true(sl_json_int(sl_json_get(error, "timestamp"), &at));
    assert_int_equal(at, 1700000000000 + retries[i]);
  }
  run(&w, "TERMINATE CSAS_STRICT_2;");
  world_done(&w);
}

/* What is set when a query is made stays with it, whatever the server's configuration becomes. */
static void test_engine__a_query_keeps_the_settings_it_was_made_with(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SETUP);
  world_close(&w);
  world_set(&w, "ksql.fail.on.deserialization.error", "true");
  world_open(&w);
  run(&w, "CREATE STREAM strict AS SELECT * FROM s;");
  world_close(&w);
  world_set(&w, "ksql.fail.on.deserialization.error", "false");
  world_open(&w);
  run(&w, "CREATE STREAM mild AS SELECT * FROM s;");
  run(&w, "INSERT INTO raw VALUES ('a', 'no json'); INSERT INTO s VALUES ('b', 2);");
  assert_string_equal(member_of(&w, explain(&w, "CSAS_STRICT_2"), "state"), "ERROR");
  assert_string_equal(member_of(&w, explain(&w, "CSAS_MILD_3"), "state"), "RUNNING");
  const sl_json *overridden = sl_json_get(explain(&w, "CSAS_MILD_3"), "overriddenProperties");
  assert_int_equal(overridden->count, 0); /* the server's own settings are none */
  world_done(&w);
}

/* Names of everything there is: sources, queries, topics. */
static const char *inventory(world *w) {
  sl_buf out = {0};
  sl_snapshot *snapshot = sl_engine_snapshot(w->engine);
  const sl_source *source;
  const sl_query_entry *query;
  for (size_t i = 0; (source = sl_snapshot_source_at(snapshot, i)); i++)
    sl_buf_printf(&out, "source " SL_STR_FMT "\n", SL_STR_ARG(source->name));
  for (size_t i = 0; (query = sl_snapshot_query_at(snapshot, i)); i++)
    sl_buf_printf(&out, "query " SL_STR_FMT "\n", SL_STR_ARG(query->id));
  sl_snapshot_unref(snapshot);
  sl_topic **topics;
  size_t count;
  sl_log_topics(sl_engine_log(w->engine), &w->arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    sl_buf_printf(&out, "topic " SL_STR_FMT "\n", SL_STR_ARG(sl_topic_name(topics[i])));
    sl_topic_unref(topics[i]);
  }
  const char *text = sl_str_z(&w->arena, sl_buf_str(&out));
  sl_buf_done(&out);
  return text;
}

static void test_engine__a_statement_that_fails_leaves_nothing_behind(void **state) {
  (void)state;
  static const char *const BAD[] = {
      "CREATE STREAM x (a INT) WITH (kafka_topic='x', value_format='nope', partitions=1);",
      "CREATE STREAM s (a INT) WITH (kafka_topic='x', value_format='json', partitions=1);",
      "CREATE STREAM x AS SELECT nope FROM s;",
      "CREATE STREAM s AS SELECT * FROM raw;",
      "CREATE STREAM x WITH (kafka_topic='t', partitions=7) AS SELECT * FROM s;",
      "CREATE TABLE x AS SELECT v, COUNT(*) AS n FROM s GROUP BY k;",
      "CREATE TABLE x AS SELECT v, COUNT(*) AS n FROM s GROUP BY v EMIT FINAL;",
      "INSERT INTO raw SELECT * FROM s;",
      /* the last of a request fails: the others have not run */
      "CREATE STREAM x (a INT) WITH (kafka_topic='x', value_format='json', partitions=1);"
      "CREATE TABLE y AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;"
      "INSERT INTO y SELECT * FROM s;",
  };
  world w;
  world_init(&w);
  run(&w, SETUP);
  const char *before = inventory(&w);
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    sl_answers answers;
    sl_err err = {0};
    if (!sl_engine_execute(w.engine, w.session, sl_str_of(BAD[i]), &w.arena, &answers, &err))
      fail_msg("not refused: %s", BAD[i]);
    sl_err_done(&err);
    if (strcmp(before, inventory(&w)) != 0) fail_msg("%s\nleaves\n%s", BAD[i], inventory(&w));
  }
  world_reopen(&w);
  assert_string_equal(inventory(&w), before);
  world_done(&w);
}

static void refuse(world *w, const char *sql, const char *message) {
  sl_answers answers;
  sl_err err = {0};
  assert_int_not_equal(sl_engine_execute(w->engine, w->session, sl_str_of(sql), &w->arena, &answers, &err), 0);
  assert_string_equal(err.message, message);
  sl_err_done(&err);
}

static void test_engine__patterns_hide_topics_and_keep_them_from_being_written(void **state) {
  (void)state;
  world w;
  world_init(&w);
  world_close(&w);
  world_set(&w, "ksql.hidden.topics", "secret.*,other");
  world_set(&w, "ksql.readonly.topics", "fixed[0-9]");
  world_open(&w);
  static const char *const topics[] = {"secret1", "other", "others", "fixed1", "fixed12"};
  for (size_t i = 0; i < 5; i++) {
    char sql[200];
    snprintf(sql, sizeof sql,
             "CREATE STREAM %s (k INT KEY, v INT) WITH (kafka_topic='%s', value_format='json', "
             "partitions=1);",
             topics[i], topics[i]);
    run(&w, sql);
  }
  const sl_json *list = sl_json_get(run(&w, "SHOW TOPICS;"), "topics");
  assert_int_equal(list->count, 3);
  for (size_t i = 0; i < list->count; i++) assert_string_not_equal(member_of(&w, list->items[i], "name"), "other");
  assert_int_equal(sl_json_get(run(&w, "SHOW ALL TOPICS;"), "topics")->count, 5);
  run(&w, "INSERT INTO fixed12 VALUES (1, 2);");
  refuse(&w, "INSERT INTO fixed1 VALUES (1, 2);", "Cannot insert values into read-only topic: fixed1");
  refuse(&w, "INSERT INTO fixed1 SELECT * FROM other;", "Cannot insert into read-only topic: fixed1");
  world_done(&w);
}

static void test_engine__messages_of_inserts_and_drops(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SETUP);
  refuse(&w, "INSERT INTO s (k, v) VALUES ('a', 1 / 0);", "Failed to insert values into 'S'. Division by zero");
  refuse(&w, "INSERT INTO s (k) VALUES ();",
         "Failed to prepare statement: Expected some values for INSERT INTO statement.");
  refuse(&w, "DROP STREAM nope DELETE TOPIC;",
         "Could not find source to delete topic for: DROP STREAM nope DELETE TOPIC;");
  world_done(&w);
}

static void test_engine__timestamps_that_cannot_be_read_drop_the_record_or_stop_the_query(void **state) {
  (void)state;
  for (int fail = 0; fail < 2; fail++) {
    world w;
    world_init(&w);
    world_close(&w);
    world_set(&w, "ksql.logging.processing.topic.auto.create", "true");
    world_set(&w, "ksql.logging.processing.rows.include", "true");
    world_open(&w);
    run(&w, "CREATE STREAM s (k STRING KEY, ts STRING) WITH (kafka_topic='t', value_format='json', partitions=1, "
            "timestamp='ts', timestamp_format='yyyy-MM-dd');");
    session_set(&w, "ksql.timestamp.throw.on.invalid", fail ? "true" : "false");
    run(&w, "CREATE STREAM o AS SELECT * FROM s;");
    run(&w, "INSERT INTO s VALUES ('a', 'soon'); INSERT INTO s VALUES ('b', '2020-01-01');");
    assert_int_equal(offset_end(&w, "O"), !fail);
    assert_string_equal(member_of(&w, explain(&w, "CSAS_O_1"), "state"), fail ? "ERROR" : "RUNNING");
    assert_int_equal(offset_end(&w, "default_ksql_processing_log"), 1 + fail);
    const sl_json *error;
    if (fail && errors_of(&w, "CSAS_O_1", &error))
      assert_non_null(strstr(member_of(&w, error, "errorMessage"),
                             "Fatal user code error in TimestampExtractor callback for record"));
    world_done(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_engine__a_failing_query_tells_why_and_tries_again),
      cmocka_unit_test(test_engine__a_query_keeps_the_settings_it_was_made_with),
      cmocka_unit_test(test_engine__a_statement_that_fails_leaves_nothing_behind),
      cmocka_unit_test(test_engine__patterns_hide_topics_and_keep_them_from_being_written),
      cmocka_unit_test(test_engine__messages_of_inserts_and_drops),
      cmocka_unit_test(test_engine__timestamps_that_cannot_be_read_drop_the_record_or_stop_the_query),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
