/* AVG (functions.md 20.4): state STRUCT<SUM <argument type>, COUNT BIGINT>; whole sums wrap, the division is by
 * doubles. */
#include "functions/functions_int.h"

enum { SUM, COUNT, FIELDS };

/* Makes the state's fields writable: the store's are not. */
static sl_value *fields_of(sl_call *call, sl_value *state) {
  sl_value *fields = sl_call_items(call, FIELDS);
  memcpy(fields, state->items, FIELDS * sizeof *fields);
  *state = sl_of_items(fields, FIELDS);
  return fields;
}

static sl_base sum_base(const sl_call *call) {
  return call->arg_types[0]->base;
}

static sl_value plus(const sl_call *call, const sl_value *a, const sl_value *b, int sign) {
  if (sum_base(call) == SL_DOUBLE) return sl_of_f64(sign > 0 ? a->f64 + b->f64 : a->f64 - b->f64);
  uint64_t x = (uint64_t)a->i64, y = (uint64_t)b->i64, sum = sign > 0 ? x + y : x - y;
  return sl_of_i64(sum_base(call) == SL_INTEGER ? (int32_t)sum : (int64_t)sum);
}

static int init(sl_call *call, sl_value *state) {
  sl_value *fields = sl_call_items(call, FIELDS);
  fields[SUM] = sum_base(call) == SL_DOUBLE ? sl_of_f64(0) : sl_of_i64(0);
  fields[COUNT] = sl_of_i64(0);
  return sl_give(state, sl_of_items(fields, FIELDS));
}

static int step(sl_call *call, sl_value *state, const sl_value *v, int sign) {
  if (sl_is_null(v)) return 0;
  sl_value *fields = fields_of(call, state);
  fields[SUM] = plus(call, &fields[SUM], v, sign);
  fields[COUNT].i64 += sign;
  return 0;
}

static int add(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], 1);
}

static int undo(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], -1);
}

static int merge(sl_call *call, sl_value *state, const sl_value *other) {
  sl_value *fields = fields_of(call, state);
  fields[SUM] = plus(call, &fields[SUM], &other->items[SUM], 1);
  fields[COUNT].i64 += other->items[COUNT].i64;
  return 0;
}

static int result(sl_call *call, const sl_value *state, sl_value *out) {
  const sl_value *f = state->items;
  double sum = sum_base(call) == SL_DOUBLE ? f[SUM].f64 : (double)f[SUM].i64;
  return sl_give(out, sl_of_f64(f[COUNT].i64 == 0 ? 0.0 : sum / (double)f[COUNT].i64));
}

static int state_type(sl_arena *arena, sl_call *call, const sl_type **out, sl_err *err) {
  (void)err;
  sl_field fields[FIELDS] = {{sl_str_of("SUM"), call->arg_types[0]}, {sl_str_of("COUNT"), &SL_TYPE_BIGINT}};
  *out = sl_type_struct(arena, fields, FIELDS);
  return 0;
}

const sl_function sl_agg_avg[] = {
    {.name = "AVG",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = "AGGREGATE",
     .doc = "Averages a column.",
     .example = "AVG(x) over 1, 2, 6 => 3.0",
     .overloads = (const sl_overload[]){{.signature = "(INT val1) -> DOUBLE", .doc = "The sum wraps at 32 bits."},
                                        {.signature = "(BIGINT val1) -> DOUBLE", .doc = "The sum wraps at 64 bits."},
                                        {.signature = "(DOUBLE val1) -> DOUBLE", .doc = "Of doubles."},
                                        {0}},
     .aggregates =
         (const sl_aggregate[]){
             {.init = init, .add = add, .undo = undo, .merge = merge, .result = result, .state_type = state_type},
             {.init = init, .add = add, .undo = undo, .merge = merge, .result = result, .state_type = state_type},
             {.init = init, .add = add, .undo = undo, .merge = merge, .result = result, .state_type = state_type}}},
    {0}};
