/* Recovery (log.md 4.5 and 6.12).
 *
 * 1. The base record gives every partition's end, and positions and clocks of the tasks. After a clean stop that is
 * all.
 * 2. Otherwise each partition that is not exactly as the base record left it is scanned: its valid prefix.
 * 3. The decisions are walked in order. One is kept if the positions that it consumed lie inside what is kept, and its
 *    written ends lie inside the files, or the batches that it carries can be appended behind them. The first miss ends
 *    the walk.
 * 4. Every partition is cut to its last kept end. A checkpoint then syncs all that was cut or read, and only after that
 *    replaces the decision log, so a crash in here finds the same input again. */
#include <string.h>
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

typedef int (*part_fn)(sl_epart *part, sl_err *err);

static int for_each(sl_embedded *log, part_fn fn, sl_err *err) {
  size_t at = 0;
  int rc = 0;
  for (sl_map_entry *e; !rc && (e = sl_map_next(&log->by_name, &at));) {
    sl_topic *topic = e->value;
    for (int32_t i = 0; i < sl_topic_partitions(topic) && !rc; i++)
      rc = fn(sl_epart_of(sl_topic_partition(topic, i)), err);
  }
  return rc;
}

/* ---- 2. scanning ---- */

/* What the base record vouches for in a segment: its first *bytes, which reach up to offset *end. Compaction may have
 * left gaps there. */
static void settled_part(const sl_epart *part, const sl_segment *seg, uint64_t *bytes, int64_t *end) {
  *bytes = seg->base == part->known_segment ? part->known_size : seg->base < part->known_segment ? UINT64_MAX : 0;
  *end = seg->base == part->known_segment  ? part->kept
         : seg->base < part->known_segment ? part->known_segment
                                           : seg->base;
}

/* Writes what lies above the recovery point anew. If a sync of it failed before, the kernel may take its pages for
 * clean without having written them: a sync alone would promise what is not there. */
static int write_again(sl_epart *part, sl_segment *seg, sl_err *err) {
  enum { CHUNK = 256 * 1024 };
  uint64_t at;
  int64_t end;
  settled_part(part, seg, &at, &end);
  uint8_t *chunk = at < seg->tail.size ? sl_heap_zalloc(CHUNK) : NULL;
  int rc = 0;
  while (at < seg->tail.size && !rc) {
    size_t want = seg->tail.size - at < CHUNK ? (size_t)(seg->tail.size - at) : CHUNK, got = 0;
    rc = sl_file_read(seg->file, at, chunk, want, &got, err);
    if (!rc && got < want) rc = sl_err_set(err, SL_E_IO, SL_NO_POS, "'%s' has become shorter", part->dir);
    if (!rc) rc = sl_file_write(seg->file, at, chunk, want, err);
    at += want;
  }
  sl_heap_free(chunk);
  return rc ? rc : sl_file_truncate(seg->file, seg->tail.size, err); /* also of a cut that may have been lost */
}

/* Batches of one segment that follow each other, without a gap above the recovery point. *whole: nothing had to be cut
 * off. */
static int scan_segment(sl_epart *part, sl_segment *seg, bool *whole, sl_err *err) {
  const sl_topic_config *config = sl_topic_config_of(part->common.topic);
  uint64_t size = seg->pub.size, settled;
  int64_t settled_end;
  int rc = sl_segment_open(part, seg, false, err);
  if (rc) return rc;
  settled_part(part, seg, &settled, &settled_end);
  sl_segment_clear(seg);
  sl_batch_scan scan;
  sl_scanned found;
  sl_batch_scan_init(&scan, seg->file, 0, size, true);
  while (!(rc = sl_batch_scan_next(&scan, &found, err)) && found.status == SL_BATCH_OK) {
    const sl_batch_header *h = &found.header;
    bool above = found.position >= settled;
    if (above && part->end < settled_end) part->end = settled_end;
    if (above ? h->base_offset != part->end : h->base_offset < part->end) break;
    if (sl_batch_last(h) - seg->base > INT32_MAX) break;
    sl_segment_note(config, seg, h);
    part->end = sl_batch_last(h) + 1;
  }
  sl_batch_scan_done(&scan);
  *whole = seg->tail.size == size;
  if (part->end < settled_end && *whole && (size >= settled || settled == UINT64_MAX)) part->end = settled_end;
  seg->pub = seg->tail;
  seg->loaded = true;
  seg->dirty = true; /* what is acted upon must be synced first */
  return rc ? rc : write_again(part, seg, err);
}

/* Removes the segments from index on, newest first. */
static int drop_segments(sl_epart *part, size_t from, sl_err *err) {
  int rc = 0;
  while (part->segment_count > from && !rc) {
    sl_segment *seg = part->segments[part->segment_count - 1];
    rc = sl_segment_remove_files(part, seg->base, err);
    sl_segment_unref(seg);
    part->segment_count--;
    part->dir_dirty = true;
  }
  return rc;
}

static void enlist(sl_epart *part) {
  sl_epart_enlist(&part->log->dirty, &part->in_dirty, part);
}

/* A partition that is as the base record says. If a recovery before this one was killed it may have cut it, and nobody
 * has synced that yet. */
static int settle_partition(sl_epart *part, sl_err *err) {
  if (!part->log->recovers_again) return 0;
  sl_segment *last = part->segments[part->segment_count - 1];
  int rc = sl_segment_open(part, last, false, err);
  if (!rc) rc = sl_file_truncate(last->file, part->known_size, err);
  last->dirty = true;
  part->dir_dirty = true;
  enlist(part);
  return rc;
}

static int scan_partition(sl_epart *part, sl_err *err) {
  int rc = sl_epart_load(part, err);
  if (rc) return rc;
  int64_t start = atomic_load(&part->start);
  part->end = part->kept > start ? part->kept : start;
  if (part->segment_count && part->segments[0]->base > part->kept) {
    /* segments go only below the base record's end: this one is left of a row whose first names were lost */
    rc = drop_segments(part, 0, err);
    enlist(part);
    start = part->checkpoint_start;
    atomic_store(&part->start, start);
  }
  if (!part->segment_count) {
    part->end = start;
  } else if (!rc) {
    const sl_segment *last = part->segments[part->segment_count - 1];
    if (last->base == part->known_segment && last->pub.size == part->known_size) return settle_partition(part, err);
    size_t at = sl_epart_segment_at(part, part->kept);
    part->end = part->segments[at]->base;
    for (bool whole = true; at < part->segment_count && whole && !rc; at++) {
      if (part->segments[at]->base != part->end) break;
      rc = scan_segment(part, part->segments[at], &whole, err);
      if (!rc && at + 1 < part->segment_count) {
        sl_segment_close_times(part->segments[at]);
        part->segments[at]->pub = part->segments[at]->tail;
      }
      if (!whole) {
        at++;
        break;
      }
    }
    if (!rc) rc = drop_segments(part, at, err);
    part->dir_dirty = true; /* after a kill a file may be seen whose name was never synced */
    enlist(part);
  }
  if (!rc && part->end < part->kept)
    rc = sl_err_set(err, SL_E_CORRUPT, SL_NO_POS,
                    "Partition '%s' ends at offset %lld, but records up to %lld were synced: its files are damaged",
                    part->dir, (long long)part->end, (long long)part->kept);
  return rc;
}

/* ---- 3. the walk ---- */

/* Appends what a partition lacks of the batches that a decision carries. false: they do not join. */
static int redo(sl_epart *part, sl_str carried, bool *joined, sl_err *err) {
  uint8_t *data = (uint8_t *)(uintptr_t)carried.ptr;
  *joined = true;
  for (size_t at = 0; at < carried.len;) {
    sl_batch_header h;
    const char *why;
    if (sl_batch_examine(data + at, carried.len - at, true, &h, &why) != SL_BATCH_OK)
      return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "A decision carries a batch that is damaged: %s", why);
    size_t size = sl_batch_size(&h);
    if (h.base_offset > part->end) {
      *joined = false;
      return 0;
    }
    if (h.base_offset == part->end) {
      int rc = sl_epart_prepare(part, err);
      if (!rc) rc = sl_epart_append(part, data + at, size, NULL, err);
      if (rc) return rc;
      sl_epart_publish(part);
      enlist(part);
    }
    at += size;
  }
  return 0;
}

static bool consumed_inside(sl_embedded *log, const sl_decision *d) {
  for (size_t i = 0; i < d->part_count; i++) {
    for (size_t j = 0; j < d->parts[i].count; j++) {
      const sl_position *pos = &d->parts[i].positions[j];
      const sl_epart *part = sl_embedded_partition(log, &pos->topic, pos->partition);
      if (part && pos->offset > part->kept) return false;
    }
  }
  return true;
}

/* Whether all that the decision wrote is there; what it carries is appended. */
static int written_inside(sl_embedded *log, const sl_decision *d, bool *inside, sl_err *err) {
  *inside = true;
  for (size_t i = 0; i < d->end_count && *inside; i++) {
    const sl_decision_end *e = &d->ends[i];
    sl_epart *part = sl_embedded_partition(log, &e->topic, e->partition);
    if (!part || e->end <= part->end) continue; /* of a deleted topic, or all there */
    int rc = e->carried.len ? redo(part, e->carried, inside, err) : 0;
    if (rc) return rc;
    if (e->end > part->end) *inside = false;
  }
  return 0;
}

static void keep(sl_embedded *log, const sl_decision *d) {
  for (size_t i = 0; i < d->end_count; i++) {
    sl_epart *part = sl_embedded_partition(log, &d->ends[i].topic, d->ends[i].partition);
    if (part && d->ends[i].end > part->kept) part->kept = d->ends[i].end;
  }
  sl_ledger_apply(&log->ledger, d);
}

static void keep_base(sl_embedded *log, const sl_decision *d) {
  for (size_t i = 0; i < d->end_count; i++) {
    const sl_decision_end *e = &d->ends[i];
    sl_epart *part = sl_embedded_partition(log, &e->topic, e->partition);
    if (!part) continue;
    part->recovery_point = part->kept = e->end;
    part->known_segment = e->segment;
    part->known_size = e->size;
  }
  sl_ledger_apply(&log->ledger, d);
}

/* The next record of the decision log; *d is untouched when there is none. */
static int next_decision(sl_batch_scan *scan, sl_arena *arena, uint64_t expected, bool first, sl_decision *d,
                         uint64_t *number, bool *found, sl_err *err) {
  sl_scanned batch;
  int rc = sl_batch_scan_next(scan, &batch, err);
  *found = !rc && batch.status == SL_BATCH_OK && batch.header.record_count == 1 &&
           sl_batch_codec(&batch.header) == SL_CODEC_NONE && (first || batch.header.base_offset == (int64_t)expected);
  if (!*found) return rc;
  sl_record record;
  if (sl_records_decode(&batch.header, batch.data + SL_BATCH_HEADER, sl_batch_size(&batch.header) - SL_BATCH_HEADER,
                        &record))
    return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "A record of the decision log is malformed");
  *number = (uint64_t)batch.header.base_offset;
  return sl_decision_decode(arena, record.value, record.value_len, d, err);
}

static int walk(sl_embedded *log, sl_batch_scan *scan, uint64_t *last, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 16 * 1024);
  int rc = 0;
  for (bool going = true; going && !rc;) {
    sl_arena_reset(&arena);
    sl_decision d;
    uint64_t number;
    rc = next_decision(scan, &arena, *last + 1, false, &d, &number, &going, err);
    if (rc || !going) break;
    going = consumed_inside(log, &d);
    if (going) rc = written_inside(log, &d, &going, err);
    if (rc || !going) break;
    keep(log, &d);
    *last = number;
  }
  sl_arena_done(&arena);
  return rc;
}

/* ---- 4. cutting ---- */

static int cut_partition(sl_epart *part, sl_err *err) {
  int rc = 0;
  if (part->loaded && !part->segment_count && part->kept < part->end) part->kept = part->end;
  if (part->loaded && part->end > part->kept) {
    size_t from = part->segment_count;
    while (from > 1 && part->segments[from - 1]->base >= part->kept) from--;
    rc = drop_segments(part, from, err);
    sl_segment *seg = part->segments[part->segment_count - 1];
    if (!rc) rc = sl_segment_cut(part, seg, part->kept, err);
    seg->dirty = true;
    sl_cache_drop_partition(&part->log->cache, part);
    enlist(part);
  }
  part->writing = NULL;
  part->end = part->kept;
  atomic_store(&part->common.visible, part->kept);
  atomic_store(&part->common.durable, part->kept);
  return rc;
}

static int synced(sl_epart *part, sl_err *err) {
  (void)err;
  atomic_store(&part->synced, part->kept);
  return 0;
}

static int trust(sl_epart *part, sl_err *err) {
  part->trust_known = true;
  return cut_partition(part, err);
}

/* The mark of a recovery that is not complete. It need not be synced: a power loss leaves no cut that only looks like
 * one. */
static int mark_recovery(sl_embedded *log, const char *path, sl_err *err) {
  sl_file *file = NULL;
  log->recovers_again = sl_fs_exists(log->fs, path);
  int rc = log->recovers_again ? 0 : sl_fs_open(log->fs, path, SL_FS_WRITE | SL_FS_CREATE, &file, err);
  sl_file_close(file);
  return rc;
}

static int recover(sl_embedded *log, bool clean, uint64_t size, const char *mark, sl_err *err) {
  sl_batch_scan scan;
  sl_arena arena;
  sl_arena_init(&arena, 16 * 1024);
  sl_batch_scan_init(&scan, log->decisions, 0, size, true);
  sl_decision base = {0};
  uint64_t number = 0;
  bool found = false;
  int rc = next_decision(&scan, &arena, 0, true, &base, &number, &found, err);
  if (!rc && !(found && base.base))
    rc = sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "'%s/sluice-decisions.log' does not begin with a base record",
                    log->dir);
  if (!rc) keep_base(log, &base);
  log->base_size = log->decisions_size = log->decisions_room = scan.from + scan.at;
  clean = clean && log->base_size == size;
  if (!rc && !clean) rc = mark_recovery(log, mark, err);
  if (!rc && !clean) rc = for_each(log, scan_partition, err);
  if (!rc && !clean) rc = walk(log, &scan, &number, err);
  sl_batch_scan_done(&scan);
  sl_arena_done(&arena);
  if (!rc) rc = for_each(log, clean ? trust : cut_partition, err);
  if (rc) return rc;
  log->turn = log->next_ticket = number + 1;
  atomic_store(&log->last_commit, number);
  atomic_store(&log->durable_commit, number);
  if (!clean) rc = sl_embedded_checkpoint(log, err);
  if (!rc && !clean) rc = sl_fs_remove(log->fs, mark, err);
  return rc ? rc : for_each(log, synced, err);
}

int sl_embedded_recover(sl_embedded *log, bool clean, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 512);
  const char *mark = sl_arena_printf(&arena, "%s/sluice-recovering", log->dir);
  const char *path = sl_arena_printf(&arena, "%s/sluice-decisions.log", log->dir);
  uint64_t size = 0;
  int rc = sl_fs_open(log->fs, path, SL_FS_WRITE, &log->decisions, err);
  if (!rc) rc = sl_file_size(log->decisions, &size, err);
  if (!rc) rc = recover(log, clean, size, mark, err);
  sl_arena_done(&arena);
  return rc;
}
