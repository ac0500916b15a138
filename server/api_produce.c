/* POST /topics/{t}/records: lines of records in, an acknowledgement for each out (docs/topic-api.md).
 *
 * The lines of a piece of the body are staged by partition, then written with one commit a partition: a commit tells
 * the offset of its last record, and its records are neighbours, so each line learns its own. */

#include "base/heap.h"
#include "server/server_int.h"
#include "types/text.h"

enum { LINE_LIMIT = 32 << 20, LINES_LIMIT = 1000000 };

typedef struct ack {
  int32_t partition;
  int64_t offset;
} ack;

typedef struct bin {
  sl_staging *staging; /* NULL until a record comes */
  int64_t count;       /* staged */
  int64_t next;        /* offset of the next acknowledgement of the commit */
} bin;

typedef struct produce {
  sl_server *server;
  sl_request *request;
  sl_topic *topic;
  int32_t bin_count, turn;
  bin *bins;
  sl_buf line;
  int64_t lines; /* read */
  bool failed;
  pthread_mutex_t mutex; /* below */
  sl_stream *stream;
  ack *acks; /* of all lines read; the first `safe` are true */
  size_t safe, cap, told;
  bool ended;
  sl_buf last; /* the error line, after the acknowledgements */
  sl_buf out;  /* bytes made, sent of them gone */
  size_t sent;
} produce;

/* ---- the answer ---- */

/* Makes the next bytes: acknowledgements up to about max bytes, or the error line. Under the mutex. */
static void make_acks(produce *p, size_t max) {
  sl_buf_reset(&p->out);
  p->sent = 0;
  for (; p->told < p->safe && p->out.len < max; p->told++)
    sl_buf_printf(&p->out, "{\"partition\":%d,\"offset\":%lld}\n", p->acks[p->told].partition,
                  (long long)p->acks[p->told].offset);
  if (p->out.len || !p->ended) return;
  sl_buf_add(&p->out, p->last.data, p->last.len);
  sl_buf_reset(&p->last);
}

static ssize_t acks_fill(void *ctx, char *buf, size_t max) {
  produce *p = ctx;
  pthread_mutex_lock(&p->mutex);
  if (p->sent == p->out.len) make_acks(p, max);
  size_t len = sl_give_bytes(&p->out, &p->sent, buf, max);
  bool end = p->ended; /* nothing was left to make */
  pthread_mutex_unlock(&p->mutex);
  return len ? (ssize_t)len : end ? -1 : 0;
}

static void acks_close(void *ctx, bool client_gone) {
  (void)client_gone;
  produce *p = ctx;
  pthread_mutex_lock(&p->mutex);
  p->stream = NULL;
  pthread_mutex_unlock(&p->mutex);
}

static const sl_stream_class ACKS = {acks_fill, acks_close};

/* ---- writing ---- */

/* Commits what is staged, partition by partition. Lines of a commit that failed have no offset. */
static int commit_bins(produce *p, sl_err *err) {
  int code = 0;
  for (int32_t i = 0; i < p->bin_count; i++) {
    bin *b = &p->bins[i];
    if (!b->count) continue;
    sl_part part = {.staging = b->staging};
    sl_commit_result result = {.last_offset = -1};
    if (!code) code = sl_log_commit(sl_engine_log(p->server->engine), &part, 1, &result, err);
    b->next = code ? -1 : result.last_offset - b->count + 1;
    b->count = 0;
    sl_staging_reset(b->staging);
  }
  return code;
}

/* Writes the staged lines and publishes their acknowledgements. On failure only the lines before the first that was
 * not written are acknowledged; *bad is its number. */
static int write_staged(produce *p, int64_t *bad, sl_err *err) {
  int code = commit_bins(p, err);
  bool unsynced = !code && (code = sl_server_make_durable(p->server, err)) != 0;
  pthread_mutex_lock(&p->mutex);
  size_t i = p->safe;
  for (; i < (size_t)p->lines && !unsynced; i++) {
    bin *b = &p->bins[p->acks[i].partition];
    if (b->next < 0) break;
    p->acks[i].offset = b->next++;
  }
  p->safe = i;
  *bad = (int64_t)i + 1;
  pthread_mutex_unlock(&p->mutex);
  return code;
}

static void publish(produce *p, bool ended, const sl_err *err, int64_t line) {
  pthread_mutex_lock(&p->mutex);
  if (err && !p->ended) {
    sl_arena arena;
    sl_arena_init(&arena, 0);
    sl_json *e = sl_json_new(&arena, SL_JSON_OBJECT);
    int api = sl_err_api_code(err->code);
    sl_json_set(&arena, e, "error_code", sl_json_new_int(&arena, api ? api : 40000));
    sl_json_set(&arena, e, "message", sl_json_new_z(&arena, err->message));
    sl_json_set(&arena, e, "line", sl_json_new_int(&arena, line));
    sl_json_write(&p->last, e);
    sl_buf_add_byte(&p->last, '\n');
    sl_arena_done(&arena);
  }
  p->ended = p->ended || ended;
  if (p->stream) sl_stream_wake(p->stream);
  pthread_mutex_unlock(&p->mutex);
}

/* ---- lines ---- */

/* Bytes of a base64 member; *null when it is absent or null. */
static int read_bytes(sl_arena *arena, const sl_json *v, const char *what, sl_str *out, bool *null, sl_err *err) {
  *null = !v || v->kind == SL_JSON_NULL;
  *out = (sl_str){0};
  if (*null) return 0;
  if (v->kind != SL_JSON_STRING || !sl_base64_decode(arena, v->text, out))
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "'%s' must be a base64 string or null.", what);
  return 0;
}

static int read_headers(sl_arena *arena, const sl_json *list, sl_buf *bytes, sl_record_headers *out, sl_err *err) {
  *out = (sl_record_headers){0};
  if (!list || list->kind == SL_JSON_NULL) return 0;
  static const char SHAPE[] = "'headers' must be an array of [name, base64 or null].";
  if (list->kind != SL_JSON_ARRAY) return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "%s", SHAPE);
  for (size_t i = 0; i < list->count; i++) {
    const sl_json *pair = list->items[i];
    sl_str value;
    bool null;
    if (!sl_json_is(pair, SL_JSON_ARRAY) || pair->count != 2 || !sl_json_is(pair->items[0], SL_JSON_STRING))
      return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "%s", SHAPE);
    int code = read_bytes(arena, pair->items[1], "headers", &value, &null, err);
    if (code) return code;
    sl_headers_encode(bytes, pair->items[0]->text, null ? NULL : &value);
  }
  out->data = bytes->data;
  out->len = (uint32_t)bytes->len;
  out->count = (uint32_t)list->count;
  return 0;
}

static int read_partition(produce *p, const sl_json *record, const sl_str *key, int32_t *out, sl_err *err) {
  const sl_json *v = sl_json_get(record, "partition");
  int64_t number;
  if (!v || v->kind == SL_JSON_NULL) {
    *out = key ? sl_partition_for_key(key->ptr, key->len, p->bin_count) : p->turn++ % p->bin_count;
    return 0;
  }
  if (!sl_json_int(v, &number) || number < 0 || number >= p->bin_count)
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "'partition' must be between 0 and %d.", p->bin_count - 1);
  *out = (int32_t)number;
  return 0;
}

static void remember(produce *p, int32_t partition) {
  pthread_mutex_lock(&p->mutex);
  if ((size_t)p->lines == p->cap) {
    p->cap = p->cap ? 2 * p->cap : 256;
    p->acks = sl_heap_realloc(p->acks, p->cap * sizeof *p->acks);
  }
  p->acks[p->lines++] = (ack){partition, -1};
  pthread_mutex_unlock(&p->mutex);
}

static int stage_record(produce *p, sl_arena *arena, const sl_json *record, sl_err *err) {
  sl_str key, value;
  bool no_key, no_value;
  int32_t number = 0;
  int64_t timestamp = sl_clock_wall_ms(sl_clock_real());
  sl_buf header_bytes = {0};
  sl_record_headers headers;
  const sl_json *time = sl_json_get(record, "timestamp");
  int code = read_bytes(arena, sl_json_get(record, "key"), "key", &key, &no_key, err);
  if (!code) code = read_bytes(arena, sl_json_get(record, "value"), "value", &value, &no_value, err);
  if (!code && time && time->kind != SL_JSON_NULL && !sl_json_int(time, &timestamp))
    code = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "'timestamp' must be a number of milliseconds.");
  if (!code) code = read_partition(p, record, no_key ? NULL : &key, &number, err);
  if (!code) code = read_headers(arena, sl_json_get(record, "headers"), &header_bytes, &headers, err);
  if (!code) {
    bin *b = &p->bins[number];
    if (!b->staging) b->staging = sl_staging_new();
    code = sl_staging_append(b->staging, sl_topic_partition(p->topic, number), timestamp,
                             no_key ? NULL : (key.len ? key.ptr : ""), key.len,
                             no_value ? NULL : (value.len ? value.ptr : ""), value.len, &headers, err);
    if (!code) b->count++;
    if (!code) remember(p, number);
  }
  sl_buf_done(&header_bytes);
  return code;
}

static int stage_line(produce *p, sl_str line, sl_err *err) {
  sl_arena arena;
  sl_json *record;
  if (p->lines == LINES_LIMIT)
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS,
                      "A request takes at most %d records; send the rest with another.", LINES_LIMIT);
  sl_arena_init(&arena, 0);
  int code = sl_json_parse(&arena, line, 0, &record, err);
  if (!code && !sl_json_is(record, SL_JSON_OBJECT))
    code = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "A record must be a JSON object.");
  if (!code) code = stage_record(p, &arena, record, err);
  sl_arena_done(&arena);
  return code;
}

/* ---- the body ---- */

/* Takes a complete line; what came before a bad one is written. */
static void take_line(produce *p, sl_str line, sl_err *err) {
  line = sl_str_trim(line);
  if (line.len && stage_line(p, line, err)) p->failed = true;
}

/* Writes what the piece brought, and ends the answer when the body has ended or a line was bad. */
static void finish_piece(produce *p, bool ended, sl_err *bad_line) {
  sl_err failure = {0};
  int64_t line = 0;
  if (write_staged(p, &line, &failure)) {
    p->failed = true;
    publish(p, true, &failure, line);
  } else {
    publish(p, ended || bad_line->code, bad_line->code ? bad_line : NULL, p->lines + 1);
  }
  sl_err_done(&failure);
}

static bool body_data(void *ctx, sl_str piece) {
  produce *p = ctx;
  sl_err err = {0};
  while (piece.len && !p->failed) {
    const char *end = memchr(piece.ptr, '\n', piece.len);
    size_t len = end ? (size_t)(end - piece.ptr) : piece.len;
    sl_buf_add(&p->line, piece.ptr, len);
    if (p->line.len > LINE_LIMIT) {
      sl_err_set(&err, SL_E_BAD_REQUEST, SL_NO_POS, "The line is longer than %d bytes.", LINE_LIMIT);
      p->failed = true;
    } else if (end) {
      take_line(p, sl_buf_str(&p->line), &err);
      sl_buf_reset(&p->line);
    }
    len += end ? 1 : 0;
    piece = sl_str_n(piece.ptr + len, piece.len - len);
  }
  finish_piece(p, false, &err);
  sl_err_done(&err);
  return !p->failed;
}

static void body_end(void *ctx) {
  produce *p = ctx;
  sl_err err = {0};
  if (!p->failed) take_line(p, sl_buf_str(&p->line), &err);
  finish_piece(p, true, &err);
  sl_err_done(&err);
}

static void body_close(void *ctx) {
  produce *p = ctx;
  for (int32_t i = 0; i < p->bin_count; i++) sl_staging_free(p->bins[i].staging);
  sl_heap_free(p->bins);
  sl_heap_free(p->acks);
  sl_buf_done(&p->line);
  sl_buf_done(&p->last);
  sl_buf_done(&p->out);
  sl_topic_unref(p->topic);
  pthread_mutex_destroy(&p->mutex);
  sl_heap_free(p);
}

static const sl_body_class BODY = {body_data, body_end, body_close};

const sl_body_class *sl_api_produce(void *server, sl_request *request, void **ctx) {
  sl_topic *topic = sl_request_topic(server, request);
  if (!topic) return NULL;
  if (sl_str_starts(sl_topic_name(topic), sl_str_of("_confluent-ksql-"))) {
    sl_err err = {0};
    sl_err_set(&err, SL_E_REQUEST, SL_NO_POS, "The topic '" SL_STR_FMT "' belongs to a query.",
               SL_STR_ARG(sl_topic_name(topic)));
    sl_answer_error(request, &err, NULL);
    sl_topic_unref(topic);
    return NULL;
  }
  static atomic_uint requests; /* records without a key go on with another partition */
  produce *p = *ctx = sl_heap_zalloc(sizeof *p);
  p->server = server;
  p->request = request;
  p->topic = topic;
  p->bin_count = sl_topic_partitions(topic);
  p->turn = (int32_t)(atomic_fetch_add(&requests, 1) % 4096);
  p->bins = sl_heap_zalloc((size_t)p->bin_count * sizeof *p->bins);
  pthread_mutex_init(&p->mutex, NULL);
  pthread_mutex_lock(&p->mutex);
  p->stream = sl_answer_stream(request, 200, "application/x-ndjson", &ACKS, p);
  pthread_mutex_unlock(&p->mutex);
  return &BODY;
}
