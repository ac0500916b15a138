/* Arithmetic: result types and values of every operator and class of operands. */
#include "types_testing.h"

#include <math.h>
#include "types/arith.h"

static const char OPS[] = "+-*/%";

static sl_arith_op op_of(char c) {
  return (sl_arith_op)(strchr(OPS, c) - OPS);
}

/* Type of the result, or "! <message>". */
static const char *arith_type(const sl_type *left, char op, const sl_type *right) {
  const sl_type *type;
  if (sl_arith_type(&test_arena, op_of(op), left, right, &type, &test_err)) {
    return sl_arena_printf(&test_arena, "! %s", take_error());
  }
  return sl_type_text(&test_arena, type);
}

static const char *arith_values(const sl_type *left, sl_value a, char op, const sl_type *right, sl_value b) {
  const sl_type *type;
  sl_arith arith;
  sl_value out = sl_null();
  if (sl_arith_type(&test_arena, op_of(op), left, right, &type, &test_err)) fail_msg("%s", test_err.message);
  sl_arith_init(&arith, op_of(op), left, right, type);
  if (sl_arith_run(&arith, &test_arena, &a, &b, &out, &test_err)) {
    return sl_arena_printf(&test_arena, "! %s", take_error());
  }
  return text_of(type, out);
}

static void test_arith__result_types(void **state) {
  (void)state;
  static const struct {
    const char *left;
    char op;
    const char *right, *result;
  } CASES[] = {
      {"INTEGER", '+', "INTEGER", "INTEGER"},
      {"INTEGER", '*', "BIGINT", "BIGINT"},
      {"BIGINT", '/', "DOUBLE", "DOUBLE"},
      {"DECIMAL(4, 2)", '-', "DOUBLE", "DOUBLE"},
      {"DECIMAL(5, 2)", '+', "DECIMAL(4, 3)", "DECIMAL(7, 3)"},
      {"DECIMAL(5, 2)", '-', "DECIMAL(4, 3)", "DECIMAL(7, 3)"},
      {"DECIMAL(5, 2)", '*', "DECIMAL(4, 3)", "DECIMAL(10, 5)"},
      {"DECIMAL(5, 2)", '/', "DECIMAL(4, 3)", "DECIMAL(13, 7)"},
      {"DECIMAL(2, 1)", '/', "DECIMAL(2, 1)", "DECIMAL(8, 6)"},
      {"DECIMAL(5, 2)", '%', "DECIMAL(4, 3)", "DECIMAL(4, 3)"},
      {"DECIMAL(4, 2)", '+', "INTEGER", "DECIMAL(13, 2)"},
      {"BIGINT", '+', "DECIMAL(4, 2)", "DECIMAL(22, 2)"},
      {"DECIMAL(38, 10)", '*', "DECIMAL(38, 10)", "DECIMAL(77, 20)"}, /* no bound at 38 */
      {"STRING", '+', "STRING", "STRING"},
      {"STRING", '-', "STRING", "! Unsupported arithmetic types. STRING STRING"},
      {"BOOLEAN", '+', "DECIMAL(4, 2)", "! Unsupported arithmetic types. BOOLEAN DECIMAL"},
      {"DATE", '+', "INTEGER", "! Unsupported arithmetic types. DATE INTEGER"},
      {"STRING", '+', "INTEGER", "! Unsupported arithmetic types. STRING INTEGER"},
      {"ARRAY<INTEGER>", '+', "INTEGER", "! Unsupported arithmetic types. ARRAY INTEGER"},
      {"DECIMAL(9000, 0)", '*', "DECIMAL(9000, 0)",
       "! The result would be DECIMAL(18001, 0), but 10000 digits are the most a DECIMAL may have."},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    assert_string_equal(arith_type(type_of(CASES[i].left), CASES[i].op, type_of(CASES[i].right)), CASES[i].result);
  }
  assert_string_equal(arith_type(type_of("DECIMAL(4, 2)"), '+', &SL_TYPE_NULL),
                      "! Arithmetic on types DECIMAL(4, 2) and null are not supported.");
  assert_string_equal(arith_type(&SL_TYPE_NULL, '+', &SL_TYPE_STRING),
                      "! Arithmetic on types null and STRING are not supported.");
}

typedef struct value_case {
  const char *left, *a;
  char op;
  const char *right, *b, *result;
} value_case;

static void check_all(const value_case *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const sl_type *left = type_of(cases[i].left), *right = type_of(cases[i].right);
    const char *result =
        arith_values(left, value_of(left, cases[i].a), cases[i].op, right, value_of(right, cases[i].b));
    if (strcmp(result, cases[i].result) != 0) {
      fail_msg("%s %c %s gave %s, not %s", cases[i].a, cases[i].op, cases[i].b, result, cases[i].result);
    }
  }
}
#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof *(cases))

static void test_arith__integers_wrap_and_truncate(void **state) {
  (void)state;
  static const value_case CASES[] = {
      {"INTEGER", "2147483647", '+', "INTEGER", "1", "-2147483648"},
      {"INTEGER", "-2147483648", '-', "INTEGER", "1", "2147483647"},
      {"INTEGER", "65536", '*', "INTEGER", "65536", "0"},
      {"INTEGER", "-2147483648", '/', "INTEGER", "-1", "-2147483648"},
      {"INTEGER", "2147483647", '+', "BIGINT", "1", "2147483648"},
      {"BIGINT", "9223372036854775807", '+', "INTEGER", "1", "-9223372036854775808"},
      {"BIGINT", "-9223372036854775808", '/', "BIGINT", "-1", "-9223372036854775808"},
      {"BIGINT", "-9223372036854775808", '%', "BIGINT", "-1", "0"},
      {"BIGINT", "4611686018427387904", '*', "BIGINT", "4", "0"},
      {"INTEGER", "-7", '/', "INTEGER", "2", "-3"},
      {"INTEGER", "-7", '%', "INTEGER", "2", "-1"},
      {"INTEGER", "7", '%', "INTEGER", "-2", "1"},
      {"INTEGER", "1", '/', "INTEGER", "0", "! Division by zero"},
      {"BIGINT", "1", '%', "BIGINT", "0", "! Division by zero"},
  };
  CHECK_ALL(CASES);
}

static void test_arith__doubles_are_ieee(void **state) {
  (void)state;
  static const value_case CASES[] = {
      {"DOUBLE", "1", '/', "DOUBLE", "0", "Infinity"},
      {"DOUBLE", "-1", '/', "INTEGER", "0", "-Infinity"},
      {"DOUBLE", "0", '/', "DOUBLE", "0", "NaN"},
      {"DOUBLE", "1", '%', "DOUBLE", "0", "NaN"},
      {"DOUBLE", "-5.5", '%', "DOUBLE", "2", "-1.5"},
      {"DOUBLE", "0.1", '+', "DOUBLE", "0.2", "0.30000000000000004"},
      {"DECIMAL(4, 2)", "0.10", '+', "DOUBLE", "0.2", "0.30000000000000004"},
      {"DOUBLE", "3", '-', "BIGINT", "1", "2.0"},
      {"INTEGER", "3", '*', "DOUBLE", "0.5", "1.5"},
  };
  CHECK_ALL(CASES);
}

static void test_arith__decimals_are_exact_or_fail(void **state) {
  (void)state;
  static const value_case CASES[] = {
      {"DECIMAL(4, 2)", "10.01", '+', "DECIMAL(2, 1)", "5.1", "15.11"},
      {"DECIMAL(4, 2)", "10.01", '-', "INTEGER", "11", "-0.99"},
      {"DECIMAL(3, 1)", "10.1", '*', "DECIMAL(2, 1)", "-2.0", "-20.20"},
      {"DECIMAL(3, 1)", "10.1", '/', "DECIMAL(2, 1)", "2.0", "5.050000"},
      {"DECIMAL(2, 1)", "1.0", '/', "DECIMAL(2, 1)", "3.0",
       "! The quotient has no exact representation in DECIMAL(8, 6)"},
      {"DECIMAL(3, 1)", "10.1", '/', "DECIMAL(2, 1)", "0.0", "! Division by zero"},
      {"DECIMAL(3, 1)", "10.1", '%', "DECIMAL(2, 1)", "0.0", "! Division by zero"},
      {"DECIMAL(3, 1)", "-10.1", '%', "DECIMAL(2, 1)", "3.0", "-1.1"},
      {"DECIMAL(3, 2)", "5.25", '%', "INTEGER", "2", "1.25"},
      {"INTEGER", "7", '/', "DECIMAL(2, 1)", "0.5", "14.000000"},
      {"DECIMAL(38, 0)", "99999999999999999999999999999999999999", '+', "DECIMAL(38, 0)",
       "99999999999999999999999999999999999999", "199999999999999999999999999999999999998"},
      {"DECIMAL(38, 0)", "99999999999999999999999999999999999999", '*', "DECIMAL(38, 0)",
       "99999999999999999999999999999999999999",
       "9999999999999999999999999999999999999800000000000000000000000000000000000001"},
      {"DECIMAL(19, 0)", "9223372036854775807", '+', "BIGINT", "9223372036854775807", "18446744073709551614"},
      {"DECIMAL(30, 20)", "1.00000000000000000001", '-', "DECIMAL(2, 1)", "1.0", "0.00000000000000000001"},
      {"DECIMAL(18, 0)", "999999999999999999", '+', "DECIMAL(40, 30)", "0.000000000000000000000000000001",
       "999999999999999999.000000000000000000000000000001"},
  };
  CHECK_ALL(CASES);
}

static void test_arith__text_concatenates(void **state) {
  (void)state;
  static const value_case CASES[] = {{"STRING", "a", '+', "STRING", "bc", "abc"},
                                     {"STRING", "", '+', "STRING", "", ""}};
  CHECK_ALL(CASES);
}

static void test_arith__null_operands_are_errors(void **state) {
  (void)state;
  static const char *const TYPES[] = {"INTEGER", "BIGINT", "DECIMAL(4, 2)", "DOUBLE"};
  for (size_t i = 0; i < 4; i++) {
    const sl_type *type = type_of(TYPES[i]);
    for (const char *op = OPS; *op; op++) {
      assert_string_equal(arith_values(type, sl_null(), *op, type, value_of(type, "1")),
                          "! Arithmetic on a NULL value");
      assert_string_equal(arith_values(type, value_of(type, "1"), *op, type, sl_null()),
                          "! Arithmetic on a NULL value");
    }
    sl_value null = sl_null(), out;
    assert_int_equal(sl_arith_negate(&test_arena, type, &null, &out, &test_err), SL_E_EVALUATE);
    take_error();
  }
}

static void test_arith__negation_keeps_the_type(void **state) {
  (void)state;
  static const struct {
    const char *type, *from, *to;
  } CASES[] = {{"INTEGER", "5", "-5"},
               {"INTEGER", "-2147483648", "-2147483648"},
               {"BIGINT", "-9223372036854775808", "-9223372036854775808"},
               {"DOUBLE", "0", "-0.0"},
               {"DECIMAL(7, 5)", "10.12345", "-10.12345"},
               {"DECIMAL(40, 1)", "-123456789012345678901234567890.5", "123456789012345678901234567890.5"},
               {"DECIMAL(19, 0)", "-9223372036854775808", "9223372036854775808"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    const sl_type *type = type_of(CASES[i].type);
    sl_value v = value_of(type, CASES[i].from), out;
    assert_int_equal(sl_arith_negate(&test_arena, type, &v, &out, &test_err), 0);
    assert_string_equal(text_of(type, out), CASES[i].to);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_arith__result_types),
      TEST(test_arith__integers_wrap_and_truncate),
      TEST(test_arith__doubles_are_ieee),
      TEST(test_arith__decimals_are_exact_or_fail),
      TEST(test_arith__text_concatenates),
      TEST(test_arith__null_operands_are_errors),
      TEST(test_arith__negation_keeps_the_type),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
