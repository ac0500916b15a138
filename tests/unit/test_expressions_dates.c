/* Functions of dates, times and timestamps by example (functions.md 14, 15). Each text function is tried with a
 * constant pattern and with one that is a column. */
#include <stdlib.h>
#include "expressions_support.h"
#include "functions/date_zone.h"

static int setup(void **state) {
  static bench b;
  bench_init(&b);
  bench_column(&b, "NS", "STRING", "NULL");
  bench_column(&b, "NI", "INTEGER", "NULL");
  bench_column(&b, "NL", "BIGINT", "NULL");
  bench_column(&b, "ND", "DATE", "NULL");
  bench_column(&b, "NT", "TIME", "NULL");
  bench_column(&b, "NTS", "TIMESTAMP", "NULL");
  bench_column(&b, "D", "DATE", "'2021-08-09'");
  bench_column(&b, "T", "TIME", "'14:05:07.123'");
  bench_column(&b, "TS", "TIMESTAMP", "'2021-08-09T14:05:07.123'");
  bench_column(&b, "OLD", "DATE", "'1969-12-30'");
  bench_column(&b, "MS", "BIGINT", "1526075913000");
  bench_column(&b, "P", "STRING", "'yyyy-MM-dd'");
  bench_column(&b, "S", "STRING", "'2018-05-11'");
  bench_column(&b, "LA", "STRING", "'America/Los_Angeles'");
  *state = &b;
  return sl_zone_set_server(sl_str_of("UTC"), NULL);
}

/* Each want is the end of the message of a failed evaluation; the result is NULL. */
static void check_errors(void **state, const example *list) {
  bench *b = *state;
  for (; list->sql; list++) {
    const char *got = bench_eval(b, list->sql);
    size_t n = strlen(got);
    if (n < 5 || strcmp(got + n - 5, " null") || !strstr(b->error, list->want))
      fail_msg("%s\n   gave %s (%s)\n   not  %s", list->sql, got, b->error, list->want);
  }
}

static void test_dates__arithmetic(void **state) {
  bench_check(state, (const example[]){{"DATEADD(DAYS, 2, D)", "DATE 2021-08-11"},
                                       {"DATEADD(DAYS, -9, D)", "DATE 2021-07-31"},
                                       {"DATEADD(HOURS, 23, D)", "DATE 2021-08-09"},
                                       {"DATEADD(HOURS, 25, D)", "DATE 2021-08-10"},
                                       {"DATEADD(HOURS, 23, OLD)", "DATE 1969-12-31"},
                                       {"DATESUB(MINUTES, 1, OLD)", "DATE 1969-12-30"},
                                       {"DATESUB(DAYS, -2, D)", "DATE 2021-08-11"},
                                       {"DATEADD(DAYS, NI, D)", "DATE null"},
                                       {"DATESUB(DAYS, 1, ND)", "DATE null"},
                                       {"TIMEADD(HOURS, 10, T)", "TIME 00:05:07"},
                                       {"TIMEADD(DAYS, 2000000000, T)", "TIME 13:52:23"},
                                       {"TIMESUB(SECONDS, 7, T)", "TIME 14:05"},
                                       {"TIMESUB(HOURS, 15, T)", "TIME 23:05:07"},
                                       {"FORMAT_TIME(TIMEADD(MILLISECONDS, -124, T), 'ss.SSS')", "STRING 06.999"},
                                       {"TIMEADD(HOURS, NI, T)", "TIME null"},
                                       {"TIMESUB(HOURS, 1, NT)", "TIME null"},
                                       {"TIMESTAMPADD(MILLISECOND, 1, TS)", "TIMESTAMP 2021-08-09T14:05:07.124"},
                                       {"TIMESTAMPADD(HOURS, -15, TS)", "TIMESTAMP 2021-08-08T23:05:07.123"},
                                       {"TIMESTAMPSUB(DAYS, 9, TS)", "TIMESTAMP 2021-07-31T14:05:07.123"},
                                       {"TIMESTAMPADD(DAYS, NI, TS)", "TIMESTAMP null"},
                                       {"TIMESTAMPSUB(DAYS, 1, NTS)", "TIMESTAMP null"},
                                       {0}});
}

static void test_dates__units_are_words(void **state) {
  bench *b = *state;
  const char *got = bench_eval(b, "DATEADD(D, 5, D)");
  static const char WANT[] = "error: Function 'dateadd' does not accept parameters (DATE, INTEGER, DATE).";
  assert_memory_equal(got, WANT, sizeof WANT - 1);
  assert_non_null(strstr(got, "DATEADD(INTERVAL UNIT unit, INT interval, DATE date)"));
  assert_non_null(strstr(bench_eval(b, "TIMEADD(T, 5, T)"), "(TIME, INTEGER, TIME)"));
  assert_non_null(strstr(bench_eval(b, "TIMESTAMPSUB(TS, 5, TS)"), "(TIMESTAMP, INTEGER, TIMESTAMP)"));
}

static void test_dates__conversion(void **state) {
  bench_check(state, (const example[]){{"UNIX_DATE(D)", "INTEGER 18848"},
                                       {"UNIX_DATE('1970-01-03')", "INTEGER 2"},
                                       {"UNIX_DATE(ND)", "INTEGER null"},
                                       {"UNIX_DATE()", "INTEGER 0"},
                                       {"UNIX_TIMESTAMP(TS)", "BIGINT 1628517907123"},
                                       {"UNIX_TIMESTAMP(NTS)", "BIGINT null"},
                                       {"UNIX_TIMESTAMP()", "BIGINT 0"},
                                       {"FROM_UNIXTIME(MS)", "TIMESTAMP 2018-05-11T21:58:33.000"},
                                       {"FROM_UNIXTIME(-1)", "TIMESTAMP 1969-12-31T23:59:59.999"},
                                       {"FROM_UNIXTIME(NL)", "TIMESTAMP null"},
                                       {"FROM_DAYS(17662)", "DATE 2018-05-11"},
                                       {"FROM_DAYS(-1)", "DATE 1969-12-31"},
                                       {0}});
  assert_string_equal(bench_eval(*state, "FROM_DAYS(NI)"), "DATE null");
  assert_true(((bench *)*state)->error[0] != 0);
}

static void test_dates__convert_tz(void **state) {
  bench_check(state, (const example[]){{"CONVERT_TZ(TS, 'UTC', LA)", "TIMESTAMP 2021-08-09T07:05:07.123"},
                                       {"CONVERT_TZ(TS, LA, 'America/New_York')", "TIMESTAMP 2021-08-09T17:05:07.123"},
                                       {"CONVERT_TZ(TS, 'Z', '+05:30')", "TIMESTAMP 2021-08-09T19:35:07.123"},
                                       {"CONVERT_TZ(TS, 'GMT+02:00', 'UTC+5')", "TIMESTAMP 2021-08-09T12:05:07.123"},
                                       {"CONVERT_TZ(TS, 'UTC', '+05:30:15')", "TIMESTAMP 2021-08-09T14:05:07.123"},
                                       {"CONVERT_TZ(NTS, 'UTC', LA)", "TIMESTAMP null"},
                                       {"CONVERT_TZ(TS, NS, LA)", "TIMESTAMP null"},
                                       {"CONVERT_TZ(TS, LA, NS)", "TIMESTAMP null"},
                                       {0}});
  check_errors(state,
               (const example[]){
                   {"CONVERT_TZ(TS, 'PST', 'UTC')", "Invalid time zone: Unknown time-zone ID: PST"},
                   {"CONVERT_TZ(TS, 'UTC', 'america/los_angeles')",
                    "Invalid time zone: Unknown time-zone ID: america/los_angeles"},
                   {"CONVERT_TZ(TS, 'UTC', '?')", "Invalid time zone: Invalid ID for ZoneOffset, invalid format: ?"},
                   {"CONVERT_TZ(TS, S, 'UTC')",
                    "Invalid time zone: Invalid ID for region-based ZoneId, invalid format: 2018-05-11"},
                   {0}});
}

static void test_dates__format_date(void **state) {
  bench_check(state, (const example[]){{"FORMAT_DATE(D, 'dd-MMM-yyyy')", "STRING 09-Aug-2021"},
                                       {"FORMAT_DATE(D, P)", "STRING 2021-08-09"},
                                       {"FORMAT_DATE(D, 'EEEE, d MMMM yy''y''''y''')", "STRING Monday, 9 August 21y'y"},
                                       {"FORMAT_DATE(D, 'D QQQ QQQQ e F')", "STRING 221 Q3 3rd quarter 2 2"},
                                       {"FORMAT_DATE(D, 'YYYY-ww W')", "STRING 2021-33 2"},
                                       {"FORMAT_DATE(D, 'G GGGG GGGGG')", "STRING AD Anno Domini A"},
                                       {"FORMAT_DATE(D, 'yyyy[ HH:mm]')", "STRING 2021"},
                                       {"FORMAT_DATE(D, 'ppppdMMMMM')", "STRING    9A"},
                                       {"FORMAT_DATE(D, '')", "STRING "},
                                       {"FORMAT_DATE(CAST('10000-01-01' AS DATE), P)", "STRING null"},
                                       {"FORMAT_DATE(FROM_DAYS(2932897), P)", "STRING +10000-01-01"},
                                       {"FORMAT_DATE(FROM_DAYS(-719529), 'uuuu yyyy G')", "STRING -0001 0002 BC"},
                                       {"FORMAT_DATE(ND, P)", "STRING null"},
                                       {"FORMAT_DATE(D, NS)", "STRING null"},
                                       {"DATETOSTRING(17662, 'yyyy-MM-dd')", "STRING 2018-05-11"},
                                       {"DATETOSTRING(17662, P)", "STRING 2018-05-11"},
                                       {"DATETOSTRING(17662, NS)", "STRING null"},
                                       {0}});
  check_errors(state,
               (const example[]){
                   {"FORMAT_DATE(D, 'HH')",
                    "Failed to format date 2021-08-09 with formatter 'HH': Unsupported field: HourOfDay"},
                   {"FORMAT_DATE(D, 'i')", "with formatter 'i': Unknown pattern letter: i"},
                   {"FORMAT_DATE(D, 'z')", "Unable to extract ZoneId"},
                   {"FORMAT_DATE(D, '''x')", "Pattern ends with an incomplete string literal: 'x"},
                   {"FORMAT_DATE(D, '{')", "Pattern includes reserved character: '{'"},
                   {"FORMAT_DATE(D, 'dd]')", "] without previous ["},
                   {"FORMAT_DATE(D, 'ddd')", "Too many pattern letters: d"},
                   {"FORMAT_DATE(D, 'p-')", "Pad letter 'p' must be followed by valid pad pattern: p-"},
                   {"FORMAT_DATE(D, 'ppyyyy')", "Cannot print as output of 4 characters exceeds pad width of 2"},
                   {"FORMAT_DATE(D, LPAD('y', 2000, 'y'))", "Failed to format date 2021-08-09 with formatter"},
                   {"FORMAT_DATE(FROM_DAYS(-719529), 'YY h')", "Unsupported field: ClockHourOfAmPm"},
                   {"DATETOSTRING(5, 'b')", "Failed to format date 5 with formatter 'b': Unknown pattern letter: b"},
                   {"DATETOSTRING(NI, 'yyyy')", ""},
                   {0}});
}

static void test_dates__format_time(void **state) {
  bench_check(state, (const example[]){{"FORMAT_TIME(T, 'HH_mm_ss_SSS')", "STRING 14_05_07_123"},
                                       {"FORMAT_TIME(T, 'h:m a')", "STRING 2:5 PM"},
                                       {"FORMAT_TIME(T, 'K k kk')", "STRING 2 14 14"},
                                       {"FORMAT_TIME(T, 'A n N')", "STRING 50707123 123000000 50707123000000"},
                                       {"FORMAT_TIME(T, 'S SSSSSSSSS')", "STRING 1 123000000"},
                                       {"FORMAT_TIME(T, 'B')", "STRING in the afternoon"},
                                       {"FORMAT_TIME(CAST('00:00' AS TIME), 'k K h B')", "STRING 24 0 12 midnight"},
                                       {"FORMAT_TIME(T, 'HHmmss''AAAAA''')", "STRING 140507AAAAA"},
                                       {"FORMAT_TIME(NT, 'HH')", "STRING null"},
                                       {"FORMAT_TIME(T, NS)", "STRING null"},
                                       {0}});
  check_errors(
      state, (const example[]){{"FORMAT_TIME(T, P)", "Failed to format time 14:05:07.123 with formatter 'yyyy-MM-dd': "
                                                     "Unsupported field: YearOfEra"},
                               {"FORMAT_TIME(T, 'YYYY')", "Unsupported field: DayOfWeek"},
                               {"FORMAT_TIME(T, 'X')", "Unsupported field: OffsetSeconds"},
                               {0}});
}

static void test_dates__format_timestamp(void **state) {
  bench_check(state, (const example[]){
                         {"FORMAT_TIMESTAMP(TS, 'yyyy-MM-dd HH:mm:ss.SSS')", "STRING 2021-08-09 14:05:07.123"},
                         {"FORMAT_TIMESTAMP(TS, 'z zzzz VV X XXX x Z O')",
                          "STRING GMT Greenwich Mean Time GMT Z Z +00 +0000 GMT"},
                         {"FORMAT_TIMESTAMP(TS, 'HH zzz zzzz', LA)", "STRING 07 PDT Pacific Daylight Time"},
                         {"FORMAT_TIMESTAMP(TS, 'X XX XXX x Z ZZZZ O OOOO v vvvv', 'America/Los_Angeles')",
                          "STRING -07 -0700 -07:00 -07 -0700 GMT-07:00 GMT-7 GMT-07:00 PT Pacific Time"},
                         {"FORMAT_TIMESTAMP(TS, 'z', 'Europe/London')", "STRING BST"},
                         {"FORMAT_TIMESTAMP(TS, 'z', 'Europe/Berlin')", "STRING CEST"},
                         {"FORMAT_TIMESTAMP(TS, 'HH:mm z VV X', '+05:30')", "STRING 19:35 +05:30 +05:30 +0530"},
                         {"FORMAT_TIMESTAMP(TS, 'VV', 'UTC+5')", "STRING UTC+05:00"},
                         {"FORMAT_TIMESTAMP('2020-05-26T23:59:58', P)", "STRING 2020-05-26"},
                         {"FORMAT_TIMESTAMP(NTS, P)", "STRING null"},
                         {"FORMAT_TIMESTAMP(TS, NS)", "STRING null"},
                         {"FORMAT_TIMESTAMP(TS, P, NS)", "STRING null"},
                         {"TIMESTAMPTOSTRING(MS, 'yyyy-MM-dd HH:mm:ss z')", "STRING 2018-05-11 21:58:33 UTC"},
                         {"TIMESTAMPTOSTRING(MS, 'yyyy-MM-dd HH:mm:ss zzz', LA)", "STRING 2018-05-11 14:58:33 PDT"},
                         {"TIMESTAMPTOSTRING(-1, 'yyyy-MM-dd HH:mm:ss.SSS')", "STRING 1969-12-31 23:59:59.999"},
                         {"TIMESTAMPTOSTRING(MS, NS)", "STRING null"},
                         {0}});
  check_errors(state, (const example[]){{"FORMAT_TIMESTAMP(TS, 'i')",
                                         "Failed to format timestamp 2021-08-09 14:05:07.123 at timeZone 'GMT' with "
                                         "formatter 'i': Unknown pattern letter: i"},
                                        {"FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy', 'Nowhere/City')",
                                         "Failed to format timestamp 1970-01-01 00:00:00.0 at timeZone 'Nowhere/City' "
                                         "with formatter 'yyyy': Unknown time-zone ID: Nowhere/City"},
                                        {"TIMESTAMPTOSTRING(5, 'j')",
                                         "Failed to format timestamp 5 with formatter 'j': Unknown pattern letter: j"},
                                        {"TIMESTAMPTOSTRING(NL, 'yyyy')", ""},
                                        {0}});
}

static void test_dates__server_zone(void **state) {
  assert_int_equal(sl_zone_set_server(sl_str_of("America/New_York"), NULL), 0);
  bench_check(state, (const example[]){{"TIMESTAMPTOSTRING(MS, 'HH:mm z')", "STRING 17:58 EDT"},
                                       {"STRINGTOTIMESTAMP('2018-05-11 17', 'yyyy-MM-dd HH')", "BIGINT 1526072400000"},
                                       {"UNIX_DATE()", "INTEGER -1"},
                                       {"FORMAT_TIMESTAMP(TS, 'HH z')", "STRING 14 GMT"},
                                       {0}});
  assert_int_equal(sl_zone_set_server(sl_str_of("UTC"), NULL), 0);
}

/* ---- reading ---- */

static void test_dates__parse_date(void **state) {
  bench_check(state, (const example[]){{"PARSE_DATE('2018-05-11Lit', 'yyyy-MM-dd''Lit''')", "DATE 2018-05-11"},
                                       {"PARSE_DATE(S, P)", "DATE 2018-05-11"},
                                       {"PARSE_DATE('01-JAN-2022', 'dd-MMM-yyyy')", "DATE 2022-01-01"},
                                       {"PARSE_DATE('february-2022', 'MMM-yyyy')", "DATE 2022-02-01"},
                                       {"PARSE_DATE('20211201', 'yyyyMMdd')", "DATE 2021-12-01"},
                                       {"PARSE_DATE('2021-12-01xyz', P)", "DATE 2021-12-01"},
                                       {"PARSE_DATE('2021-02-30', P)", "DATE 2021-03-02"},
                                       {"PARSE_DATE('2021-13-01', P)", "DATE 2022-01-01"},
                                       {"PARSE_DATE('2021- 1-5', P)", "DATE 2021-01-05"},
                                       {"PARSE_DATE('2021-1-5 24', 'yyyy-MM-dd HH')", "DATE 2021-01-06"},
                                       {"PARSE_DATE('21-01-01', P)", "DATE 0021-01-01"},
                                       {"PARSE_DATE('1500-01-01', P)", "DATE 1500-01-01"},
                                       {"PARSE_DATE('03', 'MM')", "DATE 1970-03-01"},
                                       {"PARSE_DATE('Sun 2021-08-09', 'E yyyy-MM-dd')", "DATE 2021-08-09"},
                                       {"PARSE_DATE('2021 221', 'yyyy D')", "DATE 2021-08-09"},
                                       {"PARSE_DATE('0005-01-01 bc', 'yyyy-MM-dd G')", "DATE -0004-01-01"},
                                       {"PARSE_DATE('2021-08-09 00:00', 'yyyy-MM-dd HH:mm')", "DATE 2021-08-09"},
                                       {"PARSE_DATE('2021-08-09 12 am', 'yyyy-MM-dd hh a')", "DATE 2021-08-09"},
                                       {"PARSE_DATE('2021-08-09 02+0200', 'yyyy-MM-dd HHZ')", "DATE 2021-08-09"},
                                       {"PARSE_DATE('', '')", "DATE 1970-01-01"},
                                       {"PARSE_DATE(NS, P)", "DATE null"},
                                       {"PARSE_DATE(S, NS)", "DATE null"},
                                       {0}});
  check_errors(state,
               (const example[]){
                   {"PARSE_DATE('x', P)", "Failed to parse date 'x' with formatter 'yyyy-MM-dd': Unparseable date: x"},
                   {"PARSE_DATE('2021-01-01', 'yyyy-ii-dd')", "Illegal pattern component: ii"},
                   {"PARSE_DATE('2021', 'yyyy''')", "Unterminated quote"},
                   {"PARSE_DATE('2021-01-01 10', 'yyyy-MM-dd HH')", "Date format contains time field."},
                   {"PARSE_DATE('99999999999', 'yyyy')", "For input string: \"99999999999\""},
                   {"PARSE_DATE('', P)", "Unparseable date: "},
                   {"PARSE_DATE('2021-01-', P)", "Unparseable date: 2021-01-"},
                   {0}});
}

/* Two digits of a year lie in a window around now. */
static void test_dates__short_years_of_parse_date(void **state) {
  bench *b = *state;
  b->typing.now_ms = INT64_C(1628517907123); /* 2021 */
  bench_check(state, (const example[]){{"PARSE_DATE('41-01-01', 'yy-MM-dd')", "DATE 1941-01-01"},
                                       {"PARSE_DATE('40-01-01', 'yy-MM-dd')", "DATE 2040-01-01"},
                                       {"PARSE_DATE('99-01-01', 'yy-MM-dd')", "DATE 1999-01-01"},
                                       {"PARSE_DATE('2021-01-01', 'yy-MM-dd')", "DATE 2021-01-01"},
                                       {0}});
  b->typing.now_ms = 0;
}

static void test_dates__string_to_date(void **state) {
  bench_check(state, (const example[]){{"STRINGTODATE(S, P)", "INTEGER 17662"},
                                       {"STRINGTODATE('01-jan-2022', 'dd-MMM-yyyy')", "INTEGER 18993"},
                                       {"STRINGTODATE('20211201', 'yyyyMMdd')", "INTEGER 18962"},
                                       {"STRINGTODATE('2021-02-30', P)", "INTEGER 18686"},
                                       {"STRINGTODATE('2021-221', 'yyyy-DDD')", "INTEGER 18848"},
                                       {"STRINGTODATE('2021-33-2', 'YYYY-ww-e')", "INTEGER 18848"},
                                       {"STRINGTODATE('31/12/69', 'dd/MM/yy')", "INTEGER 36524"},
                                       {0}});
  check_errors(
      state, (const example[]){
                 {"STRINGTODATE('foo', 'yyyyMMdd')",
                  "Failed to parse date 'foo' with formatter 'yyyyMMdd': Text 'foo' could not be parsed at index 0"},
                 {"STRINGTODATE('2021-1-1', P)", "Text '2021-1-1' could not be parsed at index 5"},
                 {"STRINGTODATE('2021-01-01x', P)", "could not be parsed, unparsed text found at index 10"},
                 {"STRINGTODATE('é2021-01-01', P)", "at index 0"},
                 {"STRINGTODATE('😀2021-1', '''😀''yyyy-MM')", "could not be parsed at index 7"},
                 {"STRINGTODATE('2021-13-01', P)", "Invalid value for MonthOfYear (valid values 1 - 12): 13"},
                 {"STRINGTODATE('2021-01', 'yyyy-MM')", "Unable to obtain LocalDate"},
                 {"STRINGTODATE('2021-366', 'yyyy-DDD')", "Invalid date 'DayOfYear 366' as '2021' is not a leap year"},
                 {"STRINGTODATE('Tue 2021-08-09', 'E yyyy-MM-dd')",
                  "Conflict found: Field DayOfWeek 1 differs from DayOfWeek 2 derived from 2021-08-09"},
                 {"STRINGTODATE('2021 2020', 'uuuu yyyy')", "Conflict found: Year 2021 differs from Year 2020"},
                 {"STRINGTODATE(NS, P)", ""},
                 {"STRINGTODATE(S, NS)", ""},
                 {0}});
}

static void test_dates__parse_time(void **state) {
  bench_check(state, (const example[]){{"PARSE_TIME('10:15', 'HH:mm')", "TIME 10:15"},
                                       {"PARSE_TIME('101507', 'HHmmss')", "TIME 10:15:07"},
                                       {"PARSE_TIME('10', 'H')", "TIME 10:00"},
                                       {"PARSE_TIME('10 Pm', 'hh a')", "TIME 22:00"},
                                       {"PARSE_TIME('24', 'kk')", "TIME 00:00"},
                                       {"PARSE_TIME('24:00', 'HH:mm')", "TIME 00:00"},
                                       {"PARSE_TIME('3661000', 'A')", "TIME 01:01:01"},
                                       {"PARSE_TIME('2 in the afternoon', 'K B')", "TIME 14:00"},
                                       {"PARSE_TIME('  7:05', 'pppH:mm')", "TIME 07:05"},
                                       {"FORMAT_TIME(PARSE_TIME('101507123', 'HHmmssSSS'), 'SSS')", "STRING 123"},
                                       {"PARSE_TIME(NS, 'HH')", "TIME null"},
                                       {"PARSE_TIME(S, NS)", "TIME null"},
                                       {0}});
  check_errors(
      state,
      (const example[]){{"PARSE_TIME(S, P)", "Failed to parse time '2018-05-11' with formatter "
                                             "'yyyy-MM-dd': Time format contains date field."},
                        {"PARSE_TIME('5', 'mm')", "Text '5' could not be parsed at index 0"},
                        {"PARSE_TIME('05', 'mm')", "Unable to obtain LocalTime"},
                        {"PARSE_TIME('05', 'hh')", "Unable to obtain LocalTime"},
                        {"PARSE_TIME('25', 'HH')", "Invalid value for HourOfDay (valid values 0 - 23): 25"},
                        {"PARSE_TIME('10:61', 'HH:mm')", "Invalid value for MinuteOfHour"},
                        {"PARSE_TIME('01 PM 14', 'hh a HH')", "Conflict found: HourOfDay 14 differs from HourOfDay 13"},
                        {0}});
}

static void test_dates__parse_timestamp(void **state) {
  bench_check(
      state,
      (const example[]){
          {"UNIX_TIMESTAMP(PARSE_TIMESTAMP('2018-05-11T21:58:33', 'yyyy-MM-dd''T''HH:mm:ss'))", "BIGINT 1526075913000"},
          {"PARSE_TIMESTAMP('2018', 'yyyy')", "TIMESTAMP 2018-01-01T00:00:00.000"},
          {"PARSE_TIMESTAMP('02', 'MM')", "TIMESTAMP 1970-02-01T00:00:00.000"},
          {"PARSE_TIMESTAMP('10:15', 'HH:mm')", "TIMESTAMP 1970-01-01T10:15:00.000"},
          {"PARSE_TIMESTAMP('15:07', 'mm:ss')", "TIMESTAMP 1970-01-01T00:15:07.000"},
          {"PARSE_TIMESTAMP('2021 Q3', 'yyyy QQQ')", "TIMESTAMP 2021-07-01T00:00:00.000"},
          {"PARSE_TIMESTAMP('2020 366', 'yyyy D')", "TIMESTAMP 2020-12-31T00:00:00.000"},
          {"PARSE_TIMESTAMP('2018-05-11 24:00', 'yyyy-MM-dd HH:mm')", "TIMESTAMP 2018-05-12T00:00:00.000"},
          {"PARSE_TIMESTAMP('2018-05-11', 'yyyy-MM-dd[ HH:mm]')", "TIMESTAMP 2018-05-11T00:00:00.000"},
          {"PARSE_TIMESTAMP('20180511215833123', 'yyyyMMddHHmmssSSS')", "TIMESTAMP 2018-05-11T21:58:33.123"},
          {"PARSE_TIMESTAMP('2018-05-11 PST', 'yyyy-MM-dd z')", "TIMESTAMP 2018-05-11T07:00:00.000"},
          {"PARSE_TIMESTAMP('2018-01-11 PDT', 'yyyy-MM-dd z')", "TIMESTAMP 2018-01-11T08:00:00.000"},
          {"PARSE_TIMESTAMP('2018-05-11 Asia/Tokyo', 'yyyy-MM-dd VV')", "TIMESTAMP 2018-05-10T15:00:00.000"},
          {"PARSE_TIMESTAMP('2018-05-11+02', 'yyyy-MM-ddX', LA)", "TIMESTAMP 2018-05-10T22:00:00.000"},
          {"PARSE_TIMESTAMP('2018-05-11z', 'yyyy-MM-ddX')", "TIMESTAMP 2018-05-11T00:00:00.000"},
          {"PARSE_TIMESTAMP('2018-05-11-0830', 'yyyy-MM-ddX')", "TIMESTAMP 2018-05-11T08:30:00.000"},
          {"PARSE_TIMESTAMP('2018-05-11 GMT+2', 'yyyy-MM-dd O')", "TIMESTAMP 2018-05-10T22:00:00.000"},
          {"PARSE_TIMESTAMP(S, P, LA)", "TIMESTAMP 2018-05-11T07:00:00.000"},
          {"PARSE_TIMESTAMP('2021-03-14 02:30', 'yyyy-MM-dd HH:mm', LA)", "TIMESTAMP 2021-03-14T10:30:00.000"},
          {"PARSE_TIMESTAMP('2021-11-07 01:30', 'yyyy-MM-dd HH:mm', LA)", "TIMESTAMP 2021-11-07T08:30:00.000"},
          {"PARSE_TIMESTAMP('2821-07-07', 'yyyy-MM-dd', LA)", "TIMESTAMP 2821-07-07T07:00:00.000"},
          {"PARSE_TIMESTAMP(NS, P)", "TIMESTAMP null"},
          {"PARSE_TIMESTAMP(S, NS)", "TIMESTAMP null"},
          {"PARSE_TIMESTAMP(S, P, NS)", "TIMESTAMP null"},
          {"STRINGTOTIMESTAMP('2019-08-27T13:31:09.2+0000', 'yyyy-MM-dd''T''HH:mm:ss.SX')", "BIGINT 1566912669200"},
          {"STRINGTOTIMESTAMP(S, P, LA)", "BIGINT 1526022000000"},
          {0}});
  check_errors(
      state,
      (const example[]){
          {"PARSE_TIMESTAMP('x', P)", "Failed to parse timestamp 'x' at timezone 'GMT' with formatter 'yyyy-MM-dd': "
                                      "Text 'x' could not be parsed at index 0"},
          {"PARSE_TIMESTAMP(S, P, 'PST')", "at timezone 'PST' with formatter 'yyyy-MM-dd': Unknown time-zone ID: PST"},
          {"PARSE_TIMESTAMP('366', 'D')", "Leap day cannot be parsed without supplying the year field"},
          {"PARSE_TIMESTAMP('30/02', 'dd/MM')", "Invalid date 'FEBRUARY 30'"},
          {"PARSE_TIMESTAMP('2018-05-11 PQR', 'yyyy-MM-dd z')", "could not be parsed at index 11"},
          {"PARSE_TIMESTAMP('2018-05-11+99', 'yyyy-MM-ddX')", "could not be parsed at index 10"},
          {"PARSE_TIMESTAMP('+999999999', 'yyyy')", "long overflow"},
          {"STRINGTOTIMESTAMP('x', P)",
           "Failed to parse timestamp 'x' with formatter 'yyyy-MM-dd': Text 'x' could not be parsed at index 0"},
          {"STRINGTOTIMESTAMP(NS, P)", ""},
          {"STRINGTOTIMESTAMP(S, NS)", ""},
          {"STRINGTOTIMESTAMP(S, P, NS)", ""},
          {0}});
}

/* What is printed is read back, for many patterns that determine everything. */
static void test_dates__round_trip(void **state) {
  static const char *const PATTERNS[] = {"yyyy-MM-dd HH:mm:ss.SSS X",
                                         "yyyyMMddHHmmssSSSXX",
                                         "d MMM uuuu, hh:mm:ss.SSS a xxx",
                                         "EEEE, dd MMMM yyyy k:m:s.SSS VV",
                                         "YYYY-ww-e A O",
                                         "D/y N ZZZZ",
                                         "yyyy-MM-dd HH:mm:ss.nnnnnnnnn z",
                                         "G y MM dd K a m s SSSSSS XXXXX"};
  static const char *const ZONES[] = {"UTC", "America/Los_Angeles", "+05:30", "Asia/Kathmandu"};
  bench *b = *state;
  for (size_t p = 0; p < sizeof PATTERNS / sizeof *PATTERNS; p++)
    for (size_t z = 0; z < sizeof ZONES / sizeof *ZONES; z++) {
      const char *sql =
          sl_arena_printf(&b->arena, "UNIX_TIMESTAMP(PARSE_TIMESTAMP(FORMAT_TIMESTAMP(TS, '%s', '%s'), '%s', '%s'))",
                          PATTERNS[p], ZONES[z], PATTERNS[p], ZONES[z]);
      const char *got = bench_eval(b, sql);
      if (strcmp(got, "BIGINT 1628517907123")) fail_msg("%s gave %s (%s)", sql, got, b->error);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dates__arithmetic),       cmocka_unit_test(test_dates__units_are_words),
      cmocka_unit_test(test_dates__conversion),       cmocka_unit_test(test_dates__convert_tz),
      cmocka_unit_test(test_dates__format_date),      cmocka_unit_test(test_dates__format_time),
      cmocka_unit_test(test_dates__format_timestamp), cmocka_unit_test(test_dates__server_zone),
      cmocka_unit_test(test_dates__parse_date),       cmocka_unit_test(test_dates__short_years_of_parse_date),
      cmocka_unit_test(test_dates__string_to_date),   cmocka_unit_test(test_dates__parse_time),
      cmocka_unit_test(test_dates__parse_timestamp),  cmocka_unit_test(test_dates__round_trip),
  };
  return cmocka_run_group_tests(tests, setup, bench_teardown);
}
