/* W9: the log alone, in process: durable appends, appends into the page cache, reading. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/heap.h"
#include "bench/bench.h"
#include "bench/loop_io.h"
#include "cli/datagen/generator.h"

enum { FETCH_BYTES = 1 << 20, FETCH_RECORDS = 10000, SEGMENT = 64 << 20, REUSED = 256 << 20 };

typedef struct log_spec {
  bool durable;
  size_t record;    /* bytes of a value */
  uint64_t records; /* a round's */
  uint64_t batch;   /* records of a commit */
} log_spec;

static uint8_t *values; /* of one commit, one after the other */
static sl_topic *topic;

static void new_topic(bench *b, const log_spec *s) {
  sl_err err = {0};
  const sl_topic_setting settings[] = {{sl_str_of("segment.bytes"), sl_str_of("67108864")},
                                       {sl_str_of("retention.bytes"), sl_str_of("134217728")}};
  sl_topic_spec spec = {.name = sl_str_of("log"), .partitions = 1, .settings = settings, .setting_count = 2};
  if (!s->durable) spec.setting_count = 0;
  bench_check(sl_log_topic_create(sl_engine_log(b->engine), &spec, &topic, &err), &err, "making a topic");
}

static void prepare_log(bench *b, const bench_workload *w) {
  static const char *const ALWAYS[][2] = {{"log.flush", "always"}, {NULL, NULL}};
  const log_spec *s = w->spec;
  sl_generated record = {0};
  sl_buf all = {0};
  sl_generator g = sl_generator_of(sl_generator_kind_find("events"));
  bench_open(b, s->durable ? ALWAYS : NULL, 1);
  for (uint64_t i = 0; all.len < s->batch * s->record; i++) {
    sl_generate(&g, i, &record);
    sl_buf_add(&all, record.value.data, record.value.len);
  }
  values = all.data;
  sl_buf_done(&record.value);
  new_topic(b, s);
}

static void commit_batch(bench *b, const log_spec *s, sl_staging *staging, uint64_t count, int64_t time) {
  sl_err err = {0};
  sl_commit_result result;
  sl_part part = {.staging = staging};
  sl_log *log = sl_engine_log(b->engine);
  for (uint64_t i = 0; i < count; i++) {
    int code = sl_staging_append(staging, sl_topic_partition(topic, 0), time, NULL, 0,
                                 values + i % s->batch * s->record, s->record, NULL, &err);
    bench_check(code, &err, "staging");
  }
  bench_check(sl_log_commit(log, &part, 1, &result, &err), &err, "committing");
  while (s->durable && sl_log_durable_commit(log) < result.commit) {
    int64_t due;
    bench_check(sl_log_flush_step(log, false, &due, &err), &err, "syncing");
  }
  sl_staging_reset(staging);
}

/* Every value as it was written, and as many as were written. */
static void check_topic(const log_spec *s, int64_t end) {
  sl_err err = {0};
  sl_partition *partition = sl_topic_partition(topic, 0);
  if (sl_partition_durable(partition) != end) bench_fail("the log holds another number of records");
  for (int64_t at = sl_partition_start(partition); at < end;) {
    sl_fetch *fetch;
    int code = sl_log_fetch(partition, at, FETCH_BYTES, FETCH_RECORDS, SL_READ_DURABLE, &fetch, &err);
    bench_check(code, &err, "reading the log");
    for (size_t i = 0; i < fetch->count; i++) {
      const sl_record *r = &fetch->records[i];
      uint64_t number = (uint64_t)r->offset % s->batch;
      if (r->value_len != s->record || memcmp(r->value, values + number * s->record, s->record) != 0)
        bench_fail("a record of the log is wrong");
    }
    at = fetch->next_offset;
    sl_fetch_unref(fetch);
  }
}

static void clean_log(bench *b, const log_spec *s) {
  sl_err err = {0};
  if (!s->durable) {
    bench_check(sl_log_topic_delete(sl_engine_log(b->engine), topic, &err), &err, "deleting a topic");
    sl_topic_unref(topic);
  }
  bench_clean(b);
  if (!s->durable) new_topic(b, s);
}

static uint64_t batches_of(const bench *b, const log_spec *s) {
  uint64_t n = bench_scaled(b, s->records) / s->batch;
  return n ? n : 1;
}

static bench_sample produce(bench *b, const bench_workload *w, int round) {
  const log_spec *s = w->spec;
  uint64_t batches = batches_of(b, s);
  int64_t before = sl_partition_visible(sl_topic_partition(topic, 0));
  sl_staging *staging = sl_staging_new();
  (void)round;
  bench_seconds start = bench_now();
  for (uint64_t i = 0; i < batches; i++) commit_batch(b, s, staging, s->batch, 1700000000000);
  bench_seconds took = bench_since(start);
  sl_staging_free(staging);
  check_topic(s, before + (int64_t)(batches * s->batch));
  clean_log(b, s);
  return (bench_sample){(double)(batches * s->batch), took};
}

/* The same bytes framed by hand into one file; durable: over blocks that exist, synced after each batch. */
static bench_sample produce_by_hand(bench *b, const bench_workload *w, int round) {
  static loop_writer out;
  const log_spec *s = w->spec;
  char path[512];
  uint64_t batches = batches_of(b, s);
  (void)round;
  bench_path(b, "loop", path);
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  if (fd < 0) bench_fail("%s cannot be written", path);
  loop_writer_on(&out, fd);
  bench_seconds start = bench_now();
  for (uint64_t i = 0; i < batches; i++) {
    for (uint64_t k = 0; k < s->batch; k++) loop_write(&out, "", 0, values + k * s->record, s->record);
    loop_writer_flush(&out);
    if (s->durable && fdatasync(fd)) bench_fail("%s cannot be synced", path);
    if (s->durable && lseek(fd, 0, SEEK_CUR) > REUSED) lseek(fd, 0, SEEK_SET);
  }
  bench_seconds took = bench_since(start);
  close(fd);
  return (bench_sample){(double)(batches * s->batch), took};
}

/* What comes in a millisecond is committed together; from the millisecond's begin to the acknowledgement. */
static void produce_latency(bench *b, const bench_workload *w, double rate, bench_result *out) {
  enum { MILLISECONDS = 2000 };
  const log_spec *s = w->spec;
  double per_ms = rate * (w->method->per_unit > 0 ? w->method->per_unit : 1) / 1000, start = bench_wall();
  uint64_t sent = 0;
  bench_histogram *h = bench_histogram_new();
  sl_staging *staging = sl_staging_new();
  for (int ms = 1; ms <= MILLISECONDS; ms++) {
    uint64_t due = (uint64_t)(per_ms * ms);
    while (bench_wall() < start + ms / 1000.0) {
    }
    commit_batch(b, s, staging, due - sent, 1700000000000);
    bench_histogram_add(h, bench_wall() - (start + (ms - 1) / 1000.0));
    sent = due;
  }
  sl_staging_free(staging);
  bench_histogram_done(h, rate, out);
}

/* ---- reading ---- */

static void prepare_reading(bench *b, const bench_workload *w) {
  const log_spec *s = w->spec;
  sl_staging *staging = sl_staging_new();
  prepare_log(b, w);
  for (uint64_t i = 0; i < batches_of(b, s); i++) commit_batch(b, s, staging, s->batch, 1700000000000);
  sl_staging_free(staging);
}

static bench_sample consume(bench *b, const bench_workload *w, int round) {
  const log_spec *s = w->spec;
  sl_err err = {0};
  sl_partition *partition = sl_topic_partition(topic, 0);
  uint64_t records = 0, bytes = 0, expected = batches_of(b, s) * s->batch;
  (void)round;
  bench_seconds start = bench_now();
  for (int64_t at = 0, end = sl_partition_visible(partition); at < end;) {
    sl_fetch *fetch;
    int code = sl_log_fetch(partition, at, FETCH_BYTES, FETCH_RECORDS, SL_READ_VISIBLE, &fetch, &err);
    bench_check(code, &err, "reading the log");
    for (size_t i = 0; i < fetch->count; i++) bytes += fetch->records[i].value_len;
    records += fetch->count;
    at = fetch->next_offset;
    sl_fetch_unref(fetch);
  }
  bench_seconds took = bench_since(start);
  if (records != expected || bytes != expected * s->record) bench_fail("the log gave other records");
  if (round < 0) check_topic(s, (int64_t)expected);
  return (bench_sample){(double)records, took};
}

static bench_sample consume_by_hand(bench *b, const bench_workload *w, int round) {
  const log_spec *s = w->spec;
  char path[512];
  loop_reader reader;
  loop_record r;
  uint64_t bytes = 0, records = 0;
  (void)round;
  loop_reader_open(&reader, bench_path(b, "data/topics/log-0", path));
  bench_seconds start = bench_now();
  for (; loop_read(&reader, &r); records++) bytes += r.value_len;
  bench_seconds took = bench_since(start);
  loop_reader_close(&reader);
  if (bytes != records * s->record) bench_fail("the files hold other records");
  return (bench_sample){(double)records, took};
}

static const log_spec DURABLE = {.durable = true, .record = 1000, .records = 300000, .batch = 1000};
static const log_spec CACHED = {.record = 100, .records = 3000000, .batch = 1000};
static const log_spec READ = {.record = 200, .records = 2000000, .batch = 1000};

static const bench_method PRODUCE_BYTES = {.unit = "MB/s",
                                           .per_unit = 1000,
                                           .by_wall = true,
                                           .prepare = prepare_log,
                                           .engine = produce,
                                           .ceiling = produce_by_hand,
                                           .latency = produce_latency};
static const bench_method PRODUCE = {.unit = "records/s",
                                     .prepare = prepare_log,
                                     .engine = produce,
                                     .ceiling = produce_by_hand,
                                     .latency = produce_latency};
static const bench_method CONSUME = {
    .unit = "records/s", .prepare = prepare_reading, .engine = consume, .ceiling = consume_by_hand};

const bench_workload BENCH_LOG[] = {
    {"W9a", "log: append 1 KB, durable, 1 MB a commit", .method = &PRODUCE_BYTES, .spec = &DURABLE},
    {"W9b", "log: append 100 B to the page cache", .method = &PRODUCE, .spec = &CACHED},
    {"W9c", "log: read 200 B records, CRC checked", .method = &CONSUME, .spec = &READ},
    {0},
};
