/* Builders of queries and of the statements around them. */
#include "parser/parser_int.h"

int64_t sl_span_ms(const sl_span *span) {
  static const int64_t unit_ms[] = {1, 1000, 60000, 3600000, 86400000};
  int64_t ms;
  if (!__builtin_mul_overflow(span->value, unit_ms[span->unit], &ms)) return ms;
  return span->value < 0 ? INT64_MIN : INT64_MAX;
}

/* ---- select items ---- */
static bool before(sl_pos a, sl_pos b) {
  return a.line < b.line || (a.line == b.line && a.column <= b.column);
}

/* Where the text of e begins: an infix node's own place is its operator. */
static sl_pos start_of(const sl_expr *e) {
  while (e->count && before(e->args[0]->pos, e->pos)) e = e->args[0];
  return e->pos;
}

sl_select_item *ast_item(ast_ctx *ctx, sl_expr *expr, const ast_token *alias) {
  sl_select_item *item = sl_arena_zalloc(ctx->arena, sizeof *item);
  item->kind = SL_SELECT_EXPR;
  item->pos = start_of(expr);
  item->expr = expr;
  if (alias) item->alias = ast_name(ctx, *alias);
  return item;
}

sl_select_item *ast_item_struct(ast_ctx *ctx, sl_expr *base) {
  sl_select_item *item = ast_item(ctx, base, NULL);
  item->kind = SL_SELECT_STRUCT_ALL;
  return item;
}

sl_select_item *ast_item_all(ast_ctx *ctx, ast_token at, bool of_source) {
  sl_select_item *item = sl_arena_zalloc(ctx->arena, sizeof *item);
  item->kind = of_source ? SL_SELECT_SOURCE_ALL : SL_SELECT_ALL;
  item->pos = at.pos;
  if (of_source) item->source = ast_name(ctx, at);
  return item;
}

/* ---- FROM ---- */
sl_relation *ast_aliased(ast_ctx *ctx, ast_token name, const ast_token *alias) {
  sl_relation *relation = sl_arena_zalloc(ctx->arena, sizeof *relation);
  relation->pos = name.pos;
  relation->name = ast_name(ctx, name);
  relation->alias = alias ? ast_name(ctx, *alias) : relation->name;
  return relation;
}

ast_relation *ast_relation_first(ast_ctx *ctx, sl_relation *from) {
  ast_relation *relation = sl_arena_zalloc(ctx->arena, sizeof *relation);
  relation->from = *from;
  sl_vec_init(&relation->joins, ctx->arena);
  return relation;
}

ast_relation *ast_relation_join(ast_ctx *ctx, ast_relation *left, sl_join_kind kind, ast_token at, sl_relation *right,
                                ast_within within, sl_expr *on) {
  sl_join *join = sl_arena_zalloc(ctx->arena, sizeof *join);
  join->kind = kind;
  join->pos = at.pos;
  join->right = *right;
  join->has_within = within.present;
  join->before = within.before;
  join->after = within.after;
  join->grace = within.grace;
  join->asymmetric = within.asymmetric;
  join->on = on;
  sl_vec_push(&left->joins, join);
  return left;
}

sl_span ast_span(ast_ctx *ctx, sl_expr *number, sl_time_unit unit) {
  return (sl_span){ast_integer(ctx, number, "WINDOW"), unit, true};
}

sl_window ast_window_of(sl_window_kind kind, sl_span size, ast_tail tail) {
  return (sl_window){.kind = kind, .size = size, .retention = tail.retention, .grace = tail.grace};
}

/* ---- the query ---- */
sl_query_ast *ast_query(ast_ctx *ctx, ast_token select, sl_vec *items, ast_relation *relation) {
  sl_query_ast *query = sl_arena_zalloc(ctx->arena, sizeof *query);
  query->pos = select.pos;
  query->text_start = select.text.ptr;
  query->items = ast_structs(ctx, items, sizeof *query->items, &query->item_count);
  query->from = relation->from;
  query->joins = ast_structs(ctx, &relation->joins, sizeof *query->joins, &query->join_count);
  return query;
}

sl_query_ast *ast_window(sl_query_ast *query, ast_token at, sl_window window) {
  query->window = window;
  query->window.pos = at.pos;
  return query;
}

sl_query_ast *ast_group_by(ast_ctx *ctx, sl_query_ast *query, ast_token at, sl_vec *list) {
  query->has_group_by = true;
  query->group_by_pos = at.pos;
  query->group_by = ast_pointers(ctx, list, &query->group_by_count);
  if (!query->group_by_count) ast_fail(ctx, "GROUP BY requires at least one expression");
  return query;
}

sl_query_ast *ast_partition_by(ast_ctx *ctx, sl_query_ast *query, ast_token at, sl_vec *list) {
  query->has_partition_by = true;
  query->partition_by_pos = at.pos;
  query->partition_by = ast_pointers(ctx, list, &query->partition_by_count);
  if (!query->partition_by_count) ast_fail(ctx, "PARTITION BY requires at least one expression");
  return query;
}

sl_query_ast *ast_limit(ast_ctx *ctx, sl_query_ast *query, sl_expr *number) {
  query->has_limit = true;
  query->limit = ast_integer(ctx, number, "LIMIT");
  return query;
}

void ast_query_persist(sl_query_ast *query) {
  if (query->emit == SL_EMIT_NONE) query->emit = SL_EMIT_CHANGES;
}

/* ---- statements ---- */
sl_statement *ast_query_statement(ast_ctx *ctx, sl_query_ast *query) {
  ast_token first = {{query->text_start, 0}, query->pos, SL_TK_SELECT};
  sl_stmt_query *s = ast_statement(ctx, SL_STMT_QUERY, sizeof *s, first);
  s->query = query;
  return &s->base;
}

sl_statement *ast_insert_select(ast_ctx *ctx, ast_token first, ast_token name, sl_properties with,
                                sl_query_ast *query) {
  sl_stmt_insert_select *s = ast_statement(ctx, SL_STMT_INSERT_SELECT, sizeof *s, first);
  s->target = ast_name(ctx, name);
  s->target_pos = name.pos;
  s->with = with;
  s->query = query;
  ast_query_persist(query);
  return &s->base;
}

static void check_counts(ast_ctx *ctx, bool has_columns, int columns, int values) {
  if (has_columns && values && columns != values)
    ast_fail(ctx, "Expected number columns and values to match: %d, %d", columns, values);
}

sl_statement *ast_insert_values(ast_ctx *ctx, ast_token first, ast_token name, sl_vec *columns, sl_vec *values) {
  sl_stmt_insert_values *s = ast_statement(ctx, SL_STMT_INSERT_VALUES, sizeof *s, first);
  s->target = ast_name(ctx, name);
  s->columns = ast_structs(ctx, columns, sizeof *s->columns, &s->column_count);
  s->has_columns = columns != NULL;
  s->values = ast_pointers(ctx, values, &s->value_count);
  check_counts(ctx, s->has_columns, s->column_count, s->value_count);
  return &s->base;
}

sl_statement *ast_assert_values(ast_ctx *ctx, ast_token first, bool null_values, ast_token source, sl_vec *columns,
                                sl_vec *values) {
  sl_stmt_assert_values *s = ast_statement(ctx, SL_STMT_ASSERT_VALUES, sizeof *s, first);
  s->null_values = null_values;
  s->source = ast_name(ctx, source);
  s->columns = ast_structs(ctx, columns, sizeof *s->columns, &s->column_count);
  s->has_columns = columns != NULL;
  s->values = ast_pointers(ctx, values, &s->value_count);
  check_counts(ctx, s->has_columns, s->column_count, s->value_count);
  return &s->base;
}
