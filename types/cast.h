/* CAST, implicit coercion and common types (sql.md 3.5, 3.6). */
#pragma once
#include "base/err.h"
#include "types/value.h"

/* Is CAST(from AS to) legal? Containers are checked element-wise. */
bool sl_cast_supported(const sl_type *from, const sl_type *to);
/* One cast, to be called with values; arena owns results, which may borrow from v. A run-time failure is SL_E_EVALUATE
 * with its message; NULL stays NULL. nested_null: a failing element of a container becomes NULL instead of failing the
 * whole. The pair must be supported. */
int sl_cast(sl_arena *arena, const sl_type *from, const sl_type *to, const sl_value *v, bool nested_null, sl_value *out,
            sl_err *err);

/* The same, with the kernel looked up once at planning; kernels take values that are not NULL. */
typedef struct sl_casting sl_casting;
typedef int (*sl_cast_fn)(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err);
struct sl_casting {
  sl_cast_fn run;
  const sl_type *from, *to;
  bool nested_null;
};
/* false when the pair is not supported. */
bool sl_casting_init(sl_casting *cast, const sl_type *from, const sl_type *to, bool nested_null);
static inline int sl_casting_run(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out,
                                 sl_err *err) {
  if (sl_is_null(v)) {
    *out = sl_null();
    return 0;
  }
  return cast->run(cast, arena, v, out, err);
}

/* Implicit coercion: strict for non-literals, lax adds what literals may do (sql.md 3.5). An untyped NULL goes
 * anywhere. Struct fields go by name: missing ones become NULL, others are left out. */
bool sl_coerce_supported(const sl_type *from, const sl_type *to, bool lax);
/* Decimals must fit without rounding when strict and are rounded half up when lax. */
int sl_coerce(sl_arena *arena, const sl_type *from, const sl_type *to, const sl_value *v, bool lax, sl_value *out,
              sl_err *err);
/* Wider of two numeric types (sql.md 3.5 for decimals). */
const sl_type *sl_type_widen(sl_arena *arena, const sl_type *a, const sl_type *b);
/* The type both coerce to by the strict rules: numbers widen, text becomes TIME, DATE, TIMESTAMP or BYTES, containers
 * go element by element, structs get the fields of both (a's first); an untyped NULL takes the other's type. NULL when
 * there is none. */
const sl_type *sl_type_common(sl_arena *arena, const sl_type *a, const sl_type *b);
/* Type and value of a text literal among numbers (sql.md 3.5 rule 3); false when it is not a number. */
bool sl_number_literal(sl_arena *arena, sl_str text, const sl_type **out_type, sl_value *out);
