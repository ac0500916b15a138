/* Folding rows into aggregate states: see agg_state.h. A failing aggregate fails the query (semantics.md 2.7). */
#include "executor/agg_state.h"
#include <string.h>

void sl_agg_state_open(sl_agg_state *agg, sl_operator *op) {
  const sl_plan_aggregate *plan = (const sl_plan_aggregate *)op->node;
  *agg = (sl_agg_state){.op = op, .plan = plan};
  agg->first = sl_arena_calloc(op->env->query, (size_t)plan->call_count + 1, sizeof(int));
  for (int c = 0, at = 0; c < plan->call_count; c++) {
    int n;
    agg->first[c] = at;
    sl_agg_call_args(plan->calls[c], &n);
    at += n;
  }
  if (!plan->args) return;
  agg->results = sl_program_results(plan->args);
  if (agg->results) agg->runner = sl_runner_new(plan->args);
}

void sl_agg_state_close(sl_agg_state *agg) {
  sl_runner_free(agg->runner);
}

static void failed(void *ctx, int result, const sl_row *row, const sl_err *err) {
  sl_op_report(ctx, row, err->message, "Error computing argument %d of an aggregate function", result);
}

sl_value *sl_agg_state_args(sl_agg_state *agg, const sl_row *rows, const uint16_t *sel, int count, bool old) {
  sl_op_env *env = agg->op->env;
  sl_value *args = sl_arena_alloc(env->arena, (size_t)(agg->results * count) * sizeof *args + 1);
  if (agg->runner && count)
    sl_runner_run(agg->runner, env->arena, env->now_ms, rows, sel, count, old, args, count, failed, agg->op);
  return args;
}

int sl_agg_state_init(sl_agg_state *agg, sl_value *state, sl_err *err) {
  const sl_plan_aggregate *plan = agg->plan;
  memset(state, 0, (size_t)(plan->kept_count + plan->call_count) * sizeof *state);
  int rc = 0;
  for (int c = 0; !rc && c < plan->call_count; c++)
    rc = sl_agg_call_init(plan->calls[c], agg->op->env->arena, &state[plan->kept_count + c], err);
  return rc;
}

int sl_agg_state_fold(sl_agg_state *agg, sl_value *state, const sl_row *row, const sl_value *args, int i, int count,
                      bool undo, sl_err *err) {
  const sl_plan_aggregate *plan = agg->plan;
  sl_arena *arena = agg->op->env->arena;
  const sl_value *from = undo ? row->old : row->values;
  for (int k = 0; k < plan->kept_count; k++) state[k] = from[plan->kept[k]];
  int rc = 0;
  for (int c = 0; !rc && c < plan->call_count; c++) {
    sl_value set[16], *list = set;
    int n = (c + 1 < plan->call_count ? agg->first[c + 1] : agg->results) - agg->first[c];
    if (n > 16) list = sl_op_values(agg->op, n);
    for (int a = 0; a < n; a++) list[a] = args[(agg->first[c] + a) * count + i];
    sl_value *to = &state[plan->kept_count + c];
    rc = undo ? sl_agg_call_undo(plan->calls[c], arena, to, list, err)
              : sl_agg_call_add(plan->calls[c], arena, to, list, err);
  }
  return rc;
}

int sl_agg_state_merge(sl_agg_state *agg, sl_value *state, const sl_value *other, sl_err *err) {
  const sl_plan_aggregate *plan = agg->plan;
  for (int k = 0; k < plan->kept_count; k++)
    if (sl_is_null(&state[k])) state[k] = other[k];
  int rc = 0;
  for (int c = 0; !rc && c < plan->call_count; c++)
    rc = sl_agg_call_merge(plan->calls[c], agg->op->env->arena, &state[plan->kept_count + c],
                           &other[plan->kept_count + c], err);
  return rc;
}

int sl_agg_state_map(sl_agg_state *agg, const sl_value *state, sl_value *out, sl_err *err) {
  const sl_plan_aggregate *plan = agg->plan;
  if (plan->kept_count) memcpy(out, state, (size_t)plan->kept_count * sizeof *out);
  int rc = 0;
  for (int c = 0; !rc && c < plan->call_count; c++)
    rc = sl_agg_call_result(plan->calls[c], agg->op->env->arena, &state[plan->kept_count + c],
                            &out[plan->kept_count + c], err);
  return rc;
}
