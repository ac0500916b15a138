/* JOIN STREAMS: rows of two streams with one key whose times are close enough (semantics.md 3.5). A row is joined with
 * what the other side has kept, then kept itself. With GRACE, unmatched rows of an outer side wait in the pending store
 * until time has passed their window; else they go out at once.
 *
 * Clocks: stream time of both sides; a lower bound of the times that wait, which spares scans that cannot find
 * anything; and the wall clock before which no scan runs. */
#include "base/bytes.h"
#include "executor/join.h"
#include "executor/ops.h"
#include "state/key_codec.h"
#include <string.h>

typedef struct op_join_streams {
  sl_operator op;
  sl_joiner join;
  int64_t ahead[2], back[2]; /* how far a side's rows look */
  bool outer[2];             /* unmatched rows of this side go out */
  sl_store *pending;         /* or NULL */
  int pending_at[2];         /* its slot where a side's values begin */
  sl_value *pending_row;     /* being put together */
  int64_t stream_time;       /* INT64_MIN at first */
  int64_t pending_from;      /* no waiting row is older; INT64_MAX: none waits */
  int64_t next_scan;         /* wall clock, ms */
} op_join_streams;

static const sl_plan_join *plan_of(const op_join_streams *s) {
  return s->join.plan;
}

static int open_pending(op_join_streams *s, sl_err *err) {
  const sl_plan_join *plan = plan_of(s);
  int count = 1 + plan->left->count + plan->right->count;
  if (plan->pending->count != count)
    return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "The pending store of join %s does not fit.", s->op.node->name);
  s->pending = sl_env_store(s->op.env, plan->pending);
  s->pending_at[0] = 1;
  s->pending_at[1] = 1 + plan->left->count;
  s->pending_row = sl_arena_calloc(s->op.env->query, (size_t)count, sizeof(sl_value));
  return 0;
}

static int join_streams_open(sl_operator *op, sl_err *err) {
  op_join_streams *s = (op_join_streams *)op;
  int rc = sl_joiner_open(&s->join, op, err);
  if (rc) return rc;
  const sl_plan_join *plan = plan_of(s);
  s->back[0] = s->ahead[1] = plan->before;
  s->ahead[0] = s->back[1] = plan->after;
  s->outer[0] = plan->kind == SL_JOIN_LEFT || plan->kind == SL_JOIN_OUTER;
  s->outer[1] = plan->kind == SL_JOIN_OUTER;
  s->stream_time = INT64_MIN;
  s->pending_from = INT64_MAX;
  return plan->pending ? open_pending(s, err) : 0;
}

static int emit(op_join_streams *s, int side, const sl_row *row, int64_t timestamp, const sl_value *other,
                sl_err *err) {
  sl_joiner_pair pair = {.keys = row->values};
  pair.values[side] = sl_joiner_values_of(&s->join, side, row);
  pair.values[1 - side] = other;
  sl_row out = *row;
  out.timestamp = timestamp;
  out.values = sl_joiner_values(&s->join, &pair);
  return sl_joiner_add(&s->join, &out, err);
}

/* ---- rows that wait ---- */

static int add_pending(op_join_streams *s, int side, sl_str key, const sl_row *row, sl_err *err) {
  const sl_plan_store *plan = plan_of(s)->pending;
  const sl_joiner_side *own = &s->join.sides[side];
  memset(s->pending_row, 0, (size_t)plan->count * sizeof(sl_value));
  s->pending_row[0] = sl_of_i64(side);
  memcpy(s->pending_row + s->pending_at[side], row->values + own->keys, (size_t)own->plan->count * sizeof(sl_value));
  if (row->timestamp < s->pending_from) s->pending_from = row->timestamp;
  return sl_store_add(s->pending, key, row->timestamp, side == 0, s->pending_row, err);
}

/* A row that found nobody, with the origin of the row that closed its window. */
static int emit_pending(op_join_streams *s, sl_entry *entry, int side, const sl_origin *origin, sl_err *err) {
  sl_op_env *env = s->op.env;
  sl_store_key key = sl_store_entry_key(s->pending, entry);
  sl_store_row stored;
  sl_row row = {.timestamp = key.start, .origin = origin};
  if (!sl_store_read(s->pending, entry, env->arena, &stored)) return 0;
  key.bytes = sl_str_dup(env->arena, key.bytes);
  row.values = sl_op_values(&s->op, s->join.sides[side].keys);
  int rc = sl_env_key_row(env, plan_of(s)->pending, &key, &row, err);
  if (rc) return rc;
  sl_store_remove(s->pending, entry);
  sl_joiner_pair pair = {.keys = row.values};
  pair.values[side] = stored.values + s->pending_at[side];
  row.values = sl_joiner_values(&s->join, &pair);
  return sl_joiner_add(&s->join, &row, err);
}

/* Lets rows go whose window has closed. */
static int close_scan(op_join_streams *s, const sl_origin *origin, sl_err *err) {
  const sl_plan_join *plan = plan_of(s);
  int64_t now = s->op.env->now_ms, closed = s->stream_time - plan->grace;
  if (sl_window_end(s->pending_from, plan->after) >= closed || now < s->next_scan) return 0;
  s->next_scan = now + plan->scan_interval;
  s->pending_from = INT64_MAX;
  bool open[2] = {false, false};
  int rc = 0;
  for (sl_entry *entry = sl_store_next(s->pending, NULL), *next; !rc && entry && !(open[0] && open[1]); entry = next) {
    next = sl_store_next(s->pending, entry);
    sl_store_key key = sl_store_entry_key(s->pending, entry);
    int side = sl_store_key_left(&key) ? 0 : 1;
    if (sl_window_end(key.start, s->ahead[side]) < closed) {
      rc = emit_pending(s, entry, side, origin, err);
      continue;
    }
    open[side] = true;
    if (key.start < s->pending_from) s->pending_from = key.start;
  }
  return rc;
}

/* ---- rows that come ---- */

static int join_matches(op_join_streams *s, int side, sl_str key, const sl_row *row, bool *matched, sl_err *err) {
  sl_store *other = s->join.sides[1 - side].store;
  int64_t t = row->timestamp, from = t > s->back[side] ? t - s->back[side] : 0;
  sl_store_walk walk = sl_store_walk_of(other, key, from, sl_window_end(t, s->ahead[side]));
  int rc = 0;
  *matched = false;
  for (sl_entry *entry; !rc && (entry = sl_store_walk_next(&walk));) {
    sl_store_row stored;
    if (!sl_store_read(other, entry, s->op.env->arena, &stored)) continue;
    *matched = true;
    if (s->pending) sl_store_remove_key(s->pending, key, stored.timestamp, side == 1);
    rc = emit(s, side, row, stored.timestamp > t ? stored.timestamp : t, stored.values, err);
  }
  return rc;
}

/* Rows are joined one by one; the memory that they will look at is asked for together. Times are nearly in order. */
static void look_ahead(const op_join_streams *s, int side, const sl_row *first, const sl_row *last,
                       const sl_store_key *keys, int count) {
  int64_t t = first->timestamp, from = t > s->back[side] ? t - s->back[side] : 0;
  sl_store_ahead(s->join.sides[1 - side].store, keys, count, from, sl_window_end(last->timestamp, s->ahead[side]));
  sl_store_ahead(s->join.sides[side].store, keys, count, t, last->timestamp);
}

static int join_row(op_join_streams *s, int side, sl_str key, const sl_row *row, sl_err *err) {
  const sl_joiner_side *own = &s->join.sides[side];
  int64_t t = row->timestamp;
  bool matched;
  int rc = s->pending && t == s->stream_time ? close_scan(s, row->origin, err) : 0;
  if (!rc) rc = join_matches(s, side, key, row, &matched, err);
  if (!rc && !matched && s->outer[side]) {
    bool waits = s->pending && sl_window_end(t, s->ahead[side]) >= s->stream_time;
    rc = waits ? add_pending(s, side, key, row, err) : emit(s, side, row, t, NULL, err);
  }
  return rc ? rc : sl_store_add(own->store, key, t, false, row->values + own->keys, err);
}

static int join_streams_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                                sl_err *err) {
  op_join_streams *s = (op_join_streams *)op;
  sl_joiner *join = &s->join;
  sl_store_key keys[SL_CHUNK];
  uint16_t live[SL_CHUNK];
  int n;
  int rc = sl_joiner_keys(join, port, port, rows, sel, count, live, keys, &n, err);
  if (rc) return rc;
  sl_joiner_begin(join);
  if (n > 1) look_ahead(s, port, &rows[live[0]], &rows[live[n - 1]], keys, n);
  for (int i = 0, k = 0; !rc && i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    bool takes_part = k < n && row == &rows[live[k]];
    if (row->timestamp > s->stream_time) s->stream_time = row->timestamp;
    if (takes_part)
      rc = join_row(s, port, keys[k++].bytes, row, err);
    else if (!(row->flags & SL_ROW_VALUE_ABSENT) && s->outer[port]) /* no key, no match */
      rc = emit(s, port, row, row->timestamp, NULL, err);
  }
  return rc ? rc : sl_joiner_end(join, err);
}

/* Layout: stream time, oldest time that may wait, next scan; 8 bytes each, big-endian. */
static void join_streams_save(const sl_operator *op, sl_buf *out) {
  const op_join_streams *s = (const op_join_streams *)op;
  uint8_t *p = sl_buf_reserve(out, 24);
  sl_put_u64(p, (uint64_t)s->stream_time);
  sl_put_u64(p + 8, (uint64_t)s->pending_from);
  sl_put_u64(p + 16, (uint64_t)s->next_scan);
  out->len += 24;
}

static int join_streams_load(sl_operator *op, sl_str data, sl_err *err) {
  op_join_streams *s = (op_join_streams *)op;
  if (data.len != 24) return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The clocks of a join cannot be read.");
  const uint8_t *p = (const uint8_t *)data.ptr;
  s->stream_time = (int64_t)sl_get_u64(p);
  s->pending_from = (int64_t)sl_get_u64(p + 8);
  s->next_scan = (int64_t)sl_get_u64(p + 16);
  return 0;
}

const sl_op_class sl_op_join_streams = {
    .name = "join streams",
    .size = sizeof(op_join_streams),
    .open = join_streams_open,
    .process = join_streams_process,
    .save = join_streams_save,
    .load = join_streams_load,
};
