/* Doubles and booleans as text. Decimal text is base/number's business; here is what Java accepts around it: blanks,
 * NaN and Infinity, a type suffix, hexadecimal floats. */
#include "types/text.h"

#include <math.h>
#include "base/number.h"

sl_str sl_text_trim(sl_str text) {
  while (text.len && (unsigned char)text.ptr[0] <= ' ') {
    text.ptr++;
    text.len--;
  }
  while (text.len && (unsigned char)text.ptr[text.len - 1] <= ' ') text.len--;
  return text;
}

size_t sl_double_print(char out[32], double v) {
  return sl_number_print_java(out, v);
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* mantissa * 2^exponent rounded once, half to even; sticky tells of bits already lost below. */
static double compose(uint64_t mantissa, int exponent, bool sticky) {
  if (!mantissa) return 0;
  int highest = 63 - __builtin_clzll(mantissa) + exponent;  /* power of two of the top bit */
  int lowest = highest - 52 > -1074 ? highest - 52 : -1074; /* of the last bit a double keeps there */
  int drop = lowest - exponent;
  if (drop > 0) {
    uint64_t rest = drop > 63 ? mantissa : mantissa & ((UINT64_C(1) << drop) - 1);
    uint64_t half = drop > 63 ? 0 : UINT64_C(1) << (drop - 1);
    mantissa = drop > 63 ? 0 : mantissa >> drop;
    exponent = lowest;
    if (drop <= 63 && (rest > half || (rest == half && (sticky || mantissa & 1)))) mantissa++;
  }
  return ldexp((double)mantissa, exponent);
}

/* After 0x: hex digits with an optional point, p, decimal exponent. */
static bool parse_hex(sl_str text, double *out) {
  const char *p = text.ptr, *end = text.ptr + text.len;
  uint64_t mantissa = 0;
  int64_t exponent = 0;
  bool point = false, digits = false, sticky = false;
  for (; p < end && (hex_digit(*p) >= 0 || (*p == '.' && !point)); p++) {
    if (*p == '.') {
      point = true;
      continue;
    }
    digits = true;
    if (mantissa >> 58) {
      sticky = sticky || *p != '0';
      exponent += point ? 0 : 4;
    } else {
      mantissa = mantissa << 4 | (uint64_t)hex_digit(*p);
      exponent -= point ? 4 : 0;
    }
  }
  if (!digits || p == end || (*p != 'p' && *p != 'P')) return false;
  p++;
  bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) p++;
  if (p == end) return false;
  int64_t power = 0;
  for (; p < end; p++) {
    if (*p < '0' || *p > '9') return false;
    if (power < 100000) power = power * 10 + (*p - '0');
  }
  exponent += negative ? -power : power;
  exponent = exponent > 5000 ? 5000 : exponent < -5000 ? -5000 : exponent;
  *out = compose(mantissa, (int)exponent, sticky);
  return true;
}

bool sl_double_parse(sl_str text, double *out) {
  text = sl_text_trim(text);
  if (!text.len) return false;
  bool negative = text.ptr[0] == '-';
  sl_str rest = negative || text.ptr[0] == '+' ? sl_str_n(text.ptr + 1, text.len - 1) : text;
  double v;
  if (sl_str_eq_z(rest, "NaN")) {
    v = NAN;
  } else if (sl_str_eq_z(rest, "Infinity")) {
    v = INFINITY;
  } else {
    if (!rest.len) return false;
    char last = rest.ptr[rest.len - 1], first = rest.ptr[0];
    bool hex = rest.len > 2 && first == '0' && (rest.ptr[1] == 'x' || rest.ptr[1] == 'X');
    if (last == 'd' || last == 'D' || last == 'f' || last == 'F') rest.len--;
    if (hex) {
      if (!parse_hex(sl_str_n(rest.ptr + 2, rest.len - 2), &v)) return false;
    } else {
      bool ok = rest.len && first != '-' && first != '+';
      if (ok) v = sl_number_to_double(rest.ptr, rest.len, &ok);
      if (!ok) return false;
    }
  }
  *out = negative ? -v : v;
  return true;
}

bool sl_boolean_parse(sl_str text, bool *out) {
  static const struct {
    const char *word;
    bool value;
  } WORDS[] = {{"true", true}, {"yes", true}, {"false", false}, {"no", false}};
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS && text.len; i++) {
    sl_str word = sl_str_of(WORDS[i].word);
    if (text.len <= word.len && sl_str_eq_nocase(text, sl_str_n(word.ptr, text.len))) {
      *out = WORDS[i].value;
      return true;
    }
  }
  return false;
}
