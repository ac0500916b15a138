/* Formats of sources, sinks and internal topics: which format a side gets, with which properties and wrapping
 * (sql.md 4.3, 4.5; formats.md 1.1, 1.2, 1.7). What a format can hold is for formats/ to say. */
#include "planner/planner_int.h"

typedef struct side_property {
  const char *name; /* in the format's map; ascending */
  sl_with_id key, value;
} side_property;

static const side_property side_properties[] = {
    {"delimiter", SL_WITH_KEY_DELIMITER, SL_WITH_VALUE_DELIMITER},
    {"fullSchemaName", SL_WITH_KEY_SCHEMA_FULL_NAME, SL_WITH_VALUE_SCHEMA_FULL_NAME},
    {"nullableRepresentation", SL_WITH_KEY_PROTOBUF_NULLABLE_REPRESENTATION,
     SL_WITH_VALUE_PROTOBUF_NULLABLE_REPRESENTATION},
    {"schemaId", SL_WITH_KEY_SCHEMA_ID, SL_WITH_VALUE_SCHEMA_ID},
};
enum { SIDE_PROPERTIES = sizeof side_properties / sizeof *side_properties };

static bool in_list(const char *const *list, const char *name) {
  for (; list && *list; list++)
    if (!strcmp(*list, name)) return true;
  return false;
}

static sl_str given_property(sl_arena *arena, const sl_with *with, bool is_key, const side_property *property) {
  sl_with_id id = is_key ? property->key : property->value;
  if (id == SL_WITH_VALUE_SCHEMA_FULL_NAME && sl_with_has(with, SL_WITH_VALUE_AVRO_SCHEMA_FULL_NAME))
    id = SL_WITH_VALUE_AVRO_SCHEMA_FULL_NAME;
  if (!sl_with_has(with, id)) return (sl_str){0};
  if (id == SL_WITH_KEY_SCHEMA_ID || id == SL_WITH_VALUE_SCHEMA_ID)
    return sl_str_printf(arena, "%lld", (long long)with->values[id].number);
  sl_str text = sl_with_text(with, id);
  if (id == SL_WITH_KEY_PROTOBUF_NULLABLE_REPRESENTATION || id == SL_WITH_VALUE_PROTOBUF_NULLABLE_REPRESENTATION)
    return sl_str_lower(arena, text);
  return text.ptr ? text : sl_str_of("");
}

static sl_str inherited_property(const sl_format *format, const sl_format_spec *inherited, const char *name) {
  if (!inherited || !sl_str_eq_z(inherited->name, format->name) || !in_list(format->inheritable, name))
    return (sl_str){0};
  for (int i = 0; i < inherited->property_count; i++)
    if (sl_str_eq_z(inherited->properties[i].name, name)) return inherited->properties[i].value;
  return (sl_str){0};
}

static void fill_properties(sl_arena *arena, const sl_with *with, bool is_key, const sl_format *format,
                            const sl_format_spec *inherited, sl_format_spec *spec) {
  sl_format_property *list = sl_arena_calloc(arena, SIDE_PROPERTIES + 1, sizeof *list);
  int count = 0;
  for (int i = 0; i < SIDE_PROPERTIES; i++) {
    sl_str value = given_property(arena, with, is_key, &side_properties[i]);
    if (!value.ptr) value = inherited_property(format, inherited, side_properties[i].name);
    if (value.ptr) list[count++] = (sl_format_property){sl_str_of(side_properties[i].name), value};
  }
  spec->properties = list;
  spec->property_count = count;
}

static sl_str chosen_name(const sl_planning *planning, const sl_with *with, bool is_key,
                          const sl_format_spec *inherited) {
  sl_with_id own = is_key ? SL_WITH_KEY_FORMAT : SL_WITH_VALUE_FORMAT;
  if (sl_with_has(with, own)) return sl_with_text(with, own);
  if (sl_with_has(with, SL_WITH_FORMAT)) return sl_with_text(with, SL_WITH_FORMAT);
  if (inherited) return inherited->name;
  return sl_settings_str(planning->settings,
                         is_key ? "ksql.persistence.default.format.key" : "ksql.persistence.default.format.value");
}

int sl_spec_format(const sl_planning *planning, const sl_with *with, bool is_key, const sl_format_spec *inherited,
                   const sl_format **out, sl_err *err) {
  sl_str name = chosen_name(planning, with, is_key, inherited);
  if (!name.len && !sl_with_has(with, is_key ? SL_WITH_KEY_FORMAT : SL_WITH_VALUE_FORMAT))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Statement is missing the '%s_FORMAT' property from the WITH clause. Either provide one or set a "
                      "default via the 'ksql.persistence.default.format.%s' config.",
                      is_key ? "KEY" : "VALUE", is_key ? "key" : "value");
  *out = sl_format_find(sl_str_trim(name));
  if (*out) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Unknown format: " SL_STR_FMT, SL_STR_ARG(name));
}

int sl_spec_build(const sl_planning *planning, const sl_with *with, bool is_key, const sl_format_spec *inherited,
                  sl_format_spec *out, sl_err *err) {
  const sl_format *format = NULL;
  int rc = sl_spec_format(planning, with, is_key, inherited, &format, err);
  if (rc) return rc;
  sl_format_spec spec = {.name = sl_str_of(format->name)};
  sl_with_id nullable =
      is_key ? SL_WITH_KEY_PROTOBUF_NULLABLE_REPRESENTATION : SL_WITH_VALUE_PROTOBUF_NULLABLE_REPRESENTATION;
  if (sl_with_has(with, nullable) && !sl_str_starts(spec.name, sl_str_of("PROTOBUF")))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Property %s_PROTOBUF_NULLABLE_REPRESENTATION can only be enabled with protobuf format",
                      is_key ? "KEY" : "VALUE");
  fill_properties(planning->arena, with, is_key, format, inherited, &spec);
  rc = sl_format_check_properties(&spec, is_key, err);
  if (!rc) *out = spec;
  return rc;
}

int sl_spec_finish(const sl_planning *planning, const sl_with *with, bool is_key, const sl_schema *schema,
                   sl_format_spec *spec, sl_err *err) {
  int count = 0;
  sl_column *columns = sl_columns_of(planning->arena, schema, is_key ? SL_COLUMN_KEY : SL_COLUMN_VALUE, &count);
  static const char config_name[] = "ksql.persistence.wrap.single.values";
  bool config = sl_settings_bool(planning->settings, config_name);
  bool configured = sl_settings_str(planning->settings, config_name).len > 0;
  const sl_with_value *asked = &with->values[SL_WITH_WRAP_SINGLE_VALUE];
  int rc = sl_format_choose_wrapping(sl_format_find(spec->name), is_key, count, asked->present ? &asked->boolean : NULL,
                                     configured ? &config : NULL, &spec->wrapping, err);
  if (rc) return rc;
  return sl_format_check(spec, columns, count, is_key, err);
}

static bool can_be_key(const sl_format *format, const sl_column *columns, int count) {
  if (count > 1 && !format->multi_column) return false;
  for (int i = 0; i < count; i++)
    if (!format->key_type_ok(columns[i].type)) return false;
  return true;
}

sl_format_spec sl_spec_internal_key(const sl_planning *planning, sl_arena *arena, const sl_format_spec *spec,
                                    const sl_column *columns, int count) {
  sl_format_spec out = *spec;
  if (sl_str_eq_z(out.name, "NONE")) {
    sl_str name = sl_settings_str(planning->settings, "ksql.persistence.default.format.key");
    const sl_format *format = sl_format_find(sl_str_trim(name));
    out = (sl_format_spec){.name = sl_str_of(format ? format->name : "KAFKA")};
  }
  const sl_format *format = sl_format_find(out.name);
  if (!can_be_key(format, columns, count)) {
    out = (sl_format_spec){.name = sl_str_of("JSON")};
    format = sl_format_find(out.name);
  }
  (void)sl_format_choose_wrapping(format, true, count, NULL, NULL, &out.wrapping, NULL);
  return sl_format_spec_copy(arena, &out);
}

void sl_spec_with(sl_with_list *list, const sl_format_spec *spec, bool is_key) {
  sl_with_add_text(list, is_key ? "KEY_FORMAT" : "VALUE_FORMAT", spec->name);
  for (int i = 0; i < spec->property_count; i++) {
    const sl_format_property *property = &spec->properties[i];
    static const char *const names[][2] = {
        {"VALUE_DELIMITER", "KEY_DELIMITER"},
        {"VALUE_SCHEMA_FULL_NAME", "KEY_SCHEMA_FULL_NAME"},
        {"VALUE_PROTOBUF_NULLABLE_REPRESENTATION", "KEY_PROTOBUF_NULLABLE_REPRESENTATION"},
        {"VALUE_SCHEMA_ID", "KEY_SCHEMA_ID"},
    };
    for (int p = 0; p < SIDE_PROPERTIES; p++)
      if (sl_str_eq_z(property->name, side_properties[p].name))
        sl_with_add_text(list, names[p][is_key], property->value);
  }
  if (!is_key && spec->wrapping != SL_WRAP_DEFAULT)
    sl_with_add_bool(list, "WRAP_SINGLE_VALUE", spec->wrapping == SL_WRAP);
}
