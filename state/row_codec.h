/* The native row codec: values of changelogs, repartition and subscription topics. Compact, versioned, borrowed on
 * reading. The types are the plan's and are not in the bytes. Thread: any. */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "types/type.h"
#include "types/value.h"

enum { SL_ROW_CODEC_VERSION = 1 };

/* Appends the bytes of values[count]. */
void sl_row_encode(sl_buf *out, const sl_type *const *types, int count, const sl_value *values);
/* Decodes them into out[count]. Strings borrow from data, containers are made in arena. Rows written with fewer columns
 * (before one was added at the end) have NULL in the rest. Bytes that are no such row give SL_E_DECODE; nothing outside
 * [data, data + len) is read. */
int sl_row_decode(const uint8_t *data, size_t len, const sl_type *const *types, int count, sl_arena *arena,
                  sl_value *out, sl_err *err);

/* A table's change: the row as it is now and as it was, each NULL when there is none. */
void sl_row_encode_change(sl_buf *out, const sl_type *const *types, int count, const sl_value *now,
                          const sl_value *old);
/* The values of a side that is absent are all NULL. */
int sl_row_decode_change(const uint8_t *data, size_t len, const sl_type *const *types, int count, sl_arena *arena,
                         sl_value *now, bool *has_now, sl_value *old, bool *has_old, sl_err *err);
