/* Typing the expressions of one clause, with the wording each clause gives to a failure: what ksqlDB finds while typing
 * and what it finds while compiling are reported differently (sql.md 6.1). */
#include "parser/parser.h"
#include "planner/logical.h"

static const struct {
  const char *typing, *compiling, *name;
} wordings[] = {
    [SL_CLAUSE_WHERE] = {"Error in WHERE expression: ", "Invalid Predicate: ", "WHERE"},
    [SL_CLAUSE_HAVING] = {"Error in HAVING expression: ", "Invalid Predicate: ", "HAVING"},
    [SL_CLAUSE_SELECT] = {"", "Invalid Select: ", "SELECT"},
    [SL_CLAUSE_GROUP_BY] = {"", "Invalid Group By: ", "GROUP BY"},
    [SL_CLAUSE_PARTITION_BY] = {"", "Invalid SelectKey: ", "PARTITION BY"},
};

static const char *layout_text(sl_arena *arena, const sl_layout *layout) {
  sl_column *columns = sl_arena_calloc(arena, (size_t)layout->count + 1, sizeof *columns);
  for (int i = 0; i < layout->count; i++)
    columns[i] = (sl_column){.name = layout->slots[i].name,
                             .type = layout->slots[i].type,
                             .kind = i < layout->key_count ? SL_COLUMN_KEY : SL_COLUMN_VALUE};
  sl_schema schema = {columns, layout->count};
  return sl_schema_text(arena, &schema);
}

typedef struct unknown_ctx {
  const sl_layout *layout;
  const sl_expr *column;
} unknown_ctx;

static bool find_unknown(void *ctx, const sl_expr *column) {
  unknown_ctx *unknown = ctx;
  if (sl_layout_find(unknown->layout, column->name) >= 0) return false;
  unknown->column = column;
  return true;
}

/* Columns are looked at before functions, so that a name that is not there yet is not blamed on its call. */
static int type_expr(const sl_planning *planning, const sl_expr *expr, const sl_typing *typing, const sl_typed **out,
                     sl_err *err) {
  unknown_ctx unknown = {typing->layout, NULL};
  if (sl_expr_any_column(expr, find_unknown, &unknown))
    return sl_err_set(err, SL_E_STATEMENT, unknown.column->pos, "Unknown column " SL_STR_FMT ".",
                      SL_STR_ARG(unknown.column->name));
  return sl_typed_build(planning->arena, expr, typing, out, err);
}

int sl_clause_type(const sl_planning *planning, sl_clause clause, const sl_expr *expr, const sl_layout *layout,
                   const sl_typed **out, sl_err *err) {
  sl_typing typing;
  sl_planning_typing(planning, &typing);
  typing.layout = layout;
  bool late = false;
  typing.late = &late;
  sl_err inner = {0};
  int rc = type_expr(planning, expr, &typing, out, &inner);
  if (!rc) return 0;
  const char *text = sl_expr_text(planning->arena, expr);
  if (late)
    sl_err_set(err, inner.code, inner.pos, "%s%s. expression: %s, schema:%s", wordings[clause].compiling, inner.message,
               text, layout_text(planning->arena, layout));
  else
    sl_err_set(err, inner.code, inner.pos, "%s%s", wordings[clause].typing, inner.message);
  if (inner.hint) sl_err_hint(err, "%s", inner.hint);
  if (err && *wordings[clause].typing) sl_err_statement(err, text, strlen(text));
  sl_err_done(&inner);
  return rc;
}

int sl_clause_predicate(const sl_planning *planning, sl_clause clause, const sl_expr *expr, const sl_layout *layout,
                        sl_err *err) {
  const sl_typed *typed = NULL;
  int rc = sl_clause_type(planning, clause, expr, layout, &typed, err);
  if (rc) return rc;
  const sl_type *type = sl_typed_type(typed);
  if (type->base == SL_BOOLEAN) return 0;
  const char *text = sl_expr_text(planning->arena, expr);
  rc = sl_err_set(err, SL_E_STATEMENT, expr->pos,
                  "Type error in %s expression: Should evaluate to boolean but is %s (%s) instead.",
                  wordings[clause].name, text, sl_type_text(planning->arena, type));
  if (err) sl_err_statement(err, text, strlen(text));
  return rc;
}
