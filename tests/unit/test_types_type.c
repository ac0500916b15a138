/* Types and schemas: spellings, printed forms, equality, copies, DECIMAL checks. */
#include "types_testing.h"

static const char *styled(const sl_type *type, sl_type_style style) {
  sl_buf buf = {0};
  sl_type_print(&buf, type, style);
  return buf_text(&buf);
}

static void test_type__spellings_are_found_in_any_case(void **state) {
  (void)state;
  assert_ptr_equal(sl_type_find(sl_str_of("int")), &SL_TYPE_INTEGER);
  assert_ptr_equal(sl_type_find(sl_str_of("Integer")), &SL_TYPE_INTEGER);
  assert_ptr_equal(sl_type_find(sl_str_of("varchar")), &SL_TYPE_STRING);
  assert_ptr_equal(sl_type_find(sl_str_of("STRING")), &SL_TYPE_STRING);
  assert_ptr_equal(sl_type_find(sl_str_of("Timestamp")), &SL_TYPE_TIMESTAMP);
  assert_null(sl_type_find(sl_str_of("DECIMAL")));
  assert_null(sl_type_find(sl_str_of("FLOAT")));
  assert_null(sl_type_find(sl_str_of("")));
}

static void test_type__each_style_prints_its_way(void **state) {
  (void)state;
  const sl_type *type = type_of("STRUCT<`A` ARRAY<STRING>, `b``c` MAP<INTEGER, DECIMAL(10, 2)>>");
  assert_string_equal(styled(type, SL_TYPE_SQL), "STRUCT<`A` ARRAY<STRING>, `b``c` MAP<INTEGER, DECIMAL(10, 2)>>");
  assert_string_equal(styled(type, SL_TYPE_UNQUOTED), "STRUCT<A ARRAY<STRING>, b`c MAP<INTEGER, DECIMAL(10, 2)>>");
  assert_string_equal(styled(type, SL_TYPE_DESCRIBE),
                      "STRUCT<A ARRAY<VARCHAR(STRING)>, b`c MAP<STRING, DECIMAL(10, 2)>>");
  assert_string_equal(styled(type, SL_TYPE_FORMATS), "STRUCT<A ARRAY<VARCHAR>, b`c MAP<INT, DECIMAL(10, 2)>>");
  assert_string_equal(styled(type_of("STRUCT< >"), SL_TYPE_SQL), "STRUCT< >");
  assert_string_equal(styled(&SL_TYPE_NULL, SL_TYPE_UNQUOTED), "null");
  assert_string_equal(sl_base_name(SL_BIGINT), "BIGINT");
}

static void test_type__equality_is_structural(void **state) {
  (void)state;
  static const char *const TYPES[] = {"INTEGER",
                                      "DECIMAL(4, 2)",
                                      "DECIMAL(4, 1)",
                                      "ARRAY<INTEGER>",
                                      "ARRAY<BIGINT>",
                                      "MAP<STRING, INTEGER>",
                                      "MAP<INTEGER, INTEGER>",
                                      "STRUCT<`A` INTEGER>",
                                      "STRUCT<`a` INTEGER>",
                                      "STRUCT<`A` BIGINT>",
                                      "STRUCT<`A` INTEGER, `B` INTEGER>"};
  for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
    for (size_t j = 0; j < sizeof TYPES / sizeof *TYPES; j++) {
      assert_int_equal(sl_type_equal(type_of(TYPES[i]), type_of(TYPES[j])), i == j);
    }
  }
}

static void test_type__a_copy_outlives_its_origin(void **state) {
  (void)state;
  static const char TEXT[] = "STRUCT<`A` ARRAY<DECIMAL(4, 2)>, `B` MAP<STRING, STRUCT<`C` BYTES>>>";
  sl_arena other;
  sl_arena_init(&other, 0);
  const sl_type *type;
  assert_true(sl_type_parse(&other, sl_str_of(TEXT), &type));
  const sl_type *copy = sl_type_copy(&test_arena, type);
  sl_arena_done(&other);
  assert_string_equal(sl_type_text(&test_arena, copy), TEXT);
  assert_int_equal(sl_type_field(copy, sl_str_of("B")), 1);
  assert_int_equal(sl_type_field(copy, sl_str_of("b")), -1);
  assert_ptr_equal(sl_type_copy(&test_arena, &SL_TYPE_DATE), &SL_TYPE_DATE);
}

static void test_type__decimal_parameters_are_checked(void **state) {
  (void)state;
  assert_int_equal(sl_type_check_decimal(1, 0, &test_err), 0);
  assert_int_equal(sl_type_check_decimal(100, 100, &test_err), 0);
  static const struct {
    int64_t precision, scale;
    const char *message;
  } BAD[] = {{0, 0, "DECIMAL precision must be >= 1: DECIMAL(0,0)"},
             {4, -1, "DECIMAL scale must be >= 0: DECIMAL(4,-1)"},
             {2, 3, "DECIMAL precision must be >= scale: DECIMAL(2,3)"},
             {10001, 0, "DECIMAL precision must be <= 10000: DECIMAL(10001,0)"}};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    assert_int_equal(sl_type_check_decimal(BAD[i].precision, BAD[i].scale, &test_err), SL_E_STATEMENT);
    assert_string_equal(take_error(), BAD[i].message);
  }
}

static sl_schema schema_of(const char *text) {
  sl_schema schema;
  if (!sl_schema_parse(&test_arena, sl_str_of(text), &schema)) fail_msg("not a schema: %s", text);
  return schema;
}

static const char SCHEMA[] = "`K` STRING KEY, `V` STRUCT<`x``y` INTEGER>, `K2` INTEGER KEY, `H` BYTES HEADER('it''s'), "
                             "`HS` ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>> HEADERS";

static void test_schema__text_reads_back(void **state) {
  (void)state;
  sl_schema schema = schema_of(SCHEMA);
  assert_string_equal(sl_schema_text(&test_arena, &schema), SCHEMA);
  sl_schema empty = {0};
  assert_string_equal(sl_schema_text(&test_arena, &empty), "");
}

static void test_schema__columns_are_found_by_name_and_kind(void **state) {
  (void)state;
  sl_schema schema = schema_of(SCHEMA);
  assert_int_equal(sl_schema_find(&schema, sl_str_of("K2")), 2);
  assert_int_equal(sl_schema_find(&schema, sl_str_of("k2")), -1);
  assert_int_equal(sl_schema_count(&schema, SL_COLUMN_KEY), 2);
  assert_int_equal(sl_schema_count(&schema, SL_COLUMN_HEADERS), 2);
  assert_ptr_equal(sl_schema_nth(&schema, SL_COLUMN_KEY, 1), &schema.columns[2]);
  assert_ptr_equal(sl_schema_nth(&schema, SL_COLUMN_VALUE, 0), &schema.columns[1]);
  assert_null(sl_schema_nth(&schema, SL_COLUMN_VALUE, 1));
}

static void test_schema__copies_are_equal_until_something_differs(void **state) {
  (void)state;
  sl_schema schema = schema_of(SCHEMA), copy = sl_schema_copy(&test_arena, &schema);
  assert_true(sl_schema_equal(&schema, &copy));
  static const char *const OTHERS[] = {"`K` STRING",       "`K` STRING KEY",        "`K` INTEGER KEY",
                                       "`k` STRING KEY",   "`K` BYTES HEADER('a')", "`K` BYTES HEADER('b')",
                                       "`K` BYTES HEADERS"};
  for (size_t i = 0; i < 7; i++) {
    for (size_t j = 0; j < 7; j++) {
      sl_schema a = schema_of(OTHERS[i]), b = schema_of(OTHERS[j]);
      assert_int_equal(sl_schema_equal(&a, &b), i == j);
    }
  }
}

static void test_schema__system_columns(void **state) {
  (void)state;
  static const char *const NAMES[] = {"ROWTIME",   "ROWPARTITION", "ROWOFFSET", "WINDOWSTART",
                                      "WINDOWEND", "rowtime",      "ROWKEY"};
  for (size_t i = 0; i < 7; i++) {
    assert_int_equal(sl_is_system_column(sl_str_of(NAMES[i])), i < 5);
    assert_int_equal(sl_is_pseudo_column(sl_str_of(NAMES[i])), i < 3);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_type__spellings_are_found_in_any_case),
      TEST(test_type__each_style_prints_its_way),
      TEST(test_type__equality_is_structural),
      TEST(test_type__a_copy_outlives_its_origin),
      TEST(test_type__decimal_parameters_are_checked),
      TEST(test_schema__text_reads_back),
      TEST(test_schema__columns_are_found_by_name_and_kind),
      TEST(test_schema__copies_are_equal_until_something_differs),
      TEST(test_schema__system_columns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
