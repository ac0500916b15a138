/* Help for the tests of formats: columns from text, values as text, one call per case. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/number.h"
#include "formats/format.h"
#include "types/decimal.h"

enum { COLUMN_MAX = 64 };

/* A side of a topic under test. */
typedef struct side {
  const char *format;
  const char *schema; /* as sl_schema_print has it, without KEY */
  bool is_key;
  sl_wrapping wrapping;
  const char *delimiter; /* or NULL */
} side;

typedef struct fixture {
  sl_arena arena;
  sl_buf text;
  sl_err err;
  sl_schema schema;
  sl_format_spec spec;
  sl_format_property property;
} fixture;

static inline void fixture_init(fixture *fx, const side *s) {
  memset(fx, 0, sizeof *fx);
  sl_arena_init(&fx->arena, 4096);
  if (*s->schema && !sl_schema_parse(&fx->arena, sl_str_of(s->schema), &fx->schema)) fail_msg("schema: %s", s->schema);
  sl_column *columns = sl_arena_calloc(&fx->arena, (size_t)fx->schema.count + 1, sizeof *columns);
  for (int i = 0; i < fx->schema.count; i++) {
    columns[i] = fx->schema.columns[i];
    columns[i].kind = s->is_key ? SL_COLUMN_KEY : SL_COLUMN_VALUE;
  }
  fx->schema.columns = columns;
  fx->spec = (sl_format_spec){.name = sl_str_of(s->format), .wrapping = s->wrapping};
  if (s->delimiter) {
    fx->property = (sl_format_property){sl_str_of("delimiter"), sl_str_of(s->delimiter)};
    fx->spec.properties = &fx->property;
    fx->spec.property_count = 1;
  }
}

static inline void fixture_done(fixture *fx) {
  sl_err_done(&fx->err);
  sl_buf_done(&fx->text);
  sl_arena_done(&fx->arena);
}

/* 1, 'text', x'00ff', [1,2], {'k':1}, (1,'x'), null. Dates and times as their integers. */
static inline void show(sl_buf *out, const sl_type *type, const sl_value *v) {
  if (sl_is_null(v)) {
    sl_buf_add_z(out, "null");
    return;
  }
  switch (type->base) {
  case SL_BOOLEAN: sl_buf_add_z(out, v->boolean ? "true" : "false"); break;
  case SL_DOUBLE: out->len += sl_number_print_java((char *)sl_buf_reserve(out, SL_NUMBER_TEXT_MAX), v->f64); break;
  case SL_STRING: sl_buf_printf(out, "'%.*s'", (int)v->len, v->bytes); break;
  case SL_BYTES:
    sl_buf_add_z(out, "x'");
    for (uint32_t i = 0; i < v->len; i++) sl_buf_printf(out, "%02x", (unsigned char)v->bytes[i]);
    sl_buf_add_byte(out, '\'');
    break;
  case SL_DECIMAL: {
    sl_decimal d = sl_decimal_of_value(type, v);
    sl_decimal_print(out, &d);
    break;
  }
  case SL_ARRAY:
  case SL_MAP:
  case SL_STRUCT: {
    bool map = type->base == SL_MAP, array = type->base == SL_ARRAY;
    uint32_t count = map ? v->len * 2 : v->len;
    sl_buf_add_byte(out, array ? '[' : map ? '{' : '(');
    for (uint32_t i = 0; i < count; i++) {
      if (i) sl_buf_add_byte(out, map && i % 2 ? ':' : ',');
      show(out, array || (map && i % 2) ? type->element : map ? type->key : type->fields[i].type, &v->items[i]);
    }
    sl_buf_add_byte(out, array ? ']' : map ? '}' : ')');
    break;
  }
  default: sl_buf_printf(out, "%lld", (long long)v->i64); break;
  }
}

static inline const char *show_row(fixture *fx, const sl_value *values) {
  sl_buf_reset(&fx->text);
  for (int i = 0; i < fx->schema.count; i++) {
    if (i) sl_buf_add_byte(&fx->text, ' ');
    show(&fx->text, fx->schema.columns[i].type, &values[i]);
  }
  return sl_buf_z(&fx->text);
}

/* Decodes bytes twice with one serde (the second time with what the first one taught it); expected is the row as
 * show_row has it, or '!' and the message. */
static inline void check_decode_bytes(const side *s, const char *bytes, size_t len, const char *expected) {
  fixture fx;
  sl_serde *serde = NULL;
  sl_value values[COLUMN_MAX];
  fixture_init(&fx, s);
  if (sl_serde_new(&fx.spec, fx.schema.columns, fx.schema.count, s->is_key, "t", &serde, &fx.err))
    fail_msg("%s: %s", s->schema, fx.err.message);
  char *copy = malloc(len ? len : 1); /* of exactly this size, so that a sanitizer sees reads past it */
  memcpy(copy, bytes, len);
  for (int round = 0; round < 2; round++) {
    sl_err_done(&fx.err);
    memset(values, 0x55, sizeof values);
    int code = sl_serde_decode(serde, (const uint8_t *)copy, len, NULL, &fx.arena, values, &fx.err);
    const char *got = code ? fx.err.message : show_row(&fx, values);
    if (code != (*expected == '!' ? SL_E_DECODE : 0) || strcmp(got, expected + (*expected == '!')) != 0)
      fail_msg("%s <- %.*s (round %d):\n  got      %s\n  expected %s", s->schema, (int)len, bytes, round, got,
               expected);
  }
  free(copy);
  sl_serde_free(serde);
  fixture_done(&fx);
}

static inline void check_decode(const side *s, const char *text, const char *expected) {
  check_decode_bytes(s, text, strlen(text), expected);
}

/* Decodes JSON text with (A, B ...) columns, encodes the row in side s; NULL expects a Kafka null. */
static inline void check_encode_bytes(const side *s, const char *json, const char *expected, size_t len) {
  fixture fx;
  sl_serde *serde = NULL, *reader = NULL;
  sl_value values[COLUMN_MAX];
  sl_buf out = {0};
  bool null;
  fixture_init(&fx, s);
  sl_format_spec plain = {.name = sl_str_of("JSON"), .wrapping = SL_WRAP};
  if (sl_serde_new(&fx.spec, fx.schema.columns, fx.schema.count, s->is_key, "t", &serde, &fx.err) ||
      sl_serde_new(&plain, fx.schema.columns, fx.schema.count, false, "t", &reader, &fx.err) ||
      sl_serde_decode(reader, (const uint8_t *)json, strlen(json), NULL, &fx.arena, values, &fx.err))
    fail_msg("%s: %s", s->schema, fx.err.message);
  assert_int_equal(sl_serde_encode(serde, values, &out, &null, &fx.err), 0);
  if (null != !expected) fail_msg("%s <- %s: null is %d", s->schema, json, null);
  if (expected && (out.len != len || (len && memcmp(out.data, expected, len) != 0)))
    fail_msg("%s <- %s:\n  got      %.*s\n  expected %.*s", s->schema, json, (int)out.len, (char *)out.data, (int)len,
             expected);
  sl_buf_done(&out);
  sl_serde_free(serde);
  sl_serde_free(reader);
  fixture_done(&fx);
}

static inline void check_encode(const side *s, const char *json, const char *expected) {
  check_encode_bytes(s, json, expected, expected ? strlen(expected) : 0);
}

/* Expects that the format refuses the columns with exactly this message; NULL expects that it takes them. */
static inline void check_schema(const side *s, const char *expected) {
  fixture fx;
  fixture_init(&fx, s);
  int code = sl_format_check(&fx.spec, fx.schema.columns, fx.schema.count, s->is_key, &fx.err);
  if (expected)
    assert_string_equal(fx.err.message, expected);
  else if (code)
    fail_msg("%s: %s", s->schema, fx.err.message);
  fixture_done(&fx);
}
