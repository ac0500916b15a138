/* GET /topics/{t}/records: a stream of records as lines (docs/topic-api.md).
 *
 * A reader a partition holds an offset; records are fetched only when the client can take bytes. A reader that waits
 * listens to its partition, and one append wakes the stream once. */
#include <stdio.h>

#include "base/heap.h"
#include "server/server_int.h"
#include "types/text.h"

enum { FETCH_BYTES = 256 * 1024, FETCH_RECORDS = 1000 };

typedef struct reader {
  sl_listener listener;
  struct consume *owner;
  sl_partition *partition;
  int64_t offset, end; /* end: where a request that does not follow stops */
} reader;

typedef struct consume {
  sl_server *server;
  sl_topic *topic;
  reader *readers;
  int32_t count, turn;
  bool follow, listening;
  int64_t left; /* records still to be given; INT64_MAX = no limit */
  sl_fetch *fetch;
  size_t at;
  int32_t fetch_partition;
  sl_buf out;
  size_t sent;
  bool ended;
  atomic_bool waiting; /* asleep: the next append wakes */
  pthread_mutex_t mutex;
  sl_stream *stream; /* under the mutex */
} consume;

static void on_append(sl_listener *listener) {
  consume *c = ((reader *)(void *)((char *)listener - offsetof(reader, listener)))->owner;
  if (!atomic_exchange(&c->waiting, false)) return;
  pthread_mutex_lock(&c->mutex);
  if (c->stream) sl_stream_wake(c->stream);
  pthread_mutex_unlock(&c->mutex);
}

/* ---- records as lines ---- */

static void write_bytes(sl_buf *out, const void *data, size_t len, bool null) {
  if (null) {
    sl_buf_add_z(out, "null");
    return;
  }
  sl_buf_add_byte(out, '"');
  sl_base64_encode(out, data, len);
  sl_buf_add_byte(out, '"');
}

static void write_record(sl_buf *out, int32_t partition, const sl_record *record) {
  size_t at = 0;
  sl_str name, value;
  bool null, first = true;
  sl_buf_printf(out, "{\"partition\":%d,\"offset\":%lld,\"timestamp\":%lld,\"key\":", partition,
                (long long)record->offset, (long long)record->timestamp);
  write_bytes(out, record->key, record->key_len, !record->key);
  sl_buf_add_z(out, ",\"value\":");
  write_bytes(out, record->value, record->value_len, !record->value);
  sl_buf_add_z(out, ",\"headers\":[");
  while (sl_headers_next(&record->headers, &at, &name, &value, &null)) {
    sl_buf_add_z(out, first ? "[" : ",[");
    sl_json_write_str(out, name);
    sl_buf_add_byte(out, ',');
    write_bytes(out, value.ptr, value.len, null);
    sl_buf_add_byte(out, ']');
    first = false;
  }
  sl_buf_add_z(out, "]}\n");
}

static void write_failure(consume *c, sl_err *err) {
  int api = sl_err_api_code(err->code);
  sl_buf_printf(&c->out, "{\"error_code\":%d,\"message\":", api ? api : 50000);
  sl_json_write_str(&c->out, sl_str_of(err->message));
  sl_buf_add_z(&c->out, "}\n");
  sl_err_done(err);
  c->ended = true;
}

/* ---- reading ---- */

/* Fetches for one reader; true when there are records, or it has come on. */
static bool fetch_one(consume *c, reader *r, bool *moved) {
  sl_err err = {0};
  int64_t from = r->offset;
  int code = sl_log_fetch(r->partition, from, FETCH_BYTES, FETCH_RECORDS, SL_READ_DURABLE, &c->fetch, &err);
  if (code == SL_E_OFFSET_OUT_OF_RANGE) { /* retention was quicker than the client */
    sl_err_done(&err);
    r->offset = sl_partition_start(r->partition);
    *moved = *moved || r->offset != from;
    return false;
  }
  if (code) {
    write_failure(c, &err);
    return false;
  }
  r->offset = c->fetch->next_offset;
  *moved = *moved || r->offset != from;
  c->at = 0;
  if (c->fetch->count) return true;
  sl_fetch_unref(c->fetch);
  c->fetch = NULL;
  return false;
}

/* Makes c->fetch hold records to give; false when there are none now (or c->ended). */
static bool refill(consume *c) {
  if (c->fetch && c->at < c->fetch->count) return true;
  sl_fetch_unref(c->fetch);
  c->fetch = NULL;
  bool moved = true, open = true;
  while (moved && !c->ended) {
    moved = open = false;
    for (int32_t i = 0; i < c->count && !c->ended; i++) {
      reader *r = &c->readers[c->turn];
      c->fetch_partition = sl_partition_number(r->partition);
      int32_t turn = c->turn;
      c->turn = (c->turn + 1) % c->count;
      if (!c->follow && r->offset >= r->end) continue;
      open = true;
      if (fetch_one(c, &c->readers[turn], &moved)) return true;
    }
  }
  if (!open) c->ended = true;
  return false;
}

static void next_lines(consume *c) {
  sl_buf_reset(&c->out);
  c->sent = 0;
  while (!c->ended && c->out.len < FETCH_BYTES / 4 && refill(c)) {
    const reader *r = NULL;
    for (int32_t i = 0; i < c->count; i++)
      if (sl_partition_number(c->readers[i].partition) == c->fetch_partition) r = &c->readers[i];
    const sl_record *record = &c->fetch->records[c->at++];
    if (!c->follow && r && record->offset >= r->end) {
      c->at = c->fetch->count;
      continue;
    }
    write_record(&c->out, c->fetch_partition, record);
    c->ended = --c->left <= 0;
  }
}

static ssize_t records_fill(void *ctx, char *buf, size_t max) {
  consume *c = ctx;
  if (c->sent == c->out.len) {
    if (c->ended || atomic_load(&c->server->stopping)) return -1;
    atomic_store(&c->waiting, true); /* before looking: what comes after the look wakes */
    next_lines(c);
    if (!c->out.len) return c->ended ? -1 : 0;
    atomic_store(&c->waiting, false);
  }
  return (ssize_t)sl_give_bytes(&c->out, &c->sent, buf, max);
}

static void consume_free(consume *c) {
  for (int32_t i = 0; i < c->count && c->listening; i++)
    sl_partition_unlisten(c->readers[i].partition, SL_READ_DURABLE, &c->readers[i].listener);
  sl_fetch_unref(c->fetch);
  sl_buf_done(&c->out);
  sl_heap_free(c->readers);
  sl_topic_unref(c->topic);
  pthread_mutex_destroy(&c->mutex);
  sl_heap_free(c);
}

static void records_close(void *ctx, bool client_gone) {
  (void)client_gone;
  consume *c = ctx;
  pthread_mutex_lock(&c->mutex);
  c->stream = NULL;
  pthread_mutex_unlock(&c->mutex);
  consume_free(c);
}

static const sl_stream_class RECORDS = {records_fill, records_close};

/* ---- where to start ---- */

static int bad_argument(const char *name, const char *value, const char *expected, sl_err *err) {
  return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "'%s' takes %s, not '%s'.", name, expected, value);
}

static int number_argument(sl_request *request, const char *name, int64_t fallback, int64_t *out, sl_err *err) {
  const char *text = sl_request_argument(request, name);
  *out = fallback;
  if (text && !sl_str_int64(sl_str_of(text), out)) return bad_argument(name, text, "a number", err);
  return 0;
}

static int start_offset(sl_request *request, reader *r, sl_err *err) {
  const char *text = sl_request_argument(request, "offset"), *time = sl_request_argument(request, "timestamp");
  int64_t start = sl_partition_start(r->partition), end = sl_partition_durable(r->partition), number;
  r->end = end;
  if (time) {
    if (!sl_str_int64(sl_str_of(time), &number)) return bad_argument("timestamp", time, "a number", err);
    return sl_partition_offset_at(r->partition, number, &r->offset, err);
  }
  if (!text || strcmp(text, "latest") == 0)
    number = end;
  else if (strcmp(text, "earliest") == 0)
    number = start;
  else if (!sl_str_int64(sl_str_of(text), &number))
    return bad_argument("offset", text, "earliest, latest or a number", err);
  else if (number < 0)
    number += end;
  r->offset = number < start ? start : number > end ? end : number;
  return 0;
}

/* Committed positions of the group replace the start of their partitions. */
static void use_group(consume *c, sl_request *request) {
  const char *group = sl_request_argument(request, "group");
  sl_position *positions;
  size_t count;
  if (!group) return;
  sl_log_group_positions(sl_engine_log(c->server->engine), sl_str_of(group), sl_request_arena(request), &positions,
                         &count);
  for (size_t i = 0; i < count; i++)
    for (int32_t r = 0; r < c->count; r++) {
      reader *own = &c->readers[r];
      if (!sl_topic_id_equal(&positions[i].topic, sl_topic_get_id(c->topic)) ||
          positions[i].partition != sl_partition_number(own->partition))
        continue;
      int64_t start = sl_partition_start(own->partition);
      own->offset = positions[i].offset > start ? positions[i].offset : start;
    }
}

static int open_readers(consume *c, sl_request *request, sl_err *err) {
  int64_t only;
  int32_t partitions = sl_topic_partitions(c->topic);
  const char *follow = sl_request_argument(request, "follow");
  int code = number_argument(request, "partition", -1, &only, err);
  if (!code) code = number_argument(request, "max", INT64_MAX, &c->left, err);
  if (!code && (only >= partitions || (only < 0 && sl_request_argument(request, "partition"))))
    code = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "'partition' must be between 0 and %d.", partitions - 1);
  if (!code && follow && strcmp(follow, "true") != 0 && strcmp(follow, "false") != 0)
    code = bad_argument("follow", follow, "true or false", err);
  if (code) return code;
  c->follow = !follow || strcmp(follow, "true") == 0;
  c->ended = c->left <= 0;
  c->count = only >= 0 ? 1 : partitions;
  c->readers = sl_heap_zalloc((size_t)c->count * sizeof *c->readers);
  for (int32_t i = 0; i < c->count && !code; i++) {
    reader *r = &c->readers[i];
    r->owner = c;
    r->listener.notify = on_append;
    r->partition = sl_topic_partition(c->topic, only >= 0 ? (int32_t)only : i);
    code = start_offset(request, r, err);
  }
  if (!code) use_group(c, request);
  return code;
}

void sl_api_consume(void *arg, sl_request *request) {
  sl_topic *topic = sl_request_topic(arg, request);
  sl_err err = {0};
  if (!topic) return;
  consume *c = sl_heap_zalloc(sizeof *c);
  c->server = arg;
  c->topic = topic;
  pthread_mutex_init(&c->mutex, NULL);
  if (open_readers(c, request, &err)) {
    sl_answer_error(request, &err, NULL);
    consume_free(c);
    return;
  }
  for (int32_t i = 0; i < c->count; i++)
    sl_partition_listen(c->readers[i].partition, SL_READ_DURABLE, &c->readers[i].listener);
  c->listening = true;
  pthread_mutex_lock(&c->mutex);
  c->stream = sl_answer_stream(request, 200, "application/x-ndjson", &RECORDS, c);
  pthread_mutex_unlock(&c->mutex);
}
