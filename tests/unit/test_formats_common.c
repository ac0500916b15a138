/* The list of formats, properties, wrapping, schema checks; NONE and KAFKA. */
#include "formats_testing.h"

static void test_formats__list_is_sorted_and_found_in_any_case(void **state) {
  (void)state;
  const char *last = "";
  int count = 0;
  for (const sl_format *const *f = sl_formats(); *f; f++, count++) {
    assert_true(strcmp(last, (*f)->name) < 0);
    last = (*f)->name;
    assert_ptr_equal(sl_format_find(sl_str_of(last)), *f);
  }
  assert_int_equal(count, 8);
  assert_ptr_equal(sl_format_find(sl_str_of("jSon")), sl_format_find(sl_str_of("JSON")));
  assert_null(sl_format_find(sl_str_of("XML")));
}

static void test_formats__feature_matrix(void **state) {
  (void)state;
  enum { W = SL_FORMAT_WRAP_SINGLES, U = SL_FORMAT_UNWRAP_SINGLES, I = SL_FORMAT_INFERENCE };
  static const struct {
    const char *name;
    unsigned features;
    bool registered, multi;
  } rows[] = {{"NONE", 0, true, false},
              {"KAFKA", U, true, false},
              {"DELIMITED", U, true, true},
              {"JSON", W | U, true, true},
              {"JSON_SR", I | W | U, false, true},
              {"AVRO", I | W | U, false, true},
              {"PROTOBUF", I | W, false, true},
              {"PROTOBUF_NOSR", W | U, false, true}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const sl_format *f = sl_format_find(sl_str_of(rows[i].name));
    assert_int_equal(f->features, rows[i].features);
    assert_int_equal(f->registered, rows[i].registered);
    assert_int_equal(f->multi_column, rows[i].multi);
  }
}

static void test_formats__key_types(void **state) {
  (void)state;
  static const char *const kafka = "INTEGER BIGINT DOUBLE STRING BYTES";
  static const char *const primitives = "BOOLEAN INTEGER BIGINT DOUBLE STRING BYTES DATE TIME TIMESTAMP";
  for (sl_base b = SL_BOOLEAN; b <= SL_STRUCT; b++) {
    sl_type type = {.base = b};
    const char *name = sl_base_name(b);
    char padded[64], list[128];
    snprintf(padded, sizeof padded, " %s ", name);
    snprintf(list, sizeof list, " %s ", kafka);
    assert_int_equal(sl_format_find(sl_str_of("KAFKA"))->key_type_ok(&type), strstr(list, padded) != NULL);
    snprintf(list, sizeof list, " %s ", primitives);
    assert_int_equal(sl_format_find(sl_str_of("DELIMITED"))->key_type_ok(&type), strstr(list, padded) != NULL);
    assert_false(sl_format_find(sl_str_of("NONE"))->key_type_ok(&type));
    assert_true(sl_format_find(sl_str_of("JSON"))->key_type_ok(&type));
    assert_true(sl_format_find(sl_str_of("AVRO"))->key_type_ok(&type));
  }
}

static void check_property(const char *format, const char *name, const char *value, bool is_key, const char *expected) {
  sl_format_property property = {sl_str_of(name), sl_str_of(value)};
  sl_format_spec spec = {.name = sl_str_of(format), .properties = &property, .property_count = 1};
  sl_err err = {0};
  int code = sl_format_check_properties(&spec, is_key, &err);
  assert_int_equal(code, expected ? SL_E_STATEMENT : 0);
  if (expected) assert_string_equal(err.message, expected);
  sl_err_done(&err);
}

static void test_formats__properties(void **state) {
  (void)state;
  const char *empty = "Configuration VALUE_DELIMITER is invalid: Delimiter cannot be empty, if you meant to have a tab "
                      "or space for delimiter, please use the special values 'TAB' or 'SPACE'\nExample valid value: "
                      "';'";
  check_property("DELIMITED", "delimiter", ";", false, NULL);
  check_property("DELIMITED", "delimiter", "TAB", false, NULL);
  check_property("DELIMITED", "delimiter", "SPACE", true, NULL);
  check_property("DELIMITED", "delimiter", "\xc3\xa9", false, NULL); /* one UTF-16 unit */
  check_property("DELIMITED", "delimiter", "", false, empty);
  check_property("DELIMITED", "delimiter", " \t", false, empty);
  check_property("DELIMITED", "delimiter", "tab", true,
                 "Configuration KEY_DELIMITER is invalid: Invalid delimiter value: 'tab'. Delimiter must be a single "
                 "character or TAB,SPACE\nExample valid value: ';'");
  check_property(
      "DELIMITED", "delimiter", "\xf0\x9f\x98\x80", false, /* two units */
      "Configuration VALUE_DELIMITER is invalid: Invalid delimiter value: '\xf0\x9f\x98\x80'. Delimiter must "
      "be a single character or TAB,SPACE\nExample valid value: ';'");
  check_property("JSON", "delimiter", ";", false, "JSON does not support the following configs: [delimiter]");
  check_property("KAFKA", "fullSchemaName", "x", true,
                 "KAFKA does not support the following configs: [fullSchemaName]");
  check_property("AVRO", "fullSchemaName", "x", false, NULL);
  check_property("AVRO", "fullSchemaName", " ", false,
                 "fullSchemaName cannot be empty. Format configuration: {fullSchemaName=}");
  check_property("PROTOBUF_NOSR", "nullableRepresentation", "optional", false, NULL);
  check_property("XML", "delimiter", ";", false, "Unknown format: XML");
}

static void test_formats__several_foreign_properties_are_listed(void **state) {
  (void)state;
  sl_format_property properties[] = {{sl_str_of("fullSchemaName"), sl_str_of("a")},
                                     {sl_str_of("schemaId"), sl_str_of("1")}};
  sl_format_spec spec = {.name = sl_str_of("JSON"), .properties = properties, .property_count = 2};
  sl_err err = {0};
  assert_int_equal(sl_format_check_properties(&spec, false, &err), SL_E_STATEMENT);
  assert_string_equal(err.message, "JSON does not support the following configs: [fullSchemaName, schemaId]");
  sl_err_done(&err);
}

static void check_wrapping(const char *format, bool is_key, int count, int asked, int config, int expected,
                           const char *message) {
  bool a = asked == 1, c = config == 1;
  sl_wrapping out = SL_WRAP_DEFAULT;
  sl_err err = {0};
  int code = sl_format_choose_wrapping(sl_format_find(sl_str_of(format)), is_key, count, asked < 0 ? NULL : &a,
                                       config < 0 ? NULL : &c, &out, &err);
  assert_int_equal(code != 0, message != NULL);
  if (message)
    assert_string_equal(err.message, message);
  else
    assert_int_equal(out, expected);
  sl_err_done(&err);
}

static void test_formats__wrapping(void **state) {
  (void)state;
  check_wrapping("JSON", true, 1, -1, -1, SL_UNWRAP, NULL);
  check_wrapping("JSON", true, 2, -1, -1, SL_WRAP_DEFAULT, NULL);
  check_wrapping("KAFKA", true, 1, -1, -1, SL_WRAP_DEFAULT, NULL);
  check_wrapping("PROTOBUF", true, 1, -1, -1, SL_WRAP_DEFAULT, NULL);
  check_wrapping("JSON", false, 1, 1, -1, SL_WRAP, NULL);
  check_wrapping("JSON", false, 1, 0, 1, SL_UNWRAP, NULL);
  check_wrapping("JSON", false, 1, -1, 0, SL_UNWRAP, NULL);
  check_wrapping("JSON", false, 1, -1, -1, SL_WRAP_DEFAULT, NULL);
  check_wrapping("JSON", false, 2, -1, 0, SL_WRAP_DEFAULT, NULL);
  check_wrapping("PROTOBUF", false, 1, -1, 0, SL_WRAP_DEFAULT, NULL);
  check_wrapping("DELIMITED", false, 1, -1, 1, SL_WRAP_DEFAULT, NULL);
  check_wrapping("PROTOBUF", false, 1, 0, -1, 0,
                 "Format 'PROTOBUF' does not support 'WRAP_SINGLE_VALUE' set to 'false'.");
  check_wrapping("KAFKA", false, 2, 1, -1, 0, "Format 'KAFKA' does not support 'WRAP_SINGLE_VALUE' set to 'true'.");
  check_wrapping("JSON", false, 2, 1, -1, 0, "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
}

static void test_formats__schema_checks(void **state) {
  (void)state;
  check_schema(&(side){.format = "KAFKA", .schema = "`K` BOOLEAN", .is_key = true},
               "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`K` BOOLEAN KEY], "
               "features=[]}\nreason: The 'KAFKA' format does not support type 'BOOLEAN'");
  check_schema(
      &(side){.format = "kafka", .schema = "`ID` INTEGER, `AGE` INTEGER", .is_key = true},
      "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`ID` INTEGER KEY, `AGE` "
      "INTEGER KEY], features=[]}\nreason: The 'KAFKA' format only supports a single field. Got: [`ID` INTEGER "
      "KEY, `AGE` INTEGER KEY]");
  check_schema(
      &(side){.format = "DELIMITED", .schema = "`A` INTEGER, `F` MAP<STRING, STRING>"},
      "Value format does not support schema.\nformat: DELIMITED\nschema: Persistence{columns=[`A` INTEGER, `F` "
      "MAP<STRING, STRING>], features=[]}\nreason: The 'DELIMITED' format does not support type 'MAP', column: "
      "`F`");
  check_schema(&(side){.format = "NONE", .schema = "`K` STRING", .is_key = true},
               "Key format does not support schema.\nformat: NONE\nschema: Persistence{columns=[`K` STRING KEY], "
               "features=[]}\nreason: The 'NONE' format can only be used when no columns are defined. Got: [`K` STRING "
               "KEY]");
  check_schema(&(side){.format = "JSON", .schema = "`M` ARRAY<MAP<INTEGER, STRING>>", .wrapping = SL_UNWRAP},
               "Value format does not support schema.\nformat: JSON\nschema: Persistence{columns=[`M` "
               "ARRAY<MAP<INTEGER, STRING>>], features=[UNWRAP_SINGLES]}\nreason: JSON only supports MAP types with "
               "STRING keys");
  check_schema(&(side){.format = "KAFKA", .schema = "`K` STRUCT<`F` MAP<STRING, STRING>>", .is_key = true},
               "Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior "
               "due to inconsistent serialization. Key column name: `K`. Column type: STRUCT<`F` MAP<STRING, STRING>>. "
               "See https://github.com/confluentinc/ksql/issues/6621 for more.");
  check_schema(&(side){.format = "FOO", .schema = "`K` STRING"}, "Unknown format: FOO");
  check_schema(&(side){.format = "AVRO", .schema = "`K` STRING"}, "The 'AVRO' format is not supported yet.");
  check_schema(&(side){.format = "JSON", .schema = "`K` ARRAY<STRUCT<`A` INTEGER>>", .is_key = true}, NULL);
  check_schema(&(side){.format = "DELIMITED", .schema = "`K` DECIMAL(4, 2), `L` BYTES"}, NULL);
  check_schema(&(side){.format = "NONE", .schema = ""}, NULL);
}

static void test_formats__kafka_refuses_all_other_types(void **state) {
  (void)state;
  static const char *const types[][2] = {{"DECIMAL(2, 1)", "DECIMAL"},      {"ARRAY<INTEGER>", "ARRAY"},
                                         {"MAP<STRING, STRING>", "MAP"},    {"DATE", "DATE"},
                                         {"STRUCT<`A` INTEGER>", "STRUCT"}, {"TIME", "TIME"},
                                         {"TIMESTAMP", "TIMESTAMP"},        {"BOOLEAN", "BOOLEAN"}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    char schema[64], message[256];
    snprintf(schema, sizeof schema, "`V` %s", types[i][0]);
    snprintf(message, sizeof message,
             "Value format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[%s], features=[]}\n"
             "reason: The 'KAFKA' format does not support type '%s'",
             schema, types[i][1]);
    check_schema(&(side){.format = "KAFKA", .schema = schema}, message);
  }
}

static const side kafka_int = {.format = "KAFKA", .schema = "`A` INTEGER"};
static const side kafka_bigint = {.format = "KAFKA", .schema = "`A` BIGINT"};
static const side kafka_double = {.format = "KAFKA", .schema = "`A` DOUBLE"};
static const side kafka_string = {.format = "KAFKA", .schema = "`A` STRING"};
static const side kafka_bytes = {.format = "KAFKA", .schema = "`A` BYTES"};

static void test_kafka__writes(void **state) {
  (void)state;
  check_encode_bytes(&kafka_int, "{\"A\":10}", "\0\0\0\x0a", 4);
  check_encode_bytes(&kafka_int, "{\"A\":-2147483648}", "\x80\0\0\0", 4);
  check_encode_bytes(&kafka_bigint, "{\"A\":-1}", "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
  check_encode_bytes(&kafka_double, "{\"A\":1.5}", "\x3f\xf8\0\0\0\0\0\0", 8);
  check_encode_bytes(&kafka_double, "{\"A\":\"NaN\"}", "\x7f\xf8\0\0\0\0\0\0", 8);
  check_encode(&kafka_string, "{\"A\":\"\xc3\xa9\"}", "\xc3\xa9");
  check_encode(&kafka_string, "{\"A\":\"\"}", "");
  check_encode(&kafka_bytes, "{\"A\":\"YWI=\"}", "ab");
  check_encode(&kafka_string, "{\"A\":null}", NULL);
}

static void test_kafka__reads(void **state) {
  (void)state;
  check_decode_bytes(&kafka_int, "\0\0\0\x0a", 4, "10");
  check_decode_bytes(&kafka_bigint, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "-1");
  check_decode_bytes(&kafka_double, "\x3f\xf8\0\0\0\0\0\0", 8, "1.5");
  check_decode(&kafka_string, "", "''");
  check_decode(&kafka_string, "a\xff\xc3", "'a\xef\xbf\xbd\xef\xbf\xbd'");
  check_decode(&kafka_string, "\xe2\x82x\xed\xa0\x80\xf0\x9f\x98", /* a cut sequence, a surrogate, a cut one */
               "'\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd'");
  check_decode(&kafka_bytes, "a\xff", "x'61ff'");
  check_decode_bytes(&kafka_int, "12345678", 8,
                     "!Error deserializing KAFKA message from topic: t\nCaused by: Size of data received by "
                     "IntegerDeserializer is not 4");
  check_decode_bytes(&kafka_bigint, "1234", 4,
                     "!Error deserializing KAFKA message from topic: t\nCaused by: Size of data received by "
                     "LongDeserializer is not 8");
  check_decode_bytes(
      &kafka_double, "", 0,
      "!Error deserializing KAFKA message from topic: t\nCaused by: Size of data received by Deserializer "
      "is not 8");
}

static void test_none__ignores_bytes_and_writes_null(void **state) {
  (void)state;
  side none = {.format = "NONE", .schema = ""}, kafka = {.format = "KAFKA", .schema = ""};
  check_decode(&none, "whatever", "");
  check_encode(&none, "{}", NULL);
  check_decode(&kafka, "whatever", "");
  check_encode(&kafka, "{}", NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_formats__list_is_sorted_and_found_in_any_case),
      cmocka_unit_test(test_formats__feature_matrix),
      cmocka_unit_test(test_formats__key_types),
      cmocka_unit_test(test_formats__properties),
      cmocka_unit_test(test_formats__several_foreign_properties_are_listed),
      cmocka_unit_test(test_formats__wrapping),
      cmocka_unit_test(test_formats__schema_checks),
      cmocka_unit_test(test_formats__kafka_refuses_all_other_types),
      cmocka_unit_test(test_kafka__writes),
      cmocka_unit_test(test_kafka__reads),
      cmocka_unit_test(test_none__ignores_bytes_and_writes_null),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
