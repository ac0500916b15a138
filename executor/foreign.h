/* What the operators of a foreign-key join share. */
#pragma once
#include "base/buf.h"
#include "types/type.h"
#include "types/value.h"

/* A left row's hash, 128 bits as two BIGINTs: an answer that was made for another row is stale (semantics.md 3.8).
 * values NULL: there is no row, and no hash. scratch is reused. */
void sl_foreign_hash(sl_buf *scratch, const sl_type *const *types, int count, const sl_value *values, sl_value out[2]);
bool sl_foreign_hash_equal(const sl_value a[2], const sl_value b[2]);
