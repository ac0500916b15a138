/* Opening and closing: data directory, log, catalog, executor, queries. */
#include <stdio.h>

#include "base/budget.h"
#include "base/heap.h"
#include "base/logger.h"
#include "engine/engine_int.h"
#include "engine/pulls.h"

static char *path_in(const char *dir, const char *name) {
  size_t len = strlen(dir) + strlen(name) + 2;
  char *path = sl_heap_zalloc(len);
  snprintf(path, len, "%s/%s", dir, name);
  return path;
}

/* Topics whose making or dropping was interrupted, by a crash or a full disk: what is not decided is undone, what is
 * decided is finished. */
static int settle_topics(sl_engine *engine, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_change *intents;
  size_t count = 0;
  int code = sl_catalog_intents(engine->cat, &arena, &intents, &count, err);
  for (size_t i = 0; i < count && !code; i++) {
    sl_log_line(SL_LOG_INFO, "topic.settle", "topic=" SL_STR_FMT " was=%s", SL_STR_ARG(intents[i].name),
                intents[i].kind == SL_CHANGE_TOPIC_CREATING ? "creating" : "dropping");
    code = sl_engine_finish_topic_drop(engine, intents[i].name, &intents[i].topic, err);
  }
  sl_arena_done(&arena);
  return code;
}

int sl_engine_settle(sl_engine *engine, sl_err *err) {
  if (!engine->unsettled) return 0;
  int code = settle_topics(engine, err);
  while (!code && engine->unforgotten.len) {
    uint64_t number = (uintptr_t)sl_vec_at(&engine->unforgotten, engine->unforgotten.len - 1);
    code = sl_log_forget_query(engine->log, number, err);
    if (!code) engine->unforgotten.len--;
  }
  if (!code) engine->unsettled = false;
  if (code) sl_err_prefix(err, "An earlier statement left something to clean up first: ");
  return code;
}

static int load_identity(sl_engine *engine, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_str id = {0};
  int code = sl_catalog_get(engine->cat, &arena, "cluster id", &id, err);
  if (!code && !id.len) {
    sl_topic_id random;
    char text[23];
    sl_log_random_id(engine->log, &random);
    sl_topic_id_print(text, &random);
    id = sl_str_dup(&arena, sl_str_of(text));
    code = sl_catalog_put(engine->cat, "cluster id", id, err);
  }
  if (!code) engine->cluster_id = sl_heap_strndup(id.ptr, id.len);
  sl_arena_done(&arena);
  return code;
}

static int open_log(sl_engine *engine, uint64_t seed, sl_err *err) {
  static const struct {
    const char *text;
    sl_flush_mode mode;
  } MODES[] = {{"never", SL_FLUSH_NEVER}, {"interval", SL_FLUSH_INTERVAL}, {"always", SL_FLUSH_ALWAYS}};
  sl_str flush = sl_settings_str(engine->settings, "log.flush");
  char *dir = path_in(engine->data_dir, "topics");
  sl_log_options options = {.fs = engine->fs,
                            .clock = engine->clock,
                            .dir = dir,
                            .seed = seed,
                            .flush = SL_FLUSH_INTERVAL,
                            .flush_interval_ms = sl_settings_int(engine->settings, "log.flush.interval.ms")};
  bool known = flush.len == 0;
  for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i++) {
    if (!sl_str_eq_nocase(flush, sl_str_of(MODES[i].text))) continue;
    options.flush = MODES[i].mode;
    known = true;
  }
  int code = known ? sl_embedded_log_open(&options, &engine->log, err)
                   : sl_err_set(err, SL_E_CONFIG, SL_NO_POS,
                                "log.flush is '" SL_STR_FMT "'; it must be one of never, interval, always.",
                                SL_STR_ARG(flush));
  sl_heap_free(dir);
  return code;
}

static int open_parts(sl_engine *engine, const sl_engine_options *options, sl_err *err) {
  int code = open_log(engine, options->seed, err); /* makes the data directory, with durable names */
  char *path = path_in(engine->data_dir, "catalog.db");
  if (!code) code = sl_catalog_open(engine->fs, path, &engine->cat, err);
  sl_heap_free(path);
  if (!code) code = settle_topics(engine, err);
  if (!code) code = load_identity(engine, err);
  if (code) return code;
  char *images = path_in(engine->data_dir, "state");
  sl_executor_options executor = {.log = engine->log,
                                  .memory = &engine->memory.all,
                                  .clients = &engine->memory.clients,
                                  .staging_budget = sl_budget_limit(&engine->memory.all) / 8,
                                  .clock = engine->clock,
                                  .workers = options->workers,
                                  .commit_interval_ms = -1,
                                  .batch = options->batch,
                                  .processing_topic = engine->processing_topic,
                                  .processing_rows =
                                      sl_settings_bool(engine->settings, "ksql.logging.processing.rows.include"),
                                  .probe = options->probe,
                                  .fs = engine->fs,
                                  .image_dir = images,
                                  .image_floor = options->image_floor,
                                  .trim_every = options->trim_every};
  engine->executor = sl_executor_new(&executor);
  sl_heap_free(images);
  if (options->topics_only) return 0;
  code = sl_processing_make_topic(engine, err);
  if (!code) sl_queries_restart(engine);
  return code;
}

int sl_engine_open(const sl_engine_options *options, sl_engine **out, sl_err *err) {
  sl_engine *engine = sl_heap_zalloc(sizeof *engine);
  engine->fs = options->fs ? options->fs : sl_fs_real();
  engine->clock = options->clock ? options->clock : sl_clock_real();
  engine->data_dir = sl_heap_strdup(options->data_dir);
  engine->settings = options->settings;
  engine->test_ids = options->test_ids;
  engine->rules = options->rules ? options->rules : SL_PLANNER_RULES;
  engine->next_push = UINT64_C(1) << 62;
  engine->started_ms = sl_clock_wall_ms(engine->clock);
  sl_str service = sl_settings_str(engine->settings, "ksql.service.id");
  engine->service_id = sl_heap_strndup(service.len ? service.ptr : "", service.len);
  engine->processing_topic = sl_processing_topic(engine);
  sl_memory_init(engine);
  pthread_mutex_init(&engine->statements, NULL);
  pthread_mutex_init(&engine->mutex, NULL);
  pthread_cond_init(&engine->unpinned, NULL);
  engine->pulls = sl_pull_cache_new();
  int code = open_parts(engine, options, err);
  if (code) {
    sl_engine_close(engine, NULL);
    return code;
  }
  *out = engine;
  return 0;
}

int sl_engine_close(sl_engine *engine, sl_err *err) {
  if (!engine) return 0;
  int code = 0;
  sl_engine_end_pushes(engine);
  while (engine->live.len) {
    sl_live *live = sl_vec_at(&engine->live, engine->live.len - 1);
    int stopped = sl_query_stop(engine, live->number, false, code ? NULL : err);
    if (!code) code = stopped;
  }
  sl_pull_cache_free(engine->pulls);
  sl_executor_free(engine->executor);
  sl_catalog_close(engine->cat);
  if (engine->log) {
    int closed = sl_log_close(engine->log, code ? NULL : err);
    if (!code) code = closed;
  }
  sl_vec_done(&engine->live);
  sl_vec_done(&engine->pushes);
  sl_vec_done(&engine->feeds);
  sl_vec_done(&engine->unforgotten);
  pthread_mutex_destroy(&engine->statements);
  pthread_mutex_destroy(&engine->mutex);
  pthread_cond_destroy(&engine->unpinned);
  sl_heap_free(engine->data_dir);
  sl_heap_free(engine->service_id);
  sl_heap_free(engine->processing_topic);
  sl_heap_free(engine->cluster_id);
  sl_heap_free(engine);
  return code;
}

sl_log *sl_engine_log(sl_engine *engine) {
  return engine->log;
}
sl_executor *sl_engine_executor(sl_engine *engine) {
  return engine->executor;
}
sl_snapshot *sl_engine_snapshot(sl_engine *engine) {
  return sl_catalog_snapshot(engine->cat);
}
const sl_settings *sl_engine_settings(sl_engine *engine) {
  return engine->settings;
}

int sl_engine_run_until_quiet(sl_engine *engine, sl_err *err) {
  int code;
  do code = sl_executor_run_until_quiet(engine->executor, err);
  while (!code && sl_engine_memory_step(engine));
  return code;
}

sl_budget *sl_engine_client_memory(sl_engine *engine) {
  return &engine->memory.clients;
}

int sl_engine_commands(sl_engine *engine, sl_arena *arena, size_t limit, sl_command **out, size_t *count, sl_err *err) {
  return sl_catalog_commands(engine->cat, arena, limit, out, count, err);
}

sl_json *sl_engine_info(sl_engine *engine, sl_arena *arena) {
  sl_json *info = sl_json_new(arena, SL_JSON_OBJECT), *inner = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, inner, "version", sl_json_new_z(arena, SL_VERSION));
  sl_json_set(arena, inner, "kafkaClusterId", sl_json_new_z(arena, engine->cluster_id));
  sl_json_set(arena, inner, "ksqlServiceId", sl_json_new_z(arena, engine->service_id));
  sl_json_set(arena, inner, "serverStatus", sl_json_new_z(arena, sl_log_failure(engine->log) ? "ERROR" : "RUNNING"));
  sl_json_set(arena, info, "KsqlServerInfo", inner);
  return info;
}
