/* Copy, equality, order and hash of values of one type. Scalars are dealt with in value.h; here are strings, decimals
 * and containers. Nothing allocates but copies and the index that comparing two large maps needs. */
#include "types/value.h"

#include <string.h>
#include "types/bigint.h"
#include "types/text.h"

/* ---- copy ---- */

static const sl_bigint *copy_big(sl_arena *arena, const sl_bigint *big) {
  size_t size = sizeof *big + big->len * sizeof big->limbs[0];
  return memcpy(sl_arena_alloc(arena, size), big, size);
}

static sl_value copy_items(sl_arena *arena, const sl_type *type, const sl_value *v) {
  size_t count = type->base == SL_MAP ? (size_t)v->len * 2 : v->len;
  sl_value *items = sl_arena_alloc(arena, count * sizeof *items);
  for (size_t i = 0; i < count; i++) {
    const sl_type *item = type->base == SL_STRUCT              ? type->fields[i].type
                          : type->base == SL_MAP && i % 2 == 0 ? type->key
                                                               : type->element;
    items[i] = sl_value_copy(arena, item, &v->items[i]);
  }
  return sl_of_items(items, v->len);
}

sl_value sl_value_copy_deep(sl_arena *arena, const sl_type *type, const sl_value *v) {
  sl_value copy = *v;
  switch (type->base) {
  case SL_STRING:
  case SL_BYTES: copy.bytes = sl_arena_dup(arena, v->bytes, v->len); return copy;
  case SL_DECIMAL:
    if (v->tag == SL_TAG_BIG) copy.big = copy_big(arena, v->big);
    return copy;
  case SL_ARRAY:
  case SL_MAP:
  case SL_STRUCT: return copy_items(arena, type, v);
  default: return copy;
  }
}

/* ---- equality ---- */

/* Java's bits of a double: every NaN is one NaN. */
static uint64_t double_bits(double d) {
  if (d != d) return UINT64_C(0x7ff8000000000000);
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  return bits;
}

static bool entry_equal(const sl_type *map, const sl_value *a, const sl_value *b) {
  return sl_value_equal(map->key, &a[0], &b[0]) && sl_value_equal(map->element, &a[1], &b[1]);
}

/* Entries of b found by key hash: open addressing, positions + 1. */
static bool large_map_equal(const sl_type *map, const sl_value *a, const sl_value *b) {
  size_t cap = 64;
  while (cap < (size_t)b->len * 2) cap *= 2;
  sl_buf work = {0};
  uint32_t *index = (uint32_t *)(void *)sl_buf_reserve(&work, cap * sizeof *index);
  memset(index, 0, cap * sizeof *index);
  for (uint32_t i = 0; i < b->len; i++) {
    size_t at = sl_value_hash(map->key, &b->items[2 * i]) & (cap - 1);
    while (index[at]) at = (at + 1) & (cap - 1);
    index[at] = i + 1;
  }
  bool equal = true;
  for (uint32_t i = 0; i < a->len && equal; i++) {
    const sl_value *entry = &a->items[2 * i];
    size_t at = sl_value_hash(map->key, entry) & (cap - 1);
    while (index[at] && !sl_value_equal(map->key, entry, &b->items[2 * (index[at] - 1)])) at = (at + 1) & (cap - 1);
    equal = index[at] && sl_value_equal(map->element, &entry[1], &b->items[2 * (index[at] - 1) + 1]);
  }
  sl_buf_done(&work);
  return equal;
}

const sl_value *sl_map_value(const sl_type *map, const sl_value *v, const sl_value *key) {
  for (uint32_t i = 0; i < v->len; i++) {
    if (sl_value_equal(map->key, &v->items[2 * i], key)) return &v->items[2 * i + 1];
  }
  return NULL;
}

static bool map_equal(const sl_type *map, const sl_value *a, const sl_value *b) {
  enum { SMALL = 16 };
  if (a->len != b->len) return false;
  uint32_t same = 0; /* usually the order is the same too */
  while (same < a->len && entry_equal(map, &a->items[2 * same], &b->items[2 * same])) same++;
  if (same == a->len) return true;
  if (a->len > SMALL) return large_map_equal(map, a, b);
  for (uint32_t i = same; i < a->len; i++) {
    const sl_value *other = sl_map_value(map, b, &a->items[2 * i]);
    if (!other || !sl_value_equal(map->element, &a->items[2 * i + 1], other)) return false;
  }
  return true;
}

bool sl_value_equal_deep(const sl_type *type, const sl_value *a, const sl_value *b) {
  switch (type->base) {
  case SL_BOOLEAN: return a->boolean == b->boolean;
  case SL_DOUBLE: return double_bits(a->f64) == double_bits(b->f64);
  case SL_STRING:
  case SL_BYTES: return sl_str_eq(sl_value_str(a), sl_value_str(b));
  case SL_DECIMAL:
    if (a->tag != SL_TAG_BIG) return a->i64 == b->i64;
    return a->big->negative == b->big->negative && a->big->len == b->big->len &&
           !memcmp(a->big->limbs, b->big->limbs, a->big->len * sizeof a->big->limbs[0]);
  case SL_ARRAY:
    if (a->len != b->len) return false;
    for (uint32_t i = 0; i < a->len; i++) {
      if (!sl_value_equal(type->element, &a->items[i], &b->items[i])) return false;
    }
    return true;
  case SL_STRUCT:
    for (int i = 0; i < type->field_count; i++) {
      if (!sl_value_equal(type->fields[i].type, &a->items[i], &b->items[i])) return false;
    }
    return true;
  case SL_MAP: return map_equal(type, a, b);
  default: return a->i64 == b->i64;
  }
}

/* ---- order ---- */

static int compare_doubles(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  int64_t x = (int64_t)double_bits(a), y = (int64_t)double_bits(b); /* equal, zeros of both signs, or a NaN */
  return (x > y) - (x < y);
}

int sl_bytes_compare(sl_str a, sl_str b) {
  size_t common = a.len < b.len ? a.len : b.len;
  for (size_t i = 0; i < common; i++) {
    if (a.ptr[i] != b.ptr[i]) return (signed char)a.ptr[i] < (signed char)b.ptr[i] ? -1 : 1;
  }
  return (a.len > b.len) - (a.len < b.len);
}

/* Two items of containers, either may be NULL. */
static int compare_items(const sl_type *type, const sl_value *a, const sl_value *b) {
  if (sl_is_null(a) || sl_is_null(b)) return !sl_is_null(a) - !sl_is_null(b);
  return sl_value_compare(type, a, b);
}

static int compare_containers(const sl_type *type, const sl_value *a, const sl_value *b) {
  if (sl_value_equal(type, a, b)) return 0;
  uint32_t unit = type->base == SL_MAP ? 2 : 1, count = (a->len < b->len ? a->len : b->len) * unit;
  for (uint32_t i = 0; i < count; i++) {
    const sl_type *item = type->base == SL_STRUCT              ? type->fields[i].type
                          : type->base == SL_MAP && i % 2 == 0 ? type->key
                                                               : type->element;
    int order = compare_items(item, &a->items[i], &b->items[i]);
    if (order) return order;
  }
  return (a->len > b->len) - (a->len < b->len);
}

int sl_value_compare(const sl_type *type, const sl_value *a, const sl_value *b) {
  switch (type->base) {
  case SL_BOOLEAN: return (int)a->boolean - (int)b->boolean;
  case SL_DOUBLE: return compare_doubles(a->f64, b->f64);
  case SL_STRING: return sl_utf16_compare(sl_value_str(a), sl_value_str(b));
  case SL_BYTES: return sl_bytes_compare(sl_value_str(a), sl_value_str(b));
  case SL_DECIMAL:
    if (a->tag == SL_TAG_BIG || b->tag == SL_TAG_BIG) {
      sl_big_view x, y;
      sl_big_view_init(&x, a);
      sl_big_view_init(&y, b);
      return sl_big_compare(&x, &y);
    }
    break;
  case SL_ARRAY:
  case SL_MAP:
  case SL_STRUCT: return compare_containers(type, a, b);
  default: break;
  }
  return (a->i64 > b->i64) - (a->i64 < b->i64);
}

/* ---- hash ---- */

uint64_t sl_value_hash_deep(const sl_type *type, const sl_value *v) {
  uint64_t hash = v->len;
  switch (type->base) {
  case SL_BOOLEAN: return sl_hash_u64(v->boolean);
  case SL_DOUBLE: return sl_hash_u64(double_bits(v->f64));
  case SL_STRING:
  case SL_BYTES: return sl_str_hash(sl_value_str(v));
  case SL_DECIMAL:
    if (v->tag != SL_TAG_BIG) return sl_hash_u64((uint64_t)v->i64);
    return sl_str_hash(sl_str_n((const char *)v->big->limbs, v->big->len * sizeof v->big->limbs[0])) + v->big->negative;
  case SL_ARRAY:
    for (uint32_t i = 0; i < v->len; i++) hash = sl_hash_u64(hash + sl_value_hash(type->element, &v->items[i]));
    return hash;
  case SL_STRUCT:
    for (uint32_t i = 0; i < v->len; i++) hash = sl_hash_u64(hash + sl_value_hash(type->fields[i].type, &v->items[i]));
    return hash;
  case SL_MAP: /* a sum, since order does not count */
    for (uint32_t i = 0; i < v->len; i++) {
      hash += sl_hash_u64(sl_value_hash(type->key, &v->items[2 * i]) * 31 +
                          sl_value_hash(type->element, &v->items[2 * i + 1]));
    }
    return hash;
  default: return sl_hash_u64((uint64_t)v->i64);
  }
}
