/* Records to rows: decoding, timestamps, pseudo columns and headers of a source (semantics.md 1.2 to 1.4, 6.1). */
#pragma once
#include "executor/executor_int.h"

/* Decodes records[0..count) into batch (a row per view, offsets, errors). Records that cannot be rows leave an error,
 * or nothing.
 */
void sl_decode(sl_reader *reader, const sl_record *records, size_t count, sl_decoded *batch);
