/* AGGREGATE without a window: one state per grouping key, over a stream's rows or a table's changes. A table's change
 * takes its old side back before it adds the new one (semantics.md 2.7, 2.8). Each input row emits the group's new
 * result, or the write cache holds it until the commit. */
#include "executor/agg_state.h"
#include "executor/changes.h"
#include "executor/ops.h"
#include <string.h>

typedef struct op_aggregate {
  sl_operator op;
  sl_agg_state agg;
  sl_store *store;
  bool hold;
} op_aggregate;

/* Arguments of the chunk's rows: which set belongs to a row, -1 for none. */
typedef struct arg_sets {
  sl_value *now, *old;
  int now_count, old_count;
  int16_t now_at[SL_CHUNK], old_at[SL_CHUNK];
} arg_sets;

static const sl_plan_aggregate *plan_of(const sl_operator *op) {
  return (const sl_plan_aggregate *)op->node;
}

static int aggregate_open(sl_operator *op, sl_err *err) {
  (void)err;
  op_aggregate *a = (op_aggregate *)op;
  a->store = sl_env_store(op->env, plan_of(op)->store);
  a->hold = op->env->cache && plan_of(op)->store->cached;
  sl_agg_state_open(&a->agg, op);
  return 0;
}

static void aggregate_close(sl_operator *op) {
  sl_agg_state_close(&((op_aggregate *)op)->agg);
}

static bool takes_part(const sl_operator *op, const sl_row *row) {
  if (row->flags & SL_ROW_KEY_ABSENT) return false;
  for (int k = 0; k < op->in->key_count; k++)
    if (sl_is_null(&row->values[k])) return false;
  if (!(row->flags & SL_ROW_VALUE_ABSENT)) return true;
  return plan_of(op)->undo && row->flags & SL_ROW_HAS_OLD;
}

static void make_args(op_aggregate *a, const sl_row *rows, const uint16_t *live, int n, arg_sets *sets) {
  uint16_t now[SL_CHUNK], old[SL_CHUNK];
  sets->now_count = sets->old_count = 0;
  for (int i = 0; i < n; i++) {
    const sl_row *row = &rows[live[i]];
    sets->now_at[i] = sets->old_at[i] = -1;
    if (!(row->flags & SL_ROW_VALUE_ABSENT)) {
      sets->now_at[i] = (int16_t)sets->now_count;
      now[sets->now_count++] = live[i];
    }
    if (plan_of(&a->op)->undo && row->flags & SL_ROW_HAS_OLD) {
      sets->old_at[i] = (int16_t)sets->old_count;
      old[sets->old_count++] = live[i];
    }
  }
  sets->now = sl_agg_state_args(&a->agg, rows, now, sets->now_count, false);
  sets->old = sl_agg_state_args(&a->agg, rows, old, sets->old_count, true);
}

/* The output row: key columns of the input, then what map gives. */
static int make_row(op_aggregate *a, const sl_row *row, const sl_store_key *key, const sl_value *state, sl_row *out,
                    sl_err *err) {
  const sl_layout *layout = &a->op.node->layout;
  out->key = (const uint8_t *)key->bytes.ptr;
  out->key_len = (uint32_t)key->bytes.len;
  out->origin = row->origin;
  out->values = sl_op_values(&a->op, layout->count);
  memcpy(out->values, row->values, (size_t)layout->key_count * sizeof(sl_value));
  if (state) return sl_agg_state_map(&a->agg, state, out->values + layout->key_count, err);
  out->flags |= SL_ROW_VALUE_ABSENT;
  return 0;
}

static int update(op_aggregate *a, sl_entry *entry, const sl_store_key *key, const sl_row *row, const arg_sets *sets,
                  int i, sl_row *out, sl_err *err) {
  const sl_plan_aggregate *plan = plan_of(&a->op);
  sl_op_env *env = a->op.env;
  sl_store_row stored;
  bool there = sl_store_read(a->store, entry, env->arena, &stored);
  int64_t timestamp = there && stored.timestamp > row->timestamp ? stored.timestamp : row->timestamp;
  const sl_layout *layout = &plan->base.layout;
  *out = (sl_row){.timestamp = timestamp};
  int rc = 0;
  if (there && a->op.wants_old && !a->hold) {
    out->flags |= SL_ROW_HAS_OLD;
    out->old = sl_op_values(&a->op, layout->count);
    memcpy(out->old, row->values, (size_t)layout->key_count * sizeof(sl_value));
    rc = sl_agg_state_map(&a->agg, stored.values, out->old + layout->key_count, err);
  }
  if (!there) stored.values = sl_op_values(&a->op, plan->kept_count + plan->call_count);
  if (!rc && there && sets->old_at[i] >= 0) /* a group without state has nothing to take back */
    rc = sl_agg_state_fold(&a->agg, stored.values, row, sets->old, sets->old_at[i], sets->old_count, true, err);
  bool adds = sets->now_at[i] >= 0;
  if (!rc && adds && !there) rc = sl_agg_state_init(&a->agg, stored.values, err);
  if (!rc && adds)
    rc = sl_agg_state_fold(&a->agg, stored.values, row, sets->now, sets->now_at[i], sets->now_count, false, err);
  const sl_value *state = there || adds ? stored.values : NULL;
  if (!rc) rc = sl_store_write(a->store, entry, state, timestamp, row->origin ? &row->origin->headers : NULL, err);
  if (rc || a->hold) return rc;
  return make_row(a, row, key, state, out, err);
}

static int aggregate_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                             sl_err *err) {
  (void)port;
  op_aggregate *a = (op_aggregate *)op;
  uint16_t live[SL_CHUNK];
  sl_store_key keys[SL_CHUNK];
  sl_entry *entries[SL_CHUNK];
  arg_sets sets;
  int n = 0;
  for (int i = 0; i < count; i++) {
    uint16_t at = sel ? sel[i] : (uint16_t)i;
    if (takes_part(op, &rows[at])) live[n++] = at;
  }
  if (!n) return 0;
  make_args(a, rows, live, n, &sets);
  int rc = sl_env_keys(op->env, plan_of(op)->store, rows, live, n, keys, err);
  if (!rc) rc = sl_store_locate(a->store, keys, n, entries, err);
  sl_row *out = sl_arena_alloc(op->env->arena, (size_t)n * sizeof *out);
  for (int i = 0; !rc && i < n; i++) rc = update(a, entries[i], &keys[i], &rows[live[i]], &sets, i, &out[i], err);
  if (rc || a->hold) return rc;
  return sl_op_emit(op, out, NULL, n, err);
}

static int map(sl_operator *op, const sl_store_row *stored, sl_value *out, sl_err *err) {
  return sl_agg_state_map(&((op_aggregate *)op)->agg, stored->values, out, err);
}

static int aggregate_flush(sl_operator *op, sl_err *err) {
  op_aggregate *a = (op_aggregate *)op;
  return a->hold ? sl_changes_flush(op, plan_of(op)->store, a->store, false, map, err) : 0;
}

const sl_op_class sl_op_aggregate = {
    .name = "aggregate",
    .size = sizeof(op_aggregate),
    .open = aggregate_open,
    .process = aggregate_process,
    .flush = aggregate_flush,
    .close = aggregate_close,
};
