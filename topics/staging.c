/* Staging: records become batch bytes as soon as they are staged, so a commit only fills in offsets and checksums.
 *
 * One builder per partition touched; its batches lie back to back in one buffer and are closed at BATCH_SOFT bytes,
 * which keeps a reader's step small, or at the topic's max.message.bytes when that is less. Memory survives a reset. */
#include <string.h>
#include "base/heap.h"
#include "topics/log_int.h"

enum { BATCH_SOFT = 64 * 1024, KEEP_BYTES = 1 << 20 };

sl_staging *sl_staging_new(void) {
  return sl_heap_zalloc(sizeof(sl_staging));
}

void sl_staging_reset(sl_staging *staging) {
  for (size_t i = 0; i < staging->count; i++) {
    sl_staged *s = staging->items[i];
    sl_topic_unref(s->partition->topic);
    s->partition = NULL;
    if (s->bytes.cap > KEEP_BYTES) sl_buf_done(&s->bytes);
    if (s->packed.cap > KEEP_BYTES) sl_buf_done(&s->packed);
    sl_buf_reset(&s->bytes);
    sl_buf_reset(&s->packed);
    s->records = 0;
    s->open = false;
  }
  if (staging->count) memset(staging->slots, 0, staging->slot_count * sizeof *staging->slots);
  staging->count = staging->bytes = staging->records = 0;
  staging->last = NULL;
}

void sl_staging_free(sl_staging *staging) {
  if (!staging) return;
  sl_staging_reset(staging);
  for (size_t i = 0; i < staging->cap; i++) {
    if (!staging->items[i]) continue;
    sl_buf_done(&staging->items[i]->bytes);
    sl_buf_done(&staging->items[i]->packed);
    sl_heap_free(staging->items[i]);
  }
  sl_heap_free(staging->items);
  sl_heap_free(staging->slots);
  sl_heap_free(staging);
}

size_t sl_staging_bytes(const sl_staging *staging) {
  return staging->bytes;
}
size_t sl_staging_records(const sl_staging *staging) {
  return staging->records;
}

/* ---- which builder ---- */

static size_t slot_of(const sl_staging *staging, const sl_partition *partition) {
  return (size_t)(((uintptr_t)partition * 0x9E3779B97F4A7C15u) >> 32) & (staging->slot_count - 1);
}

static void insert_slot(sl_staging *staging, size_t item) {
  size_t slot = slot_of(staging, staging->items[item]->partition);
  while (staging->slots[slot]) slot = (slot + 1) & (staging->slot_count - 1);
  staging->slots[slot] = (uint32_t)item + 1;
}

static void grow(sl_staging *staging) {
  size_t cap = staging->cap ? staging->cap * 2 : 8;
  staging->items = sl_heap_realloc(staging->items, cap * sizeof *staging->items);
  memset(staging->items + staging->cap, 0, (cap - staging->cap) * sizeof *staging->items);
  staging->cap = cap;
  staging->slot_count = cap * 2;
  sl_heap_free(staging->slots);
  staging->slots = sl_heap_zalloc(staging->slot_count * sizeof *staging->slots);
  for (size_t i = 0; i < staging->count; i++) insert_slot(staging, i);
}

static sl_staged *builder_find(const sl_staging *staging, const sl_partition *partition) {
  if (!staging->count) return NULL;
  size_t slot = slot_of(staging, partition);
  for (; staging->slots[slot]; slot = (slot + 1) & (staging->slot_count - 1)) {
    sl_staged *s = staging->items[staging->slots[slot] - 1];
    if (s->partition == partition) return s;
  }
  return NULL;
}

static sl_staged *builder_get(sl_staging *staging, sl_partition *partition) {
  sl_staged *s = builder_find(staging, partition);
  if (s) return s;
  if (staging->count == staging->cap) grow(staging);
  s = staging->items[staging->count];
  if (!s) s = staging->items[staging->count] = sl_heap_zalloc(sizeof *s);
  s->partition = partition;
  sl_topic_ref(partition->topic);
  insert_slot(staging, staging->count++);
  return s;
}

/* ---- records ---- */

static int check_timestamp(const sl_partition *partition, const sl_topic_config *config, int64_t ts, sl_err *err) {
  if (config->log_append_time || ts == -1) return 0;
  if (ts < 0)
    return sl_err_set(err, SL_E_INVALID_TIMESTAMP, SL_NO_POS,
                      "Invalid timestamp: %lld. Timestamp should always be non-negative or null.", (long long)ts);
  if (config->timestamp_before_max_ms == INT64_MAX && config->timestamp_after_max_ms == INT64_MAX) return 0;
  int64_t now = sl_clock_wall_ms(partition->topic->log->clock);
  if (now - ts <= config->timestamp_before_max_ms && ts - now <= config->timestamp_after_max_ms) return 0;
  return sl_err_set(err, SL_E_INVALID_TIMESTAMP, SL_NO_POS,
                    "Timestamp %lld is out of the range that topic '" SL_STR_FMT "' accepts at %lld", (long long)ts,
                    SL_STR_ARG(partition->topic->name), (long long)now);
}

static int check_size(const sl_partition *partition, const sl_topic_config *config, size_t size, sl_err *err) {
  int64_t limit = config->max_message_bytes < config->segment_bytes ? config->max_message_bytes : config->segment_bytes;
  if ((int64_t)size + SL_BATCH_HEADER <= limit) return 0;
  return sl_err_set(err, SL_E_MESSAGE_TOO_LARGE, SL_NO_POS,
                    "A record of %zu bytes is larger than topic '" SL_STR_FMT "' accepts (%lld bytes with its batch)",
                    size, SL_STR_ARG(partition->topic->name), (long long)limit);
}

static void close_batch(sl_staged *s) {
  if (s->open) sl_batch_end(&s->writer);
  s->open = false;
}

int sl_staging_append(sl_staging *staging, sl_partition *partition, int64_t timestamp, const void *key, size_t key_len,
                      const void *value, size_t value_len, const sl_record_headers *headers, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(partition->topic);
  if (config->cleanup_compact && !key)
    return sl_err_set(err, SL_E_INVALID_RECORD, SL_NO_POS, "Topic '" SL_STR_FMT "' is compacted: a record needs a key",
                      SL_STR_ARG(partition->topic->name));
  if (key_len > INT32_MAX / 4 || value_len > INT32_MAX / 4 || (headers && headers->len > INT32_MAX / 4))
    return check_size(partition, config, INT32_MAX, err);
  int rc = check_timestamp(partition, config, timestamp, err);
  if (rc) return rc;

  sl_staged *s = staging->last && staging->last->partition == partition ? staging->last : NULL;
  if (!s) s = builder_find(staging, partition);
  sl_batch_writer fresh = {0};
  const sl_batch_writer *writer = s && s->open ? &s->writer : &fresh;
  size_t size = sl_batch_record_size(writer, writer->count, timestamp, key, key_len, value, value_len, headers);
  int64_t limit = config->max_message_bytes < BATCH_SOFT ? config->max_message_bytes : BATCH_SOFT;
  if (config->segment_bytes < limit) limit = config->segment_bytes;
  if (s && s->open && (int64_t)(s->bytes.len - s->writer.at + size) > limit) {
    close_batch(s);
    size = sl_batch_record_size(&fresh, 0, timestamp, key, key_len, value, value_len, headers);
  }
  if (!s || !s->open) {
    rc = check_size(partition, config, size, err);
    if (rc) return rc;
    if (!s) s = builder_get(staging, partition);
    sl_batch_begin(&s->writer, &s->bytes);
    s->open = true;
    staging->bytes += SL_BATCH_HEADER;
  }
  sl_batch_add(&s->writer, s->writer.count, timestamp, key, key_len, value, value_len, headers);
  s->records++;
  staging->last = s;
  staging->bytes += size;
  staging->records++;
  return 0;
}

int sl_staged_finish(sl_staged *s, uint8_t **data, size_t *len, sl_err *err) {
  close_batch(s);
  *data = s->bytes.data;
  *len = s->bytes.len;
  sl_codec codec = (sl_codec)sl_topic_config_of(s->partition->topic)->compression;
  if (codec == SL_CODEC_NONE) return 0;
  sl_buf_reset(&s->packed);
  for (size_t at = 0; at < s->bytes.len;) {
    sl_batch_header h;
    sl_batch_header_decode(s->bytes.data + at, &h);
    int rc = sl_batch_compress(s->bytes.data + at, sl_batch_size(&h), codec, &s->packed, err);
    if (rc) return rc;
    at += sl_batch_size(&h);
  }
  *data = s->packed.data;
  *len = s->packed.len;
  return 0;
}
