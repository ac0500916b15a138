/* Overload resolution (functions.md 3): which signature of a name takes these arguments, what must be cast, what comes
 * out.
 *
 * Two passes over the overloads of a name, first with exact types, then (not for aggregates) with implicit casts. Among
 * several matches five criteria decide; a tie is an error. Only then are the lambdas typed, left to right, from the
 * type variables bound so far. */
#include "base/buf.h"
#include "functions/function.h"
#include "functions/functions_int.h"
#include "functions/signature.h"

/* Types bound to the variables A .. Z. */
typedef struct bindings {
  const sl_type *types[SL_SHAPE_VARIABLES];
} bindings;

typedef struct request {
  sl_arena *arena;
  const sl_function *function;
  const sl_argument *args;
  int count;
  sl_pos pos;
} request;

static const sl_type **binding(bindings *b, char variable) {
  return &b->types[variable - 'A'];
}

/* ---- one argument ---- */

static bool casts_to(sl_base from, sl_base to) {
  if (from >= SL_INTEGER && from <= SL_DOUBLE) return to > from && to <= SL_DOUBLE;
  return from == SL_STRING && (to == SL_TIME || to == SL_DATE || to == SL_TIMESTAMP || to == SL_BYTES);
}

static bool matches(const sl_shape *shape, const sl_type *type, bool casts, bindings *b);

static bool matches_struct(const sl_shape *shape, const sl_type *type, bindings *b) {
  if (type->base != SL_STRUCT) return false;
  if (!shape->count) return true;
  if (shape->count != type->field_count) return false;
  for (int i = 0; i < shape->count; i++) {
    int at = sl_type_field(type, shape->names[i]);
    if (at < 0 || !matches(shape->items[i], type->fields[at].type, false, b)) return false;
  }
  return true;
}

static bool matches_variable(const sl_shape *shape, const sl_type *type, bindings *b) {
  const sl_type **bound = binding(b, shape->variable);
  if (*bound) return sl_type_equal(*bound, type);
  *bound = type;
  return true;
}

static bool matches(const sl_shape *shape, const sl_type *type, bool casts, bindings *b) {
  if (type->base == SL_NULL_TYPE) return true;
  casts = casts && !shape->generic;
  switch (shape->kind) {
  case SL_SHAPE_TYPE: return shape->base == type->base || (casts && casts_to(type->base, shape->base));
  case SL_SHAPE_GENERIC: return matches_variable(shape, type, b);
  case SL_SHAPE_ANY: return true;
  case SL_SHAPE_ARRAY: return type->base == SL_ARRAY && matches(shape->element, type->element, casts, b);
  case SL_SHAPE_MAP:
    return type->base == SL_MAP && matches(shape->key, type->key, casts, b) &&
           matches(shape->element, type->element, casts, b);
  case SL_SHAPE_STRUCT: return matches_struct(shape, type, b);
  default: return false; /* LAMBDA and UNIT: see takes */
  }
}

static bool takes(const sl_shape *shape, const sl_argument *arg, bool casts, bindings *b) {
  sl_base base = arg->type->base;
  if (base == SL_LAMBDA)
    return shape->kind == SL_SHAPE_LAMBDA && arg->lambda && arg->lambda->parameter_count == shape->count;
  if (base == SL_INTERVAL_UNIT) return shape->kind == SL_SHAPE_UNIT;
  return matches(shape, arg->type, casts, b);
}

/* ---- one overload ---- */

/* Fixed parameters before the variadic take the first arguments, those behind it the last. */
int sl_signature_parameter(const sl_signature *sig, int i, int count) {
  if (sig->variadic < 0 || i < sig->variadic) return i;
  int extras = count - (sig->count - 1);
  return i < sig->variadic + extras ? sig->variadic : i - extras + 1;
}

static bool accepts_count(const sl_signature *sig, int count) {
  return sig->variadic < 0 ? count == sig->count : count >= sig->count - 1;
}

/* One array may stand in the place of a variadic parameter of its elements' type (functions.md 3.2); it is then cast to
 * that type like any argument, so CONCAT(array) is the array's text. */
static bool takes_array(const request *rq, const sl_signature *sig, int i, bool casts, bindings *b) {
  const sl_type *type = rq->args[i].type;
  const sl_shape *shape = sig->parameters[i].shape;
  return i == sig->variadic && rq->count == sig->count && rq->function->kind == SL_FUNCTION_SCALAR &&
         type->base == SL_ARRAY && shape->kind == SL_SHAPE_TYPE && matches(shape, type->element, casts, b);
}

static bool accepts(const request *rq, const sl_signature *sig, bool casts) {
  if (!accepts_count(sig, rq->count)) return false;
  bindings b = {0};
  for (int i = 0; i < rq->count; i++) {
    int parameter = sl_signature_parameter(sig, i, rq->count);
    if (!takes(sig->parameters[parameter].shape, &rq->args[i], casts, &b) && !takes_array(rq, sig, i, casts, &b))
      return false;
  }
  return true;
}

static int generic_parameters(const sl_signature *sig) {
  int n = 0;
  for (int i = 0; i < sig->count; i++) {
    const sl_parameter *p = &sig->parameters[i];
    n += p->shape->generic || (p->variadic && p->shape->kind == SL_SHAPE_ANY);
  }
  return n;
}

static bool has_any_variadic(const sl_signature *sig) {
  return sig->variadic >= 0 && sig->parameters[sig->variadic].shape->kind == SL_SHAPE_ANY;
}

/* Order of preference (functions.md 3.2): positive when a is better. */
static int prefer(const sl_signature *a, const sl_signature *b) {
  int order = (a->variadic < 0) - (b->variadic < 0);
  if (!order) order = a->count - b->count;
  if (!order) order = generic_parameters(b) - generic_parameters(a);
  if (!order) order = has_any_variadic(b) - has_any_variadic(a);
  return order ? order : a->variadic - b->variadic;
}

/* Index of the best overload of a pass, -1 when none matches, -2 when the best two are equal. */
static int choose(const request *rq, bool casts) {
  int best = -1;
  bool tie = false;
  for (int i = 0; i < rq->function->overload_count; i++) {
    const sl_signature *sig = sl_function_signature(rq->function, i);
    if (!accepts(rq, sig, casts)) continue;
    int order = best < 0 ? 1 : prefer(sig, sl_function_signature(rq->function, best));
    if (order > 0) best = i;
    if (order >= 0) tie = order == 0 && rq->count > 0; /* without arguments the first variadic one will do */
  }
  return tie ? -2 : best;
}

/* ---- messages ---- */

static void print_types(sl_buf *out, const request *rq) {
  for (int i = 0; i < rq->count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    switch (rq->args[i].type->base) {
    case SL_NULL_TYPE: sl_buf_add_z(out, "null"); break;
    case SL_LAMBDA: sl_buf_add_z(out, "LAMBDA"); break;
    case SL_INTERVAL_UNIT: sl_buf_add_z(out, "INTERVAL UNIT"); break;
    default: sl_type_print(out, rq->args[i].type, SL_TYPE_UNQUOTED);
    }
  }
}

static int refuse(const request *rq, bool ambiguous, sl_err *err) {
  sl_buf text = {0};
  sl_buf_printf(&text, "Function '%s' %s (", sl_function_spelling(rq->arena, rq->function),
                ambiguous ? "cannot be resolved due to ambiguous method parameters" : "does not accept parameters");
  print_types(&text, rq);
  sl_buf_add_z(&text, ambiguous ? ").\nUse CAST() to explicitly cast your parameters to one of the supported function "
                                  "calls.\nValid function calls are:\n"
                                : ").\nValid alternatives are:\n");
  for (int i = 0; i < rq->function->overload_count; i++) {
    sl_signature_print(&text, rq->function, i);
    sl_buf_add_z(&text, "\n");
  }
  sl_buf_add_z(&text, "For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;");
  int rc = sl_err_set(err, SL_E_STATEMENT, rq->pos, "%s", sl_buf_z(&text));
  sl_buf_done(&text);
  return rc;
}

static int untyped_null(const request *rq, sl_err *err) {
  return sl_err_set(err, SL_E_STATEMENT, rq->pos,
                    "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS "
                    "VARCHAR).");
}

/* ---- types of the chosen overload ---- */

const sl_type *sl_shape_type(sl_arena *arena, const sl_shape *shape, const sl_type *const *bound) {
  const sl_type *key, *element;
  switch (shape->kind) {
  case SL_SHAPE_TYPE:
    if (shape->base != SL_DECIMAL) return sl_type_scalar(shape->base);
    return shape->precision ? sl_type_decimal(arena, shape->precision, shape->scale) : NULL;
  case SL_SHAPE_GENERIC: return bound[shape->variable - 'A'];
  case SL_SHAPE_ARRAY:
    return (element = sl_shape_type(arena, shape->element, bound)) ? sl_type_array(arena, element) : NULL;
  case SL_SHAPE_MAP:
    if (!(key = sl_shape_type(arena, shape->key, bound)) || !(element = sl_shape_type(arena, shape->element, bound)))
      return NULL;
    return sl_type_map(arena, key, element);
  case SL_SHAPE_STRUCT: {
    sl_field *fields = sl_arena_calloc(arena, (size_t)shape->count, sizeof *fields);
    for (int i = 0; i < shape->count; i++) {
      fields[i] = (sl_field){shape->names[i], sl_shape_type(arena, shape->items[i], bound)};
      if (!fields[i].type) return NULL;
    }
    return sl_type_struct(arena, fields, shape->count);
  }
  default: return NULL;
  }
}

/* The type a matching argument is cast to: its own when it fits already. */
static const sl_type *target(sl_arena *arena, const sl_shape *shape, const sl_type *type) {
  if (shape->generic) return type;
  if (shape->kind == SL_SHAPE_ARRAY) return sl_type_array(arena, target(arena, shape->element, type->element));
  if (shape->kind == SL_SHAPE_MAP)
    return sl_type_map(arena, target(arena, shape->key, type->key), target(arena, shape->element, type->element));
  if (shape->kind != SL_SHAPE_TYPE || shape->base == type->base) return type;
  if (shape->base == SL_DECIMAL) return sl_type_decimal(arena, type->base == SL_INTEGER ? 10 : 19, 0);
  return sl_type_scalar(shape->base);
}

static void print_lambda(sl_buf *out, const sl_type *const *types, int count, const sl_type *result) {
  sl_buf_add_z(out, "LAMBDA (");
  for (int i = 0; i < count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    sl_type_print(out, types[i], SL_TYPE_UNQUOTED);
  }
  sl_buf_add_z(out, ") => ");
  sl_type_print(out, result, SL_TYPE_UNQUOTED);
}

static int refuse_lambda(const request *rq, const sl_shape *shape, const sl_type *const *types, const sl_type *result,
                         bindings *b, sl_err *err) {
  if (shape->element->kind != SL_SHAPE_GENERIC) return refuse(rq, false, err);
  sl_buf text = {0};
  sl_buf_add_z(&text, "Found invalid instance of generic schema when mapping ");
  sl_shape_print(&text, shape);
  sl_buf_add_z(&text, " to ");
  print_lambda(&text, types, shape->count, result);
  sl_buf_printf(&text, ". Cannot map %c to both ", shape->element->variable);
  sl_type_print(&text, *binding(b, shape->element->variable), SL_TYPE_UNQUOTED);
  sl_buf_add_z(&text, " and ");
  sl_type_print(&text, result, SL_TYPE_UNQUOTED);
  int rc = sl_err_set(err, SL_E_STATEMENT, rq->pos, "%s", sl_buf_z(&text));
  sl_buf_done(&text);
  return rc;
}

/* Types a lambda from the variables bound by the arguments before it, and binds its result. */
static int type_lambda(const request *rq, const sl_shape *shape, const sl_lambda_type *lambda, bindings *b,
                       sl_err *err) {
  const sl_type **types = sl_arena_calloc(rq->arena, (size_t)shape->count, sizeof *types);
  for (int i = 0; i < shape->count; i++)
    if (!(types[i] = sl_shape_type(rq->arena, shape->items[i], b->types))) return untyped_null(rq, err);
  const sl_type *result = NULL;
  int rc = lambda->type_of(lambda->ctx, types, shape->count, &result, err);
  if (rc) return rc;
  if (!matches(shape->element, result, false, b)) return refuse_lambda(rq, shape, types, result, b, err);
  return 0;
}

/* Binds variables left to right, types lambdas, finds the casts. */
static int bind_arguments(const request *rq, const sl_signature *sig, bindings *b, sl_resolution *out, sl_err *err) {
  const sl_type **casts = sl_arena_calloc(rq->arena, (size_t)rq->count, sizeof *casts);
  bool *strict = NULL;
  for (int i = 0; i < rq->count; i++) {
    const sl_argument *arg = &rq->args[i];
    const sl_parameter *p = &sig->parameters[sl_signature_parameter(sig, i, rq->count)];
    if (p->strict) {
      if (!strict) strict = sl_arena_calloc(rq->arena, (size_t)rq->count, sizeof *strict);
      strict[i] = true;
    }
    if (arg->type->base == SL_LAMBDA) {
      int rc = type_lambda(rq, p->shape, arg->lambda, b, err);
      if (rc) return rc;
    } else if (arg->type->base != SL_NULL_TYPE && arg->type->base != SL_INTERVAL_UNIT) {
      matches(p->shape, arg->type, true, b);
      const sl_type *to = target(rq->arena, p->shape, arg->type);
      if (!sl_type_equal(to, arg->type)) casts[i] = to;
    }
  }
  for (int i = 0; i < rq->count; i++) /* untyped NULLs last: their variables may be bound by later arguments */
    if (rq->args[i].type->base == SL_NULL_TYPE)
      casts[i] = sl_shape_type(rq->arena, sig->parameters[sl_signature_parameter(sig, i, rq->count)].shape, b->types);
  out->casts = casts;
  out->strict = strict;
  return 0;
}

static int result_type(const request *rq, int overload, const sl_signature *sig, bindings *b, sl_resolution *out,
                       sl_err *err) {
  const sl_overload *o = &rq->function->overloads[overload];
  if (!o->type) return (out->type = sl_shape_type(rq->arena, sig->result, b->types)) ? 0 : untyped_null(rq, err);
  const sl_type **types = sl_arena_calloc(rq->arena, (size_t)rq->count + 1, sizeof *types);
  for (int i = 0; i < rq->count; i++) types[i] = out->casts[i] ? out->casts[i] : rq->args[i].type;
  int rc = o->type(rq->arena, types, rq->count, &out->type, err);
  return rc || out->type ? rc : untyped_null(rq, err);
}

/* A variadic literal part takes everything behind the columns. */
int sl_signature_columns(const sl_signature *sig, int count) {
  bool variadic_literals = sig->variadic >= 0 && sig->parameters[sig->variadic].literal;
  return variadic_literals ? sig->count - sig->literals : count - sig->literals;
}

int sl_function_resolve(sl_arena *arena, sl_str name, const sl_argument *args, int count, sl_pos pos,
                        sl_resolution *out, sl_err *err) {
  const sl_function *function = sl_function_operator(name);
  if (!function)
    return sl_err_set(err, SL_E_STATEMENT, pos, "Can't find any functions with the name '" SL_STR_FMT "'",
                      SL_STR_ARG(name));
  request rq = {.arena = arena, .function = function, .args = args, .count = count, .pos = pos};
  int overload = choose(&rq, false);
  if (overload == -1 && function->kind != SL_FUNCTION_AGGREGATE) overload = choose(&rq, true);
  if (overload < 0) return refuse(&rq, overload == -2, err);
  const sl_signature *sig = sl_function_signature(function, overload);
  sl_resolution found = {.function = function, .overload = overload, .columns = sl_signature_columns(sig, count)};
  bindings b = {0};
  int rc = bind_arguments(&rq, sig, &b, &found, err);
  if (!rc) rc = result_type(&rq, overload, sig, &b, &found, err);
  if (!rc) *out = found;
  return rc;
}
