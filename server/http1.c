/* HTTP/1 by libmicrohttpd; the only file that names it.
 *
 * Sockets are accepted elsewhere and handed in. libmicrohttpd's epoll threads parse and write; a handler runs on a
 * thread of ours while its connection is suspended, so a slow statement holds up nobody else. A stream sleeps as a
 * suspended connection; libmicrohttpd does not look at such sockets, so a watcher of ours does, and a client that
 * leaves is noticed at once.
 *
 * libmicrohttpd sends nothing before the request body has ended: what answers while a body comes is kept until then. */
#include "server/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/heap.h"
#include "base/logger.h"
#include "base/vec.h"

enum {
  BLOCK = 64 * 1024,
  STOP_MS = 900,        /* what streams get to end by themselves */
  MEMORY = 256 * 1024,  /* of a connection: half of it bounds request line and headers */
  KEPT_JOB_THREADS = 2, /* stay when idle; more come and go with need */
  JOB_IDLE_S = 5,
};
#define STOP_WATCHING (UINT64_C(1) << 40) /* written to the watcher's eventfd; less means: look at the times again */

struct sl_stream {
  sl_http1 *http;
  sl_request *request;
  const sl_stream_class *cls;
  void *ctx;
  uint64_t id;
  pthread_mutex_t mutex; /* below */
  bool suspended, woken, gone;
  int64_t keep_alive_ms; /* 0 = off */
  int64_t last_ms;       /* when bytes were last given; under the mutex */
};

struct sl_request {
  sl_http1 *http;
  struct MHD_Connection *connection;
  sl_arena arena;
  const char *method;
  sl_str path;
  bool http10;
  sl_buf body;
  bool too_large;
  const sl_body_class *body_class;
  void *body_ctx;
  bool body_unwanted;
  enum job { JOB_HANDLE, JOB_PIECE, JOB_END } job;
  atomic_bool busy; /* a job of it runs or waits; its connection is suspended */
  bool dispatched;  /* its last job was given out */
  uint64_t bytes_in;
  struct MHD_Response *response;
  int status;
  const char *headers[16][2];
  int header_count;
  bool queued;
  sl_stream *stream;
  uint64_t bytes;
  const sl_route *route;
  struct sl_request *next_job;
};

struct sl_http1 {
  sl_http1_options options;
  struct MHD_Daemon *daemon;
  pthread_mutex_t mutex;  /* jobs, streams */
  pthread_cond_t changed; /* streams or threads have become fewer */
  pthread_cond_t job_there;
  sl_request *first_job, *last_job;
  int job_threads, idle_threads, waiting_jobs;
  bool stopping;
  atomic_bool abandon; /* streams end without being asked */
  sl_vec streams;
  uint64_t next_stream;
  pthread_t watcher;
  int epoll, wake_fd;
};

static int64_t now_ms(void) {
  return sl_clock_monotonic_ns(sl_clock_real()) / 1000000;
}

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

const char *sl_request_header(sl_request *request, const char *name) {
  return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *sl_request_argument(sl_request *request, const char *name) {
  return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *sl_request_peer(sl_request *request, char out[64]) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const struct sockaddr *address = info ? info->client_addr : NULL;
  const char *text = NULL;
  if (address && address->sa_family == AF_INET)
    text = inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, out, 64);
  else if (address && address->sa_family == AF_INET6)
    text = inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, out, 64);
  if (!text) snprintf(out, 64, "-");
  return out;
}

/* ---- answering ---- */

void sl_request_add_header(sl_request *request, const char *name, const char *value) {
  if (request->header_count == 16) return;
  request->headers[request->header_count][0] = sl_arena_dup(&request->arena, name, strlen(name));
  request->headers[request->header_count++][1] = sl_arena_dup(&request->arena, value, strlen(value));
}

static void set_response(sl_request *request, int status, const char *content_type, struct MHD_Response *response) {
  if (content_type) MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
  for (int i = 0; i < request->header_count; i++)
    MHD_add_response_header(response, request->headers[i][0], request->headers[i][1]);
  request->status = status;
  request->response = response;
}

void sl_answer(sl_request *request, int status, const char *content_type, sl_str body) {
  if (request->response) return;
  request->bytes = body.len;
  set_response(request, status, content_type,
               MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY));
}

/* A line feed when nothing has been sent for the stream's interval; false when it is too early. Under the mutex. */
static bool keep_alive_due(sl_stream *stream) {
  return stream->keep_alive_ms && stream->last_ms && now_ms() - stream->last_ms >= stream->keep_alive_ms;
}

/* Called by libmicrohttpd when the client can take bytes. */
static ssize_t stream_read(void *arg, uint64_t pos, char *buf, size_t max) {
  (void)pos;
  sl_stream *stream = arg;
  for (;;) {
    pthread_mutex_lock(&stream->mutex);
    stream->woken = false;
    bool gone = stream->gone;
    pthread_mutex_unlock(&stream->mutex);
    if (gone || atomic_load(&stream->http->abandon)) return MHD_CONTENT_READER_END_WITH_ERROR;
    ssize_t got = stream->cls->fill(stream->ctx, buf, max);
    if (got < 0) return MHD_CONTENT_READER_END_OF_STREAM;
    pthread_mutex_lock(&stream->mutex);
    if (got == 0 && keep_alive_due(stream)) {
      buf[0] = '\n';
      got = 1;
    }
    bool sleep = got == 0 && !stream->woken && !stream->gone && !atomic_load(&stream->http->abandon);
    stream->suspended = sleep;
    if (sleep) MHD_suspend_connection(stream->request->connection);
    if (got > 0) stream->last_ms = now_ms();
    pthread_mutex_unlock(&stream->mutex);
    stream->request->bytes += (uint64_t)got;
    if (got > 0 || sleep) return got;
  }
}

void sl_stream_wake(sl_stream *stream) {
  pthread_mutex_lock(&stream->mutex);
  stream->woken = true;
  if (stream->suspended) MHD_resume_connection(stream->request->connection);
  stream->suspended = false;
  pthread_mutex_unlock(&stream->mutex);
}

void sl_stream_keep_alive(sl_stream *stream, int64_t ms) {
  pthread_mutex_lock(&stream->mutex);
  stream->keep_alive_ms = ms;
  stream->last_ms = now_ms();
  pthread_mutex_unlock(&stream->mutex);
  uint64_t one = 1; /* the watcher counts the time */
  if (write(stream->http->wake_fd, &one, sizeof one) < 0) return;
}

/* Registers the socket with the watcher and the stream in the list. */
static void stream_watch(sl_stream *stream) {
  sl_http1 *http = stream->http;
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(stream->request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  pthread_mutex_lock(&http->mutex);
  stream->id = ++http->next_stream;
  sl_vec_push(&http->streams, stream);
  pthread_mutex_unlock(&http->mutex);
  struct epoll_event event = {.events = EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLONESHOT, .data.u64 = stream->id};
  if (info) epoll_ctl(http->epoll, EPOLL_CTL_ADD, info->connect_fd, &event);
}

static void stream_unwatch(sl_stream *stream) {
  sl_http1 *http = stream->http;
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(stream->request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (info) epoll_ctl(http->epoll, EPOLL_CTL_DEL, info->connect_fd, NULL);
  pthread_mutex_lock(&http->mutex);
  for (size_t i = 0; i < http->streams.len; i++)
    if (sl_vec_at(&http->streams, i) == stream) sl_vec_remove(&http->streams, i--);
  pthread_cond_broadcast(&http->changed);
  pthread_mutex_unlock(&http->mutex);
}

sl_stream *sl_answer_stream(sl_request *request, int status, const char *content_type, const sl_stream_class *cls,
                            void *ctx) {
  sl_stream *stream = sl_heap_zalloc(sizeof *stream);
  stream->http = request->http;
  stream->request = request;
  stream->cls = cls;
  stream->ctx = ctx;
  pthread_mutex_init(&stream->mutex, NULL);
  request->stream = stream;
  stream_watch(stream);
  set_response(request, status, content_type,
               MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, stream_read, stream, NULL));
  return stream;
}

/* Marks as gone the stream a watcher event names; it may have closed meanwhile. */
static void stream_gone(sl_http1 *http, uint64_t id) {
  pthread_mutex_lock(&http->mutex);
  for (size_t i = 0; i < http->streams.len; i++) {
    sl_stream *stream = sl_vec_at(&http->streams, i);
    if (stream->id != id) continue;
    pthread_mutex_lock(&stream->mutex);
    stream->gone = true;
    pthread_mutex_unlock(&stream->mutex);
    sl_stream_wake(stream);
  }
  pthread_mutex_unlock(&http->mutex);
}

/* Wakes streams that owe their client a sign of life; milliseconds until the next one does, -1 = none. */
static int wake_idle(sl_http1 *http) {
  int64_t next = -1, now = now_ms();
  pthread_mutex_lock(&http->mutex);
  for (size_t i = 0; i < http->streams.len; i++) {
    sl_stream *stream = sl_vec_at(&http->streams, i);
    pthread_mutex_lock(&stream->mutex);
    int64_t interval = stream->keep_alive_ms;
    int64_t left = stream->last_ms ? stream->last_ms + interval - now : interval;
    pthread_mutex_unlock(&stream->mutex);
    if (!interval) continue;
    if (left <= 0) sl_stream_wake(stream);
    if (left <= 0) left = interval;
    if (next < 0 || left < next) next = left;
  }
  pthread_mutex_unlock(&http->mutex);
  return (int)next;
}

static void *watch(void *arg) {
  sl_http1 *http = arg;
  struct epoll_event events[64];
  int timeout = -1;
  for (;;) {
    int count = epoll_wait(http->epoll, events, 64, timeout);
    for (int i = 0; i < count; i++) {
      uint64_t value;
      if (events[i].data.u64 == 0 && read(http->wake_fd, &value, sizeof value) > 0 && value >= STOP_WATCHING)
        return NULL;
      if (events[i].data.u64) stream_gone(http, events[i].data.u64);
    }
    timeout = wake_idle(http);
  }
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
static const sl_route *find_route(const sl_http1 *http, const sl_request *request, bool *known) {
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

/* Answers what needs no handler; false when a handler is due. */
static bool answer_early(sl_request *request) {
  sl_http1 *http = request->http;
  bool known;
  request->route = find_route(http, request, &known);
  if (request->too_large)
    sl_answer(
        request, 413, "application/json",
        sl_str_of("{\"@type\":\"generic_error\",\"error_code\":41300,\"message\":\"The request body is too large.\"}"));
  else if (!request->route && known)
    sl_answer(request, 405, NULL, sl_str_of(""));
  else if (!request->route)
    sl_answer(request, 404, "text/plain", sl_str_of("Not Found"));
  return request->response != NULL;
}

/* ---- jobs: handlers on our own threads ---- */

static void *job_loop(void *arg);

/* A thread more when all are busy and more are allowed. Under the mutex. */
static void ensure_thread(sl_http1 *http) {
  pthread_t thread;
  if (http->waiting_jobs <= http->idle_threads || http->job_threads >= http->options.threads) return;
  if (pthread_create(&thread, NULL, job_loop, http)) return;
  pthread_detach(thread);
  http->job_threads++;
}

/* Suspends the connection and queues the job; false when the server stops. Thread: libmicrohttpd's. */
static bool give_out(sl_request *request, enum job job) {
  sl_http1 *http = request->http;
  pthread_mutex_lock(&http->mutex);
  bool taken = !http->stopping;
  if (taken) {
    request->job = job;
    request->next_job = NULL;
    atomic_store(&request->busy, true);
    MHD_suspend_connection(request->connection);
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
static sl_request *take_job(sl_http1 *http) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += JOB_IDLE_S;
  pthread_mutex_lock(&http->mutex);
  http->idle_threads++;
  bool late = false;
  while (!http->first_job && !http->stopping && !(late && http->job_threads > KEPT_JOB_THREADS))
    late = pthread_cond_timedwait(&http->job_there, &http->mutex, &until) != 0;
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
  static const char UNANSWERED[] =
      "{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":\"The request was not answered.\"}";
  const sl_body_class *body = request->body_class;
  switch (request->job) {
  case JOB_PIECE: request->body_unwanted = !body->data(request->body_ctx, sl_buf_str(&request->body)); return;
  case JOB_END: body->end(request->body_ctx); break;
  case JOB_HANDLE: request->route->handle(request->http->options.server, request); break;
  }
  if (!request->response) sl_answer(request, 500, "application/json", sl_str_of(UNANSWERED));
}

static void *job_loop(void *arg) {
  sl_http1 *http = arg;
  for (sl_request *request; (request = take_job(http));) {
    struct MHD_Connection *connection = request->connection;
    run_job(request);
    atomic_store(&request->busy, false);
    MHD_resume_connection(connection);
  }
  return NULL;
}

/* ---- libmicrohttpd's calls ---- */

static sl_request *request_new(sl_http1 *http, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version) {
  sl_request *request = sl_heap_zalloc(sizeof *request);
  request->http = http;
  request->connection = connection;
  sl_arena_init(&request->arena, 0);
  request->method = sl_arena_dup(&request->arena, method, strlen(method));
  request->path = sl_str_dup(&request->arena, sl_str_of(url));
  request->http10 = strcmp(version, "HTTP/1.0") == 0;
  if (request->path.len > 1 && request->path.ptr[request->path.len - 1] == '/') request->path.len--;
  return request;
}

static enum MHD_Result queue_response(sl_request *request) {
  request->queued = true;
  enum MHD_Result result = MHD_queue_response(request->connection, (unsigned)request->status, request->response);
  MHD_destroy_response(request->response);
  return result;
}

static void answer_stopping(sl_request *request) {
  sl_answer(request, 503, "application/json",
            sl_str_of("{\"@type\":\"generic_error\",\"error_code\":50303,\"message\":\"The server is shutting "
                      "down\"}"));
}

/* Headers are there: what they alone decide is decided now, and a route that reads its body piece by piece begins.
 * true when the answer is to be queued at once: for a client that waits for it before it sends its body. Others get
 * it after their body, which nobody keeps: a connection closed in the middle of it may lose the answer. */
static bool on_headers(sl_request *request) {
  bool known;
  int64_t announced;
  sl_http1 *http = request->http;
  const sl_route *route = find_route(http, request, &known);
  const char *length = sl_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
  if (!http->options.admit || http->options.admit(http->options.server, request)) {
    bool pieces = route && route->begin;
    request->too_large = !pieces && length && sl_str_int64(sl_str_of(length), &announced) && announced > 0 &&
                         (uint64_t)announced > http->options.body_limit;
    if ((pieces || request->too_large) && !answer_early(request))
      request->body_class = route->begin(http->options.server, request, &request->body_ctx);
  }
  request->body_unwanted = request->response && !request->body_class;
  return request->body_unwanted && sl_request_header(request, MHD_HTTP_HEADER_EXPECT);
}

static void take_body(sl_request *request, const char *data, size_t len) {
  request->bytes_in += len;
  if (request->body_class && !request->body_unwanted) {
    sl_buf_reset(&request->body);
    sl_buf_add(&request->body, data, len);
    if (give_out(request, JOB_PIECE)) return;
    request->body_unwanted = true;
    answer_stopping(request);
  } else if (!request->body_class && !request->body_unwanted && !request->too_large) {
    request->too_large = request->body.len + len > request->http->options.body_limit;
    if (request->too_large) sl_buf_done(&request->body);
    if (!request->too_large) sl_buf_add(&request->body, data, len);
  }
}

/* The whole request is there: gives out its last job, or answers. true when the answer is to be queued. */
static bool on_request(sl_request *request) {
  if (request->dispatched) return true;
  request->dispatched = true;
  if (request->body_class) {
    if (give_out(request, JOB_END)) return false;
    answer_stopping(request);
    return true;
  }
  if (request->response || answer_early(request)) return true;
  if (give_out(request, JOB_HANDLE)) return false;
  answer_stopping(request);
  return true;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_len, void **state) {
  sl_request *request = *state;
  if (!request) {
    request = *state = request_new(cls, connection, url, method, version);
    return on_headers(request) ? queue_response(request) : MHD_YES;
  }
  if (atomic_load(&request->busy) || request->queued) { /* offered again when the job is done */
    if (request->queued) *upload_len = 0;
    return MHD_YES;
  }
  if (*upload_len) {
    take_body(request, upload, *upload_len);
    *upload_len = 0;
    return MHD_YES;
  }
  return on_request(request) ? queue_response(request) : MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how) {
  (void)connection;
  sl_http1 *http = cls;
  sl_request *request = *state;
  if (!request) return;
  if (request->stream) {
    stream_unwatch(request->stream);
    request->stream->cls->close(request->stream->ctx, how != MHD_REQUEST_TERMINATED_COMPLETED_OK);
    pthread_mutex_destroy(&request->stream->mutex);
    sl_heap_free(request->stream);
  }
  if (request->body_class) request->body_class->close(request->body_ctx);
  if (http->options.access_log && request->status)
    http->options.access_log(http->options.server, request, request->status, request->bytes_in, request->bytes);
  if (request->response && !request->queued) MHD_destroy_response(request->response);
  sl_buf_done(&request->body);
  sl_arena_done(&request->arena);
  sl_heap_free(request);
  *state = NULL;
}

static void on_log(void *cls, const char *fmt, va_list args) {
  (void)cls;
  char line[512];
  vsnprintf(line, sizeof line, fmt, args);
  line[strcspn(line, "\n")] = 0;
  sl_log_line(SL_LOG_DEBUG, "http.library", "message=\"%s\"", line);
}

/* ---- start and stop ---- */

int sl_http1_start(const sl_http1_options *options, sl_http1 **out) {
  sl_http1 *http = sl_heap_zalloc(sizeof *http);
  http->options = *options;
  pthread_mutex_init(&http->mutex, NULL);
  pthread_cond_init(&http->changed, NULL);
  pthread_cond_init(&http->job_there, NULL);
  http->epoll = epoll_create1(EPOLL_CLOEXEC);
  http->wake_fd = eventfd(0, EFD_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};
  epoll_ctl(http->epoll, EPOLL_CTL_ADD, http->wake_fd, &event);
  http->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                                      MHD_USE_ITC | MHD_USE_ERROR_LOG,
                                  0, NULL, NULL, on_access, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
                                  MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_CONNECTION_LIMIT,
                                  options->connections, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds,
                                  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_THREAD_POOL_SIZE,
                                  options->io_threads, MHD_OPTION_END);
  if (!http->daemon) {
    sl_heap_free(http);
    return SL_E_INTERNAL;
  }
  pthread_create(&http->watcher, NULL, watch, http);
  *out = http;
  return 0;
}

void sl_http1_add(sl_http1 *http, int fd, const struct sockaddr *address, socklen_t len) {
  if (MHD_add_connection(http->daemon, fd, address, len) != MHD_YES)
    sl_log_line(SL_LOG_WARN, "http.refused", "reason=\"too many connections\"");
}

static void wake_streams(sl_http1 *http) {
  for (size_t i = 0; i < http->streams.len; i++) sl_stream_wake(sl_vec_at(&http->streams, i));
}

void sl_http1_drain(sl_http1 *http) {
  pthread_mutex_lock(&http->mutex);
  http->stopping = true;
  pthread_cond_broadcast(&http->job_there);
  while (http->job_threads) pthread_cond_wait(&http->changed, &http->mutex);
  pthread_mutex_unlock(&http->mutex);
}

void sl_http1_stop(sl_http1 *http) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += STOP_MS * 1000000L;
  if (until.tv_nsec >= 1000000000L) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000L;
  }
  pthread_mutex_lock(&http->mutex);
  wake_streams(http);
  while (http->streams.len && pthread_cond_timedwait(&http->changed, &http->mutex, &until) == 0) continue;
  atomic_store(&http->abandon, true);
  wake_streams(http);
  pthread_mutex_unlock(&http->mutex);
  uint64_t stop = STOP_WATCHING;
  if (write(http->wake_fd, &stop, sizeof stop) == sizeof stop) pthread_join(http->watcher, NULL);
  MHD_stop_daemon(http->daemon);
  close(http->wake_fd);
  close(http->epoll);
  sl_vec_done(&http->streams);
  pthread_mutex_destroy(&http->mutex);
  pthread_cond_destroy(&http->changed);
  pthread_cond_destroy(&http->job_there);
  sl_heap_free(http);
}
