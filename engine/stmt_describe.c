/* DESCRIBE and EXPLAIN (http-api.md 7.6, 7.7, 7.10). */
#include "base/heap.h"
#include "engine/engine_int.h"
#include "functions/function.h"
#include "functions/signature.h"

static void add_stat(sl_arena *arena, sl_json *list, const char *name, double value, int64_t timestamp) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *number = sl_json_new(arena, SL_JSON_NUMBER);
  sl_buf text = {0};
  sl_json_write_double(&text, value);
  number->text = sl_str_dup(arena, sl_buf_str(&text));
  sl_buf_done(&text);
  sl_json_set(arena, o, "name", sl_json_new_z(arena, name));
  sl_json_set(arena, o, "host", sl_json_new_z(arena, "localhost"));
  sl_json_set(arena, o, "value", number);
  sl_json_set(arena, o, "timestamp", sl_json_new_int(arena, timestamp));
  sl_json_add(arena, list, o);
}

/* What the queries around a source have done since they were started. */
static void source_stats(sl_context *ctx, const sl_source *source, sl_json *stats, sl_json *errors) {
  double produced = 0, consumed = 0, bytes = 0, failed = 0;
  int64_t last = 0;
  const sl_query_entry *entry;
  for (size_t i = 0; (entry = sl_snapshot_query_at(ctx->snapshot, i)); i++) {
    sl_running_stats s;
    if (!sl_query_look(ctx->engine, entry->number, &s, NULL)) continue;
    if (sl_str_eq(entry->sink.name, source->name)) {
      produced += (double)s.records_out;
      if (s.last_out_ms > last) last = s.last_out_ms;
    }
    for (int r = 0; r < entry->source_count; r++) {
      if (!sl_str_eq(entry->sources[r].name, source->name)) continue;
      consumed += (double)s.records_in;
      bytes += (double)s.bytes_in;
      failed += (double)s.errors;
      if (s.last_in_ms > last) last = s.last_in_ms;
    }
  }
  add_stat(ctx->arena, stats, "total-messages", produced, last);
  add_stat(ctx->arena, stats, "consumer-total-messages", consumed, last);
  add_stat(ctx->arena, stats, "consumer-total-bytes", bytes, last);
  add_stat(ctx->arena, errors, "consumer-failed-messages", failed, last);
}

static sl_json *offset_summary(sl_context *ctx, const sl_query_entry *entry, const sl_source *source, sl_topic *topic) {
  sl_arena *arena = ctx->arena;
  sl_json *group = sl_json_new(arena, SL_JSON_OBJECT), *summary = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json *summaries = sl_json_new(arena, SL_JSON_ARRAY), *offsets = sl_json_new(arena, SL_JSON_ARRAY);
  for (int32_t p = 0; p < sl_topic_partitions(topic); p++) {
    sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
    sl_partition *partition = sl_topic_partition(topic, p);
    int64_t consumed = 0;
    sl_position *positions;
    size_t count;
    sl_str clocks;
    sl_task_id task = {.query = entry->number, .sub = 0, .partition = p};
    sl_log_task_state(ctx->engine->log, task, arena, &positions, &count, &clocks);
    for (size_t i = 0; i < count; i++)
      if (positions[i].partition == p && sl_topic_id_equal(&positions[i].topic, sl_topic_get_id(topic)))
        consumed = positions[i].offset;
    sl_json_set(arena, o, "partition", sl_json_new_int(arena, p));
    sl_json_set(arena, o, "logStartOffset", sl_json_new_int(arena, sl_partition_start(partition)));
    sl_json_set(arena, o, "logEndOffset", sl_json_new_int(arena, sl_partition_visible(partition)));
    sl_json_set(arena, o, "consumerOffset", sl_json_new_int(arena, consumed));
    sl_json_add(arena, offsets, o);
  }
  sl_json_set(arena, summary, "kafkaTopic", sl_json_new_str(arena, source->topic));
  sl_json_set(arena, summary, "offsets", offsets);
  sl_json_add(arena, summaries, summary);
  sl_json_set(arena, group, "groupId",
              sl_json_new_str(arena, sl_str_printf(arena, "_confluent-ksql-%squery_" SL_STR_FMT,
                                                   ctx->engine->service_id, SL_STR_ARG(entry->id))));
  sl_json_set(arena, group, "topicSummaries", summaries);
  return group;
}

/* Queries that read (or write) a source, as rows of SHOW QUERIES, and the offsets of the readers. */
static void around(sl_context *ctx, const sl_source *source, sl_topic *topic, bool extended, sl_json *readers,
                   sl_json *writers, sl_json *summaries) {
  const sl_query_entry *entry;
  for (size_t i = 0; (entry = sl_snapshot_query_at(ctx->snapshot, i)); i++) {
    bool reads = false;
    for (int r = 0; r < entry->source_count; r++) reads |= sl_str_eq(entry->sources[r].name, source->name);
    if (reads) sl_json_add(ctx->arena, readers, sl_json_of_query(ctx, entry));
    if (sl_str_eq(entry->sink.name, source->name)) sl_json_add(ctx->arena, writers, sl_json_of_query(ctx, entry));
    if (reads && extended && topic) sl_json_add(ctx->arena, summaries, offset_summary(ctx, entry, source, topic));
  }
}

static sl_json *describe_source(sl_context *ctx, const sl_source *source, bool extended) {
  sl_arena *arena = ctx->arena;
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json *readers = sl_json_new(arena, SL_JSON_ARRAY), *writers = sl_json_new(arena, SL_JSON_ARRAY);
  sl_json *summaries = sl_json_new(arena, SL_JSON_ARRAY), *constraints = sl_json_new(arena, SL_JSON_ARRAY);
  sl_json *stats = sl_json_new(arena, SL_JSON_ARRAY), *errors = sl_json_new(arena, SL_JSON_ARRAY);
  sl_topic *topic = sl_log_topic_by_id(ctx->engine->log, &source->topic_id);
  sl_vec names;
  sl_vec_init(&names, arena);
  around(ctx, source, topic, extended, readers, writers, summaries);
  sl_source_constraints(ctx, source->name, &names);
  for (size_t i = 0; i < names.len; i++)
    sl_json_add(arena, constraints, sl_json_new_str(arena, *(sl_str *)sl_vec_at(&names, i)));
  source_stats(ctx, source, stats, errors);
  sl_json_set(arena, o, "name", sl_json_new_str(arena, source->name));
  sl_json_set(arena, o, "windowType", sl_json_new_z(arena, sl_window_name(source->window)));
  sl_json_set(arena, o, "readQueries", readers);
  sl_json_set(arena, o, "writeQueries", writers);
  sl_json_set(arena, o, "fields", sl_json_of_fields(arena, &source->schema));
  sl_json_set(arena, o, "type", sl_json_new_z(arena, source->kind == SL_STREAM ? "STREAM" : "TABLE"));
  sl_json_set(arena, o, "timestamp", sl_json_new_str(arena, source->timestamp_column));
  sl_json_set(arena, o, "statistics", sl_json_new_z(arena, ""));
  sl_json_set(arena, o, "errorStats", sl_json_new_z(arena, ""));
  sl_json_set(arena, o, "extended", sl_json_new_bool(arena, extended));
  sl_json_set(arena, o, "keyFormat", sl_json_new_str(arena, source->key_format.name));
  sl_json_set(arena, o, "valueFormat", sl_json_new_str(arena, source->value_format.name));
  sl_json_set(arena, o, "topic", sl_json_new_str(arena, source->topic));
  sl_json_set(arena, o, "partitions", sl_json_new_int(arena, topic ? sl_topic_partitions(topic) : 0));
  sl_json_set(arena, o, "replication", sl_json_new_int(arena, topic ? 1 : 0));
  sl_json_set(arena, o, "statement", sl_json_new_str(arena, source->text));
  sl_json_set(arena, o, "queryOffsetSummaries", summaries);
  sl_json_set(arena, o, "sourceConstraints", constraints);
  sl_json_set(arena, o, "clusterStatistics", stats);
  sl_json_set(arena, o, "clusterErrorStats", errors);
  if (!topic)
    sl_context_warn(ctx, sl_arena_printf(arena, "Error from Kafka: topic '" SL_STR_FMT "' does not exist",
                                         SL_STR_ARG(source->topic)));
  sl_topic_unref(topic);
  return o;
}

int sl_describe_all(sl_context *ctx, const sl_statement *stmt, sl_source_kind kind, bool extended) {
  sl_json *list = sl_json_new(ctx->arena, SL_JSON_ARRAY);
  const sl_source *source;
  for (size_t i = 0; (source = sl_snapshot_source_at(ctx->snapshot, i)); i++)
    if (source->kind == kind) sl_json_add(ctx->arena, list, describe_source(ctx, source, extended));
  sl_json_set(ctx->arena, sl_entity_new(ctx, "source_descriptions", stmt->text), "sourceDescriptions", list);
  return 0;
}

/* ---- DESCRIBE FUNCTION ---- */

/* Types of a signature in the function vocabulary: INT, LONG, VARCHAR ... */
static sl_str function_type(sl_arena *arena, sl_str type) {
  static const char *const WORDS[][2] = {{"INTEGER", "INT"}, {"BIGINT", "LONG"}, {"STRING", "VARCHAR"}};
  sl_buf out = {0};
  for (size_t i = 0; i < type.len;) {
    size_t end = i;
    while (end < type.len && ((type.ptr[end] | 32) >= 'a' && (type.ptr[end] | 32) <= 'z')) end++;
    sl_str word = sl_str_n(type.ptr + i, end - i);
    for (size_t w = 0; w < 3; w++)
      if (sl_str_eq_z(word, WORDS[w][0])) word = sl_str_of(WORDS[w][1]);
    sl_buf_add_str(&out, word);
    if (end == i) sl_buf_add_byte(&out, (uint8_t)type.ptr[end++]);
    i = end;
  }
  sl_str text = sl_str_dup(arena, sl_buf_str(&out));
  sl_buf_done(&out);
  return text;
}

static sl_json *shape_type(sl_arena *arena, const sl_shape *shape) {
  sl_buf text = {0};
  sl_shape_print(&text, shape);
  sl_json *type = sl_json_new_str(arena, function_type(arena, sl_buf_str(&text)));
  sl_buf_done(&text);
  return type;
}

static void add_parameters(sl_arena *arena, const sl_signature *signature, sl_json *arguments, sl_json *types) {
  for (int i = 0; i < signature->count; i++) {
    const sl_parameter *parameter = &signature->parameters[i];
    sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *type = shape_type(arena, parameter->shape);
    sl_json_set(arena, o, "name", sl_json_new_str(arena, parameter->name));
    sl_json_set(arena, o, "type", type);
    sl_json_set(arena, o, "description", sl_json_new_z(arena, ""));
    sl_json_set(arena, o, "isVariadic", sl_json_new_bool(arena, parameter->variadic));
    sl_json_add(arena, arguments, o);
    sl_json_add(arena, types, type);
  }
}

static int describe_function(sl_context *ctx, const sl_stmt_describe *stmt, sl_err *err) {
  static const char *const KINDS[] = {"SCALAR", "TABLE", "AGGREGATE"};
  sl_arena *arena = ctx->arena;
  const sl_function *function = sl_function_find(stmt->name);
  if (!function)
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos, "Can't find any functions with the name '" SL_STR_FMT "'",
                      SL_STR_ARG(stmt->name));
  sl_json *e = sl_entity_new(ctx, "describe_function", stmt->base.text), *list = sl_json_new(arena, SL_JSON_ARRAY);
  for (int i = 0; i < function->overload_count; i++) {
    const sl_overload *overload = &function->overloads[i];
    sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *arguments = sl_json_new(arena, SL_JSON_ARRAY);
    sl_json *types = sl_json_new(arena, SL_JSON_ARRAY);
    const sl_signature *signature = sl_function_signature(function, i);
    add_parameters(arena, signature, arguments, types);
    sl_json_set(arena, o, "arguments", arguments);
    sl_json_set(arena, o, "returnType", shape_type(arena, signature->result));
    sl_json_set(arena, o, "description", sl_json_new_z(arena, overload->doc ? overload->doc : ""));
    sl_json_set(arena, o, "argumentTypes", types);
    sl_json_add(arena, list, o);
  }
  sl_json_set(arena, e, "name", sl_json_new_z(arena, function->name));
  sl_json_set(arena, e, "description", sl_json_new_z(arena, function->doc));
  sl_json_set(arena, e, "author", sl_json_new_z(arena, function->author ? function->author : "sluice"));
  sl_json_set(arena, e, "version", sl_json_new_z(arena, function->version ? function->version : ""));
  sl_json_set(arena, e, "path", sl_json_new_z(arena, function->path ? function->path : "internal"));
  sl_json_set(arena, e, "functions", list);
  sl_json_set(arena, e, "type", sl_json_new_z(arena, KINDS[function->kind]));
  return 0;
}

int sl_stmt_run_describe(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_describe *stmt = (const sl_stmt_describe *)base;
  switch (stmt->what) {
  case SL_DESCRIBE_STREAMS: return sl_describe_all(ctx, base, SL_STREAM, stmt->extended);
  case SL_DESCRIBE_TABLES: return sl_describe_all(ctx, base, SL_TABLE, stmt->extended);
  case SL_DESCRIBE_FUNCTION: return describe_function(ctx, stmt, err);
  case SL_DESCRIBE_CONNECTOR:
    return sl_err_set(err, SL_E_UNSUPPORTED, base->pos,
                      "DESCRIBE CONNECTOR is not supported by this version of sluice.");
  case SL_DESCRIBE_SOURCE: break;
  }
  const sl_source *source = sl_snapshot_source(ctx->snapshot, stmt->name);
  if (!source) {
    sl_planning planning;
    sl_topic_view view;
    sl_context_planning(ctx, &planning, &view);
    return sl_err_set(err, SL_E_STATEMENT, base->pos, "Could not find STREAM/TABLE '" SL_STR_FMT "' in the Metastore%s",
                      SL_STR_ARG(stmt->name), sl_planning_hint(&planning, stmt->name, NULL));
  }
  sl_json *description = describe_source(ctx, source, stmt->extended);
  sl_json_set(ctx->arena, sl_entity_new(ctx, "sourceDescription", base->text), "sourceDescription", description);
  return 0;
}

/* ---- queries ---- */

static void describe_plan(sl_arena *arena, const sl_plan *plan, sl_json *o) {
  sl_json_set(arena, o, "topology", sl_json_new_str(arena, plan->physical_text));
  sl_json_set(arena, o, "executionPlan", sl_json_new_str(arena, plan->logical_text));
}

static sl_json *names_of(sl_arena *arena, const sl_source_ref *refs, int count) {
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY);
  for (int i = 0; i < count; i++) sl_json_add(arena, list, sl_json_new_str(arena, refs[i].name));
  return list;
}

/* What a query was given that is not the server's setting anyway. */
static sl_json *overridden(sl_context *ctx, const sl_setting *settings, int count) {
  sl_arena *arena = ctx->arena;
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  for (int i = 0; i < count; i++)
    if (!sl_str_eq(settings[i].value, sl_settings_str(ctx->engine->settings, sl_str_z(arena, settings[i].name))))
      sl_json_set(arena, o, sl_str_z(arena, settings[i].name), sl_json_new_str(arena, settings[i].value));
  return o;
}

/* Whose fault it is (semantics.md 9.6). */
static const char *class_of(int code) {
  switch (code) {
  case SL_E_DECODE:
  case SL_E_ENCODE:
  case SL_E_EVALUATE:
  case SL_E_AGGREGATE:
  case SL_E_TIMESTAMP_EXTRACT:
  case SL_E_INVALID_TIMESTAMP:
  case SL_E_INVALID_RECORD:
  case SL_E_MESSAGE_TOO_LARGE:
  case SL_E_TOPIC_NOT_FOUND: return "USER";
  case SL_E_IO:
  case SL_E_DISK_FULL:
  case SL_E_CORRUPT:
  case SL_E_VERSION:
  case SL_E_MEMORY: return "SYSTEM";
  default: return "UNKNOWN";
  }
}

static sl_json *query_errors(sl_context *ctx, const sl_query_entry *entry) {
  sl_arena *arena = ctx->arena;
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY);
  sl_failure *failures;
  size_t count = sl_query_errors(ctx->engine, entry->number, arena, &failures);
  for (size_t i = 0; i < count; i++) {
    sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, o, "timestamp", sl_json_new_int(arena, failures[i].at_ms));
    sl_json_set(arena, o, "errorMessage", sl_json_new_z(arena, failures[i].message));
    sl_json_set(arena, o, "type", sl_json_new_z(arena, class_of(failures[i].code)));
    sl_json_add(arena, list, o);
  }
  return list;
}

/* Tasks with what they read. */
static sl_json *query_tasks(sl_context *ctx, const sl_query_entry *entry) {
  sl_arena *arena = ctx->arena;
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY), *offsets = NULL;
  sl_task_input *inputs;
  size_t count = sl_query_inputs(ctx->engine, entry->number, arena, &inputs);
  for (size_t i = 0; i < count; i++) {
    const sl_task_input *in = &inputs[i];
    if (!i || in->sub != in[-1].sub || in->partition != in[-1].partition) {
      sl_json *task = sl_json_new(arena, SL_JSON_OBJECT);
      offsets = sl_json_new(arena, SL_JSON_ARRAY);
      sl_json_set(arena, task, "taskId", sl_json_new_str(arena, sl_str_printf(arena, "%u_%d", in->sub, in->partition)));
      sl_json_set(arena, task, "topicOffsets", offsets);
      sl_json_set(arena, task, "timeCurrentIdlingStarted", sl_json_new(arena, SL_JSON_NULL));
      sl_json_add(arena, list, task);
    }
    sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *place = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, place, "topic", sl_json_new_str(arena, in->topic));
    sl_json_set(arena, place, "partition", sl_json_new_int(arena, in->partition));
    sl_json_set(arena, o, "topicPartitionEntity", place);
    sl_json_set(arena, o, "endOffset", sl_json_new_int(arena, in->end));
    sl_json_set(arena, o, "committedOffset", sl_json_new_int(arena, in->committed));
    sl_json_add(arena, offsets, o);
  }
  return list;
}

sl_json *sl_describe_query(sl_context *ctx, const sl_query_entry *entry) {
  sl_arena *arena = ctx->arena;
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *status = sl_json_new(arena, SL_JSON_OBJECT);
  const sl_source *sink = sl_snapshot_version(ctx->snapshot, entry->sink.name, entry->sink.version);
  const char *state = sl_query_state(ctx->engine, entry);
  sl_running_stats stats;
  sl_plan *plan;
  sl_query_look(ctx->engine, entry->number, &stats, &plan);
  sl_json_set(arena, o, "id", sl_json_new_str(arena, entry->id));
  sl_json_set(arena, o, "statementText", sl_json_new_str(arena, entry->text));
  sl_json_set(arena, o, "windowType", sl_json_new_z(arena, sink ? sl_window_name(sink->window) : NULL));
  sl_json_set(arena, o, "fields", sink ? sl_json_of_fields(arena, &sink->schema) : sl_json_new(arena, SL_JSON_ARRAY));
  sl_json_set(arena, o, "sources", names_of(arena, entry->sources, entry->source_count));
  sl_json_set(arena, o, "sinks", names_of(arena, &entry->sink, entry->sink.name.len > 0));
  if (plan) {
    describe_plan(arena, plan, o);
    sl_plan_unref(plan);
  } else {
    sl_json_set(arena, o, "topology", sl_json_new_z(arena, "not running"));
    sl_json_set(arena, o, "executionPlan", sl_json_new_z(arena, "not running"));
  }
  sl_json_set(arena, o, "overriddenProperties", overridden(ctx, entry->settings, entry->setting_count));
  sl_json_set(arena, status, "localhost:8088", sl_json_new_z(arena, state));
  sl_json_set(arena, o, "ksqlHostQueryStatus", status);
  sl_json_set(arena, o, "queryType", sl_json_new_z(arena, "PERSISTENT"));
  sl_json_set(arena, o, "queryErrors", query_errors(ctx, entry));
  sl_json_set(arena, o, "tasksMetadata", query_tasks(ctx, entry));
  sl_json_set(arena, o, "consumerGroupId",
              sl_json_new_str(arena, sl_str_printf(arena, "_confluent-ksql-%squery_" SL_STR_FMT,
                                                   ctx->engine->service_id, SL_STR_ARG(entry->id))));
  sl_json_set(arena, o, "state", sl_json_new_z(arena, state));
  sl_entity_restoring(ctx, &stats, o);
  return o;
}

/* Plans the statement without any effect. */
static int plan_statement(sl_context *ctx, const sl_statement *stmt, sl_query_plan *out, sl_str *sink, sl_err *err) {
  sl_planning planning;
  sl_topic_view view;
  sl_context_planning(ctx, &planning, &view);
  sl_str id = sl_str_of("EXPLAINED");
  switch (stmt->kind) {
  case SL_STMT_QUERY: return sl_plan_push_query(&planning, (const sl_stmt_query *)stmt, id, 0, out, err);
  case SL_STMT_CREATE_AS:
    *sink = ((const sl_stmt_create_as *)stmt)->name;
    return sl_plan_create_as(&planning, (const sl_stmt_create_as *)stmt, id, 0, out, err);
  case SL_STMT_INSERT_SELECT:
    *sink = ((const sl_stmt_insert_select *)stmt)->target;
    return sl_plan_insert_select(&planning, (const sl_stmt_insert_select *)stmt, id, 0, out, err);
  default: return sl_err_set(err, SL_E_STATEMENT, stmt->pos, "The provided statement does not run a ksql query");
  }
}

static int explain_statement(sl_context *ctx, const sl_statement *stmt, sl_json **out, sl_err *err) {
  sl_arena *arena = ctx->arena;
  sl_query_plan plan = {0};
  sl_str sink = {0};
  int code = plan_statement(ctx, stmt, &plan, &sink, err);
  if (code) return code;
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *sinks = sl_json_new(arena, SL_JSON_ARRAY);
  if (sink.len) sl_json_add(arena, sinks, sl_json_new_str(arena, sink));
  sl_json_set(arena, o, "id", sl_json_new_z(arena, ""));
  sl_json_set(arena, o, "statementText", sl_json_new_str(arena, plan.text.len ? plan.text : stmt->text));
  sl_json_set(arena, o, "windowType", sl_json_new(arena, SL_JSON_NULL));
  sl_json_set(arena, o, "fields", sl_json_of_fields(arena, &plan.plan->schema));
  sl_json_set(arena, o, "sources", names_of(arena, plan.sources, plan.source_count));
  sl_json_set(arena, o, "sinks", sinks);
  describe_plan(arena, plan.plan, o);
  int count;
  const sl_map *values = &ctx->session->settings.values;
  sl_setting *settings = sl_arena_calloc(arena, values->count + 1, sizeof *settings);
  size_t at = 0;
  count = 0;
  for (sl_map_entry *v; (v = sl_map_next(values, &at));) settings[count++] = (sl_setting){v->key, sl_str_of(v->value)};
  sl_json_set(arena, o, "overriddenProperties", overridden(ctx, settings, count));
  sl_json_set(arena, o, "ksqlHostQueryStatus", sl_json_new(arena, SL_JSON_OBJECT));
  sl_json_set(arena, o, "queryType", sl_json_new_z(arena, stmt->kind == SL_STMT_QUERY ? "PUSH" : "PERSISTENT"));
  sl_json_set(arena, o, "queryErrors", sl_json_new(arena, SL_JSON_ARRAY));
  sl_json_set(arena, o, "tasksMetadata", sl_json_new(arena, SL_JSON_ARRAY));
  sl_json_set(arena, o, "consumerGroupId", sl_json_new_z(arena, ""));
  sl_json_set(arena, o, "state", sl_json_new(arena, SL_JSON_NULL));
  sl_plan_unref(plan.plan);
  *out = o;
  return 0;
}

int sl_stmt_run_explain(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_explain *stmt = (const sl_stmt_explain *)base;
  sl_json *description = NULL;
  if (stmt->statement) {
    int code = explain_statement(ctx, stmt->statement, &description, err);
    if (code) return code;
  } else {
    const sl_query_entry *entry = sl_snapshot_query(ctx->snapshot, stmt->query_id);
    if (!entry)
      return sl_err_set(err, SL_E_STATEMENT, base->pos,
                        "Query with id:" SL_STR_FMT
                        " does not exist, use SHOW QUERIES to view the full set of queries.",
                        SL_STR_ARG(stmt->query_id));
    description = sl_describe_query(ctx, entry);
  }
  sl_json_set(ctx->arena, sl_entity_new(ctx, "queryDescription", base->text), "queryDescription", description);
  return 0;
}
