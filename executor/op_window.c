/* AGGREGATE over tumbling and hopping windows: one state per grouping key and window start. Late records are counted
 * and left out; results are emitted per record, by the write cache, or when a window closes (semantics.md 2.10). */
#include "executor/changes.h"
#include "executor/final.h"
#include "executor/ops.h"
#include <string.h>

typedef struct op_window {
  sl_operator op;
  sl_agg_state agg;
  sl_store *store;
  bool hold;
  int64_t stream_time; /* INT64_MIN at first */
  sl_final final;
} op_window;

/* A record's share in one window. */
typedef struct share {
  int row; /* among the live rows */
  bool late;
} share;

static const sl_plan_aggregate *plan_of(const sl_operator *op) {
  return (const sl_plan_aggregate *)op->node;
}

static int64_t advance_of(const sl_plan_aggregate *plan) {
  return plan->window == SL_WINDOW_HOPPING && plan->window_advance > 0 ? plan->window_advance : plan->window_size;
}

static int window_open(sl_operator *op, sl_err *err) {
  (void)err;
  op_window *w = (op_window *)op;
  const sl_plan_aggregate *plan = plan_of(op);
  w->store = sl_env_store(op->env, plan->store);
  w->hold = op->env->cache && plan->store->cached && !plan->emit_final;
  w->stream_time = INT64_MIN;
  sl_final_open(&w->final, plan);
  sl_store_set_window(w->store, advance_of(plan), plan->emit_final ? 1 : 0);
  sl_agg_state_open(&w->agg, op);
  return 0;
}

static void window_close(sl_operator *op) {
  sl_agg_state_close(&((op_window *)op)->agg);
}

/* First and last start of the windows that contain t. */
static int64_t first_start(const sl_plan_aggregate *plan, int64_t t) {
  int64_t advance = advance_of(plan), low = t - plan->window_size + advance;
  return (low > 0 ? low : 0) / advance * advance;
}
static int64_t last_start(const sl_plan_aggregate *plan, int64_t t) {
  return t - t % advance_of(plan);
}

static int update(op_window *w, sl_entry *entry, const sl_store_key *key, const sl_row *row, const sl_value *args,
                  int i, int n, sl_row *out, sl_err *err) {
  const sl_plan_aggregate *plan = plan_of(&w->op);
  sl_op_env *env = w->op.env;
  sl_store_row stored;
  bool there = sl_store_visible(w->store, key->start) && sl_store_read(w->store, entry, env->arena, &stored);
  int64_t timestamp = there && stored.timestamp > row->timestamp ? stored.timestamp : row->timestamp;
  bool emits = !w->hold && !w->final.on;
  sl_row old = {0};
  int rc = 0;
  if (there && emits && w->op.wants_old)
    rc = sl_window_row(&w->agg, row->values, key, stored.values, timestamp, &old, err);
  if (!there) {
    stored.values = sl_op_values(&w->op, plan->kept_count + plan->call_count);
    rc = sl_agg_state_init(&w->agg, stored.values, err);
  }
  if (!rc) rc = sl_agg_state_fold(&w->agg, stored.values, row, args, i, n, false, err);
  if (!rc)
    rc = sl_store_write(w->store, entry, stored.values, timestamp, row->origin ? &row->origin->headers : NULL, err);
  if (rc || !emits) return rc;
  rc = sl_window_row(&w->agg, row->values, key, stored.values, timestamp, out, err);
  out->origin = row->origin;
  if (old.values) {
    out->old = old.values;
    out->flags |= SL_ROW_HAS_OLD;
  }
  return rc;
}

static int emit_closed(op_window *w, int64_t close, const sl_origin *origin, sl_err *err) {
  const sl_plan_aggregate *plan = plan_of(&w->op);
  sl_final *final = &w->final;
  if (!sl_final_due(final, w->op.env->now_ms, close)) return 0;
  bool before = final->last_close != INT64_MIN;
  int64_t upper = close - plan->window_size, lower = 0;
  if (before) lower = (final->last_close > plan->window_size ? final->last_close - plan->window_size : 0) + 1;
  if (upper < 0) return 0;
  if (before && first_start(plan, upper) == first_start(plan, lower - 1) &&
      last_start(plan, upper) == last_start(plan, lower - 1))
    return 0;
  int rc = sl_final_emit(&w->agg, w->store, lower, upper, origin, err);
  final->last_close = close;
  return rc;
}

/* The windows of a row, with the decision which are late; advances stream time. */
static void find_windows(op_window *w, const sl_row *row, int at, sl_str key, sl_store_key *keys, share *shares,
                         int *count) {
  const sl_plan_aggregate *plan = plan_of(&w->op);
  int64_t t = row->timestamp;
  if (t > w->stream_time) w->stream_time = t;
  int64_t close = w->stream_time - plan->window_grace;
  for (int64_t start = first_start(plan, t), last = last_start(plan, t); start <= last; start += advance_of(plan)) {
    int64_t end = start + plan->window_size;
    keys[*count] = (sl_store_key){.bytes = key, .start = start, .end = end};
    shares[(*count)++] = (share){at, end <= close};
  }
}

/* Rows [from, to) of live and their windows, in order. */
static int run_group(op_window *w, const sl_row *rows, const uint16_t *live, int from, int to, const sl_value *args,
                     int n, const sl_store_key *plain, sl_err *err) {
  sl_arena *arena = w->op.env->arena;
  const sl_plan_aggregate *plan = plan_of(&w->op);
  size_t most = (size_t)(to - from) * ((size_t)(plan->window_size / advance_of(plan)) + 2);
  sl_store_key *keys = sl_arena_alloc(arena, most * sizeof *keys);
  share *shares = sl_arena_alloc(arena, most * sizeof *shares);
  sl_row *out = sl_arena_alloc(arena, most * sizeof *out);
  int64_t *closes = sl_arena_alloc(arena, (size_t)(to - from) * sizeof *closes);
  int count = 0, made = 0, kept = 0;
  uint64_t late = 0;
  for (int i = from; i < to; i++) {
    find_windows(w, &rows[live[i]], i, plain[i].bytes, keys, shares, &count);
    closes[i - from] = w->stream_time - plan->window_grace;
  }
  for (int i = 0; i < count; i++) { /* late ones need no entry */
    late += shares[i].late;
    if (shares[i].late) continue;
    keys[kept] = keys[i];
    shares[kept++] = shares[i];
  }
  sl_env_late(w->op.env, late);
  sl_entry **entries = sl_arena_alloc(arena, ((size_t)kept + 1) * sizeof *entries);
  int rc = sl_store_locate(w->store, keys, kept, entries, err);
  for (int i = from, s = 0; !rc && i < to; i++) {
    for (; !rc && s < kept && shares[s].row == i; s++) {
      rc = update(w, entries[s], &keys[s], &rows[live[i]], args, i, n, &out[made], err);
      if (!w->hold && !w->final.on) made++;
    }
    if (!rc && w->final.on) rc = emit_closed(w, closes[i - from], rows[live[i]].origin, err);
  }
  for (int i = 0; !rc && i < made; i += SL_CHUNK)
    rc = sl_op_emit(&w->op, out + i, NULL, made - i < SL_CHUNK ? made - i : SL_CHUNK, err);
  return rc;
}

static int window_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  (void)port;
  op_window *w = (op_window *)op;
  const sl_plan_aggregate *plan = plan_of(op);
  uint16_t live[SL_CHUNK];
  sl_store_key plain[SL_CHUNK];
  int n = 0;
  for (int i = 0; i < count; i++) {
    uint16_t at = sel ? sel[i] : (uint16_t)i;
    if (sl_window_takes_part(op, &rows[at])) live[n++] = at;
  }
  if (!n) return 0;
  int rc = sl_env_keys(op->env, plan->store, rows, live, n, plain, err);
  const sl_value *args = sl_agg_state_args(&w->agg, rows, live, n, false);
  int64_t per_row = plan->window_size / advance_of(plan) + 1; /* windows of a record */
  int step = per_row >= SL_CHUNK ? 1 : (int)(SL_CHUNK / per_row);
  for (int i = 0; !rc && i < n; i += step)
    rc = run_group(w, rows, live, i, i + step < n ? i + step : n, args, n, plain, err);
  return rc;
}

static int map(sl_operator *op, const sl_store_row *stored, sl_value *out, sl_err *err) {
  return sl_agg_state_map(&((op_window *)op)->agg, stored->values, out, err);
}

static int window_flush(sl_operator *op, sl_err *err) {
  op_window *w = (op_window *)op;
  if (!w->hold) return 0;
  return sl_changes_flush(op, plan_of(op)->store, w->store, sl_window_has_bounds(plan_of(op)), map, err);
}

static void window_save(const sl_operator *op, sl_buf *out) {
  const op_window *w = (const op_window *)op;
  sl_window_save(out, w->stream_time, &w->final);
}

static int window_load(sl_operator *op, sl_str data, sl_err *err) {
  op_window *w = (op_window *)op;
  return sl_window_load(data, &w->stream_time, &w->final, err);
}

const sl_op_class sl_op_window_aggregate = {
    .name = "window aggregate",
    .size = sizeof(op_window),
    .open = window_open,
    .process = window_process,
    .flush = window_flush,
    .save = window_save,
    .load = window_load,
    .close = window_close,
};
