/* A MAP under construction: keys come in any number, equal ones become one entry. Linear in the number of keys. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "types/type.h"
#include "types/value.h"

typedef struct sl_pairs {
  const sl_type *key_type;
  sl_value *items; /* key, value, key, value ..., in order of insertion */
  uint32_t count;  /* pairs */
  uint32_t *slots; /* numbers of pairs + 1 by hash of key */
  size_t mask;
} sl_pairs;

void sl_pairs_init(sl_pairs *pairs, sl_arena *arena, const sl_type *key_type, size_t room); /* for room pairs at most */
/* Sets a key; the value of an equal key is replaced in its place, and false returned. */
bool sl_pairs_put(sl_pairs *pairs, const sl_value *key, const sl_value *value);
