/* AGGREGATE over session windows: a record joins all sessions of its key within the gap into one. What is joined
 * disappears with a tombstone (semantics.md 2.10.1). */
#include "executor/changes.h"
#include "executor/final.h"
#include "executor/ops.h"
#include <string.h>

typedef struct op_session {
  sl_operator op;
  sl_agg_state agg;
  sl_store *store;
  bool hold;
  int64_t stream_time;
  sl_final final;
} op_session;

static const sl_plan_aggregate *plan_of(const sl_operator *op) {
  return (const sl_plan_aggregate *)op->node;
}

static int session_open(sl_operator *op, sl_err *err) {
  (void)err;
  op_session *s = (op_session *)op;
  const sl_plan_aggregate *plan = plan_of(op);
  s->store = sl_env_store(op->env, plan->store);
  s->hold = op->env->cache && plan->store->cached && !plan->emit_final;
  s->stream_time = INT64_MIN;
  sl_final_open(&s->final, plan);
  sl_store_set_window(s->store, 0, plan->emit_final ? -1 : 0);
  sl_agg_state_open(&s->agg, op);
  return 0;
}

static void session_close(sl_operator *op) {
  sl_agg_state_close(&((op_session *)op)->agg);
}

/* The tombstone of a session that is being merged goes down at once unless changes are held. */
static int tell_merged(op_session *s, const sl_row *row, const sl_store_key *key, const sl_store_row *stored,
                       sl_err *err) {
  if (s->hold || s->final.on) return 0;
  sl_row out, old;
  int rc = sl_window_row(&s->agg, row->values, key, NULL, key->end, &out, err);
  if (!rc && s->op.wants_old) {
    rc = sl_window_row(&s->agg, row->values, key, stored->values, key->end, &old, err);
    out.old = old.values;
    out.flags |= SL_ROW_HAS_OLD;
  }
  return rc ? rc : sl_op_emit(&s->op, &out, NULL, 1, err);
}

/* Replaces the sessions that are merged by one with these bounds, whose entry is one of theirs if it can be. */
static int merge(op_session *s, const sl_row *row, sl_entry **entries, const sl_store_row *stored, size_t count,
                 const sl_store_key *into, sl_entry **out, sl_err *err) {
  int rc = 0;
  for (size_t i = 0; !rc && i < count; i++) {
    sl_store_key key = sl_store_entry_key(s->store, entries[i]);
    rc = tell_merged(s, row, &key, &stored[i], err);
    if (!rc && !*out && sl_store_move_session(s->store, entries[i], into->start, into->end))
      *out = entries[i];
    else if (!rc)
      rc = sl_store_write(s->store, entries[i], NULL, key.end, NULL, err);
  }
  return rc;
}

/* entry: NULL if it is not known. */
static int put_session(op_session *s, const sl_row *row, const sl_store_key *key, sl_entry *entry, sl_value *state,
                       sl_err *err) {
  int rc = entry ? 0 : sl_store_locate(s->store, key, 1, &entry, err);
  if (!rc) rc = sl_store_write(s->store, entry, state, key->end, NULL, err);
  if (rc || s->hold || s->final.on) return rc;
  sl_row out;
  rc = sl_window_row(&s->agg, row->values, key, state, key->end, &out, err);
  return rc ? rc : sl_op_emit(&s->op, &out, NULL, 1, err);
}

static int emit_closed(op_session *s, const sl_row *row, int64_t close, sl_err *err) {
  sl_final *final = &s->final;
  if (!final->on || !sl_final_due(final, s->op.env->now_ms, close)) return 0;
  int64_t upper = close - 1, lower = final->last_close > 0 ? final->last_close : 0;
  if (upper < 0 || upper < lower) return 0;
  int rc = sl_final_emit(&s->agg, s->store, lower, upper, row->origin, err);
  final->last_close = close;
  return rc;
}

static int add_row(op_session *s, const sl_row *row, sl_str bytes, const sl_value *args, int i, int n, sl_err *err) {
  const sl_plan_aggregate *plan = plan_of(&s->op);
  sl_arena *arena = s->op.env->arena;
  int64_t t = row->timestamp, gap = plan->window_size;
  if (t > s->stream_time) s->stream_time = t;
  int64_t close = s->stream_time - plan->window_grace - gap;
  sl_entry **found;
  size_t count;
  sl_store_key_range(s->store, bytes, t - gap, t + gap, arena, &found, &count);
  sl_store_key merged = {.bytes = bytes, .start = t, .end = t};
  sl_store_row *stored = sl_arena_calloc(arena, count + 1, sizeof *stored);
  sl_value *state = sl_op_values(&s->op, plan->kept_count + plan->call_count);
  int rc = sl_agg_state_init(&s->agg, state, err);
  size_t there = 0;
  for (size_t f = 0; !rc && f < count; f++) {
    if (!sl_store_read(s->store, found[f], arena, &stored[there])) continue;
    found[there] = found[f];
    sl_store_key key = sl_store_entry_key(s->store, found[there]);
    if (key.start < merged.start) merged.start = key.start;
    if (key.end > merged.end) merged.end = key.end;
    rc = sl_agg_state_merge(&s->agg, state, stored[there++].values, err);
  }
  if (!rc && merged.end < close) {
    sl_env_late(s->op.env, 1);
    return emit_closed(s, row, close, err);
  }
  bool grows = merged.start != t || merged.end != t; /* else the one session is updated in place */
  sl_entry *entry = NULL;
  if (!rc && grows) rc = merge(s, row, found, stored, there, &merged, &entry, err);
  if (!rc) rc = sl_agg_state_fold(&s->agg, state, row, args, i, n, false, err);
  if (!rc) rc = put_session(s, row, &merged, entry, state, err);
  return rc ? rc : emit_closed(s, row, close, err);
}

static int session_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  (void)port;
  op_session *s = (op_session *)op;
  uint16_t live[SL_CHUNK];
  sl_store_key keys[SL_CHUNK];
  int n = 0;
  for (int i = 0; i < count; i++) {
    uint16_t at = sel ? sel[i] : (uint16_t)i;
    if (sl_window_takes_part(op, &rows[at])) live[n++] = at;
  }
  if (!n) return 0;
  int rc = sl_env_keys(op->env, plan_of(op)->store, rows, live, n, keys, err);
  const sl_value *args = sl_agg_state_args(&s->agg, rows, live, n, false);
  for (int i = 0; !rc && i < n; i++) rc = add_row(s, &rows[live[i]], keys[i].bytes, args, i, n, err);
  return rc;
}

static int map(sl_operator *op, const sl_store_row *stored, sl_value *out, sl_err *err) {
  return sl_agg_state_map(&((op_session *)op)->agg, stored->values, out, err);
}

static int session_flush(sl_operator *op, sl_err *err) {
  op_session *s = (op_session *)op;
  if (!s->hold) return 0;
  return sl_changes_flush(op, plan_of(op)->store, s->store, sl_window_has_bounds(plan_of(op)), map, err);
}

static void session_save(const sl_operator *op, sl_buf *out) {
  const op_session *s = (const op_session *)op;
  sl_window_save(out, s->stream_time, &s->final);
}

static int session_load(sl_operator *op, sl_str data, sl_err *err) {
  op_session *s = (op_session *)op;
  return sl_window_load(data, &s->stream_time, &s->final, err);
}

const sl_op_class sl_op_session_aggregate = {
    .name = "session aggregate",
    .size = sizeof(op_session),
    .open = session_open,
    .process = session_process,
    .flush = session_flush,
    .save = session_save,
    .load = session_load,
    .close = session_close,
};
