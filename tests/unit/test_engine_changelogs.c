/* Changelogs stay as large as what is in their stores is worth, whatever went through them, and what compaction leaves
 * gives the stores again. */
#include <stdio.h>

#include "engine_testing.h"
#include "topics/log_int.h"

enum { SEGMENT = 64 << 10, LARGE = 50 << 20 };

/* The changelog of the store whose name ends so. */
static sl_topic *changelog_of(world *w, const char *store) {
  sl_topic **all, *found = NULL;
  size_t count;
  sl_str suffix = sl_str_of(sl_arena_printf(&w->arena, "%s-changelog", store));
  sl_log_topics(sl_engine_log(w->engine), &w->arena, &all, &count);
  for (size_t i = 0; i < count; i++) {
    if (!found && sl_str_ends(sl_topic_name(all[i]), suffix))
      found = all[i];
    else
      sl_topic_unref(all[i]);
  }
  assert_non_null(found);
  return found;
}

/* With small segments, so that little is enough to see what happens. */
static sl_partition *small_changelog(world *w, const char *store, sl_topic **topic) {
  *topic = changelog_of(w, store);
  sl_str size = sl_str_of(sl_arena_printf(&w->arena, "%d", SEGMENT));
  assert_int_equal(sl_log_topic_set(sl_engine_log(w->engine), *topic, sl_str_of("segment.bytes"), &size, NULL), 0);
  return sl_topic_partition(*topic, 0);
}

typedef struct flow {
  const char *topic, *value; /* value NULL: deletions */
  int64_t first_ts, step;
  int count, keys, first_key;
} flow;

static void produce(world *w, const flow *f) {
  sl_topic *to = sl_log_topic_find(sl_engine_log(w->engine), sl_str_of(f->topic));
  sl_partition *partition = sl_topic_partition(to, 0);
  sl_staging *s = sl_staging_new();
  for (int i = 0; i < f->count; i++) {
    char key[40];
    size_t len = (size_t)snprintf(key, sizeof key, "key number %d", f->first_key + i % f->keys);
    assert_int_equal(sl_staging_append(s, partition, f->first_ts + i * f->step, key, len, f->value,
                                       f->value ? strlen(f->value) : 0, NULL, NULL),
                     0);
  }
  sl_part part = {.staging = s};
  sl_commit_result result;
  assert_int_equal(sl_log_commit(sl_engine_log(w->engine), &part, 1, &result, NULL), 0);
  sl_staging_free(s);
  sl_topic_unref(to);
  world_quiet(w);
}

/* A restart that finds nothing but changelogs. */
static void restart_from_changelogs(world *w) {
  world_close(w);
  assert_int_equal(sl_fs_remove_tree(w->fs, "/data/state", NULL), 0);
  world_open(w);
}

static const char *last_count(world *w, const char *topic) {
  const char *last = topic_text(w, topic);
  for (const char *at = last; (at = strstr(at, "\"N\":")); at++) last = at;
  return last;
}

/* A round of the housekeeping, with everything synced before. */
static void keep_house(world *w) {
  sl_log *log = sl_engine_log(w->engine);
  int64_t due;
  bool more = true;
  assert_int_equal(sl_log_flush_step(log, true, &due, NULL), 0);
  sl_clock_manual_advance(&w->clock, 16000);
  while (more) assert_int_equal(sl_log_housekeeping_step(log, &more, NULL), 0);
}

static void test_changelogs__have_segments_that_soon_close(void **state) {
  (void)state;
  world w;
  world_init(&w);
  run(&w, "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');"
          "CREATE TABLE T AS SELECT K, COUNT(*) AS N FROM S GROUP BY K;");
  sl_topic *topic = changelog_of(&w, "");
  assert_int_equal(sl_topic_config_of(topic)->segment_bytes, LARGE);
  sl_topic_unref(topic);
  world_done(&w);
}

/* History of a hundred hours, replayed at once: the wall clock says nothing about it. */
static void test_changelogs__of_windows_stay_bounded(void **state) {
  (void)state;
  enum { ROUNDS = 100, ROWS = 600, KEYS = 25, MINUTE = 60000 };
  world w;
  sl_topic *topic;
  world_init(&w);
  run(&w, "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');"
          "CREATE TABLE T AS SELECT K, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 10 MINUTES, "
          "GRACE PERIOD 0 SECONDS) GROUP BY K;");
  sl_partition *log = small_changelog(&w, "", &topic);
  flow f = {.topic = "s", .value = "{\"V\":1}", .step = MINUTE / 10, .count = ROWS, .keys = KEYS};
  uint64_t most = 0, written = 0;
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t before = sl_partition_bytes(log);
    produce(&w, &f);
    written += sl_partition_bytes(log) - before;
    keep_house(&w);
    if (sl_partition_bytes(log) > most) most = sl_partition_bytes(log);
    f.first_ts += (int64_t)ROWS * f.step;
  }
  assert_true(written > 20 * SEGMENT);
  assert_in_range(most, 1, 3 * SEGMENT); /* what is written to, what has closed since, what was left of the rest */
  sl_topic_unref(topic);
  restart_from_changelogs(&w);
  f.first_ts -= f.step; /* the last key of the last minute once more */
  f.first_key = (ROWS - 1) % KEYS;
  f.count = 1;
  produce(&w, &f);
  assert_string_equal(last_count(&w, "T"), "\"N\":2}\n");
  world_done(&w);
}

/* A table through which thousands of keys go. */
static void test_changelogs__forget_what_was_deleted(void **state) {
  (void)state;
  enum { ROUNDS = 100, KEYS = 500 };
  world w;
  sl_topic *topic;
  world_init(&w);
  run(&w, "CREATE TABLE I (K STRING PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='i', PARTITIONS=1, VALUE_FORMAT='JSON');"
          "CREATE TABLE T AS SELECT V, COUNT(*) AS N FROM I GROUP BY V;");
  sl_partition *log = small_changelog(&w, "-Reduce", &topic);
  flow f = {.topic = "i", .count = KEYS, .keys = KEYS};
  uint64_t most = 0, written = 0;
  for (int round = 0; round < ROUNDS; round++, f.first_key += KEYS) {
    uint64_t before = sl_partition_bytes(log);
    f.value = "{\"V\":1}";
    produce(&w, &f);
    f.value = NULL;
    produce(&w, &f);
    written += sl_partition_bytes(log) - before;
    keep_house(&w);
    if (sl_partition_bytes(log) > most) most = sl_partition_bytes(log);
  }
  assert_true(written > 20 * SEGMENT);
  assert_in_range(most, 1, 4 * SEGMENT);
  sl_topic_unref(topic);
  restart_from_changelogs(&w);
  f.value = "{\"V\":1}";
  f.count = 1;
  produce(&w, &f);
  assert_string_equal(last_count(&w, "T"), "\"N\":1}\n");
  world_done(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_changelogs__have_segments_that_soon_close),
      cmocka_unit_test(test_changelogs__of_windows_stay_bounded),
      cmocka_unit_test(test_changelogs__forget_what_was_deleted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
