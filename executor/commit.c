/* Commits of a worker: flush the write caches, write changelogs, and give the parts of many tasks to the log at once. A
 * task that cannot make its part drops out; if the log refuses the whole, each part is tried alone, so that one bad
 * part harms no other. A part that only the disk refuses stays staged (the task is sealed) and is tried again. */
#include "executor/executor_int.h"
#include <stdlib.h>

typedef struct prepared {
  sl_task *task;
  sl_part part;
  sl_buf clocks;
} prepared;

static int flush_ops(sl_task *task, sl_err *err) {
  int rc = 0;
  for (size_t i = 0; !rc && i < task->ops.len; i++) {
    sl_operator *op = sl_vec_at(&task->ops, i);
    if (op->cls->flush) rc = op->cls->flush(op, err);
  }
  return rc;
}

static int write_changelogs(sl_task *task, sl_err *err) {
  int rc = 0;
  for (int i = 0; !rc && i < task->store_count; i++) {
    sl_task_store *ts = &task->stores[i];
    if (ts->changelog && sl_store_dirty(ts->store))
      rc = sl_changelog_write(ts->store, sl_task_staging(task), ts->changelog, task->env.arena, err);
  }
  return rc;
}

/* Makes a task's part; positions in the commit arena. */
static int prepare(sl_task *task, prepared *p, sl_err *err) {
  sl_arena *arena = &task->worker->commit_arena;
  sl_arena_reset(task->env.arena);
  task->env.now_ms = sl_clock_wall_ms(task->running->executor->options.clock);
  int rc = task->sealed ? 0 : flush_ops(task, err);
  if (!rc && !task->sealed) rc = write_changelogs(task, err);
  if (rc) return rc;
  p->task = task;
  p->part = (sl_part){.staging = task->staging, .producer = task->worker->index + 1};
  if (!task->running->plan->persistent) return 0; /* nobody will ask where a push query stood */
  sl_position *positions = sl_arena_calloc(arena, (size_t)task->input_count + 1, sizeof *positions);
  size_t count = 0;
  for (int i = 0; i < task->input_count; i++) {
    sl_input *input = &task->inputs[i];
    if (input->is_twin) continue;
    sl_position *to = &positions[count++];
    *to = (sl_position){*sl_topic_get_id(input->reader->topic), sl_partition_number(input->reader->partition),
                        sl_refill_position(input)};
    for (sl_input *twin = input->twin; twin; twin = twin->twin)
      if (twin->position < to->offset) to->offset = twin->position;
  }
  p->clocks = (sl_buf){0};
  sl_clocks_save(task, &p->clocks);
  p->part.has_task = true;
  p->part.task = sl_task_get_id(task);
  p->part.positions = positions;
  p->part.position_count = count;
  p->part.clocks = p->clocks.data;
  p->part.clocks_len = p->clocks.len;
  return 0;
}

/* Internal topics need no records below a position that nobody can fall back behind: one whose decision is synced. A
 * flush publishes synced ends together with the decisions of the same moment, so a later record of the topic is the
 * witness. */
static void trim_inputs(sl_task *task) {
  enum { TRIM_EVERY = 10000 };
  int64_t given = task->running->executor->options.trim_every, every = given ? given : TRIM_EVERY;
  sl_log *log = task->running->executor->options.log;
  for (int i = 0; i < task->input_count; i++) {
    sl_input *input = &task->inputs[i];
    if (!input->source->topic->internal || input->is_twin) continue;
    if (input->trim_offset >= 0 && sl_partition_synced(input->reader->partition) > input->trim_witness) {
      sl_err err = {0};
      sl_log_trim(log, input->reader->partition, input->trim_offset, &err); /* tried again later if it fails */
      sl_err_done(&err);
      input->trimmed = input->trim_offset;
      input->trim_offset = -1;
    }
    if (input->trim_offset < 0 && input->committed - input->trimmed >= every) {
      input->trim_offset = input->committed;
      input->trim_witness = sl_partition_visible(input->reader->partition);
    }
  }
}

static void count_out(sl_task *task) {
  sl_running *running = task->running;
  if (!task->records_out) return;
  atomic_fetch_add_explicit(&running->records_out, task->records_out, memory_order_relaxed);
  atomic_fetch_add_explicit(&running->bytes_out, task->bytes_out, memory_order_relaxed);
  atomic_store_explicit(&running->last_out_ms, task->env.now_ms, memory_order_relaxed);
  task->records_out = task->bytes_out = 0;
}

/* What has expired by a store's own clock, whatever the wall clock says, need not stay in its changelog. The clock must
 * be one that survives a power failure, so it is told one commit later: when a later record of the changelog is synced,
 * so is the decision with the clock. */
static void expire_changelog(sl_task_store *ts) {
  if (!ts->changelog || ts->shape == SL_STATE_KEY_VALUE || ts->shape == SL_STATE_PENDING) return;
  if (ts->expire_next != INT64_MIN && sl_partition_synced(ts->changelog) > ts->expire_witness) {
    ts->expired = ts->expire_next;
    ts->expire_next = INT64_MIN;
    sl_partition_expire(ts->changelog, ts->expired);
  }
  int64_t from = sl_store_visible_from(ts->store);
  if (ts->expire_next != INT64_MIN || from <= ts->expired) return;
  ts->expire_next = from;
  ts->expire_witness = sl_partition_visible(ts->changelog);
}

static void committed(prepared *p) {
  sl_task *task = p->task;
  for (int i = 0; i < task->store_count; i++) sl_store_commit(task->stores[i].store);
  if (sl_refill_read(task)) task->env.refilling = false;
  for (int i = 0; i < task->input_count; i++) task->inputs[i].committed = task->inputs[i].position;
  if (p->part.has_task) {
    for (int i = 0; i < task->store_count; i++) expire_changelog(&task->stores[i]);
    sl_buf_reset(&task->clocks);
    sl_buf_add(&task->clocks, p->clocks.data, p->clocks.len);
    trim_inputs(task);
  }
  count_out(task);
  sl_task_release_staging(task);
  sl_worker_forget_dirty(task->worker, task);
  if (task->sealed) sl_worker_enqueue(task->worker, task);
  task->sealed = false;
  atomic_fetch_add_explicit(&task->running->commits, 1, memory_order_relaxed);
  task->uncommitted = 0;
  task->left_out_kept = task->left_out;
  if (task->backoff && !task->careful) sl_running_recovered(task);
  if (task->state == SL_TASK_DONE && task->running->options.to_end_only) sl_running_done(task);
}

static int commit_parts(sl_log *log, prepared *list, size_t count, sl_arena *arena, sl_err *err) {
  sl_part *parts = sl_arena_calloc(arena, count + 1, sizeof *parts);
  size_t n = 0;
  for (size_t i = 0; i < count; i++)
    if (list[i].part.has_task || (list[i].part.staging && sl_staging_records(list[i].part.staging)))
      parts[n++] = list[i].part;
  sl_commit_result result = {0};
  int rc = n ? sl_log_commit(log, parts, n, &result, err) : 0;
  for (size_t i = 0; !rc && i < count; i++) committed(&list[i]);
  return rc;
}

/* The disk has no room, is read-only or broken, and the log lives: the same part can be written later. */
static bool can_wait(const sl_log *log, int code) {
  return (code == SL_E_DISK_FULL || code == SL_E_IO || code == SL_E_LIMIT) && !sl_log_failure(log);
}

static void refuse(sl_task *task, const sl_log *log, sl_err *err) {
  if (!can_wait(log, err->code)) {
    sl_task_fail(task, err);
    return;
  }
  task->sealed = true;
  task->worker->refused_until = sl_executor_now(task->worker->executor) + SL_REFUSED_NS;
  sl_err_done(err);
}

static int by_serial(const void *a, const void *b) {
  const sl_task *x = *(sl_task *const *)a, *y = *(sl_task *const *)b;
  return x->serial < y->serial ? -1 : x->serial > y->serial;
}

void sl_worker_commit_tasks(sl_worker *worker, sl_task **tasks, size_t count) {
  sl_log *log = worker->executor->options.log;
  sl_arena *arena = &worker->commit_arena;
  sl_arena_reset(arena);
  prepared *list = sl_arena_calloc(arena, count + 1, sizeof *list);
  size_t n = 0;
  qsort(tasks, count, sizeof *tasks, by_serial);
  for (size_t i = 0; i < count; i++) {
    sl_err err = {0};
    pthread_mutex_lock(&tasks[i]->mutex);
    if (!prepare(tasks[i], &list[n], &err)) {
      n++;
      continue;
    }
    sl_task_fail(tasks[i], &err);
    pthread_mutex_unlock(&tasks[i]->mutex);
  }
  sl_err err = {0};
  int rc = commit_parts(log, list, n, arena, &err);
  bool alone = rc && n > 1 && !sl_log_failure(log);
  for (size_t i = 0; rc && i < n; i++) {
    sl_err own = {0};
    if (alone) {
      if (!commit_parts(log, &list[i], 1, arena, &own)) continue;
    } else {
      sl_err_set(&own, err.code, SL_NO_POS, "%s", err.message);
    }
    refuse(list[i].task, log, &own);
  }
  sl_err_done(&err);
  for (size_t i = 0; i < n; i++) {
    pthread_mutex_unlock(&list[i].task->mutex);
    sl_buf_done(&list[i].clocks);
  }
}

/* ---- cadence (design.md 6) ---- */

static int64_t interval_of(const sl_task *task) {
  int64_t ms = task->running->options.commit_interval_ms;
  if (ms < 0) ms = task->running->executor->options.commit_interval_ms;
  return ms < 0 ? -1 : ms * 1000000;
}

/* When a task is to be committed; 0 = now. */
static int64_t due_of(const sl_task *task, bool idle) {
  int64_t interval = interval_of(task);
  if (task->sealed) return task->worker->refused_until;
  if (task->commit_now) return 0;
  if (interval >= 0) return task->dirty_since + interval;
  return idle ? 0 : task->dirty_since + SL_COMMIT_AGE_NS;
}

/* Bytes staged; in *held those that the write cache holds back, in *counted all that goes at a commit. */
static size_t staged_bytes(const sl_worker *worker, size_t *held, size_t *counted) {
  size_t bytes = 0;
  *held = *counted = 0;
  for (size_t i = 0; i < worker->dirty.len; i++) {
    const sl_task *task = sl_vec_at(&worker->dirty, i);
    if (task->staging) bytes += sl_staging_bytes(task->staging);
    *held += sl_task_cached(task);
    for (int s = 0; s < task->store_count; s++) *counted += sl_store_dirty_bytes(task->stores[s].store);
  }
  *counted += bytes;
  return bytes;
}

/* Little memory is left in the process: what is staged goes at once. */
static bool is_short(const sl_executor *executor) {
  return executor->options.memory && sl_budget_fill(executor->options.memory) > 0.95;
}

/* When the pause after the last commit ends. What every commit costs, however little it holds, must not eat the time of
 * a worker that has rows to work on: then it is a tenth. A worker that has none loses nothing by committing, and its
 * rows are out at once; but half of its time stays for the other threads of the machine. */
static int64_t rest_until(const sl_worker *worker, bool idle) {
  int64_t rest = worker->commit_took * (idle ? SL_COMMIT_REST_IDLE : SL_COMMIT_REST);
  return worker->commit_ended + (rest < SL_COMMIT_REST_MAX ? rest : SL_COMMIT_REST_MAX);
}

bool sl_worker_commit(sl_worker *worker, bool idle, bool force, int64_t *next_due) {
  sl_executor *executor = worker->executor;
  if (!worker->dirty.len) {
    sl_budget_set(&executor->staging, &worker->counted, 0);
    return false;
  }
  size_t limit = executor->options.staging_budget / (size_t)executor->worker_count;
  if (!limit || limit > SL_COMMIT_BYTES) limit = SL_COMMIT_BYTES;
  int64_t now = sl_executor_now(executor), rest = rest_until(worker, idle);
  size_t held, counted, staged = staged_bytes(worker, &held, &counted);
  bool worth = (held ? held : staged) >= SL_COMMIT_WORTH; /* what is held back gets fewer by waiting */
  sl_budget_set(&executor->staging, &worker->counted, counted);
  bool full = staged >= limit || is_short(executor);
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  sl_task **tasks = sl_arena_calloc(&scratch, worker->dirty.len, sizeof *tasks);
  size_t n = 0;
  for (size_t i = 0; i < worker->dirty.len; i++) {
    sl_task *task = sl_vec_at(&worker->dirty, i);
    int64_t due = due_of(task, idle);
    if (due < rest && !worth) due = rest;
    if (force || (full && !task->sealed) || due <= now)
      tasks[n++] = task;
    else if (due < *next_due)
      *next_due = due;
  }
  if (n) {
    sl_worker_commit_tasks(worker, tasks, n);
    worker->commit_ended = sl_executor_now(executor);
    worker->commit_took = worker->commit_ended - now;
    staged_bytes(worker, &held, &counted);
    sl_budget_set(&executor->staging, &worker->counted, counted);
  }
  sl_arena_done(&scratch);
  return n > 0;
}
