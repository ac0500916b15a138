/* Signatures, the registry, and overload resolution with its messages (functions.md 2, 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <ctype.h>
#include <cmocka.h>
#include "functions/function.h"
#include "functions/signature.h"
#include "types/schema.h"

static sl_arena arena;

static int nothing(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call, (void)args, (void)out;
  return 0;
}

/* Overloads as the examples of functions.md 3 need them; the return type tells which one was taken. */
static const sl_function PROBES[] = {
    {.name = "PROBE_PAIR",
     .category = "OTHER",
     .doc = "d",
     .example = "e",
     .overloads =
         (const sl_overload[]){{.signature = "(INT! a, VARCHAR b) -> INT", .eval = nothing, .doc = "d"},
                               {.signature = "(BIGINT! a, VARCHAR b) -> BIGINT", .eval = nothing, .doc = "d"},
                               {.signature = "(BIGINT!... longs) -> DOUBLE", .eval = nothing, .doc = "d"},
                               {.signature = "(STRUCT<A VARCHAR> struct) -> BYTES", .eval = nothing, .doc = "d"},
                               {.signature = "() -> STRUCT<A VARCHAR>", .eval = nothing, .doc = "d"},
                               {0}}},
    {.name = "PROBE_ANY",
     .category = "OTHER",
     .doc = "d",
     .example = "e",
     .overloads = (const sl_overload[]){{.signature = "(INT a, ANY... rest) -> INT", .eval = nothing, .doc = "d"},
                                        {.signature = "(INT a, T... rest) -> T", .eval = nothing, .doc = "d"},
                                        {0}}},
    {.name = "PROBE_MIDDLE",
     .spelling = "PROBE_MIDDLE",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = "AGGREGATE",
     .doc = "d",
     .example = "e",
     .overloads = (const sl_overload[]){{.signature = "(BIGINT val1, VARCHAR... val2; INT first, INT second) -> BIGINT",
                                         .doc = "d"},
                                        {.signature = "(BOOLEAN val1; INT first, VARCHAR... rest) -> INT", .doc = "d"},
                                        {0}},
     .aggregates = (const sl_aggregate[]){{0}, {0}}},
    {.name = "PROBE_UNIT",
     .category = "OTHER",
     .doc = "d",
     .example = "e",
     .overloads =
         (const sl_overload[]){{.signature = "(UNIT u, INT n) -> INT", .eval = nothing, .doc = "d"},
                               {.signature = "(MAP<VARCHAR, DOUBLE> m) -> DOUBLE", .eval = nothing, .doc = "d"},
                               {.signature = "(ARRAY<DECIMAL> m) -> BYTES", .eval = nothing, .doc = "d"},
                               {0}}},
    {0}};

static int setup(void **state) {
  (void)state;
  sl_arena_init(&arena, 0);
  return sl_function_add(PROBES, NULL);
}

static int teardown(void **state) {
  (void)state;
  sl_arena_done(&arena);
  return 0;
}

/* Types written as "INTEGER KEY"-like words: NULL, UNIT or a schema type. */
static const sl_type *type_of(const char *text) {
  static const sl_field A_STRING[] = {{{"A", 1}, &SL_TYPE_STRING}};
  if (!strcmp(text, "NULL")) return &SL_TYPE_NULL;
  if (!strcmp(text, "UNIT")) return &SL_TYPE_INTERVAL_UNIT;
  if (!strcmp(text, "STRUCT<A STRING>")) return sl_type_struct(&arena, A_STRING, 1);
  if (!strncmp(text, "DECIMAL", 7)) return sl_type_decimal(&arena, text[8] - '0', text[10] - '0');
  if (!strncmp(text, "ARRAY<", 6)) {
    char *inner = sl_arena_dup(&arena, text + 6, strlen(text) - 7);
    return sl_type_array(&arena, type_of(inner));
  }
  if (!strncmp(text, "MAP<STRING,", 11)) {
    char *inner = sl_arena_dup(&arena, text + 11, strlen(text) - 12);
    return sl_type_map(&arena, &SL_TYPE_STRING, type_of(inner));
  }
  const sl_type *type = sl_type_find(sl_str_of(text));
  assert_non_null(type);
  return type;
}

/* "RESULT cast cast" (- for no cast), "ambiguous", "no match", or another message. */
static const char *resolve(const char *name, const char *const *types) {
  sl_argument args[8];
  int count = 0;
  for (; types[count]; count++) args[count] = (sl_argument){.type = type_of(types[count])};
  sl_resolution res;
  sl_err err = {0};
  sl_buf out = {0};
  if (sl_function_resolve(&arena, sl_str_of(name), args, count, SL_NO_POS, &res, &err)) {
    const char *what = strstr(err.message, "ambiguous")         ? "ambiguous"
                       : strstr(err.message, "does not accept") ? "no match"
                                                                : err.message;
    sl_buf_add_z(&out, what);
    sl_err_done(&err);
  } else {
    sl_type_print(&out, res.type, SL_TYPE_UNQUOTED);
    for (int i = 0; i < count; i++) {
      sl_buf_add_z(&out, " ");
      if (res.casts[i])
        sl_type_print(&out, res.casts[i], SL_TYPE_UNQUOTED);
      else
        sl_buf_add_z(&out, "-");
    }
  }
  const char *text = sl_arena_dup(&arena, out.data, out.len);
  sl_buf_done(&out);
  return text;
}

static void test_resolve__follows_the_examples(void **state) {
  (void)state;
  static const struct {
    const char *name, *types[6], *want;
  } cases[] = {
      {"POWER", {"INTEGER", "BIGINT"}, "ambiguous"},
      {"ATAN2", {"INTEGER", "BIGINT"}, "ambiguous"},
      {"POWER", {"INTEGER", "DOUBLE"}, "DOUBLE DOUBLE -"},
      {"SIGN", {"DECIMAL(3,1)"}, "INTEGER DOUBLE"},
      {"ROUND", {"INTEGER", "INTEGER"}, "ambiguous"},
      {"ABS", {"NULL"}, "ambiguous"},
      {"LEN", {"NULL"}, "ambiguous"},
      {"SUBSTRING", {"NULL", "INTEGER"}, "ambiguous"},
      {"SUBSTRING", {"STRING", "NULL"}, "STRING - INTEGER"},
      {"COALESCE", {"INTEGER", "BIGINT"}, "no match"},
      {"IFNULL", {"DECIMAL(4,2)", "DECIMAL(5,2)"}, "no match"},
      {"GENERATE_SERIES", {"INTEGER", "BIGINT"}, "ARRAY<BIGINT> BIGINT -"},
      {"LEN", {"STRING"}, "INTEGER -"},
      {"CONCAT", {"STRING", "BYTES"}, "BYTES BYTES -"},
      {"AVG", {"DECIMAL(3,1)"}, "no match"},
      {"SUM", {"STRING"}, "no match"},
      {"MAX", {"BOOLEAN"}, "no match"},
      {"GREATEST", {"INTEGER", "BIGINT"}, "ambiguous"},
      {"GREATEST", {"INTEGER", "BIGINT", "DOUBLE"}, "DOUBLE DOUBLE DOUBLE -"},
      {"GREATEST", {"NULL", "NULL"}, "ambiguous"},
      {"GREATEST", {"STRING", "DATE"}, "DATE DATE -"},
      {"GREATEST", {"STRING", "INTEGER"}, "no match"},
      {"GREATEST", {"DECIMAL(9,2)", "DECIMAL(7,6)"}, "DECIMAL(13, 6) - -"},
      {"GREATEST", {NULL}, "no match"},
      {"GREATEST", {"INTEGER"}, "INTEGER -"},
      {"COALESCE", {NULL}, "no match"},
      {"COALESCE", {"NULL", "INTEGER"}, "INTEGER INTEGER -"},
      {"ARRAY_CONTAINS", {"ARRAY<INTEGER>", "BIGINT"}, "no match"},
      {"PROBE_PAIR", {"BIGINT", "NULL"}, "BIGINT - STRING"},
      {"PROBE_PAIR", {"INTEGER", "STRING"}, "INTEGER - -"},
      {"PROBE_PAIR", {"INTEGER", "INTEGER", "BIGINT"}, "DOUBLE BIGINT BIGINT -"},
      {"PROBE_PAIR", {"STRUCT<A STRING>"}, "BYTES -"},
      {"PROBE_PAIR", {NULL}, "STRUCT<A STRING>"},
      {"PROBE_ANY", {"INTEGER", "STRING", "STRING"}, "STRING - - -"},
      {"PROBE_ANY", {"INTEGER", "STRING", "DOUBLE"}, "INTEGER - - -"},
      {"PROBE_UNIT", {"UNIT", "INTEGER"}, "INTEGER - -"},
      {"PROBE_UNIT", {"INTEGER", "INTEGER"}, "no match"},
      {"PROBE_UNIT", {"MAP<STRING,INTEGER>"}, "DOUBLE MAP<STRING, DOUBLE>"},
      {"PROBE_UNIT", {"ARRAY<INTEGER>"}, "BYTES ARRAY<DECIMAL(10, 0)>"},
      {"PROBE_UNIT", {"ARRAY<BIGINT>"}, "BYTES ARRAY<DECIMAL(19, 0)>"},
      {"NO_SUCH", {"INTEGER"}, "Can't find any functions with the name 'NO_SUCH'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *got = resolve(cases[i].name, cases[i].types);
    if (strcmp(got, cases[i].want)) fail_msg("case %zu: %s gave %s, not %s", i, cases[i].name, got, cases[i].want);
  }
}

static void test_resolve__splits_columns_and_literals_of_aggregates(void **state) {
  (void)state;
  sl_argument args[5] = {{.type = &SL_TYPE_BIGINT},
                         {.type = &SL_TYPE_STRING},
                         {.type = &SL_TYPE_STRING},
                         {.type = &SL_TYPE_INTEGER},
                         {.type = &SL_TYPE_INTEGER}};
  sl_resolution res;
  sl_err err = {0};
  assert_int_equal(sl_function_resolve(&arena, sl_str_of("PROBE_MIDDLE"), args, 5, SL_NO_POS, &res, &err), 0);
  assert_int_equal(res.columns, 3);
  assert_int_not_equal(sl_function_resolve(&arena, sl_str_of("PROBE_MIDDLE"), args, 4, SL_NO_POS, &res, &err), 0);
  assert_non_null(
      strstr(err.message, "Function 'PROBE_MIDDLE' does not accept parameters (BIGINT, STRING, STRING, INTEGER)."));
  assert_non_null(strstr(err.message, "\nPROBE_MIDDLE(BIGINT val1, VARCHAR... val2, INT first, INT second)\n"));
  sl_err_done(&err);
  sl_argument more[4] = {
      {.type = &SL_TYPE_BOOLEAN}, {.type = &SL_TYPE_INTEGER}, {.type = &SL_TYPE_STRING}, {.type = &SL_TYPE_STRING}};
  assert_int_equal(sl_function_resolve(&arena, sl_str_of("PROBE_MIDDLE"), more, 4, SL_NO_POS, &res, &err), 0);
  assert_int_equal(res.columns, 1);
}

static void test_resolve__says_what_would_do(void **state) {
  (void)state;
  sl_argument args[2] = {{.type = &SL_TYPE_INTEGER}, {.type = &SL_TYPE_NULL}};
  sl_resolution res;
  sl_err err = {0};
  assert_int_equal(sl_function_resolve(&arena, sl_str_of("lpad"), args, 2, SL_NO_POS, &res, &err), SL_E_STATEMENT);
  assert_string_equal(err.message, "Function 'LPad' does not accept parameters (INTEGER, null).\nValid alternatives "
                                   "are:\nLPAD(VARCHAR input, INT targetLen, VARCHAR padding)\nLPAD(BYTES input, INT "
                                   "targetLen, BYTES padding)\nFor detailed information on a function run: DESCRIBE "
                                   "FUNCTION <Function-Name>;");
  sl_err_done(&err);
}

static void test_resolve__marks_strict_arguments(void **state) {
  (void)state;
  sl_argument args[2] = {{.type = &SL_TYPE_INTEGER}, {.type = &SL_TYPE_STRING}};
  sl_resolution res;
  assert_int_equal(sl_function_resolve(&arena, sl_str_of("PROBE_PAIR"), args, 2, SL_NO_POS, &res, NULL), 0);
  assert_non_null(res.strict);
  assert_true(res.strict[0]);
  assert_false(res.strict[1]);
}

static void test_signature__refuses_malformed_text(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "(INT)",
                                    "(INT -> INT",
                                    "(INT... a, INT... b) -> INT",
                                    "(FOO) -> INT",
                                    "(ARRAY<INT) -> INT",
                                    "(INT) -> INT x",
                                    "(LAMBDA(A, B) f) -> INT"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    sl_signature sig;
    sl_err err = {0};
    assert_int_equal(sl_signature_parse(&arena, bad[i], &sig, &err), SL_E_INTERNAL);
    sl_err_done(&err);
  }
}

static void test_registry__has_every_function_sorted_and_documented(void **state) {
  (void)state;
  size_t count;
  const sl_function *const *list = sl_functions(&count);
  assert_true(count > 60);
  for (size_t i = 0; i < count; i++) {
    const sl_function *f = list[i];
    assert_true(f->doc && *f->doc && f->category && *f->category && f->example && *f->example);
    assert_true(f->overload_count > 0);
    for (const char *c = f->name; *c; c++)
      assert_true(isupper((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    if (f->spelling) assert_true(sl_str_eq_nocase(sl_str_of(f->spelling), sl_str_of(f->name)));
    for (int o = 0; o < f->overload_count; o++) {
      assert_true(f->overloads[o].doc && *f->overloads[o].doc);
      assert_true(f->kind == SL_FUNCTION_AGGREGATE ? f->aggregates != NULL : f->overloads[o].eval != NULL);
    }
    if (i) assert_true(list[i - 1]->kind < f->kind || strcmp(list[i - 1]->name, f->name) < 0);
    assert_ptr_equal(sl_function_find(sl_str_of(f->name)), f);
  }
  assert_null(sl_function_find(sl_str_of("LIKE"))); /* hidden */
  assert_non_null(sl_function_operator(sl_str_of("like")));
  assert_null(sl_function_find(sl_str_of("STDDEV_POP")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_resolve__follows_the_examples),
      cmocka_unit_test(test_resolve__splits_columns_and_literals_of_aggregates),
      cmocka_unit_test(test_resolve__says_what_would_do),
      cmocka_unit_test(test_resolve__marks_strict_arguments),
      cmocka_unit_test(test_signature__refuses_malformed_text),
      cmocka_unit_test(test_registry__has_every_function_sorted_and_documented),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
