/* ALTER STREAM / TABLE ... ADD COLUMN: a new version of the source. Queries that read it keep the version they have
 * until they are replaced. */
#include "engine/engine_int.h"

int sl_stmt_run_alter_source(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_alter_source *stmt = (const sl_stmt_alter_source *)base;
  bool stream = stmt->source_kind == SL_STREAM;
  sl_planning planning;
  sl_topic_view view;
  sl_source *source = NULL;
  sl_context_planning(ctx, &planning, &view);
  int code = sl_plan_alter_source(&planning, stmt, &source, err);
  if (!code) code = sl_context_version(ctx, &source->version, err);
  if (code) return code;
  sl_change put = {.kind = SL_CHANGE_PUT_SOURCE, .source = source};
  sl_command command = {
      .id = sl_str_printf(ctx->arena, "%s/" SL_STR_FMT "/alter", stream ? "stream" : "table", SL_STR_ARG(stmt->name)),
      .text = base->text,
      .message =
          sl_str_printf(ctx->arena, "%s " SL_STR_FMT " altered.", stream ? "Stream" : "Table", SL_STR_ARG(stmt->name))};
  code = sl_context_apply(ctx, &put, 1, &command, err);
  if (!code) sl_entity_status(ctx, base->text, &command);
  return code;
}
