/* The formatter's text of queries (sql.md 7.1): one clause a line, items indented when there are several. */
#include "parser/parser_int.h"

const char *ast_unit_name(sl_time_unit unit) {
  static const char *const names[] = {"MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS"};
  return names[unit];
}

void ast_print_span(sl_buf *out, const char *before, const sl_span *span) {
  if (span->present) sl_buf_printf(out, "%s%lld %s", before, (long long)span->value, ast_unit_name(span->unit));
}

static void print_item(sl_buf *out, const sl_select_item *item) {
  switch (item->kind) {
  case SL_SELECT_ALL: sl_buf_add_z(out, "*"); break;
  case SL_SELECT_SOURCE_ALL:
    sl_print_name(out, item->source);
    sl_buf_add_z(out, ".*");
    break;
  case SL_SELECT_STRUCT_ALL:
    ast_print_base(out, item->expr);
    sl_buf_add_z(out, "->*");
    break;
  case SL_SELECT_EXPR:
    sl_print_expr(out, item->expr, true);
    if (!item->alias.len) break;
    sl_buf_add_z(out, " ");
    sl_print_name(out, item->alias);
    break;
  }
}

static void print_relation(sl_buf *out, const sl_relation *relation) {
  /* Some words before a clause would be taken for the clause. */
  bool clause = sl_str_eq_z(relation->alias, "EMIT") || sl_str_eq_z(relation->alias, "PARTITION");
  sl_print_name(out, relation->name);
  sl_buf_add_z(out, " ");
  ast_print_name(out, relation->alias, clause ? AST_QUOTED : AST_QUOTED_IF_NEEDED);
}

static void print_join(sl_buf *out, const sl_join *join) {
  static const char *const words[] = {"INNER JOIN", "LEFT OUTER JOIN", "RIGHT OUTER JOIN", "FULL OUTER JOIN"};
  sl_buf_printf(out, "\n%s ", words[join->kind]);
  print_relation(out, &join->right);
  if (join->has_within) {
    ast_print_span(out, join->asymmetric ? " WITHIN (" : " WITHIN ", &join->before);
    if (join->asymmetric) {
      ast_print_span(out, ", ", &join->after);
      sl_buf_add_z(out, ")");
    }
    ast_print_span(out, " GRACE PERIOD ", &join->grace);
  }
  sl_buf_add_z(out, " ON (");
  sl_print_expr(out, join->on, true);
  sl_buf_add_z(out, ")");
}

static void print_window(sl_buf *out, const sl_window *window) {
  static const char *const words[] = {[SL_WINDOW_TUMBLING] = "TUMBLING ( SIZE ",
                                      [SL_WINDOW_HOPPING] = "HOPPING ( SIZE ",
                                      [SL_WINDOW_SESSION] = "SESSION ( "};
  if (window->kind == SL_WINDOW_NONE) return;
  sl_buf_add_z(out, "\nWINDOW ");
  ast_print_span(out, words[window->kind], &window->size);
  ast_print_span(out, " , ADVANCE BY ", &window->advance);
  ast_print_span(out, " , RETENTION ", &window->retention);
  ast_print_span(out, " , GRACE PERIOD ", &window->grace);
  sl_buf_add_z(out, " ) ");
}

void ast_print_exprs(sl_buf *out, const sl_expr *const *exprs, int count) {
  for (int i = 0; i < count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    sl_print_expr(out, exprs[i], true);
  }
}

static void print_condition(sl_buf *out, const char *clause, const sl_expr *condition) {
  if (!condition) return;
  sl_buf_add_z(out, clause);
  sl_print_expr(out, condition, true);
}

void sl_print_query(sl_buf *out, const sl_query_ast *query) {
  sl_buf_add_z(out, "SELECT");
  for (int i = 0; i < query->item_count; i++) {
    sl_buf_add_z(out, query->item_count == 1 ? " " : i ? ",\n  " : "\n  ");
    print_item(out, &query->items[i]);
  }
  sl_buf_add_z(out, "\nFROM ");
  print_relation(out, &query->from);
  for (int i = 0; i < query->join_count; i++) print_join(out, &query->joins[i]);
  print_window(out, &query->window);
  print_condition(out, "\nWHERE ", query->where);
  if (query->has_group_by) sl_buf_add_z(out, "\nGROUP BY ");
  ast_print_exprs(out, (const sl_expr *const *)query->group_by, query->group_by_count);
  if (query->has_partition_by) sl_buf_add_z(out, "\nPARTITION BY ");
  ast_print_exprs(out, (const sl_expr *const *)query->partition_by, query->partition_by_count);
  print_condition(out, "\nHAVING ", query->having);
  if (query->emit == SL_EMIT_CHANGES) sl_buf_add_z(out, "\nEMIT CHANGES");
  if (query->emit == SL_EMIT_FINAL) sl_buf_add_z(out, "\nEMIT FINAL");
  if (query->has_limit) sl_buf_printf(out, "\nLIMIT %lld", (long long)query->limit);
}
