/* What a host of a cluster tells of itself (http-api.md 15): the stores and partitions it has for each persistent
 * query, and how far each store is behind its changelog. There are no standbys. */
#include "engine/engine_int.h"

static sl_json *partition_of(sl_arena *arena, const sl_task_input *input) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, o, "topic", sl_json_new_str(arena, input->topic));
  sl_json_set(arena, o, "partition", sl_json_new_int(arena, input->partition));
  return o;
}

static void add_stores(sl_arena *arena, const sl_plan *plan, sl_json *out) {
  for (int s = 0; s < plan->sub_count; s++)
    for (int i = 0; i < plan->subs[s].store_count; i++)
      sl_json_add(arena, out, sl_json_new_str(arena, sl_str_dup(arena, sl_str_of(plan->subs[s].stores[i]->name))));
}

static sl_json *stores_of_query(sl_engine *engine, uint64_t number, const sl_plan *plan, sl_arena *arena) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *stores = sl_json_new(arena, SL_JSON_ARRAY);
  sl_json *partitions = sl_json_new(arena, SL_JSON_ARRAY);
  sl_task_input *inputs = NULL;
  size_t count = sl_query_inputs(engine, number, arena, &inputs);
  add_stores(arena, plan, stores);
  for (size_t i = 0; i < count; i++) sl_json_add(arena, partitions, partition_of(arena, &inputs[i]));
  sl_json_set(arena, o, "activeStores", stores);
  sl_json_set(arena, o, "activePartitions", partitions);
  sl_json_set(arena, o, "standByStores", sl_json_new(arena, SL_JSON_ARRAY));
  sl_json_set(arena, o, "standByPartitions", sl_json_new(arena, SL_JSON_ARRAY));
  return o;
}

static sl_json *lag_of(sl_arena *arena, const sl_task_changelog *at) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, o, "currentOffsetPosition", sl_json_new_int(arena, at->position));
  sl_json_set(arena, o, "endOffsetPosition", sl_json_new_int(arena, at->end));
  sl_json_set(arena, o, "offsetLag", sl_json_new_int(arena, at->end - at->position));
  return o;
}

/* Adds a member for each store of a query. */
static void add_lags(sl_engine *engine, const sl_query_entry *entry, sl_arena *arena, sl_json *out) {
  sl_task_changelog *logs = NULL;
  size_t count = sl_query_changelogs(engine, entry->number, arena, &logs);
  for (size_t i = 0; i < count; i++) {
    const char *name =
        sl_arena_printf(arena, SL_STR_FMT "#" SL_STR_FMT, SL_STR_ARG(entry->id), SL_STR_ARG(logs[i].store));
    sl_json *store = (sl_json *)(uintptr_t)sl_json_get(out, name), *by;
    if (!store) {
      store = sl_json_new(arena, SL_JSON_OBJECT);
      sl_json_set(arena, store, "lagByPartition", sl_json_new(arena, SL_JSON_OBJECT));
      sl_json_set(arena, out, name, store);
    }
    by = (sl_json *)(uintptr_t)sl_json_get(store, "lagByPartition");
    sl_json_set(arena, by, sl_arena_printf(arena, "%d", (int)logs[i].partition), lag_of(arena, &logs[i]));
  }
  for (size_t i = 0; i < out->count; i++) {
    sl_json *store = out->members[i].value;
    if (!sl_json_get(store, "size"))
      sl_json_set(arena, store, "size", sl_json_new_int(arena, (int64_t)sl_json_get(store, "lagByPartition")->count));
  }
}

sl_json *sl_engine_host_status(sl_engine *engine, bool lags, sl_arena *arena) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *queries = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json *host_lags = sl_json_new(arena, SL_JSON_OBJECT), *stores = sl_json_new(arena, SL_JSON_OBJECT);
  int64_t now = sl_clock_wall_ms(engine->clock);
  sl_snapshot *snapshot = sl_engine_snapshot(engine);
  const sl_query_entry *entry;
  for (size_t i = 0; (entry = sl_snapshot_query_at(snapshot, i)); i++) {
    sl_running_stats stats;
    sl_plan *plan = NULL;
    if (sl_query_look(engine, entry->number, &stats, &plan)) {
      sl_json_set(arena, queries, sl_str_z(arena, entry->id), stores_of_query(engine, entry->number, plan, arena));
      if (lags) add_lags(engine, entry, arena, stores);
    }
    sl_plan_unref(plan);
  }
  sl_snapshot_unref(snapshot);
  sl_json_set(arena, o, "hostAlive", sl_json_new_bool(arena, true));
  sl_json_set(arena, o, "lastStatusUpdateMs", sl_json_new_int(arena, now));
  sl_json_set(arena, o, "activeStandbyPerQuery", queries);
  sl_json_set(arena, host_lags, "stateStoreLags", stores);
  sl_json_set(arena, host_lags, "updateTimeMs", sl_json_new_int(arena, lags ? now : 0));
  sl_json_set(arena, o, "hostStoreLags", host_lags);
  return o;
}
