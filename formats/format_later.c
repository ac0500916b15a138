/* Formats that the language knows but that are not run yet: their names, features and properties, so that statements
 * naming them get the right messages and are then refused by name. */
#include "formats/formats_int.h"

static int refuse(const sl_format_spec *spec, sl_err *err) {
  return sl_err_set(err, SL_E_UNSUPPORTED, SL_NO_POS, "The '" SL_STR_FMT "' format is not supported yet.",
                    SL_STR_ARG(spec->name));
}

static int check(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, sl_err *err) {
  (void)columns, (void)count, (void)is_key;
  return refuse(spec, err);
}

static int serde_new(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, const char *topic,
                     sl_serde **out, sl_err *err) {
  (void)columns, (void)count, (void)is_key, (void)topic, (void)out;
  return refuse(spec, err);
}

static const char *const none[] = {NULL};
static const char *const named_schema[] = {"fullSchemaName", "schemaId", NULL};
static const char *const protobuf[] = {"fullSchemaName", "nullableRepresentation", "schemaId",
                                       "subjectName",    "unwrapPrimitives",       NULL};
static const char *const protobuf_inherited[] = {"fullSchemaName", NULL};
static const char *const protobuf_nosr[] = {"nullableRepresentation", "unwrapPrimitives", NULL};

enum { WRAP_BOTH = SL_FORMAT_WRAP_SINGLES | SL_FORMAT_UNWRAP_SINGLES };

const sl_format SL_FORMAT_AVRO = {.name = "AVRO",
                                  .features = SL_FORMAT_INFERENCE | WRAP_BOTH,
                                  .multi_column = true,
                                  .properties = named_schema,
                                  .inheritable = none,
                                  .key_type_ok = sl_format_key_any,
                                  .check = check,
                                  .serde_new = serde_new};

const sl_format SL_FORMAT_JSON_SR = {.name = "JSON_SR",
                                     .features = SL_FORMAT_INFERENCE | WRAP_BOTH,
                                     .multi_column = true,
                                     .properties = named_schema,
                                     .inheritable = none,
                                     .key_type_ok = sl_format_key_any,
                                     .check = check,
                                     .serde_new = serde_new};

const sl_format SL_FORMAT_PROTOBUF = {.name = "PROTOBUF",
                                      .features = SL_FORMAT_INFERENCE | SL_FORMAT_WRAP_SINGLES,
                                      .multi_column = true,
                                      .properties = protobuf,
                                      .inheritable = protobuf_inherited,
                                      .key_type_ok = sl_format_key_any,
                                      .check = check,
                                      .serde_new = serde_new};

const sl_format SL_FORMAT_PROTOBUF_NOSR = {.name = "PROTOBUF_NOSR",
                                           .features = WRAP_BOTH,
                                           .multi_column = true,
                                           .properties = protobuf_nosr,
                                           .inheritable = protobuf_nosr,
                                           .key_type_ok = sl_format_key_any,
                                           .check = check,
                                           .serde_new = serde_new};
