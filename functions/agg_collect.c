/* COLLECT_LIST, COLLECT_SET, HISTOGRAM and ATTR (functions.md 20.4): aggregates whose state is a collection of the
 * values. A state is never changed in place: its items belong to the store. */
#include "functions/functions_int.h"

static const char AGGREGATE[] = "AGGREGATE";
enum { HISTOGRAM_MAX = 1000 };

static int init_empty(sl_call *call, sl_value *state) {
  (void)call;
  return sl_give(state, sl_of_items(NULL, 0));
}

static int result_state(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  return sl_give(out, *state);
}

/* A copy of width * count values with room for extra more. */
static sl_value *copy_items(sl_call *call, const sl_value *list, size_t width, size_t extra) {
  sl_value *items = sl_call_items(call, width * (list->len + extra));
  if (list->len) memcpy(items, list->items, width * list->len * sizeof *items);
  return items;
}

static int append(sl_call *call, sl_value *list, const sl_value *more, uint32_t count) {
  if (list->len + (size_t)count > SL_ITEMS_MAX) return sl_fail_size(call);
  sl_value *items = copy_items(call, list, 1, count);
  if (count) memcpy(items + list->len, more, count * sizeof *items);
  return sl_give(list, sl_of_items(items, list->len + count));
}

/* Position of v, or -1. */
static int64_t position(const sl_type *type, const sl_value *list, const sl_value *v, bool last) {
  int64_t found = -1;
  for (uint32_t i = 0; i < list->len && (last || found < 0); i++)
    if (sl_value_equal(type, &list->items[i], v)) found = i;
  return found;
}

/* ---- COLLECT_LIST, COLLECT_SET ---- */

/* How many more items the configured limit lets in, at most count. */
static uint32_t allowed(const sl_call *call, const sl_value *list, uint32_t count) {
  if (call->limit < 0 || list->len + (int64_t)count <= call->limit) return count;
  return list->len < call->limit ? (uint32_t)(call->limit - list->len) : 0;
}

static int add_list(sl_call *call, sl_value *state, const sl_value *args) {
  return allowed(call, state, 1) ? append(call, state, args, 1) : 0;
}

static int undo_list(sl_call *call, sl_value *state, const sl_value *args) {
  int64_t at = position(call->type->element, state, &args[0], true);
  if (at < 0) return 0;
  sl_value *items = copy_items(call, state, 1, 0);
  memmove(items + at, items + at + 1, (state->len - (size_t)at - 1) * sizeof *items);
  return sl_give(state, sl_of_items(items, state->len - 1));
}

static int merge_list(sl_call *call, sl_value *state, const sl_value *other) {
  uint32_t count = allowed(call, state, other->len);
  return count ? append(call, state, other->items, count) : 0;
}

static int add_set(sl_call *call, sl_value *state, const sl_value *args) {
  if (!allowed(call, state, 1)) return 0;
  return position(call->type->element, state, &args[0], false) >= 0 ? 0 : append(call, state, args, 1);
}

static int merge_set(sl_call *call, sl_value *state, const sl_value *other) {
  for (uint32_t i = 0; i < other->len; i++) {
    int rc = add_set(call, state, &other->items[i]);
    if (rc) return rc;
  }
  return 0;
}

/* ---- HISTOGRAM: pairs of value and count ---- */

static int64_t pair_position(const sl_value *map, const sl_value *key) {
  for (uint32_t i = 0; i < map->len; i++)
    if (sl_value_equal(&SL_TYPE_STRING, &map->items[2 * i], key)) return i;
  return -1;
}

static void count_value(sl_call *call, sl_value *state, const sl_value *key, int64_t by) {
  int64_t at = pair_position(state, key);
  if (at < 0 && state->len >= HISTOGRAM_MAX) return;
  sl_value *pairs = copy_items(call, state, 2, at < 0);
  if (at < 0) {
    at = state->len++;
    pairs[2 * at] = *key;
    pairs[2 * at + 1] = sl_of_i64(0);
  }
  pairs[2 * at + 1].i64 += by;
  *state = sl_of_items(pairs, state->len);
}

static int add_histogram(sl_call *call, sl_value *state, const sl_value *args) {
  count_value(call, state, &args[0], 1);
  return 0;
}

static int undo_histogram(sl_call *call, sl_value *state, const sl_value *args) {
  int64_t at = pair_position(state, &args[0]);
  if (at < 0) return sl_fail(call, "HISTOGRAM has no count for a value that is to be undone.");
  sl_value *pairs = copy_items(call, state, 2, 0);
  if (--pairs[2 * at + 1].i64 == 0) {
    memmove(pairs + 2 * at, pairs + 2 * at + 2, 2 * (state->len - (size_t)at - 1) * sizeof *pairs);
    state->len--;
  }
  return sl_give(state, sl_of_items(pairs, state->len));
}

static int merge_histogram(sl_call *call, sl_value *state, const sl_value *other) {
  for (uint32_t i = 0; i < other->len; i++) count_value(call, state, &other->items[2 * i], other->items[2 * i + 1].i64);
  return 0;
}

/* ---- ATTR: structs of value and count ---- */

enum { VALUE, COUNT, FIELDS };

static int64_t entry_position(const sl_call *call, const sl_value *state, const sl_value *v) {
  for (uint32_t i = 0; i < state->len; i++)
    if (sl_value_equal(call->type, &state->items[i].items[VALUE], v)) return i;
  return -1;
}

static int count_entry(sl_call *call, sl_value *state, const sl_value *v, int64_t by) {
  int64_t at = entry_position(call, state, v);
  if (at < 0 && by < 0) return 0;
  if (at < 0 && state->len >= SL_ITEMS_MAX) return sl_fail_size(call);
  sl_value *items = copy_items(call, state, 1, at < 0), *entry = sl_call_items(call, FIELDS);
  int64_t count = by + (at < 0 ? 0 : items[at].items[COUNT].i64);
  entry[VALUE] = *v;
  entry[COUNT] = sl_of_i64(count < 0 ? 0 : count);
  if (at < 0) at = state->len++;
  items[at] = sl_of_items(entry, FIELDS);
  return sl_give(state, sl_of_items(items, state->len));
}

static int add_attr(sl_call *call, sl_value *state, const sl_value *args) {
  return count_entry(call, state, &args[0], 1);
}
static int undo_attr(sl_call *call, sl_value *state, const sl_value *args) {
  return count_entry(call, state, &args[0], -1);
}

static int merge_attr(sl_call *call, sl_value *state, const sl_value *other) {
  for (uint32_t i = 0; i < other->len; i++) {
    const sl_value *entry = other->items[i].items;
    int rc = count_entry(call, state, &entry[VALUE], entry[COUNT].i64);
    if (rc) return rc;
  }
  return 0;
}

static int result_attr(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  const sl_value *only = NULL;
  int present = 0;
  for (uint32_t i = 0; i < state->len; i++) {
    if (state->items[i].items[COUNT].i64 <= 0) continue;
    only = &state->items[i].items[VALUE];
    present++;
  }
  return present == 1 ? sl_give(out, *only) : sl_give_null(out);
}

static int attr_type(sl_arena *arena, sl_call *call, const sl_type **out, sl_err *err) {
  (void)err;
  sl_field fields[FIELDS] = {{sl_str_of("VALUE"), call->type}, {sl_str_of("COUNT"), &SL_TYPE_INTEGER}};
  *out = sl_type_array(arena, sl_type_struct(arena, fields, FIELDS));
  return 0;
}

const sl_function sl_agg_collect[] = {
    {.name = "ATTR",
     .spelling = "ATTR",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Gives the one value that a column has in a group.",
     .example = "ATTR(x) over 'a', 'a', 'a' => 'a'",
     .overloads = (const sl_overload[]){{.signature = "(T val1) -> T", .doc = "NULL when there are several."}, {0}},
     .aggregates = (const sl_aggregate[]){{.init = init_empty,
                                           .add = add_attr,
                                           .undo = undo_attr,
                                           .merge = merge_attr,
                                           .result = result_attr,
                                           .state_type = attr_type}}},
    {.name = "COLLECT_LIST",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Collects the values of a column.",
     .example = "COLLECT_LIST(x) over 'a', 'b', 'a' => ['a', 'b', 'a']",
     .limit_setting = "ksql.functions.collect_list.limit",
     .overloads =
         (const sl_overload[]){{.signature = "(T val1) -> ARRAY<T>", .doc = "NULLs included, in order of arrival."},
                               {0}},
     .aggregates =
         (const sl_aggregate[]){
             {.init = init_empty, .add = add_list, .undo = undo_list, .merge = merge_list, .result = result_state}}},
    {.name = "COLLECT_SET",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Collects the distinct values of a column.",
     .example = "COLLECT_SET(x) over 'a', 'b', 'a' => ['a', 'b']",
     .limit_setting = "ksql.functions.collect_set.limit",
     .overloads = (const sl_overload[]){{.signature = "(T val1) -> ARRAY<T>", .doc = "One NULL is kept."}, {0}},
     .aggregates =
         (const sl_aggregate[]){{.init = init_empty, .add = add_set, .merge = merge_set, .result = result_state}}},
    {.name = "HISTOGRAM",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Counts each distinct value of a column.",
     .example = "HISTOGRAM(x) over 'a', 'b', 'a' => {a=2, b=1}",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR val1) -> MAP<VARCHAR, BIGINT>", .doc = "Up to 1000 distinct values."}, {0}},
     .aggregates = (const sl_aggregate[]){{.init = init_empty,
                                           .add = add_histogram,
                                           .undo = undo_histogram,
                                           .merge = merge_histogram,
                                           .result = result_state}}},
    {0}};
