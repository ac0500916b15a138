/* The threads of a running engine: one a worker, one for the log's flushing and housekeeping. Each is a loop around a
 * step. */
#pragma once
#include "engine/engine.h"

typedef struct sl_threads sl_threads;

sl_threads *sl_threads_start(sl_engine *engine);
/* Ends and joins them; call before sl_engine_close. Accepts NULL. */
void sl_threads_stop(sl_threads *threads);
