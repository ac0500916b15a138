/* /clusterStatus, /heartbeat and /lag (http-api.md 15). A server has no peers, so it tells of itself alone, and what
 * others send is checked and acknowledged. */
#include "server/server_int.h"

/* false when it has answered: the settings do not offer the route. */
static bool offered(sl_server *server, sl_request *request, bool lag) {
  bool on = sl_settings_bool(server->settings, "ksql.heartbeat.enable") &&
            (!lag || sl_settings_bool(server->settings, "ksql.lag.reporting.enable"));
  if (!on) sl_answer(request, 404, NULL, sl_str_of(""));
  return on && sl_accepts_json(request);
}

/* host:port under which this server is known. */
static const char *host(sl_server *server, sl_arena *arena) {
  sl_str url = sl_settings_str(server->settings, "ksql.advertised.listener");
  if (!url.len) url = sl_str_of(sl_server_url(server));
  const char *slashes = memmem(url.ptr, url.len, "//", 2);
  size_t skip = slashes ? (size_t)(slashes + 2 - url.ptr) : 0, len = url.len;
  while (len > skip && url.ptr[len - 1] == '/') len--;
  return sl_str_z(arena, sl_str_n(url.ptr + skip, len - skip));
}

void sl_api_cluster_status(void *arg, sl_request *request) {
  sl_server *server = arg;
  sl_arena *arena = sl_request_arena(request);
  if (!offered(server, request, false)) return;
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *hosts = sl_json_new(arena, SL_JSON_OBJECT);
  bool lags = sl_settings_bool(server->settings, "ksql.lag.reporting.enable");
  sl_json_set(arena, hosts, host(server, arena), sl_engine_host_status(server->engine, lags, arena));
  sl_json_set(arena, o, "clusterStatus", hosts);
  sl_answer_json(request, 200, o);
}

static void acknowledge(sl_request *request, const sl_body_member *members) {
  sl_arena *arena = sl_request_arena(request);
  sl_json *body;
  sl_err err = {0};
  if (sl_body_object(request, members, &body, &err)) {
    sl_answer_error(request, &err, NULL);
    return;
  }
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, o, "isOk", sl_json_new_bool(arena, true));
  sl_answer_json(request, 200, o);
}

void sl_api_heartbeat(void *server, sl_request *request) {
  static const sl_body_member MEMBERS[] = {
      {"hostInfo", SL_JSON_STRING, true}, {"timestamp", SL_JSON_NUMBER, true}, {0}};
  if (offered(server, request, false)) acknowledge(request, MEMBERS);
}

void sl_api_lag(void *server, sl_request *request) {
  static const sl_body_member MEMBERS[] = {
      {"ksqlHost", SL_JSON_STRING, true}, {"hostStoreLags", SL_JSON_OBJECT, true}, {0}};
  if (offered(server, request, true)) acknowledge(request, MEMBERS);
}
