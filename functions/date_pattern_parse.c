/* Reads texts by a compiled pattern. Every step takes the position where it begins and gives the one behind what it
 * read, or fails at one; fields gather in an sl_parsed. An optional section that does not fit leaves no trace. */
#include <ctype.h>
#include <unicode/uchar.h>
#include "functions/date_pattern_int.h"
#include "functions/units.h"
#include "types/text.h"

typedef struct parser {
  const sl_date_pattern *pattern;
  sl_str text;
  sl_parsed *parsed;
  size_t failed; /* where */
} parser;

enum { SHOWN = 64 };
static const size_t NOWHERE = SIZE_MAX;

static size_t fail_at(parser *p, size_t at) {
  p->failed = at;
  return NOWHERE;
}

static bool digit_at(const parser *p, size_t at) {
  return at < p->text.len && p->text.ptr[at] >= '0' && p->text.ptr[at] <= '9';
}

/* Sets a field; one that has another value already is a failure where it began. */
static size_t set_field(parser *p, sl_date_field field, int64_t value, size_t start, size_t end) {
  sl_parsed *parsed = p->parsed;
  uint32_t bit = UINT32_C(1) << field;
  if ((parsed->set & bit) && parsed->fields[field] != value) return fail_at(p, start);
  parsed->set |= bit;
  parsed->fields[field] = value;
  return end;
}

/* Length of word at a position, any case; 0 if something else is there. */
static size_t word_at(const parser *p, size_t at, sl_str word) {
  return p->text.len - at >= word.len && sl_str_eq_nocase(sl_str_n(p->text.ptr + at, word.len), word) ? word.len : 0;
}

/* Characters beyond ASCII are compared without case too. */
static size_t parse_literal(parser *p, const step *s, size_t at) {
  size_t len = word_at(p, at, s->text);
  if (len) return at + len;
  size_t i = 0, j = at;
  while (i < s->text.len && j < p->text.len) {
    UChar32 a = (UChar32)sl_codepoint_next(s->text, &i), b = (UChar32)sl_codepoint_next(p->text, &j);
    if (u_foldCase(a, U_FOLD_CASE_DEFAULT) != u_foldCase(b, U_FOLD_CASE_DEFAULT)) return fail_at(p, at);
  }
  return i < s->text.len ? fail_at(p, at) : j;
}

/* ---- numbers ---- */

typedef struct digits {
  int64_t value;
  size_t end;
  bool ok;
} digits;

static digits read_digits(const parser *p, size_t at, int least, int most) {
  digits d = {.end = at};
  bool overflow = false;
  for (; (int)(d.end - at) < most && digit_at(p, d.end); d.end++)
    overflow |= __builtin_mul_overflow(d.value, 10, &d.value) ||
                __builtin_add_overflow(d.value, p->text.ptr[d.end] - '0', &d.value);
  d.ok = (int)(d.end - at) >= least && !overflow;
  return d;
}

/* The digits of a number that leaves some for those that follow it. */
static digits read_sharing(const parser *p, const step *s, size_t at) {
  int following = s->subsequent > 0 ? s->subsequent : 0;
  digits d = read_digits(p, at, s->min, s->max + following);
  if (!d.ok || !following) return d;
  int mine = (int)(d.end - at) - following;
  return read_digits(p, at, s->min, mine > s->min ? mine : s->min);
}

static size_t parse_number(parser *p, const step *s, size_t at) {
  char sign = at < p->text.len ? p->text.ptr[at] : 0;
  bool minus = sign == '-', plus = sign == '+';
  if ((plus && s->sign != SIGN_EXCEEDS_PAD) || (minus && s->sign == SIGN_NOT_NEGATIVE)) return fail_at(p, at);
  size_t start = at + (minus || plus);
  digits d = read_sharing(p, s, start);
  if (!d.ok) return fail_at(p, start);
  int len = (int)(d.end - start);
  if (minus && !d.value) return fail_at(p, at);
  if (s->sign == SIGN_EXCEEDS_PAD && !minus && (plus ? len <= s->min : len > s->min)) return fail_at(p, at);
  return set_field(p, s->field, minus ? -d.value : d.value, start, d.end);
}

static size_t parse_reduced(parser *p, const step *s, size_t at) {
  digits d = read_sharing(p, s, at);
  if (!d.ok) return fail_at(p, at);
  return set_field(p, s->field, d.end - at == 2 ? 2000 + d.value : d.value, at, d.end);
}

static size_t parse_fraction(parser *p, const step *s, size_t at) {
  digits d = read_digits(p, at, s->min, s->max);
  if (!d.ok) return fail_at(p, at);
  for (int i = s->max; i < 9; i++) d.value *= 10;
  return set_field(p, s->field, d.value, at, d.end);
}

/* ---- names ---- */

/* A letter that several values share means the last of them. */
static size_t parse_text(parser *p, const step *s, size_t at) {
  int first = 0, count = 0, best = 0;
  size_t longest = 0;
  const char *const *texts = sl_field_texts(s->field, (name_style)s->style, &first, &count);
  for (int i = 0; i < count; i++) {
    size_t len = word_at(p, at, sl_str_of(texts[i]));
    if (len < longest || !len) continue;
    longest = len;
    best = first + i;
  }
  return longest ? set_field(p, s->field, best, at, at + longest) : fail_at(p, at);
}

static size_t parse_period(parser *p, const step *s, size_t at) {
  for (int i = 0; i < PERIOD_COUNT; i++) {
    const day_period *period = &sl_day_periods[i];
    size_t len = word_at(p, at, sl_str_of(s->style == NAME_NARROW ? period->narrow : period->name));
    if (len) return set_field(p, s->field, i, at, at + len);
  }
  return fail_at(p, at);
}

/* ---- zones ---- */

/* Two digits of an offset, after a colon if there is to be one; false leaves *at. */
static bool read_part(const parser *p, bool colon, size_t *at, int *out) {
  size_t i = *at;
  if (colon && (i >= p->text.len || p->text.ptr[i++] != ':')) return false;
  if (!digit_at(p, i) || !digit_at(p, i + 1)) return false;
  int value = (p->text.ptr[i] - '0') * 10 + p->text.ptr[i + 1] - '0';
  if (value > 59) return false;
  *out = value;
  *at = i + 2;
  return true;
}

enum { OFFSET_MOST = 18 * 3600 };

static size_t parse_offset(parser *p, const step *s, size_t at) {
  size_t zero = word_at(p, at, s->text);
  if (zero) return set_field(p, s->field, 0, at, at + zero);
  char sign = at < p->text.len ? p->text.ptr[at] : 0;
  if (sign != '+' && sign != '-') return fail_at(p, at);
  bool colon = s->style == OFFSET_HH_MM || s->style == OFFSET_HH_MM_ss;
  int part[3] = {0};
  size_t end = at + 1;
  bool hours = read_part(p, false, &end, &part[0]), minutes = hours && read_part(p, colon, &end, &part[1]);
  if (!hours || (!minutes && s->style != OFFSET_HHmm)) return fail_at(p, at);
  if (s->style == OFFSET_HHMMss || s->style == OFFSET_HH_MM_ss) read_part(p, colon, &end, &part[2]);
  int seconds = (part[0] * 60 + part[1]) * 60 + part[2];
  if (seconds > OFFSET_MOST) return fail_at(p, at);
  return set_field(p, s->field, sign == '-' ? -seconds : seconds, at, end);
}

static size_t parse_gmt_offset(parser *p, const step *s, size_t at) {
  size_t end = at + word_at(p, at, sl_str_of("GMT"));
  if (end == at) return fail_at(p, at);
  char sign = end < p->text.len ? p->text.ptr[end] : 0;
  if (sign != '+' && sign != '-') return set_field(p, SL_FIELD_OFFSET, 0, at, end);
  int part[3] = {0};
  end++;
  if (s->style == NAME_FULL) {
    if (!read_part(p, false, &end, &part[0]) || !read_part(p, true, &end, &part[1])) return fail_at(p, at);
  } else {
    digits d = read_digits(p, end, 1, 2);
    if (!d.ok) return fail_at(p, at);
    part[0] = (int)d.value;
    end = d.end;
    read_part(p, true, &end, &part[1]);
  }
  if (part[1] || s->style == NAME_FULL) read_part(p, true, &end, &part[2]);
  int seconds = (part[0] * 60 + part[1]) * 60 + part[2];
  if (seconds > OFFSET_MOST) return fail_at(p, at);
  return set_field(p, SL_FIELD_OFFSET, sign == '-' ? -seconds : seconds, at, end);
}

static size_t match_zone(parser *p, const sl_zone_style *style, size_t at) {
  sl_zone zone;
  size_t len = sl_zone_match(sl_str_n(p->text.ptr + at, p->text.len - at), style, &zone);
  if (!len) return fail_at(p, at);
  p->parsed->has_zone = true;
  p->parsed->zone = zone;
  return at + len;
}

static size_t parse_zone_id(parser *p, const step *s, size_t at) {
  (void)s;
  return match_zone(p, NULL, at);
}

static size_t parse_zone_name(parser *p, const step *s, size_t at) {
  sl_zone_style style = (sl_zone_style)s->style;
  return match_zone(p, &style, at);
}

static size_t (*const PARSE[STEP_KINDS])(parser *p, const step *s, size_t at) = {
    [STEP_LITERAL] = parse_literal, [STEP_NUMBER] = parse_number,
    [STEP_REDUCED] = parse_reduced, [STEP_FRACTION] = parse_fraction,
    [STEP_TEXT] = parse_text,       [STEP_PERIOD] = parse_period,
    [STEP_OFFSET] = parse_offset,   [STEP_GMT_OFFSET] = parse_gmt_offset,
    [STEP_ZONE_ID] = parse_zone_id, [STEP_ZONE_NAME] = parse_zone_name,
};

/* ---- the whole ---- */

static size_t parse_padded(parser *p, const step *s, int width, size_t at) {
  if (p->text.len - at < (size_t)width) return fail_at(p, at);
  sl_str whole = p->text;
  size_t end = at + (size_t)width, from = at;
  while (from < end && whole.ptr[from] == ' ') from++;
  p->text.len = end;
  size_t to = PARSE[s->kind](p, s, from);
  p->text = whole;
  return to == NOWHERE || to == end ? to : fail_at(p, from);
}

static size_t parse_steps(parser *p, int from, int to, size_t at) {
  for (int i = from; i < to && at != NOWHERE;) {
    const step *s = &p->pattern->steps[i];
    if (s->kind == STEP_OPTIONAL) {
      sl_parsed before = *p->parsed;
      size_t end = parse_steps(p, i + 1, s->end, at);
      if (end == NOWHERE)
        *p->parsed = before;
      else
        at = end;
      i = s->end;
    } else if (s->kind == STEP_PAD) {
      at = parse_padded(p, s + 1, s->width, at);
      i += 2;
    } else {
      at = PARSE[s->kind](p, s, at);
      i++;
    }
  }
  return at;
}

/* Messages name characters as UTF-16 units and show the front of a long text. */
static const char *shown(sl_str text, int *len, const char **more) {
  bool inside = false;
  bool is_long = sl_utf16_len(text) > SHOWN;
  *len = (int)(is_long ? sl_utf16_offset(text, SHOWN, &inside) : text.len);
  *more = is_long ? "..." : "";
  return text.len ? text.ptr : "";
}

static int fail_text(sl_str text, size_t at, bool rest, sl_err *err) {
  int len;
  const char *more, *front = shown(text, &len, &more);
  return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS,
                    rest ? "Text '%.*s%s' could not be parsed, unparsed text found at index %zu"
                         : "Text '%.*s%s' could not be parsed at index %zu",
                    len, front, more, sl_utf16_len(sl_str_n(text.ptr, at)));
}

static int prefix_text(sl_str text, sl_err *err) {
  int len;
  const char *more, *front = shown(text, &len, &more);
  return sl_err_prefix(err, "Text '%.*s%s' could not be parsed: ", len, front, more);
}

int sl_date_pattern_parse(const sl_date_pattern *pattern, sl_str text, sl_parsed *out, sl_err *err) {
  sl_parsed parsed = {0};
  parser p = {.pattern = pattern, .text = text, .parsed = &parsed};
  size_t end = parse_steps(&p, 0, pattern->count, 0);
  if (end == NOWHERE) return fail_text(text, p.failed, false, err);
  if (end < text.len) return fail_text(text, end, true, err);
  if (sl_parsed_resolve(&parsed, err)) {
    prefix_text(text, err);
    return SL_E_EVALUATE;
  }
  *out = parsed;
  return 0;
}

static int fail_want(const char *what, sl_str text, sl_err *err) {
  int len;
  const char *more, *front = shown(text, &len, &more);
  return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS,
                    "Text '%.*s%s' could not be parsed: Unable to obtain %s from TemporalAccessor", len, front, more,
                    what);
}

int sl_parsed_date(const sl_parsed *parsed, sl_str text, int64_t *out_days, sl_err *err) {
  if (!parsed->has_date) return fail_want("LocalDate", text, err);
  *out_days = parsed->days;
  return 0;
}

int sl_parsed_time(const sl_parsed *parsed, sl_str text, int64_t *out_ms, sl_err *err) {
  uint32_t dates = (UINT32_C(1) << SL_FIELD_AMPM) - 1;
  if (parsed->has_date || (parsed->set & dates))
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Time format contains date field.");
  if (!parsed->has_time) return fail_want("LocalTime", text, err);
  *out_ms = parsed->nanos / 1000000;
  return 0;
}
