/* Names and calendar arithmetic of date patterns: proleptic Gregorian, weeks as in the United States, English. */
#include "functions/date_pattern_int.h"
#include "types/text.h"

const char *const sl_field_names[SL_FIELD_COUNT] = {
    [SL_FIELD_ERA] = "Era",
    [SL_FIELD_YEAR] = "Year",
    [SL_FIELD_YEAR_OF_ERA] = "YearOfEra",
    [SL_FIELD_QUARTER] = "QuarterOfYear",
    [SL_FIELD_MONTH] = "MonthOfYear",
    [SL_FIELD_WEEK_YEAR] = "WeekBasedYear",
    [SL_FIELD_WEEK] = "WeekOfWeekBasedYear",
    [SL_FIELD_WEEK_OF_MONTH] = "WeekOfMonth",
    [SL_FIELD_JULIAN_DAY] = "ModifiedJulianDay",
    [SL_FIELD_DAY_OF_YEAR] = "DayOfYear",
    [SL_FIELD_DAY] = "DayOfMonth",
    [SL_FIELD_ALIGNED_DAY] = "AlignedDayOfWeekInMonth",
    [SL_FIELD_WEEKDAY] = "DayOfWeek",
    [SL_FIELD_LOCAL_WEEKDAY] = "DayOfWeek",
    [SL_FIELD_AMPM] = "AmPmOfDay",
    [SL_FIELD_PERIOD] = "HourOfDay",
    [SL_FIELD_HOUR] = "HourOfDay",
    [SL_FIELD_CLOCK_HOUR] = "ClockHourOfDay",
    [SL_FIELD_HOUR_AMPM] = "HourOfAmPm",
    [SL_FIELD_CLOCK_HOUR_AMPM] = "ClockHourOfAmPm",
    [SL_FIELD_MINUTE] = "MinuteOfHour",
    [SL_FIELD_SECOND] = "SecondOfMinute",
    [SL_FIELD_NANO] = "NanoOfSecond",
    [SL_FIELD_MILLI_OF_DAY] = "MilliOfDay",
    [SL_FIELD_NANO_OF_DAY] = "NanoOfDay",
    [SL_FIELD_OFFSET] = "OffsetSeconds",
};

#define TEXTS(...) ((const char *const[]){__VA_ARGS__})
static const struct {
  sl_date_field field;
  int first, count;
  const char *const *styles[3]; /* short, full, narrow */
} NAMES[] = {
    {SL_FIELD_MONTH,
     1,
     12,
     {TEXTS("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
      TEXTS("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December"),
      TEXTS("J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D")}},
    {SL_FIELD_WEEKDAY,
     1,
     7,
     {TEXTS("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
      TEXTS("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
      TEXTS("M", "T", "W", "T", "F", "S", "S")}},
    {SL_FIELD_QUARTER,
     1,
     4,
     {TEXTS("Q1", "Q2", "Q3", "Q4"), TEXTS("1st quarter", "2nd quarter", "3rd quarter", "4th quarter"),
      TEXTS("1", "2", "3", "4")}},
    {SL_FIELD_ERA, 0, 2, {TEXTS("BC", "AD"), TEXTS("Before Christ", "Anno Domini"), TEXTS("B", "A")}},
    {SL_FIELD_AMPM, 0, 2, {TEXTS("AM", "PM"), TEXTS("AM", "PM"), TEXTS("a", "p")}},
};

const char *const *sl_field_texts(sl_date_field field, name_style style, int *first, int *count) {
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
    if (NAMES[i].field == field) {
      *first = NAMES[i].first;
      *count = NAMES[i].count;
      return NAMES[i].styles[style];
    }
  return NULL;
}

const day_period sl_day_periods[PERIOD_COUNT] = {
    {"midnight", "mi", 0, 1},
    {"noon", "n", 720, 721},
    {"in the morning", "in the morning", 360, 720},
    {"in the afternoon", "in the afternoon", 720, 1080},
    {"in the evening", "in the evening", 1080, 1260},
    {"at night", "at night", 1260, 360},
};

civil sl_civil_of(int64_t days) {
  civil c;
  sl_civil_from_days(days, &c.year, &c.month, &c.day);
  return c;
}

bool sl_is_leap(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int sl_month_length(int64_t year, int month) {
  return month == 2 ? 28 + sl_is_leap(year) : 30 + ((month + (month > 7)) & 1);
}

int sl_weekday(int64_t days) {
  return (int)sl_floor_mod(days + 3, 7) + 1;
}

static int day_of_year(int64_t days) {
  return (int)(days - sl_days_from_civil(sl_civil_of(days).year, 1, 1)) + 1;
}

int64_t sl_first_week(int64_t year) {
  int64_t first = sl_days_from_civil(year, 1, 1);
  return first - sl_weekday(first) % 7;
}

static int64_t week_year(int64_t days) {
  int64_t year = sl_civil_of(days).year;
  return days >= sl_first_week(year + 1) ? year + 1 : year;
}

static int week_of_year(int64_t days) {
  return (int)((days - sl_first_week(week_year(days))) / 7) + 1;
}

static int week_of_month(int64_t days) {
  civil c = sl_civil_of(days);
  int64_t first = days - c.day + 1;
  return (int)((days - (first - sl_weekday(first) % 7)) / 7) + 1;
}

static int64_t date_field(sl_date_field field, int64_t days) {
  civil c = sl_civil_of(days);
  switch (field) {
  case SL_FIELD_ERA: return c.year > 0;
  case SL_FIELD_YEAR: return c.year;
  case SL_FIELD_YEAR_OF_ERA: return c.year > 0 ? c.year : 1 - c.year;
  case SL_FIELD_QUARTER: return (c.month - 1) / 3 + 1;
  case SL_FIELD_MONTH: return c.month;
  case SL_FIELD_WEEK_YEAR: return week_year(days);
  case SL_FIELD_WEEK: return week_of_year(days);
  case SL_FIELD_WEEK_OF_MONTH: return week_of_month(days);
  case SL_FIELD_JULIAN_DAY: return days + 40587;
  case SL_FIELD_DAY_OF_YEAR: return day_of_year(days);
  case SL_FIELD_DAY: return c.day;
  case SL_FIELD_ALIGNED_DAY: return (c.day - 1) % 7 + 1;
  case SL_FIELD_WEEKDAY: return sl_weekday(days);
  default: return sl_weekday(days) % 7 + 1;
  }
}

static int period_of(int minute) {
  for (int i = 0; i < PERIOD_COUNT; i++) {
    const day_period *p = &sl_day_periods[i];
    if (p->from < p->to ? minute >= p->from && minute < p->to : minute >= p->from || minute < p->to) return i;
  }
  return 0;
}

static int64_t time_field(sl_date_field field, int64_t nanos) {
  int64_t seconds = nanos / 1000000000, hour = seconds / 3600;
  switch (field) {
  case SL_FIELD_AMPM: return hour / 12;
  case SL_FIELD_PERIOD: return period_of((int)(seconds / 60));
  case SL_FIELD_HOUR: return hour;
  case SL_FIELD_CLOCK_HOUR: return hour ? hour : 24;
  case SL_FIELD_HOUR_AMPM: return hour % 12;
  case SL_FIELD_CLOCK_HOUR_AMPM: return hour % 12 ? hour % 12 : 12;
  case SL_FIELD_MINUTE: return seconds / 60 % 60;
  case SL_FIELD_SECOND: return seconds % 60;
  case SL_FIELD_NANO: return nanos % 1000000000;
  case SL_FIELD_MILLI_OF_DAY: return nanos / 1000000;
  default: return nanos;
  }
}

int64_t sl_field_of(sl_date_field field, int64_t days, int64_t nanos) {
  return sl_field_is_date(field) ? date_field(field, days) : time_field(field, nanos);
}
