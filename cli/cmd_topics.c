/* sluice topics: create, list, describe, alter, delete; the options and output of Kafka's tool. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"
#include "cli/commands.h"
#include "cli/topic_client.h"
#include "engine/engine.h"

static const char HELP[] =
    "Usage: sluice topics ACTION [OPTION ...]\n"
    "\n"
    "  --create --topic NAME [--partitions N] [--config K=V ...] [--if-not-exists]\n"
    "  --list [--topic REGEX] [--exclude-internal]\n"
    "  --describe [--topic REGEX] [--topics-with-overrides] [--exclude-internal] [--if-exists]\n"
    "  --alter --topic NAME [--partitions N] [--config K=V ...] [--delete-config K ...] [--if-exists]\n"
    "  --delete --topic REGEX [--if-exists]\n"
    "\n"
    "  --server HOST:PORT   the server to talk to (default localhost:8088)\n"
    "  --data DIR           open this data directory instead\n"
    "  --bootstrap-server HOST:PORT as --server; one on this machine where no sluice server listens counts as not "
    "given\n"
    "  --replication-factor 1, --command-config FILE are accepted: the embedded log keeps one copy\n";

typedef enum action { NONE, CREATE, LIST, DESCRIBE, ALTER, DELETE } action;

typedef struct topic_words {
  action what;
  int actions;
  const char *topic, *partitions, *replication;
  bool if_exists, if_not_exists, exclude_internal, with_overrides, unavailable;
  sl_vec set, unset; /* const char * */
  sl_topic_client_options client;
} topic_words;

static int usage_error(const char *message) {
  fprintf(stderr, "%s\n'sluice topics --help' lists the options.\n", message);
  return 1;
}

/* ---- requests ---- */

static int send_json(sl_topic_client *client, const char *path, const sl_json *body, sl_arena *arena, sl_err *err) {
  sl_buf text = {0};
  sl_json *answer;
  sl_json_write(&text, body);
  int code = sl_topic_client_call(client, "POST", path, sl_buf_str(&text), arena, &answer, err);
  sl_buf_done(&text);
  return code;
}

/* Kafka's and ksqlDB's own topics begin like this. */
static bool is_internal(const sl_json *topic) {
  sl_str name = sl_json_str(sl_json_get(topic, "name"), "");
  return sl_str_starts(name, sl_str_of("_confluent")) || sl_str_starts(name, sl_str_of("__"));
}

/* The topics that the words choose, by name. */
static int matching(sl_topic_client *client, const topic_words *words, sl_arena *arena, sl_vec *out, sl_err *err) {
  sl_vec all;
  sl_vec_init(&all, arena);
  int code = sl_topic_client_matching(client, words->topic, arena, &all, err);
  for (size_t i = 0; i < all.len; i++)
    if (!words->exclude_internal || !is_internal(sl_vec_at(&all, i))) sl_vec_push(out, sl_vec_at(&all, i));
  return code;
}

static int no_such_topic(const topic_words *words, sl_err *err) {
  if (words->if_exists || !words->topic) return 0;
  return sl_err_set(err, SL_E_NOT_FOUND, SL_NO_POS, "Topic '%s' does not exist as expected", words->topic);
}

/* The --config words as a JSON object. */
static int settings_json(const sl_vec *words, sl_arena *arena, sl_json **out, sl_err *err) {
  *out = sl_json_new(arena, SL_JSON_OBJECT);
  for (size_t i = 0; i < words->len; i++) {
    const char *word = sl_vec_at(words, i), *equals = strchr(word, '=');
    if (!equals || equals == word)
      return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "--config takes KEY=VALUE, not '%s'.", word);
    sl_json_set(arena, *out, sl_arena_dup(arena, word, (size_t)(equals - word)), sl_json_new_z(arena, equals + 1));
  }
  return 0;
}

static int partition_count(const char *text, int64_t *out, sl_err *err) {
  if (!sl_str_int64(sl_str_of(text), out) || *out < 1)
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "The partitions must be greater than 0");
  return 0;
}

/* ---- actions ---- */

static int create(sl_topic_client *client, const topic_words *words, sl_arena *arena, sl_err *err) {
  sl_json *body = sl_json_new(arena, SL_JSON_OBJECT), *settings;
  int64_t partitions = 1;
  int code = words->partitions ? partition_count(words->partitions, &partitions, err) : 0;
  if (!code) code = settings_json(&words->set, arena, &settings, err);
  if (code) return code;
  if (strpbrk(words->topic, "._"))
    fprintf(stderr, "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could "
                    "collide. To avoid issues it is best to use either, but not both.\n");
  if (words->if_not_exists) {
    sl_json *existing;
    sl_err ignored = {0};
    bool exists = !sl_topic_client_call(client, "GET", sl_topic_path(arena, sl_str_of(words->topic), ""), sl_str_of(""),
                                        arena, &existing, &ignored);
    sl_err_done(&ignored);
    if (exists) return 0;
  }
  sl_json_set(arena, body, "name", sl_json_new_z(arena, words->topic));
  sl_json_set(arena, body, "partitions", sl_json_new_int(arena, partitions));
  sl_json_set(arena, body, "settings", settings);
  code = send_json(client, "/topics", body, arena, err);
  if (!code) printf("Created topic %s.\n", words->topic);
  return code;
}

static int list(sl_topic_client *client, const topic_words *words, sl_arena *arena, sl_err *err) {
  sl_vec topics;
  sl_vec_init(&topics, arena);
  int code = matching(client, words, arena, &topics, err);
  for (size_t i = 0; i < topics.len; i++)
    printf(SL_STR_FMT "\n", SL_STR_ARG(sl_json_str(sl_json_get(sl_vec_at(&topics, i), "name"), "")));
  return code;
}

static void describe_one(const sl_json *topic) {
  sl_str name = sl_json_str(sl_json_get(topic, "name"), ""), id = sl_json_str(sl_json_get(topic, "id"), "");
  const sl_json *partitions = sl_json_get(topic, "partitions"), *settings = sl_json_get(topic, "settings");
  size_t count = partitions ? partitions->count : 0;
  printf("Topic: " SL_STR_FMT "\tTopicId: " SL_STR_FMT "\tPartitionCount: %zu\tReplicationFactor: 1\tConfigs: ",
         SL_STR_ARG(name), SL_STR_ARG(id), count);
  for (size_t i = 0; settings && i < settings->count; i++)
    printf("%s" SL_STR_FMT "=" SL_STR_FMT, i ? "," : "", SL_STR_ARG(settings->members[i].name),
           SL_STR_ARG(sl_json_str(settings->members[i].value, "")));
  printf("\n");
  for (size_t i = 0; i < count; i++)
    printf("\tTopic: " SL_STR_FMT "\tPartition: %zu\tLeader: 0\tReplicas: 0\tIsr: 0\n", SL_STR_ARG(name), i);
}

static int describe(sl_topic_client *client, const topic_words *words, sl_arena *arena, sl_err *err) {
  sl_vec topics;
  sl_vec_init(&topics, arena);
  int code = matching(client, words, arena, &topics, err);
  if (code) return code;
  if (!topics.len) return no_such_topic(words, err);
  for (size_t i = 0; i < topics.len; i++) {
    const sl_json *topic = sl_vec_at(&topics, i), *settings = sl_json_get(topic, "settings");
    if (words->unavailable || (words->with_overrides && !(settings && settings->count))) continue;
    describe_one(topic);
  }
  return 0;
}

static int alter(sl_topic_client *client, const topic_words *words, sl_arena *arena, sl_err *err) {
  sl_vec topics;
  sl_vec_init(&topics, arena);
  int code = matching(client, words, arena, &topics, err);
  if (!code && !topics.len) return no_such_topic(words, err);
  for (size_t i = 0; i < topics.len && !code; i++) {
    sl_str name = sl_json_str(sl_json_get(sl_vec_at(&topics, i), "name"), "");
    if (words->partitions) {
      int64_t count;
      sl_json *body = sl_json_new(arena, SL_JSON_OBJECT);
      code = partition_count(words->partitions, &count, err);
      if (!code) sl_json_set(arena, body, "count", sl_json_new_int(arena, count));
      if (!code) code = send_json(client, sl_topic_path(arena, name, "/partitions"), body, arena, err);
    }
    if (!code && (words->set.len || words->unset.len)) {
      sl_json *body = sl_json_new(arena, SL_JSON_OBJECT), *set, *unset = sl_json_new(arena, SL_JSON_ARRAY);
      code = settings_json(&words->set, arena, &set, err);
      for (size_t u = 0; u < words->unset.len; u++)
        sl_json_add(arena, unset, sl_json_new_z(arena, sl_vec_at(&words->unset, u)));
      sl_json_set(arena, body, "set", set);
      sl_json_set(arena, body, "unset", unset);
      if (!code) code = send_json(client, sl_topic_path(arena, name, "/settings"), body, arena, err);
    }
  }
  return code;
}

static int delete (sl_topic_client *client, const topic_words *words, sl_arena *arena, sl_err *err) {
  sl_vec topics;
  sl_vec_init(&topics, arena);
  int code = matching(client, words, arena, &topics, err);
  if (!code && !topics.len) return no_such_topic(words, err);
  for (size_t i = 0; i < topics.len && !code; i++) {
    sl_json *answer;
    sl_str name = sl_json_str(sl_json_get(sl_vec_at(&topics, i), "name"), "");
    code = sl_topic_client_call(client, "DELETE", sl_topic_path(arena, name, ""), sl_str_of(""), arena, &answer, err);
  }
  return code;
}

/* ---- the command line ---- */

enum {
  O_PARTITIONS = 256,
  O_REPLICATION,
  O_CONFIG,
  O_DELETE_CONFIG,
  O_IF_EXISTS,
  O_IF_NOT_EXISTS,
  O_EXCLUDE,
  O_OVERRIDES,
  O_UNAVAILABLE,
  O_SERVER,
  O_BROKER,
  O_DATA,
  O_IGNORED
};

static const struct option OPTIONS[] = {
    {"create", no_argument, NULL, CREATE},
    {"list", no_argument, NULL, LIST},
    {"describe", no_argument, NULL, DESCRIBE},
    {"alter", no_argument, NULL, ALTER},
    {"delete", no_argument, NULL, DELETE},
    {"topic", required_argument, NULL, 't'},
    {"partitions", required_argument, NULL, O_PARTITIONS},
    {"replication-factor", required_argument, NULL, O_REPLICATION},
    {"config", required_argument, NULL, O_CONFIG},
    {"delete-config", required_argument, NULL, O_DELETE_CONFIG},
    {"if-exists", no_argument, NULL, O_IF_EXISTS},
    {"if-not-exists", no_argument, NULL, O_IF_NOT_EXISTS},
    {"exclude-internal", no_argument, NULL, O_EXCLUDE},
    {"topics-with-overrides", no_argument, NULL, O_OVERRIDES},
    {"under-replicated-partitions", no_argument, NULL, O_UNAVAILABLE},
    {"unavailable-partitions", no_argument, NULL, O_UNAVAILABLE},
    {"server", required_argument, NULL, O_SERVER},
    {"bootstrap-server", required_argument, NULL, O_BROKER},
    {"data", required_argument, NULL, O_DATA},
    {"command-config", required_argument, NULL, O_IGNORED},
    {"replica-assignment", required_argument, NULL, O_IGNORED},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* < 0: go on, else the exit code. */
static int read_options(int argc, char **argv, topic_words *words) {
  int option;
  optind = 1;
  while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
    switch (option) {
    case CREATE:
    case LIST:
    case DESCRIBE:
    case ALTER:
    case DELETE:
      words->what = (action)option;
      words->actions++;
      break;
    case 't': words->topic = optarg; break;
    case O_PARTITIONS: words->partitions = optarg; break;
    case O_REPLICATION: words->replication = optarg; break;
    case O_CONFIG: sl_vec_push(&words->set, optarg); break;
    case O_DELETE_CONFIG: sl_vec_push(&words->unset, optarg); break;
    case O_IF_EXISTS: words->if_exists = true; break;
    case O_IF_NOT_EXISTS: words->if_not_exists = true; break;
    case O_EXCLUDE: words->exclude_internal = true; break;
    case O_OVERRIDES: words->with_overrides = true; break;
    case O_UNAVAILABLE: words->unavailable = true; break;
    case O_BROKER:
    case O_SERVER:
      words->client.server = optarg;
      words->client.broker = option == O_BROKER;
      break;
    case O_DATA: words->client.data_dir = optarg; break;
    case O_IGNORED: break;
    case 'h': fputs(HELP, stdout); return 0;
    case 'V': puts("sluice " SL_VERSION); return 0;
    default: return usage_error("Unknown option.");
    }
  }
  if (optind < argc) return usage_error("There is an argument that belongs to no option.");
  if (words->actions != 1)
    return usage_error("Command must include exactly one action: --list, --describe, --create, --alter or --delete");
  if (!words->topic && words->what != LIST && words->what != DESCRIBE)
    return usage_error("Missing required argument \"[topic]\"");
  if (words->replication && strcmp(words->replication, "1") != 0 && strcmp(words->replication, "-1") != 0)
    return usage_error("The embedded log keeps one copy of a topic: --replication-factor must be 1.");
  return -1;
}

int sl_cmd_topics(int argc, char **argv) {
  static int (*const ACTIONS[])(sl_topic_client *, const topic_words *, sl_arena *, sl_err *) = {
      [CREATE] = create, [LIST] = list, [DESCRIBE] = describe, [ALTER] = alter, [DELETE] = delete};
  sl_arena arena;
  sl_err err = {0};
  sl_topic_client *client;
  sl_arena_init(&arena, 0);
  topic_words words = {.what = NONE};
  sl_vec_init(&words.set, &arena);
  sl_vec_init(&words.unset, &arena);
  int code = read_options(argc, argv, &words);
  if (code < 0) {
    code = sl_topic_client_open(&words.client, &client, &err);
    if (!code) {
      code = ACTIONS[words.what](client, &words, &arena, &err);
      sl_topic_client_close(client);
    }
    if (code) code = sl_tool_failed("Error while executing topic command :", &err);
  }
  sl_arena_done(&arena);
  return code;
}
