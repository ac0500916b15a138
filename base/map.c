/* Hash map in insertion order: an array of entries and an open-addressed index of entry numbers (+1, 0 = free), twice
 * as long as the array. A removed entry stays as a dead one (key.ptr NULL) that look-ups pass over; when the array is
 * full it is compacted or doubled and the index built anew. */
#include "base/map.h"
#include <assert.h>
#include <stdlib.h>
#include "base/heap.h"

void sl_map_done(sl_map *map) {
  if (!map) return;
  for (size_t i = 0; i < map->used; i++) free((void *)map->entries[i].key.ptr);
  free(map->entries);
  free(map->index);
  *map = (sl_map){0};
}

static void index_entry(sl_map *map, size_t at) {
  size_t mask = map->cap * 2 - 1, slot = map->entries[at].hash & mask;
  while (map->index[slot]) slot = (slot + 1) & mask;
  map->index[slot] = (uint32_t)at + 1;
}

/* Makes room for one more entry: drops the dead ones, doubles when fewer than a quarter were dead. */
static void rebuild(sl_map *map) {
  size_t cap = map->cap ? map->cap : 8;
  if (map->count >= cap - cap / 4) cap *= 2;
  assert(cap < UINT32_MAX / 2);
  sl_map_entry *entries = sl_heap_zalloc(cap * sizeof *entries);
  size_t used = 0;
  for (size_t i = 0; i < map->used; i++) {
    if (map->entries[i].key.ptr) entries[used++] = map->entries[i];
  }
  free(map->entries);
  free(map->index);
  map->entries = entries;
  map->index = sl_heap_zalloc(cap * 2 * sizeof *map->index);
  map->cap = cap;
  map->used = used;
  for (size_t i = 0; i < used; i++) index_entry(map, i);
}

static sl_map_entry *find(const sl_map *map, sl_str key, uint64_t hash) {
  if (!map->cap) return NULL;
  size_t mask = map->cap * 2 - 1;
  for (size_t slot = hash & mask; map->index[slot]; slot = (slot + 1) & mask) {
    sl_map_entry *entry = &map->entries[map->index[slot] - 1];
    if (entry->hash == hash && entry->key.ptr && sl_str_eq(entry->key, key)) return entry;
  }
  return NULL;
}

void *sl_map_find(const sl_map *map, sl_str key) {
  const sl_map_entry *entry = find(map, key, sl_str_hash(key));
  return entry ? entry->value : NULL;
}

bool sl_map_has(const sl_map *map, sl_str key) {
  return find(map, key, sl_str_hash(key)) != NULL;
}

void *sl_map_put(sl_map *map, sl_str key, void *value) {
  uint64_t hash = sl_str_hash(key);
  sl_map_entry *entry = find(map, key, hash);
  if (entry) {
    void *before = entry->value;
    entry->value = value;
    return before;
  }
  if (map->used == map->cap) rebuild(map);
  char *copy = sl_heap_zalloc(key.len + 1);
  if (key.len) memcpy(copy, key.ptr, key.len);
  map->entries[map->used] = (sl_map_entry){.key = {copy, key.len}, .value = value, .hash = hash};
  index_entry(map, map->used++);
  map->count++;
  return NULL;
}

void *sl_map_remove(sl_map *map, sl_str key) {
  sl_map_entry *entry = find(map, key, sl_str_hash(key));
  if (!entry) return NULL;
  void *value = entry->value;
  free((void *)entry->key.ptr);
  entry->key = (sl_str){0};
  entry->value = NULL;
  map->count--;
  return value;
}

sl_map_entry *sl_map_next(const sl_map *map, size_t *at) {
  while (*at < map->used) {
    sl_map_entry *entry = &map->entries[(*at)++];
    if (entry->key.ptr) return entry;
  }
  return NULL;
}
