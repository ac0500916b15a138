/* Pull queries from the inside: kept plans, what stops and replaces the query whose rows they read, limits. */
#include "engine_testing.h"

#define SOURCE "CREATE STREAM S (ID STRING KEY, V INT) WITH (kafka_topic='s', value_format='JSON', partitions=2);"
#define TABLE  "CREATE TABLE T AS SELECT ID, COUNT(*) AS C FROM S GROUP BY ID;"

static void add_row(void *ctx, const sl_row *row, const sl_schema *schema, bool tombstone) {
  sl_buf *out = ctx;
  assert_false(tombstone);
  for (int i = 0; i < schema->count; i++) {
    sl_buf_add_z(out, i ? "," : out->len ? " " : "");
    sl_value_print_json(out, schema->columns[i].type, &row->values[i]);
  }
}

static void on_ready(void *ctx) {
  (void)ctx;
}

static sl_push *open_pull(world *w, const char *sql) {
  sl_push *push = NULL;
  sl_err err = {0};
  int code = sl_engine_query(w->engine, w->session, sl_str_of(sql), on_ready, NULL, &push, &err);
  if (code) print_message("%s\n  -> %s\n", sql, err.message);
  assert_int_equal(code, 0);
  return push;
}

/* All rows of a query, as text in the world's arena. */
static const char *pull(world *w, const char *sql) {
  sl_push *push = open_pull(w, sql);
  sl_buf out = {0};
  for (sl_push_state state; (state = sl_push_take(push, 10, add_row, &out)) != SL_PUSH_DONE;)
    if (state == SL_PUSH_WAIT) world_quiet(w);
  assert_null(sl_push_error(push));
  const char *text = sl_str_z(&w->arena, sl_buf_str(&out));
  sl_buf_done(&out);
  sl_push_close(push);
  return text;
}

static void refused(world *w, const char *sql, int code, const char *part) {
  sl_push *push = NULL;
  sl_err err = {0};
  assert_int_equal(sl_engine_query(w->engine, w->session, sl_str_of(sql), on_ready, NULL, &push, &err), code);
  if (!strstr(err.message, part)) print_message("%s\n  expected: %s\n", err.message, part);
  assert_non_null(strstr(err.message, part));
  sl_err_done(&err);
}

static void insert_rows(world *w, int count) {
  sl_buf sql = {0};
  for (int i = 0; i < count; i++) sl_buf_printf(&sql, "INSERT INTO S VALUES ('k%d', %d);", i, i);
  run(w, sl_buf_z(&sql));
  sl_buf_done(&sql);
}

static void test_pull__a_kept_plan_reads_what_is_there_now(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SOURCE TABLE);
  static const char SQL[] = "SELECT * FROM T WHERE ID = 'k0';";
  assert_string_equal(pull(&w, SQL), "");
  insert_rows(&w, 3);
  assert_string_equal(pull(&w, SQL), "\"k0\",1");
  insert_rows(&w, 1);
  assert_string_equal(pull(&w, SQL), "\"k0\",2");
  sl_push *one = open_pull(&w, SQL), *two = open_pull(&w, SQL); /* two executions of one plan at once */
  sl_buf rows = {0};
  while (sl_push_take(one, 1, add_row, &rows) != SL_PUSH_DONE) {
  }
  while (sl_push_take(two, 1, add_row, &rows) != SL_PUSH_DONE) {
  }
  assert_string_equal(sl_buf_z(&rows), "\"k0\",2 \"k0\",2");
  sl_buf_done(&rows);
  sl_push_close(one);
  sl_push_close(two);
  world_done(&w);
}

/* Statements that differ in the key alone share a plan; whatever else a literal decides must not be shared. */
static void test_pull__a_kept_plan_serves_other_keys(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SOURCE TABLE
      "CREATE STREAM N (V STRING, I INT KEY, B BIGINT) WITH (kafka_topic='n', value_format='JSON', partitions=2);"
      "CREATE TABLE NI AS SELECT I, COUNT(*) AS C FROM N GROUP BY I;"
      "CREATE TABLE NB AS SELECT B, COUNT(*) AS C FROM N GROUP BY B;");
  run(&w, "INSERT INTO S VALUES ('it''s', 1); INSERT INTO S VALUES ('', 1); INSERT INTO S VALUES ('x', 1);"
          "INSERT INTO S VALUES ('x', 1); INSERT INTO N (I, B) VALUES (7, 5000000000); INSERT INTO N (I, B) VALUES (8, "
          "7);");
  static const struct {
    const char *sql, *rows;
  } CASES[] = {
      {"SELECT * FROM T WHERE ID = 'none';", ""},
      {"SELECT * FROM T WHERE ID = 'x';", "\"x\",2"},
      {"SELECT * FROM T WHERE ID = 'it''s';", "\"it's\",1"},
      {"SELECT * FROM T WHERE ID = '';", "\"\",1"},
      {"SELECT * FROM T WHERE ID='x';", "\"x\",2"},
      {"SELECT * FROM T WHERE ID = 'it''s';", "\"it's\",1"},
      {"SELECT C FROM NI WHERE I = 7;", "1"},
      {"SELECT C FROM NI WHERE I = 9;", ""},
      {"SELECT C FROM NI WHERE I = 0008;", "1"},
      {"SELECT B FROM NB WHERE B = 7;", "7"},
      {"SELECT B FROM NB WHERE B = 5000000000;", "5000000000"},
      {"SELECT B FROM NB WHERE B = 8;", ""},
      {"SELECT B, 1 AS ONE FROM NB WHERE B = 7;", "7,1"},
      {"SELECT B, 2 AS ONE FROM NB WHERE B = 7;", "7,2"},
      {"SELECT C = 2 AS TWO FROM T;", "true false false"},
      {"SELECT C = 1 AS TWO FROM T;", "false true true"},
      {"SELECT ID FROM T WHERE ID >= 'x';", "\"x\""},
      {"SELECT ID FROM T WHERE ID >= 'y';", ""},
      {"SELECT C FROM T WHERE C = 2;", "2"},
      {"SELECT C FROM T WHERE C = 3;", ""},
      {"SELECT ID FROM T WHERE ID = 'x' -- = 'y'\n;", "\"x\""},
      {"SELECT C FROM NI WHERE NOT (I <> 7);", "1"},
  };
  for (int round = 0; round < 2; round++)
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
      const char *rows = pull(&w, CASES[i].sql);
      if (strcmp(rows, CASES[i].rows) != 0) print_message("%s\n", CASES[i].sql);
      assert_string_equal(rows, CASES[i].rows);
      sl_push *push = NULL;
      assert_int_equal(sl_engine_query_quick(w.engine, w.session, sl_str_of(CASES[i].sql), &push, NULL), 0);
      if (push) sl_push_close(push);
    }
  refused(&w, "SELECT C FROM NI WHERE I = 3000000000;", SL_E_STATEMENT, "can not be converted to the type of the key");
  refused(&w, "SELECT C FROM NI WHERE I = '7';", SL_E_STATEMENT, "Cannot compare I (INTEGER) to '7' (STRING)");
  sl_push *push = NULL;
  assert_int_equal(
      sl_engine_query_quick(w.engine, w.session, sl_str_of("SELECT * FROM T WHERE ID = 'fresh';"), &push, NULL), 0);
  assert_non_null(push); /* another key of a kept plan needs no planning */
  sl_push_close(push);
  world_done(&w);
}

static void test_pull__a_plan_is_kept_per_settings(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SOURCE TABLE);
  insert_rows(&w, 2);
  static const char SQL[] = "SELECT C FROM T WHERE C > 0;";
  assert_string_equal(pull(&w, SQL), "1 1");
  sl_str off = sl_str_of("false");
  assert_int_equal(sl_session_set(w.session, sl_str_of("ksql.query.pull.table.scan.enabled"), &off, NULL), 0);
  refused(&w, SQL, SL_E_STATEMENT, "WHERE clause missing key column");
  world_done(&w);
}

static void test_pull__a_kept_plan_ends_with_the_catalog_it_was_made_for(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SOURCE TABLE);
  insert_rows(&w, 2);
  static const char SQL[] = "SELECT * FROM T WHERE ID = 'k1';";
  assert_string_equal(pull(&w, SQL), "\"k1\",1");
  run(&w, "CREATE OR REPLACE TABLE T AS SELECT ID, COUNT(*) AS C, COUNT(*) * 10 AS D FROM S GROUP BY ID;");
  insert_rows(&w, 2);
  assert_string_equal(pull(&w, SQL), "\"k1\",2,20");
  run(&w, "DROP TABLE T;");
  refused(&w, SQL, SL_E_STATEMENT, "T does not exist");
  run(&w, "CREATE TABLE T AS SELECT ID, SUM(V) * 1.5 AS X FROM S GROUP BY ID;"); /* reads from the start */
  assert_string_equal(pull(&w, SQL), "\"k1\",3.0");
  world_done(&w);
}

static void test_pull__a_table_whose_query_ended_cannot_be_read(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SOURCE TABLE);
  insert_rows(&w, 1);
  static const char SQL[] = "SELECT * FROM T;";
  assert_string_equal(pull(&w, SQL), "\"k0\",1");
  run(&w, "PAUSE CTAS_T_1;");
  assert_string_equal(pull(&w, SQL), "\"k0\",1");
  run(&w, "TERMINATE CTAS_T_1;");
  refused(&w, SQL, SL_E_STATEMENT, "The `T` table isn't queryable.");
  world_done(&w);
}

/* A client that takes its rows slowly has a place in the table, which the table's end takes away. */
static void test_pull__a_reading_is_cut_off_when_its_table_is_dropped(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SOURCE TABLE);
  for (int i = 0; i < 3; i++) {
    sl_buf sql = {0};
    for (int k = 0; k < 1000; k++) sl_buf_printf(&sql, "INSERT INTO S VALUES ('%d-%d', 1);", i, k);
    run(&w, sl_buf_z(&sql));
    sl_buf_done(&sql);
  }
  sl_push *slow = open_pull(&w, "SELECT ID FROM T;"), *left = open_pull(&w, "SELECT ID FROM T;");
  sl_buf rows = {0};
  assert_int_equal(sl_push_take(slow, 1, add_row, &rows), SL_PUSH_ROWS);
  sl_push_close(left);
  run(&w, "DROP TABLE T;");
  while (sl_push_take(slow, 500, add_row, &rows) == SL_PUSH_ROWS) {
  }
  assert_non_null(sl_push_error(slow));
  assert_non_null(strstr(sl_push_error(slow)->message, "Materializing query has been stopped"));
  sl_push_close(slow);
  sl_buf_done(&rows);
  world_done(&w);
}

static void test_pull__a_long_answer_comes_in_pieces(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SOURCE TABLE);
  enum { ROWS = 3500 };
  for (int i = 0; i < ROWS; i += 500) {
    sl_buf sql = {0};
    for (int k = i; k < i + 500; k++) sl_buf_printf(&sql, "INSERT INTO S VALUES ('%06d', 1);", k);
    run(&w, sl_buf_z(&sql));
    sl_buf_done(&sql);
  }
  sl_push *push = open_pull(&w, "SELECT C FROM T;");
  sl_buf rows = {0};
  while (sl_push_take(push, 77, add_row, &rows) == SL_PUSH_ROWS) run(&w, "INSERT INTO S VALUES ('000000', 1);");
  assert_null(sl_push_error(push));
  assert_int_equal((rows.len + 1) / 2, ROWS); /* rows that come meanwhile change no answer's size */
  sl_buf_done(&rows);
  sl_push_close(push);
  world_done(&w);
}

static void test_pull__state_is_there_again_after_a_restart(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w,
      SOURCE TABLE "CREATE SOURCE TABLE U (ID INT PRIMARY KEY, N STRING) WITH (kafka_topic='u', value_format='JSON', "
                   "partitions=2);"
                   "CREATE STREAM UW (ID INT KEY, N STRING) WITH (kafka_topic='u', value_format='JSON');");
  insert_rows(&w, 3);
  run(&w, "INSERT INTO UW VALUES (1, 'x'); INSERT INTO UW VALUES (2, 'y'); INSERT INTO UW (ID) VALUES (1);");
  world_reopen(&w);
  refused(&w, "SELECT * FROM T WHERE ID = 'k2';", SL_E_NOT_READY, "being restored");
  world_quiet(&w);
  assert_string_equal(pull(&w, "SELECT * FROM T WHERE ID = 'k2';"), "\"k2\",1");
  assert_string_equal(pull(&w, "SELECT * FROM U;"), "1,null 2,\"y\"");
  assert_non_null(strstr(text_of(&w, run(&w, "SHOW QUERIES;")), "\"id\":\"CST_U_2\""));
  fails(&w, "TERMINATE CST_U_2;", "Cannot terminate query 'CST_U_2' because it is linked to a source table.");
  fails(&w, "PAUSE CST_U_2;", "Cannot pause query 'CST_U_2' because it is linked to a source table.");
  run(&w, "TERMINATE ALL;");
  assert_string_equal(pull(&w, "SELECT * FROM U WHERE ID = 2;"), "2,\"y\"");
  size_t topics = topic_count(&w);
  run(&w, "DROP TABLE U;");
  assert_int_equal(topic_count(&w), topics - 1); /* its changelog */
  assert_null(strstr(text_of(&w, run(&w, "SHOW QUERIES;")), "CST_U_2"));
  world_done(&w);
}

static void test_pull__a_source_table_needs_materialization(void **state) {
  (void)state;
  world w;
  world_init(&w);
  world_close(&w);
  world_set(&w, "ksql.source.table.materialization.enabled", "false");
  world_open(&w);
  fails(&w, "CREATE SOURCE TABLE U (ID INT PRIMARY KEY) WITH (kafka_topic='u', value_format='JSON', partitions=1);",
        "Cannot execute command because source table materialization is disabled.");
  run(&w, "CREATE SOURCE STREAM U (ID INT KEY) WITH (kafka_topic='u', value_format='JSON', partitions=1);");
  world_done(&w);
}

static void test_pull__limits_of_the_server(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SOURCE TABLE);
  world_close(&w);
  world_set(&w, "ksql.query.pull.max.qps", "2");
  world_open(&w);
  world_quiet(&w);
  pull(&w, "SELECT * FROM T;");
  pull(&w, "SELECT * FROM T;");
  refused(&w, "SELECT * FROM T;", SL_E_LIMIT, "Host is at rate limit for pull queries. Currently set to 2 qps.");
  sl_clock_manual_advance(&w.clock, 1000);
  pull(&w, "SELECT * FROM T;");
  world_close(&w);
  world_set(&w, "ksql.query.pull.max.qps", "2147483647");
  world_set(&w, "ksql.query.pull.max.concurrent.requests", "1");
  world_open(&w);
  world_quiet(&w);
  sl_push *open = open_pull(&w, "SELECT * FROM T;");
  refused(&w, "SELECT * FROM T;", SL_E_LIMIT,
          "Host is at concurrency limit for pull queries. Currently set to 1 maximum concurrent operations.");
  sl_push_close(open);
  pull(&w, "SELECT * FROM T;");
  world_close(&w);
  world_set(&w, "ksql.query.pull.max.concurrent.requests", "2147483647");
  world_set(&w, "ksql.query.pull.max.hourly.bandwidth.megabytes", "1");
  world_open(&w);
  world_quiet(&w);
  open = open_pull(&w, "SELECT * FROM T;");
  sl_push_count_bytes(open, 1 << 20);
  sl_push_close(open);
  refused(&w, "SELECT * FROM T;", SL_E_LIMIT, "Host is at bandwidth rate limit for pull queries.");
  sl_clock_manual_advance(&w.clock, 3600 * 1000);
  pull(&w, "SELECT * FROM T;");
  world_close(&w);
  world_set(&w, "ksql.pull.queries.enable", "false");
  world_open(&w);
  refused(&w, "SELECT * FROM T;", SL_E_STATEMENT, "Please set ksql.pull.queries.enable=true to enable this feature.");
  world_done(&w);
}

static void test_pull__a_stream_is_read_to_the_end_it_had(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, SOURCE);
  insert_rows(&w, 3);
  sl_str latest = sl_str_of("latest");
  assert_int_equal(sl_session_set(w.session, sl_str_of("auto.offset.reset"), &latest, NULL), 0);
  sl_push *push = open_pull(&w, "SELECT V FROM S WHERE V > 0;");
  assert_false(sl_push_is_pull(push)); /* it waits for workers, as push queries do */
  insert_rows(&w, 3);
  sl_buf rows = {0};
  while (sl_push_take(push, 10, add_row, &rows) == SL_PUSH_WAIT || rows.len == 0) world_quiet(&w);
  while (sl_push_take(push, 10, add_row, &rows) != SL_PUSH_DONE) world_quiet(&w);
  assert_int_equal(rows.len, 3); /* "1 2" in some order, not those that came later */
  assert_false(sl_push_limit_reached(push));
  sl_buf_done(&rows);
  sl_push_close(push);
  world_done(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pull__a_kept_plan_reads_what_is_there_now),
      cmocka_unit_test(test_pull__a_kept_plan_serves_other_keys),
      cmocka_unit_test(test_pull__a_plan_is_kept_per_settings),
      cmocka_unit_test(test_pull__a_kept_plan_ends_with_the_catalog_it_was_made_for),
      cmocka_unit_test(test_pull__a_table_whose_query_ended_cannot_be_read),
      cmocka_unit_test(test_pull__a_reading_is_cut_off_when_its_table_is_dropped),
      cmocka_unit_test(test_pull__a_long_answer_comes_in_pieces),
      cmocka_unit_test(test_pull__state_is_there_again_after_a_restart),
      cmocka_unit_test(test_pull__a_source_table_needs_materialization),
      cmocka_unit_test(test_pull__limits_of_the_server),
      cmocka_unit_test(test_pull__a_stream_is_read_to_the_end_it_had),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
