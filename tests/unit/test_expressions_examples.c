/* Every function's example is evaluated, and docs/functions.md is what the tables print. Runs from the root;
 * SLUICE_GOLDEN_UPDATE writes the page. */
#include <math.h>
#include <stdlib.h>
#include "expressions_support.h"
#include "tests/unit/function_calls.h"

static const char PAGE[] = "docs/functions.md";

/* ---- evaluating ---- */

static void print_value(sl_buf *out, const sl_type *type, const sl_value *v) {
  if (sl_is_null(v)) {
    sl_buf_add_z(out, "NULL");
  } else if (type->base == SL_BYTES) {
    sl_buf text = {0};
    sl_value_print_json(&text, type, v);
    sl_buf_printf(out, "'%.*s'", (int)text.len - 2, (const char *)text.data + 1);
    sl_buf_done(&text);
  } else if (type->base == SL_ARRAY && type->element->base == SL_STRING) {
    sl_buf_add_z(out, "[");
    for (uint32_t i = 0; i < v->len; i++) {
      if (i) sl_buf_add_z(out, ", ");
      print_value(out, type->element, &v->items[i]);
    }
    sl_buf_add_z(out, "]");
  } else {
    const char *quote = type->base == SL_STRING || (type->base >= SL_TIME && type->base <= SL_TIMESTAMP) ? "'" : "";
    sl_buf_add_z(out, quote);
    sl_value_print(out, type, v);
    sl_buf_add_z(out, quote);
  }
}

static const sl_typed *type_or_fail(bench *b, sl_str sql) {
  const sl_typed *typed;
  sl_err err = {0};
  if (bench_type(b, sl_str_z(&b->arena, sql), &typed, &err)) fail_msg(SL_STR_FMT ": %s", SL_STR_ARG(sql), err.message);
  return typed;
}

/* The typed arguments of a call. */
static int arguments(bench *b, sl_str call, const sl_typed *args[8]) {
  const sl_expr *expr;
  sl_err err = {0};
  assert_int_equal(sl_parse_expr(&b->arena, call, &expr, &err), 0);
  assert_int_equal(expr->kind, SL_EXPR_CALL);
  for (int i = 0; i < expr->count; i++)
    if (sl_typed_build(&b->arena, expr->args[i], &b->typing, &args[i], &err))
      fail_msg(SL_STR_FMT ": %s", SL_STR_ARG(call), err.message);
  return expr->count;
}

static void run_scalar(bench *b, sl_str call, sl_buf *out, const sl_type **type) {
  const sl_typed *typed = type_or_fail(b, call);
  sl_value v = bench_run(b, typed);
  *type = sl_typed_type(typed);
  print_value(out, *type, &v);
}

static void run_table(bench *b, const sl_function *f, sl_str call_text, sl_buf *out) {
  const sl_typed *args[8];
  const sl_table_call *call;
  sl_err err = {0};
  int count = arguments(b, call_text, args);
  assert_int_equal(sl_table_call_build(&b->arena, sl_str_of(f->name), args, count, SL_NO_POS, &call, &err), 0);
  sl_value value = bench_run(b, sl_table_call_args(call, &count)[0]), list;
  assert_int_equal(sl_table_call_run(call, &b->arena, 0, &value, &list, &err), 0);
  for (uint32_t i = 0; i < list.len; i++) {
    if (i) sl_buf_add_z(out, "; ");
    print_value(out, sl_table_call_type(call), &list.items[i]);
  }
}

static void run_aggregate(bench *b, const sl_function *f, sl_buf *out, const sl_type **type) {
  const sl_agg_call *call;
  sl_value columns[2] = {0}, state, result;
  sl_err err = {0};
  if (example_aggregate(&b->arena, f, &b->typing, b->slots, columns, &call, &err)) fail_msg("%s", err.message);
  assert_int_equal(sl_agg_call_init(call, &b->arena, &state, &err), 0);
  for (uint32_t i = 0; i < columns[0].len; i++)
    assert_int_equal(example_add(call, &b->arena, &state, columns, i, &err), 0);
  assert_int_equal(sl_agg_call_result(call, &b->arena, &state, &result, &err), 0);
  *type = sl_agg_call_type(call);
  print_value(out, *type, &result);
}

/* The last digit of a DOUBLE is the C library's. */
static bool same(const sl_type *type, const char *got, const char *want) {
  if (type && type->base == SL_DOUBLE) return fabs(atof(got) - atof(want)) <= 1e-15 * fabs(atof(want));
  return !strcmp(got, want);
}

static bool is_volatile(const sl_function *f) {
  for (int i = 0; i < f->overload_count; i++)
    if (f->overloads[i].flags & SL_FN_VOLATILE) return true;
  return false;
}

static void test_functions__do_what_their_examples_say(void **state) {
  (void)state;
  size_t count;
  const sl_function *const *list = sl_functions(&count);
  for (size_t i = 0; i < count; i++) {
    const sl_function *f = list[i];
    function_example e = example_of(f->example);
    bench b;
    sl_buf got = {0};
    const sl_type *type = NULL;
    bench_init(&b);
    if (f->kind == SL_FUNCTION_SCALAR) run_scalar(&b, e.call, &got, &type);
    if (f->kind == SL_FUNCTION_TABLE) run_table(&b, f, e.call, &got);
    if (f->kind == SL_FUNCTION_AGGREGATE) run_aggregate(&b, f, &got, &type);
    if (!sl_str_starts(e.call, sl_str_of(f->name))) fail_msg("%s: the example calls something else", f->name);
    if (!e.result.ptr && !is_volatile(f)) fail_msg("%s: the example has no result", f->name);
    if (e.result.ptr && !same(type, sl_buf_z(&got), e.result.ptr)) fail_msg("%s gave %s", f->example, sl_buf_z(&got));
    sl_buf_done(&got);
    bench_done(&b);
  }
}

/* ---- the page ---- */

static void print_overload(sl_buf *out, const sl_function *f, int overload) {
  sl_buf_add_z(out, "- `");
  sl_signature_print(out, f, overload);
  sl_buf_add_z(out, "` → `");
  sl_shape_print(out, sl_function_signature(f, overload)->result);
  sl_buf_printf(out, "`: %s\n", f->overloads[overload].doc);
}

static void print_function(sl_buf *out, const sl_function *f) {
  sl_buf_printf(out, "\n### %s\n\n%s\n\n", f->name, f->doc);
  for (int i = 0; i < f->overload_count; i++) print_overload(out, f, i);
  sl_buf_printf(out, "\nExample: `%s`\n", f->example);
  if (f->kind == SL_FUNCTION_AGGREGATE && !f->aggregates[0].undo)
    sl_buf_add_z(out, "\nOver streams only: it cannot take back a row of a table.\n");
}

static void print_page(sl_buf *out) {
  static const char *const CATEGORIES[] = {
      "CONDITIONAL", "MATHEMATICAL", "STRING", "REGULAR EXPRESSION", "JSON",  "DATE / TIME", "ARRAY",
      "MAP",         "URL",          "LAMBDA", "CONVERSIONS",        "TABLE", "OTHER",       "AGGREGATE"};
  size_t count, printed = 0;
  const sl_function *const *list = sl_functions(&count);
  sl_buf_add_z(out,
               "# Functions\n\nPrinted from the tables of functions: `make golden-update` writes this page anew, and a "
               "test fails when it is stale.\nEach example is evaluated by a test. `x` and `y` are columns; `over` "
               "lists their values. A variadic parameter is marked `...`.\n");
  for (size_t c = 0; c < sizeof CATEGORIES / sizeof *CATEGORIES; c++) {
    sl_buf_printf(out, "\n## %s\n", CATEGORIES[c]);
    for (size_t i = 0; i < count; i++)
      if (!strcmp(list[i]->category, CATEGORIES[c])) {
        print_function(out, list[i]);
        printed++;
      }
  }
  assert_int_equal(printed, count);
}

static void test_functions__reference_is_up_to_date(void **state) {
  (void)state;
  sl_buf page = {0}, kept = {0};
  print_page(&page);
  if (getenv("SLUICE_GOLDEN_UPDATE")) {
    FILE *file = fopen(PAGE, "w");
    assert_non_null(file);
    fwrite(page.data, 1, page.len, file);
    fclose(file);
  }
  FILE *file = fopen(PAGE, "r");
  if (!file) fail_msg("%s is missing: make golden-update", PAGE);
  for (int c; (c = fgetc(file)) != EOF;) sl_buf_add_byte(&kept, (uint8_t)c);
  fclose(file);
  if (!sl_str_eq(sl_buf_str(&page), sl_buf_str(&kept))) fail_msg("%s is stale: make golden-update", PAGE);
  sl_buf_done(&page);
  sl_buf_done(&kept);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_functions__do_what_their_examples_say),
      cmocka_unit_test(test_functions__reference_is_up_to_date),
  };
  return cmocka_run_group_tests_name("functions/examples", tests, NULL, NULL);
}
