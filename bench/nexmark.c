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
  const char *query;     /* file, and topic of the result */
  const char *topics[3]; /* that it reads */
  const char *drop;
  bool table;
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

static bench_sample run(bench *b, const bench_workload *w, int round) {
  static char sql[SQL_MAX];
  const nexmark_spec *s = w->spec;
  read_sql(s->query, sql);
  bench_seconds start = bench_now();
  bench_execute(b, "10000000", sql);
  bench_until_quiet(b);
  bench_seconds took = bench_since(start);
  loop_digest got = bench_digest(b, s->query, !s->table);
  if (round < 0) first = got;
  if (!got.records || got.records != first.records || got.sum != first.sum)
    bench_fail("%s: the result differs", w->name);
  bench_execute(b, "0", s->drop);
  bench_until_quiet(b);
  bench_clean(b);
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

static const nexmark_spec SPECS[] = {
    {"q0", {"bid"}, "DROP STREAM q0 DELETE TOPIC;", false},
    {"q1", {"bid"}, "DROP STREAM q1 DELETE TOPIC;", false},
    {"q2", {"bid"}, "DROP STREAM q2 DELETE TOPIC;", false},
    {"q3", {"auction", "person"}, "DROP STREAM q3 DELETE TOPIC;", false},
    {"q5",
     {"bid"},
     "DROP TABLE q5 DELETE TOPIC; DROP TABLE q5_best DELETE TOPIC; DROP STREAM q5_counted; DROP TABLE q5_counts DELETE "
     "TOPIC;",
     true},
    {"q8", {"auction", "person"}, "DROP TABLE q8 DELETE TOPIC; DROP STREAM q8_pairs DELETE TOPIC;", true},
    {"q11", {"bid"}, "DROP TABLE q11 DELETE TOPIC;", true},
    {"q13", {"bid"}, "DROP STREAM q13 DELETE TOPIC; DROP TABLE side;", false},
    {"q14", {"bid"}, "DROP STREAM q14 DELETE TOPIC;", false},
    {"q17", {"bid"}, "DROP TABLE q17 DELETE TOPIC;", true},
    {"q20", {"bid", "auction"}, "DROP STREAM q20 DELETE TOPIC;", false},
    {"q21", {"bid"}, "DROP STREAM q21 DELETE TOPIC;", false},
    {"q22", {"bid"}, "DROP STREAM q22 DELETE TOPIC;", false},
};

const bench_workload BENCH_NEXMARK[] = {
    {"q0", "Nexmark q0, pass through", "events/s", 1, .rounds = 3, .spec = &SPECS[0], .prepare = prepare, .engine = run,
     .ceiling = scan},
    {"q1", "Nexmark q1, currency conversion", "events/s", 1, .rounds = 3, .spec = &SPECS[1], .prepare = prepare,
     .engine = run, .ceiling = scan},
    {"q2", "Nexmark q2, selection", "events/s", 1, .rounds = 3, .spec = &SPECS[2], .prepare = prepare, .engine = run,
     .ceiling = scan},
    {"q3", "Nexmark q3, local item suggestion", "events/s", 1, .rounds = 3, .spec = &SPECS[3], .prepare = prepare,
     .engine = run, .ceiling = scan},
    {"q5", "Nexmark q5, hot items", "events/s", 1, .rounds = 3, .spec = &SPECS[4], .prepare = prepare, .engine = run,
     .ceiling = scan},
    {"q8", "Nexmark q8, new users", "events/s", 1, .rounds = 3, .spec = &SPECS[5], .prepare = prepare, .engine = run,
     .ceiling = scan},
    {"q11", "Nexmark q11, user sessions", "events/s", 1, .rounds = 3, .spec = &SPECS[6], .prepare = prepare,
     .engine = run, .ceiling = scan},
    {"q13", "Nexmark q13, side input", "events/s", 1, .rounds = 3, .spec = &SPECS[7], .prepare = prepare, .engine = run,
     .ceiling = scan},
    {"q14", "Nexmark q14, calculation", "events/s", 1, .rounds = 3, .spec = &SPECS[8], .prepare = prepare,
     .engine = run, .ceiling = scan},
    {"q17", "Nexmark q17, auctions by day", "events/s", 1, .rounds = 3, .spec = &SPECS[9], .prepare = prepare,
     .engine = run, .ceiling = scan},
    {"q20", "Nexmark q20, bids with auctions", "events/s", 1, .rounds = 3, .spec = &SPECS[10], .prepare = prepare,
     .engine = run, .ceiling = scan},
    {"q21", "Nexmark q21, channel ids", "events/s", 1, .rounds = 3, .spec = &SPECS[11], .prepare = prepare,
     .engine = run, .ceiling = scan},
    {"q22", "Nexmark q22, directories of an address", "events/s", 1, .rounds = 3, .spec = &SPECS[12],
     .prepare = prepare, .engine = run, .ceiling = scan},
    {0},
};
