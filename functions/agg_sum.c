/* SUM and SUM_LIST (functions.md 20.4). INT and BIGINT wrap; DECIMAL keeps its type and fails the query when it
 * overflows; DOUBLE adds in order of arrival. NULLs are passed by. */
#include "functions/functions_int.h"
#include "types/decimal.h"

static const char AGGREGATE[] = "AGGREGATE";

/* a + sign * b in the type of the sum. */
typedef int (*plus)(sl_call *call, const sl_value *a, const sl_value *b, int sign, sl_value *out);

static int plus_int(sl_call *call, const sl_value *a, const sl_value *b, int sign, sl_value *out) {
  (void)call;
  uint32_t x = (uint32_t)a->i64, y = (uint32_t)b->i64;
  return sl_give(out, sl_of_i64((int32_t)(sign > 0 ? x + y : x - y)));
}

static int plus_bigint(sl_call *call, const sl_value *a, const sl_value *b, int sign, sl_value *out) {
  (void)call;
  uint64_t x = (uint64_t)a->i64, y = (uint64_t)b->i64;
  return sl_give(out, sl_of_i64((int64_t)(sign > 0 ? x + y : x - y)));
}

static int plus_double(sl_call *call, const sl_value *a, const sl_value *b, int sign, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_f64(sign > 0 ? a->f64 + b->f64 : a->f64 - b->f64));
}

/* Unchecked: what merge and undo do. */
static int plus_decimal(sl_call *call, const sl_value *a, const sl_value *b, int sign, sl_value *out) {
  sl_decimal x = sl_decimal_of_value(call->type, a), y = sl_decimal_of_value(call->type, b);
  sl_decimal sum = sign > 0 ? sl_decimal_add(call->arena, &x, &y) : sl_decimal_sub(call->arena, &x, &y);
  return sl_give(out, sum.unscaled);
}

static int plus_decimal_checked(sl_call *call, const sl_value *a, const sl_value *b, int sign, sl_value *out) {
  (void)sign;
  sl_decimal x = sl_decimal_of_value(call->type, a), y = sl_decimal_of_value(call->type, b);
  sl_decimal sum = sl_decimal_add(call->arena, &x, &y);
  return sl_decimal_fit(call->arena, &sum, call->type, SL_ROUND_HALF_UP, out, call->err);
}

static int step(sl_call *call, sl_value *state, const sl_value *v, int sign, plus f) {
  return sl_is_null(v) ? 0 : f(call, state, v, sign, state);
}

static int step_list(sl_call *call, sl_value *state, const sl_value *v, int sign, plus f) {
  for (uint32_t i = 0; !sl_is_null(v) && i < v->len; i++) {
    int rc = step(call, state, &v->items[i], sign, f);
    if (rc) return rc;
  }
  return 0;
}

static int init_whole(sl_call *call, sl_value *state) {
  (void)call;
  return sl_give(state, sl_of_i64(0));
}
static int init_double(sl_call *call, sl_value *state) {
  (void)call;
  return sl_give(state, sl_of_f64(0));
}
static int result(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  return sl_give(out, *state);
}

static int add_int(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], 1, plus_int);
}
static int undo_int(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], -1, plus_int);
}
static int merge_int(sl_call *call, sl_value *state, const sl_value *other) {
  return step(call, state, other, 1, plus_int);
}
static int add_bigint(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], 1, plus_bigint);
}
static int undo_bigint(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], -1, plus_bigint);
}
static int merge_bigint(sl_call *call, sl_value *state, const sl_value *other) {
  return step(call, state, other, 1, plus_bigint);
}
static int add_double(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], 1, plus_double);
}
static int undo_double(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], -1, plus_double);
}
static int merge_double(sl_call *call, sl_value *state, const sl_value *other) {
  return step(call, state, other, 1, plus_double);
}
static int add_decimal(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], 1, plus_decimal_checked);
}
static int undo_decimal(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, state, &args[0], -1, plus_decimal);
}
static int merge_decimal(sl_call *call, sl_value *state, const sl_value *other) {
  return step(call, state, other, 1, plus_decimal);
}
static int add_ints(sl_call *call, sl_value *state, const sl_value *args) {
  return step_list(call, state, &args[0], 1, plus_int);
}
static int undo_ints(sl_call *call, sl_value *state, const sl_value *args) {
  return step_list(call, state, &args[0], -1, plus_int);
}
static int add_bigints(sl_call *call, sl_value *state, const sl_value *args) {
  return step_list(call, state, &args[0], 1, plus_bigint);
}
static int undo_bigints(sl_call *call, sl_value *state, const sl_value *args) {
  return step_list(call, state, &args[0], -1, plus_bigint);
}
static int add_doubles(sl_call *call, sl_value *state, const sl_value *args) {
  return step_list(call, state, &args[0], 1, plus_double);
}
static int undo_doubles(sl_call *call, sl_value *state, const sl_value *args) {
  return step_list(call, state, &args[0], -1, plus_double);
}

static int same_type(sl_arena *arena, const sl_type *const *args, int count, const sl_type **out, sl_err *err) {
  (void)arena, (void)count, (void)err;
  *out = args[0];
  return 0;
}

const sl_function sl_agg_sum[] = {
    {.name = "SUM",
     .spelling = "SUM",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Sums a column.",
     .example = "SUM(x) over 1, 2, 3 => 6",
     .overloads = (const sl_overload[]){{.signature = "(INT val1) -> INT", .doc = "Wraps on overflow."},
                                        {.signature = "(BIGINT val1) -> BIGINT", .doc = "Wraps on overflow."},
                                        {.signature = "(DOUBLE val1) -> DOUBLE", .doc = "In order of arrival."},
                                        {.signature = "(DECIMAL val1) -> DECIMAL",
                                         .type = same_type,
                                         .doc = "Keeps the type; overflow fails the query."},
                                        {0}},
     .aggregates =
         (const sl_aggregate[]){
             {.init = init_whole, .add = add_int, .undo = undo_int, .merge = merge_int, .result = result},
             {.init = init_whole, .add = add_bigint, .undo = undo_bigint, .merge = merge_bigint, .result = result},
             {.init = init_double, .add = add_double, .undo = undo_double, .merge = merge_double, .result = result},
             {.init = init_whole, .add = add_decimal, .undo = undo_decimal, .merge = merge_decimal, .result = result}}},
    {.name = "SUM_LIST",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Sums the elements of arrays.",
     .example = "SUM_LIST(x) over ARRAY[1, 2], ARRAY[3] => 6",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<INT> val1) -> INT", .doc = "Wraps on overflow."},
                                        {.signature = "(ARRAY<BIGINT> val1) -> BIGINT", .doc = "Wraps on overflow."},
                                        {.signature = "(ARRAY<DOUBLE> val1) -> DOUBLE", .doc = "In order of arrival."},
                                        {0}},
     .aggregates =
         (const sl_aggregate[]){
             {.init = init_whole, .add = add_ints, .undo = undo_ints, .merge = merge_int, .result = result},
             {.init = init_whole, .add = add_bigints, .undo = undo_bigints, .merge = merge_bigint, .result = result},
             {.init = init_double, .add = add_doubles, .undo = undo_doubles, .merge = merge_double, .result = result}}},
    {0}};
