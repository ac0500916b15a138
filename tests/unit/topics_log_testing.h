/* A log on a memory file system with a clock that moves when told, and short ways to fill and read it. */
#pragma once
#include "tests/unit/topics_testing.h"
#include "base/clock.h"
#include "base/fs_fault.h"
#include "topics/log.h"

typedef struct world {
  sl_fs *fs;
  sl_clock_manual clock;
  sl_log_options options;
  sl_log *log;
  sl_arena arena;
  sl_err err;
} world;

static inline void world_open(world *w) {
  sl_err err = {0};
  ok(sl_embedded_log_open(&w->options, &w->log, &err));
}

static inline void world_close(world *w) {
  sl_err err = {0};
  ok(sl_log_close(w->log, &err));
  w->log = NULL;
}

/* On a file system that injects faults. The process dies: nothing that its log still does reaches the disk. */
static inline void world_crash(world *w, sl_fs_crash mode, uint64_t seed) {
  sl_err err = {0};
  sl_fs_fault_add(w->fs, (sl_fs_fault_rule){.ops = ~0u, .nth = 1, .stop = true});
  sl_log_close(w->log, NULL);
  w->log = NULL;
  ok(sl_fs_fault_crash(w->fs, mode, seed, &err));
}

static inline void world_init(world *w, sl_fs *fs, sl_flush_mode flush) {
  *w = (world){.fs = fs};
  sl_clock_manual_init(&w->clock, 1700000000000);
  w->options = (sl_log_options){.fs = fs, .clock = &w->clock.clock, .dir = "/data/topics", .flush = flush, .seed = 7};
  sl_arena_init(&w->arena, 0);
}

static inline int setup_mode(void **state, sl_flush_mode flush) {
  world *w = calloc(1, sizeof *w);
  world_init(w, sl_fs_memory_new(), flush);
  world_open(w);
  *state = w;
  return 0;
}

static inline int teardown(void **state) {
  world *w = *state;
  sl_log_close(w->log, NULL);
  sl_fs_free(w->fs);
  sl_arena_done(&w->arena);
  sl_err_done(&w->err);
  free(w);
  return 0;
}

static inline sl_topic *make_topic(world *w, const char *name, int32_t partitions, int count,
                                   const sl_topic_setting *settings) {
  sl_err err = {0};
  sl_topic *topic;
  sl_topic_spec spec = {
      .name = sl_str_of(name), .partitions = partitions, .settings = settings, .setting_count = count};
  ok(sl_log_topic_create(w->log, &spec, &topic, &err));
  return topic;
}

static inline sl_topic *get_topic(world *w, const char *name) {
  sl_topic *topic = sl_log_topic_find(w->log, sl_str_of(name));
  if (!topic) fail_msg("no topic %s", name);
  return topic;
}

static inline void stage(sl_staging *s, sl_partition *p, int64_t ts, const char *key, const char *value) {
  sl_err err = {0};
  ok(sl_staging_append(s, p, ts, key, key ? strlen(key) : 0, value, value ? strlen(value) : 0, NULL, &err));
}

static inline uint64_t commit_staging(world *w, sl_staging *s) {
  sl_err err = {0};
  sl_part part = {.staging = s};
  sl_commit_result result;
  ok(sl_log_commit(w->log, &part, 1, &result, &err));
  sl_staging_reset(s);
  return result.commit;
}

static inline uint64_t put(world *w, sl_partition *p, int64_t ts, const char *key, const char *value) {
  sl_staging *s = sl_staging_new();
  stage(s, p, ts, key, value);
  uint64_t commit = commit_staging(w, s);
  sl_staging_free(s);
  return commit;
}

/* "offset:key=value offset:key=value ..." of everything from offset on. */
static inline const char *dump(world *w, sl_partition *p, int64_t offset, sl_read_end end) {
  sl_err err = {0};
  sl_buf out = {0};
  for (;;) {
    sl_fetch *f;
    ok(sl_log_fetch(p, offset, 1 << 20, 1000, end, &f, &err));
    for (size_t i = 0; i < f->count; i++) {
      const sl_record *r = &f->records[i];
      sl_buf_printf(&out, "%s%lld:%.*s=%.*s", out.len ? " " : "", (long long)r->offset, r->key ? (int)r->key_len : 4,
                    r->key ? (const char *)r->key : "null", r->value ? (int)r->value_len : 4,
                    r->value ? (const char *)r->value : "null");
    }
    int64_t next = f->next_offset;
    sl_fetch_unref(f);
    if (next == offset) break;
    offset = next;
  }
  const char *text = sl_arena_dup(&w->arena, out.data, out.len);
  sl_buf_done(&out);
  return text;
}

static inline size_t count_from(sl_partition *p, int64_t offset, sl_read_end end) {
  sl_err err = {0};
  size_t count = 0;
  for (;;) {
    sl_fetch *f;
    ok(sl_log_fetch(p, offset, 1 << 20, 1000, end, &f, &err));
    for (size_t i = 0; i < f->count; i++) assert_true(f->records[i].offset >= offset);
    int64_t next = f->next_offset;
    count += f->count;
    sl_fetch_unref(f);
    if (next == offset) return count;
    assert_true(next > offset);
    offset = next;
  }
}

static inline void housekeep(world *w) {
  sl_err err = {0};
  bool more = true;
  for (int i = 0; more && i < 100000; i++) ok(sl_log_housekeeping_step(w->log, &more, &err));
  assert_false(more);
}

/* Copies the tree into another memory file system: what a kill at this moment would leave. */
static inline void copy_tree(sl_fs *from, sl_fs *to, const char *path, sl_arena *arena) {
  sl_err err = {0};
  char **names;
  size_t count;
  ok(sl_fs_mkdir(to, path, &err));
  ok(sl_fs_list(from, path, arena, &names, &count, &err));
  for (size_t i = 0; i < count; i++) {
    char *child = sl_arena_printf(arena, "%s/%s", path, names[i]);
    if (sl_fs_is_dir(from, child)) {
      copy_tree(from, to, child, arena);
      continue;
    }
    char *data;
    size_t len;
    sl_file *file;
    ok(sl_fs_read_all(from, child, 1 << 28, arena, &data, &len, &err));
    ok(sl_fs_open(to, child, SL_FS_WRITE | SL_FS_CREATE, &file, &err));
    ok(sl_file_write(file, 0, data, len, &err));
    sl_file_close(file);
  }
}
