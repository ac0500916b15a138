/* A partition on disk: its list of segments, and the writer that appends to the last one.
 *
 * Appends go to the writer's tails and blocks first; publish copies them to what readers see, rollback forgets them and
 * cuts the files. Both are called with the append lock that the commit took before the first byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

sl_epart *sl_epart_new(sl_embedded *log, sl_topic *topic, int32_t number) {
  sl_epart *part = sl_heap_zalloc(sizeof *part);
  sl_partition_init(&part->common, topic, number);
  part->log = log;
  sl_str path = {0};
  sl_arena arena;
  sl_arena_init(&arena, 512);
  path = sl_str_printf(&arena, "%s/" SL_STR_FMT "-%d", log->dir, SL_STR_ARG(topic->name), number);
  part->dir = sl_heap_strndup(path.ptr, path.len);
  sl_arena_done(&arena);
  pthread_mutex_init(&part->append, NULL);
  pthread_mutex_init(&part->state, NULL);
  atomic_init(&part->start, -1);
  part->known_segment = -1;
  part->next_block_size = SL_BLOCK_FIRST;
  return part;
}

void sl_epart_free(sl_epart *part) {
  if (!part) return;
  sl_cache_drop_partition(&part->log->cache, part);
  for (size_t i = 0; i < part->pending_count; i++) sl_segment_unref(part->pending[i]); /* of a log that has failed */
  for (size_t i = 0; i < part->pending_block_count; i++) sl_block_unref(part->pending_blocks[i]);
  for (size_t i = 0; i < part->segment_count; i++) sl_segment_unref(part->segments[i]);
  sl_heap_free(part->segments);
  sl_heap_free(part->pending);
  sl_heap_free(part->pending_blocks);
  sl_heap_free(part->blocks);
  sl_heap_free(part->dir);
  pthread_mutex_destroy(&part->append);
  pthread_mutex_destroy(&part->state);
  sl_partition_done(&part->common);
  sl_heap_free(part);
}

/* ---- the directory ---- */

static int write_small(sl_fs *fs, const char *path, const char *text, sl_err *err) {
  sl_file *file;
  int rc = sl_fs_open(fs, path, SL_FS_WRITE | SL_FS_CREATE, &file, err);
  if (rc) return rc;
  rc = sl_file_write(file, 0, text, strlen(text), err);
  if (!rc) rc = sl_file_truncate(file, strlen(text), err);
  sl_file_close(file);
  return rc;
}

int sl_epart_make_dir(sl_epart *part, sl_err *err) {
  sl_fs *fs = part->log->fs;
  char id[23];
  sl_topic_id_print(id, &part->common.topic->id);
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  int rc = sl_fs_mkdir(fs, part->dir, err);
  if (!rc)
    rc = write_small(fs, sl_arena_printf(&arena, "%s/partition.metadata", part->dir),
                     sl_arena_printf(&arena, "version: 0\ntopic_id: %s\n", id), err);
  if (!rc) rc = write_small(fs, sl_arena_printf(&arena, "%s/leader-epoch-checkpoint", part->dir), "0\n1\n0 0\n", err);
  sl_arena_done(&arena);
  return rc;
}

typedef struct listing {
  char **names;
  size_t count;
  sl_arena *arena;
} listing;

/* Base offset of a file with this suffix; -1 if the name is something else. */
static int64_t base_of(const char *name, const char *suffix) {
  if (strlen(name) != 20 + strlen(suffix) || strcmp(name + 20, suffix)) return -1;
  int64_t base;
  return sl_str_int64(sl_str_n(name, 20), &base) && name[0] != '-' && name[0] != '+' ? base : -1;
}

static int list_dir(sl_epart *part, listing *list, sl_err *err) {
  return sl_fs_list(part->log->fs, part->dir, list->arena, &list->names, &list->count, err);
}

static int remove_name(sl_epart *part, listing *list, const char *name, sl_err *err) {
  return sl_fs_remove(part->log->fs, sl_arena_printf(list->arena, "%s/%s", part->dir, name), err);
}

static bool ends_with(const char *name, const char *suffix) {
  return sl_str_ends(sl_str_of(name), sl_str_of(suffix));
}

/* Where the batches of a swapped-in segment end: regular segments below that were its sources. */
static int swap_end(sl_epart *part, listing *list, int64_t base, int64_t *end, sl_err *err) {
  sl_file *file;
  int rc = sl_fs_open(part->log->fs, sl_arena_printf(list->arena, "%s/%020lld.log.swap", part->dir, (long long)base),
                      SL_FS_READ, &file, err);
  if (rc) return rc;
  uint64_t size;
  rc = sl_file_size(file, &size, err);
  *end = base;
  sl_batch_scan scan;
  sl_scanned found;
  sl_batch_scan_init(&scan, file, 0, rc ? 0 : size, false);
  while (!rc && !(rc = sl_batch_scan_next(&scan, &found, err)) && found.status == SL_BATCH_OK)
    *end = sl_batch_last(&found.header) + 1;
  sl_batch_scan_done(&scan);
  sl_file_close(file);
  return rc;
}

/* The compaction wrote the whole new segment and was renaming: the old files go, the new ones take their names. */
static int finish_swap(sl_epart *part, listing *list, int64_t base, sl_err *err) {
  int64_t end;
  int rc = swap_end(part, list, base, &end, err);
  for (size_t i = 0; i < list->count && !rc; i++) {
    int64_t b = base_of(list->names[i], ".log");
    if (b >= base && (b < end || b == base)) rc = sl_segment_remove_files(part, b, err);
  }
  for (size_t i = 0; i < list->count && !rc; i++) {
    const char *name = list->names[i];
    char prefix[24];
    snprintf(prefix, sizeof prefix, "%020lld.", (long long)base);
    if (!ends_with(name, ".swap") || strncmp(name, prefix, 21)) continue;
    char *to = sl_arena_printf(list->arena, "%s/%.*s", part->dir, (int)(strlen(name) - 5), name);
    rc = sl_fs_rename(part->log->fs, sl_arena_printf(list->arena, "%s/%s", part->dir, name), to, err);
  }
  return rc;
}

/* Log.md 5.6 and 1.2: leftovers of compaction and deletion. */
static int tidy(sl_epart *part, listing *list, sl_err *err) {
  int64_t lowest_cleaned = INT64_MAX;
  bool changed = false;
  int rc = 0;
  for (size_t i = 0; i < list->count && !rc; i++) {
    const char *name = list->names[i];
    int64_t base = base_of(name, ".log.cleaned");
    if (base >= 0 && base < lowest_cleaned) lowest_cleaned = base;
    if (!ends_with(name, ".cleaned") && !ends_with(name, ".deleted")) continue;
    rc = remove_name(part, list, name, err);
    changed = true;
  }
  for (size_t i = 0; i < list->count && !rc; i++) {
    int64_t base = base_of(list->names[i], ".log.swap");
    if (base < 0) continue;
    changed = true;
    if (base < lowest_cleaned) {
      rc = finish_swap(part, list, base, err);
    } else {
      rc = remove_name(part, list, list->names[i], err);
    }
  }
  if (rc || !changed) return rc;
  rc = list_dir(part, list, err);
  for (size_t i = 0; i < list->count && !rc; i++) { /* index files of swaps that are gone */
    if (ends_with(list->names[i], ".swap")) rc = remove_name(part, list, list->names[i], err);
  }
  if (!rc) rc = sl_fs_sync_dir(part->log->fs, part->dir, err);
  return rc ? rc : list_dir(part, list, err);
}

static void push_segment(sl_epart *part, sl_segment *seg) {
  if (part->segment_count == part->segment_cap) {
    part->segment_cap = part->segment_cap ? part->segment_cap * 2 : 4;
    part->segments = sl_heap_realloc(part->segments, part->segment_cap * sizeof(sl_segment *));
  }
  part->segments[part->segment_count++] = seg;
}

static int add_segment(sl_epart *part, listing *list, const char *name, int64_t base, sl_err *err) {
  sl_file *file;
  uint64_t size;
  int rc = sl_fs_open(part->log->fs, sl_arena_printf(list->arena, "%s/%s", part->dir, name), SL_FS_WRITE, &file, err);
  if (rc) return rc;
  rc = sl_file_size(file, &size, err);
  sl_file_close(file);
  if (!rc) push_segment(part, sl_segment_new(base, size));
  return rc;
}

/* After a clean stop the last segment must be the one that the base record names. */
static int check_known(const sl_epart *part, sl_err *err) {
  const sl_segment *last = part->segment_count ? part->segments[part->segment_count - 1] : NULL;
  int64_t base = last ? last->base : -1;
  uint64_t size = last ? last->pub.size : 0;
  if (base == part->known_segment && (!last || size == part->known_size)) return 0;
  if (!last && !part->known_size) return 0; /* an empty file, made for a commit that was not to be, may get lost */
  return sl_err_set(
      err, SL_E_CORRUPT, SL_NO_POS,
      "'%s' is not as the last clean stop has left it: its last segment is %lld with %llu bytes, not %lld "
      "with %llu",
      part->dir, (long long)base, (unsigned long long)size, (long long)part->known_segment,
      (unsigned long long)part->known_size);
}

int sl_epart_load(sl_epart *part, sl_err *err) {
  if (part->loaded) return 0;
  sl_arena arena;
  sl_arena_init(&arena, 4096);
  listing list = {.arena = &arena};
  int rc = 0;
  if (!sl_fs_is_dir(part->log->fs, part->dir)) { /* a crash came between the topics file and the directory */
    rc = sl_epart_make_dir(part, err);
    if (!rc) rc = sl_fs_sync_dir(part->log->fs, part->log->dir, err);
  }
  if (!rc) rc = list_dir(part, &list, err);
  if (!rc) rc = tidy(part, &list, err);
  for (size_t i = 0; i < list.count && !rc; i++) {
    int64_t base = base_of(list.names[i], ".log");
    if (base >= 0) rc = add_segment(part, &list, list.names[i], base, err);
  }
  sl_arena_done(&arena);
  if (!rc && part->trust_known) rc = check_known(part, err);
  if (rc) {
    while (part->segment_count) sl_segment_unref(part->segments[--part->segment_count]);
    return rc;
  }
  int64_t first = part->segment_count ? part->segments[0]->base : part->checkpoint_start;
  atomic_store(&part->start, first > part->checkpoint_start ? first : part->checkpoint_start);
  part->loaded = true;
  return 0;
}

size_t sl_epart_segment_at(const sl_epart *part, int64_t offset) {
  size_t low = 0, high = part->segment_count;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (part->segments[mid]->base <= offset) {
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return low ? low - 1 : 0;
}

/* ---- the writer ---- */

static uint64_t next_random(sl_embedded *log) {
  uint64_t z = __atomic_add_fetch(&log->random, 0x9E3779B97F4A7C15u, __ATOMIC_RELAXED);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static int create_segment(sl_epart *part, int64_t base, sl_segment **out, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(part->common.topic);
  sl_segment *seg = sl_segment_new(base, 0);
  seg->loaded = true;
  seg->created_ms = sl_clock_wall_ms(part->log->common.clock);
  if (config->segment_jitter_ms)
    seg->jitter_ms = (int64_t)(next_random(part->log) % (uint64_t)config->segment_jitter_ms);
  int rc = sl_segment_open(part, seg, true, err);
  if (!rc) rc = sl_file_truncate(seg->file, 0, err); /* a crash may have left bytes under this name */
  if (rc) {
    sl_segment_unref(seg);
    return rc;
  }
  *out = seg;
  return 0;
}

int sl_epart_prepare(sl_epart *part, sl_err *err) {
  sl_segment *last = part->writing;
  if (last && last->file && part->loaded && !part->uncut) return 0;
  pthread_mutex_lock(&part->state);
  int rc = sl_epart_load(part, err);
  if (!rc && !part->segment_count) {
    sl_segment *seg;
    rc = create_segment(part, part->end, &seg, err);
    if (!rc) push_segment(part, seg);
    part->dir_dirty = true;
  }
  if (!rc) {
    last = part->segments[part->segment_count - 1];
    rc = sl_segment_open(part, last, false, err);
    if (!rc) rc = sl_segment_load(part, last, true, err);
    if (!rc) part->writing = last;
  }
  pthread_mutex_unlock(&part->state);
  return rc || !part->uncut ? rc : sl_epart_cut(part, err);
}

static void push_pending(sl_epart *part, sl_segment *seg) {
  if (part->pending_count == part->pending_cap) {
    part->pending_cap = part->pending_cap ? part->pending_cap * 2 : 4;
    part->pending = sl_heap_realloc(part->pending, part->pending_cap * sizeof(sl_segment *));
  }
  part->pending[part->pending_count++] = seg;
}

static void push_block(sl_epart *part, sl_block *block) {
  if (part->pending_block_count == part->pending_block_cap) {
    part->pending_block_cap = part->pending_block_cap ? part->pending_block_cap * 2 : 4;
    part->pending_blocks = sl_heap_realloc(part->pending_blocks, part->pending_block_cap * sizeof(sl_block *));
  }
  part->pending_blocks[part->pending_block_count++] = block;
}

static int roll(sl_epart *part, sl_err *err) {
  sl_segment *seg;
  int rc = create_segment(part, part->end, &seg, err);
  if (rc) return rc;
  pthread_mutex_lock(&part->state);
  sl_segment_close_times(part->writing);
  pthread_mutex_unlock(&part->state);
  push_pending(part, seg);
  part->writing = seg;
  return 0;
}

int sl_epart_roll(sl_epart *part, sl_err *err) {
  int rc = sl_epart_prepare(part, err);
  if (!rc && (rc = roll(part, err))) part->uncut = true; /* the file may be there */
  if (!rc) sl_epart_publish(part);
  return rc;
}

/* Log.md 4.1. */
static bool must_roll(const sl_epart *part, const sl_topic_config *config, const sl_batch_header *h, size_t size) {
  const sl_segment *seg = part->writing;
  const sl_seg_tail *tail = &seg->tail;
  if (!tail->size) return false;
  if ((int64_t)(tail->size + size) > config->segment_bytes) return true;
  if (part->end + h->last_offset_delta - seg->base > INT32_MAX) return true;
  if ((int64_t)(tail->index_count + 1) * 8 > config->segment_index_bytes) return true;
  if ((int64_t)(tail->time_count + 2) * 12 > config->segment_index_bytes) return true;
  int64_t age = tail->first_ts >= 0 && h->max_timestamp >= 0
                    ? h->max_timestamp - tail->first_ts
                    : sl_clock_wall_ms(part->log->common.clock) - seg->created_ms;
  return age > config->segment_ms - seg->jitter_ms;
}

/* Copies a batch into the block being filled, or into another one. */
static void fill_block(sl_epart *part, const uint8_t *batch, size_t size, int64_t next) {
  sl_block *block = part->pending_block_count ? part->pending_blocks[part->pending_block_count - 1] : part->tail;
  if (!block || block->cap - block->write_len < size) {
    size_t cap = part->next_block_size;
    if (part->next_block_size < SL_BLOCK_SIZE) part->next_block_size *= 2;
    block = sl_block_new(part, size > cap ? size : cap, part->end);
    push_block(part, block);
  }
  memcpy(block->data + block->write_len, batch, size);
  sl_block_note(block, part->end, next, size);
}

/* Fills in what is only known at append: offsets, producer, append time, checksum. */
static void stamp_batch(uint8_t *batch, size_t size, const sl_epart *part, const sl_topic_config *config,
                        const sl_batch_stamp *stamp, sl_batch_header *h) {
  if (config->log_append_time) {
    h->attributes |= SL_BATCH_LOG_APPEND_TIME;
    h->max_timestamp = stamp->now_ms;
  }
  h->base_offset = part->end;
  h->leader_epoch = 0;
  h->producer_id = stamp->producer;
  h->producer_epoch = stamp->epoch;
  h->base_sequence = stamp->sequence;
  sl_batch_header_encode(batch, h);
  sl_batch_seal(batch, size);
}

int sl_epart_append(sl_epart *part, uint8_t *data, size_t len, const sl_batch_stamp *stamp, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(part->common.topic);
  size_t run = 0; /* batches [run, at) are accounted for but not written yet */
  uint64_t run_position = part->writing->tail.size;
  for (size_t at = 0; at < len;) {
    sl_batch_header h;
    sl_batch_header_decode(data + at, &h);
    size_t size = sl_batch_size(&h);
    if (must_roll(part, config, &h, size)) {
      int rc = at > run ? sl_file_write(part->writing->file, run_position, data + run, at - run, err) : 0;
      if (!rc) rc = roll(part, err);
      if (rc) return rc;
      run = at;
      run_position = 0;
    }
    if (stamp) stamp_batch(data + at, size, part, config, stamp, &h);
    bool entry = sl_segment_wants_entry(config, part->writing);
    if (entry) pthread_mutex_lock(&part->state);
    sl_segment_note(config, part->writing, &h);
    if (entry) pthread_mutex_unlock(&part->state);
    int64_t next = sl_batch_last(&h) + 1;
    fill_block(part, data + at, size, next);
    part->end = next;
    at += size;
  }
  return len > run ? sl_file_write(part->writing->file, run_position, data + run, len - run, err) : 0;
}

void sl_epart_publish(sl_epart *part) {
  pthread_mutex_lock(&part->state);
  sl_segment *seg = part->segments[part->segment_count - 1];
  if (seg->tail.size != seg->pub.size) seg->dirty = true;
  seg->pub = seg->tail;
  for (size_t i = 0; i < part->pending_count; i++) {
    seg = part->pending[i];
    seg->pub = seg->tail;
    seg->dirty = true;
    push_segment(part, seg);
    part->dir_dirty = true;
  }
  part->pending_count = 0;
  if (part->tail) sl_block_publish(part->tail);
  for (size_t i = 0; i < part->pending_block_count; i++) {
    sl_block *block = part->pending_blocks[i];
    sl_block_publish(block);
    part->tail = sl_cache_insert(&part->log->cache, block) ? block : NULL;
    sl_block_unref(block); /* the list has its own reference */
  }
  part->pending_block_count = 0;
  atomic_store_explicit(&part->common.visible, part->end, memory_order_release);
  pthread_mutex_unlock(&part->state);
}

void sl_epart_rollback(sl_epart *part) {
  for (size_t i = 0; i < part->pending_block_count; i++) sl_block_unref(part->pending_blocks[i]);
  part->pending_block_count = 0;
  if (part->tail) {
    part->tail->write_len = part->tail->len;
    part->tail->write_next = part->tail->next;
    part->tail->write_marks = part->tail->marks;
  }
  for (size_t i = 0; i < part->pending_count; i++) sl_segment_unref(part->pending[i]);
  part->pending_count = 0;
  pthread_mutex_lock(&part->state);
  sl_segment *seg = part->segments[part->segment_count - 1];
  seg->tail = seg->pub;
  part->writing = seg;
  part->end = sl_partition_visible(&part->common);
  part->uncut = true;
  pthread_mutex_unlock(&part->state);
}

/* Removes the segment files behind the last segment that counts. */
static int remove_behind(sl_epart *part, bool *removed, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 4096);
  listing list = {.arena = &arena};
  int rc = list_dir(part, &list, err);
  for (size_t i = list.count; i-- > 0 && !rc;) {
    int64_t base = base_of(list.names[i], ".log");
    if (base <= part->writing->base) continue;
    rc = sl_segment_remove_files(part, base, err);
    *removed = true;
  }
  sl_arena_done(&arena);
  return rc;
}

int sl_epart_sync_dir(sl_epart *part, sl_err *err) {
  int rc = sl_fs_sync_dir(part->log->fs, part->dir, err);
  return rc ? sl_embedded_sync_failed(part->log, rc, err) : 0;
}

int sl_epart_cut(sl_epart *part, sl_err *err) {
  sl_segment *seg = part->writing;
  bool removed = false;
  int rc = sl_file_truncate(seg->file, seg->tail.size, err);
  if (!rc) rc = remove_behind(part, &removed, err);
  if (rc) return rc;
  rc = sl_file_sync(seg->file, err);
  rc = rc ? sl_embedded_sync_failed(part->log, rc, err) : removed ? sl_epart_sync_dir(part, err) : 0;
  if (rc) return rc;
  part->uncut = false;
  return 0;
}

int sl_epart_sync(sl_epart *part, bool with_pending, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  pthread_mutex_lock(&part->state);
  size_t pending = with_pending ? part->pending_count : 0, count = 0;
  sl_segment **segs = sl_arena_calloc(&arena, part->segment_count + pending, sizeof *segs);
  bool dir = part->dir_dirty || pending;
  if (!with_pending) part->dir_dirty = false; /* only the flusher may say that all is synced */
  bool deleted = part->deleted;
  for (size_t i = 0; i < part->segment_count; i++) {
    sl_segment *seg = part->segments[i];
    bool unpublished = with_pending && seg == part->segments[part->segment_count - 1];
    if (!seg->dirty && !unpublished) continue;
    if (!with_pending) seg->dirty = false;
    if (seg->file) segs[count++] = sl_segment_ref(seg);
  }
  for (size_t i = 0; i < pending; i++) segs[count++] = sl_segment_ref(part->pending[i]);
  pthread_mutex_unlock(&part->state);
  int rc = 0;
  for (size_t i = 0; i < count && !rc; i++) rc = sl_file_sync(segs[i]->file, err);
  if (!rc && dir && !deleted) rc = sl_fs_sync_dir(part->log->fs, part->dir, err);
  pthread_mutex_lock(&part->state);
  for (size_t i = 0; i < count; i++) {
    if (rc) segs[i]->dirty = true;
    sl_segment_unref(segs[i]);
  }
  if (rc && dir) part->dir_dirty = true;
  pthread_mutex_unlock(&part->state);
  sl_arena_done(&arena);
  return rc ? sl_embedded_sync_failed(part->log, rc, err) : 0;
}

int sl_epart_remove_segments(sl_epart *part, size_t count, sl_err *err) {
  pthread_mutex_lock(&part->state);
  int64_t bases[32];
  if (count > 32) count = 32;
  if (count >= part->segment_count) count = part->segment_count ? part->segment_count - 1 : 0;
  if (!count || part->deleted || part->swapping) {
    pthread_mutex_unlock(&part->state);
    return 0;
  }
  for (size_t i = 0; i < count; i++) {
    bases[i] = part->segments[i]->base;
    sl_segment_unref(part->segments[i]);
  }
  memmove(part->segments, part->segments + count, (part->segment_count - count) * sizeof(sl_segment *));
  part->segment_count -= count;
  if (part->segments[0]->base > atomic_load(&part->start)) atomic_store(&part->start, part->segments[0]->base);
  pthread_mutex_unlock(&part->state);
  int rc = 0;
  for (size_t i = 0; i < count && !rc; i++) { /* one by one, so that no crash leaves a hole */
    rc = sl_segment_retire_files(part, bases[i], err);
    if (!rc) rc = sl_epart_sync_dir(part, err);
  }
  return rc;
}
