/* The test runner itself: a runner that cannot fail tests nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/heap.h"
#include "cli/testing/test_case.h"
#include "cli/testing/test_compare.h"
#include "cli/testing/test_expect.h"

static bool match(const char *expected, const char *actual, sl_test_numbers numbers) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_json *e, *a;
  assert_int_equal(sl_json_parse(&arena, sl_str_of(expected), 0, &e, NULL), 0);
  assert_int_equal(sl_json_parse(&arena, sl_str_of(actual), 0, &a, NULL), 0);
  sl_buf why = {0};
  bool same = sl_test_matches(&arena, e, a, numbers, "value", &why);
  assert_true(same == (why.len == 0)); /* a difference is always told */
  sl_buf_done(&why);
  sl_arena_done(&arena);
  return same;
}

static void test_compare__numbers_match_with_their_scale(void **state) {
  (void)state;
  assert_true(match("1.10", "1.10", SL_TEST_NUMBERS_EXACT));
  assert_false(match("1.1", "1.10", SL_TEST_NUMBERS_EXACT));
  assert_false(match("1", "1.0", SL_TEST_NUMBERS_EXACT));
  assert_true(match("\"1.10\"", "1.10", SL_TEST_NUMBERS_EXACT));
  assert_true(match("1", "1.0000001", SL_TEST_NUMBERS_DOUBLE));
  assert_false(match("1", "1.1", SL_TEST_NUMBERS_DOUBLE));
  assert_true(match("1.9", "1", SL_TEST_NUMBERS_EXACT)); /* cut to a whole number */
  assert_false(match("2", "1", SL_TEST_NUMBERS_EXACT));
  assert_false(match("10000000000000000000", "10000000000000000000", SL_TEST_NUMBERS_EXACT)); /* beyond 64 bits */
}

static void test_compare__objects_match_by_name_and_size(void **state) {
  (void)state;
  assert_true(match("{\"a\":1,\"B\":[1,null]}", "{\"B\":[1,null],\"A\":1}", SL_TEST_NUMBERS_EXACT));
  assert_false(match("{\"A\":1}", "{\"a\":1}", SL_TEST_NUMBERS_EXACT));
  assert_false(match("{\"A\":1}", "{\"A\":1,\"B\":null}", SL_TEST_NUMBERS_EXACT));
  assert_true(match("{\"A\":null}", "{\"B\":null}", SL_TEST_NUMBERS_EXACT));
  assert_false(match("[1,2]", "[2,1]", SL_TEST_NUMBERS_EXACT));
  assert_false(match("[1]", "[1,2]", SL_TEST_NUMBERS_EXACT));
  assert_false(match("null", "\"null\"", SL_TEST_NUMBERS_EXACT));
  assert_false(match("true", "\"true\"", SL_TEST_NUMBERS_EXACT));
}

static void test_expect__classes_hold_what_is_below_them(void **state) {
  (void)state;
  sl_str parse = sl_str_of("io.confluent.ksql.parser.exception.ParseFailedException");
  sl_str any = sl_str_of("io.confluent.ksql.util.KsqlException"), streams = sl_str_of("StreamsException");
  assert_true(sl_test_failure_is(SL_TEST_PARSE_FAILED, parse));
  assert_true(sl_test_failure_is(SL_TEST_PARSE_FAILED, any));
  assert_false(sl_test_failure_is(SL_TEST_STATEMENT_FAILED, parse));
  assert_false(sl_test_failure_is(SL_TEST_QUERY_FAILED, any));
  assert_true(sl_test_failure_is(SL_TEST_QUERY_FAILED, streams));
  assert_false(sl_test_failure_is(SL_TEST_ASSERTION, any));
  assert_false(sl_test_failure_is(SL_TEST_STATEMENT_FAILED, sl_str_of("java.lang.SomethingElse")));
}

/* Runs the cases of one file and gives the message of the first failure; NULL if all passed. */
static char *run_file(sl_arena *arena, const char *suffix, const char *text, int jobs, size_t want_cases) {
  char path[64];
  snprintf(path, sizeof path, "/tmp/sluice-test-%d%s", (int)getpid(), suffix);
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
  sl_vec cases;
  sl_vec_init(&cases, arena);
  sl_err err = {0};
  assert_int_equal(sl_test_load(arena, path, &cases, &err), 0);
  remove(path);
  assert_int_equal(cases.len, want_cases);
  sl_test_options options = {.batch = 1000, .jobs = jobs, .timeout_s = 30};
  sl_test_result results[8] = {0};
  assert_int_equal(sl_test_run_all(&cases, &options, results, &err), 0);
  char *first = NULL;
  for (size_t i = 0; i < cases.len; i++) {
    if (!first && results[i].message) first = sl_arena_dup(arena, results[i].message, strlen(results[i].message));
    sl_heap_free(results[i].message);
  }
  return first;
}

#define STATEMENTS                                                                                                     \
  "\"statements\":[\"CREATE STREAM I (K INT KEY, V INT) WITH (kafka_topic='i', value_format='JSON');\","               \
  "\"CREATE STREAM O AS SELECT K, V + 1 AS V FROM I;\"],\"inputs\":[{\"topic\":\"i\",\"key\":1,\"value\":{\"V\":1}}],"

static void test_run__json_outputs_are_compared(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  assert_null(run_file(&arena, ".json",
                       "{\"tests\":[{\"name\":\"a\"," STATEMENTS
                       "\"outputs\":[{\"topic\":\"O\",\"key\":1,\"value\":{\"V\":2},\"timestamp\":0}]}]}",
                       1, 1));
  char *why = run_file(&arena, ".json",
                       "{\"tests\":[{\"name\":\"a\"," STATEMENTS
                       "\"outputs\":[{\"topic\":\"O\",\"key\":1,\"value\":{\"V\":3}}]}]}",
                       0, 1);
  assert_non_null(why);
  assert_non_null(strstr(why, "value.V: expected 3, got 2"));
  why = run_file(&arena, ".json",
                 "{\"tests\":[{\"name\":\"a\"," STATEMENTS "\"outputs\":[{\"topic\":\"O\",\"value\":null}]}]}", 0, 1);
  assert_non_null(why);
  why = run_file(&arena, ".json",
                 "{\"tests\":[{\"name\":\"a\"," STATEMENTS
                 "\"outputs\":[],\"expectedException\":{\"type\":\"KsqlException\"}}]}",
                 0, 1);
  assert_non_null(strstr(why, "Expected a failure"));
  sl_arena_done(&arena);
}

static void test_run__sql_assertions_are_checked(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  static const char START[] =
      "--@test: t\nCREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');\n"
      "INSERT INTO s VALUES (1, 2);\n";
  assert_null(
      run_file(&arena, ".sql", sl_arena_printf(&arena, "%sASSERT VALUES s (k, v) VALUES (1, 2);", START), 1, 1));
  assert_non_null(
      run_file(&arena, ".sql", sl_arena_printf(&arena, "%sASSERT VALUES s (k, v) VALUES (1, 3);", START), 0, 1));
  assert_non_null(
      run_file(&arena, ".sql", sl_arena_printf(&arena, "%sASSERT NULL VALUES s (k) KEY (1);", START), 0, 1));
  assert_non_null(run_file(
      &arena, ".sql",
      sl_arena_printf(&arena, "%sASSERT STREAM s (k INT KEY) WITH (kafka_topic='s', value_format='JSON');", START), 0,
      1));
  assert_non_null(
      run_file(&arena, ".sql",
               sl_arena_printf(&arena, "%s--@expected.error: KsqlException\n--@expected.message: x\n", START), 0, 1));
  sl_arena_done(&arena);
}

static void test_load__a_broken_file_is_a_case_that_fails(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  assert_non_null(run_file(&arena, ".json", "{\"tests\":[", 0, 1));
  assert_non_null(run_file(&arena, ".json", "{\"tests\":[]}", 0, 1));
  assert_non_null(run_file(&arena, ".sql", "CREATE STREAM early;", 0, 1));
  sl_arena_done(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_compare__numbers_match_with_their_scale),
      cmocka_unit_test(test_compare__objects_match_by_name_and_size),
      cmocka_unit_test(test_expect__classes_hold_what_is_below_them),
      cmocka_unit_test(test_run__json_outputs_are_compared),
      cmocka_unit_test(test_run__sql_assertions_are_checked),
      cmocka_unit_test(test_load__a_broken_file_is_a_case_that_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
