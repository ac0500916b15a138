/* Stores whose keys have two parts: order within a prefix and nothing from its neighbours, a long random run against a
 * plain model with commits, rollbacks and stores built again from what commits say; memory, and the heap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "state/key_codec.h"
#include "state/store.h"
#include "tests/unit/counting_heap.h"

#define ok(call)                                                                                                       \
  do {                                                                                                                 \
    sl_err err = {0};                                                                                                  \
    int rc_ = (call);                                                                                                  \
    if (rc_) fail_msg("%s: %s", #call, err.message ? err.message : "?");                                               \
  } while (0)

static sl_store *store_of(const sl_type *const *types, int count, sl_budget *budget) {
  return sl_store_new(
      &(sl_store_options){.name = "test", .shape = SL_STATE_PREFIX, .types = types, .count = count, .budget = budget});
}

static sl_store *store_new(sl_budget *budget) {
  static const sl_type *const pair[] = {&SL_TYPE_BIGINT, &SL_TYPE_STRING};
  return store_of(pair, 2, budget);
}

static sl_store_key key_of(const char *prefix, const char *rest) {
  return (sl_store_key){.bytes = sl_str_of(prefix), .rest = sl_str_of(rest)};
}

/* n < 0 deletes */
static void put(sl_store *store, const char *prefix, const char *rest, int n) {
  sl_store_key key = key_of(prefix, rest);
  sl_entry *e;
  char text[40];
  snprintf(text, sizeof text, "row %.*d", n < 0 ? 1 : n % 20 + 1, n);
  sl_value values[2] = {sl_of_i64(n), sl_of_str(sl_str_of(text))};
  ok(sl_store_locate(store, &key, 1, &e, &err));
  ok(sl_store_write(store, e, n < 0 ? NULL : values, n, NULL, &err));
}

/* "rest:n" of a prefix's rows in order. */
static const char *scan(sl_store *store, const char *prefix, sl_arena *arena) {
  sl_buf out = {0};
  for (sl_entry *e = sl_store_prefix_first(store, sl_str_of(prefix)); e; e = sl_store_prefix_next(e)) {
    sl_store_row row;
    if (!sl_store_read(store, e, arena, &row)) continue;
    sl_store_key key = sl_store_entry_key(store, e);
    assert_true(sl_str_eq(key.bytes, sl_str_of(prefix)));
    assert_ptr_equal(sl_store_find(store, &key), e);
    assert_int_equal(row.timestamp, row.values[0].i64);
    sl_buf_printf(&out, "%s" SL_STR_FMT ":%d", out.len ? " " : "", SL_STR_ARG(key.rest), (int)row.values[0].i64);
  }
  const char *text = sl_str_z(arena, sl_buf_str(&out));
  sl_buf_done(&out);
  return text;
}

static void test_store_prefix__rows_stand_by_the_rest_of_their_key(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = store_new(NULL);
  static const char *const rests[] = {"b", "", "\xff", "ab", "a", "b\x01", "aa"};
  for (int i = 0; i < 7; i++) put(store, "p", rests[i], i);
  put(store, "pa", "b", 10);
  put(store, "", "pb", 11);
  put(store, "q", "x", -1);
  assert_string_equal(scan(store, "p", &arena), ":1 a:4 aa:6 ab:3 b:0 b\x01:5 \xff:2");
  assert_string_equal(scan(store, "pa", &arena), "b:10");
  assert_string_equal(scan(store, "", &arena), "pb:11");
  assert_string_equal(scan(store, "q", &arena), "");
  assert_string_equal(scan(store, "nobody", &arena), "");
  assert_null(sl_store_find(store, &(sl_store_key){.bytes = sl_str_of("p"), .rest = sl_str_of("abc")}));
  sl_store_commit(store);
  put(store, "p", "a", 20);
  put(store, "p", "b", -1);
  put(store, "pa", "b", -1);
  assert_string_equal(scan(store, "p", &arena), ":1 a:20 aa:6 ab:3 b\x01:5 \xff:2");
  sl_store_rollback(store);
  assert_string_equal(scan(store, "p", &arena), ":1 a:4 aa:6 ab:3 b:0 b\x01:5 \xff:2");
  assert_string_equal(scan(store, "pa", &arena), "b:10");
  sl_store_free(store);
  sl_arena_done(&arena);
}

/* ---- against a model: n of [prefix][rest], -1 where there is none ---- */

enum { PREFIXES = 12, RESTS = 40 };
typedef int model[PREFIXES][RESTS];

static void names_of(int p, int r, char *prefix, char *rest) {
  sprintf(prefix, "%.*s", p, "aaaaaaaaaaaa");
  sprintf(rest, "%c%02d", 'a' + r % 3, r / 3);
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void same(sl_store *store, model m) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (int p = 0; p < PREFIXES; p++) {
    char *items[RESTS], prefix[16] = "", text[RESTS * 16] = "";
    int n = 0;
    for (int r = 0; r < RESTS; r++) {
      char rest[16];
      names_of(p, r, prefix, rest);
      if (m[p][r] >= 0) items[n++] = sl_arena_printf(&arena, "%s:%d", rest, m[p][r]);
    }
    qsort(items, (size_t)n, sizeof *items, by_name);
    for (int i = 0; i < n; i++) sprintf(text + strlen(text), "%s%s", i ? " " : "", items[i]);
    assert_string_equal(scan(store, prefix, &arena), text);
  }
  sl_arena_done(&arena);
}

/* The key's bytes in a changelog and back. */
static void restore(sl_store *store, const sl_store_change *c) {
  sl_buf bytes = {0};
  sl_store_key key = {0};
  sl_key_join_prefix(&bytes, c->key.bytes, c->key.rest);
  ok(sl_key_split_prefix(sl_buf_str(&bytes), &key.bytes, &key.rest, &err));
  sl_store_restored row = {key, c->has_new ? c->now.values : NULL, c->now.timestamp};
  ok(sl_store_restore(store, &row, 1, &err));
  sl_buf_done(&bytes);
}

static void test_store_prefix__random_rows_are_as_the_model_says(void **state) {
  (void)state;
  static model now, committed;
  memset(now, 0xff, sizeof now);
  memset(committed, 0xff, sizeof committed);
  srand(5);
  sl_budget budget;
  sl_budget_init(&budget, "test", SIZE_MAX, NULL);
  sl_store *store = store_new(&budget), *again = store_new(&budget);
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (int i = 0; i < 30000; i++) {
    int what = rand() % 200, p = rand() % PREFIXES, r = rand() % RESTS;
    char prefix[16], rest[16];
    names_of(p, r, prefix, rest);
    bool removes = i / 3000 % 2 ? what % 3 : what % 3 == 0; /* it fills and empties */
    if (what < 190) {
      now[p][r] = removes ? -1 : i;
      put(store, prefix, rest, now[p][r]);
    } else if (what < 197) {
      size_t at = 0;
      for (sl_store_change c; sl_store_change_next(store, &at, &arena, &c);)
        if (c.has_new || c.has_old) restore(again, &c);
      sl_store_commit(store);
      memcpy(committed, now, sizeof now);
      if (i % 3 == 0) same(again, committed);
      sl_arena_reset(&arena);
    } else {
      sl_store_rollback(store);
      memcpy(now, committed, sizeof now);
    }
    if (i % 100 == 0) same(store, now);
  }
  same(store, now);
  sl_store_free(store);
  sl_store_free(again);
  assert_int_equal(sl_budget_used(&budget), 0);
  sl_arena_done(&arena);
}

static void test_store_prefix__many_rows_of_one_prefix_take_log_time(void **state) {
  (void)state;
  sl_store *store = store_new(NULL);
  for (int i = 0; i < 100000; i++) { /* minutes if a walk were long */
    char rest[16];
    snprintf(rest, sizeof rest, "%06d", i % 2 ? i : 200000 - i);
    put(store, "p", rest, i);
    if (i % 1000 == 0) sl_store_commit(store);
  }
  int n = 0;
  for (sl_entry *e = sl_store_prefix_first(store, sl_str_of("p")); e; e = sl_store_prefix_next(e)) n++;
  assert_int_equal(n, 100000);
  sl_store_free(store);
}

static void test_store_prefix__a_short_key_is_refused(void **state) {
  (void)state;
  sl_str prefix, rest;
  static const struct {
    const char *bytes;
    size_t len;
  } bad[] = {{"", 0}, {"\0\0\0", 3}, {"\0\0\0\2a", 5}, {"\xff\xff\xff\xff", 4}};
  for (int i = 0; i < 4; i++) {
    sl_err err = {0};
    assert_int_equal(sl_key_split_prefix(sl_str_n(bad[i].bytes, bad[i].len), &prefix, &rest, &err), SL_E_DECODE);
    sl_err_done(&err);
  }
  ok(sl_key_split_prefix(sl_str_n("\0\0\0\0", 4), &prefix, &rest, &err));
  assert_true(!prefix.len && !rest.len);
}

static void test_store_prefix__rows_take_nothing_from_the_heap_one_by_one(void **state) {
  (void)state;
  static const sl_type *const numbers[] = {&SL_TYPE_INTEGER, &SL_TYPE_BIGINT};
  sl_store *store = store_of(numbers, 2, NULL);
  for (int i = 0; i < 300000; i++) {
    char prefix[16], rest[16];
    if (i == 100000) heap_calls = 0;
    snprintf(prefix, sizeof prefix, "%d", i % 100);
    snprintf(rest, sizeof rest, "%d", i / 100 % 700); /* every third of them comes and goes */
    sl_store_key key = key_of(prefix, rest);
    sl_value values[2] = {sl_of_i64(i), sl_of_i64(i)};
    sl_entry *e;
    ok(sl_store_locate(store, &key, 1, &e, &err));
    ok(sl_store_write(store, e, i / 100 % 3 ? values : NULL, i, NULL, &err));
    if (i % 256 == 0) sl_store_commit(store);
  }
  assert_true(heap_calls < 200000 / 50);
  sl_store_free(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_store_prefix__rows_stand_by_the_rest_of_their_key),
      cmocka_unit_test(test_store_prefix__random_rows_are_as_the_model_says),
      cmocka_unit_test(test_store_prefix__many_rows_of_one_prefix_take_log_time),
      cmocka_unit_test(test_store_prefix__a_short_key_is_refused),
      cmocka_unit_test(test_store_prefix__rows_take_nothing_from_the_heap_one_by_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
