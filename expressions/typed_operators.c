/* Typing of operators: arithmetic, comparison, logic, CASE, CAST, LIKE, subscript and dereference, with the messages of
 * sql.md 3. */
#include "expressions/typed_int.h"

static int build_args(sl_builder *b, const sl_expr *expr, const sl_typed **args, sl_err *err) {
  for (int i = 0; i < expr->count; i++) {
    int rc = sl_build_node(b, expr->args[i], &args[i], err);
    if (rc) return rc;
  }
  return 0;
}

/* ---- arithmetic ---- */

int sl_build_arithmetic(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  static const sl_arith_op OPS[] = {[SL_OP_ADD] = SL_ARITH_ADD,
                                    [SL_OP_SUB] = SL_ARITH_SUB,
                                    [SL_OP_MUL] = SL_ARITH_MUL,
                                    [SL_OP_DIV] = SL_ARITH_DIV,
                                    [SL_OP_MOD] = SL_ARITH_MOD};
  const sl_typed *args[2];
  int rc = build_args(b, expr, args, err);
  if (rc) return rc;
  sl_err reason = {0};
  const sl_type *type;
  rc = sl_arith_type(b->arena, OPS[expr->op], args[0]->type, args[1]->type, &type, &reason);
  if (rc) {
    sl_err_set(err, rc, expr->pos, "Error processing expression: %s. %s", sl_expr_text(b->arena, expr), reason.message);
    sl_err_done(&reason);
    return rc;
  }
  sl_typed *node = sl_node_new(b->arena, SL_NODE_ARITHMETIC, type, expr);
  sl_node_args(b->arena, node, args, 2);
  sl_arith_init(&node->arith, OPS[expr->op], args[0]->type, args[1]->type, type);
  *out = sl_node_finish(b, node);
  return 0;
}

int sl_build_negate(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed *arg;
  int rc = sl_build_node(b, expr->args[0], &arg, err);
  if (rc) return rc;
  if (!sl_type_is_numeric(arg->type))
    return sl_err_set(err, SL_E_STATEMENT, expr->pos,
                      "Error processing expression: %s. Unsupported arithmetic types. %s", sl_expr_text(b->arena, expr),
                      arg->type->base == SL_NULL_TYPE ? "null" : sl_base_name(arg->type->base));
  *out = sl_node_operator(b, "NEGATE", arg->type, &arg, 1, NULL, expr);
  return 0;
}

/* ---- comparison ---- */

static const char *null_or_base(const sl_type *type) {
  return type->base == SL_NULL_TYPE ? "NULL" : sl_base_name(type->base);
}

/* left op right, for nodes: comparison operators and both halves of BETWEEN. */
static int compare(sl_builder *b, sl_compare_op op, const sl_typed *left, const sl_typed *right, const sl_expr *expr,
                   const sl_typed **out, sl_err *err) {
  if (left->type->base == SL_NULL_TYPE || right->type->base == SL_NULL_TYPE)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos,
                      "Comparison with NULL not supported: %s %s %s\nUse 'IS NULL' or 'IS NOT NULL' instead.",
                      null_or_base(left->type), sl_compare_op_symbol(op), null_or_base(right->type));
  if (!sl_comparable(left->type, right->type, op))
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Cannot compare %s (%s) to %s (%s) with %s.",
                      sl_node_text(b->arena, left), sl_type_text(b->arena, left->type), sl_node_text(b->arena, right),
                      sl_type_text(b->arena, right->type), sl_compare_op_name(op));
  const sl_typed *args[2] = {left, right};
  sl_typed *node = sl_node_new(b->arena, SL_NODE_COMPARE, &SL_TYPE_BOOLEAN, expr);
  sl_node_args(b->arena, node, args, 2);
  sl_comparison_init(&node->comparison, op, left->type, right->type);
  *out = sl_node_finish(b, node);
  return 0;
}

int sl_build_compare(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  static const sl_compare_op OPS[] = {[SL_OP_EQ] = SL_COMPARE_EQ,
                                      [SL_OP_NE] = SL_COMPARE_NE,
                                      [SL_OP_LT] = SL_COMPARE_LT,
                                      [SL_OP_LE] = SL_COMPARE_LE,
                                      [SL_OP_GT] = SL_COMPARE_GT,
                                      [SL_OP_GE] = SL_COMPARE_GE,
                                      [SL_OP_DISTINCT] = SL_COMPARE_DISTINCT};
  const sl_typed *args[2];
  int rc = build_args(b, expr, args, err);
  return rc ? rc : compare(b, OPS[expr->op], args[0], args[1], expr, out, err);
}

static const sl_typed *both(sl_builder *b, const sl_typed *left, const sl_typed *right, const sl_expr *expr) {
  const sl_typed *args[2] = {left, right};
  sl_typed *node = sl_node_new(b->arena, SL_NODE_AND, &SL_TYPE_BOOLEAN, expr);
  sl_node_args(b->arena, node, args, 2);
  return sl_node_finish(b, node);
}

/* v >= low AND v <= high; v is one shared node. */
int sl_build_between(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed *args[3], *low, *high;
  int rc = build_args(b, expr, args, err);
  if (rc) return rc;
  rc = compare(b, SL_COMPARE_GE, args[0], args[1], expr, &low, err);
  if (!rc) rc = compare(b, SL_COMPARE_LE, args[0], args[2], expr, &high, err);
  if (rc) return sl_build_late(b, rc);
  *out = both(b, low, high, expr);
  return 0;
}

/* ---- logic ---- */

static int need_boolean(sl_builder *b, const sl_typed *node, const sl_expr *expr, sl_err *err) {
  if (node->type->base == SL_BOOLEAN || node->type->base == SL_NULL_TYPE) return 0;
  int rc = sl_err_set(err, SL_E_STATEMENT, expr->pos, "Expected BOOLEAN, but %s is of type %s in %s.",
                      sl_node_text(b->arena, node), sl_type_text(b->arena, node->type), sl_expr_text(b->arena, expr));
  return sl_build_late(b, rc);
}

int sl_build_logic(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed *args[2];
  int rc = build_args(b, expr, args, err);
  if (!rc) rc = need_boolean(b, args[0], expr, err);
  if (!rc) rc = need_boolean(b, args[1], expr, err);
  if (rc) return rc;
  sl_typed *node = sl_node_new(b->arena, expr->kind == SL_EXPR_AND ? SL_NODE_AND : SL_NODE_OR, &SL_TYPE_BOOLEAN, expr);
  sl_node_args(b->arena, node, args, 2);
  *out = sl_node_finish(b, node);
  return 0;
}

int sl_build_not(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed *arg;
  int rc = sl_build_node(b, expr->args[0], &arg, err);
  if (!rc) rc = need_boolean(b, arg, expr, err);
  if (rc) return rc;
  *out = sl_node_operator(b, "NOT", &SL_TYPE_BOOLEAN, &arg, 1, NULL, expr);
  return 0;
}

int sl_build_null_test(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed *arg;
  int rc = sl_build_node(b, expr->args[0], &arg, err);
  if (rc) return rc;
  const char *name = expr->kind == SL_EXPR_IS_NULL ? "IS NULL" : "IS NOT NULL";
  *out = sl_node_operator(b, name, &SL_TYPE_BOOLEAN, &arg, 1, NULL, expr);
  return 0;
}

/* ---- LIKE ---- */

static int resolve_like(sl_builder *b, const sl_typed *const *args, int count, const sl_expr *expr, sl_resolution *res,
                        sl_err *err) {
  sl_argument types[3];
  for (int i = 0; i < count; i++) types[i] = (sl_argument){.type = args[i]->type};
  sl_err detail = {0};
  int rc = sl_function_resolve(b->arena, sl_str_of("LIKE"), types, count, expr->pos, res, &detail);
  sl_err_done(&detail);
  if (!rc) return 0;
  rc = sl_err_set(err, SL_E_STATEMENT, expr->pos, "LIKE needs STRING operands, but %s is of type %s and %s of type %s.",
                  sl_node_text(b->arena, args[0]), sl_type_text(b->arena, args[0]->type),
                  sl_node_text(b->arena, args[1]), sl_type_text(b->arena, args[1]->type));
  return sl_build_late(b, rc);
}

int sl_build_like(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed *args[3];
  int rc = build_args(b, expr, args, err);
  if (rc) return rc;
  int count = expr->text.len ? 3 : 2;
  if (count == 3) args[2] = sl_node_constant(b->arena, &SL_TYPE_STRING, sl_of_str(expr->text), NULL, true);
  sl_resolution res;
  rc = resolve_like(b, args, count, expr, &res, err);
  if (rc) return rc;
  sl_typed *node = sl_node_new(b->arena, SL_NODE_CALL, &SL_TYPE_BOOLEAN, expr);
  node->name = sl_str_of("LIKE");
  node->overload = &res.function->overloads[res.overload];
  node->strict = res.strict;
  sl_node_args(b->arena, node, args, count);
  *out = sl_node_finish(b, node);
  return 0;
}

/* ---- CASE ---- */

static int check_when(sl_builder *b, const sl_typed *when, const sl_expr *expr, sl_err *err) {
  if (when->type->base == SL_BOOLEAN) return 0;
  return sl_err_set(err, SL_E_STATEMENT, expr->pos, "WHEN operand type should be boolean.\nType for '%s' is %s",
                    sl_node_text(b->arena, when),
                    when->type->base == SL_NULL_TYPE ? "null" : sl_type_text(b->arena, when->type));
}

/* All THEN types must be one; NULLs are skipped. */
static int check_then(sl_builder *b, const sl_expr *expr, const sl_typed *const *args, int i, const sl_type **type,
                      sl_err *err) {
  const sl_type *t = args[i]->type;
  if (t->base == SL_NULL_TYPE) return 0;
  if (*type && !sl_type_equal(*type, t))
    return sl_err_set(err, SL_E_STATEMENT, expr->pos,
                      "Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN expression 'WHEN "
                      "%s THEN %s' has type: %s.\nPrevious THEN expression(s) type: %s.",
                      sl_node_text(b->arena, args[i - 1]), sl_node_text(b->arena, args[i]), sl_type_text(b->arena, t),
                      sl_type_text(b->arena, *type));
  *type = t;
  return 0;
}

static int check_default(sl_builder *b, const sl_expr *expr, const sl_typed *last, const sl_type **type, sl_err *err) {
  const sl_type *t = last->type;
  if (t->base == SL_NULL_TYPE) return 0;
  if (*type && !sl_type_equal(*type, t))
    return sl_err_set(err, SL_E_STATEMENT, expr->pos,
                      "Invalid Case expression. Type for the default clause should be the same as for 'THEN' "
                      "clauses.\nTHEN type: %s.\nDEFAULT type: %s.",
                      sl_type_text(b->arena, *type), sl_type_text(b->arena, t));
  *type = t;
  return 0;
}

static int case_type(sl_builder *b, const sl_expr *expr, const sl_typed *const *args, const sl_type **out,
                     sl_err *err) {
  int pairs = expr->count / 2, rc = 0;
  const sl_type *type = NULL;
  for (int i = 0; i < pairs && !rc; i++) {
    rc = check_when(b, args[2 * i], expr, err);
    if (!rc) rc = check_then(b, expr, args, 2 * i + 1, &type, err);
  }
  if (!rc && expr->count & 1) rc = check_default(b, expr, args[expr->count - 1], &type, err);
  if (!rc && !type)
    rc = sl_err_set(err, SL_E_STATEMENT, expr->pos, "Invalid Case expression. All case branches have NULL type");
  *out = type;
  return rc;
}

int sl_build_case(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed **args = sl_arena_calloc(b->arena, (size_t)expr->count, sizeof *args);
  const sl_type *type;
  int rc = build_args(b, expr, args, err);
  if (!rc) rc = case_type(b, expr, args, &type, err);
  if (rc) return rc;
  for (int i = 1; i < expr->count; i += 2) args[i] = sl_node_cast(b, args[i], type, NULL, args[i]->expr);
  if (expr->count & 1) args[expr->count - 1] = sl_node_cast(b, args[expr->count - 1], type, NULL, NULL);
  sl_typed *node = sl_node_new(b->arena, SL_NODE_CASE, type, expr);
  sl_node_args(b->arena, node, args, expr->count);
  *out = sl_node_finish(b, node);
  return 0;
}

/* ---- CAST ---- */

/* With ksql.cast.strings.preserve.nulls=false a NULL becomes the text null. */
static const sl_typed *spell_null(sl_builder *b, const sl_typed *node, const sl_expr *expr) {
  const sl_typed *args[2] = {node,
                             sl_node_constant(b->arena, &SL_TYPE_STRING, sl_of_str(sl_str_of("null")), NULL, false)};
  return sl_node_operator(b, "IF NULL", &SL_TYPE_STRING, args, 2, NULL, expr);
}

int sl_build_cast(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed *arg;
  const sl_type *to;
  int rc = sl_build_node(b, expr->args[0], &arg, err);
  if (!rc) rc = sl_resolve_type(b->arena, expr->type, b->typing, &to, err);
  if (rc) return rc;
  if (arg->type->base == SL_NULL_TYPE) {
    arg = sl_node_constant(b->arena, to, sl_null(), expr, false);
  } else if (!sl_cast_supported(arg->type, to)) {
    rc = sl_err_set(err, SL_E_STATEMENT, expr->pos, "Cast of %s to %s is not supported",
                    sl_type_text(b->arena, arg->type), sl_type_text(b->arena, to));
    return sl_build_late(b, rc);
  } else {
    arg = sl_node_cast(b, arg, to, sl_type_text(b->arena, to), expr);
  }
  *out = to->base == SL_STRING && !b->typing->preserve_nulls ? spell_null(b, arg, expr) : arg;
  return 0;
}

/* ---- subscript, dereference ---- */

static int refuse_subscript(sl_builder *b, const sl_expr *expr, const sl_type *type, sl_err *err) {
  const char *base = sl_expr_text(b->arena, expr->args[0]), *index = sl_expr_text(b->arena, expr->args[1]);
  const char *help = "";
  if (type->base == SL_STRUCT)
    help = sl_arena_printf(b->arena, " Use the dereference operator for STRUCTS: %s->%s", base, index);
  return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Subscript expression (%s) do not apply to %s.%s",
                    sl_expr_text(b->arena, expr), sl_type_text(b->arena, type), help);
}

int sl_build_subscript(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed *args[2];
  int rc = build_args(b, expr, args, err);
  if (rc) return rc;
  const sl_type *type = args[0]->type;
  if (type->base != SL_ARRAY && type->base != SL_MAP) return refuse_subscript(b, expr, type, err);
  const sl_type *want = type->base == SL_MAP ? type->key : &SL_TYPE_BIGINT;
  bool fits = type->base == SL_MAP ? sl_coerce_supported(args[1]->type, want, false)
                                   : args[1]->type->base == SL_INTEGER || args[1]->type->base == SL_BIGINT ||
                                         args[1]->type->base == SL_NULL_TYPE;
  if (!fits) {
    rc = sl_err_set(err, SL_E_STATEMENT, expr->pos, "Subscript %s must be of type %s, but is %s in %s.",
                    sl_node_text(b->arena, args[1]), sl_type_text(b->arena, want),
                    sl_type_text(b->arena, args[1]->type), sl_expr_text(b->arena, expr));
    return sl_build_late(b, rc);
  }
  args[1] = sl_node_cast(b, args[1], want, NULL, args[1]->expr);
  *out = sl_node_operator(b, type->base == SL_MAP ? "MAP[]" : "ARRAY[]", type->element, args, 2, NULL, expr);
  return 0;
}

int sl_build_dereference(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed *base;
  int rc = sl_build_node(b, expr->args[0], &base, err);
  if (rc) return rc;
  if (base->type->base != SL_STRUCT)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Expected STRUCT type, got: %s",
                      base->type->base == SL_NULL_TYPE ? "null" : sl_type_text(b->arena, base->type));
  int field = sl_type_field(base->type, expr->name);
  if (field < 0)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Could not find field '" SL_STR_FMT "' in '%s'.",
                      SL_STR_ARG(expr->name), sl_node_text(b->arena, base));
  sl_typed *node = sl_node_new(b->arena, SL_NODE_FIELD, base->type->fields[field].type, expr);
  sl_node_args(b->arena, node, &base, 1);
  node->slot = field;
  node->name = expr->name;
  *out = sl_node_finish(b, node);
  return 0;
}
