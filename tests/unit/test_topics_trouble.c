/* A disk that refuses: no space, read-only, I/O errors. A model of what was acknowledged is compared with what is read,
 * at once, when there is space again, after a kill in the middle and after a clean stop.
 *
 * SLUICE_TROUBLE_SEEDS sets how many seeds run, SLUICE_TROUBLE_FIRST the first one. */
#include <pthread.h>
#include "tests/unit/topics_log_testing.h"
#include "topics/embedded/embedded_int.h"

enum { PARTS = 3, KEYS = 5, RECORDS = 4000 };
/* A sync that fails is final, and another matter. */
static const unsigned REFUSED = SL_FS_OP_CHANGES & ~(unsigned)(SL_FS_OP_SYNC | SL_FS_OP_SYNC_DIR);

typedef struct model {
  world w;
  sl_fs *memory;
  uint64_t random;
  sl_topic *topic, *compacted;
  int values[PARTS][RECORDS];
  int64_t ends[PARTS];
  int newest[KEYS]; /* 0 none, -1 deleted */
  int64_t inputs;   /* position of the only task */
  int next;         /* value */
  bool extra;       /* topic "extra" exists */
  bool maybe;       /* the decision of a refused commit may be in the file: a kill may bring it back, as a whole */
  int64_t maybe_ends[PARTS], maybe_inputs;
  int maybe_newest[KEYS], maybe_values[PARTS][RECORDS];
  int refused;
} model;

static uint64_t draw(model *m, uint64_t below) {
  m->random = m->random * 6364136223846793005u + 1442695040888963407u;
  return (m->random >> 33) % below;
}

static bool is_refusal(int rc) {
  return rc == SL_E_DISK_FULL || rc == SL_E_IO;
}

/* ---- actions: each returns what the log said, and enters in the model what was acknowledged ---- */

static int act_commit(model *m, sl_err *out) {
  sl_err err = {0};
  sl_staging *s = sl_staging_new();
  int64_t ends[PARTS];
  int newest[KEYS];
  char key[2] = "0", value[400];
  memcpy(ends, m->ends, sizeof ends);
  memcpy(newest, m->newest, sizeof newest);
  uint64_t records = 1 + draw(m, 6);
  for (uint64_t i = 0; i < records; i++) {
    int part = (int)draw(m, PARTS), v = ++m->next;
    size_t len = (size_t)snprintf(value, sizeof value, "%d", v);
    memset(value + len, '.', 300);
    ok(sl_staging_append(s, sl_topic_partition(m->topic, part), v, "k", 1, value, len + draw(m, 300), NULL, &err));
    m->values[part][ends[part]++] = v;
  }
  if (draw(m, 2)) {
    int k = (int)draw(m, KEYS), v = draw(m, 6) ? ++m->next : -1;
    key[0] = (char)('0' + k);
    snprintf(value, sizeof value, "%d", v);
    stage(s, sl_topic_partition(m->compacted, 0), m->w.clock.wall, key, v < 0 ? NULL : value);
    newest[k] = v;
  }
  int64_t input = m->inputs + (int64_t)draw(m, (uint64_t)(m->ends[0] - m->inputs) + 1);
  sl_position pos = {.topic = *sl_topic_get_id(m->topic), .offset = input};
  sl_part part = {.has_task = true, .task = {3, 0, 0}, .staging = s, .positions = &pos, .position_count = 1};
  int rc = sl_log_commit(m->w.log, &part, 1, NULL, out);
  sl_staging_free(s);
  if (rc && !m->maybe && sl_embedded_of(m->w.log)->decisions_uncut) {
    m->maybe = true;
    m->maybe_inputs = input;
    memcpy(m->maybe_ends, ends, sizeof ends);
    memcpy(m->maybe_newest, newest, sizeof newest);
    memcpy(m->maybe_values, m->values, sizeof m->values);
  }
  if (rc) return rc;
  m->maybe = false;
  memcpy(m->ends, ends, sizeof ends);
  memcpy(m->newest, newest, sizeof newest);
  m->inputs = input;
  return 0;
}

static int act_flush(model *m, sl_err *err) {
  return sl_log_flush_step(m->w.log, true, NULL, err);
}

static int act_checkpoint(model *m, sl_err *err) {
  return sl_embedded_checkpoint(sl_embedded_of(m->w.log), err);
}

static int act_housekeeping(model *m, sl_err *err) {
  sl_clock_manual_advance(&m->w.clock, 70000);
  int rc = 0;
  for (int i = 0; i < 30; i++) {
    bool more;
    int one = sl_log_housekeeping_step(m->w.log, &more, rc ? NULL : err);
    if (one && !rc) rc = one;
  }
  return rc;
}

static int act_topic(model *m, sl_err *err) {
  sl_topic *t = sl_log_topic_find(m->w.log, sl_str_of("extra"));
  assert_int_equal(t != NULL, m->extra);
  sl_topic_spec spec = {.name = sl_str_of("extra"), .partitions = 2};
  int rc = t ? sl_log_topic_delete(m->w.log, t, err) : sl_log_topic_create(m->w.log, &spec, &t, err);
  if (!rc) m->extra = !m->extra;
  sl_topic_unref(t);
  return rc;
}

static int act_change(model *m, sl_err *err) {
  sl_str value = sl_str_of(draw(m, 2) ? "900" : "1200");
  return sl_log_topic_set(m->w.log, m->topic, sl_str_of("segment.bytes"), &value, err);
}

static int act_group(model *m, sl_err *err) {
  sl_position pos = {.topic = *sl_topic_get_id(m->topic), .offset = m->ends[0]};
  return sl_log_group_commit(m->w.log, sl_str_of("group"), &pos, 1, err);
}

static int (*const ACTIONS[])(model *, sl_err *) = {act_commit, act_commit,     act_commit,       act_commit,
                                                    act_flush,  act_checkpoint, act_housekeeping, act_topic,
                                                    act_change, act_group};
enum { ACTION_COUNT = sizeof ACTIONS / sizeof *ACTIONS };

/* ---- what is read ---- */

static void check_partition(model *m, int part) {
  sl_err err = {0};
  sl_partition *p = sl_topic_partition(m->topic, part);
  assert_int_equal(sl_partition_visible(p), m->ends[part]);
  for (int64_t at = 0; at < m->ends[part];) {
    sl_fetch *f;
    ok(sl_log_fetch(p, at, 1 << 20, 1000, SL_READ_VISIBLE, &f, &err));
    assert_true(f->count > 0);
    for (size_t i = 0; i < f->count; i++) assert_int_equal(f->records[i].timestamp, m->values[part][at + (int64_t)i]);
    at = f->next_offset;
    sl_fetch_unref(f);
  }
}

static void check(model *m) {
  sl_err err = {0};
  int newest[KEYS] = {0};
  for (int i = 0; i < PARTS; i++) check_partition(m, i);
  sl_partition *p = sl_topic_partition(m->compacted, 0);
  for (int64_t at = 0; at < sl_partition_visible(p);) {
    sl_fetch *f;
    ok(sl_log_fetch(p, at, 1 << 20, 1000, SL_READ_VISIBLE, &f, &err));
    for (size_t i = 0; i < f->count; i++) {
      const sl_record *r = &f->records[i];
      newest[r->key[0] - '0'] = r->value ? atoi(sl_arena_dup(&m->w.arena, r->value, r->value_len)) : -1;
    }
    at = f->next_offset;
    sl_fetch_unref(f);
  }
  for (int k = 0; k < KEYS; k++) assert_int_equal(newest[k], m->newest[k]);
  sl_position *got;
  size_t count;
  sl_str clocks;
  sl_log_task_state(m->w.log, (sl_task_id){3, 0, 0}, &m->w.arena, &got, &count, &clocks);
  assert_int_equal(count ? got[0].offset : 0, m->inputs);
  sl_arena_reset(&m->w.arena);
}

static void find_topics(model *m) {
  m->topic = get_topic(&m->w, "t");
  m->compacted = get_topic(&m->w, "c");
}

/* One action that meets trouble somewhere; what it could not do can be done when the trouble is over. */
static void act_in_trouble(model *m) {
  sl_err err = {0};
  int action = (int)draw(m, ACTION_COUNT);
  static const uint64_t TIMES[] = {1, 2, UINT64_MAX};
  sl_fs_fault_add(m->w.fs, (sl_fs_fault_rule){.ops = REFUSED,
                                              .nth = 1 + draw(m, 8),
                                              .times = TIMES[draw(m, 3)],
                                              .code = draw(m, 3) ? SL_E_DISK_FULL : SL_E_IO,
                                              .keep = draw(m, 200)});
  bool extra = m->extra;
  int rc = ACTIONS[action](m, &err);
  if (rc && !is_refusal(rc)) fail_msg("error %d: %s", rc, err.message);
  sl_err_done(&err);
  assert_null(sl_log_failure(m->w.log));
  check(m);
  for (uint64_t more = draw(m, 3); more > 0; more--) { /* others try meanwhile */
    int second = act_commit(m, &err);
    assert_true(!second || is_refusal(second));
    if (second) assert_true(sl_log_refusing(m->w.log, (char[20]){0}, 20));
    m->refused += second != 0;
    sl_err_done(&err);
    check(m);
  }
  sl_fs_fault_clear(m->w.fs);
  if (!rc) return;
  m->refused++;
  if (action == 7 && m->extra != extra) return;
  sl_clock_manual_advance(&m->w.clock, 2000);
  ok(ACTIONS[action](m, &err));
  check(m);
}

static void restart(model *m, bool kill) {
  sl_err err = {0};
  sl_topic_unref(m->topic);
  sl_topic_unref(m->compacted);
  if (kill) {
    sl_fs_fault_add(m->w.fs, (sl_fs_fault_rule){.ops = ~0u, .nth = 1, .stop = true});
    sl_log_close(m->w.log, NULL);
    ok(sl_fs_fault_crash(m->w.fs, SL_FS_CRASH_KILL, draw(m, 1u << 30), &err));
  } else {
    world_close(&m->w);
  }
  for (int tries = 0; tries < 3; tries++) { /* a start on a full disk fails, and leaves everything to the next one */
    sl_fs_fault_add(m->w.fs, (sl_fs_fault_rule){
                                 .ops = REFUSED, .nth = 1 + draw(m, 30), .times = UINT64_MAX, .code = SL_E_DISK_FULL});
    int rc = sl_embedded_log_open(&m->w.options, &m->w.log, &err);
    sl_fs_fault_clear(m->w.fs);
    sl_err_done(&err);
    if (!rc) sl_log_close(m->w.log, NULL);
    if (rc) assert_int_equal(rc, SL_E_DISK_FULL);
  }
  world_open(&m->w);
  find_topics(m);
  bool came_back = m->maybe && kill;
  for (int i = 0; i < PARTS; i++)
    came_back &= sl_partition_visible(sl_topic_partition(m->topic, i)) == m->maybe_ends[i];
  if (came_back) {
    m->inputs = m->maybe_inputs;
    memcpy(m->ends, m->maybe_ends, sizeof m->ends);
    memcpy(m->newest, m->maybe_newest, sizeof m->newest);
    memcpy(m->values, m->maybe_values, sizeof m->values);
  }
  m->maybe = false;
  check(m);
}

static void run_seed(uint64_t seed) {
  sl_err err = {0};
  model *m = calloc(1, sizeof *m);
  m->random = seed * 2654435761u + 17;
  m->memory = sl_fs_memory_new();
  world_init(&m->w, sl_fs_fault_new(m->memory, "/", &err), (sl_flush_mode)(seed % 3));
  if (seed & 4) m->w.options.block_budget = 1;
  world_open(&m->w);
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("1200")},
                            {sl_str_of("index.interval.bytes"), sl_str_of("200")},
                            {sl_str_of("cleanup.policy"), sl_str_of("compact")},
                            {sl_str_of("min.cleanable.dirty.ratio"), sl_str_of("0.01")}};
  m->topic = make_topic(&m->w, "t", PARTS, 2, set);
  m->compacted = make_topic(&m->w, "c", 1, 4, set);
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < 25; i++) act_in_trouble(m);
    restart(m, draw(m, 2));
  }
  assert_true(m->refused > 5);
  sl_topic_unref(m->topic);
  sl_topic_unref(m->compacted);
  world_close(&m->w);
  sl_fs_free(m->w.fs);
  sl_fs_free(m->memory);
  sl_arena_done(&m->w.arena);
  free(m);
}

static uint64_t from_env(const char *name, uint64_t fallback) {
  const char *text = getenv(name);
  return text ? strtoull(text, NULL, 10) : fallback;
}

static void test_trouble__what_is_refused_is_taken_back_and_works_later(void **state) {
  (void)state;
  uint64_t first = from_env("SLUICE_TROUBLE_FIRST", 1), seeds = from_env("SLUICE_TROUBLE_SEEDS", 40);
  for (uint64_t seed = first; seed < first + seeds; seed++) {
    if (getenv("SLUICE_TROUBLE_SEEDS")) fprintf(stderr, "seed %llu\r", (unsigned long long)seed);
    run_seed(seed);
  }
}

/* ---- several writers: the numbers of decisions stay without a gap ---- */

enum { WRITERS = 4, COMMITS = 400 };

typedef struct writer {
  world *w;
  sl_topic *topic;
  int number;
  int acknowledged;
  pthread_t thread;
} writer;

static void *write_on(void *arg) {
  writer *self = arg;
  sl_partition *p = sl_topic_partition(self->topic, self->number);
  sl_staging *s = sl_staging_new();
  for (int i = 0; i < COMMITS; i++) {
    sl_err err = {0};
    if (sl_staging_append(s, p, self->acknowledged, "k", 1, "value", 5, NULL, &err)) abort();
    sl_part part = {.staging = s};
    int rc = sl_log_commit(self->w->log, &part, 1, NULL, &err);
    if (rc && !is_refusal(rc)) abort();
    if (!rc) self->acknowledged++;
    sl_err_done(&err);
    sl_staging_reset(s);
  }
  sl_staging_free(s);
  return NULL;
}

static void test_trouble__refused_decisions_leave_no_gap(void **state) {
  (void)state;
  sl_err err = {0};
  for (uint64_t every = 2; every < 30; every += 9) {
    sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
    world w;
    world_init(&w, fault, SL_FLUSH_INTERVAL);
    world_open(&w);
    writer writers[WRITERS];
    sl_topic *t = make_topic(&w, "t", WRITERS, 0, NULL);
    for (uint64_t i = 0; i < 15; i++)
      sl_fs_fault_add(fault, (sl_fs_fault_rule){.ops = SL_FS_OP_WRITE,
                                                .path_part = "decisions",
                                                .nth = 1 + i * every * 4,
                                                .times = 1 + i % 4,
                                                .keep = 30,
                                                .code = SL_E_DISK_FULL});
    int acknowledged = 0;
    for (int i = 0; i < WRITERS; i++) {
      writers[i] = (writer){.w = &w, .topic = t, .number = i};
      pthread_create(&writers[i].thread, NULL, write_on, &writers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
      pthread_join(writers[i].thread, NULL);
      acknowledged += writers[i].acknowledged;
    }
    assert_true(acknowledged < WRITERS * COMMITS && acknowledged > WRITERS * COMMITS / 8);
    assert_true(sl_log_refused(w.log) == (uint64_t)(WRITERS * COMMITS - acknowledged));
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < WRITERS; i++)
        assert_int_equal(count_from(sl_topic_partition(t, i), 0, SL_READ_VISIBLE), writers[i].acknowledged);
      sl_topic_unref(t);
      if (round) break;
      world_crash(&w, SL_FS_CRASH_KILL, 1);
      world_open(&w);
      t = get_topic(&w, "t");
    }
    world_close(&w);
    sl_arena_done(&w.arena);
    sl_fs_free(fault);
    sl_fs_free(memory);
  }
}

/* ---- what a stale tail could do ---- */

/* Under "always" a decision carries batches, which are valid batches themselves: the tail of a decision that was cut
 * short must not become the decision after a shorter one. */
static void test_trouble__the_tail_of_a_refused_decision_is_cut_off(void **state) {
  (void)state;
  sl_err err = {0};
  sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
  world w;
  world_init(&w, fault, SL_FLUSH_ALWAYS);
  world_open(&w);
  sl_topic *t = make_topic(&w, "t", 1, 0, NULL);
  sl_partition *p = sl_topic_partition(t, 0);
  put(&w, p, 1, "a", "1");
  uint64_t size = sl_embedded_of(w.log)->decisions_size;
  sl_fs_fault_add(fault,
                  (sl_fs_fault_rule){
                      .ops = SL_FS_OP_WRITE, .path_part = "decisions", .nth = 1, .keep = 150, .code = SL_E_DISK_FULL});
  sl_staging *s = sl_staging_new();
  stage(s, p, 2, "b", "a value that makes the decision much longer than the next one");
  sl_part part = {.staging = s};
  assert_int_equal(sl_log_commit(w.log, &part, 1, NULL, &err), SL_E_DISK_FULL);
  sl_err_done(&err);
  sl_staging_free(s);
  sl_file *file;
  uint64_t got;
  ok(sl_fs_open(fault, "/data/topics/sluice-decisions.log", SL_FS_READ, &file, &err));
  ok(sl_file_size(file, &got, &err));
  sl_file_close(file);
  assert_int_equal(got, size);
  put(&w, p, 3, "c", "3");
  assert_string_equal(dump(&w, p, 0, SL_READ_VISIBLE), "0:a=1 1:c=3");
  assert_true(sl_log_refusing(w.log, NULL, 0));
  sl_clock_manual_advance(&w.clock, 1000);
  assert_false(sl_log_refusing(w.log, NULL, 0));
  sl_topic_unref(t);
  world_close(&w);
  sl_arena_done(&w.arena);
  sl_fs_free(fault);
  sl_fs_free(memory);
}

/* Out of descriptors, a directory cannot be synced: nothing is lost by that, the next flush does it. */
static void test_trouble__a_flush_without_descriptors_is_made_later(void **state) {
  (void)state;
  sl_err err = {0};
  sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
  world w;
  world_init(&w, fault, SL_FLUSH_INTERVAL);
  world_open(&w);
  sl_topic *t = make_topic(&w, "t", 1, 0, NULL);
  sl_partition *p = sl_topic_partition(t, 0);
  put(&w, p, 1, "a", "1");
  sl_fs_fault_add(fault, (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC_DIR, .nth = 1, .times = 2, .code = SL_E_LIMIT});
  for (int i = 0; i < 2; i++) {
    assert_int_equal(sl_log_flush_step(w.log, true, NULL, &err), SL_E_LIMIT);
    sl_err_done(&err);
    assert_null(sl_log_failure(w.log));
    assert_int_equal(sl_partition_synced(p), 0);
  }
  ok(sl_log_flush_step(w.log, true, NULL, &err));
  assert_int_equal(sl_partition_synced(p), 1);
  sl_topic_unref(t);
  world_crash(&w, SL_FS_CRASH_POWER_NONE, 1);
  world_open(&w);
  t = get_topic(&w, "t");
  assert_string_equal(dump(&w, sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), "0:a=1");
  sl_topic_unref(t);
  world_close(&w);
  sl_arena_done(&w.arena);
  sl_fs_free(fault);
  sl_fs_free(memory);
}

/* ---- zeros ahead of the decisions ---- */

static uint64_t size_of_decisions(const world *w) {
  sl_err err = {0};
  sl_file *file;
  uint64_t size;
  ok(sl_fs_open(w->fs, "/data/topics/sluice-decisions.log", SL_FS_READ, &file, &err));
  ok(sl_file_size(file, &size, &err));
  sl_file_close(file);
  return size;
}

/* Opens again after a kill and counts. */
static void kill_and_count(world *w, size_t records) {
  world_crash(w, SL_FS_CRASH_KILL, 1);
  world_open(w);
  sl_topic *t = get_topic(w, "t");
  assert_int_equal(count_from(sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), records);
  sl_topic_unref(t);
}

static void test_trouble__synced_decisions_do_not_make_their_file_grow(void **state) {
  (void)state;
  sl_err err = {0};
  sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
  world w;
  world_init(&w, fault, SL_FLUSH_ALWAYS);
  world_open(&w);
  sl_topic *t = make_topic(&w, "t", 1, 0, NULL);
  sl_partition *p = sl_topic_partition(t, 0);
  assert_true(size_of_decisions(&w) < 1000); /* nothing before it is of use */
  put(&w, p, 1, "a", "1");
  uint64_t size = size_of_decisions(&w);
  assert_in_range(size, 16384, 20000);
  for (int i = 0; i < 10; i++) put(&w, p, 2, "a", "2");
  assert_int_equal(size_of_decisions(&w), size);
  sl_topic_unref(t);
  kill_and_count(&w, 11);
  assert_true(size_of_decisions(&w) < 1000);
  t = get_topic(&w, "t");
  p = sl_topic_partition(t, 0);
  /* no room for zeros: nobody notices, also not when a part of them was written */
  sl_fs_fault_add(
      fault,
      (sl_fs_fault_rule){.ops = SL_FS_OP_WRITE, .path_part = "decisions", .nth = 2, .keep = 7, .code = SL_E_DISK_FULL});
  put(&w, p, 3, "a", "3");
  assert_true(sl_fs_fault_struck(fault)[0]);
  assert_false(sl_log_refusing(w.log, NULL, 0));
  for (int i = 0; i < 200; i++) put(&w, p, 4, "a", "4"); /* beyond what was tried, and on */
  assert_true(size_of_decisions(&w) > sl_embedded_of(w.log)->decisions_size);
  sl_topic_unref(t);
  kill_and_count(&w, 212);
  world_close(&w);
  assert_true(size_of_decisions(&w) < 1000); /* a clean stop leaves no zeros */
  world_open(&w);
  world_close(&w);
  sl_arena_done(&w.arena);
  sl_fs_free(fault);
  sl_fs_free(memory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_trouble__synced_decisions_do_not_make_their_file_grow),
      cmocka_unit_test(test_trouble__the_tail_of_a_refused_decision_is_cut_off),
      cmocka_unit_test(test_trouble__a_flush_without_descriptors_is_made_later),
      cmocka_unit_test(test_trouble__refused_decisions_leave_no_gap),
      cmocka_unit_test(test_trouble__what_is_refused_is_taken_back_and_works_later),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
