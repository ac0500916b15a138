/* CRC-32C with the processor's instruction (SSE4.2, ARMv8 CRC) where it has one, else by tables.
 *
 * The instruction has a latency of three cycles and a throughput of one, so on x86-64 three pieces of a buffer are run
 * side by side. A checksum is moved over n following bytes by a carry-less multiplication with x^(8n - 33) mod P: the
 * instruction itself multiplies by x^32 when it reduces the product, and the bit-reversed product is short by one. */
#include "base/crc32c.h"
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { SLICES = 8 };
static const uint32_t POLYNOMIAL = 0x82f63b78; /* bit-reversed */
static uint32_t tables[SLICES][256];           /* [k][b]: the checksum of b followed by k zero bytes */

static void make_tables(void) {
  for (uint32_t b = 0; b < 256; b++) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
    tables[0][b] = crc;
  }
  for (int k = 1; k < SLICES; k++) {
    for (int b = 0; b < 256; b++) tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 0xff];
  }
}

uint32_t sl_crc32c_portable(uint32_t seed, const void *data, size_t len) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_tables);
  const uint8_t *p = data;
  uint32_t crc = ~seed;
  for (; len >= 8; len -= 8, p += 8) {
    uint64_t word;
    memcpy(&word, p, 8); /* little endian */
    word ^= crc;
    crc = 0;
    for (int k = 0; k < SLICES; k++) crc ^= tables[SLICES - 1 - k][word >> (8 * k) & 0xff];
  }
  while (len--) crc = crc >> 8 ^ tables[0][(crc ^ *p++) & 0xff];
  return ~crc;
}

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("sse4.2,pclmul")))

enum { LONG_PIECE = 4096, SHORT_PIECE = 256 };
/* x^(8n - 33) mod P for n = one and two pieces. */
static const uint32_t LONG_ONE = 0x82f89c77, LONG_TWO = 0x54a86326, SHORT_ONE = 0xb9e02b86, SHORT_TWO = 0xdd7e3b0c;

TARGET static inline uint32_t move_over(uint64_t crc, uint32_t power) {
  __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)crc), _mm_cvtsi32_si128((int)power), 0);
  return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

TARGET static inline uint64_t step(uint64_t crc, const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, 8);
  return _mm_crc32_u64(crc, word);
}

/* Three pieces of the given length at p; one_over and two_over move a checksum over one and two of them. */
TARGET static inline uint64_t three_pieces(uint64_t crc, const uint8_t *p, size_t piece, uint32_t one_over,
                                           uint32_t two_over) {
  uint64_t a = crc, b = 0, c = 0;
  for (size_t i = 0; i < piece; i += 8) {
    a = step(a, p + i);
    b = step(b, p + i + piece);
    c = step(c, p + i + 2 * piece);
  }
  return move_over(a, two_over) ^ move_over(b, one_over) ^ c;
}

TARGET static uint32_t by_instruction(uint32_t seed, const uint8_t *p, size_t len) {
  uint64_t crc = ~seed;
  for (; len >= 3 * LONG_PIECE; len -= 3 * LONG_PIECE, p += 3 * LONG_PIECE) {
    crc = three_pieces(crc, p, LONG_PIECE, LONG_ONE, LONG_TWO);
  }
  for (; len >= 3 * SHORT_PIECE; len -= 3 * SHORT_PIECE, p += 3 * SHORT_PIECE) {
    crc = three_pieces(crc, p, SHORT_PIECE, SHORT_ONE, SHORT_TWO);
  }
  for (; len >= 8; len -= 8, p += 8) crc = step(crc, p);
  while (len--) crc = _mm_crc32_u8((uint32_t)crc, *p++);
  return ~(uint32_t)crc;
}

static bool has_instruction(void) {
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

/* The builtins rather than <arm_acle.h>, which offers its functions only when the whole file is built for them. */
#ifdef __clang__
#define TARGET __attribute__((target("crc")))
#define STEP_8 __builtin_arm_crc32cd
#define STEP_1 __builtin_arm_crc32cb
#else
#define TARGET __attribute__((target("+crc")))
#define STEP_8 __builtin_aarch64_crc32cx
#define STEP_1 __builtin_aarch64_crc32cb
#endif
enum { HWCAP_BIT_CRC32 = 1 << 7 };

TARGET static uint32_t by_instruction(uint32_t seed, const uint8_t *p, size_t len) {
  uint32_t crc = ~seed;
  for (; len >= 8; len -= 8, p += 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    crc = STEP_8(crc, word);
  }
  while (len--) crc = STEP_1(crc, *p++);
  return ~crc;
}

static bool has_instruction(void) {
  return getauxval(AT_HWCAP) & HWCAP_BIT_CRC32;
}

#else
static uint32_t by_instruction(uint32_t seed, const uint8_t *p, size_t len) {
  return sl_crc32c_portable(seed, p, len);
}
static bool has_instruction(void) {
  return false;
}
#endif

uint32_t sl_crc32c(uint32_t seed, const void *data, size_t len) {
  return has_instruction() ? by_instruction(seed, data, len) : sl_crc32c_portable(seed, data, len);
}
