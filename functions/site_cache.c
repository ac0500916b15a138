/* Compiled texts of a call site: see site_cache.h. All long texts share one place, so that a cache holds at most one of
 * them. */
#include "functions/site_cache.h"
#include "base/heap.h"

enum { LONG_TEXT = 4096 };

typedef struct sl_site_place {
  sl_arena arena; /* of text and compiled */
  sl_str text;
  void *compiled; /* NULL: the place is free */
} place;

static void clear(const sl_site_compiler *compiler, place *at) {
  if (at->compiled && compiler->release) compiler->release(at->compiled);
  at->compiled = NULL;
}

void sl_site_cache_done(sl_site_cache *cache) {
  for (int i = 0; cache->places && i < cache->compiler->places; i++) {
    clear(cache->compiler, &cache->places[i]);
    sl_arena_done(&cache->places[i].arena);
  }
  sl_heap_free(cache->places);
  *cache = (sl_site_cache){0};
}

static place *place_of(const sl_site_cache *cache, sl_str text) {
  return &cache->places[text.len > LONG_TEXT ? 0 : sl_str_hash(text) % (size_t)cache->compiler->places];
}

const void *sl_site_cached(sl_site_cache *cache, const sl_site_compiler *compiler, sl_str text) {
  if (!cache->places) {
    cache->compiler = compiler;
    cache->places = sl_heap_zalloc((size_t)compiler->places * sizeof *cache->places);
    for (int i = 0; i < compiler->places; i++) sl_arena_init(&cache->places[i].arena, 1024);
  }
  place *at = place_of(cache, text);
  if (at->compiled && sl_str_eq(at->text, text)) return at->compiled;
  clear(compiler, at);
  sl_arena_reset(&at->arena);
  at->text = sl_str_dup(&at->arena, text);
  at->compiled = sl_arena_zalloc(&at->arena, compiler->size);
  compiler->make(&at->arena, at->text, at->compiled);
  return at->compiled;
}
