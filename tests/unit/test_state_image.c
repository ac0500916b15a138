/* State images: every shape of store comes back from one, whatever happens to the store while it is written; files that
 * are cut, damaged or of something else are told apart; a crash at any step leaves an old image or a new one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/fs_fault.h"
#include "base/heap.h"
#include "base/vec.h"
#include "state/image.h"
#include "types/decimal.h"

#define ok(call)                                                                                                       \
  do {                                                                                                                 \
    sl_err err = {0};                                                                                                  \
    int rc_ = (call);                                                                                                  \
    if (rc_) fail_msg("%s: %s", #call, err.message ? err.message : "?");                                               \
  } while (0)

enum { KEYS = 40 };

static const sl_type list = {.base = SL_ARRAY, .element = &SL_TYPE_STRING};
static const sl_type *const row_types[] = {&SL_TYPE_BIGINT, &SL_TYPE_STRING, &list};
static const sl_image_id image_id = {.topic = {{1, 2, 3}}, .partition = 4, .contract = 5};

static sl_store *store_new(sl_state_shape shape) {
  return sl_store_new(&(sl_store_options){
      .name = "test", .shape = shape, .types = row_types, .count = 3, .window_size = 10, .retention = 2000});
}

/* ---- rows ---- */

static const char *key_name(int k) {
  static char names[KEYS][40];
  snprintf(names[k], sizeof names[k], "key %d%s", k, k % 5 ? "" : " with a longer name");
  return names[k];
}

/* Values that grow and shrink with n, NULLs and containers among them. */
static void values_of(int n, sl_arena *arena, sl_value out[3]) {
  out[0] = n % 7 ? sl_of_i64(n) : sl_null();
  out[1] = n % 5 ? sl_of_str(sl_str_printf(arena, "%0*d", n % 50 + 1, n)) : sl_null();
  sl_value *items = sl_arena_calloc(arena, 3, sizeof *items);
  for (int i = 0; i < n % 3; i++) items[i] = i ? sl_null() : sl_of_str(sl_str_printf(arena, "item %d", n));
  out[2] = n % 11 ? sl_of_items(items, (uint32_t)(n % 3)) : sl_null();
}

static void change(sl_store *store, int i, sl_arena *arena) {
  int k = rand() % KEYS;
  int64_t time = i / 4 + rand() % 40;
  sl_value values[3];
  values_of(i, arena, values);
  sl_store_key key = {.bytes = sl_str_of(key_name(k))};
  sl_state_shape shape = sl_store_get_options(store)->shape;
  if (shape == SL_STATE_BUFFER || shape == SL_STATE_PENDING) {
    if (shape == SL_STATE_PENDING && rand() % 3 == 0) {
      sl_entry *e = sl_store_next(store, NULL), *next;
      for (int n = rand() % 500; n && e && (next = sl_store_next(store, e)); n--) e = next;
      if (e) sl_store_remove(store, e);
      sl_store_remove_key(store, key.bytes, time, rand() % 2);
    } else {
      ok(sl_store_add(store, key.bytes, time, rand() % 2, values, &err));
    }
    return;
  }
  key.start = time / 10 * 10;
  key.end = shape == SL_STATE_WINDOW ? key.start + 10 : key.start + k % 3;
  if (shape == SL_STATE_PREFIX) {
    if (i % 3) key.bytes = sl_str_of("one prefix of many");
    key.rest = sl_str_printf(arena, "%d", (int)time % 300);
  }
  sl_entry *e;
  ok(sl_store_locate(store, &key, 1, &e, &err));
  ok(sl_store_write(store, e, rand() % 4 ? values : NULL, time, NULL, &err));
}

/* ---- what a store holds, as text ---- */

static void print_row(sl_buf *out, sl_store_key key, const sl_store_row *row, sl_arena *arena) {
  sl_buf_printf(out, SL_STR_FMT "+" SL_STR_FMT "@%lld,%lld:%lld", SL_STR_ARG(key.bytes), SL_STR_ARG(key.rest),
                (long long)key.start, (long long)key.end, (long long)row->timestamp);
  for (int i = 0; i < 3; i++) {
    const sl_value *v = &row->values[i];
    sl_buf_printf(out, " %016llx", (unsigned long long)sl_value_hash_deep(row_types[i], v));
    if (!sl_is_null(v) && i == 1) sl_buf_printf(out, "=" SL_STR_FMT, SL_STR_ARG(sl_value_str(v)));
  }
  sl_buf_add_byte(out, '\n');
  (void)arena;
}

static char *text_of(sl_store *store) {
  sl_buf out = {0};
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_state_shape shape = sl_store_get_options(store)->shape;
  sl_store_row row;
  if (shape == SL_STATE_PENDING) {
    for (sl_entry *e = NULL; (e = sl_store_next(store, e));)
      if (sl_store_read(store, e, &arena, &row)) print_row(&out, sl_store_entry_key(store, e), &row, &arena);
  } else if (shape == SL_STATE_PREFIX) {
    for (int k = -1; k < KEYS; k++) {
      sl_entry *e = sl_store_prefix_first(store, sl_str_of(k < 0 ? "one prefix of many" : key_name(k)));
      for (; e; e = sl_store_prefix_next(e))
        if (sl_store_read(store, e, &arena, &row)) print_row(&out, sl_store_entry_key(store, e), &row, &arena);
    }
  } else if (shape == SL_STATE_BUFFER) {
    for (int k = 0; k < KEYS; k++) {
      sl_store_walk walk = sl_store_walk_of(store, sl_str_of(key_name(k)), INT64_MIN, INT64_MAX);
      for (sl_entry *e; (e = sl_store_walk_next(&walk));)
        if (sl_store_read(store, e, &arena, &row)) print_row(&out, sl_store_entry_key(store, e), &row, &arena);
    }
  } else {
    sl_store_cursor *cursor = sl_store_cursor_open(store, NULL, NULL);
    sl_store_cursor_sort(cursor);
    for (sl_store_key key; sl_store_cursor_next(cursor, &arena, &key, &row);) print_row(&out, key, &row, &arena);
    sl_store_cursor_close(cursor);
  }
  sl_buf_add_byte(&out, 0);
  char *text = sl_heap_strndup((const char *)out.data, out.len);
  sl_buf_done(&out);
  sl_arena_done(&arena);
  return text;
}

/* ---- a changelog in memory ---- */

typedef struct journal {
  sl_arena arena;
  sl_vec changes; /* sl_store_restored * */
} journal;

static void commit(sl_store *store, journal *to) {
  size_t at = 0;
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  for (sl_store_change c; sl_store_change_next(store, &at, &scratch, &c);) {
    if (!c.has_new && !c.has_old) continue;
    sl_store_restored *r = sl_arena_zalloc(&to->arena, sizeof *r);
    *r = (sl_store_restored){.key = c.key, .timestamp = c.now.timestamp};
    r->key.bytes = sl_str_dup(&to->arena, c.key.bytes);
    r->key.rest = sl_str_dup(&to->arena, c.key.rest);
    if (c.has_new) {
      sl_value *values = sl_arena_calloc(&to->arena, 3, sizeof *values);
      for (int i = 0; i < 3; i++) values[i] = sl_value_copy_deep(&to->arena, row_types[i], &c.now.values[i]);
      r->values = values;
    }
    sl_vec_push(&to->changes, r);
  }
  sl_store_commit(store);
  sl_arena_done(&scratch);
}

/* ---- images ---- */

static void write_image(sl_fs *fs, sl_store *store, int64_t start, int64_t end) {
  sl_image_writer *w;
  sl_image_info info;
  bool more = true;
  ok(sl_image_begin(fs, "/state", &image_id, store, start, &w, &err));
  while (more) {
    sl_image_collect(w, 4096, &more);
    ok(sl_image_write(w, &err));
  }
  ok(sl_image_finish(w, end, &info, &err));
  sl_image_writer_free(w);
}

static const char *image_path(void) {
  static char path[100];
  sl_arena arena;
  sl_arena_init(&arena, 0);
  snprintf(path, sizeof path, "%s", sl_image_path(&arena, "/state", &image_id.topic, image_id.partition));
  sl_arena_done(&arena);
  return path;
}

/* Loads all of it; its start, or -1 when it is no good. */
static int64_t load_image(sl_fs *fs, sl_store *store) {
  sl_image *image;
  sl_err err = {0};
  int64_t start = -1;
  bool more = true;
  int rc = sl_image_open(fs, image_path(), &image, &err);
  if (!rc) {
    while (!rc && more) rc = sl_image_load(image, store, &more, &err);
    if (!rc && sl_image_is_of(image, &image_id)) start = sl_image_get_info(image)->start;
    sl_image_close(image);
  }
  assert_true(!rc || err.message);
  sl_err_done(&err);
  return start;
}

/* ---- tests ---- */

static void round_trip(sl_state_shape shape, unsigned seed) {
  srand(seed);
  sl_fs *fs = sl_fs_memory_new();
  ok(sl_fs_mkdir(fs, "/state", &err));
  sl_store *store = store_new(shape);
  journal log = {0};
  sl_arena_init(&log.arena, 0);
  int i = 1, before = rand() % 3000;
  for (; i < before; i++) {
    change(store, i, &log.arena);
    if (rand() % 20 == 0) commit(store, &log);
    if (rand() % 50 == 0) sl_store_rollback(store);
  }
  commit(store, &log);
  if (rand() % 2) change(store, i++, &log.arena); /* something is under way */
  sl_image_writer *w;
  sl_image_info info;
  bool more = true;
  size_t start = log.changes.len;
  ok(sl_image_begin(fs, "/state", &image_id, store, (int64_t)start, &w, &err));
  while (more) {
    sl_image_collect(w, (size_t)(rand() % 2000), &more);
    ok(sl_image_write(w, &err));
    for (int n = rand() % 8; n; n--) change(store, i++, &log.arena);
    if (rand() % 4 == 0) commit(store, &log);
    if (rand() % 4 == 0) sl_store_rollback(store);
  }
  ok(sl_image_finish(w, (int64_t)log.changes.len, &info, &err));
  sl_image_writer_free(w);
  for (int n = 0; n < 50; n++) change(store, i++, &log.arena);
  commit(store, &log);
  sl_store *again = store_new(shape);
  sl_store_set_observed(again, sl_store_observed(store)); /* as the committed clocks do */
  assert_int_equal(load_image(fs, again), start);
  for (size_t c = start; c < log.changes.len; c++) ok(sl_store_restore(again, sl_vec_at(&log.changes, c), 1, &err));
  char *a = text_of(store), *b = text_of(again);
  assert_string_equal(a, b);
  if (before > 100) assert_true(strlen(a) > 100);
  sl_heap_free(a);
  sl_heap_free(b);
  sl_store_free(again);
  sl_store_free(store);
  sl_vec_done(&log.changes);
  sl_arena_done(&log.arena);
  sl_fs_free(fs);
}

static void test_image__every_shape_comes_back_though_it_changes_meanwhile(void **state) {
  (void)state;
  for (sl_state_shape shape = SL_STATE_KEY_VALUE; shape <= SL_STATE_PREFIX; shape++)
    for (unsigned seed = 1; seed <= 60; seed++) round_trip(shape, seed);
}

static sl_store *some_store(int rows, int from) {
  sl_store *store = store_new(SL_STATE_KEY_VALUE);
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (int i = 0; i < rows; i++) {
    sl_store_key key = {.bytes = sl_str_printf(&arena, "%d", i)};
    sl_entry *e;
    sl_value values[3];
    values_of(i + from, &arena, values);
    ok(sl_store_locate(store, &key, 1, &e, &err));
    ok(sl_store_write(store, e, values, i, NULL, &err));
  }
  sl_store_commit(store);
  sl_arena_done(&arena);
  return store;
}

static void test_image__large_tables_are_many_blocks(void **state) {
  (void)state;
  sl_fs *fs = sl_fs_memory_new();
  ok(sl_fs_mkdir(fs, "/state", &err));
  sl_store *store = some_store(60000, 0), *again = store_new(SL_STATE_KEY_VALUE);
  write_image(fs, store, 7, 9);
  assert_int_equal(load_image(fs, again), 7);
  char *a = text_of(store), *b = text_of(again);
  assert_string_equal(a, b);
  sl_heap_free(a);
  sl_heap_free(b);
  sl_store_free(store);
  sl_store_free(again);
  sl_fs_free(fs);
}

static void test_image__one_row_may_be_larger_than_a_block(void **state) {
  (void)state;
  sl_fs *fs = sl_fs_memory_new();
  ok(sl_fs_mkdir(fs, "/state", &err));
  sl_store *store = some_store(10, 0), *again = store_new(SL_STATE_KEY_VALUE);
  char *big = sl_heap_zalloc(5 << 20);
  memset(big, 'x', 5 << 20);
  sl_store_key key = {.bytes = sl_str_of("big")};
  sl_entry *e;
  ok(sl_store_locate(store, &key, 1, &e, &err));
  sl_value values[3] = {sl_of_i64(1), sl_of_str(sl_str_n(big, 5 << 20)), sl_null()};
  ok(sl_store_write(store, e, values, 1, NULL, &err));
  sl_store_commit(store);
  write_image(fs, store, 0, 1);
  assert_int_equal(load_image(fs, again), 0);
  assert_int_equal(sl_store_entries(again), 11);
  char *a = text_of(store), *b = text_of(again);
  assert_string_equal(a, b);
  sl_heap_free(a);
  sl_heap_free(b);
  sl_heap_free(big);
  sl_store_free(store);
  sl_store_free(again);
  sl_fs_free(fs);
}

static void read_file(sl_fs *fs, sl_arena *arena, char **data, size_t *len) {
  ok(sl_fs_read_all(fs, image_path(), 64 << 20, arena, data, len, &err));
}

static void write_file(sl_fs *fs, const char *data, size_t len) {
  sl_file *file;
  ok(sl_fs_open(fs, image_path(), SL_FS_WRITE | SL_FS_CREATE, &file, &err));
  ok(sl_file_truncate(file, 0, &err));
  ok(sl_file_write(file, 0, data, len, &err));
  sl_file_close(file);
}

static void test_image__cut_or_damaged_files_are_refused(void **state) {
  (void)state;
  sl_fs *fs = sl_fs_memory_new();
  ok(sl_fs_mkdir(fs, "/state", &err));
  sl_store *store = some_store(20000, 0), *again = store_new(SL_STATE_KEY_VALUE);
  write_image(fs, store, 1, 2);
  char *text = text_of(store), *data;
  size_t len;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  read_file(fs, &arena, &data, &len);
  for (size_t cut = 0; cut < len; cut += 40961) {
    write_file(fs, data, cut);
    assert_int_equal(load_image(fs, again), -1);
    sl_store_clear(again);
  }
  srand(3);
  int refused = 0;
  for (int i = 0; i < 300; i++) {
    size_t at = i < 96 ? (size_t)i : (size_t)rand() % len;
    char was = data[at];
    data[at] ^= (char)(1 << rand() % 8);
    write_file(fs, data, len);
    int64_t start = load_image(fs, again);
    refused += start < 0;
    if (start >= 0) { /* a byte that means nothing */
      char *same = text_of(again);
      assert_string_equal(text, same);
      sl_heap_free(same);
    }
    sl_store_clear(again);
    data[at] = was;
  }
  assert_true(refused > 250);
  sl_heap_free(text);
  sl_store_free(store);
  sl_store_free(again);
  sl_arena_done(&arena);
  sl_fs_free(fs);
}

/* A memory file system with a page cache: what is forgotten must not be read again. */
static sl_fs_class caching;
static int (*memory_open)(sl_fs *fs, const char *path, int flags, sl_file **out, sl_err *err);
static int (*memory_read)(sl_file *file, uint64_t offset, void *data, size_t len, size_t *got, sl_err *err);
static bool is_cached;
static uint64_t forgotten;

static int caching_open(sl_fs *fs, const char *path, int flags, sl_file **out, sl_err *err) {
  int rc = memory_open(fs, path, flags, out, err);
  if (!rc) (*out)->cls = &caching;
  return rc;
}

static int caching_read(sl_file *file, uint64_t offset, void *data, size_t len, size_t *got, sl_err *err) {
  assert_true(offset >= forgotten || !offset);
  return memory_read(file, offset, data, len, got, err);
}

static bool caching_cached(sl_file *file, uint64_t offset) {
  (void)file, (void)offset;
  return is_cached;
}

static void caching_forget(sl_file *file, uint64_t offset, uint64_t len) {
  (void)file;
  assert_int_equal(offset, forgotten);
  forgotten = offset + len;
}

static void test_image__what_comes_from_the_disk_is_forgotten_behind_the_reader(void **state) {
  (void)state;
  enum { BIG = 5 << 20, ROWS = 8 };
  sl_fs *fs = sl_fs_memory_new();
  ok(sl_fs_mkdir(fs, "/state", &err));
  caching = *fs->cls;
  memory_open = caching.open;
  memory_read = caching.read;
  caching.open = caching_open;
  caching.read = caching_read;
  caching.cached = caching_cached;
  caching.forget = caching_forget;
  fs->cls = &caching;
  sl_store *store = store_new(SL_STATE_KEY_VALUE), *again = store_new(SL_STATE_KEY_VALUE);
  char *big = sl_heap_zalloc(BIG);
  for (int i = 0; i < ROWS; i++) {
    sl_store_key key = {.bytes = sl_str_of(key_name(i))};
    sl_entry *e;
    sl_value values[3] = {sl_of_i64(i), sl_of_str(sl_str_n(big, BIG)), sl_null()};
    ok(sl_store_locate(store, &key, 1, &e, &err));
    ok(sl_store_write(store, e, values, 1, NULL, &err));
  }
  sl_store_commit(store);
  write_image(fs, store, 0, 1);
  is_cached = true;
  assert_int_equal(load_image(fs, again), 0);
  assert_int_equal(forgotten, 0);
  sl_store_clear(again);
  is_cached = false;
  assert_int_equal(load_image(fs, again), 0);
  assert_int_equal(sl_store_entries(again), ROWS);
  assert_in_range(forgotten, (uint64_t)(ROWS - 4) * BIG, (uint64_t)ROWS * BIG);
  sl_heap_free(big);
  sl_store_free(store);
  sl_store_free(again);
  sl_fs_free(fs);
}

static void test_image__names_and_contracts_tell_stores_apart(void **state) {
  (void)state;
  sl_topic_id topic;
  int32_t partition;
  const char *name = strrchr(image_path(), '/') + 1;
  assert_true(sl_image_name_parse(name, &topic, &partition));
  assert_true(sl_topic_id_equal(&topic, &image_id.topic));
  assert_int_equal(partition, 4);
  static const char *const OTHERS[] = {"x.image",
                                       "AQIDAAAAAAAAAAAAAAAAAA-4.image.tmp",
                                       "AQIDAAAAAAAAAAAAAAAAAA-.image",
                                       "AQIDAAAAAAAAAAAAAAAAAA--4.image",
                                       "AQIDAAAAAAAAAAAAAAAAAA-4.imagexx",
                                       ""};
  for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
    assert_false(sl_image_name_parse(OTHERS[i], &topic, &partition));
  sl_store *a = store_new(SL_STATE_KEY_VALUE), *b = store_new(SL_STATE_SESSION);
  sl_store *c = sl_store_new(&(sl_store_options){.name = "c", .types = row_types, .count = 2});
  assert_true(sl_image_contract(a, 0) == sl_image_contract(a, 0));
  assert_true(sl_image_contract(a, 0) != sl_image_contract(a, 1));
  assert_true(sl_image_contract(a, 0) != sl_image_contract(b, 0));
  assert_true(sl_image_contract(a, 0) != sl_image_contract(c, 0));
  sl_fs *fs = sl_fs_memory_new();
  ok(sl_fs_mkdir(fs, "/state", &err));
  write_image(fs, a, 0, 0);
  sl_image *image;
  ok(sl_image_open(fs, image_path(), &image, &err));
  sl_image_id other = image_id;
  assert_true(sl_image_is_of(image, &other));
  other.contract++;
  assert_false(sl_image_is_of(image, &other));
  other = image_id;
  other.topic.bytes[15] = 1;
  assert_false(sl_image_is_of(image, &other));
  other = image_id;
  other.partition = 0;
  assert_false(sl_image_is_of(image, &other));
  sl_image_close(image);
  sl_store_free(a);
  sl_store_free(b);
  sl_store_free(c);
  sl_fs_free(fs);
}

/* Writes an image until something fails. */
static bool try_image(sl_fs *fs, sl_store *store, int64_t start) {
  sl_image_writer *w = NULL;
  sl_image_info info;
  bool more = true;
  sl_err err = {0};
  int rc = sl_image_begin(fs, "/state", &image_id, store, start, &w, &err);
  while (!rc && more) {
    sl_image_collect(w, 1 << 20, &more);
    rc = sl_image_write(w, &err);
  }
  if (!rc) rc = sl_image_finish(w, start, &info, &err);
  sl_image_writer_free(w);
  sl_err_done(&err);
  return !rc;
}

static void test_image__a_crash_at_any_step_leaves_the_old_or_the_new(void **state) {
  (void)state;
  static const sl_fs_crash MODES[] = {SL_FS_CRASH_KILL, SL_FS_CRASH_POWER, SL_FS_CRASH_POWER_ANY,
                                      SL_FS_CRASH_POWER_NONE};
  sl_store *old = some_store(30, 0), *new = some_store(30000, 1000);
  char *texts[2] = {text_of(old), text_of(new)};
  int seen[2] = {0};
  for (uint64_t step = 1, over = 0; !over; step++)
    for (uint64_t run = 0; run < 12; run++) {
      sl_fs *inner = sl_fs_memory_new();
      ok(sl_fs_mkdir(inner, "/state", &err));
      sl_fs *fs = sl_fs_fault_new(inner, "/", NULL);
      write_image(fs, old, 1, 1);
      sl_fs_fault_add(
          fs, (sl_fs_fault_rule){.ops = SL_FS_OP_CHANGES, .nth = step, .keep = (size_t)run * 9999, .stop = true});
      bool done = try_image(fs, new, 2);
      over = done;
      ok(sl_fs_fault_crash(fs, MODES[run % 4], step * 100 + run, &err));
      sl_store *again = store_new(SL_STATE_KEY_VALUE);
      int64_t start = load_image(fs, again);
      assert_true(start == 1 || start == 2);
      if (done) assert_int_equal(start, 2);
      char *text = text_of(again);
      assert_string_equal(text, texts[start - 1]);
      seen[start - 1]++;
      sl_heap_free(text);
      sl_store_free(again);
      sl_fs_free(fs);
      sl_fs_free(inner);
    }
  assert_true(seen[0] > 10 && seen[1] > 5);
  sl_heap_free(texts[0]);
  sl_heap_free(texts[1]);
  sl_store_free(old);
  sl_store_free(new);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_image__every_shape_comes_back_though_it_changes_meanwhile),
      cmocka_unit_test(test_image__large_tables_are_many_blocks),
      cmocka_unit_test(test_image__one_row_may_be_larger_than_a_block),
      cmocka_unit_test(test_image__cut_or_damaged_files_are_refused),
      cmocka_unit_test(test_image__what_comes_from_the_disk_is_forgotten_behind_the_reader),
      cmocka_unit_test(test_image__names_and_contracts_tell_stores_apart),
      cmocka_unit_test(test_image__a_crash_at_any_step_leaves_the_old_or_the_new),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
