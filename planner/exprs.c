/* Expression trees before they are typed: copying, renaming columns, replacing subtrees, finding calls. */
#include "parser/parser.h"
#include "planner/planner_int.h"
#include "types/text.h"

/* ---- copying ---- */

static const sl_ast_type *copy_type(sl_arena *arena, const sl_ast_type *type) {
  if (!type) return NULL;
  sl_ast_type *out = sl_arena_zalloc(arena, sizeof *out);
  *out = *type;
  out->name = sl_str_dup(arena, type->name);
  out->key = copy_type(arena, type->key);
  out->element = copy_type(arena, type->element);
  sl_str *names = sl_arena_calloc(arena, (size_t)type->field_count + 1, sizeof *names);
  const sl_ast_type **types = sl_arena_calloc(arena, (size_t)type->field_count + 1, sizeof *types);
  for (int i = 0; i < type->field_count; i++) {
    names[i] = sl_str_dup(arena, type->field_names[i]);
    types[i] = copy_type(arena, type->field_types[i]);
  }
  out->field_names = names;
  out->field_types = types;
  return out;
}

sl_expr *sl_expr_copy(sl_arena *arena, const sl_expr *expr) {
  if (!expr) return NULL;
  sl_expr *out = sl_arena_zalloc(arena, sizeof *out);
  *out = *expr;
  out->name = sl_str_dup(arena, expr->name);
  out->source = sl_str_dup(arena, expr->source);
  out->text = sl_str_dup(arena, expr->text);
  out->type = copy_type(arena, expr->type);
  out->args = sl_arena_calloc(arena, (size_t)expr->count + 1, sizeof *out->args);
  for (int i = 0; i < expr->count; i++) out->args[i] = sl_expr_copy(arena, expr->args[i]);
  sl_str *names = sl_arena_calloc(arena, (size_t)expr->name_count + 1, sizeof *names);
  for (int i = 0; i < expr->name_count; i++) names[i] = sl_str_dup(arena, expr->names[i]);
  out->names = names;
  return out;
}

/* ---- renaming ---- */

typedef struct rename_ctx {
  sl_arena *arena;
  bool join;
} rename_ctx;

static sl_expr *drop_qualifier(const sl_expr *expr, void *ctx) {
  rename_ctx *rename = ctx;
  if (expr->kind != SL_EXPR_COLUMN || !expr->source.len) return NULL;
  sl_str name = expr->name;
  if (rename->join)
    name = sl_str_printf(rename->arena, SL_STR_FMT "_" SL_STR_FMT, SL_STR_ARG(expr->source), SL_STR_ARG(expr->name));
  return sl_expr_column(rename->arena, (sl_str){0}, name, expr->pos);
}

const sl_expr *sl_expr_unqualified(sl_arena *arena, const sl_expr *expr, bool join) {
  rename_ctx ctx = {arena, join};
  return expr ? sl_expr_rewrite(arena, expr, drop_qualifier, &ctx) : NULL;
}

typedef struct replace_ctx {
  sl_arena *arena;
  const sl_expr *const *from;
  const sl_str *names;
  int count;
} replace_ctx;

static sl_expr *replace_match(const sl_expr *expr, void *ctx) {
  replace_ctx *replace = ctx;
  int at = sl_expr_index(replace->from, replace->count, expr);
  if (at < 0) return NULL;
  return sl_expr_column(replace->arena, (sl_str){0}, replace->names[at], expr->pos);
}

const sl_expr *sl_expr_replace(sl_arena *arena, const sl_expr *expr, const sl_expr *const *from, const sl_str *names,
                               int count) {
  replace_ctx ctx = {arena, from, names, count};
  return expr ? sl_expr_rewrite(arena, expr, replace_match, &ctx) : NULL;
}

int sl_expr_index(const sl_expr *const *list, int count, const sl_expr *expr) {
  for (int i = 0; i < count; i++)
    if (sl_expr_equal(list[i], expr)) return i;
  return -1;
}

/* ---- calls and columns ---- */

bool sl_expr_is_call(const sl_expr *expr, sl_function_kind kind) {
  if (expr->kind != SL_EXPR_CALL) return false;
  const sl_function *function = sl_function_find(expr->name);
  return function && function->kind == kind;
}

typedef struct calls_ctx {
  sl_function_kind kind;
  sl_vec *out;
} calls_ctx;

static bool collect_call(const sl_expr *expr, void *ctx) {
  calls_ctx *calls = ctx;
  if (!sl_expr_is_call(expr, calls->kind)) return true;
  if (sl_expr_index((const sl_expr *const *)calls->out->items, (int)calls->out->len, expr) < 0)
    sl_vec_push(calls->out, (void *)(uintptr_t)expr);
  return false;
}

void sl_expr_calls(const sl_expr *expr, sl_function_kind kind, sl_vec *out) {
  calls_ctx ctx = {kind, out};
  if (expr) sl_expr_walk(expr, collect_call, &ctx);
}

static bool is_parameter(const sl_expr *lambda, sl_str name) {
  for (int i = 0; i < lambda->name_count; i++)
    if (sl_str_eq(lambda->names[i], name)) return true;
  return false;
}

typedef struct lambda_ctx {
  const sl_expr *lambda;
  sl_column_test test;
  void *ctx;
} lambda_ctx;

static bool test_outside_lambda(void *ctx, const sl_expr *column) {
  lambda_ctx *inner = ctx;
  if (!column->source.len && is_parameter(inner->lambda, column->name)) return false;
  return inner->test(inner->ctx, column);
}

bool sl_expr_any_column(const sl_expr *expr, sl_column_test test, void *ctx) {
  if (!expr) return false;
  if (expr->kind == SL_EXPR_COLUMN) return test(ctx, expr);
  lambda_ctx inner = {expr, test, ctx};
  for (int i = 0; i < expr->count; i++) {
    bool found = expr->kind == SL_EXPR_LAMBDA ? sl_expr_any_column(expr->args[i], test_outside_lambda, &inner)
                                              : sl_expr_any_column(expr->args[i], test, ctx);
    if (found) return true;
  }
  return false;
}

/* ---- times written as text ---- */

typedef struct times_ctx {
  sl_arena *arena;
  sl_err *err;
} times_ctx;

static bool is_time_column(const sl_expr *expr) {
  return expr->kind == SL_EXPR_COLUMN &&
         (sl_str_eq_z(expr->name, "ROWTIME") || sl_str_eq_z(expr->name, "WINDOWSTART") ||
          sl_str_eq_z(expr->name, "WINDOWEND"));
}

static sl_expr *epoch_literal(times_ctx *times, const sl_expr *literal) {
  int64_t ms = 0;
  sl_err inner = {0};
  if (sl_timestamp_parse(literal->text, &ms, &inner)) {
    sl_err_set(times->err, SL_E_STATEMENT, literal->pos, "%s", inner.message);
    sl_err_done(&inner);
  }
  sl_expr *out = sl_expr_new(times->arena, SL_EXPR_INTEGER, literal->pos);
  out->text = sl_str_printf(times->arena, "%lld", (long long)ms);
  return out;
}

/* A comparison or BETWEEN of a time column: string operands become numbers. ROWTIME keeps its name through joins, where
 * it is ALIAS.ROWTIME until the qualifier is dropped, so this runs on qualified trees. */
static sl_expr *rewrite_times(const sl_expr *expr, void *ctx) {
  times_ctx *times = ctx;
  bool comparison = expr->kind == SL_EXPR_COMPARE || expr->kind == SL_EXPR_BETWEEN;
  if (!comparison) return NULL;
  bool any_time = false, any_text = false;
  for (int i = 0; i < expr->count; i++) {
    any_time |= is_time_column(expr->args[i]);
    any_text |= expr->args[i]->kind == SL_EXPR_STRING;
  }
  if (!any_time || !any_text) return NULL;
  sl_expr *out = sl_arena_zalloc(times->arena, sizeof *out);
  *out = *expr;
  out->args = sl_arena_calloc(times->arena, (size_t)expr->count, sizeof *out->args);
  for (int i = 0; i < expr->count; i++)
    out->args[i] = expr->args[i]->kind == SL_EXPR_STRING ? epoch_literal(times, expr->args[i]) : expr->args[i];
  return out;
}

int sl_expr_rewrite_times(sl_arena *arena, const sl_expr *expr, const sl_expr **out, sl_err *err) {
  sl_err local = {0};
  times_ctx ctx = {arena, &local};
  const sl_expr *rewritten = sl_expr_rewrite(arena, expr, rewrite_times, &ctx);
  if (local.code) {
    int rc = local.code;
    if (err)
      sl_err_move(err, &local);
    else
      sl_err_done(&local);
    return rc;
  }
  *out = rewritten;
  return 0;
}
