/* Request bodies in, answers out: JSON objects, sessions, error entities, content negotiation. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/server_int.h"

/* ---- bodies ---- */

int sl_body_check(const sl_json *body, const sl_body_member *members, sl_err *err) {
  static const char *const KINDS[] = {[SL_JSON_NUMBER] = "an integer",
                                      [SL_JSON_STRING] = "a string",
                                      [SL_JSON_ARRAY] = "an array",
                                      [SL_JSON_OBJECT] = "an object"};
  for (int i = 0; members[i].name; i++) {
    int64_t number;
    const sl_json *v = sl_json_get(body, members[i].name);
    bool absent = !v || v->kind == SL_JSON_NULL;
    if (absent && members[i].mandatory)
      return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS,
                        "Invalid JSON in request: Missing required creator property '%s' (index %d)", members[i].name,
                        i);
    if (!absent && (v->kind != members[i].kind || (v->kind == SL_JSON_NUMBER && !sl_json_int(v, &number))))
      return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid JSON in request: '%s' must be %s", members[i].name,
                        KINDS[members[i].kind]);
  }
  return 0;
}

int sl_body_object(sl_request *request, const sl_body_member *members, sl_json **out, sl_err *err) {
  sl_arena *arena = sl_request_arena(request);
  sl_str body = sl_request_body(request);
  if (sl_str_trim(body).len == 0) {
    *out = sl_json_new(arena, SL_JSON_OBJECT);
    return sl_body_check(*out, members, err);
  }
  sl_err failure = {0};
  int code = sl_json_parse(arena, body, 0, out, &failure);
  if (code)
    sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid JSON in request: %s", failure.message);
  else if (!sl_json_is(*out, SL_JSON_OBJECT))
    code = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid JSON in request: expected an object");
  else
    code = sl_body_check(*out, members, err);
  sl_err_done(&failure);
  return code ? SL_E_BAD_REQUEST : 0;
}

/* Any JSON scalar as text; false for containers. */
static bool scalar_text(const sl_json *v, sl_str *out) {
  switch (v->kind) {
  case SL_JSON_TRUE: *out = sl_str_of("true"); return true;
  case SL_JSON_FALSE: *out = sl_str_of("false"); return true;
  case SL_JSON_NUMBER:
  case SL_JSON_STRING: *out = v->text; return true;
  default: return false;
  }
}

static int wrong_shape(const char *member, sl_err *err) {
  return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid JSON in request: '%s' must be an object of scalars",
                    member);
}

/* Calls set for each member of an object; null members are passed by. */
static int each_setting(sl_session *session, const sl_json *body, const char *member,
                        int (*set)(sl_session *session, sl_str name, sl_str value, sl_err *err), sl_err *err) {
  const sl_json *object = sl_json_get(body, member);
  if (!sl_json_is(object, SL_JSON_OBJECT)) return 0; /* absent */
  for (size_t i = 0; i < object->count; i++) {
    sl_str text;
    if (object->members[i].value->kind == SL_JSON_NULL) continue;
    if (!scalar_text(object->members[i].value, &text)) return wrong_shape(member, err);
    int code = set(session, object->members[i].name, text, err);
    if (code) return code;
  }
  return 0;
}

static int set_override(sl_session *session, sl_str name, sl_str value, sl_err *err) {
  sl_err failure = {0};
  if (sl_check_override(sl_session_settings(session), name, err)) return SL_E_BAD_REQUEST;
  int code = sl_session_set(session, name, &value, &failure);
  if (code) /* a bad override is the request's fault, not the statement's */
    sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "%s", failure.message);
  sl_err_done(&failure);
  return code ? SL_E_BAD_REQUEST : 0;
}

int sl_body_session(sl_server *server, const sl_json *body, const char *properties_name, sl_session **out,
                    sl_err *err) {
  sl_session *session = sl_session_new(server->engine);
  int code = each_setting(session, body, properties_name, set_override, err);
  if (!code) code = each_setting(session, body, "sessionVariables", sl_session_define, err);
  if (code)
    sl_session_free(session);
  else
    *out = session;
  return code;
}

int sl_body_wait(sl_server *server, const sl_json *body, sl_err *err) {
  enum { LOOK_MS = 10 };
  int64_t wanted;
  if (!sl_json_int(sl_json_get(body, "commandSequenceNumber"), &wanted) || wanted < 0) return 0;
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

/* ---- answers ---- */

void sl_answer_json(sl_request *request, int status, const sl_json *body) {
  sl_buf text = {0};
  sl_json_write(&text, body);
  sl_answer(request, status, "application/json", sl_buf_str(&text));
  sl_buf_done(&text);
}

static bool is_statement_error(int code) {
  int api = sl_err_api_code(code);
  return api == 40001 || api == 40002;
}

void sl_error_write(sl_buf *out, const sl_err *err, sl_json *entities, sl_arena *arena) {
  sl_json *e = sl_json_new(arena, SL_JSON_OBJECT);
  int api = sl_err_api_code(err->code);
  bool statement = is_statement_error(err->code) && err->statement;
  sl_json_set(arena, e, "@type", sl_json_new_z(arena, statement ? "statement_error" : "generic_error"));
  sl_json_set(arena, e, "error_code", sl_json_new_int(arena, api ? api : 50000));
  sl_json_set(arena, e, "message", sl_json_new_z(arena, err->message));
  if (statement) {
    sl_json_set(arena, e, "statementText", sl_json_new_z(arena, err->statement));
    sl_json_set(arena, e, "entities", entities ? entities : sl_json_new(arena, SL_JSON_ARRAY));
  }
  sl_json_write(out, e);
}

void sl_answer_error(sl_request *request, sl_err *err, sl_json *entities) {
  sl_buf text = {0};
  int api = sl_err_api_code(err->code);
  sl_error_write(&text, err, entities, sl_request_arena(request));
  sl_answer(request, api ? api / 100 : 500, "application/json", sl_buf_str(&text));
  sl_buf_done(&text);
  sl_err_done(err);
}

/* ---- negotiation ---- */

static const char *const MEDIA_TYPES[] = {
    [SL_MEDIA_NONE] = "",
    [SL_MEDIA_KSQL_JSON] = "application/vnd.ksql.v1+json",
    [SL_MEDIA_JSON] = "application/json",
    [SL_MEDIA_DELIMITED] = "application/vnd.ksqlapi.delimited.v1",
    [SL_MEDIA_PROTOBUF] = "application/vnd.ksql.v1+protobuf",
};

const char *sl_media_type(sl_media media) {
  return MEDIA_TYPES[media];
}

/* How specifically a range such as application/star names a type: 0 not at all, 1 by wildcard ... 3 exactly. */
static int range_matches(sl_str range, const char *type) {
  const char *slash = strchr(type, '/');
  if (sl_str_eq_nocase(range, sl_str_of(type))) return 3;
  if (sl_str_eq_z(range, "*/*")) return 1;
  size_t main_len = (size_t)(slash - type) + 1;
  return range.len == main_len + 1 && range.ptr[range.len - 1] == '*' && memcmp(range.ptr, type, main_len) == 0 ? 2 : 0;
}

/* A quality as written; more than 1 counts as 1, what is no number as 0. */
static int thousandths(double q) {
  return q >= 1 ? 1000 : q > 0 ? (int)(q * 1000) : 0;
}

/* Quality in thousandths of one offer; 0 = not acceptable. */
static int quality(const char *accept, const char *type) {
  int best = 0, specific = 0;
  for (const char *p = accept; *p;) {
    size_t len = strcspn(p, ",");
    sl_str item = sl_str_n(p, len);
    size_t range_len = 0;
    while (range_len < len && item.ptr[range_len] != ';') range_len++;
    int matches = range_matches(sl_str_trim(sl_str_n(item.ptr, range_len)), type), q = 1000;
    for (size_t i = range_len; i + 2 < len; i++)
      if ((item.ptr[i] == 'q' || item.ptr[i] == 'Q') && item.ptr[i + 1] == '=')
        q = thousandths(strtod(item.ptr + i + 2, NULL));
    if (matches > specific) {
      specific = matches;
      best = q;
    }
    p += len + (p[len] == ',');
  }
  return best;
}

sl_media sl_negotiate(const char *accept, const sl_media *offers, sl_media absent) {
  if (!accept) return absent;
  sl_media best = SL_MEDIA_NONE;
  int best_quality = 0;
  for (; *offers != SL_MEDIA_NONE; offers++) {
    int q = quality(accept, MEDIA_TYPES[*offers]);
    if (q > best_quality) {
      best = *offers;
      best_quality = q;
    }
  }
  return best;
}

bool sl_accepts_json(sl_request *request) {
  static const sl_media OFFERS[] = {SL_MEDIA_KSQL_JSON, SL_MEDIA_JSON, SL_MEDIA_NONE};
  if (sl_negotiate(sl_request_header(request, "Accept"), OFFERS, SL_MEDIA_JSON) != SL_MEDIA_NONE) return true;
  sl_answer(request, 406, NULL, sl_str_of(""));
  return false;
}
