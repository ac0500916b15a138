/* Queries with their sinks: CREATE ... AS SELECT, INSERT INTO ... SELECT and push queries, from AST to physical plan.
 */
#include "parser/parser.h"
#include "planner/physical.h"
#include "types/cast.h"

/* One query on its way. */
typedef struct planned_query {
  const sl_planning *planning;
  sl_analysis analysis;
  sl_logical_plan logical;
  sl_source *sink; /* to be made, or the target's copy; NULL for push queries */
  sl_source_plan sink_plan;
} planned_query;

static int analyze(planned_query *q, const sl_planning *planning, const sl_query_ast *ast, sl_query_use use,
                   sl_str sink_name, sl_err *err) {
  q->planning = planning;
  int rc = sl_analyze(planning, ast, use, &q->analysis, err);
  return rc ? rc : sl_logical_build(&q->analysis, sink_name, &q->logical, err);
}

/* The left-most source decides formats and topic of a sink that does not say. */
static const sl_source *left_source(const planned_query *q) {
  return q->analysis.froms[0].source;
}

static void list_sources(const planned_query *q, sl_query_plan *out) {
  const sl_analysis *analysis = &q->analysis;
  sl_source_ref *refs = sl_arena_calloc(analysis->arena, (size_t)analysis->from_count, sizeof *refs);
  for (int i = 0; i < analysis->from_count; i++)
    refs[i] = (sl_source_ref){analysis->froms[i].source->name, analysis->froms[i].source->version};
  out->sources = refs;
  out->source_count = analysis->from_count;
}

/* ---- the result against its sink ---- */

static int check_result_names(const planned_query *q, sl_err *err) {
  if (q->logical.key_missing.len)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, SL_STR_FMT, SL_STR_ARG(q->logical.key_missing));
  const sl_layout *layout = &q->logical.project->base.layout;
  sl_str *clashes = sl_arena_calloc(q->planning->arena, (size_t)layout->count + 1, sizeof *clashes);
  int count = 0;
  for (int i = layout->key_count; i < layout->count; i++)
    for (int k = 0; k < layout->key_count; k++)
      if (sl_str_eq(layout->slots[i].name, layout->slots[k].name))
        clashes[count++] = sl_str_printf(q->planning->arena, "`" SL_STR_FMT "`", SL_STR_ARG(layout->slots[i].name));
  if (!count) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Value columns clash with key columns: " SL_STR_FMT,
                    SL_STR_ARG(sl_join_comma(q->planning->arena, clashes, count)));
}

static sl_schema result_schema(const planned_query *q) {
  const sl_layout *layout = &q->logical.project->base.layout;
  sl_column *columns = sl_arena_calloc(q->planning->arena, (size_t)layout->count + 1, sizeof *columns);
  for (int i = 0; i < layout->count; i++)
    columns[i] = (sl_column){.name = layout->slots[i].name,
                             .type = layout->slots[i].type,
                             .kind = i < layout->key_count ? SL_COLUMN_KEY : SL_COLUMN_VALUE};
  return (sl_schema){columns, layout->count};
}

static int check_kind(const planned_query *q, sl_source_kind asked, sl_err *err) {
  sl_source_kind result = q->analysis.result;
  if (result == asked) return 0;
  const char *word = result == SL_TABLE ? "TABLE" : "STREAM";
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Invalid result type. Your SELECT query produces a %s. Please use CREATE %s AS SELECT statement "
                    "instead.",
                    word, word);
}

/* ---- CREATE ... AS SELECT: the sink ---- */

static int sink_key_format(const planned_query *q, const sl_with *with, const sl_schema *schema, sl_format_spec *out,
                           sl_err *err) {
  static const sl_format_spec none = {.name = {"NONE", 4}};
  bool keyed = sl_schema_count(schema, SL_COLUMN_KEY) > 0;
  bool asked = sl_with_has(with, SL_WITH_KEY_FORMAT) || sl_with_has(with, SL_WITH_FORMAT);
  const sl_format_spec *inherited = &left_source(q)->key_format;
  if (q->analysis.partition_null) {
    sl_str given = sl_with_text(with, SL_WITH_KEY_FORMAT);
    if (sl_with_has(with, SL_WITH_KEY_FORMAT) && !sl_str_eq_nocase(given, none.name))
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Key format specified for stream without key columns.");
    *out = none;
    return 0;
  }
  if (!asked && keyed && sl_str_eq(inherited->name, none.name)) inherited = NULL; /* the configured default */
  return sl_spec_build(q->planning, with, true, inherited, out, err);
}

static int sink_formats(planned_query *q, const sl_with *with, sl_err *err) {
  sl_source *sink = q->sink;
  int rc = sink_key_format(q, with, &sink->schema, &sink->key_format, err);
  if (!rc) rc = sl_spec_build(q->planning, with, false, &left_source(q)->value_format, &sink->value_format, err);
  if (!rc) rc = sl_spec_finish(q->planning, with, true, &sink->schema, &sink->key_format, err);
  if (!rc) rc = sl_spec_finish(q->planning, with, false, &sink->schema, &sink->value_format, err);
  return rc;
}

static const char *sink_cleanup(const sl_source *sink) {
  if (sink->kind == SL_STREAM) return "delete";
  return sink->window == SL_WINDOW_NONE ? "compact" : "compact,delete";
}

/* retention.ms of a sink topic: the longer of the window's RETENTION and RETENTION_MS; -1 when neither is given. */
static int64_t sink_retention(const planned_query *q, const sl_with *with) {
  const sl_window *window = &q->analysis.ast->window;
  int64_t asked = sl_with_has(with, SL_WITH_RETENTION_MS) ? with->values[SL_WITH_RETENTION_MS].number : -1;
  bool windowed = window->kind != SL_WINDOW_NONE && window->retention.present;
  int64_t kept = windowed ? sl_span_ms(&window->retention) : -1;
  return asked > kept ? asked : kept;
}

static int sink_topic(planned_query *q, const sl_with *with, sl_err *err) {
  sl_arena *arena = q->planning->arena;
  sl_source *sink = q->sink;
  sl_str prefix = sl_settings_str(q->planning->settings, "ksql.output.topic.name.prefix");
  sink->topic = sl_with_has(with, SL_WITH_KAFKA_TOPIC)
                    ? sl_with_text(with, SL_WITH_KAFKA_TOPIC)
                    : sl_str_printf(arena, SL_STR_FMT SL_STR_FMT, SL_STR_ARG(prefix), SL_STR_ARG(sink->name));
  if (sl_with_has(with, SL_WITH_RETENTION_MS) && sink->kind == SL_TABLE && sink->window == SL_WINDOW_NONE)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not support "
                      "retention.");
  int32_t partitions = 0;
  if (sl_planning_topic(q->planning, sink->topic, &partitions, &sink->topic_id))
    return q->planning->stored ? 0 : sl_check_existing_topic(with, sink->topic, partitions, err);
  if (sl_with_has(with, SL_WITH_PARTITIONS))
    partitions = (int32_t)with->values[SL_WITH_PARTITIONS].number;
  else if (!sl_planning_topic(q->planning, left_source(q)->topic, &partitions, NULL))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Cannot determine partitions for creating topic " SL_STR_FMT,
                      SL_STR_ARG(sink->topic));
  int64_t retention = sink_retention(q, with);
  sl_topic_setting *settings = sl_arena_calloc(arena, 2, sizeof *settings);
  settings[0] = (sl_topic_setting){sl_str_of("cleanup.policy"), sl_str_of(sink_cleanup(sink))};
  settings[1] = (sl_topic_setting){sl_str_of("retention.ms"), sl_str_printf(arena, "%lld", (long long)retention)};
  q->sink_plan.partitions = partitions;
  q->sink_plan.topic_settings = settings;
  q->sink_plan.topic_setting_count = retention >= 0 ? 2 : 1;
  return 0;
}

static int make_sink(planned_query *q, const sl_stmt_create_as *stmt, const sl_with *with, sl_err *err) {
  sl_source *sink = sl_arena_zalloc(q->planning->arena, sizeof *sink);
  q->sink = sink;
  q->sink_plan.source = sink;
  sink->name = stmt->name;
  sink->kind = q->analysis.result;
  sink->schema = result_schema(q);
  sink->window = q->logical.project->base.window;
  sink->window_size = q->logical.project->base.window_size;
  sink->timestamp_column = with->timestamp;
  if (with->timestamp.len) sink->timestamp_format = sl_with_text(with, SL_WITH_TIMESTAMP_FORMAT);
  int rc = sl_check_timestamp(with, &sink->schema, err);
  if (!rc) rc = check_result_names(q, err);
  if (!rc) rc = check_kind(q, stmt->source_kind, err);
  if (!rc) rc = sink_formats(q, with, err);
  if (!rc) rc = sink_topic(q, with, err);
  return rc;
}

static void write_create_as_texts(const planned_query *q, const sl_stmt_create_as *stmt, const sl_with *with,
                                  sl_query_plan *out) {
  sl_arena *arena = q->planning->arena;
  const sl_source *sink = q->sink;
  sl_stmt_create_as copy = *stmt;
  int32_t partitions = q->sink_plan.partitions;
  if (!partitions) (void)sl_planning_topic(q->planning, sink->topic, &partitions, NULL);
  for (int resolved = 0; resolved < 2; resolved++) {
    sl_with_list list = {.arena = arena};
    for (int id = 0; id < SL_WITH_COUNT; id++) {
      bool explicit = id == SL_WITH_KAFKA_TOPIC || id == SL_WITH_PARTITIONS || id == SL_WITH_REPLICAS;
      bool format = id == SL_WITH_FORMAT || id == SL_WITH_KEY_FORMAT || id == SL_WITH_VALUE_FORMAT ||
                    id == SL_WITH_KEY_DELIMITER || id == SL_WITH_VALUE_DELIMITER || id == SL_WITH_WRAP_SINGLE_VALUE;
      if (!explicit && !(resolved && format)) sl_with_add_given(&list, with, (sl_with_id)id);
    }
    sl_with_add_text(&list, "KAFKA_TOPIC", sink->topic);
    sl_with_add_number(&list, "PARTITIONS", partitions);
    sl_with_add_number(&list, "REPLICAS",
                       sl_with_has(with, SL_WITH_REPLICAS) ? with->values[SL_WITH_REPLICAS].number : 1);
    if (resolved) {
      sl_spec_with(&list, &sink->key_format, true);
      sl_spec_with(&list, &sink->value_format, false);
    } else {
      sl_with_add_text(&list, "CLEANUP_POLICY", sl_str_of(sink_cleanup(sink)));
    }
    copy.with = sl_with_properties(&list);
    copy.query = resolved ? sl_query_resolved(&q->analysis) : sl_query_shown(&q->analysis);
    *(resolved ? &out->resolved : &out->text) = sl_statement_shown(arena, &copy.base);
  }
  q->sink->text = out->text;
  q->sink->resolved = out->resolved;
}

static int build_physical(planned_query *q, sl_str query_id, uint64_t query_number, sl_query_plan *out, sl_err *err) {
  sl_logical_output *output = sl_logical_add_output(q->planning->arena, &q->logical.project->base, q->sink);
  output->partitions = q->sink_plan.partitions;
  output->has_limit = q->analysis.ast->has_limit;
  output->limit = q->analysis.ast->limit;
  out->sink = q->sink_plan;
  list_sources(q, out);
  if (q->sink) sl_upgrade_describe(&q->analysis, &output->base, out);
  return sl_physical_build(q->planning, &output->base, query_id, query_number, &out->plan, err);
}

int sl_plan_create_as(const sl_planning *planning, const sl_stmt_create_as *stmt, sl_str query_id,
                      uint64_t query_number, sl_query_plan *out, sl_err *err) {
  planned_query q = {0};
  sl_query_plan plan = {0};
  sl_with with;
  int rc = sl_with_parse(planning, &stmt->with, SL_WITH_IN_CREATE_AS, &with, err);
  if (!rc && sl_str_eq(stmt->name, stmt->query->from.name) && !planning->stored)
    rc = sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                    "Source name '" SL_STR_FMT "' should not be referenced itself.", SL_STR_ARG(stmt->name));
  if (!rc) rc = analyze(&q, planning, stmt->query, SL_USE_PERSISTENT, stmt->name, err);
  if (!rc) rc = make_sink(&q, stmt, &with, err);
  if (rc) return rc;
  write_create_as_texts(&q, stmt, &with, &plan);
  if ((rc = build_physical(&q, query_id, query_number, &plan, err))) return rc;
  plan.warning = sl_join_warning(&q.analysis);
  rc = sl_check_new_source(planning, q.sink, stmt->or_replace, stmt->if_not_exists, err);
  if (rc) {
    sl_plan_unref(plan.plan);
    return rc;
  }
  *out = plan;
  return 0;
}

/* ---- INSERT INTO ... SELECT ---- */

static int find_target(const sl_planning *planning, const sl_stmt_insert_select *stmt, const sl_source **out,
                       sl_err *err) {
  const sl_source *target = sl_snapshot_source(planning->snapshot, stmt->target);
  sl_str name = stmt->target;
  if (!target)
    return sl_err_set(err, SL_E_STATEMENT, stmt->target_pos,
                      "Exception while preparing statement: Line: %u, Col: %u: Source `" SL_STR_FMT "` does not exist.",
                      stmt->target_pos.line, stmt->target_pos.column, SL_STR_ARG(name));
  if (target->kind == SL_TABLE)
    return sl_err_set(err, SL_E_STATEMENT, stmt->target_pos,
                      "INSERT INTO can only be used to insert into a stream. " SL_STR_FMT " is a table.",
                      SL_STR_ARG(name));
  if (sl_schema_count(&target->schema, SL_COLUMN_HEADERS))
    return sl_err_set(err, SL_E_STATEMENT, stmt->target_pos,
                      "Cannot insert into " SL_STR_FMT " because it has header columns", SL_STR_ARG(name));
  if (target->is_source)
    return sl_err_set(err, SL_E_STATEMENT, stmt->target_pos, "Cannot insert into read-only stream: " SL_STR_FMT,
                      SL_STR_ARG(name));
  if (sl_settings_match(planning->settings, "ksql.readonly.topics", target->topic))
    return sl_err_set(err, SL_E_STATEMENT, stmt->target_pos, "Cannot insert into read-only topic: " SL_STR_FMT,
                      SL_STR_ARG(target->topic));
  *out = target;
  return 0;
}

/* May a result column of a type be written to a column of another? A DECIMAL fits another when its digits do. */
static bool fits(const sl_type *from, const sl_type *to) {
  if (sl_type_equal(from, to)) return true;
  if (to->base == SL_DECIMAL && from->base == SL_DECIMAL)
    return from->precision - from->scale <= to->precision - to->scale && from->scale <= to->scale;
  return sl_coerce_supported(from, to, false);
}

static int check_target_schema(planned_query *q, sl_err *err) {
  sl_logical_project *project = q->logical.project;
  sl_schema result = result_schema(q), target = q->sink->schema;
  const sl_layout *layout = &project->base.layout;
  sl_slot *slots = sl_arena_calloc(q->planning->arena, (size_t)layout->count + 1, sizeof *slots);
  bool same = result.count == target.count && layout->key_count == sl_schema_count(&target, SL_COLUMN_KEY);
  for (int i = 0; same && i < result.count; i++) {
    bool key = i < layout->key_count;
    const sl_column *to =
        sl_schema_nth(&target, key ? SL_COLUMN_KEY : SL_COLUMN_VALUE, key ? i : i - layout->key_count);
    same = to && sl_str_eq(to->name, layout->slots[i].name) && fits(layout->slots[i].type, to->type);
    if (same) slots[i] = (sl_slot){to->name, to->type};
  }
  if (!same)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Incompatible schema between results and sink.\nResult schema is %s\nSink schema is %s",
                      sl_schema_text(q->planning->arena, &result), sl_schema_text(q->planning->arena, &target));
  project->base.layout.slots = slots; /* the projection casts to these */
  return 0;
}

static int check_target(planned_query *q, sl_err *err) {
  int rc = check_result_names(q, err);
  if (rc) return rc;
  if (q->analysis.result != SL_STREAM)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Incompatible data sink and query result. Data sink (" SL_STR_FMT
                      ") type is KSTREAM but select query result is KTABLE.",
                      SL_STR_ARG(q->sink->name));
  return check_target_schema(q, err);
}

int sl_plan_insert_select(const sl_planning *planning, const sl_stmt_insert_select *stmt, sl_str query_id,
                          uint64_t query_number, sl_query_plan *out, sl_err *err) {
  planned_query q = {0};
  sl_query_plan plan = {0};
  const sl_source *target = NULL;
  sl_with with;
  int rc = sl_with_parse(planning, &stmt->with, SL_WITH_IN_INSERT, &with, err);
  if (!rc && stmt->query->has_limit)
    rc = sl_err_set(err, SL_E_STATEMENT, stmt->query->pos, "INSERT INTO statements don't support LIMIT clause.");
  if (!rc) rc = find_target(planning, stmt, &target, err);
  if (!rc) rc = analyze(&q, planning, stmt->query, SL_USE_PERSISTENT, stmt->target, err);
  if (rc) return rc;
  q.sink = sl_arena_zalloc(planning->arena, sizeof *q.sink);
  *q.sink = *target;
  q.sink->timestamp_column = (sl_str){0}; /* how the target is read, not how it is written */
  q.sink_plan.source = q.sink;
  if ((rc = check_target(&q, err))) return rc;
  sl_stmt_insert_select copy = *stmt;
  copy.query = sl_query_shown(&q.analysis);
  plan.text = sl_statement_shown(planning->arena, &copy.base);
  copy.query = sl_query_resolved(&q.analysis);
  plan.resolved = sl_statement_stored(planning->arena, &copy.base);
  if ((rc = build_physical(&q, query_id, query_number, &plan, err))) return rc;
  *out = plan;
  return 0;
}

/* ---- push queries ---- */

int sl_plan_push_query(const sl_planning *planning, const sl_stmt_query *stmt, sl_str query_id, uint64_t query_number,
                       sl_query_plan *out, sl_err *err) {
  planned_query q = {0};
  sl_query_plan plan = {0};
  int rc = analyze(&q, planning, stmt->query, SL_USE_PUSH, (sl_str){0}, err);
  if (rc) return rc;
  plan.warning = sl_join_warning(&q.analysis);
  sl_stmt_query copy = *stmt;
  copy.query = sl_query_shown(&q.analysis);
  plan.text = sl_statement_shown(planning->arena, &copy.base);
  copy.query = sl_query_resolved(&q.analysis);
  plan.resolved = sl_statement_stored(planning->arena, &copy.base);
  if ((rc = build_physical(&q, query_id, query_number, &plan, err))) return rc;
  *out = plan;
  return 0;
}
