/* W10: from nothing to the first answer, and what an idle server holds. W11: a start with much state. */
#include <signal.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/heap.h"
#include "bench/bench.h"
#include "bench/process.h"

static const char *const NO_OVERRIDES[] = {NULL};

static void prepare_nothing(bench *b, const bench_workload *w) {
  (void)b, (void)w;
}

static double run_plain(const char *program, const char *word) {
  double start = bench_wall();
  pid_t child = fork();
  int status;
  if (child == 0) {
    execlp(program, program, word, (char *)NULL);
    _exit(127);
  }
  waitpid(child, &status, 0);
  return bench_wall() - start;
}

/* The ceiling of a start: one of a program that does nothing. */
static bench_sample start_nothing(bench *b, const bench_workload *w, int round) {
  (void)b, (void)w, (void)round;
  double s = run_plain("true", NULL);
  return (bench_sample){1, {s, s}};
}

static void fresh_data(bench *b) {
  char data[512];
  bench_remove(bench_path(b, "data", data));
}

static bench_sample cold_start(bench *b, const bench_workload *w, int round) {
  bench_server s;
  sl_buf answer = {0};
  (void)w, (void)round;
  fresh_data(b);
  double start = bench_wall();
  bench_server_start(b, NO_OVERRIDES, &s);
  bench_request(s.port, "GET", "/info", "", &answer);
  double took = bench_wall() - start;
  if (!strstr(sl_buf_z(&answer), "KsqlServerInfo")) bench_fail("the server answered something else");
  bench_server_stop(&s);
  sl_buf_done(&answer);
  return (bench_sample){1, {took, took}};
}

/* Memory as a "time": MB are told in thousandths, so that less is better. */
static bench_sample idle_memory(bench *b, const bench_workload *w, int round) {
  bench_server s;
  sl_buf answer = {0};
  (void)w, (void)round;
  fresh_data(b);
  bench_server_start(b, NO_OVERRIDES, &s);
  bench_request(s.port, "GET", "/info", "", &answer);
  double mb = bench_process_mb(s.pid, "VmRSS") / 1000;
  bench_server_stop(&s);
  sl_buf_done(&answer);
  return (bench_sample){1, {mb, mb}};
}

static bench_sample memory_of_nothing(bench *b, const bench_workload *w, int round) {
  int ends[2];
  (void)b, (void)w, (void)round;
  if (pipe(ends)) bench_fail("no pipe");
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[0], 0);
    execlp("cat", "cat", (char *)NULL);
    _exit(127);
  }
  double mb = 0;
  for (double until = bench_wall() + 0.05; bench_wall() < until;) mb = bench_process_mb(child, "VmRSS") / 1000;
  kill(child, SIGKILL);
  int status;
  waitpid(child, &status, 0);
  close(ends[0]);
  close(ends[1]);
  return (bench_sample){1, {mb, mb}};
}

/* ---- recovery ---- */

enum { KEYS = 10000000, COMMIT = 10000, IMAGE_ENTRY = 64, READ = 1 << 20 };

static uint64_t keys_of(const bench *b) {
  return bench_scaled(b, KEYS);
}

/* As the server's thread does: in steps, done when the changelog is synced up to where the image ends. */
static void write_image(bench *b) {
  enum { TIMEOUT_S = 120 };
  sl_err err = {0};
  sl_executor *executor = sl_engine_executor(b->engine);
  sl_executor_memory memory = {0};
  for (double until = bench_wall() + TIMEOUT_S; !memory.images && bench_wall() < until;) {
    bool more;
    int64_t due;
    sl_executor_image_step(executor, &more);
    if (!more) bench_check(sl_log_flush_step(sl_engine_log(b->engine), true, &due, &err), &err, "syncing");
    sl_executor_memory_get(executor, &memory);
  }
  if (!memory.images) bench_fail("no image was written");
}

static void prepare_state(bench *b, const bench_workload *w) {
  sl_err err = {0};
  bench_open(b, NULL, 1);
  sl_topic *topic = bench_topic_new(b, "events", 1);
  sl_staging *staging = sl_staging_new();
  for (uint64_t i = 0; i < keys_of(b); i++) {
    uint8_t key[4];
    sl_put_u32(key, (uint32_t)i);
    bench_check(sl_staging_append(staging, sl_topic_partition(topic, 0), 1700000000000, key, sizeof key,
                                  "{\"amount\":1.5}", 14, NULL, &err),
                &err, "writing the input");
    if (i % COMMIT != COMMIT - 1 && i + 1 < keys_of(b)) continue;
    sl_part part = {.staging = staging};
    sl_commit_result result;
    bench_check(sl_log_commit(sl_engine_log(b->engine), &part, 1, &result, &err), &err, "writing the input");
    sl_staging_reset(staging);
  }
  sl_staging_free(staging);
  sl_topic_unref(topic);
  bench_execute(
      b, "10000000",
      "CREATE STREAM events (k INTEGER KEY, amount DOUBLE) WITH (KAFKA_TOPIC='events', VALUE_FORMAT='JSON');"
      "CREATE TABLE result WITH (KAFKA_TOPIC='result') AS SELECT k, COUNT(*) AS n, SUM(amount) AS amount FROM "
      "events GROUP BY k;");
  bench_until_quiet(b);
  if (w->spec) write_image(b);
  bench_close(b);
  char path[512];
  static uint8_t block[READ];
  int fd = open(bench_path(b, "image", path), O_WRONLY | O_CREAT, 0600);
  for (uint64_t left = keys_of(b) * IMAGE_ENTRY; fd >= 0 && left; left -= left < READ ? left : READ)
    if (write(fd, block, left < READ ? left : READ) < 0) bench_fail("%s cannot be written", path);
  close(fd);
}

/* From opening the data directory until the query has its state and nothing is left to do. */
static bench_sample recover(bench *b, const bench_workload *w, int round) {
  sl_executor_memory memory;
  (void)w, (void)round;
  double start = bench_wall();
  bench_open(b, NULL, 1);
  bench_until_quiet(b);
  double took = bench_wall() - start;
  sl_executor_memory_get(sl_engine_executor(b->engine), &memory);
  if (memory.state < keys_of(b) * 16) bench_fail("the state did not come back");
  if (round == 0) fprintf(stderr, "W11: %.1f bytes of state per key\n", (double)memory.state / (double)keys_of(b));
  bench_close(b);
  return (bench_sample){1, {took, took}};
}

/* The ceiling: an image of 64 bytes per key read from the page cache. */
static bench_sample read_image(bench *b, const bench_workload *w, int round) {
  static uint8_t block[READ];
  char path[512];
  (void)w, (void)round;
  double start = bench_wall();
  int fd = open(bench_path(b, "image", path), O_RDONLY);
  while (fd >= 0 && read(fd, block, sizeof block) > 0) continue;
  close(fd);
  double took = bench_wall() - start;
  return (bench_sample){1, {took, took}};
}

static const bench_method START = {.unit = "ms",
                                   .is_time = true,
                                   .by_wall = true,
                                   .prepare = prepare_nothing,
                                   .engine = cold_start,
                                   .ceiling = start_nothing};
static const bench_method MEMORY = {.unit = "MB",
                                    .is_time = true,
                                    .by_wall = true,
                                    .prepare = prepare_nothing,
                                    .engine = idle_memory,
                                    .ceiling = memory_of_nothing};
static const bench_method RECOVERY = {.unit = "ms",
                                      .is_time = true,
                                      .by_wall = true,
                                      .rounds = 2,
                                      .prepare = prepare_state,
                                      .engine = recover,
                                      .ceiling = read_image};

const bench_workload BENCH_STARTS[] = {
    {"W10", "start of an empty server to its first answer", .method = &START},
    {"W10.m", "memory of an idle server (VmRSS)", .method = &MEMORY},
    {"W11", "start with a state of 10 M keys, an image", .method = &RECOVERY, .spec = "image"},
    {"W11.r", "the same, its changelog replayed", .method = &RECOVERY},
    {0},
};
