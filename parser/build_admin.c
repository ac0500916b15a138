/* Builders of administrative statements. */
#include "parser/parser_int.h"

sl_statement *ast_show(ast_ctx *ctx, ast_token first, sl_list_kind what, bool extended) {
  sl_stmt_list *s = ast_statement(ctx, SL_STMT_LIST, sizeof *s, first);
  s->what = what;
  s->extended = extended;
  return &s->base;
}

sl_statement *ast_show_all_topics(ast_ctx *ctx, ast_token first, bool extended) {
  sl_statement *s = ast_show(ctx, first, SL_LIST_TOPICS, extended);
  ((sl_stmt_list *)s)->all = true;
  return s;
}

sl_statement *ast_show_connectors(ast_ctx *ctx, ast_token first, bool source, bool sink) {
  sl_statement *s = ast_show(ctx, first, SL_LIST_CONNECTORS, false);
  ((sl_stmt_list *)s)->only_source = source;
  ((sl_stmt_list *)s)->only_sink = sink;
  return s;
}

sl_statement *ast_describe(ast_ctx *ctx, ast_token first, sl_describe_kind what, const ast_token *name, bool extended) {
  sl_stmt_describe *s = ast_statement(ctx, SL_STMT_DESCRIBE, sizeof *s, first);
  s->what = what;
  s->extended = extended;
  if (name) s->name = what == SL_DESCRIBE_FUNCTION ? ast_raw_name(ctx, *name) : ast_name(ctx, *name);
  return &s->base;
}

sl_statement *ast_describe_source(ast_ctx *ctx, ast_token first, ast_token name, bool extended) {
  if (name.kind == SL_TK_TABLES) return ast_describe(ctx, first, SL_DESCRIBE_TABLES, NULL, extended);
  return ast_describe(ctx, first, SL_DESCRIBE_SOURCE, &name, extended);
}

sl_statement *ast_explain(ast_ctx *ctx, ast_token first, sl_statement *statement, const ast_token *id) {
  sl_stmt_explain *s = ast_statement(ctx, SL_STMT_EXPLAIN, sizeof *s, first);
  s->statement = statement;
  if (id) s->query_id = ast_name(ctx, *id);
  int depth = 0;
  for (const sl_statement *x = &s->base; x && x->kind == SL_STMT_EXPLAIN; x = ((const sl_stmt_explain *)x)->statement)
    if (++depth > AST_MAX_EXPLAIN_DEPTH) ast_too_large(ctx);
  return &s->base;
}

sl_statement *ast_print(ast_ctx *ctx, ast_token first, ast_token topic, bool from_beginning) {
  sl_stmt_print *s = ast_statement(ctx, SL_STMT_PRINT, sizeof *s, first);
  s->topic = ast_raw_name(ctx, topic);
  s->from_beginning = from_beginning;
  return &s->base;
}

sl_statement *ast_print_interval(ast_ctx *ctx, sl_statement *print, sl_expr *number) {
  sl_stmt_print *s = (sl_stmt_print *)print;
  s->has_interval = true;
  s->interval = ast_integer(ctx, number, "INTERVAL");
  return print;
}

sl_statement *ast_print_limit(ast_ctx *ctx, sl_statement *print, sl_expr *number) {
  sl_stmt_print *s = (sl_stmt_print *)print;
  s->has_limit = true;
  s->limit = ast_integer(ctx, number, "LIMIT");
  return print;
}

sl_statement *ast_control(ast_ctx *ctx, ast_token first, sl_control_kind what, const ast_token *id) {
  sl_stmt_control_query *s = ast_statement(ctx, SL_STMT_CONTROL_QUERY, sizeof *s, first);
  s->what = what;
  s->all = id == NULL;
  if (id) s->query_id = ast_name(ctx, *id);
  return &s->base;
}

sl_statement *ast_set(ast_ctx *ctx, ast_token first, sl_set_kind what, ast_token name, const ast_token *value) {
  sl_stmt_set *s = ast_statement(ctx, SL_STMT_SET, sizeof *s, first);
  s->what = what;
  s->name = ast_raw_name(ctx, name);
  if (value) s->value = ast_raw_name(ctx, *value);
  return &s->base;
}

sl_statement *ast_define(ast_ctx *ctx, ast_token first, ast_token name, const ast_token *value) {
  sl_stmt_define *s = ast_statement(ctx, SL_STMT_DEFINE, sizeof *s, first);
  ast_plain_identifier(ctx, name);
  s->undefine = value == NULL;
  s->name = name.text;
  if (value) s->value = ast_raw_name(ctx, *value);
  return &s->base;
}

sl_statement *ast_assert_topic(ast_ctx *ctx, ast_assert_head head, ast_token topic, sl_properties with,
                               sl_span timeout) {
  sl_stmt_assert_topic *s = ast_statement(ctx, SL_STMT_ASSERT_TOPIC, sizeof *s, head.first);
  s->not_exists = head.not_exists;
  s->topic = ast_raw_name(ctx, topic);
  s->with = with;
  s->timeout = timeout;
  return &s->base;
}

sl_statement *ast_assert_schema(ast_ctx *ctx, ast_assert_head head, ast_token subject, sl_expr *id, sl_span timeout) {
  sl_stmt_assert_schema *s = ast_statement(ctx, SL_STMT_ASSERT_SCHEMA, sizeof *s, head.first);
  s->not_exists = head.not_exists;
  s->subject = ast_raw_name(ctx, subject);
  s->has_id = id != NULL;
  s->timeout = timeout;
  if (id && id->kind == SL_EXPR_INTEGER)
    sl_str_int64(id->text, &s->id);
  else if (id && !(ctx->variables && id->kind == SL_EXPR_VARIABLE))
    ast_fail(ctx, "ID must be an integer");
  if (!id && !subject.text.len) ast_fail(ctx, "ASSERT SCHEMA statements much include a subject name or an id");
  return &s->base;
}

sl_statement *ast_run_script(ast_ctx *ctx, ast_token first, ast_token path) {
  sl_stmt_run_script *s = ast_statement(ctx, SL_STMT_RUN_SCRIPT, sizeof *s, first);
  s->path = ast_raw_name(ctx, path);
  return &s->base;
}
