/* Record batch v2.
 *
 *   offset size field                offset size field
 *   0      8    base offset          27     8    base timestamp
 *   8      4    batch length         35     8    max timestamp
 *   12     4    leader epoch         43     8    producer id
 *   16     1    magic (2)            51     2    producer epoch
 *   17     4    CRC-32C of 21..end   53     4    base sequence
 *   21     2    attributes           57     4    record count
 *   23     4    last offset delta    61     -    records
 *
 * A record: varint length of the rest, i8 attributes, varlong timestamp delta, varint offset delta, key and value each
 * with a varint length (-1 null), varint header count, headers. */
#include "topics/record_batch.h"
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/crc32c.h"

void sl_batch_header_decode(const uint8_t *p, sl_batch_header *out) {
  out->base_offset = (int64_t)sl_get_u64(p);
  out->batch_length = (int32_t)sl_get_u32(p + 8);
  out->leader_epoch = (int32_t)sl_get_u32(p + 12);
  out->magic = (int8_t)p[16];
  out->crc = sl_get_u32(p + 17);
  out->attributes = (int16_t)sl_get_u16(p + 21);
  out->last_offset_delta = (int32_t)sl_get_u32(p + 23);
  out->base_timestamp = (int64_t)sl_get_u64(p + 27);
  out->max_timestamp = (int64_t)sl_get_u64(p + 35);
  out->producer_id = (int64_t)sl_get_u64(p + 43);
  out->producer_epoch = (int16_t)sl_get_u16(p + 51);
  out->base_sequence = (int32_t)sl_get_u32(p + 53);
  out->record_count = (int32_t)sl_get_u32(p + 57);
}

void sl_batch_header_encode(uint8_t *p, const sl_batch_header *h) {
  sl_put_u64(p, (uint64_t)h->base_offset);
  sl_put_u32(p + 8, (uint32_t)h->batch_length);
  sl_put_u32(p + 12, (uint32_t)h->leader_epoch);
  p[16] = (uint8_t)h->magic;
  sl_put_u32(p + 17, h->crc);
  sl_put_u16(p + 21, (uint16_t)h->attributes);
  sl_put_u32(p + 23, (uint32_t)h->last_offset_delta);
  sl_put_u64(p + 27, (uint64_t)h->base_timestamp);
  sl_put_u64(p + 35, (uint64_t)h->max_timestamp);
  sl_put_u64(p + 43, (uint64_t)h->producer_id);
  sl_put_u16(p + 51, (uint16_t)h->producer_epoch);
  sl_put_u32(p + 53, (uint32_t)h->base_sequence);
  sl_put_u32(p + 57, (uint32_t)h->record_count);
}

void sl_batch_seal(uint8_t *batch, size_t size) {
  sl_put_u32(batch + 17, sl_crc32c(0, batch + 21, size - 21));
}

sl_batch_status sl_batch_examine(const uint8_t *data, size_t len, bool check_crc, sl_batch_header *out,
                                 const char **why) {
  if (len < 17) {
    *why = "the file ends inside a batch header";
    return SL_BATCH_INCOMPLETE;
  }
  int32_t length = (int32_t)sl_get_u32(data + 8);
  if (length < SL_BATCH_MIN_LENGTH) {
    *why = "the batch length is less than a header";
    return SL_BATCH_CORRUPT;
  }
  if (data[16] != SL_BATCH_MAGIC) {
    *why = "the batch is not of message format 2";
    return SL_BATCH_CORRUPT;
  }
  if (len < SL_BATCH_HEADER) {
    *why = "the file ends inside a batch header";
    return SL_BATCH_INCOMPLETE;
  }
  sl_batch_header_decode(data, out);
  if ((size_t)length > len - SL_BATCH_PREFIX) {
    *why = "the file ends inside a batch";
    return SL_BATCH_INCOMPLETE;
  }
  if (out->base_offset < 0 || out->base_offset > INT64_MAX - INT32_MAX - 1 || out->last_offset_delta < 0 ||
      out->record_count < 0 || (int64_t)out->record_count > (int64_t)out->last_offset_delta + 1) {
    *why = "offsets and record count of the batch do not fit together";
    return SL_BATCH_CORRUPT;
  }
  if (check_crc && sl_crc32c(0, data + 21, sl_batch_size(out) - 21) != out->crc) {
    *why = "the checksum of the batch does not match";
    return SL_BATCH_CORRUPT;
  }
  return SL_BATCH_OK;
}

int sl_batch_records(const uint8_t *batch, const sl_batch_header *header, size_t limit, sl_buf *scratch,
                     const uint8_t **records, size_t *len, sl_err *err) {
  const uint8_t *data = batch + SL_BATCH_HEADER;
  size_t size = sl_batch_size(header) - SL_BATCH_HEADER;
  int codec = sl_batch_codec(header);
  if (codec == SL_CODEC_NONE || (header->record_count == 0 && size == 0)) {
    *records = data;
    *len = size;
    return 0;
  }
  size_t start = scratch->len;
  int rc = sl_codec_decompress(codec, data, size, limit, scratch, err);
  if (rc) return rc;
  *records = scratch->data + start;
  *len = scratch->len - start;
  return 0;
}

/* ---- reading records ---- */

static inline bool get_varint(const uint8_t **p, const uint8_t *end, int64_t *out) {
  if (*p < end && !(**p & 0x80)) {
    *out = sl_unzigzag(*(*p)++);
    return true;
  }
  int64_t v = 0;
  if (!sl_get_varint(p, end, 5, &v)) return false;
  *out = v;
  return v >= INT32_MIN && v <= INT32_MAX;
}

static inline bool get_varlong(const uint8_t **p, const uint8_t *end, int64_t *out) {
  if (*p < end && !(**p & 0x80)) {
    *out = sl_unzigzag(*(*p)++);
    return true;
  }
  return sl_get_varint(p, end, 10, out);
}

/* Length-prefixed bytes; NULL data for length -1. */
static inline bool get_bytes(const uint8_t **p, const uint8_t *end, const uint8_t **data, uint32_t *len) {
  int64_t n;
  if (!get_varint(p, end, &n) || n < -1 || n > end - *p) return false;
  *data = n < 0 ? NULL : *p;
  *len = n < 0 ? 0 : (uint32_t)n;
  *p += *len;
  return true;
}

static bool get_headers(const uint8_t **p, const uint8_t *end, sl_record_headers *out) {
  int64_t count;
  if (!get_varint(p, end, &count) || count < 0 || count > end - *p) return false;
  out->data = *p;
  out->count = (uint32_t)count;
  for (int64_t i = 0; i < count; i++) {
    const uint8_t *data;
    uint32_t len;
    if (!get_bytes(p, end, &data, &len) || !data) return false;
    if (!get_bytes(p, end, &data, &len)) return false;
  }
  out->len = (uint32_t)(*p - out->data);
  return true;
}

static bool decode_record(const sl_batch_header *h, const uint8_t *p, const uint8_t *end, int64_t *delta,
                          sl_record *out) {
  int64_t ts_delta;
  if (p == end) return false;
  p++; /* attributes, unused */
  if (!get_varlong(&p, end, &ts_delta) || !get_varint(&p, end, delta)) return false;
  out->offset = h->base_offset + *delta;
  out->timestamp = h->attributes & SL_BATCH_LOG_APPEND_TIME
                       ? h->max_timestamp
                       : (int64_t)((uint64_t)h->base_timestamp + (uint64_t)ts_delta);
  return get_bytes(&p, end, &out->key, &out->key_len) && get_bytes(&p, end, &out->value, &out->value_len) &&
         get_headers(&p, end, &out->headers) && p == end;
}

const char *sl_records_decode(const sl_batch_header *h, const uint8_t *data, size_t len, sl_record *out) {
  const uint8_t *p = data, *end = data + len;
  int64_t last = -1;
  for (int32_t i = 0; i < h->record_count; i++) {
    int64_t size, delta;
    if (!get_varint(&p, end, &size) || size < 0 || size > end - p) return "a record is longer than its batch";
    if (!decode_record(h, p, p + size, &delta, &out[i])) return "a record does not end where its length says";
    if (delta <= last || delta > h->last_offset_delta) return "the offsets of the records do not grow";
    last = delta;
    p += size;
  }
  return p == end ? NULL : "there are bytes after the last record";
}

bool sl_headers_next(const sl_record_headers *headers, size_t *at, sl_str *name, sl_str *value, bool *value_null) {
  const uint8_t *p = headers->data + *at, *end = headers->data + headers->len, *data;
  uint32_t len;
  if (*at >= headers->len) return false;
  if (!get_bytes(&p, end, &data, &len) || !data) return false;
  sl_str n = sl_str_n((const char *)data, len);
  if (!get_bytes(&p, end, &data, &len)) return false;
  *name = n;
  *value = sl_str_n((const char *)data, len);
  *value_null = !data;
  *at = (size_t)(p - headers->data);
  return true;
}

void sl_headers_encode(sl_buf *out, sl_str name, const sl_str *value) {
  size_t len = value ? value->len : 0;
  uint8_t *p = sl_buf_reserve(out, name.len + len + 10);
  size_t n = sl_put_varint(p, (int64_t)name.len);
  if (name.len) memcpy(p + n, name.ptr, name.len);
  n += name.len;
  n += sl_put_varint(p + n, value ? (int64_t)len : -1);
  if (len) memcpy(p + n, value->ptr, len);
  out->len += n + len;
}

/* ---- writing ---- */

void sl_batch_begin(sl_batch_writer *w, sl_buf *out) {
  *w = (sl_batch_writer){.out = out, .at = out->len, .max_timestamp = -1, .last_delta = -1};
  sl_buf_reserve(out, SL_BATCH_HEADER);
  out->len += SL_BATCH_HEADER;
}

static size_t body_size(int64_t ts_delta, int32_t delta, const void *key, size_t key_len, const void *value,
                        size_t value_len, const sl_record_headers *headers) {
  return 1 + sl_varint_size(ts_delta) + sl_varint_size(delta) + sl_varint_size(key ? (int64_t)key_len : -1) +
         (key ? key_len : 0) + sl_varint_size(value ? (int64_t)value_len : -1) + (value ? value_len : 0) +
         sl_varint_size(headers ? headers->count : 0) + (headers ? headers->len : 0);
}

static int64_t ts_delta(const sl_batch_writer *w, int64_t timestamp) {
  if (!w->count && !w->has_base) return 0;
  return (int64_t)((uint64_t)timestamp - (uint64_t)w->base_timestamp);
}

size_t sl_batch_record_size(const sl_batch_writer *w, int32_t delta, int64_t timestamp, const void *key, size_t key_len,
                            const void *value, size_t value_len, const sl_record_headers *headers) {
  size_t body = body_size(ts_delta(w, timestamp), delta, key, key_len, value, value_len, headers);
  return body + sl_varint_size((int64_t)body);
}

static uint8_t *put_bytes(uint8_t *p, const void *data, size_t len) {
  p += sl_put_varint(p, data ? (int64_t)len : -1);
  if (data && len) {
    memcpy(p, data, len);
    p += len;
  }
  return p;
}

void sl_batch_add(sl_batch_writer *w, int32_t delta, int64_t timestamp, const void *key, size_t key_len,
                  const void *value, size_t value_len, const sl_record_headers *headers) {
  int64_t ts = ts_delta(w, timestamp);
  if (!w->count && !w->has_base) w->base_timestamp = timestamp;
  if (timestamp > w->max_timestamp) w->max_timestamp = timestamp;
  size_t body = body_size(ts, delta, key, key_len, value, value_len, headers);
  uint8_t *start = sl_buf_reserve(w->out, body + 5), *p = start;
  p += sl_put_varint(p, (int64_t)body);
  *p++ = 0;
  p += sl_put_varint(p, ts);
  p += sl_put_varint(p, delta);
  p = put_bytes(p, key, key_len);
  p = put_bytes(p, value, value_len);
  p += sl_put_varint(p, headers ? headers->count : 0);
  if (headers && headers->len) {
    memcpy(p, headers->data, headers->len);
    p += headers->len;
  }
  w->out->len += (size_t)(p - start);
  w->count++;
  w->last_delta = delta;
}

void sl_batch_end(sl_batch_writer *w) {
  sl_batch_header h = {.batch_length = (int32_t)(w->out->len - w->at - SL_BATCH_PREFIX),
                       .magic = SL_BATCH_MAGIC,
                       .attributes = (int16_t)(w->has_base ? SL_BATCH_DELETE_HORIZON : 0),
                       .last_offset_delta = w->last_delta < 0 ? 0 : w->last_delta,
                       .base_timestamp = w->count || w->has_base ? w->base_timestamp : -1,
                       .max_timestamp = w->max_timestamp,
                       .producer_id = -1,
                       .producer_epoch = -1,
                       .base_sequence = -1,
                       .record_count = w->count};
  sl_batch_header_encode(w->out->data + w->at, &h);
}

int sl_batch_compress(const uint8_t *batch, size_t size, sl_codec codec, sl_buf *out, sl_err *err) {
  size_t at = out->len;
  sl_buf_add(out, batch, SL_BATCH_HEADER);
  int rc = sl_codec_compress(codec, batch + SL_BATCH_HEADER, size - SL_BATCH_HEADER, out, err);
  if (rc) return rc;
  if (out->len - at >= size) {
    out->len = at;
    sl_buf_add(out, batch, size);
    return 0;
  }
  sl_batch_header h;
  sl_batch_header_decode(batch, &h);
  h.batch_length = (int32_t)(out->len - at - SL_BATCH_PREFIX);
  h.attributes = (int16_t)((h.attributes & ~SL_BATCH_CODEC_MASK) | (int)codec);
  sl_batch_header_encode(out->data + at, &h);
  return 0;
}

/* ---- appends by clients ---- */

static int invalid(sl_err *err, const char *what) {
  return sl_err_set(err, SL_E_INVALID_RECORD, SL_NO_POS, "The record batch is refused: %s", what);
}

static int validate_record(const sl_batch_header *h, int32_t i, const sl_record *r, const sl_append_rules *rules,
                           sl_err *err) {
  if (r->offset != h->base_offset + i) return invalid(err, "its records are not numbered one by one");
  if (rules->compacted && !r->key) return invalid(err, "a record of a compacted topic needs a key");
  if (rules->log_append_time || r->timestamp == -1) return 0;
  bool old = rules->before_max_ms != INT64_MAX && r->timestamp < rules->now - rules->before_max_ms;
  bool early = rules->after_max_ms != INT64_MAX && r->timestamp > rules->now + rules->after_max_ms;
  if (!old && !early) return 0;
  return sl_err_set(err, SL_E_INVALID_TIMESTAMP, SL_NO_POS,
                    "The record's timestamp %lld is too far %s the present %lld", (long long)r->timestamp,
                    old ? "before" : "after", (long long)rules->now);
}

static int validate_records(const uint8_t *batch, const sl_batch_header *h, const sl_append_rules *rules, sl_err *err) {
  sl_buf scratch = {0};
  const uint8_t *data;
  size_t len;
  sl_record *records = NULL;
  int rc = sl_batch_records(batch, h, rules->decompressed_limit, &scratch, &data, &len, err);
  if (rc) goto done;
  if ((size_t)h->record_count > len / 7) { /* the smallest record; bounds the array below */
    rc = invalid(err, "it is too short for its record count");
    goto done;
  }
  records = malloc(sizeof *records * (size_t)h->record_count);
  if (!records) abort();
  const char *why = sl_records_decode(h, data, len, records);
  if (why) rc = invalid(err, why);
  for (int32_t i = 0; !rc && i < h->record_count; i++) rc = validate_record(h, i, &records[i], rules, err);
done:
  free(records);
  sl_buf_done(&scratch);
  return rc;
}

int sl_batch_validate(const uint8_t *batch, size_t len, const sl_append_rules *rules, sl_err *err) {
  sl_batch_header h;
  const char *why;
  if (sl_batch_examine(batch, len, true, &h, &why) != SL_BATCH_OK || sl_batch_size(&h) != len)
    return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The record batch is corrupt");
  if (len > rules->max_message_bytes)
    return sl_err_set(err, SL_E_MESSAGE_TOO_LARGE, SL_NO_POS,
                      "A record batch of %zu bytes is larger than the limit %zu", len, rules->max_message_bytes);
  if (h.base_offset != 0) return invalid(err, "its base offset is not 0");
  if (h.record_count < 1 || h.last_offset_delta != h.record_count - 1)
    return invalid(err, "its record count and last offset do not fit together");
  if (h.attributes & SL_BATCH_CONTROL) return invalid(err, "control batches cannot be produced");
  if (h.producer_id >= 0 && h.base_sequence < 0) return invalid(err, "it has a producer but no sequence");
  if ((h.attributes & SL_BATCH_TRANSACTIONAL) && h.producer_id < 0)
    return invalid(err, "it is transactional but has no producer");
  int codec = sl_batch_codec(&h);
  if (!sl_codec_name(codec) || (codec == SL_CODEC_ZSTD && !rules->zstd_allowed))
    return sl_err_set(err, SL_E_UNSUPPORTED_COMPRESSION, SL_NO_POS, "Compression codec %d cannot be used here", codec);
  if (!rules->log_append_time && (h.attributes & SL_BATCH_LOG_APPEND_TIME))
    return sl_err_set(err, SL_E_INVALID_TIMESTAMP, SL_NO_POS, "A producer cannot claim append time");
  return validate_records(batch, &h, rules, err);
}
