/* GROUP_KEY: the grouping key of an aggregation, for a stream's rows and for both sides of a table's change. A row
 * whose key has a NULL or failed component takes no part (semantics.md 2.7, 2.8). */
#include "executor/row_items.h"
#include "executor/ops.h"
#include <string.h>

typedef struct op_group_key {
  sl_operator op;
  sl_items items;
  const sl_row *rows; /* of the call, to find failed rows again */
  uint8_t *failed;    /* per row of the chunk: a key component failed, already reported */
  bool identity;      /* the key column itself: its NULL is passed by silently */
} op_group_key;

static const sl_plan_group_key *plan_of(const sl_operator *op) {
  return (const sl_plan_group_key *)op->node;
}

static void failed(sl_operator *op, int item, const sl_row *row, const sl_err *err) {
  op_group_key *g = (op_group_key *)op;
  if (item < op->node->layout.key_count) {
    g->failed[row - g->rows] = 1;
    sl_op_report(op, row, err->message,
                 "Error calculating group-by column with index %d. The source row will be excluded from the table.",
                 item);
  } else {
    sl_op_report(op, row, err->message, "Error computing expression %s",
                 plan_of(op)->items[item].text ? plan_of(op)->items[item].text : "");
  }
}

static int group_key_open(sl_operator *op, sl_err *err) {
  (void)err;
  op_group_key *g = (op_group_key *)op;
  const sl_plan_group_key *plan = plan_of(op);
  sl_items_open(&g->items, op, plan->program, plan->items, op->node->layout.count, failed);
  g->identity = op->node->layout.key_count == 1 && op->in->key_count == 1 && plan->items[0].slot == 0;
  return 0;
}

static void group_key_close(sl_operator *op) {
  sl_items_close(&((op_group_key *)op)->items);
}

/* Slots of each row's side in sides[row], NULL where the side is missing or takes no part. */
static void compute(op_group_key *g, const sl_row *rows, const uint16_t *sel, int count, bool old, sl_value **sides) {
  sl_operator *op = &g->op;
  const sl_layout *layout = &op->node->layout;
  uint16_t live[SL_CHUNK], at[SL_CHUNK];
  int n = 0, top = 0;
  for (int i = 0; i < count; i++) {
    uint16_t r = sel ? sel[i] : (uint16_t)i;
    sides[i] = NULL;
    if (r > top) top = r;
    if (old ? !(rows[r].flags & SL_ROW_HAS_OLD) : rows[r].flags & SL_ROW_VALUE_ABSENT) continue;
    live[n] = r;
    at[n++] = (uint16_t)i;
  }
  if (!n) return;
  g->rows = rows;
  g->failed = sl_arena_zalloc(op->env->arena, (size_t)top + 1);
  sl_value *values = sl_arena_alloc(op->env->arena, (size_t)(n * layout->count) * sizeof *values);
  sl_items_run(&g->items, rows, live, n, old, values);
  for (int i = 0; i < n; i++, values += layout->count) {
    bool in = !g->failed[live[i]];
    for (int k = 0; in && k < layout->key_count; k++) {
      if (!sl_is_null(&values[k])) continue;
      in = false;
      if (!g->identity)
        sl_op_report(op, &rows[live[i]], NULL,
                     "Group-by column with index %d resolved to null. The source row will be excluded from the table.",
                     k);
    }
    if (in) sides[at[i]] = values;
  }
}

static bool same_key(const sl_layout *layout, const sl_value *a, const sl_value *b) {
  for (int k = 0; k < layout->key_count; k++)
    if (!sl_value_equal(layout->slots[k].type, &a[k], &b[k])) return false;
  return true;
}

static sl_row *add_row(sl_row *out, int *n, const sl_row *from, sl_value *now, sl_value *old) {
  sl_row *row = &out[(*n)++];
  *row = *from;
  row->key = NULL;
  row->key_len = 0;
  row->values = now;
  row->old = old;
  row->flags &= ~(uint32_t)(SL_ROW_KEY_ABSENT | SL_ROW_HAS_OLD | SL_ROW_VALUE_ABSENT | SL_ROW_WINDOWED);
  if (old) row->flags |= SL_ROW_HAS_OLD;
  return row;
}

static int group_key_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                             sl_err *err) {
  (void)port;
  const sl_layout *layout = &op->node->layout;
  sl_value *now[SL_CHUNK], *old[SL_CHUNK] = {0};
  compute((op_group_key *)op, rows, sel, count, false, now);
  if (op->node->table) compute((op_group_key *)op, rows, sel, count, true, old);
  sl_row *out = sl_arena_alloc(op->env->arena, 2 * (size_t)count * sizeof *out);
  int n = 0;
  for (int i = 0; i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    if (now[i] && old[i] && same_key(layout, now[i], old[i])) {
      add_row(out, &n, row, now[i], old[i]);
      continue;
    }
    if (old[i]) { /* leaves its group: a change without a new side, which keeps the key */
      sl_value *values = sl_op_values(op, layout->count);
      memcpy(values, old[i], (size_t)layout->key_count * sizeof *values);
      add_row(out, &n, row, values, old[i])->flags |= SL_ROW_VALUE_ABSENT;
    }
    if (now[i]) add_row(out, &n, row, now[i], NULL);
  }
  int rc = 0;
  for (int i = 0; !rc && i < n; i += SL_CHUNK)
    rc = sl_op_emit(op, out + i, NULL, n - i < SL_CHUNK ? n - i : SL_CHUNK, err);
  return rc;
}

const sl_op_class sl_op_group_key = {
    .name = "group key",
    .size = sizeof(op_group_key),
    .open = group_key_open,
    .process = group_key_process,
    .close = group_key_close,
};
