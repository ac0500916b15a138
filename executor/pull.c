/* Pull queries: committed rows of the table a query materialises. A row of the last store is sent through a second set
 * of the operators behind it (filters and projections, which keep nothing) and caught before the sink. The task's mutex
 * is held for one lookup, or for a thousand rows of a scan. */
#include "base/heap.h"
#include "executor/agg_state.h"
#include "executor/executor_int.h"
#include "executor/final.h"
#include "executor/ops.h"
#include <string.h>

enum { SCAN_ROWS = 1000 };

typedef struct sl_puller {
  sl_arena query, arena;
  sl_op_env env;
  sl_vec ops;
  sl_operator head; /* stands for the node that keeps the store */
  sl_agg_state agg;
  bool is_aggregate;
  const sl_plan_store *plan;
  sl_store *store;
  sl_codec *codec;
  sl_pull_row row; /* of the call at hand */
  void *ctx;
  bool stop;
} sl_puller;

typedef struct op_catch {
  sl_operator op;
  sl_puller *puller;
} op_catch;

static int catch_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  (void)port;
  (void)err;
  sl_puller *p = ((op_catch *)op)->puller;
  for (int i = 0; !p->stop && i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    if (!(row->flags & SL_ROW_VALUE_ABSENT)) p->stop = !p->row(p->ctx, row, op->in);
  }
  return 0;
}

static const sl_op_class catch_class = {.name = "catch", .size = sizeof(op_catch), .process = catch_process};

/* The node whose store is the table: only filters and projections may stand between it and the end. */
static const sl_plan_node *keeper(const sl_plan_node *node, const sl_plan_node *last, const sl_plan_node *found) {
  if (node == last) return found;
  switch (node->kind) {
  case SL_PLAN_TABLE_STORE:
  case SL_PLAN_AGGREGATE: found = node; break;
  case SL_PLAN_FILTER:
  case SL_PLAN_PROJECT: break;
  default: found = NULL; break;
  }
  for (int i = 0; i < node->next_count; i++) {
    const sl_plan_node *n = keeper(node->next[i], last, found);
    if (n) return n;
  }
  return NULL;
}

static const sl_plan_node *find_keeper(const sl_plan *plan, uint32_t *sub) {
  for (int s = 0; plan->last && plan->last->kind == SL_PLAN_SINK && plan->last->table && s < plan->sub_count; s++)
    for (int i = 0; i < plan->subs[s].source_count; i++) {
      const sl_plan_node *node = keeper(&plan->subs[s].sources[i]->base, plan->last, NULL);
      *sub = (uint32_t)s;
      if (node) return node;
    }
  return NULL;
}

bool sl_running_can_pull(const sl_running *running) {
  uint32_t sub;
  return find_keeper(running->plan, &sub) != NULL;
}

static sl_operator *add_op(sl_puller *p, const sl_op_class *cls, const sl_plan_node *node, const sl_layout *in) {
  sl_operator *op = sl_arena_zalloc(&p->query, cls->size);
  op->cls = cls;
  op->node = node;
  op->in = in;
  op->env = &p->env;
  op->gives_old = true; /* nothing was there before: what does not pass a filter gives nothing */
  sl_vec_push(&p->ops, op);
  return op;
}

/* Copies of the operators between the keeper and the end. */
static int build(sl_puller *p, sl_operator *from, const sl_plan_node *last, sl_err *err) {
  const sl_plan_node *node = from->node;
  for (int i = 0; i < node->next_count; i++) {
    const sl_plan_node *child = node->next[i];
    if (child != last && child->kind != SL_PLAN_FILTER && child->kind != SL_PLAN_PROJECT) continue;
    const sl_op_class *cls = child == last ? &catch_class : sl_op_class_of(child);
    sl_operator *op = add_op(p, cls, child, &node->layout);
    from->next = sl_arena_calloc(&p->query, 1, sizeof *from->next);
    from->next[0].op = op;
    from->next_count = 1;
    int rc = cls->open ? cls->open(op, err) : 0;
    if (child == last) {
      ((op_catch *)op)->puller = p;
      return 0;
    }
    return rc ? rc : build(p, op, last, err);
  }
  return 0;
}

void sl_puller_free(sl_puller *p) {
  if (!p) return;
  for (size_t i = 0; i < p->ops.len; i++) {
    sl_operator *op = sl_vec_at(&p->ops, i);
    if (op->cls->close) op->cls->close(op);
  }
  if (p->is_aggregate) sl_agg_state_close(&p->agg);
  sl_vec_done(&p->ops);
  sl_arena_done(&p->query);
  sl_arena_done(&p->arena);
  sl_heap_free(p);
}

static int puller_new(sl_task *task, const sl_plan_node *node, sl_puller **out, sl_err *err) {
  sl_puller *p = sl_heap_zalloc(sizeof *p);
  sl_arena_init(&p->query, 0);
  sl_arena_init(&p->arena, 0);
  p->env = task->env;
  p->env.query = &p->query;
  p->env.arena = &p->arena;
  p->is_aggregate = node->kind == SL_PLAN_AGGREGATE;
  p->plan = p->is_aggregate ? ((const sl_plan_aggregate *)node)->store : ((const sl_plan_table_store *)node)->store;
  p->store = sl_env_store(&p->env, p->plan);
  p->head = (sl_operator){.node = node, .in = &node->layout, .env = &p->env};
  int rc = p->is_aggregate ? sl_agg_state_open(&p->agg, &p->head, err) : 0;
  if (!rc) rc = build(p, &p->head, task->running->plan->last, err);
  if (rc)
    sl_puller_free(p);
  else
    *out = p;
  return rc;
}

/* ---- rows ---- */

static int give(sl_puller *p, const sl_store_key *key, const sl_store_row *stored, sl_err *err) {
  const sl_layout *layout = &p->head.node->layout;
  sl_value *values = sl_op_values(&p->head, layout->count);
  sl_row row = {.timestamp = stored->timestamp, .values = values};
  int rc = sl_env_key_row(&p->env, p->plan, key, &row, err);
  if (rc) return rc;
  if (p->is_aggregate && p->plan->kind != SL_STORE_KEY_VALUE && sl_window_has_bounds(p->agg.plan)) {
    values[layout->count - 2] = sl_of_i64(key->start);
    values[layout->count - 1] = sl_of_i64(key->end);
  }
  if (p->is_aggregate)
    rc = sl_agg_state_map(&p->agg, stored->values, values + layout->key_count, err);
  else
    memcpy(values + (layout->count - p->plan->count), stored->values, (size_t)p->plan->count * sizeof *values);
  return rc ? rc : sl_op_emit(&p->head, &row, NULL, 1, err);
}

static bool in_bounds(const sl_puller *p, const sl_pull *pull, const sl_store_key *key) {
  if (p->plan->kind == SL_STORE_KEY_VALUE) return true;
  return key->start >= pull->start_from && key->start <= pull->start_to && key->end >= pull->end_from &&
         key->end <= pull->end_to;
}

static int give_entry(sl_puller *p, const sl_pull *pull, const sl_entry *entry, sl_err *err) {
  sl_store_key key = sl_store_entry_key(p->store, entry);
  sl_store_row stored;
  if (!in_bounds(p, pull, &key) || !sl_store_read_committed(p->store, entry, &p->arena, &stored)) return 0;
  return give(p, &key, &stored, err);
}

static int look_up(sl_puller *p, const sl_pull *pull, sl_str bytes, sl_err *err) {
  sl_arena_reset(&p->arena);
  if (p->plan->kind == SL_STORE_KEY_VALUE) {
    sl_store_key key = {.bytes = bytes};
    sl_entry *entry = sl_store_find(p->store, &key);
    return entry ? give_entry(p, pull, entry, err) : 0;
  }
  bool session = p->plan->kind == SL_STORE_SESSION;
  sl_entry **entries;
  size_t count;
  int rc = 0;
  sl_store_key_range(p->store, bytes, session ? INT64_MIN : pull->start_from, session ? INT64_MAX : pull->start_to,
                     &p->arena, &entries, &count);
  for (size_t i = 0; !rc && !p->stop && i < count; i++) rc = give_entry(p, pull, entries[i], err);
  return rc;
}

/* A scan lets go of the task every SCAN_ROWS rows. */
static int scan(sl_task *task, sl_puller *p, const sl_pull *pull, sl_err *err) {
  sl_store_cursor *cursor = sl_store_cursor_open(p->store);
  sl_store_key key;
  sl_store_row stored;
  int rc = 0, n = 0;
  for (;;) {
    if (n++ % SCAN_ROWS == SCAN_ROWS - 1) {
      pthread_mutex_unlock(&task->mutex);
      pthread_mutex_lock(&task->mutex);
    }
    sl_arena_reset(&p->arena);
    if (rc || p->stop || !sl_store_cursor_next(cursor, &p->arena, &key, &stored)) break;
    if (in_bounds(p, pull, &key)) rc = give(p, &key, &stored, err);
  }
  sl_store_cursor_close(cursor);
  return rc;
}

/* One task's share of the answer: the keys that belong to its partition, or all it has. */
static int pull_task(sl_task *task, const sl_plan_node *node, const sl_pull *pull, sl_str key, sl_puller *call,
                     sl_err *err) {
  pthread_mutex_lock(&task->mutex);
  int rc = 0;
  sl_puller *p = NULL;
  if (task->state == SL_TASK_RESTORING || task->env.refilling)
    rc = sl_err_set(err, SL_E_NOT_READY, SL_NO_POS, "The table is still being restored. Try again later.");
  if (!rc) { /* one is kept for the next lookup; a scan that lets go of the task keeps its own meanwhile */
    p = task->puller;
    task->puller = NULL;
    rc = p ? 0 : puller_new(task, node, &p, err);
  }
  if (!rc) {
    p->stop = false;
    p->row = call->row;
    p->ctx = call->ctx;
    p->env.now_ms = sl_clock_wall_ms(task->running->executor->options.clock);
    rc = pull->scan ? scan(task, p, pull, err) : look_up(p, pull, key, err);
    call->stop = p->stop;
  }
  if (task->puller)
    sl_puller_free(p);
  else
    task->puller = p;
  pthread_mutex_unlock(&task->mutex);
  return rc;
}

static sl_task *task_of(sl_running *running, uint32_t sub, int32_t partition) {
  for (int i = 0; i < running->task_count; i++)
    if (running->tasks[i]->sub_number == sub && running->tasks[i]->partition == partition) return running->tasks[i];
  return NULL;
}

int sl_running_pull(sl_running *running, const sl_pull *pull, sl_pull_row row, void *ctx, sl_err *err) {
  uint32_t sub;
  const sl_plan_node *node = find_keeper(running->plan, &sub);
  if (!node) return sl_err_set(err, SL_E_UNSUPPORTED, SL_NO_POS, "The query keeps no table that could be read.");
  sl_puller call = {.row = row, .ctx = ctx};
  int32_t tasks = running->plan->subs[sub].tasks;
  int rc = 0;
  for (int32_t p = 0; pull->scan && !rc && !call.stop && p < tasks; p++) {
    sl_task *task = task_of(running, sub, p);
    if (task) rc = pull_task(task, node, pull, (sl_str){0}, &call, err);
  }
  for (size_t i = 0; !pull->scan && !rc && !call.stop && i < pull->key_count; i++) {
    sl_task *task = task_of(running, sub, sl_partition_for_key(pull->keys[i].ptr, pull->keys[i].len, tasks));
    if (task) rc = pull_task(task, node, pull, pull->keys[i], &call, err);
  }
  return rc;
}
