/* JSON documents as trees in an arena, for bodies, test files and functions that need one; built with the cursor. */
#include <stdio.h>
#include "base/json.h"

typedef struct tree_reader {
  sl_json_cursor cur;
  sl_arena *arena;
} tree_reader;

/* ---- building ---- */
sl_json *sl_json_new(sl_arena *arena, sl_json_kind kind) {
  sl_json *v = sl_arena_zalloc(arena, sizeof *v);
  v->kind = kind;
  return v;
}

static sl_json *new_text(sl_arena *arena, sl_json_kind kind, sl_str text) {
  sl_json *v = sl_json_new(arena, kind);
  v->text = sl_str_dup(arena, text);
  return v;
}

sl_json *sl_json_new_str(sl_arena *arena, sl_str s) {
  return new_text(arena, SL_JSON_STRING, s);
}

sl_json *sl_json_new_z(sl_arena *arena, const char *z) {
  return z ? sl_json_new_str(arena, sl_str_of(z)) : sl_json_new(arena, SL_JSON_NULL);
}

sl_json *sl_json_new_int(sl_arena *arena, int64_t v) {
  char text[20];
  return new_text(arena, SL_JSON_NUMBER, sl_str_n(text, sl_number_print_int(text, v)));
}

sl_json *sl_json_new_bool(sl_arena *arena, bool v) {
  return sl_json_new(arena, v ? SL_JSON_TRUE : SL_JSON_FALSE);
}

/* Makes room for one more item of the given size in a list of count. */
static void *with_room(sl_arena *arena, sl_json *list, void *items, size_t size) {
  if (list->count < list->cap) return items;
  list->cap = list->cap ? list->cap * 2 : 4;
  void *more = sl_arena_alloc(arena, list->cap * size);
  if (list->count) memcpy(more, items, list->count * size);
  return more;
}

void sl_json_add(sl_arena *arena, sl_json *array, sl_json *item) {
  array->items = with_room(arena, array, array->items, sizeof *array->items);
  array->items[array->count++] = item;
}

static void add_member(sl_arena *arena, sl_json *object, sl_str name, sl_json *value) {
  object->members = with_room(arena, object, object->members, sizeof *object->members);
  object->members[object->count++] = (sl_json_member){name, value};
}

void sl_json_set(sl_arena *arena, sl_json *object, const char *name, sl_json *value) {
  sl_str key = sl_str_of(name);
  for (size_t i = object->count; i-- > 0;) {
    if (sl_str_eq(object->members[i].name, key)) {
      object->members[i].value = value;
      return;
    }
  }
  add_member(arena, object, sl_str_dup(arena, key), value);
}

/* ---- reading ---- */
static bool read_text(tree_reader *r, sl_str raw, bool escaped, sl_str *out) {
  if (!escaped) {
    *out = sl_str_dup(r->arena, raw);
    return true;
  }
  if (sl_json_unescape(r->arena, raw, out)) return true;
  return sl_json_cursor_fail(&r->cur, raw.ptr, "a \\u surrogate in the string has no partner");
}

/* As deep as the cursor allows. */
static sl_json *read_value(tree_reader *r) {
  sl_json_token token;
  if (!sl_json_value(&r->cur, &token)) return NULL;
  sl_json *v = sl_json_new(r->arena, token.kind);
  if (token.kind == SL_JSON_ARRAY) {
    while (sl_json_next_element(&r->cur, v->count == 0)) {
      sl_json *item = read_value(r);
      if (!item) return NULL;
      sl_json_add(r->arena, v, item);
    }
  } else if (token.kind == SL_JSON_OBJECT) {
    sl_str raw, name;
    bool escaped;
    while (sl_json_next_member(&r->cur, v->count == 0, &raw, &escaped)) {
      sl_json *value = read_text(r, raw, escaped, &name) ? read_value(r) : NULL;
      if (!value) return NULL;
      add_member(r->arena, v, name, value);
    }
  } else if (token.kind == SL_JSON_STRING) {
    if (!read_text(r, token.text, token.escaped, &v->text)) return NULL;
  } else if (token.kind == SL_JSON_NUMBER) {
    v->text = sl_str_dup(r->arena, token.text);
  }
  return r->cur.error ? NULL : v;
}

sl_json *sl_json_read(sl_arena *arena, sl_json_cursor *cur) {
  tree_reader r = {.cur = *cur, .arena = arena};
  sl_json *v = read_value(&r);
  *cur = r.cur;
  return v;
}

/* A copy with blanks for comments, so that places stay what they are. false: one has no end. */
static bool blank_comments(sl_arena *arena, sl_str *text) {
  char *copy = sl_str_z(arena, *text), *p = copy, *end = copy + text->len;
  bool quoted = false, closed = true;
  while (p < end) {
    if (quoted && *p == '\\') {
      p++;
    } else if (*p == '"') {
      quoted = !quoted;
    } else if (!quoted && p[0] == '/' && p[1] == '/') {
      while (p < end && *p != '\n') *p++ = ' ';
      continue;
    } else if (!quoted && p[0] == '/' && p[1] == '*') {
      closed = false;
      for (p[0] = p[1] = ' ', p += 2; p < end && !closed; p++) {
        closed = p[0] == '*' && p[1] == '/';
        if (closed) p[1] = ' ';
        if (*p != '\n') *p = ' ';
      }
      continue;
    }
    p++;
  }
  text->ptr = copy;
  return closed;
}

static int report(const sl_json_cursor *cur, sl_err *err) {
  unsigned line = 1, column = 1;
  for (const char *p = cur->start; p < cur->error_at; p++) {
    bool newline = *p == '\n', inside = ((unsigned char)*p & 0xc0) == 0x80;
    line += newline;
    column = newline ? 1 : column + !inside;
  }
  char found[32];
  if (cur->error_at == cur->end) {
    snprintf(found, sizeof found, "the end of the text");
  } else if ((unsigned char)*cur->error_at > ' ' && (unsigned char)*cur->error_at < 0x7f) {
    snprintf(found, sizeof found, "'%c'", *cur->error_at);
  } else {
    snprintf(found, sizeof found, "byte 0x%02X", (unsigned char)*cur->error_at);
  }
  return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid JSON at line %u, column %u: %s (found %s)", line, column,
                    cur->error, found);
}

int sl_json_parse(sl_arena *arena, sl_str text, int flags, sl_json **out, sl_err *err) {
  if ((flags & SL_JSON_COMMENTS) && !blank_comments(arena, &text)) {
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid JSON: a comment that begins with '/*' has no end");
  }
  tree_reader r = {.arena = arena};
  sl_json_begin(&r.cur, text);
  sl_json *root = read_value(&r);
  if (root && !sl_json_at_end(&r.cur)) {
    sl_json_cursor_fail(&r.cur, r.cur.p, "expected nothing after the value");
    root = NULL;
  }
  if (!root) return report(&r.cur, err);
  *out = root;
  return 0;
}

/* ---- looking ---- */
static sl_json *find_member(const sl_json *object, sl_str name) {
  if (!sl_json_is(object, SL_JSON_OBJECT)) return NULL;
  for (size_t i = object->count; i-- > 0;) {
    if (sl_str_eq(object->members[i].name, name)) return object->members[i].value;
  }
  return NULL;
}

sl_json *sl_json_get(const sl_json *object, const char *name) {
  return find_member(object, sl_str_of(name));
}

sl_str sl_json_str(const sl_json *v, const char *fallback) {
  return sl_json_is(v, SL_JSON_STRING) ? v->text : sl_str_of(fallback);
}

bool sl_json_int(const sl_json *v, int64_t *out) {
  return sl_json_is(v, SL_JSON_NUMBER) && sl_str_int64(v->text, out);
}

bool sl_json_is(const sl_json *v, sl_json_kind kind) {
  return v && v->kind == kind;
}

bool sl_json_equal(const sl_json *a, const sl_json *b) {
  if (a == b) return true;
  if (!a || !b || a->kind != b->kind || a->count != b->count) return false;
  switch (a->kind) {
  case SL_JSON_NUMBER:
  case SL_JSON_STRING: return sl_str_eq(a->text, b->text);
  case SL_JSON_ARRAY:
    for (size_t i = 0; i < a->count; i++) {
      if (!sl_json_equal(a->items[i], b->items[i])) return false;
    }
    return true;
  case SL_JSON_OBJECT:
    for (size_t i = 0; i < a->count; i++) {
      bool aligned = sl_str_eq(a->members[i].name, b->members[i].name);
      const sl_json *other = aligned ? b->members[i].value : find_member(b, a->members[i].name);
      if (!sl_json_equal(a->members[i].value, other)) return false;
    }
    return true;
  default: return true;
  }
}
