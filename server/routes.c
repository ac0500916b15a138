/* The route table, and the routes that only say who and how the server is (http-api.md 14, 16). */
#include "server/server_int.h"

static void get_root(void *server, sl_request *request) {
  (void)server;
  sl_request_add_header(request, "Location", "/info");
  sl_answer(request, 307, NULL, sl_str_of(""));
}

static void get_info(void *arg, sl_request *request) {
  sl_server *server = arg;
  if (sl_accepts_json(request)) sl_answer_json(request, 200, sl_engine_info(server->engine, sl_request_arena(request)));
}

static sl_json *health(sl_arena *arena, bool healthy) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, o, "isHealthy", sl_json_new_bool(arena, healthy));
  return o;
}

static void get_healthcheck(void *arg, sl_request *request) {
  sl_server *server = arg;
  sl_arena *arena = sl_request_arena(request);
  bool log_ok = sl_log_failure(sl_engine_log(server->engine)) == NULL;
  sl_json *o = health(arena, log_ok), *details = sl_json_new(arena, SL_JSON_OBJECT);
  if (!sl_accepts_json(request)) return;
  sl_json_set(arena, details, "metastore", health(arena, true));
  sl_json_set(arena, details, "kafka", health(arena, log_ok));
  sl_json_set(arena, details, "commandRunner", health(arena, log_ok));
  sl_json_set(arena, o, "details", details);
  sl_json_set(arena, o, "serverState", sl_json_new_z(arena, atomic_load(&server->stopping) ? "TERMINATING" : "READY"));
  sl_answer_json(request, 200, o);
}

static sl_json *cluster_id(sl_server *server, sl_arena *arena) {
  sl_json *info = sl_json_get(sl_engine_info(server->engine, arena), "KsqlServerInfo");
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *scope = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json *clusters = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, o, "id", sl_json_new_z(arena, ""));
  sl_json_set(arena, scope, "path", sl_json_new(arena, SL_JSON_ARRAY));
  sl_json_set(arena, clusters, "kafka-cluster", sl_json_get(info, "kafkaClusterId"));
  sl_json_set(arena, clusters, "ksql-cluster", sl_json_get(info, "ksqlServiceId"));
  sl_json_set(arena, scope, "clusters", clusters);
  sl_json_set(arena, o, "scope", scope);
  return o;
}

static void get_metadata(void *server, sl_request *request) {
  sl_arena *arena = sl_request_arena(request);
  if (!sl_accepts_json(request)) return;
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, o, "version", sl_json_new_z(arena, SL_VERSION));
  sl_json_set(arena, o, "clusterId", cluster_id(server, arena));
  sl_answer_json(request, 200, o);
}

static void get_metadata_id(void *server, sl_request *request) {
  if (sl_accepts_json(request)) sl_answer_json(request, 200, cluster_id(server, sl_request_arena(request)));
}

static void get_chc(void *server, sl_request *request) {
  (void)server;
  sl_answer(request, 200, "application/json", sl_str_of("{}"));
}

static void get_metrics(void *arg, sl_request *request) {
  sl_server *server = arg;
  sl_buf text = {0};
  sl_engine_metrics(server->engine, &text);
  sl_answer(request, 200, "text/plain; version=0.0.4; charset=utf-8", sl_buf_str(&text));
  sl_buf_done(&text);
}

const sl_route SL_ROUTES[] = {
    {"GET", "/", get_root, NULL, NULL},
    {"GET", "/info", get_info, NULL, NULL},
    {"GET", "/healthcheck", get_healthcheck, NULL, NULL},
    {"GET", "/v1/metadata", get_metadata, NULL, NULL},
    {"GET", "/v1/metadata/id", get_metadata_id, NULL, NULL},
    {"GET", "/chc/live", get_chc, NULL, NULL},
    {"GET", "/chc/ready", get_chc, NULL, NULL},
    {"GET", "/metrics", get_metrics, NULL, NULL},
    {"POST", "/ksql", sl_api_ksql, NULL, NULL},
    {"POST", "/ksql/terminate", sl_api_terminate, NULL, NULL},
    {"POST", "/query", sl_api_query, NULL, sl_api_query_quick},
    {"POST", "/query-stream", sl_api_query_stream, NULL, sl_api_query_stream_quick},
    {"POST", "/close-query", sl_api_close_query, NULL, NULL},
    {"POST", "/inserts-stream", NULL, sl_api_inserts, NULL},
    {"GET", "/status", sl_api_status_all, NULL, NULL},
    {"GET", "/status/*", sl_api_status_one, NULL, NULL},
    {"GET", "/is_valid_property/*", sl_api_valid_property, NULL, NULL},
    {"GET", "/clusterStatus", sl_api_cluster_status, NULL, NULL},
    {"POST", "/heartbeat", sl_api_heartbeat, NULL, NULL},
    {"POST", "/lag", sl_api_lag, NULL, NULL},
    {"GET", "/topics", sl_api_topics, NULL, NULL},
    {"POST", "/topics", sl_api_topic_create, NULL, NULL},
    {"GET", "/topics/*/records", sl_api_consume, NULL, NULL},
    {"POST", "/topics/*/records", NULL, sl_api_produce, NULL},
    {"POST", "/topics/*/settings", sl_api_topic_settings, NULL, NULL},
    {"POST", "/topics/*/partitions", sl_api_topic_partitions, NULL, NULL},
    {"GET", "/topics/*", sl_api_topic, NULL, NULL},
    {"DELETE", "/topics/*", sl_api_topic_delete, NULL, NULL},
    {"GET", "/groups", sl_api_groups, NULL, NULL},
    {"GET", "/groups/*", sl_api_group, NULL, NULL},
    {"POST", "/groups/*", sl_api_group_commit, NULL, NULL},
};
const size_t SL_ROUTE_COUNT = sizeof SL_ROUTES / sizeof *SL_ROUTES;
