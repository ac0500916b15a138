/* libFuzzer target: bytes as a state image. Whatever they are: opening and loading fail with an error or work, take
 * memory in proportion to the file, and leave a store that can be read, changed and written to an image again, which
 * holds the same.
 *
 * Input: the low bits of byte 0 are the store's shape, its high bit says that the rest is the file as it stands. Else
 * the rest is a header and blocks without the padding between them, and what a decoder would stop at is made right:
 * magic, version, size, numbers and lengths of blocks, checksums. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/buf.h"
#include "state/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ALIGN = 4096, HEADER = 96, BLOCK_HEADER = 32, AS_IT_STANDS = 0x80, PER_BYTE = 64, SOME = 4 << 20 };

static const sl_type ARRAY = {.base = SL_ARRAY, .element = &SL_TYPE_STRING};
static const sl_type NESTED = {.base = SL_ARRAY, .element = &ARRAY};
static const sl_type MAP = {.base = SL_MAP, .key = &SL_TYPE_STRING, .element = &SL_TYPE_DOUBLE};
static const sl_type DECIMAL = {.base = SL_DECIMAL, .precision = 40, .scale = 3};
static const sl_field FIELDS[] = {{{"B", 1}, &SL_TYPE_BOOLEAN}, {{"M", 1}, &MAP}};
static const sl_type STRUCT = {.base = SL_STRUCT, .fields = FIELDS, .field_count = 2};
static const sl_type *const TYPES[] = {&SL_TYPE_BIGINT, &SL_TYPE_STRING, &NESTED, &DECIMAL, &STRUCT, &SL_TYPE_INTEGER};
enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

static const sl_image_id ID = {.topic = {{1, 2, 3}}, .partition = 4, .contract = 5};

static void need(bool ok) {
  if (!ok) abort();
}

/* ---- the file ---- */

static void put(uint8_t *p, uint64_t v, size_t len) {
  memcpy(p, &v, len);
}

static void seal_header(uint8_t *p, uint64_t bytes) {
  memcpy(p, "slimage", 8);
  put(p + 8, 0x01020304, 4);
  put(p + 12, 1, 4);
  put(p + 72, bytes, 8);
  put(p + HEADER - 8, XXH3_64bits(p, HEADER - 8), 8);
}

static void pad(sl_buf *file) {
  size_t rest = -file->len % ALIGN;
  memset(sl_buf_reserve(file, rest), 0, rest);
  file->len += rest;
}

static void make_file(const uint8_t *data, size_t size, sl_buf *file) {
  uint64_t number = 0, payload;
  size_t at = size < HEADER ? size : HEADER;
  memset(sl_buf_reserve(file, HEADER), 0, HEADER);
  memcpy(file->data, data, at);
  file->len = HEADER;
  for (pad(file); size - at >= BLOCK_HEADER; number++) {
    memcpy(&payload, data + at + 16, 8);
    if (payload > size - at - BLOCK_HEADER) payload = size - at - BLOCK_HEADER;
    uint8_t *p = sl_buf_reserve(file, BLOCK_HEADER + payload);
    memcpy(p, data + at, BLOCK_HEADER + payload);
    put(p + 8, number, 8);
    put(p + 16, payload, 8);
    put(p, XXH3_64bits(p + 8, BLOCK_HEADER - 8 + payload), 8);
    file->len += BLOCK_HEADER + payload;
    at += BLOCK_HEADER + payload;
    pad(file);
  }
  seal_header(file->data, file->len);
}

static void write_file(sl_fs *fs, const void *data, size_t len) {
  sl_arena arena;
  sl_file *file;
  sl_arena_init(&arena, 0);
  need(!sl_fs_open(fs, sl_image_path(&arena, "/s", &ID.topic, ID.partition), SL_FS_WRITE | SL_FS_CREATE, &file, NULL));
  if (len) need(!sl_file_write(file, 0, data, len, NULL));
  sl_file_close(file);
  sl_arena_done(&arena);
}

/* ---- stores ---- */

static sl_store *store_new(sl_state_shape shape) {
  return sl_store_new(&(sl_store_options){
      .name = "fuzzed", .shape = shape, .types = TYPES, .count = TYPE_COUNT, .window_size = 10, .retention = 2000});
}

static bool load(sl_fs *fs, sl_store *store, size_t len) {
  sl_arena arena;
  sl_image *image = NULL;
  sl_err err = {0};
  bool more = true;
  sl_arena_init(&arena, 0);
  int rc = sl_image_open(fs, sl_image_path(&arena, "/s", &ID.topic, ID.partition), &image, &err);
  while (!rc && more) {
    rc = sl_image_load(image, store, &more, &err);
    need(sl_store_bytes(store) <= PER_BYTE * len + SOME);
  }
  need(!rc || err.message);
  sl_err_done(&err);
  sl_image_close(image);
  sl_arena_done(&arena);
  return !rc;
}

static void write_image(sl_fs *fs, sl_store *store) {
  sl_image_writer *w;
  sl_image_info info;
  bool more = true;
  need(!sl_image_begin(fs, "/s", &ID, store, 0, &w, NULL));
  while (more) {
    sl_image_collect(w, 1000, &more);
    need(!sl_image_write(w, NULL));
  }
  need(!sl_image_finish(w, 0, &info, NULL));
  sl_image_writer_free(w);
}

/* ---- rows ---- */

static void take_row(sl_store_key key, const sl_store_row *row) {
  uint64_t sum = XXH3_64bits(key.bytes.ptr, key.bytes.len) + XXH3_64bits(key.rest.ptr, key.rest.len);
  for (int i = 0; i < TYPE_COUNT; i++) sum += sl_value_hash_deep(TYPES[i], &row->values[i]);
  volatile uint64_t used = sum;
  (void)used;
}

static void take_entry(const sl_store *store, const sl_entry *e, sl_arena *arena) {
  sl_store_row row;
  if (sl_store_read(store, e, arena, &row)) take_row(sl_store_entry_key(store, e), &row);
}

static void scan(sl_store *store, sl_arena *arena) {
  sl_store_key key;
  sl_store_row row;
  sl_store_cursor *cursor = sl_store_cursor_open(store, NULL, NULL);
  sl_store_cursor_sort(cursor);
  while (sl_store_cursor_next(cursor, arena, &key, &row)) take_row(key, &row);
  sl_store_cursor_close(cursor);
}

static void ranges(sl_store *store, sl_str key, sl_arena *arena) {
  sl_entry **found;
  size_t count;
  sl_store_key_range(store, key, INT64_MIN, INT64_MAX, arena, &found, &count);
  for (size_t i = 0; i < count; i++) take_entry(store, found[i], arena);
  sl_store_time_range(store, INT64_MIN, INT64_MAX, arena, &found, &count);
  for (size_t i = 0; i < count; i++) take_entry(store, found[i], arena);
}

/* Reads all that can be listed, and of the rest what keys of the corpus lead to. Memory goes by what is there. */
static void read_all(sl_store *store, size_t len) {
  static const char *const KEYS[] = {"", "a", "key"};
  sl_state_shape shape = sl_store_get_options(store)->shape;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  if (shape == SL_STATE_PENDING)
    for (sl_entry *e = NULL; (e = sl_store_next(store, e));) take_entry(store, e, &arena);
  bool listed = shape != SL_STATE_PENDING && shape != SL_STATE_BUFFER && shape != SL_STATE_PREFIX;
  if (listed) scan(store, &arena);
  for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
    sl_str key = sl_str_of(KEYS[i]);
    if (shape == SL_STATE_WINDOW || shape == SL_STATE_SESSION) ranges(store, key, &arena);
    if (shape == SL_STATE_PREFIX)
      for (sl_entry *e = sl_store_prefix_first(store, key); e; e = sl_store_prefix_next(e))
        take_entry(store, e, &arena);
    if (shape == SL_STATE_BUFFER) {
      sl_store_walk walk = sl_store_walk_of(store, key, INT64_MIN, INT64_MAX);
      for (sl_entry *e; (e = sl_store_walk_next(&walk));) take_entry(store, e, &arena);
    }
  }
  need(sl_arena_size(&arena) <= PER_BYTE * len + SOME);
  sl_arena_done(&arena);
}

/* Of all rows in whatever order: every row is a whole number of words. */
static uint64_t digest(sl_store *store) {
  sl_store_export *x = sl_store_export_new(store);
  sl_buf out = {0};
  uint32_t rows = 0;
  uint64_t word;
  bool more = true;
  while (more) more = sl_store_export_next(x, out.len + 1000, &out, &rows);
  uint64_t sum = rows * 31 + out.len;
  for (size_t at = 0; at < out.len; at += 8) {
    memcpy(&word, out.data + at, 8);
    sum += XXH3_64bits(&word, 8);
  }
  sl_store_export_free(x);
  sl_buf_done(&out);
  return sum;
}

static void change(sl_store *store, sl_str bytes, int64_t time) {
  sl_state_shape shape = sl_store_get_options(store)->shape;
  sl_value values[TYPE_COUNT] = {[1] = sl_of_str(bytes)};
  sl_store_key key = {.bytes = bytes, .start = time, .end = time};
  sl_entry *e;
  if (shape == SL_STATE_BUFFER || shape == SL_STATE_PENDING) {
    sl_store_add(store, bytes, time, time & 1, values, NULL);
    if (shape == SL_STATE_PENDING) sl_store_remove_key(store, bytes, time, time & 1);
    return;
  }
  need(!sl_store_locate(store, &key, 1, &e, NULL));
  need(!sl_store_write(store, e, time & 1 ? values : NULL, time, NULL, NULL));
}

static void use(sl_store *store, size_t len) {
  read_all(store, len);
  change(store, sl_str_of("a"), 7);
  change(store, sl_str_of("key"), 10);
  sl_store_rollback(store);
  change(store, sl_str_of(""), 0);
  change(store, sl_str_of("a"), 1);
  sl_store_commit(store);
  read_all(store, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size || size > 1 << 20) return 0;
  sl_state_shape shape = (data[0] & 7) % (SL_STATE_PREFIX + 1);
  sl_fs *fs = sl_fs_memory_new();
  sl_buf file = {0};
  need(!sl_fs_mkdir(fs, "/s", NULL));
  if (data[0] & AS_IT_STANDS)
    sl_buf_add_str(&file, sl_str_n((const char *)data + 1, size - 1));
  else
    make_file(data + 1, size - 1, &file);
  write_file(fs, file.data, file.len);
  sl_store *first = store_new(shape), *again[2] = {store_new(shape), store_new(shape)};
  if (load(fs, first, file.len)) {
    write_image(fs, first); /* windows that have expired since they were read are left out: so once more */
    need(load(fs, again[0], file.len));
    write_image(fs, again[0]);
    need(load(fs, again[1], file.len));
    need(digest(again[0]) == digest(again[1]));
    use(first, file.len);
  }
  sl_store_free(first);
  sl_store_free(again[0]);
  sl_store_free(again[1]);
  sl_buf_done(&file);
  sl_fs_free(fs);
  return 0;
}
