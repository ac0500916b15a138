/* Text forms of numbers, booleans, dates and times (sql.md 3.8, formats.md 5.3), shared by casts, formats, functions. */
#pragma once
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "types/value.h"

/* Doubles as Java prints and parses them. */
size_t sl_double_print(char out[32], double v); /* length; NaN, Infinity, -Infinity as such */
bool sl_double_parse(sl_str text, double *out); /* Java's Double.parseDouble: trims, exponent, NaN, Infinity, suffix */
bool sl_boolean_parse(sl_str text, bool *out);  /* any non-empty prefix of true/yes/false/no, any case */

/* Partial date-times (sql.md 3.8). Messages as there; SL_E_EVALUATE. */
int sl_timestamp_parse(sl_str text, int64_t *out_ms, sl_err *err);
int sl_date_parse(sl_str text, int64_t *out_days, sl_err *err);
int sl_time_parse(sl_str text, int64_t *out_ms, sl_err *err);
void sl_timestamp_print(sl_buf *out, int64_t ms); /* 2020-05-26T23:59:58.000 */
void sl_date_print(sl_buf *out, int64_t days);    /* 2020-05-26 */
void sl_time_print(sl_buf *out, int64_t ms);      /* HH:mm or HH:mm:ss */

/* Proleptic Gregorian calendar. */
int64_t sl_days_from_civil(int64_t year, int month, int day);
void sl_civil_from_days(int64_t days, int64_t *year, int *month, int *day);

/* Standard base64 with padding. */
void sl_base64_encode(sl_buf *out, const void *data, size_t len);
bool sl_base64_decode(sl_arena *arena, sl_str text, sl_str *out); /* strict */
/* MAP entries in the order a Java HashMap of the same strings would give (formats.md 1.9): fills order[count]. */
void sl_java_map_order(const sl_value *entries, uint32_t count, uint32_t *order);
/* UTF-16 view of UTF-8 text, for functions with Java's string positions. */
size_t sl_utf16_len(sl_str s);
