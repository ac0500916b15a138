/* The operations of the fault-injecting file system: each asks the rules, does the same on the wrapped one and tells
 * the model (fs_fault_crash.c) what changed. One mutex around everything. */
#include "base/fs_fault.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/fs_fault_int.h"
#include "base/heap.h"

enum { OP_KINDS = 12, RULES_MAX = 16 };

typedef struct fault_fs {
  sl_fs base;
  sl_fs *inner;
  char *root;
  pthread_mutex_t mutex;
  fault_disk disk;
  struct fault_file *files; /* open handles */
  sl_fs_fault_rule rules[RULES_MAX];
  size_t rule_count;
  uint64_t counts[OP_KINDS];
  bool stopped;
  bool shut; /* a directory could not be synced */
  char struck[512];
} fault_fs;

typedef struct fault_file {
  sl_file base;
  fault_fs *fs;
  sl_file *inner;   /* NULL: from before a crash */
  fault_node *node; /* NULL: outside the root */
  struct fault_file *next;
  char path[];
} fault_file;

static const sl_fs_class FAULT;

/* ---- rules ---- */
static const char *const OP_NAMES[OP_KINDS] = {"open",   "create", "read",  "write", "sync",     "truncate",
                                               "remove", "rename", "mkdir", "rmdir", "sync_dir", "list"};

/* Counts an operation; 0 if it may go on, else the error it fails with. keep: see the rule. */
static int check(fault_fs *fs, unsigned op, const char *path, size_t *keep, sl_err *err) {
  fs->counts[__builtin_ctz(op)]++;
  if (fs->stopped)
    return sl_err_set(err, SL_E_IO, SL_NO_POS, "Cannot use '%s': the process was stopped by a fault", path);
  for (size_t i = 0; i < fs->rule_count; i++) {
    sl_fs_fault_rule *rule = &fs->rules[i];
    if (!(rule->ops & op) || (rule->path_part && !strstr(path, rule->path_part))) continue;
    if (rule->nth > 1) {
      rule->nth--;
      continue;
    }
    if (rule->times == 0) continue; /* used up */
    if (rule->times != UINT64_MAX) rule->times--;
    fs->stopped |= rule->stop;
    if (keep) *keep = rule->keep;
    unsigned kind = (unsigned)__builtin_ctz(op);
    snprintf(fs->struck, sizeof fs->struck, "%s %llu %s", OP_NAMES[kind], (unsigned long long)fs->counts[kind], path);
    const char *what = rule->code == SL_E_DISK_FULL ? "No space left on device" : "Input/output error";
    return sl_err_set(err, rule->code, SL_NO_POS, "Cannot use '%s': %s (injected)", path, what);
  }
  return 0;
}

void sl_fs_fault_add(sl_fs *base, sl_fs_fault_rule rule) {
  fault_fs *fs = (fault_fs *)base;
  if (rule.times == 0) rule.times = 1;
  if (rule.code == 0) rule.code = SL_E_IO;
  pthread_mutex_lock(&fs->mutex);
  if (fs->rule_count == RULES_MAX) abort();
  fs->rules[fs->rule_count++] = rule;
  pthread_mutex_unlock(&fs->mutex);
}

void sl_fs_fault_clear(sl_fs *base) {
  fault_fs *fs = (fault_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  fs->rule_count = 0;
  pthread_mutex_unlock(&fs->mutex);
}

uint64_t sl_fs_fault_count(sl_fs *base, unsigned ops) {
  fault_fs *fs = (fault_fs *)base;
  uint64_t sum = 0;
  pthread_mutex_lock(&fs->mutex);
  for (unsigned i = 0; i < OP_KINDS; i++) {
    if (ops >> i & 1) sum += fs->counts[i];
  }
  pthread_mutex_unlock(&fs->mutex);
  return sum;
}

bool sl_fs_fault_stopped(sl_fs *base) {
  fault_fs *fs = (fault_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  bool stopped = fs->stopped;
  pthread_mutex_unlock(&fs->mutex);
  return stopped;
}

const char *sl_fs_fault_struck(sl_fs *base) {
  return ((fault_fs *)base)->struck;
}

/* ---- paths ---- */
typedef struct place {
  fault_node *dir; /* NULL: not below the root, or a directory on the way is missing */
  sl_str name;     /* empty: the root itself */
  fault_node *node;
} place;

static sl_str next_part(const char **path) {
  for (;;) {
    while (**path == '/') (*path)++;
    const char *start = *path;
    while (**path && **path != '/') (*path)++;
    if (!sl_str_eq_z(sl_str_n(start, (size_t)(*path - start)), ".")) return sl_str_n(start, (size_t)(*path - start));
  }
}

/* What follows the root in path, or NULL. */
static const char *below_root(const fault_fs *fs, const char *path) {
  const char *root = fs->root;
  for (;;) {
    sl_str part = next_part(&root), mine;
    if (!part.len) return path;
    mine = next_part(&path);
    if (!sl_str_eq(part, mine)) return NULL;
  }
}

static place find(const fault_fs *fs, const char *path) {
  path = below_root(fs, path);
  if (!path) return (place){0};
  place at = {.dir = fs->disk.root, .node = fs->disk.root};
  for (sl_str part = next_part(&path); part.len; part = next_part(&path)) {
    if (!at.node || !at.node->dir) return (place){0};
    at.dir = at.node;
    at.name = part;
    at.node = sl_map_find(&at.dir->now, part);
  }
  return at;
}

/* ---- handles ---- */
static int fault_open(sl_fs *base, const char *path, int flags, sl_file **out, sl_err *err) {
  fault_fs *fs = (fault_fs *)base;
  sl_file *inner = NULL;
  pthread_mutex_lock(&fs->mutex);
  place at = find(fs, path);
  bool creates = (flags & SL_FS_CREATE) && !sl_fs_exists(fs->inner, path);
  int rc = check(fs, creates ? SL_FS_OP_CREATE : SL_FS_OP_OPEN, path, NULL, err);
  if (!rc) rc = sl_fs_open(fs->inner, path, flags, &inner, err);
  if (!rc) {
    if (creates && at.dir) {
      at.node = fault_node_new(&fs->disk, false);
      fault_note_name(&fs->disk, NULL, (sl_str){0}, at.dir, at.name, at.node);
    }
    size_t size = strlen(path) + 1;
    fault_file *file = sl_heap_zalloc(sizeof *file + size);
    *file = (fault_file){.base.cls = &FAULT, .fs = fs, .inner = inner, .node = at.node, .next = fs->files};
    memcpy(file->path, path, size);
    fs->files = file;
    *out = &file->base;
  }
  pthread_mutex_unlock(&fs->mutex);
  return rc;
}

static void fault_close(sl_file *base) {
  fault_file *file = (fault_file *)base;
  fault_fs *fs = file->fs;
  pthread_mutex_lock(&fs->mutex);
  fault_file **link = &fs->files;
  while (*link != file) link = &(*link)->next;
  *link = file->next;
  sl_file_close(file->inner);
  pthread_mutex_unlock(&fs->mutex);
  free(file);
}

/* Takes the mutex and asks the rules. */
static int begin(fault_file *file, unsigned op, size_t *keep, sl_err *err) {
  pthread_mutex_lock(&file->fs->mutex);
  if (!file->inner) {
    return sl_err_set(err, SL_E_IO, SL_NO_POS, "Cannot use '%s': the handle is from before the crash", file->path);
  }
  return op ? check(file->fs, op, file->path, keep, err) : 0;
}

static int end(fault_file *file, int rc) {
  pthread_mutex_unlock(&file->fs->mutex);
  return rc;
}

static int fault_read(sl_file *base, uint64_t offset, void *data, size_t len, size_t *got, sl_err *err) {
  fault_file *file = (fault_file *)base;
  int rc = begin(file, SL_FS_OP_READ, NULL, err);
  if (!rc) rc = sl_file_read(file->inner, offset, data, len, got, err);
  return end(file, rc);
}

static int fault_write(sl_file *base, uint64_t offset, const void *data, size_t len, sl_err *err) {
  fault_file *file = (fault_file *)base;
  size_t keep = 0;
  int rc = begin(file, SL_FS_OP_WRITE, &keep, err);
  size_t part = rc ? (keep < len ? keep : len) : len;
  if (file->inner && (part || !rc)) {
    int written = sl_file_write(file->inner, offset, data, part, rc ? NULL : err);
    if (!written && file->node) fault_note_write(file->node, offset, data, part);
    if (!rc) rc = written;
  }
  return end(file, rc);
}

static int fault_sync(sl_file *base, sl_err *err) {
  fault_file *file = (fault_file *)base;
  int rc = begin(file, SL_FS_OP_SYNC, NULL, err);
  if (!rc) rc = sl_file_sync(file->inner, err);
  if (file->node && !file->fs->stopped) fault_note_sync(file->node, rc == 0);
  return end(file, rc);
}

static int fault_truncate(sl_file *base, uint64_t size, sl_err *err) {
  fault_file *file = (fault_file *)base;
  int rc = begin(file, SL_FS_OP_TRUNCATE, NULL, err);
  if (!rc) rc = sl_file_truncate(file->inner, size, err);
  if (!rc && file->node) fault_note_truncate(file->node, size);
  return end(file, rc);
}

static int fault_size(sl_file *base, uint64_t *out, sl_err *err) {
  fault_file *file = (fault_file *)base;
  int rc = begin(file, 0, NULL, err);
  if (!rc) rc = sl_file_size(file->inner, out, err);
  return end(file, rc);
}

static int fault_lock(sl_file *base, sl_err *err) {
  fault_file *file = (fault_file *)base;
  int rc = begin(file, 0, NULL, err);
  if (!rc) rc = sl_file_lock(file->inner, err);
  return end(file, rc);
}

/* ---- paths ---- */
static int fault_remove(sl_fs *base, const char *path, sl_err *err) {
  fault_fs *fs = (fault_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  int rc = check(fs, SL_FS_OP_REMOVE, path, NULL, err);
  place at = find(fs, path);
  if (!rc) rc = sl_fs_remove(fs->inner, path, err);
  if (!rc && at.node) fault_note_name(&fs->disk, at.dir, at.name, NULL, (sl_str){0}, at.node);
  pthread_mutex_unlock(&fs->mutex);
  return rc;
}

static int fault_rename(sl_fs *base, const char *from, const char *to, sl_err *err) {
  fault_fs *fs = (fault_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  int rc = check(fs, SL_FS_OP_RENAME, from, NULL, err);
  place a = find(fs, from), b = find(fs, to);
  if (!rc && !a.dir != !b.dir && sl_fs_exists(fs->inner, from)) {
    rc = sl_err_set(err, SL_E_IO, SL_NO_POS, "Cannot rename '%s' to '%s': one is outside '%s'", from, to, fs->root);
  }
  if (!rc) rc = sl_fs_rename(fs->inner, from, to, err);
  if (!rc && a.node && a.node != b.node) fault_note_name(&fs->disk, a.dir, a.name, b.dir, b.name, a.node);
  pthread_mutex_unlock(&fs->mutex);
  return rc;
}

/* Tells the model of every directory on the way that is new. */
static void note_mkdir(fault_fs *fs, const char *path) {
  fault_node *dir = fs->disk.root;
  path = below_root(fs, path);
  if (!path) return;
  for (sl_str part = next_part(&path); part.len; part = next_part(&path)) {
    fault_node *child = sl_map_find(&dir->now, part);
    if (!child) {
      child = fault_node_new(&fs->disk, true);
      fault_note_name(&fs->disk, NULL, (sl_str){0}, dir, part, child);
    }
    dir = child;
  }
}

static int fault_mkdir(sl_fs *base, const char *path, sl_err *err) {
  fault_fs *fs = (fault_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  int rc = check(fs, SL_FS_OP_MKDIR, path, NULL, err);
  if (!rc) rc = sl_fs_mkdir(fs->inner, path, err);
  if (!rc) note_mkdir(fs, path);
  pthread_mutex_unlock(&fs->mutex);
  return rc;
}

static int fault_rmdir(sl_fs *base, const char *path, sl_err *err) {
  fault_fs *fs = (fault_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  int rc = check(fs, SL_FS_OP_RMDIR, path, NULL, err);
  place at = find(fs, path);
  if (!rc && at.node == fs->disk.root)
    rc = sl_err_set(err, SL_E_IO, SL_NO_POS, "Cannot remove '%s': it is the root", path);
  if (!rc) rc = sl_fs_rmdir(fs->inner, path, err);
  if (!rc && at.node) fault_note_name(&fs->disk, at.dir, at.name, NULL, (sl_str){0}, at.node);
  pthread_mutex_unlock(&fs->mutex);
  return rc;
}

static int fault_sync_dir(sl_fs *base, const char *path, sl_err *err) {
  fault_fs *fs = (fault_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  int rc = check(fs, SL_FS_OP_SYNC_DIR, path, NULL, err);
  place at = find(fs, path);
  if (!rc) rc = sl_fs_sync_dir(fs->inner, path, err);
  bool asked = rc != SL_E_LIMIT && !fs->stopped; /* without a descriptor the disk is not asked: nothing is lost */
  if (at.node && at.node->dir && asked) fault_note_sync_dir(&fs->disk, at.node, rc == 0);
  fs->shut |= rc && asked;
  pthread_mutex_unlock(&fs->mutex);
  return rc;
}

static bool fault_exists(sl_fs *base, const char *path) {
  return sl_fs_exists(((fault_fs *)base)->inner, path);
}
static bool fault_is_dir(sl_fs *base, const char *path) {
  return sl_fs_is_dir(((fault_fs *)base)->inner, path);
}

static int fault_list(sl_fs *base, const char *path, sl_arena *arena, char ***names, size_t *count, sl_err *err) {
  fault_fs *fs = (fault_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  int rc = check(fs, SL_FS_OP_LIST, path, NULL, err);
  if (!rc) rc = sl_fs_list(fs->inner, path, arena, names, count, err);
  pthread_mutex_unlock(&fs->mutex);
  return rc;
}

static void fault_free(sl_fs *base) {
  fault_fs *fs = (fault_fs *)base;
  fault_disk_done(&fs->disk);
  pthread_mutex_destroy(&fs->mutex);
  free(fs->root);
  free(fs);
}

static const sl_fs_class FAULT = {
    .open = fault_open,
    .close = fault_close,
    .read = fault_read,
    .write = fault_write,
    .sync = fault_sync,
    .truncate = fault_truncate,
    .size = fault_size,
    .lock = fault_lock,
    .remove = fault_remove,
    .rename = fault_rename,
    .mkdir = fault_mkdir,
    .rmdir = fault_rmdir,
    .sync_dir = fault_sync_dir,
    .exists = fault_exists,
    .is_dir = fault_is_dir,
    .list = fault_list,
    .free = fault_free,
};

sl_fs *sl_fs_fault_new(sl_fs *inner, const char *root, sl_err *err) {
  fault_fs *fs = sl_heap_zalloc(sizeof *fs);
  *fs = (fault_fs){.base.cls = &FAULT, .inner = inner, .root = sl_heap_strdup(root)};
  pthread_mutex_init(&fs->mutex, NULL);
  fault_disk_init(&fs->disk);
  int rc = sl_fs_mkdir(inner, root, err);
  if (!rc) rc = fault_disk_load(&fs->disk, inner, root, err);
  if (!rc) return &fs->base;
  fault_free(&fs->base);
  return NULL;
}

bool sl_fs_fault_shut(sl_fs *base) {
  fault_fs *fs = (fault_fs *)base;
  pthread_mutex_lock(&fs->mutex);
  bool shut = fs->shut;
  pthread_mutex_unlock(&fs->mutex);
  return shut;
}

int sl_fs_fault_crash(sl_fs *base, sl_fs_crash mode, uint64_t seed, sl_err *err) {
  fault_fs *fs = (fault_fs *)base;
  int rc = 0;
  pthread_mutex_lock(&fs->mutex);
  for (fault_file *file = fs->files; file; file = file->next) {
    sl_file_close(file->inner); /* also gives up its lock */
    file->inner = NULL;
    file->node = NULL;
  }
  if (mode != SL_FS_CRASH_KILL) {
    fault_disk_crash(&fs->disk, (int)mode, seed);
    rc = fault_disk_store(&fs->disk, fs->inner, fs->root, err);
  }
  fs->stopped = fs->shut = false;
  fs->struck[0] = '\0';
  fs->rule_count = 0;
  pthread_mutex_unlock(&fs->mutex);
  return rc;
}
