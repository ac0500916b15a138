/* A SQL value: 16 bytes. The tag says NULL or not, the type is known from the plan.
 *
 *   offset size meaning
 *   0      8    payload: bool, i64 (INTEGER, BIGINT, TIME, DATE, TIMESTAMP, inline DECIMAL), f64, or a pointer
 *   8      4    length: bytes of STRING/BYTES, elements of ARRAY, entries of MAP, fields of STRUCT
 *   12     1    tag
 *   13     3    unused, 0
 *
 * Pointers borrow: a string points into a record's block, an arena or static text. INTEGER is kept sign-extended in
 * i64. MAP is count pairs (key, value) in items[2 * count], in insertion order, keys unique. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/str.h"
#include "types/type.h"

typedef enum sl_tag {
  SL_TAG_NULL = 0,
  SL_TAG_SET = 1,
  SL_TAG_BIG = 2, /* DECIMAL whose unscaled value needs more than 18 digits: payload points to sl_bigint */
} sl_tag;

typedef struct sl_bigint sl_bigint; /* types/bigint.h */

typedef struct sl_value {
  union {
    bool boolean;
    int64_t i64;
    double f64;
    const char *bytes; /* STRING (UTF-8), BYTES */
    const struct sl_value *items;
    const sl_bigint *big;
    const void *pointer;
  };
  uint32_t len;
  uint8_t tag;
  /* Scalars, no array: with one, gcc builds each value on the stack and copies it as a whole, and the copy waits until
   * the parts are stored. */
  uint8_t unused8;
  uint16_t unused16;
} sl_value;

_Static_assert(sizeof(sl_value) == 16, "a value is 16 bytes");

static inline bool sl_is_null(const sl_value *v) {
  return v->tag == SL_TAG_NULL;
}
static inline sl_value sl_null(void) {
  return (sl_value){.i64 = 0};
}
static inline sl_value sl_of_bool(bool b) {
  return (sl_value){.i64 = b, .tag = SL_TAG_SET};
}
static inline sl_value sl_of_i64(int64_t i) {
  return (sl_value){.i64 = i, .tag = SL_TAG_SET};
}
static inline sl_value sl_of_f64(double d) {
  return (sl_value){.f64 = d, .tag = SL_TAG_SET};
}
static inline sl_value sl_of_str(sl_str s) {
  return (sl_value){.bytes = s.ptr ? s.ptr : "", .len = (uint32_t)s.len, .tag = SL_TAG_SET};
}
static inline sl_value sl_of_items(const sl_value *items, uint32_t count) {
  return (sl_value){.items = items, .len = count, .tag = SL_TAG_SET};
}
static inline sl_str sl_value_str(const sl_value *v) {
  return (sl_str){v->bytes, v->len};
}

/* Types whose values are an integer in i64. */
static inline bool sl_base_is_integral(sl_base base) {
  return base == SL_INTEGER || base == SL_BIGINT || (base >= SL_TIME && base <= SL_TIMESTAMP);
}

sl_value sl_value_copy_deep(sl_arena *arena, const sl_type *type, const sl_value *v);
bool sl_value_equal_deep(const sl_type *type, const sl_value *a, const sl_value *b);
uint64_t sl_value_hash_deep(const sl_type *type, const sl_value *v);

/* Deep copy of v (of type) into arena: nothing borrowed is left. */
static inline sl_value sl_value_copy(sl_arena *arena, const sl_type *type, const sl_value *v) {
  if (sl_is_null(v)) return sl_null();
  if (sl_base_is_integral(type->base) || type->base == SL_BOOLEAN || type->base == SL_DOUBLE) return *v;
  return sl_value_copy_deep(arena, type, v);
}

/* Structural equality, NULL equals NULL: for keys, tests, the functions (functions.md 5.1). Doubles are equal as in
 * Java's equals: NaN equals NaN, 0.0 differs from -0.0; the operator = on doubles is in types/compare.h. MAP ignores
 * order. */
static inline bool sl_value_equal(const sl_type *type, const sl_value *a, const sl_value *b) {
  if (a->tag != b->tag) return false; /* a BIG decimal never equals an inline one */
  if (sl_is_null(a)) return true;
  if (sl_base_is_integral(type->base)) return a->i64 == b->i64;
  return sl_value_equal_deep(type, a, b);
}

/* Order of two non-NULL values of one type: <0, 0, >0 (functions.md 5.1): doubles in Java's total order (-0.0 < 0.0,
 * NaN greatest), strings by UTF-16 code unit, bytes as signed. ARRAY, STRUCT and MAP have no order in SQL; here they
 * get some total one, NULLs first. */
int sl_value_compare(const sl_type *type, const sl_value *a, const sl_value *b);

/* Scrambles a 64-bit integer. */
static inline uint64_t sl_hash_u64(uint64_t v) {
  v = (v ^ (v >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
  v = (v ^ (v >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
  return v ^ (v >> 32);
}
/* Equal values (sl_value_equal) hash equal. */
static inline uint64_t sl_value_hash(const sl_type *type, const sl_value *v) {
  if (sl_is_null(v)) return UINT64_C(0x6a09e667f3bcc909);
  if (sl_base_is_integral(type->base)) return sl_hash_u64((uint64_t)v->i64);
  return sl_value_hash_deep(type, v);
}
/* The value of a key in a MAP value, or NULL when absent; the key is of the map's key type. */
const sl_value *sl_map_value(const sl_type *map, const sl_value *v, const sl_value *key);

/* Text as CAST(v AS STRING) gives it (sql.md 3.6), nested values included; NULL prints "null". */
void sl_value_print(sl_buf *out, const sl_type *type, const sl_value *v);
/* JSON as result rows have it (http-api.md 4.3). */
void sl_value_print_json(sl_buf *out, const sl_type *type, const sl_value *v);
