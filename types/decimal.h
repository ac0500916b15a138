/* DECIMAL arithmetic: exact, with unscaled integers of any size. Those that fit int64 (any of 18 digits) are inline in
 * a value, longer ones are a sl_bigint by pointer; which one follows from the number alone, so equal decimals of one
 * type have equal representations.
 *
 * Bounds: text may have up to SL_DECIMAL_MAX_PRECISION digits and a scale of that size either way; operands and scales
 * handed to the functions below come from such text or from types. */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "types/bigint.h"
#include "types/value.h"

/* A decimal apart from its type: value = unscaled * 10^-scale. */
typedef struct sl_decimal {
  sl_value unscaled; /* tag SET (i64) or BIG */
  int scale;
} sl_decimal;

/* Parses plain or scientific text exactly (as Java's BigDecimal does); scale may be negative. false if malformed. */
bool sl_decimal_parse(sl_arena *arena, sl_str text, sl_decimal *out);
sl_decimal sl_decimal_of_i64(int64_t v);
sl_decimal sl_decimal_of_value(const sl_type *type, const sl_value *v);
int sl_decimal_digits(const sl_decimal *d); /* precision: digits of the unscaled value, at least 1 */
int sl_decimal_sign(const sl_decimal *d);
int sl_decimal_compare(const sl_decimal *a, const sl_decimal *b); /* by value, any scales */
sl_decimal sl_decimal_add(sl_arena *arena, const sl_decimal *a, const sl_decimal *b);
sl_decimal sl_decimal_sub(sl_arena *arena, const sl_decimal *a, const sl_decimal *b);
sl_decimal sl_decimal_mul(sl_arena *arena, const sl_decimal *a, const sl_decimal *b);
/* Quotient exact at scale, or false: division by zero or inexact (sql.md 3.2 allows no rounding). */
bool sl_decimal_div(sl_arena *arena, const sl_decimal *a, const sl_decimal *b, int scale, sl_decimal *out);
/* As above but rounded: the functions ROUND, AVG and friends. */
typedef enum sl_rounding {
  SL_ROUND_UNNECESSARY,  /* fails when a digit would be lost */
  SL_ROUND_HALF_UP,      /* ties away from zero */
  SL_ROUND_HALF_CEILING, /* ties toward positive infinity (the function ROUND) */
  SL_ROUND_DOWN,         /* toward zero */
  SL_ROUND_FLOOR,
  SL_ROUND_CEILING
} sl_rounding;
bool sl_decimal_div_round(sl_arena *arena, const sl_decimal *a, const sl_decimal *b, int scale, sl_rounding mode,
                          sl_decimal *out);
bool sl_decimal_rem(sl_arena *arena, const sl_decimal *a, const sl_decimal *b, sl_decimal *out);
bool sl_decimal_rescale(sl_arena *arena, const sl_decimal *d, int scale, sl_rounding mode, sl_decimal *out);
/* Value of DECIMAL(p,s): checks the range (message of sql.md 3.6), then rescales by mode. */
int sl_decimal_fit(sl_arena *arena, const sl_decimal *d, const sl_type *type, sl_rounding mode, sl_value *out,
                   sl_err *err);
double sl_decimal_to_double(const sl_decimal *d);
bool sl_decimal_of_double(sl_arena *arena, double v, sl_decimal *out); /* by the shortest text; false for NaN, inf */
bool sl_decimal_of_binary(sl_arena *arena, double v, sl_decimal *out); /* the exact binary value; false for NaN, inf */
/* d with at most this many digits, rounded by mode. */
bool sl_decimal_round_digits(sl_arena *arena, const sl_decimal *d, int digits, sl_rounding mode, sl_decimal *out);
sl_decimal sl_decimal_negate(sl_arena *arena, const sl_decimal *d);
/* Type of a literal (sql.md 3.3); a negative scale counts as 0. */
const sl_type *sl_decimal_type(sl_arena *arena, const sl_decimal *d);
int64_t sl_decimal_to_i64(const sl_decimal *d);                     /* truncated; low 64 bits on overflow */
void sl_decimal_print(sl_buf *out, const sl_decimal *d);            /* plain notation */
void sl_decimal_print_scientific(sl_buf *out, const sl_decimal *d); /* BigDecimal.toString (formats.md 5.4) */
