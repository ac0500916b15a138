/* Rows in order of time, for joins of streams: every row stays, also one with the key and time of another.
 *
 * A BUFFER has, per span of times, a table of keys, and under each key a tree of its rows by time; expiry drops whole
 * spans. A PENDING store is one tree by time, side and key. A row's bytes never change, so a pre-image is
 * the row itself; one that was removed is out of its tree, and its memory waits for the commit. */
#include "state/state_int.h"
#include <assert.h>
#include <string.h>

static const uint32_t SIDE = 1U << SL_STORE_SIDE_BIT;

sl_value *sl_order_values(const sl_entry *e) {
  return (sl_value *)(void *)(sl_order_part_of(e) + 1);
}

static sl_str pending_key(const sl_store *store, const sl_entry *e) {
  return sl_str_n((const char *)(sl_order_values(e) + store->options.count), e->key_len);
}

sl_store_key sl_order_key(const sl_store *store, const sl_entry *e) {
  const sl_order_part *part = sl_order_part_of(e);
  sl_str bytes;
  if (store->options.shape == SL_STATE_PENDING) {
    bytes = pending_key(store, e);
  } else {
    assert(part->tree); /* rows of buffers are never removed */
    const sl_entry *head = sl_tree_head(part->tree);
    bytes = sl_str_n((const char *)(sl_tree_of(head) + 1), head->key_len);
  }
  return (sl_store_key){.bytes = bytes, .start = part->time, .end = (int64_t)part->number};
}

/* ---- trees ---- */

/* Where a row stands; key counts in PENDING stores only. */
typedef struct place {
  int64_t time;
  uint32_t number;
  sl_str key;
} place;

static place place_of(const sl_store *store, const sl_entry *e) {
  place at = {sl_order_part_of(e)->time, sl_order_part_of(e)->number, {0}};
  if (store->options.shape == SL_STATE_PENDING) at.key = pending_key(store, e);
  return at;
}

static int compare(const sl_store *store, const sl_entry *e, const place *at) {
  const sl_order_part *part = sl_order_part_of(e);
  if (part->time != at->time) return part->time < at->time ? -1 : 1;
  if ((part->number ^ at->number) & SIDE) return part->number < at->number ? -1 : 1;
  int c = store->options.shape == SL_STATE_PENDING ? sl_str_cmp(pending_key(store, e), at->key) : 0;
  return c ? c : (part->number > at->number) - (part->number < at->number);
}

/* The last row at or before a place. */
static sl_entry *tree_floor(const sl_store *store, const sl_tree *tree, const place *at) {
  if (tree->last && compare(store, tree->last, at) <= 0) return tree->last;
  sl_entry *found = NULL;
  for (sl_entry *e = tree->root; e;) {
    if (compare(store, e, at) <= 0) {
      found = e;
      e = sl_order_part_of(e)->right;
    } else {
      e = sl_order_part_of(e)->left;
    }
  }
  return found;
}

/* ---- rows ---- */

static sl_pool *pool_of(sl_store *store, int64_t time) {
  if (store->options.shape == SL_STATE_PENDING) return &store->pool;
  return &sl_store_segment(store, sl_store_segment_id(store, time), true)->pool;
}

static int row_new(sl_store *store, const place *at, const sl_value *values, sl_entry **out, sl_err *err) {
  const sl_store_options *o = &store->options;
  size_t var = sl_packed_size(o->types, o->count, values);
  if (var == SIZE_MAX) return sl_err_set(err, SL_E_MEMORY, SL_NO_POS, "A row of %s is larger than 2 GiB.", o->name);
  size_t key_len = o->shape == SL_STATE_PENDING ? at->key.len : 0, key_room = (key_len + 7) & ~(size_t)7;
  size_t fixed = sizeof(sl_entry) + sizeof(sl_order_part) + (size_t)o->count * sizeof(sl_value) + key_room;
  int rc = sl_store_ask(store, fixed + var + (o->shape == SL_STATE_BUFFER ? at->key.len + 64 : 0), err);
  if (rc) return rc;
  uint8_t size_class;
  sl_entry *e = sl_pool_take(pool_of(store, at->time), fixed + var, &size_class);
  *e = (sl_entry){.timestamp = at->time, .key_len = (uint32_t)key_len, .size_class = size_class};
  *sl_order_part_of(e) =
      (sl_order_part){.time = at->time, .number = at->number, .priority = sl_tree_priority(&store->random)};
  uint8_t *bytes = (uint8_t *)(sl_order_values(e) + o->count);
  if (key_len) memcpy(bytes, at->key.ptr, key_len);
  e->var = bytes + key_room;
  e->var_len = (uint32_t)sl_pack(o->types, o->count, values, sl_order_values(e), e->var);
  *out = e;
  return 0;
}

/* The tree a row belongs in; made where missing. */
static sl_tree *tree_for(sl_store *store, const place *at) {
  if (store->options.shape == SL_STATE_PENDING) return &store->tree;
  sl_window_segment *seg = sl_store_segment(store, sl_store_segment_id(store, at->time), true);
  sl_entry *head;
  bool made;
  sl_table_locate(&seg->table, &at->key, 1, &head, &made);
  return sl_tree_of(head);
}

static void drop_head(sl_store *store, sl_tree *tree, int64_t time) {
  if (store->options.shape == SL_STATE_PENDING || tree->root) return;
  sl_window_segment *seg = sl_store_segment(store, sl_store_segment_id(store, time), false);
  sl_table_unlink(&seg->table, sl_tree_head(tree));
  sl_table_release(&seg->table, sl_tree_head(tree));
}

int sl_store_add(sl_store *store, sl_str key, int64_t time, bool left, const sl_value *values, sl_err *err) {
  uint32_t side = left ? SIDE : 0;
  place at = {time, side | (SIDE - 1), key};
  if (store->options.shape == SL_STATE_BUFFER) {
    if (time > store->observed) store->observed = time;
    if (!sl_store_visible(store, time)) return 0;
  }
  sl_tree *tree = tree_for(store, &at);
  sl_entry *before = tree_floor(store, tree, &at), *e;
  uint32_t number = side;
  if (before) {
    place there = place_of(store, before);
    bool same = there.time == time && (there.number & SIDE) == side && sl_str_eq(there.key, at.key);
    if (store->options.shape == SL_STATE_BUFFER) same = there.time == time;
    if (same && (there.number & (SIDE - 1)) == SIDE - 2)
      return sl_err_set(err, SL_E_MEMORY, SL_NO_POS, "%s holds too many rows of one key and time.",
                        store->options.name);
    if (same) number = there.number + 1;
  }
  at.number = number;
  int rc = row_new(store, &at, values, &e, err);
  if (rc) {
    drop_head(store, tree, time);
    return rc;
  }
  sl_tree_insert(tree, e, before);
  sl_store_mark(store, e);
  e->present = true;
  return 0;
}

void sl_order_erase(sl_store *store, sl_entry *e) {
  sl_tree *tree = sl_order_part_of(e)->tree;
  int64_t time = sl_order_part_of(e)->time;
  if (tree) sl_tree_remove(e);
  sl_pool_give(pool_of(store, time), e, e->size_class);
  if (tree) drop_head(store, tree, time);
}

void sl_order_rollback(sl_store *store) {
  for (uint32_t i = 0; i < store->dirty_count; i++)
    if (!store->dirty[i].undo.present) sl_order_erase(store, store->dirty[i].entry);
  for (uint32_t i = 0; i < store->dirty_count; i++) {
    if (!store->dirty[i].undo.present) continue;
    sl_entry *e = store->dirty[i].entry;
    place at = place_of(store, e);
    e->dirty = 0;
    e->present = true;
    sl_tree_insert(&store->tree, e, tree_floor(store, &store->tree, &at));
  }
}

int sl_order_restore(sl_store *store, const sl_store_key *key, const sl_value *values, sl_err *err) {
  place at = {key->start, (uint32_t)key->end, key->bytes};
  if (store->options.shape == SL_STATE_BUFFER) {
    sl_store_set_observed(store, values ? key->start : store->observed);
    if (!sl_store_visible(store, key->start)) return 0;
  }
  sl_tree *tree = tree_for(store, &at);
  sl_entry *before = tree_floor(store, tree, &at), *e = NULL;
  if (before && !compare(store, before, &at)) { /* an earlier word about the same row */
    sl_entry *gone = before;
    before = sl_tree_previous(gone);
    sl_tree_remove(gone);
    sl_pool_give(pool_of(store, key->start), gone, gone->size_class);
  }
  int rc = values ? row_new(store, &at, values, &e, err) : 0;
  if (e) {
    sl_tree_insert(tree, e, before);
    e->present = true;
  } else {
    drop_head(store, tree, key->start);
  }
  if (store->segment_count) sl_store_expire(store);
  return rc;
}

/* ---- reading in order ---- */

sl_store_walk sl_store_walk_of(sl_store *store, sl_str key, int64_t from, int64_t to) {
  assert(store->options.shape == SL_STATE_BUFFER);
  sl_store_walk walk = {.store = store, .key = key, .from = from, .to = to};
  int64_t retention = store->options.retention;
  bool bounded = store->observed >= INT64_MIN + retention;
  if (bounded && store->observed - retention + 1 > from) walk.from = store->observed - retention + 1;
  walk.segment = sl_store_segment_at(store, sl_store_segment_id(store, walk.from));
  return walk;
}

/* The first row of a key's tree at or after a time. */
static sl_entry *first_from(const sl_store *store, const sl_tree *tree, int64_t from) {
  if (from == INT64_MIN) return sl_tree_first(tree);
  place at = {from - 1, UINT32_MAX, {0}};
  sl_entry *before = tree_floor(store, tree, &at);
  return before ? sl_tree_next(before) : sl_tree_first(tree);
}

sl_entry *sl_store_walk_next(sl_store_walk *walk) {
  sl_store *store = walk->store;
  while (!walk->next) {
    if (walk->from > walk->to || walk->segment >= store->segment_count) return NULL;
    sl_window_segment *seg = store->segments[walk->segment];
    if (seg->id > sl_store_segment_id(store, walk->to)) return NULL;
    walk->segment++;
    const sl_entry *head = sl_table_find(&seg->table, walk->key);
    if (head) walk->next = first_from(store, sl_tree_of(head), walk->from);
  }
  sl_entry *e = walk->next;
  if (sl_order_part_of(e)->time > walk->to) return NULL;
  walk->next = sl_tree_next(e);
  return e;
}

sl_entry *sl_store_next(const sl_store *store, const sl_entry *e) {
  return e ? sl_tree_next(e) : sl_tree_first(&store->tree);
}

void sl_store_remove(sl_store *store, sl_entry *e) {
  assert(store->options.shape == SL_STATE_PENDING && e->present);
  if (!e->dirty) sl_store_mark(store, e);
  e->present = false;
  sl_tree_remove(e);
}

void sl_store_remove_key(sl_store *store, sl_str key, int64_t time, bool left) {
  place at = {time, (left ? SIDE : 0) | (SIDE - 1), key};
  while (store->tree.root) { /* from the last one back */
    sl_entry *e = tree_floor(store, &store->tree, &at);
    if (!e || sl_order_part_of(e)->time != time || (sl_order_part_of(e)->number ^ at.number) & SIDE) return;
    if (!sl_str_eq(pending_key(store, e), key)) return;
    sl_store_remove(store, e);
  }
}
