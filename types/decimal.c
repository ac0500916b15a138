/* Decimal arithmetic. Each operation has a path for operands inline in a value, in 64 and 128 bits, and falls back to
 * integers of any size. Text and conversions from and to doubles are in decimal_text.c. */
#include "types/decimal.h"
#include "base/number.h"

static bool is_inline(const sl_decimal *d) {
  return d->unscaled.tag != SL_TAG_BIG;
}

static bool is_zero(const sl_value *unscaled) {
  return unscaled->tag != SL_TAG_BIG && unscaled->i64 == 0;
}

sl_decimal sl_decimal_of_i64(int64_t v) {
  return (sl_decimal){sl_of_i64(v), 0};
}

sl_decimal sl_decimal_of_value(const sl_type *type, const sl_value *v) {
  return (sl_decimal){*v, type->base == SL_DECIMAL ? type->scale : 0};
}

int sl_decimal_digits(const sl_decimal *d) {
  if (is_inline(d)) {
    uint64_t v = d->unscaled.i64 < 0 ? 0 - (uint64_t)d->unscaled.i64 : (uint64_t)d->unscaled.i64;
    int digits = 1;
    while (digits <= SL_POW10_I64_MAX && v >= (uint64_t)SL_POW10_I64[digits]) digits++;
    return digits;
  }
  sl_big_view view;
  sl_big_view_init(&view, &d->unscaled);
  return sl_big_digits(&view);
}

int sl_decimal_sign(const sl_decimal *d) {
  if (!is_inline(d)) return d->unscaled.big->negative ? -1 : 1;
  return (d->unscaled.i64 > 0) - (d->unscaled.i64 < 0);
}

static int compare_i128(sl_i128 a, sl_i128 b) {
  return (a > b) - (a < b);
}

/* Two magnitudes whose highest digits stand at the same power of ten: digit by digit from there. */
static int compare_digits(const sl_decimal *a, const sl_decimal *b) {
  sl_big_view x, y;
  sl_big_view_init(&x, &a->unscaled);
  sl_big_view_init(&y, &b->unscaled);
  int x_digits = sl_big_digits(&x), y_digits = sl_big_digits(&y);
  int digits = x_digits > y_digits ? x_digits : y_digits;
  for (int i = 1; i <= digits; i++) {
    int p = i <= x_digits ? sl_big_digit(&x, x_digits - i) : 0;
    int q = i <= y_digits ? sl_big_digit(&y, y_digits - i) : 0;
    if (p != q) return p < q ? -1 : 1;
  }
  return 0;
}

int sl_decimal_compare(const sl_decimal *a, const sl_decimal *b) {
  int gap = a->scale - b->scale;
  if (is_inline(a) && is_inline(b) && gap >= -SL_POW10_I64_MAX && gap <= SL_POW10_I64_MAX) {
    sl_i128 x = a->unscaled.i64, y = b->unscaled.i64;
    return gap < 0 ? compare_i128(x * SL_POW10_I64[-gap], y) : compare_i128(x, y * SL_POW10_I64[gap]);
  }
  int sign = sl_decimal_sign(a), other = sl_decimal_sign(b);
  if (sign != other) return sign < other ? -1 : 1;
  if (sign == 0) return 0;
  if (gap == 0) {
    sl_big_view x, y;
    sl_big_view_init(&x, &a->unscaled);
    sl_big_view_init(&y, &b->unscaled);
    return sl_big_compare(&x, &y);
  }
  int height = sl_decimal_digits(a) - a->scale, other_height = sl_decimal_digits(b) - b->scale;
  if (height != other_height) return height < other_height ? -sign : sign;
  return sign * compare_digits(a, b);
}

/* unscaled * 10^power. */
static sl_value scale_up(sl_arena *arena, const sl_value *unscaled, int power) {
  int64_t product;
  if (unscaled->tag != SL_TAG_BIG && power <= SL_POW10_I64_MAX &&
      !__builtin_mul_overflow(unscaled->i64, SL_POW10_I64[power], &product)) {
    return sl_of_i64(product);
  }
  return sl_big_scale(arena, unscaled, power);
}

static sl_decimal add(sl_arena *arena, const sl_decimal *a, const sl_decimal *b, bool subtract) {
  int scale = a->scale > b->scale ? a->scale : b->scale;
  sl_value x = scale_up(arena, &a->unscaled, scale - a->scale), y = scale_up(arena, &b->unscaled, scale - b->scale);
  if (x.tag != SL_TAG_BIG && y.tag != SL_TAG_BIG) {
    sl_i128 sum = subtract ? (sl_i128)x.i64 - y.i64 : (sl_i128)x.i64 + y.i64;
    return (sl_decimal){sl_big_of_i128(arena, sum), scale};
  }
  sl_big_view p, q;
  sl_big_view_init(&p, &x);
  sl_big_view_init(&q, &y);
  return (sl_decimal){subtract ? sl_big_sub(arena, &p, &q) : sl_big_add(arena, &p, &q), scale};
}

sl_decimal sl_decimal_add(sl_arena *arena, const sl_decimal *a, const sl_decimal *b) {
  return add(arena, a, b, false);
}

sl_decimal sl_decimal_sub(sl_arena *arena, const sl_decimal *a, const sl_decimal *b) {
  return add(arena, a, b, true);
}

sl_decimal sl_decimal_negate(sl_arena *arena, const sl_decimal *d) {
  return (sl_decimal){sl_big_negate(arena, &d->unscaled), d->scale};
}

sl_decimal sl_decimal_mul(sl_arena *arena, const sl_decimal *a, const sl_decimal *b) {
  int scale = a->scale + b->scale;
  if (is_inline(a) && is_inline(b)) {
    return (sl_decimal){sl_big_of_i128(arena, (sl_i128)a->unscaled.i64 * b->unscaled.i64), scale};
  }
  sl_big_view p, q;
  sl_big_view_init(&p, &a->unscaled);
  sl_big_view_init(&q, &b->unscaled);
  return (sl_decimal){sl_big_mul(arena, &p, &q), scale};
}

/* Does rounding move the truncated quotient away from zero? half: the remainder against half the divisor (-1, 0, 1);
 * exact quotients are not asked. */
static bool rounds_away(sl_rounding mode, bool negative, int half) {
  switch (mode) {
  case SL_ROUND_HALF_UP: return half >= 0;
  case SL_ROUND_HALF_CEILING: return half > 0 || (half == 0 && !negative);
  case SL_ROUND_FLOOR: return negative;
  case SL_ROUND_CEILING: return !negative;
  default: return false;
  }
}

static bool divide_i128(sl_arena *arena, sl_i128 a, sl_i128 b, sl_rounding mode, sl_value *out) {
  sl_i128 quotient = a / b, rest = a % b;
  if (rest != 0) {
    if (mode == SL_ROUND_UNNECESSARY) return false;
    bool negative = (a < 0) != (b < 0);
    sl_u128 twice = (sl_u128)(rest < 0 ? -rest : rest), divisor = (sl_u128)(b < 0 ? -b : b);
    int half = twice > divisor - twice ? 1 : twice == divisor - twice ? 0 : -1;
    if (rounds_away(mode, negative, half)) quotient += negative ? -1 : 1;
  }
  *out = sl_big_of_i128(arena, quotient);
  return true;
}

/* a / b as an integer, b not 0. */
static bool divide(sl_arena *arena, const sl_value *a, const sl_value *b, sl_rounding mode, sl_value *out) {
  if (a->tag != SL_TAG_BIG && b->tag != SL_TAG_BIG) return divide_i128(arena, a->i64, b->i64, mode, out);
  sl_big_view p, q;
  sl_big_view_init(&p, a);
  sl_big_view_init(&q, b);
  sl_value quotient, rest;
  sl_big_divide(arena, &p, &q, &quotient, &rest);
  if (!is_zero(&rest)) {
    if (mode == SL_ROUND_UNNECESSARY) return false;
    sl_big_view r, t;
    sl_big_view_init(&r, &rest);
    sl_value twice = sl_big_add(arena, &r, &r);
    sl_big_view_init(&t, &twice);
    bool negative = p.negative != q.negative;
    if (rounds_away(mode, negative, sl_big_compare_magnitude(&t, &q))) {
      sl_value step = sl_of_i64(negative ? -1 : 1);
      sl_big_view s, whole;
      sl_big_view_init(&s, &step);
      sl_big_view_init(&whole, &quotient);
      quotient = sl_big_add(arena, &whole, &s);
    }
  }
  *out = quotient;
  return true;
}

bool sl_decimal_div_round(sl_arena *arena, const sl_decimal *a, const sl_decimal *b, int scale, sl_rounding mode,
                          sl_decimal *out) {
  if (is_zero(&b->unscaled)) return false;
  int power = scale - a->scale + b->scale;
  sl_value quotient;
  bool ok;
  if (is_inline(a) && is_inline(b) && power >= 0 && power <= SL_POW10_I64_MAX) {
    ok = divide_i128(arena, (sl_i128)a->unscaled.i64 * SL_POW10_I64[power], b->unscaled.i64, mode, &quotient);
  } else {
    sl_value x = power > 0 ? scale_up(arena, &a->unscaled, power) : a->unscaled;
    sl_value y = power < 0 ? scale_up(arena, &b->unscaled, -power) : b->unscaled;
    ok = divide(arena, &x, &y, mode, &quotient);
  }
  if (ok) *out = (sl_decimal){quotient, scale};
  return ok;
}

bool sl_decimal_div(sl_arena *arena, const sl_decimal *a, const sl_decimal *b, int scale, sl_decimal *out) {
  return sl_decimal_div_round(arena, a, b, scale, SL_ROUND_UNNECESSARY, out);
}

bool sl_decimal_rem(sl_arena *arena, const sl_decimal *a, const sl_decimal *b, sl_decimal *out) {
  if (is_zero(&b->unscaled)) return false;
  int scale = a->scale > b->scale ? a->scale : b->scale;
  sl_value x = scale_up(arena, &a->unscaled, scale - a->scale), y = scale_up(arena, &b->unscaled, scale - b->scale);
  if (x.tag != SL_TAG_BIG && y.tag != SL_TAG_BIG) {
    *out = (sl_decimal){sl_of_i64(y.i64 == -1 ? 0 : x.i64 % y.i64), scale};
    return true;
  }
  sl_big_view p, q;
  sl_big_view_init(&p, &x);
  sl_big_view_init(&q, &y);
  sl_value quotient, rest;
  sl_big_divide(arena, &p, &q, &quotient, &rest);
  *out = (sl_decimal){rest, scale};
  return true;
}

bool sl_decimal_rescale(sl_arena *arena, const sl_decimal *d, int scale, sl_rounding mode, sl_decimal *out) {
  int power = scale - d->scale;
  if (power == 0) {
    *out = *d;
    return true;
  }
  if (power > 0) {
    *out = (sl_decimal){scale_up(arena, &d->unscaled, power), scale};
    return true;
  }
  sl_value one = sl_of_i64(1), divisor = scale_up(arena, &one, -power), quotient;
  if (!divide(arena, &d->unscaled, &divisor, mode, &quotient)) return false;
  *out = (sl_decimal){quotient, scale};
  return true;
}

bool sl_decimal_round_digits(sl_arena *arena, const sl_decimal *d, int digits, sl_rounding mode, sl_decimal *out) {
  sl_decimal rounded = *d;
  for (int extra; (extra = sl_decimal_digits(&rounded) - digits) > 0;) { /* twice when 99.9 becomes 100 */
    if (!sl_decimal_rescale(arena, &rounded, rounded.scale - extra, mode, &rounded)) return false;
  }
  *out = rounded;
  return true;
}

static int overflow_error(const sl_decimal *d, const sl_type *type, sl_err *err) {
  sl_buf text = {0};
  sl_decimal_print(&text, d);
  int digits = type->precision - type->scale;
  int rc = sl_err_set(err, SL_E_EVALUATE, SL_NO_POS,
                      "Numeric field overflow: A field with precision %d and scale %d must round to an absolute value "
                      "less than 10^%d. Got %s",
                      type->precision, type->scale, digits, sl_buf_z(&text));
  sl_buf_done(&text);
  return rc;
}

static int rounding_error(const sl_decimal *d, const sl_type *type, sl_err *err) {
  sl_buf text = {0};
  sl_decimal_print(&text, d);
  int rc = sl_err_set(err, SL_E_EVALUATE, SL_NO_POS,
                      "Cannot fit decimal '%s' into DECIMAL(%d, %d) without rounding. (Requires %d,%d)",
                      sl_buf_z(&text), type->precision, type->scale, sl_decimal_digits(d), d->scale);
  sl_buf_done(&text);
  return rc;
}

int sl_decimal_fit(sl_arena *arena, const sl_decimal *d, const sl_type *type, sl_rounding mode, sl_value *out,
                   sl_err *err) {
  int room = type->precision - type->scale;
  if (sl_decimal_sign(d) && sl_decimal_digits(d) - d->scale > room) return overflow_error(d, type, err);
  sl_decimal fitted;
  if (!sl_decimal_rescale(arena, d, type->scale, mode, &fitted)) return rounding_error(d, type, err);
  *out = fitted.unscaled;
  return 0;
}
