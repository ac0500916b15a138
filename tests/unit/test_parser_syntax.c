/* Syntax errors and errors of building: texts and places of sql.md 1.6 and section 2. */
#include "tests/unit/parser_testing.h"

static void test_syntax__names_what_was_expected(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"CREATE STREAM S (K STRING (KEY)) WITH (A=1);", "line 1:28: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}"},
      {"CREATE STREAM S (K INTEGER (KEY));", "line 1:29: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}"},
      {"CREATE STREAM S (K DOUBLE (KEY));", "line 1:28: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}"},
      {"CREATE STREAM S (K VARCHAR (KEY));", "line 1:29: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}"},
      {"CREATE STREAM S (K INT (KEY));", "line 1:25: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}"},
      {"CREATE STREAM S (K BOOLEAN (KEY));", "line 1:29: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}"},
      {"CREATE STREAM S (K BIGINT (KEY));", "line 1:28: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}"},
      {"CREATE STREAM S (K VARCHAR(STRING) (KEY));", "line 1:36: Syntax Error\nExpecting {',', ')'}"},
      {"SELECT A FROM B WHERE C = D = E;", "line 1:29: Syntax Error\nExpecting ';'"},
      {"SELECT A = B = C FROM D;", "line 1:14: Syntax Error\nExpecting {',', 'FROM'}"},
      {"SET A = 'b';", "line 1:5: Syntax Error\nExpecting STRING"},
      {"DEFINE KEY = 'a';", "line 1:8: Syntax Error\nExpecting IDENTIFIER"},
      {"UNDEFINE 'a';", "line 1:10: Syntax Error\nExpecting IDENTIFIER"},
      {"CREATE STREAM S (A INT KEY KEY);", "line 1:28: Syntax Error\nExpecting {',', ')'}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal(syntax_error(cases[i].text), cases[i].message);
}

static void test_syntax__tells_of_one_missing_token(void **state) {
  (void)state;
  assert_string_equal(syntax_error("SELECT A FROM B\nGROUP BY f3, (f2, f1);"),
                      "line 2:17: Syntax Error\nmissing ')' at ','");
  assert_string_equal(syntax_error("SELECT (A FROM B;"), "line 1:11: Syntax Error\nmissing ')' at 'FROM'");
}

static void test_syntax__explains_reserved_words(void **state) {
  (void)state;
  assert_string_equal(syntax_error("CREATE STREAM S (size INT);"),
                      "line 1:18: Syntax Error\n\"size\" is a reserved keyword and it can't be used as an identifier. "
                      "You can use it as an identifier by escaping it as 'size' ");
  /* Without the word the text would still be wrong, so nothing is said. */
  assert_string_equal(syntax_error("SELECT X AS TABLE FROM Y;"), "line 1:13: Syntax Error\n");
}

static void test_syntax__suggests_a_statement(void **state) {
  (void)state;
  assert_string_equal(syntax_error("RUN SCRIPT 'foo';"),
                      "line 1:1: Syntax Error\nUnknown statement 'RUN'\nDid you mean 'PRINT'?");
  assert_string_equal(syntax_error("SELECT 1 FROM A; selct 2 FROM B;"),
                      "line 1:18: Syntax Error\nUnknown statement 'selct'\nDid you mean 'SELECT'?");
  assert_string_equal(syntax_error(";"), "line 1:1: Syntax Error\nUnknown statement ';'\nDid you mean 'SET'?");
}

static void test_syntax__tells_of_a_missing_end(void **state) {
  (void)state;
  const char *detail = "Syntax error at or near \";\"\n'}', ']', or ')' is missing";
  assert_non_null(strstr(syntax_error("SELECT A FROM B"), detail));
  assert_non_null(strstr(syntax_error("CREATE STREAM S (A INT"), detail));
  assert_non_null(strstr(syntax_error("SELECT A FROM B WHERE C[1"), detail));
  /* The same where the last ';' may be missing. */
  assert_non_null(strstr(parse_error_with("SELECT", SL_PARSE_OPTIONAL_END, SL_E_SYNTAX), detail));
  assert_non_null(strstr(parse_error_with("SELECT (A", SL_PARSE_OPTIONAL_END, SL_E_SYNTAX), detail));
  assert_non_null(
      strstr(parse_error_with("CREATE STREAM S (A INT) WITH (", SL_PARSE_OPTIONAL_END, SL_E_SYNTAX), detail));
}

static void test_syntax__points_at_what_cannot_go_on(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"ASSERT VALUES foo (id INT) VALUES (1);",
       "line 1:8: Syntax Error\nSyntax error at or near 'VALUES' at line 1:8"},
      {"SELECT CAST(x AS NULL) FROM y;", "line 1:18: Syntax Error\nSyntax error at or near 'NULL' at line 1:18"},
      {"SELECT FROM y;", "line 1:8: Syntax Error\nSyntax error at or near 'FROM' at line 1:8"},
      {"DROP S;", "line 1:6: Syntax Error\nSyntax error at or near 'S' at line 1:6"},
      {"SELECT 'é', FROM y;", "line 1:13: Syntax Error\nSyntax error at or near 'FROM' at line 1:13"},
      {"SELECT f(x, (a, 1) => 2) FROM y;", "line 1:20: Syntax Error\nSyntax error at or near '=>' at line 1:20"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal(syntax_error(cases[i].text), cases[i].message);
}

static void test_syntax__refuses_what_the_language_lacks(void **state) {
  (void)state;
  static const char *const texts[] = {
      "CREATE STREAM S (COL0 NULL);",
      "CREATE STREAM S (C ARRAY<NULL>);",
      "CREATE STREAM S (C MAP<STRING, NULL>);",
      "CREATE STREAM S (C STRUCT<F NULL>);",
      "CREATE STREAM S ();",
      "CREATE STREAM S (C DECIMAL);",
      "SELECT A FROM B WHERE A IN ( );",
      "SELECT A FROM B GROUP BY A AND C;",
      "SELECT A FROM B PARTITION BY A AND C;",
      "SELECT A FROM B ORDER BY A;",
      "SELECT A FROM B LIMIT heh;",
      "SELECT A FROM EXPLODE(X);",
      "SELECT DISTINCT A FROM B;",
      "SELECT A FROM (SELECT B FROM C);",
      "SELECT A FROM B CROSS JOIN C;",
      "SELECT A FROM B, C;",
      "SELECT A FROM B WHERE C GROUP BY D WINDOW TUMBLING (SIZE 1 DAY);",
      "SELECT A FROM B WINDOW TUMBLING (SIZE 1 MONTHS) GROUP BY A;",
      "SELECT f(x => 1) FROM B;",
      "SELECT f(a, x => 1, b) FROM B;",
      "CREATE SOURCE STREAM S AS SELECT A FROM B;",
      "CREATE OR REPLACE SOURCE CONNECTOR C WITH (A=1);",
      "INSERT INTO S VALUES (1 = 2);",
      "SELECT a # b FROM c;",
      "SELECT 'open FROM c;",
      "ASSERT STREAM S;",
      "ASSERT NULL VALUES S KEY (1);",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_non_null(strstr(syntax_error(texts[i]), ": Syntax Error\n"));
}

static void test_syntax__error_carries_the_source_line(void **state) {
  (void)state;
  sl_script script;
  sl_err err = {0};
  assert_int_equal(sl_parse(&test_arena, sl_str_of("SHOW TABLES;\nSELECT A\n  FROM FROM B;\nSHOW"), 0, &script, &err),
                   SL_E_SYNTAX);
  assert_string_equal(err.statement, "  FROM FROM B;");
  assert_int_equal(err.pos.line, 3);
  assert_int_equal(err.pos.column, 8);
  sl_err_done(&err);
}

static void test_build__refuses_what_cannot_be_prepared(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"SELECT\n  9223372036854775808 FROM A;", "line 2:4: Invalid numeric literal: 9223372036854775808"},
      {"SELECT -9223372036854775809 FROM A;", "line 1:9: Invalid numeric literal: -9223372036854775809"},
      {"SELECT 1.7976931348623159E308 FROM A;", "line 1:9: Number overflows DOUBLE: 1.7976931348623159E308"},
      {"SELECT -1.7976931348623160E308 FROM A;", "line 1:9: Number overflows DOUBLE: -1.7976931348623160E308"},
      {"SELECT A FROM B LIMIT 2.5;", "Value must be integer for command: LIMIT"},
      {"PRINT T LIMIT 1E1;", "Value must be integer for command: LIMIT"},
      {"PRINT T INTERVAL 1.;", "Value must be integer for command: INTERVAL"},
      {"CREATE STREAM S (A DECIMAL(1.5, 2));", "Value must be integer for command: DECIMAL(PRECISION)"},
      {"CREATE STREAM S (A DECIMAL(4, 2.));", "Value must be integer for command: DECIMAL(SCALE)"},
      {"CREATE STREAM S (A DECIMAL(0, 0));", "DECIMAL precision must be >= 1: DECIMAL(0,0)"},
      {"CREATE STREAM S (A DECIMAL(3, -1));", "DECIMAL scale must be >= 0: DECIMAL(3,-1)"},
      {"CREATE STREAM S (A DECIMAL(3, 4));", "DECIMAL precision must be >= scale: DECIMAL(3,4)"},
      {"CREATE STREAM S (A STRUCT<B INT, b INT>);", "Duplicate field names found in STRUCT: 'B'"},
      {"SELECT STRUCT(A := 1, A := 2) FROM B;", "Duplicate field names found in STRUCT: 'A'"},
      {"SELECT A FROM B WHERE C LIKE 'x' ESCAPE 'ab';", "Expected single character escape but got: ab"},
      {"SELECT A FROM B WHERE C LIKE 'x' ESCAPE '';", "Expected single character escape but got: "},
      {"SELECT A FROM B GROUP BY ();", "GROUP BY requires at least one expression"},
      {"SELECT A FROM B PARTITION BY ();", "PARTITION BY requires at least one expression"},
      {"CREATE STREAM S AS SELECT A FROM B LIMIT 1;", "CREATE STREAM AS SELECT statements don't support LIMIT clause."},
      {"CREATE TABLE S AS SELECT A FROM B LIMIT 1;", "CREATE TABLE AS SELECT statements don't support LIMIT clause."},
      {"INSERT INTO S (A, B) VALUES (1);", "Expected number columns and values to match: 2, 1"},
      {"ASSERT SCHEMA;", "ASSERT SCHEMA statements much include a subject name or an id"},
      {"ASSERT SCHEMA ID 'x';", "ID must be an integer"},
      {"SHOW TABLES; SELECT A FROM `b c`;", "Illegal argument at Line: 1, Col: 28. Source names may only contain "
                                            "alphanumeric values, '_' or '-'. Got: 'b c'"},
      {"SELECT A FROM B AS \"b.c\";", "Illegal argument at Line: 1, Col: 20. Source names may only contain "
                                      "alphanumeric values, '_' or '-'. Got: 'b.c'"},
      {"CREATE STREAM S WITH (A=1, 'a'=2);", "Property 'A' is given more than once in the WITH clause."},
      {"SELECT A 'x' FROM B;", "Unknown type: A, location:Line: 1, Col: 8"},
      {"CREATE STREAM S (H BYTES HEADER(' '));", "Header column must have a non-empty header key name defined"},
      {"CREATE TABLE T (ID INT KEY);",
       "Line: 1, Col: 17: Column `ID` is a 'KEY' column: please use 'PRIMARY KEY' for tables.\nTables have PRIMARY "
       "KEYs, "
       "which are unique and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints."},
      {"CREATE STREAM T (ID INT PRIMARY KEY);",
       "Line: 1, Col: 18: Column `ID` is a 'PRIMARY KEY' column: please use 'KEY' for streams.\nTables have PRIMARY "
       "KEYs, "
       "which are unique and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints."},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal(build_error(cases[i].text),
                        sl_arena_printf(&test_arena, "Failed to prepare statement: %s", cases[i].message));
}

static void test_build__error_carries_its_statement(void **state) {
  (void)state;
  sl_script script;
  sl_err err = {0};
  assert_int_equal(sl_parse(&test_arena, sl_str_of("SHOW TABLES; PRINT T LIMIT 1.0 ; SHOW TABLES;"), 0, &script, &err),
                   SL_E_STATEMENT);
  assert_string_equal(err.statement, "PRINT T LIMIT 1.0 ;");
  sl_err_done(&err);
}

static void test_syntax__error_anywhere_beats_errors_of_building(void **state) {
  (void)state;
  assert_non_null(strstr(syntax_error("PRINT T LIMIT 1.0; SHOW FROM;"), "near 'FROM'"));
}

/* ---- size ---- */
static const char *repeated(const char *before, const char *part, int times, const char *middle, const char *close,
                            const char *after) {
  sl_buf out = {0};
  sl_buf_add_z(&out, before);
  for (int i = 0; i < times; i++) sl_buf_add_z(&out, part);
  sl_buf_add_z(&out, middle);
  for (int i = 0; i < times; i++) sl_buf_add_z(&out, close);
  sl_buf_add_z(&out, after);
  return take(&out);
}

static void test_depth__is_refused_with_a_message(void **state) {
  (void)state;
  const char *message = "Error processing statement: Statement is too large to parse. This may be caused by having too "
                        "many nested expressions in the statement.";
  assert_string_equal(build_error(repeated("SELECT ", "(", 100000, "1", ")", " FROM A;")), message);
}

static void test_depth__counts_trees_of_every_kind(void **state) {
  (void)state;
  const char *too_large = "too large to parse";
  assert_non_null(strstr(build_error(repeated("SELECT 1", "", 100000, "", " + 1", " FROM A;")), too_large));
  assert_non_null(strstr(build_error(repeated("SELECT ", "f(", 100000, "1", ")", " FROM A;")), too_large));
  assert_non_null(strstr(build_error(repeated("SELECT ", "NOT ", 100000, "1", "", " FROM A;")), too_large));
  assert_non_null(strstr(build_error(repeated("CREATE TYPE T AS ", "ARRAY<", 100000, "INT", ">", ";")), too_large));
  assert_non_null(strstr(build_error(repeated("CREATE TYPE T AS INT", "", 100000, "", " ARRAY", ";")), too_large));
  assert_non_null(strstr(build_error(repeated("", "EXPLAIN ", 100000, "SHOW TABLES", "", ";")), too_large));
  /* Long is not deep. */
  parse(repeated("SELECT f(1", ", 1", 100000, "", "", ") FROM A;"));
  parse(repeated("SELECT 1", "", 1000, "", " OR 1", " FROM A;"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_syntax__names_what_was_expected),
      cmocka_unit_test(test_syntax__tells_of_one_missing_token),
      cmocka_unit_test(test_syntax__explains_reserved_words),
      cmocka_unit_test(test_syntax__suggests_a_statement),
      cmocka_unit_test(test_syntax__tells_of_a_missing_end),
      cmocka_unit_test(test_syntax__points_at_what_cannot_go_on),
      cmocka_unit_test(test_syntax__refuses_what_the_language_lacks),
      cmocka_unit_test(test_syntax__error_carries_the_source_line),
      cmocka_unit_test(test_build__refuses_what_cannot_be_prepared),
      cmocka_unit_test(test_build__error_carries_its_statement),
      cmocka_unit_test(test_syntax__error_anywhere_beats_errors_of_building),
      cmocka_unit_test(test_depth__is_refused_with_a_message),
      cmocka_unit_test(test_depth__counts_trees_of_every_kind),
  };
  return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
