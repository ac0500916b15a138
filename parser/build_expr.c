/* Builders of expressions. Each node knows the depth of its tree: a tree too deep to be walked is refused here. */
#include "base/number.h"
#include <stdio.h>
#include "parser/parser_int.h"

/* A node over args (an array of the arena's, kept). */
static sl_expr *node(ast_ctx *ctx, sl_expr_kind kind, ast_token at, sl_expr **args, int count) {
  sl_expr *e = sl_expr_new(ctx->arena, kind, at.pos);
  e->args = args;
  e->count = count;
  for (int i = 0; i < count; i++)
    if (args[i]->depth >= e->depth) e->depth = args[i]->depth + 1;
  if (e->depth > AST_MAX_DEPTH) ast_too_large(ctx);
  return e;
}

static sl_expr *node_of(ast_ctx *ctx, sl_expr_kind kind, ast_token at, int count, sl_expr *const *args) {
  sl_expr **copy = count ? sl_arena_calloc(ctx->arena, (size_t)count, sizeof *copy) : NULL;
  for (int i = 0; i < count; i++) copy[i] = args[i];
  return node(ctx, kind, at, copy, count);
}

sl_expr *ast_nary(ast_ctx *ctx, sl_expr_kind kind, ast_token at, const sl_vec *args) {
  int count;
  sl_expr **items = ast_pointers(ctx, args, &count);
  return node(ctx, kind, at, items, count);
}

sl_expr *ast_unary(ast_ctx *ctx, sl_expr_kind kind, ast_token at, sl_expr *e) {
  return node_of(ctx, kind, at, 1, &e);
}

sl_expr *ast_binary(ast_ctx *ctx, sl_expr_kind kind, sl_op op, ast_token at, sl_expr *l, sl_expr *r) {
  sl_expr *e = node_of(ctx, kind, at, 2, (sl_expr *[]){l, r});
  e->op = op;
  return e;
}

/* ---- literals ---- */
sl_expr *ast_literal(ast_ctx *ctx, sl_expr_kind kind, ast_token token) {
  sl_expr *e = sl_expr_new(ctx->arena, kind, token.pos);
  if (kind == SL_EXPR_BOOLEAN) e->flag = token.kind == SL_TK_TRUE;
  if (kind == SL_EXPR_STRING) e->text = ast_raw_name(ctx, token);
  return e;
}

/* The column these two messages print counts from two. */
static void bad_number(ast_ctx *ctx, const char *what, sl_pos pos, sl_str text) {
  ast_fail(ctx, "line %u:%u: %s: " SL_STR_FMT, pos.line, pos.column + 1, what, SL_STR_ARG(text));
}

static void set_integer(ast_ctx *ctx, sl_expr *e, sl_str text) {
  int64_t value = 0;
  if (!sl_str_int64(text, &value)) bad_number(ctx, "Invalid numeric literal", e->pos, text);
  e->text = sl_str_printf(ctx->arena, "%lld", (long long)value);
}

static void set_decimal(ast_ctx *ctx, sl_expr *e, bool negative, sl_str digits) {
  const char *zero = digits.ptr[0] == '.' ? "0" : "";
  e->text = sl_str_printf(ctx->arena, "%s%s" SL_STR_FMT, negative ? "-" : "", zero, SL_STR_ARG(digits));
}

/* d.dddEn of the double that the text means. */
static void set_double(ast_ctx *ctx, sl_expr *e, sl_str text) {
  bool ok;
  double value = sl_number_to_double(text.ptr, text.len, &ok);
  if (!ok || __builtin_isinf(value)) {
    bad_number(ctx, "Number overflows DOUBLE", e->pos, text);
    value = 0;
  }
  const char *sign = __builtin_signbit(value) ? "-" : "";
  sl_double_digits shortest = sl_double_shortest(value);
  char digits[24];
  int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)shortest.digits);
  int exponent = shortest.digits ? shortest.exponent + len - 1 : 0;
  e->text = sl_str_printf(ctx->arena, "%s%c%s%sE%d", sign, digits[0], len > 1 ? "." : "", digits + 1, exponent);
}

sl_expr *ast_number(ast_ctx *ctx, const ast_token *minus, ast_token token) {
  sl_str text = token.text;
  if (minus) text = sl_str_printf(ctx->arena, "-" SL_STR_FMT, SL_STR_ARG(text));
  sl_pos pos = minus ? minus->pos : token.pos;
  if (token.kind == SL_TK_INTEGER_VALUE) {
    sl_expr *e = sl_expr_new(ctx->arena, SL_EXPR_INTEGER, pos);
    set_integer(ctx, e, text);
    return e;
  }
  if (token.kind == SL_TK_DECIMAL_VALUE) {
    sl_expr *e = sl_expr_new(ctx->arena, SL_EXPR_DECIMAL, pos);
    set_decimal(ctx, e, minus != NULL, token.text);
    return e;
  }
  sl_expr *e = sl_expr_new(ctx->arena, SL_EXPR_DOUBLE, pos);
  set_double(ctx, e, text);
  return e;
}

int64_t ast_integer(ast_ctx *ctx, const sl_expr *number, const char *clause) {
  int64_t value = 0;
  if (number->kind != SL_EXPR_INTEGER)
    ast_fail(ctx, "Value must be integer for command: %s", clause);
  else
    sl_str_int64(number->text, &value);
  return value;
}

sl_expr *ast_typed_string(ast_ctx *ctx, ast_token type, ast_token text) {
  sl_expr *e = sl_expr_new(ctx->arena, SL_EXPR_TYPED_STRING, type.pos);
  e->name = ast_name(ctx, type);
  e->text = ast_raw_name(ctx, text);
  if (!sl_str_eq_nocase(e->name, sl_str_of("DECIMAL")))
    ast_fail(ctx, "Unknown type: " SL_STR_FMT ", location:Line: %u, Col: %u", SL_STR_ARG(e->name), type.pos.line,
             type.pos.column);
  return e;
}

sl_expr *ast_interval_unit(ast_ctx *ctx, ast_token unit) {
  sl_expr *e = sl_expr_new(ctx->arena, SL_EXPR_INTERVAL_UNIT, unit.pos);
  e->name = ast_name(ctx, unit);
  if (unit.kind == SL_TK_MILLISECOND) e->name = sl_str_of("MILLISECONDS");
  return e;
}

/* ---- predicates ---- */
static sl_expr *negated_if(ast_ctx *ctx, bool negated, ast_token at, sl_expr *e) {
  return negated ? ast_unary(ctx, SL_EXPR_NOT, at, e) : e;
}

sl_expr *ast_compare(ast_ctx *ctx, ast_token op, sl_expr *l, sl_expr *r) {
  static const struct {
    int token;
    sl_op op;
  } ops[] = {{SL_TK_EQ, SL_OP_EQ},  {SL_TK_NEQ, SL_OP_NE}, {SL_TK_LT, SL_OP_LT},
             {SL_TK_LTE, SL_OP_LE}, {SL_TK_GT, SL_OP_GT},  {SL_TK_GTE, SL_OP_GE}};
  sl_op found = SL_OP_NONE;
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
    if (ops[i].token == op.kind) found = ops[i].op;
  return ast_binary(ctx, SL_EXPR_COMPARE, found, op, l, r);
}

sl_expr *ast_between(ast_ctx *ctx, bool negated, ast_token at, sl_expr *e, sl_expr *low, sl_expr *high) {
  return negated_if(ctx, negated, at, node_of(ctx, SL_EXPR_BETWEEN, at, 3, (sl_expr *[]){e, low, high}));
}

sl_expr *ast_in(ast_ctx *ctx, bool negated, ast_token at, sl_expr *e, sl_vec *list) {
  return negated_if(ctx, negated, at, ast_nary(ctx, SL_EXPR_IN, at, ast_list_prepend(list, e)));
}

static size_t count_characters(sl_str s) {
  size_t count = 0;
  for (size_t i = 0; i < s.len; i++) count += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
  return count;
}

sl_expr *ast_like(ast_ctx *ctx, bool negated, ast_token at, sl_expr *e, sl_expr *pattern, ast_token escape) {
  sl_expr *like = node_of(ctx, SL_EXPR_LIKE, at, 2, (sl_expr *[]){e, pattern});
  like->text = ast_raw_name(ctx, escape);
  if (escape.text.len && count_characters(like->text) != 1)
    ast_fail(ctx, "Expected single character escape but got: " SL_STR_FMT, SL_STR_ARG(like->text));
  return negated_if(ctx, negated, at, like);
}

/* ---- the rest ---- */
sl_expr *ast_concat(ast_ctx *ctx, ast_token at, sl_expr *l, sl_expr *r) {
  sl_expr *e = node_of(ctx, SL_EXPR_CALL, at, 2, (sl_expr *[]){l, r});
  e->name = sl_str_of("concat");
  return e;
}

sl_expr *ast_at_time_zone(ast_ctx *ctx, ast_token at, sl_expr *e, ast_token zone) {
  sl_expr *result = ast_unary(ctx, SL_EXPR_AT_TIME_ZONE, at, e);
  result->text = ast_raw_name(ctx, zone);
  return result;
}

sl_expr *ast_case(ast_ctx *ctx, ast_token at, sl_expr *operand, sl_vec *whens, sl_expr *otherwise) {
  if (operand) whens = ast_list_prepend(whens, operand);
  if (otherwise) sl_vec_push(whens, otherwise);
  sl_expr *e = ast_nary(ctx, operand ? SL_EXPR_SIMPLE_CASE : SL_EXPR_CASE, at, whens);
  e->flag = otherwise != NULL;
  return e;
}

sl_expr *ast_cast(ast_ctx *ctx, ast_token at, sl_expr *e, sl_ast_type *type) {
  sl_expr *cast = ast_unary(ctx, SL_EXPR_CAST, at, e);
  cast->type = type;
  return cast;
}

sl_expr *ast_struct(ast_ctx *ctx, ast_token at, ast_fields *fields) {
  sl_expr *e = ast_nary(ctx, SL_EXPR_STRUCT, at, fields ? &fields->values : NULL);
  e->names = ast_fields_names(ctx, fields, &e->name_count);
  return e;
}

ast_fields *ast_field(ast_ctx *ctx, ast_fields *fields, ast_token name, sl_expr *value) {
  return ast_fields_add(ctx, fields, name, value);
}

sl_vec *ast_pair(ast_ctx *ctx, sl_vec *list, sl_expr *a, sl_expr *b) {
  return ast_list(ctx, ast_list(ctx, list, a), b);
}

sl_expr *ast_call(ast_ctx *ctx, ast_token name, sl_vec *args) {
  sl_expr *e = ast_nary(ctx, SL_EXPR_CALL, name, args);
  e->name = ast_name(ctx, name);
  return e;
}

sl_expr *ast_call_all(ast_ctx *ctx, ast_token name) {
  sl_expr *e = ast_call(ctx, name, NULL);
  e->flag = sl_str_eq_nocase(e->name, sl_str_of("COUNT"));
  return e;
}

sl_expr *ast_dereference(ast_ctx *ctx, ast_token at, sl_expr *base, ast_token field) {
  sl_expr *e = ast_unary(ctx, SL_EXPR_DEREFERENCE, at, base);
  e->name = ast_name(ctx, field);
  return e;
}

sl_expr *ast_column(ast_ctx *ctx, const ast_token *source, ast_token name) {
  if (!source && name.kind == SL_TK_VARIABLE) {
    sl_expr *e = ast_variable_literal(ctx, name);
    ast_variable_is(ctx, name, AST_VARIABLE_EITHER);
    return e;
  }
  sl_expr *e = sl_expr_new(ctx->arena, SL_EXPR_COLUMN, source ? source->pos : name.pos);
  e->name = ast_name(ctx, name);
  if (source) e->source = ast_name(ctx, *source);
  e->quoted = ast_is_quoted(name);
  return e;
}

/* ---- lambdas ---- */
sl_expr *ast_lambda(ast_ctx *ctx, ast_token at, sl_vec *names, sl_expr *body) {
  sl_expr *e = ast_unary(ctx, SL_EXPR_LAMBDA, at, body);
  e->names = ast_structs(ctx, names, sizeof(sl_str), &e->name_count);
  return e;
}

/* Expressions that turned out to be parameters: each must be a bare name. */
sl_vec *ast_parameters(ast_ctx *ctx, ast_token at, sl_vec *rest, sl_expr *first) {
  rest = rest ? ast_list_prepend(rest, first) : ast_list(ctx, NULL, first);
  sl_vec *names = NULL;
  for (size_t i = 0; i < rest->len; i++) {
    sl_expr *e = sl_vec_at(rest, i);
    if (e->kind != SL_EXPR_COLUMN || e->source.len) ast_unexpected(ctx, at, NULL);
    names = ast_list(ctx, names, &e->name);
  }
  return names;
}
