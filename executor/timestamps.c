/* Timestamps from columns: see timestamps.h. Text is parsed by the SQL function PARSE_TIMESTAMP, which takes the same
 * patterns. */
#include "executor/timestamps.h"

int sl_stamp_open(sl_stamp *stamp, sl_arena *arena, const sl_type *type, sl_str format, sl_err *err) {
  *stamp = (sl_stamp){.type = type};
  if (type->base == SL_BIGINT || type->base == SL_TIMESTAMP) return 0;
  if (type->base != SL_STRING)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "A column of type %s cannot hold timestamps.",
                      sl_type_text(arena, type));
  const sl_argument arguments[2] = {{.type = &SL_TYPE_STRING}, {.type = &SL_TYPE_STRING}};
  sl_resolution res;
  int rc = sl_function_resolve(arena, sl_str_of("PARSE_TIMESTAMP"), arguments, 2, SL_NO_POS, &res, err);
  if (rc) return rc;
  const sl_overload *overload = &res.function->overloads[res.overload];
  stamp->args[1] = stamp->constants[1] = sl_of_str(format);
  stamp->is_constant[1] = true;
  stamp->arg_types[0] = stamp->arg_types[1] = &SL_TYPE_STRING;
  stamp->call = (sl_call){.overload = overload,
                          .arg_types = stamp->arg_types,
                          .arg_count = 2,
                          .type = res.type,
                          .constants = stamp->constants,
                          .is_constant = stamp->is_constant,
                          .arena = arena};
  if (overload->local_size) stamp->call.local = sl_arena_zalloc(arena, overload->local_size);
  rc = overload->prepare ? overload->prepare(&stamp->call, arena, err) : 0;
  if (rc) stamp->call = (sl_call){0};
  return rc;
}

void sl_stamp_close(sl_stamp *stamp) {
  const sl_overload *overload = stamp->call.overload;
  if (!overload) return;
  if (stamp->call.local && overload->leave) overload->leave(stamp->call.local);
  if (stamp->call.prepared && overload->unprepare) overload->unprepare(stamp->call.prepared);
  stamp->call = (sl_call){0};
}

int sl_stamp_read(sl_stamp *stamp, sl_arena *arena, const sl_value *v, int64_t *out, sl_err *err) {
  if (sl_is_null(v)) return sl_err_set(err, SL_E_TIMESTAMP_EXTRACT, SL_NO_POS, "The timestamp column is NULL.");
  if (stamp->type->base != SL_STRING) {
    *out = v->i64;
    return 0;
  }
  sl_value result = sl_null();
  stamp->args[0] = *v;
  stamp->call.arena = arena;
  stamp->call.err = err;
  int rc = stamp->call.overload->eval(&stamp->call, stamp->args, &result);
  if (rc) return rc;
  if (sl_is_null(&result))
    return sl_err_set(err, SL_E_TIMESTAMP_EXTRACT, SL_NO_POS, "'" SL_STR_FMT "' is not a timestamp.",
                      SL_STR_ARG(sl_value_str(v)));
  *out = result.i64;
  return 0;
}
