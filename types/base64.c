/* Base64 with the standard alphabet. The decoder is strict: nothing outside the alphabet, padding only where it
 * belongs. */
#include "types/text.h"

#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sl_base64_encode(sl_buf *out, const void *data, size_t len) {
  const uint8_t *p = data;
  uint8_t *q = sl_buf_reserve(out, (len + 2) / 3 * 4 + 1);
  out->len += (len + 2) / 3 * 4;
  for (; len >= 3; len -= 3, p += 3) {
    uint32_t bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    for (int shift = 18; shift >= 0; shift -= 6) *q++ = (uint8_t)ALPHABET[bits >> shift & 63];
  }
  if (!len) return;
  uint32_t bits = (uint32_t)p[0] << 16 | (len > 1 ? (uint32_t)p[1] << 8 : 0);
  *q++ = (uint8_t)ALPHABET[bits >> 18];
  *q++ = (uint8_t)ALPHABET[bits >> 12 & 63];
  *q++ = len > 1 ? (uint8_t)ALPHABET[bits >> 6 & 63] : '=';
  *q = '=';
}

static int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool sl_base64_decode(sl_arena *arena, sl_str text, sl_str *out) {
  size_t len = text.len;
  if (len && len % 4 == 0 && text.ptr[len - 1] == '=') len -= text.ptr[len - 2] == '=' ? 2 : 1;
  if (len % 4 == 1) return false;
  char *bytes = sl_arena_alloc(arena, len / 4 * 3 + 3), *q = bytes;
  uint32_t bits = 0;
  int held = 0;
  for (size_t i = 0; i < len; i++) {
    int v = sextet(text.ptr[i]);
    if (v < 0) return false;
    bits = bits << 6 | (uint32_t)v;
    held += 6;
    if (held >= 8) {
      held -= 8;
      *q++ = (char)(bits >> held);
    }
  }
  *out = sl_str_n(bytes, (size_t)(q - bytes));
  return true;
}
