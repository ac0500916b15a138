/* HTTP requests to one server. A request waits until its answer is complete, Ctrl-C comes, or its time is over. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

typedef struct sl_client sl_client;

typedef struct sl_client_options {
  const char *user, *password; /* Basic authentication; NULL = none */
  const char *token;           /* Bearer */
  const sl_map *connection;    /* ssl.* entries of the configuration file; may be NULL */
} sl_client_options;

int sl_client_new(const char *url, const sl_client_options *options, sl_client **out, sl_err *err);
void sl_client_free(sl_client *client); /* accepts NULL */
const char *sl_client_url(const sl_client *client);
/* Points it at another server. */
int sl_client_set_url(sl_client *client, const char *url, sl_err *err);

typedef enum sl_client_end {
  SL_CLIENT_COMPLETE,
  SL_CLIENT_STOPPED, /* the receiver wanted no more */
  SL_CLIENT_INTERRUPTED,
  SL_CLIENT_TIMED_OUT
} sl_client_end;

typedef struct sl_exchange {
  const char *method;
  const char *path;     /* with its leading slash */
  sl_str body;          /* JSON; empty = none */
  const char *accept;   /* NULL = application/json */
  int64_t timeout_ms;   /* 0 = none */
  bool uninterruptible; /* Ctrl-C does not end it */
  /* Bytes of a 2xx answer as they come; false = no more is wanted. NULL: they are collected in answer. */
  bool (*receive)(void *ctx, sl_str piece);
  void *ctx;
  /* results */
  long status; /* HTTP; 0 when there was no answer */
  sl_buf answer;
  sl_client_end end;
} sl_exchange;

/* 0 when there was an answer of any status (or the exchange was ended from here); SL_E_IO when the server could not be
 * reached or the connection was lost. Release with sl_exchange_done. */
int sl_client_run(sl_client *client, sl_exchange *exchange, sl_err *err);
void sl_exchange_done(sl_exchange *exchange);
/* Appends text percent-encoded as one path segment. */
void sl_client_encode(sl_buf *out, sl_str text);
