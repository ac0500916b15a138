/* Pools: see pool.h. Size classes are multiples of 16 bytes up to 1 KiB and four steps to the doubling above; a block
 * that would fill much of a slab gets one of its own. */
#include "state/pool.h"
#include "base/heap.h"
#include <string.h>

enum { SMALL = 1024, SLAB_FIRST = 4096, SLAB_MOST = 256 * 1024 };

struct sl_slab {
  struct sl_slab *next;
  size_t size;
};
typedef struct sl_slab sl_slab;

void sl_pool_init(sl_pool *pool, sl_budget *budget) {
  *pool = (sl_pool){.budget = budget, .slab_size = SLAB_FIRST};
}

/* Rounds size up to that of its class. */
static uint8_t class_of(size_t *size) {
  if (*size <= SMALL) {
    size_t n = *size ? (*size + 15) / 16 : 1;
    *size = n * 16;
    return (uint8_t)n;
  }
  unsigned bits = 63 - (unsigned)__builtin_clzll(*size - 1); /* 10 and more */
  size_t step = (size_t)1 << (bits - 2), n = (*size + step - 1) / step;
  *size = n * step;
  return (uint8_t)(SMALL / 16 + (bits - 10) * 4 + (n - 4));
}

uint8_t sl_pool_class(size_t size) {
  return class_of(&size);
}

size_t sl_pool_size(uint8_t size_class) {
  if (size_class <= SMALL / 16) return (size_t)size_class * 16;
  unsigned n = size_class - SMALL / 16 - 1;
  return (size_t)(n % 4 + 5) << (n / 4 + 8);
}

static uint8_t *add_slab(sl_pool *pool, size_t room) {
  size_t size = sizeof(sl_slab) + room;
  pool->bytes += size;
  if (pool->budget) sl_budget_force(pool->budget, size);
  sl_slab *slab = sl_heap_zalloc(size);
  slab->next = pool->slabs;
  slab->size = size;
  pool->slabs = slab;
  return (uint8_t *)(slab + 1);
}

void *sl_pool_take(sl_pool *pool, size_t size, uint8_t *size_class) {
  uint8_t class = class_of(&size);
  *size_class = class;
  pool->count++;
  void *block = pool->free[class];
  if (block) {
    memcpy(&pool->free[class], block, sizeof(void *));
    return block;
  }
  if (size > SLAB_MOST / 4) return add_slab(pool, size);
  if ((size_t)(pool->end - pool->next) < size) {
    while (pool->slab_size < size) pool->slab_size *= 2;
    pool->next = add_slab(pool, pool->slab_size);
    pool->end = pool->next + pool->slab_size;
    if (pool->slab_size < SLAB_MOST) pool->slab_size *= 2;
  }
  block = pool->next;
  pool->next += size;
  return block;
}

void sl_pool_give(sl_pool *pool, void *block, uint8_t size_class) {
  memcpy(block, &pool->free[size_class], sizeof(void *));
  pool->free[size_class] = block;
  if (--pool->count == 0 && pool->bytes > SLAB_MOST) sl_pool_done(pool);
}

void sl_pool_done(sl_pool *pool) {
  for (sl_slab *slab = pool->slabs, *next; slab; slab = next) {
    next = slab->next;
    if (pool->budget) sl_budget_give(pool->budget, slab->size);
    sl_heap_free(slab);
  }
  sl_pool_init(pool, pool->budget);
}
