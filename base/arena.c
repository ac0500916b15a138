/* Arena: blocks in order of use, filled by moving a pointer.
 *
 * Ordinary blocks are never given back before sl_arena_done: reset and rewind only move the pointer, and later
 * allocations walk over the kept blocks again (one that is too small for a request is passed by until the next reset).
 * Block sizes follow the requests up to BLOCK_MAX, so a steady workload soon finds all it needs in kept blocks. What is
 * larger still has its own piece of heap; a 16-byte stub in the current block marks where in time it was made, so that
 * a rewind knows which large pieces are younger than its mark. */
#include "base/arena.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  BLOCK_DEFAULT = 16 * 1024,
  BLOCK_MAX = 256 * 1024,   /* ordinary blocks stop growing here */
  LARGE_MIN = BLOCK_MAX / 2 /* requests above this get their own piece */
};

struct sl_arena_block {
  sl_arena_block *next;
  uint8_t *end;
  size_t seq; /* position in the list: compares the age of two blocks */
  size_t unused;
};

struct sl_arena_large {
  sl_arena_large *next;
  size_t size;
  const uint8_t *stub; /* in the block that was current */
  size_t block_seq;
};

static_assert(sizeof(sl_arena_block) % 16 == 0, "block data must be aligned");
static_assert(sizeof(sl_arena_large) % 16 == 0, "large data must be aligned");

static void *heap(size_t size) {
  void *p = malloc(size);
  if (!p) {
    fprintf(stderr, "out of memory: %zu bytes asked for\n", size);
    abort();
  }
  return p;
}

static uint8_t *block_data(sl_arena_block *block) {
  return (uint8_t *)(block + 1);
}

void sl_arena_init(sl_arena *arena, size_t block_size) {
  *arena = (sl_arena){.block_size = block_size ? block_size : BLOCK_DEFAULT};
}

static void free_large(sl_arena *arena) {
  sl_arena_large *large = arena->large;
  arena->large = large->next;
  free(large);
}

void sl_arena_done(sl_arena *arena) {
  if (!arena) return;
  while (arena->large) free_large(arena);
  for (sl_arena_block *b = arena->first; b;) {
    sl_arena_block *next = b->next;
    free(b);
    b = next;
  }
  sl_arena_init(arena, arena->block_size);
}

sl_arena *sl_arena_new(size_t block_size) {
  sl_arena *arena = heap(sizeof *arena);
  sl_arena_init(arena, block_size);
  return arena;
}

void sl_arena_free(sl_arena *arena) {
  sl_arena_done(arena);
  free(arena);
}

static void use_block(sl_arena *arena, sl_arena_block *block, uint8_t *next) {
  arena->current = block;
  arena->next = next;
  arena->end = block ? block->end : NULL;
}

void sl_arena_reset(sl_arena *arena) {
  while (arena->large) free_large(arena);
  use_block(arena, arena->first, arena->first ? block_data(arena->first) : NULL);
}

sl_arena_point sl_arena_mark(const sl_arena *arena) {
  return (sl_arena_point){.block = arena->current, .next = arena->next};
}

void sl_arena_rewind(sl_arena *arena, sl_arena_point point) {
  if (!point.block) { /* marked before the first allocation */
    sl_arena_reset(arena);
    return;
  }
  while (arena->large && (arena->large->block_seq > point.block->seq ||
                          (arena->large->block_seq == point.block->seq && arena->large->stub >= point.next))) {
    free_large(arena);
  }
  use_block(arena, point.block, point.next);
}

size_t sl_arena_size(const sl_arena *arena) {
  size_t size = 0;
  for (sl_arena_block *b = arena->first; b; b = b->next) size += (size_t)(b->end - (uint8_t *)b);
  for (sl_arena_large *l = arena->large; l; l = l->next) size += l->size;
  return size;
}

/* Makes a block with room for size bytes current: a kept one that fits, or a new one at the end of the list. */
static void next_block(sl_arena *arena, size_t size) {
  sl_arena_block *last = arena->current;
  for (sl_arena_block *b = last ? last->next : arena->first; b; b = b->next) {
    if ((size_t)(b->end - block_data(b)) >= size) {
      use_block(arena, b, block_data(b));
      return;
    }
    last = b;
  }
  if (arena->block_size == 0) arena->block_size = BLOCK_DEFAULT; /* a zero-initialised arena */
  while (arena->block_size < size + sizeof(sl_arena_block)) arena->block_size *= 2;
  sl_arena_block *b = heap(arena->block_size);
  *b = (sl_arena_block){.end = (uint8_t *)b + (arena->block_size & ~(size_t)15), .seq = last ? last->seq + 1 : 0};
  if (last) {
    last->next = b;
  } else {
    arena->first = b;
  }
  if (arena->block_size < BLOCK_MAX) arena->block_size *= 2;
  use_block(arena, b, block_data(b));
}

static void *alloc_large(sl_arena *arena, size_t size) {
  const uint8_t *stub = sl_arena_alloc(arena, 16);
  size_t total = size + sizeof(sl_arena_large);
  if (total < size) {
    fprintf(stderr, "out of memory: %zu bytes asked for\n", size);
    abort();
  }
  sl_arena_large *large = heap(total);
  *large = (sl_arena_large){.next = arena->large, .size = total, .stub = stub, .block_seq = arena->current->seq};
  arena->large = large;
  return large + 1;
}

void *sl_arena_alloc_slow(sl_arena *arena, size_t size) {
  if (size > LARGE_MIN && size > arena->block_size / 2) return alloc_large(arena, size);
  next_block(arena, size);
  void *p = arena->next;
  arena->next += size;
  return p;
}

void *sl_arena_zalloc(sl_arena *arena, size_t size) {
  void *p = sl_arena_alloc(arena, size);
  return memset(p, 0, size);
}

void *sl_arena_calloc(sl_arena *arena, size_t count, size_t size) {
  size_t total;
  if (__builtin_mul_overflow(count, size, &total) || total > SIZE_MAX / 2) {
    fprintf(stderr, "out of memory: %zu items of %zu bytes asked for\n", count, size);
    abort();
  }
  return sl_arena_zalloc(arena, total);
}

char *sl_arena_dup(sl_arena *arena, const void *data, size_t len) {
  char *p = sl_arena_alloc(arena, len + 1);
  if (len) memcpy(p, data, len);
  p[len] = 0;
  return p;
}

char *sl_arena_printf(sl_arena *arena, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  char *text = sl_arena_vprintf(arena, fmt, args);
  va_end(args);
  return text;
}

char *sl_arena_vprintf(sl_arena *arena, const char *fmt, va_list args) {
  va_list again;
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, fmt, args);
  size_t size = len < 0 ? 1 : (size_t)len + 1; /* a broken format prints nothing */
  char *text = sl_arena_alloc(arena, size);
  text[0] = 0;
  if (len > 0) vsnprintf(text, size, fmt, again);
  va_end(again);
  return text;
}
