/* Stores in memory: reading, writing in place, the dirty list, commit and rollback. The table of entries is table.c;
 * windows, sessions, rows in order of time and keys with a prefix add their shapes in store_*.c. */
#include "state/store.h"
#include "base/bytes.h"
#include "base/heap.h"
#include "state/key_codec.h"
#include "state/state_int.h"
#include <assert.h>
#include <string.h>

enum { UNDO_KEEP = 256 * 1024, SEGMENTS_PER_RETENTION = 64 };

/* Bytes between the header of a table's entry and its key. */
static uint32_t extra_of(sl_state_shape shape) {
  if (shape == SL_STATE_SESSION) return sizeof(sl_session_part);
  return shape == SL_STATE_PREFIX ? sizeof(sl_order_part) : 0;
}

sl_store *sl_store_new(const sl_store_options *options) {
  sl_store *store = sl_heap_zalloc(sizeof *store);
  store->options = *options;
  sl_arena_init(&store->undo, 0);
  sl_pool_init(&store->pool, options->budget);
  store->fixed = sl_packed_fixed((size_t)options->count);
  sl_table_init(&store->table, extra_of(options->shape), store->fixed, options->budget);
  store->width = options->retention / SEGMENTS_PER_RETENTION;
  if (store->width < options->window_size) store->width = options->window_size;
  if (store->width < 1) store->width = 1;
  store->observed = store->committed_observed = INT64_MIN;
  return store;
}

const sl_store_options *sl_store_get_options(const sl_store *store) {
  return &store->options;
}

static void forget_dirty(sl_store *store);

void sl_store_clear(sl_store *store) {
  assert(!store->cursors);
  if (store->options.shape == SL_STATE_SESSION) { /* rows are not in the table themselves */
    size_t segment = 0;
    uint32_t slot = 0;
    for (sl_entry *head; (head = sl_table_next(&store->table, &segment, &slot));)
      for (sl_entry *e = sl_entry_session(head)->next, *next; e; e = next) {
        next = sl_entry_session(e)->next;
        sl_table_release(&store->table, e);
      }
  }
  if (store->options.shape == SL_STATE_PREFIX) sl_prefix_free(store);
  sl_table_done(&store->table);
  sl_pool_done(&store->pool);
  store->tree = (sl_tree){0};
  for (size_t i = 0; i < store->segment_count; i++) sl_store_segment_free(store->segments[i]);
  store->segment_count = store->sweep_segment = 0;
  forget_dirty(store);
}

void sl_store_free(sl_store *store) {
  if (!store) return;
  sl_store_clear(store);
  sl_heap_free(store->segments);
  sl_heap_free(store->dirty);
  sl_heap_free(store->graves);
  sl_heap_free(store->grave_tables);
  sl_arena_done(&store->undo);
  sl_heap_free(store);
}

size_t sl_store_bytes(const sl_store *store) {
  size_t bytes = sl_table_bytes(&store->table) + store->pool.bytes + sl_store_dirty_bytes(store);
  for (size_t i = 0; i < store->segment_count; i++)
    bytes += sl_table_bytes(&store->segments[i]->table) + store->segments[i]->pool.bytes;
  return bytes;
}

size_t sl_store_entries(const sl_store *store) {
  bool buffer = store->options.shape == SL_STATE_BUFFER;
  size_t count = store->table.count + store->pool.count;
  for (size_t i = 0; i < store->segment_count; i++)
    count += buffer ? store->segments[i]->pool.count : store->segments[i]->table.count;
  return count;
}

int64_t sl_store_observed(const sl_store *store) {
  return store->observed;
}

void sl_store_set_observed(sl_store *store, int64_t time) {
  if (time > store->observed) store->observed = time;
  if (time > store->committed_observed) store->committed_observed = time;
}

static bool has_windows(const sl_store *store) {
  return store->options.shape == SL_STATE_WINDOW || store->options.shape == SL_STATE_SESSION;
}

/* Table that owns an entry. */
static sl_table *table_of(const sl_store *store, const sl_entry *e) {
  if (store->options.shape != SL_STATE_WINDOW) return (sl_table *)(uintptr_t)&store->table;
  /* every window table has the same layout, so any of them finds the key bytes */
  const uint8_t *bytes = (const uint8_t *)(e + 1);
  int64_t start = (int64_t)sl_get_u64(bytes + e->key_len - 8);
  sl_window_segment *seg = sl_store_segment((sl_store *)(uintptr_t)store, sl_store_segment_id(store, start), false);
  return seg ? &seg->table : NULL;
}

/* ---- locating ---- */

static int locate_windows(sl_store *store, const sl_store_key *keys, int count, sl_entry **out, bool *made) {
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  sl_str *names = sl_arena_calloc(&scratch, (size_t)count, sizeof *names);
  for (int i = 0; i < count; i++) {
    char *p = sl_arena_alloc(&scratch, keys[i].bytes.len + 8);
    if (keys[i].bytes.len) memcpy(p, keys[i].bytes.ptr, keys[i].bytes.len);
    sl_put_u64((uint8_t *)p + keys[i].bytes.len, (uint64_t)keys[i].start);
    names[i] = sl_str_n(p, keys[i].bytes.len + 8);
  }
  for (int i = 0, j; i < count; i = j) { /* runs in one segment share a call */
    int64_t id = sl_store_segment_id(store, keys[i].start);
    for (j = i + 1; j < count && sl_store_segment_id(store, keys[j].start) == id; j++) continue;
    sl_table_locate(&sl_store_segment(store, id, true)->table, names + i, j - i, out + i, made + i);
  }
  sl_arena_done(&scratch);
  return 0;
}

enum { LOCATE_MAX = 256 };

static void locate_entries(sl_store *store, const sl_store_key *keys, int count, sl_entry **out, bool *made) {
  if (count <= 0) return;
  switch (store->options.shape) {
  case SL_STATE_KEY_VALUE: {
    sl_str names[LOCATE_MAX];
    for (int i = 0; i < count; i++) names[i] = keys[i].bytes;
    sl_table_locate(&store->table, names, count, out, made);
    break;
  }
  case SL_STATE_WINDOW: locate_windows(store, keys, count, out, made); break;
  case SL_STATE_SESSION:
    for (int i = 0; i < count; i++) {
      out[i] = sl_session_find(store, &keys[i], true);
      made[i] = !out[i]->dirty && !out[i]->present;
    }
    break;
  case SL_STATE_PREFIX: sl_prefix_locate(store, keys, count, out, made); break;
  case SL_STATE_BUFFER:
  case SL_STATE_PENDING: assert(false && "rows in order of time are added, not located"); return;
  }
}

static void locate_chunk(sl_store *store, const sl_store_key *keys, int count, sl_entry **out) {
  bool made[LOCATE_MAX];
  locate_entries(store, keys, count, out, made);
  for (int i = 0; i < count; i++)
    if (made[i] && !out[i]->dirty) sl_store_mark(store, out[i]); /* goes at the commit if nothing is written */
}

/* The exact bytes are counted as they are taken. */
int sl_store_ask(sl_store *store, size_t bytes, sl_err *err) {
  return store->options.budget ? sl_budget_ask(store->options.budget, bytes, err) : 0;
}

int sl_store_locate(sl_store *store, const sl_store_key *keys, int count, sl_entry **out, sl_err *err) {
  int rc = sl_store_ask(store, (size_t)count * (64 + 16 * (size_t)store->options.count), err);
  for (int i = 0; !rc && i < count; i += LOCATE_MAX)
    locate_chunk(store, keys + i, count - i < LOCATE_MAX ? count - i : LOCATE_MAX, out + i);
  return rc;
}

static sl_entry *find_window(sl_store *store, const sl_store_key *key) {
  sl_window_segment *seg = sl_store_segment(store, sl_store_segment_id(store, key->start), false);
  if (!seg) return NULL;
  uint8_t small[256], *p = small;
  size_t len = key->bytes.len + 8;
  if (len > sizeof small) p = sl_heap_realloc(NULL, len);
  if (key->bytes.len) memcpy(p, key->bytes.ptr, key->bytes.len);
  sl_put_u64(p + key->bytes.len, (uint64_t)key->start);
  sl_entry *e = sl_table_find(&seg->table, sl_str_n((const char *)p, len));
  if (p != small) sl_heap_free(p);
  return e;
}

void sl_store_find_all(const sl_store *store, const sl_store_key *keys, int count, sl_entry **out) {
  assert(store->options.shape == SL_STATE_KEY_VALUE);
  for (int i = 0; i < count; i += LOCATE_MAX) {
    sl_str names[LOCATE_MAX];
    int n = count - i < LOCATE_MAX ? count - i : LOCATE_MAX;
    for (int k = 0; k < n; k++) {
      names[k] = keys[i + k].bytes;
      out[i + k] = NULL;
    }
    if (store->table.dir) sl_table_locate((sl_table *)(uintptr_t)&store->table, names, n, out + i, NULL);
  }
}

sl_entry *sl_store_find(sl_store *store, const sl_store_key *key) {
  switch (store->options.shape) {
  case SL_STATE_KEY_VALUE: return sl_table_find(&store->table, key->bytes);
  case SL_STATE_WINDOW: return find_window(store, key);
  case SL_STATE_SESSION: return sl_session_find(store, key, false);
  case SL_STATE_PREFIX: return sl_prefix_find(store, key);
  case SL_STATE_BUFFER:
  case SL_STATE_PENDING: break;
  }
  return NULL;
}

sl_store_key sl_store_entry_key(const sl_store *store, const sl_entry *e) {
  const char *bytes = (const char *)(e + 1);
  if (sl_store_in_order(store)) return sl_order_key(store, e);
  if (store->options.shape == SL_STATE_PREFIX) return sl_prefix_key(store, e);
  if (store->options.shape == SL_STATE_KEY_VALUE) return (sl_store_key){.bytes = sl_str_n(bytes, e->key_len)};
  if (store->options.shape == SL_STATE_WINDOW) {
    int64_t start = (int64_t)sl_get_u64((const uint8_t *)bytes + e->key_len - 8);
    return (sl_store_key){.bytes = sl_str_n(bytes, e->key_len - 8),
                          .start = start,
                          .end = sl_window_end(start, store->options.window_size)};
  }
  const sl_session_part *part = sl_entry_session(e);
  const sl_entry *head = part->head;
  return (sl_store_key){.bytes = sl_str_n((const char *)sl_entry_bytes(&store->table, head), head->key_len),
                        .start = part->start,
                        .end = part->end};
}

/* ---- reading ---- */

/* Values of an entry: the layout is the same in every table of a store. */
uint8_t *sl_store_values(const sl_store *store, const sl_entry *e) {
  return sl_store_in_order(store) ? sl_order_values(e) : sl_entry_values(&store->table, e);
}

bool sl_store_read(const sl_store *store, const sl_entry *e, sl_arena *arena, sl_store_row *out) {
  if (!e || !e->present) return false;
  const sl_store_options *o = &store->options;
  out->values = sl_unpack(o->types, o->count, sl_store_values(store, e), e->var, e->var_len, arena);
  out->timestamp = e->timestamp;
  return true;
}

static bool read_undo(const sl_store *store, const sl_undo *undo, sl_arena *arena, sl_store_row *out) {
  if (!undo->present) return false;
  const sl_store_options *o = &store->options;
  out->values = sl_unpack(o->types, o->count, undo->fixed, undo->var, undo->var_len, arena);
  out->timestamp = undo->timestamp;
  return true;
}

bool sl_store_read_committed(const sl_store *store, const sl_entry *e, sl_arena *arena, sl_store_row *out) {
  if (e && e->dirty) return read_undo(store, &store->dirty[e->dirty - 1].undo, arena, out);
  return sl_store_read(store, e, arena, out);
}

/* ---- the dirty list ---- */

static void list_remove(sl_store *store, sl_dirty *d) {
  if (d->prev)
    store->dirty[d->prev - 1].next = d->next;
  else
    store->first = d->next;
  if (d->next)
    store->dirty[d->next - 1].prev = d->prev;
  else
    store->last = d->prev;
}

static void list_append(sl_store *store, sl_dirty *d) {
  uint32_t number = (uint32_t)(d - store->dirty) + 1;
  d->prev = store->last;
  d->next = 0;
  if (store->last)
    store->dirty[store->last - 1].next = number;
  else
    store->first = number;
  store->last = number;
}

void sl_store_mark(sl_store *store, sl_entry *e) {
  if (store->dirty_count == store->dirty_cap) {
    store->dirty_cap = store->dirty_cap ? store->dirty_cap * 2 : 64;
    store->dirty = sl_heap_realloc(store->dirty, store->dirty_cap * sizeof *store->dirty);
  }
  sl_dirty *d = &store->dirty[store->dirty_count++];
  *d = (sl_dirty){.entry = e, .undo = {.present = e->present, .timestamp = e->timestamp}};
  if (e->present && sl_store_in_order(store)) { /* its bytes never change */
    d->undo.fixed = sl_store_values(store, e);
    d->undo.var_len = e->var_len;
    d->undo.var = e->var;
  } else if (e->present) {
    d->undo.fixed = (uint8_t *)sl_arena_dup(&store->undo, sl_store_values(store, e), store->fixed);
    store->undo_bytes += store->fixed + e->var_len;
    d->undo.var_len = e->var_len;
    d->undo.var = (uint8_t *)sl_arena_dup(&store->undo, e->var ? (const void *)e->var : "", e->var_len);
  }
  e->dirty = store->dirty_count;
  list_append(store, d);
}

bool sl_store_dirty(const sl_store *store) {
  return store->dirty_count > 0;
}
size_t sl_store_dirty_bytes(const sl_store *store) {
  return store->dirty_count * sizeof *store->dirty + store->undo_bytes;
}

static void keep_headers(sl_store *store, sl_dirty *d, const sl_record_headers *headers) {
  d->headers = (sl_record_headers){0};
  if (!headers || !headers->count) return;
  d->headers = *headers;
  d->headers.data = (const uint8_t *)sl_arena_dup(&store->undo, headers->data, headers->len);
  store->undo_bytes += headers->len;
}

int sl_store_write(sl_store *store, sl_entry *e, const sl_value *values, int64_t timestamp,
                   const sl_record_headers *headers, sl_err *err) {
  const sl_store_options *o = &store->options;
  size_t size = values ? sl_packed_size(o->types, o->count, values) : 0;
  if (size == SIZE_MAX) return sl_err_set(err, SL_E_LIMIT, SL_NO_POS, "A row of %s is larger than 2 GiB.", o->name);
  int rc = size > e->var_len ? sl_store_ask(store, size + 16, err) : 0;
  if (rc) return rc;
  if (!e->dirty) {
    sl_store_mark(store, e);
  } else if (o->ordered) {
    sl_dirty *d = &store->dirty[e->dirty - 1];
    list_remove(store, d);
    list_append(store, d);
  }
  if (o->ordered) keep_headers(store, &store->dirty[e->dirty - 1], headers);
  e->timestamp = timestamp;
  e->present = values != NULL;
  if (!values) return 0;
  sl_table_var(table_of(store, e), e, size);
  e->var_len = (uint32_t)sl_pack(o->types, o->count, values, sl_store_values(store, e), e->var);
  if (has_windows(store)) {
    sl_store_key key = sl_store_entry_key(store, e);
    int64_t time = o->shape == SL_STATE_WINDOW ? key.start : key.end;
    if (time > store->observed) store->observed = time;
  }
  return 0;
}

/* Entries that were written long ago have left the caches. The list is nearly always in the order of the array. */
static inline void touch_ahead(const sl_store *store, uint32_t i) {
  enum { AHEAD = 12 };
  if (i + AHEAD >= store->dirty_count) return;
  const uint8_t *e = (const uint8_t *)store->dirty[i + AHEAD].entry;
  __builtin_prefetch(e, 1);
  __builtin_prefetch(e + 64, 1);
}

bool sl_store_change_next(const sl_store *store, size_t *at, sl_arena *arena, sl_store_change *out) {
  uint32_t number = *at == 0 ? store->first : (uint32_t)*at == UINT32_MAX ? 0 : (uint32_t)*at;
  if (!number) return false;
  const sl_dirty *d = &store->dirty[number - 1];
  touch_ahead(store, number - 1);
  *at = d->next ? d->next : UINT32_MAX;
  *out = (sl_store_change){.entry = d->entry, .key = sl_store_entry_key(store, d->entry), .headers = d->headers};
  out->has_old = read_undo(store, &d->undo, arena, &out->old);
  out->has_new = sl_store_read(store, d->entry, arena, &out->now);
  if (!out->has_new) out->now = (sl_store_row){.timestamp = d->entry->timestamp};
  return true;
}

/* ---- the end of a commit ---- */

void sl_store_erase(sl_store *store, sl_entry *e) {
  if (sl_store_in_order(store)) {
    sl_order_erase(store, e);
    return;
  }
  sl_table *table = table_of(store, e);
  e->present = false;
  if (store->options.shape == SL_STATE_SESSION)
    sl_session_unlink(store, e);
  else if (store->options.shape == SL_STATE_PREFIX)
    sl_prefix_unlink(store, e);
  else
    sl_table_unlink(table, e);
  if (!store->cursors) {
    sl_table_release(table, e);
    return;
  }
  if (store->grave_count == store->grave_cap) {
    store->grave_cap = store->grave_cap ? store->grave_cap * 2 : 64;
    store->graves = sl_heap_realloc(store->graves, store->grave_cap * sizeof *store->graves);
    store->grave_tables = sl_heap_realloc(store->grave_tables, store->grave_cap * sizeof *store->grave_tables);
  }
  e->dead = true;
  store->grave_tables[store->grave_count] = table;
  store->graves[store->grave_count++] = e;
}

static void forget_dirty(sl_store *store) {
  store->dirty_count = store->first = store->last = 0;
  store->undo_bytes = 0;
  if (sl_arena_size(&store->undo) > UNDO_KEEP) {
    sl_arena_done(&store->undo);
    sl_arena_init(&store->undo, 0);
    sl_heap_free(store->dirty);
    store->dirty = NULL;
    store->dirty_cap = 0;
  } else {
    sl_arena_reset(&store->undo);
  }
}

void sl_store_commit(sl_store *store) {
  size_t changed = store->dirty_count;
  uint32_t absent = 0;
  for (uint32_t i = 0; i < store->dirty_count; i++) {
    touch_ahead(store, i);
    store->dirty[i].entry->dirty = 0;
    absent += !store->dirty[i].entry->present;
  }
  for (uint32_t i = 0; i < store->dirty_count && absent; i++)
    if (!store->dirty[i].entry->present) sl_store_erase(store, store->dirty[i].entry);
  forget_dirty(store);
  store->committed_observed = store->observed;
  if (store->segment_count) sl_store_expire(store);
  if (store->options.shape == SL_STATE_SESSION && changed) sl_session_sweep(store, 2 * changed + 16);
}

static void rollback_tables(sl_store *store) {
  for (uint32_t i = 0; i < store->dirty_count; i++) {
    sl_dirty *d = &store->dirty[i];
    sl_entry *e = d->entry;
    e->dirty = 0;
    e->present = d->undo.present;
    e->timestamp = d->undo.timestamp;
    if (!e->present) continue;
    memcpy(sl_store_values(store, e), d->undo.fixed, store->fixed);
    sl_table_var(table_of(store, e), e, d->undo.var_len);
    if (d->undo.var_len) memcpy(e->var, d->undo.var, d->undo.var_len);
  }
  for (uint32_t i = 0; i < store->dirty_count; i++)
    if (!store->dirty[i].entry->present) sl_store_erase(store, store->dirty[i].entry);
}

void sl_store_rollback(sl_store *store) {
  if (sl_store_in_order(store))
    sl_order_rollback(store);
  else
    rollback_tables(store);
  forget_dirty(store);
  store->observed = store->committed_observed;
}

/* ---- restoring ---- */

static void put_restored(sl_store *store, sl_entry *e, const sl_store_restored *row) {
  const sl_store_options *o = &store->options;
  e->timestamp = row->timestamp;
  e->present = row->values != NULL;
  if (!row->values) return;
  sl_table_var(table_of(store, e), e, sl_packed_size(o->types, o->count, row->values));
  e->var_len = (uint32_t)sl_pack(o->types, o->count, row->values, sl_store_values(store, e), e->var);
}

/* Rows of tables, windows and prefixes: found or made together, so that the latency of memory is hidden. */
static void restore_chunk(sl_store *store, const sl_store_restored *rows, int count) {
  sl_store_key keys[LOCATE_MAX];
  sl_entry *entries[LOCATE_MAX];
  bool made[LOCATE_MAX];
  const sl_store_restored *kept[LOCATE_MAX];
  int n = 0;
  bool window = store->options.shape == SL_STATE_WINDOW;
  for (int i = 0; i < count; i++) { /* all of the changelog counts as observed, but what has expired is not kept */
    if (window && rows[i].values) sl_store_set_observed(store, rows[i].key.start);
    if (window && !sl_store_visible(store, rows[i].key.start)) continue;
    keys[n] = rows[i].key;
    kept[n++] = &rows[i];
  }
  locate_entries(store, keys, n, entries, made);
  for (int i = 0; i < n; i++) put_restored(store, entries[i], kept[i]);
  int gone = 0;
  for (int i = 0; i < n; i++) { /* each once, whatever it was told in between */
    if (entries[i]->present || entries[i]->dead) continue;
    entries[i]->dead = true;
    entries[gone++] = entries[i];
  }
  for (int i = 0; i < gone; i++) sl_store_erase(store, entries[i]);
}

static void restore_session(sl_store *store, const sl_store_restored *row) {
  if (row->values) sl_store_set_observed(store, row->key.end);
  sl_entry *e = sl_session_find(store, &row->key, row->values != NULL);
  if (!e) return;
  put_restored(store, e, row);
  if (!e->present) sl_store_erase(store, e);
}

int sl_store_restore(sl_store *store, const sl_store_restored *rows, int count, sl_err *err) {
  assert(!store->dirty_count);
  const sl_store_options *o = &store->options;
  size_t bytes = 0;
  for (int i = 0; i < count; i++) {
    size_t size = rows[i].values ? sl_packed_size(o->types, o->count, rows[i].values) : 0;
    if (size == SIZE_MAX) return sl_err_set(err, SL_E_LIMIT, SL_NO_POS, "A row of %s is larger than 2 GiB.", o->name);
    bytes += size + store->fixed + 64;
  }
  int rc = sl_store_ask(store, bytes, err);
  bool tables = o->shape != SL_STATE_SESSION && !sl_store_in_order(store);
  for (int i = 0; !rc && i < count; i += tables ? LOCATE_MAX : 1) {
    if (tables)
      restore_chunk(store, rows + i, count - i < LOCATE_MAX ? count - i : LOCATE_MAX);
    else if (o->shape == SL_STATE_SESSION)
      restore_session(store, &rows[i]);
    else
      rc = sl_order_restore(store, &rows[i].key, rows[i].values, err);
  }
  return rc;
}
