/* ALTER STREAM/TABLE ... ADD COLUMN: a source's next version, with value columns added at the end (sql.md 7.5). */
#include "parser/parser.h"
#include "planner/planner_int.h"

static int check_source(const sl_stmt_alter_source *stmt, const sl_source *source, sl_err *err) {
  const char *kind = sl_kind_word(stmt->source_kind);
  if (source && source->is_source)
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                      "Cannot alter %s '" SL_STR_FMT "': ALTER operations are not supported on source %ss.", kind,
                      SL_STR_ARG(stmt->name), kind);
  if (!source)
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos, "Source " SL_STR_FMT " does not exist.",
                      SL_STR_ARG(stmt->name));
  if (source->kind != stmt->source_kind)
    return sl_err_set(
        err, SL_E_STATEMENT, stmt->base.pos, "Incompatible data source type is %s, but statement was ALTER %s",
        source->kind == SL_TABLE ? "TABLE" : "STREAM", stmt->source_kind == SL_TABLE ? "TABLE" : "STREAM");
  if (source->query)
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                      "ALTER command is not supported for CREATE ... AS statements.");
  return 0;
}

static int add_columns(const sl_planning *planning, const sl_stmt_alter_source *stmt, sl_schema *schema, sl_err *err) {
  sl_column *columns =
      sl_arena_calloc(planning->arena, (size_t)(schema->count + stmt->column_count) + 1, sizeof *columns);
  memcpy(columns, schema->columns, (size_t)schema->count * sizeof *columns);
  sl_typing typing;
  sl_planning_typing(planning, &typing);
  int count = schema->count;
  for (int i = 0; i < stmt->column_count; i++) {
    sl_column *column = &columns[count];
    *column = (sl_column){.name = stmt->columns[i].name, .kind = SL_COLUMN_VALUE};
    for (int k = 0; k < count; k++)
      if (sl_str_eq(columns[k].name, column->name))
        return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos,
                          "Cannot add column `" SL_STR_FMT "` to schema. A column with the same name already exists.",
                          SL_STR_ARG(column->name));
    int rc = sl_resolve_type(planning->arena, stmt->columns[i].type, &typing, &column->type, err);
    if (rc) return rc;
    count++;
  }
  *schema = (sl_schema){columns, count};
  return 0;
}

/* The format must hold the longer list. A single value that is written bare has no room for more. */
static int check_format(const sl_planning *planning, const sl_source *source, sl_err *err) {
  int count = 0;
  sl_column *columns = sl_columns_of(planning->arena, &source->schema, SL_COLUMN_VALUE, &count);
  if (count > 1 && source->value_format.wrapping == SL_UNWRAP)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Cannot add columns to '" SL_STR_FMT
                      "': its only value column is not wrapped (WRAP_SINGLE_VALUE=false).",
                      SL_STR_ARG(source->name));
  return sl_format_check(&source->value_format, columns, count, false, err);
}

/* The stored statement with the columns declared in it, types expanded. */
static int write_resolved(const sl_planning *planning, const sl_stmt_alter_source *stmt, sl_source *source,
                          sl_err *err) {
  sl_arena *arena = planning->arena;
  sl_script script;
  int rc = sl_parse(arena, source->resolved, SL_PARSE_OPTIONAL_END, &script, err);
  if (rc) return rc;
  if (script.count != 1 || script.statements[0]->kind != SL_STMT_CREATE_SOURCE)
    return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The stored text of '" SL_STR_FMT "' does not create a source.",
                      SL_STR_ARG(source->name));
  sl_stmt_create_source *create = (sl_stmt_create_source *)script.statements[0];
  int count = create->element_count, first = source->schema.count - stmt->column_count;
  sl_element *elements = sl_arena_calloc(arena, (size_t)(count + stmt->column_count) + 1, sizeof *elements);
  memcpy(elements, create->elements, (size_t)count * sizeof *elements);
  for (int i = 0; i < stmt->column_count; i++) {
    elements[count] = stmt->columns[i];
    elements[count++].type = sl_type_ast(arena, source->schema.columns[first + i].type);
  }
  create->elements = elements;
  create->element_count = count;
  create->has_elements = true;
  source->resolved = sl_statement_shown(arena, &create->base);
  return 0;
}

int sl_plan_alter_source(const sl_planning *planning, const sl_stmt_alter_source *stmt, sl_source **out, sl_err *err) {
  const sl_source *old = sl_snapshot_source(planning->snapshot, stmt->name);
  int rc = check_source(stmt, old, err);
  if (rc) return rc;
  sl_source *source = sl_arena_zalloc(planning->arena, sizeof *source);
  *source = *old;
  if ((rc = add_columns(planning, stmt, &source->schema, err))) return rc;
  if ((rc = sl_check_upgrade(planning->arena, old, source, err))) return rc;
  if ((rc = check_format(planning, source, err))) return rc;
  source->text = sl_str_printf(planning->arena, SL_STR_FMT "\n" SL_STR_FMT, SL_STR_ARG(old->text),
                               SL_STR_ARG(sl_statement_stored(planning->arena, &stmt->base)));
  if ((rc = write_resolved(planning, stmt, source, err))) return rc;
  *out = source;
  return 0;
}
