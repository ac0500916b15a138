/* Functions of times of the day (functions.md 14). */
#include "functions/date_site.h"
#include "functions/functions_int.h"

static const char DATES[] = "DATE / TIME";
static const int64_t MS_PER_DAY = 86400000, NANOS_PER_MS = 1000000;

/* An amount in nanoseconds, at most what 64 bits hold; a day is no change. */
static int add(const sl_value *args, int sign, sl_value *out) {
  int64_t unit = args[0].i64 * NANOS_PER_MS, amount;
  if (__builtin_mul_overflow(unit, args[1].i64, &amount)) amount = args[1].i64 < 0 ? INT64_MIN : INT64_MAX;
  int64_t nanos_per_day = MS_PER_DAY * NANOS_PER_MS;
  int64_t nanos = (args[2].i64 % MS_PER_DAY * NANOS_PER_MS + sign * (amount % nanos_per_day)) % nanos_per_day;
  if (nanos < 0) nanos += nanos_per_day;
  return sl_give(out, sl_of_i64(nanos / NANOS_PER_MS));
}

static int time_add(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return add(args, 1, out);
}
static int time_sub(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return add(args, -1, out);
}

/* HH:mm, with seconds and milliseconds when there are any. */
static void print_time(sl_buf *out, int64_t ms) {
  int n = (int)(ms % MS_PER_DAY);
  sl_buf_printf(out, "%02d:%02d", n / 3600000, n / 60000 % 60);
  if (n % 60000) sl_buf_printf(out, ":%02d", n / 1000 % 60);
  if (n % 1000) sl_buf_printf(out, ".%03d", n % 1000);
}

static int format_time(sl_call *call, const sl_value *args, sl_value *out) {
  const sl_date_compiled *compiled = sl_date_compiled_of(call, args);
  sl_moment moment = sl_moment_of_time(args[0].i64);
  sl_buf *text = sl_date_text(call);
  sl_err err = {0};
  if (!compiled->reason && !sl_date_pattern_print(compiled->pattern, &moment, text, &err))
    return sl_give(out, sl_of_str(sl_str_dup(call->arena, sl_buf_str(text))));
  sl_buf_reset(text);
  print_time(text, moment.ms_of_day);
  int rc =
      sl_fail(call, "Failed to format time %s with formatter '" SL_STR_FMT "': %s", sl_buf_z(text),
              SL_STR_ARG(sl_date_shown(sl_value_str(&args[1]))), compiled->reason ? compiled->reason : err.message);
  sl_err_done(&err);
  return rc;
}

static int fail_parse(sl_call *call, const sl_value *args, const char *reason) {
  return sl_fail(call, "Failed to parse time '" SL_STR_FMT "' with formatter '" SL_STR_FMT "': %s",
                 SL_STR_ARG(sl_date_shown(sl_value_str(&args[0]))), SL_STR_ARG(sl_date_shown(sl_value_str(&args[1]))),
                 reason);
}

static int parse_time(sl_call *call, const sl_value *args, sl_value *out) {
  const sl_date_compiled *compiled = sl_date_compiled_of(call, args);
  if (compiled->reason) return fail_parse(call, args, compiled->reason);
  sl_err err = {0};
  sl_parsed parsed;
  int64_t ms;
  int rc = sl_date_pattern_parse(compiled->pattern, sl_value_str(&args[0]), &parsed, &err);
  if (!rc) rc = sl_parsed_time(&parsed, sl_value_str(&args[0]), &ms, &err);
  if (rc)
    rc = fail_parse(call, args, err.message);
  else
    sl_give(out, sl_of_i64(ms));
  sl_err_done(&err);
  return rc;
}

const sl_function sl_fn_time[] = {
    {.name = "FORMAT_TIME",
     .category = DATES,
     .doc = "Formats a time of the day.",
     .example = "FORMAT_TIME('14:05:07', 'h:mm a') => '2:05 PM'",
     .overloads = (const sl_overload[]){{.signature = "(TIME time, VARCHAR formatPattern) -> VARCHAR",
                                         .eval = format_time,
                                         .prepare = sl_date_prepare,
                                         .doc = "By a pattern without letters of the date or zone.",
                                         .local_size = sizeof(sl_date_site),
                                         .leave = sl_date_leave},
                                        {0}}},
    {.name = "PARSE_TIME",
     .category = DATES,
     .doc = "Reads a time of the day.",
     .example = "PARSE_TIME('2:15 pm', 'h:mm a') => '14:15'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR formattedTime, VARCHAR formatPattern) -> TIME",
                                         .eval = parse_time,
                                         .prepare = sl_date_prepare,
                                         .doc = "At least the hour must be there.",
                                         .local_size = sizeof(sl_date_site),
                                         .leave = sl_date_leave},
                                        {0}}},
    {.name = "TIMEADD",
     .category = DATES,
     .doc = "Adds to a time of the day; behind midnight it starts again.",
     .example = "TIMEADD(HOURS, 2, '23:30') => '01:30'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(UNIT unit, INT interval, TIME time) -> TIME", .eval = time_add, .doc = "Of a time."},
             {0}}},
    {.name = "TIMESUB",
     .category = DATES,
     .doc = "Subtracts from a time of the day; before midnight it ends again.",
     .example = "TIMESUB(HOURS, 2, '01:30') => '23:30'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(UNIT unit, INT interval, TIME time) -> TIME", .eval = time_sub, .doc = "Of a time."},
             {0}}},
    {0}};
