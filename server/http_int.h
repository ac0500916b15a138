/* What the HTTP protocols share: requests, their routing and their jobs (requests.c). Not for handlers. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include "server/http.h"

/* What a protocol does for a request. */
typedef struct sl_protocol {
  const char *(*header)(sl_request *request, const char *name);
  const char *(*argument)(sl_request *request, const char *name);
  const char *(*peer)(sl_request *request, char out[64]);
  void (*suspend)(sl_request *request); /* a job was given out: nothing is done with it until resume */
  void (*resume)(sl_request *request);  /* the job is done. Thread: a handler's */
  void (*stream_opened)(sl_stream *stream);
  void (*stream_wake)(sl_stream *stream);                   /* Thread: any */
  void (*stream_keep_alive)(sl_stream *stream, int64_t ms); /* may be NULL */
} sl_protocol;

typedef enum sl_job { SL_JOB_HANDLE, SL_JOB_PIECE, SL_JOB_END } sl_job;

struct sl_request {
  sl_http *http;
  const sl_protocol *protocol;
  void *own; /* the protocol's: its connection or stream */
  sl_arena arena;
  const char *method;
  sl_str path;
  bool http10, http2;
  /* the body */
  sl_buf body; /* whole, or the piece of the job */
  uint64_t bytes_in;
  size_t counted; /* bytes of the body in the budget */
  bool too_large, no_room, body_unwanted;
  const sl_body_class *body_class;
  void *body_ctx;
  /* the way to its answer */
  const sl_route *route;
  sl_job job;
  atomic_bool busy; /* a job of it runs or waits */
  bool dispatched;  /* its last job was given out */
  struct sl_request *next_job;
  /* the answer: a body, or a stream */
  bool answered, queued;
  int status;
  const char *content_type;
  const char *headers[16][2];
  int header_count;
  sl_buf answer;
  sl_stream *stream;
  uint64_t bytes_out;
};

struct sl_stream {
  sl_request *request;
  const sl_stream_class *cls;
  void *ctx;
  uint64_t id;
  bool in_a_row, gathering; /* HTTP/1: the last fill gave bytes; the socket gathers them. Thread: the protocol's */
  pthread_mutex_t mutex;    /* below */
  bool suspended, woken, gone;
  int64_t keep_alive_ms; /* 0 = off */
  int64_t last_ms;       /* when bytes were last given */
};

struct sl_http {
  sl_http_options options;
  pthread_mutex_t mutex; /* below */
  pthread_cond_t changed, job_there;
  sl_request *first_job, *last_job;
  int job_threads, idle_threads, waiting_jobs;
  bool stopping;
};

/* Decodes %xx in place and returns the length that is left. A %00 stays as it is written: text ends at a NUL, and a
 * path must not be taken for its beginning. */
size_t sl_percent_decode(char *text);
/* Answers with an error of the transport's own: its status is api_code / 100; message needs no escapes. */
void sl_request_refuse(sl_request *request, int api_code, const char *message);
/* A request whose line is known; url is decoded and without arguments. */
sl_request *sl_request_new(sl_http *http, const sl_protocol *protocol, void *own, const char *method, const char *url);
/* The headers are there. May answer, or begin a body that is read piece by piece. */
void sl_request_on_headers(sl_request *request);
/* Bytes of the body came; not while it is busy. */
void sl_request_on_body(sl_request *request, const void *data, size_t len);
/* The whole request is there: true when it has its answer, false when a job was given out. */
bool sl_request_on_end(sl_request *request);
/* Closes its stream and its body, logs and frees. */
void sl_request_finish(sl_request *request, bool client_gone);
