/* What the store's files share: entries, the hash table of entries, trees of entries, the dirty list.
 *
 * Entry (one block of a table's slabs):
 *   offset  size        meaning
 *   0       32          header: sl_entry
 *   32      0 | 32      sessions: sl_session_part; heads of buffers: sl_tree
 *   ...     key_len     hashed key bytes, padded to 8 (windows: key and 8-byte big-endian start; session rows: none)
 *   ...     fixed       values, fixed part (packed.h); not used in heads
 * Entry of a tree (a block of a pool):
 *   0       32          header: sl_entry
 *   32      48          sl_order_part
 *   80      fixed       values, fixed part
 *   ...     key_len     PENDING: key bytes, padded to 8 (BUFFER: the head has them)
 *   ...     var_len     variable bytes
 */
#pragma once
#include "state/packed.h"
#include "state/pool.h"
#include "state/store.h"

struct sl_entry {
  int64_t timestamp;
  uint8_t *var; /* variable bytes, or NULL */
  uint32_t var_len;
  uint32_t key_len;
  uint32_t dirty; /* index in the dirty list + 1, 0: clean */
  bool present;
  bool dead;          /* erased while a cursor is open */
  uint8_t size_class; /* in a pool: of the block of var; in trees, of the entry's own, which holds var as well */
  uint8_t unused;
};
_Static_assert(sizeof(sl_entry) == 32, "an entry's header is 32 bytes");

typedef struct sl_session_part {
  int64_t start, end;
  sl_entry *next; /* of the same key, by end, then start; a head's first */
  sl_entry *head; /* owner of the key bytes; NULL in heads */
} sl_session_part;

/* ---- table: segments of open addressing under a directory; splits one segment at a time ---- */
typedef struct sl_table_segment {
  uint32_t depth; /* leading hash bits that its entries share */
  uint32_t cap, used;
  uint64_t slots[]; /* 0, or 16 bits of hash above 48 bits of pointer */
} sl_table_segment;

typedef struct sl_table {
  sl_table_segment **dir; /* 1 << depth */
  uint32_t depth;
  size_t count;
  size_t bytes; /* taken from the budget, without those of the pool */
  sl_budget *budget;
  sl_pool pool;   /* entries and their variable bytes */
  uint32_t ext;   /* bytes between header and key */
  uint32_t fixed; /* bytes of an entry's values */
} sl_table;

void sl_table_init(sl_table *table, uint32_t ext, size_t fixed, sl_budget *budget);
void sl_table_done(sl_table *table);
size_t sl_table_bytes(const sl_table *table);
static inline const uint8_t *sl_entry_bytes(const sl_table *table, const sl_entry *e) {
  return (const uint8_t *)e + sizeof *e + table->ext;
}
static inline uint8_t *sl_entry_values(const sl_table *table, const sl_entry *e) {
  size_t at = sizeof *e + table->ext + (((size_t)e->key_len + 7) & ~(size_t)7);
  return (uint8_t *)(uintptr_t)e + at;
}
static inline sl_session_part *sl_entry_session(const sl_entry *e) {
  return (sl_session_part *)(uintptr_t)(e + 1);
}
sl_entry *sl_table_find(const sl_table *table, sl_str key);
/* Finds or inserts absent entries for keys[0..count). made NULL: only finds, in a table that has a directory. */
void sl_table_locate(sl_table *table, const sl_str *keys, int count, sl_entry **out, bool *made);
/* Brings the entries of keys into the caches, where they are. */
void sl_table_ahead(const sl_table *table, const sl_str *keys, int count);
void sl_table_unlink(sl_table *table, sl_entry *e);    /* takes it out; the memory stays */
void sl_table_release(sl_table *table, sl_entry *e);   /* gives its memory back */
sl_entry *sl_table_alloc(sl_table *table, sl_str key); /* an entry that is not in the table */
/* Next entry in no particular order: start with *segment = *slot = 0; NULL at the end. */
sl_entry *sl_table_next(const sl_table *table, size_t *segment, uint32_t *slot);
/* Where a walk in order of hashes stands; it meets every entry that is there all the time once, also when the table
 * changes between steps. Zero at first. */
typedef struct sl_table_place {
  uint64_t hash; /* entries below have been met */
  bool over;
} sl_table_place;
/* The segment at a place, which moves behind it; NULL at the end. */
const sl_table_segment *sl_table_walk(const sl_table *table, sl_table_place *place);
/* The entry in slot at of a segment, NULL: none. */
sl_entry *sl_segment_entry(const sl_table_segment *seg, uint32_t at);
uint64_t sl_table_hash(sl_str key);
/* Adds an entry for a key that is not there: without a look. */
sl_entry *sl_table_add(sl_table *table, sl_str key);
void sl_table_reserve(sl_table *table, size_t count); /* of an empty table: room for so many entries */
/* Makes room for len variable bytes in e, contents lost, and sets var_len. */
void sl_table_var(sl_table *table, sl_entry *e, size_t len);

/* ---- dirty list ---- */
typedef struct sl_undo {
  bool present;
  int64_t timestamp;
  uint8_t *fixed;
  uint8_t *var;
  uint32_t var_len;
} sl_undo;

typedef struct sl_dirty {
  sl_entry *entry;
  sl_undo undo;
  sl_record_headers headers;
  uint32_t prev, next; /* order of last update; index + 1 */
} sl_dirty;

/* ---- trees: entries in an order, balanced by random priorities (tree.c) ---- */
typedef struct sl_tree {
  sl_entry *root, *last;
} sl_tree;

typedef struct sl_order_part {
  int64_t time;    /* PREFIX: 0 */
  uint32_t number; /* side in SL_STORE_SIDE_BIT; below it which one of its key, time and side; PREFIX: 0 */
  uint32_t priority;
  sl_entry *left, *right, *up;
  sl_tree *tree; /* NULL: taken out */
} sl_order_part;

static inline sl_order_part *sl_order_part_of(const sl_entry *e) {
  return (sl_order_part *)(uintptr_t)(e + 1);
}
/* A tree below a table's entry, its head, begins where the parts of other entries do. */
static inline sl_tree *sl_tree_of(const sl_entry *head) {
  return (sl_tree *)(uintptr_t)(head + 1);
}
static inline sl_entry *sl_tree_head(const sl_tree *tree) {
  return (sl_entry *)(uintptr_t)tree - 1;
}
sl_entry *sl_tree_first(const sl_tree *tree);
sl_entry *sl_tree_next(const sl_entry *e);
sl_entry *sl_tree_previous(const sl_entry *e);
/* Links e behind before, or as the first for before NULL. */
void sl_tree_insert(sl_tree *tree, sl_entry *e, sl_entry *before);
void sl_tree_remove(sl_entry *e);
uint32_t sl_tree_priority(uint32_t *state); /* the next random one */

typedef struct sl_window_segment {
  int64_t id;     /* starts of [id * width, (id + 1) * width) */
  sl_table table; /* BUFFER: heads, each with the tree of its key */
  sl_pool pool;   /* BUFFER: the entries of the trees */
} sl_window_segment;

struct sl_store {
  sl_store_options options;
  size_t fixed;                 /* bytes of a row's fixed part */
  sl_table table;               /* key-value rows; heads of session chains and of prefixes */
  sl_tree tree;                 /* PENDING */
  sl_pool pool;                 /* PENDING */
  uint32_t random;              /* the last priority */
  sl_window_segment **segments; /* windows, buffers: by id */
  size_t segment_count, segment_cap;
  int64_t width;
  int64_t advance, lenience;
  int64_t observed, committed_observed;
  sl_dirty *dirty;
  uint32_t dirty_count, dirty_cap, first, last;
  sl_arena undo;
  size_t undo_bytes; /* in it */
  int cursors;
  sl_entry **graves; /* erased while cursors are open */
  sl_table **grave_tables;
  size_t grave_count, grave_cap;
  size_t sweep_segment; /* where the sweep for expired sessions goes on */
};

uint8_t *sl_store_values(const sl_store *store, const sl_entry *e); /* its fixed part */
void sl_store_mark(sl_store *store, sl_entry *e);                   /* puts it on the dirty list with its pre-image */
void sl_store_erase(sl_store *store, sl_entry *e);
int sl_store_ask(sl_store *store, size_t bytes, sl_err *err); /* may it grow by about so much? */
/* windows */
sl_window_segment *sl_store_segment(sl_store *store, int64_t id, bool make);
int64_t sl_store_segment_id(const sl_store *store, int64_t start);
size_t sl_store_segment_at(const sl_store *store, int64_t id); /* index of the first with this id or a later one */
void sl_store_segment_free(sl_window_segment *seg);
void sl_store_expire(sl_store *store);
/* sessions */
sl_entry *sl_session_find(sl_store *store, const sl_store_key *key, bool make);
void sl_session_unlink(sl_store *store, sl_entry *e);
void sl_session_sweep(sl_store *store, size_t heads);
/* buffers and pending rows */
static inline bool sl_store_in_order(const sl_store *store) {
  return store->options.shape == SL_STATE_BUFFER || store->options.shape == SL_STATE_PENDING;
}
uint8_t *sl_order_values(const sl_entry *e);
sl_store_key sl_order_key(const sl_store *store, const sl_entry *e);
void sl_order_erase(sl_store *store, sl_entry *e); /* takes it out and gives its memory back */
void sl_order_rollback(sl_store *store);
int sl_order_restore(sl_store *store, const sl_store_key *key, const sl_value *values, sl_err *err);
/* prefixes */
void sl_prefix_locate(sl_store *store, const sl_store_key *keys, int count, sl_entry **out, bool *made);
sl_entry *sl_prefix_find(const sl_store *store, const sl_store_key *key);
sl_store_key sl_prefix_key(const sl_store *store, const sl_entry *e);
void sl_prefix_unlink(sl_store *store, sl_entry *e);
void sl_prefix_free(sl_store *store); /* of all entries: they are not in the table themselves */
/* Where a walk over a tree stands: behind this row. */
typedef struct sl_order_place {
  bool set; /* else at the beginning */
  int64_t time;
  uint32_t number;
  sl_buf key; /* PENDING; PREFIX: the rest */
} sl_order_place;
/* Exports committed rows behind a place, which moves, until out is max long; true at the end of the tree. key: of all
 * rows of a BUFFER's tree. */
bool sl_order_export(const sl_store *store, const sl_tree *tree, sl_str key, sl_order_place *at, size_t max,
                     sl_buf *out, uint32_t *rows);
bool sl_prefix_export(const sl_store *store, const sl_tree *tree, sl_str prefix, sl_order_place *at, size_t max,
                      sl_buf *out, uint32_t *rows);
int sl_order_import(sl_store *store, const sl_store_key *key, const uint8_t *fixed, const uint8_t *var,
                    uint32_t var_len, sl_err *err);
/* Appends the committed row of an entry, if there is one, and counts it. */
void sl_row_export(const sl_store *store, const sl_entry *e, sl_str key, int64_t start, int64_t end, sl_buf *out,
                   uint32_t *rows);
