/* Buffers and pending rows: order, duplicates, visibility, expiry, and a long random run against a plain model with
 * commits and rollbacks; memory that is used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "state/pool.h"
#include "state/store.h"
#include "tests/unit/counting_heap.h"

#define ok(call)                                                                                                       \
  do {                                                                                                                 \
    sl_err err = {0};                                                                                                  \
    int rc_ = (call);                                                                                                  \
    if (rc_) fail_msg("%s: %s", #call, err.message ? err.message : "?");                                               \
  } while (0)

static const sl_type *const pair[] = {&SL_TYPE_BIGINT, &SL_TYPE_STRING};

static sl_store *store_new(sl_state_shape shape, int64_t retention, sl_budget *budget) {
  return sl_store_new(&(sl_store_options){.name = "test",
                                          .shape = shape,
                                          .types = pair,
                                          .count = 2,
                                          .window_size = 10,
                                          .retention = retention,
                                          .budget = budget});
}

static void add(sl_store *store, const char *key, int64_t time, bool left, int n) {
  char text[16];
  snprintf(text, sizeof text, "row %d", n);
  sl_value values[2] = {sl_of_i64(n), sl_of_str(sl_str_of(text))};
  ok(sl_store_add(store, sl_str_of(key), time, left, values, &err));
}

static void print_row(sl_store *store, sl_entry *e, sl_arena *arena, sl_buf *out) {
  sl_store_row row;
  assert_true(sl_store_read(store, e, arena, &row));
  char text[16];
  snprintf(text, sizeof text, "row %d", (int)row.values[0].i64);
  assert_true(sl_str_eq(sl_value_str(&row.values[1]), sl_str_of(text)));
  sl_store_key key = sl_store_entry_key(store, e);
  sl_buf_printf(out, "%s" SL_STR_FMT ":%d@%lld", out->len ? " " : "", SL_STR_ARG(key.bytes), (int)row.values[0].i64,
                (long long)key.start);
}

/* "key:n@time" of a key's rows in a range, or of all that wait. */
static const char *rows(sl_store *store, const char *key, int64_t from, int64_t to, sl_arena *arena) {
  sl_buf out = {0};
  if (key) {
    sl_store_walk walk = sl_store_walk_of(store, sl_str_of(key), from, to);
    for (sl_entry *e; (e = sl_store_walk_next(&walk));) print_row(store, e, arena, &out);
  } else {
    for (sl_entry *e = NULL; (e = sl_store_next(store, e));) print_row(store, e, arena, &out);
  }
  const char *text = sl_arena_dup(arena, out.len ? (const void *)out.data : "", out.len);
  sl_buf_done(&out);
  return text;
}

static void test_store_order__a_buffer_keeps_every_row_by_time(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = store_new(SL_STATE_BUFFER, 1000, NULL);
  static const int64_t times[] = {50, 10, 50, 30, 10, 70, 50, 0};
  for (int i = 0; i < 8; i++) add(store, i == 3 ? "other" : "k", times[i], false, i);
  assert_string_equal(rows(store, "k", 0, 100, &arena), "k:7@0 k:1@10 k:4@10 k:0@50 k:2@50 k:6@50 k:5@70");
  assert_string_equal(rows(store, "k", 10, 50, &arena), "k:1@10 k:4@10 k:0@50 k:2@50 k:6@50");
  assert_string_equal(rows(store, "k", 11, 49, &arena), "");
  assert_string_equal(rows(store, "nobody", 0, 100, &arena), "");
  sl_store_free(store);
  sl_arena_done(&arena);
}

static void test_store_order__a_buffer_hides_to_the_millisecond(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = store_new(SL_STATE_BUFFER, 25, NULL);
  add(store, "k", 75, false, 0);
  add(store, "k", 76, false, 1);
  add(store, "q", 100, false, 2);
  assert_string_equal(rows(store, "k", 0, 200, &arena), "k:1@76");
  add(store, "k", 75, false, 3); /* too late to be kept */
  assert_int_equal(sl_store_entries(store), 3);
  sl_store_rollback(store);
  assert_int_equal(sl_store_observed(store), INT64_MIN);
  assert_int_equal(sl_store_entries(store), 0);
  sl_store_free(store);
  sl_arena_done(&arena);
}

static void test_store_order__expired_spans_give_their_memory_back(void **state) {
  (void)state;
  sl_budget budget;
  sl_budget_init(&budget, "test", SIZE_MAX, NULL);
  sl_store *store = store_new(SL_STATE_BUFFER, 1000, &budget);
  size_t most = 0;
  for (int i = 0; i < 100000; i++) {
    char key[16];
    snprintf(key, sizeof key, "%d", i % 50);
    add(store, key, i, false, i);
    if (i % 100 == 99) sl_store_commit(store);
    if (i == 5000) most = sl_budget_used(&budget);
  }
  assert_true(sl_store_entries(store) < 1200);
  assert_true(sl_budget_used(&budget) < most * 3 / 2);
  sl_store_free(store);
  assert_int_equal(sl_budget_used(&budget), 0);
}

static void test_store_order__a_budget_refuses_rows(void **state) {
  (void)state;
  sl_budget budget;
  sl_budget_init(&budget, "test", 20000, NULL);
  sl_store *store = store_new(SL_STATE_BUFFER, 1000, &budget);
  sl_value values[2] = {sl_of_i64(1), sl_null()};
  sl_err err = {0};
  int rc = 0, n = 0;
  for (; !rc && n < 10000; n++) rc = sl_store_add(store, sl_str_of("k"), n, false, values, &err);
  assert_int_equal(rc, SL_E_MEMORY);
  assert_true(n > 20);
  sl_err_done(&err);
  sl_store_rollback(store);
  assert_int_equal(sl_store_entries(store), 0);
  sl_store_free(store);
}

static void test_store_order__pending_rows_stand_by_time_side_and_key(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = store_new(SL_STATE_PENDING, 10, NULL);
  add(store, "b", 5, true, 0);
  add(store, "a", 5, true, 1);
  add(store, "z", 5, false, 2);
  add(store, "b", 5, true, 3);
  add(store, "c", 4, true, 4);
  add(store, "a", 900, false, 5); /* nothing expires */
  assert_string_equal(rows(store, NULL, 0, 0, &arena), "c:4@4 z:2@5 a:1@5 b:0@5 b:3@5 a:5@900");
  sl_store_commit(store);
  sl_store_remove_key(store, sl_str_of("b"), 5, false);
  sl_store_remove_key(store, sl_str_of("b"), 5, true);
  sl_store_remove_key(store, sl_str_of("c"), 4, true);
  add(store, "b", 5, true, 6);
  assert_string_equal(rows(store, NULL, 0, 0, &arena), "z:2@5 a:1@5 b:6@5 a:5@900");
  sl_store_rollback(store);
  assert_string_equal(rows(store, NULL, 0, 0, &arena), "c:4@4 z:2@5 a:1@5 b:0@5 b:3@5 a:5@900");
  sl_store_free(store);
  sl_arena_done(&arena);
}

/* ---- against a model: a sorted array ---- */

typedef struct model_row {
  int64_t time;
  bool left;
  int key, n;
} model_row;
typedef struct model {
  model_row rows[4000];
  int count;
} model;

static int order(const model_row *a, const model_row *b) {
  if (a->time != b->time) return a->time < b->time ? -1 : 1;
  if (a->left != b->left) return a->left ? 1 : -1;
  return a->key - b->key;
}

static void model_add(model *m, model_row row) {
  int at = m->count++;
  for (; at && order(&m->rows[at - 1], &row) > 0; at--) m->rows[at] = m->rows[at - 1];
  m->rows[at] = row;
}

static void model_remove(model *m, const model_row *like) {
  int kept = 0;
  for (int i = 0; i < m->count; i++)
    if (order(&m->rows[i], like)) m->rows[kept++] = m->rows[i];
  m->count = kept;
}

static void same(sl_store *store, const model *m) {
  int i = 0;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (sl_entry *e = NULL; (e = sl_store_next(store, e)); i++) {
    sl_store_row row;
    assert_true(i < m->count);
    assert_true(sl_store_read(store, e, &arena, &row));
    assert_int_equal(row.values[0].i64, m->rows[i].n);
    sl_store_key key = sl_store_entry_key(store, e);
    assert_int_equal(key.start, m->rows[i].time);
    assert_int_equal(sl_store_key_left(&key), m->rows[i].left);
  }
  assert_int_equal(i, m->count);
  sl_arena_done(&arena);
}

static void test_store_order__random_rows_are_as_the_model_says(void **state) {
  (void)state;
  static model now, committed;
  now.count = committed.count = 0;
  srand(11);
  sl_store *store = store_new(SL_STATE_PENDING, 10, NULL), *again = store_new(SL_STATE_PENDING, 10, NULL);
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (int i = 0; i < 20000; i++) {
    model_row row = {rand() % 60 + i / 500, rand() % 2, rand() % 5, i};
    char key[4] = {(char)('a' + row.key), 0};
    int what = rand() % 100;
    if (what < 45) {
      add(store, key, row.time, row.left, i);
      model_add(&now, row);
    } else if (what < 94) {
      sl_store_remove_key(store, sl_str_of(key), row.time, row.left);
      model_remove(&now, &row);
    } else if (what < 98) { /* what a commit says is enough to build the store again */
      size_t at = 0;
      for (sl_store_change c; sl_store_change_next(store, &at, &arena, &c);)
        if (c.has_new || c.has_old)
          ok(sl_store_restore(again, &(sl_store_restored){c.key, c.has_new ? c.now.values : NULL, c.now.timestamp}, 1,
                              &err));
      sl_store_commit(store);
      committed = now;
      same(again, &committed);
      sl_arena_reset(&arena);
    } else {
      sl_store_rollback(store);
      now = committed;
    }
    if (i % 50 == 0) same(store, &now);
  }
  same(store, &now);
  sl_store_free(store);
  sl_store_free(again);
  sl_arena_done(&arena);
}

static void test_store_order__depth_stays_small_whatever_the_order(void **state) {
  (void)state;
  sl_store *store = store_new(SL_STATE_BUFFER, INT64_MAX / 4, NULL);
  for (int i = 0; i < 200000; i++) add(store, "k", i % 2 ? i : 400000 - i, false, i); /* minutes if a walk were long */
  sl_store_commit(store);
  int n = 0;
  sl_store_walk walk = sl_store_walk_of(store, sl_str_of("k"), 0, INT64_MAX);
  int64_t last = -1;
  for (sl_entry *e; (e = sl_store_walk_next(&walk)); n++) {
    int64_t time = sl_store_entry_key(store, e).start;
    assert_true(time >= last);
    last = time;
  }
  assert_int_equal(n, 200000);
  sl_store_free(store);
}

static void test_store_order__rows_take_nothing_from_the_heap_one_by_one(void **state) {
  (void)state;
  sl_store *buffer = store_new(SL_STATE_BUFFER, 1 << 16, NULL), *pending = store_new(SL_STATE_PENDING, 10, NULL);
  for (int i = 0; i < 400000; i++) {
    char key[4] = {(char)('a' + i % 20), 0};
    if (i == 200000) heap_calls = 0;
    add(buffer, key, i, false, i);
    add(pending, key, i, true, i);
    if (i >= 100) sl_store_remove(pending, sl_store_next(pending, NULL));
    if (i % 256) continue;
    sl_store_commit(buffer);
    sl_store_commit(pending);
  }
  assert_true(heap_calls < 200000 / 50);
  sl_store_free(buffer);
  sl_store_free(pending);
}

static void test_pool__blocks_come_back(void **state) {
  (void)state;
  sl_budget budget;
  sl_budget_init(&budget, "test", SIZE_MAX, NULL);
  sl_pool pool;
  sl_pool_init(&pool, &budget);
  static const size_t sizes[] = {1, 16, 17, 1024, 1025, 1280, 1281, 5000, 70000, 300000, 5000000};
  size_t used = 0;
  for (int round = 0; round < 50; round++) {
    uint8_t *blocks[11], classes[11];
    for (int i = 0; i < 11; i++) {
      blocks[i] = sl_pool_take(&pool, sizes[i], &classes[i]);
      assert_int_equal((uintptr_t)blocks[i] % 16, 0);
      memset(blocks[i], i, sizes[i]);
    }
    for (int i = 0; i < 11; i++) assert_true(blocks[i][0] == i && blocks[i][sizes[i] - 1] == i);
    if (!round) used = sl_budget_used(&budget);
    assert_true(sl_budget_used(&budget) <= used);
    for (int i = 1; i < 11; i++) sl_pool_give(&pool, blocks[i], classes[i]);
    sl_pool_give(&pool, blocks[0], classes[0]);
  }
  sl_pool_done(&pool);
  assert_int_equal(sl_budget_used(&budget), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_store_order__a_buffer_keeps_every_row_by_time),
      cmocka_unit_test(test_store_order__a_buffer_hides_to_the_millisecond),
      cmocka_unit_test(test_store_order__expired_spans_give_their_memory_back),
      cmocka_unit_test(test_store_order__a_budget_refuses_rows),
      cmocka_unit_test(test_store_order__pending_rows_stand_by_time_side_and_key),
      cmocka_unit_test(test_store_order__random_rows_are_as_the_model_says),
      cmocka_unit_test(test_store_order__depth_stays_small_whatever_the_order),
      cmocka_unit_test(test_store_order__rows_take_nothing_from_the_heap_one_by_one),
      cmocka_unit_test(test_pool__blocks_come_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
