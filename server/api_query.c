/* POST /query and /query-stream: one SELECT or PRINT (http-api.md 9, 10).
 *
 * Rows of a push query are taken from the engine only when the client can take bytes, one row a chunk; a query without
 * rows sleeps until the engine says that there are some. A pull query on a table never sleeps: its answer goes out
 * whole, or, when it is long, as a stream of many rows a chunk. */
#include "base/heap.h"
#include "parser/parser.h"
#include "server/row_writer.h"
#include "server/server_int.h"

typedef struct row_stream {
  sl_server *server;
  sl_push *push;
  sl_stream *stream; /* set under mutex: ready may come first */
  pthread_mutex_t mutex;
  bool ready_early;
  sl_row_writer writer; /* its out: bytes made and not sent, one element at most */
  size_t sent;
  bool header_done, ended;
} row_stream;

/* Engine side: rows may be waiting. */
static void on_ready(void *ctx) {
  row_stream *rows = ctx;
  pthread_mutex_lock(&rows->mutex);
  sl_stream *stream = rows->stream;
  if (!stream) rows->ready_early = true;
  if (stream) sl_stream_wake(stream);
  pthread_mutex_unlock(&rows->mutex);
}

/* ---- the stream ---- */

enum {
  AT_ONCE_BYTES = 64 * 1024, /* answers of pull queries up to this are not streamed; longer ones in pieces of this */
  AT_ONCE_ROWS = 50,
};

/* Makes the next element; false when there is none now. */
static bool next_element(row_stream *rows) {
  sl_buf_reset(&rows->writer.out);
  rows->sent = 0;
  if (!rows->header_done) {
    rows->header_done = true;
    sl_write_header(&rows->writer);
    if (rows->writer.out.len) return true;
  }
  while (!rows->ended && !rows->writer.out.len) { /* tombstones leave nothing in some framings */
    sl_push_state state = sl_push_is_pull(rows->push)
                              ? sl_push_take(rows->push, AT_ONCE_ROWS, sl_write_row, &rows->writer)
                              : sl_write_next(&rows->writer);
    if (state == SL_PUSH_WAIT && rows->writer.frame == SL_FRAME_TEXT && atomic_load(&rows->server->stopping))
      rows->ended = true;
    if (state == SL_PUSH_WAIT) return false;
    if (state != SL_PUSH_DONE) continue;
    rows->ended = true;
    sl_write_end(&rows->writer);
  }
  return rows->writer.out.len > 0;
}

static ssize_t stream_fill(void *ctx, char *buf, size_t max) {
  row_stream *rows = ctx;
  if (rows->sent == rows->writer.out.len && !next_element(rows)) return rows->ended ? -1 : 0;
  if (!rows->sent) sl_push_count_bytes(rows->push, rows->writer.out.len);
  return (ssize_t)sl_give_bytes(&rows->writer.out, &rows->sent, buf, max);
}

static void rows_free(row_stream *rows) {
  sl_push_close(rows->push); /* no ready call after it */
  sl_buf_done(&rows->writer.out);
  pthread_mutex_destroy(&rows->mutex);
  sl_heap_free(rows);
}

static void stream_close(void *ctx, bool client_gone) {
  (void)client_gone;
  row_stream *rows = ctx;
  pthread_mutex_lock(&rows->mutex);
  rows->stream = NULL;
  pthread_mutex_unlock(&rows->mutex);
  rows_free(rows);
}

static const sl_stream_class ROW_STREAM = {stream_fill, stream_close};

static void answer_rows(sl_request *request, row_stream *rows, const char *content_type, bool blank_lines) {
  int64_t interval = sl_settings_int(rows->server->settings, "query.stream.disconnect.check");
  pthread_mutex_lock(&rows->mutex);
  rows->stream = sl_answer_stream(request, 200, content_type, &ROW_STREAM, rows);
  if (blank_lines && interval > 0) sl_stream_keep_alive(rows->stream, interval);
  if (rows->ready_early) sl_stream_wake(rows->stream);
  pthread_mutex_unlock(&rows->mutex);
}

/* A pull query's answer that fits goes out whole; a longer one is streamed, beginning with what was made here. */
static bool write_whole(sl_request *request, sl_row_writer *w, const char *content_type, size_t most) {
  sl_write_header(w);
  sl_push_state state = SL_PUSH_ROWS;
  while (state == SL_PUSH_ROWS && w->out.len < most) state = sl_push_take(w->push, AT_ONCE_ROWS, sl_write_row, w);
  if (state == SL_PUSH_ROWS) return false;
  sl_write_end(w);
  sl_push_count_bytes(w->push, w->out.len);
  sl_answer(request, 200, content_type, sl_buf_str(&w->out));
  return true;
}

static bool answer_at_once(sl_request *request, row_stream *rows, const char *content_type) {
  rows->header_done = true;
  if (!write_whole(request, &rows->writer, content_type, AT_ONCE_BYTES)) return false;
  rows_free(rows);
  return true;
}

/* ---- requests ---- */

typedef struct query_route {
  const char *sql_member, *properties_member;
  bool is_query; /* /query: the older shape */
  sl_body_member members[6];
} query_route;

/* The framing a request asks for; false when nothing it accepts can be given. */
static bool choose_framing(sl_request *request, const query_route *route, bool print, sl_framing *frame,
                           const char **content_type) {
  static const sl_media QUERY[] = {SL_MEDIA_DELIMITED, SL_MEDIA_KSQL_JSON, SL_MEDIA_JSON, SL_MEDIA_NONE};
  static const sl_media PRINT_STREAM[] = {SL_MEDIA_DELIMITED, SL_MEDIA_NONE};
  static const sl_media PRINT_QUERY[] = {SL_MEDIA_KSQL_JSON, SL_MEDIA_JSON, SL_MEDIA_NONE};
  const char *accept = sl_request_header(request, "Accept");
  sl_media absent = route->is_query ? SL_MEDIA_KSQL_JSON : SL_MEDIA_DELIMITED;
  sl_media media = sl_negotiate(accept, print ? (route->is_query ? PRINT_QUERY : PRINT_STREAM) : QUERY, absent);
  if (media == SL_MEDIA_NONE) return false;
  *frame = print                                        ? SL_FRAME_TEXT
           : media == SL_MEDIA_DELIMITED                ? SL_FRAME_DELIMITED
           : media == SL_MEDIA_JSON && !route->is_query ? SL_FRAME_ARRAY
                                                        : SL_FRAME_ROWS;
  *content_type = print                     ? (route->is_query ? "application/json" : NULL)
                  : *frame == SL_FRAME_ROWS ? sl_media_type(SL_MEDIA_KSQL_JSON)
                                            : sl_media_type(media);
  return true;
}

/* The two routes word some refusals differently. */
static void adapt_error(const query_route *route, sl_str text, sl_err *failure, sl_err *err) {
  sl_arena arena;
  sl_script script;
  sl_arena_init(&arena, 0);
  const sl_statement *stmt =
      sl_parse(&arena, text, 0, &script, NULL) || script.count != 1 ? NULL : script.statements[0];
  bool print = stmt && stmt->kind == SL_STMT_PRINT;
  if (stmt && !print && stmt->kind != SL_STMT_QUERY && route->is_query) {
    sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Statement type %s not supported for this resource",
               sl_statement_words(stmt->kind));
  } else if (print && !route->is_query && failure->code == SL_E_BAD_REQUEST) {
    sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Topic does not exist: " SL_STR_FMT,
               SL_STR_ARG(((const sl_stmt_print *)stmt)->topic));
    sl_err_statement(err, stmt->text.ptr, stmt->text.len);
  }
  sl_err_move(err, failure);
  sl_err_done(failure);
  sl_arena_done(&arena);
}

static int open_rows(sl_server *server, const query_route *route, sl_json *body, row_stream *rows, sl_err *err) {
  sl_str text = sl_json_str(sl_json_get(body, route->sql_member), "");
  if (route->is_query && sl_str_trim(text).len == 0)
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "\"ksql\" field must be populated");
  sl_session *session;
  sl_err failure = {0};
  int code = route->is_query ? sl_body_wait(server, body, err) : 0;
  if (!code) code = sl_body_session(server, body, route->properties_member, &session, err);
  if (code) return code;
  code = sl_engine_query(server->engine, session, text, on_ready, rows, &rows->push, &failure);
  sl_session_free(session);
  if (code) adapt_error(route, text, &failure, err);
  return code;
}

static void run(sl_server *server, sl_request *request, const query_route *route) {
  sl_json *body;
  sl_err err = {0};
  if (sl_request_http10(request)) {
    sl_err_set(&err, SL_E_BAD_REQUEST, SL_NO_POS, "This endpoint is only available when using HTTP1.1 or HTTP2");
    sl_answer_error(request, &err, NULL);
    return;
  }
  if (sl_body_object(request, route->members, &body, &err)) {
    sl_answer_error(request, &err, NULL);
    return;
  }
  row_stream *rows = sl_heap_zalloc(sizeof *rows);
  rows->server = server;
  pthread_mutex_init(&rows->mutex, NULL);
  const char *content_type;
  if (open_rows(server, route, body, rows, &err)) {
    sl_answer_error(request, &err, NULL);
    rows_free(rows);
  } else if (!choose_framing(request, route, sl_push_is_print(rows->push), &rows->writer.frame, &content_type)) {
    sl_answer(request, 406, NULL, sl_str_of(""));
    rows_free(rows);
  } else {
    bool blank_lines = route->is_query && (rows->writer.frame == SL_FRAME_ROWS || rows->writer.frame == SL_FRAME_TEXT);
    rows->writer.records_only = !route->is_query;
    rows->writer.push = rows->push;
    if (sl_push_is_pull(rows->push) && answer_at_once(request, rows, content_type)) return;
    answer_rows(request, rows, content_type, blank_lines);
  }
}

/* Lookups with a kept plan cost less than handing the request to another thread. Whatever is not plain success or the
 * query's own failure is left to run, which tells it better. */
static bool run_quick(sl_server *server, sl_request *request, const query_route *route) {
  sl_json *body;
  sl_session *session;
  sl_row_writer writer = {0};
  const char *content_type;
  sl_err err = {0};
  if (sl_request_http10(request) || sl_body_object(request, route->members, &body, NULL) ||
      (route->is_query && sl_json_is(sl_json_get(body, "commandSequenceNumber"), SL_JSON_NUMBER)) ||
      !choose_framing(request, route, false, &writer.frame, &content_type) ||
      sl_body_session(server, body, route->properties_member, &session, NULL))
    return false;
  sl_str text = sl_json_str(sl_json_get(body, route->sql_member), "");
  int code = sl_engine_query_quick(server->engine, session, text, &writer.push, &err);
  sl_session_free(session);
  if (code) {
    sl_err_whole_statement(&err, text.ptr, text.len);
    sl_answer_error(request, &err, NULL);
  }
  if (code || !writer.push) return code;
  write_whole(request, &writer, content_type, SIZE_MAX);
  sl_push_close(writer.push);
  sl_buf_done(&writer.out);
  return true;
}

static const query_route QUERY = {"ksql",
                                  "streamsProperties",
                                  true,
                                  {{"ksql", SL_JSON_STRING, false},
                                   {"streamsProperties", SL_JSON_OBJECT, false},
                                   {"sessionVariables", SL_JSON_OBJECT, false},
                                   {"requestProperties", SL_JSON_OBJECT, false},
                                   {"commandSequenceNumber", SL_JSON_NUMBER, false}}};
static const query_route QUERY_STREAM = {"sql",
                                         "properties",
                                         false,
                                         {{"sql", SL_JSON_STRING, true},
                                          {"properties", SL_JSON_OBJECT, false},
                                          {"sessionVariables", SL_JSON_OBJECT, false},
                                          {"requestProperties", SL_JSON_OBJECT, false}}};

void sl_api_query(void *server, sl_request *request) {
  run(server, request, &QUERY);
}
void sl_api_query_stream(void *server, sl_request *request) {
  run(server, request, &QUERY_STREAM);
}
bool sl_api_query_quick(void *server, sl_request *request) {
  return run_quick(server, request, &QUERY);
}
bool sl_api_query_stream_quick(void *server, sl_request *request) {
  return run_quick(server, request, &QUERY_STREAM);
}

void sl_api_close_query(void *arg, sl_request *request) {
  static const sl_body_member MEMBERS[] = {{"queryId", SL_JSON_STRING, true}, {0}};
  sl_server *server = arg;
  sl_json *body;
  sl_err err = {0};
  int code = sl_body_object(request, MEMBERS, &body, &err);
  if (!code) code = sl_engine_end_push(server->engine, sl_json_str(sl_json_get(body, "queryId"), ""), &err);
  if (code)
    sl_answer_error(request, &err, NULL);
  else
    sl_answer(request, 200, NULL, sl_str_of(""));
}
