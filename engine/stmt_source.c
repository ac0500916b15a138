/* CREATE STREAM / TABLE over a topic, and DROP. */
#include "engine/engine_int.h"

static const char *kind_word(sl_source_kind kind) {
  return kind == SL_STREAM ? "stream" : "table";
}
static const char *kind_title(sl_source_kind kind) {
  return kind == SL_STREAM ? "Stream" : "Table";
}

/* A SOURCE table's rows are kept by a query of its own, so that they can be looked up (sql.md 6.8). */
static int check_materialization(sl_context *ctx, const sl_stmt_create_source *stmt, sl_err *err) {
  bool kept = stmt->is_source && stmt->source_kind == SL_TABLE;
  if (!kept || sl_settings_bool(&ctx->session->settings, "ksql.source.table.materialization.enabled")) return 0;
  return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                    "Cannot execute command because source table materialization is disabled.");
}

int sl_stmt_run_create_source(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_create_source *stmt = (const sl_stmt_create_source *)base;
  sl_arena *arena = ctx->arena;
  sl_planning planning;
  sl_topic_view view;
  sl_source_plan plan = {0};
  sl_context_planning(ctx, &planning, &view);
  int code = check_materialization(ctx, stmt, err);
  if (!code) code = sl_plan_create_source(&planning, stmt, &plan, err);
  if (code) return code;

  const char *kind = kind_word(stmt->source_kind);
  const sl_source *existing = sl_snapshot_source(ctx->snapshot, stmt->name);
  if (existing && stmt->if_not_exists) {
    sl_entity_warning(ctx, base->text,
                      sl_arena_printf(arena, "Cannot add %s `" SL_STR_FMT "`: A %s with the same name already exists.",
                                      kind, SL_STR_ARG(stmt->name), kind));
    return 0;
  }
  if (existing) { /* planning has checked that this is an upgrade; a query that fills it goes on */
    plan.source->query = existing->query;
    plan.source->reads = existing->reads;
    plan.source->reads_count = existing->reads_count;
  }

  sl_topic_spec spec = {.name = plan.source->topic,
                        .partitions = plan.partitions,
                        .settings = plan.topic_settings,
                        .setting_count = plan.topic_setting_count};
  bool created = false;
  code = sl_context_ensure_topic(ctx, &spec, &plan.source->topic_id, &created, err);
  if (!code) code = sl_context_version(ctx, &plan.source->version, err);
  if (code) return code;
  if (stmt->is_source && stmt->source_kind == SL_TABLE)
    return sl_source_table_start(ctx, base, plan.source, created, err);

  sl_change changes[2] = {{.kind = SL_CHANGE_PUT_SOURCE, .source = plan.source},
                          {.kind = SL_CHANGE_TOPIC_DONE, .name = plan.source->topic, .topic = plan.source->topic_id}};
  sl_command command = {.id = sl_str_printf(arena, "%s/`" SL_STR_FMT "`/create", kind, SL_STR_ARG(stmt->name)),
                        .text = plan.source->text,
                        .message = sl_str_printf(arena, "%s created", kind_title(stmt->source_kind))};
  code = sl_context_apply(ctx, changes, created ? 2 : 1, &command, err);
  if (code) {
    if (created) sl_context_undo_topic(ctx, plan.source->topic, &plan.source->topic_id);
    return code;
  }
  sl_entity_status(ctx, plan.source->text, &command);
  return 0;
}

/* ---- DROP ---- */

static void add_name(sl_vec *names, sl_arena *arena, sl_str name) {
  sl_str *copy = sl_arena_alloc(arena, sizeof *copy);
  *copy = name;
  size_t at = 0;
  while (at < names->len && sl_str_cmp(*(sl_str *)sl_vec_at(names, at), name) < 0) at++;
  if (at < names->len && sl_str_eq(*(sl_str *)sl_vec_at(names, at), name)) return;
  sl_vec_insert(names, at, copy);
}

static const char *join_names(sl_arena *arena, const sl_vec *names) {
  sl_buf buf = {0};
  for (size_t i = 0; i < names->len; i++) {
    if (i) sl_buf_add_z(&buf, ", ");
    sl_buf_add_str(&buf, *(sl_str *)sl_vec_at(names, i));
  }
  const char *text = sl_arena_dup(arena, buf.data, buf.len);
  sl_buf_done(&buf);
  return text;
}

static bool reads(const sl_query_entry *query, sl_str name) {
  for (int i = 0; i < query->source_count; i++)
    if (sl_str_eq(query->sources[i].name, name)) return true;
  return false;
}

/* Nobody may read the source, and no INSERT query may write it (sql.md 7.6). */
static int check_unused(sl_context *ctx, const sl_source *source, sl_err *err) {
  sl_vec readers, writers, dependents;
  sl_vec_init(&readers, ctx->arena);
  sl_vec_init(&writers, ctx->arena);
  sl_vec_init(&dependents, ctx->arena);
  const sl_query_entry *query;
  for (size_t i = 0; (query = sl_snapshot_query_at(ctx->snapshot, i)); i++) {
    if (query->kind == SL_QUERY_INSERT && reads(query, source->name)) add_name(&readers, ctx->arena, query->id);
    if (query->kind == SL_QUERY_INSERT && sl_str_eq(query->sink.name, source->name))
      add_name(&writers, ctx->arena, query->id);
  }
  if (readers.len || writers.len)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Cannot drop " SL_STR_FMT ".\nThe following queries read from this source: [%s].\nThe following "
                      "queries write into this source: [%s].\nYou need to terminate them before dropping " SL_STR_FMT
                      ".",
                      SL_STR_ARG(source->name), join_names(ctx->arena, &readers), join_names(ctx->arena, &writers),
                      SL_STR_ARG(source->name));
  sl_source_constraints(ctx, source->name, &dependents);
  if (dependents.len)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Cannot drop " SL_STR_FMT
                      ".\nThe following streams and/or tables read from this source: [%s].\nYou "
                      "need to drop them before dropping " SL_STR_FMT ".",
                      SL_STR_ARG(source->name), join_names(ctx->arena, &dependents), SL_STR_ARG(source->name));
  return 0;
}

/* Names of the sources made by queries that read name. Tracked on names: ending the query does not lift it. */
void sl_source_constraints(sl_context *ctx, sl_str name, sl_vec *out) {
  const sl_source *other;
  for (size_t i = 0; (other = sl_snapshot_source_at(ctx->snapshot, i)); i++)
    for (int r = 0; r < other->reads_count; r++)
      if (sl_str_eq(other->reads[r], name)) add_name(out, ctx->arena, other->name);
}

static int check_topic_unshared(sl_context *ctx, const sl_source *source, sl_err *err) {
  sl_vec others;
  sl_vec_init(&others, ctx->arena);
  const sl_source *other;
  for (size_t i = 0; (other = sl_snapshot_source_at(ctx->snapshot, i)); i++)
    if (sl_str_eq(other->topic, source->topic) && !sl_str_eq(other->name, source->name))
      add_name(&others, ctx->arena, other->name);
  if (!others.len) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Refusing to delete topic. Found other data sources (%s) using topic " SL_STR_FMT,
                    join_names(ctx->arena, &others), SL_STR_ARG(source->topic));
}

static int check_drop(sl_context *ctx, const sl_stmt_drop_source *stmt, const sl_source *source, sl_err *err) {
  if (source->kind != stmt->source_kind)
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                      "Incompatible data source type is %s, but statement was DROP %s", kind_word(source->kind),
                      kind_word(stmt->source_kind));
  if (stmt->delete_topic && source->is_source)
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos, "Cannot delete topic for read-only source: " SL_STR_FMT,
                      SL_STR_ARG(source->name));
  if (stmt->delete_topic) {
    int code = check_topic_unshared(ctx, source, err);
    if (code) return code;
  }
  return check_unused(ctx, source, err);
}

int sl_stmt_run_drop_source(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_drop_source *stmt = (const sl_stmt_drop_source *)base;
  sl_arena *arena = ctx->arena;
  const char *kind = kind_word(stmt->source_kind);
  sl_command command = {.id = sl_str_printf(arena, "%s/" SL_STR_FMT "/drop", kind, SL_STR_ARG(stmt->name)),
                        .text = base->text};
  const sl_source *source = sl_snapshot_source(ctx->snapshot, stmt->name);
  if (!source && !stmt->if_exists && stmt->delete_topic)
    return sl_err_set(err, SL_E_STATEMENT, base->pos, "Could not find source to delete topic for: " SL_STR_FMT,
                      SL_STR_ARG(base->text));
  if (!source && !stmt->if_exists) {
    sl_planning planning;
    sl_topic_view view;
    sl_context_planning(ctx, &planning, &view);
    return sl_err_set(err, SL_E_STATEMENT, base->pos, "%s " SL_STR_FMT " does not exist.%s",
                      kind_title(stmt->source_kind), SL_STR_ARG(stmt->name),
                      sl_planning_hint(&planning, stmt->name, &stmt->source_kind));
  }
  if (!source) {
    command.message = sl_str_printf(arena, "Source `" SL_STR_FMT "` does not exist.", SL_STR_ARG(stmt->name));
    int code = sl_context_apply(ctx, NULL, 0, &command, err);
    if (!code) sl_entity_status(ctx, base->text, &command);
    return code;
  }
  int code = check_drop(ctx, stmt, source, err);
  if (code) return code;

  sl_vec changes;
  sl_vec_init(&changes, arena);
  uint64_t number = source->query;
  const sl_query_entry *query = number ? sl_snapshot_query_number(ctx->snapshot, number) : NULL;
  sl_str topic = sl_str_dup(arena, source->topic);
  if (query) sl_query_drop_changes(ctx, query, &changes);
  sl_change *drop = sl_arena_zalloc(arena, sizeof *drop);
  *drop = (sl_change){.kind = SL_CHANGE_DROP_SOURCE, .name = stmt->name};
  sl_vec_push(&changes, drop);
  if (stmt->delete_topic) {
    sl_change *topic_drop = sl_arena_zalloc(arena, sizeof *topic_drop);
    *topic_drop = (sl_change){.kind = SL_CHANGE_TOPIC_DROPPING, .name = topic, .topic = source->topic_id};
    sl_vec_push(&changes, topic_drop);
  }
  command.message = sl_str_printf(arena, "Source `" SL_STR_FMT "` (topic: " SL_STR_FMT ") was dropped.",
                                  SL_STR_ARG(stmt->name), SL_STR_ARG(topic));
  code = sl_context_apply_list(ctx, &changes, &command, err);
  if (code) return code;
  sl_query_finish_drop(ctx, query ? number : 0, &changes);
  sl_entity_status(ctx, base->text, &command);
  return 0;
}
