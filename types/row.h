/* Rows and batches: what flows between operators.
 *
 * A row is a fixed header and an array of 16-byte values, one per slot of the layout of the plan node that made it: key
 * columns first, then value columns (a source also gives header and pseudo columns the plan asks for). A table change
 * carries the previous slots in old. A row borrows from its batch's arena and from the block it was decoded from. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "types/value.h"

enum {
  SL_ROW_VALUE_ABSENT = 1, /* null row: tombstone of a table, null value of a stream; value slots are all NULL */
  SL_ROW_KEY_ABSENT = 2,   /* the record has no key bytes */
  SL_ROW_HAS_OLD = 4,      /* old holds the slots before the change */
  SL_ROW_WINDOWED = 8,     /* window_start/window_end are set */
};

typedef struct sl_record_headers {
  const uint8_t *data; /* encoded as in a record: nameLength, name, valueLength, value ... (varints) */
  uint32_t len;
  uint32_t count;
} sl_record_headers;

/* Where a row came from; only present when the plan needs it. */
typedef struct sl_origin {
  int32_t partition;
  int64_t offset;
  sl_record_headers headers;
} sl_origin;

typedef struct sl_row {
  int64_t timestamp;
  const uint8_t *key; /* serialized key bytes without window, or NULL when not (yet) known */
  uint32_t key_len;
  uint32_t flags;
  int64_t window_start; /* inclusive */
  int64_t window_end;   /* time window: exclusive; session: inclusive */
  const sl_origin *origin;
  sl_value *values;
  sl_value *old; /* with SL_ROW_HAS_OLD */
} sl_row;

typedef struct sl_batch {
  sl_arena *arena; /* owner of decoded and computed data */
  sl_row *rows;
  size_t len;
  size_t cap;
} sl_batch;
