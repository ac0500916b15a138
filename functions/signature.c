/* Signature texts to parsed signatures, and back to the two printed forms: the alternatives of error messages and the
 * types of DESCRIBE FUNCTION. A recursive descent over a few dozen characters; depth is bounded although the texts are
 * our own, because extensions may add theirs. */
#include "functions/signature.h"
#include <ctype.h>
#include "base/vec.h"

enum { MAX_DEPTH = 16 };

typedef struct reader {
  sl_arena *arena;
  const char *text, *p;
  int depth;
} reader;

static const sl_shape *read_shape(reader *r);

static void skip_blanks(reader *r) {
  while (*r->p == ' ') r->p++;
}

static bool accept(reader *r, const char *word) {
  skip_blanks(r);
  size_t n = strlen(word);
  if (strncmp(r->p, word, n)) return false;
  r->p += n;
  return true;
}

static sl_str read_word(reader *r) {
  skip_blanks(r);
  const char *from = r->p;
  while (isalnum((unsigned char)*r->p) || *r->p == '_') r->p++;
  return sl_str_n(from, (size_t)(r->p - from));
}

/* Shapes, each with a name before it when names is given, separated by commas, up to the closing text. */
static bool read_list(reader *r, sl_shape *owner, bool named, const char *close) {
  sl_vec shapes, names;
  sl_vec_init(&shapes, r->arena);
  sl_vec_init(&names, r->arena);
  if (accept(r, close)) return true;
  do {
    if (named) {
      sl_str *name = sl_arena_alloc(r->arena, sizeof *name);
      *name = read_word(r);
      sl_vec_push(&names, name);
    }
    const sl_shape *item = read_shape(r);
    if (!item) return false;
    owner->generic |= item->generic;
    sl_vec_push(&shapes, (void *)(uintptr_t)item);
  } while (accept(r, ","));
  owner->count = (int)shapes.len;
  owner->items = (const sl_shape **)shapes.items;
  if (named) {
    sl_str *list = sl_arena_calloc(r->arena, shapes.len, sizeof *list);
    for (size_t i = 0; i < shapes.len; i++) list[i] = *(sl_str *)sl_vec_at(&names, i);
    owner->names = list;
  }
  return accept(r, close);
}

static bool read_array(reader *r, sl_shape *s) {
  s->kind = SL_SHAPE_ARRAY;
  if (!accept(r, "<") || !(s->element = read_shape(r))) return false;
  s->generic = s->element->generic;
  return accept(r, ">");
}

static bool read_map(reader *r, sl_shape *s) {
  s->kind = SL_SHAPE_MAP;
  if (!accept(r, "<") || !(s->key = read_shape(r)) || !accept(r, ",") || !(s->element = read_shape(r))) return false;
  s->generic = s->key->generic || s->element->generic;
  return accept(r, ">");
}

static bool read_struct(reader *r, sl_shape *s) {
  s->kind = SL_SHAPE_STRUCT;
  return accept(r, "<") && read_list(r, s, true, ">");
}

static bool read_lambda(reader *r, sl_shape *s) {
  s->kind = SL_SHAPE_LAMBDA;
  if (!accept(r, "(") || !read_list(r, s, false, "=>") || !(s->element = read_shape(r))) return false;
  s->generic |= s->element->generic;
  return accept(r, ")");
}

static bool read_number(reader *r, int *out) {
  int64_t v;
  if (!sl_str_int64(read_word(r), &v) || v < 0 || v > 1000) return false;
  *out = (int)v;
  return true;
}

static bool read_decimal(reader *r, sl_shape *s) {
  s->kind = SL_SHAPE_TYPE;
  s->base = SL_DECIMAL;
  if (!accept(r, "(")) return true;
  return read_number(r, &s->precision) && accept(r, ",") && read_number(r, &s->scale) && accept(r, ")");
}

static bool read_any(reader *r, sl_shape *s) {
  (void)r;
  s->kind = SL_SHAPE_ANY;
  return true;
}

static bool read_unit(reader *r, sl_shape *s) {
  (void)r;
  s->kind = SL_SHAPE_UNIT;
  return true;
}

static const struct {
  const char *word;
  bool (*read)(reader *r, sl_shape *s);
} WORDS[] = {{"ANY", read_any}, {"ARRAY", read_array},   {"DECIMAL", read_decimal}, {"LAMBDA", read_lambda},
             {"MAP", read_map}, {"STRUCT", read_struct}, {"UNIT", read_unit}};

static bool read_named_shape(reader *r, sl_shape *s) {
  sl_str word = read_word(r);
  if (word.len == 1 && word.ptr[0] >= 'A' && word.ptr[0] <= 'Z') {
    *s = (sl_shape){.kind = SL_SHAPE_GENERIC, .variable = word.ptr[0], .generic = true};
    return true;
  }
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    if (sl_str_eq_z(word, WORDS[i].word)) return WORDS[i].read(r, s);
  const sl_type *type = sl_type_find(word);
  if (!type) return false;
  *s = (sl_shape){.kind = SL_SHAPE_TYPE, .base = type->base};
  return true;
}

static const sl_shape *read_shape(reader *r) {
  if (++r->depth > MAX_DEPTH) return NULL;
  sl_shape *s = sl_arena_zalloc(r->arena, sizeof *s);
  bool ok = read_named_shape(r, s);
  r->depth--;
  return ok ? s : NULL;
}

static bool read_parameter(reader *r, bool literal, sl_parameter *out) {
  *out = (sl_parameter){.literal = literal, .shape = read_shape(r)};
  if (!out->shape) return false;
  out->strict = accept(r, "!");
  out->variadic = accept(r, "...");
  out->name = read_word(r);
  return true;
}

static bool read_parameters(reader *r, sl_vec *list) {
  if (accept(r, ")")) return true;
  bool literal = accept(r, ";");
  for (;;) {
    sl_parameter *p = sl_arena_alloc(r->arena, sizeof *p);
    if (!read_parameter(r, literal, p)) return false;
    sl_vec_push(list, p);
    if (accept(r, ")")) return true;
    if (!literal && accept(r, ";"))
      literal = true;
    else if (!accept(r, ","))
      return false;
  }
}

int sl_signature_parse(sl_arena *arena, const char *text, sl_signature *out, sl_err *err) {
  reader r = {.arena = arena, .text = text, .p = text};
  sl_vec list;
  sl_vec_init(&list, arena);
  const sl_shape *result = NULL;
  bool ok = accept(&r, "(") && read_parameters(&r, &list) && accept(&r, "->") && (result = read_shape(&r)) != NULL;
  if (!ok || *r.p)
    return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "Malformed function signature '%s' at '%s'.", text, r.p);
  sl_parameter *params = sl_arena_calloc(arena, list.len, sizeof *params);
  sl_signature sig = {.parameters = params, .count = (int)list.len, .variadic = -1, .result = result};
  for (int i = 0; i < sig.count; i++) {
    params[i] = *(sl_parameter *)sl_vec_at(&list, (size_t)i);
    if (params[i].variadic && sig.variadic >= 0)
      return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "Function signature '%s' has two variadic parameters.", text);
    if (params[i].variadic) sig.variadic = i;
    sig.literals += params[i].literal;
  }
  *out = sig;
  return 0;
}

static void print_type_word(sl_buf *out, const sl_shape *s) {
  static const char *const WORD[SL_BASE_COUNT] = {
      [SL_BOOLEAN] = "BOOLEAN", [SL_INTEGER] = "INT",        [SL_BIGINT] = "BIGINT", [SL_DECIMAL] = "DECIMAL",
      [SL_DOUBLE] = "DOUBLE",   [SL_STRING] = "VARCHAR",     [SL_BYTES] = "BYTES",   [SL_TIME] = "TIME",
      [SL_DATE] = "DATE",       [SL_TIMESTAMP] = "TIMESTAMP"};
  sl_buf_add_z(out, WORD[s->base] ? WORD[s->base] : sl_base_name(s->base));
  if (s->precision) sl_buf_printf(out, "(%d, %d)", s->precision, s->scale);
}

static void print_items(sl_buf *out, const sl_shape *s) {
  for (int i = 0; i < s->count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    if (s->names) sl_buf_printf(out, SL_STR_FMT " ", SL_STR_ARG(s->names[i]));
    sl_shape_print(out, s->items[i]);
  }
}

void sl_shape_print(sl_buf *out, const sl_shape *shape) {
  switch (shape->kind) {
  case SL_SHAPE_TYPE: print_type_word(out, shape); break;
  case SL_SHAPE_GENERIC: sl_buf_add_byte(out, (uint8_t)shape->variable); break;
  case SL_SHAPE_ANY: sl_buf_add_z(out, "ANY"); break;
  case SL_SHAPE_UNIT: sl_buf_add_z(out, "INTERVAL UNIT"); break;
  case SL_SHAPE_ARRAY:
    sl_buf_add_z(out, "ARRAY<");
    sl_shape_print(out, shape->element);
    sl_buf_add_z(out, ">");
    break;
  case SL_SHAPE_MAP:
    sl_buf_add_z(out, "MAP<");
    sl_shape_print(out, shape->key);
    sl_buf_add_z(out, ", ");
    sl_shape_print(out, shape->element);
    sl_buf_add_z(out, ">");
    break;
  case SL_SHAPE_STRUCT:
    sl_buf_add_z(out, "STRUCT<");
    print_items(out, shape);
    sl_buf_add_z(out, ">");
    break;
  case SL_SHAPE_LAMBDA:
    sl_buf_add_z(out, "LAMBDA (");
    print_items(out, shape);
    sl_buf_add_z(out, ") => ");
    sl_shape_print(out, shape->element);
    break;
  }
}

static void print_name(sl_buf *out, const sl_function *function) {
  if (function->kind == SL_FUNCTION_SCALAR || function->spelling) {
    sl_buf_add_z(out, function->kind == SL_FUNCTION_SCALAR ? function->name : function->spelling);
    return;
  }
  for (const char *c = function->name; *c; c++) sl_buf_add_byte(out, (uint8_t)tolower((unsigned char)*c));
}

void sl_signature_print(sl_buf *out, const sl_function *function, int overload) {
  const sl_signature *sig = sl_function_signature(function, overload);
  print_name(out, function);
  sl_buf_add_z(out, "(");
  for (int i = 0; i < sig->count; i++) {
    const sl_parameter *p = &sig->parameters[i];
    if (i) sl_buf_add_z(out, ", ");
    sl_shape_print(out, p->shape);
    if (p->variadic) sl_buf_add_z(out, "...");
    if (p->name.len) sl_buf_printf(out, " " SL_STR_FMT, SL_STR_ARG(p->name));
  }
  sl_buf_add_z(out, ")");
}
