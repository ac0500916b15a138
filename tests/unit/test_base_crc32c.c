/* CRC-32C: known values, and the two implementations against each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/crc32c.h"

static void test_crc32c__gives_the_known_values(void **state) {
  (void)state;
  uint8_t block[32];
  assert_int_equal(sl_crc32c(0, "", 0), 0);
  assert_int_equal(sl_crc32c(0, "123456789", 9), 0xE3069283);
  memset(block, 0, sizeof block);
  assert_int_equal(sl_crc32c(0, block, 32), 0x8A9136AA);
  memset(block, 0xff, sizeof block);
  assert_int_equal(sl_crc32c(0, block, 32), 0x62A8AB43);
  for (int i = 0; i < 32; i++) block[i] = (uint8_t)i;
  assert_int_equal(sl_crc32c(0, block, 32), 0x46DD794E);
  assert_int_equal(sl_crc32c_portable(0, block, 32), 0x46DD794E);
}

static void test_crc32c__twins_agree_at_every_length_and_alignment(void **state) {
  (void)state;
  enum { SIZE = 40000 };
  uint8_t *data = malloc(SIZE);
  uint32_t x = 1;
  for (int i = 0; i < SIZE; i++) {
    x = x * 1664525 + 1013904223;
    data[i] = (uint8_t)(x >> 24);
  }
  for (size_t len = 0; len < 2000; len++) {
    assert_int_equal(sl_crc32c(7, data + len % 16, len), sl_crc32c_portable(7, data + len % 16, len));
  }
  for (size_t len = 12000; len < SIZE; len += 997)
    assert_int_equal(sl_crc32c(0, data, len), sl_crc32c_portable(0, data, len));
  free(data);
}

static void test_crc32c__goes_on_from_a_seed(void **state) {
  (void)state;
  char text[1000];
  for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * 31);
  uint32_t whole = sl_crc32c(0, text, sizeof text);
  for (size_t cut = 0; cut <= sizeof text; cut += 13) {
    assert_int_equal(sl_crc32c(sl_crc32c(0, text, cut), text + cut, sizeof text - cut), whole);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_crc32c__gives_the_known_values),
      cmocka_unit_test(test_crc32c__twins_agree_at_every_length_and_alignment),
      cmocka_unit_test(test_crc32c__goes_on_from_a_seed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
