/* POST /inserts-stream: rows in, an acknowledgement for each out (http-api.md 11).
 *
 * Rows are written as they come. Acknowledgements are in order, so they are two counters and not a list: how many rows
 * are safe, how many of them the client has been told. */
#include "base/heap.h"
#include "server/server_int.h"

enum { LINE_LIMIT = 1 << 20 };

typedef struct inserts {
  sl_server *server;
  sl_request *request;
  sl_session *session;
  sl_str target;
  bool array; /* acknowledgements as one JSON array */
  sl_buf line;
  uint64_t written; /* rows; the body's side */
  bool failed;
  pthread_mutex_t mutex; /* below: both sides */
  sl_stream *stream;
  uint64_t safe; /* rows that may be acknowledged */
  bool ended;
  sl_buf last;   /* the error element, after all acknowledgements */
  uint64_t told; /* the answer's side: acknowledgements made */
  bool opened;
  sl_buf out; /* bytes made, sent of them gone */
  size_t sent;
} inserts;

/* ---- the answer ---- */

/* Makes the next bytes: acknowledgements up to about max bytes, or the end: the error element if there is one, and what
 * closes the framing. Under the mutex. */
static void make_acks(inserts *in, size_t max) {
  sl_buf_reset(&in->out);
  in->sent = 0;
  if (in->array && !in->opened) sl_buf_add_byte(&in->out, '[');
  in->opened = true;
  for (; in->told < in->safe && in->out.len < max; in->told++)
    sl_buf_printf(&in->out, "%s{\"seq\":%llu,\"status\":\"ok\"}%s", in->array && in->told ? "," : "",
                  (unsigned long long)in->told, in->array ? "" : "\n");
  if (in->out.len || !in->ended) return;
  sl_buf_add(&in->out, in->last.data, in->last.len);
  sl_buf_reset(&in->last);
}

static ssize_t acks_fill(void *ctx, char *buf, size_t max) {
  inserts *in = ctx;
  pthread_mutex_lock(&in->mutex);
  if (in->sent == in->out.len) make_acks(in, max);
  size_t len = sl_give_bytes(&in->out, &in->sent, buf, max);
  bool end = in->ended; /* nothing was left to make */
  pthread_mutex_unlock(&in->mutex);
  return len ? (ssize_t)len : end ? -1 : 0;
}

static void acks_close(void *ctx, bool client_gone) {
  (void)client_gone;
  inserts *in = ctx;
  pthread_mutex_lock(&in->mutex);
  in->stream = NULL;
  pthread_mutex_unlock(&in->mutex);
}

static const sl_stream_class ACKS = {acks_fill, acks_close};

static void begin_answer(inserts *in) {
  sl_media media = in->array ? SL_MEDIA_JSON : SL_MEDIA_DELIMITED;
  pthread_mutex_lock(&in->mutex);
  in->stream = sl_answer_stream(in->request, 200, sl_media_type(media), &ACKS, in);
  pthread_mutex_unlock(&in->mutex);
}

/* Rows before seq are safe; err, if set, is why row seq is not. */
static void publish(inserts *in, bool ended, const sl_err *err) {
  pthread_mutex_lock(&in->mutex);
  in->safe = in->written;
  if (ended && !in->ended) {
    if (err) {
      int api = sl_err_api_code(err->code);
      bool known = api && api < 50000;
      sl_buf_add_z(&in->last, in->array && in->safe ? "," : "");
      sl_buf_printf(&in->last, "{\"@type\":\"InsertError\",\"error_code\":%d,\"message\":", known ? 40000 : 50000);
      bool clear = known || err->code == SL_E_DISK_FULL || err->code == SL_E_IO; /* the client can do something */
      sl_json_write_str(
          &in->last, sl_str_of(clear ? err->message : "Error in processing inserts. Check server logs for details."));
      sl_buf_printf(&in->last, ",\"seq\":%llu,\"status\":\"error\"}%s", (unsigned long long)in->written,
                    in->array ? "]" : "\n");
    } else if (in->array) {
      sl_buf_add_byte(&in->last, ']');
    }
    in->ended = true;
  }
  if (in->stream) sl_stream_wake(in->stream);
  pthread_mutex_unlock(&in->mutex);
}

/* ---- the body ---- */

/* Target names follow the identifier rule: upper-cased unless quoted. */
static int read_target(inserts *in, const sl_json *first, sl_err *err) {
  static const sl_body_member MEMBERS[] = {
      {"target", SL_JSON_STRING, true}, {"properties", SL_JSON_OBJECT, false}, {0}};
  const sl_json *target = sl_json_get(first, "target");
  sl_arena *arena = sl_request_arena(in->request);
  int code = sl_body_check(first, MEMBERS, err);
  if (code) return code;
  sl_str name = sl_str_trim(target->text);
  char first_char = name.len ? name.ptr[0] : 0;
  bool quoted = name.len > 2 && (first_char == '`' || first_char == '"') && name.ptr[name.len - 1] == first_char;
  name = quoted ? sl_str_n(name.ptr + 1, name.len - 2) : sl_str_upper(arena, name);
  for (size_t i = 0; i < name.len && !quoted; i++) {
    char c = name.ptr[i];
    bool fits = (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '@' || (i && c >= '0' && c <= '9');
    if (!fits && (unsigned char)c < 0x80) name.len = 0;
  }
  if (!name.len)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Invalid target name: " SL_STR_FMT, SL_STR_ARG(target->text));
  in->target = sl_str_dup(arena, name);
  return 0;
}

static int open_target(inserts *in, sl_str line, sl_err *err) {
  sl_json *first = NULL;
  sl_err failure = {0};
  int code = sl_json_parse(sl_request_arena(in->request), line, 0, &first, &failure);
  if (code || !sl_json_is(first, SL_JSON_OBJECT))
    code = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid JSON in request: %s",
                      failure.message ? failure.message : "expected an object");
  sl_err_done(&failure);
  if (!code) code = read_target(in, first, err);
  if (!code) code = sl_body_session(in->server, first, "properties", &in->session, err);
  if (!code) code = sl_engine_insert_json(in->server->engine, in->session, in->target, NULL, NULL, err);
  return code;
}

static int insert_row(inserts *in, sl_str line, sl_err *err) {
  sl_arena arena;
  sl_json *row;
  uint64_t commit;
  sl_err failure = {0};
  sl_arena_init(&arena, 0);
  int code = sl_json_parse(&arena, line, 0, &row, &failure);
  if (code) sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid JSON in inserts stream");
  sl_err_done(&failure);
  if (!code) code = sl_engine_insert_json(in->server->engine, in->session, in->target, row, &commit, err);
  sl_arena_done(&arena);
  if (!code) in->written++;
  return code;
}

/* One complete line. false when nothing more is wanted. */
static bool take_line(inserts *in, sl_str line) {
  sl_err err = {0};
  line = sl_str_trim(line);
  if (!line.len) return true;
  bool first = !in->session;
  int code = first ? open_target(in, line, &err) : insert_row(in, line, &err);
  if (code && first) {
    sl_answer_error(in->request, &err, NULL);
  } else if (first) {
    begin_answer(in);
  } else if (code) {
    sl_err sync = {0}; /* what came before is told before it is told what failed */
    if (sl_server_make_durable(in->server, &sync)) in->written = in->safe;
    publish(in, true, &err);
    sl_err_done(&sync);
  }
  in->failed = code != 0;
  sl_err_done(&err);
  return !code;
}

static bool too_long(inserts *in) {
  sl_err err = {0};
  if (in->line.len <= LINE_LIMIT) return false;
  sl_err_set(&err, SL_E_BAD_REQUEST, SL_NO_POS, "A line of the request is longer than %d bytes", LINE_LIMIT);
  in->failed = true;
  if (in->session)
    publish(in, true, &err);
  else
    sl_answer_error(in->request, &err, NULL);
  sl_err_done(&err);
  return true;
}

/* What was written so far becomes safe: one sync for the piece, not for the row. */
static void make_safe(inserts *in, bool ended) {
  sl_err err = {0};
  int code = in->written > in->safe ? sl_server_make_durable(in->server, &err) : 0;
  if (code) in->written = in->safe;
  in->failed = code != 0;
  publish(in, ended || code, code ? &err : NULL);
  sl_err_done(&err);
}

static bool body_data(void *ctx, sl_str piece) {
  inserts *in = ctx;
  while (piece.len && !in->failed) {
    const char *end = memchr(piece.ptr, '\n', piece.len);
    size_t len = end ? (size_t)(end - piece.ptr) : piece.len;
    sl_buf_add(&in->line, piece.ptr, len);
    if (too_long(in)) return false;
    if (end && !take_line(in, sl_buf_str(&in->line))) return false;
    if (end) sl_buf_reset(&in->line);
    len += end ? 1 : 0;
    piece = sl_str_n(piece.ptr + len, piece.len - len);
  }
  if (in->session && !in->failed) make_safe(in, false);
  return !in->failed;
}

static void body_end(void *ctx) {
  inserts *in = ctx;
  sl_err err = {0};
  if (in->failed) return;
  if (in->line.len && !take_line(in, sl_buf_str(&in->line))) return;
  if (in->session) {
    make_safe(in, true);
    return;
  }
  sl_err_set(&err, SL_E_BAD_REQUEST, SL_NO_POS,
             "Invalid JSON in request: Missing required creator property 'target' (index 0)");
  sl_answer_error(in->request, &err, NULL);
}

static void body_close(void *ctx) {
  inserts *in = ctx;
  sl_session_free(in->session);
  sl_buf_done(&in->line);
  sl_buf_done(&in->last);
  sl_buf_done(&in->out);
  pthread_mutex_destroy(&in->mutex);
  sl_heap_free(in);
}

static const sl_body_class BODY = {body_data, body_end, body_close};

const sl_body_class *sl_api_inserts(void *server, sl_request *request, void **ctx) {
  static const sl_media OFFERS[] = {SL_MEDIA_DELIMITED, SL_MEDIA_JSON, SL_MEDIA_NONE};
  sl_media media = sl_negotiate(sl_request_header(request, "Accept"), OFFERS, SL_MEDIA_DELIMITED);
  if (media == SL_MEDIA_NONE) {
    sl_answer(request, 406, NULL, sl_str_of(""));
    return NULL;
  }
  inserts *in = *ctx = sl_heap_zalloc(sizeof *in);
  in->server = server;
  in->request = request;
  in->array = media == SL_MEDIA_JSON;
  pthread_mutex_init(&in->mutex, NULL);
  return &BODY;
}
