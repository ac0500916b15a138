/* Persistent queries at run time: starting, stopping, planning them again when the engine opens. */
#include <stdio.h>

#include "base/heap.h"
#include "base/logger.h"
#include "engine/engine_int.h"

/* ---- the live list ---- */

static size_t live_index(sl_engine *engine, uint64_t number) {
  size_t i = 0;
  while (i < engine->live.len && ((sl_live *)sl_vec_at(&engine->live, i))->number != number) i++;
  return i;
}

sl_live *sl_live_at(sl_engine *engine, uint64_t number) {
  size_t i = live_index(engine, number);
  return i < engine->live.len ? sl_vec_at(&engine->live, i) : NULL;
}

sl_live *sl_live_find(sl_engine *engine, uint64_t number) {
  pthread_mutex_lock(&engine->mutex);
  sl_live *live = sl_live_at(engine, number);
  pthread_mutex_unlock(&engine->mutex);
  return live;
}

static void live_add(sl_engine *engine, sl_live *live) {
  pthread_mutex_lock(&engine->mutex);
  sl_vec_push(&engine->live, live);
  pthread_mutex_unlock(&engine->mutex);
}

/* Off the list, and out of the hands of all who read its rows. */
static sl_live *live_take(sl_engine *engine, uint64_t number) {
  pthread_mutex_lock(&engine->mutex);
  size_t i = live_index(engine, number);
  sl_live *live = NULL;
  if (i < engine->live.len) {
    live = sl_vec_at(&engine->live, i);
    sl_vec_remove(&engine->live, i);
    while (live->pins) pthread_cond_wait(&engine->unpinned, &engine->mutex);
    sl_pulls_cut(live);
  }
  pthread_mutex_unlock(&engine->mutex);
  return live;
}

sl_running *sl_engine_running(sl_engine *engine, uint64_t query_number) {
  sl_live *live = sl_live_find(engine, query_number);
  return live ? live->running : NULL;
}

static void add_failed(sl_engine *engine, uint64_t number, const sl_err *why) {
  sl_live *live = sl_heap_zalloc(sizeof *live);
  live->number = number;
  live->reason = sl_heap_strdup(why->message);
  live->reason_code = why->code;
  live->failed_ms = sl_clock_wall_ms(engine->clock);
  live_add(engine, live);
}

bool sl_query_look(sl_engine *engine, uint64_t number, sl_running_stats *stats, sl_plan **plan) {
  *stats = (sl_running_stats){.state = SL_RUNNING_ERROR};
  if (plan) *plan = NULL;
  pthread_mutex_lock(&engine->mutex); /* a query leaves the list before it is stopped and freed */
  size_t i = live_index(engine, number);
  const sl_live *live = i < engine->live.len ? sl_vec_at(&engine->live, i) : NULL;
  bool running = live && live->running;
  if (running) sl_running_stats_get(live->running, stats);
  if (live && live->reason) snprintf(stats->reason, sizeof stats->reason, "%s", live->reason);
  if (live && live->plan && plan) *plan = sl_plan_ref(live->plan);
  pthread_mutex_unlock(&engine->mutex);
  return running;
}

/* What runs under a number, NULL if nothing does. Under the engine's mutex. */
static sl_running *running_of(sl_engine *engine, uint64_t number) {
  size_t i = live_index(engine, number);
  const sl_live *live = i < engine->live.len ? sl_vec_at(&engine->live, i) : NULL;
  return live ? live->running : NULL;
}

size_t sl_query_inputs(sl_engine *engine, uint64_t number, sl_arena *arena, sl_task_input **out) {
  pthread_mutex_lock(&engine->mutex);
  sl_running *running = running_of(engine, number);
  size_t count = running ? sl_running_inputs(running, arena, out) : 0;
  for (size_t n = 0; n < count; n++) (*out)[n].topic = sl_str_dup(arena, (*out)[n].topic);
  pthread_mutex_unlock(&engine->mutex);
  return count;
}

size_t sl_query_changelogs(sl_engine *engine, uint64_t number, sl_arena *arena, sl_task_changelog **out) {
  pthread_mutex_lock(&engine->mutex);
  sl_running *running = running_of(engine, number);
  size_t count = running ? sl_running_changelogs(running, arena, out) : 0;
  for (size_t n = 0; n < count; n++) (*out)[n].store = sl_str_dup(arena, (*out)[n].store);
  pthread_mutex_unlock(&engine->mutex);
  return count;
}

size_t sl_query_errors(sl_engine *engine, uint64_t number, sl_arena *arena, sl_failure **out) {
  size_t count = 0;
  pthread_mutex_lock(&engine->mutex);
  size_t i = live_index(engine, number);
  const sl_live *live = i < engine->live.len ? sl_vec_at(&engine->live, i) : NULL;
  if (live && live->running) {
    count = sl_running_errors(live->running, arena, out);
  } else if (live && live->reason) {
    *out = sl_arena_zalloc(arena, sizeof **out);
    **out = (sl_failure){live->failed_ms, live->reason_code, sl_arena_printf(arena, "%s", live->reason)};
    count = 1;
  }
  pthread_mutex_unlock(&engine->mutex);
  return count;
}

const char *sl_query_state(sl_engine *engine, const sl_query_entry *entry) {
  sl_running_stats stats;
  if (!sl_query_look(engine, entry->number, &stats, NULL)) return "ERROR";
  static const char *const NAMES[] = {
      [SL_RUNNING_OK] = "RUNNING", [SL_RUNNING_PAUSED] = "PAUSED", [SL_RUNNING_ERROR] = "ERROR"};
  return NAMES[stats.state];
}

/* ---- topics ---- */

int sl_query_make_topics(sl_context *ctx, sl_plan *plan, sl_vec *made, sl_err *err) {
  for (int i = 0; i < plan->internal_topic_count; i++) {
    sl_plan_topic *topic = (sl_plan_topic *)plan->internal_topics[i]; /* ids are filled in before the plan is used */
    sl_topic_spec spec = {.name = topic->name,
                          .partitions = topic->partitions,
                          .settings = topic->settings,
                          .setting_count = topic->setting_count};
    bool created = false;
    int code = sl_context_ensure_topic(ctx, &spec, &topic->id, &created, err);
    if (code) return code;
    if (!created) continue;
    sl_change *done = sl_arena_zalloc(ctx->arena, sizeof *done);
    *done = (sl_change){.kind = SL_CHANGE_TOPIC_DONE, .name = topic->name, .topic = topic->id};
    sl_vec_push(made, done);
  }
  return 0;
}

static int find_internal_topics(sl_engine *engine, sl_plan *plan, sl_err *err) {
  for (int i = 0; i < plan->internal_topic_count; i++) {
    sl_plan_topic *topic = (sl_plan_topic *)plan->internal_topics[i];
    sl_topic *found = sl_log_topic_find(engine->log, topic->name);
    if (!found)
      return sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "The internal topic '" SL_STR_FMT "' is missing.",
                        SL_STR_ARG(topic->name));
    topic->id = *sl_topic_get_id(found);
    int32_t partitions = sl_topic_partitions(found);
    sl_topic_unref(found);
    if (partitions != topic->partitions)
      return sl_err_set(err, SL_E_VERSION, SL_NO_POS,
                        "The internal topic '" SL_STR_FMT
                        "' has %d partitions; the query made it with %d, and finds its "
                        "rows and its state by them. Terminate the query and create it again, which builds its state "
                        "anew.",
                        SL_STR_ARG(topic->name), (int)partitions, (int)topic->partitions);
  }
  return 0;
}

/* ---- start and stop ---- */

void sl_start_options_of(const sl_settings *settings, sl_start_options *out) {
  *out = (sl_start_options){.commit_interval_ms = -1};
  int64_t cache = sl_settings_int(settings, "ksql.streams.cache.max.bytes.buffering");
  out->cache = cache > 0;
  out->cache_bytes = cache > 0 ? (size_t)cache : 0;
  out->fail_on_decode = sl_settings_bool(settings, "ksql.fail.on.deserialization.error");
  out->skip_on_produce = !sl_settings_bool(settings, "ksql.fail.on.production.error");
  out->skip_negative_time = sl_str_ends(sl_settings_str(settings, "ksql.streams.default.timestamp.extractor"),
                                        sl_str_of("LogAndSkipOnInvalidTimestamp"));
  out->errors_kept = (int)sl_settings_int(settings, "ksql.query.error.max.queue.size");
  out->retry_initial_ms = sl_settings_int(settings, "ksql.query.retry.backoff.initial.ms");
  out->retry_max_ms = sl_settings_int(settings, "ksql.query.retry.backoff.max.ms");
  if (sl_settings_is_set(settings, "ksql.streams.commit.interval.ms"))
    out->commit_interval_ms = sl_settings_int(settings, "ksql.streams.commit.interval.ms");
  if (sl_settings_is_set(settings, "ksql.streams.auto.offset.reset")) {
    out->has_reset = true;
    out->reset = sl_str_eq_nocase(sl_settings_str(settings, "ksql.streams.auto.offset.reset"), sl_str_of("earliest"))
                     ? SL_RESET_EARLIEST
                     : SL_RESET_LATEST;
  }
}

int sl_query_start(sl_engine *engine, sl_plan *plan, const sl_settings *settings, bool paused, sl_running **out,
                   sl_err *err) {
  sl_start_options options;
  sl_start_options_of(settings, &options);
  options.paused = paused;
  sl_running *running;
  int code = sl_executor_start(engine->executor, plan, &options, &running, err);
  if (code) return code;
  sl_live *live = sl_heap_zalloc(sizeof *live);
  live->number = plan->query_number;
  live->running = running;
  live->plan = sl_plan_ref(plan);
  live_add(engine, live);
  if (out) *out = running;
  return 0;
}

static void live_free(sl_live *live) {
  sl_plan_unref(live->plan);
  sl_heap_free(live->reason);
  sl_heap_free(live);
}

int sl_query_stop(sl_engine *engine, uint64_t number, bool forget, sl_err *err) {
  sl_live *live = live_take(engine, number);
  int code = 0;
  if (live) {
    if (live->running) code = sl_executor_stop(engine->executor, live->running, forget, err);
    live_free(live);
  }
  if (forget && !code) code = sl_log_forget_query(engine->log, number, err);
  return code;
}

bool sl_query_give_up(sl_engine *engine, uint64_t number, const sl_err *why, sl_err *err) {
  const sl_live *live = sl_live_find(engine, number);
  if (!live || !live->running) return false;
  sl_query_stop(engine, number, false, err); /* an error: what it had not committed will be read again */
  add_failed(engine, number, why);
  return true;
}

/* ---- the end of a query ---- */

/* Names of its internal topics start with its application id (semantics.md 5.1). */
static bool is_internal_topic_of(sl_context *ctx, const sl_query_entry *entry, sl_str topic) {
  sl_str prefix = sl_str_printf(ctx->arena, "_confluent-ksql-%squery_" SL_STR_FMT "-", ctx->engine->service_id,
                                SL_STR_ARG(entry->id));
  return sl_str_starts(topic, prefix);
}

void sl_query_drop_changes(sl_context *ctx, const sl_query_entry *entry, sl_vec *changes) {
  sl_change *drop = sl_arena_zalloc(ctx->arena, sizeof *drop);
  *drop = (sl_change){.kind = SL_CHANGE_DROP_QUERY, .name = sl_str_dup(ctx->arena, entry->id)};
  sl_vec_push(changes, drop);
  sl_topic **topics;
  size_t count;
  sl_log_topics(ctx->engine->log, ctx->arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    if (is_internal_topic_of(ctx, entry, sl_topic_name(topics[i]))) {
      sl_change *dropping = sl_arena_zalloc(ctx->arena, sizeof *dropping);
      *dropping = (sl_change){.kind = SL_CHANGE_TOPIC_DROPPING,
                              .name = sl_str_dup(ctx->arena, sl_topic_name(topics[i])),
                              .topic = *sl_topic_get_id(topics[i])};
      sl_vec_push(changes, dropping);
    }
    sl_topic_unref(topics[i]);
  }
}

void sl_query_finish_drop(sl_context *ctx, uint64_t number, const sl_vec *changes) {
  sl_err late = {0};
  int code = 0;
  if (ctx->sandbox) {
    for (size_t i = 0; i < changes->len; i++) {
      const sl_change *change = sl_vec_at(changes, i);
      if (change->kind == SL_CHANGE_TOPIC_DROPPING) sl_map_remove(ctx->planned_topics, change->name);
    }
    return;
  }
  if (number) code = sl_query_stop(ctx->engine, number, true, &late);
  if (code) sl_vec_push(&ctx->engine->unforgotten, (void *)(uintptr_t)number);
  for (size_t i = 0; i < changes->len && !code; i++) {
    const sl_change *change = sl_vec_at(changes, i);
    if (change->kind == SL_CHANGE_TOPIC_DROPPING)
      code = sl_engine_finish_topic_drop(ctx->engine, change->name, &change->topic, &late);
  }
  if (code) {
    sl_log_line(SL_LOG_WARN, "drop.unfinished", "reason=\"%s\"", late.message);
    ctx->engine->unsettled = true;
  }
  sl_err_done(&late);
}

/* ---- start of the engine ---- */

int sl_query_replan(sl_context *ctx, const sl_query_entry *entry, const sl_settings *settings, sl_query_plan *out,
                    sl_err *err) {
  if (entry->rules > SL_PLANNER_RULES)
    return sl_err_set(err, SL_E_VERSION, SL_NO_POS,
                      "A newer program made the query, with planner rules %d; this one knows those up to %d. Use that "
                      "program, or terminate the query and create it again.",
                      entry->rules, SL_PLANNER_RULES);
  sl_source_ref *refs = sl_arena_calloc(ctx->arena, (size_t)entry->source_count + 1, sizeof *refs);
  for (int i = 0; i < entry->source_count; i++) refs[i] = entry->sources[i];
  refs[entry->source_count] = entry->sink;
  bool kept = entry->kind == SL_QUERY_SOURCE_TABLE; /* without a sink */
  sl_snapshot *pinned = sl_snapshot_pin(ctx->snapshot, refs, entry->source_count + !kept, err);
  if (!pinned) return err->code;
  sl_planning planning;
  sl_topic_view view;
  sl_context_planning(ctx, &planning, &view);
  planning.snapshot = pinned;
  planning.settings = settings;
  planning.stored = true;
  planning.rules = entry->rules;
  sl_script script;
  sl_query_plan plan = {0};
  int code = kept ? sl_plan_source_table(&planning, sl_snapshot_source(pinned, entry->sources[0].name), entry->id,
                                         entry->number, &plan, err)
                  : sl_parse(ctx->arena, entry->resolved, SL_PARSE_OPTIONAL_END, &script, err);
  if (!code && !kept && script.count == 1 && script.statements[0]->kind == SL_STMT_CREATE_AS)
    code = sl_plan_create_as(&planning, (const sl_stmt_create_as *)script.statements[0], entry->id, entry->number,
                             &plan, err);
  else if (!code && !kept && script.count == 1 && script.statements[0]->kind == SL_STMT_INSERT_SELECT)
    code = sl_plan_insert_select(&planning, (const sl_stmt_insert_select *)script.statements[0], entry->id,
                                 entry->number, &plan, err);
  else if (!code && !kept)
    code = sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The stored text of the query is not a query.");
  const sl_source *sink = kept ? NULL : sl_snapshot_source(pinned, entry->sink.name);
  if (!code && sink) ((sl_plan_topic *)((const sl_plan_sink *)plan.plan->last)->topic)->id = sink->topic_id;
  if (!code && (code = sl_check_contract(ctx->arena, entry->contract, plan.plan, err))) sl_plan_unref(plan.plan);
  sl_snapshot_unref(pinned); /* its sources are those of ctx->snapshot */
  if (!code) *out = plan;
  return code;
}

void sl_query_settings(sl_engine *engine, const sl_query_entry *entry, sl_settings *out) {
  *out = (sl_settings){.parent = engine->settings};
  for (int i = 0; i < entry->setting_count; i++)
    sl_settings_set(out, entry->settings[i].name, &entry->settings[i].value, true, NULL);
}

static int start_again(sl_context *ctx, const sl_query_entry *entry, const sl_settings *settings, sl_err *err) {
  sl_query_plan plan = {0};
  int code = sl_query_replan(ctx, entry, settings, &plan, err);
  if (code) return code;
  code = find_internal_topics(ctx->engine, plan.plan, err);
  if (!code) code = sl_query_start(ctx->engine, plan.plan, settings, entry->paused, NULL, err);
  sl_plan_unref(plan.plan);
  return code;
}

void sl_query_restart(sl_engine *engine, const sl_query_entry *entry) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_settings settings;
  sl_query_settings(engine, entry, &settings);
  sl_session *session = sl_session_new(engine);
  sl_context ctx;
  sl_err failure = {0};
  sl_context_init(&ctx, engine, session, &arena, false);
  if (start_again(&ctx, entry, &settings, &failure)) {
    sl_log_line(SL_LOG_ERROR, "query.failed", "query=" SL_STR_FMT " reason=\"%s\"", SL_STR_ARG(entry->id),
                failure.message);
    add_failed(engine, entry->number, &failure);
    sl_err_done(&failure);
  }
  sl_context_done(&ctx);
  sl_session_free(session);
  sl_settings_done(&settings);
  sl_arena_done(&arena);
}

void sl_queries_restart(sl_engine *engine) {
  sl_snapshot *snapshot = sl_catalog_snapshot(engine->cat);
  const sl_query_entry *entry;
  for (size_t i = 0; (entry = sl_snapshot_query_at(snapshot, i)); i++) {
    sl_query_restart(engine, entry);
    engine->test_queries++;
  }
  sl_snapshot_unref(snapshot);
}
