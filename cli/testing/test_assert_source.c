/* ASSERT STREAM and ASSERT TABLE: a source against a declaration. */
#include "cli/testing/test_run_sql.h"
#include "planner/planner.h"

typedef struct property {
  const char *name;
  sl_str (*text)(sl_arena *arena, const sl_source *source);
} property;

static sl_str schema_text(sl_arena *arena, const sl_source *source) {
  return sl_str_of(sl_schema_text(arena, &source->schema));
}
static sl_str type_text(sl_arena *arena, const sl_source *source) {
  (void)arena;
  return sl_str_of(source->kind == SL_STREAM ? "KSTREAM" : "KTABLE");
}
static sl_str topic_text(sl_arena *arena, const sl_source *source) {
  (void)arena;
  return source->topic;
}
static sl_str key_format_text(sl_arena *arena, const sl_source *source) {
  (void)arena;
  return source->key_format.name;
}
static sl_str value_format_text(sl_arena *arena, const sl_source *source) {
  (void)arena;
  return source->value_format.name;
}
static sl_str properties_text(sl_arena *arena, const sl_format_spec *spec) {
  sl_buf out = {0};
  for (int i = 0; i < spec->property_count; i++)
    sl_buf_printf(&out, "%s" SL_STR_FMT "=" SL_STR_FMT, i ? ", " : "", SL_STR_ARG(spec->properties[i].name),
                  SL_STR_ARG(spec->properties[i].value));
  sl_str text = sl_str_printf(arena, "{" SL_STR_FMT "}", SL_STR_ARG(sl_buf_str(&out)));
  sl_buf_done(&out);
  return text;
}
static sl_str key_properties_text(sl_arena *arena, const sl_source *source) {
  return properties_text(arena, &source->key_format);
}
static sl_str value_properties_text(sl_arena *arena, const sl_source *source) {
  return properties_text(arena, &source->value_format);
}
static sl_str features_text(sl_arena *arena, const sl_source *source) {
  (void)arena;
  static const char *const NAMES[] = {
      [SL_WRAP_DEFAULT] = "[]", [SL_WRAP] = "[WRAP_SINGLES]", [SL_UNWRAP] = "[UNWRAP_SINGLES]"};
  return sl_str_of(NAMES[source->value_format.wrapping]);
}
static sl_str timestamp_column_text(sl_arena *arena, const sl_source *source) {
  (void)arena;
  return source->timestamp_column;
}
static sl_str timestamp_format_text(sl_arena *arena, const sl_source *source) {
  (void)arena;
  return source->timestamp_format;
}

static const property PROPERTIES[] = {
    {"schema", schema_text},
    {"type", type_text},
    {"kafka topic", topic_text},
    {"key format", key_format_text},
    {"key format properties", key_properties_text},
    {"value format", value_format_text},
    {"value format properties", value_properties_text},
    {"value serde features", features_text},
    {"timestamp column", timestamp_column_text},
    {"timestamp format", timestamp_format_text},
};

/* Differences of the first property that differs, in the order of the table. */
static int compare(sl_arena *arena, const sl_source *expected, const sl_source *actual, sl_err *err) {
  for (size_t i = 0; i < sizeof PROPERTIES / sizeof *PROPERTIES; i++) {
    sl_str want = PROPERTIES[i].text(arena, expected), got = PROPERTIES[i].text(arena, actual);
    if (sl_str_eq(want, got)) continue;
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Expected %s does not match actual for source " SL_STR_FMT ".\n\tExpected: " SL_STR_FMT
                      "\n\tActual: " SL_STR_FMT,
                      PROPERTIES[i].name, SL_STR_ARG(actual->name), SL_STR_ARG(want), SL_STR_ARG(got));
  }
  return 0;
}

int sl_test_assert_source(sl_test_sql *run, const sl_stmt_assert_source *stmt, sl_test_failure *failure, sl_err *err) {
  *failure = SL_TEST_STATEMENT_FAILED;
  sl_snapshot *snapshot = sl_engine_snapshot(run->world.engine);
  const sl_source *actual = sl_snapshot_source(snapshot, stmt->source.name);
  sl_planning planning;
  sl_test_sql_planning(run, snapshot, &planning);
  planning.stored = true; /* of a source that exists */
  sl_source_plan plan = {0};
  int code = actual ? 0
                    : sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Unknown data source " SL_STR_FMT,
                                 SL_STR_ARG(stmt->source.name));
  if (!code) code = sl_plan_create_source(&planning, &stmt->source, &plan, err);
  if (!code) code = compare(run->arena, plan.source, actual, err);
  sl_snapshot_unref(snapshot);
  return code;
}
