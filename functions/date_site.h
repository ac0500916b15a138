/* What a call site of a date function keeps: constant patterns and zones are compiled once for all runners, those that
 * change from row to row are kept per runner. */
#pragma once
#include "functions/date_pattern.h"
#include "functions/function.h"
#include "functions/site_cache.h"

/* A compiled pattern, or why it is none. */
typedef struct sl_date_compiled {
  const sl_date_pattern *pattern;    /* set A */
  const sl_lenient_pattern *lenient; /* set B */
  const char *reason;                /* NULL when it is one */
} sl_date_compiled;

enum { SL_DATE_ZONES = 2 };

typedef struct sl_date_zone {
  bool known;
  sl_zone zone;
  const char *reason; /* constants only */
  sl_buf text;        /* changing ones: of the zone that is known */
} sl_date_zone;

/* call->local of one runner; released by sl_date_leave. */
typedef struct sl_date_site {
  sl_buf text;
  sl_site_cache patterns;
  sl_date_zone zones[SL_DATE_ZONES];
  sl_lenient_calendar *calendar;
} sl_date_site;

/* For overloads: patterns are argument 1, zones argument 2. */
int sl_date_prepare(sl_call *call, sl_arena *arena, sl_err *err);         /* pattern of set A; a zone if there is one */
int sl_date_prepare_lenient(sl_call *call, sl_arena *arena, sl_err *err); /* pattern of set B */
int sl_date_prepare_zones(sl_call *call, sl_arena *arena, sl_err *err);   /* arguments 1 and 2 are zones */
void sl_date_leave(void *local);

const sl_date_compiled *sl_date_compiled_of(sl_call *call, const sl_value *args);
const sl_date_compiled *sl_date_lenient_of(sl_call *call, const sl_value *args);
/* The zone of argument i; NULL and *reason, in the call's arena, when it is none. */
const sl_zone *sl_date_zone_of(sl_call *call, const sl_value *args, int i, const char **reason);
/* The zone of this process, as it was when the call was prepared. */
const sl_zone *sl_date_server_zone(sl_call *call);

sl_buf *sl_date_text(sl_call *call); /* scratch for a result, empty */
sl_lenient_calendar *sl_date_calendar(sl_call *call);

/* The front of a user's text for a message, as SL_STR_ARG wants it. */
static inline sl_str sl_date_shown(sl_str s) {
  enum { SHOWN = 1000 };
  return sl_str_n(s.ptr, s.len < SHOWN ? s.len : SHOWN);
}
