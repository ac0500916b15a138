/* Workers on threads of their own: producers, queries that come and go, lookups meanwhile; and what a steady query
 * takes from the heap. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include "executor_testing.h"
#include "tests/unit/counting_heap.h"

typedef struct crew {
  sl_executor *executor;
  atomic_bool stop;
  pthread_t threads[2];
} crew;

typedef struct post {
  crew *crew;
  int index;
} post;

static void *work(void *arg) {
  post *p = arg;
  sl_worker *worker = sl_executor_worker(p->crew->executor, p->index);
  while (!atomic_load(&p->crew->stop)) {
    int64_t due;
    if (!sl_worker_step(worker, &due)) sl_worker_wait(worker, due);
  }
  return NULL;
}

static void crew_start(crew *c, post posts[2], sl_executor *executor) {
  c->executor = executor;
  atomic_store(&c->stop, false);
  for (int i = 0; i < 2; i++) {
    posts[i] = (post){c, i};
    assert_int_equal(pthread_create(&c->threads[i], NULL, work, &posts[i]), 0);
  }
}

static void crew_stop(crew *c) {
  atomic_store(&c->stop, true);
  for (int i = 0; i < 2; i++) sl_worker_wake(sl_executor_worker(c->executor, i));
  for (int i = 0; i < 2; i++) pthread_join(c->threads[i], NULL);
}

static void rig_real(rig *r) {
  memset(r, 0, sizeof *r);
  r->fs = sl_fs_memory_new();
  sl_arena_init(&r->arena, 0);
  sl_log_options lo = {.fs = r->fs, .clock = sl_clock_real(), .dir = "/log", .flush = SL_FLUSH_NEVER};
  ok(sl_embedded_log_open(&lo, &r->log, &err));
  r->options = (sl_executor_options){.log = r->log, .clock = sl_clock_real(), .workers = 2, .commit_interval_ms = -1};
  r->executor = sl_executor_new(&r->options);
}

static void wait_for(rig *r, const char *topic, int64_t count) {
  for (int i = 0; i < 20000 && topic_count(r, topic) < count; i++) {
    struct timespec ms = {0, 1000000};
    nanosleep(&ms, NULL);
  }
  assert_int_equal(topic_count(r, topic), count);
}

static bool on_pull(void *ctx, const sl_row *rows, const uint16_t *sel, int count, const sl_layout *layout) {
  (void)layout;
  for (int i = 0; i < count; i++) *(int64_t *)ctx += rows[sel ? sel[i] : i].values[1].i64;
  return true;
}

static int64_t pull_sum(sl_running *running) {
  int64_t sum = 0;
  for (sl_pull_place place = {0}; !place.done;)
    ok(sl_running_pull(running, &(sl_pull){.scan = true}, &place, on_pull, &sum, &err));
  return sum;
}

static void test_executor__threads_lose_and_repeat_nothing(void **state) {
  (void)state;
  enum { RECORDS = 3000, PARTITIONS = 4 };
  rig r;
  rig_real(&r);
  make_topic(&r, "in", PARTITIONS, false);
  make_topic(&r, "out", 2, true);
  make_topic(&r, "copy", 1, false);
  crew c;
  post posts[2];
  crew_start(&c, posts, r.executor);
  plan_maker m = plan_begin(&r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V STRING, N INTEGER", false);
  n = add_group(&m, n, 1, EXPRS("V", "N"), EXPRS("V", "N"));
  n = add_repartition(&m, n, 1, "Q1-Aggregate-GroupBy-repartition", PARTITIONS);
  n = &add_aggregate(&m, n, 1, EXPRS("COUNT(1)"), EXPRS("C"), SL_WINDOW_NONE)->base;
  add_sink(&m, n, "out");
  start(&r, &m, NULL);
  sl_running *grouping = r.running;
  int copied = 0;
  for (int i = 0; i < RECORDS; i++) {
    char value[32];
    snprintf(value, sizeof value, "g%d,1", i % 10);
    produce_at(&r, "in", i % PARTITIONS, "k", value, i);
    if (i % 300 == 0) { /* a query that comes, reads from the start, and goes */
      plan_maker other = plan_begin(&r, 2, true);
      add_sink(&other, add_source(&other, 0, "in", "K STRING, V STRING, N INTEGER", false), "copy");
      start(&r, &other, NULL);
      ok(sl_executor_stop(r.executor, r.running, false, &err));
      copied++;
    }
    if (i % 100) continue;
    int64_t sum = pull_sum(grouping);
    assert_true(sum >= 0 && sum <= i + 1);
    sl_running_stats stats;
    sl_running_stats_get(grouping, &stats);
    assert_int_equal(stats.state, SL_RUNNING_OK);
  }
  wait_for(&r, "out", RECORDS);
  assert_int_equal(pull_sum(grouping), RECORDS);
  plan_maker last = plan_begin(&r, 2, true);
  add_sink(&last, add_source(&last, 0, "in", "K STRING, V STRING, N INTEGER", false), "copy");
  start(&r, &last, NULL);
  wait_for(&r, "copy", RECORDS); /* whatever the earlier ones did, each record once */
  ok(sl_executor_stop(r.executor, grouping, false, &err));
  ok(sl_executor_stop(r.executor, r.running, true, &err));
  r.running = NULL;
  crew_stop(&c);
  rig_close(&r);
}

/* Rows through filter, projection and sink, many batches: what is taken from the heap does not depend on the records.
 */
static void test_executor__steady_state_makes_no_heap_call_per_record(void **state) {
  (void)state;
#ifdef SL_SANITIZED
  skip();
#endif
  enum { ROUNDS = 6, RECORDS = 5000 };
  rig r;
  rig_open(&r, 0);
  make_topic(&r, "in", 1, false);
  make_topic(&r, "out", 1, false);
  plan_maker m = plan_begin(&r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER, S STRING", false);
  n = add_filter(&m, n, "V > 10");
  n = add_project(&m, n, 1, EXPRS("K", "V * 2", "UCASE(S)"), EXPRS("K", "D", "U"));
  add_sink(&m, n, "out");
  start(&r, &m, NULL);
  sl_topic *topic = topic_of(&r, "in");
  sl_staging *staging = sl_staging_new();
  size_t calls = 0;
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < RECORDS; i++)
      ok(sl_staging_append(staging, sl_topic_partition(topic, 0), i, "key", 3, "17,some text", 12, NULL, &err));
    sl_part part = {.staging = staging};
    sl_commit_result result;
    ok(sl_log_commit(r.log, &part, 1, &result, &err));
    sl_staging_reset(staging);
    size_t before = heap_calls;
    rig_settle(&r);
    calls = heap_calls - before;
  }
  assert_int_equal(topic_count(&r, "out"), ROUNDS * RECORDS);
  if (calls > RECORDS / 20) fail_msg("%zu heap calls for %d records", calls, RECORDS);
  sl_staging_free(staging);
  sl_topic_unref(topic);
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_executor__threads_lose_and_repeat_nothing),
      cmocka_unit_test(test_executor__steady_state_makes_no_heap_call_per_record),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
