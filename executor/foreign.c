/* Hashes of left rows: of the bytes that the native codec gives them, which are the same after a restart. */
#include "executor/foreign.h"
#include "state/row_codec.h"
#include <xxhash.h>

void sl_foreign_hash(sl_buf *scratch, const sl_type *const *types, int count, const sl_value *values, sl_value out[2]) {
  out[0] = out[1] = sl_null();
  if (!values) return;
  sl_buf_reset(scratch);
  sl_row_encode(scratch, types, count, values);
  XXH128_hash_t hash = XXH3_128bits(scratch->data, scratch->len);
  out[0] = sl_of_i64((int64_t)hash.high64);
  out[1] = sl_of_i64((int64_t)hash.low64);
}

bool sl_foreign_hash_equal(const sl_value a[2], const sl_value b[2]) {
  if (sl_is_null(&a[0]) || sl_is_null(&b[0])) return sl_is_null(&a[0]) && sl_is_null(&b[0]);
  return a[0].i64 == b[0].i64 && a[1].i64 == b[1].i64;
}
