/* Values as text and as JSON. Text is what CAST(v AS STRING) gives; inside containers decimals take their canonical
 * form and strings stay bare. JSON is that of result rows: temporal values are texts, but numbers anywhere inside a
 * STRUCT (http-api.md 4.3). MAP entries come in Java's order when keys are strings. */
#include "types/value.h"

#include <math.h>
#include "base/json.h"
#include "base/number.h"
#include "types/decimal.h"
#include "types/text.h"

static void print_int(sl_buf *out, int64_t v) {
  uint8_t *p = sl_buf_reserve(out, 20);
  out->len += sl_number_print_int((char *)p, v);
}

static void print_double(sl_buf *out, double v) {
  uint8_t *p = sl_buf_reserve(out, SL_NUMBER_TEXT_MAX);
  out->len += sl_number_print_java((char *)p, v);
}

/* Positions of a MAP's entries in the order they are written; NULL for insertion order. Release with sl_buf_done. */
static const uint32_t *entry_order(const sl_type *type, const sl_value *v, sl_buf *work) {
  if (type->key->base != SL_STRING || v->len < 2) return NULL;
  for (uint32_t i = 0; i < v->len; i++) {
    if (sl_is_null(&v->items[2 * (size_t)i])) return NULL;
  }
  uint32_t *order = (uint32_t *)(void *)sl_buf_reserve(work, (size_t)v->len * sizeof *order);
  sl_java_map_order(v->items, v->len, SL_JAVA_MAP_ROOM, order);
  return order;
}

/* ---- text ---- */

static void print_nested(sl_buf *out, const sl_type *type, const sl_value *v) {
  if (type->base == SL_DECIMAL && !sl_is_null(v)) {
    sl_decimal d = sl_decimal_of_value(type, v);
    sl_decimal_print_scientific(out, &d);
  } else {
    sl_value_print(out, type, v);
  }
}

static void print_array(sl_buf *out, const sl_type *type, const sl_value *v) {
  sl_buf_add_byte(out, '[');
  for (uint32_t i = 0; i < v->len; i++) {
    if (i) sl_buf_add_z(out, ", ");
    print_nested(out, type->element, &v->items[i]);
  }
  sl_buf_add_byte(out, ']');
}

static void print_map(sl_buf *out, const sl_type *type, const sl_value *v) {
  sl_buf work = {0};
  const uint32_t *order = entry_order(type, v, &work);
  sl_buf_add_byte(out, '{');
  for (uint32_t i = 0; i < v->len; i++) {
    const sl_value *entry = &v->items[2 * (size_t)(order ? order[i] : i)];
    if (i) sl_buf_add_z(out, ", ");
    print_nested(out, type->key, &entry[0]);
    sl_buf_add_byte(out, '=');
    print_nested(out, type->element, &entry[1]);
  }
  sl_buf_add_byte(out, '}');
  sl_buf_done(&work);
}

static void print_struct(sl_buf *out, const sl_type *type, const sl_value *v) {
  bool first = true;
  sl_buf_add_z(out, "Struct{");
  for (int i = 0; i < type->field_count; i++) {
    if (sl_is_null(&v->items[i])) continue;
    if (!first) sl_buf_add_byte(out, ',');
    first = false;
    sl_buf_add_str(out, type->fields[i].name);
    sl_buf_add_byte(out, '=');
    print_nested(out, type->fields[i].type, &v->items[i]);
  }
  sl_buf_add_byte(out, '}');
}

void sl_value_print(sl_buf *out, const sl_type *type, const sl_value *v) {
  if (sl_is_null(v)) {
    sl_buf_add_z(out, "null");
    return;
  }
  switch (type->base) {
  case SL_BOOLEAN: sl_buf_add_z(out, v->boolean ? "true" : "false"); return;
  case SL_INTEGER:
  case SL_BIGINT: print_int(out, v->i64); return;
  case SL_DOUBLE: print_double(out, v->f64); return;
  case SL_STRING: sl_buf_add_str(out, sl_value_str(v)); return;
  case SL_BYTES: sl_base64_encode(out, v->bytes, v->len); return;
  case SL_TIME: sl_time_print(out, v->i64); return;
  case SL_DATE: sl_date_print(out, v->i64); return;
  case SL_TIMESTAMP: sl_timestamp_print(out, v->i64); return;
  case SL_ARRAY: print_array(out, type, v); return;
  case SL_MAP: print_map(out, type, v); return;
  case SL_STRUCT: print_struct(out, type, v); return;
  case SL_DECIMAL: {
    sl_decimal d = sl_decimal_of_value(type, v);
    sl_decimal_print(out, &d);
    return;
  }
  default: sl_buf_add_z(out, "null"); return;
  }
}

/* ---- JSON ---- */

static void print_json(sl_buf *out, const sl_type *type, const sl_value *v, bool in_struct);

static void print_json_array(sl_buf *out, const sl_type *type, const sl_value *v, bool in_struct) {
  sl_buf_add_byte(out, '[');
  for (uint32_t i = 0; i < v->len; i++) {
    if (i) sl_buf_add_byte(out, ',');
    print_json(out, type->element, &v->items[i], in_struct);
  }
  sl_buf_add_byte(out, ']');
}

static void print_json_key(sl_buf *out, const sl_type *type, const sl_value *key) {
  if (type->base == SL_STRING && !sl_is_null(key)) {
    sl_json_write_str(out, sl_value_str(key));
    return;
  }
  sl_buf text = {0};
  sl_value_print(&text, type, key);
  sl_json_write_str(out, sl_buf_str(&text));
  sl_buf_done(&text);
}

static void print_json_map(sl_buf *out, const sl_type *type, const sl_value *v, bool in_struct) {
  sl_buf work = {0};
  const uint32_t *order = entry_order(type, v, &work);
  sl_buf_add_byte(out, '{');
  for (uint32_t i = 0; i < v->len; i++) {
    const sl_value *entry = &v->items[2 * (size_t)(order ? order[i] : i)];
    if (i) sl_buf_add_byte(out, ',');
    print_json_key(out, type->key, &entry[0]);
    sl_buf_add_byte(out, ':');
    print_json(out, type->element, &entry[1], in_struct);
  }
  sl_buf_add_byte(out, '}');
  sl_buf_done(&work);
}

static void print_json_struct(sl_buf *out, const sl_type *type, const sl_value *v) {
  sl_buf_add_byte(out, '{');
  for (int i = 0; i < type->field_count; i++) {
    if (i) sl_buf_add_byte(out, ',');
    sl_json_write_str(out, type->fields[i].name);
    sl_buf_add_byte(out, ':');
    print_json(out, type->fields[i].type, &v->items[i], true);
  }
  sl_buf_add_byte(out, '}');
}

static void print_quoted(sl_buf *out, const sl_type *type, const sl_value *v) {
  sl_buf_add_byte(out, '"');
  sl_value_print(out, type, v); /* texts without anything to escape */
  sl_buf_add_byte(out, '"');
}

static void print_json(sl_buf *out, const sl_type *type, const sl_value *v, bool in_struct) {
  if (sl_is_null(v)) {
    sl_buf_add_z(out, "null");
    return;
  }
  switch (type->base) {
  case SL_STRING: sl_json_write_str(out, sl_value_str(v)); return;
  case SL_BYTES: print_quoted(out, type, v); return;
  case SL_TIME:
  case SL_DATE:
  case SL_TIMESTAMP:
    if (in_struct) {
      print_int(out, v->i64);
    } else {
      print_quoted(out, type, v);
    }
    return;
  case SL_DOUBLE:
    if (isfinite(v->f64)) {
      print_double(out, v->f64);
    } else {
      print_quoted(out, type, v);
    }
    return;
  case SL_ARRAY: print_json_array(out, type, v, in_struct); return;
  case SL_MAP: print_json_map(out, type, v, in_struct); return;
  case SL_STRUCT: print_json_struct(out, type, v); return;
  default: sl_value_print(out, type, v); return;
  }
}

void sl_value_print_json(sl_buf *out, const sl_type *type, const sl_value *v) {
  print_json(out, type, v, false);
}
