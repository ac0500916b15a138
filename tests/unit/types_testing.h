/* Shared by the tests of types/: values from text, values as text, errors as text. One arena per test. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "types/cast.h"
#include "types/decimal.h"
#include "types/schema.h"
#include "types/text.h"

static sl_arena test_arena;
static sl_err test_err;

static int set_up(void **state) {
  (void)state;
  sl_arena_init(&test_arena, 0);
  test_err = (sl_err){0};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  sl_err_done(&test_err);
  sl_arena_done(&test_arena);
  return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* A type from its text: "DECIMAL(4, 2)", "STRUCT<`A` INTEGER>". */
static inline const sl_type *type_of(const char *text) {
  const sl_type *type = NULL;
  if (!sl_type_parse(&test_arena, sl_str_of(text), &type)) fail_msg("not a type: %s", text);
  return type;
}

/* A scalar from the text that CAST reads; NULL gives NULL. */
static inline sl_value value_of(const sl_type *type, const char *text) {
  if (!text) return sl_null();
  sl_value string = sl_of_str(sl_str_of(text)), out = sl_null();
  if (sl_cast(&test_arena, &SL_TYPE_STRING, type, &string, false, &out, &test_err)) fail_msg("%s", test_err.message);
  return out;
}

static inline const char *buf_text(sl_buf *buf) {
  char *text = sl_arena_dup(&test_arena, buf->data, buf->len);
  sl_buf_done(buf);
  return text;
}

static inline const char *text_of(const sl_type *type, sl_value v) {
  sl_buf buf = {0};
  sl_value_print(&buf, type, &v);
  return buf_text(&buf);
}

static inline const char *json_of(const sl_type *type, sl_value v) {
  sl_buf buf = {0};
  sl_value_print_json(&buf, type, &v);
  return buf_text(&buf);
}

/* The message of the last error, which is then forgotten. */
static inline const char *take_error(void) {
  const char *message = sl_arena_printf(&test_arena, "%s", test_err.message ? test_err.message : "");
  sl_err_done(&test_err);
  test_err = (sl_err){0};
  return message;
}

static inline sl_value items_of(uint32_t count, const sl_value *items) {
  sl_value *copy = sl_arena_alloc(&test_arena, (count + 1) * 2 * sizeof *copy);
  memcpy(copy, items, count * sizeof *items);
  return sl_of_items(copy, count);
}

/* Items are pairs; count is of entries. */
static inline sl_value map_of(uint32_t count, const sl_value *items) {
  sl_value v = items_of(count * 2, items);
  v.len = count;
  return v;
}

static inline sl_value string_of(const char *z) {
  return sl_of_str(sl_str_of(z));
}
