/* Requests of any protocol: what was asked, the answer, the way through the route table, and the threads on which
 * handlers run. Threads come when all are busy and go when idle: a handler may wait, and holds up nobody else. */
#include <time.h>

#include "base/err.h"
#include "base/heap.h"
#include "server/http_int.h"

enum { KEPT_JOB_THREADS = 2 /* stay when idle */, JOB_IDLE_S = 5 };

/* ---- what was asked ---- */

sl_arena *sl_request_arena(sl_request *request) {
  return &request->arena;
}
const char *sl_request_method(const sl_request *request) {
  return request->method;
}
sl_str sl_request_path(const sl_request *request) {
  return request->path;
}
sl_str sl_request_body(const sl_request *request) {
  return sl_buf_str(&request->body);
}
bool sl_request_http10(const sl_request *request) {
  return request->http10;
}
const char *sl_request_version(const sl_request *request) {
  return request->http2 ? "2" : request->http10 ? "1.0" : "1.1";
}
const char *sl_request_header(sl_request *request, const char *name) {
  return request->protocol->header(request, name);
}
const char *sl_request_argument(sl_request *request, const char *name) {
  return request->protocol->argument(request, name);
}
const char *sl_request_peer(sl_request *request, char out[64]) {
  return request->protocol->peer(request, out);
}

static int hex(char c) {
  return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

size_t sl_percent_decode(char *text) {
  char *to = text;
  for (const char *p = text; *p; p++) {
    int high = *p == '%' ? hex(p[1]) : -1, low = high >= 0 ? hex(p[2]) : -1;
    bool coded = low >= 0 && high + low > 0;
    *to++ = coded ? (char)(high * 16 + low) : *p;
    if (coded) p += 2;
  }
  *to = 0;
  return (size_t)(to - text);
}

/* ---- answering ---- */

void sl_request_add_header(sl_request *request, const char *name, const char *value) {
  if (request->header_count == 16) return;
  request->headers[request->header_count][0] = sl_arena_dup(&request->arena, name, strlen(name));
  request->headers[request->header_count++][1] = sl_arena_dup(&request->arena, value, strlen(value));
}

static void begin_answer(sl_request *request, int status, const char *content_type) {
  request->answered = true;
  request->status = status;
  request->content_type = content_type ? sl_arena_dup(&request->arena, content_type, strlen(content_type)) : NULL;
}

void sl_answer(sl_request *request, int status, const char *content_type, sl_str body) {
  if (request->answered) return;
  begin_answer(request, status, content_type);
  sl_buf_add_str(&request->answer, body);
  request->bytes_out = body.len;
}

sl_stream *sl_answer_stream(sl_request *request, int status, const char *content_type, const sl_stream_class *cls,
                            void *ctx) {
  sl_stream *stream = sl_heap_zalloc(sizeof *stream);
  stream->request = request;
  stream->cls = cls;
  stream->ctx = ctx;
  pthread_mutex_init(&stream->mutex, NULL);
  begin_answer(request, status, content_type);
  request->stream = stream;
  request->protocol->stream_opened(stream);
  return stream;
}

void sl_stream_wake(sl_stream *stream) {
  stream->request->protocol->stream_wake(stream);
}

void sl_stream_keep_alive(sl_stream *stream, int64_t ms) {
  if (stream->request->protocol->stream_keep_alive) stream->request->protocol->stream_keep_alive(stream, ms);
}

/* ---- routing ---- */

/* '*' is one segment, at the end of the pattern the rest of the path. */
static bool path_matches(const char *pattern, sl_str path) {
  size_t at = 0;
  for (; *pattern; pattern++) {
    if (*pattern != '*') {
      if (at == path.len || path.ptr[at++] != *pattern) return false;
      continue;
    }
    size_t start = at;
    while (at < path.len && (!pattern[1] || path.ptr[at] != '/')) at++;
    if (at == start) return false;
  }
  return at == path.len;
}

/* The route of a request; *known tells whether the path exists with another method. */
static const sl_route *find_route(const sl_http *http, const sl_request *request, bool *known) {
  const char *method = strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
  *known = false;
  for (size_t i = 0; i < http->options.route_count; i++) {
    const sl_route *route = &http->options.routes[i];
    if (!path_matches(route->path, request->path)) continue;
    if (strcmp(route->method, method) == 0) return route;
    *known = true;
  }
  return NULL;
}

void sl_request_refuse(sl_request *request, int api_code, const char *message) {
  sl_buf body = {0};
  sl_buf_printf(&body, "{\"@type\":\"generic_error\",\"error_code\":%d,\"message\":\"%s\"}", api_code, message);
  sl_answer(request, api_code / 100, "application/json", sl_buf_str(&body));
  sl_buf_done(&body);
}

/* Answers what needs no handler; false when a handler is due. */
static bool answer_early(sl_request *request) {
  sl_http *http = request->http;
  bool known;
  request->route = find_route(http, request, &known);
  if (request->too_large)
    sl_request_refuse(request, 41300, "The request body is too large.");
  else if (request->no_room)
    sl_request_refuse(request, 50302, "The server is short of memory. Try again later.");
  else if (!request->route && known)
    sl_answer(request, 405, NULL, sl_str_of(""));
  else if (!request->route)
    sl_answer(request, 404, "text/plain", sl_str_of("Not Found"));
  return request->answered;
}

/* ---- jobs: handlers on our own threads ---- */

static void *job_loop(void *arg);

/* A thread more when all are busy and more are allowed. Under the mutex. */
static void ensure_thread(sl_http *http) {
  pthread_t thread;
  if (http->waiting_jobs <= http->idle_threads || http->job_threads >= http->options.threads) return;
  if (pthread_create(&thread, NULL, job_loop, http)) return;
  pthread_detach(thread);
  http->job_threads++;
}

/* Suspends the request and queues the job; false when the server stops. Thread: the protocol's. */
static bool give_out(sl_request *request, sl_job job) {
  sl_http *http = request->http;
  pthread_mutex_lock(&http->mutex);
  bool taken = !http->stopping;
  if (taken) {
    request->job = job;
    request->next_job = NULL;
    atomic_store(&request->busy, true);
    request->protocol->suspend(request);
    if (http->last_job)
      http->last_job->next_job = request;
    else
      http->first_job = request;
    http->last_job = request;
    http->waiting_jobs++;
    ensure_thread(http);
    pthread_cond_signal(&http->job_there);
  }
  pthread_mutex_unlock(&http->mutex);
  return taken;
}

/* The next job; NULL when this thread may end. */
static sl_request *take_job(sl_http *http) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += JOB_IDLE_S;
  pthread_mutex_lock(&http->mutex);
  http->idle_threads++;
  bool late = false;
  while (!http->first_job && !http->stopping && !(late && http->job_threads > KEPT_JOB_THREADS)) {
    if (late) /* one that stays waits without an end: a time that has passed is none to wait for */
      pthread_cond_wait(&http->job_there, &http->mutex);
    else
      late = pthread_cond_timedwait(&http->job_there, &http->mutex, &until) != 0;
  }
  http->idle_threads--;
  sl_request *request = http->first_job;
  if (request) {
    http->first_job = request->next_job;
    if (!http->first_job) http->last_job = NULL;
    http->waiting_jobs--;
  } else {
    http->job_threads--;
    pthread_cond_broadcast(&http->changed);
  }
  pthread_mutex_unlock(&http->mutex);
  return request;
}

static void run_job(sl_request *request) {
  const sl_body_class *body = request->body_class;
  switch (request->job) {
  case SL_JOB_PIECE: request->body_unwanted = !body->data(request->body_ctx, sl_buf_str(&request->body)); return;
  case SL_JOB_END: body->end(request->body_ctx); break;
  case SL_JOB_HANDLE: request->route->handle(request->http->options.server, request); break;
  }
  if (!request->answered) sl_request_refuse(request, 50000, "The request was not answered.");
}

static void *job_loop(void *arg) {
  sl_http *http = arg;
  for (sl_request *request; (request = take_job(http));) {
    run_job(request);
    request->protocol->resume(request);
  }
  return NULL;
}

/* ---- the stages of a request ---- */

sl_request *sl_request_new(sl_http *http, const sl_protocol *protocol, void *own, const char *method, const char *url) {
  sl_request *request = sl_heap_zalloc(sizeof *request);
  request->http = http;
  request->protocol = protocol;
  request->own = own;
  sl_arena_init(&request->arena, 0);
  request->method = sl_arena_dup(&request->arena, method, strlen(method));
  request->path = sl_str_dup(&request->arena, sl_str_of(url));
  if (request->path.len > 1 && request->path.ptr[request->path.len - 1] == '/') request->path.len--;
  return request;
}

static bool http_stopping(sl_http *http) {
  pthread_mutex_lock(&http->mutex);
  bool stopping = http->stopping;
  pthread_mutex_unlock(&http->mutex);
  return stopping;
}

/* Small bodies always have room: a statement may be one that gives memory back. */
static void count_body(sl_request *request) {
  enum { ALWAYS = 64 << 10 };
  sl_budget *memory = request->http->options.memory;
  if (!memory) return;
  size_t had = request->counted, bytes = request->body.cap;
  request->no_room = bytes > had && bytes > ALWAYS && sl_budget_ask(memory, bytes - had, NULL);
  if (request->no_room) sl_buf_done(&request->body);
  sl_budget_set(memory, &request->counted, request->body.cap);
}

static void answer_stopping(sl_request *request) {
  sl_request_refuse(request, 50303, "The server is shutting down");
}

void sl_request_on_headers(sl_request *request) {
  bool known;
  int64_t announced;
  sl_http *http = request->http;
  const sl_route *route = find_route(http, request, &known);
  const char *length = sl_request_header(request, "Content-Length");
  if (!http->options.admit || http->options.admit(http->options.server, request)) {
    bool pieces = route && route->begin;
    request->too_large = !pieces && length && sl_str_int64(sl_str_of(length), &announced) && announced > 0 &&
                         (uint64_t)announced > http->options.body_limit;
    if ((pieces || request->too_large) && !answer_early(request))
      request->body_class = route->begin(http->options.server, request, &request->body_ctx);
  }
  request->body_unwanted = request->answered && !request->body_class;
}

void sl_request_on_body(sl_request *request, const void *data, size_t len) {
  request->bytes_in += len;
  if (request->body_class && !request->body_unwanted) {
    sl_buf_reset(&request->body);
    sl_buf_add(&request->body, data, len);
    if (give_out(request, SL_JOB_PIECE)) return;
    request->body_unwanted = true;
    answer_stopping(request);
  } else if (!request->body_class && !request->body_unwanted && !request->too_large && !request->no_room) {
    request->too_large = request->body.len + len > request->http->options.body_limit;
    if (request->too_large) sl_buf_done(&request->body);
    if (!request->too_large) sl_buf_add(&request->body, data, len);
    count_body(request);
  }
}

bool sl_request_on_end(sl_request *request) {
  if (request->dispatched) return true;
  request->dispatched = true;
  if (request->body_class) {
    if (give_out(request, SL_JOB_END)) return false;
    answer_stopping(request);
    return true;
  }
  if (request->answered || answer_early(request)) return true;
  const sl_route *route = request->route;
  if (route->quick && !http_stopping(request->http) && route->quick(request->http->options.server, request))
    return true;
  if (give_out(request, SL_JOB_HANDLE)) return false;
  answer_stopping(request);
  return true;
}

void sl_request_finish(sl_request *request, bool client_gone) {
  sl_http *http = request->http;
  if (request->stream) {
    request->stream->cls->close(request->stream->ctx, client_gone);
    pthread_mutex_destroy(&request->stream->mutex);
    sl_heap_free(request->stream);
  }
  if (request->body_class) request->body_class->close(request->body_ctx);
  if (http->options.access_log && request->status)
    http->options.access_log(http->options.server, request, request->status, request->bytes_in, request->bytes_out);
  sl_buf_done(&request->body);
  if (http->options.memory) sl_budget_set(http->options.memory, &request->counted, 0);
  sl_buf_done(&request->answer);
  sl_arena_done(&request->arena);
  sl_heap_free(request);
}

/* ---- start and stop ---- */

sl_http *sl_http_new(const sl_http_options *options) {
  sl_http *http = sl_heap_zalloc(sizeof *http);
  http->options = *options;
  pthread_mutex_init(&http->mutex, NULL);
  pthread_cond_init(&http->changed, NULL);
  pthread_cond_init(&http->job_there, NULL);
  return http;
}

void sl_http_drain(sl_http *http) {
  if (!http) return;
  pthread_mutex_lock(&http->mutex);
  http->stopping = true;
  pthread_cond_broadcast(&http->job_there);
  while (http->job_threads) pthread_cond_wait(&http->changed, &http->mutex);
  pthread_mutex_unlock(&http->mutex);
}

void sl_http_free(sl_http *http) {
  if (!http) return;
  pthread_mutex_destroy(&http->mutex);
  pthread_cond_destroy(&http->changed);
  pthread_cond_destroy(&http->job_there);
  sl_heap_free(http);
}
