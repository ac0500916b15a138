/* KAFKA: one column as Kafka's own serializers write it: big-endian numbers, UTF-8 text, raw bytes (formats.md 3). */
#include "formats/formats_int.h"
#include "base/bytes.h"

typedef struct kafka_serde {
  sl_serde base;
  sl_arena *arena; /* holds this */
  const char *topic;
  sl_base type;
} kafka_serde;

static bool key_type_ok(const sl_type *type) {
  switch (type->base) {
  case SL_INTEGER:
  case SL_BIGINT:
  case SL_DOUBLE:
  case SL_STRING:
  case SL_BYTES: return true;
  default: return false;
  }
}

static int check(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, sl_err *err) {
  (void)spec, (void)is_key;
  if (count > 1) {
    sl_buf text = {0};
    sl_schema schema = {columns, count};
    sl_schema_print(&text, &schema);
    sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "The 'KAFKA' format only supports a single field. Got: [%s]",
               sl_buf_z(&text));
    sl_buf_done(&text);
    return SL_E_STATEMENT;
  }
  if (count == 1 && !key_type_ok(columns[0].type))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "The 'KAFKA' format does not support type '%s'",
                      sl_base_name(columns[0].type->base));
  return 0;
}

static int wrong_size(const kafka_serde *kafka, const char *what, sl_err *err) {
  return sl_err_set(err, SL_E_DECODE, SL_NO_POS,
                    "Error deserializing KAFKA message from topic: %s\nCaused by: Size of data received by %s",
                    kafka->topic, what);
}

static int decode(sl_serde *serde, const uint8_t *data, size_t len, const bool *needed, sl_arena *arena, sl_value *out,
                  sl_err *err) {
  const kafka_serde *kafka = (const kafka_serde *)serde;
  if (!serde->count) return 0;
  switch (kafka->type) {
  case SL_INTEGER:
    if (len != 4) return wrong_size(kafka, "IntegerDeserializer is not 4", err);
    *out = sl_of_i64((int32_t)sl_get_u32(data));
    break;
  case SL_BIGINT:
    if (len != 8) return wrong_size(kafka, "LongDeserializer is not 8", err);
    *out = sl_of_i64((int64_t)sl_get_u64(data));
    break;
  case SL_DOUBLE: {
    if (len != 8) return wrong_size(kafka, "Deserializer is not 8", err);
    uint64_t bits = sl_get_u64(data);
    double d;
    memcpy(&d, &bits, 8);
    *out = sl_of_f64(d);
    break;
  }
  case SL_STRING: *out = sl_of_str(sl_utf8_repair(arena, sl_str_n((const char *)data, len))); break;
  default: *out = sl_of_str(sl_str_n((const char *)data, len)); break;
  }
  if (needed && !needed[0]) *out = sl_null();
  return 0;
}

static int encode(sl_serde *serde, const sl_value *values, sl_buf *out, bool *null, sl_err *err) {
  const kafka_serde *kafka = (const kafka_serde *)serde;
  (void)err;
  *null = !serde->count || sl_is_null(values);
  if (*null) return 0;
  switch (kafka->type) {
  case SL_INTEGER:
    sl_put_u32(sl_buf_reserve(out, 4), (uint32_t)values->i64);
    out->len += 4;
    break;
  case SL_BIGINT:
    sl_put_u64(sl_buf_reserve(out, 8), (uint64_t)values->i64);
    out->len += 8;
    break;
  case SL_DOUBLE: {
    double d = values->f64 != values->f64 ? __builtin_nan("") : values->f64; /* one NaN, as doubleToLongBits */
    uint64_t bits;
    memcpy(&bits, &d, 8);
    sl_put_u64(sl_buf_reserve(out, 8), bits);
    out->len += 8;
    break;
  }
  default: sl_buf_add_str(out, sl_value_str(values)); break;
  }
  return 0;
}

static void serde_free(sl_serde *serde) {
  sl_arena_free(((kafka_serde *)serde)->arena);
}

static const sl_serde_class kafka_class = {decode, encode, serde_free};

static int serde_new(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, const char *topic,
                     sl_serde **out, sl_err *err) {
  (void)spec, (void)is_key, (void)err;
  sl_arena *arena = sl_arena_new(256);
  kafka_serde *kafka = sl_arena_zalloc(arena, sizeof *kafka);
  kafka->base = (sl_serde){.cls = &kafka_class, .count = count};
  kafka->arena = arena;
  kafka->topic = sl_arena_dup(arena, topic, strlen(topic));
  if (count) kafka->type = columns[0].type->base;
  *out = &kafka->base;
  return 0;
}

static const char *const no_properties[] = {NULL};

const sl_format SL_FORMAT_KAFKA = {.name = "KAFKA",
                                   .features = SL_FORMAT_UNWRAP_SINGLES,
                                   .registered = true,
                                   .properties = no_properties,
                                   .inheritable = no_properties,
                                   .key_type_ok = key_type_ok,
                                   .check = check,
                                   .serde_new = serde_new};
