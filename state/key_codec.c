/* Key bytes with more than a key in them.
 *
 *   time window                 session                      join-store changelog         prefix
 *   0      n   key              0       n   key              0       n   key              0       4   n
 *   n      8   start            n       8   end              n       8   start            4       n   prefix
 *                               n + 8   8   start            n + 8   4   sequence         4 + n       rest
 *
 * All big-endian; times are signed milliseconds. The window is found from the end, since a key's length is not stored.
 */
#include "state/key_codec.h"
#include "base/bytes.h"

static void add_u64(sl_buf *out, int64_t v) {
  sl_put_u64(sl_buf_reserve(out, 8), (uint64_t)v);
  out->len += 8;
}

void sl_key_join_window(sl_buf *out, sl_str key, int64_t start) {
  sl_buf_add_str(out, key);
  add_u64(out, start);
}

void sl_key_join_session(sl_buf *out, sl_str key, int64_t start, int64_t end) {
  sl_buf_add_str(out, key);
  add_u64(out, end);
  add_u64(out, start);
}

void sl_key_join_sequence(sl_buf *out, sl_str key, int64_t start, uint32_t sequence) {
  sl_key_join_window(out, key, start);
  sl_put_u32(sl_buf_reserve(out, 4), sequence);
  out->len += 4;
}

void sl_key_join_prefix(sl_buf *out, sl_str prefix, sl_str rest) {
  sl_put_u32(sl_buf_reserve(out, 4), (uint32_t)prefix.len);
  out->len += 4;
  sl_buf_add_str(out, prefix);
  sl_buf_add_str(out, rest);
}

int sl_key_split_prefix(sl_str bytes, sl_str *prefix, sl_str *rest, sl_err *err) {
  size_t len = bytes.len < 4 ? SIZE_MAX : sl_get_u32((const uint8_t *)bytes.ptr);
  if (len > bytes.len || len > bytes.len - 4)
    return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "A key of %zu bytes is shorter than its prefix.", bytes.len);
  *prefix = sl_str_n(bytes.ptr + 4, len);
  *rest = sl_str_n(bytes.ptr + 4 + len, bytes.len - 4 - len);
  return 0;
}

/* The last bytes of a key, or NULL when there are fewer. */
static const uint8_t *tail(sl_str bytes, size_t count, sl_windowed_key *out, sl_err *err) {
  if (bytes.len < count) {
    sl_err_set(err, SL_E_DECODE, SL_NO_POS, "A windowed key ends with %zu bytes of window, but it has only %zu bytes",
               count, bytes.len);
    return NULL;
  }
  out->key = sl_str_n(bytes.ptr, bytes.len - count);
  return (const uint8_t *)bytes.ptr + bytes.len - count;
}

int sl_key_split(sl_window_kind kind, int64_t size, sl_str bytes, sl_windowed_key *out, sl_err *err) {
  sl_windowed_key key = {.key = bytes};
  if (kind == SL_WINDOW_SESSION) {
    const uint8_t *p = tail(bytes, 16, &key, err);
    if (!p) return SL_E_DECODE;
    key.end = (int64_t)sl_get_u64(p);
    key.start = (int64_t)sl_get_u64(p + 8);
  } else if (kind != SL_WINDOW_NONE) {
    const uint8_t *p = tail(bytes, 8, &key, err);
    if (!p) return SL_E_DECODE;
    key.start = (int64_t)sl_get_u64(p);
    key.end = sl_window_end(key.start, size);
  }
  *out = key;
  return 0;
}

int sl_key_split_sequence(int64_t size, sl_str bytes, sl_windowed_key *out, sl_err *err) {
  sl_windowed_key key = {0};
  const uint8_t *p = tail(bytes, 12, &key, err);
  if (!p) return SL_E_DECODE;
  key.start = (int64_t)sl_get_u64(p);
  key.end = sl_window_end(key.start, size);
  key.sequence = sl_get_u32(p + 8);
  *out = key;
  return 0;
}
