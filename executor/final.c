/* What time windows and sessions share: result rows, clocks, and emission at the close. */
#include "executor/final.h"
#include "base/bytes.h"
#include <string.h>

void sl_final_open(sl_final *final, const sl_plan_aggregate *plan) {
  *final = (sl_final){.on = plan->emit_final, .interval = plan->emit_interval, .last_close = INT64_MIN};
}

bool sl_final_due(sl_final *final, int64_t now_ms, int64_t close) {
  if (now_ms < final->next_emit) return false;
  final->next_emit = now_ms + final->interval;
  return final->last_close == INT64_MIN || final->last_close < close;
}

bool sl_window_has_bounds(const sl_plan_aggregate *plan) {
  return plan->base.layout.count == plan->base.layout.key_count + plan->kept_count + plan->call_count + 2;
}

bool sl_window_takes_part(const sl_operator *op, const sl_row *row) {
  if (row->flags & (SL_ROW_KEY_ABSENT | SL_ROW_VALUE_ABSENT)) return false;
  for (int k = 0; k < op->in->key_count; k++)
    if (sl_is_null(&row->values[k])) return false;
  return true;
}

int sl_window_row(sl_agg_state *agg, const sl_value *keys, const sl_store_key *key, const sl_value *state,
                  int64_t timestamp, sl_row *out, sl_err *err) {
  const sl_layout *layout = &agg->plan->base.layout;
  sl_value *values = sl_op_values(agg->op, layout->count);
  memcpy(values, keys, (size_t)layout->key_count * sizeof *values);
  if (sl_window_has_bounds(agg->plan)) {
    values[layout->count - 2] = sl_of_i64(key->start);
    values[layout->count - 1] = sl_of_i64(key->end);
  }
  *out = (sl_row){.timestamp = timestamp,
                  .key = (const uint8_t *)key->bytes.ptr,
                  .key_len = (uint32_t)key->bytes.len,
                  .flags = SL_ROW_WINDOWED,
                  .window_start = key->start,
                  .window_end = key->end,
                  .values = values};
  if (state) return sl_agg_state_map(agg, state, values + layout->key_count, err);
  out->flags |= SL_ROW_VALUE_ABSENT;
  return 0;
}

int sl_final_emit(sl_agg_state *agg, sl_store *store, int64_t from, int64_t to, const sl_origin *origin, sl_err *err) {
  sl_op_env *env = agg->op->env;
  const sl_plan_aggregate *plan = agg->plan;
  sl_entry **entries;
  size_t count;
  int rc = 0;
  sl_store_time_range(store, from, to, env->arena, &entries, &count);
  sl_row keys = {.values = sl_op_values(agg->op, plan->base.layout.key_count)};
  for (size_t i = 0; !rc && i < count; i++) {
    sl_store_key key = sl_store_entry_key(store, entries[i]);
    sl_store_row stored;
    sl_row row;
    if (!sl_store_read(store, entries[i], env->arena, &stored)) continue;
    rc = sl_env_key_row(env, plan->store, &key, &keys, err);
    if (!rc) rc = sl_window_row(agg, keys.values, &key, stored.values, stored.timestamp, &row, err);
    if (plan->window != SL_WINDOW_SESSION) row.origin = origin;
    if (!rc) rc = sl_op_emit(agg->op, &row, NULL, 1, err);
  }
  return rc;
}

/* Layout: stream time, last close, next emission; 8 bytes each, big-endian. */
void sl_window_save(sl_buf *out, int64_t stream_time, const sl_final *final) {
  uint8_t *p = sl_buf_reserve(out, 24);
  sl_put_u64(p, (uint64_t)stream_time);
  sl_put_u64(p + 8, (uint64_t) final->last_close);
  sl_put_u64(p + 16, (uint64_t) final->next_emit);
  out->len += 24;
}

int sl_window_load(sl_str data, int64_t *stream_time, sl_final *final, sl_err *err) {
  if (data.len != 24) return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The clocks of a window cannot be read.");
  const uint8_t *p = (const uint8_t *)data.ptr;
  *stream_time = (int64_t)sl_get_u64(p);
  final->last_close = (int64_t)sl_get_u64(p + 8);
  final->next_emit = (int64_t)sl_get_u64(p + 16);
  return 0;
}
