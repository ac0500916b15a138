/* JSON: the schema compiled into nodes, and the serde over them (formats.md 5). The work is in json_decode.c (the quick
 * way), json_exact.c (the letter of the rules), json_scalar.c and json_encode.c. */
#include <unicode/ustring.h>
#include "formats/formats_int.h"
#include "formats/json_int.h"

/* ---- schema ---- */

static bool map_keys_ok(const sl_type *type) {
  switch (type->base) {
  case SL_ARRAY: return map_keys_ok(type->element);
  case SL_MAP: return type->key->base == SL_STRING && map_keys_ok(type->element);
  case SL_STRUCT:
    for (int i = 0; i < type->field_count; i++)
      if (!map_keys_ok(type->fields[i].type)) return false;
    return true;
  default: return true;
  }
}

static int check(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, sl_err *err) {
  (void)spec, (void)is_key;
  for (int i = 0; i < count; i++)
    if (!map_keys_ok(columns[i].type))
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "JSON only supports MAP types with STRING keys");
  return 0;
}

/* ---- names ---- */

int sl_json_field_find(const sl_json_node *node, sl_str name) {
  if (!node->count) return -1;
  for (uint32_t i = (uint32_t)sl_str_hash(name) & node->slot_mask; node->slots[i]; i = (i + 1) & node->slot_mask) {
    int field = node->slots[i] - 1;
    if (sl_str_eq(node->fields[field].name, name)) return field;
  }
  return -1;
}

static bool ascii_only(sl_str s, bool *lower) {
  *lower = false;
  for (size_t i = 0; i < s.len; i++) {
    if ((uint8_t)s.ptr[i] >= 0x80) return false;
    *lower |= s.ptr[i] >= 'a' && s.ptr[i] <= 'z';
  }
  return true;
}

enum { UPPER_MAX = 1024 }; /* UTF-16 units of a member name that is upper-cased beyond ASCII */

sl_str sl_json_upper(sl_arena *arena, sl_str s) {
  bool lower;
  if (ascii_only(s, &lower)) return lower ? sl_str_upper(arena, s) : s;
  UChar text[UPPER_MAX], upper[2 * UPPER_MAX];
  int32_t len, upper_len, bytes;
  UErrorCode status = U_ZERO_ERROR;
  if (s.len > UPPER_MAX) return sl_str_upper(arena, s);
  u_strFromUTF8(text, UPPER_MAX, &len, s.ptr, (int32_t)s.len, &status);
  upper_len = u_strToUpper(upper, 2 * UPPER_MAX, text, len, "", &status);
  if (U_FAILURE(status)) return sl_str_upper(arena, s);
  char *out = sl_arena_alloc(arena, (size_t)upper_len * 3 + 1);
  u_strToUTF8(out, upper_len * 3 + 1, &bytes, upper, upper_len, &status);
  return U_FAILURE(status) ? sl_str_upper(arena, s) : sl_str_n(out, (size_t)bytes);
}

int sl_json_field_match(sl_arena *arena, const sl_json_node *node, sl_str member) {
  int field = sl_json_field_find(node, member);
  if (field >= 0) return field;
  sl_str upper = sl_json_upper(arena, member);
  return upper.ptr == member.ptr ? -1 : sl_json_field_find(node, upper);
}

/* ---- nodes ---- */

enum {
  KIND_NULL = 1u << SL_JSON_NULL,
  KIND_BOOLEAN = 1u << SL_JSON_FALSE | 1u << SL_JSON_TRUE,
  KIND_NUMBER = 1u << SL_JSON_NUMBER,
  KIND_STRING = 1u << SL_JSON_STRING,
  KIND_NESTED = 1u << SL_JSON_ARRAY | 1u << SL_JSON_OBJECT,
};

static const unsigned always_decodes[SL_BASE_COUNT] = {
    [SL_BOOLEAN] = KIND_NULL | KIND_BOOLEAN,
    [SL_INTEGER] = KIND_NULL | KIND_NUMBER,
    [SL_BIGINT] = KIND_NULL | KIND_NUMBER,
    [SL_DOUBLE] = KIND_NULL | KIND_NUMBER,
    [SL_DECIMAL] = KIND_NULL,
    [SL_STRING] = KIND_NULL | KIND_BOOLEAN | KIND_NUMBER | KIND_STRING | KIND_NESTED,
    [SL_BYTES] = KIND_NULL,
    [SL_TIME] = KIND_NULL,
    [SL_DATE] = KIND_NULL | KIND_NUMBER,
    [SL_TIMESTAMP] = KIND_NULL | KIND_NUMBER,
    [SL_ARRAY] = KIND_NULL,
    [SL_MAP] = KIND_NULL,
    [SL_STRUCT] = KIND_NULL,
};

static void node_init(sl_arena *arena, sl_json_node *node, const sl_type *type);

static void index_names(sl_arena *arena, sl_json_node *node) {
  uint32_t size = 4;
  while (size < (uint32_t)node->count * 2) size *= 2;
  node->slots = sl_arena_calloc(arena, size, sizeof *node->slots);
  node->slot_mask = size - 1;
  for (int f = 0; f < node->count; f++) {
    uint32_t i = (uint32_t)sl_str_hash(node->fields[f].name) & node->slot_mask;
    while (node->slots[i]) i = (i + 1) & node->slot_mask;
    node->slots[i] = f + 1;
  }
  for (int f = 0; f < node->count; f++) {
    sl_str upper = sl_json_upper(arena, node->fields[f].name);
    if (upper.ptr != node->fields[f].name.ptr && sl_json_field_find(node, upper) >= 0) node->twins = true;
  }
}

static void fields_init(sl_arena *arena, sl_json_node *node, const sl_type *type) {
  sl_buf text = {0};
  node->count = type->field_count;
  node->fields = sl_arena_calloc(arena, (size_t)node->count, sizeof *node->fields);
  node->stamps = sl_arena_calloc(arena, (size_t)node->count, sizeof *node->stamps);
  for (int i = 0; i < node->count; i++) {
    sl_json_field *field = &node->fields[i];
    field->name = type->fields[i].name;
    sl_buf_reset(&text);
    if (i) sl_buf_add_byte(&text, ',');
    sl_json_write_str(&text, field->name);
    sl_buf_add_byte(&text, ':');
    field->fragment = sl_str_dup(arena, sl_buf_str(&text));
    node_init(arena, &field->node, type->fields[i].type);
  }
  sl_buf_done(&text);
  if (node->count) index_names(arena, node);
}

static void node_init(sl_arena *arena, sl_json_node *node, const sl_type *type) {
  node->base = type->base;
  node->type = type;
  node->accepts = always_decodes[type->base];
  if (type->element) {
    node->element = sl_arena_zalloc(arena, sizeof *node->element);
    node_init(arena, node->element, type->element);
  }
  if (type->base == SL_STRUCT) fields_init(arena, node, type);
}

/* ---- serde ---- */

static int decode(sl_serde *serde, const uint8_t *data, size_t len, const bool *needed, sl_arena *arena, sl_value *out,
                  sl_err *err) {
  sl_json_serde *json = (sl_json_serde *)serde;
  sl_str text = {(const char *)data, len};
  if (sl_json_decode_quick(json, text, needed, arena, out)) return 0;
  int code = sl_json_decode_exact(json, text, arena, out, err);
  for (int i = 0; !code && needed && i < serde->count; i++)
    if (!needed[i]) out[i] = sl_null();
  return code;
}

static int encode(sl_serde *serde, const sl_value *values, sl_buf *out, bool *null, sl_err *err) {
  sl_json_serde *json = (sl_json_serde *)serde;
  (void)err;
  *null = !json->wrapped && sl_is_null(values);
  if (*null) return 0;
  if (json->wrapped)
    sl_json_encode_fields(&json->root, values, out);
  else
    sl_json_encode_node(&json->root, values, out);
  return 0;
}

static void serde_free(sl_serde *serde) {
  sl_json_serde *json = (sl_json_serde *)serde;
  sl_buf_done(&json->stack);
  sl_buf_done(&json->text);
  sl_arena_free(json->arena);
}

static const sl_serde_class json_class = {decode, encode, serde_free};

static int serde_new(const sl_format_spec *spec, const sl_column *columns, int count, bool is_key, const char *topic,
                     sl_serde **out, sl_err *err) {
  (void)err;
  sl_arena *arena = sl_arena_new(4096);
  sl_json_serde *json = sl_arena_zalloc(arena, sizeof *json);
  json->base = (sl_serde){.cls = &json_class, .count = count};
  json->arena = arena;
  json->topic = sl_arena_dup(arena, topic, strlen(topic));
  json->is_key = is_key;
  json->wrapped = count != 1 || (!is_key && spec->wrapping != SL_UNWRAP);
  if (json->wrapped) {
    sl_field *fields = sl_arena_calloc(arena, (size_t)count + 1, sizeof *fields);
    for (int i = 0; i < count; i++) fields[i] = (sl_field){columns[i].name, columns[i].type};
    json->row_type = (sl_type){.base = SL_STRUCT, .fields = fields, .field_count = count};
    node_init(arena, &json->root, &json->row_type);
  } else {
    node_init(arena, &json->root, columns[0].type);
  }
  *out = &json->base;
  return 0;
}

static const char *const no_properties[] = {NULL};

const sl_format SL_FORMAT_JSON = {.name = "JSON",
                                  .features = SL_FORMAT_WRAP_SINGLES | SL_FORMAT_UNWRAP_SINGLES,
                                  .multi_column = true,
                                  .registered = true,
                                  .properties = no_properties,
                                  .inheritable = no_properties,
                                  .key_type_ok = sl_format_key_any,
                                  .check = check,
                                  .serde_new = serde_new};
