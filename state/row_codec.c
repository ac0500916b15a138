/* Native row bytes.
 *
 * Row:
 *   offset  size            meaning
 *   0       1               version: 1
 *   1       ...             columns
 * Change:
 *   0       1               version: 1
 *   1       1               bit 0: a new row follows, bit 1: an old row follows (after the new one)
 *   2       ...             columns of the new row, columns of the old row
 * Columns:
 *   0       varint          number of columns n
 *   ...     (n + 7) / 8     null bitmap: bit i % 8 of byte i / 8 is set when column i is NULL; spare bits are 0
 *   ...     ...             the columns that are not NULL, in order
 * Column:
 *   BOOLEAN 1 (0 or 1) · INTEGER, TIME 4 · BIGINT, DATE, TIMESTAMP 8 · DOUBLE 8 (IEEE bits), all big-endian
 *   STRING, BYTES           varint length, bytes
 *   DECIMAL                 varint length, shortest big-endian two's complement of the unscaled value; the scale is the
 * type's ARRAY                   varint count, null bitmap, elements MAP                     varint count, null bitmap
 * of 2 * count items, key and value in turn STRUCT                  varint number of fields, null bitmap, fields
 * Varints are Kafka's zig-zag ones. */
#include "state/row_codec.h"
#include "base/bytes.h"
#include "types/decimal.h"

/* ---- writing ---- */

static void put_length(sl_buf *out, size_t len) {
  out->len += sl_put_varint(sl_buf_reserve(out, 10), (int64_t)len);
}

static size_t bitmap_bytes(size_t count) {
  return count / 8 + (count % 8 != 0);
}

static void put_bitmap(sl_buf *out, const sl_value *values, size_t count) {
  uint8_t *bits = sl_buf_reserve(out, bitmap_bytes(count));
  memset(bits, 0, bitmap_bytes(count));
  for (size_t i = 0; i < count; i++)
    if (sl_is_null(&values[i])) bits[i / 8] |= (uint8_t)(1 << i % 8);
  out->len += bitmap_bytes(count);
}

static void put_u32(sl_buf *out, uint32_t v) {
  sl_put_u32(sl_buf_reserve(out, 4), v);
  out->len += 4;
}

static void put_u64(sl_buf *out, uint64_t v) {
  sl_put_u64(sl_buf_reserve(out, 8), v);
  out->len += 8;
}

static void put_decimal(sl_buf *out, const sl_value *v) {
  if (v->tag == SL_TAG_SET) {
    int bytes = 1;
    while (bytes < 8 && v->i64 >> (8 * bytes - 1) != v->i64 >> 63) bytes++;
    put_length(out, (size_t)bytes);
    uint8_t *p = sl_buf_reserve(out, 8);
    for (int i = 0; i < bytes; i++) p[i] = (uint8_t)((uint64_t)v->i64 >> (8 * (bytes - 1 - i)));
    out->len += (size_t)bytes;
    return;
  }
  uint8_t head[10];
  size_t at = out->len;
  sl_big_encode(out, v);
  size_t len = out->len - at, head_len = sl_put_varint(head, (int64_t)len);
  sl_buf_reserve(out, head_len);
  memmove(out->data + at + head_len, out->data + at, len);
  memcpy(out->data + at, head, head_len);
  out->len += head_len;
}

static void put_value(sl_buf *out, const sl_type *type, const sl_value *v);

static void put_array(sl_buf *out, const sl_type *type, const sl_value *v) {
  put_length(out, v->len);
  put_bitmap(out, v->items, v->len);
  for (uint32_t i = 0; i < v->len; i++)
    if (!sl_is_null(&v->items[i])) put_value(out, type->element, &v->items[i]);
}

static void put_map(sl_buf *out, const sl_type *type, const sl_value *v) {
  put_length(out, v->len);
  put_bitmap(out, v->items, (size_t)v->len * 2);
  for (size_t i = 0; i < (size_t)v->len * 2; i++)
    if (!sl_is_null(&v->items[i])) put_value(out, i % 2 ? type->element : type->key, &v->items[i]);
}

static void put_struct(sl_buf *out, const sl_type *type, const sl_value *v) {
  put_length(out, (size_t)type->field_count);
  put_bitmap(out, v->items, (size_t)type->field_count);
  for (int i = 0; i < type->field_count; i++)
    if (!sl_is_null(&v->items[i])) put_value(out, type->fields[i].type, &v->items[i]);
}

static void put_value(sl_buf *out, const sl_type *type, const sl_value *v) {
  switch (type->base) {
  case SL_BOOLEAN: sl_buf_add_byte(out, v->boolean); break;
  case SL_INTEGER:
  case SL_TIME: put_u32(out, (uint32_t)v->i64); break;
  case SL_BIGINT:
  case SL_DATE:
  case SL_TIMESTAMP:
  case SL_DOUBLE: put_u64(out, (uint64_t)v->i64); break; /* the payload's bits */
  case SL_DECIMAL: put_decimal(out, v); break;
  case SL_STRING:
  case SL_BYTES:
    put_length(out, v->len);
    sl_buf_add(out, v->bytes, v->len);
    break;
  case SL_ARRAY: put_array(out, type, v); break;
  case SL_MAP: put_map(out, type, v); break;
  case SL_STRUCT: put_struct(out, type, v); break;
  default: break; /* no column has another type */
  }
}

static void put_columns(sl_buf *out, const sl_type *const *types, int count, const sl_value *values) {
  put_length(out, (size_t)count);
  put_bitmap(out, values, (size_t)count);
  for (int i = 0; i < count; i++)
    if (!sl_is_null(&values[i])) put_value(out, types[i], &values[i]);
}

void sl_row_encode(sl_buf *out, const sl_type *const *types, int count, const sl_value *values) {
  sl_buf_add_byte(out, SL_ROW_CODEC_VERSION);
  put_columns(out, types, count, values);
}

void sl_row_encode_change(sl_buf *out, const sl_type *const *types, int count, const sl_value *now,
                          const sl_value *old) {
  sl_buf_add_byte(out, SL_ROW_CODEC_VERSION);
  sl_buf_add_byte(out, (uint8_t)((now ? 1 : 0) | (old ? 2 : 0)));
  if (now) put_columns(out, types, count, now);
  if (old) put_columns(out, types, count, old);
}

/* ---- reading ----
 * Readers take the position and return the one behind what they read, or NULL when the bytes are no such thing. */

typedef struct row_reader {
  const uint8_t *end;
  sl_arena *arena;
} row_reader;

static const uint8_t *get_value(const row_reader *in, const sl_type *type, const uint8_t *p, sl_value *out);

static inline size_t left(const row_reader *in, const uint8_t *p) {
  return (size_t)(in->end - p);
}

static inline const uint8_t *get_length(const row_reader *in, const uint8_t *p, size_t *out) {
  int64_t v;
  if (p < in->end && !(*p & 0x81)) { /* below 64: one byte */
    *out = *p >> 1;
    return p + 1;
  }
  if (!sl_get_varint(&p, in->end, 10, &v) || v < 0 || v > UINT32_MAX) return NULL;
  *out = (size_t)v;
  return p;
}

static inline const uint8_t *get_string(const row_reader *in, const uint8_t *p, sl_value *out) {
  size_t len;
  p = get_length(in, p, &len);
  if (!p || len > left(in, p)) return NULL;
  *out = sl_of_str(sl_str_n((const char *)p, len));
  return p + len;
}

/* Passes the null bitmap of count items; it must fit and have no stray bits. */
static inline const uint8_t *get_bitmap(const row_reader *in, const uint8_t *p, size_t count) {
  size_t bytes = bitmap_bytes(count);
  if (bytes > left(in, p) || (count % 8 && p[bytes - 1] >> count % 8)) return NULL;
  return p + bytes;
}

static inline bool bit(const uint8_t *bits, size_t i) {
  return bits[i / 8] >> i % 8 & 1;
}

static const uint8_t *get_decimal(const row_reader *in, const uint8_t *p, sl_value *out) {
  sl_value bytes;
  p = get_string(in, p, &bytes);
  if (!p || !bytes.len || bytes.len > SL_DECIMAL_MAX_PRECISION) return NULL;
  const uint8_t *digits = (const uint8_t *)bytes.bytes;
  if (bytes.len > 8) {
    *out = sl_big_decode(in->arena, digits, bytes.len);
    return p;
  }
  uint64_t v = digits[0] & 0x80 ? UINT64_MAX : 0;
  for (size_t i = 0; i < bytes.len; i++) v = v << 8 | digits[i];
  *out = sl_of_i64((int64_t)v);
  return p;
}

static const uint8_t *get_array(const row_reader *in, const sl_type *type, const uint8_t *p, sl_value *out) {
  size_t count;
  const uint8_t *nulls = get_length(in, p, &count);
  if (!nulls || !(p = get_bitmap(in, nulls, count))) return NULL;
  sl_value *items = sl_arena_alloc(in->arena, (count + 1) * sizeof *items);
  for (size_t i = 0; i < count; i++) {
    items[i] = sl_null();
    if (!bit(nulls, i) && !(p = get_value(in, type->element, p, &items[i]))) return NULL;
  }
  *out = sl_of_items(items, (uint32_t)count);
  return p;
}

static const uint8_t *get_map(const row_reader *in, const sl_type *type, const uint8_t *p, sl_value *out) {
  size_t count;
  const uint8_t *nulls = get_length(in, p, &count);
  if (!nulls || !(p = get_bitmap(in, nulls, count * 2))) return NULL;
  sl_value *items = sl_arena_alloc(in->arena, (count * 2 + 1) * sizeof *items);
  for (size_t i = 0; i < count * 2; i++) {
    items[i] = sl_null();
    if (!bit(nulls, i) && !(p = get_value(in, i % 2 ? type->element : type->key, p, &items[i]))) return NULL;
  }
  *out = sl_of_items(items, (uint32_t)count);
  return p;
}

static const uint8_t *get_struct(const row_reader *in, const sl_type *type, const uint8_t *p, sl_value *out) {
  size_t count;
  const uint8_t *nulls = get_length(in, p, &count);
  if (!nulls || count > (size_t)type->field_count || !(p = get_bitmap(in, nulls, count))) return NULL;
  sl_value *items = sl_arena_calloc(in->arena, (size_t)type->field_count + 1, sizeof *items);
  for (size_t i = 0; i < count; i++)
    if (!bit(nulls, i) && !(p = get_value(in, type->fields[i].type, p, &items[i]))) return NULL;
  *out = sl_of_items(items, (uint32_t)type->field_count);
  return p;
}

static const uint8_t *get_nested(const row_reader *in, const sl_type *type, const uint8_t *p, sl_value *out) {
  switch (type->base) {
  case SL_ARRAY: return get_array(in, type, p, out);
  case SL_MAP: return get_map(in, type, p, out);
  case SL_STRUCT: return get_struct(in, type, p, out);
  default: return NULL; /* no column has another type */
  }
}

static inline const uint8_t *get_32(const row_reader *in, const uint8_t *p, sl_value *out) {
  if (left(in, p) < 4) return NULL;
  *out = sl_of_i64((int32_t)sl_get_u32(p));
  return p + 4;
}

/* Also a DOUBLE: the payload's bits. */
static inline const uint8_t *get_64(const row_reader *in, const uint8_t *p, sl_value *out) {
  if (left(in, p) < 8) return NULL;
  *out = sl_of_i64((int64_t)sl_get_u64(p));
  return p + 8;
}

static inline const uint8_t *get_boolean(const row_reader *in, const uint8_t *p, sl_value *out) {
  if (!left(in, p) || *p > 1) return NULL;
  *out = sl_of_bool(*p);
  return p + 1;
}

__attribute__((always_inline)) static inline const uint8_t *get_any(const row_reader *in, const sl_type *type,
                                                                    const uint8_t *p, sl_value *out) {
  switch (type->base) {
  case SL_STRING:
  case SL_BYTES: return get_string(in, p, out);
  case SL_INTEGER:
  case SL_TIME: return get_32(in, p, out);
  case SL_BIGINT:
  case SL_DATE:
  case SL_TIMESTAMP:
  case SL_DOUBLE: return get_64(in, p, out);
  case SL_BOOLEAN: return get_boolean(in, p, out);
  case SL_DECIMAL: return get_decimal(in, p, out);
  default: return get_nested(in, type, p, out);
  }
}

static const uint8_t *get_value(const row_reader *in, const sl_type *type, const uint8_t *p, sl_value *out) {
  return get_any(in, type, p, out);
}

static const uint8_t *get_columns(const row_reader *in, const sl_type *const *types, int count, const uint8_t *p,
                                  sl_value *out) {
  size_t stored;
  const uint8_t *nulls = get_length(in, p, &stored);
  if (!nulls || stored > (size_t)count || !(p = get_bitmap(in, nulls, stored))) return NULL;
  for (size_t i = 0; i < stored; i++) {
    out[i] = sl_null();
    if (!bit(nulls, i) && !(p = get_any(in, types[i], p, &out[i]))) return NULL;
  }
  for (size_t i = stored; i < (size_t)count; i++) out[i] = sl_null();
  return p;
}

static int damaged(size_t len, sl_err *err) {
  return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Damaged row: its %zu bytes do not hold the columns expected", len);
}

static int check_version(const uint8_t *data, size_t len, sl_err *err) {
  if (!len) return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Damaged row: it has no bytes");
  if (data[0] == SL_ROW_CODEC_VERSION) return 0;
  return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Row of version %d, expected %d", data[0], SL_ROW_CODEC_VERSION);
}

int sl_row_decode(const uint8_t *data, size_t len, const sl_type *const *types, int count, sl_arena *arena,
                  sl_value *out, sl_err *err) {
  row_reader in = {data + len, arena};
  if (check_version(data, len, err)) return SL_E_DECODE;
  return get_columns(&in, types, count, data + 1, out) == in.end ? 0 : damaged(len, err);
}

int sl_row_decode_change(const uint8_t *data, size_t len, const sl_type *const *types, int count, sl_arena *arena,
                         sl_value *now, bool *has_now, sl_value *old, bool *has_old, sl_err *err) {
  row_reader in = {data + len, arena};
  if (check_version(data, len, err)) return SL_E_DECODE;
  if (len < 2 || data[1] > 3) return damaged(len, err);
  unsigned sides = data[1];
  const uint8_t *p = data + 2;
  memset(now, 0, (size_t)count * sizeof *now);
  memset(old, 0, (size_t)count * sizeof *old);
  if (sides & 1 && !(p = get_columns(&in, types, count, p, now))) return damaged(len, err);
  if (sides & 2 && !(p = get_columns(&in, types, count, p, old))) return damaged(len, err);
  if (p != in.end) return damaged(len, err);
  *has_now = sides & 1;
  *has_old = sides >> 1;
  return 0;
}
