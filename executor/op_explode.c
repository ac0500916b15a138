/* EXPLODE: table functions. One row per element; several functions are zipped, shorter lists end in NULLs
 * (semantics.md 2.6). */
#include "executor/ops.h"
#include <string.h>

typedef struct op_explode {
  sl_operator op;
  sl_runner *runner; /* all arguments of all calls */
  int results;
  sl_row *out; /* rows not passed on yet */
  int count;
} op_explode;

static const sl_plan_explode *plan_of(const sl_operator *op) {
  return (const sl_plan_explode *)op->node;
}

static int explode_open(sl_operator *op, sl_err *err) {
  (void)err;
  op_explode *x = (op_explode *)op;
  if (!plan_of(op)->args) return 0;
  x->runner = sl_runner_new(plan_of(op)->args);
  x->results = sl_program_results(plan_of(op)->args);
  return 0;
}

static void explode_close(sl_operator *op) {
  sl_runner_free(((op_explode *)op)->runner);
}

static void failed(void *ctx, int result, const sl_row *row, const sl_err *err) {
  sl_op_report(ctx, row, err->message, "Failed to evaluate table function parameter %d", result);
}

static int pass_on(op_explode *x, sl_err *err) {
  int rc = sl_op_emit(&x->op, x->out, NULL, x->count, err);
  x->count = 0;
  return rc;
}

static sl_row *add_row(op_explode *x, const sl_row *from) {
  const sl_layout *layout = &x->op.node->layout;
  int given = layout->count - plan_of(&x->op)->call_count;
  sl_row *row = &x->out[x->count++];
  *row = *from;
  row->values = sl_arena_alloc(x->op.env->arena, (size_t)layout->count * sizeof(sl_value));
  memcpy(row->values, from->values, (size_t)given * sizeof(sl_value));
  return row;
}

static int explode_row(op_explode *x, const sl_row *row, const sl_value *args, sl_err *err) {
  const sl_plan_explode *plan = plan_of(&x->op);
  sl_value *lists = sl_op_values(&x->op, plan->call_count);
  uint32_t longest = 0;
  for (int c = 0, at = 0; c < plan->call_count; c++) {
    int n;
    sl_table_call_args(plan->calls[c], &n);
    sl_err why = {0};
    if (sl_table_call_run(plan->calls[c], x->op.env->arena, x->op.env->now_ms, args + at, &lists[c], &why)) {
      sl_op_report(&x->op, row, why.message, "Table function threw an exception");
      lists[c] = sl_null();
    }
    sl_err_done(&why);
    at += n;
    if (!sl_is_null(&lists[c]) && lists[c].len > longest) longest = lists[c].len;
  }
  int given = x->op.node->layout.count - plan->call_count, rc = 0;
  for (uint32_t i = 0; !rc && i < longest; i++) {
    sl_value *values = add_row(x, row)->values + given;
    for (int c = 0; c < plan->call_count; c++)
      values[c] = !sl_is_null(&lists[c]) && i < lists[c].len ? lists[c].items[i] : sl_null();
    if (x->count == SL_CHUNK) rc = pass_on(x, err);
  }
  return rc;
}

static int explode_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  (void)port;
  op_explode *x = (op_explode *)op;
  uint16_t live[SL_CHUNK];
  int n = 0, rc = 0;
  for (int i = 0; i < count; i++) {
    uint16_t at = sel ? sel[i] : (uint16_t)i;
    if (!(rows[at].flags & SL_ROW_VALUE_ABSENT)) live[n++] = at;
  }
  if (!n) return 0;
  sl_value *results = sl_op_values(op, x->results * n), *args = sl_op_values(op, x->results);
  if (x->runner)
    sl_runner_run(x->runner, op->env->arena, op->env->now_ms, rows, live, n, false, results, n, failed, op);
  x->out = sl_arena_alloc(op->env->arena, SL_CHUNK * sizeof *x->out);
  for (int i = 0; !rc && i < n; i++) {
    for (int r = 0; r < x->results; r++) args[r] = results[r * n + i];
    rc = explode_row(x, &rows[live[i]], args, err);
  }
  return rc ? rc : pass_on(x, err);
}

const sl_op_class sl_op_explode = {
    .name = "explode",
    .size = sizeof(op_explode),
    .open = explode_open,
    .process = explode_process,
    .close = explode_close,
};
