/* Implicit coercion, widening, common types, numbers in text literals. */
#include "types_testing.h"

static const char *common(const char *a, const char *b) {
  const sl_type *type = sl_type_common(&test_arena, type_of(a), type_of(b));
  return type ? sl_type_text(&test_arena, type) : "none";
}

static void test_coerce__scalar_rules(void **state) {
  (void)state;
  static const char *const TYPES[] = {"BOOLEAN", "INTEGER", "BIGINT", "DECIMAL(4, 2)", "DOUBLE",
                                      "STRING",  "TIME",    "DATE",   "TIMESTAMP",     "BYTES"};
  static const char *const RULES[] = {
      "s....l....", /* BOOLEAN: s strict, l lax only */
      ".ssssl....", /* INTEGER */
      "..sssl....", /* BIGINT */
      "...ssl....", /* DECIMAL */
      "....sl....", /* DOUBLE */
      "lllllsssss", /* STRING */
      ".....ls...", /* TIME */
      ".....l.s..", /* DATE */
      ".....l..s.", /* TIMESTAMP */
      ".........s", /* BYTES */
  };
  for (size_t i = 0; i < 10; i++) {
    for (size_t j = 0; j < 10; j++) {
      const sl_type *from = type_of(TYPES[i]), *to = type_of(TYPES[j]);
      bool strict = sl_coerce_supported(from, to, false), lax = sl_coerce_supported(from, to, true);
      char rule = RULES[i][j];
      if (strict != (rule == 's') || lax != (rule != '.')) fail_msg("%s to %s", TYPES[i], TYPES[j]);
    }
    assert_true(sl_coerce_supported(&SL_TYPE_NULL, type_of(TYPES[i]), false));
  }
}

static const char *coerce_value(const sl_type *from, const sl_type *to, sl_value v, bool lax) {
  sl_value out;
  if (sl_coerce(&test_arena, from, to, &v, lax, &out, &test_err)) {
    return sl_arena_printf(&test_arena, "! %s", take_error());
  }
  return text_of(to, out);
}

static void test_coerce__values(void **state) {
  (void)state;
  static const struct {
    const char *from, *text, *to;
    bool lax;
    const char *result;
  } CASES[] = {
      {"INTEGER", "5", "DECIMAL(4, 2)", false, "5.00"},
      {"INTEGER", "500", "DECIMAL(4, 2)", false,
       "! Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. "
       "Got 500"},
      {"DECIMAL(3, 1)", "1.5", "DECIMAL(4, 2)", false, "1.50"},
      {"DECIMAL(4, 3)", "1.555", "DECIMAL(4, 2)", false,
       "! Cannot fit decimal '1.555' into DECIMAL(4, 2) without rounding. (Requires 4,3)"},
      {"DECIMAL(4, 3)", "1.555", "DECIMAL(4, 2)", true, "1.56"},
      {"DECIMAL(4, 3)", "1.555", "DOUBLE", false, "1.555"},
      {"STRING", "2020", "DATE", false, "2020-01-01"},
      {"STRING", "YQ==", "BYTES", false, "YQ=="},
      {"STRING", "5", "INTEGER", false, "! STRING cannot be used as INTEGER without CAST"},
      {"STRING", " 5 ", "INTEGER", true, "5"},
      {"STRING", "fal", "BOOLEAN", true, "false"},
      {"STRING", "maybe", "BOOLEAN", true, "! invalid input syntax for type BOOLEAN: \"maybe\"."},
      {"DECIMAL(4, 2)", "1.50", "STRING", true, "1.50"},
      {"BOOLEAN", "t", "STRING", true, "true"},
      {"DATE", "2020", "STRING", true, "2020-01-01"},
      {"BOOLEAN", "t", "INTEGER", true, "! BOOLEAN cannot be used as INTEGER without CAST"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    const sl_type *from = type_of(CASES[i].from);
    assert_string_equal(coerce_value(from, type_of(CASES[i].to), value_of(from, CASES[i].text), CASES[i].lax),
                        CASES[i].result);
  }
}

static void test_coerce__containers_by_element_and_field(void **state) {
  (void)state;
  const sl_type *from = type_of("STRUCT<`A` ARRAY<INTEGER>, `B` STRING, `X` BYTES>");
  const sl_type *to = type_of("STRUCT<`B` DATE, `A` ARRAY<DOUBLE>, `C` BIGINT>");
  assert_true(sl_coerce_supported(from, to, false));
  sl_value v =
      items_of(3, (sl_value[]){items_of(2, (sl_value[]){sl_of_i64(1), sl_null()}), string_of("2020"), sl_null()});
  assert_string_equal(coerce_value(from, to, v, false), "Struct{B=2020-01-01,A=[1.0, null]}");
  assert_false(sl_coerce_supported(type_of("ARRAY<STRING>"), type_of("ARRAY<INTEGER>"), false));
  assert_true(sl_coerce_supported(type_of("ARRAY<STRING>"), type_of("ARRAY<INTEGER>"), true));
  assert_false(sl_coerce_supported(type_of("ARRAY<INTEGER>"), type_of("MAP<STRING, INTEGER>"), true));
}

static void test_coerce__common_types(void **state) {
  (void)state;
  static const struct {
    const char *a, *b, *result;
  } CASES[] = {
      {"INTEGER", "BIGINT", "BIGINT"},
      {"DOUBLE", "DECIMAL(4, 2)", "DOUBLE"},
      {"DECIMAL(4, 2)", "INTEGER", "DECIMAL(12, 2)"},
      {"BIGINT", "DECIMAL(4, 2)", "DECIMAL(21, 2)"},
      {"DECIMAL(9, 2)", "DECIMAL(7, 6)", "DECIMAL(13, 6)"},
      {"STRING", "DATE", "DATE"},
      {"TIMESTAMP", "STRING", "TIMESTAMP"},
      {"STRING", "BYTES", "BYTES"},
      {"STRING", "INTEGER", "none"},
      {"BOOLEAN", "INTEGER", "none"},
      {"DATE", "TIMESTAMP", "none"},
      {"ARRAY<INTEGER>", "ARRAY<DECIMAL(3, 1)>", "ARRAY<DECIMAL(11, 1)>"},
      {"ARRAY<INTEGER>", "ARRAY<BOOLEAN>", "none"},
      {"MAP<STRING, INTEGER>", "MAP<STRING, DOUBLE>", "MAP<STRING, DOUBLE>"},
      {"STRUCT<`A` INTEGER, `B` STRING>", "STRUCT<`C` DATE, `A` BIGINT>", "STRUCT<`A` BIGINT, `B` STRING, `C` DATE>"},
      {"STRUCT<`F0` BIGINT>", "STRUCT<`F0` BOOLEAN>", "none"},
      {"ARRAY<INTEGER>", "INTEGER", "none"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    assert_string_equal(common(CASES[i].a, CASES[i].b), CASES[i].result);
  }
  assert_ptr_equal(sl_type_common(&test_arena, &SL_TYPE_NULL, &SL_TYPE_DATE), &SL_TYPE_DATE);
  assert_ptr_equal(sl_type_common(&test_arena, &SL_TYPE_DATE, &SL_TYPE_NULL), &SL_TYPE_DATE);
}

static void test_coerce__number_literals(void **state) {
  (void)state;
  static const struct {
    const char *text, *type, *value;
  } CASES[] = {{" 12 ", "INTEGER", "12"},
               {"2147483646", "INTEGER", "2147483646"},
               {"2147483647", "BIGINT", "2147483647"}, /* strictly inside */
               {"9223372036854775807", "DECIMAL(19, 0)", "9223372036854775807"},
               {"123456789012345678901234567890", "DECIMAL(30, 0)", "123456789012345678901234567890"},
               {"1.50", "DECIMAL(3, 2)", "1.50"},
               {"1e3", "DECIMAL(4, 0)", "1000"},
               {"-0.5", "DECIMAL(2, 1)", "-0.5"}};
  const sl_type *type;
  sl_value v;
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    assert_true(sl_number_literal(&test_arena, sl_str_of(CASES[i].text), &type, &v));
    assert_string_equal(sl_type_text(&test_arena, type), CASES[i].type);
    assert_string_equal(text_of(type, v), CASES[i].value);
  }
  assert_false(sl_number_literal(&test_arena, sl_str_of("x"), &type, &v));
  assert_false(sl_number_literal(&test_arena, sl_str_of(""), &type, &v));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_coerce__scalar_rules),
      TEST(test_coerce__values),
      TEST(test_coerce__containers_by_element_and_field),
      TEST(test_coerce__common_types),
      TEST(test_coerce__number_literals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
