/* Chunks of rows between the worker of a transient query and its clients.
 *
 * The worker copies rows into the last chunk; each subscriber holds a place in the list of chunks. A chunk that all
 * have left is used again. Rows never change once they are in, so a subscriber reads them without a lock; their bytes
 * in a framing are made when the first one asks for them and serve all others.
 *
 * The list is bounded: when it is full the worker is refused, and the query waits (back-pressure) until the slowest has
 * gone on. Nobody skips a row. But for one who keeps others waiting for SLOW_MS they wait no more: it gives up its
 * place in the chunks and keeps the offsets of what it has read. When it asks for rows again it gets a query of its
 * own, which begins there (push.c). Who takes none of the rows that are there for STUCK_MS is ended, alone or not. */
#include "engine/feed.h"

#include <time.h>

#include "base/heap.h"

enum {
  CHUNK_ROWS = 500,
  CHUNK_BYTES = 512 * 1024, /* a chunk that holds as much takes no more */
  CHUNKS_ALONE = 2,         /* at most, for one subscriber */
  CHUNKS_SHARED = 16,       /* for several, which are never at the same place */
  COUNT_ROWS = 50,
  SLOW_MS = 5000,
  STUCK_MS = 10 * 60 * 1000, /* http-api.md 9.6 */
  CATCH_UP_TRIES = 20,
  CATCH_UP_NS = 500 * 1000,
};

/* Rows in a framing, one behind the other. */
typedef struct encoded {
  sl_buf bytes;
  size_t rows;
  size_t ends[CHUNK_ROWS];
} encoded;

/* Where a row came from. */
typedef struct row_from {
  int32_t partition;
  int64_t offset;
} row_from;

struct sl_feed_chunk {
  sl_feed_chunk *next;
  uint64_t number; /* of its first row */
  int readers;     /* subscribers whose place is in it */
  size_t len;
  sl_arena arena;
  sl_row rows[CHUNK_ROWS];
  row_from *from;        /* of shared feeds: each row's */
  sl_feed_place *places; /* and the feed's places before the first one */
  encoded encoded[SL_PUSH_ENCODINGS];
};

/* ---- chunks; all under the feed's mutex ---- */

static size_t chunk_held(const sl_feed_chunk *c) {
  size_t bytes = sl_arena_size(&c->arena);
  for (int i = 0; i < SL_PUSH_ENCODINGS; i++) bytes += c->encoded[i].bytes.cap;
  return bytes;
}

/* Counts the chunks' memory. */
static void count(sl_feed *feed) {
  size_t bytes = 0;
  for (const sl_feed_chunk *c = feed->first; c; c = c->next) bytes += chunk_held(c);
  if (feed->spare) bytes += chunk_held(feed->spare);
  sl_budget_set(&feed->engine->memory.clients, &feed->held, bytes);
}

static void chunk_free(sl_feed_chunk *c) {
  if (!c) return;
  for (int i = 0; i < SL_PUSH_ENCODINGS; i++) sl_buf_done(&c->encoded[i].bytes);
  sl_arena_done(&c->arena);
  sl_heap_free(c);
}

static sl_feed_place *copy_places(const sl_feed *feed, const sl_feed_place *places, sl_arena *arena) {
  sl_feed_place *copy = sl_arena_calloc(arena, (size_t)feed->partitions + 1, sizeof *copy);
  memcpy(copy, places, (size_t)feed->partitions * sizeof *copy);
  return copy;
}

static void add_chunk(sl_feed *feed) {
  sl_feed_chunk *c = feed->spare;
  feed->spare = NULL;
  if (!c) {
    c = sl_heap_zalloc(sizeof *c);
    sl_arena_init(&c->arena, 0);
  }
  if (feed->last) {
    c->number = feed->last->number + feed->last->len;
    feed->last->next = c;
  } else {
    feed->first = c;
  }
  feed->last = c;
  feed->chunks++;
  if (!feed->places) return;
  c->from = sl_arena_alloc(&c->arena, CHUNK_ROWS * sizeof *c->from);
  c->places = copy_places(feed, feed->places, &c->arena);
}

/* Empties a chunk that nobody reads and keeps it for the next rows. */
static void retire(sl_feed *feed, sl_feed_chunk *c) {
  feed->chunks--;
  if (feed->spare || sl_arena_size(&c->arena) >= CHUNK_BYTES) { /* one that has grown would be full at once */
    chunk_free(c);
    return;
  }
  sl_arena_reset(&c->arena);
  for (int i = 0; i < SL_PUSH_ENCODINGS; i++) {
    sl_buf_reset(&c->encoded[i].bytes);
    c->encoded[i].rows = 0;
  }
  c->next = NULL;
  c->len = 0;
  feed->spare = c;
}

static int most_chunks(const sl_feed *feed) {
  return feed->reading > 1 ? CHUNKS_SHARED : CHUNKS_ALONE;
}

static bool chunk_full(const sl_feed_chunk *c) {
  return c->len == CHUNK_ROWS || sl_arena_size(&c->arena) >= CHUNK_BYTES;
}

/* Retires what all have read. true: the worker has room again and must be told. */
static bool trim(sl_feed *feed) {
  bool any = false;
  while (feed->first != feed->last && !feed->first->readers) {
    sl_feed_chunk *c = feed->first;
    feed->first = c->next;
    retire(feed, c);
    any = true;
  }
  if (any) count(feed);
  bool resume = feed->refused && (feed->chunks < most_chunks(feed) || !chunk_full(feed->last));
  if (resume) feed->refused = false;
  return resume;
}

static uint64_t rows_so_far(const sl_feed *feed) {
  return feed->last->number + feed->last->len;
}

/* ---- who waits ---- */

static void wait_on(sl_subscriber **list, sl_subscriber *s) {
  if (s->link) return;
  s->next = *list;
  if (s->next) s->next->link = &s->next;
  *list = s;
  s->link = list;
}

static void wait_no_more(sl_subscriber *s) {
  if (!s->link) return;
  *s->link = s->next;
  if (s->next) s->next->link = s->link;
  s->next = NULL;
  s->link = NULL;
}

/* Tells one on a list. Under the mutex: so none is told once it has left. */
static void tell(sl_subscriber *s) {
  wait_no_more(s);
  if (s->base.ready) s->base.ready(s->base.ready_ctx);
}

/* Tells all who wait, few at a time, so that those told need not wait for the mutex until the last one has been. */
static void tell_all(sl_feed *feed) {
  enum { AT_ONCE = 8 };
  sl_subscriber *list;
  pthread_mutex_lock(&feed->mutex);
  list = feed->waiting;
  feed->waiting = NULL;
  if (list) list->link = &list;
  while (list) {
    for (int i = 0; list && i < AT_ONCE; i++) tell(list);
    pthread_mutex_unlock(&feed->mutex);
    pthread_mutex_lock(&feed->mutex);
  }
  pthread_mutex_unlock(&feed->mutex);
}

/* ---- the worker's side ---- */

static void advance(sl_feed_place *places, const row_from *from) {
  sl_feed_place *place = &places[from->partition];
  *place = (sl_feed_place){from->offset, place->rows && place->offset == from->offset ? place->rows + 1 : 1};
}

static void copy_row(sl_feed *feed, const sl_row *row, const sl_layout *layout) {
  sl_feed_chunk *c = feed->last;
  if (feed->places) {
    c->from[c->len] = (row_from){row->origin->partition, row->origin->offset};
    advance(feed->places, &c->from[c->len]);
  }
  sl_row *copy = &c->rows[c->len++];
  *copy = (sl_row){.timestamp = row->timestamp,
                   .flags = row->flags & ~(uint32_t)SL_ROW_HAS_OLD,
                   .window_start = row->window_start,
                   .window_end = row->window_end};
  copy->values = sl_arena_alloc(&c->arena, (size_t)layout->count * sizeof(sl_value));
  for (int i = 0; i < layout->count; i++)
    copy->values[i] = sl_value_copy(&c->arena, layout->slots[i].type, &row->values[i]);
}

/* Has the client had the row from the feed that it shared before? */
static bool had_before(sl_feed *feed, const sl_row *row) {
  sl_feed_place *place = feed->skip ? &feed->skip[row->origin->partition] : NULL;
  if (!place || !place->rows || place->offset != row->origin->offset) return false;
  place->rows--;
  return true;
}

static bool on_row(void *ctx, const sl_row *row, const sl_layout *layout) {
  sl_feed *feed = ctx;
  pthread_mutex_lock(&feed->mutex);
  if (had_before(feed, row)) {
    pthread_mutex_unlock(&feed->mutex);
    return true;
  }
  bool full = chunk_full(feed->last), taken = !full || feed->chunks < most_chunks(feed);
  if (taken && full) add_chunk(feed);
  if (taken) {
    copy_row(feed, row, layout);
    if (feed->last->len % COUNT_ROWS == 0) count(feed);
  } else if (!feed->refused) {
    feed->refused = true;
    feed->refused_ms = sl_clock_wall_ms(feed->engine->clock);
  }
  pthread_mutex_unlock(&feed->mutex);
  return taken;
}

static void on_rows_done(void *ctx) {
  tell_all(ctx);
}

static void on_end(void *ctx, const sl_err *err, bool limit_reached) {
  sl_feed_end(ctx, err, limit_reached);
}

sl_response sl_feed_response(sl_feed *feed) {
  return (sl_response){.row = on_row, .rows_done = on_rows_done, .end = on_end, .ctx = feed};
}

/* ---- a subscriber's side ---- */

/* Goes on to the chunk with its next row. true: the worker must be told that there is room. */
static bool go_on(sl_subscriber *s) {
  sl_feed_chunk *before = s->chunk;
  while (s->at == s->chunk->len && s->chunk->next) {
    s->chunk->readers--;
    s->chunk = s->chunk->next;
    s->chunk->readers++;
    s->at = 0;
  }
  return s->chunk != before && trim(s->feed);
}

/* How many rows it may take from its chunk; 0: *state tells why. */
static size_t available(sl_subscriber *s, bool *resume, sl_push_state *state) {
  sl_feed *feed = s->feed;
  size_t rows = 0;
  *resume = s->chunk && go_on(s);
  if (s->chunk) {
    uint64_t left = s->stop_at - (s->chunk->number + s->at);
    rows = s->chunk->len - s->at;
    if (left < rows) rows = (size_t)left;
  }
  *state = SL_PUSH_ROWS;
  if (rows) return rows;
  bool stopped = s->stop_at != UINT64_MAX;
  bool apart = atomic_load(&s->apart); /* it has more rows, elsewhere */
  *state = stopped || (feed->ended && !apart) ? SL_PUSH_DONE : SL_PUSH_WAIT;
  if (*state == SL_PUSH_WAIT && !apart) wait_on(&feed->waiting, s);
  if (*state == SL_PUSH_DONE && !s->base.ended) {
    s->base.ended = true;
    s->base.limit_reached = !stopped && feed->limit_reached;
    if (!stopped && feed->err.code) sl_err_set(&s->base.err, feed->err.code, feed->err.pos, "%s", feed->err.message);
  }
  return 0;
}

static void resume_query(sl_feed *feed, bool resume) {
  if (resume && feed->running) sl_running_resume(feed->running);
}

sl_push_state sl_feed_take(sl_push *base, size_t max, sl_push_row row, void *ctx) {
  sl_subscriber *s = (sl_subscriber *)base;
  sl_feed *feed = s->feed;
  while (max > 0) {
    bool resume;
    sl_push_state state;
    pthread_mutex_lock(&feed->mutex);
    size_t n = available(s, &resume, &state);
    sl_feed_chunk *c = s->chunk;
    size_t at = s->at;
    s->taking = n > 0;
    pthread_mutex_unlock(&feed->mutex);
    resume_query(feed, resume);
    if (!n) return state;
    if (n > max) n = max;
    for (size_t i = 0; i < n; i++) { /* nobody changes them, and the chunk stays while this one's place is in it */
      const sl_row *r = &c->rows[at + i];
      row(ctx, r, &base->schema, r->flags & SL_ROW_VALUE_ABSENT);
    }
    pthread_mutex_lock(&feed->mutex);
    s->at += n;
    s->taking = false;
    pthread_mutex_unlock(&feed->mutex);
    max -= n;
  }
  return SL_PUSH_ROWS;
}

/* Brings a chunk's bytes up to its rows. */
static void encode_rows(sl_feed *feed, sl_feed_chunk *c, int encoding, sl_push_encode encode) {
  encoded *e = &c->encoded[encoding];
  for (; e->rows < c->len; e->rows++) {
    const sl_row *r = &c->rows[e->rows];
    encode(encoding, &e->bytes, r, &feed->plan->schema, r->flags & SL_ROW_VALUE_ABSENT);
    e->ends[e->rows] = e->bytes.len;
  }
}

sl_push_state sl_feed_take_encoded(sl_push *base, int encoding, sl_push_encode encode, sl_buf *out) {
  sl_subscriber *s = (sl_subscriber *)base;
  sl_feed *feed = s->feed;
  bool resume;
  sl_push_state state;
  pthread_mutex_lock(&feed->mutex);
  if (available(s, &resume, &state)) {
    encode_rows(feed, s->chunk, encoding, encode);
    const encoded *e = &s->chunk->encoded[encoding];
    size_t from = s->at ? e->ends[s->at - 1] : 0;
    sl_buf_add(out, e->bytes.data + from, e->ends[s->at] - from);
    s->at++;
  }
  pthread_mutex_unlock(&feed->mutex);
  resume_query(feed, resume);
  return state;
}

/* ---- ends ---- */

/* Under the mutex. */
static void stop_subscriber(sl_subscriber *s, const sl_err *err) {
  if (s->base.ended || s->stop_at != UINT64_MAX) return;
  if (err) sl_err_set(&s->base.err, err->code, err->pos, "%s", err->message);
  s->stop_at = rows_so_far(s->feed);
  if (!atomic_load(&s->apart)) s->feed->reading--;
  tell(s);
}

/* Takes it out of the way: it gets no more rows. Under the mutex; not while it reads in its chunk. */
static void give_up_place(sl_subscriber *s) {
  s->chunk->readers--;
  s->chunk = NULL;
}

void sl_subscriber_end(sl_subscriber *s, const sl_err *err) {
  pthread_mutex_lock(&s->feed->mutex);
  if (!s->feed->ended) stop_subscriber(s, err);
  pthread_mutex_unlock(&s->feed->mutex);
}

void sl_feed_end(sl_feed *feed, const sl_err *err, bool limit_reached) {
  pthread_mutex_lock(&feed->mutex);
  bool first = !feed->ended;
  if (first && err) sl_err_set(&feed->err, err->code, err->pos, "%s", err->message);
  if (first) feed->limit_reached = limit_reached;
  feed->ended = true;
  pthread_mutex_unlock(&feed->mutex);
  if (first) tell_all(feed);
}

static bool is_slow(const sl_subscriber *s) {
  return s->chunk == s->feed->first && !s->taking;
}

static bool has_all(const sl_subscriber *s) {
  return s->chunk == s->feed->last && s->at == s->chunk->len && s->stop_at == UINT64_MAX;
}

/* Under the mutex. */
static void set_apart(sl_subscriber *s) {
  sl_feed *feed = s->feed;
  s->read = copy_places(feed, s->chunk->places, &s->base.arena);
  for (size_t i = 0; i < s->at; i++) advance(s->read, &s->chunk->from[i]);
  atomic_store(&s->apart, true);
  feed->reading--;
  tell(s);
}

/* Has it left rows where they are for too long? Under the mutex. */
static bool is_stuck(sl_subscriber *s, int64_t now_ms) {
  bool busy = s->taking || s->stop_at != UINT64_MAX || (s->chunk && has_all(s));
  uint64_t next = s->chunk ? s->chunk->number + s->at : s->watched;
  if (!busy && s->watched_ms && next == s->watched) return now_ms - s->watched_ms >= STUCK_MS;
  s->watched = next;
  s->watched_ms = busy ? 0 : now_ms;
  return false;
}

static void end_stuck(sl_subscriber *s) {
  sl_err err = {0};
  sl_err_set(&err, SL_E_LIMIT, SL_NO_POS,
             "The client took no rows for %d minutes while there were some. Read them as they come, or ask again.",
             STUCK_MS / 60000);
  if (s->chunk) give_up_place(s);
  stop_subscriber(s, &err);
  sl_err_done(&err);
}

void sl_feed_watch(sl_feed *feed, int64_t now_ms) {
  bool waiting = false;
  pthread_mutex_lock(&feed->mutex);
  for (sl_subscriber *s = feed->ended ? NULL : feed->subscribers; s; s = s->next_in_feed)
    if (is_stuck(s, now_ms)) end_stuck(s);
  bool due = feed->refused && !feed->ended && now_ms - feed->refused_ms >= SLOW_MS;
  for (const sl_subscriber *s = due ? feed->subscribers : NULL; s; s = s->next_in_feed) waiting |= has_all(s);
  for (sl_subscriber *s = waiting ? feed->subscribers : NULL; s; s = s->next_in_feed) {
    if (!is_slow(s)) continue;
    if (s->stop_at == UINT64_MAX) set_apart(s);
    give_up_place(s);
  }
  bool resume = trim(feed);
  pthread_mutex_unlock(&feed->mutex);
  resume_query(feed, resume);
}

/* ---- life ---- */

static bool has_passed(sl_feed *feed, const sl_task_input *ends, size_t count, sl_arena *arena) {
  sl_task_input *now;
  bool passed = sl_running_inputs(feed->running, arena, &now) == count;
  for (size_t i = 0; passed && i < count; i++) passed = now[i].position >= ends[i].end;
  return passed;
}

bool sl_feed_catch_up(sl_feed *feed) {
  sl_arena arena;
  sl_task_input *ends;
  sl_running_stats stats;
  sl_arena_init(&arena, 0);
  size_t count = sl_running_inputs(feed->running, &arena, &ends);
  bool passed = has_passed(feed, ends, count, &arena);
  for (int i = 0; i < CATCH_UP_TRIES && !passed; i++) { /* on a busy topic there is always something under way */
    nanosleep(&(struct timespec){.tv_nsec = CATCH_UP_NS}, NULL);
    passed = has_passed(feed, ends, count, &arena);
  }
  sl_arena_done(&arena);
  sl_running_stats_get(feed->running, &stats);
  pthread_mutex_lock(&feed->mutex);
  bool current = passed && stats.state == SL_RUNNING_OK && !feed->refused && !feed->ended;
  pthread_mutex_unlock(&feed->mutex);
  return current;
}

/* At a place in a chunk of the feed. Under the mutex. */
static void enter(sl_subscriber *s, sl_feed *feed, sl_feed_chunk *chunk, size_t at) {
  s->feed = feed;
  s->chunk = chunk;
  s->at = at;
  chunk->readers++;
  s->next_in_feed = feed->subscribers;
  if (s->next_in_feed) s->next_in_feed->own = &s->next_in_feed;
  feed->subscribers = s;
  s->own = &feed->subscribers;
  feed->reading++;
}

static void take_off_list(sl_subscriber *s) {
  wait_no_more(s);
  *s->own = s->next_in_feed;
  if (s->next_in_feed) s->next_in_feed->own = s->own;
}

sl_subscriber *sl_feed_subscribe(sl_feed *feed, const sl_push_class *cls, sl_push_ready ready, void *ctx) {
  sl_subscriber *s = sl_heap_zalloc(sizeof *s);
  s->stop_at = UINT64_MAX;
  sl_push_init(&s->base, cls, feed->engine, ready, ctx);
  s->base.schema = feed->plan->schema;
  pthread_mutex_lock(&feed->mutex);
  enter(s, feed, feed->last, feed->last->len);
  wait_on(&feed->waiting, s);
  pthread_mutex_unlock(&feed->mutex);
  return s;
}

void sl_feed_leave(sl_subscriber *s) {
  sl_feed *feed = s->feed;
  pthread_mutex_lock(&feed->mutex);
  take_off_list(s);
  if (s->stop_at == UINT64_MAX && !atomic_load(&s->apart)) feed->reading--;
  if (s->chunk) give_up_place(s);
  bool resume = trim(feed);
  pthread_mutex_unlock(&feed->mutex);
  resume_query(feed, resume);
  sl_push_done(&s->base);
  sl_heap_free(s);
}

bool sl_feed_move(sl_subscriber *s, sl_feed *to) {
  pthread_mutex_lock(&s->feed->mutex);
  bool moves = s->stop_at == UINT64_MAX;
  if (moves) take_off_list(s);
  atomic_store(&s->apart, false);
  pthread_mutex_unlock(&s->feed->mutex);
  if (!moves) return false;
  pthread_mutex_lock(&to->mutex);
  to->skip = copy_places(to, s->read, &to->arena);
  enter(s, to, to->first, 0);
  pthread_mutex_unlock(&to->mutex);
  return true;
}

sl_feed *sl_feed_new(sl_engine *engine, sl_plan *plan, sl_str key, sl_str alias, sl_str text) {
  sl_feed *feed = sl_heap_zalloc(sizeof *feed);
  feed->engine = engine;
  feed->plan = plan;
  feed->refs = 1;
  sl_arena_init(&feed->arena, 4096);
  feed->key = sl_str_dup(&feed->arena, key);
  feed->alias = sl_str_dup(&feed->arena, alias);
  feed->text = sl_str_dup(&feed->arena, text);
  feed->partitions = plan->sub_count ? plan->subs[0].tasks : 0;
  if (key.len) feed->places = sl_arena_calloc(&feed->arena, (size_t)feed->partitions + 1, sizeof *feed->places);
  pthread_mutex_init(&feed->mutex, NULL);
  add_chunk(feed);
  return feed;
}

void sl_feed_free(sl_feed *feed) {
  while (feed->first) {
    sl_feed_chunk *c = feed->first;
    feed->first = c->next;
    chunk_free(c);
  }
  chunk_free(feed->spare);
  feed->spare = NULL;
  count(feed);
  sl_err_done(&feed->err);
  sl_plan_unref(feed->plan);
  pthread_mutex_destroy(&feed->mutex);
  sl_arena_done(&feed->arena);
  sl_heap_free(feed);
}
