/* Foreign-key joins through the executor: the tables of the specification, fan-out, stale answers, several partitions;
 * record by record, with batches of one and with a restart between any two records; long random runs against a plain
 * model, and to the same end whatever is in flight when the query stops. */
#include "executor_testing.h"
#include "tests/unit/counting_heap.h"
#include "topics/log.h"

typedef struct input {
  const char *topic, *key, *value;
  int64_t ts;
} input;

typedef struct join_case {
  sl_join_kind kind;
  int32_t left, right; /* partitions */
  const char *foreign; /* expression; "F" unless said */
  bool cache;
} join_case;

/* ---- plans ---- */

static void set_edge(plan_maker *m, sl_plan_node *from, const sl_plan_node *to, int port) {
  const sl_plan_node **next = sl_arena_calloc(m->arena, 1, sizeof *next);
  int *ports = sl_arena_calloc(m->arena, 1, sizeof *ports);
  next[0] = to;
  ports[0] = port;
  from->next = next;
  from->next_ports = ports;
  from->next_count = 1;
}

/* Rows with key bytes of their own through an internal topic, as columns in sub. */
static sl_plan_node *add_passage(plan_maker *m, sl_plan_node *from, int sub, const char *topic, int32_t partitions,
                                 const char *columns, bool addressed) {
  sl_plan_node *source = add_repartition(m, from, sub, topic, partitions);
  sl_plan_sink *sink = (sl_plan_sink *)(uintptr_t)from->next[0];
  sl_plan_source *src = (sl_plan_source *)source;
  src->base.layout = layout_of(m, columns, 1);
  src->base.table = false;
  src->codec = sink->codec = codec_for(m, &src->base.layout, "NONE", true);
  sl_source_slot *slots = sl_arena_calloc(m->arena, 16, sizeof *slots);
  for (int i = 0; i < src->base.layout.count; i++)
    slots[i] = (sl_source_slot){.origin = i ? SL_SLOT_VALUE : SL_SLOT_KEY, .column = i ? i - 1 : 0, .needed = true};
  src->slots = slots;
  sink->own_keys = true;
  sink->addressed = addressed;
  return source;
}

#define MESSAGE "LEFT_KEY BYTES, PARTITION INTEGER, HASH_HIGH BIGINT, HASH_LOW BIGINT, INSTRUCTION INTEGER"
#define ANSWER  "HASH_HIGH BIGINT, HASH_LOW BIGINT, RESULT INTEGER, RK STRING, R STRING"

static const sl_plan_store *store_of(const sl_plan_node *node) {
  return ((const sl_plan_table_store *)node)->store;
}

static sl_plan_node *add_subscribe(plan_maker *m, const join_case *c, sl_plan_node *left) {
  sl_plan_subscribe *s = node_new(m, SL_PLAN_FOREIGN_SUBSCRIBE, sizeof *s, "Join", left);
  sl_layout ignored;
  s->item = items_of(m, &left->layout, EXPRS(c->foreign ? c->foreign : "F"), EXPRS("X"), 0, &ignored, &s->program);
  s->base.layout = layout_of(m, MESSAGE, 0);
  s->base.table = false;
  s->optional = c->kind == SL_JOIN_LEFT;
  sl_layout keys = layout_of(m, "K STRING", 1);
  sl_plan_codec *codec = sl_arena_alloc(m->arena, sizeof *codec);
  *codec = codec_for(m, &keys, "NONE", true);
  s->codec = codec;
  return &s->base;
}

static sl_plan_node *add_answer(plan_maker *m, sl_plan_node *messages, sl_plan_node *right) {
  static const sl_type *const types[] = {&SL_TYPE_INTEGER, &SL_TYPE_BIGINT, &SL_TYPE_BIGINT};
  sl_plan_answer *a = node_new(m, SL_PLAN_FOREIGN_ANSWER, sizeof *a, "Join", NULL);
  a->base.layout = layout_of(m, "PARTITION INTEGER, " ANSWER, 1);
  a->right = store_of(right);
  sl_plan_store *store = store_new(m, 1, "SUBSCRIPTIONS", &right->layout, SL_SUBSCRIPTION_SLOTS, types);
  store->kind = SL_STORE_SUBSCRIPTION;
  store->cached = false;
  a->subscriptions = store;
  set_edge(m, messages, &a->base, 0);
  set_edge(m, right, &a->base, 1);
  return &a->base;
}

static void start_join(rig *r, const join_case *c) {
  make_topic(r, "l", c->left, false);
  make_topic(r, "r", c->right, false);
  make_topic(r, "out", 1, false);
  plan_maker m = plan_begin(r, 1, true);
  sl_plan_node *left = add_table_store(&m, add_source(&m, 0, "l", "K STRING, F STRING, L STRING", true), 0, "LEFT");
  sl_plan_node *right = add_table_store(&m, add_source(&m, 1, "r", "RK STRING, R STRING", true), 1, "RIGHT");
  sl_plan_node *messages =
      add_passage(&m, add_subscribe(&m, c, left), 1, "registration", c->right, "RK STRING, " MESSAGE, false);
  sl_plan_node *answers =
      add_passage(&m, add_answer(&m, messages, right), 0, "response", c->left, "K STRING, " ANSWER, true);
  static const sl_join_item items[] = {{0, 0}, {0, 2}, {1, 0}, {1, 1}};
  sl_plan_join *j = node_new(&m, SL_PLAN_JOIN_FOREIGN, sizeof *j, "Join", answers);
  j->base.layout = layout_of(&m, "K STRING, L STRING, RK STRING, R STRING", 1);
  j->base.table = true;
  j->items = items;
  j->kind = c->kind;
  j->left = store_of(left);
  if (c->kind == SL_JOIN_INNER) {
    static const sl_type *const none[1] = {NULL};
    sl_plan_store *keys = store_new(&m, 0, "RESULT", &left->layout, 0, none);
    keys->cached = false;
    j->right = keys;
  }
  add_sink(&m, &j->base, "out");
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

static void produce_keyed(rig *r, const join_case *c, const char *topic, const char *key, const char *value,
                          int64_t ts) {
  int32_t partitions = *topic == 'l' ? c->left : c->right;
  produce_at(r, topic, sl_partition_for_key(key, strlen(key), partitions), key, value, ts);
}

#define INPUTS(...) ((const input[]){__VA_ARGS__, {0}})

static void expect(const join_case *c, const input *in, const char *out) {
  for (int mode = 0; mode < MODES; mode++) {
    rig r;
    rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
    start_join(&r, c);
    for (const input *i = in; i->topic; i++) {
      produce_keyed(&r, c, i->topic, i->key, i->value, i->ts);
      rig_settle(&r);
      if (mode == RESTARTED) restart(&r, c);
    }
    assert_string_equal(dump(&r, "out"), out);
    rig_close(&r);
  }
}

static void expect_both(const input *in, const char *inner, const char *left) {
  for (int32_t partitions = 1; partitions <= 3; partitions += 2) { /* of the left, they would have no order */
    join_case c = {.kind = SL_JOIN_INNER, .left = 1, .right = partitions};
    expect(&c, in, inner);
    c.kind = SL_JOIN_LEFT;
    expect(&c, in, left);
  }
}

static void test_foreign__changes_of_left_rows(void **state) {
  (void)state;
  expect_both(INPUTS({"r", "x", "X", 100}, {"l", "1", "x,a", 0}, {"l", "1", "x,b", 1}, {"l", "1", "y,b", 2},
                     {"l", "1", "z,b", 3}, {"l", "1", "z,b", 4}, {"l", "1", "x,c", 5}, {"l", "1", NULL, 6},
                     {"l", "1", NULL, 7}, {"l", "2", NULL, 8}),
              "1|a,x,X@100 1|b,x,X@100 1|-@2 1|-@3 1|c,x,X@100 1|-@100",
              "1|a,x,X@100 1|b,x,X@100 1|b,,@2 1|b,,@3 1|b,,@4 1|c,x,X@100 1|-@6");
}

static void test_foreign__null_keys(void **state) {
  (void)state;
  expect_both(INPUTS({"r", "x", "X", 100}, {"l", "1", ",a", 0}, {"l", "1", ",b", 1}, {"l", "1", "x,b", 2},
                     {"l", "1", ",b", 3}, {"l", "1", "y,b", 4}, {"l", "1", ",b", 5}, {"l", "1", NULL, 6},
                     {"l", "1", ",a", 7}, {"l", "1", "x,a", 200}),
              "1|b,x,X@100 1|-@3 1|-@4 1|-@5 1|a,x,X@200",
              "1|a,,@0 1|b,,@1 1|b,x,X@100 1|b,,@3 1|b,,@4 1|b,,@5 1|-@6 1|a,,@7 1|a,x,X@200");
}

static void test_foreign__changes_of_right_rows(void **state) {
  (void)state;
  expect_both(INPUTS({"l", "b", "x,1", 50}, {"l", "a", "x,2", 0}, {"r", "x", "X", 10}, {"r", "xx", "?", 11},
                     {"r", "x", "X", 9}, {"r", "x", NULL, 8}, {"r", "x", NULL, 7}, {"l", "b", "xx,1", 12},
                     {"r", "x", "Y", 13}),
              "a|2,x,X@10 b|1,x,X@10 a|2,x,X@9 b|1,x,X@9 a|-@8 b|-@8 a|-@7 b|-@7 b|1,xx,?@12 a|2,x,Y@13",
              "b|1,,@50 a|2,,@0 a|2,x,X@10 b|1,x,X@10 a|2,x,X@9 b|1,x,X@9 a|2,,@8 b|1,,@8 a|2,,@7 b|1,,@7 b|1,xx,?@12 "
              "a|2,x,Y@13");
}

static void test_foreign__an_expression_that_fails_is_null_and_logged(void **state) {
  (void)state;
  join_case c = {.kind = SL_JOIN_LEFT, .left = 1, .right = 1, .foreign = "CAST(10 / CAST(F AS INTEGER) AS STRING)"};
  expect(&c, INPUTS({"r", "5", "five", 0}, {"l", "1", "2,a", 1}, {"l", "1", "0,a", 2}, {"l", "1", "2,a", 3}),
         "1|a,5,five@1 1|a,,@2 1|a,5,five@3");
  rig r;
  rig_open(&r, 0);
  start_join(&r, &c);
  produce(&r, "l", "1", "0,a", 0);
  rig_settle(&r);
  assert_true(has_entry(&r, "Error calculating left join expression: `CAST(10 / CAST(F AS INTEGER) AS STRING)`."));
  rig_close(&r);
}

static void test_foreign__a_right_row_reaches_thousands(void **state) {
  (void)state;
  enum { MANY = 3000 };
  for (int mode = 0; mode < MODES; mode++) {
    join_case c = {.kind = SL_JOIN_INNER, .left = 1, .right = 2};
    rig r;
    rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
    start_join(&r, &c);
    sl_buf want = {0};
    for (int i = 0; i < MANY; i++) {
      char key[8], value[16];
      snprintf(key, sizeof key, "%04d", i * 7 % MANY); /* 7 * 2143 = 1 (mod 3000) */
      snprintf(value, sizeof value, "%s,v", i % 3 ? "x" : "y");
      produce(&r, "l", key, value, i);
    }
    for (int i = 0; i < MANY; i++) /* in order of keys */
      if (i * 2143 % MANY % 3) sl_buf_printf(&want, "%s%04d|v,x,X@9000", want.len ? " " : "", i);
    rig_settle(&r);
    if (mode == RESTARTED) restart(&r, &c);
    produce_keyed(&r, &c, "r", "x", "X", 9000);
    rig_settle(&r);
    assert_string_equal(dump(&r, "out"), sl_buf_z(&want));
    sl_buf_done(&want);
    rig_close(&r);
  }
}

/* What is asked for while an answer is on its way. */
static void test_foreign__stale_answers_are_dropped(void **state) {
  (void)state;
  static const struct {
    const char *second, *out;
  } list[] = {{"y,a", "1|a,y,Y@2"},           /* another foreign key */
              {"x,b", "1|b,x,X@2"},           /* another value */
              {"x,a", "1|a,x,X@2 1|a,x,X@2"}, /* the same row: both answers are right */
              {",a", "1|-@2"},                /* none */
              {NULL, "1|-@2"}};
  for (int i = 0; i < 5; i++) {
    join_case c = {.kind = SL_JOIN_INNER, .left = 1, .right = 1};
    rig r;
    rig_open(&r, 1000);
    start_join(&r, &c);
    produce(&r, "r", "x", "X", 2);
    produce(&r, "r", "y", "Y", 2);
    rig_settle(&r);
    produce(&r, "l", "1", "x,a", 1);
    produce(&r, "l", "1", list[i].second, 2);
    rig_settle(&r);
    assert_string_equal(dump(&r, "out"), list[i].out);
    rig_close(&r);
  }
}

/* ---- random runs ---- */

enum { LEFT_KEYS = 9, RIGHT_KEYS = 5 };

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525U + 1013904223U;
  return *seed >> 8;
}

typedef struct row {
  bool here;
  int foreign; /* left rows; RIGHT_KEYS: NULL */
  int value;
  int64_t ts;
} row;
typedef struct model {
  row left[LEFT_KEYS], right[RIGHT_KEYS];
} model;

/* One change: its records to out, sorted as they are made for one key of the right side. */
static void emit(sl_buf *out, const model *m, int key, bool optional, int64_t ts) {
  const row *left = &m->left[key], *right = left->foreign < RIGHT_KEYS ? &m->right[left->foreign] : NULL;
  sl_buf_printf(out, "%sk%d|", out->len ? " " : "", key);
  if (left->here && right && right->here)
    sl_buf_printf(out, "%d,f%d,%d", left->value, left->foreign, right->value);
  else if (left->here && optional)
    sl_buf_printf(out, "%d,,", left->value);
  else
    sl_buf_add_z(out, "-");
  sl_buf_printf(out, "@%lld", (long long)ts);
}

static void change_left(model *m, int key, row now, bool optional, sl_buf *out) {
  row old = m->left[key];
  m->left[key] = now;
  bool had = old.here && old.foreign < RIGHT_KEYS, moved = old.here && now.here && old.foreign != now.foreign;
  int asked = now.here ? now.foreign : optional ? RIGHT_KEYS : old.foreign;
  const row *right = asked < RIGHT_KEYS && m->right[asked].here ? &m->right[asked] : NULL;
  int64_t ts = right && right->ts > now.ts ? right->ts : now.ts;
  bool goes = optional ? now.here || old.here : now.here ? moved || right : had;
  if (goes) emit(out, m, key, optional, ts);
}

static void change_right(model *m, int key, row now, bool optional, sl_buf *out) {
  m->right[key] = now;
  for (int k = 0; k < LEFT_KEYS; k++)
    if (m->left[k].here && m->left[k].foreign == key) emit(out, m, k, optional, now.ts);
}

/* A random change of either side to the topics and, with out, to the model. */
static void random_change(rig *r, const join_case *c, model *m, uint32_t *seed, int i, sl_buf *out) {
  bool right = next_random(seed) % 3 == 0, gone = next_random(seed) % 5 == 0;
  int key = (int)(next_random(seed) % (right ? RIGHT_KEYS : LEFT_KEYS));
  row now = {.here = !gone,
             .foreign = (int)(next_random(seed) % (RIGHT_KEYS + 1)),
             .value = (int)(next_random(seed) % 3),
             .ts = i + (int)(next_random(seed) % 30)};
  char name[8], value[32], foreign[8] = "";
  snprintf(name, sizeof name, "%c%d", right ? 'f' : 'k', key);
  if (now.foreign < RIGHT_KEYS) snprintf(foreign, sizeof foreign, "f%d", now.foreign);
  if (right)
    snprintf(value, sizeof value, "%d", now.value);
  else
    snprintf(value, sizeof value, "%s,%d", foreign, now.value);
  produce_keyed(r, c, right ? "r" : "l", name, gone ? NULL : value, now.ts);
  (right ? change_right : change_left)(m, key, now, c->kind == SL_JOIN_LEFT, out);
}

static void test_foreign__random_tables_are_as_the_model_says(void **state) {
  (void)state;
  for (int n = 0; n < 2 * MODES; n++) {
    int mode = n % MODES;
    join_case c = {.kind = n < MODES ? SL_JOIN_INNER : SL_JOIN_LEFT, .left = 1, .right = 3};
    uint32_t seed = 40 + (uint32_t)n;
    model m = {0};
    sl_buf want = {0};
    rig r;
    rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
    start_join(&r, &c);
    for (int i = 0; i < 600; i++) {
      random_change(&r, &c, &m, &seed, i, &want);
      rig_settle(&r);
      if (mode == RESTARTED && i % 7 == 0) restart(&r, &c);
    }
    assert_string_equal(dump(&r, "out"), sl_buf_z(&want));
    assert_true(want.len > 1000);
    sl_buf_done(&want);
    rig_close(&r);
  }
}

/* The last word about each left key in the output. */
static void last_words(rig *r, char words[LEFT_KEYS][32]) {
  char *text = sl_arena_printf(&r->arena, "%s", dump(r, "out")), *at = NULL;
  for (int k = 0; k < LEFT_KEYS; k++) strcpy(words[k], "-");
  for (char *item = strtok_r(text, " ", &at); item; item = strtok_r(NULL, " ", &at)) {
    char *value = strchr(item, '|') + 1;
    *strchr(value, '@') = '\0';
    snprintf(words[item[1] - '0'], 32, "%s", value);
  }
}

/* Everything at once, in whatever steps: the result is that of the rows that are there in the end. */
static void test_foreign__all_ways_lead_to_the_same_end(void **state) {
  (void)state;
  for (int n = 0; n < 300; n++) {
    int mode = n % MODES;
    join_case c = {.kind = n % 2 ? SL_JOIN_INNER : SL_JOIN_LEFT, .left = 1 + n % 4, .right = 1 + n / 4 % 3};
    c.cache = n / 12 % 2;
    uint32_t seed = 90 + (uint32_t)n;
    model m = {0};
    sl_buf ignored = {0};
    rig r;
    rig_open(&r, mode == ONE_BY_ONE ? 1 : 1000);
    start_join(&r, &c);
    for (int i = 0; i < 400; i++) {
      random_change(&r, &c, &m, &seed, i, &ignored);
      int64_t due;
      if (mode == RESTARTED && i % 5 == 0) { /* stops in the middle of things */
        for (uint32_t step = next_random(&seed) % 6; step-- > 0;)
          sl_worker_step(sl_executor_worker(r.executor, (int)(step % 2)), &due);
        restart(&r, &c);
      }
    }
    rig_settle(&r);
    char words[LEFT_KEYS][32];
    last_words(&r, words);
    for (int k = 0; k < LEFT_KEYS; k++) {
      sl_buf want = {0};
      emit(&want, &m, k, c.kind == SL_JOIN_LEFT, 0);
      char *value = strchr(sl_buf_z(&want), '|') + 1;
      *strchr(value, '@') = '\0';
      assert_string_equal(words[k], value);
      sl_buf_done(&want);
    }
    sl_buf_done(&ignored);
    rig_close(&r);
  }
}

/* Left rows that change, and right rows with many subscribers, over and over. */
static void steady(sl_join_kind kind) {
  enum { ROUNDS = 8, RECORDS = 6000, SUBSCRIBERS = 100 };
  join_case c = {.kind = kind, .left = 1, .right = 1};
  rig r;
  rig_open(&r, 0);
  start_join(&r, &c);
  sl_topic *topics[2] = {topic_of(&r, "l"), topic_of(&r, "r")};
  sl_staging *staging = sl_staging_new();
  size_t calls = 0, answers = 0;
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < RECORDS + RECORDS / SUBSCRIBERS; i++) {
      bool right = i >= RECORDS;
      char key[8], value[16];
      snprintf(key, sizeof key, "%04d", right ? i - RECORDS : i);
      snprintf(value, sizeof value, "%04d,%04d", (i / SUBSCRIBERS + round) % (RECORDS / SUBSCRIBERS), round);
      if (right) snprintf(value, sizeof value, "%04d", round);
      ok(sl_staging_append(staging, sl_topic_partition(topics[right], 0), i, key, 4, value, strlen(value), NULL, &err));
    }
    sl_part part = {.staging = staging};
    sl_commit_result result;
    ok(sl_log_commit(r.log, &part, 1, &result, &err));
    sl_staging_reset(staging);
    size_t before = heap_calls, had = (size_t)topic_count(&r, "response");
    rig_settle(&r);
    calls = heap_calls - before;
    answers = (size_t)topic_count(&r, "response") - had;
  }
  assert_true(answers > RECORDS);
  if (calls > answers / 20) fail_msg("%zu heap calls for %zu answers", calls, answers);
  sl_staging_free(staging);
  for (int i = 0; i < 2; i++) sl_topic_unref(topics[i]);
  rig_close(&r);
}

static void test_foreign__steady_state_makes_no_heap_call_per_record(void **state) {
  (void)state;
#ifdef SL_SANITIZED
  skip();
#endif
  steady(SL_JOIN_LEFT);
  steady(SL_JOIN_INNER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_foreign__changes_of_left_rows),
      cmocka_unit_test(test_foreign__null_keys),
      cmocka_unit_test(test_foreign__changes_of_right_rows),
      cmocka_unit_test(test_foreign__an_expression_that_fails_is_null_and_logged),
      cmocka_unit_test(test_foreign__a_right_row_reaches_thousands),
      cmocka_unit_test(test_foreign__stale_answers_are_dropped),
      cmocka_unit_test(test_foreign__random_tables_are_as_the_model_says),
      cmocka_unit_test(test_foreign__all_ways_lead_to_the_same_end),
      cmocka_unit_test(test_foreign__steady_state_makes_no_heap_call_per_record),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
