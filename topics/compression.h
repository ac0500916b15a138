/* Compression of the record block of a batch (log.md 2.5): gzip, snappy, lz4 frame, zstd. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

typedef enum sl_codec {
  SL_CODEC_NONE,
  SL_CODEC_GZIP,
  SL_CODEC_SNAPPY,
  SL_CODEC_LZ4,
  SL_CODEC_ZSTD,
  SL_CODEC_COUNT,
} sl_codec;

const char *sl_codec_name(int codec); /* "gzip"; NULL for a number that is no codec */

/* Appends the compressed form of data to out. Thread: any. */
int sl_codec_compress(sl_codec codec, const void *data, size_t len, sl_buf *out, sl_err *err);

/* Appends the decompressed form to out; the whole input must be used. SL_E_CORRUPT when it is malformed or left over,
 * SL_E_LIMIT when the result is longer than limit, SL_E_UNSUPPORTED_COMPRESSION for an unknown codec. Thread: any. */
int sl_codec_decompress(int codec, const void *data, size_t len, size_t limit, sl_buf *out, sl_err *err);
