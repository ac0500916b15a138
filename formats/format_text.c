/* Texts that several formats read and write the same way: strict integers, decimals with their fit check, and UTF-8 as
 * Java repairs it. */
#include "formats/formats_int.h"
#include "base/json.h"
#include "base/number.h"
#include "types/decimal.h"

bool sl_parse_strict(sl_str text, int64_t min, int64_t max, int64_t *out) {
  int64_t v;
  if (!sl_str_int64(text, &v) || v < min || v > max) return false;
  *out = v;
  return true;
}

bool sl_time_in_range(int64_t ms, sl_err *err) {
  if (ms >= 0 && ms <= SL_MILLIS_PER_DAY) return true;
  sl_err_set(err, SL_E_DECODE, SL_NO_POS,
             "Time values must use number of milliseconds greater than 0 and less than 86400000.");
  return false;
}

/* ---- UTF-8 ---- */

/* Length of the well-formed sequence at p, or 0 with *bad = bytes that one U+FFFD stands for. As Java has it: the
 * longest start of a sequence, and a whole surrogate. */
static size_t sequence_length(const uint8_t *p, const uint8_t *end, size_t *bad) {
  uint8_t b = p[0];
  *bad = 1;
  if (b < 0x80) return 1;
  if (b < 0xc2 || b > 0xf4) return 0;
  size_t need = b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
  uint8_t low = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
  uint8_t high = b == 0xf4 ? 0x8f : 0xbf;
  for (size_t i = 1; i < need; i++) {
    if (p + i >= end || p[i] < low || p[i] > high) return 0;
    *bad = i + 1;
    low = 0x80;
    high = 0xbf;
  }
  return b == 0xed && p[1] >= 0xa0 ? 0 : need;
}

sl_str sl_utf8_repair(sl_arena *arena, sl_str s) {
  if (sl_utf8_valid(s.ptr, s.len)) return s;
  char *text = sl_arena_alloc(arena, s.len * 3);
  size_t len = 0, bad;
  const uint8_t *p = (const uint8_t *)s.ptr, *end = p + s.len;
  while (p < end) {
    size_t n = sequence_length(p, end, &bad);
    memcpy(text + len, n ? (const char *)p : "\xef\xbf\xbd", n ? n : 3);
    len += n ? n : 3;
    p += n ? n : bad;
  }
  return sl_str_n(text, len);
}

/* ---- decimals ---- */

/* Decimal text taken apart: value = 0.DDD * 10^magnitude, D = digits of text from first to last without the point. */
typedef struct decimal_text {
  bool negative;
  size_t digits;     /* significant ones, trailing zeros included; 0 for a zero value */
  size_t kept;       /* the same without trailing zeros */
  int64_t magnitude; /* |value| < 10^magnitude */
  int64_t scale;     /* as BigDecimal has it */
  size_t first;      /* index of the first significant digit in text */
} decimal_text;

enum { EXPONENT_MAX = 1000000000 };

static bool read_exponent(sl_str text, size_t *at, int64_t *exponent) {
  size_t i = *at;
  bool negative = false;
  int64_t v = 0;
  if (i < text.len && (text.ptr[i] == '+' || text.ptr[i] == '-')) negative = text.ptr[i++] == '-';
  size_t start = i;
  for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
    if (v < EXPONENT_MAX) v = v * 10 + (text.ptr[i] - '0');
  *at = i;
  *exponent = negative ? -v : v;
  return i > start;
}

static bool take_apart(sl_str text, decimal_text *d) {
  *d = (decimal_text){0};
  size_t i = 0, seen = 0, fraction = 0;
  bool point = false;
  if (i < text.len && (text.ptr[i] == '+' || text.ptr[i] == '-')) d->negative = text.ptr[i++] == '-';
  int64_t after_point_zeros = 0; /* digits before the first significant one, behind the point */
  int64_t before_point = 0;      /* significant digits in front of the point */
  for (; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    seen++;
    fraction += point;
    if (!d->digits && c == '0') {
      after_point_zeros += point;
      continue;
    }
    if (!d->digits) d->first = i;
    d->digits++;
    if (c != '0') d->kept = d->digits;
    if (!point) before_point++;
  }
  if (!seen) return false;
  int64_t exponent = 0;
  if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
    i++;
    if (!read_exponent(text, &i, &exponent)) return false;
  }
  d->magnitude = (before_point ? before_point : -after_point_zeros) + exponent;
  d->scale = (int64_t)fraction - exponent;
  return i == text.len;
}

/* The number as messages show it: plain notation unless that would be absurdly long. */
static void print_plain(sl_buf *out, sl_arena *arena, sl_str text, const decimal_text *d) {
  sl_decimal number;
  if (d->scale > -1000 && d->scale < 1000 && text.len < 2000 && sl_decimal_parse(arena, text, &number))
    sl_decimal_print(out, &number);
  else
    sl_buf_add(out, text.ptr, text.len < 200 ? text.len : 200);
}

static int does_not_fit(sl_arena *arena, sl_str text, const decimal_text *d, const sl_type *type, sl_err *err) {
  sl_buf shown = {0};
  int whole = type->precision - type->scale;
  print_plain(&shown, arena, text, d);
  if (d->digits && d->magnitude > whole)
    sl_err_set(err, SL_E_DECODE, SL_NO_POS,
               "Numeric field overflow: A field with precision %d and scale %d must round to an absolute value less "
               "than 10^%d. Got %s",
               type->precision, type->scale, whole, sl_buf_z(&shown));
  else
    sl_err_set(err, SL_E_DECODE, SL_NO_POS,
               "Cannot fit decimal '%s' into DECIMAL(%d, %d) without rounding. (Requires %zu,%lld)", sl_buf_z(&shown),
               type->precision, type->scale, d->digits ? d->digits : 1, (long long)d->scale);
  sl_buf_done(&shown);
  return SL_E_DECODE;
}

int sl_decimal_of_text(sl_arena *arena, sl_str text, const sl_type *type, bool *malformed, sl_value *out, sl_err *err) {
  decimal_text d;
  *malformed = !take_apart(text, &d);
  if (*malformed) return SL_E_DECODE;
  if (!d.kept) {
    *out = sl_of_i64(0);
    return 0;
  }
  int64_t lowest = (int64_t)d.kept - d.magnitude; /* fraction digits really needed */
  if (d.magnitude > type->precision - type->scale || lowest > type->scale)
    return does_not_fit(arena, text, &d, type, err);
  /* unscaled = the kept digits followed by zeros up to the scale */
  size_t zeros = (size_t)(type->scale - lowest), total = d.kept + zeros, n = 0;
  if (total <= 18) {
    int64_t v = 0;
    for (const char *p = text.ptr + d.first; n < d.kept; p++)
      if (*p != '.') v = v * 10 + (*p - '0'), n++;
    for (; n < total; n++) v *= 10;
    *out = sl_of_i64(d.negative ? -v : v);
    return 0;
  }
  char *digits = sl_arena_alloc(arena, total + 1), *q = digits;
  if (d.negative) *q++ = '-';
  for (const char *p = text.ptr + d.first; n < d.kept; p++)
    if (*p != '.') *q++ = *p, n++;
  memset(q, '0', zeros);
  sl_decimal number;
  if (!sl_decimal_parse(arena, sl_str_n(digits, total + (d.negative ? 1 : 0)), &number))
    return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "A decimal of %zu digits is too long.", total);
  *out = number.unscaled;
  return 0;
}

static int digit_count(uint64_t v) {
  int n = 1;
  while (v >= 10) {
    v /= 10;
    n++;
  }
  return n;
}

void sl_decimal_write(sl_buf *out, const sl_type *type, const sl_value *v, bool scientific) {
  int scale = type->scale;
  if (v->tag == SL_TAG_SET && scale <= 18) {
    uint64_t u = v->i64 < 0 ? 0 - (uint64_t)v->i64 : (uint64_t)v->i64;
    int digits = digit_count(u);
    if (!scientific || digits - 1 - scale >= -6) {
      int shown = digits > scale ? digits : scale + 1; /* a zero in front of the point */
      size_t len = (size_t)(shown + (scale > 0) + (v->i64 < 0));
      char *start = (char *)sl_buf_reserve(out, len), *p = start + len;
      for (int i = 0; i < shown; i++, u /= 10) {
        if (scale && i == scale) *--p = '.';
        *--p = (char)('0' + u % 10);
      }
      if (v->i64 < 0) *--p = '-';
      out->len += len;
      return;
    }
  }
  sl_decimal d = sl_decimal_of_value(type, v);
  if (scientific)
    sl_decimal_print_scientific(out, &d);
  else
    sl_decimal_print(out, &d);
}
