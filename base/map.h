/* Hash map from bytes to a pointer, in insertion order. Keys are copied. Zero-initialised is empty and valid.
 * For names and registries; state has its own tables. */
#pragma once
#include <stdbool.h>
#include "base/str.h"

typedef struct sl_map_entry {
  sl_str key;
  void *value;
  uint64_t hash;
} sl_map_entry;

typedef struct sl_map {
  sl_map_entry *entries; /* in insertion order; removed ones have key.ptr == NULL */
  uint32_t *index;
  size_t count; /* live entries */
  size_t used;  /* entries ever added since the last rebuild: iterate i < used */
  size_t cap;
} sl_map;

void sl_map_done(sl_map *map);
void *sl_map_find(const sl_map *map, sl_str key); /* NULL if absent */
bool sl_map_has(const sl_map *map, sl_str key);
void *sl_map_put(sl_map *map, sl_str key, void *value); /* returns the value that was there, or NULL */
void *sl_map_remove(sl_map *map, sl_str key);           /* returns the value removed, or NULL */
/* Next live entry at or after *at, advancing *at; NULL at the end. Start with *at = 0. */
sl_map_entry *sl_map_next(const sl_map *map, size_t *at);
