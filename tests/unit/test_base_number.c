/* Doubles as text: checked against the C library and against powers computed with long integers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/number.h"
#include "base/number_powers.h"

static uint64_t random_state = 42;
static uint64_t next_random(void) {
  uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static double from_bits(uint64_t bits) {
  double v;
  memcpy(&v, &bits, 8);
  return v;
}

static double read_number(const char *text) {
  bool ok;
  double v = sl_number_to_double(text, strlen(text), &ok);
  assert_true(ok);
  return v;
}

static void assert_same_double(const char *text, double got, double want) {
  if (memcmp(&got, &want, 8) != 0) fail_msg("'%s': got %.17g, want %.17g", text, got, want);
}

static void test_number__reads_like_the_c_library(void **state) {
  (void)state;
  static const char *const HARD[] = {"0",
                                     "-0",
                                     "1",
                                     "-1.5",
                                     "123.45",
                                     "1e22",
                                     "1e23",
                                     "8.5e22",
                                     "9007199254740993",
                                     "9007199254740992.999999999999999",
                                     "9007199254740993.00000000000000000000000000000000001",
                                     "2.2250738585072011e-308",
                                     "2.2250738585072014e-308",
                                     "4.9e-324",
                                     "2.4703282292062327208e-324",
                                     "2.4703282292062328e-324",
                                     "1.7976931348623157e308",
                                     "1.7976931348623158e308",
                                     "1.797693134862315808e308",
                                     "1.7976931348623159e308",
                                     "1e400",
                                     "1e-400",
                                     "5e-324",
                                     "0.000000000000000000000000000000000000000000000000000001e60",
                                     "1e-5000000000000000000000",
                                     "1e5000000000000000000000",
                                     "179769313486231580793728971405303415079934132710037826936173778980444968292764750"
                                     "946649017977587207096330286416692"
                                     "887910946555547851940402630657488671505820681908902000708383676273854845817711531"
                                     "764475730270069855571366959622842"
                                     "914819860834936475292719074168444365510704342711559699508093042880",
                                     "7.2057594037927933e16",
                                     "3.5844466002796428e298",
                                     "6.631236846766476e-316",
                                     "1.00000000000000011102230246251565404",
                                     "1.00000000000000011102230246251565404236316680908203125",
                                     "1.000000000000000111022302462515654042363166809082031251",
                                     "0.1e-6",
                                     "100000000000000000000000000000000000000e-38",
                                     "1.",
                                     ".5",
                                     "+7"};
  for (size_t i = 0; i < sizeof HARD / sizeof *HARD; i++) {
    assert_same_double(HARD[i], read_number(HARD[i]), strtod(HARD[i], NULL));
  }
  char text[80];
  for (int i = 0; i < 300000; i++) {
    uint64_t r = next_random();
    if (i % 3 == 0) {
      snprintf(text, sizeof text, "%llue%d", (unsigned long long)r, (int)(next_random() % 680) - 360);
    } else if (i % 3 == 1) {
      snprintf(text, sizeof text, "%.*g", (int)(next_random() % 30) + 1, from_bits(r & 0x7fefffffffffffffu));
    } else { /* just around a midpoint of two doubles: the hardest */
      double v = from_bits((r & 0x000fffffffffffffu) | (uint64_t)(1023 + next_random() % 60) << 52);
      snprintf(text, sizeof text, "%.40Lf", (long double)v + (long double)(nextafter(v, HUGE_VAL) - v) / 2);
    }
    assert_same_double(text, read_number(text), strtod(text, NULL));
  }
}

static void test_number__reads_very_long_texts_exactly(void **state) {
  (void)state;
  enum { LEN = 5000 };
  char text[LEN + 8];
  /* A midpoint (2^53 + 1), then thousands of zeros, then a digit that decides. */
  memset(text, '0', LEN);
  memcpy(text, "9007199254740993.", 17);
  text[LEN] = 0;
  assert_same_double("midpoint", read_number(text), 9007199254740992.0);
  text[LEN - 1] = '1';
  assert_same_double("above", read_number(text), 9007199254740994.0);
  memset(text, '0', LEN);
  text[0] = '1';
  memcpy(text + LEN, "e-4999", 7);
  assert_same_double("1", read_number(text), 1.0);
}

static void test_number__refuses_other_text(void **state) {
  (void)state;
  static const char *const BAD[] = {"",      "-",  "+",  ".",   "e5",   "1e", "1e+", "1..2",
                                    "1.2.3", " 1", "1 ", "NaN", "0x10", "1f", "--1"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    bool ok = true;
    double v = sl_number_to_double(BAD[i], strlen(BAD[i]), &ok);
    if (ok || v != 0) fail_msg("'%s' was read", BAD[i]);
  }
}

static void assert_prints(double v, const char *want) {
  char text[SL_NUMBER_TEXT_MAX + 1];
  text[sl_number_print_java(text, v)] = 0;
  assert_string_equal(text, want);
}

static void test_number__prints_like_java(void **state) {
  (void)state;
  static const struct {
    double v;
    const char *text;
  } CASES[] = {{0.0, "0.0"},
               {-0.0, "-0.0"},
               {1, "1.0"},
               {100, "100.0"},
               {-1.5, "-1.5"},
               {1234567, "1234567.0"},
               {1e7, "1.0E7"},
               {9999999, "9999999.0"},
               {12345678, "1.2345678E7"},
               {9999999.999, "9999999.999"},
               {0.001, "0.001"},
               {0.0012, "0.0012"},
               {0.01, "0.01"},
               {0.000999, "9.99E-4"},
               {1e10, "1.0E10"},
               {1.234e-5, "1.234E-5"},
               {1.7976931348623157e308, "1.7976931348623157E308"},
               {4.9e-324, "4.9E-324"},
               {9.9e-324, "9.9E-324"},
               {1.5e-323, "1.5E-323"},
               {2e-323, "2.0E-323"},
               {2.2250738585072014e-308, "2.2250738585072014E-308"},
               {0.1, "0.1"},
               {0.30000000000000004, "0.30000000000000004"},
               {1e23, "1.0E23"},
               {9007199254740992.0, "9.007199254740992E15"},
               {123456.789, "123456.789"},
               {1.0 / 3, "0.3333333333333333"},
               {2.0 / 3, "0.6666666666666666"},
               {1e15, "1.0E15"},
               {999999999999999.9, "9.999999999999999E14"},
               {1e-7, "1.0E-7"},
               {5e-324, "4.9E-324"},
               {1e21, "1.0E21"},
               {1e22, "1.0E22"},
               {18014398509481984.0, "1.8014398509481984E16"},
               {HUGE_VAL, "Infinity"},
               {-HUGE_VAL, "-Infinity"},
               {NAN, "NaN"},
               {3.14, "3.14"},
               {-12.25, "-12.25"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) assert_prints(CASES[i].v, CASES[i].text);
}

static int digits_of(const char *text) {
  int n = 0, zeros = 0;
  for (; *text && *text != 'e'; text++) {
    if (*text < '0' || *text > '9' || (n == 0 && *text == '0')) continue;
    n++;
    zeros = *text == '0' ? zeros + 1 : 0;
  }
  return n - zeros;
}

static void check_shortest(double v) {
  char text[SL_NUMBER_TEXT_MAX + 16], library[40], here[24];
  size_t len = sl_number_print_java(text, v);
  assert_in_range(len, 3, 26);
  text[len] = 0;
  assert_same_double(text, strtod(text, NULL), v);
  assert_same_double(text, read_number(text), v);
  int n = 1;
  for (; n < 17; n++) {
    snprintf(library, sizeof library, "%.*e", n - 1, v);
    if (strtod(library, NULL) == v) break;
  }
  sl_double_digits d = sl_double_shortest(v);
  snprintf(here, sizeof here, "%llu", (unsigned long long)d.digits);
  int mine = (int)strlen(here);
  if (mine > n && !(n == 1 && mine == 2)) fail_msg("%.17g: %d digits, %d are enough", v, mine, n);
  if (mine == n) { /* and the nearest of that length */
    snprintf(library, sizeof library, "%.*e", n - 1, v);
    assert_int_equal(digits_of(library), mine);
    snprintf(text, sizeof text, "%.1s%s%s", here, mine > 1 ? "." : "", here + 1);
    if (strncmp(library + (v < 0), text, strlen(text)) != 0) fail_msg("%.17g: %s, not %s", v, text, library);
  }
}

static void test_number__prints_the_shortest_text_that_reads_back(void **state) {
  (void)state;
  for (int e = 1; e < 2047; e++) { /* powers of two: uneven neighbours */
    double v = from_bits((uint64_t)e << 52);
    char text[SL_NUMBER_TEXT_MAX + 1];
    text[sl_number_print_java(text, v)] = 0;
    assert_same_double(text, strtod(text, NULL), v);
  }
  for (uint64_t i = 1; i < 2000; i++) check_shortest(from_bits(i));
  for (int i = 0; i < 100000; i++) {
    uint64_t bits = next_random();
    if ((bits & 0x7ff0000000000000u) == 0x7ff0000000000000u) continue;
    check_shortest(from_bits(bits));
    check_shortest((double)(int64_t)(bits >> 30) / 100);
    check_shortest((double)(int64_t)(bits >> 24) / 1000000);
  }
}

static void test_number__prints_integers(void **state) {
  (void)state;
  static const int64_t CASES[] = {0, 1, -1, 9, 10, 99, 100, 12345, INT64_MAX, INT64_MIN};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    char text[21], want[24];
    text[sl_number_print_int(text, CASES[i])] = 0;
    snprintf(want, sizeof want, "%lld", (long long)CASES[i]);
    assert_string_equal(text, want);
  }
}

/* Long integers, least significant limb first. */
enum { LIMBS = 40 };
typedef struct big {
  uint32_t limb[LIMBS];
} big;

static void times_five(big *b) {
  uint64_t carry = 0;
  for (int i = 0; i < LIMBS; i++) {
    carry += (uint64_t)b->limb[i] * 5;
    b->limb[i] = (uint32_t)carry;
    carry >>= 32;
  }
}

static int top_bit(const big *b) {
  for (int i = LIMBS; i-- > 0;) {
    if (b->limb[i]) return i * 32 + 31 - __builtin_clz(b->limb[i]);
  }
  return -1;
}

static int bit_at(const big *b, int i) {
  return i < 0 ? 0 : (int)(b->limb[i / 32] >> (i % 32) & 1);
}

static bool subtract_if_not_less(big *a, const big *b) {
  for (int i = LIMBS; i-- > 0;) {
    if (a->limb[i] < b->limb[i]) return false;
    if (a->limb[i] > b->limb[i]) break;
  }
  int64_t borrow = 0;
  for (int i = 0; i < LIMBS; i++) {
    borrow += (int64_t)a->limb[i] - b->limb[i];
    a->limb[i] = (uint32_t)borrow;
    borrow >>= 32;
  }
  return true;
}

static void twice(big *b) {
  for (int i = LIMBS; i-- > 0;) b->limb[i] = b->limb[i] << 1 | (i ? b->limb[i - 1] >> 31 : 0);
}

static void test_number__powers_are_the_leading_bits_of_powers_of_ten(void **state) {
  (void)state;
  big five = {{1}};
  for (int q = 0; q <= 342; q++) {
    int top = top_bit(&five);
    uint64_t up[2] = {0, 0}, down[2] = {0, 0};
    for (int i = 0; i < 128; i++) up[i / 64] = up[i / 64] << 1 | (uint64_t)bit_at(&five, top - i);
    if (q <= SL_POWER_MAX) assert_memory_equal(up, SL_POWERS[q - SL_POWER_MIN], 16);
    /* 1 / 5^q by long division: start at the first quotient bit that is set. */
    big rest = {{0}};
    int first = bit_at(&five, top) && q == 0 ? top : top + 1;
    rest.limb[first / 32] = 1u << (first % 32);
    for (int i = 0; i < 128; i++) {
      down[i / 64] = down[i / 64] << 1 | (uint64_t)subtract_if_not_less(&rest, &five);
      twice(&rest);
    }
    if (q > 0 && -q >= SL_POWER_UP_MIN) down[0] += ++down[1] == 0;
    assert_memory_equal(down, SL_POWERS[-q - SL_POWER_MIN], 16);
    times_five(&five);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_number__reads_like_the_c_library),
      cmocka_unit_test(test_number__reads_very_long_texts_exactly),
      cmocka_unit_test(test_number__refuses_other_text),
      cmocka_unit_test(test_number__prints_like_java),
      cmocka_unit_test(test_number__prints_the_shortest_text_that_reads_back),
      cmocka_unit_test(test_number__prints_integers),
      cmocka_unit_test(test_number__powers_are_the_leading_bits_of_powers_of_ten),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
