/* Integers of any size: the unscaled values of DECIMAL that do not fit 64 bits.
 *
 * Sign and magnitude; the magnitude is in base 10^9, lowest limb first, because scaling by powers of ten and printing
 * are what decimals do most. An unscaled value (sl_value) is canonical: tag SET when it fits int64, else BIG with a
 * trimmed sl_bigint, so equal numbers have equal representations. Results live in the arena given. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "types/value.h"

__extension__ typedef __int128 sl_i128;
__extension__ typedef unsigned __int128 sl_u128;

enum { SL_LIMB = 1000000000, SL_LIMB_DIGITS = 9 };

struct sl_bigint {
  uint32_t len; /* limbs; the highest is not 0 */
  bool negative;
  uint32_t limbs[];
};

/* A readable integer of either representation. It may point into itself: never copy one. */
typedef struct sl_big_view {
  const uint32_t *limbs;
  uint32_t len; /* 0 for the number 0 */
  bool negative;
  uint32_t inline_limbs[3];
} sl_big_view;

void sl_big_view_init(sl_big_view *view, const sl_value *unscaled);
sl_value sl_big_of_i128(sl_arena *arena, sl_i128 v);
/* Digits of ASCII '0'..'9', leading zeros allowed. */
sl_value sl_big_parse(sl_arena *arena, bool negative, const char *digits, size_t count);
/* Appends the digits of the magnitude, no sign; "0" for 0. */
void sl_big_print(sl_buf *out, const sl_big_view *v);
int sl_big_digits(const sl_big_view *v); /* decimal digits of the magnitude; 1 for 0 */
/* The digit at 10^index of the magnitude. */
int sl_big_digit(const sl_big_view *v, int index);
int sl_big_compare(const sl_big_view *a, const sl_big_view *b);
int sl_big_compare_magnitude(const sl_big_view *a, const sl_big_view *b);
sl_value sl_big_negate(sl_arena *arena, const sl_value *v);
sl_value sl_big_add(sl_arena *arena, const sl_big_view *a, const sl_big_view *b);
sl_value sl_big_sub(sl_arena *arena, const sl_big_view *a, const sl_big_view *b);
sl_value sl_big_mul(sl_arena *arena, const sl_big_view *a, const sl_big_view *b);
/* v * 10^power, power >= 0. */
sl_value sl_big_scale(sl_arena *arena, const sl_value *v, int power);
/* Quotient truncated toward zero and remainder with the dividend's sign; b is not 0. */
void sl_big_divide(sl_arena *arena, const sl_big_view *a, const sl_big_view *b, sl_value *quotient,
                   sl_value *remainder);
uint64_t sl_big_low64(const sl_big_view *v); /* two's complement, low 64 bits */
/* Shortest big-endian two's complement bytes, at least one (how Avro, Protobuf and Java's BigInteger have them). */
void sl_big_encode(sl_buf *out, const sl_value *unscaled);
sl_value sl_big_decode(sl_arena *arena, const uint8_t *bytes, size_t len);
