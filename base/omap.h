/* Ordered map from bytes to a pointer: look-up, ordered scans from any key, in both directions. Order is that of
 * sl_str_cmp (bytewise, shorter first). Keys are copied. It grows node by node, without large copies.
 * Zero-initialised is empty and valid. Not thread-safe. */
#pragma once
#include <stdbool.h>
#include "base/str.h"

typedef struct sl_omap {
  struct sl_omap_node *root;
  size_t count;
  size_t bytes; /* held from the heap */
  int height;
} sl_omap;

/* A place between changes: put and remove make all cursors of the map invalid (seek again by key). */
typedef struct sl_omap_cursor {
  struct sl_omap_node *leaf; /* NULL: at no entry */
  unsigned at;
} sl_omap_cursor;

void sl_omap_done(sl_omap *map);                          /* accepts NULL */
void *sl_omap_find(const sl_omap *map, sl_str key);       /* NULL if absent */
void *sl_omap_put(sl_omap *map, sl_str key, void *value); /* returns the value that was there, or NULL */
void *sl_omap_remove(sl_omap *map, sl_str key);           /* returns the value removed, or NULL */
/* The place of key's value, added with NULL if the key is new: find and put in one. Valid until the next change. */
void **sl_omap_slot(sl_omap *map, sl_str key);

/* These tell whether the cursor is at an entry. */
bool sl_omap_first(const sl_omap *map, sl_omap_cursor *cur);
bool sl_omap_last(const sl_omap *map, sl_omap_cursor *cur);
bool sl_omap_seek(const sl_omap *map, sl_str key, sl_omap_cursor *cur);        /* first entry at or after key */
bool sl_omap_seek_before(const sl_omap *map, sl_str key, sl_omap_cursor *cur); /* last entry before key */
bool sl_omap_next(sl_omap_cursor *cur);
bool sl_omap_prev(sl_omap_cursor *cur);
sl_str sl_omap_key(const sl_omap_cursor *cur); /* borrowed from the map */
void *sl_omap_value(const sl_omap_cursor *cur);
