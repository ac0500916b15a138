/* Timestamps taken from columns: TIMESTAMP='col' of sources and sinks (semantics.md 1.4, 1.5). */
#pragma once
#include "base/err.h"
#include "types/value.h"

/* Milliseconds from a BIGINT or TIMESTAMP value, or from a STRING by format. NULL and unparsable text give
 * SL_E_TIMESTAMP_EXTRACT; a negative result is the caller's to judge. */
int sl_timestamp_of_value(const sl_type *type, const sl_value *v, sl_str format, int64_t *out, sl_err *err);
