/* Flushing cached changes: see changes.h. Rows go on in chunks, whose memory is reset in between. */
#include "executor/changes.h"
#include <string.h>

static int make_row(sl_operator *op, const sl_plan_store *plan, bool bounds, sl_change_map map,
                    const sl_store_change *change, sl_row *row, sl_err *err) {
  const sl_layout *layout = &op->node->layout;
  sl_value *values = sl_op_values(op, layout->count);
  *row = (sl_row){.timestamp = change->now.timestamp, .values = values};
  int rc = sl_env_key_row(op->env, plan, &change->key, row, err);
  if (rc) return rc;
  if (bounds) {
    values[layout->count - 2] = sl_of_i64(change->key.start);
    values[layout->count - 1] = sl_of_i64(change->key.end);
  }
  if (change->has_old && op->wants_old) {
    row->old = sl_op_values(op, layout->count);
    memcpy(row->old, values, (size_t)layout->count * sizeof *values);
    row->flags |= SL_ROW_HAS_OLD;
    rc = map(op, &change->old, row->old + layout->key_count, err);
    if (rc) return rc;
  }
  if (change->has_new) return map(op, &change->now, values + layout->key_count, err);
  row->flags |= SL_ROW_VALUE_ABSENT;
  return 0;
}

int sl_changes_flush(sl_operator *op, const sl_plan_store *plan, sl_store *store, bool bounds, sl_change_map map,
                     sl_err *err) {
  enum { ROWS = 128 };
  sl_row rows[ROWS];
  sl_origin origins[ROWS];
  int n = 0, rc = 0;
  size_t at = 0;
  sl_store_change change;
  sl_arena_point mark = sl_arena_mark(op->env->arena);
  while (!rc && sl_store_change_next(store, &at, op->env->arena, &change)) {
    if (!change.has_old && !change.has_new) continue;
    rc = make_row(op, plan, bounds, map, &change, &rows[n], err);
    if (change.headers.count) {
      origins[n] = (sl_origin){.partition = op->env->partition, .offset = -1, .headers = change.headers};
      rows[n].origin = &origins[n];
    }
    if (rc || ++n < ROWS) continue;
    rc = sl_op_emit(op, rows, NULL, n, err);
    n = 0;
    sl_arena_rewind(op->env->arena, mark);
  }
  if (!rc) rc = sl_op_emit(op, rows, NULL, n, err);
  sl_arena_rewind(op->env->arena, mark);
  return rc;
}
