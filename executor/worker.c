/* Workers: a loop's body. A step runs one task for one turn and commits when it is time; it never waits. Readiness
 * arrives in an inbox that any thread may post to; a step moves it to the run queue. Nothing is polled. */
#include "executor/executor_int.h"
#include <errno.h>
#include <sched.h>
#include <time.h>

/* ---- readiness ---- */

void sl_ready_post(sl_ready *ready) {
  if (atomic_exchange(&ready->queued, true)) return;
  sl_worker *worker = ready->worker;
  sl_ready *head = atomic_load(&worker->inbox);
  do ready->next = head;
  while (!atomic_compare_exchange_weak(&worker->inbox, &head, ready));
  if (!head) sl_worker_wake(worker);
}

void sl_worker_enqueue(sl_worker *worker, sl_task *task) {
  if (task->on_list) return;
  task->on_list = true;
  task->run_next = NULL;
  if (worker->run_last)
    worker->run_last->run_next = task;
  else
    worker->run_first = task;
  worker->run_last = task;
}

static sl_task *dequeue(sl_worker *worker) {
  sl_task *task = worker->run_first;
  if (!task) return NULL;
  worker->run_first = task->run_next;
  if (!worker->run_first) worker->run_last = NULL;
  task->on_list = false;
  return task;
}

static void make_ready(sl_worker *worker, sl_ready *ready) {
  atomic_store(&ready->queued, false); /* before looking, so that what comes later posts again */
  if (!ready->is_reader) {
    sl_worker_enqueue(worker, (sl_task *)(void *)ready);
    return;
  }
  sl_reader *reader = (sl_reader *)(void *)ready;
  for (size_t i = 0; i < reader->inputs.len; i++)
    sl_worker_enqueue(worker, ((sl_input *)sl_vec_at(&reader->inputs, i))->task);
}

void sl_worker_drain(sl_worker *worker) {
  sl_ready *list = atomic_exchange(&worker->inbox, NULL), *ordered = NULL;
  while (list) { /* oldest first */
    sl_ready *next = list->next;
    list->next = ordered;
    ordered = list;
    list = next;
  }
  while (ordered) {
    sl_ready *next = ordered->next;
    make_ready(worker, ordered);
    ordered = next;
  }
}

static void remove_item(sl_vec *vec, const void *item) {
  for (size_t i = 0; i < vec->len; i++)
    if (sl_vec_at(vec, i) == item) sl_vec_remove(vec, i--);
}

void sl_worker_forget_dirty(sl_worker *worker, sl_task *task) {
  task->dirty = task->commit_now = false;
  remove_item(&worker->dirty, task);
}

void sl_worker_add_failed(sl_worker *worker, sl_task *task) {
  sl_vec_push(&worker->failed, task);
}
void sl_worker_remove_failed(sl_worker *worker, sl_task *task) {
  remove_item(&worker->failed, task);
}

void sl_worker_forget(sl_worker *worker, sl_task *task) {
  sl_worker_drain(worker); /* the task itself may stand in the inbox */
  sl_worker_forget_dirty(worker, task);
  sl_worker_remove_failed(worker, task);
  remove_item(&worker->owing, task);
  remove_item(&worker->tasks, task);
  sl_task *kept = worker->run_first;
  worker->run_first = worker->run_last = NULL;
  while (kept) {
    sl_task *next = kept->run_next;
    kept->on_list = false;
    if (kept != task) sl_worker_enqueue(worker, kept);
    kept = next;
  }
}

sl_worker *sl_worker_for(sl_executor *executor, const sl_subtopology *sub, int32_t partition) {
  uint64_t hash = 0;
  if (sub->source_count) hash = sl_str_hash(sl_str_n((const char *)sub->sources[0]->topic->id.bytes, 16));
  return executor->workers[(hash + (uint64_t)partition) % (uint64_t)executor->worker_count];
}

/* ---- visitors ---- */

void sl_worker_enter(sl_worker *worker) {
  atomic_fetch_add(&worker->visitors, 1);
  pthread_mutex_lock(&worker->step);
  atomic_fetch_sub(&worker->visitors, 1);
}

void sl_worker_leave(sl_worker *worker) {
  pthread_mutex_unlock(&worker->step);
}

/* ---- steps ---- */

/* Failed tasks whose time has come go to the run queue. */
static void wake_failed(sl_worker *worker, int64_t *next_due) {
  if (!worker->failed.len) return;
  int64_t now = sl_executor_now(worker->executor);
  for (size_t i = 0; i < worker->failed.len; i++) {
    sl_task *task = sl_vec_at(&worker->failed, i);
    if (task->retry_at <= now)
      sl_worker_enqueue(worker, task);
    else if (task->retry_at < *next_due)
      *next_due = task->retry_at;
  }
}

static void run_task(sl_worker *worker, sl_task *task) {
  bool more = false;
  sl_err err = {0};
  pthread_mutex_lock(&task->mutex);
  if (sl_task_step(task, &more, &err)) {
    sl_task_fail(task, &err);
    more = false;
  }
  pthread_mutex_unlock(&task->mutex);
  if (more) sl_worker_enqueue(worker, task);
}

/* An idle worker holds no decoded batches. */
static void cool(sl_worker *worker) {
  for (size_t i = 0; i < worker->warm.len; i++) sl_reader_cool(sl_vec_at(&worker->warm, i));
  worker->warm.len = 0;
}

bool sl_worker_step(sl_worker *worker, int64_t *next_due_ns) {
  *next_due_ns = INT64_MAX;
  if (atomic_load(&worker->visitors)) {
    sched_yield();
    return true;
  }
  pthread_mutex_lock(&worker->step);
  sl_worker_drain(worker);
  wake_failed(worker, next_due_ns);
  sl_task *task = dequeue(worker);
  if (task) run_task(worker, task);
  sl_worker_sum_up(worker, NULL, false, next_due_ns);
  bool idle = !worker->run_first && !atomic_load(&worker->inbox);
  bool committed = sl_worker_commit(worker, idle, false, next_due_ns);
  if (idle && !committed) cool(worker);
  wake_failed(worker, next_due_ns);
  bool more = worker->run_first || atomic_load(&worker->inbox);
  pthread_mutex_unlock(&worker->step);
  return more;
}

/* ---- waiting ---- */

enum { SPIN_NS = 20000 };

static int64_t monotonic_now(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static bool has_work(sl_worker *worker) {
  return atomic_load(&worker->woken) || atomic_load(&worker->inbox);
}

void sl_worker_wait(sl_worker *worker, int64_t until_ns) {
  int64_t start = monotonic_now(), wait = INT64_MAX;
  if (until_ns != INT64_MAX) wait = until_ns - sl_executor_now(worker->executor);
  while (!has_work(worker) && monotonic_now() - start < SPIN_NS) {
    if (wait <= monotonic_now() - start) break;
  }
  if (!has_work(worker) && wait > monotonic_now() - start) {
    int64_t end = wait == INT64_MAX ? INT64_MAX : start + wait;
    struct timespec ts = {(time_t)(end / 1000000000), (long)(end % 1000000000)};
    pthread_mutex_lock(&worker->sleep);
    atomic_store(&worker->sleeping, true);
    int rc = 0;
    while (!has_work(worker) && rc != ETIMEDOUT) {
      if (end == INT64_MAX)
        rc = pthread_cond_wait(&worker->cond, &worker->sleep);
      else
        rc = pthread_cond_timedwait(&worker->cond, &worker->sleep, &ts);
    }
    atomic_store(&worker->sleeping, false);
    pthread_mutex_unlock(&worker->sleep);
  }
  atomic_store(&worker->woken, false);
}

void sl_worker_wake(sl_worker *worker) {
  atomic_store(&worker->woken, true);
  if (!atomic_load(&worker->sleeping)) return;
  pthread_mutex_lock(&worker->sleep);
  pthread_cond_signal(&worker->cond);
  pthread_mutex_unlock(&worker->sleep);
}
