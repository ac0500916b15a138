/* A file system in memory: a tree of nodes, directories with a map of their entries, files with one growing piece of
 * bytes. A node is counted by its entry and its open handles, so a removed file lives until its last handle closes.
 *
 * Locks: the tree has one mutex, taken by calls that name a path; each file has its own, taken by calls on a handle.
 * A handle never touches the tree, so it may outlive the file system. Nothing is ever lost here, hence sync does
 * nothing; crashes are simulated by fs_fault.c on top. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/fs.h"
#include "base/heap.h"
#include "base/map.h"

typedef struct mem_node {
  atomic_int refs;
  bool dir;
  sl_map entries; /* directory: name -> mem_node; the tree's mutex */
  struct mem_node *parent;
  pthread_mutex_t mutex; /* file: all below */
  uint8_t *data;
  size_t size, cap;
  const void *locked_by; /* a mem_file */
} mem_node;

typedef struct mem_fs {
  sl_fs base;
  pthread_mutex_t mutex;
  mem_node *root;
} mem_fs;

typedef struct mem_file {
  sl_file base;
  mem_node *node;
  bool writable;
  char path[];
} mem_file;

static const sl_fs_class MEMORY;

/* ---- nodes ---- */
static mem_node *node_new(bool dir, mem_node *parent) {
  mem_node *node = sl_heap_zalloc(sizeof *node);
  atomic_init(&node->refs, 1);
  node->dir = dir;
  node->parent = parent;
  pthread_mutex_init(&node->mutex, NULL);
  return node;
}

static void node_unref(mem_node *node) {
  if (atomic_fetch_sub(&node->refs, 1) > 1) return;
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&node->entries, &at));) node_unref(e->value);
  sl_map_done(&node->entries);
  pthread_mutex_destroy(&node->mutex);
  free(node->data);
  free(node);
}

/* A path taken apart: the directory that holds its last part, and that part. */
typedef struct place {
  mem_node *dir;  /* NULL: a directory on the way is missing */
  sl_str name;    /* empty: the path is dir itself */
  mem_node *node; /* NULL: nothing of that name */
} place;

static sl_str next_part(const char **path) {
  while (**path == '/') (*path)++;
  const char *start = *path;
  while (**path && **path != '/') (*path)++;
  return sl_str_n(start, (size_t)(*path - start));
}

static place find(const mem_fs *fs, const char *path) {
  place at = {.dir = fs->root, .node = fs->root};
  for (;;) {
    sl_str part = next_part(&path);
    if (!part.len) return at;
    if (sl_str_eq_z(part, ".")) continue;
    if (sl_str_eq_z(part, "..")) {
      mem_node *here = at.node ? at.node : at.dir;
      at = (place){.dir = here->parent ? here->parent : here, .node = here->parent ? here->parent : here};
      continue;
    }
    if (!at.node || !at.node->dir) return (place){0};
    at.dir = at.node;
    at.name = part;
    at.node = sl_map_find(&at.dir->entries, part);
  }
}

static int refuse(const char *action, const char *path, const char *reason, sl_err *err) {
  return sl_err_set(err, SL_E_IO, SL_NO_POS, "Cannot %s '%s': %s", action, path, reason);
}

static const char NO_ENTRY[] = "No such file or directory";
static const char IS_DIR[] = "Is a directory";
static const char NOT_DIR[] = "Not a directory";

/* ---- handles ---- */
static int mem_open(sl_fs *base, const char *path, int flags, sl_file **out, sl_err *err) {
  mem_fs *fs = (mem_fs *)base;
  const char *action = flags & SL_FS_CREATE ? "create" : "open", *reason = NULL;
  pthread_mutex_lock(&fs->mutex);
  place at = find(fs, path);
  if (at.node && at.node->dir) {
    reason = IS_DIR;
  } else if (at.node && (flags & SL_FS_EXCLUSIVE)) {
    reason = "File exists";
  } else if (!at.node && (!at.dir || !(flags & SL_FS_CREATE))) {
    reason = NO_ENTRY;
  } else if (!at.node) {
    at.node = node_new(false, at.dir);
    sl_map_put(&at.dir->entries, at.name, at.node);
  }
  if (!reason) atomic_fetch_add(&at.node->refs, 1);
  pthread_mutex_unlock(&fs->mutex);
  if (reason) return refuse(action, path, reason, err);

  size_t size = strlen(path) + 1;
  mem_file *file = sl_heap_zalloc(sizeof *file + size);
  file->base.cls = &MEMORY;
  file->node = at.node;
  file->writable = flags & SL_FS_WRITE;
  memcpy(file->path, path, size);
  *out = &file->base;
  return 0;
}

static void mem_close(sl_file *base) {
  mem_file *file = (mem_file *)base;
  pthread_mutex_lock(&file->node->mutex);
  if (file->node->locked_by == file) file->node->locked_by = NULL;
  pthread_mutex_unlock(&file->node->mutex);
  node_unref(file->node);
  free(file);
}

static int mem_read(sl_file *base, uint64_t offset, void *data, size_t len, size_t *got, sl_err *err) {
  (void)err;
  mem_node *node = ((mem_file *)base)->node;
  pthread_mutex_lock(&node->mutex);
  size_t n = offset >= node->size ? 0 : node->size - (size_t)offset;
  if (n > len) n = len;
  if (n) memcpy(data, node->data + offset, n);
  pthread_mutex_unlock(&node->mutex);
  *got = n;
  return 0;
}

/* Makes a file at least size bytes long; new bytes are zero. The file's mutex is held. */
static bool extend(mem_node *node, size_t size) {
  if (size > node->cap) {
    size_t cap = node->cap ? node->cap : 256;
    while (cap < size) cap *= 2;
    uint8_t *data = realloc(node->data, cap);
    if (!data) return false;
    node->data = data;
    node->cap = cap;
  }
  if (size > node->size) {
    memset(node->data + node->size, 0, size - node->size);
    node->size = size;
  }
  return true;
}

static int no_room(const mem_file *file, sl_err *err) {
  return sl_err_set(err, SL_E_DISK_FULL, SL_NO_POS, "Cannot write to '%s': out of memory", file->path);
}

static int mem_write(sl_file *base, uint64_t offset, const void *data, size_t len, sl_err *err) {
  mem_file *file = (mem_file *)base;
  if (!file->writable) return refuse("write to", file->path, "opened for reading only", err);
  if (!len) return 0;
  if (offset > SIZE_MAX / 4 || len > SIZE_MAX / 4) return no_room(file, err);
  pthread_mutex_lock(&file->node->mutex);
  bool ok = extend(file->node, (size_t)offset + len);
  if (ok) memcpy(file->node->data + offset, data, len);
  pthread_mutex_unlock(&file->node->mutex);
  return ok ? 0 : no_room(file, err);
}

static int mem_sync(sl_file *base, sl_err *err) {
  (void)base;
  (void)err;
  return 0;
}

static int mem_truncate(sl_file *base, uint64_t size, sl_err *err) {
  mem_file *file = (mem_file *)base;
  if (!file->writable) return refuse("truncate", file->path, "opened for reading only", err);
  if (size > SIZE_MAX / 4) return no_room(file, err);
  pthread_mutex_lock(&file->node->mutex);
  bool ok = true;
  if (size < file->node->size) {
    file->node->size = (size_t)size;
  } else {
    ok = extend(file->node, (size_t)size);
  }
  pthread_mutex_unlock(&file->node->mutex);
  return ok ? 0 : no_room(file, err);
}

static int mem_size(sl_file *base, uint64_t *out, sl_err *err) {
  (void)err;
  mem_node *node = ((mem_file *)base)->node;
  pthread_mutex_lock(&node->mutex);
  *out = node->size;
  pthread_mutex_unlock(&node->mutex);
  return 0;
}

static int mem_lock(sl_file *base, sl_err *err) {
  mem_file *file = (mem_file *)base;
  pthread_mutex_lock(&file->node->mutex);
  bool taken = file->node->locked_by && file->node->locked_by != file;
  if (!taken) file->node->locked_by = file;
  pthread_mutex_unlock(&file->node->mutex);
  if (!taken) return 0;
  sl_err_set(err, SL_E_LOCKED, SL_NO_POS, "'%s' is locked by another owner", file->path);
  sl_err_hint(err, "Stop the other process or use another data directory.");
  return SL_E_LOCKED;
}

/* ---- paths ---- */
static int mem_remove(sl_fs *base, const char *path, sl_err *err) {
  mem_fs *fs = (mem_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  place at = find(fs, path);
  const char *reason = !at.node ? NO_ENTRY : at.node->dir ? IS_DIR : NULL;
  if (!reason) sl_map_remove(&at.dir->entries, at.name);
  pthread_mutex_unlock(&fs->mutex);
  if (reason) return refuse("remove", path, reason, err);
  node_unref(at.node);
  return 0;
}

static bool is_below(const mem_node *node, const mem_node *ancestor) {
  for (; node; node = node->parent) {
    if (node == ancestor) return true;
  }
  return false;
}

static int mem_rename(sl_fs *base, const char *from, const char *to, sl_err *err) {
  mem_fs *fs = (mem_fs *)base;
  const char *reason = NULL;
  mem_node *replaced = NULL;
  pthread_mutex_lock(&fs->mutex);
  place a = find(fs, from), b = find(fs, to);
  if (!a.node || !b.dir) {
    reason = NO_ENTRY;
  } else if (!a.name.len || !b.name.len || is_below(b.dir, a.node)) {
    reason = "Invalid argument";
  } else if (b.node && b.node != a.node && b.node->dir != a.node->dir) {
    reason = b.node->dir ? IS_DIR : NOT_DIR;
  } else if (b.node && b.node != a.node && b.node->dir && b.node->entries.count) {
    reason = "Directory not empty";
  } else if (a.node != b.node) {
    sl_map_remove(&a.dir->entries, a.name);
    replaced = sl_map_put(&b.dir->entries, b.name, a.node);
    a.node->parent = b.dir;
  }
  pthread_mutex_unlock(&fs->mutex);
  if (replaced) node_unref(replaced);
  if (!reason) return 0;
  return sl_err_set(err, SL_E_IO, SL_NO_POS, "Cannot rename '%s' to '%s': %s", from, to, reason);
}

static int mem_mkdir(sl_fs *base, const char *path, sl_err *err) {
  mem_fs *fs = (mem_fs *)base;
  const char *rest = path, *reason = NULL;
  pthread_mutex_lock(&fs->mutex);
  mem_node *node = fs->root;
  for (sl_str part = next_part(&rest); part.len && !reason; part = next_part(&rest)) {
    if (sl_str_eq_z(part, ".")) continue;
    if (sl_str_eq_z(part, "..")) {
      if (node->parent) node = node->parent;
      continue;
    }
    mem_node *child = sl_map_find(&node->entries, part);
    if (!child) {
      child = node_new(true, node);
      sl_map_put(&node->entries, part, child);
    }
    if (!child->dir) reason = NOT_DIR;
    node = child;
  }
  pthread_mutex_unlock(&fs->mutex);
  return reason ? refuse("create the directory", path, reason, err) : 0;
}

static int mem_rmdir(sl_fs *base, const char *path, sl_err *err) {
  mem_fs *fs = (mem_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  place at = find(fs, path);
  const char *reason = !at.node                 ? NO_ENTRY
                       : !at.node->dir          ? NOT_DIR
                       : at.node->entries.count ? "Directory not empty"
                       : !at.name.len           ? "Device or resource busy"
                                                : NULL;
  if (!reason) sl_map_remove(&at.dir->entries, at.name);
  pthread_mutex_unlock(&fs->mutex);
  if (reason) return refuse("remove the directory", path, reason, err);
  node_unref(at.node);
  return 0;
}

static int mem_sync_dir(sl_fs *base, const char *path, sl_err *err) {
  mem_fs *fs = (mem_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  place at = find(fs, path);
  pthread_mutex_unlock(&fs->mutex);
  if (!at.node) return refuse("sync the directory", path, NO_ENTRY, err);
  return at.node->dir ? 0 : refuse("sync the directory", path, NOT_DIR, err);
}

static bool mem_exists(sl_fs *base, const char *path) {
  mem_fs *fs = (mem_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  bool found = find(fs, path).node != NULL;
  pthread_mutex_unlock(&fs->mutex);
  return found;
}

static bool mem_is_dir(sl_fs *base, const char *path) {
  mem_fs *fs = (mem_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  place at = find(fs, path);
  bool dir = at.node && at.node->dir;
  pthread_mutex_unlock(&fs->mutex);
  return dir;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int mem_list(sl_fs *base, const char *path, sl_arena *arena, char ***names, size_t *count, sl_err *err) {
  mem_fs *fs = (mem_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  place at = find(fs, path);
  const char *reason = !at.node ? NO_ENTRY : !at.node->dir ? NOT_DIR : NULL;
  char **list = NULL;
  size_t n = 0, i = 0;
  if (!reason) {
    list = sl_arena_alloc(arena, at.node->entries.count * sizeof *list);
    for (sl_map_entry *e; (e = sl_map_next(&at.node->entries, &i));) list[n++] = sl_str_z(arena, e->key);
  }
  pthread_mutex_unlock(&fs->mutex);
  if (reason) return refuse("list the directory", path, reason, err);
  if (n) qsort(list, n, sizeof *list, by_name);
  *names = list;
  *count = n;
  return 0;
}

static void mem_free(sl_fs *base) {
  mem_fs *fs = (mem_fs *)base;
  node_unref(fs->root);
  pthread_mutex_destroy(&fs->mutex);
  free(fs);
}

static const sl_fs_class MEMORY = {
    .open = mem_open,
    .close = mem_close,
    .read = mem_read,
    .write = mem_write,
    .sync = mem_sync,
    .truncate = mem_truncate,
    .size = mem_size,
    .lock = mem_lock,
    .remove = mem_remove,
    .rename = mem_rename,
    .mkdir = mem_mkdir,
    .rmdir = mem_rmdir,
    .sync_dir = mem_sync_dir,
    .exists = mem_exists,
    .is_dir = mem_is_dir,
    .list = mem_list,
    .free = mem_free,
};

sl_fs *sl_fs_memory_new(void) {
  mem_fs *fs = sl_heap_zalloc(sizeof *fs);
  fs->base.cls = &MEMORY;
  pthread_mutex_init(&fs->mutex, NULL);
  fs->root = node_new(true, NULL);
  return &fs->base;
}
