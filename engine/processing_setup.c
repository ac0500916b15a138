/* The processing log's topic and the stream over it, made at a start when settings ask for it (cli.md 12). The entries
 * are the executor's. */
#include "base/heap.h"
#include "base/logger.h"
#include "engine/engine_int.h"

char *sl_processing_topic(const sl_engine *engine) {
  sl_str name = sl_settings_str(engine->settings, "ksql.logging.processing.topic.name");
  sl_buf text = {0};
  if (name.len)
    sl_buf_add_str(&text, name);
  else
    sl_buf_printf(&text, "%sksql_processing_log", engine->service_id);
  char *kept = sl_heap_strndup((const char *)text.data, text.len);
  sl_buf_done(&text);
  return kept;
}

int sl_processing_make_topic(sl_engine *engine, sl_err *err) {
  if (!sl_settings_bool(engine->settings, "ksql.logging.processing.topic.auto.create")) return 0;
  sl_arena arena;
  sl_context ctx;
  sl_arena_init(&arena, 0);
  sl_context_init(&ctx, engine, NULL, &arena, false);
  sl_topic_spec spec = {.name = sl_str_of(engine->processing_topic),
                        .partitions =
                            (int32_t)sl_settings_int(engine->settings, "ksql.logging.processing.topic.partitions")};
  sl_change done = {.kind = SL_CHANGE_TOPIC_DONE, .name = spec.name};
  bool created;
  int code = sl_context_ensure_topic(&ctx, &spec, &done.topic, &created, err);
  if (!code && created) code = sl_context_apply(&ctx, &done, 1, NULL, err);
  if (code) sl_err_prefix(err, "The topic of the processing log cannot be made: ");
  sl_context_done(&ctx);
  sl_arena_done(&arena);
  return code;
}

int sl_engine_drop_processing_log(sl_engine *engine, sl_err *err) {
  if (!sl_settings_bool(engine->settings, "ksql.logging.processing.topic.auto.create")) return 0;
  sl_topic *topic = sl_log_topic_find(engine->log, sl_str_of(engine->processing_topic));
  int code = topic ? sl_log_topic_delete(engine->log, topic, err) : 0;
  sl_topic_unref(topic);
  return code;
}

int sl_engine_declare_processing_log(sl_engine *engine, sl_err *err) {
  if (!sl_settings_bool(engine->settings, "ksql.logging.processing.stream.auto.create")) return 0;
  static const char columns[] =
      "LOGGER VARCHAR, LEVEL VARCHAR, TIME BIGINT, MESSAGE STRUCT<`type` INTEGER, "
      "`deserializationError` STRUCT<`target` VARCHAR, `errorMessage` VARCHAR, `recordB64` VARCHAR, "
      "`cause` ARRAY<VARCHAR>, `topic` VARCHAR>, "
      "`recordProcessingError` STRUCT<`errorMessage` VARCHAR, `record` VARCHAR, `cause` ARRAY<VARCHAR>>, "
      "`productionError` STRUCT<`errorMessage` VARCHAR>, "
      "`serializationError` STRUCT<`target` VARCHAR, `errorMessage` VARCHAR, `record` VARCHAR, "
      "`cause` ARRAY<VARCHAR>, `topic` VARCHAR>, "
      "`kafkaStreamsThreadError` STRUCT<`errorMessage` VARCHAR, `threadName` VARCHAR, `cause` ARRAY<VARCHAR>>>";
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_str name = sl_settings_str(engine->settings, "ksql.logging.processing.stream.name");
  sl_str text = sl_str_printf(&arena,
                              "CREATE STREAM IF NOT EXISTS " SL_STR_FMT
                              " (%s) WITH (KAFKA_TOPIC='%s', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON');",
                              SL_STR_ARG(name), columns, engine->processing_topic);
  sl_answers answers;
  sl_session *session = sl_session_new(engine);
  int code = sl_engine_execute(engine, session, text, &arena, &answers, err);
  if (code) sl_err_prefix(err, "The stream over the processing log cannot be declared: ");
  sl_session_free(session);
  sl_arena_done(&arena);
  return code;
}
