/* sluice datagen: made records, into topics or to standard output, flat out or so many a second. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/datagen/generator.h"
#include "cli/topic_client.h"

enum { TOPICS_MAX = 4, BATCH_BYTES = 1 << 20, TICK_NS = 10000000, DEFAULT_COUNT = 1000, PARTITIONS_MAX = 10000 };

static const char HELP[] =
    "Usage: sluice datagen --kind KIND [OPTION ...]\n"
    "\n"
    "Writes made JSON records to a topic. The same options make the same records.\n"
    "\n"
    "  --kind KIND          what to make, see below\n"
    "  --topic NAME         where to (default: the kind's name; of nexmark: a prefix of its topics); made if missing\n"
    "  --partitions N       of a topic that is made (default 1)\n"
    "  --count N            how many (default 1000); 0: until interrupted\n"
    "  --from N             the first is record number N (default 0)\n"
    "  --rate N             so many a second (default: as fast as possible)\n"
    "  --seed N             other records (default 1)\n"
    "  --keys N             distinct keys, where the kind has a choice\n"
    "  --start MS           timestamp of record 0 (default 1700000000000); now: the present time\n"
    "  --event-rate N       records per second of event time (default: the kind's; with --start now: the rate)\n"
    "  --stdout             print values, one a line, instead of writing to a topic\n"
    "  --print-key          with --stdout: key and TAB before each value\n"
    "  --print-sql          print the statement that declares the topic, and end\n"
    "  --server HOST:PORT   the server to talk to (default localhost:8088)\n"
    "  --data DIR           open this data directory instead\n"
    "\n"
    "Kinds:\n";

typedef struct datagen_words {
  const sl_generator_kind *kind;
  const char *topic;
  int64_t count, from, rate, seed, keys, start, event_rate, partitions;
  bool to_stdout, print_key, print_sql, now;
  sl_topic_client_options client;
} datagen_words;

/* Where the records of one kind go. */
typedef struct target {
  const char *kind;
  sl_buf topic, path, body;
  long long acked;
} target;

typedef struct datagen {
  const datagen_words *words;
  sl_generator generator;
  sl_topic_client *client;
  target targets[TOPICS_MAX];
  int target_count;
  sl_generated record;
  sl_err *err;
} datagen;

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

/* ---- where to ---- */

static void add_target(datagen *d, const char *kind, const char *prefix, const char *topic) {
  target *t = &d->targets[d->target_count++];
  t->kind = kind;
  sl_buf_add_z(&t->topic, prefix);
  sl_buf_add_z(&t->topic, topic);
  sl_buf_add_z(&t->path, "/topics/");
  sl_url_encode(&t->path, sl_buf_str(&t->topic));
  sl_buf_add_z(&t->path, "/records");
}

static void add_targets(datagen *d) {
  const sl_generator_kind *kind = d->words->kind;
  const char *topic = d->words->topic;
  for (const char *const *part = kind->parts; part && *part; part++) add_target(d, *part, topic ? topic : "", *part);
  if (!kind->parts) add_target(d, kind->name, "", topic ? topic : kind->name);
}

static target *target_of(datagen *d, const char *kind) {
  for (int i = 1; i < d->target_count; i++)
    if (strcmp(d->targets[i].kind, kind) == 0) return &d->targets[i];
  return d->targets;
}

static void print_sql(datagen *d) {
  for (int i = 0; i < d->target_count; i++) {
    printf(sl_generator_kind_find(d->targets[i].kind)->sql, sl_buf_z(&d->targets[i].topic), (int)d->words->partitions);
    putchar('\n');
  }
}

/* ---- records ---- */

static void print_record(const datagen *d) {
  const sl_generated *r = &d->record;
  if (d->words->kind->parts) printf("%s\t", r->topic);
  if (d->words->print_key) printf("%s\t", r->key_text);
  fwrite(r->value.data, 1, r->value.len, stdout);
  putchar('\n');
}

static int send(datagen *d, target *t) {
  return sl_topic_client_send(d->client, sl_buf_z(&t->path), &t->body, &t->acked, d->err);
}

static int put_record(datagen *d) {
  const sl_generated *r = &d->record;
  target *t = target_of(d, r->topic);
  sl_str key = sl_str_n((const char *)r->key, r->key_len), value = sl_buf_str(&r->value);
  sl_topic_value_add(&t->body, "{\"key\":", r->key_len ? &key : NULL);
  sl_topic_value_add(&t->body, ",\"value\":", &value);
  sl_buf_printf(&t->body, ",\"timestamp\":%" PRId64 "}\n", r->timestamp);
  return t->body.len > BATCH_BYTES ? send(d, t) : 0;
}

static int flush(datagen *d) {
  int code = 0;
  for (int i = 0; i < d->target_count && !code; i++) code = send(d, &d->targets[i]);
  if (d->words->to_stdout && (fflush(stdout) || ferror(stdout)))
    code = sl_err_set(d->err, SL_E_IO, SL_NO_POS, "Cannot write to standard output: %s.", strerror(errno));
  return code;
}

/* With a rate: waits for the next tick and tells how many are due by then. */
static uint64_t due(const datagen *d, int64_t began, uint64_t done) {
  const sl_clock *clock = sl_clock_real();
  double rate = (double)d->words->rate;
  if (!d->words->rate) return UINT64_MAX;
  for (;;) {
    uint64_t wanted = (uint64_t)(rate * (double)(sl_clock_monotonic_ns(clock) - began) / 1e9);
    if (wanted > done || stopped) return wanted;
    struct timespec tick = {.tv_nsec = TICK_NS};
    nanosleep(&tick, NULL);
  }
}

static int generate(datagen *d) {
  int64_t began = sl_clock_monotonic_ns(sl_clock_real());
  uint64_t count = d->words->count ? (uint64_t)d->words->count : UINT64_MAX, done = 0;
  int code = 0;
  while (done < count && !stopped && !code) {
    uint64_t until = due(d, began, done);
    for (; done < until && done < count && !stopped && !code; done++) {
      sl_generate(&d->generator, (uint64_t)d->words->from + done, &d->record);
      if (d->words->to_stdout)
        print_record(d);
      else
        code = put_record(d);
      if (d->words->to_stdout && ferror(stdout)) break;
    }
    if (!code) code = flush(d);
  }
  return code;
}

/* ---- the command line ---- */

static int read_number(const char *option, const char *text, int64_t least, int64_t most, int64_t *out) {
  char *end;
  errno = 0;
  long long v = strtoll(text, &end, 10);
  if (!*text || *end || errno || v < least || v > most) {
    fprintf(stderr, "sluice datagen: --%s takes a number from %" PRId64 " to %" PRId64 ", not '%s'.\n", option, least,
            most, text);
    return 1;
  }
  *out = v;
  return 0;
}

static void print_help(void) {
  size_t count;
  const sl_generator_kind *const *kinds = sl_generator_kinds(&count);
  fputs(HELP, stdout);
  for (size_t i = 0; i < count; i++) printf("  %-12s %s\n", kinds[i]->name, kinds[i]->doc);
}

static int read_kind(const char *name, datagen_words *words) {
  words->kind = sl_generator_kind_find(name);
  if (words->kind) return 0;
  fprintf(stderr, "sluice datagen: there is no kind '%s'. 'sluice datagen --help' lists them.\n", name);
  return 1;
}

static int read_start(const char *text, datagen_words *words) {
  words->now = strcmp(text, "now") == 0;
  return words->now ? 0 : read_number("start", text, 0, INT64_C(1) << 52, &words->start);
}

/* -1: go on; else the exit code. */
static int read_options(int argc, char **argv, datagen_words *words) {
  enum { KIND = 256, TOPIC, START, STDOUT, KEY, SQL, SERVER, DATA, NUMBER };
  const struct {
    const char *name;
    int64_t least, most, *to;
  } numbers[] = {{"partitions", 1, PARTITIONS_MAX, &words->partitions},
                 {"count", 0, INT64_MAX, &words->count},
                 {"from", 0, INT64_C(1) << 48, &words->from},
                 {"rate", 1, 100000000, &words->rate},
                 {"seed", 0, INT64_MAX, &words->seed},
                 {"keys", 1, INT32_MAX, &words->keys},
                 {"event-rate", 1, 1000000000, &words->event_rate}};
  enum { NUMBERS = sizeof numbers / sizeof *numbers };
  struct option options[NUMBERS + 11] = {{"kind", required_argument, NULL, KIND},
                                         {"topic", required_argument, NULL, TOPIC},
                                         {"start", required_argument, NULL, START},
                                         {"stdout", no_argument, NULL, STDOUT},
                                         {"print-key", no_argument, NULL, KEY},
                                         {"print-sql", no_argument, NULL, SQL},
                                         {"server", required_argument, NULL, SERVER},
                                         {"data", required_argument, NULL, DATA},
                                         {"help", no_argument, NULL, 'h'}};
  for (int i = 0; i < NUMBERS; i++)
    options[9 + i] = (struct option){numbers[i].name, required_argument, NULL, NUMBER + i};
  int option, bad = 0;
  optind = 1;
  while (!bad && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option >= NUMBER) {
      int i = option - NUMBER;
      bad = read_number(numbers[i].name, optarg, numbers[i].least, numbers[i].most, numbers[i].to);
      continue;
    }
    switch (option) {
    case KIND: bad = read_kind(optarg, words); break;
    case TOPIC: words->topic = optarg; break;
    case START: bad = read_start(optarg, words); break;
    case STDOUT: words->to_stdout = true; break;
    case KEY: words->print_key = true; break;
    case SQL: words->print_sql = true; break;
    case SERVER: words->client.server = optarg; break;
    case DATA: words->client.data_dir = optarg; break;
    case 'h': print_help(); return 0;
    default: bad = 1;
    }
  }
  if (bad) return 1;
  if (words->kind && optind == argc) return -1;
  fputs(optind < argc ? "sluice datagen: there is an argument that belongs to no option.\n"
                      : "sluice datagen: --kind KIND is missing. 'sluice datagen --help' lists them.\n",
        stderr);
  return 1;
}

static sl_generator generator_of(const datagen_words *words) {
  sl_generator g = sl_generator_of(words->kind);
  g.seed = (uint64_t)words->seed;
  if (words->keys) g.keys = (uint64_t)words->keys;
  if (words->start >= 0) g.start_ms = words->start;
  if (words->now) g.start_ms = sl_clock_wall_ms(sl_clock_real());
  if (words->now && words->rate) g.per_second = words->rate;
  if (words->event_rate) g.per_second = words->event_rate;
  return g;
}

int sl_cmd_datagen(int argc, char **argv) {
  sl_err err = {0};
  datagen_words words = {.count = DEFAULT_COUNT, .seed = 1, .start = -1, .partitions = 1};
  int code = read_options(argc, argv, &words);
  if (code >= 0) return code;
  datagen d = {.words = &words, .generator = generator_of(&words), .err = &err};
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  add_targets(&d);
  code = words.to_stdout || words.print_sql ? 0 : sl_topic_client_open(&words.client, &d.client, &err);
  for (int i = 0; i < d.target_count && !code && d.client; i++)
    code = sl_topic_client_ensure(d.client, sl_buf_z(&d.targets[i].topic), (int)words.partitions, &err);
  if (!code && words.print_sql)
    print_sql(&d);
  else if (!code)
    code = generate(&d);
  sl_topic_client_close(d.client);
  for (int i = 0; i < d.target_count; i++) {
    if (!code && d.client) printf("%s: %lld records.\n", sl_buf_z(&d.targets[i].topic), d.targets[i].acked);
    sl_buf_done(&d.targets[i].topic);
    sl_buf_done(&d.targets[i].path);
    sl_buf_done(&d.targets[i].body);
  }
  sl_buf_done(&d.record.value);
  if (!code) return 0;
  fprintf(stderr, "sluice datagen: %s\n", err.message);
  if (err.hint) fprintf(stderr, "%s\n", err.hint);
  sl_err_done(&err);
  return 1;
}
