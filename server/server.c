/* Start and stop: engine, threads, HTTP, listeners, in that order and back. */
#include "server/server.h"

#include "base/heap.h"
#include "base/logger.h"
#include "server/server_int.h"

enum { JOB_THREADS = 4, BODY_LIMIT = 16 << 20, CONNECTIONS = 10000 };

static void on_accepted(void *ctx, int fd, const struct sockaddr *address, socklen_t len) {
  sl_http1_add(((sl_server *)ctx)->http1, fd, address, len);
}

/* Before routing: a server that is stopping takes no new work, but still says that it lives. */
static bool admit(void *arg, sl_request *request) {
  sl_server *server = arg;
  if (!atomic_load(&server->stopping) || sl_str_starts(sl_request_path(request), sl_str_of("/chc/"))) return true;
  sl_err err = {0};
  sl_err_set(&err, SL_E_SHUTDOWN, SL_NO_POS, "The server is shutting down");
  sl_answer_error(request, &err, NULL);
  return false;
}

static int start_http(sl_server *server, const sl_server_options *options, sl_err *err) {
  sl_http1_options http = {.routes = SL_ROUTES,
                           .route_count = SL_ROUTE_COUNT,
                           .server = server,
                           .body_limit = BODY_LIMIT,
                           .connections = CONNECTIONS,
                           .idle_seconds =
                               (unsigned)sl_settings_int(options->settings, "ksql.idle.connection.timeout.seconds"),
                           .threads = JOB_THREADS,
                           .admit = admit};
  int code = sl_http1_start(&http, &server->http1);
  if (code) return sl_err_set(err, code, SL_NO_POS, "The HTTP library could not be started.");
  sl_str listen = options->listen ? sl_str_of(options->listen) : sl_settings_str(options->settings, "listeners");
  return sl_acceptor_start(listen, on_accepted, server, &server->acceptor, err);
}

int sl_server_start(const sl_server_options *options, sl_server **out, sl_err *err) {
  sl_server *server = sl_heap_zalloc(sizeof *server);
  server->settings = options->settings;
  sl_engine_options engine = {.data_dir = options->data_dir, .settings = options->settings,
                              .topics_only = options->topics_only};
  int code = sl_engine_open(&engine, &server->engine, err);
  if (!code) server->threads = sl_threads_start(server->engine);
  if (!code) code = start_http(server, options, err);
  if (code) {
    sl_server_stop(server, NULL);
    return code;
  }
  sl_log_line(SL_LOG_INFO, "server.ready", "url=%s version=%s data=%s", sl_server_url(server), SL_VERSION,
              options->data_dir);
  *out = server;
  return 0;
}

const char *sl_server_url(const sl_server *server) {
  return sl_acceptor_url(server->acceptor);
}

int sl_server_stop(sl_server *server, sl_err *err) {
  if (!server) return 0;
  atomic_store(&server->stopping, true);
  sl_acceptor_stop(server->acceptor);
  if (server->engine) sl_engine_end_pushes(server->engine);
  if (server->http1) sl_http1_stop(server->http1);
  sl_threads_stop(server->threads);
  int code = sl_engine_close(server->engine, err);
  sl_heap_free(server);
  return code;
}
