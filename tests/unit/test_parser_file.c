/* Test files and the pieces of scripts that front-ends need. */
#include "tests/unit/parser_testing.h"

static sl_test_reader reader_of(const char *text) {
  sl_test_reader reader;
  sl_test_reader_init(&reader, &test_arena, sl_str_of(text));
  return reader;
}

static sl_test_item next(sl_test_reader *reader) {
  sl_test_item item;
  sl_err err = {0};
  if (sl_test_reader_next(reader, &test_arena, &item, &err) != 1)
    fail_msg("%s", err.code ? err.message : "no more items");
  return item;
}

static void test_file__gives_items_in_order_with_places(void **state) {
  (void)state;
  sl_test_reader reader = reader_of("-- a comment\n"
                                    "--@test: first one  \n"
                                    "----------\n"
                                    "CREATE STREAM a (b INT); --@expected.error:x\n"
                                    "/* c */ ASSERT VALUES a (b)\n"
                                    " --@test: inside a statement it is a comment\n"
                                    "  VALUES (1);RUN SCRIPT '/x.sql';\n"
                                    "--@Anything:else");
  sl_test_item item = next(&reader);
  assert_int_equal(item.kind, SL_TEST_DIRECTIVE);
  assert_true(sl_str_eq_z(item.directive, "test"));
  assert_true(sl_str_eq_z(item.text, "first one  "));
  assert_int_equal(item.pos.line, 2);

  item = next(&reader);
  assert_int_equal(item.kind, SL_TEST_STATEMENT);
  assert_int_equal(item.statement->kind, SL_STMT_CREATE_SOURCE);
  assert_int_equal(item.statement->pos.line, 4);
  item = next(&reader);
  assert_true(sl_str_eq_z(item.directive, "expected.error"));
  assert_int_equal(item.pos.column, 26);

  item = next(&reader);
  assert_int_equal(item.statement->kind, SL_STMT_ASSERT_VALUES);
  assert_int_equal(item.statement->pos.line, 5);
  assert_int_equal(item.statement->pos.column, 9);
  item = next(&reader);
  assert_int_equal(item.statement->kind, SL_STMT_RUN_SCRIPT);
  assert_int_equal(item.pos.line, 7);
  item = next(&reader);
  assert_true(sl_str_eq_z(item.text, "else"));
  sl_err err = {0};
  assert_int_equal(sl_test_reader_next(&reader, &test_arena, &item, &err), 0);
}

static void test_file__accepts_every_test_statement(void **state) {
  (void)state;
  sl_script script =
      parse_with("ASSERT VALUES a VALUES (1); ASSERT NULL VALUES a (b) KEY (1); ASSERT STREAM a (b INT KEY);"
                 "ASSERT TABLE a WITH (c=1); RUN SCRIPT 'x'; ASSERT TOPIC a; ASSERT NOT EXISTS SCHEMA ID 1;",
                 SL_PARSE_TEST_FILE);
  assert_int_equal(script.count, 7);
  for (int i = 0; i < script.count; i++) assert_true(round_trips(&test_arena, script.statements[i]));
  assert_true(((const sl_stmt_assert_values *)script.statements[1])->null_values);
  assert_int_equal(((const sl_stmt_assert_source *)script.statements[3])->source.source_kind, SL_TABLE);
}

static void expect_error(sl_test_reader *reader, const char *part) {
  sl_test_item item;
  sl_err err = {0};
  assert_true(sl_test_reader_next(reader, &test_arena, &item, &err) < 0);
  assert_non_null(strstr(err.message, part));
  sl_err_done(&err);
}

static void test_file__refuses_malformed_directives_and_early_statements(void **state) {
  (void)state;
  sl_test_reader reader = reader_of("--@test without colon\n");
  expect_error(&reader, "Expected directive matching pattern");
  reader = reader_of("--@: x");
  expect_error(&reader, "Expected directive matching pattern");
  reader = reader_of("--@expected.error: x\nSHOW TABLES;");
  next(&reader);
  expect_error(&reader, "Exepcted test to start with --@test.");
}

static void test_file__goes_on_after_a_statement_that_fails(void **state) {
  (void)state;
  sl_test_reader reader = reader_of("--@test: a\nPRINT t LIMIT 1.5;\nSELECT FROM x;\nSHOW TABLES;\nSHOW TABLES");
  next(&reader);
  expect_error(&reader, "Value must be integer");
  expect_error(&reader, "line 3:8: Syntax Error");
  sl_test_item item = next(&reader);
  assert_int_equal(item.pos.line, 4);
  expect_error(&reader, "Syntax Error"); /* the last ';' is missing */
}

static void test_statement_length__finds_the_end(void **state) {
  (void)state;
  assert_int_equal(sl_statement_length(sl_str_of("SHOW TABLES; SHOW")), 12);
  assert_int_equal(sl_statement_length(sl_str_of("SELECT ';', \";\", `;` -- ;\n /* ; */ ; x")), 36);
  assert_int_equal(sl_statement_length(sl_str_of("SHOW TABLES")), 0);
  assert_int_equal(sl_statement_length(sl_str_of("")), 0);
  assert_int_equal(sl_statement_length(sl_str_of(";;")), 1);
  assert_int_equal(sl_statement_length(sl_str_of("SELECT '")), 0);
}

static void test_has_comments__sees_only_real_ones(void **state) {
  (void)state;
  assert_false(sl_has_comments(sl_str_of("SELECT '--', \"/* */\"  FROM\n b;")));
  assert_true(sl_has_comments(sl_str_of("SELECT a -- b\n FROM c;")));
  assert_true(sl_has_comments(sl_str_of("SELECT a/**/FROM c;")));
  assert_true(sl_has_comments(sl_str_of("SELECT a; --@x")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_file__gives_items_in_order_with_places),
      cmocka_unit_test(test_file__accepts_every_test_statement),
      cmocka_unit_test(test_file__refuses_malformed_directives_and_early_statements),
      cmocka_unit_test(test_file__goes_on_after_a_statement_that_fails),
      cmocka_unit_test(test_statement_length__finds_the_end),
      cmocka_unit_test(test_has_comments__sees_only_real_ones),
  };
  return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
