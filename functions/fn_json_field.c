/* EXTRACTJSONFIELD and JSON_ARRAY_CONTAINS (functions.md 16.2): they look for one value, so they read with the cursor
 * and build no tree. A path is compiled once when it is constant. */
#include <unicode/uchar.h>
#include "functions/json_text.h"
#include "functions/units.h"

static const char JSON[] = "JSON";

/* ---- paths ---- */

typedef struct segment {
  sl_str name;
  int64_t index; /* the name as a number, -1 if it is none */
} segment;

typedef struct path {
  segment *segments;
  int count;
} path;

static bool is_name_char(uint32_t c, bool subscript) {
  return c == '_' || (!subscript && (c == ':' || c == '@')) ||
         (c < 0x80 ? (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
                   : (bool)(u_isalpha((UChar32)c) || u_isdigit((UChar32)c)));
}

/* A name of at least one character, from *at on. */
static bool scan_name(sl_str text, size_t *at, bool subscript, sl_str *out) {
  size_t start = *at;
  while (*at < text.len) {
    size_t next = *at;
    if (!is_name_char(sl_codepoint_next(text, &next), subscript)) break;
    *at = next;
  }
  *out = sl_str_n(text.ptr + start, *at - start);
  return out->len > 0;
}

/* What is between quotes, where a backslash stands before a quote or another one; *at is behind the first quote. */
static bool scan_quoted(sl_arena *arena, sl_str text, size_t *at, sl_str *out) {
  char *name = sl_arena_alloc(arena, text.len), *p = name;
  while (*at < text.len && text.ptr[*at] != '"') {
    bool escape = text.ptr[*at] == '\\';
    if (escape && ++*at == text.len) return false;
    char c = text.ptr[(*at)++];
    if (escape && c != '"' && c != '\\') return false;
    *p++ = c;
  }
  *out = sl_str_n(name, (size_t)(p - name));
  return (*at)++ < text.len;
}

static bool scan_segment(sl_arena *arena, sl_str text, size_t *at, sl_str *out) {
  char open = text.ptr[(*at)++];
  if (open == '.') return scan_name(text, at, false, out);
  if (open != '[' || *at == text.len) return false;
  bool quoted = text.ptr[*at] == '"';
  if (quoted) ++*at;
  if (!(quoted ? scan_quoted(arena, text, at, out) : scan_name(text, at, true, out))) return false;
  return *at < text.len && text.ptr[(*at)++] == ']';
}

static int64_t index_of(sl_str name) {
  int64_t index;
  bool digits = name.len > 0;
  for (size_t i = 0; i < name.len; i++) digits &= name.ptr[i] >= '0' && name.ptr[i] <= '9';
  return digits && sl_str_int64(name, &index) ? index : -1;
}

/* NULL when the path is malformed. Names may borrow from text. */
static const path *path_of(sl_arena *arena, sl_str text) {
  if (!text.len || text.ptr[0] != '$') return NULL;
  path *p = sl_arena_alloc(arena, sizeof *p);
  *p = (path){.segments = sl_arena_alloc(arena, text.len / 2 * sizeof(segment))}; /* each takes two characters */
  for (size_t at = 1; at < text.len;) {
    sl_str name;
    if (!scan_segment(arena, text, &at, &name)) return NULL;
    p->segments[p->count++] = (segment){name, index_of(name)};
  }
  return p;
}

static int prepare_path(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)err;
  if (call->is_constant[1] && !sl_is_null(&call->constants[1]))
    call->prepared = (void *)(uintptr_t)path_of(arena, sl_value_str(&call->constants[1]));
  return 0;
}

/* ---- EXTRACTJSONFIELD ---- */

static bool key_is(sl_call *call, sl_str key, bool escaped, sl_str name) {
  if (escaped && !sl_json_unescape(call->arena, key, &key)) return false;
  return sl_str_eq(key, name);
}

/* Reads the cursor's next value to its end and gives the text of the part that a segment names; ptr NULL: none. */
static sl_str find_part(sl_call *call, sl_json_cursor *cur, const segment *want) {
  sl_str found = {0}, part, key;
  sl_json_token token;
  sl_json_kind kind = sl_json_peek(cur);
  if (kind != SL_JSON_OBJECT && kind != SL_JSON_ARRAY) {
    sl_json_skip(cur, NULL);
    return found;
  }
  if (!sl_json_value(cur, &token)) return found;
  bool escaped = false;
  for (int64_t i = 0;; i++) {
    bool more =
        kind == SL_JSON_ARRAY ? sl_json_next_element(cur, i == 0) : sl_json_next_member(cur, i == 0, &key, &escaped);
    if (!more || !sl_json_skip(cur, &part)) return found;
    if (kind == SL_JSON_ARRAY ? i == want->index : key_is(call, key, escaped, want->name)) found = part;
  }
}

/* The value of a checked text: a string's content, anything else compactly. */
static int give_value(sl_call *call, sl_str json, sl_value *out) {
  sl_json_cursor cur;
  sl_json_token token;
  sl_json_begin(&cur, json);
  sl_json_kind kind = sl_json_peek(&cur);
  if (kind == SL_JSON_OBJECT || kind == SL_JSON_ARRAY) {
    sl_json *tree;
    int rc = sl_json_first(call, json, &tree);
    sl_buf *text = sl_call_text(call);
    if (!rc) rc = sl_json_put(call, text, tree, SL_JSON_CANONICAL);
    return rc ? rc : sl_give_text(call, text, out);
  }
  if (!sl_json_value(&cur, &token)) return sl_fail_json(call, json);
  if (kind == SL_JSON_NUMBER && !token.integral) {
    sl_buf *text = sl_call_text(call);
    int rc = sl_json_put_number(call, text, token.text, SL_JSON_CANONICAL);
    return rc ? rc : sl_give_text(call, text, out);
  }
  sl_str s = kind == SL_JSON_STRING || kind == SL_JSON_NUMBER ? token.text : json;
  if (kind == SL_JSON_NUMBER && sl_str_eq_z(s, "-0")) s = sl_str_of("0");
  if (kind == SL_JSON_STRING && token.escaped && !sl_json_unescape(call->arena, token.text, &s))
    return sl_fail_json(call, json);
  return sl_give(out, sl_of_str(s));
}

static int extract(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str text = sl_value_str(&args[0]), at = text;
  const path *p = call->prepared ? call->prepared : path_of(call->arena, sl_value_str(&args[1]));
  if (!p) return sl_fail(call, "Invalid JSON path: '" SL_STR_FMT "'", SL_STR_ARG(sl_value_str(&args[1])));
  if (sl_json_is_missing(text)) return p->count ? sl_give_null(out) : sl_give(out, sl_of_str(sl_str_n("", 0)));
  for (int i = 0; i < p->count || i == 0; i++) { /* the whole text is read once, also for the path $ */
    sl_json_cursor cur;
    sl_json_begin(&cur, at);
    sl_json_kind kind = sl_json_peek(&cur);
    sl_str part;
    if (p->count)
      part = find_part(call, &cur, &p->segments[i]);
    else
      sl_json_skip(&cur, &part);
    if (i == 0 && !sl_json_root_end(&cur, kind)) return sl_fail_json(call, text);
    if (!part.ptr) return sl_give_null(out);
    at = part;
  }
  return give_value(call, at, out);
}

/* ---- JSON_ARRAY_CONTAINS ---- */

/* Does an item match? *done: no later one can. */
static bool matches(sl_call *call, const sl_json_token *item, const sl_value *v, bool *done) {
  sl_base base = call->arg_types[1]->base;
  if (sl_is_null(v)) return item->kind == SL_JSON_NULL;
  switch (item->kind) {
  case SL_JSON_TRUE:
  case SL_JSON_FALSE: return base == SL_BOOLEAN && v->boolean == (item->kind == SL_JSON_TRUE);
  case SL_JSON_STRING: {
    sl_str s = item->text;
    return base == SL_STRING && (!item->escaped || sl_json_unescape(call->arena, item->text, &s)) &&
           sl_str_eq(s, sl_value_str(v));
  }
  case SL_JSON_NUMBER: {
    if (!item->integral) return base == SL_DOUBLE && sl_json_token_double(item) == v->f64;
    if (base != SL_INTEGER && base != SL_BIGINT) return false;
    int64_t n;
    *done = !sl_json_token_int64(item, &n) || (base == SL_INTEGER && (n < INT32_MIN || n > INT32_MAX));
    return !*done && n == v->i64;
  }
  default: return false;
  }
}

static bool contains(sl_call *call, sl_str text, const sl_value *v) {
  sl_json_cursor cur;
  sl_json_token token;
  bool done = false;
  sl_json_begin(&cur, text);
  if (sl_json_peek(&cur) != SL_JSON_ARRAY || !sl_json_value(&cur, &token)) return false;
  for (bool first = true; !done && sl_json_next_element(&cur, first); first = false) {
    sl_json_kind kind = sl_json_peek(&cur);
    bool nested = kind == SL_JSON_ARRAY || kind == SL_JSON_OBJECT;
    if (!(nested ? sl_json_skip(&cur, NULL) : sl_json_value(&cur, &token))) return false;
    if (!nested && matches(call, &token, v, &done)) return true;
  }
  return false;
}

static int json_array_contains(sl_call *call, const sl_value *args, sl_value *out) {
  return sl_give(out, sl_of_bool(contains(call, sl_value_str(&args[0]), &args[1])));
}

const sl_function sl_fn_json_field[] = {
    {.name = "EXTRACTJSONFIELD",
     .category = JSON,
     .doc = "Gives the value at a path of a JSON text.",
     .example = "EXTRACTJSONFIELD('{\"a\": {\"b\": 1}}', '$.a.b') => '1'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR input, VARCHAR path) -> VARCHAR",
                                         .eval = extract,
                                         .prepare = prepare_path,
                                         .local_size = sizeof(sl_buf),
                                         .leave = sl_call_text_leave,
                                         .doc = "Paths are like $.name[0][\"any key\"]; NULL when nothing is there."},
                                        {0}}},
    {.name = "JSON_ARRAY_CONTAINS",
     .spelling = "JSON_ARRAY_CONTAINS",
     .category = JSON,
     .doc = "Tells whether a JSON array has an item.",
     .example = "JSON_ARRAY_CONTAINS('[1, 2]', 2) => true",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR! jsonArray, T val) -> BOOLEAN",
                                         .flags = SL_FN_NULLS,
                                         .eval = json_array_contains,
                                         .doc = "The item's JSON type must be that of val."},
                                        {0}}},
    {0}};
