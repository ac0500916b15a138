/* Rows packed for keeping: a fixed part of eight bytes a value and a block of variable-length bytes, with offsets
 * instead of pointers, so that both can be moved, copied and written to images as they are. Used by stores only;
 * changelogs have the row codec.
 *
 * Fixed part of n values, sl_packed_fixed(n) bytes:
 *   offset  size       meaning
 *   0       8 * n      payloads
 *   8 * n   n / 4      tags (sl_tag), two bits a value, low ones first; padded with zeros to a multiple of 8
 * Payload: scalars as they are; else 4 bytes offset into the variable part and 4 bytes length, in the machine's order:
 * STRING, BYTES: of the bytes; a DECIMAL tagged BIG: of its digits as text; ARRAY, MAP, STRUCT: offset (a multiple of
 * 8) of their items, packed the same way, and the number of elements, entries, fields. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "types/type.h"
#include "types/value.h"

/* Bytes of the fixed part. */
static inline size_t sl_packed_fixed(size_t count) {
  return 8 * count + ((count + 3) / 4 + 7) / 8 * 8;
}
/* Bytes of the variable part that values need at most; SIZE_MAX when they pass 2 GiB. */
size_t sl_packed_size(const sl_type *const *types, int count, const sl_value *values);
/* Packs into fixed and var (of sl_packed_size bytes); returns the bytes of var used. values must not lie in them. */
size_t sl_pack(const sl_type *const *types, int count, const sl_value *values, uint8_t *fixed, uint8_t *var);
/* A copy with real pointers in arena. */
sl_value *sl_unpack(const sl_type *const *types, int count, const uint8_t *fixed, const uint8_t *var, size_t var_len,
                    sl_arena *arena);
/* Could packing have made these bytes? For rows that come from a file; unpacking asks nothing. */
bool sl_packed_valid(const sl_type *const *types, int count, const uint8_t *fixed, const uint8_t *var, size_t var_len);
