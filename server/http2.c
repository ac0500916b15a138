/* HTTP/2 with prior knowledge, by nghttp2; the only file that names it.
 *
 * One thread owns all sessions: it reads, lets nghttp2 parse, and writes what nghttp2 has to send as far as sockets
 * take it. Handlers and engine reach it through an inbox (requests whose job is done, streams to wake) and an eventfd.
 * An element of a stream is a DATA frame of its own; a stream without bytes is deferred until it is woken. The window
 * of a request body that is read piece by piece opens again when the piece has been worked on, so a client that sends
 * quicker than we write waits. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/heap.h"
#include "base/logger.h"
#include "base/vec.h"
#include "server/http_int.h"

enum {
  MAX_STREAMS = 1000, /* at once, of a connection */
  MAX_HEADERS = 100,
  MAX_HEADER_BYTES = 64 * 1024,
  WINDOW = 1 << 20,     /* of a stream's request body */
  TURN_BYTES = 1 << 18, /* written for a connection before others have their turn */
  STOP_MS = 900,
};

typedef struct connection connection;

/* The protocol's side of a request. */
typedef struct exchange {
  sl_http2 *http2;
  connection *connection;
  int32_t id; /* of nghttp2's stream */
  sl_request *request;
  char *method, *path, *arguments; /* in arena, as the pseudo headers come */
  sl_arena arena;
  const char *headers[MAX_HEADERS][2];
  int header_count;
  size_t header_bytes;
  sl_buf pending; /* bytes of the body that wait for a job */
  size_t in_job;  /* bytes the running job works on */
  bool begun, ended, closed, client_gone;
  size_t sent;   /* of a complete answer */
  bool in_inbox; /* under the inbox's mutex */
} exchange;

struct connection {
  sl_http2 *http2;
  int fd;
  nghttp2_session *session;
  struct sockaddr_storage address;
  sl_vec exchanges;
  const uint8_t *out; /* nghttp2's bytes that the socket did not take yet */
  size_t out_len;
  uint32_t events;
  bool dead;
};

struct sl_http2 {
  sl_http *http;
  pthread_t thread;
  int epoll, wake_fd;
  sl_vec connections; /* the thread's */
  pthread_mutex_t mutex;
  sl_vec inbox;    /* exchange *: look at it again */
  sl_vec arrivals; /* connection * */
  size_t open;     /* connections, for the limit */
  bool stopping;
};

static exchange *of(const sl_request *request) {
  return request->own;
}

/* ---- what was asked ---- */

static const char *get_header(sl_request *request, const char *name) {
  const exchange *x = of(request);
  for (int i = 0; i < x->header_count; i++)
    if (strcasecmp(x->headers[i][0], name) == 0) return x->headers[i][1];
  return NULL;
}

/* Percent-decoded copy; '+' is a blank in arguments. */
static char *decode(sl_arena *arena, const char *text, size_t len, bool argument) {
  char *out = sl_arena_dup(arena, text, len);
  for (char *p = out; argument && *p; p++)
    if (*p == '+') *p = ' ';
  sl_percent_decode(out);
  return out;
}

static const char *get_argument(sl_request *request, const char *name) {
  const char *p = of(request)->arguments;
  while (p && *p) {
    size_t len = strcspn(p, "&"), name_len = strcspn(p, "=&");
    if (strcmp(decode(&request->arena, p, name_len, true), name) == 0)
      return decode(&request->arena, p + name_len + (name_len < len), len - name_len - (name_len < len), true);
    p += len + (p[len] == '&');
  }
  return NULL;
}

static const char *get_peer(sl_request *request, char out[64]) {
  const struct sockaddr_storage *address = &of(request)->connection->address;
  const char *text = NULL;
  if (address->ss_family == AF_INET)
    text = inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, out, 64);
  else if (address->ss_family == AF_INET6)
    text = inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, out, 64);
  if (!text) snprintf(out, 64, "-");
  return out;
}

/* ---- the inbox ---- */

static void wake_thread(sl_http2 *http2) {
  uint64_t one = 1;
  if (write(http2->wake_fd, &one, sizeof one) < 0) return; /* it is full: the thread wakes anyway */
}

static void post(exchange *x) {
  sl_http2 *http2 = x->http2; /* x may be freed as soon as the mutex is let go */
  pthread_mutex_lock(&http2->mutex);
  bool first = !x->in_inbox;
  x->in_inbox = true;
  if (first) sl_vec_push(&http2->inbox, x);
  pthread_mutex_unlock(&http2->mutex);
  if (first) wake_thread(http2);
}

static void suspend(sl_request *request) {
  (void)request; /* the thread looks at `busy` */
}

static void resume(sl_request *request) {
  exchange *x = of(request);
  pthread_mutex_lock(&x->http2->mutex); /* the thread frees what is not busy: both at once */
  sl_http2 *http2 = x->http2;
  atomic_store(&request->busy, false);
  bool first = !x->in_inbox;
  x->in_inbox = true;
  if (first) sl_vec_push(&http2->inbox, x);
  pthread_mutex_unlock(&http2->mutex);
  wake_thread(http2);
}

static void stream_opened(sl_stream *stream) {
  (void)stream;
}

static void stream_wake(sl_stream *stream) {
  post(of(stream->request));
}

static const sl_protocol PROTOCOL = {get_header, get_argument,  get_peer,    suspend,
                                     resume,     stream_opened, stream_wake, NULL};

/* ---- answers ---- */

static ssize_t read_answer(nghttp2_session *session, int32_t id, uint8_t *buf, size_t max, uint32_t *flags,
                           nghttp2_data_source *source, void *ctx) {
  (void)session, (void)id, (void)ctx;
  exchange *x = source->ptr;
  sl_request *request = x->request;
  if (request->stream) {
    ssize_t got = request->stream->cls->fill(request->stream->ctx, (char *)buf, max);
    if (got == 0) return NGHTTP2_ERR_DEFERRED;
    if (got < 0) *flags |= NGHTTP2_DATA_FLAG_EOF;
    request->bytes_out += got > 0 ? (uint64_t)got : 0;
    return got > 0 ? got : 0;
  }
  size_t left = request->answer.len - x->sent, len = left < max ? left : max;
  if (len) memcpy(buf, request->answer.data + x->sent, len);
  x->sent += len;
  if (x->sent == request->answer.len) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t)len;
}

static nghttp2_nv header_of(const char *name, const char *value) {
  return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
                      NGHTTP2_NV_FLAG_NONE};
}

static void submit(exchange *x) {
  sl_request *request = x->request;
  nghttp2_nv headers[20];
  size_t count = 0;
  char status[8], length[24];
  snprintf(status, sizeof status, "%d", request->status);
  snprintf(length, sizeof length, "%zu", request->answer.len);
  headers[count++] = header_of(":status", status);
  if (request->content_type) headers[count++] = header_of("content-type", request->content_type);
  if (!request->stream && request->status != 204) headers[count++] = header_of("content-length", length);
  for (int i = 0; i < request->header_count; i++) {
    char *name = (char *)(uintptr_t)request->headers[i][0];
    for (char *c = name; *c; c++)
      if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 32);
    headers[count++] = header_of(name, request->headers[i][1]);
  }
  bool head = strcmp(request->method, "HEAD") == 0;
  bool body = request->stream || (request->answer.len && !head);
  nghttp2_data_provider provider = {.source.ptr = x, .read_callback = read_answer};
  request->queued = true;
  nghttp2_submit_response(x->connection->session, x->id, headers, count, body ? &provider : NULL);
}

/* ---- the way of a request ---- */

/* Gives out what waits: a piece of the body, its end, or the answer. The thread's. */
static void advance(exchange *x) {
  sl_request *request = x->request;
  if (x->closed || !x->begun || atomic_load(&request->busy)) return;
  if (x->in_job) {
    nghttp2_session_consume(x->connection->session, x->id, x->in_job);
    x->in_job = 0;
  }
  while (x->pending.len && !atomic_load(&request->busy)) {
    size_t len = x->pending.len;
    sl_request_on_body(request, x->pending.data, len);
    sl_buf_reset(&x->pending);
    if (atomic_load(&request->busy))
      x->in_job = len;
    else
      nghttp2_session_consume(x->connection->session, x->id, len);
  }
  if (x->ended && !atomic_load(&request->busy)) sl_request_on_end(request);
  /* A stream opened by a body may be answered while the body still comes; a complete answer waits for its job. */
  bool busy = atomic_load(&request->busy);
  if (!busy && request->answered && !request->queued) submit(x);
  if (!busy && request->queued && request->stream) nghttp2_session_resume_data(x->connection->session, x->id);
}

/* Frees an exchange whose stream has closed and whose job is done; true when it was. */
static bool try_free(exchange *x) {
  if (!x->closed) return false;
  sl_http2 *http2 = x->http2;
  pthread_mutex_lock(&http2->mutex);
  bool busy = x->request && atomic_load(&x->request->busy);
  pthread_mutex_unlock(&http2->mutex);
  if (busy) return false;
  if (x->request) sl_request_finish(x->request, x->client_gone); /* nobody wakes it after this */
  pthread_mutex_lock(&http2->mutex);
  for (size_t i = 0; i < http2->inbox.len; i++)
    if (sl_vec_at(&http2->inbox, i) == x) sl_vec_remove(&http2->inbox, i--);
  pthread_mutex_unlock(&http2->mutex);
  sl_vec *list = &x->connection->exchanges;
  for (size_t i = 0; i < list->len; i++)
    if (sl_vec_at(list, i) == x) sl_vec_remove(list, i--);
  sl_buf_done(&x->pending);
  sl_arena_done(&x->arena);
  sl_heap_free(x);
  return true;
}

/* ---- nghttp2's calls ---- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *ctx) {
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  connection *c = ctx;
  exchange *x = sl_heap_zalloc(sizeof *x);
  x->http2 = c->http2;
  x->connection = c;
  x->id = frame->hd.stream_id;
  sl_arena_init(&x->arena, 0);
  sl_vec_push(&c->exchanges, x);
  nghttp2_session_set_stream_user_data(session, x->id, x);
  return 0;
}

static char *dup_bytes(exchange *x, const uint8_t *bytes, size_t len) {
  return sl_arena_dup(&x->arena, (const char *)bytes, len);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *ctx) {
  (void)flags, (void)ctx;
  exchange *x = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (!x || x->begun) return 0; /* trailers say nothing to us */
  x->header_bytes += name_len + value_len;
  if (x->header_bytes > MAX_HEADER_BYTES || x->header_count == MAX_HEADERS)
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* resets the stream */
  if (name_len == 7 && memcmp(name, ":method", 7) == 0) {
    x->method = dup_bytes(x, value, value_len);
  } else if (name_len == 5 && memcmp(name, ":path", 5) == 0) {
    const uint8_t *mark = value_len ? memchr(value, '?', value_len) : NULL;
    size_t path_len = mark ? (size_t)(mark - value) : value_len;
    x->path = decode(&x->arena, (const char *)value, path_len, false);
    if (mark) x->arguments = dup_bytes(x, mark + 1, value_len - path_len - 1);
  } else if (name_len && name[0] != ':') {
    x->headers[x->header_count][0] = dup_bytes(x, name, name_len);
    x->headers[x->header_count++][1] = dup_bytes(x, value, value_len);
  }
  return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *ctx) {
  (void)ctx;
  bool headers = frame->hd.type == NGHTTP2_HEADERS;
  if (!headers && frame->hd.type != NGHTTP2_DATA) return 0;
  exchange *x = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (!x) return 0;
  if (headers && !x->begun) {
    x->begun = true;
    x->request = sl_request_new(x->http2->http, &PROTOCOL, x, x->method ? x->method : "", x->path ? x->path : "");
    x->request->http2 = true;
    sl_request_on_headers(x->request);
  }
  if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) x->ended = true;
  advance(x);
  return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *ctx) {
  (void)flags, (void)ctx;
  exchange *x = nghttp2_session_get_stream_user_data(session, id);
  if (x && x->begun)
    sl_buf_add(&x->pending, data, len); /* bounded by the window */
  else
    nghttp2_session_consume(session, id, len);
  if (x) advance(x);
  return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *ctx) {
  (void)ctx;
  exchange *x = nghttp2_session_get_stream_user_data(session, id);
  if (!x) return 0;
  nghttp2_session_set_stream_user_data(session, id, NULL);
  /* Bytes of a body that were not worked on count for the connection's window, too. */
  nghttp2_session_consume_connection(session, x->pending.len + x->in_job);
  x->closed = true;
  x->client_gone = error != NGHTTP2_NO_ERROR;
  try_free(x);
  return 0;
}

static nghttp2_session *session_new(connection *c) {
  nghttp2_session_callbacks *calls;
  nghttp2_option *option;
  nghttp2_session *session = NULL;
  nghttp2_session_callbacks_new(&calls);
  nghttp2_session_callbacks_set_on_begin_headers_callback(calls, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(calls, on_stream_close);
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_session_server_new2(&session, calls, c, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(calls);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_STREAMS},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings);
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 16 * WINDOW);
  return session;
}

/* ---- connections ---- */

/* Writes until the socket is full, nghttp2 has nothing more, or others are due. false when the peer has gone. */
static bool write_out(connection *c) {
  for (size_t written = 0; written < TURN_BYTES;) {
    if (!c->out_len) {
      ssize_t got = nghttp2_session_mem_send(c->session, &c->out);
      if (got <= 0) return got == 0;
      c->out_len = (size_t)got;
    }
    ssize_t sent = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    c->out += sent;
    c->out_len -= (size_t)sent;
    written += (size_t)sent;
  }
  return true;
}

static bool read_in(connection *c) {
  uint8_t buf[32 * 1024];
  for (int i = 0; i < 8; i++) {
    ssize_t got = recv(c->fd, buf, sizeof buf, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0 || nghttp2_session_mem_recv(c->session, buf, (size_t)got) < 0) return false;
  }
  return true;
}

static void watch(sl_http2 *http2, connection *c, int op, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (op == EPOLL_CTL_ADD || events != c->events) epoll_ctl(http2->epoll, op, c->fd, &event);
  c->events = events;
}

/* The peer has gone: its streams end; the connection is freed when their jobs are done. */
static void kill_connection(connection *c) {
  if (c->dead) return;
  c->dead = true;
  close(c->fd);
  for (size_t i = c->exchanges.len; i-- > 0;) {
    exchange *x = sl_vec_at(&c->exchanges, i);
    x->closed = x->client_gone = true;
    try_free(x);
  }
}

static void flush(sl_http2 *http2, connection *c) {
  if (c->dead) return;
  bool wants = nghttp2_session_want_read(c->session) || nghttp2_session_want_write(c->session) || c->out_len;
  if (!wants || !write_out(c)) {
    kill_connection(c);
    return;
  }
  bool more = c->out_len || nghttp2_session_want_write(c->session);
  watch(http2, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLRDHUP | (more ? EPOLLOUT : 0));
}

static void bury(sl_http2 *http2) {
  for (size_t i = http2->connections.len; i-- > 0;) {
    connection *c = sl_vec_at(&http2->connections, i);
    if (!c->dead || c->exchanges.len) continue;
    sl_vec_remove(&http2->connections, i);
    nghttp2_session_del(c->session);
    sl_vec_done(&c->exchanges);
    sl_heap_free(c);
    pthread_mutex_lock(&http2->mutex);
    http2->open--;
    pthread_mutex_unlock(&http2->mutex);
  }
}

static void welcome(sl_http2 *http2, connection *c) {
  c->session = session_new(c);
  sl_vec_push(&http2->connections, c);
  watch(http2, c, EPOLL_CTL_ADD, EPOLLIN | EPOLLRDHUP);
}

/* ---- the loop ---- */

/* Takes the next of a list under the mutex; NULL when it is empty. */
static void *take(sl_http2 *http2, sl_vec *list) {
  pthread_mutex_lock(&http2->mutex);
  void *item = list->len ? sl_vec_at(list, 0) : NULL;
  if (item) sl_vec_remove(list, 0);
  if (item && list == &http2->inbox) ((exchange *)item)->in_inbox = false;
  pthread_mutex_unlock(&http2->mutex);
  return item;
}

static void empty_inbox(sl_http2 *http2) {
  for (connection *c; (c = take(http2, &http2->arrivals));) {
    welcome(http2, c);
    if (!read_in(c)) kill_connection(c);
    flush(http2, c);
  }
  for (exchange *x; (x = take(http2, &http2->inbox));) {
    connection *c = x->connection;
    if (try_free(x)) continue;
    advance(x);
    flush(http2, c);
  }
}

static bool has_exchanges(const sl_http2 *http2) {
  for (size_t i = 0; i < http2->connections.len; i++)
    if (((connection *)sl_vec_at(&http2->connections, i))->exchanges.len) return true;
  return false;
}

/* The server stops: streams are asked once more, and get their end. */
static void wake_all(sl_http2 *http2) {
  for (size_t i = 0; i < http2->connections.len; i++) {
    connection *c = sl_vec_at(&http2->connections, i);
    for (size_t j = 0; j < c->exchanges.len; j++) advance(sl_vec_at(&c->exchanges, j));
    flush(http2, c);
  }
}

static void end_all(sl_http2 *http2) {
  for (size_t i = 0; i < http2->connections.len; i++) {
    connection *c = sl_vec_at(&http2->connections, i);
    if (!c->dead) nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR);
    if (!c->dead) write_out(c);
    kill_connection(c);
  }
  bury(http2);
}

static bool is_stopping(sl_http2 *http2) {
  pthread_mutex_lock(&http2->mutex);
  bool stopping = http2->stopping;
  pthread_mutex_unlock(&http2->mutex);
  return stopping;
}

static void *loop(void *arg) {
  sl_http2 *http2 = arg;
  struct epoll_event events[64];
  int64_t stop_at = 0;
  for (;;) {
    int64_t now = sl_clock_monotonic_ns(sl_clock_real()) / 1000000;
    if (stop_at && (now >= stop_at || !has_exchanges(http2))) break;
    int count = epoll_wait(http2->epoll, events, 64, stop_at ? (int)(stop_at - now) : -1);
    for (int i = 0; i < count; i++) {
      connection *c = events[i].data.ptr;
      uint64_t value;
      if (!c) {
        if (read(http2->wake_fd, &value, sizeof value) < 0) continue;
      } else if (!c->dead) {
        if ((events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) && !read_in(c)) kill_connection(c);
        flush(http2, c);
      }
    }
    empty_inbox(http2);
    bury(http2);
    if (!stop_at && is_stopping(http2)) {
      wake_all(http2);
      bury(http2);
      stop_at = sl_clock_monotonic_ns(sl_clock_real()) / 1000000 + STOP_MS;
    }
  }
  end_all(http2);
  return NULL;
}

/* ---- start and stop ---- */

int sl_http2_start(sl_http *http, sl_http2 **out) {
  sl_http2 *http2 = sl_heap_zalloc(sizeof *http2);
  http2->http = http;
  pthread_mutex_init(&http2->mutex, NULL);
  http2->epoll = epoll_create1(EPOLL_CLOEXEC);
  http2->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(http2->epoll, EPOLL_CTL_ADD, http2->wake_fd, &event);
  if (pthread_create(&http2->thread, NULL, loop, http2)) {
    sl_heap_free(http2);
    return SL_E_INTERNAL;
  }
  *out = http2;
  return 0;
}

void sl_http2_add(sl_http2 *http2, int fd, const struct sockaddr *address, socklen_t len) {
  connection *c = sl_heap_zalloc(sizeof *c);
  int on = 1;
  c->http2 = http2;
  c->fd = fd;
  memcpy(&c->address, address, len < sizeof c->address ? len : sizeof c->address);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  pthread_mutex_lock(&http2->mutex);
  bool fits = http2->open < http2->http->options.connections && !http2->stopping;
  if (fits) http2->open++;
  if (fits) sl_vec_push(&http2->arrivals, c);
  pthread_mutex_unlock(&http2->mutex);
  if (fits) {
    wake_thread(http2);
    return;
  }
  sl_log_line(SL_LOG_WARN, "http.refused", "reason=\"too many connections\"");
  close(fd);
  sl_heap_free(c);
}

void sl_http2_stop(sl_http2 *http2) {
  if (!http2) return;
  pthread_mutex_lock(&http2->mutex);
  http2->stopping = true;
  pthread_mutex_unlock(&http2->mutex);
  wake_thread(http2);
  pthread_join(http2->thread, NULL);
  close(http2->wake_fd);
  close(http2->epoll);
  sl_vec_done(&http2->connections);
  sl_vec_done(&http2->inbox);
  sl_vec_done(&http2->arrivals);
  pthread_mutex_destroy(&http2->mutex);
  sl_heap_free(http2);
}
