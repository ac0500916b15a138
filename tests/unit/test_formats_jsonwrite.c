/* JSON, writing: each type, names, escapes, wrapping (formats.md 5.1). */
#include "formats_testing.h"

static void writes(const char *schema, const char *json, const char *expected) {
  side s = {.format = "JSON", .schema = schema};
  check_encode(&s, json, expected);
}

static void test_json__writes_each_type(void **state) {
  (void)state;
  writes("`A` INTEGER, `B` STRING, `C` DOUBLE", "{\"A\":1,\"C\":1e10}", "{\"A\":1,\"B\":null,\"C\":1.0E10}");
  writes("`A` BOOLEAN, `B` BOOLEAN, `C` BIGINT", "{\"A\":true,\"B\":false,\"C\":-9223372036854775808}",
         "{\"A\":true,\"B\":false,\"C\":-9223372036854775808}");
  writes("`A` DOUBLE, `B` DOUBLE, `C` DOUBLE", "{\"A\":\"NaN\",\"B\":\"Infinity\",\"C\":\"-Infinity\"}",
         "{\"A\":\"NaN\",\"B\":\"Infinity\",\"C\":\"-Infinity\"}");
  writes("`A` DOUBLE, `B` DOUBLE, `C` DOUBLE, `D` DOUBLE", "{\"A\":100,\"B\":0.001,\"C\":1e-4,\"D\":1e7}",
         "{\"A\":100.0,\"B\":0.001,\"C\":1.0E-4,\"D\":1.0E7}");
  writes("`A` BYTES, `B` DATE, `C` TIME, `D` TIMESTAMP", "{\"A\":\"YWI=\",\"B\":-1,\"C\":2,\"D\":3}",
         "{\"A\":\"YWI=\",\"B\":-1,\"C\":2,\"D\":3}");
  writes("`A` ARRAY<INTEGER>, `B` ARRAY<STRING>", "{\"A\":[1,null],\"B\":[]}", "{\"A\":[1,null],\"B\":[]}");
  writes("`S` STRUCT<`F` INTEGER, `g` STRING>", "{\"S\":{\"g\":\"x\",\"f\":1}}", "{\"S\":{\"F\":1,\"g\":\"x\"}}");
  writes("`S` STRUCT<`F` INTEGER>", "{}", "{\"S\":null}");
}

static void test_json__writes_decimals_with_their_scale(void **state) {
  (void)state;
  writes("`A` DECIMAL(4, 2), `B` DECIMAL(4, 2), `C` DECIMAL(4, 2)", "{\"A\":1.5,\"B\":-0.05,\"C\":0}",
         "{\"A\":1.50,\"B\":-0.05,\"C\":0.00}");
  writes("`A` DECIMAL(12, 10), `B` DECIMAL(12, 8), `C` DECIMAL(12, 6)", "{\"A\":0,\"B\":0.00000012,\"C\":0.000001}",
         "{\"A\":0E-10,\"B\":1.2E-7,\"C\":0.000001}");
  writes("`A` DECIMAL(5, 0), `B` DECIMAL(30, 2)", "{\"A\":12345,\"B\":-1234567890123456789012345678}",
         "{\"A\":12345,\"B\":-1234567890123456789012345678.00}");
  writes("`A` DECIMAL(19, 1)", "{\"A\":-922337203685477580.8}", "{\"A\":-922337203685477580.8}");
}

static void test_json__writes_maps_in_java_order(void **state) {
  (void)state;
  writes("`M` MAP<STRING, INTEGER>", "{\"M\":{\"D\":1,\"Q\":2}}", "{\"M\":{\"Q\":2,\"D\":1}}");
  writes("`M` MAP<STRING, INTEGER>", "{\"M\":{\"T\":1,\"C\":null}}", "{\"M\":{\"C\":null,\"T\":1}}");
  writes("`M` MAP<STRING, ARRAY<STRING>>", "{\"M\":{}}", "{\"M\":{}}");
}

static void test_json__writes_escapes(void **state) {
  (void)state;
  writes("`A` STRING", "{\"A\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\\/\xc3\xa9\"}",
         "{\"A\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F/\xc3\xa9\"}");
  writes("`A` STRING", "{\"A\":\"a long text without anything to escape but its last character\\n\"}",
         "{\"A\":\"a long text without anything to escape but its last character\\n\"}");
  writes("`we\"ird` INTEGER", "{\"we\\\"ird\":1}", "{\"we\\\"ird\":1}");
}

static void test_json__writes_unwrapped(void **state) {
  (void)state;
  side v = {.format = "JSON", .schema = "`A` DECIMAL(4, 2)", .wrapping = SL_UNWRAP};
  check_encode(&v, "{\"A\":1.5}", "1.50");
  check_encode(&v, "{\"A\":null}", NULL);
  side k = {.format = "JSON", .schema = "`A` STRING", .is_key = true};
  check_encode(&k, "{\"A\":\"abc\"}", "\"abc\"");
  k.schema = "`A` STRUCT<`F` INTEGER>";
  check_encode(&k, "{\"A\":{\"F\":1}}", "{\"F\":1}");
  k.schema = "`K1` INTEGER, `K2` STRING";
  check_encode(&k, "{\"K1\":1,\"K2\":\"x\"}", "{\"K1\":1,\"K2\":\"x\"}");
  check_encode(&k, "{}", "{\"K1\":null,\"K2\":null}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json__writes_each_type),
      cmocka_unit_test(test_json__writes_decimals_with_their_scale),
      cmocka_unit_test(test_json__writes_maps_in_java_order),
      cmocka_unit_test(test_json__writes_escapes),
      cmocka_unit_test(test_json__writes_unwrapped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
