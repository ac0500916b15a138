/* Push queries: rows to a client, limits, back-pressure, ends, several inputs in order of time. */
#include "executor_testing.h"

typedef struct client {
  char text[1024];
  int room; /* rows it takes before it says no */
  int ends;
  bool limit;
  char error[256];
} client;

static bool on_row(void *ctx, const sl_row *row, const sl_layout *layout) {
  client *c = ctx;
  if (c->room == 0) return false;
  c->room--;
  sl_buf out = {0};
  if (row->flags & SL_ROW_VALUE_ABSENT) sl_buf_add_z(&out, "gone:");
  for (int i = 0; i < layout->count; i++) {
    if (i) sl_buf_add_byte(&out, ',');
    sl_value_print(&out, layout->slots[i].type, &row->values[i]);
  }
  snprintf(c->text + strlen(c->text), sizeof c->text - strlen(c->text), "%s%s", c->text[0] ? " " : "", sl_buf_z(&out));
  sl_buf_done(&out);
  return true;
}

static void on_end(void *ctx, const sl_err *err, bool limit) {
  client *c = ctx;
  c->ends++;
  c->limit = limit;
  if (err) snprintf(c->error, sizeof c->error, "%s", err->message);
}

static void push(rig *r, client *c, int64_t limit, bool to_end) {
  make_topic(r, "in", 2, false);
  plan_maker m = plan_begin(r, 9, false);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
  n = add_project(&m, n, 1, EXPRS("K", "V + 1"), EXPRS("K", "W"));
  add_response(&m, n, limit);
  sl_start_options o = {
      .response = {.row = on_row, .end = on_end, .ctx = c}, .commit_interval_ms = -1, .to_end_only = to_end};
  start(r, &m, &o);
}

static void test_executor__rows_reach_the_client(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  client c = {.room = 100};
  push(&r, &c, -1, false);
  produce(&r, "in", "a", "1", 1);
  produce(&r, "in", "b", NULL, 2); /* null rows of streams are not for clients */
  rig_settle(&r);
  produce(&r, "in", "c", "2", 3);
  rig_settle(&r);
  assert_string_equal(c.text, "a,2 c,3");
  assert_int_equal(c.ends, 0);
  rig_close(&r);
}

static void test_executor__a_limit_ends_the_query(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  client c = {.room = 100};
  make_topic(&r, "in", 2, false);
  for (int i = 0; i < 10; i++) produce_at(&r, "in", i % 2, "k", "1", i);
  push(&r, &c, 3, false);
  rig_settle(&r);
  assert_string_equal(c.text, "k,2 k,2 k,2");
  assert_int_equal(c.ends, 1);
  assert_true(c.limit);
  rig_stop(&r);
  rig_start(&r);
  c = (client){.room = 100};
  push(&r, &c, 0, false);
  rig_settle(&r);
  assert_string_equal(c.text, "");
  assert_true(c.ends == 1 && c.limit);
  rig_close(&r);
}

static void test_executor__a_full_client_holds_the_query(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  client c = {.room = 2};
  push(&r, &c, -1, false);
  const char *values[] = {"1", "2", "3", "4", "5"};
  for (int i = 0; i < 5; i++) produce(&r, "in", "k", values[i], i);
  rig_settle(&r);
  assert_string_equal(c.text, "k,2 k,3");
  assert_true(sl_executor_quiet(r.executor));
  c.room = 1;
  sl_running_resume(r.running);
  rig_settle(&r);
  assert_string_equal(c.text, "k,2 k,3 k,4");
  c.room = 100;
  sl_running_resume(r.running);
  rig_settle(&r);
  assert_string_equal(c.text, "k,2 k,3 k,4 k,5 k,6");
  rig_close(&r);
}

static void test_executor__a_query_to_the_end_ends_there(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  client c = {.room = 100};
  make_topic(&r, "in", 2, false);
  produce_at(&r, "in", 0, "a", "1", 1);
  produce_at(&r, "in", 1, "b", "2", 2);
  push(&r, &c, -1, true);
  produce(&r, "in", "c", "3", 3); /* after the start: not part of it */
  rig_settle(&r);
  assert_int_equal((int)strlen(c.text), (int)strlen("a,2 b,3"));
  assert_non_null(strstr(c.text, "a,2"));
  assert_non_null(strstr(c.text, "b,3"));
  assert_int_equal(c.ends, 1);
  assert_false(c.limit);
  rig_close(&r);
}

static void test_executor__deletions_keep_their_key(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  client c = {.room = 100};
  make_topic(&r, "in", 1, true);
  plan_maker m = plan_begin(&r, 9, false);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", true);
  n = add_table_store(&m, n, 0, "KsqlTopic-Reduce");
  n = add_filter(&m, n, "V > 1");
  add_response(&m, n, -1);
  start(&r, &m, &(sl_start_options){.response = {.row = on_row, .end = on_end, .ctx = &c}});
  produce(&r, "in", "a", "5", 1);
  produce(&r, "in", "a", "0", 2);
  produce(&r, "in", "b", "0", 3);
  rig_settle(&r);
  assert_string_equal(c.text, "a,5 gone:a,null");
  rig_close(&r);
}

static void test_executor__a_grouped_push_query_repartitions(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  client c = {.room = 100};
  make_topic(&r, "in", 2, false);
  plan_maker m = plan_begin(&r, 9, false);
  sl_plan_node *n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
  n = add_group(&m, n, 1, EXPRS("V"), EXPRS("V"));
  n = add_repartition(&m, n, 1, "transient-repartition", 2);
  n = &add_aggregate(&m, n, 1, EXPRS("COUNT(1)"), EXPRS("C"), SL_WINDOW_NONE)->base;
  add_response(&m, n, -1);
  start(&r, &m, &(sl_start_options){.response = {.row = on_row, .end = on_end, .ctx = &c}, .to_end_only = true});
  rig_settle(&r);
  assert_int_equal(c.ends, 1); /* nothing to read: done at once, over both sub-topologies */
  rig_stop(&r);
  rig_start(&r);
  c = (client){.room = 100};
  for (int i = 0; i < 6; i++) produce_at(&r, "in", i % 2, "k", i < 4 ? "7" : "8", i);
  m = plan_begin(&r, 9, false);
  n = add_source(&m, 0, "in", "K STRING, V INTEGER", false);
  n = add_group(&m, n, 1, EXPRS("V"), EXPRS("V"));
  n = add_repartition(&m, n, 1, "transient-repartition", 2);
  n = &add_aggregate(&m, n, 1, EXPRS("COUNT(1)"), EXPRS("C"), SL_WINDOW_NONE)->base;
  add_response(&m, n, -1);
  start(&r, &m, &(sl_start_options){.response = {.row = on_row, .end = on_end, .ctx = &c}, .to_end_only = true});
  rig_settle(&r);
  assert_non_null(strstr(c.text, "7,4"));
  assert_non_null(strstr(c.text, "8,2"));
  assert_int_equal(c.ends, 1);
  rig_close(&r);
}

/* Two inputs of one task are merged by timestamp, ties to the first. */
static void test_executor__inputs_are_merged_by_time(void **state) {
  (void)state;
  for (int batch = 0; batch < 2; batch++) {
    rig r;
    rig_open(&r, batch);
    client c = {.room = 100};
    make_topic(&r, "left", 1, false);
    make_topic(&r, "right", 1, false);
    for (int i = 0; i < 4; i++) {
      char value[8];
      snprintf(value, sizeof value, "%d", 10 * i);
      produce(&r, "left", "l", value, 10 * i);
      snprintf(value, sizeof value, "%d", 5 * i + 5);
      produce(&r, "right", "r", value, 5 * i + 5);
    }
    plan_maker m = plan_begin(&r, 9, false);
    sl_plan_node *left = add_source(&m, 0, "left", "K STRING, V INTEGER", false);
    sl_plan_node *right = add_source(&m, 0, "right", "K STRING, V INTEGER", false);
    sl_plan_node *p = add_project(&m, left, 1, EXPRS("K", "V"), EXPRS("K", "V"));
    const sl_plan_node **next = sl_arena_calloc(m.arena, 1, sizeof *next);
    next[0] = p;
    right->next = next;
    right->next_count = 1;
    add_response(&m, p, -1);
    start(&r, &m, &(sl_start_options){.response = {.row = on_row, .end = on_end, .ctx = &c}});
    rig_settle(&r);
    assert_string_equal(c.text, "l,0 r,5 l,10 r,10 r,15 l,20 r,20 l,30");
    rig_close(&r);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_executor__rows_reach_the_client),
      cmocka_unit_test(test_executor__a_limit_ends_the_query),
      cmocka_unit_test(test_executor__a_full_client_holds_the_query),
      cmocka_unit_test(test_executor__a_query_to_the_end_ends_there),
      cmocka_unit_test(test_executor__deletions_keep_their_key),
      cmocka_unit_test(test_executor__a_grouped_push_query_repartitions),
      cmocka_unit_test(test_executor__inputs_are_merged_by_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
