/* Rules of grouped queries (sql.md 6.2): which aggregates there are, and that everything else is grouped. */
#include "parser/parser.h"
#include "planner/planner_int.h"

typedef struct grouping {
  const sl_analysis *analysis;
  sl_arena *arena;
  sl_grouping *out;
  sl_err *err;
} grouping;

static bool is_aggregate(const sl_expr *expr) {
  return sl_expr_is_call(expr, SL_FUNCTION_AGGREGATE);
}

static bool is_bound(sl_str name) {
  return sl_str_eq_z(name, "WINDOWSTART") || sl_str_eq_z(name, "WINDOWEND");
}

/* ---- argument-less aggregates ---- */

static sl_expr *give_argument(const sl_expr *expr, void *ctx) {
  grouping *g = ctx;
  if (!is_aggregate(expr) || expr->count) return NULL;
  sl_expr *out = sl_arena_zalloc(g->arena, sizeof *out);
  *out = *expr;
  out->flag = false;
  out->args = sl_arena_calloc(g->arena, 1, sizeof *out->args);
  const sl_expr *rowtime = sl_expr_column(g->arena, g->analysis->froms[0].alias, sl_str_of("ROWTIME"), expr->pos);
  out->args[0] = sl_expr_copy(g->arena, sl_expr_unqualified(g->arena, rowtime, g->analysis->from_count > 1));
  out->count = 1;
  return out;
}

/* Every aggregate of the query: of the select list first, then of HAVING; equal calls once. */
static void collect_calls(grouping *g) {
  const sl_analysis *analysis = g->analysis;
  sl_vec calls = {.arena = g->arena};
  g->out->outputs = sl_arena_calloc(g->arena, (size_t)analysis->output_count + 1, sizeof *g->out->outputs);
  for (int i = 0; i < analysis->output_count; i++) {
    g->out->outputs[i] = sl_expr_rewrite(g->arena, analysis->outputs[i].expr, give_argument, g);
    sl_expr_calls(g->out->outputs[i], SL_FUNCTION_AGGREGATE, &calls);
  }
  if (analysis->having) g->out->having = sl_expr_rewrite(g->arena, analysis->having, give_argument, g);
  sl_expr_calls(g->out->having, SL_FUNCTION_AGGREGATE, &calls);
  g->out->call_count = (int)calls.len;
  g->out->calls = sl_arena_calloc(g->arena, calls.len + 1, sizeof *g->out->calls);
  for (size_t i = 0; i < calls.len; i++) g->out->calls[i] = sl_vec_at(&calls, i);
}

/* ---- rules ---- */

static int check_nesting(const grouping *g) {
  for (int i = 0; i < g->out->call_count; i++) {
    const sl_expr *call = g->out->calls[i];
    sl_vec inner = {.arena = g->arena};
    for (int a = 0; a < call->count; a++) sl_expr_calls(call->args[a], SL_FUNCTION_AGGREGATE, &inner);
    if (!inner.len) continue;
    const sl_expr *nested = sl_vec_at(&inner, 0);
    return sl_err_set(g->err, SL_E_STATEMENT, call->pos,
                      "Aggregate functions can not be nested: " SL_STR_FMT "(" SL_STR_FMT "())", SL_STR_ARG(call->name),
                      SL_STR_ARG(nested->name));
  }
  for (int i = 0; i < g->analysis->group_count; i++) {
    sl_vec inner = {.arena = g->arena};
    sl_expr_calls(g->analysis->group_by[i], SL_FUNCTION_AGGREGATE, &inner);
    if (!inner.len) continue;
    const sl_expr *nested = sl_vec_at(&inner, 0);
    return sl_err_set(g->err, SL_E_STATEMENT, nested->pos,
                      "GROUP BY does not support aggregate functions: " SL_STR_FMT " is an aggregate function.",
                      SL_STR_ARG(nested->name));
  }
  return 0;
}

static bool find_bound(void *ctx, const sl_expr *column) {
  const sl_expr **found = ctx;
  if (!is_bound(column->name)) return false;
  *found = column;
  return true;
}

static int refuse_bounds(const grouping *g, const sl_expr *expr) {
  const sl_expr *found = NULL;
  if (!sl_expr_any_column(expr, find_bound, &found)) return 0;
  return sl_err_set(g->err, SL_E_STATEMENT, found->pos,
                    "Window bounds column " SL_STR_FMT
                    " can only be used in the SELECT clause of windowed aggregations "
                    "and can not be passed to aggregate functions.\n"
                    "See https://github.com/confluentinc/ksql/issues/4397",
                    SL_STR_ARG(found->name));
}

/* With a WINDOW clause the bounds exist only after aggregation. */
static int check_bounds(const grouping *g) {
  if (g->analysis->ast->window.kind == SL_WINDOW_NONE) return 0;
  int rc = refuse_bounds(g, g->out->having);
  for (int i = 0; !rc && i < g->analysis->group_count; i++) rc = refuse_bounds(g, g->analysis->group_by[i]);
  for (int i = 0; !rc && i < g->out->call_count; i++) rc = refuse_bounds(g, g->out->calls[i]);
  return rc;
}

static bool is_grouped(const grouping *g, const sl_expr *expr) {
  return sl_expr_index(g->analysis->group_by, g->analysis->group_count, expr) >= 0;
}

typedef struct cover_ctx {
  const grouping *g;
  const sl_expr *lambda; /* innermost lambda around the expression */
  const struct cover_ctx *outer;
  sl_vec *missing; /* columns that are not grouped */
} cover_ctx;

static bool is_parameter(const cover_ctx *cover, sl_str name) {
  for (; cover; cover = cover->outer)
    for (int i = 0; cover->lambda && i < cover->lambda->name_count; i++)
      if (sl_str_eq(cover->lambda->names[i], name)) return true;
  return false;
}

static void find_uncovered(const cover_ctx *cover, const sl_expr *expr) {
  const grouping *g = cover->g;
  if (is_grouped(g, expr) || is_aggregate(expr)) return;
  if (expr->kind == SL_EXPR_COLUMN) {
    bool bound = g->analysis->ast->window.kind != SL_WINDOW_NONE && is_bound(expr->name);
    if (bound || is_parameter(cover, expr->name)) return;
    sl_vec_push(cover->missing, (void *)(uintptr_t)expr);
    return;
  }
  cover_ctx inner = *cover;
  if (expr->kind == SL_EXPR_LAMBDA) inner = (cover_ctx){g, expr, cover, cover->missing};
  for (int i = 0; i < expr->count; i++) find_uncovered(&inner, expr->args[i]);
}

static int check_select(const grouping *g) {
  sl_str *texts = sl_arena_calloc(g->arena, (size_t)g->analysis->output_count + 1, sizeof *texts);
  int count = 0;
  for (int i = 0; i < g->analysis->output_count; i++) {
    sl_vec missing = {.arena = g->arena};
    cover_ctx cover = {.g = g, .missing = &missing};
    find_uncovered(&cover, g->out->outputs[i]);
    if (missing.len) texts[count++] = sl_str_of(sl_expr_text(g->arena, g->analysis->outputs[i].expr));
  }
  if (!count) return 0;
  return sl_err_set(g->err, SL_E_STATEMENT, SL_NO_POS,
                    "Non-aggregate SELECT expression(s) not part of GROUP BY: " SL_STR_FMT "\n"
                    "Either add the column(s) to the GROUP BY or remove them from the SELECT.",
                    SL_STR_ARG(sl_join_comma(g->arena, texts, count)));
}

static int check_having(const grouping *g) {
  if (!g->out->having) return 0;
  sl_vec missing = {.arena = g->arena};
  cover_ctx cover = {.g = g, .missing = &missing};
  find_uncovered(&cover, g->out->having);
  if (!missing.len) return 0;
  sl_str *texts = sl_arena_calloc(g->arena, missing.len, sizeof *texts);
  int count = 0;
  for (size_t i = 0; i < missing.len; i++) {
    sl_str text = sl_str_of(sl_expr_text(g->arena, sl_vec_at(&missing, i)));
    bool listed = false;
    for (int k = 0; k < count; k++) listed |= sl_str_eq(texts[k], text);
    if (!listed) texts[count++] = text;
  }
  return sl_err_set(g->err, SL_E_STATEMENT, SL_NO_POS,
                    "Non-aggregate HAVING expression not part of GROUP BY: " SL_STR_FMT "\n"
                    "Consider switching the HAVING clause to a WHERE clause before the GROUP BY.",
                    SL_STR_ARG(sl_join_comma(g->arena, texts, count)));
}

static int check_group_by_given(const grouping *g) {
  if (g->analysis->group_count || g->analysis->use != SL_USE_PERSISTENT) return 0;
  sl_str *texts = sl_arena_calloc(g->arena, (size_t)g->out->call_count + 1, sizeof *texts);
  for (int i = 0; i < g->out->call_count; i++) texts[i] = sl_str_of(sl_expr_text(g->arena, g->out->calls[i]));
  return sl_err_set(g->err, SL_E_STATEMENT, SL_NO_POS,
                    "CREATE TABLE AS SELECT statement does not support aggregate function [" SL_STR_FMT
                    "] without a GROUP BY clause.",
                    SL_STR_ARG(sl_join_comma(g->arena, texts, g->out->call_count)));
}

/* ---- keys ---- */

static sl_str generated_name(const grouping *g, int *next) {
  const sl_schema *schema = &g->analysis->froms[0].source->schema;
  sl_str name;
  do name = sl_str_printf(g->arena, "KSQL_COL_%d", (*next)++);
  while (sl_schema_find(schema, name) >= 0);
  return name;
}

static void name_keys(const grouping *g) {
  const sl_analysis *analysis = g->analysis;
  sl_grouping *out = g->out;
  int next = 0;
  if (!analysis->group_count) { /* everything is one group: a constant is its key */
    sl_expr *one = sl_expr_new(g->arena, SL_EXPR_INTEGER, SL_NO_POS);
    one->text = sl_str_of("0");
    out->keys = sl_arena_calloc(g->arena, 1, sizeof *out->keys);
    out->key_names = sl_arena_calloc(g->arena, 1, sizeof *out->key_names);
    out->keys[0] = one;
    out->key_names[0] = generated_name(g, &next);
    out->key_count = 1;
    return;
  }
  out->keys = analysis->group_by;
  out->key_count = analysis->group_count;
  out->key_names = sl_arena_calloc(g->arena, (size_t)out->key_count, sizeof *out->key_names);
  for (int i = 0; i < out->key_count; i++) {
    for (int k = 0; k < analysis->output_count && !out->key_names[i].ptr; k++)
      if (sl_expr_equal(analysis->outputs[k].expr, out->keys[i])) out->key_names[i] = analysis->outputs[k].name;
    if (out->key_names[i].ptr) continue;
    bool named = out->keys[i]->kind == SL_EXPR_COLUMN || out->keys[i]->kind == SL_EXPR_DEREFERENCE;
    out->key_names[i] = named ? out->keys[i]->name : generated_name(g, &next);
  }
}

int sl_analyze_grouping(const sl_analysis *analysis, sl_grouping *out, sl_err *err) {
  *out = (sl_grouping){0};
  sl_err local = {0};
  grouping g = {analysis, analysis->arena, out, err ? err : &local};
  collect_calls(&g);
  int rc = check_nesting(&g);
  if (!rc && analysis->group_count && !out->call_count)
    rc = sl_err_set(g.err, SL_E_STATEMENT, analysis->ast->group_by_pos,
                    "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
  if (!rc) rc = check_bounds(&g);
  if (!rc) rc = check_select(&g);
  if (!rc) rc = check_having(&g);
  if (!rc) rc = check_group_by_given(&g);
  if (!rc && analysis->froms[0].source->kind == SL_TABLE && analysis->ast->window.kind != SL_WINDOW_NONE)
    rc =
        sl_err_set(g.err, SL_E_STATEMENT, analysis->ast->window.pos, "Windowing not supported for table aggregations.");
  if (!rc) name_keys(&g);
  if (!err) sl_err_done(&local);
  return rc;
}
