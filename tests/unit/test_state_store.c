/* Stores: reading and writing in batches, pre-images, commit and rollback, committed reads, cursors, windows, sessions,
 * budgets; and a long random run against a plain model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "state/store.h"
#include "types/decimal.h"

#define ok(call)                                                                                                       \
  do {                                                                                                                 \
    sl_err err = {0};                                                                                                  \
    int rc_ = (call);                                                                                                  \
    if (rc_) fail_msg("%s: %s", #call, err.message ? err.message : "?");                                               \
  } while (0)

static const sl_type *const pair[] = {&SL_TYPE_BIGINT, &SL_TYPE_STRING};

static sl_store *pair_store(sl_state_shape shape, bool ordered) {
  return sl_store_new(&(sl_store_options){.name = "test",
                                          .shape = shape,
                                          .types = pair,
                                          .count = 2,
                                          .ordered = ordered,
                                          .window_size = 10,
                                          .retention = 100});
}

static sl_store_key key_of(const char *text) {
  return (sl_store_key){.bytes = sl_str_of(text)};
}

static void put_key(sl_store *store, sl_store_key key, int64_t n, const char *s, int64_t ts) {
  sl_entry *e;
  ok(sl_store_locate(store, &key, 1, &e, &err));
  sl_value values[2] = {sl_of_i64(n), s ? sl_of_str(sl_str_of(s)) : sl_null()};
  ok(sl_store_write(store, e, n < 0 ? NULL : values, ts, NULL, &err));
}

static void put(sl_store *store, const char *key, int64_t n, const char *s) {
  put_key(store, key_of(key), n, s, 1);
}

/* "n:s" of a key, "-" when absent. */
static const char *get(sl_store *store, const char *key, bool committed, sl_arena *arena) {
  sl_store_key k = key_of(key);
  sl_store_row row;
  sl_entry *e = sl_store_find(store, &k);
  if (!(committed ? sl_store_read_committed(store, e, arena, &row) : sl_store_read(store, e, arena, &row))) return "-";
  return sl_arena_printf(arena, "%lld:" SL_STR_FMT, (long long)row.values[0].i64,
                         SL_STR_ARG(sl_value_str(&row.values[1])));
}

static void test_store__reads_what_was_written(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = pair_store(SL_STATE_KEY_VALUE, false);
  put(store, "a", 1, "one");
  put(store, "b", 2, NULL);
  assert_string_equal(get(store, "a", false, &arena), "1:one");
  assert_string_equal(get(store, "b", false, &arena), "2:");
  assert_string_equal(get(store, "c", false, &arena), "-");
  put(store, "a", 3, "a much longer text than the first one was");
  assert_string_equal(get(store, "a", false, &arena), "3:a much longer text than the first one was");
  put(store, "a", -1, NULL);
  assert_string_equal(get(store, "a", false, &arena), "-");
  sl_store_free(store);
  sl_arena_done(&arena);
}

static void test_store__values_given_out_do_not_change(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = pair_store(SL_STATE_KEY_VALUE, false);
  put(store, "a", 1, "first");
  const char *before = get(store, "a", false, &arena);
  sl_store_key k = key_of("a");
  sl_store_row row;
  assert_true(sl_store_read(store, sl_store_find(store, &k), &arena, &row));
  put(store, "a", 2, "xxxxx");
  assert_true(sl_str_eq_z(sl_value_str(&row.values[1]), "first"));
  assert_string_equal(before, "1:first");
  sl_store_free(store);
  sl_arena_done(&arena);
}

static void test_store__rollback_and_committed_reads(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = pair_store(SL_STATE_KEY_VALUE, false);
  put(store, "a", 1, "one");
  put(store, "b", 2, "two");
  sl_store_commit(store);
  put(store, "a", 10, "ten, which is longer");
  put(store, "a", 11, "x");
  put(store, "b", -1, NULL);
  put(store, "c", 3, "three");
  assert_string_equal(get(store, "a", true, &arena), "1:one");
  assert_string_equal(get(store, "b", true, &arena), "2:two");
  assert_string_equal(get(store, "c", true, &arena), "-");
  assert_string_equal(get(store, "a", false, &arena), "11:x");
  sl_store_rollback(store);
  assert_string_equal(get(store, "a", false, &arena), "1:one");
  assert_string_equal(get(store, "b", false, &arena), "2:two");
  assert_string_equal(get(store, "c", false, &arena), "-");
  assert_int_equal(sl_store_entries(store), 2);
  put(store, "b", -1, NULL);
  sl_store_commit(store);
  assert_int_equal(sl_store_entries(store), 1);
  sl_store_free(store);
  sl_arena_done(&arena);
}

static void test_store__changes_come_in_order_of_last_update(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = pair_store(SL_STATE_KEY_VALUE, true);
  put(store, "b", 1, "b");
  sl_store_commit(store);
  put(store, "a", 1, "a");
  put(store, "b", 2, "b");
  put(store, "a", 2, "aa");
  put(store, "c", 1, "c");
  put(store, "c", -1, NULL);
  size_t at = 0;
  sl_store_change change;
  char seen[64] = "";
  while (sl_store_change_next(store, &at, &arena, &change))
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%.*s%d%d ", (int)change.key.bytes.len,
             change.key.bytes.ptr, change.has_old, change.has_new);
  assert_string_equal(seen, "b11 a01 c00 ");
  sl_store_free(store);
  sl_arena_done(&arena);
}

static void test_store__cursor_is_in_key_order_and_survives_deletes(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = pair_store(SL_STATE_KEY_VALUE, false);
  const char *keys[] = {"m", "b", "z", "a", "ab"};
  for (int i = 0; i < 5; i++) put(store, keys[i], i, keys[i]);
  sl_store_commit(store);
  sl_store_cursor *cur = sl_store_cursor_open(store, NULL, NULL);
  sl_store_cursor_sort(cur);
  char seen[64] = "";
  sl_store_key key;
  sl_store_row row;
  for (int i = 0; sl_store_cursor_next(cur, &arena, &key, &row); i++) {
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%.*s ", (int)key.bytes.len, key.bytes.ptr);
    if (i) continue;
    put(store, "b", -1, NULL);
    put(store, "m", -1, NULL);
    put(store, "aa", 9, "late");
    sl_store_commit(store);
    put(store, "z", 99, "not committed");
  }
  assert_string_equal(seen, "a ab z ");
  assert_string_equal(get(store, "z", true, &arena), "2:z");
  sl_store_cursor_close(cur);
  sl_store_free(store);
  sl_arena_done(&arena);
}

static void test_store__a_cursor_is_counted(void **state) {
  (void)state;
  sl_store *store = pair_store(SL_STATE_KEY_VALUE, false);
  for (int i = 0; i < 1000; i++) {
    char key[16];
    snprintf(key, sizeof key, "%d", i);
    put(store, key, i, key);
  }
  sl_store_commit(store);
  sl_budget budget;
  sl_budget_init(&budget, "clients", 12000, NULL);
  sl_err err = {0};
  sl_store_cursor *one = sl_store_cursor_open(store, &budget, &err);
  assert_non_null(one);
  assert_in_range(sl_budget_used(&budget), 8000, 8200);
  assert_null(sl_store_cursor_open(store, &budget, &err));
  assert_int_equal(err.code, SL_E_MEMORY);
  assert_non_null(strstr(err.message, "A scan of 1000 rows needs 80"));
  sl_err_done(&err);
  sl_store_cursor_close(one);
  assert_int_equal(sl_budget_used(&budget), 0);
  one = sl_store_cursor_open(store, &budget, &err);
  assert_non_null(one);
  sl_store_cursor_close(one);
  sl_store_free(store);
}

static void test_store__containers_and_long_decimals_survive(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  const sl_type *list = sl_type_array(&arena, &SL_TYPE_STRING);
  const sl_type *map = sl_type_map(&arena, &SL_TYPE_STRING, list);
  const sl_type *types[] = {map, sl_type_decimal(&arena, 38, 2)};
  sl_store *store = sl_store_new(&(sl_store_options){.name = "t", .types = types, .count = 2});
  sl_value words[] = {sl_of_str(sl_str_of("x")), sl_null(), sl_of_str(sl_str_of("a longer word"))};
  sl_value pairs[] = {sl_of_str(sl_str_of("k")), sl_of_items(words, 3), sl_of_str(sl_str_of("empty")),
                      sl_of_items(words, 0)};
  sl_decimal big;
  assert_true(sl_decimal_parse(&arena, sl_str_of("123456789012345678901234567890.12"), &big));
  sl_value values[] = {sl_of_items(pairs, 2), sl_null()};
  ok(sl_decimal_fit(&arena, &big, types[1], SL_ROUND_HALF_UP, &values[1], &err));
  sl_store_key k = key_of("a");
  sl_entry *e;
  ok(sl_store_locate(store, &k, 1, &e, &err));
  ok(sl_store_write(store, e, values, 1, NULL, &err));
  sl_store_commit(store);
  sl_store_row row;
  assert_true(sl_store_read(store, e, &arena, &row));
  assert_true(sl_value_equal(types[0], &row.values[0], &values[0]));
  assert_true(sl_value_equal(types[1], &row.values[1], &values[1]));
  assert_ptr_not_equal(row.values[0].items, pairs);
  sl_store_free(store);
  sl_arena_done(&arena);
}

/* 60,000 random operations over 3,000 keys against arrays that cannot be wrong. */
static void test_store__agrees_with_a_model(void **state) {
  (void)state;
  enum { KEYS = 3000, STEPS = 60000 };
  static int64_t now[KEYS], kept[KEYS];
  sl_store *store = pair_store(SL_STATE_KEY_VALUE, true);
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (int i = 0; i < KEYS; i++) now[i] = kept[i] = -1;
  uint64_t seed = 12345;
  for (int step = 0; step < STEPS; step++) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    uint32_t r = (uint32_t)(seed >> 33);
    int k = (int)(r % KEYS);
    char key[32], text[64];
    snprintf(key, sizeof key, "key-%d", k);
    snprintf(text, sizeof text, "%.*s", (int)(r / KEYS % 40), "0123456789012345678901234567890123456789");
    int64_t n = r % 5 ? step : -1;
    put(store, key, n, text);
    now[k] = n;
    if (r % 997 == 0) {
      sl_store_commit(store);
      memcpy(kept, now, sizeof now);
    } else if (r % 991 == 0) {
      sl_store_rollback(store);
      memcpy(now, kept, sizeof now);
    }
    if (step % 5000 && step != STEPS - 1) continue;
    for (int i = 0; i < KEYS; i++) {
      snprintf(key, sizeof key, "key-%d", i);
      const char *a = get(store, key, false, &arena), *b = get(store, key, true, &arena);
      if (now[i] < 0)
        assert_string_equal(a, "-");
      else
        assert_int_equal(atoll(a), now[i]);
      if (kept[i] < 0)
        assert_string_equal(b, "-");
      else
        assert_int_equal(atoll(b), kept[i]);
    }
    sl_arena_reset(&arena);
  }
  sl_store_free(store);
  sl_arena_done(&arena);
}

static void test_store__a_spent_budget_is_an_error(void **state) {
  (void)state;
  sl_budget budget;
  sl_budget_init(&budget, "state", 64 * 1024, NULL);
  sl_store *store = sl_store_new(&(sl_store_options){.name = "t", .types = pair, .count = 2, .budget = &budget});
  sl_err err = {0};
  int rc = 0, i = 0;
  for (; !rc && i < 100000; i++) {
    char key[32];
    snprintf(key, sizeof key, "key-%d", i);
    sl_store_key k = key_of(key);
    sl_entry *e;
    rc = sl_store_locate(store, &k, 1, &e, &err);
    sl_value values[2] = {sl_of_i64(i), sl_null()};
    if (!rc) rc = sl_store_write(store, e, values, 1, NULL, &err);
  }
  assert_int_equal(rc, SL_E_MEMORY);
  assert_true(i > 100 && i < 1000);
  sl_err_done(&err);
  sl_store_free(store);
  assert_int_equal(sl_budget_used(&budget), 0);
}

static void test_store__windows_expire(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = pair_store(SL_STATE_WINDOW, false);
  for (int64_t start = 0; start < 100; start += 10)
    put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = start, .end = start + 10}, start, "w", start);
  put_key(store, (sl_store_key){.bytes = sl_str_of("b"), .start = 50, .end = 60}, 7, "w", 50);
  sl_store_commit(store);
  sl_entry **found;
  size_t count;
  sl_store_key_range(store, sl_str_of("a"), 20, 40, &arena, &found, &count);
  assert_int_equal(count, 3);
  assert_int_equal(sl_store_entry_key(store, found[0]).start, 20);
  sl_store_time_range(store, 50, 60, &arena, &found, &count);
  assert_int_equal(count, 3); /* a and b at 50, a at 60 */
  assert_true(sl_str_eq_z(sl_store_entry_key(store, found[1]).bytes, "b"));
  put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = 140, .end = 150}, 1, "w", 140);
  assert_true(sl_store_visible(store, 41));
  assert_false(sl_store_visible(store, 40));
  sl_store_rollback(store);
  assert_true(sl_store_visible(store, 0));
  put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = 140, .end = 150}, 1, "w", 140);
  sl_store_commit(store);
  sl_store_key_range(store, sl_str_of("a"), 0, 1000, &arena, &found, &count);
  assert_int_equal(count, 6);                   /* 50 .. 90 and 140 */
  assert_int_equal(sl_store_entries(store), 8); /* tables whose last start is hidden are gone: 40 shares one with 49 */
  sl_store_free(store);
  sl_arena_done(&arena);
}

static void test_store__sessions_are_found_by_overlap(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_store *store = pair_store(SL_STATE_SESSION, false);
  put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = 0, .end = 5}, 1, "s", 5);
  put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = 20, .end = 30}, 2, "s", 30);
  put_key(store, (sl_store_key){.bytes = sl_str_of("b"), .start = 4, .end = 8}, 3, "s", 8);
  sl_store_commit(store);
  sl_entry **found;
  size_t count;
  sl_store_key_range(store, sl_str_of("a"), 5, 20, &arena, &found, &count);
  assert_int_equal(count, 2);
  assert_int_equal(sl_store_entry_key(store, found[1]).start, 20);
  sl_store_key_range(store, sl_str_of("a"), 6, 19, &arena, &found, &count);
  assert_int_equal(count, 0);
  put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = 0, .end = 5}, -1, NULL, 5);
  put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = 0, .end = 12}, 9, "s", 12);
  sl_store_rollback(store);
  sl_store_key_range(store, sl_str_of("a"), 0, 15, &arena, &found, &count);
  assert_int_equal(count, 1);
  assert_int_equal(sl_store_entry_key(store, found[0]).end, 5);
  put_key(store, (sl_store_key){.bytes = sl_str_of("c"), .start = 900, .end = 1000}, 1, "s",
          1000); /* everything else expires */
  sl_store_commit(store);
  sl_store_time_range(store, 0, 2000, &arena, &found, &count);
  assert_int_equal(count, 1);
  sl_store_free(store);
  sl_arena_done(&arena);
}

/* The ends of a key's sessions, those that are gone but were there at the last commit too. */
static void assert_ends(sl_store *store, const char *key, const int64_t *ends, size_t expected) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_entry **found;
  size_t count;
  sl_store_key_range(store, sl_str_of(key), 0, 1000, &arena, &found, &count);
  assert_int_equal(count, expected);
  for (size_t i = 0; i < count; i++) assert_int_equal(sl_store_entry_key(store, found[i]).end, ends[i]);
  sl_arena_done(&arena);
}

static sl_entry *session_of(sl_store *store, int64_t start, int64_t end) {
  sl_store_key key = {.bytes = sl_str_of("a"), .start = start, .end = end};
  return sl_store_find(store, &key);
}

static void test_store__a_session_that_is_new_is_moved(void **state) {
  (void)state;
  sl_store *store = pair_store(SL_STATE_SESSION, false);
  put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = 0, .end = 5}, 1, "s", 5);
  put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = 20, .end = 30}, 2, "s", 30);
  sl_entry *first = session_of(store, 0, 5);
  assert_true(sl_store_move_session(store, first, 0, 40)); /* behind the other */
  assert_ends(store, "a", (const int64_t[]){30, 40}, 2);
  assert_false(sl_store_move_session(store, first, 20, 30)); /* there is one */
  assert_true(sl_store_move_session(store, first, 0, 8));
  assert_ends(store, "a", (const int64_t[]){8, 30}, 2);
  assert_ptr_equal(session_of(store, 0, 8), first);
  assert_null(session_of(store, 0, 5));
  sl_store_commit(store);
  assert_ends(store, "a", (const int64_t[]){8, 30}, 2);
  assert_false(sl_store_move_session(store, first, 0, 9)); /* it is committed: its deletion has to be told */
  assert_true(sl_store_move_session(store, first, 0, 8));
  put_key(store, (sl_store_key){.bytes = sl_str_of("a"), .start = 50, .end = 50}, 3, "s", 50);
  sl_store_cursor *cursor = sl_store_cursor_open(store, NULL, NULL);
  assert_false(sl_store_move_session(store, session_of(store, 50, 50), 50, 60));
  sl_store_cursor_close(cursor);
  assert_true(sl_store_move_session(store, session_of(store, 50, 50), 50, 60));
  sl_store_rollback(store);
  assert_ends(store, "a", (const int64_t[]){8, 30}, 2);
  sl_store_free(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_store__reads_what_was_written),
      cmocka_unit_test(test_store__values_given_out_do_not_change),
      cmocka_unit_test(test_store__rollback_and_committed_reads),
      cmocka_unit_test(test_store__changes_come_in_order_of_last_update),
      cmocka_unit_test(test_store__cursor_is_in_key_order_and_survives_deletes),
      cmocka_unit_test(test_store__a_cursor_is_counted),
      cmocka_unit_test(test_store__containers_and_long_decimals_survive),
      cmocka_unit_test(test_store__agrees_with_a_model),
      cmocka_unit_test(test_store__a_spent_budget_is_an_error),
      cmocka_unit_test(test_store__windows_expire),
      cmocka_unit_test(test_store__sessions_are_found_by_overlap),
      cmocka_unit_test(test_store__a_session_that_is_new_is_moved),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
