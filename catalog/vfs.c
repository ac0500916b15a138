/* An SQLite VFS over base/fs. One process owns the data directory (the log's lock file sees to that) and one connection
 * owns the database, so SQLite's own locks are no-ops here. A new file's name is made durable with the file's first
 * sync. */
#include "catalog/vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "base/heap.h"

struct sl_vfs {
  sqlite3_vfs base;
  sl_fs *fs;
  char name[40];
};

typedef struct vfs_file {
  sqlite3_file base;
  sl_file *file;
  sl_fs *fs;
  char *path;
  bool fresh; /* created by this open and its name not synced yet */
  bool delete_on_close;
} vfs_file;

static int code_of(int result, int failure) {
  if (result == 0) return SQLITE_OK;
  return result == SL_E_DISK_FULL ? SQLITE_FULL : failure;
}

static int sync_directory(sl_fs *fs, const char *path) {
  const char *slash = strrchr(path, '/');
  char *dir = slash ? sl_heap_strndup(path, (size_t)(slash - path)) : sl_heap_strdup(".");
  int result = sl_fs_sync_dir(fs, *dir ? dir : "/", NULL);
  sl_heap_free(dir);
  return result;
}

/* ---- files ---- */

static int file_close(sqlite3_file *base) {
  vfs_file *f = (vfs_file *)base;
  sl_file_close(f->file);
  if (f->delete_on_close) sl_fs_remove(f->fs, f->path, NULL);
  sl_heap_free(f->path);
  return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *data, int len, sqlite3_int64 offset) {
  size_t got = 0;
  if (sl_file_read(((vfs_file *)base)->file, (uint64_t)offset, data, (size_t)len, &got, NULL)) return SQLITE_IOERR_READ;
  if (got == (size_t)len) return SQLITE_OK;
  memset((char *)data + got, 0, (size_t)len - got); /* SQLite asks for it */
  return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 offset) {
  return code_of(sl_file_write(((vfs_file *)base)->file, (uint64_t)offset, data, (size_t)len, NULL),
                 SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
  return code_of(sl_file_truncate(((vfs_file *)base)->file, (uint64_t)size, NULL), SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *base, int flags) {
  (void)flags;
  vfs_file *f = (vfs_file *)base;
  if (sl_file_sync(f->file, NULL)) return SQLITE_IOERR_FSYNC;
  if (f->fresh && sync_directory(f->fs, f->path)) return SQLITE_IOERR_DIR_FSYNC;
  f->fresh = false;
  return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out) {
  uint64_t size = 0;
  if (sl_file_size(((vfs_file *)base)->file, &size, NULL)) return SQLITE_IOERR_FSTAT;
  *out = (sqlite3_int64)size;
  return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level) {
  (void)base;
  (void)level;
  return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *base, int *out) {
  (void)base;
  *out = 0;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *arg) {
  (void)base;
  (void)op;
  (void)arg;
  return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *base) {
  (void)base;
  return 4096;
}

static int file_traits(sqlite3_file *base) {
  (void)base;
  return 0;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
};

/* ---- the VFS ---- */

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *out, int flags, int *out_flags) {
  sl_vfs *vfs = (sl_vfs *)base;
  vfs_file *f = (vfs_file *)out;
  memset(f, 0, sizeof *f);
  if (!name) return SQLITE_CANTOPEN; /* temporary files: the connection keeps them in memory */
  bool existed = sl_fs_exists(vfs->fs, name);
  int mode = flags & SQLITE_OPEN_READONLY ? SL_FS_READ : SL_FS_WRITE | (flags & SQLITE_OPEN_CREATE ? SL_FS_CREATE : 0);
  if (sl_fs_open(vfs->fs, name, mode, &f->file, NULL)) return SQLITE_CANTOPEN;
  f->base.pMethods = &METHODS;
  f->fs = vfs->fs;
  f->path = sl_heap_strdup(name);
  f->fresh = !existed;
  f->delete_on_close = flags & SQLITE_OPEN_DELETEONCLOSE;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int sync) {
  sl_vfs *vfs = (sl_vfs *)base;
  if (!sl_fs_exists(vfs->fs, name)) return SQLITE_IOERR_DELETE_NOENT;
  if (sl_fs_remove(vfs->fs, name, NULL)) return SQLITE_IOERR_DELETE;
  return sync && sync_directory(vfs->fs, name) ? SQLITE_IOERR_DIR_FSYNC : SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *out) {
  (void)flags;
  *out = sl_fs_exists(((sl_vfs *)base)->fs, name);
  return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *base, const char *name, int size, char *out) {
  (void)base;
  return snprintf(out, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static sqlite3_vfs *system_vfs(void) {
  return sqlite3_vfs_find(NULL);
}

static int vfs_randomness(sqlite3_vfs *base, int len, char *out) {
  (void)base;
  return system_vfs()->xRandomness(system_vfs(), len, out);
}

static int vfs_sleep(sqlite3_vfs *base, int microseconds) {
  (void)base;
  return system_vfs()->xSleep(system_vfs(), microseconds);
}

static int vfs_time(sqlite3_vfs *base, double *out) {
  (void)base;
  return system_vfs()->xCurrentTime(system_vfs(), out);
}

static int vfs_error(sqlite3_vfs *base, int len, char *out) {
  (void)base;
  if (len > 0) *out = 0;
  return 0;
}

sl_vfs *sl_vfs_new(sl_fs *fs) {
  static atomic_uint counter;
  sl_vfs *vfs = sl_heap_zalloc(sizeof *vfs);
  vfs->fs = fs;
  snprintf(vfs->name, sizeof vfs->name, "sluice-%u", atomic_fetch_add(&counter, 1));
  vfs->base = (sqlite3_vfs){
      .iVersion = 1,
      .szOsFile = sizeof(vfs_file),
      .mxPathname = 4096,
      .zName = vfs->name,
      .xOpen = vfs_open,
      .xDelete = vfs_delete,
      .xAccess = vfs_access,
      .xFullPathname = vfs_full_path,
      .xRandomness = vfs_randomness,
      .xSleep = vfs_sleep,
      .xCurrentTime = vfs_time,
      .xGetLastError = vfs_error,
  };
  sqlite3_vfs_register(&vfs->base, 0);
  return vfs;
}

const char *sl_vfs_name(const sl_vfs *vfs) {
  return vfs->name;
}

void sl_vfs_free(sl_vfs *vfs) {
  if (!vfs) return;
  sqlite3_vfs_unregister(&vfs->base);
  sl_heap_free(vfs);
}
