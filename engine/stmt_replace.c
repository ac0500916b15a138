/* CREATE OR REPLACE ... AS SELECT over a query that runs: which query it is, and whether the new plan may go on with
 * its positions and stores. Nothing is changed here; stmt_query.c stops the one and starts the other under the same
 * number.
 */
#include "engine/engine_int.h"

int sl_replaced_query(sl_context *ctx, sl_str sink, const sl_query_entry **out, sl_err *err) {
  *out = NULL;
  if (!sl_settings_bool(&ctx->session->settings, "ksql.create.or.replace.enabled")) return 0;
  const sl_query_entry *entry, *found = NULL;
  sl_buf ids = {0};
  int count = 0;
  for (size_t i = 0; (entry = sl_snapshot_query_at(ctx->snapshot, i)); i++) {
    if (!sl_str_eq(entry->sink.name, sink)) continue;
    sl_buf_printf(&ids, "%s" SL_STR_FMT, count++ ? ", " : "", SL_STR_ARG(entry->id));
    found = entry;
  }
  int code = count < 2 ? 0
                       : sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                                    "REPLACE for sink `" SL_STR_FMT
                                    "` is not supported because there are multiple queries writing into it: "
                                    "[" SL_STR_FMT "]",
                                    SL_STR_ARG(sink), SL_STR_ARG(sl_buf_str(&ids)));
  sl_buf_done(&ids);
  if (!code) *out = found;
  return code;
}

static bool has_topic(const sl_plan *plan, sl_str name) {
  for (int i = 0; i < plan->internal_topic_count; i++)
    if (sl_str_eq(plan->internal_topics[i]->name, name)) return true;
  return false;
}

static void list_obsolete(sl_context *ctx, const sl_plan *old, const sl_plan *new, sl_vec *obsolete) {
  sl_planning planning;
  sl_topic_view view;
  sl_context_planning(ctx, &planning, &view);
  for (int i = 0; i < old->internal_topic_count; i++) {
    sl_str name = old->internal_topics[i]->name;
    int32_t partitions;
    sl_topic_id id;
    if (has_topic(new, name) || !view.find(view.ctx, name, &partitions, &id)) continue;
    sl_change *drop = sl_arena_zalloc(ctx->arena, sizeof *drop);
    *drop = (sl_change){.kind = SL_CHANGE_TOPIC_DROPPING, .name = sl_str_dup(ctx->arena, name), .topic = id};
    sl_vec_push(obsolete, drop);
  }
}

int sl_check_replacement(sl_context *ctx, const sl_query_entry *old, const sl_query_plan *plan, sl_vec *obsolete,
                         sl_err *err) {
  sl_query_plan from = {0};
  sl_settings settings;
  sl_query_settings(ctx->engine, old, &settings);
  int code = sl_query_replan(ctx, old, &settings, &from, err);
  if (code)
    sl_err_prefix(err, "Cannot replace query " SL_STR_FMT ": ", SL_STR_ARG(old->id));
  else
    code = sl_check_query_upgrade(&from, plan, err);
  if (!code) list_obsolete(ctx, from.plan, plan->plan, obsolete);
  sl_plan_unref(from.plan);
  sl_settings_done(&settings);
  return code;
}
