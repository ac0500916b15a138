/* The model behind fs_fault: what is durable, what is pending, and what a power loss makes of it.
 *
 * A file is its durable image and a list of writes and truncations since; a sync folds the list into the image. A
 * directory is its durable names; name changes of all directories stand in one list, in order. Changes that a failed
 * sync left behind stay in their list for good ("doomed"), with later, durable ones behind them; a crash replays a list
 * in order, keeps what is synced and draws for the rest. */
#include <stdlib.h>
#include <string.h>
#include "base/fs_fault.h"
#include "base/fs_fault_int.h"
#include "base/heap.h"

enum { SECTOR = 512 };

/* ---- nodes ---- */
fault_node *fault_node_new(fault_disk *disk, bool dir) {
  fault_node *node = sl_heap_zalloc(sizeof *node);
  node->dir = dir;
  sl_vec_push(&disk->nodes, node);
  return node;
}

static void clear_data(fault_node *node) {
  for (size_t i = 0; i < node->pending.len; i++) free(sl_vec_at(&node->pending, i));
  node->pending.len = 0;
}

static void node_free(fault_node *node) {
  clear_data(node);
  sl_vec_done(&node->pending);
  sl_buf_done(&node->image);
  sl_map_done(&node->now);
  sl_map_done(&node->durable);
  free(node);
}

static void name_free(fault_name *name) {
  free(name->from);
  free(name->to);
  free(name);
}

static void clear_names(fault_disk *disk) {
  for (size_t i = 0; i < disk->names.len; i++) name_free(sl_vec_at(&disk->names, i));
  disk->names.len = 0;
}

void fault_disk_init(fault_disk *disk) {
  *disk = (fault_disk){0};
  disk->root = fault_node_new(disk, true);
}

void fault_disk_done(fault_disk *disk) {
  clear_names(disk);
  for (size_t i = 0; i < disk->nodes.len; i++) node_free(sl_vec_at(&disk->nodes, i));
  sl_vec_done(&disk->names);
  sl_vec_done(&disk->nodes);
}

/* ---- contents ---- */
static void set_size(sl_buf *image, size_t size) {
  if (size > image->len) memset(sl_buf_reserve(image, size - image->len), 0, size - image->len);
  image->len = size;
}

static void put_bytes(sl_buf *image, uint64_t offset, const uint8_t *bytes, size_t len) {
  if (!len) return;
  if (offset + len > image->len) set_size(image, (size_t)offset + len);
  memcpy(image->data + offset, bytes, len);
}

static void apply_data(sl_buf *image, const fault_data *change) {
  if (change->truncation) {
    set_size(image, (size_t)change->offset);
  } else {
    put_bytes(image, change->offset, change->bytes, change->len);
  }
}

void fault_note_write(fault_node *file, uint64_t offset, const void *data, size_t len) {
  if (!len) return;
  fault_data *change = sl_heap_zalloc(sizeof *change + len);
  change->offset = offset;
  change->len = len;
  memcpy(change->bytes, data, len);
  sl_vec_push(&file->pending, change);
}

void fault_note_truncate(fault_node *file, uint64_t size) {
  fault_data *change = sl_heap_zalloc(sizeof *change);
  change->truncation = true;
  change->offset = size;
  sl_vec_push(&file->pending, change);
}

/* Removes the first n items, which were dealt with. */
static void drop_front(sl_vec *list, size_t n) {
  memmove(list->items, list->items + n, (list->len - n) * sizeof *list->items);
  list->len -= n;
}

void fault_note_sync(fault_node *file, bool ok) {
  size_t fold = 0;
  for (size_t i = 0; i < file->pending.len; i++) {
    fault_data *change = sl_vec_at(&file->pending, i);
    if (!ok) change->doomed |= !change->synced;
    change->synced |= ok && !change->doomed;
  }
  for (; fold < file->pending.len; fold++) {
    fault_data *change = sl_vec_at(&file->pending, fold);
    if (!change->synced) break;
    apply_data(&file->image, change);
    free(change);
  }
  if (fold) drop_front(&file->pending, fold);
}

/* ---- names ---- */
static char *copy_name(sl_str s) {
  char *copy = sl_heap_zalloc(s.len + 1);
  if (s.len) memcpy(copy, s.ptr, s.len);
  return copy;
}

void fault_note_name(fault_disk *disk, fault_node *from_dir, sl_str from, fault_node *to_dir, sl_str to,
                     fault_node *node) {
  fault_name *change = sl_heap_zalloc(sizeof *change);
  *change = (fault_name){.from_dir = from_dir, .to_dir = to_dir, .node = node};
  if (from_dir) change->from = copy_name(from);
  if (to_dir) change->to = copy_name(to);
  if (from_dir) sl_map_remove(&from_dir->now, from);
  if (to_dir) sl_map_put(&to_dir->now, to, node);
  sl_vec_push(&disk->names, change);
}

static void apply_name(const fault_name *change) {
  if (change->from_dir && sl_map_find(&change->from_dir->durable, sl_str_of(change->from)) == change->node) {
    sl_map_remove(&change->from_dir->durable, sl_str_of(change->from));
  }
  if (change->to_dir) sl_map_put(&change->to_dir->durable, sl_str_of(change->to), change->node);
}

void fault_note_sync_dir(fault_disk *disk, fault_node *dir, bool ok) {
  size_t fold = 0;
  for (size_t i = 0; i < disk->names.len; i++) {
    fault_name *change = sl_vec_at(&disk->names, i);
    if (change->from_dir != dir && change->to_dir != dir) continue;
    if (!ok) change->doomed |= !change->synced;
    change->synced |= ok && !change->doomed;
  }
  for (; fold < disk->names.len; fold++) {
    fault_name *change = sl_vec_at(&disk->names, fold);
    if (!change->synced) break;
    apply_name(change);
    name_free(change);
  }
  if (fold) drop_front(&disk->names, fold);
}

/* ---- power loss ---- */
static uint64_t draw(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t draw_below(uint64_t *state, uint64_t bound) {
  return draw(state) % bound;
}

static void crash_names(fault_disk *disk, int mode, uint64_t *random) {
  size_t count = disk->names.len, kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (((fault_name *)sl_vec_at(&disk->names, i))->synced) kept = i + 1;
  }
  if (mode == SL_FS_CRASH_POWER) kept += draw_below(random, count - kept + 1);
  for (size_t i = 0; i < count; i++) {
    const fault_name *change = sl_vec_at(&disk->names, i);
    bool keep = change->synced;
    if (mode == SL_FS_CRASH_POWER) keep = i < kept;
    if (mode == SL_FS_CRASH_POWER_ANY) keep |= draw_below(random, 2);
    if (keep) apply_name(change);
  }
  clear_names(disk);
}

/* A part of a write. Sectors of the durable size are written whole or not at all. */
static void tear(sl_buf *image, const fault_data *change, size_t durable_size, uint64_t *random) {
  uint64_t start = change->offset, end = start + change->len;
  if (draw_below(random, 2)) { /* a beginning */
    uint64_t cut = start + draw_below(random, change->len);
    if (cut < durable_size) cut = cut / SECTOR * SECTOR;
    if (cut > start) put_bytes(image, start, change->bytes, (size_t)(cut - start));
    return;
  }
  for (uint64_t at = start; at < end;) { /* some sectors */
    uint64_t next = (at / SECTOR + 1) * SECTOR;
    if (next > end) next = end;
    if (draw_below(random, 2)) put_bytes(image, at, change->bytes + (at - start), (size_t)(next - at));
    at = next;
  }
}

enum outcome { KEEP, DROP, TEAR, ZEROS };

static void crash_change(sl_buf *image, const fault_data *change, enum outcome outcome, size_t durable_size,
                         uint64_t *random) {
  if (outcome == KEEP) {
    apply_data(image, change);
  } else if (change->truncation || outcome == DROP) {
    return;
  } else if (outcome == TEAR) {
    tear(image, change, durable_size, random);
  } else if (change->offset + change->len > image->len) {
    set_size(image, (size_t)change->offset + change->len);
  }
}

/* How one file loses what is pending. */
enum style { ALL, NOTHING, IN_ORDER, EACH, STYLES };

static void crash_file(fault_node *file, int mode, uint64_t *random) {
  size_t durable_size = file->image.len, count = file->pending.len;
  enum style style = mode == SL_FS_CRASH_POWER_NONE ? NOTHING : (enum style)draw_below(random, STYLES);
  size_t cut = count ? draw_below(random, count) : 0;
  for (size_t i = 0; i < count; i++) {
    const fault_data *change = sl_vec_at(&file->pending, i);
    enum outcome outcome = DROP;
    if (change->synced || style == ALL || (style == IN_ORDER && i < cut)) {
      outcome = KEEP;
    } else if (style == IN_ORDER && i == cut) {
      outcome = draw_below(random, 2) ? TEAR : KEEP;
    } else if (style == EACH) {
      static const enum outcome OUTCOMES[] = {KEEP, KEEP, KEEP, DROP, DROP, TEAR, TEAR, ZEROS};
      outcome = OUTCOMES[draw_below(random, sizeof OUTCOMES / sizeof *OUTCOMES)];
    }
    crash_change(&file->image, change, outcome, durable_size, random);
  }
  clear_data(file);
}

/* What is reachable by durable names survives; its names of now are the durable ones. */
static void crash_tree(fault_node *node, int mode, uint64_t *random) {
  node->seen = true;
  if (!node->dir) {
    crash_file(node, mode, random);
    return;
  }
  sl_map_done(&node->now);
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&node->durable, &at));) {
    fault_node *child = e->value;
    if (child->seen) continue; /* a second name, left by half of two renames: only one can be meant */
    sl_map_put(&node->now, e->key, child);
    crash_tree(child, mode, random);
  }
  sl_map_done(&node->durable);
  at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&node->now, &at));) sl_map_put(&node->durable, e->key, e->value);
}

void fault_disk_crash(fault_disk *disk, int mode, uint64_t seed) {
  uint64_t random = seed;
  crash_names(disk, mode, &random);
  crash_tree(disk->root, mode, &random);
  size_t left = 0;
  for (size_t i = 0; i < disk->nodes.len; i++) {
    fault_node *node = sl_vec_at(&disk->nodes, i);
    if (node->seen) {
      node->seen = false;
      disk->nodes.items[left++] = node;
    } else {
      node_free(node);
    }
  }
  disk->nodes.len = left;
}

/* ---- to and from the wrapped file system ---- */
static const char *join(sl_arena *arena, const char *path, const char *name) {
  size_t len = strlen(path);
  return sl_arena_printf(arena, "%s%s%s", path, len && path[len - 1] == '/' ? "" : "/", name);
}

static int load_file(fault_node *node, sl_fs *inner, const char *path, sl_err *err) {
  sl_file *file;
  uint64_t size;
  size_t got = 0;
  int rc = sl_fs_open(inner, path, SL_FS_READ, &file, err);
  if (rc) return rc;
  rc = sl_file_size(file, &size, err);
  if (!rc) rc = sl_file_read(file, 0, sl_buf_reserve(&node->image, (size_t)size), (size_t)size, &got, err);
  node->image.len = got;
  sl_file_close(file);
  return rc;
}

static int load_dir(fault_disk *disk, fault_node *dir, sl_fs *inner, const char *path, sl_arena *arena, sl_err *err) {
  char **names;
  size_t count;
  int rc = sl_fs_list(inner, path, arena, &names, &count, err);
  for (size_t i = 0; !rc && i < count; i++) {
    const char *child_path = join(arena, path, names[i]);
    fault_node *child = fault_node_new(disk, sl_fs_is_dir(inner, child_path));
    sl_map_put(&dir->now, sl_str_of(names[i]), child);
    sl_map_put(&dir->durable, sl_str_of(names[i]), child);
    rc = child->dir ? load_dir(disk, child, inner, child_path, arena, err) : load_file(child, inner, child_path, err);
  }
  return rc;
}

int fault_disk_load(fault_disk *disk, sl_fs *inner, const char *path, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  int rc = load_dir(disk, disk->root, inner, path, &arena, err);
  sl_arena_done(&arena);
  return rc;
}

static int store_file(const fault_node *node, sl_fs *inner, const char *path, sl_err *err) {
  sl_file *file;
  int rc = sl_fs_open(inner, path, SL_FS_WRITE | SL_FS_CREATE, &file, err);
  if (rc) return rc;
  if (node->image.len) rc = sl_file_write(file, 0, node->image.data, node->image.len, err);
  sl_file_close(file);
  return rc;
}

static int store_dir(const fault_node *dir, sl_fs *inner, const char *path, sl_arena *arena, sl_err *err) {
  int rc = 0;
  size_t at = 0;
  for (sl_map_entry *e; !rc && (e = sl_map_next(&dir->durable, &at));) {
    const fault_node *child = e->value;
    const char *child_path = join(arena, path, sl_str_z(arena, e->key));
    if (child->dir) {
      rc = sl_fs_mkdir(inner, child_path, err);
      if (!rc) rc = store_dir(child, inner, child_path, arena, err);
    } else {
      rc = store_file(child, inner, child_path, err);
    }
  }
  return rc;
}

int fault_disk_store(const fault_disk *disk, sl_fs *inner, const char *path, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  char **names;
  size_t count;
  int rc = sl_fs_list(inner, path, &arena, &names, &count, err);
  for (size_t i = 0; !rc && i < count; i++) rc = sl_fs_remove_tree(inner, join(&arena, path, names[i]), err);
  if (!rc) rc = store_dir(disk->root, inner, path, &arena, err);
  sl_arena_done(&arena);
  return rc;
}
