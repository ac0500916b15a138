/* Numeric functions whose result is a DOUBLE, and ABS, SIGN, RANDOM (functions.md 6). INT, BIGINT and DOUBLE overloads
 * share one body: the argument is made a double first. Rounding is in fn_round.c. */
#include <math.h>
#include <sys/random.h>
#include "functions/functions_int.h"
#include "types/decimal.h"

static const char MATH[] = "MATHEMATICAL";

static double number(const sl_call *call, const sl_value *args, int i) {
  return call->arg_types[i]->base == SL_DOUBLE ? args[i].f64 : (double)args[i].i64;
}

/* One DOUBLE from another. */
static int apply(sl_call *call, const sl_value *args, double (*f)(double x), sl_value *out) {
  return sl_give(out, sl_of_f64(f(number(call, args, 0))));
}

static int fn_acos(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, acos, out);
}
static int fn_asin(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, asin, out);
}
static int fn_atan(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, atan, out);
}
/* cbrt() may be off in the last digit (of 27, for instance). */
static double exact_cbrt(double x) {
  return (double)cbrtl((long double)x);
}
static int fn_cbrt(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, exact_cbrt, out);
}
static int fn_cos(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, cos, out);
}
static int fn_cosh(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, cosh, out);
}
static double cot_of(double x) {
  return 1.0 / tan(x);
}
static int fn_cot(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, cot_of, out);
}
static double degrees_of(double x) {
  return x * 57.29577951308232;
}
static int fn_degrees(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, degrees_of, out);
}
static int fn_exp(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, exp, out);
}
static int fn_ln(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, log, out);
}
static double radians_of(double x) {
  return x * 0.017453292519943295;
}
static int fn_radians(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, radians_of, out);
}
static int fn_sin(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, sin, out);
}
static int fn_sinh(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, sinh, out);
}
static int fn_sqrt(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, sqrt, out);
}
static int fn_tan(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, tan, out);
}
static int fn_tanh(sl_call *call, const sl_value *args, sl_value *out) {
  return apply(call, args, tanh, out);
}

static int fn_atan2(sl_call *call, const sl_value *args, sl_value *out) {
  return sl_give(out, sl_of_f64(atan2(number(call, args, 0), number(call, args, 1))));
}

static int fn_power(sl_call *call, const sl_value *args, sl_value *out) {
  return sl_give(out, sl_of_f64(pow(number(call, args, 0), number(call, args, 1))));
}

/* LOG(base, value). */
static int fn_log(sl_call *call, const sl_value *args, sl_value *out) {
  double base = number(call, args, 0), value = number(call, args, 1);
  return sl_give(out, sl_of_f64(base <= 0 || base == 1 ? NAN : log(value) / log(base)));
}

static int fn_pi(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call, (void)args;
  return sl_give(out, sl_of_f64(3.141592653589793));
}

/* splitmix64, seeded by the system at a call site's first use. */
typedef struct generator {
  uint64_t state;
  bool seeded;
} generator;

static int fn_random(sl_call *call, const sl_value *args, sl_value *out) {
  (void)args;
  generator *g = call->local;
  if (!g->seeded && getrandom(&g->state, sizeof g->state, 0) != sizeof g->state) g->state = (uint64_t)(uintptr_t)g;
  g->seeded = true;
  uint64_t z = (g->state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  z ^= z >> 31;
  return sl_give(out, sl_of_f64((double)(z >> 11) * 0x1p-53));
}

/* ---- sign ---- */

static int abs_int(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  int32_t v = (int32_t)args[0].i64;
  return sl_give(out, sl_of_i64((int32_t)(v < 0 ? 0u - (uint32_t)v : (uint32_t)v)));
}

static int abs_bigint(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  int64_t v = args[0].i64;
  return sl_give(out, sl_of_i64((int64_t)(v < 0 ? 0u - (uint64_t)v : (uint64_t)v)));
}

static int abs_double(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_f64(fabs(args[0].f64)));
}

static int abs_decimal(sl_call *call, const sl_value *args, sl_value *out) {
  sl_decimal d = sl_decimal_of_value(call->arg_types[0], &args[0]), zero = sl_decimal_of_i64(0);
  if (sl_decimal_sign(&d) >= 0) return sl_give(out, args[0]);
  return sl_give(out, sl_decimal_sub(call->arena, &zero, &d).unscaled);
}

static int same_type(sl_arena *arena, const sl_type *const *args, int count, const sl_type **out, sl_err *err) {
  (void)arena, (void)count, (void)err;
  *out = args[0];
  return 0;
}

static int sign(sl_call *call, const sl_value *args, sl_value *out) {
  double x = number(call, args, 0);
  return sl_give(out, sl_of_i64((x > 0) - (x < 0)));
}

static int sign_bigint(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_i64((args[0].i64 > 0) - (args[0].i64 < 0)));
}

const sl_function sl_fn_math[] = {
    {.name = "ABS",
     .spelling = "Abs",
     .category = MATH,
     .doc = "Gives the absolute value.",
     .example = "ABS(-1) => 1",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT val) -> INT", .eval = abs_int, .doc = "The smallest INT stays as it is."},
             {.signature = "(BIGINT val) -> BIGINT", .eval = abs_bigint, .doc = "The smallest BIGINT stays as it is."},
             {.signature = "(DOUBLE val) -> DOUBLE", .eval = abs_double, .doc = "Of a DOUBLE."},
             {.signature = "(DECIMAL val) -> DECIMAL",
              .eval = abs_decimal,
              .type = same_type,
              .doc = "Keeps precision and scale."},
             {0}}},
    {.name = "ACOS",
     .category = MATH,
     .doc = "Gives the inverse cosine.",
     .example = "ACOS(0.5) => 1.0471975511965979",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_acos, .doc = "Gives the inverse cosine."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_acos, .doc = "Gives the inverse cosine."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_acos, .doc = "Gives the inverse cosine."},
             {0}}},
    {.name = "ASIN",
     .category = MATH,
     .doc = "Gives the inverse sine.",
     .example = "ASIN(0.5) => 0.5235987755982989",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_asin, .doc = "Gives the inverse sine."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_asin, .doc = "Gives the inverse sine."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_asin, .doc = "Gives the inverse sine."},
             {0}}},
    {.name = "ATAN",
     .category = MATH,
     .doc = "Gives the inverse tangent.",
     .example = "ATAN(0.5) => 0.4636476090008061",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_atan, .doc = "Gives the inverse tangent."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_atan, .doc = "Gives the inverse tangent."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_atan, .doc = "Gives the inverse tangent."},
             {0}}},
    {.name = "ATAN2",
     .category = MATH,
     .doc = "Gives the angle of the point (x, y) in radians.",
     .example = "ATAN2(1.0, 2.0) => 0.4636476090008061",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT y, INT x) -> DOUBLE", .eval = fn_atan2, .doc = "Gives the angle of the point (x, y)."},
             {.signature = "(BIGINT y, BIGINT x) -> DOUBLE",
              .eval = fn_atan2,
              .doc = "Gives the angle of the point (x, y)."},
             {.signature = "(DOUBLE y, DOUBLE x) -> DOUBLE",
              .eval = fn_atan2,
              .doc = "Gives the angle of the point (x, y)."},
             {0}}},
    {.name = "CBRT",
     .category = MATH,
     .doc = "Gives the cube root.",
     .example = "CBRT(27) => 3.0",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_cbrt, .doc = "Gives the cube root."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_cbrt, .doc = "Gives the cube root."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_cbrt, .doc = "Gives the cube root."},
             {0}}},
    {.name = "COS",
     .category = MATH,
     .doc = "Gives the cosine of an angle in radians.",
     .example = "COS(0.5) => 0.8775825618903728",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_cos, .doc = "Gives the cosine of an angle in radians."},
             {.signature = "(BIGINT value) -> DOUBLE",
              .eval = fn_cos,
              .doc = "Gives the cosine of an angle in radians."},
             {.signature = "(DOUBLE value) -> DOUBLE",
              .eval = fn_cos,
              .doc = "Gives the cosine of an angle in radians."},
             {0}}},
    {.name = "COSH",
     .category = MATH,
     .doc = "Gives the hyperbolic cosine.",
     .example = "COSH(0.5) => 1.1276259652063807",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_cosh, .doc = "Gives the hyperbolic cosine."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_cosh, .doc = "Gives the hyperbolic cosine."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_cosh, .doc = "Gives the hyperbolic cosine."},
             {0}}},
    {.name = "COT",
     .category = MATH,
     .doc = "Gives the cotangent of an angle in radians.",
     .example = "COT(0.5) => 1.830487721712452",
     .overloads = (const sl_overload[]){{.signature = "(INT value) -> DOUBLE",
                                         .eval = fn_cot,
                                         .doc = "Gives the cotangent of an angle in radians."},
                                        {.signature = "(BIGINT value) -> DOUBLE",
                                         .eval = fn_cot,
                                         .doc = "Gives the cotangent of an angle in radians."},
                                        {.signature = "(DOUBLE value) -> DOUBLE",
                                         .eval = fn_cot,
                                         .doc = "Gives the cotangent of an angle in radians."},
                                        {0}}},
    {.name = "DEGREES",
     .category = MATH,
     .doc = "Converts radians to degrees.",
     .example = "DEGREES(0.5) => 28.64788975654116",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_degrees, .doc = "Converts radians to degrees."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_degrees, .doc = "Converts radians to degrees."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_degrees, .doc = "Converts radians to degrees."},
             {0}}},
    {.name = "EXP",
     .category = MATH,
     .doc = "Gives e to the power of a number.",
     .example = "EXP(0.5) => 1.6487212707001282",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT exponent) -> DOUBLE", .eval = fn_exp, .doc = "Gives e to the power of a number."},
             {.signature = "(BIGINT exponent) -> DOUBLE", .eval = fn_exp, .doc = "Gives e to the power of a number."},
             {.signature = "(DOUBLE exponent) -> DOUBLE", .eval = fn_exp, .doc = "Gives e to the power of a number."},
             {0}}},
    {.name = "LN",
     .category = MATH,
     .doc = "Gives the natural logarithm.",
     .example = "LN(2.5) => 0.9162907318741551",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_ln, .doc = "Gives the natural logarithm."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_ln, .doc = "Gives the natural logarithm."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_ln, .doc = "Gives the natural logarithm."},
             {0}}},
    {.name = "LOG",
     .category = MATH,
     .doc = "Gives a logarithm.",
     .example = "LOG(2, 8) => 3.0",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_ln, .doc = "The natural logarithm."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_ln, .doc = "The natural logarithm."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_ln, .doc = "The natural logarithm."},
             {.signature = "(INT base, INT value) -> DOUBLE",
              .eval = fn_log,
              .doc = "The logarithm to a base; NaN for a base that is not positive or is 1."},
             {.signature = "(BIGINT base, BIGINT value) -> DOUBLE",
              .eval = fn_log,
              .doc = "The logarithm to a base; NaN for a base that is not positive or is 1."},
             {.signature = "(DOUBLE base, DOUBLE value) -> DOUBLE",
              .eval = fn_log,
              .doc = "The logarithm to a base; NaN for a base that is not positive or is 1."},
             {0}}},
    {.name = "PI",
     .category = MATH,
     .doc = "Gives the number pi.",
     .example = "PI() => 3.141592653589793",
     .overloads =
         (const sl_overload[]){{.signature = "() -> DOUBLE", .eval = fn_pi, .doc = "3.141592653589793."}, {0}}},
    {.name = "POWER",
     .category = MATH,
     .doc = "Raises a number to a power.",
     .example = "POWER(2, 10) => 1024.0",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT base, INT exponent) -> DOUBLE", .eval = fn_power, .doc = "Always a DOUBLE."},
             {.signature = "(BIGINT base, BIGINT exponent) -> DOUBLE", .eval = fn_power, .doc = "Always a DOUBLE."},
             {.signature = "(DOUBLE base, DOUBLE exponent) -> DOUBLE", .eval = fn_power, .doc = "Always a DOUBLE."},
             {0}}},
    {.name = "RADIANS",
     .category = MATH,
     .doc = "Converts degrees to radians.",
     .example = "RADIANS(180.0) => 3.141592653589793",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_radians, .doc = "Converts degrees to radians."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_radians, .doc = "Converts degrees to radians."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_radians, .doc = "Converts degrees to radians."},
             {0}}},
    {.name = "RANDOM",
     .category = MATH,
     .doc = "Gives a random number.",
     .example = "RANDOM()",
     .overloads = (const sl_overload[]){{.signature = "() -> DOUBLE",
                                         .eval = fn_random,
                                         .flags = SL_FN_VOLATILE,
                                         .local_size = sizeof(generator),
                                         .doc = "Uniform in [0, 1), new for every row."},
                                        {0}}},
    {.name = "SIGN",
     .category = MATH,
     .doc = "Gives the sign of a number: -1, 0 or 1.",
     .example = "SIGN(-3) => -1",
     .overloads =
         (const sl_overload[]){{.signature = "(INT value) -> INT", .eval = sign_bigint, .doc = "Of an INT."},
                               {.signature = "(BIGINT value) -> INT", .eval = sign_bigint, .doc = "Of a BIGINT."},
                               {.signature = "(DOUBLE value) -> INT", .eval = sign, .doc = "NaN gives 0."},
                               {0}}},
    {.name = "SIN",
     .category = MATH,
     .doc = "Gives the sine of an angle in radians.",
     .example = "SIN(0.5) => 0.479425538604203",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_sin, .doc = "Gives the sine of an angle in radians."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_sin, .doc = "Gives the sine of an angle in radians."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_sin, .doc = "Gives the sine of an angle in radians."},
             {0}}},
    {.name = "SINH",
     .category = MATH,
     .doc = "Gives the hyperbolic sine.",
     .example = "SINH(0.5) => 0.5210953054937474",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_sinh, .doc = "Gives the hyperbolic sine."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_sinh, .doc = "Gives the hyperbolic sine."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_sinh, .doc = "Gives the hyperbolic sine."},
             {0}}},
    {.name = "SQRT",
     .category = MATH,
     .doc = "Gives the square root.",
     .example = "SQRT(2.25) => 1.5",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_sqrt, .doc = "Gives the square root."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_sqrt, .doc = "Gives the square root."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_sqrt, .doc = "Gives the square root."},
             {0}}},
    {.name = "TAN",
     .category = MATH,
     .doc = "Gives the tangent of an angle in radians.",
     .example = "TAN(0.5) => 0.5463024898437905",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_tan, .doc = "Gives the tangent of an angle in radians."},
             {.signature = "(BIGINT value) -> DOUBLE",
              .eval = fn_tan,
              .doc = "Gives the tangent of an angle in radians."},
             {.signature = "(DOUBLE value) -> DOUBLE",
              .eval = fn_tan,
              .doc = "Gives the tangent of an angle in radians."},
             {0}}},
    {.name = "TANH",
     .category = MATH,
     .doc = "Gives the hyperbolic tangent.",
     .example = "TANH(0.5) => 0.46211715726000974",
     .overloads =
         (const sl_overload[]){
             {.signature = "(INT value) -> DOUBLE", .eval = fn_tanh, .doc = "Gives the hyperbolic tangent."},
             {.signature = "(BIGINT value) -> DOUBLE", .eval = fn_tanh, .doc = "Gives the hyperbolic tangent."},
             {.signature = "(DOUBLE value) -> DOUBLE", .eval = fn_tanh, .doc = "Gives the hyperbolic tangent."},
             {0}}},
    {0}};
