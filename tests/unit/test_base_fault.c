/* The fault-injecting file system: rules strike where they should, and a crash leaves only what it may leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/buf.h"
#include "base/fs_fault.h"

typedef struct fixture {
  sl_fs *fs, *inner;
  sl_arena arena;
} fixture;

static int setup(void **state) {
  fixture *f = calloc(1, sizeof *f);
  f->inner = sl_fs_memory_new();
  f->fs = sl_fs_fault_new(f->inner, "/data", NULL);
  sl_arena_init(&f->arena, 0);
  *state = f;
  return f->fs ? 0 : -1;
}

static int teardown(void **state) {
  fixture *f = *state;
  sl_arena_done(&f->arena);
  sl_fs_free(f->fs);
  sl_fs_free(f->inner);
  free(f);
  return 0;
}

static sl_file *create(fixture *f, const char *path) {
  sl_file *file;
  assert_int_equal(sl_fs_open(f->fs, path, SL_FS_WRITE | SL_FS_CREATE, &file, NULL), 0);
  return file;
}

static void append(sl_file *file, char letter, size_t count) {
  uint64_t size;
  char text[4096];
  memset(text, letter, count);
  assert_int_equal(sl_file_size(file, &size, NULL), 0);
  assert_int_equal(sl_file_write(file, size, text, count, NULL), 0);
}

/* A durable file of n times letter. */
static sl_file *durable(fixture *f, const char *path, char letter, size_t count) {
  sl_file *file = create(f, path);
  append(file, letter, count);
  assert_int_equal(sl_file_sync(file, NULL), 0);
  assert_int_equal(sl_fs_sync_dir(f->fs, "/data", NULL), 0);
  return file;
}

static sl_str contents(fixture *f, const char *path) {
  char *data;
  size_t len;
  if (sl_fs_read_all(f->inner, path, 1 << 20, &f->arena, &data, &len, NULL)) return (sl_str){0};
  return sl_str_n(data, len);
}

static void crash(fixture *f, sl_fs_crash mode, uint64_t seed) {
  assert_int_equal(sl_fs_fault_crash(f->fs, mode, seed, NULL), 0);
}

static void test_fault__the_nth_operation_fails_with_its_code(void **state) {
  fixture *f = *state;
  sl_file *file = create(f, "/data/a");
  sl_err err = {0};
  sl_fs_fault_add(f->fs,
                  (sl_fs_fault_rule){.ops = SL_FS_OP_WRITE, .nth = 3, .times = 2, .code = SL_E_DISK_FULL, .keep = 2});
  assert_int_equal(sl_file_write(file, 0, "aaaa", 4, NULL), 0);
  assert_int_equal(sl_file_write(file, 0, "bbbb", 4, NULL), 0);
  assert_int_equal(sl_file_write(file, 0, "cccc", 4, &err), SL_E_DISK_FULL);
  assert_non_null(strstr(err.message, "/data/a"));
  sl_err_done(&err);
  assert_true(sl_str_eq_z(contents(f, "/data/a"), "ccbb"));
  assert_int_equal(sl_file_write(file, 0, "dddd", 4, NULL), SL_E_DISK_FULL);
  assert_int_equal(sl_file_write(file, 0, "eeee", 4, NULL), 0);
  assert_int_equal(sl_fs_fault_count(f->fs, SL_FS_OP_WRITE), 5);
  sl_file_close(file);
}

static void test_fault__a_rule_can_be_bound_to_paths(void **state) {
  fixture *f = *state;
  sl_fs_fault_add(
      f->fs, (sl_fs_fault_rule){.ops = SL_FS_OP_RENAME | SL_FS_OP_CREATE, .path_part = ".tmp", .times = UINT64_MAX});
  sl_file_close(create(f, "/data/a"));
  assert_int_equal(sl_fs_replace(f->fs, "/data/b", "x", 1, NULL), SL_E_IO);
  assert_int_equal(sl_fs_replace(f->fs, "/data/b", "x", 1, NULL), SL_E_IO);
  sl_fs_fault_clear(f->fs);
  assert_int_equal(sl_fs_replace(f->fs, "/data/b", "x", 1, NULL), 0);
}

static void test_fault__after_a_stop_nothing_works_until_the_crash(void **state) {
  fixture *f = *state;
  sl_file *file = create(f, "/data/a");
  assert_int_equal(sl_file_lock(file, NULL), 0);
  sl_fs_fault_add(f->fs, (sl_fs_fault_rule){.ops = SL_FS_OP_CHANGES, .nth = 2, .stop = true, .keep = 1});
  assert_int_equal(sl_file_write(file, 0, "one", 3, NULL), 0);
  assert_int_equal(sl_file_write(file, 3, "two", 3, NULL), SL_E_IO);
  assert_true(sl_fs_fault_stopped(f->fs));
  assert_int_equal(sl_file_write(file, 3, "two", 3, NULL), SL_E_IO);
  assert_int_equal(sl_fs_mkdir(f->fs, "/data/b", NULL), SL_E_IO);
  crash(f, SL_FS_CRASH_KILL, 0);
  assert_int_equal(sl_file_write(file, 0, "old handle", 10, NULL), SL_E_IO);
  assert_true(sl_str_eq_z(contents(f, "/data/a"), "onet"));
  sl_file *next = create(f, "/data/a");
  assert_int_equal(sl_file_lock(next, NULL), 0);
  sl_file_close(next);
  sl_file_close(file);
}

static void test_fault__a_kill_keeps_everything(void **state) {
  fixture *f = *state;
  sl_file *file = durable(f, "/data/a", 'a', 100);
  append(file, 'b', 100);
  assert_int_equal(sl_fs_rename(f->fs, "/data/a", "/data/c", NULL), 0);
  crash(f, SL_FS_CRASH_KILL, 1);
  assert_int_equal(contents(f, "/data/c").len, 200);
  crash(f, SL_FS_CRASH_POWER_NONE, 1); /* a later power loss still takes what nobody synced */
  assert_int_equal(contents(f, "/data/a").len, 100);
  assert_false(sl_fs_exists(f->fs, "/data/c"));
  sl_file_close(file);
}

static void test_fault__power_loss_keeps_what_was_synced(void **state) {
  fixture *f = *state;
  for (uint64_t seed = 0; seed < 60; seed++) {
    sl_file *file = durable(f, "/data/a", 'a', 1000);
    append(file, 'b', 3000);
    crash(f, seed % 2 ? SL_FS_CRASH_POWER : SL_FS_CRASH_POWER_ANY, seed);
    sl_str left = contents(f, "/data/a");
    assert_true(left.len >= 1000 && left.len <= 4000);
    for (size_t i = 0; i < left.len; i++) {
      if (i < 1000 ? left.ptr[i] != 'a' : left.ptr[i] != 'b' && left.ptr[i] != 0) fail_msg("byte %zu is wrong", i);
    }
    sl_file_close(file);
    assert_int_equal(sl_fs_remove(f->fs, "/data/a", NULL), 0);
  }
}

/* Counts the outcomes over many seeds of: durable 600 x 'a', then unsynced writes and a truncation. */
static void test_fault__power_loss_drops_tears_and_undoes_what_was_not(void **state) {
  fixture *f = *state;
  size_t all = 0, none = 0, torn = 0, zeros = 0, truncated = 0;
  for (uint64_t seed = 0; seed < 400; seed++) {
    sl_file *file = durable(f, "/data/a", 'a', 600), *cut = durable(f, "/data/b", 'b', 600);
    append(file, 'x', 1500);
    assert_int_equal(sl_file_truncate(cut, 10, NULL), 0);
    crash(f, SL_FS_CRASH_POWER, seed);
    sl_str left = contents(f, "/data/a");
    size_t written = 0;
    for (size_t i = 600; i < left.len; i++) written += left.ptr[i] == 'x';
    all += written == 1500;
    none += left.len == 600;
    torn += written > 0 && written < 1500;
    zeros += left.len == 2100 && written == 0;
    truncated += contents(f, "/data/b").len == 10;
    assert_true(contents(f, "/data/b").len == 10 || contents(f, "/data/b").len == 600);
    sl_file_close(file);
    sl_file_close(cut);
    assert_int_equal(sl_fs_remove(f->fs, "/data/a", NULL), 0);
    assert_int_equal(sl_fs_remove(f->fs, "/data/b", NULL), 0);
  }
  assert_true(all > 40 && none > 40 && torn > 20 && zeros > 5);
  assert_true(truncated > 80 && truncated < 320);
}

static void test_fault__overwritten_sectors_stay_whole(void **state) {
  fixture *f = *state;
  for (uint64_t seed = 0; seed < 200; seed++) {
    sl_file *file = durable(f, "/data/a", 'a', 4096);
    char text[4096];
    memset(text, 'n', sizeof text);
    assert_int_equal(sl_file_write(file, 0, text, sizeof text, NULL), 0);
    crash(f, SL_FS_CRASH_POWER, seed);
    sl_str left = contents(f, "/data/a");
    assert_int_equal(left.len, 4096);
    for (size_t i = 0; i < left.len; i++) assert_int_equal(left.ptr[i], left.ptr[i / 512 * 512]);
    sl_file_close(file);
    assert_int_equal(sl_fs_remove(f->fs, "/data/a", NULL), 0);
  }
}

static void test_fault__names_are_durable_only_after_sync_dir(void **state) {
  fixture *f = *state;
  size_t made = 0, renamed = 0, removed = 0;
  for (uint64_t seed = 0; seed < 200; seed++) {
    sl_file_close(durable(f, "/data/old", 'o', 10));
    sl_file_close(durable(f, "/data/gone", 'g', 10));
    sl_file *file = create(f, "/data/new");
    append(file, 'n', 5);
    assert_int_equal(sl_file_sync(file, NULL), 0);
    sl_file_close(file);
    assert_int_equal(sl_fs_rename(f->fs, "/data/old", "/data/moved", NULL), 0);
    assert_int_equal(sl_fs_remove(f->fs, "/data/gone", NULL), 0);
    crash(f, seed % 2 ? SL_FS_CRASH_POWER : SL_FS_CRASH_POWER_ANY, seed);
    bool has_new = sl_fs_exists(f->fs, "/data/new"), has_moved = sl_fs_exists(f->fs, "/data/moved");
    bool has_gone = sl_fs_exists(f->fs, "/data/gone");
    assert_int_not_equal(has_moved, sl_fs_exists(f->fs, "/data/old"));
    if (has_new) assert_int_equal(contents(f, "/data/new").len, 5);
    if (seed % 2) assert_true(has_new >= has_moved && has_moved >= !has_gone); /* in order */
    made += has_new;
    renamed += has_moved;
    removed += !has_gone;
    assert_int_equal(sl_fs_remove_tree(f->fs, "/data/new", NULL), 0);
    assert_int_equal(sl_fs_remove_tree(f->fs, "/data/moved", NULL), 0);
  }
  assert_true(made > 40 && made < 200 && renamed > 40 && renamed < 160 && removed > 20 && removed < 160);

  sl_file_close(durable(f, "/data/kept", 'k', 3));
  for (uint64_t seed = 0; seed < 20; seed++) {
    crash(f, SL_FS_CRASH_POWER_ANY, seed);
    assert_int_equal(contents(f, "/data/kept").len, 3);
  }
}

static void test_fault__a_lost_directory_takes_its_files_along(void **state) {
  fixture *f = *state;
  assert_int_equal(sl_fs_mkdir(f->fs, "/data/t/p0", NULL), 0);
  sl_file *file = create(f, "/data/t/p0/log");
  append(file, 'x', 10);
  assert_int_equal(sl_file_sync(file, NULL), 0);
  assert_int_equal(sl_fs_sync_dir(f->fs, "/data/t/p0", NULL), 0);
  assert_int_equal(sl_fs_sync_dir(f->fs, "/data/t", NULL), 0);
  sl_file_close(file);
  crash(f, SL_FS_CRASH_POWER_NONE, 0); /* nobody synced /data */
  assert_false(sl_fs_exists(f->fs, "/data/t"));
}

static void test_fault__a_failed_sync_is_final(void **state) {
  fixture *f = *state;
  sl_file *file = durable(f, "/data/a", 'a', 10);
  append(file, 'b', 10);
  sl_fs_fault_add(f->fs, (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC});
  assert_int_equal(sl_file_sync(file, NULL), SL_E_IO);
  append(file, 'c', 10);
  assert_int_equal(sl_file_sync(file, NULL), 0);
  crash(f, SL_FS_CRASH_POWER_NONE, 0);
  sl_str left = contents(f, "/data/a");
  assert_int_equal(left.len, 30);
  assert_int_equal(left.ptr[5], 'a');
  assert_int_equal(left.ptr[15], 0);
  assert_int_equal(left.ptr[25], 'c');
  sl_file_close(file);
}

static void test_fault__the_same_seed_gives_the_same_crash(void **state) {
  (void)state;
  sl_str first[40];
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (int round = 0; round < 2; round++) {
    for (uint64_t seed = 0; seed < 40; seed++) {
      void *it;
      assert_int_equal(setup(&it), 0);
      fixture *f = it;
      sl_file *file = durable(f, "/data/a", 'a', 700);
      for (int i = 0; i < 5; i++) append(file, (char)('p' + i), 300);
      crash(f, SL_FS_CRASH_POWER_ANY, seed);
      sl_str left = contents(f, "/data/a");
      if (round == 0) {
        first[seed] = sl_str_dup(&arena, left);
      } else {
        assert_true(sl_str_eq(first[seed], left));
      }
      sl_file_close(file);
      teardown(&it);
    }
  }
  sl_arena_done(&arena);
}

static void test_fault__what_was_there_before_counts_as_durable(void **state) {
  (void)state;
  sl_fs *inner = sl_fs_memory_new();
  assert_int_equal(sl_fs_mkdir(inner, "/d/e", NULL), 0);
  assert_int_equal(sl_fs_replace(inner, "/d/e/f", "text", 4, NULL), 0);
  sl_fs *fs = sl_fs_fault_new(inner, "/", NULL);
  assert_int_equal(sl_fs_remove(fs, "/d/e/f", NULL), 0);
  assert_int_equal(sl_fs_fault_crash(fs, SL_FS_CRASH_POWER_NONE, 0, NULL), 0);
  assert_true(sl_fs_exists(inner, "/d/e/f"));
  sl_fs_free(fs);
  sl_fs_free(inner);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_fault__the_nth_operation_fails_with_its_code, setup, teardown),
      cmocka_unit_test_setup_teardown(test_fault__a_rule_can_be_bound_to_paths, setup, teardown),
      cmocka_unit_test_setup_teardown(test_fault__after_a_stop_nothing_works_until_the_crash, setup, teardown),
      cmocka_unit_test_setup_teardown(test_fault__a_kill_keeps_everything, setup, teardown),
      cmocka_unit_test_setup_teardown(test_fault__power_loss_keeps_what_was_synced, setup, teardown),
      cmocka_unit_test_setup_teardown(test_fault__power_loss_drops_tears_and_undoes_what_was_not, setup, teardown),
      cmocka_unit_test_setup_teardown(test_fault__overwritten_sectors_stay_whole, setup, teardown),
      cmocka_unit_test_setup_teardown(test_fault__names_are_durable_only_after_sync_dir, setup, teardown),
      cmocka_unit_test_setup_teardown(test_fault__a_lost_directory_takes_its_files_along, setup, teardown),
      cmocka_unit_test_setup_teardown(test_fault__a_failed_sync_is_final, setup, teardown),
      cmocka_unit_test(test_fault__the_same_seed_gives_the_same_crash),
      cmocka_unit_test(test_fault__what_was_there_before_counts_as_durable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
