/* The file system behind one interface: real, in memory, and a wrapper that injects faults.
 *
 * Paths use '/'. Every call returns 0 or a negative SL_E_* with err filled (path and reason named). Thread: any; a
 * file handle may be used by several threads (positions are explicit). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"

typedef struct sl_fs sl_fs;
typedef struct sl_file sl_file;

enum {
  SL_FS_READ = 1,      /* read only */
  SL_FS_WRITE = 2,     /* read and write */
  SL_FS_CREATE = 4,    /* create if missing (with SL_FS_WRITE) */
  SL_FS_EXCLUSIVE = 8, /* fail with SL_E_IO if it exists (with SL_FS_CREATE) */
};

typedef struct sl_fs_class {
  int (*open)(sl_fs *fs, const char *path, int flags, sl_file **out, sl_err *err);
  void (*close)(sl_file *file);
  /* Reads up to len bytes at offset; *got is short only at the end of the file. */
  int (*read)(sl_file *file, uint64_t offset, void *data, size_t len, size_t *got, sl_err *err);
  /* Both may be NULL, where nothing is cached: sl_file_cached, sl_file_forget. */
  bool (*cached)(sl_file *file, uint64_t offset);
  void (*forget)(sl_file *file, uint64_t offset, uint64_t len);
  int (*write)(sl_file *file, uint64_t offset, const void *data, size_t len, sl_err *err); /* all or error */
  int (*sync)(sl_file *file, sl_err *err);                                                 /* fdatasync */
  /* Has bytes that were written begin their way to the disk; returns before they are there. A hint: NULL does nothing,
   * and an error shows at the next sync. */
  void (*write_back)(sl_file *file, uint64_t offset, uint64_t len);
  int (*truncate)(sl_file *file, uint64_t size, sl_err *err);
  int (*size)(sl_file *file, uint64_t *out, sl_err *err);
  int (*lock)(sl_file *file, sl_err *err); /* exclusive, not waiting; SL_E_LOCKED when another owner holds it */
  int (*remove)(sl_fs *fs, const char *path, sl_err *err);
  int (*rename)(sl_fs *fs, const char *from, const char *to, sl_err *err); /* replaces */
  int (*mkdir)(sl_fs *fs, const char *path, sl_err *err);                  /* with parents; existing is fine */
  int (*rmdir)(sl_fs *fs, const char *path, sl_err *err);                  /* must be empty */
  int (*sync_dir)(sl_fs *fs, const char *path, sl_err *err);
  bool (*exists)(sl_fs *fs, const char *path);
  bool (*is_dir)(sl_fs *fs, const char *path); /* false when missing */
  /* Names (not paths) in a directory, sorted, in arena. */
  int (*list)(sl_fs *fs, const char *path, sl_arena *arena, char ***names, size_t *count, sl_err *err);
  void (*free)(sl_fs *fs);
} sl_fs_class;

struct sl_fs {
  const sl_fs_class *cls;
};
struct sl_file {
  const sl_fs_class *cls;
};

sl_fs *sl_fs_real(void); /* shared, never freed */
/* Files in memory, with directories, locks between handles and removal of open files as on a real one. Cheap to make
 * and to free. A handle may outlive it. */
sl_fs *sl_fs_memory_new(void);
void sl_fs_free(sl_fs *fs); /* accepts NULL and the real one */

static inline int sl_fs_open(sl_fs *fs, const char *path, int flags, sl_file **out, sl_err *err) {
  return fs->cls->open(fs, path, flags, out, err);
}
static inline int sl_fs_remove(sl_fs *fs, const char *path, sl_err *err) {
  return fs->cls->remove(fs, path, err);
}
static inline int sl_fs_rename(sl_fs *fs, const char *from, const char *to, sl_err *err) {
  return fs->cls->rename(fs, from, to, err);
}
static inline int sl_fs_mkdir(sl_fs *fs, const char *path, sl_err *err) {
  return fs->cls->mkdir(fs, path, err);
}
static inline int sl_fs_rmdir(sl_fs *fs, const char *path, sl_err *err) {
  return fs->cls->rmdir(fs, path, err);
}
static inline int sl_fs_sync_dir(sl_fs *fs, const char *path, sl_err *err) {
  return fs->cls->sync_dir(fs, path, err);
}
static inline bool sl_fs_is_dir(sl_fs *fs, const char *path) {
  return fs->cls->is_dir(fs, path);
}
static inline bool sl_fs_exists(sl_fs *fs, const char *path) {
  return fs->cls->exists(fs, path);
}
static inline int sl_fs_list(sl_fs *fs, const char *path, sl_arena *arena, char ***names, size_t *count, sl_err *err) {
  return fs->cls->list(fs, path, arena, names, count, err);
}
/* Removes a directory and everything in it; a missing one is fine. */
int sl_fs_remove_tree(sl_fs *fs, const char *path, sl_err *err);
/* The directory that holds path: "a" of "a/b", "/" of "/a", "." of "a". In arena. */
char *sl_fs_parent(sl_arena *arena, const char *path);
/* Whole file into arena, NUL added; SL_E_BAD_REQUEST if it is larger than limit. */
int sl_fs_read_all(sl_fs *fs, const char *path, size_t limit, sl_arena *arena, char **data, size_t *len, sl_err *err);
/* Writes path atomically: tmp, sync, rename, directory sync. */
int sl_fs_replace(sl_fs *fs, const char *path, const void *data, size_t len, sl_err *err);

void sl_file_close(sl_file *file); /* accepts NULL */
static inline int sl_file_read(sl_file *f, uint64_t offset, void *data, size_t len, size_t *got, sl_err *err) {
  return f->cls->read(f, offset, data, len, got, err);
}
/* Is this byte in memory, so that reading it does not wait for the disk? */
static inline bool sl_file_cached(sl_file *f, uint64_t offset) {
  return !f->cls->cached || f->cls->cached(f, offset);
}
/* Bytes that will not be read again soon: a hint that their memory may be used for something else. */
static inline void sl_file_forget(sl_file *f, uint64_t offset, uint64_t len) {
  if (f->cls->forget) f->cls->forget(f, offset, len);
}
static inline int sl_file_write(sl_file *f, uint64_t offset, const void *data, size_t len, sl_err *err) {
  return f->cls->write(f, offset, data, len, err);
}
static inline int sl_file_sync(sl_file *f, sl_err *err) {
  return f->cls->sync(f, err);
}
static inline void sl_file_write_back(sl_file *f, uint64_t offset, uint64_t len) {
  if (f->cls->write_back) f->cls->write_back(f, offset, len);
}
static inline int sl_file_truncate(sl_file *f, uint64_t size, sl_err *err) {
  return f->cls->truncate(f, size, err);
}
static inline int sl_file_size(sl_file *f, uint64_t *out, sl_err *err) {
  return f->cls->size(f, out, err);
}
static inline int sl_file_lock(sl_file *f, sl_err *err) {
  return f->cls->lock(f, err);
}
