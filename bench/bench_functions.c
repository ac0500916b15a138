/* Nanoseconds per call of every function, on the arguments of its example (functions/function.h). Arguments are
 * columns, so that nothing is folded, other than what is compiled once per call site where it is constant: patterns,
 * formats, zones, encodings, paths. The time is that of the evaluator: a step over a chunk of 256 rows. An aggregate's
 * time is that of adding one value of its example to a state, made anew with each round over the example. Usage:
 * bench_functions [NAME ...]. Best of five rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "expressions/program.h"
#include "parser/parser.h"
#include "tests/unit/function_calls.h"

enum { ROWS = SL_CHUNK, ROUNDS = 5, ROUND_NS = 2000000 };

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *what, const sl_err *err) {
  fprintf(stderr, "%s: %s\n", what, err && err->message ? err->message : "failed");
  exit(1);
}

typedef struct bench {
  const sl_function *function;
  sl_arena arena, results;
  sl_slot slots[EXAMPLE_ARGUMENTS];
  sl_value values[EXAMPLE_ARGUMENTS];
  sl_layout layout;
  sl_typing typing;
  /* what is measured */
  sl_runner *runner;
  sl_row rows[ROWS];
  sl_value out[ROWS];
  const sl_table_call *table;
  const sl_agg_call *aggregate;
  sl_value columns[2];
} bench;

static void prepare_scalar(bench *b) {
  sl_err err = {0};
  const sl_program *program;
  if (example_program(&b->arena, b->function, true, &b->typing, b->slots, b->values, &program, &err))
    fail(b->function->name, &err);
  b->runner = sl_runner_new(program);
  for (int i = 0; i < ROWS; i++) b->rows[i] = (sl_row){.values = b->values};
}

static void prepare_table(bench *b) {
  const sl_expr *call;
  const sl_typed *arg;
  sl_err err = {0};
  int count;
  if (sl_parse_expr(&b->arena, example_of(b->function->example).call, &call, &err) ||
      sl_typed_build(&b->arena, call->args[0], &b->typing, &arg, &err) ||
      sl_table_call_build(&b->arena, sl_str_of(b->function->name), &arg, 1, SL_NO_POS, &b->table, &err) ||
      sl_typed_value(&b->arena, sl_table_call_args(b->table, &count)[0], &b->values[0], &err))
    fail(b->function->name, &err);
}

static void prepare_aggregate(bench *b) {
  sl_err err = {0};
  if (example_aggregate(&b->arena, b->function, &b->typing, b->slots, b->columns, &b->aggregate, &err))
    fail(b->function->name, &err);
}

static void on_error(void *ctx, int result, const sl_row *row, const sl_err *err) {
  (void)result, (void)row;
  fail(((bench *)ctx)->function->name, err);
}

/* Each gives how many calls it made. */
static int run_scalar(bench *b) {
  sl_runner_run(b->runner, &b->results, 0, b->rows, NULL, ROWS, false, b->out, ROWS, on_error, b);
  return ROWS;
}

static int run_table(bench *b) {
  sl_err err = {0};
  for (int i = 0; i < ROWS; i++)
    if (sl_table_call_run(b->table, &b->results, 0, b->values, &b->out[i], &err)) fail(b->function->name, &err);
  return ROWS;
}

static int run_aggregate(bench *b) {
  sl_err err = {0};
  int calls = 0;
  while (calls < ROWS) {
    sl_value state;
    int rc = sl_agg_call_init(b->aggregate, &b->results, &state, &err);
    for (uint32_t i = 0; i < b->columns[0].len && !rc; i++, calls++) {
      rc = example_add(b->aggregate, &b->results, &state, b->columns, i, &err);
      if (!rc) rc = sl_agg_call_result(b->aggregate, &b->results, &state, &b->out[0], &err);
    }
    if (rc) fail(b->function->name, &err);
  }
  return calls;
}

static double measure(bench *b, int (*run)(bench *)) {
  double best = 1e300;
  run(b);
  for (int round = 0; round < ROUNDS; round++) {
    long calls = 0;
    double start = now_ns(), elapsed;
    do {
      sl_arena_reset(&b->results);
      calls += run(b);
      elapsed = now_ns() - start;
    } while (elapsed < ROUND_NS);
    if (elapsed / (double)calls < best) best = elapsed / (double)calls;
  }
  return best;
}

static double nanoseconds(const sl_function *function) {
  static bench b;
  b = (bench){.function = function};
  b.layout.slots = b.slots;
  b.typing = (sl_typing){.layout = &b.layout, .nested_null = true, .preserve_nulls = true, .lambdas_enabled = true};
  sl_arena_init(&b.arena, 0);
  sl_arena_init(&b.results, 0);
  static void (*const PREPARE[])(bench *) = {prepare_scalar, prepare_table, prepare_aggregate};
  static int (*const RUN[])(bench *) = {run_scalar, run_table, run_aggregate};
  PREPARE[function->kind](&b);
  double ns = measure(&b, RUN[function->kind]);
  sl_runner_free(b.runner);
  sl_arena_done(&b.arena);
  sl_arena_done(&b.results);
  return ns;
}

int main(int argc, char **argv) {
  size_t count;
  const sl_function *const *list = sl_functions(&count);
  printf("%-10s %-24s %s\n", "ns/call", "function", "example");
  for (size_t i = 0; i < count; i++) {
    bool wanted = argc < 2;
    for (int a = 1; a < argc; a++) wanted |= sl_str_eq_nocase(sl_str_of(argv[a]), sl_str_of(list[i]->name));
    if (wanted) printf("%10.1f %-24s %s\n", nanoseconds(list[i]), list[i]->name, list[i]->example);
  }
  return 0;
}
