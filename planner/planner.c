/* Look-ups that every part of planning needs: sources in the right version, topics, custom types, hints, small texts.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "planner/planner.h"

#include <ctype.h>
#include <pcre2.h>

#include "planner/planner_int.h"

bool sl_planning_topic(const sl_planning *planning, sl_str name, int32_t *partitions, sl_topic_id *id) {
  int32_t found_partitions = 0;
  sl_topic_id found_id = {{0}};
  if (!planning->topics || !planning->topics->find(planning->topics->ctx, name, &found_partitions, &found_id))
    return false;
  if (partitions) *partitions = found_partitions;
  if (id) *id = found_id;
  return true;
}

const char *sl_kind_word(sl_source_kind kind) {
  return kind == SL_STREAM ? "stream" : "table";
}
const char *sl_kind_title(sl_source_kind kind) {
  return kind == SL_STREAM ? "Stream" : "Table";
}

const char *sl_window_word(sl_window_kind kind) {
  static const char *const words[] = {[SL_WINDOW_NONE] = "",
                                      [SL_WINDOW_TUMBLING] = "TUMBLING",
                                      [SL_WINDOW_HOPPING] = "HOPPING",
                                      [SL_WINDOW_SESSION] = "SESSION"};
  return words[kind];
}

static sl_str join(sl_arena *arena, const sl_str *items, int count, const char *last) {
  sl_buf buf = {0};
  for (int i = 0; i < count; i++) {
    if (i) sl_buf_add_z(&buf, i == count - 1 ? last : ", ");
    sl_buf_add_str(&buf, items[i]);
  }
  sl_str out = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return out;
}

sl_str sl_join_and(sl_arena *arena, const sl_str *items, int count) {
  return join(arena, items, count, " and ");
}
sl_str sl_join_or(sl_arena *arena, const sl_str *items, int count) {
  return join(arena, items, count, " or ");
}
sl_str sl_join_comma(sl_arena *arena, const sl_str *items, int count) {
  return join(arena, items, count, ", ");
}

/* Does text match the pattern as a whole? A pattern that is none matches nothing. */
static bool matches(sl_str pattern, sl_str text) {
  int code;
  PCRE2_SIZE at;
  pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len,
                                 PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL, &code, &at, NULL);
  if (!re) return false;
  pcre2_match_data *data = pcre2_match_data_create_from_pattern(re, NULL);
  int found = pcre2_match(re, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, NULL);
  pcre2_match_data_free(data);
  pcre2_code_free(re);
  return found >= 0;
}

bool sl_settings_match(const sl_settings *settings, const char *property, sl_str text) {
  sl_str list = sl_settings_str(settings, property);
  size_t start = 0;
  for (size_t at = 0; at <= list.len; at++) {
    if (at < list.len && list.ptr[at] != ',') continue;
    sl_str pattern = sl_str_trim(sl_str_n(list.ptr + start, at - start));
    if (pattern.len && matches(pattern, text)) return true;
    start = at + 1;
  }
  return false;
}

sl_column *sl_columns_of(sl_arena *arena, const sl_schema *schema, sl_column_kind kind, int *count) {
  sl_column *out = sl_arena_calloc(arena, (size_t)schema->count + 1, sizeof *out);
  int n = 0;
  for (int i = 0; i < schema->count; i++) {
    const sl_column *column = &schema->columns[i];
    if (column->kind != kind) continue;
    out[n] = *column;
    out[n].name = sl_str_dup(arena, column->name);
    out[n].type = sl_type_copy(arena, column->type);
    n++;
  }
  *count = n;
  return out;
}

sl_format_spec sl_format_spec_copy(sl_arena *arena, const sl_format_spec *spec) {
  sl_format_spec out = *spec;
  sl_format_property *properties = sl_arena_calloc(arena, (size_t)spec->property_count + 1, sizeof *properties);
  out.name = sl_str_dup(arena, spec->name);
  for (int i = 0; i < spec->property_count; i++)
    properties[i] =
        (sl_format_property){sl_str_dup(arena, spec->properties[i].name), sl_str_dup(arena, spec->properties[i].value)};
  out.properties = properties;
  return out;
}

bool sl_format_spec_equal(const sl_format_spec *a, const sl_format_spec *b) {
  if (!sl_str_eq(a->name, b->name) || a->wrapping != b->wrapping || a->property_count != b->property_count)
    return false;
  for (int i = 0; i < a->property_count; i++)
    if (!sl_str_eq(a->properties[i].name, b->properties[i].name) ||
        !sl_str_eq(a->properties[i].value, b->properties[i].value))
      return false;
  return true;
}

/* ---- typing ---- */

static const sl_type *custom_type(void *ctx, sl_str name) {
  const sl_planning *planning = ctx;
  const sl_custom_type *type = sl_snapshot_type(planning->snapshot, name);
  return type ? sl_type_copy(planning->arena, type->type) : NULL;
}

void sl_planning_typing(const sl_planning *planning, sl_typing *out) {
  *out = (sl_typing){
      .nested_null = sl_settings_bool(planning->settings, "ksql.nested.error.set.null"),
      .preserve_nulls = sl_settings_bool(planning->settings, "ksql.cast.strings.preserve.nulls"),
      .lambdas_enabled = sl_settings_bool(planning->settings, "ksql.lambdas.enabled"),
      .now_ms = planning->now_ms,
      .custom_type = custom_type,
      .custom_ctx = (void *)(uintptr_t)planning,
  };
}

/* ---- did you mean ---- */

static bool has_lower(sl_str name) {
  for (size_t i = 0; i < name.len; i++)
    if (islower((unsigned char)name.ptr[i])) return true;
  return false;
}

const char *sl_planning_hint(const sl_planning *planning, sl_str name, const sl_source_kind *kind) {
  sl_vec found = {.arena = planning->arena};
  const sl_source *source;
  for (size_t i = 0; (source = sl_snapshot_source_at(planning->snapshot, i)); i++)
    if (sl_str_eq_nocase(source->name, name) && (!kind || source->kind == *kind))
      sl_vec_push(&found, (void *)(uintptr_t)source);
  if (!found.len) return "";
  source = sl_vec_at(&found, 0);
  if (found.len == 1 && !has_lower(source->name))
    return sl_arena_printf(planning->arena,
                           "\nDid you mean " SL_STR_FMT "? Hint: try removing double quotes from the source name.",
                           SL_STR_ARG(source->name));
  sl_buf buf = {0};
  sl_buf_add_z(&buf, "\nDid you mean ");
  for (size_t i = 0; i < found.len; i++) {
    source = sl_vec_at(&found, i);
    if (i) sl_buf_add_z(&buf, found.len == 2 ? " or " : i == found.len - 1 ? ", or " : ", ");
    sl_buf_printf(&buf, "\"" SL_STR_FMT "\"", SL_STR_ARG(source->name));
    if (found.len > 1) sl_buf_add_z(&buf, source->kind == SL_STREAM ? " (STREAM)" : " (TABLE)");
  }
  sl_buf_add_z(&buf, "? Hint: wrap the source name in double quotes to make it case-sensitive.");
  const char *out = sl_arena_dup(planning->arena, buf.data, buf.len);
  sl_buf_done(&buf);
  return out;
}
