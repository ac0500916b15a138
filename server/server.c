/* Start and stop: engine, threads, HTTP, listeners, in that order and back. */
#include "server/server.h"

#include "base/heap.h"
#include "base/logger.h"
#include "engine/extensions.h"
#include "server/server_int.h"

enum { IO_THREADS = 2, BODY_LIMIT = 32 << 20, CONNECTIONS = 10000 };

static void on_http1(void *ctx, int fd, const struct sockaddr *address, socklen_t len) {
  sl_http1_add(((sl_server *)ctx)->http1, fd, address, len);
}

static void on_http2(void *ctx, int fd, const struct sockaddr *address, socklen_t len) {
  sl_http2_add(((sl_server *)ctx)->http2, fd, address, len);
}

static int start_http(sl_server *server, const sl_server_options *options, sl_err *err) {
  sl_http_options http = {.routes = SL_ROUTES,
                          .route_count = SL_ROUTE_COUNT,
                          .server = server,
                          .memory = sl_engine_client_memory(server->engine),
                          .body_limit = BODY_LIMIT,
                          .connections = CONNECTIONS,
                          .idle_seconds =
                              (unsigned)sl_settings_int(options->settings, "ksql.idle.connection.timeout.seconds"),
                          .io_threads = IO_THREADS,
                          .threads = (int)sl_settings_int(options->settings, "ksql.worker.pool.size"),
                          .admit = sl_access_admit,
                          .access_log = sl_access_log};
  server->http = sl_http_new(&http);
  int code = sl_http1_start(server->http, &server->http1);
  if (!code) code = sl_http2_start(server->http, &server->http2);
  if (code) return sl_err_set(err, code, SL_NO_POS, "The HTTP library could not be started.");
  sl_str listen = options->listen ? sl_str_of(options->listen) : sl_settings_str(options->settings, "listeners");
  return sl_acceptor_start(listen, http.idle_seconds, CONNECTIONS, on_http1, on_http2, server, &server->acceptor, err);
}

/* What the configuration asks for and this version does not have is refused by name, not passed over. */
static int check_settings(const sl_settings *settings, sl_err *err) {
  if (sl_settings_int(settings, "ksql.worker.pool.size") < 1)
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "ksql.worker.pool.size must be at least 1.");
  return 0;
}

static int read_users(sl_server *server, sl_err *err) {
  sl_str method = sl_settings_str(server->settings, "authentication.method");
  sl_str path = sl_settings_str(server->settings, "authentication.credentials.file");
  if (sl_str_eq_z(method, "NONE")) return 0;
  if (!sl_str_eq_z(method, "BASIC"))
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "authentication.method must be NONE or BASIC, not " SL_STR_FMT ".",
                      SL_STR_ARG(method));
  if (!path.len)
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS,
                      "authentication.method=BASIC needs authentication.credentials.file: a file with a line \"NAME: "
                      "PASSWORD,ROLE,...\" for each user.");
  sl_arena arena;
  sl_arena_init(&arena, 0);
  int rc = sl_users_read(sl_str_z(&arena, path), &server->users, err);
  sl_arena_done(&arena);
  return rc;
}

static void log_ready(const sl_server *server, const sl_server_options *options) {
  if (options->queries_file)
    sl_log_line(SL_LOG_INFO, "server.ready",
                "version=%s data=%s message=\"Server %s started with query file %s. Interactive mode is disabled.\"",
                SL_VERSION, options->data_dir, SL_VERSION, options->queries_file);
  else
    sl_log_line(SL_LOG_INFO, "server.ready",
                "url=%s version=%s data=%s message=\"Server %s listening on %s\" hint=\"sluice shell %s\"",
                sl_server_url(server), SL_VERSION, options->data_dir, SL_VERSION, sl_server_url(server),
                sl_server_url(server));
}

int sl_server_start(const sl_server_options *options, sl_server **out, sl_err *err) {
  int code = check_settings(options->settings, err);
  if (!code) code = sl_extensions_load(options->extensions, options->settings, true, err);
  if (code) return code;
  sl_server *server = sl_heap_zalloc(sizeof *server);
  server->settings = options->settings;
  server->topics_only = options->topics_only;
  server->flush_always = sl_str_eq_z(sl_settings_str(options->settings, "log.flush"), "always");
  sl_engine_options engine = {
      .data_dir = options->data_dir, .settings = options->settings, .topics_only = options->topics_only};
  code = read_users(server, err);
  if (!code) code = sl_engine_open(&engine, &server->engine, err);
  if (!code && options->queries_file) code = sl_headless_run(server, options->data_dir, options->queries_file, err);
  if (!code && !options->queries_file && !options->topics_only)
    code = sl_engine_declare_processing_log(server->engine, err);
  if (!code) server->threads = sl_threads_start(server->engine);
  if (!code && !options->queries_file) code = start_http(server, options, err);
  if (code) {
    sl_server_stop(server, NULL);
    return code;
  }
  log_ready(server, options);
  *out = server;
  return 0;
}

int sl_server_make_durable(sl_server *server, sl_err *err) {
  int64_t due;
  if (!server->flush_always) return 0;
  return sl_log_flush_step(sl_engine_log(server->engine), false, &due, err);
}

const char *sl_server_url(const sl_server *server) {
  return server->acceptor ? sl_acceptor_url(server->acceptor) : "";
}

int sl_server_stop(sl_server *server, sl_err *err) {
  if (!server) return 0;
  atomic_store(&server->stopping, true);
  sl_acceptor_stop(server->acceptor);
  if (server->engine) sl_engine_end_pushes(server->engine); /* also statements that wait */
  sl_http_drain(server->http);
  if (server->engine) sl_engine_end_pushes(server->engine); /* that handlers have opened meanwhile */
  sl_http2_stop(server->http2);
  sl_http1_stop(server->http1);
  sl_http_free(server->http);
  sl_threads_stop(server->threads);
  int code = sl_engine_close(server->engine, err);
  sl_users_free(server->users);
  sl_heap_free(server);
  return code;
}
