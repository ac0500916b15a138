/* SHOW / LIST: one function per kind, found in a table. */
#include "engine/engine_int.h"
#include "functions/function.h"

static sl_json *source_row(sl_arena *arena, const sl_source *source) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, o, "type", sl_json_new_z(arena, source->kind == SL_STREAM ? "STREAM" : "TABLE"));
  sl_json_set(arena, o, "name", sl_json_new_str(arena, source->name));
  sl_json_set(arena, o, "topic", sl_json_new_str(arena, source->topic));
  sl_json_set(arena, o, "keyFormat", sl_json_new_str(arena, source->key_format.name));
  sl_json_set(arena, o, "valueFormat", sl_json_new_str(arena, source->value_format.name));
  sl_json_set(arena, o, "isWindowed", sl_json_new_bool(arena, source->window != SL_WINDOW_NONE));
  return o;
}

static int list_sources(sl_context *ctx, const sl_stmt_list *stmt, sl_source_kind kind) {
  if (stmt->extended) return sl_describe_all(ctx, &stmt->base, kind, true);
  sl_json *list = sl_json_new(ctx->arena, SL_JSON_ARRAY);
  const sl_source *source;
  for (size_t i = 0; (source = sl_snapshot_source_at(ctx->snapshot, i)); i++)
    if (source->kind == kind) sl_json_add(ctx->arena, list, source_row(ctx->arena, source));
  const char *type = kind == SL_STREAM ? "streams" : "tables";
  sl_json_set(ctx->arena, sl_entity_new(ctx, type, stmt->base.text), type, list);
  return 0;
}

static int list_streams(sl_context *ctx, const sl_stmt_list *stmt, sl_err *err) {
  (void)err;
  return list_sources(ctx, stmt, SL_STREAM);
}

static int list_tables(sl_context *ctx, const sl_stmt_list *stmt, sl_err *err) {
  (void)err;
  return list_sources(ctx, stmt, SL_TABLE);
}

/* Persistent queries first, then push queries. */
static int list_queries(sl_context *ctx, const sl_stmt_list *stmt, sl_err *err) {
  (void)err;
  sl_json *list = sl_json_new(ctx->arena, SL_JSON_ARRAY);
  const sl_query_entry *entry;
  for (size_t i = 0; (entry = sl_snapshot_query_at(ctx->snapshot, i)); i++)
    sl_json_add(ctx->arena, list, stmt->extended ? sl_describe_query(ctx, entry) : sl_json_of_query(ctx, entry));
  if (!stmt->extended) sl_pushes_list(ctx, list);
  sl_json *e = sl_entity_new(ctx, stmt->extended ? "query_descriptions" : "queries", stmt->base.text);
  sl_json_set(ctx->arena, e, stmt->extended ? "queryDescriptions" : "queries", list);
  return 0;
}

static bool is_hidden(sl_context *ctx, sl_str name) {
  return sl_str_starts(name, sl_str_of("_confluent-ksql-")) ||
         sl_settings_match(ctx->engine->settings, "ksql.hidden.topics", name);
}

/* Queries and groups that read a topic, for SHOW TOPICS EXTENDED. */
static int64_t count_readers(sl_context *ctx, sl_str topic) {
  int64_t count = 0;
  const sl_query_entry *entry;
  for (size_t i = 0; (entry = sl_snapshot_query_at(ctx->snapshot, i)); i++)
    for (int s = 0; s < entry->source_count; s++) {
      const sl_source *source = sl_snapshot_version(ctx->snapshot, entry->sources[s].name, entry->sources[s].version);
      if (source && sl_str_eq(source->topic, topic)) count++;
    }
  return count;
}

static int list_topics(sl_context *ctx, const sl_stmt_list *stmt, sl_err *err) {
  (void)err;
  sl_arena *arena = ctx->arena;
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY);
  sl_topic **topics;
  size_t count;
  sl_log_topics(ctx->engine->log, arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    sl_str name = sl_str_dup(arena, sl_topic_name(topics[i]));
    if (stmt->all || !is_hidden(ctx, name)) {
      sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *replicas = sl_json_new(arena, SL_JSON_ARRAY);
      for (int32_t p = 0; p < sl_topic_partitions(topics[i]); p++)
        sl_json_add(arena, replicas, sl_json_new_int(arena, 1));
      sl_json_set(arena, o, "name", sl_json_new_str(arena, name));
      sl_json_set(arena, o, "replicaInfo", replicas);
      if (stmt->extended) {
        int64_t readers = count_readers(ctx, name);
        sl_json_set(arena, o, "consumerCount", sl_json_new_int(arena, readers * sl_topic_partitions(topics[i])));
        sl_json_set(arena, o, "consumerGroupCount", sl_json_new_int(arena, readers));
      }
      sl_json_add(arena, list, o);
    }
    sl_topic_unref(topics[i]);
  }
  sl_json *e = sl_entity_new(ctx, stmt->extended ? "kafka_topics_extended" : "kafka_topics", stmt->base.text);
  sl_json_set(arena, e, "topics", list);
  return 0;
}

static int list_functions(sl_context *ctx, const sl_stmt_list *stmt, sl_err *err) {
  (void)err;
  static const char *const KINDS[] = {"SCALAR", "TABLE", "AGGREGATE"};
  sl_arena *arena = ctx->arena;
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY);
  size_t count;
  const sl_function *const *functions = sl_functions(&count);
  for (size_t i = 0; i < count; i++) {
    sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, o, "name", sl_json_new_z(arena, functions[i]->name));
    sl_json_set(arena, o, "type", sl_json_new_z(arena, KINDS[functions[i]->kind]));
    sl_json_set(arena, o, "category", sl_json_new_z(arena, functions[i]->category));
    sl_json_add(arena, list, o);
  }
  sl_json_set(arena, sl_entity_new(ctx, "function_names", stmt->base.text), "functions", list);
  return 0;
}

static int list_types(sl_context *ctx, const sl_stmt_list *stmt, sl_err *err) {
  (void)err;
  sl_arena *arena = ctx->arena;
  sl_json *types = sl_json_new(arena, SL_JSON_OBJECT);
  const sl_custom_type *type;
  for (size_t i = 0; (type = sl_snapshot_type_at(ctx->snapshot, i)); i++)
    sl_json_set(arena, types, sl_str_z(arena, type->name), sl_json_of_type(arena, type->type));
  sl_json_set(arena, sl_entity_new(ctx, "type_list", stmt->base.text), "types", types);
  return 0;
}

static int list_variables(sl_context *ctx, const sl_stmt_list *stmt, sl_err *err) {
  (void)err;
  sl_arena *arena = ctx->arena;
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY);
  size_t at = 0;
  for (sl_map_entry *v; (v = sl_map_next(&ctx->session->variables, &at));) {
    sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, o, "name", sl_json_new_str(arena, v->key));
    sl_json_set(arena, o, "value", sl_json_new_z(arena, v->value));
    sl_json_add(arena, list, o);
  }
  sl_json_set(arena, sl_entity_new(ctx, "variables", stmt->base.text), "variables", list);
  return 0;
}

static int list_properties(sl_context *ctx, const sl_stmt_list *stmt, sl_err *err) {
  (void)err;
  sl_arena *arena = ctx->arena;
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY), *over = sl_json_new(arena, SL_JSON_ARRAY);
  sl_json *defaults = sl_json_new(arena, SL_JSON_ARRAY);
  size_t count;
  const sl_property_row *rows = sl_property_rows(&count);
  for (size_t i = 0; i < count; i++) {
    sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
    bool set = sl_settings_is_set(&ctx->session->settings, rows[i].name);
    sl_str value = sl_settings_str(&ctx->session->settings, rows[i].name);
    sl_json_set(arena, o, "name", sl_json_new_z(arena, rows[i].name));
    sl_json_set(arena, o, "scope", sl_json_new_z(arena, "KSQL"));
    sl_json_set(arena, o, "value",
                rows[i].secret && set                ? sl_json_new_z(arena, "[hidden]")
                : value.len || rows[i].default_value ? sl_json_new_str(arena, value)
                                                     : sl_json_new(arena, SL_JSON_NULL));
    sl_json_set(arena, o, "editable", sl_json_new_bool(arena, rows[i].session));
    sl_json_set(arena, o, "level", sl_json_new_z(arena, rows[i].session ? "QUERY" : "SERVER"));
    sl_json_add(arena, list, o);
    if (sl_map_has(&ctx->session->settings.values, sl_str_of(rows[i].name)))
      sl_json_add(arena, over, sl_json_new_z(arena, rows[i].name));
    if (!set) sl_json_add(arena, defaults, sl_json_new_z(arena, rows[i].name));
  }
  sl_json *e = sl_entity_new(ctx, "properties", stmt->base.text);
  sl_json_set(arena, e, "properties", list);
  sl_json_set(arena, e, "overwrittenProperties", over);
  sl_json_set(arena, e, "defaultProperties", defaults);
  return 0;
}

int sl_stmt_run_list(sl_context *ctx, const sl_statement *base, sl_err *err) {
  static int (*const LISTS[])(sl_context *, const sl_stmt_list *, sl_err *) = {
      [SL_LIST_PROPERTIES] = list_properties, [SL_LIST_TOPICS] = list_topics,
      [SL_LIST_STREAMS] = list_streams,       [SL_LIST_TABLES] = list_tables,
      [SL_LIST_FUNCTIONS] = list_functions,   [SL_LIST_CONNECTORS] = NULL,
      [SL_LIST_CONNECTOR_PLUGINS] = NULL,     [SL_LIST_TYPES] = list_types,
      [SL_LIST_VARIABLES] = list_variables,   [SL_LIST_QUERIES] = list_queries,
  };
  const sl_stmt_list *stmt = (const sl_stmt_list *)base;
  if (!LISTS[stmt->what])
    return sl_err_set(err, SL_E_UNSUPPORTED, base->pos, "SHOW %s is not supported by this version of sluice.",
                      stmt->what == SL_LIST_CONNECTORS ? "CONNECTORS" : "CONNECTOR PLUGINS");
  return LISTS[stmt->what](ctx, stmt, err);
}
