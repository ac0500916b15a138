/* Arithmetic: how two types combine, and one kernel for each class of result and operator. Integers wrap, doubles are
 * IEEE, decimals are exact or fail. */
#include "types/arith.h"

#include <math.h>
#include "base/number.h"
#include "types/cast.h"
#include "types/decimal.h"

/* ---- result types ---- */

typedef struct shape {
  int precision, scale;
} shape;

static shape shape_of(const sl_type *type) {
  if (type->base == SL_INTEGER) return (shape){10, 0};
  if (type->base == SL_BIGINT) return (shape){19, 0};
  return (shape){type->precision, type->scale};
}

static int larger(int a, int b) {
  return a > b ? a : b;
}

static int smaller(int a, int b) {
  return a < b ? a : b;
}

static shape shape_of_sum(shape a, shape b) {
  int scale = larger(a.scale, b.scale);
  return (shape){scale + larger(a.precision - a.scale, b.precision - b.scale) + 1, scale};
}

static shape shape_of_product(shape a, shape b) {
  return (shape){a.precision + b.precision + 1, a.scale + b.scale};
}

static shape shape_of_quotient(shape a, shape b) {
  int scale = larger(6, a.scale + b.precision + 1);
  return (shape){a.precision - a.scale + b.scale + scale, scale};
}

static shape shape_of_remainder(shape a, shape b) {
  int scale = larger(a.scale, b.scale);
  return (shape){smaller(a.precision - a.scale, b.precision - b.scale) + scale, scale};
}

static shape (*const SHAPES[SL_ARITH_OP_COUNT])(shape a, shape b) = {
    [SL_ARITH_ADD] = shape_of_sum,      [SL_ARITH_SUB] = shape_of_sum,       [SL_ARITH_MUL] = shape_of_product,
    [SL_ARITH_DIV] = shape_of_quotient, [SL_ARITH_MOD] = shape_of_remainder,
};

static int type_of_decimals(sl_arena *arena, sl_arith_op op, const sl_type *left, const sl_type *right,
                            const sl_type **out, sl_err *err) {
  shape result = SHAPES[op](shape_of(left), shape_of(right));
  if (result.precision > SL_DECIMAL_MAX_PRECISION || result.scale > SL_DECIMAL_MAX_PRECISION) {
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "The result would be DECIMAL(%d, %d), but %d digits are the most a DECIMAL may have.",
                      result.precision, result.scale, SL_DECIMAL_MAX_PRECISION);
  }
  *out = sl_type_decimal(arena, larger(result.precision, 1), result.scale);
  return 0;
}

int sl_arith_type(sl_arena *arena, sl_arith_op op, const sl_type *left, const sl_type *right, const sl_type **out,
                  sl_err *err) {
  if (left->base == SL_NULL_TYPE || right->base == SL_NULL_TYPE) {
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Arithmetic on types %s and %s are not supported.",
                      sl_type_text(arena, left), sl_type_text(arena, right));
  }
  if (op == SL_ARITH_ADD && left->base == SL_STRING && right->base == SL_STRING) {
    *out = &SL_TYPE_STRING;
    return 0;
  }
  if (!sl_type_is_numeric(left) || !sl_type_is_numeric(right)) {
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Unsupported arithmetic types. %s %s", sl_base_name(left->base),
                      sl_base_name(right->base));
  }
  const sl_type *wider = left->base >= right->base ? left : right;
  if (wider->base == SL_DECIMAL) return type_of_decimals(arena, op, left, right, out, err);
  *out = wider;
  return 0;
}

/* ---- evaluation ---- */

static bool any_null(const sl_value *left, const sl_value *right) {
  return sl_is_null(left) || sl_is_null(right);
}

static int null_error(sl_err *err) {
  return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Arithmetic on a NULL value");
}

static int zero_error(sl_err *err) {
  return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Division by zero");
}

static int give_int(const sl_arith *arith, uint64_t bits, sl_value *out) {
  *out = sl_of_i64(arith->type->base == SL_INTEGER ? (int64_t)(int32_t)(uint32_t)bits : (int64_t)bits);
  return 0;
}

static int int_add(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right, sl_value *out,
                   sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  return give_int(arith, (uint64_t)left->i64 + (uint64_t)right->i64, out);
}

static int int_sub(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right, sl_value *out,
                   sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  return give_int(arith, (uint64_t)left->i64 - (uint64_t)right->i64, out);
}

static int int_mul(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right, sl_value *out,
                   sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  return give_int(arith, (uint64_t)left->i64 * (uint64_t)right->i64, out);
}

static int int_div(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right, sl_value *out,
                   sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  if (right->i64 == 0) return zero_error(err);
  if (right->i64 == -1) return give_int(arith, 0 - (uint64_t)left->i64, out); /* the minimum wraps */
  return give_int(arith, (uint64_t)(left->i64 / right->i64), out);
}

static int int_mod(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right, sl_value *out,
                   sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  if (right->i64 == 0) return zero_error(err);
  return give_int(arith, right->i64 == -1 ? 0 : (uint64_t)(left->i64 % right->i64), out);
}

static double as_double(const sl_type *type, const sl_value *v) {
  if (type->base == SL_DOUBLE) return v->f64;
  if (type->base != SL_DECIMAL) return (double)v->i64;
  sl_decimal d = sl_decimal_of_value(type, v);
  return sl_decimal_to_double(&d);
}

static int double_add(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                      sl_value *out, sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  *out = sl_of_f64(as_double(arith->left, left) + as_double(arith->right, right));
  return 0;
}

static int double_sub(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                      sl_value *out, sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  *out = sl_of_f64(as_double(arith->left, left) - as_double(arith->right, right));
  return 0;
}

static int double_mul(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                      sl_value *out, sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  *out = sl_of_f64(as_double(arith->left, left) * as_double(arith->right, right));
  return 0;
}

static int double_div(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                      sl_value *out, sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  *out = sl_of_f64(as_double(arith->left, left) / as_double(arith->right, right));
  return 0;
}

static int double_mod(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                      sl_value *out, sl_err *err) {
  (void)arena;
  if (any_null(left, right)) return null_error(err);
  *out = sl_of_f64(fmod(as_double(arith->left, left), as_double(arith->right, right)));
  return 0;
}

/* A decimal result: exact at the type's scale and within its precision. */
static int give_decimal(const sl_arith *arith, sl_arena *arena, const sl_decimal *d, sl_value *out, sl_err *err) {
  return sl_decimal_fit(arena, d, arith->type, SL_ROUND_UNNECESSARY, out, err);
}

/* Sums of inline decimals whose aligned operands fit 128 bits; the operand types bound the result. */
static bool sum_inline(const sl_arith *arith, const sl_value *left, const sl_value *right, bool subtract,
                       sl_value *out) {
  if (left->tag == SL_TAG_BIG || right->tag == SL_TAG_BIG || !arith->left_factor || !arith->right_factor) return false;
  sl_i128 x = (sl_i128)left->i64 * arith->left_factor, y = (sl_i128)right->i64 * arith->right_factor;
  sl_i128 sum = subtract ? x - y : x + y;
  if (sum < INT64_MIN || sum > INT64_MAX) return false;
  *out = sl_of_i64((int64_t)sum);
  return true;
}

static int decimal_add(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                       sl_value *out, sl_err *err) {
  if (any_null(left, right)) return null_error(err);
  if (sum_inline(arith, left, right, false, out)) return 0;
  sl_decimal a = sl_decimal_of_value(arith->left, left), b = sl_decimal_of_value(arith->right, right);
  sl_decimal sum = sl_decimal_add(arena, &a, &b);
  return give_decimal(arith, arena, &sum, out, err);
}

static int decimal_sub(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                       sl_value *out, sl_err *err) {
  if (any_null(left, right)) return null_error(err);
  if (sum_inline(arith, left, right, true, out)) return 0;
  sl_decimal a = sl_decimal_of_value(arith->left, left), b = sl_decimal_of_value(arith->right, right);
  sl_decimal difference = sl_decimal_sub(arena, &a, &b);
  return give_decimal(arith, arena, &difference, out, err);
}

static int decimal_mul(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                       sl_value *out, sl_err *err) {
  if (any_null(left, right)) return null_error(err);
  sl_decimal a = sl_decimal_of_value(arith->left, left), b = sl_decimal_of_value(arith->right, right);
  sl_decimal product = sl_decimal_mul(arena, &a, &b);
  return give_decimal(arith, arena, &product, out, err);
}

static int decimal_div(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                       sl_value *out, sl_err *err) {
  if (any_null(left, right)) return null_error(err);
  sl_decimal a = sl_decimal_of_value(arith->left, left), b = sl_decimal_of_value(arith->right, right), quotient;
  if (!sl_decimal_sign(&b)) return zero_error(err);
  if (!sl_decimal_div(arena, &a, &b, arith->type->scale, &quotient)) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "The quotient has no exact representation in DECIMAL(%d, %d)",
                      arith->type->precision, arith->type->scale);
  }
  return give_decimal(arith, arena, &quotient, out, err);
}

static int decimal_mod(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right,
                       sl_value *out, sl_err *err) {
  if (any_null(left, right)) return null_error(err);
  sl_decimal a = sl_decimal_of_value(arith->left, left), b = sl_decimal_of_value(arith->right, right), rest;
  if (!sl_decimal_rem(arena, &a, &b, &rest)) return zero_error(err);
  return give_decimal(arith, arena, &rest, out, err);
}

static int concat(const sl_arith *arith, sl_arena *arena, const sl_value *left, const sl_value *right, sl_value *out,
                  sl_err *err) {
  (void)arith;
  if (any_null(left, right)) return null_error(err);
  size_t len = (size_t)left->len + right->len;
  if (len > UINT32_MAX) return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "The concatenated text is too long");
  char *text = sl_arena_alloc(arena, len + 1);
  if (left->len) memcpy(text, left->bytes, left->len);
  if (right->len) memcpy(text + left->len, right->bytes, right->len);
  *out = sl_of_str(sl_str_n(text, len));
  return 0;
}

static const sl_arith_fn INT_KERNELS[] = {int_add, int_sub, int_mul, int_div, int_mod};
static const sl_arith_fn DOUBLE_KERNELS[] = {double_add, double_sub, double_mul, double_div, double_mod};
static const sl_arith_fn DECIMAL_KERNELS[] = {decimal_add, decimal_sub, decimal_mul, decimal_div, decimal_mod};

/* Power of ten from an operand's scale to the result's, 0 if beyond 64 bits. */
static int64_t factor(const sl_type *operand, int scale) {
  int power = scale - (operand->base == SL_DECIMAL ? operand->scale : 0);
  return power >= 0 && power <= SL_POW10_I64_MAX ? SL_POW10_I64[power] : 0;
}

void sl_arith_init(sl_arith *arith, sl_arith_op op, const sl_type *left, const sl_type *right, const sl_type *type) {
  *arith = (sl_arith){.op = op, .left = left, .right = right, .type = type};
  if (type->base == SL_STRING) {
    arith->run = concat;
  } else if (type->base == SL_DOUBLE) {
    arith->run = DOUBLE_KERNELS[op];
  } else if (type->base == SL_DECIMAL) {
    arith->run = DECIMAL_KERNELS[op];
    arith->left_factor = factor(left, type->scale);
    arith->right_factor = factor(right, type->scale);
  } else {
    arith->run = INT_KERNELS[op];
  }
}

int sl_arith_negate(sl_arena *arena, const sl_type *type, const sl_value *v, sl_value *out, sl_err *err) {
  if (sl_is_null(v)) return null_error(err);
  switch (type->base) {
  case SL_INTEGER: *out = sl_of_i64((int32_t)(0 - (uint32_t)v->i64)); return 0;
  case SL_BIGINT: *out = sl_of_i64((int64_t)(0 - (uint64_t)v->i64)); return 0;
  case SL_DOUBLE: *out = sl_of_f64(-v->f64); return 0;
  case SL_DECIMAL: *out = sl_big_negate(arena, v); return 0;
  default: return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "%s cannot be negated", sl_base_name(type->base));
  }
}
