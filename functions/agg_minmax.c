/* MIN and MAX (functions.md 20.4): NULL until a value was seen; NULLs are passed by. On a tie MAX keeps what it has,
 * MIN takes the new value. Nothing can be undone, so tables cannot use them. */
#include "functions/functions_int.h"

static const char AGGREGATE[] = "AGGREGATE";

static int init(sl_call *call, sl_value *state) {
  (void)call;
  return sl_give_null(state);
}

static int take(sl_call *call, sl_value *state, const sl_value *v, bool max) {
  if (sl_is_null(v)) return 0;
  int order = sl_is_null(state) ? 0 : sl_value_compare(call->type, v, state);
  if (sl_is_null(state) || (max ? order > 0 : order <= 0)) *state = *v;
  return 0;
}

static int add_max(sl_call *call, sl_value *state, const sl_value *args) {
  return take(call, state, args, true);
}
static int add_min(sl_call *call, sl_value *state, const sl_value *args) {
  return take(call, state, args, false);
}

static int result(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  return sl_give(out, *state);
}

static int same_type(sl_arena *arena, const sl_type *const *args, int count, const sl_type **out, sl_err *err) {
  (void)arena, (void)count, (void)err;
  *out = args[0];
  return 0;
}

static const sl_overload OVERLOADS[] = {
    {.signature = "(INT val1) -> INT", .doc = "Of INT values."},
    {.signature = "(BIGINT val1) -> BIGINT", .doc = "Of BIGINT values."},
    {.signature = "(DOUBLE val1) -> DOUBLE", .doc = "Of DOUBLE values."},
    {.signature = "(DECIMAL val1) -> DECIMAL", .type = same_type, .doc = "Of DECIMAL values."},
    {.signature = "(VARCHAR val1) -> VARCHAR", .doc = "Of VARCHAR values."},
    {.signature = "(BYTES val1) -> BYTES", .doc = "Of BYTES values."},
    {.signature = "(DATE val1) -> DATE", .doc = "Of DATE values."},
    {.signature = "(TIME val1) -> TIME", .doc = "Of TIME values."},
    {.signature = "(TIMESTAMP val1) -> TIMESTAMP", .doc = "Of TIMESTAMP values."},
    {0}};

/* One for each overload. */
#define EACH(row)                                                                                                      \
  { row, row, row, row, row, row, row, row, row }
#define EXTREME(choose)                                                                                                \
  { .init = init, .add = choose, .merge = choose, .result = result }
static const sl_aggregate MAX[] = EACH(EXTREME(add_max)), MIN[] = EACH(EXTREME(add_min));

const sl_function sl_agg_minmax[] = {{.name = "MAX",
                                      .spelling = "MAX",
                                      .kind = SL_FUNCTION_AGGREGATE,
                                      .category = AGGREGATE,
                                      .doc = "Gives the greatest value of a column.",
                                      .example = "MAX(x) over 1, 3, 2 => 3",
                                      .overloads = OVERLOADS,
                                      .aggregates = MAX},
                                     {.name = "MIN",
                                      .spelling = "MIN",
                                      .kind = SL_FUNCTION_AGGREGATE,
                                      .category = AGGREGATE,
                                      .doc = "Gives the least value of a column.",
                                      .example = "MIN(x) over 3, 1, 2 => 1",
                                      .overloads = OVERLOADS,
                                      .aggregates = MIN},
                                     {0}};
