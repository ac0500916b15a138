/* The state of aggregate calls, as AGGREGATE and its windowed kin keep it: the kept columns, then one state value per
 * call. */
#pragma once
#include "executor/op.h"

typedef struct sl_agg_state {
  sl_operator *op;
  const sl_plan_aggregate *plan;
  sl_runner *runner; /* all arguments of all calls; NULL when there are none */
  int results;
  int *first; /* per call: its first result */
} sl_agg_state;

void sl_agg_state_open(sl_agg_state *agg, sl_operator *op);
void sl_agg_state_close(sl_agg_state *agg);
/* Arguments of rows[sel[i]], laid out [result * count + i]. */
sl_value *sl_agg_state_args(sl_agg_state *agg, const sl_row *rows, const uint16_t *sel, int count, bool old);
/* The state of nothing: NULL columns, initial states. */
int sl_agg_state_init(sl_agg_state *agg, sl_value *state, sl_err *err);
/* Overwrites the kept columns with the row's (its old side when undo) and adds (takes back) argument set i of count. */
int sl_agg_state_fold(sl_agg_state *agg, sl_value *state, const sl_row *row, const sl_value *args, int i, int count,
                      bool undo, sl_err *err);
/* Merges other into state: kept columns take the first that is not NULL. */
int sl_agg_state_merge(sl_agg_state *agg, sl_value *state, const sl_value *other, sl_err *err);
/* Kept columns and results. */
int sl_agg_state_map(sl_agg_state *agg, const sl_value *state, sl_value *out, sl_err *err);
