/* Patterns of dates and times (functions.md 15). Set A is compiled once into a list of steps, which both print and
 * read; set B is read by a lenient calendar and has its own type. Compiled patterns are read-only. Thread: any. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "functions/date_zone.h"

typedef struct sl_date_pattern sl_date_pattern;

/* Compiles a pattern of set A. SL_E_EVALUATE with the reason only. */
int sl_date_pattern_compile(sl_arena *arena, sl_str text, const sl_date_pattern **out, sl_err *err);

/* What is printed: a date, a time, or both with a zone. */
typedef struct sl_moment {
  bool has_date, has_time;
  const sl_zone *zone; /* NULL: none */
  int64_t days;        /* since 1970-01-01 */
  int64_t ms_of_day;
  int32_t offset; /* of the zone at this moment */
  bool daylight;
} sl_moment;

sl_moment sl_moment_of_date(int64_t days);
sl_moment sl_moment_of_time(int64_t ms_of_day);
sl_moment sl_moment_of_timestamp(int64_t ms, const sl_zone *zone);

/* Appends to out. SL_E_EVALUATE with the reason only; out then has a part of the text. */
int sl_date_pattern_print(const sl_date_pattern *pattern, const sl_moment *moment, sl_buf *out, sl_err *err);

/* Fields, in the order in which a timestamp is completed: the larger first. */
typedef enum sl_date_field {
  SL_FIELD_ERA,
  SL_FIELD_YEAR,
  SL_FIELD_YEAR_OF_ERA,
  SL_FIELD_QUARTER,
  SL_FIELD_MONTH,
  SL_FIELD_WEEK_YEAR,
  SL_FIELD_WEEK,
  SL_FIELD_WEEK_OF_MONTH,
  SL_FIELD_JULIAN_DAY, /* modified */
  SL_FIELD_DAY_OF_YEAR,
  SL_FIELD_DAY,
  SL_FIELD_ALIGNED_DAY,
  SL_FIELD_WEEKDAY,       /* Monday = 1 */
  SL_FIELD_LOCAL_WEEKDAY, /* Sunday = 1 */
  SL_FIELD_AMPM,
  SL_FIELD_PERIOD, /* of the day; number of its row */
  SL_FIELD_HOUR,
  SL_FIELD_CLOCK_HOUR,
  SL_FIELD_HOUR_AMPM,
  SL_FIELD_CLOCK_HOUR_AMPM,
  SL_FIELD_MINUTE,
  SL_FIELD_SECOND,
  SL_FIELD_NANO,
  SL_FIELD_MILLI_OF_DAY,
  SL_FIELD_NANO_OF_DAY,
  SL_FIELD_OFFSET,
  SL_FIELD_COUNT
} sl_date_field;

/* What was read. After resolving, fields that a date or time took up are no longer set. */
typedef struct sl_parsed {
  uint32_t set; /* bit per field */
  int64_t fields[SL_FIELD_COUNT];
  bool has_zone, has_date, has_time;
  sl_zone zone;
  int64_t days, nanos;
  bool day_after; /* the time was 24:00 */
} sl_parsed;

/* Reads a text and resolves what it says; letters in any case. SL_E_EVALUATE with the reason only. */
int sl_date_pattern_parse(const sl_date_pattern *pattern, sl_str text, sl_parsed *out, sl_err *err);

/* What functions make of it; zone is for texts that name none. Reasons as above. */
int sl_parsed_date(const sl_parsed *parsed, sl_str text, int64_t *out_days, sl_err *err);
int sl_parsed_time(const sl_parsed *parsed, sl_str text, int64_t *out_ms, sl_err *err);
int sl_parsed_timestamp(const sl_parsed *parsed, const sl_zone *zone, int64_t *out_ms, sl_err *err);

/* ---- set B ---- */

typedef struct sl_lenient_pattern sl_lenient_pattern;
typedef struct sl_lenient_calendar sl_lenient_calendar; /* scratch of one runner */

int sl_lenient_compile(sl_arena *arena, sl_str text, const sl_lenient_pattern **out, sl_err *err);
sl_lenient_calendar *sl_lenient_calendar_new(void);           /* NULL if the library cannot make one */
void sl_lenient_calendar_free(sl_lenient_calendar *calendar); /* accepts NULL */
/* The instant that the front of text says. now_ms places years of two digits. Reason only. */
int sl_lenient_parse(const sl_lenient_pattern *pattern, sl_lenient_calendar *calendar, sl_str text, int64_t now_ms,
                     int64_t *out_ms, sl_err *err);
