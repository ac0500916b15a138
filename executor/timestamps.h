/* Timestamps taken from columns: TIMESTAMP='col' of sources and sinks (semantics.md 1.4, 1.5). */
#pragma once
#include "base/err.h"
#include "functions/function.h"
#include "types/value.h"

/* How to read one column. Zero-initialised is closed. */
typedef struct sl_stamp {
  const sl_type *type; /* BIGINT, TIMESTAMP or STRING */
  sl_call call;        /* STRING: PARSE_TIMESTAMP(column, format) */
  sl_value args[2];
  const sl_type *arg_types[2];
  sl_value constants[2];
  bool is_constant[2];
} sl_stamp;

/* arena lives as long as the stamp; format is borrowed. SL_E_STATEMENT for a pattern that cannot be used. */
int sl_stamp_open(sl_stamp *stamp, sl_arena *arena, const sl_type *type, sl_str format, sl_err *err);
void sl_stamp_close(sl_stamp *stamp);
/* Milliseconds since 1970. NULL and unparsable text give SL_E_TIMESTAMP_EXTRACT; a negative result is the caller's to
 * judge. */
int sl_stamp_read(sl_stamp *stamp, sl_arena *arena, const sl_value *v, int64_t *out, sl_err *err);
