/* Dates, times and timestamps as text: the partial forms of sql.md 3.8, with the reasons Java's formatter gives and the
 * help line after them. Fixed offsets only: a time zone name cannot follow a timestamp. */
#include "types/text.h"

#include <stdio.h>
#include <string.h>

enum { MS_PER_SECOND = 1000, MS_PER_DAY = 86400000, TEXT_MAX = 256, REASON_MAX = 200 };

static const char TIMESTAMP_HELP[] =
    "Required format is: \"yyyy-MM-dd'T'HH:mm:ss.SSS\", with an optional numeric 4-digit timezone, for example: "
    "'2020-05-26T23:59:58.000' or with tz: '2020-05-26T23:59:58.000+0200'. A trailing 'Z' instead of tz indicates the "
    "zero UTC offset. Partials are also supported, for example \"2020-05-26\"";
static const char DATE_HELP[] =
    "Required format is: \"yyyy-MM-dd\", for example '2020-05-26'. Partials are also supported, for example '2020-05'";
static const char TIME_HELP[] = "Required format is: \"HH:mm:ss.SSS\", for example: '01:34:20.123' or '01:34:20'. "
                                "Partials are also supported, for example '01:34'";

/* ---- calendar: years counted from March, so that the leap day comes last ---- */

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

static int64_t floor_mod(int64_t a, int64_t b) {
  return a % b + (a % b < 0 ? b : 0);
}

int64_t sl_days_from_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = floor_div(year, 400), of_era = year - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void sl_civil_from_days(int64_t days, int64_t *year, int *month, int *day) {
  /* Days since 0000-03-01 are days + 719468 = days + 4 * 146097 + 135080; the offset goes in after the division, so any
   * number of days is fine. */
  int64_t era = floor_div(days, 146097) + 4, of_era = floor_mod(days, 146097) + 135080;
  if (of_era >= 146097) {
    era++;
    of_era -= 146097;
  }
  int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t from_march = (5 * of_year + 2) / 153;
  *day = (int)(of_year - (153 * from_march + 2) / 5 + 1);
  *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
  *year = year_of_era + era * 400 + (*month <= 2);
}

static bool is_leap(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int64_t year, int month) {
  return month == 2 ? 28 + is_leap(year) : 30 + ((month + (month > 7)) & 1);
}

/* ---- reading ---- */

/* A text being read; the first failure stays in reason. */
typedef struct reader {
  const char *text;
  size_t len, at;
  char reason[REASON_MAX + TEXT_MAX];
} reader;

static bool fail_at(reader *r, size_t at) {
  if (!r->reason[0]) {
    snprintf(r->reason, sizeof r->reason, "Text '%.*s' could not be parsed at index %zu", (int)r->len, r->text, at);
  }
  return false;
}

static bool fail_range(reader *r, const char *field, int low, int high, int64_t value) {
  if (!r->reason[0]) {
    snprintf(r->reason, sizeof r->reason,
             "Text '%.*s' could not be parsed: Invalid value for %s (valid values %d - %d): %lld", (int)r->len, r->text,
             field, low, high, (long long)value);
  }
  return false;
}

static bool digit_at(const reader *r, size_t at) {
  return at < r->len && r->text[at] >= '0' && r->text[at] <= '9';
}

static bool read_char(reader *r, char c) {
  if (r->at >= r->len || r->text[r->at] != c) return fail_at(r, r->at);
  r->at++;
  return true;
}

/* Exactly width digits. */
static bool read_digits(reader *r, int width, int *out) {
  int v = 0;
  for (int i = 0; i < width; i++) {
    if (!digit_at(r, r->at + (size_t)i)) return fail_at(r, r->at);
    v = v * 10 + (r->text[r->at + (size_t)i] - '0');
  }
  r->at += (size_t)width;
  *out = v;
  return true;
}

/* Four digits, or a sign and more, up to nine; '+' must announce more than four. */
static bool read_year(reader *r, bool signed_year, int64_t *out) {
  size_t start = r->at;
  char sign = start < r->len ? r->text[start] : 0;
  if (sign == '+' || (sign == '-' && signed_year)) r->at++;
  size_t first = r->at;
  int64_t year = 0;
  for (; digit_at(r, r->at) && r->at - first < 9; r->at++) year = year * 10 + (r->text[r->at] - '0');
  size_t digits = r->at - first;
  if (digits < 4 || (sign == '+' ? digits == 4 : sign != '-' && digits > 4)) return fail_at(r, start);
  *out = sign == '-' ? -year : year;
  return true;
}

static bool read_end(reader *r) {
  if (r->at == r->len || r->reason[0]) return r->at == r->len;
  snprintf(r->reason, sizeof r->reason, "Text '%.*s' could not be parsed, unparsed text found at index %zu",
           (int)r->len, r->text, r->at);
  return false;
}

static bool in_range(reader *r, const char *field, int low, int high, int64_t value) {
  return (value >= low && value <= high) || fail_range(r, field, low, high, value);
}

typedef struct civil {
  int64_t year;
  int month, day;
} civil;

static bool read_date(reader *r, bool signed_year, civil *out) {
  return read_year(r, signed_year, &out->year) && read_char(r, '-') && read_digits(r, 2, &out->month) &&
         read_char(r, '-') && read_digits(r, 2, &out->day);
}

static bool check_date(reader *r, const civil *date) {
  return in_range(r, "MonthOfYear", 1, 12, date->month) && in_range(r, "DayOfMonth", 1, 31, date->day);
}

static bool check_time(reader *r, int hour, int minute, int second) {
  return in_range(r, "HourOfDay", 0, 23, hour) && in_range(r, "MinuteOfHour", 0, 59, minute) &&
         in_range(r, "SecondOfMinute", 0, 59, second);
}

static int64_t ms_of_day(int hour, int minute, int second, int ms) {
  return ((hour * 60 + minute) * 60 + second) * (int64_t)MS_PER_SECOND + ms;
}

static int fail(sl_err *err, const char *what, sl_str text, const char *reason, const char *help) {
  enum { SHOWN = 1000 };
  int shown = (int)(text.len < SHOWN ? text.len : SHOWN);
  return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Failed to parse %s '%.*s': %s\n%s", what, shown,
                    shown ? text.ptr : "", reason, help);
}

/* ---- timestamp ---- */

static bool all_digits(const char *p, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (p[i] < '0' || p[i] > '9') return false;
  }
  return true;
}

int sl_zone_offset_parse(sl_str text, int *out_seconds, sl_err *err) {
  static const char *const SHAPES[] = {"h", "hh", "hhmm", "hh:mm", "hhmmss", "hh:mm:ss"};
  const char *shape = NULL; /* the length tells which */
  for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
    if (text.len == strlen(SHAPES[i]) + 1) shape = SHAPES[i];
  }
  int shown = (int)(text.len < TEXT_MAX ? text.len : TEXT_MAX);
  bool has_sign = text.len && (text.ptr[0] == '+' || text.ptr[0] == '-');
  if (!shape || !has_sign) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid ID for ZoneOffset, invalid format: %.*s", shown,
                      shown ? text.ptr : "");
  }
  int part[3] = {0}, parts = 0;
  const char *p = text.ptr + 1, *end = text.ptr + text.len;
  for (; p < end && parts < 3; parts++) {
    if (parts && strchr(shape, ':')) {
      if (*p++ != ':') {
        return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS,
                          "Invalid ID for ZoneOffset, colon not found when expected: %.*s", shown, text.ptr);
      }
    }
    size_t width = end - p >= 2 ? 2 : 1;
    if (!all_digits(p, width)) {
      return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid ID for ZoneOffset, non numeric characters found: %.*s",
                        shown, text.ptr);
    }
    part[parts] = width == 2 ? (p[0] - '0') * 10 + (p[1] - '0') : p[0] - '0';
    p += width;
  }
  int seconds = (part[0] * 60 + part[1]) * 60 + part[2], sign = text.ptr[0] == '-' ? -1 : 1;
  if (part[0] > 18) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS,
                      "Zone offset hours not in valid range: value %d is not in the range -18 to 18", sign * part[0]);
  }
  if (part[1] > 59 || part[2] > 59) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS,
                      "Zone offset %s not in valid range: value %d is not in the range -59 to 59",
                      part[1] > 59 ? "minutes" : "seconds", sign * (part[1] > 59 ? part[1] : part[2]));
  }
  if (seconds > 18 * 3600) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Zone offset not in valid range: -18:00 to +18:00");
  }
  *out_seconds = sign * seconds;
  return 0;
}

static size_t find_char(sl_str s, char c) {
  const char *p = s.len ? memchr(s.ptr, c, s.len) : NULL;
  return p ? (size_t)(p - s.ptr) : s.len;
}

/* A text with what is missing in it added: at most a time and a 'T' more than what was given. */
typedef struct full_text {
  char text[TEXT_MAX + 32];
  size_t len;
} full_text;

static void add(full_text *out, sl_str s) {
  memcpy(out->text + out->len, s.ptr, s.len);
  out->len += s.len;
}

/* Appends what is missing of "-MM-dd" by counting the parts. */
static void complete_date(full_text *out, sl_str date) {
  size_t dashes = 0;
  for (size_t i = 0; i < date.len; i++) dashes += date.ptr[i] == '-';
  add(out, date);
  if (dashes < 2) add(out, sl_str_of(dashes ? "-01" : "-01-01"));
}

/* A timestamp text, split: the complete date and time in full, the zone as written. */
static sl_str split_timestamp(sl_str text, full_text *full) {
  static const char MIDNIGHT[] = "00:00:00.000";
  size_t t = find_char(text, 'T');
  sl_str time = {"", 0}, zone = {"", 0};
  if (t == text.len) {
    complete_date(full, text);
  } else {
    add(full, sl_str_n(text.ptr, t));
    time = sl_str_n(text.ptr + t + 1, text.len - t - 1);
    size_t at = find_char(time, '+');
    if (at == time.len) at = find_char(time, '-');
    zone = sl_str_n(time.ptr + at, time.len - at);
    time.len = at;
    if (time.len && time.ptr[time.len - 1] == 'Z') time.len--;
  }
  add(full, sl_str_of("T"));
  add(full, time);
  if (time.len < sizeof MIDNIGHT - 1) add(full, sl_str_of(MIDNIGHT + time.len));
  return zone;
}

static bool read_timestamp(reader *r, int64_t *out_ms) {
  civil date;
  int hour, minute, second, ms;
  if (!read_date(r, false, &date) || !read_char(r, 'T') || !read_digits(r, 2, &hour) || !read_char(r, ':') ||
      !read_digits(r, 2, &minute) || !read_char(r, ':') || !read_digits(r, 2, &second) || !read_char(r, '.') ||
      !read_digits(r, 3, &ms) || !read_end(r)) {
    return false;
  }
  if (date.year < 1) return fail_range(r, "YearOfEra", 1, 999999999, date.year);
  bool midnight = hour == 24 && !minute && !second && !ms; /* the end of the day is the next one's beginning */
  if (!check_date(r, &date) || !check_time(r, midnight ? 0 : hour, minute, second)) return false;
  int last = month_days(date.year, date.month); /* a day past the month's end is its last */
  int64_t days = sl_days_from_civil(date.year, date.month, date.day < last ? date.day : last), day_ms;
  if (__builtin_mul_overflow(days, (int64_t)MS_PER_DAY, &day_ms) ||
      __builtin_add_overflow(day_ms, ms_of_day(hour, minute, second, ms), out_ms)) {
    snprintf(r->reason, sizeof r->reason, "long overflow");
    return false;
  }
  return true;
}

static int check_length(sl_str text, const char *what, const char *help, sl_err *err) {
  return text.len <= TEXT_MAX ? 0 : fail(err, what, text, "the text is too long", help);
}

int sl_timestamp_parse(sl_str text, int64_t *out_ms, sl_err *err) {
  if (check_length(text, "timestamp", TIMESTAMP_HELP, err)) return SL_E_EVALUATE;
  full_text full;
  full.len = 0;
  sl_str zone = split_timestamp(text, &full);
  reader r = {.text = full.text, .len = full.len};
  sl_err zone_err = {0};
  int64_t ms = 0;
  int rc = 0, offset = 0;
  if (zone.len && sl_zone_offset_parse(zone, &offset, &zone_err)) {
    snprintf(r.reason, sizeof r.reason, "Failed to parse timezone '%.*s': %s", (int)zone.len, zone.ptr,
             zone_err.message);
    rc = fail(err, "timestamp", text, r.reason, TIMESTAMP_HELP);
  } else if (!read_timestamp(&r, &ms) || __builtin_sub_overflow(ms, (int64_t)offset * MS_PER_SECOND, &ms)) {
    rc = fail(err, "timestamp", text, r.reason[0] ? r.reason : "long overflow", TIMESTAMP_HELP);
  } else {
    *out_ms = ms;
  }
  sl_err_done(&zone_err);
  return rc;
}

/* ---- date and time ---- */

static bool check_strict_date(reader *r, const civil *date) {
  static const char *const MONTHS[] = {"JANUARY", "FEBRUARY", "MARCH",     "APRIL",   "MAY",      "JUNE",
                                       "JULY",    "AUGUST",   "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"};
  if (!check_date(r, date)) return false;
  if (date->day <= month_days(date->year, date->month)) return true;
  if (date->day == 29) {
    snprintf(r->reason, sizeof r->reason,
             "Text '%.*s' could not be parsed: Invalid date 'February 29' as '%lld' is not a leap year", (int)r->len,
             r->text, (long long)date->year);
  } else {
    snprintf(r->reason, sizeof r->reason, "Text '%.*s' could not be parsed: Invalid date '%s %d'", (int)r->len, r->text,
             MONTHS[date->month - 1], date->day);
  }
  return false;
}

int sl_date_parse(sl_str text, int64_t *out_days, sl_err *err) {
  if (check_length(text, "date", DATE_HELP, err)) return SL_E_EVALUATE;
  full_text full;
  full.len = 0;
  complete_date(&full, text);
  reader r = {.text = full.text, .len = full.len};
  civil date;
  int rc = 0;
  if (read_date(&r, true, &date) && read_end(&r) && check_strict_date(&r, &date)) {
    *out_days = sl_days_from_civil(date.year, date.month, date.day);
  } else {
    rc = fail(err, "date", text, r.reason, DATE_HELP);
  }
  return rc;
}

/* Up to nine digits of a second's fraction, cut to milliseconds. */
static void read_fraction(reader *r, int *out_ms) {
  int ms = 0, digits = 0;
  for (; digits < 9 && digit_at(r, r->at); digits++, r->at++) {
    if (digits < 3) ms = ms * 10 + (r->text[r->at] - '0');
  }
  for (; digits < 3; digits++) ms *= 10;
  *out_ms = ms;
}

static bool read_time(reader *r, int64_t *out_ms) {
  int hour, minute, second = 0, ms = 0;
  if (!read_digits(r, 2, &hour) || !read_char(r, ':') || !read_digits(r, 2, &minute)) return false;
  /* What follows is optional: text that does not fit stays unread. */
  if (r->at < r->len && r->text[r->at] == ':' && digit_at(r, r->at + 1) && digit_at(r, r->at + 2)) {
    r->at++;
    if (!read_digits(r, 2, &second)) return false;
    if (r->at < r->len && r->text[r->at] == '.') {
      r->at++;
      read_fraction(r, &ms);
    }
  }
  if (!read_end(r) || !check_time(r, hour, minute, second)) return false;
  *out_ms = ms_of_day(hour, minute, second, ms);
  return true;
}

int sl_time_parse(sl_str text, int64_t *out_ms, sl_err *err) {
  if (check_length(text, "time", TIME_HELP, err)) return SL_E_EVALUATE;
  reader r = {.text = text.len ? text.ptr : "", .len = text.len};
  return read_time(&r, out_ms) ? 0 : fail(err, "time", text, r.reason, TIME_HELP);
}

/* ---- printing ---- */

static char *two_digits(char *p, int64_t v) {
  *p++ = (char)('0' + v / 10 % 10);
  *p++ = (char)('0' + v % 10);
  return p;
}

static char *print_date(char *p, int64_t days) {
  int64_t year;
  int month, day;
  sl_civil_from_days(days, &year, &month, &day);
  if (year >= 0 && year <= 9999) {
    p = two_digits(two_digits(p, year / 100), year % 100);
  } else {
    p += snprintf(p, 24, year < 0 ? "-%04lld" : "+%lld", (long long)(year < 0 ? -year : year));
  }
  *p++ = '-';
  p = two_digits(p, month);
  *p++ = '-';
  return two_digits(p, day);
}

void sl_date_print(sl_buf *out, int64_t days) {
  char text[64];
  sl_buf_add(out, text, (size_t)(print_date(text, days) - text));
}

void sl_timestamp_print(sl_buf *out, int64_t ms) {
  int64_t days = floor_div(ms, MS_PER_DAY), rest = floor_mod(ms, MS_PER_DAY);
  char text[64], *p = print_date(text, days);
  *p++ = 'T';
  p = two_digits(p, rest / 3600000);
  *p++ = ':';
  p = two_digits(p, rest / 60000 % 60);
  *p++ = ':';
  p = two_digits(p, rest / MS_PER_SECOND % 60);
  *p++ = '.';
  *p++ = (char)('0' + rest % 1000 / 100);
  p = two_digits(p, rest % 100);
  sl_buf_add(out, text, (size_t)(p - text));
}

void sl_time_print(sl_buf *out, int64_t ms) {
  int64_t seconds = floor_div(ms, MS_PER_SECOND);
  if (seconds < 0 || seconds > MS_PER_DAY / MS_PER_SECOND) seconds = floor_mod(seconds, 86400);
  char text[16], *p = two_digits(text, seconds / 3600);
  *p++ = ':';
  p = two_digits(p, seconds / 60 % 60);
  if (seconds % 60) {
    *p++ = ':';
    p = two_digits(p, seconds % 60);
  }
  sl_buf_add(out, text, (size_t)(p - text));
}
