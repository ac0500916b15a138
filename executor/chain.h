/* Operators outside a task: those that remember nothing (filters, projections) between some node of a plan and its last
 * one, whose rows go to a callback. Pull queries run what they read through one or two of these. */
#pragma once
#include "base/vec.h"
#include "executor/op.h"

/* Takes the rows that reach the end, rows[sel[i]] for i < count; false: no more are wanted. */
typedef bool (*sl_chain_rows)(void *ctx, const sl_row *rows, const uint16_t *sel, int count, const sl_layout *layout);

typedef struct sl_chain {
  sl_arena query, arena; /* of the operators; of a chunk, reset by who feeds the chain */
  sl_op_env env;
  sl_operator head; /* stands for the first node: feed it with sl_op_emit */
  sl_vec ops;
  sl_chain_rows take; /* both of the call at hand */
  void *ctx;
  bool stop;
} sl_chain;

/* Can the nodes from first to last run like that? */
bool sl_chain_fits(const sl_plan_node *first, const sl_plan_node *last);
/* env may be NULL; of it the chain takes the task and the clock. In place: a chain is not moved. */
int sl_chain_init(sl_chain *chain, const sl_plan_node *first, const sl_plan_node *last, const sl_op_env *env,
                  sl_err *err);
void sl_chain_done(sl_chain *chain);
