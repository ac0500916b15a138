/* libFuzzer target: bytes as one file of a log directory that was killed: a segment, its indexes, the decision log, the
 * topics file, a checkpoint. Whatever they are: a check does not crash, an opening fails with an error or works, and a
 * log that has opened can be read, written, kept and closed.
 *
 * The first byte says which file, and whether checksums of batches are made to fit. */
#include <stdlib.h>
#include <string.h>
#include "topics/log_check.h"
#include "topics/record_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const FILES[] = {"t-0/00000000000000000000.log",
                                    "t-0/00000000000000000000.index",
                                    "t-0/00000000000000000000.timeindex",
                                    "sluice-decisions.log",
                                    "sluice-topics.json",
                                    "log-start-offset-checkpoint",
                                    "cleaner-offset-checkpoint",
                                    "sluice-format"};
enum { FILE_COUNT = sizeof FILES / sizeof *FILES };

static void need(int rc) {
  if (rc) abort();
}

static void write_file(sl_fs *fs, const char *path, const void *data, size_t len) {
  sl_file *file;
  need(sl_fs_open(fs, path, SL_FS_WRITE | SL_FS_CREATE, &file, NULL));
  need(sl_file_truncate(file, 0, NULL));
  if (len) need(sl_file_write(file, 0, data, len, NULL));
  sl_file_close(file);
}

static void commit(sl_log *log, sl_topic *topic, int i) {
  sl_staging *s = sl_staging_new();
  char value[64] = "a value of some length, so that indexes get entries";
  int rc = 0;
  for (int p = 0; p < sl_topic_partitions(topic) && p < 2 && !rc; p++)
    rc = sl_staging_append(s, sl_topic_partition(topic, p), i, "key", 3, value, sizeof value, NULL, NULL);
  sl_position pos = {.topic = *sl_topic_get_id(topic), .offset = i / 2};
  sl_part part = {.has_task = true, .task = {1, 0, 0}, .staging = s, .positions = &pos, .position_count = 1};
  if (!rc) sl_log_commit(log, &part, 1, NULL, NULL);
  sl_staging_free(s);
}

/* The directory as a kill leaves it: made once, in memory. */
static sl_fs *template_dir(void) {
  static sl_fs *fs;
  static sl_log *log; /* stays open: nothing more is written */
  if (fs) return fs;
  fs = sl_fs_memory_new();
  sl_topic *topic;
  sl_log_options options = {.fs = fs, .dir = "/d", .seed = 5};
  need(sl_embedded_log_open(&options, &log, NULL));
  sl_topic_setting set[] = {{sl_str_of("segment.bytes"), sl_str_of("900")},
                            {sl_str_of("index.interval.bytes"), sl_str_of("150")}};
  sl_topic_spec spec = {.name = sl_str_of("t"), .partitions = 2, .settings = set, .setting_count = 2};
  need(sl_log_topic_create(log, &spec, &topic, NULL));
  for (int i = 0; i < 10; i++) commit(log, topic, i);
  sl_topic_unref(topic);
  need(sl_log_close(log, NULL)); /* writes indexes and a base record */
  need(sl_embedded_log_open(&options, &log, NULL));
  topic = sl_log_topic_find(log, sl_str_of("t"));
  for (int i = 10; i < 14; i++) commit(log, topic, i);
  need(sl_log_flush_step(log, true, NULL, NULL));
  sl_topic_unref(topic);
  return fs;
}

static void copy_dir(sl_fs *from, sl_fs *to, const char *path, sl_arena *arena) {
  char **names, *data;
  size_t count, len;
  need(sl_fs_mkdir(to, path, NULL));
  need(sl_fs_list(from, path, arena, &names, &count, NULL));
  for (size_t i = 0; i < count; i++) {
    char *child = sl_arena_printf(arena, "%s/%s", path, names[i]);
    if (sl_fs_is_dir(from, child)) {
      copy_dir(from, to, child, arena);
      continue;
    }
    need(sl_fs_read_all(from, child, 1 << 20, arena, &data, &len, NULL));
    write_file(to, child, data, len);
  }
}

static void fit_checksums(uint8_t *bytes, size_t len) {
  for (size_t at = 0; len - at >= SL_BATCH_HEADER;) {
    size_t length = (size_t)bytes[at + 8] << 24 | (size_t)bytes[at + 9] << 16 | (size_t)bytes[at + 10] << 8 |
                    (size_t)bytes[at + 11];
    if (length < SL_BATCH_MIN_LENGTH || length + SL_BATCH_PREFIX > len - at) return;
    sl_batch_seal(bytes + at, length + SL_BATCH_PREFIX);
    at += length + SL_BATCH_PREFIX;
  }
}

static void on_finding(void *ctx, const sl_finding *finding) {
  (void)ctx;
  if (!finding->where || !finding->what || !finding->todo) abort();
}

static void read_topic(sl_topic *topic) {
  for (int32_t p = 0; p < sl_topic_partitions(topic) && p < 4; p++) {
    sl_partition *partition = sl_topic_partition(topic, p);
    int64_t at = sl_partition_start(partition), found;
    for (int i = 0; i < 100; i++) {
      sl_fetch *fetch;
      if (sl_log_fetch(partition, at, 1 << 16, 50, SL_READ_VISIBLE, &fetch, NULL)) break;
      bool more = fetch->next_offset > at;
      at = fetch->next_offset;
      sl_fetch_unref(fetch);
      if (!more) break;
    }
    sl_partition_offset_at(partition, 5, &found, NULL);
  }
}

static void use(sl_fs *fs) {
  sl_log *log;
  sl_err err = {0};
  sl_log_options options = {.fs = fs, .dir = "/d", .seed = 5, .block_budget = 1};
  if (sl_embedded_log_open(&options, &log, &err)) {
    if (!err.message) abort();
    sl_err_done(&err);
    return;
  }
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_topic **topics;
  size_t count;
  bool more;
  sl_log_topics(log, &arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    read_topic(topics[i]);
    if (i < 4) commit(log, topics[i], 20);
    sl_topic_unref(topics[i]);
  }
  for (int i = 0; i < 5; i++) sl_log_housekeeping_step(log, &more, NULL);
  sl_log_close(log, NULL);
  sl_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size) return 0;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_fs *fs = sl_fs_memory_new();
  copy_dir(template_dir(), fs, "/d", &arena);
  uint8_t *bytes = malloc(size);
  if (!bytes) abort();
  memcpy(bytes, data + 1, size - 1);
  if (data[0] & 0x80) fit_checksums(bytes, size - 1);
  write_file(fs, sl_arena_printf(&arena, "/d/%s", FILES[(data[0] & 0x7F) % FILE_COUNT]), bytes, size - 1);
  sl_log_check_totals totals;
  sl_log_check(fs, "/d", &(sl_log_check_sink){.found = on_finding}, &totals, NULL);
  use(fs);
  free(bytes);
  sl_fs_free(fs);
  sl_arena_done(&arena);
  return 0;
}
