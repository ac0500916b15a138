/* Pull queries on tables: executed on the caller's thread, in steps that the taker asks for, so that nobody waits and a
 * slow client holds a place, not rows. Plans are kept by the statement's text: the second identical statement costs a
 * lookup. Pull queries on streams are push queries that end (push.c). */
#include "engine/pulls.h"

#include <ctype.h>
#include <stdio.h>

#include "base/heap.h"

enum {
  PLAN_SETS = 128, /* of the cache; a plan, of about 30 KB, is in the set that its text's hash names */
  PLAN_WAYS = 4,
  PLAN_TEXT = 16 * 1024, /* longer statements are not kept */
  IDLE_QUERIES = 16,     /* kept with a plan for the next executions */
};

typedef struct pull_query pull_query;

/* A planned statement, shared by its executions. */
typedef struct pull_plan {
  sl_str key; /* text, settings; owned */
  uint64_t hash;
  uint64_t version; /* of the catalog */
  sl_plan *plan;
  uint64_t keeper;
  int refs;          /* cache->mutex */
  size_t held;       /* bytes counted in budget while the cache has it */
  sl_budget *budget; /* of the engine's statements */
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
  uint64_t executed, kept; /* queries so far, and those of them whose plan was kept */
};

struct pull_query {
  sl_push base;
  pull_plan *shared;
  pull_query *next_idle;
  sl_pull_query *query;
  char id[32];
  bool done;
  bool cut;      /* engine->mutex, as live: the keeper was stopped in the middle */
  sl_live *live; /* on its list between steps */
  /* rows that were read and not yet taken */
  sl_arena arena;
  sl_row *rows;
  size_t len, cap, at;
  size_t held; /* bytes of rows and arena, counted among clients */
};

/* ---- plans ---- */

sl_pull_cache *sl_pull_cache_new(void) {
  sl_pull_cache *cache = sl_heap_zalloc(sizeof *cache);
  pthread_mutex_init(&cache->mutex, NULL);
  return cache;
}

/* Counts what rows take; idle executions keep it. */
static void count_rows(pull_query *q) {
  size_t bytes = sl_arena_size(&q->arena) + q->cap * sizeof *q->rows;
  if (bytes != q->held) sl_budget_set(&q->base.engine->memory.clients, &q->held, bytes);
}

static void query_free(pull_query *q) {
  sl_budget_set(&q->base.engine->memory.clients, &q->held, 0);
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
  if (plan->held) sl_budget_give(plan->budget, plan->held);
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

/* The plan of that key, NULL if it is not kept. A plan of an older catalog is let go. Under the mutex. */
static pull_plan *plan_find(sl_pull_cache *cache, sl_str key, uint64_t hash, uint64_t version) {
  pull_plan **set = cache->plans[hash % PLAN_SETS];
  for (int w = 0; w < PLAN_WAYS; w++) {
    if (!set[w] || set[w]->hash != hash || !sl_str_eq(set[w]->key, key)) continue;
    if (set[w]->version == version) return set[w];
    plan_unref(set[w]);
    set[w] = NULL;
  }
  return NULL;
}

/* ---- statements that differ in the key only ---- */

/* A key literal cut out of a statement. */
typedef struct cut_literal {
  size_t from, to; /* in the text */
  sl_pull_literal kind;
} cut_literal;

static bool is_word(char c) {
  return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '@' || c == '#' || (unsigned char)c >= 0x80;
}

/* The statement's only literal, if it stands behind an equals sign. Quoted names and comments are not looked into. */
static bool find_literal(sl_str text, cut_literal *out) {
  char before = 0; /* the last character that is no space */
  bool found = false;
  for (size_t i = 0; i < text.len;) {
    char c = text.ptr[i];
    size_t end = i + 1;
    if (c == '`' || c == '"' || c == '$' || (c == '-' && before == '-') || (c == '*' && before == '/')) return false;
    bool quote = c == '\'', digit = isdigit((unsigned char)c);
    if (quote) {
      while (end < text.len && (text.ptr[end] != '\'' || (end + 1 < text.len && text.ptr[end + 1] == '\'')))
        end += text.ptr[end] == '\'' ? 2 : 1;
      if (end++ >= text.len) return false;
    } else if (is_word(c)) {
      while (end < text.len && is_word(text.ptr[end])) digit &= isdigit((unsigned char)text.ptr[end++]) != 0;
    }
    if (quote || isdigit((unsigned char)c)) {
      if (found || before != '=' || (!quote && (!digit || end - i > 18))) return false;
      *out = (cut_literal){i, end, quote ? SL_PULL_STRING : SL_PULL_INTEGER};
      found = true;
    }
    if (!isspace((unsigned char)c)) before = text.ptr[end - 1];
    i = end;
  }
  return found;
}

/* Its value; false when it is none of the key's type. The text of a string is put into out. */
static bool literal_value(sl_str text, const cut_literal *cut, const sl_type *type, sl_buf *out, sl_value *value) {
  sl_str literal = sl_str_n(text.ptr + cut->from, cut->to - cut->from);
  if (cut->kind == SL_PULL_INTEGER) {
    int64_t n;
    if (!sl_str_int64(literal, &n) || (type->base == SL_INTEGER && n > INT32_MAX)) return false;
    *value = sl_of_i64(n);
    return true;
  }
  sl_buf_reset(out);
  for (size_t i = 1; i + 1 < literal.len; i++) {
    sl_buf_add(out, literal.ptr + i, 1);
    if (literal.ptr[i] == '\'') i++; /* written twice */
  }
  *value = sl_of_str(sl_buf_str(out));
  return true;
}

/* Keeps a plan, unless there is no memory for it. Under the mutex. */
static void plan_keep(sl_pull_cache *cache, pull_plan *plan, sl_budget *statements) {
  size_t bytes = sizeof *plan + plan->key.len + sl_arena_size(plan->plan->arena);
  if (!sl_budget_try_take(statements, bytes)) return;
  plan->held = bytes;
  plan->budget = statements;
  pull_plan **set = cache->plans[plan->hash % PLAN_SETS];
  int at = -1;
  for (int w = 0; w < PLAN_WAYS; w++)
    if (!set[w] || set[w]->version != plan->version ||
        (set[w]->hash == plan->hash && sl_str_eq(set[w]->key, plan->key)))
      at = w;
  if (at < 0) at = (int)(cache->turn++ % PLAN_WAYS);
  plan_unref(set[at]);
  plan->refs++;
  set[at] = plan;
}

/* Text, without its literal if cut is given, and settings of the session: what a plan follows from, beside the catalog.
 * False when it is too long to keep. */
static bool plan_key(const sl_session *session, sl_str text, const cut_literal *cut, sl_buf *out) {
  static const char *const MARKS[] = {[SL_PULL_STRING] = "\1", [SL_PULL_INTEGER] = "\2"};
  if (text.len > PLAN_TEXT) return false;
  sl_buf_add(out, text.ptr, cut ? cut->from : text.len);
  if (cut) sl_buf_add_z(out, MARKS[cut->kind]);
  if (cut) sl_buf_add(out, text.ptr + cut->to, text.len - cut->to);
  sl_session_key(session, out);
  return out->len <= 2 * PLAN_TEXT;
}

/* ---- limits ---- */

static int refuse(sl_err *err, const char *what, int64_t limit, const char *unit) {
  return sl_err_set(err, SL_E_LIMIT, SL_NO_POS, "Host is at %s limit for pull queries. Currently set to %lld %s.", what,
                    (long long)limit, unit);
}

/* Under the cache's mutex. */
static int admit(sl_engine *engine, sl_err *err) {
  const sl_settings *settings = engine->settings;
  int64_t qps = sl_settings_int(settings, "ksql.query.pull.max.qps");
  int64_t most = sl_settings_int(settings, "ksql.query.pull.max.concurrent.requests");
  int64_t megabytes = sl_settings_int(settings, "ksql.query.pull.max.hourly.bandwidth.megabytes");
  engine->pulls->executed++;
  if (qps == INT32_MAX && most == INT32_MAX && megabytes == INT32_MAX) return 0;
  sl_pull_cache *cache = engine->pulls;
  int64_t second = sl_clock_wall_ms(engine->clock) / 1000;
  int rc = 0;
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
  return rc;
}

void sl_push_count_bytes(sl_push *push, size_t bytes) {
  if (!sl_push_is_pull(push)) return;
  sl_pull_cache *cache = push->engine->pulls;
  pthread_mutex_lock(&cache->mutex);
  cache->hour_bytes += (int64_t)bytes;
  pthread_mutex_unlock(&cache->mutex);
}

void sl_pull_counts_get(sl_pull_cache *cache, sl_pull_counts *out) {
  pthread_mutex_lock(&cache->mutex);
  *out = (sl_pull_counts){.active = cache->active, .executed = cache->executed, .kept = cache->kept};
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

/* The keeper, pinned; NULL when it is gone. A reading stays with the one it began with. */
static sl_live *pin_keeper(pull_query *q) {
  sl_engine *engine = q->base.engine;
  pthread_mutex_lock(&engine->mutex);
  sl_live *live = q->cut ? NULL : q->live ? q->live : sl_live_at(engine, q->shared->keeper);
  if (live) live->pins++;
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
  int rc = 0;
  sl_arena_reset(&q->arena);
  q->len = q->at = 0;
  while (!rc && !q->done && !q->len) { /* between steps the keeper may be stopped */
    sl_live *live = pin_keeper(q);
    if (live && live->running)
      rc = sl_pull_query_step(q->query, live->running, on_row, q, &q->done, err);
    else
      rc = stopped(err);
    count_rows(q);
    if (rc) q->done = true;
    if (q->done && live) sl_pull_query_end(q->query);
    if (live) unpin_keeper(q, live);
  }
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

/* Executes a plan (whose reference it takes, with an idle execution if there was one) as far as the first rows, so that
 * what fails at once is an error of the statement. */
static int execute(sl_engine *engine, pull_plan *plan, pull_query *q, const sl_value *key, sl_push **out, sl_err *err) {
  sl_pull_cache *cache = engine->pulls;
  if (!q) q = query_new(engine, plan, err);
  if (!q) {
    pthread_mutex_lock(&cache->mutex);
    cache->active--;
    plan_unref(plan);
    pthread_mutex_unlock(&cache->mutex);
    return err ? err->code : SL_E_INTERNAL;
  }
  q->shared = plan;
  q->done = q->cut = q->base.ended = false;
  q->len = q->at = 0;
  q->base.schema = plan->plan->schema;
  snprintf(q->id, sizeof q->id, "query_%lld", (long long)sl_clock_wall_ms(engine->clock));
  q->base.id = sl_str_of(q->id);
  sl_pull_query_begin(q->query, key);
  int rc = read_more(q, err);
  if (rc)
    pull_close(&q->base);
  else
    *out = &q->base;
  return rc;
}

/* A kept plan under a key, with an idle execution if there is one: both are the caller's, which counts as active. *rc
 * is set when a limit refuses it. */
static pull_plan *take_kept(sl_engine *engine, sl_str key, bool lookups_only, pull_query **idle, int *rc, sl_err *err) {
  sl_pull_cache *cache = engine->pulls;
  uint64_t hash = sl_str_hash(key);
  pthread_mutex_lock(&cache->mutex);
  pull_plan *plan = plan_find(cache, key, hash, sl_catalog_version(engine->cat));
  if (plan && lookups_only && plan->plan->state->access.scan) plan = NULL;
  if (plan) *rc = admit(engine, err);
  if (plan && !*rc) {
    plan->refs++;
    cache->active++;
    cache->kept++;
    *idle = plan->idle;
    if (*idle) plan->idle = (*idle)->next_idle;
    if (*idle) plan->idle_count--;
  }
  pthread_mutex_unlock(&cache->mutex);
  return plan;
}

int sl_pull_execute_kept(sl_engine *engine, sl_session *session, sl_str text, bool lookups_only, sl_push **out,
                         sl_err *err) {
  sl_buf key = {0}, string = {0};
  cut_literal cut;
  sl_value value;
  bool has_literal = find_literal(text, &cut);
  pull_query *idle = NULL;
  pull_plan *plan = NULL;
  int rc = 0;
  *out = NULL;
  for (int cut_out = has_literal; !plan && cut_out >= 0; cut_out--) {
    sl_buf_reset(&key);
    if (!plan_key(session, text, cut_out ? &cut : NULL, &key)) break;
    bool fits = !cut_out || literal_value(text, &cut, cut.kind == SL_PULL_STRING ? &SL_TYPE_STRING : &SL_TYPE_INTEGER,
                                          &string, &value); /* then it does as a BIGINT, too */
    if (!fits) continue;
    plan = take_kept(engine, sl_buf_str(&key), lookups_only, &idle, &rc, err);
    if (!plan || rc) continue;
    rc = execute(engine, plan, idle, cut_out ? &value : NULL, out, err);
  }
  sl_buf_done(&key);
  sl_buf_done(&string);
  return rc;
}

int sl_pull_open(sl_context *ctx, uint64_t version, sl_str text, const sl_pull_plan *planned, sl_push **out,
                 sl_err *err) {
  sl_engine *engine = ctx->engine;
  sl_pull_cache *cache = engine->pulls;
  pull_plan *plan = sl_heap_zalloc(sizeof *plan);
  sl_buf key = {0};
  cut_literal cut;
  bool shared = planned->literal != SL_PULL_OTHER && find_literal(text, &cut) && cut.kind == planned->literal;
  bool keep = planned->fixed && plan_key(ctx->session, text, shared ? &cut : NULL, &key);
  plan->key = sl_str_n(sl_heap_strndup(key.data ? (const char *)key.data : "", key.len), key.len);
  sl_buf_done(&key);
  plan->hash = sl_str_hash(plan->key);
  plan->version = version;
  plan->plan = sl_plan_ref(planned->plan);
  plan->keeper = planned->keeper;
  plan->refs = 1;
  pthread_mutex_lock(&cache->mutex);
  int rc = admit(engine, err);
  if (!rc) cache->active++;
  if (!rc && keep) plan_keep(cache, plan, &engine->memory.statements);
  if (rc) plan_unref(plan);
  pthread_mutex_unlock(&cache->mutex);
  return rc ? rc : execute(engine, plan, NULL, NULL, out, err);
}
