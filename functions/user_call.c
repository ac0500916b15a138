/* Calls into user functions: the bodies that the registry's rows have for them. Each makes a sl_user_call on its stack,
 * turns arguments into handles, lets the callback run, and checks what it left. */
#include "functions/functions_int.h"
#include "functions/user_int.h"

enum { HANDLES = 16 }; /* more arguments than that are kept in the arena */

/* What a call site knows beside its sl_call: made when a statement is planned, then read by all. */
typedef struct user_site {
  const void *prepared;          /* of the object */
  const sl_type *result, *state; /* of the place that eval and result write; of aggregates */
} user_site;

static const sl_user_overload *overload_of(const sl_call *call) {
  return call->overload->user;
}

static const user_site *site_of(const sl_call *call) {
  return call->prepared;
}

static sl_user_call begin(sl_call *call) {
  return (sl_user_call){.head = {&SL_USER_HOST},
                        .call = call,
                        .arena = call->arena,
                        .err = call->err,
                        .code = SL_E_EVALUATE,
                        .prepared = site_of(call)->prepared};
}

/* The code of a call: a callback that fails without a word, or goes on after a failure, has failed as well. */
static int end(sl_user_call *uc, int code, const sl_type *type, sl_value *out) {
  if (code && !uc->failed) sl_user_fail(uc, "%s failed with code %d.", overload_of(uc->call)->function, code);
  if (uc->failed) return uc->code;
  sl_user_finish(uc, type, out);
  return 0;
}

static const sluice_value *handles(sl_user_call *uc, sluice_value *few, const sl_value *args, int count) {
  sluice_value *list = count <= HANDLES ? few : sl_arena_alloc(uc->arena, (size_t)count * sizeof *list);
  for (int i = 0; i < count; i++) list[i] = (sluice_value){&args[i], uc->call->arg_types[i]};
  return list;
}

/* ---- planning ---- */

static void bind(const sl_shape *shape, const sl_type *type, const sl_type **bound) {
  if (type->base == SL_NULL_TYPE || !shape->generic) return;
  if (shape->kind == SL_SHAPE_GENERIC && !bound[shape->variable - 'A']) bound[shape->variable - 'A'] = type;
  if (shape->key) bind(shape->key, type->key, bound);
  if (shape->element) bind(shape->element, type->element, bound);
  for (int i = 0; i < shape->count; i++) {
    int at = sl_type_field(type, shape->names[i]);
    if (at >= 0) bind(shape->items[i], type->fields[at].type, bound);
  }
}

static int plan_state(sl_call *call, sl_arena *arena, user_site *site, sl_err *err) {
  const sl_user_overload *overload = overload_of(call);
  const sl_type *bound[SL_SHAPE_VARIABLES] = {NULL};
  site->state = call->type;
  if (!overload->state) return 0;
  for (int i = 0; i < call->arg_count; i++)
    bind(overload->signature.parameters[sl_signature_parameter(&overload->signature, i, call->arg_count)].shape,
         call->arg_types[i], bound);
  site->state = sl_shape_type(arena, overload->state, bound);
  return site->state ? 0
                     : sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                                  "%s cannot tell the type of its state from a NULL. Please CAST it to a type.",
                                  overload->function);
}

int sl_user_prepare(sl_call *call, sl_arena *arena, sl_err *err) {
  const sl_user_overload *overload = overload_of(call);
  user_site *site = sl_arena_zalloc(arena, sizeof *site);
  site->result = overload->kind == SL_FUNCTION_TABLE ? sl_type_array(arena, call->type) : call->type;
  call->prepared = site;
  int rc = overload->kind == SL_FUNCTION_AGGREGATE ? plan_state(call, arena, site, err) : 0;
  if (rc || !overload->body->prepare) return rc;
  sl_user_call uc = begin(call);
  uc.arena = arena;
  uc.err = err;
  uc.code = SL_E_STATEMENT;
  sl_value nothing = sl_null();
  rc = end(&uc, overload->body->prepare(&uc.head), call->type, &nothing);
  site->prepared = uc.prepared;
  return rc;
}

int sl_user_state_type(sl_arena *arena, sl_call *call, const sl_type **out, sl_err *err) {
  (void)arena, (void)err;
  *out = site_of(call)->state;
  return 0;
}

/* ---- running ---- */

int sl_user_eval(sl_call *call, const sl_value *args, sl_value *out) {
  sl_user_call uc = begin(call);
  sluice_value few[HANDLES];
  const sl_type *type = site_of(call)->result;
  sl_value result = sl_null();
  int code = overload_of(call)->body->eval(&uc.head, handles(&uc, few, args, call->arg_count), call->arg_count,
                                           (sluice_result){&result, type});
  int rc = end(&uc, code, type, &result);
  if (!rc) *out = result;
  return rc;
}

int sl_user_init(sl_call *call, sl_value *state) {
  sl_user_call uc = begin(call);
  const sl_type *type = site_of(call)->state;
  sl_value result = sl_null();
  int rc = end(&uc, overload_of(call)->body->init(&uc.head, (sluice_result){&result, type}), type, &result);
  if (!rc) *state = result;
  return rc;
}

static int step(sl_call *call, sluice_step body, sl_value *state, const sl_value *args) {
  sl_user_call uc = begin(call);
  sluice_value few[HANDLES];
  const sl_type *type = site_of(call)->state;
  int count = sl_signature_columns(&overload_of(call)->signature, call->arg_count);
  sl_value result = *state;
  int code = body(&uc.head, handles(&uc, few, args, count), count, (sluice_value){state, type},
                  (sluice_result){&result, type});
  int rc = end(&uc, code, type, &result);
  if (!rc) *state = result;
  return rc;
}

int sl_user_add(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, overload_of(call)->body->add, state, args);
}

int sl_user_undo(sl_call *call, sl_value *state, const sl_value *args) {
  return step(call, overload_of(call)->body->undo, state, args);
}

int sl_user_merge(sl_call *call, sl_value *state, const sl_value *other) {
  sl_user_call uc = begin(call);
  const sl_type *type = site_of(call)->state;
  sl_value result = *state;
  int code = overload_of(call)->body->merge(&uc.head, (sluice_value){state, type}, (sluice_value){other, type},
                                            (sluice_result){&result, type});
  int rc = end(&uc, code, type, &result);
  if (!rc) *state = result;
  return rc;
}

int sl_user_result(sl_call *call, const sl_value *state, sl_value *out) {
  const sluice_overload *body = overload_of(call)->body;
  if (!body->result) return sl_give(out, *state);
  sl_user_call uc = begin(call);
  const user_site *site = site_of(call);
  sl_value result = sl_null();
  int code = body->result(&uc.head, (sluice_value){state, site->state}, (sluice_result){&result, site->result});
  int rc = end(&uc, code, site->result, &result);
  if (!rc) *out = result;
  return rc;
}
