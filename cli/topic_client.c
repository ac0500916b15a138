/* The tools' side of the topic API, on libcurl. */
#include "cli/topic_client.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/heap.h"
#include "base/logger.h"
#include "server/server.h"

static const char DEFAULT_SERVER[] = "http://localhost:8088";
static const char DEFAULT_DATA[] = "./sluice-data";

struct sl_topic_client {
  CURL *curl;
  char *url;
  sl_settings settings;
  sl_server *own; /* a server of our own, NULL when another one answers */
};

static volatile sig_atomic_t interrupted;

void sl_topic_client_interrupt(void) {
  interrupted = 1;
}

void sl_url_encode(sl_buf *out, sl_str text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.~", c);
    if (plain && c)
      sl_buf_add_byte(out, c);
    else
      sl_buf_printf(out, "%%%02X", c);
  }
}

/* ---- opening ---- */

static size_t ignore_bytes(char *data, size_t size, size_t count, void *ctx) {
  (void)data;
  (void)ctx;
  return size * count;
}

static bool answers(sl_topic_client *client) {
  char url[600];
  snprintf(url, sizeof url, "%s/info", client->url);
  curl_easy_reset(client->curl);
  curl_easy_setopt(client->curl, CURLOPT_URL, url);
  curl_easy_setopt(client->curl, CURLOPT_CONNECTTIMEOUT_MS, 3000L);
  curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, ignore_bytes);
  return curl_easy_perform(client->curl) == CURLE_OK;
}

/* http://HOST:PORT of what a user writes: a URL, HOST:PORT, or a list of which the first counts. */
static char *server_url(const char *text) {
  char url[512];
  size_t len = strcspn(text, ",");
  while (len && text[len - 1] == '/') len--;
  snprintf(url, sizeof url, "%s%.*s", strncmp(text, "http", 4) == 0 ? "" : "http://", (int)len, text);
  return sl_heap_strdup(url);
}

/* Starts a server of our own that runs no queries: it only keeps the topics. */
static int start_own(sl_topic_client *client, const char *data_dir, sl_err *err) {
  sl_log_set_level(SL_LOG_WARN);
  sl_server_options options = {
      .data_dir = data_dir, .listen = "127.0.0.1:0", .settings = &client->settings, .topics_only = true};
  int code = sl_server_start(&options, &client->own, err);
  if (code == SL_E_LOCKED)
    sl_err_hint(err, "A server owns the data directory '%s'. Name its address with --server HOST:PORT.", data_dir);
  if (code) return code;
  sl_heap_free(client->url);
  client->url = sl_heap_strdup(sl_server_url(client->own));
  return 0;
}

int sl_topic_client_open(const sl_topic_client_options *options, sl_topic_client **out, sl_err *err) {
  sl_topic_client *client = sl_heap_zalloc(sizeof *client);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  client->curl = curl_easy_init();
  client->url = server_url(options->server ? options->server : DEFAULT_SERVER);
  int code = 0;
  if (options->data_dir && options->server)
    code = sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "Give either a server or a data directory, not both.");
  else if (options->data_dir)
    code = start_own(client, options->data_dir, err);
  else if (!answers(client) && options->server)
    code = sl_err_set(err, SL_E_IO, SL_NO_POS,
                      "No server answers at %s. Start one with 'sluice server', or open a data "
                      "directory with --data DIR.",
                      client->url);
  else if (!options->server && !answers(client)) {
    if (sl_fs_exists(sl_fs_real(), DEFAULT_DATA))
      code = start_own(client, DEFAULT_DATA, err);
    else
      code = sl_err_set(err, SL_E_IO, SL_NO_POS,
                        "No server answers at %s and there is no data directory %s here. Start a server with 'sluice "
                        "server', or name one with --server HOST:PORT or --data DIR.",
                        client->url, DEFAULT_DATA);
  }
  if (code) {
    sl_topic_client_close(client);
    return code;
  }
  *out = client;
  return 0;
}

void sl_topic_client_close(sl_topic_client *client) {
  if (!client) return;
  curl_easy_cleanup(client->curl);
  sl_server_stop(client->own, NULL);
  sl_settings_done(&client->settings);
  sl_heap_free(client->url);
  sl_heap_free(client);
}

/* ---- requests ---- */

typedef struct exchange {
  CURL *curl;
  sl_buf received;    /* whole answer, or the unfinished line */
  sl_topic_line line; /* NULL: collect */
  void *ctx;
  bool ended; /* line wanted no more */
  int64_t idle_ms;
  curl_off_t last_ms; /* time of the last bytes */
  curl_off_t now_ms;
  bool idle;
} exchange;

static bool is_success(CURL *curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status / 100 == 2;
}

static void give_lines(exchange *e) {
  size_t start = 0;
  for (size_t i = 0; i < e->received.len && !e->ended; i++) {
    if (e->received.data[i] != '\n') continue;
    e->ended = !e->line(e->ctx, sl_str_n((const char *)e->received.data + start, i - start));
    start = i + 1;
  }
  if (start) memmove(e->received.data, e->received.data + start, e->received.len - start);
  e->received.len -= start;
}

static size_t on_bytes(char *data, size_t size, size_t count, void *ctx) {
  exchange *e = ctx;
  e->last_ms = e->now_ms;
  sl_buf_add(&e->received, data, size * count);
  if (e->line && is_success(e->curl)) give_lines(e);
  return e->ended ? 0 : size * count;
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
  (void)a, (void)b, (void)c, (void)d;
  exchange *e = ctx;
  curl_off_t micros = 0;
  curl_easy_getinfo(e->curl, CURLINFO_TOTAL_TIME_T, &micros);
  e->now_ms = micros / 1000;
  e->idle = e->idle_ms > 0 && e->now_ms - e->last_ms >= e->idle_ms;
  return interrupted || e->idle;
}

/* Message and code of an error answer. */
static int answer_error(sl_str body, long status, sl_err *err) {
  sl_arena arena;
  sl_json *v = NULL;
  int64_t code = 0;
  sl_arena_init(&arena, 0);
  if (sl_json_parse(&arena, body, 0, &v, NULL)) v = NULL;
  sl_json_int(sl_json_get(v, "error_code"), &code);
  sl_str message = sl_json_str(sl_json_get(v, "message"), "");
  int result =
      sl_err_set(err, code == 40400 ? SL_E_NOT_FOUND : SL_E_REQUEST, SL_NO_POS, "%s" SL_STR_FMT,
                 message.len ? "" : "The server answered with an error: ", SL_STR_ARG(message.len ? message : body));
  if (!message.len && !body.len) sl_err_hint(err, "HTTP status %ld.", status);
  sl_arena_done(&arena);
  return result;
}

static int perform(sl_topic_client *client, const char *method, const char *path, sl_str body, exchange *e,
                   sl_err *err) {
  char url[4096], reason[CURL_ERROR_SIZE] = "";
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Expect:");
  CURL *curl = e->curl = client->curl;
  snprintf(url, sizeof url, "%s%s", client->url, path);
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  if (strcmp(method, "GET") != 0) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.len ? body.ptr : "");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, e);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, e);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  CURLcode result = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (result != CURLE_OK && !e->ended && !e->idle && !interrupted)
    return sl_err_set(err, SL_E_IO, SL_NO_POS, "The connection to %s failed: %s.", client->url,
                      *reason ? reason : curl_easy_strerror(result));
  return status >= 400 ? answer_error(sl_buf_str(&e->received), status, err) : 0;
}

int sl_topic_client_call(sl_topic_client *client, const char *method, const char *path, sl_str body, sl_arena *arena,
                         sl_json **out, sl_err *err) {
  exchange e = {0};
  int code = perform(client, method, path, body, &e, err);
  if (!code && out) code = sl_json_parse(arena, sl_str_dup(arena, sl_buf_str(&e.received)), 0, out, err);
  sl_buf_done(&e.received);
  return code;
}

int sl_topic_client_lines(sl_topic_client *client, const char *method, const char *path, sl_str body,
                          sl_topic_line line, void *ctx, int64_t idle_ms, bool *idle, sl_err *err) {
  exchange e = {.line = line, .ctx = ctx, .idle_ms = idle_ms};
  int code = perform(client, method, path, body, &e, err);
  if (idle) *idle = e.idle;
  sl_buf_done(&e.received);
  return code;
}
