/* TO_JSON_STRING (functions.md 16.2): a value of any type as compact JSON text, with the names of structs and the keys
 * of maps in order. */
#include <stdlib.h>
#include "functions/json_text.h"
#include "types/text.h"

static const char JSON[] = "JSON";

static int put_value(sl_call *call, sl_buf *out, const sl_type *type, const sl_value *v);

static void put_quoted(sl_buf *out, const sl_type *type, const sl_value *v) {
  sl_buf_add_byte(out, '"');
  sl_value_print(out, type, v); /* of types whose texts have nothing to escape */
  sl_buf_add_byte(out, '"');
}

static int put_array(sl_call *call, sl_buf *out, const sl_type *type, const sl_value *v) {
  int rc = 0;
  sl_buf_add_byte(out, '[');
  for (uint32_t i = 0; i < v->len && !rc; i++) {
    if (i) sl_buf_add_byte(out, ',');
    rc = put_value(call, out, type->element, &v->items[i]);
  }
  sl_buf_add_byte(out, ']');
  return rc;
}

/* A name and its value, of a struct or a map. */
typedef struct member {
  sl_str name;
  const sl_type *type;
  const sl_value *value;
} member;

static int by_name(const void *a, const void *b) {
  return sl_utf16_compare(((const member *)a)->name, ((const member *)b)->name);
}

static int put_members(sl_call *call, sl_buf *out, member *members, size_t count) {
  int rc = 0;
  if (count) qsort(members, count, sizeof *members, by_name);
  sl_buf_add_byte(out, '{');
  for (size_t i = 0; i < count && !rc; i++) {
    if (i) sl_buf_add_byte(out, ',');
    sl_json_write_str(out, members[i].name);
    sl_buf_add_byte(out, ':');
    rc = put_value(call, out, members[i].type, members[i].value);
  }
  sl_buf_add_byte(out, '}');
  return rc;
}

static int put_struct(sl_call *call, sl_buf *out, const sl_type *type, const sl_value *v) {
  size_t count = (size_t)type->field_count;
  member *members = sl_arena_alloc(call->arena, count * sizeof *members);
  for (size_t i = 0; i < count; i++) members[i] = (member){type->fields[i].name, type->fields[i].type, &v->items[i]};
  return put_members(call, out, members, count);
}

/* The text of a map's key; out's end serves as scratch. */
static sl_str key_text(sl_call *call, sl_buf *out, const sl_type *type, const sl_value *key) {
  if (type->base == SL_STRING) return sl_value_str(key);
  size_t before = out->len;
  sl_value_print(out, type, key);
  sl_str text = sl_str_dup(call->arena, sl_str_n((const char *)out->data + before, out->len - before));
  out->len = before;
  return text;
}

static int put_map(sl_call *call, sl_buf *out, const sl_type *type, const sl_value *v) {
  member *members = sl_arena_alloc(call->arena, v->len * sizeof *members);
  for (size_t i = 0; i < v->len; i++) {
    const sl_value *key = &v->items[2 * i];
    if (sl_is_null(key)) return sl_fail(call, "A NULL key of a map cannot be written as JSON.");
    members[i] = (member){key_text(call, out, type->key, key), type->element, key + 1};
  }
  return put_members(call, out, members, v->len);
}

static int put_value(sl_call *call, sl_buf *out, const sl_type *type, const sl_value *v) {
  if (out->len > SL_TEXT_MAX) return sl_fail_size(call);
  if (sl_is_null(v)) {
    sl_buf_add_z(out, "null");
    return 0;
  }
  switch (type->base) {
  case SL_ARRAY: return put_array(call, out, type, v);
  case SL_MAP: return put_map(call, out, type, v);
  case SL_STRUCT: return put_struct(call, out, type, v);
  case SL_STRING: sl_json_write_str(out, sl_value_str(v)); return 0;
  case SL_DOUBLE: sl_json_write_double(out, v->f64); return 0;
  case SL_BYTES:
  case SL_TIME:
  case SL_DATE:
  case SL_TIMESTAMP: put_quoted(out, type, v); return 0;
  default: sl_value_print(out, type, v); return 0;
  }
}

static int to_json_string(sl_call *call, const sl_value *args, sl_value *out) {
  sl_buf *text = sl_call_text(call);
  int rc = put_value(call, text, call->arg_types[0], &args[0]);
  return rc ? rc : sl_give_text(call, text, out);
}

const sl_function sl_fn_json_print[] = {
    {.name = "TO_JSON_STRING",
     .spelling = "TO_JSON_STRING",
     .category = JSON,
     .doc = "Writes a value as JSON text.",
     .example = "TO_JSON_STRING(ARRAY[1, NULL]) => '[1,null]'",
     .overloads = (const sl_overload[]){{.signature = "(T val) -> VARCHAR",
                                         .flags = SL_FN_NULLS,
                                         .eval = to_json_string,
                                         .local_size = sizeof(sl_buf),
                                         .leave = sl_call_text_leave,
                                         .doc = "Compact; the names of structs and keys of maps are sorted."},
                                        {0}}},
    {0}};
