/* Kernels for what most programs are made of: arithmetic and comparison of integers and of doubles, equality of texts.
 * Each is one body with the operator fixed at compile time, so that a row costs a few instructions; rows with a NULL, a
 * failure or a zero divisor take the general kernel of types/. */
#include "expressions/program_int.h"

typedef enum quick {
#define SL_QUICK(name, what) what,
#include "expressions/kernels_quick.def"
#undef SL_QUICK
} quick;

static inline bool same_text(const sl_value *a, const sl_value *b) {
  return a->len == b->len && (a->len == 0 || !memcmp(a->bytes, b->bytes, a->len));
}

static inline uint64_t narrow(uint64_t bits) {
  return (uint64_t)(int32_t)(uint32_t)bits;
}

static inline uint64_t bits_of(double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  return bits;
}

/* The payload of the result. what is a constant wherever this is inlined. */
static inline __attribute__((always_inline)) uint64_t apply(quick what, const sl_value *a, const sl_value *b) {
  uint64_t x = (uint64_t)a->i64, y = (uint64_t)b->i64; /* unsigned: overflow wraps */
  switch (what) {
  case INT_ADD: return narrow(x + y);
  case INT_SUB: return narrow(x - y);
  case INT_MUL: return narrow(x * y);
  case INT_DIV: return (uint64_t)(int64_t)((int32_t)a->i64 / (int32_t)b->i64);
  case INT_MOD: return (uint64_t)(int64_t)((int32_t)a->i64 % (int32_t)b->i64);
  case LONG_ADD: return x + y;
  case LONG_SUB: return x - y;
  case LONG_MUL: return x * y;
  case LONG_DIV: return (uint64_t)(a->i64 / b->i64);
  case LONG_MOD: return (uint64_t)(a->i64 % b->i64);
  case DOUBLE_ADD: return bits_of(a->f64 + b->f64);
  case DOUBLE_SUB: return bits_of(a->f64 - b->f64);
  case DOUBLE_MUL: return bits_of(a->f64 * b->f64);
  case DOUBLE_DIV: return bits_of(a->f64 / b->f64);
  case LONG_EQ: return a->i64 == b->i64;
  case LONG_NE: return a->i64 != b->i64;
  case LONG_LT: return a->i64 < b->i64;
  case LONG_LE: return a->i64 <= b->i64;
  case LONG_GT: return a->i64 > b->i64;
  case LONG_GE: return a->i64 >= b->i64;
  case DOUBLE_EQ: return a->f64 == b->f64;
  case DOUBLE_NE: return a->f64 != b->f64;
  case DOUBLE_LT: return a->f64 < b->f64;
  case DOUBLE_LE: return a->f64 <= b->f64;
  case DOUBLE_GT: return a->f64 > b->f64;
  case DOUBLE_GE: return a->f64 >= b->f64;
  case TEXT_EQ: return same_text(a, b);
  default: return !same_text(a, b);
  }
}

/* Only two set values, and no divisor 0 (an error) or -1 (the minimum wraps, the processor traps). */
static inline __attribute__((always_inline)) bool is_ordinary(quick what, const sl_value *a, const sl_value *b) {
  bool divides = what == INT_DIV || what == INT_MOD || what == LONG_DIV || what == LONG_MOD;
  return (a->tag & b->tag & SL_TAG_SET) && (!divides || (uint64_t)b->i64 + 1 > 1);
}

static inline __attribute__((always_inline)) void row(sl_runner *r, const sl_step *step, quick what, const sl_value *a,
                                                      const sl_value *b, sl_value *out) {
  if (__builtin_expect(is_ordinary(what, a, b), 1))
    *out = sl_of_i64((int64_t)apply(what, a, b));
  else
    *out = step->kind == SL_STEP_ARITHMETIC ? sl_arithmetic_row(r, step, a, b) : sl_compare_row(r, step, a, b);
}

static inline __attribute__((always_inline)) void loop(sl_runner *r, const sl_frame *f, const sl_step *step,
                                                       quick what) {
  sl_slot_ref out = r->refs[step->out], left = r->refs[step->args[0]], right = r->refs[step->args[1]];
  int n = f->counts[step->level];
  if (step->level == 0) { /* all rows, in order */
    const sl_value *a = left.base, *b = right.base;
    sl_value *to = out.base;
    for (int i = 0; i < n; i++, a += left.stride, b += right.stride, to += out.stride) row(r, step, what, a, b, to);
    return;
  }
  const uint16_t *sel = f->selections[step->level];
  for (int k = 0; k < n; k++) {
    size_t i = sel[k];
    row(r, step, what, left.base + left.stride * i, right.base + right.stride * i, out.base + out.stride * i);
  }
}

#define SL_QUICK(name, what)                                                                                           \
  static void name(sl_runner *r, const sl_frame *f, const sl_step *step) {                                             \
    loop(r, f, step, what);                                                                                            \
  }
#include "expressions/kernels_quick.def"
#undef SL_QUICK

static const sl_kernel KERNELS[] = {
#define SL_QUICK(name, what) [what] = name,
#include "expressions/kernels_quick.def"
#undef SL_QUICK
};

static bool is_integer(const sl_type *type) {
  return type->base == SL_INTEGER || type->base == SL_BIGINT;
}

static sl_kernel for_arithmetic(const sl_arith *arith) {
  if (arith->type->base == SL_INTEGER) return KERNELS[INT_ADD + (int)arith->op];
  if (arith->type->base == SL_BIGINT) return KERNELS[LONG_ADD + (int)arith->op];
  bool doubles = arith->left->base == SL_DOUBLE && arith->right->base == SL_DOUBLE;
  return doubles && arith->op != SL_ARITH_MOD ? KERNELS[DOUBLE_ADD + (int)arith->op] : NULL;
}

static sl_kernel for_comparison(const sl_comparison *cmp) {
  if (cmp->op == SL_COMPARE_DISTINCT) return NULL; /* it has an answer for NULLs */
  bool same = cmp->left->base == cmp->right->base;
  if ((is_integer(cmp->left) && is_integer(cmp->right)) || (same && sl_type_is_time(cmp->left)))
    return KERNELS[LONG_EQ + (int)cmp->op];
  if (same && cmp->left->base == SL_DOUBLE) return KERNELS[DOUBLE_EQ + (int)cmp->op];
  bool texts = same && cmp->left->base == SL_STRING && (cmp->op == SL_COMPARE_EQ || cmp->op == SL_COMPARE_NE);
  return texts ? KERNELS[TEXT_EQ + (int)cmp->op] : NULL;
}

_Static_assert(SL_ARITH_ADD == 0 && SL_ARITH_SUB == 1 && SL_ARITH_MUL == 2 && SL_ARITH_DIV == 3 && SL_ARITH_MOD == 4,
               "operators are added to the first of their kind");
_Static_assert(SL_COMPARE_EQ == 0 && SL_COMPARE_NE == 1 && SL_COMPARE_LT == 2 && SL_COMPARE_LE == 3 &&
                   SL_COMPARE_GT == 4 && SL_COMPARE_GE == 5,
               "so are comparisons");

sl_kernel sl_kernel_for(const sl_step *step) {
  sl_kernel fast = step->kind == SL_STEP_ARITHMETIC ? for_arithmetic(&step->arith)
                   : step->kind == SL_STEP_COMPARE  ? for_comparison(&step->comparison)
                                                    : NULL;
  return fast ? fast : SL_KERNELS[step->kind];
}
