/* INSERT INTO ... VALUES: what bytes come out, and what is refused. */
#include "tests/unit/planner_testing.h"

static void make_sources(bench *b) {
  bench_run(b, "CREATE STREAM s (v BIGINT, k STRING KEY, d DECIMAL(6, 2), a ARRAY<DOUBLE>, ts TIMESTAMP) WITH "
               "(kafka_topic='t', value_format='json');");
  bench_run(b, "CREATE TABLE tab (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='delimited');");
  bench_run(b, "CREATE SOURCE TABLE ro (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='json');");
  bench_run(b, "CREATE STREAM win (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json', "
               "window_type='session');");
  bench_run(b, "CREATE STREAM headed (id INT KEY, h BYTES HEADER('x'), v INT) WITH (kafka_topic='t', "
               "value_format='json');");
}

static void check_bytes(sl_str got, const char *wanted) {
  if (!sl_str_eq_z(got, wanted)) fail_msg("wanted %s\ngot %.*s", wanted, SL_STR_ARG(got));
}

static void test_insert__keys_come_first_in_the_implicit_list(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_run(b, "INSERT INTO s VALUES ('key', 1 + 2, 10, ARRAY[1, 2], '2020-01-01');");
  check_bytes(b->insert.key, "key");
  check_bytes(b->insert.value, "{\"V\":3,\"D\":10.00,\"A\":[1.0,2.0],\"TS\":1577836800000}");
  assert_int_equal(1000, b->insert.timestamp);
}

static void test_insert__rowtime_and_missing_columns(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_run(b, "INSERT INTO s (ROWTIME, v) VALUES (1234, 5);");
  assert_true(b->insert.key_null);
  assert_false(b->insert.value_null);
  assert_int_equal(1234, b->insert.timestamp);
  assert_true(b->insert.given[0]);
  assert_false(b->insert.given[1]);
  bench_run(b, "INSERT INTO tab (v, id) VALUES (NULL, 7);");
  assert_false(b->insert.key_null);
  assert_int_equal(4, b->insert.key.len);
}

static void test_insert__refusals(void **state) {
  static const struct {
    const char *sql, *message;
  } list[] = {
      {"INSERT INTO nowhere VALUES (1);", "Cannot insert values into an unknown stream/table: `NOWHERE`"},
      {"INSERT INTO `s` VALUES (1);", "`s`\nDid you mean S? Hint: try removing double quotes from the source name."},
      {"INSERT INTO win VALUES (1, 2);", "Cannot insert values into windowed stream/table!"},
      {"INSERT INTO ro VALUES (1, 2);", "Cannot insert values into read-only table: RO"},
      {"INSERT INTO headed VALUES (1, 2);", "Cannot insert into HEADER columns: H"},
      {"INSERT INTO tab VALUES (1);",
       "Failed to insert values into 'TAB'. Expected a value for each column. Expected Columns: []. Got [1]"},
      {"INSERT INTO tab (id, zz) VALUES (1, 2);",
       "Failed to insert values into 'TAB'. Column name `ZZ` does not exist."},
      {"INSERT INTO s (k, ROWOFFSET) VALUES ('a', 2);", "Inserting into column `ROWOFFSET` is not allowed."},
      {"INSERT INTO tab (v) VALUES (1);", "Value for primary key column(s) ID is required for tables"},
      {"INSERT INTO tab (id, v) VALUES (1, 'text');",
       "Failed to insert values into 'TAB'. Expected type INTEGER for field `V` but got STRING(text)"},
      {"INSERT INTO s (k, d) VALUES ('a', 12345.5);",
       "Expected type DECIMAL(6, 2) for field `D` but got DECIMAL(12345.5)"},
      {"INSERT INTO s (k, ts) VALUES ('a', 'soon');",
       "Expected type TIMESTAMP for field `TS` but got STRING(soon). Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]"},
      {"INSERT INTO tab (id, v) VALUES (1, v + 1);", "Unsupported column reference in insert value: (V + 1)"},
      {"INSERT INTO tab (id, v) VALUES (1, 2 * tab.v);",
       "Failed to prepare statement: 'TAB' is not a valid stream/table name or alias."},
      {"INSERT INTO unknown (id, v) VALUES (1, foo.bar);",
       "Failed to prepare statement: 'FOO' is not a valid stream/table name or alias."},
  };
  bench *b = *state;
  make_sources(b);
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    const char *got = bench_error(b, list[i].sql);
    if (!strstr(got, list[i].message)) fail_msg("%s\nwanted: %s\ngot: %s", list[i].sql, list[i].message, got);
  }
}

static void test_insert__can_be_switched_off_and_topics_protected(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_set(b, "ksql.readonly.topics", "x.*,t");
  assert_string_equal("Cannot insert values into read-only topic: t", bench_error(b, "INSERT INTO tab VALUES (1, 2);"));
  bench_set(b, "ksql.readonly.topics", "tt");
  bench_set(b, "ksql.insert.into.values.enabled", "false");
  assert_non_null(strstr(bench_error(b, "INSERT INTO tab VALUES (1, 2);"), "The server has disabled INSERT INTO"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PLANNER_TEST(test_insert__keys_come_first_in_the_implicit_list),
      PLANNER_TEST(test_insert__rowtime_and_missing_columns),
      PLANNER_TEST(test_insert__refusals),
      PLANNER_TEST(test_insert__can_be_switched_off_and_topics_protected),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
