/* Running queries: starting and stopping them, what their tasks share, and their statistics. */
#include "base/heap.h"
#include "base/logger.h"
#include "executor/executor_int.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- starting ---- */

static int check_node(const sl_plan_node *node, sl_err *err) {
  if (!sl_op_class_of(node))
    return sl_err_set(err, SL_E_UNSUPPORTED, SL_NO_POS, "The executor cannot run %s (%s) yet.",
                      sl_plan_kind_label(node->kind), node->name ? node->name : "unnamed");
  int rc = 0;
  for (int i = 0; !rc && i < node->next_count; i++) rc = check_node(node->next[i], err);
  return rc;
}

static int check_plan(const sl_plan *plan, sl_err *err) {
  int rc = 0;
  for (int s = 0; !rc && s < plan->sub_count; s++)
    for (int i = 0; !rc && i < plan->subs[s].source_count; i++) rc = check_node(&plan->subs[s].sources[i]->base, err);
  return rc;
}

static void drop_task(sl_task *task) {
  sl_worker *worker = task->worker;
  sl_worker_enter(worker);
  sl_worker_forget(worker, task);
  sl_task_free(task);
  sl_worker_leave(worker);
}

static void running_free(sl_running *running) {
  sl_heap_free(running->failures);
  sl_plan_unref(running->plan);
  pthread_mutex_destroy(&running->mutex);
  sl_arena_done(&running->arena);
  sl_heap_free(running);
}

static int make_tasks(sl_running *running, sl_err *err) {
  const sl_plan *plan = running->plan;
  int total = 0, rc = 0;
  for (int s = 0; s < plan->sub_count; s++) total += plan->subs[s].tasks;
  running->tasks = sl_arena_calloc(&running->arena, (size_t)total + 1, sizeof(sl_task *));
  for (int s = 0; !rc && s < plan->sub_count; s++)
    for (int32_t p = 0; !rc && p < plan->subs[s].tasks; p++) {
      sl_worker *worker = sl_worker_for(running->executor, &plan->subs[s], p);
      sl_worker_enter(worker);
      sl_task *task;
      rc = sl_task_new(running, s, p, &task, err);
      if (!rc) {
        sl_vec_push(&worker->tasks, task);
        running->tasks[running->task_count++] = task;
      }
      sl_worker_leave(worker);
    }
  return rc;
}

int sl_executor_start(sl_executor *executor, sl_plan *plan, const sl_start_options *options, sl_running **out,
                      sl_err *err) {
  int rc = check_plan(plan, err);
  if (rc) return rc;
  sl_running *running = sl_heap_zalloc(sizeof *running);
  running->executor = executor;
  running->plan = sl_plan_ref(plan);
  running->keeper = sl_plan_keeper(plan, &running->keeper_sub);
  running->options = *options;
  sl_budget_init(&running->state, "state", SIZE_MAX, &executor->state);
  if (!running->options.cache_bytes) running->options.cache_bytes = executor->options.cache_bytes;
  sl_arena_init(&running->arena, 0);
  pthread_mutex_init(&running->mutex, NULL);
  atomic_store(&running->paused, options->paused);
  rc = make_tasks(running, err);
  running->options.from = NULL;
  if (rc) {
    for (int i = 0; i < running->task_count; i++) drop_task(running->tasks[i]);
    running_free(running);
    return rc;
  }
  pthread_mutex_lock(&executor->mutex);
  running->next = executor->queries;
  executor->queries = running;
  pthread_mutex_unlock(&executor->mutex);
  *out = running;
  sl_running_wake(running);
  return 0;
}

/* ---- stopping ---- */

/* Commits what a worker's tasks of the query have done, so that a restart goes on from there. */
static void commit_on(sl_worker *worker, sl_running *running) {
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  sl_task **tasks = sl_arena_calloc(&scratch, (size_t)running->task_count + 1, sizeof *tasks);
  size_t n = 0;
  int64_t due;
  sl_worker_sum_up(worker, running, true, &due);
  for (int i = 0; i < running->task_count; i++)
    if (running->tasks[i]->worker == worker && running->tasks[i]->dirty) tasks[n++] = running->tasks[i];
  if (n) sl_worker_commit_tasks(worker, tasks, n);
  sl_arena_done(&scratch);
}

int sl_executor_stop(sl_executor *executor, sl_running *running, bool forget, sl_err *err) {
  for (int i = 0; !forget && running->plan->persistent && i < executor->worker_count; i++) {
    sl_worker_enter(executor->workers[i]);
    commit_on(executor->workers[i], running);
    sl_worker_leave(executor->workers[i]);
  }
  atomic_store(&running->over, true);
  pthread_mutex_lock(&executor->mutex);
  sl_running **at = &executor->queries;
  while (*at != running) at = &(*at)->next;
  *at = running->next;
  pthread_mutex_unlock(&executor->mutex);
  sl_images_leave(running);
  if (forget)
    sl_images_forget(running);
  else
    sl_images_at_stop(running);
  for (int i = 0; i < running->task_count; i++) drop_task(running->tasks[i]);
  int rc = 0;
  if (forget && running->plan->persistent)
    rc = sl_log_forget_query(executor->options.log, running->plan->query_number, err);
  running_free(running);
  return rc;
}

/* ---- from outside ---- */

void sl_running_wake(sl_running *running) {
  for (int i = 0; i < running->task_count; i++) sl_ready_post(&running->tasks[i]->ready);
}

void sl_running_pause(sl_running *running, bool paused) {
  atomic_store(&running->paused, paused);
  if (!paused) sl_running_wake(running);
}

void sl_running_resume(sl_running *running) {
  atomic_fetch_add(&running->resumes, 1);
  atomic_store(&running->blocked, false);
  sl_running_wake(running);
}

sl_plan *sl_running_plan(sl_running *running) {
  return running->plan;
}

void sl_running_stats_get(sl_running *running, sl_running_stats *out) {
  *out = (sl_running_stats){.records_in = atomic_load(&running->records_in),
                            .records_out = atomic_load(&running->records_out),
                            .bytes_in = atomic_load(&running->bytes_in),
                            .bytes_out = atomic_load(&running->bytes_out),
                            .errors = atomic_load(&running->errors),
                            .dropped_late = atomic_load(&running->dropped_late),
                            .commits = atomic_load(&running->commits),
                            .last_in_ms = atomic_load(&running->last_in_ms),
                            .last_out_ms = atomic_load(&running->last_out_ms)};
  for (int i = 0; i < running->task_count; i++) {
    sl_task *task = running->tasks[i];
    for (int n = 0; n < task->input_count; n++) {
      int64_t behind = sl_partition_visible(task->inputs[n].reader->partition) - atomic_load(&task->inputs[n].shown);
      if (behind > 0) out->lag += behind;
    }
    pthread_mutex_lock(&task->mutex);
    for (int s = 0; s < task->store_count; s++) out->state_bytes += sl_store_bytes(task->stores[s].store);
    sl_task_progress(task, out);
    pthread_mutex_unlock(&task->mutex);
  }
  pthread_mutex_lock(&running->mutex);
  memcpy(out->reason, running->reason, sizeof out->reason);
  if (running->failed_tasks)
    out->state = SL_RUNNING_ERROR;
  else if (atomic_load(&running->paused))
    out->state = SL_RUNNING_PAUSED;
  pthread_mutex_unlock(&running->mutex);
}

static void describe_task(sl_task *task, sl_buf *out) {
  static const char *const states[] = {"restoring", "running", "failed", "done"};
  sl_buf_printf(out, "task %u_%d %s", task->sub_number, task->partition, states[task->state]);
  for (int i = 0; i < task->input_count; i++)
    sl_buf_printf(out, " " SL_STR_FMT "@%lld", SL_STR_ARG(task->inputs[i].source->topic->name),
                  (long long)atomic_load(&task->inputs[i].shown));
  sl_buf_add_z(out, ":");
  for (size_t i = 0; i < task->ops.len; i++) {
    const sl_operator *op = sl_vec_at(&task->ops, i);
    sl_buf_add_z(out, i ? ", " : " ");
    if (op->cls->describe)
      op->cls->describe(op, out);
    else
      sl_buf_add_z(out, op->cls->name);
  }
  sl_buf_add_byte(out, '\n');
}

size_t sl_running_inputs(sl_running *running, sl_arena *arena, sl_task_input **out) {
  size_t count = 0, most = 0;
  for (int i = 0; i < running->task_count; i++) most += (size_t)running->tasks[i]->input_count;
  *out = sl_arena_calloc(arena, most + 1, sizeof **out);
  for (int i = 0; i < running->task_count; i++) {
    sl_task *task = running->tasks[i];
    pthread_mutex_lock(&task->mutex);
    for (int n = 0; n < task->input_count; n++) {
      const sl_input *input = &task->inputs[n];
      if (input->is_twin) continue;
      (*out)[count++] = (sl_task_input){task->sub_number,
                                        task->partition,
                                        input->source->topic->name,
                                        sl_partition_visible(input->reader->partition),
                                        input->committed,
                                        atomic_load(&input->shown),
                                        input->first};
    }
    pthread_mutex_unlock(&task->mutex);
  }
  return count;
}

size_t sl_running_changelogs(sl_running *running, sl_arena *arena, sl_task_changelog **out) {
  size_t count = 0, most = 0;
  for (int i = 0; i < running->task_count; i++) most += (size_t)running->tasks[i]->store_count;
  *out = sl_arena_calloc(arena, most + 1, sizeof **out);
  for (int i = 0; i < running->task_count; i++) {
    sl_task *task = running->tasks[i];
    pthread_mutex_lock(&task->mutex);
    for (int n = 0; n < task->store_count; n++) {
      const sl_task_store *ts = &task->stores[n];
      if (!ts->changelog) continue;
      int64_t end = sl_partition_visible(ts->changelog);
      int64_t position = ts->image ? ts->image_start : ts->restored < ts->restore_end ? ts->restored : end;
      (*out)[count++] = (sl_task_changelog){sl_str_of(ts->plan->name), task->partition, position, end};
    }
    pthread_mutex_unlock(&task->mutex);
  }
  return count;
}

void sl_running_describe(sl_running *running, sl_buf *out) {
  for (int i = 0; i < running->task_count; i++) {
    pthread_mutex_lock(&running->tasks[i]->mutex);
    describe_task(running->tasks[i], out);
    pthread_mutex_unlock(&running->tasks[i]->mutex);
  }
}

/* ---- from tasks ---- */

void sl_running_end(sl_running *running, const sl_err *err, bool limit_reached) {
  pthread_mutex_lock(&running->mutex);
  bool first = !running->ended;
  running->ended = true;
  pthread_mutex_unlock(&running->mutex);
  atomic_store(&running->over, true);
  const sl_response *to = &running->options.response;
  if (first && to->end) to->end(to->ctx, err, limit_reached);
}

static size_t failures_kept(const sl_running *running) {
  int kept = running->options.errors_kept;
  return kept <= 0 ? 10 : kept > 1000 ? 1000 : (size_t)kept;
}

/* running->mutex is held. */
static void keep_failure(sl_running *running, int code, const char *why) {
  size_t kept = failures_kept(running);
  if (!running->failures) running->failures = sl_heap_zalloc(kept * sizeof *running->failures);
  sl_kept_failure *f = &running->failures[running->failure_count++ % kept];
  f->at_ms = sl_clock_wall_ms(running->executor->options.clock);
  f->code = code;
  snprintf(f->message, sizeof f->message, "%s", why);
}

size_t sl_running_errors(sl_running *running, sl_arena *arena, sl_failure **out) {
  size_t kept = failures_kept(running);
  pthread_mutex_lock(&running->mutex);
  size_t count = running->failure_count < kept ? running->failure_count : kept;
  *out = sl_arena_calloc(arena, count + 1, sizeof **out);
  for (size_t i = 0; i < count; i++) {
    const sl_kept_failure *f = &running->failures[(running->failure_count - count + i) % kept];
    (*out)[i] = (sl_failure){f->at_ms, f->code, sl_arena_printf(arena, "%s", f->message)};
  }
  pthread_mutex_unlock(&running->mutex);
  return count;
}

void sl_running_failed(sl_task *task, const sl_err *err) {
  sl_running *running = task->running;
  const char *why = err->message ? err->message : "unknown";
  pthread_mutex_lock(&running->mutex);
  snprintf(running->reason, sizeof running->reason, "%s", why);
  keep_failure(running, err->code, why);
  if (!task->counted_failed) running->failed_tasks++;
  task->counted_failed = true;
  pthread_mutex_unlock(&running->mutex);
  sl_log_line(SL_LOG_ERROR, "task.failed", "query=" SL_STR_FMT " sub=%u partition=%d reason=\"%s\"",
              SL_STR_ARG(running->plan->query_id), task->sub_number, task->partition, why);
  if (!running->plan->persistent) sl_running_end(running, err, false);
}

void sl_running_recovered(sl_task *task) {
  sl_running *running = task->running;
  task->backoff = 0;
  pthread_mutex_lock(&running->mutex);
  if (task->counted_failed) running->failed_tasks--;
  task->counted_failed = false;
  pthread_mutex_unlock(&running->mutex);
}

void sl_running_done(sl_task *task) {
  sl_running *running = task->running;
  if (atomic_exchange(&task->finished, true)) return;
  int done = atomic_fetch_add(&running->done_tasks, 1) + 1;
  if (done == running->task_count)
    sl_running_end(running, NULL, false);
  else
    sl_running_wake(running); /* tasks behind internal topics may know their ends now */
}

bool sl_running_upstream_done(sl_running *running, uint32_t sub) {
  for (int i = 0; i < running->task_count; i++)
    if (running->tasks[i]->sub_number < sub && !atomic_load(&running->tasks[i]->finished)) return false;
  return true;
}
