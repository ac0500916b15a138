/* Functions of timestamps (functions.md 14): milliseconds since 1970, to and from text and other zones. */
#include "functions/date_site.h"
#include "functions/functions_int.h"

static const char DATES[] = "DATE / TIME";

static int give_ms(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, args[0]);
}

static int now(sl_call *call, const sl_value *args, sl_value *out) {
  (void)args;
  return sl_give(out, sl_of_i64(call->now_ms));
}

/* Beyond 64 bits it wraps. */
static int64_t plus(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int timestamp_add(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_i64(plus(args[2].i64, args[0].i64 * args[1].i64)));
}
static int timestamp_sub(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_i64(plus(args[2].i64, -(args[0].i64 * args[1].i64))));
}

static int convert_tz(sl_call *call, const sl_value *args, sl_value *out) {
  const char *reason = "";
  const sl_zone *from = sl_date_zone_of(call, args, 1, &reason);
  const sl_zone *to = from ? sl_date_zone_of(call, args, 2, &reason) : NULL;
  if (!to) return sl_fail(call, "Invalid time zone: %s", reason);
  int64_t ms = args[0].i64;
  int64_t shift = (int64_t)sl_zone_legacy_offset(to, ms) - sl_zone_legacy_offset(from, ms);
  return sl_give(out, sl_of_i64(plus(ms, shift * 1000)));
}

/* ---- text ---- */

static const sl_zone GMT = {.prefix = SL_ZONE_GMT};

/* The zone: argument 2, or the default. */
static const sl_zone *zone_of(sl_call *call, const sl_value *args, bool deprecated, const char **reason) {
  if (call->arg_count > 2) return sl_date_zone_of(call, args, 2, reason);
  return deprecated ? sl_date_server_zone(call) : &GMT;
}

static sl_str zone_text(const sl_call *call, const sl_value *args) {
  return call->arg_count > 2 ? sl_date_shown(sl_value_str(&args[2])) : sl_str_of("GMT");
}

/* " at timeZone 'x'", or nothing where no zone is named. */
static void add_zone(sl_buf *out, const char *word, const sl_call *call, const sl_value *args, bool deprecated) {
  if (call->arg_count > 2 || !deprecated)
    sl_buf_printf(out, " at %s '" SL_STR_FMT "'", word, SL_STR_ARG(zone_text(call, args)));
}

/* As yyyy-MM-dd HH:mm:ss.f in the zone of the server, the fraction without zeros at its end. */
static void print_timestamp(sl_buf *out, int64_t ms, const sl_zone *zone) {
  sl_moment m = sl_moment_of_timestamp(ms, zone);
  static const char PATTERN[] = "uuuu-MM-dd HH:mm:ss.SSS";
  sl_arena arena;
  sl_arena_init(&arena, 2048);
  const sl_date_pattern *pattern;
  if (!sl_date_pattern_compile(&arena, sl_str_of(PATTERN), &pattern, NULL))
    sl_date_pattern_print(pattern, &m, out, NULL);
  for (int i = 0; i < 2 && out->len && out->data[out->len - 1] == '0'; i++) out->len--;
  sl_arena_done(&arena);
}

static int fail_format(sl_call *call, const sl_value *args, bool deprecated, const char *reason) {
  sl_buf text = {0};
  if (deprecated)
    sl_buf_printf(&text, "%lld", (long long)args[0].i64);
  else
    print_timestamp(&text, args[0].i64, sl_date_server_zone(call));
  add_zone(&text, "timeZone", call, args, deprecated);
  int rc = sl_fail(call, "Failed to format timestamp %s with formatter '" SL_STR_FMT "': %s", sl_buf_z(&text),
                   SL_STR_ARG(sl_date_shown(sl_value_str(&args[1]))), reason);
  sl_buf_done(&text);
  return rc;
}

static int format(sl_call *call, const sl_value *args, bool deprecated, sl_value *out) {
  const sl_date_compiled *compiled = sl_date_compiled_of(call, args);
  const char *reason = compiled->reason;
  const sl_zone *zone = reason ? NULL : zone_of(call, args, deprecated, &reason);
  if (!zone) return fail_format(call, args, deprecated, reason);
  sl_moment moment = sl_moment_of_timestamp(args[0].i64, zone);
  sl_buf *text = sl_date_text(call);
  sl_err err = {0};
  if (!sl_date_pattern_print(compiled->pattern, &moment, text, &err))
    return sl_give(out, sl_of_str(sl_str_dup(call->arena, sl_buf_str(text))));
  int rc = fail_format(call, args, deprecated, err.message);
  sl_err_done(&err);
  return rc;
}

static int format_timestamp(sl_call *call, const sl_value *args, sl_value *out) {
  return format(call, args, false, out);
}
static int timestamp_to_string(sl_call *call, const sl_value *args, sl_value *out) {
  return format(call, args, true, out);
}

static int fail_parse(sl_call *call, const sl_value *args, bool deprecated, const char *reason) {
  sl_buf zone = {0};
  add_zone(&zone, "timezone", call, args, deprecated);
  int rc = sl_fail(call, "Failed to parse timestamp '" SL_STR_FMT "'%s with formatter '" SL_STR_FMT "': %s",
                   SL_STR_ARG(sl_date_shown(sl_value_str(&args[0]))), sl_buf_z(&zone),
                   SL_STR_ARG(sl_date_shown(sl_value_str(&args[1]))), reason);
  sl_buf_done(&zone);
  return rc;
}

static int parse(sl_call *call, const sl_value *args, bool deprecated, sl_value *out) {
  const sl_date_compiled *compiled = sl_date_compiled_of(call, args);
  const char *reason = compiled->reason;
  const sl_zone *zone = reason ? NULL : zone_of(call, args, deprecated, &reason);
  if (!zone) return fail_parse(call, args, deprecated, reason);
  sl_err err = {0};
  sl_parsed parsed;
  int64_t ms;
  int rc = sl_date_pattern_parse(compiled->pattern, sl_value_str(&args[0]), &parsed, &err);
  if (!rc) rc = sl_parsed_timestamp(&parsed, zone, &ms, &err);
  if (rc)
    rc = fail_parse(call, args, deprecated, err.message);
  else
    sl_give(out, sl_of_i64(ms));
  sl_err_done(&err);
  return rc;
}

static int parse_timestamp(sl_call *call, const sl_value *args, sl_value *out) {
  return parse(call, args, false, out);
}
static int string_to_timestamp(sl_call *call, const sl_value *args, sl_value *out) {
  return parse(call, args, true, out);
}

const sl_function sl_fn_timestamp[] = {
    {.name = "CONVERT_TZ",
     .category = DATES,
     .doc = "Moves a timestamp from one time zone to another.",
     .example = "CONVERT_TZ('2021-08-09T14:05:00', 'UTC', 'America/New_York') => '2021-08-09T10:05:00.000'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(TIMESTAMP timestamp, VARCHAR fromTimeZone, VARCHAR toTimeZone) -> TIMESTAMP",
              .eval = convert_tz,
              .prepare = sl_date_prepare_zones,
              .doc = "Adds the difference of the two zones at that instant.",
              .local_size = sizeof(sl_date_site),
              .leave = sl_date_leave},
             {0}}},
    {.name = "FORMAT_TIMESTAMP",
     .category = DATES,
     .doc = "Formats a timestamp.",
     .example = "FORMAT_TIMESTAMP('2021-08-09T14:05:00', 'yyyy-MM-dd HH:mm', 'Europe/London') => '2021-08-09 15:05'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(TIMESTAMP timestamp, VARCHAR formatPattern) -> VARCHAR",
              .eval = format_timestamp,
              .prepare = sl_date_prepare,
              .doc = "In GMT.",
              .local_size = sizeof(sl_date_site),
              .leave = sl_date_leave},
             {.signature = "(TIMESTAMP timestamp, VARCHAR formatPattern, VARCHAR timeZone) -> VARCHAR",
              .eval = format_timestamp,
              .prepare = sl_date_prepare,
              .doc = "In a time zone.",
              .local_size = sizeof(sl_date_site),
              .leave = sl_date_leave},
             {0}}},
    {.name = "FROM_UNIXTIME",
     .category = DATES,
     .doc = "Gives the timestamp of milliseconds since 1970.",
     .example = "FROM_UNIXTIME(1628517900000) => '2021-08-09T14:05:00.000'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(BIGINT epochMilli) -> TIMESTAMP", .eval = give_ms, .doc = "Of milliseconds."}, {0}}},
    {.name = "PARSE_TIMESTAMP",
     .category = DATES,
     .doc = "Reads a timestamp.",
     .example = "PARSE_TIMESTAMP('2018-05-11 21:58', 'yyyy-MM-dd HH:mm') => '2018-05-11T21:58:00.000'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR formattedTimestamp, VARCHAR formatPattern) -> TIMESTAMP",
              .eval = parse_timestamp,
              .prepare = sl_date_prepare,
              .doc = "In GMT, unless the text names a zone.",
              .local_size = sizeof(sl_date_site),
              .leave = sl_date_leave},
             {.signature = "(VARCHAR formattedTimestamp, VARCHAR formatPattern, VARCHAR timeZone) -> TIMESTAMP",
              .eval = parse_timestamp,
              .prepare = sl_date_prepare,
              .doc = "In a time zone, unless the text names another.",
              .local_size = sizeof(sl_date_site),
              .leave = sl_date_leave},
             {0}}},
    {.name = "STRINGTOTIMESTAMP",
     .category = DATES,
     .doc = "Reads a timestamp as milliseconds since 1970. Deprecated: use PARSE_TIMESTAMP.",
     .example = "STRINGTOTIMESTAMP('2018-05-11', 'yyyy-MM-dd', 'UTC') => 1525996800000",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR! formattedTimestamp, VARCHAR! formatPattern) -> BIGINT",
              .eval = string_to_timestamp,
              .prepare = sl_date_prepare,
              .doc = "In the time zone of the server, unless the text names a zone.",
              .local_size = sizeof(sl_date_site),
              .leave = sl_date_leave},
             {.signature = "(VARCHAR! formattedTimestamp, VARCHAR! formatPattern, VARCHAR! timeZone) -> BIGINT",
              .eval = string_to_timestamp,
              .prepare = sl_date_prepare,
              .doc = "In a time zone, unless the text names another.",
              .local_size = sizeof(sl_date_site),
              .leave = sl_date_leave},
             {0}}},
    {.name = "TIMESTAMPADD",
     .category = DATES,
     .doc = "Adds a time to a timestamp.",
     .example = "TIMESTAMPADD(MINUTES, 5, '2021-08-09T14:05:00') => '2021-08-09T14:10:00.000'",
     .overloads = (const sl_overload[]){{.signature = "(UNIT unit, INT interval, TIMESTAMP timestamp) -> TIMESTAMP",
                                         .eval = timestamp_add,
                                         .doc = "Of a timestamp."},
                                        {0}}},
    {.name = "TIMESTAMPSUB",
     .category = DATES,
     .doc = "Subtracts a time from a timestamp.",
     .example = "TIMESTAMPSUB(MINUTES, 5, '2021-08-09T14:05:00') => '2021-08-09T14:00:00.000'",
     .overloads = (const sl_overload[]){{.signature = "(UNIT unit, INT interval, TIMESTAMP timestamp) -> TIMESTAMP",
                                         .eval = timestamp_sub,
                                         .doc = "Of a timestamp."},
                                        {0}}},
    {.name = "TIMESTAMPTOSTRING",
     .category = DATES,
     .doc = "Formats milliseconds since 1970. Deprecated: use FORMAT_TIMESTAMP.",
     .example = "TIMESTAMPTOSTRING(1628517900000, 'yyyy-MM-dd HH:mm:ss', 'UTC') => '2021-08-09 14:05:00'",
     .overloads =
         (const sl_overload[]){{.signature = "(BIGINT! epochMilli, VARCHAR formatPattern) -> VARCHAR",
                                .eval = timestamp_to_string,
                                .prepare = sl_date_prepare,
                                .doc = "In the time zone of the server.",
                                .local_size = sizeof(sl_date_site),
                                .leave = sl_date_leave},
                               {.signature = "(BIGINT! epochMilli, VARCHAR formatPattern, VARCHAR timeZone) -> VARCHAR",
                                .eval = timestamp_to_string,
                                .prepare = sl_date_prepare,
                                .doc = "In a time zone.",
                                .local_size = sizeof(sl_date_site),
                                .leave = sl_date_leave},
                               {0}}},
    {.name = "UNIX_TIMESTAMP",
     .category = DATES,
     .doc = "Gives milliseconds since 1970.",
     .example = "UNIX_TIMESTAMP('1970-01-01T00:00:01') => 1000",
     .overloads =
         (const sl_overload[]){
             {.signature = "() -> BIGINT", .flags = SL_FN_VOLATILE, .eval = now, .doc = "Of now."},
             {.signature = "(TIMESTAMP timestamp) -> BIGINT", .eval = give_ms, .doc = "Of a timestamp."},
             {0}}},
    {0}};
