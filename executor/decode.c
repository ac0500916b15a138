/* Decoding a reader's records into a batch: see decode.h. Memory is the batch's arena; strings borrow from the fetch.
 */
#include "executor/decode.h"
#include "executor/timestamps.h"
#include <string.h>

bool sl_decode_is_direct(const sl_plan_source *source) {
  int keys = source->codec.key_count, values = source->codec.value_count;
  if (source->base.layout.count < keys + values) return false;
  for (int i = 0; i < keys + values; i++) {
    const sl_source_slot *slot = &source->slots[i];
    if (i < keys ? slot->origin != SL_SLOT_KEY || slot->column != i
                 : slot->origin != SL_SLOT_VALUE || slot->column != i - keys)
      return false;
  }
  return true;
}

typedef struct decoder {
  sl_reader *reader;
  const sl_plan_source *source;
  sl_decoded *batch;
  sl_arena *arena;
  sl_value *keys, *values, *olds; /* scratch when the slots are not direct */
  int slots;
} decoder;

static void add_error(decoder *d, int64_t offset, const char *message, bool is_key, bool fatal) {
  sl_decoded *b = d->batch;
  if (b->error_count == b->error_cap) {
    size_t cap = b->error_cap ? b->error_cap * 2 : 8;
    sl_decode_error *errors = sl_arena_calloc(d->arena, cap, sizeof *errors);
    if (b->error_count) memcpy(errors, b->errors, b->error_count * sizeof *errors);
    b->errors = errors;
    b->error_cap = cap;
  }
  b->errors[b->error_count++] =
      (sl_decode_error){offset, sl_arena_dup(d->arena, message, strlen(message)), is_key, fatal};
}

static sl_value header_value(decoder *d, const sl_source_slot *slot, const sl_record_headers *headers) {
  sl_str name, value;
  bool null;
  size_t at = 0;
  if (slot->header_key.ptr) { /* the last one with that name */
    sl_value found = sl_null();
    while (sl_headers_next(headers, &at, &name, &value, &null))
      if (sl_str_eq(name, slot->header_key)) found = null ? sl_null() : sl_of_str(value);
    return found;
  }
  sl_value *items = sl_arena_calloc(d->arena, (size_t)headers->count + 1, sizeof *items);
  uint32_t n = 0;
  while (n < headers->count && sl_headers_next(headers, &at, &name, &value, &null)) {
    sl_value *pair = sl_arena_calloc(d->arena, 2, sizeof *pair);
    pair[0] = sl_of_str(name);
    pair[1] = null ? sl_null() : sl_of_str(value);
    items[n++] = sl_of_items(pair, 2);
  }
  return sl_of_items(items, n);
}

/* Slots other than key and value columns. A null row has none of them but the window's bounds. */
static void fill_pseudo(decoder *d, const sl_record *record, sl_row *row) {
  bool windowed = row->flags & SL_ROW_WINDOWED, absent = row->flags & SL_ROW_VALUE_ABSENT;
  int32_t partition = sl_partition_number(d->reader->partition);
  for (int i = 0; i < d->slots; i++) {
    const sl_source_slot *slot = &d->source->slots[i];
    sl_value v = sl_null();
    switch (slot->origin) {
    case SL_SLOT_KEY:
    case SL_SLOT_VALUE: continue;
    case SL_SLOT_WINDOWSTART: v = windowed ? sl_of_i64(row->window_start) : v; break;
    case SL_SLOT_WINDOWEND: v = windowed ? sl_of_i64(row->window_end) : v; break;
    case SL_SLOT_HEADER: v = absent ? v : header_value(d, slot, &record->headers); break;
    case SL_SLOT_ROWTIME: v = absent ? v : sl_of_i64(row->timestamp); break;
    case SL_SLOT_ROWPARTITION: v = absent ? v : sl_of_i64(partition); break;
    case SL_SLOT_ROWOFFSET: v = absent ? v : sl_of_i64(record->offset); break;
    }
    row->values[i] = v;
    if (row->flags & SL_ROW_HAS_OLD) row->old[i] = v;
  }
}

static void scatter(decoder *d, sl_row *row) {
  for (int i = 0; i < d->slots; i++) {
    const sl_source_slot *slot = &d->source->slots[i];
    if (slot->origin == SL_SLOT_KEY) {
      row->values[i] = d->keys[slot->column];
      if (row->old) row->old[i] = d->keys[slot->column];
    } else if (slot->origin == SL_SLOT_VALUE) {
      row->values[i] = d->values[slot->column];
      if (row->old) row->old[i] = d->olds[slot->column];
    }
  }
}

/* Key and value columns; 0, or which side failed: 1 key, 2 value. */
static int decode_columns(decoder *d, const sl_record *record, sl_row *row, sl_err *err) {
  sl_reader *reader = d->reader;
  const sl_plan_codec *codec = &d->source->codec;
  bool changes = codec->native && d->source->base.table;
  const uint8_t *key = record->key;
  uint32_t key_len = record->key_len;
  sl_value *keys = reader->direct ? row->values : d->keys;
  sl_value *values = reader->direct ? row->values + codec->key_count : d->values;
  if (changes) row->old = sl_arena_calloc(d->arena, (size_t)d->slots + 1, sizeof(sl_value));
  sl_value *olds = !changes ? NULL : reader->direct ? row->old + codec->key_count : d->olds;
  if (!reader->direct) {
    memset(d->keys, 0, ((size_t)codec->key_count + 1) * sizeof(sl_value));
    memset(d->values, 0, ((size_t)codec->value_count + 1) * sizeof(sl_value));
    memset(d->olds, 0, ((size_t)codec->value_count + 1) * sizeof(sl_value));
  }
  if (!key || (codec->window != SL_WINDOW_NONE && !key_len)) {
    row->flags |= SL_ROW_KEY_ABSENT;
  } else {
    if (sl_codec_split_key(reader->codec, &key, &key_len, row, err)) return 1;
    if (sl_codec_decode_key(reader->codec, key, key_len, reader->needed_keys, d->arena, keys, err)) return 1;
    if (d->source->topic->internal) { /* our own encoding: good for stores as it is */
      row->key = key;
      row->key_len = key_len;
    }
  }
  if (!record->value)
    row->flags |= SL_ROW_VALUE_ABSENT;
  else if (sl_codec_decode_value(reader->codec, record->value, record->value_len, reader->needed_values, d->arena,
                                 values, olds, &row->flags, err))
    return 2;
  if (!reader->direct)
    scatter(d, row);
  else if (row->old)
    memcpy(row->old, row->values, (size_t)codec->key_count * sizeof(sl_value));
  return 0;
}

/* Sets the row's timestamp; false when the record cannot be a row. */
static bool extract_timestamp(decoder *d, const sl_record *record, sl_row *row) {
  const sl_plan_source *source = d->source;
  row->timestamp = record->timestamp;
  if (source->timestamp_slot < 0) {
    if (record->timestamp >= 0) return true;
    add_error(d, record->offset, "The record has a negative timestamp.", false, true);
    return false;
  }
  sl_err err = {0};
  const sl_type *type = source->base.layout.slots[source->timestamp_slot].type;
  if (sl_timestamp_of_value(type, &row->values[source->timestamp_slot], source->timestamp_format, &row->timestamp,
                            &err)) {
    const char *what = source->timestamp_fail ? "Fatal user code error in TimestampExtractor callback for record"
                                              : "Failed to extract timestamp from row";
    add_error(d, record->offset, sl_arena_printf(d->arena, "%s\nCaused by: %s", what, err.message), false,
              source->timestamp_fail);
    sl_err_done(&err);
    return false;
  }
  return row->timestamp >= 0;
}

static void decode_record(decoder *d, const sl_record *record) {
  sl_decoded *b = d->batch;
  b->bytes += record->key_len + record->value_len;
  if (!record->key && d->source->base.table) return; /* semantics.md 1.2: dropped without a word */
  sl_row *row = &b->rows[b->count];
  *row = (sl_row){.values = sl_arena_calloc(d->arena, (size_t)d->slots + 1, sizeof(sl_value))};
  sl_err err = {0};
  int side = decode_columns(d, record, row, &err);
  if (side) {
    add_error(d, record->offset, err.message, side == 1, false);
    sl_err_done(&err);
    return;
  }
  if (!extract_timestamp(d, record, row)) return;
  fill_pseudo(d, record, row);
  if (record->headers.count || d->source->needs_origin) {
    sl_origin *origin = sl_arena_alloc(d->arena, sizeof *origin);
    *origin = (sl_origin){sl_partition_number(d->reader->partition), record->offset, record->headers};
    row->origin = origin;
  }
  b->offsets[b->count++] = record->offset;
}

void sl_decode(sl_reader *reader, const sl_record *records, size_t count, sl_decoded *batch) {
  const sl_plan_codec *codec = &reader->source->codec;
  decoder d = {.reader = reader, .source = reader->source, .batch = batch, .arena = &batch->arena};
  d.slots = reader->source->base.layout.count;
  d.keys = sl_arena_calloc(d.arena, (size_t)codec->key_count + 1, sizeof(sl_value));
  d.values = sl_arena_calloc(d.arena, (size_t)codec->value_count + 1, sizeof(sl_value));
  d.olds = sl_arena_calloc(d.arena, (size_t)codec->value_count + 1, sizeof(sl_value));
  batch->rows = sl_arena_alloc(d.arena, count * sizeof *batch->rows);
  batch->offsets = sl_arena_alloc(d.arena, count * sizeof *batch->offsets);
  for (size_t i = 0; i < count; i++) decode_record(&d, &records[i]);
}
