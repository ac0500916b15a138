/* What the files of server/ share: the server, request bodies, answers, negotiation. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "base/json.h"
#include "server/acceptor.h"
#include "server/http.h"
#include "server/server.h"
#include "server/threads.h"
#include "server/users.h"

typedef enum sl_life { SL_SERVING, SL_TERMINATING, SL_TERMINATED } sl_life;

struct sl_server {
  const sl_settings *settings;
  sl_engine *engine;
  sl_threads *threads;
  sl_http *http;
  sl_http1 *http1;
  sl_http2 *http2;
  sl_acceptor *acceptor;
  sl_users *users;   /* NULL: no authentication */
  bool flush_always; /* acknowledge what is synced, not what is written */
  bool topics_only;
  atomic_bool stopping;
  _Atomic int life; /* sl_life: see api_terminate.c */
};

/* For the fill of a stream: copies of made what is behind *sent and fits, and counts it in. */
static inline size_t sl_give_bytes(const sl_buf *made, size_t *sent, char *buf, size_t max) {
  size_t left = made->len - *sent, len = left < max ? left : max;
  if (len) memcpy(buf, made->data + *sent, len);
  *sent += len;
  return len;
}

/* ---- before and after a request: origins, users, readiness, the access log (access.c) ---- */
bool sl_access_admit(void *server, sl_request *request);
void sl_access_log(void *server, sl_request *request, int status, uint64_t bytes_in, uint64_t bytes_out);

/* Comma lists: the next item without blanks around it; does word match one, with '*' for any run of characters? */
bool sl_list_next(sl_str *list, sl_str *out);
bool sl_list_matches(sl_str list, sl_str word);

/* Under log.flush=always: returns when what was written so far is synced. One sync serves all who wait. */
int sl_server_make_durable(sl_server *server, sl_err *err);
/* May a request set this property (http-api.md 16.2)? */
int sl_check_override(const sl_settings *settings, sl_str name, sl_err *err);
/* Runs the statements of a file that were not run by an earlier start (headless.c). */
int sl_headless_run(sl_server *server, const char *data_dir, const char *path, sl_err *err);

/* ---- bodies ---- */
/* A member that a JSON body may have. A NUMBER is an integer. A list of them ends with one that has no name. */
typedef struct sl_body_member {
  const char *name;
  sl_json_kind kind;
  bool mandatory;
} sl_body_member;
/* Fails ("Invalid JSON in request: ...") when a member is not of its kind, or a mandatory one is not there. Null is as
 * good as absent; members that are not listed may be anything. */
int sl_body_check(const sl_json *body, const sl_body_member *members, sl_err *err);
/* Parses the body as a JSON object and checks it like sl_body_check; {} when it is empty. */
int sl_body_object(sl_request *request, const sl_body_member *members, sl_json **out, sl_err *err);
/* Returns when the command that a body's commandSequenceNumber names is applied, or fails after the configured time. */
int sl_body_wait(sl_server *server, const sl_json *body, sl_err *err);
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
const sl_body_class *sl_api_inserts(void *server, sl_request *request, void **ctx);
void sl_api_terminate(void *server, sl_request *request);
void sl_api_cluster_status(void *server, sl_request *request);
void sl_api_heartbeat(void *server, sl_request *request);
void sl_api_lag(void *server, sl_request *request);
void sl_api_status_all(void *server, sl_request *request);
void sl_api_status_one(void *server, sl_request *request);
void sl_api_valid_property(void *server, sl_request *request);
void sl_api_topics(void *server, sl_request *request);
void sl_api_topic(void *server, sl_request *request);
void sl_api_topic_create(void *server, sl_request *request);
void sl_api_topic_delete(void *server, sl_request *request);
void sl_api_topic_settings(void *server, sl_request *request);
void sl_api_topic_partitions(void *server, sl_request *request);
void sl_api_groups(void *server, sl_request *request);
void sl_api_group(void *server, sl_request *request);
void sl_api_group_commit(void *server, sl_request *request);
const sl_body_class *sl_api_produce(void *server, sl_request *request, void **ctx);
void sl_api_consume(void *server, sl_request *request);
/* A reference to the topic that segment 1 names; NULL when it has answered 404. */
sl_topic *sl_request_topic(sl_server *server, sl_request *request);
void sl_api_ksql(void *server, sl_request *request);
void sl_api_query(void *server, sl_request *request);
bool sl_api_query_quick(void *server, sl_request *request); /* pull queries that look up and whose plan is kept */
bool sl_api_query_stream_quick(void *server, sl_request *request);
void sl_api_query_stream(void *server, sl_request *request);
void sl_api_close_query(void *server, sl_request *request);
extern const sl_route SL_ROUTES[];
extern const size_t SL_ROUTE_COUNT;
