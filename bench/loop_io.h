/* Files as the hand-written loops read and write them: batches of records, read by 256 KiB with their CRC checked,
 * written by 64 KiB with a CRC. The least that a program on such files does. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

enum { LOOP_HEADER = 61, LOOP_READ = 256 << 10, LOOP_BUFFER = 4 << 20, LOOP_WRITE = 64 << 10 };

typedef struct loop_record {
  int64_t timestamp;
  const uint8_t *key, *value;
  uint32_t key_len, value_len;
} loop_record;

/* Records of all the segments of a partition's directory, in order. A record borrows from the buffer until the next. */
typedef struct loop_reader {
  char **files;
  size_t file_count, file;
  int fd;
  size_t have, at; /* bytes in buffer; where the next batch begins */
  const uint8_t *next;
  uint32_t left; /* records of the batch */
  int64_t base_time;
  uint8_t *buffer;
} loop_reader;

void loop_reader_open(loop_reader *r, const char *dir); /* a directory, or one file */
bool loop_reader_fill(loop_reader *r);                  /* the next batch; false at the end */
void loop_reader_close(loop_reader *r);

static inline const uint8_t *loop_varint(const uint8_t *p, int64_t *out) {
  uint64_t u = 0;
  int shift = 0;
  for (; *p & 128; p++, shift += 7) u |= (uint64_t)(*p & 127) << shift;
  u |= (uint64_t)*p << shift;
  *out = (int64_t)(u >> 1) ^ -(int64_t)(u & 1);
  return p + 1;
}

static inline bool loop_read(loop_reader *r, loop_record *out) {
  int64_t len, delta, key_len, value_len;
  if (!r->left && !loop_reader_fill(r)) return false;
  const uint8_t *p = loop_varint(r->next, &len);
  r->next = p + len;
  r->left--;
  p = loop_varint(p + 1, &delta);
  out->timestamp = r->base_time + delta;
  p = loop_varint(p, &delta);
  p = loop_varint(p, &key_len);
  out->key = p;
  out->key_len = key_len > 0 ? (uint32_t)key_len : 0;
  p = loop_varint(p + out->key_len, &value_len);
  out->value = p;
  out->value_len = value_len > 0 ? (uint32_t)value_len : 0;
  return true;
}

typedef struct loop_writer {
  int fd;
  size_t len;
  int32_t count;
  uint64_t total;
  uint8_t data[LOOP_WRITE + 4096];
} loop_writer;

void loop_writer_open(loop_writer *w, const char *file);
void loop_writer_on(loop_writer *w, int fd);
void loop_writer_flush(loop_writer *w);
void loop_writer_close(loop_writer *w);
void loop_write(loop_writer *w, const void *key, size_t key_len, const void *value, size_t len);

/* ---- what was written, to compare ---- */
/* all: the sum of the hashes of every record (key and value), and their number; else only the last value of each key
 * counts. Headers and timestamps do not. */
typedef struct loop_digest {
  uint64_t records, sum;
} loop_digest;
typedef struct loop_summer loop_summer;
loop_summer *loop_summer_new(bool all);
void loop_summer_add(loop_summer *s, const void *key, size_t key_len, const void *value, size_t len);
loop_digest loop_summer_done(loop_summer *s);
