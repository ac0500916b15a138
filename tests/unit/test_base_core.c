/* Errors, strings, bytes, clocks, log lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/logger.h"
#include "base/str.h"

/* ---- errors ---- */
static void test_err__the_first_error_wins(void **state) {
  (void)state;
  sl_err err = {0}, other = {0};
  assert_int_equal(sl_err_prefix(&err, "nothing"), 0);
  assert_int_equal(sl_err_set(&err, SL_E_SYNTAX, (sl_pos){2, 7}, "no %s", "luck"), SL_E_SYNTAX);
  assert_int_equal(sl_err_set(&err, SL_E_IO, SL_NO_POS, "later"), SL_E_IO);
  assert_int_equal(err.code, SL_E_SYNTAX);
  assert_int_equal(err.pos.column, 7);
  assert_int_equal(sl_err_prefix(&err, "line %d: ", 2), SL_E_SYNTAX);
  assert_string_equal(err.message, "line 2: no luck");
  sl_err_hint(&err, "first");
  sl_err_hint(&err, "second");
  assert_string_equal(err.hint, "first");
  sl_err_statement(&err, "SELECT 1", 6);
  assert_string_equal(err.statement, "SELECT");
  sl_err_set(&other, SL_E_IO, SL_NO_POS, "io");
  sl_err_move(&err, &other);
  assert_int_equal(other.code, 0);
  assert_int_equal(err.code, SL_E_SYNTAX);
  sl_err_move(&other, &err);
  assert_int_equal(err.code, 0);
  assert_string_equal(other.message, "line 2: no luck");
  sl_err_done(&other);
  assert_int_equal(sl_err_set(NULL, SL_E_IO, SL_NO_POS, "x"), SL_E_IO);
}

static void test_err__every_row_is_found_by_its_code(void **state) {
  (void)state;
  for (int code = -1; code >= -SL_ERROR_COUNT; code--) {
    assert_string_not_equal(sl_err_name(code), "UNKNOWN");
    int api = sl_err_api_code(code);
    assert_true(api == 0 || (api >= 40000 && api < 60000));
    for (int before = -1; before > code; before--) assert_string_not_equal(sl_err_name(before), sl_err_name(code));
  }
  assert_string_equal(sl_err_name(SL_E_DISK_FULL), "DISK_FULL");
  assert_int_equal(sl_err_api_code(SL_E_NOT_FOUND), 40400);
  assert_string_equal(sl_err_name(0), "UNKNOWN");
  assert_string_equal(sl_err_name(-10000), "UNKNOWN");
}

/* ---- strings and bytes ---- */
static void test_str__compares_and_searches(void **state) {
  (void)state;
  assert_true(sl_str_eq((sl_str){0}, sl_str_of("")));
  assert_true(sl_str_eq_nocase(sl_str_of("SeLeCt"), sl_str_of("sElEcT")));
  assert_false(sl_str_eq_nocase(sl_str_of("a["), sl_str_of("A{")));
  assert_int_equal(sl_str_cmp(sl_str_of("ab"), sl_str_of("abc")), -1);
  assert_int_equal(sl_str_cmp(sl_str_of("b"), sl_str_of("abc")), 1);
  assert_int_equal(sl_str_cmp(sl_str_of("\xff"), sl_str_of("a")), 1);
  assert_int_equal(sl_str_cmp((sl_str){0}, sl_str_of("")), 0);
  assert_true(sl_str_starts(sl_str_of("abc"), sl_str_of("ab")) && !sl_str_starts(sl_str_of("a"), sl_str_of("ab")));
  assert_true(sl_str_ends(sl_str_of("abc"), sl_str_of("bc")) && !sl_str_ends(sl_str_of("c"), sl_str_of("bc")));
  assert_true(sl_str_contains(sl_str_of("abc"), sl_str_of("b")) && !sl_str_contains(sl_str_of("abc"), sl_str_of("d")));
  assert_true(sl_str_contains((sl_str){0}, (sl_str){0}));
  assert_true(sl_str_eq_z(sl_str_trim(sl_str_of(" \t a b\r\n")), "a b"));
  assert_int_equal(sl_str_trim(sl_str_of("  ")).len, 0);
  assert_int_equal(sl_str_hash(sl_str_of("")), sl_str_hash((sl_str){0}));
  assert_true(sl_str_hash(sl_str_of("a")) != sl_str_hash(sl_str_of("b")));
  assert_true(sl_str_hash(sl_str_of("")) == 0x2d06800538d394c2u); /* XXH3 of nothing */
}

static void test_str__copies_change_case(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(0);
  assert_true(sl_str_eq_z(sl_str_upper(arena, sl_str_of("aZ_\xc3\xa9{")), "AZ_\xc3\xa9{"));
  assert_true(sl_str_eq_z(sl_str_lower(arena, sl_str_of("aZ_@[")), "az_@["));
  assert_string_equal(sl_str_z(arena, sl_str_n("abc", 2)), "ab");
  assert_true(sl_str_eq_z(sl_str_printf(arena, "%d%%", 5), "5%"));
  sl_arena_free(arena);
}

static void test_str__int64_is_strict(void **state) {
  (void)state;
  static const char *const BAD[] = {
      "",    "-",  "+", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "-9223372036854775809", "99999999999999999999",
      "1e3", "--1"};
  int64_t v = 77;
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) assert_false(sl_str_int64(sl_str_of(BAD[i]), &v));
  assert_int_equal(v, 77);
  assert_true(sl_str_int64(sl_str_of("-9223372036854775808"), &v) && v == INT64_MIN);
  assert_true(sl_str_int64(sl_str_of("+9223372036854775807"), &v) && v == INT64_MAX);
  assert_true(sl_str_int64(sl_str_of("-0007"), &v) && v == -7);
}

static void test_bytes__varints_go_there_and_back(void **state) {
  (void)state;
  static const int64_t CASES[] = {0, -1, 1, 63, -64, 64, -65, 8191, 8192, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    uint8_t bytes[10];
    size_t n = sl_put_varint(bytes, CASES[i]);
    const uint8_t *p = bytes;
    int64_t v;
    assert_int_equal(n, sl_varint_size(CASES[i]));
    assert_true(sl_get_varint(&p, bytes + n, 10, &v) && v == CASES[i] && p == bytes + n);
    p = bytes;
    assert_false(sl_get_varint(&p, bytes + n - 1, 10, &v));
    assert_ptr_equal(p, bytes);
  }
  uint8_t long_one[6] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
  const uint8_t *p = long_one;
  int64_t v;
  assert_false(sl_get_varint(&p, long_one + 6, 5, &v));
  uint8_t bytes[8];
  sl_put_u64(bytes, 0x0102030405060708);
  assert_int_equal(bytes[0], 1);
  assert_true(sl_get_u64(bytes) == 0x0102030405060708 && sl_get_u32(bytes) == 0x01020304 &&
              sl_get_u16(bytes) == 0x0102);
}

/* ---- clocks, log lines ---- */
static void test_clock__manual_moves_only_when_told(void **state) {
  (void)state;
  sl_clock_manual manual;
  sl_clock_manual_init(&manual, 1000);
  assert_int_equal(sl_clock_wall_ms(&manual.clock), 1000);
  sl_clock_manual_advance(&manual, 250);
  assert_int_equal(sl_clock_wall_ms(&manual.clock), 1250);
  assert_int_equal(sl_clock_monotonic_ns(&manual.clock), 250000000);
  assert_true(sl_clock_wall_ms(sl_clock_real()) > 1600000000000);
  int64_t before = sl_clock_monotonic_ns(sl_clock_real());
  assert_true(sl_clock_monotonic_ns(sl_clock_real()) >= before);
}

static void test_logger__writes_one_line_an_event(void **state) {
  (void)state;
  int ends[2], saved = dup(STDERR_FILENO);
  char text[512];
  sl_log_level level;
  assert_int_equal(pipe(ends), 0);
  dup2(ends[1], STDERR_FILENO);
  sl_log_line(SL_LOG_DEBUG, "below.threshold", "x=1");
  sl_log_line(SL_LOG_WARN, "query.failed", "query=%s reason=\"%s\"", "Q1", "two\nlines");
  sl_log_set_level(SL_LOG_OFF);
  sl_log_line(SL_LOG_ERROR, "silent", NULL);
  sl_log_set_level(SL_LOG_INFO);
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  ssize_t n = read(ends[0], text, sizeof text - 1);
  close(ends[0]);
  assert_true(n > 0);
  text[n] = 0;
  assert_string_equal(text + 24, " WARN query.failed query=Q1 reason=\"two lines\"\n");
  assert_int_equal(text[10], 'T');
  assert_int_equal(text[23], 'Z');
  assert_true(sl_log_level_parse("warn", &level) && level == SL_LOG_WARN);
  assert_false(sl_log_level_parse("loud", &level));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_err__the_first_error_wins),
      cmocka_unit_test(test_err__every_row_is_found_by_its_code),
      cmocka_unit_test(test_str__compares_and_searches),
      cmocka_unit_test(test_str__copies_change_case),
      cmocka_unit_test(test_str__int64_is_strict),
      cmocka_unit_test(test_bytes__varints_go_there_and_back),
      cmocka_unit_test(test_clock__manual_moves_only_when_told),
      cmocka_unit_test(test_logger__writes_one_line_an_event),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
