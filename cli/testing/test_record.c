/* JSON to bytes and back, a row per format. Formats that carry their own conversion rules add a row. */
#include "cli/testing/test_record.h"

#include "base/bytes.h"
#include "types/decimal.h"
#include "types/text.h"

typedef struct codec {
  const char *format;
  int (*encode)(sl_arena *arena, const sl_source *source, const sl_json *node, bool is_key, sl_str *out, sl_err *err);
  int (*decode)(sl_arena *arena, const sl_source *source, sl_str bytes, bool is_key, sl_json **out, sl_err *err);
} codec;

static sl_str buf_to_str(sl_arena *arena, sl_buf *buf) {
  sl_str out = sl_str_n(sl_arena_dup(arena, buf->data, buf->len), buf->len);
  sl_buf_done(buf);
  return out;
}

static int wrong(const sl_json *node, const char *wanted, sl_err *err) {
  sl_buf text = {0};
  sl_json_write(&text, node);
  int code = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "The test file has " SL_STR_FMT " where %s is wanted.",
                        SL_STR_ARG(sl_buf_str(&text)), wanted);
  sl_buf_done(&text);
  return code;
}

/* ---- JSON ---- */

static int encode_json(sl_arena *arena, const sl_source *source, const sl_json *node, bool is_key, sl_str *out,
                       sl_err *err) {
  (void)source, (void)is_key, (void)err;
  sl_buf text = {0};
  sl_json_write(&text, node);
  *out = buf_to_str(arena, &text);
  return 0;
}

static int decode_json(sl_arena *arena, const sl_source *source, sl_str bytes, bool is_key, sl_json **out,
                       sl_err *err) {
  (void)source, (void)is_key;
  return sl_json_parse(arena, bytes, 0, out, err);
}

/* ---- text ---- */

static int encode_text(sl_arena *arena, const sl_source *source, const sl_json *node, bool is_key, sl_str *out,
                       sl_err *err) {
  if (node->kind != SL_JSON_STRING) return encode_json(arena, source, node, is_key, out, err);
  *out = sl_str_dup(arena, node->text);
  if (!out->ptr) out->ptr = "";
  return 0;
}

static int decode_text(sl_arena *arena, const sl_source *source, sl_str bytes, bool is_key, sl_json **out,
                       sl_err *err) {
  (void)source, (void)is_key;
  if (!sl_utf8_valid(bytes.ptr, bytes.len))
    return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "The bytes are not UTF-8 text.");
  *out = sl_json_new_str(arena, bytes);
  return 0;
}

static int encode_nothing(sl_arena *arena, const sl_source *source, const sl_json *node, bool is_key, sl_str *out,
                          sl_err *err) {
  (void)arena, (void)source, (void)node, (void)is_key, (void)err;
  *out = (sl_str){0};
  return 0;
}

/* ---- KAFKA: one column, big-endian ---- */

static sl_base kafka_base(const sl_source *source, bool is_key) {
  const sl_column *column = sl_schema_nth(&source->schema, is_key ? SL_COLUMN_KEY : SL_COLUMN_VALUE, 0);
  return column ? column->type->base : SL_STRING;
}

static bool whole_number(sl_arena *arena, const sl_json *node, int64_t *out) {
  sl_decimal d;
  if (node->kind != SL_JSON_NUMBER || !sl_decimal_parse(arena, node->text, &d)) return false;
  *out = sl_decimal_to_i64(&d);
  return true;
}

static int encode_kafka(sl_arena *arena, const sl_source *source, const sl_json *node, bool is_key, sl_str *out,
                        sl_err *err) {
  uint8_t *bytes = sl_arena_alloc(arena, 8);
  int64_t i;
  double d;
  switch (kafka_base(source, is_key)) {
  case SL_INTEGER:
    if (!sl_json_int(node, &i)) return wrong(node, "an integer", err);
    sl_put_u32(bytes, (uint32_t)i);
    *out = sl_str_n((char *)bytes, 4);
    return 0;
  case SL_BIGINT:
    if (!whole_number(arena, node, &i)) return wrong(node, "a number", err);
    sl_put_u64(bytes, (uint64_t)i);
    *out = sl_str_n((char *)bytes, 8);
    return 0;
  case SL_DOUBLE: {
    uint64_t bits;
    if (node->kind != SL_JSON_NUMBER || !sl_double_parse(node->text, &d)) return wrong(node, "a number", err);
    memcpy(&bits, &d, sizeof bits);
    sl_put_u64(bytes, bits);
    *out = sl_str_n((char *)bytes, 8);
    return 0;
  }
  default: return encode_text(arena, source, node, is_key, out, err);
  }
}

static int decode_kafka(sl_arena *arena, const sl_source *source, sl_str bytes, bool is_key, sl_json **out,
                        sl_err *err) {
  sl_base base = kafka_base(source, is_key);
  if (base != SL_INTEGER && base != SL_BIGINT && base != SL_DOUBLE)
    return decode_text(arena, source, bytes, is_key, out, err);
  size_t size = base == SL_INTEGER ? 4 : 8;
  if (bytes.len != size)
    return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "A %s of the KAFKA format has %zu bytes, here are %zu.",
                      sl_base_name(base), size, bytes.len);
  const uint8_t *p = (const uint8_t *)bytes.ptr;
  if (base == SL_INTEGER) *out = sl_json_new_int(arena, (int32_t)sl_get_u32(p));
  if (base == SL_BIGINT) *out = sl_json_new_int(arena, (int64_t)sl_get_u64(p));
  if (base == SL_DOUBLE) {
    uint64_t bits = sl_get_u64(p);
    double d;
    memcpy(&d, &bits, sizeof d);
    char text[32];
    *out = sl_json_new(arena, SL_JSON_NUMBER);
    (*out)->text = sl_str_dup(arena, sl_str_n(text, sl_double_print(text, d)));
  }
  return 0;
}

static const codec CODECS[] = {
    {"DELIMITED", encode_text, decode_text},
    {"JSON", encode_json, decode_json},
    {"KAFKA", encode_kafka, decode_kafka},
    {"NONE", encode_nothing, decode_text},
};

static const codec UNDECLARED = {"", encode_text, decode_text};

static int codec_of(const sl_source *source, bool is_key, const codec **out, sl_err *err) {
  if (!source) {
    *out = &UNDECLARED;
    return 0;
  }
  sl_str name = is_key ? source->key_format.name : source->value_format.name;
  for (size_t i = 0; i < sizeof CODECS / sizeof *CODECS; i++) {
    if (!sl_str_eq_z(name, CODECS[i].format)) continue;
    *out = &CODECS[i];
    return 0;
  }
  return sl_err_set(err, SL_E_UNSUPPORTED, SL_NO_POS, "Records of the format " SL_STR_FMT " are not supported here.",
                    SL_STR_ARG(name));
}

int sl_test_encode(sl_arena *arena, const sl_source *source, const sl_json *node, bool is_key, sl_str *out,
                   sl_err *err) {
  *out = (sl_str){0};
  if (!node || node->kind == SL_JSON_NULL) return 0;
  const codec *found;
  int code = codec_of(source, is_key, &found, err);
  return code ? code : found->encode(arena, source, node, is_key, out, err);
}

int sl_test_decode(sl_arena *arena, const sl_source *source, sl_str bytes, bool is_key, sl_json **out, sl_err *err) {
  *out = sl_json_new(arena, SL_JSON_NULL);
  if (!bytes.ptr) return 0;
  const codec *found;
  int code = codec_of(source, is_key, &found, err);
  return code ? code : found->decode(arena, source, bytes, is_key, out, err);
}

/* ---- windows ---- */

int sl_test_window_parse(const sl_json *node, sl_test_window *out, sl_err *err) {
  *out = (sl_test_window){0};
  if (!node || node->kind == SL_JSON_NULL) return 0;
  sl_str type = sl_json_str(sl_json_get(node, "type"), "time");
  out->present = true;
  out->session = sl_str_eq_nocase(type, sl_str_of("session"));
  if (!out->session && !sl_str_eq_nocase(type, sl_str_of("time")))
    return wrong(node, "a window of time or session", err);
  if (!sl_json_int(sl_json_get(node, "start"), &out->start) || !sl_json_int(sl_json_get(node, "end"), &out->end))
    return wrong(node, "a window with start and end", err);
  return 0;
}

sl_str sl_test_encode_window(sl_arena *arena, sl_str key, const sl_test_window *window) {
  if (!window->present || !key.ptr) return key;
  size_t extra = window->session ? 16 : 8;
  char *bytes = sl_arena_alloc(arena, key.len + extra);
  if (key.len) memcpy(bytes, key.ptr, key.len);
  uint8_t *p = (uint8_t *)bytes + key.len;
  if (window->session) {
    sl_put_u64(p, (uint64_t)window->end);
    p += 8;
  }
  sl_put_u64(p, (uint64_t)window->start);
  return sl_str_n(bytes, key.len + extra);
}

int sl_test_decode_window(const sl_source *source, sl_str *key, sl_test_window *out, sl_err *err) {
  *out = (sl_test_window){0};
  if (!source || source->window == SL_WINDOW_NONE || !key->len) return 0;
  size_t extra = source->window == SL_WINDOW_SESSION ? 16 : 8;
  if (key->len < extra)
    return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "A windowed key of %zu bytes is too short.", key->len);
  const uint8_t *p = (const uint8_t *)key->ptr + key->len - extra;
  out->present = true;
  out->session = extra == 16;
  out->start = (int64_t)sl_get_u64(p + extra - 8);
  if (out->session)
    out->end = (int64_t)sl_get_u64(p);
  else
    out->end = out->start > INT64_MAX - source->window_size ? INT64_MAX : out->start + source->window_size;
  key->len -= extra;
  return 0;
}

/* ---- headers ---- */

int sl_test_encode_headers(sl_arena *arena, const sl_json *list, sl_record_headers *out, sl_err *err) {
  *out = (sl_record_headers){0};
  if (!list || list->kind != SL_JSON_ARRAY || !list->count) return 0;
  sl_buf bytes = {0};
  for (size_t i = 0; i < list->count; i++) {
    sl_str name = sl_json_str(sl_json_get(list->items[i], "KEY"), ""), value = {0};
    const sl_json *given = sl_json_get(list->items[i], "VALUE");
    bool null = !given || given->kind == SL_JSON_NULL;
    if (!null && !sl_base64_decode(arena, sl_json_str(given, ""), &value)) {
      sl_buf_done(&bytes);
      return wrong(given, "base64 text", err);
    }
    sl_headers_encode(&bytes, name, null ? NULL : &value);
  }
  sl_str text = buf_to_str(arena, &bytes);
  *out = (sl_record_headers){(const uint8_t *)text.ptr, (uint32_t)text.len, (uint32_t)list->count};
  return 0;
}
