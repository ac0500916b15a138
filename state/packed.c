/* Packed rows: see packed.h for the layout. Packing goes over a row twice, once to measure and once to copy; unpacking
 * is one copy and a walk over the pointers. */
#include "state/packed.h"
#include <string.h>
#include "base/buf.h"
#include "types/decimal.h"

enum { PACKED_MAX = INT32_MAX };

/* Type of the i-th item of a container: MAP items alternate key and value. */
static const sl_type *item_type(const sl_type *type, uint32_t i) {
  if (type->base == SL_STRUCT) return type->fields[i].type;
  if (type->base == SL_MAP && (i & 1) == 0) return type->key;
  return type->element;
}

static uint32_t item_count(const sl_type *type, const sl_value *v) {
  return type->base == SL_MAP ? 2 * v->len : v->len;
}

static bool is_container(const sl_type *type) {
  return type->base == SL_ARRAY || type->base == SL_MAP || type->base == SL_STRUCT;
}

static size_t digits(const sl_value *v, sl_buf *out) {
  sl_decimal d = {.unscaled = *v, .scale = 0};
  sl_buf_reset(out);
  sl_decimal_print(out, &d);
  return out->len;
}

static size_t value_size(const sl_type *type, const sl_value *v) {
  if (v->tag == SL_TAG_NULL) return 0;
  if (v->tag == SL_TAG_BIG) {
    sl_buf text = {0};
    size_t len = digits(v, &text);
    sl_buf_done(&text);
    return len;
  }
  if (type->base == SL_STRING || type->base == SL_BYTES) return v->len;
  if (!is_container(type)) return 0;
  uint32_t count = item_count(type, v);
  size_t size = 8 + (size_t)count * sizeof(sl_value);
  for (uint32_t i = 0; i < count && size <= PACKED_MAX; i++) size += value_size(item_type(type, i), &v->items[i]);
  return size;
}

size_t sl_packed_size(const sl_type *const *types, int count, const sl_value *values) {
  size_t size = 0;
  for (int i = 0; i < count && size <= PACKED_MAX; i++) size += value_size(types[i], &values[i]);
  return size <= PACKED_MAX ? size : SIZE_MAX;
}

/* Copies one value into *to, its bytes to var + used; returns the new use. */
static size_t pack_value(const sl_type *type, const sl_value *v, sl_value *to, uint8_t *var, size_t used) {
  *to = *v;
  if (v->tag == SL_TAG_NULL) return used;
  if (v->tag == SL_TAG_BIG) {
    sl_buf text = {0};
    size_t len = digits(v, &text);
    memcpy(var + used, text.data, len);
    sl_buf_done(&text);
    to->i64 = (int64_t)used;
    to->len = (uint32_t)len;
    return used + len;
  }
  if (type->base == SL_STRING || type->base == SL_BYTES) {
    if (v->len) memcpy(var + used, v->bytes, v->len);
    to->i64 = (int64_t)used;
    return used + v->len;
  }
  if (!is_container(type)) return used;
  used = (used + 7) & ~(size_t)7;
  uint32_t count = item_count(type, v);
  sl_value *items = (sl_value *)(void *)(var + used);
  to->i64 = (int64_t)used;
  used += (size_t)count * sizeof(sl_value);
  for (uint32_t i = 0; i < count; i++) used = pack_value(item_type(type, i), &v->items[i], &items[i], var, used);
  return used;
}

size_t sl_pack(const sl_type *const *types, int count, const sl_value *values, sl_value *fixed, uint8_t *var) {
  size_t used = 0;
  for (int i = 0; i < count; i++) used = pack_value(types[i], &values[i], &fixed[i], var, used);
  return used;
}

static void unpack_value(const sl_type *type, sl_value *v, uint8_t *var, sl_arena *arena) {
  if (v->tag == SL_TAG_NULL) return;
  if (v->tag == SL_TAG_BIG) {
    sl_decimal d;
    bool ok = sl_decimal_parse(arena, sl_str_n((const char *)var + v->i64, v->len), &d);
    *v = ok ? d.unscaled : sl_null();
    return;
  }
  if (type->base == SL_STRING || type->base == SL_BYTES) {
    v->bytes = (const char *)var + v->i64;
    return;
  }
  if (!is_container(type)) return;
  sl_value *items = (sl_value *)(void *)(var + v->i64);
  v->items = items;
  uint32_t count = item_count(type, v);
  for (uint32_t i = 0; i < count; i++) unpack_value(item_type(type, i), &items[i], var, arena);
}

sl_value *sl_unpack(const sl_type *const *types, int count, const sl_value *fixed, const uint8_t *var, size_t var_len,
                    sl_arena *arena) {
  sl_value *values = sl_arena_alloc(arena, (size_t)count * sizeof(sl_value) + 1);
  if (count) memcpy(values, fixed, (size_t)count * sizeof(sl_value));
  if (!var_len) {
    static const uint8_t none[1];
    for (int i = 0; i < count; i++) {
      const sl_type *t = types[i];
      if (t->base >= SL_STRING && values[i].tag != SL_TAG_NULL && (t->base <= SL_BYTES || is_container(t)))
        values[i].bytes = (const char *)none;
    }
    return values;
  }
  uint8_t *copy = sl_arena_alloc(arena, var_len);
  memcpy(copy, var, var_len);
  for (int i = 0; i < count; i++) unpack_value(types[i], &values[i], copy, arena);
  return values;
}
