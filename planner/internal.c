/* Stores, internal topics and sub-topologies of a plan, with the names of semantics.md 5.1. */
#include "planner/physical.h"

sl_sub_builder *sl_builder_sub(sl_builder *b, int32_t tasks) {
  sl_sub_builder *sub = sl_arena_zalloc(b->arena, sizeof *sub);
  sub->sources.arena = b->arena;
  sub->stores.arena = b->arena;
  sub->tasks = tasks;
  sl_vec_push(&b->subs, sub);
  return sub;
}

static void append(sl_vec *to, const sl_vec *from) {
  for (size_t i = 0; i < from->len; i++) sl_vec_push(to, sl_vec_at(from, i));
}

/* It takes the place of the later one, so that what either reads from stays before it. */
sl_sub_builder *sl_builder_merge(sl_builder *b, sl_sub_builder *first, sl_sub_builder *second) {
  if (first == second) return first;
  append(&first->sources, &second->sources);
  append(&first->stores, &second->stores);
  if (second->tasks > first->tasks) first->tasks = second->tasks;
  size_t kept = 0, last = 0;
  for (size_t i = 0; i < b->subs.len; i++)
    if (sl_vec_at(&b->subs, i) == first || sl_vec_at(&b->subs, i) == second) last = i;
  for (size_t i = 0; i < b->subs.len; i++) {
    sl_sub_builder *sub = sl_vec_at(&b->subs, i);
    bool merged = sub == first || sub == second;
    if (merged && i != last) continue;
    b->subs.items[kept++] = merged ? first : sub;
  }
  b->subs.len = kept;
  return first;
}

/* Application id of the query: prefix of all its internal names. */
static sl_str application_id(const sl_builder *b) {
  const sl_plan *plan = b->plan;
  const char *prefix = plan->persistent ? "ksql.persistent.prefix" : "ksql.transient.prefix";
  sl_str kind = sl_settings_str(b->planning->settings, prefix);
  sl_str id = sl_str_printf(b->arena, "_confluent-ksql-" SL_STR_FMT SL_STR_FMT SL_STR_FMT,
                            SL_STR_ARG(b->planning->service_id), SL_STR_ARG(kind), SL_STR_ARG(plan->query_id));
  if (plan->persistent) return id;
  return sl_str_printf(b->arena, SL_STR_FMT "_%lld", SL_STR_ARG(id), (long long)b->planning->now_ms);
}

/* Internal topics shrink by whole segments, so what is dead in the last one or two stays: they are small. */
static const char *const SEGMENT_BYTES = "52428800";

static const sl_plan_topic *topic_new(sl_builder *b, const char *suffix, int32_t partitions,
                                      const char *const (*settings)[2], int count) {
  sl_topic_setting *list = sl_arena_calloc(b->arena, (size_t)count + 1, sizeof *list);
  for (int i = 0; i < count; i++) list[i] = (sl_topic_setting){sl_str_of(settings[i][0]), sl_str_of(settings[i][1])};
  list[count] = (sl_topic_setting){sl_str_of("segment.bytes"), sl_str_of(SEGMENT_BYTES)};
  sl_plan_topic *topic = sl_arena_zalloc(b->arena, sizeof *topic);
  topic->name = sl_str_printf(b->arena, SL_STR_FMT "-%s", SL_STR_ARG(application_id(b)), suffix);
  topic->internal = true;
  topic->partitions = partitions;
  topic->settings = list;
  topic->setting_count = count + 1;
  sl_vec_push(&b->topics, topic);
  return topic;
}

/* No time retention. */
const sl_plan_topic *sl_builder_passage(sl_builder *b, const char *suffix, int32_t partitions) {
  static const char *const SETTINGS[][2] = {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}};
  return topic_new(b, suffix, partitions, SETTINGS, 2);
}

/* Compacted, never deleted by time: retention goes by the wall clock, while windows close by the records' own time, and
 * history that is replayed is old from the start. What has expired is passed by when a store is restored. Deletions go
 * with the compaction after the one that met them: whoever restores binds it while that lasts. */
static const sl_plan_topic *changelog(sl_builder *b, const sl_plan_store *store, int32_t partitions) {
  static const char *const SETTINGS[][2] = {{"cleanup.policy", "compact"}, {"delete.retention.ms", "0"}};
  return topic_new(b, sl_arena_printf(b->arena, "%s-changelog", store->name), partitions, SETTINGS, 2);
}

void sl_builder_store(sl_builder *b, sl_sub_builder *sub, sl_plan_store *store) {
  store->number = b->store_count++;
  if (b->plan->persistent) store->changelog = changelog(b, store, sub->tasks);
  sl_vec_push(&sub->stores, store);
}

void sl_builder_finish(sl_builder *b, const sl_logical *last) {
  sl_plan *plan = b->plan;
  sl_subtopology *subs = sl_arena_calloc(b->arena, b->subs.len + 1, sizeof *subs);
  for (size_t i = 0; i < b->subs.len; i++) {
    const sl_sub_builder *from = sl_vec_at(&b->subs, i);
    subs[i] = (sl_subtopology){.sources = (const sl_plan_source **)from->sources.items,
                               .source_count = (int)from->sources.len,
                               .stores = (const sl_plan_store **)from->stores.items,
                               .store_count = (int)from->stores.len,
                               .tasks = from->tasks};
  }
  plan->subs = subs;
  plan->sub_count = (int)b->subs.len;
  plan->internal_topics = (const sl_plan_topic **)b->topics.items;
  plan->internal_topic_count = (int)b->topics.len;
  plan->rules = b->planning->rules;
  plan->logical_text = sl_logical_print(b->arena, last, plan->query_id);
  plan->physical_text = sl_plan_physical_text(b->arena, plan);
  plan->contract = sl_plan_contract(b->arena, plan);
}
