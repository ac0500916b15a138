/* What the files of planner/ share: look-ups, format specs, the analysed query and expression helpers. */
#pragma once
#include "base/vec.h"
#include "planner/planner.h"
#include "planner/with.h"

/* ---- planner.c: look-ups ---- */
/* Partitions and id of an existing topic. */
bool sl_planning_topic(const sl_planning *planning, sl_str name, int32_t *partitions, sl_topic_id *id);
/* "stream" or "table", and with a capital. */
const char *sl_kind_word(sl_source_kind kind);
const char *sl_kind_title(sl_source_kind kind);
const char *sl_window_word(sl_window_kind kind); /* TUMBLING ... */
/* "A, B and C" */
sl_str sl_join_and(sl_arena *arena, const sl_str *items, int count);
sl_str sl_join_or(sl_arena *arena, const sl_str *items, int count);
sl_str sl_join_comma(sl_arena *arena, const sl_str *items, int count);
/* Can statements write to the topic? (ksql.readonly.topics) */
/* A copy of columns of one kind, in order. */
sl_column *sl_columns_of(sl_arena *arena, const sl_schema *schema, sl_column_kind kind, int *count);
sl_format_spec sl_format_spec_copy(sl_arena *arena, const sl_format_spec *spec);
bool sl_format_spec_equal(const sl_format_spec *a, const sl_format_spec *b);

/* ---- spec.c: formats of sources and sinks ---- */
/* The format of one side: given, inherited or the configured default. */
int sl_spec_format(const sl_planning *planning, const sl_with *with, bool is_key, const sl_format_spec *inherited,
                   const sl_format **out, sl_err *err);
/* One side (key or value) of a source or sink. inherited: the left-most source's spec for that side, or NULL in CREATE
 * STREAM/TABLE, where the configured default applies. The spec's wrapping is left to sl_spec_finish. */
int sl_spec_build(const sl_planning *planning, const sl_with *with, bool is_key, const sl_format_spec *inherited,
                  sl_format_spec *out, sl_err *err);
/* Chooses the wrapping for the columns of that side and checks that the format can hold them. */
int sl_spec_finish(const sl_planning *planning, const sl_with *with, bool is_key, const sl_schema *schema,
                   sl_format_spec *spec, sl_err *err);
/* Key format of an internal topic: NONE becomes the default, and a format that cannot hold the columns becomes JSON
 * (formats.md 1.1); wrapping as for keys. */
sl_format_spec sl_spec_internal_key(const sl_planning *planning, sl_arena *arena, const sl_format_spec *spec,
                                    const sl_column *columns, int count);
/* WITH properties that say the same as spec, for the resolved text. */
void sl_spec_with(sl_with_list *list, const sl_format_spec *spec, bool is_key);

/* ---- create.c ---- */
/* TIMESTAMP and TIMESTAMP_FORMAT against a schema (sql.md 4.6). */
int sl_check_timestamp(const sl_with *with, const sl_schema *schema, sl_err *err);
/* Does an existing topic agree with PARTITIONS? */
int sl_check_existing_topic(const sl_with *with, sl_str topic, int32_t partitions, sl_err *err);
/* Name clash and OR REPLACE rules of a source about to be made. */
int sl_check_new_source(const sl_planning *planning, const sl_source *source, bool or_replace, bool if_not_exists,
                        sl_err *err);
/* AST of a type as it prints, custom names expanded. */
const sl_ast_type *sl_type_ast(sl_arena *arena, const sl_type *type);

/* ---- upgrade.c ---- */
int sl_check_upgrade(sl_arena *arena, const sl_source *from, const sl_source *to, sl_err *err);

/* ---- exprs.c: expressions as trees ---- */
/* Deep copy: nothing borrowed from the original is left. */
sl_expr *sl_expr_copy(sl_arena *arena, const sl_expr *expr);
/* The copy's column references without their qualifier: name is the column (one source) or ALIAS_COLUMN (joins). */
const sl_expr *sl_expr_unqualified(sl_arena *arena, const sl_expr *expr, bool join);
/* Replaces every subtree equal to from[i] by a reference to the column names[i]; larger matches win. */
const sl_expr *sl_expr_replace(sl_arena *arena, const sl_expr *expr, const sl_expr *const *from, const sl_str *names,
                               int count);
/* Literals compared with ROWTIME, WINDOWSTART or WINDOWEND become epoch milliseconds (sql.md 3.4). */
int sl_expr_rewrite_times(sl_arena *arena, const sl_expr *expr, const sl_expr **out, sl_err *err);
/* Index of the first of list equal to expr, -1 if none. */
int sl_expr_index(const sl_expr *const *list, int count, const sl_expr *expr);
bool sl_expr_is_call(const sl_expr *expr, sl_function_kind kind);
/* Calls of a kind in expr, outermost first, without repeats, appended to out. */
void sl_expr_calls(const sl_expr *expr, sl_function_kind kind, sl_vec *out);
/* Does the expression read a column that is not a lambda parameter and that test accepts? */
typedef bool (*sl_column_test)(void *ctx, const sl_expr *column);
bool sl_expr_any_column(const sl_expr *expr, sl_column_test test, void *ctx);

/* ---- analysis.c, names.c, items.c: the analysed query ---- */
typedef enum sl_query_use { SL_USE_PERSISTENT, SL_USE_PUSH, SL_USE_PULL } sl_query_use;

typedef struct sl_from {
  const sl_source *source;
  sl_str alias;
} sl_from;

/* Join number i of a query: what is joined so far with source i + 1. Side 0 is of an earlier source, side 1 of the new
 * one, however they were written. */
typedef struct sl_join_info {
  const sl_join *ast;
  sl_join_kind kind;
  const sl_expr *on;       /* qualified, as written */
  const sl_expr *sides[2]; /* qualified */
  const sl_expr *plain[2]; /* columns by their name in the row */
  const sl_from *froms[2]; /* whose columns the sides read */
  bool flipped;            /* the new source was written first */
  bool on_key[2];          /* the side is the only key column of its source */
  bool foreign;            /* all tables, and the left side is not on its key: the result has the left table's keys */
  const sl_expr **equal;   /* expressions equal to the result's key; none of a full outer join; foreign: all keys */
  int equal_count;
  const sl_expr *key; /* the column that becomes the key; NULL: synthetic */
  sl_str key_name;    /* of that column in the row, or of the synthetic key */
  bool key_apart;     /* key's source may be absent: the key has a value then and the column is NULL */
} sl_join_info;

/* A column of the result. */
typedef struct sl_output {
  const sl_expr *qualified; /* columns as ALIAS.COLUMN */
  const sl_expr *expr;      /* columns by their name in the row */
  sl_str name;
  sl_pos pos;
  bool from_star;
} sl_output;

typedef struct sl_analysis {
  const sl_planning *planning;
  sl_arena *arena;
  const sl_query_ast *ast;
  sl_query_use use;
  sl_from *froms; /* in order of appearance */
  int from_count;
  sl_join_info *joins;           /* from_count - 1 */
  const sl_join_info *last_join; /* NULL: no joins */
  sl_output *outputs;            /* stars expanded */
  int output_count;
  sl_select_item *shown; /* the select list as shown: stars kept, references qualified, aliases explicit */
  const sl_expr *where_qualified, *having_qualified;
  const sl_expr *where, *having; /* NULL if none */
  const sl_expr **group_qualified, **group_by;
  int group_count;
  const sl_expr **partition_qualified, **partition_by; /* count 0: none, or BY NULL */
  sl_str *partition_names;                             /* names of the new key columns */
  int partition_count;
  bool partition_null;  /* PARTITION BY NULL */
  bool partition_no_op; /* by exactly the single key column */
  bool aggregates;      /* an aggregate function in SELECT or HAVING, or GROUP BY */
  sl_source_kind result;
} sl_analysis;

int sl_analyze(const sl_planning *planning, const sl_query_ast *ast, sl_query_use use, sl_analysis *out, sl_err *err);
/* Does the source have a column of that name: declared, pseudo, or a window bound? */
bool sl_source_has(const sl_source *source, sl_str name);
const sl_type *sl_source_column_type(const sl_source *source, sl_str name);
/* names.c: the error for a qualifier that names no source of the statement. */
int sl_unknown_qualifier(sl_str qualifier, sl_pos pos, sl_err *err);
/* names.c: qualifies references of one clause; unresolved ones stay as they are. */
int sl_qualify(sl_analysis *analysis, const sl_expr *expr, const sl_expr **out, sl_err *err);
/* names.c: an expression without sources: bare time units get their name, custom types are expanded. NULL = failed. */
const sl_expr *sl_name_units(const sl_planning *planning, const sl_expr *expr, sl_err *err);
/* names.c: every reference of a qualified clause must resolve. clause: "WHERE" ... */
int sl_check_references(const sl_analysis *analysis, const sl_expr *qualified, const char *clause, sl_err *err);
const sl_from *sl_from_find(const sl_analysis *analysis, sl_str qualifier);
/* joins.c: qualifies the criteria; then checks them and chooses keys, once qualifiers and names are known to be good.
 */
int sl_qualify_joins(sl_analysis *analysis, sl_err *err);
int sl_analyze_joins(sl_analysis *analysis, sl_err *err);
/* Select items may name the synthetic key, and nothing else that no source has. */
int sl_check_join_items(const sl_analysis *analysis, sl_err *err);
const char *sl_join_word(sl_join_kind kind); /* "LEFT [OUTER] JOIN" */
/* The notice that stream-stream joins without GRACE PERIOD get; empty if none. */
sl_str sl_join_warning(const sl_analysis *analysis);
/* items.c: expands the select list and names its items. */
int sl_analyze_items(sl_analysis *analysis, sl_err *err);
int sl_check_aliases(const sl_analysis *analysis, sl_err *err);

/* ---- grouping.c ---- */
/* A grouped query's parts; expressions name columns of the row before grouping. */
typedef struct sl_grouping {
  const sl_expr **keys; /* grouping expressions; one constant when a push query has no GROUP BY */
  sl_str *key_names;    /* of the result */
  int key_count;
  const sl_expr **calls; /* aggregate calls, argument-less ones with ROWTIME */
  int call_count;
  const sl_expr **outputs; /* select expressions with that argument made explicit */
  const sl_expr *having;
} sl_grouping;
int sl_analyze_grouping(const sl_analysis *analysis, sl_grouping *out, sl_err *err);

/* ---- resolved.c: statement texts ---- */
/* The query with qualified names: as shown (stars kept), or resolved (stars expanded, items as in the analysis). */
const sl_query_ast *sl_query_shown(const sl_analysis *analysis);
const sl_query_ast *sl_query_resolved(const sl_analysis *analysis);
sl_str sl_statement_shown(sl_arena *arena, const sl_statement *statement);
sl_str sl_statement_stored(sl_arena *arena, const sl_statement *statement); /* the same, always closed by ';' */
