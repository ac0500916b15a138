/* Clocks, cores, the engine in this process. */
#include "bench/bench.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/heap.h"

void bench_fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("bench: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(1);
}

void bench_check(int code, const sl_err *err, const char *doing) {
  if (code) bench_fail("%s: %s", doing, err->message ? err->message : sl_err_name(code));
}

static double clock_s(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_wall(void) {
  return clock_s(CLOCK_MONOTONIC);
}

bench_seconds bench_now(void) {
  return (bench_seconds){clock_s(CLOCK_MONOTONIC), clock_s(CLOCK_THREAD_CPUTIME_ID)};
}

bench_seconds bench_since(bench_seconds start) {
  bench_seconds end = bench_now();
  return (bench_seconds){end.wall - start.wall, end.cpu - start.cpu};
}

/* The engine gets the last of the cores allowed: the first one has the interrupts. */
void bench_pin(bool engine) {
  static cpu_set_t allowed;
  static bool known;
  cpu_set_t one;
  size_t core = CPU_SETSIZE;
  if (!known) known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  for (size_t i = 0; known && i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &allowed) && (engine || core == CPU_SETSIZE)) core = i;
  CPU_ZERO(&one);
  if (core < CPU_SETSIZE) CPU_SET(core, &one);
  if (core < CPU_SETSIZE) sched_setaffinity(0, sizeof one, &one);
}

char *bench_path(const bench *b, const char *name, char out[512]) {
  snprintf(out, 512, "%s/%s", b->dir, name);
  return out;
}

void bench_remove(const char *dir) {
  pid_t child = fork();
  if (child == 0) {
    execlp("rm", "rm", "-rf", "--", dir, (char *)NULL);
    _exit(127);
  }
  if (child < 0 || waitpid(child, NULL, 0) < 0) bench_fail("%s cannot be removed", dir);
}

uint64_t bench_scaled(const bench *b, uint64_t count) {
  uint64_t n = (uint64_t)((double)count * b->scale);
  return n > 1000 || n > count ? n : count < 1000 ? count : 1000;
}

void bench_open(bench *b, const char *const (*settings)[2], int workers) {
  sl_err err = {0};
  char data[512];
  for (; settings && (*settings)[0]; settings++) {
    sl_str value = sl_str_of((*settings)[1]);
    bench_check(sl_settings_set(&b->settings, sl_str_of((*settings)[0]), &value, false, &err), &err, (*settings)[0]);
  }
  sl_engine_options options = {.data_dir = bench_path(b, "data", data), .settings = &b->settings, .workers = workers};
  bench_check(sl_engine_open(&options, &b->engine, &err), &err, "opening the engine");
}

void bench_close(bench *b) {
  sl_err err = {0};
  if (b->engine) bench_check(sl_engine_close(b->engine, &err), &err, "closing the engine");
  b->engine = NULL;
  sl_settings_done(&b->settings);
}

void bench_execute(bench *b, const char *cache, const char *sql) {
  sl_err err = {0};
  sl_arena arena;
  sl_answers answers = {0};
  sl_session *session = sl_session_new(b->engine);
  const sl_str earliest = sl_str_of("earliest"), cache_bytes = sl_str_of(cache);
  sl_arena_init(&arena, 0);
  bench_check(sl_session_set(session, sl_str_of("auto.offset.reset"), &earliest, &err), &err, "SET");
  bench_check(sl_session_set(session, sl_str_of("cache.max.bytes.buffering"), &cache_bytes, &err), &err, "SET");
  bench_check(sl_engine_execute(b->engine, session, sl_str_of(sql), &arena, &answers, &err), &err, sql);
  sl_arena_done(&arena);
  sl_session_free(session);
}

void bench_until_quiet(bench *b) {
  sl_err err = {0};
  bench_check(sl_engine_run_until_quiet(b->engine, &err), &err, "running");
}

void bench_clean(bench *b) {
  sl_err err = {0};
  for (bool more = true; more;)
    bench_check(sl_log_housekeeping_step(sl_engine_log(b->engine), &more, &err), &err, "cleaning up");
}

sl_topic *bench_topic_new(bench *b, const char *name, int partitions) {
  sl_err err = {0};
  sl_topic *topic;
  sl_topic_spec spec = {.name = sl_str_of(name), .partitions = partitions};
  bench_check(sl_log_topic_create(sl_engine_log(b->engine), &spec, &topic, &err), &err, name);
  return topic;
}

enum { STEPS_PER_S = 100000, HISTOGRAM_S = 60 };

struct bench_histogram {
  uint64_t total;
  uint32_t counts[STEPS_PER_S * HISTOGRAM_S];
};

bench_histogram *bench_histogram_new(void) {
  return sl_heap_zalloc(sizeof(bench_histogram));
}

void bench_histogram_add(bench_histogram *h, double seconds) {
  if (seconds >= HISTOGRAM_S) bench_fail("a latency of %.0f s", seconds);
  h->counts[seconds > 0 ? (size_t)(seconds * STEPS_PER_S) : 0]++;
  h->total++;
}

static double histogram_ms(const bench_histogram *h, double share) {
  uint64_t wanted = (uint64_t)((double)h->total * share), seen = 0;
  size_t i = 0;
  while ((seen += h->counts[i]) <= wanted) i++;
  return (double)i * 1000 / STEPS_PER_S;
}

void bench_histogram_done(bench_histogram *h, double rate, bench_result *out) {
  if (!h->total) bench_fail("no latency was measured");
  out->rate = rate;
  out->p50_ms = histogram_ms(h, 0.5);
  out->p99_ms = histogram_ms(h, 0.99);
  sl_heap_free(h);
}

void bench_stage(sl_staging *staging, sl_topic *topic, const sl_generated *r) {
  sl_err err = {0};
  int32_t partitions = sl_topic_partitions(topic);
  int32_t to = r->key_len && partitions > 1 ? sl_partition_for_key(r->key, r->key_len, partitions) : 0;
  int code = sl_staging_append(staging, sl_topic_partition(topic, to), r->timestamp, r->key_len ? r->key : NULL,
                               r->key_len, r->value.data, r->value.len, NULL, &err);
  bench_check(code, &err, "writing the input");
}

void bench_commit(bench *b, sl_staging *staging) {
  sl_err err = {0};
  sl_commit_result result;
  sl_part part = {.staging = staging};
  if (!sl_staging_records(staging)) return;
  bench_check(sl_log_commit(sl_engine_log(b->engine), &part, 1, &result, &err), &err, "writing the input");
  sl_staging_reset(staging);
}

static void digest_partition(sl_partition *partition, loop_summer *sum) {
  enum { FETCH_BYTES = 1 << 20, FETCH_RECORDS = 10000 };
  sl_err err = {0};
  for (int64_t at = sl_partition_start(partition), end = sl_partition_visible(partition); at < end;) {
    sl_fetch *fetch;
    int code = sl_log_fetch(partition, at, FETCH_BYTES, FETCH_RECORDS, SL_READ_VISIBLE, &fetch, &err);
    bench_check(code, &err, "reading the result");
    for (size_t i = 0; i < fetch->count; i++) {
      const sl_record *r = &fetch->records[i];
      loop_summer_add(sum, r->key, r->key_len, r->value, r->value_len);
    }
    at = fetch->next_offset;
    sl_fetch_unref(fetch);
  }
}

loop_digest bench_digest(bench *b, const char *name, bool all) {
  sl_topic *topic = sl_log_topic_find(sl_engine_log(b->engine), sl_str_of(name));
  if (!topic) bench_fail("there is no topic '%s'", name);
  loop_summer *sum = loop_summer_new(all);
  for (int32_t i = 0; i < sl_topic_partitions(topic); i++) digest_partition(sl_topic_partition(topic, i), sum);
  sl_topic_unref(topic);
  return loop_summer_done(sum);
}
