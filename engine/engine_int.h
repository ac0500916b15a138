/* What the files of engine/ share: the engine, sessions, the context a statement runs in, the handler table. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include "base/budget.h"
#include "base/map.h"
#include "base/vec.h"
#include "engine/engine.h"
#include "parser/parser.h"
#include "planner/planner.h"

/* A persistent query with its running side. */
typedef struct sl_live {
  uint64_t number;
  sl_running *running; /* NULL: could not be planned or started */
  sl_plan *plan;       /* NULL likewise */
  char *reason;        /* why it does not run, NULL if it does */
  int reason_code;     /* SL_E_* */
  int64_t failed_ms;   /* wall clock of that */
  int pins;            /* readers at work, for whom a stop waits */
  sl_vec pulls;        /* open pull queries between their steps, which a stop cuts off (pulls.c) */
} sl_live;

typedef struct sl_pull_cache sl_pull_cache;

/* Counted memory (memory.c); stores and staging count in the executor. Touched by whoever steps it but for budgets. */
typedef struct sl_memory {
  sl_budget all, blocks, clients, statements;
  size_t blocks_held;
  uint64_t refused; /* as of the last step */
  int waited;
  bool tight, blocks_begun;
  atomic_ullong stopped; /* queries */
} sl_memory;

struct sl_engine {
  sl_memory memory;
  sl_fs *fs;
  const sl_clock *clock;
  char *data_dir;
  const sl_settings *settings;
  bool test_ids;
  int rules; /* of the planner, for queries that are made */
  sl_log *log;
  sl_catalog *cat;
  sl_executor *executor;
  char *service_id;
  char *processing_topic; /* name of the processing log's topic */
  char *cluster_id;
  int64_t started_ms;
  pthread_mutex_t statements; /* statements that change something apply one at a time */
  bool unsettled;             /* a full disk has kept one of them from cleaning up behind itself; statements */
  sl_vec unforgotten;         /* numbers of ended queries that the log still remembers; statements */
  pthread_mutex_t mutex;      /* the lists below */
  pthread_cond_t unpinned;    /* a live query has lost its last pin */
  sl_vec live;                /* sl_live *, by number */
  sl_vec pushes;              /* sl_subscriber * of running push queries */
  sl_vec feeds;               /* sl_feed * of those; those with a key may be joined */
  sl_pull_cache *pulls;
  uint64_t next_push; /* numbers of push queries: above 2^62, never in the catalog */
  atomic_ullong inserts, statements_run, statement_errors;
  atomic_bool stopping;  /* statements that wait give up */
  uint64_t test_queries; /* persistent queries made so far (test ids) */
};

struct sl_session {
  sl_engine *engine;
  sl_settings settings;
  sl_map variables; /* name -> char * */
};
sl_session *sl_session_copy(const sl_session *session);
void sl_session_key(const sl_session *session, sl_buf *out); /* appends its settings: equal ones give equal bytes */
bool sl_session_variable(void *session, sl_str name, sl_str *value); /* an sl_variable_lookup */

/* The world one statement sees and changes. In a sandbox nothing outside it changes. */
typedef struct sl_context {
  sl_engine *engine;
  sl_session *session;
  sl_arena *arena;
  sl_snapshot *snapshot; /* owned */
  bool sandbox;
  sl_map *planned_topics; /* sandbox: name -> planned_topic *; else NULL */
  uint64_t sequence;      /* number the next command gets */
  uint64_t next_query;    /* sandbox: number the next query gets */
  sl_json *entity;        /* the answer, NULL if none */
  sl_json *warnings;      /* JSON array */
} sl_context;

void sl_context_init(sl_context *ctx, sl_engine *engine, sl_session *session, sl_arena *arena, bool sandbox);
void sl_context_done(sl_context *ctx);
void sl_context_planning(sl_context *ctx, sl_planning *out, sl_topic_view *view);
/* Applies to the catalog or the sandbox. command may be NULL; its text is stmt's when empty. */
int sl_context_apply(sl_context *ctx, const sl_change *changes, size_t count, sl_command *command, sl_err *err);
int sl_context_apply_list(sl_context *ctx, const sl_vec *changes, sl_command *command,
                          sl_err *err); /* of sl_change * */
int sl_context_query_number(sl_context *ctx, uint64_t *out, sl_err *err);
int sl_context_version(sl_context *ctx, uint64_t *out, sl_err *err);
/* The topic of that name, made if it is missing: a durable intent first. *created tells whether it was made. */
int sl_context_ensure_topic(sl_context *ctx, const sl_topic_spec *spec, sl_topic_id *id, bool *created, sl_err *err);
/* Takes back a topic that this statement made. */
void sl_context_undo_topic(sl_context *ctx, sl_str name, const sl_topic_id *id);
/* Deletes the files of a topic whose drop is decided, then forgets the intent. Does nothing while the catalog is
 * unsure: the change that would make the topic live may have happened. */
int sl_engine_finish_topic_drop(sl_engine *engine, sl_str name, const sl_topic_id *id, sl_err *err);
/* Does what a full disk has kept earlier statements from; 0 when nothing is left. statements is held. */
int sl_engine_settle(sl_engine *engine, sl_err *err);

/* ---- answers ---- */
sl_json *sl_entity_new(sl_context *ctx, const char *type, sl_str statement_text);
void sl_entity_status(sl_context *ctx, sl_str text, const sl_command *command);
void sl_entity_warning(sl_context *ctx, sl_str text, const char *message);
void sl_context_warn(sl_context *ctx, const char *message);
sl_json *sl_json_of_type(sl_arena *arena, const sl_type *type);
sl_json *sl_json_of_fields(sl_arena *arena, const sl_schema *schema);
sl_json *sl_json_of_query(sl_context *ctx, const sl_query_entry *entry);
/* "restoring": how far the state of a query has come back; nothing when it is ready. */
void sl_entity_restoring(sl_context *ctx, const sl_running_stats *stats, sl_json *query);
const char *sl_window_name(sl_window_kind kind); /* NULL for none */

/* ---- persistent queries ---- */
sl_live *sl_live_at(sl_engine *engine, uint64_t number);   /* under engine->mutex; NULL if there is none */
void sl_pulls_cut(sl_live *live);                          /* pulls.c; under engine->mutex, and nobody reads */
sl_live *sl_live_find(sl_engine *engine, uint64_t number); /* only under the statement lock: else it may go */
/* Creates the internal topics of a plan (and fills in their ids); made ones are added to changes as done intents. */
int sl_query_make_topics(sl_context *ctx, sl_plan *plan, sl_vec *made, sl_err *err);
/* Starts a planned query and keeps it in the live list. */
int sl_query_start(sl_engine *engine, sl_plan *plan, const sl_settings *settings, bool paused, sl_running **out,
                   sl_err *err);
/* Stops a query and takes it from the live list. */
int sl_query_stop(sl_engine *engine, uint64_t number, bool forget, sl_err *err);
/* Plans the resolved text of a query against the versions it was made with; its stores must be those it has. The sink's
 * topic is filled in, ids of internal ones are not. out's memory is ctx->arena and ctx->snapshot. */
int sl_query_replan(sl_context *ctx, const sl_query_entry *entry, const sl_settings *settings, sl_query_plan *out,
                    sl_err *err);
void sl_query_settings(sl_engine *engine, const sl_query_entry *entry, sl_settings *out); /* as captured with it */
/* Plans a query of the catalog again and starts it; if it cannot run it is kept as ERROR. */
void sl_query_restart(sl_engine *engine, const sl_query_entry *entry);
/* The same for all queries of the catalog. */
void sl_queries_restart(sl_engine *engine);
/* What its tasks read; 0 when it does not run. Topics are copied to arena. */
size_t sl_query_inputs(sl_engine *engine, uint64_t number, sl_arena *arena, sl_task_input **out);
/* The same of its stores' changelogs. */
size_t sl_query_changelogs(sl_engine *engine, uint64_t number, sl_arena *arena, sl_task_changelog **out);
/* What made it fail, oldest first: of the query as it runs, or why it does not. */
size_t sl_query_errors(sl_engine *engine, uint64_t number, sl_arena *arena, sl_failure **out);
/* What a query is doing, while others may stop it: false when it does not run (stats->reason tells why, if known).
 * *plan (may be NULL) gets a reference, or NULL. */
bool sl_query_look(sl_engine *engine, uint64_t number, sl_running_stats *stats, sl_plan **plan);
const char *sl_query_state(sl_engine *engine, const sl_query_entry *entry); /* RUNNING PAUSED ERROR */
/* Changes and topic drops that end a query: appended to changes; after the apply call sl_query_finish_drop, which
 * cannot fail: the apply has decided, and what a full disk does not allow now is done before a later statement. */
void sl_query_drop_changes(sl_context *ctx, const sl_query_entry *entry, sl_vec *changes);
void sl_query_finish_drop(sl_context *ctx, uint64_t number, const sl_vec *changes);
/* Makes a SOURCE table with the query that keeps its rows; topic_made: its topic is this statement's, to be undone. */
int sl_source_table_start(sl_context *ctx, const sl_statement *stmt, sl_source *source, bool topic_made, sl_err *err);
/* stmt_replace.c: the query whose place CREATE OR REPLACE ... AS for that sink takes; NULL when there is none, or
 * replacing is switched off. */
int sl_replaced_query(sl_context *ctx, sl_str sink, const sl_query_entry **out, sl_err *err);
/* May plan take the place of old? Drops of internal topics that only old has are appended to obsolete. */
int sl_check_replacement(sl_context *ctx, const sl_query_entry *old, const sl_query_plan *plan, sl_vec *obsolete,
                         sl_err *err);
/* Executor options that come from settings. */
void sl_start_options_of(const sl_settings *settings, sl_start_options *out);

/* Stops a query for good but keeps it, as ERROR with a reason: its state's memory is given back. The statement lock is
 * held. false when it does not run. */
bool sl_query_give_up(sl_engine *engine, uint64_t number, const sl_err *why, sl_err *err);

/* ---- memory ---- */
void sl_memory_init(sl_engine *engine);
size_t sl_memory_statement_begin(sl_engine *engine, sl_str text); /* bytes to be given back */
void sl_memory_statement_end(sl_engine *engine, size_t bytes);

/* ---- push queries ---- */
bool sl_push_give_up(sl_engine *engine, uint64_t number, const sl_err *why); /* ends it; false: there is none */
void sl_pushes_list(sl_context *ctx, sl_json *list); /* appends a row of SHOW QUERIES for each */
int sl_print_open(sl_engine *engine, const sl_stmt_print *stmt, sl_push_ready ready, void *ctx, sl_push **out,
                  sl_err *err);

/* ---- processing_setup.c ---- */
char *sl_processing_topic(const sl_engine *engine);           /* its name; the caller frees */
int sl_processing_make_topic(sl_engine *engine, sl_err *err); /* if settings ask for it */

/* ---- statements ---- */
typedef struct sl_handler {
  int (*run)(sl_context *ctx, const sl_statement *stmt, sl_err *err);
  bool concurrent; /* changes nothing that statements order: runs without the statement lock */
} sl_handler;

int sl_stmt_run_create_source(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_alter_source(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_drop_source(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_create_as(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_insert_select(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_insert_values(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_control(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_list(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_describe(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_explain(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_set(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_define(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_create_type(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_drop_type(sl_context *ctx, const sl_statement *stmt, sl_err *err);
int sl_stmt_run_assert_topic(sl_context *ctx, const sl_statement *stmt, sl_err *err);

/* Names (sl_str *, sorted) of the sources made by queries that read name: they block its DROP. */
void sl_source_constraints(sl_context *ctx, sl_str name, sl_vec *out);
int sl_describe_all(sl_context *ctx, const sl_statement *stmt, sl_source_kind kind, bool extended);
sl_json *sl_describe_query(sl_context *ctx, const sl_query_entry *entry);
bool sl_topic_read_only(sl_engine *engine, sl_str topic);
