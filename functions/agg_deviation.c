/* STDDEV_SAMP, STDDEV_SAMPLE and CORRELATION (functions.md 20.4). STDDEV_SAMP gives the sample variance, STDDEV_SAMPLE
 * its root: kept for compatibility, as are the places where whole numbers wrap or are cut. */
#include <math.h>
#include "functions/functions_int.h"

static const char AGGREGATE[] = "AGGREGATE";
enum { SUM, COUNT, M2, FIELDS };

/* A writable copy of the state's fields. */
static sl_value *fields_of(sl_call *call, sl_value *state, uint32_t count) {
  sl_value *fields = sl_call_items(call, count);
  memcpy(fields, state->items, count * sizeof *fields);
  *state = sl_of_items(fields, count);
  return fields;
}

static sl_base base_of(const sl_call *call) {
  return call->arg_types[0]->base;
}

static sl_value plus(const sl_call *call, const sl_value *a, const sl_value *b, int sign) {
  if (base_of(call) == SL_DOUBLE) return sl_of_f64(sign > 0 ? a->f64 + b->f64 : a->f64 - b->f64);
  uint64_t x = (uint64_t)a->i64, y = (uint64_t)b->i64, sum = sign > 0 ? x + y : x - y;
  return sl_of_i64(base_of(call) == SL_INTEGER ? (int32_t)sum : (int64_t)sum);
}

/* v * (n + 1) - (SUM + v) in the argument's arithmetic. */
static double delta(const sl_call *call, const sl_value *v, const sl_value *f) {
  sl_value sum = plus(call, &f[SUM], v, 1);
  if (base_of(call) == SL_DOUBLE) return v->f64 * (double)(f[COUNT].i64 + 1) - sum.f64;
  return (double)(int64_t)((uint64_t)v->i64 * (uint64_t)(f[COUNT].i64 + 1) - (uint64_t)sum.i64);
}

static int init(sl_call *call, sl_value *state) {
  sl_value *f = sl_call_items(call, FIELDS);
  f[SUM] = base_of(call) == SL_DOUBLE ? sl_of_f64(0) : sl_of_i64(0);
  f[COUNT] = sl_of_i64(0);
  f[M2] = sl_of_f64(0);
  return sl_give(state, sl_of_items(f, FIELDS));
}

static int add(sl_call *call, sl_value *state, const sl_value *args) {
  if (sl_is_null(&args[0])) return 0;
  sl_value *f = fields_of(call, state, FIELDS);
  double n = (double)f[COUNT].i64, d = delta(call, &args[0], f);
  if (f[COUNT].i64) f[M2].f64 += d * d / ((n + 1) * n);
  f[SUM] = plus(call, &f[SUM], &args[0], 1);
  f[COUNT].i64++;
  return 0;
}

static int undo(sl_call *call, sl_value *state, const sl_value *args) {
  if (sl_is_null(&args[0])) return 0;
  sl_value *f = fields_of(call, state, FIELDS);
  double n = (double)f[COUNT].i64, d = delta(call, &args[0], f);
  if (f[COUNT].i64 - 1 > 0) f[M2].f64 -= d * d / ((n - 1) * n);
  f[SUM] = plus(call, &f[SUM], &args[0], -1);
  f[COUNT].i64--;
  return 0;
}

static double mean(const sl_call *call, const sl_value *f, bool whole) {
  if (base_of(call) == SL_DOUBLE) return f[SUM].f64 / (double)f[COUNT].i64;
  return whole ? (double)(f[SUM].i64 / f[COUNT].i64) : (double)f[SUM].i64 / (double)f[COUNT].i64;
}

static int merge(sl_call *call, sl_value *state, const sl_value *other, bool whole) {
  sl_value *a = fields_of(call, state, FIELDS);
  const sl_value *b = other->items;
  double na = (double)a[COUNT].i64, nb = (double)b[COUNT].i64, m2 = a[M2].f64 + b[M2].f64;
  if (a[COUNT].i64 && b[COUNT].i64) {
    double d = mean(call, a, whole) - mean(call, b, whole);
    m2 += na * nb * d * d / (na + nb);
  }
  a[SUM] = plus(call, &a[SUM], &b[SUM], 1);
  a[COUNT].i64 += b[COUNT].i64;
  a[M2] = sl_of_f64(m2);
  return 0;
}

static int merge_samp(sl_call *call, sl_value *state, const sl_value *other) {
  return merge(call, state, other, true);
}
static int merge_sample(sl_call *call, sl_value *state, const sl_value *other) {
  return merge(call, state, other, false);
}

static double variance(const sl_value *state) {
  const sl_value *f = state->items;
  return f[COUNT].i64 < 2 ? 0.0 : f[M2].f64 / (double)(f[COUNT].i64 - 1);
}

static int result_samp(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_f64(variance(state)));
}
static int result_sample(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_f64(sqrt(variance(state))));
}

static int state_type(sl_arena *arena, sl_call *call, const sl_type **out, sl_err *err) {
  (void)err;
  sl_field fields[FIELDS] = {{sl_str_of("SUM"), call->arg_types[0]},
                             {sl_str_of("COUNT"), &SL_TYPE_BIGINT},
                             {sl_str_of("M2"), &SL_TYPE_DOUBLE}};
  *out = sl_type_struct(arena, fields, FIELDS);
  return 0;
}

/* ---- CORRELATION ---- */

enum { X, Y, XX, YY, XY, PAIRS, SUMS };

static double number(const sl_call *call, const sl_value *v) {
  return base_of(call) == SL_DOUBLE ? v->f64 : (double)v->i64;
}

static int init_pairs(sl_call *call, sl_value *state) {
  sl_value *f = sl_call_items(call, SUMS);
  for (int i = 0; i < PAIRS; i++) f[i] = sl_of_f64(0);
  f[PAIRS] = sl_of_i64(0);
  return sl_give(state, sl_of_items(f, SUMS));
}

static int step_pair(sl_call *call, sl_value *state, const sl_value *args, int sign) {
  if (sl_is_null(&args[0]) || sl_is_null(&args[1])) return 0;
  double x = number(call, &args[0]), y = number(call, &args[1]);
  sl_value *f = fields_of(call, state, SUMS);
  const double terms[] = {x, y, x * x, y * y, x * y};
  for (int i = 0; i < PAIRS; i++) f[i].f64 += sign * terms[i];
  f[PAIRS].i64 += sign;
  return 0;
}

static int add_pair(sl_call *call, sl_value *state, const sl_value *args) {
  return step_pair(call, state, args, 1);
}
static int undo_pair(sl_call *call, sl_value *state, const sl_value *args) {
  return step_pair(call, state, args, -1);
}

static int merge_pairs(sl_call *call, sl_value *state, const sl_value *other) {
  sl_value *f = fields_of(call, state, SUMS);
  for (int i = 0; i < PAIRS; i++) f[i].f64 += other->items[i].f64;
  f[PAIRS].i64 += other->items[PAIRS].i64;
  return 0;
}

static int result_pairs(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  const sl_value *f = state->items;
  double n = (double)f[PAIRS].i64, x = f[X].f64, y = f[Y].f64;
  double below = sqrt((n * f[XX].f64 - x * x) * (n * f[YY].f64 - y * y));
  return sl_give(out, sl_of_f64((n * f[XY].f64 - x * y) / below));
}

static int pairs_type(sl_arena *arena, sl_call *call, const sl_type **out, sl_err *err) {
  (void)call, (void)err;
  static const char *const NAMES[] = {"X_SUM", "Y_SUM", "X_SQUARED_SUM", "Y_SQUARED_SUM", "XY_SUM", "COUNT"};
  sl_field fields[SUMS];
  for (int i = 0; i < SUMS; i++)
    fields[i] = (sl_field){sl_str_of(NAMES[i]), i == PAIRS ? &SL_TYPE_BIGINT : &SL_TYPE_DOUBLE};
  *out = sl_type_struct(arena, fields, SUMS);
  return 0;
}

const sl_function sl_agg_deviation[] = {
    {.name = "CORRELATION",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Gives Pearson's correlation of two columns.",
     .example = "CORRELATION(x, y) over 1, 2, 3 and 2, 4, 6 => 1.0",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT val1, INT val2) -> DOUBLE", .doc = "Pairs with a NULL are passed by."},
             {.signature = "(BIGINT val1, BIGINT val2) -> DOUBLE", .doc = "Pairs with a NULL are passed by."},
             {.signature = "(DOUBLE val1, DOUBLE val2) -> DOUBLE", .doc = "Pairs with a NULL are passed by."},
             {0}},
     .aggregates = (const sl_aggregate[]){{.init = init_pairs,
                                           .add = add_pair,
                                           .undo = undo_pair,
                                           .merge = merge_pairs,
                                           .result = result_pairs,
                                           .state_type = pairs_type},
                                          {.init = init_pairs,
                                           .add = add_pair,
                                           .undo = undo_pair,
                                           .merge = merge_pairs,
                                           .result = result_pairs,
                                           .state_type = pairs_type},
                                          {.init = init_pairs,
                                           .add = add_pair,
                                           .undo = undo_pair,
                                           .merge = merge_pairs,
                                           .result = result_pairs,
                                           .state_type = pairs_type}}},
    {.name = "STDDEV_SAMP",
     .spelling = "STDDEV_SAMP",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Gives the sample variance of a column.",
     .example = "STDDEV_SAMP(x) over 0, 10, 7, 6 => 17.583333333333332",
     .overloads = (const sl_overload[]){{.signature = "(INT val1) -> DOUBLE", .doc = "0 for fewer than two values."},
                                        {.signature = "(BIGINT val1) -> DOUBLE", .doc = "0 for fewer than two values."},
                                        {.signature = "(DOUBLE val1) -> DOUBLE", .doc = "0 for fewer than two values."},
                                        {0}},
     .aggregates = (const sl_aggregate[]){{.init = init,
                                           .add = add,
                                           .undo = undo,
                                           .merge = merge_samp,
                                           .result = result_samp,
                                           .state_type = state_type},
                                          {.init = init,
                                           .add = add,
                                           .undo = undo,
                                           .merge = merge_samp,
                                           .result = result_samp,
                                           .state_type = state_type},
                                          {.init = init,
                                           .add = add,
                                           .undo = undo,
                                           .merge = merge_samp,
                                           .result = result_samp,
                                           .state_type = state_type}}},
    {.name = "STDDEV_SAMPLE",
     .spelling = "STDDEV_SAMPLE",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = AGGREGATE,
     .doc = "Gives the sample standard deviation of a column.",
     .example = "STDDEV_SAMPLE(x) over 0, 10, 7, 6 => 4.193248541803041",
     .overloads = (const sl_overload[]){{.signature = "(INT val1) -> DOUBLE", .doc = "0 for fewer than two values."},
                                        {.signature = "(BIGINT val1) -> DOUBLE", .doc = "0 for fewer than two values."},
                                        {.signature = "(DOUBLE val1) -> DOUBLE", .doc = "0 for fewer than two values."},
                                        {0}},
     .aggregates = (const sl_aggregate[]){{.init = init,
                                           .add = add,
                                           .undo = undo,
                                           .merge = merge_sample,
                                           .result = result_sample,
                                           .state_type = state_type},
                                          {.init = init,
                                           .add = add,
                                           .undo = undo,
                                           .merge = merge_sample,
                                           .result = result_sample,
                                           .state_type = state_type},
                                          {.init = init,
                                           .add = add,
                                           .undo = undo,
                                           .merge = merge_sample,
                                           .result = result_sample,
                                           .state_type = state_type}}},
    {0}};
