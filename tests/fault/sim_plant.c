/* Faults planted between the engine and the disk, to show that the simulation finds them: a file system that passes
 * everything on, but lies about syncs or holds writes back. Faults of the engine itself are planted in sim_history.c.
 */
#include <string.h>
#include "tests/fault/sim.h"

/* A write that is held back until the next decision is on its way. */
typedef struct held {
  struct plant_file *file;
  uint64_t offset;
  size_t len;
  uint8_t bytes[];
} held;

typedef struct plant_fs {
  sl_fs base;
  sl_fs *inner;
  sim_plant plant;
  sl_vec held;
} plant_fs;

typedef struct plant_file {
  sl_file base;
  sl_file *inner;
  plant_fs *fs;
  bool data; /* a segment of a partition */
  bool decisions;
  bool cut; /* since its last sync */
} plant_file;

static const sl_fs_class PLANT;

static plant_file *file_of(sl_file *file) {
  return (plant_file *)file;
}
static sl_fs *inner_of(sl_fs *fs) {
  return ((plant_fs *)fs)->inner;
}

/* Lets go of what is held back for a file (NULL: for all). */
static int let_go(plant_fs *fs, const plant_file *file, sl_err *err) {
  int rc = 0;
  size_t kept = 0;
  for (size_t i = 0; i < fs->held.len; i++) {
    held *h = sl_vec_at(&fs->held, i);
    if (file && h->file != file) {
      fs->held.items[kept++] = h;
      continue;
    }
    int failed = sl_file_write(h->file->inner, h->offset, h->bytes, h->len, rc ? NULL : err);
    if (!rc) rc = failed;
    sl_heap_free(h);
  }
  fs->held.len = kept;
  return rc;
}

/* ---- files ---- */

static int plant_open(sl_fs *base, const char *path, int flags, sl_file **out, sl_err *err) {
  plant_fs *fs = (plant_fs *)base;
  sl_file *inner;
  int rc = sl_fs_open(fs->inner, path, flags, &inner, err);
  if (rc) return rc;
  plant_file *file = sl_heap_zalloc(sizeof *file);
  size_t len = strlen(path);
  bool log = len > 4 && !strcmp(path + len - 4, ".log");
  *file = (plant_file){.base.cls = &PLANT, .inner = inner, .fs = fs};
  file->decisions = strstr(path, "sluice-decisions") != NULL;
  file->data = log && !file->decisions;
  *out = &file->base;
  return 0;
}

static void plant_close(sl_file *base) {
  plant_file *file = file_of(base);
  let_go(file->fs, file, NULL);
  sl_file_close(file->inner);
  sl_heap_free(file);
}

static int plant_read(sl_file *base, uint64_t offset, void *data, size_t len, size_t *got, sl_err *err) {
  int rc = let_go(file_of(base)->fs, file_of(base), err);
  return rc ? rc : sl_file_read(file_of(base)->inner, offset, data, len, got, err);
}

static int plant_write(sl_file *base, uint64_t offset, const void *data, size_t len, sl_err *err) {
  plant_file *file = file_of(base);
  if (file->fs->plant == SIM_PLANT_DECISION_FIRST && file->data) {
    held *h = sl_heap_zalloc(sizeof *h + len);
    *h = (held){.file = file, .offset = offset, .len = len};
    memcpy(h->bytes, data, len);
    sl_vec_push(&file->fs->held, h);
    return 0;
  }
  int rc = sl_file_write(file->inner, offset, data, len, err);
  if (!rc && file->decisions) let_go(file->fs, NULL, NULL);
  return rc;
}

static int plant_sync(sl_file *base, sl_err *err) {
  plant_file *file = file_of(base);
  let_go(file->fs, file, NULL);
  bool skipped = (file->fs->plant == SIM_PLANT_DATA_NOT_SYNCED && file->data) ||
                 (file->fs->plant == SIM_PLANT_CUT_NOT_SYNCED && file->data && file->cut);
  file->cut = false;
  return skipped ? 0 : sl_file_sync(file->inner, err);
}

static int plant_truncate(sl_file *base, uint64_t size, sl_err *err) {
  plant_file *file = file_of(base);
  let_go(file->fs, file, NULL);
  uint64_t now = 0;
  if (!sl_file_size(file->inner, &now, NULL) && size && size < now) file->cut = true;
  return sl_file_truncate(file->inner, size, err);
}

static int plant_size(sl_file *base, uint64_t *out, sl_err *err) {
  let_go(file_of(base)->fs, file_of(base), NULL);
  return sl_file_size(file_of(base)->inner, out, err);
}

static int plant_lock(sl_file *base, sl_err *err) {
  return sl_file_lock(file_of(base)->inner, err);
}

/* ---- names ---- */

static int plant_remove(sl_fs *fs, const char *path, sl_err *err) {
  return sl_fs_remove(inner_of(fs), path, err);
}
static int plant_rename(sl_fs *fs, const char *from, const char *to, sl_err *err) {
  return sl_fs_rename(inner_of(fs), from, to, err);
}
static int plant_mkdir(sl_fs *fs, const char *path, sl_err *err) {
  return sl_fs_mkdir(inner_of(fs), path, err);
}
static int plant_rmdir(sl_fs *fs, const char *path, sl_err *err) {
  return sl_fs_rmdir(inner_of(fs), path, err);
}
static int plant_sync_dir(sl_fs *fs, const char *path, sl_err *err) {
  return ((plant_fs *)fs)->plant == SIM_PLANT_NO_DIR_SYNC ? 0 : sl_fs_sync_dir(inner_of(fs), path, err);
}
static bool plant_exists(sl_fs *fs, const char *path) {
  return sl_fs_exists(inner_of(fs), path);
}
static bool plant_is_dir(sl_fs *fs, const char *path) {
  return sl_fs_is_dir(inner_of(fs), path);
}
static int plant_list(sl_fs *fs, const char *path, sl_arena *arena, char ***names, size_t *count, sl_err *err) {
  return sl_fs_list(inner_of(fs), path, arena, names, count, err);
}

static void plant_free(sl_fs *fs) {
  sl_vec_done(&((plant_fs *)fs)->held);
  sl_heap_free(fs);
}

static const sl_fs_class PLANT = {
    .open = plant_open,
    .close = plant_close,
    .read = plant_read,
    .write = plant_write,
    .sync = plant_sync,
    .truncate = plant_truncate,
    .size = plant_size,
    .lock = plant_lock,
    .remove = plant_remove,
    .rename = plant_rename,
    .mkdir = plant_mkdir,
    .rmdir = plant_rmdir,
    .sync_dir = plant_sync_dir,
    .exists = plant_exists,
    .is_dir = plant_is_dir,
    .list = plant_list,
    .free = plant_free,
};

sl_fs *sim_plant_fs(sim *s) {
  if (s->plant == SIM_PLANT_NONE) return s->fault;
  plant_fs *fs = sl_heap_zalloc(sizeof *fs);
  *fs = (plant_fs){.base.cls = &PLANT, .inner = s->fault, .plant = s->plant};
  return &fs->base;
}
