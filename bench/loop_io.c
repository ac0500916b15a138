#include "bench/loop_io.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/heap.h"
#include "bench/bench.h"

/* ---- reading ---- */

void loop_reader_open(loop_reader *r, const char *dir) {
  struct stat s;
  char pattern[1024];
  glob_t found = {0};
  *r = (loop_reader){.fd = -1};
  bool single = stat(dir, &s) == 0 && S_ISREG(s.st_mode);
  snprintf(pattern, sizeof pattern, single ? "%s" : "%s/*.log", dir);
  if (glob(pattern, 0, NULL, &found)) bench_fail("%s: no files", pattern);
  r->files = sl_heap_zalloc(found.gl_pathc * sizeof *r->files);
  r->file_count = found.gl_pathc;
  for (size_t i = 0; i < found.gl_pathc; i++) r->files[i] = sl_heap_strdup(found.gl_pathv[i]);
  globfree(&found);
  r->buffer = sl_heap_zalloc(LOOP_BUFFER);
}

void loop_reader_close(loop_reader *r) {
  if (r->fd >= 0) close(r->fd);
  for (size_t i = 0; i < r->file_count; i++) sl_heap_free(r->files[i]);
  sl_heap_free(r->files);
  sl_heap_free(r->buffer);
}

/* Bytes of the batch at r->at, or 0 when it is not all there. */
static size_t whole_batch(const loop_reader *r) {
  if (r->have - r->at < 12) return 0;
  size_t size = (size_t)sl_get_u32(r->buffer + r->at + 8) + 12;
  if (size < LOOP_HEADER || size > LOOP_BUFFER - LOOP_READ) bench_fail("a batch of %zu bytes", size);
  return r->have - r->at < size ? 0 : size;
}

static bool read_more(loop_reader *r) {
  memmove(r->buffer, r->buffer + r->at, r->have - r->at);
  r->have -= r->at;
  r->at = 0;
  for (;;) {
    if (r->fd < 0 && r->file == r->file_count) return false;
    if (r->fd < 0) r->fd = open(r->files[r->file++], O_RDONLY);
    ssize_t got = read(r->fd, r->buffer + r->have, LOOP_READ);
    if (got < 0) bench_fail("%s cannot be read", r->files[r->file - 1]);
    r->have += (size_t)got;
    if (got) return true;
    close(r->fd);
    r->fd = -1;
  }
}

bool loop_reader_fill(loop_reader *r) {
  size_t size;
  while (!(size = whole_batch(r)))
    if (!read_more(r)) return false;
  const uint8_t *batch = r->buffer + r->at;
  if (sl_crc32c(0, batch + 21, size - 21) != sl_get_u32(batch + 17)) bench_fail("a batch fails its checksum");
  r->at += size;
  r->next = batch + LOOP_HEADER;
  r->left = sl_get_u32(batch + 57);
  r->base_time = (int64_t)sl_get_u64(batch + 27);
  return r->left || loop_reader_fill(r);
}

/* ---- writing ---- */

void loop_writer_open(loop_writer *w, const char *file) {
  int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) bench_fail("%s cannot be written", file);
  loop_writer_on(w, fd);
}

void loop_writer_on(loop_writer *w, int fd) {
  w->fd = fd;
  w->len = LOOP_HEADER;
  w->count = 0;
  w->total = 0;
}

void loop_writer_flush(loop_writer *w) {
  if (!w->count) return;
  memset(w->data, 0, LOOP_HEADER);
  sl_put_u32(w->data + 8, (uint32_t)(w->len - 12));
  w->data[16] = 2;
  sl_put_u32(w->data + 23, (uint32_t)w->count - 1);
  sl_put_u32(w->data + 57, (uint32_t)w->count);
  sl_put_u32(w->data + 17, sl_crc32c(0, w->data + 21, w->len - 21));
  if (write(w->fd, w->data, w->len) != (ssize_t)w->len) bench_fail("the loop's output cannot be written");
  w->total += (uint64_t)w->count;
  w->len = LOOP_HEADER;
  w->count = 0;
}

void loop_writer_close(loop_writer *w) {
  loop_writer_flush(w);
  close(w->fd);
}

void loop_write(loop_writer *w, const void *key, size_t key_len, const void *value, size_t len) {
  uint8_t body[64] = {0, 0}; /* attributes, timestamp */
  size_t n = 2;
  n += sl_put_varint(body + n, w->count);
  n += sl_put_varint(body + n, (int64_t)key_len);
  memcpy(body + n, key, key_len);
  n += key_len;
  n += sl_put_varint(body + n, (int64_t)len);
  w->len += sl_put_varint(w->data + w->len, (int64_t)(n + len + 1));
  memcpy(w->data + w->len, body, n);
  memcpy(w->data + w->len + n, value, len);
  w->len += n + len;
  w->data[w->len++] = 0; /* headers */
  w->count++;
  if (w->len >= LOOP_WRITE) loop_writer_flush(w);
}

/* ---- digests ---- */

typedef struct last_value {
  uint64_t key, value; /* hashes; key 0: free */
} last_value;

struct loop_summer {
  bool all;
  loop_digest digest;
  last_value *slots; /* open addressing */
  size_t size, used;
};

loop_summer *loop_summer_new(bool all) {
  loop_summer *s = sl_heap_zalloc(sizeof *s);
  s->all = all;
  s->size = all ? 0 : 1 << 12;
  s->slots = all ? NULL : sl_heap_zalloc(s->size * sizeof *s->slots);
  return s;
}

static last_value *slot_of(const loop_summer *s, uint64_t key) {
  size_t i = key & (s->size - 1);
  while (s->slots[i].key && s->slots[i].key != key) i = (i + 1) & (s->size - 1);
  return &s->slots[i];
}

static void grow(loop_summer *s) {
  last_value *old = s->slots;
  size_t size = s->size;
  s->size *= 4;
  s->slots = sl_heap_zalloc(s->size * sizeof *s->slots);
  for (size_t i = 0; i < size; i++)
    if (old[i].key) *slot_of(s, old[i].key) = old[i];
  sl_heap_free(old);
}

void loop_summer_add(loop_summer *s, const void *key, size_t key_len, const void *value, size_t len) {
  uint64_t k = XXH3_64bits(key, key_len) | 1, v = value ? XXH3_64bits_withSeed(value, len, k) | 1 : 0;
  if (s->all) {
    s->digest.records++;
    s->digest.sum += v;
    return;
  }
  if (s->used * 2 > s->size) grow(s);
  last_value *slot = slot_of(s, k);
  s->used += !slot->key;
  *slot = (last_value){k, v};
}

loop_digest loop_summer_done(loop_summer *s) {
  loop_digest out = s->digest;
  for (size_t i = 0; i < s->size; i++) {
    out.sum += s->slots[i].value;
    out.records += s->slots[i].value != 0; /* a deleted one does not count */
  }
  sl_heap_free(s->slots);
  sl_heap_free(s);
  return out;
}
