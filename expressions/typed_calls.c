/* Typing of function calls: arguments, lambdas, resolution, implicit casts (functions.md 3, 4). A lambda's body is
 * typed when the resolver knows its parameters; its node then stands in the argument's place. */
#include <ctype.h>
#include "expressions/typed_int.h"

static const sl_type LAMBDA_TYPE = {.base = SL_LAMBDA};
enum { MAX_PARAMETERS = 3 };

/* A lambda argument while its call is resolved. */
typedef struct pending {
  sl_builder *b;
  const sl_expr *expr;
  const sl_typed *node; /* once typed */
  sl_lambda_type type;
} pending;

/* ---- lambdas ---- */

static bool valid_name(sl_str name) {
  for (size_t i = 0; i < name.len; i++) {
    unsigned char c = (unsigned char)name.ptr[i];
    if (!(isalpha(c) || c == '_' || c == '$' || (i && isdigit(c)))) return false;
  }
  return name.len > 0;
}

static int check_parameter(const sl_builder *b, const sl_expr *expr, sl_str name, sl_err *err) {
  if (!valid_name(name))
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Invalid lambda argument name: " SL_STR_FMT, SL_STR_ARG(name));
  if (sl_layout_find(b->typing->layout, name) >= 0)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Lambda function argument can't be a column name: " SL_STR_FMT,
                      SL_STR_ARG(name));
  for (int i = 0; i < b->binding_count; i++)
    if (sl_str_eq(b->bindings[i].name, name))
      return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Reusing lambda arguments in nested lambda is not allowed");
  return 0;
}

static int check_lambda(const sl_builder *b, const sl_expr *expr, sl_err *err) {
  if (!b->typing->lambdas_enabled)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Lambdas are not enabled at this time.");
  if (expr->name_count > MAX_PARAMETERS)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Unsupported number of lambda arguments.");
  for (int i = 0; i < expr->name_count; i++) {
    int rc = check_parameter(b, expr, expr->names[i], err);
    if (rc) return rc;
  }
  return 0;
}

static void bind(sl_builder *b, sl_str name, const sl_type *type) {
  if (b->binding_count == b->binding_cap) {
    int cap = b->binding_cap ? b->binding_cap * 2 : 8;
    sl_binding *more = sl_arena_calloc(b->arena, (size_t)cap, sizeof *more);
    for (int i = 0; i < b->binding_count; i++) more[i] = b->bindings[i];
    b->bindings = more;
    b->binding_cap = cap;
  }
  b->bindings[b->binding_count++] = (sl_binding){name, type, b->next_number++};
}

static int lambda_type_of(void *ctx, const sl_type *const *parameters, int count, const sl_type **out, sl_err *err) {
  pending *p = ctx;
  sl_builder *b = p->b;
  int outer = b->binding_count, first = b->next_number;
  for (int i = 0; i < count; i++) bind(b, p->expr->names[i], parameters[i]);
  const sl_typed *body;
  int rc = sl_build_node(b, p->expr->args[0], &body, err);
  b->binding_count = outer;
  if (rc) return rc;
  sl_typed *node = sl_node_new(b->arena, SL_NODE_LAMBDA, body->type, p->expr);
  sl_node_args(b->arena, node, &body, 1);
  node->slot = first;
  node->name = p->expr->name_count ? p->expr->names[0] : sl_str_n("", 0);
  p->node = sl_node_finish(b, node);
  *out = body->type;
  return 0;
}

/* ---- calls ---- */

/* A failing call or dereference as an argument becomes NULL there (functions.md 2.3). */
static const char *contained_as(sl_arena *arena, const sl_typed *arg) {
  bool contained = arg->kind == SL_NODE_FIELD || (arg->kind == SL_NODE_CALL && arg->function);
  return contained ? sl_str_z(arena, arg->name) : NULL;
}

static const char *const *contain_arguments(sl_builder *b, const sl_typed *const *args, int count) {
  if (!b->typing->nested_null) return NULL;
  const char **list = sl_arena_calloc(b->arena, (size_t)count, sizeof *list);
  bool any = false;
  for (int i = 0; i < count; i++) {
    const sl_typed *arg = args[i];
    while (arg->kind == SL_NODE_CAST && !arg->contain) arg = arg->args[0]; /* implicit casts */
    list[i] = contained_as(b->arena, arg);
    any |= list[i] != NULL;
  }
  return any ? list : NULL;
}

static int build_arguments(sl_builder *b, const sl_expr *expr, int count, pending *lambdas, sl_argument *types,
                           const sl_typed **args, sl_err *err) {
  for (int i = 0; i < count; i++) {
    const sl_expr *arg = expr->args[i];
    if (arg->kind == SL_EXPR_LAMBDA) {
      int rc = check_lambda(b, arg, err);
      if (rc) return rc;
      lambdas[i] = (pending){.b = b, .expr = arg};
      lambdas[i].type = (sl_lambda_type){arg->name_count, lambda_type_of, &lambdas[i]};
      types[i] = (sl_argument){.type = &LAMBDA_TYPE, .lambda = &lambdas[i].type};
      continue;
    }
    int rc = sl_build_node(b, arg, &args[i], err);
    if (rc) return rc;
    types[i] = (sl_argument){.type = args[i]->type};
  }
  return 0;
}

static int find_scalar(const sl_expr *expr, const sl_function **out, sl_err *err) {
  const sl_function *function = sl_function_find(expr->name);
  if (!function)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Can't find any functions with the name '" SL_STR_FMT "'",
                      SL_STR_ARG(expr->name));
  if (function->kind != SL_FUNCTION_SCALAR)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "%s is %s function and cannot be used here.", function->name,
                      function->kind == SL_FUNCTION_AGGREGATE ? "an aggregate" : "a table");
  *out = function;
  return 0;
}

int sl_build_call(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_function *function = NULL;
  int count = expr->flag ? 0 : expr->count; /* f(*) is f() */
  int rc = find_scalar(expr, &function, err);
  if (rc) return rc;
  pending *lambdas = sl_arena_calloc(b->arena, (size_t)count, sizeof *lambdas);
  sl_argument *types = sl_arena_calloc(b->arena, (size_t)count, sizeof *types);
  const sl_typed **args = sl_arena_calloc(b->arena, (size_t)count, sizeof *args);
  rc = build_arguments(b, expr, count, lambdas, types, args, err);
  sl_resolution res;
  if (!rc) rc = sl_function_resolve(b->arena, expr->name, types, count, expr->pos, &res, err);
  if (rc) return rc;
  for (int i = 0; i < count; i++) {
    if (!args[i])
      args[i] = lambdas[i].node;
    else if (res.casts[i])
      args[i] = sl_node_cast(b, args[i], res.casts[i], NULL, args[i]->expr);
  }
  sl_typed *node = sl_node_new(b->arena, SL_NODE_CALL, res.type, expr);
  node->name = sl_str_of(sl_function_spelling(b->arena, function));
  node->overload = &res.function->overloads[res.overload];
  node->strict = res.strict;
  node->function = true;
  node->contain = contain_arguments(b, args, count);
  sl_node_args(b->arena, node, args, count);
  *out = sl_node_finish(b, node);
  return 0;
}
