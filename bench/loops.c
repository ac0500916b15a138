/* The hand-written loops. They know the record's text by heart and refuse anything else, but look at every byte for
 * what JSON and UTF-8 would object to. Where state is larger than the caches, records are decoded some ahead and the
 * memory they will touch is asked for, as the engine may do too. */
#include "bench/loops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/heap.h"

enum { FIELDS = 8, AHEAD = 32, TEXT = 600 };

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

static const char *read_text(const char *p, const char *end, sl_str *out) {
  const char *quote = memchr(p, '"', (size_t)(end - p));
  if (!quote) bench_fail("a string without an end");
  *out = sl_str_n(p, (size_t)(quote - p));
  return quote + 1;
}

static void decode(const loop_record *r, event *out) {
  const char *p = (const char *)r->value, *end = p + r->value_len;
  if (r->key_len != 4 || r->value_len < 64 || !is_plain(p, r->value_len)) bench_fail("a record of another kind");
  for (int i = 0; i < FIELDS; i++) {
    if ((size_t)(end - p) <= NAMES[i].len || memcmp(p, NAMES[i].text, NAMES[i].len) != 0)
      bench_fail("a record without '%s'", NAMES[i].text);
    p += NAMES[i].len;
    if (i == 1)
      p = read_int(p, &out->user_id);
    else if (i == 2)
      p = read_int(p, &out->ts);
    else if (i == 3)
      p = read_double(p, &out->amount);
    else
      p = read_text(p, end, &out->text[i]);
    if (p >= end || *p != (i == FIELDS - 1 ? '}' : ',')) bench_fail("a record that goes on strangely");
    p++;
  }
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

static size_t encode_count(char *out, uint64_t n) {
  char *p = put_int(put_z(out, "{\"N\":"), n);
  *p++ = '}';
  return (size_t)(p - out);
}

static void start_clock(loop_job *job) {
  job->start = bench_now();
}
static void stop_clock(loop_job *job) {
  loop_writer_flush(&job->out);
  job->took = bench_since(job->start);
}

/* ---- one record in, one out ---- */

void loop_pass(loop_job *job) {
  loop_record r;
  event e;
  char text[TEXT];
  start_clock(job);
  while (loop_read(&job->readers[0], &r)) {
    decode(&r, &e);
    char *p = put_text(text, "{\"EVENT_ID\":\"", e.text[0]);
    p = put_int(put_z(p, ",\"USER_ID\":"), (uint64_t)e.user_id);
    p = put_int(put_z(p, ",\"TS\":"), (uint64_t)e.ts);
    p = put_double(put_z(p, ",\"AMOUNT\":"), e.amount);
    p = put_text(p, ",\"CURRENCY\":\"", e.text[4]);
    p = put_text(p, ",\"STATUS\":\"", e.text[5]);
    p = put_text(p, ",\"COUNTRY\":\"", e.text[6]);
    p = put_text(p, ",\"MESSAGE\":\"", e.text[7]);
    *p++ = '}';
    loop_write(&job->out, r.key, 4, text, (size_t)(p - text));
  }
  stop_clock(job);
}

void loop_filter(loop_job *job) {
  loop_record r;
  event e;
  char text[TEXT];
  start_clock(job);
  while (loop_read(&job->readers[0], &r)) {
    decode(&r, &e);
    if (!(e.amount > 550.0)) continue;
    char *p = put_text(text, "{\"EVENT_ID\":\"", e.text[0]);
    p = put_int(put_z(p, ",\"USER_ID\":"), (uint64_t)e.user_id);
    p = put_double(put_z(p, ",\"AMOUNT\":"), e.amount);
    *p++ = '}';
    loop_write(&job->out, r.key, 4, text, (size_t)(p - text));
  }
  stop_clock(job);
}

/* ---- counts ---- */

typedef struct counter {
  int64_t day;
  uint32_t key, n; /* n 0: free */
} counter;

typedef struct pending {
  counter *slot;
  int64_t day;
  uint32_t key;
} pending;

static size_t table_size(uint64_t keys) {
  size_t size = 1024;
  while (size < keys * 2) size *= 2;
  return size;
}

static void put_count(loop_job *job, const counter *c) {
  uint8_t key[12];
  char text[40];
  sl_put_u32(key, c->key);
  sl_put_u64(key + 4, (uint64_t)c->day);
  loop_write(&job->out, key, sizeof key, text, encode_count(text, c->n));
}

static void count_pending(loop_job *job, counter *table, size_t mask, const pending *p, size_t count, bool timed) {
  for (size_t i = 0; i < count; i++) {
    counter *c = p[i].slot;
    while (c->n && (c->key != p[i].key || c->day != p[i].day)) c = table + ((size_t)(c + 1 - table) & mask);
    c->key = p[i].key;
    c->day = p[i].day;
    c->n++;
    if (job->each && timed) put_count(job, c);
  }
}

/* A record that only fills the state has one small field: it is not decoded. */
void loop_count(loop_job *job) {
  size_t size = table_size(job->keys), mask = size - 1, waiting = 0;
  counter *table = sl_heap_zalloc(size * sizeof *table);
  pending ahead[AHEAD];
  loop_record r;
  event e;
  uint64_t seen = 0;
  start_clock(job);
  while (loop_read(&job->readers[0], &r)) {
    if (seen >= job->warm) decode(&r, &e);
    uint32_t key = sl_get_u32(r.key);
    int64_t day = r.timestamp / LOOP_DAY_MS * LOOP_DAY_MS;
    counter *slot = table + (((key + (uint64_t)day) * 0x9e3779b97f4a7c15 >> 20) & mask);
    __builtin_prefetch(slot, 1);
    ahead[waiting++] = (pending){slot, day, key};
    bool last_warm = ++seen == job->warm;
    if (waiting < AHEAD && !last_warm) continue;
    count_pending(job, table, mask, ahead, waiting, seen > job->warm);
    waiting = 0;
    if (last_warm) start_clock(job);
  }
  count_pending(job, table, mask, ahead, waiting, seen > job->warm);
  if (job->each) stop_clock(job);
  for (size_t i = 0; i < size; i++) /* for those written at each change: to compare also what was there before */
    if (table[i].n && (!job->each || job->warm)) put_count(job, &table[i]);
  if (!job->each) stop_clock(job);
  sl_heap_free(table);
}

/* ---- a stream and a table ---- */

enum { NAME_MAX_BYTES = 24 };

typedef struct account {
  uint32_t key;
  uint8_t name_len, city_len;
  char name[NAME_MAX_BYTES], city[NAME_MAX_BYTES];
} account; /* name_len 0: free */

static account *account_of(account *table, size_t mask, uint32_t key) {
  account *a = table + ((key * 0x9e3779b97f4a7c15 >> 20) & mask);
  while (a->name_len && a->key != key) a = table + ((size_t)(a + 1 - table) & mask);
  return a;
}

static void load_accounts(loop_reader *reader, account *table, size_t mask) {
  loop_record r;
  while (loop_read(reader, &r)) {
    const char *end = (const char *)r.value + r.value_len;
    sl_str name, city;
    const char *p = read_text((const char *)r.value + strlen("{\"name\":\""), end, &name);
    read_text(p + strlen(",\"city\":\""), end, &city);
    account *a = account_of(table, mask, sl_get_u32(r.key));
    a->key = sl_get_u32(r.key);
    a->name_len = (uint8_t)name.len;
    a->city_len = (uint8_t)city.len;
    memcpy(a->name, name.ptr, name.len);
    memcpy(a->city, city.ptr, city.len);
  }
}

static void put_enriched(loop_job *job, const uint8_t *key, const event *e, const account *a) {
  char text[TEXT], *p = put_text(text, "{\"EVENT_ID\":\"", e->text[0]);
  p = put_double(put_z(p, ",\"AMOUNT\":"), e->amount);
  p = put_text(p, ",\"STATUS\":\"", e->text[5]);
  p = put_text(p, ",\"NAME\":\"", sl_str_n(a->name, a->name_len));
  p = put_text(p, ",\"CITY\":\"", sl_str_n(a->city, a->city_len));
  *p++ = '}';
  loop_write(&job->out, key, 4, text, (size_t)(p - text));
}

void loop_enrich(loop_job *job) {
  size_t size = table_size(job->keys), mask = size - 1;
  account *table = sl_heap_zalloc(size * sizeof *table);
  loop_record r;
  event e;
  load_accounts(&job->readers[0], table, mask);
  start_clock(job);
  while (loop_read(&job->readers[1], &r)) {
    decode(&r, &e);
    const account *a = account_of(table, mask, sl_get_u32(r.key));
    if (a->name_len) put_enriched(job, r.key, &e, a);
  }
  stop_clock(job);
  sl_heap_free(table);
}

/* ---- two streams ---- */

/* The rows of one side in order of time: a ring, and lists by hash of the key, newest first. */
enum { SIDE_ROWS = 1 << 20, SIDE_LISTS = 1 << 20, ID_MAX = 24 };

typedef struct side_row {
  int64_t timestamp;
  double amount;
  uint32_t key, older; /* number of the next row of the list */
  uint8_t id_len;
  char id[ID_MAX];
} side_row;

typedef struct side {
  side_row *rows; /* row n in n % SIDE_ROWS; numbers begin at 1 */
  uint32_t *lists;
  uint32_t first, next;
} side;

static uint32_t list_of(uint32_t key) {
  return (uint32_t)(key * 0x9e3779b97f4a7c15 >> 44) % SIDE_LISTS;
}

static void side_insert(side *s, const loop_record *r, const event *e) {
  while (s->first < s->next && s->rows[s->first % SIDE_ROWS].timestamp < r->timestamp - LOOP_WINDOW_MS) s->first++;
  if (s->next - s->first >= SIDE_ROWS || e->text[0].len > ID_MAX) bench_fail("too many rows in ten seconds");
  uint32_t key = sl_get_u32(r->key), list = list_of(key);
  side_row *row = &s->rows[s->next % SIDE_ROWS];
  *row = (side_row){r->timestamp, e->amount, key, s->lists[list], (uint8_t)e->text[0].len, {0}};
  memcpy(row->id, e->text[0].ptr, e->text[0].len);
  s->lists[list] = s->next++;
}

static void put_match(loop_job *job, const uint8_t *key, sl_str left_id, double left, sl_str right_id, double right) {
  char text[TEXT], *p = put_text(text, "{\"ORDER_ID\":\"", left_id);
  p = put_double(put_z(p, ",\"AMOUNT\":"), left);
  p = put_text(p, ",\"PAYMENT_ID\":\"", right_id);
  p = put_double(put_z(p, ",\"PAID\":"), right);
  *p++ = '}';
  loop_write(&job->out, key, 4, text, (size_t)(p - text));
}

static void probe(loop_job *job, const side *other, bool left, const loop_record *r, const event *e) {
  uint32_t key = sl_get_u32(r->key);
  for (uint32_t n = other->lists[list_of(key)]; n >= other->first && n; n = other->rows[n % SIDE_ROWS].older) {
    const side_row *row = &other->rows[n % SIDE_ROWS];
    if (row->key != key || row->timestamp < r->timestamp - LOOP_WINDOW_MS) continue;
    sl_str id = sl_str_n(row->id, row->id_len);
    if (left)
      put_match(job, r->key, e->text[0], e->amount, id, row->amount);
    else
      put_match(job, r->key, id, row->amount, e->text[0], e->amount);
  }
}

void loop_match(loop_job *job) {
  side sides[2];
  loop_record heads[2];
  bool has[2];
  event e;
  for (int i = 0; i < 2; i++) {
    sides[i] =
        (side){sl_heap_zalloc(SIDE_ROWS * sizeof(side_row)), sl_heap_zalloc(SIDE_LISTS * sizeof(uint32_t)), 1, 1};
    has[i] = loop_read(&job->readers[i], &heads[i]);
  }
  start_clock(job);
  while (has[0] || has[1]) {
    int i = !has[0] || (has[1] && heads[1].timestamp < heads[0].timestamp);
    decode(&heads[i], &e);
    side_insert(&sides[i], &heads[i], &e);
    probe(job, &sides[!i], i == 0, &heads[i], &e);
    has[i] = loop_read(&job->readers[i], &heads[i]);
  }
  stop_clock(job);
  for (int i = 0; i < 2; i++) {
    sl_heap_free(sides[i].rows);
    sl_heap_free(sides[i].lists);
  }
}

/* ---- words ---- */

enum { WORD_MAX = 16, WORD_SLOTS = 1 << 16 };

typedef struct word_count {
  uint64_t n;
  uint32_t len; /* 0: free */
  char text[WORD_MAX];
} word_count;

static void count_word(word_count *table, const char *text, size_t len) {
  if (len > WORD_MAX) bench_fail("a word of %zu letters", len);
  word_count *w = table + XXH3_64bits(text, len) % WORD_SLOTS;
  while (w->len && (w->len != len || memcmp(w->text, text, len) != 0)) w = table + (w + 1 - table) % WORD_SLOTS;
  if (!w->len) memcpy(w->text, text, len);
  w->len = (uint32_t)len;
  w->n++;
}

void loop_words(loop_job *job) {
  word_count *table = sl_heap_zalloc(WORD_SLOTS * sizeof *table);
  loop_record r;
  start_clock(job);
  while (loop_read(&job->readers[0], &r)) {
    const char *p = (const char *)r.value, *end = p + r.value_len;
    while (p < end) {
      const char *blank = memchr(p, ' ', (size_t)(end - p));
      if (!blank) blank = end;
      count_word(table, p, (size_t)(blank - p));
      p = blank + 1;
    }
  }
  for (size_t i = 0; i < WORD_SLOTS; i++) {
    char text[40];
    if (table[i].len) loop_write(&job->out, table[i].text, table[i].len, text, encode_count(text, table[i].n));
  }
  stop_clock(job);
  sl_heap_free(table);
}
