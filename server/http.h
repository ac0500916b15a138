/* Requests and answers as handlers see them, whatever speaks on the wire: one file each knows libmicrohttpd
 * (http1.c) and nghttp2 (http2.c).
 *
 * A request comes with its whole body (bounded), or, for routes that ask for it, piece by piece. It is answered once:
 * by a complete body, or by a stream that is asked for bytes whenever the client can take some and sleeps when it has
 * none. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/str.h"

typedef struct sl_request sl_request;
typedef struct sl_stream sl_stream;

/* ---- what was asked ---- */
sl_arena *sl_request_arena(sl_request *request); /* lives until the answer is complete */
const char *sl_request_method(const sl_request *request);
sl_str sl_request_path(const sl_request *request); /* percent-decoded, no trailing slash (but "/") */
sl_str sl_request_body(const sl_request *request);
bool sl_request_http10(const sl_request *request);
const char *sl_request_header(sl_request *request, const char *name); /* NULL if absent */
const char *sl_request_version(const sl_request *request);            /* "1.1" */
const char *sl_request_peer(sl_request *request, char out[64]);       /* address of the client */
const char *sl_request_argument(sl_request *request,
                                const char *name); /* of the query string, decoded; NULL if absent */

/* ---- answering: exactly one of these, once ---- */
/* Adds a header to the answer to come. */
void sl_request_add_header(sl_request *request, const char *name, const char *value);
/* body is copied; content_type NULL = none. */
void sl_answer(sl_request *request, int status, const char *content_type, sl_str body);

typedef struct sl_stream_class {
  /* Gives the next bytes, at most max: > 0 how many (one chunk on the wire), 0 nothing now (sleep until
   * sl_stream_wake), < 0 the end. max may be as little as 1: what is left of a client's window. */
  ssize_t (*fill)(void *ctx, char *buf, size_t max);
  /* Once, when the answer is complete or the client has gone; wake must not be called after it returns. */
  void (*close)(void *ctx, bool client_gone);
} sl_stream_class;
/* Begins a streamed answer: status line and headers go out at once. The stream is valid until close. */
sl_stream *sl_answer_stream(sl_request *request, int status, const char *content_type, const sl_stream_class *cls,
                            void *ctx);
/* From now on a line feed goes out when nothing was sent for so many milliseconds (HTTP/1.1 only; 0 = never). */
void sl_stream_keep_alive(sl_stream *stream, int64_t ms);
/* There are bytes (or the end) to be had, or the time has come to look again. Thread: any. */
void sl_stream_wake(sl_stream *stream);

/* ---- routes ---- */
/* A body read piece by piece. Either of data and end may answer; the answer may be a stream that goes on while the
 * body does. data and end are called one after the other. Thread: a handler's. */
typedef struct sl_body_class {
  bool (*data)(void *ctx, sl_str piece); /* false = no more is wanted */
  void (*end)(void *ctx);                /* the body is complete: must answer if data did not */
  void (*close)(void *ctx);              /* always, and last: also when the client left in the middle */
} sl_body_class;

typedef struct sl_route {
  const char *method; /* "GET"; HEAD goes where GET goes */
  const char *path;   /* "*" is one segment, as the last one the rest of the path; the first row that fits counts */
  void (*handle)(void *server, sl_request *request);
  /* Instead of handle: begins a body read piece by piece; *ctx is for its calls. NULL = it has answered already. */
  const sl_body_class *(*begin)(void *server, sl_request *request, void **ctx);
  /* Before handle, on the protocol's thread: answers what takes no waiting; false = handle is due. May be NULL. */
  bool (*quick)(void *server, sl_request *request);
} sl_route;

/* ---- the fronts ---- */
typedef struct sl_http sl_http;   /* what they share: routes and the threads of handlers */
typedef struct sl_http1 sl_http1; /* HTTP/1 */
typedef struct sl_http2 sl_http2; /* HTTP/2 with prior knowledge */
typedef struct sl_http_options {
  const sl_route *routes;
  size_t route_count;
  void *server;          /* handed to handlers */
  sl_budget *memory;     /* bodies count here; a large one that it refuses is answered 503. May be NULL */
  size_t body_limit;     /* bytes of a whole body; over it: 413 */
  unsigned connections;  /* at most so many at once, of each protocol */
  unsigned idle_seconds; /* of a connection without a request */
  int io_threads;        /* that parse and write HTTP/1 */
  int threads;           /* handlers at once, at most */
  /* Called when the headers are there: false = it has answered (foreign origin, not ready). May be NULL. */
  bool (*admit)(void *server, sl_request *request);
  /* Called when an answer is complete. May be NULL. */
  void (*access_log)(void *server, sl_request *request, int status, uint64_t bytes_in, uint64_t bytes_out);
} sl_http_options;
sl_http *sl_http_new(const sl_http_options *options);
/* Returns when no handler runs; none begins any more, requests get 503. Accepts NULL. */
void sl_http_drain(sl_http *http);
void sl_http_free(sl_http *http); /* after its fronts have stopped; accepts NULL */

int sl_http1_start(sl_http *http, sl_http1 **out);
int sl_http2_start(sl_http *http, sl_http2 **out);
/* Hands over an accepted socket; it is closed when the limit of connections is reached. Thread: the acceptor's. */
void sl_http1_add(sl_http1 *http, int fd, const struct sockaddr *address, socklen_t len);
void sl_http2_add(sl_http2 *http, int fd, const struct sockaddr *address, socklen_t len);
/* Ends all connections, after drain. Streams are woken and get up to a second to end. Accepts NULL. */
void sl_http1_stop(sl_http1 *http);
void sl_http2_stop(sl_http2 *http);
