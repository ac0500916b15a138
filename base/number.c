/* Doubles as text.
 *
 * Reading: a number of at most 19 digits is digits * 10^exponent in integers. If both are exact doubles one division or
 * multiplication rounds correctly (Clinger). Else the digits are multiplied with a 128-bit power of ten, which decides
 * nearly all cases (Eisel and Lemire); the C library decides the rest on a normalised copy.
 * Printing: text such as 12.34 is found by a checked trial; the rest by Schubfach (Giulietti), which finds the shortest
 * decimal inside the rounding interval with three 128-bit multiplications. As in Java, a value with a one-digit
 * shortest form is printed as the nearest two-digit decimal (4.9E-324). */
#include "base/number.h"
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/number_powers.h"

__extension__ typedef unsigned __int128 wide;

/* clang-format off */
const double SL_POW10_F64[SL_POW10_F64_MAX + 1] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22};
const int64_t SL_POW10_I64[SL_POW10_I64_MAX + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
    10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000};
/* clang-format on */

static double from_bits(uint64_t bits) {
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

static uint64_t to_bits(double v) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits;
}

/* ---- reading ---- */
enum { DIGITS_MAX = 19 }; /* all fit into 64 bits */

typedef struct decimal {
  uint64_t digits;    /* the first DIGITS_MAX significant ones */
  int64_t exponent;   /* value = digits * 10^exponent, if not cut */
  bool negative, cut; /* cut: non-zero digits follow */
} decimal;

static bool is_digit(char c) {
  return (unsigned char)(c - '0') <= 9;
}

/* Reads the grammar; false when text is something else. */
static bool read_decimal(const char *p, const char *end, decimal *d) {
  *d = (decimal){0};
  int count = 0;
  bool any = false, fraction = false;
  if (p < end && (*p == '-' || *p == '+')) d->negative = *p++ == '-';
  for (; p < end; p++) {
    if (*p == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_digit(*p)) break;
    any = true;
    if (count < DIGITS_MAX) {
      d->digits = d->digits * 10 + (uint64_t)(*p - '0');
      count += d->digits != 0;
      d->exponent -= fraction;
    } else {
      d->cut |= *p != '0';
      d->exponent += !fraction;
    }
  }
  if (!any) return false;
  if (p == end) return true;
  if (*p != 'e' && *p != 'E') return false;
  p++;
  bool down = false;
  if (p < end && (*p == '-' || *p == '+')) down = *p++ == '-';
  if (p == end) return false;
  int64_t exponent = 0;
  for (; p < end; p++) {
    if (!is_digit(*p)) return false;
    if (exponent < INT64_MAX / 100) exponent = exponent * 10 + (*p - '0');
  }
  d->exponent += down ? -exponent : exponent;
  return true;
}

/* digits * 10^exponent by a 128-bit product; false when the product cannot tell how to round. */
static bool by_product(uint64_t digits, int64_t exponent, double *out) {
  if (digits == 0 || exponent < SL_POWER_MIN) {
    *out = 0;
    return true;
  }
  if (exponent > 308) {
    *out = HUGE_VAL;
    return true;
  }
  int q = (int)exponent, zeros = __builtin_clzll(digits);
  const uint64_t *power = SL_POWERS[q - SL_POWER_MIN];
  digits <<= zeros;
  wide product = (wide)digits * power[0];
  uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
  if ((high & 0x1ff) == 0x1ff) { /* the low half of the power may carry into the bits that count */
    uint64_t carry = (uint64_t)(((wide)digits * power[1]) >> 64);
    low += carry;
    high += low < carry;
  }
  if (low == UINT64_MAX && (q < SL_POWER_UP_MIN || q > SL_POWER_EXACT_MAX)) return false;
  int top = (int)(high >> 63), shift = top + 64 - 52 - 3;
  uint64_t mantissa = high >> shift; /* 52 bits, the hidden one, one to round */
  int power2 = ((217706 * q) >> 16) + 63 + top - zeros + 1023;
  if (power2 <= 0) { /* subnormal */
    if (power2 <= -63) {
      *out = 0;
      return true;
    }
    mantissa >>= 1 - power2;
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    *out = from_bits(mantissa); /* a carry into the exponent is the smallest normal number, as it should be */
    return true;
  }
  /* Exactly half way: round to even. Only possible where the power is exact. */
  if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << shift == high) mantissa &= ~(uint64_t)1;
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  if (mantissa >= (uint64_t)2 << 52) {
    mantissa = (uint64_t)1 << 52;
    power2++;
  }
  if (power2 >= 0x7ff) {
    *out = HUGE_VAL;
    return true;
  }
  *out = from_bits((mantissa & ~((uint64_t)1 << 52)) | (uint64_t)power2 << 52);
  return true;
}

static locale_t c_locale;
static void make_locale(void) {
  c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The hard rest: digits as one integer with an exponent, through the C library. exponent belongs to the number cut
 * after DIGITS_MAX digits. No double needs more than 768 digits to be told from the midpoint to its neighbour, so all
 * further ones count as one non-zero digit. */
static double by_library(const char *p, const char *end, int64_t exponent) {
  enum { KEEP = 780 };
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  char text[KEEP + 40];
  size_t n = 0;
  bool rest = false;
  for (; p < end && *p != 'e' && *p != 'E'; p++) {
    if (!is_digit(*p) || (n == 0 && *p == '0')) continue;
    if (n < KEEP) {
      text[n++] = *p;
    } else {
      rest |= *p != '0';
    }
  }
  if (rest) text[n++] = '1';
  if (n > DIGITS_MAX) exponent -= (int64_t)n - DIGITS_MAX;
  if (exponent > 100000) exponent = 100000;
  if (exponent < -100000) exponent = -100000;
  text[n++] = 'e';
  n += sl_number_print_int(text + n, exponent);
  text[n] = 0;
  pthread_once(&once, make_locale);
  return strtod_l(text, NULL, c_locale);
}

double sl_number_to_double(const char *text, size_t len, bool *ok) {
  decimal d;
  double v;
  *ok = len && read_decimal(text, text + len, &d);
  if (!*ok) return 0;
  if (!d.cut && d.digits <= (uint64_t)1 << 53 && d.exponent >= -SL_POW10_F64_MAX && d.exponent <= SL_POW10_F64_MAX) {
    v = (double)d.digits;
    v = d.exponent < 0 ? v / SL_POW10_F64[-d.exponent] : v * SL_POW10_F64[d.exponent];
    return d.negative ? -v : v;
  }
  double above;
  bool sure = by_product(d.digits, d.exponent, &v);
  if (sure && d.cut) sure = by_product(d.digits + 1, d.exponent, &above) && above == v;
  if (!sure) v = by_library(text, text + len, d.exponent);
  return d.negative ? -v : v;
}

/* ---- printing ---- */
static const char PAIRS[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495"
    "96979899";

/* Writes the decimal digits of v so that they end before end; returns where they start. */
static char *print_digits(char *end, uint64_t v) {
  while (v >= 100) {
    end -= 2;
    memcpy(end, PAIRS + 2 * (v % 100), 2);
    v /= 100;
  }
  if (v >= 10) {
    end -= 2;
    memcpy(end, PAIRS + 2 * v, 2);
  } else {
    *--end = (char)('0' + v);
  }
  return end;
}

size_t sl_number_print_int(char out[20], int64_t v) {
  char text[20], *end = text + sizeof text;
  char *start = print_digits(end, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
  if (v < 0) *--start = '-';
  memcpy(out, start, (size_t)(end - start));
  return (size_t)(end - start);
}

static int floor_log2_pow10(int e) {
  return (e * 1741647) >> 19;
}

/* The high 64 bits of power * v, lowest bit set if any lower bit of the product is. */
static uint64_t round_to_odd(const uint64_t power[2], uint64_t v) {
  wide low = (wide)power[1] * v, high = (wide)power[0] * v + (uint64_t)(low >> 64);
  return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* Schubfach for c * 2^q; closer: the lower neighbour is half as far as the upper one. */
static sl_double_digits schubfach(uint64_t c, int q, bool closer, int extra) {
  int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
  int h = q + floor_log2_pow10(-k) + 1;
  uint64_t power[2] = {SL_POWERS[-k - SL_POWER_MIN][0], SL_POWERS[-k - SL_POWER_MIN][1]};
  if (-k < SL_POWER_UP_MIN || -k > SL_POWER_EXACT_MAX) { /* the method wants powers rounded up */
    power[1]++;
    power[0] += power[1] == 0;
  }
  bool odd = c & 1;
  uint64_t middle = c * 4;
  uint64_t lower = round_to_odd(power, (middle - 2 + closer) << h) + odd;
  uint64_t v = round_to_odd(power, middle << h);
  uint64_t upper = round_to_odd(power, (middle + 2) << h) - odd;
  uint64_t s = v / 4;
  if (s >= 100) { /* try one digit less, but keep two */
    uint64_t tens = s / 10;
    bool down = lower <= tens * 40, up = tens * 40 + 40 <= upper;
    if (down != up) return (sl_double_digits){tens + up, k + 1};
  }
  bool down = lower <= s * 4, up = s * 4 + 4 <= upper;
  if (down != up) return (sl_double_digits){s + up, k + extra};
  uint64_t half = s * 4 + 2;
  return (sl_double_digits){s + (v > half || (v == half && (s & 1))), k + extra};
}

static sl_double_digits without_zeros(sl_double_digits d) {
  while (d.digits && d.digits % 10000 == 0) {
    d.digits /= 10000;
    d.exponent += 4;
  }
  while (d.digits && d.digits % 10 == 0) {
    d.digits /= 10;
    d.exponent++;
  }
  return d;
}

/* A decimal of at most 15 digits that reads back as v is the only such one, hence the shortest; try a few. */
static bool by_trial(double v, sl_double_digits *out) {
  static const int PLACES[] = {2, 6};
  if (v >= 1e15 || v < 1e-3) return false;
  uint64_t whole = (uint64_t)v;
  if ((double)whole == v) {
    *out = (sl_double_digits){whole, 0};
    return true;
  }
  for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
    double scaled = v * SL_POW10_F64[PLACES[i]];
    if (scaled >= 1e15) return false;
    uint64_t digits = (uint64_t)(scaled + 0.5);
    if ((double)digits / SL_POW10_F64[PLACES[i]] == v) {
      *out = (sl_double_digits){digits, -PLACES[i]};
      return true;
    }
  }
  return false;
}

sl_double_digits sl_double_shortest(double v) {
  sl_double_digits d;
  uint64_t bits = to_bits(v) & ~((uint64_t)1 << 63);
  if (bits == 0) return (sl_double_digits){0, 0};
  if (by_trial(from_bits(bits), &d)) return without_zeros(d);
  uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
  int exponent = (int)(bits >> 52);
  if (exponent)
    return without_zeros(schubfach(fraction | (uint64_t)1 << 52, exponent - 1075, !fraction && exponent > 1, 0));
  /* The two smallest values have fewer digits than the method looks at. */
  if (fraction < 3) return without_zeros(schubfach(fraction * 10, -1074, false, -1));
  return without_zeros(schubfach(fraction, -1074, false, 0));
}

size_t sl_number_print_java(char out[SL_NUMBER_TEXT_MAX], double v) {
  if (!isfinite(v)) {
    const char *name = isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity";
    memcpy(out, name, strlen(name));
    return strlen(name);
  }
  sl_double_digits d = sl_double_shortest(v);
  char text[20], *end = text + sizeof text, *start = print_digits(end, d.digits), *to = out;
  int count = (int)(end - start), point = d.digits ? count + d.exponent : 1; /* digits before the point */
  if (signbit(v)) *to++ = '-';
  if (d.digits && (point < -2 || point > 7)) { /* d.dddE+-n */
    *to++ = *start;
    *to++ = '.';
    memcpy(to, count > 1 ? start + 1 : "0", count > 1 ? (size_t)count - 1 : 1);
    to += count > 1 ? count - 1 : 1;
    *to++ = 'E';
    return (size_t)(to - out) + sl_number_print_int(to, point - 1);
  }
  if (point <= 0) {
    memcpy(to, "0.00", 4);
    to += 2 - point;
    memcpy(to, start, (size_t)count);
    return (size_t)(to - out) + (size_t)count;
  }
  int whole = count < point ? count : point;
  memcpy(to, start, (size_t)whole);
  to += whole;
  for (int i = whole; i < point; i++) *to++ = '0';
  *to++ = '.';
  if (count > whole) {
    memcpy(to, start + whole, (size_t)(count - whole));
    return (size_t)(to - out) + (size_t)(count - whole);
  }
  *to++ = '0';
  return (size_t)(to - out);
}
