/* The logical plan: what a query does, step by step, before it is cut into sub-topologies. A step points to the step it
 * takes its rows from; the last one is OUTPUT. Expressions are still trees whose columns are names of the input's
 * layout; they have been typed once, for their messages, and are typed again when the physical plan is built from
 * narrower rows.
 *
 * Layouts name slots as expressions read them: the slot of SUM(V) is called "SUM(V)", so that messages show what the
 * user wrote. titles are the names that stores, internal topics and EXPLAIN show. */
#pragma once
#include "planner/planner_int.h"

typedef enum sl_logical_kind {
#define SL_LOGICAL(kind, type, label) SL_LOGICAL_##kind,
#include "planner/logical.def"
#undef SL_LOGICAL
} sl_logical_kind;

/* Every step begins with this. */
typedef struct sl_logical {
  sl_logical_kind kind;
  const char *context; /* "Aggregate.GroupBy" */
  struct sl_logical *input;
  sl_layout layout;
  const sl_str *titles; /* NULL: as in layout */
  bool *needed;         /* per slot: somebody reads it (needed.c) */
  bool table;
  sl_window_kind window; /* of the row's key */
  int64_t window_size;
} sl_logical;

typedef struct sl_logical_source {
  sl_logical base;
  const sl_from *from;
  const sl_source_slot *slots; /* one per layout slot */
  sl_str timestamp_column;     /* as the layout names it; empty if none */
  const sl_plan_access *state; /* pull queries on tables: read from the state of the query that keeps it; else NULL */
} sl_logical_source;

/* A join; base.input is the left side. Layout: the key, then the columns of both sides that are no key of their own. */
typedef struct sl_logical_join {
  sl_logical base;
  sl_logical *right;
  const sl_join_info *info;
  const char *prefix;        /* "L_" per level below the top */
  bool moves[2];             /* the side goes through a repartition topic */
  sl_format_spec key_format; /* that both sides agree on; NONE: the default */
  const sl_join_item *items; /* one per layout slot: slots of the sides' layouts */
  bool hidden_key;           /* the key is no column of a source: synthetic, or apart from its column */
  int64_t before, after, grace;
} sl_logical_join;

typedef struct sl_logical_filter {
  sl_logical base;
  const sl_expr *predicate;
} sl_logical_filter;

typedef struct sl_logical_rekey { /* PARTITION BY: new keys, then what is left of the input */
  sl_logical base;
  const sl_expr **keys;
  int key_count;   /* 0: BY NULL */
  const int *rest; /* input slot of each later slot */
} sl_logical_rekey;

typedef struct sl_logical_explode { /* input slots, then one per call */
  sl_logical base;
  const sl_expr **calls;
  int call_count;
} sl_logical_explode;

typedef struct sl_logical_group { /* grouping keys, then the arguments of aggregates */
  sl_logical base;
  const sl_expr **keys;
  const sl_expr **arguments;
  int key_count, argument_count;
  bool moves; /* the key changes: rows go through a repartition topic */
} sl_logical_group;

typedef struct sl_logical_aggregate { /* keys, results [, WINDOWSTART, WINDOWEND] */
  sl_logical base;
  const sl_expr **calls; /* arguments name columns of the group step */
  const sl_str *texts;   /* of the calls as written */
  int call_count;
  sl_window_kind window;
  int64_t size, advance, grace, retention;
  bool emit_final;
} sl_logical_aggregate;

typedef struct sl_logical_project { /* keys first, or in select order for push queries */
  sl_logical base;
  const sl_expr **exprs; /* one per slot */
  const bool *is_key;    /* push: filled in the row of a deletion */
} sl_logical_project;

typedef struct sl_logical_output {
  sl_logical base;
  const sl_source *sink; /* NULL: rows go to the client, or are only kept */
  bool keep;             /* CREATE SOURCE TABLE: a store is all there is */
  int32_t partitions;    /* of a sink topic yet to be made, else 0 */
  bool has_limit;
  int64_t limit;
} sl_logical_output;

/* Everything up to and including the projection. sink_name is for messages (empty for push queries). */
typedef struct sl_logical_plan {
  const sl_analysis *analysis;
  sl_logical_project *project;
  sl_str key_missing; /* message when key columns are not projected; reported after other checks; empty if fine */
} sl_logical_plan;
int sl_logical_build(const sl_analysis *analysis, sl_str sink_name, sl_logical_plan *out, sl_err *err);
/* logical.c: all that a row of the source can give; with prefixed names in a join. */
sl_logical *sl_logical_source_step(sl_arena *arena, const sl_from *from, const char *context, bool join);
/* logical_join.c: sources and joins, left to right. */
int sl_logical_add_joins(const sl_analysis *analysis, sl_logical **out, sl_err *err);
/* The join whose rows step gives with nothing but their key's columns changed; NULL if there is none. */
const sl_logical_join *sl_logical_join_of(const sl_logical *step);
/* project.c */
int sl_logical_add_project(const sl_analysis *analysis, const sl_grouping *grouping, sl_logical *input,
                           sl_str sink_name, sl_logical_plan *out, sl_err *err);
sl_logical_output *sl_logical_add_output(sl_arena *arena, sl_logical *input, const sl_source *sink);

/* clauses.c: types an expression of a clause; failures get the clause's prefix (sql.md 6.1). */
typedef enum sl_clause {
  SL_CLAUSE_WHERE,
  SL_CLAUSE_HAVING,
  SL_CLAUSE_SELECT,
  SL_CLAUSE_GROUP_BY,
  SL_CLAUSE_PARTITION_BY
} sl_clause;
int sl_clause_type(const sl_planning *planning, sl_clause clause, const sl_expr *expr, const sl_layout *layout,
                   const sl_typed **out, sl_err *err);
/* The same for WHERE and HAVING, which must be BOOLEAN. */
int sl_clause_predicate(const sl_planning *planning, sl_clause clause, const sl_expr *expr, const sl_layout *layout,
                        sl_err *err);

/* needed.c: marks the slots that anybody reads, from the output back to the sources. */
int sl_logical_mark_needed(const sl_planning *planning, sl_logical *last, sl_err *err);
/* upgrade_plan.c: sets out->steps. */
void sl_upgrade_describe(const sl_analysis *analysis, const sl_logical *last, sl_query_plan *out);
/* explain.c: one line per step, the output first. */
sl_str sl_logical_print(sl_arena *arena, const sl_logical *last, sl_str query_id);
const char *sl_logical_label(sl_logical_kind kind);
void *sl_logical_new(sl_arena *arena, sl_logical_kind kind, size_t size, const char *context, sl_logical *input);
