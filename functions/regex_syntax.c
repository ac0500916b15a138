/* Java's regular-expression syntax to PCRE2's (functions.md 8). Most of it is the same; rewritten are
 *   [a-z&&[^m]], [a[b-c]]   class intersections and unions, to look-aheads and alternatives of one character
 *   \p{Alpha}, \p{IsLatin}  POSIX and Is.. properties
 *   \u00e9, \Q..\E, \0101   escapes that PCRE2 spells otherwise
 *   (?u), (?d), (?U)        flags that PCRE2 does not have or uses for something else
 *   (?i)                    without (?u) it is for ASCII letters alone: others are put under (?-i:) */
#include <ctype.h>
#include <stdlib.h>
#include "base/buf.h"
#include "functions/regex.h"
#include "functions/units.h"

enum { MAX_DEPTH = 32, MAX_GROUPS = 250 /* deeper ones PCRE2 refuses */ };

typedef struct case_flags {
  bool ignored, unicode; /* (?i), (?u) */
} case_flags;

typedef struct reader {
  const char *p, *end;
  bool unicode_classes; /* (?U) was seen */
  int depth;
  case_flags flags;
  case_flags outer[MAX_GROUPS]; /* what holds again behind each open group */
  int groups;
} reader;

static bool ignores_ascii_case(const reader *r) {
  return r->flags.ignored && !r->flags.unicode;
}

static bool at(const reader *r, const char *text) {
  size_t n = strlen(text);
  return (size_t)(r->end - r->p) >= n && !memcmp(r->p, text, n);
}

static void copy(reader *r, sl_buf *out, size_t n) {
  size_t left = (size_t)(r->end - r->p);
  sl_buf_add(out, r->p, n < left ? n : left);
  r->p += n < left ? n : left;
}

/* A character that stands for itself. */
static void character(reader *r, sl_buf *out, bool in_class) {
  bool exact = !in_class && ((unsigned char)*r->p & 0x80) && ignores_ascii_case(r);
  if (exact) sl_buf_add_z(out, "(?-i:");
  copy(r, out, sl_codepoint_len(sl_str_n(r->p, (size_t)(r->end - r->p)), 0));
  if (exact) sl_buf_add_byte(out, ')');
}

/* ---- escapes ---- */

static bool hex4(const char *p, const char *end, uint32_t *out) {
  if (end - p < 4) return false;
  uint32_t v = 0;
  for (int i = 0; i < 4; i++) {
    if (!isxdigit((unsigned char)p[i])) return false;
    v = v * 16 + (uint32_t)(isdigit((unsigned char)p[i]) ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
  }
  *out = v;
  return true;
}

/* \uXXXX, two of them for a surrogate pair. r->p is behind the u. */
static void escape_unicode(reader *r, sl_buf *out, bool in_class) {
  uint32_t c, low;
  if (!hex4(r->p, r->end, &c)) {
    sl_buf_add_z(out, "\\u"); /* PCRE2 refuses it */
    return;
  }
  r->p += 4;
  if (c >= 0xd800 && c < 0xdc00 && at(r, "\\u") && hex4(r->p + 2, r->end, &low) && low >= 0xdc00 && low < 0xe000) {
    r->p += 6;
    c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
  }
  sl_buf_printf(out, c > 0x7f && !in_class && ignores_ascii_case(r) ? "(?-i:\\x{%x})" : "\\x{%x}", c);
}

/* \0 and up to three octal digits. */
static void escape_octal(reader *r, sl_buf *out) {
  sl_buf_add_z(out, "\\o{");
  size_t n = 0;
  while (n < 3 && r->p + n < r->end && r->p[n] >= '0' && r->p[n] <= '7') n++;
  if (n == 3 && r->p[0] > '3') n = 2;
  copy(r, out, n);
  sl_buf_add_z(out, "}");
}

/* \Q ... \E: every character that could mean something is escaped. */
static void escape_quote(reader *r, sl_buf *out, bool in_class) {
  while (r->p < r->end && !at(r, "\\E")) {
    if (!isalnum((unsigned char)*r->p) && !((unsigned char)*r->p & 0x80)) sl_buf_add_byte(out, '\\');
    character(r, out, in_class);
  }
  if (at(r, "\\E")) r->p += 2;
}

static const char *const POSIX[][2] = {{"Lower", "lower"}, {"Upper", "upper"}, {"ASCII", "ascii"}, {"Alpha", "alpha"},
                                       {"Digit", "digit"}, {"Alnum", "alnum"}, {"Punct", "punct"}, {"Graph", "graph"},
                                       {"Print", "print"}, {"Blank", "blank"}, {"Cntrl", "cntrl"}, {"XDigit", "xdigit"},
                                       {"Space", "space"}};
static const char *const RENAMED[][2] = {
    {"LC", "L&"},        {"IsDigit", "Nd"},       {"IsPunctuation", "P"},  {"IsLetter", "L"},
    {"IsControl", "Cc"}, {"javaLowerCase", "Ll"}, {"javaUpperCase", "Lu"}, {"javaWhitespace", "Z"},
    {"javaLetter", "L"}, {"javaDigit", "Nd"},     {"IsAssigned", "Any"}};

static const char *look_up(const char *const (*table)[2], size_t count, sl_str name) {
  for (size_t i = 0; i < count; i++)
    if (sl_str_eq_z(name, table[i][0])) return table[i][1];
  return NULL;
}

/* \p{Name} or \P{Name}; r->p is behind the letter. */
static void escape_property(reader *r, sl_buf *out, bool negated, bool in_class) {
  const char *close = r->p < r->end && *r->p == '{' ? memchr(r->p, '}', (size_t)(r->end - r->p)) : NULL;
  sl_str name = close ? sl_str_n(r->p + 1, (size_t)(close - r->p - 1)) : sl_str_n(r->p, r->p < r->end);
  r->p = close ? close + 1 : r->p + name.len;
  const char *equals = name.len ? memchr(name.ptr, '=', name.len) : NULL;
  if (equals) name = sl_str_n(equals + 1, (size_t)(name.ptr + name.len - equals - 1));
  const char *posix = look_up(POSIX, sizeof POSIX / sizeof *POSIX, name);
  if (posix) {
    sl_buf_printf(out, in_class ? "[:%s%s:]" : "[[:%s%s:]]", negated ? "^" : "", posix);
    return;
  }
  const char *renamed = look_up(RENAMED, sizeof RENAMED / sizeof *RENAMED, name);
  if (renamed)
    name = sl_str_of(renamed);
  else if (sl_str_starts(name, sl_str_of("Is")))
    name = sl_str_n(name.ptr + 2, name.len - 2);
  sl_buf_printf(out, "\\%c{" SL_STR_FMT "}", negated ? 'P' : 'p', SL_STR_ARG(name));
}

/* One escape; r->p is at the backslash. */
static void escape(reader *r, sl_buf *out, bool in_class) {
  if (r->end - r->p < 2) {
    copy(r, out, 1);
    return;
  }
  char c = r->p[1];
  r->p += 2;
  switch (c) {
  case 'u': escape_unicode(r, out, in_class); break;
  case '0': escape_octal(r, out); break;
  case 'Q': escape_quote(r, out, in_class); break;
  case 'p':
  case 'P': escape_property(r, out, c == 'P', in_class); break;
  default: sl_buf_add_byte(out, '\\'); sl_buf_add_byte(out, (uint8_t)c);
  }
}

/* ---- classes ---- */

static void read_class(reader *r, sl_buf *out);

/* What stands between [ or && and the next && or ]: plain items, and nested classes as alternatives. */
static void read_union(reader *r, sl_buf *out, bool first, bool *plain) {
  sl_buf items = {0}, nested = {0};
  bool start = first;
  while (r->p < r->end && !at(r, "&&") && (*r->p != ']' || start)) {
    if (*r->p == '[') {
      if (nested.len) sl_buf_add_byte(&nested, '|');
      read_class(r, &nested);
    } else if (*r->p == '\\')
      escape(r, &items, true);
    else
      character(r, &items, true);
    start = false;
  }
  *plain = !nested.len;
  if (!nested.len)
    sl_buf_add_str(out, sl_buf_str(&items));
  else if (!items.len)
    sl_buf_printf(out, "(?:" SL_STR_FMT ")", SL_STR_ARG(sl_buf_str(&nested)));
  else
    sl_buf_printf(out, "(?:[" SL_STR_FMT "]|" SL_STR_FMT ")", SL_STR_ARG(sl_buf_str(&items)),
                  SL_STR_ARG(sl_buf_str(&nested)));
  sl_buf_done(&items);
  sl_buf_done(&nested);
}

static void add_operand(sl_buf *out, sl_str text, bool plain) {
  sl_buf_printf(out, plain ? "[" SL_STR_FMT "]" : SL_STR_FMT, SL_STR_ARG(text));
}

/* An intersection becomes a look-ahead per operand before the last one. */
static void read_intersection(reader *r, sl_buf *body, bool *plain) {
  sl_buf one = {0};
  read_union(r, &one, true, plain);
  if (!at(r, "&&")) {
    sl_buf_add_str(body, sl_buf_str(&one));
  } else {
    sl_buf_add_z(body, "(?:");
    while (at(r, "&&")) {
      r->p += 2;
      if (one.len) {
        sl_buf_add_z(body, "(?=");
        add_operand(body, sl_buf_str(&one), *plain);
        sl_buf_add_z(body, ")");
      }
      sl_buf_reset(&one);
      read_union(r, &one, false, plain);
    }
    if (one.len)
      add_operand(body, sl_buf_str(&one), *plain);
    else
      sl_buf_add_z(body, "[\\s\\S]");
    sl_buf_add_z(body, ")");
    *plain = false;
  }
  sl_buf_done(&one);
}

static bool has_wide(sl_str class) {
  for (size_t i = 0; i < class.len; i++)
    if ((unsigned char)class.ptr[i] & 0x80) return true;
  return memmem(class.ptr, class.len, "\\x{", 3) != NULL;
}

/* A class whose characters beyond ASCII match in their own case alone: as it is written, or an ASCII character in any
 * case. */
static void exact_case(sl_buf *body, bool plain) {
  sl_buf class = {0}, text = {0};
  add_operand(&class, sl_buf_str(body), plain);
  sl_buf_printf(&text, "(?:(?-i:" SL_STR_FMT ")|(?=[\\x00-\\x7f])" SL_STR_FMT ")", SL_STR_ARG(sl_buf_str(&class)),
                SL_STR_ARG(sl_buf_str(&class)));
  sl_buf_reset(body);
  sl_buf_add_str(body, sl_buf_str(&text));
  sl_buf_done(&class);
  sl_buf_done(&text);
}

/* r->p is at '['. */
static void read_class(reader *r, sl_buf *out) {
  if (++r->depth > MAX_DEPTH) {
    copy(r, out, (size_t)(r->end - r->p)); /* an unclosed class: refused */
    return;
  }
  r->p++;
  bool negated = r->p < r->end && *r->p == '^', plain;
  if (negated) r->p++;
  sl_buf body = {0};
  read_intersection(r, &body, &plain);
  bool closed = r->p < r->end;
  if (closed) r->p++;
  if (closed && ignores_ascii_case(r) && has_wide(sl_buf_str(&body))) {
    exact_case(&body, plain);
    plain = false;
  }
  if (plain)
    sl_buf_printf(out, "[%s" SL_STR_FMT "%s", negated ? "^" : "", SL_STR_ARG(sl_buf_str(&body)), closed ? "]" : "");
  else
    sl_buf_printf(out, negated ? "(?:(?!" SL_STR_FMT ")[\\s\\S])" : SL_STR_FMT, SL_STR_ARG(sl_buf_str(&body)));
  sl_buf_done(&body);
  r->depth--;
}

/* ---- groups ---- */

static void open_group(reader *r) {
  if (r->groups < MAX_GROUPS) r->outer[r->groups] = r->flags;
  r->groups++;
}

static void close_group(reader *r) {
  if (r->groups > 0 && --r->groups < MAX_GROUPS) r->flags = r->outer[r->groups];
}

/* (?imsxudU-imsx) or (?..: with the letters PCRE2 knows; r->p is at '('. false when it is another kind of group. */
static bool read_flags(reader *r, sl_buf *out) {
  const char *p = r->p + 2;
  while (p < r->end && (isalpha((unsigned char)*p) || *p == '-')) p++;
  if (p == r->p + 2 || p >= r->end || (*p != ')' && *p != ':') || r->p[2] == 'P') return false;
  if (*p == ':') open_group(r);
  bool on = true;
  sl_buf_add_z(out, "(?");
  for (const char *c = r->p + 2; c < p; c++) {
    if (*c == '-') on = false;
    if (*c == 'i') r->flags.ignored = on;
    if (*c == 'u' || *c == 'U') r->flags.unicode = on;
    if (*c == 'U') r->unicode_classes = true;
    if (!strchr("udU", *c)) sl_buf_add_byte(out, (uint8_t)*c);
  }
  sl_buf_add_byte(out, (uint8_t)*p);
  r->p = p + 1;
  return true;
}

sl_str sl_regex_translate(sl_arena *arena, sl_str pattern, bool *unicode_classes) {
  sl_buf out = {0};
  reader r = {.p = pattern.ptr, .end = pattern.ptr + pattern.len};
  while (r.p < r.end) {
    if (*r.p == '\\')
      escape(&r, &out, false);
    else if (*r.p == '[')
      read_class(&r, &out);
    else if (!at(&r, "(?") || !read_flags(&r, &out)) {
      if (*r.p == '(') open_group(&r);
      if (*r.p == ')') close_group(&r);
      character(&r, &out, false);
    }
  }
  sl_str text = sl_str_dup(arena, sl_buf_str(&out));
  sl_buf_done(&out);
  *unicode_classes = r.unicode_classes;
  return text;
}
