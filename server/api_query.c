/* POST /query and /query-stream: one SELECT or PRINT, answered by a stream (http-api.md 9, 10).
 *
 * Rows are taken from the engine only when the client can take bytes, one row a chunk; a query without rows sleeps
 * until the engine says that there are some. */
#include "base/heap.h"
#include "parser/parser.h"
#include "server/server_int.h"

typedef enum framing {
  FRAME_ROWS /* 9.4 */,
  FRAME_DELIMITED /* 9.3 */,
  FRAME_ARRAY /* 9.5 */,
  FRAME_TEXT /* PRINT */
} framing;

typedef struct row_stream {
  sl_server *server;
  sl_push *push;
  sl_stream *stream; /* set under mutex: ready may come first */
  pthread_mutex_t mutex;
  bool ready_early;
  framing frame;
  sl_buf out; /* bytes made and not sent: one element at most */
  size_t sent;
  bool header_done, ended;
  bool records_only; /* PRINT without the lines about formats */
  bool pull;         /* separators stand before elements, since none is known to follow */
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

/* ---- elements ---- */

static void write_columns(sl_buf *out, const sl_row *row, const sl_schema *schema) {
  sl_buf_add_byte(out, '[');
  for (int i = 0; i < schema->count; i++) {
    if (i) sl_buf_add_byte(out, ',');
    sl_value_print_json(out, schema->columns[i].type, &row->values[i]);
  }
  sl_buf_add_byte(out, ']');
}

static void write_row(void *ctx, const sl_row *row, const sl_schema *schema, bool tombstone) {
  row_stream *rows = ctx;
  sl_buf *out = &rows->out;
  switch (rows->frame) {
  case FRAME_ROWS:
    sl_buf_add_z(out, rows->pull ? ",\n{\"row\":{\"columns\":" : "{\"row\":{\"columns\":");
    write_columns(out, row, schema);
    sl_buf_add_z(out, tombstone ? ",\"tombstone\":true}}" : "}}");
    sl_buf_add_z(out, rows->pull ? "" : ",\n");
    return;
  case FRAME_DELIMITED:
    if (tombstone) return;
    write_columns(out, row, schema);
    sl_buf_add_byte(out, '\n');
    return;
  case FRAME_ARRAY:
    if (tombstone) return;
    sl_buf_add_byte(out, ',');
    write_columns(out, row, schema);
    return;
  case FRAME_TEXT:
    if (rows->records_only && !sl_str_starts(sl_value_str(&row->values[0]), sl_str_of("rowtime: "))) return;
    sl_buf_add(out, row->values[0].bytes, row->values[0].len);
    sl_buf_add_byte(out, '\n');
    return;
  }
}

static void write_header(row_stream *rows) {
  const sl_schema *schema = sl_push_schema(rows->push);
  sl_buf *out = &rows->out;
  sl_buf text = {0};
  if (rows->frame == FRAME_TEXT) return;
  sl_buf_add_z(out, rows->frame == FRAME_ROWS ? "[{\"header\":{" : rows->frame == FRAME_ARRAY ? "[{" : "{");
  sl_buf_add_z(out, "\"queryId\":");
  sl_json_write_str(out, sl_push_id(rows->push));
  if (rows->frame == FRAME_ROWS) {
    sl_schema_print(&text, schema);
    sl_buf_add_z(out, ",\"schema\":");
    sl_json_write_str(out, sl_buf_str(&text));
    sl_buf_add_z(out, rows->pull ? "}}" : "}},\n");
  } else {
    sl_buf_add_z(out, ",\"columnNames\":[");
    for (int i = 0; i < schema->count; i++) {
      if (i) sl_buf_add_byte(out, ',');
      sl_json_write_str(out, schema->columns[i].name);
    }
    sl_buf_add_z(out, "],\"columnTypes\":[");
    for (int i = 0; i < schema->count; i++) {
      if (i) sl_buf_add_byte(out, ',');
      sl_buf_reset(&text);
      sl_type_print(&text, schema->columns[i].type, SL_TYPE_SQL);
      sl_json_write_str(out, sl_buf_str(&text));
    }
    sl_buf_add_z(out, rows->frame == FRAME_DELIMITED ? "]}\n" : "]}");
  }
  sl_buf_done(&text);
}

static void write_end(row_stream *rows) {
  const sl_err *err = sl_push_error(rows->push);
  sl_buf *out = &rows->out;
  sl_arena arena;
  sl_err generic = {0};
  sl_arena_init(&arena, 0);
  if (err) sl_err_set(&generic, SL_E_INTERNAL, SL_NO_POS, "%s", err->message);
  if (rows->frame == FRAME_ROWS && rows->pull && !err) {
    sl_buf_add_byte(out, ']');
  } else if (rows->frame == FRAME_ROWS) {
    sl_buf_add_z(out, rows->pull ? ",\n" : "");
    sl_buf_add_z(out, err ? "{\"errorMessage\":" : "{\"finalMessage\":");
    if (err)
      sl_error_write(out, &generic, NULL, &arena);
    else
      sl_json_write_str(out, sl_str_of(sl_push_limit_reached(rows->push) ? "Limit Reached" : "Query Completed"));
    sl_buf_add_z(out, "}]");
  } else if (rows->frame == FRAME_ARRAY) {
    if (err) sl_buf_add_byte(out, ',');
    if (err) sl_error_write(out, &generic, NULL, &arena);
    sl_buf_add_byte(out, ']');
  } else if (err) {
    sl_error_write(out, &generic, NULL, &arena);
    sl_buf_add_byte(out, '\n');
  }
  sl_err_done(&generic);
  sl_arena_done(&arena);
}

/* ---- the stream ---- */

enum {
  AT_ONCE_BYTES = 64 * 1024, /* answers of pull queries up to this are not streamed; longer ones in pieces of this */
  AT_ONCE_ROWS = 50,
};

/* Makes the next element; false when there is none now. */
static bool next_element(row_stream *rows) {
  sl_buf_reset(&rows->out);
  rows->sent = 0;
  if (!rows->header_done) {
    rows->header_done = true;
    write_header(rows);
    if (rows->out.len) return true;
  }
  while (!rows->ended && !rows->out.len) { /* tombstones leave nothing in some framings */
    sl_push_state state = sl_push_take(rows->push, rows->pull ? AT_ONCE_ROWS : 1, write_row, rows);
    if (state == SL_PUSH_WAIT && rows->frame == FRAME_TEXT && atomic_load(&rows->server->stopping)) rows->ended = true;
    if (state == SL_PUSH_WAIT) return false;
    if (state != SL_PUSH_DONE) continue;
    rows->ended = true;
    write_end(rows);
  }
  return rows->out.len > 0;
}

static ssize_t stream_fill(void *ctx, char *buf, size_t max) {
  row_stream *rows = ctx;
  if (rows->sent == rows->out.len && !next_element(rows)) return rows->ended ? -1 : 0;
  if (!rows->sent) sl_push_count_bytes(rows->push, rows->out.len);
  size_t left = rows->out.len - rows->sent, len = left < max ? left : max;
  memcpy(buf, rows->out.data + rows->sent, len);
  rows->sent += len;
  return (ssize_t)len;
}

static void rows_free(row_stream *rows) {
  sl_push_close(rows->push); /* no ready call after it */
  sl_buf_done(&rows->out);
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
static bool answer_at_once(sl_request *request, row_stream *rows, const char *content_type) {
  rows->header_done = true;
  write_header(rows);
  sl_push_state state = SL_PUSH_ROWS;
  while (state == SL_PUSH_ROWS && rows->out.len < AT_ONCE_BYTES)
    state = sl_push_take(rows->push, AT_ONCE_ROWS, write_row, rows);
  if (state == SL_PUSH_ROWS) return false;
  rows->ended = true;
  write_end(rows);
  sl_push_count_bytes(rows->push, rows->out.len);
  sl_answer(request, 200, content_type, sl_buf_str(&rows->out));
  rows_free(rows);
  return true;
}

/* ---- requests ---- */

typedef struct query_route {
  const char *sql_member, *properties_member;
  bool is_query; /* /query: the older shape */
} query_route;

/* The framing a request asks for; false when nothing it accepts can be given. */
static bool choose_framing(sl_request *request, const query_route *route, bool print, framing *frame,
                           const char **content_type) {
  static const sl_media QUERY[] = {SL_MEDIA_DELIMITED, SL_MEDIA_KSQL_JSON, SL_MEDIA_JSON, SL_MEDIA_NONE};
  static const sl_media PRINT_STREAM[] = {SL_MEDIA_DELIMITED, SL_MEDIA_NONE};
  static const sl_media PRINT_QUERY[] = {SL_MEDIA_KSQL_JSON, SL_MEDIA_JSON, SL_MEDIA_NONE};
  const char *accept = sl_request_header(request, "Accept");
  sl_media absent = route->is_query ? SL_MEDIA_KSQL_JSON : SL_MEDIA_DELIMITED;
  sl_media media = sl_negotiate(accept, print ? (route->is_query ? PRINT_QUERY : PRINT_STREAM) : QUERY, absent);
  if (media == SL_MEDIA_NONE) return false;
  *frame = print                                        ? FRAME_TEXT
           : media == SL_MEDIA_DELIMITED                ? FRAME_DELIMITED
           : media == SL_MEDIA_JSON && !route->is_query ? FRAME_ARRAY
                                                        : FRAME_ROWS;
  *content_type = print                  ? (route->is_query ? "application/json" : NULL)
                  : *frame == FRAME_ROWS ? sl_media_type(SL_MEDIA_KSQL_JSON)
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
  const sl_json *sql = sl_json_get(body, route->sql_member);
  sl_str text = sl_json_str(sql, "");
  if (!route->is_query && !sl_json_is(sql, SL_JSON_STRING))
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS,
                      "Invalid JSON in request: Missing required creator property 'sql' (index 0)");
  if (route->is_query && sl_str_trim(text).len == 0)
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "\"ksql\" field must be populated");
  sl_session *session;
  sl_err failure = {0};
  int code = sl_body_session(server, body, route->properties_member, &session, err);
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
  if (sl_body_object(request, &body, &err)) {
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
  } else if (!choose_framing(request, route, sl_push_is_print(rows->push), &rows->frame, &content_type)) {
    sl_answer(request, 406, NULL, sl_str_of(""));
    rows_free(rows);
  } else {
    bool blank_lines = route->is_query && (rows->frame == FRAME_ROWS || rows->frame == FRAME_TEXT);
    rows->records_only = !route->is_query;
    rows->pull = sl_push_is_pull(rows->push);
    if (rows->pull && answer_at_once(request, rows, content_type)) return;
    answer_rows(request, rows, content_type, blank_lines);
  }
}

void sl_api_query(void *server, sl_request *request) {
  static const query_route ROUTE = {"ksql", "streamsProperties", true};
  run(server, request, &ROUTE);
}

void sl_api_query_stream(void *server, sl_request *request) {
  static const query_route ROUTE = {"sql", "properties", false};
  run(server, request, &ROUTE);
}

void sl_api_close_query(void *arg, sl_request *request) {
  sl_server *server = arg;
  sl_json *body;
  sl_err err = {0};
  int code = sl_body_object(request, &body, &err);
  const sl_json *id = code ? NULL : sl_json_get(body, "queryId");
  if (!code && !sl_json_is(id, SL_JSON_STRING))
    code = sl_err_set(&err, SL_E_BAD_REQUEST, SL_NO_POS,
                      "Invalid JSON in request: Missing required creator property 'queryId' (index 0)");
  if (!code) code = sl_engine_end_push(server->engine, id->text, &err);
  if (code)
    sl_answer_error(request, &err, NULL);
  else
    sl_answer(request, 200, NULL, sl_str_of(""));
}
