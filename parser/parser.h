/* Text to statements. See grammar/ for the language itself. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "parser/ast.h"

enum {
  SL_PARSE_TEST_FILE = 1,    /* accept ASSERT VALUES / STREAM / TABLE and RUN SCRIPT */
  SL_PARSE_OPTIONAL_END = 2, /* the last ';' may be missing (front-ends) */
};

/* A script as parsed: statements in order. */
typedef struct sl_script {
  const sl_statement **statements;
  int count;
  sl_str text; /* what was parsed; the statements' texts are slices of it */
} sl_script;

/* Parses all statements of text into arena (which gets its own copy of text). Errors: SL_E_SYNTAX with the texts of
 * sql.md 1.6 ("line L:C: Syntax Error\n<detail>") and err->statement set, or SL_E_STATEMENT "Failed to prepare
 * statement: ..." from tree building. Nothing is returned on failure. Thread: any. */
int sl_parse(sl_arena *arena, sl_str text, int flags, sl_script *out, sl_err *err);
/* One expression, one type, one column list: for tests, WITH values, schema strings. */
int sl_parse_expr(sl_arena *arena, sl_str text, const sl_expr **out, sl_err *err);
int sl_parse_type(sl_arena *arena, sl_str text, const sl_ast_type **out, sl_err *err);
int sl_parse_elements(sl_arena *arena, sl_str text, const sl_element **out, int *count, sl_err *err);

/* Variables (sql.md 1.8). lookup returns false when the name is unknown. Gives text with references replaced; text
 * itself when there are none. */
typedef bool (*sl_variable_lookup)(void *ctx, sl_str name, sl_str *value);
int sl_substitute_variables(sl_arena *arena, sl_str text, sl_variable_lookup lookup, void *ctx, sl_str *out,
                            sl_err *err);
/* The pieces of a script for a front-end: length of the first complete statement in text including ';' (quotes and
 * comments respected), or 0 if none is complete. */
size_t sl_statement_length(sl_str text);
/* Is there anything but white space between the tokens of text? */
bool sl_has_comments(sl_str text);

/* A test file (test-formats.md C.1), walked in textual order: statements and directives one at a time, so that a
 * statement that cannot be prepared is met only when what stands before it has been done. */
typedef enum sl_test_item_kind { SL_TEST_DIRECTIVE, SL_TEST_STATEMENT } sl_test_item_kind;
typedef struct sl_test_item {
  sl_test_item_kind kind;
  sl_pos pos;
  sl_str directive;              /* DIRECTIVE: its type as written, "test" */
  sl_str text;                   /* DIRECTIVE: the contents; STATEMENT: first token to ';' */
  const sl_statement *statement; /* STATEMENT; NULL when it failed */
} sl_test_item;
typedef struct sl_test_reader {
  const char *cursor;
  const char *end;
  sl_pos pos;
  bool started; /* the first --@test was met */
} sl_test_reader;
/* text is copied into arena. */
void sl_test_reader_init(sl_test_reader *reader, sl_arena *arena, sl_str text);
/* Next item: 1, 0 at the end, or an error: a malformed directive, a statement before the first --@test, or a statement
 * that does not parse. In the last case out holds place and text, and reading may go on behind it. */
int sl_test_reader_next(sl_test_reader *reader, sl_arena *arena, sl_test_item *out, sl_err *err);

/* Canonical text. */
void sl_print_statement(sl_buf *out, const sl_statement *statement); /* sql.md 7.1 formatter */
void sl_print_query(sl_buf *out, const sl_query_ast *query);
/* sql.md 2.9: names unquoted (messages, matching); with quote, names are back-quoted where needed (formatter). */
void sl_print_expr(sl_buf *out, const sl_expr *expr, bool quote);
const char *sl_expr_text(sl_arena *arena, const sl_expr *expr); /* unquoted */
void sl_print_type(sl_buf *out, const sl_ast_type *type);
void sl_print_name(sl_buf *out, sl_str name); /* back-quoted only when needed */
bool sl_name_needs_quotes(sl_str name);
/* Indented tree with places, for `sluice fmt --ast` and golden tests. */
void sl_print_tree(sl_buf *out, const sl_statement *statement);
/* The same without places: equal for two statements exactly when they mean the same. */
void sl_print_shape(sl_buf *out, const sl_statement *statement);

/* Keyword table (keywords.def), sorted by text: for completion and docs. */
typedef struct sl_keyword {
  const char *text;
  bool reserved;
} sl_keyword;
const sl_keyword *sl_keywords(size_t *count);
