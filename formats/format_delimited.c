/* DELIMITED: a row is one CSV record, a column one field of text (formats.md 4). */
#include "formats/formats_int.h"
#include "base/number.h"
#include "types/text.h"

typedef struct delimited_serde {
  sl_serde base;
  sl_arena *arena; /* holds this */
  const char *topic;
  const sl_column *columns;
  sl_str delimiter;
  sl_str *fields; /* scratch: the texts of one record */
  sl_buf text;    /* scratch: one column's text */
} delimited_serde;

static bool holds(const sl_type *type) {
  return type->base >= SL_BOOLEAN && type->base <= SL_TIMESTAMP;
}

static bool key_type_ok(const sl_type *type) {
  return holds(type) && type->base != SL_DECIMAL;
}

static int check(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, sl_err *err) {
  (void)spec, (void)is_key;
  for (int i = 0; i < count; i++)
    if (!holds(columns[i].type))
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                        "The 'DELIMITED' format does not support type '%s', column: `" SL_STR_FMT "`",
                        sl_base_name(columns[i].type->base), SL_STR_ARG(columns[i].name));
  return 0;
}

/* ---- reading ---- */

static int no_number(sl_str text, sl_err *err) {
  return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "For input string: \"" SL_STR_FMT "\"", SL_STR_ARG(text));
}

static int read_number(sl_str text, int64_t min, int64_t max, sl_value *out, sl_err *err) {
  int64_t v;
  if (!sl_parse_strict(text, min, max, &v)) return no_number(text, err);
  *out = sl_of_i64(v);
  return 0;
}

static int read_field(const sl_type *type, sl_str text, sl_arena *arena, sl_value *out, sl_err *err) {
  switch (type->base) {
  case SL_BOOLEAN: *out = sl_of_bool(sl_str_eq_nocase(text, sl_str_of("true"))); return 0;
  case SL_INTEGER:
  case SL_DATE: return read_number(text, INT32_MIN, INT32_MAX, out, err);
  case SL_BIGINT:
  case SL_TIMESTAMP: return read_number(text, INT64_MIN, INT64_MAX, out, err);
  case SL_TIME:
    if (read_number(text, INT64_MIN, INT64_MAX, out, err)) return SL_E_DECODE;
    return sl_time_in_range(out->i64, err) ? 0 : SL_E_DECODE;
  case SL_DOUBLE: {
    double d;
    if (!sl_double_parse(text, &d)) return no_number(text, err);
    *out = sl_of_f64(d);
    return 0;
  }
  case SL_DECIMAL: {
    bool malformed;
    int code = sl_decimal_of_text(arena, text, type, &malformed, out, err);
    return malformed ? no_number(text, err) : code;
  }
  case SL_BYTES: {
    sl_str bytes;
    if (text.len % 4 || !sl_base64_decode(arena, text, &bytes))
      return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "Value is not a valid Base64 encoded string: " SL_STR_FMT,
                        SL_STR_ARG(text));
    *out = sl_of_str(bytes);
    return 0;
  }
  default: *out = sl_of_str(text); return 0;
  }
}

static int read_record(delimited_serde *csv, sl_str text, const bool *needed, sl_arena *arena, sl_value *out,
                       sl_err *err) {
  int count, expected = csv->base.count;
  text = sl_utf8_repair(arena, text);
  if (sl_csv_split(arena, text, csv->delimiter, csv->fields, expected, &count, err)) return SL_E_DECODE;
  if (!count) return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "No fields in record");
  if (count != expected)
    return sl_err_set(err, SL_E_DECODE, SL_NO_POS,
                      "Column count mismatch on deserialization. topic: %s, expected: %d, got: %d", csv->topic,
                      expected, count);
  for (int i = 0; i < count; i++) {
    out[i] = sl_null();
    if (!csv->fields[i].len) continue;
    if (read_field(csv->columns[i].type, csv->fields[i], arena, &out[i], err)) return SL_E_DECODE;
    if (needed && !needed[i]) out[i] = sl_null();
  }
  return 0;
}

static int decode(sl_serde *serde, const uint8_t *data, size_t len, const bool *needed, sl_arena *arena, sl_value *out,
                  sl_err *err) {
  delimited_serde *csv = (delimited_serde *)serde;
  if (!read_record(csv, sl_str_n((const char *)data, len), needed, arena, out, err)) return 0;
  sl_err_prefix(err, "Error deserializing delimited\nCaused by: ");
  return SL_E_DECODE;
}

/* ---- writing ---- */

static void print_field(sl_buf *out, const sl_type *type, const sl_value *v) {
  switch (type->base) {
  case SL_BOOLEAN: sl_buf_add_z(out, v->boolean ? "true" : "false"); break;
  case SL_DOUBLE: out->len += sl_number_print_java((char *)sl_buf_reserve(out, SL_NUMBER_TEXT_MAX), v->f64); break;
  case SL_DECIMAL: sl_decimal_write(out, type, v, false); break;
  case SL_BYTES: sl_base64_encode(out, v->bytes, v->len); break;
  default: out->len += sl_number_print_int((char *)sl_buf_reserve(out, 20), v->i64); break;
  }
}

static int encode(sl_serde *serde, const sl_value *values, sl_buf *out, bool *null, sl_err *err) {
  delimited_serde *csv = (delimited_serde *)serde;
  (void)err;
  *null = false;
  for (int i = 0; i < serde->count; i++) {
    if (i) sl_buf_add_str(out, csv->delimiter);
    if (sl_is_null(&values[i])) continue;
    sl_str text = sl_value_str(&values[i]);
    if (csv->columns[i].type->base != SL_STRING) {
      sl_buf_reset(&csv->text);
      print_field(&csv->text, csv->columns[i].type, &values[i]);
      text = sl_buf_str(&csv->text);
    }
    sl_csv_write(out, text, csv->delimiter, i == 0);
  }
  return 0;
}

static void serde_free(sl_serde *serde) {
  delimited_serde *csv = (delimited_serde *)serde;
  sl_buf_done(&csv->text);
  sl_arena_free(csv->arena);
}

static const sl_serde_class delimited_class = {decode, encode, serde_free};

static int serde_new(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, const char *topic,
                     sl_serde **out, sl_err *err) {
  (void)is_key;
  sl_str delimiter = sl_format_property_get(spec, "delimiter");
  if (!delimiter.len) delimiter = sl_str_of(",");
  if (sl_str_eq_z(delimiter, "TAB")) delimiter = sl_str_of("\t");
  if (sl_str_eq_z(delimiter, "SPACE")) delimiter = sl_str_of(" ");
  if (strchr("\"\r\n", delimiter.ptr[0]))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "The delimiter cannot be a quote or a line break: '" SL_STR_FMT "'", SL_STR_ARG(delimiter));
  sl_arena *arena = sl_arena_new(1024);
  delimited_serde *csv = sl_arena_zalloc(arena, sizeof *csv);
  csv->base = (sl_serde){.cls = &delimited_class, .count = count};
  csv->arena = arena;
  csv->topic = sl_arena_dup(arena, topic, strlen(topic));
  csv->columns = columns;
  csv->delimiter = sl_str_dup(arena, delimiter);
  csv->fields = sl_arena_calloc(arena, (size_t)count + 1, sizeof *csv->fields);
  *out = &csv->base;
  return 0;
}

static const char *const properties[] = {"delimiter", NULL};

const sl_format SL_FORMAT_DELIMITED = {.name = "DELIMITED",
                                       .features = SL_FORMAT_UNWRAP_SINGLES,
                                       .multi_column = true,
                                       .registered = true,
                                       .properties = properties,
                                       .inheritable = properties,
                                       .key_type_ok = key_type_ok,
                                       .check = check,
                                       .serde_new = serde_new};
