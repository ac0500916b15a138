/* The list of formats and what is common to all of them: look-up, properties, wrapping, and the check of a schema with
 * the message that names format, schema and reason. The formats themselves are one file each (format_*.c). */
#include "formats/format.h"
#include "formats/formats_int.h"

static const sl_format *const all_formats[] = {
    &SL_FORMAT_AVRO,     &SL_FORMAT_DELIMITED,     &SL_FORMAT_JSON,
    &SL_FORMAT_JSON_SR,  &SL_FORMAT_KAFKA,         &SL_FORMAT_NONE,
    &SL_FORMAT_PROTOBUF, &SL_FORMAT_PROTOBUF_NOSR, NULL,
};

const sl_format *const *sl_formats(void) {
  return all_formats;
}

const sl_format *sl_format_find(sl_str name) {
  for (const sl_format *const *f = all_formats; *f; f++)
    if (sl_str_eq_nocase(name, sl_str_of((*f)->name))) return *f;
  return NULL;
}

bool sl_format_key_any(const sl_type *type) {
  (void)type;
  return true;
}

static const sl_format *find_registered(const sl_format_spec *spec, sl_err *err) {
  const sl_format *format = sl_format_find(spec->name);
  if (!format) {
    sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Unknown format: " SL_STR_FMT, SL_STR_ARG(spec->name));
    return NULL;
  }
  if (!format->registered) {
    sl_err_set(err, SL_E_UNSUPPORTED, SL_NO_POS, "The '%s' format is not supported yet.", format->name);
    sl_err_hint(err, "Use JSON, DELIMITED or KAFKA.");
    return NULL;
  }
  return format;
}

/* ---- properties ---- */

sl_str sl_format_property_get(const sl_format_spec *spec, const char *name) {
  for (int i = 0; i < spec->property_count; i++)
    if (sl_str_eq_z(spec->properties[i].name, name)) return spec->properties[i].value;
  return (sl_str){NULL, 0};
}

static bool in_list(const char *const *list, sl_str name) {
  for (; *list; list++)
    if (sl_str_eq_z(name, *list)) return true;
  return false;
}

/* Length of text in UTF-16 units, counted from its UTF-8 lead bytes. */
static size_t utf16_units(sl_str text) {
  size_t units = 0;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t b = (uint8_t)text.ptr[i];
    if ((b & 0xc0) != 0x80) units += b >= 0xf0 ? 2 : 1;
  }
  return units;
}

static bool is_blank(sl_str text) {
  for (size_t i = 0; i < text.len; i++)
    if ((uint8_t)text.ptr[i] > ' ') return false;
  return true;
}

static int check_delimiter(sl_str text, bool is_key, sl_err *err) {
  const char *property = is_key ? "KEY_DELIMITER" : "VALUE_DELIMITER";
  if (is_blank(text))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Configuration %s is invalid: Delimiter cannot be empty, if you meant to have a tab or space for "
                      "delimiter, please use the special values 'TAB' or 'SPACE'\nExample valid value: ';'",
                      property);
  if (utf16_units(text) == 1 || sl_str_eq_z(text, "TAB") || sl_str_eq_z(text, "SPACE")) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Configuration %s is invalid: Invalid delimiter value: '" SL_STR_FMT
                    "'. Delimiter must be a single character or TAB,SPACE\nExample valid value: ';'",
                    property, SL_STR_ARG(text));
}

int sl_format_check_properties(const sl_format_spec *spec, bool is_key, sl_err *err) {
  const sl_format *format = sl_format_find(spec->name);
  if (!format) return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Unknown format: " SL_STR_FMT, SL_STR_ARG(spec->name));
  sl_str delimiter = sl_format_property_get(spec, "delimiter");
  if (delimiter.ptr && check_delimiter(delimiter, is_key, err)) return SL_E_STATEMENT;
  sl_buf foreign = {0};
  for (int i = 0; i < spec->property_count; i++) {
    if (in_list(format->properties, spec->properties[i].name)) continue;
    if (foreign.len) sl_buf_add_z(&foreign, ", ");
    sl_buf_add_str(&foreign, spec->properties[i].name);
  }
  int code = 0;
  if (foreign.len)
    code = sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%s does not support the following configs: [%s]", format->name,
                      sl_buf_z(&foreign));
  sl_buf_done(&foreign);
  for (int i = 0; !code && i < spec->property_count; i++) {
    const sl_format_property *p = &spec->properties[i];
    if (is_blank(p->value))
      code = sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                        SL_STR_FMT " cannot be empty. Format configuration: {" SL_STR_FMT "=}", SL_STR_ARG(p->name),
                        SL_STR_ARG(p->name));
  }
  return code;
}

/* ---- wrapping ---- */

int sl_format_choose_wrapping(const sl_format *format, bool is_key, int count, const bool *asked, const bool *config,
                              sl_wrapping *out, sl_err *err) {
  const unsigned both = SL_FORMAT_WRAP_SINGLES | SL_FORMAT_UNWRAP_SINGLES;
  sl_wrapping wrapping = SL_WRAP_DEFAULT;
  if (is_key) {
    if (count == 1 && (format->features & both) == both) wrapping = SL_UNWRAP;
  } else if (asked) {
    unsigned feature = *asked ? SL_FORMAT_WRAP_SINGLES : SL_FORMAT_UNWRAP_SINGLES;
    if (!(format->features & feature))
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Format '%s' does not support 'WRAP_SINGLE_VALUE' set to '%s'.",
                        format->name, *asked ? "true" : "false");
    if (count != 1)
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                        "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
    wrapping = *asked ? SL_WRAP : SL_UNWRAP;
  } else if (config && count == 1) {
    unsigned feature = *config ? SL_FORMAT_WRAP_SINGLES : SL_FORMAT_UNWRAP_SINGLES;
    if (format->features & feature) wrapping = *config ? SL_WRAP : SL_UNWRAP;
  }
  *out = wrapping;
  return 0;
}

/* ---- schema ---- */

/* Appends "Persistence{columns=[`K` STRING KEY], features=[UNWRAP_SINGLES]}". */
static void print_persistence(sl_buf *out, const sl_format_spec *spec, const sl_column *columns, int count,
                              bool is_key) {
  sl_wrapping wrapping = spec->wrapping;
  const sl_format *format = sl_format_find(spec->name);
  if (is_key && format) sl_format_choose_wrapping(format, true, count, NULL, NULL, &wrapping, NULL);
  sl_schema schema = {columns, count};
  sl_buf_add_z(out, "Persistence{columns=[");
  sl_schema_print(out, &schema);
  sl_buf_add_z(out, "], features=[");
  if (wrapping != SL_WRAP_DEFAULT) sl_buf_add_z(out, wrapping == SL_WRAP ? "WRAP_SINGLES" : "UNWRAP_SINGLES");
  sl_buf_add_z(out, "]}");
}

static bool holds_map(const sl_type *type) {
  if (type->base == SL_MAP) return true;
  if (type->base == SL_ARRAY) return holds_map(type->element);
  if (type->base == SL_STRUCT)
    for (int i = 0; i < type->field_count; i++)
      if (holds_map(type->fields[i].type)) return true;
  return false;
}

static int refuse_map_key(const sl_column *column, sl_err *err) {
  sl_buf text = {0};
  sl_type_print(&text, column->type, SL_TYPE_SQL);
  sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
             "Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior "
             "due to inconsistent serialization. Key column name: `" SL_STR_FMT
             "`. Column type: %s. See https://github.com/confluentinc/ksql/issues/6621 for more.",
             SL_STR_ARG(column->name), sl_buf_z(&text));
  sl_buf_done(&text);
  return SL_E_STATEMENT;
}

/* Turns a reason into the four lines of formats.md 1.5. */
static int explain(const sl_format *format, const sl_format_spec *spec, const sl_column *columns, int count,
                   bool is_key, sl_err *reason, sl_err *err) {
  sl_buf schema = {0};
  print_persistence(&schema, spec, columns, count, is_key);
  sl_err_set(err, reason->code, SL_NO_POS, "%s format does not support schema.\nformat: %s\nschema: %s\nreason: %s",
             is_key ? "Key" : "Value", format->name, sl_buf_z(&schema), reason->message);
  int code = reason->code;
  sl_buf_done(&schema);
  sl_err_done(reason);
  return code;
}

int sl_format_check(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, sl_err *err) {
  for (int i = 0; is_key && i < count; i++)
    if (holds_map(columns[i].type)) return refuse_map_key(&columns[i], err);
  const sl_format *format = find_registered(spec, err);
  if (!format) return sl_format_find(spec->name) ? SL_E_UNSUPPORTED : SL_E_STATEMENT;
  sl_err reason = {0};
  if (!format->check(spec, columns, count, is_key, &reason)) return 0;
  return explain(format, spec, columns, count, is_key, &reason, err);
}

int sl_serde_new(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, const char *topic,
                 sl_serde **out, sl_err *err) {
  int code = sl_format_check(spec, columns, count, is_key, err);
  if (code) return code;
  return sl_format_find(spec->name)->serde_new(spec, columns, count, is_key, topic, out, err);
}

void sl_serde_free(sl_serde *serde) {
  if (serde) serde->cls->free(serde);
}
