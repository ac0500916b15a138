/* Compaction of one partition (log.md 5), as a job of bounded steps.
 *
 *   map    read the dirty segments, remember for each key the largest offset
 *   copy   read all segments up to there, a group at a time, write what stays into one new segment per group
 *   swap   .cleaned -> .swap, old files -> .deleted, .swap -> in place: whole or not at all for any crash (5.6)
 *
 * Only segments that are closed and below the recovery point take part, so recovery never meets the gaps. Keys are told
 * apart by 128 bits of hash. The writer and readers go on all the time; readers keep the files they have open. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

enum { STEP_BYTES = 1 << 20, MAP_BYTES = 64 << 20 };

typedef struct map_slot {
  uint64_t high, low;
  int64_t offset; /* -1 free */
} map_slot;

typedef enum phase { PHASE_MAP, PHASE_COPY, PHASE_SWAP } phase;
typedef enum swap { SWAP_NOT, SWAP_OUTPUT, SWAP_SOURCES, SWAP_PLACE, SWAP_SYNC, SWAP_DONE } swap;

struct sl_compaction {
  sl_epart *part;
  sl_topic *topic;
  phase phase;
  sl_segment **sources; /* referenced, all that take part */
  size_t source_count;
  int64_t first_dirty;
  int64_t latest; /* offsets below are covered by the map */
  int64_t now_ms;
  int64_t deletions, expired; /* as the reader wants it (log.h) */
  map_slot *slots;
  size_t slot_count, used, limit;
  /* reading */
  size_t at; /* source */
  bool scanning;
  sl_batch_scan scan;
  sl_file *source; /* open while scanning: a partition may have more segments than there are descriptors */
  /* writing a group */
  size_t group_from, group_to;
  sl_segment *out; /* its file is <base>.log.cleaned */
  bool changed;    /* something was dropped or rewritten */
  swap swap;       /* what comes next, so that a step that failed can be tried again */
  sl_buf batch;
};

/* ---- which ---- */

static int64_t segment_end(const sl_epart *part, size_t i) {
  return i + 1 < part->segment_count ? part->segments[i + 1]->base : sl_partition_visible(&part->common);
}

/* Segments [0, n) that may be touched (5.1). state is held. */
static int count_cleanable(sl_epart *part, const sl_topic_config *config, int64_t now, size_t *out, sl_err *err) {
  size_t n = 0;
  for (; n + 1 < part->segment_count; n++) {
    sl_segment *seg = part->segments[n];
    if (segment_end(part, n) > part->recovery_point) break;
    bool dated = config->min_compaction_lag_ms > 0 || config->max_compaction_lag_ms != INT64_MAX;
    int rc = dated ? sl_segment_load(part, seg, false, err) : 0; /* only for its timestamps */
    if (rc) return rc;
    bool dirty = segment_end(part, n) > part->cleaned;
    if (dirty && config->min_compaction_lag_ms > 0 && seg->pub.max_ts > now - config->min_compaction_lag_ms) break;
  }
  *out = n;
  return 0;
}

/* 5.1: dirty enough, or its oldest dirty batch is too old. */
static bool is_due(const sl_epart *part, const sl_topic_config *config, size_t count, int64_t now) {
  uint64_t clean = 0, dirty = 0;
  int64_t oldest = -1;
  for (size_t i = 0; i < count; i++) {
    const sl_segment *seg = part->segments[i];
    if (segment_end(part, i) <= part->cleaned) {
      clean += seg->pub.size;
      continue;
    }
    dirty += seg->pub.size;
    if (oldest < 0) oldest = seg->pub.first_ts;
  }
  if (!dirty) return false;
  if ((double)dirty / (double)(clean + dirty) * 1e6 > (double)config->min_cleanable_ppm) return true;
  return oldest >= 0 && config->max_compaction_lag_ms != INT64_MAX && now - oldest > config->max_compaction_lag_ms;
}

int sl_compaction_begin(sl_epart *part, sl_compaction **out, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(part->common.topic);
  int64_t now = sl_clock_wall_ms(part->log->common.clock);
  sl_compaction *job = NULL;
  int rc = 0;
  size_t count = 0;
  pthread_mutex_lock(&part->state);
  if (!part->deleted && sl_partition_visible(&part->common) > 0) rc = sl_epart_load(part, err);
  if (!rc && part->loaded && !part->deleted) rc = count_cleanable(part, config, now, &count, err);
  if (!rc && count && is_due(part, config, count, now)) {
    job = sl_heap_zalloc(sizeof *job);
    job->part = part;
    job->topic = sl_topic_ref(part->common.topic);
    job->source_count = count;
    job->sources = sl_heap_zalloc(count * sizeof(sl_segment *));
    for (size_t i = 0; i < count; i++) job->sources[i] = sl_segment_ref(part->segments[i]);
    job->first_dirty = part->cleaned > part->segments[0]->base ? part->cleaned : part->segments[0]->base;
    job->latest = segment_end(part, count - 1);
    job->now_ms = now;
    job->deletions = atomic_load(&part->common.deletions);
    job->expired = atomic_load(&part->common.expired);
  }
  pthread_mutex_unlock(&part->state);
  *out = job;
  return rc;
}

static void remove_output(sl_compaction *job) {
  static const char *const SUFFIXES[] = {".log.cleaned", ".index.cleaned", ".timeindex.cleaned"};
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  for (size_t i = 0; i < 3; i++) {
    const char *path = sl_segment_path(&arena, job->part, job->out->base, SUFFIXES[i]);
    if (sl_fs_exists(job->part->log->fs, path)) sl_fs_remove(job->part->log->fs, path, NULL);
  }
  sl_arena_done(&arena);
  sl_segment_unref(job->out);
  job->out = NULL;
}

static void end_scan(sl_compaction *job) {
  if (!job->scanning) return;
  sl_batch_scan_done(&job->scan);
  sl_file_close(job->source);
  job->scanning = false;
}

void sl_compaction_free(sl_compaction *job) {
  if (!job) return;
  end_scan(job);
  if (job->out) remove_output(job);
  for (size_t i = 0; i < job->source_count; i++) sl_segment_unref(job->sources[i]);
  sl_heap_free(job->sources);
  sl_heap_free(job->slots);
  sl_buf_done(&job->batch);
  sl_topic_unref(job->topic);
  sl_heap_free(job);
}

/* ---- the key map ---- */

static size_t map_bytes = MAP_BYTES;

void sl_compaction_limit(size_t bytes) {
  map_bytes = bytes ? bytes : MAP_BYTES;
}

static map_slot *slot_find(const sl_compaction *job, const sl_record *r) {
  XXH128_hash_t h = XXH3_128bits(r->key, r->key_len);
  for (size_t i = h.low64 & (job->slot_count - 1);; i = (i + 1) & (job->slot_count - 1)) {
    map_slot *slot = &job->slots[i];
    if (slot->offset < 0 || (slot->high == h.high64 && slot->low == h.low64)) {
      slot->high = h.high64;
      slot->low = h.low64;
      return slot;
    }
  }
}

static void grow_map(sl_compaction *job) {
  size_t old_count = job->slot_count;
  map_slot *old = job->slots;
  job->slot_count = old_count ? old_count * 2 : 1024;
  job->slots = sl_heap_zalloc(job->slot_count * sizeof *job->slots);
  for (size_t i = 0; i < job->slot_count; i++) job->slots[i].offset = -1;
  for (size_t i = 0; i < old_count; i++) {
    if (old[i].offset < 0) continue;
    size_t k = old[i].low & (job->slot_count - 1);
    while (job->slots[k].offset >= 0) k = (k + 1) & (job->slot_count - 1);
    job->slots[k] = old[i];
  }
  sl_heap_free(old);
  job->limit = job->slot_count / 4 * 3;
}

static bool map_full(const sl_compaction *job, size_t more) {
  return job->used && job->used + more > job->limit && job->slot_count * 2 * sizeof *job->slots > map_bytes;
}

static void remember(sl_compaction *job, const sl_record *r) {
  if (job->used + 1 > job->limit) grow_map(job);
  map_slot *slot = slot_find(job, r);
  if (slot->offset < 0) job->used++;
  slot->offset = r->offset;
}

/* ---- reading ---- */

/* Decodes a batch; *records are the caller's to free. */
static int decode(const sl_compaction *job, const sl_scanned *found, sl_buf *plain, sl_record **records, sl_err *err) {
  size_t limit = 64 * (size_t)sl_topic_config_of(job->topic)->max_message_bytes;
  const uint8_t *data;
  size_t len;
  int rc =
      sl_batch_records(found->data, &found->header, limit < (64 << 20) ? 64 << 20 : limit, plain, &data, &len, err);
  if (rc) return rc;
  const char *why = (size_t)found->header.record_count > len / 7 ? "its record count is too high" : NULL;
  *records = sl_heap_zalloc(sizeof **records * (why ? 1 : (size_t)found->header.record_count + 1));
  if (!why) why = sl_records_decode(&found->header, data, len, *records);
  if (!why) return 0;
  sl_heap_free(*records);
  *records = NULL;
  return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "Compaction of '%s' met a damaged batch at offset %lld: %s",
                    job->part->dir, (long long)found->header.base_offset, why);
}

static int open_source(sl_compaction *job, const sl_segment *seg, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 512);
  int rc = sl_fs_open(job->part->log->fs, sl_segment_path(&arena, job->part, seg->base, ".log"), SL_FS_READ,
                      &job->source, err);
  sl_arena_done(&arena);
  return rc;
}

/* The next batch of the current source; *found->status is INCOMPLETE at its end. */
static int next_batch(sl_compaction *job, sl_scanned *found, sl_err *err) {
  sl_segment *seg = job->sources[job->at];
  if (!job->scanning) {
    int rc = open_source(job, seg, err);
    if (rc) return rc;
    sl_batch_scan_init(&job->scan, job->source, 0, seg->pub.size, true); /* closed: its size no longer changes */
    job->scanning = true;
  }
  int rc = sl_batch_scan_next(&job->scan, found, err);
  if (rc || found->status == SL_BATCH_OK) return rc;
  end_scan(job);
  if (!found->why) return 0;
  return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "Compaction of '%s' met a damaged batch in segment %lld: %s",
                    job->part->dir, (long long)seg->base, found->why);
}

static int map_batch(sl_compaction *job, const sl_scanned *found, bool *full, sl_err *err) {
  const sl_batch_header *h = &found->header;
  *full = false;
  if ((h->attributes & SL_BATCH_CONTROL) || sl_batch_last(h) < job->first_dirty) return 0;
  if (map_full(job, (size_t)h->record_count)) {
    job->latest = h->base_offset;
    *full = true;
    return 0;
  }
  sl_buf plain = {0};
  sl_record *records = NULL;
  int rc = decode(job, found, &plain, &records, err);
  for (int32_t i = 0; !rc && i < h->record_count; i++) {
    if (records[i].key && records[i].offset >= job->first_dirty) remember(job, &records[i]);
  }
  sl_heap_free(records);
  sl_buf_done(&plain);
  return rc;
}

static int step_map(sl_compaction *job, sl_err *err) {
  if (!job->slots) grow_map(job);
  bool full = false;
  for (uint64_t bytes = 0; bytes < STEP_BYTES && !full && job->at < job->source_count;) {
    bool clean = job->at + 1 < job->source_count && job->sources[job->at + 1]->base <= job->first_dirty;
    sl_scanned found = {.status = SL_BATCH_INCOMPLETE};
    int rc = clean ? 0 : next_batch(job, &found, err);
    if (!rc && found.status == SL_BATCH_OK) {
      bytes += sl_batch_size(&found.header);
      rc = map_batch(job, &found, &full, err);
    } else {
      job->at++;
    }
    if (rc) return rc;
  }
  if (!full && job->at < job->source_count) return 0;
  end_scan(job);
  job->at = 0;
  job->phase = PHASE_COPY;
  while (job->source_count && job->sources[job->source_count - 1]->base >= job->latest)
    sl_segment_unref(job->sources[--job->source_count]);
  return 0;
}

/* ---- what stays (5.3, 5.4) ---- */

static bool stays(const sl_compaction *job, const sl_batch_header *h, const sl_record *r) {
  if (r->offset >= job->latest) return true;
  if (!r->key || r->timestamp < job->expired) return false;
  const map_slot *slot = slot_find(job, r);
  if (slot->offset > r->offset) return false;
  if (r->value || r->offset >= job->deletions) return true;
  return !(h->attributes & SL_BATCH_DELETE_HORIZON) || job->now_ms < h->base_timestamp;
}

/* Writes a batch with the records that stay into job->batch; nothing when none does. */
static int filter_batch(sl_compaction *job, const sl_scanned *found, sl_err *err) {
  const sl_batch_header *h = &found->header;
  sl_buf plain = {0};
  sl_record *records = NULL;
  int rc = decode(job, found, &plain, &records, err);
  if (rc) {
    sl_buf_done(&plain);
    return rc;
  }
  int32_t kept = 0;
  bool tombstone = false;
  for (int32_t i = 0; i < h->record_count; i++) {
    if (!stays(job, h, &records[i])) continue;
    tombstone |= !records[i].value && records[i].offset < job->latest;
    records[kept++] = records[i];
  }
  bool horizon = tombstone && !(h->attributes & SL_BATCH_DELETE_HORIZON);
  sl_buf_reset(&job->batch);
  if (kept == h->record_count && !horizon) {
    sl_buf_add(&job->batch, found->data, sl_batch_size(h));
  } else if (kept) {
    sl_buf rewritten = {0};
    sl_batch_writer w;
    sl_batch_begin(&w, &rewritten);
    w.has_base = true;
    w.base_timestamp = horizon ? job->now_ms + sl_topic_config_of(job->topic)->delete_retention_ms : h->base_timestamp;
    for (int32_t i = 0; i < kept; i++) {
      const sl_record *r = &records[i];
      sl_batch_add(&w, (int32_t)(r->offset - h->base_offset), r->timestamp, r->key, r->key_len, r->value, r->value_len,
                   &r->headers);
    }
    sl_batch_end(&w);
    sl_batch_header out;
    sl_batch_header_decode(rewritten.data, &out);
    sl_batch_header keep = *h;
    keep.batch_length = out.batch_length;
    keep.record_count = kept;
    keep.base_timestamp = w.base_timestamp;
    if (!(h->attributes & SL_BATCH_LOG_APPEND_TIME)) keep.max_timestamp = out.max_timestamp;
    keep.attributes = (int16_t)((h->attributes & ~SL_BATCH_CODEC_MASK) | (horizon ? SL_BATCH_DELETE_HORIZON : 0));
    sl_batch_header_encode(rewritten.data, &keep);
    rc = sl_batch_compress(rewritten.data, rewritten.len, (sl_codec)sl_batch_codec(h), &job->batch, err);
    if (!rc) sl_batch_seal(job->batch.data, job->batch.len);
    sl_buf_done(&rewritten);
    job->changed = true;
  } else {
    job->changed = true;
  }
  sl_heap_free(records);
  sl_buf_done(&plain);
  return rc;
}

/* ---- writing ---- */

/* The next group of segments that fit into one (5.3). */
static int begin_group(sl_compaction *job, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(job->topic);
  uint64_t bytes = 0;
  size_t to = job->group_from = job->at;
  for (; to < job->source_count; to++) {
    const sl_segment *seg = job->sources[to];
    int64_t end = to + 1 < job->source_count ? job->sources[to + 1]->base : job->latest + INT32_MAX / 2;
    bool fits = (int64_t)(bytes + seg->pub.size) <= config->segment_bytes &&
                (end - job->sources[job->group_from]->base <= INT32_MAX || to + 1 == job->source_count);
    if (to > job->group_from && !fits) break;
    bytes += seg->pub.size;
  }
  job->group_to = to;
  job->changed = to - job->group_from > 1;
  sl_arena arena;
  sl_arena_init(&arena, 512);
  sl_segment *out = sl_segment_new(job->sources[job->group_from]->base, 0);
  int rc = sl_fs_open(job->part->log->fs, sl_segment_path(&arena, job->part, out->base, ".log.cleaned"),
                      SL_FS_WRITE | SL_FS_CREATE, &out->file, err);
  if (!rc) rc = sl_file_truncate(out->file, 0, err);
  sl_arena_done(&arena);
  out->loaded = true;
  job->out = out;
  return rc;
}

static int copy_batch(sl_compaction *job, const sl_scanned *found, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(job->topic);
  int rc = 0;
  if (found->header.attributes & SL_BATCH_CONTROL) {
    sl_buf_reset(&job->batch);
    sl_buf_add(&job->batch, found->data, sl_batch_size(&found->header));
  } else {
    rc = filter_batch(job, found, err);
  }
  if (rc || !job->batch.len) return rc;
  sl_batch_header h;
  sl_batch_header_decode(job->batch.data, &h);
  rc = sl_file_write(job->out->file, job->out->tail.size, job->batch.data, job->batch.len, err);
  if (!rc) sl_segment_note(config, job->out, &h);
  return rc;
}

static int step_copy(sl_compaction *job, sl_err *err) {
  if (!job->out) {
    int rc = begin_group(job, err);
    if (rc) return rc;
  }
  for (uint64_t bytes = 0; bytes < STEP_BYTES && job->at < job->group_to;) {
    sl_scanned found;
    int rc = next_batch(job, &found, err);
    if (!rc && found.status == SL_BATCH_OK) {
      bytes += sl_batch_size(&found.header);
      rc = copy_batch(job, &found, err);
    } else {
      job->at++;
    }
    if (rc) return rc;
  }
  if (job->at == job->group_to) job->phase = PHASE_SWAP;
  return 0;
}

/* ---- swap (5.6) ---- */

static int rename_suffix(sl_epart *part, int64_t base, const char *from, const char *to, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  const char *a = sl_segment_path(&arena, part, base, from);
  int rc =
      sl_fs_exists(part->log->fs, a) ? sl_fs_rename(part->log->fs, a, sl_segment_path(&arena, part, base, to), err) : 0;
  sl_arena_done(&arena);
  return rc;
}

/* Renames log, index and time index of a segment; "" stands for the plain names. The .log comes last when it makes the
 * swap count, first when it leaves. */
static int rename_all(sl_epart *part, int64_t base, const char *from, const char *to, bool log_last, sl_err *err) {
  static const char *const KINDS[] = {".log", ".index", ".timeindex"};
  int rc = 0;
  for (size_t i = 0; i < 3 && !rc; i++) {
    const char *kind = KINDS[log_last ? 2 - i : i];
    char a[40], b[40];
    snprintf(a, sizeof a, "%s%s", kind, from);
    snprintf(b, sizeof b, "%s%s", kind, to);
    rc = rename_suffix(part, base, a, b, err);
  }
  return rc;
}

static int remove_suffix(sl_epart *part, int64_t base, const char *suffix, sl_err *err) {
  static const char *const KINDS[] = {".log", ".index", ".timeindex"};
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  int rc = 0;
  for (size_t i = 0; i < 3 && !rc; i++) {
    const char *path = sl_segment_path(&arena, part, base, sl_arena_printf(&arena, "%s%s", KINDS[i], suffix));
    if (sl_fs_exists(part->log->fs, path)) rc = sl_fs_remove(part->log->fs, path, err);
  }
  sl_arena_done(&arena);
  return rc;
}

/* Where the sources stand in the partition's list; SIZE_MAX when retention has taken some of them meanwhile. */
static size_t find_group(const sl_compaction *job) {
  const sl_epart *part = job->part;
  size_t n = job->group_to - job->group_from;
  for (size_t at = 0; at + n < part->segment_count + 1 && !part->deleted; at++) {
    if (part->segments[at] != job->sources[job->group_from]) continue;
    for (size_t i = 0; i < n; i++) {
      if (part->segments[at + i] != job->sources[job->group_from + i]) return SIZE_MAX;
    }
    return at;
  }
  return SIZE_MAX;
}

/* Each piece may be done again when it has failed half way. */
static int swap_piece(sl_compaction *job, sl_err *err) {
  sl_epart *part = job->part;
  int rc = 0;
  switch (job->swap) {
  case SWAP_OUTPUT:
    rc = rename_all(part, job->out->base, ".cleaned", ".swap", true, err);
    if (rc) return rc;
    break;
  case SWAP_SOURCES:
    for (size_t i = job->group_from; i < job->group_to && !rc; i++)
      rc = rename_all(part, job->sources[i]->base, "", ".deleted", false, err);
    return rc;
  case SWAP_PLACE: return rename_all(part, job->out->base, ".swap", "", false, err);
  case SWAP_SYNC: break;
  default: return 0;
  }
  return sl_epart_sync_dir(part, err);
}

static int swap_files(sl_compaction *job, sl_err *err) {
  while (job->swap < SWAP_DONE) {
    int rc = swap_piece(job, err);
    if (rc) return rc;
    job->swap = (swap)(job->swap + 1);
  }
  return 0;
}

/* From here on readers use the sources' open files only, and nobody else touches their names. */
static int claim_group(sl_compaction *job, bool *gone, sl_err *err) {
  sl_epart *part = job->part;
  int rc = 0;
  pthread_mutex_lock(&part->state);
  *gone = find_group(job) == SIZE_MAX;
  for (size_t i = job->group_from; i < job->group_to && !rc && !*gone; i++)
    rc = sl_segment_open(part, job->sources[i], false, err);
  for (size_t i = job->group_from; i < job->group_to && !rc && !*gone; i++) job->sources[i]->retired = true;
  if (!rc && !*gone) part->swapping = true;
  pthread_mutex_unlock(&part->state);
  return rc;
}

/* Index files follow after the swap: they are a cache, the log file is what counts. Blocks of what was there go. */
static void replace_group(sl_compaction *job) {
  sl_epart *part = job->part;
  size_t n = job->group_to - job->group_from;
  pthread_mutex_lock(&part->state);
  size_t at = find_group(job);
  for (size_t i = 0; i < n; i++) sl_segment_unref(part->segments[at + i]);
  part->segments[at] = job->out;
  memmove(part->segments + at + 1, part->segments + at + n, (part->segment_count - at - n) * sizeof(sl_segment *));
  part->segment_count -= n - 1;
  sl_cache_drop_below(&part->log->cache, part, segment_end(part, at));
  job->out->index_saved = job->out->time_saved = 0;
  part->swapping = false;
  sl_segment_save(part, job->out, NULL);
  pthread_mutex_unlock(&part->state);
  job->out = NULL;
  job->swap = SWAP_NOT;
}

/* The output is complete: it takes the sources' place, unless retention has taken some of them. */
static int swap_group(sl_compaction *job, bool *gone, sl_err *err) {
  sl_epart *part = job->part;
  int rc = 0;
  *gone = false;
  if (job->swap == SWAP_NOT) {
    sl_segment_close_times(job->out);
    job->out->pub = job->out->tail;
    rc = sl_file_sync(job->out->file, err);
    if (rc) return rc; /* nobody relies on it yet: the job ends, its output goes */
    rc = claim_group(job, gone, err);
    if (rc || *gone) return rc;
    job->swap = SWAP_OUTPUT;
  }
  rc = swap_files(job, err);
  if (rc) return rc;
  for (size_t i = job->group_from; i < job->group_to; i++)
    remove_suffix(part, job->sources[i]->base, ".deleted", NULL); /* or a start does */
  replace_group(job);
  return 0;
}

static int step_swap(sl_compaction *job, bool *done, sl_err *err) {
  if (!job->changed) {
    remove_output(job);
  } else {
    int rc = swap_group(job, done, err);
    if (rc || *done) return rc;
  }
  job->phase = PHASE_COPY;
  if (job->at < job->source_count) return 0;
  job->part->cleaned = job->latest;
  *done = true;
  return sl_offsets_save(job->part->log, "cleaner-offset-checkpoint", sl_offsets_cleaned, err);
}

bool sl_compaction_swapping(const sl_compaction *job) {
  return job->swap != SWAP_NOT;
}

int sl_compaction_step(sl_compaction *job, bool *done, sl_err *err) {
  *done = job->part->deleted;
  if (*done) return 0;
  if (job->phase == PHASE_MAP) {
    int rc = step_map(job, err);
    if (!rc && !job->source_count) *done = true;
    return rc;
  }
  return job->phase == PHASE_COPY ? step_copy(job, err) : step_swap(job, done, err);
}
