/* What the implementations of the log share: the table of functions behind sl_log, the common part of topics and
 * partitions, and staged batches. Not for users of the log. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include "topics/log.h"
#include "topics/record_batch.h"
#include "topics/topic_config.h"

typedef struct sl_log_class {
  int (*close)(sl_log *log, sl_err *err);
  void (*random_id)(sl_log *log, sl_topic_id *out);
  int (*topic_create)(sl_log *log, const sl_topic_spec *spec, sl_topic **out, sl_err *err);
  sl_topic *(*topic_find)(sl_log *log, sl_str name);
  sl_topic *(*topic_by_id)(sl_log *log, const sl_topic_id *id);
  void (*topics)(sl_log *log, sl_arena *arena, sl_topic ***out, size_t *count);
  int (*topic_delete)(sl_log *log, sl_topic *topic, sl_err *err);
  int (*topics_settle)(sl_log *log, sl_err *err);
  int (*topic_set)(sl_log *log, sl_topic *topic, sl_str name, const sl_str *value, sl_err *err);
  int (*topic_grow)(sl_log *log, sl_topic *topic, int32_t partitions, sl_err *err);
  int (*trim)(sl_log *log, sl_partition *partition, int64_t before, sl_err *err);
  int64_t (*start)(const sl_partition *partition);
  int64_t (*synced)(const sl_partition *partition);
  uint64_t (*bytes)(const sl_partition *partition);
  int (*offset_at)(sl_partition *partition, int64_t ts, int64_t *out, sl_err *err);
  int (*fetch)(sl_partition *partition, int64_t offset, size_t max_bytes, size_t max_records, sl_read_end end,
               sl_fetch **out, sl_err *err);
  int (*commit)(sl_log *log, const sl_part *parts, size_t count, sl_commit_result *out, sl_err *err);
  uint64_t (*durable_commit)(const sl_log *log);
  void (*task_state)(sl_log *log, sl_task_id task, sl_arena *arena, sl_position **positions, size_t *count,
                     sl_str *clocks);
  int (*forget_query)(sl_log *log, uint64_t query, sl_err *err);
  int (*group_commit)(sl_log *log, sl_str group, const sl_position *positions, size_t count, sl_err *err);
  void (*group_positions)(sl_log *log, sl_str group, sl_arena *arena, sl_position **positions, size_t *count);
  void (*groups)(sl_log *log, sl_arena *arena, sl_str **names, size_t *count);
  int (*flush_step)(sl_log *log, bool now, int64_t *next_due_ms, sl_err *err);
  int (*housekeeping_step)(sl_log *log, bool *more, sl_err *err);
  void (*limit_cache)(sl_log *log, size_t bytes);
  size_t (*cached_bytes)(const sl_log *log);
  const char *(*failure)(const sl_log *log);
  uint64_t (*refused)(const sl_log *log);
  bool (*refusing)(const sl_log *log, char *reason, size_t size);
} sl_log_class;

struct sl_log {
  const sl_log_class *cls;
  const sl_clock *clock;
};

/* One version of a topic's settings. Old versions stay until the topic is freed, so readers need no lock. */
typedef struct sl_topic_settings_version {
  sl_topic_config config;
  sl_topic_setting *overrides; /* text owned by arena */
  int count;
  sl_arena arena;
  struct sl_topic_settings_version *older;
} sl_topic_settings_version;

/* Likewise the array of partitions: growing publishes a longer copy. */
typedef struct sl_partition_array {
  int32_t count;
  struct sl_partition_array *older;
  sl_partition *items[];
} sl_partition_array;

struct sl_topic {
  sl_log *log;
  atomic_int refs;
  sl_topic_id id;
  sl_str name; /* owned */
  _Atomic(sl_topic_settings_version *) settings;
  _Atomic(sl_partition_array *) partitions;
};

struct sl_partition {
  sl_topic *topic;
  int32_t number;
  _Atomic int64_t visible;   /* end for tasks */
  _Atomic int64_t durable;   /* end for acknowledgements */
  _Atomic int64_t deletions; /* sl_partition_keep_deletions */
  _Atomic int64_t expired;   /* sl_partition_expire */
  pthread_mutex_t listen;    /* guards listeners; held while they are called */
  sl_listener *listeners[2]; /* by sl_read_end */
};

/* Common parts. */
void sl_topic_init(sl_topic *topic, sl_log *log, sl_str name, const sl_topic_id *id);
void sl_topic_done(sl_topic *topic); /* not the partitions themselves */
void sl_partition_init(sl_partition *partition, sl_topic *topic, int32_t number);
void sl_partition_done(sl_partition *partition);
/* Publishes settings, checked; the caller holds whatever serialises changes. */
int sl_topic_settings_publish(sl_topic *topic, const sl_topic_setting *settings, int count, sl_err *err);
/* Publishes a longer array that ends with the given new partitions. */
void sl_topic_partitions_publish(sl_topic *topic, sl_partition **added, int32_t count);
static inline const sl_topic_config *sl_topic_config_of(const sl_topic *topic) {
  return &atomic_load_explicit(&((sl_topic *)(uintptr_t)topic)->settings, memory_order_acquire)->config;
}
/* Calls the listeners of one end. No lock of the log may be held. */
void sl_partition_notify(sl_partition *partition, sl_read_end end);

/* A fetch that knows how to free itself. */
typedef struct sl_fetch_base {
  sl_fetch fetch;
  atomic_int refs;
  void (*free)(struct sl_fetch_base *base);
} sl_fetch_base;

/* What is staged for one partition: batches back to back, the last one still open. */
typedef struct sl_staged {
  sl_partition *partition; /* its topic is referenced while records > 0 */
  sl_buf bytes;
  sl_buf packed; /* the batches compressed, when the topic wants that */
  sl_batch_writer writer;
  size_t records;
  bool open;
} sl_staged;

struct sl_staging {
  sl_staged **items; /* [0, count) in use, in order of first touch; the rest keeps memory */
  size_t count, cap;
  uint32_t *slots; /* hash of partitions: index + 1 */
  size_t slot_count;
  sl_staged *last;
  size_t bytes, records;
};

/* Closes the open batch and compresses if the topic says so. *data are whole batches: base offsets count from 0 in
 * each, no producer, no CRC. */
int sl_staged_finish(sl_staged *staged, uint8_t **data, size_t *len, sl_err *err);
