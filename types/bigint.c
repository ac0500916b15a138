/* Schoolbook arithmetic in base 10^9. Operands have at most a few thousand digits (SL_DECIMAL_MAX_PRECISION), usually
 * fewer than 60, so nothing cleverer pays. */
#include "types/bigint.h"

#include <string.h>

static sl_bigint *new_big(sl_arena *arena, uint32_t cap) {
  sl_bigint *big = sl_arena_alloc(arena, sizeof *big + cap * sizeof(uint32_t));
  big->len = cap;
  big->negative = false;
  memset(big->limbs, 0, cap * sizeof(uint32_t));
  return big;
}

static uint64_t low64_of_limbs(const uint32_t *limbs, uint32_t len) {
  uint64_t r = 0;
  for (uint32_t i = len; i-- > 0;) r = r * SL_LIMB + limbs[i];
  return r;
}

/* Does the magnitude fit int64 with this sign? At most three limbs: below 10^27 < 2^90, so 128 bits hold it. */
static bool fits_i64(const sl_bigint *big, int64_t *out) {
  if (big->len > 3) return false;
  sl_u128 magnitude = 0;
  for (uint32_t i = big->len; i-- > 0;) magnitude = magnitude * SL_LIMB + big->limbs[i];
  sl_u128 limit = (sl_u128)INT64_MAX + (big->negative ? 1 : 0);
  if (magnitude > limit) return false;
  *out = big->negative ? (int64_t)(0 - (uint64_t)magnitude) : (int64_t)magnitude;
  return true;
}

/* Trims leading zero limbs and gives the canonical value. */
static sl_value finish(sl_bigint *big) {
  while (big->len && !big->limbs[big->len - 1]) big->len--;
  int64_t small;
  if (fits_i64(big, &small)) return sl_of_i64(small);
  return (sl_value){.big = big, .tag = SL_TAG_BIG};
}

void sl_big_view_init(sl_big_view *view, const sl_value *unscaled) {
  if (unscaled->tag == SL_TAG_BIG) {
    view->limbs = unscaled->big->limbs;
    view->len = unscaled->big->len;
    view->negative = unscaled->big->negative;
    return;
  }
  int64_t v = unscaled->i64;
  uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
  view->negative = v < 0;
  view->limbs = view->inline_limbs;
  view->len = 0;
  for (; magnitude; magnitude /= SL_LIMB) view->inline_limbs[view->len++] = (uint32_t)(magnitude % SL_LIMB);
}

sl_value sl_big_of_i128(sl_arena *arena, sl_i128 v) {
  if (v >= INT64_MIN && v <= INT64_MAX) return sl_of_i64((int64_t)v);
  sl_u128 magnitude = v < 0 ? 0 - (sl_u128)v : (sl_u128)v;
  sl_bigint *big = new_big(arena, 5);
  big->negative = v < 0;
  for (uint32_t i = 0; magnitude; magnitude /= SL_LIMB) big->limbs[i++] = (uint32_t)(magnitude % SL_LIMB);
  return finish(big);
}

sl_value sl_big_parse(sl_arena *arena, bool negative, const char *digits, size_t count) {
  while (count && *digits == '0') {
    digits++;
    count--;
  }
  sl_bigint *big = new_big(arena, (uint32_t)(count / SL_LIMB_DIGITS + 1));
  big->negative = negative;
  for (uint32_t i = 0; count; i++) {
    size_t take = count < SL_LIMB_DIGITS ? count : SL_LIMB_DIGITS;
    uint32_t limb = 0;
    for (size_t j = count - take; j < count; j++) limb = limb * 10 + (uint32_t)(digits[j] - '0');
    big->limbs[i] = limb;
    count -= take;
  }
  return finish(big);
}

void sl_big_print(sl_buf *out, const sl_big_view *v) {
  if (!v->len) {
    sl_buf_add_byte(out, '0');
    return;
  }
  char *p = (char *)sl_buf_reserve(out, (size_t)v->len * SL_LIMB_DIGITS);
  char *start = p;
  for (uint32_t i = v->len; i-- > 0;) {
    uint32_t limb = v->limbs[i];
    for (int j = SL_LIMB_DIGITS; j-- > 0; limb /= 10) p[j] = (char)('0' + limb % 10);
    p += SL_LIMB_DIGITS;
  }
  char *first = start;
  while (*first == '0') first++;
  size_t len = (size_t)(p - first);
  memmove(start, first, len);
  out->len += len;
}

static int limb_digits(uint32_t limb) {
  int n = 1;
  for (; limb >= 10; limb /= 10) n++;
  return n;
}

int sl_big_digits(const sl_big_view *v) {
  if (!v->len) return 1;
  return (int)(v->len - 1) * SL_LIMB_DIGITS + limb_digits(v->limbs[v->len - 1]);
}

int sl_big_digit(const sl_big_view *v, int index) {
  uint32_t at = (uint32_t)(index / SL_LIMB_DIGITS);
  if (at >= v->len) return 0;
  uint32_t limb = v->limbs[at];
  for (int i = index % SL_LIMB_DIGITS; i > 0; i--) limb /= 10;
  return (int)(limb % 10);
}

int sl_big_compare_magnitude(const sl_big_view *a, const sl_big_view *b) {
  if (a->len != b->len) return a->len < b->len ? -1 : 1;
  for (uint32_t i = a->len; i-- > 0;) {
    if (a->limbs[i] != b->limbs[i]) return a->limbs[i] < b->limbs[i] ? -1 : 1;
  }
  return 0;
}

int sl_big_compare(const sl_big_view *a, const sl_big_view *b) {
  if (a->negative != b->negative) return a->negative ? -1 : 1;
  int order = sl_big_compare_magnitude(a, b);
  return a->negative ? -order : order;
}

sl_value sl_big_negate(sl_arena *arena, const sl_value *v) {
  if (v->tag != SL_TAG_BIG) return sl_big_of_i128(arena, -(sl_i128)v->i64);
  sl_bigint *big = new_big(arena, v->big->len);
  memcpy(big->limbs, v->big->limbs, v->big->len * sizeof(uint32_t));
  big->negative = !v->big->negative;
  return finish(big);
}

static sl_bigint *add_magnitudes(sl_arena *arena, const sl_big_view *a, const sl_big_view *b) {
  uint32_t len = a->len > b->len ? a->len : b->len;
  sl_bigint *sum = new_big(arena, len + 1);
  uint32_t carry = 0;
  for (uint32_t i = 0; i < len; i++) {
    uint32_t limb = carry + (i < a->len ? a->limbs[i] : 0) + (i < b->len ? b->limbs[i] : 0);
    carry = limb >= SL_LIMB;
    sum->limbs[i] = carry ? limb - SL_LIMB : limb;
  }
  sum->limbs[len] = carry;
  return sum;
}

/* |a| - |b| with |a| >= |b|. */
static sl_bigint *sub_magnitudes(sl_arena *arena, const sl_big_view *a, const sl_big_view *b) {
  sl_bigint *difference = new_big(arena, a->len);
  int32_t borrow = 0;
  for (uint32_t i = 0; i < a->len; i++) {
    int32_t limb = (int32_t)a->limbs[i] - borrow - (i < b->len ? (int32_t)b->limbs[i] : 0);
    borrow = limb < 0;
    difference->limbs[i] = (uint32_t)(borrow ? limb + SL_LIMB : limb);
  }
  return difference;
}

static sl_value add_signed(sl_arena *arena, const sl_big_view *a, const sl_big_view *b, bool b_negative) {
  sl_bigint *result;
  if (a->negative == b_negative) {
    result = add_magnitudes(arena, a, b);
    result->negative = a->negative;
  } else if (sl_big_compare_magnitude(a, b) >= 0) {
    result = sub_magnitudes(arena, a, b);
    result->negative = a->negative;
  } else {
    result = sub_magnitudes(arena, b, a);
    result->negative = b_negative;
  }
  return finish(result);
}

sl_value sl_big_add(sl_arena *arena, const sl_big_view *a, const sl_big_view *b) {
  return add_signed(arena, a, b, b->negative);
}

sl_value sl_big_sub(sl_arena *arena, const sl_big_view *a, const sl_big_view *b) {
  return add_signed(arena, a, b, !b->negative);
}

sl_value sl_big_mul(sl_arena *arena, const sl_big_view *a, const sl_big_view *b) {
  sl_bigint *product = new_big(arena, a->len + b->len + 1);
  product->negative = a->negative != b->negative;
  for (uint32_t i = 0; i < a->len; i++) {
    uint64_t carry = 0;
    for (uint32_t j = 0; j < b->len; j++) {
      carry += (uint64_t)a->limbs[i] * b->limbs[j] + product->limbs[i + j];
      product->limbs[i + j] = (uint32_t)(carry % SL_LIMB);
      carry /= SL_LIMB;
    }
    product->limbs[i + b->len] = (uint32_t)carry;
  }
  return finish(product);
}

sl_value sl_big_scale(sl_arena *arena, const sl_value *v, int power) {
  static const uint32_t POWERS[SL_LIMB_DIGITS] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  if (power == 0) return *v;
  sl_big_view view;
  sl_big_view_init(&view, v);
  if (!view.len) return sl_of_i64(0);
  uint32_t shift = (uint32_t)(power / SL_LIMB_DIGITS), factor = POWERS[power % SL_LIMB_DIGITS];
  sl_bigint *result = new_big(arena, view.len + shift + 1);
  result->negative = view.negative;
  uint64_t carry = 0;
  for (uint32_t i = 0; i < view.len; i++) {
    carry += (uint64_t)view.limbs[i] * factor;
    result->limbs[shift + i] = (uint32_t)(carry % SL_LIMB);
    carry /= SL_LIMB;
  }
  result->limbs[shift + view.len] = (uint32_t)carry;
  return finish(result);
}

/* Divides len limbs in place by a small number, gives the remainder. */
static uint32_t divide_small(uint32_t *limbs, uint32_t len, uint32_t divisor) {
  uint64_t rest = 0;
  for (uint32_t i = len; i-- > 0;) {
    rest = rest * SL_LIMB + limbs[i];
    limbs[i] = (uint32_t)(rest / divisor);
    rest %= divisor;
  }
  return (uint32_t)rest;
}

static uint32_t multiply_small(uint32_t *out, const uint32_t *limbs, uint32_t len, uint32_t factor) {
  uint64_t carry = 0;
  for (uint32_t i = 0; i < len; i++) {
    carry += (uint64_t)limbs[i] * factor;
    out[i] = (uint32_t)(carry % SL_LIMB);
    carry /= SL_LIMB;
  }
  return (uint32_t)carry;
}

/* One step of long division: the quotient digit of u[at .. at+n] by v[0 .. n-1], subtracting it from u. */
static uint32_t long_division_step(uint32_t *u, const uint32_t *v, uint32_t n, uint32_t at) {
  uint64_t top = (uint64_t)u[at + n] * SL_LIMB + u[at + n - 1];
  uint64_t digit = top / v[n - 1], rest = top % v[n - 1];
  while (digit >= SL_LIMB || digit * v[n - 2] > rest * SL_LIMB + u[at + n - 2]) {
    digit--;
    rest += v[n - 1];
    if (rest >= SL_LIMB) break;
  }
  uint64_t carried = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint64_t product = digit * v[i] + carried;
    uint32_t low = (uint32_t)(product % SL_LIMB);
    bool borrow = u[at + i] < low;
    u[at + i] = borrow ? u[at + i] + SL_LIMB - low : u[at + i] - low;
    carried = product / SL_LIMB + borrow;
  }
  int64_t limb = (int64_t)u[at + n] - (int64_t)carried;
  u[at + n] = (uint32_t)(limb < 0 ? limb + SL_LIMB : limb);
  if (limb >= 0) return (uint32_t)digit;
  /* The estimate was one too large: add the divisor back. */
  uint32_t carry = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t sum = u[at + i] + v[i] + carry;
    carry = sum >= SL_LIMB;
    u[at + i] = carry ? sum - SL_LIMB : sum;
  }
  u[at + n] = (u[at + n] + carry) % SL_LIMB;
  return (uint32_t)digit - 1;
}

/* Knuth's algorithm D for divisors of two limbs and more; u has room for a->len + 1 limbs. */
static void long_division(sl_arena *arena, const sl_big_view *a, const sl_big_view *b, sl_bigint *quotient,
                          sl_bigint *remainder) {
  uint32_t n = b->len, factor = SL_LIMB / (b->limbs[n - 1] + 1);
  uint32_t *u = sl_arena_alloc(arena, (a->len + 1) * sizeof *u);
  uint32_t *v = sl_arena_alloc(arena, n * sizeof *v);
  u[a->len] = multiply_small(u, a->limbs, a->len, factor);
  multiply_small(v, b->limbs, n, factor);
  for (uint32_t at = a->len - n + 1; at-- > 0;) quotient->limbs[at] = long_division_step(u, v, n, at);
  divide_small(u, n, factor);
  memcpy(remainder->limbs, u, n * sizeof *u);
}

void sl_big_divide(sl_arena *arena, const sl_big_view *a, const sl_big_view *b, sl_value *quotient,
                   sl_value *remainder) {
  sl_bigint *q = new_big(arena, a->len + 1), *r = new_big(arena, a->len + b->len);
  q->negative = a->negative != b->negative;
  r->negative = a->negative;
  if (sl_big_compare_magnitude(a, b) < 0) {
    memcpy(r->limbs, a->limbs, a->len * sizeof(uint32_t));
  } else if (b->len == 1) {
    memcpy(q->limbs, a->limbs, a->len * sizeof(uint32_t));
    r->limbs[0] = divide_small(q->limbs, a->len, b->limbs[0]);
  } else {
    long_division(arena, a, b, q, r);
  }
  *quotient = finish(q);
  *remainder = finish(r);
}

uint64_t sl_big_low64(const sl_big_view *v) {
  uint64_t magnitude = low64_of_limbs(v->limbs, v->len);
  return v->negative ? 0 - magnitude : magnitude;
}
