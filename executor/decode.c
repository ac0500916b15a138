/* Decoding a reader's records into a batch: see decode.h. Memory is the batch's arena; strings borrow from the fetch.
 */
#include "executor/decode.h"
#include <string.h>

typedef struct decoder {
  sl_reader *reader;
  const sl_plan_source *source; /* topic, codec and timestamp are the same in every view */
  sl_decoded *batch;
  sl_arena *arena;
  sl_value *keys, *values, *olds; /* columns of the record at hand */
  sl_value **slots, **old_slots;  /* per view: where the next row's slots go */
} decoder;

static sl_decode_error *add_error(decoder *d, int64_t offset, sl_bad_record kind, const char *message) {
  sl_decoded *b = d->batch;
  if (b->error_count == b->error_cap) {
    size_t cap = b->error_cap ? b->error_cap * 2 : 8;
    sl_decode_error *errors = sl_arena_calloc(d->arena, cap, sizeof *errors);
    if (b->error_count) memcpy(errors, b->errors, b->error_count * sizeof *errors);
    b->errors = errors;
    b->error_cap = cap;
  }
  sl_decode_error *e = &b->errors[b->error_count++];
  *e = (sl_decode_error){.offset = offset, .kind = kind, .message = sl_arena_dup(d->arena, message, strlen(message))};
  return e;
}

static void print_columns(sl_buf *out, const char *lead, const sl_column *columns, const sl_value *values, int count) {
  sl_buf_add_z(out, lead);
  for (int i = 0; i < count; i++) {
    if (i) sl_buf_add_byte(out, ',');
    sl_value_print_json(out, columns[i].type, &values[i]);
  }
}

/* "key:[...], value:[...]": the columns that are read. */
static const char *record_text(decoder *d) {
  const sl_plan_codec *codec = &d->source->codec;
  sl_buf text = {0};
  print_columns(&text, "key:[", codec->key_columns, d->keys, codec->key_count);
  print_columns(&text, "], value:[", codec->value_columns, d->values, codec->value_count);
  sl_buf_add_byte(&text, ']');
  const char *kept = sl_arena_dup(d->arena, text.data, text.len);
  sl_buf_done(&text);
  return kept;
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

/* The value of a slot. A null row has no pseudo columns but the window's bounds. */
static sl_value slot_value(decoder *d, const sl_source_slot *slot, const sl_record *record, const sl_row *row) {
  bool windowed = row->flags & SL_ROW_WINDOWED, absent = row->flags & SL_ROW_VALUE_ABSENT;
  switch (slot->origin) {
  case SL_SLOT_KEY: return d->keys[slot->column];
  case SL_SLOT_VALUE: return d->values[slot->column];
  case SL_SLOT_WINDOWSTART: return windowed ? sl_of_i64(row->window_start) : sl_null();
  case SL_SLOT_WINDOWEND: return windowed ? sl_of_i64(row->window_end) : sl_null();
  case SL_SLOT_HEADER: return absent ? sl_null() : header_value(d, slot, &record->headers);
  case SL_SLOT_ROWTIME: return absent ? sl_null() : sl_of_i64(row->timestamp);
  case SL_SLOT_ROWPARTITION: return absent ? sl_null() : sl_of_i64(sl_partition_number(d->reader->partition));
  case SL_SLOT_ROWOFFSET: return absent ? sl_null() : sl_of_i64(record->offset);
  }
  return sl_null();
}

/* Lays the record out for view number v. */
static void lay_out(decoder *d, int v, const sl_record *record, const sl_row *row) {
  const sl_plan_source *source = ((sl_view *)sl_vec_at(&d->reader->views, (size_t)v))->source;
  sl_row *out = &d->batch->views[v].rows[d->batch->count];
  int count = source->base.layout.count;
  *out = *row;
  out->values = d->slots[v];
  d->slots[v] += count;
  for (int i = 0; i < count; i++) out->values[i] = slot_value(d, &source->slots[i], record, row);
  if (!(row->flags & SL_ROW_HAS_OLD)) return;
  out->old = d->old_slots[v];
  d->old_slots[v] += count;
  for (int i = 0; i < count; i++)
    out->old[i] = source->slots[i].origin == SL_SLOT_VALUE ? d->olds[source->slots[i].column] : out->values[i];
}

static void clear(sl_value *values, int count) {
  memset(values, 0, (size_t)count * sizeof *values);
}

/* Key and value columns; 0, or which side failed: 1 key, 2 value. */
static int decode_columns(decoder *d, const sl_record *record, sl_row *row, sl_err *err) {
  sl_reader *reader = d->reader;
  const sl_plan_codec *codec = &d->source->codec;
  const uint8_t *key = record->key;
  uint32_t key_len = record->key_len;
  if (!key || (codec->window != SL_WINDOW_NONE && !key_len)) {
    row->flags |= SL_ROW_KEY_ABSENT;
    clear(d->keys, codec->key_count);
  } else {
    if (sl_codec_split_key(reader->codec, &key, &key_len, row, err)) return 1;
    if (sl_codec_decode_key(reader->codec, key, key_len, reader->needed_keys, d->arena, d->keys, err)) return 1;
    if (d->source->topic->internal) { /* our own encoding: good for stores as it is */
      row->key = key;
      row->key_len = key_len;
    }
  }
  if (!record->value)
    row->flags |= SL_ROW_VALUE_ABSENT;
  else if (sl_codec_decode_value(reader->codec, record->value, record->value_len, reader->needed_values, d->arena,
                                 d->values, d->olds, &row->flags, err))
    return 2;
  if (row->flags & SL_ROW_VALUE_ABSENT) clear(d->values, codec->value_count);
  return 0;
}

/* Sets the row's timestamp; false when the record cannot be a row. */
static bool extract_timestamp(decoder *d, const sl_record *record, sl_row *row) {
  const sl_plan_source *source = d->source;
  row->timestamp = record->timestamp;
  if (source->timestamp_slot < 0) {
    if (record->timestamp >= 0) return true;
    add_error(d, record->offset, SL_NEGATIVE_TIMESTAMP, "The record has a negative timestamp.");
    return false;
  }
  sl_err err = {0};
  const sl_source_slot *slot = &source->slots[source->timestamp_slot];
  const sl_value *v = slot->origin == SL_SLOT_KEY ? &d->keys[slot->column] : &d->values[slot->column];
  if (sl_stamp_read(&d->reader->stamp, d->arena, v, &row->timestamp, &err)) {
    const char *what = source->timestamp_fail ? "Fatal user code error in TimestampExtractor callback for record"
                                              : "Failed to extract timestamp from row";
    sl_decode_error *e = add_error(d, record->offset, SL_BAD_TIMESTAMP,
                                   sl_arena_printf(d->arena, "%s\nCaused by: %s", what, err.message));
    if (d->reader->ready.worker->executor->options.processing_rows) e->text = record_text(d);
    sl_err_done(&err);
    return false;
  }
  return row->timestamp >= 0;
}

static void decode_record(decoder *d, const sl_record *record) {
  sl_decoded *b = d->batch;
  b->bytes += record->key_len + record->value_len;
  if (!record->key && d->source->base.table) return; /* semantics.md 1.2: dropped without a word */
  sl_row row = {0};
  sl_err err = {0};
  int side = decode_columns(d, record, &row, &err);
  if (side) {
    sl_decode_error *e = add_error(d, record->offset, side == 1 ? SL_BAD_KEY : SL_BAD_VALUE, err.message);
    e->bytes = side == 1 ? sl_str_n((const char *)record->key, record->key_len)
                         : sl_str_n((const char *)record->value, record->value_len);
    sl_err_done(&err);
    return;
  }
  if (!extract_timestamp(d, record, &row)) return;
  if (record->headers.count || d->source->needs_origin) {
    sl_origin *origin = sl_arena_alloc(d->arena, sizeof *origin);
    *origin = (sl_origin){sl_partition_number(d->reader->partition), record->offset, record->headers};
    row.origin = origin;
  }
  for (int v = 0; v < b->view_count; v++) lay_out(d, v, record, &row);
  b->offsets[b->count++] = record->offset;
}

void sl_decode(sl_reader *reader, const sl_record *records, size_t count, sl_decoded *batch) {
  const sl_plan_codec *codec = &reader->source->codec;
  decoder d = {.reader = reader, .source = reader->source, .batch = batch, .arena = &batch->arena};
  size_t views = reader->views.len;
  bool changes = codec->native && reader->source->base.table;
  d.keys = sl_arena_calloc(d.arena, (size_t)codec->key_count + 1, sizeof(sl_value));
  d.values = sl_arena_calloc(d.arena, (size_t)codec->value_count + 1, sizeof(sl_value));
  d.olds = sl_arena_calloc(d.arena, (size_t)codec->value_count + 1, sizeof(sl_value));
  d.slots = sl_arena_calloc(d.arena, views, sizeof *d.slots);
  d.old_slots = sl_arena_calloc(d.arena, views, sizeof *d.old_slots);
  batch->views = sl_arena_calloc(d.arena, views, sizeof *batch->views);
  batch->view_count = (int)views;
  for (size_t v = 0; v < views; v++) {
    const sl_view *view = sl_vec_at(&reader->views, v);
    size_t cells = count * (size_t)view->source->base.layout.count * sizeof(sl_value);
    batch->views[v] = (sl_decoded_view){view->id, sl_arena_alloc(d.arena, count * sizeof(sl_row))};
    d.slots[v] = sl_arena_alloc(d.arena, cells + 1);
    if (changes) d.old_slots[v] = sl_arena_alloc(d.arena, cells + 1);
  }
  batch->offsets = sl_arena_alloc(d.arena, count * sizeof *batch->offsets);
  for (size_t i = 0; i < count; i++) decode_record(&d, &records[i]);
}
