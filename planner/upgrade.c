/* Upgrade check of a source that CREATE OR REPLACE or ALTER gives a new version (sql.md 7.4): same name, kind, topic
 * and timestamp column, same key columns, and value columns may only be added at the end. */
#include "planner/planner_int.h"

typedef struct report {
  sl_arena *arena;
  sl_str name;
  sl_buf text;
} report;

static void mismatch(report *r, const char *property, const char *from, const char *to) {
  if (r->text.len) sl_buf_add_z(&r->text, "\n\tAND ");
  sl_buf_printf(&r->text, "DataSource '`" SL_STR_FMT "`' has %s = %s which is not upgradeable to %s",
                SL_STR_ARG(r->name), property, from, to);
}

static bool same_column(const sl_column *a, const sl_column *b) {
  return b && sl_str_eq(a->name, b->name) && sl_type_equal(a->type, b->type) && sl_str_eq(a->header_key, b->header_key);
}

/* Old columns of a kind that are not at their place in the new schema, as text; empty if none. */
static const char *lost_columns(report *r, const sl_schema *from, const sl_schema *to, sl_column_kind kind) {
  sl_column *lost = sl_arena_calloc(r->arena, (size_t)from->count + 1, sizeof *lost);
  sl_schema schema = {lost, 0};
  const sl_column *column;
  for (int i = 0; (column = sl_schema_nth(from, kind, i)); i++)
    if (!same_column(column, sl_schema_nth(to, kind, i))) lost[schema.count++] = *column;
  return schema.count ? sl_schema_text(r->arena, &schema) : "";
}

static void compare_schemas(report *r, const sl_schema *from, const sl_schema *to) {
  const char *keys = lost_columns(r, from, to, SL_COLUMN_KEY);
  bool added_key = sl_schema_count(to, SL_COLUMN_KEY) > sl_schema_count(from, SL_COLUMN_KEY);
  const char *values = lost_columns(r, from, to, SL_COLUMN_VALUE);
  const char *headers = lost_columns(r, from, to, SL_COLUMN_HEADERS);
  const char *why = NULL;
  if (*keys || added_key)
    why = sl_arena_printf(r->arena,
                          ". (Key columns must be identical. The following key columns are changed, missing or "
                          "reordered: [%s])",
                          keys);
  else if (*values || *headers)
    why = sl_arena_printf(r->arena, ". (The following columns are changed, missing or reordered: [%s%s%s])", values,
                          *values && *headers ? ", " : "", headers);
  if (!why) return;
  mismatch(r, "schema", sl_schema_text(r->arena, from), sl_schema_text(r->arena, to));
  sl_buf_add_z(&r->text, why);
}

static const char *shown_timestamp(sl_arena *arena, const sl_source *source) {
  sl_str name = source->timestamp_column, format = source->timestamp_format;
  if (!name.len) return "none";
  return sl_arena_printf(arena, "`" SL_STR_FMT "`%s" SL_STR_FMT, SL_STR_ARG(name), format.len ? " " : "",
                         SL_STR_ARG(format));
}

static const char *shown_window(sl_arena *arena, const sl_source *source) {
  if (source->window == SL_WINDOW_NONE) return "none";
  if (!source->window_size) return sl_window_word(source->window);
  return sl_arena_printf(arena, "%s %lld ms", sl_window_word(source->window), (long long)source->window_size);
}

static const char *shown_formats(sl_arena *arena, const sl_source *source) {
  return sl_arena_printf(arena, SL_STR_FMT "/" SL_STR_FMT, SL_STR_ARG(source->key_format.name),
                         SL_STR_ARG(source->value_format.name));
}

int sl_check_upgrade(sl_arena *arena, const sl_source *from, const sl_source *to, sl_err *err) {
  report r = {.arena = arena, .name = from->name};
  if (from->kind != to->kind)
    mismatch(&r, "type", from->kind == SL_STREAM ? "KSTREAM" : "KTABLE", to->kind == SL_STREAM ? "KSTREAM" : "KTABLE");
  if (!sl_str_eq(from->topic, to->topic))
    mismatch(&r, "topic", sl_str_z(arena, from->topic), sl_str_z(arena, to->topic));
  if (!sl_format_spec_equal(&from->key_format, &to->key_format) ||
      !sl_format_spec_equal(&from->value_format, &to->value_format))
    mismatch(&r, "formats", shown_formats(arena, from), shown_formats(arena, to));
  if (from->window != to->window || from->window_size != to->window_size)
    mismatch(&r, "window", shown_window(arena, from), shown_window(arena, to));
  if (!sl_str_eq(from->timestamp_column, to->timestamp_column) ||
      !sl_str_eq(from->timestamp_format, to->timestamp_format))
    mismatch(&r, "timestampColumn", shown_timestamp(arena, from), shown_timestamp(arena, to));
  compare_schemas(&r, &from->schema, &to->schema);
  int rc = 0;
  if (r.text.len)
    rc = sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Cannot upgrade data source: " SL_STR_FMT,
                    SL_STR_ARG(sl_buf_str(&r.text)));
  sl_buf_done(&r.text);
  return rc;
}
