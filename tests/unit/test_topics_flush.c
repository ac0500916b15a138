/* What the flusher does between syncs. */
#include "tests/unit/topics_log_testing.h"

/* A file system in memory that notes which bytes of .log files were told to go to the disk. */
static struct {
  sl_fs_class fs, file;
  int (*open)(sl_fs *fs, const char *path, int flags, sl_file **out, sl_err *err);
  uint64_t from, to;
  int calls, syncs;
  int (*sync)(sl_file *file, sl_err *err);
} noted;

static void note_write_back(sl_file *file, uint64_t offset, uint64_t len) {
  (void)file;
  noted.calls++;
  noted.from = offset;
  noted.to = offset + len;
}

static int note_sync(sl_file *file, sl_err *err) {
  noted.syncs++;
  return noted.sync(file, err);
}

static int note_open(sl_fs *fs, const char *path, int flags, sl_file **out, sl_err *err) {
  int rc = noted.open(fs, path, flags, out, err);
  if (rc) return rc;
  noted.file = *(*out)->cls;
  noted.file.write_back = note_write_back;
  noted.sync = noted.file.sync;
  noted.file.sync = note_sync;
  size_t len = strlen(path);
  if (len > 4 && strcmp(path + len - 4, ".log") == 0 && strstr(path, "/t-0/")) (*out)->cls = &noted.file;
  return 0;
}

static void open_noted(world *w, sl_flush_mode mode) {
  sl_fs *fs = sl_fs_memory_new();
  noted.fs = *fs->cls;
  noted.open = noted.fs.open;
  noted.fs.open = note_open;
  noted.calls = noted.syncs = 0;
  fs->cls = &noted.fs;
  world_init(w, fs, mode);
  world_open(w);
}

static void close_noted(world *w) {
  world_close(w);
  sl_arena_done(&w->arena);
  sl_fs_free(w->fs);
}

static void put_much(world *w, sl_topic *t, size_t len) {
  sl_err err = {0};
  char *value = calloc(1, len);
  sl_staging *s = sl_staging_new();
  ok(sl_staging_append(s, sl_topic_partition(t, 0), 1, "k", 1, value, len, NULL, &err));
  commit_staging(w, s);
  sl_staging_free(s);
  free(value);
}

static void test_flush__data_in_bulk_go_to_the_disk_before_the_sync(void **state) {
  (void)state;
  sl_err err = {0};
  world w;
  int64_t due;
  const size_t third = 400 * 1000;
  open_noted(&w, SL_FLUSH_INTERVAL);
  sl_topic *t = make_topic(&w, "t", 1, 0, NULL);
  put_much(&w, t, third);
  ok(sl_log_flush_step(w.log, false, &due, &err));
  assert_int_equal(noted.calls, 0); /* little: the sync will do */
  put_much(&w, t, third);
  put_much(&w, t, third);
  ok(sl_log_flush_step(w.log, false, &due, &err));
  assert_int_equal(noted.calls, 1);
  assert_int_equal(noted.from, 0);
  assert_in_range(noted.to, 3 * third, 3 * third + 1000);
  assert_in_range(due - w.clock.monotonic / 1000000, 0, 10); /* and more is expected */
  assert_int_equal(noted.syncs, 0);
  uint64_t before = noted.to;
  for (int i = 0; i < 3; i++) put_much(&w, t, third);
  ok(sl_log_flush_step(w.log, false, &due, &err));
  assert_int_equal(noted.calls, 2);
  assert_int_equal(noted.from, before);
  sl_clock_manual_advance(&w.clock, 2000);
  ok(sl_log_flush_step(w.log, false, &due, &err));
  assert_int_equal(noted.calls, 2);
  assert_true(noted.syncs > 0);
  assert_int_equal(due, INT64_MAX);
  close_noted(&w);
}

static void test_flush__never_tells_the_disk_nothing(void **state) {
  (void)state;
  sl_err err = {0};
  world w;
  open_noted(&w, SL_FLUSH_NEVER);
  sl_topic *t = make_topic(&w, "t", 1, 0, NULL);
  for (int i = 0; i < 4; i++) put_much(&w, t, 900 * 1000);
  ok(sl_log_flush_step(w.log, false, NULL, &err));
  assert_int_equal(noted.calls, 0);
  assert_int_equal(noted.syncs, 0);
  close_noted(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_flush__data_in_bulk_go_to_the_disk_before_the_sync),
      cmocka_unit_test(test_flush__never_tells_the_disk_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
