/* Arena, buffer, vector, map, budgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"

static uint64_t random_state = 3;
static unsigned draw(unsigned bound) {
  uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  return (unsigned)((z ^ (z >> 31)) >> 8) % bound;
}

/* ---- arena ---- */
static void test_arena__gives_aligned_separate_pieces(void **state) {
  (void)state;
  enum { PIECES = 400 };
  sl_arena arena;
  uint8_t *piece[PIECES];
  size_t size[PIECES];
  sl_arena_init(&arena, 256);
  assert_int_equal(sl_arena_size(&arena), 0);
  for (size_t i = 0; i < PIECES; i++) {
    size[i] = i % 50 == 49 ? 300000 : draw(700);
    piece[i] = sl_arena_alloc(&arena, size[i]);
    assert_non_null(piece[i]);
    assert_int_equal((uintptr_t)piece[i] % 16, 0);
    memset(piece[i], (int)i, size[i]);
  }
  for (size_t i = 0; i < PIECES; i++) {
    for (size_t k = 0; k < size[i]; k++) assert_int_equal(piece[i][k], (uint8_t)i);
  }
  const uint8_t *zeros = sl_arena_calloc(&arena, 100, 7);
  for (size_t k = 0; k < 700; k++) assert_int_equal(zeros[k], 0);
  sl_arena_done(&arena);
  assert_int_equal(sl_arena_size(&arena), 0);
}

static void test_arena__a_steady_workload_needs_no_more_heap(void **state) {
  (void)state;
  sl_arena arena;
  size_t size = 0;
  sl_arena_init(&arena, 1024);
  for (int round = 0; round < 50; round++) {
    sl_arena_reset(&arena);
    for (int i = 0; i < 100; i++) memset(sl_arena_alloc(&arena, (size_t)(i % 7) * 3000), 1, (size_t)(i % 7) * 3000);
    if (round == 5) size = sl_arena_size(&arena);
    if (round > 5) assert_int_equal(sl_arena_size(&arena), size);
  }
  sl_arena_done(&arena);
}

static void test_arena__rewind_forgets_what_is_younger_and_only_that(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 512);
  char *early = sl_arena_printf(&arena, "%s", "early");
  char *big = sl_arena_alloc(&arena, 400000);
  memset(big, 'B', 400000);
  size_t before = 0;
  for (int round = 0; round < 20; round++) {
    sl_arena_point point = sl_arena_mark(&arena);
    if (round % 2) memset(sl_arena_alloc(&arena, 500000), 'x', 500000);
    for (int i = 0; i < 30; i++) memset(sl_arena_alloc(&arena, 900), 'y', 900);
    memset(sl_arena_alloc(&arena, 600000), 'z', 600000);
    sl_arena_rewind(&arena, point);
    if (round == 1) before = sl_arena_size(&arena);
    if (round > 1) assert_int_equal(sl_arena_size(&arena), before);
  }
  assert_string_equal(early, "early");
  assert_int_equal(big[399999], 'B');
  sl_arena_done(&arena);

  sl_arena_point nothing = sl_arena_mark(&arena);
  sl_arena_alloc(&arena, 10);
  sl_arena_rewind(&arena, nothing);
  assert_true(sl_arena_size(&arena) > 0);
  sl_arena_done(&arena);
}

static void test_arena__copies_and_prints(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(0);
  assert_memory_equal(sl_arena_dup(arena, "a\0b", 3), "a\0b\0", 4);
  assert_string_equal(sl_arena_dup(arena, NULL, 0), "");
  assert_string_equal(sl_arena_printf(arena, "%d-%s", 7, "x"), "7-x");
  sl_arena_free(arena);
  sl_arena_free(NULL);
}

/* ---- buffer, vector ---- */
static void test_buf__grows_and_keeps_what_is_in_it(void **state) {
  (void)state;
  sl_buf buf = {0};
  for (int i = 0; i < 1000; i++) sl_buf_printf(&buf, "%03d", i);
  sl_buf_add_byte(&buf, '!');
  sl_buf_add_z(&buf, "end");
  sl_buf_add(&buf, NULL, 0);
  assert_int_equal(buf.len, 3004);
  assert_memory_equal(buf.data + 3 * 517, "517", 3);
  assert_string_equal(sl_buf_z(&buf) + 3000, "!end");
  assert_int_equal(buf.len, 3004);
  char wide[501];
  memset(wide, 'w', 500);
  wide[500] = 0;
  sl_buf_reset(&buf);
  sl_buf_printf(&buf, "%s", wide);
  assert_int_equal(buf.len, 500);
  sl_buf_done(&buf);
  sl_buf_done(NULL);
}

static void test_vec__inserts_and_removes_in_place(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (int round = 0; round < 2; round++) {
    sl_vec vec;
    int items[100];
    sl_vec_init(&vec, round ? &arena : NULL);
    for (int i = 0; i < 100; i++) sl_vec_push(&vec, &items[i]);
    sl_vec_insert(&vec, 0, &items[99]);
    sl_vec_insert(&vec, 101, &items[98]);
    sl_vec_remove(&vec, 1);
    assert_int_equal(vec.len, 101);
    assert_ptr_equal(sl_vec_at(&vec, 0), &items[99]);
    assert_ptr_equal(sl_vec_at(&vec, 1), &items[1]);
    assert_ptr_equal(sl_vec_at(&vec, 100), &items[98]);
    sl_vec_done(&vec);
    assert_int_equal(vec.len, 0);
  }
  sl_arena_done(&arena);
}

/* ---- maps ---- */
static sl_str key_of(char text[16], unsigned n) {
  return sl_str_n(text, (size_t)snprintf(text, 16, "k%u", n));
}

static void test_map__holds_under_many_inserts_and_removes(void **state) {
  (void)state;
  enum { KEYS = 3000 };
  sl_map map = {0};
  static int values[KEYS];
  static bool there[KEYS];
  char text[16];
  size_t count = 0;
  for (int i = 0; i < 200000; i++) {
    unsigned n = draw(KEYS);
    sl_str key = key_of(text, n);
    if (draw(3)) {
      assert_ptr_equal(sl_map_put(&map, key, &values[n]), there[n] ? &values[n] : NULL);
      count += !there[n];
      there[n] = true;
    } else {
      assert_ptr_equal(sl_map_remove(&map, key), there[n] ? &values[n] : NULL);
      count -= there[n];
      there[n] = false;
    }
    assert_int_equal(map.count, count);
  }
  for (unsigned n = 0; n < KEYS; n++)
    assert_ptr_equal(sl_map_find(&map, key_of(text, n)), there[n] ? &values[n] : NULL);
  size_t seen = 0, at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&map, &at));) seen += there[(int *)e->value - values];
  assert_int_equal(seen, count);
  assert_true(map.cap <= 4 * KEYS); /* removed entries do not pile up */
  sl_map_done(&map);
}

static void test_map__keeps_insertion_order_and_odd_keys(void **state) {
  (void)state;
  static const char *const KEYS[] = {"zebra", "", "apple", "a", "mango"};
  sl_map map = {0};
  for (size_t i = 0; i < 5; i++) sl_map_put(&map, sl_str_of(KEYS[i]), NULL);
  sl_map_put(&map, sl_str_n("a\0b", 3), NULL);
  assert_true(sl_map_has(&map, sl_str_of("")));
  assert_true(sl_map_has(&map, sl_str_n("a\0b", 3)));
  assert_false(sl_map_has(&map, sl_str_n("a\0", 2)));
  assert_null(sl_map_find(&map, sl_str_of("apple")));
  sl_map_remove(&map, sl_str_of("apple"));
  size_t at = 0;
  static const char *const LEFT[] = {"zebra", "", "a", "mango"};
  for (size_t i = 0; i < 4; i++) assert_true(sl_str_eq_z(sl_map_next(&map, &at)->key, LEFT[i]));
  sl_map_done(&map);
  assert_null(sl_map_find(&map, sl_str_of("zebra")));
}

/* ---- budgets ---- */
static void test_budget__takes_all_or_nothing_through_its_parents(void **state) {
  (void)state;
  sl_budget all, state_part, blocks;
  sl_err err = {0};
  sl_budget_init(&all, "all", 100, NULL);
  sl_budget_init(&state_part, "state", 80, &all);
  sl_budget_init(&blocks, "blocks", 80, &all);
  assert_true(sl_budget_try_take(&state_part, 70));
  assert_false(sl_budget_try_take(&state_part, 11));
  assert_false(sl_budget_try_take(&blocks, 31));
  assert_int_equal(sl_budget_used(&blocks), 0);
  assert_int_equal(sl_budget_ask(&blocks, 31, &err), SL_E_MEMORY);
  assert_non_null(strstr(err.message, "'all'"));
  sl_err_done(&err);
  assert_int_equal(sl_budget_ask(&blocks, 30, &err), 0);
  assert_true(sl_budget_try_take(&blocks, 30));
  sl_budget_force(&blocks, 5);
  assert_int_equal(sl_budget_used(&all), 105);
  assert_false(sl_budget_try_take(&blocks, 1));
  assert_true(sl_budget_fill(&all) > 1);
  sl_budget_give(&state_part, 70);
  assert_int_equal(sl_budget_used(&all), 35);
  assert_int_equal(atomic_load(&all.peak), 105);
  assert_false(sl_budget_try_take(&blocks, SIZE_MAX - 10));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_arena__gives_aligned_separate_pieces),
      cmocka_unit_test(test_arena__a_steady_workload_needs_no_more_heap),
      cmocka_unit_test(test_arena__rewind_forgets_what_is_younger_and_only_that),
      cmocka_unit_test(test_arena__copies_and_prints),
      cmocka_unit_test(test_buf__grows_and_keeps_what_is_in_it),
      cmocka_unit_test(test_vec__inserts_and_removes_in_place),
      cmocka_unit_test(test_map__holds_under_many_inserts_and_removes),
      cmocka_unit_test(test_map__keeps_insertion_order_and_odd_keys),
      cmocka_unit_test(test_budget__takes_all_or_nothing_through_its_parents),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
