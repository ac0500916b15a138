/* What the files date_pattern*.c share: the steps of a compiled pattern, names, the calendar. */
#pragma once
#include "functions/date_pattern.h"

typedef enum step_kind {
  STEP_LITERAL,
  STEP_NUMBER,
  STEP_REDUCED,  /* two digits of a year from 2000 on */
  STEP_FRACTION, /* of a second */
  STEP_TEXT,
  STEP_PERIOD,
  STEP_OFFSET,
  STEP_GMT_OFFSET,
  STEP_ZONE_ID,
  STEP_ZONE_NAME,
  STEP_OPTIONAL, /* the steps up to end may be left out */
  STEP_PAD,      /* the next step, padded to width */
  STEP_KINDS
} step_kind;

typedef enum step_sign { SIGN_NORMAL, SIGN_NOT_NEGATIVE, SIGN_EXCEEDS_PAD } step_sign;
typedef enum name_style { NAME_SHORT, NAME_FULL, NAME_NARROW } name_style;

/* Shapes of offsets: how many parts must be there and may be there, and whether colons stand between. */
typedef enum offset_shape { OFFSET_HHmm, OFFSET_HHMM, OFFSET_HH_MM, OFFSET_HHMMss, OFFSET_HH_MM_ss } offset_shape;

typedef struct step {
  step_kind kind;
  sl_date_field field;
  int min, max;   /* digits */
  int subsequent; /* digits that adjacent numbers need; -1: this one has a fixed width */
  step_sign sign;
  int style;   /* name_style, sl_zone_style, offset_shape; GMT_OFFSET: NAME_FULL or NAME_SHORT */
  sl_str text; /* literal; what stands for a zero offset */
  int width;   /* of padding */
  int end;     /* OPTIONAL: the step after the section */
} step;

struct sl_date_pattern {
  const step *steps;
  int count;
};

extern const char *const sl_field_names[SL_FIELD_COUNT];

/* Names of a field's values in a style, numbered from *first on; NULL if it has none. */
const char *const *sl_field_texts(sl_date_field field, name_style style, int *first, int *count);

/* Periods of the day, by minute; the first two are single minutes. */
typedef struct day_period {
  const char *name, *narrow;
  int from, to; /* minutes; to is excluded; from > to: over midnight */
} day_period;
enum { PERIOD_COUNT = 6 };
extern const day_period sl_day_periods[PERIOD_COUNT];

/* The calendar of one day. */
typedef struct civil {
  int64_t year;
  int month, day;
} civil;
civil sl_civil_of(int64_t days);
bool sl_is_leap(int64_t year);
int sl_month_length(int64_t year, int month);
int sl_weekday(int64_t days); /* Monday = 1 */
/* The Sunday that begins week 1 of a year: weeks begin on Sunday, the first of a year has at least one day in it. */
int64_t sl_first_week(int64_t year);

/* Value of a date or time field of a full date and time; offset is not among them. */
int64_t sl_field_of(sl_date_field field, int64_t days, int64_t nanos);
static inline bool sl_field_is_date(sl_date_field field) {
  return field < SL_FIELD_AMPM;
}

static inline int64_t sl_floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}
static inline int64_t sl_floor_mod(int64_t a, int64_t b) {
  return a % b + (a % b < 0 ? b : 0);
}

/* Resolves fields to a date and a time where they determine them. Reason without the text. */
int sl_parsed_resolve(sl_parsed *parsed, sl_err *err);

static const int64_t SL_NANOS_PER_DAY = INT64_C(86400000000000);
