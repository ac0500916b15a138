/* CREATE TYPE and DROP TYPE. */
#include "engine/engine_int.h"
#include "expressions/typed.h"

int sl_stmt_run_create_type(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_create_type *stmt = (const sl_stmt_create_type *)base;
  sl_arena *arena = ctx->arena;
  sl_planning planning;
  sl_topic_view view;
  sl_typing typing = {0};
  sl_custom_type type = {.name = sl_str_upper(arena, stmt->name)};
  sl_context_planning(ctx, &planning, &view);
  sl_planning_typing(&planning, &typing);
  int code = sl_resolve_type(arena, stmt->type, &typing, &type.type, err);
  if (code) return code;
  sl_command command = {.id = sl_str_printf(arena, "type/" SL_STR_FMT "/create", SL_STR_ARG(type.name)),
                        .text = base->text};
  const sl_custom_type *existing = sl_snapshot_type(ctx->snapshot, type.name);
  sl_change put = {.kind = SL_CHANGE_PUT_TYPE, .type = &type};
  if (existing && !stmt->if_not_exists)
    return sl_err_set(err, SL_E_STATEMENT, base->pos,
                      "Cannot register custom type '" SL_STR_FMT "' since it is already registered with type: %s",
                      SL_STR_ARG(type.name), sl_type_text(arena, existing->type));
  if (existing)
    command.message = sl_str_printf(arena, SL_STR_FMT " is already registered with type %s", SL_STR_ARG(type.name),
                                    sl_type_text(arena, existing->type));
  else
    command.message = sl_str_printf(arena, "Registered custom type with name '" SL_STR_FMT "' and SQL type %s",
                                    SL_STR_ARG(type.name), sl_type_text(arena, type.type));
  code = sl_context_apply(ctx, &put, existing ? 0 : 1, &command, err);
  if (!code) sl_entity_status(ctx, base->text, &command);
  return code;
}

int sl_stmt_run_drop_type(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_drop_type *stmt = (const sl_stmt_drop_type *)base;
  sl_arena *arena = ctx->arena;
  sl_str name = sl_str_upper(arena, stmt->name);
  bool exists = sl_snapshot_type(ctx->snapshot, name) != NULL;
  if (!exists && !stmt->if_exists)
    return sl_err_set(err, SL_E_STATEMENT, base->pos, "Type " SL_STR_FMT " does not exist.", SL_STR_ARG(name));
  sl_command command = {.id = sl_str_printf(arena, "type/" SL_STR_FMT "/drop", SL_STR_ARG(name)),
                        .text = base->text,
                        .message =
                            exists ? sl_str_printf(arena, "Dropped type '" SL_STR_FMT "'", SL_STR_ARG(name))
                                   : sl_str_printf(arena, "Type '" SL_STR_FMT "' does not exist", SL_STR_ARG(name))};
  sl_change drop = {.kind = SL_CHANGE_DROP_TYPE, .name = name};
  int code = sl_context_apply(ctx, &drop, exists ? 1 : 0, &command, err);
  if (!code) sl_entity_status(ctx, base->text, &command);
  return code;
}
