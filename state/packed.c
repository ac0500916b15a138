/* Packed rows: see packed.h for the layout. Packing goes over a row twice, once to measure and once to copy; unpacking
 * is one copy of the variable part and a walk over the values. */
#include "state/packed.h"
#include <string.h>
#include "base/buf.h"
#include "types/decimal.h"

enum { PACKED_MAX = INT32_MAX };

/* Where bytes lie in the variable part. */
typedef struct span {
  uint32_t at, len;
} span;

/* Type of the i-th item of a container: MAP items alternate key and value. */
static const sl_type *item_type(const sl_type *type, uint32_t i) {
  if (type->base == SL_STRUCT) return type->fields[i].type;
  if (type->base == SL_MAP && (i & 1) == 0) return type->key;
  return type->element;
}

static size_t item_count(const sl_type *type, size_t len) {
  return type->base == SL_MAP ? 2 * len : len;
}

static bool is_container(const sl_type *type) {
  return type->base == SL_ARRAY || type->base == SL_MAP || type->base == SL_STRUCT;
}
static bool is_bytes(const sl_type *type) {
  return type->base == SL_STRING || type->base == SL_BYTES;
}

static size_t digits(const sl_value *v, sl_buf *out) {
  sl_decimal d = {.unscaled = *v, .scale = 0};
  sl_buf_reset(out);
  sl_decimal_print(out, &d);
  return out->len;
}

/* ---- tags ---- */

static void put_tag(uint8_t *tags, size_t i, uint8_t tag) {
  tags[i / 4] = (uint8_t)(tags[i / 4] | tag << i % 4 * 2);
}
static uint8_t get_tag(const uint8_t *tags, size_t i) {
  return tags[i / 4] >> i % 4 * 2 & 3;
}

/* ---- packing ---- */

static size_t value_size(const sl_type *type, const sl_value *v) {
  if (v->tag == SL_TAG_NULL) return 0;
  if (v->tag == SL_TAG_BIG) {
    sl_buf text = {0};
    size_t len = digits(v, &text);
    sl_buf_done(&text);
    return len;
  }
  if (is_bytes(type)) return v->len;
  if (!is_container(type)) return 0;
  size_t count = item_count(type, v->len), size = 8 + sl_packed_fixed(count);
  for (uint32_t i = 0; i < count && size <= PACKED_MAX; i++) size += value_size(item_type(type, i), &v->items[i]);
  return size;
}

size_t sl_packed_size(const sl_type *const *types, int count, const sl_value *values) {
  size_t size = 0;
  for (int i = 0; i < count && size <= PACKED_MAX; i++) size += value_size(types[i], &values[i]);
  return size <= PACKED_MAX ? size : SIZE_MAX;
}

/* Packs one value's payload into to, its bytes to var + used; returns the new use. */
static size_t pack_value(const sl_type *type, const sl_value *v, uint8_t *to, uint8_t *var, size_t used) {
  span at = {(uint32_t)used, v->len};
  if (v->tag == SL_TAG_BIG) {
    sl_buf text = {0};
    at.len = (uint32_t)digits(v, &text);
    memcpy(var + used, text.data, at.len);
    sl_buf_done(&text);
    used += at.len;
  } else if (v->tag == SL_TAG_NULL) {
    memset(to, 0, 8);
    return used;
  } else if (!is_bytes(type) && !is_container(type)) {
    memcpy(to, &v->i64, 8);
    return used;
  } else if (is_bytes(type)) {
    if (v->len) memcpy(var + used, v->bytes, v->len);
    used += v->len;
  } else {
    used = (used + 7) & ~(size_t)7;
    at.at = (uint32_t)used;
    size_t count = item_count(type, v->len), fixed = sl_packed_fixed(count);
    uint8_t *items = var + used;
    memset(items + 8 * count, 0, fixed - 8 * count);
    used += fixed;
    for (uint32_t i = 0; i < count; i++) {
      put_tag(items + 8 * count, i, v->items[i].tag);
      used = pack_value(item_type(type, i), &v->items[i], items + 8 * (size_t)i, var, used);
    }
  }
  memcpy(to, &at, 8);
  return used;
}

size_t sl_pack(const sl_type *const *types, int count, const sl_value *values, uint8_t *fixed, uint8_t *var) {
  size_t used = 0, n = (size_t)count;
  memset(fixed + 8 * n, 0, sl_packed_fixed(n) - 8 * n);
  for (size_t i = 0; i < n; i++) {
    put_tag(fixed + 8 * n, i, values[i].tag);
    used = pack_value(types[i], &values[i], fixed + 8 * i, var, used);
  }
  return used;
}

/* ---- unpacking ---- */

static void unpack_items(const sl_type *type, sl_value *v, uint8_t *var, span at, sl_arena *arena);

static inline void unpack_value(const sl_type *type, const uint8_t *from, uint8_t tag, sl_value *v, uint8_t *var,
                                sl_arena *arena) {
  *v = (sl_value){.tag = tag};
  memcpy(&v->i64, from, 8);
  if (tag == SL_TAG_NULL || (type->base < SL_STRING && tag != SL_TAG_BIG)) return;
  span at;
  memcpy(&at, from, 8);
  if (tag == SL_TAG_BIG) {
    sl_decimal d;
    bool ok = sl_decimal_parse(arena, sl_str_n((const char *)var + at.at, at.len), &d);
    *v = ok ? d.unscaled : sl_null();
  } else if (is_bytes(type)) {
    v->bytes = (const char *)var + at.at;
    v->len = at.len;
  } else if (is_container(type)) {
    unpack_items(type, v, var, at, arena);
  }
}

static void unpack_items(const sl_type *type, sl_value *v, uint8_t *var, span at, sl_arena *arena) {
  size_t count = item_count(type, at.len);
  const uint8_t *items = var + at.at;
  sl_value *out = sl_arena_alloc(arena, count * sizeof *out + 1);
  for (uint32_t i = 0; i < count; i++)
    unpack_value(item_type(type, i), items + 8 * (size_t)i, get_tag(items + 8 * count, i), &out[i], var, arena);
  v->items = out;
  v->len = at.len;
}

sl_value *sl_unpack(const sl_type *const *types, int count, const uint8_t *fixed, const uint8_t *var, size_t var_len,
                    sl_arena *arena) {
  size_t n = (size_t)count;
  sl_value *values = sl_arena_alloc(arena, n * sizeof(sl_value) + 1);
  uint8_t *copy = sl_arena_alloc(arena, var_len + 1);
  if (var_len) memcpy(copy, var, var_len);
  for (size_t i = 0; i < n; i++)
    unpack_value(types[i], fixed + 8 * i, get_tag(fixed + 8 * n, i), &values[i], copy, arena);
  return values;
}

/* ---- checking ----
 * Nothing but what packing makes is valid: each value's bytes begin where those of the value before it end. So no two
 * values share bytes, and unpacking takes memory in proportion to them. */

typedef struct packed_walk {
  const uint8_t *var;
  size_t len, used;
} packed_walk;

static bool scalar_valid(const sl_type *type, const uint8_t *from) {
  int64_t v;
  memcpy(&v, from, 8);
  if (type->base == SL_BOOLEAN) return v == 0 || v == 1;
  return (type->base != SL_INTEGER && type->base != SL_TIME) || v == (int32_t)v;
}

static bool digits_valid(const uint8_t *text, size_t len) {
  if (len && *text == '-') {
    text++;
    len--;
  }
  for (size_t i = 0; i < len; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  return len > 0;
}

static bool value_valid(const sl_type *type, const uint8_t *from, uint8_t tag, packed_walk *w) {
  if (tag > SL_TAG_BIG || (tag == SL_TAG_BIG && type->base != SL_DECIMAL)) return false;
  if (tag == SL_TAG_NULL) return true;
  bool bytes = tag == SL_TAG_BIG || is_bytes(type);
  if (!bytes && !is_container(type)) return scalar_valid(type, from);
  if (!bytes) w->used = (w->used + 7) & ~(size_t)7;
  span at;
  memcpy(&at, from, 8);
  if (w->used > w->len || at.at != w->used) return false;
  size_t count = item_count(type, at.len), size = bytes ? at.len : sl_packed_fixed(count);
  if (size > w->len - w->used) return false;
  const uint8_t *items = w->var + w->used;
  w->used += size;
  if (bytes) return tag != SL_TAG_BIG || digits_valid(items, size);
  if (type->base == SL_STRUCT && count != (size_t)type->field_count) return false;
  for (uint32_t i = 0; i < count; i++)
    if (!value_valid(item_type(type, i), items + 8 * (size_t)i, get_tag(items + 8 * count, i), w)) return false;
  return true;
}

bool sl_packed_valid(const sl_type *const *types, int count, const uint8_t *fixed, const uint8_t *var, size_t var_len) {
  size_t n = (size_t)count;
  packed_walk w = {.var = var, .len = var_len};
  for (size_t i = 0; i < n; i++)
    if (!value_valid(types[i], fixed + 8 * i, get_tag(fixed + 8 * n, i), &w)) return false;
  return w.used == var_len;
}
