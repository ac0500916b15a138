/* AST to typed tree: the dispatcher over expression kinds, literals, names, and the module's public face. */
#include "expressions/typed_int.h"
#include "types/decimal.h"
#include "types/text.h"

int sl_layout_find(const sl_layout *layout, sl_str name) {
  for (int i = 0; layout && i < layout->count; i++)
    if (sl_str_eq(layout->slots[i].name, name)) return i;
  return -1;
}

int sl_build_late(sl_builder *b, int rc) {
  if (rc && b->typing->late) *b->typing->late = true;
  return rc;
}

/* ---- leaves ---- */

static int literal(sl_builder *b, const sl_expr *expr, const sl_type *type, sl_value value, const sl_typed **out) {
  *out = sl_node_constant(b->arena, type, value, expr, true);
  return 0;
}

static int build_null(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  (void)err;
  return literal(b, expr, &SL_TYPE_NULL, sl_null(), out);
}

static int build_boolean(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  (void)err;
  return literal(b, expr, &SL_TYPE_BOOLEAN, sl_of_bool(expr->flag), out);
}

static int build_integer(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  int64_t v;
  if (!sl_str_int64(expr->text, &v))
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Invalid numeric literal: " SL_STR_FMT, SL_STR_ARG(expr->text));
  bool is_int = v >= INT32_MIN && v <= INT32_MAX;
  return literal(b, expr, is_int ? &SL_TYPE_INTEGER : &SL_TYPE_BIGINT, sl_of_i64(v), out);
}

/* Type of a decimal literal (sql.md 3.3): its digits; below 1 the zero before the point counts. */
static int build_decimal(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  sl_decimal d, zero = sl_decimal_of_i64(0), one = sl_decimal_of_i64(1);
  bool ok = sl_decimal_parse(b->arena, expr->text, &d);
  if (ok && d.scale < 0) ok = sl_decimal_rescale(b->arena, &d, 0, SL_ROUND_UNNECESSARY, &d);
  if (!ok)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Invalid numeric literal: " SL_STR_FMT, SL_STR_ARG(expr->text));
  sl_decimal size = sl_decimal_sign(&d) < 0 ? sl_decimal_sub(b->arena, &zero, &d) : d;
  bool fraction = sl_decimal_compare(&size, &one) < 0;
  int precision = fraction ? d.scale + 1 : sl_decimal_digits(&d);
  return literal(b, expr, sl_type_decimal(b->arena, precision, d.scale), d.unscaled, out);
}

static int build_double(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  double v;
  if (!sl_double_parse(expr->text, &v))
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Invalid numeric literal: " SL_STR_FMT, SL_STR_ARG(expr->text));
  return literal(b, expr, &SL_TYPE_DOUBLE, sl_of_f64(v), out);
}

static int build_string(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  (void)err;
  return literal(b, expr, &SL_TYPE_STRING, sl_of_str(expr->text), out);
}

static int build_typed_string(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  if (sl_str_eq_nocase(expr->name, sl_str_of("DECIMAL"))) return build_decimal(b, expr, out, err);
  return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Unknown type: " SL_STR_FMT, SL_STR_ARG(expr->name));
}

/* A bare time unit is a constant: its length in milliseconds. */
static int build_unit(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  static const struct {
    const char *name;
    int64_t ms;
  } UNITS[] = {{"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60000}, {"HOUR", 3600000}, {"DAY", 86400000}};
  sl_str name = expr->name;
  if (name.len && (name.ptr[name.len - 1] | 32) == 's') name.len--;
  for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
    if (sl_str_eq_nocase(name, sl_str_of(UNITS[i].name)))
      return literal(b, expr, &SL_TYPE_INTERVAL_UNIT, sl_of_i64(UNITS[i].ms), out);
  return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Unknown time unit: " SL_STR_FMT, SL_STR_ARG(expr->name));
}

static const sl_binding *find_binding(const sl_builder *b, sl_str name) {
  for (int i = b->binding_count - 1; i >= 0; i--)
    if (sl_str_eq(b->bindings[i].name, name)) return &b->bindings[i];
  return NULL;
}

static int build_column(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_binding *bound = expr->source.len ? NULL : find_binding(b, expr->name);
  int slot = bound || expr->source.len ? -1 : sl_layout_find(b->typing->layout, expr->name);
  if (!bound && slot < 0)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Unknown column %s.", sl_expr_text(b->arena, expr));
  sl_typed *node = sl_node_new(b->arena, bound ? SL_NODE_PARAMETER : SL_NODE_COLUMN,
                               bound ? bound->type : b->typing->layout->slots[slot].type, expr);
  node->slot = bound ? bound->number : slot;
  node->name = expr->name;
  *out = sl_node_finish(b, node);
  return 0;
}

static int build_plus(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  return sl_build_node(b, expr->args[0], out, err);
}

/* ---- what is refused by name ---- */

static int refuse_simple_case(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  (void)b, (void)out;
  sl_err_set(err, SL_E_UNSUPPORTED, expr->pos, "CASE with an operand (CASE x WHEN ...) is not supported.");
  return sl_err_hint(err, "Write CASE WHEN x = ... THEN ... END.");
}

static int refuse_time_zone(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  (void)b, (void)out;
  return sl_err_set(err, SL_E_UNSUPPORTED, expr->pos, "AT TIME ZONE is not supported.");
}

static int refuse_struct_all(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  (void)out;
  return sl_err_set(err, SL_E_STATEMENT, expr->pos, "%s->* is only allowed as an item of a SELECT list.",
                    sl_expr_text(b->arena, expr->args[0]));
}

static int refuse_variable(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  (void)b, (void)out;
  return sl_err_set(err, SL_E_STATEMENT, expr->pos, "The variable ${" SL_STR_FMT "} has no value.",
                    SL_STR_ARG(expr->name));
}

static int refuse_lambda(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  (void)b, (void)out;
  return sl_err_set(err, SL_E_STATEMENT, expr->pos, "A lambda is only allowed as an argument of a function.");
}

/* ---- dispatch ---- */

typedef int (*builder_fn)(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);

static const builder_fn BUILDERS[SL_EXPR_KIND_COUNT] = {
    [SL_EXPR_NULL] = build_null,
    [SL_EXPR_BOOLEAN] = build_boolean,
    [SL_EXPR_INTEGER] = build_integer,
    [SL_EXPR_DECIMAL] = build_decimal,
    [SL_EXPR_DOUBLE] = build_double,
    [SL_EXPR_STRING] = build_string,
    [SL_EXPR_COLUMN] = build_column,
    [SL_EXPR_VARIABLE] = refuse_variable,
    [SL_EXPR_NOT] = sl_build_not,
    [SL_EXPR_AND] = sl_build_logic,
    [SL_EXPR_OR] = sl_build_logic,
    [SL_EXPR_COMPARE] = sl_build_compare,
    [SL_EXPR_IS_NULL] = sl_build_null_test,
    [SL_EXPR_IS_NOT_NULL] = sl_build_null_test,
    [SL_EXPR_BETWEEN] = sl_build_between,
    [SL_EXPR_IN] = sl_build_in,
    [SL_EXPR_LIKE] = sl_build_like,
    [SL_EXPR_ARITHMETIC] = sl_build_arithmetic,
    [SL_EXPR_NEGATE] = sl_build_negate,
    [SL_EXPR_PLUS] = build_plus,
    [SL_EXPR_CASE] = sl_build_case,
    [SL_EXPR_SIMPLE_CASE] = refuse_simple_case,
    [SL_EXPR_CAST] = sl_build_cast,
    [SL_EXPR_ARRAY] = sl_build_array,
    [SL_EXPR_MAP] = sl_build_map,
    [SL_EXPR_STRUCT] = sl_build_struct,
    [SL_EXPR_SUBSCRIPT] = sl_build_subscript,
    [SL_EXPR_DEREFERENCE] = sl_build_dereference,
    [SL_EXPR_STRUCT_ALL] = refuse_struct_all,
    [SL_EXPR_CALL] = sl_build_call,
    [SL_EXPR_LAMBDA] = refuse_lambda,
    [SL_EXPR_INTERVAL_UNIT] = build_unit,
    [SL_EXPR_AT_TIME_ZONE] = refuse_time_zone,
    [SL_EXPR_TYPED_STRING] = build_typed_string,
};

int sl_build_node(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  return BUILDERS[expr->kind](b, expr, out, err);
}

int sl_typed_build(sl_arena *arena, const sl_expr *expr, const sl_typing *typing, const sl_typed **out, sl_err *err) {
  sl_builder b = {.arena = arena, .typing = typing};
  return sl_build_node(&b, expr, out, err);
}

/* ---- asking a tree ---- */

const sl_type *sl_typed_type(const sl_typed *typed) {
  return typed->type;
}

bool sl_typed_is_constant(const sl_typed *typed) {
  return !typed->reads && !typed->is_volatile;
}

int sl_typed_value(sl_arena *arena, const sl_typed *typed, sl_value *out, sl_err *err) {
  if (typed->reads)
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "%s is not constant: it reads a column.",
                      sl_node_text(arena, typed));
  return sl_eval_constant(arena, typed, false, out, err);
}

void sl_typed_slots(const sl_typed *typed, bool *used) {
  if (typed->kind == SL_NODE_COLUMN) used[typed->slot] = true;
  for (int i = 0; i < typed->count; i++) sl_typed_slots(typed->args[i], used);
}

int sl_typed_slot(const sl_typed *typed) {
  return typed->kind == SL_NODE_COLUMN ? typed->slot : -1;
}

/* ---- coercion ---- */

int sl_typed_coerce(sl_arena *arena, const sl_typed *typed, const sl_type *to, bool lax, const sl_typed **out,
                    sl_err *err) {
  const sl_typing typing = {.nested_null = false};
  sl_builder b = {.arena = arena, .typing = &typing};
  if (sl_type_equal(typed->type, to)) {
    *out = typed;
    return 0;
  }
  if (!sl_coerce_supported(typed->type, to, lax))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%s of type %s cannot be used as %s.", sl_node_text(arena, typed),
                      sl_type_text(arena, typed->type), sl_type_text(arena, to));
  if (typed->kind == SL_NODE_CONSTANT) {
    sl_value value;
    int rc = sl_coerce(arena, typed->type, to, &typed->value, lax, &value, err);
    if (rc) return rc;
    *out = sl_node_constant(arena, to, value, typed->expr, typed->literal);
    return 0;
  }
  if (!sl_cast_supported(typed->type, to))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Cast of %s to %s is not supported",
                      sl_type_text(arena, typed->type), sl_type_text(arena, to));
  *out = sl_node_cast(&b, typed, to, NULL, typed->expr);
  return 0;
}

/* ---- types ---- */

static int resolve_name(const sl_ast_type *ast, const sl_typing *typing, const sl_type **out, sl_err *err) {
  *out = sl_type_find(ast->name);
  if (!*out && typing && typing->custom_type) *out = typing->custom_type(typing->custom_ctx, ast->name);
  if (*out) return 0;
  return sl_err_set(err, SL_E_STATEMENT, ast->pos, "Cannot resolve unknown type: " SL_STR_FMT, SL_STR_ARG(ast->name));
}

static int resolve_decimal(sl_arena *arena, const sl_ast_type *ast, const sl_type **out, sl_err *err) {
  long long p = ast->precision, s = ast->scale;
  const char *rule = p < 1   ? "precision must be >= 1"
                     : s < 0 ? "scale must be >= 0"
                     : p < s ? "precision must be >= scale"
                             : NULL;
  if (rule) return sl_err_set(err, SL_E_STATEMENT, ast->pos, "DECIMAL %s: DECIMAL(%lld,%lld)", rule, p, s);
  enum { LARGEST = 10000 };
  if (p > LARGEST)
    return sl_err_set(err, SL_E_STATEMENT, ast->pos, "DECIMAL precision must be <= %d: DECIMAL(%lld,%lld)", LARGEST, p,
                      s);
  *out = sl_type_decimal(arena, (int)p, (int)s);
  return 0;
}

static int resolve_struct(sl_arena *arena, const sl_ast_type *ast, const sl_typing *typing, const sl_type **out,
                          sl_err *err) {
  sl_field *fields = sl_arena_calloc(arena, (size_t)ast->field_count, sizeof *fields);
  for (int i = 0; i < ast->field_count; i++) {
    fields[i].name = ast->field_names[i];
    int rc = sl_resolve_type(arena, ast->field_types[i], typing, &fields[i].type, err);
    if (rc) return rc;
    for (int j = 0; j < i; j++)
      if (sl_str_eq(fields[j].name, fields[i].name))
        return sl_err_set(err, SL_E_STATEMENT, ast->pos, "Duplicate field names found in STRUCT: " SL_STR_FMT,
                          SL_STR_ARG(fields[i].name));
  }
  *out = sl_type_struct(arena, fields, ast->field_count);
  return 0;
}

int sl_resolve_type(sl_arena *arena, const sl_ast_type *ast, const sl_typing *typing, const sl_type **out,
                    sl_err *err) {
  const sl_type *key = NULL, *element = NULL;
  int rc = 0;
  if (ast->kind == SL_AST_TYPE_MAP) rc = sl_resolve_type(arena, ast->key, typing, &key, err);
  if (!rc && (ast->kind == SL_AST_TYPE_MAP || ast->kind == SL_AST_TYPE_ARRAY))
    rc = sl_resolve_type(arena, ast->element, typing, &element, err);
  if (rc) return rc;
  switch (ast->kind) {
  case SL_AST_TYPE_NAME: return resolve_name(ast, typing, out, err);
  case SL_AST_TYPE_DECIMAL: return resolve_decimal(arena, ast, out, err);
  case SL_AST_TYPE_STRUCT: return resolve_struct(arena, ast, typing, out, err);
  case SL_AST_TYPE_ARRAY: *out = sl_type_array(arena, element); return 0;
  case SL_AST_TYPE_MAP: *out = sl_type_map(arena, key, element); return 0;
  }
  return 0;
}
