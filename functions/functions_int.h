/* What the files of this folder share: the tables of functions and small helpers for results. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "functions/function.h"
#include "types/pairs.h"

/* Every table ends with a row without name, every list of overloads with one without signature; the registry counts. */
extern const sl_function sl_fn_math[], sl_fn_round[], sl_fn_choice[], sl_fn_string[], sl_fn_pad[], sl_fn_split[],
    sl_fn_search[], sl_fn_code[], sl_fn_mask[], sl_fn_bytes[], sl_fn_json[], sl_fn_json_field[], sl_fn_json_print[],
    sl_fn_url[], sl_fn_geo[], sl_fn_regexp[], sl_fn_like[], sl_fn_array[], sl_fn_map[], sl_fn_lambda[], sl_fn_table[],
    sl_agg_count[], sl_agg_sum[], sl_agg_avg[], sl_agg_minmax[], sl_agg_deviation[], sl_agg_collect[], sl_agg_topk[],
    sl_agg_offset[], sl_agg_distinct[];
extern const sl_function sl_fn_date[], sl_fn_time[], sl_fn_timestamp[];

/* One failed row: sets call->err to SL_E_EVALUATE with a message and returns it. */
int sl_fail(sl_call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline int sl_give(sl_value *out, sl_value v) {
  *out = v;
  return 0;
}
static inline int sl_give_null(sl_value *out) {
  return sl_give(out, sl_null());
}

/* Room for count values in the call's arena. */
static inline sl_value *sl_call_items(sl_call *call, size_t count) {
  return sl_arena_alloc(call->arena, count * sizeof(sl_value));
}

/* The longest text and the largest list that one call may make: sizes that come from data are bounded. */
enum { SL_TEXT_MAX = 64 << 20, SL_ITEMS_MAX = SL_TEXT_MAX / 16 };
int sl_fail_size(sl_call *call); /* the error for more than that */
