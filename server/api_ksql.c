/* POST /ksql: statements in, an array of entities out (http-api.md 6). */
#include "server/server_int.h"

static int execute(sl_server *server, sl_request *request, sl_json *body, sl_json *entities, sl_err *err) {
  sl_arena *arena = sl_request_arena(request);
  sl_session *session;
  int code = sl_body_wait(server, body, err);
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
  static const sl_body_member MEMBERS[] = {{"ksql", SL_JSON_STRING, false},
                                           {"streamsProperties", SL_JSON_OBJECT, false},
                                           {"sessionVariables", SL_JSON_OBJECT, false},
                                           {"requestProperties", SL_JSON_OBJECT, false},
                                           {"commandSequenceNumber", SL_JSON_NUMBER, false},
                                           {0}};
  sl_json *body, *entities = sl_json_new(sl_request_arena(request), SL_JSON_ARRAY);
  sl_err err = {0};
  if (!sl_accepts_json(request)) return;
  int code = sl_body_object(request, MEMBERS, &body, &err);
  if (!code) code = execute(arg, request, body, entities, &err);
  if (code)
    sl_answer_error(request, &err, entities);
  else
    sl_answer_json(request, 200, entities);
}
