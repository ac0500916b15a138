/* EMIT FINAL: results of windows when they close, throttled by the wall clock (semantics.md 2.10.2). */
#pragma once
#include "executor/agg_state.h"

typedef struct sl_final {
  bool on;
  int64_t interval, next_emit; /* wall clock, ms */
  int64_t last_close;          /* INT64_MIN: none yet */
} sl_final;

void sl_final_open(sl_final *final, const sl_plan_aggregate *plan);
/* May windows be emitted for this close time? Counts as an attempt for the throttle. */
bool sl_final_due(sl_final *final, int64_t now_ms, int64_t close);
/* Emits the stored windows with from <= start (session: end) <= to. origin: of the record that advanced time. */
int sl_final_emit(sl_agg_state *agg, sl_store *store, int64_t from, int64_t to, const sl_origin *origin, sl_err *err);

/* One result row of a window: key columns, kept columns, results, bounds if the layout has them. state NULL: a
 * tombstone. */
int sl_window_row(sl_agg_state *agg, const sl_value *keys, const sl_store_key *key, const sl_value *state,
                  int64_t timestamp, sl_row *out, sl_err *err);
bool sl_window_has_bounds(const sl_plan_aggregate *plan);
/* Key columns of a row that takes part: no NULL key, a value. */
bool sl_window_takes_part(const sl_operator *op, const sl_row *row);
/* Clocks of a windowed aggregation. */
void sl_window_save(sl_buf *out, int64_t stream_time, const sl_final *final);
int sl_window_load(sl_str data, int64_t *stream_time, sl_final *final, sl_err *err);
