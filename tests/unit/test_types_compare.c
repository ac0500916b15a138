/* Comparison operators: which types may meet, and how values of equal and of different types stand to each other. */
#include "types_testing.h"

#include <math.h>
#include "types/compare.h"
#include "types/decimal.h"

static void test_compare__types_that_may_meet(void **state) {
  (void)state;
  static const char *const TYPES[] = {"BOOLEAN",
                                      "INTEGER",
                                      "BIGINT",
                                      "DECIMAL(4, 2)",
                                      "DOUBLE",
                                      "STRING",
                                      "TIME",
                                      "DATE",
                                      "TIMESTAMP",
                                      "BYTES",
                                      "ARRAY<INTEGER>",
                                      "MAP<STRING, INTEGER>",
                                      "STRUCT<`A` INTEGER>"};
  static const char *const RULES[] = {
      "e............", /* BOOLEAN: e equality only, x all operators */
      ".xxxx........", /* INTEGER */
      ".xxxx........", /* BIGINT */
      ".xxxx........", /* DECIMAL */
      ".xxxx........", /* DOUBLE */
      ".....xxxx....", /* STRING */
      ".....xx......", /* TIME */
      ".....x.xx....", /* DATE */
      ".....x.xx....", /* TIMESTAMP */
      ".........x...", /* BYTES */
      "..........e..", /* ARRAY */
      "...........e.", /* MAP */
      "............e", /* STRUCT */
  };
  for (size_t i = 0; i < 13; i++) {
    for (size_t j = 0; j < 13; j++) {
      for (sl_compare_op op = 0; op < SL_COMPARE_OP_COUNT; op++) {
        bool equality = op == SL_COMPARE_EQ || op == SL_COMPARE_NE || op == SL_COMPARE_DISTINCT;
        bool expected = RULES[i][j] == 'x' || (RULES[i][j] == 'e' && equality);
        if (sl_comparable(type_of(TYPES[i]), type_of(TYPES[j]), op) != expected) {
          fail_msg("%s %s %s", TYPES[i], sl_compare_op_symbol(op), TYPES[j]);
        }
      }
    }
    assert_false(sl_comparable(&SL_TYPE_NULL, type_of(TYPES[i]), SL_COMPARE_EQ));
  }
  assert_string_equal(sl_compare_op_name(SL_COMPARE_LE), "LESS_THAN_OR_EQUAL");
  assert_string_equal(sl_compare_op_name(SL_COMPARE_DISTINCT), "IS_DISTINCT_FROM");
}

static bool run(sl_compare_op op, const sl_type *left, sl_value a, const sl_type *right, sl_value b) {
  sl_comparison cmp;
  bool out = false;
  if (!sl_comparison_init(&cmp, op, left, right)) fail_msg("%s", sl_compare_op_name(op));
  if (sl_comparison_run(&cmp, &test_arena, &a, &b, &out, &test_err)) fail_msg("%s", test_err.message);
  return out;
}

/* All operators at once, for values that stand in this order: '<', '=', '>', '?' (none). */
static void check(const sl_type *left, sl_value a, const sl_type *right, sl_value b, char order) {
  bool less = order == '<', equal = order == '=', greater = order == '>';
  assert_int_equal(run(SL_COMPARE_EQ, left, a, right, b), equal);
  assert_int_equal(run(SL_COMPARE_NE, left, a, right, b), !equal);
  assert_int_equal(run(SL_COMPARE_DISTINCT, left, a, right, b), !equal);
  if (!sl_comparable(left, right, SL_COMPARE_LT)) return;
  assert_int_equal(run(SL_COMPARE_LT, left, a, right, b), less);
  assert_int_equal(run(SL_COMPARE_LE, left, a, right, b), less || equal);
  assert_int_equal(run(SL_COMPARE_GT, left, a, right, b), greater);
  assert_int_equal(run(SL_COMPARE_GE, left, a, right, b), greater || equal);
}

static void check_both_ways(const sl_type *left, sl_value a, const sl_type *right, sl_value b, char order) {
  check(left, a, right, b, order);
  check(right, b, left, a, order == '<' ? '>' : order == '>' ? '<' : order);
}

static void test_compare__scalars_of_equal_and_different_types(void **state) {
  (void)state;
  static const struct {
    const char *left, *a;
    char order;
    const char *right, *b;
  } CASES[] = {
      {"INTEGER", "5", '<', "BIGINT", "2147483648"},
      {"INTEGER", "5", '=', "DOUBLE", "5.0"},
      {"BIGINT", "5", '<', "DOUBLE", "5.5"},
      {"DOUBLE", "0.0", '=', "DOUBLE", "-0.0"},
      {"DECIMAL(4, 2)", "10.01", '<', "DECIMAL(5, 3)", "10.012"},
      {"DECIMAL(4, 2)", "10.00", '=', "INTEGER", "10"},
      {"DECIMAL(4, 2)", "0.10", '=', "DOUBLE", "0.1"}, /* through the shortest text, not the bits */
      {"DECIMAL(30, 20)", "0.10000000000000000001", '>', "DOUBLE", "0.1"},
      {"DECIMAL(40, 0)", "9223372036854775808", '>', "BIGINT", "9223372036854775807"},
      {"DECIMAL(40, 30)", "1.000000000000000000000000000001", '>', "INTEGER", "1"},
      {"DECIMAL(2, 1)", "-0.5", '<', "DECIMAL(40, 30)", "0"},
      {"STRING", "abc", '<', "STRING", "abd"},
      {"STRING", "10", '<', "STRING", "9"},
      {"BYTES", "gA==", '<', "BYTES", "AA=="}, /* 0x80 is negative */
      {"BYTES", "AA==", '<', "BYTES", "AAA="},
      {"BOOLEAN", "true", '=', "BOOLEAN", "true"},
      {"BOOLEAN", "true", '>', "BOOLEAN", "false"},
      {"TIME", "10:00", '<', "TIME", "10:01"},
      {"TIME", "10:00", '=', "STRING", "10:00:00.000"},
      {"DATE", "2020-05-26", '=', "TIMESTAMP", "2020-05-26T00:00"},
      {"DATE", "2020-05-26", '<', "TIMESTAMP", "2020-05-26T00:00:00.001"},
      {"DATE", "2020-05-26", '>', "STRING", "2020-05"},
      {"TIMESTAMP", "2020-05-26T01", '=', "STRING", "2020-05-26T02:00+0100"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    const sl_type *left = type_of(CASES[i].left), *right = type_of(CASES[i].right);
    check_both_ways(left, value_of(left, CASES[i].a), right, value_of(right, CASES[i].b), CASES[i].order);
  }
}

static void test_compare__nan_is_unequal_to_everything(void **state) {
  (void)state;
  sl_value nan = sl_of_f64(NAN), infinity = sl_of_f64(INFINITY), one = sl_of_i64(1);
  const sl_type *decimal = type_of("DECIMAL(4, 2)");
  check_both_ways(&SL_TYPE_DOUBLE, nan, &SL_TYPE_DOUBLE, nan, '?');
  check_both_ways(&SL_TYPE_DOUBLE, nan, &SL_TYPE_DOUBLE, sl_of_f64(1), '?');
  check_both_ways(&SL_TYPE_DOUBLE, nan, &SL_TYPE_INTEGER, one, '?');
  check_both_ways(&SL_TYPE_DOUBLE, nan, decimal, one, '?');
  check_both_ways(&SL_TYPE_DOUBLE, infinity, decimal, one, '>');
  check_both_ways(&SL_TYPE_DOUBLE, sl_of_f64(-INFINITY), decimal, one, '<');
}

/* Near a decimal and far from it, the short way and the exact one must agree. */
static void test_compare__decimals_with_doubles_by_the_shortest_text(void **state) {
  (void)state;
  const sl_type *type = type_of("DECIMAL(18, 6)");
  uint64_t seed = 1;
  for (int i = 0; i < 20000; i++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    int64_t unscaled = (int64_t)(seed >> 12) >> (i % 50);
    double d = (double)unscaled / 1e6;
    for (int steps = i % 60; steps; steps--) d = nextafter(d, i % 2 ? INFINITY : -INFINITY);
    if (i % 7 == 0) d = -d;
    sl_decimal a = {.unscaled = sl_of_i64(i % 3 ? unscaled : -unscaled), .scale = 6}, b;
    assert_true(sl_decimal_of_double(&test_arena, d, &b));
    int order = sl_decimal_compare(&a, &b);
    check_both_ways(type, a.unscaled, &SL_TYPE_DOUBLE, sl_of_f64(d), order < 0 ? '<' : order > 0 ? '>' : '=');
  }
}

static void test_compare__null_gives_false_but_distinct_is_null_safe(void **state) {
  (void)state;
  static const char *const TYPES[] = {"INTEGER", "DOUBLE", "DECIMAL(4, 2)", "STRING", "DATE"};
  for (size_t i = 0; i < 5; i++) {
    const sl_type *type = type_of(TYPES[i]);
    sl_value v = value_of(type, strcmp(TYPES[i], "DATE") ? "1" : "2020");
    for (sl_compare_op op = SL_COMPARE_EQ; op <= SL_COMPARE_GE; op++) {
      assert_false(run(op, type, sl_null(), type, v));
      assert_false(run(op, type, v, type, sl_null()));
      assert_false(run(op, type, sl_null(), type, sl_null()));
    }
    assert_true(run(SL_COMPARE_DISTINCT, type, sl_null(), type, v));
    assert_true(run(SL_COMPARE_DISTINCT, type, v, type, sl_null()));
    assert_false(run(SL_COMPARE_DISTINCT, type, sl_null(), type, sl_null()));
  }
}

static void test_compare__containers_by_structure(void **state) {
  (void)state;
  const sl_type *ints = type_of("ARRAY<INTEGER>"), *decimals = type_of("ARRAY<DECIMAL(4, 1)>");
  sl_value a = items_of(2, (sl_value[]){sl_of_i64(1), sl_null()});
  check_both_ways(ints, a, ints, items_of(2, (sl_value[]){sl_of_i64(1), sl_null()}), '=');
  assert_true(run(SL_COMPARE_NE, ints, a, ints, items_of(1, (sl_value[]){sl_of_i64(1)})));
  check_both_ways(ints, a, decimals, items_of(2, (sl_value[]){sl_of_i64(10), sl_null()}), '=');
  assert_true(run(SL_COMPARE_NE, ints, a, decimals, items_of(2, (sl_value[]){sl_of_i64(11), sl_null()})));
  assert_true(run(SL_COMPARE_NE, ints, a, decimals, items_of(2, (sl_value[]){sl_of_i64(10), sl_of_i64(0)})));

  const sl_type *map = type_of("MAP<STRING, INTEGER>"), *wide = type_of("MAP<STRING, BIGINT>");
  sl_value m = map_of(2, (sl_value[]){string_of("a"), sl_of_i64(1), string_of("b"), sl_null()});
  sl_value n = map_of(2, (sl_value[]){string_of("b"), sl_null(), string_of("a"), sl_of_i64(1)});
  check_both_ways(map, m, map, n, '=');
  check_both_ways(map, m, wide, n, '=');
  assert_true(run(SL_COMPARE_NE, map, m, wide, map_of(1, (sl_value[]){string_of("a"), sl_of_i64(1)})));

  const sl_type *one = type_of("STRUCT<`A` INTEGER, `B` STRING>"), *two = type_of("STRUCT<`B` STRING, `A` DOUBLE>"),
                *three = type_of("STRUCT<`A` INTEGER>");
  sl_value s = items_of(2, (sl_value[]){sl_of_i64(1), string_of("x")});
  check_both_ways(one, s, two, items_of(2, (sl_value[]){string_of("x"), sl_of_f64(1)}), '=');
  assert_true(run(SL_COMPARE_NE, one, s, two, items_of(2, (sl_value[]){string_of("y"), sl_of_f64(1)})));
  assert_true(run(SL_COMPARE_NE, one, s, three, items_of(1, (sl_value[]){sl_of_i64(1)})));
  assert_true(run(SL_COMPARE_NE, three, items_of(1, (sl_value[]){sl_of_i64(1)}), one, s));
}

static void test_compare__text_that_is_no_time_fails(void **state) {
  (void)state;
  sl_comparison cmp;
  sl_value day = sl_of_i64(0), text = string_of("soon");
  bool out = true;
  assert_true(sl_comparison_init(&cmp, SL_COMPARE_EQ, &SL_TYPE_DATE, &SL_TYPE_STRING));
  assert_int_equal(sl_comparison_run(&cmp, &test_arena, &day, &text, &out, &test_err), SL_E_EVALUATE);
  assert_true(out);
  assert_non_null(strstr(take_error(), "Failed to parse date 'soon'"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_compare__types_that_may_meet),
      TEST(test_compare__scalars_of_equal_and_different_types),
      TEST(test_compare__nan_is_unequal_to_everything),
      TEST(test_compare__null_gives_false_but_distinct_is_null_safe),
      TEST(test_compare__decimals_with_doubles_by_the_shortest_text),
      TEST(test_compare__containers_by_structure),
      TEST(test_compare__text_that_is_no_time_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
