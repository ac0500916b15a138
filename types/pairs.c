/* Maps under construction: open addressing over the numbers of pairs. */
#include "types/pairs.h"

void sl_pairs_init(sl_pairs *pairs, sl_arena *arena, const sl_type *key_type, size_t room) {
  size_t size = 16;
  while (size < room * 2) size *= 2;
  *pairs = (sl_pairs){.key_type = key_type,
                      .items = sl_arena_alloc(arena, 2 * room * sizeof(sl_value)),
                      .slots = sl_arena_calloc(arena, size, sizeof(uint32_t)),
                      .mask = size - 1};
}

bool sl_pairs_put(sl_pairs *pairs, const sl_value *key, const sl_value *value) {
  size_t at = sl_is_null(key) ? 0 : sl_value_hash(pairs->key_type, key) & pairs->mask;
  while (pairs->slots[at] && !sl_value_equal(pairs->key_type, &pairs->items[2 * (pairs->slots[at] - 1)], key))
    at = (at + 1) & pairs->mask;
  bool added = !pairs->slots[at];
  if (added) {
    pairs->items[2 * pairs->count] = *key;
    pairs->slots[at] = ++pairs->count;
  }
  pairs->items[2 * (pairs->slots[at] - 1) + 1] = *value;
  return added;
}
