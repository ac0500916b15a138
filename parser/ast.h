/* The tree a statement's text becomes. Knows no catalog, no functions, no settings.
 *
 * Everything lives in the statement arena. Every node starts with its kind and its place in the text. Names are folded
 * already (unquoted: upper case); a name that was quoted keeps its spelling. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "types/schema.h"

typedef enum sl_expr_kind {
#define SL_EXPR(kind, doc) SL_EXPR_##kind,
#include "parser/exprs.def"
#undef SL_EXPR
  SL_EXPR_KIND_COUNT
} sl_expr_kind;

typedef enum sl_op {
  SL_OP_NONE,
  SL_OP_EQ,
  SL_OP_NE,
  SL_OP_LT,
  SL_OP_LE,
  SL_OP_GT,
  SL_OP_GE,
  SL_OP_DISTINCT,
  SL_OP_ADD,
  SL_OP_SUB,
  SL_OP_MUL,
  SL_OP_DIV,
  SL_OP_MOD,
} sl_op;

typedef struct sl_ast_type sl_ast_type;
typedef struct sl_expr sl_expr;

/* One shape for every expression, so that one walker serves all; exprs.def says which fields a kind uses. */
struct sl_expr {
  sl_expr_kind kind;
  sl_op op;
  sl_pos pos;
  bool flag;
  bool quoted; /* COLUMN: name was quoted */
  sl_str name;
  sl_str source;
  sl_str text;
  sl_expr **args;
  int count; /* of args */
  const sl_str *names;
  int name_count;
  const sl_ast_type *type;
  int depth; /* levels of this tree; set by the parser, which refuses trees that are too deep to walk */
};

/* A type as written; primitives by their printed name (INT is INTEGER), names of custom types are resolved later. */
typedef enum sl_ast_type_kind {
  SL_AST_TYPE_NAME,
  SL_AST_TYPE_DECIMAL,
  SL_AST_TYPE_ARRAY,
  SL_AST_TYPE_MAP,
  SL_AST_TYPE_STRUCT
} sl_ast_type_kind;
struct sl_ast_type {
  sl_ast_type_kind kind;
  sl_pos pos;
  sl_str name;                /* NAME */
  int64_t precision, scale;   /* DECIMAL */
  const sl_ast_type *key;     /* MAP */
  const sl_ast_type *element; /* ARRAY, MAP value */
  const sl_str *field_names;  /* STRUCT */
  const sl_ast_type **field_types;
  int field_count;
  int depth; /* as in sl_expr */
};

/* WITH (...), connector properties: name and literal. */
typedef struct sl_property {
  sl_str name; /* upper-cased for CREATE ... WITH; folding kept for connectors */
  sl_pos pos;
  const sl_expr *value; /* a literal */
} sl_property;
typedef struct sl_properties {
  const sl_property *items;
  int count;
  bool present; /* a WITH clause was written */
} sl_properties;

typedef enum sl_statement_kind {
#define SL_STATEMENT(kind, type, words, everywhere) SL_STMT_##kind,
#include "parser/statements.def"
#undef SL_STATEMENT
  SL_STATEMENT_KIND_COUNT
} sl_statement_kind;

/* Every statement struct begins with this. */
typedef struct sl_statement {
  sl_statement_kind kind;
  sl_pos pos;
  sl_str text; /* from the first token to ';' inclusive, as written */
} sl_statement;

typedef enum sl_element_kind {
  SL_ELEMENT_VALUE,
  SL_ELEMENT_KEY,
  SL_ELEMENT_PRIMARY_KEY,
  SL_ELEMENT_HEADERS,
  SL_ELEMENT_HEADER
} sl_element_kind;
typedef struct sl_element {
  sl_pos pos;
  sl_str name;
  const sl_ast_type *type;
  sl_element_kind kind;
  sl_str header_key;
} sl_element;

typedef struct sl_stmt_create_source {
  sl_statement base;
  sl_source_kind source_kind;
  bool or_replace, if_not_exists, is_source; /* is_source: CREATE SOURCE STREAM/TABLE */
  sl_str name;
  const sl_element *elements;
  int element_count;
  bool has_elements;
  sl_properties with;
} sl_stmt_create_source;

/* ---- query ---- */
typedef enum sl_time_unit {
  SL_UNIT_MILLISECONDS,
  SL_UNIT_SECONDS,
  SL_UNIT_MINUTES,
  SL_UNIT_HOURS,
  SL_UNIT_DAYS
} sl_time_unit;
typedef struct sl_span {
  int64_t value; /* as written */
  sl_time_unit unit;
  bool present;
} sl_span;
int64_t sl_span_ms(const sl_span *span);

typedef struct sl_window {
  sl_window_kind kind;
  sl_pos pos;
  sl_span size; /* SESSION: gap */
  sl_span advance, retention, grace;
} sl_window;

typedef enum sl_select_kind {
  SL_SELECT_EXPR,
  SL_SELECT_ALL,
  SL_SELECT_SOURCE_ALL,
  SL_SELECT_STRUCT_ALL
} sl_select_kind;
typedef struct sl_select_item {
  sl_select_kind kind;
  sl_pos pos;
  const sl_expr *expr; /* EXPR; STRUCT_ALL: the struct */
  sl_str alias;        /* empty if none was written */
  sl_str source;       /* SOURCE_ALL */
} sl_select_item;

typedef enum sl_join_kind { SL_JOIN_INNER, SL_JOIN_LEFT, SL_JOIN_RIGHT, SL_JOIN_OUTER } sl_join_kind;
typedef struct sl_relation { /* one source with its alias */
  sl_pos pos;
  sl_str name;
  sl_str alias; /* equals name when none was written */
} sl_relation;
typedef struct sl_join {
  sl_join_kind kind;
  sl_pos pos;
  sl_relation right;
  bool has_within;
  sl_span before, after, grace;
  bool asymmetric; /* WITHIN (b, a) */
  const sl_expr *on;
} sl_join;

typedef enum sl_emit { SL_EMIT_NONE, SL_EMIT_CHANGES, SL_EMIT_FINAL } sl_emit;
typedef struct sl_query_ast {
  sl_pos pos;
  const char *text_start; /* of SELECT, in the text */
  const sl_select_item *items;
  int item_count;
  sl_relation from;
  const sl_join *joins;
  int join_count;
  sl_window window;
  const sl_expr *where;
  const sl_expr **group_by;
  int group_by_count;
  bool has_group_by;
  const sl_expr **partition_by;
  int partition_by_count;
  bool has_partition_by;
  const sl_expr *having;
  sl_pos group_by_pos, partition_by_pos;
  sl_emit emit;
  bool has_limit;
  int64_t limit;
} sl_query_ast;

typedef struct sl_stmt_query {
  sl_statement base;
  const sl_query_ast *query;
} sl_stmt_query;
typedef struct sl_stmt_create_as {
  sl_statement base;
  sl_source_kind source_kind;
  bool or_replace, if_not_exists;
  sl_str name;
  sl_properties with;
  const sl_query_ast *query;
} sl_stmt_create_as;
typedef struct sl_stmt_insert_select {
  sl_statement base;
  sl_str target;
  sl_pos target_pos;
  sl_properties with;
  const sl_query_ast *query;
} sl_stmt_insert_select;
typedef struct sl_stmt_insert_values {
  sl_statement base;
  sl_str target;
  const sl_str *columns;
  int column_count;
  bool has_columns;
  const sl_expr **values;
  int value_count;
} sl_stmt_insert_values;

/* ---- the rest ---- */
typedef struct sl_stmt_drop_source {
  sl_statement base;
  sl_source_kind source_kind;
  bool if_exists, delete_topic;
  sl_str name;
} sl_stmt_drop_source;
typedef struct sl_stmt_alter_source {
  sl_statement base;
  sl_source_kind source_kind;
  sl_str name;
  const sl_element *columns; /* kind VALUE */
  int column_count;
} sl_stmt_alter_source;
typedef struct sl_stmt_create_type {
  sl_statement base;
  bool if_not_exists;
  sl_str name;
  const sl_ast_type *type;
} sl_stmt_create_type;
typedef struct sl_stmt_drop_type {
  sl_statement base;
  bool if_exists;
  sl_str name;
} sl_stmt_drop_type;
typedef struct sl_stmt_create_connector {
  sl_statement base;
  bool is_sink, if_not_exists;
  sl_str name;
  sl_properties with;
} sl_stmt_create_connector;
typedef struct sl_stmt_drop_connector {
  sl_statement base;
  bool if_exists;
  sl_str name;
} sl_stmt_drop_connector;

typedef enum sl_list_kind {
  SL_LIST_PROPERTIES,
  SL_LIST_TOPICS,
  SL_LIST_STREAMS,
  SL_LIST_TABLES,
  SL_LIST_FUNCTIONS,
  SL_LIST_CONNECTORS,
  SL_LIST_CONNECTOR_PLUGINS,
  SL_LIST_TYPES,
  SL_LIST_VARIABLES,
  SL_LIST_QUERIES,
} sl_list_kind;
typedef struct sl_stmt_list {
  sl_statement base;
  sl_list_kind what;
  bool extended;
  bool all;                    /* ALL TOPICS */
  bool only_source, only_sink; /* CONNECTORS */
} sl_stmt_list;

typedef enum sl_describe_kind {
  SL_DESCRIBE_SOURCE,
  SL_DESCRIBE_STREAMS,
  SL_DESCRIBE_TABLES,
  SL_DESCRIBE_FUNCTION,
  SL_DESCRIBE_CONNECTOR
} sl_describe_kind;
typedef struct sl_stmt_describe {
  sl_statement base;
  sl_describe_kind what;
  sl_str name;
  bool extended;
} sl_stmt_describe;
typedef struct sl_stmt_explain {
  sl_statement base;
  const sl_statement *statement; /* NULL: query_id is set */
  sl_str query_id;
} sl_stmt_explain;
typedef struct sl_stmt_print {
  sl_statement base;
  sl_str topic; /* case kept */
  bool from_beginning;
  bool has_interval, has_limit;
  int64_t interval, limit;
} sl_stmt_print;
typedef enum sl_control_kind { SL_CONTROL_TERMINATE, SL_CONTROL_PAUSE, SL_CONTROL_RESUME } sl_control_kind;
typedef struct sl_stmt_control_query {
  sl_statement base;
  sl_control_kind what;
  bool all;
  sl_str query_id;
} sl_stmt_control_query;
typedef enum sl_set_kind { SL_SET_SESSION, SL_SET_UNSET, SL_SET_SYSTEM } sl_set_kind;
typedef struct sl_stmt_set {
  sl_statement base;
  sl_set_kind what;
  sl_str name, value;
} sl_stmt_set;
typedef struct sl_stmt_define {
  sl_statement base;
  bool undefine;
  sl_str name, value;
} sl_stmt_define;
typedef struct sl_stmt_assert_topic {
  sl_statement base;
  bool not_exists;
  sl_str topic;
  sl_properties with;
  sl_span timeout;
} sl_stmt_assert_topic;
typedef struct sl_stmt_assert_schema {
  sl_statement base;
  bool not_exists;
  sl_str subject; /* empty if none */
  bool has_id;
  int64_t id;
  sl_span timeout;
} sl_stmt_assert_schema;
typedef struct sl_stmt_assert_values { /* ASSERT [NULL] VALUES */
  sl_statement base;
  bool null_values;
  sl_str source;
  const sl_str *columns;
  int column_count;
  bool has_columns;
  const sl_expr **values;
  int value_count;
} sl_stmt_assert_values;
typedef struct sl_stmt_assert_source {
  sl_statement base;
  sl_stmt_create_source source; /* name, elements, with as in CREATE */
} sl_stmt_assert_source;
typedef struct sl_stmt_run_script {
  sl_statement base;
  sl_str path;
} sl_stmt_run_script;

/* ---- building, walking ---- */
sl_expr *sl_expr_new(sl_arena *arena, sl_expr_kind kind, sl_pos pos);
sl_expr *sl_expr_column(sl_arena *arena, sl_str source, sl_str name, sl_pos pos);
/* Structural equality, places ignored: the = of GROUP BY matching (sql.md 2.9). */
bool sl_expr_equal(const sl_expr *a, const sl_expr *b);
/* Calls visit on expr and everything below, parents first; visit returns false to leave a subtree out. */
void sl_expr_walk(const sl_expr *expr, bool (*visit)(const sl_expr *expr, void *ctx), void *ctx);
/* A copy in which rewrite, called on each node parents first, may give a replacement (then its children are not
 * visited) or NULL to go on into the children. */
sl_expr *sl_expr_rewrite(sl_arena *arena, const sl_expr *expr, sl_expr *(*rewrite)(const sl_expr *expr, void *ctx),
                         void *ctx);
const char *sl_statement_words(sl_statement_kind kind);
