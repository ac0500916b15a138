/* Doubles as text, both ways: exact parsing and Java's shortest printing, each with a quick path for the common case.
 * Thread: any. The locale does not matter. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses decimal text: [sign] digits [. digits] [e [sign] digits], at least one digit in the mantissa ("1.", ".5" are
 * accepted; callers with a stricter grammar check it themselves). The result is the nearest double; too large gives an
 * infinity, too small a zero. *ok is false, and 0 returned, when text is anything else. No white space, NaN or hex. */
double sl_number_to_double(const char *text, size_t len, bool *ok);

/* Prints v as Java's Double.toString does (formats.md 5.3): "0.0", "-0.0", "100.0", "1.0E10", "NaN", "Infinity".
 * Returns the length; no NUL is added. out needs 32 bytes. */
enum { SL_NUMBER_TEXT_MAX = 32 };
size_t sl_number_print_java(char out[SL_NUMBER_TEXT_MAX], double v);

/* The shortest decimal that reads back as v: v = digits * 10^exponent with digits < 10^17 and no trailing zero (digits
 * is 0 for 0). The sign is dropped. v must be finite. */
typedef struct sl_double_digits {
  uint64_t digits;
  int exponent;
} sl_double_digits;
sl_double_digits sl_double_shortest(double v);

/* Powers of ten that are exact: 10^0 to 10^22 as doubles, 10^0 to 10^18 as integers. */
enum { SL_POW10_F64_MAX = 22, SL_POW10_I64_MAX = 18 };
extern const double SL_POW10_F64[SL_POW10_F64_MAX + 1];
extern const int64_t SL_POW10_I64[SL_POW10_I64_MAX + 1];

/* Prints an integer; returns the length (at most 20); no NUL is added. */
size_t sl_number_print_int(char out[20], int64_t v);
