/* The embedded log: opening, closing, and the table of functions that makes it an sl_log.
 *
 * Files of the log directory besides the partitions: .lock (flock), sluice-format (version and number of starts),
 * sluice-topics.json, sluice-decisions.log, Kafka's offset checkpoints and .kafka_cleanshutdown. All are plain files,
 * which a broker that adopts the directory passes over. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "base/heap.h"
#include "topics/embedded/embedded_int.h"

enum { FORMAT_VERSION = 1, CACHE_DEFAULT = 64 << 20, FLUSH_DEFAULT_MS = 1000, REFUSAL_SHOWN_NS = 1000000000 };

static const char CLEAN[] = ".kafka_cleanshutdown";

/* ---- failure ---- */

int sl_embedded_check(const sl_embedded *log, sl_err *err) {
  const char *why = sl_embedded_failure(&log->common);
  return why ? sl_err_set(err, SL_E_IO, SL_NO_POS, "The log has stopped: %s", why) : 0;
}

const char *sl_embedded_failure(const sl_log *log) {
  return atomic_load(&sl_embedded_of(log)->failed);
}

int sl_embedded_fail(sl_embedded *log, const char *doing, sl_err *err) {
  sl_err_prefix(err, "Cannot %s: ", doing);
  const char *message = err && err->code ? err->message : doing;
  char *why = sl_heap_strdup(message), *none = NULL;
  if (!atomic_compare_exchange_strong(&log->failed, &none, why)) sl_heap_free(why);
  return sl_err_set(err, SL_E_IO, SL_NO_POS, "Cannot %s", doing);
}

int sl_embedded_sync_failed(sl_embedded *log, int rc, sl_err *err) {
  return rc == SL_E_LIMIT ? rc : sl_embedded_fail(log, "sync", err);
}

void sl_embedded_refused(sl_embedded *log, const sl_err *err) {
  atomic_fetch_add(&log->refused, 1);
  pthread_mutex_lock(&log->reason_mutex);
  snprintf(log->reason, sizeof log->reason, "%s", err && err->message ? err->message : "a write failed");
  pthread_mutex_unlock(&log->reason_mutex);
  atomic_store(&log->refused_ns, sl_clock_monotonic_ns(log->common.clock));
  atomic_store(&log->refusing, true);
}

static uint64_t refused(const sl_log *log) {
  return atomic_load(&sl_embedded_of(log)->refused);
}

static bool refusing(const sl_log *base, char *reason, size_t size) {
  sl_embedded *log = sl_embedded_of(base);
  int64_t at = atomic_load(&log->refused_ns);
  bool lately = sl_clock_monotonic_ns(base->clock) - at < REFUSAL_SHOWN_NS; /* a small commit may still fit in */
  if (!atomic_load(&log->refusing) && !lately) return false;
  pthread_mutex_lock(&log->reason_mutex);
  if (size) snprintf(reason, size, "%s", log->reason);
  pthread_mutex_unlock(&log->reason_mutex);
  return true;
}

/* ---- the format file ---- */

/* The number behind "key: " in the file, or -1. */
static int64_t format_number(sl_str text, const char *key) {
  size_t n = strlen(key);
  for (size_t at = 0; at + n <= text.len; at++) {
    if (memcmp(text.ptr + at, key, n) || (at && text.ptr[at - 1] != '\n')) continue;
    size_t end = at + n;
    while (end < text.len && text.ptr[end] != '\n') end++;
    int64_t v;
    return sl_str_int64(sl_str_n(text.ptr + at + n, end - at - n), &v) ? v : -1;
  }
  return -1;
}

/* A directory without our format file must not hold somebody's partitions. */
static int check_foreign(sl_embedded *log, sl_arena *arena, sl_err *err) {
  char **names;
  size_t count;
  int rc = sl_fs_list(log->fs, log->dir, arena, &names, &count, err);
  for (size_t i = 0; i < count && !rc; i++) {
    bool ours = !strncmp(names[i], "sluice-", 7) && !sl_str_ends(sl_str_of(names[i]), sl_str_of(".tmp"));
    if (ours || sl_fs_is_dir(log->fs, sl_arena_printf(arena, "%s/%s", log->dir, names[i])))
      rc = sl_err_set(err, SL_E_VERSION, SL_NO_POS,
                      "'%s' holds '%s' but no sluice-format file: it was not written by this program, or is damaged",
                      log->dir, names[i]);
  }
  return rc;
}

static int read_format(sl_embedded *log, const char *path, sl_arena *arena, int64_t *starts, sl_err *err) {
  char *data;
  size_t len;
  int rc = sl_fs_read_all(log->fs, path, 4096, arena, &data, &len, err);
  if (rc) return rc;
  int64_t version = format_number(sl_str_n(data, len), "version: ");
  *starts = format_number(sl_str_n(data, len), "starts: ");
  if (version == FORMAT_VERSION) return 0;
  rc = sl_err_set(err, SL_E_VERSION, SL_NO_POS, "'%s' is of format version %lld; this program reads version %d",
                  log->dir, (long long)version, FORMAT_VERSION);
  sl_err_hint(err, "Use the version of sluice that wrote it, or another data directory.");
  return rc;
}

/* Checks the version and counts this start; the count tells apart commit numbers that are used again after a cut. */
static int open_format(sl_embedded *log, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 4096);
  const char *path = sl_arena_printf(&arena, "%s/sluice-format", log->dir);
  int64_t starts = 0;
  bool exists = sl_fs_exists(log->fs, path);
  int rc = exists ? read_format(log, path, &arena, &starts, err) : check_foreign(log, &arena, err);
  if (!rc) {
    starts = starts < 0 ? 1 : starts + 1;
    log->epoch = (int16_t)(starts & INT16_MAX);
    const char *text = sl_arena_printf(&arena, "version: %d\nstarts: %lld\n", FORMAT_VERSION, (long long)starts);
    rc = sl_fs_replace(log->fs, path, text, strlen(text), err);
  }
  sl_arena_done(&arena);
  return rc;
}

/* ---- open ---- */

/* Makes the log directory and those above it, each name synced. */
static int make_dir(sl_embedded *log, const char *path, sl_arena *arena, sl_err *err) {
  if (sl_fs_exists(log->fs, path)) return 0;
  const char *parent = sl_fs_parent(arena, path);
  int rc = strcmp(parent, path) ? make_dir(log, parent, arena, err) : 0;
  if (!rc) rc = sl_fs_mkdir(log->fs, path, err);
  return rc ? rc : sl_fs_sync_dir(log->fs, parent, err);
}

/* The log directory with durable names. A start that was killed may have made them and not synced them. */
static int make_log_dir(sl_embedded *log, sl_arena *arena, sl_err *err) {
  const char *parent = sl_fs_parent(arena, log->dir);
  bool fresh = !sl_fs_exists(log->fs, sl_arena_printf(arena, "%s/sluice-format", log->dir));
  bool had_parent = sl_fs_exists(log->fs, parent), had_dir = sl_fs_exists(log->fs, log->dir);
  int rc = make_dir(log, log->dir, arena, err);
  if (rc || !fresh) return rc;
  if (had_parent)
    sl_fs_sync_dir(log->fs, sl_fs_parent(arena, parent), NULL); /* may be somebody else's, not to be asked */
  return had_dir ? sl_fs_sync_dir(log->fs, parent, err) : 0;
}

static int lock_dir(sl_embedded *log, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 512);
  int rc = make_log_dir(log, &arena, err);
  if (!rc)
    rc = sl_fs_open(log->fs, sl_arena_printf(&arena, "%s/.lock", log->dir), SL_FS_WRITE | SL_FS_CREATE, &log->lock_file,
                    err);
  if (!rc) rc = sl_file_lock(log->lock_file, err);
  sl_arena_done(&arena);
  return rc;
}

/* Whether the last stop was clean. The marker goes before anything else is touched. */
static int take_marker(sl_embedded *log, bool *clean, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 512);
  const char *path = sl_arena_printf(&arena, "%s/%s", log->dir, CLEAN);
  *clean = sl_fs_exists(log->fs, path);
  int rc = *clean ? sl_fs_remove(log->fs, path, err) : 0;
  if (!rc && *clean) rc = sl_fs_sync_dir(log->fs, log->dir, err);
  sl_arena_done(&arena);
  return rc;
}

static int remove_leftovers(sl_embedded *log, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 16 * 1024);
  char **names;
  size_t count;
  int rc = sl_fs_list(log->fs, log->dir, &arena, &names, &count, err);
  for (size_t i = 0; i < count && !rc; i++) {
    sl_str name = sl_str_of(names[i]);
    if (sl_str_ends(name, sl_str_of("-delete")) || sl_str_ends(name, sl_str_of(".tmp")))
      rc = sl_fs_remove_tree(log->fs, sl_arena_printf(&arena, "%s/%s", log->dir, names[i]), err);
  }
  sl_arena_done(&arena);
  return rc;
}

/* A new log begins with an empty base record. *made: it does, so there is nothing to recover. */
static int make_decisions(sl_embedded *log, bool topics, bool *made, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 512);
  const char *path = sl_arena_printf(&arena, "%s/sluice-decisions.log", log->dir);
  int rc = 0;
  if (!sl_fs_exists(log->fs, path) && topics)
    rc = sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "'%s' is missing: without it nothing says what was committed", path);
  if (!rc && !sl_fs_exists(log->fs, path)) {
    sl_decision base = {.base = true};
    sl_buf payload = {0}, batch = {0};
    sl_decision_encode(&payload, &base);
    sl_decision_wrap(&batch, &payload, 0, log->epoch, sl_clock_wall_ms(log->common.clock));
    rc = sl_fs_replace(log->fs, path, batch.data, batch.len, err);
    sl_buf_done(&payload);
    sl_buf_done(&batch);
    *made = !rc;
  }
  sl_arena_done(&arena);
  return rc;
}

static int start(sl_embedded *log, sl_err *err) {
  bool clean = false, topics = false, made = false;
  int rc = lock_dir(log, err);
  if (!rc) rc = open_format(log, err);
  if (!rc) rc = take_marker(log, &clean, err);
  if (!rc) rc = remove_leftovers(log, err);
  if (!rc) rc = sl_topic_store_load(log, &topics, err);
  if (!rc && topics && !clean) rc = sl_topic_store_renew(log, err);
  if (!rc) rc = sl_topic_store_finish_deletes(log, err);
  if (!rc) rc = sl_offsets_load_all(log, err);
  if (!rc) rc = make_decisions(log, topics, &made, err);
  if (!rc) rc = sl_embedded_recover(log, clean || made, err);
  return rc;
}

#define MUTEXES(log)                                                                                                   \
  {                                                                                                                    \
    &(log)->meta, &(log)->names, &(log)->decide, &(log)->flush, &(log)->housekeeping, &(log)->cache.mutex,             \
        &(log)->reason_mutex                                                                                           \
  }

void sl_embedded_free(sl_embedded *log) {
  size_t at = 0;
  sl_keeper_free(log->keeper);
  for (sl_doomed *next; log->doomed; log->doomed = next) { /* a start removes them */
    next = log->doomed->next;
    sl_heap_free(log->doomed);
  }
  for (sl_map_entry *e; (e = sl_map_next(&log->by_id, &at));) sl_embedded_topic_free(e->value);
  for (size_t i = 0; i < log->deleted.len; i++) sl_embedded_topic_free(log->deleted.items[i]);
  sl_map_done(&log->by_id);
  sl_map_done(&log->by_name);
  sl_vec_done(&log->deleted);
  sl_vec_done(&log->dirty);
  sl_vec_done(&log->ack);
  sl_ledger_done(&log->ledger);
  sl_file_close(log->decisions);
  sl_file_close(log->lock_file);
  pthread_mutex_t *const mutexes[] = MUTEXES(log);
  for (size_t i = 0; i < sizeof mutexes / sizeof *mutexes; i++) pthread_mutex_destroy(mutexes[i]);
  pthread_cond_destroy(&log->turn_moved);
  sl_heap_free(atomic_load(&log->failed));
  sl_heap_free(log->dir);
  sl_heap_free(log);
}

static const sl_log_class EMBEDDED;

/* Measured with one file, carrying 32, 64, 128 KiB gives 2.5, 2.2, 1.6 times the rate of syncing the file too; at 256
 * KiB both are the same. What is carried also brings the next checkpoint nearer. */
enum { CARRY_A_FILE = 128 << 10 };

sl_embedded *sl_embedded_new(const sl_log_options *options) {
  sl_embedded *log = sl_heap_zalloc(sizeof *log);
  log->common.cls = &EMBEDDED;
  log->common.clock = options->clock ? options->clock : sl_clock_real();
  log->fs = options->fs ? options->fs : sl_fs_real();
  log->dir = sl_heap_strdup(options->dir);
  log->flush_mode = options->flush;
  log->flush_interval_ms = options->flush_interval_ms > 0 ? options->flush_interval_ms : FLUSH_DEFAULT_MS;
  log->carry_a_file = CARRY_A_FILE;
  log->block_budget = options->block_budget ? options->block_budget : CACHE_DEFAULT;
  log->cache.budget = log->block_budget;
  log->random = options->seed;
  log->seeded = options->seed != 0;
  atomic_init(&log->refused_ns, INT64_MIN / 2); /* never */
  if (!log->seeded && getrandom(&log->random, sizeof log->random, 0) < 0)
    log->random = (uint64_t)sl_clock_wall_ms(log->common.clock);
  pthread_mutex_t *const mutexes[] = MUTEXES(log);
  for (size_t i = 0; i < sizeof mutexes / sizeof *mutexes; i++) pthread_mutex_init(mutexes[i], NULL);
  pthread_cond_init(&log->turn_moved, NULL);
  return log;
}

int sl_embedded_look(sl_embedded *log, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 4096);
  const char *path = sl_arena_printf(&arena, "%s/sluice-format", log->dir);
  int64_t starts;
  int rc = 0;
  if (!sl_fs_exists(log->fs, path)) {
    rc = sl_err_set(err, SL_E_NOT_FOUND, SL_NO_POS, "'%s' is no log directory: it has no file sluice-format", log->dir);
  } else {
    rc = read_format(log, path, &arena, &starts, err);
  }
  path = sl_arena_printf(&arena, "%s/.lock", log->dir);
  if (!rc && sl_fs_exists(log->fs, path)) {
    rc = sl_fs_open(log->fs, path, SL_FS_READ, &log->lock_file, err);
    if (!rc) rc = sl_file_lock(log->lock_file, err);
  }
  sl_arena_done(&arena);
  return rc;
}

int sl_embedded_log_open(const sl_log_options *options, sl_log **out, sl_err *err) {
  sl_embedded *log = sl_embedded_new(options);
  int rc = start(log, err);
  if (rc) {
    sl_embedded_free(log);
    return rc;
  }
  *out = &log->common;
  return 0;
}

/* ---- close ---- */

/* The last time entries and all index entries reach their files. */
static int save_indexes(sl_embedded *log, sl_err *err) {
  size_t at = 0;
  int rc = 0;
  for (sl_map_entry *e; (e = sl_map_next(&log->by_name, &at));) {
    sl_topic *topic = e->value;
    for (int32_t i = 0; i < sl_topic_partitions(topic) && !rc; i++) {
      sl_epart *part = sl_epart_of(sl_topic_partition(topic, i));
      if (part->uncut) rc = sl_epart_prepare(part, err); /* or the next start finds more than the base record says */
      for (size_t j = 0; j < part->segment_count && !rc; j++) {
        sl_segment *seg = part->segments[j];
        if (!seg->loaded) continue;
        sl_segment_close_times(seg);
        seg->pub = seg->tail;
        rc = sl_segment_save(part, seg, err);
      }
    }
  }
  return rc;
}

static int close_clean(sl_embedded *log, sl_err *err) {
  static const char MARKER[] = "{\"version\":0,\"brokerEpoch\":-1}";
  sl_arena arena;
  sl_arena_init(&arena, 512);
  int rc = sl_topic_store_catch_up(log, err);
  if (!rc) rc = save_indexes(log, err);
  if (!rc) rc = sl_embedded_checkpoint(log, err);
  if (!rc) rc = sl_offsets_save(log, "log-start-offset-checkpoint", sl_offsets_start, err);
  if (!rc)
    rc = sl_fs_replace(log->fs, sl_arena_printf(&arena, "%s/%s", log->dir, CLEAN), MARKER, sizeof MARKER - 1, err);
  sl_arena_done(&arena);
  return rc;
}

static int close_log(sl_log *base, sl_err *err) {
  sl_embedded *log = sl_embedded_of(base);
  int rc = sl_embedded_check(log, err);
  sl_keeper_free(log->keeper); /* removes what an unfinished compaction has written */
  log->keeper = NULL;
  if (!rc) rc = close_clean(log, err);
  sl_embedded_free(log);
  return rc;
}

/* ---- small reads ---- */

static int64_t start_of(const sl_partition *partition) {
  sl_epart *part = sl_epart_of(partition);
  int64_t start = atomic_load(&part->start);
  if (start >= 0) return start;
  pthread_mutex_lock(&part->state);
  if (!part->deleted) sl_epart_load(part, NULL); /* an error shows at the next fetch */
  start = atomic_load(&part->start);
  pthread_mutex_unlock(&part->state);
  return start < 0 ? part->checkpoint_start : start;
}

static int64_t synced_of(const sl_partition *partition) {
  return atomic_load(&sl_epart_of(partition)->synced);
}

static uint64_t bytes_of(const sl_partition *partition) {
  sl_epart *part = sl_epart_of(partition);
  uint64_t bytes = 0;
  pthread_mutex_lock(&part->state);
  if (!part->deleted) sl_epart_load(part, NULL);
  for (size_t i = 0; i < part->segment_count; i++) bytes += part->segments[i]->pub.size;
  pthread_mutex_unlock(&part->state);
  return bytes;
}

static uint64_t durable_commit(const sl_log *log) {
  return atomic_load(&sl_embedded_of(log)->durable_commit);
}

static sl_position *copy_positions(sl_arena *arena, const sl_ledger_task *entry, size_t *count) {
  *count = entry ? entry->count : 0;
  sl_position *copy = sl_arena_calloc(arena, *count, sizeof *copy);
  if (*count) memcpy(copy, entry->positions, *count * sizeof *copy);
  return copy;
}

static void task_state(sl_log *base, sl_task_id task, sl_arena *arena, sl_position **positions, size_t *count,
                       sl_str *clocks) {
  sl_embedded *log = sl_embedded_of(base);
  pthread_mutex_lock(&log->decide);
  const sl_ledger_task *entry = sl_ledger_task_find(&log->ledger, &task);
  *positions = copy_positions(arena, entry, count);
  *clocks = entry ? sl_str_dup(arena, sl_str_n((const char *)entry->clocks, entry->clocks_len)) : (sl_str){0};
  pthread_mutex_unlock(&log->decide);
}

static void group_positions(sl_log *base, sl_str group, sl_arena *arena, sl_position **positions, size_t *count) {
  sl_embedded *log = sl_embedded_of(base);
  pthread_mutex_lock(&log->decide);
  *positions = copy_positions(arena, sl_map_find(&log->ledger.groups, group), count);
  pthread_mutex_unlock(&log->decide);
}

static void groups(sl_log *base, sl_arena *arena, sl_str **names, size_t *count) {
  sl_embedded *log = sl_embedded_of(base);
  pthread_mutex_lock(&log->decide);
  *names = sl_arena_calloc(arena, log->ledger.groups.count, sizeof **names);
  size_t n = 0, at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&log->ledger.groups, &at));) (*names)[n++] = sl_str_dup(arena, e->key);
  *count = n;
  pthread_mutex_unlock(&log->decide);
}

static void limit_cache(sl_log *base, size_t bytes) {
  sl_embedded *log = sl_embedded_of(base);
  log->cache.budget = bytes ? bytes : log->block_budget;
  sl_cache_trim(&log->cache);
}

static size_t cached_bytes(const sl_log *base) {
  return atomic_load_explicit(&((const sl_embedded *)base)->cache.bytes, memory_order_relaxed);
}

static const sl_log_class EMBEDDED = {
    .close = close_log,
    .random_id = sl_embedded_random_id,
    .topic_create = sl_embedded_topic_create,
    .topic_find = sl_embedded_topic_find,
    .topic_by_id = sl_embedded_topic_by_id,
    .topics = sl_embedded_topics,
    .topic_delete = sl_embedded_topic_delete,
    .topics_settle = sl_embedded_topics_settle,
    .topic_set = sl_embedded_topic_set,
    .topic_grow = sl_embedded_topic_grow,
    .trim = sl_embedded_trim,
    .start = start_of,
    .synced = synced_of,
    .bytes = bytes_of,
    .offset_at = sl_epart_offset_at,
    .fetch = sl_epart_fetch,
    .commit = sl_embedded_commit,
    .durable_commit = durable_commit,
    .task_state = task_state,
    .forget_query = sl_embedded_forget_query,
    .group_commit = sl_embedded_group_commit,
    .group_positions = group_positions,
    .groups = groups,
    .flush_step = sl_embedded_flush_step,
    .housekeeping_step = sl_embedded_housekeeping_step,
    .limit_cache = limit_cache,
    .cached_bytes = cached_bytes,
    .failure = sl_embedded_failure,
    .refused = refused,
    .refusing = refusing,
};
