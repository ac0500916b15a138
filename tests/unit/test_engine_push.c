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

/* Time goes by, and whoever looks after push queries looks. */
static void pass(world *w, int64_t ms) {
  sl_engine_push_step(w->engine);
  sl_clock_manual_advance(&w->clock, ms);
  sl_engine_push_step(w->engine);
}

static void test_push__alone_it_waits_for_its_client(void **state) {
  (void)state;
  world w;
  begin(&w);
  reader *slow = subscribe(&w, 0);
  insert(&w, 0, 20000);
  world_quiet(&w);
  for (int i = 0; i < 20; i++) { /* a row in nine minutes keeps it going */
    pass(&w, 9 * 60 * 1000);
    assert_int_equal(sl_push_take(slow->push, 1, expect_next, slow), SL_PUSH_ROWS);
  }
  while (slow->next < 20000) {
    assert_int_equal(take_all(slow), SL_PUSH_WAIT);
    world_quiet(&w);
  }
  pass(&w, 3600 * 1000); /* that there are no rows is not its fault */
  pass(&w, 3600 * 1000);
  insert(&w, 20000, 20001);
  world_quiet(&w);
  assert_int_equal(take_all(slow), SL_PUSH_WAIT);
  assert_int_equal(slow->next, 20001);
  leave(slow);
  world_done(&w);
}

static void test_push__who_takes_nothing_for_ten_minutes_is_ended(void **state) {
  (void)state;
  for (int alone = 0; alone < 2; alone++) {
    world w;
    begin(&w);
    reader *slow = subscribe(&w, 0), *quick = alone ? NULL : subscribe(&w, 0);
    insert(&w, 0, 700);
    world_quiet(&w);
    if (quick) assert_int_equal(take_all(quick), SL_PUSH_WAIT);
    assert_int_equal(sl_push_take(slow->push, 10, expect_next, slow), SL_PUSH_ROWS);
    slow->ready = 0;
    pass(&w, 10 * 60 * 1000 - 1);
    assert_int_equal(slow->ready, 0);
    sl_clock_manual_advance(&w.clock, 1);
    sl_engine_push_step(w.engine);
    assert_int_equal(slow->ready, 1); /* it is told */
    assert_int_equal(take_all(slow), SL_PUSH_DONE);
    assert_int_equal(slow->next, 10);
    assert_non_null(strstr(sl_push_error(slow->push)->message, "took no rows for 10 minutes"));
    leave(slow);
    if (quick) {
      insert(&w, 700, 800);
      world_quiet(&w);
      assert_int_equal(take_all(quick), SL_PUSH_WAIT);
      assert_int_equal(quick->next, 800);
      leave(quick);
    }
    assert_int_equal(sl_budget_used(sl_engine_client_memory(w.engine)), 0);
    world_done(&w);
  }
}

/* One reader takes some rows and stops, the other one goes on until it is held up for five seconds. */
static void hold_up(world *w, reader *slow, reader *quick, size_t taken, sl_push_row row) {
  sl_push_state state = sl_push_take(slow->push, taken, row, slow);
  assert_int_equal(state, SL_PUSH_ROWS);
  for (int i = 0; i < 100; i++) {
    world_quiet(w);
    while ((state = sl_push_take(quick->push, 70, row, quick)) == SL_PUSH_ROWS) continue;
    assert_int_equal(state, SL_PUSH_WAIT);
  }
  sl_clock_manual_advance(&w->clock, 4000);
  sl_engine_push_step(w->engine);
  world_quiet(w);
  assert_int_equal(sl_push_take(quick->push, 70, row, quick), SL_PUSH_WAIT);
  sl_clock_manual_advance(&w->clock, 2000);
  sl_engine_push_step(w->engine);
}

/* A world with 20,000 rows and two readers, of whom one has taken ten of them and is set apart. */
static void begin_apart(world *w, reader **slow, reader **quick) {
  begin(w);
  *slow = subscribe(w, 0);
  *quick = subscribe(w, 0);
  insert(w, 0, 20000);
  world_quiet(w);
  hold_up(w, *slow, *quick, 10, expect_next);
}

static void test_push__who_holds_up_others_goes_on_alone_from_where_it_was(void **state) {
  (void)state;
  world w;
  reader *slow, *quick;
  begin_apart(&w, &slow, &quick);
  assert_true(quick->next < 20000);
  while (quick->next < 20000) {
    world_quiet(&w);
    assert_int_equal(take_all(quick), SL_PUSH_WAIT);
  }
  assert_int_equal(slow->next, 10);
  while (slow->next < 20000) {
    assert_int_equal(take_all(slow), SL_PUSH_WAIT);
    world_quiet(&w);
  }
  insert(&w, 20000, 20100); /* both go on, each by itself */
  world_quiet(&w);
  assert_int_equal(take_all(quick), SL_PUSH_WAIT);
  assert_int_equal(take_all(slow), SL_PUSH_WAIT);
  assert_int_equal(quick->next, 20100);
  assert_int_equal(slow->next, 20100);
  leave(slow);
  leave(quick);
  assert_int_equal(sl_budget_used(sl_engine_client_memory(w.engine)), 0);
  world_done(&w);
}

enum { RECORDS = 9000 };
static const char PAIRS[] = "SELECT EXPLODE(ARRAY[V * 2, V * 2 + 1]) AS X FROM P WHERE V % 5 <> 3 EMIT CHANGES;";

typedef struct pair_reader {
  reader base;
  uint8_t seen[RECORDS * 2];
  size_t rows;
} pair_reader;

static void expect_once(void *ctx, const sl_row *row, const sl_schema *schema, bool tombstone) {
  pair_reader *r = ctx;
  int64_t x = row->values[0].i64;
  (void)schema;
  assert_false(tombstone);
  assert_true(x >= 0 && x < RECORDS * 2 && x / 2 % 5 != 3);
  assert_int_equal(r->seen[x]++, 0);
  assert_true(x % 2 == 0 || r->seen[x - 1]); /* a record's rows in order */
  r->rows++;
}

static pair_reader *subscribe_pairs(world *w) {
  sl_err err = {0};
  pair_reader *r = sl_heap_zalloc(sizeof *r);
  assert_int_equal(sl_engine_query(w->engine, w->session, sl_str_of(PAIRS), on_ready, r, &r->base.push, &err), 0);
  return r;
}

/* Several rows of a record, several partitions, of which one has given nothing yet: no row is lost, none comes twice.
 */
static void test_push__going_on_alone_loses_and_repeats_nothing(void **state) {
  (void)state;
  for (size_t taken = 1; taken < 700; taken += 123) { /* in the middle of a record, at its end, in the second chunk */
    world w;
    begin(&w);
    sl_err err = {0};
    uint64_t commit;
    run(&w, "CREATE STREAM P (K INT KEY, V BIGINT) WITH (KAFKA_TOPIC='p', VALUE_FORMAT='JSON', PARTITIONS=4);");
    pair_reader *slow = subscribe_pairs(&w), *quick = subscribe_pairs(&w);
    for (int64_t i = 0; i < RECORDS; i++) {
      sl_json *row = sl_json_new(&w.arena, SL_JSON_OBJECT);
      sl_json_set(&w.arena, row, "K", sl_json_new_int(&w.arena, i % 2)); /* two partitions at most, by key */
      sl_json_set(&w.arena, row, "V", sl_json_new_int(&w.arena, i));
      assert_int_equal(sl_engine_insert_json(w.engine, w.session, sl_str_of("P"), row, &commit, &err), 0);
    }
    world_quiet(&w);
    hold_up(&w, &slow->base, &quick->base, taken, expect_once);
    size_t all = RECORDS / 5 * 4 * 2;
    assert_true(quick->rows < all);
    assert_int_equal(slow->rows, taken);
    for (int i = 0; i < 200; i++) {
      world_quiet(&w);
      while (sl_push_take(quick->base.push, 70, expect_once, quick) == SL_PUSH_ROWS) continue;
      while (sl_push_take(slow->base.push, 70, expect_once, slow) == SL_PUSH_ROWS) continue;
    }
    assert_int_equal(quick->rows, all);
    assert_int_equal(slow->rows, all);
    sl_push_close(slow->base.push);
    sl_push_close(quick->base.push);
    sl_heap_free(slow);
    sl_heap_free(quick);
    world_done(&w);
  }
}

/* TERMINATE while nobody waits for it: it ends, and the other one does not notice. */
static void test_push__who_is_apart_can_be_ended(void **state) {
  (void)state;
  world w;
  reader *slow, *quick;
  begin_apart(&w, &slow, &quick);
  assert_int_equal(sl_engine_end_push(w.engine, sl_push_id(slow->push), NULL), 0);
  assert_int_equal(take_all(slow), SL_PUSH_DONE);
  assert_null(sl_push_error(slow->push));
  assert_int_equal(slow->next, 10);
  leave(slow);
  while (quick->next < 20000) {
    world_quiet(&w);
    assert_int_equal(take_all(quick), SL_PUSH_WAIT);
  }
  leave(quick);
  assert_int_equal(sl_budget_used(sl_engine_client_memory(w.engine)), 0);
  world_done(&w);
}

/* Nobody waits for it, but it is not kept for ever either. */
static void test_push__who_is_apart_has_ten_minutes_too(void **state) {
  (void)state;
  world w;
  reader *slow, *quick;
  begin_apart(&w, &slow, &quick);
  pass(&w, 10 * 60 * 1000);
  assert_int_equal(take_all(slow), SL_PUSH_DONE);
  assert_non_null(strstr(sl_push_error(slow->push)->message, "took no rows for 10 minutes"));
  leave(slow);
  leave(quick);
  world_done(&w);
}

/* What the topic no longer has cannot be read again: that is said, not passed by. */
static void test_push__who_is_apart_too_long_is_told_that_rows_are_gone(void **state) {
  (void)state;
  world w;
  sl_err err = {0};
  reader *slow, *quick;
  begin_apart(&w, &slow, &quick);
  sl_topic *topic = sl_log_topic_find(sl_engine_log(w.engine), sl_str_of("s"));
  assert_int_equal(sl_log_trim(sl_engine_log(w.engine), sl_topic_partition(topic, 0), 15000, &err), 0);
  sl_topic_unref(topic);
  assert_int_equal(take_all(slow), SL_PUSH_DONE);
  assert_int_equal(slow->next, 10);
  assert_non_null(strstr(sl_push_error(slow->push)->message, "the topic 's' no longer has the rows that come next"));
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
      cmocka_unit_test(test_push__who_takes_nothing_for_ten_minutes_is_ended),
      cmocka_unit_test(test_push__who_is_apart_has_ten_minutes_too),
      cmocka_unit_test(test_push__who_holds_up_others_goes_on_alone_from_where_it_was),
      cmocka_unit_test(test_push__going_on_alone_loses_and_repeats_nothing),
      cmocka_unit_test(test_push__who_is_apart_can_be_ended),
      cmocka_unit_test(test_push__who_is_apart_too_long_is_told_that_rows_are_gone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
