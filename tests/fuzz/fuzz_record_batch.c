/* libFuzzer target: bytes as a segment file, as a client's batch, and under each codec. Whatever they are, nothing
 * reads outside of them, and what is decompressed stays within its limit.
 *
 * The first byte says whether checksums are made to fit, so that the fuzzer gets behind them. */
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "topics/record_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 };

static void decode(const uint8_t *batch, const sl_batch_header *h) {
  sl_buf plain = {0};
  sl_err err = {0};
  const uint8_t *records;
  size_t len;
  if (sl_batch_records(batch, h, LIMIT, &plain, &records, &len, &err) == 0 && (size_t)h->record_count <= len / 7) {
    sl_record *out = calloc((size_t)h->record_count + 1, sizeof *out);
    if (!out) abort();
    if (!sl_records_decode(h, records, len, out)) {
      for (int32_t i = 0; i < h->record_count; i++) {
        size_t at = 0, count = 0;
        sl_str name, value;
        bool null;
        while (sl_headers_next(&out[i].headers, &at, &name, &value, &null)) count++;
        if (count != out[i].headers.count) abort();
        if (i && out[i].offset <= out[i - 1].offset) abort();
      }
    }
    free(out);
  }
  if (plain.len > LIMIT + 65536) abort();
  sl_buf_done(&plain);
  sl_err_done(&err);
}

static void fit_checksum(uint8_t *batch, size_t left) {
  if (left < SL_BATCH_HEADER) return;
  uint32_t length = (uint32_t)batch[8] << 24 | (uint32_t)batch[9] << 16 | (uint32_t)batch[10] << 8 | batch[11];
  if (length >= SL_BATCH_MIN_LENGTH && length <= left - SL_BATCH_PREFIX) sl_batch_seal(batch, length + SL_BATCH_PREFIX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size) return 0;
  bool fit = data[0] & 1;
  int codec = data[0] >> 1 & 7;
  size_t len = size - 1;
  uint8_t *bytes = malloc(len ? len : 1);
  if (!bytes) abort();
  memcpy(bytes, data + 1, len);
  sl_err err = {0};
  for (size_t at = 0; at < len;) {
    sl_batch_header h;
    const char *why;
    if (fit) fit_checksum(bytes + at, len - at);
    if (sl_batch_examine(bytes + at, len - at, true, &h, &why) != SL_BATCH_OK) break;
    sl_append_rules rules = {.now = 1700000000000,
                             .before_max_ms = 1000,
                             .after_max_ms = INT64_MAX,
                             .max_message_bytes = LIMIT,
                             .decompressed_limit = LIMIT,
                             .zstd_allowed = true};
    sl_batch_validate(bytes + at, sl_batch_size(&h), &rules, &err);
    sl_err_done(&err);
    decode(bytes + at, &h);
    at += sl_batch_size(&h);
  }
  sl_buf out = {0};
  sl_codec_decompress(codec, bytes, len, LIMIT, &out, &err);
  if (out.len > LIMIT + 65536) abort();
  sl_buf_done(&out);
  sl_err_done(&err);
  free(bytes);
  return 0;
}
