/* Joins through the executor: the tables of the specification and its corners, each record by record, with batches of
 * one, and with a restart between any two records; long random runs against a plain model. */
#include "executor_testing.h"

typedef struct input {
  const char *topic, *key, *value;
  int64_t ts;
} input;

/* What a case runs. */
typedef struct join_case {
  sl_plan_kind node;
  sl_join_kind kind;
  int64_t before, after, grace; /* grace < 0: no clause */
  int64_t interval;             /* of close scans */
  const char *left, *right;     /* topics, "l" and "r" unless said */
  bool old;                     /* an aggregation behind it reads old rows */
  bool cache;
} join_case;

/* ---- plans ---- */

static void add_edge(plan_maker *m, sl_plan_node *from, const sl_plan_node *to, int port) {
  const sl_plan_node **next = sl_arena_calloc(m->arena, (size_t)from->next_count + 1, sizeof *next);
  int *ports = sl_arena_calloc(m->arena, (size_t)from->next_count + 1, sizeof *ports);
  for (int i = 0; i < from->next_count; i++) {
    next[i] = from->next[i];
    ports[i] = from->next_ports ? from->next_ports[i] : 0;
  }
  next[from->next_count] = to;
  ports[from->next_count++] = port;
  from->next = next;
  from->next_ports = ports;
}

static const sl_plan_store *row_store(plan_maker *m, const char *name, const sl_layout *keys,
                                      const sl_layout *const *of, int count, bool side, int64_t size,
                                      int64_t retention) {
  const sl_type **types = sl_arena_calloc(m->arena, 32, sizeof *types);
  int n = 0;
  if (side) types[n++] = &SL_TYPE_INTEGER;
  for (int i = 0; i < count; i++)
    for (int k = of[i]->key_count; k < of[i]->count; k++) types[n++] = of[i]->slots[k].type;
  sl_plan_store *store = store_new(m, 0, name, keys, n, types);
  store->kind = SL_STORE_WINDOW;
  store->cached = false;
  store->window_size = size;
  store->retention = retention;
  return store;
}

static const sl_plan_store *store_of(const sl_plan_node *node) {
  return node->kind == SL_PLAN_TABLE_STORE ? ((const sl_plan_table_store *)node)->store : NULL;
}

/* K, then all value columns of both sides. */
static sl_plan_node *add_join(plan_maker *m, const join_case *c, sl_plan_node *left, sl_plan_node *right,
                              const char *const *names) {
  sl_plan_join *j = node_new(m, c->node, sizeof *j, "Join", NULL);
  const sl_layout *layouts[] = {&left->layout, &right->layout};
  sl_slot *slots = sl_arena_calloc(m->arena, 16, sizeof *slots);
  sl_join_item *items = sl_arena_calloc(m->arena, 16, sizeof *items);
  slots[0] = left->layout.slots[0];
  items[0] = (sl_join_item){-1, 0};
  int n = 1;
  for (int side = 0; side < 2; side++)
    for (int k = 1; k < layouts[side]->count; k++) {
      items[n] = (sl_join_item){side, k};
      slots[n++] = layouts[side]->slots[k];
    }
  j->base.layout = (sl_layout){slots, n, 1};
  j->base.table = c->node == SL_PLAN_JOIN_TABLES;
  j->items = items;
  j->kind = c->kind;
  j->left = store_of(left);
  j->right = store_of(right);
  if (c->node == SL_PLAN_JOIN_STREAMS) {
    j->before = c->before;
    j->after = c->after;
    j->hold_unmatched = c->grace >= 0;
    int64_t day = 86400000, rest = 2 * c->before < day ? day - 2 * c->before : 0;
    j->grace = c->grace >= 0 ? c->grace : rest;
    j->scan_interval = c->interval;
    int64_t size = j->before + j->after, retention = size + j->grace;
    j->left = row_store(m, names[0], layouts[0], layouts, 1, false, size, retention);
    j->right = row_store(m, names[1], layouts[0], layouts + 1, 1, false, size, retention);
    if (j->hold_unmatched && j->kind != SL_JOIN_INNER)
      j->pending = row_store(m, names[2], layouts[0], layouts, 2, true, size, retention);
  }
  add_edge(m, left, &j->base, 0);
  add_edge(m, right, &j->base, 1);
  return &j->base;
}

static sl_plan_node *add_side(plan_maker *m, const char *topic, const char *columns, bool table, const char *store) {
  sl_plan_node *n = add_source(m, 0, topic, columns, table);
  return table ? add_table_store(m, n, 0, store) : n;
}

static void start_join(rig *r, const join_case *c) {
  const char *left = c->left ? c->left : "l", *right = c->right ? c->right : "r";
  make_topic(r, left, 1, false);
  make_topic(r, right, 1, false);
  make_topic(r, "out", 1, false);
  plan_maker m = plan_begin(r, 1, true);
  sl_plan_node *sides[2];
  bool tables[2] = {c->node == SL_PLAN_JOIN_TABLES, c->node != SL_PLAN_JOIN_STREAMS};
  int first = c->node == SL_PLAN_JOIN_TABLE; /* tables are registered before streams */
  for (int i = 0; i < 2; i++) {
    int at = first ? 1 - i : i;
    sides[at] = add_side(&m, at ? right : left, at ? "K STRING, R STRING" : "K STRING, L STRING", tables[at],
                         at ? "KafkaTopic_Right-Reduce" : "KafkaTopic_Left-Reduce");
  }
  sl_plan_node *n = add_join(&m, c, sides[0], sides[1], EXPRS("THIS", "OTHER", "SHARED"));
  if (c->old) {
    n = add_group(&m, n, 1, EXPRS("L", "R"), EXPRS("L", "R"));
    n = &add_aggregate(&m, n, 0, EXPRS("COUNT(R)", "COUNT(1)"), EXPRS("C", "A"), SL_WINDOW_NONE)->base;
  }
  add_sink(&m, n, "out");
  sl_start_options options = {.cache = c->cache, .cache_bytes = c->cache ? 1 << 20 : 0};
  start(r, &m, &options);
}

/* ---- running ---- */

enum { WHOLE, ONE_BY_ONE, RESTARTED, MODES };

static void restart(rig *r, const join_case *c) {
  rig_stop(r);
  rig_start(r);
  start_join(r, c);
}

/* Each record is worked off before the next comes. */
static void feed(rig *r, const join_case *c, const input *in, int mode) {
  for (; in->topic; in++) {
    produce(r, in->topic, in->key, in->value, in->ts);
    rig_settle(r);
    if (mode == RESTARTED) restart(r, c);
  }
}

#define INPUTS(...) ((const input[]){__VA_ARGS__, {0}})

static void expect(const join_case *c, const input *in, const char *out) {
  for (int mode = 0; mode < MODES; mode++) {
    rig r;
    rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
    start_join(&r, c);
    feed(&r, c, in, mode);
    assert_string_equal(dump(&r, "out"), out);
    rig_close(&r);
  }
}

/* ---- stream-stream ---- */

static join_case streams(sl_join_kind kind, int64_t before, int64_t after, int64_t grace) {
  return (join_case){
      .node = SL_PLAN_JOIN_STREAMS, .kind = kind, .before = before, .after = after, .grace = grace, .interval = 0};
}

static void test_joins__without_grace_unmatched_rows_go_at_once(void **state) {
  (void)state;
  const input *in = INPUTS({"l", "0", "zero", 0}, {"r", "0", "blah", 10000}, {"l", "10", "100", 11000},
                           {"l", "0", "foo", 13000}, {"r", "0", "a", 15000});
  join_case c = streams(SL_JOIN_LEFT, 11000, 11000, -1);
  expect(&c, in, "0|zero,@0 0|zero,blah@10000 10|100,@11000 0|foo,blah@13000 0|foo,a@15000");
  c.kind = SL_JOIN_INNER;
  expect(&c, in, "0|zero,blah@10000 0|foo,blah@13000 0|foo,a@15000");
  c.kind = SL_JOIN_OUTER;
  expect(&c, in, "0|zero,@0 0|zero,blah@10000 10|100,@11000 0|foo,blah@13000 0|foo,a@15000");
  in = INPUTS({"r", "1", "x", 5}, {"l", "1", "y", 7});
  expect(&c, in, "1|,x@5 1|y,x@7");
  c.kind = SL_JOIN_LEFT;
  expect(&c, in, "1|y,x@7");
}

static void test_joins__with_grace_a_late_row_goes_at_once(void **state) {
  (void)state;
  join_case c = streams(SL_JOIN_LEFT, 60000, 60000, 60000);
  expect(&c,
         INPUTS({"l", "0", "A", 0}, {"r", "0", "a", 60000}, {"l", "1", "B", 330000}, {"l", "2", "C", 90000},
                {"r", "2", "c", 90000}, {"l", "3", "D", 60000}, {"r", "3", "d", 60000}),
         "0|A,a@60000 2|C,@90000 3|D,@60000");
  /* RIGHT: the sides change, here the right topic is the left input */
  c.left = "r";
  c.right = "l";
  expect(&c,
         INPUTS({"l", "0", "A", 0}, {"r", "0", "a", 60000}, {"l", "1", "B", 330000}, {"l", "2", "C", 90000},
                {"r", "2", "c", 90000}, {"r", "3", "d", 60000}, {"l", "3", "D", 90000}),
         "0|a,A@60000 2|c,@90000 3|d,@60000 3|d,D@90000");
  c = streams(SL_JOIN_OUTER, 60000, 60000, 60000);
  expect(&c,
         INPUTS({"l", "0", "A", 0}, {"r", "0", "a", 60000}, {"r", "1", "b", 330000}, {"r", "2", "c", 90000},
                {"l", "2", "C", 90000}, {"r", "3", "d", 60000}, {"l", "3", "D", 60000}),
         "0|A,a@60000 2|,c@90000 2|C,@90000 3|,d@60000 3|D,@60000");
}

static void test_joins__a_closed_window_lets_unmatched_rows_go(void **state) {
  (void)state;
  join_case c = streams(SL_JOIN_LEFT, 10, 10, 5);
  expect(&c,
         INPUTS({"l", "a", "1", 100}, {"l", "b", "2", 100}, {"r", "b", "x", 101}, {"l", "c", "3", 115},
                {"r", "z", "y", 116}, {"l", "d", "4", 117}),
         "b|2,x@101 a|1,@100"); /* 115 is not beyond 100 + 10 + 5, 116 is */
  /* right before left, then key bytes; only a record at the head of time scans */
  c.kind = SL_JOIN_OUTER;
  expect(&c,
         INPUTS({"l", "k2", "A", 100}, {"l", "k1", "B", 100}, {"r", "k9", "C", 100}, {"l", "k0", "D", 99},
                {"r", "zz", "E", 120}, {"r", "zz", "F", 119}),
         "k0|D,@99 k9|,C@100 k1|B,@100 k2|A,@100");
  /* rows that closed come before those of the record that closed them, and a match takes all equal ones away */
  expect(&c,
         INPUTS({"l", "a", "1", 100}, {"l", "a", "2", 100}, {"r", "a", "x", 105}, {"l", "b", "3", 100},
                {"r", "c", "y", 116}, {"l", "c", "z", 116}),
         "a|1,x@105 a|2,x@105 b|3,@100 c|z,y@116");
}

static void test_joins__sides_of_unequal_reach_close_apart(void **state) {
  (void)state;
  join_case c = streams(SL_JOIN_OUTER, 5, 20, 0); /* left waits for 20 ms, right for 5 */
  expect(&c, INPUTS({"r", "a", "x", 100}, {"l", "b", "1", 100}, {"l", "z", "2", 121}), "a|,x@100 b|1,@100");
  c = streams(SL_JOIN_OUTER, 20, 5, 0);
  expect(&c, INPUTS({"r", "a", "x", 100}, {"l", "b", "1", 100}, {"l", "z", "2", 106}, {"l", "z", "3", 121}),
         "b|1,@100 a|,x@100 z|2,@106");
  c = streams(SL_JOIN_INNER, 20, 5, -1); /* right rows from 20 before to 5 after the left one */
  expect(&c,
         INPUTS({"r", "a", "x", 79}, {"r", "a", "y", 80}, {"r", "a", "z", 105}, {"r", "a", "w", 106},
                {"l", "a", "1", 100}, {"r", "a", "v", 80}, {"r", "a", "u", 79}),
         "a|1,y@100 a|1,z@105 a|1,v@100");
}

static void test_joins__scans_keep_their_distance_on_the_wall(void **state) {
  (void)state;
  for (int mode = 0; mode < MODES; mode++) {
    join_case c = streams(SL_JOIN_LEFT, 10, 10, 0);
    c.interval = 1000;
    rig r;
    rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
    start_join(&r, &c);
    feed(&r, &c, INPUTS({"l", "a", "1", 100}, {"l", "b", "2", 111}, {"l", "c", "3", 122}, {"l", "d", "4", 133}), mode);
    assert_string_equal(dump(&r, "out"), "a|1,@100");
    sl_clock_manual_advance(&r.clock, 999);
    feed(&r, &c, INPUTS({"l", "e", "5", 134}), mode);
    assert_string_equal(dump(&r, "out"), "a|1,@100");
    sl_clock_manual_advance(&r.clock, 1);
    feed(&r, &c, INPUTS({"l", "f", "6", 135}), mode);
    assert_string_equal(dump(&r, "out"), "a|1,@100 b|2,@111 c|3,@122");
    rig_close(&r);
  }
}

static void test_joins__every_record_is_kept(void **state) {
  (void)state;
  join_case c = streams(SL_JOIN_INNER, 10, 10, -1);
  expect(&c,
         INPUTS({"l", "k", "b", 5}, {"l", "k", "c", 5}, {"l", "k", "b", 5}, {"l", "k", "a", 4}, {"r", "k", "x", 6},
                {"r", "k", "x", 6}),
         "k|a,x@6 k|b,x@6 k|c,x@6 k|b,x@6 k|a,x@6 k|b,x@6 k|c,x@6 k|b,x@6");
}

static void test_joins__null_keys_and_values(void **state) {
  (void)state;
  const input *in = INPUTS({"l", NULL, "a", 1}, {"r", NULL, "b", 2}, {"l", "k", NULL, 3}, {"r", "k", NULL, 4},
                           {"l", "k", "c", 5}, {"r", "k", "d", 5});
  static const sl_join_kind kinds[] = {SL_JOIN_INNER, SL_JOIN_LEFT, SL_JOIN_OUTER};
  static const char *const legacy[] = {"k|c,d@5", "-|a,@1 k|c,@5 k|c,d@5", "-|a,@1 -|,b@2 k|c,@5 k|c,d@5"};
  static const char *const held[] = {"k|c,d@5", "-|a,@1 k|c,d@5", "-|a,@1 -|,b@2 k|c,d@5"};
  for (int i = 0; i < 3; i++) {
    join_case c = streams(kinds[i], 10, 10, -1);
    expect(&c, in, legacy[i]);
    c.grace = 0;
    expect(&c, in, held[i]);
  }
  /* what is dropped moves time on, but does not scan */
  join_case c = streams(SL_JOIN_LEFT, 10, 10, 0);
  expect(&c, INPUTS({"l", "a", "1", 100}, {"l", "k", NULL, 200}, {"l", "b", "2", 150}, {"r", "z", "y", 200}),
         "b|2,@150 a|1,@100");
}

static void test_joins__a_store_hides_by_its_own_largest_time(void **state) {
  (void)state;
  join_case c = streams(SL_JOIN_INNER, 10, 10, 5); /* kept for 25 */
  /* the right store shows from 101 - 25 + 1 on, although time is at 1000 */
  expect(&c,
         INPUTS({"r", "k", "a", 76}, {"r", "k", "b", 77}, {"r", "k", "c", 101}, {"l", "q", "-", 1000},
                {"l", "k", "1", 86}, {"l", "k", "2", 91}),
         "k|1,b@86 k|2,c@101");
  /* a row too late for its own store still meets the other, and is not kept */
  expect(&c,
         INPUTS({"l", "q", "-", 1000}, {"r", "k", "a", 5}, {"l", "k", "1", 5}, {"r", "k", "b", 5}, {"r", "k", "c", 990},
                {"l", "k", "2", 985}),
         "k|1,a@5 k|2,c@990");
}

static void test_joins__two_sources_on_one_topic(void **state) {
  (void)state;
  join_case c = streams(SL_JOIN_INNER, 10, 10, -1);
  c.left = c.right = "both";
  expect(&c, INPUTS({"both", "k", "a", 1}, {"both", "k", "b", 2}), "k|a,a@1 k|b,a@2 k|a,b@2 k|b,b@2");
  c.node = SL_PLAN_JOIN_TABLE; /* the stream sees the table as it was before the record */
  c.kind = SL_JOIN_LEFT;
  expect(&c, INPUTS({"both", "k", "a", 1}, {"both", "k", "b", 2}), "k|a,@1 k|b,a@2");
}

/* ---- headers ---- */

static void produce_with_header(rig *r, const char *name, const char *key, const char *value, int64_t ts, char header) {
  sl_topic *topic = topic_of(r, name);
  sl_staging *staging = sl_staging_new();
  const uint8_t data[] = {2, (uint8_t)header, 2, 'v'}; /* lengths are zigzag */
  sl_record_headers headers = {.data = data, .len = sizeof data, .count = 1};
  ok(sl_staging_append(staging, sl_topic_partition(topic, 0), ts, key, strlen(key), value, strlen(value), &headers,
                       &err));
  sl_part part = {.staging = staging};
  sl_commit_result result;
  ok(sl_log_commit(r->log, &part, 1, &result, &err));
  sl_staging_free(staging);
  sl_topic_unref(topic);
  rig_settle(r);
}

static void test_joins__headers_are_those_of_the_record_that_made_the_row(void **state) {
  (void)state;
  rig r;
  rig_open(&r, 0);
  join_case c = streams(SL_JOIN_LEFT, 10, 10, 0);
  start_join(&r, &c);
  produce_with_header(&r, "l", "a", "1", 100, 'A');
  produce_with_header(&r, "l", "b", "2", 100, 'B');
  produce_with_header(&r, "r", "b", "x", 101, 'C');
  produce_with_header(&r, "r", "z", "y", 200, 'D');
  assert_string_equal(dump(&r, "out"), "b|2,x@101 a|1,@100");
  sl_topic *topic = topic_of(&r, "out");
  sl_fetch *fetch;
  char seen[8] = "";
  for (int64_t at = 0; at < 2; at = fetch->next_offset, sl_fetch_unref(fetch)) {
    ok(sl_log_fetch(sl_topic_partition(topic, 0), at, 1 << 20, 10, SL_READ_VISIBLE, &fetch, &err));
    for (size_t i = 0; i < fetch->count; i++) {
      assert_int_equal(fetch->records[i].headers.count, 1);
      seen[fetch->records[i].offset] = (char)fetch->records[i].headers.data[1];
    }
    if (fetch->next_offset >= 2) {
      sl_fetch_unref(fetch);
      break;
    }
  }
  assert_string_equal(seen, "CD");
  sl_topic_unref(topic);
  rig_close(&r);
}

/* ---- stream-table ---- */

static void test_joins__a_stream_looks_a_table_up(void **state) {
  (void)state;
  const input *in = INPUTS({"l", "1", "s1", 10}, {"r", "1", "t1", 11}, {"l", "1", "s2", 9}, {"r", "1", NULL, 12},
                           {"l", "1", "s3", 13}, {"l", "1", NULL, 14}, {"l", NULL, "s4", 15}, {"r", NULL, "t2", 16});
  join_case c = {.node = SL_PLAN_JOIN_TABLE, .kind = SL_JOIN_LEFT};
  expect(&c, in, "1|s1,@10 1|s2,t1@9 1|s3,@13 -|s4,@15");
  c.kind = SL_JOIN_INNER;
  expect(&c, in, "1|s2,t1@9");
}

static void test_joins__a_filled_table_is_merged_by_time(void **state) {
  (void)state;
  for (int mode = 0; mode < MODES; mode++) {
    rig r;
    rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
    make_topic(&r, "l", 1, false);
    make_topic(&r, "r", 1, false);
    for (int i = 0; i < 5; i++) produce(&r, "l", "k", i % 2 ? "odd" : "even", 10 * i);
    produce(&r, "r", "k", "a", 5);
    produce(&r, "r", "k", "b", 20);
    produce(&r, "r", "k", NULL, 35);
    join_case c = {.node = SL_PLAN_JOIN_TABLE, .kind = SL_JOIN_LEFT, .cache = mode == WHOLE};
    start_join(&r, &c);
    rig_settle(&r);
    assert_string_equal(dump(&r, "out"), "k|even,@0 k|odd,a@10 k|even,b@20 k|odd,b@30 k|even,@40");
    rig_close(&r);
  }
}

/* ---- table-table ---- */

static join_case tables(sl_join_kind kind) {
  return (join_case){.node = SL_PLAN_JOIN_TABLES, .kind = kind};
}

static void test_joins__tables_left(void **state) {
  (void)state;
  join_case c = tables(SL_JOIN_LEFT);
  expect(&c,
         INPUTS({"l", "0", "zero", 0}, {"r", "0", "blah", 10000}, {"l", "0", "foo", 13000}, {"r", "0", NULL, 15000},
                {"l", "0", NULL, 16000}, {"l", "0", NULL, 17000}),
         "0|zero,@0 0|zero,blah@10000 0|foo,blah@13000 0|foo,@15000 0|-@16000");
  expect(&c,
         INPUTS({"r", "1", "x", 5}, {"l", "2", "y", 6}, {"r", "2", NULL, 7}, {"l", "1", NULL, 3}, {"l", "2", "y", 1}),
         "2|y,@6 2|y,@7 1|-@5 2|y,@1"); /* a right key that never was; nothing becomes nothing; no change is one too */
  c.left = "r";                         /* RIGHT is LEFT with the sides swapped */
  c.right = "l";
  c.kind = SL_JOIN_RIGHT;
  expect(&c,
         INPUTS({"l", "0", "zero", 0}, {"r", "0", "blah", 10}, {"r", "0", NULL, 15}, {"l", "0", NULL, 16},
                {"l", "0", NULL, 17}, {"r", "1", "x", 18}),
         "0|,zero@0 0|blah,zero@10 0|,zero@15 0|-@16");
}

static void test_joins__tables_inner(void **state) {
  (void)state;
  join_case c = tables(SL_JOIN_INNER);
  expect(&c,
         INPUTS({"l", "0", "a", 10}, {"l", "0", NULL, 11}, {"l", "0", "b", 12}, {"r", "0", "x", 5}, {"r", "0", "y", 20},
                {"l", "0", "c", 15}, {"l", "0", NULL, 16}, {"l", "0", NULL, 30}, {"r", "0", NULL, 31},
                {NULL, NULL, NULL, 0}),
         "0|b,x@12 0|b,y@20 0|c,y@20 0|-@20 0|-@30"); /* the last also when this side had no row before */
}

static void test_joins__tables_outer(void **state) {
  (void)state;
  join_case c = tables(SL_JOIN_OUTER);
  expect(&c,
         INPUTS({"l", "0", NULL, 1}, {"r", "0", NULL, 2}, {"r", "0", "x", 3}, {"l", "0", "a", 4}, {"r", "0", NULL, 5},
                {"r", "0", NULL, 6}, {"l", "0", NULL, 7}, {"l", "0", NULL, 8}, {NULL, NULL, NULL, 0}),
         "0|,x@3 0|a,x@4 0|a,@5 0|a,@6 0|-@7");
}

static void test_joins__old_rows_of_joined_tables(void **state) {
  (void)state;
  join_case c = tables(SL_JOIN_LEFT);
  c.old = true; /* per left value: rows with a right side, and all */
  const input *in = INPUTS({"l", "1", "g", 1}, {"l", "2", "g", 2}, {"r", "1", "x", 3}, {"r", "1", "y", 4},
                           {"l", "1", "h", 5}, {"r", "1", NULL, 6}, {"l", "2", NULL, 7}, {"r", "2", "z", 8});
  expect(&c, in, "g|0,1@1 g|0,2@2 g|1,2@3 g|1,2@4 g|0,1@5 h|1,1@5 h|0,1@6 g|0,0@7");
}

static void test_joins__cached_tables_flush_into_the_aggregate(void **state) {
  (void)state;
  for (int mode = 0; mode < MODES; mode++) {
    rig r;
    rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
    join_case c = tables(SL_JOIN_INNER);
    c.cache = c.old = true;
    start_join(&r, &c);
    for (int i = 0; i < 6; i++) {
      produce(&r, "l", i % 2 ? "a" : "b", "g", i);
      produce(&r, "r", i % 2 ? "a" : "b", "x", i);
      if (mode == RESTARTED) {
        rig_settle(&r);
        restart(&r, &c);
      }
    }
    rig_settle(&r);
    const char *text = dump(&r, "out");
    assert_non_null(strstr(text, "g|2,2@"));
    assert_null(strstr(text, "g|3,"));
    assert_null(strstr(text, "g|4,"));
    produce(&r, "l", "a", NULL, 10);
    produce(&r, "r", "a", NULL, 11); /* in one interval */
    rig_settle(&r);
    text = dump(&r, "out");
    assert_string_equal(text + strlen(text) - 8, "g|1,1@10");
    rig_close(&r);
  }
}

/* ---- trees of joins ---- */

static void start_three(rig *r) {
  static const char *const topics[] = {"a", "b", "c", "out"};
  for (int i = 0; i < 4; i++) make_topic(r, topics[i], 1, false);
  plan_maker m = plan_begin(r, 1, true);
  sl_plan_node *a = add_side(&m, "a", "K STRING, A STRING", false, NULL);
  sl_plan_node *b = add_side(&m, "b", "K STRING, B STRING", false, NULL);
  sl_plan_node *t = add_side(&m, "c", "K STRING, C STRING", true, "KafkaTopic_Right-Reduce");
  join_case inner = streams(SL_JOIN_LEFT, 10, 10, 0), outer = {.node = SL_PLAN_JOIN_TABLE, .kind = SL_JOIN_LEFT};
  sl_plan_node *n = add_join(&m, &inner, a, b, EXPRS("L_THIS", "L_OTHER", "L_SHARED"));
  n = add_join(&m, &outer, n, t, NULL);
  add_sink(&m, n, "out");
  start(r, &m, NULL);
}

static void test_joins__three_sources(void **state) {
  (void)state;
  for (int mode = 0; mode < MODES; mode++) {
    rig r;
    rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
    start_three(&r);
    const input *in = INPUTS({"a", "k", "1", 1}, {"c", "k", "t", 2}, {"b", "k", "2", 3}, {"a", "q", "3", 4},
                             {"b", "z", "4", 30}, {"c", "k", NULL, 31}, {"a", "k", "5", 13});
    for (; in->topic; in++) {
      produce(&r, in->topic, in->key, in->value, in->ts);
      rig_settle(&r);
      if (mode != RESTARTED) continue;
      rig_stop(&r);
      rig_start(&r);
      start_three(&r);
    }
    assert_string_equal(dump(&r, "out"), "k|1,2,t@3 q|3,,@4 k|5,,@13");
    rig_close(&r);
  }
}

/* ---- random runs against a model ---- */

typedef struct model_row {
  int key, value;
  int64_t ts;
} model_row;

typedef struct model {
  const join_case *c;
  model_row rows[2][1200], waiting[2400];
  int side[2400]; /* of waiting */
  int count[2], waits;
  int64_t largest[2], time, oldest;
  sl_buf out;
} model;

static void model_emit(model *m, int key, int left, int right, int64_t ts) {
  sl_buf_printf(&m->out, "%sk%d|", m->out.len ? " " : "", key);
  if (left >= 0) sl_buf_printf(&m->out, "%d", left);
  sl_buf_add_z(&m->out, ",");
  if (right >= 0) sl_buf_printf(&m->out, "%d", right);
  sl_buf_printf(&m->out, "@%lld", (long long)ts);
}

static void model_forget(model *m, int at) {
  m->waits--;
  memmove(m->waiting + at, m->waiting + at + 1, (size_t)(m->waits - at) * sizeof *m->waiting);
  memmove(m->side + at, m->side + at + 1, (size_t)(m->waits - at) * sizeof *m->side);
}

/* Waiting rows stand in order of time, right before left, key, arrival. */
static void model_wait(model *m, int side, const model_row *row) {
  int at = m->waits++;
  for (; at; at--) {
    const model_row *before = &m->waiting[at - 1];
    int s = m->side[at - 1];
    bool later = before->ts != row->ts ? before->ts > row->ts : s != side ? s < side : before->key > row->key;
    if (!later) break;
    m->waiting[at] = *before;
    m->side[at] = s;
  }
  m->waiting[at] = *row;
  m->side[at] = side;
  if (row->ts < m->oldest) m->oldest = row->ts;
}

static void model_scan(model *m) {
  const join_case *c = m->c;
  if (m->oldest == INT64_MAX || m->oldest + c->after + c->grace >= m->time) return;
  bool open[2] = {false, false};
  m->oldest = INT64_MAX;
  for (int i = 0; i < m->waits && !(open[0] && open[1]);) {
    model_row row = m->waiting[i];
    int side = m->side[i];
    if (row.ts + (side ? c->before : c->after) + c->grace >= m->time) {
      open[side] = true;
      if (row.ts < m->oldest) m->oldest = row.ts;
      i++;
      continue;
    }
    model_emit(m, row.key, side ? -1 : row.value, side ? row.value : -1, row.ts);
    model_forget(m, i);
  }
}

static void model_take(model *m, int side, model_row row) {
  const join_case *c = m->c;
  int64_t back = side ? c->after : c->before, ahead = side ? c->before : c->after;
  int64_t grace = c->grace >= 0 ? c->grace : 86400000 - 2 * c->before, keep = c->before + c->after + grace;
  bool outer = c->kind == SL_JOIN_OUTER || (c->kind == SL_JOIN_LEFT && !side);
  bool holds = c->grace >= 0 && c->kind != SL_JOIN_INNER, matched = false;
  if (row.ts > m->time) m->time = row.ts;
  if (holds && row.ts == m->time) model_scan(m);
  for (int64_t ts = row.ts - back; ts <= row.ts + ahead; ts++)
    for (int i = 0; i < m->count[1 - side]; i++) {
      const model_row *other = &m->rows[1 - side][i];
      if (other->ts != ts || other->key != row.key || ts < m->largest[1 - side] - keep + 1) continue;
      matched = true;
      for (int w = m->waits; w-- > 0;)
        if (m->side[w] != side && m->waiting[w].ts == ts && m->waiting[w].key == row.key) model_forget(m, w);
      model_emit(m, row.key, side ? other->value : row.value, side ? row.value : other->value,
                 ts > row.ts ? ts : row.ts);
    }
  if (!matched && outer) {
    if (holds && row.ts + ahead >= m->time)
      model_wait(m, side, &row);
    else
      model_emit(m, row.key, side ? -1 : row.value, side ? row.value : -1, row.ts);
  }
  if (row.ts > m->largest[side]) m->largest[side] = row.ts;
  m->rows[side][m->count[side]++] = row;
}

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525 + 1013904223;
  return *seed >> 8;
}

/* Both topics are full before the query starts: the task takes the older head, ties from the left. */
static void random_rows(uint32_t seed, model_row rows[2][1200], int count) {
  for (int side = 0; side < 2; side++)
    for (int i = 0; i < count; i++) {
      int64_t jitter = (int64_t)(next_random(&seed) % 90);
      rows[side][i] = (model_row){(int)(next_random(&seed) % 7), i, i / 2 + (jitter > 60 ? jitter : 60)};
    }
}

static const char *model_run(rig *r, const join_case *c, model_row rows[2][1200], int count) {
  model *m = calloc(1, sizeof *m);
  m->c = c;
  m->time = m->largest[0] = m->largest[1] = -1000000;
  m->oldest = INT64_MAX;
  for (int at[2] = {0, 0}; at[0] < count || at[1] < count;) {
    int side = at[0] >= count || (at[1] < count && rows[1][at[1]].ts < rows[0][at[0]].ts);
    model_take(m, side, rows[side][at[side]]);
    at[side]++;
  }
  const char *text = sl_arena_dup(&r->arena, m->out.data ? (const void *)m->out.data : "", m->out.len);
  sl_buf_done(&m->out);
  free(m);
  return text;
}

static void random_run(const join_case *c, uint32_t seed, int mode) {
  enum { COUNT = 600 };
  static model_row rows[2][1200];
  random_rows(seed, rows, COUNT);
  rig r;
  rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
  make_topic(&r, "l", 1, false);
  make_topic(&r, "r", 1, false);
  for (int side = 0; side < 2; side++)
    for (int i = 0; i < COUNT; i++) {
      char key[8], value[8];
      snprintf(key, sizeof key, "k%d", rows[side][i].key);
      snprintf(value, sizeof value, "%d", i);
      produce(&r, side ? "r" : "l", key, value, rows[side][i].ts);
    }
  start_join(&r, c);
  for (int i = 0; mode == RESTARTED && i < 40; i++) { /* stops in the middle of things */
    r.options.batch = 1 + (int)(seed + (uint32_t)i * 7) % 40;
    for (int step = 0; step < 4; step++) {
      int64_t due;
      sl_worker_step(sl_executor_worker(r.executor, step % 2), &due);
    }
    restart(&r, c);
  }
  rig_settle(&r);
  assert_string_equal(dump(&r, "out"), model_run(&r, c, rows, COUNT));
  rig_close(&r);
}

static void test_joins__random_streams_are_as_the_model_says(void **state) {
  (void)state;
  static const sl_join_kind kinds[] = {SL_JOIN_INNER, SL_JOIN_LEFT, SL_JOIN_OUTER};
  static const int64_t spans[][3] = {{10, 10, -1}, {10, 10, 5}, {3, 12, 0}, {12, 3, 7}, {0, 0, 0}};
  uint32_t seed = 1;
  for (int k = 0; k < 3; k++)
    for (int s = 0; s < 5; s++)
      for (int mode = 0; mode < MODES; mode++) {
        join_case c = streams(kinds[k], spans[s][0], spans[s][1], spans[s][2]);
        random_run(&c, seed++, mode);
      }
}

/* Tables, with changes of few keys: the same in batches, one by one and over restarts. */
static const char *table_run(rig *r, const join_case *c, int mode) {
  uint32_t seed = 77;
  rig_open(r, mode == ONE_BY_ONE ? 1 : 1000);
  make_topic(r, "l", 1, false);
  make_topic(r, "r", 1, false);
  for (int i = 0; i < 500; i++) {
    char key[8], value[8];
    snprintf(key, sizeof key, "k%u", next_random(&seed) % 9);
    snprintf(value, sizeof value, "%u", next_random(&seed) % 3);
    bool gone = next_random(&seed) % 4 == 0, right = next_random(&seed) % 2;
    produce(r, right ? "r" : "l", key, gone ? NULL : value, i / 2 + (int)(next_random(&seed) % 20));
  }
  start_join(r, c);
  for (int i = 0; mode == RESTARTED && i < 30; i++) {
    r->options.batch = 1 + i;
    int64_t due;
    for (int step = 0; step < 4; step++) sl_worker_step(sl_executor_worker(r->executor, step % 2), &due);
    restart(r, c);
  }
  rig_settle(r);
  return dump(r, "out");
}

static void test_joins__random_tables_are_the_same_in_every_mode(void **state) {
  (void)state;
  static const sl_join_kind kinds[] = {SL_JOIN_INNER, SL_JOIN_LEFT, SL_JOIN_RIGHT, SL_JOIN_OUTER};
  for (int k = 0; k < 8; k++) {
    rig rigs[MODES];
    const char *seen[MODES];
    join_case c = tables(kinds[k / 2]);
    c.old = k % 2;
    for (int mode = 0; mode < MODES; mode++) seen[mode] = table_run(&rigs[mode], &c, mode);
    assert_true(strlen(seen[WHOLE]) > 1000);
    assert_string_equal(seen[WHOLE], seen[ONE_BY_ONE]);
    assert_string_equal(seen[WHOLE], seen[RESTARTED]);
    for (int mode = 0; mode < MODES; mode++) rig_close(&rigs[mode]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_joins__without_grace_unmatched_rows_go_at_once),
      cmocka_unit_test(test_joins__with_grace_a_late_row_goes_at_once),
      cmocka_unit_test(test_joins__a_closed_window_lets_unmatched_rows_go),
      cmocka_unit_test(test_joins__sides_of_unequal_reach_close_apart),
      cmocka_unit_test(test_joins__scans_keep_their_distance_on_the_wall),
      cmocka_unit_test(test_joins__every_record_is_kept),
      cmocka_unit_test(test_joins__null_keys_and_values),
      cmocka_unit_test(test_joins__a_store_hides_by_its_own_largest_time),
      cmocka_unit_test(test_joins__two_sources_on_one_topic),
      cmocka_unit_test(test_joins__headers_are_those_of_the_record_that_made_the_row),
      cmocka_unit_test(test_joins__a_stream_looks_a_table_up),
      cmocka_unit_test(test_joins__a_filled_table_is_merged_by_time),
      cmocka_unit_test(test_joins__tables_left),
      cmocka_unit_test(test_joins__tables_inner),
      cmocka_unit_test(test_joins__tables_outer),
      cmocka_unit_test(test_joins__old_rows_of_joined_tables),
      cmocka_unit_test(test_joins__cached_tables_flush_into_the_aggregate),
      cmocka_unit_test(test_joins__three_sources),
      cmocka_unit_test(test_joins__random_streams_are_as_the_model_says),
      cmocka_unit_test(test_joins__random_tables_are_the_same_in_every_mode),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
