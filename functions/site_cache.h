/* What a call site keeps of texts that change from row to row and cost much to compile (patterns): a table of a few
 * places by the text's hash; a new text takes the place of the one before. One per runner. Thread: task. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

typedef struct sl_site_compiler {
  int places;  /* of a cache */
  size_t size; /* bytes of what make fills, which begin as zeros */
  /* Compiles text, which lives as long as out does. What lies in arena goes with the place. A text that is none is
   * kept like others, so out says why. */
  void (*make)(sl_arena *arena, sl_str text, void *out);
  void (*release)(void *out); /* what does not lie in the arena; may be NULL */
} sl_site_compiler;

typedef struct sl_site_cache {
  const sl_site_compiler *compiler; /* of the first call; it is the same in all */
  struct sl_site_place *places;     /* made on first use */
} sl_site_cache;

/* The compiled form of text, valid until the next call. */
const void *sl_site_cached(sl_site_cache *cache, const sl_site_compiler *compiler, sl_str text);
void sl_site_cache_done(sl_site_cache *cache);
