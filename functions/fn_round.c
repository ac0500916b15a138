/* CEIL, FLOOR, ROUND, TRUNC and GENERATE_SERIES (functions.md 6.2). Ties of ROUND go up, towards +infinity. With
 * decimal places a DOUBLE is rounded as the decimal it prints as. */
#include <math.h>
#include "functions/functions_int.h"
#include "types/decimal.h"

static const char MATH[] = "MATHEMATICAL";

static int same_type(sl_arena *arena, const sl_type *const *args, int count, const sl_type **out, sl_err *err) {
  (void)arena, (void)count, (void)err;
  *out = args[0];
  return 0;
}

/* DECIMAL(p - s, 0): the type of a decimal without places. */
static int whole_type(sl_arena *arena, const sl_type *const *args, int count, const sl_type **out, sl_err *err) {
  (void)count, (void)err;
  int whole = args[0]->precision - args[0]->scale;
  *out = sl_type_decimal(arena, whole > 0 ? whole : 1, 0);
  return 0;
}

static int same_value(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, args[0]);
}

/* ---- decimals ---- */

/* Rounds d at scale and gives it back with scale wanted. */
static int rescale(sl_call *call, const sl_decimal *d, int scale, sl_rounding mode, int wanted, sl_value *out) {
  sl_decimal rounded, padded;
  if (!sl_decimal_rescale(call->arena, d, scale, mode, &rounded) ||
      !sl_decimal_rescale(call->arena, &rounded, wanted, SL_ROUND_UNNECESSARY, &padded))
    return sl_fail(call, "The decimal cannot be rounded.");
  return sl_give(out, padded.unscaled);
}

/* Ties up: a half of the last place more, then down. */
static sl_decimal plus_half(sl_call *call, const sl_decimal *d, int scale) {
  sl_decimal half = sl_decimal_of_i64(5);
  half.scale = scale + 1;
  return sl_decimal_add(call->arena, d, &half);
}

static int floor_decimal(sl_call *call, const sl_value *args, sl_value *out) {
  sl_decimal d = sl_decimal_of_value(call->arg_types[0], &args[0]);
  return rescale(call, &d, 0, SL_ROUND_FLOOR, d.scale, out);
}

static int ceil_decimal(sl_call *call, const sl_value *args, sl_value *out) {
  sl_decimal d = sl_decimal_of_value(call->arg_types[0], &args[0]);
  return rescale(call, &d, 0, SL_ROUND_CEILING, d.scale, out);
}

static int round_decimal(sl_call *call, const sl_value *args, sl_value *out) {
  sl_decimal d = sl_decimal_of_value(call->arg_types[0], &args[0]);
  if (d.scale == 0) return sl_give(out, args[0]);
  sl_decimal up = plus_half(call, &d, 0);
  return rescale(call, &up, 0, SL_ROUND_FLOOR, 0, out);
}

static int trunc_decimal(sl_call *call, const sl_value *args, sl_value *out) {
  sl_decimal d = sl_decimal_of_value(call->arg_types[0], &args[0]);
  return rescale(call, &d, 0, SL_ROUND_DOWN, 0, out);
}

/* Rounds at places (negative: left of the point), then pads to the old scale. */
static int decimal_places(sl_call *call, const sl_value *args, bool down, sl_value *out) {
  sl_decimal d = sl_decimal_of_value(call->arg_types[0], &args[0]);
  int64_t places = args[1].i64, least = d.scale - sl_decimal_digits(&d) - 1;
  if (places >= d.scale) return sl_give(out, args[0]);
  if (places < least) return sl_give(out, sl_of_i64(0)); /* farther left than the first digit: nothing remains */
  if (down) return rescale(call, &d, (int)places, SL_ROUND_DOWN, d.scale, out);
  sl_decimal up = plus_half(call, &d, (int)places);
  return rescale(call, &up, (int)places, SL_ROUND_FLOOR, d.scale, out);
}

static int round_decimal_places(sl_call *call, const sl_value *args, sl_value *out) {
  return decimal_places(call, args, false, out);
}

static int trunc_decimal_places(sl_call *call, const sl_value *args, sl_value *out) {
  return decimal_places(call, args, true, out);
}

/* ---- doubles ---- */

static int floor_double(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_f64(floor(args[0].f64)));
}

static int ceil_double(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_f64(ceil(args[0].f64)));
}

static int64_t saturate(double x) {
  if (isnan(x)) return 0;
  if (x >= 0x1p63) return INT64_MAX;
  return x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

static int round_double(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  double whole = floor(args[0].f64); /* x - whole is exact, x + 0.5 may not be */
  if (args[0].f64 - whole >= 0.5) whole += 1;
  return sl_give(out, sl_of_i64(saturate(whole)));
}

static int trunc_double(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_i64(saturate(args[0].f64)));
}

static int double_places(sl_call *call, const sl_value *args, bool down, sl_value *out) {
  sl_decimal d, rounded;
  if (!sl_decimal_of_double(call->arena, args[0].f64, &d))
    return sl_fail(call, "A number that is not finite cannot be rounded to decimal places.");
  int64_t places = args[1].i64;
  if (places >= d.scale) return sl_give(out, args[0]);
  if (places < d.scale - sl_decimal_digits(&d) - 1) return sl_give(out, sl_of_f64(0));
  sl_decimal from = down ? d : plus_half(call, &d, (int)places);
  if (!sl_decimal_rescale(call->arena, &from, (int)places, down ? SL_ROUND_DOWN : SL_ROUND_FLOOR, &rounded))
    return sl_fail(call, "The number cannot be rounded.");
  return sl_give(out, sl_of_f64(sl_decimal_to_double(&rounded)));
}

static int round_double_places(sl_call *call, const sl_value *args, sl_value *out) {
  return double_places(call, args, false, out);
}

static int trunc_double_places(sl_call *call, const sl_value *args, sl_value *out) {
  return double_places(call, args, true, out);
}

/* ---- series ---- */

static int series(sl_call *call, const sl_value *args, sl_value *out) {
  int64_t start = args[0].i64, end = args[1].i64;
  int64_t step = call->arg_count > 2 ? args[2].i64 : end > start ? 1 : -1;
  if (step == 0) return sl_fail(call, "GENERATE_SERIES step cannot be zero");
  if (call->arg_count > 2 && ((end > start && step < 0) || (end < start && step > 0)))
    return sl_fail(call, "GENERATE_SERIES step has wrong sign");
  uint64_t distance = end > start ? (uint64_t)end - (uint64_t)start : (uint64_t)start - (uint64_t)end;
  uint64_t count = distance / (uint64_t)(step < 0 ? -step : step);
  if (count >= SL_ITEMS_MAX) return sl_fail_size(call);
  count++;
  sl_value *items = sl_call_items(call, count);
  for (uint64_t i = 0; i < count; i++) items[i] = sl_of_i64(start + (int64_t)i * step);
  return sl_give(out, sl_of_items(items, (uint32_t)count));
}

const sl_function sl_fn_round[] = {
    {.name = "CEIL",
     .spelling = "Ceil",
     .category = MATH,
     .doc = "Gives the least whole number that is not below.",
     .example = "CEIL(1.2) => 2.0",
     .overloads =
         (const sl_overload[]){{.signature = "(INT val) -> INT", .eval = same_value, .doc = "Unchanged."},
                               {.signature = "(BIGINT val) -> BIGINT", .eval = same_value, .doc = "Unchanged."},
                               {.signature = "(DOUBLE val) -> DOUBLE", .eval = ceil_double, .doc = "Of a DOUBLE."},
                               {.signature = "(DECIMAL val) -> DECIMAL",
                                .eval = ceil_decimal,
                                .type = same_type,
                                .doc = "Keeps precision and scale."},
                               {0}}},
    {.name = "FLOOR",
     .spelling = "Floor",
     .category = MATH,
     .doc = "Gives the greatest whole number that is not above.",
     .example = "FLOOR(1.8) => 1.0",
     .overloads =
         (const sl_overload[]){{.signature = "(INT val) -> INT", .eval = same_value, .doc = "Unchanged."},
                               {.signature = "(BIGINT val) -> BIGINT", .eval = same_value, .doc = "Unchanged."},
                               {.signature = "(DOUBLE val) -> DOUBLE", .eval = floor_double, .doc = "Of a DOUBLE."},
                               {.signature = "(DECIMAL val) -> DECIMAL",
                                .eval = floor_decimal,
                                .type = same_type,
                                .doc = "Keeps precision and scale."},
                               {0}}},
    {.name = "GENERATE_SERIES",
     .spelling = "GENERATE_SERIES",
     .category = "ARRAY",
     .doc = "Gives the numbers from start to end, both included.",
     .example = "GENERATE_SERIES(1, 5, 2) => [1, 3, 5]",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT! start, INT! end) -> ARRAY<INT>", .eval = series, .doc = "In steps of 1 or -1."},
             {.signature = "(BIGINT! start, BIGINT! end) -> ARRAY<BIGINT>",
              .eval = series,
              .doc = "In steps of 1 or -1."},
             {.signature = "(INT! start, INT! end, INT! step) -> ARRAY<INT>",
              .eval = series,
              .doc = "In steps of step, which is not 0."},
             {.signature = "(BIGINT! start, BIGINT! end, INT! step) -> ARRAY<BIGINT>",
              .eval = series,
              .doc = "In steps of step, which is not 0."},
             {0}}},
    {.name = "ROUND",
     .spelling = "Round",
     .category = MATH,
     .doc = "Rounds to the nearest number; ties go up.",
     .example = "ROUND(2.55, 1) => 2.60",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT! val) -> BIGINT", .eval = same_value, .doc = "Unchanged."},
             {.signature = "(BIGINT! val) -> BIGINT", .eval = same_value, .doc = "Unchanged."},
             {.signature = "(DOUBLE val) -> BIGINT", .eval = round_double, .doc = "To a whole number."},
             {.signature = "(DOUBLE val, INT decimalPlaces) -> DOUBLE",
              .eval = round_double_places,
              .doc = "To decimal places, negative ones left of the point."},
             {.signature = "(DECIMAL val) -> DECIMAL",
              .eval = round_decimal,
              .type = whole_type,
              .doc = "To a whole number."},
             {.signature = "(DECIMAL val, INT decimalPlaces) -> DECIMAL",
              .eval = round_decimal_places,
              .type = same_type,
              .doc = "To decimal places; keeps the scale."},
             {0}}},
    {.name = "TRUNC",
     .category = MATH,
     .doc = "Cuts a number towards zero.",
     .example = "TRUNC(-1.9) => -1",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT val) -> BIGINT", .eval = same_value, .doc = "Unchanged."},
             {.signature = "(BIGINT val) -> BIGINT", .eval = same_value, .doc = "Unchanged."},
             {.signature = "(DOUBLE val) -> BIGINT", .eval = trunc_double, .doc = "To a whole number."},
             {.signature = "(DOUBLE val, INT decimalPlaces) -> DOUBLE",
              .eval = trunc_double_places,
              .doc = "To decimal places, negative ones left of the point."},
             {.signature = "(DECIMAL val) -> DECIMAL",
              .eval = trunc_decimal,
              .type = whole_type,
              .doc = "To a whole number."},
             {.signature = "(DECIMAL val, INT decimalPlaces) -> DECIMAL",
              .eval = trunc_decimal_places,
              .type = same_type,
              .doc = "To decimal places; keeps the scale."},
             {0}}},
    {0}};
