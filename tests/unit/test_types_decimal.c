/* DECIMAL: parsing and printing, arithmetic of every size against 128-bit integers and against its own laws, fitting
 * into a type. */
#include "types_testing.h"

#include <math.h>

static sl_decimal dec(const char *text) {
  sl_decimal d = {0};
  if (!sl_decimal_parse(&test_arena, sl_str_of(text), &d)) fail_msg("not a decimal: %s", text);
  return d;
}

static const char *plain(sl_decimal d) {
  sl_buf buf = {0};
  sl_decimal_print(&buf, &d);
  return buf_text(&buf);
}

static const char *scientific(sl_decimal d) {
  sl_buf buf = {0};
  sl_decimal_print_scientific(&buf, &d);
  return buf_text(&buf);
}

static void test_decimal__prints_what_it_parsed(void **state) {
  (void)state;
  static const char *const SAME[] = {"0",
                                     "0.0",
                                     "1.50",
                                     "-0.05",
                                     "123456789012345678",
                                     "-9223372036854775808",
                                     "9223372036854775808",
                                     "100000000000000000000000000000",
                                     "-0.000000000000000000000000000001",
                                     "12345678901234567890.123456789012345678901234567890",
                                     "1000000000.000000001"};
  for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++) assert_string_equal(plain(dec(SAME[i])), SAME[i]);
  assert_string_equal(plain(dec("+7.")), "7");
  assert_string_equal(plain(dec("-.5")), "-0.5");
  assert_string_equal(plain(dec("1E3")), "1000");
  assert_string_equal(plain(dec("1.5e-3")), "0.0015");
  assert_string_equal(plain(dec("0E+5")), "0");
  assert_int_equal(dec("10.00").scale, 2);
  assert_int_equal(dec("1E3").scale, -3);
}

static void test_decimal__scientific_text_is_that_of_BigDecimal(void **state) {
  (void)state;
  assert_string_equal(scientific(dec("0.000001")), "0.000001");
  assert_string_equal(scientific(dec("0.0000001")), "1E-7");
  assert_string_equal(scientific(dec("0.00000012")), "1.2E-7");
  assert_string_equal(scientific(dec("1E3")), "1E+3");
  assert_string_equal(scientific(dec("-15E2")), "-1.5E+3");
  assert_string_equal(scientific(dec("0.0000000000")), "0E-10");
  assert_string_equal(scientific(dec("123.4500")), "123.4500");
}

static void test_decimal__refuses_what_is_no_number(void **state) {
  (void)state;
  static const char *const BAD[] = {
      "",   "-",   ".",    "e5",  "1e",  "1e+",      "1.2.3",     "1 ",
      " 1", "0x1", "1e5x", "NaN", "--1", "1E100000", "1E-100000", "1E99999999999999999999"};
  sl_decimal d;
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    if (sl_decimal_parse(&test_arena, sl_str_of(BAD[i]), &d)) fail_msg("parsed: %s", BAD[i]);
  }
  char *digits = sl_arena_zalloc(&test_arena, SL_DECIMAL_MAX_PRECISION + 2);
  memset(digits, '9', SL_DECIMAL_MAX_PRECISION + 1);
  assert_false(sl_decimal_parse(&test_arena, sl_str_of(digits), &d));
  assert_true(sl_decimal_parse(&test_arena, sl_str_n(digits, SL_DECIMAL_MAX_PRECISION), &d));
}

static void test_decimal__equal_numbers_have_equal_representations(void **state) {
  (void)state;
  assert_int_equal(dec("9223372036854775807").unscaled.tag, SL_TAG_SET);
  assert_int_equal(dec("-9223372036854775808").unscaled.tag, SL_TAG_SET);
  assert_int_equal(dec("9223372036854775808").unscaled.tag, SL_TAG_BIG);
  sl_decimal a = dec("9223372036854775808"), one = dec("1");
  sl_decimal back = sl_decimal_sub(&test_arena, &a, &one);
  assert_int_equal(back.unscaled.tag, SL_TAG_SET);
  assert_int_equal(back.unscaled.i64, INT64_MAX);
  sl_decimal low = dec("-9223372036854775808"), negated = sl_decimal_negate(&test_arena, &low);
  assert_string_equal(plain(negated), "9223372036854775808");
  negated = sl_decimal_negate(&test_arena, &negated);
  assert_int_equal(negated.unscaled.tag, SL_TAG_SET);
}

static void test_decimal__compares_by_value_at_any_scale(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    int order;
  } CASES[] = {{"1.0", "1.00", 0},
               {"1.001", "1.0010001", -1},
               {"-1", "1", -1},
               {"-2.5", "-2.50000000000000000000000001", 1},
               {"100000000000000000000000000000000", "1E32", 0},
               {"99999999999999999999999999999999", "1E32", -1},
               {"1E9000", "1E-9000", 1},
               {"0E500", "0.000", 0},
               {"0", "-1E-9000", 1},
               {"123456789012345678901234567890", "123456789012345678901234567891", -1}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    sl_decimal a = dec(CASES[i].a), b = dec(CASES[i].b);
    assert_int_equal(sl_decimal_compare(&a, &b), CASES[i].order);
    assert_int_equal(sl_decimal_compare(&b, &a), -CASES[i].order);
  }
}

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

/* A random integer text of up to max digits; many zeros and nines, where carries hide. */
static const char *random_integer(int max) {
  int len = 1 + (int)(next_random() % (uint64_t)max);
  char *text = sl_arena_zalloc(&test_arena, (size_t)len + 2), *p = text;
  if (next_random() % 2) *p++ = '-';
  for (int i = 0; i < len; i++) {
    uint64_t r = next_random() % 16;
    p[i] = (char)(r < 10 ? '0' + (int)r : r < 13 ? '0' : '9');
  }
  if (p[0] == '0') p[0] = '1';
  return text;
}

static sl_i128 i128_of(const char *text) {
  sl_i128 v = 0;
  for (const char *p = text + (*text == '-'); *p; p++) v = v * 10 + (*p - '0');
  return *text == '-' ? -v : v;
}

static const char *i128_text(sl_i128 v) {
  char digits[64], *p = digits + sizeof digits;
  *--p = 0;
  sl_u128 m = v < 0 ? -(sl_u128)v : (sl_u128)v;
  do *--p = (char)('0' + (int)(m % 10));
  while (m /= 10);
  if (v < 0) *--p = '-';
  return sl_arena_dup(&test_arena, p, strlen(p));
}

static void test_decimal__agrees_with_128_bit_integers(void **state) {
  (void)state;
  for (int i = 0; i < 3000; i++) {
    sl_arena_reset(&test_arena);
    const char *x = random_integer(36), *y = random_integer(36), *s = random_integer(18), *t = random_integer(18);
    sl_decimal a = dec(x), b = dec(y), c = dec(s), d = dec(t), rest, quotient;
    sl_i128 p = i128_of(x), q = i128_of(y);
    assert_string_equal(plain(sl_decimal_add(&test_arena, &a, &b)), i128_text(p + q));
    assert_string_equal(plain(sl_decimal_sub(&test_arena, &a, &b)), i128_text(p - q));
    assert_string_equal(plain(sl_decimal_mul(&test_arena, &c, &d)), i128_text(i128_of(s) * i128_of(t)));
    assert_int_equal(sl_decimal_compare(&a, &b), (p > q) - (p < q));
    assert_true(sl_decimal_rem(&test_arena, &a, &b, &rest));
    assert_string_equal(plain(rest), i128_text(p % q));
    assert_true(sl_decimal_div_round(&test_arena, &a, &b, 0, SL_ROUND_DOWN, &quotient));
    assert_string_equal(plain(quotient), i128_text(p / q));
    assert_true(sl_decimal_to_i64(&a) == (int64_t)(uint64_t)p);
  }
}

static void test_decimal__division_undoes_multiplication_at_any_size(void **state) {
  (void)state;
  for (int i = 0; i < 1500; i++) {
    sl_arena_reset(&test_arena);
    sl_decimal a = dec(random_integer(120)), b = dec(random_integer(90)), r = dec(random_integer(60));
    sl_decimal product = sl_decimal_mul(&test_arena, &a, &b), exact, quotient, rest;
    assert_true(sl_decimal_div(&test_arena, &product, &b, 0, &exact));
    assert_string_equal(plain(exact), plain(a));
    /* n = b * (n / b) + n % b, with |n % b| < |b| and the sign of n */
    sl_decimal n = sl_decimal_add(&test_arena, &product, &r);
    assert_true(sl_decimal_div_round(&test_arena, &n, &b, 0, SL_ROUND_DOWN, &quotient));
    assert_true(sl_decimal_rem(&test_arena, &n, &b, &rest));
    sl_decimal back = sl_decimal_mul(&test_arena, &quotient, &b);
    back = sl_decimal_add(&test_arena, &back, &rest);
    assert_string_equal(plain(back), plain(n));
    if (sl_decimal_sign(&rest)) assert_int_equal(sl_decimal_sign(&rest), sl_decimal_sign(&n));
    sl_decimal size = sl_decimal_sign(&rest) < 0 ? sl_decimal_negate(&test_arena, &rest) : rest;
    sl_decimal bound = sl_decimal_sign(&b) < 0 ? sl_decimal_negate(&test_arena, &b) : b;
    assert_true(sl_decimal_compare(&size, &bound) < 0);
  }
}

static void test_decimal__bytes_round_trip(void **state) {
  (void)state;
  for (int i = 0; i < 2000; i++) {
    sl_arena_reset(&test_arena);
    sl_decimal d = dec(random_integer(60));
    sl_buf buf = {0};
    sl_big_encode(&buf, &d.unscaled);
    sl_decimal back = {sl_big_decode(&test_arena, buf.data, buf.len), 0};
    assert_string_equal(plain(back), plain(d));
    assert_int_equal(back.unscaled.tag, d.unscaled.tag);
    sl_buf_done(&buf);
  }
}

static void test_decimal__bytes_are_the_shortest_twos_complement(void **state) {
  (void)state;
  static const struct {
    const char *number, *bytes;
    size_t len;
  } CASES[] = {{"0", "\x00", 1},
               {"127", "\x7f", 1},
               {"128", "\x00\x80", 2},
               {"-128", "\x80", 1},
               {"-129", "\xff\x7f", 2},
               {"9223372036854775807", "\x7f\xff\xff\xff\xff\xff\xff\xff", 8},
               {"9223372036854775808", "\x00\x80\x00\x00\x00\x00\x00\x00\x00", 9},
               {"-9223372036854775809", "\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
               {"-18446744073709551616", "\xff\x00\x00\x00\x00\x00\x00\x00\x00", 9}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    sl_decimal d = dec(CASES[i].number);
    sl_buf buf = {0};
    sl_big_encode(&buf, &d.unscaled);
    assert_int_equal(buf.len, CASES[i].len);
    assert_memory_equal(buf.data, CASES[i].bytes, buf.len);
    sl_buf_done(&buf);
  }
}

static void test_decimal__rounds_by_each_mode(void **state) {
  (void)state;
  static const struct {
    const char *from;
    sl_rounding mode;
    const char *to;
  } CASES[] = {
      {"2.5", SL_ROUND_HALF_UP, "3"},
      {"-2.5", SL_ROUND_HALF_UP, "-3"},
      {"2.4", SL_ROUND_HALF_UP, "2"},
      {"2.5", SL_ROUND_HALF_CEILING, "3"},
      {"-2.5", SL_ROUND_HALF_CEILING, "-2"},
      {"-2.6", SL_ROUND_HALF_CEILING, "-3"},
      {"2.9", SL_ROUND_DOWN, "2"},
      {"-2.9", SL_ROUND_DOWN, "-2"},
      {"-2.1", SL_ROUND_FLOOR, "-3"},
      {"2.9", SL_ROUND_FLOOR, "2"},
      {"2.1", SL_ROUND_CEILING, "3"},
      {"-2.9", SL_ROUND_CEILING, "-2"},
      {"3.0", SL_ROUND_UNNECESSARY, "3"},
      {"99999999999999999999.5", SL_ROUND_HALF_UP, "100000000000000000000"},
      {"0.4999999999999999999999", SL_ROUND_HALF_UP, "0"},
  };
  sl_decimal out;
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    sl_decimal d = dec(CASES[i].from);
    assert_true(sl_decimal_rescale(&test_arena, &d, 0, CASES[i].mode, &out));
    assert_string_equal(plain(out), CASES[i].to);
  }
  sl_decimal inexact = dec("3.1"), long_inexact = dec("123456789012345678901234567890.1");
  assert_false(sl_decimal_rescale(&test_arena, &inexact, 0, SL_ROUND_UNNECESSARY, &out));
  assert_false(sl_decimal_rescale(&test_arena, &long_inexact, 0, SL_ROUND_UNNECESSARY, &out));
  sl_decimal digits = dec("9995");
  assert_true(sl_decimal_round_digits(&test_arena, &digits, 3, SL_ROUND_HALF_UP, &out));
  assert_string_equal(plain(out), "10000");
}

static void test_decimal__fit_checks_the_range_before_the_scale(void **state) {
  (void)state;
  const sl_type *type = type_of("DECIMAL(4, 2)");
  sl_value v;
  sl_decimal d = dec("1");
  assert_int_equal(sl_decimal_fit(&test_arena, &d, type, SL_ROUND_UNNECESSARY, &v, &test_err), 0);
  assert_string_equal(text_of(type, v), "1.00");
  d = dec("100");
  assert_int_equal(sl_decimal_fit(&test_arena, &d, type, SL_ROUND_HALF_UP, &v, &test_err), SL_E_EVALUATE);
  assert_string_equal(take_error(), "Numeric field overflow: A field with precision 4 and scale 2 must round to an "
                                    "absolute value less than 10^2. Got 100");
  d = dec("1.234");
  assert_int_equal(sl_decimal_fit(&test_arena, &d, type, SL_ROUND_UNNECESSARY, &v, &test_err), SL_E_EVALUATE);
  assert_string_equal(take_error(), "Cannot fit decimal '1.234' into DECIMAL(4, 2) without rounding. (Requires 4,3)");
  d = dec("1E5000");
  assert_int_equal(sl_decimal_fit(&test_arena, &d, type, SL_ROUND_HALF_UP, &v, &test_err), SL_E_EVALUATE);
  sl_err_done(&test_err);
  d = dec("1E-5000");
  assert_int_equal(sl_decimal_fit(&test_arena, &d, type, SL_ROUND_HALF_UP, &v, &test_err), 0);
  assert_string_equal(text_of(type, v), "0.00");
}

static void test_decimal__converts_to_the_nearest_double(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double v;
  } CASES[] = {{"0.1", 0.1},
               {"-123.456", -123.456},
               {"9007199254740993", 9007199254740992.0},
               {"179769313486231570000000000000000000000", 1.7976931348623157e38},
               {"12345678901234567890.5", 12345678901234567890.5},
               {"1E400", INFINITY},
               {"1E-400", 0.0},
               {"0.30000000000000004", 0.30000000000000004}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    sl_decimal d = dec(CASES[i].text);
    assert_true(sl_decimal_to_double(&d) == CASES[i].v);
  }
}

static void test_decimal__reads_doubles_by_text_or_by_bits(void **state) {
  (void)state;
  sl_decimal d;
  assert_true(sl_decimal_of_double(&test_arena, 0.1, &d));
  assert_string_equal(plain(d), "0.1");
  assert_true(sl_decimal_of_double(&test_arena, 1e10, &d));
  assert_string_equal(scientific(d), "1.0E+10");
  assert_true(sl_decimal_of_binary(&test_arena, 0.1, &d));
  assert_string_equal(plain(d), "0.1000000000000000055511151231257827021181583404541015625");
  assert_true(sl_decimal_of_binary(&test_arena, -3.0, &d));
  assert_string_equal(plain(d), "-3");
  assert_true(sl_decimal_of_binary(&test_arena, 0x1p100, &d));
  assert_string_equal(plain(d), "1267650600228229401496703205376");
  assert_true(sl_decimal_of_binary(&test_arena, 4.9E-324, &d));
  assert_int_equal(d.scale, 1074);
  assert_int_equal(sl_decimal_digits(&d), 751);
  assert_false(sl_decimal_of_binary(&test_arena, NAN, &d));
  assert_false(sl_decimal_of_double(&test_arena, INFINITY, &d));
}

static void test_decimal__literal_types(void **state) {
  (void)state;
  static const struct {
    const char *text, *type;
  } CASES[] = {{"0.5", "DECIMAL(2, 1)"},  {".5", "DECIMAL(2, 1)"},    {"0.005", "DECIMAL(4, 3)"},
               {"0.0", "DECIMAL(2, 1)"},  {"10.0", "DECIMAL(3, 1)"},  {"7.", "DECIMAL(1, 0)"},
               {"1E3", "DECIMAL(4, 0)"},  {"-1.50", "DECIMAL(3, 2)"}, {"1.0", "DECIMAL(2, 1)"},
               {"0.99", "DECIMAL(3, 2)"}, {"0", "DECIMAL(1, 0)"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    sl_decimal d = dec(CASES[i].text);
    assert_string_equal(sl_type_text(&test_arena, sl_decimal_type(&test_arena, &d)), CASES[i].type);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_decimal__prints_what_it_parsed),
      TEST(test_decimal__scientific_text_is_that_of_BigDecimal),
      TEST(test_decimal__refuses_what_is_no_number),
      TEST(test_decimal__equal_numbers_have_equal_representations),
      TEST(test_decimal__compares_by_value_at_any_scale),
      TEST(test_decimal__agrees_with_128_bit_integers),
      TEST(test_decimal__division_undoes_multiplication_at_any_size),
      TEST(test_decimal__bytes_round_trip),
      TEST(test_decimal__bytes_are_the_shortest_twos_complement),
      TEST(test_decimal__rounds_by_each_mode),
      TEST(test_decimal__fit_checks_the_range_before_the_scale),
      TEST(test_decimal__converts_to_the_nearest_double),
      TEST(test_decimal__reads_doubles_by_text_or_by_bits),
      TEST(test_decimal__literal_types),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
