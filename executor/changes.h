/* The write cache's way out: the changes a store has collected since the last commit, as rows in order of last update.
 */
#pragma once
#include "executor/op.h"

/* Makes the slots behind the key columns from a stored row. */
typedef int (*sl_change_map)(sl_operator *op, const sl_store_row *stored, sl_value *out, sl_err *err);

/* Emits every change of store (semantics.md 9.3): old is what was there at the last flush; a key that came and went
 * emits nothing. layout of the rows: key columns, then what map makes, then the window's bounds if bounds is set. */
int sl_changes_flush(sl_operator *op, const sl_plan_store *plan, sl_store *store, bool bounds, sl_change_map map,
                     sl_err *err);
