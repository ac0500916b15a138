/* W1 to W6: persistent queries over topics that are there, as fast as one core can, and then at half that rate while
 * their input arrives on a schedule. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/heap.h"
#include "bench/bench.h"
#include "bench/loops.h"
#include "cli/datagen/generator_int.h"

enum {
  COMMIT_RECORDS = 1000,
  FETCH_BYTES = 1 << 20,
  FETCH_RECORDS = 10000,
  POOL = 1 << 16,
  WORDS = 16,
  VOCABULARY = 10000
};
static const int64_t START_MS = 1700006400000; /* the begin of a day, so that it is one window */
#define CACHE  "10000000"
#define RESULT "result"

typedef struct topic_spec {
  const char *name;
  void (*value)(uint64_t i, sl_generated *out);
  uint64_t fill;  /* short records before the others: one for each key */
  uint64_t count; /* the others */
  uint64_t keys;  /* 0: the key of record i is i - lag */
  uint64_t lag;
  bool no_key;
  uint64_t per_ms; /* records per millisecond of event time */
} topic_spec;

typedef struct query_spec {
  topic_spec topics[2];
  const char *cache; /* cache.max.bytes.buffering */
  const char *sources, *query, *drop;
  bool last_counts; /* of the result's records the last of each key is compared, else all */
  bool table_first; /* the first topic only fills the state */
  bool each;        /* see loop_job */
  int partitions;   /* of the topics, 0: 1 */
  int copies;       /* of the query, each with its result, 0: 1; a record counts once for each */
  int workers;      /* threads, each on a core, 0: this one */
  loop_run loop;
} query_spec;

/* ---- input ---- */

static const sl_generator *events(void) {
  static sl_generator g;
  if (!g.kind) g = sl_generator_of(&sl_kind_events);
  return &g;
}

static void event_value(uint64_t i, sl_generated *out) {
  sl_generate(events(), i, out);
}
static void other_event_value(uint64_t i, sl_generated *out) {
  sl_generate(events(), i + 1000000007, out);
}
static void account_value(uint64_t i, sl_generated *out) {
  sl_buf_reset(&out->value);
  sl_buf_printf(&out->value, "{\"name\":\"Account %" PRIu64 "\",\"city\":\"City_%" PRIu64 "\",\"level\":%" PRIu64 "}",
                i, i * 7919 % 1000, i % 10);
}
/* Words of 3 to 9 letters. */
static void line_value(uint64_t i, sl_generated *out) {
  sl_random r = sl_random_of(events(), i);
  sl_buf_reset(&out->value);
  for (int w = 0; w < WORDS; w++) {
    uint64_t word = sl_random_below(&r, VOCABULARY);
    sl_random letters = {word};
    if (w) sl_buf_add_byte(&out->value, ' ');
    sl_add_letters(&out->value, &letters, 3 + word % 7);
  }
}

static int64_t time_of(const topic_spec *t, uint64_t i) {
  return START_MS + (int64_t)(i / t->per_ms);
}

static void set_key(const topic_spec *t, uint64_t i, sl_generated *out) {
  sl_random r = {i * 0x9e3779b97f4a7c15 + 1};
  uint64_t key = !t->keys ? i - t->lag : i < t->fill ? i : sl_random_below(&r, t->keys);
  sl_put_u32(out->key, (uint32_t)key);
  out->key_len = t->no_key ? 0 : 4;
}

/* Records that fill all have one timestamp: event time begins with the others. */
static void make_record(const topic_spec *t, uint64_t i, sl_generated *out) {
  if (i < t->fill) {
    sl_buf_reset(&out->value);
    sl_buf_add_z(&out->value, "{\"amount\":1.5}");
  } else {
    t->value(i - t->fill, out);
  }
  out->timestamp = time_of(t, i < t->fill ? 0 : i - t->fill);
  set_key(t, i, out);
}

/* Counts in a spec are for scale 1. */
static topic_spec scaled(const bench *b, const topic_spec *t) {
  topic_spec out = *t;
  out.fill = t->fill ? bench_scaled(b, t->fill) : 0;
  out.count = bench_scaled(b, t->count);
  if (t->keys == t->fill || t->keys > 100000) out.keys = bench_scaled(b, t->keys);
  return out;
}

static void load(bench *b, const topic_spec *spec, int partitions) {
  topic_spec t = scaled(b, spec);
  sl_topic *topic = bench_topic_new(b, t.name, partitions ? partitions : 1);
  sl_staging *staging = sl_staging_new();
  sl_generated record = {0};
  for (uint64_t i = 0; i < t.fill + t.count; i++) {
    make_record(&t, i, &record);
    bench_stage(staging, topic, &record);
    if (i % COMMIT_RECORDS == COMMIT_RECORDS - 1) bench_commit(b, staging);
  }
  bench_commit(b, staging);
  sl_buf_done(&record.value);
  sl_staging_free(staging);
  sl_topic_unref(topic);
}

static void prepare(bench *b, const bench_workload *w) {
  const query_spec *q = w->spec;
  bench_open(b, NULL, q->workers ? q->workers : 1);
  for (int i = 0; i < 2 && q->topics[i].name; i++) load(b, &q->topics[i], q->partitions);
  bench_execute(b, q->cache, q->sources);
}

/* ---- the loop ---- */

typedef struct expected {
  bool known;
  loop_digest digest;
} expected;

static uint64_t warm_records(const bench *b, const query_spec *q) {
  topic_spec t = scaled(b, &q->topics[0]);
  return q->table_first ? t.count : t.fill;
}

static double timed_work(const bench *b, const query_spec *q) {
  uint64_t records = 0;
  for (int i = q->table_first; i < 2 && q->topics[i].name; i++) records += scaled(b, &q->topics[i]).count;
  return (double)records * (q->copies ? q->copies : 1);
}

static loop_digest digest_of_loop(const query_spec *q, const char *file) {
  loop_summer *sum = loop_summer_new(!q->last_counts);
  loop_reader reader;
  loop_record r;
  loop_reader_open(&reader, file);
  while (loop_read(&reader, &r)) loop_summer_add(sum, r.key, r.key_len, r.value, r.value_len);
  loop_reader_close(&reader);
  return loop_summer_done(sum);
}

static expected correct; /* what the loop wrote: the process has one workload */

static bench_sample run_loop(bench *b, const bench_workload *w, int round) {
  static loop_job job;
  const query_spec *q = w->spec;
  char names[2][64], paths[2][512], output[512];
  (void)round;
  job = (loop_job){.warm = warm_records(b, q), .keys = scaled(b, &q->topics[q->table_first]).keys, .each = q->each};
  for (int i = 0; i < 2 && q->topics[i].name; i++) {
    snprintf(names[i], sizeof names[i], "data/topics/%s-*", q->topics[i].name);
    job.inputs[i] = bench_path(b, names[i], paths[i]);
    loop_reader_open(&job.readers[i], job.inputs[i]);
  }
  loop_writer_open(&job.out, bench_path(b, "loop", output));
  q->loop(&job);
  loop_writer_close(&job.out);
  for (int i = 0; i < 2 && q->topics[i].name; i++) loop_reader_close(&job.readers[i]);
  if (!correct.known) correct = (expected){true, digest_of_loop(q, output)};
  return (bench_sample){timed_work(b, q), job.took};
}

/* ---- the engine ---- */

static sl_running *newest_query(bench *b) {
  sl_running *found = NULL;
  for (uint64_t n = 0, missed = 0; missed < 64; n++, missed++) {
    sl_running *running = sl_engine_running(b->engine, n);
    if (!running) continue;
    found = running;
    missed = 0;
  }
  if (!found) bench_fail("the query does not run");
  return found;
}

static void run_until(bench *b, uint64_t records) {
  sl_running *running = newest_query(b);
  sl_worker *worker = sl_executor_worker(sl_engine_executor(b->engine), 0);
  sl_running_stats stats;
  for (sl_running_stats_get(running, &stats); stats.records_in < records; sl_running_stats_get(running, &stats)) {
    int64_t due;
    sl_worker_step(worker, &due);
    if (*stats.reason) bench_fail("%s", stats.reason);
  }
}

/* Statements once for each copy of the query, whose result has a number behind its name. */
static void execute_copies(bench *b, const query_spec *q, const char *text) {
  sl_buf sql = {0};
  for (int copy = 0; copy < (q->copies ? q->copies : 1); copy++) {
    sl_buf_reset(&sql);
    const char *p = text;
    for (const char *at; (at = strstr(p, RESULT)); p = at + strlen(RESULT)) {
      sl_buf_add(&sql, p, (size_t)(at - p) + strlen(RESULT));
      if (copy) sl_buf_printf(&sql, "%d", copy);
    }
    sl_buf_add_z(&sql, p);
    bench_execute(b, q->cache, sl_buf_z(&sql));
  }
  sl_buf_done(&sql);
}

static void check_results(bench *b, const bench_workload *w) {
  const query_spec *q = w->spec;
  for (int copy = 0; copy < (q->copies ? q->copies : 1); copy++) {
    char name[32];
    snprintf(name, sizeof name, copy ? RESULT "%d" : RESULT, copy);
    loop_digest got = bench_digest(b, name, !q->last_counts);
    if (!correct.known || got.records != correct.digest.records || got.sum != correct.digest.sum)
      bench_fail("%s: %" PRIu64 " results, sum %" PRIx64 ", where the loop has %" PRIu64 ", sum %" PRIx64, w->name,
                 got.records, got.sum, correct.digest.records, correct.digest.sum);
  }
}

typedef struct thread_arg {
  sl_worker *worker;
  int core;
  atomic_bool *stopping;
} thread_arg;

static void *step_worker(void *arg) {
  thread_arg *t = arg;
  bench_pin(t->core == 0);
  while (!atomic_load(t->stopping)) {
    int64_t due = INT64_MAX;
    if (!sl_worker_step(t->worker, &due)) sl_worker_wait(t->worker, due);
  }
  return NULL;
}

/* Workers on threads until nothing is left to read; what is staged then is committed here. */
static void run_threads(bench *b, const query_spec *q) {
  enum { THREADS_MAX = 8 };
  pthread_t threads[THREADS_MAX];
  thread_arg args[THREADS_MAX];
  atomic_bool stopping = false;
  sl_running *running = newest_query(b);
  sl_running_stats stats;
  for (int i = 0; i < q->workers; i++) {
    args[i] = (thread_arg){sl_executor_worker(sl_engine_executor(b->engine), i), i, &stopping};
    if (pthread_create(&threads[i], NULL, step_worker, &args[i])) bench_fail("no threads");
  }
  do {
    struct timespec tick = {.tv_nsec = 1000000};
    nanosleep(&tick, NULL);
    sl_running_stats_get(running, &stats);
  } while (stats.lag > 0);
  atomic_store(&stopping, true);
  for (int i = 0; i < q->workers; i++) sl_worker_wake(args[i].worker);
  for (int i = 0; i < q->workers; i++) pthread_join(threads[i], NULL);
}

static bench_sample run_engine(bench *b, const bench_workload *w, int round) {
  const query_spec *q = w->spec;
  uint64_t warm = warm_records(b, q);
  (void)round;
  bench_seconds start = bench_now();
  execute_copies(b, q, q->query);
  if (warm) run_until(b, warm);
  if (warm) start = bench_now();
  if (q->workers) run_threads(b, q);
  bench_until_quiet(b);
  bench_seconds took = bench_since(start);
  check_results(b, w);
  execute_copies(b, q, q->drop);
  bench_until_quiet(b);
  bench_clean(b);
  return (bench_sample){timed_work(b, q), took};
}

/* ---- latency: records on a fixed schedule, from the time that each was due ---- */

enum { LATENCY_S = 2, SETTLE_PART = 4, TICK_NS = 200000 };

typedef struct stage_pool {
  sl_generated records[2];
  uint8_t *values[2]; /* POOL values of each topic, one after the other */
  uint32_t *ends[2];
} stage_pool;

typedef struct pacer {
  bench *b;
  const query_spec *q;
  topic_spec topics[2];
  sl_topic *inputs[2], *result;
  uint64_t base[2], sent; /* records of each topic before, and since the start */
  stage_pool pool;
  double start, rate; /* records per second and topic */
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
    struct timespec tick = {.tv_nsec = 20000000};
    bench_check(sl_log_flush_step(sl_engine_log(p->b->engine), false, &due, &err), &err, "syncing");
    nanosleep(&tick, NULL);
  }
  return NULL;
}

static void fill_pool(pacer *p, int topic) {
  sl_generated r = {0};
  sl_buf all = {0};
  p->pool.ends[topic] = sl_heap_zalloc((POOL + 1) * sizeof(uint32_t));
  for (uint64_t i = 0; i < POOL; i++) {
    p->topics[topic].value(i, &r);
    sl_buf_add(&all, r.value.data, r.value.len);
    p->pool.ends[topic][i + 1] = (uint32_t)all.len;
  }
  p->pool.values[topic] = all.data;
  sl_buf_done(&r.value);
}

static void stage_live(pacer *p, sl_staging *staging, int topic, uint64_t n) {
  const topic_spec *t = &p->topics[topic];
  sl_generated r;
  sl_err err = {0};
  uint64_t i = p->base[topic] + n, slot = i % POOL;
  const uint32_t *ends = p->pool.ends[topic];
  set_key(t, i, &r);
  int code = sl_staging_append(staging, sl_topic_partition(p->inputs[topic], 0), time_of(t, i - t->fill),
                               r.key_len ? r.key : NULL, r.key_len, p->pool.values[topic] + ends[slot],
                               ends[slot + 1] - ends[slot], NULL, &err);
  bench_check(code, &err, "writing the input");
}

/* Looks at what has come out: a result's timestamp names the input record it comes from. */
static void observe(pacer *p, double settled) {
  sl_err err = {0};
  sl_partition *partition = sl_topic_partition(p->result, 0);
  int paced = p->q->table_first;
  const topic_spec *t = &p->topics[paced];
  while (p->at < sl_partition_visible(partition)) {
    sl_fetch *fetch;
    int code = sl_log_fetch(partition, p->at, FETCH_BYTES, FETCH_RECORDS, SL_READ_VISIBLE, &fetch, &err);
    bench_check(code, &err, "reading the result");
    double now = bench_wall();
    for (size_t i = 0; i < fetch->count; i++) {
      uint64_t source = (uint64_t)(fetch->records[i].timestamp - START_MS) * t->per_ms + t->fill;
      double intended = p->start + (double)(source - p->base[paced]) / p->rate;
      if (source >= p->base[paced] && intended >= settled) bench_histogram_add(p->latencies, now - intended);
    }
    p->at = fetch->next_offset;
    sl_fetch_unref(fetch);
  }
}

static void pace(pacer *p) {
  sl_staging *staging = sl_staging_new();
  p->start = bench_wall();
  double end = p->start + LATENCY_S, settled = p->start + (double)LATENCY_S / SETTLE_PART;
  for (double now = p->start; now < end; now = bench_wall()) {
    uint64_t due = (uint64_t)((now - p->start) * p->rate);
    for (; p->sent < due; p->sent++)
      for (int i = p->q->table_first; i < 2 && p->inputs[i]; i++) stage_live(p, staging, i, p->sent);
    bench_commit(p->b, staging);
    observe(p, settled);
    while (bench_wall() < now + TICK_NS / 1e9) {
    }
  }
  for (double late = bench_wall() + 1; bench_wall() < late;) observe(p, settled);
  sl_staging_free(staging);
}

static void measure_latency(bench *b, const bench_workload *w, double rate, bench_result *out) {
  const query_spec *q = w->spec;
  pacer p = {.b = b, .q = q, .latencies = sl_heap_zalloc(sizeof(bench_histogram))};
  pthread_t worker, flusher;
  bench_execute(b, q->cache, q->query);
  bench_until_quiet(b);
  int topics = 0;
  for (int i = 0; i < 2 && q->topics[i].name; i++) {
    p.topics[i] = scaled(b, &q->topics[i]);
    p.inputs[i] = sl_log_topic_find(sl_engine_log(b->engine), sl_str_of(q->topics[i].name));
    p.base[i] = p.topics[i].fill + p.topics[i].count;
    if (i < q->table_first) continue;
    fill_pool(&p, i);
    topics++;
  }
  p.result = sl_log_topic_find(sl_engine_log(b->engine), sl_str_of(RESULT));
  p.at = sl_partition_visible(sl_topic_partition(p.result, 0));
  out->rate = rate;
  p.rate = out->rate / topics;
  if (pthread_create(&worker, NULL, run_worker, &p) || pthread_create(&flusher, NULL, run_flusher, &p))
    bench_fail("no threads");
  bench_pin(false);
  pace(&p);
  atomic_store(&p.stopping, true);
  sl_worker_wake(sl_executor_worker(sl_engine_executor(b->engine), 0));
  pthread_join(worker, NULL);
  pthread_join(flusher, NULL);
  out->p50_ms = bench_histogram_ms(p.latencies, 0.5);
  out->p99_ms = bench_histogram_ms(p.latencies, 0.99);
  for (int i = 0; i < 2; i++) {
    sl_topic_unref(p.inputs[i]);
    sl_heap_free(p.pool.values[i]);
    sl_heap_free(p.pool.ends[i]);
  }
  sl_topic_unref(p.result);
  sl_heap_free(p.latencies);
}

/* ---- the workloads ---- */

#define EVENT_COLUMNS                                                                                                  \
  "event_id STRING, user_id INTEGER, ts BIGINT, amount DOUBLE, currency STRING, status STRING, country STRING, "       \
  "message "                                                                                                           \
  "STRING"
#define EVENTS_SQL                                                                                                     \
  "CREATE STREAM events (k INTEGER KEY, " EVENT_COLUMNS ") WITH (KAFKA_TOPIC='events', VALUE_FORMAT='JSON');"
#define COUNT_SQL                                                                                                      \
  "CREATE TABLE result WITH (KAFKA_TOPIC='result') AS SELECT k, COUNT(*) AS n FROM events WINDOW TUMBLING (SIZE 1 "    \
  "DAY) "                                                                                                              \
  "GROUP BY k;"
#define DROP_STREAM "DROP STREAM result DELETE TOPIC;"
#define DROP_TABLE  "DROP TABLE result DELETE TOPIC;"

static const query_spec PASS = {
    .topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL,
    .query = "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT * FROM events;",
    .drop = DROP_STREAM,
    .loop = loop_pass};
static const query_spec FILTER = {
    .topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL,
    .query =
        "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT k, event_id, user_id, amount FROM events WHERE "
        "amount > 550.0;",
    .drop = DROP_STREAM,
    .loop = loop_filter};
static const query_spec COUNT_1K = {
    .topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL,
    .query = COUNT_SQL,
    .drop = DROP_TABLE,
    .last_counts = true,
    .loop = loop_count};
static const query_spec COUNT_1K_EACH = {
    .topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000, .per_ms = 1}},
    .cache = "0",
    .sources = EVENTS_SQL,
    .query = COUNT_SQL,
    .drop = DROP_TABLE,
    .each = true,
    .loop = loop_count};
static const query_spec COUNT_1M = {
    .topics =
        {{.name = "events", .value = event_value, .fill = 1000000, .count = 1000000, .keys = 1000000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL,
    .query = COUNT_SQL,
    .drop = DROP_TABLE,
    .last_counts = true,
    .each = true,
    .loop = loop_count};
static const query_spec COUNT_10M = {
    .topics =
        {{.name = "events", .value = event_value, .fill = 10000000, .count = 1000000, .keys = 10000000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL,
    .query = COUNT_SQL,
    .drop = DROP_TABLE,
    .last_counts = true,
    .each = true,
    .loop = loop_count};
static const query_spec ENRICH = {
    .topics = {{.name = "accounts", .value = account_value, .count = 1000000, .per_ms = 1000000000},
               {.name = "events", .value = event_value, .count = 1000000, .keys = 1000000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL "CREATE TABLE accounts (k INTEGER PRIMARY KEY, name STRING, city STRING, level INTEGER) WITH "
                          "(KAFKA_TOPIC='accounts', VALUE_FORMAT='JSON');",
    .query = "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT e.k AS k, e.event_id AS event_id, e.amount AS "
             "amount, e.status AS status, a.name AS name, a.city AS city FROM events e JOIN accounts a ON e.k = a.k;",
    .drop = DROP_STREAM,
    .table_first = true,
    .loop = loop_enrich};
static const query_spec MATCH = {
    .topics = {{.name = "orders", .value = event_value, .count = 400000, .per_ms = 10},
               {.name = "payments", .value = other_event_value, .count = 400000, .lag = 50000, .per_ms = 10}},
    .cache = CACHE,
    .sources =
        "CREATE STREAM orders (k INTEGER KEY, " EVENT_COLUMNS ") WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');"
        "CREATE STREAM payments (k INTEGER KEY, " EVENT_COLUMNS ") WITH (KAFKA_TOPIC='payments', "
        "VALUE_FORMAT='JSON');",
    .query = "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT o.k AS k, o.event_id AS order_id, o.amount AS "
             "amount, p.event_id AS payment_id, p.amount AS paid FROM orders o JOIN payments p WITHIN 10 SECONDS GRACE "
             "PERIOD 0 SECONDS ON o.k = p.k;",
    .drop = DROP_STREAM,
    .loop = loop_match};
static const query_spec COUNT_WORDS = {
    .topics = {{.name = "lines", .value = line_value, .count = 100000, .no_key = true, .per_ms = 1}},
    .cache = CACHE,
    .sources = "CREATE STREAM lines (line STRING) WITH (KAFKA_TOPIC='lines', VALUE_FORMAT='KAFKA');",
    .query = "CREATE STREAM words WITH (KAFKA_TOPIC='words', VALUE_FORMAT='JSON') AS SELECT EXPLODE(SPLIT(line, ' ')) "
             "AS word FROM lines;"
             "CREATE TABLE result WITH (KAFKA_TOPIC='result', VALUE_FORMAT='JSON') AS SELECT word, COUNT(*) AS n FROM "
             "words GROUP BY word;",
    .drop = DROP_TABLE "DROP STREAM words DELETE TOPIC;",
    .last_counts = true,
    .loop = loop_words};

#define FILTER_SQL                                                                                                     \
  "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT k, event_id, user_id, amount FROM events WHERE amount "  \
  "> "                                                                                                                 \
  "550.0;"
static const query_spec SCALES[] = {
    {.topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .partitions = 8,
     .loop = loop_filter},
    {.topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .partitions = 64,
     .loop = loop_filter},
    {.topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .copies = 10,
     .loop = loop_filter},
    {.topics = {{.name = "events", .value = event_value, .count = 100000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .copies = 100,
     .loop = loop_filter},
    {.topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .partitions = 8,
     .workers = 1,
     .loop = loop_filter},
    {.topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .partitions = 8,
     .workers = 2,
     .loop = loop_filter},
    {.topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = COUNT_SQL,
     .drop = DROP_TABLE,
     .last_counts = true,
     .each = true,
     .partitions = 8,
     .workers = 1,
     .loop = loop_count},
    {.topics = {{.name = "events", .value = event_value, .count = 1000000, .keys = 1000000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = COUNT_SQL,
     .drop = DROP_TABLE,
     .last_counts = true,
     .each = true,
     .partitions = 8,
     .workers = 2,
     .loop = loop_count},
};

const bench_workload BENCH_QUERIES[] = {
    {"W1", "passthrough, 8 of 8 fields", "records/s", 1, .rounds = 0, .spec = &PASS, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = measure_latency},
    {"W2", "filter + project 3 of 8", "records/s", 1, .rounds = 0, .spec = &FILTER, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = measure_latency},
    {"W3a", "tumbling count by key, 1,000 keys", "records/s", 1, .rounds = 0, .spec = &COUNT_1K, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = measure_latency},
    {"W3a.e", "the same, every change", "records/s", 1, .rounds = 0, .spec = &COUNT_1K_EACH, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = measure_latency},
    {"W3b", "the same, 1 M keys", "records/s", 1, .rounds = 0, .spec = &COUNT_1M, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = measure_latency},
    {"W3d", "the same, 10 M keys", "records/s", 1, .rounds = 3, .spec = &COUNT_10M, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = measure_latency},
    {"W4", "stream-table join, 1 M rows", "records/s", 1, .rounds = 0, .spec = &ENRICH, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = measure_latency},
    {"W5", "stream-stream join, 10 s window", "records/s", 1, .rounds = 0, .spec = &MATCH, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = measure_latency},
    {"W6", "words of lines of 16 counted (lines)", "records/s", 1, .rounds = 0, .spec = &COUNT_WORDS,
     .prepare = prepare, .engine = run_engine, .ceiling = run_loop, .latency = measure_latency},
    {"S.p8", "W2 with 8 partitions", "records/s", 1, .rounds = 3, .spec = &SCALES[0], .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop},
    {"S.p64", "W2 with 64 partitions", "records/s", 1, .rounds = 3, .spec = &SCALES[1], .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop},
    {"S.q10", "W2 as 10 queries over one topic", "records/s", 1, .rounds = 3, .spec = &SCALES[2], .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop},
    {"S.q100", "W2 as 100 queries over one topic", "records/s", 1, .rounds = 3, .spec = &SCALES[3], .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop},
    {"S.t1", "W2, 8 partitions, 1 worker (wall)", "records/s", 1, .by_wall = true, .rounds = 3, .spec = &SCALES[4],
     .prepare = prepare, .engine = run_engine, .ceiling = run_loop},
    {"S.t2", "W2, 8 partitions, 2 workers (wall)", "records/s", 1, .by_wall = true, .rounds = 3, .spec = &SCALES[5],
     .prepare = prepare, .engine = run_engine, .ceiling = run_loop},
    {"S.b1", "W3b, 8 partitions, 1 worker (wall)", "records/s", 1, .by_wall = true, .rounds = 3, .spec = &SCALES[6],
     .prepare = prepare, .engine = run_engine, .ceiling = run_loop},
    {"S.b2", "W3b, 8 partitions, 2 workers (wall)", "records/s", 1, .by_wall = true, .rounds = 3, .spec = &SCALES[7],
     .prepare = prepare, .engine = run_engine, .ceiling = run_loop},
    {0},
};
