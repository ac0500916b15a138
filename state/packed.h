/* Rows packed for keeping: an array of values whose pointers are offsets into one block of variable-length bytes, so
 * that both can be moved and copied freely. Used by stores only; changelogs have the row codec.
 *
 * A value in the fixed part: scalars as they are; STRING, BYTES: i64 = offset, len = bytes; ARRAY, MAP, STRUCT: i64 =
 * offset (multiple of 8) of their items, packed the same way; a DECIMAL tagged BIG: i64 = offset, len = bytes of its
 * digits as text. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "types/type.h"
#include "types/value.h"

/* Bytes of the variable part that values need at most; SIZE_MAX when they pass 2 GiB. */
size_t sl_packed_size(const sl_type *const *types, int count, const sl_value *values);
/* Packs into fixed[count] and var (of sl_packed_size bytes); returns the bytes of var used. values must not lie in
 * them. */
size_t sl_pack(const sl_type *const *types, int count, const sl_value *values, sl_value *fixed, uint8_t *var);
/* A copy with real pointers in arena. */
sl_value *sl_unpack(const sl_type *const *types, int count, const sl_value *fixed, const uint8_t *var, size_t var_len,
                    sl_arena *arena);
