/* State images through the executor: a start from an image is like one from the whole changelog; bad images are passed
 * by; compaction is bound by those that are there; what has expired leaves the changelog. */
#include "executor_testing.h"
#include "base/fs_fault.h"
#include "topics/log_int.h"
#include "state/image.h"

/* SELECT K, COUNT(1), SUM(N) FROM in GROUP BY K */
static plan_maker plan_counts(rig *r) {
  make_topic(r, "in", 1, false);
  make_topic(r, "out", 1, true);
  plan_maker m = plan_begin(r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, N INTEGER", false);
  n = &add_aggregate(&m, n, 0, EXPRS("COUNT(1)", "SUM(N)"), EXPRS("C", "S"), SL_WINDOW_NONE)->base;
  add_sink(&m, n, "out");
  return m;
}

static void start_counts(rig *r) {
  plan_maker m = plan_counts(r);
  start(r, &m, NULL);
}

static void rig_images(rig *r, int64_t floor) {
  rig_open(r, 0);
  rig_stop(r);
  r->options.fs = r->fs;
  r->options.image_dir = "/state";
  r->options.image_floor = floor;
  rig_start(r);
}

static void feed(rig *r, int from, int to) {
  for (int i = from; i < to; i++) {
    char key[16], value[16];
    snprintf(key, sizeof key, "k%d", i % 17);
    snprintf(value, sizeof value, "%d", i);
    produce(r, "in", key, value, i);
    rig_settle(r); /* a commit, and a record of the changelog, for each */
  }
}

static void again(rig *r) {
  rig_stop(r);
  rig_start(r);
  start_counts(r);
}

static uint64_t from_images(rig *r) {
  sl_running_stats stats;
  rig_settle(r);
  sl_running_stats_get(r->running, &stats);
  assert_int_equal(stats.restore_total, 0); /* done */
  return stats.from_images;
}

/* The one file of the image directory; NULL: none. */
static const char *image_file(rig *r) {
  char **names;
  size_t count;
  ok(sl_fs_list(r->fs, "/state", &r->arena, &names, &count, &err));
  assert_true(count <= 1);
  return count ? sl_arena_printf(&r->arena, "/state/%s", names[0]) : NULL;
}

static sl_partition *changelog(rig *r, sl_topic **topic) {
  sl_topic **all;
  size_t count;
  sl_partition *found = NULL;
  sl_log_topics(r->log, &r->arena, &all, &count);
  for (size_t i = 0; i < count; i++) {
    if (!found && sl_str_contains(sl_topic_name(all[i]), sl_str_of("changelog"))) {
      *topic = all[i];
      found = sl_topic_partition(all[i], 0);
    } else {
      sl_topic_unref(all[i]);
    }
  }
  assert_non_null(found);
  return found;
}

static int64_t kept_deletions(rig *r) {
  sl_topic *topic;
  int64_t from = atomic_load(&changelog(r, &topic)->deletions);
  sl_topic_unref(topic);
  return from;
}

/* What it should be: fed in one go. */
static const char *expected(rig *r, int count) {
  static rig other;
  rig_open(&other, 0);
  start_counts(&other);
  feed(&other, 0, count);
  const char *text = sl_arena_printf(&r->arena, "%s", dump(&other, "out"));
  rig_close(&other);
  return text;
}

static void test_images__a_start_from_one_is_like_one_from_the_changelog(void **state) {
  (void)state;
  rig r;
  rig_images(&r, 1);
  start_counts(&r);
  feed(&r, 0, 40);
  assert_int_equal(kept_deletions(&r), INT64_MAX); /* there is no image yet */
  again(&r);
  assert_int_equal(from_images(&r), 17);
  feed(&r, 40, 60);
  r.options.image_floor = 1000000; /* the next stop writes none: an older image and a tail */
  again(&r);
  assert_int_equal(from_images(&r), 17);
  feed(&r, 60, 90);
  again(&r);
  assert_int_equal(from_images(&r), 17);
  feed(&r, 90, 100);
  assert_string_equal(dump(&r, "out"), expected(&r, 100));
  rig_close(&r);
}

/* Runs image steps until nothing is left to do. */
static void write_images(rig *r) {
  bool more = true;
  sl_clock_manual_advance(&r->clock, 2000);
  for (int i = 0; more || i < 3; i++) {
    int64_t due;
    sl_executor_image_step(r->executor, &more);
    if (!more) ok(sl_log_flush_step(r->log, true, &due, &err));
  }
}

static void test_images__are_written_beside_the_work(void **state) {
  (void)state;
  rig r;
  rig_images(&r, 20);
  start_counts(&r);
  feed(&r, 0, 19);
  write_images(&r);
  assert_null(image_file(&r)); /* not worth it */
  feed(&r, 19, 40);
  bool more;
  sl_clock_manual_advance(&r.clock, 2000);
  sl_executor_image_step(r.executor, &more);
  assert_true(kept_deletions(&r) == 40); /* as soon as one is begun */
  feed(&r, 40, 45);
  sl_executor_image_step(r.executor, &more);
  assert_non_null(strstr(image_file(&r), ".tmp")); /* its end is not synced */
  write_images(&r);
  assert_null(strstr(image_file(&r), ".tmp"));
  assert_int_equal(kept_deletions(&r), 40);
  feed(&r, 45, 50); /* too little for another at the stop */
  again(&r);
  assert_int_equal(kept_deletions(&r), 40); /* found at the start */
  assert_int_equal(from_images(&r), 17);
  feed(&r, 50, 80);
  assert_string_equal(dump(&r, "out"), expected(&r, 80));
  rig_close(&r);
}

/* Puts an empty image in the place of the one that is there. */
static void replace_image(rig *r, int64_t end_later, bool other_columns) {
  sl_image *image;
  sl_image_writer *w;
  sl_image_info info;
  bool more;
  const sl_type *types[] = {&SL_TYPE_BIGINT, &SL_TYPE_BIGINT};
  sl_store *empty = sl_store_new(&(sl_store_options){.name = "x", .types = types, .count = 2});
  ok(sl_image_open(r->fs, image_file(r), &image, &err));
  sl_image_id id = sl_image_get_info(image)->id;
  int64_t end = sl_image_get_info(image)->end;
  sl_image_close(image);
  id.contract ^= other_columns;
  ok(sl_image_begin(r->fs, "/state", &id, empty, 3, &w, &err));
  sl_image_collect(w, 1000, &more);
  ok(sl_image_finish(w, end + end_later, &info, &err));
  sl_image_writer_free(w);
  sl_store_free(empty);
}

static void test_images__bad_ones_are_passed_by(void **state) {
  (void)state;
  for (int bad = 0; bad < 4; bad++) {
    rig r;
    rig_images(&r, 1);
    start_counts(&r);
    feed(&r, 0, 40);
    r.options.image_floor = 1;
    rig_stop(&r);
    const char *path = image_file(&r);
    sl_file *file;
    if (bad < 2) { /* in the header, in a row */
      ok(sl_fs_open(r.fs, path, SL_FS_WRITE, &file, &err));
      ok(sl_file_write(file, bad ? 4096 + 200 : 50, "x", 1, &err));
      sl_file_close(file);
    } else { /* ahead of its changelog, of other columns */
      replace_image(&r, bad == 2, bad == 3);
    }
    rig_start(&r);
    start_counts(&r);
    assert_int_equal(from_images(&r), 0);
    assert_null(image_file(&r));
    assert_int_equal(kept_deletions(&r), INT64_MAX);
    feed(&r, 40, 60);
    assert_string_equal(dump(&r, "out"), expected(&r, 60));
    rig_close(&r);
  }
}

/* Else it would fit once other records have taken the place of those that it knew. */
static void gone_before_it_grows(unsigned refused, uint64_t nth) {
  rig r;
  rig_images(&r, 1);
  start_counts(&r);
  feed(&r, 0, 40);
  rig_stop(&r);
  replace_image(&r, 1, false);
  sl_fs *memory = r.fs;
  ok((r.fs = r.options.fs = sl_fs_fault_new(memory, "/", &err)) ? 0 : SL_E_IO);
  rig_start(&r);
  sl_fs_fault_add(r.fs,
                  (sl_fs_fault_rule){.ops = refused, .path_part = "/state", .nth = nth, .times = 2, .code = SL_E_IO});
  for (int tries = 0; tries < 2; tries++) {
    sl_err err = {0};
    plan_maker m = plan_counts(&r);
    sl_start_options options = {.commit_interval_ms = -1};
    assert_int_equal(sl_executor_start(r.executor, m.plan, &options, &r.running, &err), SL_E_IO);
    sl_err_done(&err);
    sl_plan_unref(m.plan);
    r.running = NULL;
  }
  start_counts(&r);
  assert_null(image_file(&r));
  assert_int_equal(from_images(&r), 0);
  feed(&r, 40, 60);
  assert_string_equal(dump(&r, "out"), expected(&r, 60));
  rig_stop(&r);
  sl_fs_free(r.fs);
  sl_fs_free(memory);
  sl_arena_done(&r.arena);
}

static void test_images__one_ahead_of_its_changelog_is_gone_before_that_grows(void **state) {
  (void)state;
  gone_before_it_grows(SL_FS_OP_REMOVE, 1);
  gone_before_it_grows(SL_FS_OP_SYNC_DIR, 2); /* behind the removal */
}

static void test_images__go_with_their_query(void **state) {
  (void)state;
  rig r;
  rig_images(&r, 1);
  start_counts(&r);
  feed(&r, 0, 40);
  again(&r);
  rig_settle(&r);
  assert_non_null(image_file(&r));
  ok(sl_executor_stop(r.executor, r.running, true, &err));
  r.running = NULL;
  assert_null(image_file(&r));
  assert_int_equal(kept_deletions(&r), INT64_MAX);
  ok(sl_fs_replace(r.fs, "/state/AQIDAAAAAAAAAAAAAAAAAA-4.image", "x", 1, &err));
  rig_stop(&r);
  rig_start(&r); /* of a topic that is not there */
  assert_null(image_file(&r));
  ok(sl_fs_replace(r.fs, "/state/AQIDAAAAAAAAAAAAAAAAAA-4.image.tmp", "x", 1, &err));
  rig_stop(&r);
  rig_start(&r);
  assert_null(image_file(&r));
  rig_close(&r);
}

/* A query that goes while its image is written leaves nothing behind. */
static void test_images__a_query_may_stop_while_one_is_written(void **state) {
  (void)state;
  rig r;
  rig_images(&r, 20);
  start_counts(&r);
  feed(&r, 0, 40);
  bool more;
  sl_clock_manual_advance(&r.clock, 2000);
  sl_executor_image_step(r.executor, &more);
  assert_true(more);
  ok(sl_executor_stop(r.executor, r.running, true, &err));
  r.running = NULL;
  assert_null(image_file(&r));
  assert_int_equal(kept_deletions(&r), INT64_MAX);
  sl_executor_image_step(r.executor, &more);
  assert_false(more);
  rig_close(&r);
}

/* Its directory could not be synced: a crash may leave it or take it, so compaction must heed it. */
static void test_images__one_that_may_be_there_binds_compaction(void **state) {
  (void)state;
  rig r;
  sl_err err = {0};
  rig_images(&r, 20);
  sl_fs *fault = sl_fs_fault_new(r.fs, "/state", &err);
  rig_stop(&r);
  r.options.fs = fault;
  rig_start(&r);
  start_counts(&r);
  feed(&r, 0, 40);
  sl_fs_fault_add(fault, (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC_DIR, .nth = 1});
  write_images(&r);
  assert_true(sl_fs_fault_struck(fault)[0] != 0);
  assert_null(strstr(image_file(&r), ".tmp"));
  assert_int_equal(kept_deletions(&r), 40);
  rig_close(&r);
  sl_fs_free(fault);
}

/* ---- what has expired ---- */

/* A deletion that a reader has not come to must be there when it does. */
static void test_changelogs__being_replayed_keep_deletions(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  start_counts(&r);
  feed(&r, 0, 40);
  assert_true(kept_deletions(&r) == INT64_MAX);
  again(&r);
  assert_int_equal(kept_deletions(&r), 0);
  rig_settle(&r);
  assert_true(kept_deletions(&r) == INT64_MAX);
  rig_close(&r);
}

static void start_windows(rig *r) {
  make_topic(r, "in", 1, false);
  make_topic(r, "out", 1, false);
  plan_maker m = plan_begin(r, 1, true);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, N INTEGER", false);
  sl_plan_aggregate *a = add_aggregate(&m, n, 0, EXPRS("COUNT(1)"), EXPRS("C"), SL_WINDOW_TUMBLING);
  set_window(a, 1000, 0, 0, false);
  n = add_project(&m, &a->base, 1, EXPRS("K", "C", "WINDOWSTART"), EXPRS("K", "C", "S"));
  add_sink(&m, n, "out");
  start(r, &m, NULL);
}

static void test_changelogs__what_has_expired_is_told_once_the_clock_is_safe(void **state) {
  (void)state;
  rig r;
  rig_images(&r, 0);
  start_windows(&r);
  int64_t due;
  sl_topic *topic;
  sl_partition *log = changelog(&r, &topic);
  int64_t last = 0;
  for (int i = 0; i < 7; i++) {
    produce(&r, "in", "k", "1", (int64_t)i * 86400000);
    rig_settle(&r);
    int64_t expired = atomic_load(&log->expired);
    if (i < 2) assert_true(expired == INT64_MIN); /* nothing is synced yet */
    if (i == 4 || i == 6) {                       /* by the time of two commits ago, whose decision is synced */
      assert_true(expired > last && expired <= (int64_t)(i - 2) * 86400000);
      last = expired;
    }
    if (i >= 1) ok(sl_log_flush_step(r.log, true, &due, &err));
  }
  sl_topic_unref(topic);
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_images__a_start_from_one_is_like_one_from_the_changelog),
      cmocka_unit_test(test_images__are_written_beside_the_work),
      cmocka_unit_test(test_images__bad_ones_are_passed_by),
      cmocka_unit_test(test_images__one_ahead_of_its_changelog_is_gone_before_that_grows),
      cmocka_unit_test(test_images__go_with_their_query),
      cmocka_unit_test(test_images__a_query_may_stop_while_one_is_written),
      cmocka_unit_test(test_images__one_that_may_be_there_binds_compaction),
      cmocka_unit_test(test_changelogs__being_replayed_keep_deletions),
      cmocka_unit_test(test_changelogs__what_has_expired_is_told_once_the_clock_is_safe),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
