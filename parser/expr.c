/* Expressions as trees: making, comparing, walking, rewriting. */
#include "parser/ast.h"

sl_expr *sl_expr_new(sl_arena *arena, sl_expr_kind kind, sl_pos pos) {
  sl_expr *e = sl_arena_zalloc(arena, sizeof *e);
  e->kind = kind;
  e->pos = pos;
  e->depth = 1;
  return e;
}

sl_expr *sl_expr_column(sl_arena *arena, sl_str source, sl_str name, sl_pos pos) {
  sl_expr *e = sl_expr_new(arena, SL_EXPR_COLUMN, pos);
  e->source = source;
  e->name = name;
  return e;
}

static bool type_equal(const sl_ast_type *a, const sl_ast_type *b) {
  if (a == b) return true;
  if (!a || !b || a->kind != b->kind || a->field_count != b->field_count) return false;
  if (a->precision != b->precision || a->scale != b->scale || !sl_str_eq(a->name, b->name)) return false;
  for (int i = 0; i < a->field_count; i++)
    if (!sl_str_eq(a->field_names[i], b->field_names[i]) || !type_equal(a->field_types[i], b->field_types[i]))
      return false;
  return type_equal(a->key, b->key) && type_equal(a->element, b->element);
}

bool sl_expr_equal(const sl_expr *a, const sl_expr *b) {
  if (a == b) return true;
  if (!a || !b || a->kind != b->kind || a->op != b->op || a->flag != b->flag) return false;
  if (a->count != b->count || a->name_count != b->name_count) return false;
  /* Functions are found whatever their case. */
  bool same_name = a->kind == SL_EXPR_CALL ? sl_str_eq_nocase(a->name, b->name) : sl_str_eq(a->name, b->name);
  if (!same_name || !sl_str_eq(a->source, b->source) || !sl_str_eq(a->text, b->text)) return false;
  for (int i = 0; i < a->name_count; i++)
    if (!sl_str_eq(a->names[i], b->names[i])) return false;
  for (int i = 0; i < a->count; i++)
    if (!sl_expr_equal(a->args[i], b->args[i])) return false;
  return type_equal(a->type, b->type);
}

void sl_expr_walk(const sl_expr *expr, bool (*visit)(const sl_expr *expr, void *ctx), void *ctx) {
  if (!expr || !visit(expr, ctx)) return;
  for (int i = 0; i < expr->count; i++) sl_expr_walk(expr->args[i], visit, ctx);
}

sl_expr *sl_expr_rewrite(sl_arena *arena, const sl_expr *expr, sl_expr *(*rewrite)(const sl_expr *expr, void *ctx),
                         void *ctx) {
  if (!expr) return NULL;
  sl_expr *replaced = rewrite(expr, ctx);
  if (replaced) return replaced;
  sl_expr *copy = sl_expr_new(arena, expr->kind, expr->pos);
  *copy = *expr;
  copy->depth = 1;
  if (expr->count) copy->args = sl_arena_calloc(arena, (size_t)expr->count, sizeof *copy->args);
  for (int i = 0; i < expr->count; i++) {
    copy->args[i] = sl_expr_rewrite(arena, expr->args[i], rewrite, ctx);
    if (copy->args[i]->depth >= copy->depth) copy->depth = copy->args[i]->depth + 1;
  }
  return copy;
}
