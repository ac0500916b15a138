/* The native row codec and windowed keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "state/key_codec.h"
#include "state/row_codec.h"
#include "types/decimal.h"

static uint64_t seed = 88172645463325252u;
static uint32_t random_below(uint32_t bound) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)(seed >> 33) % bound;
}
static int64_t random_i64(void) {
  int64_t v = (int64_t)(((uint64_t)random_below(INT32_MAX) << 40) ^ ((uint64_t)random_below(INT32_MAX) << 20) ^
                        random_below(INT32_MAX));
  v >>= random_below(64);
  return random_below(2) ? -v : v;
}

static const sl_type *random_type(sl_arena *arena, int depth) {
  sl_base base =
      (sl_base)(SL_BOOLEAN + random_below(depth ? SL_STRUCT - SL_BOOLEAN + 1 : SL_TIMESTAMP - SL_BOOLEAN + 1));
  switch (base) {
  case SL_DECIMAL: return sl_type_decimal(arena, 60, 3);
  case SL_ARRAY: return sl_type_array(arena, random_type(arena, depth - 1));
  case SL_MAP: return sl_type_map(arena, &SL_TYPE_STRING, random_type(arena, depth - 1));
  case SL_STRUCT: {
    sl_field fields[12];
    int count = (int)random_below(12);
    for (int i = 0; i < count; i++)
      fields[i] = (sl_field){sl_str_printf(arena, "F%d", i), random_type(arena, depth - 1)};
    return sl_type_struct(arena, fields, count);
  }
  default: return sl_type_scalar(base);
  }
}

static sl_value random_value(sl_arena *arena, const sl_type *type);

static sl_value random_items(sl_arena *arena, const sl_type *type, uint32_t count) {
  uint32_t total = type->base == SL_MAP ? count * 2 : count;
  sl_value *items = sl_arena_calloc(arena, total + 1, sizeof *items);
  for (uint32_t i = 0; i < total; i++)
    if (type->base == SL_MAP && i % 2 == 0)
      items[i] = sl_of_str(sl_str_printf(arena, "key %u", i));
    else
      items[i] = random_value(arena, type->base == SL_STRUCT ? type->fields[i].type : type->element);
  return sl_of_items(items, count);
}

static sl_value random_decimal(sl_arena *arena) {
  char digits[64];
  size_t count = 1 + random_below(57), n = 0;
  sl_decimal d;
  if (random_below(2)) digits[n++] = '-';
  for (size_t i = 0; i < count; i++) digits[n++] = (char)('0' + random_below(10));
  assert_true(sl_decimal_parse(arena, sl_str_n(digits, n), &d));
  return d.unscaled;
}

static sl_value random_value(sl_arena *arena, const sl_type *type) {
  if (!random_below(5)) return sl_null();
  switch (type->base) {
  case SL_BOOLEAN: return sl_of_bool(random_below(2));
  case SL_INTEGER: return sl_of_i64((int32_t)random_i64());
  case SL_TIME: return sl_of_i64(random_below(86400001));
  case SL_DOUBLE: return sl_of_f64((double)random_i64() / 7);
  case SL_DECIMAL: return random_decimal(arena);
  case SL_STRING:
  case SL_BYTES: {
    size_t len = random_below(2) ? random_below(8) : random_below(300);
    char *bytes = sl_arena_alloc(arena, len);
    for (size_t i = 0; i < len; i++) bytes[i] = (char)random_below(256);
    return sl_of_str(sl_str_n(bytes, len));
  }
  case SL_ARRAY: return random_items(arena, type, random_below(20));
  case SL_MAP: return random_items(arena, type, random_below(10));
  case SL_STRUCT: return random_items(arena, type, (uint32_t)type->field_count);
  default: return sl_of_i64(random_i64());
  }
}

enum { COLUMNS_MAX = 20 };
typedef struct random_row {
  const sl_type *types[COLUMNS_MAX];
  sl_value values[COLUMNS_MAX];
  int count;
} random_row;

static void random_row_make(sl_arena *arena, random_row *row) {
  row->count = (int)random_below(COLUMNS_MAX + 1);
  for (int i = 0; i < row->count; i++) {
    row->types[i] = random_type(arena, 3);
    row->values[i] = random_value(arena, row->types[i]);
  }
}

static void same_rows(const random_row *row, const sl_value *a, const sl_value *b) {
  for (int i = 0; i < row->count; i++) assert_true(sl_value_equal(row->types[i], &a[i], &b[i]));
}

/* The bytes in a block of exactly their size, so that a sanitizer sees reads past them. */
static uint8_t *exact_copy(const sl_buf *buf, size_t len) {
  uint8_t *copy = malloc(len ? len : 1);
  memcpy(copy, buf->data, len);
  return copy;
}

static void test_row_codec__round_trips_random_rows(void **state) {
  (void)state;
  sl_arena arena;
  sl_buf bytes = {0};
  sl_arena_init(&arena, 0);
  for (int i = 0; i < 3000; i++) {
    random_row row;
    sl_value out[COLUMNS_MAX];
    sl_err err = {0};
    random_row_make(&arena, &row);
    sl_buf_reset(&bytes);
    sl_row_encode(&bytes, row.types, row.count, row.values);
    assert_int_equal(bytes.data[0], 1);
    uint8_t *copy = exact_copy(&bytes, bytes.len);
    if (sl_row_decode(copy, bytes.len, row.types, row.count, &arena, out, &err)) fail_msg("%s", err.message);
    same_rows(&row, row.values, out);
    free(copy);
    sl_arena_reset(&arena);
  }
  sl_buf_done(&bytes);
  sl_arena_done(&arena);
}

static void test_row_codec__refuses_every_cut_row(void **state) {
  (void)state;
  sl_arena arena;
  sl_buf bytes = {0};
  sl_arena_init(&arena, 0);
  for (int i = 0; i < 60; i++) {
    random_row row;
    random_row_make(&arena, &row);
    sl_buf_reset(&bytes);
    sl_row_encode(&bytes, row.types, row.count, row.values);
    for (size_t len = 0; len <= bytes.len + 1; len++) {
      sl_value out[COLUMNS_MAX];
      if (len == bytes.len) continue;
      sl_err err = {0};
      sl_buf_reserve(&bytes, 1)[0] = 0; /* one byte too many is an error, too */
      uint8_t *copy = exact_copy(&bytes, len);
      int code = sl_row_decode(copy, len, row.types, row.count, &arena, out, &err);
      free(copy);
      assert_int_equal(code, SL_E_DECODE);
      assert_non_null(err.message);
      sl_err_done(&err);
    }
    sl_arena_reset(&arena);
  }
  sl_buf_done(&bytes);
  sl_arena_done(&arena);
}

static void test_row_codec__survives_damaged_rows(void **state) {
  (void)state;
  sl_arena arena;
  sl_buf bytes = {0};
  int good = 0, bad = 0;
  sl_arena_init(&arena, 0);
  for (int i = 0; i < 20000; i++) {
    random_row row;
    sl_value out[COLUMNS_MAX];
    sl_err err = {0};
    random_row_make(&arena, &row);
    sl_buf_reset(&bytes);
    sl_row_encode(&bytes, row.types, row.count, row.values);
    for (uint32_t n = 1 + random_below(3); n; n--)
      bytes.data[random_below((uint32_t)bytes.len)] = (uint8_t)(random_below(3) ? random_below(256) : 0xff);
    uint8_t *copy = exact_copy(&bytes, bytes.len);
    if (sl_row_decode(copy, bytes.len, row.types, row.count, &arena, out, &err)) {
      bad++;
      assert_int_equal(err.code, SL_E_DECODE);
    } else {
      good++;
      sl_buf again = {0}; /* whatever was taken is a whole row: it can be written again */
      sl_row_encode(&again, row.types, row.count, out);
      sl_buf_done(&again);
    }
    free(copy);
    sl_err_done(&err);
    sl_arena_reset(&arena);
  }
  assert_true(good > 100 && bad > 100);
  sl_buf_done(&bytes);
  sl_arena_done(&arena);
}

static void test_row_codec__changes_keep_both_sides(void **state) {
  (void)state;
  sl_arena arena;
  sl_buf bytes = {0};
  sl_arena_init(&arena, 0);
  for (int i = 0; i < 400; i++) {
    random_row row;
    sl_value old[COLUMNS_MAX], now_out[COLUMNS_MAX], old_out[COLUMNS_MAX];
    bool has_now, has_old, with_now = i & 1, with_old = i & 2;
    sl_err err = {0};
    random_row_make(&arena, &row);
    for (int c = 0; c < row.count; c++) old[c] = random_value(&arena, row.types[c]);
    sl_buf_reset(&bytes);
    sl_row_encode_change(&bytes, row.types, row.count, with_now ? row.values : NULL, with_old ? old : NULL);
    assert_int_equal(bytes.data[1], i & 3);
    uint8_t *copy = exact_copy(&bytes, bytes.len);
    assert_int_equal(
        sl_row_decode_change(copy, bytes.len, row.types, row.count, &arena, now_out, &has_now, old_out, &has_old, &err),
        0);
    assert_int_equal(has_now, with_now);
    assert_int_equal(has_old, with_old);
    if (with_now) same_rows(&row, row.values, now_out);
    if (with_old) same_rows(&row, old, old_out);
    for (int c = 0; c < row.count && !with_old; c++) assert_true(sl_is_null(&old_out[c]));
    for (size_t len = 0; len < bytes.len; len++) {
      assert_int_equal(
          sl_row_decode_change(copy, len, row.types, row.count, &arena, now_out, &has_now, old_out, &has_old, NULL),
          SL_E_DECODE);
    }
    free(copy);
    sl_arena_reset(&arena);
  }
  sl_buf_done(&bytes);
  sl_arena_done(&arena);
}

static void test_row_codec__layout_is_as_documented(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  const sl_type *types[] = {&SL_TYPE_INTEGER, &SL_TYPE_STRING, &SL_TYPE_BOOLEAN, sl_type_decimal(&arena, 9, 2)};
  sl_value values[] = {sl_of_i64(-2), sl_of_str(sl_str_of("hi")), sl_null(), sl_of_i64(-300)};
  static const uint8_t expected[] = {1, 8, 4, 0xff, 0xff, 0xff, 0xfe, 4, 'h', 'i', 4, 0xfe, 0xd4};
  sl_buf bytes = {0};
  sl_row_encode(&bytes, types, 4, values);
  assert_int_equal(bytes.len, sizeof expected);
  assert_memory_equal(bytes.data, expected, sizeof expected);
  sl_buf_done(&bytes);
  sl_arena_done(&arena);
}

static void test_row_codec__older_rows_lack_the_newest_columns(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  const sl_type *types[] = {&SL_TYPE_INTEGER, &SL_TYPE_STRING, &SL_TYPE_BIGINT};
  sl_value values[] = {sl_of_i64(1), sl_of_str(sl_str_of("x")), sl_of_i64(3)}, out[3];
  sl_buf bytes = {0};
  sl_row_encode(&bytes, types, 2, values);
  assert_int_equal(sl_row_decode(bytes.data, bytes.len, types, 3, &arena, out, NULL), 0);
  assert_int_equal(out[0].i64, 1);
  assert_true(sl_is_null(&out[2]));
  assert_int_equal(sl_row_decode(bytes.data, bytes.len, types, 1, &arena, out, NULL), SL_E_DECODE);
  sl_buf_done(&bytes);
  sl_arena_done(&arena);
}

static void test_row_codec__refuses_other_versions(void **state) {
  (void)state;
  static const uint8_t bytes[] = {2, 0};
  sl_err err = {0};
  sl_arena arena = {0};
  assert_int_equal(sl_row_decode(bytes, 2, NULL, 0, &arena, NULL, &err), SL_E_DECODE);
  assert_string_equal(err.message, "Row of version 2, expected 1");
  sl_err_done(&err);
}

static void test_row_codec__strings_borrow(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  const sl_type *types[] = {&SL_TYPE_STRING};
  sl_value value = sl_of_str(sl_str_of("borrowed")), out;
  sl_buf bytes = {0};
  sl_row_encode(&bytes, types, 1, &value);
  assert_int_equal(sl_row_decode(bytes.data, bytes.len, types, 1, &arena, &out, NULL), 0);
  assert_ptr_equal(out.bytes, bytes.data + bytes.len - 8);
  assert_int_equal(sl_arena_size(&arena), 0);
  sl_buf_done(&bytes);
  sl_arena_done(&arena);
}

/* ---- keys ---- */

static void test_key_codec__time_window(void **state) {
  (void)state;
  sl_buf bytes = {0};
  sl_windowed_key key;
  sl_key_join_window(&bytes, sl_str_of("k"), 30000);
  assert_int_equal(bytes.len, 9);
  assert_memory_equal(bytes.data, "k\0\0\0\0\0\0\x75\x30", 9);
  assert_int_equal(sl_key_split(SL_WINDOW_TUMBLING, 10000, sl_buf_str(&bytes), &key, NULL), 0);
  assert_true(sl_str_eq_z(key.key, "k"));
  assert_int_equal(key.start, 30000);
  assert_int_equal(key.end, 40000);
  assert_int_equal(sl_key_split(SL_WINDOW_HOPPING, INT64_MAX, sl_buf_str(&bytes), &key, NULL), 0);
  assert_int_equal(key.end, INT64_MAX);
  assert_int_equal(sl_key_split(SL_WINDOW_NONE, 0, sl_buf_str(&bytes), &key, NULL), 0);
  assert_int_equal(key.key.len, 9);
  sl_buf_done(&bytes);
}

static void test_key_codec__session(void **state) {
  (void)state;
  sl_buf bytes = {0};
  sl_windowed_key key;
  sl_key_join_session(&bytes, sl_str_of("k"), 10000, 15000);
  assert_int_equal(bytes.len, 17);
  assert_memory_equal(bytes.data, "k\0\0\0\0\0\0\x3a\x98\0\0\0\0\0\0\x27\x10", 17);
  assert_int_equal(sl_key_split(SL_WINDOW_SESSION, 0, sl_buf_str(&bytes), &key, NULL), 0);
  assert_int_equal(key.start, 10000);
  assert_int_equal(key.end, 15000);
  sl_buf_done(&bytes);
}

static void test_key_codec__sequence(void **state) {
  (void)state;
  sl_buf bytes = {0};
  sl_windowed_key key;
  sl_key_join_sequence(&bytes, sl_str_of(""), -5, 7);
  assert_int_equal(bytes.len, 12);
  assert_int_equal(sl_key_split_sequence(100, sl_buf_str(&bytes), &key, NULL), 0);
  assert_int_equal(key.key.len, 0);
  assert_int_equal(key.start, -5);
  assert_int_equal(key.end, 95);
  assert_int_equal(key.sequence, 7);
  sl_buf_done(&bytes);
}

static void test_key_codec__refuses_short_keys(void **state) {
  (void)state;
  sl_windowed_key key = {.start = 77};
  sl_err err = {0};
  sl_str bytes = sl_str_of("12345678901234567");
  assert_int_equal(sl_key_split(SL_WINDOW_TUMBLING, 1, sl_str_n(bytes.ptr, 7), &key, &err), SL_E_DECODE);
  assert_string_equal(err.message, "A windowed key ends with 8 bytes of window, but it has only 7 bytes");
  sl_err_done(&err);
  assert_int_equal(sl_key_split(SL_WINDOW_SESSION, 1, sl_str_n(bytes.ptr, 15), &key, NULL), SL_E_DECODE);
  assert_int_equal(sl_key_split_sequence(1, sl_str_n(bytes.ptr, 11), &key, NULL), SL_E_DECODE);
  assert_int_equal(key.start, 77);
  assert_int_equal(sl_key_split(SL_WINDOW_SESSION, 1, sl_str_n(bytes.ptr, 16), &key, NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_row_codec__round_trips_random_rows),
      cmocka_unit_test(test_row_codec__refuses_every_cut_row),
      cmocka_unit_test(test_row_codec__survives_damaged_rows),
      cmocka_unit_test(test_row_codec__changes_keep_both_sides),
      cmocka_unit_test(test_row_codec__layout_is_as_documented),
      cmocka_unit_test(test_row_codec__older_rows_lack_the_newest_columns),
      cmocka_unit_test(test_row_codec__refuses_other_versions),
      cmocka_unit_test(test_row_codec__strings_borrow),
      cmocka_unit_test(test_key_codec__time_window),
      cmocka_unit_test(test_key_codec__session),
      cmocka_unit_test(test_key_codec__sequence),
      cmocka_unit_test(test_key_codec__refuses_short_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
