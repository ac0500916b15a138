/* Big-endian integers and Kafka's zig-zag varints in byte buffers. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t sl_get_u16(const uint8_t *p) {
  return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t sl_get_u32(const uint8_t *p) {
  uint32_t v;
  __builtin_memcpy(&v, p, 4);
  return __builtin_bswap32(v);
}
static inline uint64_t sl_get_u64(const uint8_t *p) {
  uint64_t v;
  __builtin_memcpy(&v, p, 8);
  return __builtin_bswap64(v);
}
static inline void sl_put_u16(uint8_t *p, uint16_t v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}
static inline void sl_put_u32(uint8_t *p, uint32_t v) {
  v = __builtin_bswap32(v);
  __builtin_memcpy(p, &v, 4);
}
static inline void sl_put_u64(uint8_t *p, uint64_t v) {
  v = __builtin_bswap64(v);
  __builtin_memcpy(p, &v, 8);
}
static inline uint64_t sl_zigzag(int64_t v) {
  return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}
static inline int64_t sl_unzigzag(uint64_t v) {
  return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
/* Writes a zig-zag varint (at most 10 bytes) and returns its length. */
static inline size_t sl_put_varint(uint8_t *p, int64_t value) {
  uint64_t v = sl_zigzag(value);
  size_t n = 0;
  while (v >= 0x80) {
    p[n++] = (uint8_t)(v | 0x80);
    v >>= 7;
  }
  p[n++] = (uint8_t)v;
  return n;
}
static inline size_t sl_varint_size(int64_t value) {
  unsigned bits = 64 - (unsigned)__builtin_clzll(sl_zigzag(value) | 1);
  return (bits + 6) / 7;
}
/* Reads a zig-zag varint from [*p, end), advances *p; false when it is cut or longer than max_bytes (5 or 10). */
static inline bool sl_get_varint(const uint8_t **p, const uint8_t *end, int max_bytes, int64_t *out) {
  uint64_t v = 0;
  const uint8_t *q = *p;
  for (int i = 0; i < max_bytes && q < end; i++) {
    uint8_t b = *q++;
    v |= (uint64_t)(b & 0x7f) << (7 * i);
    if (!(b & 0x80)) {
      *p = q;
      *out = sl_unzigzag(v);
      return true;
    }
  }
  return false;
}
