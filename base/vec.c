/* Growable array of pointers, on the heap or in an arena (there the outgrown array is left behind). */
#include "base/vec.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sl_vec_done(sl_vec *vec) {
  if (!vec) return;
  if (!vec->arena) free(vec->items);
  sl_vec_init(vec, vec->arena);
}

static void grow(sl_vec *vec) {
  size_t cap = vec->cap ? vec->cap * 2 : 8;
  void **items;
  if (vec->arena) {
    items = sl_arena_alloc(vec->arena, cap * sizeof *items);
    if (vec->len) memcpy(items, vec->items, vec->len * sizeof *items);
  } else {
    items = reallocarray(vec->items, cap, sizeof *items);
    if (!items) {
      fprintf(stderr, "out of memory: an array of %zu items asked for\n", cap);
      abort();
    }
  }
  vec->items = items;
  vec->cap = cap;
}

void sl_vec_push(sl_vec *vec, void *item) {
  if (vec->len == vec->cap) grow(vec);
  vec->items[vec->len++] = item;
}

void sl_vec_insert(sl_vec *vec, size_t at, void *item) {
  assert(at <= vec->len);
  if (vec->len == vec->cap) grow(vec);
  memmove(vec->items + at + 1, vec->items + at, (vec->len - at) * sizeof *vec->items);
  vec->items[at] = item;
  vec->len++;
}

void sl_vec_remove(sl_vec *vec, size_t at) {
  assert(at < vec->len);
  vec->len--;
  memmove(vec->items + at, vec->items + at + 1, (vec->len - at) * sizeof *vec->items);
}
