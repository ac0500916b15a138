/* What the files of the embedded log share. README.md of topics/ tells the flow and the lock order:
 *
 *   meta -> housekeeping -> flush -> append (by topic id, partition) -> decide -> names -> state -> cache
 *
 * "append" serialises writers of a partition, "decide" orders decisions, "state" guards what readers look at. */
#pragma once
#include "base/map.h"
#include "base/vec.h"
#include "topics/batch_scan.h"
#include "topics/log_int.h"

typedef struct sl_embedded sl_embedded;
typedef struct sl_epart sl_epart;

/* ---- segments ---- */

typedef struct sl_index_entry {
  int32_t relative; /* last offset of the batch - base of the segment */
  int32_t position; /* where that batch starts */
} sl_index_entry;

typedef struct sl_time_entry {
  int64_t timestamp;
  int32_t relative;
} sl_time_entry;

/* How far a segment has got. A segment has two: the writer's, and what is published to readers. */
typedef struct sl_seg_tail {
  uint64_t size;
  size_t index_count, time_count;
  int64_t max_ts;     /* -1 none */
  int64_t max_ts_at;  /* last offset of the batch that brought it */
  int64_t first_ts;   /* max timestamp of the first batch, -1 none or empty */
  uint64_t unindexed; /* bytes since the last index entry */
} sl_seg_tail;

typedef struct sl_segment {
  atomic_int refs;
  int64_t base;
  sl_file *file;    /* opened on first use; state */
  bool retired;     /* a compaction is taking its place: its index files are not written any more; state */
  sl_seg_tail tail; /* append */
  sl_seg_tail pub;  /* state */
  sl_index_entry *index;
  sl_time_entry *times;
  size_t index_cap, time_cap;
  size_t index_saved, time_saved; /* entries that are in the files */
  bool loaded;                    /* tails and indexes are known, not only the size; state */
  bool dirty;                     /* has bytes that are not synced; state */
  uint64_t on_its_way;            /* bytes that were told to go to the disk; state */
  int64_t jitter_ms;
  int64_t created_ms;
  int64_t used_ns; /* monotonic time of the last use, for closing idle files */
} sl_segment;

sl_segment *sl_segment_new(int64_t base, uint64_t size);
sl_segment *sl_segment_ref(sl_segment *seg);
void sl_segment_unref(sl_segment *seg);
char *sl_segment_path(sl_arena *arena, const sl_epart *part, int64_t base, const char *suffix);
/* Opens the file if it is not. state is held. */
int sl_segment_open(sl_epart *part, sl_segment *seg, bool create, sl_err *err);
/* Reads the indexes, rebuilds what is missing from the batches. state is held. */
int sl_segment_load(sl_epart *part, sl_segment *seg, bool active, sl_err *err);
/* Accounts for a batch appended at tail.size (log.md 3.1, 3.2). state is held if wants_entry says so. */
void sl_segment_note(const sl_topic_config *config, sl_segment *seg, const sl_batch_header *header);
static inline bool sl_segment_wants_entry(const sl_topic_config *config, const sl_segment *seg) {
  return (int64_t)seg->tail.unindexed > config->index_interval_bytes;
}
/* The closing entry of the time index. state is held. */
void sl_segment_close_times(sl_segment *seg);
/* Writes published index entries that are not in the files yet. state is held. */
int sl_segment_save(sl_epart *part, sl_segment *seg, sl_err *err);
/* Makes what was saved durable. Without locks. */
int sl_segment_sync_indexes(sl_epart *part, int64_t base, sl_err *err);
/* Position of a batch at or before the one that holds offset. state is held, the segment loaded. */
uint64_t sl_segment_lookup(const sl_segment *seg, int64_t offset);
/* Cuts a loaded segment at the start of the batch with this offset (recovery). */
int sl_segment_cut(sl_epart *part, sl_segment *seg, int64_t offset, sl_err *err);
/* Position where the batch that begins at offset starts, by walking; the size if offset is the end. SL_E_CORRUPT if no
 * batch begins there. state is held, the segment loaded and open. */
int sl_segment_position(sl_epart *part, sl_segment *seg, int64_t offset, uint64_t *out, sl_err *err);
/* Fresh tails, as of an empty segment. */
void sl_segment_clear(sl_segment *seg);
int sl_segment_remove_files(sl_epart *part, int64_t base, sl_err *err);
/* The same, or moves them aside when the topic has a delay for that. housekeeping is held. */
int sl_segment_retire_files(sl_epart *part, int64_t base, sl_err *err);

/* ---- blocks ---- */

enum { SL_BLOCK_SIZE = 256 * 1024, SL_BLOCK_FIRST = 4096, SL_BLOCK_MARKS = 64 };

/* Whole batches in memory, contiguous in offsets. The newest block of a partition is the appender's. */
typedef struct sl_block {
  atomic_int refs;
  atomic_bool used; /* since the cache last looked */
  bool cached;      /* in the cache's queue; cache */
  sl_epart *owner;
  struct sl_block *older, *newer; /* queue; cache */
  int64_t base;                   /* first offset that a look-up may ask for */
  int64_t next;                   /* published: offset after the last batch; state */
  int64_t write_next;             /* append */
  uint32_t begin;                 /* where the first batch starts */
  uint32_t len, write_len;        /* published (state), written (append) */
  uint32_t cap;
  uint32_t marks, write_marks;
  struct {
    int64_t offset;
    uint32_t at;
  } mark[SL_BLOCK_MARKS + 1]; /* batch starts about every cap / SL_BLOCK_MARKS bytes */
  uint8_t data[];
} sl_block;

sl_block *sl_block_new(sl_epart *owner, size_t cap, int64_t base);
sl_block *sl_block_ref(sl_block *block);
void sl_block_unref(sl_block *block);
/* Accounts for a batch of size bytes that lies at write_len. */
void sl_block_note(sl_block *block, int64_t base_offset, int64_t next, size_t size);
void sl_block_publish(sl_block *block);

typedef struct sl_block_cache {
  pthread_mutex_t mutex;
  _Atomic size_t bytes;
  _Atomic size_t budget;
  sl_block *oldest, *newest;
} sl_block_cache;

/* Puts a block into its partition's list and the queue; false if it would overlap another. state is held. */
bool sl_cache_insert(sl_block_cache *cache, sl_block *block);
/* Removes what is over the budget. No lock is held. */
void sl_cache_trim(sl_block_cache *cache);
/* Removes the blocks that end at or below offset, but not the one being filled. state is held. */
void sl_cache_drop_below(sl_block_cache *cache, sl_epart *part, int64_t offset);
/* Removes all blocks of a partition. state is held. */
void sl_cache_drop_partition(sl_block_cache *cache, sl_epart *part);
/* The block that holds offset, or NULL. state is held. *limit: base of the next block. */
sl_block *sl_cache_find(const sl_epart *part, int64_t offset, int64_t *limit);

/* ---- partitions ---- */

struct sl_epart {
  sl_partition common;
  sl_embedded *log;
  char *dir; /* path */
  pthread_mutex_t append;
  pthread_mutex_t state;
  bool loaded;  /* segments are known; state */
  bool deleted; /* append and state both to set, either to read */
  sl_segment **segments;
  size_t segment_count, segment_cap;
  _Atomic int64_t start;  /* log start offset; -1 until loaded */
  _Atomic int64_t synced; /* decided and synced */
  int64_t recovery_point; /* end that the base record holds; state */
  int64_t known_segment;  /* of the base record: last segment and its size; -1 none */
  uint64_t known_size;
  int64_t checkpoint_start; /* from log-start-offset-checkpoint; 0 none */
  bool trust_known;         /* after a clean stop the directory must be as the base record says */
  int64_t kept;             /* recovery: end of what decisions keep, while end is what the files hold */
  int64_t cleaned;          /* first offset not compacted; housekeeping */
  /* writer; append */
  int64_t end;
  sl_segment *writing;
  sl_segment **pending;
  size_t pending_count, pending_cap;
  sl_block *tail; /* block being filled */
  sl_block **pending_blocks;
  size_t pending_block_count, pending_block_cap;
  size_t next_block_size;
  /* blocks; state */
  sl_block **blocks;
  size_t block_count, block_cap;
  bool dir_dirty;        /* a file was created or removed; state */
  bool uncut;            /* files may hold what was taken back: cut before the next append; append */
  bool swapping;         /* a compaction is renaming files: no segment may go; state */
  bool moved;            /* of a deleted topic: its directory has been moved aside; meta */
  bool in_dirty, in_ack; /* decide */
};

/* What a commit writes into the header of each batch. */
typedef struct sl_batch_stamp {
  int64_t producer;
  int16_t epoch;
  int32_t sequence;
  int64_t now_ms;
} sl_batch_stamp;

static inline sl_epart *sl_epart_of(const sl_partition *partition) {
  return (sl_epart *)(uintptr_t)partition;
}
sl_epart *sl_epart_new(sl_embedded *log, sl_topic *topic, int32_t number);
void sl_epart_free(sl_epart *part);
/* Lists the directory, finishes or undoes a compaction's swap. state is held. */
int sl_epart_load(sl_epart *part, sl_err *err);
/* Ready for appends: segments loaded, the last one open. append is held. */
int sl_epart_prepare(sl_epart *part, sl_err *err);
/* Fills in and writes batches at the end; nothing is visible before publish. Without a stamp the batches are written as
 * they are (recovery). append is held. */
int sl_epart_append(sl_epart *part, uint8_t *data, size_t len, const sl_batch_stamp *stamp, sl_err *err);
void sl_epart_publish(sl_epart *part); /* append is held */
/* Forgets what was appended since the last publish. The files keep it until sl_epart_cut. append is held. */
void sl_epart_rollback(sl_epart *part);
/* Cuts off the files what a rollback has left there, and syncs the cut, so that it cannot come back under a later
 * batch. May be tried again. append is held, the last segment open. */
int sl_epart_cut(sl_epart *part, sl_err *err);
/* Starts another segment at the end. append is held, nothing pending. */
int sl_epart_roll(sl_epart *part, sl_err *err);
/* fdatasync of everything written, pending segments too if the caller holds append. A sync that fails stops the log;
 * SL_E_LIMIT, when a directory could not even be opened, does not: all counts as unsynced then. */
int sl_epart_sync(sl_epart *part, bool with_pending, sl_err *err);
/* Makes the names in its directory durable. A failure stops the log, whatever was to be made durable: no later sync can
 * be trusted with any name that was new there. */
int sl_epart_sync_dir(sl_epart *part, sl_err *err);
/* Creates the directory and the two small files in it. */
int sl_epart_make_dir(sl_epart *part, sl_err *err);
/* Index of the segment that holds offset. state is held, loaded, at least one segment. */
size_t sl_epart_segment_at(const sl_epart *part, int64_t offset);
/* Removes segments [0, count) and raises the start. Takes append and state. */
int sl_epart_remove_segments(sl_epart *part, size_t count, sl_err *err);
/* Readers. */
int sl_epart_fetch(sl_partition *partition, int64_t offset, size_t max_bytes, size_t max_records, sl_read_end end,
                   sl_fetch **out, sl_err *err);
int sl_epart_offset_at(sl_partition *partition, int64_t ts, int64_t *out, sl_err *err);

/* ---- the ledger: what decisions have decided, besides ends ---- */

typedef struct sl_ledger {
  sl_map tasks;  /* 16-byte task key -> sl_ledger_task */
  sl_map groups; /* name -> sl_ledger_task without clocks */
} sl_ledger;

typedef struct sl_ledger_task {
  sl_position *positions;
  size_t count, cap;
  uint8_t *clocks;
  size_t clocks_len, clocks_cap;
} sl_ledger_task;

typedef struct sl_decision_part {
  sl_task_id task;
  sl_position *positions;
  size_t count;
  sl_str clocks;
} sl_decision_part;

typedef struct sl_decision_group {
  sl_str name;
  sl_position *positions;
  size_t count;
} sl_decision_group;

typedef struct sl_decision_end {
  sl_topic_id topic;
  int32_t partition;
  int64_t end;
  int64_t segment; /* base record: last segment and its size; -1 none */
  uint64_t size;
  sl_str carried; /* batches; empty when the data file was synced or is not */
} sl_decision_end;

typedef struct sl_decision {
  bool base;
  sl_decision_part *parts;
  size_t part_count;
  uint64_t *forgotten;
  size_t forgotten_count;
  sl_decision_group *groups;
  size_t group_count;
  sl_decision_end *ends;
  size_t end_count;
} sl_decision;

/* Payload of a decision record; texts borrow from data, arrays are in arena. SL_E_CORRUPT. */
int sl_decision_decode(sl_arena *arena, const uint8_t *data, size_t len, sl_decision *out, sl_err *err);
void sl_decision_encode(sl_buf *out, const sl_decision *decision);
/* Wraps a payload into a record batch with one record. */
void sl_decision_wrap(sl_buf *out, const sl_buf *payload, uint64_t number, int16_t epoch, int64_t now_ms);

void sl_ledger_apply_part(sl_ledger *ledger, const sl_task_id *task, const sl_position *positions, size_t count,
                          const void *clocks, size_t clocks_len);
void sl_ledger_apply_group(sl_ledger *ledger, sl_str name, const sl_position *positions, size_t count);
void sl_ledger_forget(sl_ledger *ledger, uint64_t query);
const sl_ledger_task *sl_ledger_task_find(const sl_ledger *ledger, const sl_task_id *task);
void sl_ledger_apply(sl_ledger *ledger, const sl_decision *decision);
/* Adds everything to a base decision; arrays in arena, positions borrowed. */
void sl_ledger_snapshot(const sl_ledger *ledger, sl_arena *arena, sl_decision *out);
void sl_ledger_done(sl_ledger *ledger);

/* ---- the log ---- */

/* A file, or a tree of them, that has been moved aside and goes after file.delete.delay.ms. */
typedef struct sl_doomed {
  struct sl_doomed *next;
  int64_t due_ns;
  char path[];
} sl_doomed;

struct sl_embedded {
  sl_log common;
  sl_fs *fs;
  char *dir;
  sl_flush_mode flush_mode;
  int64_t flush_interval_ms;
  size_t carry_a_file; /* bytes that a decision carries for each file that need not be synced then */
  uint64_t random;
  bool seeded;
  bool recovers_again; /* a recovery before this start's was not completed */
  int16_t epoch;       /* start counter modulo 2^15 */
  sl_file *lock_file;
  _Atomic(char *) failed;     /* why nothing is accepted any more */
  _Atomic uint64_t refused;   /* writes that failed and were taken back */
  atomic_bool refusing;       /* the last commit was one of them */
  _Atomic int64_t refused_ns; /* when it was */
  pthread_mutex_t reason_mutex;
  char reason[256]; /* why it was; reason_mutex */
  sl_block_cache cache;
  size_t block_budget; /* of the cache, when nobody has limited it */

  pthread_mutex_t meta;  /* one DDL at a time; the topics file */
  pthread_mutex_t names; /* the maps below */
  sl_map by_name, by_id; /* -> sl_topic */
  sl_vec deleted;        /* topics to be freed; names */
  bool topics_stale;     /* the topics file or a deleted topic's directories are behind; meta */
  atomic_bool dir_dirty; /* names in dir may not be synced */

  pthread_mutex_t decide; /* all below */
  pthread_cond_t turn_moved;
  uint64_t next_ticket; /* next commit number to be given out */
  uint64_t turn;        /* commit number whose decision is written next */
  uint64_t missing;     /* first number whose decision could not be written while later ones were out; 0 none */
  int waiting;
  sl_file *decisions;
  uint64_t decisions_size;
  uint64_t decisions_room; /* up to here the file has zeros behind the decisions, if it is not shorter than they are */
  uint64_t base_size;      /* bytes of the base record */
  uint64_t data_since_base;
  uint64_t data_waiting; /* bytes written since data were last told to go to the disk */
  sl_ledger ledger;
  sl_vec dirty; /* partitions with unsynced data, topic referenced */
  sl_vec ack;   /* partitions whose durable end waits (always) */
  bool decisions_dirty;
  bool decisions_uncut; /* a failed write may have left bytes behind decisions_size */
  int64_t dirty_since_ns;
  _Atomic uint64_t last_commit;    /* written */
  _Atomic uint64_t durable_commit; /* acknowledged */

  pthread_mutex_t flush;               /* one flush at a time */
  _Atomic int64_t checkpoint_after_ns; /* not before, since one has failed */
  pthread_mutex_t housekeeping;
  sl_doomed *doomed;        /* oldest first; housekeeping */
  struct sl_keeper *keeper; /* housekeeping */
};

static inline sl_embedded *sl_embedded_of(const sl_log *log) {
  return (sl_embedded *)(uintptr_t)log;
}
/* A log that nothing has been read into yet. */
sl_embedded *sl_embedded_new(const sl_log_options *options);
void sl_embedded_free(sl_embedded *log);
/* Checks the version and takes the lock, for reading only. SL_E_NOT_FOUND, SL_E_VERSION, SL_E_LOCKED. */
int sl_embedded_look(sl_embedded *log, sl_err *err);
/* Records why the log stops; the first reason wins. Returns SL_E_IO with err filled. */
int sl_embedded_fail(sl_embedded *log, const char *doing, sl_err *err);
/* After a sync failed with rc: the kernel may have dropped what it did not write, so the log stops. Only a handle that
 * could not be opened for want of descriptors (SL_E_LIMIT) leaves everything as it was. */
int sl_embedded_sync_failed(sl_embedded *log, int rc, sl_err *err);
/* Counts a write that was refused and keeps its reason for sl_log_refusing. */
void sl_embedded_refused(sl_embedded *log, const sl_err *err);
/* 0, or the error of a log that has failed. */
int sl_embedded_check(const sl_embedded *log, sl_err *err);
const char *sl_embedded_failure(const sl_log *log);

/* log_commit.c */
/* Puts a partition into one of the lists of those that a sync must visit. decide is held. */
void sl_epart_enlist(sl_vec *list, bool *listed, sl_epart *part);
int sl_embedded_commit(sl_log *log, const sl_part *parts, size_t count, sl_commit_result *out, sl_err *err);
int sl_embedded_forget_query(sl_log *log, uint64_t query, sl_err *err);
int sl_embedded_group_commit(sl_log *log, sl_str group, const sl_position *positions, size_t count, sl_err *err);

/* flush.c */
int sl_embedded_flush_step(sl_log *log, bool now, int64_t *next_due_ms, sl_err *err);
/* Syncs all and replaces the decision log by a base record. */
int sl_embedded_checkpoint(sl_embedded *log, sl_err *err);
/* Whether the decision log has grown enough; patience 0: at all. */
bool sl_embedded_checkpoint_due(sl_embedded *log, unsigned patience);

/* recovery.c */
int sl_embedded_recover(sl_embedded *log, bool clean, sl_err *err);

/* topic_store.c: the topics file and DDL */
int sl_topic_store_load(sl_embedded *log, bool *found, sl_err *err);
/* Writes the file as it was loaded. A process that was killed may have put it in place without the name being synced,
 * and what a failed sync has left no later sync makes durable: so nothing follows from it before it is written again.
 */
int sl_topic_store_renew(sl_embedded *log, sl_err *err);
int sl_topic_store_finish_deletes(sl_embedded *log, sl_err *err);
/* Does what a full disk has kept DDL from finishing. Thread: any; no lock is held. */
int sl_topic_store_catch_up(sl_embedded *log, sl_err *err);
void sl_embedded_random_id(sl_log *log, sl_topic_id *out);
int sl_embedded_topic_create(sl_log *log, const sl_topic_spec *spec, sl_topic **out, sl_err *err);
sl_topic *sl_embedded_topic_find(sl_log *log, sl_str name);
sl_topic *sl_embedded_topic_by_id(sl_log *log, const sl_topic_id *id);
/* Without taking a reference; NULL when there is none. Only where no topic can be freed meanwhile: recovery. */
sl_epart *sl_embedded_partition(sl_embedded *log, const sl_topic_id *id, int32_t number);
/* Visible end of a partition; -1 when there is none. */
int64_t sl_embedded_end(sl_embedded *log, const sl_topic_id *id, int32_t number);
void sl_embedded_topics(sl_log *log, sl_arena *arena, sl_topic ***out, size_t *count);
int sl_embedded_topic_delete(sl_log *log, sl_topic *topic, sl_err *err);
int sl_embedded_topics_settle(sl_log *log, sl_err *err);
int sl_embedded_topic_set(sl_log *log, sl_topic *topic, sl_str name, const sl_str *value, sl_err *err);
int sl_embedded_topic_grow(sl_log *log, sl_topic *topic, int32_t partitions, sl_err *err);
void sl_embedded_topic_free(sl_topic *topic);

/* checkpoint_file.c: Kafka's text files of offsets */
typedef struct sl_offset_line {
  sl_str topic;
  int32_t partition;
  int64_t offset;
} sl_offset_line;
int sl_offsets_read(sl_embedded *log, sl_arena *arena, const char *name, sl_offset_line **out, size_t *count,
                    sl_err *err);
int sl_offsets_write(sl_embedded *log, const char *name, const sl_offset_line *lines, size_t count, sl_err *err);
/* recovery points, start offsets and cleaner offsets of all topics. */
int sl_offsets_save(sl_embedded *log, const char *name, int64_t (*value)(sl_epart *part), sl_err *err);
int64_t sl_offsets_recovery_point(sl_epart *part);
int64_t sl_offsets_start(sl_epart *part);
int64_t sl_offsets_cleaned(sl_epart *part);
int sl_offsets_load_all(sl_embedded *log, sl_err *err);

/* housekeeping.c, compaction.c */
int sl_embedded_housekeeping_step(sl_log *log, bool *more, sl_err *err);
int sl_embedded_trim(sl_log *log, sl_partition *partition, int64_t before, sl_err *err);
void sl_keeper_free(struct sl_keeper *keeper);
/* Remembers what is to be removed after the topic's delay; at once when that is 0. housekeeping is held. */
void sl_doom(sl_embedded *log, const sl_topic *topic, const char *path);
/* How long removed segments stay under another name: nobody from outside reads internal topics. */
int64_t sl_delete_delay_ms(const sl_topic *topic);
/* Topics whose name starts with '_'. */
bool sl_topic_is_internal(const sl_topic *topic);
typedef struct sl_compaction sl_compaction;
/* A job for the partition if it is due, else NULL in *out. */
int sl_compaction_begin(sl_epart *part, sl_compaction **out, sl_err *err);
/* One bounded step; *done when the job has ended. */
int sl_compaction_step(sl_compaction *job, bool *done, sl_err *err);
/* For tests: how large the map of keys may get; 0: as usual. */
void sl_compaction_limit(size_t bytes);
/* Whether it is renaming files, and so must go on, also after a failure. */
bool sl_compaction_swapping(const sl_compaction *job);
void sl_compaction_free(sl_compaction *job); /* removes what is unfinished */
