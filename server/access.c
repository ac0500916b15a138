/* What every request passes: origins (http-api.md 18.2), users (18.1), readiness, and afterwards the access log (16.3).
 */
#include <stdio.h>

#include "base/logger.h"
#include "server/server_int.h"

static bool is_open_path(sl_str path) {
  return sl_str_starts(path, sl_str_of("/chc/"));
}

/* ---- lists of patterns ---- */

/* A pattern with '*' for any run of characters. */
static bool matches(sl_str pattern, sl_str word) {
  size_t p = 0, w = 0, star = SIZE_MAX, back = 0;
  while (w < word.len) {
    if (p < pattern.len && pattern.ptr[p] == '*') {
      star = p++;
      back = w;
    } else if (p < pattern.len && pattern.ptr[p] == word.ptr[w]) {
      p++;
      w++;
    } else if (star != SIZE_MAX) {
      p = star + 1;
      w = ++back;
    } else {
      return false;
    }
  }
  while (p < pattern.len && pattern.ptr[p] == '*') p++;
  return p == pattern.len;
}

bool sl_list_next(sl_str *list, sl_str *out) {
  if (!list->len) return false;
  const char *comma = memchr(list->ptr, ',', list->len);
  size_t len = comma ? (size_t)(comma - list->ptr) : list->len;
  *out = sl_str_trim(sl_str_n(list->ptr, len));
  len += comma ? 1 : 0;
  *list = sl_str_n(list->ptr + len, list->len - len);
  return true;
}

bool sl_list_matches(sl_str list, sl_str word) {
  for (sl_str pattern; sl_list_next(&list, &pattern);)
    if (matches(pattern, word)) return true;
  return false;
}

/* ---- origins ---- */

static void add_header(sl_request *request, const char *name, sl_str value) {
  sl_request_add_header(request, name, sl_str_z(sl_request_arena(request), value));
}

/* false when it has answered: a preflight, or a foreign origin. */
static bool check_origin(sl_server *server, sl_request *request) {
  sl_str allowed = sl_settings_str(server->settings, "access.control.allow.origin");
  const char *origin = sl_request_header(request, "Origin");
  if (!allowed.len || !origin) return true;
  if (!sl_list_matches(allowed, sl_str_of(origin))) {
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

/* ---- users ---- */

/* false when it has answered: nobody known, or one who may not. */
static bool check_user(sl_server *server, sl_request *request) {
  static const char OPEN[] = "/v1/metadata,/v1/metadata/id,/healthcheck";
  const sl_settings *settings = server->settings;
  sl_str path = sl_request_path(request);
  sl_err err = {0};
  if (!server->users || sl_list_matches(sl_str_of(OPEN), path) ||
      sl_list_matches(sl_settings_str(settings, "authentication.skip.paths"), path))
    return true;
  int rc = sl_users_check(server->users, sl_request_header(request, "Authorization"),
                          sl_settings_str(settings, "authentication.roles"), &err);
  if (rc == SL_E_UNAUTHORIZED)
    add_header(request, "WWW-Authenticate",
               sl_str_printf(sl_request_arena(request), "Basic realm=\"" SL_STR_FMT "\"",
                             SL_STR_ARG(sl_settings_str(settings, "authentication.realm"))));
  if (rc) sl_answer_error(request, &err, NULL);
  return !rc;
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
  if (!check_user(server, request)) return false;
  if (atomic_load(&server->life) == SL_TERMINATED)
    sl_err_set(&err, SL_E_TERMINATED, SL_NO_POS, "The server is shut down");
  else if (atomic_load(&server->stopping) || atomic_load(&server->life) == SL_TERMINATING)
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

/* Who has proved to be one; "-" for all others. */
static sl_str user_of(const sl_server *server, sl_request *request, int status) {
  sl_str name = sl_str_n("", 0);
  if (server->users && status != 401)
    name = sl_users_name(sl_request_arena(request), sl_request_header(request, "Authorization"));
  return name.len ? clean(request, name) : sl_str_of("-");
}

void sl_access_log(void *arg, sl_request *request, int status, uint64_t bytes_in, uint64_t bytes_out) {
  const sl_server *server = arg;
  sl_log_level level = status >= 500 ? SL_LOG_ERROR : status >= 400 ? SL_LOG_WARN : SL_LOG_INFO;
  const char *agent = sl_request_header(request, "User-Agent");
  sl_str path = clean(request, sl_request_path(request)), by = clean(request, sl_str_of(agent ? agent : "-"));
  sl_str user = user_of(server, request, status), method = clean(request, sl_str_of(sl_request_method(request)));
  char peer[64];
  sl_log_line(level, "http.access",
              "client=%s user=" SL_STR_FMT " request=\"" SL_STR_FMT " " SL_STR_FMT
              " HTTP/%s\" status=%d bytes_out=%llu agent=\"" SL_STR_FMT "\" bytes_in=%llu",
              sl_request_peer(request, peer), SL_STR_ARG(user), SL_STR_ARG(method), SL_STR_ARG(path),
              sl_request_version(request), status, (unsigned long long)bytes_out, SL_STR_ARG(by),
              (unsigned long long)bytes_in);
}
