/* Blocks: whole batches in memory, shared by the readers of a partition.
 *
 * A partition lists its blocks by offset; all blocks of the log stand in one queue with a second chance for those that
 * were used since the queue last turned. A block that leaves the cache lives on while a fetch holds it. */
#include <stdlib.h>
#include <string.h>
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

sl_block *sl_block_new(sl_epart *owner, size_t cap, int64_t base) {
  sl_block *block = malloc(sizeof *block + cap);
  if (!block) abort();
  memset(block, 0, sizeof *block);
  atomic_init(&block->refs, 1);
  block->owner = owner;
  block->cap = (uint32_t)cap;
  block->base = block->next = block->write_next = base;
  return block;
}

sl_block *sl_block_ref(sl_block *block) {
  atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
  return block;
}

void sl_block_unref(sl_block *block) {
  if (block && atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) == 1) free(block);
}

void sl_block_note(sl_block *block, int64_t base_offset, int64_t next, size_t size) {
  uint32_t step = block->cap / SL_BLOCK_MARKS;
  if (!block->write_marks || block->write_len - block->mark[block->write_marks - 1].at >= step) {
    block->mark[block->write_marks].offset = base_offset;
    block->mark[block->write_marks++].at = block->write_len;
  }
  block->write_len += (uint32_t)size;
  block->write_next = next;
}

void sl_block_publish(sl_block *block) {
  block->len = block->write_len;
  block->next = block->write_next;
  block->marks = block->write_marks;
}

/* Number of blocks whose base is <= offset. */
static size_t rank(const sl_epart *part, int64_t offset) {
  size_t low = 0, high = part->block_count;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (part->blocks[mid]->base <= offset) {
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return low;
}

sl_block *sl_cache_find(const sl_epart *part, int64_t offset, int64_t *limit) {
  size_t at = rank(part, offset);
  *limit = at < part->block_count ? part->blocks[at]->base : INT64_MAX;
  if (!at || part->blocks[at - 1]->next <= offset) return NULL;
  atomic_store_explicit(&part->blocks[at - 1]->used, true, memory_order_relaxed);
  return part->blocks[at - 1];
}

static void queue_add(sl_block_cache *cache, sl_block *block) {
  block->older = cache->newest;
  block->newer = NULL;
  *(cache->newest ? &cache->newest->newer : &cache->oldest) = block;
  cache->newest = block;
}

static void queue_remove(sl_block_cache *cache, sl_block *block) {
  *(block->older ? &block->older->newer : &cache->oldest) = block->newer;
  *(block->newer ? &block->newer->older : &cache->newest) = block->older;
  block->older = block->newer = NULL;
}

bool sl_cache_insert(sl_block_cache *cache, sl_block *block) {
  sl_epart *part = block->owner;
  size_t at = rank(part, block->base);
  if (at && (part->blocks[at - 1]->next > block->base || part->blocks[at - 1]->base == block->base)) return false;
  if (at < part->block_count && part->blocks[at]->base < block->next) return false;
  if (part->block_count == part->block_cap) {
    part->block_cap = part->block_cap ? part->block_cap * 2 : 4;
    part->blocks = sl_heap_realloc(part->blocks, part->block_cap * sizeof(sl_block *));
  }
  memmove(part->blocks + at + 1, part->blocks + at, (part->block_count - at) * sizeof(sl_block *));
  part->blocks[at] = sl_block_ref(block);
  part->block_count++;
  pthread_mutex_lock(&cache->mutex);
  queue_add(cache, block);
  block->cached = true;
  cache->bytes += block->cap;
  pthread_mutex_unlock(&cache->mutex);
  return true;
}

/* The oldest block that was not used lately, out of the queue, its topic and itself referenced; NULL within budget. */
static sl_block *pick_victim(sl_block_cache *cache) {
  pthread_mutex_lock(&cache->mutex);
  sl_block *block = NULL;
  for (size_t turns = 0; cache->bytes > cache->budget && cache->oldest && turns < 10000; turns++) {
    block = cache->oldest;
    queue_remove(cache, block);
    if (atomic_exchange_explicit(&block->used, false, memory_order_relaxed)) {
      queue_add(cache, block);
      block = NULL;
      continue;
    }
    block->cached = false;
    cache->bytes -= block->cap;
    sl_block_ref(block);
    sl_topic_ref(block->owner->common.topic);
    break;
  }
  pthread_mutex_unlock(&cache->mutex);
  return block;
}

static void list_remove(sl_epart *part, size_t at) {
  memmove(part->blocks + at, part->blocks + at + 1, (part->block_count - at - 1) * sizeof(sl_block *));
  part->block_count--;
}

void sl_cache_trim(sl_block_cache *cache) {
  for (sl_block *block; (block = pick_victim(cache));) {
    sl_epart *part = block->owner;
    bool writer = pthread_mutex_trylock(&part->append) == 0;
    pthread_mutex_lock(&part->state);
    size_t at = rank(part, block->base);
    bool listed = at && part->blocks[at - 1] == block;
    if (listed && part->tail == block && !writer) { /* being filled right now: another turn */
      pthread_mutex_lock(&cache->mutex);
      queue_add(cache, block);
      block->cached = true;
      cache->bytes += block->cap;
      pthread_mutex_unlock(&cache->mutex);
      pthread_mutex_unlock(&part->state);
      sl_topic_unref(part->common.topic);
      sl_block_unref(block);
      return;
    }
    if (listed) {
      list_remove(part, at - 1);
      if (part->tail == block) {
        part->tail = NULL;
        part->next_block_size = SL_BLOCK_FIRST;
      }
      sl_block_unref(block);
    }
    pthread_mutex_unlock(&part->state);
    if (writer) pthread_mutex_unlock(&part->append);
    sl_topic_unref(part->common.topic);
    sl_block_unref(block);
  }
}

void sl_cache_drop_below(sl_block_cache *cache, sl_epart *part, int64_t offset) {
  size_t kept = 0;
  pthread_mutex_lock(&cache->mutex);
  for (size_t i = 0; i < part->block_count; i++) {
    sl_block *block = part->blocks[i];
    if (block->next > offset || block == part->tail) {
      part->blocks[kept++] = block;
      continue;
    }
    if (block->cached) {
      queue_remove(cache, block);
      block->cached = false;
      cache->bytes -= block->cap;
    }
    sl_block_unref(block);
  }
  pthread_mutex_unlock(&cache->mutex);
  part->block_count = kept;
}

void sl_cache_drop_partition(sl_block_cache *cache, sl_epart *part) {
  part->tail = NULL;
  sl_cache_drop_below(cache, part, INT64_MAX);
}
