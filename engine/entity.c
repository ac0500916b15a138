/* Answers: the entities of http-api.md 7 as JSON trees. Field order is part of the contract. */
#include "engine/engine_int.h"

sl_json *sl_entity_new(sl_context *ctx, const char *type, sl_str statement_text) {
  sl_json *e = sl_json_new(ctx->arena, SL_JSON_OBJECT);
  sl_json_set(ctx->arena, e, "@type", sl_json_new_z(ctx->arena, type));
  sl_json_set(ctx->arena, e, "statementText", sl_json_new_str(ctx->arena, statement_text));
  ctx->entity = e;
  return e;
}

void sl_context_warn(sl_context *ctx, const char *message) {
  if (!ctx->warnings) ctx->warnings = sl_json_new(ctx->arena, SL_JSON_ARRAY);
  sl_json *w = sl_json_new(ctx->arena, SL_JSON_OBJECT);
  sl_json_set(ctx->arena, w, "message", sl_json_new_z(ctx->arena, message));
  sl_json_add(ctx->arena, ctx->warnings, w);
}

void sl_entity_status(sl_context *ctx, sl_str text, const sl_command *command) {
  sl_arena *arena = ctx->arena;
  sl_json *e = sl_entity_new(ctx, "currentStatus", text);
  sl_json *status = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, e, "commandId", sl_json_new_str(arena, command->id));
  sl_json_set(arena, status, "status", sl_json_new_z(arena, "SUCCESS"));
  sl_json_set(arena, status, "message", sl_json_new_str(arena, command->message));
  sl_json_set(arena, status, "queryId",
              command->query_id.len ? sl_json_new_str(arena, command->query_id) : sl_json_new(arena, SL_JSON_NULL));
  sl_json_set(arena, e, "commandStatus", status);
  sl_json_set(arena, e, "commandSequenceNumber", sl_json_new_int(arena, (int64_t)command->sequence));
}

void sl_entity_warning(sl_context *ctx, sl_str text, const char *message) {
  sl_json *e = sl_entity_new(ctx, "warning_entity", text);
  sl_json_set(ctx->arena, e, "message", sl_json_new_z(ctx->arena, message));
}

const char *sl_window_name(sl_window_kind kind) {
  static const char *const NAMES[] = {NULL, "TUMBLING", "HOPPING", "SESSION"};
  return NAMES[kind];
}

/* Schema object of http-api.md 5.2. */
sl_json *sl_json_of_type(sl_arena *arena, const sl_type *type) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json *fields = sl_json_new(arena, type->base == SL_STRUCT ? SL_JSON_ARRAY : SL_JSON_NULL);
  sl_json_set(arena, o, "type", sl_json_new_z(arena, sl_base_name(type->base)));
  for (int i = 0; type->base == SL_STRUCT && i < type->field_count; i++) {
    sl_json *field = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, field, "name", sl_json_new_str(arena, type->fields[i].name));
    sl_json_set(arena, field, "schema", sl_json_of_type(arena, type->fields[i].type));
    sl_json_add(arena, fields, field);
  }
  sl_json_set(arena, o, "fields", fields);
  bool has_member = type->base == SL_ARRAY || type->base == SL_MAP;
  sl_json_set(arena, o, "memberSchema",
              has_member ? sl_json_of_type(arena, type->element) : sl_json_new(arena, SL_JSON_NULL));
  if (type->base == SL_DECIMAL) {
    sl_json *parameters = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, parameters, "precision", sl_json_new_int(arena, type->precision));
    sl_json_set(arena, parameters, "scale", sl_json_new_int(arena, type->scale));
    sl_json_set(arena, o, "parameters", parameters);
  }
  return o;
}

sl_json *sl_json_of_fields(sl_arena *arena, const sl_schema *schema) {
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY);
  for (int i = 0; i < schema->count; i++) {
    const sl_column *column = &schema->columns[i];
    sl_json *field = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, field, "name", sl_json_new_str(arena, column->name));
    sl_json_set(arena, field, "schema", sl_json_of_type(arena, column->type));
    if (column->kind != SL_COLUMN_VALUE)
      sl_json_set(arena, field, "type", sl_json_new_z(arena, column->kind == SL_COLUMN_KEY ? "KEY" : "HEADER"));
    if (column->kind == SL_COLUMN_HEADERS && column->header_key.ptr)
      sl_json_set(arena, field, "headerKey", sl_json_new_str(arena, column->header_key));
    sl_json_add(arena, list, field);
  }
  return list;
}

/* Row of SHOW QUERIES (http-api.md 7.5). */
void sl_entity_restoring(sl_context *ctx, const sl_running_stats *stats, sl_json *query) {
  if (!stats->restore_total) return;
  sl_json *o = sl_json_new(ctx->arena, SL_JSON_OBJECT);
  sl_json_set(ctx->arena, o, "restored", sl_json_new_int(ctx->arena, (int64_t)stats->restored));
  sl_json_set(ctx->arena, o, "total", sl_json_new_int(ctx->arena, (int64_t)stats->restore_total));
  sl_json_set(ctx->arena, query, "restoring", o);
}

sl_json *sl_json_of_query(sl_context *ctx, const sl_query_entry *entry) {
  sl_arena *arena = ctx->arena;
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json *sinks = sl_json_new(arena, SL_JSON_ARRAY), *topics = sl_json_new(arena, SL_JSON_ARRAY);
  sl_json *count = sl_json_new(arena, SL_JSON_OBJECT);
  const char *state = sl_query_state(ctx->engine, entry);
  const sl_source *sink = sl_snapshot_version(ctx->snapshot, entry->sink.name, entry->sink.version);
  sl_json_set(arena, o, "queryString", sl_json_new_str(arena, entry->text));
  if (entry->sink.name.len) sl_json_add(arena, sinks, sl_json_new_str(arena, entry->sink.name));
  sl_json_set(arena, o, "sinks", sinks);
  if (sink) sl_json_add(arena, topics, sl_json_new_str(arena, sink->topic));
  sl_json_set(arena, o, "sinkKafkaTopics", topics);
  sl_json_set(arena, o, "id", sl_json_new_str(arena, entry->id));
  sl_json_set(arena, count, state, sl_json_new_int(arena, 1));
  sl_json_set(arena, o, "statusCount", count);
  sl_json_set(arena, o, "queryType", sl_json_new_z(arena, "PERSISTENT"));
  sl_json_set(arena, o, "state", sl_json_new_z(arena, strcmp(state, "ERROR") == 0 ? "ERROR" : "RUNNING"));
  sl_running_stats stats;
  if (sl_query_look(ctx->engine, entry->number, &stats, NULL)) sl_entity_restoring(ctx, &stats, o);
  return o;
}
