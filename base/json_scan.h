/* Scans over bytes with SSE2 where the compiler has it, and a portable twin that the tests compare it with. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first byte in [p, end) that cannot stand unescaped in a JSON string: '"', '\\' or a control; end if none. */
static inline const char *sl_scan_string_portable(const char *p, const char *end) {
  const uint64_t ones = 0x0101010101010101u, tops = ones * 0x80;
  for (; end - p >= 8; p += 8) {
    uint64_t x;
    memcpy(&x, p, 8);
    uint64_t quote = x ^ ones * '"', slash = x ^ ones * '\\';
    /* A borrow can only mark bytes above the first true one, and the first is what counts (little endian). */
    uint64_t found = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((x - ones * 0x20) & ~x);
    if (found & tops) return p + __builtin_ctzll(found & tops) / 8;
  }
  while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20) p++;
  return p;
}

static inline const char *sl_scan_string(const char *p, const char *end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
  for (; end - p >= 16; p += 16) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, control), x);
    int found = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, slash)), low));
    if (found) return p + __builtin_ctz((unsigned)found);
  }
#endif
  return sl_scan_string_portable(p, end);
}

/* The first byte in [p, end) that is not ASCII, or one within the 16 bytes before it; end if none. */
static inline const uint8_t *sl_scan_ascii(const uint8_t *p, const uint8_t *end) {
#ifdef __SSE2__
  for (; end - p >= 64; p += 64) {
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));
    __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(p + 32));
    __m128i d = _mm_loadu_si128((const __m128i *)(const void *)(p + 48));
    if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)))) break;
  }
  for (; end - p >= 16; p += 16) {
    if (_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p))) return p;
  }
#endif
  for (; end - p >= 8; p += 8) {
    uint64_t x;
    memcpy(&x, p, 8);
    if (x & 0x8080808080808080u) return p;
  }
  while (p < end && *p < 0x80) p++;
  return p;
}
