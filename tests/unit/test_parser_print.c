/* Canonical text: expressions (sql.md 2.9), statements (7.1), and that printing loses nothing. */
#include "tests/unit/parser_testing.h"

static const sl_expr *expr(const char *text) {
  const sl_expr *e = NULL;
  sl_err err = {0};
  if (sl_parse_expr(&test_arena, sl_str_of(text), &e, &err)) fail_msg("%s\n%s", text, err.message);
  return e;
}

static void test_expr_text__is_canonical(void **state) {
  (void)state;
  static const struct {
    const char *text, *printed;
  } cases[] = {
      {"a+b*c", "(A + (B * C))"},
      {"a-b-c", "((A - B) - C)"},
      {"a % b / c", "((A % B) / C)"},
      {"a || b || c", "concat(concat(A, B), C)"},
      {"a + b || c", "concat((A + B), C)"},
      {"a or b and not c = d", "(A OR (B AND (NOT (C = D))))"},
      {"a != b", "(A <> B)"},
      {"a is null", "(A IS NULL)"},
      {"a is not null", "(A IS NOT NULL)"},
      {"a is distinct from b", "(A IS DISTINCT FROM B)"},
      {"a is not distinct from b", "(NOT (A IS DISTINCT FROM B))"},
      {"a between 1 and 2 and c", "((A BETWEEN 1 AND 2) AND C)"},
      {"a not between 1 and 2", "(NOT (A BETWEEN 1 AND 2))"},
      {"a in (1, b = c)", "(A IN (1, (B = C)))"},
      {"a not in ('x')", "(NOT (A IN ('x')))"},
      {"a like 'x%' escape '!'", "(A LIKE 'x%' ESCAPE '!')"},
      {"a not like b", "(NOT (A LIKE B))"},
      {"-a", "-A"},
      {"- -a", "- -A"},
      {"+-a", "+-A"},
      {"- -5", "- -5"},
      {"-(5)", "-(5)"},
      {"-a * b", "(-A * B)"},
      {"a - -1", "(A - -1)"},
      {"case when a then b else c end", "(CASE WHEN A THEN B ELSE C END)"},
      {"case a when 1 then b when 2 then c end", "(CASE A WHEN 1 THEN B WHEN 2 THEN C END)"},
      {"cast(a as varchar)", "CAST(A AS STRING)"},
      {"cast(a as decimal(4,2))", "CAST(A AS DECIMAL(4, 2))"},
      {"cast(a as int array)", "CAST(A AS ARRAY<INTEGER>)"},
      {"cast(a as map<varchar(10), struct<b bigint, \"c\" my_type>>)",
       "CAST(A AS MAP<STRING, STRUCT<B BIGINT, `c` MY_TYPE>>)"},
      {"cast(a as struct< >)", "CAST(A AS STRUCT< >)"},
      {"array[1, a]", "ARRAY[1, A]"},
      {"array[]", "ARRAY[]"},
      {"map('a' := 1, b := 2)", "MAP('a':=1, B:=2)"},
      {"map()", "MAP()"},
      {"struct(f := 1, \"g\" := 2)", "STRUCT(F:=1, g:=2)"},
      {"struct()", "STRUCT()"},
      {"a[1][b]", "A[1][B]"},
      {"s.a->b->c[1]->d", "S.A->B->C[1]->D"},
      {"count(*)", "COUNT(*)"},
      {"greatest(*)", "GREATEST()"},
      {"f(a, days, x => x, (y, z) => y + z)", "F(A, DAYS, (X) => X, (Y, Z) => (Y + Z))"},
      {"'it''s'", "'it''s'"},
      {"null", "null"},
      {"TRUE", "true"},
      {"007", "7"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1.50", "1.50"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"1.5e0", "1.5E0"},
      {"1E3", "1E3"},
      {"15.0e-4", "1.5E-3"},
      {"0e5", "0E0"},
      {"1.7976931348623157E308", "1.7976931348623157E308"},
      {"a at time zone 'UTC'", "A AT TIME ZONE 'UTC'"},
      {"`DECIMAL` '1.5'", "DECIMAL '1.5'"},
      {"${x} + 1", "(${x} + 1)"},
      {"((a))", "A"},
      {"a--1\n", "A"},
      {"a /* b */ + /***/ c", "(A + C)"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const sl_expr *e = expr(cases[i].text);
    assert_string_equal(sl_expr_text(&test_arena, e), cases[i].printed);
    sl_buf quoted = {0};
    sl_print_expr(&quoted, e, true);
    assert_true(sl_expr_equal(e, expr(take(&quoted))));
  }
}

static void test_expr_text__quotes_only_for_the_formatter(void **state) {
  (void)state;
  const sl_expr *e = expr("`a b`.`c`->`D`[`e`] + \"F\"");
  sl_buf out = {0};
  sl_print_expr(&out, e, true);
  assert_string_equal(take(&out), "(`a b`.`c`->D[`e`] + F)");
  assert_string_equal(sl_expr_text(&test_arena, e), "(a b.c->D[e] + F)");
}

static void test_expr_equal__is_structural(void **state) {
  (void)state;
  assert_true(sl_expr_equal(expr("a + f(1)"), expr(" A+F( 1 ) ")));
  assert_false(sl_expr_equal(expr("a + b"), expr("b + a")));
  assert_false(sl_expr_equal(expr("a = b"), expr("a < b")));
  assert_false(sl_expr_equal(expr("s.a"), expr("a")));
  assert_false(sl_expr_equal(expr("cast(a as int)"), expr("cast(a as bigint)")));
  assert_false(sl_expr_equal(expr("'a'"), expr("'b'")));
  assert_false(sl_expr_equal(expr("struct(a := 1)"), expr("struct(b := 1)")));
}

static bool count_columns(const sl_expr *e, void *ctx) {
  if (e->kind == SL_EXPR_COLUMN) ++*(int *)ctx;
  return e->kind != SL_EXPR_CALL;
}

static sl_expr *qualify(const sl_expr *e, void *ctx) {
  (void)ctx;
  return e->kind == SL_EXPR_COLUMN ? sl_expr_column(&test_arena, sl_str_of("S"), e->name, e->pos) : NULL;
}

static void test_expr_walk__visits_and_rewrites(void **state) {
  (void)state;
  const sl_expr *e = expr("a + case when b then f(c) else d end");
  int count = 0;
  sl_expr_walk(e, count_columns, &count);
  assert_int_equal(count, 3);
  const sl_expr *rewritten = sl_expr_rewrite(&test_arena, e, qualify, NULL);
  assert_string_equal(sl_expr_text(&test_arena, rewritten), "(S.A + (CASE WHEN S.B THEN F(S.C) ELSE S.D END))");
  assert_string_equal(sl_expr_text(&test_arena, e), "(A + (CASE WHEN B THEN F(C) ELSE D END))");
}

static void test_statement_text__is_canonical(void **state) {
  (void)state;
  static const struct {
    const char *text, *printed;
  } cases[] = {
      {"create table output as select test.f2 f2, count(*) ksql_col_0 from test group by test.f2;",
       "CREATE TABLE OUTPUT AS SELECT\n  TEST.F2 F2,\n  COUNT(*) KSQL_COL_0\nFROM TEST TEST\nGROUP BY TEST.F2\nEMIT "
       "CHANGES;"},
      {"select * from s emit final limit 3;", "SELECT *\nFROM S S\nEMIT FINAL\nLIMIT 3"},
      {"select * from s;", "SELECT *\nFROM S S"},
      {"select * from l join r within 10 seconds on l.a = r.a left join t u on b full join v on c right outer join w "
       "on d;",
       "SELECT *\nFROM L L\nINNER JOIN R R WITHIN 10 SECONDS ON ((L.A = R.A))\nLEFT OUTER JOIN T U ON (B)\n"
       "FULL OUTER JOIN V V ON (C)\nRIGHT OUTER JOIN W W ON (D)"},
      {"select a from l join r within (1 hour, 2 days) grace period 1 minute on x;",
       "SELECT A\nFROM L L\nINNER JOIN R R WITHIN (1 HOURS, 2 DAYS) GRACE PERIOD 1 MINUTES ON (X)"},
      {"select a from s window tumbling (size 30 seconds) where b > 1 group by a, c partition by d having e;",
       "SELECT A\nFROM S S\nWINDOW TUMBLING ( SIZE 30 SECONDS ) \nWHERE (B > 1)\nGROUP BY A, C\nPARTITION BY D\nHAVING "
       "E"},
      {"select a from s window w session (1 millisecond, retention 2 days, grace period 3 hours) group by (a, b);",
       "SELECT A\nFROM S S\nWINDOW SESSION ( 1 MILLISECONDS , RETENTION 2 DAYS , GRACE PERIOD 3 HOURS ) \nGROUP BY A, "
       "B"},
      {"create or replace source table if not exists t (`a` int primary key, b decimal(3,1), h bytes header('x'), i "
       "array<int> "
       "headers) with (value_format='JSON', 'kafka_topic'='t''', partitions=-1, x=true, y=null);",
       "CREATE OR REPLACE SOURCE TABLE IF NOT EXISTS T (`a` INTEGER PRIMARY KEY, B DECIMAL(3, 1), H BYTES HEADER('x'), "
       "I ARRAY<INTEGER> HEADERS) WITH (KAFKA_TOPIC='t''', PARTITIONS=-1, VALUE_FORMAT='JSON', X=true, Y=null);"},
      {"insert into s select a from b;", "INSERT INTO S SELECT A\nFROM B B\nEMIT CHANGES"},
      {"insert into s (a, b) values (1, -x);", "INSERT INTO S (A, B) VALUES (1, -X)"},
      {"insert into s values ();", "INSERT INTO S VALUES ()"},
      {"create sink connector c with ('a.b'='x', \"C\"=1);", "CREATE SINK CONNECTOR C WITH (C=1, `a.b`='x');"},
      {"alter stream s add a int, add column b int;", "ALTER STREAM S ADD COLUMN A INTEGER, ADD COLUMN B INTEGER"},
      {"list all topics extended;", "SHOW ALL TOPICS EXTENDED"},
      {"show source connectors;", "SHOW SOURCE CONNECTORS"},
      {"describe tables extended;", "DESCRIBE TABLES EXTENDED"},
      {"describe `TABLES`;", "DESCRIBE `TABLES`"},
      {"describe function Foo;", "DESCRIBE FUNCTION Foo"},
      {"explain create stream s as select a from b;", "EXPLAIN CREATE STREAM S AS SELECT A\nFROM B B\nEMIT CHANGES"},
      {"explain ctas_a_1;", "EXPLAIN CTAS_A_1"},
      {"print MyTopic from beginning interval 2 limit 3;", "PRINT MyTopic FROM BEGINNING INTERVAL 2 LIMIT 3"},
      {"print 'my-topic' sample 2;", "PRINT 'my-topic' INTERVAL 2"},
      {"terminate all;", "TERMINATE ALL"},
      {"set 'a'='b';", "SET 'a'='b'"},
      {"alter system 'a'='b';", "ALTER SYSTEM 'a'='b'"},
      {"define aB = '''x''';", "DEFINE aB='''x'''"},
      {"assert not exists topic Foo with (partitions=1) timeout 10 seconds;",
       "ASSERT NOT EXISTS TOPIC Foo WITH (PARTITIONS=1) TIMEOUT 10 SECONDS"},
      {"assert schema subject 'a b' id 3 timeout 1 day;", "ASSERT SCHEMA SUBJECT 'a b' ID 3 TIMEOUT 1 DAYS"},
      {"drop stream if exists s delete topic;", "DROP STREAM IF EXISTS S DELETE TOPIC"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const sl_statement *statement = parse(cases[i].text);
    assert_string_equal(formatted(statement), cases[i].printed);
    assert_true(round_trips(&test_arena, statement));
  }
}

static void test_statement__keeps_its_text_and_places(void **state) {
  (void)state;
  sl_script script = parse_with("  -- first\n  EXPLAIN /* a */ SELECT\n\tA FROM B ;SHOW TABLES;", 0);
  assert_int_equal(script.count, 2);
  const sl_statement *explain = script.statements[0];
  assert_true(sl_str_eq_z(explain->text, "EXPLAIN /* a */ SELECT\n\tA FROM B ;"));
  assert_int_equal(explain->pos.line, 2);
  assert_int_equal(explain->pos.column, 3);
  const sl_statement *select = ((const sl_stmt_explain *)explain)->statement;
  assert_true(sl_str_eq_z(select->text, "SELECT\n\tA FROM B ;"));
  const sl_expr *a = ((const sl_stmt_query *)select)->query->items[0].expr;
  assert_int_equal(a->pos.line, 3);
  assert_int_equal(a->pos.column, 2);
  assert_true(sl_str_eq_z(script.statements[1]->text, "SHOW TABLES;"));
}

static void test_scanner__keeps_its_quirks(void **state) {
  (void)state;
  /* A bare "--" swallows the line after it; "--@" is a comment; a digit identifier is a name. */
  assert_int_equal(parse_with("SHOW TABLES;\n--\nthis is not read\nSHOW TYPES;", 0).count, 2);
  assert_int_equal(parse_with("--@test: x\nSHOW TYPES;", 0).count, 1);
  assert_string_equal(formatted(parse("SELECT 1abc, 2_x, 5e3, 12 FROM 3s;")),
                      "SELECT\n  1ABC,\n  2_X,\n  5E3,\n  12\nFROM 3S 3S");
  assert_int_equal(parse_with("", 0).count, 0);
  assert_int_equal(parse_with("-- only this", 0).count, 0);
}

static void test_parse__optional_end_adds_the_last_semicolon(void **state) {
  (void)state;
  sl_script script = parse_with("SHOW TABLES; SELECT A FROM B -- end", SL_PARSE_OPTIONAL_END);
  assert_int_equal(script.count, 2);
  assert_true(sl_str_eq_z(script.statements[1]->text, "SELECT A FROM B"));
  assert_int_equal(parse_with("SHOW TABLES; ", SL_PARSE_OPTIONAL_END).count, 1);
  parse_error_with("SELECT A FROM", SL_PARSE_OPTIONAL_END, SL_E_SYNTAX);
}

static void test_parse_parts__types_and_elements(void **state) {
  (void)state;
  const sl_ast_type *type;
  sl_err err = {0};
  assert_int_equal(sl_parse_type(&test_arena, sl_str_of("map<string, decimal(3, 1)> array"), &type, &err), 0);
  sl_buf out = {0};
  sl_print_type(&out, type);
  assert_string_equal(take(&out), "ARRAY<MAP<STRING, DECIMAL(3, 1)>>");
  const sl_element *elements;
  int count;
  assert_int_equal(sl_parse_elements(&test_arena, sl_str_of("K STRING KEY, `v` INT"), &elements, &count, &err), 0);
  assert_int_equal(count, 2);
  assert_int_equal(elements[0].kind, SL_ELEMENT_KEY);
  assert_true(sl_str_eq_z(elements[1].name, "v"));
  assert_int_equal(sl_parse_type(&test_arena, sl_str_of("INT INT"), &type, &err), SL_E_SYNTAX);
  sl_err_done(&err);
  assert_int_equal(sl_parse_elements(&test_arena, sl_str_of(""), &elements, &count, &err), SL_E_SYNTAX);
  sl_err_done(&err);
}

static void test_span_ms__saturates(void **state) {
  (void)state;
  assert_int_equal(sl_span_ms(&(sl_span){3, SL_UNIT_HOURS, true}), 10800000);
  assert_int_equal(sl_span_ms(&(sl_span){INT64_MAX / 2, SL_UNIT_DAYS, true}), INT64_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_expr_text__is_canonical),
      cmocka_unit_test(test_expr_text__quotes_only_for_the_formatter),
      cmocka_unit_test(test_expr_equal__is_structural),
      cmocka_unit_test(test_expr_walk__visits_and_rewrites),
      cmocka_unit_test(test_statement_text__is_canonical),
      cmocka_unit_test(test_statement__keeps_its_text_and_places),
      cmocka_unit_test(test_scanner__keeps_its_quirks),
      cmocka_unit_test(test_parse__optional_end_adds_the_last_semicolon),
      cmocka_unit_test(test_parse_parts__types_and_elements),
      cmocka_unit_test(test_span_ms__saturates),
  };
  return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
