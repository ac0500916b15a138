/* Joins: see join.h. A joined row is copied together by the plan's items, from a row of one side and what the store of
 * the other has. */
#include "executor/join.h"

static bool fits(const sl_joiner *join, int side) {
  const sl_layout *layout = side ? join->op->in_right : join->op->in;
  const sl_plan_store *plan = join->sides[side].plan;
  return layout && (!plan || layout->count == layout->key_count + plan->count);
}

void sl_joiner_init(sl_joiner *join, sl_operator *op) {
  join->op = op;
  join->out = sl_arena_alloc(op->env->query, SL_CHUNK * sizeof *join->out);
}

int sl_joiner_open(sl_joiner *join, sl_operator *op, sl_err *err) {
  sl_joiner_init(join, op);
  join->plan = (const sl_plan_join *)op->node;
  for (int side = 0; side < 2; side++) {
    join->sides[side].plan = side ? join->plan->right : join->plan->left;
    if (!fits(join, side))
      return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "The inputs of join %s do not fit its stores.", op->node->name);
    const sl_layout *layout = side ? op->in_right : op->in;
    join->sides[side].keys = layout->key_count;
    if (join->sides[side].plan) join->sides[side].store = sl_env_store(op->env, join->sides[side].plan);
  }
  return 0;
}

static bool can_match(const sl_joiner *join, int port, const sl_row *row) {
  if (row->flags & (SL_ROW_KEY_ABSENT | SL_ROW_VALUE_ABSENT)) return false;
  for (int k = 0; k < join->sides[port].keys; k++)
    if (sl_is_null(&row->values[k])) return false;
  return true;
}

int sl_joiner_keys(const sl_joiner *join, int port, int store, const sl_row *rows, const uint16_t *sel, int count,
                   uint16_t *live, sl_store_key *keys, int *n, sl_err *err) {
  int found = 0;
  for (int i = 0; i < count; i++)
    if (can_match(join, port, sl_op_row(rows, sel, i))) live[found++] = sel ? sel[i] : (uint16_t)i;
  *n = found;
  return sl_env_keys(join->op->env, join->sides[store].plan, rows, live, found, keys, err);
}

const sl_value *sl_joiner_values_of(const sl_joiner *join, int side, const sl_row *row) {
  return row->flags & SL_ROW_VALUE_ABSENT ? NULL : row->values + join->sides[side].keys;
}

sl_value *sl_joiner_values(const sl_joiner *join, const sl_joiner_pair *pair) {
  const sl_layout *layout = &join->op->node->layout;
  sl_value *values = sl_arena_alloc(join->op->env->arena, (size_t)layout->count * sizeof *values + 1);
  for (int i = 0; i < layout->count; i++) {
    const sl_join_item *item = &join->plan->items[i];
    if (item->side < 0) {
      values[i] = pair->keys[item->slot];
      continue;
    }
    const sl_value *from = pair->values[item->side];
    int keys = join->sides[item->side].keys;
    if (!from)
      values[i] = sl_null();
    else /* equal rows have equal keys */
      values[i] = item->slot < keys ? pair->keys[item->slot] : from[item->slot - keys];
  }
  return values;
}

bool sl_join_read_flushed(const sl_op_env *env, const sl_plan_store *plan, const sl_store *store, const sl_entry *entry,
                          sl_store_row *out) {
  if (!entry) return false;
  return env->cache && plan->cached ? sl_store_read_committed(store, entry, env->arena, out)
                                    : sl_store_read(store, entry, env->arena, out);
}

void sl_joiner_begin(sl_joiner *join) {
  join->count = 0;
  join->mark = sl_arena_mark(join->op->env->arena);
}

int sl_joiner_add(sl_joiner *join, const sl_row *row, sl_err *err) {
  join->out[join->count++] = *row;
  return join->count < SL_CHUNK ? 0 : sl_joiner_end(join, err);
}

int sl_joiner_end(sl_joiner *join, sl_err *err) {
  int rc = sl_op_emit(join->op, join->out, NULL, join->count, err);
  join->count = 0;
  sl_arena_rewind(join->op->env->arena, join->mark);
  return rc;
}
