/* What the files of server/ share: the server, request bodies, answers, negotiation. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include "base/json.h"
#include "server/acceptor.h"
#include "server/http.h"
#include "server/server.h"
#include "server/threads.h"

struct sl_server {
  const sl_settings *settings;
  sl_engine *engine;
  sl_threads *threads;
  sl_http1 *http1;
  sl_acceptor *acceptor;
  atomic_bool stopping;
};

/* ---- bodies ---- */
/* Parses the body as a JSON object ("Invalid JSON in request: ..."); {} when it is empty. */
int sl_body_object(sl_request *request, sl_json **out, sl_err *err);
/* A session with the overrides and variables of a request body. Free with sl_session_free. */
int sl_body_session(sl_server *server, const sl_json *body, const char *properties_name, sl_session **out, sl_err *err);

/* ---- answers ---- */
void sl_answer_json(sl_request *request, int status, const sl_json *body);
/* The error entity of http-api.md 17; entities (may be NULL) is the JSON array of what was done before. Clears err. */
void sl_answer_error(sl_request *request, sl_err *err, sl_json *entities);
/* Appends an error entity as JSON text. */
void sl_error_write(sl_buf *out, const sl_err *err, sl_json *entities, sl_arena *arena);

/* ---- negotiation (http-api.md 3) ---- */
typedef enum sl_media {
  SL_MEDIA_NONE,
  SL_MEDIA_KSQL_JSON,
  SL_MEDIA_JSON,
  SL_MEDIA_DELIMITED,
  SL_MEDIA_PROTOBUF
} sl_media;
/* Best of offers (SL_MEDIA_NONE-terminated) for the Accept header: q-values and wildcards; ties go to the earlier
 * offer. absent is what a request without the header gets. SL_MEDIA_NONE: nothing acceptable. */
sl_media sl_negotiate(const char *accept, const sl_media *offers, sl_media absent);
const char *sl_media_type(sl_media media);
/* True when a JSON route can be answered; else it has answered 406. */
bool sl_accepts_json(sl_request *request);

/* ---- routes, by file ---- */
void sl_api_ksql(void *server, sl_request *request);
void sl_api_query(void *server, sl_request *request);
void sl_api_query_stream(void *server, sl_request *request);
void sl_api_close_query(void *server, sl_request *request);
extern const sl_route SL_ROUTES[];
extern const size_t SL_ROUTE_COUNT;
