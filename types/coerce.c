/* Implicit coercion and common types: which pairs are allowed, strictly and for literals. The conversions themselves
 * are those of CAST, except that text must be recognised as a boolean and strict decimals are never rounded. */
#include "types/cast.h"
#include "types/decimal.h"
#include "types/text.h"

enum { NEVER = 0, STRICT = 1, LAX = 2 };

/* [from][to] between scalars of different or parametrised types. */
static const char RULES[SL_BASE_COUNT][SL_BASE_COUNT] = {
    [SL_BOOLEAN] = {[SL_STRING] = LAX},
    [SL_INTEGER] = {[SL_BIGINT] = STRICT, [SL_DECIMAL] = STRICT, [SL_DOUBLE] = STRICT, [SL_STRING] = LAX},
    [SL_BIGINT] = {[SL_DECIMAL] = STRICT, [SL_DOUBLE] = STRICT, [SL_STRING] = LAX},
    [SL_DECIMAL] = {[SL_DECIMAL] = STRICT, [SL_DOUBLE] = STRICT, [SL_STRING] = LAX},
    [SL_DOUBLE] = {[SL_STRING] = LAX},
    [SL_TIME] = {[SL_STRING] = LAX},
    [SL_DATE] = {[SL_STRING] = LAX},
    [SL_TIMESTAMP] = {[SL_STRING] = LAX},
    [SL_STRING] = {[SL_TIME] = STRICT,
                   [SL_DATE] = STRICT,
                   [SL_TIMESTAMP] = STRICT,
                   [SL_BYTES] = STRICT,
                   [SL_BOOLEAN] = LAX,
                   [SL_INTEGER] = LAX,
                   [SL_BIGINT] = LAX,
                   [SL_DECIMAL] = LAX,
                   [SL_DOUBLE] = LAX},
};

bool sl_coerce_supported(const sl_type *from, const sl_type *to, bool lax) {
  if (from->base == SL_NULL_TYPE || sl_type_equal(from, to)) return true;
  int rule = RULES[from->base][to->base];
  if (rule) return rule == STRICT || lax;
  if (from->base != to->base) return false;
  switch (from->base) {
  case SL_ARRAY: return sl_coerce_supported(from->element, to->element, lax);
  case SL_MAP:
    return sl_coerce_supported(from->key, to->key, lax) && sl_coerce_supported(from->element, to->element, lax);
  case SL_STRUCT:
    for (int i = 0; i < to->field_count; i++) {
      int source = sl_type_field(from, to->fields[i].name);
      if (source >= 0 && !sl_coerce_supported(from->fields[source].type, to->fields[i].type, lax)) return false;
    }
    return true;
  default: return false;
  }
}

static int coerce_scalar(sl_arena *arena, const sl_type *from, const sl_type *to, const sl_value *v, bool lax,
                         sl_value *out, sl_err *err) {
  if (from->base == SL_STRING && to->base == SL_BOOLEAN) {
    sl_str text = sl_text_trim(sl_value_str(v));
    bool value;
    if (!sl_boolean_parse(text, &value)) {
      return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "invalid input syntax for type BOOLEAN: \"%.*s\".",
                        (int)text.len, text.len ? text.ptr : "");
    }
    *out = sl_of_bool(value);
    return 0;
  }
  if (from->base == SL_DECIMAL && to->base == SL_DECIMAL && !lax) {
    sl_decimal d = sl_decimal_of_value(from, v);
    return sl_decimal_fit(arena, &d, to, SL_ROUND_UNNECESSARY, out, err);
  }
  return sl_cast(arena, from, to, v, false, out, err);
}

static int coerce_items(sl_arena *arena, const sl_type *from, const sl_type *to, const sl_value *v, bool lax,
                        sl_value *out, sl_err *err) {
  size_t count = from->base == SL_MAP ? (size_t)v->len * 2 : v->len;
  sl_value *items = sl_arena_alloc(arena, count * sizeof *items);
  for (size_t i = 0; i < count; i++) {
    bool key = from->base == SL_MAP && i % 2 == 0;
    int rc = sl_coerce(arena, key ? from->key : from->element, key ? to->key : to->element, &v->items[i], lax,
                       &items[i], err);
    if (rc) return rc;
  }
  *out = sl_of_items(items, v->len);
  return 0;
}

static int coerce_struct(sl_arena *arena, const sl_type *from, const sl_type *to, const sl_value *v, bool lax,
                         sl_value *out, sl_err *err) {
  sl_value *items = sl_arena_alloc(arena, (size_t)to->field_count * sizeof *items);
  for (int i = 0; i < to->field_count; i++) {
    int source = sl_type_field(from, to->fields[i].name);
    items[i] = sl_null();
    if (source < 0) continue;
    int rc = sl_coerce(arena, from->fields[source].type, to->fields[i].type, &v->items[source], lax, &items[i], err);
    if (rc) return rc;
  }
  *out = sl_of_items(items, (uint32_t)to->field_count);
  return 0;
}

int sl_coerce(sl_arena *arena, const sl_type *from, const sl_type *to, const sl_value *v, bool lax, sl_value *out,
              sl_err *err) {
  if (!sl_coerce_supported(from, to, lax)) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "%s cannot be used as %s without CAST", sl_base_name(from->base),
                      sl_base_name(to->base));
  }
  if (sl_is_null(v)) {
    *out = sl_null();
    return 0;
  }
  if (sl_type_equal(from, to)) {
    *out = *v;
    return 0;
  }
  if (from->base == SL_STRUCT) return coerce_struct(arena, from, to, v, lax, out, err);
  if (from->base == SL_ARRAY || from->base == SL_MAP) return coerce_items(arena, from, to, v, lax, out, err);
  return coerce_scalar(arena, from, to, v, lax, out, err);
}

/* ---- common types ---- */

typedef struct digits {
  int whole, scale;
} digits;

static digits digits_of(const sl_type *type) {
  if (type->base == SL_INTEGER) return (digits){10, 0};
  if (type->base == SL_BIGINT) return (digits){19, 0};
  return (digits){type->precision - type->scale, type->scale};
}

const sl_type *sl_type_widen(sl_arena *arena, const sl_type *a, const sl_type *b) {
  const sl_type *wider = a->base >= b->base ? a : b;
  if (wider->base != SL_DECIMAL || sl_type_equal(a, b)) return wider;
  digits x = digits_of(a), y = digits_of(b);
  int whole = x.whole > y.whole ? x.whole : y.whole, scale = x.scale > y.scale ? x.scale : y.scale;
  return sl_type_decimal(arena, whole + scale, scale);
}

static const sl_type *common_struct(sl_arena *arena, const sl_type *a, const sl_type *b) {
  sl_field *fields = sl_arena_calloc(arena, (size_t)(a->field_count + b->field_count), sizeof *fields);
  int count = 0;
  for (int i = 0; i < a->field_count; i++) {
    int other = sl_type_field(b, a->fields[i].name);
    fields[count] = a->fields[i];
    if (other >= 0) fields[count].type = sl_type_common(arena, a->fields[i].type, b->fields[other].type);
    if (!fields[count].type) return NULL;
    count++;
  }
  for (int i = 0; i < b->field_count; i++) {
    if (sl_type_field(a, b->fields[i].name) < 0) fields[count++] = b->fields[i];
  }
  return sl_type_struct(arena, fields, count);
}

const sl_type *sl_type_common(sl_arena *arena, const sl_type *a, const sl_type *b) {
  if (b->base == SL_NULL_TYPE || sl_type_equal(a, b)) return a;
  if (a->base == SL_NULL_TYPE) return b;
  if (sl_type_is_numeric(a) && sl_type_is_numeric(b)) return sl_type_widen(arena, a, b);
  if (a->base == b->base) {
    const sl_type *key, *element;
    switch (a->base) {
    case SL_ARRAY:
      element = sl_type_common(arena, a->element, b->element);
      return element ? sl_type_array(arena, element) : NULL;
    case SL_MAP:
      key = sl_type_common(arena, a->key, b->key);
      element = sl_type_common(arena, a->element, b->element);
      return key && element ? sl_type_map(arena, key, element) : NULL;
    case SL_STRUCT: return common_struct(arena, a, b);
    default: return NULL;
    }
  }
  if (sl_coerce_supported(b, a, false)) return a;
  return sl_coerce_supported(a, b, false) ? b : NULL;
}

static bool is_integer_text(sl_str text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '.' || text.ptr[i] == 'e' || text.ptr[i] == 'E') return false;
  }
  return true;
}

bool sl_number_literal(sl_arena *arena, sl_str text, const sl_type **out_type, sl_value *out) {
  text = sl_text_trim(text);
  int64_t small;
  /* Strictly inside: the limits themselves count as the next wider type. */
  if (is_integer_text(text) && sl_str_int64(text, &small) && small != INT64_MIN && small != INT64_MAX) {
    *out_type = small > INT32_MIN && small < INT32_MAX ? &SL_TYPE_INTEGER : &SL_TYPE_BIGINT;
    *out = sl_of_i64(small);
    return true;
  }
  sl_decimal d;
  if (!sl_decimal_parse(arena, text, &d)) return false;
  const sl_type *type = sl_decimal_type(arena, &d);
  if (sl_decimal_fit(arena, &d, type, SL_ROUND_UNNECESSARY, out, NULL)) return false;
  *out_type = type;
  return true;
}
