/* Functions that pick one of their arguments: GREATEST, LEAST, COALESCE, IFNULL, NULLIF, AS_VALUE (functions.md 6.2,
 * 10). */
#include "functions/functions_int.h"
#include "types/decimal.h"

static const char MATH[] = "MATHEMATICAL";
static const char CONDITIONAL[] = "CONDITIONAL";

/* The greatest (sign 1) or least (sign -1) of the arguments that are not NULL. */
static int extreme(sl_call *call, const sl_value *args, int sign, sl_value *out) {
  const sl_value *best = NULL;
  for (int i = 0; i < call->arg_count; i++) {
    if (sl_is_null(&args[i])) continue;
    if (!best || sign * sl_value_compare(call->type, &args[i], best) > 0) best = &args[i];
  }
  return best ? sl_give(out, *best) : sl_give_null(out);
}

static int greatest(sl_call *call, const sl_value *args, sl_value *out) {
  return extreme(call, args, 1, out);
}

static int least(sl_call *call, const sl_value *args, sl_value *out) {
  return extreme(call, args, -1, out);
}

/* Decimals of different types: compared by value, given in the result's scale. */
static int extreme_decimal(sl_call *call, const sl_value *args, int sign, sl_value *out) {
  sl_decimal best;
  bool found = false;
  for (int i = 0; i < call->arg_count; i++) {
    if (sl_is_null(&args[i])) continue;
    sl_decimal d = sl_decimal_of_value(call->arg_types[i], &args[i]);
    if (found && sign * sl_decimal_compare(&d, &best) <= 0) continue;
    best = d;
    found = true;
  }
  return found ? sl_decimal_fit(call->arena, &best, call->type, SL_ROUND_UNNECESSARY, out, call->err)
               : sl_give_null(out);
}

static int greatest_decimal(sl_call *call, const sl_value *args, sl_value *out) {
  return extreme_decimal(call, args, 1, out);
}

static int least_decimal(sl_call *call, const sl_value *args, sl_value *out) {
  return extreme_decimal(call, args, -1, out);
}

/* Room for all whole digits and all places of the arguments. */
static int widest_decimal(sl_arena *arena, const sl_type *const *args, int count, const sl_type **out, sl_err *err) {
  (void)err;
  int whole = 0, scale = 0;
  for (int i = 0; i < count; i++) {
    if (args[i]->base != SL_DECIMAL) continue;
    int w = args[i]->precision - args[i]->scale;
    if (w > whole) whole = w;
    if (args[i]->scale > scale) scale = args[i]->scale;
  }
  *out = sl_type_decimal(arena, whole + scale, scale);
  return 0;
}

static int coalesce(sl_call *call, const sl_value *args, sl_value *out) {
  for (int i = 0; i < call->arg_count; i++)
    if (!sl_is_null(&args[i])) return sl_give(out, args[i]);
  return sl_give_null(out);
}

static int nullif(sl_call *call, const sl_value *args, sl_value *out) {
  bool equal = sl_value_equal(call->type, &args[0], &args[1]);
  return equal ? sl_give_null(out) : sl_give(out, args[0]);
}

static int as_value(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, args[0]);
}

const sl_function sl_fn_choice[] = {
    {.name = "AS_VALUE",
     .spelling = "AS_VALUE",
     .category = "OTHER",
     .doc = "Copies a key column into the value.",
     .example = "AS_VALUE(7) => 7",
     .overloads =
         (const sl_overload[]){
             {.signature = "(T keyColumn) -> T", .flags = SL_FN_NULLS, .eval = as_value, .doc = "Gives its argument."},
             {0}}},
    {.name = "COALESCE",
     .spelling = "COALESCE",
     .category = CONDITIONAL,
     .doc = "Gives the first argument that is not NULL.",
     .example = "COALESCE(NULL, 'a') => 'a'",
     .overloads = (const sl_overload[]){{.signature = "(T first, T... others) -> T",
                                         .flags = SL_FN_NULLS,
                                         .eval = coalesce,
                                         .doc = "All arguments have one type."},
                                        {0}}},
    {.name = "GREATEST",
     .category = MATH,
     .doc = "Gives the greatest argument; NULLs are ignored.",
     .example = "GREATEST(1, 3, 2) => 3",
     .overloads = (const sl_overload[]){{.signature = "(INT val, INT... vals) -> INT",
                                         .flags = SL_FN_NULLS,
                                         .eval = greatest,
                                         .doc = "Of numbers."},
                                        {.signature = "(BIGINT val, BIGINT... vals) -> BIGINT",
                                         .flags = SL_FN_NULLS,
                                         .eval = greatest,
                                         .doc = "Of numbers."},
                                        {.signature = "(DOUBLE val, DOUBLE... vals) -> DOUBLE",
                                         .flags = SL_FN_NULLS,
                                         .eval = greatest,
                                         .doc = "Of numbers."},
                                        {.signature = "(DECIMAL val, DECIMAL... vals) -> DECIMAL",
                                         .flags = SL_FN_NULLS,
                                         .eval = greatest_decimal,
                                         .type = widest_decimal,
                                         .doc = "Of decimals of any types."},
                                        {.signature = "(VARCHAR val, VARCHAR... vals) -> VARCHAR",
                                         .flags = SL_FN_NULLS,
                                         .eval = greatest,
                                         .doc = "Of texts."},
                                        {.signature = "(BYTES val, BYTES... vals) -> BYTES",
                                         .flags = SL_FN_NULLS,
                                         .eval = greatest,
                                         .doc = "Of bytes."},
                                        {.signature = "(DATE val, DATE... vals) -> DATE",
                                         .flags = SL_FN_NULLS,
                                         .eval = greatest,
                                         .doc = "Of dates."},
                                        {.signature = "(TIME val, TIME... vals) -> TIME",
                                         .flags = SL_FN_NULLS,
                                         .eval = greatest,
                                         .doc = "Of times."},
                                        {.signature = "(TIMESTAMP val, TIMESTAMP... vals) -> TIMESTAMP",
                                         .flags = SL_FN_NULLS,
                                         .eval = greatest,
                                         .doc = "Of timestamps."},
                                        {0}}},
    {.name = "IFNULL",
     .spelling = "IFNULL",
     .category = CONDITIONAL,
     .doc = "Gives its second argument in place of NULL.",
     .example = "IFNULL(NULL, 'none') => 'none'",
     .overloads = (const sl_overload[]){{.signature = "(T expression, T altValue) -> T",
                                         .flags = SL_FN_NULLS,
                                         .eval = coalesce,
                                         .doc = "Both have one type."},
                                        {0}}},
    {.name = "LEAST",
     .category = MATH,
     .doc = "Gives the least argument; NULLs are ignored.",
     .example = "LEAST(1, 3, 2) => 1",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT val, INT... vals) -> INT", .flags = SL_FN_NULLS, .eval = least, .doc = "Of numbers."},
             {.signature = "(BIGINT val, BIGINT... vals) -> BIGINT",
              .flags = SL_FN_NULLS,
              .eval = least,
              .doc = "Of numbers."},
             {.signature = "(DOUBLE val, DOUBLE... vals) -> DOUBLE",
              .flags = SL_FN_NULLS,
              .eval = least,
              .doc = "Of numbers."},
             {.signature = "(DECIMAL val, DECIMAL... vals) -> DECIMAL",
              .flags = SL_FN_NULLS,
              .eval = least_decimal,
              .type = widest_decimal,
              .doc = "Of decimals of any types."},
             {.signature = "(VARCHAR val, VARCHAR... vals) -> VARCHAR",
              .flags = SL_FN_NULLS,
              .eval = least,
              .doc = "Of texts."},
             {.signature = "(BYTES val, BYTES... vals) -> BYTES",
              .flags = SL_FN_NULLS,
              .eval = least,
              .doc = "Of bytes."},
             {.signature = "(DATE val, DATE... vals) -> DATE", .flags = SL_FN_NULLS, .eval = least, .doc = "Of dates."},
             {.signature = "(TIME val, TIME... vals) -> TIME", .flags = SL_FN_NULLS, .eval = least, .doc = "Of times."},
             {.signature = "(TIMESTAMP val, TIMESTAMP... vals) -> TIMESTAMP",
              .flags = SL_FN_NULLS,
              .eval = least,
              .doc = "Of timestamps."},
             {0}}},
    {.name = "NULLIF",
     .spelling = "NULLIF",
     .category = CONDITIONAL,
     .doc = "Gives NULL when its arguments are equal, else the first.",
     .example = "NULLIF('a', 'a') => NULL",
     .overloads = (const sl_overload[]){{.signature = "(T expr1, T expr2) -> T",
                                         .flags = SL_FN_NULLS,
                                         .eval = nullif,
                                         .doc = "Both have one type."},
                                        {0}}},
    {0}};
