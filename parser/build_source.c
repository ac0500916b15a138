/* Builders of data definition: sources, types, connectors, and property lists. */
#include "base/map.h"
#include "parser/parser_int.h"

/* ---- properties ---- */
sl_property *ast_property(ast_ctx *ctx, ast_token name, sl_expr *value) {
  sl_property *property = sl_arena_zalloc(ctx->arena, sizeof *property);
  *property = (sl_property){ast_name(ctx, name), name.pos, value};
  return property;
}

static sl_properties properties(ast_ctx *ctx, sl_vec *list) {
  sl_properties with = {.present = true};
  with.items = ast_structs(ctx, list, sizeof *with.items, &with.count);
  sl_map seen = {0};
  for (int i = 0; i < with.count; i++)
    if (sl_map_put(&seen, with.items[i].name, ctx))
      ast_fail(ctx, "Property '" SL_STR_FMT "' is given more than once in the WITH clause.",
               SL_STR_ARG(with.items[i].name));
  sl_map_done(&seen);
  return with;
}

sl_properties ast_properties(ast_ctx *ctx, sl_vec *list) {
  for (size_t i = 0; i < list->len; i++) {
    sl_property *property = sl_vec_at(list, i);
    property->name = sl_str_upper(ctx->arena, property->name);
  }
  return properties(ctx, list);
}

/* ---- sources ---- */
sl_element *ast_element(ast_ctx *ctx, ast_token name, sl_ast_type *type, ast_mark mark) {
  sl_element *element = sl_arena_zalloc(ctx->arena, sizeof *element);
  *element = (sl_element){name.pos, ast_name(ctx, name), type, mark.kind, {0}};
  if (mark.kind == SL_ELEMENT_HEADER) {
    element->header_key = sl_str_trim(ast_raw_name(ctx, mark.header));
    if (!element->header_key.len) ast_fail(ctx, "Header column must have a non-empty header key name defined");
  }
  return element;
}

static void check_keys(ast_ctx *ctx, const sl_stmt_create_source *source) {
  bool table = source->source_kind == SL_TABLE;
  sl_element_kind wrong = table ? SL_ELEMENT_KEY : SL_ELEMENT_PRIMARY_KEY;
  for (int i = 0; i < source->element_count; i++) {
    const sl_element *element = &source->elements[i];
    if (element->kind != wrong) continue;
    ast_fail(ctx,
             "Line: %u, Col: %u: Column `" SL_STR_FMT "` is a '%s' column: please use '%s' for %s.\n"
             "Tables have PRIMARY KEYs, which are unique and NON NULL.\n"
             "Streams have KEYs, which have no uniqueness or NON NULL constraints.",
             element->pos.line, element->pos.column, SL_STR_ARG(element->name), table ? "KEY" : "PRIMARY KEY",
             table ? "PRIMARY KEY" : "KEY", table ? "tables" : "streams");
  }
}

static void fill_source(ast_ctx *ctx, sl_stmt_create_source *s, ast_head head, ast_named name, sl_vec *elements,
                        sl_properties with) {
  s->source_kind = head.kind;
  s->or_replace = head.or_replace;
  s->is_source = head.is_source;
  s->if_not_exists = name.conditional;
  s->name = ast_name(ctx, name.name);
  s->elements = ast_structs(ctx, elements, sizeof *s->elements, &s->element_count);
  s->has_elements = elements != NULL;
  s->with = with;
  check_keys(ctx, s);
}

sl_statement *ast_create_source(ast_ctx *ctx, ast_head head, ast_named name, sl_vec *elements, sl_properties with) {
  sl_stmt_create_source *s = ast_statement(ctx, SL_STMT_CREATE_SOURCE, sizeof *s, head.first);
  fill_source(ctx, s, head, name, elements, with);
  return &s->base;
}

sl_statement *ast_assert_source(ast_ctx *ctx, ast_token first, sl_source_kind kind, ast_token name, sl_vec *elements,
                                sl_properties with) {
  sl_stmt_assert_source *s = ast_statement(ctx, SL_STMT_ASSERT_SOURCE, sizeof *s, first);
  s->source.base = (sl_statement){SL_STMT_CREATE_SOURCE, first.pos, {first.text.ptr, 0}};
  fill_source(ctx, &s->source, (ast_head){first, kind, false, false}, (ast_named){name, false}, elements, with);
  return &s->base;
}

sl_statement *ast_create_as(ast_ctx *ctx, ast_head head, ast_named name, sl_properties with, sl_query_ast *query) {
  sl_stmt_create_as *s = ast_statement(ctx, SL_STMT_CREATE_AS, sizeof *s, head.first);
  s->source_kind = head.kind;
  s->or_replace = head.or_replace;
  s->if_not_exists = name.conditional;
  s->name = ast_name(ctx, name.name);
  s->with = with;
  s->query = query;
  ast_query_persist(query);
  if (query->has_limit)
    ast_fail(ctx, "CREATE %s AS SELECT statements don't support LIMIT clause.",
             head.kind == SL_TABLE ? "TABLE" : "STREAM");
  return &s->base;
}

sl_statement *ast_drop_source(ast_ctx *ctx, ast_token first, sl_source_kind kind, ast_named name, bool delete_topic) {
  sl_stmt_drop_source *s = ast_statement(ctx, SL_STMT_DROP_SOURCE, sizeof *s, first);
  s->source_kind = kind;
  s->if_exists = name.conditional;
  s->delete_topic = delete_topic;
  s->name = ast_name(ctx, name.name);
  return &s->base;
}

sl_statement *ast_alter_source(ast_ctx *ctx, ast_token first, sl_source_kind kind, ast_token name, sl_vec *columns) {
  sl_stmt_alter_source *s = ast_statement(ctx, SL_STMT_ALTER_SOURCE, sizeof *s, first);
  s->source_kind = kind;
  s->name = ast_name(ctx, name);
  s->columns = ast_structs(ctx, columns, sizeof *s->columns, &s->column_count);
  return &s->base;
}

/* ---- types ---- */
sl_statement *ast_create_type(ast_ctx *ctx, ast_token first, ast_named name, sl_ast_type *type) {
  sl_stmt_create_type *s = ast_statement(ctx, SL_STMT_CREATE_TYPE, sizeof *s, first);
  s->if_not_exists = name.conditional;
  s->name = ast_name(ctx, name.name);
  s->type = type;
  return &s->base;
}

sl_statement *ast_drop_type(ast_ctx *ctx, ast_token first, ast_named name) {
  sl_stmt_drop_type *s = ast_statement(ctx, SL_STMT_DROP_TYPE, sizeof *s, first);
  s->if_exists = name.conditional;
  s->name = ast_name(ctx, name.name);
  return &s->base;
}

/* ---- connectors ---- */
sl_statement *ast_create_connector(ast_ctx *ctx, ast_token first, bool is_sink, ast_named name, ast_token with,
                                   sl_vec *props) {
  (void)with;
  sl_stmt_create_connector *s = ast_statement(ctx, SL_STMT_CREATE_CONNECTOR, sizeof *s, first);
  s->is_sink = is_sink;
  s->if_not_exists = name.conditional;
  s->name = ast_name(ctx, name.name);
  s->with = properties(ctx, props);
  return &s->base;
}

sl_statement *ast_drop_connector(ast_ctx *ctx, ast_token first, ast_named name) {
  sl_stmt_drop_connector *s = ast_statement(ctx, SL_STMT_DROP_CONNECTOR, sizeof *s, first);
  s->if_exists = name.conditional;
  s->name = ast_name(ctx, name.name);
  return &s->base;
}
