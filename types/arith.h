/* Arithmetic of SQL values: result types (sql.md 3.2) and evaluation.
 *
 * A kernel is picked once, at planning, for an operator and two types; it converts its operands itself. Thread: any. */
#pragma once
#include "base/err.h"
#include "types/value.h"

typedef enum sl_arith_op {
  SL_ARITH_ADD,
  SL_ARITH_SUB,
  SL_ARITH_MUL,
  SL_ARITH_DIV,
  SL_ARITH_MOD,
  SL_ARITH_OP_COUNT
} sl_arith_op;

/* Type of "left op right". SL_E_STATEMENT with the reason only ("Unsupported arithmetic types. BOOLEAN DECIMAL",
 * "Arithmetic on types INTEGER and null are not supported."): the caller puts "Error processing expression: <expr>. "
 * before it. STRING + STRING is concatenation. */
int sl_arith_type(sl_arena *arena, sl_arith_op op, const sl_type *left, const sl_type *right, const sl_type **out,
                  sl_err *err);

typedef struct sl_arith sl_arith;
/* One evaluation: 0, or SL_E_EVALUATE (a NULL operand, division by zero, an inexact DECIMAL quotient). */
typedef int (*sl_arith_fn)(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                           sl_value *out, sl_err *err);
struct sl_arith {
  sl_arith_fn run;
  sl_arith_op op;
  const sl_type *left, *right, *type;
  int64_t left_factor, right_factor; /* powers of ten that align two decimals; 0: too large for 64 bits */
};
/* type is what sl_arith_type gave. */
void sl_arith_init(sl_arith *arith, sl_arith_op op, const sl_type *left, const sl_type *right, const sl_type *type);
static inline int sl_arith_run(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                               sl_value *out, sl_err *err) {
  return arith->run(arith, arena, left, right, out, err);
}
/* Unary minus: keeps the type, integers wrap. SL_E_EVALUATE for NULL. */
int sl_arith_negate(sl_arena *arena, const sl_type *type, const sl_value *v, sl_value *out, sl_err *err);
