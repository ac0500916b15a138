/* What the formats share with each other: the list's rows, properties, UTF-8 repair and strict number texts. */
#pragma once
#include "formats/format.h"

extern const sl_format SL_FORMAT_JSON, SL_FORMAT_DELIMITED, SL_FORMAT_KAFKA, SL_FORMAT_NONE;
extern const sl_format SL_FORMAT_AVRO, SL_FORMAT_JSON_SR, SL_FORMAT_PROTOBUF, SL_FORMAT_PROTOBUF_NOSR;

enum { SL_MILLIS_PER_DAY = 86400000 };
static const int64_t SL_DAYS_MAX = INT64_MAX / SL_MILLIS_PER_DAY; /* a day beyond has no timestamp */

/* Value of a property, ptr NULL when it is not given. */
sl_str sl_format_property_get(const sl_format_spec *spec, const char *name);

/* "Key" rule shared by JSON and the registry formats. */
bool sl_format_key_any(const sl_type *type);

/* Text as Java decodes UTF-8: malformed parts become U+FFFD. Borrows s when it is well-formed. */
sl_str sl_utf8_repair(sl_arena *arena, sl_str s);

/* Strict integers as Java's parseInt and parseLong take them: optional sign, digits, nothing else, no overflow. */
bool sl_parse_strict(sl_str text, int64_t min, int64_t max, int64_t *out);

/* TIME in milliseconds of the day: false and the message of formats.md 1.8. */
bool sl_time_in_range(int64_t ms, sl_err *err);
static inline int64_t sl_days_clamp(int64_t days) {
  return days > SL_DAYS_MAX ? SL_DAYS_MAX : days < -SL_DAYS_MAX ? -SL_DAYS_MAX : days;
}

/* Decimal text (plain or scientific) as a value of DECIMAL type, exactly: SL_E_DECODE with the messages of formats.md
 * 1.8. *malformed is set instead when the text is no number. Bounded: a huge exponent costs nothing. */
int sl_decimal_of_text(sl_arena *arena, sl_str text, const sl_type *type, bool *malformed, sl_value *out, sl_err *err);
/* Plain notation of a DECIMAL value with exactly the type's scale; quick for inline values. */
void sl_decimal_write(sl_buf *out, const sl_type *type, const sl_value *v, bool scientific);

/* One CSV record (formats.md 4.4). Fields are slices of text or of arena; at most max are stored, *count counts all.
 * SL_E_DECODE with the parser's message; no record at all gives *count = 0. */
int sl_csv_split(sl_arena *arena, sl_str text, sl_str delimiter, sl_str *fields, int max, int *count, sl_err *err);
/* Appends one field, quoted where formats.md 4.3 says so. */
void sl_csv_write(sl_buf *out, sl_str text, sl_str delimiter, bool first);
