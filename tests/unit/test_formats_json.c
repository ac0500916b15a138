/* JSON, reading: the coercion table, member matching, messages with paths (formats.md 5.2). */
#include "formats_testing.h"

#define VALUE "!Failed to deserialize value from topic: t. "

static void reads(const char *schema, const char *text, const char *expected) {
  side s = {.format = "JSON", .schema = schema};
  check_decode(&s, text, expected);
}

/* One column of a type, given the JSON text of its value. */
static void value(const char *type, const char *json, const char *expected) {
  char schema[128], text[256], message[512];
  snprintf(schema, sizeof schema, "`A` %s", type);
  snprintf(text, sizeof text, "{\"A\":%s}", json);
  if (*expected == '!') {
    snprintf(message, sizeof message, "%s%s, path: $.A", VALUE, expected + 1);
    expected = message;
  }
  reads(schema, text, expected);
}

static void test_json__reads_boolean(void **state) {
  (void)state;
  value("BOOLEAN", "true", "true");
  value("BOOLEAN", "false", "false");
  value("BOOLEAN", "null", "null");
  value("BOOLEAN", "\"true\"", "!Can't convert type. sourceType: TextNode, requiredType: BOOLEAN");
  value("BOOLEAN", "1", "!Can't convert type. sourceType: IntNode, requiredType: BOOLEAN");
}

static void test_json__reads_integer_and_bigint(void **state) {
  (void)state;
  value("INTEGER", "42", "42");
  value("INTEGER", "-0", "0");
  value("INTEGER", "1.9", "1");
  value("INTEGER", "-1.9e1", "-19");
  value("INTEGER", "2147483648", "-2147483648"); /* low 32 bits */
  value("INTEGER", "12345678901234567890123", "1900168395");
  value("INTEGER", "\"17\"", "17");
  value("INTEGER", "\"+17\"", "17");
  value("INTEGER", "\"2147483648\"", "!Can't coerce string to type. targetType: INTEGER");
  value("INTEGER", "\" 1\"", "!Can't coerce string to type. targetType: INTEGER");
  value("INTEGER", "\"\"", "!Can't coerce string to type. targetType: INTEGER");
  value("INTEGER", "true", "!Can't convert type. sourceType: BooleanNode, requiredType: INTEGER");
  value("INTEGER", "[1]", "!Can't convert type. sourceType: ArrayNode, requiredType: INTEGER");
  value("INTEGER", "{}", "!Can't convert type. sourceType: ObjectNode, requiredType: INTEGER");
  value("BIGINT", "9223372036854775807", "9223372036854775807");
  value("BIGINT", "9223372036854775808", "-9223372036854775808");
  value("BIGINT", "12345678901234567890.7", "-6101065172474983726");
  value("BIGINT", "1e3", "1000");
  value("BIGINT", "12.5e1", "125");
  value("BIGINT", "1e30", "5076944270305263616");
  value("BIGINT", "1e999999999", "0");
  value("BIGINT", "5e-1", "0");
  value("BIGINT", "\"9223372036854775808\"", "!Can't coerce string to type. targetType: BIGINT");
}

static void test_json__reads_double(void **state) {
  (void)state;
  value("DOUBLE", "1", "1.0");
  value("DOUBLE", "-12.25", "-12.25");
  value("DOUBLE", "0.1", "0.1");
  value("DOUBLE", "123456789012345.678", "1.2345678901234567E14");
  value("DOUBLE", "1.7976931348623157e308", "1.7976931348623157E308");
  value("DOUBLE", "1e400", "Infinity");
  value("DOUBLE", "-1e400", "-Infinity");
  value("DOUBLE", "-0.0", "0.0"); /* through an exact decimal, which has no negative zero */
  value("DOUBLE", "\"-0.0\"", "-0.0");
  value("DOUBLE", "\" 1.5 \"", "1.5");
  value("DOUBLE", "\"NaN\"", "NaN");
  value("DOUBLE", "\"x\"", "!Can't coerce string to type. targetType: DOUBLE");
  value("DOUBLE", "false", "!Can't convert type. sourceType: BooleanNode, requiredType: DOUBLE");
}

static void test_json__reads_string(void **state) {
  (void)state;
  value("STRING", "\"abc\"", "'abc'");
  value("STRING", "\"\"", "''");
  value("STRING", "\"a\\n\\u00e9\\ud83d\\ude00\\/\"", "'a\n\xc3\xa9\xf0\x9f\x98\x80/'");
  value("STRING", "12", "'12'");
  value("STRING", "-0", "'0'");
  value("STRING", "1.50", "'1.50'");
  value("STRING", "1e10", "'1E+10'");
  value("STRING", "12.5e3", "'1.25E+4'");
  value("STRING", "0.0000001", "'1E-7'");
  value("STRING", "0.000001", "'0.000001'");
  value("STRING", "-0.0", "'0.0'");
  value("STRING", "0.0000000", "'0E-7'");
  value("STRING", "-1.5E-10", "'-1.5E-10'");
  value("STRING", "100e-2", "'1.00'");
  value("STRING", "0e5", "'0E+5'");
  value("STRING", "12345678901234567890", "'12345678901234567890'");
  value("STRING", "true", "'true'");
  value("STRING", "false", "'false'");
  value("STRING", "{ \"b\" : 1.0e1, \"a\":[true,null,\"x\\\"\"], \"b\":2 }", "'{\"b\":2,\"a\":[true,null,\"x\\\"\"]}'");
  value("STRING", "[1, \"a\", null, [2.50, {\"k\":1}]]", "'[1, a, null, [2.50, {\"k\":1}]]'");
}

static void test_json__reads_bytes_and_decimal(void **state) {
  (void)state;
  value("BYTES", "\"YWI=\"", "x'6162'");
  value("BYTES", "\"YWI\\u003d\"", "x'6162'");
  value("BYTES", "\"\"", "x''");
  value("BYTES", "\"YWI\"", "!Value is not a valid Base64 encoded string: YWI");
  value("BYTES", "1", "!Can't convert type. sourceType: IntNode, requiredType: BYTES");
  value("DECIMAL(4, 2)", "1", "1.00");
  value("DECIMAL(4, 2)", "-12.340", "-12.34");
  value("DECIMAL(4, 2)", "1.5e1", "15.00");
  value("DECIMAL(4, 2)", "\"1.5\"", "1.50");
  value("DECIMAL(4, 2)", "0", "0.00");
  value("DECIMAL(30, 5)", "1234567890123456789012345.12345", "1234567890123456789012345.12345");
  value("DECIMAL(30, 5)", "-100000000000000000000", "-100000000000000000000.00000");
  value("DECIMAL(4, 2)", "100",
        "!Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. "
        "Got 100");
  value("DECIMAL(4, 2)", "1e2",
        "!Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. "
        "Got 100");
  value("DECIMAL(4, 2)", "1e999999999",
        "!Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. "
        "Got 1e999999999");
  value("DECIMAL(4, 2)", "1.234", "!Cannot fit decimal '1.234' into DECIMAL(4, 2) without rounding. (Requires 4,3)");
  value("DECIMAL(4, 2)", "\"x\"", "!Can't coerce string to type. targetType: DECIMAL");
  value("DECIMAL(4, 2)", "true", "!Can't convert type. sourceType: BooleanNode, requiredType: DECIMAL(4, 2)");
}

static void test_json__reads_times(void **state) {
  (void)state;
  value("DATE", "-5", "-5");
  value("DATE", "\"18000\"", "18000");
  value("DATE", "\"2020-01-01\"", "!Can't coerce string to type. targetType: DATE");
  value("TIME", "86400000", "86400000");
  value("TIME", "\"5\"", "5");
  value("TIME", "86400001", "!Time values must use number of milliseconds greater than 0 and less than 86400000.");
  value("TIME", "-1", "!Time values must use number of milliseconds greater than 0 and less than 86400000.");
  value("TIMESTAMP", "1700000000000", "1700000000000");
  value("TIMESTAMP", "\"-7\"", "-7");
  value("TIMESTAMP", "\"now\"", "!Can't coerce string to type. targetType: TIMESTAMP");
  value("TIMESTAMP", "[]", "!Can't convert type. sourceType: ArrayNode, requiredType: TIMESTAMP");
}

static void test_json__reads_containers(void **state) {
  (void)state;
  value("ARRAY<INTEGER>", "[1, null , \"3\"]", "[1,null,3]");
  value("ARRAY<INTEGER>", "[ ]", "[]");
  value("ARRAY<ARRAY<STRING>>", "[[\"a\"],[],null]", "[['a'],[],null]");
  value("ARRAY<INTEGER>", "1", "!Can't convert type. sourceType: IntNode, requiredType: ARRAY<INT>");
  value("ARRAY<STRING>", "\"x\"", "!Can't convert type. sourceType: TextNode, requiredType: ARRAY<VARCHAR>");
  value("MAP<STRING, BIGINT>", "{\"a\": 1, \"b\":null}", "{'a':1,'b':null}");
  value("MAP<STRING, BIGINT>", "{\"a\":1,\"b\":2,\"a\":3}", "{'a':3,'b':2}");
  value("MAP<STRING, BIGINT>", "[]", "!Can't convert type. sourceType: ArrayNode, requiredType: MAP<VARCHAR, BIGINT>");
  value("STRUCT<`F` INTEGER, `G` STRING>", "{\"g\":\"x\", \"z\":[{}], \"F\":1}", "(1,'x')");
  value("STRUCT<`F` INTEGER, `G` STRING>", "{}", "(null,null)");
  value("STRUCT<`A` STRING>", "true", "!Can't convert type. sourceType: BooleanNode, requiredType: STRUCT<A VARCHAR>");
}

static void test_json__names_the_path(void **state) {
  (void)state;
  reads("`A` ARRAY<STRUCT<`F` INTEGER>>", "{\"A\":[{\"F\":1},{\"F\":true}]}",
        VALUE "Can't convert type. sourceType: BooleanNode, requiredType: INTEGER, path: $.A[1].F");
  reads("`M` MAP<STRING, ARRAY<DOUBLE>>", "{\"M\":{\"k1\":[1],\"k2\":[2,{}]}}",
        VALUE "Can't convert type. sourceType: ObjectNode, requiredType: DOUBLE, path: $.M.k2.value[1]");
  reads("`A` INTEGER, `B` BOOLEAN", "{\"B\":1,\"A\":\"x\"}", /* the first column's failure wins */
        VALUE "Can't coerce string to type. targetType: INTEGER, path: $.A");
  side key = {.format = "JSON", .schema = "`K` INTEGER", .is_key = true};
  check_decode(&key, "\"x\"",
               "!Failed to deserialize key from topic: t. Can't coerce string to type. targetType: INTEGER, path: $");
}

static void test_json__names_the_node_class(void **state) {
  (void)state;
  static const char *const rows[][2] = {{"1", "IntNode"},
                                        {"-2147483648", "IntNode"},
                                        {"2147483648", "LongNode"},
                                        {"1.0", "DecimalNode"},
                                        {"9223372036854775808", "BigIntegerNode"},
                                        {"1e1", "DecimalNode"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char message[128];
    snprintf(message, sizeof message, "!Can't convert type. sourceType: %s, requiredType: BOOLEAN", rows[i][1]);
    value("BOOLEAN", rows[i][0], message);
  }
}

static void test_json__matches_members(void **state) {
  (void)state;
  reads("`ID` INTEGER, `name` STRING", "{\"Id\":1,\"name\":\"x\"}", "1 'x'");
  reads("`ID` INTEGER, `name` STRING", "{\"id\":1,\"NAME\":\"x\"}", "1 null"); /* lower case matches exactly only */
  reads("`ID` INTEGER", "{\"ID\":1,\"id\":2}", "1");                           /* exact wins, wherever it is */
  reads("`ID` INTEGER", "{\"id\":2,\"ID\":null}", "null");
  reads("`ID` INTEGER", "{\"id\":1,\"Id\":2}", "2");
  reads("`ID` INTEGER", "{\"ID\":1,\"ID\":2}", "2");
  reads("`ID` INTEGER", "{\"ID\":\"bad\",\"ID\":2}", "2"); /* only the winner is converted */
  reads("`ID` INTEGER, `id` INTEGER", "{\"id\":5}", "5 5");
  reads("`ID` INTEGER, `id` INTEGER", "{\"id\":5,\"ID\":6}", "6 5");
  reads("`ID` INTEGER, `id` INTEGER", "{\"ID\":6}", "6 null");
  reads("`\xc3\x89T\xc3\x89` INTEGER", "{\"\xc3\xa9t\xc3\xa9\":1}", "1");
  reads("`A` INTEGER", "{\"\\u0041\":1}", "1");
  reads("`A` INTEGER", "{\"x\":{\"A\":2},\"B\":[{\"A\":3}]}", "null");
  reads("`A` INTEGER, `B` INTEGER", "{}", "null null");
  reads("`A` INTEGER, `B` INTEGER", " { \"B\" : 2 , \"A\" : 1 } \n", "1 2");
}

static void test_json__takes_the_first_value_of_the_text(void **state) {
  (void)state;
  reads("`A` INTEGER", "{\"A\":1} trailing", "1");
  reads("`A` INTEGER", "{\"A\":1}{\"A\":2}", "1");
  side key = {.format = "JSON", .schema = "`K` INTEGER", .is_key = true};
  check_decode(&key, "1 2", "1");
  check_decode(&key, "12x", "!Failed to deserialize key from topic: t. Unexpected character 'x' after the value '12'");
}

static void test_json__unwrapped_values_and_keys(void **state) {
  (void)state;
  side s = {.format = "JSON", .schema = "`K` STRING", .is_key = true};
  check_decode(&s, "\"abc\"", "'abc'");
  check_decode(&s, " \"a\\\"c\" ", "'a\"c'");
  check_decode(&s, "null", "null");
  check_decode(&s, "12.50", "'12.50'");
  check_decode(&s, "{\"a\":1}", "'{\"a\":1}'");
  check_decode(&s, "",
               "!Failed to deserialize key from topic: t. Can't convert type. sourceType: MissingNode, "
               "requiredType: STRING, path: $");
  s.schema = "`K` INTEGER";
  check_decode(&s, "12", "12");
  check_decode(&s, "-7 ", "-7");
  check_decode(&s, "  ",
               "!Failed to deserialize key from topic: t. Can't convert type. sourceType: MissingNode, "
               "requiredType: INTEGER, path: $");
  s.schema = "`K` ARRAY<INTEGER>";
  check_decode(&s, "[1,2]", "[1,2]");
  s.schema = "`K` STRUCT<`F` INTEGER>";
  check_decode(&s, "{\"F\":1}", "(1)");
  s.schema = "`K1` INTEGER, `K2` STRING";
  check_decode(&s, "{\"K1\":1,\"K2\":\"x\"}", "1 'x'");
  s.schema = "`K` DECIMAL(30, 2)";
  check_decode(&s, "12345678901234567890.5", "12345678901234567890.50");
  side v = {.format = "JSON", .schema = "`V` BOOLEAN", .wrapping = SL_UNWRAP};
  check_decode(&v, "true", "true");
  check_decode(&v, "null", "null");
  v.schema = "`V` DATE";
  check_decode(&v, "100", "100");
}

static void test_json__refuses_wrapped_non_objects(void **state) {
  (void)state;
  reads("`A` STRING", "[1]",
        VALUE "Can't convert type. sourceType: ArrayNode, requiredType: STRUCT<A VARCHAR>, path: $");
  reads("`A` STRING", "\"x\"",
        VALUE "Can't convert type. sourceType: TextNode, requiredType: STRUCT<A VARCHAR>, path: $");
  reads("`A` STRING", "",
        VALUE "Can't convert type. sourceType: MissingNode, requiredType: STRUCT<A VARCHAR>, path: $");
  reads("`A` STRING", "null", VALUE "A row is an object, but the text is null, path: $");
}

/* Malformed text: the message is the parser's; here it only matters that it fails and keeps its prefix. */
static void test_json__refuses_malformed_text(void **state) {
  (void)state;
  static const char *const texts[] = {"{",
                                      "{\"A\"}",
                                      "{\"A\":}",
                                      "{\"A\":1",
                                      "{\"A\":1,}",
                                      "{\"A\":1]",
                                      "{'A':1}",
                                      "{A:1}",
                                      "{\"A\":01}",
                                      "{\"A\":1.}",
                                      "{\"A\":.5}",
                                      "{\"A\":+1}",
                                      "{\"A\":1e}",
                                      "{\"A\":NaN}",
                                      "{\"A\":tru}",
                                      "{\"A\":\"x}",
                                      "{\"A\":\"\t\"}",
                                      "{\"A\":\"\\x\"}",
                                      "{\"A\":\"\\u12\"}",
                                      "{\"A\":[1,]}",
                                      "{\"A\":[1}",
                                      "{\"A\":{\"B\":1}",
                                      "{\"x\":[1,2,{]}",
                                      "{\"x\":\"\\q\",\"A\":1}",
                                      "{\"A\":1 /* no */}",
                                      "{\"A\":\"\xff\"}",
                                      "{\"x\":\"\xed\xa0\x80\"}",
                                      "{\"x\":tru,\"A\":1}",
                                      "{\"x\":{\"y\" 1}}",
                                      "{\"A\":1 \"B\":2}",
                                      "{\"A\":-}",
                                      "}",
                                      "]"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    fixture fx;
    sl_serde *serde = NULL;
    sl_value out[2];
    fixture_init(&fx, &(side){.format = "JSON", .schema = "`A` INTEGER, `B` INTEGER"});
    assert_int_equal(sl_serde_new(&fx.spec, fx.schema.columns, 2, false, "t", &serde, &fx.err), 0);
    int code = sl_serde_decode(serde, (const uint8_t *)texts[i], strlen(texts[i]), NULL, &fx.arena, out, &fx.err);
    if (code != SL_E_DECODE) fail_msg("accepted: %s", texts[i]);
    if (strncmp(fx.err.message, &VALUE[1], strlen(VALUE) - 1) != 0) fail_msg("%s: %s", texts[i], fx.err.message);
    sl_serde_free(serde);
    fixture_done(&fx);
  }
}

static void test_json__bounds_nesting(void **state) {
  (void)state;
  enum { DEPTH = 100000 };
  char *text = malloc(DEPTH + 16);
  strcpy(text, "{\"A\":");
  memset(text + 5, '[', DEPTH);
  strcpy(text + 5 + DEPTH, "1}");
  fixture fx;
  sl_serde *serde = NULL;
  sl_value out[1];
  fixture_init(&fx, &(side){.format = "JSON", .schema = "`A` STRING"});
  assert_int_equal(sl_serde_new(&fx.spec, fx.schema.columns, 1, false, "t", &serde, &fx.err), 0);
  assert_int_equal(sl_serde_decode(serde, (const uint8_t *)text, strlen(text), NULL, &fx.arena, out, &fx.err),
                   SL_E_DECODE);
  sl_serde_free(serde);
  fixture_done(&fx);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json__reads_boolean),
      cmocka_unit_test(test_json__reads_integer_and_bigint),
      cmocka_unit_test(test_json__reads_double),
      cmocka_unit_test(test_json__reads_string),
      cmocka_unit_test(test_json__reads_bytes_and_decimal),
      cmocka_unit_test(test_json__reads_times),
      cmocka_unit_test(test_json__reads_containers),
      cmocka_unit_test(test_json__names_the_path),
      cmocka_unit_test(test_json__names_the_node_class),
      cmocka_unit_test(test_json__matches_members),
      cmocka_unit_test(test_json__takes_the_first_value_of_the_text),
      cmocka_unit_test(test_json__unwrapped_values_and_keys),
      cmocka_unit_test(test_json__refuses_wrapped_non_objects),
      cmocka_unit_test(test_json__refuses_malformed_text),
      cmocka_unit_test(test_json__bounds_nesting),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
