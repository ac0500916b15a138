/* Arena: memory that is released all at once. Blocks are kept on reset, so a steady workload makes no heap calls.
 * Not thread-safe: an arena belongs to one owner at a time. Allocation never fails (it aborts): sizes that come from
 * users are bounded before they get here. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sl_arena_block sl_arena_block;
typedef struct sl_arena_large sl_arena_large;

typedef struct sl_arena {
  uint8_t *next;         /* next free byte of the current block */
  uint8_t *end;          /* end of the current block */
  sl_arena_block *first; /* all blocks, in order of use */
  sl_arena_block *current;
  size_t block_size;     /* size of the next ordinary block */
  sl_arena_large *large; /* allocations too big for a block, newest first; freed by reset and rewind */
} sl_arena;

/* A position to rewind to; see sl_arena_mark. */
typedef struct sl_arena_point {
  sl_arena_block *block;
  uint8_t *next;
} sl_arena_point;

void sl_arena_init(sl_arena *arena, size_t block_size); /* block_size 0 = 16 KiB; allocates nothing yet */
void sl_arena_done(sl_arena *arena);                    /* accepts NULL */
sl_arena *sl_arena_new(size_t block_size);
void sl_arena_free(sl_arena *arena);
void sl_arena_reset(sl_arena *arena); /* forgets all allocations, keeps ordinary blocks */
sl_arena_point sl_arena_mark(const sl_arena *arena);
void sl_arena_rewind(sl_arena *arena, sl_arena_point point);
size_t sl_arena_size(const sl_arena *arena); /* bytes held from the heap */

void *sl_arena_alloc_slow(sl_arena *arena, size_t size);

/* 16-byte aligned, not cleared. */
static inline void *sl_arena_alloc(sl_arena *arena, size_t size) {
  size = (size + 15) & ~(size_t)15;
  if ((size_t)(arena->end - arena->next) >= size && arena->next) {
    void *p = arena->next;
    arena->next += size;
    return p;
  }
  return sl_arena_alloc_slow(arena, size);
}
void *sl_arena_zalloc(sl_arena *arena, size_t size);
/* count * size with an overflow check, cleared. */
void *sl_arena_calloc(sl_arena *arena, size_t count, size_t size);
char *sl_arena_dup(sl_arena *arena, const void *data, size_t len); /* copies len bytes and adds a NUL */
char *sl_arena_printf(sl_arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *sl_arena_vprintf(sl_arena *arena, const char *fmt, va_list args);
