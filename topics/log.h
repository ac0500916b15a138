/* The log: topics of partitions of records, and commits that append to many partitions at once or not at all.
 *
 * This is the interface; topics/embedded implements it on files in Kafka's layout, topics/kafka (later) on librdkafka.
 * Nothing here waits and no thread is made: readers get what is there, listeners are called when more has come,
 * flushing and housekeeping are steps that a caller's loop runs. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/str.h"
#include "types/row.h"

typedef struct sl_log sl_log;
typedef struct sl_topic sl_topic;         /* shared handle; sl_topic_unref */
typedef struct sl_partition sl_partition; /* belongs to its topic */

typedef struct sl_topic_id {
  uint8_t bytes[16]; /* UUID version 4; positions, decisions and images name this, never the name */
} sl_topic_id;
bool sl_topic_id_equal(const sl_topic_id *a, const sl_topic_id *b);
void sl_topic_id_print(char out[23], const sl_topic_id *id); /* 22 characters of URL-safe base64 and a NUL */
bool sl_topic_id_parse(sl_str text, sl_topic_id *out);

typedef enum sl_flush_mode { SL_FLUSH_NEVER, SL_FLUSH_INTERVAL, SL_FLUSH_ALWAYS } sl_flush_mode;

typedef struct sl_log_options {
  sl_fs *fs;
  const sl_clock *clock;
  const char *dir; /* the log directory; created if missing */
  sl_flush_mode flush;
  int64_t flush_interval_ms; /* 0 = 1000 */
  size_t block_budget;       /* bytes of cached blocks; 0 = 64 MiB */
  uint64_t seed;             /* of topic ids; 0 = from the operating system */
} sl_log_options;

/* Opens and recovers the embedded log (design.md 5). SL_E_LOCKED, SL_E_VERSION, SL_E_CORRUPT, SL_E_IO. */
int sl_embedded_log_open(const sl_log_options *options, sl_log **out, sl_err *err);
/* Clean stop: flushes and closes. Accepts NULL. Readers and topics must have been released. */
int sl_log_close(sl_log *log, sl_err *err);

/* ---- topics ---- */
typedef struct sl_topic_setting {
  sl_str name, value; /* Kafka's names: cleanup.policy, retention.ms ... */
} sl_topic_setting;

typedef struct sl_topic_spec {
  sl_str name;
  int32_t partitions;
  const sl_topic_setting *settings; /* overrides only */
  int setting_count;
  bool has_id; /* id was chosen by the caller (catalog); else a random one */
  sl_topic_id id;
} sl_topic_spec;

/* A fresh random topic id, from the log's seed when it has one. Thread: any. */
void sl_log_random_id(sl_log *log, sl_topic_id *out);
/* Creates a topic; SL_E_TOPIC_EXISTS, SL_E_INVALID_CONFIG (illegal name, setting or count). *out is a reference. */
int sl_log_topic_create(sl_log *log, const sl_topic_spec *spec, sl_topic **out, sl_err *err);
/* A reference, or NULL when there is none. */
sl_topic *sl_log_topic_find(sl_log *log, sl_str name);
sl_topic *sl_log_topic_by_id(sl_log *log, const sl_topic_id *id);
/* All topics by name; names are in arena, each topic is a reference to release. */
void sl_log_topics(sl_log *log, sl_arena *arena, sl_topic ***out, size_t *count);
int sl_log_topic_delete(sl_log *log, sl_topic *topic, sl_err *err);
/* Makes the disk say what is said here, if a change of a topic failed half-way: until then a start may find it made. */
int sl_log_topics_settle(sl_log *log, sl_err *err);
int sl_log_topic_set(sl_log *log, sl_topic *topic, sl_str name, const sl_str *value /* NULL: default */, sl_err *err);
int sl_log_topic_grow(sl_log *log, sl_topic *topic, int32_t partitions, sl_err *err);
/* Deletes records below an offset (rounded down to whole segments for internal topics). */
int sl_log_trim(sl_log *log, sl_partition *partition, int64_t before, sl_err *err);

sl_topic *sl_topic_ref(sl_topic *topic);
void sl_topic_unref(sl_topic *topic);
sl_str sl_topic_name(const sl_topic *topic);
const sl_topic_id *sl_topic_get_id(const sl_topic *topic);
int32_t sl_topic_partitions(const sl_topic *topic);
sl_partition *sl_topic_partition(sl_topic *topic, int32_t number); /* NULL when out of range */
/* Effective value of a setting, in arena; empty when unknown. */
sl_str sl_topic_setting_get(const sl_topic *topic, sl_arena *arena, sl_str name);
/* Overrides as stored. */
void sl_topic_settings(const sl_topic *topic, sl_arena *arena, sl_topic_setting **out, int *count);
sl_topic *sl_partition_topic(const sl_partition *partition);
int32_t sl_partition_number(const sl_partition *partition);
int64_t sl_partition_start(const sl_partition *partition);   /* log start offset */
int64_t sl_partition_visible(const sl_partition *partition); /* end for tasks: next offset to be written */
/* End for acknowledgements and outside readers: under flush "always" what is synced, else the same as visible (an
 * append is acknowledged after its write, log.md 4.6). */
int64_t sl_partition_durable(const sl_partition *partition);
/* End that survives a power failure, under every flush mode. */
int64_t sl_partition_synced(const sl_partition *partition);
/* What compaction may do beyond the topic's settings; both are told again at every start. Thread: any.
 * Deletions at and above an offset are kept: a state image may have missed them. INT64_MAX: none need be. */
void sl_partition_keep_deletions(sl_partition *partition, int64_t from);
/* Records with a timestamp below this are no longer wanted (what has expired by the reader's own clock). INT64_MIN: all
 * are. The clock must be one that no power failure takes back. */
void sl_partition_expire(sl_partition *partition, int64_t before);
uint64_t sl_partition_bytes(const sl_partition *partition);
/* First offset whose timestamp is >= ts; the end when there is none. */
int sl_partition_offset_at(sl_partition *partition, int64_t ts, int64_t *out, sl_err *err);

/* Kafka's murmur2 and its partitioner (log.md 8). Key must not be NULL for sl_partition_for_key. */
uint32_t sl_murmur2(const void *data, size_t len);
int32_t sl_partition_for_key(const void *key, size_t len, int32_t partitions);

/* ---- reading ---- */
typedef struct sl_record {
  int64_t offset;
  int64_t timestamp;
  const uint8_t *key;   /* NULL = null */
  const uint8_t *value; /* NULL = null */
  uint32_t key_len;
  uint32_t value_len;
  sl_record_headers headers;
} sl_record;

/* Records that live as long as the fetch is referenced. */
typedef struct sl_fetch {
  const sl_record *records;
  size_t count;
  int64_t next_offset; /* where to go on, also when count is 0 (compacted gaps, control batches) */
} sl_fetch;
sl_fetch *sl_fetch_ref(sl_fetch *fetch);
void sl_fetch_unref(sl_fetch *fetch);

typedef enum sl_read_end { SL_READ_VISIBLE, SL_READ_DURABLE } sl_read_end;
/* Whole batches from the one holding offset, about max_bytes and max_records, up to the given end; records below offset
 * are left out. count 0 and next_offset == offset means: nothing there yet. SL_E_OFFSET_OUT_OF_RANGE below the start,
 * SL_E_CORRUPT for bytes that fail their checksum. CRC is checked once per cached block. */
int sl_log_fetch(sl_partition *partition, int64_t offset, size_t max_bytes, size_t max_records, sl_read_end end,
                 sl_fetch **out, sl_err *err);
/* Iterates encoded headers: *at starts at 0; false at the end. value.ptr NULL = null. */
bool sl_headers_next(const sl_record_headers *headers, size_t *at, sl_str *name, sl_str *value, bool *value_null);
void sl_headers_encode(sl_buf *out, sl_str name, const sl_str *value /* NULL = null */);

/* Called after an end has moved; must be short and must not call into the log. Thread: the committer's or flusher's. */
typedef struct sl_listener {
  void (*notify)(struct sl_listener *listener);
  struct sl_listener *next; /* the log's */
} sl_listener;
void sl_partition_listen(sl_partition *partition, sl_read_end end, sl_listener *listener);
void sl_partition_unlisten(sl_partition *partition, sl_read_end end, sl_listener *listener);

/* ---- staging and commit ---- */
/* Staged records of one owner, one batch builder per partition touched. Not thread-safe. */
typedef struct sl_staging sl_staging;
sl_staging *sl_staging_new(void);
void sl_staging_free(sl_staging *staging);
void sl_staging_reset(sl_staging *staging); /* drops what is staged, keeps memory */
size_t sl_staging_bytes(const sl_staging *staging);
size_t sl_staging_records(const sl_staging *staging);
/* Stages one record (bytes are copied). key/value NULL = null. SL_E_MESSAGE_TOO_LARGE, SL_E_INVALID_RECORD (no key in a
 * compacted topic), SL_E_INVALID_TIMESTAMP. A builder that reaches the topic's max.message.bytes starts another batch.
 */
int sl_staging_append(sl_staging *staging, sl_partition *partition, int64_t timestamp, const void *key, size_t key_len,
                      const void *value, size_t value_len, const sl_record_headers *headers, sl_err *err);

/* Who a position belongs to: a task of a query (query number never reused), or a consumer group by name hash. */
typedef struct sl_task_id {
  uint64_t query; /* number of the query */
  uint32_t sub;   /* sub-topology */
  int32_t partition;
} sl_task_id;
typedef struct sl_position {
  sl_topic_id topic;
  int32_t partition;
  int64_t offset; /* next to be read */
} sl_position;

/* One task's share of a commit. Everything is borrowed for the call. */
typedef struct sl_part {
  bool has_task; /* inserts and producers have no task and no positions */
  sl_task_id task;
  sl_staging *staging;          /* may be NULL */
  const sl_position *positions; /* the complete new positions of the task, replacing the old */
  size_t position_count;
  const void *clocks; /* opaque to the log: task time, window and join times ... */
  size_t clocks_len;
  int64_t producer; /* shown as producer id of the batches: the worker's number; 0 for others */
} sl_part;

typedef struct sl_commit_result {
  uint64_t commit;     /* number of the decision */
  int64_t last_offset; /* offset of the last record of the first staged partition; -1 if none */
} sl_commit_result;

/* Appends all parts and one decision (log.md 6.12). Staging is not reset: the caller does that. On failure nothing of
 * it is visible. A write that the disk refuses (SL_E_DISK_FULL, SL_E_IO, SL_E_LIMIT) is taken back and may be tried
 * again; a failed sync is final: the log refuses everything afterwards (SL_E_IO) and must be opened again. Thread: any.
 */
int sl_log_commit(sl_log *log, const sl_part *parts, size_t count, sl_commit_result *out, sl_err *err);
/* Highest commit number that is acknowledged: synced under "always", else written. Waits for nothing. */
uint64_t sl_log_durable_commit(const sl_log *log);
/* Committed positions and clocks of a task; both in arena; count 0 and clocks empty when it never committed. */
void sl_log_task_state(sl_log *log, sl_task_id task, sl_arena *arena, sl_position **positions, size_t *count,
                       sl_str *clocks);
/* Forgets all tasks of a query (TERMINATE): part of the next decision. */
int sl_log_forget_query(sl_log *log, uint64_t query, sl_err *err);

/* Consumer groups of outside readers (`consume --group`): positions by name, durable with the next decision. */
int sl_log_group_commit(sl_log *log, sl_str group, const sl_position *positions, size_t count, sl_err *err);
void sl_log_group_positions(sl_log *log, sl_str group, sl_arena *arena, sl_position **positions, size_t *count);
void sl_log_groups(sl_log *log, sl_arena *arena, sl_str **names, size_t *count);

/* ---- steps for background loops ---- */
/* Syncs data, then decisions, if due (or now); publishes durable ends. *next_due_ms: monotonic time of the next need.
 */
int sl_log_flush_step(sl_log *log, bool now, int64_t *next_due_ms, sl_err *err);
/* One bounded piece of retention, compaction, decision trimming. true in *more when another piece waits. */
int sl_log_housekeeping_step(sl_log *log, bool *more, sl_err *err);
/* Changes how many bytes of blocks may be cached; what is over it goes at once. 0: as it was opened. Thread: any. */
void sl_log_limit_cache(sl_log *log, size_t bytes);
/* Bytes of cached blocks. Thread: any. */
size_t sl_log_cached_bytes(const sl_log *log);
/* NULL, or why the log has stopped accepting work. */
const char *sl_log_failure(const sl_log *log);
/* How many commits the disk has refused (no space, read-only, an error): each was taken back, nothing of it is visible,
 * and the same commit may be tried again. Thread: any. */
uint64_t sl_log_refused(const sl_log *log);
/* Whether the last commit was refused, or any within a second; then the reason is copied, cut to size. */
bool sl_log_refusing(const sl_log *log, char *reason, size_t size);
