/* Flushing and trimming of the decision log.
 *
 * A flush takes one moment between two decisions: the last commit number, the partitions written since the flush
 * before, their ends. Then, outside all locks but its own, it syncs data first and decisions after, and publishes the
 * ends of that moment as synced. Under "always" most decisions carry their batches, so the decision log alone is
 * synced.
 *
 * A checkpoint is a flush that also replaces the decision log by a base record of that moment and the decisions after
 * it. Only what is synced in every partition gets into the base record, so it may be taken as the truth later. */
#include <stdlib.h>
#include <string.h>
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

enum {
  DECISIONS_SOFT = 16 << 20,
  DATA_SOFT = 256 << 20,
  CHECKPOINT_AGAIN_NS = 1000000000,
  WRITE_BACK = 1 << 20,    /* bytes that are worth telling the disk of ... */
  WRITE_BACK_NS = 5000000, /* ... and when to look again while data keep coming */
};

/* What was true at the moment of the flush. */
typedef struct moment {
  uint64_t commit;
  uint64_t decisions_size;
  sl_epart **dirty;
  int64_t *dirty_ends;
  size_t dirty_count;
  sl_epart **ack;
  int64_t *ack_ends;
  size_t ack_count;
  bool decisions_dirty;
  sl_buf base; /* payload of the base record, for a checkpoint */
} moment;

static void take_list(sl_arena *arena, sl_vec *list, bool ack, sl_epart ***parts, int64_t **ends, size_t *count) {
  *parts = sl_arena_calloc(arena, list->len, sizeof **parts);
  *ends = sl_arena_calloc(arena, list->len, sizeof **ends);
  *count = list->len;
  for (size_t i = 0; i < list->len; i++) {
    sl_epart *part = list->items[i];
    (*parts)[i] = part;
    (*ends)[i] = sl_partition_visible(&part->common);
    *(ack ? &part->in_ack : &part->in_dirty) = false;
  }
  list->len = 0;
}

/* A file made for a commit that failed has a name that nobody has put on the list: it must be synced before the base
 * record vouches for it. decide and state are held. */
static void enlist_names(sl_epart *part) {
  if (part->dir_dirty) sl_epart_enlist(&part->log->dirty, &part->in_dirty, part);
}

/* Ends of all partitions, with the last segment and its size where they are known. decide is held; the list of what is
 * to be synced is taken afterwards. */
static void add_ends(sl_embedded *log, sl_arena *arena, sl_decision *base) {
  pthread_mutex_lock(&log->names);
  size_t at = 0, total = 0;
  for (sl_map_entry *e; (e = sl_map_next(&log->by_id, &at));) total += (size_t)sl_topic_partitions(e->value);
  base->ends = sl_arena_calloc(arena, total, sizeof *base->ends);
  at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&log->by_id, &at)) && base->end_count < total;) {
    sl_topic *topic = e->value;
    int32_t count = sl_topic_partitions(topic);
    for (int32_t i = 0; i < count && base->end_count < total; i++) {
      sl_epart *part = sl_epart_of(sl_topic_partition(topic, i));
      pthread_mutex_lock(&part->state);
      enlist_names(part);
      if (part->loaded && part->segment_count) {
        const sl_segment *last = part->segments[part->segment_count - 1];
        part->known_segment = last->base;
        part->known_size = last->pub.size;
      }
      base->ends[base->end_count++] = (sl_decision_end){.topic = topic->id,
                                                        .partition = i,
                                                        .end = sl_partition_visible(&part->common),
                                                        .segment = part->known_segment,
                                                        .size = part->known_size};
      pthread_mutex_unlock(&part->state);
    }
  }
  pthread_mutex_unlock(&log->names);
}

static void take_moment(sl_embedded *log, sl_arena *arena, bool data, bool checkpoint, moment *m) {
  pthread_mutex_lock(&log->decide);
  m->commit = atomic_load(&log->last_commit);
  m->decisions_size = log->decisions_size;
  m->decisions_dirty = log->decisions_dirty;
  log->decisions_dirty = false;
  if (checkpoint) {
    sl_decision base = {.base = true};
    sl_ledger_snapshot(&log->ledger, arena, &base);
    add_ends(log, arena, &base);
    sl_decision_encode(&m->base, &base);
  }
  if (data) take_list(arena, &log->dirty, false, &m->dirty, &m->dirty_ends, &m->dirty_count);
  take_list(arena, &log->ack, true, &m->ack, &m->ack_ends, &m->ack_count);
  pthread_mutex_unlock(&log->decide);
}

static void raise(_Atomic int64_t *end, int64_t to) {
  if (atomic_load_explicit(end, memory_order_relaxed) < to) atomic_store_explicit(end, to, memory_order_release);
}

/* Publishes what is synced now, and lets go of the partitions. */
static void publish(sl_embedded *log, const moment *m) {
  for (size_t i = 0; i < m->dirty_count; i++) raise(&m->dirty[i]->synced, m->dirty_ends[i]);
  for (size_t i = 0; i < m->ack_count; i++) {
    raise(&m->ack[i]->synced, m->ack_ends[i]); /* the decision log carries or vouches for them */
    raise(&m->ack[i]->common.durable, m->ack_ends[i]);
  }
  if (log->flush_mode == SL_FLUSH_ALWAYS) atomic_store(&log->durable_commit, m->commit);
  for (size_t i = 0; i < m->ack_count; i++) sl_partition_notify(&m->ack[i]->common, SL_READ_DURABLE);
}

static void release(moment *m) {
  for (size_t i = 0; i < m->dirty_count; i++) sl_topic_unref(m->dirty[i]->common.topic);
  for (size_t i = 0; i < m->ack_count; i++) sl_topic_unref(m->ack[i]->common.topic);
  sl_buf_done(&m->base);
}

/* A name in the log directory that was not synced must be before a decision that may need it. */
static int sync_names(sl_embedded *log, sl_err *err) {
  if (!atomic_exchange(&log->dir_dirty, false)) return 0;
  int rc = sl_fs_sync_dir(log->fs, log->dir, err);
  if (!rc) return 0;
  atomic_store(&log->dir_dirty, true);
  return sl_embedded_sync_failed(log, rc, err);
}

static int sync_moment(sl_embedded *log, const moment *m, sl_err *err) {
  int rc = sync_names(log, err);
  for (size_t i = 0; i < m->dirty_count && !rc; i++) rc = sl_epart_sync(m->dirty[i], false, err);
  if (rc || !m->decisions_dirty) return rc;
  rc = sl_file_sync(log->decisions, err);
  return rc ? sl_embedded_sync_failed(log, rc, err) : 0;
}

/* A flush that could not be made, though the log lives: everything waits for the next one. */
static void put_back(sl_embedded *log, const moment *m) {
  pthread_mutex_lock(&log->decide);
  for (size_t i = 0; i < m->dirty_count; i++) sl_epart_enlist(&log->dirty, &m->dirty[i]->in_dirty, m->dirty[i]);
  for (size_t i = 0; i < m->ack_count; i++) sl_epart_enlist(&log->ack, &m->ack[i]->in_ack, m->ack[i]);
  log->decisions_dirty |= m->decisions_dirty;
  log->dirty_since_ns = sl_clock_monotonic_ns(log->common.clock);
  pthread_mutex_unlock(&log->decide);
}

/* ---- checkpoint ---- */

enum { TAIL_LEFT = 64 * 1024, TAIL_ROUNDS = 8 };

/* Copies decisions [*from, to) behind what the new file has. */
static int copy_tail(sl_embedded *log, sl_file *file, uint64_t *from, uint64_t to, uint64_t *at, sl_err *err) {
  uint8_t chunk[16 * 1024];
  int rc = 0;
  while (*from < to && !rc) {
    size_t want = to - *from < sizeof chunk ? (size_t)(to - *from) : sizeof chunk, got;
    rc = sl_file_read(log->decisions, *from, chunk, want, &got, err);
    if (!rc && got < want) rc = sl_err_set(err, SL_E_IO, SL_NO_POS, "The decision log is shorter than it was written");
    if (!rc) rc = sl_file_write(file, *at, chunk, want, err);
    *from += want;
    *at += want;
  }
  return rc;
}

static uint64_t decisions_end(sl_embedded *log) {
  pthread_mutex_lock(&log->decide);
  uint64_t end = log->decisions_size;
  pthread_mutex_unlock(&log->decide);
  return end;
}

/* The new file takes the place of the old one. The decisions after the moment were not synced in the old file either
 * (only a flush does that, and this is the flush), so they need no sync here. decide is held: none may come between. */
static int swap_decisions(sl_embedded *log, sl_file *file, uint64_t from, uint64_t at, size_t base_len, const char *tmp,
                          const char *path, sl_err *err) {
  bool tail = at > base_len || from < log->decisions_size;
  int rc = copy_tail(log, file, &from, log->decisions_size, &at, err);
  if (!rc) rc = sl_fs_rename(log->fs, tmp, path, err);
  if (rc) return rc; /* the old file is still good */
  log->decisions = file;
  log->decisions_size = log->decisions_room = at;
  log->decisions_uncut = false;
  log->base_size = base_len;
  log->data_since_base = 0;
  log->decisions_dirty |= tail;
  return 0;
}

/* Commits are held up only for the last few decisions and a rename; syncs come before and after. */
static int replace_decisions(sl_embedded *log, const moment *m, sl_arena *arena, sl_err *err) {
  char *path = sl_arena_printf(arena, "%s/sluice-decisions.log", log->dir);
  char *tmp = sl_arena_printf(arena, "%s.tmp", path);
  sl_buf batch = {0};
  sl_file *file = NULL;
  uint64_t from = m->decisions_size, to;
  sl_decision_wrap(&batch, &m->base, m->commit, log->epoch, sl_clock_wall_ms(log->common.clock));
  int rc = sl_fs_open(log->fs, tmp, SL_FS_WRITE | SL_FS_CREATE, &file, err);
  bool made = !rc;
  if (!rc) rc = sl_file_truncate(file, 0, err);
  if (!rc) rc = sl_file_write(file, 0, batch.data, batch.len, err);
  uint64_t at = batch.len;
  for (int i = 0; !rc && i < TAIL_ROUNDS && (to = decisions_end(log)) > from + TAIL_LEFT; i++)
    rc = copy_tail(log, file, &from, to, &at, err);
  if (!rc) rc = sl_file_sync(file, err);
  sl_file *old = NULL;
  if (!rc) {
    pthread_mutex_lock(&log->decide);
    old = log->decisions;
    rc = swap_decisions(log, file, from, at, batch.len, tmp, path, err);
    pthread_mutex_unlock(&log->decide);
  }
  if (!rc) sl_file_close(old); /* its blocks are freed: not under the lock */
  if (rc && made) {
    sl_file_close(file);
    sl_fs_remove(log->fs, tmp, NULL); /* its space may be what is missing */
  }
  if (!rc) atomic_store(&log->dir_dirty, true);
  if (!rc) rc = sync_names(log, err);
  sl_buf_done(&batch);
  return rc;
}

/* The base record now holds these ends: recovery starts behind them, compaction may go up to them. */
static int after_checkpoint(sl_embedded *log, const moment *m, sl_arena *arena, sl_err *err) {
  sl_decision base;
  int rc = sl_decision_decode(arena, m->base.data, m->base.len, &base, err);
  pthread_mutex_lock(&log->names);
  for (size_t i = 0; !rc && i < base.end_count; i++) {
    sl_topic *topic = sl_map_find(&log->by_id, sl_str_n((const char *)base.ends[i].topic.bytes, 16));
    sl_partition *partition = topic ? sl_topic_partition(topic, base.ends[i].partition) : NULL;
    if (!partition) continue;
    pthread_mutex_lock(&sl_epart_of(partition)->state);
    sl_epart_of(partition)->recovery_point = base.ends[i].end;
    pthread_mutex_unlock(&sl_epart_of(partition)->state);
    raise(&sl_epart_of(partition)->synced, base.ends[i].end);
  }
  pthread_mutex_unlock(&log->names);
  if (!rc) rc = sl_offsets_save(log, "recovery-point-offset-checkpoint", sl_offsets_recovery_point, err);
  return rc;
}

/* Saves what is new in a partition's indexes; the segments that had any, referenced, in arena. */
static sl_segment **save_part(sl_epart *part, sl_arena *arena, size_t *count) {
  *count = 0;
  pthread_mutex_lock(&part->state);
  sl_segment **saved = sl_arena_calloc(arena, part->segment_count + 1, sizeof *saved);
  for (size_t j = 0; j < part->segment_count && !part->deleted; j++) {
    sl_segment *seg = part->segments[j];
    size_t index = seg->index_saved, times = seg->time_saved;
    if (sl_segment_save(part, seg, NULL)) break;
    if (seg->index_saved != index || seg->time_saved != times) saved[(*count)++] = sl_segment_ref(seg);
  }
  pthread_mutex_unlock(&part->state);
  return saved;
}

/* Index entries of written partitions go to their files, so that an unchanged partition needs no scan. They are synced
 * before the next ones follow: a power loss may then tear the last entries only, which a load notices. */
static void save_indexes(const moment *m, sl_arena *arena) {
  for (size_t i = 0; i < m->dirty_count; i++) {
    sl_epart *part = m->dirty[i];
    size_t count;
    sl_segment **saved = save_part(part, arena, &count);
    for (size_t j = 0; j < count; j++) {
      if (sl_segment_sync_indexes(part, saved[j]->base, NULL)) {
        pthread_mutex_lock(&part->state);
        saved[j]->index_saved = saved[j]->time_saved = 0; /* written anew next time */
        pthread_mutex_unlock(&part->state);
      }
      sl_segment_unref(saved[j]);
    }
  }
}

static int flush(sl_embedded *log, bool data, bool checkpoint, sl_err *err) {
  int rc = sl_embedded_check(log, err);
  if (rc) return rc;
  sl_arena arena;
  sl_arena_init(&arena, 8192);
  moment m = {0};
  take_moment(log, &arena, data || checkpoint, checkpoint, &m);
  rc = sync_moment(log, &m, err);
  if (rc)
    put_back(log, &m);
  else
    publish(log, &m);
  if (!rc && checkpoint) save_indexes(&m, &arena);
  if (!rc && checkpoint) {
    rc = replace_decisions(log, &m, &arena, err);
    atomic_store(&log->checkpoint_after_ns, rc ? sl_clock_monotonic_ns(log->common.clock) + CHECKPOINT_AGAIN_NS : 0);
    if (!rc) rc = after_checkpoint(log, &m, &arena, err);
  }
  release(&m);
  sl_arena_done(&arena);
  return rc;
}

int sl_embedded_checkpoint(sl_embedded *log, sl_err *err) {
  pthread_mutex_lock(&log->flush);
  int rc = flush(log, true, true, err);
  pthread_mutex_unlock(&log->flush);
  return rc;
}

bool sl_embedded_checkpoint_due(sl_embedded *log, unsigned patience) {
  if (atomic_load(&log->checkpoint_after_ns) > sl_clock_monotonic_ns(log->common.clock)) return false;
  pthread_mutex_lock(&log->decide);
  uint64_t decisions = log->decisions_size - log->base_size;
  uint64_t soft = log->base_size * 2 > DECISIONS_SOFT ? log->base_size * 2 : DECISIONS_SOFT;
  bool due = decisions > soft * patience || log->data_since_base > (uint64_t)DATA_SOFT * patience;
  pthread_mutex_unlock(&log->decide);
  return due;
}

/* ---- between syncs ---- */

/* Data written in bulk are told to go to the disk all along. Were they all left to the sync, it would find a second's
 * worth, and while it places their blocks whoever appends to the same file waits: tens of milliseconds were seen. */
static void write_back_part(sl_epart *part) {
  pthread_mutex_lock(&part->state);
  sl_segment *seg = part->segment_count ? part->segments[part->segment_count - 1] : NULL;
  uint64_t from = seg ? seg->on_its_way : 0, to = seg ? seg->pub.size : 0;
  bool go = seg && seg->file && !part->deleted && to > from;
  if (seg) seg->on_its_way = to; /* less than before if the file was cut */
  if (go) sl_segment_ref(seg);
  pthread_mutex_unlock(&part->state);
  if (!go) return;
  sl_file_write_back(seg->file, from, to - from);
  sl_segment_unref(seg);
}

/* True if there was so much that more is to be expected. */
static bool write_back(sl_embedded *log) {
  pthread_mutex_lock(&log->decide);
  bool due = log->flush_mode == SL_FLUSH_INTERVAL && log->data_waiting >= WRITE_BACK;
  size_t count = due ? log->dirty.len : 0;
  sl_epart **parts = count ? sl_heap_zalloc(count * sizeof *parts) : NULL;
  for (size_t i = 0; i < count; i++) {
    parts[i] = sl_vec_at(&log->dirty, i);
    sl_topic_ref(parts[i]->common.topic);
  }
  if (due) log->data_waiting = 0;
  pthread_mutex_unlock(&log->decide);
  for (size_t i = 0; i < count; i++) {
    write_back_part(parts[i]);
    sl_topic_unref(parts[i]->common.topic);
  }
  sl_heap_free(parts);
  return due;
}

/* ---- the step ---- */

/* Monotonic nanoseconds at which a sync is needed; INT64_MAX when nothing waits. */
static int64_t due_at(sl_embedded *log) {
  pthread_mutex_lock(&log->decide);
  int64_t due = INT64_MAX;
  if (log->decisions_dirty && log->flush_mode == SL_FLUSH_ALWAYS) due = log->dirty_since_ns;
  if (log->decisions_dirty && log->flush_mode == SL_FLUSH_INTERVAL)
    due = log->dirty_since_ns + log->flush_interval_ms * 1000000;
  pthread_mutex_unlock(&log->decide);
  return due;
}

int sl_embedded_flush_step(sl_log *base, bool now, int64_t *next_due_ms, sl_err *err) {
  sl_embedded *log = sl_embedded_of(base);
  int rc = 0;
  bool checkpoint = sl_embedded_checkpoint_due(log, 4); /* housekeeping has not kept up */
  if (now || checkpoint || due_at(log) <= sl_clock_monotonic_ns(base->clock)) {
    pthread_mutex_lock(&log->flush);
    rc = flush(log, now || log->flush_mode != SL_FLUSH_ALWAYS, checkpoint, err);
    pthread_mutex_unlock(&log->flush);
  }
  bool busy = write_back(log);
  int64_t due = due_at(log), soon = sl_clock_monotonic_ns(base->clock) + WRITE_BACK_NS;
  if (busy && soon < due) due = soon;
  if (next_due_ms) *next_due_ms = due == INT64_MAX ? INT64_MAX : due / 1000000;
  return rc;
}
