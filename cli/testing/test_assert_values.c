/* ASSERT VALUES and ASSERT NULL VALUES: the next record of a source's topic against listed columns. */
#include "cli/testing/test_record.h"
#include "cli/testing/test_run_sql.h"
#include "expressions/typed.h"
#include "planner/planner.h"
#include "types/cast.h"

/* A record decoded by its source. */
typedef struct row {
  const sl_test_record *record;
  sl_value *values; /* one per schema column; header columns stay NULL */
  bool tombstone;
  sl_test_window window;
} row;

/* ---- a record ---- */

static int decode_side(sl_arena *arena, const sl_source *source, sl_column_kind kind, sl_str bytes, sl_value *values,
                       sl_err *err) {
  const sl_schema *schema = &source->schema;
  int count = sl_schema_count(schema, kind), at = 0;
  if (!bytes.ptr || !count) return 0;
  bool is_key = kind == SL_COLUMN_KEY;
  sl_column *columns = sl_arena_calloc(arena, (size_t)count, sizeof *columns);
  sl_value *decoded = sl_arena_calloc(arena, (size_t)count, sizeof *decoded);
  for (int i = 0; i < count; i++) columns[i] = *sl_schema_nth(schema, kind, i);
  sl_serde *serde = NULL;
  int code = sl_serde_new(is_key ? &source->key_format : &source->value_format, columns, count, is_key,
                          sl_str_z(arena, source->topic), &serde, err);
  if (!code) code = sl_serde_decode(serde, (const uint8_t *)bytes.ptr, bytes.len, NULL, arena, decoded, err);
  for (int i = 0; i < schema->count && !code; i++)
    if (schema->columns[i].kind == kind) values[i] = sl_value_copy(arena, schema->columns[i].type, &decoded[at++]);
  sl_serde_free(serde);
  return code;
}

static int decode(sl_arena *arena, const sl_source *source, const sl_test_record *record, row *out, sl_err *err) {
  *out = (row){.record = record, .tombstone = !record->value.ptr};
  out->values = sl_arena_calloc(arena, (size_t)source->schema.count + 1, sizeof *out->values);
  sl_str key = record->key;
  int code = sl_test_decode_window(source, &key, &out->window, err);
  if (!code) code = decode_side(arena, source, SL_COLUMN_KEY, key, out->values, err);
  if (!code) code = decode_side(arena, source, SL_COLUMN_VALUE, record->value, out->values, err);
  return code ? sl_err_prefix(err, "A record of %s cannot be decoded: ", sl_str_z(arena, source->topic)) : 0;
}

/* ---- columns: those of the schema, ROWTIME and window bounds ---- */

static int64_t row_time(const row *r) {
  return r->record->timestamp;
}
static int64_t window_start(const row *r) {
  return r->window.start;
}
static int64_t window_end(const row *r) {
  return r->window.end;
}
static const struct {
  const char *name;
  int64_t (*get)(const row *r);
  bool windowed;
} PSEUDO[] = {{"ROWTIME", row_time, false}, {"WINDOWSTART", window_start, true}, {"WINDOWEND", window_end, true}};
enum { PSEUDO_COUNT = sizeof PSEUDO / sizeof *PSEUDO };

typedef struct target {
  sl_str name;
  const sl_type *type;
  int column; /* of the schema, or -1 - index in PSEUDO */
} target;

static int find_target(const sl_source *source, sl_str name, target *out, sl_err *err) {
  *out = (target){.name = name, .column = sl_schema_find(&source->schema, name)};
  if (out->column >= 0) {
    out->type = source->schema.columns[out->column].type;
    return 0;
  }
  for (int i = 0; i < PSEUDO_COUNT; i++) {
    if (!sl_str_eq_z(name, PSEUDO[i].name) || (PSEUDO[i].windowed && source->window == SL_WINDOW_NONE)) continue;
    out->type = &SL_TYPE_BIGINT;
    out->column = -1 - i;
    return 0;
  }
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Column name `" SL_STR_FMT "` does not exist.", SL_STR_ARG(name));
}

static sl_value actual_value(const row *r, const target *t) {
  return t->column >= 0 ? r->values[t->column] : sl_of_i64(PSEUDO[-1 - t->column].get(r));
}

static int evaluate(const sl_planning *planning, const sl_expr *expr, const target *t, sl_value *out, sl_err *err) {
  sl_layout nothing = {0};
  sl_typing typing;
  sl_planning_typing(planning, &typing);
  typing.layout = &nothing;
  const sl_typed *typed;
  sl_value value;
  int code = sl_typed_build(planning->arena, expr, &typing, &typed, err);
  if (!code) code = sl_typed_value(planning->arena, typed, &value, err);
  if (code) return code;
  const sl_type *type = sl_typed_type(typed);
  *out = sl_null();
  if (sl_is_null(&value)) return 0;
  if (!sl_coerce_supported(type, t->type, false))
    return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Expected type %s for field `" SL_STR_FMT "` but got %s",
                      sl_type_text(planning->arena, t->type), SL_STR_ARG(t->name), sl_type_text(planning->arena, type));
  return sl_coerce(planning->arena, type, t->type, &value, false, out, err);
}

/* ---- the difference ---- */

static void print_line(sl_buf *out, const char *label, const target *targets, const sl_value *values, int count,
                       bool tombstone, const sl_source *source) {
  sl_buf_printf(out, "\n    %-9s", label);
  for (int i = 0; i < count; i++) {
    bool is_value = targets[i].column >= 0 && source->schema.columns[targets[i].column].kind == SL_COLUMN_VALUE;
    sl_buf_add_z(out, i ? " | " : "");
    if (tombstone && is_value)
      sl_buf_add_z(out, "<TOMBSTONE>");
    else if (values)
      sl_value_print(out, targets[i].type, &values[i]);
    else
      sl_buf_add_str(out, targets[i].name);
  }
}

typedef struct assertion {
  sl_test_sql *run;
  const sl_stmt_assert_values *stmt;
  const sl_source *source;
  target *targets;
  sl_value *expected, *actual;
  int count;
  row row;
} assertion;

static int mismatch(const assertion *a, sl_err *err) {
  sl_buf text = {0};
  print_line(&text, "", a->targets, NULL, a->count, false, a->source);
  print_line(&text, "EXPECTED", a->targets, a->expected, a->count, a->stmt->null_values, a->source);
  print_line(&text, "ACTUAL", a->targets, a->actual, a->count, a->row.tombstone, a->source);
  int code = sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "Expected record does not match actual.%s", sl_buf_z(&text));
  sl_buf_done(&text);
  return code;
}

static int no_more(const assertion *a, const sl_test_topic *topic, sl_err *err) {
  sl_buf text = {0};
  for (size_t i = 0; i < topic->records.len; i++) {
    row r;
    sl_err bad = {0};
    sl_buf_printf(&text, "\n    %zu:", i);
    if (decode(a->run->arena, a->source, sl_vec_at(&topic->records, i), &r, &bad))
      sl_buf_printf(&text, " (%s)", bad.message);
    else
      sl_buf_printf(&text, " ROWTIME=%lld%s", (long long)r.record->timestamp, r.tombstone ? " <TOMBSTONE>" : "");
    for (int c = 0; c < a->source->schema.count && !bad.code; c++) {
      const sl_column *column = &a->source->schema.columns[c];
      if (column->kind == SL_COLUMN_HEADERS || (r.tombstone && column->kind == SL_COLUMN_VALUE)) continue;
      sl_buf_printf(&text, " " SL_STR_FMT "=", SL_STR_ARG(column->name));
      sl_value_print(&text, column->type, &r.values[c]);
    }
    sl_err_done(&bad);
  }
  int code = sl_err_set(err, SL_E_ASSERTION, SL_NO_POS,
                        "Expected another record, but all records have already been read:%s", sl_buf_z(&text));
  sl_buf_done(&text);
  return code;
}

/* ---- the statement ---- */

static int read_expected(assertion *a, const sl_planning *planning, sl_err *err) {
  const sl_stmt_assert_values *stmt = a->stmt;
  sl_arena *arena = a->run->arena;
  if (stmt->has_columns && stmt->column_count != stmt->value_count)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Expected number columns and values to match: %d, %d",
                      stmt->column_count, stmt->value_count);
  size_t size = (size_t)stmt->column_count + 1;
  a->count = stmt->has_columns ? stmt->column_count : 0;
  a->targets = sl_arena_calloc(arena, size, sizeof *a->targets);
  a->expected = sl_arena_calloc(arena, size, sizeof *a->expected);
  a->actual = sl_arena_calloc(arena, size, sizeof *a->actual);
  for (int i = 0; i < a->count; i++) {
    target *t = &a->targets[i];
    int code = find_target(a->source, stmt->columns[i], t, err);
    if (!code) code = evaluate(planning, stmt->values[i], t, &a->expected[i], err);
    if (code) return code;
    bool is_value = t->column >= 0 && a->source->schema.columns[t->column].kind == SL_COLUMN_VALUE;
    if (stmt->null_values && is_value && !sl_is_null(&a->expected[i]))
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Unexpected value columns specified in ASSERT NULL VALUES.");
  }
  return 0;
}

static int compare(assertion *a, sl_err *err) {
  bool same = a->row.tombstone == a->stmt->null_values;
  for (int i = 0; i < a->count; i++) {
    const target *t = &a->targets[i];
    a->actual[i] = actual_value(&a->row, t);
    bool skipped = t->column >= 0 && a->source->schema.columns[t->column].kind == SL_COLUMN_HEADERS;
    if (!skipped && !sl_value_equal(t->type, &a->expected[i], &a->actual[i])) same = false;
  }
  return same ? 0 : mismatch(a, err);
}

int sl_test_assert_values(sl_test_sql *run, const sl_stmt_assert_values *stmt, sl_test_failure *failure, sl_err *err) {
  *failure = SL_TEST_STATEMENT_FAILED;
  sl_snapshot *snapshot = sl_engine_snapshot(run->world.engine);
  assertion a = {.run = run, .stmt = stmt, .source = sl_snapshot_source(snapshot, stmt->source)};
  sl_planning planning;
  sl_test_sql_planning(run, snapshot, &planning);
  sl_test_topic *topic = NULL;
  int code = a.source ? 0
                      : sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Unknown data source " SL_STR_FMT,
                                   SL_STR_ARG(stmt->source));
  if (!code) code = sl_test_sql_topic(run, a.source->topic, &topic, err);
  if (!code) code = read_expected(&a, &planning, err);
  if (!code) {
    *failure = SL_TEST_ASSERTION;
    bool there = topic->read < topic->records.len;
    code = there ? decode(run->arena, a.source, sl_vec_at(&topic->records, topic->read), &a.row, err)
                 : no_more(&a, topic, err);
    topic->read += there;
    if (!code) code = compare(&a, err);
  }
  sl_snapshot_unref(snapshot);
  return code;
}
