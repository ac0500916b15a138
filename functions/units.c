/* UTF-16 code units over UTF-8 text: a four-byte sequence counts two, every other one. Text that comes from records is
 * valid UTF-8; a stray byte is still read safely, as one unit. */
#include "functions/units.h"

bool sl_is_ascii(sl_str s) {
  size_t i = 0;
  for (; i + 8 <= s.len; i += 8) {
    uint64_t eight;
    memcpy(&eight, s.ptr + i, 8);
    if (eight & UINT64_C(0x8080808080808080)) return false;
  }
  for (; i < s.len; i++)
    if ((unsigned char)s.ptr[i] & 0x80) return false;
  return true;
}

size_t sl_codepoint_len(sl_str s, size_t at) {
  unsigned char lead = (unsigned char)s.ptr[at];
  size_t n = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return n <= s.len - at ? n : 1;
}

uint32_t sl_codepoint_next(sl_str s, size_t *at) {
  size_t n = sl_codepoint_len(s, *at);
  const unsigned char *p = (const unsigned char *)s.ptr + *at;
  *at += n;
  switch (n) {
  case 1: return p[0] < 0x80 ? p[0] : 0xfffd;
  case 2: return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
  case 3: return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
  default:
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
  }
}

size_t sl_codepoint_put(char out[4], uint32_t c) {
  if (c < 0x80 || (c >= 0xd800 && c <= 0xdfff)) {
    out[0] = c < 0x80 ? (char)c : '?';
    return 1;
  }
  if (c < 0x800) {
    out[0] = (char)(0xc0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3f));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
  }
  out[0] = (char)(0xf0 | c >> 18);
  out[1] = (char)(0x80 | (c >> 12 & 0x3f));
  out[2] = (char)(0x80 | (c >> 6 & 0x3f));
  out[3] = (char)(0x80 | (c & 0x3f));
  return 4;
}

size_t sl_units_len(sl_str s) {
  if (sl_is_ascii(s)) return s.len;
  size_t units = 0;
  for (size_t at = 0; at < s.len;) {
    size_t n = sl_codepoint_len(s, at);
    units += n == 4 ? 2 : 1;
    at += n;
  }
  return units;
}

/* Byte position of unit number; *half tells that it lies inside a surrogate pair (then the pair's first byte). */
static size_t byte_of_unit(sl_str s, size_t unit, bool *half) {
  size_t at = 0;
  *half = false;
  while (unit && at < s.len) {
    size_t n = sl_codepoint_len(s, at);
    if (n == 4 && unit == 1) {
      *half = true;
      return at;
    }
    unit -= n == 4 ? 2 : 1;
    at += n;
  }
  return at;
}

sl_str sl_units_slice(sl_arena *arena, sl_str s, size_t from, size_t to) {
  if (from >= to) return sl_str_n(s.ptr, 0);
  if (sl_is_ascii(s)) return sl_str_n(s.ptr + from, to - from);
  bool cut_first, cut_last;
  size_t first = byte_of_unit(s, from, &cut_first), last = byte_of_unit(s, to, &cut_last);
  if (cut_first) first += 4;
  if (!cut_first && !cut_last) return sl_str_n(s.ptr + first, last - first);
  size_t middle = last > first ? last - first : 0;
  char *text = sl_arena_alloc(arena, middle + 2), *p = text;
  if (cut_first) *p++ = '?';
  if (middle) memcpy(p, s.ptr + first, middle);
  p += middle;
  if (cut_last) *p++ = '?';
  return sl_str_n(text, (size_t)(p - text));
}

/* Length of the sequence at p, which is well formed, or of the malformed part there: then *ok is false. */
static size_t sequence(const unsigned char *p, size_t left, bool *ok) {
  unsigned char lead = p[0];
  *ok = lead < 0x80;
  if (lead < 0xc2 || lead > 0xf4) return 1;
  size_t n = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80; /* no overlong forms */
  unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (size_t i = 1; i < n; i++, low = 0x80, high = 0xbf)
    if (i == left || p[i] < low || p[i] > high) return i;
  *ok = true;
  return n;
}

size_t sl_utf8_repair_to(char *to, sl_str bytes) {
  size_t len = 0;
  for (size_t at = 0; at < bytes.len;) {
    bool ok;
    size_t n = sequence((const unsigned char *)bytes.ptr + at, bytes.len - at, &ok);
    memcpy(to + len, ok ? bytes.ptr + at : "\xef\xbf\xbd", ok ? n : 3);
    len += ok ? n : 3;
    at += n;
  }
  return len;
}
