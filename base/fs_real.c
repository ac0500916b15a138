/* The file system of the operating system: positioned reads and writes, fdatasync, flock. Interrupted and short calls
 * are repeated here; a full disk has its own error; messages name the path, the reason and, where there is one, the
 * next step. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/heap.h"
#include "base/str.h"
#include "base/vec.h"

enum { WRITE_MAX = 1 << 30 }; /* the kernel takes no more at once */

typedef struct real_file {
  sl_file base;
  int fd;
  char path[]; /* for messages */
} real_file;

static const sl_fs_class REAL;

static const struct {
  int number;
  const char *hint;
} HINTS[] = {
    {ENOSPC, "Free some space on that file system; what was acknowledged is kept."},
    {EDQUOT, "The disk quota of this user is used up; free some space or raise it."},
    {EFBIG, "The limit of file sizes (ulimit -f) is reached; raise it."},
    {EMFILE, "Raise the limit of open files (ulimit -n)."},
    {ENFILE, "The system is out of file handles; raise fs.file-max."},
    {EACCES, "Check the owner and permissions of the path."},
    {EPERM, "Check the owner and permissions of the path."},
    {EROFS, "The file system is mounted read-only; it may have been remounted after a disk error."},
    {EIO, "The device reported an error; check the system log and the disk."},
};

static int code_of(int number) {
  switch (number) {
  case ENOSPC:
  case EDQUOT:
  case EFBIG: return SL_E_DISK_FULL;
  case EMFILE:
  case ENFILE: return SL_E_LIMIT; /* the disk was not asked */
  default: return SL_E_IO;
  }
}

/* Reports errno for an action on a path. */
static int fail(const char *action, const char *path, sl_err *err) {
  int number = errno;
  char reason[128];
  int code = code_of(number);
  sl_err_set(err, code, SL_NO_POS, "Cannot %s '%s': %s", action, path, strerror_r(number, reason, sizeof reason));
  for (size_t i = 0; i < sizeof HINTS / sizeof *HINTS; i++) {
    if (HINTS[i].number == number) sl_err_hint(err, "%s", HINTS[i].hint);
  }
  return code;
}

static int open_fd(const char *path, int flags) {
  int fd;
  do {
    fd = open(path, flags | O_CLOEXEC, 0644);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

static int real_open(sl_fs *fs, const char *path, int flags, sl_file **out, sl_err *err) {
  (void)fs;
  int os_flags = flags & SL_FS_WRITE ? O_RDWR : O_RDONLY;
  if (flags & SL_FS_CREATE) os_flags |= O_CREAT;
  if (flags & SL_FS_EXCLUSIVE) os_flags |= O_EXCL;
  int fd = open_fd(path, os_flags);
  if (fd < 0) return fail(flags & SL_FS_CREATE ? "create" : "open", path, err);
  struct stat st;
  if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
    close(fd);
    errno = EISDIR;
    return fail("open", path, err);
  }
  size_t size = strlen(path) + 1;
  real_file *file = sl_heap_zalloc(sizeof *file + size);
  file->base.cls = &REAL;
  file->fd = fd;
  memcpy(file->path, path, size);
  *out = &file->base;
  return 0;
}

static void real_close(sl_file *base) {
  real_file *file = (real_file *)base;
  close(file->fd); /* also gives up the lock; never repeated: after EINTR the descriptor is gone */
  free(file);
}

static int real_read(sl_file *base, uint64_t offset, void *data, size_t len, size_t *got, sl_err *err) {
  real_file *file = (real_file *)base;
  size_t done = 0;
  while (done < len) {
    size_t want = len - done < WRITE_MAX ? len - done : WRITE_MAX;
    ssize_t n = pread(file->fd, (char *)data + done, want, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail("read", file->path, err);
    if (n == 0) break;
    done += (size_t)n;
  }
  *got = done;
  return 0;
}

static bool real_cached(sl_file *base, uint64_t offset) {
  char byte;
  struct iovec to = {&byte, 1};
  return preadv2(((real_file *)base)->fd, &to, 1, (off_t)offset, RWF_NOWAIT) == 1;
}

static void real_forget(sl_file *base, uint64_t offset, uint64_t len) {
  posix_fadvise(((real_file *)base)->fd, (off_t)offset, (off_t)len, POSIX_FADV_DONTNEED);
}

static int real_write(sl_file *base, uint64_t offset, const void *data, size_t len, sl_err *err) {
  real_file *file = (real_file *)base;
  for (size_t done = 0; done < len;) {
    size_t want = len - done < WRITE_MAX ? len - done : WRITE_MAX;
    ssize_t n = pwrite(file->fd, (const char *)data + done, want, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;
    if (n <= 0) return fail("write to", file->path, err);
    done += (size_t)n;
  }
  return 0;
}

static int real_sync(sl_file *base, sl_err *err) {
  real_file *file = (real_file *)base;
  int rc;
  do {
    rc = fdatasync(file->fd);
  } while (rc < 0 && errno == EINTR);
  return rc < 0 ? fail("sync", file->path, err) : 0;
}

static void real_write_back(sl_file *base, uint64_t offset, uint64_t len) {
#ifdef SYNC_FILE_RANGE_WRITE
  sync_file_range(((real_file *)base)->fd, (off64_t)offset, (off64_t)len, SYNC_FILE_RANGE_WRITE);
#else
  (void)base, (void)offset, (void)len;
#endif
}

static int real_truncate(sl_file *base, uint64_t size, sl_err *err) {
  real_file *file = (real_file *)base;
  int rc;
  do {
    rc = ftruncate(file->fd, (off_t)size);
  } while (rc < 0 && errno == EINTR);
  return rc < 0 ? fail("truncate", file->path, err) : 0;
}

static int real_size(sl_file *base, uint64_t *out, sl_err *err) {
  real_file *file = (real_file *)base;
  struct stat st;
  if (fstat(file->fd, &st) < 0) return fail("get the size of", file->path, err);
  *out = (uint64_t)st.st_size;
  return 0;
}

static int real_lock(sl_file *base, sl_err *err) {
  real_file *file = (real_file *)base;
  int rc;
  do {
    rc = flock(file->fd, LOCK_EX | LOCK_NB);
  } while (rc < 0 && errno == EINTR);
  if (rc == 0) return 0;
  if (errno != EWOULDBLOCK) return fail("lock", file->path, err);
  sl_err_set(err, SL_E_LOCKED, SL_NO_POS, "'%s' is locked by another process", file->path);
  sl_err_hint(err, "Stop the other process or use another data directory.");
  return SL_E_LOCKED;
}

static int real_remove(sl_fs *fs, const char *path, sl_err *err) {
  (void)fs;
  return unlink(path) < 0 ? fail("remove", path, err) : 0;
}

static int real_rename(sl_fs *fs, const char *from, const char *to, sl_err *err) {
  (void)fs;
  if (rename(from, to) == 0) return 0;
  int code = fail("rename", from, err);
  if (err && err->code == code) sl_err_prefix(err, "While renaming to '%s': ", to);
  return code;
}

static int real_mkdir(sl_fs *fs, const char *path, sl_err *err) {
  (void)fs;
  size_t len = strlen(path);
  char *part = sl_heap_strdup(path);
  int rc = 0;
  for (size_t i = 1; i <= len && !rc; i++) {
    if (part[i] != '/' && part[i] != 0) continue;
    part[i] = 0;
    struct stat st;
    if (mkdir(part, 0755) < 0 && !(stat(part, &st) == 0 && S_ISDIR(st.st_mode))) {
      if (stat(part, &st) == 0) errno = ENOTDIR;
      rc = fail("create the directory", part, err);
    }
    part[i] = path[i];
  }
  free(part);
  return rc;
}

static int real_rmdir(sl_fs *fs, const char *path, sl_err *err) {
  (void)fs;
  return rmdir(path) < 0 ? fail("remove the directory", path, err) : 0;
}

static int real_sync_dir(sl_fs *fs, const char *path, sl_err *err) {
  (void)fs;
  int fd = open_fd(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return fail("open the directory", path, err);
  int rc;
  do {
    rc = fsync(fd);
  } while (rc < 0 && errno == EINTR);
  if (rc < 0) rc = fail("sync the directory", path, err);
  close(fd);
  return rc;
}

static bool real_exists(sl_fs *fs, const char *path) {
  (void)fs;
  return access(path, F_OK) == 0;
}

static bool real_is_dir(sl_fs *fs, const char *path) {
  (void)fs;
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int real_list(sl_fs *fs, const char *path, sl_arena *arena, char ***names, size_t *count, sl_err *err) {
  (void)fs;
  DIR *dir = opendir(path);
  if (!dir) return fail("list the directory", path, err);
  sl_vec found;
  sl_vec_init(&found, arena);
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(dir);
    if (!entry) break;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    sl_vec_push(&found, sl_arena_dup(arena, entry->d_name, strlen(entry->d_name)));
  }
  int rc = errno ? fail("list the directory", path, err) : 0;
  closedir(dir);
  if (rc) return rc;
  if (found.len) qsort(found.items, found.len, sizeof *found.items, by_name);
  *names = (char **)found.items;
  *count = found.len;
  return 0;
}

static void real_free(sl_fs *fs) {
  (void)fs;
}

static const sl_fs_class REAL = {
    .open = real_open,
    .close = real_close,
    .read = real_read,
    .cached = real_cached,
    .forget = real_forget,
    .write = real_write,
    .sync = real_sync,
    .write_back = real_write_back,
    .truncate = real_truncate,
    .size = real_size,
    .lock = real_lock,
    .remove = real_remove,
    .rename = real_rename,
    .mkdir = real_mkdir,
    .rmdir = real_rmdir,
    .sync_dir = real_sync_dir,
    .exists = real_exists,
    .is_dir = real_is_dir,
    .list = real_list,
    .free = real_free,
};

sl_fs *sl_fs_real(void) {
  static sl_fs real = {&REAL};
  return &real;
}
