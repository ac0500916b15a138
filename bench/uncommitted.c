#include "bench/uncommitted.h"

#include "bench/bench.h"
#include "topics/embedded/embedded_int.h"

enum { PARTITIONS_MAX = 16 };

static const sl_log_class *committing;
static sl_log_class appending;
static sl_epart *touched[PARTITIONS_MAX];
static int touched_count;

static void publish(sl_epart *part) {
  pthread_mutex_lock(&part->append);
  sl_epart_publish(part);
  atomic_store(&part->common.durable, part->end);
  pthread_mutex_unlock(&part->append);
}

static void touch(sl_epart *part) {
  for (int i = 0; i < touched_count; i++)
    if (touched[i] == part) return;
  if (touched_count == PARTITIONS_MAX) bench_fail("too many partitions without commits");
  touched[touched_count++] = part;
}

/* Blocks are given to the cache as soon as they are full, or memory would grow as it does not with commits. */
static int append(sl_embedded *log, sl_staged *staged, sl_err *err) {
  sl_epart *part = sl_epart_of(staged->partition);
  sl_batch_stamp stamp = {.epoch = log->epoch, .now_ms = sl_clock_wall_ms(log->common.clock)};
  uint8_t *data;
  size_t len;
  int rc = sl_staged_finish(staged, &data, &len, err);
  if (rc) return rc;
  touch(part);
  pthread_mutex_lock(&part->append);
  rc = sl_epart_prepare(part, err);
  if (!rc) rc = sl_epart_append(part, data, len, &stamp, err);
  bool full = part->pending_block_count > 1;
  pthread_mutex_unlock(&part->append);
  if (full) publish(part);
  return rc;
}

static int append_parts(sl_log *base, const sl_part *parts, size_t count, sl_commit_result *out, sl_err *err) {
  sl_embedded *log = sl_embedded_of(base);
  int rc = 0;
  for (size_t i = 0; i < count; i++) {
    sl_staging *staging = parts[i].staging;
    for (size_t k = 0; !rc && staging && k < staging->count; k++) rc = append(log, staging->items[k], err);
  }
  if (log->cache.bytes > log->cache.budget) sl_cache_trim(&log->cache);
  *out = (sl_commit_result){.last_offset = -1};
  return rc;
}

void uncommitted_begin(sl_log *log) {
  committing = log->cls;
  appending = *committing;
  appending.commit = append_parts;
  log->cls = &appending;
  touched_count = 0;
}

void uncommitted_end(sl_log *log) {
  if (!touched_count) bench_fail("nothing was appended without commits");
  for (int i = 0; i < touched_count; i++) publish(touched[i]);
  log->cls = committing;
}
