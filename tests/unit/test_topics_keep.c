/* Housekeeping: retention, trimming, compaction, the decision log; and what a crash in the middle leaves. */
#include "tests/unit/topics_log_testing.h"
#include "base/bytes.h"
#include "topics/embedded/embedded_int.h"

static int setup(void **state) {
  return setup_mode(state, SL_FLUSH_INTERVAL);
}

/* Nothing stays in memory, so that what is read is what the files hold. */
static int setup_bare(void **state) {
  setup(state);
  world *w = *state;
  world_close(w);
  w->options.block_budget = 1;
  world_open(w);
  return 0;
}

static void set_topic(world *w, sl_topic *t, const char *name, const char *value) {
  sl_err err = {0};
  sl_str v = sl_str_of(value);
  ok(sl_log_topic_set(w->log, t, sl_str_of(name), &v, &err));
}

/* One round of everything that is due after a while. */
static void after(world *w, int64_t ms) {
  housekeep(w); /* starts the intervals */
  sl_clock_manual_advance(&w->clock, ms);
  housekeep(w);
}

static void fill(world *w, sl_topic *t, int from, int to, const char *value) {
  for (int i = from; i < to; i++) {
    char k[16];
    snprintf(k, sizeof k, "%d", i);
    put(w, sl_topic_partition(t, 0), w->clock.wall, k, value);
  }
}

static void reopen_clean(world *w) {
  world_close(w);
  world_open(w);
}

/* ---- retention ---- */

static void test_retention__old_segments_go_by_time(void **state) {
  world *w = *state;
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("300")},
                            {sl_str_of("retention.ms"), sl_str_of("3600000")}};
  sl_topic *t = make_topic(w, "t", 1, 2, set);
  sl_partition *p = sl_topic_partition(t, 0);
  fill(w, t, 0, 20, "v");
  sl_clock_manual_advance(&w->clock, 3000000);
  fill(w, t, 20, 30, "v");
  after(w, 400000);
  assert_int_equal(sl_partition_start(p), 0); /* 3,400,000 ms old at most */
  after(w, 400000);
  int64_t start = sl_partition_start(p);
  assert_true(start > 10 && start <= 20);
  assert_int_equal(count_from(p, start, SL_READ_VISIBLE), 30 - (size_t)start);
  sl_err err = {0};
  sl_fetch *f;
  assert_int_equal(sl_log_fetch(p, 0, 1000, 10, SL_READ_VISIBLE, &f, &err), SL_E_OFFSET_OUT_OF_RANGE);
  sl_err_done(&err);
  after(w, 4000000); /* all is old now: the active one is rolled and goes */
  assert_int_equal(sl_partition_start(p), 30);
  assert_int_equal(sl_partition_visible(p), 30);
  assert_int_equal(sl_partition_bytes(p), 0);
  reopen_clean(w);
  p = sl_topic_partition(get_topic(w, "t"), 0);
  assert_int_equal(sl_partition_start(p), 30);
  put(w, p, 1, "k", "v");
  assert_string_equal(dump(w, p, 30, SL_READ_VISIBLE), "30:k=v");
}

static void test_retention__size_keeps_at_least_what_was_asked(void **state) {
  world *w = *state;
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("300")},
                            {sl_str_of("retention.bytes"), sl_str_of("1000")}};
  sl_topic *t = make_topic(w, "t", 1, 2, set);
  sl_partition *p = sl_topic_partition(t, 0);
  fill(w, t, 0, 100, "value");
  assert_true(sl_partition_bytes(p) > 5000);
  after(w, 300000);
  assert_true(sl_partition_bytes(p) >= 1000 && sl_partition_bytes(p) < 1400);
  int64_t start = sl_partition_start(p);
  assert_int_equal(count_from(p, start, SL_READ_VISIBLE), 100 - (size_t)start);
}

static size_t files_named(world *w, const char *dir, const char *suffix) {
  sl_err err = {0};
  char **names;
  size_t count, found = 0;
  ok(sl_fs_list(w->fs, dir, &w->arena, &names, &count, &err));
  for (size_t i = 0; i < count; i++) found += sl_str_ends(sl_str_of(names[i]), sl_str_of(suffix));
  return found;
}

static void test_retention__removed_files_stay_for_the_delay(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("300")},
                            {sl_str_of("file.delete.delay.ms"), sl_str_of("90000")}};
  sl_topic *t = make_topic(w, "t", 1, 2, set), *internal = make_topic(w, "_i", 1, 2, set);
  fill(w, t, 0, 30, "value");
  fill(w, internal, 0, 30, "value");
  sl_partition *p = sl_topic_partition(t, 0);
  ok(sl_log_trim(w->log, p, 20, &err));
  ok(sl_log_trim(w->log, sl_topic_partition(internal, 0), 20, &err));
  size_t aside = files_named(w, "/data/topics/t-0", ".log.deleted");
  assert_true(aside > 3);
  assert_int_equal(files_named(w, "/data/topics/_i-0", ".log.deleted"), 0); /* nobody from outside reads it */
  after(w, 80000);
  assert_int_equal(files_named(w, "/data/topics/t-0", ".log.deleted"), aside);
  after(w, 10000);
  assert_int_equal(files_named(w, "/data/topics/t-0", ".deleted"), 0);
  ok(sl_log_trim(w->log, p, 25, &err));
  assert_true(files_named(w, "/data/topics/t-0", ".deleted") > 0);
  sl_topic_unref(t);
  sl_topic_unref(internal);
  reopen_clean(w); /* a start removes them */
  t = get_topic(w, "t");
  assert_int_equal(count_from(sl_topic_partition(t, 0), 25, SL_READ_VISIBLE), 5);
  assert_int_equal(files_named(w, "/data/topics/t-0", ".deleted"), 0);
  sl_topic_unref(t);
}

static void test_retention__nothing_goes_by_default(void **state) {
  world *w = *state;
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("300")}};
  sl_topic *t = make_topic(w, "t", 1, 1, set);
  fill(w, t, 0, 50, "value");
  after(w, (int64_t)400 * 86400000);
  assert_int_equal(sl_partition_start(sl_topic_partition(t, 0)), 0);
}

static void test_trim__exact_for_users_whole_segments_for_internal(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("300")}};
  sl_topic *user = make_topic(w, "user", 1, 1, set), *internal = make_topic(w, "_internal", 1, 1, set);
  fill(w, user, 0, 50, "value");
  fill(w, internal, 0, 50, "value");
  ok(sl_log_trim(w->log, sl_topic_partition(user, 0), 23, &err));
  ok(sl_log_trim(w->log, sl_topic_partition(internal, 0), 23, &err));
  assert_int_equal(sl_log_trim(w->log, sl_topic_partition(user, 0), 51, &err), SL_E_OFFSET_OUT_OF_RANGE);
  sl_err_done(&err);
  for (int round = 0; round < 2; round++) {
    assert_int_equal(sl_partition_start(sl_topic_partition(user, 0)), 23);
    assert_int_equal(count_from(sl_topic_partition(user, 0), 23, SL_READ_VISIBLE), 27);
    int64_t start = sl_partition_start(sl_topic_partition(internal, 0));
    assert_true(start > 15 && start <= 23);
    assert_true(sl_partition_bytes(sl_topic_partition(user, 0)) < 2600);
    if (round) break;
    reopen_clean(w);
    user = get_topic(w, "user");
    internal = get_topic(w, "_internal");
  }
}

/* ---- decision log ---- */

/* A directory whose sync has failed may lose any name that was new in it, whatever a later sync says: that of a segment
 * which was begun meanwhile, too. */
static void test_trim__a_directory_that_cannot_be_synced_stops_the_log(void **state) {
  (void)state;
  sl_err err = {0};
  world w;
  sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
  world_init(&w, fault, SL_FLUSH_INTERVAL);
  world_open(&w);
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("300")}};
  sl_topic *t = make_topic(&w, "t", 1, 1, set);
  fill(&w, t, 0, 30, "value");
  ok(sl_embedded_checkpoint(sl_embedded_of(w.log), &err));
  fill(&w, t, 30, 60, "value");
  sl_fs_fault_add(fault, (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC_DIR, .path_part = "/t-0", .nth = 1, .code = SL_E_IO});
  assert_int_equal(sl_log_trim(w.log, sl_topic_partition(t, 0), 20, &err), SL_E_IO);
  sl_err_done(&err);
  bool stopped = sl_log_failure(w.log);
  assert_int_equal(sl_log_flush_step(w.log, true, NULL, &err), stopped ? SL_E_IO : 0);
  sl_err_done(&err);
  sl_topic_unref(t);
  world_crash(&w, SL_FS_CRASH_POWER_NONE, 1);
  world_open(&w); /* what was said to be synced is there */
  t = get_topic(&w, "t");
  assert_int_equal(count_from(sl_topic_partition(t, 0), 20, SL_READ_VISIBLE), 10);
  assert_true(stopped);
  sl_topic_unref(t);
  world_close(&w);
  sl_arena_done(&w.arena);
  sl_fs_free(fault);
  sl_fs_free(memory);
}

static void test_decisions__are_trimmed_and_keep_what_they_said(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = make_topic(w, "t", 2, 0, NULL);
  char *clocks = calloc(1, 50000);
  for (int i = 0; i < 400; i++) {
    sl_staging *s = sl_staging_new();
    stage(s, sl_topic_partition(t, i & 1), i, "k", "v");
    sl_part part = {.has_task = true, .task = {1, 0, i % 3}, .staging = s, .clocks = clocks, .clocks_len = 50000};
    clocks[0] = (char)i;
    ok(sl_log_commit(w->log, &part, 1, NULL, &err));
    sl_staging_free(s);
  }
  free(clocks);
  sl_embedded *log = sl_embedded_of(w->log);
  uint64_t before = log->decisions_size;
  housekeep(w);
  assert_true(before > 19000000);
  assert_true(log->decisions_size < 400000);
  put(w, sl_topic_partition(t, 0), 1, "k", "after");
  sl_fs *copy = sl_fs_memory_new();
  copy_tree(w->fs, copy, "/data", &w->arena);
  sl_log_close(w->log, NULL);
  sl_fs_free(w->fs);
  w->fs = w->options.fs = copy;
  world_open(w);
  t = get_topic(w, "t");
  assert_int_equal(count_from(sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), 201);
  sl_position *got;
  size_t count;
  sl_str text;
  sl_log_task_state(w->log, (sl_task_id){1, 0, 399 % 3}, &w->arena, &got, &count, &text);
  assert_int_equal(text.len, 50000);
  assert_int_equal((uint8_t)text.ptr[0], 399 & 255);
}

static void test_idle__files_are_closed_and_open_again(void **state) {
  (void)state;
  sl_err err = {0};
  world w;
  sl_fs *memory = sl_fs_memory_new(), *counting = sl_fs_fault_new(memory, "/", &err);
  world_init(&w, counting, SL_FLUSH_INTERVAL);
  w.options.block_budget = 1;
  world_open(&w);
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("300")}};
  sl_topic *t = make_topic(&w, "t", 1, 1, set);
  fill(&w, t, 0, 40, "value");
  assert_int_equal(count_from(sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), 40);
  ok(sl_log_flush_step(w.log, true, NULL, &err));
  after(&w, 100000);
  sl_epart *part = sl_epart_of(sl_topic_partition(t, 0));
  for (size_t i = 0; i < part->segment_count; i++) assert_null(part->segments[i]->file);
  assert_int_equal(count_from(sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), 40);
  fill(&w, t, 40, 50, "value");
  assert_int_equal(count_from(sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), 50);
  world_close(&w);
  sl_arena_done(&w.arena);
  sl_fs_free(counting);
  sl_fs_free(memory);
}

/* ---- compaction ---- */

/* A topic that is compacted as soon as anything is closed. */
static sl_topic *compacted(world *w, const char *codec) {
  sl_topic_setting set[] = {{sl_str_of("cleanup.policy"), sl_str_of("compact")},
                            {sl_str_of("segment.bytes"), sl_str_of("600")},
                            {sl_str_of("min.cleanable.dirty.ratio"), sl_str_of("0.01")},
                            {sl_str_of("delete.retention.ms"), sl_str_of("100000")},
                            {sl_str_of("index.interval.bytes"), sl_str_of("200")},
                            {sl_str_of("compression.type"), sl_str_of(codec)}};
  return make_topic(w, "c", 1, 6, set);
}

enum { KEYS = 7 };

/* Newest value of each key; checks that offsets grow. Returns how many records there are. */
static size_t newest(sl_partition *p, char out[KEYS][32]) {
  sl_err err = {0};
  size_t count = 0;
  int64_t at = sl_partition_start(p), last = -1;
  memset(out, 0, KEYS * sizeof *out);
  for (;;) {
    sl_fetch *f;
    ok(sl_log_fetch(p, at, 1 << 20, 50, SL_READ_VISIBLE, &f, &err));
    for (size_t i = 0; i < f->count; i++) {
      const sl_record *r = &f->records[i];
      assert_true(r->offset > last);
      last = r->offset;
      char *slot = out[r->key[0] - '0'];
      memset(slot, 0, 32);
      if (r->value) memcpy(slot, r->value, r->value_len);
      count++;
    }
    int64_t next = f->next_offset;
    sl_fetch_unref(f);
    if (next == at) break;
    at = next;
  }
  assert_int_equal(at, sl_partition_visible(p));
  return count;
}

static void update_keys(world *w, sl_topic *t, int rounds, int seed) {
  sl_staging *s = sl_staging_new();
  for (int i = 0; i < rounds; i++) {
    for (int j = 0; j < 5; j++) {
      int k = (i * 5 + j * 3 + seed) % KEYS;
      char key[2] = {(char)('0' + k), 0}, value[32];
      snprintf(value, sizeof value, "%d.%d.%d", seed, i, j);
      stage(s, sl_topic_partition(t, 0), w->clock.wall + i, key, k == 3 && i % 4 == 0 ? NULL : value);
    }
    commit_staging(w, s);
  }
  sl_staging_free(s);
}

static void test_compaction__keeps_the_newest_of_each_key(void **state) {
  world *w = *state;
  static const char *const CODECS[] = {"uncompressed", "lz4", "gzip"};
  for (size_t c = 0; c < 3; c++) {
    sl_err err = {0};
    sl_topic *t = compacted(w, CODECS[c]);
    sl_partition *p = sl_topic_partition(t, 0);
    char before[KEYS][32], got[KEYS][32];
    update_keys(w, t, 100, 1);
    size_t many = newest(p, before);
    assert_int_equal(many, 500);
    uint64_t bytes = sl_partition_bytes(p);
    after(w, 20000);
    for (int round = 0; round < 3; round++) {
      size_t few = newest(p, got);
      assert_memory_equal(got, before, sizeof got);
      assert_true(few < 80);
      assert_true(sl_partition_bytes(p) < bytes / 3);
      assert_int_equal(sl_partition_visible(p), 500);
      assert_int_equal(sl_partition_start(p), 0);
      int64_t at;
      ok(sl_partition_offset_at(p, w->clock.wall + 100000, &at, &err));
      assert_int_equal(at, 500);
      sl_topic_unref(t);
      reopen_clean(w); /* and indexes and cache are those of the new files */
      t = get_topic(w, "c");
      p = sl_topic_partition(t, 0);
    }
    for (int more = 2; more < 6; more++) { /* several passes, with merging of small segments */
      update_keys(w, t, 40, more);
      newest(p, before);
      after(w, 20000);
      newest(p, got);
      assert_memory_equal(got, before, sizeof got);
    }
    ok(sl_log_topic_delete(w->log, t, &err));
    sl_topic_unref(t);
    housekeep(w);
  }
}

static void test_compaction__a_tombstone_goes_after_its_horizon(void **state) {
  world *w = *state;
  sl_topic *t = compacted(w, "producer");
  sl_partition *p = sl_topic_partition(t, 0);
  put(w, p, w->clock.wall, "0", "old");
  put(w, p, w->clock.wall, "0", NULL);
  for (int i = 0; i < 30; i++) put(w, p, w->clock.wall, "1", "filler that closes the segment");
  after(w, 20000);
  const char *text = dump(w, p, 0, SL_READ_VISIBLE);
  assert_non_null(strstr(text, "1:0=null"));
  assert_null(strstr(text, "0=old"));
  for (int i = 0; i < 30; i++) put(w, p, w->clock.wall, "1", "filler that closes the segment");
  after(w, 20000);
  assert_non_null(strstr(dump(w, p, 0, SL_READ_VISIBLE), "1:0=null")); /* not yet */
  for (int i = 0; i < 30; i++) put(w, p, w->clock.wall, "1", "filler that closes the segment");
  after(w, 120000);
  assert_null(strstr(dump(w, p, 0, SL_READ_VISIBLE), "0=null"));
}

static void test_compaction__keeps_deletions_that_an_image_may_have_missed(void **state) {
  world *w = *state;
  sl_topic *t = compacted(w, "producer");
  sl_partition *p = sl_topic_partition(t, 0);
  put(w, p, w->clock.wall, "0", NULL);
  put(w, p, w->clock.wall, "2", "old");
  put(w, p, w->clock.wall, "2", NULL);
  sl_partition_keep_deletions(p, 1);
  for (int pass = 0; pass < 3; pass++) {
    for (int i = 0; i < 30; i++) put(w, p, w->clock.wall, "1", "filler that closes the segment");
    after(w, 120000);
  }
  const char *text = dump(w, p, 0, SL_READ_VISIBLE);
  assert_null(strstr(text, "0=null"));
  assert_null(strstr(text, "2=old"));
  assert_non_null(strstr(text, "2:2=null"));
  sl_partition_keep_deletions(p, 3);
  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i < 30; i++) put(w, p, w->clock.wall, "1", "filler that closes the segment");
    after(w, 120000);
  }
  assert_null(strstr(dump(w, p, 0, SL_READ_VISIBLE), "2=null"));
}

/* By the reader's clock, whatever the wall clock and the topic's retention say; the newest segments are not touched. */
static void test_compaction__drops_what_has_expired(void **state) {
  world *w = *state;
  sl_topic *t = compacted(w, "producer");
  sl_partition *p = sl_topic_partition(t, 0);
  for (int i = 0; i < 200; i++) {
    char key[16];
    snprintf(key, sizeof key, "window %d", i);
    put(w, p, i * 1000, key, "state");
  }
  after(w, 20000);
  assert_int_equal(count_from(p, 0, SL_READ_VISIBLE), 200);
  uint64_t bytes = sl_partition_bytes(p);
  sl_partition_expire(p, 150000);
  for (int i = 0; i < 40; i++) put(w, p, 200000 + i, "window 1", "late in the log, early by key");
  after(w, 20000);
  assert_true(count_from(p, 0, SL_READ_VISIBLE) < 110);
  assert_true(sl_partition_bytes(p) < bytes);
  const char *text = dump(w, p, 0, SL_READ_VISIBLE);
  assert_null(strstr(text, "window 149="));
  for (int i = 150; i < 200; i++) {
    char key[24];
    snprintf(key, sizeof key, "window %d=state", i);
    assert_non_null(strstr(text, key));
  }
  reopen_clean(w);
  t = get_topic(w, "c");
  assert_non_null(strstr(dump(w, sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), "window 150=state"));
}

static void test_compaction__readers_with_open_files_go_on(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = compacted(w, "producer");
  sl_partition *p = sl_topic_partition(t, 0);
  update_keys(w, t, 50, 1);
  sl_fetch *f;
  ok(sl_log_fetch(p, 100, 1 << 20, 20, SL_READ_VISIBLE, &f, &err));
  int64_t next = f->next_offset;
  after(w, 20000);
  assert_int_equal(f->records[0].offset, 100);
  sl_fetch_unref(f);
  int64_t last = next - 1;
  while (next < sl_partition_visible(p)) {
    ok(sl_log_fetch(p, next, 1 << 20, 20, SL_READ_VISIBLE, &f, &err));
    for (size_t i = 0; i < f->count; i++) {
      assert_true(f->records[i].offset > last);
      last = f->records[i].offset;
    }
    assert_true(f->next_offset > next);
    next = f->next_offset;
    sl_fetch_unref(f);
  }
  assert_int_equal(next, 250);
}

/* Stops housekeeping at its n-th change of the disk, crashes, opens, and looks at the newest values. */
static bool crash_at(uint64_t nth, sl_fs_crash mode) {
  sl_err err = {0};
  sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
  world w;
  world_init(&w, fault, SL_FLUSH_ALWAYS);
  world_open(&w);
  sl_topic *t = compacted(&w, "producer");
  char before[KEYS][32], got[KEYS][32];
  update_keys(&w, t, 30, 1);
  after(&w, 20000);
  update_keys(&w, t, 30, 2);
  ok(sl_log_flush_step(w.log, true, NULL, &err));
  newest(sl_topic_partition(t, 0), before);
  int64_t end = sl_partition_visible(sl_topic_partition(t, 0));
  sl_clock_manual_advance(&w.clock, 20000);
  sl_fs_fault_add(fault, (sl_fs_fault_rule){.ops = SL_FS_OP_CHANGES, .nth = nth, .stop = true});
  bool more = true;
  for (int i = 0; more && i < 10000; i++) {
    if (sl_log_housekeeping_step(w.log, &more, &err)) break;
  }
  sl_err_done(&err);
  bool stopped = sl_fs_fault_stopped(fault);
  if (stopped) {
    sl_topic_unref(t);
    sl_log_close(w.log, NULL);
    ok(sl_fs_fault_crash(fault, mode, nth * 31, &err));
    world_open(&w);
    t = get_topic(&w, "c");
  }
  sl_fs_fault_clear(fault);
  newest(sl_topic_partition(t, 0), got);
  assert_memory_equal(got, before, sizeof got);
  assert_int_equal(sl_partition_visible(sl_topic_partition(t, 0)), end);
  update_keys(&w, t, 10, 3); /* and it goes on */
  newest(sl_topic_partition(t, 0), before);
  after(&w, 20000);
  newest(sl_topic_partition(t, 0), got);
  assert_memory_equal(got, before, sizeof got);
  sl_topic_unref(t);
  world_close(&w);
  sl_arena_done(&w.arena);
  sl_fs_free(fault);
  sl_fs_free(memory);
  return stopped;
}

static void test_compaction__a_crash_at_any_step_loses_nothing(void **state) {
  (void)state;
  static const sl_fs_crash MODES[] = {SL_FS_CRASH_KILL, SL_FS_CRASH_POWER, SL_FS_CRASH_POWER_ANY,
                                      SL_FS_CRASH_POWER_NONE};
  for (size_t m = 0; m < 4; m++) {
    uint64_t nth = 1;
    while (crash_at(nth, MODES[m])) nth++;
    assert_true(nth > 20);
  }
}

/* The horizon vector: a tombstone's batch gets bit 6 and keeps its records' timestamps. */
static void test_compaction__the_horizon_is_written_as_kafka_does(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = compacted(w, "producer");
  sl_partition *p = sl_topic_partition(t, 0);
  put(w, p, 1699999999000, "0", NULL);
  for (int i = 0; i < 20; i++) put(w, p, w->clock.wall, "1", "filler that closes the segment");
  after(w, 20000);
  char *data;
  size_t len;
  ok(sl_fs_read_all(w->fs, "/data/topics/c-0/00000000000000000000.log", 1 << 20, &w->arena, &data, &len, &err));
  const uint8_t *batch = (const uint8_t *)data;
  assert_int_equal(sl_get_u16(batch + 21), SL_BATCH_DELETE_HORIZON);
  assert_int_equal(sl_get_u64(batch + 27), w->clock.wall + 100000);
  sl_fetch *f;
  ok(sl_log_fetch(p, 0, 1000, 1, SL_READ_VISIBLE, &f, &err));
  assert_int_equal(f->records[0].timestamp, 1699999999000);
  sl_fetch_unref(f);
}

/* Kafka's own filter on the same log. Two things differ, since this log has neither producers whose last sequence must
 * be remembered nor foreign transactions (log.md 6.12): the emptied batch at offset 5 goes, the marker at 8 stays as it
 * is. */
static void test_compaction__the_output_is_kafkas(void **state) {
  world *w = *state;
  sl_err err = {0};
  if (!have_vectors()) skip();
  sl_buf in = {0}, out = {0}, want = {0};
  read_hex(&w->arena, sl_arena_printf(&w->arena, "%s/kafka-compact-in.hex", vectors_dir()), &in);
  read_hex(&w->arena, sl_arena_printf(&w->arena, "%s/kafka-compact-out.hex", vectors_dir()), &out);
  assert_int_equal(in.len, 498);
  assert_int_equal(out.len, 392);
  sl_buf_add(&want, out.data, 84);
  sl_buf_add(&want, in.data + 254, 78);
  sl_buf_add(&want, out.data + 226, 392 - 226);
  sl_topic_setting set[] = {{sl_str_of("cleanup.policy"), sl_str_of("compact")},
                            {sl_str_of("min.cleanable.dirty.ratio"), sl_str_of("0.01")}};
  sl_topic *t = make_topic(w, "v", 1, 2, set);
  sl_partition *p = sl_topic_partition(t, 0);
  sl_epart *part = sl_epart_of(p);
  pthread_mutex_lock(&part->append);
  ok(sl_epart_prepare(part, &err));
  ok(sl_epart_append(part, in.data, in.len, NULL, &err));
  sl_epart_publish(part);
  ok(sl_epart_roll(part, &err)); /* only closed segments take part */
  pthread_mutex_unlock(&part->append);
  put(w, p, w->clock.wall, "z", "enlists the partition for the next checkpoint");
  housekeep(w); /* starts the intervals */
  w->clock.wall = 1700001000000 - 20000;
  sl_clock_manual_advance(&w->clock, 20000);
  housekeep(w);
  char *got;
  size_t len;
  ok(sl_fs_read_all(w->fs, "/data/topics/v-0/00000000000000000000.log", 1 << 20, &w->arena, &got, &len, &err));
  assert_int_equal(len, want.len);
  assert_memory_equal(got, want.data, want.len);
  sl_buf_done(&in);
  sl_buf_done(&out);
  sl_buf_done(&want);
  sl_topic_unref(t);
}

/* Keys that do not fit into the map at once: several passes, each with bounded memory, and the newest of each key
 * stays. */
static void test_compaction__more_keys_than_the_map_holds(void **state) {
  world *w = *state;
  sl_topic_setting set[] = {{sl_str_of("cleanup.policy"), sl_str_of("compact")},
                            {sl_str_of("segment.bytes"), sl_str_of("40000")},
                            {sl_str_of("min.cleanable.dirty.ratio"), sl_str_of("0.01")}};
  enum { MANY = 20000 };
  sl_topic *t = make_topic(w, "m", 1, 3, set);
  sl_partition *p = sl_topic_partition(t, 0);
  sl_compaction_limit(24 * 4096);
  sl_staging *s = sl_staging_new();
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < MANY; i++) {
      char key[16], value[16];
      snprintf(key, sizeof key, "%d", i);
      snprintf(value, sizeof value, "%d", round);
      stage(s, p, w->clock.wall, key, value);
      if (i % 500 == 499) commit_staging(w, s);
    }
  }
  sl_staging_free(s);
  for (int i = 0; i < 30; i++) after(w, 20000);
  sl_compaction_limit(0);
  sl_err err = {0};
  size_t old = 0, new = 0;
  for (int64_t at = sl_partition_start(p);;) {
    sl_fetch *f;
    ok(sl_log_fetch(p, at, 1 << 20, 1000, SL_READ_VISIBLE, &f, &err));
    for (size_t i = 0; i < f->count; i++)
      *(f->records[i].value[0] == '0' ? &old : &new) += f->records[i].value_len == 1;
    bool more = f->next_offset > at;
    at = f->next_offset;
    sl_fetch_unref(f);
    if (!more) break;
  }
  assert_int_equal(new, MANY);
  assert_true(old < MANY / 4); /* those whose newer one is still in the active segment */
  sl_topic_unref(t);
}

static void test_compaction__a_policy_change_takes_effect(void **state) {
  world *w = *state;
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("400")}};
  sl_topic *t = make_topic(w, "t", 1, 1, set);
  sl_partition *p = sl_topic_partition(t, 0);
  for (int i = 0; i < 20; i++) put(w, p, w->clock.wall, NULL, "without key");
  for (int i = 0; i < 40; i++) put(w, p, w->clock.wall, "k", "with key");
  after(w, 20000);
  assert_int_equal(count_from(p, 0, SL_READ_VISIBLE), 60);
  set_topic(w, t, "cleanup.policy", "compact");
  after(w, 20000);
  assert_true(count_from(p, 0, SL_READ_VISIBLE) < 12); /* those without key go, and old ones with it */
}

int main(void) {
#define in(test)   cmocka_unit_test_setup_teardown(test, setup, teardown)
#define bare(test) cmocka_unit_test_setup_teardown(test, setup_bare, teardown)
  const struct CMUnitTest tests[] = {
      in(test_retention__old_segments_go_by_time),
      in(test_retention__size_keeps_at_least_what_was_asked),
      in(test_retention__removed_files_stay_for_the_delay),
      in(test_retention__nothing_goes_by_default),
      in(test_trim__exact_for_users_whole_segments_for_internal),
      cmocka_unit_test(test_trim__a_directory_that_cannot_be_synced_stops_the_log),
      in(test_decisions__are_trimmed_and_keep_what_they_said),
      cmocka_unit_test(test_idle__files_are_closed_and_open_again),
      bare(test_compaction__keeps_the_newest_of_each_key),
      bare(test_compaction__a_tombstone_goes_after_its_horizon),
      bare(test_compaction__keeps_deletions_that_an_image_may_have_missed),
      bare(test_compaction__drops_what_has_expired),
      in(test_compaction__readers_with_open_files_go_on),
      bare(test_compaction__the_horizon_is_written_as_kafka_does),
      bare(test_compaction__a_policy_change_takes_effect),
      bare(test_compaction__the_output_is_kafkas),
      bare(test_compaction__more_keys_than_the_map_holds),
      cmocka_unit_test(test_compaction__a_crash_at_any_step_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
