/* An engine in memory, opened for one case. */
#include "cli/testing/test_world.h"

enum { FETCH_BYTES = 1 << 20, FETCH_RECORDS = 10000 };

static const struct {
  const char *name, *value;
} SERVER_SETTINGS[] = {
    {"ksql.service.id", "some.ksql.service.id"},
    {"ksql.streams.auto.offset.reset", "earliest"},
    {"ksql.streams.cache.max.bytes.buffering", "0"},
    {"ksql.headers.columns.enabled", "true"},
    {"log.flush", "never"},
};

void sl_test_world_setting(sl_test_world *world, sl_str name, sl_str value) {
  sl_settings_set(&world->settings, name, &value, true, NULL);
}

void sl_test_world_init(sl_test_world *world, sl_arena *arena, const sl_test_options *options) {
  *world = (sl_test_world){.arena = arena, .options = options};
  sl_vec_init(&world->defines, arena);
  sl_clock_manual_init(&world->clock, SL_TEST_FIRST_MS);
  world->fs = sl_fs_memory_new();
  for (size_t i = 0; i < sizeof SERVER_SETTINGS / sizeof *SERVER_SETTINGS; i++)
    sl_test_world_setting(world, sl_str_of(SERVER_SETTINGS[i].name), sl_str_of(SERVER_SETTINGS[i].value));
}

int sl_test_world_open(sl_test_world *world, sl_err *err) {
  sl_engine_options options = {.fs = world->fs,
                               .clock = &world->clock.clock,
                               .data_dir = "data",
                               .settings = &world->settings,
                               .workers = 1,
                               .batch = world->options->batch,
                               .test_ids = true,
                               .image_floor = world->opened++ % 2 ? 0 : 1}; /* both ways to restore state are tested */
  int code = sl_engine_open(&options, &world->engine, err);
  if (code) return code;
  world->session = sl_session_new(world->engine);
  return 0;
}

static int close_engine(sl_test_world *world, sl_err *err) {
  sl_session_free(world->session);
  world->session = NULL;
  int code = sl_engine_close(world->engine, err);
  world->engine = NULL;
  return code;
}

void sl_test_world_done(sl_test_world *world) {
  close_engine(world, NULL);
  sl_settings_done(&world->settings);
  sl_fs_free(world->fs);
}

typedef struct setting {
  sl_str name, value;
} setting;

int sl_test_world_restart(sl_test_world *world, sl_err *err) {
  sl_vec kept;
  sl_vec_init(&kept, world->arena);
  const sl_map *values = &sl_session_settings(world->session)->values;
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(values, &at));) {
    setting *one = sl_arena_alloc(world->arena, sizeof *one);
    *one = (setting){sl_str_dup(world->arena, e->key), sl_str_dup(world->arena, sl_str_of(e->value))};
    sl_vec_push(&kept, one);
  }
  int code = close_engine(world, err);
  if (!code) code = sl_test_world_open(world, err);
  for (size_t i = 0; i < kept.len && !code; i++) {
    const setting *one = sl_vec_at(&kept, i);
    code = sl_session_set(world->session, one->name, &one->value, err);
  }
  for (size_t i = 0; i < world->defines.len && !code; i++) {
    sl_json *entity;
    code =
        sl_engine_execute_one(world->engine, world->session, sl_vec_at(&world->defines, i), world->arena, &entity, err);
  }
  return code;
}

int sl_test_world_execute(sl_test_world *world, const sl_statement *statement, sl_err *err) {
  sl_json *entity;
  int code = sl_engine_execute_one(world->engine, world->session, statement, world->arena, &entity, err);
  if (!code && statement->kind == SL_STMT_DEFINE) sl_vec_push(&world->defines, (void *)statement);
  return code;
}

bool sl_test_world_variable(void *ctx, sl_str name, sl_str *value) {
  const sl_test_world *world = ctx;
  for (size_t i = world->defines.len; i-- > 0;) {
    const sl_stmt_define *stmt = sl_vec_at(&world->defines, i);
    if (!sl_str_eq_nocase(stmt->name, name)) continue;
    *value = stmt->value;
    return !stmt->undefine;
  }
  return false;
}

/* ---- topics ---- */

int sl_test_world_topic(sl_test_world *world, sl_str name, int32_t partitions, sl_err *err) {
  sl_topic *topic = sl_log_topic_find(sl_engine_log(world->engine), name);
  sl_topic_spec spec = {.name = name, .partitions = partitions};
  int code = topic ? 0 : sl_log_topic_create(sl_engine_log(world->engine), &spec, &topic, err);
  if (!code) sl_topic_unref(topic);
  return code;
}

int sl_test_world_append(sl_test_world *world, sl_str name, const sl_test_record *record, sl_err *err) {
  sl_log *log = sl_engine_log(world->engine);
  sl_topic *topic = sl_log_topic_find(log, name);
  if (!topic)
    return sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "There is no topic '" SL_STR_FMT "'.", SL_STR_ARG(name));
  sl_staging *staging = sl_staging_new();
  int code =
      sl_staging_append(staging, sl_topic_partition(topic, record->partition), record->timestamp, record->key.ptr,
                        record->key.len, record->value.ptr, record->value.len, &record->headers, err);
  sl_part part = {.staging = staging};
  sl_commit_result result;
  if (!code) code = sl_log_commit(log, &part, 1, &result, err);
  sl_staging_free(staging);
  sl_topic_unref(topic);
  return code;
}

static sl_str keep(sl_arena *arena, const uint8_t *data, size_t len) {
  if (!data) return (sl_str){0};
  return sl_str_n(sl_arena_dup(arena, data, len), len);
}

static int read_partition(sl_test_world *world, sl_partition *partition, int64_t *offset, sl_vec *out, sl_err *err) {
  for (;;) {
    sl_fetch *fetch;
    int code = sl_log_fetch(partition, *offset, FETCH_BYTES, FETCH_RECORDS, SL_READ_VISIBLE, &fetch, err);
    if (code) return code;
    for (size_t i = 0; i < fetch->count; i++) {
      const sl_record *from = &fetch->records[i];
      sl_test_record *record = sl_arena_zalloc(world->arena, sizeof *record);
      *record = (sl_test_record){.partition = sl_partition_number(partition),
                                 .offset = from->offset,
                                 .timestamp = from->timestamp,
                                 .key = keep(world->arena, from->key, from->key_len),
                                 .value = keep(world->arena, from->value, from->value_len)};
      sl_str headers = keep(world->arena, from->headers.data, from->headers.len);
      record->headers = (sl_record_headers){(const uint8_t *)headers.ptr, from->headers.len, from->headers.count};
      sl_vec_push(out, record);
    }
    bool more = fetch->next_offset > *offset;
    *offset = fetch->next_offset;
    sl_fetch_unref(fetch);
    if (!more) return 0;
  }
}

int sl_test_world_read(sl_test_world *world, sl_test_place *place, sl_vec *out, sl_err *err) {
  sl_topic *topic = sl_log_topic_find(sl_engine_log(world->engine), place->topic);
  if (!topic) return 0;
  int32_t count = sl_topic_partitions(topic);
  if (count > place->count) {
    int64_t *offsets = sl_arena_calloc(world->arena, (size_t)count, sizeof *offsets);
    for (int32_t i = 0; i < place->count; i++) offsets[i] = place->offsets[i];
    place->offsets = offsets;
    place->count = count;
  }
  int code = 0;
  for (int32_t i = 0; i < count && !code; i++)
    code = read_partition(world, sl_topic_partition(topic, i), &place->offsets[i], out, err);
  sl_topic_unref(topic);
  return code;
}

/* ---- running ---- */

/* Only the one query that has its turn may run; a start has set all of them going. */
static void hold_others(sl_test_world *world, const sl_snapshot *snapshot) {
  const sl_query_entry *query;
  for (size_t i = 0; (query = sl_snapshot_query_at(snapshot, i)); i++) {
    sl_running *running = sl_engine_running(world->engine, query->number);
    if (running) sl_running_pause(running, query->paused || (world->only && query->number != world->only));
  }
}

static int check_queries(sl_test_world *world, const sl_snapshot *snapshot, sl_err *err) {
  const sl_query_entry *query;
  for (size_t i = 0; (query = sl_snapshot_query_at(snapshot, i)); i++) {
    sl_running *running = sl_engine_running(world->engine, query->number);
    if (!running)
      return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The query " SL_STR_FMT " could not be started again.",
                        SL_STR_ARG(query->id));
    sl_running_stats stats;
    sl_running_stats_get(running, &stats);
    if (stats.state == SL_RUNNING_ERROR) return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "%s", stats.reason);
  }
  return 0;
}

int sl_test_world_settle(sl_test_world *world, sl_err *err) {
  sl_snapshot *snapshot = sl_engine_snapshot(world->engine);
  hold_others(world, snapshot);
  int code = sl_engine_run_until_quiet(world->engine, err);
  if (!code) code = check_queries(world, snapshot, err);
  sl_snapshot_unref(snapshot);
  return code;
}

const sl_source *sl_test_source_of(const sl_snapshot *snapshot, sl_str topic) {
  const sl_source *source;
  for (size_t i = 0; (source = sl_snapshot_source_at(snapshot, i)); i++)
    if (sl_str_eq(source->topic, topic)) return source;
  return NULL;
}
