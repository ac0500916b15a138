/* W1 to W6: persistent queries over topics that are there, as fast as one core can. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "bench/queries.h"

#define CACHE "10000000"

static void prepare(bench *b, const bench_workload *w) {
  const query_spec *q = w->spec;
  bench_open(b, NULL, q->workers ? q->workers : 1);
  for (int i = 0; i < 2 && q->inputs[i].name; i++) query_input_load(b, &q->inputs[i], q->partitions);
  bench_execute(b, q->cache, q->sources);
}

/* ---- the loop ---- */

typedef struct expected {
  bool known;
  loop_digest digest;
} expected;

static uint64_t warm_records(const bench *b, const query_spec *q) {
  query_input t = query_input_scaled(b, &q->inputs[0]);
  return q->table_first ? t.count : t.fill;
}

static double timed_work(const bench *b, const query_spec *q) {
  uint64_t records = 0;
  for (int i = q->table_first; i < 2 && q->inputs[i].name; i++) records += query_input_scaled(b, &q->inputs[i]).count;
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
  job = (loop_job){
      .warm = warm_records(b, q), .keys = query_input_scaled(b, &q->inputs[q->table_first]).keys, .each = q->each};
  for (int i = 0; i < 2 && q->inputs[i].name; i++) {
    snprintf(names[i], sizeof names[i], "data/topics/%s-*", q->inputs[i].name);
    job.inputs[i] = bench_path(b, names[i], paths[i]);
    loop_reader_open(&job.readers[i], job.inputs[i]);
  }
  loop_writer_open(&job.out, bench_path(b, "loop", output));
  q->loop(&job);
  loop_writer_close(&job.out);
  for (int i = 0; i < 2 && q->inputs[i].name; i++) loop_reader_close(&job.readers[i]);
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
    for (const char *at; (at = strstr(p, QUERY_RESULT)); p = at + strlen(QUERY_RESULT)) {
      sl_buf_add(&sql, p, (size_t)(at - p) + strlen(QUERY_RESULT));
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
    snprintf(name, sizeof name, copy ? QUERY_RESULT "%d" : QUERY_RESULT, copy);
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
    .inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL,
    .query = "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT * FROM events;",
    .drop = DROP_STREAM,
    .loop = loop_pass};
static const query_spec FILTER = {
    .inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL,
    .query =
        "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT k, event_id, user_id, amount FROM events WHERE "
        "amount > 550.0;",
    .drop = DROP_STREAM,
    .loop = loop_filter};
static const query_spec COUNT_1K = {
    .inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL,
    .query = COUNT_SQL,
    .drop = DROP_TABLE,
    .last_counts = true,
    .loop = loop_count};
static const query_spec COUNT_1K_EACH = {
    .inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000, .per_ms = 1}},
    .cache = "0",
    .sources = EVENTS_SQL,
    .query = COUNT_SQL,
    .drop = DROP_TABLE,
    .each = true,
    .loop = loop_count};
static const query_spec COUNT_1M = {.inputs = {{.name = "events",
                                                .value = query_value_event,
                                                .fill = 1000000,
                                                .count = 1000000,
                                                .keys = 1000000,
                                                .per_ms = 1}},
                                    .cache = CACHE,
                                    .sources = EVENTS_SQL,
                                    .query = COUNT_SQL,
                                    .drop = DROP_TABLE,
                                    .last_counts = true,
                                    .each = true,
                                    .loop = loop_count};
static const query_spec COUNT_10M = {.inputs = {{.name = "events",
                                                 .value = query_value_event,
                                                 .fill = 10000000,
                                                 .count = 1000000,
                                                 .keys = 10000000,
                                                 .per_ms = 1}},
                                     .cache = CACHE,
                                     .sources = EVENTS_SQL,
                                     .query = COUNT_SQL,
                                     .drop = DROP_TABLE,
                                     .last_counts = true,
                                     .each = true,
                                     .loop = loop_count};
static const query_spec ENRICH = {
    .inputs = {{.name = "accounts", .value = query_value_account, .count = 1000000, .per_ms = 1000000000},
               {.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000000, .per_ms = 1}},
    .cache = CACHE,
    .sources = EVENTS_SQL "CREATE TABLE accounts (k INTEGER PRIMARY KEY, name STRING, city STRING, level INTEGER) WITH "
                          "(KAFKA_TOPIC='accounts', VALUE_FORMAT='JSON');",
    .query = "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT e.k AS k, e.event_id AS event_id, e.amount AS "
             "amount, e.status AS status, a.name AS name, a.city AS city FROM events e JOIN accounts a ON e.k = a.k;",
    .drop = DROP_STREAM,
    .table_first = true,
    .loop = loop_enrich};
static const query_spec MATCH = {
    .inputs = {{.name = "orders", .value = query_value_event, .count = 400000, .per_ms = 10},
               {.name = "payments", .value = query_value_other_event, .count = 400000, .lag = 50000, .per_ms = 10}},
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
    .inputs = {{.name = "lines", .value = query_value_line, .count = 100000, .no_key = true, .per_ms = 1}},
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
    {.inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .partitions = 8,
     .loop = loop_filter},
    {.inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .partitions = 64,
     .loop = loop_filter},
    {.inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .copies = 10,
     .loop = loop_filter},
    {.inputs = {{.name = "events", .value = query_value_event, .count = 100000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .copies = 100,
     .loop = loop_filter},
    {.inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .partitions = 8,
     .workers = 1,
     .loop = loop_filter},
    {.inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = FILTER_SQL,
     .drop = DROP_STREAM,
     .partitions = 8,
     .workers = 2,
     .loop = loop_filter},
    {.inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000000, .per_ms = 1}},
     .cache = CACHE,
     .sources = EVENTS_SQL,
     .query = COUNT_SQL,
     .drop = DROP_TABLE,
     .last_counts = true,
     .each = true,
     .partitions = 8,
     .workers = 1,
     .loop = loop_count},
    {.inputs = {{.name = "events", .value = query_value_event, .count = 1000000, .keys = 1000000, .per_ms = 1}},
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
     .engine = run_engine, .ceiling = run_loop, .latency = query_latency},
    {"W2", "filter + project 3 of 8", "records/s", 1, .rounds = 0, .spec = &FILTER, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = query_latency},
    {"W3a", "tumbling count by key, 1,000 keys", "records/s", 1, .rounds = 0, .spec = &COUNT_1K, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = query_latency},
    {"W3a.e", "the same, every change", "records/s", 1, .rounds = 0, .spec = &COUNT_1K_EACH, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = query_latency},
    {"W3b", "the same, 1 M keys", "records/s", 1, .rounds = 0, .spec = &COUNT_1M, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = query_latency},
    {"W3d", "the same, 10 M keys", "records/s", 1, .rounds = 3, .spec = &COUNT_10M, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = query_latency},
    {"W4", "stream-table join, 1 M rows", "records/s", 1, .rounds = 0, .spec = &ENRICH, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = query_latency},
    {"W5", "stream-stream join, 10 s window", "records/s", 1, .rounds = 0, .spec = &MATCH, .prepare = prepare,
     .engine = run_engine, .ceiling = run_loop, .latency = query_latency},
    {"W6", "words of lines of 16 counted (lines)", "records/s", 1, .rounds = 0, .spec = &COUNT_WORDS,
     .prepare = prepare, .engine = run_engine, .ceiling = run_loop, .latency = query_latency},
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
