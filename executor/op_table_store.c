/* TABLE_STORE: keeps a table's current rows, so that changes carry what was there before, and restarts and pull queries
 * find them. The last record wins, whatever its timestamp (semantics.md 1.6). */
#include "executor/changes.h"
#include "executor/ops.h"
#include <string.h>

typedef struct op_table_store {
  sl_operator op;
  sl_store *store;
  int first; /* layout slot of the store's first slot */
  bool hold; /* changes wait for flush */
} op_table_store;

static const sl_plan_store *plan_of(const sl_operator *op) {
  return ((const sl_plan_table_store *)op->node)->store;
}

static int table_store_open(sl_operator *op, sl_err *err) {
  (void)err;
  op_table_store *t = (op_table_store *)op;
  t->store = sl_env_store(op->env, plan_of(op));
  t->first = op->node->layout.count - plan_of(op)->count;
  t->hold = op->env->cache && plan_of(op)->cached;
  return 0;
}

static sl_value *whole(const op_table_store *t, const sl_row *row, const sl_store_row *stored) {
  const sl_layout *layout = &t->op.node->layout;
  sl_value *values = sl_arena_alloc(t->op.env->arena, (size_t)layout->count * sizeof *values);
  memcpy(values, row->values, (size_t)t->first * sizeof *values);
  memcpy(values + t->first, stored->values, (size_t)(layout->count - t->first) * sizeof *values);
  return values;
}

static int put(op_table_store *t, sl_entry *entry, const sl_row *row, sl_row *out, sl_err *err) {
  bool absent = row->flags & SL_ROW_VALUE_ABSENT;
  *out = *row;
  out->flags &= ~(uint32_t)SL_ROW_HAS_OLD;
  sl_store_row old;
  if (!t->hold && t->op.wants_old && sl_store_read(t->store, entry, t->op.env->arena, &old)) {
    out->old = whole(t, row, &old);
    out->flags |= SL_ROW_HAS_OLD;
  }
  return sl_store_write(t->store, entry, absent ? NULL : row->values + t->first, row->timestamp,
                        row->origin ? &row->origin->headers : NULL, err);
}

static int table_store_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                               sl_err *err) {
  (void)port;
  op_table_store *t = (op_table_store *)op;
  sl_store_key keys[SL_CHUNK];
  sl_entry *entries[SL_CHUNK];
  uint16_t live[SL_CHUNK];
  int n = 0;
  for (int i = 0; i < count; i++) {
    uint16_t at = sel ? sel[i] : (uint16_t)i;
    if (!(rows[at].flags & SL_ROW_KEY_ABSENT)) live[n++] = at;
  }
  int rc = sl_env_keys(op->env, plan_of(op), rows, live, n, keys, err);
  if (!rc) rc = sl_store_locate(t->store, keys, n, entries, err);
  sl_row *out = sl_arena_alloc(op->env->arena, (size_t)n * sizeof *out + 1);
  for (int i = 0; !rc && i < n; i++) {
    rc = put(t, entries[i], &rows[live[i]], &out[i], err);
    if (plan_of(op)->window != SL_WINDOW_NONE) continue; /* the store's key has the bounds in it */
    out[i].key = (const uint8_t *)keys[i].bytes.ptr;
    out[i].key_len = (uint32_t)keys[i].bytes.len;
  }
  if (rc || t->hold || op->env->refilling) return rc;
  return sl_op_emit(op, out, NULL, n, err);
}

static int map(sl_operator *op, const sl_store_row *stored, sl_value *out, sl_err *err) {
  (void)err;
  memcpy(out, stored->values, (size_t)plan_of(op)->count * sizeof *out);
  return 0;
}

static int table_store_flush(sl_operator *op, sl_err *err) {
  op_table_store *t = (op_table_store *)op;
  return t->hold && !op->env->refilling ? sl_changes_flush(op, plan_of(op), t->store, false, map, err) : 0;
}

const sl_op_class sl_op_table_store = {
    .name = "table store",
    .size = sizeof(op_table_store),
    .open = table_store_open,
    .process = table_store_process,
    .flush = table_store_flush,
};
