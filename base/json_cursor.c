/* The out-of-line half of the JSON cursor: errors, literals, containers, strings with escapes, skipping. A cursor keeps
 * no stack: the caller knows what it opened, and skip keeps one bit a level. */
#include "base/json.h"

enum { WORDS = SL_JSON_MAX_DEPTH / 64 + 1 };

bool sl_json_cursor_fail(sl_json_cursor *cur, const char *at, const char *reason) {
  if (!cur->error) {
    cur->error = reason;
    cur->error_at = at;
  }
  cur->p = cur->end; /* so that every later call fails too, without a test of its own */
  return false;
}

bool sl_json_cursor_bad_number(sl_json_cursor *cur, const char *at) {
  return sl_json_cursor_fail(cur, at,
                             "expected a number without leading zeros, with a digit on each side of the point");
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four hex digits at p, or -1. */
static int hex4(const char *p, const char *end) {
  int v = 0;
  if (end - p < 4) return -1;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(p[i]);
    if (digit < 0) return -1;
    v = v << 4 | digit;
  }
  return v;
}

/* Goes on with a string at its first special byte p. */
bool sl_json_cursor_string_tail(sl_json_cursor *cur, const char *start, const char *p, sl_str *out, bool *escaped) {
  const char *end = cur->end;
  bool found = false;
  for (;;) {
    if (p == end) return sl_json_cursor_fail(cur, p, "expected '\"' at the end of the string");
    if (*p == '"') break;
    if (*p != '\\') return sl_json_cursor_fail(cur, p, "control characters in a string must be escaped");
    found = true;
    const char *code = p + 1;
    bool good = code < end && (*code == 'u' ? hex4(code + 1, end) >= 0 : *code && strchr("\"\\/bfnrt", *code));
    if (!good) return sl_json_cursor_fail(cur, p, "expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
    p = sl_scan_string(code + (*code == 'u' ? 5 : 1), end);
  }
  *out = sl_str_n(start, (size_t)(p - start));
  *escaped = found;
  cur->p = p + 1;
  return true;
}

static sl_json_kind kind_at(const sl_json_cursor *cur, const char *p) {
  if (p == cur->end) return SL_JSON_END;
  switch (*p) {
  case '{': return SL_JSON_OBJECT;
  case '[': return SL_JSON_ARRAY;
  case '"': return SL_JSON_STRING;
  case '-': return SL_JSON_NUMBER;
  case 't': return SL_JSON_TRUE;
  case 'f': return SL_JSON_FALSE;
  case 'n': return SL_JSON_NULL;
  case ']':
  case '}': return SL_JSON_END;
  default: return *p >= '0' && *p <= '9' ? SL_JSON_NUMBER : SL_JSON_ERROR;
  }
}

sl_json_kind sl_json_peek(sl_json_cursor *cur) {
  const char *p = sl_json_cursor_space(cur->p, cur->end);
  sl_json_kind kind = cur->error ? SL_JSON_ERROR : kind_at(cur, p);
  if (kind == SL_JSON_ERROR) sl_json_cursor_fail(cur, p, "expected a value");
  return kind;
}

static bool literal(sl_json_cursor *cur, const char *p, sl_json_token *out, const char *word, size_t len) {
  if ((size_t)(cur->end - p) < len || memcmp(p, word, len) != 0) return sl_json_cursor_fail(cur, p, "expected a value");
  out->text = sl_str_n(p, len);
  cur->p = p + len;
  return true;
}

bool sl_json_cursor_other(sl_json_cursor *cur, const char *p, sl_json_token *out) {
  *out = (sl_json_token){.kind = kind_at(cur, p)};
  switch (out->kind) {
  case SL_JSON_NULL: return literal(cur, p, out, "null", 4);
  case SL_JSON_TRUE: return literal(cur, p, out, "true", 4);
  case SL_JSON_FALSE: return literal(cur, p, out, "false", 5);
  case SL_JSON_ARRAY:
  case SL_JSON_OBJECT:
    if (cur->depth >= SL_JSON_MAX_DEPTH) return sl_json_cursor_fail(cur, p, "nested more than 1000 levels deep");
    cur->depth++;
    cur->p = p + 1;
    return true;
  default: return sl_json_cursor_fail(cur, p, "expected a value");
  }
}

bool sl_json_skip(sl_json_cursor *cur, sl_str *out) {
  uint64_t objects[WORDS]; /* bit i: level i is an object */
  int level = 0;
  bool first = false, escaped;
  sl_json_token token;
  sl_str key;
  const char *start = sl_json_cursor_space(cur->p, cur->end);
  if (!sl_json_value(cur, &token)) return false;
  for (;;) {
    if (token.kind == SL_JSON_ARRAY || token.kind == SL_JSON_OBJECT) {
      uint64_t bit = (uint64_t)1 << (level % 64);
      if (level % 64 == 0) objects[level / 64] = 0;
      objects[level / 64] = token.kind == SL_JSON_OBJECT ? objects[level / 64] | bit : objects[level / 64] & ~bit;
      level++;
      first = true;
    }
    for (;; first = false) { /* to the next value, closing what ends */
      if (level == 0) {
        if (out) *out = sl_str_n(start, (size_t)(cur->p - start));
        return true;
      }
      bool object = objects[(level - 1) / 64] >> ((level - 1) % 64) & 1;
      if (object ? sl_json_next_member(cur, first, &key, &escaped) : sl_json_next_element(cur, first)) break;
      if (cur->error) return false;
      level--;
    }
    if (!sl_json_value(cur, &token)) return false;
    first = false;
  }
}

bool sl_json_at_end(sl_json_cursor *cur) {
  cur->p = sl_json_cursor_space(cur->p, cur->end);
  return cur->p == cur->end && !cur->error;
}

static char *put_utf8(char *to, unsigned code) {
  if (code < 0x80) {
    *to++ = (char)code;
  } else if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6);
    *to++ = (char)(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *to++ = (char)(0xe0 | code >> 12);
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  } else {
    *to++ = (char)(0xf0 | code >> 18);
    *to++ = (char)(0x80 | (code >> 12 & 0x3f));
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  }
  return to;
}

/* Decodes \uXXXX whose digits begin at *p, with a second one if it is a surrogate; -1 if that is malformed. */
static int decode_u(const char **p, const char *end) {
  int high = hex4(*p, end);
  *p += 4;
  if (high < 0xd800 || high > 0xdfff) return high;
  if (high > 0xdbff || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u') return -1;
  int low = hex4(*p + 2, end);
  if (low < 0xdc00 || low > 0xdfff) return -1;
  *p += 6;
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

bool sl_json_unescape(sl_arena *arena, sl_str raw, sl_str *out) {
  static const char CODES[] = "\"\\/bfnrt", CHARS[] = "\"\\/\b\f\n\r\t";
  char *text = sl_arena_alloc(arena, raw.len + 1), *to = text; /* decoded text is never longer */
  const char *p = raw.ptr, *end = p + raw.len;
  while (p < end) {
    const char *slash = memchr(p, '\\', (size_t)(end - p));
    size_t run = (size_t)((slash ? slash : end) - p);
    memcpy(to, p, run);
    to += run;
    p += run;
    if (!slash) break;
    if (++p == end) return false;
    char code = *p++;
    if (code == 'u') {
      int decoded = decode_u(&p, end);
      if (decoded < 0) return false;
      to = put_utf8(to, (unsigned)decoded);
      continue;
    }
    const char *at = code ? strchr(CODES, code) : NULL;
    if (!at) return false;
    *to++ = CHARS[at - CODES];
  }
  *to = 0;
  *out = sl_str_n(text, (size_t)(to - text));
  return true;
}

bool sl_json_cursor_int64(const sl_json_token *token, int64_t *out) {
  return token->kind == SL_JSON_NUMBER && token->integral && sl_str_int64(token->text, out);
}

double sl_json_cursor_double(const sl_json_token *token) {
  bool ok;
  return sl_number_to_double(token->text.ptr, token->text.len, &ok);
}
