/* Functions by example: ordinary values, NULL in each place, edges. */
#include "expressions_support.h"

static int setup(void **state) {
  static bench b;
  bench_init(&b);
  bench_column(&b, "NS", "STRING", "NULL");
  bench_column(&b, "NI", "INTEGER", "NULL");
  bench_column(&b, "ND", "DOUBLE", "NULL");
  bench_column(&b, "NA", "ARRAY<INTEGER>", "NULL");
  bench_column(&b, "NM", "MAP<STRING, INTEGER>", "NULL");
  bench_column(&b, "S", "STRING", "'stream'");
  bench_column(&b, "I", "INTEGER", "5");
  bench_column(&b, "L", "BIGINT", "6");
  bench_column(&b, "D", "DOUBLE", "2.5");
  bench_column(&b, "A", "ARRAY<INTEGER>", "ARRAY[5, NULL, 7]");
  bench_column(&b, "M", "MAP<STRING, INTEGER>", "MAP('a' := 1, 'b' := 2)");
  bench_column(&b, "RAW", "BYTES", "'YWJj'");
  bench_column(&b, "DEC", "DECIMAL(4, 2)", "12.34");
  bench_column(&b, "PATTERN", "STRING", "'(.)t'");
  *state = &b;
  return 0;
}

static void test_function__case_and_trim(void **state) {
  bench_check(state, (const example[]){{"UCASE('aß')", "STRING ASS"},
                                       {"UCASE(NS)", "STRING null"},
                                       {"LCASE('ÀB')", "STRING àb"},
                                       {"LCASE('ΑΣ')", "STRING ας"},
                                       {"LCASE('')", "STRING "},
                                       {"INITCAP('the quick\tFOX')", "STRING The Quick\tFox"},
                                       {"INITCAP('  a  b ')", "STRING A  B "},
                                       {"INITCAP('élan ÉTAT')", "STRING Élan État"},
                                       {"INITCAP(NS)", "STRING null"},
                                       {"TRIM('  a b ')", "STRING a b"},
                                       {"TRIM('   ')", "STRING "},
                                       {"LEN('abc')", "INTEGER 3"},
                                       {"LEN('a😀')", "INTEGER 3"},
                                       {"LEN(RAW)", "INTEGER 3"},
                                       {"LEN('YQ==')", "INTEGER 4"},
                                       {"LEN(NS)", "INTEGER null"},
                                       {0}});
}

static void test_function__substring(void **state) {
  bench_check(state, (const example[]){{"SUBSTRING('stream', 1, 4)", "STRING stre"},
                                       {"SUBSTRING('some string', 0, 2)", "STRING so"},
                                       {"SUBSTRING('stream', 3)", "STRING ream"},
                                       {"SUBSTRING('stream', -3)", "STRING eam"},
                                       {"SUBSTRING('stream', -9, 2)", "STRING st"},
                                       {"SUBSTRING('stream', 9)", "STRING "},
                                       {"SUBSTRING('stream', 2, -1)", "STRING "},
                                       {"SUBSTRING('aé😀z', 2, 1)", "STRING é"},
                                       {"SUBSTRING('aé😀z', 3, 2)", "STRING 😀"},
                                       {"SUBSTRING('aé😀z', 4)", "STRING ?z"},
                                       {"SUBSTRING(S, NULL)", "STRING null"},
                                       {"SUBSTRING(NS, 1)", "STRING null"},
                                       {"SUBSTRING(RAW, 2, 1)", "BYTES \"Yg==\""},
                                       {0}});
}

static void test_function__join_and_replace(void **state) {
  bench_check(state, (const example[]){{"CONCAT('a', NS, 'b')", "STRING ab"},
                                       {"CONCAT()", "STRING "},
                                       {"'a' || 'b' || NS", "STRING ab"},
                                       {"CONCAT(NS)", "STRING "},
                                       {"CONCAT('YQ==', RAW)", "BYTES \"YWFiYw==\""},
                                       {"CONCAT_WS(', ', 'a', NULL, 'b')", "STRING a, b"},
                                       {"CONCAT_WS(NS, 'a')", "STRING null"},
                                       {"CONCAT_WS('x')", "STRING null"},
                                       {"REPLACE('a-b-c', '-', '+')", "STRING a+b+c"},
                                       {"REPLACE('abc', '', 'n')", "STRING nanbncn"},
                                       {"REPLACE('aaa', 'aa', '')", "STRING a"},
                                       {"REPLACE(S, 'x', NS)", "STRING null"},
                                       {0}});
}

static void test_function__pad(void **state) {
  bench_check(state, (const example[]){{"LPAD('foo', 7, 'Bar')", "STRING BarBfoo"},
                                       {"RPAD('foo', 7, 'Bar')", "STRING fooBarB"},
                                       {"LPAD('foo', 2, 'Bar')", "STRING fo"},
                                       {"LPAD('foo', 0, 'Bar')", "STRING "},
                                       {"LPAD('foo', -1, 'Bar')", "STRING null"},
                                       {"RPAD('foo', 5, '')", "STRING null"},
                                       {"RPAD('é', 3, 'ü')", "STRING éüü"},
                                       {"LPAD('x', 2000000000, 'y')", "STRING null"},
                                       {"RPAD(RAW, 5, RAW)", "BYTES \"YWJjYWI=\""},
                                       {"LPAD(RAW, 2, RAW)", "BYTES \"YWI=\""},
                                       {0}});
}

static void test_function__split(void **state) {
  bench_check(state, (const example[]){{"SPLIT('.a.', '.')", "ARRAY<STRING> [\"\",\"a\",\"\"]"},
                                       {"SPLIT('a', '.')", "ARRAY<STRING> [\"a\"]"},
                                       {"SPLIT('', '.')", "ARRAY<STRING> [\"\"]"},
                                       {"SPLIT('ab', '')", "ARRAY<STRING> [\"a\",\"b\"]"},
                                       {"SPLIT('é😀', '')", "ARRAY<STRING> [\"é\",\"?\",\"?\"]"},
                                       {"SPLIT('', '')", "ARRAY<STRING> [\"\"]"},
                                       {"SPLIT(NS, '')", "ARRAY<STRING> null"},
                                       {"SPLIT_TO_MAP('a=1;b=2;;c;a=3=4', ';', '=')", "MAP<STRING, STRING> {a=3, b=2}"},
                                       {"SPLIT_TO_MAP('a=1', ';', ';')", "MAP<STRING, STRING> null"},
                                       {"SPLIT_TO_MAP('', ';', '=')", "MAP<STRING, STRING> {}"},
                                       {0}});
}

static void test_function__regexp(void **state) {
  bench_check(state,
              (const example[]){{"REGEXP_EXTRACT('(.*) (.*)', 'hello there', 2)", "STRING there"},
                                {"REGEXP_EXTRACT('t..', S)", "STRING tre"},
                                {"REGEXP_EXTRACT(PATTERN, S, 1)", "STRING s"},
                                {"REGEXP_EXTRACT('x', S)", "STRING null"},
                                {"REGEXP_EXTRACT('(s)', S, 3)", "STRING null"},
                                {"REGEXP_EXTRACT('(s)', S, -1)", "STRING null"},
                                {"REGEXP_EXTRACT('(s', S)", "STRING null"},
                                {"REGEXP_EXTRACT(NS, S)", "STRING null"},
                                {"REGEXP_EXTRACT('(?<last>m)$', S, 1)", "STRING m"},
                                {"REGEXP_EXTRACT_ALL('[a-z&&[^rm]]', S)", "ARRAY<STRING> [\"s\",\"t\",\"e\",\"a\"]"},
                                {"REGEXP_EXTRACT_ALL('(a)|(b)', 'ab', 1)", "ARRAY<STRING> [\"a\",null]"},
                                {"REGEXP_EXTRACT_ALL('\\p{Upper}\\u0042', 'ABxAB')", "ARRAY<STRING> [\"AB\",\"AB\"]"},
                                {"REGEXP_EXTRACT_ALL('z', S)", "ARRAY<STRING> []"},
                                {"REGEXP_REPLACE('aaa', 'a*', 'x')", "STRING xx"},
                                {"REGEXP_REPLACE('abc', '(a)(b)', '$2$1\\$${1}')", "STRING null"},
                                {"REGEXP_REPLACE('abc', '(?<x>a)(b)', '$2$1\\$${x}')", "STRING ba$ac"},
                                {"REGEXP_REPLACE('abc', 'b', '$')", "STRING null"},
                                {"REGEXP_REPLACE('abc', 'b', '$1')", "STRING null"},
                                {"REGEXP_REPLACE('abc', 'z', 'y')", "STRING abc"},
                                {"REGEXP_SPLIT_TO_ARRAY('aabcda', '(ab|cd)')", "ARRAY<STRING> [\"a\",\"\",\"a\"]"},
                                {"REGEXP_SPLIT_TO_ARRAY('x-y', '.')", "ARRAY<STRING> [\"\",\"\",\"\",\"\"]"},
                                {"REGEXP_SPLIT_TO_ARRAY('abc', '')", "ARRAY<STRING> [\"a\",\"b\",\"c\"]"},
                                {"REGEXP_SPLIT_TO_ARRAY('A', '^')", "ARRAY<STRING> [\"A\"]"},
                                {"REGEXP_SPLIT_TO_ARRAY('axxb', 'x*')", "ARRAY<STRING> [\"a\",\"\",\"b\"]"},
                                {"REGEXP_SPLIT_TO_ARRAY('', 'x*')", "ARRAY<STRING> [\"\"]"},
                                {"REGEXP_SPLIT_TO_ARRAY('aéb', 'é')", "ARRAY<STRING> [\"a\",\"b\"]"},
                                {0}});
  bench *b = *state;
  bench_eval(b, "REGEXP_REPLACE(S, '(', 'x')");
  assert_string_equal(b->error, "Invalid regular expression pattern: (");
  bench_eval(b, "REGEXP_EXTRACT('(x+x+)+[yz]', RPAD('', 4000, 'x'))");
  assert_non_null(strstr(b->error, "too many steps"));
}

static void test_function__like(void **state) {
  bench_check(state, (const example[]){{"S LIKE 'str%'", "BOOLEAN true"},
                                       {"S LIKE '%eam'", "BOOLEAN true"},
                                       {"S LIKE '%r%a%'", "BOOLEAN true"},
                                       {"S LIKE '%a%r%'", "BOOLEAN false"},
                                       {"S LIKE 's_ream'", "BOOLEAN true"},
                                       {"S LIKE 'S%'", "BOOLEAN false"},
                                       {"S LIKE 'stream'", "BOOLEAN true"},
                                       {"S LIKE ''", "BOOLEAN false"},
                                       {"'' LIKE '%'", "BOOLEAN true"},
                                       {"S LIKE '%_m'", "BOOLEAN true"},
                                       {"'aé' LIKE 'a_'", "BOOLEAN true"},
                                       {"'a\nb' LIKE 'a%b'", "BOOLEAN false"},
                                       {"'a\nb' LIKE 'a%\n%b'", "BOOLEAN true"},
                                       {"'a\nb' LIKE 'a_b'", "BOOLEAN false"},
                                       {"'50%' LIKE '50!%' ESCAPE '!'", "BOOLEAN true"},
                                       {"'50x' LIKE '50!%' ESCAPE '!'", "BOOLEAN false"},
                                       {"'a_b!' LIKE '%!_b!!' ESCAPE '!'", "BOOLEAN true"},
                                       {"S LIKE S", "BOOLEAN true"},
                                       {"NS LIKE 'a'", "BOOLEAN null"},
                                       {"S NOT LIKE 'x%'", "BOOLEAN true"},
                                       {"'abab' LIKE '%ab'", "BOOLEAN true"},
                                       {"'xay' LIKE '%a_'", "BOOLEAN true"},
                                       {0}});
  bench *b = *state;
  bench_eval(b, "S LIKE 'a!' ESCAPE '!'");
  assert_string_equal(b->error, "LIKE pattern must not end with escape character");
}

static void test_function__numbers(void **state) {
  bench_check(state, (const example[]){{"ABS(-5)", "INTEGER 5"},
                                       {"ABS(-2147483648)", "INTEGER -2147483648"},
                                       {"ABS(-1.25)", "DECIMAL(3, 2) 1.25"},
                                       {"ABS(NI)", "INTEGER null"},
                                       {"CEIL(1.2)", "DECIMAL(2, 1) 2.0"},
                                       {"FLOOR(-1.1)", "DECIMAL(2, 1) -2.0"},
                                       {"FLOOR(D)", "DOUBLE 2.0"},
                                       {"CEIL(I)", "INTEGER 5"},
                                       {"SQRT(9)", "DOUBLE 3.0"},
                                       {"SQRT(-1)", "DOUBLE NaN"},
                                       {"SQRT(2.25)", "DOUBLE 1.5"},
                                       {"SIGN(-3)", "INTEGER -1"},
                                       {"SIGN(DEC)", "INTEGER 1"},
                                       {"EXP(3)", "DOUBLE 20.085536923187668"},
                                       {"LN(0)", "DOUBLE -Infinity"},
                                       {"LN(ND)", "DOUBLE null"},
                                       {"CBRT(3)", "DOUBLE 1.4422495703074083"},
                                       {"LOG(13)", "DOUBLE 2.5649493574615367"},
                                       {"LOG(1, 5)", "DOUBLE NaN"},
                                       {"POWER(2, 10)", "DOUBLE 1024.0"},
                                       {"COT(0)", "DOUBLE Infinity"},
                                       {"PI()", "DOUBLE 3.141592653589793"},
                                       {"RANDOM() >= 0 AND RANDOM() < 1", "BOOLEAN true"},
                                       {0}});
}

static void test_function__rounding(void **state) {
  bench_check(state,
              (const example[]){{"ROUND(-1.5E0)", "BIGINT -1"},
                                {"ROUND(1.5E0)", "BIGINT 2"},
                                {"ROUND(-2.5E0)", "BIGINT -2"},
                                {"ROUND(0.49999999999999994E0)", "BIGINT 0"},
                                {"ROUND(1E300)", "BIGINT 9223372036854775807"},
                                {"ROUND(2.55E0, 1)", "DOUBLE 2.6"},
                                {"ROUND(1234.5E0, -2)", "DOUBLE 1200.0"},
                                {"ROUND(-1.45E0, 1)", "DOUBLE -1.4"},
                                {"ROUND(1.5E0, 2000000000)", "DOUBLE 1.5"},
                                {"ROUND(1.5E0, -2000000000)", "DOUBLE 0.0"},
                                {"ROUND(12345678987654321.2345678987654321, -2)",
                                 "DECIMAL(33, 16) 12345678987654300.0000000000000000"},
                                {"ROUND(DEC)", "DECIMAL(2, 0) 12"},
                                {"ROUND(DEC, 1)", "DECIMAL(4, 2) 12.30"},
                                {"ROUND(-0.25, 1)", "DECIMAL(3, 2) -0.20"},
                                {"ROUND(0.25, 1)", "DECIMAL(3, 2) 0.30"},
                                {"ROUND(I)", "BIGINT 5"},
                                {"ROUND(NI)", "BIGINT null"},
                                {"ROUND(ND)", "BIGINT null"},
                                {"TRUNC(-1.9E0)", "BIGINT -1"},
                                {"TRUNC(DEC, 1)", "DECIMAL(4, 2) 12.30"},
                                {"GENERATE_SERIES(1, 5, 2)", "ARRAY<INTEGER> [1,3,5]"},
                                {"GENERATE_SERIES(3, 3)", "ARRAY<INTEGER> [3]"},
                                {"GENERATE_SERIES(3, 1)", "ARRAY<INTEGER> [3,2,1]"},
                                {"GENERATE_SERIES(1, L)", "ARRAY<BIGINT> [1,2,3,4,5,6]"},
                                {"GENERATE_SERIES(1, 5, 0)", "ARRAY<INTEGER> null"},
                                {"GENERATE_SERIES(1, 5, -1)", "ARRAY<INTEGER> null"},
                                {"GENERATE_SERIES(NI, 5)", "ARRAY<INTEGER> null"},
                                {"GENERATE_SERIES(-9223372036854775808, 9223372036854775807)", "ARRAY<BIGINT> null"},
                                {0}});
  bench *b = *state;
  bench_eval(b, "ROUND(NI)");
  assert_string_not_equal(b->error, ""); /* INT! */
  bench_eval(b, "ROUND(ND)");
  assert_string_equal(b->error, "");
}

static void test_function__choices(void **state) {
  bench_check(state, (const example[]){{"GREATEST(1, 3, NI)", "INTEGER 3"},
                                       {"GREATEST(NI, NI)", "INTEGER null"},
                                       {"LEAST(2, 1.5, D)", "DOUBLE 1.5"},
                                       {"GREATEST(DEC, CAST(1.234567 AS DECIMAL(7, 6)))", "DECIMAL(8, 6) 12.340000"},
                                       {"LEAST('b', 'a', NS)", "STRING a"},
                                       {"GREATEST(5)", "INTEGER 5"},
                                       {"GREATEST(RAW, 'YWJk')", "BYTES \"YWJk\""},
                                       {"COALESCE(NS, 'a')", "STRING a"},
                                       {"COALESCE(NS, NULL)", "STRING null"},
                                       {"IFNULL(NI, 3)", "INTEGER 3"},
                                       {"NULLIF(I, 5)", "INTEGER null"},
                                       {"NULLIF(I, NULL)", "INTEGER 5"},
                                       {"AS_VALUE(S)", "STRING stream"},
                                       {0}});
}

static void test_function__arrays(void **state) {
  bench_check(state, (const example[]){{"ARRAY_LENGTH(A)", "INTEGER 3"},
                                       {"ARRAY_LENGTH(NA)", "INTEGER null"},
                                       {"ARRAY_CONTAINS(A, 7)", "BOOLEAN true"},
                                       {"ARRAY_CONTAINS(A, NI)", "BOOLEAN true"},
                                       {"ARRAY_CONTAINS(A, 8)", "BOOLEAN false"},
                                       {"ARRAY_CONTAINS(NA, 8)", "BOOLEAN false"},
                                       {"ARRAY_CONCAT(A, ARRAY[1])", "ARRAY<INTEGER> [5,null,7,1]"},
                                       {"ARRAY_CONCAT(NA, A)", "ARRAY<INTEGER> [5,null,7]"},
                                       {"ARRAY_DISTINCT(ARRAY[1, NULL, 1, NULL, 2])", "ARRAY<INTEGER> [1,null,2]"},
                                       {"ARRAY_EXCEPT(A, ARRAY[7, 9])", "ARRAY<INTEGER> [5,null]"},
                                       {"ARRAY_INTERSECT(A, ARRAY[NULL, 7, 9])", "ARRAY<INTEGER> [null,7]"},
                                       {"ARRAY_UNION(A, ARRAY[7, 9])", "ARRAY<INTEGER> [5,null,7,9]"},
                                       {"ARRAY_UNION(A, NA)", "ARRAY<INTEGER> null"},
                                       {"ARRAY_JOIN(ARRAY[1.10, NULL])", "STRING 1.10,null"},
                                       {"ARRAY_JOIN(A, NS)", "STRING 5null7"},
                                       {"ARRAY_JOIN(ARRAY[A])", "STRING null"},
                                       {"ARRAY_MAX(A)", "INTEGER 7"},
                                       {"ARRAY_MIN(ARRAY['b', 'a'])", "STRING a"},
                                       {"ARRAY_MAX(ARRAY[NI])", "INTEGER null"},
                                       {"ARRAY_REMOVE(A, NI)", "ARRAY<INTEGER> [5,7]"},
                                       {"ARRAY_SORT(A)", "ARRAY<INTEGER> [5,7,null]"},
                                       {"ARRAY_SORT(A, 'Desc')", "ARRAY<INTEGER> [7,5,null]"},
                                       {"ARRAY_SORT(A, 'down')", "ARRAY<INTEGER> null"},
                                       {"SLICE(A, 2, 3)", "ARRAY<INTEGER> [null,7]"},
                                       {"SLICE(A, NULL, 1)", "ARRAY<INTEGER> [5]"},
                                       {"SLICE(A, 2, 1)", "ARRAY<INTEGER> []"},
                                       {"SLICE(A, 0, 1)", "ARRAY<INTEGER> null"},
                                       {"SLICE(A, 1, 4)", "ARRAY<INTEGER> null"},
                                       {0}});
}

static void test_function__maps(void **state) {
  bench_check(state,
              (const example[]){{"MAP_KEYS(M)", "ARRAY<STRING> [\"a\",\"b\"]"},
                                {"MAP_VALUES(M)", "ARRAY<INTEGER> [1,2]"},
                                {"MAP_KEYS(NM)", "ARRAY<STRING> null"},
                                {"MAP_UNION(M, MAP('b' := 3, 'c' := 4))", "MAP<STRING, INTEGER> {a=1, b=3, c=4}"},
                                {"MAP_UNION(NM, M)", "MAP<STRING, INTEGER> {a=1, b=2}"},
                                {"AS_MAP(ARRAY['x', 'y'], ARRAY[1])", "MAP<STRING, INTEGER> {x=1, y=null}"},
                                {"ENTRIES(MAP('b' := 1, 'a' := 2), true)[1]->K", "STRING a"},
                                {0}});
}

static void test_function__lambdas(void **state) {
  bench_check(
      state,
      (const example[]){
          {"TRANSFORM(ARRAY[1, 2], X => X + I)", "ARRAY<INTEGER> [6,7]"},
          {"TRANSFORM(A, X => X + 5)", "ARRAY<INTEGER> null"},
          {"TRANSFORM(A, X => ABS(X))", "ARRAY<INTEGER> [5,null,7]"},
          {"TRANSFORM(A, X => X > 5)", "ARRAY<BOOLEAN> [false,false,true]"},
          {"TRANSFORM(NA, X => X)", "ARRAY<INTEGER> null"},
          {"TRANSFORM(M, (K, V) => UCASE(K), (K, V) => V * 2)", "MAP<STRING, INTEGER> {A=2, B=4}"},
          {"TRANSFORM(M, (K, V) => 'same', (K, V) => V)", "MAP<STRING, INTEGER> null"},
          {"FILTER(ARRAY[1, 2, 3], X => X > 1)", "ARRAY<INTEGER> [2,3]"},
          {"FILTER(M, (K, V) => V = 2)", "MAP<STRING, INTEGER> {b=2}"},
          {"FILTER(ARRAY[1, 2], X => CAST(NULL AS BOOLEAN))", "ARRAY<INTEGER> null"},
          {"REDUCE(ARRAY[1, 2], 10, (Q, X) => Q + X)", "INTEGER 13"},
          {"REDUCE(NA, 10, (Q, X) => Q + X)", "INTEGER 10"},
          {"REDUCE(ARRAY[1], NI, (Q, X) => Q + X)", "INTEGER null"},
          {"REDUCE(M, 0, (Q, K, V) => Q + V)", "INTEGER 3"},
          {"REDUCE(MAP('yes' := 1, 'nope' := 2, 'yeah' := 3), '', (Q, K, V) => Q + K)", "STRING nopeyesyeah"},
          {"REDUCE(MAP(3 := 1, 2 := 2), '', (Q, K, V) => Q + CAST(K AS STRING))", "STRING 32"},
          {"TRANSFORM(ARRAY[ARRAY[1, 2], ARRAY[3]], X => TRANSFORM(X, Y => Y * ARRAY_LENGTH(X) + I))",
           "ARRAY<ARRAY<INTEGER>> [[7,9],[8]]"},
          {"TRANSFORM(ARRAY[1, 2], X => CASE WHEN X > 1 AND I > 1 THEN 'y' ELSE 'n' END)",
           "ARRAY<STRING> [\"n\",\"y\"]"},
          {"REDUCE(TRANSFORM(FILTER(ARRAY[1, 2, 3], X => X > 1), Y => Y * 10), 0, (Q, Z) => Q + Z)", "INTEGER 50"},
          {"TRANSFORM(ARRAY[1], I => I)", "error: Lambda function argument can't be a column name: I"},
          {"TRANSFORM(ARRAY[ARRAY[1]], X => TRANSFORM(X, X => X))",
           "error: Reusing lambda arguments in nested lambda is not allowed"},
          {"REDUCE(ARRAY[1], 'a', (Q, X) => X)", "error: Found invalid instance of generic schema when mapping LAMBDA "
                                                 "(S, T) => S to LAMBDA (STRING, INTEGER) "
                                                 "=> INTEGER. Cannot map S to both STRING and INTEGER"},
          {0}});
  bench *b = *state;
  assert_non_null(strstr(bench_eval(b, "FILTER(A, (X, Y) => true)"),
                         "Function 'filter' does not accept parameters (ARRAY<INTEGER>, LAMBDA)."));
  b->typing.lambdas_enabled = false;
  assert_string_equal(bench_eval(b, "FILTER(A, X => true)"), "error: Lambdas are not enabled at this time.");
  b->typing.lambdas_enabled = true;
}

/* Failures inside arguments and constructors become NULL there, and are told; others make the whole NULL. */
static void test_function__contains_failures_of_arguments(void **state) {
  static const struct {
    const char *sql, *want, *error;
  } cases[] = {
      {"COALESCE(REGEXP_EXTRACT('(', S), 'x')", "STRING x",
       "Error processing regexp_extract: missing closing parenthesis near index 1: ("},
      {"ARRAY[44, CAST(S AS INTEGER)]", "ARRAY<INTEGER> [44,null]", NULL},
      {"STRUCT(A := 'moo', B := I / 0)", "STRUCT<A STRING, B INTEGER> Struct{A=moo}",
       "Error processing struct field: Division by zero"},
      {"1 + ROUND(NI)", "BIGINT null", NULL},
      {"COALESCE(I / 0, 1)", "INTEGER null", NULL},
  };
  bench *b = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_string_equal(bench_eval(b, cases[i].sql), cases[i].want);
    assert_string_not_equal(b->error, "");
    if (cases[i].error && strncmp(cases[i].error, b->error, 28)) fail_msg("%s: %s", cases[i].sql, b->error);
  }
  b->typing.nested_null = false;
  assert_string_equal(bench_eval(b, "COALESCE(REGEXP_EXTRACT('(', S), 'x')"), "STRING null");
  assert_string_equal(bench_eval(b, "ARRAY[44, CAST(S AS INTEGER)]"), "ARRAY<INTEGER> null");
  b->typing.nested_null = true;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_function__case_and_trim),
      cmocka_unit_test(test_function__substring),
      cmocka_unit_test(test_function__join_and_replace),
      cmocka_unit_test(test_function__pad),
      cmocka_unit_test(test_function__split),
      cmocka_unit_test(test_function__regexp),
      cmocka_unit_test(test_function__like),
      cmocka_unit_test(test_function__numbers),
      cmocka_unit_test(test_function__rounding),
      cmocka_unit_test(test_function__choices),
      cmocka_unit_test(test_function__arrays),
      cmocka_unit_test(test_function__maps),
      cmocka_unit_test(test_function__lambdas),
      cmocka_unit_test(test_function__contains_failures_of_arguments),
  };
  return cmocka_run_group_tests(tests, setup, bench_teardown);
}
