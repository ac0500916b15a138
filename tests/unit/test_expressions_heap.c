/* No function takes anything from the heap for a record, and none compiles its pattern again: every function is called
 * on the arguments of its example, with constant patterns and with patterns from a column. */
#include "expressions_support.h"
#include "tests/unit/counting_heap.h"
#include "tests/unit/function_calls.h"

enum { WARM = 4, CALLS = 64 };

static void fail_evaluation(void *ctx, int result, const sl_row *row, const sl_err *err) {
  (void)result, (void)row;
  fail_msg("%s: %s", ((const sl_function *)ctx)->name, err->message);
}

static void check(const sl_function *f, bool keep_prepared) {
  bench b;
  sl_arena results;
  const sl_program *program;
  sl_err err = {0};
  sl_value out[CALLS];
  static sl_row rows[CALLS];
  bench_init(&b);
  sl_arena_init(&results, 1 << 20);
  if (example_program(&b.arena, f, keep_prepared, &b.typing, b.slots, b.values, &program, &err))
    fail_msg("%s: %s", f->name, err.message);
  sl_runner *runner = sl_runner_new(program);
  for (int i = 0; i < CALLS; i++) rows[i].values = b.values;
  size_t before = 0;
  for (int i = 0; i < 2 * WARM; i++) {
    if (i == WARM) before = heap_calls;
    sl_arena_reset(&results);
    sl_runner_run(runner, &results, 0, rows, NULL, CALLS, false, out, CALLS, fail_evaluation, (void *)(uintptr_t)f);
    sl_runner_run(runner, &results, 0, rows, NULL, 1, false, out, CALLS, fail_evaluation, (void *)(uintptr_t)f);
  }
  if (heap_calls != before) fail_msg("%s takes from the heap: %zu calls", f->name, heap_calls - before);
  sl_runner_free(runner);
  sl_program_done(program);
  sl_arena_done(&results);
  bench_done(&b);
}

static void test_functions__make_no_heap_call_per_record(void **state) {
  (void)state;
  size_t count;
  const sl_function *const *list = sl_functions(&count);
  for (size_t i = 0; i < count; i++)
    if (list[i]->kind == SL_FUNCTION_SCALAR) {
      check(list[i], true);
      check(list[i], false);
    }
}

static void test_aggregates__make_no_heap_call_per_record(void **state) {
  (void)state;
  size_t count;
  const sl_function *const *list = sl_functions(&count);
  for (size_t i = 0; i < count; i++) {
    if (list[i]->kind != SL_FUNCTION_AGGREGATE) continue;
    bench b;
    sl_arena results;
    sl_err err = {0};
    const sl_agg_call *call;
    sl_value columns[2] = {0}, value, out;
    bench_init(&b);
    sl_arena_init(&results, 1 << 20);
    if (example_aggregate(&b.arena, list[i], &b.typing, b.slots, columns, &call, &err))
      fail_msg("%s: %s", list[i]->name, err.message);
    size_t before = 0;
    for (int round = 0; round < 2 * WARM; round++) {
      if (round == WARM) before = heap_calls;
      sl_arena_reset(&results);
      assert_int_equal(sl_agg_call_init(call, &results, &value, &err), 0);
      for (uint32_t r = 0; r < columns[0].len; r++) {
        assert_int_equal(example_add(call, &results, &value, columns, r, &err), 0);
        assert_int_equal(sl_agg_call_result(call, &results, &value, &out, &err), 0);
      }
    }
    if (heap_calls != before) fail_msg("%s takes from the heap: %zu calls", list[i]->name, heap_calls - before);
    sl_arena_done(&results);
    bench_done(&b);
  }
}

static void test_operators__make_no_heap_call_per_record(void **state) {
  (void)state;
  static const char *const SQL[] = {"CAST(D AS STRING)",
                                    "CAST(E AS STRING)",
                                    "CAST(TS AS STRING)",
                                    "CAST(DAY AS STRING)",
                                    "CAST(S AS TIMESTAMP)",
                                    "CAST(S AS DOUBLE)",
                                    "CAST(L AS DECIMAL(9,2))",
                                    "S LIKE '20%1_'",
                                    "S LIKE S",
                                    "S LIKE 'a!%%' ESCAPE '!'",
                                    "S || '-' || CAST(L AS STRING)",
                                    "E * E + 1",
                                    "CASE WHEN L > 1 THEN S ELSE 'x' END",
                                    "L IN (1, 2, 3)",
                                    "DAY > '2020-01-01'"};
  bench b;
  sl_arena results;
  bench_init(&b);
  sl_arena_init(&results, 1 << 20);
  bench_column(&b, "D", "DOUBLE", "1.5E300");
  bench_column(&b, "E", "DECIMAL(9, 2)", "12.34");
  bench_column(&b, "TS", "TIMESTAMP", "'2021-08-09T14:05:00'");
  bench_column(&b, "DAY", "DATE", "'2021-08-09'");
  bench_column(&b, "S", "STRING", "'2011'");
  bench_column(&b, "L", "BIGINT", "7");
  for (size_t i = 0; i < sizeof SQL / sizeof *SQL; i++) {
    const sl_typed *typed;
    const sl_program *program;
    sl_err err = {0};
    sl_value out[CALLS];
    static sl_row rows[CALLS];
    if (bench_type(&b, SQL[i], &typed, &err) || sl_program_build(&b.arena, &typed, 1, &program, &err))
      fail_msg("%s: %s", SQL[i], err.message);
    sl_runner *runner = sl_runner_new(program);
    for (int r = 0; r < CALLS; r++) rows[r].values = b.values;
    size_t before = 0;
    for (int round = 0; round < 2 * WARM; round++) {
      if (round == WARM) before = heap_calls;
      sl_arena_reset(&results);
      sl_runner_run(runner, &results, 0, rows, NULL, CALLS, false, out, CALLS, bench_on_error, &b);
    }
    if (heap_calls != before || b.error[0]) fail_msg("%s: %zu calls %s", SQL[i], heap_calls - before, b.error);
    sl_runner_free(runner);
    sl_program_done(program);
  }
  sl_arena_done(&results);
  bench_done(&b);
}

/* A NULL in a place that does not accept one: the evaluator does not call the function. */
static int calls;
static int counted(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  calls++;
  *out = args[0];
  return 0;
}
static const sl_function COUNTED[] = {
    {.name = "COUNTED",
     .category = "OTHER",
     .doc = "d",
     .example = "COUNTED(1, 2)",
     .overloads = (const sl_overload[]){{.signature = "(INT a, INT b) -> INT", .eval = counted, .doc = "d"}, {0}}},
    {0}};

static void test_functions__over_null_are_not_called(void **state) {
  (void)state;
  bench b;
  bench_init(&b);
  bench_column(&b, "I", "INTEGER", "5");
  bench_column(&b, "NI", "INTEGER", "NULL");
  assert_int_equal(sl_function_add(COUNTED, NULL), 0);
  assert_string_equal(bench_eval(&b, "COUNTED(I, NI)"), "INTEGER null");
  assert_string_equal(bench_eval(&b, "COUNTED(NI, I)"), "INTEGER null");
  assert_int_equal(calls, 0);
  assert_string_equal(bench_eval(&b, "COUNTED(I, I)"), "INTEGER 5");
  assert_int_equal(calls, 1);
  bench_done(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_functions__make_no_heap_call_per_record),
      cmocka_unit_test(test_aggregates__make_no_heap_call_per_record),
      cmocka_unit_test(test_operators__make_no_heap_call_per_record),
      cmocka_unit_test(test_functions__over_null_are_not_called),
  };
  return cmocka_run_group_tests_name("functions/heap", tests, NULL, NULL);
}
