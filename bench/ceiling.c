/* Hand-written loops over the files of a topic. They know the record's text by heart and refuse anything else, but
 * look at every byte for what JSON and UTF-8 would object to. */
#include "bench/ceiling.h"

#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/str.h"
#include "bench/workload.h"

enum { HEADER = 61, READ = 256 << 10, BUFFER = 4 << 20, WRITE = 64 << 10, FIELDS = 8 };

/* ---- output: batches of about 64 KiB ---- */

typedef struct writer {
  int fd;
  uint8_t data[WRITE + 1024];
  size_t len;
  int32_t count;
  uint64_t total;
  bool failed;
} writer;

static void write_batch(writer *w) {
  if (!w->count) return;
  memset(w->data, 0, HEADER);
  sl_put_u32(w->data + 8, (uint32_t)(w->len - 12));
  w->data[16] = 2;
  sl_put_u32(w->data + 23, (uint32_t)w->count - 1);
  sl_put_u32(w->data + 57, (uint32_t)w->count);
  sl_put_u32(w->data + 17, sl_crc32c(0, w->data + 21, w->len - 21));
  if (write(w->fd, w->data, w->len) != (ssize_t)w->len) w->failed = true;
  w->total += (uint64_t)w->count;
  w->len = HEADER;
  w->count = 0;
}

static void put_record(writer *w, const uint8_t *key, const char *value, size_t len) {
  uint8_t body[32] = {0, 0}; /* attributes, timestamp */
  size_t n = 2;
  n += sl_put_varint(body + n, w->count);
  n += sl_put_varint(body + n, 4);
  memcpy(body + n, key, 4);
  n += 4;
  n += sl_put_varint(body + n, (int64_t)len);
  w->len += sl_put_varint(w->data + w->len, (int64_t)(n + len + 1));
  memcpy(w->data + w->len, body, n);
  memcpy(w->data + w->len + n, value, len);
  w->len += n + len;
  w->data[w->len++] = 0; /* headers */
  w->count++;
  if (w->len >= WRITE) write_batch(w);
}

/* ---- decoding ---- */

typedef struct event {
  sl_str text[FIELDS]; /* of string fields */
  int64_t user_id, ts;
  double amount;
} event;

static const struct {
  const char *text;
  size_t len;
} NAMES[FIELDS] = {{"{\"event_id\":\"", 13}, {"\"user_id\":", 10},  {"\"ts\":", 5},         {"\"amount\":", 9},
                   {"\"currency\":\"", 12},  {"\"status\":\"", 10}, {"\"country\":\"", 11}, {"\"message\":\"", 11}};

static bool is_plain(const char *p, size_t len) {
  uint8_t high = 0, odd = 0;
  for (size_t i = 0; i < len; i++) {
    uint8_t c = (uint8_t)p[i];
    high |= c;
    odd |= (uint8_t)((c == '\\') | (c < 32));
  }
  return !(high & 128) && !odd;
}

static const char *read_int(const char *p, int64_t *out) {
  uint64_t v = 0;
  while (*p >= '0' && *p <= '9') v = v * 10 + (uint64_t)(*p++ - '0');
  *out = (int64_t)v;
  return p;
}

static const char *read_double(const char *p, double *out) {
  static const double POWERS[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
  int64_t whole;
  const char *q = read_int(p, &whole);
  uint64_t m = (uint64_t)whole;
  size_t digits = 0;
  if (*q == '.')
    for (q++; *q >= '0' && *q <= '9'; q++, digits++) m = m * 10 + (uint64_t)(*q - '0');
  *out = digits <= 6 ? (double)m / POWERS[digits] : 0;
  return q;
}

static bool decode(const char *p, size_t len, event *out) {
  const char *end = p + len;
  if (len < 64 || !is_plain(p, len)) return false;
  for (int i = 0; i < FIELDS; i++) {
    if ((size_t)(end - p) <= NAMES[i].len || memcmp(p, NAMES[i].text, NAMES[i].len) != 0) return false;
    p += NAMES[i].len;
    if (i == 1)
      p = read_int(p, &out->user_id);
    else if (i == 2)
      p = read_int(p, &out->ts);
    else if (i == 3)
      p = read_double(p, &out->amount);
    else {
      const char *quote = memchr(p, '"', (size_t)(end - p));
      if (!quote) return false;
      out->text[i] = sl_str_n(p, (size_t)(quote - p));
      p = quote + 1;
    }
    if (p >= end || *p != (i == FIELDS - 1 ? '}' : ',')) return false;
    p++;
  }
  return p == end;
}

/* ---- encoding ---- */

static inline char *put_bytes(char *p, const char *from, size_t len) {
  memcpy(p, from, len);
  return p + len;
}

/* Inline, so that the length of a literal is a constant. */
static inline char *put_z(char *p, const char *z) {
  return put_bytes(p, z, strlen(z));
}

static inline char *put_text(char *p, const char *name, sl_str text) {
  p = put_z(p, name);
  p = put_bytes(p, text.ptr, text.len);
  *p = '"';
  return p + 1;
}

static char *put_int(char *p, uint64_t v) {
  char digits[20];
  size_t n = sizeof digits;
  do digits[--n] = (char)('0' + v % 10);
  while (v /= 10);
  return put_bytes(p, digits + n, sizeof digits - n);
}

/* Two decimals are all that these records have; others would go the long way. */
static char *put_double(char *p, double v) {
  uint64_t m = (uint64_t)(v * 100 + 0.5);
  if ((double)m / 100 != v) return p + snprintf(p, 32, "%.17g", v);
  p = put_int(p, m / 100);
  *p++ = '.';
  *p++ = (char)('0' + m / 10 % 10);
  if (m % 10) *p++ = (char)('0' + m % 10);
  return p;
}

static size_t encode_three(char *out, const event *e) {
  char *p = put_text(out, "{\"EVENT_ID\":\"", e->text[0]);
  p = put_int(put_z(p, ",\"USER_ID\":"), (uint64_t)e->user_id);
  p = put_double(put_z(p, ",\"AMOUNT\":"), e->amount);
  *p++ = '}';
  return (size_t)(p - out);
}

static size_t encode_all(char *out, const event *e) {
  char *p = put_text(out, "{\"EVENT_ID\":\"", e->text[0]);
  p = put_int(put_z(p, ",\"USER_ID\":"), (uint64_t)e->user_id);
  p = put_int(put_z(p, ",\"TS\":"), (uint64_t)e->ts);
  p = put_double(put_z(p, ",\"AMOUNT\":"), e->amount);
  p = put_text(p, ",\"CURRENCY\":\"", e->text[4]);
  p = put_text(p, ",\"STATUS\":\"", e->text[5]);
  p = put_text(p, ",\"COUNTRY\":\"", e->text[6]);
  p = put_text(p, ",\"MESSAGE\":\"", e->text[7]);
  *p++ = '}';
  return (size_t)(p - out);
}

/* ---- input ---- */

typedef bool (*on_record)(void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len);

static const uint8_t *get_varint(const uint8_t *p, int64_t *out) {
  uint64_t u = 0;
  int shift = 0;
  for (; *p & 128; p++, shift += 7) u |= (uint64_t)(*p & 127) << shift;
  u |= (uint64_t)*p << shift;
  *out = (int64_t)(u >> 1) ^ -(int64_t)(u & 1);
  return p + 1;
}

static bool walk_batch(const uint8_t *batch, size_t size, on_record fn, void *ctx) {
  if (sl_crc32c(0, batch + 21, size - 21) != sl_get_u32(batch + 17)) return false;
  const uint8_t *p = batch + HEADER;
  for (uint32_t n = sl_get_u32(batch + 57); n; n--) {
    int64_t len, skipped, key_len, value_len;
    p = get_varint(p, &len);
    const uint8_t *next = p + len;
    p = get_varint(get_varint(p + 1, &skipped), &skipped);
    p = get_varint(p, &key_len);
    const uint8_t *key = p;
    p = get_varint(p + (key_len > 0 ? key_len : 0), &value_len);
    if (!fn(ctx, key, (size_t)key_len, p, value_len > 0 ? (size_t)value_len : 0)) return false;
    p = next;
  }
  return p == batch + size;
}

static int walk_file(const char *path, on_record fn, void *ctx, sl_err *err) {
  static uint8_t buffer[BUFFER];
  int fd = open(path, O_RDONLY);
  size_t have = 0;
  ssize_t got = -1;
  bool good = fd >= 0;
  while (good && (got = read(fd, buffer + have, READ)) > 0) {
    size_t at = 0;
    have += (size_t)got;
    while (good && have - at >= 12) {
      size_t size = (size_t)sl_get_u32(buffer + at + 8) + 12;
      if (size < HEADER || size > BUFFER - READ) break;
      if (have - at < size) break;
      good = walk_batch(buffer + at, size, fn, ctx);
      at += size;
    }
    memmove(buffer, buffer + at, have -= at);
    if (have > BUFFER - READ) good = false;
  }
  if (fd >= 0) close(fd);
  return good && got == 0 && have == 0 ? 0
                                       : sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "%s: not what was written.", path);
}

/* ---- the loops ---- */

typedef struct loop {
  writer *out;
  bench_kind kind;
  uint64_t counts[BENCH_KEYS];
} loop;

static bool one_record(void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len) {
  loop *l = ctx;
  event e;
  char text[512];
  if (key_len != 4 || !decode((const char *)value, len, &e)) return false;
  if (l->kind == BENCH_COUNT || l->kind == BENCH_COUNT_EACH) {
    uint32_t k = sl_get_u32(key);
    if (k >= BENCH_KEYS) return false;
    uint64_t n = ++l->counts[k];
    if (l->kind == BENCH_COUNT) return true;
    char *p = put_int(put_z(text, "{\"N\":"), n);
    *p++ = '}';
    put_record(l->out, key, text, (size_t)(p - text));
    return true;
  }
  if (l->kind == BENCH_FILTER && !(e.amount > 550.0)) return true;
  put_record(l->out, key, text, l->kind == BENCH_FILTER ? encode_three(text, &e) : encode_all(text, &e));
  return true;
}

static void emit_counts(loop *l) {
  for (uint32_t k = 0; k < BENCH_KEYS; k++) {
    uint8_t key[4];
    char text[32];
    sl_put_u32(key, k);
    char *p = put_int(put_z(text, "{\"N\":"), l->counts[k]);
    *p++ = '}';
    put_record(l->out, key, text, (size_t)(p - text));
  }
}

int bench_ceiling(bench_kind kind, const char *input, const char *output, uint64_t *records, sl_err *err) {
  static writer out;
  loop l = {.out = &out, .kind = kind};
  char pattern[1024];
  glob_t files;
  out = (writer){.fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600), .len = HEADER};
  if (out.fd < 0) return sl_err_set(err, SL_E_IO, SL_NO_POS, "%s cannot be written.", output);
  snprintf(pattern, sizeof pattern, "%s/*.log", input);
  int code = glob(pattern, 0, NULL, &files) ? sl_err_set(err, SL_E_IO, SL_NO_POS, "%s: no files.", pattern) : 0;
  for (size_t i = 0; !code && i < files.gl_pathc; i++) code = walk_file(files.gl_pathv[i], one_record, &l, err);
  if (kind == BENCH_COUNT) emit_counts(&l);
  write_batch(&out);
  if (!code && out.failed) code = sl_err_set(err, SL_E_IO, SL_NO_POS, "%s cannot be written.", output);
  close(out.fd);
  globfree(&files);
  *records = out.total;
  return code;
}

/* ---- checking ---- */

typedef struct digest {
  uint64_t records, sum;
} digest;

uint64_t bench_value_hash(const void *value, size_t len) {
  return XXH3_64bits(value, len);
}

static bool add_to_digest(void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len) {
  digest *d = ctx;
  (void)key, (void)key_len;
  d->records++;
  d->sum += bench_value_hash(value, len);
  return true;
}

int bench_digest(const char *path, uint64_t *records, uint64_t *out, sl_err *err) {
  digest d = {0};
  int code = walk_file(path, add_to_digest, &d, err);
  *records = d.records;
  *out = d.sum;
  return code;
}
