/* JOIN TABLE: each row of a stream looks up what the table has now (semantics.md 3.6). Changes of the table emit
 * nothing. */
#include "executor/join.h"
#include "executor/ops.h"

typedef struct op_join_table {
  sl_operator op;
  sl_joiner join;
} op_join_table;

static int join_table_open(sl_operator *op, sl_err *err) {
  return sl_joiner_open(&((op_join_table *)op)->join, op, err);
}

static int join_row(sl_joiner *join, const sl_row *row, const sl_entry *entry, sl_err *err) {
  sl_store_row stored;
  bool hit = entry && sl_store_read(join->sides[1].store, entry, join->op->env->arena, &stored);
  if (!hit && join->plan->kind == SL_JOIN_INNER) return 0;
  sl_joiner_pair pair = {row->values, {sl_joiner_values_of(join, 0, row), hit ? stored.values : NULL}};
  sl_row out = *row;
  out.values = sl_joiner_values(join, &pair);
  return sl_joiner_add(join, &out, err);
}

static int join_table_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                              sl_err *err) {
  if (port) return 0;
  sl_joiner *join = &((op_join_table *)op)->join;
  sl_store_key keys[SL_CHUNK];
  sl_entry *entries[SL_CHUNK];
  uint16_t live[SL_CHUNK];
  int n;
  int rc = sl_joiner_keys(join, 0, 1, rows, sel, count, live, keys, &n, err);
  if (rc) return rc;
  sl_store_find_all(join->sides[1].store, keys, n, entries);
  sl_joiner_begin(join);
  for (int i = 0, k = 0; !rc && i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    bool keyed = k < n && row == &rows[live[k]];
    if (!(row->flags & SL_ROW_VALUE_ABSENT)) rc = join_row(join, row, keyed ? entries[k] : NULL, err);
    k += keyed;
  }
  return rc ? rc : sl_joiner_end(join, err);
}

const sl_op_class sl_op_join_table = {
    .name = "join table",
    .size = sizeof(op_join_table),
    .open = join_table_open,
    .process = join_table_process,
};
