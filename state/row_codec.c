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

/* ---- reading ---- */

typedef struct row_reader {
  const uint8_t *p;
  const uint8_t *end;
  sl_arena *arena;
} row_reader;

static inline size_t left(const row_reader *in) {
  return (size_t)(in->end - in->p);
}

static inline bool get_length(row_reader *in, size_t *out) {
  int64_t v;
  if (in->p < in->end && !(*in->p & 0x81)) { /* below 64: one byte */
    *out = *in->p++ >> 1;
    return true;
  }
  if (!sl_get_varint(&in->p, in->end, 10, &v) || v < 0 || v > UINT32_MAX) return false;
  *out = (size_t)v;
  return true;
}

static inline bool get_bytes(row_reader *in, sl_str *out) {
  size_t len;
  if (!get_length(in, &len) || len > left(in)) return false;
  *out = sl_str_n((const char *)in->p, len);
  in->p += len;
  return true;
}

/* The null bitmap of count items; false when it does not fit or has stray bits. */
static bool get_bitmap(row_reader *in, size_t count, const uint8_t **out) {
  size_t bytes = bitmap_bytes(count);
  if (bytes > left(in)) return false;
  *out = in->p;
  in->p += bytes;
  return count % 8 == 0 || (*out)[bytes - 1] >> count % 8 == 0;
}

static inline bool bit(const uint8_t *bits, size_t i) {
  return bits[i / 8] >> i % 8 & 1;
}

static bool get_value(row_reader *in, const sl_type *type, sl_value *out);

static bool get_decimal(row_reader *in, sl_value *out) {
  sl_str bytes;
  if (!get_bytes(in, &bytes) || !bytes.len) return false;
  const uint8_t *p = (const uint8_t *)bytes.ptr;
  if (bytes.len > 8) {
    if (bytes.len > SL_DECIMAL_MAX_PRECISION) return false;
    *out = sl_big_decode(in->arena, p, bytes.len);
    return true;
  }
  uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
  for (size_t i = 0; i < bytes.len; i++) v = v << 8 | p[i];
  *out = sl_of_i64((int64_t)v);
  return true;
}

static bool get_array(row_reader *in, const sl_type *type, sl_value *out) {
  size_t count;
  const uint8_t *nulls;
  if (!get_length(in, &count) || !get_bitmap(in, count, &nulls)) return false;
  sl_value *items = sl_arena_alloc(in->arena, (count + 1) * sizeof *items);
  for (size_t i = 0; i < count; i++) {
    items[i] = sl_null();
    if (!bit(nulls, i) && !get_value(in, type->element, &items[i])) return false;
  }
  *out = sl_of_items(items, (uint32_t)count);
  return true;
}

static bool get_map(row_reader *in, const sl_type *type, sl_value *out) {
  size_t count;
  const uint8_t *nulls;
  if (!get_length(in, &count) || !get_bitmap(in, count * 2, &nulls)) return false;
  sl_value *items = sl_arena_alloc(in->arena, (count * 2 + 1) * sizeof *items);
  for (size_t i = 0; i < count * 2; i++) {
    items[i] = sl_null();
    if (!bit(nulls, i) && !get_value(in, i % 2 ? type->element : type->key, &items[i])) return false;
  }
  *out = sl_of_items(items, (uint32_t)count);
  return true;
}

static bool get_struct(row_reader *in, const sl_type *type, sl_value *out) {
  size_t count;
  const uint8_t *nulls;
  if (!get_length(in, &count) || count > (size_t)type->field_count || !get_bitmap(in, count, &nulls)) return false;
  sl_value *items = sl_arena_calloc(in->arena, (size_t)type->field_count + 1, sizeof *items);
  for (size_t i = 0; i < count; i++)
    if (!bit(nulls, i) && !get_value(in, type->fields[i].type, &items[i])) return false;
  *out = sl_of_items(items, (uint32_t)type->field_count);
  return true;
}

static inline bool get_32(row_reader *in, sl_value *out) {
  if (left(in) < 4) return false;
  *out = sl_of_i64((int32_t)sl_get_u32(in->p));
  in->p += 4;
  return true;
}

/* Also a DOUBLE: the payload's bits. */
static inline bool get_64(row_reader *in, sl_value *out) {
  if (left(in) < 8) return false;
  *out = sl_of_i64((int64_t)sl_get_u64(in->p));
  in->p += 8;
  return true;
}

static inline bool get_string(row_reader *in, sl_value *out) {
  sl_str bytes;
  if (!get_bytes(in, &bytes)) return false;
  *out = sl_of_str(bytes);
  return true;
}

static bool get_boolean(row_reader *in, sl_value *out) {
  if (!left(in) || *in->p > 1) return false;
  *out = sl_of_bool(*in->p++);
  return true;
}

static bool get_value(row_reader *in, const sl_type *type, sl_value *out) {
  switch (type->base) {
  case SL_STRING:
  case SL_BYTES: return get_string(in, out);
  case SL_INTEGER:
  case SL_TIME: return get_32(in, out);
  case SL_BIGINT:
  case SL_DATE:
  case SL_TIMESTAMP:
  case SL_DOUBLE: return get_64(in, out);
  case SL_BOOLEAN: return get_boolean(in, out);
  case SL_DECIMAL: return get_decimal(in, out);
  case SL_ARRAY: return get_array(in, type, out);
  case SL_MAP: return get_map(in, type, out);
  case SL_STRUCT: return get_struct(in, type, out);
  default: return false; /* no column has another type */
  }
}

static bool get_columns(row_reader *in, const sl_type *const *types, int count, sl_value *out) {
  size_t stored;
  const uint8_t *nulls;
  if (!get_length(in, &stored) || stored > (size_t)count || !get_bitmap(in, stored, &nulls)) return false;
  for (size_t i = 0; i < (size_t)count; i++) {
    out[i] = sl_null();
    if (i < stored && !bit(nulls, i) && !get_value(in, types[i], &out[i])) return false;
  }
  return true;
}

static int damaged(const row_reader *in, const uint8_t *data, sl_err *err) {
  return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Damaged row: byte %zu of %zu is not what the schema expects",
                    (size_t)(in->p - data), (size_t)(in->end - data));
}

static int get_version(row_reader *in, sl_err *err) {
  if (in->p == in->end) return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Damaged row: it has no bytes");
  if (*in->p != SL_ROW_CODEC_VERSION)
    return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Row of version %d, expected %d", *in->p, SL_ROW_CODEC_VERSION);
  in->p++;
  return 0;
}

int sl_row_decode(const uint8_t *data, size_t len, const sl_type *const *types, int count, sl_arena *arena,
                  sl_value *out, sl_err *err) {
  row_reader in = {data, data + len, arena};
  if (get_version(&in, err)) return SL_E_DECODE;
  if (!get_columns(&in, types, count, out) || in.p != in.end) return damaged(&in, data, err);
  return 0;
}

int sl_row_decode_change(const uint8_t *data, size_t len, const sl_type *const *types, int count, sl_arena *arena,
                         sl_value *now, bool *has_now, sl_value *old, bool *has_old, sl_err *err) {
  row_reader in = {data, data + len, arena};
  if (get_version(&in, err)) return SL_E_DECODE;
  if (in.p == in.end || *in.p > 3) return damaged(&in, data, err);
  unsigned sides = *in.p++;
  memset(now, 0, (size_t)count * sizeof *now);
  memset(old, 0, (size_t)count * sizeof *old);
  if (sides & 1 && !get_columns(&in, types, count, now)) return damaged(&in, data, err);
  if (sides & 2 && !get_columns(&in, types, count, old)) return damaged(&in, data, err);
  if (in.p != in.end) return damaged(&in, data, err);
  *has_now = sides & 1;
  *has_old = sides >> 1;
  return 0;
}
