/* Housekeeping in pieces: each call of the step does one bounded thing and says whether another waits.
 *
 *   - finish what a full disk has kept DDL from finishing
 *   - remove one file or directory that was moved aside long enough ago, free deleted topics that nobody holds
 *   - trim the decision log when it has grown
 *   - go on with a compaction
 *   - visit one partition: retention, idle files, whether a compaction is due
 *
 * Retention removes only segments below the recovery point, oldest first, one directory sync each, so a crash leaves
 * no hole. Readers keep the files they have open. A piece that fails (the disk may be full) does not keep the others
 * from being done: retention and removals are what makes room. */
#include <string.h>
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

static const int64_t RETENTION_NS = 300000000000; /* log.retention.check.interval.ms */
static const int64_t CLEANER_NS = 15000000000;    /* log.cleaner.backoff.ms */
static const int64_t IDLE_NS = 60000000000;
static const int64_t COMPACT_AGAIN_NS = 60000000000; /* after a failure: it must not fill a disk again and again */

typedef struct sl_keeper {
  sl_topic **topics; /* of this round, referenced; in arena */
  size_t topic_count, topic_at;
  int32_t partition_at;
  sl_arena arena;
  bool in_round, with_retention;
  int64_t compact_after; /* not before, since a compaction has failed */
  int64_t last_retention, last_round;
  sl_compaction *job;
} sl_keeper;

static void end_round(sl_keeper *k) {
  for (size_t i = 0; i < k->topic_count; i++) sl_topic_unref(k->topics[i]);
  k->topic_count = 0;
  k->in_round = false;
}

void sl_keeper_free(sl_keeper *k) {
  if (!k) return;
  sl_compaction_free(k->job);
  end_round(k);
  sl_arena_done(&k->arena);
  sl_heap_free(k);
}

static sl_keeper *keeper_of(sl_embedded *log, int64_t now) {
  if (log->keeper) return log->keeper;
  sl_keeper *k = log->keeper = sl_heap_zalloc(sizeof *k);
  sl_arena_init(&k->arena, 4096);
  k->last_retention = k->last_round = now;
  return k;
}

/* ---- what has been moved aside ---- */

bool sl_topic_is_internal(const sl_topic *topic) {
  return topic->name.len && topic->name.ptr[0] == '_';
}

int64_t sl_delete_delay_ms(const sl_topic *topic) {
  return sl_topic_is_internal(topic) ? 0 : sl_topic_config_of(topic)->file_delete_delay_ms;
}

void sl_doom(sl_embedded *log, const sl_topic *topic, const char *path) {
  int64_t delay = sl_delete_delay_ms(topic), now = sl_clock_monotonic_ns(log->common.clock);
  size_t len = strlen(path) + 1;
  sl_doomed *d = sl_heap_zalloc(sizeof *d + len);
  memcpy(d->path, path, len);
  d->due_ns = delay > (INT64_MAX - now) / 1000000 ? INT64_MAX : now + delay * 1000000;
  sl_doomed **at = &log->doomed;
  while (*at && (*at)->due_ns <= d->due_ns) at = &(*at)->next;
  d->next = *at;
  *at = d;
}

/* Removes the first whose time has come; nothing waits on a disk that is full. What cannot be removed is left to the
 * next start. *more: another one is due. */
static int remove_doomed(sl_embedded *log, int64_t now, bool *more, sl_err *err) {
  sl_doomed *d = log->doomed;
  if (atomic_load(&log->refusing)) now = INT64_MAX;
  if (!d || d->due_ns > now) return 0;
  log->doomed = d->next;
  *more = log->doomed && log->doomed->due_ns <= now;
  int rc = 0;
  if (sl_fs_is_dir(log->fs, d->path)) {
    rc = sl_fs_remove_tree(log->fs, d->path, err);
  } else if (sl_fs_exists(log->fs, d->path)) { /* not so when its topic was deleted meanwhile */
    rc = sl_fs_remove(log->fs, d->path, err);
  }
  sl_heap_free(d);
  return rc;
}

/* ---- deleted topics ---- */

static bool all_moved(sl_topic *topic) {
  for (int32_t i = 0; i < sl_topic_partitions(topic); i++) {
    if (!sl_epart_of(sl_topic_partition(topic, i))->moved) return false;
  }
  return true;
}

/* A deleted topic can be found by nobody; when its directories have moved and the log's own reference is the last one
 * it goes. */
static void free_deleted(sl_embedded *log) {
  sl_topic *victim = NULL;
  pthread_mutex_lock(&log->names);
  for (size_t i = 0; i < log->deleted.len && !victim; i++) {
    sl_topic *topic = log->deleted.items[i];
    if (atomic_load(&topic->refs) > 1 || !all_moved(topic)) continue;
    victim = topic;
    sl_vec_remove(&log->deleted, i);
  }
  pthread_mutex_unlock(&log->names);
  if (victim) sl_embedded_topic_free(victim);
}

/* ---- retention ---- */

/* How many of the oldest segments may go (log.md 4.2). state is held, the partition loaded. *last: the active one too.
 */
static int count_expired(sl_epart *part, size_t *count, bool *last, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(part->common.topic);
  int64_t now = sl_clock_wall_ms(part->log->common.clock);
  int64_t start = atomic_load(&part->start);
  uint64_t total = 0;
  *count = 0;
  *last = false;
  for (size_t i = 0; i < part->segment_count; i++) total += part->segments[i]->pub.size;
  int64_t excess = config->retention_bytes < 0 ? -1 : (int64_t)total - config->retention_bytes;
  for (size_t i = 0; i < part->segment_count; i++) {
    sl_segment *seg = part->segments[i];
    bool active = i + 1 == part->segment_count;
    int64_t end = active ? sl_partition_visible(&part->common) : part->segments[i + 1]->base;
    if (end > part->recovery_point || (active && !seg->pub.size)) break;
    bool go = end <= start && !active;
    if (!go && config->cleanup_delete && config->retention_ms >= 0) {
      int rc = sl_segment_load(part, seg, active, err);
      if (rc) return rc;
      go = seg->pub.max_ts >= 0 && now - seg->pub.max_ts > config->retention_ms;
    }
    if (!go && config->cleanup_delete && excess >= 0) go = excess - (int64_t)seg->pub.size >= 0;
    if (!go) break;
    excess -= (int64_t)seg->pub.size;
    ++*count;
    *last = active;
  }
  return 0;
}

static int retain(sl_epart *part, bool *more, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(part->common.topic);
  bool limited = config->cleanup_delete && (config->retention_ms >= 0 || config->retention_bytes >= 0);
  size_t count = 0;
  bool last = false;
  pthread_mutex_lock(&part->state);
  int rc = 0;
  if (!part->deleted && (limited || part->checkpoint_start > 0 || part->loaded)) {
    rc = sl_epart_load(part, err);
    if (!rc) rc = count_expired(part, &count, &last, err);
  }
  pthread_mutex_unlock(&part->state);
  if (rc || !count) return rc;
  if (last) {
    pthread_mutex_lock(&part->append);
    if (!part->deleted) rc = sl_epart_roll(part, err);
    pthread_mutex_unlock(&part->append);
    if (!rc && !part->deleted) rc = sl_epart_sync_dir(part, err);
    if (sl_embedded_failure(&part->log->common)) return rc;
    if (rc) count--; /* a full disk has no room for another segment, but the older ones may still go */
  }
  int second = sl_epart_remove_segments(part, count, rc ? NULL : err);
  *more = count > 32 && !second;
  return rc ? rc : second;
}

static int checkpoint_if_behind(sl_embedded *log, sl_epart *part, int64_t before, sl_err *err) {
  pthread_mutex_lock(&part->state);
  bool behind = part->recovery_point < before;
  pthread_mutex_unlock(&part->state);
  return behind ? sl_embedded_checkpoint(log, err) : 0;
}

/* Internal topics keep whole segments and need no record of their start; others start exactly where they were told. */
int sl_embedded_trim(sl_log *base, sl_partition *partition, int64_t before, sl_err *err) {
  sl_embedded *log = sl_embedded_of(base);
  sl_epart *part = sl_epart_of(partition);
  int rc = sl_embedded_check(log, err);
  if (rc) return rc;
  if (before < 0 || before > sl_partition_visible(partition))
    return sl_err_set(err, SL_E_OFFSET_OUT_OF_RANGE, SL_NO_POS,
                      "Cannot delete records before offset %lld: the end is %lld", (long long)before,
                      (long long)sl_partition_visible(partition));
  pthread_mutex_lock(&log->housekeeping);
  if (!sl_topic_is_internal(partition->topic)) rc = checkpoint_if_behind(log, part, before, err);
  pthread_mutex_lock(&part->state);
  if (!rc && part->deleted)
    rc = sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "Topic '" SL_STR_FMT "' has been deleted",
                    SL_STR_ARG(partition->topic->name));
  if (!rc) rc = sl_epart_load(part, err);
  if (before > part->recovery_point) before = part->recovery_point;
  bool exact = !rc && !sl_topic_is_internal(partition->topic) && before > atomic_load(&part->start);
  if (exact) atomic_store(&part->start, before);
  size_t count = 0;
  while (!rc && count + 1 < part->segment_count && part->segments[count + 1]->base <= before) count++;
  pthread_mutex_unlock(&part->state);
  if (exact) rc = sl_offsets_save(log, "log-start-offset-checkpoint", sl_offsets_start, err);
  while (!rc && count) {
    rc = sl_epart_remove_segments(part, count, err);
    count -= count < 32 ? count : 32;
  }
  pthread_mutex_unlock(&log->housekeeping);
  return rc;
}

/* ---- idle files ---- */

/* Closes files, and drops indexes of closed segments, that were not used for a minute. */
static void close_idle(sl_epart *part, int64_t now) {
  bool writer = pthread_mutex_trylock(&part->append) == 0;
  pthread_mutex_lock(&part->state);
  for (size_t i = 0; i < part->segment_count && writer; i++) {
    sl_segment *seg = part->segments[i];
    if (!seg->file || seg->dirty || atomic_load(&seg->refs) > 1 || now - seg->used_ns < IDLE_NS) continue;
    bool active = i + 1 == part->segment_count;
    if (!active && seg->loaded && sl_segment_save(part, seg, NULL) == 0) {
      uint64_t size = seg->pub.size;
      sl_segment_clear(seg);
      seg->pub.size = seg->tail.size = size;
      seg->loaded = false;
      sl_heap_free(seg->index);
      sl_heap_free(seg->times);
      seg->index = NULL;
      seg->times = NULL;
      seg->index_cap = seg->time_cap = 0;
    }
    sl_file_close(seg->file);
    seg->file = NULL;
  }
  pthread_mutex_unlock(&part->state);
  if (writer) pthread_mutex_unlock(&part->append);
}

/* ---- the step ---- */

static void begin_round(sl_embedded *log, sl_keeper *k, int64_t now) {
  sl_arena_reset(&k->arena);
  sl_embedded_topics(&log->common, &k->arena, &k->topics, &k->topic_count);
  k->topic_at = 0;
  k->partition_at = 0;
  k->in_round = true;
  k->with_retention = now - k->last_retention >= RETENTION_NS;
  k->last_round = now;
  if (k->with_retention) k->last_retention = now;
}

/* One partition of the round. */
static int visit(sl_keeper *k, int64_t now, sl_err *err) {
  if (k->topic_at >= k->topic_count) {
    end_round(k);
    return 0;
  }
  sl_topic *topic = k->topics[k->topic_at];
  sl_partition *partition = sl_topic_partition(topic, k->partition_at);
  if (!partition) {
    k->topic_at++;
    k->partition_at = 0;
    return 0;
  }
  sl_epart *part = sl_epart_of(partition);
  bool again = false;
  int rc = 0;
  if (k->with_retention) rc = retain(part, &again, err);
  if (!again) k->partition_at++;
  close_idle(part, now);
  if (!rc && sl_topic_config_of(topic)->cleanup_compact && now >= k->compact_after)
    rc = sl_compaction_begin(part, &k->job, err);
  return rc;
}

static int compact(sl_keeper *k, int64_t now, sl_err *err) {
  bool done = false;
  int rc = sl_compaction_step(k->job, &done, err);
  if (rc) k->compact_after = now + COMPACT_AGAIN_NS;
  if (!done && !(rc && !sl_compaction_swapping(k->job))) return rc;
  sl_compaction_free(k->job);
  k->job = NULL;
  return rc;
}

static int checkpoint_if_due(sl_embedded *log, unsigned patience, sl_err *err) {
  return sl_embedded_checkpoint_due(log, patience) ? sl_embedded_checkpoint(log, err) : 0;
}

static int step(sl_embedded *log, bool *more, sl_err *err) {
  int64_t now = sl_clock_monotonic_ns(log->common.clock);
  sl_keeper *k = keeper_of(log, now);
  int failed = 0, rc;
  bool another = false;
  free_deleted(log);
  if ((rc = remove_doomed(log, now, &another, err))) failed = rc;
  if ((rc = checkpoint_if_due(log, 1, err))) failed = rc;
  bool due = now - k->last_round >= CLEANER_NS || now - k->last_retention >= RETENTION_NS;
  if (!k->job && !k->in_round && due) {
    begin_round(log, k, now);
    if ((rc = checkpoint_if_due(log, 0, err))) failed = rc; /* moves the recovery points */
  }
  rc = k->job ? compact(k, now, err) : k->in_round ? visit(k, now, err) : 0;
  *more = another || k->job || k->in_round;
  return failed ? failed : rc;
}

int sl_embedded_housekeeping_step(sl_log *base, bool *more, sl_err *err) {
  sl_embedded *log = sl_embedded_of(base);
  *more = false;
  int rc = sl_embedded_check(log, err);
  if (rc) return rc;
  int late = sl_topic_store_catch_up(log, err);
  pthread_mutex_lock(&log->housekeeping);
  rc = step(log, more, err);
  pthread_mutex_unlock(&log->housekeeping);
  return late ? late : rc;
}
