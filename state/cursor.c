/* Scans of committed state in order of key bytes. A cursor collects the entries once and sorts them: the hash table
 * pays nothing for order until somebody asks. While it is open, erased entries and expired tables stay in memory. */
#include "base/heap.h"
#include "state/state_int.h"
#include <assert.h>
#include <stdlib.h>

struct sl_store_cursor {
  sl_store *store;
  sl_entry **items;
  size_t count, at;
  size_t bytes; /* taken from budget */
  sl_budget *budget;
  bool sorted;
};

static int by_key(const void *a, const void *b, void *ctx) {
  const sl_store *store = ctx;
  sl_store_key x = sl_store_entry_key(store, *(sl_entry *const *)a),
               y = sl_store_entry_key(store, *(sl_entry *const *)b);
  int c = sl_str_cmp(x.bytes, y.bytes);
  if (c) return c;
  if (x.end != y.end) return x.end < y.end ? -1 : 1;
  return x.start < y.start ? -1 : x.start > y.start;
}

/* Adds the entries of a table, following session chains; with items NULL it only counts. */
static size_t collect(const sl_store *store, const sl_table *table, sl_entry **items) {
  size_t n = 0, segment = 0;
  uint32_t slot = 0;
  bool session = store->options.shape == SL_STATE_SESSION;
  for (sl_entry *e; (e = sl_table_next(table, &segment, &slot));) {
    for (sl_entry *s = session ? sl_entry_session(e)->next : e; s; s = session ? sl_entry_session(s)->next : NULL) {
      if (items) items[n] = s;
      n++;
    }
  }
  return n;
}

sl_store_cursor *sl_store_cursor_open(sl_store *store, sl_budget *budget, sl_err *err) {
  assert(!sl_store_in_order(store) && store->options.shape != SL_STATE_PREFIX);
  size_t n = collect(store, &store->table, NULL);
  for (size_t i = 0; i < store->segment_count; i++) n += collect(store, &store->segments[i]->table, NULL);
  size_t bytes = sizeof(sl_store_cursor) + (n + 1) * sizeof(sl_entry *);
  if (budget && !sl_budget_try_take(budget, bytes)) { /* no growth of state that a query would be stopped for */
    sl_err_set(
        err, SL_E_MEMORY, SL_NO_POS,
        "A scan of %zu rows needs %zu bytes, more than memory.max leaves. Look up keys instead, try again later, "
        "or raise memory.max.",
        n, bytes);
    return NULL;
  }
  sl_store_cursor *cur = sl_heap_zalloc(sizeof *cur);
  *cur = (sl_store_cursor){.store = store, .budget = budget, .bytes = bytes};
  cur->items = sl_heap_realloc(NULL, (n + 1) * sizeof(sl_entry *));
  cur->count = collect(store, &store->table, cur->items);
  for (size_t i = 0; i < store->segment_count; i++)
    cur->count += collect(store, &store->segments[i]->table, cur->items + cur->count);
  store->cursors++;
  return cur;
}

void sl_store_cursor_sort(sl_store_cursor *cur) {
  if (cur->count > 1) qsort_r(cur->items, cur->count, sizeof(sl_entry *), by_key, cur->store);
  cur->sorted = true;
}

bool sl_store_cursor_next(sl_store_cursor *cur, sl_arena *arena, sl_store_key *key, sl_store_row *out) {
  const sl_store *store = cur->store;
  assert(cur->sorted);
  while (cur->at < cur->count) {
    const sl_entry *e = cur->items[cur->at++];
    if (e->dead) continue;
    sl_store_key k = sl_store_entry_key(store, e);
    if (store->options.shape == SL_STATE_WINDOW && !sl_store_visible(store, k.start)) continue;
    if (store->options.shape == SL_STATE_SESSION && !sl_store_visible(store, k.end)) continue;
    if (!sl_store_read_committed(store, e, arena, out)) continue;
    *key = k;
    return true;
  }
  return false;
}

/* Frees what was erased while cursors were open, then heads that have lost their last session. */
static void bury(sl_store *store) {
  bool session = store->options.shape == SL_STATE_SESSION;
  size_t heads = 0;
  for (size_t i = 0; i < store->grave_count; i++) {
    sl_entry *head = session ? sl_entry_session(store->graves[i])->head : NULL;
    sl_table_release(store->grave_tables[i], store->graves[i]);
    if (!head || sl_entry_session(head)->next || head->dead) continue;
    head->dead = true;
    store->graves[heads++] = head;
  }
  for (size_t i = 0; i < heads; i++) {
    sl_table_unlink(&store->table, store->graves[i]);
    sl_table_release(&store->table, store->graves[i]);
  }
  store->grave_count = 0;
}

void sl_store_cursor_close(sl_store_cursor *cur) {
  if (!cur) return;
  sl_store *store = cur->store;
  if (--store->cursors == 0) bury(store);
  if (cur->budget) sl_budget_give(cur->budget, cur->bytes);
  sl_heap_free(cur->items);
  sl_heap_free(cur);
}
