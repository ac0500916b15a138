/* LATEST_BY_OFFSET and EARLIEST_BY_OFFSET (functions.md 20.4). "Offset" is the order of processing: a counter of the
 * process that every state entry takes a number from. It starts from the wall clock, so that numbers go on growing over
 * restarts. */
#include <stdatomic.h>
#include <stdlib.h>
#include "base/clock.h"
#include "functions/functions_int.h"

static const char AGGREGATE[] = "AGGREGATE";
enum { SEQ, VAL, FIELDS };

static _Atomic int64_t sequence; /* the last number taken */

static int64_t next_number(void) {
  int64_t none = 0, start = sl_clock_wall_ms(sl_clock_real()) << 20;
  atomic_compare_exchange_strong(&sequence, &none, start);
  return atomic_fetch_add(&sequence, 1) + 1;
}

static sl_value entry_of(sl_call *call, sl_value v) {
  sl_value *fields = sl_call_items(call, FIELDS);
  fields[SEQ] = sl_of_i64(next_number());
  fields[VAL] = v;
  return sl_of_items(fields, FIELDS);
}

/* ---- literal parameters: [n] [, ignoreNulls] ---- */

static bool takes_count(const sl_call *call) {
  return call->arg_count > 1 && call->arg_types[1]->base == SL_INTEGER;
}

static bool ignores_nulls(const sl_call *call) {
  int last = call->arg_count - 1;
  bool given = last > 0 && call->arg_types[last]->base == SL_BOOLEAN && !sl_is_null(&call->constants[last]);
  return !given || call->constants[last].boolean;
}

static uint32_t count_of(const sl_call *call) {
  return (uint32_t)call->constants[1].i64;
}

static int check_count(sl_call *call, const char *name, sl_err *err) {
  const sl_value *n = &call->constants[1];
  if (!takes_count(call) || (!sl_is_null(n) && n->i64 >= 1 && n->i64 <= SL_ITEMS_MAX)) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%s must be 1 or greater", name);
}

static int prepare_latest(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)arena;
  return check_count(call, "latestN", err);
}
static int prepare_earliest(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)arena;
  return check_count(call, "earliestN", err);
}

/* Order of numbers: a negative one has overflowed and is later. */
static int compare_numbers(const sl_value *a, const sl_value *b) {
  uint64_t x = (uint64_t)a->items[SEQ].i64, y = (uint64_t)b->items[SEQ].i64;
  return (x > y) - (x < y);
}

static bool skips(const sl_call *call, const sl_value *v) {
  return sl_is_null(v) && ignores_nulls(call);
}

/* ---- one value ---- */

static int init_latest(sl_call *call, sl_value *state) {
  return sl_give(state, entry_of(call, sl_null()));
}

static int add_latest(sl_call *call, sl_value *state, const sl_value *args) {
  return skips(call, &args[0]) ? 0 : sl_give(state, entry_of(call, args[0]));
}

static int merge_latest(sl_call *call, sl_value *state, const sl_value *other) {
  bool ours = !sl_is_null(&state->items[VAL]), theirs = !sl_is_null(&other->items[VAL]);
  bool take = compare_numbers(other, state) > 0;
  if (ignores_nulls(call) && !(ours && theirs)) take = theirs;
  if (take) *state = *other;
  return 0;
}

static int init_earliest(sl_call *call, sl_value *state) {
  (void)call;
  return sl_give_null(state);
}

static int add_earliest(sl_call *call, sl_value *state, const sl_value *args) {
  if (!sl_is_null(state) || skips(call, &args[0])) return 0;
  return sl_give(state, entry_of(call, args[0]));
}

static int merge_earliest(sl_call *call, sl_value *state, const sl_value *other) {
  (void)call;
  if (sl_is_null(other)) return 0;
  if (sl_is_null(state) || compare_numbers(other, state) <= 0) *state = *other;
  return 0;
}

static int result_one(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  return sl_is_null(state) ? sl_give_null(out) : sl_give(out, state->items[VAL]);
}

/* ---- several ---- */

static int init_list(sl_call *call, sl_value *state) {
  (void)call;
  return sl_give(state, sl_of_items(NULL, 0));
}

/* The list with v behind it; when that is more than n, without its first. */
static int add_last(sl_call *call, sl_value *state, const sl_value *args) {
  if (skips(call, &args[0])) return 0;
  uint32_t drop = state->len >= count_of(call), kept = state->len - drop;
  sl_value *items = sl_call_items(call, (size_t)kept + 1);
  if (kept) memcpy(items, state->items + drop, kept * sizeof *items);
  items[kept] = entry_of(call, args[0]);
  return sl_give(state, sl_of_items(items, kept + 1));
}

static int add_first(sl_call *call, sl_value *state, const sl_value *args) {
  return state->len < count_of(call) ? add_last(call, state, args) : 0;
}

static int by_number(const void *a, const void *b) {
  return compare_numbers(a, b);
}

static int merge_list(sl_call *call, sl_value *state, const sl_value *other) {
  size_t count = (size_t)state->len + other->len;
  sl_value *items = sl_call_items(call, count);
  if (state->len) memcpy(items, state->items, state->len * sizeof *items);
  if (other->len) memcpy(items + state->len, other->items, other->len * sizeof *items);
  qsort(items, count, sizeof *items, by_number);
  return sl_give(state, sl_of_items(items, count < count_of(call) ? (uint32_t)count : count_of(call)));
}

static int result_list(sl_call *call, const sl_value *state, sl_value *out) {
  sl_value *items = sl_call_items(call, state->len);
  for (uint32_t i = 0; i < state->len; i++) items[i] = state->items[i].items[VAL];
  return sl_give(out, sl_of_items(items, state->len));
}

/* ---- types ---- */

static const sl_type *entry_type(sl_arena *arena, const sl_type *value) {
  sl_field fields[FIELDS] = {{sl_str_of("SEQ"), &SL_TYPE_BIGINT}, {sl_str_of("VAL"), value}};
  return sl_type_struct(arena, fields, FIELDS);
}

static int state_type(sl_arena *arena, sl_call *call, const sl_type **out, sl_err *err) {
  (void)err;
  const sl_type *entry = entry_type(arena, call->arg_types[0]);
  *out = takes_count(call) ? sl_type_array(arena, entry) : entry;
  return 0;
}

const sl_function sl_agg_offset[] = {
    {.name = "EARLIEST_BY_OFFSET",
     .spelling = "EARLIEST_BY_OFFSET",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Gives the first value of a column that was processed.",
     .example = "EARLIEST_BY_OFFSET(x) over 'a', 'b', 'c' => 'a'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(T val1) -> T", .prepare = prepare_earliest, .doc = "NULLs are passed by."},
             {.signature = "(T val1; BOOLEAN ignoreNulls) -> T",
              .prepare = prepare_earliest,
              .doc = "With NULLs if ignoreNulls is false."},
             {.signature = "(T val1; INT earliestN) -> ARRAY<T>",
              .prepare = prepare_earliest,
              .doc = "The first earliestN of them."},
             {.signature = "(T val1; INT earliestN, BOOLEAN ignoreNulls) -> ARRAY<T>",
              .prepare = prepare_earliest,
              .doc = "The first earliestN of them, with NULLs if ignoreNulls is false."},
             {0}},
     .aggregates = (const sl_aggregate[]){{.init = init_earliest,
                                           .add = add_earliest,
                                           .merge = merge_earliest,
                                           .result = result_one,
                                           .state_type = state_type},
                                          {.init = init_earliest,
                                           .add = add_earliest,
                                           .merge = merge_earliest,
                                           .result = result_one,
                                           .state_type = state_type},
                                          {.init = init_list,
                                           .add = add_first,
                                           .merge = merge_list,
                                           .result = result_list,
                                           .state_type = state_type},
                                          {.init = init_list,
                                           .add = add_first,
                                           .merge = merge_list,
                                           .result = result_list,
                                           .state_type = state_type}}},
    {.name = "LATEST_BY_OFFSET",
     .spelling = "LATEST_BY_OFFSET",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Gives the last value of a column that was processed.",
     .example = "LATEST_BY_OFFSET(x) over 'a', 'b', 'c' => 'c'",
     .overloads =
         (const sl_overload[]){{.signature = "(T val1) -> T", .prepare = prepare_latest, .doc = "NULLs are passed by."},
                               {.signature = "(T val1; BOOLEAN ignoreNulls) -> T",
                                .prepare = prepare_latest,
                                .doc = "With NULLs if ignoreNulls is false."},
                               {.signature = "(T val1; INT latestN) -> ARRAY<T>",
                                .prepare = prepare_latest,
                                .doc = "The last latestN of them."},
                               {.signature = "(T val1; INT latestN, BOOLEAN ignoreNulls) -> ARRAY<T>",
                                .prepare = prepare_latest,
                                .doc = "The last latestN of them, with NULLs if ignoreNulls is false."},
                               {0}},
     .aggregates =
         (const sl_aggregate[]){
             {.init = init_latest,
              .add = add_latest,
              .merge = merge_latest,
              .result = result_one,
              .state_type = state_type},
             {.init = init_latest,
              .add = add_latest,
              .merge = merge_latest,
              .result = result_one,
              .state_type = state_type},
             {.init = init_list, .add = add_last, .merge = merge_list, .result = result_list, .state_type = state_type},
             {.init = init_list,
              .add = add_last,
              .merge = merge_list,
              .result = result_list,
              .state_type = state_type}}},
    {0}};
