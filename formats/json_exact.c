/* The exact JSON decoder: the document as a tree, then every column by the letter of formats.md 5.2, with messages that
 * name the path. It decides whatever the quick decoder leaves: wrong types, duplicates, unusual shapes, bad text. */
#include "formats/formats_int.h"
#include "formats/json_int.h"

typedef struct path {
  const struct path *up;
  sl_str name; /* field or map key; ptr NULL: an index */
  size_t index;
  const char *suffix; /* ".value" of a map entry, else "" */
} path;

typedef struct exact {
  sl_json_serde *json;
  sl_arena *arena;
  sl_err *err;
} exact;

static void print_path(sl_buf *out, const path *at) {
  if (!at) {
    sl_buf_add_byte(out, '$');
    return;
  }
  print_path(out, at->up);
  if (at->name.ptr)
    sl_buf_printf(out, "." SL_STR_FMT "%s", SL_STR_ARG(at->name), at->suffix);
  else
    sl_buf_printf(out, "[%zu]", at->index);
}

/* Completes the message of a failure at a place. */
static int fail_at(exact *ex, const path *at) {
  if (ex->err && ex->err->code) {
    sl_buf text = {0};
    sl_err cause = *ex->err;
    sl_buf_printf(&text, "%s, path: ", cause.message);
    print_path(&text, at);
    *ex->err = (sl_err){0};
    sl_err_set(ex->err, SL_E_DECODE, SL_NO_POS, "%s", sl_buf_z(&text));
    sl_err_done(&cause);
    sl_buf_done(&text);
  }
  return SL_E_DECODE;
}

static int decode_node(exact *ex, const sl_json_node *node, const sl_json *v, const path *at, sl_value *out);

/* Fills a struct's fields: the exact name wins, else the last member whose upper-case name is the field's. */
static int decode_fields(exact *ex, const sl_json_node *node, const sl_json *v, const path *at, sl_value *out) {
  size_t count = (size_t)node->count;
  const sl_json **exact_match = sl_arena_calloc(ex->arena, count + 1, sizeof *exact_match);
  const sl_json **upper_match = sl_arena_calloc(ex->arena, count + 1, sizeof *upper_match);
  for (size_t i = 0; i < v->count; i++) {
    const sl_json_member *m = &v->members[i];
    int field = sl_json_field_find(node, m->name);
    if (field >= 0) exact_match[field] = m->value;
    field = sl_json_field_find(node, sl_json_upper(ex->arena, m->name));
    if (field >= 0) upper_match[field] = m->value;
  }
  for (size_t f = 0; f < count; f++) {
    const sl_json *value = exact_match[f] ? exact_match[f] : upper_match[f];
    path here = {at, node->fields[f].name, 0, ""};
    if (!value)
      out[f] = sl_null();
    else if (decode_node(ex, &node->fields[f].node, value, &here, &out[f]))
      return SL_E_DECODE;
  }
  return 0;
}

static int decode_array(exact *ex, const sl_json_node *node, const sl_json *v, const path *at, sl_value *out) {
  sl_value *items = sl_arena_alloc(ex->arena, (v->count + 1) * sizeof *items);
  for (size_t i = 0; i < v->count; i++) {
    path here = {at, {NULL, 0}, i, ""};
    if (decode_node(ex, node->element, v->items[i], &here, &items[i])) return SL_E_DECODE;
  }
  *out = sl_of_items(items, (uint32_t)v->count);
  return 0;
}

static int decode_map(exact *ex, const sl_json_node *node, const sl_json *v, const path *at, sl_value *out) {
  sl_value *pairs = sl_arena_alloc(ex->arena, (v->count + 1) * 2 * sizeof *pairs);
  for (size_t i = 0; i < v->count; i++) {
    pairs[2 * i] = sl_of_str(v->members[i].name);
    pairs[2 * i + 1] = (sl_value){.pointer = v->members[i].value, .tag = SL_TAG_SET};
  }
  uint32_t count = sl_json_unique_keys(ex->arena, pairs, (uint32_t)v->count);
  for (uint32_t i = 0; i < count; i++) {
    path here = {at, sl_value_str(&pairs[2 * i]), 0, ".value"};
    const sl_json *value = pairs[2 * i + 1].pointer;
    if (decode_node(ex, node->element, value, &here, &pairs[2 * i + 1])) return SL_E_DECODE;
  }
  *out = sl_of_items(pairs, count);
  return 0;
}

static int decode_node(exact *ex, const sl_json_node *node, const sl_json *v, const path *at, sl_value *out) {
  bool nested = v->kind == SL_JSON_ARRAY || v->kind == SL_JSON_OBJECT;
  if (nested && node->base == SL_STRING) {
    *out = sl_of_str(sl_json_text_of(ex->arena, &ex->json->text, v));
    return 0;
  }
  if (v->kind == SL_JSON_ARRAY && node->base == SL_ARRAY) return decode_array(ex, node, v, at, out);
  if (v->kind == SL_JSON_OBJECT && node->base == SL_MAP) return decode_map(ex, node, v, at, out);
  if (v->kind == SL_JSON_OBJECT && node->base == SL_STRUCT) {
    sl_value *items = sl_arena_alloc(ex->arena, ((size_t)node->count + 1) * sizeof *items);
    *out = sl_of_items(items, (uint32_t)node->count);
    return decode_fields(ex, node, v, at, items);
  }
  if (!sl_json_scalar(node, v->kind, v->text, ex->arena, out, ex->err)) return 0;
  return fail_at(ex, at);
}

static int decode_root(exact *ex, const sl_json *v, sl_value *out) {
  sl_json_serde *json = ex->json;
  if (!json->wrapped) return decode_node(ex, &json->root, v, NULL, out);
  if (v->kind == SL_JSON_NULL) {
    sl_err_set(ex->err, SL_E_DECODE, SL_NO_POS, "A row is an object, but the text is null");
    return fail_at(ex, NULL);
  }
  if (v->kind == SL_JSON_OBJECT) return decode_fields(ex, &json->root, v, NULL, out);
  sl_json_mismatch(&json->root, v->kind, v->text, ex->err);
  return fail_at(ex, NULL);
}

/* ---- text to tree ---- */

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Reads the first value of text; what follows it is ignored, but it must not run on as a longer word. */
static int parse_first(exact *ex, sl_str text, sl_json **out) {
  sl_json_cursor cur;
  sl_str slice = {NULL, 0};
  sl_json_begin(&cur, text);
  sl_json_kind kind = sl_json_peek(&cur);
  if (!sl_json_skip(&cur, &slice))
    return sl_err_set(ex->err, SL_E_DECODE, SL_NO_POS, "%s", cur.error ? cur.error : "malformed JSON");
  const char *next = slice.ptr + slice.len, *end = text.ptr + text.len;
  bool word = kind != SL_JSON_STRING && kind != SL_JSON_ARRAY && kind != SL_JSON_OBJECT;
  if (word && next < end && !is_space(*next))
    return sl_err_set(ex->err, SL_E_DECODE, SL_NO_POS, "Unexpected character '%c' after the value '" SL_STR_FMT "'",
                      *next >= ' ' && *next < 0x7f ? *next : '?', SL_STR_ARG(slice));
  return sl_json_parse(ex->arena, slice, 0, out, ex->err) ? SL_E_DECODE : 0;
}

int sl_json_decode_exact(sl_json_serde *json, sl_str text, sl_arena *arena, sl_value *out, sl_err *err) {
  exact ex = {json, arena, err};
  sl_json *tree;
  size_t blank = 0;
  int code;
  while (blank < text.len && is_space(text.ptr[blank])) blank++;
  if (blank == text.len) {
    sl_json_mismatch(&json->root, SL_JSON_END, text, err);
    code = fail_at(&ex, NULL);
  } else {
    code = parse_first(&ex, text, &tree);
    if (!code) code = decode_root(&ex, tree, out);
  }
  if (code && err) {
    err->code = SL_E_DECODE;
    sl_err_prefix(err, "Failed to deserialize %s from topic: %s. ", json->is_key ? "key" : "value", json->topic);
  }
  return code;
}
