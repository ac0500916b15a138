/* Blocks of any size from slabs: a block given back serves the next one of its size class, and dropping a pool frees
 * whole slabs. So stores whose every row is new take nothing from the heap per row. Used by stores only. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "base/budget.h"

enum { SL_POOL_CLASSES = 160 };

typedef struct sl_pool {
  struct sl_slab *slabs;
  uint8_t *next, *end; /* what is left of the newest slab */
  void *free[SL_POOL_CLASSES];
  size_t slab_size; /* of the next slab */
  size_t count;     /* blocks in use */
  size_t bytes;     /* taken from the budget */
  sl_budget *budget;
} sl_pool;

void sl_pool_init(sl_pool *pool, sl_budget *budget);
void sl_pool_done(sl_pool *pool); /* gives everything back; the pool is empty and can be used again */
/* A block of at least size bytes, aligned to 16, contents undefined; *size_class is to be given back with it. */
void *sl_pool_take(sl_pool *pool, size_t size, uint8_t *size_class);
void sl_pool_give(sl_pool *pool, void *block, uint8_t size_class);
uint8_t sl_pool_class(size_t size);      /* the class of blocks of that size */
size_t sl_pool_size(uint8_t size_class); /* bytes of its blocks */
