/* The select list: stars expanded and every item named (sql.md 5.3, 5.5), reserved aliases refused. */
#include <ctype.h>

#include "parser/parser.h"
#include "planner/planner_int.h"

/* ---- generated names ---- */

typedef struct field_counter {
  sl_str base;
  int next;
} field_counter;

/* Counters of one statement: KSQL_COL_<n>, and one per base name of struct fields. */
typedef struct namer {
  const sl_analysis *analysis;
  int next_column;
  sl_vec fields; /* field_counter */
} namer;

static bool any_source_has(const sl_analysis *analysis, sl_str name) {
  for (int i = 0; i < analysis->from_count; i++)
    if (sl_schema_find(&analysis->froms[i].source->schema, name) >= 0) return true;
  return false;
}

static sl_str next_column_name(namer *n) {
  sl_str name;
  do name = sl_str_printf(n->analysis->arena, "KSQL_COL_%d", n->next_column++);
  while (any_source_has(n->analysis, name));
  return name;
}

/* name without a trailing _<digits>. */
static sl_str base_name(sl_str name) {
  size_t at = name.len;
  while (at > 0 && isdigit((unsigned char)name.ptr[at - 1])) at--;
  bool numbered = at < name.len && at > 1 && name.ptr[at - 1] == '_';
  return numbered ? sl_str_n(name.ptr, at - 1) : name;
}

static sl_str next_field_name(namer *n, sl_str field) {
  sl_arena *arena = n->analysis->arena;
  sl_str base = base_name(field);
  field_counter *counter = NULL;
  for (size_t i = 0; i < n->fields.len && !counter; i++) {
    field_counter *c = sl_vec_at(&n->fields, i);
    if (sl_str_eq(c->base, base)) counter = c;
  }
  if (!counter) {
    counter = sl_arena_zalloc(arena, sizeof *counter);
    counter->base = base;
    sl_vec_push(&n->fields, counter);
  }
  sl_str name;
  do {
    int number = counter->next++;
    name = number ? sl_str_printf(arena, SL_STR_FMT "_%d", SL_STR_ARG(base), number) : base;
  } while (any_source_has(n->analysis, name));
  return name;
}

static bool is_shared_name(const sl_analysis *analysis, sl_str name) {
  int count = 0;
  for (int i = 0; i < analysis->from_count; i++) count += sl_source_has(analysis->froms[i].source, name);
  return count > 1 || sl_is_pseudo_column(name);
}

static sl_str prefixed(const sl_analysis *analysis, sl_str alias, sl_str name) {
  return sl_str_printf(analysis->arena, SL_STR_FMT "_" SL_STR_FMT, SL_STR_ARG(alias), SL_STR_ARG(name));
}

static sl_str name_item(namer *n, const sl_expr *qualified) {
  const sl_analysis *analysis = n->analysis;
  if (qualified->kind == SL_EXPR_DEREFERENCE) return next_field_name(n, qualified->name);
  if (qualified->kind != SL_EXPR_COLUMN) return next_column_name(n);
  if (analysis->from_count > 1 && qualified->source.len && is_shared_name(analysis, qualified->name))
    return prefixed(analysis, qualified->source, qualified->name);
  return qualified->name;
}

/* ---- the result list ---- */

typedef struct expansion {
  sl_analysis *analysis;
  namer names;
  sl_vec outputs; /* sl_output */
} expansion;

static void add_output(expansion *x, const sl_expr *qualified, sl_str name, sl_pos pos, bool star) {
  sl_output *output = sl_arena_zalloc(x->analysis->arena, sizeof *output);
  output->qualified = qualified;
  output->expr = sl_expr_unqualified(x->analysis->arena, qualified, x->analysis->from_count > 1);
  output->name = name;
  output->pos = pos;
  output->from_star = star;
  sl_vec_push(&x->outputs, output);
}

static void add_star_column(expansion *x, const sl_from *from, sl_str column, sl_pos pos) {
  const sl_analysis *analysis = x->analysis;
  sl_str name = analysis->from_count > 1 ? prefixed(analysis, from->alias, column) : column;
  add_output(x, sl_expr_column(analysis->arena, from->alias, column, pos), name, pos, true);
}

static void add_star_kind(expansion *x, const sl_from *from, sl_column_kind kind, sl_pos pos) {
  const sl_schema *schema = &from->source->schema;
  const sl_column *column;
  for (int i = 0; (column = sl_schema_nth(schema, kind, i)); i++) add_star_column(x, from, column->name, pos);
}

/* The same without what has become a key. */
static void add_unmoved(expansion *x, const sl_from *from, sl_str column, sl_pos pos) {
  const sl_expr *ref = sl_expr_column(x->analysis->arena, from->alias, column, pos);
  if (sl_expr_index(x->analysis->partition_qualified, x->analysis->partition_count, ref) < 0)
    add_star_column(x, from, column, pos);
}

static void add_unmoved_kind(expansion *x, const sl_from *from, sl_column_kind kind, sl_pos pos) {
  const sl_column *column;
  for (int i = 0; (column = sl_schema_nth(&from->source->schema, kind, i)); i++)
    add_unmoved(x, from, column->name, pos);
}

static void add_bounds(expansion *x, const sl_from *from, sl_pos pos) {
  const sl_analysis *analysis = x->analysis;
  bool dropped = analysis->use == SL_USE_PERSISTENT && analysis->from_count == 1;
  if (from->source->window == SL_WINDOW_NONE || dropped) return;
  add_star_column(x, from, sl_str_of("WINDOWSTART"), pos);
  add_star_column(x, from, sl_str_of("WINDOWEND"), pos);
}

static void add_source_star(expansion *x, const sl_from *from, sl_pos pos) {
  add_star_kind(x, from, SL_COLUMN_KEY, pos);
  add_bounds(x, from, pos);
  add_star_kind(x, from, SL_COLUMN_VALUE, pos);
  add_star_kind(x, from, SL_COLUMN_HEADERS, pos);
}

static void add_star_pseudo(expansion *x, const sl_from *from, sl_pos pos) {
  static const char *const names[] = {"ROWTIME", "ROWPARTITION", "ROWOFFSET"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) add_unmoved(x, from, sl_str_of(names[i]), pos);
}

/* After PARTITION BY: the new keys, then what is left in the row's own order, old keys behind the values. */
static void add_rekeyed_star(expansion *x, sl_pos pos) {
  const sl_analysis *analysis = x->analysis;
  for (int i = 0; i < analysis->partition_count; i++)
    add_output(x, analysis->partition_qualified[i], analysis->partition_names[i], pos, true);
  for (int i = 0; i < analysis->from_count; i++) {
    const sl_from *from = &analysis->froms[i];
    add_unmoved_kind(x, from, SL_COLUMN_VALUE, pos);
    add_unmoved_kind(x, from, SL_COLUMN_HEADERS, pos);
    if (analysis->from_count > 1) add_star_pseudo(x, from, pos); /* what joins name is an ordinary column */
    add_unmoved_kind(x, from, SL_COLUMN_KEY, pos);
    add_bounds(x, from, pos);
  }
}

static void add_synthetic_key(expansion *x, sl_pos pos) {
  const sl_join_info *join = x->analysis->last_join;
  if (!join || join->key) return;
  add_output(x, sl_expr_column(x->analysis->arena, (sl_str){0}, join->key_name, pos), join->key_name, pos, true);
}

static bool names_source(const sl_from *from, sl_str qualifier) {
  return sl_str_eq(from->alias, qualifier) || sl_str_eq(from->source->name, qualifier);
}

static int expand_star(expansion *x, const sl_select_item *item, sl_err *err) {
  const sl_analysis *analysis = x->analysis;
  bool rekeyed = (analysis->partition_count || analysis->partition_null) && !analysis->partition_no_op;
  bool single = analysis->from_count == 1 && names_source(&analysis->froms[0], item->source);
  bool all = item->kind == SL_SELECT_ALL || single; /* of one source, its star is the star */
  if (all && rekeyed) {
    add_rekeyed_star(x, item->pos);
    return 0;
  }
  if (all) add_synthetic_key(x, item->pos);
  bool found = false;
  for (int i = 0; i < analysis->from_count; i++) {
    const sl_from *from = &analysis->froms[i];
    if (!all && !names_source(from, item->source)) continue;
    found = true;
    add_source_star(x, from, item->pos);
  }
  if (found) return 0;
  return sl_unknown_qualifier(item->source, item->pos, err);
}

/* ---- struct stars ---- */

static const sl_source *source_of(const sl_analysis *analysis, sl_str alias) {
  for (int i = 0; i < analysis->from_count; i++)
    if (sl_str_eq(analysis->froms[i].alias, alias)) return analysis->froms[i].source;
  return NULL;
}

/* Type of a column or a chain of dereferences of one. */
static int struct_type(const sl_analysis *analysis, const sl_expr *expr, const sl_type **out, sl_err *err) {
  if (expr->kind == SL_EXPR_COLUMN) {
    const sl_source *source = source_of(analysis, expr->source);
    const sl_type *type = source ? sl_source_column_type(source, expr->name) : NULL;
    if (!type)
      return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Line: %u, Col: %u: SELECT column '%s' cannot be resolved.",
                        expr->pos.line, expr->pos.column, sl_expr_text(analysis->arena, expr));
    if (type->base != SL_STRUCT)
      return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Column " SL_STR_FMT " is not a STRUCT type.",
                        SL_STR_ARG(expr->name));
    *out = type;
    return 0;
  }
  if (expr->kind != SL_EXPR_DEREFERENCE)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Unsupported struct column expression: %s",
                      sl_expr_text(analysis->arena, expr));
  const sl_type *base = NULL;
  int rc = struct_type(analysis, expr->args[0], &base, err);
  if (rc) return rc;
  int at = sl_type_field(base, expr->name);
  if (at < 0)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Field " SL_STR_FMT " was not found on STRUCT.",
                      SL_STR_ARG(expr->name));
  if (base->fields[at].type->base != SL_STRUCT)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Field " SL_STR_FMT " is not a STRUCT type.",
                      SL_STR_ARG(expr->name));
  *out = base->fields[at].type;
  return 0;
}

static int expand_struct(expansion *x, const sl_expr *base, sl_pos pos, sl_err *err) {
  sl_arena *arena = x->analysis->arena;
  const sl_type *type = NULL;
  int rc = struct_type(x->analysis, base, &type, err);
  if (rc) return rc;
  for (int i = 0; i < type->field_count; i++) {
    sl_expr *field = sl_expr_new(arena, SL_EXPR_DEREFERENCE, pos);
    field->args = sl_arena_calloc(arena, 1, sizeof *field->args);
    field->args[0] = sl_expr_copy(arena, base);
    field->count = 1;
    field->name = type->fields[i].name;
    add_output(x, field, field->name, pos, true);
  }
  return 0;
}

/* ---- all items ---- */

/* Names of key columns that PARTITION BY makes from expressions; they never follow the select list's counters. */
static void name_partitions(sl_analysis *analysis) {
  namer names = {.analysis = analysis, .fields = {.arena = analysis->arena}};
  analysis->partition_names =
      sl_arena_calloc(analysis->arena, (size_t)analysis->partition_count + 1, sizeof *analysis->partition_names);
  for (int i = 0; i < analysis->partition_count; i++) {
    const sl_expr *expr = analysis->partition_qualified[i];
    bool joined_column = expr->kind == SL_EXPR_COLUMN && analysis->from_count > 1;
    analysis->partition_names[i] =
        joined_column ? prefixed(analysis, expr->source, expr->name) : name_item(&names, expr);
  }
}

int sl_analyze_items(sl_analysis *analysis, sl_err *err) {
  const sl_query_ast *ast = analysis->ast;
  sl_arena *arena = analysis->arena;
  expansion x = {
      .analysis = analysis, .names = {.analysis = analysis, .fields = {.arena = arena}}, .outputs = {.arena = arena}};
  analysis->shown = sl_arena_calloc(arena, (size_t)ast->item_count + 1, sizeof *analysis->shown);
  name_partitions(analysis);
  for (int i = 0; i < ast->item_count; i++) {
    const sl_select_item *item = &ast->items[i];
    sl_select_item *shown = &analysis->shown[i];
    *shown = *item;
    int rc = item->expr ? sl_qualify(analysis, item->expr, &shown->expr, err) : 0;
    if (rc) return rc;
    if (item->kind == SL_SELECT_EXPR) {
      if (!item->alias.len) shown->alias = name_item(&x.names, shown->expr);
      add_output(&x, shown->expr, shown->alias, item->pos, false);
    } else if (item->kind == SL_SELECT_STRUCT_ALL) {
      rc = expand_struct(&x, shown->expr, item->pos, err);
    } else {
      rc = expand_star(&x, item, err);
    }
    if (rc) return rc;
  }
  analysis->output_count = (int)x.outputs.len;
  analysis->outputs = sl_arena_calloc(arena, x.outputs.len + 1, sizeof *analysis->outputs);
  for (size_t i = 0; i < x.outputs.len; i++) analysis->outputs[i] = *(sl_output *)sl_vec_at(&x.outputs, i);
  return 0;
}

int sl_check_aliases(const sl_analysis *analysis, sl_err *err) {
  for (int i = 0; i < analysis->output_count; i++) {
    const sl_output *output = &analysis->outputs[i];
    sl_str upper = sl_str_upper(analysis->arena, output->name);
    if (!sl_is_system_column(upper)) continue;
    bool itself = output->qualified->kind == SL_EXPR_COLUMN && sl_str_eq(output->qualified->name, output->name);
    if (!itself)
      return sl_err_set(err, SL_E_STATEMENT, output->pos,
                        "`" SL_STR_FMT "` is a reserved column name. You cannot use it as an alias for a column.",
                        SL_STR_ARG(upper));
    bool expanded = output->from_star || analysis->planning->stored; /* a key that PARTITION BY makes */
    if (analysis->use == SL_USE_PERSISTENT && !expanded)
      return sl_err_set(err, SL_E_STATEMENT, output->pos,
                        "Reserved column name in select: `" SL_STR_FMT "`. Please remove or alias the column.",
                        SL_STR_ARG(upper));
  }
  return 0;
}
