/* Tasks: a sub-topology on one partition. A task owns its operators, its shard of every store and its positions; it is
 * built from the plan and what was committed, runs in turns, and after a failure is built again. Turns are in
 * task_run.c. */
#include "executor/executor_int.h"
#include "base/heap.h"
#include "executor/ops.h"
#include <stdio.h>
#include <string.h>

/* ---- operators ---- */

static sl_operator *op_of(sl_task *task, const sl_plan_node *node) {
  for (size_t i = 0; i < task->ops.len; i++)
    if (((sl_operator *)sl_vec_at(&task->ops, i))->node == node) return sl_vec_at(&task->ops, i);
  return NULL;
}

static bool makes_old(const sl_operator *parent, const sl_plan_node *node) {
  switch (node->kind) {
  case SL_PLAN_SOURCE: return node->table && ((const sl_plan_source *)node)->codec.native;
  case SL_PLAN_TABLE_STORE:
  case SL_PLAN_JOIN_TABLES:
  case SL_PLAN_AGGREGATE: return true;
  case SL_PLAN_FILTER:
  case SL_PLAN_PROJECT: return parent && parent->gives_old;
  default: return false;
  }
}

/* The optional side of a join of tables must know whether a row came or changed (semantics.md 2.1). */
static bool join_reads_old(const sl_operator *op, int port) {
  sl_join_kind kind = ((const sl_plan_join *)op->node)->kind;
  return op->wants_old || kind == SL_JOIN_OUTER || kind == (port ? SL_JOIN_RIGHT : SL_JOIN_LEFT);
}

/* Does this operator read the old side of what it is given at port? */
static bool reads_old(const sl_operator *op, int port) {
  switch (op->node->kind) {
  case SL_PLAN_FILTER: return op->node->table;
  case SL_PLAN_PROJECT: return op->wants_old;
  case SL_PLAN_GROUP_KEY: return op->node->table;
  case SL_PLAN_AGGREGATE: return ((const sl_plan_aggregate *)op->node)->undo;
  case SL_PLAN_REPARTITION: return op->node->table;
  case SL_PLAN_FOREIGN_SUBSCRIBE: return true;
  case SL_PLAN_JOIN_TABLES: return join_reads_old(op, port);
  default: return false;
  }
}

/* Adds the operator of a node behind all it feeds: turned around, the list is in order of flow. */
static sl_operator *build_op(sl_task *task, sl_operator *parent, const sl_plan_node *node) {
  sl_operator *op = op_of(task, node);
  if (op) return op;
  const sl_op_class *cls = sl_op_class_of(node);
  op = sl_arena_zalloc(&task->ops_arena, cls->size);
  op->cls = cls;
  op->node = node;
  op->in = parent ? &parent->node->layout : &node->layout;
  op->env = &task->env;
  op->gives_old = makes_old(parent, node);
  op->next_count = node->next_count;
  op->next = sl_arena_calloc(&task->ops_arena, (size_t)node->next_count + 1, sizeof *op->next);
  for (int i = node->next_count - 1; i >= 0; i--) {
    sl_operator *child = build_op(task, op, node->next[i]);
    int port = node->next_ports ? node->next_ports[i] : 0;
    op->next[i] = (sl_op_edge){child, port};
    if (port)
      child->in_right = &node->layout;
    else
      child->in = &node->layout;
  }
  sl_vec_push(&task->ops, op);
  return op;
}

static void build_ops(sl_task *task) {
  for (int i = task->input_count - 1; i >= 0; i--)
    task->inputs[i].op = build_op(task, NULL, &task->inputs[i].source->base);
  size_t count = task->ops.len;
  for (size_t i = 0; i < count / 2; i++) {
    void *other = task->ops.items[i];
    task->ops.items[i] = task->ops.items[count - 1 - i];
    task->ops.items[count - 1 - i] = other;
  }
  for (size_t i = 0; i < count; i++) ((sl_operator *)sl_vec_at(&task->ops, i))->number = (int)i;
  for (size_t i = count; i-- > 0;) {
    sl_operator *op = sl_vec_at(&task->ops, i);
    for (int n = 0; n < op->next_count; n++) op->wants_old |= reads_old(op->next[n].op, op->next[n].port);
  }
}

int sl_task_build(sl_task *task, sl_err *err) {
  build_ops(task);
  int rc = 0;
  for (; !rc && task->opened < task->ops.len; task->opened++) {
    sl_operator *op = sl_vec_at(&task->ops, task->opened);
    if (op->node->kind == SL_PLAN_SINK && ((const sl_plan_sink *)op->node)->timestamp_slot >= 0)
      task->one_by_one = true;
    if (op->cls->open) rc = op->cls->open(op, err);
  }
  task->env.time = INT64_MIN;
  return rc ? rc : sl_clocks_load(task, sl_buf_str(&task->clocks), err);
}

static void unbuild(sl_task *task) {
  for (size_t i = 0; i < task->opened; i++) { /* an operator whose open failed is closed as well */
    sl_operator *op = sl_vec_at(&task->ops, i);
    if (op->cls->close) op->cls->close(op);
  }
  task->opened = 0;
  task->ops.len = 0;
  for (int i = 0; i < task->input_count; i++) task->inputs[i].op = NULL;
  sl_arena_reset(&task->ops_arena);
}

/* ---- stores ---- */

/* The join of streams behind node that keeps rows in this store. */
static const sl_plan_join *join_of(const sl_plan_node *node, const sl_plan_store *store) {
  const sl_plan_join *join = (const sl_plan_join *)node;
  if (node->kind == SL_PLAN_JOIN_STREAMS && (join->left == store || join->right == store || join->pending == store))
    return join;
  for (int i = 0; i < node->next_count; i++) {
    join = join_of(node->next[i], store);
    if (join) return join;
  }
  return NULL;
}

static sl_state_shape shape_of(const sl_subtopology *sub, const sl_plan_store *store) {
  for (int i = 0; i < sub->source_count; i++) {
    const sl_plan_join *join = join_of(&sub->sources[i]->base, store);
    if (join) return join->pending == store ? SL_STATE_PENDING : SL_STATE_BUFFER;
  }
  static const sl_state_shape shapes[] = {[SL_STORE_KEY_VALUE] = SL_STATE_KEY_VALUE,
                                          [SL_STORE_WINDOW] = SL_STATE_WINDOW,
                                          [SL_STORE_SESSION] = SL_STATE_SESSION,
                                          [SL_STORE_SUBSCRIPTION] = SL_STATE_PREFIX};
  return shapes[store->kind];
}

static int open_store(sl_task *task, sl_task_store *ts, sl_err *err) {
  sl_running *running = task->running;
  const sl_plan_store *plan = ts->plan;
  ts->shape = shape_of(task->sub, plan);
  ts->bounds = plan->window != SL_WINDOW_NONE && ts->shape != SL_STATE_WINDOW && ts->shape != SL_STATE_SESSION;
  sl_store_options options = {.name = plan->name,
                              .shape = ts->shape,
                              .types = plan->types,
                              .count = plan->count,
                              .ordered = running->options.cache && plan->cached,
                              .window_size = plan->window_size,
                              .retention = plan->retention,
                              .budget = &running->state};
  ts->store = sl_store_new(&options);
  sl_plan_codec *codec = sl_arena_zalloc(&running->arena, sizeof *codec);
  codec->key_format = plan->key_format;
  codec->key_columns = plan->key_columns;
  codec->key_count = plan->key_count;
  codec->native = true;
  codec->window = ts->bounds ? plan->window : SL_WINDOW_NONE;
  codec->window_size = plan->key_window_size;
  int rc = sl_codec_new(codec, sl_str_of(plan->name), false, &ts->codec, err);
  if (rc || !plan->changelog || !running->plan->persistent) return rc;
  rc = sl_env_topic(&task->env, plan->changelog, &ts->topic, err);
  if (rc) return rc;
  ts->changelog = sl_topic_partition(ts->topic, task->partition);
  if (!ts->changelog)
    return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "Changelog '" SL_STR_FMT "' has no partition %d.",
                      SL_STR_ARG(plan->changelog->name), task->partition);
  ts->contract = sl_refill_contract(task, plan);
  ts->expired = ts->expire_next = INT64_MIN;
  ts->restored = sl_partition_start(ts->changelog);
  ts->restore_end = sl_partition_visible(ts->changelog);
  return 0;
}

/* ---- positions ---- */

static int64_t first_position(const sl_task *task, const sl_input *input) {
  const sl_start_options *o = &task->running->options;
  sl_partition *partition = input->reader->partition;
  if (input->source->topic->internal) return sl_partition_start(partition);
  sl_offset_reset reset = o->has_reset ? o->reset : input->source->reset;
  if (reset == SL_RESET_EARLIEST) return sl_partition_start(partition);
  return input->reader->end == SL_READ_DURABLE ? sl_partition_durable(partition) : sl_partition_visible(partition);
}

static int64_t end_of(const sl_reader *reader) {
  return reader->end == SL_READ_DURABLE ? sl_partition_durable(reader->partition)
                                        : sl_partition_visible(reader->partition);
}

static void find_positions(sl_task *task) {
  sl_running *running = task->running;
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  const sl_position *positions = running->options.from;
  size_t count = positions ? running->options.from_count : 0;
  sl_str clocks = {0};
  if (running->plan->persistent) {
    sl_position *committed;
    sl_log_task_state(running->executor->options.log, sl_task_get_id(task), &scratch, &committed, &count, &clocks);
    positions = committed;
  }
  sl_buf_add_str(&task->clocks, clocks);
  for (int i = 0; i < task->input_count; i++) {
    sl_input *input = &task->inputs[i];
    bool found = false;
    for (size_t p = 0; p < count && !found; p++) {
      if (positions[p].partition != sl_partition_number(input->reader->partition)) continue;
      found = sl_topic_id_equal(&positions[p].topic, sl_topic_get_id(input->reader->topic));
      if (found) input->position = positions[p].offset;
    }
    if (!found) {
      input->position = first_position(task, input);
      if (running->plan->persistent) task->first_commit = true; /* so that "latest" means the same after a restart */
    }
    input->first = input->committed = input->position;
    input->trimmed = input->position;
    input->trim_offset = -1;
    input->end = running->options.to_end_only && !input->source->topic->internal ? end_of(input->reader) : INT64_MAX;
    atomic_store(&input->shown, input->position);
  }
  sl_arena_done(&scratch);
}

sl_task_id sl_task_get_id(const sl_task *task) {
  return (sl_task_id){task->running->plan->query_number, task->sub_number, task->partition};
}

/* Does the left input of the join where two sources meet lead to a? */
static bool is_left_of(const sl_plan_node *a, const sl_plan_node *b) {
  for (; a->next_count; a = a->next[0])
    for (const sl_plan_node *at = b; at->next_count; at = at->next[0]) {
      if (at->next[0] != a->next[0]) continue;
      return (a->next_ports ? a->next_ports[0] : 0) < (at->next_ports ? at->next_ports[0] : 0);
    }
  return false;
}

/* Puts an input among those on the same partition: left branches of joins run first, else those registered first. */
static void link_twin(sl_task *task, sl_input *input) {
  for (sl_input *first = task->inputs; first < input; first++) {
    if (first->reader->partition != input->reader->partition || first->is_twin) continue;
    if (is_left_of(&input->source->base, &first->source->base)) {
      input->twin = first;
      first->is_twin = true;
      return;
    }
    sl_input *at = first;
    while (at->twin && !is_left_of(&input->source->base, &at->twin->source->base)) at = at->twin;
    input->twin = at->twin;
    at->twin = input;
    input->is_twin = true;
    return;
  }
}

/* Inputs of sources that have this partition; sources on one topic are twins. */
static int open_inputs(sl_task *task, sl_err *err) {
  const sl_subtopology *sub = task->sub;
  task->inputs = sl_arena_calloc(&task->running->arena, (size_t)sub->source_count + 1, sizeof *task->inputs);
  int rc = 0;
  for (int i = 0; !rc && i < sub->source_count; i++) {
    sl_topic *topic;
    rc = sl_env_topic(&task->env, sub->sources[i]->topic, &topic, err);
    if (rc) return rc;
    sl_partition *partition = sl_topic_partition(topic, task->partition);
    if (partition) {
      sl_input *input = &task->inputs[task->input_count++];
      input->task = task;
      input->source = sub->sources[i];
      rc = sl_reader_attach(task->worker, input, partition, err);
      if (!rc) link_twin(task, input);
    }
    sl_topic_unref(topic);
  }
  return rc;
}

int sl_task_new(sl_running *running, int sub, int32_t partition, sl_task **out, sl_err *err) {
  sl_executor *executor = running->executor;
  sl_task *task = sl_arena_zalloc(&running->arena, sizeof *task);
  task->running = running;
  task->sub = &running->plan->subs[sub];
  task->sub_number = (uint32_t)sub;
  task->serial = atomic_fetch_add(&executor->serials, 1);
  task->partition = partition;
  task->state = SL_TASK_RUNNING;
  task->worker = sl_worker_for(executor, task->sub, partition);
  task->ready = (sl_ready){.worker = task->worker};
  pthread_mutex_init(&task->mutex, NULL);
  sl_arena_init(&task->ops_arena, 0);
  bool cache = running->options.cache && running->options.cache_bytes;
  task->env = (sl_op_env){.task = task,
                          .query = &task->ops_arena,
                          .arena = &task->worker->arena,
                          .log = executor->options.log,
                          .now_ms = sl_clock_wall_ms(executor->options.clock),
                          .time = INT64_MIN,
                          .partition = partition,
                          .cache = cache,
                          .transient = !running->plan->persistent,
                          .skip_on_produce = running->options.skip_on_produce};
  int rc = open_inputs(task, err);
  task->stores = sl_arena_calloc(&running->arena, (size_t)task->sub->store_count + 1, sizeof *task->stores);
  for (int i = 0; !rc && i < task->sub->store_count; i++) {
    sl_task_store *ts = &task->stores[task->store_count++];
    ts->plan = task->sub->stores[i];
    rc = open_store(task, ts, err);
  }
  if (!rc) find_positions(task);
  if (!rc) rc = sl_task_build(task, err);
  if (!rc) sl_refill_begin(task);
  for (int i = 0; !rc && i < task->store_count; i++) rc = sl_images_find(&task->stores[i], executor->images, err);
  if (!rc && sl_task_restoring(task)) task->state = SL_TASK_RESTORING;
  if (rc)
    sl_task_free(task);
  else
    *out = task;
  return rc;
}

bool sl_task_restoring(const sl_task *task) {
  for (int i = 0; i < task->store_count; i++)
    if (task->stores[i].image || task->stores[i].restored < task->stores[i].restore_end) return true;
  return false;
}

void sl_task_progress(const sl_task *task, sl_running_stats *out) {
  bool restoring = task->state == SL_TASK_RESTORING;
  for (int i = 0; i < task->store_count; i++) {
    const sl_task_store *ts = &task->stores[i];
    out->from_images += ts->image_rows;
    if (!restoring || !ts->changelog) continue;
    const sl_image_info *info = ts->image ? sl_image_get_info(ts->image) : NULL;
    int64_t at = ts->image ? ts->image_start : ts->restored;
    out->restored += (info ? sl_image_loaded(ts->image) : ts->image_rows) + (uint64_t)(at - ts->image_start);
    out->restore_total += (info ? info->rows : ts->image_rows) + (uint64_t)(ts->restore_end - ts->image_start);
  }
}

static void tell_taken_back(const sl_task *task) {
  const sl_probe *probe = task->running->executor->options.probe;
  sl_task_id id = sl_task_get_id(task);
  if (probe) probe->taken_back(probe->ctx, &id);
}

void sl_task_free(sl_task *task) {
  if (task->uncommitted) tell_taken_back(task);
  unbuild(task);
  sl_puller_free(task->puller);
  sl_task_release_staging(task);
  for (int i = 0; i < task->input_count; i++) sl_reader_detach(&task->inputs[i]);
  for (int i = 0; i < task->store_count; i++) {
    sl_image_close(task->stores[i].image);
    sl_store_free(task->stores[i].store);
    sl_codec_free(task->stores[i].codec);
    sl_topic_unref(task->stores[i].topic);
    sl_buf_done(&task->stores[i].key);
  }
  sl_vec_done(&task->ops);
  sl_arena_done(&task->ops_arena);
  sl_buf_done(&task->clocks);
  pthread_mutex_destroy(&task->mutex);
}

/* ---- failure ---- */

void sl_task_fail(sl_task *task, sl_err *err) {
  sl_running *running = task->running;
  sl_start_options *o = &running->options;
  sl_report report = {.type = SL_REPORT_THREAD, .message = err->message ? err->message : "unknown", .fatal = true};
  tell_taken_back(task);
  bool starved = err->code == SL_E_MEMORY && running->plan->persistent && running->executor->options.memory;
  if (!starved) {
    sl_env_report(&task->env, &report);
    sl_task_commit_last_words(task);
  }
  sl_task_release_staging(task);
  sl_task_owe_again(task);
  sl_worker_forget_dirty(task->worker, task);
  task->sealed = false;
  for (int i = 0; i < task->store_count; i++) sl_store_rollback(task->stores[i].store);
  unbuild(task);
  for (int i = 0; i < task->input_count; i++) {
    sl_input *input = &task->inputs[i];
    sl_decoded_unref(input->batch);
    input->batch = NULL;
    input->position = input->committed;
    atomic_store(&input->shown, input->position);
  }
  if (!starved) task->careful = task->uncommitted + SL_CHUNK; /* the range that failed is not counted yet */
  task->uncommitted = 0;
  task->records_out = task->bytes_out = 0;
  task->starved = starved;
  int64_t first = (o->retry_initial_ms ? o->retry_initial_ms : 15000) * 1000000;
  int64_t most = (o->retry_max_ms ? o->retry_max_ms : 900000) * 1000000;
  if (!starved) task->backoff = task->backoff ? task->backoff * 2 : first;
  if (task->backoff > most) task->backoff = most;
  task->retry_at = sl_executor_now(running->executor) + (starved ? SL_STARVED_NS : task->backoff);
  if (task->state != SL_TASK_FAILED) {
    task->state = SL_TASK_FAILED;
    sl_worker_add_failed(task->worker, task);
  }
  if (!starved) sl_running_failed(task, err);
  sl_err_done(err);
}

size_t sl_task_cached(const sl_task *task) {
  size_t bytes = 0;
  for (int i = 0; task->env.cache && i < task->store_count; i++)
    if (task->stores[i].plan->cached) bytes += sl_store_dirty_bytes(task->stores[i].store);
  return bytes;
}
