/* Borrowed strings. Case and white space are ASCII here; Unicode is the business of functions/. */
#include "base/str.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

static char upper(char c) {
  return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}
static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool sl_str_eq_nocase(sl_str a, sl_str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++) {
    if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
  }
  return true;
}

int sl_str_cmp(sl_str a, sl_str b) {
  size_t n = a.len < b.len ? a.len : b.len;
  int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
  if (order) return order < 0 ? -1 : 1;
  return (a.len > b.len) - (a.len < b.len);
}

bool sl_str_starts(sl_str s, sl_str prefix) {
  return s.len >= prefix.len && (!prefix.len || !memcmp(s.ptr, prefix.ptr, prefix.len));
}

bool sl_str_ends(sl_str s, sl_str suffix) {
  return s.len >= suffix.len && (!suffix.len || !memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len));
}

bool sl_str_contains(sl_str s, sl_str part) {
  return !part.len || (s.len >= part.len && memmem(s.ptr, s.len, part.ptr, part.len));
}

sl_str sl_str_trim(sl_str s) {
  while (s.len && is_space(s.ptr[0])) {
    s.ptr++;
    s.len--;
  }
  while (s.len && is_space(s.ptr[s.len - 1])) s.len--;
  return s;
}

sl_str sl_str_dup(sl_arena *arena, sl_str s) {
  return (sl_str){sl_arena_dup(arena, s.ptr, s.len), s.len};
}

char *sl_str_z(sl_arena *arena, sl_str s) {
  return sl_arena_dup(arena, s.ptr, s.len);
}

sl_str sl_str_upper(sl_arena *arena, sl_str s) {
  char *to = sl_arena_dup(arena, s.ptr, s.len);
  for (size_t i = 0; i < s.len; i++) to[i] = upper(to[i]);
  return (sl_str){to, s.len};
}

sl_str sl_str_lower(sl_arena *arena, sl_str s) {
  char *to = sl_arena_dup(arena, s.ptr, s.len);
  for (size_t i = 0; i < s.len; i++) to[i] = lower(to[i]);
  return (sl_str){to, s.len};
}

sl_str sl_str_printf(sl_arena *arena, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  char *text = sl_arena_vprintf(arena, fmt, args);
  va_end(args);
  return sl_str_of(text);
}

uint64_t sl_str_hash(sl_str s) {
  return XXH3_64bits(s.len ? s.ptr : "", s.len);
}

bool sl_str_int64(sl_str s, int64_t *out) {
  size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');
  bool negative = i && s.ptr[0] == '-';
  uint64_t v = 0, limit = (uint64_t)INT64_MAX + negative;
  if (i == s.len) return false;
  for (; i < s.len; i++) {
    unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
    if (digit > 9 || v > (limit - digit) / 10) return false;
    v = v * 10 + digit;
  }
  *out = (int64_t)(negative ? 0 - v : v);
  return true;
}
