/* What can be said in terms of the file system interface alone. */
#include "base/fs.h"
#include <string.h>
#include "base/str.h"

void sl_fs_free(sl_fs *fs) {
  if (fs) fs->cls->free(fs);
}

void sl_file_close(sl_file *file) {
  if (file) file->cls->close(file);
}

char *sl_fs_parent(sl_arena *arena, const char *path) {
  size_t len = strlen(path);
  while (len > 1 && path[len - 1] == '/') len--;
  while (len && path[len - 1] != '/') len--;
  while (len > 1 && path[len - 1] == '/') len--;
  return len ? sl_arena_dup(arena, path, len) : sl_arena_dup(arena, ".", 1);
}

static int remove_tree(sl_fs *fs, const char *path, sl_arena *arena, sl_err *err) {
  char **names;
  size_t count;
  int rc = sl_fs_list(fs, path, arena, &names, &count, err);
  for (size_t i = 0; i < count && !rc; i++) {
    const char *child = sl_arena_printf(arena, "%s/%s", path, names[i]);
    rc = sl_fs_is_dir(fs, child) ? remove_tree(fs, child, arena, err) : sl_fs_remove(fs, child, err);
  }
  return rc ? rc : sl_fs_rmdir(fs, path, err);
}

int sl_fs_remove_tree(sl_fs *fs, const char *path, sl_err *err) {
  if (!sl_fs_exists(fs, path)) return 0;
  if (!sl_fs_is_dir(fs, path)) return sl_fs_remove(fs, path, err);
  sl_arena arena;
  sl_arena_init(&arena, 0);
  int rc = remove_tree(fs, path, &arena, err);
  sl_arena_done(&arena);
  return rc;
}

int sl_fs_read_all(sl_fs *fs, const char *path, size_t limit, sl_arena *arena, char **data, size_t *len, sl_err *err) {
  sl_file *file;
  uint64_t size;
  size_t got = 0;
  int rc = sl_fs_open(fs, path, SL_FS_READ, &file, err);
  if (rc) return rc;
  rc = sl_file_size(file, &size, err);
  if (!rc && size > limit) {
    rc = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "'%s' is too large: %llu bytes, at most %zu are read", path,
                    (unsigned long long)size, limit);
  }
  if (!rc) {
    char *text = sl_arena_alloc(arena, (size_t)size + 1);
    rc = sl_file_read(file, 0, text, (size_t)size, &got, err);
    if (!rc) {
      text[got] = 0;
      *data = text;
      *len = got;
    }
  }
  sl_file_close(file);
  return rc;
}

int sl_fs_replace(sl_fs *fs, const char *path, const void *data, size_t len, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  const char *tmp = sl_arena_printf(&arena, "%s.tmp", path);
  sl_file *file = NULL;
  int rc = sl_fs_open(fs, tmp, SL_FS_WRITE | SL_FS_CREATE, &file, err);
  if (!rc) {
    rc = sl_file_truncate(file, 0, err); /* an earlier attempt may have left one */
    if (!rc && len) rc = sl_file_write(file, 0, data, len, err);
    if (!rc) rc = sl_file_sync(file, err);
    sl_file_close(file);
    if (!rc) rc = sl_fs_rename(fs, tmp, path, err);
    if (rc) sl_fs_remove(fs, tmp, NULL);
  }
  if (!rc) rc = sl_fs_sync_dir(fs, sl_fs_parent(&arena, path), err);
  sl_arena_done(&arena);
  return rc;
}
