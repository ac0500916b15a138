/* INSERT INTO ... VALUES: one record, evaluated, coerced to the columns' types and encoded in the source's formats
 * (sql.md 6.7, semantics.md 8.1). */
#include "parser/parser.h"
#include "planner/planner_int.h"
#include "types/cast.h"

typedef struct insertion {
  const sl_planning *planning;
  const sl_stmt_insert_values *stmt;
  const sl_source *target;
  sl_insert_plan plan;
} insertion;

static bool is_rowtime(sl_str name) {
  return sl_str_eq_z(name, "ROWTIME");
}

/* ---- the statement as such ---- */

static bool lists(const sl_stmt_insert_values *stmt, sl_str name) {
  for (int i = 0; i < stmt->column_count; i++)
    if (sl_str_eq(stmt->columns[i], name)) return true;
  return false;
}

static int check_headers(const insertion *in, sl_err *err) {
  const sl_schema *schema = &in->target->schema;
  sl_str *names = sl_arena_calloc(in->planning->arena, (size_t)schema->count + 1, sizeof *names);
  int count = 0;
  const sl_column *column;
  for (int i = 0; (column = sl_schema_nth(schema, SL_COLUMN_HEADERS, i)); i++)
    if (!in->stmt->has_columns || lists(in->stmt, column->name)) names[count++] = column->name;
  if (!count) return 0;
  return sl_err_set(err, SL_E_REQUEST, SL_NO_POS, "Cannot insert into HEADER columns: " SL_STR_FMT,
                    SL_STR_ARG(sl_join_comma(in->planning->arena, names, count)));
}

static int check_target(insertion *in, sl_err *err) {
  const sl_planning *planning = in->planning;
  if (!in->stmt->value_count)
    return sl_err_set(err, SL_E_STATEMENT, in->stmt->base.pos,
                      "Failed to prepare statement: Expected some values for INSERT INTO statement.");
  const sl_source *target = sl_snapshot_source(planning->snapshot, in->stmt->target);
  if (!target)
    return sl_err_set(err, SL_E_REQUEST, SL_NO_POS,
                      "Cannot insert values into an unknown stream/table: `" SL_STR_FMT "`%s",
                      SL_STR_ARG(in->stmt->target), sl_planning_hint(planning, in->stmt->target, NULL));
  in->target = target;
  if (target->window != SL_WINDOW_NONE)
    return sl_err_set(err, SL_E_REQUEST, SL_NO_POS, "Cannot insert values into windowed stream/table!");
  if (sl_settings_match(planning->settings, "ksql.readonly.topics", target->topic))
    return sl_err_set(err, SL_E_REQUEST, SL_NO_POS, "Cannot insert values into read-only topic: " SL_STR_FMT,
                      SL_STR_ARG(target->topic));
  if (target->is_source)
    return sl_err_set(err, SL_E_REQUEST, SL_NO_POS, "Cannot insert values into read-only %s: " SL_STR_FMT,
                      sl_kind_word(target->kind), SL_STR_ARG(target->name));
  int rc = check_headers(in, err);
  if (rc) return rc;
  if (sl_settings_bool(planning->settings, "ksql.insert.into.values.enabled")) return 0;
  return sl_err_set(err, SL_E_REQUEST, SL_NO_POS,
                    "The server has disabled INSERT INTO ... VALUES functionality. To enable it, restart your ksqlDB "
                    "server with 'ksql.insert.into.values.enabled'=true");
}

/* ---- columns ---- */

static sl_str implicit_column(const sl_schema *schema, int at) {
  int keys = sl_schema_count(schema, SL_COLUMN_KEY);
  const sl_column *column =
      at < keys ? sl_schema_nth(schema, SL_COLUMN_KEY, at) : sl_schema_nth(schema, SL_COLUMN_VALUE, at - keys);
  return column->name;
}

static int check_implicit_count(const insertion *in, sl_err *err) {
  const sl_schema *schema = &in->target->schema;
  int expected = sl_schema_count(schema, SL_COLUMN_KEY) + sl_schema_count(schema, SL_COLUMN_VALUE);
  if (in->stmt->has_columns || in->stmt->value_count == expected) return 0;
  sl_str *texts = sl_arena_calloc(in->planning->arena, (size_t)in->stmt->value_count + 1, sizeof *texts);
  for (int i = 0; i < in->stmt->value_count; i++)
    texts[i] = sl_str_of(sl_expr_text(in->planning->arena, in->stmt->values[i]));
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Expected a value for each column. Expected Columns: []. Got [" SL_STR_FMT "]",
                    SL_STR_ARG(sl_join_comma(in->planning->arena, texts, in->stmt->value_count)));
}

static int check_column(const insertion *in, int at, sl_err *err) {
  sl_str name = in->stmt->columns[at];
  for (int i = 0; i < at; i++)
    if (sl_str_eq(in->stmt->columns[i], name))
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Column name `" SL_STR_FMT "` is given twice.",
                        SL_STR_ARG(name));
  if (sl_is_pseudo_column(name) && !is_rowtime(name))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Inserting into column `" SL_STR_FMT "` is not allowed.",
                      SL_STR_ARG(name));
  if (is_rowtime(name) || sl_schema_find(&in->target->schema, name) >= 0) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Column name `" SL_STR_FMT "` does not exist.", SL_STR_ARG(name));
}

static int check_primary_key(const insertion *in, sl_err *err) {
  if (in->target->kind != SL_TABLE) return 0;
  const sl_schema *schema = &in->target->schema;
  sl_str *missing = sl_arena_calloc(in->planning->arena, (size_t)schema->count + 1, sizeof *missing);
  int count = 0;
  for (int i = 0; i < schema->count; i++)
    if (schema->columns[i].kind == SL_COLUMN_KEY && !in->plan.given[i]) missing[count++] = schema->columns[i].name;
  if (!count) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Value for primary key column(s) " SL_STR_FMT " is required for tables",
                    SL_STR_ARG(sl_join_comma(in->planning->arena, missing, count)));
}

/* ---- values ---- */

static bool any_column(void *ctx, const sl_expr *column) {
  (void)ctx, (void)column;
  return true;
}

static int bad_type(const insertion *in, sl_str name, const sl_type *want, const sl_type *got, const sl_value *value,
                    sl_err *err) {
  static const char *const hints[SL_BASE_COUNT] = {
      [SL_TIMESTAMP] = ". Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]",
      [SL_TIME] = ". Time format must be hh:mm:ss[.S]",
      [SL_DATE] = ". Date format must be yyyy-mm-dd",
  };
  sl_buf text = {0};
  sl_value_print(&text, got, value);
  int rc = sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Expected type %s for field `" SL_STR_FMT "` but got %s(" SL_STR_FMT ")%s",
                      sl_type_text(in->planning->arena, want), SL_STR_ARG(name), sl_base_name(got->base),
                      SL_STR_ARG(sl_buf_str(&text)), hints[want->base] ? hints[want->base] : "");
  sl_buf_done(&text);
  return rc;
}

/* Evaluates one value and coerces it, strictly, to its column's type. */
static int evaluate(const insertion *in, sl_str name, const sl_expr *expr, const sl_type *want, sl_value *out,
                    sl_err *err) {
  sl_arena *arena = in->planning->arena;
  expr = sl_name_units(in->planning, expr, err);
  if (!expr) return err->code;
  if (sl_expr_any_column(expr, any_column, NULL))
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Unsupported column reference in insert value: %s",
                      sl_expr_text(arena, expr));
  sl_layout nothing = {0};
  sl_typing typing;
  sl_planning_typing(in->planning, &typing);
  typing.layout = &nothing;
  const sl_typed *typed = NULL;
  sl_value value;
  int rc = sl_typed_build(arena, expr, &typing, &typed, err);
  if (!rc) rc = sl_typed_value(arena, typed, &value, err);
  if (rc) return rc;
  const sl_type *got = sl_typed_type(typed);
  if (sl_is_null(&value)) {
    *out = sl_null();
    return 0;
  }
  sl_err ignored = {0};
  bool fits = sl_coerce_supported(got, want, false) && !sl_coerce(arena, got, want, &value, false, out, &ignored);
  sl_err_done(&ignored);
  return fits ? 0 : bad_type(in, name, want, got, &value, err);
}

static int read_values(insertion *in, sl_err *err) {
  const sl_schema *schema = &in->target->schema;
  sl_arena *arena = in->planning->arena;
  in->plan.values = sl_arena_calloc(arena, (size_t)schema->count + 1, sizeof *in->plan.values);
  in->plan.given = sl_arena_calloc(arena, (size_t)schema->count + 1, sizeof *in->plan.given);
  in->plan.timestamp = in->planning->now_ms;
  int rc = check_implicit_count(in, err);
  for (int i = 0; !rc && in->stmt->has_columns && i < in->stmt->column_count; i++) rc = check_column(in, i, err);
  for (int i = 0; !rc && i < in->stmt->value_count; i++) {
    sl_str name = in->stmt->has_columns ? in->stmt->columns[i] : implicit_column(schema, i);
    int at = sl_schema_find(schema, name);
    if (at >= 0) {
      in->plan.given[at] = true;
      rc = evaluate(in, name, in->stmt->values[i], schema->columns[at].type, &in->plan.values[at], err);
      continue;
    }
    sl_value rowtime = sl_null();
    rc = evaluate(in, name, in->stmt->values[i], &SL_TYPE_BIGINT, &rowtime, err);
    if (rc || sl_is_null(&rowtime)) continue;
    in->plan.timestamp = rowtime.i64;
  }
  return rc ? rc : check_primary_key(in, err);
}

/* ---- bytes ---- */

static int encode(insertion *in, bool is_key, sl_err *err) {
  const sl_source *target = in->target;
  sl_arena *arena = in->planning->arena;
  sl_column_kind kind = is_key ? SL_COLUMN_KEY : SL_COLUMN_VALUE;
  int count = 0, at = 0;
  sl_column *columns = sl_columns_of(arena, &target->schema, kind, &count);
  sl_value *values = sl_arena_calloc(arena, (size_t)count + 1, sizeof *values);
  for (int i = 0; i < target->schema.count; i++)
    if (target->schema.columns[i].kind == kind) values[at++] = in->plan.values[i];
  sl_serde *serde = NULL;
  sl_err inner = {0};
  sl_buf bytes = {0};
  bool null = false;
  const sl_format_spec *spec = is_key ? &target->key_format : &target->value_format;
  int rc = sl_serde_new(spec, columns, count, is_key, sl_str_z(arena, target->topic), &serde, &inner);
  if (!rc) rc = sl_serde_encode(serde, values, &bytes, &null, &inner);
  if (rc && is_key)
    sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Could not serialize key");
  else if (rc)
    sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Could not serialize value%s", inner.message);
  sl_str text = null || rc ? (sl_str){0} : sl_str_dup(arena, sl_buf_str(&bytes));
  *(is_key ? &in->plan.key_null : &in->plan.value_null) = null;
  *(is_key ? &in->plan.key : &in->plan.value) = text;
  sl_serde_free(serde);
  sl_buf_done(&bytes);
  sl_err_done(&inner);
  return rc ? SL_E_STATEMENT : 0;
}

/* The statement has no FROM, so that no qualifier can be right. */
static bool find_qualifier(const sl_expr *expr, void *ctx) {
  const sl_expr **found = ctx;
  if (!*found && expr->kind == SL_EXPR_COLUMN && expr->source.len) *found = expr;
  return !*found;
}

static int check_qualifiers(const sl_stmt_insert_values *stmt, sl_err *err) {
  const sl_expr *found = NULL;
  for (int i = 0; i < stmt->value_count && !found; i++) sl_expr_walk(stmt->values[i], find_qualifier, &found);
  return found ? sl_unknown_qualifier(found->source, found->pos, err) : 0;
}

int sl_plan_insert_values(const sl_planning *planning, const sl_stmt_insert_values *stmt, sl_insert_plan *out,
                          sl_err *err) {
  insertion in = {.planning = planning, .stmt = stmt};
  int rc = check_qualifiers(stmt, err);
  if (!rc) rc = check_target(&in, err);
  if (rc) return rc;
  in.plan.target = in.target;
  rc = read_values(&in, err);
  if (!rc) rc = encode(&in, true, err);
  if (!rc) rc = encode(&in, false, err);
  if (rc) {
    if (err) sl_err_prefix(err, "Failed to insert values into '" SL_STR_FMT "'. ", SL_STR_ARG(in.target->name));
    return rc;
  }
  *out = in.plan;
  return 0;
}
