/* Text forms of numbers, booleans, dates and times (sql.md 3.8, formats.md 5.3), shared by casts, formats, functions.
 */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "types/value.h"

/* Doubles as Java prints and parses them. */
size_t sl_double_print(char out[32], double v); /* length; NaN, Infinity, -Infinity as such */
bool sl_double_parse(sl_str text, double *out); /* Java's Double.parseDouble: trims, exponent, NaN, Infinity, suffix */
bool sl_boolean_parse(sl_str text, bool *out);  /* any non-empty prefix of true/yes/false/no, any case */
/* Without the characters up to U+0020 at both ends, as Java's trim: what casts do first. */
sl_str sl_text_trim(sl_str text);

/* Partial date-times (sql.md 3.8). Messages as there; SL_E_EVALUATE. */
int sl_timestamp_parse(sl_str text, int64_t *out_ms, sl_err *err);
int sl_date_parse(sl_str text, int64_t *out_days, sl_err *err);
int sl_time_parse(sl_str text, int64_t *out_ms, sl_err *err);
void sl_timestamp_print(sl_buf *out, int64_t ms); /* 2020-05-26T23:59:58.000 */
void sl_date_print(sl_buf *out, int64_t days);    /* 2020-05-26 */
void sl_time_print(sl_buf *out, int64_t ms);      /* HH:mm or HH:mm:ss; milliseconds are dropped */
/* A fixed offset "+h", "+hh", "+hh:mm", "+hhmm", "+hh:mm:ss", "+hhmmss" (or "-"), at most 18 hours, in seconds. On
 * failure SL_E_EVALUATE with the reason only. */
int sl_zone_offset_parse(sl_str text, int *out_seconds, sl_err *err);

/* Proleptic Gregorian calendar. */
int64_t sl_days_from_civil(int64_t year, int month, int day);
void sl_civil_from_days(int64_t days, int64_t *year, int *month, int *day);

/* Standard base64 with padding. */
void sl_base64_encode(sl_buf *out, const void *data, size_t len);
/* Strict: standard alphabet, no blanks; padding may be left out but must be right if it is there (who insists on
 * padding checks text.len % 4). */
bool sl_base64_decode(sl_arena *arena, sl_str text, sl_str *out);
enum { SL_JAVA_MAP_ROOM = 16 }; /* what a Java HashMap is made for when nothing is said */
/* MAP entries in the order a Java HashMap of the same strings would give (formats.md 1.9) that was made for room
 * entries: fills order[count]. */
void sl_java_map_order(const sl_value *entries, uint32_t count, uint32_t room, uint32_t *order);
/* UTF-16 view of UTF-8 text, for functions with Java's string positions. Malformed UTF-8 counts a byte as a unit. */
size_t sl_utf16_len(sl_str s);
/* Byte offset of the character that holds a UTF-16 unit (0-based), s.len past the end. A position between the two
 * halves of a surrogate pair gives the offset of the character's start and sets *inside (which may be NULL). */
size_t sl_utf16_offset(sl_str s, size_t unit, bool *inside);
/* Order by UTF-16 code unit, as Java's compareTo: <0, 0, >0. */
int sl_utf16_compare(sl_str a, sl_str b);
/* Java's String.hashCode. */
uint32_t sl_utf16_hash31(sl_str s);
/* Order of BYTES: as signed bytes, a prefix first. */
int sl_bytes_compare(sl_str a, sl_str b);
