/* State stores: what a task remembers by key. Changes happen in place; the first change of a key after a commit leaves
 * its pre-image on the store's dirty list. A commit walks that list (changelog, emission of cached changes) and forgets
 * it, a failure restores from it, and a reader of committed state looks past it.
 *
 * Values given out are copies in the caller's arena: nothing handed out changes when the store does. Entries found by
 * sl_store_locate stay valid until the next sl_store_commit, sl_store_rollback or sl_store_free.
 * Thread: task (a task's mutex guards its stores). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/budget.h"
#include "types/row.h"
#include "types/type.h"
#include "types/value.h"

typedef enum sl_state_shape {
  SL_STATE_KEY_VALUE, /* key -> row */
  SL_STATE_WINDOW,    /* key and window start -> row; old segments expire */
  SL_STATE_SESSION,   /* key and [start, end] -> row; several per key, ordered */
  SL_STATE_BUFFER,    /* every row of a key, by time; old segments expire (joins of streams) */
  SL_STATE_PENDING,   /* every row, by time, right before left, key bytes; kept until removed (joins of streams) */
  SL_STATE_PREFIX,    /* prefix and rest of a key -> row; the rests of a prefix in order of bytes (foreign keys) */
} sl_state_shape;

typedef struct sl_store sl_store;
typedef struct sl_entry sl_entry;

typedef struct sl_store_options {
  const char *name; /* for messages; borrowed */
  sl_state_shape shape;
  const sl_type *const *types; /* of the slots kept; borrowed, must outlive the store */
  int count;
  bool ordered;                   /* keep the dirty list in order of last update (write cache) */
  int64_t window_size, retention; /* ms; windows and sessions: what is older than retention expires */
  sl_budget *budget;              /* NULL: no limit */
} sl_store_options;

typedef struct sl_store_key {
  sl_str bytes;       /* serialized key, without window */
  int64_t start, end; /* WINDOW uses start; SESSION both; BUFFER, PENDING: time and number, see sl_store_add */
  sl_str rest;        /* PREFIX: what follows bytes, the prefix */
} sl_store_key;

typedef struct sl_store_row {
  sl_value *values;
  int64_t timestamp;
} sl_store_row;

sl_store *sl_store_new(const sl_store_options *options);
const sl_store_options *sl_store_get_options(const sl_store *store);
void sl_store_free(sl_store *store);            /* accepts NULL */
size_t sl_store_bytes(const sl_store *store);   /* memory held */
size_t sl_store_entries(const sl_store *store); /* entries, absent ones that wait for a commit included */
/* Largest window start, session end or time put; INT64_MIN at first. */
int64_t sl_store_observed(const sl_store *store);
void sl_store_set_observed(sl_store *store, int64_t time); /* raises it; after a restore */

/* ---- batch access ---- */
/* Entries of keys[0..count), made (absent) where missing. A batch hides the latency of memory: ask for many at once.
 * SL_E_MEMORY. */
int sl_store_locate(sl_store *store, const sl_store_key *keys, int count, sl_entry **out, sl_err *err);
/* The entries of keys[0..count), NULL where missing; makes nothing. KEY_VALUE only. */
void sl_store_find_all(const sl_store *store, const sl_store_key *keys, int count, sl_entry **out);
/* The entry of one key or NULL; makes nothing. */
sl_entry *sl_store_find(sl_store *store, const sl_store_key *key);
/* The row as it is now; false when absent. */
bool sl_store_read(const sl_store *store, const sl_entry *entry, sl_arena *arena, sl_store_row *out);
/* The row as of the last commit; false when it was absent. */
bool sl_store_read_committed(const sl_store *store, const sl_entry *entry, sl_arena *arena, sl_store_row *out);
/* Replaces the row (values are copied); values NULL deletes it. headers: of the record that caused it, kept with cached
 * changes; may be NULL. SL_E_MEMORY. */
int sl_store_write(sl_store *store, sl_entry *entry, const sl_value *values, int64_t timestamp,
                   const sl_record_headers *headers, sl_err *err);
/* Key of an entry; bytes live as long as the entry. */
sl_store_key sl_store_entry_key(const sl_store *store, const sl_entry *entry);
/* Changes without pre-images, in order, the last word about a key wins: while restoring. SL_E_MEMORY. */
typedef struct sl_store_restored {
  sl_store_key key;
  const sl_value *values; /* NULL: deleted */
  int64_t timestamp;
} sl_store_restored;
int sl_store_restore(sl_store *store, const sl_store_restored *rows, int count, sl_err *err);

/* ---- windows and sessions ---- */
/* What the aggregation knows of its windows: starts are multiples of advance (0: any); lenience is added to retention
 * for visibility, 1 ms for EMIT FINAL windows; below 0 what has expired is hidden in whole segments of half the
 * retention (at least a minute), as EMIT FINAL sessions have it (semantics.md 2.10). */
void sl_store_set_window(sl_store *store, int64_t advance, int64_t lenience);
/* May a window with this start (session with this end) still be seen? */
bool sl_store_visible(const sl_store *store, int64_t time);
int64_t sl_store_visible_from(const sl_store *store); /* the first start (end) that may; INT64_MIN: any */
/* Entries of one key that are present now or were at the last commit (reading tells), in out (arena): windows with
 * from <= start <= to, sessions that overlap [from, to]. In order of start, for sessions of end. */
void sl_store_key_range(sl_store *store, sl_str key, int64_t from, int64_t to, sl_arena *arena, sl_entry ***out,
                        size_t *count);
/* Gives a session other bounds, which spares deleting it and making another; its row stays. False, and nothing has
 * changed, if that cannot be: it was there at the last commit, so that its deletion has to be told; there is one with
 * these bounds; a cursor is open. */
bool sl_store_move_session(sl_store *store, sl_entry *entry, int64_t start, int64_t end);
/* All entries present now with from <= start (session: end) <= to, ordered by start (end, then start), then key bytes.
 */
void sl_store_time_range(sl_store *store, int64_t from, int64_t to, sl_arena *arena, sl_entry ***out, size_t *count);

/* ---- buffers and pending rows ---- */
/* Adds a row behind those of the same key and time, which stay. In a BUFFER time counts as observed, and a row that can
 * no longer be seen is not kept; left is the side of a PENDING row. The key of the new entry has time as start and as
 * end a number that tells rows of one key, time and side apart and of left rows (SL_STORE_SIDE_BIT). SL_E_MEMORY. */
int sl_store_add(sl_store *store, sl_str key, int64_t time, bool left, const sl_value *values, sl_err *err);
enum { SL_STORE_SIDE_BIT = 31 };
static inline bool sl_store_key_left(const sl_store_key *key) {
  return key->end >> SL_STORE_SIDE_BIT & 1;
}

/* A walk over the visible rows of one key in a BUFFER with from <= time <= to, by time, then as they came. The key's
 * bytes are borrowed, and the store must not change meanwhile. */
typedef struct sl_store_walk {
  sl_store *store;
  sl_str key;
  int64_t from, to;
  size_t segment; /* to look into next */
  sl_entry *next;
} sl_store_walk;
/* Brings what these keys have in that time into the caches, to hide the latency of memory from walks and additions. */
void sl_store_ahead(const sl_store *store, const sl_store_key *keys, int count, int64_t from, int64_t to);
sl_store_walk sl_store_walk_of(sl_store *store, sl_str key, int64_t from, int64_t to);
sl_entry *sl_store_walk_next(sl_store_walk *walk); /* NULL at the end */

/* PENDING rows in order: the one behind e, the first for e NULL; NULL at the end. */
sl_entry *sl_store_next(const sl_store *store, const sl_entry *e);
/* Entries of one prefix in a PREFIX store, in order of rest: the first, the one behind e; NULL at the end. Entries that
 * are absent are among them: reading tells. */
sl_entry *sl_store_prefix_first(const sl_store *store, sl_str prefix);
sl_entry *sl_store_prefix_next(const sl_entry *e);
void sl_store_remove(sl_store *store, sl_entry *e); /* of a PENDING store */
/* Removes the PENDING rows of a key, time and side. */
void sl_store_remove_key(sl_store *store, sl_str key, int64_t time, bool left);

/* ---- commit ---- */
typedef struct sl_store_change {
  sl_entry *entry;
  sl_store_key key;
  bool has_old, has_new;
  sl_store_row old, now;
  sl_record_headers headers; /* of the last update; count 0 if none */
} sl_store_change;

bool sl_store_dirty(const sl_store *store);
size_t sl_store_dirty_bytes(const sl_store *store); /* held by pre-images: what a cache counts */
/* Walks the dirty list: start with *at = 0; false at its end. Rows are in arena. New changes may be made while walking
 * only to other stores. */
bool sl_store_change_next(const sl_store *store, size_t *at, sl_arena *arena, sl_store_change *out);
void sl_store_commit(sl_store *store);   /* what is there is committed; expired segments and absent entries go */
void sl_store_rollback(sl_store *store); /* back to the last commit */

/* ---- scans of committed state ---- */
/* In order of key bytes (then start or end). The keys are those present when it is opened; each row is the committed
 * one when it is read. Must be closed before the store is freed; entries outlive their deletion while a cursor is open.
 * Not for BUFFER, PENDING and PREFIX. */
typedef struct sl_store_cursor sl_store_cursor;
/* It takes 8 bytes for each entry, counted in budget (NULL: uncounted). NULL and SL_E_MEMORY when they are refused. */
sl_store_cursor *sl_store_cursor_open(sl_store *store, sl_budget *budget, sl_err *err);
/* Puts the entries in order; to be called once, before the first next. It reads nothing but keys, which never change
 * and stay as long as the cursor is open, so the task may go on meanwhile. Thread: any. */
void sl_store_cursor_sort(sl_store_cursor *cursor);
/* Next committed row; false at the end. */
bool sl_store_cursor_next(sl_store_cursor *cursor, sl_arena *arena, sl_store_key *key, sl_store_row *out);
void sl_store_cursor_close(sl_store_cursor *cursor); /* accepts NULL */

/* ---- rows as bytes, for images (store_rows.c) ---- */
/* A walk over all committed rows in steps between which the store may change in every way but being freed or cleared. A
 * row that is there all the time is met; tables and windows are met once. What changes meanwhile may be met or not, as
 * it was or as it is. */
typedef struct sl_store_export sl_store_export;
sl_store_export *sl_store_export_new(sl_store *store);
void sl_store_export_free(sl_store_export *walk); /* accepts NULL */
/* Appends rows to out until it holds about max bytes; adds their number to *rows. false when all have been met. */
bool sl_store_export_next(sl_store_export *walk, size_t max, sl_buf *out, uint32_t *rows);
/* Puts rows into a store that has none of them; what has expired is left out. SL_E_CORRUPT, SL_E_MEMORY: then the store
 * holds a part of them. */
int sl_store_import(sl_store *store, const uint8_t *data, size_t len, sl_err *err);
void sl_store_reserve(sl_store *store, size_t rows); /* so many will be put into the empty store */
void sl_store_clear(sl_store *store);                /* as it was when it was made, but for times observed */
