/* Loads the shared objects of user functions: open, check everything, then add it to the registry. An object is taken
 * as a whole or not at all, so that a function is never there without its overloads; what cannot work is found here,
 * by name, and not by the first row. */
#include "functions/user_functions.h"
#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include "functions/user_int.h"
#include "parser/parser.h"

enum {
  FUNCTIONS_MAX = 1000,
  OVERLOADS_MAX = 100,
  PARAMETERS_MAX = 100,
  NAME_MAX_LEN = 64,
  TEXT_MAX_LEN = 4096,
  INSTANCE_MAX = 1 << 20
};

static struct {
  sl_arena arena;  /* rows, signatures, settings: for the life of the process */
  sl_map settings; /* ksql.functions.* */
} loaded;

/* An object being looked at. */
typedef struct object {
  const char *path;
  const sluice_library *library;
  sl_function *rows;
  int count;
  sl_err *err;
} object;

#define REFUSE(object, ...) sl_err_set((object)->err, SL_E_CONFIG, SL_NO_POS, __VA_ARGS__)

/* ---- names and texts ---- */

/* Words that cannot be names of functions in ksqlDB, whose functions are Java. */
static const char *const JAVA_WORDS[] = {
    "abstract", "assert",    "boolean",   "break",  "byte",     "case",  "catch",      "char",         "class",
    "const",    "continue",  "default",   "do",     "double",   "else",  "enum",       "extends",      "false",
    "final",    "finally",   "float",     "for",    "goto",     "if",    "implements", "import",       "instanceof",
    "int",      "interface", "long",      "native", "new",      "null",  "package",    "private",      "protected",
    "public",   "return",    "short",     "static", "strictfp", "super", "switch",     "synchronized", "this",
    "throw",    "throws",    "transient", "true",   "try",      "void",  "volatile",   "while"};

static bool is_word_of_language(sl_str name) {
  size_t count;
  const sl_keyword *words = sl_keywords(&count);
  for (size_t i = 0; i < count; i++)
    if (sl_str_eq_nocase(name, sl_str_of(words[i].text))) return true;
  for (size_t i = 0; i < sizeof JAVA_WORDS / sizeof *JAVA_WORDS; i++)
    if (sl_str_eq_nocase(name, sl_str_of(JAVA_WORDS[i]))) return true;
  return false;
}

static bool is_name(const char *name) {
  size_t len = strnlen(name, NAME_MAX_LEN + 1);
  if (!len || len > NAME_MAX_LEN || isdigit((unsigned char)name[0])) return false;
  for (size_t i = 0; i < len; i++)
    if (!isalnum((unsigned char)name[i]) && name[i] != '_') return false;
  return !is_word_of_language(sl_str_n(name, len));
}

/* A copy of a text of the object, cut to a sensible length; otherwise when there is none. */
static const char *text_of(const char *text, const char *otherwise) {
  if (!text) return otherwise;
  return sl_arena_dup(&loaded.arena, text, strnlen(text, TEXT_MAX_LEN));
}

/* ---- signatures ---- */

static unsigned variables_of(const sl_shape *shape) {
  unsigned set = shape->kind == SL_SHAPE_GENERIC ? 1u << (shape->variable - 'A') : 0;
  if (shape->key) set |= variables_of(shape->key);
  if (shape->element) set |= variables_of(shape->element);
  for (int i = 0; i < shape->count; i++) set |= variables_of(shape->items[i]);
  return set;
}

static bool has_kind(const sl_shape *shape, sl_shape_kind kind) {
  if (shape->kind == kind || (shape->key && has_kind(shape->key, kind))) return true;
  if (shape->element && has_kind(shape->element, kind)) return true;
  for (int i = 0; i < shape->count; i++)
    if (has_kind(shape->items[i], kind)) return true;
  return false;
}

static bool has_bare_decimal(const sl_shape *shape) {
  if (shape->kind == SL_SHAPE_TYPE && shape->base == SL_DECIMAL && !shape->precision) return true;
  if ((shape->key && has_bare_decimal(shape->key)) || (shape->element && has_bare_decimal(shape->element))) return true;
  for (int i = 0; i < shape->count; i++)
    if (has_bare_decimal(shape->items[i])) return true;
  return false;
}

/* A shape that stands for one type once the variables of the parameters are known. */
static int check_made(object *o, const char *what, const char *text, const sl_shape *shape, unsigned variables) {
  if (has_kind(shape, SL_SHAPE_LAMBDA) || has_kind(shape, SL_SHAPE_UNIT) || has_kind(shape, SL_SHAPE_ANY))
    return REFUSE(o, "'%s': the %s cannot be ANY, LAMBDA or UNIT.", text, what);
  if (has_bare_decimal(shape)) return REFUSE(o, "'%s': a DECIMAL of the %s needs precision and scale.", text, what);
  if (variables_of(shape) & ~variables)
    return REFUSE(o, "'%s': the %s names a type variable that no parameter has.", text, what);
  return 0;
}

static int check_parameters(object *o, const char *text, const sl_signature *sig, sl_function_kind kind,
                            unsigned *variables) {
  if (sig->count > PARAMETERS_MAX) return REFUSE(o, "'%s' has more than %d parameters.", text, PARAMETERS_MAX);
  for (int i = 0; i < sig->count; i++) {
    const sl_parameter *p = &sig->parameters[i];
    if (has_kind(p->shape, SL_SHAPE_LAMBDA) || has_kind(p->shape, SL_SHAPE_UNIT))
      return REFUSE(o, "'%s': parameters of LAMBDA and UNIT are for built-in functions.", text);
    if (p->literal && kind != SL_FUNCTION_AGGREGATE)
      return REFUSE(o, "'%s': only aggregates have literal parameters.", text);
    *variables |= variables_of(p->shape);
  }
  return 0;
}

static int parse(object *o, const char *text, sl_signature *out) {
  if (strnlen(text, TEXT_MAX_LEN + 1) > TEXT_MAX_LEN) return REFUSE(o, "A signature is too long.");
  sl_err why = {0};
  int rc = sl_signature_parse(&loaded.arena, text, out, &why);
  if (rc) rc = REFUSE(o, "%s", why.message);
  sl_err_done(&why);
  return rc;
}

static int read_state(object *o, const char *text, unsigned variables, sl_user_overload *out) {
  sl_signature sig;
  if (!text) return 0;
  int rc = parse(o, sl_arena_printf(&loaded.arena, "() -> %.*s", TEXT_MAX_LEN, text), &sig);
  if (!rc) rc = check_made(o, "state", text, sig.result, variables);
  out->state = sig.result;
  return rc;
}

/* ---- overloads ---- */

static int check_bodies(object *o, const sluice_overload *from, sl_function_kind kind) {
  bool aggregate = kind == SL_FUNCTION_AGGREGATE;
  if (!aggregate && !from->eval) return REFUSE(o, "'%s' has no eval.", from->signature);
  if (aggregate && (!from->init || !from->add || !from->merge))
    return REFUSE(o, "'%s' needs init, add and merge.", from->signature);
  if (aggregate && from->state && !from->result)
    return REFUSE(o, "'%s' has a state of its own and no result.", from->signature);
  if (from->instance_size > (kind == SL_FUNCTION_SCALAR ? INSTANCE_MAX : 0))
    return REFUSE(o, "'%s': an instance is for scalar functions and has at most %d bytes.", from->signature,
                  INSTANCE_MAX);
  if (from->flags & ~(unsigned)(SLUICE_NULLS | SLUICE_VOLATILE))
    return REFUSE(o, "'%s' has flags that this version does not know.", from->signature);
  return 0;
}

static int read_overload(object *o, const sluice_overload *from, const char *name, sl_function_kind kind,
                         sl_overload *out, sl_aggregate *out_aggregate) {
  sl_user_overload *user = sl_arena_zalloc(&loaded.arena, sizeof *user);
  *user = (sl_user_overload){.function = name, .kind = kind, .body = from};
  unsigned variables = 0;
  int rc = parse(o, from->signature, &user->signature);
  if (!rc) rc = check_bodies(o, from, kind);
  if (!rc) rc = check_parameters(o, from->signature, &user->signature, kind, &variables);
  if (!rc) rc = check_made(o, "result", from->signature, user->signature.result, variables);
  if (!rc) rc = read_state(o, from->state, variables, user);
  *out = (sl_overload){.signature = from->signature,
                       .flags = (from->flags & SLUICE_NULLS ? SL_FN_NULLS : 0) |
                                (from->flags & SLUICE_VOLATILE ? SL_FN_VOLATILE : 0),
                       .eval = kind == SL_FUNCTION_AGGREGATE ? NULL : sl_user_eval,
                       .prepare = sl_user_prepare,
                       .doc = text_of(from->description, ""),
                       .local_size = from->instance_size,
                       .user = user};
  *out_aggregate = (sl_aggregate){.init = sl_user_init,
                                  .add = sl_user_add,
                                  .undo = from->undo ? sl_user_undo : NULL,
                                  .merge = sl_user_merge,
                                  .result = sl_user_result,
                                  .state_type = sl_user_state_type};
  return rc;
}

static int read_overloads(object *o, const sluice_function *from, sl_function *row) {
  int count = 0;
  while (from->overloads && count <= OVERLOADS_MAX && from->overloads[count].signature) count++;
  if (!count || count > OVERLOADS_MAX) return REFUSE(o, "it needs 1 to %d signatures.", OVERLOADS_MAX);
  sl_overload *overloads = sl_arena_calloc(&loaded.arena, (size_t)count + 1, sizeof *overloads);
  sl_aggregate *aggregates = sl_arena_calloc(&loaded.arena, (size_t)count, sizeof *aggregates);
  int rc = 0;
  for (int i = 0; i < count && !rc; i++)
    rc = read_overload(o, &from->overloads[i], row->name, row->kind, &overloads[i], &aggregates[i]);
  row->overloads = overloads;
  row->aggregates = row->kind == SL_FUNCTION_AGGREGATE ? aggregates : NULL;
  return rc;
}

/* ---- functions ---- */

static bool is_in(const object *o, const char *name) {
  for (int i = 0; i < o->count; i++)
    if (!strcmp(o->rows[i].name, name)) return true;
  return false;
}

static int check_name(object *o, const sluice_function *from, const char *upper) {
  if (!is_name(from->name))
    return REFUSE(o,
                  "%.*s is not a valid function name. Function names must be valid java identifiers and not a KSQL "
                  "reserved word",
                  NAME_MAX_LEN, from->name);
  const sl_function *other = sl_function_operator(sl_str_of(upper));
  if (other) return REFUSE(o, "%s exists already: %s.", upper, other->path ? other->path : "it is built in");
  if (is_in(o, upper)) return REFUSE(o, "%s is declared twice.", upper);
  return 0;
}

static int read_function(object *o, const sluice_function *from, sl_function *row) {
  static const struct {
    sl_function_kind kind;
    const char *category;
  } KINDS[] = {[SLUICE_SCALAR] = {SL_FUNCTION_SCALAR, "OTHER"},
               [SLUICE_TABLE] = {SL_FUNCTION_TABLE, "TABLE"},
               [SLUICE_AGGREGATE] = {SL_FUNCTION_AGGREGATE, "AGGREGATE"}};
  const char *upper =
      sl_str_upper(&loaded.arena, sl_str_of(sl_arena_dup(&loaded.arena, from->name, strnlen(from->name, 256)))).ptr;
  int rc = check_name(o, from, upper);
  if (rc) return rc;
  if ((unsigned)from->kind >= sizeof KINDS / sizeof *KINDS)
    return REFUSE(o, "%s: %u is no kind of function.", upper, (unsigned)from->kind);
  *row = (sl_function){.name = upper,
                       .kind = KINDS[from->kind].kind,
                       .category = text_of(from->category, KINDS[from->kind].category),
                       .doc = text_of(from->description, ""),
                       .author = text_of(o->library->author, ""),
                       .version = text_of(o->library->library_version, ""),
                       .path = o->path,
                       .spelling = text_of(from->name, upper)};
  rc = read_overloads(o, from, row);
  if (rc) sl_err_prefix(o->err, "%s: ", upper);
  return rc;
}

static int read_library(object *o) {
  const sluice_library *library = o->library;
  if (library->version != SLUICE_UDF_VERSION)
    return REFUSE(o, "It is made for version %u of sluice_udf.h, this sluice has version %d.", library->version,
                  SLUICE_UDF_VERSION);
  int count = 0;
  while (library->functions && count <= FUNCTIONS_MAX && library->functions[count].name) count++;
  if (!count || count > FUNCTIONS_MAX) return REFUSE(o, "It has to declare 1 to %d functions.", FUNCTIONS_MAX);
  o->rows = sl_arena_calloc(&loaded.arena, (size_t)count + 1, sizeof *o->rows);
  int rc = 0;
  for (; o->count < count && !rc; o->count++) rc = read_function(o, &library->functions[o->count], &o->rows[o->count]);
  return rc;
}

/* ---- objects ---- */

static int refuse_linker(sl_err *err) {
  const char *why = dlerror();
  return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "%s", why ? why : "It cannot be loaded.");
}

int sl_user_library_add(const char *path, const sluice_library *library, int *count, sl_err *err) {
  if (!loaded.arena.block_size) sl_arena_init(&loaded.arena, 0);
  object o = {.path = path, .library = library, .err = err};
  int rc = read_library(&o);
  if (!rc) rc = sl_function_add(o.rows, err);
  if (!rc) *count = o.count;
  return rc;
}

static int load_object(const char *path, int *count, sl_err *err) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return refuse_linker(err);
  const sluice_library *library = dlsym(handle, "sluice_functions");
  int rc = library ? sl_user_library_add(path, library, count, err)
                   : sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "It has no symbol sluice_functions.");
  if (rc) dlclose(handle);
  return rc;
}

static void copy_settings(const sl_map *settings) {
  size_t at = 0;
  for (sl_map_entry *e; settings && (e = sl_map_next(settings, &at));)
    if (sl_str_starts(e->key, sl_str_of("ksql.functions.")))
      sl_map_put(&loaded.settings, e->key, (void *)(uintptr_t)text_of(e->value, ""));
}

const char *sl_user_setting(const char *function, const char *key) {
  char name[256];
  int len = snprintf(name, sizeof name, "ksql.functions.%s.%s", function, key);
  if (len < 0 || (size_t)len >= sizeof name) return NULL;
  for (char *c = name; c < name + 15 + strlen(function); c++) *c = (char)tolower((unsigned char)*c);
  return sl_map_find(&loaded.settings, sl_str_n(name, (size_t)len));
}

int sl_user_functions_load(const char *dir, const sl_map *settings,
                           void (*report)(void *ctx, const sl_user_report *one), void *ctx, sl_err *err) {
  char **names;
  size_t count;
  if (!loaded.arena.block_size) sl_arena_init(&loaded.arena, 0);
  copy_settings(settings);
  int rc = sl_fs_list(sl_fs_real(), dir, &loaded.arena, &names, &count, err);
  for (size_t i = 0; !rc && i < count; i++) {
    if (!sl_str_ends(sl_str_of(names[i]), sl_str_of(".so"))) continue;
    sl_err why = {0};
    sl_user_report one = {.path = sl_arena_printf(&loaded.arena, "%s/%s", dir, names[i])};
    if (load_object(one.path, &one.functions, &why)) one.refused = why.message;
    report(ctx, &one);
    sl_err_done(&why);
  }
  return rc;
}
