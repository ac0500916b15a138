/* Builders of types as written. Primitive names are brought to their printed spelling here; other names wait for the
 * catalog. */
#include "base/map.h"
#include "parser/parser_int.h"
#include "types/type.h"

static int depth_of(const sl_ast_type *type) {
  return type ? type->depth : 0;
}

static sl_ast_type *new_type(ast_ctx *ctx, sl_ast_type_kind kind, ast_token at, int below) {
  sl_ast_type *type = sl_arena_zalloc(ctx->arena, sizeof *type);
  type->kind = kind;
  type->pos = at.pos;
  type->depth = below + 1;
  if (type->depth > AST_MAX_TYPE_DEPTH) ast_too_large(ctx);
  return type;
}

ast_fields *ast_fields_add(ast_ctx *ctx, ast_fields *fields, ast_token name, void *value) {
  if (!fields) {
    fields = sl_arena_alloc(ctx->arena, sizeof *fields);
    sl_vec_init(&fields->names, ctx->arena);
    sl_vec_init(&fields->values, ctx->arena);
  }
  ast_names(ctx, &fields->names, name);
  sl_vec_push(&fields->values, value);
  return fields;
}

const sl_str *ast_fields_names(ast_ctx *ctx, const ast_fields *fields, int *count) {
  sl_str *names = ast_structs(ctx, fields ? &fields->names : NULL, sizeof *names, count);
  sl_map seen = {0};
  for (int i = 0; i < *count; i++)
    if (sl_map_put(&seen, names[i], ctx))
      ast_fail(ctx, "Duplicate field names found in STRUCT: '" SL_STR_FMT "'", SL_STR_ARG(names[i]));
  sl_map_done(&seen);
  return names;
}

sl_ast_type *ast_type_name(ast_ctx *ctx, ast_token name) {
  sl_ast_type *type = new_type(ctx, SL_AST_TYPE_NAME, name, 0);
  type->name = ast_name(ctx, name);
  const sl_type *primitive = sl_type_find(type->name);
  if (primitive) type->name = sl_str_of(sl_base_name(primitive->base));
  return type;
}

sl_ast_type *ast_type_array(ast_ctx *ctx, ast_token at, sl_ast_type *element) {
  sl_ast_type *type = new_type(ctx, SL_AST_TYPE_ARRAY, at, depth_of(element));
  type->element = element;
  return type;
}

sl_ast_type *ast_type_map(ast_ctx *ctx, ast_token at, sl_ast_type *key, sl_ast_type *value) {
  int below = depth_of(key) > depth_of(value) ? depth_of(key) : depth_of(value);
  sl_ast_type *type = new_type(ctx, SL_AST_TYPE_MAP, at, below);
  type->key = key;
  type->element = value;
  return type;
}

sl_ast_type *ast_type_struct(ast_ctx *ctx, ast_token at, ast_fields *fields) {
  int count, below = 0;
  const sl_ast_type **types = ast_pointers(ctx, fields ? &fields->values : NULL, &count);
  for (int i = 0; i < count; i++)
    if (depth_of(types[i]) > below) below = depth_of(types[i]);
  sl_ast_type *type = new_type(ctx, SL_AST_TYPE_STRUCT, at, below);
  type->field_names = ast_fields_names(ctx, fields, &type->field_count);
  type->field_types = types;
  return type;
}

ast_fields *ast_type_field(ast_ctx *ctx, ast_fields *fields, ast_token name, sl_ast_type *type) {
  return ast_fields_add(ctx, fields, name, type);
}

sl_ast_type *ast_type_decimal(ast_ctx *ctx, ast_token at, sl_expr *precision, sl_expr *scale) {
  sl_ast_type *type = new_type(ctx, SL_AST_TYPE_DECIMAL, at, 0);
  type->precision = ast_integer(ctx, precision, "DECIMAL(PRECISION)");
  type->scale = ast_integer(ctx, scale, "DECIMAL(SCALE)");
  const char *rule = NULL;
  if (type->precision < 1)
    rule = "DECIMAL precision must be >= 1";
  else if (type->scale < 0)
    rule = "DECIMAL scale must be >= 0";
  else if (type->precision < type->scale)
    rule = "DECIMAL precision must be >= scale";
  if (rule) ast_fail(ctx, "%s: DECIMAL(%ld,%ld)", rule, (long)type->precision, (long)type->scale);
  return type;
}
