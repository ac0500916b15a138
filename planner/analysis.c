/* From AST to analysed query: sources found, names qualified, items expanded, and the checks that need no types, in the
 * order of sql.md 6. Types come with the logical plan (logical.c). */
#include "parser/parser.h"
#include "planner/planner_int.h"

/* ---- sources ---- */

static int add_from(sl_analysis *analysis, const sl_relation *relation, sl_err *err) {
  const sl_planning *planning = analysis->planning;
  const sl_source *source = sl_snapshot_source(planning->snapshot, relation->name);
  if (!source)
    return sl_err_set(err, SL_E_STATEMENT, relation->pos,
                      "Exception while preparing statement: " SL_STR_FMT " does not exist.%s",
                      SL_STR_ARG(relation->name), sl_planning_hint(planning, relation->name, NULL));
  for (int i = 0; i < analysis->from_count; i++) {
    if (analysis->froms[i].source != source) continue;
    if (analysis->from_count > 1)
      return sl_err_set(err, SL_E_STATEMENT, relation->pos,
                        "N-way joins do not support multiple occurrences of the same source. Source: '" SL_STR_FMT "'.",
                        SL_STR_ARG(relation->name));
    return sl_err_set(err, SL_E_STATEMENT, relation->pos,
                      "Can not join '" SL_STR_FMT "' to '" SL_STR_FMT "': self joins are not yet supported.",
                      SL_STR_ARG(relation->name), SL_STR_ARG(relation->name));
  }
  analysis->froms[analysis->from_count++] = (sl_from){source, relation->alias};
  return 0;
}

static int find_sources(sl_analysis *analysis, sl_err *err) {
  const sl_query_ast *ast = analysis->ast;
  analysis->froms = sl_arena_calloc(analysis->arena, (size_t)ast->join_count + 1, sizeof *analysis->froms);
  int rc = add_from(analysis, &ast->from, err);
  for (int i = 0; !rc && i < ast->join_count; i++) rc = add_from(analysis, &ast->joins[i].right, err);
  return rc;
}

static int check_sources(const sl_analysis *analysis, sl_err *err) {
  for (int i = 0; i < analysis->from_count; i++) {
    const sl_source *source = analysis->froms[i].source;
    if (analysis->use == SL_USE_PERSISTENT && source->kind == SL_TABLE && source->window != SL_WINDOW_NONE)
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "KSQL does not support persistent queries on windowed tables.");
  }
  return 0;
}

/* ---- clauses ---- */

static int qualify_list(sl_analysis *analysis, const sl_expr **list, int count, const char *clause,
                        const sl_expr ***qualified, const sl_expr ***plain, sl_err *err) {
  sl_arena *arena = analysis->arena;
  *qualified = sl_arena_calloc(arena, (size_t)count + 1, sizeof **qualified);
  *plain = sl_arena_calloc(arena, (size_t)count + 1, sizeof **plain);
  for (int i = 0; i < count; i++) {
    int rc = sl_qualify(analysis, list[i], &(*qualified)[i], err);
    if (rc) return rc;
    (*plain)[i] = sl_expr_unqualified(arena, (*qualified)[i], analysis->from_count > 1);
    if (sl_expr_index(*qualified, i, (*qualified)[i]) >= 0)
      return sl_err_set(err, SL_E_STATEMENT, list[i]->pos, "Duplicate %s expression: %s", clause,
                        sl_expr_text(arena, (*qualified)[i]));
  }
  return 0;
}

static bool is_key_column(const sl_analysis *analysis, const sl_expr *qualified) {
  const sl_schema *schema = &analysis->froms[0].source->schema;
  if (analysis->last_join) return analysis->last_join->key && sl_expr_equal(qualified, analysis->last_join->key);
  if (analysis->from_count > 1) return false;
  if (qualified->kind != SL_EXPR_COLUMN || sl_schema_count(schema, SL_COLUMN_KEY) != 1) return false;
  return sl_str_eq(sl_schema_nth(schema, SL_COLUMN_KEY, 0)->name, qualified->name);
}

static int qualify_partition_by(sl_analysis *analysis, sl_err *err) {
  const sl_query_ast *ast = analysis->ast;
  if (!ast->has_partition_by) return 0;
  int nulls = 0;
  for (int i = 0; i < ast->partition_by_count; i++) nulls += ast->partition_by[i]->kind == SL_EXPR_NULL;
  analysis->partition_null = nulls == 1 && ast->partition_by_count == 1;
  if (nulls && !analysis->partition_null)
    return sl_err_set(err, SL_E_STATEMENT, ast->partition_by_pos,
                      "Cannot PARTITION BY multiple columns including NULL");
  if (analysis->partition_null) return 0;
  int rc = qualify_list(analysis, ast->partition_by, ast->partition_by_count, "PARTITION BY",
                        &analysis->partition_qualified, &analysis->partition_by, err);
  if (rc) return rc;
  analysis->partition_count = ast->partition_by_count;
  analysis->partition_no_op =
      analysis->partition_count == 1 && is_key_column(analysis, analysis->partition_qualified[0]);
  return 0;
}

/* The predicate as it is evaluated: texts compared with times are numbers, names are the row's. */
static int predicate(const sl_analysis *analysis, const sl_expr *qualified, const sl_expr **out, sl_err *err) {
  if (!qualified) return 0;
  const sl_expr *timed;
  int rc = sl_expr_rewrite_times(analysis->arena, qualified, &timed, err);
  if (!rc) *out = sl_expr_unqualified(analysis->arena, timed, analysis->from_count > 1);
  return rc;
}

static int qualify_clauses(sl_analysis *analysis, sl_err *err) {
  const sl_query_ast *ast = analysis->ast;
  int rc = sl_qualify_joins(analysis, err);
  /* Stars show a join's key, so the criteria are read here; what is wrong with them is told after the names. */
  if (!rc) (void)sl_analyze_joins(analysis, NULL);
  if (!rc) rc = qualify_partition_by(analysis, err);
  if (!rc) rc = sl_analyze_items(analysis, err);
  if (!rc) rc = sl_qualify(analysis, ast->where, &analysis->where_qualified, err);
  if (!rc && ast->has_group_by) {
    rc = qualify_list(analysis, ast->group_by, ast->group_by_count, "GROUP BY", &analysis->group_qualified,
                      &analysis->group_by, err);
    analysis->group_count = ast->group_by_count;
  }
  if (!rc) rc = sl_qualify(analysis, ast->having, &analysis->having_qualified, err);
  if (!rc) rc = predicate(analysis, analysis->where_qualified, &analysis->where, err);
  if (!rc) rc = predicate(analysis, analysis->having_qualified, &analysis->having, err);
  return rc;
}

static int check_references(const sl_analysis *analysis, sl_err *err) {
  int rc = sl_check_references(analysis, analysis->where_qualified, "WHERE", err);
  for (int i = 0; !rc && i < analysis->group_count; i++)
    rc = sl_check_references(analysis, analysis->group_qualified[i], "GROUP BY", err);
  for (int i = 0; !rc && i < analysis->partition_count; i++)
    rc = sl_check_references(analysis, analysis->partition_qualified[i], "PARTITION BY", err);
  if (!rc) rc = sl_check_references(analysis, analysis->having_qualified, "HAVING", err);
  for (int i = 0; !rc && i < analysis->output_count; i++)
    rc = sl_check_references(analysis, analysis->outputs[i].qualified, "SELECT", err);
  return rc;
}

/* ---- functions ---- */

static bool has_call(const sl_analysis *analysis, sl_function_kind kind) {
  sl_vec calls = {.arena = analysis->arena};
  for (int i = 0; i < analysis->output_count; i++) sl_expr_calls(analysis->outputs[i].expr, kind, &calls);
  if (kind == SL_FUNCTION_AGGREGATE) sl_expr_calls(analysis->having, kind, &calls);
  return calls.len > 0;
}

static bool find_unknown_call(const sl_expr *expr, void *ctx) {
  const sl_expr **unknown = ctx;
  if (expr->kind == SL_EXPR_CALL && !*unknown && !sl_function_find(expr->name)) *unknown = expr;
  return !*unknown;
}

/* Which functions are aggregates decides what kind of query this is, so unknown ones are reported before it is decided.
 */
static int check_functions(const sl_analysis *analysis, sl_err *err) {
  const sl_expr *unknown = NULL;
  for (int i = 0; i < analysis->output_count; i++) sl_expr_walk(analysis->outputs[i].expr, find_unknown_call, &unknown);
  if (analysis->having) sl_expr_walk(analysis->having, find_unknown_call, &unknown);
  if (!unknown) return 0;
  return sl_err_set(err, SL_E_STATEMENT, unknown->pos, "Can't find any functions with the name '" SL_STR_FMT "'",
                    SL_STR_ARG(unknown->name));
}

typedef struct table_ctx {
  const sl_analysis *analysis;
  const sl_expr *outer;   /* the table function we are in */
  const sl_expr *in_case; /* the CASE we are in */
  sl_err *err;
  int rc;
} table_ctx;

static void check_table_calls(table_ctx *t, const sl_expr *expr) {
  table_ctx saved = *t;
  sl_arena *arena = t->analysis->arena;
  bool call = sl_expr_is_call(expr, SL_FUNCTION_TABLE);
  if (call && t->outer)
    t->rc = sl_err_set(t->err, SL_E_STATEMENT, expr->pos,
                       "Table functions cannot be nested: " SL_STR_FMT "(" SL_STR_FMT "())", SL_STR_ARG(t->outer->name),
                       SL_STR_ARG(expr->name));
  else if (call && t->in_case)
    t->rc = sl_err_set(t->err, SL_E_STATEMENT, expr->pos, "Table functions cannot be used in CASE: %s",
                       sl_expr_text(arena, t->in_case));
  if (call) t->outer = expr;
  if (expr->kind == SL_EXPR_CASE || expr->kind == SL_EXPR_SIMPLE_CASE) t->in_case = expr;
  for (int i = 0; !t->rc && i < expr->count; i++) check_table_calls(t, expr->args[i]);
  t->outer = saved.outer;
  t->in_case = saved.in_case;
}

static int check_table_functions(const sl_analysis *analysis, sl_err *err) {
  table_ctx t = {.analysis = analysis, .err = err};
  for (int i = 0; !t.rc && i < analysis->output_count; i++) check_table_calls(&t, analysis->outputs[i].expr);
  if (t.rc || !has_call(analysis, SL_FUNCTION_TABLE)) return t.rc;
  if (analysis->aggregates)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Table functions cannot be used with aggregations.");
  if (analysis->froms[0].source->kind == SL_TABLE)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Table source is not supported with table functions");
  return 0;
}

static int check_kafka_format(const sl_analysis *analysis, sl_err *err) {
  bool join = analysis->from_count > 1;
  if (!join && !analysis->group_count) return 0;
  sl_str *names = sl_arena_calloc(analysis->arena, (size_t)analysis->from_count, sizeof *names);
  int count = 0;
  for (int i = 0; i < analysis->from_count; i++)
    if (sl_str_eq_z(analysis->froms[i].source->value_format.name, "KAFKA")) names[count++] = analysis->froms[i].alias;
  if (!count) return 0;
  const char *what = join ? "JOIN" : "GROUP BY";
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Source(s) " SL_STR_FMT
                    " are using the 'KAFKA' value format. This format does not yet support %s.\n"
                    "The KAFKA format holds a single column and cannot carry the columns that a %s needs. Use another "
                    "value format for the source(s).",
                    SL_STR_ARG(sl_join_comma(analysis->arena, names, count)), what, what);
}

int sl_analyze(const sl_planning *planning, const sl_query_ast *ast, sl_query_use use, sl_analysis *out, sl_err *err) {
  sl_analysis analysis = {.planning = planning, .arena = planning->arena, .ast = ast, .use = use};
  int rc;
  if ((rc = find_sources(&analysis, err))) return rc;
  if ((rc = qualify_clauses(&analysis, err))) return rc;
  if ((rc = sl_analyze_joins(&analysis, err))) return rc;
  if ((rc = check_sources(&analysis, err))) return rc;
  if ((rc = check_functions(&analysis, err))) return rc;
  analysis.aggregates = analysis.group_count || has_call(&analysis, SL_FUNCTION_AGGREGATE);
  if ((rc = sl_check_aliases(&analysis, err))) return rc;
  if ((rc = check_table_functions(&analysis, err))) return rc;
  if ((rc = check_references(&analysis, err))) return rc;
  if ((rc = sl_check_join_items(&analysis, err))) return rc;
  if ((rc = check_kafka_format(&analysis, err))) return rc;
  bool tables = analysis.froms[0].source->kind == SL_TABLE;
  analysis.result = analysis.aggregates || tables ? SL_TABLE : SL_STREAM;
  *out = analysis;
  return 0;
}
