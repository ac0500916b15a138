/* The client on libcurl's multi interface: one transfer at a time, driven by a poll that Ctrl-C wakes. */
#include "shell/client.h"

#include <curl/curl.h>
#include <time.h>

#include "base/clock.h"
#include "base/heap.h"
#include "shell/interrupt.h"

enum { ANSWER_LIMIT = 256 << 20, CONNECT_TIMEOUT_MS = 10000, POLL_MS = 1000 };

struct sl_client {
  CURL *curl;
  CURLM *multi;
  char *url;
  sl_client_options options;
};

int sl_client_set_url(sl_client *client, const char *url, sl_err *err) {
  size_t len = strcspn(url, ",");
  while (len && url[len - 1] == '/') len--;
  if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "Server URL must begin with protocol (e.g., http:// or https://)");
  sl_heap_free(client->url);
  client->url = sl_heap_strndup(url, len);
  return 0;
}

int sl_client_new(const char *url, const sl_client_options *options, sl_client **out, sl_err *err) {
  sl_client *client = sl_heap_zalloc(sizeof *client);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  client->curl = curl_easy_init();
  client->multi = curl_multi_init();
  client->options = *options;
  int code = sl_client_set_url(client, url, err);
  if (code)
    sl_client_free(client);
  else
    *out = client;
  return code;
}

void sl_client_free(sl_client *client) {
  if (!client) return;
  curl_easy_cleanup(client->curl);
  curl_multi_cleanup(client->multi);
  curl_global_cleanup();
  sl_heap_free(client->url);
  sl_heap_free(client);
}

const char *sl_client_url(const sl_client *client) {
  return client->url;
}

void sl_client_encode(sl_buf *out, sl_str text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                 c == '.' || c == '~';
    if (plain)
      sl_buf_add_byte(out, c);
    else
      sl_buf_printf(out, "%%%02X", c);
  }
}

/* ---- one exchange ---- */

typedef struct transfer {
  sl_client *client;
  sl_exchange *exchange;
  char reason[CURL_ERROR_SIZE];
} transfer;

static size_t on_bytes(char *data, size_t size, size_t count, void *ctx) {
  transfer *t = ctx;
  sl_exchange *e = t->exchange;
  size_t len = size * count;
  curl_easy_getinfo(t->client->curl, CURLINFO_RESPONSE_CODE, &e->status);
  if (e->receive && e->status / 100 == 2) {
    if (e->receive(e->ctx, sl_str_n(data, len))) return len;
    e->end = SL_CLIENT_STOPPED;
    return CURL_WRITEFUNC_ERROR;
  }
  if (e->answer.len + len > ANSWER_LIMIT) return CURL_WRITEFUNC_ERROR;
  sl_buf_add(&e->answer, data, len);
  return len;
}

/* The entries of a client's configuration that libcurl has an option for. Stores of the Java kind are not read. */
static void set_tls(CURL *curl, const sl_map *connection) {
  static const struct {
    const char *name;
    CURLoption option;
  } FILES[] = {{"ssl.truststore.location", CURLOPT_CAINFO},
               {"ssl.keystore.location", CURLOPT_SSLCERT},
               {"ssl.key.location", CURLOPT_SSLKEY},
               {"ssl.key.password", CURLOPT_KEYPASSWD}};
  const char *algorithm =
      connection ? sl_map_find(connection, sl_str_of("ssl.endpoint.identification.algorithm")) : NULL;
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, algorithm && strcmp(algorithm, "https") == 0 ? 2L : 0L);
  for (size_t i = 0; connection && i < sizeof FILES / sizeof *FILES; i++) {
    const char *value = sl_map_find(connection, sl_str_of(FILES[i].name));
    if (value) curl_easy_setopt(curl, FILES[i].option, value);
  }
}

static struct curl_slist *set_up(transfer *t, const char *url, sl_buf *scratch) {
  const sl_client_options *options = &t->client->options;
  sl_exchange *e = t->exchange;
  CURL *curl = t->client->curl;
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, e->method);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "sluice-shell");
  if (e->body.len) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, e->body.ptr);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)e->body.len);
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->reason);
  set_tls(curl, options->connection);
  if (options->user) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, options->user);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, options->password ? options->password : "");
  }
  sl_buf_reset(scratch);
  sl_buf_printf(scratch, "Accept: %s", e->accept ? e->accept : "application/json");
  struct curl_slist *headers = curl_slist_append(NULL, sl_buf_z(scratch));
  headers = curl_slist_append(headers, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Expect:");
  if (options->token) {
    sl_buf_reset(scratch);
    sl_buf_printf(scratch, "Authorization: Bearer %s", options->token);
    headers = curl_slist_append(headers, sl_buf_z(scratch));
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  return headers;
}

static int64_t now_ms(void) {
  return sl_clock_monotonic_ns(sl_clock_real()) / 1000000;
}

/* Drives the transfer to its end. */
static CURLcode drive(transfer *t) {
  sl_exchange *e = t->exchange;
  CURLM *multi = t->client->multi;
  int64_t deadline = e->timeout_ms > 0 ? now_ms() + e->timeout_ms : INT64_MAX;
  for (;;) {
    int running = 0, left = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    CURLMsg *message = curl_multi_info_read(multi, &left);
    if (message && message->msg == CURLMSG_DONE) return message->data.result;
    if (!running) return CURLE_FAILED_INIT;
    if (sl_interrupt_seen() && !e->uninterruptible) {
      e->end = SL_CLIENT_INTERRUPTED;
      return CURLE_OK;
    }
    int64_t wait = deadline - now_ms();
    if (wait <= 0) {
      e->end = SL_CLIENT_TIMED_OUT;
      return CURLE_OK;
    }
    struct curl_waitfd extra = {.fd = sl_interrupt_fd(), .events = CURL_WAIT_POLLIN};
    bool wakes = extra.fd >= 0 && !e->uninterruptible;
    curl_multi_poll(multi, &extra, wakes ? 1 : 0, wait < POLL_MS ? (int)wait : POLL_MS, NULL);
  }
}

int sl_client_run(sl_client *client, sl_exchange *exchange, sl_err *err) {
  transfer t = {.client = client, .exchange = exchange};
  sl_buf url = {0}, scratch = {0};
  sl_buf_printf(&url, "%s%s", client->url, exchange->path);
  struct curl_slist *headers = set_up(&t, sl_buf_z(&url), &scratch);
  exchange->end = SL_CLIENT_COMPLETE;
  curl_multi_add_handle(client->multi, client->curl);
  CURLcode result = drive(&t);
  curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &exchange->status);
  curl_multi_remove_handle(client->multi, client->curl); /* closes the connection of an unfinished answer */
  curl_slist_free_all(headers);
  sl_buf_done(&url);
  sl_buf_done(&scratch);
  if (result == CURLE_OK || exchange->end != SL_CLIENT_COMPLETE) return 0;
  return sl_err_set(err, SL_E_IO, SL_NO_POS, "%s", *t.reason ? t.reason : curl_easy_strerror(result));
}

void sl_exchange_done(sl_exchange *exchange) {
  sl_buf_done(&exchange->answer);
}
