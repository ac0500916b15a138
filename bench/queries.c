/* W1 to W6: persistent queries over topics that are there, as fast as one core can. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "bench/queries.h"
#include "bench/uncommitted.h"

void query_execute(bench *b, const query_spec *q, const char *sql) {
  bench_execute(b, q->uncached ? "0" : "10000000", sql);
}

static void prepare(bench *b, const bench_workload *w) {
  const query_spec *q = w->spec;
  bench_open(b, NULL, w->workers ? w->workers : 1);
  for (int i = 0; i < QUERY_INPUTS && q->inputs[i]; i++) {
    query_input_load(b, q->inputs[i], w->partitions ? w->partitions : 1);
    query_execute(b, q, q->inputs[i]->source);
  }
}

static int copies_of(const bench_workload *w) {
  return w->copies ? w->copies : 1;
}

/* ---- the loop ---- */

typedef struct expected {
  bool known;
  loop_digest digest;
} expected;

static uint64_t warm_records(const bench *b, const query_spec *q) {
  query_input t = query_input_scaled(b, q->inputs[0]);
  return q->table_first ? t.count : t.fill;
}

static double timed_work(const bench *b, const query_spec *q) {
  uint64_t records = 0;
  for (int i = q->table_first; i < QUERY_INPUTS && q->inputs[i]; i++)
    records += query_input_scaled(b, q->inputs[i]).count;
  return (double)records;
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
  char names[QUERY_INPUTS][64], paths[QUERY_INPUTS][512], output[512];
  (void)round;
  job = (loop_job){
      .warm = warm_records(b, q), .keys = query_input_scaled(b, q->inputs[q->table_first]).keys, .each = q->each};
  for (int i = 0; i < QUERY_INPUTS && q->inputs[i]; i++) {
    snprintf(names[i], sizeof names[i], "data/topics/%s-*", q->inputs[i]->name);
    job.inputs[i] = bench_path(b, names[i], paths[i]);
    loop_reader_open(&job.readers[i], job.inputs[i]);
  }
  loop_writer_open(&job.out, bench_path(b, "loop", output));
  q->loop(&job);
  loop_writer_close(&job.out);
  for (int i = 0; i < QUERY_INPUTS && q->inputs[i]; i++) loop_reader_close(&job.readers[i]);
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
static void execute_copies(bench *b, const bench_workload *w, const char *text) {
  sl_buf sql = {0};
  for (int copy = 0; copy < copies_of(w); copy++) {
    sl_buf_reset(&sql);
    const char *p = text;
    for (const char *at; (at = strstr(p, QUERY_RESULT)); p = at + strlen(QUERY_RESULT)) {
      sl_buf_add(&sql, p, (size_t)(at - p) + strlen(QUERY_RESULT));
      if (copy) sl_buf_printf(&sql, "%d", copy);
    }
    sl_buf_add_z(&sql, p);
    query_execute(b, w->spec, sl_buf_z(&sql));
  }
  sl_buf_done(&sql);
}

static void check_results(bench *b, const bench_workload *w) {
  const query_spec *q = w->spec;
  for (int copy = 0; copy < copies_of(w); copy++) {
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
static void run_threads(bench *b, int workers) {
  enum { THREADS_MAX = 8 };
  pthread_t threads[THREADS_MAX];
  thread_arg args[THREADS_MAX];
  atomic_bool stopping = false;
  sl_running *running = newest_query(b);
  sl_running_stats stats;
  for (int i = 0; i < workers; i++) {
    args[i] = (thread_arg){sl_executor_worker(sl_engine_executor(b->engine), i), i, &stopping};
    if (pthread_create(&threads[i], NULL, step_worker, &args[i])) bench_fail("no threads");
  }
  do {
    struct timespec tick = {.tv_nsec = 1000000};
    nanosleep(&tick, NULL);
    sl_running_stats_get(running, &stats);
  } while (stats.lag > 0);
  atomic_store(&stopping, true);
  for (int i = 0; i < workers; i++) sl_worker_wake(args[i].worker);
  for (int i = 0; i < workers; i++) pthread_join(threads[i], NULL);
}

static bench_sample run(bench *b, const bench_workload *w, bool committing) {
  const query_spec *q = w->spec;
  uint64_t warm = warm_records(b, q);
  bench_seconds start = bench_now();
  execute_copies(b, w, q->query);
  if (warm) run_until(b, warm);
  if (warm) start = bench_now();
  if (!committing) uncommitted_begin(sl_engine_log(b->engine));
  if (w->workers) run_threads(b, w->workers);
  bench_until_quiet(b);
  bench_seconds took = bench_since(start);
  if (!committing) uncommitted_end(sl_engine_log(b->engine));
  check_results(b, w);
  execute_copies(b, w, q->drop);
  bench_until_quiet(b);
  bench_clean(b);
  return (bench_sample){timed_work(b, q) * copies_of(w), took};
}

static bench_sample run_engine(bench *b, const bench_workload *w, int round) {
  (void)round;
  return run(b, w, true);
}

/* In place of a loop. */
static bench_sample run_uncommitted(bench *b, const bench_workload *w, int round) {
  if (round < 0) run_loop(b, w, round); /* knows the result */
  return run(b, w, false);
}

/* ---- the workloads ---- */

#define RESULT_AS   "result WITH (KAFKA_TOPIC='result') AS "
#define DROP_STREAM "DROP STREAM result DELETE TOPIC;"
#define DROP_TABLE  "DROP TABLE result DELETE TOPIC;"

static const char COUNT_SQL[] =
    "CREATE TABLE " RESULT_AS "SELECT k, COUNT(*) AS n FROM events WINDOW TUMBLING (SIZE 1 DAY) GROUP BY k;";

static const query_spec PASS = {.inputs = {&QUERY_EVENTS_1K},
                                .query = "CREATE STREAM " RESULT_AS "SELECT * FROM events;",
                                .drop = DROP_STREAM,
                                .loop = loop_pass};
static const query_spec FILTER = {.inputs = {&QUERY_EVENTS_1K},
                                  .query = "CREATE STREAM " RESULT_AS
                                           "SELECT k, event_id, user_id, amount FROM events WHERE amount > 550.0;",
                                  .drop = DROP_STREAM,
                                  .loop = loop_filter};
static const query_spec COUNT_1K = {
    .inputs = {&QUERY_EVENTS_1K}, .query = COUNT_SQL, .drop = DROP_TABLE, .loop = loop_count, .last_counts = true};
static const query_spec COUNT_1K_EACH = {.inputs = {&QUERY_EVENTS_1K},
                                         .query = COUNT_SQL,
                                         .drop = DROP_TABLE,
                                         .loop = loop_count,
                                         .each = true,
                                         .uncached = true};
static const query_spec COUNT_1M = {.inputs = {&QUERY_EVENTS_1M_FILLED},
                                    .query = COUNT_SQL,
                                    .drop = DROP_TABLE,
                                    .loop = loop_count,
                                    .last_counts = true,
                                    .each = true};
static const query_spec COUNT_1M_NEW = {.inputs = {&QUERY_EVENTS_1M},
                                        .query = COUNT_SQL,
                                        .drop = DROP_TABLE,
                                        .loop = loop_count,
                                        .last_counts = true,
                                        .each = true};
static const query_spec COUNT_10M = {.inputs = {&QUERY_EVENTS_10M_FILLED},
                                     .query = COUNT_SQL,
                                     .drop = DROP_TABLE,
                                     .loop = loop_count,
                                     .last_counts = true,
                                     .each = true};
static const query_spec ENRICH = {
    .inputs = {&QUERY_ACCOUNTS, &QUERY_EVENTS_1M},
    .query =
        "CREATE STREAM " RESULT_AS "SELECT e.k AS k, e.event_id AS event_id, e.amount AS amount, e.status AS status, "
        "a.name AS name, a.city AS city FROM events e JOIN accounts a ON e.k = a.k;",
    .drop = DROP_STREAM,
    .loop = loop_enrich,
    .table_first = true};
static const query_spec MATCH = {
    .inputs = {&QUERY_ORDERS, &QUERY_PAYMENTS},
    .query = "CREATE STREAM " RESULT_AS
             "SELECT o.k AS k, o.event_id AS order_id, o.amount AS amount, p.event_id AS payment_id, "
             "p.amount AS paid FROM orders o JOIN payments p WITHIN 10 SECONDS GRACE PERIOD 0 SECONDS ON o.k = p.k;",
    .drop = DROP_STREAM,
    .loop = loop_match};
static const query_spec COUNT_WORDS = {
    .inputs = {&QUERY_LINES},
    .query =
        "CREATE STREAM words WITH (KAFKA_TOPIC='words', VALUE_FORMAT='JSON') AS SELECT EXPLODE(SPLIT(line, ' ')) AS "
        "word "
        "FROM lines;"
        "CREATE TABLE result WITH (KAFKA_TOPIC='result', VALUE_FORMAT='JSON') AS SELECT word, COUNT(*) AS n FROM words "
        "GROUP BY word;",
    .drop = DROP_TABLE "DROP STREAM words DELETE TOPIC;",
    .loop = loop_words,
    .last_counts = true};

#define QUERY_METHOD .unit = "records/s", .prepare = prepare, .engine = run_engine, .ceiling = run_loop
static const bench_method QUERY = {QUERY_METHOD, .latency = query_latency};
static const bench_method LARGE_QUERY = {QUERY_METHOD, .latency = query_latency, .rounds = 3};
static const bench_method SCALING = {QUERY_METHOD, .rounds = 3};
static const bench_method THREADS = {QUERY_METHOD, .rounds = 3, .by_wall = true};
static const bench_method COMMITS = {
    .unit = "records/s", .prepare = prepare, .engine = run_engine, .ceiling = run_uncommitted};

const bench_workload BENCH_QUERIES[] = {
    {"W1", "passthrough, 8 of 8 fields", .method = &QUERY, .spec = &PASS},
    {"W2", "filter + project 3 of 8", .method = &QUERY, .spec = &FILTER},
    {"W3a", "tumbling count by key, 1,000 keys", .method = &QUERY, .spec = &COUNT_1K},
    {"W3a.e", "the same, every change", .method = &QUERY, .spec = &COUNT_1K_EACH},
    {"W3b", "the same, 1 M keys", .method = &QUERY, .spec = &COUNT_1M},
    {"W3d", "the same, 10 M keys", .method = &LARGE_QUERY, .spec = &COUNT_10M},
    {"W4", "stream-table join, 1 M rows", .method = &QUERY, .spec = &ENRICH},
    {"W5", "stream-stream join, 10 s window", .method = &QUERY, .spec = &MATCH},
    {"W6", "words of lines of 16 counted (lines)", .method = &QUERY, .spec = &COUNT_WORDS},
    {"S.p8", "W2 with 8 partitions", .method = &SCALING, .spec = &FILTER, .partitions = 8},
    {"S.p64", "W2 with 64 partitions", .method = &SCALING, .spec = &FILTER, .partitions = 64},
    {"S.q10", "W2 as 10 queries over one topic", .method = &SCALING, .spec = &FILTER, .copies = 10},
    {"S.q100", "W2 as 100 queries over one topic", .method = &SCALING, .spec = &FILTER, .copies = 100, .scale = 0.1},
    {"S.t1", "W2, 8 partitions, 1 worker (wall)", .method = &THREADS, .spec = &FILTER, .partitions = 8, .workers = 1},
    {"S.t2", "W2, 8 partitions, 2 workers (wall)", .method = &THREADS, .spec = &FILTER, .partitions = 8, .workers = 2},
    {"S.b1", "W3b, 8 partitions, 1 worker (wall)", .method = &THREADS, .spec = &COUNT_1M_NEW, .partitions = 8,
     .workers = 1},
    {"S.b2", "W3b, 8 partitions, 2 workers (wall)", .method = &THREADS, .spec = &COUNT_1M_NEW, .partitions = 8,
     .workers = 2},
    {"C.W2", "W2, and without commits", .method = &COMMITS, .spec = &FILTER},
    {"C.W3b", "W3b, and without commits", .method = &COMMITS, .spec = &COUNT_1M},
    {0},
};
