/* PROJECT: new value columns from old ones, on both sides of a change. Null rows and tombstones stay what they are
 * (semantics.md 2.4). */
#include "executor/row_items.h"
#include "executor/ops.h"

typedef struct op_project {
  sl_operator op;
  sl_items items;
} op_project;

static void failed(sl_operator *op, int item, const sl_row *row, const sl_err *err) {
  const sl_plan_project *plan = (const sl_plan_project *)op->node;
  const sl_slot *slot = &plan->base.layout.slots[item];
  sl_op_report(op, row, err->message, "Error computing expression %s for column " SL_STR_FMT " with index %d",
               plan->items[item].text ? plan->items[item].text : "", SL_STR_ARG(slot->name),
               item - plan->base.layout.key_count);
}

static int project_open(sl_operator *op, sl_err *err) {
  (void)err;
  const sl_plan_project *plan = (const sl_plan_project *)op->node;
  sl_items_open(&((op_project *)op)->items, op, plan->program, plan->items, op->node->layout.count, failed);
  return 0;
}

static void project_close(sl_operator *op) {
  sl_items_close(&((op_project *)op)->items);
}

/* Fills values (or old) of out[i] for the rows that have that side. */
static void fill(op_project *p, const sl_row *rows, const uint16_t *sel, int count, bool old, sl_row *out) {
  uint16_t live[SL_CHUNK], at[SL_CHUNK];
  int n = 0, slots = p->items.count;
  for (int i = 0; i < count; i++) {
    uint16_t r = sel ? sel[i] : (uint16_t)i;
    if (old ? !(rows[r].flags & SL_ROW_HAS_OLD) : rows[r].flags & SL_ROW_VALUE_ABSENT) continue;
    live[n] = r;
    at[n++] = (uint16_t)i;
  }
  sl_value *values = sl_arena_alloc(p->op.env->arena, (size_t)(n * slots) * sizeof *values + 1);
  sl_items_run(&p->items, rows, live, n, old, values);
  for (int i = 0; i < n; i++) {
    if (old)
      out[at[i]].old = values + i * slots;
    else
      out[at[i]].values = values + i * slots;
  }
}

static int project_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  (void)port;
  op_project *p = (op_project *)op;
  sl_row *out = sl_arena_alloc(op->env->arena, (size_t)count * sizeof *out);
  bool any_old = false;
  for (int i = 0; i < count; i++) {
    out[i] = *sl_op_row(rows, sel, i);
    any_old |= (out[i].flags & SL_ROW_HAS_OLD) != 0;
    if (!(out[i].flags & SL_ROW_VALUE_ABSENT)) continue;
    sl_value *values = sl_op_values(op, p->items.count);
    sl_items_copy(&p->items, out[i].values, values);
    out[i].values = values;
  }
  fill(p, rows, sel, count, false, out);
  if (any_old && op->wants_old) {
    fill(p, rows, sel, count, true, out);
  } else if (any_old) {
    for (int i = 0; i < count; i++) out[i].flags &= ~(uint32_t)SL_ROW_HAS_OLD;
  }
  return sl_op_emit(op, out, NULL, count, err);
}

const sl_op_class sl_op_project = {
    .name = "project",
    .size = sizeof(op_project),
    .open = project_open,
    .process = project_process,
    .close = project_close,
};
