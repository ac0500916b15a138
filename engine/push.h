/* A query with rows, from the inside: a place in the rows that a worker puts into a feed (feed.h), a reading of a table
 * (pulls.c), or a reader of topics (PRINT). */
#pragma once
#include "engine/engine_int.h"

typedef struct sl_push_class {
  sl_push_state (*take)(sl_push *push, size_t max, sl_push_row row, void *ctx);
  sl_push_state (*take_encoded)(sl_push *push, int encoding, sl_push_encode encode, sl_buf *out); /* may be NULL */
  void (*close)(sl_push *push);
} sl_push_class;

struct sl_push {
  const sl_push_class *cls;
  sl_engine *engine;
  sl_arena arena; /* id, schema, statement text */
  sl_str id;
  sl_str text;
  sl_schema schema;
  sl_push_ready ready;
  void *ready_ctx;
  pthread_mutex_t mutex; /* all below */
  bool pull;             /* answered at once, on the taker's thread */
  bool ended;
  bool limit_reached;
  bool ready_due; /* the taker has seen the queue empty: the next row must call ready */
  sl_err err;     /* why it ended */
};
void sl_push_init(sl_push *push, const sl_push_class *cls, sl_engine *engine, sl_push_ready ready, void *ctx);
void sl_push_done(sl_push *push);
