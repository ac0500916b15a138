/* Compiles a pattern of set A (functions.md 15.1) into steps. A row per letter says which step it makes and how many of
 * the letter there may be.
 *
 * Numbers that follow each other without a separator share digits: the first of such a run takes what it can and leaves
 * the widths of the fixed ones after it. `leader` is that first number while a run lasts. */
#include <ctype.h>
#include <string.h>
#include "functions/date_pattern_int.h"
#include "functions/units.h"

enum { PATTERN_MAX = 1000, WIDTH_MAX = 19 };

typedef struct compiler {
  sl_str text;
  size_t at;
  step *steps;
  int count;
  int leader; /* -1: none */
  sl_err *err;
} compiler;

typedef struct letter {
  char c;
  bool (*make)(compiler *c, const struct letter *letter, int count);
  sl_date_field field;
  int most; /* of this letter; 0: make looks itself */
} letter;

static bool refuse(compiler *c, const char *what, char which) {
  sl_err_set(c->err, SL_E_EVALUATE, SL_NO_POS, "%s%c", what, which);
  return false;
}

static bool refuse_pattern(compiler *c, const char *what) {
  sl_err_set(c->err, SL_E_EVALUATE, SL_NO_POS, "%s" SL_STR_FMT, what, SL_STR_ARG(c->text));
  return false;
}

static step *add(compiler *c, step s) {
  c->leader = -1;
  c->steps[c->count] = s;
  return &c->steps[c->count++];
}

static bool is_padded(const compiler *c) {
  return c->count && c->steps[c->count - 1].kind == STEP_PAD;
}

/* Adds a number; one that follows another directly takes part in its run. */
static bool add_number(compiler *c, step s) {
  int leader = is_padded(c) ? -1 : c->leader, self = c->count;
  bool padded = is_padded(c), fixed = s.min == s.max && s.sign == SIGN_NOT_NEGATIVE;
  if (leader >= 0 && fixed) {
    c->steps[leader].subsequent += s.max;
    s.subsequent = -1;
  } else if (leader >= 0) {
    c->steps[leader].subsequent = -1;
  }
  add(c, s);
  c->leader = padded ? -1 : leader >= 0 && fixed ? leader : self;
  return true;
}

static step number(sl_date_field field, int min, int max, step_sign sign) {
  return (step){.kind = STEP_NUMBER, .field = field, .min = min, .max = max, .sign = sign};
}

/* appears once: any width; more often: exactly that many digits */
static bool make_number(compiler *c, const letter *l, int count) {
  return add_number(c, count == 1 ? number(l->field, 1, WIDTH_MAX, SIGN_NORMAL)
                                  : number(l->field, count, count, SIGN_NOT_NEGATIVE));
}

static bool make_year(compiler *c, const letter *l, int count) {
  if (count > WIDTH_MAX) {
    sl_err_set(c->err, SL_E_EVALUATE, SL_NO_POS, "The minimum width must be from 1 to 19 inclusive but was %d", count);
    return false;
  }
  if (count == 2)
    return add_number(c,
                      (step){.kind = STEP_REDUCED, .field = l->field, .min = 2, .max = 2, .sign = SIGN_NOT_NEGATIVE});
  return add_number(c, number(l->field, count, WIDTH_MAX, count < 4 ? SIGN_NORMAL : SIGN_EXCEEDS_PAD));
}

static bool make_wide(compiler *c, const letter *l, int count) {
  if (count > WIDTH_MAX) return refuse(c, "Too many pattern letters: ", l->c);
  return add_number(c, number(l->field, count, WIDTH_MAX, l->c == 'g' ? SIGN_NORMAL : SIGN_NOT_NEGATIVE));
}

static bool make_day_of_year(compiler *c, const letter *l, int count) {
  return count == 1 ? make_number(c, l, 1) : add_number(c, number(l->field, count, 3, SIGN_NOT_NEGATIVE));
}

static bool make_week(compiler *c, const letter *l, int count) {
  return add_number(c, number(l->field, count, 2, SIGN_NOT_NEGATIVE));
}

static bool make_fraction(compiler *c, const letter *l, int count) {
  if (count > 9) {
    sl_err_set(c->err, SL_E_EVALUATE, SL_NO_POS, "Minimum width must be from 0 to 9 inclusive but was %d", count);
    return false;
  }
  return add_number(
      c, (step){.kind = STEP_FRACTION, .field = l->field, .min = count, .max = count, .sign = SIGN_NOT_NEGATIVE});
}

static bool add_text(compiler *c, sl_date_field field, name_style style) {
  return add(c, (step){.kind = STEP_TEXT, .field = field, .style = (int)style});
}

static name_style style_of(int count) {
  return count == 4 ? NAME_FULL : count == 5 ? NAME_NARROW : NAME_SHORT;
}

static bool make_text(compiler *c, const letter *l, int count) {
  return add_text(c, l->field, style_of(count));
}

/* One or two letters: a number; more: a name. */
static bool make_number_or_text(compiler *c, const letter *l, int count) {
  return count < 3 ? make_number(c, l, count) : make_text(c, l, count);
}

static bool make_local_weekday(compiler *c, const letter *l, int count) {
  if (l->c == 'c' && count == 2) {
    sl_err_set(c->err, SL_E_EVALUATE, SL_NO_POS, "Invalid pattern \"cc\"");
    return false;
  }
  if (count > 2) return add_text(c, SL_FIELD_WEEKDAY, style_of(count));
  return add_number(c, number(l->field, count, count, SIGN_NOT_NEGATIVE));
}

static bool make_period(compiler *c, const letter *l, int count) {
  if (count != 1 && count < 4) return refuse(c, "Wrong number of pattern letters: ", l->c);
  return add(c, (step){.kind = STEP_PERIOD, .field = l->field, .style = count == 5 ? NAME_NARROW : NAME_FULL});
}

static bool make_zone_id(compiler *c, const letter *l, int count) {
  if (count != 2) return refuse(c, "Pattern letter count must be 2: ", l->c);
  return add(c, (step){.kind = STEP_ZONE_ID});
}

static bool make_zone_name(compiler *c, const letter *l, int count) {
  (void)l;
  return add(c, (step){.kind = STEP_ZONE_NAME, .style = count == 4 ? SL_ZONE_LONG : SL_ZONE_SHORT});
}

static bool make_zone_generic(compiler *c, const letter *l, int count) {
  if (count != 1 && count != 4) return refuse(c, "Wrong number of pattern letters: ", l->c);
  return add(c, (step){.kind = STEP_ZONE_NAME, .style = count == 4 ? SL_ZONE_GENERIC_LONG : SL_ZONE_GENERIC_SHORT});
}

static bool make_gmt_offset(compiler *c, const letter *l, int count) {
  if (count != 1 && count != 4) return refuse(c, "Pattern letter count must be 1 or 4: ", l->c);
  return add(c, (step){.kind = STEP_GMT_OFFSET, .style = count == 4 ? NAME_FULL : NAME_SHORT});
}

static bool add_offset(compiler *c, offset_shape shape, const char *zero) {
  return add(c, (step){.kind = STEP_OFFSET, .field = SL_FIELD_OFFSET, .style = (int)shape, .text = sl_str_of(zero)});
}

static bool make_offset(compiler *c, const letter *l, int count) {
  static const char *const ZEROS[] = {"+00", "+0000", "+00:00"};
  const char *zero = l->c == 'X' ? "Z" : ZEROS[count == 1 ? 0 : count % 2 == 0 ? 1 : 2];
  return add_offset(c, (offset_shape)(count - 1), zero);
}

static bool make_offset_z(compiler *c, const letter *l, int count) {
  if (count == 4) return make_gmt_offset(c, l, count);
  return count == 5 ? add_offset(c, OFFSET_HH_MM_ss, "Z") : add_offset(c, OFFSET_HHMM, "+0000");
}

static const letter LETTERS[] = {
    {'A', make_wide, SL_FIELD_MILLI_OF_DAY, 0},
    {'B', make_period, SL_FIELD_PERIOD, 5},
    {'D', make_day_of_year, SL_FIELD_DAY_OF_YEAR, 3},
    {'E', make_text, SL_FIELD_WEEKDAY, 5},
    {'F', make_number, SL_FIELD_ALIGNED_DAY, 1},
    {'G', make_text, SL_FIELD_ERA, 5},
    {'H', make_number, SL_FIELD_HOUR, 2},
    {'K', make_number, SL_FIELD_HOUR_AMPM, 2},
    {'L', make_number_or_text, SL_FIELD_MONTH, 5},
    {'M', make_number_or_text, SL_FIELD_MONTH, 5},
    {'N', make_wide, SL_FIELD_NANO_OF_DAY, 0},
    {'O', make_gmt_offset, SL_FIELD_OFFSET, 0},
    {'Q', make_number_or_text, SL_FIELD_QUARTER, 5},
    {'S', make_fraction, SL_FIELD_NANO, 0},
    {'V', make_zone_id, SL_FIELD_OFFSET, 0},
    {'W', make_week, SL_FIELD_WEEK_OF_MONTH, 1},
    {'X', make_offset, SL_FIELD_OFFSET, 5},
    {'Y', make_year, SL_FIELD_WEEK_YEAR, 0},
    {'Z', make_offset_z, SL_FIELD_OFFSET, 5},
    {'a', make_text, SL_FIELD_AMPM, 1},
    {'c', make_local_weekday, SL_FIELD_LOCAL_WEEKDAY, 5},
    {'d', make_number, SL_FIELD_DAY, 2},
    {'e', make_local_weekday, SL_FIELD_LOCAL_WEEKDAY, 5},
    {'g', make_wide, SL_FIELD_JULIAN_DAY, 0},
    {'h', make_number, SL_FIELD_CLOCK_HOUR_AMPM, 2},
    {'k', make_number, SL_FIELD_CLOCK_HOUR, 2},
    {'m', make_number, SL_FIELD_MINUTE, 2},
    {'n', make_wide, SL_FIELD_NANO, 0},
    {'q', make_number_or_text, SL_FIELD_QUARTER, 5},
    {'s', make_number, SL_FIELD_SECOND, 2},
    {'u', make_year, SL_FIELD_YEAR, 0},
    {'v', make_zone_generic, SL_FIELD_OFFSET, 0},
    {'w', make_week, SL_FIELD_WEEK, 2},
    {'x', make_offset, SL_FIELD_OFFSET, 5},
    {'y', make_year, SL_FIELD_YEAR_OF_ERA, 0},
    {'z', make_zone_name, SL_FIELD_OFFSET, 4},
};

/* ---- the text of a pattern ---- */

static int run_length(const compiler *c) {
  size_t end = c->at;
  while (end < c->text.len && c->text.ptr[end] == c->text.ptr[c->at]) end++;
  return (int)(end - c->at);
}

static bool compile_letter(compiler *c) {
  char ch = c->text.ptr[c->at];
  int count = run_length(c);
  c->at += (size_t)count;
  for (size_t i = 0; i < sizeof LETTERS / sizeof *LETTERS; i++) {
    if (LETTERS[i].c != ch) continue;
    if (LETTERS[i].most && count > LETTERS[i].most) return refuse(c, "Too many pattern letters: ", ch);
    return LETTERS[i].make(c, &LETTERS[i], count);
  }
  return refuse(c, "Unknown pattern letter: ", ch);
}

static bool compile_pad(compiler *c) {
  int width = run_length(c);
  c->at += (size_t)width;
  if (c->at >= c->text.len || !isalpha((unsigned char)c->text.ptr[c->at]) || c->text.ptr[c->at] == 'p')
    return refuse_pattern(c, "Pad letter 'p' must be followed by valid pad pattern: ");
  add(c, (step){.kind = STEP_PAD, .width = width});
  return compile_letter(c);
}

/* A quoted literal, borrowed when it has no quote inside. */
static bool compile_quoted(compiler *c, sl_arena *arena) {
  char *text = sl_arena_alloc(arena, c->text.len);
  size_t n = 0;
  for (c->at++; c->at < c->text.len; c->at++) {
    if (c->text.ptr[c->at] == '\'') {
      if (c->at + 1 >= c->text.len || c->text.ptr[c->at + 1] != '\'') break;
      c->at++;
    }
    text[n++] = c->text.ptr[c->at];
  }
  if (c->at >= c->text.len) return refuse_pattern(c, "Pattern ends with an incomplete string literal: ");
  c->at++;
  if (!n) text[n++] = '\'';
  return add(c, (step){.kind = STEP_LITERAL, .text = sl_str_n(text, n)});
}

static bool compile_section(compiler *c, sl_arena *arena);

static bool compile_one(compiler *c, sl_arena *arena) {
  char ch = c->text.ptr[c->at];
  if (ch == 'p') return compile_pad(c);
  if (isalpha((unsigned char)ch)) return compile_letter(c);
  if (ch == '\'') return compile_quoted(c, arena);
  if (ch == '[') return compile_section(c, arena);
  if (ch == ']') return refuse_pattern(c, "Pattern invalid as it contains ] without previous [: ");
  if (ch == '{' || ch == '}' || ch == '#') {
    sl_err_set(c->err, SL_E_EVALUATE, SL_NO_POS, "Pattern includes reserved character: '%c'", ch);
    return false;
  }
  size_t start = c->at;
  c->at += sl_codepoint_len(c->text, start);
  return add(c, (step){.kind = STEP_LITERAL, .text = sl_str_n(c->text.ptr + start, c->at - start)});
}

/* An optional section; the end of the pattern closes it too. A pattern is short, so the depth is bounded. */
static bool compile_section(compiler *c, sl_arena *arena) {
  int self = c->count;
  add(c, (step){.kind = STEP_OPTIONAL});
  for (c->at++; c->at < c->text.len && c->text.ptr[c->at] != ']';)
    if (!compile_one(c, arena)) return false;
  if (c->at < c->text.len) c->at++;
  c->steps[self].end = c->count;
  c->leader = -1;
  return true;
}

int sl_date_pattern_compile(sl_arena *arena, sl_str text, const sl_date_pattern **out, sl_err *err) {
  if (text.len > PATTERN_MAX)
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "The pattern is longer than %d bytes", PATTERN_MAX);
  compiler c = {.text = sl_str_dup(arena, text), .leader = -1, .err = err};
  c.steps = sl_arena_calloc(arena, text.len + 1, sizeof *c.steps);
  while (c.at < c.text.len)
    if (!compile_one(&c, arena)) return SL_E_EVALUATE;
  sl_date_pattern *pattern = sl_arena_zalloc(arena, sizeof *pattern);
  *pattern = (sl_date_pattern){c.steps, c.count};
  *out = pattern;
  return 0;
}
