/* An engine on a memory file system that tests step by themselves. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "engine/engine.h"

typedef struct world {
  sl_fs *fs;
  sl_settings settings;
  sl_clock_manual clock;
  sl_engine *engine;
  sl_session *session;
  sl_arena arena;
  int batch; /* of the executor; 0: its own */
  int rules; /* of the planner, for what is made; 0: its newest */
} world;

static inline void world_set(world *w, const char *name, const char *value) {
  sl_str text = sl_str_of(value);
  assert_int_equal(sl_settings_set(&w->settings, sl_str_of(name), &text, false, NULL), 0);
}

static inline void world_open(world *w) {
  sl_err err = {0};
  sl_engine_options options = {.fs = w->fs,
                               .clock = &w->clock.clock,
                               .data_dir = "/data",
                               .settings = &w->settings,
                               .workers = 1,
                               .batch = w->batch,
                               .rules = w->rules};
  int code = sl_engine_open(&options, &w->engine, &err);
  if (code) print_message("open: %s\n", err.message);
  assert_int_equal(code, 0);
  w->session = sl_session_new(w->engine);
}

static inline void world_close(world *w) {
  sl_err err = {0};
  sl_session_free(w->session);
  int code = sl_engine_close(w->engine, &err);
  if (code) print_message("close: %s\n", err.message);
  assert_int_equal(code, 0);
  w->engine = NULL;
}

static inline void world_reopen(world *w) {
  world_close(w);
  world_open(w);
}

static inline void world_init(world *w) {
  memset(w, 0, sizeof *w);
  w->fs = sl_fs_memory_new();
  sl_clock_manual_init(&w->clock, 1700000000000);
  sl_arena_init(&w->arena, 0);
  world_set(w, "auto.offset.reset", "earliest");
  world_set(w, "cache.max.bytes.buffering", "0");
  world_open(w);
}

static inline void world_done(world *w) {
  world_close(w);
  sl_settings_done(&w->settings);
  sl_arena_done(&w->arena);
  sl_fs_free(w->fs);
}

static inline void world_quiet(world *w) {
  sl_err err = {0};
  int code = sl_engine_run_until_quiet(w->engine, &err);
  if (code) print_message("quiet: %s\n", err.message);
  assert_int_equal(code, 0);
}

/* Runs statements that must succeed; the last answer, or NULL. */
static inline sl_json *run(world *w, const char *sql) {
  sl_answers answers;
  sl_err err = {0};
  int code = sl_engine_execute(w->engine, w->session, sl_str_of(sql), &w->arena, &answers, &err);
  if (code) print_message("%s\n  -> %s\n", sql, err.message);
  assert_int_equal(code, 0);
  world_quiet(w);
  return answers.count ? answers.entities[answers.count - 1] : NULL;
}

/* Runs statements that must fail with a message that holds part. */
static inline void fails(world *w, const char *sql, const char *part) {
  sl_answers answers;
  sl_err err = {0};
  int code = sl_engine_execute(w->engine, w->session, sl_str_of(sql), &w->arena, &answers, &err);
  if (!code) print_message("did not fail: %s\n", sql);
  assert_int_not_equal(code, 0);
  if (!strstr(err.message, part)) print_message("%s\n  expected: %s\n  got: %s\n", sql, part, err.message);
  assert_non_null(strstr(err.message, part));
  sl_err_done(&err);
}

static inline const char *text_of(world *w, const sl_json *v) {
  sl_buf buf = {0};
  sl_json_write(&buf, v);
  const char *z = sl_str_z(&w->arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return z;
}

/* All records of a topic as "key|value@timestamp" lines, partition by partition. */
static inline const char *topic_text(world *w, const char *name) {
  sl_buf out = {0};
  sl_topic *topic = sl_log_topic_find(sl_engine_log(w->engine), sl_str_of(name));
  assert_non_null(topic);
  for (int32_t p = 0; p < sl_topic_partitions(topic); p++) {
    sl_partition *partition = sl_topic_partition(topic, p);
    for (int64_t at = sl_partition_start(partition); at < sl_partition_visible(partition);) {
      sl_fetch *fetch;
      assert_int_equal(sl_log_fetch(partition, at, 1 << 20, 1000, SL_READ_VISIBLE, &fetch, NULL), 0);
      for (size_t i = 0; i < fetch->count; i++) {
        const sl_record *r = &fetch->records[i];
        sl_buf_printf(&out, "%.*s|%.*s\n", r->key ? (int)r->key_len : 4, r->key ? (const char *)r->key : "null",
                      r->value ? (int)r->value_len : 4, r->value ? (const char *)r->value : "null");
      }
      at = fetch->next_offset;
      sl_fetch_unref(fetch);
    }
  }
  sl_topic_unref(topic);
  const char *z = sl_str_z(&w->arena, sl_buf_str(&out));
  sl_buf_done(&out);
  return z;
}

static inline size_t topic_count(world *w) {
  sl_topic **topics;
  size_t count;
  sl_log_topics(sl_engine_log(w->engine), &w->arena, &topics, &count);
  for (size_t i = 0; i < count; i++) sl_topic_unref(topics[i]);
  return count;
}
