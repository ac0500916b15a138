/* TOPK and TOPKDISTINCT (functions.md 20.4): the k greatest values, in descending order; of equal ones the earlier
 * comes first. With more columns TOPK keeps structs that are ordered by their first field. */
#include "functions/functions_int.h"

static const char AGGREGATE[] = "AGGREGATE";

static int64_t limit_of(const sl_call *call) {
  return call->constants[call->arg_count - 1].i64;
}

static int prepare(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)arena;
  const sl_value *k = &call->constants[call->arg_count - 1];
  if (!sl_is_null(k) && k->i64 >= 1 && k->i64 <= SL_ITEMS_MAX) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "k must be 1 or greater");
}

static bool has_structs(const sl_call *call) {
  return call->arg_count > 2;
}

static int init(sl_call *call, sl_value *state) {
  (void)call;
  return sl_give(state, sl_of_items(NULL, 0));
}

/* What an item is ordered by. */
static const sl_value *order_key(const sl_call *call, const sl_value *item) {
  return has_structs(call) ? &item->items[0] : item;
}

static int compare(const sl_call *call, const sl_value *a, const sl_value *b) {
  return sl_value_compare(call->arg_types[0], order_key(call, a), order_key(call, b));
}

static sl_value item_of(sl_call *call, const sl_value *args) {
  if (!has_structs(call)) return args[0];
  size_t count = (size_t)call->arg_count - 1;
  sl_value *fields = sl_call_items(call, count);
  memcpy(fields, args, count * sizeof *fields);
  return sl_of_items(fields, (uint32_t)count);
}

static int insert(sl_call *call, sl_value *state, const sl_value *args, bool distinct) {
  if (sl_is_null(&args[0])) return 0;
  sl_value item = item_of(call, args);
  uint32_t at = 0;
  while (at < state->len && compare(call, &state->items[at], &item) >= 0) at++;
  bool known = at > 0 && compare(call, &state->items[at - 1], &item) == 0;
  if (at >= limit_of(call) || (distinct && known)) return 0;
  sl_value *items = sl_call_items(call, state->len + 1);
  if (at) memcpy(items, state->items, at * sizeof *items);
  items[at] = item;
  if (state->len > at) memcpy(items + at + 1, state->items + at, (state->len - at) * sizeof *items);
  uint32_t len = state->len + 1;
  return sl_give(state, sl_of_items(items, len > limit_of(call) ? (uint32_t)limit_of(call) : len));
}

static int add(sl_call *call, sl_value *state, const sl_value *args) {
  return insert(call, state, args, false);
}
static int add_distinct(sl_call *call, sl_value *state, const sl_value *args) {
  return insert(call, state, args, true);
}

static int merge_two(sl_call *call, sl_value *state, const sl_value *other, bool distinct) {
  sl_value *items = sl_call_items(call, (size_t)state->len + other->len);
  uint32_t n = 0, a = 0, b = 0;
  while (n < limit_of(call) && (a < state->len || b < other->len)) {
    int order = a == state->len ? -1 : b == other->len ? 1 : compare(call, &state->items[a], &other->items[b]);
    const sl_value *next = order >= 0 ? &state->items[a++] : &other->items[b++];
    if (distinct && n && compare(call, &items[n - 1], next) == 0) continue;
    items[n++] = *next;
  }
  return sl_give(state, sl_of_items(items, n));
}

static int merge(sl_call *call, sl_value *state, const sl_value *other) {
  return merge_two(call, state, other, false);
}
static int merge_distinct(sl_call *call, sl_value *state, const sl_value *other) {
  return merge_two(call, state, other, true);
}

static int result(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  return sl_give(out, *state);
}

/* ARRAY of the column's type, or of structs `sort_col`, `col0`, `col1` ...; the last argument is k. */
static int list_type(sl_arena *arena, const sl_type *const *args, int count, const sl_type **out, sl_err *err) {
  (void)err;
  const sl_type *element = args[0];
  if (count > 2) {
    sl_field *fields = sl_arena_calloc(arena, (size_t)count - 1, sizeof *fields);
    for (int i = 0; i < count - 1; i++)
      fields[i] = (sl_field){i ? sl_str_printf(arena, "col%d", i - 1) : sl_str_of("sort_col"), args[i]};
    element = sl_type_struct(arena, fields, count - 1);
  }
  *out = sl_type_array(arena, element);
  return 0;
}

static const sl_aggregate TOPK[] = {{.init = init, .add = add, .merge = merge, .result = result},
                                    {.init = init, .add = add, .merge = merge, .result = result},
                                    {.init = init, .add = add, .merge = merge, .result = result},
                                    {.init = init, .add = add, .merge = merge, .result = result}};
static const sl_aggregate TOPKDISTINCT[] = {
    {.init = init, .add = add_distinct, .merge = merge_distinct, .result = result},
    {.init = init, .add = add_distinct, .merge = merge_distinct, .result = result},
    {.init = init, .add = add_distinct, .merge = merge_distinct, .result = result},
    {.init = init, .add = add_distinct, .merge = merge_distinct, .result = result},
    {.init = init, .add = add_distinct, .merge = merge_distinct, .result = result},
    {.init = init, .add = add_distinct, .merge = merge_distinct, .result = result},
    {.init = init, .add = add_distinct, .merge = merge_distinct, .result = result},
    {.init = init, .add = add_distinct, .merge = merge_distinct, .result = result},
    {.init = init, .add = add_distinct, .merge = merge_distinct, .result = result}};

const sl_function sl_agg_topk[] = {
    {.name = "TOPK",
     .spelling = "TOPK",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Gives the k greatest values of a column.",
     .example = "TOPK(x, 2) over 1, 3, 2 => [3, 2]",
     .overloads = (const sl_overload[]){{.signature = "(INT val1, ANY... val2; INT k) -> ARRAY<INT>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "With more columns, structs of all of them."},
                                        {.signature = "(BIGINT val1, ANY... val2; INT k) -> ARRAY<BIGINT>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "With more columns, structs of all of them."},
                                        {.signature = "(DOUBLE val1, ANY... val2; INT k) -> ARRAY<DOUBLE>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "With more columns, structs of all of them."},
                                        {.signature = "(VARCHAR val1, ANY... val2; INT k) -> ARRAY<VARCHAR>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "With more columns, structs of all of them."},
                                        {0}},
     .aggregates = TOPK},
    {.name = "TOPKDISTINCT",
     .spelling = "TOPKDISTINCT",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Gives the k greatest distinct values of a column.",
     .example = "TOPKDISTINCT(x, 2) over 1, 3, 3 => [3, 1]",
     .overloads = (const sl_overload[]){{.signature = "(INT val1; INT k) -> ARRAY<INT>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "Of distinct values."},
                                        {.signature = "(BIGINT val1; INT k) -> ARRAY<BIGINT>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "Of distinct values."},
                                        {.signature = "(DOUBLE val1; INT k) -> ARRAY<DOUBLE>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "Of distinct values."},
                                        {.signature = "(DECIMAL val1; INT k) -> ARRAY<DECIMAL>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "Of distinct values."},
                                        {.signature = "(VARCHAR val1; INT k) -> ARRAY<VARCHAR>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "Of distinct values."},
                                        {.signature = "(BYTES val1; INT k) -> ARRAY<BYTES>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "Of distinct values."},
                                        {.signature = "(DATE val1; INT k) -> ARRAY<DATE>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "Of distinct values."},
                                        {.signature = "(TIME val1; INT k) -> ARRAY<TIME>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "Of distinct values."},
                                        {.signature = "(TIMESTAMP val1; INT k) -> ARRAY<TIMESTAMP>",
                                         .type = list_type,
                                         .prepare = prepare,
                                         .doc = "Of distinct values."},
                                        {0}},
     .aggregates = TOPKDISTINCT},
    {0}};
