/* Writing JSON rows: member names are ready-made fragments, numbers are printed in place, strings are copied whole when
 * nothing in them needs an escape (formats.md 5.1). */
#include "formats/formats_int.h"
#include "formats/json_int.h"
#include "base/json_scan.h"
#include "base/number.h"
#include "types/text.h"

static void encode_string(sl_str s, sl_buf *out) {
  if (sl_scan_string(s.ptr, s.ptr + s.len) != s.ptr + s.len) {
    sl_json_write_str(out, s);
    return;
  }
  uint8_t *p = sl_buf_reserve(out, s.len + 2);
  *p++ = '"';
  if (s.len) memcpy(p, s.ptr, s.len);
  p[s.len] = '"';
  out->len += s.len + 2;
}

static void encode_map(const sl_json_node *node, const sl_value *v, sl_buf *out) {
  enum { FEW = 64 };
  uint32_t few[FEW], *order = few;
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  if (v->len > FEW) order = sl_arena_calloc(&scratch, v->len, sizeof *order);
  sl_java_map_order(v->items, v->len, SL_JAVA_MAP_ROOM, order);
  sl_buf_add_byte(out, '{');
  for (uint32_t i = 0; i < v->len; i++) {
    if (i) sl_buf_add_byte(out, ',');
    const sl_value *key = &v->items[2 * order[i]];
    encode_string(sl_is_null(key) ? sl_str_of("null") : sl_value_str(key), out);
    sl_buf_add_byte(out, ':');
    sl_json_encode_node(node->element, &v->items[2 * order[i] + 1], out);
  }
  sl_buf_add_byte(out, '}');
  sl_arena_done(&scratch);
}

static void encode_array(const sl_json_node *node, const sl_value *v, sl_buf *out) {
  sl_buf_add_byte(out, '[');
  for (uint32_t i = 0; i < v->len; i++) {
    if (i) sl_buf_add_byte(out, ',');
    sl_json_encode_node(node->element, &v->items[i], out);
  }
  sl_buf_add_byte(out, ']');
}

static void encode_bytes(sl_str bytes, sl_buf *out) {
  sl_buf_add_byte(out, '"');
  sl_base64_encode(out, bytes.ptr, bytes.len);
  sl_buf_add_byte(out, '"');
}

static void encode_double(double d, sl_buf *out) {
  bool finite = d - d == 0;
  if (!finite) sl_buf_add_byte(out, '"');
  out->len += sl_number_print_java((char *)sl_buf_reserve(out, SL_NUMBER_TEXT_MAX), d);
  if (!finite) sl_buf_add_byte(out, '"');
}

void sl_json_encode_node(const sl_json_node *node, const sl_value *v, sl_buf *out) {
  if (sl_is_null(v)) {
    sl_buf_add(out, "null", 4);
    return;
  }
  switch (node->base) {
  case SL_STRING: encode_string(sl_value_str(v), out); break;
  case SL_DOUBLE: encode_double(v->f64, out); break;
  case SL_BOOLEAN: sl_buf_add(out, v->boolean ? "true" : "false", v->boolean ? 4 : 5); break;
  case SL_DECIMAL: sl_decimal_write(out, node->type, v, true); break;
  case SL_BYTES: encode_bytes(sl_value_str(v), out); break;
  case SL_ARRAY: encode_array(node, v, out); break;
  case SL_MAP: encode_map(node, v, out); break;
  case SL_STRUCT: sl_json_encode_fields(node, v->items, out); break;
  default: out->len += sl_number_print_int((char *)sl_buf_reserve(out, 20), v->i64); break;
  }
}

void sl_json_encode_fields(const sl_json_node *node, const sl_value *values, sl_buf *out) {
  sl_buf_add_byte(out, '{');
  for (int i = 0; i < node->count; i++) {
    sl_buf_add_str(out, node->fields[i].fragment);
    sl_json_encode_node(&node->fields[i].node, &values[i], out);
  }
  sl_buf_add_byte(out, '}');
}
