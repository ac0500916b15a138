/* Verification of a log directory (log_check.h). It loads the topics file as a start does, then reads everything else
 * by itself, segment by segment, in one pass: an index is walked along with the batches that it points to. */
#include "topics/log_check.h"
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

enum { INDEX_ENTRY = 8, TIME_ENTRY = 12, INDEX_FILE_MAX = 256 * 1024 * 1024, TEXT = 1024 };

typedef struct checker {
  sl_embedded *log;
  const sl_log_check_sink *sink;
  sl_log_check_totals *totals;
  sl_arena arena; /* of a partition */
  bool clean;     /* the last stop was */
} checker;

/* An index file that is walked along with its segment. */
typedef struct index_walk {
  const uint8_t *data;
  size_t len, at, entry;
  bool wrong; /* said so already */
  const char *path;
} index_walk;

static const char CUT[] = "Nothing: the next start cuts it off; it was never acknowledged as committed.";
static const char RESTORE[] =
    "Restore the file from a copy, or delete the topic and fill it again; records behind this "
    "place cannot be read.";
static const char REBUILT[] = "Delete this file while the server is stopped: indexes are built again from the batches.";

static void report(checker *c, sl_finding_level level, const char *where, const char *todo, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void report(checker *c, sl_finding_level level, const char *where, const char *todo, const char *format, ...) {
  char what[TEXT];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  sl_finding finding = {.level = level, .where = where, .what = what, .todo = todo};
  c->sink->found(c->sink->ctx, &finding);
}

/* A file that cannot be read is a finding, not the end. */
static void report_err(checker *c, const char *where, const char *todo, sl_err *err) {
  report(c, SL_FINDING_DAMAGE, where, todo, "%s", err->message ? err->message : "cannot be read");
  sl_err_done(err);
  *err = (sl_err){0};
}

/* ---- indexes ---- */

static void index_open(checker *c, sl_epart *part, int64_t base, bool times, index_walk *w) {
  sl_err err = {0};
  *w = (index_walk){.entry = times ? TIME_ENTRY : INDEX_ENTRY};
  char *text = NULL;
  w->path = sl_segment_path(&c->arena, part, base, times ? ".timeindex" : ".index");
  if (!sl_fs_exists(c->log->fs, w->path)) return;
  if (sl_fs_read_all(c->log->fs, w->path, INDEX_FILE_MAX, &c->arena, &text, &w->len, &err)) {
    report_err(c, w->path, REBUILT, &err);
    w->len = 0;
  }
  w->data = (const uint8_t *)text;
  if (w->len % w->entry == 0) return;
  report(c, SL_FINDING_NOTE, w->path, REBUILT, "its size %zu is not a multiple of %zu", w->len, w->entry);
  w->wrong = true;
}

static void index_wrong(checker *c, index_walk *w, const char *what) {
  if (!w->wrong)
    report(c, SL_FINDING_DAMAGE, sl_arena_printf(&c->arena, "%s, entry %zu", w->path, w->at / w->entry), REBUILT, "%s",
           what);
  w->wrong = true;
}

static bool index_has(const index_walk *w) {
  return !w->wrong && w->at + w->entry <= w->len;
}

/* Entries that name this batch must be right; none may name a place before it that is no batch. */
static void index_step(checker *c, index_walk *offsets, index_walk *times, const sl_scanned *found, int64_t base,
                       int64_t max_ts) {
  int64_t last = sl_batch_last(&found->header);
  if (index_has(offsets)) {
    int32_t relative = (int32_t)sl_get_u32(offsets->data + offsets->at);
    uint32_t position = sl_get_u32(offsets->data + offsets->at + 4);
    if (position == found->position && base + relative == last) {
      offsets->at += INDEX_ENTRY;
    } else if (position <= found->position && (relative || position)) { /* zeros: a preallocated tail */
      index_wrong(c, offsets, "it names a position at which no batch with that last offset begins");
    }
  }
  while (index_has(times)) {
    int64_t ts = (int64_t)sl_get_u64(times->data + times->at);
    int64_t offset = base + (int32_t)sl_get_u32(times->data + times->at + 8);
    if (offset > last || (!ts && offset == base && times->at)) break;
    if (offset < last || ts != max_ts) {
      index_wrong(c, times, "it is not the largest timestamp up to the end of a batch");
      break;
    }
    times->at += TIME_ENTRY;
  }
}

static void index_end(checker *c, index_walk *w) {
  for (size_t i = w->at; i < w->len && !w->wrong; i++) {
    if (w->data[i]) index_wrong(c, w, "it lies behind the last batch");
  }
}

/* ---- segments ---- */

static const char *at_position(checker *c, const char *path, const sl_scanned *found) {
  return sl_arena_printf(&c->arena, "%s, position %llu", path, (unsigned long long)found->position);
}

/* R6. NULL when all records decode. */
static const char *records_wrong(checker *c, const sl_scanned *found, char text[TEXT]) {
  const sl_batch_header *h = &found->header;
  sl_buf plain = {0};
  sl_err err = {0};
  const uint8_t *data;
  size_t len;
  const char *why = NULL;
  sl_record *records = NULL;
  if (sl_batch_records(found->data, h, (size_t)1 << 30, &plain, &data, &len, &err)) {
    snprintf(text, TEXT, "%s", err.message);
    why = text;
  } else if ((size_t)h->record_count > len / 7) {
    why = "its record count is too high for its size";
  } else {
    records = sl_heap_zalloc(sizeof *records * ((size_t)h->record_count + 1));
    why = sl_records_decode(h, data, len, records);
  }
  c->totals->records += why ? 0 : (uint64_t)h->record_count;
  sl_heap_free(records);
  sl_buf_done(&plain);
  sl_err_done(&err);
  return why;
}

/* What stands behind the last whole batch: a torn tail of the last segment, or damage. */
static bool check_tail(checker *c, const sl_epart *part, const char *where, const sl_scanned *found, uint64_t size,
                       bool last, const char *why) {
  if (found->position >= size && !why) return true;
  unsigned long long left = size - found->position;
  bool torn = last && !c->clean && part->end >= part->kept;
  report(c, torn ? SL_FINDING_NOTE : SL_FINDING_DAMAGE, where, torn ? CUT : RESTORE, "%llu bytes are no batch: %s",
         left, why ? why : "they end before the batch does");
  return false;
}

static void check_segment(checker *c, sl_epart *part, int64_t base, bool last) {
  sl_err err = {0};
  sl_file *file;
  uint64_t size = 0;
  index_walk offsets, times;
  char text[TEXT];
  const char *path = sl_segment_path(&c->arena, part, base, ".log");
  if (sl_fs_open(c->log->fs, path, SL_FS_READ, &file, &err) || sl_file_size(file, &size, &err)) {
    report_err(c, path, RESTORE, &err);
    return;
  }
  index_open(c, part, base, false, &offsets);
  index_open(c, part, base, true, &times);
  sl_batch_scan scan;
  sl_scanned found = {0};
  sl_batch_scan_init(&scan, file, 0, size, true);
  int rc;
  int64_t max_ts = -1;
  const char *why = NULL;
  bool gaps = sl_topic_config_of(part->common.topic)->cleanup_compact;
  if (base > part->end && part->end >= 0 && !(gaps && base <= part->recovery_point))
    report(c, SL_FINDING_DAMAGE, path, RESTORE, "offsets %lld to %lld are missing before it", (long long)part->end,
           (long long)base - 1);
  if (base > part->end) part->end = base;
  while (!(rc = sl_batch_scan_next(&scan, &found, &err)) && found.status == SL_BATCH_OK) {
    const sl_batch_header *h = &found.header;
    bool follows = h->base_offset >= part->end && sl_batch_last(h) - base <= INT32_MAX;
    bool gap_allowed = gaps && h->base_offset <= part->recovery_point; /* what compaction leaves */
    if (!follows || (h->base_offset > part->end && !gap_allowed)) {
      why = "its base offset does not follow the batch before it";
      break;
    }
    const char *wrong = records_wrong(c, &found, text);
    if (wrong)
      report(c, SL_FINDING_DAMAGE, at_position(c, path, &found), RESTORE,
             "the batch at offset %lld does not decode: %s", (long long)h->base_offset, wrong);
    if (h->max_timestamp > max_ts) max_ts = h->max_timestamp;
    index_step(c, &offsets, &times, &found, base, max_ts);
    part->end = sl_batch_last(h) + 1;
    c->totals->batches++;
    c->totals->bytes += sl_batch_size(h);
  }
  if (rc) {
    report_err(c, path, RESTORE, &err);
  } else {
    bool whole = check_tail(c, part, at_position(c, path, &found), &found, size, last, why ? why : found.why);
    if (whole) index_end(c, &offsets);
    if (whole) index_end(c, &times);
  }
  c->totals->segments++;
  sl_batch_scan_done(&scan);
  sl_file_close(file);
}

/* ---- partitions ---- */

static void check_metadata(checker *c, const sl_epart *part) {
  sl_err err = {0};
  char *text, id[23];
  size_t len;
  const char *path = sl_arena_printf(&c->arena, "%s/partition.metadata", part->dir);
  sl_topic_id_print(id, &part->common.topic->id);
  const char *want = sl_arena_printf(&c->arena, "version: 0\ntopic_id: %s\n", id);
  static const char TODO[] = "Nothing for this server; a Kafka broker would refuse the directory.";
  if (!sl_fs_exists(c->log->fs, path)) {
    report(c, SL_FINDING_NOTE, path, TODO, "the file is missing");
  } else if (sl_fs_read_all(c->log->fs, path, 4096, &c->arena, &text, &len, &err)) {
    report_err(c, path, TODO, &err);
  } else if (!sl_str_eq_z(sl_str_n(text, len), want)) {
    report(c, SL_FINDING_DAMAGE, path, "Is this another topic's directory? Restore the right one from a copy.",
           "it does not name topic id %s", id);
  }
}

static bool has_suffix(const char *name, const char *suffix) {
  return sl_str_ends(sl_str_of(name), sl_str_of(suffix));
}

/* The base offset of a regular segment's file, -1 for any other file. */
static int64_t segment_base(const char *name) {
  int64_t base;
  bool is = strlen(name) == 24 && has_suffix(name, ".log") && name[0] >= '0' && name[0] <= '9' &&
            sl_str_int64(sl_str_n(name, 20), &base);
  return is ? base : -1;
}

static void check_names(checker *c, const sl_epart *part, char **names, size_t count) {
  static const char *const KNOWN[] = {".log", ".index", ".timeindex", ".txnindex", ".snapshot"};
  static const char *const LEFT[] = {".cleaned", ".swap", ".deleted"};
  for (size_t i = 0; i < count; i++) {
    bool known = !strcmp(names[i], "partition.metadata") || !strcmp(names[i], "leader-epoch-checkpoint"), left = false;
    for (size_t k = 0; k < sizeof KNOWN / sizeof *KNOWN; k++) known |= has_suffix(names[i], KNOWN[k]);
    for (size_t k = 0; k < sizeof LEFT / sizeof *LEFT; k++) left |= has_suffix(names[i], LEFT[k]);
    const char *path = sl_arena_printf(&c->arena, "%s/%s", part->dir, names[i]);
    if (left)
      report(c, SL_FINDING_NOTE, path, "Nothing: a start finishes or removes it.",
             "left by a compaction or a removal that was not finished");
    else if (!known)
      report(c, SL_FINDING_NOTE, path, "Move it elsewhere if it is yours.", "not a file of this log");
  }
}

static void check_partition(checker *c, sl_epart *part) {
  sl_err err = {0};
  char **names = NULL;
  size_t count = 0;
  sl_arena_reset(&c->arena);
  c->totals->partitions++;
  part->end = -1;
  if (!sl_fs_is_dir(c->log->fs, part->dir)) {
    bool lost = part->kept > part->checkpoint_start;
    report(c, lost ? SL_FINDING_DAMAGE : SL_FINDING_NOTE, part->dir,
           lost ? "Restore the directory from a copy, or delete the topic." : "Nothing: it is made on first use.",
           "the directory is missing%s", lost ? ", but records were committed to it" : "");
    return;
  }
  if (sl_fs_list(c->log->fs, part->dir, &c->arena, &names, &count, &err)) {
    report_err(c, part->dir, "Check its permissions.", &err);
    return;
  }
  check_metadata(c, part);
  check_names(c, part, names, count);
  size_t last = count;
  for (size_t i = 0; i < count; i++) last = segment_base(names[i]) >= 0 ? i : last;
  for (size_t i = 0; i < count; i++) { /* sorted, so in order of offsets */
    int64_t base = segment_base(names[i]);
    if (base >= 0) check_segment(c, part, base, i == last);
  }
  if (part->end < 0) part->end = part->checkpoint_start;
  if (part->end < part->kept)
    report(c, SL_FINDING_DAMAGE, part->dir,
           "Restore the partition from a copy. The server does not start with records missing that were synced.",
           "it ends at offset %lld, but records up to %lld were synced", (long long)part->end, (long long)part->kept);
}

/* ---- the decision log ---- */

/* Whether only zeros follow. */
static bool only_zeros(const sl_batch_scan *scan, sl_err *err) {
  uint8_t chunk[4096];
  for (uint64_t at = scan->from + scan->at; at < scan->to;) {
    size_t want = scan->to - at < sizeof chunk ? (size_t)(scan->to - at) : sizeof chunk, got = 0;
    if (sl_file_read(scan->file, at, chunk, want, &got, err) || !got) return false;
    for (size_t i = 0; i < got; i++) {
      if (chunk[i]) return false;
    }
    at += got;
  }
  return true;
}

/* The next decision, in arena; false at the end, which is that of the file or zeros written ahead. */
static bool next_decision(sl_batch_scan *scan, sl_arena *arena, sl_decision *d, int64_t *number, const char **why,
                          sl_err *err) {
  sl_scanned found;
  sl_record record;
  *why = NULL;
  if (sl_batch_scan_next(scan, &found, err)) return false;
  *number = found.header.base_offset;
  if (found.status != SL_BATCH_OK) {
    if (!only_zeros(scan, err)) *why = found.why ? found.why : "it ends before the batch does";
    return false;
  }
  if (found.header.record_count != 1 || sl_batch_codec(&found.header) != SL_CODEC_NONE ||
      sl_records_decode(&found.header, found.data + SL_BATCH_HEADER, sl_batch_size(&found.header) - SL_BATCH_HEADER,
                        &record))
    *why = "it is not one record";
  return !*why && sl_decision_decode(arena, record.value, record.value_len, d, err) == 0;
}

static sl_epart *partition_of(checker *c, const sl_topic_id *id, int32_t number) {
  return sl_embedded_partition(c->log, id, number);
}

static void take_base(checker *c, const sl_decision *d) {
  for (size_t i = 0; i < d->end_count; i++) {
    sl_epart *part = partition_of(c, &d->ends[i].topic, d->ends[i].partition);
    if (!part) continue;
    part->kept = part->recovery_point = d->ends[i].end;
    part->known_segment = d->ends[i].segment;
    part->known_size = d->ends[i].size;
  }
}

/* Ends and positions of a decision against the partitions. NULL when all is there. */
static const char *decision_wrong(checker *c, const sl_decision *d) {
  for (size_t i = 0; i < d->end_count; i++) {
    const sl_epart *part = partition_of(c, &d->ends[i].topic, d->ends[i].partition);
    if (part && d->ends[i].end > part->end && !d->ends[i].carried.len) return "records that it wrote are not there";
  }
  for (size_t i = 0; i < d->part_count; i++) {
    for (size_t k = 0; k < d->parts[i].count; k++) {
      const sl_position *pos = &d->parts[i].positions[k];
      const sl_epart *part = partition_of(c, &pos->topic, pos->partition);
      if (part && pos->offset > part->end && !d->base) return "it consumed records that are not there";
    }
  }
  return NULL;
}

/* A start keeps what decisions wrote, and appends what they carry. */
static void add_written(checker *c, const sl_decision *d) {
  for (size_t i = 0; i < d->end_count; i++) {
    sl_epart *part = partition_of(c, &d->ends[i].topic, d->ends[i].partition);
    if (!part) continue;
    if (d->ends[i].end > part->kept) part->kept = d->ends[i].end;
    if (d->ends[i].carried.len && d->ends[i].end > part->end) part->end = d->ends[i].end;
  }
}

static void check_decisions(checker *c, const char *path, sl_file *file, uint64_t size) {
  sl_batch_scan scan;
  sl_arena arena;
  sl_err err = {0};
  sl_decision d;
  int64_t number = 0, expected = -1;
  const char *why = NULL, *where = path;
  static const char BACK[] =
      "Nothing: as after a power failure, the next start goes back to the last decision that holds.";
  sl_arena_init(&arena, 64 * 1024);
  sl_batch_scan_init(&scan, file, 0, size, true);
  while (next_decision(&scan, &arena, &d, &number, &why, &err)) {
    where = sl_arena_printf(&arena, "%s, decision %lld", path, (long long)number);
    if (expected >= 0 && number != expected) {
      why = "its number does not follow";
      break;
    }
    if (expected >= 0 && (why = decision_wrong(c, &d))) {
      report(c, c->clean ? SL_FINDING_DAMAGE : SL_FINDING_NOTE, where, BACK, "%s", why);
      why = NULL;
      break;
    }
    if (expected >= 0 && c->clean)
      report(c, SL_FINDING_DAMAGE, where, "Remove the file .kafka_cleanshutdown: the next start scans everything.",
             "a decision follows the base record, though the last stop was clean");
    add_written(c, &d);
    expected = number + 1;
    c->totals->decisions++;
    sl_arena_reset(&arena);
  }
  if (err.code) report_err(c, path, "Restore the file from a copy.", &err);
  if (why) {
    where = sl_arena_printf(&arena, "%s, behind decision %lld", path, (long long)expected - 1);
    report(c, c->clean ? SL_FINDING_DAMAGE : SL_FINDING_NOTE, where, BACK, "what follows is no decision: %s", why);
  }
  sl_batch_scan_done(&scan);
  sl_arena_done(&arena);
}

/* The base record must be read before the partitions, which are compared with it; the decisions after them. */
static bool check_base(checker *c, const char *path, sl_file *file, uint64_t size) {
  sl_batch_scan scan;
  sl_arena arena;
  sl_err err = {0};
  sl_decision d;
  int64_t number;
  const char *why = NULL;
  sl_arena_init(&arena, 64 * 1024);
  sl_batch_scan_init(&scan, file, 0, size, true);
  bool ok = next_decision(&scan, &arena, &d, &number, &why, &err) && d.base;
  if (ok)
    take_base(c, &d);
  else
    report(c, SL_FINDING_DAMAGE, path, "Restore the file from a copy: without it nothing says what was committed.",
           "it does not begin with a base record: %s",
           err.message ? err.message
           : why       ? why
                       : "it is another record");
  sl_err_done(&err);
  sl_batch_scan_done(&scan);
  sl_arena_done(&arena);
  return ok;
}

/* ---- the directory ---- */

static bool is_partition_dir(checker *c, const char *name) {
  const char *dash = strrchr(name, '-');
  int64_t number;
  if (!dash || !sl_str_int64(sl_str_of(dash + 1), &number)) return false;
  sl_topic *topic = sl_embedded_topic_find(&c->log->common, sl_str_n(name, (size_t)(dash - name)));
  bool known = topic && number >= 0 && number < sl_topic_partitions(topic);
  sl_topic_unref(topic);
  return known;
}

static void check_dir(checker *c) {
  sl_err err = {0};
  char **names = NULL;
  size_t count = 0;
  if (sl_fs_list(c->log->fs, c->log->dir, &c->arena, &names, &count, &err))
    report_err(c, c->log->dir, "Check its permissions.", &err);
  for (size_t i = 0; i < count; i++) {
    const char *path = sl_arena_printf(&c->arena, "%s/%s", c->log->dir, names[i]);
    if (has_suffix(names[i], "-delete") || has_suffix(names[i], ".tmp"))
      report(c, SL_FINDING_NOTE, path, "Nothing: a start removes it.", "left by something that was not finished");
    else if (sl_fs_is_dir(c->log->fs, path) && !is_partition_dir(c, names[i]))
      report(c, SL_FINDING_DAMAGE, path,
             "Move it elsewhere if it is yours; else restore sluice-topics.json from a copy.",
             "the directory belongs to no topic in sluice-topics.json");
  }
}

static void check_topics(checker *c) {
  sl_arena arena;
  sl_topic **topics;
  size_t count;
  sl_arena_init(&arena, 4096);
  sl_embedded_topics(&c->log->common, &arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    sl_topic *topic = topics[i];
    c->totals->topics++;
    if (c->sink->topic) c->sink->topic(c->sink->ctx, topic->name, &topic->id, sl_topic_partitions(topic));
    for (int32_t p = 0; p < sl_topic_partitions(topic); p++)
      check_partition(c, sl_epart_of(sl_topic_partition(topic, p)));
    sl_topic_unref(topic);
  }
  sl_arena_done(&arena);
}

/* Without a base record nothing is decided: then it is what is there. */
static void tell_partitions(checker *c, bool base) {
  sl_arena arena;
  sl_topic **topics;
  size_t count;
  if (!c->sink->partition) return;
  sl_arena_init(&arena, 4096);
  sl_embedded_topics(&c->log->common, &arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    for (int32_t p = 0; p < sl_topic_partitions(topics[i]); p++) {
      const sl_epart *part = sl_epart_of(sl_topic_partition(topics[i], p));
      c->sink->partition(c->sink->ctx, &topics[i]->id, p, part->checkpoint_start, base ? part->kept : part->end);
    }
    sl_topic_unref(topics[i]);
  }
  sl_arena_done(&arena);
}

static int check_all(checker *c, sl_err *out) {
  sl_err err = {0};
  sl_embedded *log = c->log;
  bool found;
  const char *path = sl_arena_printf(&c->arena, "%s/.kafka_cleanshutdown", log->dir);
  c->clean = sl_fs_exists(log->fs, path);
  path = sl_arena_printf(&c->arena, "%s/sluice-topics.json", log->dir);
  if (sl_topic_store_load(log, &found, &err)) {
    int rc = err.code == SL_E_VERSION ? sl_err_set(out, SL_E_VERSION, SL_NO_POS, "%s", err.message) : 0;
    if (!rc) report_err(c, path, "Restore the file from a copy: without it no topic is known.", &err);
    sl_err_done(&err);
    return rc;
  }
  if (sl_offsets_load_all(log, &err))
    report_err(c, log->dir, "Remove the checkpoint file: deleted records may show again at the start of topics.", &err);
  sl_arena keep; /* the other one is reset for each partition */
  sl_arena_init(&keep, 1024);
  const char *decisions = sl_arena_printf(&keep, "%s/sluice-decisions.log", log->dir);
  sl_file *file = NULL;
  uint64_t size = 0;
  if (sl_fs_open(log->fs, decisions, SL_FS_READ, &file, &err) || sl_file_size(file, &size, &err)) {
    if (found || sl_fs_exists(log->fs, decisions))
      report_err(c, decisions, "Restore the file from a copy: without it nothing says what was committed.", &err);
    sl_err_done(&err);
  }
  bool base = file && check_base(c, decisions, file, size);
  check_dir(c);
  check_topics(c);
  if (base) check_decisions(c, decisions, file, size);
  tell_partitions(c, base);
  sl_file_close(file);
  sl_arena_done(&keep);
  return 0;
}

int sl_log_check(sl_fs *fs, const char *dir, const sl_log_check_sink *sink, sl_log_check_totals *totals, sl_err *err) {
  sl_log_options options = {.fs = fs, .dir = dir, .seed = 1};
  *totals = (sl_log_check_totals){0};
  if (!sl_fs_is_dir(fs, dir)) return sl_err_set(err, SL_E_NOT_FOUND, SL_NO_POS, "There is no directory '%s'", dir);
  sl_embedded *log = sl_embedded_new(&options);
  checker c = {.log = log, .sink = sink, .totals = totals};
  sl_arena_init(&c.arena, 64 * 1024);
  int rc = sl_embedded_look(log, err);
  if (!rc) rc = check_all(&c, err);
  sl_arena_done(&c.arena);
  sl_embedded_free(log);
  return rc;
}
