/* A crash at every step: each change that a statement, or a round of commits, makes to the disk is a point at which the
 * process is killed or the power fails, or which fails, and the power later. After the start the catalog and the topics
 * are wholly as before the statement or wholly as after it, and what is inserted then gives what it gives without a
 * crash. A failure names the point: the kind of change, its number and the path. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/fs_fault.h"
#include "base/logger.h"
#include "tests/unit/engine_testing.h"

typedef struct scenario {
  const char *setup[8]; /* run and left to finish */
  const char *backlog;  /* run and not left to finish */
  const char *action;   /* the statement; NULL: whatever is to be done is done */
} scenario;

static const char STREAM[] =
    "CREATE STREAM S (K STRING KEY, V INT, W INT) WITH (KAFKA_TOPIC='s', PARTITIONS=2, VALUE_FORMAT='JSON');";
static const char OTHER[] =
    "CREATE STREAM R (K STRING KEY, V INT, W INT) WITH (KAFKA_TOPIC='r', PARTITIONS=2, VALUE_FORMAT='JSON');";
static const char ROWS[] = "INSERT INTO S (ROWTIME, K, V, W) VALUES (1000, 'a', 1, 1);"
                           "INSERT INTO S (ROWTIME, K, V, W) VALUES (2000, 'b', 2, 1);"
                           "INSERT INTO S (ROWTIME, K, V, W) VALUES (3000, 'a', 3, 2);";
static const char LATER[] = "INSERT INTO S (ROWTIME, K, V, W) VALUES (90000, 'a', 1, 5);"
                            "INSERT INTO S (ROWTIME, K, V, W) VALUES (91000, 'c', 2, 6);"
                            "INSERT INTO R (ROWTIME, K, V, W) VALUES (91500, 'c', 7, 7);";
static const char COUNT[] = "CREATE TABLE C AS SELECT V, COUNT(*) AS N, SUM(W) AS T FROM S GROUP BY V;";

static void open_world(world *w, sl_fs *fs) {
  memset(w, 0, sizeof *w);
  w->fs = fs;
  sl_clock_manual_init(&w->clock, 1700000000000);
  sl_arena_init(&w->arena, 0);
  world_set(w, "auto.offset.reset", "earliest");
  world_set(w, "cache.max.bytes.buffering", "0");
  world_set(w, "log.flush", "always");
}

static void close_world(world *w) {
  sl_settings_done(&w->settings);
  sl_arena_done(&w->arena);
}

static int execute(world *w, const char *sql) {
  sl_answers answers;
  sl_err err = {0};
  int code = sl_engine_execute(w->engine, w->session, sl_str_of(sql), &w->arena, &answers, &err);
  sl_err_done(&err);
  return code;
}

static void flush(world *w) {
  sl_err err = {0};
  assert_int_equal(sl_log_flush_step(sl_engine_log(w->engine), true, NULL, &err), 0);
}

/* ---- what there is, as text ---- */

static void add_catalog(world *w, sl_buf *out) {
  sl_snapshot *snapshot = sl_engine_snapshot(w->engine);
  const sl_source *source;
  const sl_query_entry *query;
  for (size_t i = 0; (source = sl_snapshot_source_at(snapshot, i)); i++)
    sl_buf_printf(out, "source " SL_STR_FMT " " SL_STR_FMT "\n", SL_STR_ARG(source->name), SL_STR_ARG(source->text));
  for (size_t i = 0; (query = sl_snapshot_query_at(snapshot, i)); i++)
    sl_buf_printf(out, "query " SL_STR_FMT " %s %s " SL_STR_FMT "\n", SL_STR_ARG(query->id),
                  query->paused ? "paused" : "", sl_engine_running(w->engine, query->number) ? "" : "broken",
                  SL_STR_ARG(query->text));
  sl_snapshot_unref(snapshot);
}

/* Topics; of those that users see, the records too. */
static void add_topics(world *w, sl_buf *out) {
  sl_topic **topics;
  size_t count;
  sl_log_topics(sl_engine_log(w->engine), &w->arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    const char *name = sl_str_z(&w->arena, sl_topic_name(topics[i]));
    sl_buf_printf(out, "topic %s %d\n", name, sl_topic_partitions(topics[i]));
    sl_topic_unref(topics[i]);
    if (name[0] != '_') sl_buf_add_z(out, topic_text(w, name));
  }
}

/* Runs to the end, then takes some more rows; all that is there then. */
static const char *outcome(world *w) {
  sl_buf out = {0};
  world_quiet(w);
  assert_int_equal(execute(w, LATER), 0);
  world_quiet(w);
  add_catalog(w, &out);
  add_topics(w, &out);
  const char *z = strdup(sl_str_z(&w->arena, sl_buf_str(&out)));
  sl_buf_done(&out);
  return z;
}

/* ---- file systems ---- */

static void copy_tree(sl_fs *from, sl_fs *to, const char *path, sl_arena *arena) {
  char **names;
  size_t count;
  sl_err err = {0};
  assert_int_equal(sl_fs_mkdir(to, path, &err), 0);
  assert_int_equal(sl_fs_list(from, path, arena, &names, &count, &err), 0);
  for (size_t i = 0; i < count; i++) {
    const char *child = sl_arena_printf(arena, "%s/%s", path, names[i]);
    if (sl_fs_is_dir(from, child)) {
      copy_tree(from, to, child, arena);
      continue;
    }
    char *data;
    size_t len;
    sl_file *file;
    assert_int_equal(sl_fs_read_all(from, child, SIZE_MAX, arena, &data, &len, &err), 0);
    assert_int_equal(sl_fs_open(to, child, SL_FS_WRITE | SL_FS_CREATE, &file, &err), 0);
    if (len) assert_int_equal(sl_file_write(file, 0, data, len, &err), 0);
    sl_file_close(file);
  }
}

static sl_fs *copy_of(sl_fs *from) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_fs *to = sl_fs_memory_new();
  copy_tree(from, to, "/data", &arena);
  sl_arena_done(&arena);
  return to;
}

static sl_fs *prepare(const scenario *sc) {
  world w;
  sl_fs *fs = sl_fs_memory_new();
  open_world(&w, fs);
  world_open(&w);
  for (int i = 0; sc->setup[i]; i++) run(&w, sc->setup[i]);
  world_close(&w);
  close_world(&w);
  return fs;
}

/* What is to be there in the end, with or without the action. */
static const char *expected(const scenario *sc, sl_fs *prepared, bool act) {
  world w;
  sl_fs *fs = copy_of(prepared);
  open_world(&w, fs);
  world_open(&w);
  if (sc->backlog) assert_int_equal(execute(&w, sc->backlog), 0);
  if (act && sc->action) run(&w, sc->action);
  const char *text = outcome(&w);
  world_close(&w);
  close_world(&w);
  sl_fs_free(fs);
  return text;
}

/* ---- crashes ---- */

/* Does the action; 0 if it was acknowledged. */
static int act(world *w, const scenario *sc) {
  sl_err err = {0};
  int rc = sc->action ? execute(w, sc->action) : sl_engine_run_until_quiet(w->engine, &err);
  if (!rc && !sc->action) rc = sl_log_flush_step(sl_engine_log(w->engine), true, NULL, &err);
  sl_err_done(&err);
  return rc;
}

static void die(world *w, sl_fs_crash mode, uint64_t seed) {
  sl_err err = {0};
  sl_fs_fault_add(w->fs, (sl_fs_fault_rule){.ops = ~0u, .nth = 1, .stop = true});
  sl_session_free(w->session);
  sl_engine_close(w->engine, NULL);
  assert_int_equal(sl_fs_fault_crash(w->fs, mode, seed, &err), 0);
}

typedef struct point {
  const scenario *sc;
  sl_fs *prepared;
  const char *before, *after;
} point;

/* Crashes at the nth change of the action, or lets it fail and crashes when the action is over; false when it has
 * fewer. */
static bool crash_at(const point *p, uint64_t nth, sl_fs_crash mode, bool stop) {
  world w;
  sl_err err = {0};
  sl_fs *memory = copy_of(p->prepared), *fault = sl_fs_fault_new(memory, "/", &err);
  open_world(&w, fault);
  world_open(&w);
  if (p->sc->backlog) assert_int_equal(execute(&w, p->sc->backlog), 0);
  flush(&w);
  sl_fs_fault_rule rule = {.ops = SL_FS_OP_CHANGES, .nth = nth, .stop = stop, .keep = (size_t)(nth * 37 % 150)};
  if (!stop) rule.times = 2; /* nor does it tell whether a transaction has happened */
  sl_fs_fault_add(fault, rule);
  int rc = act(&w, p->sc);
  bool struck = sl_fs_fault_struck(fault)[0];
  char where[600];
  snprintf(where, sizeof where, "%s", sl_fs_fault_struck(fault));
  die(&w, mode, nth * 7919);
  world_open(&w);
  const char *found = outcome(&w);
  bool as_after = !strcmp(found, p->after), as_before = !strcmp(found, p->before);
  if (!as_after && (!as_before || !rc)) {
    print_message("crash of kind %d at point %llu, \"%s\"; the action %s. Found:\n%s\nBefore:\n%s\nAfter:\n%s\n", mode,
                  (unsigned long long)nth, where, rc ? "had failed" : "was acknowledged", found, p->before, p->after);
    fail();
  }
  free((char *)(uintptr_t)found);
  world_close(&w);
  close_world(&w);
  sl_fs_free(fault);
  sl_fs_free(memory);
  return struck;
}

static void crash_everywhere(const scenario *sc) {
  static const sl_fs_crash POWER[] = {SL_FS_CRASH_POWER, SL_FS_CRASH_POWER_ANY, SL_FS_CRASH_POWER_NONE};
  sl_log_set_level(SL_LOG_OFF);
  sl_fs *prepared = prepare(sc);
  point p = {sc, prepared, expected(sc, prepared, false), expected(sc, prepared, true)};
  bool more = true;
  uint64_t points = 0;
  assert_true(!sc->action == !strcmp(p.before, p.after));
  for (uint64_t nth = 1; more; nth++) {
    more = crash_at(&p, nth, SL_FS_CRASH_KILL, true);
    for (int i = 0; i < 6; i++) crash_at(&p, nth, POWER[i % 3], i < 3);
    points += more;
  }
  assert_true(points > 3);
  free((char *)(uintptr_t)p.before);
  free((char *)(uintptr_t)p.after);
  sl_fs_free(prepared);
}

/* ---- scenarios ---- */

static void test_crash__create_stream_happens_or_not(void **state) {
  (void)state;
  crash_everywhere(&(scenario){
      .setup = {STREAM, OTHER, ROWS},
      .action = "CREATE STREAM N (K STRING KEY, V INT) WITH (KAFKA_TOPIC='n', PARTITIONS=3, VALUE_FORMAT='JSON');"});
}

static void test_crash__create_table_as_happens_or_not(void **state) {
  (void)state;
  crash_everywhere(&(scenario){.setup = {STREAM, OTHER, ROWS}, .action = COUNT});
}

static void test_crash__insert_select_happens_or_not(void **state) {
  (void)state;
  crash_everywhere(&(scenario){.setup = {STREAM, OTHER, ROWS, "CREATE STREAM O AS SELECT * FROM S WHERE V > 1;"},
                               .action = "INSERT INTO O WITH (QUERY_ID='I') SELECT * FROM R;"});
}

static void test_crash__replace_happens_or_not(void **state) {
  (void)state;
  crash_everywhere(&(scenario){
      .setup = {STREAM, OTHER, COUNT, ROWS},
      .backlog = "INSERT INTO S (ROWTIME, K, V, W) VALUES (4000, 'd', 1, 9);",
      .action = "CREATE OR REPLACE TABLE C AS SELECT V, COUNT(*) AS N, SUM(W) AS T FROM S WHERE W < 6 GROUP BY V;"});
}

static void test_crash__alter_happens_or_not(void **state) {
  (void)state;
  crash_everywhere(&(scenario){.setup = {STREAM, OTHER, COUNT, ROWS}, .action = "ALTER STREAM S ADD COLUMN X INT;"});
}

static void test_crash__drop_happens_or_not(void **state) {
  (void)state;
  crash_everywhere(&(scenario){.setup = {STREAM, OTHER, COUNT, ROWS}, .action = "DROP TABLE C DELETE TOPIC;"});
}

static void test_crash__terminate_happens_or_not(void **state) {
  (void)state;
  crash_everywhere(&(scenario){.setup = {STREAM, OTHER, COUNT, ROWS}, .action = "TERMINATE CTAS_C_2;"});
}

static void test_crash__pause_happens_or_not(void **state) {
  (void)state;
  crash_everywhere(&(scenario){.setup = {STREAM, OTHER, COUNT, ROWS}, .action = "PAUSE CTAS_C_2;"});
}

static void test_crash__commits_of_an_aggregation_count_once(void **state) {
  (void)state;
  crash_everywhere(&(scenario){.setup = {STREAM, OTHER, COUNT}, .backlog = ROWS});
}

static void test_crash__commits_of_final_windows_come_once(void **state) {
  (void)state;
  crash_everywhere(&(scenario){.setup = {STREAM, OTHER,
                                         "CREATE TABLE F AS SELECT K, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 1 "
                                         "SECOND, GRACE PERIOD 0 SECONDS) GROUP BY K EMIT FINAL;"},
                               .backlog = ROWS});
}

static void test_crash__commits_of_a_join_come_once(void **state) {
  (void)state;
  crash_everywhere(&(scenario){.setup = {STREAM, OTHER,
                                         "CREATE STREAM J AS SELECT S.K AS K, S.V AS A, R.V AS B FROM S LEFT JOIN R "
                                         "WITHIN 5 SECONDS GRACE PERIOD 1 SECOND ON S.K = R.K;"},
                               .backlog = ROWS});
}

/* ---- what else a crash must not do ---- */

static void test_crash__a_new_data_directory_is_durable(void **state) {
  (void)state;
  world w;
  sl_err err = {0};
  sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
  open_world(&w, fault);
  world_open(&w);
  run(&w, STREAM);
  run(&w, "INSERT INTO S (K, V) VALUES ('a', 1);");
  flush(&w);
  die(&w, SL_FS_CRASH_POWER_NONE, 1);
  world_open(&w);
  assert_string_equal(topic_text(&w, "s"), "a|{\"V\":1,\"W\":null}\n");
  world_close(&w);
  close_world(&w);
  sl_fs_free(fault);
  sl_fs_free(memory);
}

/* The list of topics was replaced, only its directory could not be synced: the statement fails, and the topic that a
 * start finds belongs to nothing. */
static void test_crash__a_topic_whose_making_failed_is_gone_after_a_start(void **state) {
  (void)state;
  for (uint64_t nth = 1; nth <= 4; nth++) {
    world w;
    sl_err err = {0};
    sl_fs *memory = sl_fs_memory_new(), *fault = sl_fs_fault_new(memory, "/", &err);
    open_world(&w, fault);
    world_open(&w);
    sl_fs_fault_add(fault,
                    (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC_DIR, .path_part = "/data/topics", .nth = nth, .times = 9});
    bool made = !execute(&w, STREAM);
    die(&w, SL_FS_CRASH_KILL, 1);
    world_open(&w);
    assert_int_equal(topic_count(&w), made);
    world_close(&w);
    close_world(&w);
    sl_fs_free(fault);
    sl_fs_free(memory);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_crash__create_stream_happens_or_not),
      cmocka_unit_test(test_crash__create_table_as_happens_or_not),
      cmocka_unit_test(test_crash__insert_select_happens_or_not),
      cmocka_unit_test(test_crash__replace_happens_or_not),
      cmocka_unit_test(test_crash__alter_happens_or_not),
      cmocka_unit_test(test_crash__drop_happens_or_not),
      cmocka_unit_test(test_crash__terminate_happens_or_not),
      cmocka_unit_test(test_crash__pause_happens_or_not),
      cmocka_unit_test(test_crash__commits_of_an_aggregation_count_once),
      cmocka_unit_test(test_crash__commits_of_final_windows_come_once),
      cmocka_unit_test(test_crash__commits_of_a_join_come_once),
      cmocka_unit_test(test_crash__a_new_data_directory_is_durable),
      cmocka_unit_test(test_crash__a_topic_whose_making_failed_is_gone_after_a_start),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
