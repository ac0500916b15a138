/* What every request passes: origins (http-api.md 18.2), readiness, and afterwards the access log (16.3). */
#include <stdio.h>

#include "base/logger.h"
#include "server/server_int.h"

static bool is_open_path(sl_str path) {
  return sl_str_starts(path, sl_str_of("/chc/"));
}

/* ---- origins ---- */

/* A pattern with '*' for any run of characters. */
static bool origin_matches(sl_str pattern, sl_str origin) {
  size_t p = 0, o = 0, star = SIZE_MAX, back = 0;
  while (o < origin.len) {
    if (p < pattern.len && pattern.ptr[p] == '*') {
      star = p++;
      back = o;
    } else if (p < pattern.len && pattern.ptr[p] == origin.ptr[o]) {
      p++;
      o++;
    } else if (star != SIZE_MAX) {
      p = star + 1;
      o = ++back;
    } else {
      return false;
    }
  }
  while (p < pattern.len && pattern.ptr[p] == '*') p++;
  return p == pattern.len;
}

static bool origin_allowed(sl_str list, sl_str origin) {
  while (list.len) {
    const char *comma = memchr(list.ptr, ',', list.len);
    size_t len = comma ? (size_t)(comma - list.ptr) : list.len;
    if (origin_matches(sl_str_trim(sl_str_n(list.ptr, len)), origin)) return true;
    len += comma ? 1 : 0;
    list = sl_str_n(list.ptr + len, list.len - len);
  }
  return false;
}

static void add_header(sl_request *request, const char *name, sl_str value) {
  sl_request_add_header(request, name, sl_str_z(sl_request_arena(request), value));
}

/* false when it has answered: a preflight, or a foreign origin. */
static bool check_origin(sl_server *server, sl_request *request) {
  sl_str allowed = sl_settings_str(server->settings, "access.control.allow.origin");
  const char *origin = sl_request_header(request, "Origin");
  if (!allowed.len || !origin) return true;
  if (!origin_allowed(allowed, sl_str_of(origin))) {
    sl_answer(request, 403, NULL, sl_str_of(""));
    return false;
  }
  add_header(request, "Access-Control-Allow-Origin", sl_str_of(origin));
  add_header(request, "Access-Control-Allow-Credentials", sl_str_of("true"));
  if (strcmp(sl_request_method(request), "OPTIONS") != 0 ||
      !sl_request_header(request, "Access-Control-Request-Method"))
    return true;
  add_header(request, "Access-Control-Allow-Methods",
             sl_settings_str(server->settings, "access.control.allow.methods"));
  add_header(request, "Access-Control-Allow-Headers",
             sl_settings_str(server->settings, "access.control.allow.headers"));
  sl_answer(request, 204, NULL, sl_str_of(""));
  return false;
}

/* ---- before ---- */

/* The topic tools open a data directory with a server of their own that runs no queries. */
static bool serves_path(const sl_server *server, sl_str path) {
  return !server->topics_only || sl_str_starts(path, sl_str_of("/topics")) ||
         sl_str_starts(path, sl_str_of("/groups")) || sl_str_eq_z(path, "/info");
}

bool sl_access_admit(void *arg, sl_request *request) {
  sl_server *server = arg;
  sl_err err = {0};
  if (!check_origin(server, request)) return false;
  if (is_open_path(sl_request_path(request))) return true;
  if (atomic_load(&server->stopping))
    sl_err_set(&err, SL_E_SHUTDOWN, SL_NO_POS, "The server is shutting down");
  else if (!serves_path(server, sl_request_path(request)))
    sl_err_set(&err, SL_E_NOT_READY, SL_NO_POS, "This server only serves topics.");
  if (!err.code) return true;
  sl_answer_error(request, &err, NULL);
  return false;
}

/* ---- after ---- */

/* Text of clients in the log: quotes and control characters cannot end the value they stand in. */
static sl_str clean(sl_request *request, sl_str text) {
  enum { LIMIT = 300 };
  char *z = sl_str_z(sl_request_arena(request), sl_str_n(text.ptr, text.len < LIMIT ? text.len : LIMIT));
  for (char *c = z; *c; c++)
    if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ') *c = '?';
  return sl_str_of(z);
}

void sl_access_log(void *server, sl_request *request, int status, uint64_t bytes_in, uint64_t bytes_out) {
  (void)server;
  sl_log_level level = status >= 500 ? SL_LOG_ERROR : status >= 400 ? SL_LOG_WARN : SL_LOG_INFO;
  const char *agent = sl_request_header(request, "User-Agent");
  sl_str path = clean(request, sl_request_path(request)), by = clean(request, sl_str_of(agent ? agent : "-"));
  char peer[64];
  sl_log_line(level, "http.access",
              "client=%s user=- request=\"%s " SL_STR_FMT " HTTP/%s\" status=%d bytes_out=%llu agent=\"" SL_STR_FMT
              "\" bytes_in=%llu",
              sl_request_peer(request, peer), sl_request_method(request), SL_STR_ARG(path), sl_request_version(request),
              status, (unsigned long long)bytes_out, SL_STR_ARG(by), (unsigned long long)bytes_in);
}
