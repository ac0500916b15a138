/* Readers: one per worker, topic partition and source version. A reader decodes ahead the union of the columns its
 * inputs need and keeps the latest few batches, so that tasks at one position share one decoding. A task that lags
 * finds its batches decoded for it alone until it has caught up; batches are reference-counted and live as long as
 * anybody is in them. */
#include "base/heap.h"
#include "executor/decode.h"
#include "executor/executor_int.h"
#include <stddef.h>
#include <string.h>

static void notify(sl_listener *listener) {
  sl_reader *reader = (sl_reader *)(void *)((char *)listener - offsetof(sl_reader, listener));
  sl_ready_post(&reader->ready);
}

/* Codec column behind a slot, as one number. */
static int column_key(const sl_plan_source *source, int slot) {
  if (slot < 0) return -1;
  const sl_source_slot *s = &source->slots[slot];
  return s->origin == SL_SLOT_KEY ? s->column : source->codec.key_count + s->column;
}

/* Do both read records in the same way, whatever columns they want? */
static bool same_source(const sl_plan_source *a, const sl_plan_source *b) {
  if (a == b) return true;
  return a->source_version && a->source_version == b->source_version && a->base.table == b->base.table &&
         a->timestamp_fail == b->timestamp_fail && column_key(a, a->timestamp_slot) == column_key(b, b->timestamp_slot);
}

static bool same_slots(const sl_plan_source *a, const sl_plan_source *b) {
  if (a->base.layout.count != b->base.layout.count || a->needs_origin != b->needs_origin) return false;
  for (int i = 0; i < a->base.layout.count; i++) {
    const sl_source_slot *x = &a->slots[i], *y = &b->slots[i];
    if (x->origin != y->origin || x->column != y->column || !sl_str_eq(x->header_key, y->header_key)) return false;
  }
  return true;
}

/* Adds what source reads to the reader's columns; true when that is more than before. */
static bool widen(sl_reader *reader, const sl_plan_source *source) {
  bool more = false;
  for (int i = 0; i < source->base.layout.count; i++) {
    const sl_source_slot *slot = &source->slots[i];
    bool *set = slot->origin == SL_SLOT_KEY     ? reader->needed_keys
                : slot->origin == SL_SLOT_VALUE ? reader->needed_values
                                                : NULL;
    if (!set || (!slot->needed && i != source->timestamp_slot) || set[slot->column]) continue;
    set[slot->column] = more = true;
  }
  return more;
}

/* The view for an input; true in *made when it is new. */
static sl_view *view_for(sl_reader *reader, const sl_input *input, bool *made) {
  *made = false;
  for (size_t i = 0; i < reader->views.len; i++) {
    sl_view *view = sl_vec_at(&reader->views, i);
    if (same_slots(view->source, input->source)) return view;
  }
  *made = true;
  sl_view *view = sl_heap_zalloc(sizeof *view);
  *view =
      (sl_view){.id = reader->next_view++, .plan = sl_plan_ref(input->task->running->plan), .source = input->source};
  sl_vec_push(&reader->views, view);
  return view;
}

static void leave_view(sl_reader *reader, sl_view *view) {
  if (!view || --view->users) return;
  for (size_t i = 0; i < reader->views.len; i++)
    if (sl_vec_at(&reader->views, i) == view) sl_vec_remove(&reader->views, i--);
  sl_plan_unref(view->plan);
  sl_heap_free(view);
}

/* Decoded batches that lack a column or view are of no more use to new readers. */
static void forget_recent(sl_reader *reader) {
  for (int i = 0; i < SL_READER_RECENT; i++) {
    sl_decoded_unref(reader->recent[i]);
    reader->recent[i] = NULL;
  }
}

static void reader_free(sl_reader *reader) {
  if (reader->partition) sl_partition_unlisten(reader->partition, reader->end, &reader->listener);
  sl_reader_cool(reader);
  sl_codec_free(reader->codec);
  sl_stamp_close(&reader->stamp);
  sl_arena_done(&reader->arena);
  sl_topic_unref(reader->topic);
  sl_plan_unref(reader->plan);
  sl_vec_done(&reader->inputs);
  sl_vec_done(&reader->views);
  sl_heap_free(reader->needed_keys);
  sl_heap_free(reader->needed_values);
  sl_heap_free(reader);
}

static int reader_new(sl_worker *worker, sl_input *input, sl_partition *partition, sl_read_end end, sl_reader **out,
                      sl_err *err) {
  const sl_plan_source *source = input->source;
  sl_reader *reader = sl_heap_zalloc(sizeof *reader);
  reader->ready = (sl_ready){.is_reader = true, .worker = worker};
  reader->plan = sl_plan_ref(input->task->running->plan);
  reader->source = source;
  reader->end = end;
  reader->needed_keys = sl_heap_zalloc((size_t)source->codec.key_count + 1);
  reader->needed_values = sl_heap_zalloc((size_t)source->codec.value_count + 1);
  sl_arena_init(&reader->arena, 0);
  int rc = sl_codec_new(&source->codec, source->topic->name, source->base.table, &reader->codec, err);
  if (!rc && source->timestamp_slot >= 0)
    rc = sl_stamp_open(&reader->stamp, &reader->arena, source->base.layout.slots[source->timestamp_slot].type,
                       source->timestamp_format, err);
  if (rc) {
    reader_free(reader);
    return rc;
  }
  reader->topic = sl_topic_ref(sl_partition_topic(partition));
  reader->partition = partition;
  reader->listener.notify = notify;
  sl_partition_listen(partition, end, &reader->listener);
  reader->next_reader = worker->readers;
  worker->readers = reader;
  *out = reader;
  return 0;
}

int sl_reader_attach(sl_worker *worker, sl_input *input, sl_partition *partition, sl_err *err) {
  /* a client must never see what a power failure could take back */
  sl_read_end end = input->task->env.transient ? SL_READ_DURABLE : SL_READ_VISIBLE;
  sl_reader *reader = worker->readers;
  while (reader &&
         (reader->partition != partition || reader->end != end || !same_source(reader->source, input->source)))
    reader = reader->next_reader;
  int rc = reader ? 0 : reader_new(worker, input, partition, end, &reader, err);
  if (rc) return rc;
  bool made;
  input->view = view_for(reader, input, &made);
  input->view->users++;
  if (widen(reader, input->source) || made) forget_recent(reader);
  sl_vec_push(&reader->inputs, input);
  input->reader = reader;
  return 0;
}

void sl_reader_detach(sl_input *input) {
  sl_reader *reader = input->reader;
  if (!reader) return;
  sl_decoded_unref(input->batch);
  input->batch = NULL;
  input->reader = NULL;
  leave_view(reader, input->view);
  for (size_t i = 0; i < reader->inputs.len; i++)
    if (sl_vec_at(&reader->inputs, i) == input) sl_vec_remove(&reader->inputs, i--);
  if (reader->inputs.len) return;
  sl_worker *worker = reader->ready.worker;
  sl_reader **at = &worker->readers;
  while (*at != reader) at = &(*at)->next_reader;
  *at = reader->next_reader;
  sl_partition_unlisten(reader->partition, reader->end, &reader->listener);
  reader->partition = NULL;
  sl_worker_drain(worker); /* it may still stand in the inbox */
  for (size_t i = 0; i < worker->warm.len; i++)
    if (sl_vec_at(&worker->warm, i) == reader) sl_vec_remove(&worker->warm, i--);
  reader_free(reader);
}

void sl_reader_cool(sl_reader *reader) {
  forget_recent(reader);
  if (reader->fetch) sl_fetch_unref(reader->fetch);
  reader->fetch = NULL;
  reader->fetch_at = 0;
  reader->warm = false;
}

/* ---- batches ---- */

static sl_decoded *decoded_new(sl_worker *worker) {
  sl_decoded *batch;
  if (worker->spare_batches.len) {
    batch = sl_vec_at(&worker->spare_batches, worker->spare_batches.len - 1);
    worker->spare_batches.len--;
  } else {
    batch = sl_heap_zalloc(sizeof *batch);
    sl_arena_init(&batch->arena, 64 * 1024);
    batch->worker = worker;
  }
  batch->refs = 1;
  return batch;
}

void sl_decoded_unref(sl_decoded *batch) {
  enum { SPARES = 4 };
  if (!batch || --batch->refs) return;
  sl_worker *worker = batch->worker;
  if (batch->fetch) sl_fetch_unref(batch->fetch);
  if (worker->spare_batches.len >= SPARES) {
    sl_arena_done(&batch->arena);
    sl_heap_free(batch);
    return;
  }
  sl_arena arena = batch->arena;
  sl_arena_reset(&arena);
  *batch = (sl_decoded){.arena = arena, .worker = worker};
  sl_vec_push(&worker->spare_batches, batch);
}

/* Fetches where offset is, unless the last fetch goes on there. *empty: nothing to decode; *next: where to go on. */
static int refill(sl_reader *reader, int64_t offset, bool *empty, int64_t *next, sl_err *err) {
  *empty = false;
  sl_fetch *fetch = reader->fetch;
  if (fetch && reader->fetch_at < fetch->count && reader->fetch_at > 0 &&
      fetch->records[reader->fetch_at - 1].offset < offset && fetch->records[reader->fetch_at].offset >= offset)
    return 0;
  if (fetch) sl_fetch_unref(fetch);
  reader->fetch = NULL;
  reader->fetch_at = 0;
  int64_t start = sl_partition_start(reader->partition);
  if (offset < start) { /* retention has passed it */
    *empty = true;
    *next = start;
    return 0;
  }
  sl_executor *executor = reader->ready.worker->executor;
  size_t records = (size_t)(executor->options.batch > 0 ? executor->options.batch : SL_READER_BATCH);
  int rc = sl_log_fetch(reader->partition, offset, SL_READER_BYTES, records, reader->end, &fetch, err);
  if (rc) return rc;
  *next = fetch->next_offset;
  *empty = fetch->count == 0;
  if (*empty)
    sl_fetch_unref(fetch);
  else
    reader->fetch = fetch;
  return 0;
}

const sl_row *sl_decoded_rows(const sl_decoded *batch, const sl_view *view) {
  for (int i = 0; i < batch->view_count; i++)
    if (batch->views[i].id == view->id) return batch->views[i].rows;
  return NULL;
}

int sl_reader_get(sl_input *input, sl_decoded **out, int64_t *next_offset, sl_err *err) {
  sl_reader *reader = input->reader;
  int64_t offset = input->position;
  for (int i = 0; i < SL_READER_RECENT; i++) {
    sl_decoded *batch = reader->recent[i];
    if (!batch || offset < batch->base || offset >= batch->next || !sl_decoded_rows(batch, input->view)) continue;
    batch->refs++;
    *out = batch;
    return 0;
  }
  *out = NULL;
  bool empty;
  int rc = refill(reader, offset, &empty, next_offset, err);
  if (rc || empty) return rc;
  sl_worker *worker = reader->ready.worker;
  sl_decoded *batch = decoded_new(worker);
  batch->base = offset;
  batch->fetch = sl_fetch_ref(reader->fetch);
  size_t most = (size_t)(worker->executor->options.batch > 0 ? worker->executor->options.batch : SL_READER_BATCH);
  size_t left = reader->fetch->count - reader->fetch_at;
  sl_decode(reader, reader->fetch->records + reader->fetch_at, left < most ? left : most, batch);
  reader->fetch_at += left < most ? left : most;
  batch->next = left <= most ? reader->fetch->next_offset : reader->fetch->records[reader->fetch_at].offset;
  if (!reader->warm) {
    reader->warm = true;
    sl_vec_push(&worker->warm, reader);
  }
  sl_decoded **keep = &reader->recent[reader->turn++ % SL_READER_RECENT];
  sl_decoded_unref(*keep);
  *keep = batch;
  batch->refs++;
  *out = batch;
  return 0;
}
