/* Functions of dates (functions.md 14). Text is made and read by the patterns of date_pattern.h. */
#include "functions/date_site.h"
#include "functions/functions_int.h"
#include "types/text.h"

static const char DATES[] = "DATE / TIME";
static const int64_t MS_PER_DAY = 86400000;

/* ---- arithmetic: through milliseconds, cut towards 1970 ---- */

static int add(sl_call *call, const sl_value *args, int sign, sl_value *out) {
  int64_t ms;
  if (__builtin_mul_overflow(args[2].i64, MS_PER_DAY, &ms) ||
      __builtin_add_overflow(ms, sign * args[0].i64 * args[1].i64, &ms))
    return sl_fail(call, "long overflow");
  return sl_give(out, sl_of_i64(ms / MS_PER_DAY));
}

static int date_add(sl_call *call, const sl_value *args, sl_value *out) {
  return add(call, args, 1, out);
}
static int date_sub(sl_call *call, const sl_value *args, sl_value *out) {
  return add(call, args, -1, out);
}

static int from_days(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, args[0]);
}

static int unix_date(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, args[0]);
}

static int today(sl_call *call, const sl_value *args, sl_value *out) {
  (void)args;
  return sl_give(out, sl_of_i64(sl_moment_of_timestamp(call->now_ms, sl_date_server_zone(call)).days));
}

/* ---- text ---- */

/* number: the message has the days as a number */
static int format(sl_call *call, const sl_value *args, bool number, sl_value *out) {
  const sl_date_compiled *compiled = sl_date_compiled_of(call, args);
  sl_moment moment = sl_moment_of_date(args[0].i64);
  sl_buf *text = sl_date_text(call);
  sl_err err = {0};
  if (!compiled->reason && !sl_date_pattern_print(compiled->pattern, &moment, text, &err))
    return sl_give(out, sl_of_str(sl_str_dup(call->arena, sl_buf_str(text))));
  sl_buf_reset(text);
  if (number)
    sl_buf_printf(text, "%lld", (long long)args[0].i64);
  else
    sl_date_print(text, args[0].i64);
  int rc =
      sl_fail(call, "Failed to format date %s with formatter '" SL_STR_FMT "': %s", sl_buf_z(text),
              SL_STR_ARG(sl_date_shown(sl_value_str(&args[1]))), compiled->reason ? compiled->reason : err.message);
  sl_err_done(&err);
  return rc;
}

static int format_date(sl_call *call, const sl_value *args, sl_value *out) {
  return format(call, args, false, out);
}
static int date_to_string(sl_call *call, const sl_value *args, sl_value *out) {
  return format(call, args, true, out);
}

static int fail_parse(sl_call *call, const sl_value *args, const char *reason) {
  return sl_fail(call, "Failed to parse date '" SL_STR_FMT "' with formatter '" SL_STR_FMT "': %s",
                 SL_STR_ARG(sl_date_shown(sl_value_str(&args[0]))), SL_STR_ARG(sl_date_shown(sl_value_str(&args[1]))),
                 reason);
}

static int parse_date(sl_call *call, const sl_value *args, sl_value *out) {
  const sl_date_compiled *compiled = sl_date_lenient_of(call, args);
  if (compiled->reason) return fail_parse(call, args, compiled->reason);
  sl_lenient_calendar *calendar = sl_date_calendar(call);
  if (!calendar) return sl_fail(call, "The calendar of PARSE_DATE is not available.");
  sl_err err = {0};
  int64_t ms;
  int rc = sl_lenient_parse(compiled->lenient, calendar, sl_value_str(&args[0]), call->now_ms, &ms, &err);
  if (rc)
    rc = fail_parse(call, args, err.message);
  else if (ms % MS_PER_DAY)
    rc = fail_parse(call, args, "Date format contains time field.");
  else
    sl_give(out, sl_of_i64(ms / MS_PER_DAY));
  sl_err_done(&err);
  return rc;
}

static int string_to_date(sl_call *call, const sl_value *args, sl_value *out) {
  const sl_date_compiled *compiled = sl_date_compiled_of(call, args);
  if (compiled->reason) return fail_parse(call, args, compiled->reason);
  sl_err err = {0};
  sl_parsed parsed;
  int64_t days;
  int rc = sl_date_pattern_parse(compiled->pattern, sl_value_str(&args[0]), &parsed, &err);
  if (!rc) rc = sl_parsed_date(&parsed, sl_value_str(&args[0]), &days, &err);
  if (rc)
    rc = fail_parse(call, args, err.message);
  else
    sl_give(out, sl_of_i64(days));
  sl_err_done(&err);
  return rc;
}

const sl_function sl_fn_date[] = {
    {.name = "DATEADD",
     .category = DATES,
     .doc = "Adds a time to a date.",
     .example = "DATEADD(DAYS, 2, '2020-02-28') => '2020-03-01'",
     .overloads = (const sl_overload[]){{.signature = "(UNIT unit, INT interval, DATE date) -> DATE",
                                         .eval = date_add,
                                         .doc = "Hours and less count only as far as they make whole days."},
                                        {0}}},
    {.name = "DATESUB",
     .category = DATES,
     .doc = "Subtracts a time from a date.",
     .example = "DATESUB(DAYS, 2, '2020-03-01') => '2020-02-28'",
     .overloads = (const sl_overload[]){{.signature = "(UNIT unit, INT interval, DATE date) -> DATE",
                                         .eval = date_sub,
                                         .doc = "Hours and less count only as far as they make whole days."},
                                        {0}}},
    {.name = "DATETOSTRING",
     .category = DATES,
     .doc = "Formats days since 1970-01-01. Deprecated: use FORMAT_DATE.",
     .example = "DATETOSTRING(17662, 'yyyy-MM-dd') => '2018-05-11'",
     .overloads = (const sl_overload[]){{.signature = "(INT! epochDays, VARCHAR formatPattern) -> VARCHAR",
                                         .eval = date_to_string,
                                         .prepare = sl_date_prepare,
                                         .doc = "By a pattern.",
                                         .local_size = sizeof(sl_date_site),
                                         .leave = sl_date_leave},
                                        {0}}},
    {.name = "FORMAT_DATE",
     .category = DATES,
     .doc = "Formats a date.",
     .example = "FORMAT_DATE('2020-02-29', 'dd.MM.yyyy') => '29.02.2020'",
     .overloads = (const sl_overload[]){{.signature = "(DATE date, VARCHAR formatPattern) -> VARCHAR",
                                         .eval = format_date,
                                         .prepare = sl_date_prepare,
                                         .doc = "By a pattern without letters of the time or zone.",
                                         .local_size = sizeof(sl_date_site),
                                         .leave = sl_date_leave},
                                        {0}}},
    {.name = "FROM_DAYS",
     .category = DATES,
     .doc = "Gives the date that is a number of days after 1970-01-01.",
     .example = "FROM_DAYS(17662) => '2018-05-11'",
     .overloads =
         (const sl_overload[]){{.signature = "(INT! days) -> DATE", .eval = from_days, .doc = "Of days."}, {0}}},
    {.name = "PARSE_DATE",
     .category = DATES,
     .doc = "Reads a date.",
     .example = "PARSE_DATE('11/05/2018', 'dd/MM/yyyy') => '2018-05-11'",
     .overloads =
         (const sl_overload[]){{.signature = "(VARCHAR formattedDate, VARCHAR formatPattern) -> DATE",
                                .eval = parse_date,
                                .prepare = sl_date_prepare_lenient,
                                .doc = "Lenient: fields roll over, and text after what the pattern takes is ignored.",
                                .local_size = sizeof(sl_date_site),
                                .leave = sl_date_leave},
                               {0}}},
    {.name = "STRINGTODATE",
     .category = DATES,
     .doc = "Reads a date as days since 1970-01-01. Deprecated: use PARSE_DATE.",
     .example = "STRINGTODATE('2018-05-11', 'yyyy-MM-dd') => 17662",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR! formattedDate, VARCHAR! formatPattern) -> INT",
                                         .eval = string_to_date,
                                         .prepare = sl_date_prepare,
                                         .doc = "Year, month and day must be there.",
                                         .local_size = sizeof(sl_date_site),
                                         .leave = sl_date_leave},
                                        {0}}},
    {.name = "UNIX_DATE",
     .category = DATES,
     .doc = "Gives days since 1970-01-01.",
     .example = "UNIX_DATE('1970-01-02') => 1",
     .overloads = (const sl_overload[]){{.signature = "() -> INT",
                                         .flags = SL_FN_VOLATILE,
                                         .eval = today,
                                         .prepare = sl_date_prepare,
                                         .doc = "Of today, in the time zone of the server."},
                                        {.signature = "(DATE date) -> INT", .eval = unix_date, .doc = "Of a date."},
                                        {0}}},
    {0}};
