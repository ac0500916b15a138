/* Several threads on one log: committers over shared partitions, readers at the tail and from the start, a flusher,
 * housekeeping, and topics that come and go. Each commit writes its number to a left and a right partition in one go.
 */
#include <pthread.h>
#include <time.h>
#include "tests/unit/topics_log_testing.h"

enum { WRITERS = 3, COMMITS = 400, PAIRS = 2 };

typedef struct shared {
  world *w;
  sl_topic *topic; /* partitions 0 .. PAIRS-1 are left, the others right */
  _Atomic int writers_left;
  _Atomic int notified;
} shared;

typedef struct job {
  shared *s;
  int number;
  pthread_t thread;
} job;

/* Worker: failures abort the test program, since cmocka's jumps must stay on the main thread. */
static void need(int rc, sl_err *err) {
  if (!rc) return;
  fprintf(stderr, "thread failed: %s\n", err->message ? err->message : "?");
  abort();
}

static void *write_commits(void *arg) {
  job *j = arg;
  sl_err err = {0};
  sl_staging *staging = sl_staging_new();
  for (int i = 0; i < COMMITS; i++) {
    int pair = (i + j->number) % PAIRS;
    char value[64];
    int n = snprintf(value, sizeof value, "%d.%d", j->number, i);
    char clock[16];
    snprintf(clock, sizeof clock, "%d", i);
    for (int side = 0; side < 2; side++)
      need(sl_staging_append(staging, sl_topic_partition(j->s->topic, pair + side * PAIRS), i, "k", 1, value, (size_t)n,
                             NULL, &err),
           &err);
    sl_part part = {
        .has_task = true, .task = {1, 0, j->number}, .staging = staging, .clocks = clock, .clocks_len = strlen(clock)};
    need(sl_log_commit(j->s->w->log, &part, 1, NULL, &err), &err);
    sl_staging_reset(staging);
  }
  sl_staging_free(staging);
  j->s->writers_left--;
  return NULL;
}

/* Reads all partitions to their end, again and again; each writer's commits must come in order, none missing or twice.
 */
static void *read_all(void *arg) {
  job *j = arg;
  sl_err err = {0};
  sl_read_end end = j->number ? SL_READ_DURABLE : SL_READ_VISIBLE;
  int64_t at[2 * PAIRS] = {0};
  int last[2 * PAIRS][WRITERS];
  int64_t total = 0;
  memset(last, 0xFF, sizeof last);
  for (int rest = 2; rest;) {
    if (!j->s->writers_left) rest--;
    if (!rest) need(sl_log_flush_step(j->s->w->log, true, NULL, &err), &err);
    for (int p = 0; p < 2 * PAIRS; p++) {
      for (;;) {
        sl_fetch *f;
        need(sl_log_fetch(sl_topic_partition(j->s->topic, p), at[p], 4096, 100, end, &f, &err), &err);
        for (size_t i = 0; i < f->count; i++) {
          int writer = -1, commit = -1;
          char text[64] = {0};
          memcpy(text, f->records[i].value, f->records[i].value_len);
          sscanf(text, "%d.%d", &writer, &commit);
          bool right =
              f->records[i].offset == at[p] + (int64_t)i && writer >= 0 && writer < WRITERS && commit > last[p][writer];
          if (!right) abort();
          last[p][writer] = commit;
        }
        int64_t next = f->next_offset;
        total += (int64_t)f->count;
        sl_fetch_unref(f);
        if (next == at[p]) break;
        at[p] = next;
      }
    }
  }
  if (total != (int64_t)WRITERS * COMMITS * 2) {
    fprintf(stderr, "reader %d saw %lld records\n", j->number, (long long)total);
    abort();
  }
  return NULL;
}

static void *flush_all(void *arg) {
  job *j = arg;
  sl_err err = {0};
  for (int i = 0; j->s->writers_left; i++) {
    bool more;
    need(sl_log_flush_step(j->s->w->log, i % 8 == 0, NULL, &err), &err);
    need(sl_log_housekeeping_step(j->s->w->log, &more, &err), &err);
    struct timespec pause = {0, 200000};
    nanosleep(&pause, NULL);
  }
  return NULL;
}

static void *make_topics(void *arg) {
  job *j = arg;
  sl_err err = {0};
  sl_staging *staging = sl_staging_new();
  for (int i = 0; j->s->writers_left; i++) {
    sl_topic *topic;
    sl_topic_spec spec = {.name = sl_str_of(i & 1 ? "odd" : "even"), .partitions = 2};
    need(sl_log_topic_create(j->s->w->log, &spec, &topic, &err), &err);
    need(sl_staging_append(staging, sl_topic_partition(topic, 1), 1, "k", 1, "v", 1, NULL, &err), &err);
    sl_part part = {.staging = staging};
    need(sl_log_commit(j->s->w->log, &part, 1, NULL, &err), &err);
    sl_staging_reset(staging);
    need(sl_log_topic_delete(j->s->w->log, topic, &err), &err);
    sl_topic_unref(topic);
    struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
  }
  sl_staging_free(staging);
  return NULL;
}

typedef struct bell {
  sl_listener listener;
  shared *s;
} bell;

static void ring(sl_listener *listener) {
  ((bell *)listener)->s->notified++;
}

static void run(sl_flush_mode flush, size_t budget, const char *segment_bytes) {
  world w;
  sl_fs *fs = sl_fs_memory_new();
  world_init(&w, fs, flush);
  w.options.clock = sl_clock_real();
  w.options.block_budget = budget;
  w.options.flush_interval_ms = 1;
  world_open(&w);
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of(segment_bytes)}};
  shared s = {.w = &w, .topic = make_topic(&w, "t", 2 * PAIRS, 1, set), .writers_left = WRITERS};
  bell b = {{ring, NULL}, &s};
  sl_partition_listen(sl_topic_partition(s.topic, 0), SL_READ_DURABLE, &b.listener);
  void *(*const ROLES[])(void *) = {read_all, read_all, flush_all, make_topics};
  enum { ROLE_COUNT = sizeof ROLES / sizeof *ROLES };
  job jobs[ROLE_COUNT + WRITERS];
  for (int i = 0; i < ROLE_COUNT + WRITERS; i++) {
    jobs[i] = (job){.s = &s, .number = i < ROLE_COUNT ? i : i - ROLE_COUNT};
    pthread_create(&jobs[i].thread, NULL, i < ROLE_COUNT ? ROLES[i] : write_commits, &jobs[i]);
  }
  for (int i = 0; i < ROLE_COUNT + WRITERS; i++) pthread_join(jobs[i].thread, NULL);
  assert_true(s.notified > 0);
  assert_int_equal(sl_log_durable_commit(w.log) >= WRITERS * COMMITS, true);
  sl_partition_unlisten(sl_topic_partition(s.topic, 0), SL_READ_DURABLE, &b.listener);
  sl_topic_unref(s.topic);
  sl_fs *copy = sl_fs_memory_new(); /* a kill, then a start */
  copy_tree(fs, copy, "/data", &w.arena);
  world_close(&w);
  w.options.fs = copy;
  world_open(&w);
  sl_topic *t = get_topic(&w, "t");
  for (int i = 0; i < PAIRS; i++)
    assert_int_equal(sl_partition_visible(sl_topic_partition(t, i)),
                     sl_partition_visible(sl_topic_partition(t, i + PAIRS)));
  size_t total = 0;
  for (int i = 0; i < 2 * PAIRS; i++) total += count_from(sl_topic_partition(t, i), 0, SL_READ_VISIBLE);
  assert_int_equal(total, WRITERS * COMMITS * 2);
  sl_topic_unref(t);
  world_close(&w);
  sl_arena_done(&w.arena);
  sl_fs_free(copy);
  sl_fs_free(fs);
}

static void test_threads__commits_and_reads_run_together(void **state) {
  (void)state;
  run(SL_FLUSH_INTERVAL, 0, "1048576");
}

static void test_threads__with_small_segments_and_no_cache(void **state) {
  (void)state;
  run(SL_FLUSH_INTERVAL, 1, "2000");
}

static void test_threads__under_always(void **state) {
  (void)state;
  run(SL_FLUSH_ALWAYS, 20000, "5000");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_threads__commits_and_reads_run_together),
      cmocka_unit_test(test_threads__with_small_segments_and_no_cache),
      cmocka_unit_test(test_threads__under_always),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
