/* A store's rows as bytes, and back: what images are made of (image.c). Rows go out in steps between which the store
 * changes as it likes: tables are walked in order of hashes, rows in order of time by where they stand. Each row is the
 * one of the last commit; pre-images tell where it has been changed since. What is missed or stale because it changed
 * meanwhile stands in the changelog behind the walk's beginning.
 *
 * Row, in the machine's byte order:
 *   offset  size     meaning
 *   0       8        timestamp
 *   8       4        key length
 *   12      4        length of the variable bytes
 *   16      0 | 16   sessions: start, end; buffers and pending rows: time, number
 *   ...     key      key bytes as in the table (windows: with the start; prefixes: as in changelogs), padded to 8
 *   ...     fixed    values (packed.h)
 *   ...     var      variable bytes, padded with zeros to 8 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/heap.h"
#include "state/key_codec.h"
#include "state/state_int.h"

enum { ROW_HEADER = 16, ROW_PLACE = 16 };

struct sl_store_export {
  sl_store *store;
  bool over;
  int64_t segment; /* windows, buffers: id of the table that is walked */
  bool in_segment;
  sl_table_place place; /* in the table */
  uint64_t head;        /* hash of the head whose tree is walked */
  sl_order_place at;    /* in that tree, or in the tree of pending rows */
  bool in_tree;
};

static bool has_place(const sl_store *store) {
  return store->options.shape == SL_STATE_SESSION || sl_store_in_order(store);
}

static size_t pad8(size_t n) {
  return (n + 7) & ~(size_t)7;
}

static uint8_t *put_padded(uint8_t *p, const void *data, size_t len) {
  if (len) memcpy(p, data, len);
  memset(p + len, 0, pad8(len) - len);
  return p + pad8(len);
}

void sl_row_export(const sl_store *store, const sl_entry *e, sl_str key, int64_t start, int64_t end, sl_buf *out,
                   uint32_t *rows) {
  const sl_undo *undo = e->dirty ? &store->dirty[e->dirty - 1].undo : NULL;
  if (!(undo ? undo->present : e->present)) return;
  const uint8_t *fixed = undo ? undo->fixed : sl_store_values(store, e), *var = undo ? undo->var : e->var;
  uint32_t var_len = undo ? undo->var_len : e->var_len, key_len = (uint32_t)key.len;
  int64_t timestamp = undo ? undo->timestamp : e->timestamp;
  size_t place = has_place(store) ? ROW_PLACE : 0;
  size_t size = ROW_HEADER + place + pad8(key_len) + store->fixed + pad8(var_len);
  uint8_t *p = sl_buf_reserve(out, size);
  memcpy(p, &timestamp, 8);
  memcpy(p + 8, &key_len, 4);
  memcpy(p + 12, &var_len, 4);
  p += ROW_HEADER;
  if (place) {
    memcpy(p, &start, 8);
    memcpy(p + 8, &end, 8);
    p += ROW_PLACE;
  }
  p = put_padded(p, key.ptr, key_len);
  p = put_padded(p, fixed, store->fixed);
  put_padded(p, var, var_len);
  out->len += size;
  ++*rows;
}

/* ---- tables ---- */

static void export_entry(const sl_store *store, const sl_table *table, const sl_entry *e, sl_buf *out, uint32_t *rows) {
  sl_str key = sl_str_n((const char *)sl_entry_bytes(table, e), e->key_len);
  if (store->options.shape != SL_STATE_SESSION) {
    sl_row_export(store, e, key, 0, 0, out, rows);
    return;
  }
  for (const sl_entry *s = sl_entry_session(e)->next; s; s = sl_entry_session(s)->next)
    sl_row_export(store, s, key, sl_entry_session(s)->start, sl_entry_session(s)->end, out, rows);
}

/* Goes on in a table; true at its end. */
static bool export_table(sl_store_export *x, const sl_table *table, size_t max, sl_buf *out, uint32_t *rows) {
  while (out->len < max) {
    const sl_table_segment *seg = sl_table_walk(table, &x->place);
    if (!seg) return true;
    for (uint32_t i = 0; i < seg->cap; i++) {
      const sl_entry *e = sl_segment_entry(seg, i);
      if (e) export_entry(x->store, table, e, out, rows);
    }
  }
  return false;
}

/* ---- trees below a table's heads: they may be long, so a walk can stop inside one ---- */

typedef struct head_at {
  uint64_t hash;
  const sl_entry *head;
} head_at;

static int by_hash(const void *a, const void *b) {
  uint64_t x = ((const head_at *)a)->hash, y = ((const head_at *)b)->hash;
  return (x > y) - (x < y);
}

/* Heads of a segment at and behind a hash, in order. */
static size_t heads_from(const sl_table *table, const sl_table_segment *seg, uint64_t from, head_at *out) {
  size_t n = 0;
  for (uint32_t i = 0; i < seg->cap; i++) {
    const sl_entry *e = sl_segment_entry(seg, i);
    if (!e) continue;
    uint64_t hash = sl_table_hash(sl_str_n((const char *)sl_entry_bytes(table, e), e->key_len));
    if (hash >= from) out[n++] = (head_at){hash, e};
  }
  qsort(out, n, sizeof *out, by_hash);
  return n;
}

static bool export_tree(sl_store_export *x, const sl_entry *head, sl_str key, size_t max, sl_buf *out, uint32_t *rows) {
  const sl_tree *tree = sl_tree_of(head);
  return x->store->options.shape == SL_STATE_PREFIX ? sl_prefix_export(x->store, tree, key, &x->at, max, out, rows)
                                                    : sl_order_export(x->store, tree, key, &x->at, max, out, rows);
}

static bool export_trees(sl_store_export *x, const sl_table *table, size_t max, sl_buf *out, uint32_t *rows) {
  while (out->len < max) {
    sl_table_place before = x->place;
    const sl_table_segment *seg = sl_table_walk(table, &x->place);
    if (!seg) return true;
    head_at *heads = sl_heap_realloc(NULL, seg->cap * sizeof *heads);
    size_t count = heads_from(table, seg, x->in_tree ? x->head : 0, heads), i = 0;
    for (; i < count; i++) {
      const sl_entry *head = heads[i].head;
      if (!x->in_tree || heads[i].hash != x->head) x->at.set = false;
      sl_str key = sl_str_n((const char *)sl_entry_bytes(table, head), head->key_len);
      x->in_tree = !export_tree(x, head, key, max, out, rows);
      if (!x->in_tree && out->len < max) continue;
      if (x->in_tree) x->head = heads[i].hash;
      break;
    }
    bool whole = i >= count || (i + 1 == count && !x->in_tree);
    if (!whole && !x->in_tree) { /* full between two trees: begin the next one at its start */
      x->in_tree = true;
      x->head = heads[i + 1].hash;
      x->at.set = false;
    }
    if (!whole) x->place = before;
    if (whole) x->in_tree = false;
    sl_heap_free(heads);
  }
  return false;
}

static bool export_segments(sl_store_export *x, size_t max, sl_buf *out, uint32_t *rows) {
  sl_store *store = x->store;
  while (out->len < max) {
    size_t at = x->in_segment ? sl_store_segment_at(store, x->segment) : 0;
    if (at >= store->segment_count) return true;
    const sl_window_segment *seg = store->segments[at];
    if (!x->in_segment || seg->id != x->segment) { /* the next one; the last may have expired under the walk */
      x->place = (sl_table_place){0};
      x->in_tree = x->at.set = false;
      x->segment = seg->id;
      x->in_segment = true;
    }
    bool done = store->options.shape == SL_STATE_BUFFER ? export_trees(x, &seg->table, max, out, rows)
                                                        : export_table(x, &seg->table, max, out, rows);
    if (!done) return false;
    if (x->segment == INT64_MAX) return true;
    x->segment++;
    x->place = (sl_table_place){0};
    x->in_tree = x->at.set = false;
  }
  return false;
}

/* ---- out ---- */

sl_store_export *sl_store_export_new(sl_store *store) {
  sl_store_export *x = sl_heap_zalloc(sizeof *x);
  x->store = store;
  return x;
}

void sl_store_export_free(sl_store_export *x) {
  if (!x) return;
  sl_buf_done(&x->at.key);
  sl_heap_free(x);
}

bool sl_store_export_next(sl_store_export *x, size_t max, sl_buf *out, uint32_t *rows) {
  if (x->over) return false;
  switch (x->store->options.shape) {
  case SL_STATE_KEY_VALUE:
  case SL_STATE_SESSION: x->over = export_table(x, &x->store->table, max, out, rows); break;
  case SL_STATE_PREFIX: x->over = export_trees(x, &x->store->table, max, out, rows); break;
  case SL_STATE_WINDOW:
  case SL_STATE_BUFFER: x->over = export_segments(x, max, out, rows); break;
  case SL_STATE_PENDING:
    x->over = sl_order_export(x->store, &x->store->tree, (sl_str){0}, &x->at, max, out, rows);
    break;
  }
  return !x->over;
}

/* ---- in ---- */

typedef struct row_bytes {
  int64_t timestamp, start, end;
  sl_str key;
  const uint8_t *fixed, *var;
  uint32_t var_len;
} row_bytes;

/* Takes the row at p apart; what lies behind it, or NULL when the bytes are no row. */
static const uint8_t *parse(const sl_store *store, const uint8_t *p, const uint8_t *end, row_bytes *row) {
  size_t place = has_place(store) ? ROW_PLACE : 0, left = (size_t)(end - p);
  uint32_t key_len;
  if (left < ROW_HEADER + place + store->fixed) return NULL;
  left -= ROW_HEADER + place + store->fixed;
  memcpy(&row->timestamp, p, 8);
  memcpy(&key_len, p + 8, 4);
  memcpy(&row->var_len, p + 12, 4);
  p += ROW_HEADER;
  if (pad8(key_len) > left || pad8(row->var_len) > left - pad8(key_len)) return NULL;
  if (place) {
    memcpy(&row->start, p, 8);
    memcpy(&row->end, p + 8, 8);
    p += place;
  }
  row->key = sl_str_n((const char *)p, key_len);
  row->fixed = p + pad8(key_len);
  row->var = row->fixed + store->fixed;
  const sl_store_options *o = &store->options;
  if (!sl_packed_valid(o->types, o->count, row->fixed, row->var, row->var_len)) return NULL;
  if (o->shape == SL_STATE_WINDOW && key_len < 8) return NULL;
  if (sl_store_in_order(store) && row->end != (uint32_t)row->end) return NULL;
  return row->var + pad8(row->var_len);
}

static void fill(const sl_store *store, sl_table *table, sl_entry *e, const row_bytes *row) {
  e->timestamp = row->timestamp;
  e->present = true;
  memcpy(sl_entry_values(table, e), row->fixed, store->fixed);
  sl_table_var(table, e, row->var_len);
  if (row->var_len) memcpy(e->var, row->var, row->var_len);
}

static int import_row(sl_store *store, const row_bytes *row, sl_err *err) {
  sl_table *table = &store->table;
  sl_store_key key = {.bytes = row->key, .start = row->start, .end = row->end};
  switch (store->options.shape) {
  case SL_STATE_KEY_VALUE: fill(store, table, sl_table_add(table, row->key), row); return 0;
  case SL_STATE_WINDOW: {
    int64_t start = (int64_t)sl_get_u64((const uint8_t *)row->key.ptr + row->key.len - 8);
    if (start > store->observed) {
      sl_store_set_observed(store, start);
      sl_store_expire(store); /* so there are never more tables than a retention needs */
    }
    if (!sl_store_visible(store, start)) return 0;
    table = &sl_store_segment(store, sl_store_segment_id(store, start), true)->table;
    fill(store, table, sl_table_add(table, row->key), row);
    return 0;
  }
  case SL_STATE_SESSION:
    sl_store_set_observed(store, row->end);
    if (sl_store_visible(store, row->end)) fill(store, table, sl_session_find(store, &key, true), row);
    return 0;
  case SL_STATE_PREFIX: {
    sl_entry *e;
    bool made;
    int rc = sl_key_split_prefix(row->key, &key.bytes, &key.rest, err);
    if (rc) return rc;
    sl_prefix_locate(store, &key, 1, &e, &made);
    fill(store, table, e, row);
    return 0;
  }
  case SL_STATE_BUFFER:
  case SL_STATE_PENDING: break;
  }
  return sl_order_import(store, &key, row->fixed, row->var, row->var_len, err);
}

void sl_store_reserve(sl_store *store, size_t rows) {
  if (store->options.shape == SL_STATE_KEY_VALUE && !store->table.dir) sl_table_reserve(&store->table, rows);
}

int sl_store_import(sl_store *store, const uint8_t *data, size_t len, sl_err *err) {
  const uint8_t *p = data, *end = data + len;
  int rc = sl_store_ask(store, len + len / 4, err);
  while (!rc && p < end) {
    row_bytes row = {0};
    p = parse(store, p, end, &row);
    if (!p) return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "An image of %s has a damaged row.", store->options.name);
    rc = import_row(store, &row, err);
  }
  return rc;
}
