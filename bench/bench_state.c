/* What state costs: nanoseconds per update, bytes per key, and how fast a store comes back from an image and from its
 * changelog, for keys of 16 bytes and values of 40 (one text, or five numbers).
 * Usage: bench_state DIR [keys ...]   (1000 1000000 10000000) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>
#include <malloc.h>
#include "state/changelog.h"
#include "state/image.h"

enum { BATCH = 256, COMMIT = 4 * BATCH };

static const sl_type *const text[] = {&SL_TYPE_STRING};
static const sl_type *const numbers[] = {&SL_TYPE_BIGINT, &SL_TYPE_BIGINT, &SL_TYPE_BIGINT, &SL_TYPE_BIGINT,
                                         &SL_TYPE_BIGINT};

typedef struct bench {
  const char *dir, *label;
  const sl_type *const *types;
  int count;
  size_t keys;
  sl_log *log;
  sl_topic *topic;
  sl_partition *changelog;
  sl_store *store;
  sl_arena arena;
  uint64_t random;
} bench;

#define ok(call)                                                                                                       \
  do {                                                                                                                 \
    sl_err err = {0};                                                                                                  \
    if (call) {                                                                                                        \
      fprintf(stderr, "%s: %s\n", #call, err.message ? err.message : "?");                                             \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t resident(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%*u %lu", &pages) != 1) pages = 0;
  if (file) fclose(file);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static sl_store *new_store(const bench *b) {
  return sl_store_new(&(sl_store_options){.name = "bench", .types = b->types, .count = b->count});
}

static void open_log(bench *b) {
  sl_log_options options = {.fs = sl_fs_real(), .clock = sl_clock_real(), .dir = b->dir, .flush = SL_FLUSH_NEVER};
  ok(sl_embedded_log_open(&options, &b->log, &err));
  const sl_topic_setting compact = {sl_str_of("cleanup.policy"), sl_str_of("compact")};
  sl_topic_spec spec = {.name = sl_str_of("changelog"), .partitions = 1, .settings = &compact, .setting_count = 1};
  ok(sl_log_topic_create(b->log, &spec, &b->topic, &err));
  b->changelog = sl_topic_partition(b->topic, 0);
}

/* Key numbers are spread, so that neighbours in time are none in the table. */
static void key_of(uint64_t i, char out[17]) {
  uint64_t x = (i + 1) * 0x9e3779b97f4a7c15ULL;
  static const char HEX[] = "0123456789abcdef";
  for (int k = 0; k < 16; k++) out[k] = HEX[x >> (4 * k) & 15];
}

static void write_rows(bench *b, const uint64_t *ids, int count, int64_t round) {
  char names[BATCH][17], value[41];
  sl_store_key keys[BATCH] = {{.start = 0}};
  sl_entry *entries[BATCH];
  for (int i = 0; i < count; i++) {
    key_of(ids[i], names[i]);
    keys[i] = (sl_store_key){.bytes = sl_str_n(names[i], 16)};
  }
  ok(sl_store_locate(b->store, keys, count, entries, &err));
  for (int i = 0; i < count; i++) {
    sl_value row[5];
    sl_store_row old;
    sl_arena_reset(&b->arena);
    bool there = sl_store_read(b->store, entries[i], &b->arena, &old);
    if (b->count == 1) {
      snprintf(value, sizeof value, "%020lld%020llu", (long long)round, (unsigned long long)ids[i]);
      row[0] = sl_of_str(sl_str_n(value, 40));
    } else {
      for (int c = 0; c < 5; c++) row[c] = sl_of_i64(there ? old.values[c].i64 + c : round);
    }
    ok(sl_store_write(b->store, entries[i], row, round, NULL, &err));
  }
}

static void commit(bench *b, sl_staging *staging) {
  if (staging) {
    ok(sl_changelog_write(b->store, staging, b->changelog, &b->arena, &err));
    sl_part part = {.staging = staging};
    sl_commit_result result;
    ok(sl_log_commit(b->log, &part, 1, &result, &err));
    sl_staging_reset(staging);
  }
  sl_store_commit(b->store);
}

static void report(const bench *b, const char *what, double seconds, size_t rows) {
  printf("  %-34s %8.0f ns   %6.2f M/s   %6.2f s\n", what, seconds / (double)rows * 1e9, (double)rows / seconds / 1e6,
         seconds);
  (void)b;
}

static void fill(bench *b) {
  sl_staging *staging = sl_staging_new();
  uint64_t ids[BATCH];
  double start = now();
  for (size_t i = 0; i < b->keys;) {
    int n = 0;
    for (; n < BATCH && i < b->keys; n++) ids[n] = i++;
    write_rows(b, ids, n, 1);
    if (i % COMMIT == 0 || i == b->keys) commit(b, staging);
  }
  report(b, "fill, with changelog", now() - start, b->keys);
  sl_staging_free(staging);
}

static void update(bench *b) {
  uint64_t ids[BATCH];
  size_t rows = 2000000;
  double start = now();
  for (size_t i = 0; i < rows; i += BATCH) {
    for (int n = 0; n < BATCH; n++) {
      b->random = b->random * 6364136223846793005ULL + 1442695040888963407ULL;
      ids[n] = (b->random >> 20) % b->keys;
    }
    write_rows(b, ids, BATCH, 2);
    if (i % COMMIT == 0) commit(b, NULL);
  }
  commit(b, NULL);
  report(b, "update, read and write", now() - start, rows);
}

/* What the page cache holds of a file that is synced goes. */
static void forget(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return;
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  close(fd);
}

static void load(bench *b, const char *path, const char *what) {
  sl_image *image;
  bool more = true;
  double start = now();
  sl_store *again = new_store(b);
  ok(sl_image_open(sl_fs_real(), path, &image, &err));
  while (more) ok(sl_image_load(image, again, &more, &err));
  sl_image_close(image);
  report(b, what, now() - start, b->keys);
  if (sl_store_entries(again) != b->keys) exit(printf("WRONG number of rows: %zu\n", sl_store_entries(again)));
  sl_store_free(again);
}

static void images(bench *b) {
  sl_image_id id = {.topic = *sl_topic_get_id(b->topic), .contract = sl_image_contract(b->store, 0)};
  sl_image_writer *writer;
  sl_image_info info;
  bool more = true;
  double start = now(), longest = 0;
  ok(sl_image_begin(sl_fs_real(), b->dir, &id, b->store, 0, &writer, &err));
  while (more) {
    double step = now();
    sl_image_collect(writer, 256 << 10, &more);
    if (now() - step > longest) longest = now() - step;
    ok(sl_image_write(writer, &err));
  }
  ok(sl_image_finish(writer, sl_partition_visible(b->changelog), &info, &err));
  report(b, "image written and synced", now() - start, b->keys);
  printf("  %-34s %8.0f us\n", "  longest hold of the store", longest * 1e6);
  printf("  %-34s %8.1f bytes\n", "  image, per key", (double)info.bytes / (double)b->keys);
  sl_image_writer_free(writer);
  char *path = sl_image_path(&b->arena, b->dir, &id.topic, 0);
  path = strdup(path);
  load(b, path, "image loaded, warm");
  forget(path);
  load(b, path, "image loaded, cold");
  unlink(path);
  free(path);
}

static void replay(bench *b) {
  sl_store *again = new_store(b);
  int64_t position = 0, end = sl_partition_visible(b->changelog);
  double start = now();
  while (position < end) {
    sl_arena_reset(&b->arena);
    ok(sl_changelog_restore(again, b->changelog, &position, end, 4000, &b->arena, &err));
  }
  report(b, "changelog replayed", now() - start, b->keys);
  if (sl_store_entries(again) != b->keys) exit(printf("WRONG number of rows: %zu\n", sl_store_entries(again)));
  sl_store_free(again);
}

static void run(bench *b) {
  sl_arena_init(&b->arena, 1 << 20);
  open_log(b);
  printf("%s, %zu keys\n", b->label, b->keys);
  malloc_trim(0);
  size_t before = resident();
  b->store = new_store(b);
  fill(b);
  update(b);
  printf("  %-34s %8.1f bytes   (resident %.1f)\n", "memory, per key",
         (double)sl_store_bytes(b->store) / (double)b->keys, ((double)resident() - (double)before) / (double)b->keys);
  images(b);
  sl_store_free(b->store);
  replay(b);
  ok(sl_log_topic_delete(b->log, b->topic, &err));
  sl_topic_unref(b->topic);
  ok(sl_log_close(b->log, &err));
  ok(sl_fs_remove_tree(sl_fs_real(), b->dir, &err));
  sl_arena_done(&b->arena);
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: bench_state DIR [keys ...]\n"), 2;
  static const size_t DEFAULTS[] = {1000, 1000000, 10000000};
  int count = argc > 2 ? argc - 2 : 3;
  for (int i = 0; i < count; i++) {
    size_t keys = argc > 2 ? strtoull(argv[i + 2], NULL, 10) : DEFAULTS[i];
    sl_arena scratch;
    sl_arena_init(&scratch, 0);
    const char *dir = sl_arena_printf(&scratch, "%s/bench-state", argv[1]);
    bench b = {.dir = dir, .label = "text of 40 bytes", .types = text, .count = 1, .keys = keys};
    run(&b);
    b = (bench){.dir = dir, .label = "five numbers", .types = numbers, .count = 5, .keys = keys};
    run(&b);
    sl_arena_done(&scratch);
  }
  return 0;
}
