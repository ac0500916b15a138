/* Record batches, Kafka's message format v2 (log.md 2): header, records, rules.
 *
 * A batch in memory is its bytes. Everything read here may come from a damaged file or a hostile client: nothing is
 * trusted before it has been examined. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "topics/compression.h"
#include "topics/log.h"

enum {
  SL_BATCH_HEADER = 61,     /* bytes before the records */
  SL_BATCH_PREFIX = 12,     /* baseOffset and batchLength, which batchLength does not count */
  SL_BATCH_MIN_LENGTH = 49, /* smallest batchLength */
  SL_BATCH_MAGIC = 2,
};

enum { /* attributes */
       SL_BATCH_CODEC_MASK = 7,
       SL_BATCH_LOG_APPEND_TIME = 8,
       SL_BATCH_TRANSACTIONAL = 16,
       SL_BATCH_CONTROL = 32,
       SL_BATCH_DELETE_HORIZON = 64,
};

typedef struct sl_batch_header {
  int64_t base_offset;
  int32_t batch_length;
  int32_t leader_epoch;
  int8_t magic;
  uint32_t crc;
  int16_t attributes;
  int32_t last_offset_delta;
  int64_t base_timestamp; /* the delete horizon with SL_BATCH_DELETE_HORIZON */
  int64_t max_timestamp;
  int64_t producer_id;
  int16_t producer_epoch;
  int32_t base_sequence;
  int32_t record_count;
} sl_batch_header;

void sl_batch_header_decode(const uint8_t *data, sl_batch_header *out);    /* data has SL_BATCH_HEADER bytes */
void sl_batch_header_encode(uint8_t *data, const sl_batch_header *header); /* the crc as it is in header */
void sl_batch_seal(uint8_t *batch, size_t size);                           /* computes and stores the CRC */

static inline size_t sl_batch_size(const sl_batch_header *h) {
  return (size_t)h->batch_length + SL_BATCH_PREFIX;
}
static inline int64_t sl_batch_last(const sl_batch_header *h) {
  return h->base_offset + h->last_offset_delta;
}
static inline int sl_batch_codec(const sl_batch_header *h) {
  return h->attributes & SL_BATCH_CODEC_MASK;
}

typedef enum sl_batch_status {
  SL_BATCH_OK,
  SL_BATCH_INCOMPLETE, /* R1: the bytes end before the batch does */
  SL_BATCH_CORRUPT,    /* R2, R4, R5 */
} sl_batch_status;

/* Looks at the batch at data: R1, R2, R4 and, if check_crc, R5. *out is filled as soon as the header is there; *why
 * names the broken rule in words. base offsets (R3) are the caller's, who knows what was expected. */
sl_batch_status sl_batch_examine(const uint8_t *data, size_t len, bool check_crc, sl_batch_header *out,
                                 const char **why);

/* The records of a batch as plain bytes: in place, or appended to scratch when the batch is compressed. SL_E_CORRUPT,
 * SL_E_LIMIT, SL_E_UNSUPPORTED_COMPRESSION. */
int sl_batch_records(const uint8_t *batch, const sl_batch_header *header, size_t limit, sl_buf *scratch,
                     const uint8_t **records, size_t *len, sl_err *err);

/* Decodes header->record_count records into out; they borrow from records. NULL, or what is wrong with them (R6). */
const char *sl_records_decode(const sl_batch_header *header, const uint8_t *records, size_t len, sl_record *out);

/* ---- writing ---- */

typedef struct sl_batch_writer {
  sl_buf *out;
  size_t at; /* where the batch starts in out */
  int64_t base_timestamp;
  int64_t max_timestamp;
  int32_t count;
  int32_t last_delta;
  bool has_base; /* base_timestamp was set by the caller (a delete horizon), not by the first record */
} sl_batch_writer;

/* Starts a batch at the end of out. */
void sl_batch_begin(sl_batch_writer *writer, sl_buf *out);
/* Bytes that this record would add. */
size_t sl_batch_record_size(const sl_batch_writer *writer, int32_t offset_delta, int64_t timestamp, const void *key,
                            size_t key_len, const void *value, size_t value_len, const sl_record_headers *headers);
void sl_batch_add(sl_batch_writer *writer, int32_t offset_delta, int64_t timestamp, const void *key, size_t key_len,
                  const void *value, size_t value_len, const sl_record_headers *headers);
/* Fills the header: base offset 0, no producer, no codec, CRC not yet computed. */
void sl_batch_end(sl_batch_writer *writer);
/* Appends batch to out with its records compressed, or as it is when that would not be shorter. */
int sl_batch_compress(const uint8_t *batch, size_t size, sl_codec codec, sl_buf *out, sl_err *err);

/* ---- appends by clients ---- */

typedef struct sl_append_rules {
  int64_t now;
  int64_t before_max_ms, after_max_ms; /* INT64_MAX: no limit */
  size_t max_message_bytes;
  size_t decompressed_limit;
  bool compacted;
  bool log_append_time;
  bool zstd_allowed;
} sl_append_rules;

/* Rules A1 to A11 for a batch that came from outside. SL_E_CORRUPT, SL_E_MESSAGE_TOO_LARGE, SL_E_INVALID_RECORD,
 * SL_E_INVALID_TIMESTAMP, SL_E_UNSUPPORTED_COMPRESSION. */
int sl_batch_validate(const uint8_t *batch, size_t len, const sl_append_rules *rules, sl_err *err);
