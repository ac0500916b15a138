/* The executor: its workers, the list of running queries, and stepping everything on one thread until nothing is left
 * to do. */
#include "executor/executor.h"
#include "base/heap.h"
#include "executor/executor_int.h"
#include <assert.h>
#include <string.h>
#include <unistd.h>

static sl_worker *worker_new(sl_executor *executor, int index) {
  sl_worker *worker = sl_arena_zalloc(&executor->arena, sizeof *worker);
  worker->executor = executor;
  worker->index = index;
  pthread_mutex_init(&worker->step, NULL);
  pthread_mutex_init(&worker->sleep, NULL);
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&worker->cond, &attr);
  pthread_condattr_destroy(&attr);
  sl_arena_init(&worker->arena, 256 * 1024);
  sl_arena_init(&worker->commit_arena, 0);
  return worker;
}

static void worker_free(sl_worker *worker) {
  assert(!worker->tasks.len && !worker->readers);
  for (size_t i = 0; i < worker->spare_batches.len; i++) {
    sl_decoded *batch = sl_vec_at(&worker->spare_batches, i);
    sl_arena_done(&batch->arena);
    sl_heap_free(batch);
  }
  for (size_t i = 0; i < worker->spare_stagings.len; i++) sl_staging_free(sl_vec_at(&worker->spare_stagings, i));
  sl_vec *vecs[] = {&worker->tasks, &worker->warm,   &worker->spare_batches, &worker->spare_stagings,
                    &worker->dirty, &worker->failed, &worker->owing};
  for (size_t i = 0; i < sizeof vecs / sizeof *vecs; i++) sl_vec_done(vecs[i]);
  sl_buf_done(&worker->entry);
  sl_arena_done(&worker->arena);
  sl_arena_done(&worker->commit_arena);
  pthread_cond_destroy(&worker->cond);
  pthread_mutex_destroy(&worker->sleep);
  pthread_mutex_destroy(&worker->step);
}

sl_executor *sl_executor_new(const sl_executor_options *options) {
  sl_executor *executor = sl_heap_zalloc(sizeof *executor);
  executor->options = *options;
  sl_arena_init(&executor->arena, 0);
  sl_budget_init(&executor->state, "state", options->state_budget ? options->state_budget : SIZE_MAX, options->memory);
  sl_budget_init(&executor->staging, "staging", SIZE_MAX, options->memory);
  long cores = options->workers > 0 ? options->workers : sysconf(_SC_NPROCESSORS_ONLN);
  executor->worker_count = cores > 0 ? (int)cores : 1;
  executor->workers = sl_arena_calloc(&executor->arena, (size_t)executor->worker_count, sizeof(sl_worker *));
  for (int i = 0; i < executor->worker_count; i++) executor->workers[i] = worker_new(executor, i);
  pthread_mutex_init(&executor->mutex, NULL);
  executor->images = sl_images_new(executor);
  return executor;
}

void sl_executor_free(sl_executor *executor) {
  if (!executor) return;
  assert(!executor->queries);
  sl_images_free(executor->images);
  for (int i = 0; i < executor->worker_count; i++) worker_free(executor->workers[i]);
  pthread_mutex_destroy(&executor->mutex);
  sl_arena_done(&executor->arena);
  sl_heap_free(executor);
}

void sl_executor_memory_get(sl_executor *executor, sl_executor_memory *out) {
  size_t limit = executor->options.state_budget;
  *out = (sl_executor_memory){.state = sl_budget_used(&executor->state), .state_limit = limit ? limit : SIZE_MAX};
  out->staged = sl_budget_used(&executor->staging);
  sl_images_count(executor->images, &out->images, &out->images_failed);
}

/* ---- when memory is short ---- */

static const int64_t SAMPLE_NS = 10000000000;

void sl_executor_sample_memory(sl_executor *executor) {
  pthread_mutex_lock(&executor->mutex);
  int64_t now = sl_executor_now(executor);
  bool due = now - executor->sampled_at >= SAMPLE_NS;
  if (due) executor->sampled_at = now;
  for (sl_running *r = executor->queries; due && r; r = r->next) {
    memmove(r->samples + 1, r->samples, sizeof r->samples - sizeof *r->samples);
    r->samples[0] = sl_budget_used(&r->state);
  }
  pthread_mutex_unlock(&executor->mutex);
}

bool sl_executor_find_hog(sl_executor *executor, sl_executor_hog *out) {
  bool found = false;
  pthread_mutex_lock(&executor->mutex);
  for (const sl_running *r = executor->queries; r; r = r->next) {
    size_t held = sl_budget_used(&r->state), before = r->samples[SL_MEMORY_SAMPLES - 1];
    size_t grew = held > before ? held - before : 0;
    if (!held || (found && (grew < out->grew || (grew == out->grew && held <= out->held)))) continue;
    *out = (sl_executor_hog){r->plan->query_number, r->plan->persistent, held, grew};
    found = true;
  }
  pthread_mutex_unlock(&executor->mutex);
  return found;
}

void sl_executor_relieved(sl_executor *executor) {
  for (int i = 0; i < executor->worker_count; i++) {
    sl_worker *worker = executor->workers[i];
    bool any = false;
    sl_worker_enter(worker);
    for (size_t t = 0; t < worker->failed.len; t++) {
      sl_task *task = sl_vec_at(&worker->failed, t);
      if (!task->starved) continue;
      task->retry_at = sl_executor_now(executor);
      sl_worker_enqueue(worker, task);
      any = true;
    }
    sl_worker_leave(worker);
    if (any) sl_worker_wake(worker);
  }
}

int sl_executor_workers(const sl_executor *executor) {
  return executor->worker_count;
}
sl_worker *sl_executor_worker(sl_executor *executor, int i) {
  return executor->workers[i];
}

static bool worker_quiet(sl_worker *worker) {
  if (atomic_load(&worker->inbox) || worker->run_first || worker->dirty.len || sl_worker_owes(worker)) return false;
  int64_t now = sl_executor_now(worker->executor);
  for (size_t i = 0; i < worker->failed.len; i++)
    if (((sl_task *)sl_vec_at(&worker->failed, i))->retry_at <= now) return false;
  return true;
}

bool sl_executor_quiet(sl_executor *executor) {
  bool quiet = true;
  for (int i = 0; quiet && i < executor->worker_count; i++) {
    sl_worker_enter(executor->workers[i]);
    quiet = worker_quiet(executor->workers[i]);
    sl_worker_leave(executor->workers[i]);
  }
  return quiet;
}

/* What is staged stays so: the caller may try again when there is room. */
static int refused(const sl_log *log, sl_err *err) {
  char reason[256] = "";
  sl_log_refusing(log, reason, sizeof reason);
  return sl_err_set(err, SL_E_DISK_FULL, SL_NO_POS, "The log cannot be written: %s", reason);
}

static bool has_sealed(const sl_worker *worker) {
  bool sealed = false;
  for (size_t i = 0; i < worker->dirty.len && !sealed; i++) sealed = ((sl_task *)sl_vec_at(&worker->dirty, i))->sealed;
  return sealed;
}

int sl_executor_run_until_quiet(sl_executor *executor, sl_err *err) {
  while (!sl_executor_quiet(executor)) {
    const char *why = sl_log_failure(executor->options.log);
    if (why) return sl_err_set(err, SL_E_IO, SL_NO_POS, "The log has stopped: %s", why);
    bool more = false;
    for (int i = 0; i < executor->worker_count; i++) {
      int64_t due;
      more |= sl_worker_step(executor->workers[i], &due);
    }
    if (more) continue;
    for (int i = 0; i < executor->worker_count; i++) { /* nothing runnable: what is staged need not wait for its time */
      int64_t due = INT64_MAX;
      sl_worker_enter(executor->workers[i]);
      sl_worker_commit(executor->workers[i], true, true, &due);
      bool sealed = has_sealed(executor->workers[i]);
      sl_worker_leave(executor->workers[i]);
      if (sealed) return refused(executor->options.log, err);
    }
  }
  return 0;
}
