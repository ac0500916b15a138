/* Reading: records out of blocks, blocks out of files.
 *
 * A fetch looks only at one block: the appender's own at the tail, a cached one, or one that it reads, checks and puts
 * into the cache. Records point into the block; those of a compressed batch into memory of the fetch. */
#include <stdlib.h>
#include <string.h>
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

typedef struct fetch {
  sl_fetch_base common;
  sl_block *block;
  sl_buf *plain; /* decompressed batches */
  size_t plain_count;
  sl_record records[];
} fetch;

static void fetch_free(sl_fetch_base *base) {
  fetch *f = (fetch *)base;
  for (size_t i = 0; i < f->plain_count; i++) sl_buf_done(&f->plain[i]);
  free(f->plain);
  sl_block_unref(f->block);
  free(f);
}

static fetch *fetch_new(size_t records, size_t compressed) {
  fetch *f = malloc(sizeof *f + records * sizeof(sl_record));
  if (!f) abort();
  memset(f, 0, sizeof *f);
  atomic_init(&f->common.refs, 1);
  f->common.free = fetch_free;
  f->common.fetch.records = f->records;
  if (compressed) f->plain = sl_heap_zalloc(compressed * sizeof *f->plain);
  return f;
}

/* What a fetch was asked for, and what it has found out. */
typedef struct request {
  sl_epart *part;
  int64_t offset, end;
  size_t max_bytes, max_records;
  uint32_t len; /* of the block, as published */
  uint32_t at;  /* a batch at or before the one wanted */
} request;

static int corrupt(const sl_epart *part, int64_t offset, const char *why, sl_err *err) {
  return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "Partition '%s' is damaged at offset %lld: %s", part->dir,
                    (long long)offset, why);
}

/* Batches to be decoded: [from, to) in the block. */
typedef struct selection {
  uint32_t from, to;
  size_t records, compressed;
  int64_t next;
} selection;

static void select_batches(const sl_block *block, const request *rq, selection *sel) {
  *sel = (selection){.from = rq->len, .to = rq->len, .next = rq->offset};
  for (uint32_t at = rq->at; at < rq->len;) {
    sl_batch_header h;
    sl_batch_header_decode(block->data + at, &h);
    uint32_t size = (uint32_t)sl_batch_size(&h);
    int64_t last = sl_batch_last(&h);
    if (h.base_offset >= rq->end) {
      sel->to = at;
      break;
    }
    if (last >= rq->offset) {
      bool full = sel->from < at &&
                  (at + size - sel->from > rq->max_bytes || sel->records + (size_t)h.record_count > rq->max_records);
      if (full) {
        sel->to = at;
        break;
      }
      if (sel->from > at) sel->from = at;
      if (!(h.attributes & SL_BATCH_CONTROL)) {
        sel->records += (size_t)h.record_count;
        sel->compressed += sl_batch_codec(&h) != SL_CODEC_NONE;
      }
      sel->next = last + 1;
    }
    at += size;
  }
  if (sel->from > sel->to) sel->from = sel->to;
}

/* Decodes one batch behind the records found so far. */
static int decode_batch(fetch *f, const request *rq, const uint8_t *batch, const sl_batch_header *h, size_t limit,
                        sl_err *err) {
  const uint8_t *records;
  size_t len;
  sl_buf none = {0};
  sl_buf *scratch = sl_batch_codec(h) == SL_CODEC_NONE ? &none : &f->plain[f->plain_count++];
  int rc = sl_batch_records(batch, h, limit, scratch, &records, &len, err);
  if (rc) {
    sl_err_prefix(err, "Partition '%s', offset %lld: ", rq->part->dir, (long long)h->base_offset);
    return rc;
  }
  sl_record *out = f->records + f->common.fetch.count;
  const char *why = sl_records_decode(h, records, len, out);
  if (why) return corrupt(rq->part, h->base_offset, why, err);
  size_t skip = 0, count = (size_t)h->record_count;
  if (h->base_offset < rq->offset) {
    while (skip < count && out[skip].offset < rq->offset) skip++;
    memmove(out, out + skip, (count - skip) * sizeof *out);
  }
  f->common.fetch.count += count - skip;
  return 0;
}

/* Each record takes 7 bytes at least: bounds the array by what the block can hold, before it is allocated. */
static int check_counts(const sl_block *block, const request *rq, const selection *sel, size_t limit, sl_err *err) {
  for (uint32_t at = sel->from; at < sel->to;) {
    sl_batch_header h;
    sl_batch_header_decode(block->data + at, &h);
    size_t bytes = sl_batch_codec(&h) == SL_CODEC_NONE ? sl_batch_size(&h) : limit;
    if ((size_t)h.record_count > bytes / 7)
      return corrupt(rq->part, h.base_offset, "its record count is too high", err);
    at += (uint32_t)sl_batch_size(&h);
  }
  return 0;
}

static int decode_block(sl_block *block, const request *rq, sl_fetch **out, sl_err *err) {
  size_t limit = 64 * (size_t)sl_topic_config_of(rq->part->common.topic)->max_message_bytes;
  if (limit < (64 << 20)) limit = 64 << 20;
  selection sel;
  select_batches(block, rq, &sel);
  int rc = check_counts(block, rq, &sel, limit, err);
  if (rc) return rc;
  fetch *f = fetch_new(sel.records, sel.compressed);
  f->block = sl_block_ref(block);
  for (uint32_t at = sel.from; at < sel.to && !rc;) {
    sl_batch_header h;
    sl_batch_header_decode(block->data + at, &h);
    if (!(h.attributes & SL_BATCH_CONTROL)) rc = decode_batch(f, rq, block->data + at, &h, limit, err);
    at += (uint32_t)sl_batch_size(&h);
  }
  if (rc) {
    fetch_free(&f->common);
    return rc;
  }
  f->common.fetch.next_offset = sel.next;
  *out = &f->common.fetch;
  return 0;
}

/* ---- files to blocks ---- */

/* A read of whole batches: those that end at or after offset and begin below limit. */
typedef struct cold_read {
  sl_epart *part;
  sl_segment *seg;
  uint64_t position, size;
  int64_t offset, limit;
} cold_read;

/* What a chunk of a file turned out to be. */
typedef struct chunk {
  sl_batch_status status; /* OK: the block has something to keep */
  size_t passed;          /* bytes of whole batches before offset */
  size_t need;            /* bytes that the batch behind them has, when it is not whole */
  bool stopped;           /* a batch at or above limit was met */
  const char *why;
} chunk;

static void keep_batch(const cold_read *cold, sl_block *block, size_t at, const sl_batch_header *h) {
  if (!block->write_marks) {
    block->begin = block->write_len = (uint32_t)at;
    block->base = h->base_offset < cold->offset ? h->base_offset : cold->offset;
  }
  sl_block_note(block, h->base_offset, sl_batch_last(h) + 1, sl_batch_size(h));
}

static void examine_chunk(const cold_read *cold, sl_block *block, size_t got, chunk *out) {
  int64_t expected = cold->seg->base;
  *out = (chunk){.status = SL_BATCH_INCOMPLETE};
  for (size_t at = 0; at < got;) {
    sl_batch_header h = {0};
    sl_batch_status status = sl_batch_examine(block->data + at, got - at, false, &h, &out->why);
    if (status == SL_BATCH_INCOMPLETE) {
      out->need = got - at < SL_BATCH_HEADER ? SL_BATCH_HEADER : sl_batch_size(&h);
      break;
    }
    if (status == SL_BATCH_OK && h.base_offset < expected) {
      out->why = "offsets do not grow";
      status = SL_BATCH_CORRUPT;
    }
    out->stopped = status == SL_BATCH_OK && h.base_offset >= cold->limit;
    if (out->stopped) break;
    bool keep = sl_batch_last(&h) >= cold->offset;
    if (status == SL_BATCH_OK && keep) status = sl_batch_examine(block->data + at, got - at, true, &h, &out->why);
    if (status != SL_BATCH_OK) {
      out->status = block->write_marks ? SL_BATCH_OK : SL_BATCH_CORRUPT; /* what is before it can be read */
      break;
    }
    expected = sl_batch_last(&h) + 1;
    at += sl_batch_size(&h);
    if (keep) {
      keep_batch(cold, block, at - sl_batch_size(&h), &h);
      out->status = SL_BATCH_OK;
    } else {
      out->passed = at;
    }
  }
  sl_block_publish(block);
}

/* Reads a block; *out NULL when the segment holds nothing at or after offset (and below limit). */
static int read_block(const cold_read *cold, sl_block **out, sl_err *err) {
  size_t want = SL_BLOCK_SIZE;
  *out = NULL;
  for (uint64_t position = cold->position; position < cold->size;) {
    uint64_t left = cold->size - position;
    size_t cap = want < left ? want : (size_t)left, got;
    sl_block *block = sl_block_new(cold->part, cap, cold->offset);
    int rc = sl_file_read(cold->seg->file, position, block->data, cap, &got, err);
    chunk found = {0};
    if (!rc) examine_chunk(cold, block, got, &found);
    if (!rc && found.status == SL_BATCH_OK) {
      *out = block;
      return 0;
    }
    sl_block_unref(block);
    if (rc || found.stopped) return rc;
    if (found.status == SL_BATCH_CORRUPT) return corrupt(cold->part, cold->offset, found.why, err);
    if (got < cap || found.passed + found.need > left)
      return corrupt(cold->part, cold->offset, "the file ends inside a batch", err);
    position += found.passed;
    want = found.need > SL_BLOCK_SIZE ? found.need : SL_BLOCK_SIZE;
  }
  return 0;
}

/* Prepares a read of the segment that holds offset. state is held. */
static int locate(sl_epart *part, int64_t offset, int64_t limit, cold_read *cold, int64_t *segment_end, sl_err *err) {
  size_t at = sl_epart_segment_at(part, offset);
  sl_segment *seg = part->segments[at];
  bool active = at + 1 == part->segment_count;
  int rc = sl_segment_open(part, seg, false, err);
  if (!rc) rc = sl_segment_load(part, seg, active, err);
  if (rc) return rc;
  *segment_end = active ? sl_partition_visible(&part->common) : part->segments[at + 1]->base;
  *cold = (cold_read){part, sl_segment_ref(seg), sl_segment_lookup(seg, offset), seg->pub.size, offset, limit};
  return 0;
}

static int range_error(const sl_epart *part, int64_t offset, int64_t start, int64_t end, sl_err *err) {
  return sl_err_set(err, SL_E_OFFSET_OUT_OF_RANGE, SL_NO_POS,
                    "Offset %lld of partition %d of topic '" SL_STR_FMT "' is out of range: it has %lld to %lld",
                    (long long)offset, part->common.number, SL_STR_ARG(part->common.topic->name), (long long)start,
                    (long long)end);
}

static int empty_fetch(int64_t next, sl_fetch **out) {
  fetch *f = fetch_new(0, 0);
  f->common.fetch.next_offset = next;
  *out = &f->common.fetch;
  return 0;
}

static uint32_t nearest_mark(const sl_block *block, int64_t offset) {
  uint32_t low = 0, high = block->marks;
  while (low < high) {
    uint32_t mid = (low + high) / 2;
    if (block->mark[mid].offset <= offset) {
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return low ? block->mark[low - 1].at : block->begin;
}

/* Reads from the file, caches, decodes. Called with state held; releases it. */
static int fetch_cold(request *rq, int64_t limit, sl_fetch **out, sl_err *err) {
  sl_epart *part = rq->part;
  cold_read cold;
  int64_t segment_end;
  int rc = locate(part, rq->offset, limit, &cold, &segment_end, err);
  pthread_mutex_unlock(&part->state);
  if (rc) return rc;
  sl_block *block;
  rc = read_block(&cold, &block, err);
  sl_segment_unref(cold.seg);
  if (rc) return rc;
  if (!block) { /* a gap that compaction left: go on behind it */
    int64_t next = limit < segment_end ? limit : segment_end;
    return empty_fetch(next < rq->end ? next : rq->end, out);
  }
  pthread_mutex_lock(&part->state);
  rq->len = block->len;
  rq->at = block->begin;
  if (!part->deleted) sl_cache_insert(&part->log->cache, block);
  pthread_mutex_unlock(&part->state);
  rc = decode_block(block, rq, out, err);
  sl_block_unref(block);
  sl_cache_trim(&part->log->cache);
  return rc;
}

int sl_epart_fetch(sl_partition *partition, int64_t offset, size_t max_bytes, size_t max_records, sl_read_end kind,
                   sl_fetch **out, sl_err *err) {
  sl_epart *part = sl_epart_of(partition);
  int rc = 0;
  pthread_mutex_lock(&part->state);
  if (part->deleted)
    rc = sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "Topic '" SL_STR_FMT "' has been deleted",
                    SL_STR_ARG(partition->topic->name));
  int64_t visible = sl_partition_visible(partition);
  if (!rc && !part->loaded && offset < visible) rc = sl_epart_load(part, err);
  int64_t start = atomic_load(&part->start);
  if (!rc && (offset < 0 || offset > visible || (start >= 0 && offset < start)))
    rc = range_error(part, offset, start < 0 ? 0 : start, visible, err);
  int64_t end = kind == SL_READ_DURABLE ? sl_partition_durable(partition) : visible;
  if (rc || offset >= end) {
    pthread_mutex_unlock(&part->state);
    return rc ? rc : empty_fetch(offset, out);
  }
  request rq = {part, offset, end, max_bytes, max_records, 0, 0};
  int64_t limit;
  sl_block *block = sl_cache_find(part, offset, &limit);
  if (!block) return fetch_cold(&rq, limit, out, err);
  sl_block_ref(block);
  rq.len = block->len;
  rq.at = nearest_mark(block, offset);
  pthread_mutex_unlock(&part->state);
  rc = decode_block(block, &rq, out, err);
  sl_block_unref(block);
  return rc;
}

/* ---- offsets by time ---- */

/* The first record at or after ts in a batch that has one; its offset, or -1. */
static int record_at(sl_epart *part, const sl_scanned *found, int64_t ts, int64_t start, int64_t *out, sl_err *err) {
  const sl_batch_header *h = &found->header;
  size_t limit = 64 * (size_t)sl_topic_config_of(part->common.topic)->max_message_bytes;
  sl_buf plain = {0};
  const uint8_t *data;
  size_t len;
  sl_record *records = NULL;
  int rc = sl_batch_records(found->data, h, limit < (64 << 20) ? 64 << 20 : limit, &plain, &data, &len, err);
  if (!rc && (size_t)h->record_count > len / 7) rc = corrupt(part, h->base_offset, "its record count is too high", err);
  if (!rc) {
    records = malloc(sizeof *records * (size_t)(h->record_count + 1));
    if (!records) abort();
    const char *why = sl_records_decode(h, data, len, records);
    if (why) rc = corrupt(part, h->base_offset, why, err);
  }
  *out = -1;
  for (int32_t i = 0; !rc && i < h->record_count && *out < 0; i++) {
    if (records[i].timestamp >= ts && records[i].offset >= start) *out = records[i].offset;
  }
  free(records);
  sl_buf_done(&plain);
  return rc;
}

/* Log.md 3.2: from the entry with the largest timestamp below ts on. */
static int search_segment(sl_epart *part, sl_segment *seg, uint64_t from, uint64_t size, int64_t ts, int64_t *out,
                          sl_err *err) {
  int64_t start = atomic_load(&part->start), end = sl_partition_visible(&part->common);
  sl_batch_scan scan;
  sl_scanned found;
  int rc = 0;
  *out = -1;
  sl_batch_scan_init(&scan, seg->file, from, size, true);
  while (*out < 0 && !(rc = sl_batch_scan_next(&scan, &found, err)) && found.status == SL_BATCH_OK) {
    const sl_batch_header *h = &found.header;
    if (h->max_timestamp < ts || sl_batch_last(h) < start || (h->attributes & SL_BATCH_CONTROL)) continue;
    if (h->base_offset >= end) break;
    rc = record_at(part, &found, ts, start, out, err);
    if (rc) break;
  }
  if (!rc && *out < 0 && found.status != SL_BATCH_OK && found.why) rc = corrupt(part, seg->base, found.why, err);
  sl_batch_scan_done(&scan);
  return rc;
}

static uint64_t time_position(const sl_segment *seg, int64_t ts) {
  int64_t offset = seg->base;
  for (size_t low = 0, high = seg->pub.time_count; low < high;) {
    size_t mid = (low + high) / 2;
    if (seg->times[mid].timestamp < ts) {
      offset = seg->base + seg->times[mid].relative;
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return sl_segment_lookup(seg, offset);
}

int sl_epart_offset_at(sl_partition *partition, int64_t ts, int64_t *out, sl_err *err) {
  sl_epart *part = sl_epart_of(partition);
  int64_t after = -1, offset = -1;
  int rc = 0;
  for (bool more = true; more && !rc && offset < 0;) {
    pthread_mutex_lock(&part->state);
    sl_segment *seg = NULL;
    uint64_t from = 0, size = 0;
    if (part->deleted)
      rc = sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "Topic '" SL_STR_FMT "' has been deleted",
                      SL_STR_ARG(partition->topic->name));
    if (!rc) rc = sl_epart_load(part, err);
    for (size_t i = 0; i < part->segment_count && !rc && !seg; i++) {
      sl_segment *s = part->segments[i];
      if (s->base <= after) continue;
      after = s->base;
      rc = sl_segment_load(part, s, i + 1 == part->segment_count, err);
      if (!rc) rc = sl_segment_open(part, s, false, err);
      if (rc || s->pub.max_ts < ts) continue;
      seg = sl_segment_ref(s);
      from = time_position(s, ts);
      size = s->pub.size;
    }
    pthread_mutex_unlock(&part->state);
    more = seg != NULL;
    if (seg && !rc) rc = search_segment(part, seg, from, size, ts, &offset, err);
    sl_segment_unref(seg);
  }
  if (rc) return rc;
  *out = offset >= 0 ? offset : sl_partition_visible(partition);
  return 0;
}
