/* Rows in order of time, for joins of streams: every row stays, also one with the key and time of another.
 *
 * A BUFFER has, per span of times, a table of keys, and under each key a tree of its rows by time; expiry drops whole
 * spans. A PENDING store is one tree by time, side and key. A row's bytes never change, so a pre-image is
 * the row itself; one that was removed is out of its tree, and its memory waits for the commit. */
#include "state/state_int.h"
#include <assert.h>
#include <string.h>

static const uint32_t SIDE = 1U << SL_STORE_SIDE_BIT;

uint8_t *sl_order_values(const sl_entry *e) {
  return (uint8_t *)(sl_order_part_of(e) + 1);
}

static sl_str pending_key(const sl_store *store, const sl_entry *e) {
  return sl_str_n((const char *)sl_order_values(e) + store->fixed, e->key_len);
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

/* Makes a row with room for its values; they are filled in by the caller. */
static int row_new(sl_store *store, const place *at, size_t var, sl_entry **out, sl_err *err) {
  const sl_store_options *o = &store->options;
  if (var == SIZE_MAX) return sl_err_set(err, SL_E_LIMIT, SL_NO_POS, "A row of %s is larger than 2 GiB.", o->name);
  size_t key_len = o->shape == SL_STATE_PENDING ? at->key.len : 0, key_room = (key_len + 7) & ~(size_t)7;
  size_t fixed = sizeof(sl_entry) + sizeof(sl_order_part) + store->fixed + key_room;
  int rc = sl_store_ask(store, fixed + var + (o->shape == SL_STATE_BUFFER ? at->key.len + 64 : 0), err);
  if (rc) return rc;
  uint8_t size_class;
  sl_entry *e = sl_pool_take(pool_of(store, at->time), fixed + var, &size_class);
  *e = (sl_entry){.timestamp = at->time, .key_len = (uint32_t)key_len, .size_class = size_class};
  *sl_order_part_of(e) =
      (sl_order_part){.time = at->time, .number = at->number, .priority = sl_tree_priority(&store->random)};
  uint8_t *bytes = sl_order_values(e) + store->fixed;
  if (key_len) memcpy(bytes, at->key.ptr, key_len);
  e->var = bytes + key_room;
  e->var_len = (uint32_t)var;
  *out = e;
  return 0;
}

static size_t row_size(const sl_store *store, const sl_value *values) {
  return sl_packed_size(store->options.types, store->options.count, values);
}

static void row_fill(const sl_store *store, sl_entry *e, const sl_value *values) {
  const sl_store_options *o = &store->options;
  e->var_len = (uint32_t)sl_pack(o->types, o->count, values, sl_order_values(e), e->var);
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
    if (same && (there.number & (SIDE - 1)) >= SIDE - 2)
      return sl_err_set(err, SL_E_LIMIT, SL_NO_POS, "%s holds too many rows of one key and time.", store->options.name);
    if (same) number = there.number + 1;
  }
  at.number = number;
  int rc = row_new(store, &at, row_size(store, values), &e, err);
  if (rc) {
    drop_head(store, tree, time);
    return rc;
  }
  row_fill(store, e, values);
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

/* Puts a row with room for var bytes in its place, or none, instead of what stands there. */
static int put_row(sl_store *store, const place *at, bool present, size_t var, sl_entry **out, sl_err *err) {
  sl_tree *tree = tree_for(store, at);
  sl_entry *before = tree_floor(store, tree, at), *e = NULL;
  if (before && !compare(store, before, at)) { /* an earlier word about the same row */
    sl_entry *gone = before;
    before = sl_tree_previous(gone);
    sl_tree_remove(gone);
    sl_pool_give(pool_of(store, at->time), gone, gone->size_class);
  }
  int rc = present ? row_new(store, at, var, &e, err) : 0;
  if (e) {
    sl_tree_insert(tree, e, before);
    e->present = true;
  } else {
    drop_head(store, tree, at->time);
  }
  *out = e;
  return rc;
}

/* May a row with this time still be seen? It counts as observed. */
static bool restorable(sl_store *store, int64_t time, bool present) {
  if (store->options.shape != SL_STATE_BUFFER) return true;
  sl_store_set_observed(store, present ? time : store->observed);
  if (store->segment_count) sl_store_expire(store);
  return sl_store_visible(store, time);
}

int sl_order_restore(sl_store *store, const sl_store_key *key, const sl_value *values, sl_err *err) {
  place at = {key->start, (uint32_t)key->end, key->bytes};
  if (!restorable(store, key->start, values != NULL)) return 0;
  sl_entry *e;
  int rc = put_row(store, &at, values != NULL, values ? row_size(store, values) : 0, &e, err);
  if (e) row_fill(store, e, values);
  return rc;
}

/* ---- images ---- */

int sl_order_import(sl_store *store, const sl_store_key *key, const uint8_t *fixed, const uint8_t *var,
                    uint32_t var_len, sl_err *err) {
  place at = {key->start, (uint32_t)key->end, key->bytes};
  if (!restorable(store, key->start, true)) return 0;
  sl_entry *e;
  int rc = put_row(store, &at, true, var_len, &e, err);
  if (rc) return rc;
  memcpy(sl_order_values(e), fixed, store->fixed);
  if (var_len) memcpy(e->var, var, var_len);
  return 0;
}

static void export_row(const sl_store *store, const sl_entry *e, sl_str key, sl_buf *out, uint32_t *rows) {
  if (store->options.shape == SL_STATE_PENDING) key = pending_key(store, e);
  sl_row_export(store, e, key, sl_order_part_of(e)->time, (int64_t)sl_order_part_of(e)->number, out, rows);
}

/* Pending rows that were removed since the last commit are in no tree, but may come back: those in (from, to] of the
 * walk, either NULL at the ends. */
static void export_removed(const sl_store *store, const place *from, const place *to, sl_buf *out, uint32_t *rows) {
  for (uint32_t i = 0; i < store->dirty_count; i++) {
    const sl_entry *e = store->dirty[i].entry;
    bool gone = store->dirty[i].undo.present && !e->present;
    if (!gone || (from && compare(store, e, from) <= 0) || (to && compare(store, e, to) > 0)) continue;
    export_row(store, e, (sl_str){0}, out, rows);
  }
}

bool sl_order_export(const sl_store *store, const sl_tree *tree, sl_str key, sl_order_place *at, size_t max,
                     sl_buf *out, uint32_t *rows) {
  place from = {at->time, at->number, sl_buf_str(&at->key)}, to;
  sl_entry *e = at->set ? tree_floor(store, tree, &from) : NULL, *last = NULL;
  for (e = e ? sl_tree_next(e) : sl_tree_first(tree); e && (!last || out->len < max); e = sl_tree_next(e)) {
    export_row(store, e, key, out, rows);
    last = e;
  }
  if (e) to = place_of(store, last);
  if (store->options.shape == SL_STATE_PENDING)
    export_removed(store, at->set ? &from : NULL, e ? &to : NULL, out, rows);
  if (!e) return true;
  at->set = true;
  at->time = to.time;
  at->number = to.number;
  sl_buf_reset(&at->key);
  sl_buf_add_str(&at->key, to.key);
  return false;
}

/* ---- reading in order ---- */

void sl_store_ahead(const sl_store *store, const sl_store_key *keys, int count, int64_t from, int64_t to) {
  enum { AT_ONCE = 64 };
  sl_str names[AT_ONCE];
  int64_t last = sl_store_segment_id(store, to);
  for (int i = 0; i < count; i += AT_ONCE) {
    int n = count - i < AT_ONCE ? count - i : AT_ONCE;
    for (int k = 0; k < n; k++) names[k] = keys[i + k].bytes;
    size_t at = sl_store_segment_at(store, sl_store_segment_id(store, from));
    for (; at < store->segment_count && store->segments[at]->id <= last; at++)
      sl_table_ahead(&store->segments[at]->table, names, n);
  }
}

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
