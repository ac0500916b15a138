/* Push queries, and pull queries on streams: a transient plan whose RESPONSE puts rows into a feed (feed.c) that the
 * clients' side empties.
 *
 * Equal push queries from the topics' ends share one feed, so one pipeline and the bytes of its rows: those without
 * state, whose rows do not depend on when they began, and without a LIMIT. Who joins one must get what it would have
 * got from a query of its own, so a feed is joined only when it has handed over all there is. And who is too slow for
 * the others gets one of its own then. */
#include "base/heap.h"
#include "base/logger.h"
#include "engine/feed.h"
#include "engine/pulls.h"

enum { CLIENT_BYTES = 256 * 1024 /* what there must be for a new client */ };

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

/* ---- closing ---- */

static void remove_from(sl_vec *list, const void *item) {
  for (size_t i = 0; i < list->len; i++)
    if (sl_vec_at(list, i) == item) sl_vec_remove(list, i--);
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

/* Gives a reference back: the last one stops the query. */
static void feed_unref(sl_feed *feed) {
  sl_engine *engine = feed->engine;
  pthread_mutex_lock(&engine->mutex);
  bool last = --feed->refs == 0;
  if (last) remove_from(&engine->feeds, feed);
  pthread_mutex_unlock(&engine->mutex);
  if (!last) return;
  if (feed->running) sl_executor_stop(engine->executor, feed->running, true, NULL);
  drop_topics(engine, feed->plan);
  sl_feed_free(feed);
}

static void query_close(sl_push *base) {
  sl_engine *engine = base->engine;
  sl_feed *feed = ((sl_subscriber *)base)->feed;
  pthread_mutex_lock(&engine->mutex);
  remove_from(&engine->pushes, base);
  pthread_mutex_unlock(&engine->mutex);
  sl_feed_leave((sl_subscriber *)base);
  feed_unref(feed);
}

/* ---- starting ---- */

/* from: where the source's partitions begin, or NULL: at the reset. */
static int run_feed(sl_feed *feed, const sl_position *from, size_t count, sl_err *err) {
  sl_start_options options = feed->options;
  options.response = sl_feed_response(feed);
  options.from = from;
  options.from_count = count;
  return sl_executor_start(feed->engine->executor, feed->plan, &options, &feed->running, err);
}

/* ---- one for whom the others wait no more ---- */

/* Where it goes on, by partition: at the last record it has read, of which there may be more rows. */
static int place_of(const sl_subscriber *s, sl_arena *arena, sl_position **out, size_t *count, sl_err *err) {
  const sl_plan_topic *source = s->feed->plan->subs[0].sources[0]->topic;
  sl_task_input *inputs;
  *count = sl_running_inputs(s->feed->running, arena, &inputs);
  *out = sl_arena_calloc(arena, *count + 1, sizeof **out);
  sl_topic *topic = sl_log_topic_by_id(s->feed->engine->log, &source->id);
  if (!topic)
    return sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "Topic '" SL_STR_FMT "' does not exist.",
                      SL_STR_ARG(source->name));
  int code = 0;
  for (size_t i = 0; i < *count && !code; i++) {
    int32_t partition = inputs[i].partition;
    const sl_feed_place *read = &s->read[partition];
    int64_t next = read->rows ? read->offset + 1 : inputs[i].first;
    if (next < sl_partition_start(sl_topic_partition(topic, partition)))
      code =
          sl_err_set(err, SL_E_LIMIT, SL_NO_POS,
                     "The client read so slowly that the topic '" SL_STR_FMT "' no longer has the rows that come next. "
                     "Read faster, or let the topic keep its records longer.",
                     SL_STR_ARG(source->name));
    (*out)[i] = (sl_position){source->id, partition, read->rows ? read->offset : next};
  }
  sl_topic_unref(topic);
  return code;
}

/* On its own thread. What it cannot be given any more ends it, with the reason. */
static void go_on_alone(sl_subscriber *s) {
  sl_feed *shared = s->feed;
  sl_engine *engine = shared->engine;
  sl_feed *own = sl_feed_new(engine, sl_plan_ref(shared->plan), (sl_str){0}, shared->alias, shared->text);
  own->version = shared->version;
  own->options = shared->options;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_err err = {0};
  sl_position *from;
  size_t count;
  int code = place_of(s, &arena, &from, &count, &err);
  if (!code) code = sl_budget_ask(&engine->memory.clients, CLIENT_BYTES, &err);
  pthread_mutex_lock(&engine->mutex); /* whoever ends it looks for its feed under this one */
  bool moved = sl_feed_move(s, own);
  if (moved) s->base.text = own->text;
  pthread_mutex_unlock(&engine->mutex);
  if (moved) {
    if (!code) code = run_feed(own, from, count, &err);
    if (code) sl_feed_end(own, &err, false);
    pthread_mutex_lock(&engine->mutex);
    sl_vec_push(&engine->feeds, own);
    pthread_mutex_unlock(&engine->mutex);
  }
  feed_unref(moved ? shared : own);
  sl_arena_done(&arena);
  sl_err_done(&err);
}

static bool is_apart(const sl_subscriber *s) {
  return atomic_load(&s->apart);
}

static sl_push_state query_take(sl_push *base, size_t max, sl_push_row row, void *ctx) {
  sl_subscriber *s = (sl_subscriber *)base;
  if (is_apart(s)) go_on_alone(s);
  sl_push_state state = sl_feed_take(base, max, row, ctx);
  return state == SL_PUSH_WAIT && is_apart(s) ? SL_PUSH_ROWS : state; /* which come with the next call */
}

static sl_push_state query_take_encoded(sl_push *base, int encoding, sl_push_encode encode, sl_buf *out) {
  sl_subscriber *s = (sl_subscriber *)base;
  sl_push_state state;
  do {
    if (is_apart(s)) go_on_alone(s);
    state = sl_feed_take_encoded(base, encoding, encode, out);
  } while (state == SL_PUSH_WAIT && is_apart(s));
  return state;
}

static const sl_push_class QUERY_PUSH = {query_take, query_take_encoded, query_close};

/* ---- opening ---- */

/* How many more push queries there may be. */
static int64_t push_limit_left(sl_engine *engine, const sl_session *session) {
  pthread_mutex_lock(&engine->mutex);
  int64_t count = (int64_t)engine->pushes.len;
  pthread_mutex_unlock(&engine->mutex);
  return sl_settings_int(&session->settings, "ksql.max.push.queries") - count;
}

static int check_push_limit(sl_engine *engine, const sl_session *session, const sl_statement *stmt, sl_err *err) {
  int64_t limit = sl_settings_int(&session->settings, "ksql.max.push.queries");
  int64_t left = push_limit_left(engine, session);
  if (left > 0) return 0;
  return sl_err_set(
      err, SL_E_STATEMENT, stmt->pos,
      "Not executing statement(s) '" SL_STR_FMT "' as it would cause the number of active, push queries to "
      "exceed the configured limit. Terminate existing PUSH queries, or increase the 'ksql.max.push.queries' "
      "setting via the 'ksql-server.properties' file. Current push query count: %lld. Configured limit: %lld.",
      SL_STR_ARG(stmt->text), (long long)(limit - left), (long long)limit);
}

/* transient_<ALIAS>_<63 random bits>: the number authorises /close-query, so it comes from the log's random source. */
static sl_str push_id(sl_engine *engine, sl_str alias, sl_arena *arena) {
  sl_topic_id random;
  uint64_t number;
  sl_log_random_id(engine->log, &random);
  memcpy(&number, random.bytes + 8, sizeof number);
  for (int i = 0; i < 8; i++) number ^= (uint64_t)random.bytes[i] << (8 * i);
  return sl_str_printf(arena, "transient_" SL_STR_FMT "_%llu", SL_STR_ARG(alias), (unsigned long long)(number >> 1));
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

/* A client of a feed, whose reference it takes. */
static sl_subscriber *subscribe(sl_feed *feed, sl_push_ready ready, void *ctx, sl_str id) {
  sl_subscriber *s = sl_feed_subscribe(feed, &QUERY_PUSH, ready, ctx);
  s->base.id = sl_str_dup(&s->base.arena, id);
  s->base.text = feed->text;
  pthread_mutex_lock(&feed->engine->mutex);
  sl_vec_push(&feed->engine->pushes, s);
  pthread_mutex_unlock(&feed->engine->mutex);
  return s;
}

/* to_end_only: a pull query on a stream, which reads all there is now, wherever push queries would begin. */
static int start_feed(sl_feed *feed, const sl_session *session, bool to_end_only, sl_err *err) {
  sl_start_options *options = &feed->options;
  sl_start_options_of(&session->settings, options);
  if (to_end_only) {
    options->to_end_only = options->has_reset = true;
    options->reset = SL_RESET_EARLIEST;
  }
  return run_feed(feed, NULL, 0, err);
}

/* ---- equal queries ---- */

static void feed_key(const sl_session *session, sl_str text, sl_buf *out) {
  sl_buf_add_str(out, text);
  sl_session_key(session, out);
}

/* Are its rows the same for everyone, whenever he came? */
static bool is_sharable(const sl_plan *plan, const sl_session *session) {
  sl_start_options options;
  sl_start_options_of(&session->settings, &options);
  const sl_subtopology *sub = plan->subs;
  if (plan->sub_count != 1 || sub->source_count != 1 || sub->store_count || plan->internal_topic_count) return false;
  if (plan->last->kind != SL_PLAN_RESPONSE || ((const sl_plan_response *)plan->last)->has_limit) return false;
  return (options.has_reset ? options.reset : sub->sources[0]->reset) == SL_RESET_LATEST;
}

/* The feed of an equal query, with a reference; NULL if there is none. */
static sl_feed *find_feed(sl_engine *engine, sl_str key, uint64_t version) {
  sl_feed *found = NULL;
  pthread_mutex_lock(&engine->mutex);
  for (size_t i = engine->feeds.len; i-- > 0 && !found;) { /* the newest first: an older one may be held up */
    sl_feed *feed = sl_vec_at(&engine->feeds, i);
    if (feed->version == version && sl_str_eq(feed->key, key)) found = feed;
  }
  if (found) found->refs++;
  pthread_mutex_unlock(&engine->mutex);
  return found;
}

/* Joins an equal query; NULL when there is none to be joined, or limits are in the way (which opening one then tells).
 */
static sl_push *join(sl_engine *engine, sl_session *session, sl_str text, sl_arena *arena, sl_push_ready ready,
                     void *ctx) {
  sl_buf key = {0};
  feed_key(session, text, &key);
  sl_feed *feed = find_feed(engine, sl_buf_str(&key), sl_catalog_version(engine->cat));
  sl_buf_done(&key);
  if (!feed) return NULL;
  if (sl_feed_catch_up(feed) && push_limit_left(engine, session) > 0 &&
      !sl_budget_ask(&engine->memory.clients, CLIENT_BYTES, NULL))
    return &subscribe(feed, ready, ctx, push_id(engine, feed->alias, arena))->base;
  feed_unref(feed);
  return NULL;
}

/* ---- one of its own ---- */

/* Starts a planned query, whose reference it takes. version: of the catalog, from before it was planned. */
static int open_push(const opening *o, sl_context *ctx, sl_plan *plan, uint64_t version, bool to_end_only,
                     sl_push **out, sl_err *err) {
  sl_engine *engine = o->engine;
  bool shared = !to_end_only && is_sharable(plan, o->session);
  sl_buf key = {0};
  if (shared) feed_key(o->session, o->text, &key);
  sl_feed *feed = sl_feed_new(engine, plan, sl_buf_str(&key), o->stmt->query->from.alias, o->stmt->base.text);
  sl_buf_done(&key);
  feed->version = version;
  sl_subscriber *s = subscribe(feed, o->ready, o->ctx, plan->query_id);
  sl_vec made = {.arena = o->arena};
  int code = sl_query_make_topics(ctx, plan, &made, err);
  if (!code) code = start_feed(feed, o->session, to_end_only, err);
  if (code) {
    query_close(&s->base);
    return code;
  }
  pthread_mutex_lock(&engine->mutex);
  sl_vec_push(&engine->feeds, feed);
  pthread_mutex_unlock(&engine->mutex);
  *out = &s->base;
  return 0;
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
  sl_str id = push_id(engine, o->stmt->query->from.alias, o->arena);
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
    code = open_push(o, &context, pull ? pulled.plan : push.plan, version, pull, out, err);
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
  if (!code && !*out) *out = join(engine, session, final, &arena, ready, ctx);
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
sl_push_state sl_push_take_encoded(sl_push *push, int encoding, sl_push_encode encode, sl_buf *out) {
  return push->cls->take_encoded(push, encoding, encode, out);
}
bool sl_push_has_encoded(const sl_push *push) {
  return push->cls->take_encoded != NULL;
}
void sl_push_close(sl_push *push) {
  if (push) push->cls->close(push);
}

int sl_engine_end_push(sl_engine *engine, sl_str id, sl_err *err) {
  bool found = false;
  pthread_mutex_lock(&engine->mutex); /* a push leaves the list before it is freed */
  for (size_t i = 0; i < engine->pushes.len && !found; i++) {
    sl_subscriber *s = sl_vec_at(&engine->pushes, i);
    if (!sl_str_eq_nocase(s->base.id, id)) continue; /* TERMINATE gives it in upper case */
    found = true;
    sl_subscriber_end(s, NULL);
  }
  pthread_mutex_unlock(&engine->mutex);
  if (found) return 0;
  return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "No query with id " SL_STR_FMT, SL_STR_ARG(id));
}

bool sl_push_give_up(sl_engine *engine, uint64_t number, const sl_err *why) {
  bool found = false;
  pthread_mutex_lock(&engine->mutex);
  for (size_t i = 0; i < engine->pushes.len && !found; i++) {
    sl_feed *feed = ((sl_subscriber *)sl_vec_at(&engine->pushes, i))->feed;
    if (feed->plan->query_number != number) continue;
    found = true;
    sl_feed_end(feed, why, false);
  }
  pthread_mutex_unlock(&engine->mutex);
  return found;
}

void sl_engine_end_pushes(sl_engine *engine) {
  sl_err shutdown = {0};
  sl_err_set(&shutdown, SL_E_SHUTDOWN, SL_NO_POS, "The server is shutting down");
  atomic_store(&engine->stopping, true);
  pthread_mutex_lock(&engine->mutex);
  for (size_t i = 0; i < engine->pushes.len; i++) sl_subscriber_end(sl_vec_at(&engine->pushes, i), &shutdown);
  pthread_mutex_unlock(&engine->mutex);
  sl_err_done(&shutdown);
}

void sl_engine_push_step(sl_engine *engine) {
  int64_t now = sl_clock_wall_ms(engine->clock);
  pthread_mutex_lock(&engine->mutex);
  for (size_t i = 0; i < engine->feeds.len; i++) sl_feed_watch(sl_vec_at(&engine->feeds, i), now);
  pthread_mutex_unlock(&engine->mutex);
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
