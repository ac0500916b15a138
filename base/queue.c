/* Bounded queue: a ring under one mutex. Two conditions, so that a push wakes a popper and not another pusher; a signal
 * is sent only when somebody waits. */
#include "base/queue.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include "base/heap.h"

struct sl_queue {
  pthread_mutex_t mutex;
  pthread_cond_t room, item;
  size_t push_waiters, pop_waiters;
  bool closed;
  size_t cap, count, first;
  void *items[];
};

sl_queue *sl_queue_new(size_t cap) {
  assert(cap > 0);
  sl_queue *queue = sl_heap_zalloc(sizeof *queue + cap * sizeof(void *));
  queue->cap = cap;
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_mutex_init(&queue->mutex, NULL);
  pthread_cond_init(&queue->room, &attr);
  pthread_cond_init(&queue->item, &attr);
  pthread_condattr_destroy(&attr);
  return queue;
}

void sl_queue_free(sl_queue *queue) {
  if (!queue) return;
  pthread_cond_destroy(&queue->room);
  pthread_cond_destroy(&queue->item);
  pthread_mutex_destroy(&queue->mutex);
  free(queue);
}

/* Both with the mutex held. */
static bool push(sl_queue *queue, void *item) {
  if (queue->closed || queue->count == queue->cap) return false;
  queue->items[(queue->first + queue->count++) % queue->cap] = item;
  if (queue->pop_waiters) pthread_cond_signal(&queue->item);
  return true;
}

static void *pop(sl_queue *queue) {
  if (!queue->count) return NULL;
  void *item = queue->items[queue->first];
  queue->first = (queue->first + 1) % queue->cap;
  queue->count--;
  if (queue->push_waiters) pthread_cond_signal(&queue->room);
  return item;
}

bool sl_queue_try_push(sl_queue *queue, void *item) {
  assert(item);
  pthread_mutex_lock(&queue->mutex);
  bool done = push(queue, item);
  pthread_mutex_unlock(&queue->mutex);
  return done;
}

void *sl_queue_try_pop(sl_queue *queue) {
  pthread_mutex_lock(&queue->mutex);
  void *item = pop(queue);
  pthread_mutex_unlock(&queue->mutex);
  return item;
}

static struct timespec deadline_of(int64_t timeout_ms) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_sec += timeout_ms / 1000;
  at.tv_nsec += timeout_ms % 1000 * 1000000;
  if (at.tv_nsec >= 1000000000) {
    at.tv_sec++;
    at.tv_nsec -= 1000000000;
  }
  return at;
}

/* Waits once; false when the time is over. */
static bool wait_for(sl_queue *queue, pthread_cond_t *cond, size_t *waiters, int64_t timeout_ms,
                     const struct timespec *deadline) {
  int rc;
  (*waiters)++;
  if (timeout_ms < 0) {
    rc = pthread_cond_wait(cond, &queue->mutex);
  } else {
    rc = pthread_cond_timedwait(cond, &queue->mutex, deadline);
  }
  (*waiters)--;
  return rc == 0;
}

bool sl_queue_push_wait(sl_queue *queue, void *item, int64_t timeout_ms) {
  assert(item);
  struct timespec deadline = deadline_of(timeout_ms < 0 ? 0 : timeout_ms);
  pthread_mutex_lock(&queue->mutex);
  bool done = push(queue, item), more = true;
  while (!done && more && !queue->closed) {
    more = wait_for(queue, &queue->room, &queue->push_waiters, timeout_ms, &deadline);
    done = push(queue, item);
  }
  pthread_mutex_unlock(&queue->mutex);
  return done;
}

void *sl_queue_pop_wait(sl_queue *queue, int64_t timeout_ms) {
  struct timespec deadline = deadline_of(timeout_ms < 0 ? 0 : timeout_ms);
  pthread_mutex_lock(&queue->mutex);
  void *item = pop(queue);
  bool more = true;
  while (!item && more && !queue->closed) {
    more = wait_for(queue, &queue->item, &queue->pop_waiters, timeout_ms, &deadline);
    item = pop(queue);
  }
  pthread_mutex_unlock(&queue->mutex);
  return item;
}

void sl_queue_close(sl_queue *queue) {
  pthread_mutex_lock(&queue->mutex);
  queue->closed = true;
  pthread_cond_broadcast(&queue->room);
  pthread_cond_broadcast(&queue->item);
  pthread_mutex_unlock(&queue->mutex);
}

bool sl_queue_closed(sl_queue *queue) {
  pthread_mutex_lock(&queue->mutex);
  bool closed = queue->closed;
  pthread_mutex_unlock(&queue->mutex);
  return closed;
}

size_t sl_queue_count(sl_queue *queue) {
  pthread_mutex_lock(&queue->mutex);
  size_t count = queue->count;
  pthread_mutex_unlock(&queue->mutex);
  return count;
}
