/* JOIN TABLES: two tables on their primary keys. A change of one side meets the other's row as it is now (semantics.md
 * 3.7); the result's old side is made the same way from the change's old side.
 *
 * With the write cache both sides' changes come in flushes, the left side's first. These meet the right side's rows as
 * of its last flush: so a joined row changes in steps that follow each other, and one whose two rows go in one interval
 * goes, too. */
#include "executor/join.h"
#include "executor/ops.h"
#include <string.h>

typedef struct op_join_tables {
  sl_operator op;
  sl_joiner join;
  bool optional[2]; /* rows come out although this side is not there */
} op_join_tables;

static int join_tables_open(sl_operator *op, sl_err *err) {
  op_join_tables *t = (op_join_tables *)op;
  sl_join_kind kind = ((const sl_plan_join *)op->node)->kind;
  t->optional[0] = kind == SL_JOIN_RIGHT || kind == SL_JOIN_OUTER;
  t->optional[1] = kind == SL_JOIN_LEFT || kind == SL_JOIN_OUTER;
  return sl_joiner_open(&t->join, op, err);
}

/* Is there a joined row of these two? */
static bool joins(const op_join_tables *t, const sl_joiner_pair *pair) {
  const sl_value *left = pair->values[0], *right = pair->values[1];
  return (left || right) && (left || t->optional[0]) && (right || t->optional[1]);
}

/* The key columns, for a deletion. */
static sl_value *tombstone(const sl_joiner *join, const sl_joiner_pair *pair) {
  const sl_layout *layout = &join->op->node->layout;
  sl_joiner_pair keys = {pair->keys, {pair->keys, pair->keys}};
  sl_value *values = sl_op_values(join->op, layout->count);
  for (int i = 0; i < layout->key_count; i++) {
    const sl_join_item *item = &join->plan->items[i];
    if (item->side < 0 || item->slot < join->sides[item->side].keys) values[i] = keys.keys[item->slot];
  }
  return values;
}

/* The right side is flushed after the left. */
static bool read_other(const op_join_tables *t, int side, const sl_entry *entry, sl_store_row *out) {
  const sl_joiner_side *other = &t->join.sides[side];
  return side ? sl_join_read_flushed(t->op.env, other->plan, other->store, entry, out)
              : sl_store_read(other->store, entry, t->op.env->arena, out);
}

static int join_change(op_join_tables *t, int side, const sl_row *row, const sl_entry *entry, sl_err *err) {
  sl_joiner *join = &t->join;
  sl_store_row other;
  bool met = entry && read_other(t, 1 - side, entry, &other);
  if (!met && !t->optional[1 - side]) return 0; /* there is and was no row */
  bool has_old = row->flags & SL_ROW_HAS_OLD;
  if (!met && (row->flags & SL_ROW_VALUE_ABSENT) && !has_old) return 0;
  sl_joiner_pair now = {.keys = row->values}, old = {.keys = row->values};
  now.values[side] = sl_joiner_values_of(join, side, row);
  old.values[side] = has_old ? row->old + join->sides[side].keys : NULL;
  now.values[1 - side] = old.values[1 - side] = met ? other.values : NULL;
  sl_row out = *row;
  out.flags &= ~(uint32_t)(SL_ROW_HAS_OLD | SL_ROW_VALUE_ABSENT);
  out.old = NULL;
  if (met && other.timestamp > out.timestamp) out.timestamp = other.timestamp;
  if (joins(t, &now)) {
    out.values = sl_joiner_values(join, &now);
  } else {
    out.values = tombstone(join, &now);
    out.flags |= SL_ROW_VALUE_ABSENT;
  }
  if (join->op->wants_old && joins(t, &old)) {
    out.old = sl_joiner_values(join, &old);
    out.flags |= SL_ROW_HAS_OLD;
  }
  return sl_joiner_add(join, &out, err);
}

static int join_tables_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                               sl_err *err) {
  op_join_tables *t = (op_join_tables *)op;
  sl_store_key keys[SL_CHUNK];
  sl_entry *entries[SL_CHUNK];
  const sl_joiner_side *other = &t->join.sides[1 - port];
  int rc = sl_env_keys(op->env, other->plan, rows, sel, count, keys, err);
  if (rc) return rc;
  sl_store_find_all(other->store, keys, count, entries);
  sl_joiner_begin(&t->join);
  for (int i = 0; !rc && i < count; i++) rc = join_change(t, port, sl_op_row(rows, sel, i), entries[i], err);
  return rc ? rc : sl_joiner_end(&t->join, err);
}

const sl_op_class sl_op_join_tables = {
    .name = "join tables",
    .size = sizeof(op_join_tables),
    .open = join_tables_open,
    .process = join_tables_process,
};
