/* A borrowed string: pointer and length, not NUL-terminated. ptr may be NULL when len is 0. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/arena.h"

typedef struct sl_str {
  const char *ptr;
  size_t len;
} sl_str;

/* printf("%.*s", SL_STR_ARG(s)) is spelled with these two helpers. */
#define SL_STR_FMT    "%.*s"
#define SL_STR_ARG(s) (int)(s).len, (s).len ? (s).ptr : ""

static inline sl_str sl_str_of(const char *z) {
  return (sl_str){z, z ? strlen(z) : 0};
}
static inline sl_str sl_str_n(const char *ptr, size_t len) {
  return (sl_str){ptr, len};
}
static inline bool sl_str_eq(sl_str a, sl_str b) {
  return a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
}
static inline bool sl_str_eq_z(sl_str a, const char *z) {
  return sl_str_eq(a, sl_str_of(z));
}
bool sl_str_eq_nocase(sl_str a, sl_str b); /* ASCII */
int sl_str_cmp(sl_str a, sl_str b);        /* bytewise, shorter first */
bool sl_str_starts(sl_str s, sl_str prefix);
bool sl_str_ends(sl_str s, sl_str suffix);
bool sl_str_contains(sl_str s, sl_str part);
sl_str sl_str_trim(sl_str s); /* ASCII white space at both ends */
sl_str sl_str_dup(sl_arena *arena, sl_str s);
char *sl_str_z(sl_arena *arena, sl_str s);      /* NUL-terminated copy */
sl_str sl_str_upper(sl_arena *arena, sl_str s); /* ASCII */
sl_str sl_str_lower(sl_arena *arena, sl_str s);
sl_str sl_str_printf(sl_arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
uint64_t sl_str_hash(sl_str s); /* XXH3 */
/* Strict decimal integer with optional sign; false if anything else is in s or it overflows. */
bool sl_str_int64(sl_str s, int64_t *out);
