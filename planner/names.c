/* References: which source a name belongs to (sql.md 5.2), in two steps as messages require. Qualifying gives every
 * unambiguous name its source; checking refuses, clause by clause, what still belongs to nobody. */
#include "parser/parser.h"
#include "planner/planner_int.h"

/* ---- what a source has ---- */

static const struct {
  const char *name;
  const sl_type *type;
} pseudo_columns[] = {{"ROWTIME", &SL_TYPE_BIGINT}, {"ROWPARTITION", &SL_TYPE_INTEGER}, {"ROWOFFSET", &SL_TYPE_BIGINT}};

static bool is_bound(sl_str name) {
  return sl_str_eq_z(name, "WINDOWSTART") || sl_str_eq_z(name, "WINDOWEND");
}

const sl_type *sl_source_column_type(const sl_source *source, sl_str name) {
  int at = sl_schema_find(&source->schema, name);
  if (at >= 0) return source->schema.columns[at].type;
  for (size_t i = 0; i < sizeof pseudo_columns / sizeof *pseudo_columns; i++)
    if (sl_str_eq_z(name, pseudo_columns[i].name)) return pseudo_columns[i].type;
  if (source->window != SL_WINDOW_NONE && is_bound(name)) return &SL_TYPE_BIGINT;
  return NULL;
}

bool sl_source_has(const sl_source *source, sl_str name) {
  return sl_source_column_type(source, name) != NULL;
}

const sl_from *sl_from_find(const sl_analysis *analysis, sl_str qualifier) {
  for (int i = 0; i < analysis->from_count; i++)
    if (sl_str_eq(analysis->froms[i].alias, qualifier)) return &analysis->froms[i];
  for (int i = 0; i < analysis->from_count; i++)
    if (sl_str_eq(analysis->froms[i].source->name, qualifier)) return &analysis->froms[i];
  return NULL;
}

/* ---- qualifying ---- */

typedef struct scope {
  const struct scope *outer;
  const sl_expr *lambda;
} scope;

typedef struct qualify_ctx {
  sl_analysis *analysis;
  const scope *lambdas;
  sl_err *err;
  int rc;
} qualify_ctx;

static sl_expr *qualify_node(const sl_expr *expr, void *ctx);

static bool lambda_has(const scope *lambdas, sl_str name) {
  for (; lambdas; lambdas = lambdas->outer)
    for (int i = 0; i < lambdas->lambda->name_count; i++)
      if (sl_str_eq(lambdas->lambda->names[i], name)) return true;
  return false;
}

static int ambiguous(qualify_ctx *q, const sl_expr *column) {
  sl_arena *arena = q->analysis->arena;
  sl_str *candidates = sl_arena_calloc(arena, (size_t)q->analysis->from_count, sizeof *candidates);
  int count = 0;
  for (int i = 0; i < q->analysis->from_count; i++) {
    const sl_from *from = &q->analysis->froms[i];
    if (!sl_source_has(from->source, column->name)) continue;
    sl_str text = sl_str_printf(arena, SL_STR_FMT "." SL_STR_FMT, SL_STR_ARG(from->alias), SL_STR_ARG(column->name));
    int at = count++;
    for (; at > 0 && sl_str_cmp(text, candidates[at - 1]) < 0; at--) candidates[at] = candidates[at - 1];
    candidates[at] = text;
  }
  sl_str all = sl_join_comma(arena, candidates, count - 1);
  return sl_err_set(q->err, SL_E_STATEMENT, column->pos,
                    "Exception while preparing statement: Line: %u, Col: %u: Column '" SL_STR_FMT
                    "' is ambiguous. Could be " SL_STR_FMT " or " SL_STR_FMT ".",
                    column->pos.line, column->pos.column, SL_STR_ARG(column->name), SL_STR_ARG(all),
                    SL_STR_ARG(candidates[count - 1]));
}

static sl_expr *qualify_column(qualify_ctx *q, const sl_expr *column) {
  sl_analysis *analysis = q->analysis;
  if (!analysis->from_count) return NULL;
  if (column->source.len) {
    const sl_from *from = sl_from_find(analysis, column->source);
    return sl_expr_column(analysis->arena, from->alias, column->name, column->pos);
  }
  if (lambda_has(q->lambdas, column->name)) return NULL;
  const sl_from *only = NULL;
  int count = 0;
  for (int i = 0; i < analysis->from_count; i++) {
    if (!sl_source_has(analysis->froms[i].source, column->name)) continue;
    only = &analysis->froms[i];
    count++;
  }
  if (count > 1) q->rc = ambiguous(q, column);
  if (count != 1) return NULL;
  return sl_expr_column(analysis->arena, only->alias, column->name, column->pos);
}

static int check_lambda(qualify_ctx *q, const sl_expr *lambda) {
  for (int i = 0; i < lambda->name_count; i++) {
    sl_str name = lambda->names[i];
    for (int f = 0; f < q->analysis->from_count; f++)
      if (sl_schema_find(&q->analysis->froms[f].source->schema, name) >= 0)
        return sl_err_set(q->err, SL_E_STATEMENT, lambda->pos,
                          "Lambda function argument can't be a column name: " SL_STR_FMT, SL_STR_ARG(name));
    if (lambda_has(q->lambdas, name))
      return sl_err_set(q->err, SL_E_STATEMENT, lambda->pos,
                        "Reusing lambda arguments in nested lambda is not allowed");
  }
  return 0;
}

/* The rewriter does not tell when it leaves a node, so a lambda's body is rewritten here, under its own scope. */
static sl_expr *qualify_lambda(qualify_ctx *q, const sl_expr *lambda) {
  if ((q->rc = check_lambda(q, lambda))) return NULL;
  sl_arena *arena = q->analysis->arena;
  scope inner = {q->lambdas, lambda};
  const scope *saved = q->lambdas;
  q->lambdas = &inner;
  sl_expr *out = sl_arena_zalloc(arena, sizeof *out);
  *out = *lambda;
  out->args = sl_arena_calloc(arena, (size_t)lambda->count + 1, sizeof *out->args);
  for (int i = 0; i < lambda->count; i++) out->args[i] = sl_expr_rewrite(arena, lambda->args[i], qualify_node, q);
  q->lambdas = saved;
  return out;
}

/* Custom type names are expanded, so that the resolved text needs none of them. */
static sl_expr *expand_cast(qualify_ctx *q, const sl_expr *cast) {
  sl_arena *arena = q->analysis->arena;
  sl_typing typing;
  sl_planning_typing(q->analysis->planning, &typing);
  const sl_type *type;
  if ((q->rc = sl_resolve_type(arena, cast->type, &typing, &type, q->err))) {
    sl_err_prefix(q->err, "Failed to prepare statement: ");
    return NULL;
  }
  sl_expr *out = sl_arena_zalloc(arena, sizeof *out);
  *out = *cast;
  out->type = sl_type_ast(arena, type);
  out->args = sl_arena_calloc(arena, (size_t)cast->count + 1, sizeof *out->args);
  for (int i = 0; i < cast->count; i++) out->args[i] = sl_expr_rewrite(arena, cast->args[i], qualify_node, q);
  return out;
}

/* DAY, HOUR, MINUTE and SECOND may be names of columns; as an argument of a function they are time units when they name
 * nothing. */
static const char *unit_word(const qualify_ctx *q, const sl_expr *arg) {
  static const char *const WORDS[][2] = {
      {"DAY", "DAYS"}, {"HOUR", "HOURS"}, {"MINUTE", "MINUTES"}, {"SECOND", "SECONDS"}};
  if (arg->kind != SL_EXPR_COLUMN || arg->source.len || arg->quoted || lambda_has(q->lambdas, arg->name)) return NULL;
  for (int i = 0; i < q->analysis->from_count; i++)
    if (sl_source_has(q->analysis->froms[i].source, arg->name)) return NULL;
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    if (sl_str_eq_z(arg->name, WORDS[i][0])) return WORDS[i][1];
  return NULL;
}

static sl_expr *qualify_call(qualify_ctx *q, const sl_expr *call) {
  sl_arena *arena = q->analysis->arena;
  sl_expr *out = NULL;
  for (int i = 0; i < call->count; i++) {
    const char *unit = unit_word(q, call->args[i]);
    if (!unit) continue;
    if (!out) {
      out = sl_arena_zalloc(arena, sizeof *out);
      *out = *call;
      out->args = sl_arena_calloc(arena, (size_t)call->count, sizeof *out->args);
      for (int a = 0; a < call->count; a++) out->args[a] = sl_expr_rewrite(arena, call->args[a], qualify_node, q);
    }
    out->args[i] = sl_arena_zalloc(arena, sizeof *out);
    *out->args[i] = (sl_expr){.kind = SL_EXPR_INTERVAL_UNIT, .pos = call->args[i]->pos, .name = sl_str_of(unit)};
  }
  return out;
}

static sl_expr *qualify_node(const sl_expr *expr, void *ctx) {
  qualify_ctx *q = ctx;
  if (q->rc) return NULL;
  if (expr->kind == SL_EXPR_CALL) return qualify_call(q, expr);
  if (expr->kind == SL_EXPR_COLUMN) return qualify_column(q, expr);
  if (expr->kind == SL_EXPR_LAMBDA) return qualify_lambda(q, expr);
  if (expr->kind == SL_EXPR_CAST) return expand_cast(q, expr);
  return NULL;
}

int sl_unknown_qualifier(sl_str qualifier, sl_pos pos, sl_err *err) {
  return sl_err_set(err, SL_E_STATEMENT, pos,
                    "Failed to prepare statement: '" SL_STR_FMT "' is not a valid stream/table name or alias.",
                    SL_STR_ARG(qualifier));
}

/* Qualifiers are checked before anything is looked for in sources. */
static bool check_qualifier(const sl_expr *expr, void *ctx) {
  qualify_ctx *q = ctx;
  if (q->rc || expr->kind != SL_EXPR_COLUMN || !expr->source.len || sl_from_find(q->analysis, expr->source))
    return !q->rc;
  q->rc = sl_unknown_qualifier(expr->source, expr->pos, q->err);
  return false;
}

int sl_qualify(sl_analysis *analysis, const sl_expr *expr, const sl_expr **out, sl_err *err) {
  *out = NULL;
  if (!expr) return 0;
  sl_err local = {0};
  qualify_ctx q = {.analysis = analysis, .err = &local};
  sl_expr_walk(expr, check_qualifier, &q);
  const sl_expr *qualified = q.rc ? NULL : sl_expr_rewrite(analysis->arena, expr, qualify_node, &q);
  if (q.rc) {
    if (err)
      sl_err_move(err, &local);
    else
      sl_err_done(&local);
    return q.rc;
  }
  *out = qualified;
  return 0;
}

const sl_expr *sl_name_units(const sl_planning *planning, const sl_expr *expr, sl_err *err) {
  sl_analysis nothing = {.arena = planning->arena, .planning = planning};
  qualify_ctx q = {.analysis = &nothing, .err = err};
  const sl_expr *named = sl_expr_rewrite(planning->arena, expr, qualify_node, &q);
  return q.rc ? NULL : named;
}

/* ---- checking ---- */

static bool is_unknown(void *ctx, const sl_expr *column) {
  const sl_analysis *analysis = ctx;
  bool own_bounds = analysis->ast->window.kind != SL_WINDOW_NONE && analysis->from_count == 1;
  if (own_bounds && is_bound(column->name)) return false;
  if (!column->source.len) return true;
  const sl_from *from = sl_from_find(analysis, column->source);
  return !from || !sl_source_has(from->source, column->name);
}

typedef struct unknown_ctx {
  const sl_analysis *analysis;
  const sl_expr *column;
  bool select;
} unknown_ctx;

/* A name in the select list of a join that may be its synthetic key. */
static bool may_be_key(const unknown_ctx *unknown, const sl_expr *column) {
  const sl_analysis *analysis = unknown->analysis;
  return unknown->select && analysis->from_count > 1 && !analysis->group_count && !column->source.len &&
         sl_str_starts(column->name, sl_str_of("ROWKEY"));
}

static bool find_unknown(void *ctx, const sl_expr *column) {
  unknown_ctx *unknown = ctx;
  if (may_be_key(unknown, column)) return false;
  if (!is_unknown((void *)(uintptr_t)unknown->analysis, column)) return false;
  unknown->column = column;
  return true;
}

int sl_check_references(const sl_analysis *analysis, const sl_expr *qualified, const char *clause, sl_err *err) {
  unknown_ctx unknown = {analysis, NULL, !strcmp(clause, "SELECT")};
  if (!sl_expr_any_column(qualified, find_unknown, &unknown)) return 0;
  const char *text = sl_expr_text(analysis->arena, unknown.column);
  const char *more = "";
  if (!strcmp(clause, "PARTITION BY"))
    more = sl_arena_printf(analysis->arena,
                           " '%s' must be a column in the source schema since PARTITION BY is applied on the input.",
                           text);
  return sl_err_set(err, SL_E_STATEMENT, unknown.column->pos, "Line: %u, Col: %u: %s column '%s' cannot be resolved.%s",
                    unknown.column->pos.line, unknown.column->pos.column, clause, text, more);
}
