/* Session stores: the table holds one head per key, its sessions hang from it in order of end, then start. Sessions are
 * few per key, so a walk is cheap. Expired ones are hidden at once and swept away a few heads per commit. */
#include "state/state_int.h"
#include <string.h>

static sl_entry *head_of(sl_store *store, sl_str key, bool make) {
  if (!make) return sl_table_find(&store->table, key);
  sl_entry *head;
  bool made;
  sl_table_locate(&store->table, &key, 1, &head, &made);
  return head;
}

static bool before(const sl_session_part *a, int64_t start, int64_t end) {
  return a->end < end || (a->end == end && a->start < start);
}

/* The link to the first session of a chain that is not before these bounds. */
static sl_entry **place_of(const sl_entry *head, int64_t start, int64_t end) {
  sl_entry **at = &sl_entry_session(head)->next;
  while (*at && before(sl_entry_session(*at), start, end)) at = &sl_entry_session(*at)->next;
  return at;
}

static void unchain(const sl_entry *e) {
  sl_entry **at = &sl_entry_session(sl_entry_session(e)->head)->next;
  while (*at != e) at = &sl_entry_session(*at)->next;
  *at = sl_entry_session(e)->next;
}

sl_entry *sl_session_find(sl_store *store, const sl_store_key *key, bool make) {
  sl_entry *head = head_of(store, key->bytes, make);
  if (!head) return NULL;
  sl_entry **at = place_of(head, key->start, key->end);
  if (*at && sl_entry_session(*at)->start == key->start && sl_entry_session(*at)->end == key->end) return *at;
  if (!make) return NULL;
  sl_entry *e = sl_table_alloc(&store->table, sl_str_n("", 0));
  *sl_entry_session(e) = (sl_session_part){key->start, key->end, *at, head};
  *at = e;
  return e;
}

bool sl_store_move_session(sl_store *store, sl_entry *e, int64_t start, int64_t end) {
  sl_session_part *part = sl_entry_session(e);
  if (part->start == start && part->end == end) return true;
  if (store->cursors || !e->dirty || store->dirty[e->dirty - 1].undo.present) return false;
  sl_store_key key = {sl_store_entry_key(store, e).bytes, .start = start, .end = end};
  if (sl_session_find(store, &key, false)) return false;
  unchain(e);
  part->start = start;
  part->end = end;
  sl_entry **at = place_of(part->head, start, end);
  part->next = *at;
  *at = e;
  return true;
}

/* Takes a session out of its chain; a head without sessions goes too. */
void sl_session_unlink(sl_store *store, sl_entry *e) {
  sl_entry *head = sl_entry_session(e)->head;
  unchain(e);
  if (sl_entry_session(head)->next || store->cursors) return; /* a cursor still needs the key bytes of dead sessions */
  sl_table_unlink(&store->table, head);
  sl_table_release(&store->table, head);
}

void sl_session_sweep(sl_store *store, size_t heads) {
  if (store->cursors) return;
  uint32_t slot = 0;
  size_t segment = store->sweep_segment;
  while (heads) { /* whole segments only, so that erasing cannot disturb the walk */
    size_t here = segment, n = 0;
    sl_entry *list[1024];
    for (sl_entry *e; n < 1024 && (e = sl_table_next(&store->table, &segment, &slot)) && segment == here;)
      list[n++] = e;
    for (size_t i = 0; i < n; i++)
      for (sl_entry *e = sl_entry_session(list[i])->next, *next; e; e = next) {
        next = sl_entry_session(e)->next;
        if (!e->dirty && !sl_store_visible(store, sl_entry_session(e)->end)) sl_store_erase(store, e);
      }
    heads = heads > n + 16 ? heads - n - 16 : 0;
    if (store->table.dir && segment >= (size_t)1 << store->table.depth) {
      segment = 0;
      break;
    }
    slot = 0;
  }
  store->sweep_segment = segment;
}
