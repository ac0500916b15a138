/* What the fields of a text mean together (functions.md 15.1, "smart"; 15.2). First the fields that determine a date,
 * then those of a time; what is left must agree with them. A timestamp starts at 1970-01-01T00:00 and takes over what
 * the text determined, the larger fields first. */
#include <stdio.h>
#include "functions/date_pattern_int.h"
#include "types/text.h"

static const int64_t YEAR_MAX = 999999999, NANOS_PER_SECOND = 1000000000, MS_PER_DAY = 86400000;

static bool has(const sl_parsed *p, sl_date_field field) {
  return p->set >> field & 1;
}

static int64_t get(const sl_parsed *p, sl_date_field field) {
  return p->fields[field];
}

static int64_t take(sl_parsed *p, sl_date_field field) {
  p->set &= ~(UINT32_C(1) << field);
  return p->fields[field];
}

static bool put(sl_parsed *p, sl_date_field field, int64_t value, sl_err *err) {
  if (has(p, field) && p->fields[field] != value) {
    const char *name = sl_field_names[field];
    sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Conflict found: %s %lld differs from %s %lld", name,
               (long long)p->fields[field], name, (long long)value);
    return false;
  }
  p->set |= UINT32_C(1) << field;
  p->fields[field] = value;
  return true;
}

/* ---- ranges ---- */

static const struct {
  sl_date_field field;
  int64_t low, high;
  const char *range;
} RANGES[] = {
    {SL_FIELD_ERA, 0, 1, "0 - 1"},
    {SL_FIELD_YEAR, -999999999, 999999999, "-999999999 - 999999999"},
    {SL_FIELD_YEAR_OF_ERA, 1, 1000000000, "1 - 999999999/1000000000"},
    {SL_FIELD_QUARTER, 1, 4, "1 - 4"},
    {SL_FIELD_MONTH, 1, 12, "1 - 12"},
    {SL_FIELD_WEEK_YEAR, -999999999, 999999999, "-999999999 - 999999999"},
    {SL_FIELD_WEEK, 1, 53, "1 - 52/53"},
    {SL_FIELD_WEEK_OF_MONTH, 0, 6, "0/1 - 4/6"},
    {SL_FIELD_DAY_OF_YEAR, 1, 366, "1 - 365/366"},
    {SL_FIELD_DAY, 1, 31, "1 - 28/31"},
    {SL_FIELD_ALIGNED_DAY, 1, 7, "1 - 7"},
    {SL_FIELD_WEEKDAY, 1, 7, "1 - 7"},
    {SL_FIELD_LOCAL_WEEKDAY, 1, 7, "1 - 7"},
    {SL_FIELD_AMPM, 0, 1, "0 - 1"},
    {SL_FIELD_HOUR, 0, 23, "0 - 23"},
    {SL_FIELD_CLOCK_HOUR, 1, 24, "1 - 24"},
    {SL_FIELD_HOUR_AMPM, 0, 11, "0 - 11"},
    {SL_FIELD_CLOCK_HOUR_AMPM, 1, 12, "1 - 12"},
    {SL_FIELD_MINUTE, 0, 59, "0 - 59"},
    {SL_FIELD_SECOND, 0, 59, "0 - 59"},
    {SL_FIELD_NANO, 0, 999999999, "0 - 999999999"},
    {SL_FIELD_MILLI_OF_DAY, 0, 86399999, "0 - 86399999"},
    {SL_FIELD_NANO_OF_DAY, 0, 86399999999999, "0 - 86399999999999"},
};

static bool check(sl_date_field field, int64_t value, sl_err *err) {
  for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++) {
    if (RANGES[i].field != field || (value >= RANGES[i].low && value <= RANGES[i].high)) continue;
    sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid value for %s (valid values %s): %lld", sl_field_names[field],
               RANGES[i].range, (long long)value);
    return false;
  }
  return true;
}

/* ---- dates ---- */

static bool resolve_year(sl_parsed *p, sl_err *err) {
  if (has(p, SL_FIELD_ERA) && !check(SL_FIELD_ERA, get(p, SL_FIELD_ERA), err)) return false;
  if (!has(p, SL_FIELD_YEAR_OF_ERA)) return true;
  int64_t of_era = take(p, SL_FIELD_YEAR_OF_ERA);
  if (!check(SL_FIELD_YEAR_OF_ERA, of_era, err)) return false;
  bool before = has(p, SL_FIELD_ERA) ? take(p, SL_FIELD_ERA) == 0 : has(p, SL_FIELD_YEAR) && get(p, SL_FIELD_YEAR) <= 0;
  return put(p, SL_FIELD_YEAR, before ? 1 - of_era : of_era, err);
}

static bool resolve_weekday(sl_parsed *p, sl_err *err) {
  if (!has(p, SL_FIELD_LOCAL_WEEKDAY)) return true;
  int64_t local = take(p, SL_FIELD_LOCAL_WEEKDAY);
  if (!check(SL_FIELD_LOCAL_WEEKDAY, local, err)) return false;
  take(p, SL_FIELD_WEEKDAY); /* a weekday beside it does not count */
  return put(p, SL_FIELD_WEEKDAY, (local + 5) % 7 + 1, err);
}

static bool give_date(sl_parsed *p, int64_t days) {
  p->has_date = true;
  p->days = days;
  return true;
}

static bool check_all(const sl_parsed *p, const sl_date_field *fields, int count, sl_err *err) {
  for (int i = 0; i < count; i++)
    if (!check(fields[i], get(p, fields[i]), err)) return false;
  return true;
}

static bool from_julian_day(sl_parsed *p, sl_err *err) {
  int64_t days = take(p, SL_FIELD_JULIAN_DAY) - 40587;
  if (days > -366 * YEAR_MAX && days < 366 * YEAR_MAX) return give_date(p, days);
  sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid value for ModifiedJulianDay: %lld", (long long)days + 40587);
  return false;
}

static bool from_day(sl_parsed *p, sl_err *err) {
  (void)err;
  int64_t year = take(p, SL_FIELD_YEAR);
  int month = (int)take(p, SL_FIELD_MONTH), day = (int)take(p, SL_FIELD_DAY), last = sl_month_length(year, month);
  return give_date(p, sl_days_from_civil(year, month, day < last ? day : last));
}

static bool from_day_of_year(sl_parsed *p, sl_err *err) {
  int64_t year = take(p, SL_FIELD_YEAR), day = take(p, SL_FIELD_DAY_OF_YEAR);
  if (day == 366 && !sl_is_leap(year)) {
    sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid date 'DayOfYear 366' as '%lld' is not a leap year",
               (long long)year);
    return false;
  }
  return give_date(p, sl_days_from_civil(year, 1, 1) + day - 1);
}

static bool from_week_year(sl_parsed *p, sl_err *err) {
  (void)err;
  int64_t year = take(p, SL_FIELD_WEEK_YEAR), week = take(p, SL_FIELD_WEEK), weekday = take(p, SL_FIELD_WEEKDAY);
  return give_date(p, sl_first_week(year) + (week - 1) * 7 + weekday % 7);
}

static bool from_week_of_month(sl_parsed *p, sl_err *err) {
  (void)err;
  int64_t year = take(p, SL_FIELD_YEAR), month = take(p, SL_FIELD_MONTH), week = take(p, SL_FIELD_WEEK_OF_MONTH);
  int64_t first = sl_days_from_civil(year, (int)month, 1), sunday = first - sl_weekday(first) % 7;
  return give_date(p, sunday + (week - 1) * 7 + take(p, SL_FIELD_WEEKDAY) % 7);
}

enum { FIELDS_OF_DATE = 4 };

/* Which fields make a date, the first that are all there. */
static const struct {
  sl_date_field fields[FIELDS_OF_DATE];
  int count;
  bool (*make)(sl_parsed *p, sl_err *err);
} DATES[] = {
    {{SL_FIELD_JULIAN_DAY}, 1, from_julian_day},
    {{SL_FIELD_YEAR, SL_FIELD_MONTH, SL_FIELD_DAY}, 3, from_day},
    {{SL_FIELD_YEAR, SL_FIELD_DAY_OF_YEAR}, 2, from_day_of_year},
    {{SL_FIELD_WEEK_YEAR, SL_FIELD_WEEK, SL_FIELD_WEEKDAY}, 3, from_week_year},
    {{SL_FIELD_YEAR, SL_FIELD_MONTH, SL_FIELD_WEEK_OF_MONTH, SL_FIELD_WEEKDAY}, 4, from_week_of_month},
};

static bool has_all(const sl_parsed *p, const sl_date_field *fields, int count) {
  for (int i = 0; i < count; i++)
    if (!has(p, fields[i])) return false;
  return true;
}

static bool resolve_date(sl_parsed *p, sl_err *err) {
  if (!resolve_year(p, err) || !resolve_weekday(p, err)) return false;
  for (size_t i = 0; i < sizeof DATES / sizeof *DATES; i++)
    if (has_all(p, DATES[i].fields, DATES[i].count))
      return check_all(p, DATES[i].fields, DATES[i].count, err) && DATES[i].make(p, err);
  return true;
}

/* ---- times ---- */

static bool resolve_clock_hours(sl_parsed *p, sl_err *err) {
  if (has(p, SL_FIELD_CLOCK_HOUR)) {
    int64_t hour = take(p, SL_FIELD_CLOCK_HOUR);
    if (hour && !check(SL_FIELD_CLOCK_HOUR, hour, err)) return false;
    if (!put(p, SL_FIELD_HOUR, hour == 24 ? 0 : hour, err)) return false;
  }
  if (has(p, SL_FIELD_CLOCK_HOUR_AMPM)) {
    int64_t hour = take(p, SL_FIELD_CLOCK_HOUR_AMPM);
    if (hour && !check(SL_FIELD_CLOCK_HOUR_AMPM, hour, err)) return false;
    if (!put(p, SL_FIELD_HOUR_AMPM, hour == 12 ? 0 : hour, err)) return false;
  }
  if (!has(p, SL_FIELD_AMPM) || !has(p, SL_FIELD_HOUR_AMPM)) return true;
  int64_t half = take(p, SL_FIELD_AMPM), hour = take(p, SL_FIELD_HOUR_AMPM);
  return check(SL_FIELD_HOUR_AMPM, hour, err) && put(p, SL_FIELD_HOUR, half * 12 + hour, err);
}

/* A period of the day tells which half an hour is of; alone it is its middle. */
static bool resolve_period(sl_parsed *p, sl_err *err) {
  if (!has(p, SL_FIELD_PERIOD)) return true;
  const day_period *period = &sl_day_periods[take(p, SL_FIELD_PERIOD)];
  int length = period->to - period->from + (period->from > period->to ? 1440 : 0);
  int middle = (period->from + length / 2) % 1440;
  if (has(p, SL_FIELD_HOUR)) return true;
  if (has(p, SL_FIELD_HOUR_AMPM)) {
    int64_t hour = take(p, SL_FIELD_HOUR_AMPM);
    bool morning = period->from > period->to ? hour < 6 : period->from < 720;
    return check(SL_FIELD_HOUR_AMPM, hour, err) && put(p, SL_FIELD_HOUR, hour + (morning ? 0 : 12), err);
  }
  if (has(p, SL_FIELD_MINUTE) || has(p, SL_FIELD_SECOND) || has(p, SL_FIELD_NANO)) return true;
  return put(p, SL_FIELD_HOUR, middle / 60, err) && put(p, SL_FIELD_MINUTE, middle % 60, err);
}

static bool split_time(sl_parsed *p, int64_t nanos, sl_err *err) {
  int64_t seconds = nanos / NANOS_PER_SECOND;
  return put(p, SL_FIELD_HOUR, seconds / 3600, err) && put(p, SL_FIELD_MINUTE, seconds / 60 % 60, err) &&
         put(p, SL_FIELD_SECOND, seconds % 60, err) && put(p, SL_FIELD_NANO, nanos % NANOS_PER_SECOND, err);
}

static bool resolve_of_day(sl_parsed *p, sl_err *err) {
  if (has(p, SL_FIELD_NANO_OF_DAY)) {
    int64_t nanos = take(p, SL_FIELD_NANO_OF_DAY);
    if (!check(SL_FIELD_NANO_OF_DAY, nanos, err) || !split_time(p, nanos, err)) return false;
  }
  if (has(p, SL_FIELD_MILLI_OF_DAY)) {
    int64_t ms = take(p, SL_FIELD_MILLI_OF_DAY);
    if (!check(SL_FIELD_MILLI_OF_DAY, ms, err) || !split_time(p, ms * 1000000, err)) return false;
  }
  return true;
}

/* The value of a field that may be left out at the end, 0 then. */
static int64_t value_or_zero(const sl_parsed *p, sl_date_field field) {
  return has(p, field) ? get(p, field) : 0;
}

static bool resolve_time(sl_parsed *p, sl_err *err) {
  static const sl_date_field PARTS[] = {SL_FIELD_HOUR, SL_FIELD_MINUTE, SL_FIELD_SECOND, SL_FIELD_NANO};
  enum { PART_COUNT = 4 };
  if (!resolve_clock_hours(p, err) || !resolve_of_day(p, err) || !resolve_period(p, err)) return false;
  int given = 0;
  while (given < PART_COUNT && has(p, PARTS[given])) given++;
  bool gap = false;
  for (int i = given; i < PART_COUNT; i++) gap |= has(p, PARTS[i]);
  if (given == 0 || gap) return true;
  int64_t hour = get(p, SL_FIELD_HOUR), minute = value_or_zero(p, SL_FIELD_MINUTE),
          second = value_or_zero(p, SL_FIELD_SECOND), nano = value_or_zero(p, SL_FIELD_NANO);
  p->day_after = hour == 24 && !minute && !second && !nano;
  if (p->day_after) hour = 0;
  if (!check(SL_FIELD_HOUR, hour, err)) return false;
  if (!check(SL_FIELD_MINUTE, minute, err) || !check(SL_FIELD_SECOND, second, err) || !check(SL_FIELD_NANO, nano, err))
    return false;
  for (int i = 0; i < given; i++) take(p, PARTS[i]);
  p->has_time = true;
  p->nanos = ((hour * 60 + minute) * 60 + second) * NANOS_PER_SECOND + nano;
  return true;
}

/* ---- what is left ---- */

static void print_target(const sl_parsed *p, bool date, char out[48]) {
  sl_buf text = {0};
  if (date)
    sl_date_print(&text, p->days);
  else
    sl_time_print(&text, p->nanos / 1000000);
  snprintf(out, 48, "%.*s", (int)text.len, (const char *)text.data);
  sl_buf_done(&text);
}

static bool agrees(sl_parsed *p, sl_date_field field, sl_err *err) {
  bool date = sl_field_is_date(field);
  if (date ? !p->has_date : !p->has_time) return date || check(field, get(p, field), err);
  int64_t mine = sl_field_of(field, p->days, p->nanos), given = take(p, field);
  if (mine == given) return true;
  char target[48];
  print_target(p, date, target);
  const char *name = sl_field_names[field];
  sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Conflict found: Field %s %lld differs from %s %lld derived from %s", name,
             (long long)mine, name, (long long)given, target);
  return false;
}

int sl_parsed_resolve(sl_parsed *p, sl_err *err) {
  if (!resolve_date(p, err) || !resolve_time(p, err)) return SL_E_EVALUATE;
  for (int f = 0; f < SL_FIELD_OFFSET; f++)
    if (has(p, (sl_date_field)f) && !agrees(p, (sl_date_field)f, err)) return SL_E_EVALUATE;
  if (p->has_date && p->has_time && p->day_after) p->days++;
  return 0;
}

/* ---- timestamps ---- */

/* A date and time that fields overwrite one after the other. */
typedef struct draft {
  int64_t days, nanos;
  const sl_parsed *parsed;
} draft;

static bool with_civil(draft *d, int64_t year, int64_t month, int day) {
  int last = sl_month_length(year, (int)month);
  d->days = sl_days_from_civil(year, (int)month, day < last ? day : last);
  return true;
}

static bool with_day(draft *d, int64_t day, sl_err *err) {
  static const char *const MONTHS[] = {"JANUARY", "FEBRUARY", "MARCH",     "APRIL",   "MAY",      "JUNE",
                                       "JULY",    "AUGUST",   "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"};
  civil c = sl_civil_of(d->days);
  if (day <= sl_month_length(c.year, c.month)) return with_civil(d, c.year, c.month, (int)day);
  if (day == 29)
    sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid date 'February 29' as '%lld' is not a leap year",
               (long long)c.year);
  else
    sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid date '%s %lld'", MONTHS[c.month - 1], (long long)day);
  return false;
}

static bool with_day_of_year(draft *d, int64_t day, sl_err *err) {
  if (day == 366 && !has(d->parsed, SL_FIELD_YEAR)) {
    sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Leap day cannot be parsed without supplying the year field");
    return false;
  }
  d->days = sl_days_from_civil(sl_civil_of(d->days).year, 1, 1) + day - 1;
  return true;
}

static bool with_date_field(draft *d, sl_date_field field, int64_t value, sl_err *err) {
  civil c = sl_civil_of(d->days);
  int64_t now = sl_field_of(field, d->days, 0);
  switch (field) {
  case SL_FIELD_ERA: return now == value || with_civil(d, 1 - c.year, c.month, c.day);
  case SL_FIELD_YEAR: return with_civil(d, value, c.month, c.day);
  case SL_FIELD_QUARTER: return with_civil(d, c.year, c.month + 3 * (value - now), c.day);
  case SL_FIELD_MONTH: return with_civil(d, c.year, value, c.day);
  case SL_FIELD_WEEK_YEAR: d->days += sl_first_week(value) - sl_first_week(now); return true;
  case SL_FIELD_WEEK:
  case SL_FIELD_WEEK_OF_MONTH: d->days += 7 * (value - now); return true;
  case SL_FIELD_DAY_OF_YEAR: return with_day_of_year(d, value, err);
  case SL_FIELD_DAY: return with_day(d, value, err);
  default: d->days += value - now; return true;
  }
}

static void with_time_field(draft *d, sl_date_field field, int64_t value) {
  static const struct {
    sl_date_field field;
    int64_t nanos; /* of one */
  } STEPS[] = {{SL_FIELD_AMPM, INT64_C(43200000000000)},
               {SL_FIELD_HOUR, INT64_C(3600000000000)},
               {SL_FIELD_HOUR_AMPM, INT64_C(3600000000000)},
               {SL_FIELD_MINUTE, INT64_C(60000000000)},
               {SL_FIELD_SECOND, 1000000000},
               {SL_FIELD_NANO, 1}};
  for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++)
    if (STEPS[i].field == field) d->nanos += (value - sl_field_of(field, 0, d->nanos)) * STEPS[i].nanos;
}

/* The date and time that a text determined, local. */
static bool complete(const sl_parsed *p, draft *d, sl_err *err) {
  *d = (draft){.days = p->has_date ? p->days : 0, .nanos = p->has_time ? p->nanos : 0, .parsed = p};
  for (int f = 0; f < SL_FIELD_OFFSET; f++) {
    sl_date_field field = (sl_date_field)f;
    if (!has(p, field)) continue;
    if (!check(field, get(p, field), err)) return false;
    if (!sl_field_is_date(field))
      with_time_field(d, field, get(p, field));
    else if (!with_date_field(d, field, get(p, field), err))
      return false;
  }
  return true;
}

/* An offset beside a zone counts only for a whole date and time. */
static const sl_zone *zone_of(const sl_parsed *parsed, const sl_zone *zone, sl_zone *room) {
  bool whole = parsed->has_date && parsed->has_time;
  if (has(parsed, SL_FIELD_OFFSET) && (whole || !parsed->has_zone)) {
    *room = (sl_zone){.offset = (int32_t)parsed->fields[SL_FIELD_OFFSET]};
    return room;
  }
  return parsed->has_zone ? &parsed->zone : zone;
}

int sl_parsed_timestamp(const sl_parsed *parsed, const sl_zone *zone, int64_t *out_ms, sl_err *err) {
  draft d;
  if (!complete(parsed, &d, err)) return SL_E_EVALUATE;
  int64_t ms;
  sl_zone room;
  if (__builtin_mul_overflow(d.days, MS_PER_DAY, &ms) || __builtin_add_overflow(ms, d.nanos / 1000000, &ms) ||
      ms > SL_LOCAL_MAX || ms < -SL_LOCAL_MAX)
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "long overflow");
  *out_ms = sl_zone_instant(zone_of(parsed, zone, &room), ms);
  return 0;
}
