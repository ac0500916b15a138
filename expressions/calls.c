/* Call sites: filling an sl_call from typed arguments, and the two kinds of calls that operators make themselves —
 * table functions and aggregates. A call site is immutable; each use works on a copy with its own arena and error. */
#include "expressions/program_int.h"

/* ---- filling a call ---- */

/* The type of an argument as the function sees it; of a lambda, SL_LAMBDA with its result as element. */
static const sl_type *argument_type(sl_arena *arena, const sl_typed *arg) {
  if (arg->kind != SL_NODE_LAMBDA) return sl_type_copy(arena, arg->type);
  sl_type *type = sl_arena_zalloc(arena, sizeof *type);
  *type = (sl_type){.base = SL_LAMBDA, .element = sl_type_copy(arena, arg->type)};
  return type;
}

int sl_call_init(sl_arena *arena, sl_call *call, const sl_overload *overload, const sl_type *type,
                 const sl_typed *const *args, int count, sl_err *err) {
  const sl_type **types = sl_arena_calloc(arena, (size_t)count, sizeof *types);
  sl_value *constants = sl_arena_calloc(arena, (size_t)count, sizeof *constants);
  bool *is_constant = sl_arena_calloc(arena, (size_t)count, sizeof *is_constant);
  for (int i = 0; i < count; i++) {
    types[i] = argument_type(arena, args[i]);
    is_constant[i] = args[i]->kind == SL_NODE_CONSTANT;
    if (is_constant[i]) constants[i] = sl_value_copy(arena, args[i]->type, &args[i]->value);
  }
  *call = (sl_call){.overload = overload,
                    .arg_types = types,
                    .arg_count = count,
                    .type = sl_type_copy(arena, type),
                    .constants = constants,
                    .is_constant = is_constant,
                    .limit = -1,
                    .arena = arena};
  return overload->prepare ? overload->prepare(call, arena, err) : 0;
}

/* A copy of a site for one use. */
static sl_call use_of(const sl_call *site, sl_arena *arena, int64_t now_ms, sl_err *err) {
  sl_call call = *site;
  call.arena = arena;
  call.now_ms = now_ms;
  call.err = err;
  return call;
}

/* One call outside of a program: the call of a site with an arena, an error and scratch of its own. */
static int invoke(const sl_call *site, const bool *strict, sl_arena *arena, int64_t now_ms, const sl_value *args,
                  sl_value *out, sl_err *err) {
  bool nulls = site->overload->flags & SL_FN_NULLS;
  for (int i = 0; i < site->arg_count; i++) {
    if (!sl_is_null(&args[i])) continue;
    if (strict && strict[i])
      return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "A NULL was given for an argument that must not be NULL.");
    if (!nulls) {
      *out = sl_null();
      return 0;
    }
  }
  sl_call call = use_of(site, arena, now_ms, err);
  if (site->overload->local_size) call.local = sl_arena_zalloc(arena, site->overload->local_size);
  int rc = site->overload->eval(&call, args, out);
  if (call.local && site->overload->leave) site->overload->leave(call.local);
  return rc;
}

/* ---- arguments ---- */

static void argument_types(const sl_typed *const *args, int count, sl_argument *out) {
  for (int i = 0; i < count; i++) out[i] = (sl_argument){.type = args[i]->type};
}

/* Resolves name as a function of one kind. */
static int resolve(sl_arena *arena, sl_str name, sl_function_kind kind, const sl_typed *const *args, int count,
                   sl_pos pos, sl_resolution *out, sl_err *err) {
  const sl_function *function = sl_function_find(name);
  if (!function)
    return sl_err_set(err, SL_E_STATEMENT, pos, "Can't find any functions with the name '" SL_STR_FMT "'",
                      SL_STR_ARG(name));
  if (function->kind != kind)
    return sl_err_set(err, SL_E_STATEMENT, pos, "%s is not %s function.", function->name,
                      kind == SL_FUNCTION_AGGREGATE ? "an aggregate" : "a table");
  sl_argument *types = sl_arena_calloc(arena, (size_t)count, sizeof *types);
  argument_types(args, count, types);
  return sl_function_resolve(arena, name, types, count, pos, out, err);
}

/* The arguments after the casts of a resolution. */
static const sl_typed **cast_arguments(sl_arena *arena, const sl_typed *const *args, int count,
                                       const sl_resolution *res) {
  const sl_typing typing = {.nested_null = false};
  sl_builder b = {.arena = arena, .typing = &typing};
  const sl_typed **cast = sl_arena_calloc(arena, (size_t)count, sizeof *cast);
  for (int i = 0; i < count; i++)
    cast[i] = res->casts[i] ? sl_node_cast(&b, args[i], res->casts[i], NULL, args[i]->expr) : args[i];
  return cast;
}

/* ---- table functions ---- */

struct sl_table_call {
  sl_call site;
  const bool *strict;
  const sl_typed **args;
  int arg_count;
};

int sl_table_call_build(sl_arena *arena, sl_str name, const sl_typed *const *args, int count, sl_pos pos,
                        const sl_table_call **out, sl_err *err) {
  sl_resolution res;
  int rc = resolve(arena, name, SL_FUNCTION_TABLE, args, count, pos, &res, err);
  if (rc) return rc;
  sl_table_call *call = sl_arena_zalloc(arena, sizeof *call);
  call->args = cast_arguments(arena, args, count, &res);
  call->arg_count = count;
  call->strict = res.strict;
  rc = sl_call_init(arena, &call->site, &res.function->overloads[res.overload], res.type, call->args, count, err);
  if (!rc) *out = call;
  return rc;
}

const sl_type *sl_table_call_type(const sl_table_call *call) {
  return call->site.type;
}

int sl_table_call_run(const sl_table_call *call, sl_arena *arena, int64_t now_ms, const sl_value *args, sl_value *out,
                      sl_err *err) {
  return invoke(&call->site, call->strict, arena, now_ms, args, out, err);
}

const sl_typed *const *sl_table_call_args(const sl_table_call *call, int *count) {
  *count = call->arg_count;
  return call->args;
}

/* ---- aggregates ---- */

struct sl_agg_call {
  sl_call site; /* all arguments, the literal ones among its constants */
  const sl_function *function;
  const sl_aggregate *aggregate;
  const sl_type *state_type;
  const sl_typed **args; /* columns */
  int arg_count;
};

/* Parameters behind the columns configure the function: only literals will do. */
static int check_literals(sl_arena *arena, sl_str name, const sl_typed *const *args, int from, int count, sl_pos pos,
                          sl_err *err) {
  for (int i = from; i < count; i++)
    if (!args[i]->literal) {
      sl_str upper = sl_str_upper(arena, name);
      return sl_err_set(err, SL_E_STATEMENT, pos,
                        "Parameter %d passed to function " SL_STR_FMT
                        " must be a literal constant, but was expression: '%s'",
                        i + 1, SL_STR_ARG(upper), sl_node_text(arena, args[i]));
    }
  return 0;
}

static int fill_agg_call(sl_arena *arena, sl_agg_call *call, const sl_resolution *res, int count, sl_err *err) {
  int rc =
      sl_call_init(arena, &call->site, &res->function->overloads[res->overload], res->type, call->args, count, err);
  if (rc) return rc;
  call->function = res->function;
  call->aggregate = &res->function->aggregates[res->overload];
  call->state_type = call->site.type;
  if (!call->aggregate->state_type) return 0;
  return call->aggregate->state_type(arena, &call->site, &call->state_type, err);
}

static const char *call_text(sl_arena *arena, sl_str name, const sl_typed *const *args, int count) {
  sl_buf text = {0};
  sl_buf_add_str(&text, sl_str_upper(arena, name));
  for (int i = 0; i < count; i++) sl_buf_printf(&text, "%s%s", i ? ", " : "(", sl_node_text(arena, args[i]));
  sl_buf_add_z(&text, ")");
  const char *copy = sl_arena_dup(arena, text.data, text.len);
  sl_buf_done(&text);
  return copy;
}

int sl_agg_call_build(sl_arena *arena, sl_str name, const sl_typed *const *args, int count, sl_pos pos,
                      const sl_agg_call **out, sl_err *err) {
  sl_resolution res;
  int rc = resolve(arena, name, SL_FUNCTION_AGGREGATE, args, count, pos, &res, err);
  if (!rc) rc = check_literals(arena, name, args, res.columns, count, pos, err);
  if (rc) return rc;
  sl_agg_call *call = sl_arena_zalloc(arena, sizeof *call);
  call->args = cast_arguments(arena, args, count, &res);
  call->arg_count = res.columns;
  rc = fill_agg_call(arena, call, &res, count, err);
  if (rc) return sl_err_prefix(err, "Failed to create aggregate function: %s: ", call_text(arena, name, args, count));
  *out = call;
  return 0;
}

const char *sl_agg_call_limit_setting(const sl_agg_call *call) {
  return call->function->limit_setting;
}

const sl_agg_call *sl_agg_call_limited(sl_arena *arena, const sl_agg_call *call, int64_t limit) {
  sl_agg_call *copy = sl_arena_alloc(arena, sizeof *copy);
  *copy = *call;
  copy->site.limit = limit;
  return copy;
}

const sl_type *sl_agg_call_type(const sl_agg_call *call) {
  return call->site.type;
}

const sl_type *sl_agg_call_state_type(const sl_agg_call *call) {
  return call->state_type;
}

bool sl_agg_call_has_undo(const sl_agg_call *call) {
  return call->aggregate->undo != NULL;
}

void sl_agg_call_print(sl_buf *out, const sl_agg_call *call) {
  sl_buf_printf(out, "%s(", call->function->name);
  for (int i = 0; i < call->arg_count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    sl_typed_print(out, call->args[i]);
  }
  sl_buf_add_byte(out, ')');
}

const sl_typed *const *sl_agg_call_args(const sl_agg_call *call, int *count) {
  *count = call->arg_count;
  return call->args;
}

/* A failing aggregate fails its query, other than a failing expression. */
static int fatal(int rc, sl_err *err) {
  if (rc != SL_E_EVALUATE) return rc;
  if (err) err->code = SL_E_AGGREGATE;
  return SL_E_AGGREGATE;
}

int sl_agg_call_init(const sl_agg_call *call, sl_arena *arena, sl_value *state, sl_err *err) {
  sl_call use = use_of(&call->site, arena, 0, err);
  return fatal(call->aggregate->init(&use, state), err);
}

int sl_agg_call_add(const sl_agg_call *call, sl_arena *arena, sl_value *state, const sl_value *args, sl_err *err) {
  sl_call use = use_of(&call->site, arena, 0, err);
  return fatal(call->aggregate->add(&use, state, args), err);
}

int sl_agg_call_undo(const sl_agg_call *call, sl_arena *arena, sl_value *state, const sl_value *args, sl_err *err) {
  sl_call use = use_of(&call->site, arena, 0, err);
  return fatal(call->aggregate->undo(&use, state, args), err);
}

int sl_agg_call_merge(const sl_agg_call *call, sl_arena *arena, sl_value *state, const sl_value *other, sl_err *err) {
  sl_call use = use_of(&call->site, arena, 0, err);
  return fatal(call->aggregate->merge(&use, state, other), err);
}

int sl_agg_call_result(const sl_agg_call *call, sl_arena *arena, const sl_value *state, sl_value *out, sl_err *err) {
  sl_call use = use_of(&call->site, arena, 0, err);
  return fatal(call->aggregate->result(&use, state, out), err);
}
