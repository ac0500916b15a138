/* What must hold after a start, and the comparison of two engines' topics. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/engine_int.h"
#include "tests/fault/sim.h"

/* ---- the catalog and the topics ---- */

static bool is_internal(sl_str topic) {
  return sl_str_starts(topic, sl_str_of("_confluent-ksql-"));
}

/* Its entries are limited in time, so the oracle's are others. */
static bool is_processing_log(sl_str topic) {
  return sl_str_contains(topic, sl_str_of("ksql_processing_log"));
}

static void check_sources(sim *s, const sl_snapshot *snapshot) {
  const sl_source *source;
  for (size_t i = 0; (source = sl_snapshot_source_at(snapshot, i)); i++) {
    sl_topic *topic = sl_log_topic_find(sl_engine_log(s->engine), source->topic);
    if (!topic || !sl_topic_id_equal(sl_topic_get_id(topic), &source->topic_id))
      sim_fail(s, "source " SL_STR_FMT " has no topic", SL_STR_ARG(source->name));
    sl_topic_unref(topic);
  }
}

static void check_queries(sim *s, const sl_snapshot *snapshot) {
  const sl_query_entry *entry;
  for (size_t i = 0; (entry = sl_snapshot_query_at(snapshot, i)); i++) {
    if (sl_engine_running(s->engine, entry->number)) continue;
    sl_running_stats stats = {0};
    sl_query_look(s->engine, entry->number, &stats, NULL);
    sim_fail(s, "query " SL_STR_FMT " was not started: %s", SL_STR_ARG(entry->id), stats.reason);
  }
}

static bool belongs(sim *s, const sl_snapshot *snapshot, sl_str topic) {
  const sl_query_entry *entry;
  for (size_t i = 0; is_internal(topic) && (entry = sl_snapshot_query_at(snapshot, i)); i++) {
    sl_str part = sl_str_printf(&s->arena, "query_" SL_STR_FMT "-", SL_STR_ARG(entry->id));
    if (sl_str_contains(topic, part)) return true;
  }
  if (is_processing_log(topic)) return true;
  const sl_source *source;
  for (size_t i = 0; (source = sl_snapshot_source_at(snapshot, i)); i++)
    if (sl_str_eq(source->topic, topic)) return true;
  for (size_t i = 0; i < s->kept_topics.len; i++)
    if (sl_str_eq_z(topic, sl_vec_at(&s->kept_topics, i))) return true;
  return false;
}

static void check_topics(sim *s, const sl_snapshot *snapshot) {
  sl_topic **topics;
  size_t count;
  sl_log_topics(sl_engine_log(s->engine), &s->arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    if (!belongs(s, snapshot, sl_topic_name(topics[i])))
      sim_fail(s, "topic " SL_STR_FMT " belongs to nothing", SL_STR_ARG(sl_topic_name(topics[i])));
    sl_topic_unref(topics[i]);
  }
  for (size_t i = 0; i < s->kept_topics.len; i++) {
    sl_topic *topic = sl_log_topic_find(sl_engine_log(s->engine), sl_str_of(sl_vec_at(&s->kept_topics, i)));
    if (!topic) sim_fail(s, "topic %s is gone", (char *)sl_vec_at(&s->kept_topics, i));
    sl_topic_unref(topic);
  }
}

static void check_model(sim *s, const sl_snapshot *snapshot) {
  size_t live = 0, found = 0;
  for (int i = 0; i < s->query_count; i++) {
    const sim_query *q = &s->queries[i];
    live += !q->dropped;
    bool there = sl_snapshot_source(snapshot, sl_str_of(q->name)) != NULL ||
                 sl_snapshot_query(snapshot, sl_str_of(q->name)) != NULL;
    if (there == q->dropped) sim_fail(s, "%s is %s", q->name, there ? "there again" : "gone");
  }
  const sl_query_entry *entry;
  for (; (entry = sl_snapshot_query_at(snapshot, found)); found++) {
    for (int i = 0; i < s->query_count; i++) {
      const sim_query *q = &s->queries[i];
      sl_str name = q->inserts ? entry->id : entry->sink.name;
      if (sl_str_eq_z(name, q->name) && !q->dropped && (entry->kind != SL_QUERY_INSERT) == !q->inserts &&
          entry->paused != q->paused)
        sim_fail(s, "%s is %s", q->name, entry->paused ? "paused" : "not paused");
    }
  }
  if (found != live) sim_fail(s, "%zu queries are there, %zu were made", found, live);
}

void sim_check_start(sim *s) {
  sl_err err = {0};
  sl_change *intents;
  size_t count;
  sl_snapshot *snapshot = sl_engine_snapshot(s->engine);
  check_sources(s, snapshot);
  check_queries(s, snapshot);
  check_topics(s, snapshot);
  check_model(s, snapshot);
  if (sl_catalog_intents(s->engine->cat, &s->arena, &intents, &count, &err)) sim_fail(s, "intents: %s", err.message);
  if (count) sim_fail(s, "an intent for topic " SL_STR_FMT " is left", SL_STR_ARG(intents[0].name));
  sl_snapshot_unref(snapshot);
}

/* ---- comparing ---- */

void sim_read_partition(sim *s, sl_engine *engine, const char *topic_name, int32_t partition, sl_vec *out) {
  sl_topic *topic = sl_log_topic_find(sl_engine_log(engine), sl_str_of(topic_name));
  sl_partition *p = sl_topic_partition(topic, partition);
  for (int64_t at = sl_partition_start(p); at < sl_partition_visible(p);) {
    sl_fetch *fetch;
    sl_err err = {0};
    if (sl_log_fetch(p, at, 1 << 20, 1000, SL_READ_VISIBLE, &fetch, &err)) sim_fail(s, "read: %s", err.message);
    for (size_t i = 0; i < fetch->count; i++) {
      const sl_record *from = &fetch->records[i];
      sim_record *r = sl_heap_zalloc(sizeof *r);
      *r = (sim_record){.key_len = from->key_len, .value_len = from->value_len, .timestamp = from->timestamp};
      if (from->key) r->key = sl_heap_strndup((const char *)from->key, from->key_len);
      if (from->value) r->value = sl_heap_strndup((const char *)from->value, from->value_len);
      sl_vec_push(out, r);
    }
    at = fetch->next_offset;
    sl_fetch_unref(fetch);
  }
  sl_topic_unref(topic);
}

static int by_bytes(const char *a, size_t a_len, const char *b, size_t b_len) {
  if (!a || !b) return (a != NULL) - (b != NULL);
  int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
  return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* Stable: records of one key keep their order. */
static void sort_by_key(sl_vec *list) {
  for (size_t i = 1; i < list->len; i++) {
    sim_record *r = sl_vec_at(list, i);
    size_t at = i;
    for (; at > 0; at--) {
      const sim_record *before = sl_vec_at(list, at - 1);
      if (by_bytes(before->key, before->key_len, r->key, r->key_len) <= 0) break;
      list->items[at] = list->items[at - 1];
    }
    list->items[at] = r;
  }
}

/* The last record of each key, without tombstones. */
static void keep_last(sl_vec *list) {
  size_t kept = 0;
  for (size_t i = 0; i < list->len; i++) {
    sim_record *r = sl_vec_at(list, i);
    const sim_record *next = i + 1 < list->len ? sl_vec_at(list, i + 1) : NULL;
    if (r->value && !(next && !by_bytes(r->key, r->key_len, next->key, next->key_len))) {
      list->items[kept++] = r;
      continue;
    }
    sim_record_free(r);
    sl_heap_free(r);
  }
  list->len = kept;
}

static void free_list(sl_vec *list) {
  for (size_t i = 0; i < list->len; i++) {
    sim_record_free(sl_vec_at(list, i));
    sl_heap_free(sl_vec_at(list, i));
  }
  sl_vec_done(list);
}

static void print_record(const sim *s, const char *who, const sl_vec *list, size_t i) {
  const sim_record *r = i < list->len ? sl_vec_at(list, i) : NULL;
  (void)s;
  if (!r) {
    printf("    %s[%zu]: nothing\n", who, i);
    return;
  }
  printf("    %s[%zu]: '", who, i);
  for (size_t k = 0; k < r->key_len; k++)
    printf(r->key[k] >= ' ' && r->key[k] < 127 ? "%c" : "\\%02x", (unsigned char)r->key[k]);
  printf("' -> %s @%lld\n", r->value ? r->value : "null", (long long)r->timestamp);
}

static bool same(const sim *s, const sim_record *a, const sim_record *b) {
  return !by_bytes(a->key, a->key_len, b->key, b->key_len) &&
         !by_bytes(a->value, a->value_len, b->value, b->value_len) && (s->cache || a->timestamp == b->timestamp);
}

static void compare_partition(sim *s, sl_engine *oracle, const char *name, int32_t partition, bool table) {
  sl_vec got = {0}, want = {0};
  sim_read_partition(s, s->engine, name, partition, &got);
  sim_read_partition(s, oracle, name, partition, &want);
  sort_by_key(&got);
  sort_by_key(&want);
  if ((s->cache || s->small) && table) {
    keep_last(&got);
    keep_last(&want);
  }
  size_t i = 0;
  while (i < got.len && i < want.len && same(s, sl_vec_at(&got, i), sl_vec_at(&want, i))) i++;
  if (i < got.len || i < want.len) {
    for (size_t k = i > 2 ? i - 2 : 0; k < i + 4; k++) {
      print_record(s, "found   ", &got, k);
      print_record(s, "expected", &want, k);
    }
    sim_fail(s, "topic %s-%d: %zu records, expected %zu; they differ at %zu", name, partition, got.len, want.len, i);
  }
  free_list(&got);
  free_list(&want);
}

void sim_compare(sim *s, sl_engine *oracle) {
  sl_topic **topics, **other;
  size_t count, other_count, users = 0;
  sl_log_topics(sl_engine_log(s->engine), &s->arena, &topics, &count);
  sl_snapshot *snapshot = sl_engine_snapshot(s->engine);
  for (size_t i = 0; i < count; i++) {
    sl_str name = sl_topic_name(topics[i]);
    if (!is_internal(name) && !is_processing_log(name)) {
      const char *z = sl_str_z(&s->arena, name);
      users++;
      sl_topic *twin = sl_log_topic_find(sl_engine_log(oracle), name);
      if (!twin) sim_fail(s, "topic %s should not be there", z);
      sl_topic_unref(twin);
      bool table = true; /* of a dropped source it is not known any more: last values are compared */
      const sl_source *source = sl_snapshot_source(snapshot, name);
      if (source) table = source->kind == SL_TABLE;
      for (int32_t p = 0; p < sl_topic_partitions(topics[i]); p++) compare_partition(s, oracle, z, p, table);
    }
    sl_topic_unref(topics[i]);
  }
  sl_log_topics(sl_engine_log(oracle), &s->arena, &other, &other_count);
  for (size_t i = 0; i < other_count; i++) {
    users -= !is_internal(sl_topic_name(other[i])) && !is_processing_log(sl_topic_name(other[i]));
    sl_topic_unref(other[i]);
  }
  if (users) sim_fail(s, "the number of topics differs by %zd", (ssize_t)users);
  sl_snapshot_unref(snapshot);
}
