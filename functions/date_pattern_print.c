/* Prints dates and times by a compiled pattern. A step writes behind what is there; one that lacks its field fails, and
 * inside an optional section that takes the section back. */
#include <stdio.h>
#include "functions/date_pattern_int.h"

enum { MS_PER_DAY = 86400000 };

typedef struct printer {
  const sl_date_pattern *pattern;
  const sl_moment *moment;
  sl_buf *out;
  int optional; /* depth of sections */
  sl_err *err;
} printer;

/* Whether a step could print; MISSING is an error only outside optional sections. */
typedef enum outcome { PRINTED, MISSING, FAILED } outcome;

static outcome missing(printer *p, sl_date_field field) {
  if (!p->optional) sl_err_set(p->err, SL_E_EVALUATE, SL_NO_POS, "Unsupported field: %s", sl_field_names[field]);
  return MISSING;
}

static outcome missing_zone(printer *p) {
  if (!p->optional) sl_err_set(p->err, SL_E_EVALUATE, SL_NO_POS, "Unable to extract ZoneId from the value");
  return MISSING;
}

static bool value_of(const printer *p, sl_date_field field, int64_t *out) {
  const sl_moment *m = p->moment;
  if (field == SL_FIELD_OFFSET) {
    *out = m->offset;
    return m->zone != NULL;
  }
  if (!(sl_field_is_date(field) ? m->has_date : m->has_time)) return false;
  *out = sl_field_of(field, m->days, m->ms_of_day * 1000000);
  return true;
}

/* Week fields of a time fail for want of a weekday. */
static sl_date_field named_when_missing(sl_date_field field) {
  bool of_week = field == SL_FIELD_WEEK_YEAR || field == SL_FIELD_WEEK || field == SL_FIELD_WEEK_OF_MONTH;
  return of_week ? SL_FIELD_WEEKDAY : field;
}

static outcome print_literal(printer *p, const step *s) {
  sl_buf_add_str(p->out, s->text);
  return PRINTED;
}

static outcome fail_width(printer *p, const step *s, int64_t value) {
  sl_err_set(p->err, SL_E_EVALUATE, SL_NO_POS,
             "Field %s cannot be printed as the value %lld exceeds the maximum print width of %d",
             sl_field_names[s->field], (long long)value, s->max);
  return FAILED;
}

static outcome print_number(printer *p, const step *s) {
  int64_t value;
  if (!value_of(p, s->field, &value)) return missing(p, named_when_missing(s->field));
  char digits[24];
  int len = snprintf(digits, sizeof digits, "%lld", (long long)(value < 0 ? -value : value));
  if (len > s->max) return fail_width(p, s, value);
  if (value < 0 && s->sign == SIGN_NOT_NEGATIVE) {
    sl_err_set(p->err, SL_E_EVALUATE, SL_NO_POS,
               "Field %s cannot be printed as the value %lld cannot be negative according to the SignStyle",
               sl_field_names[s->field], (long long)value);
    return FAILED;
  }
  if (value < 0) sl_buf_add_byte(p->out, '-');
  if (value >= 0 && s->sign == SIGN_EXCEEDS_PAD && len > s->min) sl_buf_add_byte(p->out, '+');
  for (int i = len; i < s->min; i++) sl_buf_add_byte(p->out, '0');
  sl_buf_add(p->out, digits, (size_t)len);
  return PRINTED;
}

static void add_two(sl_buf *out, int64_t n) {
  sl_buf_add_byte(out, (uint8_t)('0' + n / 10 % 10));
  sl_buf_add_byte(out, (uint8_t)('0' + n % 10));
}

static outcome print_reduced(printer *p, const step *s) {
  int64_t value;
  if (!value_of(p, s->field, &value)) return missing(p, named_when_missing(s->field));
  add_two(p->out, (value < 0 ? -value : value) % 100);
  return PRINTED;
}

static outcome print_fraction(printer *p, const step *s) {
  int64_t nanos;
  if (!value_of(p, s->field, &nanos)) return missing(p, s->field);
  char digits[16];
  snprintf(digits, sizeof digits, "%09lld", (long long)nanos);
  sl_buf_add(p->out, digits, (size_t)s->max);
  return PRINTED;
}

static outcome print_text(printer *p, const step *s) {
  int64_t value;
  if (!value_of(p, s->field, &value)) return missing(p, s->field);
  int first = 0, count = 0;
  const char *const *texts = sl_field_texts(s->field, (name_style)s->style, &first, &count);
  sl_buf_add_z(p->out, texts[value - first]);
  return PRINTED;
}

static outcome print_period(printer *p, const step *s) {
  int64_t value;
  if (!value_of(p, s->field, &value)) return missing(p, s->field);
  const day_period *period = &sl_day_periods[value];
  sl_buf_add_z(p->out, s->style == NAME_NARROW ? period->narrow : period->name);
  return PRINTED;
}

static outcome print_offset(printer *p, const step *s) {
  int64_t offset;
  if (!value_of(p, s->field, &offset)) return missing(p, s->field);
  int64_t n = offset < 0 ? -offset : offset;
  bool colon = s->style == OFFSET_HH_MM || s->style == OFFSET_HH_MM_ss;
  bool minutes = s->style != OFFSET_HHmm || n / 60 % 60;
  bool seconds = (s->style == OFFSET_HHMMss || s->style == OFFSET_HH_MM_ss) && n % 60;
  if (s->style == OFFSET_HHmm ? n < 60 : n / 60 == 0 && !seconds) {
    sl_buf_add_str(p->out, s->text);
    return PRINTED;
  }
  sl_buf_add_byte(p->out, offset < 0 ? '-' : '+');
  add_two(p->out, n / 3600);
  if (minutes && colon) sl_buf_add_byte(p->out, ':');
  if (minutes) add_two(p->out, n / 60 % 60);
  if (seconds && colon) sl_buf_add_byte(p->out, ':');
  if (seconds) add_two(p->out, n % 60);
  return PRINTED;
}

static outcome print_gmt_offset(printer *p, const step *s) {
  int64_t offset;
  if (!value_of(p, SL_FIELD_OFFSET, &offset)) return missing(p, SL_FIELD_OFFSET);
  int n = (int)(offset < 0 ? -offset : offset);
  sl_buf_add_z(p->out, "GMT");
  if (!n) return PRINTED;
  sl_buf_printf(p->out, s->style == NAME_FULL ? "%c%02d" : "%c%d", offset < 0 ? '-' : '+', n / 3600);
  if (s->style == NAME_FULL || n % 3600) sl_buf_printf(p->out, ":%02d", n / 60 % 60);
  if (n % 60) sl_buf_printf(p->out, ":%02d", n % 60);
  return PRINTED;
}

static outcome print_zone_id(printer *p, const step *s) {
  (void)s;
  if (!p->moment->zone) return missing_zone(p);
  sl_zone_print(p->out, p->moment->zone);
  return PRINTED;
}

static outcome print_zone_name(printer *p, const step *s) {
  if (!p->moment->zone) return missing_zone(p);
  sl_zone_print_name(p->out, p->moment->zone, (sl_zone_style)s->style, p->moment->daylight);
  return PRINTED;
}

static outcome (*const PRINT[STEP_KINDS])(printer *p, const step *s) = {
    [STEP_LITERAL] = print_literal, [STEP_NUMBER] = print_number,
    [STEP_REDUCED] = print_reduced, [STEP_FRACTION] = print_fraction,
    [STEP_TEXT] = print_text,       [STEP_PERIOD] = print_period,
    [STEP_OFFSET] = print_offset,   [STEP_GMT_OFFSET] = print_gmt_offset,
    [STEP_ZONE_ID] = print_zone_id, [STEP_ZONE_NAME] = print_zone_name,
};

static outcome print_padded(printer *p, const step *s, int width) {
  size_t start = p->out->len;
  outcome done = PRINT[s->kind](p, s);
  if (done != PRINTED) return done;
  size_t len = p->out->len - start;
  if (len > (size_t)width) {
    sl_err_set(p->err, SL_E_EVALUATE, SL_NO_POS, "Cannot print as output of %zu characters exceeds pad width of %d",
               len, width);
    return FAILED;
  }
  size_t pad = (size_t)width - len;
  sl_buf_reserve(p->out, pad);
  memmove(p->out->data + start + pad, p->out->data + start, len);
  memset(p->out->data + start, ' ', pad);
  p->out->len += pad;
  return PRINTED;
}

static outcome print_steps(printer *p, int from, int to);

static outcome print_section(printer *p, int self) {
  size_t start = p->out->len;
  p->optional++;
  outcome done = print_steps(p, self + 1, p->pattern->steps[self].end);
  p->optional--;
  if (done == MISSING) p->out->len = start;
  return done == FAILED ? FAILED : PRINTED;
}

static outcome print_steps(printer *p, int from, int to) {
  for (int i = from; i < to;) {
    const step *s = &p->pattern->steps[i];
    outcome done;
    if (s->kind == STEP_OPTIONAL) {
      done = print_section(p, i);
      i = s->end;
    } else if (s->kind == STEP_PAD) {
      done = print_padded(p, s + 1, s->width);
      i += 2;
    } else {
      done = PRINT[s->kind](p, s);
      i++;
    }
    if (done != PRINTED) return done;
  }
  return PRINTED;
}

int sl_date_pattern_print(const sl_date_pattern *pattern, const sl_moment *moment, sl_buf *out, sl_err *err) {
  printer p = {.pattern = pattern, .moment = moment, .out = out, .err = err};
  return print_steps(&p, 0, pattern->count) == PRINTED ? 0 : SL_E_EVALUATE;
}

sl_moment sl_moment_of_date(int64_t days) {
  return (sl_moment){.has_date = true, .days = days};
}

sl_moment sl_moment_of_time(int64_t ms_of_day) {
  return (sl_moment){.has_time = true, .ms_of_day = sl_floor_mod(ms_of_day, MS_PER_DAY)};
}

sl_moment sl_moment_of_timestamp(int64_t ms, const sl_zone *zone) {
  sl_moment m = {.has_date = true, .has_time = true, .zone = zone};
  m.offset = sl_zone_offset(zone, ms, &m.daylight);
  int64_t days = sl_floor_div(ms, MS_PER_DAY), of_day = sl_floor_mod(ms, MS_PER_DAY) + m.offset * INT64_C(1000);
  m.days = days + sl_floor_div(of_day, MS_PER_DAY);
  m.ms_of_day = sl_floor_mod(of_day, MS_PER_DAY);
  return m;
}
