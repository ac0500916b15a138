/* CREATE OR REPLACE and ALTER: what goes on, what is refused, and what a restart or a failure in between leaves. */
#include "base/fs_fault.h"
#include "engine_testing.h"

static const char LINES[] =
    "CREATE STREAM S (K STRING KEY, V INT, W INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');";
static const char ROWS[] =
    "CREATE TABLE T (K STRING PRIMARY KEY, V INT, W INT) WITH (KAFKA_TOPIC='t', PARTITIONS=1, VALUE_FORMAT='JSON');";

/* Without running anything afterwards. */
static int execute(world *w, const char *sql) {
  sl_answers answers;
  sl_err err = {0};
  int code = sl_engine_execute(w->engine, w->session, sl_str_of(sql), &w->arena, &answers, &err);
  sl_err_done(&err);
  return code;
}

static void step(world *w, int times) {
  int64_t due;
  for (int i = 0; i < times; i++) sl_worker_step(sl_executor_worker(sl_engine_executor(w->engine), 0), &due);
}

static size_t query_count(world *w) {
  sl_snapshot *snapshot = sl_engine_snapshot(w->engine);
  size_t count = 0;
  while (sl_snapshot_query_at(snapshot, count)) count++;
  sl_snapshot_unref(snapshot);
  return count;
}

static uint64_t number_of(world *w, const char *id) {
  sl_snapshot *snapshot = sl_engine_snapshot(w->engine);
  const sl_query_entry *entry = sl_snapshot_query(snapshot, sl_str_of(id));
  assert_non_null(entry);
  uint64_t number = entry->number;
  sl_snapshot_unref(snapshot);
  return number;
}

static void test_replace__goes_on_where_the_old_query_was_over_restarts(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE STREAM O AS SELECT K, V FROM S WHERE V > 0;");
  uint64_t number = number_of(&w, "CSAS_O_1");
  run(&w, "INSERT INTO S VALUES ('a', 1, 10); INSERT INTO S VALUES ('b', -1, 20);");
  sl_json *answer = run(&w, "CREATE OR REPLACE STREAM O AS SELECT K, V, W FROM S WHERE V < 0;");
  assert_non_null(strstr(text_of(&w, answer), "Created query with ID CSAS_O_1"));
  assert_non_null(strstr(text_of(&w, answer), "stream/`O`/create"));
  assert_int_equal(number_of(&w, "CSAS_O_1"), number);
  assert_int_equal(query_count(&w), 1);
  run(&w, "INSERT INTO S VALUES ('c', 2, 30); INSERT INTO S VALUES ('d', -2, 40);");
  world_reopen(&w);
  run(&w, "INSERT INTO S VALUES ('e', -3, 50);");
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1}\nd|{\"V\":-2,\"W\":40}\ne|{\"V\":-3,\"W\":50}\n");
  run(&w, "DROP STREAM O; DROP STREAM S;");
  world_done(&w);
}

static void test_replace__keeps_the_state_of_an_aggregation(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE TABLE C WITH (KAFKA_TOPIC='c') AS SELECT V, COUNT(W) AS N FROM S WHERE W > 0 GROUP BY V;");
  size_t topics = topic_count(&w);
  run(&w, "INSERT INTO S VALUES ('a', 1, 1); INSERT INTO S VALUES ('a', 1, 2);");
  run(&w, "CREATE OR REPLACE TABLE C WITH (KAFKA_TOPIC='c') AS SELECT V, COUNT(W) AS N, V * 2 AS D FROM S WHERE W > 5 "
          "GROUP BY V HAVING COUNT(W) > 1;");
  assert_int_equal(topic_count(&w), topics);
  run(&w, "INSERT INTO S VALUES ('a', 1, 3); INSERT INTO S VALUES ('a', 1, 6);");
  world_reopen(&w);
  run(&w, "INSERT INTO S VALUES ('a', 1, 7);");
  const char *text = topic_text(&w, "c");
  assert_non_null(strstr(text, "{\"N\":2}\n"));
  assert_non_null(strstr(text, "{\"N\":3,\"D\":2}\n"));
  assert_non_null(strstr(text, "{\"N\":4,\"D\":2}\n"));
  world_done(&w);
}

static void test_replace__loses_no_rows_that_are_staged(void **state) {
  (void)state;
  for (int steps = 0; steps < 12; steps++) {
    world w;
    world_init(&w);
    run(&w, LINES);
    run(&w, "SET 'commit.interval.ms'='1000000'; CREATE TABLE C WITH (KAFKA_TOPIC='c', VALUE_FORMAT='DELIMITED') AS "
            "SELECT V, COUNT(W) AS N FROM S WHERE W > 0 GROUP BY V;");
    for (int i = 0; i < 5; i++) assert_int_equal(execute(&w, "INSERT INTO S VALUES ('a', 1, 1);"), 0);
    step(&w, steps);
    assert_int_equal(execute(&w, "CREATE OR REPLACE TABLE C WITH (KAFKA_TOPIC='c', VALUE_FORMAT='DELIMITED') AS SELECT "
                                 "V, COUNT(W) AS N FROM S WHERE W >= 1 GROUP BY V;"),
                     0);
    run(&w, "INSERT INTO S VALUES ('a', 1, 1);");
    const char *text = topic_text(&w, "c");
    const char *last = strstr(text, "|6\n");
    assert_non_null(last);
    assert_int_equal(strlen(last), 3);
    size_t lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++) lines++;
    assert_int_equal(lines, 6);
    world_done(&w);
  }
}

static void test_replace__refused_leaves_everything_as_it_was(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, ROWS);
  run(&w, "CREATE STREAM O AS SELECT K, V FROM S;");
  run(&w, "CREATE TABLE C AS SELECT V, COUNT(W) AS N FROM S GROUP BY V;");
  run(&w, "CREATE TABLE B AS SELECT K, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY K;");
  run(&w, "CREATE STREAM X AS SELECT K, EXPLODE(ARRAY[V, W]) AS E FROM S;");
  size_t topics = topic_count(&w);
  static const char *const refused[][2] = {
      {"CREATE OR REPLACE STREAM O AS SELECT K, V, W FROM S PARTITION BY W;", "Key columns must be identical"},
      {"CREATE OR REPLACE STREAM O AS SELECT K, W FROM S;", "[`V` INTEGER]"},
      {"CREATE OR REPLACE STREAM O WITH (KAFKA_TOPIC='p') AS SELECT K, V FROM S;", "has topic = O which is not"},
      {"CREATE OR REPLACE STREAM O AS SELECT K, V FROM O;", "should not be referenced itself"},
      {"CREATE OR REPLACE STREAM O AS SELECT NOPE FROM S;", "cannot be resolved"},
      {"CREATE OR REPLACE STREAM O AS SELECT K, E AS V FROM X;",
       "Plan step of type StreamSource must have matching topicName. Values differ: s vs. X"},
      {"CREATE OR REPLACE STREAM O AS SELECT K, EXPLODE(ARRAY[V]) AS V FROM S;",
       "Query is not upgradeable. Cannot add a StreamFlatMap step that is not in the original query plan."},
      {"CREATE OR REPLACE TABLE C AS SELECT V, COUNT(W) AS N, SUM(W) AS M FROM S GROUP BY V;",
       "StreamAggregate must have matching aggregate functions. Values differ: [COUNT(W)] vs. [COUNT(W), SUM(W)]"},
      {"CREATE OR REPLACE TABLE C AS SELECT V, COUNT(W) AS N FROM S WHERE K = 'a' GROUP BY V;",
       "matching columns not part of aggregate. Values differ: [`V`, `W`] vs. [`V`, `W`, `K`]"},
      {"CREATE OR REPLACE TABLE B AS SELECT K, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 1 HOUR) WHERE V > 0 GROUP BY "
       "K;",
       "Upgrades not yet supported for StreamWindowedAggregate"},
      {"CREATE OR REPLACE STREAM X AS SELECT K, EXPLODE(ARRAY[V, W]) AS E FROM S WHERE V > 0;",
       "Upgrades not yet supported for StreamFlatMap"},
      {"CREATE OR REPLACE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
       "[`W` INTEGER]"},
  };
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) fails(&w, refused[i][0], refused[i][1]);
  assert_int_equal(topic_count(&w), topics);
  run(&w, "INSERT INTO S VALUES ('a', 1, 10);");
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1}\n");
  world_reopen(&w);
  run(&w, "INSERT INTO S VALUES ('b', 2, 10);");
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1}\nb|{\"V\":2}\n");
  world_done(&w);
}

static void test_replace__knows_its_query_by_the_sink(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE STREAM O AS SELECT K, V FROM S;");
  run(&w, "INSERT INTO O SELECT K, W AS V FROM S;");
  fails(&w, "CREATE OR REPLACE STREAM O AS SELECT K, V FROM S WHERE V > 0;",
        "REPLACE for sink `O` is not supported because there are multiple queries writing into it: [CSAS_O_1, "
        "INSERTQUERY_2]");
  run(&w, "TERMINATE INSERTQUERY_2;");
  fails(&w, "SET 'ksql.create.or.replace.enabled'='false'; CREATE OR REPLACE STREAM O AS SELECT K, V FROM S;",
        "Cannot add stream 'O': A stream with the same name already exists");
  sl_json *answer = run(&w, "CREATE OR REPLACE STREAM IF NOT EXISTS O AS SELECT K FROM S;");
  assert_non_null(strstr(text_of(&w, answer), "warning_entity"));
  run(&w, "TERMINATE CSAS_O_1;");
  run(&w, "CREATE OR REPLACE STREAM O AS SELECT K, V FROM S WHERE V > 1;");
  assert_int_equal(query_count(&w), 1);
  run(&w, "INSERT INTO S VALUES ('a', 1, 1); INSERT INTO S VALUES ('b', 2, 2);");
  assert_string_equal(topic_text(&w, "O"), "b|{\"V\":2}\n");
  world_done(&w);
}

static void test_replace__in_one_request_sees_what_came_before(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  fails(&w,
        "CREATE STREAM O AS SELECT K, V FROM S; CREATE OR REPLACE STREAM O AS SELECT K, V, W FROM S; SELECT 1 FROM S "
        "EMIT CHANGES;",
        "should be issued to the websocket endpoint");
  assert_int_equal(query_count(&w), 0);
  run(&w, "CREATE STREAM O AS SELECT K, V FROM S; CREATE OR REPLACE STREAM O AS SELECT K, V, W FROM S; ");
  run(&w, "INSERT INTO S VALUES ('a', 1, 10);");
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1,\"W\":10}\n");
  world_done(&w);
}

static void test_replace__leaves_a_paused_query_paused(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE STREAM O AS SELECT K, V FROM S;");
  run(&w, "PAUSE ALL;");
  run(&w, "CREATE OR REPLACE STREAM O AS SELECT K, V, W FROM S;");
  run(&w, "INSERT INTO S VALUES ('a', 1, 10);");
  assert_string_equal(topic_text(&w, "O"), "");
  run(&w, "RESUME ALL;");
  world_quiet(&w);
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1,\"W\":10}\n");
  world_done(&w);
}

/* ---- tables ---- */

static void test_replace__a_tables_filter_finds_the_rows_before_it(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, ROWS);
  run(&w, "CREATE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T;");
  size_t topics = topic_count(&w);
  run(&w, "INSERT INTO T VALUES ('a', 1, 1); INSERT INTO T VALUES ('b', 2, 2); INSERT INTO T VALUES ('c', 3, 3);");
  run(&w, "CREATE OR REPLACE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T WHERE V > 1;");
  assert_int_equal(topic_count(&w), topics + 1); /* the copy of the source */
  run(&w, "INSERT INTO T VALUES ('a', 0, 1); INSERT INTO T VALUES ('b', 0, 2);");
  assert_string_equal(topic_text(&w, "O"), "a|1\nb|2\nc|3\nb|null\n");
  world_reopen(&w);
  run(&w, "INSERT INTO T VALUES ('a', 0, 1); INSERT INTO T VALUES ('b', 2, 2);");
  assert_string_equal(topic_text(&w, "O"), "a|1\nb|2\nc|3\nb|null\nb|2\n");
  run(&w, "CREATE OR REPLACE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T WHERE W = 3;");
  world_reopen(&w);
  run(&w, "INSERT INTO T VALUES ('c', 3, 4); INSERT INTO T VALUES ('b', 9, 9);");
  assert_string_equal(topic_text(&w, "O"), "a|1\nb|2\nc|3\nb|null\nb|2\nc|null\n");
  run(&w, "CREATE OR REPLACE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T;");
  assert_int_equal(topic_count(&w), topics);
  world_reopen(&w);
  run(&w, "INSERT INTO T VALUES ('z', 7, 7);");
  assert_string_equal(topic_text(&w, "O"), "a|1\nb|2\nc|3\nb|null\nb|2\nc|null\nz|7\n");
  world_done(&w);
}

/* Whatever moment the program ends at, all that the new filter must know is known after the restart. */
static void test_replace__fills_a_tables_copy_to_the_end_over_restarts(void **state) {
  (void)state;
  for (int steps = 0; steps < 40; steps += 3)
    for (int twice = 0; twice < 2; twice++) {
      world w;
      world_init(&w);
      w.batch = 1;
      world_reopen(&w);
      run(&w, ROWS);
      run(&w, "CREATE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T WHERE V > 0;");
      for (int i = 0; i < 20; i++)
        run(&w, sl_arena_printf(&w.arena, "INSERT INTO T VALUES ('k%d', %d, %d);", i % 7, i, 100 + i));
      const char *before = topic_text(&w, "O");
      assert_int_equal(execute(&w, "CREATE OR REPLACE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T "
                                   "WHERE W > 116;"),
                       0);
      step(&w, steps);
      world_reopen(&w);
      if (twice) {
        step(&w, steps / 2);
        world_reopen(&w);
      }
      world_quiet(&w);
      assert_string_equal(topic_text(&w, "O"), before);
      run(&w,
          "INSERT INTO T VALUES ('k1', 0, 0); INSERT INTO T VALUES ('k3', 0, 0); INSERT INTO T VALUES ('k5', 0, 0);");
      /* the last rows were k3 at 17, k4 at 18 and k5 at 19; k1 was at 15 */
      assert_string_equal(topic_text(&w, "O") + strlen(before), "k3|null\nk5|null\n");
      world_done(&w);
    }
}

static void test_replace__with_the_write_cache_repeats_nothing(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, ROWS);
  run(&w, "SET 'cache.max.bytes.buffering'='1000000';");
  run(&w, "CREATE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T;");
  run(&w, "INSERT INTO T VALUES ('a', 1, 1); INSERT INTO T VALUES ('b', 2, 2);");
  run(&w, "CREATE OR REPLACE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T WHERE V > 1;");
  run(&w, "INSERT INTO T VALUES ('b', 0, 2);");
  assert_string_equal(topic_text(&w, "O"), "a|1\nb|2\nb|null\n");
  world_done(&w);
}

/* ---- failures ---- */

static const char FILTERED[] =
    "CREATE OR REPLACE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T WHERE V > 1;";

/* A world whose files can fail, with a table query that has seen a row. The files below are the caller's to free. */
static sl_fs *fragile_init(world *w) {
  memset(w, 0, sizeof *w);
  sl_fs *inner = sl_fs_memory_new();
  assert_int_equal(sl_fs_mkdir(inner, "/data", NULL), 0);
  w->fs = sl_fs_fault_new(inner, "/data", NULL);
  sl_clock_manual_init(&w->clock, 1700000000000);
  sl_arena_init(&w->arena, 0);
  world_set(w, "auto.offset.reset", "earliest");
  world_set(w, "cache.max.bytes.buffering", "0");
  world_open(w);
  run(w, ROWS);
  run(w, "CREATE TABLE O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, V FROM T;");
  run(w, "INSERT INTO T VALUES ('a', 2, 1);");
  return inner;
}

static bool is_filtered(world *w) {
  sl_snapshot *snapshot = sl_engine_snapshot(w->engine);
  bool found = sl_str_contains(sl_snapshot_query(snapshot, sl_str_of("CTAS_O_1"))->text, sl_str_of("WHERE"));
  sl_snapshot_unref(snapshot);
  return found;
}

/* The n-th write of the catalog fails, for every n: either all is done or the old query goes on. */
static void test_replace__that_cannot_be_recorded_leaves_the_old_query_running(void **state) {
  (void)state;
  int refused = 0, done = 0;
  for (uint64_t n = 1; !done; n++) {
    world w;
    sl_fs *inner = fragile_init(&w);
    size_t topics = topic_count(&w);
    sl_fs_fault_add(w.fs, (sl_fs_fault_rule){.ops = SL_FS_OP_CHANGES, .path_part = "catalog.db", .nth = n});
    uint64_t before = sl_fs_fault_count(w.fs, SL_FS_OP_CHANGES);
    bool failed = execute(&w, FILTERED) != 0;
    assert_true(n < 200 && sl_fs_fault_count(w.fs, SL_FS_OP_CHANGES) > before);
    sl_fs_fault_clear(w.fs);
    world_quiet(&w);
    assert_int_equal(is_filtered(&w), !failed);
    run(&w, "INSERT INTO T VALUES ('b', 1, 1); INSERT INTO T VALUES ('c', 2, 2);");
    assert_string_equal(topic_text(&w, "O"), failed ? "a|2\nb|1\nc|2\n" : "a|2\nc|2\n");
    world_reopen(&w); /* a topic whose taking back failed goes here */
    assert_int_equal(topic_count(&w), failed ? topics : topics + 1);
    run(&w, "INSERT INTO T VALUES ('d', 0, 2);");
    assert_string_equal(topic_text(&w, "O"), failed ? "a|2\nb|1\nc|2\nd|0\n" : "a|2\nc|2\n");
    refused += failed;
    done = !failed && n > 20;
    world_done(&w);
    sl_fs_free(inner);
  }
  assert_true(refused > 3);
}

/* The program dies at the n-th write: after the restart it is the one query or the other, with all it must know. */
static void test_replace__survives_a_kill_at_any_write(void **state) {
  (void)state;
  int was_old = 0, was_new = 0;
  bool stopped = true;
  for (uint64_t n = 1; stopped; n++) {
    world w;
    sl_fs *inner = fragile_init(&w);
    sl_fs_fault_add(w.fs, (sl_fs_fault_rule){.ops = SL_FS_OP_CHANGES, .nth = n, .stop = true});
    execute(&w, "INSERT INTO T VALUES ('b', 3, 1);");
    step(&w, 1);
    execute(&w, FILTERED);
    step(&w, 20);
    stopped = sl_fs_fault_stopped(w.fs);
    sl_session_free(w.session);
    sl_engine_close(w.engine, NULL);
    assert_int_equal(sl_fs_fault_crash(w.fs, SL_FS_CRASH_KILL, n, NULL), 0);
    world_open(&w);
    world_quiet(&w);
    bool filtered = is_filtered(&w);
    *(filtered ? &was_new : &was_old) += 1;
    run(&w, "INSERT INTO T VALUES ('a', 0, 1); INSERT INTO T VALUES ('z', 0, 1);");
    const char *end = filtered ? "a|null\n" : "a|0\nz|0\n";
    const char *with = sl_arena_printf(&w.arena, "a|2\nb|3\n%s", end);
    const char *without = sl_arena_printf(&w.arena, "a|2\n%s", end); /* the row was not written before the kill */
    const char *text = topic_text(&w, "O");
    if (strcmp(text, without) != 0) assert_string_equal(text, with);
    world_done(&w);
    sl_fs_free(inner);
  }
  assert_true(was_old > 20);
  assert_true(was_new > 2);
}

/* ---- sources ---- */

static void test_alter__adds_columns_for_those_who_are_planned_after_it(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, "CREATE STREAM A (K STRING KEY, V INT) WITH (KAFKA_TOPIC='a', PARTITIONS=1, VALUE_FORMAT='JSON');");
  run(&w, "CREATE STREAM O AS SELECT * FROM A;");
  sl_json *answer = run(&w, "ALTER STREAM A ADD COLUMN W INT, ADD X ARRAY<STRING>;");
  assert_non_null(strstr(text_of(&w, answer), "\"Stream A altered.\""));
  assert_non_null(strstr(text_of(&w, answer), "\"stream/A/alter\""));
  run(&w, "INSERT INTO A (K, V, W) VALUES ('a', 1, 10);");
  world_reopen(&w);
  run(&w, "INSERT INTO A (K, V, W) VALUES ('b', 2, 20);");
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1}\nb|{\"V\":2}\n");
  run(&w, "CREATE OR REPLACE STREAM O AS SELECT * FROM A;");
  world_reopen(&w);
  run(&w, "INSERT INTO A (K, V, W, X) VALUES ('c', 3, 30, ARRAY['x']);");
  assert_string_equal(topic_text(&w, "O"), "a|{\"V\":1}\nb|{\"V\":2}\nc|{\"V\":3,\"W\":30,\"X\":[\"x\"]}\n");
  assert_non_null(strstr(text_of(&w, run(&w, "DESCRIBE A;")), "\\nALTER STREAM A ADD COLUMN W INTEGER"));
  run(&w, "CREATE OR REPLACE STREAM A (K STRING KEY, V INT, W INT, X ARRAY<STRING>, Y INT) WITH (KAFKA_TOPIC='a', "
          "VALUE_FORMAT='JSON');");
  run(&w, "INSERT INTO A (K, Y) VALUES ('d', 9);");
  world_done(&w);
}

static void test_alter__is_refused_with_its_reason(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, LINES);
  run(&w, "CREATE SOURCE STREAM R (V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
  run(&w, "CREATE STREAM O AS SELECT * FROM S;");
  run(&w, "CREATE STREAM U (V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=false);");
  run(&w, "CREATE STREAM F (V INT) WITH (KAFKA_TOPIC='s', FORMAT='KAFKA');");
  fails(&w, "ALTER STREAM R ADD COLUMN X INT;",
        "Cannot alter stream 'R': ALTER operations are not supported on source streams.");
  fails(&w, "ALTER STREAM NOPE ADD COLUMN X INT;", "Source NOPE does not exist.");
  fails(&w, "ALTER TABLE S ADD COLUMN X INT;",
        "Incompatible data source type is STREAM, but statement was ALTER TABLE");
  fails(&w, "ALTER STREAM O ADD COLUMN X INT;", "ALTER command is not supported for CREATE ... AS statements.");
  fails(&w, "ALTER STREAM S ADD COLUMN K INT;",
        "Cannot add column `K` to schema. A column with the same name already exists.");
  fails(&w, "ALTER STREAM S ADD COLUMN X INT, ADD COLUMN X INT;", "Cannot add column `X` to schema.");
  fails(&w, "ALTER STREAM S ADD COLUMN X NO_SUCH_TYPE;", "NO_SUCH_TYPE");
  fails(&w, "ALTER STREAM U ADD COLUMN X INT;", "its only value column is not wrapped");
  fails(&w, "ALTER STREAM F ADD COLUMN X INT;", "KAFKA");
  fails(&w, "CREATE OR REPLACE SOURCE STREAM S (V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
        "Cannot add stream 'S': CREATE OR REPLACE is not supported on source streams.");
  fails(&w, "CREATE OR REPLACE STREAM R (V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
        "Cannot add stream 'R': CREATE OR REPLACE is not supported on source streams.");
  world_done(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_replace__goes_on_where_the_old_query_was_over_restarts),
      cmocka_unit_test(test_replace__keeps_the_state_of_an_aggregation),
      cmocka_unit_test(test_replace__loses_no_rows_that_are_staged),
      cmocka_unit_test(test_replace__refused_leaves_everything_as_it_was),
      cmocka_unit_test(test_replace__knows_its_query_by_the_sink),
      cmocka_unit_test(test_replace__in_one_request_sees_what_came_before),
      cmocka_unit_test(test_replace__leaves_a_paused_query_paused),
      cmocka_unit_test(test_replace__a_tables_filter_finds_the_rows_before_it),
      cmocka_unit_test(test_replace__fills_a_tables_copy_to_the_end_over_restarts),
      cmocka_unit_test(test_replace__with_the_write_cache_repeats_nothing),
      cmocka_unit_test(test_replace__that_cannot_be_recorded_leaves_the_old_query_running),
      cmocka_unit_test(test_replace__survives_a_kill_at_any_write),
      cmocka_unit_test(test_alter__adds_columns_for_those_who_are_planned_after_it),
      cmocka_unit_test(test_alter__is_refused_with_its_reason),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
