/* DELIMITED: types, quoting, reading, failures (formats.md 4). */
#include "formats_testing.h"

#define OUTER "!Error deserializing delimited\nCaused by: "

static side one(const char *schema) {
  return (side){.format = "DELIMITED", .schema = schema};
}

static void reads(const char *schema, const char *text, const char *expected) {
  side s = one(schema);
  check_decode(&s, text, expected);
}

static void writes(const char *schema, const char *json, const char *expected) {
  side s = one(schema);
  check_encode(&s, json, expected);
}

static void test_delimited__reads_each_type(void **state) {
  (void)state;
  reads("`A` BOOLEAN, `B` BOOLEAN, `C` BOOLEAN", "tRuE,yes,false", "true false false");
  reads("`A` INTEGER", "-2147483648", "-2147483648");
  reads("`A` INTEGER", "+7", "7");
  reads("`A` BIGINT", "9223372036854775807", "9223372036854775807");
  reads("`A` DOUBLE, `B` DOUBLE, `C` DOUBLE", " 1.5e3 ,NaN,-Infinity", "1500.0 NaN -Infinity");
  reads("`A` STRING", " a b ", "' a b '");
  reads("`A` DECIMAL(4, 2), `B` DECIMAL(4, 2)", "1,-1.5e1", "1.00 -15.00");
  reads("`A` BYTES", "YWI=", "x'6162'");
  reads("`A` TIME, `B` DATE, `C` TIMESTAMP", "86400000,-5,1700000000000", "86400000 -5 1700000000000");
}

static void test_delimited__refuses_bad_values(void **state) {
  (void)state;
  reads("`A` INTEGER", "2147483648", OUTER "For input string: \"2147483648\"");
  reads("`A` INTEGER", " 1", OUTER "For input string: \" 1\"");
  reads("`A` INTEGER", "1.0", OUTER "For input string: \"1.0\"");
  reads("`A` BIGINT", "9223372036854775808", OUTER "For input string: \"9223372036854775808\"");
  reads("`A` DOUBLE", "x", OUTER "For input string: \"x\"");
  reads("`A` DECIMAL(4, 2)", "x", OUTER "For input string: \"x\"");
  reads("`A` DECIMAL(4, 2)", "100",
        OUTER "Numeric field overflow: A field with precision 4 and scale 2 must round to an "
              "absolute value less than 10^2. Got 100");
  reads("`A` DECIMAL(4, 2)", "1.234",
        OUTER "Cannot fit decimal '1.234' into DECIMAL(4, 2) without rounding. (Requires 4,3)");
  reads("`A` BYTES", "YWI", OUTER "Value is not a valid Base64 encoded string: YWI");
  reads("`A` BYTES", "%%%=", OUTER "Value is not a valid Base64 encoded string: %%%=");
  reads("`A` TIME", "86400001",
        OUTER "Time values must use number of milliseconds greater than 0 and less than 86400000.");
  reads("`A` TIME", "-1", OUTER "Time values must use number of milliseconds greater than 0 and less than 86400000.");
  reads("`A` DATE", "2147483648", OUTER "For input string: \"2147483648\"");
}

static void test_delimited__counts_columns(void **state) {
  (void)state;
  reads("`A` INTEGER, `B` INTEGER", "1",
        OUTER "Column count mismatch on deserialization. topic: t, expected: 2, got: 1");
  reads("`A` INTEGER, `B` INTEGER", "1,2,3,4",
        OUTER "Column count mismatch on deserialization. topic: t, expected: 2, got: 4");
  reads("`A` INTEGER, `B` INTEGER", "1,", "1 null");
  reads("`A` STRING, `B` STRING, `C` STRING", ",,", "null null null");
  reads("`A` STRING", "", OUTER "No fields in record");
  reads("`A` STRING", "\r\n\n", OUTER "No fields in record");
}

static void test_delimited__reads_quotes_and_lines(void **state) {
  (void)state;
  reads("`A` STRING, `B` STRING", "\"a,b\",\"say \"\"hi\"\"\"", "'a,b' 'say \"hi\"'");
  reads("`A` STRING, `B` STRING", "\"two\nlines\" \t,x", "'two\nlines' 'x'");
  reads("`A` STRING, `B` STRING", "\"\",a\"b", "null 'a\"b'"); /* a quote inside a bare field is text */
  reads("`A` STRING", "\n\r\nfirst\nsecond,with,more", "'first'");
  reads("`A` STRING, `B` STRING", "a,b\r\nc", "'a' 'b'");
  reads("`A` STRING, `B` STRING", "\"a\"x,b", OUTER "(line 1) invalid char between encapsulated token and delimiter");
  reads("`A` STRING", "\n\"abc", OUTER "(startline 2) EOF reached before encapsulated token finished");
  reads("`A` STRING", "\"", OUTER "(startline 1) EOF reached before encapsulated token finished");
  reads("`A` STRING", "a\xff", "'a\xef\xbf\xbd'");
}

static void test_delimited__writes_each_type(void **state) {
  (void)state;
  writes("`A` BOOLEAN, `B` INTEGER, `C` BIGINT", "{\"A\":true,\"B\":-7,\"C\":9223372036854775807}",
         "true,-7,9223372036854775807");
  writes("`A` DOUBLE, `B` DOUBLE", "{\"A\":1,\"B\":1e10}", "1.0,1.0E10");
  writes("`A` DECIMAL(4, 2), `B` DECIMAL(12, 10)", "{\"A\":0.5,\"B\":0}", "0.50,0.0000000000");
  writes("`A` BYTES, `B` DATE, `C` TIME, `D` TIMESTAMP", "{\"A\":\"YWI=\",\"B\":5,\"C\":6,\"D\":-7}", "YWI=,5,6,-7");
}

static void test_delimited__quotes_where_needed(void **state) {
  (void)state;
  writes("`A` STRING, `B` STRING, `C` DOUBLE", "{\"A\":\"a,b\",\"B\":null,\"C\":1.0}", "\"a,b\",,1.0");
  writes("`A` INTEGER, `B` STRING", "{\"A\":-5,\"B\":\"x\"}", "\"-5\",x");
  writes("`A` STRING, `B` INTEGER", "{\"A\":\"\",\"B\":1}", "\"\",1");
  writes("`A` INTEGER, `B` STRING", "{\"A\":1,\"B\":\"\"}", "1,");
  writes("`A` STRING, `B` STRING", "{\"A\":\"\xc3\xa9\",\"B\":\"\xc3\xa9\"}", "\"\xc3\xa9\",\xc3\xa9");
  writes("`A` INTEGER, `B` STRING", "{\"A\":1,\"B\":\"#x\"}", "1,\"#x\"");
  writes("`A` INTEGER, `B` STRING", "{\"A\":1,\"B\":\"$x\"}", "1,$x");
  writes("`A` INTEGER, `B` STRING", "{\"A\":1,\"B\":\"x \"}", "1,\"x \"");
  writes("`A` INTEGER, `B` STRING", "{\"A\":1,\"B\":\"a\\nb\"}", "1,\"a\nb\"");
  writes("`A` INTEGER, `B` STRING", "{\"A\":1,\"B\":\"say \\\"hi\\\"\"}", "1,\"say \"\"hi\"\"\"");
  writes("`A` STRING", "{\"A\":null}", "");
  writes("`A` STRING, `B` STRING", "{}", ",");
}

static void test_delimited__other_delimiters(void **state) {
  (void)state;
  static const char *const forms[][2] = {{"TAB", "\t"}, {"SPACE", " "}, {";", ";"}, {"\xe2\x82\xac", "\xe2\x82\xac"}};
  for (int i = 0; i < 4; i++) {
    side s = {.format = "DELIMITED", .schema = "`A` STRING, `B` STRING", .delimiter = forms[i][0]};
    char text[32];
    snprintf(text, sizeof text, "x,y%sz", forms[i][1]);
    check_decode(&s, text, "'x,y' 'z'");
    check_encode(&s, "{\"A\":\"x,y\",\"B\":\"z\"}", text);
    snprintf(text, sizeof text, "x,\"y%sz\"", forms[i][1]);
    side comma = {.format = "DELIMITED", .schema = "`A` STRING, `B` STRING"};
    char shown[32];
    snprintf(shown, sizeof shown, "'x' 'y%sz'", forms[i][1]);
    check_decode(&comma, text, shown);
  }
}

static void test_delimited__refuses_a_quote_as_delimiter(void **state) {
  (void)state;
  fixture fx;
  sl_serde *serde = NULL;
  fixture_init(&fx, &(side){.format = "DELIMITED", .schema = "`A` STRING", .delimiter = "\""});
  assert_int_equal(sl_serde_new(&fx.spec, fx.schema.columns, 1, false, "t", &serde, &fx.err), SL_E_STATEMENT);
  assert_null(serde);
  fixture_done(&fx);
}

static void test_delimited__unneeded_columns_are_null_but_checked(void **state) {
  (void)state;
  fixture fx;
  sl_serde *serde = NULL;
  sl_value out[2];
  static const bool needed[2] = {false, true};
  fixture_init(&fx, &(side){.format = "DELIMITED", .schema = "`A` INTEGER, `B` STRING"});
  assert_int_equal(sl_serde_new(&fx.spec, fx.schema.columns, 2, false, "t", &serde, &fx.err), 0);
  assert_int_equal(sl_serde_decode(serde, (const uint8_t *)"1,b", 3, needed, &fx.arena, out, &fx.err), 0);
  assert_string_equal(show_row(&fx, out), "null 'b'");
  assert_int_equal(sl_serde_decode(serde, (const uint8_t *)"x,b", 3, needed, &fx.arena, out, &fx.err), SL_E_DECODE);
  sl_serde_free(serde);
  fixture_done(&fx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_delimited__reads_each_type),
      cmocka_unit_test(test_delimited__refuses_bad_values),
      cmocka_unit_test(test_delimited__counts_columns),
      cmocka_unit_test(test_delimited__reads_quotes_and_lines),
      cmocka_unit_test(test_delimited__writes_each_type),
      cmocka_unit_test(test_delimited__quotes_where_needed),
      cmocka_unit_test(test_delimited__other_delimiters),
      cmocka_unit_test(test_delimited__refuses_a_quote_as_delimiter),
      cmocka_unit_test(test_delimited__unneeded_columns_are_null_but_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
