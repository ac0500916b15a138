/* sluice consume: records of topics as text; the options and output of Kafka's console consumer. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/topic_client.h"
#include "engine/engine.h"
#include "types/text.h"

enum { INCLUDE_MAX = 64 };

static const char HELP[] =
    "Usage: sluice consume --topic NAME [OPTION ...]\n"
    "       sluice consume --include REGEX [OPTION ...]\n"
    "\n"
    "  --from-beginning          start at the first record (for a group: where it has no position)\n"
    "  --partition N             only this partition\n"
    "  --offset N|earliest|latest  where to start; needs --partition\n"
    "  --group NAME              start at the group's positions and keep them\n"
    "  --max-messages N          stop after N records\n"
    "  --timeout-ms N            stop when nothing has come for N ms\n"
    "  --property K=V (or --formatter-property), may be repeated:\n"
    "    print.timestamp print.partition print.offset print.headers print.key (false), print.value (true)\n"
    "    key.separator (TAB), line.separator (newline), headers.separator (,), null.literal (null)\n"
    "    key.deserializer, value.deserializer\n"
    "  --key-deserializer CLASS, --value-deserializer CLASS   String, Integer, Long, Double, Float, Short, ByteArray, "
    "UUID\n"
    "  --isolation-level read_committed|read_uncommitted   the same: what is not committed is never seen\n"
    "  --server HOST:PORT        the server to talk to (default localhost:8088)\n"
    "  --data DIR                open this data directory instead\n"
    "  --bootstrap-server HOST:PORT as --server; one on this machine where no sluice server listens counts as not "
    "given\n"
    "  Tuning options of Kafka's tool are accepted and have no effect.\n";

typedef enum deserializer { RAW, INTEGER, LONG, DOUBLE, FLOAT, SHORT, UUID } deserializer;

typedef struct consume_words {
  const char *topic, *include, *offset, *group, *partition;
  bool from_beginning;
  int64_t max, timeout_ms;
  bool print_timestamp, print_partition, print_offset, print_headers, print_key, print_value;
  sl_str key_separator, line_separator, headers_separator, null_literal;
  deserializer key_type, value_type;
  sl_topic_client_options client;
} consume_words;

typedef struct consumer {
  const consume_words *words;
  sl_arena arena;  /* as long as the program */
  sl_arena record; /* one record */
  sl_buf out;
  int64_t count;
  bool ended;
  sl_err *err;
  int code;
} consumer;

/* A topic that is read. */
typedef struct source {
  consumer *owner;
  sl_str topic;
  bool append_time; /* timestamps are the broker's */
  int64_t *next;    /* offset after the last record printed, by partition; -1 = none */
  size_t partitions;
} source;

/* ---- printing ---- */

static void add_bytes(consumer *c, deserializer type, sl_str v) {
  static const size_t SIZES[] = {0, 4, 8, 8, 4, 2, 16};
  const uint8_t *p = (const uint8_t *)v.ptr;
  char text[32];
  if (type == RAW || v.len != SIZES[type]) {
    sl_buf_add_str(&c->out, v);
    return;
  }
  double d;
  float f;
  uint64_t bits = v.len == 8 ? sl_get_u64(p) : 0;
  uint32_t bits32 = v.len == 4 ? sl_get_u32(p) : 0;
  switch (type) {
  case INTEGER: sl_buf_printf(&c->out, "%d", (int32_t)bits32); break;
  case LONG: sl_buf_printf(&c->out, "%lld", (long long)bits); break;
  case SHORT: sl_buf_printf(&c->out, "%d", (int16_t)sl_get_u16(p)); break;
  case DOUBLE:
    memcpy(&d, &bits, sizeof d);
    sl_buf_add(&c->out, text, sl_double_print(text, d));
    break;
  case FLOAT:
    memcpy(&f, &bits32, sizeof f);
    sl_buf_printf(&c->out, "%.9g", (double)f);
    break;
  case UUID:
    for (size_t i = 0; i < 16; i++)
      sl_buf_printf(&c->out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", p[i]);
    break;
  case RAW: break;
  }
}

static void add_side(consumer *c, deserializer type, const sl_json *v) {
  sl_str bytes;
  if (sl_json_is(v, SL_JSON_STRING) && sl_base64_decode(&c->record, v->text, &bytes))
    add_bytes(c, type, bytes);
  else
    sl_buf_add_str(&c->out, c->words->null_literal);
}

static void separate(consumer *c, bool *first) {
  if (!*first) sl_buf_add_str(&c->out, c->words->key_separator);
  *first = false;
}

static void add_headers(consumer *c, const sl_json *headers) {
  if (!headers || !headers->count) {
    sl_buf_add_z(&c->out, "NO_HEADERS");
    return;
  }
  for (size_t i = 0; i < headers->count; i++) {
    const sl_json *header = headers->items[i];
    if (i) sl_buf_add_str(&c->out, c->words->headers_separator);
    if (!sl_json_is(header, SL_JSON_ARRAY) || header->count != 2) continue;
    sl_buf_add_str(&c->out, sl_json_str(header->items[0], ""));
    sl_buf_add_byte(&c->out, ':');
    add_side(c, RAW, header->items[1]);
  }
}

static void print_record(consumer *c, const source *from, const sl_json *record) {
  const consume_words *w = c->words;
  bool first = true;
  int64_t n = -1;
  sl_buf_reset(&c->out);
  if (w->print_timestamp) {
    separate(c, &first);
    sl_json_int(sl_json_get(record, "timestamp"), &n);
    if (n < 0)
      sl_buf_add_z(&c->out, "NO_TIMESTAMP");
    else
      sl_buf_printf(&c->out, "%s:%lld", from->append_time ? "LogAppendTime" : "CreateTime", (long long)n);
  }
  if (w->print_partition && sl_json_int(sl_json_get(record, "partition"), &n)) {
    separate(c, &first);
    sl_buf_printf(&c->out, "Partition:%lld", (long long)n);
  }
  if (w->print_offset && sl_json_int(sl_json_get(record, "offset"), &n)) {
    separate(c, &first);
    sl_buf_printf(&c->out, "Offset:%lld", (long long)n);
  }
  if (w->print_headers) {
    separate(c, &first);
    add_headers(c, sl_json_get(record, "headers"));
  }
  if (w->print_key) {
    separate(c, &first);
    add_side(c, w->key_type, sl_json_get(record, "key"));
  }
  if (w->print_value) {
    separate(c, &first);
    add_side(c, w->value_type, sl_json_get(record, "value"));
  }
  sl_buf_add_str(&c->out, w->line_separator);
  fwrite(c->out.data, 1, c->out.len, stdout);
}

static void remember(source *from, const sl_json *record) {
  int64_t partition, offset;
  if (sl_json_int(sl_json_get(record, "partition"), &partition) &&
      sl_json_int(sl_json_get(record, "offset"), &offset) && partition >= 0 && partition < (int64_t)from->partitions)
    from->next[partition] = offset + 1;
}

static bool on_record(void *ctx, sl_str line) {
  source *from = ctx;
  consumer *c = from->owner;
  sl_json *record;
  if (c->ended) return false;
  sl_arena_reset(&c->record);
  if (sl_str_trim(line).len == 0) return true;
  c->code = sl_json_parse(&c->record, line, 0, &record, c->err);
  if (!c->code && sl_json_get(record, "error_code"))
    c->code = sl_err_set(c->err, SL_E_REQUEST, SL_NO_POS, SL_STR_FMT,
                         SL_STR_ARG(sl_json_str(sl_json_get(record, "message"), "")));
  if (c->code) {
    c->ended = true;
    return false;
  }
  print_record(c, from, record);
  fflush(stdout);
  remember(from, record);
  c->count++;
  c->ended = ferror(stdout) || (c->words->max >= 0 && c->count >= c->words->max);
  return !c->ended;
}

/* ---- requests ---- */

static const char *request_path(consumer *c, const source *from) {
  const consume_words *words = c->words;
  sl_buf path = {0};
  sl_buf_printf(&path, "/records?offset=%s",
                words->offset           ? words->offset
                : words->from_beginning ? "earliest"
                                        : "latest");
  if (words->partition) sl_buf_printf(&path, "&partition=%s", words->partition);
  if (words->max >= 0) sl_buf_printf(&path, "&max=%lld", (long long)words->max);
  if (words->group) {
    sl_buf_add_z(&path, "&group=");
    sl_url_encode(&path, sl_str_of(words->group));
  }
  const char *z = sl_topic_path(&c->arena, from->topic, sl_buf_z(&path));
  sl_buf_done(&path);
  return z;
}

static int keep_positions(consumer *c, sl_topic_client *client, const sl_vec *sources) {
  sl_json *body = sl_json_new(&c->arena, SL_JSON_OBJECT), *list = sl_json_new(&c->arena, SL_JSON_ARRAY), *answer;
  for (size_t i = 0; i < sources->len; i++) {
    const source *from = sl_vec_at(sources, i);
    for (size_t p = 0; p < from->partitions; p++) {
      if (from->next[p] < 0) continue;
      sl_json *o = sl_json_new(&c->arena, SL_JSON_OBJECT);
      sl_json_set(&c->arena, o, "topic", sl_json_new_str(&c->arena, from->topic));
      sl_json_set(&c->arena, o, "partition", sl_json_new_int(&c->arena, (int64_t)p));
      sl_json_set(&c->arena, o, "offset", sl_json_new_int(&c->arena, from->next[p]));
      sl_json_add(&c->arena, list, o);
    }
  }
  if (!list->count) return 0;
  sl_buf path = {0}, text = {0};
  sl_json_set(&c->arena, body, "positions", list);
  sl_json_write(&text, body);
  sl_buf_add_z(&path, "/groups/");
  sl_url_encode(&path, sl_str_of(c->words->group));
  int code = sl_topic_client_call(client, "POST", sl_buf_z(&path), sl_buf_str(&text), &c->arena, &answer, c->err);
  sl_buf_done(&path);
  sl_buf_done(&text);
  return code;
}

static void add_source(consumer *c, const sl_json *topic, sl_vec *sources) {
  source *from = sl_arena_alloc(&c->arena, sizeof *from);
  const sl_json *partitions = sl_json_get(topic, "partitions");
  sl_str type = sl_json_str(sl_json_get(sl_json_get(topic, "settings"), "message.timestamp.type"), "");
  *from = (source){.owner = c,
                   .topic = sl_json_str(sl_json_get(topic, "name"), ""),
                   .append_time = sl_str_eq_z(type, "LogAppendTime"),
                   .partitions = partitions ? partitions->count : 0};
  from->next = sl_arena_calloc(&c->arena, from->partitions + 1, sizeof *from->next);
  for (size_t p = 0; p < from->partitions; p++) from->next[p] = -1;
  sl_vec_push(sources, from);
}

/* The topic, or those that match --include. */
static int find_sources(consumer *c, sl_topic_client *client, sl_vec *sources) {
  sl_vec topics;
  sl_json *topic;
  int code;
  sl_vec_init(&topics, &c->arena);
  if (c->words->topic) {
    code = sl_topic_client_call(client, "GET", sl_topic_path(&c->arena, sl_str_of(c->words->topic), ""), sl_str_of(""),
                                &c->arena, &topic, c->err);
    if (!code) sl_vec_push(&topics, topic);
  } else {
    code = sl_topic_client_matching(client, c->words->include, &c->arena, &topics, c->err);
    if (!code && !topics.len)
      code = sl_err_set(c->err, SL_E_NOT_FOUND, SL_NO_POS, "No topic matches '%s'.", c->words->include);
    if (!code && topics.len > INCLUDE_MAX)
      code = sl_err_set(c->err, SL_E_LIMIT, SL_NO_POS, "'%s' matches %zu topics; at most %d can be read at a time.",
                        c->words->include, topics.len, INCLUDE_MAX);
  }
  for (size_t i = 0; !code && i < topics.len; i++) add_source(c, sl_vec_at(&topics, i), sources);
  return code;
}

static int follow(consumer *c, sl_topic_client *client, const sl_vec *sources) {
  const char *paths[INCLUDE_MAX];
  bool idle = false;
  for (size_t i = 0; i < sources->len; i++) paths[i] = request_path(c, sl_vec_at(sources, i));
  int code = sl_topic_client_follow(client, paths, sources->items, sources->len, on_record, c->words->timeout_ms, &idle,
                                    c->err);
  if (idle) fputs("Error processing message, terminating consumer process: no record came in time\n", stderr);
  return c->code ? c->code : code;
}

static void on_signal(int signal_number) {
  (void)signal_number;
  sl_topic_client_interrupt();
}

static int consume(consumer *c) {
  sl_topic_client *client;
  sl_vec sources;
  int code = sl_topic_client_open(&c->words->client, &client, c->err);
  if (code) return code;
  sl_vec_init(&sources, &c->arena);
  code = find_sources(c, client, &sources);
  if (!code && c->words->max != 0) code = follow(c, client, &sources);
  if (c->words->group) {
    int kept = keep_positions(c, client, &sources);
    if (!code) code = kept;
  }
  sl_topic_client_close(client);
  fprintf(stderr, "Processed a total of %lld messages\n", (long long)c->count);
  return code;
}

/* ---- the command line ---- */

static bool read_type(const char *name, deserializer *out) {
  static const struct {
    const char *name;
    deserializer type;
  } TYPES[] = {{"String", RAW}, {"ByteArray", RAW}, {"Bytes", RAW},   {"ByteBuffer", RAW}, {"Integer", INTEGER},
               {"Long", LONG},  {"Double", DOUBLE}, {"Float", FLOAT}, {"Short", SHORT},    {"UUID", UUID}};
  const char *last = strrchr(name, '.');
  sl_str text = sl_str_of(last ? last + 1 : name);
  if (sl_str_ends(text, sl_str_of("Deserializer"))) text.len -= strlen("Deserializer");
  for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
    if (!sl_str_eq_nocase(text, sl_str_of(TYPES[i].name))) continue;
    *out = TYPES[i].type;
    return true;
  }
  fprintf(stderr, "sluice consume: '%s' is no deserializer that it knows.\n", name);
  return false;
}

static bool read_property(const char *word, consume_words *w) {
  const char *equals = strchr(word, '=');
  sl_str name = equals ? sl_str_n(word, (size_t)(equals - word)) : sl_str_of(word);
  sl_str value = sl_str_of(equals ? equals + 1 : "");
  const struct {
    const char *name;
    bool *flag;
    sl_str *text;
    deserializer *type;
  } rows[] = {{"print.timestamp", &w->print_timestamp, NULL, NULL},
              {"print.partition", &w->print_partition, NULL, NULL},
              {"print.offset", &w->print_offset, NULL, NULL},
              {"print.headers", &w->print_headers, NULL, NULL},
              {"print.key", &w->print_key, NULL, NULL},
              {"print.value", &w->print_value, NULL, NULL},
              {"key.separator", NULL, &w->key_separator, NULL},
              {"line.separator", NULL, &w->line_separator, NULL},
              {"headers.separator", NULL, &w->headers_separator, NULL},
              {"null.literal", NULL, &w->null_literal, NULL},
              {"key.deserializer", NULL, NULL, &w->key_type},
              {"value.deserializer", NULL, NULL, &w->value_type}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!sl_str_eq_z(name, rows[i].name)) continue;
    if (rows[i].flag) *rows[i].flag = sl_str_eq_nocase(value, sl_str_of("true"));
    if (rows[i].text) *rows[i].text = value;
    return !rows[i].type || read_type(value.ptr, rows[i].type);
  }
  fprintf(stderr, "sluice consume: '%s' is no property of the consumer. 'sluice consume --help' lists them.\n", word);
  return false;
}

static bool read_count(const char *text, int64_t *out) {
  if (sl_str_int64(sl_str_of(text), out) && *out >= 0) return true;
  fprintf(stderr, "sluice consume: expected a number, got '%s'.\n", text);
  return false;
}

static int bad(const char *message) {
  fprintf(stderr, "sluice consume: %s 'sluice consume --help' lists the options.\n", message);
  return 1;
}

static int check_words(const consume_words *w) {
  int64_t number;
  if (!w->topic == !w->include) return bad("Give exactly one of --topic NAME and --include REGEX.");
  if (w->partition && !w->topic) return bad("--partition needs --topic.");
  if (w->partition && w->group) return bad("--partition does not go with --group.");
  if (w->offset && !w->partition) return bad("--offset needs --partition.");
  if (w->offset && w->from_beginning) return bad("--offset does not go with --from-beginning.");
  if (w->partition && (!sl_str_int64(sl_str_of(w->partition), &number) || number < 0))
    return bad("--partition takes a number.");
  if (w->offset && strcmp(w->offset, "earliest") != 0 && strcmp(w->offset, "latest") != 0 &&
      !sl_str_int64(sl_str_of(w->offset), &number))
    return bad("--offset takes a number, earliest or latest.");
  return -1;
}

static int read_options(int argc, char **argv, consume_words *w) {
  enum {
    O_BEGINNING = 256,
    O_PARTITION,
    O_OFFSET,
    O_GROUP,
    O_MAX,
    O_TIMEOUT,
    O_PROPERTY,
    O_KEY,
    O_VALUE,
    O_SERVER,
    O_BROKER,
    O_ISOLATION,
    O_DATA,
    O_INCLUDE,
    O_IGNORED
  };
  static const struct option OPTIONS[] = {{"topic", required_argument, NULL, 't'},
                                          {"include", required_argument, NULL, O_INCLUDE},
                                          {"whitelist", required_argument, NULL, O_INCLUDE},
                                          {"from-beginning", no_argument, NULL, O_BEGINNING},
                                          {"partition", required_argument, NULL, O_PARTITION},
                                          {"offset", required_argument, NULL, O_OFFSET},
                                          {"group", required_argument, NULL, O_GROUP},
                                          {"max-messages", required_argument, NULL, O_MAX},
                                          {"timeout-ms", required_argument, NULL, O_TIMEOUT},
                                          {"property", required_argument, NULL, O_PROPERTY},
                                          {"formatter-property", required_argument, NULL, O_PROPERTY},
                                          {"key-deserializer", required_argument, NULL, O_KEY},
                                          {"value-deserializer", required_argument, NULL, O_VALUE},
                                          {"server", required_argument, NULL, O_SERVER},
                                          {"bootstrap-server", required_argument, NULL, O_BROKER},
                                          {"data", required_argument, NULL, O_DATA},
                                          {"isolation-level", required_argument, NULL, O_ISOLATION},
                                          {"consumer-property", required_argument, NULL, O_IGNORED},
                                          {"command-property", required_argument, NULL, O_IGNORED},
                                          {"consumer.config", required_argument, NULL, O_IGNORED},
                                          {"command-config", required_argument, NULL, O_IGNORED},
                                          {"formatter", required_argument, NULL, O_IGNORED},
                                          {"skip-message-on-error", no_argument, NULL, O_IGNORED},
                                          {"enable-systest-events", no_argument, NULL, O_IGNORED},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'V'},
                                          {NULL, 0, NULL, 0}};
  int option;
  bool ok = true;
  optind = 1;
  while (ok && (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
    switch (option) {
    case 't': w->topic = optarg; break;
    case O_INCLUDE: w->include = optarg; break;
    case O_BEGINNING: w->from_beginning = true; break;
    case O_PARTITION: w->partition = optarg; break;
    case O_OFFSET: w->offset = optarg; break;
    case O_GROUP: w->group = optarg; break;
    case O_MAX: ok = read_count(optarg, &w->max); break;
    case O_TIMEOUT: ok = read_count(optarg, &w->timeout_ms); break;
    case O_PROPERTY: ok = read_property(optarg, w); break;
    case O_KEY: ok = read_type(optarg, &w->key_type); break;
    case O_VALUE: ok = read_type(optarg, &w->value_type); break;
    case O_BROKER:
    case O_SERVER:
      w->client.server = optarg;
      w->client.broker = option == O_BROKER;
      break;
    case O_ISOLATION:
      ok = strcmp(optarg, "read_committed") == 0 || strcmp(optarg, "read_uncommitted") == 0;
      if (!ok) bad("--isolation-level takes read_committed or read_uncommitted.");
      break;
    case O_DATA: w->client.data_dir = optarg; break;
    case O_IGNORED: break;
    case 'h': fputs(HELP, stdout); return 0;
    case 'V': puts("sluice " SL_VERSION); return 0;
    default: return bad("Unknown option.");
    }
  }
  if (!ok) return 1;
  if (optind < argc) return bad("There is an argument that belongs to no option.");
  return check_words(w);
}

int sl_cmd_consume(int argc, char **argv) {
  sl_err err = {0};
  consume_words words = {.max = -1,
                         .print_value = true,
                         .key_separator = sl_str_of("\t"),
                         .line_separator = sl_str_of("\n"),
                         .headers_separator = sl_str_of(","),
                         .null_literal = sl_str_of("null")};
  int code = read_options(argc, argv, &words);
  if (code >= 0) return code;
  consumer c = {.words = &words, .err = &err};
  sl_arena_init(&c.arena, 0);
  sl_arena_init(&c.record, 0);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  code = consume(&c);
  sl_arena_done(&c.record);
  sl_arena_done(&c.arena);
  sl_buf_done(&c.out);
  return code ? sl_tool_failed("sluice consume:", &err) : 0;
}
