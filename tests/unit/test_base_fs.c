/* One contract for the real, the in-memory and the fault-injecting file system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/fs.h"
#include "base/fs_fault.h"
#include "base/str.h"

typedef struct fixture {
  sl_fs *fs, *inner;
  char dir[64];
  sl_arena arena;
} fixture;

static fixture *fixture_new(sl_fs *fs, sl_fs *inner, const char *dir) {
  fixture *f = calloc(1, sizeof *f);
  f->fs = fs;
  f->inner = inner;
  snprintf(f->dir, sizeof f->dir, "%s", dir);
  sl_arena_init(&f->arena, 0);
  assert_int_equal(sl_fs_mkdir(fs, f->dir, NULL), 0);
  return f;
}

static int setup_real(void **state) {
  char dir[] = "/tmp/test-base-fs-XXXXXX";
  if (!mkdtemp(dir)) return -1;
  *state = fixture_new(sl_fs_real(), NULL, dir);
  return 0;
}

static int setup_memory(void **state) {
  *state = fixture_new(sl_fs_memory_new(), NULL, "/data");
  return 0;
}

static int setup_fault(void **state) {
  sl_fs *inner = sl_fs_memory_new();
  *state = fixture_new(sl_fs_fault_new(inner, "/", NULL), inner, "/data");
  return 0;
}

static int teardown(void **state) {
  fixture *f = *state;
  sl_fs_remove_tree(f->fs, f->dir, NULL);
  sl_arena_done(&f->arena);
  sl_fs_free(f->fs);
  sl_fs_free(f->inner);
  free(f);
  return 0;
}

static const char *in(fixture *f, const char *name) {
  return sl_arena_printf(&f->arena, "%s/%s", f->dir, name);
}

static void put(fixture *f, const char *name, const char *text) {
  sl_file *file;
  assert_int_equal(sl_fs_open(f->fs, in(f, name), SL_FS_WRITE | SL_FS_CREATE, &file, NULL), 0);
  assert_int_equal(sl_file_truncate(file, 0, NULL), 0);
  assert_int_equal(sl_file_write(file, 0, text, strlen(text), NULL), 0);
  sl_file_close(file);
}

static const char *get(fixture *f, const char *name) {
  char *data;
  size_t len;
  return sl_fs_read_all(f->fs, in(f, name), 1 << 20, &f->arena, &data, &len, NULL) ? NULL : data;
}

static void test_fs__reads_back_what_was_written_at_any_offset(void **state) {
  fixture *f = *state;
  sl_file *file;
  char back[16];
  size_t got;
  uint64_t size;
  assert_int_equal(sl_fs_open(f->fs, in(f, "a"), SL_FS_WRITE | SL_FS_CREATE, &file, NULL), 0);
  assert_int_equal(sl_file_write(file, 4, "efgh", 4, NULL), 0);
  assert_int_equal(sl_file_read(file, 0, back, sizeof back, &got, NULL), 0);
  assert_int_equal(got, 8);
  assert_memory_equal(back, "\0\0\0\0efgh", 8);
  assert_int_equal(sl_file_write(file, 0, "abcd", 4, NULL), 0);
  assert_int_equal(sl_file_read(file, 2, back, 4, &got, NULL), 0);
  assert_int_equal(got, 4);
  assert_memory_equal(back, "cdef", 4);
  assert_int_equal(sl_file_read(file, 100, back, 4, &got, NULL), 0);
  assert_int_equal(got, 0);
  assert_int_equal(sl_file_truncate(file, 3, NULL), 0);
  assert_int_equal(sl_file_truncate(file, 5, NULL), 0);
  assert_int_equal(sl_file_size(file, &size, NULL), 0);
  assert_int_equal(size, 5);
  assert_int_equal(sl_file_sync(file, NULL), 0);
  assert_int_equal(sl_file_read(file, 0, back, sizeof back, &got, NULL), 0);
  assert_int_equal(got, 5);
  assert_memory_equal(back, "abc\0\0", 5);
  sl_file_close(file);
}

static void test_fs__what_is_forgotten_is_still_there(void **state) {
  fixture *f = *state;
  sl_file *file;
  char data[10000], back[10000];
  size_t got;
  memset(data, 'x', sizeof data);
  assert_int_equal(sl_fs_open(f->fs, in(f, "a"), SL_FS_WRITE | SL_FS_CREATE, &file, NULL), 0);
  assert_int_equal(sl_file_write(file, 0, data, sizeof data, NULL), 0);
  sl_file_forget(file, 0, sizeof data); /* it may not even be on the disk yet */
  sl_file_cached(file, 5000);           /* whatever it says: asking changes nothing */
  assert_int_equal(sl_file_read(file, 0, back, sizeof back, &got, NULL), 0);
  assert_int_equal(got, sizeof data);
  assert_memory_equal(data, back, sizeof data);
  sl_file_close(file);
}

static void test_fs__open_flags_mean_what_they_say(void **state) {
  fixture *f = *state;
  sl_file *file;
  sl_err err = {0};
  assert_int_equal(sl_fs_open(f->fs, in(f, "none"), SL_FS_READ, &file, &err), SL_E_IO);
  assert_non_null(strstr(err.message, in(f, "none")));
  assert_non_null(strstr(err.message, "No such file"));
  sl_err_done(&err);
  assert_int_equal(sl_fs_open(f->fs, in(f, "none"), SL_FS_WRITE, &file, NULL), SL_E_IO);
  assert_int_equal(sl_fs_open(f->fs, in(f, "no/dir"), SL_FS_WRITE | SL_FS_CREATE, &file, NULL), SL_E_IO);
  assert_int_equal(sl_fs_open(f->fs, f->dir, SL_FS_READ, &file, NULL), SL_E_IO);
  put(f, "a", "text");
  assert_int_equal(sl_fs_open(f->fs, in(f, "a"), SL_FS_WRITE | SL_FS_CREATE | SL_FS_EXCLUSIVE, &file, NULL), SL_E_IO);
  assert_int_equal(sl_fs_open(f->fs, in(f, "a"), SL_FS_READ, &file, NULL), 0);
  assert_int_equal(sl_file_write(file, 0, "x", 1, NULL), SL_E_IO);
  assert_int_equal(sl_file_truncate(file, 0, NULL), SL_E_IO);
  sl_file_close(file);
  assert_string_equal(get(f, "a"), "text");
}

static void test_fs__directories_are_made_listed_and_removed(void **state) {
  fixture *f = *state;
  char **names;
  size_t count;
  assert_int_equal(sl_fs_mkdir(f->fs, in(f, "x/y/z"), NULL), 0);
  assert_int_equal(sl_fs_mkdir(f->fs, in(f, "x/y/z"), NULL), 0);
  assert_true(sl_fs_is_dir(f->fs, in(f, "x/y")));
  put(f, "x/b", "1");
  put(f, "x/a", "2");
  put(f, "x/c", "3");
  assert_false(sl_fs_is_dir(f->fs, in(f, "x/b")));
  assert_int_equal(sl_fs_mkdir(f->fs, in(f, "x/b"), NULL), SL_E_IO);
  assert_int_equal(sl_fs_list(f->fs, in(f, "x"), &f->arena, &names, &count, NULL), 0);
  assert_int_equal(count, 4);
  static const char *const WANT[] = {"a", "b", "c", "y"};
  for (size_t i = 0; i < count; i++) assert_string_equal(names[i], WANT[i]);
  assert_int_equal(sl_fs_list(f->fs, in(f, "none"), &f->arena, &names, &count, NULL), SL_E_IO);
  assert_int_equal(sl_fs_rmdir(f->fs, in(f, "x/y"), NULL), SL_E_IO);
  assert_int_equal(sl_fs_rmdir(f->fs, in(f, "x/y/z"), NULL), 0);
  assert_int_equal(sl_fs_rmdir(f->fs, in(f, "x/a"), NULL), SL_E_IO);
  assert_int_equal(sl_fs_remove(f->fs, in(f, "x/y"), NULL), SL_E_IO);
  assert_int_equal(sl_fs_sync_dir(f->fs, in(f, "x"), NULL), 0);
  assert_int_equal(sl_fs_sync_dir(f->fs, in(f, "none"), NULL), SL_E_IO);
  assert_int_equal(sl_fs_remove_tree(f->fs, in(f, "x"), NULL), 0);
  assert_false(sl_fs_exists(f->fs, in(f, "x")));
  assert_int_equal(sl_fs_remove_tree(f->fs, in(f, "x"), NULL), 0);
}

static void test_fs__rename_replaces_and_moves_directories(void **state) {
  fixture *f = *state;
  put(f, "a", "new");
  put(f, "b", "old");
  assert_int_equal(sl_fs_rename(f->fs, in(f, "a"), in(f, "b"), NULL), 0);
  assert_false(sl_fs_exists(f->fs, in(f, "a")));
  assert_string_equal(get(f, "b"), "new");
  assert_int_equal(sl_fs_rename(f->fs, in(f, "a"), in(f, "c"), NULL), SL_E_IO);
  assert_int_equal(sl_fs_mkdir(f->fs, in(f, "d/e"), NULL), 0);
  put(f, "d/e/f", "deep");
  assert_int_equal(sl_fs_rename(f->fs, in(f, "d"), in(f, "g"), NULL), 0);
  assert_string_equal(get(f, "g/e/f"), "deep");
  assert_int_equal(sl_fs_rename(f->fs, in(f, "g"), in(f, "g/e/h"), NULL), SL_E_IO);
  assert_int_equal(sl_fs_rename(f->fs, in(f, "b"), in(f, "g"), NULL), SL_E_IO);
  assert_int_equal(sl_fs_rename(f->fs, in(f, "b"), in(f, "b"), NULL), 0);
  assert_string_equal(get(f, "b"), "new");
}

static void test_fs__a_removed_file_lives_until_its_handle_closes(void **state) {
  fixture *f = *state;
  sl_file *file;
  char back[4];
  size_t got;
  put(f, "a", "text");
  assert_int_equal(sl_fs_open(f->fs, in(f, "a"), SL_FS_WRITE, &file, NULL), 0);
  assert_int_equal(sl_fs_remove(f->fs, in(f, "a"), NULL), 0);
  assert_int_equal(sl_fs_remove(f->fs, in(f, "a"), NULL), SL_E_IO);
  assert_int_equal(sl_file_read(file, 0, back, 4, &got, NULL), 0);
  assert_int_equal(got, 4);
  assert_int_equal(sl_file_write(file, 4, "more", 4, NULL), 0);
  sl_file_close(file);
  assert_false(sl_fs_exists(f->fs, in(f, "a")));
}

static void test_fs__a_lock_keeps_other_owners_out(void **state) {
  fixture *f = *state;
  sl_file *one, *two;
  sl_err err = {0};
  put(f, ".lock", "");
  assert_int_equal(sl_fs_open(f->fs, in(f, ".lock"), SL_FS_WRITE, &one, NULL), 0);
  assert_int_equal(sl_fs_open(f->fs, in(f, ".lock"), SL_FS_WRITE, &two, NULL), 0);
  assert_int_equal(sl_file_lock(one, NULL), 0);
  assert_int_equal(sl_file_lock(one, NULL), 0);
  assert_int_equal(sl_file_lock(two, &err), SL_E_LOCKED);
  assert_non_null(err.hint);
  sl_err_done(&err);
  sl_file_close(one);
  assert_int_equal(sl_file_lock(two, NULL), 0);
  sl_file_close(two);
}

static void test_fs__replace_is_whole_and_read_all_is_bounded(void **state) {
  fixture *f = *state;
  char *data;
  size_t len;
  assert_int_equal(sl_fs_replace(f->fs, in(f, "conf"), "first", 5, NULL), 0);
  assert_int_equal(sl_fs_replace(f->fs, in(f, "conf"), "2nd", 3, NULL), 0);
  assert_string_equal(get(f, "conf"), "2nd");
  assert_false(sl_fs_exists(f->fs, in(f, "conf.tmp")));
  assert_int_equal(sl_fs_read_all(f->fs, in(f, "conf"), 2, &f->arena, &data, &len, NULL), SL_E_BAD_REQUEST);
  assert_int_equal(sl_fs_read_all(f->fs, in(f, "conf"), 3, &f->arena, &data, &len, NULL), 0);
  assert_int_equal(len, 3);
}

static void test_fs__parent_is_the_directory_part(void **state) {
  fixture *f = *state;
  static const char *const CASES[][2] = {{"a", "."}, {"a/b", "a"},  {"/a", "/"},
                                         {"/", "/"}, {"a/b/", "a"}, {"/a//b", "/a"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    assert_string_equal(sl_fs_parent(&f->arena, CASES[i][0]), CASES[i][1]);
  }
}

static void test_fs_memory__a_handle_may_outlive_the_file_system(void **state) {
  (void)state;
  sl_fs *fs = sl_fs_memory_new();
  sl_file *file;
  assert_int_equal(sl_fs_open(fs, "a", SL_FS_WRITE | SL_FS_CREATE, &file, NULL), 0);
  sl_fs_free(fs);
  assert_int_equal(sl_file_write(file, 0, "x", 1, NULL), 0);
  sl_file_close(file);
}

static void test_fs_memory__holds_large_files(void **state) {
  (void)state;
  sl_fs *fs = sl_fs_memory_new();
  sl_file *file;
  static uint8_t block[1 << 16];
  uint64_t size;
  assert_int_equal(sl_fs_open(fs, "a", SL_FS_WRITE | SL_FS_CREATE, &file, NULL), 0);
  for (uint64_t i = 0; i < 100; i++) {
    memset(block, (int)i, sizeof block);
    assert_int_equal(sl_file_write(file, i * sizeof block, block, sizeof block, NULL), 0);
  }
  assert_int_equal(sl_file_size(file, &size, NULL), 0);
  assert_int_equal(size, 100 * sizeof block);
  uint8_t byte;
  size_t got;
  assert_int_equal(sl_file_read(file, 57 * sizeof block + 9, &byte, 1, &got, NULL), 0);
  assert_int_equal(byte, 57);
  assert_int_equal(sl_file_write(file, UINT64_MAX - 5, block, 1, NULL), SL_E_DISK_FULL);
  sl_file_close(file);
  sl_fs_free(fs);
}

#define CONTRACT(test)                                                                                                 \
  cmocka_unit_test_setup_teardown(test, setup_real, teardown),                                                         \
      cmocka_unit_test_setup_teardown(test, setup_memory, teardown),                                                   \
      cmocka_unit_test_setup_teardown(test, setup_fault, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      CONTRACT(test_fs__reads_back_what_was_written_at_any_offset),
      CONTRACT(test_fs__what_is_forgotten_is_still_there),
      CONTRACT(test_fs__open_flags_mean_what_they_say),
      CONTRACT(test_fs__directories_are_made_listed_and_removed),
      CONTRACT(test_fs__rename_replaces_and_moves_directories),
      CONTRACT(test_fs__a_removed_file_lives_until_its_handle_closes),
      CONTRACT(test_fs__a_lock_keeps_other_owners_out),
      CONTRACT(test_fs__replace_is_whole_and_read_all_is_bounded),
      CONTRACT(test_fs__parent_is_the_directory_part),
      cmocka_unit_test(test_fs_memory__a_handle_may_outlive_the_file_system),
      cmocka_unit_test(test_fs_memory__holds_large_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
