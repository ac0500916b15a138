/* COUNT (functions.md 20.4): records whose argument is not NULL. */
#include "functions/functions_int.h"

static int init(sl_call *call, sl_value *state) {
  (void)call;
  return sl_give(state, sl_of_i64(0));
}

static int add(sl_call *call, sl_value *state, const sl_value *args) {
  (void)call;
  if (!sl_is_null(&args[0])) state->i64++;
  return 0;
}

static int undo(sl_call *call, sl_value *state, const sl_value *args) {
  (void)call;
  if (!sl_is_null(&args[0])) state->i64--;
  return 0;
}

static int merge(sl_call *call, sl_value *state, const sl_value *other) {
  (void)call;
  state->i64 += other->i64;
  return 0;
}

static int result(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  return sl_give(out, *state);
}

const sl_function sl_agg_count[] = {
    {.name = "COUNT",
     .spelling = "COUNT",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = "AGGREGATE",
     .doc = "Counts records.",
     .example = "COUNT(x) over 'a', NULL, 'b' => 2",
     .overloads =
         (const sl_overload[]){{.signature = "(T val1) -> BIGINT", .doc = "Those whose argument is not NULL."}, {0}},
     .aggregates = (const sl_aggregate[]){{.init = init, .add = add, .undo = undo, .merge = merge, .result = result}}},
    {0}};
