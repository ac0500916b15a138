/* The inline half of the JSON cursor: what a record takes per field. Included by json.h, where the contract is; errors,
 * containers, literals and rare forms are in json_cursor.c. */
#pragma once
#include "base/json.h"
#include "base/json_scan.h"
#include "base/number.h"

/* Not for callers: the slow sides of the functions below. */
bool sl_json_cursor_fail(sl_json_cursor *cur, const char *at, const char *reason);
bool sl_json_cursor_string_tail(sl_json_cursor *cur, const char *start, const char *p, sl_str *out, bool *escaped);
bool sl_json_cursor_other(sl_json_cursor *cur, const char *p, sl_json_token *out);
bool sl_json_cursor_bad_number(sl_json_cursor *cur, const char *at);
bool sl_json_cursor_int64(const sl_json_token *token, int64_t *out);
double sl_json_cursor_double(const sl_json_token *token);

static inline void sl_json_begin(sl_json_cursor *cur, sl_str text) {
  const char *p = text.len ? text.ptr : "";
  *cur = (sl_json_cursor){.p = p, .end = p + text.len, .start = p};
  if (__builtin_expect(!sl_utf8_valid(p, text.len), 0)) sl_json_cursor_fail(cur, p, "the text is not valid UTF-8");
}

static inline const char *sl_json_cursor_space(const char *p, const char *end) {
  while (p < end && (unsigned char)*p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
  return p;
}

/* start is behind the opening quote. */
static inline bool sl_json_cursor_string(sl_json_cursor *cur, const char *start, sl_str *out, bool *escaped) {
  const char *p = sl_scan_string(start, cur->end);
  if (__builtin_expect(p == cur->end || *p != '"', 0)) {
    return sl_json_cursor_string_tail(cur, start, p, out, escaped);
  }
  *out = sl_str_n(start, (size_t)(p - start));
  *escaped = false;
  cur->p = p + 1;
  return true;
}

static inline const char *sl_json_cursor_digits(const char *p, const char *end, uint64_t *digits) {
  unsigned digit;
  uint64_t v = *digits;
  while (p < end && (digit = (unsigned)(unsigned char)*p - '0') <= 9) {
    v = v * 10 + digit;
    p++;
  }
  *digits = v;
  return p;
}

static inline bool sl_json_cursor_number(sl_json_cursor *cur, const char *start, sl_json_token *out) {
  const char *end = cur->end, *first = start + (*start == '-');
  uint64_t digits = 0;
  const char *p = sl_json_cursor_digits(first, end, &digits);
  size_t count = (size_t)(p - first), fraction = 0;
  if (__builtin_expect(count == 0 || (*first == '0' && count > 1), 0)) return sl_json_cursor_bad_number(cur, first);
  bool integral = true, exponent = false;
  if (p < end && *p == '.') {
    const char *point = p + 1;
    p = sl_json_cursor_digits(point, end, &digits);
    fraction = (size_t)(p - point);
    if (__builtin_expect(fraction == 0, 0)) return sl_json_cursor_bad_number(cur, p);
    integral = false;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    uint64_t ignored = 0;
    p++;
    if (p < end && (*p == '+' || *p == '-')) p++;
    const char *power = p;
    p = sl_json_cursor_digits(p, end, &ignored);
    if (__builtin_expect(p == power, 0)) return sl_json_cursor_bad_number(cur, p);
    integral = false;
    exponent = true;
  }
  out->kind = SL_JSON_NUMBER;
  out->text = sl_str_n(start, (size_t)(p - start));
  out->escaped = false;
  out->integral = integral;
  out->plain = !exponent && count + fraction <= 18;
  out->fraction = (uint8_t)fraction;
  out->digits = digits;
  cur->p = p;
  return true;
}

static inline bool sl_json_value(sl_json_cursor *cur, sl_json_token *out) {
  const char *p = sl_json_cursor_space(cur->p, cur->end);
  if (__builtin_expect(p == cur->end, 0)) return sl_json_cursor_fail(cur, p, "expected a value");
  if (*p == '"') {
    out->kind = SL_JSON_STRING;
    out->integral = out->plain = false;
    return sl_json_cursor_string(cur, p + 1, &out->text, &out->escaped);
  }
  if ((unsigned)(unsigned char)*p - '0' <= 9 || *p == '-') return sl_json_cursor_number(cur, p, out);
  return sl_json_cursor_other(cur, p, out);
}

static inline bool sl_json_next_element(sl_json_cursor *cur, bool first) {
  const char *p = sl_json_cursor_space(cur->p, cur->end);
  if (p < cur->end && *p == ']') {
    cur->p = p + 1;
    cur->depth--;
    return false;
  }
  if (first) {
    cur->p = p;
    return p < cur->end || sl_json_cursor_fail(cur, p, "expected a value or ']'");
  }
  if (p == cur->end || *p != ',') return sl_json_cursor_fail(cur, p, "expected ',' or ']'");
  cur->p = p + 1;
  return true;
}

static inline bool sl_json_next_member(sl_json_cursor *cur, bool first, sl_str *key, bool *escaped) {
  const char *end = cur->end, *p = sl_json_cursor_space(cur->p, end);
  if (p < end && *p == '}') {
    cur->p = p + 1;
    cur->depth--;
    return false;
  }
  if (!first) {
    if (p == end || *p != ',') return sl_json_cursor_fail(cur, p, "expected ',' or '}'");
    p = sl_json_cursor_space(p + 1, end);
  }
  if (p == end || *p != '"') return sl_json_cursor_fail(cur, p, "expected a member name in double quotes");
  if (!sl_json_cursor_string(cur, p + 1, key, escaped)) return false;
  p = sl_json_cursor_space(cur->p, end);
  if (p == end || *p != ':') return sl_json_cursor_fail(cur, p, "expected ':' after the member name");
  cur->p = p + 1;
  return true;
}

static inline bool sl_json_token_int64(const sl_json_token *token, int64_t *out) {
  if (!token->integral || !token->plain) return sl_json_cursor_int64(token, out);
  *out = token->text.ptr[0] == '-' ? -(int64_t)token->digits : (int64_t)token->digits;
  return true;
}

static inline double sl_json_token_double(const sl_json_token *token) {
  if (!token->plain || token->digits > (uint64_t)1 << 53) return sl_json_cursor_double(token);
  double v = (double)token->digits / SL_POW10_F64[token->fraction]; /* both exact, so the division rounds once */
  return token->text.ptr[0] == '-' ? -v : v;
}
