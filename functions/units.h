/* Positions in UTF-16 code units over UTF-8 text: what Java counts (functions.md 1). Texts of ASCII alone are told
 * apart at eight bytes a step, and then a unit is a byte. Thread: any. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

bool sl_is_ascii(sl_str s);
size_t sl_units_len(sl_str s); /* units in s */
/* Units [from, to) of s, to <= its length. Borrows from s; a cut surrogate pair leaves '?' in its place and is copied.
 */
sl_str sl_units_slice(sl_arena *arena, sl_str s, size_t from, size_t to);
/* Bytes of the code point that starts at s.ptr[at] (1 for a stray byte). */
size_t sl_codepoint_len(sl_str s, size_t at);
/* Decodes the code point that starts at s.ptr[at], moving at behind it; U+FFFD for a stray byte. */
uint32_t sl_codepoint_next(sl_str s, size_t *at);
/* Writes a code point as UTF-8, returns its length. A surrogate is written as '?'. */
size_t sl_codepoint_put(char out[4], uint32_t c);
/* Copies bytes that may not be UTF-8, U+FFFD for each maximal part that is malformed; to needs 3 * bytes.len. Returns
 * the length. */
size_t sl_utf8_repair_to(char *to, sl_str bytes);
/* The value of a hexadecimal digit, -1 if c is none. */
static inline int sl_hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = (char)(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
