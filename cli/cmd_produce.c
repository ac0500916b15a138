/* sluice produce: lines of text become records; the options of Kafka's console producer. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/topic_client.h"
#include "engine/engine.h"
#include "types/text.h"

enum { READ_SIZE = 64 * 1024, LINE_LIMIT = 64 << 20, BATCH_BYTES = 4 << 20 };

static const char HELP[] =
    "Usage: sluice produce --topic NAME [OPTION ...]   (one record a line of standard input)\n"
    "\n"
    "  --property K=V (or --reader-property), may be repeated:\n"
    "    parse.key=true            split a key from each line\n"
    "    key.separator=TEXT        what comes between key and value (default TAB)\n"
    "    parse.headers=true        lines begin with headers: h1:v1,h2:v2\n"
    "    headers.delimiter, headers.separator, headers.key.separator   (default TAB , :)\n"
    "    null.marker=TEXT          stands for a NULL key, value or header value\n"
    "    ignore.error=true         lines without a separator become records without a key\n"
    "  --server HOST:PORT          the server to talk to (default localhost:8088)\n"
    "  --data DIR                  open this data directory instead\n"
    "  --bootstrap-server HOST:PORT (or --broker-list) as --server; one on this machine where no sluice server\n"
    "                              listens counts as not given\n"
    "  Tuning options of Kafka's tool are accepted and have no effect.\n";

typedef struct produce_words {
  const char *topic;
  bool parse_key, parse_headers, ignore_error, has_null_marker;
  sl_str key_separator, headers_delimiter, headers_separator, headers_key_separator, null_marker;
  sl_topic_client_options client;
} produce_words;

typedef struct producer {
  const produce_words *words;
  sl_topic_client *client;
  sl_buf path, body, text;
  size_t looked;             /* bytes of text without a line's end */
  long long line, sent_line; /* lines read; lines acknowledged */
  sl_err *err;
  int code;
} producer;

/* ---- a line to a record ---- */

static bool cut(sl_str *rest, sl_str separator, sl_str *before) {
  for (size_t i = 0; separator.len && i + separator.len <= rest->len; i++) {
    if (memcmp(rest->ptr + i, separator.ptr, separator.len) != 0) continue;
    *before = sl_str_n(rest->ptr, i);
    *rest = sl_str_n(rest->ptr + i + separator.len, rest->len - i - separator.len);
    return true;
  }
  return false;
}

static void add_value(producer *p, const char *name, sl_str value, bool null) {
  null = null || (p->words->has_null_marker && sl_str_eq(value, p->words->null_marker));
  sl_topic_value_add(&p->body, name, null ? NULL : &value);
}

static int no_separator(producer *p, const char *what, sl_str line) {
  return sl_err_set(p->err, SL_E_BAD_REQUEST, SL_NO_POS, "No %s found on line number %lld: '" SL_STR_FMT "'", what,
                    p->line, SL_STR_ARG(line));
}

static int add_headers(producer *p, sl_str headers, sl_str line) {
  sl_buf_add_z(&p->body, ",\"headers\":[");
  for (bool first = true; headers.len; first = false) {
    sl_str one, name;
    if (!cut(&headers, p->words->headers_separator, &one)) {
      one = headers;
      headers.len = 0;
    }
    if (!cut(&one, p->words->headers_key_separator, &name)) return no_separator(p, "header key separator", line);
    sl_buf_add_z(&p->body, first ? "[" : ",[");
    sl_json_write_str(&p->body, name);
    add_value(p, ",", one, false);
    sl_buf_add_byte(&p->body, ']');
  }
  sl_buf_add_byte(&p->body, ']');
  return 0;
}

static int add_record(producer *p, sl_str line) {
  sl_str rest = line, headers = {0}, key = {0};
  bool has_headers = false, has_key = false;
  p->line++;
  if (!sl_utf8_valid(line.ptr, line.len) && p->words->parse_headers)
    return sl_err_set(p->err, SL_E_BAD_REQUEST, SL_NO_POS, "Line %lld is not valid UTF-8.", p->line);
  if (p->words->parse_headers) has_headers = cut(&rest, p->words->headers_delimiter, &headers);
  if (p->words->parse_headers && !has_headers && !p->words->ignore_error)
    return no_separator(p, "headers delimiter", line);
  if (p->words->parse_key) has_key = cut(&rest, p->words->key_separator, &key);
  if (p->words->parse_key && !has_key && !p->words->ignore_error) return no_separator(p, "key separator", line);
  size_t before = p->body.len;
  add_value(p, "{\"key\":", key, !has_key);
  add_value(p, ",\"value\":", rest, false);
  int code = has_headers ? add_headers(p, headers, line) : 0;
  sl_buf_add_z(&p->body, "}\n");
  if (code) p->body.len = before;
  return code;
}

/* ---- sending ---- */

static int send_body(producer *p) {
  if (!p->body.len) return 0;
  int code = p->code = sl_topic_client_send(p->client, sl_buf_z(&p->path), &p->body, &p->sent_line, p->err);
  if (!code && p->sent_line != p->line)
    code = sl_err_set(p->err, SL_E_IO, SL_NO_POS, "%lld of %lld lines were acknowledged.", p->sent_line, p->line);
  return code;
}

/* Takes the complete lines out of p->text; at the end of the input also an unfinished one. */
static int take_lines(producer *p, bool end) {
  size_t start = 0;
  int code = 0;
  for (size_t i = p->looked; i < p->text.len && !code; i++) {
    if (p->text.data[i] != '\n') continue;
    size_t len = i - start;
    if (len && p->text.data[i - 1] == '\r') len--;
    code = add_record(p, sl_str_n((const char *)p->text.data + start, len));
    start = i + 1;
    if (!code && p->body.len > BATCH_BYTES) code = send_body(p);
  }
  if (!code && end && start < p->text.len) {
    code = add_record(p, sl_str_n((const char *)p->text.data + start, p->text.len - start));
    start = p->text.len;
  }
  memmove(p->text.data, p->text.data + start, p->text.len - start);
  p->text.len -= start;
  p->looked = p->text.len;
  if (!code && p->text.len > LINE_LIMIT)
    code = sl_err_set(p->err, SL_E_BAD_REQUEST, SL_NO_POS, "Line %lld is longer than %d MiB.", p->line + 1,
                      LINE_LIMIT >> 20);
  return code;
}

static bool more_waits(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&input, 1, 0) > 0;
}

/* Records before a bad line are written, as a user who feeds a file expects. */
static int send_before_failure(producer *p) {
  sl_err bad = {0};
  sl_err_move(&bad, p->err);
  p->line--; /* the bad one */
  send_body(p);
  sl_err_done(p->err);
  sl_err_move(p->err, &bad);
  return p->err->code;
}

/* Lines that have come are one request; it waits for more only while there is more to read. */
static int produce(producer *p) {
  bool terminal = isatty(STDIN_FILENO);
  int code = 0;
  ssize_t got = 1;
  while (!code && got > 0) {
    if (terminal) fputs(">", stderr);
    do got = read(STDIN_FILENO, sl_buf_reserve(&p->text, READ_SIZE), READ_SIZE);
    while (got < 0 && errno == EINTR);
    if (got < 0) return sl_err_set(p->err, SL_E_IO, SL_NO_POS, "Cannot read standard input: %s.", strerror(errno));
    p->text.len += (size_t)got;
    code = take_lines(p, got == 0);
    if (code && !p->code) return send_before_failure(p);
    if (!code && (got == 0 || !more_waits())) code = send_body(p);
  }
  return code;
}

/* ---- the command line ---- */

static bool is_true(sl_str v) {
  return sl_str_eq_nocase(v, sl_str_of("true"));
}

static int read_property(const char *word, produce_words *words) {
  const char *equals = strchr(word, '=');
  sl_str name = equals ? sl_str_n(word, (size_t)(equals - word)) : sl_str_of(word);
  sl_str value = sl_str_of(equals ? equals + 1 : "");
  const struct {
    const char *name;
    bool *flag;
    sl_str *text;
  } rows[] = {{"parse.key", &words->parse_key, NULL},
              {"parse.headers", &words->parse_headers, NULL},
              {"ignore.error", &words->ignore_error, NULL},
              {"key.separator", NULL, &words->key_separator},
              {"headers.delimiter", NULL, &words->headers_delimiter},
              {"headers.separator", NULL, &words->headers_separator},
              {"headers.key.separator", NULL, &words->headers_key_separator},
              {"null.marker", &words->has_null_marker, &words->null_marker}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!sl_str_eq_z(name, rows[i].name)) continue;
    if (rows[i].flag) *rows[i].flag = rows[i].text ? true : is_true(value);
    if (rows[i].text) *rows[i].text = value;
    if (rows[i].text && !rows[i].flag && !value.len) break;
    return 0;
  }
  fprintf(stderr, "sluice produce: '%s' is no property of the producer. 'sluice produce --help' lists them.\n", word);
  return 1;
}

static int check_separators(const produce_words *w) {
  const sl_str *all[] = {&w->headers_delimiter, &w->headers_separator, &w->headers_key_separator};
  for (size_t i = 0; w->parse_headers && i < 3; i++)
    for (size_t j = 0; j < i; j++)
      if (sl_str_eq(*all[i], *all[j])) {
        fputs("sluice produce: headers.delimiter, headers.separator and headers.key.separator must be different.\n",
              stderr);
        return 1;
      }
  return -1;
}

static int read_options(int argc, char **argv, produce_words *words) {
  enum { O_PROPERTY = 256, O_SERVER, O_BROKER, O_DATA, O_IGNORED };
  static const struct option OPTIONS[] = {{"topic", required_argument, NULL, 't'},
                                          {"property", required_argument, NULL, O_PROPERTY},
                                          {"reader-property", required_argument, NULL, O_PROPERTY},
                                          {"server", required_argument, NULL, O_SERVER},
                                          {"bootstrap-server", required_argument, NULL, O_BROKER},
                                          {"broker-list", required_argument, NULL, O_BROKER},
                                          {"data", required_argument, NULL, O_DATA},
                                          {"producer-property", required_argument, NULL, O_IGNORED},
                                          {"command-property", required_argument, NULL, O_IGNORED},
                                          {"producer.config", required_argument, NULL, O_IGNORED},
                                          {"command-config", required_argument, NULL, O_IGNORED},
                                          {"sync", no_argument, NULL, O_IGNORED},
                                          {"batch-size", required_argument, NULL, O_IGNORED},
                                          {"timeout", required_argument, NULL, O_IGNORED},
                                          {"request-required-acks", required_argument, NULL, O_IGNORED},
                                          {"compression-codec", optional_argument, NULL, O_IGNORED},
                                          {"message-send-max-retries", required_argument, NULL, O_IGNORED},
                                          {"retry-backoff-ms", required_argument, NULL, O_IGNORED},
                                          {"max-block-ms", required_argument, NULL, O_IGNORED},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'V'},
                                          {NULL, 0, NULL, 0}};
  int option;
  optind = 1;
  while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
    switch (option) {
    case 't': words->topic = optarg; break;
    case O_PROPERTY:
      if (read_property(optarg, words)) return 1;
      break;
    case O_BROKER:
    case O_SERVER:
      words->client.server = optarg;
      words->client.broker = option == O_BROKER;
      break;
    case O_DATA: words->client.data_dir = optarg; break;
    case O_IGNORED: break;
    case 'h': fputs(HELP, stdout); return 0;
    case 'V': puts("sluice " SL_VERSION); return 0;
    default: fputs("'sluice produce --help' lists the options.\n", stderr); return 1;
    }
  }
  if (words->topic && optind == argc) return check_separators(words);
  fputs(words->topic ? "sluice produce: there is an argument that belongs to no option.\n"
                     : "sluice produce: --topic NAME is missing. 'sluice produce --help' lists the options.\n",
        stderr);
  return 1;
}

int sl_cmd_produce(int argc, char **argv) {
  sl_err err = {0};
  produce_words words = {.key_separator = sl_str_of("\t"),
                         .headers_delimiter = sl_str_of("\t"),
                         .headers_separator = sl_str_of(","),
                         .headers_key_separator = sl_str_of(":")};
  int code = read_options(argc, argv, &words);
  if (code >= 0) return code;
  producer p = {.words = &words, .err = &err};
  code = sl_topic_client_open(&words.client, &p.client, &err);
  if (!code) code = sl_topic_client_ensure(p.client, words.topic, 1, &err);
  sl_buf_add_z(&p.path, "/topics/");
  sl_url_encode(&p.path, sl_str_of(words.topic));
  sl_buf_add_z(&p.path, "/records");
  if (!code) code = produce(&p);
  sl_topic_client_close(p.client);
  sl_buf_done(&p.path);
  sl_buf_done(&p.body);
  sl_buf_done(&p.text);
  return code ? sl_tool_failed("sluice produce:", &err) : 0;
}
