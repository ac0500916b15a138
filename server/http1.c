/* HTTP/1 by libmicrohttpd; the only file that names it.
 *
 * Sockets are accepted elsewhere and handed in. libmicrohttpd's epoll threads parse and write; a handler runs
 * while its connection is suspended. A stream sleeps as a suspended connection, too; libmicrohttpd does not look at
 * such sockets, so a watcher of ours does, and a client that leaves is noticed at once.
 *
 * libmicrohttpd sends nothing before the request body has ended: what answers while a body comes is kept until then,
 * except that a body which is announced as too large is refused at once. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/heap.h"
#include "base/logger.h"
#include "base/vec.h"
#include "server/http_int.h"

enum {
  BLOCK = 64 * 1024,
  STOP_MS = 900,     /* what streams get to end by themselves */
  MEMORY = 80 * 1024 /* of a connection: request line or headers of 64 KiB, and the answer's. The library clears all of
                        it for every request */
};
#define STOP_WATCHING (UINT64_C(1) << 40) /* written to the watcher's eventfd; less means: look at the times again */

struct sl_http1 {
  sl_http *http;
  struct MHD_Daemon *daemon;
  atomic_bool abandon;    /* streams end without being asked */
  pthread_mutex_t mutex;  /* streams */
  pthread_cond_t changed; /* streams have become fewer */
  sl_vec streams;
  uint64_t next_stream;
  pthread_t watcher;
  int epoll, wake_fd;
};

/* The protocol's side of a request. */
typedef struct exchange {
  sl_http1 *http1;
  struct MHD_Connection *connection;
  sl_request *request;
  bool sent; /* the answer, by send_now */
} exchange;

static exchange *of(const sl_request *request) {
  return request->own;
}

static int64_t now_ms(void) {
  return sl_clock_monotonic_ns(sl_clock_real()) / 1000000;
}

/* ---- what was asked ---- */

static const char *get_header(sl_request *request, const char *name) {
  return MHD_lookup_connection_value(of(request)->connection, MHD_HEADER_KIND, name);
}

static const char *get_argument(sl_request *request, const char *name) {
  return MHD_lookup_connection_value(of(request)->connection, MHD_GET_ARGUMENT_KIND, name);
}

static const char *get_peer(sl_request *request, char out[64]) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(of(request)->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const struct sockaddr *address = info ? info->client_addr : NULL;
  const char *text = NULL;
  if (address && address->sa_family == AF_INET)
    text = inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, out, 64);
  else if (address && address->sa_family == AF_INET6)
    text = inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, out, 64);
  if (!text) snprintf(out, 64, "-");
  return out;
}

static void suspend(sl_request *request) {
  MHD_suspend_connection(of(request)->connection);
}

static void resume(sl_request *request) {
  struct MHD_Connection *connection = of(request)->connection;
  atomic_store(&request->busy, false);
  MHD_resume_connection(connection);
}

/* ---- streams ---- */

/* A line feed when nothing has been sent for the stream's interval; false when it is too early. Under the mutex. */
static bool keep_alive_due(sl_stream *stream) {
  return stream->keep_alive_ms && stream->last_ms && now_ms() - stream->last_ms >= stream->keep_alive_ms;
}

static int socket_of(const sl_request *request) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(of(request)->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

/* Lets the kernel gather what is sent, or send what it has gathered. Sending costs more than all else that a row needs:
 * the first one after a sleep goes out at once, those right behind it go together. Thread: libmicrohttpd's. */
static void gather(sl_stream *stream, bool on) {
  int value = on;
  if (stream->gathering != on) setsockopt(socket_of(stream->request), IPPROTO_TCP, TCP_CORK, &value, sizeof value);
  stream->gathering = on;
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
    if (gone || atomic_load(&of(stream->request)->http1->abandon)) return MHD_CONTENT_READER_END_WITH_ERROR;
    ssize_t got = stream->cls->fill(stream->ctx, buf, max);
    gather(stream, got > 0 && stream->in_a_row);
    stream->in_a_row = got > 0;
    if (got < 0) return MHD_CONTENT_READER_END_OF_STREAM;
    pthread_mutex_lock(&stream->mutex);
    if (got == 0 && keep_alive_due(stream)) {
      buf[0] = '\n';
      got = 1;
    }
    bool sleep = got == 0 && !stream->woken && !stream->gone && !atomic_load(&of(stream->request)->http1->abandon);
    stream->suspended = sleep;
    if (sleep) MHD_suspend_connection(of(stream->request)->connection);
    if (got > 0) stream->last_ms = now_ms();
    pthread_mutex_unlock(&stream->mutex);
    stream->request->bytes_out += (uint64_t)got;
    if (got > 0 || sleep) return got;
  }
}

static void stream_wake(sl_stream *stream) {
  pthread_mutex_lock(&stream->mutex);
  stream->woken = true;
  if (stream->suspended) MHD_resume_connection(of(stream->request)->connection);
  stream->suspended = false;
  pthread_mutex_unlock(&stream->mutex);
}

static void stream_keep_alive(sl_stream *stream, int64_t ms) {
  pthread_mutex_lock(&stream->mutex);
  stream->keep_alive_ms = ms;
  stream->last_ms = now_ms();
  pthread_mutex_unlock(&stream->mutex);
  uint64_t one = 1; /* the watcher counts the time */
  if (write(of(stream->request)->http1->wake_fd, &one, sizeof one) < 0) return;
}

/* Registers the socket with the watcher and the stream in the list. */
static void stream_opened(sl_stream *stream) {
  sl_http1 *http = of(stream->request)->http1;
  pthread_mutex_lock(&http->mutex);
  stream->id = ++http->next_stream;
  sl_vec_push(&http->streams, stream);
  pthread_mutex_unlock(&http->mutex);
  struct epoll_event event = {.events = EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLONESHOT, .data.u64 = stream->id};
  epoll_ctl(http->epoll, EPOLL_CTL_ADD, socket_of(stream->request), &event);
}

static void stream_unwatch(sl_stream *stream) {
  sl_http1 *http = of(stream->request)->http1;
  gather(stream, false);
  epoll_ctl(http->epoll, EPOLL_CTL_DEL, socket_of(stream->request), NULL);
  pthread_mutex_lock(&http->mutex);
  for (size_t i = 0; i < http->streams.len; i++)
    if (sl_vec_at(&http->streams, i) == stream) sl_vec_remove(&http->streams, i--);
  pthread_cond_broadcast(&http->changed);
  pthread_mutex_unlock(&http->mutex);
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
    stream_wake(stream);
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
    if (left <= 0) stream_wake(stream);
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

/* ---- libmicrohttpd's calls ---- */

static const sl_protocol PROTOCOL = {get_header, get_argument,  get_peer,    suspend,
                                     resume,     stream_opened, stream_wake, stream_keep_alive};

static size_t unescape(void *cls, struct MHD_Connection *connection, char *text) {
  (void)cls, (void)connection;
  return sl_percent_decode(text);
}

/* The path of a request's target, which may be a whole URL, as a proxy is asked. */
static const char *path_of(const char *target) {
  size_t scheme = strncasecmp(target, "http://", 7) == 0 ? 7 : strncasecmp(target, "https://", 8) == 0 ? 8 : 0;
  const char *path = scheme ? strchr(target + scheme, '/') : target;
  return path ? path : "/";
}

static exchange *exchange_new(sl_http1 *http1, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version) {
  exchange *x = sl_heap_zalloc(sizeof *x);
  x->http1 = http1;
  x->connection = connection;
  x->request = sl_request_new(http1->http, &PROTOCOL, x, method, path_of(url));
  x->request->http10 = strcmp(version, "HTTP/1.0") == 0;
  return x;
}

/* What a request's headers say about where its body ends. */
typedef struct framing {
  const char *length;
  bool chunked, lengths_differ;
} framing;

static enum MHD_Result look_at_framing(void *cls, enum MHD_ValueKind kind, const char *name, const char *value) {
  (void)kind;
  framing *f = cls;
  if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) f->chunked = true;
  if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) != 0) return MHD_YES;
  f->lengths_differ = f->lengths_differ || (f->length && strcmp(f->length, value) != 0);
  f->length = value;
  return MHD_YES;
}

/* A proxy before us may see the end of such a body elsewhere, and what follows it as another client's request. */
static bool refuse_ambiguous(sl_request *request) {
  framing f = {0};
  MHD_get_connection_values(of(request)->connection, MHD_HEADER_KIND, look_at_framing, &f);
  if (!f.lengths_differ && !(f.chunked && f.length)) return false;
  sl_request_refuse(request, 40000,
                    "The request's headers contradict each other about its length. Send one Content-Length or a "
                    "Transfer-Encoding.");
  return true;
}

static enum MHD_Result queue_response(sl_request *request) {
  const sl_buf *answer = &request->answer;
  struct MHD_Response *response =
      request->stream ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, stream_read, request->stream, NULL)
                      : MHD_create_response_from_buffer(answer->len, answer->data, MHD_RESPMEM_PERSISTENT);
  if (request->content_type) MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, request->content_type);
  for (int i = 0; i < request->header_count; i++)
    MHD_add_response_header(response, request->headers[i][0], request->headers[i][1]);
  request->queued = true;
  enum MHD_Result result = MHD_queue_response(of(request)->connection, (unsigned)request->status, response);
  MHD_destroy_response(response);
  return result;
}

/* Sends an answer ahead of the request's body. The library could only close the connection in the middle of the body
 * then, and a client that is still sending would lose the answer: so what comes of the body is passed by, and the
 * connection ends behind it. */
static enum MHD_Result send_now(sl_request *request) {
  char date[64];
  struct tm parts;
  time_t now = (time_t)(sl_clock_wall_ms(sl_clock_real()) / 1000);
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
  sl_buf out = {0};
  sl_buf_printf(&out, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\nContent-Length: %zu\r\n", request->status,
                MHD_get_reason_phrase_for((unsigned)request->status), date, request->answer.len);
  if (request->content_type) sl_buf_printf(&out, "Content-Type: %s\r\n", request->content_type);
  for (int i = 0; i < request->header_count; i++)
    sl_buf_printf(&out, "%s: %s\r\n", request->headers[i][0], request->headers[i][1]);
  sl_buf_printf(&out, "\r\n");
  sl_buf_add_str(&out, sl_buf_str(&request->answer));
  of(request)->sent = request->queued = true;
  bool whole = send(socket_of(request), out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)out.len;
  sl_buf_done(&out);
  return whole ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_len, void **state) {
  exchange *x = *state;
  if (!x) {
    x = *state = exchange_new(cls, connection, url, method, version);
    if (refuse_ambiguous(x->request)) return queue_response(x->request); /* and the connection ends */
    sl_request_on_headers(x->request);
    /* Refused: at once for a client that waits for it before it sends its body. Others get the answer after their
     * body, which nobody keeps: a connection closed in the middle of it may lose the answer. */
    bool at_once = x->request->body_unwanted && get_header(x->request, MHD_HTTP_HEADER_EXPECT);
    if (at_once) return queue_response(x->request);
    return x->request->too_large ? send_now(x->request) : MHD_YES;
  }
  sl_request *request = x->request;
  if (atomic_load(&request->busy)) return MHD_YES; /* what came is offered again when the job is done */
  if (*upload_len) {
    size_t len = *upload_len;
    *upload_len = 0;
    if (!request->queued) sl_request_on_body(request, upload, len);
    return MHD_YES;
  }
  if (x->sent) return MHD_NO; /* closes it */
  if (request->queued || !sl_request_on_end(request)) return MHD_YES;
  return queue_response(request);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how) {
  (void)cls, (void)connection;
  exchange *x = *state;
  if (!x) return;
  if (x->request->stream) stream_unwatch(x->request->stream);
  sl_request_finish(x->request, how != MHD_REQUEST_TERMINATED_COMPLETED_OK);
  sl_heap_free(x);
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

int sl_http1_start(sl_http *shared, sl_http1 **out) {
  const sl_http_options *options = &shared->options;
  sl_http1 *http = sl_heap_zalloc(sizeof *http);
  http->http = shared;
  pthread_mutex_init(&http->mutex, NULL);
  pthread_cond_init(&http->changed, NULL);
  http->epoll = epoll_create1(EPOLL_CLOEXEC);
  http->wake_fd = eventfd(0, EFD_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};
  epoll_ctl(http->epoll, EPOLL_CTL_ADD, http->wake_fd, &event);
  http->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
          MHD_USE_ERROR_LOG,
      0, NULL, NULL, on_access, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_NOTIFY_COMPLETED,
      on_completed, http, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_CONNECTION_LIMIT,
      options->connections, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      (size_t)MEMORY, MHD_OPTION_THREAD_POOL_SIZE, options->io_threads, MHD_OPTION_END);
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
  for (size_t i = 0; i < http->streams.len; i++) stream_wake(sl_vec_at(&http->streams, i));
}

void sl_http1_stop(sl_http1 *http) {
  if (!http) return;
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
  sl_heap_free(http);
}
