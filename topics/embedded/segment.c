/* A segment: one file of batches and its two indexes.
 *
 *   .index      8 bytes an entry: i32 last offset of a batch - segment base, i32 file position of that batch
 *   .timeindex 12 bytes an entry: i64 largest timestamp so far, i32 relative offset of the batch that brought it
 *
 * Indexes live in memory while a segment is in use; the files are a cache that is written on roll, checkpoint and clean
 * stop. Loading takes from the files what makes sense and walks the batches behind the last entry, so a short, stale or
 * missing index costs time but never a wrong answer. */
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

enum { INDEX_ENTRY = 8, TIME_ENTRY = 12, INDEX_FILE_MAX = 256 * 1024 * 1024 };

void sl_segment_clear(sl_segment *seg) {
  seg->tail = (sl_seg_tail){.max_ts = -1, .max_ts_at = -1, .first_ts = -1};
  seg->pub = seg->tail;
  seg->index_saved = seg->time_saved = 0;
}

sl_segment *sl_segment_new(int64_t base, uint64_t size) {
  sl_segment *seg = sl_heap_zalloc(sizeof *seg);
  atomic_init(&seg->refs, 1);
  seg->base = base;
  sl_segment_clear(seg);
  seg->pub.size = seg->tail.size = size;
  return seg;
}

sl_segment *sl_segment_ref(sl_segment *seg) {
  atomic_fetch_add_explicit(&seg->refs, 1, memory_order_relaxed);
  return seg;
}

void sl_segment_unref(sl_segment *seg) {
  if (!seg || atomic_fetch_sub_explicit(&seg->refs, 1, memory_order_acq_rel) > 1) return;
  sl_file_close(seg->file);
  sl_heap_free(seg->index);
  sl_heap_free(seg->times);
  sl_heap_free(seg);
}

char *sl_segment_path(sl_arena *arena, const sl_epart *part, int64_t base, const char *suffix) {
  return sl_arena_printf(arena, "%s/%020lld%s", part->dir, (long long)base, suffix);
}

int sl_segment_open(sl_epart *part, sl_segment *seg, bool create, sl_err *err) {
  seg->used_ns = sl_clock_monotonic_ns(part->log->common.clock);
  if (seg->file) return 0;
  sl_arena arena;
  sl_arena_init(&arena, 512);
  int flags = SL_FS_WRITE | (create ? SL_FS_CREATE : 0);
  int rc = sl_fs_open(part->log->fs, sl_segment_path(&arena, part, seg->base, ".log"), flags, &seg->file, err);
  sl_arena_done(&arena);
  return rc;
}

/* ---- accounting ---- */

static void add_index(sl_segment *seg, int32_t relative, int32_t position) {
  if (seg->tail.index_count == seg->index_cap) {
    seg->index_cap = seg->index_cap ? seg->index_cap * 2 : 16;
    seg->index = sl_heap_realloc(seg->index, seg->index_cap * sizeof *seg->index);
  }
  seg->index[seg->tail.index_count++] = (sl_index_entry){relative, position};
}

static void add_time(sl_segment *seg) {
  size_t n = seg->tail.time_count;
  if (seg->tail.max_ts < 0 || (n && seg->times[n - 1].timestamp >= seg->tail.max_ts)) return;
  if (n == seg->time_cap) {
    seg->time_cap = seg->time_cap ? seg->time_cap * 2 : 16;
    seg->times = sl_heap_realloc(seg->times, seg->time_cap * sizeof *seg->times);
  }
  seg->times[seg->tail.time_count++] = (sl_time_entry){seg->tail.max_ts, (int32_t)(seg->tail.max_ts_at - seg->base)};
}

void sl_segment_note(const sl_topic_config *config, sl_segment *seg, const sl_batch_header *h) {
  sl_seg_tail *tail = &seg->tail;
  int64_t last = sl_batch_last(h);
  if (!tail->size) tail->first_ts = h->max_timestamp;
  if (h->max_timestamp > tail->max_ts) {
    tail->max_ts = h->max_timestamp;
    tail->max_ts_at = last;
  }
  if (sl_segment_wants_entry(config, seg)) {
    add_index(seg, (int32_t)(last - seg->base), (int32_t)tail->size);
    add_time(seg);
    tail->unindexed = 0;
  }
  tail->unindexed += sl_batch_size(h);
  tail->size += sl_batch_size(h);
}

void sl_segment_close_times(sl_segment *seg) {
  add_time(seg);
}

/* ---- files ---- */

/* Reads a whole index file if it is there and of a sane size. */
static int read_index(sl_epart *part, sl_segment *seg, const char *suffix, sl_arena *arena, uint8_t **data, size_t *len,
                      sl_err *err) {
  const char *path = sl_segment_path(arena, part, seg->base, suffix);
  *len = 0;
  if (!sl_fs_exists(part->log->fs, path)) return 0;
  char *text;
  int rc = sl_fs_read_all(part->log->fs, path, INDEX_FILE_MAX, arena, &text, len, err);
  *data = (uint8_t *)text;
  return rc;
}

static bool take_index(sl_segment *seg, const uint8_t *data, size_t len) {
  if (len % INDEX_ENTRY) return false;
  int32_t relative = -1, position = 0;
  for (size_t at = 0; at < len; at += INDEX_ENTRY) {
    int32_t r = (int32_t)sl_get_u32(data + at), p = (int32_t)sl_get_u32(data + at + 4);
    if (!r && !p) break; /* a preallocated tail */
    if (r <= relative || p <= position || (uint64_t)p >= seg->pub.size) return false;
    add_index(seg, relative = r, position = p);
  }
  return true;
}

static bool take_times(sl_segment *seg, const uint8_t *data, size_t len) {
  if (len % TIME_ENTRY) return false;
  int64_t ts = -1;
  int32_t relative = -1;
  for (size_t at = 0; at < len; at += TIME_ENTRY) {
    int64_t t = (int64_t)sl_get_u64(data + at);
    int32_t r = (int32_t)sl_get_u32(data + at + 8);
    if (!t && !r && at) break;
    if (t <= ts || r < relative) return false;
    seg->tail.max_ts = ts = t;
    seg->tail.max_ts_at = seg->base + (relative = r);
    add_time(seg);
  }
  return true;
}

static int load_files(sl_epart *part, sl_segment *seg, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 4096);
  uint8_t *index = NULL, *times = NULL;
  size_t index_len, times_len;
  int rc = read_index(part, seg, ".index", &arena, &index, &index_len, err);
  if (!rc) rc = read_index(part, seg, ".timeindex", &arena, &times, &times_len, err);
  if (!rc && take_index(seg, index, index_len) && take_times(seg, times, times_len)) {
    seg->index_saved = seg->tail.index_count;
    seg->time_saved = seg->tail.time_count;
  } else {
    uint64_t size = seg->pub.size;
    sl_segment_clear(seg);
    seg->pub.size = size;
  }
  sl_arena_done(&arena);
  return rc;
}

/* Where the walk behind the index begins: the batch of its last entry, if that is what the entry says. */
static int find_resume(sl_segment *seg, uint64_t *from, sl_err *err) {
  sl_seg_tail *tail = &seg->tail;
  *from = 0;
  if (!tail->index_count) return 0;
  sl_index_entry last = seg->index[tail->index_count - 1];
  sl_batch_scan scan;
  sl_scanned found;
  sl_batch_scan_init(&scan, seg->file, (uint64_t)last.position, seg->pub.size, false);
  int rc = sl_batch_scan_next(&scan, &found, err);
  bool fits = !rc && found.status == SL_BATCH_OK && sl_batch_last(&found.header) == seg->base + last.relative;
  sl_batch_scan_done(&scan);
  if (rc || fits) {
    *from = (uint64_t)last.position;
    return rc;
  }
  uint64_t size = seg->pub.size;
  sl_segment_clear(seg);
  seg->pub.size = size;
  return 0;
}

/* Accounts for the batches behind the last index entry. */
static int walk(sl_epart *part, sl_segment *seg, uint64_t from, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(part->common.topic);
  sl_batch_scan scan;
  sl_scanned found;
  int rc = 0;
  if (from) { /* the first timestamp is not in the indexes */
    sl_batch_scan_init(&scan, seg->file, 0, seg->pub.size, false);
    rc = sl_batch_scan_next(&scan, &found, err);
    if (!rc && found.status == SL_BATCH_OK) seg->tail.first_ts = found.header.max_timestamp;
    sl_batch_scan_done(&scan);
    if (rc) return rc;
  }
  seg->tail.size = from;
  seg->tail.unindexed = 0;
  sl_batch_scan_init(&scan, seg->file, from, seg->pub.size, false);
  while (!(rc = sl_batch_scan_next(&scan, &found, err)) && found.status == SL_BATCH_OK)
    sl_segment_note(config, seg, &found.header);
  sl_batch_scan_done(&scan);
  if (!rc && found.why)
    rc = sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "'%s/%020lld.log' is damaged at position %llu: %s", part->dir,
                    (long long)seg->base, (unsigned long long)found.position, found.why);
  return rc;
}

int sl_segment_load(sl_epart *part, sl_segment *seg, bool active, sl_err *err) {
  seg->used_ns = sl_clock_monotonic_ns(part->log->common.clock);
  if (seg->loaded) return 0;
  uint64_t size = seg->pub.size, from;
  sl_segment_clear(seg);
  seg->pub.size = size;
  int rc = sl_segment_open(part, seg, false, err);
  if (!rc) rc = load_files(part, seg, err);
  if (!rc) rc = find_resume(seg, &from, err);
  if (!rc) rc = walk(part, seg, from, err);
  if (!rc && !active) sl_segment_close_times(seg);
  if (rc) {
    sl_segment_clear(seg);
    seg->pub.size = seg->tail.size = size;
    return rc;
  }
  seg->pub = seg->tail;
  seg->loaded = true;
  return 0;
}

static int save_file(sl_epart *part, int64_t base, const char *suffix, const sl_buf *entries, size_t skipped,
                     sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 512);
  sl_file *file;
  int rc =
      sl_fs_open(part->log->fs, sl_segment_path(&arena, part, base, suffix), SL_FS_WRITE | SL_FS_CREATE, &file, err);
  sl_arena_done(&arena);
  if (rc) return rc;
  if (entries->len) rc = sl_file_write(file, skipped, entries->data, entries->len, err);
  if (!rc) rc = sl_file_truncate(file, skipped + entries->len, err);
  sl_file_close(file);
  return rc;
}

int sl_segment_save(sl_epart *part, sl_segment *seg, sl_err *err) {
  if (!seg->loaded || seg->retired) return 0;
  sl_buf entries = {0};
  int rc = 0;
  if (seg->index_saved < seg->pub.index_count || !seg->index_saved) {
    for (size_t i = seg->index_saved; i < seg->pub.index_count; i++) {
      uint8_t *p = sl_buf_reserve(&entries, INDEX_ENTRY);
      sl_put_u32(p, (uint32_t)seg->index[i].relative);
      sl_put_u32(p + 4, (uint32_t)seg->index[i].position);
      entries.len += INDEX_ENTRY;
    }
    rc = save_file(part, seg->base, ".index", &entries, seg->index_saved * INDEX_ENTRY, err);
    if (!rc) seg->index_saved = seg->pub.index_count;
  }
  sl_buf_reset(&entries);
  if (!rc && (seg->time_saved < seg->pub.time_count || !seg->time_saved)) {
    for (size_t i = seg->time_saved; i < seg->pub.time_count; i++) {
      uint8_t *p = sl_buf_reserve(&entries, TIME_ENTRY);
      sl_put_u64(p, (uint64_t)seg->times[i].timestamp);
      sl_put_u32(p + 8, (uint32_t)seg->times[i].relative);
      entries.len += TIME_ENTRY;
    }
    rc = save_file(part, seg->base, ".timeindex", &entries, seg->time_saved * TIME_ENTRY, err);
    if (!rc) seg->time_saved = seg->pub.time_count;
  }
  sl_buf_done(&entries);
  return rc;
}

static int take_away(sl_epart *part, int64_t base, bool aside, sl_err *err) {
  static const char *const SUFFIXES[] = {".log", ".index", ".timeindex", ".txnindex", ".snapshot"};
  sl_fs *fs = part->log->fs;
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  int rc = 0;
  for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES && !rc; i++) {
    const char *path = sl_segment_path(&arena, part, base, SUFFIXES[i]);
    if (!sl_fs_exists(fs, path)) continue;
    const char *other = sl_arena_printf(&arena, "%s.deleted", path);
    rc = aside ? sl_fs_rename(fs, path, other, err) : sl_fs_remove(fs, path, err);
    if (!rc && aside) sl_doom(part->log, part->common.topic, other);
  }
  sl_arena_done(&arena);
  return rc;
}

int sl_segment_sync_indexes(sl_epart *part, int64_t base, sl_err *err) {
  static const char *const SUFFIXES[] = {".index", ".timeindex"};
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  int rc = 0;
  for (size_t i = 0; i < 2 && !rc; i++) {
    const char *path = sl_segment_path(&arena, part, base, SUFFIXES[i]);
    sl_file *file;
    if (!sl_fs_exists(part->log->fs, path)) continue;
    rc = sl_fs_open(part->log->fs, path, SL_FS_WRITE, &file, err);
    if (rc) break;
    rc = sl_file_sync(file, err);
    sl_file_close(file);
  }
  sl_arena_done(&arena);
  return rc;
}

int sl_segment_remove_files(sl_epart *part, int64_t base, sl_err *err) {
  return take_away(part, base, false, err);
}

int sl_segment_retire_files(sl_epart *part, int64_t base, sl_err *err) {
  return take_away(part, base, sl_delete_delay_ms(part->common.topic) > 0, err);
}

/* ---- look-up and cut ---- */

uint64_t sl_segment_lookup(const sl_segment *seg, int64_t offset) {
  size_t low = 0, high = seg->pub.index_count; /* entries [0, low) are <= offset */
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (seg->base + seg->index[mid].relative <= offset) {
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return low ? (uint64_t)seg->index[low - 1].position : 0;
}

int sl_segment_position(sl_epart *part, sl_segment *seg, int64_t offset, uint64_t *out, sl_err *err) {
  sl_batch_scan scan;
  sl_scanned found;
  sl_batch_scan_init(&scan, seg->file, sl_segment_lookup(seg, offset), seg->pub.size, false);
  int rc;
  int64_t next = seg->base;
  while (!(rc = sl_batch_scan_next(&scan, &found, err)) && found.status == SL_BATCH_OK &&
         sl_batch_last(&found.header) < offset)
    next = sl_batch_last(&found.header) + 1;
  sl_batch_scan_done(&scan);
  if (rc) return rc;
  bool here =
      found.status == SL_BATCH_OK ? found.header.base_offset == offset || next == offset : !found.why && next <= offset;
  if (!here)
    return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "'%s/%020lld.log' has no batch that starts at offset %lld",
                      part->dir, (long long)seg->base, (long long)offset);
  *out = found.position;
  return 0;
}

int sl_segment_cut(sl_epart *part, sl_segment *seg, int64_t offset, sl_err *err) {
  uint64_t position, from;
  int rc = sl_segment_open(part, seg, false, err);
  if (!rc) rc = sl_segment_load(part, seg, true, err);
  if (!rc) rc = sl_segment_position(part, seg, offset, &position, err);
  if (!rc) rc = sl_file_truncate(seg->file, position, err);
  if (rc) return rc;
  sl_seg_tail *tail = &seg->tail;
  while (tail->index_count && seg->base + seg->index[tail->index_count - 1].relative >= offset) tail->index_count--;
  while (tail->time_count && seg->base + seg->times[tail->time_count - 1].relative >= offset) tail->time_count--;
  bool any = tail->time_count > 0;
  tail->max_ts = any ? seg->times[tail->time_count - 1].timestamp : -1;
  tail->max_ts_at = any ? seg->base + seg->times[tail->time_count - 1].relative : -1;
  tail->first_ts = -1;
  seg->pub.size = position;
  seg->index_saved = seg->time_saved = 0; /* the files are written anew */
  rc = find_resume(seg, &from, err);
  if (!rc) rc = walk(part, seg, from, err);
  if (!rc) seg->pub = seg->tail;
  return rc;
}
