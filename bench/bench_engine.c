/* The engine against the ceiling, workload by workload, in one process on one pinned core.
 *
 * The input lies in a topic of a real data directory. In each round every workload is run as a persistent query, timed
 * from its statement until nothing is left to do, and as the hand-written loop over the same files; the outputs are
 * compared value by value (by the sum of their hashes). The median of the rounds is printed.
 * Usage: bench_engine DIR [records [rounds]], DIR empty and removable by the caller. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "bench/ceiling.h"
#include "bench/workload.h"
#include "engine/engine.h"

enum { ROUNDS_MAX = 25, LOAD_COMMIT = 1000, FETCH = 1 << 20 };

typedef struct workload {
  const char *label;
  bench_kind kind;
  const char *cache; /* cache.max.bytes.buffering */
  const char *sql;
} workload;

static const char SOURCE[] =
    "CREATE STREAM events (k INTEGER KEY, event_id STRING, user_id INTEGER, ts BIGINT, amount DOUBLE, currency STRING,"
    " status STRING, country STRING, message STRING) WITH (KAFKA_TOPIC='events', VALUE_FORMAT='JSON');";

static const workload WORKLOADS[] = {
    {"W1  passthrough, 8 of 8 fields", BENCH_PASS, "10000000",
     "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT * FROM events;"},
    {"W2  filter + project 3 of 8", BENCH_FILTER, "10000000",
     "CREATE STREAM result WITH (KAFKA_TOPIC='result') AS SELECT k, event_id, user_id, amount FROM events WHERE amount "
     "> "
     "550.0;"},
    {"W3a count by key, 1,000 keys", BENCH_COUNT, "10000000",
     "CREATE TABLE result WITH (KAFKA_TOPIC='result') AS SELECT k, COUNT(*) AS n FROM events GROUP BY k;"},
    {"W3a the same, every change", BENCH_COUNT_EACH, "0",
     "CREATE TABLE result WITH (KAFKA_TOPIC='result') AS SELECT k, COUNT(*) AS n FROM events GROUP BY k;"},
};
enum { WORKLOAD_COUNT = sizeof WORKLOADS / sizeof *WORKLOADS };

typedef struct seconds {
  double wall, cpu;
} seconds;

typedef struct bench {
  const char *dir;
  char data[512], input[600], output[600];
  sl_settings settings;
  sl_engine *engine;
  uint32_t records;
  int rounds;
  uint64_t key_counts[BENCH_KEYS];
  seconds engine_times[WORKLOAD_COUNT][ROUNDS_MAX], ceiling_times[WORKLOAD_COUNT][ROUNDS_MAX];
} bench;

static void check(int code, const sl_err *err, const char *doing) {
  if (!code) return;
  fprintf(stderr, "bench: %s: %s\n", doing, err->message ? err->message : sl_err_name(code));
  exit(1);
}

static double clock_s(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static seconds now(void) {
  return (seconds){clock_s(CLOCK_MONOTONIC), clock_s(CLOCK_PROCESS_CPUTIME_ID)};
}

static seconds since(seconds start) {
  seconds end = now();
  return (seconds){end.wall - start.wall, end.cpu - start.cpu};
}

/* The last core of those allowed: the first one has the interrupts. */
static void pin(void) {
  cpu_set_t set;
  size_t last = CPU_SETSIZE;
  if (sched_getaffinity(0, sizeof set, &set)) return;
  for (size_t i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &set)) last = i;
  CPU_ZERO(&set);
  if (last < CPU_SETSIZE) CPU_SET(last, &set);
  if (last < CPU_SETSIZE) sched_setaffinity(0, sizeof set, &set);
}

static void execute(bench *b, const char *cache, const char *sql) {
  sl_err err = {0};
  sl_arena arena;
  sl_answers answers = {0};
  sl_session *session = sl_session_new(b->engine);
  const sl_str earliest = sl_str_of("earliest"), cache_bytes = sl_str_of(cache);
  sl_arena_init(&arena, 0);
  check(sl_session_set(session, sl_str_of("auto.offset.reset"), &earliest, &err), &err, "SET");
  check(sl_session_set(session, sl_str_of("cache.max.bytes.buffering"), &cache_bytes, &err), &err, "SET");
  check(sl_engine_execute(b->engine, session, sl_str_of(sql), &arena, &answers, &err), &err, sql);
  sl_arena_done(&arena);
  sl_session_free(session);
}

/* ---- the input ---- */

static void load(bench *b) {
  sl_err err = {0};
  sl_log *log = sl_engine_log(b->engine);
  sl_topic *topic;
  sl_topic_spec spec = {.name = sl_str_of("events"), .partitions = 1};
  check(sl_log_topic_create(log, &spec, &topic, &err), &err, "creating the input");
  sl_staging *staging = sl_staging_new();
  for (uint32_t i = 0; i < b->records; i++) {
    bench_record r;
    uint8_t key[4];
    bench_record_make(i, &r);
    sl_put_u32(key, (uint32_t)r.key);
    b->key_counts[r.key]++;
    check(sl_staging_append(staging, sl_topic_partition(topic, 0), 1700000000000 + i, key, sizeof key, r.value, r.len,
                            NULL, &err),
          &err, "writing the input");
    if ((i + 1) % LOAD_COMMIT && i + 1 < b->records) continue;
    sl_part part = {.staging = staging};
    sl_commit_result result;
    check(sl_log_commit(log, &part, 1, &result, &err), &err, "writing the input");
    sl_staging_reset(staging);
  }
  sl_staging_free(staging);
  sl_topic_unref(topic);
}

/* ---- the output ---- */

typedef struct outcome {
  uint64_t records, digest;
  uint64_t last[BENCH_KEYS]; /* hash of the last value of a key */
} outcome;

static void read_result(bench *b, outcome *out) {
  sl_err err = {0};
  sl_topic *topic = sl_log_topic_find(sl_engine_log(b->engine), sl_str_of("result"));
  sl_partition *partition = topic ? sl_topic_partition(topic, 0) : NULL;
  memset(out, 0, sizeof *out);
  if (!partition) check(SL_E_NOT_FOUND, &err, "reading the output");
  for (int64_t at = sl_partition_start(partition), end = sl_partition_visible(partition); at < end;) {
    sl_fetch *fetch;
    check(sl_log_fetch(partition, at, FETCH, 10000, SL_READ_VISIBLE, &fetch, &err), &err, "reading the output");
    for (size_t i = 0; i < fetch->count; i++) {
      const sl_record *r = &fetch->records[i];
      uint64_t hash = bench_value_hash(r->value, r->value_len);
      uint32_t key = r->key_len == 4 ? sl_get_u32(r->key) : BENCH_KEYS;
      out->records++;
      out->digest += hash;
      if (key < BENCH_KEYS) out->last[key] = hash;
    }
    at = fetch->next_offset;
    sl_fetch_unref(fetch);
  }
  sl_topic_unref(topic);
}

static void fail(const workload *w, const char *what) {
  fprintf(stderr, "bench: %s: %s\n", w->label, what);
  exit(1);
}

/* The engine's output against the loop's. A table whose changes are coalesced has more lines than keys: there the last
 * of each key counts. */
static void compare(bench *b, const workload *w, const outcome *got) {
  uint64_t records, digest;
  sl_err err = {0};
  check(bench_digest(b->output, &records, &digest, &err), &err, "reading the loop's output");
  if (w->kind != BENCH_COUNT) {
    if (got->records != records) fail(w, "the number of results is wrong");
    if (got->digest != digest) fail(w, "the results are wrong");
  }
  for (uint32_t k = 0; k < BENCH_KEYS && (w->kind == BENCH_COUNT || w->kind == BENCH_COUNT_EACH); k++) {
    char text[40];
    int len = snprintf(text, sizeof text, "{\"N\":%llu}", (unsigned long long)b->key_counts[k]);
    if (b->key_counts[k] && got->last[k] != bench_value_hash(text, (size_t)len)) fail(w, "a count is wrong");
  }
}

/* ---- running ---- */

/* Removes the files of dropped topics, so that the next run writes into memory that the system already has: pages of
 * the page cache that are new to a virtual machine cost several times the copying. */
static void clean_up(bench *b) {
  sl_err err = {0};
  for (bool more = true; more;)
    check(sl_log_housekeeping_step(sl_engine_log(b->engine), &more, &err), &err, "cleaning up");
}

static seconds run_engine(bench *b, const workload *w) {
  sl_err err = {0};
  static outcome got;
  seconds start = now();
  execute(b, w->cache, w->sql);
  check(sl_engine_run_until_quiet(b->engine, &err), &err, w->label);
  seconds took = since(start);
  read_result(b, &got);
  compare(b, w, &got);
  execute(b, "0", w->kind >= BENCH_COUNT ? "DROP TABLE result DELETE TOPIC;" : "DROP STREAM result DELETE TOPIC;");
  check(sl_engine_run_until_quiet(b->engine, &err), &err, w->label);
  clean_up(b);
  return took;
}

static seconds run_ceiling(bench *b, const workload *w) {
  sl_err err = {0};
  uint64_t records;
  seconds start = now();
  check(bench_ceiling(w->kind, b->input, b->output, &records, &err), &err, w->label);
  return since(start);
}

static int by_cpu(const void *a, const void *b) {
  const seconds *x = a, *y = b;
  return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static void report(bench *b) {
  printf("\n%-32s %14s %14s %8s %14s\n", "records per second", "engine", "ceiling", "ratio", "engine (wall)");
  for (int i = 0; i < WORKLOAD_COUNT; i++) {
    if (b->engine_times[i][0].cpu <= 0) continue; /* left out */
    seconds *e = b->engine_times[i], *c = b->ceiling_times[i];
    qsort(e, (size_t)b->rounds, sizeof *e, by_cpu);
    qsort(c, (size_t)b->rounds, sizeof *c, by_cpu);
    int m = b->rounds / 2;
    printf("%-32s %14.0f %14.0f %8.2f %14.0f\n", WORKLOADS[i].label, b->records / e[m].cpu, b->records / c[m].cpu,
           c[m].cpu / e[m].cpu, b->records / e[m].wall);
  }
}

static void open_engine(bench *b) {
  sl_err err = {0};
  snprintf(b->data, sizeof b->data, "%s/data", b->dir);
  snprintf(b->input, sizeof b->input, "%s/topics/events-0", b->data);
  snprintf(b->output, sizeof b->output, "%s/loop", b->dir);
  sl_engine_options options = {.data_dir = b->data, .settings = &b->settings, .workers = 1};
  check(sl_engine_open(&options, &b->engine, &err), &err, "opening the engine");
}

int main(int argc, char **argv) {
  static bench b = {.records = 1000000, .rounds = 5};
  const char *only = getenv("BENCH_ONLY"); /* start of a label, for profiling */
  if (argc < 2) {
    fputs("Usage: bench_engine DIR [records [rounds]]\n", stderr);
    return 1;
  }
  b.dir = argv[1];
  if (argc > 2) b.records = (uint32_t)strtoul(argv[2], NULL, 10);
  if (argc > 3) b.rounds = atoi(argv[3]);
  if (b.records < 1 || b.rounds < 1 || b.rounds > ROUNDS_MAX) {
    fprintf(stderr, "bench: 1 record or more, 1 to %d rounds\n", ROUNDS_MAX);
    return 1;
  }
  pin();
  open_engine(&b);
  load(&b);
  execute(&b, "0", SOURCE);
  bench_record r;
  bench_record_make(0, &r);
  printf("%u records of %zu bytes of JSON, median of %d rounds, one core\n", b.records, r.len, b.rounds);
  for (int round = -1; round < b.rounds; round++) /* the first one warms up */
    for (int i = 0; i < WORKLOAD_COUNT; i++) {
      if (only && strncmp(WORKLOADS[i].label, only, strlen(only)) != 0) continue;
      seconds ceiling = run_ceiling(&b, &WORKLOADS[i]), engine = run_engine(&b, &WORKLOADS[i]);
      if (round < 0) continue;
      b.ceiling_times[i][round] = ceiling;
      b.engine_times[i][round] = engine;
    }
  report(&b);
  sl_err err = {0};
  check(sl_engine_close(b.engine, &err), &err, "closing the engine");
  sl_settings_done(&b.settings);
  return 0;
}
