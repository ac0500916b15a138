/* POST /ksql/terminate: ends a server for good (http-api.md 16.1). Queries stop, everything that was declared goes,
 * with the topics of those sinks that the request lists; then every route but /chc answers 503. */
#include "functions/regex.h"
#include "server/server_int.h"

/* ---- what to delete ---- */

typedef struct pattern_list {
  sl_regex **regexes;
  size_t count;
} pattern_list;

static void patterns_done(pattern_list *list) {
  for (size_t i = 0; i < list->count; i++) sl_regex_free(list->regexes[i]);
}

static int read_patterns(sl_arena *arena, const sl_json *body, pattern_list *out, sl_err *err) {
  const sl_json *list = sl_json_get(body, "deleteTopicList");
  *out = (pattern_list){0};
  if (!list || list->kind == SL_JSON_NULL) return 0;
  bool strings = true;
  for (size_t i = 0; strings && i < list->count; i++) strings = sl_json_is(list->items[i], SL_JSON_STRING);
  if (!strings)
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS,
                      "Invalid JSON in request: 'deleteTopicList' must be an array of strings");
  out->regexes = sl_arena_calloc(arena, list->count + 1, sizeof *out->regexes);
  for (size_t i = 0; i < list->count; i++) {
    const char *message;
    sl_str text = sl_json_str(list->items[i], "");
    sl_regex *alone = sl_regex_new(arena, text, &message); /* "a)|(b" is none, though it would be inside a group */
    sl_str whole = sl_str_printf(arena, "^(?:" SL_STR_FMT ")\\z", SL_STR_ARG(text));
    sl_regex *regex = alone ? sl_regex_new(arena, whole, &message) : NULL;
    sl_regex_free(alone);
    if (!regex) return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid pattern: " SL_STR_FMT, SL_STR_ARG(text));
    out->regexes[out->count++] = regex;
  }
  return 0;
}

static bool is_listed(const pattern_list *list, sl_str topic) {
  bool found = false;
  sl_matcher matcher = {0};
  for (size_t i = 0; i < list->count && !found; i++)
    found = sl_regex_find(list->regexes[i], &matcher, topic, 0, true) > 0;
  sl_matcher_done(&matcher);
  return found;
}

/* ---- statements ---- */

static int run(sl_server *server, sl_session *session, sl_arena *arena, sl_buf *text, sl_err *err) {
  sl_answers answers;
  return sl_engine_execute(server->engine, session, sl_buf_str(text), arena, &answers, err);
}

static void add_quoted(sl_buf *out, sl_str name) {
  sl_buf_add_byte(out, '`');
  for (size_t i = 0; i < name.len; i++) {
    if (name.ptr[i] == '`') sl_buf_add_byte(out, '`');
    sl_buf_add_byte(out, (uint8_t)name.ptr[i]);
  }
  sl_buf_add_byte(out, '`');
}

/* Drops what can be dropped now; what is read by others goes in a later round. *left: how many remain. */
static int drop_round(sl_server *server, sl_session *session, const pattern_list *list, size_t *left, sl_err *err) {
  sl_arena arena;
  sl_buf text = {0};
  int rc = 0;
  size_t dropped = 0, seen = 0;
  sl_arena_init(&arena, 0);
  sl_snapshot *snapshot = sl_engine_snapshot(server->engine);
  const sl_source *source;
  for (; (source = sl_snapshot_source_at(snapshot, seen)); seen++) {
    bool sink = source->reads_count && !source->is_source; /* a query made it */
    sl_buf_reset(&text);
    sl_buf_printf(&text, "DROP %s ", source->kind == SL_TABLE ? "TABLE" : "STREAM");
    add_quoted(&text, source->name);
    sl_buf_add_z(&text, sink && is_listed(list, source->topic) ? " DELETE TOPIC;" : ";");
    sl_err failure = {0};
    int failed = run(server, session, &arena, &text, &failure);
    dropped += !failed;
    if (failed && !rc) {
      rc = failed;
      sl_err_move(err, &failure);
    }
    sl_err_done(&failure);
  }
  sl_snapshot_unref(snapshot);
  sl_buf_done(&text);
  sl_arena_done(&arena);
  *left = seen - dropped;
  if (rc && dropped) { /* there is hope */
    sl_err_done(err);
    rc = 0;
  }
  return rc;
}

static int drop_types(sl_server *server, sl_session *session, sl_arena *arena, sl_err *err) {
  sl_buf text = {0};
  sl_snapshot *snapshot = sl_engine_snapshot(server->engine);
  const sl_custom_type *type;
  for (size_t i = 0; (type = sl_snapshot_type_at(snapshot, i)); i++) {
    sl_buf_add_z(&text, "DROP TYPE ");
    add_quoted(&text, type->name);
    sl_buf_add_z(&text, ";");
  }
  int rc = text.len ? run(server, session, arena, &text, err) : 0;
  sl_snapshot_unref(snapshot);
  sl_buf_done(&text);
  return rc;
}

static int terminate(sl_server *server, sl_arena *arena, const pattern_list *list, sl_err *err) {
  sl_buf text = {0};
  sl_session *session = sl_session_new(server->engine);
  sl_engine_end_pushes(server->engine);
  sl_buf_add_z(&text, "TERMINATE ALL;");
  int rc = run(server, session, arena, &text, err);
  for (size_t left = 1; !rc && left;) rc = drop_round(server, session, list, &left, err);
  if (!rc) rc = drop_types(server, session, arena, err);
  if (!rc) rc = sl_engine_drop_processing_log(server->engine, err);
  if (!rc) rc = sl_server_make_durable(server, err);
  sl_session_free(session);
  sl_buf_done(&text);
  return rc;
}

/* ---- the answer ---- */

static void answer(sl_server *server, sl_request *request) {
  sl_arena *arena = sl_request_arena(request);
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY), *e = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json *status = sl_json_new(arena, SL_JSON_OBJECT);
  sl_snapshot *snapshot = sl_engine_snapshot(server->engine);
  int64_t sequence = (int64_t)sl_snapshot_sequence(snapshot) - 1;
  sl_snapshot_unref(snapshot);
  sl_json_set(arena, status, "status", sl_json_new_z(arena, "SUCCESS"));
  sl_json_set(arena, status, "message", sl_json_new_z(arena, "Cluster terminated."));
  sl_json_set(arena, status, "queryId", sl_json_new(arena, SL_JSON_NULL));
  sl_json_set(arena, e, "@type", sl_json_new_z(arena, "currentStatus"));
  sl_json_set(arena, e, "statementText", sl_json_new_z(arena, "TERMINATE CLUSTER;"));
  sl_json_set(arena, e, "commandId", sl_json_new_z(arena, "cluster/TerminateCluster/terminate"));
  sl_json_set(arena, e, "commandStatus", status);
  sl_json_set(arena, e, "commandSequenceNumber", sl_json_new_int(arena, sequence));
  sl_json_set(arena, e, "warnings", sl_json_new(arena, SL_JSON_ARRAY));
  sl_json_add(arena, list, e);
  sl_answer_json(request, 200, list);
}

void sl_api_terminate(void *arg, sl_request *request) {
  static const sl_body_member MEMBERS[] = {{"deleteTopicList", SL_JSON_ARRAY, false}, {0}};
  sl_server *server = arg;
  sl_arena *arena = sl_request_arena(request);
  sl_json *body;
  pattern_list list = {0};
  sl_err err = {0};
  if (!sl_accepts_json(request)) return;
  int rc = sl_body_object(request, MEMBERS, &body, &err);
  if (!rc) rc = read_patterns(arena, body, &list, &err);
  int before = SL_SERVING;
  if (!rc && !atomic_compare_exchange_strong(&server->life, &before, SL_TERMINATING))
    rc = sl_err_set(&err, SL_E_SHUTDOWN, SL_NO_POS, "The server is shutting down");
  if (!rc) {
    rc = terminate(server, arena, &list, &err);
    atomic_store(&server->life, rc ? SL_SERVING : SL_TERMINATED); /* what failed may be tried again */
  }
  patterns_done(&list);
  if (rc)
    sl_answer_error(request, &err, NULL);
  else
    answer(server, request);
}
