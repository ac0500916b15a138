/* Ordered map: a B+ tree. Leaves hold keys and values and are linked both ways; inner nodes hold separators of their
 * own (separator i is at most the smallest key of child i + 1 and above all of child i). Each key keeps its first eight
 * bytes as a number, which decides most comparisons without touching the key. A node is freed when it becomes empty and
 * never merged before: good enough for what shrinks in order, and simple. */
#include "base/omap.h"
#include <assert.h>
#include <stdlib.h>
#include "base/heap.h"

enum { FANOUT = 32, HEIGHT_MAX = 24 };

typedef struct omap_key {
  char *ptr;
  size_t len;
  uint64_t head;
} omap_key;

typedef struct sl_omap_node sl_omap_node;
struct sl_omap_node {
  unsigned count; /* leaf: entries; inner: children */
  bool leaf;
  sl_omap_node *prev, *next; /* leaves */
  omap_key keys[FANOUT];     /* inner: one fewer than children */
  void *slots[FANOUT];       /* leaf: values; inner: children */
};

static void *heap(sl_omap *map, size_t size) {
  map->bytes += size;
  return sl_heap_zalloc(size);
}

static omap_key probe(sl_str s) {
  omap_key key = {.ptr = (char *)s.ptr, .len = s.len};
  uint8_t head[8] = {0};
  if (s.len) memcpy(head, s.ptr, s.len < 8 ? s.len : 8);
  memcpy(&key.head, head, 8);
  key.head = __builtin_bswap64(key.head);
  return key;
}

static int compare(const omap_key *a, const omap_key *b) {
  if (a->head != b->head) return a->head < b->head ? -1 : 1;
  return sl_str_cmp(sl_str_n(a->ptr, a->len), sl_str_n(b->ptr, b->len));
}

static omap_key copy_key(sl_omap *map, const omap_key *key) {
  omap_key copy = *key;
  copy.ptr = heap(map, key->len + 1);
  if (key->len) memcpy(copy.ptr, key->ptr, key->len);
  return copy;
}

static void free_key(sl_omap *map, omap_key *key) {
  map->bytes -= key->len + 1;
  free(key->ptr);
}

static void free_node(sl_omap *map, sl_omap_node *node) {
  map->bytes -= sizeof *node;
  free(node);
}

static unsigned key_count(const sl_omap_node *node) {
  return node->leaf ? node->count : node->count - 1;
}

/* The first key not below the given one (or_equal: above it). */
static unsigned bound(const sl_omap_node *node, const omap_key *key, bool above) {
  unsigned low = 0, high = key_count(node);
  while (low < high) {
    unsigned middle = (low + high) / 2;
    int order = compare(&node->keys[middle], key);
    if (order < 0 || (above && order == 0)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static void free_tree(sl_omap *map, sl_omap_node *node) {
  for (unsigned i = 0; i < key_count(node); i++) free_key(map, &node->keys[i]);
  for (unsigned i = 0; !node->leaf && i < node->count; i++) free_tree(map, node->slots[i]);
  free_node(map, node);
}

void sl_omap_done(sl_omap *map) {
  if (!map) return;
  if (map->root) free_tree(map, map->root);
  *map = (sl_omap){0};
}

/* The leaf where key is or belongs; path and at get the inner nodes on the way and the children taken. */
static sl_omap_node *descend(const sl_omap *map, const omap_key *key, sl_omap_node *path[], unsigned at[]) {
  sl_omap_node *node = map->root;
  for (int depth = 0; node && !node->leaf; depth++) {
    unsigned child = bound(node, key, true);
    if (path) {
      path[depth] = node;
      at[depth] = child;
    }
    node = node->slots[child];
  }
  return node;
}

static bool is_at(const sl_omap_node *leaf, unsigned at, const omap_key *key) {
  return at < leaf->count && compare(&leaf->keys[at], key) == 0;
}

void *sl_omap_find(const sl_omap *map, sl_str s) {
  omap_key key = probe(s);
  const sl_omap_node *leaf = descend(map, &key, NULL, NULL);
  if (!leaf) return NULL;
  unsigned at = bound(leaf, &key, false);
  return is_at(leaf, at, &key) ? leaf->slots[at] : NULL;
}

/* ---- growing ---- */
static sl_omap_node *node_new(sl_omap *map, bool leaf) {
  sl_omap_node *node = heap(map, sizeof *node);
  node->leaf = leaf;
  return node;
}

/* Moves the upper part of a full leaf into a new one behind it. Appending in order leaves full leaves behind. */
static sl_omap_node *split_leaf(sl_omap *map, sl_omap_node *leaf, unsigned at, omap_key *separator) {
  sl_omap_node *right = node_new(map, true);
  unsigned keep = at == FANOUT ? FANOUT - 1 : FANOUT / 2;
  right->count = FANOUT - keep;
  memcpy(right->keys, leaf->keys + keep, right->count * sizeof *right->keys);
  memcpy(right->slots, leaf->slots + keep, right->count * sizeof *right->slots);
  leaf->count = keep;
  right->prev = leaf;
  right->next = leaf->next;
  if (right->next) right->next->prev = right;
  leaf->next = right;
  *separator = copy_key(map, &right->keys[0]);
  return right;
}

static sl_omap_node *split_inner(sl_omap *map, sl_omap_node *node, unsigned at, omap_key *separator) {
  sl_omap_node *right = node_new(map, false);
  unsigned keep = at == FANOUT ? FANOUT - 1 : FANOUT / 2;
  right->count = FANOUT - keep;
  memcpy(right->slots, node->slots + keep, right->count * sizeof *right->slots);
  memcpy(right->keys, node->keys + keep, (right->count - 1) * sizeof *right->keys);
  *separator = node->keys[keep - 1]; /* goes up */
  node->count = keep;
  return right;
}

static void insert_child(sl_omap_node *node, unsigned at, omap_key separator, sl_omap_node *child) {
  memmove(node->slots + at + 1, node->slots + at, (node->count - at) * sizeof *node->slots);
  memmove(node->keys + at, node->keys + at - 1, (node->count - at) * sizeof *node->keys);
  node->slots[at] = child;
  node->keys[at - 1] = separator;
  node->count++;
}

/* Hangs a new right neighbour of the node below path[depth] into the tree. */
static void add_right(sl_omap *map, sl_omap_node *path[], const unsigned at[], int depth, omap_key separator,
                      sl_omap_node *right) {
  for (; depth >= 0; depth--) {
    sl_omap_node *node = path[depth];
    unsigned place = at[depth] + 1;
    if (node->count < FANOUT) {
      insert_child(node, place, separator, right);
      return;
    }
    omap_key up;
    sl_omap_node *upper = split_inner(map, node, place, &up);
    if (place > node->count) {
      insert_child(upper, place - node->count, separator, right);
    } else {
      insert_child(node, place, separator, right);
    }
    separator = up;
    right = upper;
  }
  sl_omap_node *root = node_new(map, false);
  root->count = 2;
  root->slots[0] = map->root;
  root->slots[1] = right;
  root->keys[0] = separator;
  map->root = root;
  map->height++;
  assert(map->height < HEIGHT_MAX);
}

void **sl_omap_slot(sl_omap *map, sl_str s) {
  omap_key key = probe(s);
  sl_omap_node *path[HEIGHT_MAX];
  unsigned ats[HEIGHT_MAX];
  if (!map->root) map->root = node_new(map, true);
  sl_omap_node *leaf = descend(map, &key, path, ats);
  unsigned at = bound(leaf, &key, false);
  if (is_at(leaf, at, &key)) return &leaf->slots[at];
  if (leaf->count == FANOUT) {
    omap_key separator;
    sl_omap_node *right = split_leaf(map, leaf, at, &separator);
    add_right(map, path, ats, map->height - 1, separator, right);
    if (compare(&key, &right->keys[0]) > 0) {
      at -= leaf->count;
      leaf = right;
    }
  }
  memmove(leaf->keys + at + 1, leaf->keys + at, (leaf->count - at) * sizeof *leaf->keys);
  memmove(leaf->slots + at + 1, leaf->slots + at, (leaf->count - at) * sizeof *leaf->slots);
  leaf->keys[at] = copy_key(map, &key);
  leaf->slots[at] = NULL;
  leaf->count++;
  map->count++;
  return &leaf->slots[at];
}

void *sl_omap_put(sl_omap *map, sl_str key, void *value) {
  void **slot = sl_omap_slot(map, key), *before = *slot;
  *slot = value;
  return before;
}

/* ---- shrinking ---- */
static void remove_child(sl_omap *map, sl_omap_node *node, unsigned at) {
  if (node->count > 1) {
    unsigned separator = at ? at - 1 : 0;
    free_key(map, &node->keys[separator]);
    memmove(node->keys + separator, node->keys + separator + 1, (node->count - 2 - separator) * sizeof *node->keys);
  }
  memmove(node->slots + at, node->slots + at + 1, (node->count - 1 - at) * sizeof *node->slots);
  node->count--;
}

static void drop_leaf(sl_omap *map, sl_omap_node *leaf, sl_omap_node *path[], const unsigned at[]) {
  if (leaf->prev) leaf->prev->next = leaf->next;
  if (leaf->next) leaf->next->prev = leaf->prev;
  sl_omap_node *empty = leaf;
  for (int depth = map->height - 1; depth >= 0 && empty; depth--) {
    free_node(map, empty);
    remove_child(map, path[depth], at[depth]);
    empty = path[depth]->count ? NULL : path[depth];
  }
  if (empty) { /* nothing is left */
    free_node(map, empty);
    map->root = NULL;
    map->height = 0;
  }
  while (map->root && !map->root->leaf && map->root->count == 1) {
    sl_omap_node *only = map->root->slots[0];
    free_node(map, map->root);
    map->root = only;
    map->height--;
  }
}

void *sl_omap_remove(sl_omap *map, sl_str s) {
  omap_key key = probe(s);
  sl_omap_node *path[HEIGHT_MAX];
  unsigned ats[HEIGHT_MAX];
  sl_omap_node *leaf = descend(map, &key, path, ats);
  if (!leaf) return NULL;
  unsigned at = bound(leaf, &key, false);
  if (!is_at(leaf, at, &key)) return NULL;
  void *value = leaf->slots[at];
  free_key(map, &leaf->keys[at]);
  leaf->count--;
  map->count--;
  memmove(leaf->keys + at, leaf->keys + at + 1, (leaf->count - at) * sizeof *leaf->keys);
  memmove(leaf->slots + at, leaf->slots + at + 1, (leaf->count - at) * sizeof *leaf->slots);
  if (!leaf->count) drop_leaf(map, leaf, path, ats);
  return value;
}

/* ---- scanning ---- */
static bool at_end(const sl_omap *map, bool last, sl_omap_cursor *cur) {
  sl_omap_node *node = map->root;
  while (node && !node->leaf) node = node->slots[last ? node->count - 1 : 0];
  *cur = (sl_omap_cursor){.leaf = node, .at = node && last ? node->count - 1 : 0};
  return node != NULL;
}

bool sl_omap_first(const sl_omap *map, sl_omap_cursor *cur) {
  return at_end(map, false, cur);
}
bool sl_omap_last(const sl_omap *map, sl_omap_cursor *cur) {
  return at_end(map, true, cur);
}

bool sl_omap_seek(const sl_omap *map, sl_str s, sl_omap_cursor *cur) {
  omap_key key = probe(s);
  sl_omap_node *leaf = descend(map, &key, NULL, NULL);
  *cur = (sl_omap_cursor){.leaf = leaf, .at = leaf ? bound(leaf, &key, false) : 0};
  if (leaf && cur->at == leaf->count) *cur = (sl_omap_cursor){.leaf = leaf->next};
  return cur->leaf != NULL;
}

bool sl_omap_seek_before(const sl_omap *map, sl_str key, sl_omap_cursor *cur) {
  if (!sl_omap_seek(map, key, cur)) return sl_omap_last(map, cur);
  return sl_omap_prev(cur);
}

bool sl_omap_next(sl_omap_cursor *cur) {
  if (!cur->leaf) return false;
  if (++cur->at == cur->leaf->count) *cur = (sl_omap_cursor){.leaf = cur->leaf->next};
  return cur->leaf != NULL;
}

bool sl_omap_prev(sl_omap_cursor *cur) {
  if (!cur->leaf) return false;
  if (cur->at == 0) {
    cur->leaf = cur->leaf->prev;
    cur->at = cur->leaf ? cur->leaf->count : 0;
    if (!cur->leaf) return false;
  }
  cur->at--;
  return true;
}

sl_str sl_omap_key(const sl_omap_cursor *cur) {
  const omap_key *key = &cur->leaf->keys[cur->at];
  return sl_str_n(key->ptr, key->len);
}

void *sl_omap_value(const sl_omap_cursor *cur) {
  return cur->leaf->slots[cur->at];
}
