/* Statements: text to answers. One table maps a statement's kind to its handler.
 *
 * A request is parsed whole, then run twice: in a sandbox, so that a failure anywhere leaves nothing done, then for
 * real. A request of one statement needs no sandbox: its handler checks everything before its first effect. */
#include "base/logger.h"
#include "engine/engine_int.h"

static int refuse_query(sl_context *ctx, const sl_statement *stmt, sl_err *err) {
  (void)ctx;
  return sl_err_set(
      err, SL_E_QUERY_ENDPOINT, stmt->pos,
      "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* "
      "SELECT");
}

/* run NULL: not run by this version. */
static const sl_handler HANDLERS[SL_STATEMENT_KIND_COUNT] = {
    [SL_STMT_CREATE_SOURCE] = {sl_stmt_run_create_source, false},
    [SL_STMT_CREATE_AS] = {sl_stmt_run_create_as, false},
    [SL_STMT_INSERT_SELECT] = {sl_stmt_run_insert_select, false},
    [SL_STMT_INSERT_VALUES] = {sl_stmt_run_insert_values, true},
    [SL_STMT_QUERY] = {refuse_query, true},
    [SL_STMT_PRINT] = {refuse_query, true},
    [SL_STMT_ALTER_SOURCE] = {sl_stmt_run_alter_source, false},
    [SL_STMT_DROP_SOURCE] = {sl_stmt_run_drop_source, false},
    [SL_STMT_CREATE_TYPE] = {sl_stmt_run_create_type, false},
    [SL_STMT_DROP_TYPE] = {sl_stmt_run_drop_type, false},
    [SL_STMT_LIST] = {sl_stmt_run_list, true},
    [SL_STMT_DESCRIBE] = {sl_stmt_run_describe, true},
    [SL_STMT_EXPLAIN] = {sl_stmt_run_explain, true},
    [SL_STMT_CONTROL_QUERY] = {sl_stmt_run_control, false},
    [SL_STMT_SET] = {sl_stmt_run_set, true},
    [SL_STMT_DEFINE] = {sl_stmt_run_define, true},
    [SL_STMT_ASSERT_TOPIC] = {sl_stmt_run_assert_topic, true},
};

static const sl_handler *handler_of(sl_statement_kind kind) {
  return &HANDLERS[kind];
}

/* Replaces ${name} by what the session knows now and parses again; stmt itself when there is nothing to replace. */
static int substitute(sl_context *ctx, const sl_statement *stmt, const sl_statement **out, sl_err *err) {
  sl_str text;
  *out = stmt;
  if (!sl_settings_bool(&ctx->session->settings, "ksql.variable.substitution.enable")) return 0;
  int code = sl_substitute_variables(ctx->arena, stmt->text, sl_session_variable, ctx->session, &text, err);
  if (code) return code;
  if (text.ptr == stmt->text.ptr || sl_str_eq(text, stmt->text)) return 0;
  sl_script script;
  code = sl_parse(ctx->arena, text, 0, &script, err);
  if (code) return code;
  if (script.count != 1)
    return sl_err_set(err, SL_E_STATEMENT, stmt->pos, "Variable substitution must leave exactly one statement, got %d.",
                      script.count);
  *out = script.statements[0];
  return 0;
}

/* Runs one statement in ctx; the answer is left in ctx->entity. */
static int run_statement(sl_context *ctx, const sl_statement *stmt, sl_err *err) {
  const sl_statement *final = stmt;
  ctx->entity = NULL;
  ctx->warnings = NULL;
  int code = substitute(ctx, stmt, &final, err);
  if (!code) {
    const sl_handler *handler = handler_of(final->kind);
    code = handler->run ? handler->run(ctx, final, err)
                        : sl_err_set(err, SL_E_UNSUPPORTED, final->pos,
                                     "%s is not supported by this version of sluice.", sl_statement_words(final->kind));
  }
  if (code) {
    sl_err_whole_statement(err, final->text.ptr, final->text.len);
    return code;
  }
  if (ctx->entity)
    sl_json_set(ctx->arena, ctx->entity, "warnings",
                ctx->warnings ? ctx->warnings : sl_json_new(ctx->arena, SL_JSON_ARRAY));
  return 0;
}

/* Validates all statements against a scratch copy of everything, each seeing the effects of those before it. */
static int rehearse(sl_engine *engine, sl_session *session, const sl_script *script, sl_arena *arena, sl_err *err) {
  sl_session *copy = sl_session_copy(session);
  sl_context ctx;
  sl_context_init(&ctx, engine, copy, arena, true);
  int code = 0;
  for (int i = 0; i < script->count && !code; i++) code = run_statement(&ctx, script->statements[i], err);
  sl_context_done(&ctx);
  sl_session_free(copy);
  return code;
}

static int perform(sl_engine *engine, sl_session *session, const sl_statement *stmt, sl_arena *arena, sl_json **entity,
                   sl_err *err) {
  sl_context ctx;
  sl_context_init(&ctx, engine, session, arena, false);
  size_t counted = sl_memory_statement_begin(engine, stmt->text);
  int code = run_statement(&ctx, stmt, err);
  sl_memory_statement_end(engine, counted);
  *entity = ctx.entity;
  sl_context_done(&ctx);
  atomic_fetch_add(&engine->statements_run, 1);
  if (code) atomic_fetch_add(&engine->statement_errors, 1);
  return code;
}

static bool needs_lock(const sl_script *script) {
  for (int i = 0; i < script->count; i++)
    if (!handler_of(script->statements[i]->kind)->concurrent) return true;
  return false;
}

int sl_engine_execute(sl_engine *engine, sl_session *session, sl_str text, sl_arena *arena, sl_answers *out,
                      sl_err *err) {
  sl_script script;
  *out = (sl_answers){0};
  int code = sl_parse(arena, text, 0, &script, err);
  if (code) {
    atomic_fetch_add(&engine->statement_errors, 1);
    return code;
  }
  out->entities = sl_arena_calloc(arena, (size_t)script.count + 1, sizeof *out->entities);
  bool locked = needs_lock(&script);
  if (locked) pthread_mutex_lock(&engine->statements);
  if (locked) code = sl_engine_settle(engine, err);
  if (!code && script.count > 1) code = rehearse(engine, session, &script, arena, err);
  for (int i = 0; i < script.count && !code; i++) {
    sl_json *entity = NULL;
    code = perform(engine, session, script.statements[i], arena, &entity, err);
    if (!code && entity) out->entities[out->count++] = entity;
  }
  if (locked) pthread_mutex_unlock(&engine->statements);
  return code;
}

int sl_engine_execute_one(sl_engine *engine, sl_session *session, const sl_statement *stmt, sl_arena *arena,
                          sl_json **entity, sl_err *err) {
  bool locked = !handler_of(stmt->kind)->concurrent;
  *entity = NULL;
  if (locked) pthread_mutex_lock(&engine->statements);
  int code = locked ? sl_engine_settle(engine, err) : 0;
  if (!code) code = perform(engine, session, stmt, arena, entity, err);
  if (locked) pthread_mutex_unlock(&engine->statements);
  return code;
}
