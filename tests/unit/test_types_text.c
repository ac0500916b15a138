/* Text forms: doubles and booleans as Java has them, dates and times with their partial forms and messages, base64,
 * UTF-16 views. */
#include "types_testing.h"

#include <math.h>

static void test_text__doubles_print_as_java_prints_them(void **state) {
  (void)state;
  static const struct {
    double v;
    const char *text;
  } CASES[] = {{0.0, "0.0"},
               {-0.0, "-0.0"},
               {1e7, "1.0E7"},
               {9999999.0, "9999999.0"},
               {0.001, "0.001"},
               {1e-5, "1.0E-5"},
               {9.9e-4, "9.9E-4"},
               {1e21, "1.0E21"},
               {100.0, "100.0"},
               {123456789.0, "1.23456789E8"},
               {4.9e-324, "4.9E-324"},
               {1.7976931348623157e308, "1.7976931348623157E308"},
               {-INFINITY, "-Infinity"},
               {NAN, "NaN"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    char out[32];
    size_t len = sl_double_print(out, CASES[i].v);
    assert_int_equal(len, strlen(CASES[i].text));
    assert_memory_equal(out, CASES[i].text, len);
  }
}

static void test_text__doubles_parse_as_java_parses_them(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double v;
  } CASES[] = {{" 1.5 ", 1.5},
               {"\t-2.\n", -2},
               {".5e2", 50},
               {"+3D", 3},
               {"1f", 1},
               {"Infinity", INFINITY},
               {"-Infinity", -INFINITY},
               {"1e999", INFINITY},
               {"0x1p3", 8},
               {"-0x1.8p1", -3},
               {"0X.8P-1f", 0.25},
               {"0x1p-1074", 4.9e-324},
               {"0x1p-1075", 0},
               {"0x1.000001p-1075", 4.9e-324},
               {"0x1.8p-1074", 2 * 4.9e-324},
               {"0x1.fffffffffffff8p1023", INFINITY},
               {"0x1.fffffffffffff7p1023", 1.7976931348623157e308},
               {"0x1.00000000000008p0", 1},
               {"0x1.000000000000080000000000000000000001p0", 0x1.0000000000001p0}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    double v = 12345;
    if (!sl_double_parse(sl_str_of(CASES[i].text), &v) || v != CASES[i].v) fail_msg("%s gave %a", CASES[i].text, v);
  }
  double v;
  assert_true(sl_double_parse(sl_str_of("-0"), &v) && signbit(v));
  assert_true(sl_double_parse(sl_str_of("NaN"), &v) && isnan(v));
  static const char *const BAD[] = {"",     " ",   "+",   "nan", "inf", "infinity", "1e",    "0x1", "0xp1",
                                    "0x1p", "1 2", "--1", "+-1", "d",   "1dd",      "1_000", "1,5"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    if (sl_double_parse(sl_str_of(BAD[i]), &v)) fail_msg("parsed: '%s'", BAD[i]);
  }
}

static void test_text__booleans_are_prefixes_of_words(void **state) {
  (void)state;
  static const char *const TRUE_TEXTS[] = {"t", "TRUE", "tr", "Y", "yEs"},
                           *const FALSE_TEXTS[] = {"f", "FAL", "n", "No"}, *const BAD[] = {"",  "x", "truex", "yess",
                                                                                           "1", "0", "on",    " t"};
  bool v;
  for (size_t i = 0; i < 5; i++) assert_true(sl_boolean_parse(sl_str_of(TRUE_TEXTS[i]), &v) && v);
  for (size_t i = 0; i < 4; i++) assert_true(sl_boolean_parse(sl_str_of(FALSE_TEXTS[i]), &v) && !v);
  for (size_t i = 0; i < 8; i++) assert_false(sl_boolean_parse(sl_str_of(BAD[i]), &v));
}

static void test_text__timestamps_are_completed(void **state) {
  (void)state;
  static const struct {
    const char *text, *full;
  } CASES[] = {{"2020", "2020-01-01T00:00:00.000"},
               {"2020-05", "2020-05-01T00:00:00.000"},
               {"2020-05-26", "2020-05-26T00:00:00.000"},
               {"2020-05-26T23", "2020-05-26T23:00:00.000"},
               {"2020-05-26T23:59", "2020-05-26T23:59:00.000"},
               {"2020-05-26T23:59:58", "2020-05-26T23:59:58.000"},
               {"2020-05-26T23:59:58.1", "2020-05-26T23:59:58.100"},
               {"2020-05-26T23:59:58.123Z", "2020-05-26T23:59:58.123"},
               {"2020-05-26T23:59:58.123+0200", "2020-05-26T21:59:58.123"},
               {"2020-05-26T23:59:58.123-02:30", "2020-05-27T02:29:58.123"},
               {"2020-05-26T23+1", "2020-05-26T22:00:00.000"},
               {"2020-05-26T+01", "2020-05-25T23:00:00.000"},
               {"2020-05-26T00:00:00+18:00", "2020-05-25T06:00:00.000"},
               {"2021-02-30T00:00", "2021-02-28T00:00:00.000"},
               {"2020-02-29", "2020-02-29T00:00:00.000"},
               {"2020-02-29T24", "2020-03-01T00:00:00.000"},
               {"1969-12-31T23:59:59.999", "1969-12-31T23:59:59.999"},
               {"0001-01-01", "0001-01-01T00:00:00.000"},
               {"+12020-01-01T00", "+12020-01-01T00:00:00.000"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    int64_t ms;
    if (sl_timestamp_parse(sl_str_of(CASES[i].text), &ms, &test_err)) fail_msg("%s", test_err.message);
    assert_string_equal(text_of(&SL_TYPE_TIMESTAMP, sl_of_i64(ms)), CASES[i].full);
  }
  int64_t ms;
  assert_int_equal(sl_timestamp_parse(sl_str_of("2018"), &ms, &test_err), 0);
  assert_true(ms == INT64_C(1514764800000));
}

static const char TIMESTAMP_HELP[] =
    "\nRequired format is: \"yyyy-MM-dd'T'HH:mm:ss.SSS\", with an optional numeric 4-digit timezone, for example: "
    "'2020-05-26T23:59:58.000' or with tz: '2020-05-26T23:59:58.000+0200'. A trailing 'Z' instead of tz indicates the "
    "zero UTC offset. Partials are also supported, for example \"2020-05-26\"";

static void test_text__timestamp_errors_say_why_and_how(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } CASES[] = {
      {"foo", "Failed to parse timestamp 'foo': Text 'foo-01-01T00:00:00.000' could not be parsed at index 0"},
      {"2020-05T10", "Failed to parse timestamp '2020-05T10': Text '2020-05T10:00:00.000' could not be parsed at index "
                     "7"},
      {"2020-13-01", "Failed to parse timestamp '2020-13-01': Text '2020-13-01T00:00:00.000' could not be parsed: "
                     "Invalid value for MonthOfYear (valid values 1 - 12): 13"},
      {"2020-01-01T24:01",
       "Failed to parse timestamp '2020-01-01T24:01': Text '2020-01-01T24:01:00.000' could not be parsed: "
       "Invalid value for HourOfDay (valid values 0 - 23): 24"},
      {"2020-01-01T10:00:00.1234", "Failed to parse timestamp '2020-01-01T10:00:00.1234': Text "
                                   "'2020-01-01T10:00:00.1234' could not be parsed, unparsed text found at index 23"},
      {"2020-01-01T10+99:00",
       "Failed to parse timestamp '2020-01-01T10+99:00': Failed to parse timezone '+99:00': Zone "
       "offset hours not in valid range: value 99 is not in the range -18 to 18"},
      {"2020-01-01T10+x", "Failed to parse timestamp '2020-01-01T10+x': Failed to parse timezone '+x': Invalid ID for "
                          "ZoneOffset, non numeric characters found: +x"},
      {"", "Failed to parse timestamp '': Text '-01-01T00:00:00.000' could not be parsed at index 0"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    int64_t ms = 77;
    assert_int_equal(sl_timestamp_parse(sl_str_of(CASES[i].text), &ms, &test_err), SL_E_EVALUATE);
    assert_int_equal(ms, 77);
    assert_string_equal(take_error(), sl_arena_printf(&test_arena, "%s%s", CASES[i].message, TIMESTAMP_HELP));
  }
}

static void test_text__zone_offsets(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int seconds;
  } CASES[] = {{"+1", 3600},      {"-01", -3600},      {"+0530", 19800},  {"-05:30", -19800},
               {"+010203", 3723}, {"+01:02:03", 3723}, {"+18:00", 64800}, {"-18", -64800}};
  int seconds;
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    assert_int_equal(sl_zone_offset_parse(sl_str_of(CASES[i].text), &seconds, &test_err), 0);
    assert_int_equal(seconds, CASES[i].seconds);
  }
  static const char *const BAD[] = {"", "+", "01:00", "+1:00", "+18:01", "+01:60", "+01:0", "+01-00", "+1234567", "Z"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    if (!sl_zone_offset_parse(sl_str_of(BAD[i]), &seconds, &test_err)) fail_msg("parsed: '%s'", BAD[i]);
    take_error();
  }
}

static void test_text__dates_are_strict_but_may_be_partial(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t days;
  } CASES[] = {{"1970", 0},        {"1970-02", 31},         {"1970-01-02", 1},       {"2020-02-29", 18321},
               {"1969-12-31", -1}, {"0000-03-01", -719468}, {"-0001-01-01", -719893}};
  int64_t days;
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    if (sl_date_parse(sl_str_of(CASES[i].text), &days, &test_err)) fail_msg("%s", test_err.message);
    assert_int_equal(days, CASES[i].days);
  }
  static const char HELP[] = "\nRequired format is: \"yyyy-MM-dd\", for example '2020-05-26'. Partials are also "
                             "supported, for example '2020-05'";
  static const struct {
    const char *text, *message;
  } BAD[] = {{"2021-02-29", "Failed to parse date '2021-02-29': Text '2021-02-29' could not be parsed: Invalid date "
                            "'February 29' as '2021' is not a leap year"},
             {"2021-04-31",
              "Failed to parse date '2021-04-31': Text '2021-04-31' could not be parsed: Invalid date 'APRIL 31'"},
             {"x", "Failed to parse date 'x': Text 'x-01-01' could not be parsed at index 0"},
             {"2021-1-5", "Failed to parse date '2021-1-5': Text '2021-1-5' could not be parsed at index 5"},
             {"2021-01-05T10",
              "Failed to parse date '2021-01-05T10': Text '2021-01-05T10' could not be parsed, unparsed "
              "text found at index 10"}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    assert_int_equal(sl_date_parse(sl_str_of(BAD[i].text), &days, &test_err), SL_E_EVALUATE);
    assert_string_equal(take_error(), sl_arena_printf(&test_arena, "%s%s", BAD[i].message, HELP));
  }
}

static void test_text__times_lose_milliseconds_when_printed(void **state) {
  (void)state;
  static const struct {
    const char *text, *shown;
    int64_t ms;
  } CASES[] = {{"10:15", "10:15", 36900000},
               {"10:15:00", "10:15", 36900000},
               {"10:15:30", "10:15:30", 36930000},
               {"10:15:30.5", "10:15:30", 36930500},
               {"23:59:59.999999999", "23:59:59", 86399999},
               {"00:00", "00:00", 0}};
  int64_t ms;
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    if (sl_time_parse(sl_str_of(CASES[i].text), &ms, &test_err)) fail_msg("%s", test_err.message);
    assert_int_equal(ms, CASES[i].ms);
    assert_string_equal(text_of(&SL_TYPE_TIME, sl_of_i64(ms)), CASES[i].shown);
  }
  static const char *const BAD[] = {"", "10", "1:15", "10:15:3", "24:00", "10:60", "10:15Z", "10:15:30.1234567890"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    if (!sl_time_parse(sl_str_of(BAD[i]), &ms, &test_err)) fail_msg("parsed: '%s'", BAD[i]);
    take_error();
  }
  sl_time_parse(sl_str_of("10"), &ms, &test_err);
  assert_string_equal(take_error(),
                      "Failed to parse time '10': Text '10' could not be parsed at index 2\nRequired format "
                      "is: \"HH:mm:ss.SSS\", for example: '01:34:20.123' or '01:34:20'. Partials are also "
                      "supported, for example '01:34'");
}

static void test_text__calendar_is_its_own_inverse(void **state) {
  (void)state;
  for (int64_t days = -800000; days < 3000000; days += 37) {
    int64_t year;
    int month, day;
    sl_civil_from_days(days, &year, &month, &day);
    assert_true(month >= 1 && month <= 12 && day >= 1 && day <= 31);
    assert_true(sl_days_from_civil(year, month, day) == days);
  }
  assert_true(sl_days_from_civil(2000, 1, 1) == 10957);
}

static void test_text__extreme_timestamps_print(void **state) {
  (void)state;
  assert_string_equal(text_of(&SL_TYPE_TIMESTAMP, sl_of_i64(INT64_MAX)), "+292278994-08-17T07:12:55.807");
  assert_string_equal(text_of(&SL_TYPE_TIMESTAMP, sl_of_i64(INT64_MIN)), "-292275055-05-16T16:47:04.192");
  assert_string_equal(text_of(&SL_TYPE_DATE, sl_of_i64(2932897)), "+10000-01-01");
  assert_string_equal(text_of(&SL_TYPE_DATE, sl_of_i64(INT64_MAX)), "+25252734927768524-07-27");
  assert_string_equal(text_of(&SL_TYPE_DATE, sl_of_i64(INT64_MIN)), "-25252734927764585-06-07");
  assert_string_equal(text_of(&SL_TYPE_TIME, sl_of_i64(INT64_MIN)), "16:47:04");
}

static void test_text__base64_round_trips_and_is_strict(void **state) {
  (void)state;
  for (size_t len = 0; len < 40; len++) {
    char bytes[40];
    for (size_t i = 0; i < len; i++) bytes[i] = (char)(i * 37 + 200);
    sl_buf buf = {0};
    sl_base64_encode(&buf, bytes, len);
    assert_int_equal(buf.len, (len + 2) / 3 * 4);
    sl_str back;
    assert_true(sl_base64_decode(&test_arena, sl_buf_str(&buf), &back));
    assert_int_equal(back.len, len);
    if (len) assert_memory_equal(back.ptr, bytes, len);
    sl_buf_done(&buf);
  }
  sl_str out;
  assert_true(sl_base64_decode(&test_arena, sl_str_of("YQ"), &out) && sl_str_eq_z(out, "a"));
  static const char *const BAD[] = {"Y", "YQ=", "Y Q=", "YQ==\n", "====", "YQ-_", "=YQ=", "YWJjY"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    if (sl_base64_decode(&test_arena, sl_str_of(BAD[i]), &out)) fail_msg("decoded: '%s'", BAD[i]);
  }
}

static void test_text__utf16_lengths_and_offsets(void **state) {
  (void)state;
  sl_str s = sl_str_of("aé€😀z"); /* 1, 2, 3, 4 and 1 bytes; 1, 1, 1, 2 and 1 units */
  assert_int_equal(sl_utf16_len(s), 6);
  static const size_t OFFSETS[] = {0, 1, 3, 6, 6, 10, 11, 11};
  for (size_t unit = 0; unit < 8; unit++) {
    bool inside;
    assert_int_equal(sl_utf16_offset(s, unit, &inside), OFFSETS[unit]);
    assert_int_equal(inside, unit == 4);
  }
  assert_int_equal(sl_utf16_len(sl_str_of("\xff\xe2\x82")), 3);
  assert_int_equal(sl_utf16_hash31(sl_str_of("hello")), 99162322);
  assert_int_equal(sl_utf16_hash31(sl_str_of("😀")), 0xd83d * 31 + 0xde00);
}

static void test_text__strings_order_by_utf16_unit(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    int order;
  } CASES[] = {{"", "", 0},
               {"", "a", -1},
               {"a", "B", 1},
               {"abcdefghij", "abcdefghik", -1},
               {"abcdefghij", "abcdefgh", 1},
               {"é", "z", 1},
               {"\xEE\x80\x80", "😀", 1}, /* U+E000 stands after the surrogates */
               {"\xEF\xBF\xBD", "😀", 1},
               {"\xED\x9F\xBF", "😀", -1}, /* U+D7FF before */
               {"😀", "😁", -1},
               {"long common prefix \xEE\x80\x80", "long common prefix 😀", 1}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    assert_int_equal(sl_utf16_compare(sl_str_of(CASES[i].a), sl_str_of(CASES[i].b)), CASES[i].order);
    assert_int_equal(sl_utf16_compare(sl_str_of(CASES[i].b), sl_str_of(CASES[i].a)), -CASES[i].order);
  }
}

static void test_text__map_order_is_that_of_a_java_HashMap(void **state) {
  (void)state;
  sl_value entries[] = {string_of("D"), sl_null(), string_of("Q"), sl_null()};
  uint32_t order[200];
  sl_java_map_order(entries, 2, SL_JAVA_MAP_ROOM, order);
  assert_true(order[0] == 1 && order[1] == 0);
  sl_value more[] = {string_of("T"), sl_null(), string_of("C"), sl_null()};
  sl_java_map_order(more, 2, SL_JAVA_MAP_ROOM, order);
  assert_true(order[0] == 1 && order[1] == 0);
  /* "Aa" and "BB" have one hash: insertion order inside the bucket. */
  sl_value equal[] = {string_of("BB"), sl_null(), string_of("Aa"), sl_null()};
  sl_java_map_order(equal, 2, SL_JAVA_MAP_ROOM, order);
  assert_true(order[0] == 0 && order[1] == 1);
  /* Made for three entries it has four buckets. */
  sl_value three[] = {string_of("yes, thanks"), sl_null(), string_of("nope"), sl_null(),
                      string_of("sure, yeah"),  sl_null()};
  sl_java_map_order(three, 3, 3, order);
  assert_true(order[0] == 0 && order[1] == 2 && order[2] == 1);
  sl_java_map_order(three, 3, SL_JAVA_MAP_ROOM, order);
  assert_true(order[0] == 0 && order[1] == 1 && order[2] == 2);
  sl_java_map_order(three, 1, 1, order);
  assert_true(order[0] == 0);
  /* Many entries: a permutation, ascending by bucket of the grown table. */
  sl_value many[400];
  for (uint32_t i = 0; i < 200; i++) many[2 * i] = string_of(sl_arena_printf(&test_arena, "key%u", i * 7919));
  sl_java_map_order(many, 200, SL_JAVA_MAP_ROOM, order);
  bool seen[200] = {false};
  uint32_t last = 0;
  for (uint32_t i = 0; i < 200; i++) {
    assert_false(seen[order[i]]);
    seen[order[i]] = true;
    uint32_t hash = sl_utf16_hash31(sl_value_str(&many[2 * order[i]])), bucket = (hash ^ hash >> 16) & 511;
    assert_true(bucket >= last);
    last = bucket;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_text__doubles_print_as_java_prints_them),   TEST(test_text__doubles_parse_as_java_parses_them),
      TEST(test_text__booleans_are_prefixes_of_words),      TEST(test_text__timestamps_are_completed),
      TEST(test_text__timestamp_errors_say_why_and_how),    TEST(test_text__zone_offsets),
      TEST(test_text__dates_are_strict_but_may_be_partial), TEST(test_text__times_lose_milliseconds_when_printed),
      TEST(test_text__calendar_is_its_own_inverse),         TEST(test_text__extreme_timestamps_print),
      TEST(test_text__base64_round_trips_and_is_strict),    TEST(test_text__utf16_lengths_and_offsets),
      TEST(test_text__strings_order_by_utf16_unit),         TEST(test_text__map_order_is_that_of_a_java_HashMap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
