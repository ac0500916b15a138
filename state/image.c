/* Image files: a header and blocks, each at a multiple of 4 KiB, padded with zeros. Integers are in the machine's byte
 * order; a file of another one is refused.
 *
 * Header:
 *   offset  size  meaning
 *   0       8     "slimage" and a zero
 *   8       4     byte order, 0x01020304
 *   12      4     version, 1
 *   16      16    id of the changelog's topic
 *   32      4     its partition
 *   36      4     0
 *   40      8     contract
 *   48      8     start
 *   56      8     end
 *   64      8     rows
 *   72      8     bytes of the file
 *   80      8     blocks
 *   88      8     XXH3 of the 88 bytes before
 * Block:
 *   0       8     XXH3 of everything behind it up to the padding
 *   8       8     number of the block, from 0
 *   16      8     bytes of the rows
 *   24      8     rows
 *   32      ...   rows (store_rows.c)
 * The header is written last, so a file without a valid one was never finished. */
#include "state/image.h"
#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include "base/heap.h"

enum {
  VERSION = 1,
  ORDER = 0x01020304,
  ALIGN = 4096,
  HEADER = 96,
  BLOCK_HEADER = 32,
  ROW_LEAST = 16,                         /* bytes of a row */
  BLOCK_BYTES = 1 << 20,                  /* read at once */
  BLOCK_GOAL = BLOCK_BYTES - (128 << 10), /* a block of at least so much is written: rows come in handfuls */
  SYNC_BYTES = 32 << 20,                  /* written between syncs, so that none takes long */
  BEHIND_BYTES = 8 << 20,                 /* read, before they are forgotten */
};

static const char MAGIC[8] = "slimage";

static uint64_t align_up(uint64_t n) {
  return (n + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
}

/* ---- names ---- */

static const char SUFFIX[] = ".image", TEMPORARY[] = ".image.tmp";

char *sl_image_path(sl_arena *arena, const char *dir, const sl_topic_id *topic, int32_t partition) {
  char id[23];
  sl_topic_id_print(id, topic);
  return sl_arena_printf(arena, "%s/%s-%d%s", dir, id, partition, SUFFIX);
}

bool sl_image_name_parse(const char *name, sl_topic_id *topic, int32_t *partition) {
  size_t len = strlen(name);
  char rest[8];
  int number, used = 0;
  if (len < 24 || !sl_topic_id_parse(sl_str_n(name, 22), topic)) return false;
  if (sscanf(name + 22, "-%d%7s%n", &number, rest, &used) != 2 || name[22 + used] || strcmp(rest, SUFFIX)) return false;
  *partition = number;
  return number >= 0;
}

/* ---- contract ---- */

uint64_t sl_image_contract(const sl_store *store, uint64_t owner) {
  const sl_store_options *o = sl_store_get_options(store);
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  sl_buf text = {0};
  sl_buf_printf(&text, "%d %lld %lld %llu\n", o->shape, (long long)o->window_size, (long long)o->retention,
                (unsigned long long)owner);
  for (int i = 0; i < o->count; i++) sl_buf_printf(&text, "%s\n", sl_type_text(&scratch, o->types[i]));
  uint64_t contract = XXH3_64bits(text.data, text.len);
  sl_buf_done(&text);
  sl_arena_done(&scratch);
  return contract;
}

/* ---- writing ---- */

struct sl_image_writer {
  sl_fs *fs;
  char *dir, *path, *temporary;
  sl_file *file;
  sl_store_export *rows;
  sl_image_info info;
  sl_buf block; /* the block being collected, its header included */
  uint32_t block_rows;
  uint64_t blocks, at, synced;
  bool published;
};

int sl_image_begin(sl_fs *fs, const char *dir, const sl_image_id *id, sl_store *store, int64_t start,
                   sl_image_writer **out, sl_err *err) {
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  sl_image_writer *w = sl_heap_zalloc(sizeof *w);
  w->fs = fs;
  w->dir = sl_heap_strdup(dir);
  w->path = sl_heap_strdup(sl_image_path(&scratch, dir, &id->topic, id->partition));
  w->temporary =
      sl_heap_strdup(sl_arena_printf(&scratch, "%.*s%s", (int)(strlen(w->path) - strlen(SUFFIX)), w->path, TEMPORARY));
  sl_arena_done(&scratch);
  w->info = (sl_image_info){.id = *id, .start = start};
  w->at = ALIGN;
  int rc = sl_fs_open(fs, w->temporary, SL_FS_WRITE | SL_FS_CREATE, &w->file, err);
  if (!rc) rc = sl_file_truncate(w->file, 0, err);
  if (rc) {
    sl_image_writer_free(w);
    return rc;
  }
  w->rows = sl_store_export_new(store);
  *out = w;
  return 0;
}

void sl_image_collect(sl_image_writer *w, size_t bytes, bool *more) {
  if (!w->block.len) {
    memset(sl_buf_reserve(&w->block, BLOCK_BYTES), 0, BLOCK_HEADER);
    w->block.len = BLOCK_HEADER;
    w->block_rows = 0;
  }
  size_t max = w->block.len + bytes;
  *more = sl_store_export_next(w->rows, max < BLOCK_GOAL ? max : BLOCK_GOAL, &w->block, &w->block_rows);
}

/* Ends the block and writes it. */
static int write_block(sl_image_writer *w, sl_err *err) {
  uint64_t payload = w->block.len - BLOCK_HEADER, rows = w->block_rows;
  memcpy(w->block.data + 8, &w->blocks, 8);
  memcpy(w->block.data + 16, &payload, 8);
  memcpy(w->block.data + 24, &rows, 8);
  uint64_t sum = XXH3_64bits(w->block.data + 8, w->block.len - 8);
  memcpy(w->block.data, &sum, 8);
  size_t size = (size_t)align_up(w->block.len), pad = size - w->block.len;
  memset(sl_buf_reserve(&w->block, pad), 0, pad);
  int rc = sl_file_write(w->file, w->at, w->block.data, size, err);
  if (rc) return rc;
  w->at += size;
  w->blocks++;
  w->info.rows += rows;
  sl_buf_reset(&w->block);
  if (w->at - w->synced < SYNC_BYTES) return 0;
  w->synced = w->at;
  return sl_file_sync(w->file, err);
}

int sl_image_write(sl_image_writer *w, sl_err *err) {
  return w->block.len >= BLOCK_GOAL ? write_block(w, err) : 0;
}

static void put_header(const sl_image_writer *w, uint8_t *p) {
  const sl_image_info *info = &w->info;
  uint32_t order = ORDER, version = VERSION;
  memcpy(p, MAGIC, 8);
  memcpy(p + 8, &order, 4);
  memcpy(p + 12, &version, 4);
  memcpy(p + 16, info->id.topic.bytes, 16);
  memcpy(p + 32, &info->id.partition, 4);
  memcpy(p + 40, &info->id.contract, 8);
  memcpy(p + 48, &info->start, 8);
  memcpy(p + 56, &info->end, 8);
  memcpy(p + 64, &info->rows, 8);
  memcpy(p + 72, &info->bytes, 8);
  memcpy(p + 80, &w->blocks, 8);
  uint64_t sum = XXH3_64bits(p, HEADER - 8);
  memcpy(p + HEADER - 8, &sum, 8);
}

int sl_image_finish(sl_image_writer *w, int64_t end, sl_image_info *out, sl_err *err) {
  int rc = w->block.len > BLOCK_HEADER ? write_block(w, err) : 0;
  w->info.end = end;
  w->info.bytes = w->at;
  uint8_t *header = sl_heap_zalloc(ALIGN);
  put_header(w, header);
  if (!rc) rc = sl_file_write(w->file, 0, header, ALIGN, err);
  sl_heap_free(header);
  if (!rc) rc = sl_file_sync(w->file, err);
  if (!rc) rc = sl_fs_rename(w->fs, w->temporary, w->path, err);
  if (rc) return rc;
  w->published = true;
  *out = w->info;
  return sl_fs_sync_dir(w->fs, w->dir, err);
}

bool sl_image_published(const sl_image_writer *w) {
  return w && w->published;
}

void sl_image_writer_free(sl_image_writer *w) {
  if (!w) return;
  sl_file_close(w->file);
  if (w->file && !w->published) {
    sl_err ignored = {0};
    sl_fs_remove(w->fs, w->temporary, &ignored); /* a start removes what is left */
    sl_err_done(&ignored);
  }
  sl_store_export_free(w->rows);
  sl_buf_done(&w->block);
  sl_heap_free(w->dir);
  sl_heap_free(w->path);
  sl_heap_free(w->temporary);
  sl_heap_free(w);
}

/* ---- reading ---- */

struct sl_image {
  sl_file *file;
  char *path;
  sl_image_info info;
  uint64_t blocks, block, at, loaded;
  bool cold;          /* it was not in the page cache */
  uint64_t forgotten; /* below here it is gone from there again */
  uint8_t *data;      /* of a block */
  size_t cap;
};

static int damaged(const sl_image *image, const char *what, sl_err *err) {
  return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "%s: %s", image->path, what);
}

static int read_exactly(sl_image *image, uint64_t at, void *data, size_t len, sl_err *err) {
  size_t got;
  int rc = sl_file_read(image->file, at, data, len, &got, err);
  return rc || got == len ? rc : damaged(image, "the file ends too early", err);
}

static int read_header(sl_image *image, sl_err *err) {
  uint8_t p[HEADER];
  sl_image_info *info = &image->info;
  uint32_t order, version;
  uint64_t sum, size;
  int rc = read_exactly(image, 0, p, HEADER, err);
  if (rc) return rc;
  memcpy(&order, p + 8, 4);
  memcpy(&version, p + 12, 4);
  memcpy(&sum, p + HEADER - 8, 8);
  if (memcmp(p, MAGIC, 8)) return damaged(image, "not a state image", err);
  if (order != ORDER || version != VERSION)
    return sl_err_set(err, SL_E_VERSION, SL_NO_POS, "%s: an image of another version or machine", image->path);
  if (sum != XXH3_64bits(p, HEADER - 8)) return damaged(image, "its header fails its checksum", err);
  memcpy(info->id.topic.bytes, p + 16, 16);
  memcpy(&info->id.partition, p + 32, 4);
  memcpy(&info->id.contract, p + 40, 8);
  memcpy(&info->start, p + 48, 8);
  memcpy(&info->end, p + 56, 8);
  memcpy(&info->rows, p + 64, 8);
  memcpy(&info->bytes, p + 72, 8);
  memcpy(&image->blocks, p + 80, 8);
  rc = sl_file_size(image->file, &size, err);
  if (!rc && size != info->bytes) rc = damaged(image, "the file has another size than its header says", err);
  if (!rc && size % ALIGN) rc = damaged(image, "its size is no multiple of 4 KiB", err);
  if (!rc && (info->start < 0 || info->end < info->start)) rc = damaged(image, "its offsets make no sense", err);
  if (!rc && (info->rows > size / ROW_LEAST || image->blocks > size / ALIGN || !info->rows != !image->blocks))
    rc = damaged(image, "it cannot hold so many rows and blocks", err);
  return rc;
}

int sl_image_open(sl_fs *fs, const char *path, sl_image **out, sl_err *err) {
  sl_image *image = sl_heap_zalloc(sizeof *image);
  image->path = sl_heap_strdup(path);
  image->at = ALIGN;
  int rc = sl_fs_open(fs, path, SL_FS_READ, &image->file, err);
  if (!rc) rc = read_header(image, err);
  if (rc)
    sl_image_close(image);
  else
    *out = image;
  return rc;
}

const sl_image_info *sl_image_get_info(const sl_image *image) {
  return &image->info;
}

bool sl_image_is_of(const sl_image *image, const sl_image_id *id) {
  const sl_image_id *own = &image->info.id;
  return sl_topic_id_equal(&own->topic, &id->topic) && own->partition == id->partition && own->contract == id->contract;
}

uint64_t sl_image_loaded(const sl_image *image) {
  return image->loaded;
}

static void reserve(sl_image *image, size_t len) {
  if (len <= image->cap) return;
  image->cap = len;
  image->data = sl_heap_realloc(image->data, len);
}

/* What comes from the disk is read once. Its memory serves for what comes next: fresh memory costs more than reading
 * does, above all in a virtual machine. An image that is in memory anyway stays there for the next start. */
static void forget_behind(sl_image *image) {
  if (!image->cold || image->at < image->forgotten + 2 * BEHIND_BYTES) return;
  uint64_t to = image->at - BEHIND_BYTES;
  sl_file_forget(image->file, image->forgotten, to - image->forgotten);
  image->forgotten = to;
}

/* Reads the block at hand: mostly in one go, the rest of a larger one in a second. */
static int read_block(sl_image *image, uint64_t *payload, uint64_t *rows, sl_err *err) {
  uint64_t left = image->info.bytes - image->at, number, sum;
  size_t first = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
  if (first < BLOCK_HEADER) return damaged(image, "a block is missing", err);
  reserve(image, BLOCK_BYTES);
  if (!image->block) image->cold = !sl_file_cached(image->file, image->info.bytes / 2);
  int rc = read_exactly(image, image->at, image->data, first, err);
  if (rc) return rc;
  memcpy(&sum, image->data, 8);
  memcpy(&number, image->data + 8, 8);
  memcpy(payload, image->data + 16, 8);
  memcpy(rows, image->data + 24, 8);
  if (number != image->block || *payload > left - BLOCK_HEADER)
    return damaged(image, "a block is not the one expected", err);
  size_t len = BLOCK_HEADER + (size_t)*payload;
  if (len > first) {
    reserve(image, len);
    rc = read_exactly(image, image->at + first, image->data + first, len - first, err);
    if (rc) return rc;
  }
  if (sum != XXH3_64bits(image->data + 8, len - 8)) return damaged(image, "a block fails its checksum", err);
  image->at += align_up(len);
  image->block++;
  forget_behind(image);
  return 0;
}

/* Reads the next block and counts its rows; *more is false behind the last one. */
static int next_block(sl_image *image, uint64_t *payload, bool *more, sl_err *err) {
  uint64_t rows = 0;
  int rc = read_block(image, payload, &rows, err);
  if (rc) return rc;
  image->loaded += rows;
  *more = image->block < image->blocks;
  return *more || image->loaded == image->info.rows ? 0 : damaged(image, "rows are missing", err);
}

int sl_image_load(sl_image *image, sl_store *store, bool *more, sl_err *err) {
  uint64_t payload = 0;
  *more = image->block < image->blocks;
  if (!*more) return 0;
  if (!image->block) sl_store_reserve(store, (size_t)image->info.rows);
  int rc = next_block(image, &payload, more, err);
  return rc ? rc : sl_store_import(store, image->data + BLOCK_HEADER, (size_t)payload, err);
}

int sl_image_check(sl_image *image, sl_err *err) {
  uint64_t payload;
  bool more = image->blocks > 0;
  int rc = 0;
  while (!rc && more) rc = next_block(image, &payload, &more, err);
  return rc;
}

void sl_image_rewind(sl_image *image) {
  image->block = image->loaded = image->forgotten = 0;
  image->at = ALIGN;
}

void sl_image_close(sl_image *image) {
  if (!image) return;
  sl_file_close(image->file);
  sl_heap_free(image->data);
  sl_heap_free(image->path);
  sl_heap_free(image);
}
