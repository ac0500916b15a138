/* JSON scalars as SQL values: the coercion table of formats.md 5.2, one function per target type. Numbers arrive as
 * text and stay exact until the target is known. */
#include "formats/formats_int.h"
#include "formats/json_int.h"
#include "base/number.h"
#include "types/text.h"

/* ---- messages ---- */

static const char *number_class(sl_str text) {
  int64_t v;
  for (size_t i = 0; i < text.len; i++)
    if (text.ptr[i] == '.' || text.ptr[i] == 'e' || text.ptr[i] == 'E') return "DecimalNode";
  if (!sl_str_int64(text, &v)) return "BigIntegerNode";
  return v >= INT32_MIN && v <= INT32_MAX ? "IntNode" : "LongNode";
}

static const char *node_class(sl_json_kind kind, sl_str text) {
  static const char *const names[] = {
      [SL_JSON_NULL] = "NullNode",   [SL_JSON_FALSE] = "BooleanNode", [SL_JSON_TRUE] = "BooleanNode",
      [SL_JSON_STRING] = "TextNode", [SL_JSON_ARRAY] = "ArrayNode",   [SL_JSON_OBJECT] = "ObjectNode",
      [SL_JSON_END] = "MissingNode",
  };
  return kind == SL_JSON_NUMBER ? number_class(text) : names[kind];
}

int sl_json_mismatch(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_err *err) {
  if (!err) return SL_E_DECODE;
  sl_buf type = {0};
  bool named = node->base == SL_DECIMAL || node->base == SL_BYTES || node->base >= SL_ARRAY;
  if (named)
    sl_type_print(&type, node->type, SL_TYPE_FORMATS);
  else
    sl_buf_add_z(&type, sl_base_name(node->base));
  sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Can't convert type. sourceType: %s, requiredType: %s",
             node_class(kind, text), sl_buf_z(&type));
  sl_buf_done(&type);
  return SL_E_DECODE;
}

static int bad_string(const sl_json_node *node, sl_err *err) {
  return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Can't coerce string to type. targetType: %s",
                    sl_base_name(node->base));
}

/* ---- numbers ---- */

/* Low 64 bits of a number's integer part. */
static int64_t low64(sl_str number) {
  const char *p = number.ptr, *end = p + number.len;
  bool negative = p < end && *p == '-';
  if (negative) p++;
  const char *mantissa = p, *stop = p;
  while (stop < end && *stop != 'e' && *stop != 'E') stop++;
  int64_t exponent = 0;
  if (stop < end) {
    const char *e = stop + 1;
    bool minus = e < end && *e == '-';
    if (e < end && (*e == '-' || *e == '+')) e++;
    for (; e < end && exponent < (int64_t)INT32_MAX; e++) exponent = exponent * 10 + (*e - '0');
    if (minus) exponent = -exponent;
  }
  int64_t whole = 0; /* digits in front of the point once the exponent has moved it */
  while (mantissa + whole < stop && mantissa[whole] != '.') whole++;
  whole += exponent;
  uint64_t v = 0;
  for (p = mantissa; p < stop && whole > 0; p++) {
    if (*p == '.') continue;
    v = v * 10 + (uint64_t)(*p - '0');
    whole--;
  }
  if (whole > 64) return 0; /* 10^64 is a multiple of 2^64 */
  for (; whole > 0; whole--) v *= 10;
  return (int64_t)(negative ? 0 - v : v);
}

static double to_double(sl_str number) {
  bool ok, zero = true;
  for (size_t i = 0; zero && i < number.len && number.ptr[i] != 'e' && number.ptr[i] != 'E'; i++)
    zero = number.ptr[i] < '1' || number.ptr[i] > '9';
  return zero ? 0.0 : sl_number_to_double(number.ptr, number.len, &ok); /* a BigDecimal has no negative zero */
}

/* BigDecimal(number).toString(): plain, unless the exponent is positive or the first digit lies far behind the point.
 */
static sl_str decimal_text(sl_arena *arena, sl_str number) {
  char *out = sl_arena_alloc(arena, number.len + 40), *digits = sl_arena_alloc(arena, number.len + 1), *q = out;
  size_t i = 0, count = 0;
  int64_t scale = 0, exponent = 0;
  bool negative = number.ptr[0] == '-', point = false, minus = false;
  for (i = negative; i < number.len && number.ptr[i] != 'e' && number.ptr[i] != 'E'; i++) {
    if (number.ptr[i] == '.') {
      point = true;
      continue;
    }
    scale += point;
    if (count || number.ptr[i] != '0') digits[count++] = number.ptr[i];
  }
  for (i++; i < number.len && exponent < (int64_t)INT32_MAX; i++) {
    if (number.ptr[i] == '-') minus = true;
    if (number.ptr[i] >= '0') exponent = exponent * 10 + (number.ptr[i] - '0');
  }
  scale -= minus ? -exponent : exponent;
  if (!count)
    digits[count++] = '0';
  else if (negative)
    *q++ = '-';
  int64_t adjusted = (int64_t)count - 1 - scale;
  if (scale >= 0 && adjusted >= -6) {
    int64_t whole = (int64_t)count - scale;
    if (whole <= 0) *q++ = '0';
    for (int64_t d = whole < 0 ? whole : 0; d < (int64_t)count; d++) {
      if (d == whole) *q++ = '.';
      *q++ = d < 0 ? '0' : digits[d];
    }
    return sl_str_n(out, (size_t)(q - out));
  }
  *q++ = digits[0];
  if (count > 1) {
    *q++ = '.';
    memcpy(q, digits + 1, count - 1);
    q += count - 1;
  }
  if (adjusted) {
    *q++ = 'E';
    if (adjusted > 0) *q++ = '+';
    q += sl_number_print_int(q, adjusted);
  }
  return sl_str_n(out, (size_t)(q - out));
}

static sl_str number_text(sl_arena *arena, sl_str number) {
  bool integral = true;
  for (size_t i = 0; integral && i < number.len; i++)
    integral = number.ptr[i] != '.' && number.ptr[i] != 'e' && number.ptr[i] != 'E';
  if (integral) return sl_str_eq_z(number, "-0") ? sl_str_n(number.ptr + 1, 1) : number;
  return decimal_text(arena, number);
}

/* ---- one function per group of targets ---- */

static int to_integral(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_value *out, sl_err *err) {
  int64_t v;
  if (kind == SL_JSON_NUMBER) {
    v = low64(text);
    if (node->base == SL_INTEGER) v = (int32_t)v;
  } else if (kind == SL_JSON_STRING) {
    int64_t min = node->base == SL_INTEGER ? INT32_MIN : INT64_MIN;
    if (!sl_parse_strict(text, min, -(min + 1), &v)) return bad_string(node, err);
  } else {
    return sl_json_mismatch(node, kind, text, err);
  }
  if (node->base == SL_TIME && !sl_time_in_range(v, err)) return SL_E_DECODE;
  if (node->base == SL_DATE) v = sl_days_clamp(v);
  *out = sl_of_i64(v);
  return 0;
}

static int to_boolean(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_value *out, sl_err *err) {
  if (kind != SL_JSON_TRUE && kind != SL_JSON_FALSE) return sl_json_mismatch(node, kind, text, err);
  *out = sl_of_bool(kind == SL_JSON_TRUE);
  return 0;
}

static int to_floating(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_value *out, sl_err *err) {
  double d;
  if (kind == SL_JSON_NUMBER)
    d = to_double(text);
  else if (kind != SL_JSON_STRING)
    return sl_json_mismatch(node, kind, text, err);
  else if (!sl_double_parse(text, &d))
    return bad_string(node, err);
  *out = sl_of_f64(d);
  return 0;
}

static int to_decimal(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_arena *arena, sl_value *out,
                      sl_err *err) {
  bool malformed;
  if (kind != SL_JSON_NUMBER && kind != SL_JSON_STRING) return sl_json_mismatch(node, kind, text, err);
  int code = sl_decimal_of_text(arena, text, node->type, &malformed, out, err);
  return malformed ? bad_string(node, err) : code;
}

static int to_string(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_arena *arena, sl_value *out,
                     sl_err *err) {
  switch (kind) {
  case SL_JSON_STRING: *out = sl_of_str(text); return 0;
  case SL_JSON_NUMBER: *out = sl_of_str(number_text(arena, text)); return 0;
  case SL_JSON_TRUE: *out = sl_of_str(sl_str_of("true")); return 0;
  case SL_JSON_FALSE: *out = sl_of_str(sl_str_of("false")); return 0;
  default: return sl_json_mismatch(node, kind, text, err);
  }
}

static int to_bytes(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_arena *arena, sl_value *out,
                    sl_err *err) {
  sl_str bytes;
  if (kind != SL_JSON_STRING) return sl_json_mismatch(node, kind, text, err);
  if (text.len % 4 || !sl_base64_decode(arena, text, &bytes))
    return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Value is not a valid Base64 encoded string: " SL_STR_FMT,
                      SL_STR_ARG(text));
  *out = sl_of_str(bytes);
  return 0;
}

int sl_json_scalar(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_arena *arena, sl_value *out,
                   sl_err *err) {
  if (kind == SL_JSON_NULL) {
    *out = sl_null();
    return 0;
  }
  switch (node->base) {
  case SL_BOOLEAN: return to_boolean(node, kind, text, out, err);
  case SL_DOUBLE: return to_floating(node, kind, text, out, err);
  case SL_DECIMAL: return to_decimal(node, kind, text, arena, out, err);
  case SL_STRING: return to_string(node, kind, text, arena, out, err);
  case SL_BYTES: return to_bytes(node, kind, text, arena, out, err);
  case SL_INTEGER:
  case SL_BIGINT:
  case SL_TIME:
  case SL_DATE:
  case SL_TIMESTAMP: return to_integral(node, kind, text, out, err);
  default: return sl_json_mismatch(node, kind, text, err);
  }
}

/* ---- nested values as text ---- */

uint32_t sl_json_unique_keys(sl_arena *arena, sl_value *pairs, uint32_t count) {
  enum { FEW = 8 };
  uint32_t kept = 0, mask = 0, *slots = NULL;
  if (count > FEW) {
    for (mask = 16; mask < count * 2u;) mask *= 2;
    slots = sl_arena_calloc(arena, mask, sizeof *slots);
    mask--;
  }
  for (uint32_t r = 0; r < count; r++) {
    sl_str key = sl_value_str(&pairs[2 * r]);
    uint32_t same = kept, h = 0;
    if (slots) {
      for (h = (uint32_t)sl_str_hash(key) & mask; slots[h]; h = (h + 1) & mask)
        if (sl_str_eq(sl_value_str(&pairs[2 * (slots[h] - 1)]), key)) break;
      if (slots[h]) same = slots[h] - 1;
    } else {
      for (same = 0; same < kept && !sl_str_eq(sl_value_str(&pairs[2 * same]), key);) same++;
    }
    if (same == kept) {
      if (slots) slots[h] = kept + 1;
      pairs[2 * kept++] = pairs[2 * r];
    }
    pairs[2 * same + 1] = pairs[2 * r + 1];
  }
  return kept;
}

static void write_compact(sl_arena *arena, sl_buf *out, const sl_json *v);

static void write_members(sl_arena *arena, sl_buf *out, const sl_json *v) {
  sl_value *pairs = sl_arena_alloc(arena, (v->count + 1) * 2 * sizeof *pairs);
  for (size_t i = 0; i < v->count; i++) {
    pairs[2 * i] = sl_of_str(v->members[i].name);
    pairs[2 * i + 1] = (sl_value){.pointer = v->members[i].value, .tag = SL_TAG_SET};
  }
  uint32_t count = sl_json_unique_keys(arena, pairs, (uint32_t)v->count);
  sl_buf_add_byte(out, '{');
  for (uint32_t i = 0; i < count; i++) {
    if (i) sl_buf_add_byte(out, ',');
    sl_json_write_str(out, sl_value_str(&pairs[2 * i]));
    sl_buf_add_byte(out, ':');
    write_compact(arena, out, pairs[2 * i + 1].pointer);
  }
  sl_buf_add_byte(out, '}');
}

static void write_compact(sl_arena *arena, sl_buf *out, const sl_json *v) {
  switch (v->kind) {
  case SL_JSON_NUMBER: sl_buf_add_str(out, number_text(arena, v->text)); break;
  case SL_JSON_STRING: sl_json_write_str(out, v->text); break;
  case SL_JSON_OBJECT: write_members(arena, out, v); break;
  case SL_JSON_ARRAY:
    sl_buf_add_byte(out, '[');
    for (size_t i = 0; i < v->count; i++) {
      if (i) sl_buf_add_byte(out, ',');
      write_compact(arena, out, v->items[i]);
    }
    sl_buf_add_byte(out, ']');
    break;
  default: sl_buf_add_z(out, v->kind == SL_JSON_TRUE ? "true" : v->kind == SL_JSON_FALSE ? "false" : "null"); break;
  }
}

/* As a STRING column shows a value: objects as JSON, arrays as [a, b] of such texts, strings bare. */
static void write_shown(sl_arena *arena, sl_buf *out, const sl_json *v) {
  if (v->kind == SL_JSON_STRING) {
    sl_buf_add_str(out, v->text);
  } else if (v->kind == SL_JSON_ARRAY) {
    sl_buf_add_byte(out, '[');
    for (size_t i = 0; i < v->count; i++) {
      if (i) sl_buf_add_z(out, ", ");
      write_shown(arena, out, v->items[i]);
    }
    sl_buf_add_byte(out, ']');
  } else {
    write_compact(arena, out, v);
  }
}

sl_str sl_json_text_of(sl_arena *arena, sl_buf *scratch, const sl_json *v) {
  sl_buf_reset(scratch);
  write_shown(arena, scratch, v);
  return sl_str_dup(arena, sl_buf_str(scratch));
}
