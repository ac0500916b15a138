/* The hash table of a store: extendible hashing. A directory of 2^depth pointers leads to segments of at most 1,024
 * slots; a full segment splits in two, so growth never moves more than one segment's entries. Entries live in slabs and
 * never move.
 *
 * Of a 64-bit hash the top bits choose the segment, 16 low bits are kept in the slot: they give the place in the
 * segment and let a probe skip foreign entries without touching them. */
#include "base/heap.h"
#include "state/state_int.h"
#include <assert.h>
#include <string.h>
#include <xxhash.h>

enum { SEGMENT_MIN = 16, SEGMENT_MAX = 1024, SEGMENT_GOAL = 640, AHEAD = 12, VAR_POOLED = 1024 };

uint64_t sl_table_hash(sl_str key) {
  return XXH3_64bits(key.ptr, key.len);
}
static uint32_t tag_of(uint64_t hash) {
  return (uint32_t)(hash & 0xffff);
}
static sl_entry *slot_entry(uint64_t slot) {
  return (sl_entry *)(uintptr_t)(slot & 0xffffffffffffULL);
}
static uint32_t slot_tag(uint64_t slot) {
  return (uint32_t)(slot >> 48);
}
static uint64_t slot_of(uint32_t tag, const sl_entry *e) {
  return (uint64_t)tag << 48 | (uint64_t)(uintptr_t)e;
}
static size_t dir_index(const sl_table *table, uint64_t hash) {
  return table->depth ? (size_t)(hash >> (64 - table->depth)) : 0;
}
static sl_str entry_key(const sl_table *table, const sl_entry *e) {
  return sl_str_n((const char *)sl_entry_bytes(table, e), e->key_len);
}

/* Memory is counted when it is taken; the store asks the budget before it writes. */
static void *take(sl_table *table, size_t size) {
  table->bytes += size;
  if (table->budget) sl_budget_force(table->budget, size);
  return sl_heap_zalloc(size);
}

static void give(sl_table *table, void *p, size_t size) {
  if (!p) return;
  table->bytes -= size;
  if (table->budget) sl_budget_give(table->budget, size);
  sl_heap_free(p);
}

static size_t segment_size(uint32_t cap) {
  return sizeof(sl_table_segment) + cap * sizeof(uint64_t);
}

static sl_table_segment *segment_new(sl_table *table, uint32_t cap, uint32_t depth) {
  sl_table_segment *seg = take(table, segment_size(cap));
  seg->cap = cap;
  seg->depth = depth;
  return seg;
}

void sl_table_init(sl_table *table, uint32_t ext, size_t fixed, sl_budget *budget) {
  *table = (sl_table){.ext = ext, .fixed = (uint32_t)fixed, .budget = budget};
  sl_pool_init(&table->pool, budget);
}

size_t sl_table_bytes(const sl_table *table) {
  return table->bytes + table->pool.bytes;
}

static size_t entry_size(const sl_table *table, size_t key_len) {
  return sizeof(sl_entry) + table->ext + ((key_len + 7) & ~(size_t)7) + table->fixed;
}

sl_entry *sl_table_alloc(sl_table *table, sl_str key) {
  uint8_t size_class;
  size_t size = entry_size(table, key.len);
  sl_entry *e = sl_pool_take(&table->pool, size, &size_class);
  memset(e, 0, size);
  e->key_len = (uint32_t)key.len;
  if (key.len) memcpy((uint8_t *)e + sizeof *e + table->ext, key.ptr, key.len);
  return e;
}

/* Variable bytes of at most VAR_POOLED lie in the pool; more come from the heap, their capacity in the 8 bytes before
 * them and class 0. */
static size_t var_cap(const sl_entry *e) {
  if (!e->var) return 0;
  if (e->size_class) return sl_pool_size(e->size_class);
  uint64_t cap;
  memcpy(&cap, e->var - 8, 8);
  return cap;
}

static void give_var(sl_table *table, sl_entry *e) {
  if (!e->var) return;
  if (e->size_class)
    sl_pool_give(&table->pool, e->var, e->size_class);
  else
    give(table, e->var - 8, var_cap(e) + 8);
  e->var = NULL;
  e->size_class = 0;
}

void sl_table_release(sl_table *table, sl_entry *e) {
  give_var(table, e);
  sl_pool_give(&table->pool, e, sl_pool_class(entry_size(table, e->key_len)));
}

void sl_table_var(sl_table *table, sl_entry *e, size_t len) {
  uint64_t cap = var_cap(e), want = len;
  e->var_len = (uint32_t)len;
  if (len <= cap) return;
  if (cap && want < cap + cap / 2) want = cap + cap / 2; /* what grows step by step leaves few blocks behind */
  give_var(table, e);
  if (want <= VAR_POOLED) {
    e->var = sl_pool_take(&table->pool, want, &e->size_class);
    return;
  }
  want = (want + 15) & ~(uint64_t)15;
  e->var = (uint8_t *)take(table, want + 8) + 8;
  memcpy(e->var - 8, &want, 8);
}

static void begin(sl_table *table) {
  table->dir = take(table, sizeof *table->dir);
  table->dir[0] = segment_new(table, SEGMENT_MIN, 0);
}

static void segment_put(sl_table_segment *seg, uint64_t slot) {
  uint32_t at = slot_tag(slot) & (seg->cap - 1);
  while (seg->slots[at]) at = (at + 1) & (seg->cap - 1);
  seg->slots[at] = slot;
  seg->used++;
}

/* Doubles a small segment in place of itself. */
static sl_table_segment *segment_grow(sl_table *table, sl_table_segment *seg) {
  sl_table_segment *wide = segment_new(table, seg->cap * 2, seg->depth);
  for (uint32_t i = 0; i < seg->cap; i++)
    if (seg->slots[i]) segment_put(wide, seg->slots[i]);
  for (size_t i = 0; i < (size_t)1 << table->depth; i++)
    if (table->dir[i] == seg) table->dir[i] = wide;
  give(table, seg, segment_size(seg->cap));
  return wide;
}

static void dir_double(sl_table *table) {
  size_t count = (size_t)1 << table->depth;
  sl_table_segment **dir = take(table, 2 * count * sizeof *dir);
  for (size_t i = 0; i < 2 * count; i++) dir[i] = table->dir[i / 2];
  give(table, table->dir, count * sizeof *dir);
  table->dir = dir;
  table->depth++;
}

/* Splits the full segment that hash leads to by its next bit. */
static void segment_split(sl_table *table, uint64_t hash) {
  sl_table_segment *seg = table->dir[dir_index(table, hash)];
  if (seg->depth == table->depth) dir_double(table);
  uint32_t depth = seg->depth + 1;
  sl_table_segment *low = segment_new(table, seg->cap, depth), *high = segment_new(table, seg->cap, depth);
  for (uint32_t i = 0; i < seg->cap; i++) {
    if (i + AHEAD < seg->cap) __builtin_prefetch(slot_entry(seg->slots[i + AHEAD]));
    if (!seg->slots[i]) continue;
    uint64_t h = sl_table_hash(entry_key(table, slot_entry(seg->slots[i])));
    segment_put(h >> (64 - depth) & 1 ? high : low, seg->slots[i]);
  }
  size_t span = (size_t)1 << (table->depth - seg->depth), first = dir_index(table, hash) & ~(span - 1);
  for (size_t i = 0; i < span; i++) table->dir[first + i] = i < span / 2 ? low : high;
  give(table, seg, segment_size(seg->cap));
}

static sl_entry *probe(const sl_table *table, uint64_t hash, sl_str key) {
  const sl_table_segment *seg = table->dir[dir_index(table, hash)];
  uint32_t tag = tag_of(hash);
  for (uint32_t at = tag & (seg->cap - 1); seg->slots[at]; at = (at + 1) & (seg->cap - 1)) {
    if (slot_tag(seg->slots[at]) != tag) continue;
    sl_entry *e = slot_entry(seg->slots[at]);
    if (e->key_len == key.len && (!key.len || !memcmp(sl_entry_bytes(table, e), key.ptr, key.len))) return e;
  }
  return NULL;
}

/* Brings the slots of a key into the cache ... */
static void slots_ahead(const sl_table *table, uint64_t hash) {
  const sl_table_segment *seg = table->dir[dir_index(table, hash)];
  __builtin_prefetch(&seg->slots[tag_of(hash) & (seg->cap - 1)]);
}

/* ... and, when they are there, its first candidate. */
static void probe_ahead(const sl_table *table, uint64_t hash) {
  const sl_table_segment *seg = table->dir[dir_index(table, hash)];
  uint32_t tag = tag_of(hash);
  for (uint32_t at = tag & (seg->cap - 1); seg->slots[at]; at = (at + 1) & (seg->cap - 1)) {
    if (slot_tag(seg->slots[at]) != tag) continue;
    const uint8_t *e = (const uint8_t *)slot_entry(seg->slots[at]);
    __builtin_prefetch(e, 1);
    __builtin_prefetch(e + 64, 1);
    return;
  }
}

sl_entry *sl_table_find(const sl_table *table, sl_str key) {
  return table->dir ? probe(table, sl_table_hash(key), key) : NULL;
}

static sl_entry *insert(sl_table *table, uint64_t hash, sl_str key) {
  for (;;) {
    sl_table_segment *seg = table->dir[dir_index(table, hash)];
    if (seg->used < seg->cap - seg->cap / 4) {
      sl_entry *e = sl_table_alloc(table, key);
      assert((uint64_t)(uintptr_t)e >> 48 == 0);
      segment_put(seg, slot_of(tag_of(hash), e));
      table->count++;
      return e;
    }
    /* Keys chosen to collide must not blow up the directory: then the segment grows instead. */
    bool may_split = seg->depth < table->depth || (size_t)1 << table->depth <= table->count / 64;
    if (seg->cap >= SEGMENT_MAX && may_split)
      segment_split(table, hash);
    else
      segment_grow(table, seg);
  }
}

void sl_table_locate(sl_table *table, const sl_str *keys, int count, sl_entry **out, bool *made) {
  uint64_t hashes[2 * AHEAD];
  if (!table->dir) begin(table);
  for (int i = 0; i < count + 2 * AHEAD; i++) {
    int end = i - 2 * AHEAD, mid = i - AHEAD;
    if (end >= 0) { /* the ring slot of end is free for i afterwards */
      uint64_t hash = hashes[end % (2 * AHEAD)];
      out[end] = probe(table, hash, keys[end]);
      if (made) {
        made[end] = !out[end];
        if (made[end]) out[end] = insert(table, hash, keys[end]);
      }
    }
    if (i < count) {
      uint64_t hash = sl_table_hash(keys[i]);
      hashes[i % (2 * AHEAD)] = hash;
      slots_ahead(table, hash);
    }
    if (mid >= 0 && mid < count) probe_ahead(table, hashes[mid % (2 * AHEAD)]);
  }
}

void sl_table_ahead(const sl_table *table, const sl_str *keys, int count) {
  enum { AT_ONCE = 64, SMALL = 8192 }; /* a small table is in the caches */
  uint64_t hashes[AT_ONCE];
  for (int i = 0; i < count && table->count > SMALL; i += AT_ONCE) {
    int n = count - i < AT_ONCE ? count - i : AT_ONCE;
    for (int k = 0; k < n; k++) {
      hashes[k] = sl_table_hash(keys[i + k]);
      slots_ahead(table, hashes[k]);
    }
    for (int k = 0; k < n; k++) probe_ahead(table, hashes[k]);
  }
}

void sl_table_unlink(sl_table *table, sl_entry *e) {
  uint64_t hash = sl_table_hash(entry_key(table, e));
  sl_table_segment *seg = table->dir[dir_index(table, hash)];
  uint32_t mask = seg->cap - 1, at = tag_of(hash) & mask;
  while (slot_entry(seg->slots[at]) != e) at = (at + 1) & mask;
  for (uint32_t hole = at;;) { /* close the hole: move back what probed past it */
    at = (at + 1) & mask;
    if (!seg->slots[at]) {
      seg->slots[hole] = 0;
      break;
    }
    uint32_t home = slot_tag(seg->slots[at]) & mask;
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      seg->slots[hole] = seg->slots[at];
      hole = at;
    }
  }
  seg->used--;
  table->count--;
}

sl_entry *sl_table_next(const sl_table *table, size_t *segment, uint32_t *slot) {
  if (!table->dir) return NULL;
  size_t dirs = (size_t)1 << table->depth;
  while (*segment < dirs) {
    const sl_table_segment *seg = table->dir[*segment];
    while (*slot < seg->cap)
      if (seg->slots[(*slot)++]) return slot_entry(seg->slots[*slot - 1]);
    *slot = 0;
    *segment += (size_t)1 << (table->depth - seg->depth);
  }
  return NULL;
}

void sl_table_done(sl_table *table) {
  size_t dirs = table->dir ? (size_t)1 << table->depth : 0;
  for (size_t i = 0; i < dirs;) {
    sl_table_segment *seg = table->dir[i];
    i += (size_t)1 << (table->depth - seg->depth);
    for (uint32_t s = 0; s < seg->cap && table->fixed; s++) { /* only what is not in the pool */
      sl_entry *e = sl_segment_entry(seg, s);
      if (e && e->var && !e->size_class) give_var(table, e);
    }
    give(table, seg, segment_size(seg->cap));
  }
  give(table, table->dir, dirs * sizeof *table->dir);
  sl_pool_done(&table->pool);
  sl_table_init(table, table->ext, table->fixed, table->budget);
}

/* ---- in order of hashes ---- */

sl_entry *sl_segment_entry(const sl_table_segment *seg, uint32_t at) {
  return seg->slots[at] ? slot_entry(seg->slots[at]) : NULL;
}

const sl_table_segment *sl_table_walk(const sl_table *table, sl_table_place *place) {
  if (!table->dir || place->over) return NULL;
  const sl_table_segment *seg = table->dir[dir_index(table, place->hash)];
  uint64_t rest = seg->depth ? UINT64_MAX >> seg->depth : UINT64_MAX;
  place->hash = (place->hash | rest) + 1;
  place->over = place->hash == 0;
  return seg;
}

sl_entry *sl_table_add(sl_table *table, sl_str key) {
  if (!table->dir) begin(table);
  return insert(table, sl_table_hash(key), key);
}

void sl_table_reserve(sl_table *table, size_t count) {
  assert(!table->dir);
  if (count < SEGMENT_GOAL) return;
  while ((count >> table->depth) > SEGMENT_GOAL) table->depth++;
  size_t dirs = (size_t)1 << table->depth;
  table->dir = take(table, dirs * sizeof *table->dir);
  for (size_t i = 0; i < dirs; i++) table->dir[i] = segment_new(table, SEGMENT_MAX, table->depth);
}
