/* ASSERT [NOT EXISTS] TOPIC. The statement may wait for what it asserts: it polls until its timeout, holding no lock.
 */
#include <time.h>

#include "engine/engine_int.h"

/* One look. 0 when the assertion holds; else SL_E_ASSERTION with its message. */
static int look(sl_context *ctx, const sl_stmt_assert_topic *stmt, sl_err *err) {
  sl_topic *topic = sl_log_topic_find(ctx->engine->log, stmt->topic);
  if (stmt->not_exists) {
    int code =
        topic ? sl_err_set(err, SL_E_ASSERTION, stmt->base.pos, "Topic " SL_STR_FMT " exists", SL_STR_ARG(stmt->topic))
              : 0;
    sl_topic_unref(topic);
    return code;
  }
  if (!topic)
    return sl_err_set(err, SL_E_ASSERTION, stmt->base.pos, "Topic " SL_STR_FMT " does not exist",
                      SL_STR_ARG(stmt->topic));
  int64_t partitions = sl_topic_partitions(topic);
  sl_topic_unref(topic);
  sl_buf mismatches = {0};
  int code = 0;
  for (int i = 0; i < stmt->with.count && !code; i++) {
    const sl_property *property = &stmt->with.items[i];
    bool replicas = sl_str_eq_z(property->name, "REPLICAS");
    int64_t expected, actual = replicas ? 1 : partitions;
    if (!replicas && !sl_str_eq_z(property->name, "PARTITIONS"))
      code = sl_err_set(err, SL_E_ASSERTION, property->pos, "Cannot assert unknown topic property: " SL_STR_FMT,
                        SL_STR_ARG(property->name));
    else if (!sl_str_int64(property->value->text, &expected))
      code = sl_err_set(err, SL_E_STATEMENT, property->pos, "The value of " SL_STR_FMT " must be an integer.",
                        SL_STR_ARG(property->name));
    else if (expected != actual)
      sl_buf_printf(&mismatches, "%sFor config %s, expected %lld got %lld", mismatches.len ? "\n" : "",
                    replicas ? "replicas" : "partitions", (long long)expected, (long long)actual);
  }
  if (!code && mismatches.len)
    code = sl_err_set(err, SL_E_ASSERTION, stmt->base.pos, "Mismatched configuration for topic " SL_STR_FMT ": %s",
                      SL_STR_ARG(stmt->topic), sl_buf_z(&mismatches));
  sl_buf_done(&mismatches);
  return code;
}

int sl_stmt_run_assert_topic(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_assert_topic *stmt = (const sl_stmt_assert_topic *)base;
  if (ctx->sandbox) return 0; /* earlier statements of the request may make it true */
  int64_t timeout = stmt->timeout.present
                        ? sl_span_ms(&stmt->timeout)
                        : sl_settings_int(&ctx->session->settings, "ksql.assert.topic.default.timeout.ms");
  int64_t deadline = sl_clock_monotonic_ns(ctx->engine->clock) + timeout * 1000000;
  for (;;) {
    sl_err failure = {0};
    if (!look(ctx, stmt, &failure)) break;
    if (failure.code != SL_E_ASSERTION || atomic_load(&ctx->engine->stopping) ||
        sl_clock_monotonic_ns(ctx->engine->clock) >= deadline) {
      sl_err_move(err, &failure);
      return err ? err->code : SL_E_ASSERTION;
    }
    sl_err_done(&failure);
    nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
  }
  sl_json *e = sl_entity_new(ctx, "assert_topic", base->text);
  sl_json_set(ctx->arena, e, "topicName", sl_json_new_str(ctx->arena, stmt->topic));
  sl_json_set(ctx->arena, e, "exists", sl_json_new_bool(ctx->arena, !stmt->not_exists));
  return 0;
}
