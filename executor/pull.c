/* Reading the committed rows of the table that a query keeps. A row of the last store goes through copies of the
 * operators behind it, which keep nothing, and is caught before the sink. The task's mutex is held for one lookup, or
 * for a thousand rows of a scan. */
#include "base/heap.h"
#include "executor/agg_state.h"
#include "executor/chain.h"
#include "executor/executor_int.h"
#include "executor/final.h"
#include <string.h>

enum { SCAN_ROWS = 1000 };

/* What a task keeps for readers of its table. Under the task's mutex. */
typedef struct sl_puller {
  sl_chain chain;
  sl_agg_state agg;
  bool is_aggregate;
  const sl_plan_store *plan;
  sl_store *store;
  bool bounds_in_key; /* windows are part of the key's bytes */
  sl_row rows[SL_CHUNK];
  int count;
} sl_puller;

/* ---- the node whose store is the table ---- */

/* Only filters and projections may stand between it and the end. */
static const sl_plan_node *keeper(const sl_plan_node *node, const sl_plan_node *last) {
  for (int i = 0; i < node->next_count; i++) {
    const sl_plan_node *found = keeper(node->next[i], last);
    if (found) return found;
  }
  bool keeps = node->kind == SL_PLAN_TABLE_STORE || node->kind == SL_PLAN_AGGREGATE;
  return keeps && sl_chain_fits(node, last) ? node : NULL;
}

const sl_plan_node *sl_plan_keeper(const sl_plan *plan, uint32_t *sub) {
  bool table = plan->last && (plan->last->kind == SL_PLAN_TABLE_STORE || plan->last->table) &&
               plan->last->kind != SL_PLAN_RESPONSE;
  for (int s = 0; table && s < plan->sub_count; s++)
    for (int i = 0; i < plan->subs[s].source_count; i++) {
      const sl_plan_node *node = keeper(&plan->subs[s].sources[i]->base, plan->last);
      *sub = (uint32_t)s;
      if (node) return node;
    }
  return NULL;
}

const sl_plan_store *sl_keeper_store(const sl_plan_node *node) {
  return node->kind == SL_PLAN_AGGREGATE ? ((const sl_plan_aggregate *)node)->store
                                         : ((const sl_plan_table_store *)node)->store;
}

/* ---- a task's reader ---- */

void sl_puller_free(sl_puller *p) {
  if (!p) return;
  if (p->is_aggregate) sl_agg_state_close(&p->agg);
  sl_chain_done(&p->chain);
  sl_heap_free(p);
}

static int puller_of(sl_task *task, sl_puller **out, sl_err *err) {
  const sl_plan_node *node = task->running->keeper;
  if (task->puller) {
    *out = task->puller;
    return 0;
  }
  sl_puller *p = sl_heap_zalloc(sizeof *p);
  int rc = sl_chain_init(&p->chain, node, task->running->plan->last, &task->env, err);
  if (!rc && node->kind == SL_PLAN_AGGREGATE) {
    sl_agg_state_open(&p->agg, &p->chain.head);
    p->is_aggregate = true;
  }
  p->plan = sl_keeper_store(node);
  p->store = sl_env_store(&p->chain.env, p->plan);
  p->bounds_in_key = p->plan->kind == SL_STORE_KEY_VALUE && p->plan->window != SL_WINDOW_NONE;
  if (rc)
    sl_puller_free(p);
  else
    *out = task->puller = p;
  return rc;
}

/* ---- rows ---- */

/* Hands on what was gathered; the chunk's memory is free again. */
static int flush(sl_puller *p, sl_err *err) {
  int rc = p->count ? sl_op_emit(&p->chain.head, p->rows, NULL, p->count, err) : 0;
  p->count = 0;
  sl_arena_reset(&p->chain.arena);
  return rc;
}

static bool in_bounds(const sl_pull *pull, int64_t start, int64_t end) {
  return start >= pull->start_from && start <= pull->start_to && end >= pull->end_from && end <= pull->end_to;
}

static int give(sl_puller *p, const sl_pull *pull, const sl_store_key *key, const sl_store_row *stored, sl_err *err) {
  const sl_layout *layout = &p->chain.head.node->layout;
  bool windowed = p->plan->kind != SL_STORE_KEY_VALUE;
  if (windowed && !in_bounds(pull, key->start, key->end)) return 0;
  sl_value *values = sl_op_values(&p->chain.head, layout->count);
  sl_row *row = &p->rows[p->count];
  *row = (sl_row){.timestamp = stored->timestamp, .values = values};
  int rc = sl_env_key_row(&p->chain.env, p->plan, key, row, err);
  if (rc || (p->bounds_in_key && !in_bounds(pull, row->window_start, row->window_end))) return rc;
  if (p->is_aggregate && windowed && sl_window_has_bounds(p->agg.plan)) {
    values[layout->count - 2] = sl_of_i64(key->start);
    values[layout->count - 1] = sl_of_i64(key->end);
  }
  if (p->is_aggregate)
    rc = sl_agg_state_map(&p->agg, stored->values, values + layout->key_count, err);
  else
    memcpy(values + (layout->count - p->plan->count), stored->values, (size_t)p->plan->count * sizeof *values);
  if (rc) return rc;
  return ++p->count == SL_CHUNK ? flush(p, err) : 0;
}

static int look_up(sl_puller *p, const sl_pull *pull, sl_str bytes, sl_err *err) {
  sl_store_row stored;
  if (p->plan->kind == SL_STORE_KEY_VALUE) {
    sl_store_key key = {.bytes = bytes};
    sl_entry *entry = sl_store_find(p->store, &key);
    if (!entry || !sl_store_read_committed(p->store, entry, &p->chain.arena, &stored)) return 0;
    key = sl_store_entry_key(p->store, entry);
    return give(p, pull, &key, &stored, err);
  }
  bool session = p->plan->kind == SL_STORE_SESSION;
  sl_entry **entries;
  size_t count;
  int rc = 0;
  sl_arena list; /* flushes reset the chunk's */
  sl_arena_init(&list, 0);
  sl_store_key_range(p->store, bytes, session ? INT64_MIN : pull->start_from, session ? INT64_MAX : pull->start_to,
                     &list, &entries, &count);
  for (size_t i = 0; !rc && !p->chain.stop && i < count; i++) {
    sl_store_key key = sl_store_entry_key(p->store, entries[i]);
    if (sl_store_read_committed(p->store, entries[i], &p->chain.arena, &stored)) rc = give(p, pull, &key, &stored, err);
  }
  sl_arena_done(&list);
  return rc;
}

/* A cursor on the task's rows, put in order while the task goes on. The task's mutex is held, and let go meanwhile. */
static int open_cursor(sl_task *task, sl_puller *p, sl_pull_place *place, sl_err *err) {
  place->cursor = sl_store_cursor_open(p->store, task->running->executor->options.clients, err);
  if (!place->cursor) return SL_E_MEMORY;
  pthread_mutex_unlock(&task->mutex);
  sl_store_cursor_sort(place->cursor);
  pthread_mutex_lock(&task->mutex);
  return 0;
}

/* A thousand rows more; *end when there are no more. */
static int scan(sl_puller *p, const sl_pull *pull, sl_pull_place *place, bool *end, sl_err *err) {
  int rc = 0;
  *end = false;
  for (int n = 0; !rc && !p->chain.stop && n < SCAN_ROWS; n++) {
    sl_store_key key;
    sl_store_row stored;
    *end = !sl_store_cursor_next(place->cursor, &p->chain.arena, &key, &stored);
    if (*end) break;
    rc = give(p, pull, &key, &stored, err);
  }
  if (rc || *end || p->chain.stop) {
    sl_store_cursor_close(place->cursor);
    place->cursor = NULL;
  }
  return rc;
}

/* ---- tasks ---- */

typedef struct taker {
  sl_pull_rows take;
  void *ctx;
  bool stop;
} taker;

/* One lookup, or a stretch of a scan, in one task. *end: the scan has seen all of it. */
static int read_task(sl_task *task, const sl_pull *pull, sl_pull_place *place, const sl_str *key, taker *to, bool *end,
                     sl_err *err) {
  pthread_mutex_lock(&task->mutex);
  sl_puller *p = NULL;
  int rc = task->state == SL_TASK_RESTORING || task->env.refilling
               ? sl_err_set(err, SL_E_NOT_READY, SL_NO_POS,
                            "Materialized data is not available yet: the table is being restored. Please try again "
                            "later.")
               : puller_of(task, &p, err);
  if (!rc && !key && !place->cursor) {
    place->task = task;
    rc = open_cursor(task, p, place, err);
    if (!rc) rc = puller_of(task, &p, err);
  }
  if (!rc) {
    p->chain.stop = false;
    p->chain.take = to->take;
    p->chain.ctx = to->ctx;
    p->chain.env.now_ms = sl_clock_wall_ms(task->running->executor->options.clock);
    rc = key ? look_up(p, pull, *key, err) : scan(p, pull, place, end, err);
    if (!rc) rc = flush(p, err);
    p->count = 0;
    to->stop = p->chain.stop;
  }
  pthread_mutex_unlock(&task->mutex);
  return rc;
}

/* Windows that are part of the key's bytes cannot be found by the key alone. */
static bool must_scan(const sl_running *running, const sl_pull *pull) {
  const sl_plan_store *store = sl_keeper_store(running->keeper);
  return pull->scan || (store->kind == SL_STORE_KEY_VALUE && store->window != SL_WINDOW_NONE);
}

int sl_running_pull(sl_running *running, const sl_pull *pull, sl_pull_place *place, sl_pull_rows take, void *ctx,
                    sl_err *err) {
  if (!running->keeper)
    return sl_err_set(err, SL_E_UNSUPPORTED, SL_NO_POS, "The query keeps no table that could be read.");
  taker to = {.take = take, .ctx = ctx};
  const sl_subtopology *sub = &running->plan->subs[running->keeper_sub];
  int first = 0, rc = 0;
  for (uint32_t s = 0; s < running->keeper_sub; s++) first += running->plan->subs[s].tasks;
  if (must_scan(running, pull)) {
    bool end = false;
    place->done = place->next >= (size_t)sub->tasks;
    if (!place->done) rc = read_task(running->tasks[first + (int)place->next], pull, place, NULL, &to, &end, err);
    if (end) place->done = ++place->next == (size_t)sub->tasks;
  } else {
    while (!rc && !to.stop && place->next < pull->key_count) {
      const sl_str *key = &pull->keys[place->next++];
      rc = read_task(running->tasks[first + sl_partition_for_key(key->ptr, key->len, sub->tasks)], pull, place, key,
                     &to, NULL, err);
    }
    place->done = place->next == pull->key_count;
  }
  if (to.stop) place->done = true;
  return rc;
}

void sl_pull_place_done(sl_pull_place *place) {
  if (!place->cursor) return;
  pthread_mutex_lock(&place->task->mutex);
  sl_store_cursor_close(place->cursor);
  pthread_mutex_unlock(&place->task->mutex);
  place->cursor = NULL;
}
