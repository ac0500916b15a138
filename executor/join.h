/* What joins share: their two sides, and joined rows, collected and emitted in chunks. */
#pragma once
#include "executor/op.h"

typedef struct sl_joiner_side {
  const sl_plan_store *plan; /* NULL: the stream of a stream-table join */
  sl_store *store;
  int keys; /* key columns in front of what stores keep */
} sl_joiner_side;

typedef struct sl_joiner {
  sl_operator *op;
  const sl_plan_join *plan;
  sl_joiner_side sides[2]; /* left, right */
  sl_row *out;             /* SL_CHUNK rows to be emitted */
  int count;
  sl_arena_point mark; /* of the chunk's arena: what is above belongs to out */
} sl_joiner;

/* Slots of a joined row behind the key columns; NULL for a side that is not there. */
typedef struct sl_joiner_pair {
  const sl_value *keys; /* key columns of whichever row is there */
  const sl_value *values[2];
} sl_joiner_pair;

/* Only to collect rows that op emits: no plan, no sides. */
void sl_joiner_init(sl_joiner *join, sl_operator *op);
/* SL_E_INTERNAL when stores and rows of the plan do not fit together. */
int sl_joiner_open(sl_joiner *join, sl_operator *op, sl_err *err);
/* The rows of a stream that can match, with a key and a value: their selection in live, their keys in the store of side
 * store; both of SL_CHUNK. */
int sl_joiner_keys(const sl_joiner *join, int port, int store, const sl_row *rows, const uint16_t *sel, int count,
                   uint16_t *live, sl_store_key *keys, int *n, sl_err *err);
/* Slots of a row behind its key columns, NULL when it has no value. */
const sl_value *sl_joiner_values_of(const sl_joiner *join, int side, const sl_row *row);
/* The slots of a joined row, in the chunk's arena. */
sl_value *sl_joiner_values(const sl_joiner *join, const sl_joiner_pair *pair);

/* The row of a table's store that others have been told of: what is held back in the write cache may yet vanish without
 * a word. entry may be NULL. */
bool sl_join_read_flushed(const sl_op_env *env, const sl_plan_store *plan, const sl_store *store, const sl_entry *entry,
                          sl_store_row *out);

/* Begins a call of process: what is in the chunk's arena now stays until sl_joiner_end. */
void sl_joiner_begin(sl_joiner *join);
/* Adds a row to be emitted. When that fills the chunk, it goes on, and what was allocated since sl_joiner_begin is
 * gone.
 */
int sl_joiner_add(sl_joiner *join, const sl_row *row, sl_err *err);
int sl_joiner_end(sl_joiner *join, sl_err *err); /* emits the rest */
