/* CAST, implicit coercion and common types (sql.md 3.5, 3.6). */
#pragma once
#include "base/err.h"
#include "types/value.h"

/* Is CAST(from AS to) legal? Containers are checked element-wise. */
bool sl_cast_supported(const sl_type *from, const sl_type *to);
/* One cast, to be called with values; arena owns results. A run-time failure is SL_E_EVALUATE with its message; NULL
 * stays NULL. nested_null: a failing element of a container becomes NULL instead of failing the whole. */
int sl_cast(sl_arena *arena, const sl_type *from, const sl_type *to, const sl_value *v, bool nested_null, sl_value *out,
            sl_err *err);
/* Implicit coercion: strict for non-literals, lax adds what literals may do (sql.md 3.5). */
bool sl_coerce_supported(const sl_type *from, const sl_type *to, bool lax);
int sl_coerce(sl_arena *arena, const sl_type *from, const sl_type *to, const sl_value *v, bool lax, sl_value *out,
              sl_err *err);
/* Wider of two numeric types (sql.md 3.5 for decimals). */
const sl_type *sl_type_widen(sl_arena *arena, const sl_type *a, const sl_type *b);
