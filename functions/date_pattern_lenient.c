/* Patterns of set B (functions.md 15.3): the older, lenient formatter, which PARSE_DATE alone uses. It reads the front
 * of a text and sets fields of a calendar that rolls over what is out of range; ICU's calendar decides between fields,
 * as the last ones set win. The calendar is proleptic and in GMT; a zone in the text is applied afterwards. */
#include <ctype.h>
#include <float.h>
#include <limits.h>
#include <unicode/ucal.h>
#include "functions/date_pattern_int.h"
#include "functions/units.h"

enum { PATTERN_MAX = 1000, MS_PER_DAY = 86400000 };

typedef struct reading reading;

typedef struct piece {
  const struct rule *rule; /* NULL: literal */
  int width;               /* letters */
  int most;                /* digits; 0: all there are */
  sl_str literal;
} piece;

typedef struct rule {
  char letter;
  bool (*read)(reading *r, const piece *p);
  UCalendarDateFields field;
  int (*adjust)(const reading *r, int value); /* NULL: as it is */
} rule;

struct sl_lenient_pattern {
  const piece *pieces;
  int count;
};

struct reading {
  UCalendar *calendar;
  sl_str text;
  size_t at;
  int64_t now_ms;
  bool has_zone;
  sl_zone zone;
  sl_err *err;
};

static bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static bool digit_at(const reading *r, size_t at) {
  return at < r->text.len && isdigit((unsigned char)r->text.ptr[at]);
}

static bool read_number(reading *r, const piece *p) {
  if (!p->most)
    while (r->at < r->text.len && is_blank(r->text.ptr[r->at])) r->at++;
  size_t start = r->at;
  int value = 0;
  bool overflow = false;
  for (; digit_at(r, r->at) && (!p->most || r->at - start < (size_t)p->most); r->at++)
    overflow |=
        __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, r->text.ptr[r->at] - '0', &value);
  if (overflow)
    sl_err_set(r->err, SL_E_EVALUATE, SL_NO_POS, "For input string: \"%.*s\"",
               (int)(r->at - start < 64 ? r->at - start : 64), r->text.ptr + start);
  if (overflow || r->at == start) return false;
  ucal_set(r->calendar, p->rule->field, p->rule->adjust ? p->rule->adjust(r, value) : value);
  return true;
}

static int from_month(const reading *r, int value) {
  (void)r;
  return value - 1;
}
static int from_12(const reading *r, int value) {
  (void)r;
  return value == 12 ? 0 : value;
}
static int from_24(const reading *r, int value) {
  (void)r;
  return value == 24 ? 0 : value;
}
static int from_weekday(const reading *r, int value) {
  (void)r;
  return value == 7 ? UCAL_SUNDAY : value == INT_MAX ? value : value + 1;
}

/* Two digits lie within 80 years before now and 20 after. */
static int from_short_year(const reading *r, int value) {
  if (value >= 100) return value;
  int first = (int)sl_civil_of(sl_floor_div(r->now_ms, MS_PER_DAY)).year - 80, year = first / 100 * 100 + value;
  return value >= first % 100 ? year : year + 100;
}

static bool read_year(reading *r, const piece *p) {
  static const rule SHORT = {'y', NULL, UCAL_YEAR, from_short_year}, LONG = {'y', NULL, UCAL_YEAR, NULL};
  piece number = *p;
  number.rule = p->width > 2 ? &LONG : &SHORT;
  return read_number(r, &number);
}

static size_t match_word(const reading *r, const char *word) {
  size_t len = strlen(word);
  return r->text.len - r->at >= len && sl_str_eq_nocase(sl_str_n(r->text.ptr + r->at, len), sl_str_n(word, len)) ? len
                                                                                                                 : 0;
}

/* A name, long or short; value is its number from 0 on. */
static bool read_name(reading *r, sl_date_field field, int *value) {
  size_t longest = 0;
  for (name_style style = NAME_SHORT; style <= NAME_FULL; style++) {
    int first, count = 0;
    const char *const *texts = sl_field_texts(field, style, &first, &count);
    for (int i = 0; i < count; i++) {
      size_t len = match_word(r, texts[i]);
      if (len <= longest) continue;
      longest = len;
      *value = i;
    }
  }
  r->at += longest;
  return longest > 0;
}

static bool read_month(reading *r, const piece *p) {
  if (p->width < 3) return read_number(r, p);
  int month = 0;
  if (!read_name(r, SL_FIELD_MONTH, &month)) return false;
  ucal_set(r->calendar, UCAL_MONTH, month);
  return true;
}

static bool read_weekday(reading *r, const piece *p) {
  int day = 0;
  if (!read_name(r, SL_FIELD_WEEKDAY, &day)) return false;
  ucal_set(r->calendar, p->rule->field, (day + 1) % 7 + 1);
  return true;
}

static bool read_era(reading *r, const piece *p) {
  int era = 0;
  if (!read_name(r, SL_FIELD_ERA, &era)) return false;
  ucal_set(r->calendar, p->rule->field, era);
  return true;
}

static bool read_half(reading *r, const piece *p) {
  int half = 0;
  if (!read_name(r, SL_FIELD_AMPM, &half)) return false;
  ucal_set(r->calendar, p->rule->field, half);
  return true;
}

/* ---- zones ---- */

static bool give_zone(reading *r, sl_zone zone, size_t len) {
  r->has_zone = true;
  r->zone = zone;
  r->at += len;
  return true;
}

/* A sign and digits in a shape of 'd' and ':'. */
static bool read_shape(reading *r, const char *shape) {
  size_t len = strlen(shape) + 1;
  if (r->text.len - r->at < len || !strchr("+-", r->text.ptr[r->at]) || !r->text.ptr[r->at]) return false;
  int digits[4] = {0}, n = 0;
  for (size_t i = 1; i < len; i++) {
    char c = r->text.ptr[r->at + i];
    if (shape[i - 1] == ':' ? c != ':' : !isdigit((unsigned char)c)) return false;
    if (c != ':') digits[n++] = c - '0';
  }
  int seconds = (digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60;
  return give_zone(r, (sl_zone){.offset = r->text.ptr[r->at] == '-' ? -seconds : seconds}, len);
}

static bool read_iso_zone(reading *r, const piece *p) {
  static const char *const SHAPES[] = {"dd", "dddd", "dd:dd"};
  if (r->at < r->text.len && r->text.ptr[r->at] == 'Z') return give_zone(r, (sl_zone){0}, 1);
  return read_shape(r, SHAPES[p->width - 1]);
}

static bool read_zone(reading *r, const piece *p) {
  if (p->rule->letter == 'Z' && p->width == 2) {
    piece iso = *p;
    iso.width = 3;
    return read_iso_zone(r, &iso);
  }
  if (read_shape(r, "dddd")) return true;
  sl_str rest = sl_str_n(r->text.ptr + r->at, r->text.len - r->at);
  sl_zone zone = {0}, other = {0};
  size_t len = sl_zone_match(rest, &(sl_zone_style){SL_ZONE_SHORT}, &zone);
  size_t more = sl_zone_match(rest, &(sl_zone_style){SL_ZONE_LONG}, &other);
  if (more > len) return give_zone(r, other, more);
  return len && give_zone(r, zone, len);
}

static const rule RULES[] = {
    {'D', read_number, UCAL_DAY_OF_YEAR, NULL},
    {'E', read_weekday, UCAL_DAY_OF_WEEK, NULL},
    {'F', read_number, UCAL_DAY_OF_WEEK_IN_MONTH, NULL},
    {'G', read_era, UCAL_ERA, NULL},
    {'H', read_number, UCAL_HOUR_OF_DAY, NULL},
    {'K', read_number, UCAL_HOUR, NULL},
    {'L', read_month, UCAL_MONTH, from_month},
    {'M', read_month, UCAL_MONTH, from_month},
    {'S', read_number, UCAL_MILLISECOND, NULL},
    {'W', read_number, UCAL_WEEK_OF_MONTH, NULL},
    {'X', read_iso_zone, UCAL_ZONE_OFFSET, NULL},
    {'Y', read_year, UCAL_YEAR, NULL},
    {'Z', read_zone, UCAL_ZONE_OFFSET, NULL},
    {'a', read_half, UCAL_AM_PM, NULL},
    {'d', read_number, UCAL_DAY_OF_MONTH, NULL},
    {'h', read_number, UCAL_HOUR, from_12},
    {'k', read_number, UCAL_HOUR_OF_DAY, from_24},
    {'m', read_number, UCAL_MINUTE, NULL},
    {'s', read_number, UCAL_SECOND, NULL},
    {'u', read_number, UCAL_DAY_OF_WEEK, from_weekday},
    {'w', read_number, UCAL_WEEK_OF_YEAR, NULL},
    {'y', read_year, UCAL_YEAR, NULL},
    {'z', read_zone, UCAL_ZONE_OFFSET, NULL},
};

/* ---- compiling ---- */

static const rule *find_rule(char c) {
  for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
    if (RULES[i].letter == c) return &RULES[i];
  return NULL;
}

static bool is_number(const piece *p) {
  if (!p->rule) return false;
  if (p->rule->read == read_month) return p->width < 3;
  return p->rule->read == read_number || p->rule->read == read_year;
}

/* Literal text up to the next letter outside quotes; two quotes are one. */
static int compile_literal(sl_str text, size_t *at, char *room, sl_str *out, sl_err *err) {
  bool quoted = false;
  size_t n = 0;
  for (; *at < text.len; (*at)++) {
    char c = text.ptr[*at];
    if (!quoted && isalpha((unsigned char)c)) break;
    if (c == '\'') {
      bool twice = *at + 1 < text.len && text.ptr[*at + 1] == '\'';
      if (!twice) {
        quoted = !quoted;
        continue;
      }
      ++*at;
    }
    room[n++] = c;
  }
  if (quoted) return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Unterminated quote");
  *out = sl_str_n(room, n);
  return 0;
}

static int compile_letters(sl_str text, size_t *at, piece *out, sl_err *err) {
  size_t start = *at;
  char c = text.ptr[start];
  while (*at < text.len && text.ptr[*at] == c) ++*at;
  *out = (piece){.rule = find_rule(c), .width = (int)(*at - start)};
  if (!out->rule)
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Illegal pattern component: %.*s", out->width, text.ptr + start);
  if (c == 'X' && out->width > 3) return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "invalid number of X");
  return 0;
}

int sl_lenient_compile(sl_arena *arena, sl_str text, const sl_lenient_pattern **out, sl_err *err) {
  if (text.len > PATTERN_MAX)
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "The pattern is longer than %d bytes", PATTERN_MAX);
  piece *pieces = sl_arena_calloc(arena, text.len + 1, sizeof *pieces);
  char *room = sl_arena_alloc(arena, text.len + 1);
  int count = 0;
  for (size_t at = 0; at < text.len;) {
    size_t start = at;
    int rc = isalpha((unsigned char)text.ptr[at])
                 ? compile_letters(text, &at, &pieces[count], err)
                 : compile_literal(text, &at, room + start, &pieces[count].literal, err);
    if (rc) return rc;
    count++;
  }
  for (int i = 0; i + 1 < count; i++)
    if (is_number(&pieces[i]) && is_number(&pieces[i + 1])) pieces[i].most = pieces[i].width;
  sl_lenient_pattern *pattern = sl_arena_zalloc(arena, sizeof *pattern);
  *pattern = (sl_lenient_pattern){pieces, count};
  *out = pattern;
  return 0;
}

/* ---- reading ---- */

sl_lenient_calendar *sl_lenient_calendar_new(void) {
  static const UChar GMT[] = {'G', 'M', 'T', 0};
  UErrorCode code = U_ZERO_ERROR;
  UCalendar *calendar = ucal_open(GMT, -1, "en_US", UCAL_GREGORIAN, &code);
  ucal_setGregorianChange(calendar, -DBL_MAX, &code);
  if (U_SUCCESS(code)) return (sl_lenient_calendar *)calendar;
  if (calendar) ucal_close(calendar);
  return NULL;
}

void sl_lenient_calendar_free(sl_lenient_calendar *calendar) {
  if (calendar) ucal_close((UCalendar *)calendar);
}

static bool read_piece(reading *r, const piece *p) {
  if (p->rule) return p->rule->read(r, p);
  if (!sl_str_starts(sl_str_n(r->text.ptr + r->at, r->text.len - r->at), p->literal)) return false;
  r->at += p->literal.len;
  return true;
}

static int fail(sl_str text, sl_err *err) {
  enum { SHOWN = 1000 };
  return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Unparseable date: %.*s", (int)(text.len < SHOWN ? text.len : SHOWN),
                    text.len ? text.ptr : "");
}

int sl_lenient_parse(const sl_lenient_pattern *pattern, sl_lenient_calendar *calendar, sl_str text, int64_t now_ms,
                     int64_t *out_ms, sl_err *err) {
  static const double FARTHEST = 9e15;
  reading r = {.calendar = (UCalendar *)calendar, .text = text, .now_ms = now_ms, .err = err};
  if (!text.ptr) r.text.ptr = "";
  ucal_clear(r.calendar);
  for (int i = 0; i < pattern->count; i++)
    if (!read_piece(&r, &pattern->pieces[i])) return fail(text, err);
  UErrorCode code = U_ZERO_ERROR;
  double ms = ucal_getMillis(r.calendar, &code);
  if (U_FAILURE(code) || !(ms > -FARTHEST && ms < FARTHEST)) return fail(text, err);
  *out_ms = r.has_zone ? sl_zone_instant(&r.zone, (int64_t)ms) : (int64_t)ms;
  return 0;
}
