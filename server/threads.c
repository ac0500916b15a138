/* Loops around the engine's steps. Nothing else makes a thread for it. */
#include "server/threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/heap.h"
#include "base/logger.h"

enum { HOUSEKEEPING_MS = 500, ALWAYS_MS = 2 /* between looks for unsynced commits under log.flush=always */ };

typedef struct loop {
  pthread_t thread;
  struct sl_threads *threads;
  sl_worker *worker; /* NULL: the loop of the log and of state images */
} loop;

struct sl_threads {
  sl_engine *engine;
  atomic_bool stopping;
  pthread_mutex_t mutex;
  pthread_cond_t wake; /* the log's loop waits here */
  loop *loops;
  int count;
};

static void *worker_loop(void *arg) {
  loop *self = arg;
  while (!atomic_load(&self->threads->stopping)) {
    int64_t due = INT64_MAX;
    if (!sl_worker_step(self->worker, &due)) sl_worker_wait(self->worker, due);
  }
  return NULL;
}

static int64_t monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until a monotonic time or the end. */
static void wait_until(sl_threads *threads, int64_t ms) {
  struct timespec until = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
  pthread_mutex_lock(&threads->mutex);
  if (!atomic_load(&threads->stopping)) pthread_cond_timedwait(&threads->wake, &threads->mutex, &until);
  pthread_mutex_unlock(&threads->mutex);
}

static void report(const char *what, sl_err *err, bool *reported) {
  if (!*reported) sl_log_line(SL_LOG_ERROR, "log.step_failed", "step=%s reason=\"%s\"", what, err->message);
  *reported = true;
  sl_err_done(err);
}

/* A line when the disk begins to refuse commits, and one when it takes them again. */
static void report_refusals(const sl_log *log, bool *were) {
  char reason[256];
  bool now = sl_log_refusing(log, reason, sizeof reason);
  if (now && !*were) sl_log_line(SL_LOG_ERROR, "log.refused", "reason=\"%s\"", reason);
  if (!now && *were) sl_log_line(SL_LOG_INFO, "log.resumed", "refused=%llu", (unsigned long long)sl_log_refused(log));
  *were = now;
}

static void *log_loop(void *arg) {
  sl_threads *threads = ((loop *)arg)->threads;
  sl_log *log = sl_engine_log(threads->engine);
  bool always = sl_str_eq_z(sl_settings_str(sl_engine_settings(threads->engine), "log.flush"), "always");
  bool flush_reported = false, housekeeping_reported = false, more = false, more_images = false, refusing = false;
  int64_t next_housekeeping = monotonic_ms() + HOUSEKEEPING_MS;
  while (!atomic_load(&threads->stopping)) {
    sl_err err = {0};
    int64_t due = INT64_MAX;
    if (sl_log_flush_step(log, false, &due, &err))
      report("flush", &err, &flush_reported);
    else
      flush_reported = false;
    report_refusals(log, &refusing);
    if (more || monotonic_ms() >= next_housekeeping) {
      if (sl_log_housekeeping_step(log, &more, &err)) {
        more = false;
        report("housekeeping", &err, &housekeeping_reported);
      } else if (!more) {
        housekeeping_reported = false;
      }
      next_housekeeping = monotonic_ms() + HOUSEKEEPING_MS;
    }
    sl_engine_memory_step(threads->engine);
    sl_engine_push_step(threads->engine);
    sl_executor_image_step(sl_engine_executor(threads->engine), &more_images);
    int64_t until = more || more_images ? monotonic_ms() + 1 : always ? monotonic_ms() + ALWAYS_MS : next_housekeeping;
    wait_until(threads, due < until ? due : until);
  }
  return NULL;
}

sl_threads *sl_threads_start(sl_engine *engine) {
  sl_threads *threads = sl_heap_zalloc(sizeof *threads);
  sl_executor *executor = sl_engine_executor(engine);
  int workers = sl_executor_workers(executor);
  pthread_condattr_t attr;
  threads->engine = engine;
  pthread_mutex_init(&threads->mutex, NULL);
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&threads->wake, &attr);
  pthread_condattr_destroy(&attr);
  threads->count = workers + 1;
  threads->loops = sl_heap_zalloc((size_t)threads->count * sizeof *threads->loops);
  for (int i = 0; i < threads->count; i++) {
    loop *l = &threads->loops[i];
    l->threads = threads;
    l->worker = i < workers ? sl_executor_worker(executor, i) : NULL;
    pthread_create(&l->thread, NULL, l->worker ? worker_loop : log_loop, l);
  }
  return threads;
}

void sl_threads_stop(sl_threads *threads) {
  if (!threads) return;
  pthread_mutex_lock(&threads->mutex);
  atomic_store(&threads->stopping, true);
  pthread_cond_broadcast(&threads->wake);
  pthread_mutex_unlock(&threads->mutex);
  for (int i = 0; i < threads->count; i++) {
    if (threads->loops[i].worker) sl_worker_wake(threads->loops[i].worker);
    pthread_join(threads->loops[i].thread, NULL);
  }
  pthread_mutex_destroy(&threads->mutex);
  pthread_cond_destroy(&threads->wake);
  sl_heap_free(threads->loops);
  sl_heap_free(threads);
}
