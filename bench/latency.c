/* A query's latency: records on a fixed schedule from this thread; the engine and its flusher have one each. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/heap.h"
#include "bench/queries.h"

enum { LATENCY_S = 2, SETTLE_PART = 4, TICK_NS = 200000, POOL = 1 << 16, FETCH_BYTES = 1 << 20, FETCH_RECORDS = 10000 };

typedef struct paced_topic {
  query_input input;
  sl_topic *topic;
  uint64_t before; /* records that it had at the start */
  uint8_t *values; /* POOL of them, one after the other */
  uint32_t *ends;
} paced_topic;

typedef struct pacer {
  bench *b;
  paced_topic topics[QUERY_INPUTS];
  int count;
  sl_topic *result;
  uint64_t sent;      /* records of each topic since the start */
  double start, rate; /* records per second and topic */
  double settled;     /* records due before do not count */
  bench_histogram *latencies;
  int64_t at; /* in the result */
  atomic_bool stopping;
} pacer;

static void *run_worker(void *arg) {
  pacer *p = arg;
  sl_worker *worker = sl_executor_worker(sl_engine_executor(p->b->engine), 0);
  bench_pin(true);
  while (!atomic_load(&p->stopping)) {
    int64_t due = INT64_MAX;
    if (!sl_worker_step(worker, &due)) sl_worker_wait(worker, due);
  }
  return NULL;
}

/* As the server's thread does. */
static void *run_flusher(void *arg) {
  pacer *p = arg;
  bench_pin(false);
  while (!atomic_load(&p->stopping)) {
    sl_err err = {0};
    int64_t due;
    bench_check(sl_log_flush_step(sl_engine_log(p->b->engine), false, &due, &err), &err, "syncing");
    int64_t wait_ms = due - sl_clock_monotonic_ns(sl_clock_real()) / 1000000;
    struct timespec tick = {.tv_nsec = (wait_ms < 1 ? 1 : wait_ms > 20 ? 20 : wait_ms) * 1000000};
    nanosleep(&tick, NULL);
  }
  return NULL;
}

static void open_topic(bench *b, const query_input *input, paced_topic *out) {
  sl_generated r = {0};
  sl_buf all = {0};
  out->input = query_input_scaled(b, input);
  out->topic = sl_log_topic_find(sl_engine_log(b->engine), sl_str_of(input->name));
  out->before = out->input.fill + out->input.count;
  out->ends = sl_heap_zalloc((POOL + 1) * sizeof(uint32_t));
  for (uint64_t i = 0; i < POOL; i++) {
    input->value(i, &r);
    sl_buf_add(&all, r.value.data, r.value.len);
    out->ends[i + 1] = (uint32_t)all.len;
  }
  out->values = all.data;
  sl_buf_done(&r.value);
}

static void stage_live(const paced_topic *t, sl_staging *staging, uint64_t n) {
  sl_generated r;
  sl_err err = {0};
  uint64_t i = t->before + n, slot = i % POOL;
  query_input_key(&t->input, i, &r);
  int code = sl_staging_append(staging, sl_topic_partition(t->topic, 0), query_input_time(&t->input, i - t->input.fill),
                               r.key_len ? r.key : NULL, r.key_len, t->values + t->ends[slot],
                               t->ends[slot + 1] - t->ends[slot], NULL, &err);
  bench_check(code, &err, "writing the input");
}

/* Looks at what has come out: a result's timestamp names the input record it comes from. */
static void observe(pacer *p) {
  sl_err err = {0};
  sl_partition *partition = sl_topic_partition(p->result, 0);
  const paced_topic *t = &p->topics[0];
  while (p->at < sl_partition_visible(partition)) {
    sl_fetch *fetch;
    int code = sl_log_fetch(partition, p->at, FETCH_BYTES, FETCH_RECORDS, SL_READ_VISIBLE, &fetch, &err);
    bench_check(code, &err, "reading the result");
    double now = bench_wall();
    for (size_t i = 0; i < fetch->count; i++) {
      uint64_t source = (uint64_t)(fetch->records[i].timestamp - QUERY_START_MS) * t->input.per_ms + t->input.fill;
      double intended = p->start + (double)(source - t->before) / p->rate;
      if (source >= t->before && intended >= p->settled) bench_histogram_add(p->latencies, now - intended);
    }
    p->at = fetch->next_offset;
    sl_fetch_unref(fetch);
  }
}

static void pace(pacer *p) {
  sl_staging *staging = sl_staging_new();
  p->start = bench_wall();
  double end = p->start + LATENCY_S;
  p->settled = p->start + (double)LATENCY_S / SETTLE_PART;
  for (double now = p->start; now < end; now = bench_wall()) {
    uint64_t due = (uint64_t)((now - p->start) * p->rate);
    for (; p->sent < due; p->sent++)
      for (int i = 0; i < p->count; i++) stage_live(&p->topics[i], staging, p->sent);
    bench_commit(p->b, staging);
    observe(p);
    while (bench_wall() < now + TICK_NS / 1e9) {
    }
  }
  for (double late = bench_wall() + 1; bench_wall() < late;) observe(p);
  sl_staging_free(staging);
}

void query_latency(bench *b, const bench_workload *w, double rate, bench_result *out) {
  const query_spec *q = w->spec;
  pacer p = {.b = b, .latencies = bench_histogram_new()};
  pthread_t worker, flusher;
  query_execute(b, q, q->query);
  bench_until_quiet(b);
  for (int i = q->table_first; i < QUERY_INPUTS && q->inputs[i]; i++) open_topic(b, q->inputs[i], &p.topics[p.count++]);
  p.result = sl_log_topic_find(sl_engine_log(b->engine), sl_str_of(QUERY_RESULT));
  p.at = sl_partition_visible(sl_topic_partition(p.result, 0));
  p.rate = rate / p.count;
  if (pthread_create(&worker, NULL, run_worker, &p) || pthread_create(&flusher, NULL, run_flusher, &p))
    bench_fail("no threads");
  bench_pin(false);
  pace(&p);
  atomic_store(&p.stopping, true);
  sl_worker_wake(sl_executor_worker(sl_engine_executor(b->engine), 0));
  pthread_join(worker, NULL);
  pthread_join(flusher, NULL);
  bench_until_quiet(b); /* what is later still counts as late as it is seen here */
  observe(&p);
  for (int i = 0; i < p.count; i++) {
    sl_topic_unref(p.topics[i].topic);
    sl_heap_free(p.topics[i].values);
    sl_heap_free(p.topics[i].ends);
  }
  sl_topic_unref(p.result);
  bench_histogram_done(p.latencies, rate, out);
}
