/* Push queries that share a pipeline, step by step. */
#include "engine_testing.h"

#include <stdio.h>

#include "base/heap.h"

static const char QUERY[] = "SELECT V FROM S EMIT CHANGES;";

typedef struct reader {
  sl_push *push;
  int ready; /* calls */
  int64_t next;
} reader;

static void on_ready(void *ctx) {
  ((reader *)ctx)->ready++;
}

static void begin(world *w) {
  world_init(w);
  run(w, "CREATE STREAM S (V BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);");
  sl_str latest = sl_str_of("latest");
  assert_int_equal(sl_session_set(w->session, sl_str_of("auto.offset.reset"), &latest, NULL), 0);
}

static reader *subscribe(world *w, int64_t next) {
  sl_err err = {0};
  reader *r = sl_heap_zalloc(sizeof *r);
  assert_int_equal(sl_engine_query(w->engine, w->session, sl_str_of(QUERY), on_ready, r, &r->push, &err), 0);
  r->next = next;
  return r;
}

static void leave(reader *r) {
  sl_push_close(r->push);
  sl_heap_free(r);
}

static void insert(world *w, int64_t from, int64_t to) {
  sl_err err = {0};
  uint64_t commit;
  for (int64_t i = from; i < to; i++) {
    sl_json *row = sl_json_new(&w->arena, SL_JSON_OBJECT);
    sl_json_set(&w->arena, row, "V", sl_json_new_int(&w->arena, i));
    assert_int_equal(sl_engine_insert_json(w->engine, w->session, sl_str_of("S"), row, &commit, &err), 0);
  }
}

static void expect_next(void *ctx, const sl_row *row, const sl_schema *schema, bool tombstone) {
  reader *r = ctx;
  (void)schema;
  assert_false(tombstone);
  assert_int_equal(row->values[0].i64, r->next);
  r->next++;
}

static sl_push_state take_all(reader *r) {
  sl_push_state state;
  while ((state = sl_push_take(r->push, 70, expect_next, r)) == SL_PUSH_ROWS) continue;
  return state;
}

static void encode(int encoding, sl_buf *out, const sl_row *row, const sl_schema *schema, bool tombstone) {
  (void)schema, (void)tombstone;
  sl_buf_printf(out, "%d:%lld", encoding, (long long)row->values[0].i64);
}

static void test_push__who_shares_gets_each_row_once_in_order(void **state) {
  (void)state;
  world w;
  begin(&w);
  reader *early = subscribe(&w, 0);
  insert(&w, 0, 700);
  world_quiet(&w);
  reader *late = subscribe(&w, 700); /* all is handed over: it joins */
  for (int64_t at = 700; at < 5000; at += 430) {
    insert(&w, at, at + 430);
    world_quiet(&w);
    assert_int_equal(take_all(early), SL_PUSH_WAIT);
    assert_int_equal(take_all(late), SL_PUSH_WAIT);
    assert_int_equal(early->next, at + 430);
    assert_int_equal(late->next, at + 430);
  }
  assert_true(early->ready > 0 && late->ready > 0);
  assert_true(sl_budget_used(sl_engine_client_memory(w.engine)) > 0);
  leave(early);
  leave(late);
  assert_int_equal(sl_budget_used(sl_engine_client_memory(w.engine)), 0);
  world_done(&w);
}

static void test_push__a_query_that_is_behind_is_not_joined(void **state) {
  (void)state;
  world w;
  begin(&w);
  reader *early = subscribe(&w, 0);
  insert(&w, 0, 10); /* not handed over yet: who comes now must not get them */
  reader *late = subscribe(&w, 10);
  insert(&w, 10, 20);
  world_quiet(&w);
  assert_int_equal(take_all(early), SL_PUSH_WAIT);
  assert_int_equal(take_all(late), SL_PUSH_WAIT);
  assert_int_equal(early->next, 20);
  assert_int_equal(late->next, 20);
  leave(early);
  leave(late);
  world_done(&w);
}

static void test_push__bytes_are_each_framings_own(void **state) {
  (void)state;
  world w;
  begin(&w);
  reader *a = subscribe(&w, 0), *b = subscribe(&w, 0);
  insert(&w, 0, 600);
  world_quiet(&w);
  for (int i = 0; i < 600; i++)
    for (int encoding = 0; encoding < 2; encoding++) {
      char expected[32];
      sl_buf out = {0};
      snprintf(expected, sizeof expected, "%d:%d", encoding, i);
      assert_int_equal(sl_push_take_encoded((encoding ? a : b)->push, encoding, encode, &out), SL_PUSH_ROWS);
      assert_string_equal(sl_buf_z(&out), expected);
      sl_buf_done(&out);
    }
  leave(a);
  leave(b);
  world_done(&w);
}

static void test_push__alone_it_waits_for_its_client(void **state) {
  (void)state;
  world w;
  begin(&w);
  reader *slow = subscribe(&w, 0);
  insert(&w, 0, 20000);
  world_quiet(&w);
  sl_clock_manual_advance(&w.clock, 3600 * 1000);
  sl_engine_push_step(w.engine);
  while (slow->next < 20000) {
    assert_int_equal(take_all(slow), SL_PUSH_WAIT);
    world_quiet(&w);
  }
  leave(slow);
  world_done(&w);
}

static void test_push__who_holds_up_others_is_ended_after_five_seconds(void **state) {
  (void)state;
  world w;
  begin(&w);
  reader *slow = subscribe(&w, 0), *quick = subscribe(&w, 0);
  insert(&w, 0, 20000);
  for (int i = 0; i < 100; i++) {
    world_quiet(&w);
    assert_int_equal(take_all(quick), SL_PUSH_WAIT);
  }
  assert_true(quick->next < 20000);
  sl_clock_manual_advance(&w.clock, 4000);
  sl_engine_push_step(w.engine);
  assert_int_equal(sl_push_take(slow->push, 10, expect_next, slow), SL_PUSH_ROWS);
  sl_clock_manual_advance(&w.clock, 2000);
  sl_engine_push_step(w.engine);
  assert_int_equal(take_all(slow), SL_PUSH_DONE);
  assert_int_equal(slow->next, 10);
  assert_non_null(strstr(sl_push_error(slow->push)->message, "1 others"));
  while (quick->next < 20000) {
    world_quiet(&w);
    assert_int_equal(take_all(quick), SL_PUSH_WAIT);
  }
  leave(slow);
  leave(quick);
  assert_int_equal(sl_budget_used(sl_engine_client_memory(w.engine)), 0);
  world_done(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_push__who_shares_gets_each_row_once_in_order),
      cmocka_unit_test(test_push__a_query_that_is_behind_is_not_joined),
      cmocka_unit_test(test_push__bytes_are_each_framings_own),
      cmocka_unit_test(test_push__alone_it_waits_for_its_client),
      cmocka_unit_test(test_push__who_holds_up_others_is_ended_after_five_seconds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
