/* The tools' side of the topic API, on libcurl. */
#include "cli/topic_client.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/heap.h"
#include "base/logger.h"
#include "server/server.h"
#include "types/text.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { ANSWER_LIMIT = 256 << 20, LOOK_MS = 200 /* how soon a signal is seen */ };
static const char DEFAULT_SERVER[] = "http://localhost:8088";
static const char DEFAULT_DATA[] = "./sluice-data";

struct sl_topic_client {
  CURLM *multi; /* keeps connections between requests */
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

const char *sl_topic_path(sl_arena *arena, sl_str name, const char *rest) {
  sl_buf path = {0};
  sl_buf_add_z(&path, "/topics/");
  sl_url_encode(&path, name);
  sl_buf_add_z(&path, rest);
  const char *z = sl_str_z(arena, sl_buf_str(&path));
  sl_buf_done(&path);
  return z;
}

/* ---- opening ---- */

typedef struct greeting {
  char text[256];
  size_t len;
} greeting;

static size_t keep_greeting(char *data, size_t size, size_t count, void *ctx) {
  greeting *g = ctx;
  size_t room = sizeof g->text - 1 - g->len, len = size * count < room ? size * count : room;
  memcpy(g->text + g->len, data, len);
  g->len += len;
  return size * count;
}

/* Does a sluice server (or ksqlDB, or one that wants to know who asks) answer at the client's URL? */
static bool answers(sl_topic_client *client) {
  greeting g = {.len = 0};
  long status = 0;
  sl_buf url = {0};
  sl_buf_printf(&url, "%s/info", client->url);
  CURL *curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, sl_buf_z(&url));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 3000L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_greeting);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &g);
  bool answered = curl_easy_perform(curl) == CURLE_OK;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  sl_buf_done(&url);
  return answered && (status == 401 || status == 403 || strstr(g.text, "KsqlServerInfo"));
}

/* http://HOST:PORT of what a user writes: a URL, HOST:PORT, or a list of which the first counts. */
static char *server_url(const char *text) {
  sl_buf url = {0};
  size_t len = strcspn(text, ",");
  while (len && text[len - 1] == '/') len--;
  sl_buf_printf(&url, "%s%.*s", strncmp(text, "http://", 7) && strncmp(text, "https://", 8) ? "http://" : "", (int)len,
                text);
  char *z = sl_heap_strdup(sl_buf_z(&url));
  sl_buf_done(&url);
  return z;
}

static bool is_local(const char *url) {
  static const char *const HOSTS[] = {"http://localhost", "http://127.", "http://[::1]"};
  for (size_t i = 0; i < sizeof HOSTS / sizeof *HOSTS; i++)
    if (strncmp(url, HOSTS[i], strlen(HOSTS[i])) == 0) return true;
  return false;
}

/* Starts a server of our own that runs no queries: it only keeps the topics. */
static int start_own(sl_topic_client *client, const char *data_dir, sl_err *err) {
  sl_log_set_level(SL_LOG_WARN);
  sl_server_options options = {
      .data_dir = data_dir, .listen = "127.0.0.1:0", .settings = &client->settings, .topics_only = true};
  int code = sl_server_start(&options, &client->own, err);
  if (code == SL_E_LOCKED) {
    sl_err_done(err);
    sl_err_set(err, code, SL_NO_POS, "The data directory '%s' is in use by a running server.", data_dir);
    sl_err_hint(err, "Name the server's address with --server HOST:PORT, or stop it.");
  }
  if (code) return code;
  sl_heap_free(client->url);
  client->url = sl_heap_strdup(sl_server_url(client->own));
  return 0;
}

/* No server was named: the one on the default port, else the data directory here. */
static int open_default(sl_topic_client *client, sl_err *err) {
  sl_heap_free(client->url);
  client->url = sl_heap_strdup(DEFAULT_SERVER);
  if (answers(client)) return 0;
  if (sl_fs_exists(sl_fs_real(), DEFAULT_DATA)) return start_own(client, DEFAULT_DATA, err);
  return sl_err_set(err, SL_E_IO, SL_NO_POS,
                    "No server answers at %s and there is no data directory %s here. Start a server with 'sluice "
                    "server', or name one with --server HOST:PORT or --data DIR.",
                    client->url, DEFAULT_DATA);
}

static int open_named(sl_topic_client *client, const sl_topic_client_options *options, sl_err *err) {
  client->url = server_url(options->server);
  if (answers(client)) return 0;
  if (options->broker && is_local(client->url)) return open_default(client, err);
  return sl_err_set(err, SL_E_IO, SL_NO_POS,
                    "No sluice server answers at %s. Start one with 'sluice server', or open a data directory with "
                    "--data DIR.",
                    client->url);
}

int sl_topic_client_open(const sl_topic_client_options *options, sl_topic_client **out, sl_err *err) {
  sl_topic_client *client = sl_heap_zalloc(sizeof *client);
  int code;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  client->multi = curl_multi_init();
  if (options->data_dir && options->server && !options->broker)
    code = sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "Give either a server or a data directory, not both.");
  else if (options->data_dir)
    code = start_own(client, options->data_dir, err);
  else
    code = options->server ? open_named(client, options, err) : open_default(client, err);
  if (code) {
    sl_topic_client_close(client);
    return code;
  }
  *out = client;
  return 0;
}

void sl_topic_client_close(sl_topic_client *client) {
  if (!client) return;
  curl_multi_cleanup(client->multi);
  sl_server_stop(client->own, NULL);
  sl_settings_done(&client->settings);
  sl_heap_free(client->url);
  sl_heap_free(client);
}

/* ---- requests ---- */

/* One request under way. */
typedef struct exchange {
  CURL *curl;
  struct curl_slist *headers;
  sl_buf received;    /* whole answer, or the unfinished line */
  size_t looked;      /* bytes of received without a line's end */
  sl_topic_line line; /* NULL: collect */
  void *ctx;
  bool came;   /* bytes came since somebody looked */
  bool ended;  /* line wanted no more */
  bool over;   /* larger than any answer may be */
  bool closed; /* by the other side */
  CURLcode result;
  char reason[CURL_ERROR_SIZE];
} exchange;

static long status_of(CURL *curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

static void give_lines(exchange *e) {
  size_t start = 0;
  for (size_t i = e->looked; i < e->received.len && !e->ended; i++) {
    if (e->received.data[i] != '\n') continue;
    e->ended = !e->line(e->ctx, sl_str_n((const char *)e->received.data + start, i - start));
    start = i + 1;
  }
  if (start) memmove(e->received.data, e->received.data + start, e->received.len - start);
  e->received.len -= start;
  e->looked = e->received.len;
}

static size_t on_bytes(char *data, size_t size, size_t count, void *ctx) {
  exchange *e = ctx;
  e->came = true;
  sl_buf_add(&e->received, data, size * count);
  if (e->line && status_of(e->curl) / 100 == 2) give_lines(e);
  e->over = e->received.len > ANSWER_LIMIT;
  return e->ended || e->over ? 0 : size * count;
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
  int kind = code == 40400 || code == 40401 ? SL_E_NOT_FOUND : SL_E_REQUEST;
  int result = message.len ? sl_err_set(err, kind, SL_NO_POS, SL_STR_FMT, SL_STR_ARG(message))
                           : sl_err_set(err, kind, SL_NO_POS, "The server answered with the HTTP status %ld.", status);
  sl_arena_done(&arena);
  return result;
}

static void start(sl_topic_client *client, const char *method, const char *path, sl_str body, exchange *e) {
  CURL *curl = e->curl = curl_easy_init();
  sl_buf url = {0};
  sl_buf_printf(&url, "%s%s", client->url, path);
  e->headers = curl_slist_append(NULL, "Content-Type: application/json");
  e->headers = curl_slist_append(e->headers, "Expect:");
  curl_easy_setopt(curl, CURLOPT_URL, sl_buf_z(&url));
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  if (strcmp(method, "GET") != 0) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.len ? body.ptr : "");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
  }
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, e->headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, e);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, e->reason);
  curl_easy_setopt(curl, CURLOPT_PRIVATE, e);
  curl_multi_add_handle(client->multi, curl);
  sl_buf_done(&url);
}

/* Notes the requests that have ended; true when one ended because it wanted no more, or failed. */
static bool note_ends(sl_topic_client *client) {
  int left;
  bool stop = false;
  for (CURLMsg *m; (m = curl_multi_info_read(client->multi, &left));) {
    exchange *e = NULL;
    if (m->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&e);
    e->closed = true;
    e->result = m->data.result;
    stop = stop || e->ended || e->result != CURLE_OK || status_of(e->curl) >= 400;
  }
  return stop;
}

/* Runs what was started until all has ended, one wants no more or fails, nothing comes for idle_ms, or, where lines are
 * read, a signal. */
static void run(sl_topic_client *client, exchange *exchanges, size_t count, int64_t idle_ms, bool *idle) {
  const sl_clock *clock = sl_clock_real();
  int64_t last = sl_clock_monotonic_ns(clock) / 1000000;
  for (int running = 1; running && !(interrupted && exchanges->line) && !*idle;) {
    if (curl_multi_perform(client->multi, &running) != CURLM_OK || note_ends(client)) break;
    int64_t now = sl_clock_monotonic_ns(clock) / 1000000, wait = LOOK_MS;
    for (size_t i = 0; i < count; i++) {
      if (exchanges[i].came) last = now;
      exchanges[i].came = false;
    }
    if (idle_ms > 0 && idle_ms - (now - last) < wait) wait = idle_ms - (now - last);
    *idle = wait <= 0;
    if (running && !*idle) curl_multi_poll(client->multi, NULL, 0, (int)wait, NULL);
  }
}

/* Ends a request. What it got wrong is in err. */
static int finish(sl_topic_client *client, exchange *e, sl_err *err) {
  int code = 0;
  long status = status_of(e->curl);
  if (e->over)
    code = sl_err_set(err, SL_E_LIMIT, SL_NO_POS, "The answer of %s is larger than %d MiB.", client->url,
                      ANSWER_LIMIT >> 20);
  else if (e->closed && e->result != CURLE_OK && !e->ended)
    code = sl_err_set(err, SL_E_IO, SL_NO_POS, "The connection to %s failed: %s.", client->url,
                      *e->reason ? e->reason : curl_easy_strerror(e->result));
  else if (status >= 400)
    code = answer_error(sl_buf_str(&e->received), status, err);
  curl_multi_remove_handle(client->multi, e->curl);
  curl_easy_cleanup(e->curl);
  curl_slist_free_all(e->headers);
  return code;
}

int sl_topic_client_call(sl_topic_client *client, const char *method, const char *path, sl_str body, sl_arena *arena,
                         sl_json **out, sl_err *err) {
  exchange e = {0};
  bool idle = false;
  start(client, method, path, body, &e);
  run(client, &e, 1, 0, &idle);
  int code = finish(client, &e, err);
  if (!code && out) code = sl_json_parse(arena, sl_str_dup(arena, sl_buf_str(&e.received)), 0, out, err);
  sl_buf_done(&e.received);
  return code;
}

int sl_topic_client_follow(sl_topic_client *client, const char *const *paths, void *const *ctxs, size_t count,
                           sl_topic_line line, int64_t idle_ms, bool *idle, sl_err *err) {
  exchange *exchanges = sl_heap_zalloc((count + 1) * sizeof *exchanges);
  int code = 0;
  for (size_t i = 0; i < count; i++) {
    exchanges[i].line = line;
    exchanges[i].ctx = ctxs[i];
    start(client, "GET", paths[i], sl_str_of(""), &exchanges[i]);
  }
  run(client, exchanges, count, idle_ms, idle);
  for (size_t i = 0; i < count; i++) {
    int failed = finish(client, &exchanges[i], err);
    if (!code) code = failed;
    sl_buf_done(&exchanges[i].received);
  }
  sl_heap_free(exchanges);
  return code;
}

/* ---- topics by name ---- */

int sl_topic_client_matching(sl_topic_client *client, const char *pattern, sl_arena *arena, sl_vec *out, sl_err *err) {
  sl_json *answer = NULL;
  int where;
  size_t at;
  pcre2_code *program = NULL;
  if (pattern && !(program = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                           PCRE2_ANCHORED | PCRE2_ENDANCHORED, &where, &at, NULL)))
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "'%s' is not a regular expression (at character %zu).", pattern,
                      at + 1);
  pcre2_match_data *match = program ? pcre2_match_data_create_from_pattern(program, NULL) : NULL;
  int code = sl_topic_client_call(client, "GET", "/topics", sl_str_of(""), arena, &answer, err);
  const sl_json *topics = code ? NULL : sl_json_get(answer, "topics");
  for (size_t i = 0; topics && i < topics->count; i++) {
    sl_str name = sl_json_str(sl_json_get(topics->items[i], "name"), "");
    if (!program || pcre2_match(program, (PCRE2_SPTR)name.ptr, name.len, 0, 0, match, NULL) >= 0)
      sl_vec_push(out, topics->items[i]);
  }
  pcre2_match_data_free(match);
  pcre2_code_free(program);
  return code;
}

/* ---- producing ---- */

int sl_topic_client_ensure(sl_topic_client *client, const char *topic, int partitions, sl_err *err) {
  sl_arena arena;
  sl_json *answer;
  sl_err missing = {0};
  sl_arena_init(&arena, 0);
  const char *path = sl_topic_path(&arena, sl_str_of(topic), "");
  int code = sl_topic_client_call(client, "GET", path, sl_str_of(""), &arena, &answer, &missing);
  if (code == SL_E_NOT_FOUND) {
    sl_json *body = sl_json_new(&arena, SL_JSON_OBJECT);
    sl_buf text = {0};
    sl_json_set(&arena, body, "name", sl_json_new_z(&arena, topic));
    sl_json_set(&arena, body, "partitions", sl_json_new_int(&arena, partitions));
    sl_json_write(&text, body);
    code = sl_topic_client_call(client, "POST", "/topics", sl_buf_str(&text), &arena, &answer, err);
    if (!code)
      fprintf(stderr,
              partitions == 1 ? "WARNING: topic '%s' did not exist and was created with one partition.\n"
                              : "WARNING: topic '%s' did not exist and was created with %d partitions.\n",
              topic, partitions);
    sl_buf_done(&text);
    sl_err_done(&missing);
  } else {
    sl_err_move(err, &missing);
  }
  sl_arena_done(&arena);
  return code;
}

void sl_topic_value_add(sl_buf *body, const char *name, const sl_str *value) {
  sl_buf_add_z(body, name);
  if (!value) {
    sl_buf_add_z(body, "null");
    return;
  }
  sl_buf_add_byte(body, '"');
  sl_base64_encode(body, value->ptr, value->len);
  sl_buf_add_byte(body, '"');
}

typedef struct acks {
  long long *acked;
  sl_err *err;
  int code;
} acks;

static bool on_ack(void *ctx, sl_str line) {
  acks *a = ctx;
  sl_arena arena;
  sl_json *ack = NULL;
  sl_arena_init(&arena, 0);
  if (sl_json_parse(&arena, line, 0, &ack, NULL) == 0 && sl_json_get(ack, "message"))
    a->code = sl_err_set(a->err, SL_E_REQUEST, SL_NO_POS, "Line %lld was not written: " SL_STR_FMT, *a->acked + 1,
                         SL_STR_ARG(sl_json_str(sl_json_get(ack, "message"), "")));
  else
    ++*a->acked;
  sl_arena_done(&arena);
  return true;
}

int sl_topic_client_send(sl_topic_client *client, const char *path, sl_buf *body, long long *acked, sl_err *err) {
  acks a = {.acked = acked, .err = err};
  if (!body->len) return 0;
  exchange e = {.line = on_ack, .ctx = &a};
  bool idle = false;
  start(client, "POST", path, sl_buf_str(body), &e);
  run(client, &e, 1, 0, &idle);
  int code = finish(client, &e, err);
  sl_buf_done(&e.received);
  sl_buf_reset(body);
  return code ? code : a.code;
}

int sl_tool_failed(const char *prefix, sl_err *err) {
  fprintf(stderr, "%s %s\n", prefix, err->message);
  if (err->hint) fprintf(stderr, "%s\n", err->hint);
  sl_err_done(err);
  return 1;
}
