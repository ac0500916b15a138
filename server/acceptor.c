/* One thread accepts. A new socket waits in the same epoll until its first bytes are there; they decide who gets it.
 * One that stays silent is closed when it has been idle for too long, or when too many are. */
#include "server/acceptor.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/heap.h"
#include "base/logger.h"
#include "base/vec.h"

enum { MAX_LISTENERS = 16 };

static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"; /* RFC 9113 3.4 */

/* A socket whose first bytes have not come. */
typedef struct silent {
  int fd;
  int64_t until_ms; /* by the monotonic clock */
} silent;

struct sl_acceptor {
  int epoll, wake_fd;
  unsigned idle_seconds; /* 0: for ever */
  size_t most_silent;
  sl_vec silent; /* in order of acceptance; the thread's */
  int listeners[MAX_LISTENERS];
  int count;
  char url[300];
  sl_accepted http1, http2;
  void *ctx;
  pthread_t thread;
};

/* ---- listening ---- */

typedef struct endpoint {
  char host[256];
  char port[8];
} endpoint;

static int parse_endpoint(sl_str text, endpoint *out, sl_err *err) {
  sl_str whole = text = sl_str_trim(text);
  static const char SCHEME[] = "http://";
  if (sl_str_starts(text, sl_str_of("https://")))
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS,
                      "The listener '" SL_STR_FMT
                      "' asks for TLS, which this version of sluice does not serve. Use http://, "
                      "and a proxy in front for TLS.",
                      SL_STR_ARG(whole));
  if (sl_str_starts(text, sl_str_of(SCHEME))) text = sl_str_n(text.ptr + 7, text.len - 7);
  if (text.len && text.ptr[text.len - 1] == '/') text.len--;
  const char *colon = NULL;
  for (size_t i = 0; i < text.len; i++)
    if (text.ptr[i] == ':') colon = text.ptr + i;
  size_t host_len = colon ? (size_t)(colon - text.ptr) : 0;
  int64_t port = -1;
  if (!colon || !sl_str_int64(sl_str_n(colon + 1, text.len - host_len - 1), &port) || port < 0 || port > 65535 ||
      host_len >= sizeof out->host)
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS,
                      "Expected HOST:PORT or http://HOST:PORT to listen on, got '" SL_STR_FMT "'.", SL_STR_ARG(whole));
  sl_str host = sl_str_n(text.ptr, host_len);
  if (host.len > 1 && host.ptr[0] == '[') host = sl_str_n(host.ptr + 1, host.len - 2);
  snprintf(out->host, sizeof out->host, SL_STR_FMT, SL_STR_ARG(host));
  snprintf(out->port, sizeof out->port, "%d", (int)port);
  return 0;
}

static int open_listener(const endpoint *at, int *out, sl_err *err) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
  int found = getaddrinfo(*at->host ? at->host : NULL, at->port, &hints, &list);
  if (found)
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "Cannot listen on '%s:%s': %s.", at->host, at->port,
                      gai_strerror(found));
  int fd = -1, reason = 0, on = 1;
  for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
    fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd >= 0 && bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 1024) == 0) break;
    reason = errno;
    if (fd >= 0) close(fd);
    fd = -1;
  }
  freeaddrinfo(list);
  if (fd < 0 && reason == EADDRINUSE)
    return sl_err_set(
        err, SL_E_IO, SL_NO_POS,
        "Port %s of '%s' is in use by another program. Stop it, or choose another port with --listen HOST:PORT.",
        at->port, at->host);
  if (fd < 0)
    return sl_err_set(err, SL_E_IO, SL_NO_POS, "Cannot listen on '%s:%s': %s.", at->host, at->port, strerror(reason));
  *out = fd;
  return 0;
}

static void note_url(sl_acceptor *acceptor, const endpoint *at, int fd) {
  struct sockaddr_storage address;
  socklen_t len = sizeof address;
  char port[8] = "";
  if (getsockname(fd, (struct sockaddr *)&address, &len) == 0)
    getnameinfo((struct sockaddr *)&address, len, NULL, 0, port, sizeof port, NI_NUMERICSERV);
  bool v6 = strchr(at->host, ':') != NULL;
  snprintf(acceptor->url, sizeof acceptor->url, "http://%s%s%s:%s", v6 ? "[" : "", at->host, v6 ? "]" : "", port);
}

static void epoll_add(sl_acceptor *acceptor, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(acceptor->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* ---- the loop ---- */

static bool is_listener(const sl_acceptor *acceptor, int fd) {
  for (int i = 0; i < acceptor->count; i++)
    if (acceptor->listeners[i] == fd) return true;
  return false;
}

static int64_t now_ms(void) {
  return sl_clock_monotonic_ns(sl_clock_real()) / 1000000;
}

static void add_silent(sl_acceptor *acceptor, int fd) {
  silent *s = sl_heap_zalloc(sizeof *s);
  *s = (silent){fd, acceptor->idle_seconds ? now_ms() + acceptor->idle_seconds * INT64_C(1000) : INT64_MAX};
  sl_vec_push(&acceptor->silent, s);
  epoll_add(acceptor, fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
}

static void remove_silent(sl_acceptor *acceptor, size_t i) {
  sl_heap_free(sl_vec_at(&acceptor->silent, i));
  sl_vec_remove(&acceptor->silent, i);
}

static void not_silent(sl_acceptor *acceptor, int fd) {
  size_t i = 0;
  while (((silent *)sl_vec_at(&acceptor->silent, i))->fd != fd) i++;
  remove_silent(acceptor, i);
}

/* Closes those that have been silent for too long, and the oldest of too many; milliseconds until the next is due, -1
 * for none. Not between the events of a round: one of them may be about a socket that is closed here. */
static int close_silent(sl_acceptor *acceptor) {
  for (int64_t now = now_ms(); acceptor->silent.len; remove_silent(acceptor, 0)) {
    const silent *oldest = sl_vec_at(&acceptor->silent, 0);
    int64_t left = oldest->until_ms - now;
    if (left > 0 && acceptor->silent.len <= acceptor->most_silent) return left < INT_MAX ? (int)left : INT_MAX;
    close(oldest->fd);
  }
  return -1;
}

static void accept_all(sl_acceptor *acceptor, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      add_silent(acceptor, fd);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE) {
      sl_log_line(SL_LOG_ERROR, "http.accept", "reason=\"no file descriptors left; raise the limit with ulimit -n\"");
      usleep(10000); /* the backlog keeps the clients until some are free */
    }
    if (errno != EINTR && errno != ECONNABORTED) return;
  }
}

/* First bytes are there: hand the socket on, or wait for more when they may still become either protocol. */
static void hand_over(sl_acceptor *acceptor, int fd, uint32_t events) {
  char first[sizeof PREFACE - 1];
  ssize_t got = recv(fd, first, sizeof first, MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  bool h2 = got > 0 && memcmp(first, PREFACE, (size_t)got) == 0;
  if (h2 && got < (ssize_t)sizeof first && !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) return;
  epoll_ctl(acceptor->epoll, EPOLL_CTL_DEL, fd, NULL);
  not_silent(acceptor, fd);
  if (got <= 0 || (h2 && got < (ssize_t)sizeof first)) {
    close(fd);
    return;
  }
  struct sockaddr_storage address;
  socklen_t len = sizeof address;
  if (getpeername(fd, (struct sockaddr *)&address, &len)) {
    close(fd);
    return;
  }
  (h2 ? acceptor->http2 : acceptor->http1)(acceptor->ctx, fd, (struct sockaddr *)&address, len);
}

static void *loop(void *arg) {
  sl_acceptor *acceptor = arg;
  struct epoll_event events[64];
  for (int timeout = -1;; timeout = close_silent(acceptor)) {
    int count = epoll_wait(acceptor->epoll, events, 64, timeout);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == acceptor->wake_fd) return NULL;
      if (is_listener(acceptor, events[i].data.fd))
        accept_all(acceptor, events[i].data.fd);
      else
        hand_over(acceptor, events[i].data.fd, events[i].events);
    }
  }
}

/* ---- start and stop ---- */

int sl_acceptor_start(sl_str listeners, unsigned idle_seconds, size_t most_silent, sl_accepted http1, sl_accepted http2,
                      void *ctx, sl_acceptor **out, sl_err *err) {
  sl_acceptor *acceptor = sl_heap_zalloc(sizeof *acceptor);
  acceptor->idle_seconds = idle_seconds;
  acceptor->most_silent = most_silent;
  acceptor->http1 = http1;
  acceptor->http2 = http2;
  acceptor->ctx = ctx;
  acceptor->epoll = epoll_create1(EPOLL_CLOEXEC);
  acceptor->wake_fd = eventfd(0, EFD_CLOEXEC);
  epoll_add(acceptor, acceptor->wake_fd, EPOLLIN);
  int code = 0;
  while (!code && listeners.len && acceptor->count < MAX_LISTENERS) {
    const char *comma = memchr(listeners.ptr, ',', listeners.len);
    size_t len = comma ? (size_t)(comma - listeners.ptr) : listeners.len;
    endpoint at;
    int fd = -1;
    code = parse_endpoint(sl_str_n(listeners.ptr, len), &at, err);
    if (!code) code = open_listener(&at, &fd, err);
    if (!code && !acceptor->count) note_url(acceptor, &at, fd);
    if (!code) acceptor->listeners[acceptor->count++] = fd;
    len += comma ? 1 : 0;
    listeners = sl_str_n(listeners.ptr + len, listeners.len - len);
  }
  if (!code && !acceptor->count) code = sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "There is no listener to listen on.");
  if (!code) {
    for (int i = 0; i < acceptor->count; i++) epoll_add(acceptor, acceptor->listeners[i], EPOLLIN);
    pthread_create(&acceptor->thread, NULL, loop, acceptor);
    *out = acceptor;
    return 0;
  }
  for (int i = 0; i < acceptor->count; i++) close(acceptor->listeners[i]);
  close(acceptor->wake_fd);
  close(acceptor->epoll);
  sl_heap_free(acceptor);
  return code;
}

const char *sl_acceptor_url(const sl_acceptor *acceptor) {
  return acceptor->url;
}

void sl_acceptor_stop(sl_acceptor *acceptor) {
  if (!acceptor) return;
  uint64_t one = 1;
  if (write(acceptor->wake_fd, &one, sizeof one) == sizeof one) pthread_join(acceptor->thread, NULL);
  for (int i = 0; i < acceptor->count; i++) close(acceptor->listeners[i]);
  for (; acceptor->silent.len; remove_silent(acceptor, 0)) close(((silent *)sl_vec_at(&acceptor->silent, 0))->fd);
  sl_vec_done(&acceptor->silent);
  close(acceptor->wake_fd);
  close(acceptor->epoll);
  sl_heap_free(acceptor);
}
