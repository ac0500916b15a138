/* Push queries, and pull queries on streams: a transient plan whose RESPONSE puts rows into a bounded queue that the
 * client's side empties.
 *
 * The queue is two chunks that change places: the worker fills one, the taker drains the other, each with its own
 * arena, so a row is copied once and nothing is freed row by row. When the filling chunk is full the worker is refused
 * and the query waits (back-pressure) until the taker has changed the chunks. */
#include "engine/push.h"

#include "base/heap.h"
#include "base/logger.h"
#include "engine/pulls.h"

enum { QUEUE_ROWS = 500, COUNT_ROWS = 50, CLIENT_BYTES = 256 * 1024 /* what there must be for a new client */ };

typedef struct chunk {
  sl_arena arena;
  sl_row rows[QUEUE_ROWS];
  size_t len;
  size_t at; /* next to be taken */
} chunk;

typedef struct query_push {
  sl_push base;
  sl_running *running;
  sl_plan *plan;
  chunk chunks[2];
  int fill;     /* index of the chunk the worker fills */
  bool refused; /* the worker was sent away: resume it after a change of chunks */
  size_t held;  /* bytes of both chunks, as counted */
} query_push;

void sl_push_init(sl_push *push, const sl_push_class *cls, sl_engine *engine, sl_push_ready ready, void *ctx) {
  push->cls = cls;
  push->engine = engine;
  push->ready = ready;
  push->ready_ctx = ctx;
  push->ready_due = true;
  sl_arena_init(&push->arena, 4096);
  pthread_mutex_init(&push->mutex, NULL);
}

void sl_push_done(sl_push *push) {
  sl_arena_done(&push->arena);
  sl_err_done(&push->err);
  pthread_mutex_destroy(&push->mutex);
}

/* Counts the chunks' memory. Under the mutex, or alone. */
static void count(query_push *push) {
  sl_budget *clients = &push->base.engine->memory.clients;
  sl_budget_set(clients, &push->held, sl_arena_size(&push->chunks[0].arena) + sl_arena_size(&push->chunks[1].arena));
}

/* ---- worker side ---- */

static bool on_row(void *ctx, const sl_row *row, const sl_layout *layout) {
  query_push *push = ctx;
  bool notify = false, taken = false;
  pthread_mutex_lock(&push->base.mutex);
  chunk *c = &push->chunks[push->fill];
  if (c->len < QUEUE_ROWS) {
    sl_row *copy = &c->rows[c->len++];
    *copy = (sl_row){.timestamp = row->timestamp,
                     .flags = row->flags & ~(uint32_t)SL_ROW_HAS_OLD,
                     .window_start = row->window_start,
                     .window_end = row->window_end};
    copy->values = sl_arena_alloc(&c->arena, (size_t)layout->count * sizeof(sl_value));
    for (int i = 0; i < layout->count; i++)
      copy->values[i] = sl_value_copy(&c->arena, layout->slots[i].type, &row->values[i]);
    taken = true;
    if (c->len % COUNT_ROWS == 0) count(push);
  } else {
    push->refused = true;
  }
  notify = push->base.ready_due;
  push->base.ready_due = false;
  pthread_mutex_unlock(&push->base.mutex);
  if (notify) push->base.ready(push->base.ready_ctx);
  return taken;
}

static void on_end(void *ctx, const sl_err *err, bool limit_reached) {
  query_push *push = ctx;
  pthread_mutex_lock(&push->base.mutex);
  bool first = !push->base.ended;
  if (first && err) sl_err_set(&push->base.err, err->code, err->pos, "%s", err->message);
  if (first) push->base.limit_reached = limit_reached;
  push->base.ended = true;
  push->base.ready_due = false;
  pthread_mutex_unlock(&push->base.mutex);
  if (first) push->base.ready(push->base.ready_ctx);
}

/* ---- taker side ---- */

/* The chunk to drain, changed for the filled one when it is empty; NULL when there is nothing. Under the mutex. */
static chunk *drainable(query_push *push, bool *resume) {
  chunk *c = &push->chunks[1 - push->fill];
  if (c->at < c->len) return c;
  if (push->chunks[push->fill].len == 0) return NULL;
  c->len = c->at = 0;
  sl_arena_reset(&c->arena);
  push->fill = 1 - push->fill;
  *resume = push->refused;
  push->refused = false;
  return &push->chunks[1 - push->fill];
}

static sl_push_state query_take(sl_push *base, size_t max, sl_push_row row, void *ctx) {
  query_push *push = (query_push *)base;
  while (max > 0) {
    bool resume = false;
    pthread_mutex_lock(&base->mutex);
    chunk *c = drainable(push, &resume);
    bool ended = base->ended;
    if (!c && !ended) base->ready_due = true;
    pthread_mutex_unlock(&base->mutex);
    if (resume && push->running) sl_running_resume(push->running);
    if (!c) return ended ? SL_PUSH_DONE : SL_PUSH_WAIT;
    for (; c->at < c->len && max > 0; c->at++, max--) { /* the draining chunk is the taker's alone */
      const sl_row *r = &c->rows[c->at];
      row(ctx, r, &base->schema, r->flags & SL_ROW_VALUE_ABSENT);
    }
  }
  return SL_PUSH_ROWS;
}

static void forget_push(sl_push *base) {
  sl_vec *list = &base->engine->pushes;
  pthread_mutex_lock(&base->engine->mutex);
  for (size_t i = 0; i < list->len; i++)
    if (sl_vec_at(list, i) == base) sl_vec_remove(list, i--);
  pthread_mutex_unlock(&base->engine->mutex);
}

/* Internal topics live as long as the query. The catalog has them as being made, so that a start undoes what a crash
 * leaves. */
static void drop_topics(sl_engine *engine, const sl_plan *plan) {
  static const sl_topic_id none;
  for (int i = 0; i < plan->internal_topic_count; i++) {
    const sl_plan_topic *topic = plan->internal_topics[i];
    sl_err err = {0};
    if (!sl_topic_id_equal(&topic->id, &none) && sl_engine_finish_topic_drop(engine, topic->name, &topic->id, &err))
      sl_log_line(SL_LOG_WARN, "topic.drop", "topic=" SL_STR_FMT " reason=\"%s\"", SL_STR_ARG(topic->name),
                  err.message);
    sl_err_done(&err);
  }
}

static void query_close(sl_push *base) {
  query_push *push = (query_push *)base;
  forget_push(base);
  if (push->running) sl_executor_stop(base->engine->executor, push->running, true, NULL);
  drop_topics(base->engine, push->plan);
  sl_plan_unref(push->plan);
  for (int i = 0; i < 2; i++) sl_arena_done(&push->chunks[i].arena);
  count(push);
  sl_push_done(base);
  sl_heap_free(push);
}

static const sl_push_class QUERY_PUSH = {query_take, query_close};

/* ---- opening ---- */

static int check_push_limit(sl_engine *engine, const sl_session *session, const sl_statement *stmt, sl_err *err) {
  int64_t limit = sl_settings_int(&session->settings, "ksql.max.push.queries");
  pthread_mutex_lock(&engine->mutex);
  int64_t count = (int64_t)engine->pushes.len;
  pthread_mutex_unlock(&engine->mutex);
  if (count < limit) return 0;
  return sl_err_set(
      err, SL_E_STATEMENT, stmt->pos,
      "Not executing statement(s) '" SL_STR_FMT "' as it would cause the number of active, push queries to "
      "exceed the configured limit. Terminate existing PUSH queries, or increase the 'ksql.max.push.queries' "
      "setting via the 'ksql-server.properties' file. Current push query count: %lld. Configured limit: %lld.",
      SL_STR_ARG(stmt->text), (long long)count, (long long)limit);
}

/* transient_<ALIAS>_<63 random bits>: the number authorises /close-query, so it comes from the log's random source. */
static sl_str push_id(sl_engine *engine, const sl_query_ast *query, sl_arena *arena) {
  sl_topic_id random;
  uint64_t number;
  sl_log_random_id(engine->log, &random);
  memcpy(&number, random.bytes + 8, sizeof number);
  for (int i = 0; i < 8; i++) number ^= (uint64_t)random.bytes[i] << (8 * i);
  return sl_str_printf(arena, "transient_" SL_STR_FMT "_%llu", SL_STR_ARG(query->from.alias),
                       (unsigned long long)(number >> 1));
}

/* to_end_only: a pull query on a stream, which reads all there is now, wherever push queries would begin. */
static int start_push(sl_engine *engine, sl_session *session, query_push *push, bool to_end_only, sl_err *err) {
  sl_start_options options;
  sl_start_options_of(&session->settings, &options);
  if (to_end_only) {
    options.to_end_only = options.has_reset = true;
    options.reset = SL_RESET_EARLIEST;
  }
  options.response = (sl_response){.row = on_row, .end = on_end, .ctx = push};
  pthread_mutex_lock(&engine->mutex);
  sl_vec_push(&engine->pushes, push);
  pthread_mutex_unlock(&engine->mutex);
  return sl_executor_start(engine->executor, push->plan, &options, &push->running, err);
}

/* A query to be opened. */
typedef struct opening {
  sl_engine *engine;
  sl_session *session;
  const sl_stmt_query *stmt;
  sl_str text; /* of the request, after substitution of variables */
  sl_arena *arena;
  sl_push_ready ready;
  void *ctx;
} opening;

/* Starts a planned query, whose reference it takes. */
static int open_push(const opening *o, sl_context *ctx, sl_plan *plan, bool to_end_only, sl_push **out, sl_err *err) {
  query_push *push = sl_heap_zalloc(sizeof *push);
  sl_push_init(&push->base, &QUERY_PUSH, o->engine, o->ready, o->ctx);
  for (int i = 0; i < 2; i++) sl_arena_init(&push->chunks[i].arena, 0);
  push->plan = plan;
  push->base.id = sl_str_dup(&push->base.arena, plan->query_id);
  push->base.text = sl_str_dup(&push->base.arena, o->stmt->base.text);
  push->base.schema = sl_schema_copy(&push->base.arena, &plan->schema);
  sl_vec made = {.arena = o->arena};
  int code = sl_query_make_topics(ctx, plan, &made, err);
  if (!code) code = start_push(o->engine, o->session, push, to_end_only, err);
  if (code)
    query_close(&push->base);
  else
    *out = &push->base;
  return code;
}

static int open_query(const opening *o, sl_push **out, sl_err *err) {
  sl_engine *engine = o->engine;
  bool pull = o->stmt->query->emit == SL_EMIT_NONE;
  int code = pull ? 0 : check_push_limit(engine, o->session, &o->stmt->base, err);
  if (!code) code = sl_budget_ask(&engine->memory.clients, CLIENT_BYTES, err);
  if (code) return code;
  sl_context context;
  sl_planning planning;
  sl_topic_view view;
  pthread_mutex_lock(&engine->mutex);
  uint64_t number = engine->next_push++;
  pthread_mutex_unlock(&engine->mutex);
  uint64_t version = sl_catalog_version(engine->cat);
  sl_context_init(&context, engine, o->session, o->arena, false);
  sl_context_planning(&context, &planning, &view);
  sl_str id = push_id(engine, o->stmt->query, o->arena);
  sl_query_plan push = {0};
  sl_pull_plan pulled = {0};
  if (pull)
    code = sl_plan_pull_query(&planning, o->stmt, id, number, &pulled, err);
  else
    code = sl_plan_push_query(&planning, o->stmt, id, number, &push, err);
  if (!code && pull && pulled.plan->state) {
    code = sl_pull_open(&context, version, o->text, &pulled, out, err);
    sl_plan_unref(pulled.plan);
  } else if (!code) {
    code = open_push(o, &context, pull ? pulled.plan : push.plan, pull, out, err);
  }
  sl_context_done(&context);
  return code;
}

int sl_engine_query(sl_engine *engine, sl_session *session, sl_str text, sl_push_ready ready, void *ctx, sl_push **out,
                    sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_script script;
  sl_str final = text;
  int code = 0;
  if (sl_settings_bool(&session->settings, "ksql.variable.substitution.enable"))
    code = sl_substitute_variables(&arena, text, sl_session_variable, session, &final, err);
  if (!code) code = sl_pull_execute_kept(engine, session, final, false, out, err);
  if (!code && *out) {
    sl_arena_done(&arena);
    return 0;
  }
  if (!code) code = sl_parse(&arena, final, 0, &script, err);
  if (!code && script.count != 1)
    code = sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Expected exactly one KSQL statement; found %d instead",
                      script.count);
  const sl_statement *stmt = code ? NULL : script.statements[0];
  if (!code && stmt->kind == SL_STMT_QUERY)
    code = open_query(&(opening){engine, session, (const sl_stmt_query *)stmt, final, &arena, ready, ctx}, out, err);
  else if (!code && stmt->kind == SL_STMT_PRINT)
    code = sl_print_open(engine, (const sl_stmt_print *)stmt, ready, ctx, out, err);
  else if (!code)
    code = sl_err_set(err, SL_E_STATEMENT, stmt->pos, "Neither a query nor a print statement");
  if (code && stmt) sl_err_whole_statement(err, stmt->text.ptr, stmt->text.len);
  sl_arena_done(&arena);
  return code;
}

int sl_engine_query_quick(sl_engine *engine, sl_session *session, sl_str text, sl_push **out, sl_err *err) {
  *out = NULL;
  if (sl_str_contains(text, sl_str_of("${"))) return 0;
  return sl_pull_execute_kept(engine, session, text, true, out, err);
}

/* ---- the outside ---- */

sl_str sl_push_id(const sl_push *push) {
  return push->id;
}
bool sl_push_is_pull(const sl_push *push) {
  return push->pull;
}
const sl_schema *sl_push_schema(const sl_push *push) {
  return &push->schema;
}
sl_push_state sl_push_take(sl_push *push, size_t max, sl_push_row row, void *ctx) {
  return push->cls->take(push, max, row, ctx);
}
const sl_err *sl_push_error(const sl_push *push) {
  return push->err.code ? &push->err : NULL;
}
bool sl_push_limit_reached(const sl_push *push) {
  return push->limit_reached;
}
void sl_push_close(sl_push *push) {
  if (push) push->cls->close(push);
}

int sl_engine_end_push(sl_engine *engine, sl_str id, sl_err *err) {
  bool found = false;
  pthread_mutex_lock(&engine->mutex); /* a push leaves the list before it is freed */
  for (size_t i = 0; i < engine->pushes.len && !found; i++) {
    query_push *push = sl_vec_at(&engine->pushes, i);
    if (!sl_str_eq_nocase(push->base.id, id)) continue; /* TERMINATE gives it in upper case */
    found = true;
    on_end(push, NULL, false);
  }
  pthread_mutex_unlock(&engine->mutex);
  if (found) return 0;
  return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "No query with id " SL_STR_FMT, SL_STR_ARG(id));
}

bool sl_push_give_up(sl_engine *engine, uint64_t number, const sl_err *why) {
  bool found = false;
  pthread_mutex_lock(&engine->mutex);
  for (size_t i = 0; i < engine->pushes.len && !found; i++) {
    query_push *push = sl_vec_at(&engine->pushes, i);
    if (!push->plan || push->plan->query_number != number) continue;
    found = true;
    on_end(push, why, false);
  }
  pthread_mutex_unlock(&engine->mutex);
  return found;
}

void sl_engine_end_pushes(sl_engine *engine) {
  sl_err shutdown = {0};
  sl_err_set(&shutdown, SL_E_SHUTDOWN, SL_NO_POS, "The server is shutting down");
  atomic_store(&engine->stopping, true);
  pthread_mutex_lock(&engine->mutex);
  for (size_t i = 0; i < engine->pushes.len; i++) on_end(sl_vec_at(&engine->pushes, i), &shutdown, false);
  pthread_mutex_unlock(&engine->mutex);
  sl_err_done(&shutdown);
}

void sl_pushes_list(sl_context *ctx, sl_json *list) {
  sl_arena *arena = ctx->arena;
  pthread_mutex_lock(&ctx->engine->mutex);
  for (size_t i = 0; i < ctx->engine->pushes.len; i++) {
    const sl_push *push = sl_vec_at(&ctx->engine->pushes, i);
    sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *count = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, o, "queryString", sl_json_new_str(arena, push->text));
    sl_json_set(arena, o, "sinks", sl_json_new(arena, SL_JSON_ARRAY));
    sl_json_set(arena, o, "sinkKafkaTopics", sl_json_new(arena, SL_JSON_ARRAY));
    sl_json_set(arena, o, "id", sl_json_new_str(arena, push->id));
    sl_json_set(arena, count, "RUNNING", sl_json_new_int(arena, 1));
    sl_json_set(arena, o, "statusCount", count);
    sl_json_set(arena, o, "queryType", sl_json_new_z(arena, "PUSH"));
    sl_json_set(arena, o, "state", sl_json_new_z(arena, "RUNNING"));
    sl_json_add(arena, list, o);
  }
  pthread_mutex_unlock(&ctx->engine->mutex);
}
