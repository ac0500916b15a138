/* Values: copies, equality and hashes, order, text and JSON. */
#include "types_testing.h"

#include <math.h>

static bool equal(const sl_type *type, sl_value a, sl_value b) {
  bool result = sl_value_equal(type, &a, &b);
  assert_int_equal(sl_value_equal(type, &b, &a), result);
  if (result) assert_true(sl_value_hash(type, &a) == sl_value_hash(type, &b));
  return result;
}

static void test_value__null_equals_null_only(void **state) {
  (void)state;
  assert_true(equal(&SL_TYPE_INTEGER, sl_null(), sl_null()));
  assert_false(equal(&SL_TYPE_INTEGER, sl_null(), sl_of_i64(0)));
  assert_false(equal(&SL_TYPE_STRING, string_of(""), sl_null()));
}

static void test_value__doubles_are_equal_by_bits(void **state) {
  (void)state;
  assert_true(equal(&SL_TYPE_DOUBLE, sl_of_f64(NAN), sl_of_f64(-NAN)));
  assert_false(equal(&SL_TYPE_DOUBLE, sl_of_f64(0.0), sl_of_f64(-0.0)));
  assert_true(equal(&SL_TYPE_DOUBLE, sl_of_f64(1.5), sl_of_f64(1.5)));
}

static void test_value__decimals_inline_and_long(void **state) {
  (void)state;
  const sl_type *type = type_of("DECIMAL(40, 2)");
  static const char *const TEXTS[] = {"0",
                                      "1.5",
                                      "-1.5",
                                      "92233720368547758.07",
                                      "92233720368547758.08",
                                      "-92233720368547758.09",
                                      "12345678901234567890123456789012345678.90"};
  for (size_t i = 0; i < 7; i++) {
    for (size_t j = 0; j < 7; j++) {
      assert_int_equal(equal(type, value_of(type, TEXTS[i]), value_of(type, TEXTS[j])), i == j);
    }
  }
}

static void test_value__containers_are_equal_by_structure_and_null(void **state) {
  (void)state;
  const sl_type *array = type_of("ARRAY<INTEGER>");
  sl_value a = items_of(3, (sl_value[]){sl_of_i64(1), sl_null(), sl_of_i64(3)});
  assert_true(equal(array, a, items_of(3, (sl_value[]){sl_of_i64(1), sl_null(), sl_of_i64(3)})));
  assert_false(equal(array, a, items_of(3, (sl_value[]){sl_of_i64(1), sl_of_i64(2), sl_of_i64(3)})));
  assert_false(equal(array, a, items_of(2, (sl_value[]){sl_of_i64(1), sl_null()})));
  const sl_type *structure = type_of("STRUCT<`A` STRING, `B` ARRAY<INTEGER>>");
  assert_true(equal(structure, items_of(2, (sl_value[]){sl_null(), a}), items_of(2, (sl_value[]){sl_null(), a})));
  assert_false(equal(structure, items_of(2, (sl_value[]){string_of(""), a}), items_of(2, (sl_value[]){sl_null(), a})));
}

/* A map of count entries "key<i>" -> i, starting anywhere in the circle. */
static sl_value circle(uint32_t count, uint32_t first) {
  sl_value *items = sl_arena_alloc(&test_arena, (count + 1) * 2 * sizeof *items);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t n = (first + i) % count;
    items[2 * i] = string_of(sl_arena_printf(&test_arena, "key%u", n));
    items[2 * i + 1] = sl_of_i64(n);
  }
  return sl_of_items(items, count);
}

static void test_value__maps_are_equal_in_any_order(void **state) {
  (void)state;
  const sl_type *map = type_of("MAP<STRING, INTEGER>");
  static const uint32_t SIZES[] = {0, 1, 2, 10, 16, 17, 33, 1000};
  for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
    sl_value a = circle(SIZES[i], 0), b = circle(SIZES[i], SIZES[i] / 2);
    assert_true(equal(map, a, b));
    if (!SIZES[i]) continue;
    sl_value *items = (sl_value *)b.items; /* one value, then one key made different */
    sl_value kept = items[1];
    items[1] = sl_null();
    assert_false(equal(map, a, b));
    items[1] = kept;
    items[0] = string_of("other");
    assert_false(equal(map, a, b));
    assert_false(equal(map, a, circle(SIZES[i] + 1, 0)));
  }
  sl_value v = circle(5, 3), key = string_of("key4"), absent = string_of("key5");
  assert_int_equal(sl_map_value(map, &v, &key)->i64, 4);
  assert_null(sl_map_value(map, &v, &absent));
}

static void test_value__orders(void **state) {
  (void)state;
  static const struct {
    const char *type;
    const char *ascending[6];
  } CASES[] = {{"INTEGER", {"-2147483648", "-1", "0", "2147483647"}},
               {"BIGINT", {"-9223372036854775808", "0", "9223372036854775807"}},
               {"BOOLEAN", {"false", "true"}},
               {"STRING", {"", "A", "a", "aa", "b", "é"}},
               {"DOUBLE", {"-1e300", "-1", "-0.0", "0.0", "1e-300", "5"}},
               {"DECIMAL(30, 1)", {"-99999999999999999999.9", "-1", "0", "1.1", "99999999999999999999.9"}},
               {"DATE", {"1969-12-31", "1970", "2020-02-29"}},
               {"TIME", {"00:00", "00:00:01", "23:59"}},
               {"BYTES", {"gA==", "/w==", "AA==", "AAA=", "fw=="}}}; /* 80, ff, 00, 00 00, 7f: signed */
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    const sl_type *type = type_of(CASES[i].type);
    for (int j = 0; j < 6 && CASES[i].ascending[j]; j++) {
      for (int k = 0; k < 6 && CASES[i].ascending[k]; k++) {
        sl_value a = value_of(type, CASES[i].ascending[j]), b = value_of(type, CASES[i].ascending[k]);
        int order = sl_value_compare(type, &a, &b);
        assert_int_equal((order > 0) - (order < 0), (j > k) - (j < k));
      }
    }
  }
  sl_value nan = sl_of_f64(NAN), infinity = sl_of_f64(INFINITY);
  assert_true(sl_value_compare(&SL_TYPE_DOUBLE, &nan, &infinity) > 0);
  assert_true(sl_value_compare(&SL_TYPE_DOUBLE, &nan, &nan) == 0);
}

static void test_value__a_copy_borrows_nothing(void **state) {
  (void)state;
  const sl_type *type = type_of("STRUCT<`S` STRING, `M` MAP<STRING, ARRAY<BYTES>>, `D` DECIMAL(40, 0), `N` DATE>");
  char key[] = "key", text[] = "text", bytes[] = "\x00\xff";
  sl_arena other;
  sl_arena_init(&other, 0);
  sl_decimal d;
  sl_decimal_parse(&other, sl_str_of("1234567890123456789012345678901234567890"), &d);
  sl_value list[] = {sl_of_str(sl_str_n(bytes, 2)), sl_null()};
  sl_value entry[] = {string_of(key), sl_of_items(list, 2)};
  sl_value fields[] = {string_of(text), sl_of_items(entry, 1), d.unscaled, sl_null()};
  sl_value v = sl_of_items(fields, 4), copy = sl_value_copy(&test_arena, type, &v);
  assert_true(equal(type, v, copy));
  memset(key, 'x', 3);
  memset(text, 'x', 4);
  memset(bytes, 'x', 2);
  memset(list, 0, sizeof list);
  memset(entry, 0, sizeof entry);
  memset(fields, 0, sizeof fields);
  sl_arena_done(&other);
  assert_string_equal(text_of(type, copy),
                      "Struct{S=text,M={key=[AP8=, null]},D=1234567890123456789012345678901234567890}");
}

static void test_value__text_of_scalars_and_containers(void **state) {
  (void)state;
  static const struct {
    const char *type, *from, *text;
  } CASES[] = {{"BOOLEAN", "true", "true"},
               {"INTEGER", "-5", "-5"},
               {"BIGINT", "-9223372036854775808", "-9223372036854775808"},
               {"DOUBLE", "1e10", "1.0E10"},
               {"DECIMAL(30, 10)", "0", "0.0000000000"},
               {"TIMESTAMP", "2020-05-26", "2020-05-26T00:00:00.000"},
               {"DATE", "2020-05", "2020-05-01"},
               {"TIME", "10:15:00.7", "10:15"},
               {"STRING", "a'b", "a'b"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    const sl_type *type = type_of(CASES[i].type);
    assert_string_equal(text_of(type, value_of(type, CASES[i].from)), CASES[i].text);
  }
  const sl_type *array = type_of("ARRAY<DECIMAL(20, 10)>");
  sl_value items = items_of(3, (sl_value[]){sl_of_i64(0), sl_null(), sl_of_i64(12500000000)});
  assert_string_equal(text_of(array, items), "[0E-10, null, 1.2500000000]");
  const sl_type *map = type_of("MAP<STRING, STRING>");
  sl_value entries = map_of(
      3, (sl_value[]){string_of("k2"), sl_null(), string_of("k"), string_of("v"), string_of("K"), string_of("")});
  assert_string_equal(text_of(map, entries), "{k2=null, k=v, K=}");
  const sl_type *structure = type_of("STRUCT<`F0` INTEGER, `gone` STRING, `f1` DOUBLE, `S` STRUCT< >>");
  sl_value fields =
      items_of(4, (sl_value[]){sl_of_i64(1), sl_null(), sl_of_f64(3), items_of(0, (sl_value[]){sl_null()})});
  assert_string_equal(text_of(structure, fields), "Struct{F0=1,f1=3.0,S=Struct{}}");
  assert_string_equal(text_of(array, sl_null()), "null");
}

static void test_value__json_of_result_rows(void **state) {
  (void)state;
  static const struct {
    const char *type, *from, *json;
  } CASES[] = {{"BOOLEAN", "false", "false"},
               {"BIGINT", "9223372036854775807", "9223372036854775807"},
               {"DOUBLE", "10", "10.0"},
               {"DOUBLE", "1e10", "1.0E10"},
               {"DECIMAL(10, 2)", "1.2", "1.20"},
               {"DECIMAL(20, 10)", "0.0000000001", "0.0000000001"},
               {"STRING", "a\"\\\n\x01é", "\"a\\\"\\\\\\n\\u0001é\""},
               {"BYTES", "YQ==", "\"YQ==\""},
               {"DATE", "2021-05-01", "\"2021-05-01\""},
               {"TIME", "10:15", "\"10:15\""},
               {"TIME", "10:15:30.9", "\"10:15:30\""},
               {"TIMESTAMP", "2021-05-01T10:15:30.123", "\"2021-05-01T10:15:30.123\""},
               {"INTEGER", NULL, "null"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    const sl_type *type = type_of(CASES[i].type);
    assert_string_equal(json_of(type, value_of(type, CASES[i].from)), CASES[i].json);
  }
  assert_string_equal(json_of(&SL_TYPE_DOUBLE, sl_of_f64(NAN)), "\"NaN\"");
  assert_string_equal(json_of(&SL_TYPE_DOUBLE, sl_of_f64(-INFINITY)), "\"-Infinity\"");
}

static void test_value__json_times_are_numbers_inside_structs(void **state) {
  (void)state;
  const sl_type *array = type_of("ARRAY<DATE>"), *map = type_of("MAP<INTEGER, TIMESTAMP>");
  sl_value day = sl_of_i64(18748), moment = sl_of_i64(1), time = sl_of_i64(36930000);
  assert_string_equal(json_of(array, items_of(2, (sl_value[]){day, sl_null()})), "[\"2021-05-01\",null]");
  assert_string_equal(json_of(map, map_of(1, (sl_value[]){sl_of_i64(7), moment})),
                      "{\"7\":\"1970-01-01T00:00:00.001\"}");
  const sl_type *structure =
      type_of("STRUCT<`D` DATE, `t` TIME, `TS` TIMESTAMP, `A` ARRAY<DATE>, `B` BYTES, `N` STRING, `X` DECIMAL(4, 2)>");
  sl_value fields = items_of(
      7, (sl_value[]){day, time, moment, items_of(1, (sl_value[]){day}), string_of("a"), sl_null(), sl_of_i64(120)});
  assert_string_equal(json_of(structure, fields), "{\"D\":18748,\"t\":36930000,\"TS\":1,\"A\":[18748],\"B\":\"YQ==\","
                                                  "\"N\":null,\"X\":1.20}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_value__null_equals_null_only),       TEST(test_value__doubles_are_equal_by_bits),
      TEST(test_value__decimals_inline_and_long),    TEST(test_value__containers_are_equal_by_structure_and_null),
      TEST(test_value__maps_are_equal_in_any_order), TEST(test_value__orders),
      TEST(test_value__a_copy_borrows_nothing),      TEST(test_value__text_of_scalars_and_containers),
      TEST(test_value__json_of_result_rows),         TEST(test_value__json_times_are_numbers_inside_structs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
