/* UTF-8 validation: ASCII is passed over 16 bytes at a time; from the first other byte on a scalar check takes over or,
 * on long texts and processors that have it, an AVX2 one that classifies each pair of bytes by three table look-ups
 * (Keiser and Lemire). Overlong forms, surrogates and code points above U+10FFFF are refused by all. */
#include "base/utf8.h"
#include <string.h>
#include "base/json.h"
#include "base/json_scan.h"

bool sl_utf8_valid_portable(const uint8_t *p, size_t len) {
  const uint8_t *end = p + len;
  while (p < end) {
    uint8_t a = *p;
    if (a < 0x80) {
      p = sl_scan_ascii(p, end);
      while (p < end && *p < 0x80) p++;
      continue;
    }
    size_t n = a < 0xc2 ? 0 : a < 0xe0 ? 2 : a < 0xf0 ? 3 : a < 0xf5 ? 4 : 0;
    if (n == 0 || (size_t)(end - p) < n) return false;
    uint8_t low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;  /* no overlong forms */
    uint8_t high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf; /* no surrogates, nothing too large */
    if (p[1] < low || p[1] > high) return false;
    for (size_t i = 2; i < n; i++) {
      if ((p[i] & 0xc0) != 0x80) return false;
    }
    p += n;
  }
  return true;
}

#ifdef __x86_64__
#include <immintrin.h>

/* What a pair of bytes can be wrong by; a bit survives when all three look-ups agree. */
enum {
  TOO_SHORT = 1,
  TOO_LONG = 2,
  OVERLONG_3 = 4,
  TOO_LARGE = 8,
  SURROGATE = 16,
  OVERLONG_2 = 32,
  OVERLONG_4 = 64, /* also: too large by the second byte */
  TWO_CONTINUATIONS = 128,
  CARRY = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS,
  TAIL = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS
};

#define TARGET __attribute__((target("avx2")))

TARGET static inline __m256i look_up(__m256i index, const uint8_t table[16]) {
  __m256i rows = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
  return _mm256_shuffle_epi8(rows, index);
}

static const uint8_t FIRST_HIGH[16] = {TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TOO_LONG,
                                       TWO_CONTINUATIONS,
                                       TWO_CONTINUATIONS,
                                       TWO_CONTINUATIONS,
                                       TWO_CONTINUATIONS,
                                       TOO_SHORT | OVERLONG_2,
                                       TOO_SHORT,
                                       TOO_SHORT | OVERLONG_3 | SURROGATE,
                                       TOO_SHORT | TOO_LARGE | OVERLONG_4};
static const uint8_t FIRST_LOW[16] = {CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4,
                                      CARRY | OVERLONG_2,
                                      CARRY,
                                      CARRY,
                                      CARRY | TOO_LARGE,
                                      CARRY | TOO_LARGE | OVERLONG_4,
                                      CARRY | TOO_LARGE | OVERLONG_4,
                                      CARRY | TOO_LARGE | OVERLONG_4,
                                      CARRY | TOO_LARGE | OVERLONG_4,
                                      CARRY | TOO_LARGE | OVERLONG_4,
                                      CARRY | TOO_LARGE | OVERLONG_4,
                                      CARRY | TOO_LARGE | OVERLONG_4,
                                      CARRY | TOO_LARGE | OVERLONG_4,
                                      CARRY | TOO_LARGE | OVERLONG_4 | SURROGATE,
                                      CARRY | TOO_LARGE | OVERLONG_4,
                                      CARRY | TOO_LARGE | OVERLONG_4};
static const uint8_t SECOND_HIGH[16] = {TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TAIL | OVERLONG_3 | OVERLONG_4,
                                        TAIL | OVERLONG_3 | TOO_LARGE,
                                        TAIL | SURROGATE | TOO_LARGE,
                                        TAIL | SURROGATE | TOO_LARGE,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT,
                                        TOO_SHORT};

/* The bytes n places before each of now; last is the block before. */
#define BEFORE(now, last, n) _mm256_alignr_epi8(now, _mm256_permute2x128_si256(last, now, 0x21), 16 - (n))

TARGET static inline __m256i errors_in(__m256i now, __m256i last) {
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  __m256i before = BEFORE(now, last, 1);
  __m256i wrong =
      _mm256_and_si256(_mm256_and_si256(look_up(_mm256_and_si256(_mm256_srli_epi16(before, 4), nibble), FIRST_HIGH),
                                        look_up(_mm256_and_si256(before, nibble), FIRST_LOW)),
                       look_up(_mm256_and_si256(_mm256_srli_epi16(now, 4), nibble), SECOND_HIGH));
  /* A continuation after a continuation is right exactly where a lead of 3 or 4 bytes stands 2 or 3 places before. */
  __m256i third = _mm256_subs_epu8(BEFORE(now, last, 2), _mm256_set1_epi8(0xe0 - 0x80));
  __m256i fourth = _mm256_subs_epu8(BEFORE(now, last, 3), _mm256_set1_epi8((char)(0xf0 - 0x80)));
  __m256i expected = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
  return _mm256_xor_si256(expected, wrong);
}

TARGET static bool valid_avx2(const uint8_t *p, size_t len) {
  __m256i last = _mm256_setzero_si256(), wrong = _mm256_setzero_si256();
  for (; len >= 32; p += 32, len -= 32) {
    __m256i now = _mm256_loadu_si256((const __m256i *)(const void *)p);
    wrong = _mm256_or_si256(wrong, errors_in(now, last));
    last = now;
  }
  uint8_t tail[32] = {0}; /* the zeros behind the text make a cut sequence an error */
  memcpy(tail, p, len);
  wrong = _mm256_or_si256(wrong, errors_in(_mm256_loadu_si256((const __m256i *)(const void *)tail), last));
  return _mm256_testz_si256(wrong, wrong);
}

bool sl_utf8_valid_wide(const uint8_t *p, size_t len) {
  return __builtin_cpu_supports("avx2") ? valid_avx2(p, len) : sl_utf8_valid_portable(p, len);
}
#else
bool sl_utf8_valid_wide(const uint8_t *p, size_t len) {
  return sl_utf8_valid_portable(p, len);
}
#endif

bool sl_utf8_valid(const void *data, size_t len) {
  const uint8_t *end = (const uint8_t *)data + len, *p = sl_scan_ascii(data, end);
  if (p == end) return true;
  size_t rest = (size_t)(end - p);
  return rest >= 32 ? sl_utf8_valid_wide(p, rest) : sl_utf8_valid_portable(p, rest);
}
