/* Statements that start or end persistent queries: CREATE ... AS SELECT, INSERT INTO ... SELECT, TERMINATE, PAUSE,
 * RESUME.
 *
 * A new query: plan, make topics (each behind a durable intent), start paused, then one catalog transaction is the
 * decision; only then does it run. What fails before the decision is taken back. One that takes the place of another
 * (stmt_replace.c) has its number, so the other is stopped before it starts, and started again if it fails. */
#include <ctype.h>

#include "engine/engine_int.h"

static const char *kind_word(sl_source_kind kind) {
  return kind == SL_STREAM ? "stream" : "table";
}

/* What was set for the query, and whatever else matters to its plan as it is now: neither another configuration nor
 * another default changes a query that exists. */
static const sl_setting *captured_settings(sl_context *ctx, int *count) {
  const sl_map *values = &ctx->session->settings.values;
  size_t rows_count, at = 0;
  const sl_property_row *rows = sl_property_rows(&rows_count);
  sl_setting *list = sl_arena_calloc(ctx->arena, values->count + rows_count + 1, sizeof *list);
  *count = 0;
  for (size_t i = 0; i < rows_count; i++) {
    sl_str value = sl_settings_str(&ctx->session->settings, rows[i].name);
    if (rows[i].plan && value.ptr && !sl_map_has(values, sl_str_of(rows[i].name)))
      list[(*count)++] = (sl_setting){sl_str_of(rows[i].name), sl_str_dup(ctx->arena, value)};
  }
  for (sl_map_entry *e; (e = sl_map_next(values, &at));)
    list[(*count)++] = (sl_setting){sl_str_dup(ctx->arena, e->key), sl_str_dup(ctx->arena, sl_str_of(e->value))};
  return list;
}

static int check_query_limit(sl_context *ctx, const sl_statement *stmt, sl_err *err) {
  int64_t limit = sl_settings_int(&ctx->session->settings, "ksql.query.persistent.active.limit");
  int64_t count = 0;
  while (sl_snapshot_query_at(ctx->snapshot, (size_t)count)) count++;
  if (count < limit) return 0;
  return sl_err_set(
      err, SL_E_REQUEST, stmt->pos,
      "Not executing statement(s) '" SL_STR_FMT "' as it would cause the number of active, persistent queries "
      "to exceed the configured limit. Use the TERMINATE command to terminate existing queries, or increase the "
      "'ksql.query.persistent.active.limit' setting via the 'ksql-server.properties' file. Current persistent "
      "query count: %lld. Configured limit: %lld.",
      SL_STR_ARG(stmt->text), (long long)count, (long long)limit);
}

/* The n of generated ids: the command's sequence number, or in tests the count of persistent queries so far. */
static uint64_t id_number(sl_context *ctx) {
  return ctx->engine->test_ids ? ctx->engine->test_queries : ctx->sequence;
}

typedef struct new_query {
  const sl_statement *stmt;
  sl_query_kind kind;
  sl_str id;
  uint64_t number;
  sl_query_plan plan;
  sl_source *sink; /* C*AS: to be made; INSERT: the existing target; SOURCE table: the table, whose topic is there */
  bool makes_sink;
  const char *entity_kind;
  const sl_query_entry *old; /* OR REPLACE: the query whose place it takes, or NULL */
  sl_vec obsolete;           /* OR REPLACE: drops of internal topics that only the old one has */
  bool old_stopped;
} new_query;

static void undo_topics(sl_context *ctx, const sl_vec *made) {
  for (size_t i = 0; i < made->len; i++) {
    const sl_change *topic = sl_vec_at(made, i);
    sl_context_undo_topic(ctx, topic->name, &topic->topic);
  }
}

static int make_sink_topic(sl_context *ctx, const new_query *q, sl_vec *made, sl_err *err) {
  sl_topic_spec spec = {.name = q->sink->topic,
                        .partitions = q->plan.sink.partitions,
                        .settings = q->plan.sink.topic_settings,
                        .setting_count = q->plan.sink.topic_setting_count};
  bool created = false;
  int code = sl_context_ensure_topic(ctx, &spec, &q->sink->topic_id, &created, err);
  if (code || !created) return code;
  sl_change *done = sl_arena_zalloc(ctx->arena, sizeof *done);
  *done = (sl_change){.kind = SL_CHANGE_TOPIC_DONE, .name = q->sink->topic, .topic = q->sink->topic_id};
  sl_vec_push(made, done);
  return 0;
}

/* Tells the plan which topic its sink writes: planning may have come before the topic was made. */
static void bind_sink(const new_query *q) {
  if (q->kind == SL_QUERY_SOURCE_TABLE) return;
  const sl_plan_sink *sink = (const sl_plan_sink *)q->plan.plan->last;
  ((sl_plan_topic *)sink->topic)->id = q->sink->topic_id;
}

static sl_query_entry *query_entry(sl_context *ctx, const new_query *q) {
  sl_query_entry *entry = sl_arena_zalloc(ctx->arena, sizeof *entry);
  *entry = (sl_query_entry){.number = q->number,
                            .id = q->id,
                            .kind = q->kind,
                            .text = q->plan.text,
                            .resolved = q->plan.resolved,
                            .sources = q->plan.sources,
                            .source_count = q->plan.source_count,
                            .rules = q->plan.plan->rules,
                            .contract = q->plan.plan->contract,
                            .paused = q->old && q->old->paused};
  if (q->kind != SL_QUERY_SOURCE_TABLE) entry->sink = (sl_source_ref){q->sink->name, q->sink->version};
  entry->settings = captured_settings(ctx, &entry->setting_count);
  return entry;
}

static void link_sink(sl_context *ctx, new_query *q) {
  sl_str *reads = sl_arena_calloc(ctx->arena, (size_t)q->plan.source_count + 1, sizeof *reads);
  for (int i = 0; i < q->plan.source_count; i++) reads[i] = q->plan.sources[i].name;
  q->sink->reads = reads;
  q->sink->reads_count = q->plan.source_count;
  q->sink->text = q->plan.text;
  q->sink->resolved = q->plan.resolved;
}

/* Topics, start, decision. made collects what must be undone if any of it fails. */
static int bring_up(sl_context *ctx, new_query *q, sl_vec *made, sl_command *command, sl_err *err) {
  int code = q->makes_sink ? make_sink_topic(ctx, q, made, err) : 0;
  if (!code && q->makes_sink) code = sl_context_version(ctx, &q->sink->version, err);
  if (!code) code = sl_query_make_topics(ctx, q->plan.plan, made, err);
  if (code) return code;
  bind_sink(q);
  sl_running *running = NULL;
  if (!ctx->sandbox) {
    q->old_stopped = q->old;
    if (q->old) code = sl_query_stop(ctx->engine, q->number, false, err); /* what it has done is committed */
    if (!code) code = sl_query_start(ctx->engine, q->plan.plan, &ctx->session->settings, true, &running, err);
    if (code) return code;
  }
  if (q->makes_sink) link_sink(ctx, q);
  q->sink->query = q->kind == SL_QUERY_INSERT ? q->sink->query : q->number;
  sl_change *put_source = sl_arena_zalloc(ctx->arena, sizeof *put_source);
  sl_change *put_query = sl_arena_zalloc(ctx->arena, sizeof *put_query);
  *put_source = (sl_change){.kind = SL_CHANGE_PUT_SOURCE, .source = q->sink};
  *put_query = (sl_change){.kind = SL_CHANGE_PUT_QUERY, .query = query_entry(ctx, q)};
  sl_vec changes;
  sl_vec_init(&changes, ctx->arena);
  if (q->kind != SL_QUERY_INSERT) sl_vec_push(&changes, put_source);
  sl_vec_push(&changes, put_query);
  for (size_t i = 0; i < made->len; i++) sl_vec_push(&changes, sl_vec_at(made, i));
  for (size_t i = 0; i < q->obsolete.len; i++) sl_vec_push(&changes, sl_vec_at(&q->obsolete, i));
  code = sl_context_apply_list(ctx, &changes, command, err);
  if (code && running) sl_query_stop(ctx->engine, q->number, !q->old, NULL);
  if (!code && running && !(q->old && q->old->paused)) sl_running_pause(running, false);
  return code;
}

/* topic: one that the statement has made already, or NULL. */
static int start_query(sl_context *ctx, new_query *q, const sl_change *topic, sl_err *err) {
  sl_arena *arena = ctx->arena;
  sl_vec made;
  sl_vec_init(&made, arena);
  if (topic) sl_vec_push(&made, (void *)(uintptr_t)topic);
  sl_command command = {
      .id = sl_str_printf(arena, "%s/`" SL_STR_FMT "`/create", q->entity_kind, SL_STR_ARG(q->sink->name)),
      .text = q->plan.text,
      .message = sl_str_printf(arena, "Created query with ID " SL_STR_FMT, SL_STR_ARG(q->id)),
      .query_id = q->id};
  int code = q->old ? 0 : check_query_limit(ctx, q->stmt, err);
  if (!code) code = bring_up(ctx, q, &made, &command, err);
  if (code) {
    undo_topics(ctx, &made);
    if (q->old_stopped) sl_query_restart(ctx->engine, q->old);
    return code;
  }
  if (q->old)
    sl_query_finish_drop(ctx, 0, &q->obsolete);
  else if (!ctx->sandbox)
    ctx->engine->test_queries++;
  if (q->plan.warning.len) sl_context_warn(ctx, sl_str_z(arena, q->plan.warning));
  sl_entity_status(ctx, q->plan.text, &command);
  return 0;
}

/* The id and number of a new query, or those of the one whose place it takes. */
static int name_query(sl_context *ctx, const sl_stmt_create_as *stmt, new_query *q, sl_err *err) {
  if (q->old) {
    q->number = q->old->number;
    q->id = q->old->id;
    return 0;
  }
  q->id = sl_str_printf(ctx->arena, "%s_" SL_STR_FMT "_%llu", stmt->source_kind == SL_STREAM ? "CSAS" : "CTAS",
                        SL_STR_ARG(sl_str_upper(ctx->arena, stmt->name)), (unsigned long long)id_number(ctx));
  return sl_context_query_number(ctx, &q->number, err);
}

int sl_stmt_run_create_as(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_create_as *stmt = (const sl_stmt_create_as *)base;
  const char *kind = kind_word(stmt->source_kind);
  const sl_source *existing = sl_snapshot_source(ctx->snapshot, stmt->name);
  if (existing && stmt->if_not_exists) {
    sl_entity_warning(ctx, base->text,
                      sl_arena_printf(ctx->arena,
                                      "Cannot add %s `" SL_STR_FMT "`: A %s with the same name already exists.", kind,
                                      SL_STR_ARG(stmt->name), kind));
    return 0;
  }
  new_query q = {.stmt = base, .kind = SL_QUERY_CREATE_AS, .makes_sink = true, .entity_kind = kind};
  sl_vec_init(&q.obsolete, ctx->arena);
  sl_snapshot *before = sl_snapshot_ref(ctx->snapshot); /* where the old query is */
  int code = stmt->or_replace ? sl_replaced_query(ctx, stmt->name, &q.old, err) : 0;
  if (!code) code = name_query(ctx, stmt, &q, err);
  sl_planning planning;
  sl_topic_view view;
  sl_context_planning(ctx, &planning, &view);
  if (q.old) planning.rules = q.old->rules; /* its state goes on */
  if (!code) code = sl_plan_create_as(&planning, stmt, q.id, q.number, &q.plan, err);
  if (!code && q.old) code = sl_check_replacement(ctx, q.old, &q.plan, &q.obsolete, err);
  q.sink = q.plan.sink.source;
  if (!code) code = start_query(ctx, &q, NULL, err);
  sl_plan_unref(q.plan.plan);
  sl_snapshot_unref(before);
  return code;
}

/* WITH (QUERY_ID = 'x'), sql.md 4.8. */
static int given_query_id(sl_context *ctx, const sl_stmt_insert_select *stmt, sl_str *id, sl_err *err) {
  static const char *const RESERVED[] = {"INSERTQUERY_", "CTAS_", "CSAS_", "CST_"};
  for (int i = 0; i < stmt->with.count; i++)
    if (sl_str_eq_z(stmt->with.items[i].name, "QUERY_ID") && stmt->with.items[i].value->kind == SL_EXPR_STRING)
      *id = sl_str_upper(ctx->arena, stmt->with.items[i].value->text);
  if (!id->len) return 0;
  for (size_t i = 0; i < id->len; i++)
    if (!isalnum((unsigned char)id->ptr[i]) && id->ptr[i] != '_')
      return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                        "Query IDs may contain only alphanumeric characters and '_'. Got: '" SL_STR_FMT "'",
                        SL_STR_ARG(*id));
  for (size_t i = 0; i < sizeof RESERVED / sizeof *RESERVED; i++)
    if (sl_str_starts(*id, sl_str_of(RESERVED[i])))
      return sl_err_set(
          err, SL_E_STATEMENT, stmt->base.pos,
          "Query IDs must not start with a reserved query ID prefix (INSERTQUERY_, CTAS_, CSAS_, CST_). Got "
          "'" SL_STR_FMT "'.",
          SL_STR_ARG(*id));
  if (sl_snapshot_query(ctx->snapshot, *id))
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos, "Query ID '" SL_STR_FMT "' already exists.",
                      SL_STR_ARG(*id));
  return 0;
}

int sl_stmt_run_insert_select(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_insert_select *stmt = (const sl_stmt_insert_select *)base;
  new_query q = {.stmt = base, .kind = SL_QUERY_INSERT, .entity_kind = "stream"};
  int code = given_query_id(ctx, stmt, &q.id, err);
  if (!code) code = sl_context_query_number(ctx, &q.number, err);
  if (code) return code;
  if (!q.id.len) q.id = sl_str_printf(ctx->arena, "INSERTQUERY_%llu", (unsigned long long)id_number(ctx));
  sl_planning planning;
  sl_topic_view view;
  sl_context_planning(ctx, &planning, &view);
  code = sl_plan_insert_select(&planning, stmt, q.id, q.number, &q.plan, err);
  if (code) return code;
  q.sink = q.plan.sink.source;
  if (sl_topic_read_only(ctx->engine, q.sink->topic))
    code = sl_err_set(err, SL_E_STATEMENT, base->pos, "Cannot insert into read-only topic: " SL_STR_FMT,
                      SL_STR_ARG(q.sink->topic));
  if (!code) code = start_query(ctx, &q, NULL, err);
  sl_plan_unref(q.plan.plan);
  return code;
}

int sl_source_table_start(sl_context *ctx, const sl_statement *stmt, sl_source *source, bool topic_made, sl_err *err) {
  new_query q = {.stmt = stmt, .kind = SL_QUERY_SOURCE_TABLE, .sink = source, .entity_kind = "table"};
  sl_change topic = {.kind = SL_CHANGE_TOPIC_DONE, .name = source->topic, .topic = source->topic_id};
  q.id = sl_str_printf(ctx->arena, "CST_" SL_STR_FMT "_%llu", SL_STR_ARG(sl_str_upper(ctx->arena, source->name)),
                       (unsigned long long)id_number(ctx));
  sl_planning planning;
  sl_topic_view view;
  sl_context_planning(ctx, &planning, &view);
  int code = sl_context_query_number(ctx, &q.number, err);
  if (!code) code = sl_plan_source_table(&planning, source, q.id, q.number, &q.plan, err);
  if (code && topic_made) sl_context_undo_topic(ctx, source->topic, &source->topic_id);
  if (!code) code = start_query(ctx, &q, topic_made ? &topic : NULL, err);
  sl_plan_unref(q.plan.plan);
  return code;
}

/* ---- TERMINATE, PAUSE, RESUME ---- */

typedef struct control_words {
  const char *command, *message, *verb;
} control_words;
static const control_words WORDS[] = {
    [SL_CONTROL_TERMINATE] = {"terminate", "Query terminated.", "terminate"},
    [SL_CONTROL_PAUSE] = {"pause", "Query paused.", "pause"},
    [SL_CONTROL_RESUME] = {"resume", "Query resumed.", "resume"},
};

/* Ids of the queries a statement addresses, as copies: the snapshot changes on the way. */
static int addressed(sl_context *ctx, const sl_stmt_control_query *stmt, sl_vec *out, sl_err *err) {
  const sl_query_entry *entry;
  if (!stmt->all) {
    entry = sl_snapshot_query(ctx->snapshot, stmt->query_id);
    if (!entry)
      return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos, "Unknown queryId: " SL_STR_FMT,
                        SL_STR_ARG(stmt->query_id));
    if (entry->kind == SL_QUERY_SOURCE_TABLE)
      return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                        "Cannot %s query '" SL_STR_FMT "' because it is linked to a source table.",
                        WORDS[stmt->what].verb, SL_STR_ARG(stmt->query_id));
  }
  for (size_t i = 0; (entry = sl_snapshot_query_at(ctx->snapshot, i)); i++) {
    if (stmt->all ? entry->kind == SL_QUERY_SOURCE_TABLE : !sl_str_eq(entry->id, stmt->query_id)) continue;
    sl_query_entry *copy = sl_arena_zalloc(ctx->arena, sizeof *copy);
    *copy = *entry;
    copy->id = sl_str_dup(ctx->arena, entry->id);
    sl_vec_push(out, copy);
  }
  return 0;
}

static int terminate_one(sl_context *ctx, uint64_t number, sl_command *command, sl_err *err) {
  sl_vec changes;
  sl_vec_init(&changes, ctx->arena);
  const sl_query_entry *entry = sl_snapshot_query_number(ctx->snapshot, number);
  if (!entry) return 0;
  sl_query_drop_changes(ctx, entry, &changes);
  int code = sl_context_apply_list(ctx, &changes, command, err);
  if (!code) sl_query_finish_drop(ctx, number, &changes);
  return code;
}

static int pause_one(sl_context *ctx, uint64_t number, bool paused, sl_command *command, sl_err *err) {
  const sl_query_entry *entry = sl_snapshot_query_number(ctx->snapshot, number);
  if (!entry) return 0;
  sl_query_entry changed = *entry;
  changed.paused = paused;
  sl_change put = {.kind = SL_CHANGE_PUT_QUERY, .query = &changed};
  int code = sl_context_apply(ctx, &put, 1, command, err);
  sl_live *live = code || ctx->sandbox ? NULL : sl_live_find(ctx->engine, number);
  if (live && live->running) {
    sl_running_pause(live->running, paused);
  } else if (live && !paused) { /* it could not run, or was stopped for want of memory: once more */
    code = sl_query_stop(ctx->engine, number, false, err);
    entry = sl_snapshot_query_number(ctx->snapshot, number);
    if (!code && entry) sl_query_restart(ctx->engine, entry);
  }
  return code;
}

/* TERMINATE transient_...: a push query of this server. */
static int terminate_push(sl_context *ctx, const sl_stmt_control_query *stmt, sl_err *err) {
  int code = ctx->sandbox ? 0 : sl_engine_end_push(ctx->engine, stmt->query_id, err);
  if (code) return code;
  sl_json *e = sl_entity_new(ctx, "terminate_query", stmt->base.text);
  sl_json_set(ctx->arena, e, "queryId", sl_json_new_str(ctx->arena, stmt->query_id));
  sl_json_set(ctx->arena, e, "wasTerminated", sl_json_new_bool(ctx->arena, true));
  return 0;
}

int sl_stmt_run_control(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_control_query *stmt = (const sl_stmt_control_query *)base;
  const control_words *words = &WORDS[stmt->what];
  if (!stmt->all && sl_str_contains(sl_str_lower(ctx->arena, stmt->query_id), sl_str_of("transient_"))) {
    if (stmt->what == SL_CONTROL_TERMINATE) return terminate_push(ctx, stmt, err);
    return sl_err_set(err, SL_E_STATEMENT, base->pos, "Cannot %s the push query '" SL_STR_FMT "'.", words->verb,
                      SL_STR_ARG(stmt->query_id));
  }
  sl_vec queries;
  sl_vec_init(&queries, ctx->arena);
  int code = addressed(ctx, stmt, &queries, err);
  if (code) return code;
  sl_command command = {.id = sl_str_printf(ctx->arena, "%s/" SL_STR_FMT "/execute", words->command,
                                            SL_STR_ARG(stmt->all ? sl_str_of("ALL") : stmt->query_id)),
                        .text = base->text,
                        .message = sl_str_of(words->message)};
  if (!queries.len) code = sl_context_apply(ctx, NULL, 0, &command, err);
  for (size_t i = 0; i < queries.len && !code; i++) {
    uint64_t number = ((const sl_query_entry *)sl_vec_at(&queries, i))->number;
    sl_command *recorded = i + 1 == queries.len ? &command : NULL; /* one command, whatever it addresses */
    code = stmt->what == SL_CONTROL_TERMINATE ? terminate_one(ctx, number, recorded, err)
                                              : pause_one(ctx, number, stmt->what == SL_CONTROL_PAUSE, recorded, err);
  }
  if (!code) sl_entity_status(ctx, base->text, &command);
  return code;
}
