/* The four codecs of record batches, each as a pair of functions in one table.
 *
 * Input of a decompressor comes from files and later from the network: the result is bounded before memory is taken,
 * and bytes after the end of the compressed stream are an error. Snappy is read with xerial framing and bare, written
 * with framing; lz4 and gzip and zstd use their own frames. */
#include "topics/compression.h"
#include <lz4frame.h>
#include <snappy-c.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/bytes.h"

enum { STEP = 64 * 1024, SNAPPY_BLOCK = 32 * 1024, SNAPPY_HEADER = 16 };

static const uint8_t SNAPPY_MAGIC[SNAPPY_HEADER] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1};

static int corrupt(sl_err *err, const char *codec, const char *what) {
  return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The %s block of a record batch %s", codec, what);
}

static int too_long(sl_err *err, const char *codec, size_t limit) {
  return sl_err_set(err, SL_E_LIMIT, SL_NO_POS, "The %s block of a record batch decompresses to more than %zu bytes",
                    codec, limit);
}

/* Room for the next piece of output; 0 when the limit is reached (one byte over is allowed, to notice it). */
static size_t room(sl_buf *out, size_t start, size_t limit) {
  size_t have = out->len - start;
  size_t want = limit - have < STEP ? limit - have + 1 : STEP;
  sl_buf_reserve(out, want);
  return want;
}

/* ---- gzip ---- */

static int gzip_compress(const uint8_t *data, size_t len, sl_buf *out, sl_err *err) {
  z_stream z = {0};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "Cannot start gzip");
  size_t bound = deflateBound(&z, (uLong)len);
  z.next_in = (Bytef *)(uintptr_t)data;
  z.avail_in = (uInt)len;
  z.next_out = sl_buf_reserve(out, bound);
  z.avail_out = (uInt)bound;
  int rc = deflate(&z, Z_FINISH);
  out->len += bound - z.avail_out;
  deflateEnd(&z);
  return rc == Z_STREAM_END ? 0 : sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "gzip failed with code %d", rc);
}

static int gzip_decompress(const uint8_t *data, size_t len, size_t limit, sl_buf *out, sl_err *err) {
  z_stream z = {0};
  if (inflateInit2(&z, 15 + 16) != Z_OK) return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "Cannot start gzip");
  size_t start = out->len;
  z.next_in = (Bytef *)(uintptr_t)data;
  z.avail_in = (uInt)len;
  int rc = 0;
  for (;;) {
    size_t want = room(out, start, limit);
    z.next_out = out->data + out->len;
    z.avail_out = (uInt)want;
    int status = inflate(&z, Z_NO_FLUSH);
    out->len += want - z.avail_out;
    if (out->len - start > limit) {
      rc = too_long(err, "gzip", limit);
      break;
    }
    if (status == Z_STREAM_END) {
      if (!z.avail_in) break;
      if (inflateReset(&z) == Z_OK) continue; /* another member */
    }
    if (status != Z_OK || (!z.avail_in && z.avail_out)) {
      rc = corrupt(err, "gzip", "is malformed");
      break;
    }
  }
  inflateEnd(&z);
  return rc;
}

/* ---- snappy ---- */

static int snappy_block_compress(const uint8_t *data, size_t len, sl_buf *out, sl_err *err) {
  size_t size = snappy_max_compressed_length(len);
  uint8_t *p = sl_buf_reserve(out, 4 + size);
  if (snappy_compress((const char *)data, len, (char *)p + 4, &size) != SNAPPY_OK)
    return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "snappy failed");
  sl_put_u32(p, (uint32_t)size);
  out->len += 4 + size;
  return 0;
}

static int snappy_write(const uint8_t *data, size_t len, sl_buf *out, sl_err *err) {
  sl_buf_add(out, SNAPPY_MAGIC, sizeof SNAPPY_MAGIC);
  for (size_t at = 0; at < len; at += SNAPPY_BLOCK) {
    size_t n = len - at < SNAPPY_BLOCK ? len - at : SNAPPY_BLOCK;
    int rc = snappy_block_compress(data + at, n, out, err);
    if (rc) return rc;
  }
  return 0;
}

static int snappy_block_decompress(const uint8_t *data, size_t len, size_t limit, sl_buf *out, sl_err *err) {
  size_t size;
  if (snappy_uncompressed_length((const char *)data, len, &size) != SNAPPY_OK)
    return corrupt(err, "snappy", "is malformed");
  if (size > limit) return too_long(err, "snappy", limit);
  uint8_t *p = sl_buf_reserve(out, size + 1);
  if (snappy_uncompress((const char *)data, len, (char *)p, &size) != SNAPPY_OK)
    return corrupt(err, "snappy", "is malformed");
  out->len += size;
  return 0;
}

static int snappy_read(const uint8_t *data, size_t len, size_t limit, sl_buf *out, sl_err *err) {
  if (len < SNAPPY_HEADER || memcmp(data, SNAPPY_MAGIC, 8)) return snappy_block_decompress(data, len, limit, out, err);
  size_t start = out->len;
  for (size_t at = SNAPPY_HEADER; at < len;) {
    if (len - at < 4) return corrupt(err, "snappy", "is cut short");
    size_t n = sl_get_u32(data + at);
    at += 4;
    if (n > len - at) return corrupt(err, "snappy", "is cut short");
    int rc = snappy_block_decompress(data + at, n, limit - (out->len - start), out, err);
    if (rc) return rc;
    at += n;
  }
  return 0;
}

/* ---- lz4 frame ---- */

static int lz4_write(const uint8_t *data, size_t len, sl_buf *out, sl_err *err) {
  LZ4F_preferences_t prefs = {.frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockIndependent}};
  size_t bound = LZ4F_compressFrameBound(len, &prefs);
  size_t n = LZ4F_compressFrame(sl_buf_reserve(out, bound), bound, data, len, &prefs);
  if (LZ4F_isError(n)) return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "lz4 failed: %s", LZ4F_getErrorName(n));
  out->len += n;
  return 0;
}

static int lz4_read(const uint8_t *data, size_t len, size_t limit, sl_buf *out, sl_err *err) {
  LZ4F_dctx *ctx = NULL;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
    return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "Cannot start lz4");
  size_t start = out->len, at = 0;
  int rc = 0;
  for (;;) {
    size_t want = room(out, start, limit), used = len - at, got = want;
    size_t hint = LZ4F_decompress(ctx, out->data + out->len, &got, data + at, &used, NULL);
    at += used;
    if (LZ4F_isError(hint)) {
      rc = corrupt(err, "lz4", "is malformed");
      break;
    }
    out->len += got;
    if (out->len - start > limit) {
      rc = too_long(err, "lz4", limit);
      break;
    }
    if (!hint) {
      if (at != len) rc = corrupt(err, "lz4", "has bytes after its end");
      break;
    }
    if (!used && !got) {
      rc = corrupt(err, "lz4", "is cut short");
      break;
    }
  }
  LZ4F_freeDecompressionContext(ctx);
  return rc;
}

/* ---- zstd ---- */

static int zstd_write(const uint8_t *data, size_t len, sl_buf *out, sl_err *err) {
  size_t bound = ZSTD_compressBound(len);
  size_t n = ZSTD_compress(sl_buf_reserve(out, bound), bound, data, len, 3);
  if (ZSTD_isError(n)) return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "zstd failed: %s", ZSTD_getErrorName(n));
  out->len += n;
  return 0;
}

static int zstd_read(const uint8_t *data, size_t len, size_t limit, sl_buf *out, sl_err *err) {
  ZSTD_DCtx *ctx = ZSTD_createDCtx();
  if (!ctx) return sl_err_set(err, SL_E_MEMORY, SL_NO_POS, "Cannot start zstd");
  ZSTD_inBuffer in = {data, len, 0};
  size_t start = out->len;
  int rc = 0;
  for (;;) {
    size_t want = room(out, start, limit), before = in.pos;
    ZSTD_outBuffer piece = {out->data + out->len, want, 0};
    size_t hint = ZSTD_decompressStream(ctx, &piece, &in);
    if (ZSTD_isError(hint)) {
      rc = corrupt(err, "zstd", "is malformed");
      break;
    }
    out->len += piece.pos;
    if (out->len - start > limit) {
      rc = too_long(err, "zstd", limit);
      break;
    }
    if (!hint) {
      if (in.pos != in.size) rc = corrupt(err, "zstd", "has bytes after its end");
      break;
    }
    if (in.pos == before && !piece.pos) {
      rc = corrupt(err, "zstd", "is cut short");
      break;
    }
  }
  ZSTD_freeDCtx(ctx);
  return rc;
}

/* ---- the table ---- */

typedef struct codec_row {
  const char *name;
  int (*compress)(const uint8_t *data, size_t len, sl_buf *out, sl_err *err);
  int (*decompress)(const uint8_t *data, size_t len, size_t limit, sl_buf *out, sl_err *err);
} codec_row;

static int copy(const uint8_t *data, size_t len, sl_buf *out, sl_err *err) {
  (void)err;
  sl_buf_add(out, data, len);
  return 0;
}

static int copy_limited(const uint8_t *data, size_t len, size_t limit, sl_buf *out, sl_err *err) {
  return len > limit ? too_long(err, "plain", limit) : copy(data, len, out, err);
}

static const codec_row CODECS[SL_CODEC_COUNT] = {
    [SL_CODEC_NONE] = {"none", copy, copy_limited},
    [SL_CODEC_GZIP] = {"gzip", gzip_compress, gzip_decompress},
    [SL_CODEC_SNAPPY] = {"snappy", snappy_write, snappy_read},
    [SL_CODEC_LZ4] = {"lz4", lz4_write, lz4_read},
    [SL_CODEC_ZSTD] = {"zstd", zstd_write, zstd_read},
};

const char *sl_codec_name(int codec) {
  return codec >= 0 && codec < SL_CODEC_COUNT ? CODECS[codec].name : NULL;
}

int sl_codec_compress(sl_codec codec, const void *data, size_t len, sl_buf *out, sl_err *err) {
  return CODECS[codec].compress(data, len, out, err);
}

int sl_codec_decompress(int codec, const void *data, size_t len, size_t limit, sl_buf *out, sl_err *err) {
  if (!sl_codec_name(codec))
    return sl_err_set(err, SL_E_UNSUPPORTED_COMPRESSION, SL_NO_POS, "Compression codec %d does not exist", codec);
  return CODECS[codec].decompress(data, len, limit, out, err);
}
