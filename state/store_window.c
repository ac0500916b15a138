/* Window stores: rows by key and window start, in one table per span of starts, so that expiry drops whole tables. What
 * has expired but is still there is hidden by sl_store_visible. Ordering is done when a range asks for it. */
#include "base/bytes.h"
#include "base/heap.h"
#include "state/state_int.h"
#include <stdlib.h>
#include <string.h>

int64_t sl_store_segment_id(const sl_store *store, int64_t start) {
  int64_t id = start / store->width;
  return start < 0 && id * store->width != start ? id - 1 : id;
}

size_t sl_store_segment_at(const sl_store *store, int64_t id) {
  size_t lo = 0, hi = store->segment_count;
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (store->segments[mid]->id < id)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

sl_window_segment *sl_store_segment(sl_store *store, int64_t id, bool make) {
  size_t hi = store->segment_count; /* the newest is asked for most */
  if (hi && store->segments[hi - 1]->id == id) return store->segments[hi - 1];
  size_t lo = sl_store_segment_at(store, id);
  if (lo < store->segment_count && store->segments[lo]->id == id) return store->segments[lo];
  if (!make) return NULL;
  if (store->segment_count == store->segment_cap) {
    store->segment_cap = store->segment_cap ? store->segment_cap * 2 : 8;
    store->segments = sl_heap_realloc(store->segments, store->segment_cap * sizeof(sl_window_segment *));
  }
  memmove(store->segments + lo + 1, store->segments + lo, (store->segment_count - lo) * sizeof(sl_window_segment *));
  store->segment_count++;
  sl_window_segment *seg = sl_heap_zalloc(sizeof *seg);
  seg->id = id;
  bool heads = store->options.shape == SL_STATE_BUFFER;
  sl_table_init(&seg->table, heads ? sizeof(sl_tree) : 0, heads ? 0 : store->fixed, store->options.budget);
  sl_pool_init(&seg->pool, store->options.budget);
  store->segments[lo] = seg;
  return seg;
}

static int64_t floor_div(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}

int64_t sl_store_visible_from(const sl_store *store) {
  enum { SEGMENT_MIN_MS = 60000 };
  int64_t retention = store->options.retention;
  if (store->observed < INT64_MIN + retention + 2 * SEGMENT_MIN_MS) return INT64_MIN;
  if (store->lenience >= 0) return store->observed - retention + 1 - store->lenience;
  int64_t span = retention / 2 > SEGMENT_MIN_MS ? retention / 2 : SEGMENT_MIN_MS;
  return floor_div(store->observed - retention, span) * span;
}

bool sl_store_visible(const sl_store *store, int64_t time) {
  return time >= sl_store_visible_from(store);
}

void sl_store_set_window(sl_store *store, int64_t advance, int64_t lenience) {
  store->advance = advance;
  store->lenience = lenience;
}

void sl_store_segment_free(sl_window_segment *seg) {
  sl_table_done(&seg->table);
  sl_pool_done(&seg->pool);
  sl_heap_free(seg);
}

/* Drops tables whose last start is hidden for good. */
void sl_store_expire(sl_store *store) {
  if (store->cursors) return;
  int64_t first = sl_store_segment_id(store, sl_store_visible_from(store));
  size_t gone = sl_store_segment_at(store, first);
  if (!gone) return;
  for (size_t i = 0; i < gone; i++) sl_store_segment_free(store->segments[i]);
  store->segment_count -= gone;
  memmove(store->segments, store->segments + gone, store->segment_count * sizeof(sl_window_segment *));
}

/* ---- ranges ---- */

typedef struct found {
  sl_entry **items;
  size_t count, cap;
  sl_arena *arena;
} found;

static void found_add(found *f, sl_entry *e) {
  if (f->count == f->cap) {
    size_t cap = f->cap ? f->cap * 2 : 16;
    sl_entry **items = sl_arena_calloc(f->arena, cap, sizeof(sl_entry *));
    if (f->count) memcpy(items, f->items, f->count * sizeof(sl_entry *));
    f->items = items;
    f->cap = cap;
  }
  f->items[f->count++] = e;
}

static int by_time(const void *a, const void *b, void *ctx) {
  const sl_store *store = ctx;
  sl_store_key x = sl_store_entry_key(store, *(sl_entry *const *)a),
               y = sl_store_entry_key(store, *(sl_entry *const *)b);
  if (store->options.shape == SL_STATE_SESSION && x.end != y.end) return x.end < y.end ? -1 : 1;
  if (x.start != y.start) return x.start < y.start ? -1 : 1;
  return sl_str_cmp(x.bytes, y.bytes);
}

static void found_sort(found *f, const sl_store *store, sl_entry ***out, size_t *count) {
  if (f->count > 1) qsort_r(f->items, f->count, sizeof(sl_entry *), by_time, (void *)(uintptr_t)store);
  *out = f->items;
  *count = f->count;
}

static void session_chain(const sl_store *store, const sl_entry *head, int64_t from, int64_t to, bool overlap,
                          found *f) {
  for (sl_entry *e = sl_entry_session(head)->next; e; e = sl_entry_session(e)->next) {
    const sl_session_part *part = sl_entry_session(e);
    bool in = overlap ? part->end >= from && part->start <= to : part->end >= from && part->end <= to;
    if ((e->present || (overlap && e->dirty)) && in && sl_store_visible(store, part->end)) found_add(f, e);
  }
}

/* First and last start of a segment's windows; saturating, since a start may be any number. */
static void segment_bounds(const sl_store *store, int64_t id, int64_t *low, int64_t *high) {
  int64_t next;
  if (__builtin_mul_overflow(id, store->width, low)) *low = INT64_MIN;
  *high = id == INT64_MAX || __builtin_mul_overflow(id + 1, store->width, &next) ? INT64_MAX : next - 1;
}

/* Looks at each possible start in [low, high]. */
static void window_starts(sl_store *store, sl_str key, int64_t low, int64_t high, found *f) {
  int64_t start = low - low % store->advance;
  if (start < low && __builtin_add_overflow(start, store->advance, &start)) return;
  for (; start <= high; start += store->advance) {
    sl_store_key at = {.bytes = key, .start = start};
    sl_entry *e = sl_store_find(store, &at);
    if (e && (e->present || e->dirty) && sl_store_visible(store, start)) found_add(f, e);
    if (high - start < store->advance) return; /* the next might be no number */
  }
}

/* One key's windows in one table: by their possible starts when these are known and fewer than the entries, else by
 * looking at every entry. */
static void window_table(sl_store *store, sl_window_segment *seg, sl_str key, int64_t from, int64_t to, found *f) {
  int64_t low, high;
  segment_bounds(store, seg->id, &low, &high);
  if (from > low) low = from;
  if (to < high) high = to;
  if (low > high) return;
  if (store->advance > 0 && (uint64_t)(high - low) / (uint64_t)store->advance < seg->table.count) {
    window_starts(store, key, low, high, f);
    return;
  }
  size_t segment = 0;
  uint32_t slot = 0;
  for (sl_entry *e; (e = sl_table_next(&seg->table, &segment, &slot));) {
    if (!(e->present || e->dirty) || e->key_len != key.len + 8) continue;
    if (key.len && memcmp(e + 1, key.ptr, key.len)) continue;
    int64_t start = sl_store_entry_key(store, e).start;
    if (start >= low && start <= high && sl_store_visible(store, start)) found_add(f, e);
  }
}

void sl_store_key_range(sl_store *store, sl_str key, int64_t from, int64_t to, sl_arena *arena, sl_entry ***out,
                        size_t *count) {
  found f = {.arena = arena};
  if (store->options.shape == SL_STATE_SESSION) {
    sl_entry *head = sl_table_find(&store->table, key);
    if (head) session_chain(store, head, from, to, true, &f);
    *out = f.items; /* a chain is in order */
    *count = f.count;
    return;
  }
  for (size_t i = 0; i < store->segment_count; i++) window_table(store, store->segments[i], key, from, to, &f);
  found_sort(&f, store, out, count);
}

void sl_store_time_range(sl_store *store, int64_t from, int64_t to, sl_arena *arena, sl_entry ***out, size_t *count) {
  found f = {.arena = arena};
  size_t segment = 0;
  uint32_t slot = 0;
  if (store->options.shape == SL_STATE_SESSION)
    for (sl_entry *head; (head = sl_table_next(&store->table, &segment, &slot));)
      session_chain(store, head, from, to, false, &f);
  int64_t first = sl_store_segment_id(store, from), last = sl_store_segment_id(store, to);
  for (size_t i = 0; i < store->segment_count; i++) {
    if (store->segments[i]->id < first || store->segments[i]->id > last) continue;
    segment = slot = 0;
    for (sl_entry *e; (e = sl_table_next(&store->segments[i]->table, &segment, &slot));) {
      int64_t start = sl_store_entry_key(store, e).start;
      if (e->present && start >= from && start <= to && sl_store_visible(store, start)) found_add(&f, e);
    }
  }
  found_sort(&f, store, out, count);
}
