/* Trees of entries: treaps, whose entry with the highest random priority is the root. An entry that comes in order goes
 * to the end at once, any other in O(log n). Where it belongs is the store's business. */
#include "state/state_int.h"

uint32_t sl_tree_priority(uint32_t *state) {
  uint32_t x = *state ? *state : 0x9e3779b9U;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

sl_entry *sl_tree_first(const sl_tree *tree) {
  sl_entry *e = tree->root;
  while (e && sl_order_part_of(e)->left) e = sl_order_part_of(e)->left;
  return e;
}

sl_entry *sl_tree_next(const sl_entry *e) {
  sl_entry *at = sl_order_part_of(e)->right;
  if (at) {
    while (sl_order_part_of(at)->left) at = sl_order_part_of(at)->left;
    return at;
  }
  const sl_entry *from = e;
  for (at = sl_order_part_of(e)->up; at && sl_order_part_of(at)->right == from; at = sl_order_part_of(at)->up)
    from = at;
  return at;
}

sl_entry *sl_tree_previous(const sl_entry *e) {
  sl_entry *at = sl_order_part_of(e)->left;
  if (at) {
    while (sl_order_part_of(at)->right) at = sl_order_part_of(at)->right;
    return at;
  }
  const sl_entry *from = e;
  for (at = sl_order_part_of(e)->up; at && sl_order_part_of(at)->left == from; at = sl_order_part_of(at)->up) from = at;
  return at;
}

/* Puts with in the place of e under e's parent. */
static void replace(sl_tree *tree, const sl_entry *e, sl_entry *with) {
  sl_entry *up = sl_order_part_of(e)->up;
  if (!up)
    tree->root = with;
  else if (sl_order_part_of(up)->left == e)
    sl_order_part_of(up)->left = with;
  else
    sl_order_part_of(up)->right = with;
  if (with) sl_order_part_of(with)->up = up;
}

/* Moves e above its parent. */
static void lift(sl_tree *tree, sl_entry *e) {
  sl_entry *up = sl_order_part_of(e)->up, *between;
  bool from_left = sl_order_part_of(up)->left == e;
  replace(tree, up, e);
  if (from_left) {
    between = sl_order_part_of(e)->right;
    sl_order_part_of(e)->right = up;
    sl_order_part_of(up)->left = between;
  } else {
    between = sl_order_part_of(e)->left;
    sl_order_part_of(e)->left = up;
    sl_order_part_of(up)->right = between;
  }
  sl_order_part_of(up)->up = e;
  if (between) sl_order_part_of(between)->up = up;
}

void sl_tree_insert(sl_tree *tree, sl_entry *e, sl_entry *before) {
  sl_order_part *part = sl_order_part_of(e);
  sl_entry *up = before ? sl_order_part_of(before)->right : sl_tree_first(tree);
  part->left = part->right = NULL;
  part->tree = tree;
  if (before && !up) {
    sl_order_part_of(before)->right = e;
    up = before;
  } else if (up) {
    while (sl_order_part_of(up)->left) up = sl_order_part_of(up)->left;
    sl_order_part_of(up)->left = e;
  } else {
    tree->root = e;
  }
  part->up = up;
  if (tree->last == before) tree->last = e;
  while (part->up && sl_order_part_of(part->up)->priority < part->priority) lift(tree, e);
}

void sl_tree_remove(sl_entry *e) {
  sl_order_part *part = sl_order_part_of(e);
  sl_tree *tree = part->tree;
  if (tree->last == e) tree->last = sl_tree_previous(e);
  while (part->left && part->right)
    lift(tree,
         sl_order_part_of(part->left)->priority > sl_order_part_of(part->right)->priority ? part->left : part->right);
  replace(tree, e, part->left ? part->left : part->right);
  part->tree = NULL;
}
