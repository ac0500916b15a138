/* Which partition a key belongs to: Kafka's murmur2 with the sign bit cleared, modulo the partition count (log.md 8).
 */
#include <string.h>
#include "topics/log.h"

uint32_t sl_murmur2(const void *data, size_t len) {
  const uint32_t m = 0x5BD1E995;
  const uint8_t *p = data;
  uint32_t h = 0x9747B28C ^ (uint32_t)len;
  size_t groups = len / 4;
  for (size_t i = 0; i < groups; i++, p += 4) {
    uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    k *= m;
    k ^= k >> 24;
    k *= m;
    h = (h * m) ^ k;
  }
  size_t rest = len & 3;
  if (rest == 3) h ^= (uint32_t)p[2] << 16;
  if (rest >= 2) h ^= (uint32_t)p[1] << 8;
  if (rest >= 1) h = (h ^ p[0]) * m;
  h ^= h >> 13;
  h *= m;
  return h ^ h >> 15;
}

int32_t sl_partition_for_key(const void *key, size_t len, int32_t partitions) {
  if (partitions == 1) return 0;
  return (int32_t)((sl_murmur2(key, len) & 0x7FFFFFFF) % (uint32_t)partitions);
}
