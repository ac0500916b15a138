/* Pull queries: SELECT without EMIT (sql.md 6.11). On a table the plan begins at the state of the query that keeps it;
 * on a stream it is the plan of a push query, which the engine ends where the stream ended when it began. Checks come
 * in the order of the specification. */
#include "planner/query_pull.h"

#include "parser/parser.h"
#include "planner/physical.h"

/* ---- structure ---- */

static int refuse(sl_err *err, sl_pos pos, const char *what) {
  return sl_err_set(err, SL_E_STATEMENT, pos, "Pull queries don't support %s." SL_PULL_HELP, what);
}

typedef struct pseudo_ctx {
  sl_arena *arena;
  sl_str found[2];
  int count;
} pseudo_ctx;

/* Collects what only a topic's records have. */
static bool collect_pseudo(void *ctx, const sl_expr *column) {
  pseudo_ctx *pseudo = ctx;
  if (!sl_str_eq_z(column->name, "ROWPARTITION") && !sl_str_eq_z(column->name, "ROWOFFSET")) return false;
  sl_str name = sl_str_printf(pseudo->arena, "`" SL_STR_FMT "`", SL_STR_ARG(column->name));
  for (int i = 0; i < pseudo->count; i++)
    if (sl_str_eq(pseudo->found[i], name)) return false;
  pseudo->found[pseudo->count++] = name;
  return false;
}

static int refuse_pseudo(const pseudo_ctx *pseudo, const char *clause, sl_err *err) {
  if (!pseudo->count) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Pull queries don't support the following columns in %s clauses: " SL_STR_FMT "\n" SL_PULL_HELP,
                    clause, SL_STR_ARG(sl_join_comma(pseudo->arena, pseudo->found, pseudo->count)));
}

static int check_pseudo(const sl_analysis *analysis, sl_err *err) {
  pseudo_ctx select = {.arena = analysis->arena}, where = {.arena = analysis->arena};
  for (int i = 0; i < analysis->output_count; i++)
    sl_expr_any_column(analysis->outputs[i].qualified, collect_pseudo, &select);
  sl_expr_any_column(analysis->where_qualified, collect_pseudo, &where);
  int rc = refuse_pseudo(&select, "SELECT", err);
  return rc ? rc : refuse_pseudo(&where, "WHERE", err);
}

static int check_limit(const sl_analysis *analysis, sl_err *err) {
  const sl_query_ast *ast = analysis->ast;
  if (!ast->has_limit) return 0;
  if (!sl_settings_bool(analysis->planning->settings, "ksql.query.pull.limit.clause.enabled"))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "LIMIT clause in pull queries is currently disabled. You can enable them by setting "
                      "ksql.query.pull.limit.clause.enabled=true." SL_PULL_HELP);
  return ast->limit < 0 ? refuse(err, SL_NO_POS, "negative integers in the LIMIT clause") : 0;
}

static int check_structure(const sl_analysis *analysis, sl_err *err) {
  const sl_query_ast *ast = analysis->ast;
  const struct {
    bool present;
    const char *words;
  } CLAUSES[] = {{ast->join_count > 0, "JOIN clauses"},
                 {ast->window.kind != SL_WINDOW_NONE, "WINDOW clauses"},
                 {analysis->aggregates, "GROUP BY clauses"},
                 {ast->has_partition_by, "PARTITION BY clauses"},
                 {ast->having != NULL, "HAVING clauses"}};
  for (size_t i = 0; i < sizeof CLAUSES / sizeof *CLAUSES; i++)
    if (CLAUSES[i].present) return refuse(err, ast->pos, CLAUSES[i].words);
  int rc = check_limit(analysis, err);
  return rc ? rc : check_pseudo(analysis, err);
}

static int check_stars(const sl_analysis *analysis, sl_err *err) {
  const sl_query_ast *ast = analysis->ast;
  for (int i = 0; i < ast->item_count && ast->item_count > 1; i++) {
    sl_select_kind kind = ast->items[i].kind;
    if (kind == SL_SELECT_ALL || kind == SL_SELECT_SOURCE_ALL)
      return sl_err_set(err, SL_E_STATEMENT, ast->items[i].pos,
                        "Pull queries only support wildcards in the projects if they are the only expression");
  }
  return 0;
}

/* ---- sources ---- */

static int check_stream(const sl_planning *planning, sl_err *err) {
  if (sl_settings_bool(planning->settings, "ksql.query.pull.stream.enabled")) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Pull queries on streams are disabled. To create a push query on the stream, add EMIT CHANGES to "
                    "the end. To enable pull queries on streams, set the ksql.query.pull.stream.enabled config to "
                    "'true'.");
}

/* The query that keeps the table's rows. */
static int find_keeper(const sl_planning *planning, const sl_source *source, uint64_t *out, sl_err *err) {
  *out = source->query;
  if (source->query && sl_snapshot_query_number(planning->snapshot, source->query)) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "The `" SL_STR_FMT "` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE "
                    "QUERYABLE_" SL_STR_FMT " AS SELECT * FROM " SL_STR_FMT "'." SL_PULL_HELP,
                    SL_STR_ARG(source->name), SL_STR_ARG(source->name), SL_STR_ARG(source->name));
}

static sl_logical_source *first_step(sl_logical *step) {
  while (step->input) step = step->input;
  return (sl_logical_source *)step;
}

/* Rewrite rule: a predicate that says no more than the key that is looked up is left out. */
static int plan_table(const sl_analysis *analysis, sl_logical *project, sl_pull_plan *out, sl_err *err) {
  sl_plan_access *access = sl_arena_zalloc(analysis->arena, sizeof *access);
  sl_logical_source *first = first_step(project);
  out->fixed = true;
  int rc = sl_pull_where(analysis, &first->base.layout, access, &out->fixed, err);
  if (!rc) rc = find_keeper(analysis->planning, first->from->source, &out->keeper, err);
  first->state = access;
  if (access->exact) project->input = &first->base;
  const sl_expr *where = analysis->where;
  for (int i = 0; access->exact && i < where->count; i++) {
    if (where->args[i]->kind == SL_EXPR_STRING) out->literal = SL_PULL_STRING;
    if (where->args[i]->kind == SL_EXPR_INTEGER) out->literal = SL_PULL_INTEGER;
  }
  return rc;
}

int sl_plan_pull_query(const sl_planning *planning, const sl_stmt_query *stmt, sl_str query_id, uint64_t query_number,
                       sl_pull_plan *out, sl_err *err) {
  sl_analysis analysis;
  sl_logical_plan logical;
  sl_pull_plan plan = {0};
  if (!sl_settings_bool(planning->settings, "ksql.pull.queries.enable"))
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                      "Pull queries are disabled." SL_PULL_HELP
                      "\nPlease set ksql.pull.queries.enable=true to enable this feature.");
  int rc = sl_analyze(planning, stmt->query, SL_USE_PULL, &analysis, err);
  if (!rc) rc = check_structure(&analysis, err);
  if (rc) return rc;
  bool table = analysis.froms[0].source->kind == SL_TABLE;
  rc = table ? check_stars(&analysis, err) : check_stream(planning, err);
  if (!rc && table) rc = sl_pull_check_like(&analysis, err);
  if (!rc) rc = sl_logical_build(&analysis, (sl_str){0}, &logical, err);
  if (!rc && table) rc = plan_table(&analysis, &logical.project->base, &plan, err);
  if (rc) return rc;
  sl_logical_output *output = sl_logical_add_output(planning->arena, &logical.project->base, NULL);
  output->has_limit = stmt->query->has_limit;
  output->limit = stmt->query->limit;
  rc = sl_physical_build(planning, &output->base, query_id, query_number, &plan.plan, err);
  if (!rc) *out = plan;
  return rc;
}

/* ---- CREATE SOURCE TABLE ---- */

int sl_plan_source_table(const sl_planning *planning, const sl_source *source, sl_str query_id, uint64_t query_number,
                         sl_query_plan *out, sl_err *err) {
  sl_arena *arena = planning->arena;
  sl_from *from = sl_arena_zalloc(arena, sizeof *from);
  *from = (sl_from){source, source->name};
  sl_logical *first = sl_logical_source_step(arena, from, "KsqlTopic.Source", false);
  first->layout.count = source->schema.count; /* the columns, without what else a record has */
  sl_logical_output *output = sl_logical_add_output(arena, first, NULL);
  output->keep = true;
  sl_source_ref *read = sl_arena_alloc(arena, sizeof *read);
  *read = (sl_source_ref){source->name, source->version};
  *out = (sl_query_plan){.text = source->text, .resolved = source->resolved, .sources = read, .source_count = 1};
  return sl_physical_build(planning, &output->base, query_id, query_number, &out->plan, err);
}
