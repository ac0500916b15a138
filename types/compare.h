/* Comparison operators of SQL (sql.md 3.4): which types may meet, and evaluation of two values of possibly different
 * types.
 *
 * A kernel is picked once, at planning, for an operator and two types. It tells how the left value stands to the right
 * one; the operator is then one bit of a mask. Results are never NULL. Thread: any. */
#pragma once
#include <stdbool.h>
#include "base/err.h"
#include "types/value.h"

typedef enum sl_compare_op {
  SL_COMPARE_EQ,
  SL_COMPARE_NE,
  SL_COMPARE_LT,
  SL_COMPARE_LE,
  SL_COMPARE_GT,
  SL_COMPARE_GE,
  SL_COMPARE_DISTINCT, /* IS DISTINCT FROM */
  SL_COMPARE_OP_COUNT
} sl_compare_op;

const char *sl_compare_op_name(sl_compare_op op);   /* EQUAL, LESS_THAN_OR_EQUAL ... */
const char *sl_compare_op_symbol(sl_compare_op op); /* =, <>, <, <=, >, >=, IS DISTINCT FROM */

/* May values of these types stand on the two sides of op? An untyped NULL may not (the caller has its own message). */
bool sl_comparable(const sl_type *left, const sl_type *right, sl_compare_op op);

/* How two non-NULL values stand to each other. Values without an order that differ are SL_ORDER_LESS. */
typedef enum sl_order {
  SL_ORDER_LESS,
  SL_ORDER_EQUAL,
  SL_ORDER_GREATER,
  SL_ORDER_NONE,   /* a NaN: unequal, and neither less nor greater */
  SL_ORDER_FAILED, /* SL_E_EVALUATE: text that is no date, time or timestamp */
} sl_order;

typedef struct sl_comparison sl_comparison;
typedef sl_order (*sl_order_fn)(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                                sl_err *err);
struct sl_comparison {
  sl_order_fn order;
  uint8_t mask; /* bit n: the operator holds when order is n */
  bool null_safe;
  sl_compare_op op;
  const sl_type *left, *right;
  int64_t left_factor, right_factor; /* that bring two inline decimals, or a DATE and a TIMESTAMP, to one unit */
};

/* false when the types may not meet. */
bool sl_comparison_init(sl_comparison *cmp, sl_compare_op op, const sl_type *left, const sl_type *right);
/* Evaluates; arena is for scratch. 0 or SL_E_EVALUATE. */
static inline int sl_comparison_run(const sl_comparison *cmp, sl_arena *arena, const sl_value *left,
                                    const sl_value *right, bool *out, sl_err *err) {
  if (sl_is_null(left) || sl_is_null(right)) {
    *out = cmp->null_safe && sl_is_null(left) != sl_is_null(right);
    return 0;
  }
  sl_order order = cmp->order(cmp, arena, left, right, err);
  if (order == SL_ORDER_FAILED) return SL_E_EVALUATE;
  *out = cmp->mask >> order & 1;
  return 0;
}
