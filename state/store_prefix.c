/* Stores whose keys have two parts: the table holds one head per prefix, and under it hangs a tree of the entries by
 * the rest of their keys. So a row is found in O(log n) of its prefix, and all rows of a prefix are found in order
 * without a look at others. */
#include "state/key_codec.h"
#include "state/state_int.h"
#include <assert.h>

static sl_str rest_of(const sl_store *store, const sl_entry *e) {
  return sl_str_n((const char *)sl_entry_bytes(&store->table, e), e->key_len);
}

/* The last entry with this rest or one before it. */
static sl_entry *tree_floor(const sl_store *store, const sl_tree *tree, sl_str rest) {
  if (tree->last && sl_str_cmp(rest_of(store, tree->last), rest) <= 0) return tree->last;
  sl_entry *found = NULL;
  for (sl_entry *e = tree->root; e;) {
    if (sl_str_cmp(rest_of(store, e), rest) <= 0) {
      found = e;
      e = sl_order_part_of(e)->right;
    } else {
      e = sl_order_part_of(e)->left;
    }
  }
  return found;
}

static sl_entry *locate(sl_store *store, sl_entry *head, sl_str rest, bool *made) {
  sl_entry *before = tree_floor(store, sl_tree_of(head), rest);
  *made = !before || !sl_str_eq(rest_of(store, before), rest);
  if (!*made) return before;
  sl_entry *e = sl_table_alloc(&store->table, rest);
  *sl_order_part_of(e) = (sl_order_part){.priority = sl_tree_priority(&store->random)};
  sl_tree_insert(sl_tree_of(head), e, before);
  return e;
}

void sl_prefix_locate(sl_store *store, const sl_store_key *keys, int count, sl_entry **out, bool *made) {
  enum { AT_ONCE = 64 };
  sl_str prefixes[AT_ONCE];
  for (int at = 0; at < count; at += AT_ONCE) {
    int n = count - at < AT_ONCE ? count - at : AT_ONCE;
    for (int i = 0; i < n; i++) prefixes[i] = keys[at + i].bytes;
    sl_table_locate(&store->table, prefixes, n, out + at, made + at);
    for (int i = at; i < at + n; i++) out[i] = locate(store, out[i], keys[i].rest, &made[i]);
  }
}

sl_entry *sl_prefix_find(const sl_store *store, const sl_store_key *key) {
  const sl_entry *head = sl_table_find(&store->table, key->bytes);
  sl_entry *e = head ? tree_floor(store, sl_tree_of(head), key->rest) : NULL;
  return e && sl_str_eq(rest_of(store, e), key->rest) ? e : NULL;
}

sl_store_key sl_prefix_key(const sl_store *store, const sl_entry *e) {
  return (sl_store_key){.bytes = rest_of(store, sl_tree_head(sl_order_part_of(e)->tree)), .rest = rest_of(store, e)};
}

/* A head without entries goes, too. */
void sl_prefix_unlink(sl_store *store, sl_entry *e) {
  const sl_tree *tree = sl_order_part_of(e)->tree;
  sl_tree_remove(e);
  if (tree->root) return;
  sl_table_unlink(&store->table, sl_tree_head(tree));
  sl_table_release(&store->table, sl_tree_head(tree));
}

void sl_prefix_free(sl_store *store) {
  size_t segment = 0;
  uint32_t slot = 0;
  for (const sl_entry *head; (head = sl_table_next(&store->table, &segment, &slot));)
    for (sl_entry *e; (e = sl_tree_of(head)->root);) {
      sl_tree_remove(e);
      sl_table_release(&store->table, e);
    }
}

sl_entry *sl_store_prefix_first(const sl_store *store, sl_str prefix) {
  assert(store->options.shape == SL_STATE_PREFIX);
  const sl_entry *head = sl_table_find(&store->table, prefix);
  return head ? sl_tree_first(sl_tree_of(head)) : NULL;
}

sl_entry *sl_store_prefix_next(const sl_entry *e) {
  return sl_tree_next(e);
}

bool sl_prefix_export(const sl_store *store, const sl_tree *tree, sl_str prefix, sl_order_place *at, size_t max,
                      sl_buf *out, uint32_t *rows) {
  sl_buf key = {0};
  sl_entry *e = at->set ? tree_floor(store, tree, sl_buf_str(&at->key)) : NULL, *last = NULL;
  for (e = e ? sl_tree_next(e) : sl_tree_first(tree); e && (!last || out->len < max); e = sl_tree_next(e)) {
    sl_buf_reset(&key);
    sl_key_join_prefix(&key, prefix, rest_of(store, e));
    sl_row_export(store, e, sl_buf_str(&key), 0, 0, out, rows);
    last = e;
  }
  sl_buf_done(&key);
  if (!e) return true;
  at->set = true;
  sl_buf_reset(&at->key);
  sl_buf_add_str(&at->key, rest_of(store, last));
  return false;
}
