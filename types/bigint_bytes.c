/* Integers of any size as big-endian two's complement bytes, both ways: DECIMAL in the formats that carry raw unscaled
 * values and in the native codec. */
#include "types/bigint.h"

#include <string.h>

/* Bytes of the magnitude, lowest first, into out (room for 4 a limb); returns the count without leading zeros. */
static size_t magnitude_bytes(const sl_big_view *v, uint32_t *scratch, uint8_t *out) {
  uint32_t len = v->len;
  size_t count = 0;
  memcpy(scratch, v->limbs, len * sizeof *scratch);
  while (len) {
    uint64_t rest = 0;
    for (uint32_t i = len; i-- > 0;) {
      rest = rest * SL_LIMB + scratch[i];
      scratch[i] = (uint32_t)(rest >> 32);
      rest &= UINT32_MAX;
    }
    for (int shift = 0; shift < 32; shift += 8) out[count++] = (uint8_t)(rest >> shift);
    while (len && !scratch[len - 1]) len--;
  }
  while (count && !out[count - 1]) count--;
  return count;
}

static void encode_i64(sl_buf *out, int64_t v) {
  int bytes = 8;
  while (bytes > 1 && v >> (8 * bytes - 9) == v >> 63) bytes--;
  for (int i = bytes; i-- > 0;) sl_buf_add_byte(out, (uint8_t)((uint64_t)v >> (8 * i)));
}

void sl_big_encode(sl_buf *out, const sl_value *unscaled) {
  if (unscaled->tag != SL_TAG_BIG) {
    encode_i64(out, unscaled->i64);
    return;
  }
  sl_big_view view;
  sl_big_view_init(&view, unscaled);
  sl_buf work = {0};
  uint32_t *scratch = (uint32_t *)(void *)sl_buf_reserve(&work, (size_t)view.len * 8 + 1);
  uint8_t *bytes = (uint8_t *)(scratch + view.len);
  size_t count = magnitude_bytes(&view, scratch, bytes);
  bool carry = view.negative;
  for (size_t i = 0; view.negative && i < count; i++) {
    bytes[i] = (uint8_t)(~bytes[i] + carry);
    carry = carry && !bytes[i];
  }
  /* A byte for the sign when the top bit says the other one. */
  if ((bytes[count - 1] >> 7) != view.negative) bytes[count++] = view.negative ? 0xff : 0;
  for (size_t i = count; i-- > 0;) sl_buf_add_byte(out, bytes[i]);
  sl_buf_done(&work);
}

sl_value sl_big_decode(sl_arena *arena, const uint8_t *bytes, size_t len) {
  bool negative = len && bytes[0] & 0x80;
  if (len <= 8) {
    uint64_t v = negative ? UINT64_MAX : 0;
    for (size_t i = 0; i < len; i++) v = v << 8 | bytes[i];
    return sl_of_i64((int64_t)v);
  }
  /* value = limbs * 2^8 + byte, from the top; for a negative one the magnitude less 1 is the complement. */
  uint32_t cap = (uint32_t)(len * 8 / 29 + 2), used = 0;
  uint32_t *limbs = sl_arena_alloc(arena, cap * sizeof *limbs);
  for (size_t i = 0; i < len; i++) {
    uint64_t carry = negative ? (uint8_t)~bytes[i] : bytes[i];
    for (uint32_t j = 0; j < used; j++) {
      carry += (uint64_t)limbs[j] << 8;
      limbs[j] = (uint32_t)(carry % SL_LIMB);
      carry /= SL_LIMB;
    }
    if (carry) limbs[used++] = (uint32_t)carry;
  }
  sl_big_view magnitude = {.limbs = limbs, .len = used}, one;
  sl_value unit = sl_of_i64(negative ? 1 : 0);
  sl_big_view_init(&one, &unit);
  sl_value v = sl_big_add(arena, &magnitude, &one);
  return negative ? sl_big_negate(arena, &v) : v;
}
