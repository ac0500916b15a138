/* Nexmark over JSON from topics: the statements of bench/nexmark/<query>.sql. tests/tools/test_nexmark.py holds their
 * results against a program of its own; here every round must give the same ones. A rate counts all events, as
 * published ones do, also those of streams that a query does not read. The ceiling reads the query's topics and checks
 * their CRC. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bench/bench.h"

enum { EVENTS = 500000, COMMIT_RECORDS = 1000, SQL_MAX = 8192, SIDE_ROWS = 10000 };

typedef struct nexmark_spec {
  const char *topics[3]; /* that it reads */
  bool table;            /* the result is, which has the workload's name */
  const char *also;      /* statements that drop what else it made, after the result */
} nexmark_spec;

static loop_digest first; /* the warm-up's result */

static void read_sql(const char *name, char out[SQL_MAX]) {
  char path[128];
  snprintf(path, sizeof path, "bench/nexmark/%s.sql", name);
  FILE *f = fopen(path, "r");
  size_t len = f ? fread(out, 1, SQL_MAX - 1, f) : 0;
  if (!len || !feof(f)) bench_fail("%s cannot be read", path);
  out[len] = 0;
  fclose(f);
}

static void load_side(bench *b, sl_staging *staging) {
  sl_topic *topic = bench_topic_new(b, "side", 1);
  sl_generated r = {.timestamp = 1, .key_len = 8};
  for (uint64_t k = 0; k < SIDE_ROWS; k++) {
    sl_put_u64(r.key, k);
    sl_buf_reset(&r.value);
    sl_buf_printf(&r.value, "{\"value\":\"side-%d\"}", (int)k);
    bench_stage(staging, topic, &r);
  }
  bench_commit(b, staging);
  sl_buf_done(&r.value);
  sl_topic_unref(topic);
}

static void prepare(bench *b, const bench_workload *w) {
  static char sql[SQL_MAX];
  static const char *const NAMES[] = {"person", "auction", "bid"};
  sl_generator g = sl_generator_of(sl_generator_kind_find("nexmark"));
  sl_topic *topics[3];
  sl_generated record = {0};
  (void)w;
  bench_open(b, NULL, 1);
  sl_staging *staging = sl_staging_new();
  for (int i = 0; i < 3; i++) topics[i] = bench_topic_new(b, NAMES[i], 1);
  for (uint64_t n = 0; n < bench_scaled(b, EVENTS); n++) {
    sl_generate(&g, n, &record);
    for (int i = 0; i < 3; i++)
      if (strcmp(record.topic, NAMES[i]) == 0) bench_stage(staging, topics[i], &record);
    if (n % COMMIT_RECORDS == COMMIT_RECORDS - 1) bench_commit(b, staging);
  }
  bench_commit(b, staging);
  load_side(b, staging);
  sl_staging_free(staging);
  for (int i = 0; i < 3; i++) sl_topic_unref(topics[i]);
  sl_buf_done(&record.value);
  read_sql("sources", sql);
  bench_execute(b, "10000000", sql);
}

static void drop(bench *b, const bench_workload *w) {
  const nexmark_spec *s = w->spec;
  char sql[SQL_MAX];
  snprintf(sql, sizeof sql, "DROP %s %s DELETE TOPIC; %s", s->table ? "TABLE" : "STREAM", w->name,
           s->also ? s->also : "");
  bench_execute(b, "0", sql);
  bench_until_quiet(b);
  bench_clean(b);
}

static bench_sample run(bench *b, const bench_workload *w, int round) {
  static char sql[SQL_MAX];
  const nexmark_spec *s = w->spec;
  read_sql(w->name, sql);
  bench_seconds start = bench_now();
  bench_execute(b, "10000000", sql);
  bench_until_quiet(b);
  bench_seconds took = bench_since(start);
  loop_digest got = bench_digest(b, w->name, !s->table);
  if (round < 0) first = got;
  if (!got.records || got.records != first.records || got.sum != first.sum)
    bench_fail("%s: the result differs", w->name);
  drop(b, w);
  return (bench_sample){(double)bench_scaled(b, EVENTS), took};
}

static bench_sample scan(bench *b, const bench_workload *w, int round) {
  const nexmark_spec *s = w->spec;
  uint64_t bytes = 0;
  (void)round;
  bench_seconds start = bench_now();
  for (int i = 0; i < 3 && s->topics[i]; i++) {
    char name[64], path[512];
    loop_reader reader;
    loop_record r;
    snprintf(name, sizeof name, "data/topics/%s-0", s->topics[i]);
    loop_reader_open(&reader, bench_path(b, name, path));
    while (loop_read(&reader, &r)) bytes += r.value_len;
    loop_reader_close(&reader);
  }
  bench_seconds took = bench_since(start);
  if (!bytes) bench_fail("no input");
  return (bench_sample){(double)bench_scaled(b, EVENTS), took};
}

static const bench_method NEXMARK = {
    .unit = "events/s", .rounds = 3, .prepare = prepare, .engine = run, .ceiling = scan};

static const nexmark_spec BIDS = {.topics = {"bid"}}, TABLE_OF_BIDS = {.topics = {"bid"}, .table = true};
static const nexmark_spec Q3 = {.topics = {"auction", "person"}};
static const nexmark_spec Q5 = {
    .topics = {"bid"},
    .table = true,
    .also = "DROP TABLE q5_best DELETE TOPIC; DROP STREAM q5_counted; DROP TABLE q5_counts DELETE TOPIC;"};
static const nexmark_spec Q8 = {
    .topics = {"auction", "person"}, .table = true, .also = "DROP STREAM q8_pairs DELETE TOPIC;"};
static const nexmark_spec Q13 = {.topics = {"bid"}, .also = "DROP TABLE side;"};
static const nexmark_spec Q20 = {.topics = {"bid", "auction"}};

const bench_workload BENCH_NEXMARK[] = {
    {"q0", "Nexmark q0, pass through", .method = &NEXMARK, .spec = &BIDS},
    {"q1", "Nexmark q1, currency conversion", .method = &NEXMARK, .spec = &BIDS},
    {"q2", "Nexmark q2, selection", .method = &NEXMARK, .spec = &BIDS},
    {"q3", "Nexmark q3, local item suggestion", .method = &NEXMARK, .spec = &Q3},
    {"q5", "Nexmark q5, hot items", .method = &NEXMARK, .spec = &Q5},
    {"q8", "Nexmark q8, new users", .method = &NEXMARK, .spec = &Q8},
    {"q11", "Nexmark q11, user sessions", .method = &NEXMARK, .spec = &TABLE_OF_BIDS},
    {"q13", "Nexmark q13, side input", .method = &NEXMARK, .spec = &Q13},
    {"q14", "Nexmark q14, calculation", .method = &NEXMARK, .spec = &BIDS},
    {"q17", "Nexmark q17, auctions by day", .method = &NEXMARK, .spec = &TABLE_OF_BIDS},
    {"q20", "Nexmark q20, bids with auctions", .method = &NEXMARK, .spec = &Q20},
    {"q21", "Nexmark q21, channel ids", .method = &NEXMARK, .spec = &BIDS},
    {"q22", "Nexmark q22, directories of an address", .method = &NEXMARK, .spec = &BIDS},
    {0},
};
