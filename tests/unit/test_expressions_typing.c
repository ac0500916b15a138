/* What expressions are typed as, and the messages of what is not. */
#include "expressions_support.h"

static int setup(void **state) {
  static bench b;
  bench_init(&b);
  bench_column(&b, "I", "INTEGER", "5");
  bench_column(&b, "L", "BIGINT", "6");
  bench_column(&b, "D", "DOUBLE", "2.5");
  bench_column(&b, "S", "STRING", "'text'");
  bench_column(&b, "B", "BOOLEAN", "true");
  bench_column(&b, "M", "MAP<STRING, INTEGER>", "MAP('a' := 1)");
  bench_column(&b, "A", "ARRAY<INTEGER>", "ARRAY[1, 2, 3]");
  bench_column(&b, "R", "STRUCT<F0 BIGINT, F1 STRING>", "STRUCT(F0 := 7, F1 := 'x')");
  bench_column(&b, "N", "INTEGER", "NULL");
  bench_column(&b, "DEC", "DECIMAL(4, 2)", "12.34");
  bench_column(&b, "TS", "TIMESTAMP", "'2020-01-02T03:04:05'");
  bench_column(&b, "DT", "DATE", "'2020-01-02'");
  bench_column(&b, "NB", "BOOLEAN", "NULL");
  *state = &b;
  return 0;
}

static void test_typed__types_literals_by_their_digits(void **state) {
  bench_check(state, (const example[]){{"5", "INTEGER 5"},
                                       {"-2147483648", "INTEGER -2147483648"},
                                       {"2147483648", "BIGINT 2147483648"},
                                       {"-9223372036854775808", "BIGINT -9223372036854775808"},
                                       {"0.5", "DECIMAL(2, 1) 0.5"},
                                       {".5", "DECIMAL(2, 1) 0.5"},
                                       {"0.005", "DECIMAL(4, 3) 0.005"},
                                       {"0.0", "DECIMAL(2, 1) 0.0"},
                                       {"10.0", "DECIMAL(3, 1) 10.0"},
                                       {"1.50", "DECIMAL(3, 2) 1.50"},
                                       {"1E0", "DOUBLE 1.0"},
                                       {"'it''s'", "STRING it's"},
                                       {"true", "BOOLEAN true"},
                                       {0}});
}

static void test_typed__gives_arithmetic_the_widest_type(void **state) {
  bench_check(state, (const example[]){{"I + L", "BIGINT 11"},
                                       {"I / 2", "INTEGER 2"},
                                       {"I % 2", "INTEGER 1"},
                                       {"I + D", "DOUBLE 7.5"},
                                       {"I + 1.5", "DECIMAL(12, 1) 6.5"},
                                       {"DEC * DEC", "DECIMAL(9, 4) 152.2756"},
                                       {"-I", "INTEGER -5"},
                                       {"S + 'x'", "STRING textx"},
                                       {"1.0 / 3.0", "DECIMAL(8, 6) null"},
                                       {"2147483647 + 1", "INTEGER -2147483648"},
                                       {"I / 0", "INTEGER null"},
                                       {"N + 1", "INTEGER null"},
                                       {"+I", "INTEGER 5"},
                                       {0}});
}

static void test_typed__refuses_arithmetic_on_other_types(void **state) {
  bench_check(
      state,
      (const example[]){
          {"true + 1.5",
           "error: Error processing expression: (true + 1.5). Unsupported arithmetic types. BOOLEAN DECIMAL"},
          {"1 + NULL",
           "error: Error processing expression: (1 + null). Arithmetic on types INTEGER and null are not supported."},
          {"5.0 / NULL",
           "error: Error processing expression: (5.0 / null). Arithmetic on types DECIMAL(2, 1) and null are "
           "not supported."},
          {"NULL * NULL",
           "error: Error processing expression: (null * null). Arithmetic on types null and null are not supported."},
          {"ARRAY[1, 2, 3] + NULL", "error: Error processing expression: (ARRAY[1, 2, 3] + null). Arithmetic on types "
                                    "ARRAY<INTEGER> and null are not supported."},
          {0}});
}

static void test_typed__refuses_comparisons_with_the_types_named(void **state) {
  bench_check(
      state, (const example[]){
                 {"I >= 'not an int'",
                  "error: Cannot compare I (INTEGER) to 'not an int' (STRING) with GREATER_THAN_OR_EQUAL."},
                 {"A < A", "error: Cannot compare A (ARRAY<INTEGER>) to A (ARRAY<INTEGER>) with LESS_THAN."},
                 {"R < R",
                  "error: Cannot compare R (STRUCT<`F0` BIGINT, `F1` STRING>) to R (STRUCT<`F0` BIGINT, `F1` STRING>) "
                  "with LESS_THAN."},
                 {"I = NULL",
                  "error: Comparison with NULL not supported: INTEGER = NULL\nUse 'IS NULL' or 'IS NOT NULL' instead."},
                 {0}});
}

static void test_typed__compares_null_as_false(void **state) {
  bench_check(state, (const example[]){{"N = 1", "BOOLEAN false"},
                                       {"N <> 1", "BOOLEAN false"},
                                       {"NOT (N = 1)", "BOOLEAN true"},
                                       {"N IS NULL", "BOOLEAN true"},
                                       {"I IS NOT NULL", "BOOLEAN true"},
                                       {"N IS DISTINCT FROM 1", "BOOLEAN true"},
                                       {"N IS DISTINCT FROM N", "BOOLEAN false"},
                                       {"N BETWEEN 1 AND 2", "BOOLEAN false"},
                                       {"I BETWEEN 1 AND 5.0", "BOOLEAN true"},
                                       {"TS > '2020'", "BOOLEAN true"},
                                       {"DT = TS", "BOOLEAN false"},
                                       {"I = L - 1", "BOOLEAN true"},
                                       {"A = ARRAY[1, 2, 3]", "BOOLEAN true"},
                                       {0}});
}

static void test_typed__takes_null_in_logic_as_an_error(void **state) {
  bench_check(state, (const example[]){{"B AND I > 0", "BOOLEAN true"},
                                       {"(NOT B) AND NB", "BOOLEAN false"},
                                       {"B OR NB", "BOOLEAN true"},
                                       {"NB OR B", "BOOLEAN null"},
                                       {"B AND NB", "BOOLEAN null"},
                                       {"NOT NB", "BOOLEAN null"},
                                       {0}});
}

static void test_typed__brings_lists_to_a_common_type(void **state) {
  bench_check(
      state,
      (const example[]){
          {"I IN (1, 5)", "BOOLEAN true"},
          {"I IN ('1', '5')", "BOOLEAN true"},
          {"N IN (1)", "BOOLEAN false"},
          {"I IN (NULL, 5)", "BOOLEAN true"},
          {"S IN ('a', 'text')", "BOOLEAN true"},
          {"DEC IN (12.34, 1)", "BOOLEAN true"},
          {"L IN (1,2,3,4,5,6,7,8,9,10)", "BOOLEAN true"},
          {"L IN (1,2,3,4,5,7,8,9,10,11)", "BOOLEAN false"},
          {"L IN (10, 'not 10')", "error: invalid input syntax for type BIGINT: \"not 10\"."},
          {"B IN (10)",
           "error: operator does not exist: BOOLEAN = INTEGER (10)\nHint: You might need to add explicit type casts."},
          {"L IN (S)",
           "error: operator does not exist: BIGINT = STRING (S)\nHint: You might need to add explicit type casts."},
          {"DEC IN (10, true)", "error: operator does not exist: DECIMAL(12, 2) = BOOLEAN (true)\nHint: You might need "
                                "to add explicit type casts."},
          {"STRUCT(F0 := 2147483648) IN (STRUCT(F0 := B))", "error: operator does not exist: STRUCT<`F0` BIGINT> = "
                                                            "STRUCT<`F0` BOOLEAN> (STRUCT(F0:=B))\nHint: You might "
                                                            "need to add explicit type casts."},
          {"STRUCT(F0 := 1) IN (STRUCT(F0 := '1'))", "BOOLEAN true"},
          {"ARRAY[L, NULL] IN (ARRAY[1, 2], ARRAY['6', NULL])", "BOOLEAN true"},
          {"ARRAY[L, NULL] IN (ARRAY[NULL, '6'])", "BOOLEAN false"},
          {"MAP('a' := L, 'b' := NULL) IN (MAP('a' := '6', 'b' := NULL))", "BOOLEAN true"},
          {"ARRAY[L] IN (ARRAY['6', 'x', NULL])", "error: invalid input syntax for type BIGINT: \"x\"."},
          {0}});
}

static void test_typed__constructs_containers(void **state) {
  bench_check(state,
              (const example[]){
                  {"ARRAY[1, 2.5, NULL]", "ARRAY<DECIMAL(11, 1)> [1.0,2.5,null]"},
                  {"ARRAY[I, '7']", "ARRAY<INTEGER> [5,7]"},
                  {"ARRAY[1, 'not a number']", "error: invalid input syntax for type INTEGER: \"not a number\"."},
                  {"MAP('a' := 1, 'b' := L)", "MAP<STRING, BIGINT> {a=1, b=6}"},
                  {"STRUCT(A := I, B := NULL)", "error: Can't infer a type of null. Please explicitly cast it to a "
                                                "required type, e.g. CAST(null AS VARCHAR)."},
                  {"STRUCT(A := I, B := S)", "STRUCT<A INTEGER, B STRING> Struct{A=5,B=text}"},
                  {"ARRAY[STRUCT(A := 1), STRUCT(A := 2.5, B := 'x')][2]",
                   "STRUCT<A DECIMAL(11, 1), B STRING> Struct{A=2.5,B=x}"},
                  {"ARRAY[]", "error: Array constructor cannot be empty. Please supply at least one element (see "
                              "https://github.com/confluentinc/ksql/issues/4239)."},
                  {"ARRAY[NULL]",
                   "error: Cannot construct an array with all NULL elements (see "
                   "https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a NULL value "
                   "to the desired type."},
                  {"MAP()", "error: Map constructor cannot be empty. Please supply at least one key value pair (see "
                            "https://github.com/confluentinc/ksql/issues/4239)."},
                  {"MAP(NULL := 1)", "error: Cannot construct a map with all NULL keys (see "
                                     "https://github.com/confluentinc/ksql/issues/4239). As a "
                                     "workaround, you may cast a NULL key to the desired type."},
                  {"MAP(1 := 'hello', 'hello' := 'x')", "error: invalid input syntax for type INTEGER: \"hello\"."},
                  {0}});
}

static void test_typed__reaches_into_containers(void **state) {
  bench_check(
      state,
      (const example[]){
          {"A[1]", "INTEGER 1"},
          {"A[-1]", "INTEGER 3"},
          {"A[0]", "INTEGER null"},
          {"A[4]", "INTEGER null"},
          {"M['a']", "INTEGER 1"},
          {"M['b']", "INTEGER null"},
          {"R->F0", "BIGINT 7"},
          {"R->F9", "error: Could not find field 'F9' in 'R'."},
          {"I->F", "error: Expected STRUCT type, got: INTEGER"},
          {"I[1]", "error: Subscript expression (I[1]) do not apply to INTEGER."},
          {"R['F0']", "error: Subscript expression (R['F0']) do not apply to STRUCT<`F0` BIGINT, `F1` STRING>. Use the "
                      "dereference operator for STRUCTS: R->'F0'"},
          {0}});
}

static void test_typed__wants_one_type_of_case(void **state) {
  bench_check(
      state,
      (const example[]){
          {"CASE WHEN I > 3 THEN 'big' ELSE 'small' END", "STRING big"},
          {"CASE WHEN N > 3 THEN 'big' END", "STRING null"},
          {"CASE WHEN I > 9 THEN NULL WHEN I > 2 THEN 'mid' ELSE 'small' END", "STRING mid"},
          {"CASE WHEN I THEN 1 END", "error: WHEN operand type should be boolean.\nType for 'I' is INTEGER"},
          {"CASE WHEN B THEN 1 WHEN B THEN 'x' END",
           "error: Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN expression 'WHEN B "
           "THEN 'x'' has type: STRING.\nPrevious THEN expression(s) type: INTEGER."},
          {"CASE WHEN B THEN 1 ELSE 'x' END",
           "error: Invalid Case expression. Type for the default clause should be the "
           "same as for 'THEN' clauses.\nTHEN type: INTEGER.\nDEFAULT type: STRING."},
          {"CASE WHEN B THEN NULL ELSE NULL END", "error: Invalid Case expression. All case branches have NULL type"},
          {0}});
}

static void test_typed__casts(void **state) {
  bench_check(state, (const example[]){{"CAST(I AS STRING)", "STRING 5"},
                                       {"CAST('7' AS INTEGER)", "INTEGER 7"},
                                       {"CAST(NULL AS BIGINT)", "BIGINT null"},
                                       {"CAST('x' AS INTEGER)", "INTEGER null"},
                                       {"CAST(D AS INTEGER)", "INTEGER 2"},
                                       {"CAST(S AS MAP<STRING, INTEGER>)",
                                        "error: Cast of STRING to MAP<STRING, INTEGER> is not supported"},
                                       {"CAST(N AS STRING)", "STRING null"},
                                       {"CAST(1 AS FOO)", "error: Cannot resolve unknown type: FOO"},
                                       {0}});
}

static void test_typed__spells_null_when_told_so(void **state) {
  bench *b = *state;
  b->typing.preserve_nulls = false;
  bench_check(state,
              (const example[]){{"CAST(N AS STRING) + '!'", "STRING null!"}, {"CAST(I AS STRING)", "STRING 5"}, {0}});
  b->typing.preserve_nulls = true;
}

static void test_typed__refuses_by_name_what_is_not_supported(void **state) {
  bench_check(state, (const example[]){{"CASE I WHEN 1 THEN 2 END",
                                        "error: CASE with an operand (CASE x WHEN ...) is not supported."},
                                       {"TS AT TIME ZONE 'UTC'", "error: AT TIME ZONE is not supported."},
                                       {"NOPE", "error: Unknown column NOPE."},
                                       {"NOPE(1)", "error: Can't find any functions with the name 'NOPE'"},
                                       {"SUM(I)", "error: SUM is an aggregate function and cannot be used here."},
                                       {0}});
}

static void test_typed__marks_failures_of_compiling(void **state) {
  bench *b = *state;
  b->late = false;
  bench_eval(b, "I = 'x'");
  assert_false(b->late);
  bench_eval(b, "I IN (1, 'x')");
  assert_true(b->late);
  b->late = false;
  bench_eval(b, "I BETWEEN 'a' AND 'b'");
  assert_true(b->late);
}

static void test_typed__folds_constants_and_tells_them(void **state) {
  bench *b = *state;
  const sl_typed *typed;
  sl_err err = {0};
  const struct {
    const char *sql;
    bool constant;
  } cases[] = {{"5", true},         {"1 + 2", true},      {"I + 1", false},
               {"RANDOM()", false}, {"UCASE('a')", true}, {"TRANSFORM(ARRAY[1], X => X + 1)", true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(bench_type(b, cases[i].sql, &typed, &err), 0);
    assert_int_equal(sl_typed_is_constant(typed), cases[i].constant);
  }
  assert_int_equal(bench_type(b, "UCASE('a') + CAST(1 + 2 AS STRING)", &typed, &err), 0);
  sl_buf text = {0};
  sl_typed_print(&text, typed);
  assert_string_equal(sl_buf_z(&text), "'A3'");
  sl_buf_done(&text);
}

static void test_typed__coerces_literals_laxly_and_others_strictly(void **state) {
  bench *b = *state;
  const sl_typed *typed, *out;
  sl_err err = {0};
  assert_int_equal(bench_type(b, "'42'", &typed, &err), 0);
  assert_int_not_equal(sl_typed_coerce(&b->arena, typed, &SL_TYPE_BIGINT, false, &out, &err), 0);
  sl_err_done(&err);
  assert_int_equal(sl_typed_coerce(&b->arena, typed, &SL_TYPE_BIGINT, true, &out, &err), 0);
  sl_value v;
  assert_int_equal(sl_typed_value(&b->arena, out, &v, &err), 0);
  assert_int_equal(v.i64, 42);
  assert_int_equal(bench_type(b, "I", &typed, &err), 0);
  assert_int_equal(sl_typed_coerce(&b->arena, typed, &SL_TYPE_DOUBLE, false, &out, &err), 0);
  assert_ptr_equal(sl_typed_type(out), &SL_TYPE_DOUBLE);
  assert_int_not_equal(sl_typed_value(&b->arena, out, &v, &err), 0);
  sl_err_done(&err);
}

static void test_typed__names_the_slots_it_reads(void **state) {
  bench *b = *state;
  const sl_typed *typed;
  sl_err err = {0};
  bool used[32] = {false};
  assert_int_equal(bench_type(b, "REDUCE(A, L, (Y, X) => Y + X + L) + CAST(I AS BIGINT)", &typed, &err), 0);
  sl_typed_slots(typed, used);
  for (int i = 0; i < b->layout.count; i++) {
    sl_str name = b->slots[i].name;
    assert_int_equal(used[i], sl_str_eq_z(name, "A") || sl_str_eq_z(name, "L") || sl_str_eq_z(name, "I"));
  }
  assert_int_equal(sl_typed_slot(typed), -1);
  assert_int_equal(bench_type(b, "L", &typed, &err), 0);
  assert_int_equal(sl_typed_slot(typed), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_typed__types_literals_by_their_digits),
      cmocka_unit_test(test_typed__gives_arithmetic_the_widest_type),
      cmocka_unit_test(test_typed__refuses_arithmetic_on_other_types),
      cmocka_unit_test(test_typed__refuses_comparisons_with_the_types_named),
      cmocka_unit_test(test_typed__compares_null_as_false),
      cmocka_unit_test(test_typed__takes_null_in_logic_as_an_error),
      cmocka_unit_test(test_typed__brings_lists_to_a_common_type),
      cmocka_unit_test(test_typed__constructs_containers),
      cmocka_unit_test(test_typed__reaches_into_containers),
      cmocka_unit_test(test_typed__wants_one_type_of_case),
      cmocka_unit_test(test_typed__casts),
      cmocka_unit_test(test_typed__spells_null_when_told_so),
      cmocka_unit_test(test_typed__refuses_by_name_what_is_not_supported),
      cmocka_unit_test(test_typed__marks_failures_of_compiling),
      cmocka_unit_test(test_typed__folds_constants_and_tells_them),
      cmocka_unit_test(test_typed__coerces_literals_laxly_and_others_strictly),
      cmocka_unit_test(test_typed__names_the_slots_it_reads),
  };
  return cmocka_run_group_tests(tests, setup, bench_teardown);
}
