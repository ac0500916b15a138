/* Items: see row_items.h. A program is run once per chunk for all of its results; copies are made row by row. */
#include "executor/row_items.h"

void sl_items_open(sl_items *items, sl_operator *op, const sl_program *program, const sl_plan_item *list, int count,
                   sl_item_error on_error) {
  *items = (sl_items){.op = op, .items = list, .count = count, .on_error = on_error};
  if (!program) return;
  items->runner = sl_runner_new(program);
  items->results = sl_program_results(program);
  items->item_of = sl_arena_calloc(op->env->query, (size_t)items->results + 1, sizeof(int));
  for (int i = items->count - 1; i >= 0; i--)
    if (list[i].slot < 0) items->item_of[list[i].result] = i;
}

void sl_items_close(sl_items *items) {
  sl_runner_free(items->runner);
}

static void failed(void *ctx, int result, const sl_row *row, const sl_err *err) {
  sl_items *items = ctx;
  items->on_error(items->op, items->item_of[result], row, err);
}

void sl_items_run(sl_items *items, const sl_row *rows, const uint16_t *sel, int n, bool old, sl_value *out) {
  sl_op_env *env = items->op->env;
  sl_value *results = NULL;
  if (!n) return;
  if (items->runner) {
    results = sl_arena_alloc(env->arena, (size_t)(items->results * n) * sizeof *results + 1);
    sl_runner_run(items->runner, env->arena, env->now_ms, rows, sel, n, old, results, n, failed, items);
  }
  for (int i = 0; i < n; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    const sl_value *from = old ? row->old : row->values;
    for (int k = 0; k < items->count; k++) {
      const sl_plan_item *item = &items->items[k];
      *out++ = item->slot >= 0 ? from[item->slot] : results[item->result * n + i];
    }
  }
}

void sl_items_copy(const sl_items *items, const sl_value *from, sl_value *out) {
  for (int k = 0; k < items->count; k++)
    if (items->items[k].slot >= 0) out[k] = from[items->items[k].slot];
}
