/* The context of a statement: real, or a sandbox in which a request is validated before any of it runs. The same
 * handlers run in both; only these functions know the difference. */
#include "base/heap.h"
#include "base/logger.h"
#include "engine/engine_int.h"

typedef struct planned_topic {
  int32_t partitions;
  sl_topic_id id;
} planned_topic;

void sl_context_init(sl_context *ctx, sl_engine *engine, sl_session *session, sl_arena *arena, bool sandbox) {
  *ctx = (sl_context){.engine = engine, .session = session, .arena = arena, .sandbox = sandbox};
  ctx->snapshot = sl_catalog_snapshot(engine->cat);
  ctx->sequence = sl_snapshot_sequence(ctx->snapshot);
  ctx->next_query = 1;
  if (sandbox) ctx->planned_topics = sl_arena_zalloc(arena, sizeof *ctx->planned_topics);
}

void sl_context_done(sl_context *ctx) {
  sl_snapshot_unref(ctx->snapshot);
  ctx->snapshot = NULL;
  if (ctx->planned_topics) sl_map_done(ctx->planned_topics);
}

static bool view_find(void *arg, sl_str name, int32_t *partitions, sl_topic_id *id) {
  sl_context *ctx = arg;
  planned_topic *planned = ctx->planned_topics ? sl_map_find(ctx->planned_topics, name) : NULL;
  if (planned) {
    *partitions = planned->partitions;
    if (id) *id = planned->id;
    return true;
  }
  sl_topic *topic = sl_log_topic_find(ctx->engine->log, name);
  if (!topic) return false;
  *partitions = sl_topic_partitions(topic);
  if (id) *id = *sl_topic_get_id(topic);
  sl_topic_unref(topic);
  return true;
}

void sl_context_planning(sl_context *ctx, sl_planning *out, sl_topic_view *view) {
  *view = (sl_topic_view){.find = view_find, .ctx = ctx};
  *out = (sl_planning){.arena = ctx->arena,
                       .snapshot = ctx->snapshot,
                       .settings = &ctx->session->settings,
                       .topics = view,
                       .service_id = sl_str_of(ctx->engine->service_id),
                       .rules = ctx->engine->rules,
                       .now_ms = sl_clock_wall_ms(ctx->engine->clock)};
}

static int check_depth(sl_str name, const sl_type *type, sl_err *err) {
  int depth = sl_type_depth(type);
  if (depth <= SL_TYPE_MAX_DEPTH) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "The type of `" SL_STR_FMT "` is nested %d levels deep. At most %d are supported.",
                    SL_STR_ARG(name), depth, SL_TYPE_MAX_DEPTH);
}

/* What is kept must be readable at the next start, and an expression may be of a type that nobody has written out. */
static int check_types(const sl_change *change, sl_err *err) {
  if (change->kind == SL_CHANGE_PUT_TYPE) return check_depth(change->type->name, change->type->type, err);
  const sl_schema *schema = change->kind == SL_CHANGE_PUT_SOURCE ? &change->source->schema : NULL;
  int code = 0;
  for (int i = 0; schema && i < schema->count && !code; i++)
    code = check_depth(schema->columns[i].name, schema->columns[i].type, err);
  return code;
}

int sl_context_apply(sl_context *ctx, const sl_change *changes, size_t count, sl_command *command, sl_err *err) {
  for (size_t i = 0; i < count; i++)
    if (check_types(&changes[i], err)) return SL_E_STATEMENT;
  if (ctx->sandbox) {
    sl_snapshot *next = sl_snapshot_apply(ctx->snapshot, changes, count);
    sl_snapshot_unref(ctx->snapshot);
    ctx->snapshot = next;
    if (command) command->sequence = ctx->sequence++;
    return 0;
  }
  int code = sl_catalog_apply(ctx->engine->cat, changes, count, command, err);
  if (code) return code;
  sl_snapshot_unref(ctx->snapshot);
  ctx->snapshot = sl_catalog_snapshot(ctx->engine->cat);
  ctx->sequence = sl_snapshot_sequence(ctx->snapshot);
  return 0;
}

int sl_context_apply_list(sl_context *ctx, const sl_vec *changes, sl_command *command, sl_err *err) {
  sl_change *flat = sl_arena_calloc(ctx->arena, changes->len + 1, sizeof *flat);
  for (size_t i = 0; i < changes->len; i++) flat[i] = *(const sl_change *)sl_vec_at(changes, i);
  return sl_context_apply(ctx, flat, changes->len, command, err);
}

int sl_context_query_number(sl_context *ctx, uint64_t *out, sl_err *err) {
  if (!ctx->sandbox) return sl_catalog_next_query(ctx->engine->cat, out, err);
  *out = (UINT64_C(1) << 61) + ctx->next_query++; /* a number that no real query has */
  return 0;
}

int sl_context_version(sl_context *ctx, uint64_t *out, sl_err *err) {
  if (!ctx->sandbox) return sl_catalog_next_version(ctx->engine->cat, out, err);
  *out = (UINT64_C(1) << 61) + ctx->next_query++;
  return 0;
}

int sl_context_ensure_topic(sl_context *ctx, const sl_topic_spec *spec, sl_topic_id *id, bool *created, sl_err *err) {
  *created = false;
  int32_t partitions;
  if (view_find(ctx, spec->name, &partitions, id)) return 0;
  if (ctx->sandbox) {
    planned_topic *planned = sl_arena_zalloc(ctx->arena, sizeof *planned);
    planned->partitions = spec->partitions;
    sl_map_put(ctx->planned_topics, spec->name, planned);
    *id = planned->id;
    *created = true;
    return 0;
  }
  sl_topic_spec with_id = *spec;
  sl_log_random_id(ctx->engine->log, &with_id.id);
  with_id.has_id = true;
  sl_change intent = {.kind = SL_CHANGE_TOPIC_CREATING, .name = spec->name, .topic = with_id.id};
  int code = sl_catalog_apply(ctx->engine->cat, &intent, 1, NULL, err);
  if (code) return code;
  sl_topic *topic = NULL;
  code = sl_log_topic_create(ctx->engine->log, &with_id, &topic, err);
  if (code) { /* after a failure of the disk the topic may be there all the same: settling looks */
    intent.kind = SL_CHANGE_TOPIC_DONE;
    bool kept = code == SL_E_IO || code == SL_E_DISK_FULL || code == SL_E_LIMIT;
    if (kept || sl_catalog_apply(ctx->engine->cat, &intent, 1, NULL, NULL)) ctx->engine->unsettled = true;
    return code;
  }
  sl_topic_unref(topic);
  *id = with_id.id;
  *created = true;
  return 0;
}

void sl_context_undo_topic(sl_context *ctx, sl_str name, const sl_topic_id *id) {
  if (ctx->sandbox) {
    sl_map_remove(ctx->planned_topics, name);
    return;
  }
  sl_err err = {0};
  if (sl_engine_finish_topic_drop(ctx->engine, name, id, &err)) {
    sl_log_line(SL_LOG_WARN, "topic.undo", "topic=" SL_STR_FMT " reason=\"%s\"", SL_STR_ARG(name), err.message);
    ctx->engine->unsettled = true;
  }
  sl_err_done(&err);
}

int sl_engine_finish_topic_drop(sl_engine *engine, sl_str name, const sl_topic_id *id, sl_err *err) {
  int doubt = sl_catalog_check_sure(engine->cat, err); /* what the topic was made for may have happened */
  if (doubt) return doubt;
  sl_topic *topic = sl_log_topic_by_id(engine->log, id);
  if (topic) {
    int code = sl_log_topic_delete(engine->log, topic, err);
    sl_topic_unref(topic);
    if (code) return code;
  } else { /* its making may have failed after the disk knew of it */
    int code = sl_log_topics_settle(engine->log, err);
    if (code) return code;
  }
  sl_change done = {.kind = SL_CHANGE_TOPIC_DONE, .name = name, .topic = *id};
  return sl_catalog_apply(engine->cat, &done, 1, NULL, err);
}
