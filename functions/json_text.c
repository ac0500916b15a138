/* Reading and writing for the JSON functions, over the reader of base. Numbers stay text; those that are no integers
 * are written anew as exact decimals. */
#include "functions/json_text.h"
#include "types/decimal.h"

bool sl_json_is_missing(sl_str text) {
  return sl_json_cursor_space(text.ptr, text.ptr + text.len) == text.ptr + text.len;
}

int sl_fail_json(sl_call *call, sl_str text) {
  return sl_fail(call, "Invalid JSON format:" SL_STR_FMT, SL_STR_ARG(text));
}

bool sl_json_root_end(sl_json_cursor *cur, sl_json_kind kind) {
  if (cur->error) return false;
  bool ends = kind == SL_JSON_STRING || kind == SL_JSON_ARRAY || kind == SL_JSON_OBJECT || cur->p == cur->end ||
              (*cur->p && strchr(" \t\r\n{}[]:,", *cur->p));
  return ends || sl_json_cursor_fail(cur, cur->p, "expected nothing behind the value");
}

/* Each name of an object once. */
static void unite_members(sl_call *call, sl_json *object) {
  if (object->count < 2) return;
  sl_pairs pairs;
  sl_pairs_init(&pairs, call->arena, &SL_TYPE_STRING, object->count);
  for (size_t i = 0; i < object->count; i++) {
    sl_value key = sl_of_str(object->members[i].name), value = {.pointer = object->members[i].value};
    sl_pairs_put(&pairs, &key, &value);
  }
  for (size_t i = 0; i < pairs.count; i++) {
    object->members[i].name = sl_value_str(&pairs.items[2 * i]);
    object->members[i].value = (sl_json *)(uintptr_t)pairs.items[2 * i + 1].pointer;
  }
  object->count = pairs.count;
}

static void unite_all(sl_call *call, sl_json *v) {
  if (v->kind == SL_JSON_OBJECT) unite_members(call, v);
  if (v->kind != SL_JSON_OBJECT && v->kind != SL_JSON_ARRAY) return;
  for (size_t i = 0; i < v->count; i++) unite_all(call, v->kind == SL_JSON_ARRAY ? v->items[i] : v->members[i].value);
}

int sl_json_first(sl_call *call, sl_str text, sl_json **out) {
  if (sl_json_is_missing(text)) {
    *out = NULL;
    return 0;
  }
  sl_json_cursor cur;
  sl_json_begin(&cur, text);
  sl_json *root = sl_json_read(call->arena, &cur);
  if (!root || !sl_json_root_end(&cur, root->kind)) return sl_fail_json(call, text);
  unite_all(call, root);
  *out = root;
  return 0;
}

/* ---- writing ---- */

static bool is_integer(sl_str text) {
  for (size_t i = 0; i < text.len; i++)
    if (text.ptr[i] == '.' || text.ptr[i] == 'e' || text.ptr[i] == 'E') return false;
  return true;
}

int sl_json_put_number(sl_call *call, sl_buf *out, sl_str text, sl_json_style style) {
  if (is_integer(text)) {
    sl_buf_add_str(out, sl_str_eq_z(text, "-0") ? sl_str_of("0") : text);
    return 0;
  }
  sl_decimal d;
  if (!sl_decimal_parse(call->arena, text, &d))
    return sl_fail(call, "A number in the JSON text has too many digits: %.*s", (int)(text.len < 80 ? text.len : 80),
                   text.ptr);
  if (style == SL_JSON_PLAIN)
    sl_decimal_print(out, &d);
  else
    sl_decimal_print_scientific(out, &d);
  return out->len > SL_TEXT_MAX ? sl_fail_size(call) : 0;
}

static int put_members(sl_call *call, sl_buf *out, const sl_json *v, sl_json_style style) {
  int rc = 0;
  sl_buf_add_byte(out, '{');
  for (size_t i = 0; i < v->count && !rc; i++) {
    if (i) sl_buf_add_byte(out, ',');
    sl_json_write_str(out, v->members[i].name);
    sl_buf_add_byte(out, ':');
    rc = sl_json_put(call, out, v->members[i].value, style);
  }
  sl_buf_add_byte(out, '}');
  return rc;
}

static int put_items(sl_call *call, sl_buf *out, const sl_json *v, sl_json_style style) {
  int rc = 0;
  sl_buf_add_byte(out, '[');
  for (size_t i = 0; i < v->count && !rc; i++) {
    if (i) sl_buf_add_byte(out, ',');
    rc = sl_json_put(call, out, v->items[i], style);
  }
  sl_buf_add_byte(out, ']');
  return rc;
}

int sl_json_put(sl_call *call, sl_buf *out, const sl_json *v, sl_json_style style) {
  switch (v->kind) {
  case SL_JSON_NUMBER: return sl_json_put_number(call, out, v->text, style);
  case SL_JSON_OBJECT: return put_members(call, out, v, style);
  case SL_JSON_ARRAY: return put_items(call, out, v, style);
  default: sl_json_write(out, v); return 0;
  }
}

void sl_call_text_leave(void *local) {
  sl_buf_done(local);
}

int sl_give_text(sl_call *call, const sl_buf *text, sl_value *out) {
  if (text->len > SL_TEXT_MAX) return sl_fail_size(call);
  return sl_give(out, sl_of_str(sl_str_dup(call->arena, sl_buf_str(text))));
}
