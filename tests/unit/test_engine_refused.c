/* Statements on a disk that refuses everything from their n-th write on: each works, or fails and leaves nothing behind
 * that keeps it from working later, in this process, after a kill in the middle and after a clean stop. */
#include "tests/unit/engine_testing.h"
#include "base/fs_fault.h"
#include "base/logger.h"

static const unsigned REFUSED = SL_FS_OP_CHANGES & ~(unsigned)(SL_FS_OP_SYNC | SL_FS_OP_SYNC_DIR);

typedef struct statement {
  const char *prepare, *sql, *undo; /* undo: what makes the statement possible again, after it worked */
} statement;

static const statement STATEMENTS[] = {
    {"", "CREATE STREAM n (id INT KEY, v INT) WITH (kafka_topic='n', value_format='JSON', partitions=2);",
     "DROP STREAM n DELETE TOPIC;"},
    {"", "CREATE STREAM c AS SELECT id, v + 1 AS w FROM s;", "DROP STREAM c DELETE TOPIC;"},
    {"", "CREATE TABLE t AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;", "DROP TABLE t DELETE TOPIC;"},
    {"CREATE STREAM c AS SELECT id, v + 1 AS w FROM s;", "DROP STREAM c DELETE TOPIC;",
     "CREATE STREAM c AS SELECT id, v + 1 AS w FROM s;"},
    {"CREATE TABLE t AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;", "DROP TABLE t DELETE TOPIC;",
     "CREATE TABLE t AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;"},
    {"", "CREATE TYPE ty AS STRUCT<a INT>;", "DROP TYPE ty;"},
    {"", "INSERT INTO s VALUES (2, 20);", ""},
};
enum { STATEMENT_COUNT = sizeof STATEMENTS / sizeof *STATEMENTS };

typedef enum after { GO_ON, KILL, STOP } after;

static int try_run(world *w, const char *sql, sl_err *err) {
  sl_answers answers;
  return sl_engine_execute(w->engine, w->session, sl_str_of(sql), &w->arena, &answers, err);
}

/* false when nothing was refused any more. */
static bool refuse_from(const statement *st, uint64_t nth, after then) {
  sl_err err = {0};
  world w;
  memset(&w, 0, sizeof w);
  sl_fs *memory = sl_fs_memory_new();
  w.fs = sl_fs_fault_new(memory, "/data", NULL);
  sl_clock_manual_init(&w.clock, 1700000000000);
  sl_arena_init(&w.arena, 0);
  world_set(&w, "auto.offset.reset", "earliest");
  world_open(&w);
  run(&w, "CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
          "CREATE STREAM other AS SELECT * FROM s;"
          "INSERT INTO s VALUES (1, 10);");
  if (*st->prepare) run(&w, st->prepare);
  sl_fs_fault_add(
      w.fs, (sl_fs_fault_rule){.ops = REFUSED, .nth = nth, .times = UINT64_MAX, .code = SL_E_DISK_FULL, .keep = 5});
  uint64_t before = sl_fs_fault_count(w.fs, REFUSED);
  int rc = try_run(&w, st->sql, &err);
  bool reached = sl_fs_fault_count(w.fs, REFUSED) - before >= nth;
  if (rc) assert_true(strlen(err.message) > 0);
  if (rc && !reached) print_message("%s\n  -> %s\n", st->sql, err.message);
  if (rc) assert_true(reached);
  sl_err_done(&err);
  assert_null(sl_log_failure(sl_engine_log(w.engine)));
  if (then == KILL) { /* nothing reaches the disk any more */
    sl_fs_fault_add(w.fs, (sl_fs_fault_rule){.ops = ~0u, .nth = 1, .stop = true});
    sl_session_free(w.session);
    sl_engine_close(w.engine, NULL);
    assert_int_equal(sl_fs_fault_crash(w.fs, SL_FS_CRASH_KILL, nth, NULL), 0);
    world_open(&w);
  } else {
    sl_fs_fault_clear(w.fs);
    sl_clock_manual_advance(&w.clock, 5000);
    world_quiet(&w);
    if (then == STOP) world_reopen(&w);
  }
  world_quiet(&w);
  bool insert = !*st->undo;
  if (rc && try_run(&w, st->sql, &err)) { /* it may have been decided all the same: a kill shows that */
    if (then == GO_ON || !strstr(err.message, "exist")) print_message("%s\n  -> %s\n", st->sql, err.message);
    assert_true(then != GO_ON && strstr(err.message, "exist"));
    sl_err_done(&err);
  }
  world_quiet(&w);
  if (!insert) {
    run(&w, st->undo);
    run(&w, st->sql);
  }
  run(&w, "INSERT INTO s VALUES (3, 30);");
  world_reopen(&w);
  world_quiet(&w);
  const char *text = topic_text(&w, "s"), *copy = topic_text(&w, "OTHER");
  assert_string_equal(text, copy);
  sl_topic *topic = sl_log_topic_find(sl_engine_log(w.engine), sl_str_of("s"));
  int64_t rows = sl_partition_visible(sl_topic_partition(topic, 0));
  sl_topic_unref(topic);
  assert_true(insert ? rows == 3 || (then == KILL && rows == 4) : rows == 2);
  sl_session_free(w.session);
  assert_int_equal(sl_engine_close(w.engine, &err), 0);
  sl_settings_done(&w.settings);
  sl_arena_done(&w.arena);
  sl_fs_free(w.fs);
  sl_fs_free(memory);
  return reached;
}

static void test_engine__refused_statements_leave_nothing_in_their_way(void **state) {
  (void)state;
  sl_log_set_level(SL_LOG_OFF);
  for (int i = 0; i < STATEMENT_COUNT; i++) {
    for (after then = GO_ON; then <= STOP; then++) {
      uint64_t nth = 1;
      while (refuse_from(&STATEMENTS[i], nth, then)) nth++;
      assert_true(nth > 2);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_engine__refused_statements_leave_nothing_in_their_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
