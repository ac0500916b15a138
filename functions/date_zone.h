/* Time zones: ids as functions.md 15.4 has them, offsets at an instant or at a local time, English names. ICU gives the
 * rules and is named in date_zone.c alone. Thread: any. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

typedef struct sl_region sl_region; /* a region's rules: immutable, lives as long as the process */

typedef enum sl_zone_prefix { SL_ZONE_PLAIN, SL_ZONE_UTC, SL_ZONE_GMT, SL_ZONE_UT } sl_zone_prefix;

/* A zone: a region, or a fixed offset with what stands before it. */
typedef struct sl_zone {
  const sl_region *region; /* NULL: fixed */
  int32_t offset;          /* of a fixed one, seconds east */
  sl_zone_prefix prefix;
} sl_zone;

typedef enum sl_zone_style { SL_ZONE_SHORT, SL_ZONE_LONG, SL_ZONE_GENERIC_SHORT, SL_ZONE_GENERIC_LONG } sl_zone_style;

/* Reads an id. SL_E_EVALUATE with the reason only ("Unknown time-zone ID: x"). */
int sl_zone_parse(sl_str id, sl_zone *out, sl_err *err);
/* The zone of this process, from the environment; or the one set before other threads use it. */
sl_zone sl_zone_server(void);
int sl_zone_set_server(sl_str id, sl_err *err);

/* Seconds east of UTC at an instant; *daylight (may be NULL): summer time is in force. */
int32_t sl_zone_offset(const sl_zone *zone, int64_t ms, bool *daylight);
/* The instant of a local time. A time that a change skips moves forward by the gap; of one that comes twice the first
 * is taken. local_ms lies within SL_LOCAL_MAX of 1970. */
static const int64_t SL_LOCAL_MAX = INT64_C(9000000000000000000);
int64_t sl_zone_instant(const sl_zone *zone, int64_t local_ms);
/* The offset that CONVERT_TZ uses: that of the zone, but 0 for fixed ones after UTC or UT and those with seconds. */
int32_t sl_zone_legacy_offset(const sl_zone *zone, int64_t ms);

void sl_zone_print(sl_buf *out, const sl_zone *zone); /* its id */
/* Its English name ("PDT", "Pacific Daylight Time", "PT", "Pacific Time"); the id for fixed offsets. */
void sl_zone_print_name(sl_buf *out, const sl_zone *zone, sl_zone_style style, bool daylight);
/* Reads the longest id, or with a style name, that text starts with; any case. Bytes read, 0 for none. */
size_t sl_zone_match(sl_str text, const sl_zone_style *style, sl_zone *out);
