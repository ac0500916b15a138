/* Builders that all statements share: names, lists, errors, the frame of a statement. */
#include "parser/parser_int.h"

/* ---- errors ---- */
void ast_fail(ast_ctx *ctx, const char *fmt, ...) {
  if (ctx->build_err.code) return;
  va_list args;
  va_start(args, fmt);
  sl_err_setv(&ctx->build_err, SL_E_STATEMENT, ctx->tokens[ctx->first].pos, fmt, args);
  va_end(args);
  sl_err_prefix(&ctx->build_err, "Failed to prepare statement: ");
}

void ast_too_large(ast_ctx *ctx) {
  if (ctx->too_large) return;
  ctx->too_large = true;
  sl_err_done(&ctx->build_err);
  sl_err_set(
      &ctx->build_err, SL_E_STATEMENT, ctx->tokens[ctx->first].pos,
      "Error processing statement: Statement is too large to parse. This may be caused by having too many nested "
      "expressions in the statement.");
}

void ast_unexpected(ast_ctx *ctx, ast_token token, const char *detail) {
  if (ctx->syntax_failed) return;
  ctx->syntax_failed = true;
  ctx->syntax_detail = detail;
  ast_token *copy = sl_arena_alloc(ctx->arena, sizeof *copy);
  *copy = token;
  ctx->syntax_token = copy;
}

/* ---- names ---- */
bool ast_is_quoted(ast_token token) {
  return token.kind == SL_TK_QUOTED_IDENTIFIER || token.kind == SL_TK_BACKQUOTED_IDENTIFIER;
}

/* What stands between quotes, doubled quotes collapsed. */
static sl_str unquote(ast_ctx *ctx, sl_str text) {
  char quote = text.ptr[0];
  sl_str inner = {text.ptr + 1, text.len - 2};
  if (!inner.len || !memchr(inner.ptr, quote, inner.len)) return inner;
  char *copy = sl_arena_alloc(ctx->arena, inner.len);
  size_t len = 0;
  for (size_t i = 0; i < inner.len; i++) {
    copy[len++] = inner.ptr[i];
    if (inner.ptr[i] == quote) i++;
  }
  return (sl_str){copy, len};
}

sl_str ast_raw_name(ast_ctx *ctx, ast_token token) {
  if (!token.text.len) return token.text;
  bool quoted = ast_is_quoted(token) || token.kind == SL_TK_STRING_LITERAL;
  return quoted ? unquote(ctx, token.text) : token.text;
}

sl_str ast_name(ast_ctx *ctx, ast_token token) {
  sl_str name = ast_raw_name(ctx, token);
  bool kept = ast_is_quoted(token) || token.kind == SL_TK_STRING_LITERAL || token.kind == SL_TK_VARIABLE;
  return kept ? name : sl_str_upper(ctx->arena, name);
}

static bool is_source_name(sl_str name) {
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  return true;
}

ast_token ast_source_name(ast_ctx *ctx, ast_token token) {
  sl_str name = ast_raw_name(ctx, token);
  if (token.kind != SL_TK_VARIABLE && !is_source_name(name))
    ast_fail(ctx,
             "Illegal argument at Line: %u, Col: %u. Source names may only contain alphanumeric values, '_' or '-'. "
             "Got: '" SL_STR_FMT "'",
             token.pos.line, token.pos.column, SL_STR_ARG(name));
  return token;
}

void ast_plain_identifier(ast_ctx *ctx, ast_token token) {
  if (token.kind != SL_TK_IDENTIFIER) ast_unexpected(ctx, token, "Expecting IDENTIFIER");
}

/* ---- variables ---- */
void ast_variable_is(ast_ctx *ctx, ast_token token, ast_variable_place place) {
  if (!ctx->variables || token.kind != SL_TK_VARIABLE) return;
  for (size_t i = ctx->variables->len; i-- > 0;) {
    ast_variable *known = sl_vec_at(ctx->variables, i);
    if (known->token.text.ptr != token.text.ptr) continue;
    known->place = place;
    return;
  }
  ast_variable *variable = sl_arena_alloc(ctx->arena, sizeof *variable);
  *variable = (ast_variable){token, place};
  sl_vec_push(ctx->variables, variable);
}

ast_token ast_variable_name(ast_ctx *ctx, ast_token token) {
  ast_variable_is(ctx, token, AST_VARIABLE_NAME);
  return token;
}

sl_expr *ast_variable_literal(ast_ctx *ctx, ast_token token) {
  ast_variable_is(ctx, token, AST_VARIABLE_LITERAL);
  sl_expr *e = sl_expr_new(ctx->arena, SL_EXPR_VARIABLE, token.pos);
  e->name = (sl_str){token.text.ptr + 2, token.text.len - 3};
  return e;
}

/* ---- lists ---- */
sl_vec *ast_list(ast_ctx *ctx, sl_vec *list, void *item) {
  if (!list) {
    list = sl_arena_alloc(ctx->arena, sizeof *list);
    sl_vec_init(list, ctx->arena);
  }
  sl_vec_push(list, item);
  return list;
}

sl_vec *ast_list_prepend(sl_vec *list, void *item) {
  sl_vec_insert(list, 0, item);
  return list;
}

sl_vec *ast_names(ast_ctx *ctx, sl_vec *list, ast_token name) {
  sl_str *copy = sl_arena_alloc(ctx->arena, sizeof *copy);
  *copy = ast_name(ctx, name);
  return ast_list(ctx, list, copy);
}

void *ast_pointers(ast_ctx *ctx, const sl_vec *list, int *count) {
  *count = list ? (int)list->len : 0;
  if (!*count) return NULL;
  void **items = sl_arena_calloc(ctx->arena, list->len, sizeof *items);
  memcpy(items, list->items, list->len * sizeof *items);
  return items;
}

void *ast_structs(ast_ctx *ctx, const sl_vec *list, size_t size, int *count) {
  *count = list ? (int)list->len : 0;
  if (!*count) return NULL;
  char *items = sl_arena_calloc(ctx->arena, list->len, size);
  for (size_t i = 0; i < list->len; i++) memcpy(items + i * size, list->items[i], size);
  return items;
}

/* ---- statements ---- */
void *ast_statement(ast_ctx *ctx, sl_statement_kind kind, size_t size, ast_token first) {
  sl_statement *statement = sl_arena_zalloc(ctx->arena, size);
  *statement = (sl_statement){kind, first.pos, {first.text.ptr, 0}};
  return statement;
}

void ast_statement_done(ast_ctx *ctx, sl_statement *statement, ast_token end) {
  const char *stop = end.text.ptr + end.text.len;
  for (sl_statement *s = statement; s;) {
    s->text.len = (size_t)(stop - s->text.ptr);
    s = s->kind == SL_STMT_EXPLAIN ? (sl_statement *)(uintptr_t)((sl_stmt_explain *)s)->statement : NULL;
  }
  if (ctx->build_err.code) sl_err_statement(&ctx->build_err, statement->text.ptr, statement->text.len);
  if (ctx->statement_count == ctx->statement_cap) {
    size_t cap = ctx->statement_cap ? ctx->statement_cap * 2 : 8;
    const sl_statement **more = sl_arena_calloc(ctx->arena, cap, sizeof *more);
    if (ctx->statement_count) memcpy(more, ctx->statements, ctx->statement_count * sizeof *more);
    ctx->statements = more;
    ctx->statement_cap = cap;
  }
  ctx->statements[ctx->statement_count++] = statement;
  ctx->first = ctx->at;
}
