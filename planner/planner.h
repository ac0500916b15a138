/* Planning: a statement against a catalog snapshot. Reads; starts and writes nothing.
 *
 * AST -> analysed query (names and types resolved, stars expanded) -> logical plan -> physical plan. */
#pragma once
#include "catalog/catalog.h"
#include "catalog/settings.h"
#include "planner/plan.h"

/* Rules that decide what of a plan is durable. A query is planned with those it was made with, as long as it lives.
 * 2: rows of a source with one partition are grouped without a repartition topic: one task has them all anyway. */
enum { SL_PLANNER_RULES = 2 };

typedef struct sl_planning {
  sl_arena *arena; /* of the statement: analysis, messages */
  const sl_snapshot *snapshot;
  const sl_settings *settings; /* session over server */
  const sl_topic_view *topics;
  sl_str service_id; /* internal topic names */
  int64_t now_ms;
  int rules;   /* SL_PLANNER_RULES, or those of a query that exists; whoever makes one sets it */
  bool stored; /* the resolved text of something that exists, planned again (a start): its own name and
                  topics are no clash; the snapshot gives its sources in the versions it was made with */
} sl_planning;

/* Does one of a property's patterns match the whole text? Patterns are regular expressions, separated by commas. */
bool sl_settings_match(const sl_settings *settings, const char *property, sl_str text);

/* CREATE [SOURCE] STREAM/TABLE (columns) WITH (...): everything but topic creation. *out lives in planning->arena;
 * topic_id and version are left for the engine. *partitions: count to create the topic with when it is missing (0: it
 * must exist). */
typedef struct sl_source_plan {
  sl_source *source;
  int32_t partitions;
  const sl_topic_setting *topic_settings;
  int topic_setting_count;
} sl_source_plan;
int sl_plan_create_source(const sl_planning *planning, const sl_stmt_create_source *stmt, sl_source_plan *out,
                          sl_err *err);

/* One step of a query as the check of an upgrade sees it (upgrade_plan.c). */
typedef struct sl_upgrade_step sl_upgrade_step;

/* A query with its sink. */
typedef struct sl_query_plan {
  sl_plan *plan;                /* a reference; query id and number as given */
  sl_source_plan sink;          /* C*AS: the source to be made; INSERT: source = the existing target */
  const sl_source_ref *sources; /* read, in FROM order */
  int source_count;
  sl_str text;                         /* formatted statement as shown (sql.md 7.1) */
  sl_str resolved;                     /* stored form (design.md 3) */
  sl_str warning;                      /* empty, or a notice for the client */
  const sl_upgrade_step *const *steps; /* from the sink to the source, without filters and projections */
  int step_count;
} sl_query_plan;

/* The id and number a persistent query gets are chosen by the engine before planning. */
int sl_plan_create_as(const sl_planning *planning, const sl_stmt_create_as *stmt, sl_str query_id,
                      uint64_t query_number, sl_query_plan *out, sl_err *err);
int sl_plan_insert_select(const sl_planning *planning, const sl_stmt_insert_select *stmt, sl_str query_id,
                          uint64_t query_number, sl_query_plan *out, sl_err *err);
/* Does a plan keep what its query has kept so far? kept: the contract it was recorded with. If not, *how says what
 * differs, in arena, and *grown that another source topic's partitions are the reason. */
bool sl_contract_differs(sl_arena *arena, sl_str kept, const sl_plan *plan, sl_str *how, bool *grown);
/* 0, or SL_E_VERSION with what differs and what to do about it. */
int sl_check_contract(sl_arena *arena, sl_str kept, const sl_plan *plan, sl_err *err);
/* May a query planned as from go on as to (sql.md 7.4)? Both under the same number, from planned again as stored. */
int sl_check_query_upgrade(const sl_query_plan *from, const sl_query_plan *to, sl_err *err);
/* ALTER STREAM/TABLE ... ADD COLUMN: the source's next version, in planning->arena; its version is left for the engine.
 */
int sl_plan_alter_source(const sl_planning *planning, const sl_stmt_alter_source *stmt, sl_source **out, sl_err *err);
/* Top-level SELECT ... EMIT CHANGES: a RESPONSE at the end. */
int sl_plan_push_query(const sl_planning *planning, const sl_stmt_query *stmt, sl_str query_id, uint64_t query_number,
                       sl_query_plan *out, sl_err *err);
/* A query that ends. On a table (plan->state is set): rows of the state that another query keeps. On a stream: planned
 * as a push query; whoever starts it ends it at the ends that its topic has then. */
typedef enum sl_pull_literal { SL_PULL_OTHER, SL_PULL_STRING, SL_PULL_INTEGER } sl_pull_literal;
typedef struct sl_pull_plan {
  sl_plan *plan;           /* a reference */
  sl_pull_literal literal; /* tables: the key is a literal of that kind and decides nothing else (access.exact) */
  uint64_t keeper;         /* tables: number of the query that keeps the rows */
  bool fixed;              /* tables: the same text means the same as long as the catalog does */
} sl_pull_plan;
int sl_plan_pull_query(const sl_planning *planning, const sl_stmt_query *stmt, sl_str query_id, uint64_t query_number,
                       sl_pull_plan *out, sl_err *err);
/* The query that keeps a CREATE SOURCE TABLE's rows: a store and nothing else. out's texts are the source's. */
int sl_plan_source_table(const sl_planning *planning, const sl_source *source, sl_str query_id, uint64_t query_number,
                         sl_query_plan *out, sl_err *err);

/* INSERT INTO ... VALUES: evaluated and encoded. Bytes in planning->arena. */
typedef struct sl_insert_plan {
  const sl_source *target;
  bool key_null, value_null;
  sl_str key, value;
  int64_t timestamp; /* ms: ROWTIME as given, else the planning's now */
  sl_value *values;  /* one per schema column in schema order (tests compare them) */
  bool *given;       /* per schema column: listed in the statement */
} sl_insert_plan;
int sl_plan_insert_values(const sl_planning *planning, const sl_stmt_insert_values *stmt, sl_insert_plan *out,
                          sl_err *err);

/* The custom type lookup of a snapshot, for sl_typing. */
void sl_planning_typing(const sl_planning *planning, sl_typing *out);
/* "Did you mean" hint of sql.md 7.9 for an unknown source, or "". */
const char *sl_planning_hint(const sl_planning *planning, sl_str name, const sl_source_kind *kind);
