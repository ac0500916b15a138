/* The public face of the log: calls go through the implementation's table of functions; what topics and partitions of
 * all implementations have in common is here: names, ids, settings, reference counts, listeners. */
#include "topics/log.h"
#include <string.h>
#include "base/heap.h"
#include "topics/log_int.h"

/* ---- topic ids ---- */

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool sl_topic_id_equal(const sl_topic_id *a, const sl_topic_id *b) {
  return !memcmp(a->bytes, b->bytes, 16);
}

void sl_topic_id_print(char out[23], const sl_topic_id *id) {
  for (size_t i = 0; i < 22; i++) {
    size_t bit = i * 6, byte = bit / 8, shift = bit % 8;
    unsigned pair = (unsigned)id->bytes[byte] << 8 | (byte + 1 < 16 ? id->bytes[byte + 1] : 0);
    out[i] = BASE64[pair >> (10 - shift) & 63];
  }
  out[22] = 0;
}

bool sl_topic_id_parse(sl_str text, sl_topic_id *out) {
  if (text.len != 22) return false;
  uint8_t bytes[17] = {0};
  for (size_t i = 0; i < 22; i++) {
    const char *at = text.ptr[i] ? strchr(BASE64, text.ptr[i]) : NULL;
    if (!at) return false;
    size_t bit = i * 6, byte = bit / 8, shift = bit % 8;
    unsigned pair = (unsigned)(at - BASE64) << (10 - shift);
    bytes[byte] = (uint8_t)(bytes[byte] | pair >> 8);
    bytes[byte + 1] = (uint8_t)(bytes[byte + 1] | pair);
  }
  if (bytes[16]) return false; /* 22 characters hold 4 bits more than an id */
  memcpy(out->bytes, bytes, 16);
  return true;
}

/* ---- topics ---- */

void sl_topic_init(sl_topic *topic, sl_log *log, sl_str name, const sl_topic_id *id) {
  topic->log = log;
  atomic_init(&topic->refs, 1);
  topic->id = *id;
  topic->name = sl_str_n(sl_heap_strndup(name.ptr, name.len), name.len);
}

void sl_topic_done(sl_topic *topic) {
  sl_topic_settings_version *version = atomic_load(&topic->settings);
  while (version) {
    sl_topic_settings_version *older = version->older;
    sl_arena_done(&version->arena);
    sl_heap_free(version);
    version = older;
  }
  sl_partition_array *array = atomic_load(&topic->partitions);
  while (array) {
    sl_partition_array *older = array->older;
    sl_heap_free(array);
    array = older;
  }
  sl_heap_free((char *)(uintptr_t)topic->name.ptr);
}

int sl_topic_settings_publish(sl_topic *topic, const sl_topic_setting *settings, int count, sl_err *err) {
  sl_topic_config config;
  int rc = sl_topic_config_build(settings, count, &config, err);
  if (rc) return rc;
  sl_topic_settings_version *version = sl_heap_zalloc(sizeof *version);
  version->config = config;
  sl_arena_init(&version->arena, 512);
  version->count = count;
  version->overrides = sl_arena_calloc(&version->arena, (size_t)count, sizeof *version->overrides);
  for (int i = 0; i < count; i++)
    version->overrides[i] = (sl_topic_setting){sl_str_dup(&version->arena, settings[i].name),
                                               sl_str_dup(&version->arena, settings[i].value)};
  version->older = atomic_load(&topic->settings);
  atomic_store_explicit(&topic->settings, version, memory_order_release);
  return 0;
}

void sl_topic_partitions_publish(sl_topic *topic, sl_partition **added, int32_t count) {
  sl_partition_array *older = atomic_load(&topic->partitions);
  int32_t had = older ? older->count : 0;
  sl_partition_array *array = sl_heap_zalloc(sizeof *array + sizeof(sl_partition *) * (size_t)(had + count));
  array->count = had + count;
  array->older = older;
  for (int32_t i = 0; i < had; i++) array->items[i] = older->items[i];
  for (int32_t i = 0; i < count; i++) array->items[had + i] = added[i];
  atomic_store_explicit(&topic->partitions, array, memory_order_release);
}

static const sl_partition_array *partitions_of(const sl_topic *topic) {
  return atomic_load_explicit(&((sl_topic *)(uintptr_t)topic)->partitions, memory_order_acquire);
}

static const sl_topic_settings_version *settings_of(const sl_topic *topic) {
  return atomic_load_explicit(&((sl_topic *)(uintptr_t)topic)->settings, memory_order_acquire);
}

sl_topic *sl_topic_ref(sl_topic *topic) {
  atomic_fetch_add_explicit(&topic->refs, 1, memory_order_relaxed);
  return topic;
}

/* The log itself holds one reference and frees the topic when it is deleted and that one is the last. */
void sl_topic_unref(sl_topic *topic) {
  if (topic) atomic_fetch_sub_explicit(&topic->refs, 1, memory_order_acq_rel);
}

sl_str sl_topic_name(const sl_topic *topic) {
  return topic->name;
}
const sl_topic_id *sl_topic_get_id(const sl_topic *topic) {
  return &topic->id;
}
int32_t sl_topic_partitions(const sl_topic *topic) {
  return partitions_of(topic)->count;
}

sl_partition *sl_topic_partition(sl_topic *topic, int32_t number) {
  const sl_partition_array *array = partitions_of(topic);
  return number >= 0 && number < array->count ? array->items[number] : NULL;
}

sl_str sl_topic_setting_get(const sl_topic *topic, sl_arena *arena, sl_str name) {
  const sl_topic_settings_version *version = settings_of(topic);
  for (int i = 0; i < version->count; i++) {
    if (sl_str_eq(version->overrides[i].name, name)) return sl_str_dup(arena, version->overrides[i].value);
  }
  return sl_topic_config_default(name);
}

void sl_topic_settings(const sl_topic *topic, sl_arena *arena, sl_topic_setting **out, int *count) {
  const sl_topic_settings_version *version = settings_of(topic);
  sl_topic_setting *copy = sl_arena_calloc(arena, (size_t)version->count, sizeof *copy);
  for (int i = 0; i < version->count; i++)
    copy[i] = (sl_topic_setting){sl_str_dup(arena, version->overrides[i].name),
                                 sl_str_dup(arena, version->overrides[i].value)};
  *out = copy;
  *count = version->count;
}

/* ---- partitions ---- */

void sl_partition_init(sl_partition *partition, sl_topic *topic, int32_t number) {
  partition->topic = topic;
  partition->number = number;
  atomic_store(&partition->deletions, INT64_MAX);
  atomic_store(&partition->expired, INT64_MIN);
  pthread_mutex_init(&partition->listen, NULL);
}

void sl_partition_done(sl_partition *partition) {
  pthread_mutex_destroy(&partition->listen);
}

sl_topic *sl_partition_topic(const sl_partition *partition) {
  return partition->topic;
}
int32_t sl_partition_number(const sl_partition *partition) {
  return partition->number;
}
int64_t sl_partition_visible(const sl_partition *partition) {
  return atomic_load_explicit(&((sl_partition *)(uintptr_t)partition)->visible, memory_order_acquire);
}
void sl_partition_keep_deletions(sl_partition *partition, int64_t from) {
  atomic_store(&partition->deletions, from);
}
void sl_partition_expire(sl_partition *partition, int64_t before) {
  atomic_store(&partition->expired, before);
}
int64_t sl_partition_durable(const sl_partition *partition) {
  return atomic_load_explicit(&((sl_partition *)(uintptr_t)partition)->durable, memory_order_acquire);
}

void sl_partition_listen(sl_partition *partition, sl_read_end end, sl_listener *listener) {
  pthread_mutex_lock(&partition->listen);
  listener->next = partition->listeners[end];
  partition->listeners[end] = listener;
  pthread_mutex_unlock(&partition->listen);
}

void sl_partition_unlisten(sl_partition *partition, sl_read_end end, sl_listener *listener) {
  pthread_mutex_lock(&partition->listen);
  for (sl_listener **at = &partition->listeners[end]; *at; at = &(*at)->next) {
    if (*at != listener) continue;
    *at = listener->next;
    break;
  }
  pthread_mutex_unlock(&partition->listen);
}

void sl_partition_notify(sl_partition *partition, sl_read_end end) {
  pthread_mutex_lock(&partition->listen);
  for (sl_listener *l = partition->listeners[end]; l; l = l->next) l->notify(l);
  pthread_mutex_unlock(&partition->listen);
}

/* ---- fetches ---- */

sl_fetch *sl_fetch_ref(sl_fetch *fetch) {
  atomic_fetch_add_explicit(&((sl_fetch_base *)fetch)->refs, 1, memory_order_relaxed);
  return fetch;
}

void sl_fetch_unref(sl_fetch *fetch) {
  sl_fetch_base *base = (sl_fetch_base *)fetch;
  if (base && atomic_fetch_sub_explicit(&base->refs, 1, memory_order_acq_rel) == 1) base->free(base);
}

/* ---- calls into the implementation ---- */

int sl_log_close(sl_log *log, sl_err *err) {
  return log ? log->cls->close(log, err) : 0;
}

int sl_log_topic_create(sl_log *log, const sl_topic_spec *spec, sl_topic **out, sl_err *err) {
  return log->cls->topic_create(log, spec, out, err);
}

sl_topic *sl_log_topic_find(sl_log *log, sl_str name) {
  return log->cls->topic_find(log, name);
}
sl_topic *sl_log_topic_by_id(sl_log *log, const sl_topic_id *id) {
  return log->cls->topic_by_id(log, id);
}

void sl_log_topics(sl_log *log, sl_arena *arena, sl_topic ***out, size_t *count) {
  log->cls->topics(log, arena, out, count);
}

int sl_log_topic_delete(sl_log *log, sl_topic *topic, sl_err *err) {
  return log->cls->topic_delete(log, topic, err);
}

int sl_log_topics_settle(sl_log *log, sl_err *err) {
  return log->cls->topics_settle(log, err);
}

int sl_log_topic_set(sl_log *log, sl_topic *topic, sl_str name, const sl_str *value, sl_err *err) {
  return log->cls->topic_set(log, topic, name, value, err);
}

int sl_log_topic_grow(sl_log *log, sl_topic *topic, int32_t partitions, sl_err *err) {
  return log->cls->topic_grow(log, topic, partitions, err);
}

int sl_log_trim(sl_log *log, sl_partition *partition, int64_t before, sl_err *err) {
  return log->cls->trim(log, partition, before, err);
}

int64_t sl_partition_start(const sl_partition *partition) {
  return partition->topic->log->cls->start(partition);
}
int64_t sl_partition_synced(const sl_partition *partition) {
  return partition->topic->log->cls->synced(partition);
}
uint64_t sl_partition_bytes(const sl_partition *partition) {
  return partition->topic->log->cls->bytes(partition);
}

int sl_partition_offset_at(sl_partition *partition, int64_t ts, int64_t *out, sl_err *err) {
  return partition->topic->log->cls->offset_at(partition, ts, out, err);
}

int sl_log_fetch(sl_partition *partition, int64_t offset, size_t max_bytes, size_t max_records, sl_read_end end,
                 sl_fetch **out, sl_err *err) {
  return partition->topic->log->cls->fetch(partition, offset, max_bytes, max_records, end, out, err);
}

int sl_log_commit(sl_log *log, const sl_part *parts, size_t count, sl_commit_result *out, sl_err *err) {
  return log->cls->commit(log, parts, count, out, err);
}

uint64_t sl_log_durable_commit(const sl_log *log) {
  return log->cls->durable_commit(log);
}

void sl_log_task_state(sl_log *log, sl_task_id task, sl_arena *arena, sl_position **positions, size_t *count,
                       sl_str *clocks) {
  log->cls->task_state(log, task, arena, positions, count, clocks);
}

int sl_log_forget_query(sl_log *log, uint64_t query, sl_err *err) {
  return log->cls->forget_query(log, query, err);
}

int sl_log_group_commit(sl_log *log, sl_str group, const sl_position *positions, size_t count, sl_err *err) {
  return log->cls->group_commit(log, group, positions, count, err);
}

void sl_log_group_positions(sl_log *log, sl_str group, sl_arena *arena, sl_position **positions, size_t *count) {
  log->cls->group_positions(log, group, arena, positions, count);
}

void sl_log_random_id(sl_log *log, sl_topic_id *out) {
  log->cls->random_id(log, out);
}

void sl_log_groups(sl_log *log, sl_arena *arena, sl_str **names, size_t *count) {
  log->cls->groups(log, arena, names, count);
}

int sl_log_flush_step(sl_log *log, bool now, int64_t *next_due_ms, sl_err *err) {
  return log->cls->flush_step(log, now, next_due_ms, err);
}

int sl_log_housekeeping_step(sl_log *log, bool *more, sl_err *err) {
  return log->cls->housekeeping_step(log, more, err);
}

void sl_log_limit_cache(sl_log *log, size_t bytes) {
  log->cls->limit_cache(log, bytes);
}

size_t sl_log_cached_bytes(const sl_log *log) {
  return log->cls->cached_bytes(log);
}

const char *sl_log_failure(const sl_log *log) {
  return log->cls->failure(log);
}

uint64_t sl_log_refused(const sl_log *log) {
  return log->cls->refused(log);
}

bool sl_log_refusing(const sl_log *log, char *reason, size_t size) {
  return log->cls->refusing(log, reason, size);
}
