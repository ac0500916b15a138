/* Comparison kernels, one per pair of type classes, and the table of what may be compared. */
#include "types/compare.h"

#include <math.h>
#include "base/number.h"
#include "types/decimal.h"
#include "types/text.h"

static const struct {
  const char *name, *symbol;
  uint8_t mask;
} OPS[SL_COMPARE_OP_COUNT] = {
    [SL_COMPARE_EQ] = {"EQUAL", "=", 1 << SL_ORDER_EQUAL},
    [SL_COMPARE_NE] = {"NOT_EQUAL", "<>", 1 << SL_ORDER_LESS | 1 << SL_ORDER_GREATER | 1 << SL_ORDER_NONE},
    [SL_COMPARE_LT] = {"LESS_THAN", "<", 1 << SL_ORDER_LESS},
    [SL_COMPARE_LE] = {"LESS_THAN_OR_EQUAL", "<=", 1 << SL_ORDER_LESS | 1 << SL_ORDER_EQUAL},
    [SL_COMPARE_GT] = {"GREATER_THAN", ">", 1 << SL_ORDER_GREATER},
    [SL_COMPARE_GE] = {"GREATER_THAN_OR_EQUAL", ">=", 1 << SL_ORDER_GREATER | 1 << SL_ORDER_EQUAL},
    [SL_COMPARE_DISTINCT] = {"IS_DISTINCT_FROM", "IS DISTINCT FROM",
                             1 << SL_ORDER_LESS | 1 << SL_ORDER_GREATER | 1 << SL_ORDER_NONE},
};

const char *sl_compare_op_name(sl_compare_op op) {
  return OPS[op].name;
}

const char *sl_compare_op_symbol(sl_compare_op op) {
  return OPS[op].symbol;
}

/* ---- kernels ---- */

static sl_order of_int(int64_t a, int64_t b) {
  return a < b ? SL_ORDER_LESS : a > b ? SL_ORDER_GREATER : SL_ORDER_EQUAL;
}

static sl_order of_sign(int sign) {
  return of_int(sign, 0);
}

static sl_order of_double(double a, double b) {
  return a < b ? SL_ORDER_LESS : a > b ? SL_ORDER_GREATER : a == b ? SL_ORDER_EQUAL : SL_ORDER_NONE;
}

static sl_order of_equality(bool equal) {
  return equal ? SL_ORDER_EQUAL : SL_ORDER_LESS;
}

static sl_order order_ints(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                           sl_err *err) {
  (void)cmp, (void)arena, (void)err;
  return of_int(left->i64, right->i64);
}

static sl_order order_booleans(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                               sl_err *err) {
  (void)cmp, (void)arena, (void)err;
  return of_int(left->boolean, right->boolean);
}

static sl_order order_doubles(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                              sl_err *err) {
  (void)arena, (void)err;
  double a = cmp->left->base == SL_DOUBLE ? left->f64 : (double)left->i64;
  double b = cmp->right->base == SL_DOUBLE ? right->f64 : (double)right->i64;
  return of_double(a, b);
}

/* DECIMAL with DECIMAL, INTEGER or BIGINT. */
static sl_order order_decimals(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                               sl_err *err) {
  (void)arena, (void)err;
  if (left->tag != SL_TAG_BIG && right->tag != SL_TAG_BIG && cmp->left_factor) {
    sl_i128 a = (sl_i128)left->i64 * cmp->left_factor, b = (sl_i128)right->i64 * cmp->right_factor;
    return a < b ? SL_ORDER_LESS : a > b ? SL_ORDER_GREATER : SL_ORDER_EQUAL;
  }
  sl_decimal a = sl_decimal_of_value(cmp->left, left), b = sl_decimal_of_value(cmp->right, right);
  return of_sign(sl_decimal_compare(&a, &b));
}

/* The order of two numbers that are farther apart than the error of turning the decimal into a double and that of a
 * double's shortest text, which is nearly always so. false: too close, too large or too small to tell. */
static bool clearly_apart(const sl_decimal *number, double d, int *order) {
  if (number->unscaled.tag == SL_TAG_BIG || number->scale < 0 || number->scale > SL_POW10_F64_MAX) return false;
  double near = (double)number->unscaled.i64 / SL_POW10_F64[number->scale], gap = near - d;
  *order = gap > 0 ? 1 : -1;
  return fabs(gap) > 1e-14 * fmax(fabs(near), fabs(d));
}

/* DECIMAL with DOUBLE: the double counts as the decimal of its shortest text. */
static sl_order order_decimal_double(const sl_comparison *cmp, sl_arena *arena, const sl_value *left,
                                     const sl_value *right, sl_err *err) {
  (void)err;
  bool double_left = cmp->left->base == SL_DOUBLE;
  double d = double_left ? left->f64 : right->f64;
  sl_decimal number = double_left ? sl_decimal_of_value(cmp->right, right) : sl_decimal_of_value(cmp->left, left);
  sl_decimal other;
  if (isnan(d)) return SL_ORDER_NONE;
  int order;
  if (!clearly_apart(&number, d, &order)) {
    bool finite = sl_decimal_of_double(arena, d, &other);
    order = finite ? sl_decimal_compare(&number, &other) : d > 0 ? -1 : 1;
  }
  return of_sign(double_left ? -order : order);
}

static sl_order order_strings(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                              sl_err *err) {
  (void)cmp, (void)arena, (void)err;
  return of_sign(sl_utf16_compare(sl_value_str(left), sl_value_str(right)));
}

static sl_order order_bytes(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                            sl_err *err) {
  (void)cmp, (void)arena, (void)err;
  return of_sign(sl_bytes_compare(sl_value_str(left), sl_value_str(right)));
}

/* STRING and BYTES where only equality matters. */
static sl_order equal_bytes(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                            sl_err *err) {
  (void)cmp, (void)arena, (void)err;
  return of_equality(sl_str_eq(sl_value_str(left), sl_value_str(right)));
}

/* DATE with TIMESTAMP: a day is its midnight. */
static sl_order order_times(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                            sl_err *err) {
  (void)arena, (void)err;
  sl_i128 a = (sl_i128)left->i64 * cmp->left_factor, b = (sl_i128)right->i64 * cmp->right_factor;
  return a < b ? SL_ORDER_LESS : a > b ? SL_ORDER_GREATER : SL_ORDER_EQUAL;
}

/* STRING with TIME, DATE or TIMESTAMP: the text is read as the other's type. */
static sl_order order_text_time(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                                sl_err *err) {
  (void)arena;
  bool text_left = cmp->left->base == SL_STRING;
  sl_str text = sl_value_str(text_left ? left : right);
  sl_base base = text_left ? cmp->right->base : cmp->left->base;
  int64_t parsed;
  int rc = base == SL_TIME   ? sl_time_parse(text, &parsed, err)
           : base == SL_DATE ? sl_date_parse(text, &parsed, err)
                             : sl_timestamp_parse(text, &parsed, err);
  if (rc) return SL_ORDER_FAILED;
  return text_left ? of_int(parsed, right->i64) : of_int(left->i64, parsed);
}

/* ---- containers: equality by value, whatever the element types ---- */

static bool mixed_equal(const sl_type *left, const sl_value *a, const sl_type *right, const sl_value *b);

static bool mixed_maps_equal(const sl_type *left, const sl_value *a, const sl_type *right, const sl_value *b) {
  for (size_t i = 0; i < a->len; i++) {
    const sl_value *entry = &a->items[2 * i];
    size_t j = 0;
    while (j < b->len && !mixed_equal(left->key, entry, right->key, &b->items[2 * j])) j++;
    if (j == b->len || !mixed_equal(left->element, &entry[1], right->element, &b->items[2 * j + 1])) return false;
  }
  return true;
}

static bool mixed_structs_equal(const sl_type *left, const sl_value *a, const sl_type *right, const sl_value *b) {
  for (int i = 0; i < left->field_count; i++) {
    int other = sl_type_field(right, left->fields[i].name);
    if (other < 0 || !mixed_equal(left->fields[i].type, &a->items[i], right->fields[other].type, &b->items[other])) {
      return false;
    }
  }
  return left->field_count == right->field_count;
}

static bool mixed_numbers_equal(const sl_type *left, const sl_value *a, const sl_type *right, const sl_value *b) {
  sl_comparison cmp;
  sl_arena scratch;
  if (!sl_comparison_init(&cmp, SL_COMPARE_EQ, left, right)) return false;
  sl_arena_init(&scratch, 0);
  bool equal = cmp.order(&cmp, &scratch, a, b, NULL) == SL_ORDER_EQUAL;
  sl_arena_done(&scratch);
  return equal;
}

static bool mixed_equal(const sl_type *left, const sl_value *a, const sl_type *right, const sl_value *b) {
  if (sl_is_null(a) || sl_is_null(b)) return sl_is_null(a) && sl_is_null(b);
  if (sl_type_is_numeric(left) && sl_type_is_numeric(right) && !sl_type_equal(left, right)) {
    return mixed_numbers_equal(left, a, right, b);
  }
  if (left->base != right->base) return false;
  switch (left->base) {
  case SL_ARRAY:
    if (a->len != b->len) return false;
    for (uint32_t i = 0; i < a->len; i++) {
      if (!mixed_equal(left->element, &a->items[i], right->element, &b->items[i])) return false;
    }
    return true;
  case SL_MAP: return a->len == b->len && mixed_maps_equal(left, a, right, b);
  case SL_STRUCT: return mixed_structs_equal(left, a, right, b);
  default: return sl_value_equal(left, a, b);
  }
}

static sl_order equal_containers(const sl_comparison *cmp, sl_arena *arena, const sl_value *left, const sl_value *right,
                                 sl_err *err) {
  (void)arena, (void)err;
  return of_equality(sl_value_equal(cmp->left, left, right));
}

static sl_order equal_mixed_containers(const sl_comparison *cmp, sl_arena *arena, const sl_value *left,
                                       const sl_value *right, sl_err *err) {
  (void)arena, (void)err;
  return of_equality(mixed_equal(cmp->left, left, cmp->right, right));
}

/* ---- choice ---- */

static bool equality_only(sl_compare_op op) {
  return op == SL_COMPARE_EQ || op == SL_COMPARE_NE || op == SL_COMPARE_DISTINCT;
}

static bool is_container(const sl_type *type) {
  return type->base == SL_ARRAY || type->base == SL_MAP || type->base == SL_STRUCT;
}

static sl_order_fn numeric_kernel(const sl_type *left, const sl_type *right) {
  bool decimal = left->base == SL_DECIMAL || right->base == SL_DECIMAL;
  bool floating = left->base == SL_DOUBLE || right->base == SL_DOUBLE;
  return decimal ? (floating ? order_decimal_double : order_decimals) : floating ? order_doubles : order_ints;
}

/* NULL when the types may not meet. */
static sl_order_fn choose(const sl_type *left, const sl_type *right, sl_compare_op op) {
  bool same = left->base == right->base;
  if (sl_type_is_numeric(left) && sl_type_is_numeric(right)) return numeric_kernel(left, right);
  if (left->base == SL_STRING && same) return equality_only(op) ? equal_bytes : order_strings;
  if (left->base == SL_BYTES && same) return equality_only(op) ? equal_bytes : order_bytes;
  if (left->base == SL_BOOLEAN && same) return equality_only(op) ? order_booleans : NULL;
  if (is_container(left) && same) {
    if (!equality_only(op)) return NULL;
    return sl_type_equal(left, right) ? equal_containers : equal_mixed_containers;
  }
  if (sl_type_is_time(left) && sl_type_is_time(right)) {
    if (same) return order_ints;
    return left->base == SL_TIME || right->base == SL_TIME ? NULL : order_times;
  }
  if ((left->base == SL_STRING && sl_type_is_time(right)) || (sl_type_is_time(left) && right->base == SL_STRING)) {
    return order_text_time;
  }
  return NULL;
}

bool sl_comparable(const sl_type *left, const sl_type *right, sl_compare_op op) {
  return choose(left, right, op) != NULL;
}

bool sl_comparison_init(sl_comparison *cmp, sl_compare_op op, const sl_type *left, const sl_type *right) {
  *cmp = (sl_comparison){.order = choose(left, right, op),
                         .mask = OPS[op].mask,
                         .null_safe = op == SL_COMPARE_DISTINCT,
                         .op = op,
                         .left = left,
                         .right = right};
  if (cmp->order == order_times) {
    cmp->left_factor = left->base == SL_DATE ? 86400000 : 1;
    cmp->right_factor = right->base == SL_DATE ? 86400000 : 1;
  } else if (cmp->order == order_decimals) {
    int gap = (left->base == SL_DECIMAL ? left->scale : 0) - (right->base == SL_DECIMAL ? right->scale : 0);
    if (gap >= -18 && gap <= 18) {
      cmp->left_factor = SL_POW10_I64[gap < 0 ? -gap : 0];
      cmp->right_factor = SL_POW10_I64[gap > 0 ? gap : 0];
    }
  }
  return cmp->order != NULL;
}
