/* The one door of the system: executes statements, starts and stops queries. The only writer of the catalog. The
 * server, `sluice run` and `sluice test` all call it; everything is testable without HTTP. */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "catalog/catalog.h"
#include "catalog/settings.h"
#include "executor/executor.h"
#include "topics/log.h"

/* As /info reports it: clients of ksqlDB read features from the numbers (http-api.md 14). */
#define SL_VERSION "0.29.0"

typedef struct sl_engine sl_engine;
typedef struct sl_session sl_session;

typedef struct sl_engine_options {
  sl_fs *fs;                   /* NULL = real */
  const sl_clock *clock;       /* NULL = real */
  const char *data_dir;        /* topics/, catalog.db, state/ below it */
  const sl_settings *settings; /* server settings; borrowed for the engine's life */
  int workers;                 /* 0 = cores */
  int batch;                   /* see executor; 0 = default */
  bool test_ids;               /* query numbers in ids count persistent queries from 0 (test-formats.md A.3) */
  bool topics_only;            /* start no queries */
  uint64_t seed;               /* of topic ids; 0 = from the operating system */
  const sl_probe *probe;       /* of the executor, for simulations */
  int64_t image_floor;         /* see executor; 0 = default */
  int64_t trim_every;          /* see executor; 0 = default */
  int rules;                   /* planner rules that queries are made with; 0 = the newest. For tests of older ones */
} sl_engine_options;

/* Opens the data directory, recovers the log, finishes or undoes what a crash left, plans and starts every query. */
int sl_engine_open(const sl_engine_options *options, sl_engine **out, sl_err *err);
/* Graceful stop: commits, stops queries, closes. Push queries get their end. Accepts NULL. */
int sl_engine_close(sl_engine *engine, sl_err *err);

/* Declares the stream over the processing log if settings ask for it and there is none. For servers with an API. */
int sl_engine_declare_processing_log(sl_engine *engine, sl_err *err);

/* Deletes the processing log's topic if a setting had it made. For the end of everything: nothing may run. */
int sl_engine_drop_processing_log(sl_engine *engine, sl_err *err);

/* ---- sessions: variables and SET overrides; one per request, shell or test ---- */
sl_session *sl_session_new(sl_engine *engine);
void sl_session_free(sl_session *session);
int sl_session_set(sl_session *session, sl_str name, const sl_str *value /* NULL = UNSET */, sl_err *err);
int sl_session_define(sl_session *session, sl_str name, sl_str value, sl_err *err);
const sl_settings *sl_session_settings(const sl_session *session);

/* ---- statements ---- */
/* Answers are entities of http-api.md 7 as JSON trees in arena, one per statement that yields one. On failure entities
 * of earlier statements are still in out, err holds the failure, err->statement its text. Several statements are
 * rehearsed in a sandbox first. Thread: any; statements that change something apply one at a time, in order. */
typedef struct sl_answers {
  sl_json **entities;
  size_t count;
} sl_answers;
int sl_engine_execute(sl_engine *engine, sl_session *session, sl_str text, sl_arena *arena, sl_answers *out,
                      sl_err *err);
/* One parsed statement (test runner, scripts with their own loop). *entity is NULL when there is none. */
int sl_engine_execute_one(sl_engine *engine, sl_session *session, const sl_statement *stmt, sl_arena *arena,
                          sl_json **entity, sl_err *err);

/* ---- queries with rows ---- */
typedef struct sl_push sl_push;

/* Called when rows may be waiting or the query has ended; must be short, may be on a worker. Thread: any. */
typedef void (*sl_push_ready)(void *ctx);

typedef enum sl_push_state { SL_PUSH_ROWS, SL_PUSH_WAIT, SL_PUSH_DONE } sl_push_state;

/* A SELECT or PRINT. text holds exactly one statement. */
int sl_engine_query(sl_engine *engine, sl_session *session, sl_str text, sl_push_ready ready, void *ctx, sl_push **out,
                    sl_err *err);
/* The same for a statement that is known to look keys up, without waiting; *out NULL and 0 when it is not. */
int sl_engine_query_quick(sl_engine *engine, sl_session *session, sl_str text, sl_push **out, sl_err *err);
sl_str sl_push_id(const sl_push *push); /* empty for PRINT */
bool sl_push_is_print(const sl_push *push);
bool sl_push_is_pull(const sl_push *push);             /* on a table: take never gives SL_PUSH_WAIT */
void sl_push_count_bytes(sl_push *push, size_t bytes); /* sent to the client: pull queries have a limit per hour */
const sl_schema *sl_push_schema(const sl_push *push);  /* columns of the rows */
/* Appends up to max rows to out, each by write_row; PRINT gives lines of text in tombstone-less rows of one STRING
 * column. */
typedef void (*sl_push_row)(void *ctx, const sl_row *row, const sl_schema *schema, bool tombstone);
sl_push_state sl_push_take(sl_push *push, size_t max, sl_push_row row, void *ctx);
/* One row as bytes, which encode makes once for all who read the same rows: encoding numbers the framing, and the bytes
 * follow from it and the row alone. Only if sl_push_has_encoded: push queries, and pull queries on streams. */
enum { SL_PUSH_ENCODINGS = 3 };
typedef void (*sl_push_encode)(int encoding, sl_buf *out, const sl_row *row, const sl_schema *schema, bool tombstone);
bool sl_push_has_encoded(const sl_push *push);
sl_push_state sl_push_take_encoded(sl_push *push, int encoding, sl_push_encode encode, sl_buf *out);
/* After SL_PUSH_DONE: why it ended. */
const sl_err *sl_push_error(const sl_push *push); /* NULL when it ended well */
bool sl_push_limit_reached(const sl_push *push);
/* Ends the query (client left, /close-query) and frees it; no ready call after it returns. */
void sl_push_close(sl_push *push);
/* Ends a push query by id from elsewhere: its owner sees SL_PUSH_DONE. SL_E_BAD_REQUEST when there is none. */
int sl_engine_end_push(sl_engine *engine, sl_str id, sl_err *err);

/* Looks after clients of push queries that take no rows: others do not wait for them for long, and after ten minutes
 * they are ended. To be called about once a second. Thread: any. */
void sl_engine_push_step(sl_engine *engine);
/* Ends all push queries because the server stops: their owners see SL_PUSH_DONE with an error. */
void sl_engine_end_pushes(sl_engine *engine);

/* ---- inserts ---- */
/* One row for /inserts-stream: fields of a JSON object by column name (row NULL only checks the target). Acknowledge it
 * when commit number *commit is durable. */
int sl_engine_insert_json(sl_engine *engine, sl_session *session, sl_str target, const sl_json *row, uint64_t *commit,
                          sl_err *err);

/* ---- running ---- */
sl_log *sl_engine_log(sl_engine *engine);
sl_executor *sl_engine_executor(sl_engine *engine);
sl_snapshot *sl_engine_snapshot(sl_engine *engine); /* a reference */
const sl_settings *sl_engine_settings(sl_engine *engine);
/* Steps everything on this thread until all is quiet. For run and test; not while worker threads run. */
int sl_engine_run_until_quiet(sl_engine *engine, sl_err *err);
/* Looks after memory: to be called a few times a second, and by who steps everything. true when something was given
 * back or stopped, so that others may go on. Thread: any, one at a time. */
bool sl_engine_memory_step(sl_engine *engine);
/* Memory of clients: what holds data for one counts here. */
sl_budget *sl_engine_client_memory(sl_engine *engine);
/* Running side of a persistent query; NULL when it is not running. It may go with the next statement: for callers that
 * are the only ones. */
sl_running *sl_engine_running(sl_engine *engine, uint64_t query_number);
/* The newest commands, oldest first (http-api.md 8.3). */
int sl_engine_commands(sl_engine *engine, sl_arena *arena, size_t limit, sl_command **out, size_t *count, sl_err *err);
/* Writes Prometheus text (cli.md 11). */
void sl_engine_metrics(sl_engine *engine, sl_buf *out);
/* {"KsqlServerInfo":{...}} parts of http-api.md 14. */
sl_json *sl_engine_info(sl_engine *engine, sl_arena *arena);
/* This host's part of /clusterStatus (http-api.md 15); with lags: how far each store is behind its changelog. */
sl_json *sl_engine_host_status(sl_engine *engine, bool lags, sl_arena *arena);
