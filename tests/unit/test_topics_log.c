/* The embedded log in one process: topics, commits, reading, ends, positions, stops and starts. */
#include "tests/unit/topics_log_testing.h"
#include "topics/embedded/embedded_int.h"

static int setup(void **state) {
  return setup_mode(state, SL_FLUSH_INTERVAL);
}
static int setup_always(void **state) {
  return setup_mode(state, SL_FLUSH_ALWAYS);
}
static int setup_never(void **state) {
  return setup_mode(state, SL_FLUSH_NEVER);
}

/* A kill: the log is opened again from a copy of its files, without the clean stop. */
static void reopen_after_kill(world *w) {
  sl_fs *copy = sl_fs_memory_new();
  copy_tree(w->fs, copy, "/data", &w->arena);
  sl_log_close(w->log, NULL);
  sl_fs_free(w->fs);
  w->fs = w->options.fs = copy;
  world_open(w);
}

static void reopen_clean(world *w) {
  world_close(w);
  world_open(w);
}

/* ---- topics ---- */

static void test_topic__create_find_and_list(void **state) {
  world *w = *state;
  sl_topic_setting set[] = {{sl_str_of("cleanup.policy"), sl_str_of("compact")}};
  sl_topic *b = make_topic(w, "b.topic", 3, 1, set), *a = make_topic(w, "a-1", 1, 0, NULL);
  sl_topic **all;
  size_t count;
  sl_log_topics(w->log, &w->arena, &all, &count);
  assert_int_equal(count, 2);
  assert_ptr_equal(all[0], a);
  assert_ptr_equal(all[1], b);
  assert_int_equal(sl_topic_partitions(b), 3);
  assert_null(sl_topic_partition(b, 3));
  assert_true(sl_str_eq_z(sl_topic_setting_get(b, &w->arena, sl_str_of("cleanup.policy")), "compact"));
  assert_true(sl_str_eq_z(sl_topic_setting_get(a, &w->arena, sl_str_of("cleanup.policy")), "delete"));
  assert_true(sl_str_eq_z(sl_topic_setting_get(a, &w->arena, sl_str_of("retention.ms")), "-1"));
  assert_int_equal(sl_topic_setting_get(a, &w->arena, sl_str_of("no.such")).len, 0);
  assert_true(sl_fs_exists(w->fs, "/data/topics/b.topic-2/partition.metadata"));
  assert_null(sl_log_topic_find(w->log, sl_str_of("c")));
  sl_topic *same = sl_log_topic_by_id(w->log, sl_topic_get_id(b));
  assert_ptr_equal(same, b);
}

static void test_topic__bad_names_settings_and_counts_are_refused(void **state) {
  world *w = *state;
  static const struct {
    const char *name, *setting, *value;
    int32_t partitions;
    int code;
  } CASES[] = {
      {"", NULL, NULL, 1, SL_E_INVALID_CONFIG},
      {"..", NULL, NULL, 1, SL_E_INVALID_CONFIG},
      {"a/b", NULL, NULL, 1, SL_E_INVALID_CONFIG},
      {"t", NULL, NULL, 0, SL_E_INVALID_CONFIG},
      {"t", "no.such", "1", 1, SL_E_INVALID_CONFIG},
      {"t", "segment.bytes", "13", 1, SL_E_INVALID_CONFIG},
      {"t", "cleanup.policy", "delete,burn", 1, SL_E_INVALID_CONFIG},
      {"have", NULL, NULL, 1, SL_E_TOPIC_EXISTS},
      {"with.dot", NULL, NULL, 1, SL_E_INVALID_CONFIG},
      {"t", "min.insync.replicas", "2", 1, SL_E_INVALID_CONFIG},
  };
  make_topic(w, "have", 1, 0, NULL);
  make_topic(w, "with_dot", 1, 0, NULL);
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    sl_err err = {0};
    sl_topic *topic;
    sl_topic_setting set = {sl_str_of(CASES[i].setting), sl_str_of(CASES[i].value)};
    sl_topic_spec spec = {.name = sl_str_of(CASES[i].name),
                          .partitions = CASES[i].partitions,
                          .settings = &set,
                          .setting_count = CASES[i].setting ? 1 : 0};
    assert_int_equal(sl_log_topic_create(w->log, &spec, &topic, &err), CASES[i].code);
    sl_err_done(&err);
  }
}

static void test_topic__ids_print_and_parse(void **state) {
  (void)state;
  sl_topic_id id, back;
  char text[23];
  for (int i = 0; i < 16; i++) id.bytes[i] = (uint8_t)(i * 37 + 11);
  sl_topic_id_print(text, &id);
  assert_int_equal(strlen(text), 22);
  assert_true(sl_topic_id_parse(sl_str_of(text), &back));
  assert_true(sl_topic_id_equal(&id, &back));
  assert_false(sl_topic_id_parse(sl_str_of("short"), &back));
  assert_false(sl_topic_id_parse(sl_str_of("!!!!!!!!!!!!!!!!!!!!!!"), &back));
}

static void test_topic__settings_and_growth_survive_restarts(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = make_topic(w, "t", 1, 0, NULL);
  sl_topic_id id = *sl_topic_get_id(t);
  sl_str v = sl_str_of("1234"), bad = sl_str_of("x");
  ok(sl_log_topic_set(w->log, t, sl_str_of("retention.ms"), &v, &err));
  assert_int_equal(sl_log_topic_set(w->log, t, sl_str_of("retention.ms"), &bad, &err), SL_E_INVALID_CONFIG);
  sl_err_done(&err);
  ok(sl_log_topic_grow(w->log, t, 4, &err));
  assert_int_equal(sl_log_topic_grow(w->log, t, 4, &err), SL_E_INVALID_CONFIG);
  sl_err_done(&err);
  put(w, sl_topic_partition(t, 3), 5, "k", "v");
  reopen_after_kill(w);
  t = get_topic(w, "t");
  assert_true(sl_topic_id_equal(&id, sl_topic_get_id(t)));
  assert_int_equal(sl_topic_partitions(t), 4);
  assert_true(sl_str_eq_z(sl_topic_setting_get(t, &w->arena, sl_str_of("retention.ms")), "1234"));
  assert_string_equal(dump(w, sl_topic_partition(t, 3), 0, SL_READ_VISIBLE), "0:k=v");
  ok(sl_log_topic_set(w->log, t, sl_str_of("retention.ms"), NULL, &err));
  reopen_clean(w);
  t = get_topic(w, "t");
  assert_true(sl_str_eq_z(sl_topic_setting_get(t, &w->arena, sl_str_of("retention.ms")), "-1"));
}

static void test_topic__deleted_topic_is_gone_and_its_name_is_free(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *old = make_topic(w, "t", 2, 0, NULL);
  sl_topic_id id = *sl_topic_get_id(old);
  sl_partition *p = sl_topic_partition(old, 0);
  put(w, p, 1, "a", "1");
  sl_staging *s = sl_staging_new();
  stage(s, p, 2, "b", "2");
  ok(sl_log_topic_delete(w->log, old, &err));
  sl_part part = {.staging = s};
  assert_int_equal(sl_log_commit(w->log, &part, 1, NULL, &err), SL_E_TOPIC_NOT_FOUND);
  sl_err_done(&err);
  sl_fetch *f;
  assert_int_equal(sl_log_fetch(p, 0, 1000, 10, SL_READ_VISIBLE, &f, &err), SL_E_TOPIC_NOT_FOUND);
  sl_err_done(&err);
  assert_int_equal(sl_log_topic_delete(w->log, old, &err), SL_E_TOPIC_NOT_FOUND);
  sl_err_done(&err);
  sl_staging_free(s);
  assert_null(sl_log_topic_find(w->log, sl_str_of("t")));
  sl_topic *fresh = make_topic(w, "t", 1, 0, NULL);
  assert_false(sl_topic_id_equal(&id, sl_topic_get_id(fresh)));
  assert_string_equal(dump(w, sl_topic_partition(fresh, 0), 0, SL_READ_VISIBLE), "");
  put(w, sl_topic_partition(fresh, 0), 3, "n", "3");
  sl_topic_unref(old);
  char **names;
  size_t count, aside = 0;
  housekeep(w);
  ok(sl_fs_list(w->fs, "/data/topics", &w->arena, &names, &count, &err));
  for (size_t i = 0; i < count; i++) aside += sl_str_ends(sl_str_of(names[i]), sl_str_of("-delete"));
  assert_int_equal(aside, 2); /* file.delete.delay.ms */
  sl_clock_manual_advance(&w->clock, 60000);
  housekeep(w);
  ok(sl_fs_list(w->fs, "/data/topics", &w->arena, &names, &count, &err));
  for (size_t i = 0; i < count; i++) assert_false(sl_str_ends(sl_str_of(names[i]), sl_str_of("-delete")));
  reopen_after_kill(w);
  fresh = get_topic(w, "t");
  assert_int_equal(sl_topic_partitions(fresh), 1);
  assert_string_equal(dump(w, sl_topic_partition(fresh, 0), 0, SL_READ_VISIBLE), "0:n=3");
}

/* ---- commits and reading ---- */

static void test_commit__records_come_back_as_they_went_in(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = make_topic(w, "t", 1, 0, NULL);
  sl_partition *p = sl_topic_partition(t, 0);
  sl_buf headers = {0};
  sl_str hv = sl_str_of("hv");
  sl_headers_encode(&headers, sl_str_of("h"), &hv);
  sl_record_headers rh = {headers.data, (uint32_t)headers.len, 1};
  sl_staging *s = sl_staging_new();
  ok(sl_staging_append(s, p, 77, "key", 3, "value", 5, &rh, &err));
  ok(sl_staging_append(s, p, 70, "", 0, NULL, 0, NULL, &err));
  ok(sl_staging_append(s, p, -1, NULL, 0, "", 0, NULL, &err));
  assert_int_equal(sl_staging_records(s), 3);
  sl_part part = {.staging = s};
  sl_commit_result result;
  ok(sl_log_commit(w->log, &part, 1, &result, &err));
  assert_int_equal(result.last_offset, 2);
  assert_int_equal(result.commit, 1);
  for (int round = 0; round < 2; round++) {
    sl_fetch *f;
    ok(sl_log_fetch(p, 0, 1 << 20, 100, SL_READ_VISIBLE, &f, &err));
    assert_int_equal(f->count, 3);
    assert_int_equal(f->next_offset, 3);
    const sl_record *r = f->records;
    assert_int_equal(r[0].timestamp, 77);
    assert_int_equal(r[0].headers.count, 1);
    assert_memory_equal(r[0].headers.data, headers.data, headers.len);
    assert_int_equal(r[1].timestamp, 70);
    assert_non_null(r[1].key);
    assert_int_equal(r[1].key_len, 0);
    assert_null(r[1].value);
    assert_int_equal(r[2].timestamp, -1);
    assert_null(r[2].key);
    assert_non_null(r[2].value);
    sl_fetch_unref(f);
    ok(sl_log_fetch(p, 2, 1 << 20, 100, SL_READ_VISIBLE, &f, &err));
    assert_int_equal(f->count, 1);
    assert_int_equal(f->records[0].offset, 2);
    sl_fetch_unref(f);
    if (!round) { /* once from the appender's memory, once from the file */
      sl_staging_reset(s);
      reopen_clean(w);
      t = get_topic(w, "t");
      p = sl_topic_partition(t, 0);
    }
  }
  sl_staging_free(s);
  sl_buf_done(&headers);
}

static void test_commit__out_of_range_reads_say_so(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_partition *p = sl_topic_partition(make_topic(w, "t", 1, 0, NULL), 0);
  sl_fetch *f;
  ok(sl_log_fetch(p, 0, 100, 10, SL_READ_VISIBLE, &f, &err));
  assert_int_equal(f->count, 0);
  assert_int_equal(f->next_offset, 0);
  sl_fetch_unref(f);
  assert_int_equal(sl_log_fetch(p, 1, 100, 10, SL_READ_VISIBLE, &f, &err), SL_E_OFFSET_OUT_OF_RANGE);
  sl_err_done(&err);
  assert_int_equal(sl_log_fetch(p, -1, 100, 10, SL_READ_VISIBLE, &f, &err), SL_E_OFFSET_OUT_OF_RANGE);
  sl_err_done(&err);
}

static void test_staging__refuses_what_the_topic_does_not_take(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic_setting set[] = {{sl_str_of("cleanup.policy"), sl_str_of("compact")},
                            {sl_str_of("max.message.bytes"), sl_str_of("200")},
                            {sl_str_of("message.timestamp.after.max.ms"), sl_str_of("1000")}};
  sl_partition *p = sl_topic_partition(make_topic(w, "t", 1, 3, set), 0);
  sl_staging *s = sl_staging_new();
  char big[300] = {0};
  assert_int_equal(sl_staging_append(s, p, 1, NULL, 0, "v", 1, NULL, &err), SL_E_INVALID_RECORD);
  sl_err_done(&err);
  assert_int_equal(sl_staging_append(s, p, 1, "k", 1, big, sizeof big, NULL, &err), SL_E_MESSAGE_TOO_LARGE);
  sl_err_done(&err);
  assert_int_equal(sl_staging_append(s, p, -2, "k", 1, "v", 1, NULL, &err), SL_E_INVALID_TIMESTAMP);
  sl_err_done(&err);
  assert_int_equal(sl_staging_append(s, p, w->clock.wall + 1001, "k", 1, "v", 1, NULL, &err), SL_E_INVALID_TIMESTAMP);
  sl_err_done(&err);
  assert_int_equal(sl_staging_records(s), 0);
  for (int i = 0; i < 20; i++) ok(sl_staging_append(s, p, 1, "k", 1, big, 100, NULL, &err)); /* a batch each */
  commit_staging(w, s);
  sl_staging_free(s);
  assert_int_equal(count_from(p, 0, SL_READ_VISIBLE), 20);
}

static void test_commit__many_partitions_get_their_records(void **state) {
  world *w = *state;
  sl_topic *a = make_topic(w, "a", 20, 0, NULL), *b = make_topic(w, "b", 20, 0, NULL);
  sl_err err = {0};
  sl_staging *s[2] = {sl_staging_new(), sl_staging_new()};
  for (int i = 0; i < 400; i++) {
    char k[32];
    snprintf(k, sizeof k, "%d", i);
    stage(s[i & 1], sl_topic_partition(i % 3 ? a : b, i % 20), i, k, "v");
  }
  sl_position pos = {.topic = *sl_topic_get_id(a), .partition = 0, .offset = 0};
  sl_part parts[2] = {{.has_task = true,
                       .task = {7, 1, 2},
                       .staging = s[0],
                       .positions = &pos,
                       .position_count = 1,
                       .clocks = "clocks",
                       .clocks_len = 6},
                      {.staging = s[1]}};
  ok(sl_log_commit(w->log, parts, 2, NULL, &err));
  for (int round = 0; round < 2; round++) {
    size_t total = 0;
    for (int i = 0; i < 20; i++)
      total += count_from(sl_topic_partition(a, i), 0, SL_READ_VISIBLE) +
               count_from(sl_topic_partition(b, i), 0, SL_READ_VISIBLE);
    assert_int_equal(total, 400);
    sl_position *got;
    size_t count;
    sl_str clocks;
    sl_log_task_state(w->log, (sl_task_id){7, 1, 2}, &w->arena, &got, &count, &clocks);
    assert_int_equal(count, 1);
    assert_true(sl_topic_id_equal(&got[0].topic, &pos.topic));
    assert_true(sl_str_eq_z(clocks, "clocks"));
    if (round) break;
    sl_staging_free(s[0]);
    sl_staging_free(s[1]);
    reopen_after_kill(w);
    a = get_topic(w, "a");
    b = get_topic(w, "b");
  }
}

static void test_commit__position_beyond_the_end_is_refused(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = make_topic(w, "t", 1, 0, NULL);
  put(w, sl_topic_partition(t, 0), 1, "a", "1");
  sl_position pos = {.topic = *sl_topic_get_id(t), .partition = 0, .offset = 2};
  sl_part part = {.has_task = true, .task = {1, 0, 0}, .positions = &pos, .position_count = 1};
  assert_int_equal(sl_log_commit(w->log, &part, 1, NULL, &err), SL_E_OFFSET_OUT_OF_RANGE);
  sl_err_done(&err);
  pos.offset = 1;
  ok(sl_log_commit(w->log, &part, 1, NULL, &err));
}

static void test_commit__every_compression_and_append_time(void **state) {
  world *w = *state;
  static const char *const TYPES[] = {"producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"};
  for (size_t c = 0; c < sizeof TYPES / sizeof *TYPES; c++) {
    sl_topic_setting set[] = {{sl_str_of("compression.type"), sl_str_of(TYPES[c])},
                              {sl_str_of("message.timestamp.type"), sl_str_of(c & 1 ? "LogAppendTime" : "CreateTime")}};
    sl_topic *t = make_topic(w, TYPES[c], 1, 2, set);
    sl_partition *p = sl_topic_partition(t, 0);
    sl_staging *s = sl_staging_new();
    for (int i = 0; i < 3000; i++) stage(s, p, i, "key", "a value with some length to it, to be compressed");
    commit_staging(w, s);
    sl_staging_free(s);
    assert_int_equal(count_from(p, 0, SL_READ_VISIBLE), 3000);
    assert_int_equal(count_from(p, 2999, SL_READ_VISIBLE), 1);
    bool packed = c >= 2;
    assert_int_equal(sl_partition_bytes(p) < 60000, packed);
    sl_err err = {0};
    sl_fetch *f;
    ok(sl_log_fetch(p, 10, 1000, 10, SL_READ_VISIBLE, &f, &err));
    assert_int_equal(f->records[0].timestamp, c & 1 ? w->clock.wall : 10);
    sl_fetch_unref(f);
  }
}

static void test_fetch__limits_are_kept_by_whole_batches(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_partition *p = sl_topic_partition(make_topic(w, "t", 1, 0, NULL), 0);
  for (int i = 0; i < 50; i++) put(w, p, i, "k", "0123456789");
  sl_fetch *f;
  ok(sl_log_fetch(p, 3, 1 << 20, 5, SL_READ_VISIBLE, &f, &err));
  assert_int_equal(f->count, 5);
  assert_int_equal(f->records[0].offset, 3);
  assert_int_equal(f->next_offset, 8);
  sl_fetch_unref(f);
  ok(sl_log_fetch(p, 3, 1, 1000, SL_READ_VISIBLE, &f, &err)); /* one batch in any case */
  assert_int_equal(f->count, 1);
  sl_fetch_ref(f);
  sl_fetch_unref(f);
  assert_int_equal(f->records[0].offset, 3);
  sl_fetch_unref(f);
}

static void test_fetch__small_segments_and_a_tiny_cache_give_the_same(void **state) {
  world *w = *state;
  world_close(w);
  w->options.block_budget = 1;
  world_open(w);
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("3000")},
                            {sl_str_of("index.interval.bytes"), sl_str_of("100")}};
  sl_partition *p = sl_topic_partition(make_topic(w, "t", 1, 2, set), 0);
  sl_staging *s = sl_staging_new();
  for (int i = 0; i < 1000; i++) {
    char k[32];
    snprintf(k, sizeof k, "k%d", i);
    stage(s, p, 1000 + i, k, "some value");
    if (i % 7 == 6 || i == 999) commit_staging(w, s);
  }
  sl_staging_free(s);
  for (int round = 0; round < 3; round++) {
    assert_int_equal(count_from(p, 0, SL_READ_VISIBLE), 1000);
    for (int64_t o = 0; o < 1000; o += 13) {
      sl_err err = {0};
      sl_fetch *f;
      int64_t at;
      ok(sl_log_fetch(p, o, 500, 10, SL_READ_VISIBLE, &f, &err));
      assert_int_equal(f->records[0].offset, o);
      assert_int_equal(atoi((const char *)f->records[0].key + 1), o);
      sl_fetch_unref(f);
      ok(sl_partition_offset_at(p, 1000 + o, &at, &err));
      assert_int_equal(at, o);
    }
    if (round == 0) reopen_clean(w);
    if (round == 1) reopen_after_kill(w);
    p = sl_topic_partition(get_topic(w, "t"), 0);
  }
  int64_t at;
  sl_err err = {0};
  ok(sl_partition_offset_at(p, 5000, &at, &err));
  assert_int_equal(at, 1000);
  ok(sl_partition_offset_at(p, 0, &at, &err));
  assert_int_equal(at, 0);
}

static void test_fetch__a_batch_larger_than_a_block_is_read(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_partition *p = sl_topic_partition(make_topic(w, "t", 1, 0, NULL), 0);
  size_t len = 700 * 1024;
  char *big = calloc(1, len);
  put(w, p, 1, "a", "small");
  sl_staging *s = sl_staging_new();
  ok(sl_staging_append(s, p, 1, "k", 1, big, len, NULL, &err));
  commit_staging(w, s);
  sl_staging_free(s);
  put(w, p, 1, "z", "small");
  for (int round = 0; round < 2; round++) {
    sl_fetch *f;
    ok(sl_log_fetch(p, 1, 100, 10, SL_READ_VISIBLE, &f, &err));
    assert_int_equal(f->records[0].value_len, len);
    sl_fetch_unref(f);
    assert_int_equal(count_from(p, 0, SL_READ_VISIBLE), 3);
    reopen_clean(w);
    p = sl_topic_partition(get_topic(w, "t"), 0);
  }
  free(big);
}

static void test_fetch__damage_is_reported_not_skipped(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = make_topic(w, "t", 1, 0, NULL);
  for (int i = 0; i < 3; i++) put(w, sl_topic_partition(t, 0), i, "key", "value");
  world_close(w);
  sl_file *file;
  uint8_t byte = 0xEE;
  uint64_t size;
  ok(sl_fs_open(w->fs, "/data/topics/t-0/00000000000000000000.log", SL_FS_WRITE, &file, &err));
  ok(sl_file_size(file, &size, &err));
  ok(sl_file_write(file, size - size / 3 - 3, &byte, 1, &err));
  sl_file_close(file);
  world_open(w);
  sl_partition *p = sl_topic_partition(get_topic(w, "t"), 0);
  sl_fetch *f;
  ok(sl_log_fetch(p, 0, 1 << 20, 100, SL_READ_VISIBLE, &f, &err));
  assert_int_equal(f->count, 1);
  sl_fetch_unref(f);
  assert_int_equal(sl_log_fetch(p, 1, 1 << 20, 100, SL_READ_VISIBLE, &f, &err), SL_E_CORRUPT);
  sl_err_done(&err);
  ok(sl_log_fetch(p, 2, 1 << 20, 100, SL_READ_VISIBLE, &f, &err)); /* behind it */
  assert_int_equal(f->count, 1);
  sl_fetch_unref(f);
}

/* ---- ends ---- */

typedef struct counter {
  sl_listener listener;
  int count;
} counter;

static void counted(sl_listener *listener) {
  ((counter *)listener)->count++;
}

static void test_ends__always_waits_for_the_flush(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = make_topic(w, "t", 1, 0, NULL);
  sl_partition *p = sl_topic_partition(t, 0);
  counter visible = {{counted, NULL}, 0}, durable = {{counted, NULL}, 0};
  sl_partition_listen(p, SL_READ_VISIBLE, &visible.listener);
  sl_partition_listen(p, SL_READ_DURABLE, &durable.listener);
  uint64_t commit = put(w, p, 1, "a", "1");
  assert_int_equal(visible.count, 1);
  assert_int_equal(durable.count, 0);
  assert_int_equal(sl_partition_visible(p), 1);
  assert_int_equal(sl_partition_durable(p), 0);
  assert_true(sl_log_durable_commit(w->log) < commit);
  assert_string_equal(dump(w, p, 0, SL_READ_VISIBLE), "0:a=1");
  assert_string_equal(dump(w, p, 0, SL_READ_DURABLE), "");
  int64_t due;
  ok(sl_log_flush_step(w->log, false, &due, &err));
  assert_int_equal(sl_partition_durable(p), 1);
  assert_int_equal(sl_partition_synced(p), 1);
  assert_int_equal(sl_log_durable_commit(w->log), commit);
  assert_int_equal(durable.count, 1);
  assert_string_equal(dump(w, p, 0, SL_READ_DURABLE), "0:a=1");
  assert_true(due == INT64_MAX);
  sl_partition_unlisten(p, SL_READ_VISIBLE, &visible.listener);
  sl_partition_unlisten(p, SL_READ_DURABLE, &durable.listener);
  put(w, p, 1, "b", "2");
  assert_int_equal(visible.count, 1);
}

static void test_ends__interval_syncs_when_it_is_due(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_partition *p = sl_topic_partition(make_topic(w, "t", 1, 0, NULL), 0);
  int64_t due;
  ok(sl_log_flush_step(w->log, false, &due, &err));
  assert_true(due == INT64_MAX);
  put(w, p, 1, "a", "1");
  assert_int_equal(sl_partition_durable(p), 1); /* acknowledged after the write */
  assert_int_equal(sl_partition_synced(p), 0);
  ok(sl_log_flush_step(w->log, false, &due, &err));
  assert_int_equal(sl_partition_synced(p), 0);
  assert_int_equal(due, sl_clock_monotonic_ns(&w->clock.clock) / 1000000 + 1000);
  sl_clock_manual_advance(&w->clock, 1000);
  ok(sl_log_flush_step(w->log, false, &due, &err));
  assert_int_equal(sl_partition_synced(p), 1);
}

static void test_ends__never_syncs_only_when_told(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_partition *p = sl_topic_partition(make_topic(w, "t", 1, 0, NULL), 0);
  put(w, p, 1, "a", "1");
  sl_clock_manual_advance(&w->clock, 100000);
  int64_t due;
  ok(sl_log_flush_step(w->log, false, &due, &err));
  assert_int_equal(sl_partition_durable(p), 1);
  assert_int_equal(sl_partition_synced(p), 0);
  ok(sl_log_flush_step(w->log, true, &due, &err));
  assert_int_equal(sl_partition_synced(p), 1);
}

/* ---- tasks and groups ---- */

/* What makes a commit durable: one sync under "always" (of the decision log, which carries the batches), also for many
 * commits at once and many partitions; none in the way of a commit otherwise. */
static void test_flush__always_costs_one_sync(void **state) {
  (void)state;
  static const struct {
    sl_flush_mode mode;
    uint64_t syncs;
  } CASES[] = {{SL_FLUSH_ALWAYS, 1}, {SL_FLUSH_INTERVAL, 0}, {SL_FLUSH_NEVER, 0}};
  for (size_t c = 0; c < sizeof CASES / sizeof *CASES; c++) {
    sl_err err = {0};
    world w;
    sl_fs *memory = sl_fs_memory_new(), *counting = sl_fs_fault_new(memory, "/", &err);
    world_init(&w, counting, CASES[c].mode);
    world_open(&w);
    sl_topic *t = make_topic(&w, "t", 4, 0, NULL);
    sl_staging *s = sl_staging_new();
    for (int commits = 1; commits < 40; commits *= 3) {
      uint64_t before = sl_fs_fault_count(counting, SL_FS_OP_SYNC | SL_FS_OP_SYNC_DIR);
      uint64_t writes = sl_fs_fault_count(counting, SL_FS_OP_WRITE);
      for (int i = 0; i < commits; i++) {
        for (int p = 0; p < 4; p++) stage(s, sl_topic_partition(t, p), i, "k", "v");
        for (int p = 0; p < 4; p++) stage(s, sl_topic_partition(t, p), i, "k", "a second record of the same batch");
        commit_staging(&w, s);
      }
      writes = sl_fs_fault_count(counting, SL_FS_OP_WRITE) - writes;
      /* one for each partition and one for the decision; now and then zeros are written ahead */
      uint64_t zeros = CASES[c].mode == SL_FLUSH_ALWAYS ? 1 : 0;
      assert_in_range(writes, 5 * (uint64_t)commits, 5 * (uint64_t)commits + zeros);
      ok(sl_log_flush_step(w.log, false, NULL, &err));
      uint64_t syncs = sl_fs_fault_count(counting, SL_FS_OP_SYNC | SL_FS_OP_SYNC_DIR) - before;
      assert_int_equal(syncs, CASES[c].syncs);
      assert_int_equal(sl_log_durable_commit(w.log), atomic_load(&sl_embedded_of(w.log)->last_commit));
    }
    sl_staging_free(s);
    sl_topic_unref(t);
    world_close(&w);
    sl_arena_done(&w.arena);
    sl_fs_free(counting);
    sl_fs_free(memory);
  }
}

static void test_ledger__tasks_are_forgotten_with_their_query(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_position *got;
  size_t count;
  sl_str clocks;
  for (uint64_t q = 1; q <= 2; q++) {
    for (int32_t i = 0; i < 3; i++) {
      sl_part part = {.has_task = true, .task = {q, 0, i}, .clocks = "c", .clocks_len = 1};
      ok(sl_log_commit(w->log, &part, 1, NULL, &err));
    }
  }
  ok(sl_log_forget_query(w->log, 1, &err));
  for (int round = 0; round < 3; round++) {
    for (int32_t i = 0; i < 3; i++) {
      sl_log_task_state(w->log, (sl_task_id){1, 0, i}, &w->arena, &got, &count, &clocks);
      assert_int_equal(clocks.len, 0);
      sl_log_task_state(w->log, (sl_task_id){2, 0, i}, &w->arena, &got, &count, &clocks);
      assert_int_equal(clocks.len, 1);
    }
    if (round) {
      reopen_clean(w);
    } else {
      reopen_after_kill(w);
    }
  }
}

static void test_ledger__groups_keep_positions_by_partition(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = make_topic(w, "t", 2, 0, NULL);
  sl_position a = {*sl_topic_get_id(t), 0, 5}, b = {*sl_topic_get_id(t), 1, 6}, c = {*sl_topic_get_id(t), 0, 9};
  ok(sl_log_group_commit(w->log, sl_str_of("g"), &a, 1, &err));
  ok(sl_log_group_commit(w->log, sl_str_of("g"), &b, 1, &err));
  ok(sl_log_group_commit(w->log, sl_str_of("g"), &c, 1, &err));
  ok(sl_log_group_commit(w->log, sl_str_of("h"), &c, 1, &err));
  ok(sl_log_group_commit(w->log, sl_str_of("h"), NULL, 0, &err)); /* deleted */
  reopen_after_kill(w);
  sl_position *got;
  size_t count;
  sl_str *names;
  sl_log_group_positions(w->log, sl_str_of("g"), &w->arena, &got, &count);
  assert_int_equal(count, 2);
  assert_int_equal(got[0].offset, 9);
  assert_int_equal(got[1].offset, 6);
  sl_log_groups(w->log, &w->arena, &names, &count);
  assert_int_equal(count, 1);
  assert_true(sl_str_eq_z(names[0], "g"));
}

/* ---- starts and stops ---- */

static void test_open__a_second_owner_is_refused(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_log *other;
  assert_int_equal(sl_embedded_log_open(&w->options, &other, &err), SL_E_LOCKED);
  sl_err_done(&err);
}

static void test_open__another_version_is_refused_by_name(void **state) {
  world *w = *state;
  sl_err err = {0};
  world_close(w);
  ok(sl_fs_replace(w->fs, "/data/topics/sluice-format", "version: 2\nstarts: 1\n", 21, &err));
  assert_int_equal(sl_embedded_log_open(&w->options, &w->log, &err), SL_E_VERSION);
  assert_non_null(strstr(err.message, "version 2"));
  sl_err_done(&err);
  ok(sl_fs_remove(w->fs, "/data/topics/sluice-format", &err));
  assert_int_equal(sl_embedded_log_open(&w->options, &w->log, &err), SL_E_VERSION);
  sl_err_done(&err);
  w->log = NULL;
}

static void test_open__missing_decisions_are_no_empty_log(void **state) {
  world *w = *state;
  sl_err err = {0};
  make_topic(w, "t", 1, 0, NULL);
  world_close(w);
  ok(sl_fs_remove(w->fs, "/data/topics/sluice-decisions.log", &err));
  assert_int_equal(sl_embedded_log_open(&w->options, &w->log, &err), SL_E_CORRUPT);
  sl_err_done(&err);
  w->log = NULL;
}

static void test_open__idle_partitions_are_not_opened_after_a_clean_stop(void **state) {
  (void)state;
  world w;
  sl_err err = {0};
  sl_fs *memory = sl_fs_memory_new();
  world_init(&w, memory, SL_FLUSH_INTERVAL);
  world_open(&w);
  sl_topic *t = make_topic(&w, "t", 500, 0, NULL);
  for (int i = 0; i < 500; i++) put(&w, sl_topic_partition(t, i), 1, "k", "v");
  world_close(&w);
  sl_fs *counting = sl_fs_fault_new(memory, "/", &err);
  w.options.fs = counting;
  world_open(&w);
  assert_true(sl_fs_fault_count(counting, SL_FS_OP_OPEN | SL_FS_OP_CREATE | SL_FS_OP_LIST) < 20);
  t = get_topic(&w, "t");
  assert_int_equal(sl_partition_visible(sl_topic_partition(t, 321)), 1);
  assert_string_equal(dump(&w, sl_topic_partition(t, 321), 0, SL_READ_VISIBLE), "0:k=v");
  /* and a reader at the tail makes no call at all */
  put(&w, sl_topic_partition(t, 321), 1, "k", "w");
  uint64_t before = sl_fs_fault_count(counting, ~0u);
  assert_string_equal(dump(&w, sl_topic_partition(t, 321), 1, SL_READ_VISIBLE), "1:k=w");
  assert_int_equal(sl_fs_fault_count(counting, ~0u), before);
  world_close(&w);
  sl_fs_free(counting);
  sl_fs_free(memory);
  sl_arena_done(&w.arena);
}

static void test_open__many_restarts_keep_everything(void **state) {
  world *w = *state;
  sl_topic *t = make_topic(w, "t", 3, 0, NULL);
  for (int round = 0; round < 12; round++) {
    for (int i = 0; i < 5; i++) {
      char k[32];
      snprintf(k, sizeof k, "%d.%d", round, i);
      put(w, sl_topic_partition(t, i % 3), round, k, "v");
    }
    if (round % 3 == 0) {
      reopen_after_kill(w);
    } else {
      reopen_clean(w);
    }
    t = get_topic(w, "t");
    assert_int_equal(sl_partition_visible(sl_topic_partition(t, 0)) + sl_partition_visible(sl_topic_partition(t, 1)) +
                         sl_partition_visible(sl_topic_partition(t, 2)),
                     (round + 1) * 5);
  }
  assert_int_equal(count_from(sl_topic_partition(t, 0), 0, SL_READ_VISIBLE), 24);
}

static void test_batches__carry_start_and_commit_number(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_topic *t = make_topic(w, "t", 1, 0, NULL);
  put(w, sl_topic_partition(t, 0), 1, "a", "1");
  reopen_clean(w);
  t = get_topic(w, "t");
  sl_staging *s = sl_staging_new();
  stage(s, sl_topic_partition(t, 0), 2, "b", "2");
  sl_part part = {.staging = s, .producer = 5};
  sl_commit_result result;
  ok(sl_log_commit(w->log, &part, 1, &result, &err));
  sl_staging_free(s);
  char *data;
  size_t len;
  ok(sl_fs_read_all(w->fs, "/data/topics/t-0/00000000000000000000.log", 1 << 20, &w->arena, &data, &len, &err));
  const uint8_t *batch = (const uint8_t *)data + len / 2;
  assert_int_equal(batch[7], 1);  /* base offset */
  assert_int_equal(batch[50], 5); /* producer id */
  assert_int_equal(batch[52], 2); /* second start */
  assert_int_equal(batch[56], result.commit);
}

int main(void) {
#define in(mode, test) cmocka_unit_test_setup_teardown(test, mode, teardown)
  const struct CMUnitTest tests[] = {
      in(setup, test_topic__create_find_and_list),
      in(setup, test_topic__bad_names_settings_and_counts_are_refused),
      cmocka_unit_test(test_topic__ids_print_and_parse),
      in(setup, test_topic__settings_and_growth_survive_restarts),
      in(setup, test_topic__deleted_topic_is_gone_and_its_name_is_free),
      in(setup, test_commit__records_come_back_as_they_went_in),
      in(setup, test_commit__out_of_range_reads_say_so),
      in(setup, test_staging__refuses_what_the_topic_does_not_take),
      in(setup, test_commit__many_partitions_get_their_records),
      in(setup_always, test_commit__many_partitions_get_their_records),
      in(setup, test_commit__position_beyond_the_end_is_refused),
      in(setup, test_commit__every_compression_and_append_time),
      in(setup, test_fetch__limits_are_kept_by_whole_batches),
      in(setup, test_fetch__small_segments_and_a_tiny_cache_give_the_same),
      in(setup_always, test_fetch__small_segments_and_a_tiny_cache_give_the_same),
      in(setup, test_fetch__a_batch_larger_than_a_block_is_read),
      in(setup, test_fetch__damage_is_reported_not_skipped),
      in(setup_always, test_ends__always_waits_for_the_flush),
      in(setup, test_ends__interval_syncs_when_it_is_due),
      in(setup_never, test_ends__never_syncs_only_when_told),
      cmocka_unit_test(test_flush__always_costs_one_sync),
      in(setup, test_ledger__tasks_are_forgotten_with_their_query),
      in(setup, test_ledger__groups_keep_positions_by_partition),
      in(setup, test_open__a_second_owner_is_refused),
      in(setup, test_open__another_version_is_refused_by_name),
      in(setup, test_open__missing_decisions_are_no_empty_log),
      cmocka_unit_test(test_open__idle_partitions_are_not_opened_after_a_clean_stop),
      in(setup, test_open__many_restarts_keep_everything),
      in(setup_always, test_open__many_restarts_keep_everything),
      in(setup, test_batches__carry_start_and_commit_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
