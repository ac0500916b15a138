/* Crashes at any step, by seed: a model of what was committed is compared with what a start finds.
 *
 * Each round runs some commits over several partitions, flushes, checkpoints and clean restarts on a file system that
 * stops at a random operation, then crashes (a kill, or a power loss that keeps, tears or drops what was not synced)
 * and opens the log again; the opening itself may crash too. What is found must be the state after exactly the first N
 * commits, in every partition and every task alike, N at least what was acknowledged and at most what was tried.
 *
 * SLUICE_CRASH_SEEDS sets how many seeds run, SLUICE_CRASH_FIRST the first one. */
#include "tests/unit/topics_log_testing.h"
#include "topics/embedded/embedded_int.h"

enum { PARTS = 5, TASKS = 3, COMMITS = 4000 };

typedef struct model_commit {
  int64_t ends[PARTS];   /* after it */
  int64_t inputs[TASKS]; /* positions of the tasks after it */
} model_commit;

typedef struct model {
  world w;
  sl_fs *memory;
  uint64_t random;
  sl_topic *topic;
  model_commit *commits;    /* [0] is the empty log */
  size_t count;             /* commits tried */
  size_t written;           /* those that returned */
  size_t synced;            /* those known to survive a power loss */
  uint64_t tries;           /* of commits, refused ones too: their values differ */
  uint64_t *content[PARTS]; /* try that wrote each offset */
  bool small;               /* segments of a few batches */
  bool refuses;             /* the disk refuses some commits */
} model;

static uint64_t draw(model *m, uint64_t below) {
  m->random = m->random * 6364136223846793005u + 1442695040888963407u;
  return (m->random >> 33) % below;
}

/* The value of a record: its try, partition and a length that depends on them. */
static size_t make_value(uint64_t number, int part, bool big, char *out) {
  size_t len = big ? 600000 : 20 + (size_t)(number / 4 * 7 + (uint64_t)part * 13) % 150;
  memset(out, 'a' + (int)(number % 26), len);
  int n = snprintf(out, 64, "%llu/%d/", (unsigned long long)number, part);
  out[n] = '.';
  return len;
}

static char big_value[700000];

static void stage_random(model *m, sl_staging *s, model_commit *next, uint64_t commit) {
  sl_err err = {0};
  uint64_t touched = 1 + draw(m, PARTS);
  bool big = draw(m, 150) == 0 && !m->small;
  for (uint64_t i = 0; i < touched; i++) {
    int part = (int)draw(m, PARTS);
    uint64_t records = 1 + draw(m, 4);
    if (big) records = 1;
    for (uint64_t r = 0; r < records; r++) {
      size_t len = make_value(commit, part, big, big_value);
      ok(sl_staging_append(s, sl_topic_partition(m->topic, part), (int64_t)commit, "k", 1, big_value, len, NULL, &err));
      m->content[part][next->ends[part]++] = commit;
    }
  }
}

/* The process will stop at some operation from here on. */
static void restart_rules(model *m) {
  sl_fs_fault_clear(m->w.fs);
  sl_fs_fault_add(m->w.fs, (sl_fs_fault_rule){
                               .ops = SL_FS_OP_CHANGES, .nth = 5 + draw(m, 150), .stop = true, .keep = draw(m, 200)});
}

/* One commit; false when the file system has stopped. A refused one is taken back, and is none. */
static bool try_commit(model *m, bool refused) {
  sl_err err = {0};
  model_commit *last = &m->commits[m->count], *next = last + 1;
  *next = *last;
  sl_staging *s = sl_staging_new();
  stage_random(m, s, next, ++m->tries);
  int task = (int)draw(m, TASKS + 1);
  sl_position pos = {.topic = *sl_topic_get_id(m->topic), .partition = task};
  sl_part part = {.staging = s};
  uint64_t clock = m->count + 1;
  if (task < TASKS) {
    pos.offset = last->ends[task] ? (int64_t)draw(m, (uint64_t)last->ends[task] + 1) : 0;
    if (pos.offset < last->inputs[task]) pos.offset = last->inputs[task];
    next->inputs[task] = pos.offset;
    part = (sl_part){.has_task = true,
                     .task = {9, 0, task},
                     .staging = s,
                     .positions = &pos,
                     .position_count = 1,
                     .clocks = &clock,
                     .clocks_len = sizeof clock};
  }
  m->count++;
  if (refused)
    sl_fs_fault_add(m->w.fs, (sl_fs_fault_rule){.ops = SL_FS_OP_WRITE,
                                                .nth = 1 + draw(m, PARTS),
                                                .code = SL_E_DISK_FULL,
                                                .keep = draw(m, 2) ? 4000 : draw(m, 200)});
  int rc = sl_log_commit(m->w.log, &part, 1, NULL, &err);
  sl_staging_free(s);
  bool stopped = sl_fs_fault_stopped(m->w.fs);
  if (rc && !stopped && !refused) fail_msg("a commit failed without a fault: %s", err.message);
  sl_err_done(&err);
  if (refused && !stopped) restart_rules(m);
  if (rc && !stopped) m->count--;
  if (rc) return !stopped;
  m->written = m->count;
  return true;
}

static bool did(model *m, int rc, sl_err *err) {
  if (rc && !sl_fs_fault_stopped(m->w.fs)) fail_msg("failed without a fault: %s", err->message);
  sl_err_done(err);
  return rc == 0;
}

static bool try_flush(model *m, bool checkpoint) {
  sl_err err = {0};
  size_t before = m->written;
  int rc = checkpoint ? sl_embedded_checkpoint(sl_embedded_of(m->w.log), &err)
                      : sl_log_flush_step(m->w.log, true, NULL, &err);
  if (!did(m, rc, &err)) return false;
  m->synced = before;
  return true;
}

static bool try_quick_flush(model *m) { /* what a flusher does under "always" */
  sl_err err = {0};
  size_t before = m->written;
  if (!did(m, sl_log_flush_step(m->w.log, false, NULL, &err), &err)) return false;
  if (m->w.options.flush == SL_FLUSH_ALWAYS) m->synced = before;
  return true;
}

/* Opens until it works; each failure must come from the stop, and is followed by another crash. */
static void open_through_crashes(model *m, sl_fs_crash mode) {
  for (int tries = 0;; tries++) {
    sl_err err = {0};
    sl_log *log = NULL;
    if (tries < 3 && draw(m, 2))
      sl_fs_fault_add(m->w.fs, (sl_fs_fault_rule){.ops = SL_FS_OP_CHANGES, .nth = 1 + draw(m, 40), .stop = true});
    int rc = sl_embedded_log_open(&m->w.options, &log, &err);
    if (rc == 0 && !sl_fs_fault_stopped(m->w.fs)) {
      sl_fs_fault_clear(m->w.fs);
      m->w.log = log;
      return;
    }
    if (!rc) sl_log_close(log, NULL); /* stopped, so it changes nothing */
    if (rc && !sl_fs_fault_stopped(m->w.fs)) fail_msg("cannot open after a crash: %s", err.message);
    sl_err_done(&err);
    ok(sl_fs_fault_crash(m->w.fs, mode, draw(m, 1u << 30), &err));
  }
}

static void check_content(model *m, int part, int64_t end) {
  sl_err err = {0};
  sl_partition *p = sl_topic_partition(m->topic, part);
  int64_t at = 0;
  while (at < end) {
    sl_fetch *f;
    ok(sl_log_fetch(p, at, 1 << 20, 100, SL_READ_VISIBLE, &f, &err));
    assert_true(f->count > 0);
    for (size_t i = 0; i < f->count; i++) {
      const sl_record *r = &f->records[i];
      assert_int_equal(r->offset, at + (int64_t)i);
      size_t len = make_value(m->content[part][r->offset], part, r->value_len == 600000, big_value);
      assert_int_equal(r->value_len, len);
      assert_memory_equal(r->value, big_value, len);
    }
    at = f->next_offset;
    sl_fetch_unref(f);
  }
  assert_int_equal(at, end);
}

/* Finds the N whose state this is. */
static void check(model *m, size_t least) {
  int64_t ends[PARTS], inputs[TASKS];
  for (int i = 0; i < PARTS; i++) ends[i] = sl_partition_visible(sl_topic_partition(m->topic, i));
  uint64_t clock = 0;
  for (int i = 0; i < TASKS; i++) {
    sl_position *got;
    size_t count;
    sl_str clocks;
    sl_log_task_state(m->w.log, (sl_task_id){9, 0, i}, &m->w.arena, &got, &count, &clocks);
    inputs[i] = count ? got[0].offset : 0;
    uint64_t c = 0;
    if (clocks.len == sizeof c) memcpy(&c, clocks.ptr, sizeof c);
    if (c > clock) clock = c;
  }
  size_t n = m->count + 1;
  for (size_t i = m->count + 1; i-- > least;) {
    if (memcmp(m->commits[i].ends, ends, sizeof ends) || memcmp(m->commits[i].inputs, inputs, sizeof inputs) ||
        clock > i)
      continue;
    n = i;
    break;
  }
  if (n > m->count) fail_msg("what was found is the state after none of the commits %zu to %zu", least, m->count);
  m->count = m->written = m->synced = n;
  for (int i = 0; i < PARTS; i++) {
    assert_int_equal(sl_partition_durable(sl_topic_partition(m->topic, i)), ends[i]);
    assert_int_equal(sl_partition_synced(sl_topic_partition(m->topic, i)), ends[i]);
    check_content(m, i, ends[i]);
  }
}

static void crash_and_check(model *m) {
  static const sl_fs_crash MODES[] = {SL_FS_CRASH_KILL, SL_FS_CRASH_POWER, SL_FS_CRASH_POWER_ANY,
                                      SL_FS_CRASH_POWER_NONE};
  sl_fs_crash mode = MODES[draw(m, 4)];
  size_t least = mode == SL_FS_CRASH_KILL ? m->written : m->synced;
  sl_topic_unref(m->topic);
  world_crash(&m->w, mode, draw(m, 1u << 30));
  open_through_crashes(m, mode);
  m->topic = get_topic(&m->w, "t");
  check(m, least);
}

static bool restart_clean(model *m) {
  sl_err err = {0};
  sl_topic_unref(m->topic);
  size_t before = m->written;
  int rc = sl_log_close(m->w.log, &err);
  m->w.log = NULL;
  bool fine = did(m, rc, &err);
  if (fine) m->synced = before;
  if (fine) fine = did(m, sl_embedded_log_open(&m->w.options, &m->w.log, &err), &err);
  if (fine) {
    m->topic = get_topic(&m->w, "t");
    return true;
  }
  m->topic = NULL;
  return false;
}

static void run_seed(uint64_t seed) {
  sl_err err = {0};
  model m = {.random = seed * 2654435761u + 99, .small = seed & 8, .refuses = seed & 1};
  m.memory = sl_fs_memory_new();
  sl_fs *fault = sl_fs_fault_new(m.memory, "/", &err);
  world_init(&m.w, fault, (sl_flush_mode)(seed % 3));
  m.commits = calloc(COMMITS, sizeof *m.commits);
  for (int i = 0; i < PARTS; i++) m.content[i] = calloc(COMMITS * 40, sizeof *m.content[i]);
  world_open(&m.w);
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of(m.small ? "1500" : "1048576")},
                            {sl_str_of("index.interval.bytes"), sl_str_of("200")}};
  m.topic = make_topic(&m.w, "t", PARTS, 2, set);
  for (int round = 0; round < 6; round++) {
    restart_rules(&m);
    for (int step = 0; step < 60; step++) {
      uint64_t what = draw(&m, 20);
      bool fine = what < 13    ? try_commit(&m, m.refuses && draw(&m, 3) == 0)
                  : what < 16  ? try_quick_flush(&m)
                  : what == 16 ? try_flush(&m, false)
                  : what == 17 ? try_flush(&m, true)
                  : what == 18 ? restart_clean(&m)
                               : true;
      if (!fine || sl_fs_fault_stopped(fault)) break;
    }
    crash_and_check(&m);
  }
  sl_topic_unref(m.topic);
  world_close(&m.w);
  sl_fs_free(fault);
  sl_fs_free(m.memory);
  sl_arena_done(&m.w.arena);
  for (int i = 0; i < PARTS; i++) free(m.content[i]);
  free(m.commits);
}

static uint64_t from_env(const char *name, uint64_t fallback) {
  const char *text = getenv(name);
  return text ? strtoull(text, NULL, 10) : fallback;
}

static void test_crash__the_longest_prefix_of_decisions_is_found(void **state) {
  (void)state;
  uint64_t first = from_env("SLUICE_CRASH_FIRST", 1), seeds = from_env("SLUICE_CRASH_SEEDS", 60);
  for (uint64_t seed = first; seed < first + seeds; seed++) {
    if (getenv("SLUICE_CRASH_SEEDS")) fprintf(stderr, "seed %llu\r", (unsigned long long)seed);
    run_seed(seed);
  }
}

/* ---- tails torn at every byte ---- */

static void truncate_copy(world *w, const char *path, uint64_t size) {
  sl_err err = {0};
  sl_file *file;
  ok(sl_fs_open(w->fs, path, SL_FS_WRITE, &file, &err));
  ok(sl_file_truncate(file, size, &err));
  sl_file_close(file);
}

static uint64_t size_of(sl_fs *fs, const char *path) {
  sl_err err = {0};
  sl_file *file;
  uint64_t size;
  ok(sl_fs_open(fs, path, SL_FS_READ, &file, &err));
  ok(sl_file_size(file, &size, &err));
  sl_file_close(file);
  return size;
}

/* Three commits over two partitions; then one file is cut at every length. Both partitions must agree on what happened.
 */
static void cut_everywhere(const char *path) {
  sl_fs *original = sl_fs_memory_new();
  world w;
  world_init(&w, original, SL_FLUSH_NEVER);
  world_open(&w);
  sl_topic *t = make_topic(&w, "t", 2, 0, NULL);
  uint64_t base = sl_fs_exists(original, path) ? size_of(original, path) : 0;
  for (int i = 0; i < 3; i++) {
    sl_staging *s = sl_staging_new();
    stage(s, sl_topic_partition(t, 0), i, "k", "left");
    stage(s, sl_topic_partition(t, 1), i, "k", "right");
    commit_staging(&w, s);
    sl_staging_free(s);
  }
  uint64_t full = size_of(original, path);
  int64_t last = 0;
  for (uint64_t cut = base; cut <= full; cut++) {
    world c;
    sl_arena_reset(&w.arena);
    sl_fs *copy = sl_fs_memory_new();
    world_init(&c, copy, SL_FLUSH_NEVER);
    copy_tree(original, copy, "/data", &w.arena);
    truncate_copy(&c, path, cut);
    world_open(&c);
    t = get_topic(&c, "t");
    int64_t left = sl_partition_visible(sl_topic_partition(t, 0)),
            right = sl_partition_visible(sl_topic_partition(t, 1));
    assert_int_equal(left, right);
    assert_true(left >= last && left <= last + 1);
    last = left;
    assert_int_equal(count_from(sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), left);
    put(&c, sl_topic_partition(t, 1), 9, "k", "after");
    assert_int_equal(count_from(sl_topic_partition(t, 1), 0, SL_READ_VISIBLE), right + 1);
    sl_topic_unref(t);
    world_close(&c);
    sl_arena_done(&c.arena);
    sl_fs_free(copy);
  }
  assert_int_equal(last, 3);
  sl_log_close(w.log, NULL);
  sl_arena_done(&w.arena);
  sl_fs_free(original);
}

static void test_crash__a_partition_torn_at_every_byte(void **state) {
  (void)state;
  cut_everywhere("/data/topics/t-0/00000000000000000000.log");
  cut_everywhere("/data/topics/t-1/00000000000000000000.log");
}

static void test_crash__the_decision_log_torn_at_every_byte(void **state) {
  (void)state;
  cut_everywhere("/data/topics/sluice-decisions.log");
}

/* ---- topics that come and go ---- */

/* Does one change of the list of topics; 0 when it was acknowledged. */
static int change(world *w, int kind) {
  sl_err err = {0};
  sl_topic *made = NULL, *t = sl_log_topic_find(w->log, sl_str_of("t"));
  sl_str value = sl_str_of("77777");
  sl_topic_spec spec = {.name = sl_str_of("new"), .partitions = 2};
  int rc = kind == 0   ? sl_log_topic_create(w->log, &spec, &made, &err)
           : kind == 1 ? sl_log_topic_delete(w->log, t, &err)
           : kind == 2 ? sl_log_topic_grow(w->log, t, 4, &err)
                       : sl_log_topic_set(w->log, t, sl_str_of("retention.ms"), &value, &err);
  sl_topic_unref(made);
  sl_topic_unref(t);
  sl_err_done(&err);
  return rc;
}

/* Whether the change is to be seen. */
static bool changed(world *w, int kind) {
  sl_topic *made = sl_log_topic_find(w->log, sl_str_of("new")), *t = sl_log_topic_find(w->log, sl_str_of("t"));
  bool seen = kind == 0   ? made != NULL
              : kind == 1 ? t == NULL
              : kind == 2 ? sl_topic_partitions(t) == 4
                          : sl_str_eq_z(sl_topic_setting_get(t, &w->arena, sl_str_of("retention.ms")), "77777");
  if (kind == 2 && !seen) assert_int_equal(sl_topic_partitions(t), 2);
  if (kind != 1) assert_string_equal(dump(w, sl_topic_partition(t, 1), 0, SL_READ_VISIBLE), "0:k=v");
  sl_topic_unref(made);
  sl_topic_unref(t);
  return seen;
}

static bool change_and_crash(int kind, uint64_t nth, sl_fs_crash mode) {
  sl_err err = {0};
  sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
  world w;
  world_init(&w, fault, SL_FLUSH_ALWAYS);
  world_open(&w);
  sl_topic *t = make_topic(&w, "t", 2, 0, NULL), *other = make_topic(&w, "other", 1, 0, NULL);
  put(&w, sl_topic_partition(t, 1), 1, "k", "v");
  put(&w, sl_topic_partition(other, 0), 1, "o", "v");
  sl_topic_unref(t);
  sl_topic_unref(other);
  ok(sl_log_flush_step(w.log, true, NULL, &err));
  sl_fs_fault_add(fault, (sl_fs_fault_rule){.ops = SL_FS_OP_CHANGES, .nth = nth, .stop = true});
  int rc = change(&w, kind);
  bool stopped = sl_fs_fault_stopped(fault);
  world_crash(&w, mode, nth * 7 + 1);
  world_open(&w);
  bool seen = changed(&w, kind);
  if (!rc) assert_true(seen);
  other = get_topic(&w, "other");
  assert_string_equal(dump(&w, sl_topic_partition(other, 0), 0, SL_READ_VISIBLE), "0:o=v");
  sl_topic_unref(other);
  if (!seen) assert_int_equal(change(&w, kind), 0); /* it can be done again */
  assert_true(changed(&w, kind));
  if (kind == 1) { /* and the name is free */
    t = make_topic(&w, "t", 1, 0, NULL);
    assert_string_equal(dump(&w, sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), "");
    sl_topic_unref(t);
  }
  world_close(&w);
  sl_arena_done(&w.arena);
  sl_fs_free(fault);
  sl_fs_free(memory);
  return stopped;
}

static void test_crash__topics_are_changed_whole_or_not_at_all(void **state) {
  (void)state;
  static const sl_fs_crash MODES[] = {SL_FS_CRASH_KILL, SL_FS_CRASH_POWER, SL_FS_CRASH_POWER_ANY,
                                      SL_FS_CRASH_POWER_NONE};
  for (int kind = 0; kind < 4; kind++) {
    for (size_t m = 0; m < 4; m++) {
      uint64_t nth = 1;
      while (change_and_crash(kind, nth, MODES[m])) nth++;
      assert_true(nth > 4);
    }
  }
}

/* ---- starts that are killed, and what a later power loss makes of them ---- */

static const char T0[] = "/data/topics/t-0/00000000000000000000.log";

typedef struct faulty {
  world w;
  sl_fs *memory;
} faulty;

static void faulty_open(faulty *f, int count, const sl_topic_setting *settings) {
  sl_err err = {0};
  f->memory = sl_fs_memory_new();
  world_init(&f->w, sl_fs_fault_new(f->memory, "/", &err), SL_FLUSH_INTERVAL);
  world_open(&f->w);
  sl_topic_unref(make_topic(&f->w, "t", 1, count, settings));
}

static void faulty_done(faulty *f) {
  world_close(&f->w);
  sl_fs_free(f->w.fs);
  sl_fs_free(f->memory);
  sl_arena_done(&f->w.arena);
}

static void put_t(faulty *f, const char *key) {
  sl_topic *t = get_topic(&f->w, "t");
  put(&f->w, sl_topic_partition(t, 0), 1, key, "v");
  sl_topic_unref(t);
}

static const char *dump_t(faulty *f) {
  sl_topic *t = get_topic(&f->w, "t");
  const char *text = dump(&f->w, sl_topic_partition(t, 0), 0, SL_READ_VISIBLE);
  sl_topic_unref(t);
  return text;
}

static void test_crash__what_a_failed_sync_has_left_is_written_again(void **state) {
  (void)state;
  sl_err err = {0};
  faulty f;
  faulty_open(&f, 0, NULL);
  put_t(&f, "a");
  sl_fs_fault_add(f.w.fs, (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC, .path_part = "/t-0/", .nth = 1});
  assert_int_equal(sl_log_flush_step(f.w.log, true, NULL, &err), SL_E_IO);
  sl_err_done(&err);
  world_crash(&f.w, SL_FS_CRASH_KILL, 1);
  world_open(&f.w);
  assert_string_equal(dump_t(&f), "0:a=v");
  world_crash(&f.w, SL_FS_CRASH_POWER_NONE, 1);
  world_open(&f.w);
  assert_string_equal(dump_t(&f), "0:a=v");
  faulty_done(&f);
}

static void test_crash__a_cut_of_a_start_that_was_killed_is_synced_by_the_next(void **state) {
  (void)state;
  sl_err err = {0};
  faulty f;
  faulty_open(&f, 0, NULL);
  put_t(&f, "a");
  ok(sl_embedded_checkpoint(sl_embedded_of(f.w.log), &err));
  uint64_t size = size_of(f.memory, T0);
  sl_topic *t = get_topic(&f.w, "t");
  sl_staging *s = sl_staging_new();
  stage(s, sl_topic_partition(t, 0), 2, "b", "undecided");
  sl_part part = {.staging = s};
  sl_fs_fault_add(f.w.fs, (sl_fs_fault_rule){.ops = SL_FS_OP_WRITE, .path_part = "decisions", .nth = 1, .stop = true});
  assert_int_equal(sl_log_commit(f.w.log, &part, 1, NULL, &err), SL_E_IO);
  sl_err_done(&err);
  sl_staging_free(s);
  sl_topic_unref(t);
  sl_file *file; /* the bytes are there for good, the decision is not */
  ok(sl_fs_fault_crash(f.w.fs, SL_FS_CRASH_KILL, 1, &err));
  sl_log_close(f.w.log, NULL);
  assert_true(size_of(f.memory, T0) > size);
  ok(sl_fs_open(f.w.fs, T0, SL_FS_WRITE, &file, &err));
  ok(sl_file_sync(file, &err));
  sl_file_close(file);
  sl_fs_fault_add(f.w.fs, (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC, .path_part = "/t-0/", .nth = 1, .stop = true});
  assert_int_equal(sl_embedded_log_open(&f.w.options, &f.w.log, &err), SL_E_IO);
  sl_err_done(&err);
  ok(sl_fs_fault_crash(f.w.fs, SL_FS_CRASH_KILL, 1, &err));
  assert_int_equal(size_of(f.memory, T0), size);
  world_open(&f.w);
  world_crash(&f.w, SL_FS_CRASH_POWER_NONE, 1);
  assert_int_equal(size_of(f.memory, T0), size);
  world_open(&f.w);
  assert_string_equal(dump_t(&f), "0:a=v");
  faulty_done(&f);
}

/* The list of topics says deleted, but its name was not synced when the process was killed; the next start removes
 * directories and loses the power. Then the topic is there whole, or it is gone. */
static bool delete_and_lose_power(uint64_t nth, uint64_t seed) {
  sl_err err = {0};
  faulty f;
  faulty_open(&f, 0, NULL);
  put_t(&f, "a");
  ok(sl_embedded_checkpoint(sl_embedded_of(f.w.log), &err));
  sl_topic *t = get_topic(&f.w, "t");
  sl_fs_fault_add(f.w.fs,
                  (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC_DIR, .path_part = "topics", .nth = 1, .times = UINT64_MAX});
  assert_int_not_equal(sl_log_topic_delete(f.w.log, t, &err), 0);
  sl_err_done(&err);
  sl_topic_unref(t);
  world_crash(&f.w, SL_FS_CRASH_KILL, 1);
  sl_fs_fault_add(f.w.fs, (sl_fs_fault_rule){
                              .ops = SL_FS_OP_REMOVE | SL_FS_OP_RMDIR, .path_part = "/t-0", .nth = nth, .stop = true});
  bool stopped = sl_embedded_log_open(&f.w.options, &f.w.log, &err) != 0;
  sl_err_done(&err);
  if (stopped) {
    ok(sl_fs_fault_crash(f.w.fs, SL_FS_CRASH_POWER_ANY, seed, &err));
    world_open(&f.w);
  }
  t = sl_log_topic_find(f.w.log, sl_str_of("t"));
  if (t) assert_string_equal(dump_t(&f), "0:a=v");
  sl_topic_unref(t);
  faulty_done(&f);
  return stopped;
}

static void test_crash__a_deletion_whose_decision_was_not_synced_is_synced_first(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    uint64_t nth = 1;
    while (delete_and_lose_power(nth, seed)) nth++;
    assert_true(nth > 2);
  }
}

/* The file was made for a commit that failed; the next process finds it and must not take its name for durable. */
static void test_crash__the_file_of_a_failed_commit_gets_a_durable_name(void **state) {
  (void)state;
  sl_err err = {0};
  faulty f;
  faulty_open(&f, 0, NULL);
  sl_topic *t = get_topic(&f.w, "t");
  sl_staging *s = sl_staging_new();
  stage(s, sl_topic_partition(t, 0), 2, "b", "not to be");
  sl_part part = {.staging = s};
  sl_fs_fault_add(f.w.fs, (sl_fs_fault_rule){.ops = SL_FS_OP_WRITE, .path_part = "/t-0/", .nth = 1});
  assert_int_equal(sl_log_commit(f.w.log, &part, 1, NULL, &err), SL_E_IO);
  sl_err_done(&err);
  sl_staging_free(s);
  sl_topic_unref(t);
  ok(sl_embedded_checkpoint(sl_embedded_of(f.w.log), &err));
  world_crash(&f.w, SL_FS_CRASH_KILL, 1);
  world_open(&f.w);
  put_t(&f, "a");
  ok(sl_log_flush_step(f.w.log, true, NULL, &err));
  world_crash(&f.w, SL_FS_CRASH_POWER_NONE, 1);
  world_open(&f.w);
  assert_string_equal(dump_t(&f), "0:a=v");
  world_close(&f.w);
  world_open(&f.w);
  assert_string_equal(dump_t(&f), "0:a=v");
  faulty_done(&f);
}

/* The active segment is lost, so the compacted one before it becomes the last. */
static void test_crash__a_compacted_segment_may_be_the_last_one(void **state) {
  (void)state;
  faulty f;
  sl_err err = {0};
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("300")},
                            {sl_str_of("cleanup.policy"), sl_str_of("compact")},
                            {sl_str_of("min.cleanable.dirty.ratio"), sl_str_of("0")}};
  faulty_open(&f, 3, set);
  sl_topic_unref(make_topic(&f.w, "a", 1, 0, NULL)); /* housekeeping visits it first */
  for (int i = 0; i < 12; i++) put_t(&f, i % 2 ? "x" : "y");
  housekeep(&f.w);
  sl_clock_manual_advance(&f.w.clock, 400000);
  bool more;
  ok(sl_log_housekeeping_step(f.w.log, &more, &err)); /* a checkpoint */
  for (int i = 0; i < 4; i++) put_t(&f, "z");         /* rolls */
  housekeep(&f.w);
  world_crash(&f.w, SL_FS_CRASH_POWER_NONE, 1);
  world_open(&f.w);
  const char *found = dump_t(&f);
  assert_true(strncmp(found, "0:", 2)); /* it was compacted */
  assert_non_null(strstr(found, "11:x=v"));
  for (int i = 0; i < 3; i++) { /* goes on behind it, and is found again */
    put_t(&f, "w");
    found = dump_t(&f);
    world_crash(&f.w, SL_FS_CRASH_KILL, 1);
    world_open(&f.w);
    assert_string_equal(dump_t(&f), found);
  }
  faulty_done(&f);
}

/* ---- stale batches: what a recycled or preallocated file may hold (log.md 4.7) ---- */

/* Three commits of one record each; then the second batch gets another base offset, which its checksum does not cover:
 * so looks an old batch at that place whose header was torn. All that follows must go, and the decisions with it. */
static void test_crash__a_stale_batch_is_not_taken_for_a_new_one(void **state) {
  (void)state;
  sl_err err = {0};
  for (uint8_t offset = 0; offset < 4; offset++) {
    faulty f;
    faulty_open(&f, 0, NULL);
    put_t(&f, "a");
    ok(sl_embedded_checkpoint(sl_embedded_of(f.w.log), &err));
    uint64_t at = size_of(f.memory, T0);
    put_t(&f, "b");
    put_t(&f, "c");
    world_crash(&f.w, SL_FS_CRASH_KILL, 1);
    sl_file *file;
    ok(sl_fs_open(f.w.fs, T0, SL_FS_WRITE, &file, &err));
    ok(sl_file_write(file, at + 7, &offset, 1, &err));
    sl_file_close(file);
    world_open(&f.w);
    assert_string_equal(dump_t(&f), offset == 1 ? "0:a=v 1:b=v 2:c=v" : "0:a=v");
    put_t(&f, "d");
    assert_string_equal(dump_t(&f), offset == 1 ? "0:a=v 1:b=v 2:c=v 3:d=v" : "0:a=v 1:d=v");
    faulty_done(&f);
  }
}

/* ---- failures that the process survives ---- */

static void test_fault__a_full_disk_takes_the_commit_back(void **state) {
  (void)state;
  sl_err err = {0};
  sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
  world w;
  world_init(&w, fault, SL_FLUSH_INTERVAL);
  world_open(&w);
  sl_topic *t = make_topic(&w, "t", 2, 0, NULL);
  put(&w, sl_topic_partition(t, 0), 1, "a", "1");
  sl_staging *s = sl_staging_new();
  stage(s, sl_topic_partition(t, 0), 2, "b", "2");
  stage(s, sl_topic_partition(t, 1), 2, "c", "3");
  sl_part part = {.staging = s};
  for (uint64_t nth = 1; nth <= 2; nth++) {
    sl_fs_fault_add(
        fault,
        (sl_fs_fault_rule){.ops = SL_FS_OP_WRITE, .path_part = "/t-", .nth = nth, .code = SL_E_DISK_FULL, .keep = 10});
    assert_int_equal(sl_log_commit(w.log, &part, 1, NULL, &err), SL_E_DISK_FULL);
    sl_err_done(&err);
    sl_fs_fault_clear(fault);
    assert_null(sl_log_failure(w.log));
    assert_string_equal(dump(&w, sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), "0:a=1");
    assert_string_equal(dump(&w, sl_topic_partition(t, 1), 0, SL_READ_VISIBLE), "");
  }
  ok(sl_log_commit(w.log, &part, 1, NULL, &err));
  sl_staging_free(s);
  for (int round = 0; round < 2; round++) {
    assert_string_equal(dump(&w, sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), "0:a=1 1:b=2");
    assert_string_equal(dump(&w, sl_topic_partition(t, 1), 0, SL_READ_VISIBLE), "0:c=3");
    if (round) break;
    sl_topic_unref(t);
    world_crash(&w, SL_FS_CRASH_KILL, 1);
    world_open(&w);
    t = get_topic(&w, "t");
  }
  sl_topic_unref(t);
  world_close(&w);
  sl_arena_done(&w.arena);
  sl_fs_free(fault);
  sl_fs_free(memory);
}

static void test_fault__a_failed_sync_is_final(void **state) {
  (void)state;
  static const struct {
    unsigned op;
    sl_flush_mode flush;
  } CASES[] = {{SL_FS_OP_SYNC, SL_FLUSH_ALWAYS}, {SL_FS_OP_SYNC, SL_FLUSH_INTERVAL}, {SL_FS_OP_SYNC, SL_FLUSH_NEVER}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    sl_err err = {0};
    sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
    world w;
    world_init(&w, fault, CASES[i].flush);
    world_open(&w);
    sl_topic *t = make_topic(&w, "t", 1, 0, NULL);
    put(&w, sl_topic_partition(t, 0), 1, "a", "1");
    sl_fs_fault_add(fault, (sl_fs_fault_rule){.ops = CASES[i].op, .path_part = "decisions", .nth = 1});
    sl_staging *s = sl_staging_new();
    stage(s, sl_topic_partition(t, 0), 2, "b", "2");
    sl_part part = {.staging = s};
    int rc = sl_log_commit(w.log, &part, 1, NULL, &err);
    if (!rc) rc = sl_log_flush_step(w.log, true, NULL, &err);
    assert_int_equal(rc, SL_E_IO);
    sl_err_done(&err);
    sl_fs_fault_clear(fault);
    assert_non_null(sl_log_failure(w.log));
    assert_int_equal(sl_log_commit(w.log, &part, 1, NULL, &err), SL_E_IO);
    sl_err_done(&err);
    assert_int_equal(sl_log_flush_step(w.log, true, NULL, &err), SL_E_IO);
    sl_err_done(&err);
    sl_staging_free(s);
    sl_topic_unref(t);
    assert_int_equal(sl_log_close(w.log, &err), SL_E_IO);
    sl_err_done(&err);
    world_open(&w);
    t = get_topic(&w, "t");
    assert_true(sl_partition_visible(sl_topic_partition(t, 0)) >= 1);
    sl_topic_unref(t);
    world_close(&w);
    sl_arena_done(&w.arena);
    sl_fs_free(fault);
    sl_fs_free(memory);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_crash__a_partition_torn_at_every_byte),
      cmocka_unit_test(test_crash__the_decision_log_torn_at_every_byte),
      cmocka_unit_test(test_crash__topics_are_changed_whole_or_not_at_all),
      cmocka_unit_test(test_crash__what_a_failed_sync_has_left_is_written_again),
      cmocka_unit_test(test_crash__a_cut_of_a_start_that_was_killed_is_synced_by_the_next),
      cmocka_unit_test(test_crash__a_deletion_whose_decision_was_not_synced_is_synced_first),
      cmocka_unit_test(test_crash__the_file_of_a_failed_commit_gets_a_durable_name),
      cmocka_unit_test(test_crash__a_compacted_segment_may_be_the_last_one),
      cmocka_unit_test(test_crash__a_stale_batch_is_not_taken_for_a_new_one),
      cmocka_unit_test(test_fault__a_full_disk_takes_the_commit_back),
      cmocka_unit_test(test_fault__a_failed_sync_is_final),
      cmocka_unit_test(test_crash__the_longest_prefix_of_decisions_is_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
