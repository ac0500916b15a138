/* A bounded queue of pointers between threads: any number of pushers and poppers, first in, first out. Items are the
 * caller's and never NULL. Thread: any, except new and free. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sl_queue sl_queue;

enum { SL_WAIT_FOREVER = -1 };

sl_queue *sl_queue_new(size_t cap);
/* Accepts NULL. Nobody may use the queue any more; items still in it are not touched. */
void sl_queue_free(sl_queue *queue);
bool sl_queue_try_push(sl_queue *queue, void *item); /* false: full or closed */
void *sl_queue_try_pop(sl_queue *queue);             /* NULL: empty */
/* Wait up to timeout_ms (SL_WAIT_FOREVER: no limit) for room or an item; give up at once when the queue is closed (pop:
 * closed and empty). */
bool sl_queue_push_wait(sl_queue *queue, void *item, int64_t timeout_ms);
void *sl_queue_pop_wait(sl_queue *queue, int64_t timeout_ms);
/* No more pushes; what is inside can still be popped. Wakes all who wait. */
void sl_queue_close(sl_queue *queue);
bool sl_queue_closed(sl_queue *queue);
size_t sl_queue_count(sl_queue *queue);
