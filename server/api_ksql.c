/* POST /ksql: statements in, an array of entities out (http-api.md 6). */
#include <time.h>

#include "server/server_int.h"

enum { LOOK_MS = 10 };

static int wait_for_command(sl_server *server, const sl_json *body, sl_err *err) {
  int64_t wanted;
  const sl_json *v = sl_json_get(body, "commandSequenceNumber");
  if (!v || v->kind == SL_JSON_NULL || !sl_json_int(v, &wanted) || wanted < 0) return 0;
  int64_t left = sl_settings_int(server->settings, "ksql.server.command.response.timeout.ms");
  for (; left >= 0 && !atomic_load(&server->stopping); left -= LOOK_MS) {
    sl_snapshot *snapshot = sl_engine_snapshot(server->engine);
    int64_t applied = (int64_t)sl_snapshot_sequence(snapshot) - 1;
    sl_snapshot_unref(snapshot);
    if (wanted <= applied) return 0;
    nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
  }
  return sl_err_set(err, SL_E_COMMAND_TIMEOUT, SL_NO_POS,
                    "Timed out while waiting for a previous command to execute. command sequence number: %lld",
                    (long long)wanted);
}

static int execute(sl_server *server, sl_request *request, sl_json *body, sl_json *entities, sl_err *err) {
  sl_arena *arena = sl_request_arena(request);
  sl_session *session;
  int code = wait_for_command(server, body, err);
  if (!code) code = sl_body_session(server, body, "streamsProperties", &session, err);
  if (code) return code;
  sl_answers answers;
  code = sl_engine_execute(server->engine, session, sl_json_str(sl_json_get(body, "ksql"), ""), arena, &answers, err);
  for (size_t i = 0; i < answers.count; i++) sl_json_add(arena, entities, answers.entities[i]);
  sl_session_free(session);
  if (!code) code = sl_server_make_durable(server, err);
  return code;
}

void sl_api_ksql(void *arg, sl_request *request) {
  sl_json *body, *entities = sl_json_new(sl_request_arena(request), SL_JSON_ARRAY);
  sl_err err = {0};
  if (!sl_accepts_json(request)) return;
  int code = sl_body_object(request, &body, &err);
  if (!code) code = execute(arg, request, body, entities, &err);
  if (code)
    sl_answer_error(request, &err, entities);
  else
    sl_answer_json(request, 200, entities);
}
