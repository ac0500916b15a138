/* UTF-8 text seen as Java sees strings: lengths, positions, order and hash in UTF-16 code units, and the order of a
 * HashMap. Malformed UTF-8 never crashes: a byte that starts no character counts as one unit. */
#include "types/text.h"

#include <string.h>

/* Length of the character at p and its code point; a malformed one is a byte of its own. */
static size_t next_char(const unsigned char *p, const unsigned char *end, uint32_t *out) {
  size_t left = (size_t)(end - p), len = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc0 ? 2 : 1;
  static const unsigned char MASK[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  if (len > left) len = 1;
  uint32_t c = len == 1 ? *p : *p & MASK[len];
  for (size_t i = 1; i < len; i++) {
    if ((p[i] & 0xc0) != 0x80) {
      *out = *p;
      return 1;
    }
    c = c << 6 | (p[i] & 0x3f);
  }
  *out = c;
  return len;
}

size_t sl_utf16_len(sl_str s) {
  const unsigned char *p = (const unsigned char *)s.ptr, *end = p + s.len;
  size_t units = 0;
  while (p < end) {
    if (*p < 0x80) {
      p++;
      units++;
      continue;
    }
    uint32_t c;
    p += next_char(p, end, &c);
    units += c > 0xffff ? 2 : 1;
  }
  return units;
}

size_t sl_utf16_offset(sl_str s, size_t unit, bool *inside) {
  const unsigned char *start = (const unsigned char *)s.ptr, *p = start, *end = p + s.len;
  if (inside) *inside = false;
  while (p < end && unit) {
    uint32_t c;
    size_t len = next_char(p, end, &c), units = c > 0xffff ? 2 : 1;
    if (units > unit) {
      if (inside) *inside = true;
      break;
    }
    unit -= units;
    p += len;
  }
  return (size_t)(p - start);
}

/* UTF-8 orders by code point. UTF-16 differs in one place only: the characters beyond U+FFFF are surrogates there,
 * which stand before U+E000..U+FFFF. Their lead bytes (F0 and up against EE and EF) tell them apart. */
int sl_utf16_compare(sl_str a, sl_str b) {
  const unsigned char *p = (const unsigned char *)a.ptr, *q = (const unsigned char *)b.ptr;
  size_t common = a.len < b.len ? a.len : b.len, i = 0;
  for (; i + 8 <= common; i += 8) {
    uint64_t x, y;
    memcpy(&x, p + i, 8);
    memcpy(&y, q + i, 8);
    if (x != y) break;
  }
  while (i < common && p[i] == q[i]) i++;
  if (i == common) return (a.len > b.len) - (a.len < b.len);
  bool swapped = p[i] >= 0xee && q[i] >= 0xee && (p[i] >= 0xf0) != (q[i] >= 0xf0);
  int order = p[i] < q[i] ? -1 : 1;
  return swapped ? -order : order;
}

uint32_t sl_utf16_hash31(sl_str s) {
  const unsigned char *p = (const unsigned char *)s.ptr, *end = p + s.len;
  uint32_t hash = 0;
  while (p < end) {
    uint32_t c;
    p += next_char(p, end, &c);
    if (c > 0xffff) {
      c -= 0x10000;
      hash = hash * 31 + (0xd800 + (c >> 10));
      hash = hash * 31 + (0xdc00 + (c & 0x3ff));
    } else {
      hash = hash * 31 + c;
    }
  }
  return hash;
}

/* Counting sort by bucket keeps insertion order inside one. */
void sl_java_map_order(const sl_value *entries, uint32_t count, uint32_t room, uint32_t *order) {
  enum { SMALL = 64 };
  if (count == 0) return;
  uint32_t small_work[SMALL + 2 * SMALL] = {0}, cap = 1;
  while (cap < UINT32_C(1) << 30 && (cap < room || count > (uint64_t)cap * 3 / 4)) cap *= 2;
  sl_buf heap = {0};
  uint32_t *bucket_of = small_work, *start = small_work + SMALL;
  if (count > SMALL || cap > 2 * SMALL) {
    size_t size = ((size_t)count + cap) * sizeof *bucket_of;
    bucket_of = (uint32_t *)(void *)sl_buf_reserve(&heap, size);
    start = bucket_of + count;
    memset(bucket_of, 0, size);
  }
  for (uint32_t i = 0; i < count; i++) {
    uint32_t hash = sl_utf16_hash31(sl_value_str(&entries[2 * (size_t)i]));
    bucket_of[i] = (hash ^ hash >> 16) & (cap - 1);
    start[bucket_of[i]]++;
  }
  uint32_t sum = 0;
  for (uint32_t i = 0; i < cap; i++) {
    uint32_t size = start[i];
    start[i] = sum;
    sum += size;
  }
  for (uint32_t i = 0; i < count; i++) order[start[bucket_of[i]]++] = i;
  sl_buf_done(&heap);
}
