/* A growable array of pointers. Zero-initialised is empty and valid; with an arena the memory is the arena's. */
#pragma once
#include <stddef.h>
#include "base/arena.h"

typedef struct sl_vec {
  void **items;
  size_t len;
  size_t cap;
  sl_arena *arena; /* NULL = heap; then release with sl_vec_done */
} sl_vec;

static inline void sl_vec_init(sl_vec *vec, sl_arena *arena) {
  *vec = (sl_vec){.arena = arena};
}
void sl_vec_done(sl_vec *vec);
void sl_vec_push(sl_vec *vec, void *item);
void sl_vec_insert(sl_vec *vec, size_t at, void *item);
void sl_vec_remove(sl_vec *vec, size_t at);
static inline void *sl_vec_at(const sl_vec *vec, size_t i) {
  return vec->items[i];
}
