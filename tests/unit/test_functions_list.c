/* The list of functions: every name that is specified is there, with its kind and category, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "functions/function.h"
#include "functions/signature.h"

/* Names by category, each list sorted and ended by NULL. */
static const char *const CONDITIONAL[] = {"COALESCE", "IFNULL", "NULLIF", NULL};
static const char *const MATHEMATICAL[] = {"ABS",  "ACOS", "ASIN",    "ATAN",    "ATAN2",  "CBRT",     "CEIL",  "COS",
                                           "COSH", "COT",  "DEGREES", "EXP",     "FLOOR",  "GREATEST", "LEAST", "LN",
                                           "LOG",  "PI",   "POWER",   "RADIANS", "RANDOM", "ROUND",    "SIGN",  "SIN",
                                           "SINH", "SQRT", "TAN",     "TANH",    "TRUNC",  NULL};
static const char *const STRING[] = {
    "CHR",        "CONCAT", "CONCAT_WS", "ELT",  "ENCODE", "FIELD",          "FROM_BYTES",      "INITCAP",
    "INSTR",      "LCASE",  "LEN",       "LPAD", "MASK",   "MASK_KEEP_LEFT", "MASK_KEEP_RIGHT", "MASK_LEFT",
    "MASK_RIGHT", "MD5",    "REPLACE",   "RPAD", "SPLIT",  "SPLIT_TO_MAP",   "SUBSTRING",       "TO_BYTES",
    "TRIM",       "UCASE",  "UUID",      NULL};
static const char *const REGULAR[] = {"REGEXP_EXTRACT", "REGEXP_EXTRACT_ALL", "REGEXP_REPLACE", "REGEXP_SPLIT_TO_ARRAY",
                                      NULL};
static const char *const JSON[] = {
    "EXTRACTJSONFIELD", "IS_JSON_STRING", "JSON_ARRAY_CONTAINS", "JSON_ARRAY_LENGTH", "JSON_CONCAT",
    "JSON_ITEMS",       "JSON_KEYS",      "JSON_RECORDS",        "TO_JSON_STRING",    NULL};
static const char *const DATES[] = {"CONVERT_TZ",       "DATEADD",
                                    "DATESUB",          "DATETOSTRING",
                                    "FORMAT_DATE",      "FORMAT_TIME",
                                    "FORMAT_TIMESTAMP", "FROM_DAYS",
                                    "FROM_UNIXTIME",    "PARSE_DATE",
                                    "PARSE_TIME",       "PARSE_TIMESTAMP",
                                    "STRINGTODATE",     "STRINGTOTIMESTAMP",
                                    "TIMEADD",          "TIMESTAMPADD",
                                    "TIMESTAMPSUB",     "TIMESTAMPTOSTRING",
                                    "TIMESUB",          "UNIX_DATE",
                                    "UNIX_TIMESTAMP",   NULL};
static const char *const ARRAY[] = {
    "ARRAY_CONCAT", "ARRAY_CONTAINS", "ARRAY_DISTINCT",  "ARRAY_EXCEPT", "ARRAY_INTERSECT",
    "ARRAY_JOIN",   "ARRAY_LENGTH",   "ARRAY_MAX",       "ARRAY_MIN",    "ARRAY_REMOVE",
    "ARRAY_SORT",   "ARRAY_UNION",    "GENERATE_SERIES", "SLICE",        NULL};
static const char *const MAP[] = {"AS_MAP", "ENTRIES", "MAP_KEYS", "MAP_UNION", "MAP_VALUES", NULL};
static const char *const URL[] = {
    "URL_DECODE_PARAM", "URL_ENCODE_PARAM", "URL_EXTRACT_FRAGMENT", "URL_EXTRACT_HOST",  "URL_EXTRACT_PARAMETER",
    "URL_EXTRACT_PATH", "URL_EXTRACT_PORT", "URL_EXTRACT_PROTOCOL", "URL_EXTRACT_QUERY", NULL};
static const char *const LAMBDA[] = {"FILTER", "REDUCE", "TRANSFORM", NULL};
static const char *const CONVERSIONS[] = {"BIGINT_FROM_BYTES", "DOUBLE_FROM_BYTES", "INT_FROM_BYTES", NULL};
static const char *const OTHER[] = {"AS_VALUE", "GEO_DISTANCE", NULL};
static const char *const TABLE[] = {"CUBE_EXPLODE", "EXPLODE", NULL};
static const char *const AGGREGATE[] = {"ATTR",
                                        "AVG",
                                        "COLLECT_LIST",
                                        "COLLECT_SET",
                                        "CORRELATION",
                                        "COUNT",
                                        "COUNT_DISTINCT",
                                        "EARLIEST_BY_OFFSET",
                                        "HISTOGRAM",
                                        "LATEST_BY_OFFSET",
                                        "MAX",
                                        "MIN",
                                        "STDDEV_SAMP",
                                        "STDDEV_SAMPLE",
                                        "SUM",
                                        "SUM_LIST",
                                        "TOPK",
                                        "TOPKDISTINCT",
                                        NULL};

static const struct {
  const char *category;
  const char *const *names;
  sl_function_kind kind;
} LISTS[] = {
    {"CONDITIONAL", CONDITIONAL, SL_FUNCTION_SCALAR},
    {"MATHEMATICAL", MATHEMATICAL, SL_FUNCTION_SCALAR},
    {"STRING", STRING, SL_FUNCTION_SCALAR},
    {"REGULAR EXPRESSION", REGULAR, SL_FUNCTION_SCALAR},
    {"JSON", JSON, SL_FUNCTION_SCALAR},
    {"DATE / TIME", DATES, SL_FUNCTION_SCALAR},
    {"ARRAY", ARRAY, SL_FUNCTION_SCALAR},
    {"MAP", MAP, SL_FUNCTION_SCALAR},
    {"URL", URL, SL_FUNCTION_SCALAR},
    {"LAMBDA", LAMBDA, SL_FUNCTION_SCALAR},
    {"CONVERSIONS", CONVERSIONS, SL_FUNCTION_SCALAR},
    {"OTHER", OTHER, SL_FUNCTION_SCALAR},
    {"TABLE", TABLE, SL_FUNCTION_TABLE},
    {"AGGREGATE", AGGREGATE, SL_FUNCTION_AGGREGATE},
};
enum { LIST_COUNT = sizeof LISTS / sizeof *LISTS };

static void test_functions__are_those_specified(void **state) {
  (void)state;
  size_t count, specified = 0;
  sl_functions(&count);
  for (size_t l = 0; l < LIST_COUNT; l++)
    for (const char *const *name = LISTS[l].names; *name; name++, specified++) {
      const sl_function *f = sl_function_find(sl_str_of(*name));
      if (!f) fail_msg("%s is missing", *name);
      if (f->kind != LISTS[l].kind) fail_msg("%s is of the wrong kind", *name);
      if (strcmp(f->category, LISTS[l].category)) fail_msg("%s is %s, not %s", *name, f->category, LISTS[l].category);
    }
  assert_int_equal(specified, 129 + 2 + 18);
  assert_int_equal(count, specified); /* and none besides */
}

static void test_functions__print_the_specified_spelling(void **state) {
  (void)state;
  static const char *const OWN[] = {"Abs",
                                    "Ceil",
                                    "Floor",
                                    "Round",
                                    "Chr",
                                    "LPad",
                                    "RPad",
                                    "UUID",
                                    "ARRAY_JOIN",
                                    "ARRAY_LENGTH",
                                    "ARRAY_CONTAINS",
                                    "ENTRIES",
                                    "GENERATE_SERIES",
                                    "AS_MAP",
                                    "AS_VALUE",
                                    "COALESCE",
                                    "IFNULL",
                                    "NULLIF",
                                    "IS_JSON_STRING",
                                    "JSON_ARRAY_CONTAINS",
                                    "JSON_ARRAY_LENGTH",
                                    "JSON_CONCAT",
                                    "JSON_ITEMS",
                                    "JSON_KEYS",
                                    "JSON_RECORDS",
                                    "TO_JSON_STRING",
                                    "COUNT",
                                    "COUNT_DISTINCT",
                                    "SUM",
                                    "MIN",
                                    "MAX",
                                    "TOPK",
                                    "TOPKDISTINCT",
                                    "ATTR",
                                    "EARLIEST_BY_OFFSET",
                                    "LATEST_BY_OFFSET",
                                    "STDDEV_SAMP",
                                    "STDDEV_SAMPLE"};
  sl_arena arena;
  sl_arena_init(&arena, 0);
  size_t count;
  const sl_function *const *list = sl_functions(&count);
  for (size_t i = 0; i < count; i++) {
    const char *want = sl_str_lower(&arena, sl_str_of(list[i]->name)).ptr;
    want = sl_str_z(&arena, sl_str_n(want, strlen(list[i]->name)));
    for (size_t n = 0; n < sizeof OWN / sizeof *OWN; n++)
      if (sl_str_eq_nocase(sl_str_of(OWN[n]), sl_str_of(list[i]->name))) want = OWN[n];
    assert_string_equal(sl_function_spelling(&arena, list[i]), want);
  }
  sl_arena_done(&arena);
}

static void test_functions__are_documented(void **state) {
  (void)state;
  size_t count;
  const sl_function *const *list = sl_functions(&count);
  for (size_t i = 0; i < count; i++) {
    const sl_function *f = list[i];
    if (!f->doc || !*f->doc || !f->example || !*f->example) fail_msg("%s has no doc or example", f->name);
    if (i && list[i - 1]->kind == f->kind && strcmp(list[i - 1]->name, f->name) >= 0)
      fail_msg("%s is out of order", f->name);
    assert_true(f->overload_count > 0);
    for (int o = 0; o < f->overload_count; o++) {
      if (!f->overloads[o].doc) fail_msg("%s: an overload has no doc", f->name);
      if (f->kind != SL_FUNCTION_AGGREGATE && !f->overloads[o].eval) fail_msg("%s: an overload has no body", f->name);
      const sl_signature *s = sl_function_signature(f, o);
      for (int p = 0; p < s->count; p++)
        if (!s->parameters[p].name.len) fail_msg("%s: a parameter has no name", f->name);
    }
  }
}

static void test_functions__leave_other_names_unknown(void **state) {
  (void)state;
  static const char *const UNKNOWN[] = {"STDDEV_POP", "SERIES",     "HASH",  "SHA1", "SHA256", "NOW",
                                        "DATE_TRUNC", "SPLIT_PART", "UPPER", "NVL",  ""};
  for (size_t i = 0; i < sizeof UNKNOWN / sizeof *UNKNOWN; i++) assert_null(sl_function_find(sl_str_of(UNKNOWN[i])));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_functions__are_those_specified),
      cmocka_unit_test(test_functions__print_the_specified_spelling),
      cmocka_unit_test(test_functions__are_documented),
      cmocka_unit_test(test_functions__leave_other_names_unknown),
  };
  return cmocka_run_group_tests_name("functions/list", tests, NULL, NULL);
}
