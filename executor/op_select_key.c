/* SELECT_KEY: PARTITION BY. New key columns from expressions; rows are kept whatever the key becomes
 * (semantics.md 2.5). */
#include "executor/row_items.h"
#include "executor/ops.h"

typedef struct op_select_key {
  sl_operator op;
  sl_items items;
} op_select_key;

static const sl_plan_select_key *plan_of(const sl_operator *op) {
  return (const sl_plan_select_key *)op->node;
}

static void failed(sl_operator *op, int item, const sl_row *row, const sl_err *err) {
  if (row->flags & SL_ROW_VALUE_ABSENT && item >= op->node->layout.key_count) return; /* a null row has no values */
  const char *text = plan_of(op)->items[item].text;
  sl_op_report(op, row, err->message, "Error computing new key from expression %s", text ? text : "");
}

static int select_key_open(sl_operator *op, sl_err *err) {
  (void)err;
  sl_items_open(&((op_select_key *)op)->items, op, plan_of(op)->program, plan_of(op)->items, op->node->layout.count,
                failed);
  return 0;
}

static void select_key_close(sl_operator *op) {
  sl_items_close(&((op_select_key *)op)->items);
}

static int select_key_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                              sl_err *err) {
  (void)port;
  const sl_plan_select_key *plan = plan_of(op);
  const sl_layout *layout = &plan->base.layout;
  sl_row *out = sl_op_rows(op, count, layout->count);
  sl_items_run(&((op_select_key *)op)->items, rows, sel, count, false, out[0].values);
  for (int i = 0; i < count; i++) {
    sl_value *values = out[i].values;
    out[i] = *sl_op_row(rows, sel, i);
    out[i].values = values;
    out[i].key = NULL;
    out[i].key_len = 0;
    out[i].flags &= ~(uint32_t)(SL_ROW_KEY_ABSENT | SL_ROW_WINDOWED | SL_ROW_HAS_OLD);
    if (plan->no_key) out[i].flags |= SL_ROW_KEY_ABSENT;
    if (!(out[i].flags & SL_ROW_VALUE_ABSENT)) continue;
    for (int k = 0; k < layout->key_count; k++) /* an expression over a null row is NULL, even IS NULL */
      if (plan->uses_value && plan->uses_value[k]) values[k] = sl_null();
    for (int k = layout->key_count; k < layout->count; k++) values[k] = sl_null();
  }
  return sl_op_emit(op, out, NULL, count, err);
}

const sl_op_class sl_op_select_key = {
    .name = "select key",
    .size = sizeof(op_select_key),
    .open = select_key_open,
    .process = select_key_process,
    .close = select_key_close,
};
