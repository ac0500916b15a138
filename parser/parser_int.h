/* What the files of parser/ and the generated scanner and grammar share.
 *
 * Two layers: the scanner turns the text into an array of tokens, then the grammar takes them one by one and its
 * actions call the ast_* builders below. A builder never fails in the grammar's eyes: it notes the first error in
 * ctx->build_err and returns a usable node, so that a syntax error later in the text is still found (and wins). */
#pragma once
#include "base/vec.h"
#include "grammar/parser.h"
#include "parser/ast.h"
#include "parser/parser.h"

enum {
  AST_EOF = 0,        /* lemon's end of input */
  AST_DIRECTIVE = -1, /* "--@..." when the scanner was asked for directives */
  /* Deeper trees are refused: everything after the parser walks them recursively. */
  AST_MAX_DEPTH = 2000,
  AST_MAX_TYPE_DEPTH = 200,
  AST_MAX_EXPLAIN_DEPTH = 10,
  AST_MAX_STACK = 20000, /* of the grammar: parentheses make no nodes */
};

typedef struct ast_token {
  sl_str text; /* as written */
  sl_pos pos;
  int kind; /* SL_TK_*; a keyword keeps its own even where it serves as a name */
} ast_token;

/* Where a ${variable} stands decides what it may be replaced by. */
typedef enum ast_variable_place { AST_VARIABLE_NAME, AST_VARIABLE_LITERAL, AST_VARIABLE_EITHER } ast_variable_place;
typedef struct ast_variable {
  ast_token token;
  ast_variable_place place;
} ast_variable;

typedef struct ast_ctx {
  sl_arena *arena;
  sl_str text; /* the whole text, in arena, NUL after it */
  const ast_token *tokens;
  size_t count;
  size_t at;    /* the token being taken */
  size_t first; /* first token of the current statement */
  int flags;
  const sl_statement **statements;
  size_t statement_count, statement_cap;
  const sl_expr *expr;     /* START_EXPRESSION */
  const sl_ast_type *type; /* START_TYPE */
  sl_vec *elements;        /* START_ELEMENTS */
  sl_vec *variables;       /* of ast_variable; NULL when nobody asks */
  sl_err build_err;
  bool syntax_failed;
  const char *syntax_detail; /* set when an action, not the tables, found the error */
  const ast_token *syntax_token;
  bool too_large;
} ast_ctx;

/* ---- scanner (grammar/lexer.re) and keywords ---- */
typedef struct ast_scanner {
  const char *start; /* of the token found */
  const char *cursor;
  const char *limit; /* *limit is NUL */
  bool directives;   /* give AST_DIRECTIVE instead of passing it by */
} ast_scanner;
int ast_scan(ast_scanner *scanner);
/* Token of a word; SL_TK_IDENTIFIER when it is no keyword. */
int ast_keyword_token(sl_str word);
const char *ast_keyword_text(int token, bool *reserved); /* NULL, and reserved untouched: no keyword */
/* Place of ptr, going on from a known earlier place. Columns count code points. */
sl_pos ast_pos_after(sl_pos pos, const char *from, const char *to);

/* ---- the grammar (grammar/parser.y) ---- */
void *ast_grammar_open(ast_ctx *ctx);
void ast_grammar(void *grammar, int token, ast_token value);
void ast_grammarFinalize(void *grammar);
void ast_grammarInit(void *grammar, ast_ctx *ctx);
size_t ast_grammar_depth(const void *grammar);
/* Would these tokens, just so, go on from where the grammar is? */
bool ast_grammar_accepts(const void *grammar, const int *tokens, int count);
/* What to give the grammar for token: itself, or IDENTIFIER for a keyword that can only be a name here. */
int ast_grammar_token(const void *grammar, int token);

/* ---- running it (parse.c, syntax_error.c) ---- */
int ast_run(ast_ctx *ctx, sl_arena *arena, sl_str text, sl_pos start, int flags, int way_in, sl_err *err);
int ast_syntax_error(ast_ctx *ctx, const void *grammar, sl_err *err);

/* ---- errors of building ---- */
void ast_fail(ast_ctx *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ast_too_large(ast_ctx *ctx);
/* A syntax error that the tables cannot see: at token, expected in words. */
void ast_unexpected(ast_ctx *ctx, ast_token token, const char *detail);

/* ---- names and lists (build.c) ---- */
sl_str ast_name(ast_ctx *ctx, ast_token token);     /* folded */
sl_str ast_raw_name(ast_ctx *ctx, ast_token token); /* case kept; strings decoded */
bool ast_is_quoted(ast_token token);
ast_token ast_variable_name(ast_ctx *ctx, ast_token token);
sl_expr *ast_variable_literal(ast_ctx *ctx, ast_token token);
void ast_variable_is(ast_ctx *ctx, ast_token token, ast_variable_place place);
ast_token ast_source_name(ast_ctx *ctx, ast_token token);
void ast_plain_identifier(ast_ctx *ctx, ast_token token);
sl_vec *ast_list(ast_ctx *ctx, sl_vec *list, void *item); /* list NULL: a new one */
sl_vec *ast_list_prepend(sl_vec *list, void *item);
sl_vec *ast_names(ast_ctx *ctx, sl_vec *list, ast_token name); /* of sl_str *, folded */
/* The list as an array of its pointers, or of the structs they point to. */
void *ast_pointers(ast_ctx *ctx, const sl_vec *list, int *count);
void *ast_structs(ast_ctx *ctx, const sl_vec *list, size_t size, int *count);

/* ---- types (build_type.c) ---- */
typedef struct ast_fields {
  sl_vec names;  /* of sl_str * */
  sl_vec values; /* of sl_ast_type * or sl_expr * */
} ast_fields;
ast_fields *ast_fields_add(ast_ctx *ctx, ast_fields *fields, ast_token name, void *value);
const sl_str *ast_fields_names(ast_ctx *ctx, const ast_fields *fields, int *count); /* refuses duplicates */
sl_ast_type *ast_type_name(ast_ctx *ctx, ast_token name);
sl_ast_type *ast_type_array(ast_ctx *ctx, ast_token at, sl_ast_type *element);
sl_ast_type *ast_type_map(ast_ctx *ctx, ast_token at, sl_ast_type *key, sl_ast_type *value);
sl_ast_type *ast_type_struct(ast_ctx *ctx, ast_token at, ast_fields *fields);
sl_ast_type *ast_type_decimal(ast_ctx *ctx, ast_token at, sl_expr *precision, sl_expr *scale);
ast_fields *ast_type_field(ast_ctx *ctx, ast_fields *fields, ast_token name, sl_ast_type *type);

/* ---- expressions (build_expr.c) ---- */
sl_expr *ast_literal(ast_ctx *ctx, sl_expr_kind kind, ast_token token);
sl_expr *ast_number(ast_ctx *ctx, const ast_token *minus, ast_token token);
/* The value of a number that a clause wants whole; fails with "Value must be integer for command: <clause>". */
int64_t ast_integer(ast_ctx *ctx, const sl_expr *number, const char *clause);
sl_expr *ast_unary(ast_ctx *ctx, sl_expr_kind kind, ast_token at, sl_expr *e);
sl_expr *ast_binary(ast_ctx *ctx, sl_expr_kind kind, sl_op op, ast_token at, sl_expr *l, sl_expr *r);
sl_expr *ast_nary(ast_ctx *ctx, sl_expr_kind kind, ast_token at, const sl_vec *args);
sl_expr *ast_compare(ast_ctx *ctx, ast_token op, sl_expr *l, sl_expr *r);
sl_expr *ast_between(ast_ctx *ctx, bool negated, ast_token at, sl_expr *e, sl_expr *low, sl_expr *high);
sl_expr *ast_in(ast_ctx *ctx, bool negated, ast_token at, sl_expr *e, sl_vec *list);
sl_expr *ast_like(ast_ctx *ctx, bool negated, ast_token at, sl_expr *e, sl_expr *pattern, ast_token escape);
sl_expr *ast_concat(ast_ctx *ctx, ast_token at, sl_expr *l, sl_expr *r);
sl_expr *ast_at_time_zone(ast_ctx *ctx, ast_token at, sl_expr *e, ast_token zone);
sl_expr *ast_typed_string(ast_ctx *ctx, ast_token type, ast_token text);
sl_expr *ast_case(ast_ctx *ctx, ast_token at, sl_expr *operand, sl_vec *whens, sl_expr *otherwise);
sl_expr *ast_cast(ast_ctx *ctx, ast_token at, sl_expr *e, sl_ast_type *type);
sl_expr *ast_struct(ast_ctx *ctx, ast_token at, ast_fields *fields);
ast_fields *ast_field(ast_ctx *ctx, ast_fields *fields, ast_token name, sl_expr *value);
sl_vec *ast_pair(ast_ctx *ctx, sl_vec *list, sl_expr *a, sl_expr *b);
sl_expr *ast_call(ast_ctx *ctx, ast_token name, sl_vec *args);
sl_expr *ast_call_all(ast_ctx *ctx, ast_token name);
sl_expr *ast_dereference(ast_ctx *ctx, ast_token at, sl_expr *base, ast_token field);
sl_expr *ast_column(ast_ctx *ctx, const ast_token *source, ast_token name);
sl_expr *ast_interval_unit(ast_ctx *ctx, ast_token unit);
sl_expr *ast_lambda(ast_ctx *ctx, ast_token at, sl_vec *names, sl_expr *body);
sl_vec *ast_parameters(ast_ctx *ctx, ast_token at, sl_vec *rest, sl_expr *first);

/* ---- data definition (build_source.c) ---- */
typedef struct ast_named {
  ast_token name;
  bool conditional; /* IF [NOT] EXISTS */
} ast_named;
typedef struct ast_head {
  ast_token first;
  sl_source_kind kind;
  bool or_replace, is_source;
} ast_head;
typedef struct ast_mark {
  sl_element_kind kind;
  ast_token header;
} ast_mark;
sl_property *ast_property(ast_ctx *ctx, ast_token name, sl_expr *value);
sl_properties ast_properties(ast_ctx *ctx, sl_vec *list);
sl_element *ast_element(ast_ctx *ctx, ast_token name, sl_ast_type *type, ast_mark mark);
sl_statement *ast_create_source(ast_ctx *ctx, ast_head head, ast_named name, sl_vec *elements, sl_properties with);
sl_statement *ast_create_as(ast_ctx *ctx, ast_head head, ast_named name, sl_properties with, sl_query_ast *query);
sl_statement *ast_drop_source(ast_ctx *ctx, ast_token first, sl_source_kind kind, ast_named name, bool delete_topic);
sl_statement *ast_alter_source(ast_ctx *ctx, ast_token first, sl_source_kind kind, ast_token name, sl_vec *columns);
sl_statement *ast_create_type(ast_ctx *ctx, ast_token first, ast_named name, sl_ast_type *type);
sl_statement *ast_drop_type(ast_ctx *ctx, ast_token first, ast_named name);
sl_statement *ast_create_connector(ast_ctx *ctx, ast_token first, bool is_sink, ast_named name, ast_token with,
                                   sl_vec *props);
sl_statement *ast_drop_connector(ast_ctx *ctx, ast_token first, ast_named name);

/* ---- queries (build_query.c) ---- */
typedef struct ast_relation {
  sl_relation from;
  sl_vec joins; /* of sl_join * */
} ast_relation;
typedef struct ast_within {
  sl_span before, after, grace;
  bool present, asymmetric;
} ast_within;
typedef struct ast_tail {
  sl_span retention, grace;
} ast_tail;
sl_select_item *ast_item(ast_ctx *ctx, sl_expr *expr, const ast_token *alias);
sl_select_item *ast_item_struct(ast_ctx *ctx, sl_expr *base);
sl_select_item *ast_item_all(ast_ctx *ctx, ast_token at, bool of_source);
sl_relation *ast_aliased(ast_ctx *ctx, ast_token name, const ast_token *alias);
ast_relation *ast_relation_first(ast_ctx *ctx, sl_relation *from);
ast_relation *ast_relation_join(ast_ctx *ctx, ast_relation *left, sl_join_kind kind, ast_token at, sl_relation *right,
                                ast_within within, sl_expr *on);
sl_span ast_span(ast_ctx *ctx, sl_expr *number, sl_time_unit unit);
sl_window ast_window_of(sl_window_kind kind, sl_span size, ast_tail tail);
sl_query_ast *ast_query(ast_ctx *ctx, ast_token select, sl_vec *items, ast_relation *relation);
sl_query_ast *ast_window(sl_query_ast *query, ast_token at, sl_window window);
sl_query_ast *ast_group_by(ast_ctx *ctx, sl_query_ast *query, ast_token at, sl_vec *list);
sl_query_ast *ast_partition_by(ast_ctx *ctx, sl_query_ast *query, ast_token at, sl_vec *list);
sl_query_ast *ast_limit(ast_ctx *ctx, sl_query_ast *query, sl_expr *number);
void ast_query_persist(sl_query_ast *query); /* a missing EMIT means CHANGES */
sl_statement *ast_query_statement(ast_ctx *ctx, sl_query_ast *query);
sl_statement *ast_insert_select(ast_ctx *ctx, ast_token first, ast_token name, sl_properties with, sl_query_ast *query);
sl_statement *ast_insert_values(ast_ctx *ctx, ast_token first, ast_token name, sl_vec *columns, sl_vec *values);

/* ---- administration (build_admin.c) ---- */
typedef struct ast_assert_head {
  ast_token first;
  bool not_exists;
} ast_assert_head;
sl_statement *ast_show(ast_ctx *ctx, ast_token first, sl_list_kind what, bool extended);
sl_statement *ast_show_all_topics(ast_ctx *ctx, ast_token first, bool extended);
sl_statement *ast_show_connectors(ast_ctx *ctx, ast_token first, bool source, bool sink);
sl_statement *ast_describe(ast_ctx *ctx, ast_token first, sl_describe_kind what, const ast_token *name, bool extended);
sl_statement *ast_describe_source(ast_ctx *ctx, ast_token first, ast_token name, bool extended);
sl_statement *ast_explain(ast_ctx *ctx, ast_token first, sl_statement *statement, const ast_token *id);
sl_statement *ast_print(ast_ctx *ctx, ast_token first, ast_token topic, bool from_beginning);
sl_statement *ast_print_interval(ast_ctx *ctx, sl_statement *print, sl_expr *number);
sl_statement *ast_print_limit(ast_ctx *ctx, sl_statement *print, sl_expr *number);
sl_statement *ast_control(ast_ctx *ctx, ast_token first, sl_control_kind what, const ast_token *id);
sl_statement *ast_set(ast_ctx *ctx, ast_token first, sl_set_kind what, ast_token name, const ast_token *value);
sl_statement *ast_define(ast_ctx *ctx, ast_token first, ast_token name, const ast_token *value);
sl_statement *ast_assert_topic(ast_ctx *ctx, ast_assert_head head, ast_token topic, sl_properties with,
                               sl_span timeout);
sl_statement *ast_assert_schema(ast_ctx *ctx, ast_assert_head head, ast_token subject, sl_expr *id, sl_span timeout);
sl_statement *ast_assert_values(ast_ctx *ctx, ast_token first, bool null_values, ast_token source, sl_vec *columns,
                                sl_vec *values);
sl_statement *ast_assert_source(ast_ctx *ctx, ast_token first, sl_source_kind kind, ast_token name, sl_vec *elements,
                                sl_properties with);
sl_statement *ast_run_script(ast_ctx *ctx, ast_token first, ast_token path);

/* ---- statements in general (build.c) ---- */
void *ast_statement(ast_ctx *ctx, sl_statement_kind kind, size_t size, ast_token first);
void ast_statement_done(ast_ctx *ctx, sl_statement *statement, ast_token end);

/* ---- printing helpers shared by the printers ---- */
void ast_print_string(sl_buf *out, sl_str s); /* '...' with quotes doubled */
typedef enum ast_quoting { AST_BARE, AST_QUOTED_IF_NEEDED, AST_QUOTED_IF_KEYWORD, AST_QUOTED } ast_quoting;
void ast_print_name(sl_buf *out, sl_str name, ast_quoting quoting);
/* A name whose case was kept when it was read: bare if it can be, else in quotes. */
void ast_print_kept(sl_buf *out, sl_str name, char quote);
void ast_print_base(sl_buf *out, const sl_expr *expr); /* an expression before "->*" */
const char *ast_unit_name(sl_time_unit unit);
void ast_print_span(sl_buf *out, const char *before, const sl_span *span); /* nothing when absent */
void ast_print_exprs(sl_buf *out, const sl_expr *const *exprs, int count);
/* Properties in order of name: the one after prev (-1: the first); -1 at the end. */
int ast_property_next(const sl_properties *with, int prev);
