/* SET, UNSET, DEFINE, UNDEFINE: the session's own statements. */
#include "base/heap.h"
#include "engine/engine_int.h"

int sl_stmt_run_set(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_set *stmt = (const sl_stmt_set *)base;
  if (stmt->what == SL_SET_SYSTEM)
    return sl_err_set(err, SL_E_STATEMENT, base->pos,
                      "Cannot alter system configs when KSQL_SHARED_RUNTIME_ENABLED is turned off.");
  return sl_session_set(ctx->session, stmt->name, stmt->what == SL_SET_UNSET ? NULL : &stmt->value, err);
}

int sl_stmt_run_define(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_define *stmt = (const sl_stmt_define *)base;
  if (!stmt->undefine) return sl_session_define(ctx->session, stmt->name, stmt->value, err);
  if (!sl_map_has(&ctx->session->variables, stmt->name)) {
    sl_entity_warning(ctx, base->text,
                      sl_arena_printf(ctx->arena, "Cannot undefine variable '" SL_STR_FMT "' which was never defined",
                                      SL_STR_ARG(stmt->name)));
    return 0;
  }
  sl_heap_free(sl_map_remove(&ctx->session->variables, stmt->name));
  return 0;
}
