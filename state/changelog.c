/* Changelogs: see changelog.h. Restoring reads what is visible: an uncommitted change never gets into the topic. */
#include "state/changelog.h"
#include "state/key_codec.h"
#include "state/row_codec.h"

static void key_bytes(const sl_store_options *o, const sl_store_key *key, sl_buf *out) {
  sl_buf_reset(out);
  switch (o->shape) {
  case SL_STATE_KEY_VALUE: sl_buf_add_str(out, key->bytes); break;
  case SL_STATE_WINDOW: sl_key_join_sequence(out, key->bytes, key->start, 0); break;
  case SL_STATE_SESSION: sl_key_join_session(out, key->bytes, key->start, key->end); break;
  case SL_STATE_PREFIX: sl_key_join_prefix(out, key->bytes, key->rest); break;
  case SL_STATE_BUFFER:
  case SL_STATE_PENDING: sl_key_join_sequence(out, key->bytes, key->start, (uint32_t)key->end); break;
  }
}

int sl_changelog_write(const sl_store *store, sl_staging *staging, sl_partition *changelog, sl_arena *scratch,
                       sl_err *err) {
  const sl_store_options *o = sl_store_get_options(store);
  sl_buf key = {0}, value = {0};
  size_t at = 0;
  int rc = 0;
  sl_store_change change;
  sl_arena_point mark = sl_arena_mark(scratch);
  while (!rc && sl_store_change_next(store, &at, scratch, &change)) {
    if (change.has_new || change.has_old) {
      key_bytes(o, &change.key, &key);
      sl_buf_reset(&value);
      if (change.has_new) sl_row_encode(&value, o->types, o->count, change.now.values);
      int64_t timestamp = change.now.timestamp < 0 ? 0 : change.now.timestamp;
      rc = sl_staging_append(staging, changelog, timestamp, key.data ? (const void *)key.data : "", key.len,
                             change.has_new ? value.data : NULL, value.len, NULL, err);
    }
    sl_arena_rewind(scratch, mark);
  }
  sl_buf_done(&key);
  sl_buf_done(&value);
  return rc;
}

static int split(const sl_store_options *o, sl_str bytes, sl_store_key *out, sl_err *err) {
  *out = (sl_store_key){.bytes = bytes};
  if (o->shape == SL_STATE_KEY_VALUE) return 0;
  if (o->shape == SL_STATE_PREFIX) return sl_key_split_prefix(bytes, &out->bytes, &out->rest, err);
  sl_windowed_key parts;
  int rc = o->shape == SL_STATE_SESSION ? sl_key_split(SL_WINDOW_SESSION, 0, bytes, &parts, err)
                                        : sl_key_split_sequence(o->window_size, bytes, &parts, err);
  if (rc) return rc;
  bool window = o->shape == SL_STATE_WINDOW || o->shape == SL_STATE_SESSION;
  *out = (sl_store_key){.bytes = parts.key, .start = parts.start, .end = window ? parts.end : (int64_t)parts.sequence};
  return 0;
}

static int decode(const sl_store_options *o, const sl_record *record, sl_arena *scratch, sl_store_restored *out,
                  sl_err *err) {
  if (!record->key)
    return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The changelog of %s has a record without key.", o->name);
  int rc = split(o, sl_str_n((const char *)record->key, record->key_len), &out->key, err);
  out->values = NULL;
  out->timestamp = record->timestamp;
  if (rc || !record->value) return rc;
  sl_value *values = sl_arena_alloc(scratch, ((size_t)o->count + 1) * sizeof *values);
  out->values = values;
  return sl_row_decode(record->value, record->value_len, o->types, o->count, scratch, values, err);
}

int sl_changelog_restore(sl_store *store, sl_partition *changelog, int64_t *position, int64_t end, size_t max_records,
                         sl_arena *scratch, sl_err *err) {
  enum { CHUNK = 256 };
  int64_t start = sl_partition_start(changelog);
  if (*position < start) *position = start;
  if (*position >= end) return 0;
  sl_fetch *fetch;
  int rc = sl_log_fetch(changelog, *position, 1 << 20, max_records, SL_READ_VISIBLE, &fetch, err);
  if (rc) return rc;
  const sl_store_options *o = sl_store_get_options(store);
  sl_arena_point mark = sl_arena_mark(scratch);
  for (size_t i = 0; !rc && i < fetch->count;) {
    sl_store_restored rows[CHUNK];
    int n = 0;
    for (; !rc && n < CHUNK && i < fetch->count; n++) rc = decode(o, &fetch->records[i++], scratch, &rows[n], err);
    if (!rc) rc = sl_store_restore(store, rows, n, err);
    sl_arena_rewind(scratch, mark);
  }
  *position = fetch->count || fetch->next_offset > *position ? fetch->next_offset : end;
  sl_fetch_unref(fetch);
  return rc;
}
