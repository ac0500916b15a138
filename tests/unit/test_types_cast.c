/* CAST: every pair of types, every rule on values, messages. */
#include "types_testing.h"

#include <math.h>

/* Text of the result, or "! <message>". */
static const char *cast_value(const sl_type *from, const sl_type *to, sl_value v, bool nested_null) {
  sl_value out = sl_null();
  if (sl_cast(&test_arena, from, to, &v, nested_null, &out, &test_err)) {
    return sl_arena_printf(&test_arena, "! %s", take_error());
  }
  assert_null(test_err.message);
  return text_of(to, out);
}

static const char *cast_text(const char *from, const char *text, const char *to) {
  const sl_type *type = type_of(from);
  return cast_value(type, type_of(to), value_of(type, text), false);
}

static void test_cast__legal_pairs_are_those_of_the_table(void **state) {
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
  static const char *const LEGAL[] = {
      "x....x.......", /* BOOLEAN */
      ".xxxxx.......", /* INTEGER */
      ".xxxxx.......", /* BIGINT */
      ".xxxxx.......", /* DECIMAL */
      ".xxxxx.......", /* DOUBLE */
      "xxxxxxxxxx...", /* STRING */
      ".....xx......", /* TIME */
      ".....x.xx....", /* DATE */
      ".....xxxx....", /* TIMESTAMP */
      ".........x...", /* BYTES */
      ".....x....x..", /* ARRAY */
      ".....x.....x.", /* MAP */
      ".....x......x", /* STRUCT */
  };
  for (size_t i = 0; i < 13; i++) {
    for (size_t j = 0; j < 13; j++) {
      const sl_type *from = type_of(TYPES[i]), *to = type_of(TYPES[j]);
      sl_casting cast;
      if (sl_cast_supported(from, to) != (LEGAL[i][j] == 'x')) fail_msg("CAST %s to %s", TYPES[i], TYPES[j]);
      assert_int_equal(sl_casting_init(&cast, from, to, false), LEGAL[i][j] == 'x');
    }
    assert_true(sl_cast_supported(&SL_TYPE_NULL, type_of(TYPES[i])));
  }
}

static void test_cast__containers_are_checked_inside(void **state) {
  (void)state;
  static const struct {
    const char *from, *to;
    bool legal;
  } CASES[] = {{"ARRAY<BIGINT>", "ARRAY<STRING>", true},
               {"ARRAY<DATE>", "ARRAY<INTEGER>", false},
               {"ARRAY<ARRAY<BOOLEAN>>", "ARRAY<ARRAY<INTEGER>>", false},
               {"MAP<STRING, INTEGER>", "MAP<BIGINT, DOUBLE>", true},
               {"MAP<BOOLEAN, INTEGER>", "MAP<BIGINT, DOUBLE>", false},
               {"STRUCT<`A` INTEGER, `B` BYTES>", "STRUCT<`A` STRING>", true},
               {"STRUCT<`A` INTEGER>", "STRUCT<`a` BYTES>", true}, /* another field: missing in the source */
               {"STRUCT<`A` INTEGER>", "STRUCT<`A` BYTES>", false}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    assert_int_equal(sl_cast_supported(type_of(CASES[i].from), type_of(CASES[i].to)), CASES[i].legal);
  }
}

static void test_cast__null_stays_null(void **state) {
  (void)state;
  static const char *const TYPES[] = {"BOOLEAN", "STRING", "DECIMAL(4, 2)", "ARRAY<INTEGER>", "STRUCT<`A` INTEGER>"};
  for (size_t i = 0; i < 5; i++) {
    sl_value v = sl_null(), out = sl_of_i64(1);
    assert_int_equal(sl_cast(&test_arena, &SL_TYPE_NULL, type_of(TYPES[i]), &v, false, &out, &test_err), 0);
    assert_true(sl_is_null(&out));
    out = sl_of_i64(1);
    assert_int_equal(sl_cast(&test_arena, &SL_TYPE_STRING, &SL_TYPE_STRING, &v, false, &out, &test_err), 0);
    assert_true(sl_is_null(&out));
  }
}

typedef struct scalar_case {
  const char *from, *text, *to, *result;
} scalar_case;

static void check_all(const scalar_case *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const char *result = cast_text(cases[i].from, cases[i].text, cases[i].to);
    if (strcmp(result, cases[i].result) != 0) {
      fail_msg("CAST(%s '%s' AS %s) gave %s, not %s", cases[i].from, cases[i].text, cases[i].to, result,
               cases[i].result);
    }
  }
}
#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof *(cases))

static void test_cast__between_numbers(void **state) {
  (void)state;
  static const scalar_case CASES[] = {
      {"BIGINT", "2147483648", "INTEGER", "-2147483648"},
      {"BIGINT", "-4294967297", "INTEGER", "-1"},
      {"INTEGER", "-7", "BIGINT", "-7"},
      {"INTEGER", "3", "DOUBLE", "3.0"},
      {"BIGINT", "9223372036854775807", "DOUBLE", "9.223372036854776E18"},
      {"DOUBLE", "-2.9", "INTEGER", "-2"},
      {"DOUBLE", "1e10", "INTEGER", "2147483647"},
      {"DOUBLE", "-1e300", "BIGINT", "-9223372036854775808"},
      {"DOUBLE", "9223372036854775807", "BIGINT", "9223372036854775807"},
      {"DECIMAL(4, 2)", "-2.99", "INTEGER", "-2"},
      {"DECIMAL(12, 1)", "4294967298.9", "INTEGER", "2"},
      {"DECIMAL(25, 2)", "18446744073709551617.99", "BIGINT", "1"},
      {"DECIMAL(4, 2)", "0.10", "DOUBLE", "0.1"},
      {"INTEGER", "5", "DECIMAL(4, 2)", "5.00"},
      {"INTEGER", "100", "DECIMAL(4, 2)",
       "! Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. "
       "Got 100"},
      {"BIGINT", "9223372036854775807", "DECIMAL(40, 20)", "9223372036854775807.00000000000000000000"},
      {"DECIMAL(4, 2)", "1.25", "DECIMAL(2, 1)", "1.3"},
      {"DECIMAL(4, 2)", "-1.25", "DECIMAL(2, 1)", "-1.3"},
      {"DECIMAL(4, 2)", "10.25", "DECIMAL(2, 1)",
       "! Numeric field overflow: A field with precision 2 and scale 1 must round to an absolute value less than 10^1. "
       "Got 10.25"},
      {"DECIMAL(4, 2)", "9.99", "DECIMAL(2, 1)", "10.0"}, /* the range is checked before rounding */
      {"DOUBLE", "1.1", "DECIMAL(4, 2)", "1.10"},
      {"DOUBLE", "1.005", "DECIMAL(10, 2)", "1.01"}, /* rounded to 10 digits first */
      {"DOUBLE", "1.005", "DECIMAL(20, 2)", "1.00"}, /* the binary value is below 1.005 */
      {"DOUBLE", "12345", "DECIMAL(4, 0)",
       "! Numeric field overflow: A field with precision 4 and scale 0 must round to an absolute value less than 10^4. "
       "Got 12350"},
  };
  CHECK_ALL(CASES);
  assert_string_equal(cast_value(&SL_TYPE_DOUBLE, &SL_TYPE_BIGINT, sl_of_f64(NAN), false), "0");
  assert_string_equal(cast_value(&SL_TYPE_DOUBLE, &SL_TYPE_INTEGER, sl_of_f64(INFINITY), false), "2147483647");
  assert_string_equal(cast_value(&SL_TYPE_DOUBLE, type_of("DECIMAL(4, 2)"), sl_of_f64(NAN), false),
                      "! Infinite or NaN: NaN cannot be a DECIMAL");
}

static void test_cast__from_text(void **state) {
  (void)state;
  static const scalar_case CASES[] = {
      {"STRING", " +12 ", "INTEGER", "12"},
      {"STRING", "-2147483648", "INTEGER", "-2147483648"},
      {"STRING", "2147483648", "INTEGER", "! Invalid INTEGER value: \"2147483648\""},
      {"STRING", "1.0", "BIGINT", "! Invalid BIGINT value: \"1.0\""},
      {"STRING", "", "BIGINT", "! Invalid BIGINT value: \"\""},
      {"STRING", "9223372036854775807", "BIGINT", "9223372036854775807"},
      {"STRING", "9223372036854775808", "BIGINT", "! Invalid BIGINT value: \"9223372036854775808\""},
      {"STRING", " 1e3 ", "DOUBLE", "1000.0"},
      {"STRING", "NaN", "DOUBLE", "! Invalid double value: NaN"},
      {"STRING", "1e999", "DOUBLE", "! Invalid double value: 1e999"},
      {"STRING", "x", "DOUBLE", "! Invalid double value: x"},
      {"STRING", " 1.235 ", "DECIMAL(4, 2)", "1.24"},
      {"STRING", "1.5E1", "DECIMAL(4, 2)", "15.00"},
      {"STRING", "abc", "DECIMAL(4, 2)", "! Invalid decimal value: abc"},
      {"STRING", " T ", "BOOLEAN", "true"},
      {"STRING", "yes", "BOOLEAN", "true"},
      {"STRING", "no", "BOOLEAN", "false"},
      {"STRING", "whatever", "BOOLEAN", "false"},
      {"STRING", "", "BOOLEAN", "false"},
      {"STRING", " 2020-05 ", "DATE", "2020-05-01"},
      {"STRING", " 10:15:30 ", "TIME", "10:15:30"},
      {"STRING", " 2020-05-26T23:59+0200 ", "TIMESTAMP", "2020-05-26T21:59:00.000"},
      {"STRING", " YQ== ", "BYTES", "YQ=="},
      {"STRING", "Y", "BYTES", "! Value is not a valid Base64 encoded string: Y"},
  };
  CHECK_ALL(CASES);
}

static void test_cast__to_text_and_between_times(void **state) {
  (void)state;
  static const scalar_case CASES[] = {
      {"BOOLEAN", "t", "STRING", "true"},
      {"INTEGER", "-12", "STRING", "-12"},
      {"DOUBLE", "1e7", "STRING", "1.0E7"},
      {"DECIMAL(20, 10)", "0", "STRING", "0.0000000000"},
      {"TIME", "01:02:03.9", "STRING", "01:02:03"},
      {"DATE", "2020", "STRING", "2020-01-01"},
      {"TIMESTAMP", "2020", "STRING", "2020-01-01T00:00:00.000"},
      {"TIMESTAMP", "2020-05-26T23:59:58.123", "DATE", "2020-05-26"},
      {"TIMESTAMP", "1969-12-31T23:59:58.123", "DATE", "1969-12-31"},
      {"TIMESTAMP", "1969-12-31T23:59:58.123", "TIME", "23:59:58"},
      {"DATE", "1969-12-31", "TIMESTAMP", "1969-12-31T00:00:00.000"},
  };
  CHECK_ALL(CASES);
}

static void test_cast__containers_element_by_element(void **state) {
  (void)state;
  const sl_type *texts = type_of("ARRAY<STRING>"), *numbers = type_of("ARRAY<INTEGER>");
  sl_value good = items_of(3, (sl_value[]){string_of("1"), sl_null(), string_of(" 3 ")});
  assert_string_equal(cast_value(texts, numbers, good, false), "[1, null, 3]");
  sl_value bad = items_of(2, (sl_value[]){string_of("1"), string_of("x")});
  assert_string_equal(cast_value(texts, numbers, bad, false), "! Invalid INTEGER value: \"x\"");
  assert_string_equal(cast_value(texts, numbers, bad, true), "[1, null]");

  const sl_type *from = type_of("MAP<STRING, ARRAY<STRING>>"), *to = type_of("MAP<INTEGER, ARRAY<INTEGER>>");
  sl_value map = map_of(3, (sl_value[]){string_of("1"), good, string_of("2"), bad, string_of(" 1"), sl_null()});
  assert_string_equal(cast_value(from, to, map, true), "{1=null, 2=[1, null]}");

  from = type_of("STRUCT<`F0` INTEGER, `F1` STRING, `F2` STRUCT<`X` DOUBLE>>");
  to = type_of("STRUCT<`F2` STRUCT<`Y` DATE, `X` INTEGER>, `F3` STRING, `F0` STRING>");
  sl_value inner = items_of(1, (sl_value[]){sl_of_f64(2.5)});
  sl_value structure = items_of(3, (sl_value[]){sl_of_i64(7), string_of("gone"), inner});
  sl_value out;
  assert_int_equal(sl_cast(&test_arena, from, to, &structure, false, &out, &test_err), 0);
  assert_string_equal(json_of(to, out), "{\"F2\":{\"Y\":null,\"X\":2},\"F3\":null,\"F0\":\"7\"}");
  assert_string_equal(cast_value(from, &SL_TYPE_STRING, structure, false), "Struct{F0=7,F1=gone,F2=Struct{X=2.5}}");
}

static void test_cast__many_keys_that_become_one_are_one_entry(void **state) {
  (void)state;
  enum { KEYS = 10000 };
  const sl_type *from = type_of("MAP<STRING, INTEGER>"), *to = type_of("MAP<INTEGER, BIGINT>");
  sl_value *items = sl_arena_calloc(&test_arena, (size_t)KEYS * 6, sizeof *items);
  for (int i = 0; i < 3 * KEYS; i++) {
    static const char *const FORMS[] = {"%d", " %d", "0%d"};
    items[2 * i] = sl_of_str(sl_str_of(sl_arena_printf(&test_arena, FORMS[i / KEYS], i % KEYS)));
    items[2 * i + 1] = sl_of_i64(i);
  }
  sl_value map = sl_of_items(items, 3 * KEYS), out;
  assert_int_equal(sl_cast(&test_arena, from, to, &map, false, &out, &test_err), 0);
  assert_int_equal(out.len, KEYS);
  for (int i = 0; i < KEYS; i++) {
    assert_int_equal(out.items[2 * i].i64, i);
    assert_int_equal(out.items[2 * i + 1].i64, 2 * KEYS + i);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_cast__legal_pairs_are_those_of_the_table),
      TEST(test_cast__containers_are_checked_inside),
      TEST(test_cast__null_stays_null),
      TEST(test_cast__between_numbers),
      TEST(test_cast__from_text),
      TEST(test_cast__to_text_and_between_times),
      TEST(test_cast__containers_element_by_element),
      TEST(test_cast__many_keys_that_become_one_are_one_entry),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
