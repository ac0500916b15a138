/* NONE: no columns, no bytes. Encodes to Kafka null and ignores whatever it is given to decode (formats.md 2). */
#include "formats/formats_int.h"

static bool key_type_ok(const sl_type *type) {
  (void)type;
  return false;
}

static int check(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, sl_err *err) {
  (void)spec, (void)is_key;
  if (!count) return 0;
  sl_buf text = {0};
  sl_schema schema = {columns, count};
  sl_schema_print(&text, &schema);
  sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
             "The 'NONE' format can only be used when no columns are defined. Got: [%s]", sl_buf_z(&text));
  sl_buf_done(&text);
  return SL_E_STATEMENT;
}

static int decode(sl_serde *serde, const uint8_t *data, size_t len, const bool *needed, sl_arena *arena, sl_value *out,
                  sl_err *err) {
  (void)serde, (void)data, (void)len, (void)needed, (void)arena, (void)out, (void)err;
  return 0;
}

static int encode(sl_serde *serde, const sl_value *values, sl_buf *out, bool *null, sl_err *err) {
  (void)serde, (void)values, (void)out, (void)err;
  *null = true;
  return 0;
}

static void serde_free(sl_serde *serde) {
  (void)serde;
}

static const sl_serde_class none_class = {decode, encode, serde_free};

static int serde_new(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, const char *topic,
                     sl_serde **out, sl_err *err) {
  (void)spec, (void)columns, (void)count, (void)is_key, (void)topic, (void)err;
  static sl_serde none = {.cls = &none_class, .count = 0}; /* has no state, so one serves everybody */
  *out = &none;
  return 0;
}

static const char *const no_properties[] = {NULL};

const sl_format SL_FORMAT_NONE = {.name = "NONE",
                                  .registered = true,
                                  .properties = no_properties,
                                  .inheritable = no_properties,
                                  .key_type_ok = key_type_ok,
                                  .check = check,
                                  .serde_new = serde_new};
