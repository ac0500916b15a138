/* Decimals as text, and from and to doubles. Text is Java's BigDecimal grammar: sign, digits with an optional point,
 * optional exponent. */
#include "types/decimal.h"

#include <math.h>
#include "base/number.h"

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Exponent after e or E: the whole rest of the text. Larger than any limit is as good as too large. */
static bool parse_exponent(const char *p, const char *end, int *out) {
  bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) p++;
  if (p == end) return false;
  int v = 0;
  for (; p < end; p++) {
    if (!is_digit(*p)) return false;
    if (v < 1000000) v = v * 10 + (*p - '0');
  }
  *out = negative ? -v : v;
  return true;
}

/* The shape of a decimal text, before its digits are converted. */
typedef struct shape {
  const char *start, *point, *end; /* of the mantissa; point is NULL without one */
  size_t digits;
  int exponent;
  bool negative;
} shape;

static bool scan(sl_str text, shape *out) {
  const char *p = text.ptr, *end = text.ptr + text.len;
  *out = (shape){0};
  if (p < end && (*p == '-' || *p == '+')) out->negative = *p++ == '-';
  out->start = p;
  for (; p < end && (is_digit(*p) || (*p == '.' && !out->point)); p++) {
    if (*p == '.') {
      out->point = p;
    } else {
      out->digits++;
    }
  }
  out->end = p;
  if (!out->digits) return false;
  if (p == end) return true;
  return (*p == 'e' || *p == 'E') && parse_exponent(p + 1, end, &out->exponent);
}

bool sl_decimal_parse(sl_arena *arena, sl_str text, sl_decimal *out) {
  shape s;
  if (!scan(text, &s) || s.digits > SL_DECIMAL_MAX_PRECISION) return false;
  int scale = (s.point ? (int)(s.end - s.point - 1) : 0) - s.exponent;
  if (scale > SL_DECIMAL_MAX_PRECISION || scale < -SL_DECIMAL_MAX_PRECISION) return false;
  if (s.digits <= 18) {
    int64_t v = 0;
    for (const char *p = s.start; p < s.end; p++) {
      if (*p != '.') v = v * 10 + (*p - '0');
    }
    *out = (sl_decimal){sl_of_i64(s.negative ? -v : v), scale};
    return true;
  }
  const char *digits = s.start;
  if (s.point) {
    char *joined = sl_arena_alloc(arena, s.digits);
    size_t whole = (size_t)(s.point - s.start);
    memcpy(joined, s.start, whole);
    memcpy(joined + whole, s.point + 1, s.digits - whole);
    digits = joined;
  }
  *out = (sl_decimal){sl_big_parse(arena, s.negative, digits, s.digits), scale};
  return true;
}

/* Digits of the unscaled value behind whatever buf holds; returns how many. The sign is the caller's. */
static size_t add_digits(sl_buf *out, const sl_decimal *d) {
  sl_big_view view;
  sl_big_view_init(&view, &d->unscaled);
  size_t before = out->len;
  sl_big_print(out, &view);
  return out->len - before;
}

static void add_zeros(sl_buf *out, int count) {
  if (count <= 0) return;
  memset(sl_buf_reserve(out, (size_t)count), '0', (size_t)count);
  out->len += (size_t)count;
}

/* Puts a point before the last `places` of the digits that end the buffer. */
static void insert_point(sl_buf *out, size_t places) {
  uint8_t *end = sl_buf_reserve(out, 1);
  memmove(end - places + 1, end - places, places);
  end[-(ptrdiff_t)places] = '.';
  out->len++;
}

void sl_decimal_print(sl_buf *out, const sl_decimal *d) {
  if (sl_decimal_sign(d) < 0) sl_buf_add_byte(out, '-');
  int lead = d->scale - sl_decimal_digits(d) + 1; /* zeros needed in front so that a digit stands before the point */
  if (d->scale > 0) add_zeros(out, lead);
  add_digits(out, d);
  if (d->scale > 0) {
    insert_point(out, (size_t)d->scale);
  } else if (sl_decimal_sign(d)) {
    add_zeros(out, -d->scale);
  }
}

void sl_decimal_print_scientific(sl_buf *out, const sl_decimal *d) {
  int adjusted = sl_decimal_digits(d) - d->scale - 1;
  if (d->scale >= 0 && adjusted >= -6) {
    sl_decimal_print(out, d);
    return;
  }
  if (sl_decimal_sign(d) < 0) sl_buf_add_byte(out, '-');
  size_t digits = add_digits(out, d);
  if (digits > 1) insert_point(out, digits - 1);
  if (adjusted) sl_buf_printf(out, "E%+d", adjusted);
}

double sl_decimal_to_double(const sl_decimal *d) {
  if (d->unscaled.tag != SL_TAG_BIG && d->scale >= 0 && d->scale <= SL_POW10_F64_MAX) {
    int64_t v = d->unscaled.i64;
    /* Both are exact doubles, so one division rounds once. */
    if (v > -(INT64_C(1) << 53) && v < INT64_C(1) << 53) return (double)v / SL_POW10_F64[d->scale];
  }
  sl_buf text = {0};
  if (sl_decimal_sign(d) < 0) sl_buf_add_byte(&text, '-');
  add_digits(&text, d);
  sl_buf_printf(&text, "E%d", -d->scale);
  bool ok;
  double v = sl_number_to_double((const char *)text.data, text.len, &ok);
  sl_buf_done(&text);
  return v;
}

bool sl_decimal_of_double(sl_arena *arena, double v, sl_decimal *out) {
  if (!isfinite(v)) return false;
  char text[SL_NUMBER_TEXT_MAX];
  size_t len = sl_number_print_java(text, v);
  return sl_decimal_parse(arena, sl_str_n(text, len), out);
}

/* v = mantissa * 2^exponent with an odd mantissa; a negative exponent is a power of five at that decimal scale. */
bool sl_decimal_of_binary(sl_arena *arena, double v, sl_decimal *out) {
  if (!isfinite(v)) return false;
  int exponent;
  int64_t mantissa = (int64_t)ldexp(frexp(v, &exponent), 53);
  exponent -= 53;
  if (mantissa == 0) {
    *out = sl_decimal_of_i64(0);
    return true;
  }
  for (; mantissa % 2 == 0; mantissa /= 2) exponent++;
  sl_decimal result = sl_decimal_of_i64(mantissa), factor;
  int64_t base = exponent < 0 ? 5 : 2;
  int left = exponent < 0 ? -exponent : exponent;
  while (left > 0) {
    int step = left < 20 ? left : 20;
    int64_t power = 1;
    for (int i = 0; i < step; i++) power *= base;
    factor = sl_decimal_of_i64(power);
    result = sl_decimal_mul(arena, &result, &factor);
    left -= step;
  }
  result.scale = exponent < 0 ? -exponent : 0;
  *out = result;
  return true;
}

int64_t sl_decimal_to_i64(const sl_decimal *d) {
  int scale = d->scale;
  sl_big_view view;
  sl_big_view_init(&view, &d->unscaled);
  if (scale <= 0) {
    uint64_t v = sl_big_low64(&view);
    for (int i = 0; i < -scale && v; i++) v *= 10;
    return (int64_t)v;
  }
  if (d->unscaled.tag != SL_TAG_BIG) return scale > SL_POW10_I64_MAX ? 0 : d->unscaled.i64 / SL_POW10_I64[scale];
  uint64_t v = 0; /* the digits above the point, modulo 2^64 */
  for (int i = sl_big_digits(&view); i-- > scale;) v = v * 10 + (uint64_t)sl_big_digit(&view, i);
  return (int64_t)(view.negative ? 0 - v : v);
}

const sl_type *sl_decimal_type(sl_arena *arena, const sl_decimal *d) {
  int digits = sl_decimal_digits(d), scale = d->scale;
  if (scale < 0) {
    digits = sl_decimal_sign(d) ? digits - scale : 1;
    scale = 0;
  }
  bool below_one = !sl_decimal_sign(d) || digits <= scale;
  return sl_type_decimal(arena, below_one ? scale + 1 : digits, scale);
}
