/* Pull queries on tables: executed on the caller's thread, in steps that the taker asks for, so that nobody waits and a
 * slow client holds a place, not rows. Plans are kept by the statement's text: the second identical statement costs a
 * lookup. Pull queries on streams are push queries that end (push.c). */
#include "engine/pulls.h"

#include <stdio.h>

#include "base/heap.h"

enum {
  PLAN_SETS = 512, /* of the cache; a statement's plan is in the set that its text's hash names */
  PLAN_WAYS = 4,
  PLAN_TEXT = 16 * 1024, /* longer statements are not kept */
  IDLE_QUERIES = 16,     /* kept with a plan for the next executions */
};

typedef struct pull_query pull_query;

/* A planned statement, shared by its executions. */
typedef struct pull_plan {
  sl_str key; /* text and settings; owned */
  uint64_t hash;
  uint64_t version; /* of the catalog */
  sl_str text;      /* of the statement; in key */
  sl_plan *plan;
  uint64_t keeper;
  int refs; /* cache->mutex */
  pull_query *idle;
  int idle_count;
} pull_plan;

struct sl_pull_cache {
  pthread_mutex_t mutex;
  pull_plan *plans[PLAN_SETS][PLAN_WAYS];
  unsigned turn; /* whose place is taken next */
  /* limits of pull queries, under mutex */
  int64_t second, started, active;
  int64_t hour, hour_bytes;
};

struct pull_query {
  sl_push base;
  pull_plan *shared;
  pull_query *next_idle;
  sl_pull_query *query;
  char id[32];
  bool done, cut;
  sl_live *live; /* engine->mutex: on its list between steps */
  /* rows that were read and not yet taken */
  sl_arena arena;
  sl_row *rows;
  size_t len, cap, at;
};

/* ---- plans ---- */

sl_pull_cache *sl_pull_cache_new(void) {
  sl_pull_cache *cache = sl_heap_zalloc(sizeof *cache);
  pthread_mutex_init(&cache->mutex, NULL);
  return cache;
}

static void query_free(pull_query *q) {
  sl_pull_query_free(q->query);
  sl_arena_done(&q->arena);
  sl_heap_free(q->rows);
  sl_push_done(&q->base);
  sl_heap_free(q);
}

/* Under the cache's mutex. */
static void plan_unref(pull_plan *plan) {
  if (!plan || --plan->refs) return;
  while (plan->idle) {
    pull_query *q = plan->idle;
    plan->idle = q->next_idle;
    query_free(q);
  }
  sl_plan_unref(plan->plan);
  sl_heap_free((void *)(uintptr_t)plan->key.ptr);
  sl_heap_free(plan);
}

void sl_pull_cache_free(sl_pull_cache *cache) {
  if (!cache) return;
  for (int s = 0; s < PLAN_SETS; s++)
    for (int w = 0; w < PLAN_WAYS; w++) plan_unref(cache->plans[s][w]);
  pthread_mutex_destroy(&cache->mutex);
  sl_heap_free(cache);
}

/* A reference to the plan of that key, NULL if it is not kept. A plan of an older catalog is let go. */
static pull_plan *plan_find(sl_pull_cache *cache, sl_str key, uint64_t hash, uint64_t version) {
  pull_plan **set = cache->plans[hash % PLAN_SETS], *found = NULL;
  pthread_mutex_lock(&cache->mutex);
  for (int w = 0; !found && w < PLAN_WAYS; w++) {
    if (!set[w] || set[w]->hash != hash || !sl_str_eq(set[w]->key, key)) continue;
    if (set[w]->version == version) {
      found = set[w];
      found->refs++;
      continue;
    }
    plan_unref(set[w]);
    set[w] = NULL;
  }
  pthread_mutex_unlock(&cache->mutex);
  return found;
}

static void plan_keep(sl_pull_cache *cache, pull_plan *plan) {
  pull_plan **set = cache->plans[plan->hash % PLAN_SETS];
  pthread_mutex_lock(&cache->mutex);
  int at = -1;
  for (int w = 0; w < PLAN_WAYS; w++)
    if (!set[w] || set[w]->version != plan->version ||
        (set[w]->hash == plan->hash && sl_str_eq(set[w]->key, plan->key)))
      at = w;
  if (at < 0) at = (int)(cache->turn++ % PLAN_WAYS);
  plan_unref(set[at]);
  plan->refs++;
  set[at] = plan;
  pthread_mutex_unlock(&cache->mutex);
}

/* Text and settings of the session: what a plan follows from, beside the catalog. False when it is too long to keep. */
static bool plan_key(const sl_session *session, sl_str text, sl_buf *out) {
  if (text.len > PLAN_TEXT) return false;
  sl_buf_add_str(out, text);
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&session->settings.values, &at));) {
    sl_buf_add_byte(out, '\0');
    sl_buf_add_str(out, e->key);
    sl_buf_add_byte(out, '=');
    sl_buf_add_z(out, e->value);
  }
  return out->len <= 2 * PLAN_TEXT;
}

/* ---- limits ---- */

static int refuse(sl_err *err, const char *what, int64_t limit, const char *unit) {
  return sl_err_set(err, SL_E_LIMIT, SL_NO_POS, "Host is at %s limit for pull queries. Currently set to %lld %s.", what,
                    (long long)limit, unit);
}

static int admit(sl_engine *engine, sl_err *err) {
  const sl_settings *settings = engine->settings;
  int64_t qps = sl_settings_int(settings, "ksql.query.pull.max.qps");
  int64_t most = sl_settings_int(settings, "ksql.query.pull.max.concurrent.requests");
  int64_t megabytes = sl_settings_int(settings, "ksql.query.pull.max.hourly.bandwidth.megabytes");
  if (qps == INT32_MAX && most == INT32_MAX && megabytes == INT32_MAX) return 0;
  sl_pull_cache *cache = engine->pulls;
  int64_t second = sl_clock_wall_ms(engine->clock) / 1000;
  int rc = 0;
  pthread_mutex_lock(&cache->mutex);
  if (second != cache->second) cache->started = 0;
  if (second / 3600 != cache->hour) cache->hour_bytes = 0;
  cache->second = second;
  cache->hour = second / 3600;
  if (cache->started >= qps)
    rc = refuse(err, "rate", qps, "qps");
  else if (cache->active >= most)
    rc = refuse(err, "concurrency", most, "maximum concurrent operations");
  else if (cache->hour_bytes >= megabytes << 20)
    rc = sl_err_set(err, SL_E_LIMIT, SL_NO_POS, "Host is at bandwidth rate limit for pull queries.");
  else
    cache->started++;
  pthread_mutex_unlock(&cache->mutex);
  return rc;
}

static void count_active(sl_pull_cache *cache, int by) {
  pthread_mutex_lock(&cache->mutex);
  cache->active += by;
  pthread_mutex_unlock(&cache->mutex);
}

void sl_push_count_bytes(sl_push *push, size_t bytes) {
  if (!sl_push_is_pull(push)) return;
  sl_pull_cache *cache = push->engine->pulls;
  pthread_mutex_lock(&cache->mutex);
  cache->hour_bytes += (int64_t)bytes;
  pthread_mutex_unlock(&cache->mutex);
}

/* ---- reading ---- */

static void on_row(void *ctx, const sl_row *row, const sl_layout *layout) {
  pull_query *q = ctx;
  if (q->len == q->cap) {
    q->cap = q->cap ? 2 * q->cap : 8;
    q->rows = sl_heap_realloc(q->rows, q->cap * sizeof *q->rows);
  }
  sl_row *copy = &q->rows[q->len++];
  *copy = (sl_row){.timestamp = row->timestamp};
  copy->values = sl_arena_alloc(&q->arena, (size_t)layout->count * sizeof(sl_value) + 1);
  for (int i = 0; i < layout->count; i++)
    copy->values[i] = sl_value_copy(&q->arena, layout->slots[i].type, &row->values[i]);
}

static int stopped(sl_err *err) {
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Materializing query has been stopped");
}

/* The keeper, pinned; NULL when it is gone. */
static sl_live *pin_keeper(pull_query *q) {
  sl_live *live = NULL;
  sl_engine *engine = q->base.engine;
  if (q->cut) return NULL;
  pthread_mutex_lock(&engine->mutex);
  live = q->live ? q->live : sl_live_at(engine, q->shared->keeper);
  if (live && !q->cut) live->pins++;
  if (q->cut) live = NULL;
  pthread_mutex_unlock(&engine->mutex);
  return live;
}

/* Lets go of the keeper; while the reading goes on it is on the keeper's list, so that a stop can cut it off. */
static void unpin_keeper(pull_query *q, sl_live *live) {
  sl_engine *engine = q->base.engine;
  pthread_mutex_lock(&engine->mutex);
  if (!q->done && !q->live) {
    sl_vec_push(&live->pulls, q);
    q->live = live;
  }
  for (size_t i = 0; q->done && q->live && i < live->pulls.len; i++)
    if (sl_vec_at(&live->pulls, i) == q) sl_vec_remove(&live->pulls, i--);
  if (q->done) q->live = NULL;
  if (!--live->pins) pthread_cond_broadcast(&engine->unpinned);
  pthread_mutex_unlock(&engine->mutex);
}

/* Reads until there are rows or the end. */
static int read_more(pull_query *q, sl_err *err) {
  sl_arena_reset(&q->arena);
  q->len = q->at = 0;
  sl_live *live = pin_keeper(q);
  int rc = !live || !live->running ? stopped(err) : 0;
  if (rc) q->done = true;
  while (!rc && !q->done && !q->len) rc = sl_pull_query_step(q->query, live->running, on_row, q, &q->done, err);
  if (q->done && live) sl_pull_query_end(q->query);
  if (live) unpin_keeper(q, live);
  return rc;
}

void sl_pulls_cut(sl_live *live) {
  for (size_t i = 0; i < live->pulls.len; i++) {
    pull_query *q = sl_vec_at(&live->pulls, i);
    sl_pull_query_end(q->query);
    q->cut = true;
    q->live = NULL;
  }
  sl_vec_done(&live->pulls);
}

static sl_push_state pull_take(sl_push *base, size_t max, sl_push_row row, void *ctx) {
  pull_query *q = (pull_query *)base;
  for (; max > 0; max--) {
    if (q->at == q->len && !q->done && read_more(q, &base->err)) base->ended = true;
    if (q->at == q->len) {
      base->ended = true;
      return SL_PUSH_DONE;
    }
    row(ctx, &q->rows[q->at++], &q->shared->plan->schema, false);
  }
  return SL_PUSH_ROWS;
}

static void pull_close(sl_push *base) {
  pull_query *q = (pull_query *)base;
  sl_pull_cache *cache = base->engine->pulls;
  pull_plan *shared = q->shared;
  sl_live *live = q->done ? NULL : pin_keeper(q);
  q->done = true;
  if (live) {
    sl_pull_query_end(q->query);
    unpin_keeper(q, live);
  }
  sl_err_done(&base->err);
  pthread_mutex_lock(&cache->mutex);
  cache->active--;
  bool keep = shared->refs > 1 && shared->idle_count < IDLE_QUERIES; /* the cache has it, too */
  if (keep) {
    q->next_idle = shared->idle;
    shared->idle = q;
    shared->idle_count++;
  }
  plan_unref(shared);
  pthread_mutex_unlock(&cache->mutex);
  if (!keep) query_free(q);
}

static const sl_push_class PULL = {.take = pull_take, .close = pull_close};

/* ---- opening ---- */

static pull_query *take_idle(sl_pull_cache *cache, pull_plan *plan) {
  pthread_mutex_lock(&cache->mutex);
  pull_query *q = plan->idle;
  if (q) {
    plan->idle = q->next_idle;
    plan->idle_count--;
  }
  pthread_mutex_unlock(&cache->mutex);
  return q;
}

static pull_query *query_new(sl_engine *engine, pull_plan *plan, sl_err *err) {
  sl_pull_query *inner = sl_pull_query_new(plan->plan, err);
  if (!inner) return NULL;
  pull_query *q = sl_heap_zalloc(sizeof *q);
  sl_push_init(&q->base, &PULL, engine, NULL, NULL);
  sl_arena_init(&q->arena, 0);
  q->query = inner;
  q->base.pull = true;
  return q;
}

/* Executes a plan (whose reference it takes) as far as the first rows, so that what fails at once is an error of the
 * statement. */
static int execute(sl_engine *engine, pull_plan *plan, sl_push **out, sl_err *err) {
  sl_pull_cache *cache = engine->pulls;
  pull_query *q = take_idle(cache, plan);
  if (!q) q = query_new(engine, plan, err);
  if (!q) {
    pthread_mutex_lock(&cache->mutex);
    plan_unref(plan);
    pthread_mutex_unlock(&cache->mutex);
    return err ? err->code : SL_E_INTERNAL;
  }
  q->shared = plan;
  q->done = q->cut = q->base.ended = false;
  q->len = q->at = 0;
  q->base.schema = plan->plan->schema;
  q->base.text = plan->text;
  snprintf(q->id, sizeof q->id, "query_%lld", (long long)sl_clock_wall_ms(engine->clock));
  q->base.id = sl_str_of(q->id);
  count_active(cache, 1);
  sl_pull_query_begin(q->query);
  int rc = read_more(q, err);
  if (rc)
    pull_close(&q->base);
  else
    *out = &q->base;
  return rc;
}

int sl_pull_execute_kept(sl_engine *engine, sl_session *session, sl_str text, sl_push **out, sl_err *err) {
  sl_buf key = {0};
  pull_plan *plan = NULL;
  if (plan_key(session, text, &key)) {
    sl_str k = sl_buf_str(&key);
    plan = plan_find(engine->pulls, k, sl_str_hash(k), sl_catalog_version(engine->cat));
  }
  sl_buf_done(&key);
  *out = NULL;
  if (!plan) return 0;
  int rc = admit(engine, err);
  if (!rc) return execute(engine, plan, out, err);
  pthread_mutex_lock(&engine->pulls->mutex);
  plan_unref(plan);
  pthread_mutex_unlock(&engine->pulls->mutex);
  return rc;
}

int sl_pull_open(sl_context *ctx, uint64_t version, const sl_stmt_query *stmt, sl_str text, const sl_pull_plan *planned,
                 sl_push **out, sl_err *err) {
  sl_engine *engine = ctx->engine;
  int rc = admit(engine, err);
  if (rc) return rc;
  pull_plan *plan = sl_heap_zalloc(sizeof *plan);
  sl_buf key = {0};
  bool keep = plan_key(ctx->session, text, &key) && planned->fixed;
  if (!key.len) sl_buf_add_str(&key, stmt->base.text);
  plan->key = sl_str_n(sl_heap_strndup(key.data ? (const char *)key.data : "", key.len), key.len);
  sl_buf_done(&key);
  plan->hash = sl_str_hash(plan->key);
  plan->text = sl_str_n(plan->key.ptr, text.len < plan->key.len ? text.len : plan->key.len);
  plan->version = version;
  plan->plan = sl_plan_ref(planned->plan);
  plan->keeper = planned->keeper;
  plan->refs = 1;
  if (keep) plan_keep(engine->pulls, plan);
  return execute(engine, plan, out, err);
}
