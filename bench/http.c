/* W7: pull queries by key over 64 connections. W8: one event to a thousand push queries. The server is a process of its
 * own on the engine's core; what it does is told by its processor time. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/heap.h"
#include "bench/bench.h"
#include "bench/process.h"
#include "cli/datagen/generator.h"
#include "types/text.h"

enum {
  CONNECTIONS = 64,
  PULLS = 40000,
  PULL_KEYS = 10000,
  PULL_EACH = 10, /* records of a key */
  SUBSCRIBERS = 1000,
  FAN_EVENTS = 200,
  EVENTS_AT_ONCE = 64,
  READ = 65536,
  ROUND_TIMEOUT_S = 60
};

static bench_server server;

static void stop_server(void) {
  if (server.pid) bench_server_stop(&server);
}

static void start_server(bench *b, const char *const *overrides) {
  struct rlimit files;
  if (!getrlimit(RLIMIT_NOFILE, &files)) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  bench_server_start(b, overrides, &server);
  bench_pin(false);
  atexit(stop_server);
}

static void sql(const char *text) {
  sl_buf body = {0}, answer = {0};
  sl_buf_printf(&body, "{\"ksql\":\"%s\",\"streamsProperties\":{\"auto.offset.reset\":\"earliest\"}}", text);
  bench_request(server.port, "POST", "/ksql", sl_buf_z(&body), &answer);
  sl_buf_done(&body);
  sl_buf_done(&answer);
}

static void make_topic(const char *name) {
  sl_buf body = {0}, answer = {0};
  sl_buf_printf(&body, "{\"name\":\"%s\",\"partitions\":1}", name);
  bench_request(server.port, "POST", "/topics", sl_buf_z(&body), &answer);
  sl_buf_done(&body);
  sl_buf_done(&answer);
}

/* Adds a line of the topic API. */
static void add_event(sl_buf *body, const sl_generated *r) {
  sl_buf_add_z(body, "{\"key\":\"");
  sl_base64_encode(body, r->key, r->key_len);
  sl_buf_add_z(body, "\",\"value\":\"");
  sl_base64_encode(body, r->value.data, r->value.len);
  sl_buf_add_z(body, "\"}\n");
}

/* ---- connections ---- */

typedef struct connection {
  int fd;
  sl_buf in;
  double sent;       /* time that the request under way was due, 0: none */
  uint64_t newlines; /* of a stream: lines that have come */
  uint64_t expected; /* key asked for */
} connection;

typedef struct client {
  int epoll;
  connection *all;
  int count;
} client;

static void client_open(client *c, int port, int count) {
  c->epoll = epoll_create1(0);
  c->count = count;
  c->all = sl_heap_zalloc((size_t)count * sizeof *c->all);
  for (int i = 0; i < count; i++) {
    c->all[i].fd = bench_connect(port, true);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &c->all[i]};
    epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->all[i].fd, &event);
  }
}

static void client_close(client *c) {
  for (int i = 0; i < c->count; i++) {
    close(c->all[i].fd);
    sl_buf_done(&c->all[i].in);
  }
  close(c->epoll);
  sl_heap_free(c->all);
}

/* Reads what there is; false when there is nothing. */
static bool receive(connection *c) {
  ssize_t got = recv(c->fd, sl_buf_reserve(&c->in, READ), READ, 0);
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) bench_fail("the server closed a connection");
  c->in.len += (size_t)got;
  return true;
}

/* ---- W7 ---- */

static void await_last_key(void) {
  sl_buf body = {0}, row = {0}, answer = {0};
  bool there = false;
  sl_buf_printf(&body, "{\"ksql\":\"SELECT k, n FROM totals WHERE k = %d;\"}", PULL_KEYS - 1);
  sl_buf_printf(&row, "\"columns\":[%d,%d]", PULL_KEYS - 1, PULL_EACH);
  for (double until = bench_wall() + ROUND_TIMEOUT_S; !there && bench_wall() < until;) {
    bench_request(server.port, "POST", "/query", sl_buf_z(&body), &answer);
    there = strstr(sl_buf_z(&answer), sl_buf_z(&row)) != NULL;
  }
  if (!there) bench_fail("the table does not fill");
  sl_buf_done(&body);
  sl_buf_done(&row);
  sl_buf_done(&answer);
}

static void prepare_pulls(bench *b, const bench_workload *w) {
  static const char *const NONE[] = {NULL};
  sl_generator g = sl_generator_of(sl_generator_kind_find("events"));
  sl_generated record = {0};
  sl_buf body = {0}, answer = {0};
  (void)w;
  start_server(b, NONE);
  make_topic("events");
  for (uint64_t i = 0; i < PULL_EACH * PULL_KEYS; i++) {
    sl_generate(&g, i, &record);
    sl_put_u32(record.key, (uint32_t)(i % PULL_KEYS));
    add_event(&body, &record);
  }
  bench_request(server.port, "POST", "/topics/events/records", sl_buf_z(&body), &answer);
  sql("CREATE STREAM events (k INTEGER KEY, amount DOUBLE) WITH (KAFKA_TOPIC='events', VALUE_FORMAT='JSON');"
      "CREATE TABLE totals AS SELECT k, COUNT(*) AS n, MAX(amount) AS most FROM events GROUP BY k;");
  sl_buf_done(&record.value);
  sl_buf_done(&body);
  sl_buf_done(&answer);
  await_last_key();
}

static void ask(connection *c, uint64_t number, double due) {
  char body[160];
  sl_buf request = {0};
  c->expected = number * 2654435761u % PULL_KEYS;
  c->sent = due;
  int len =
      snprintf(body, sizeof body, "{\"ksql\":\"SELECT k, n, most FROM totals WHERE k = %" PRIu64 ";\"}", c->expected);
  bench_request_add(&request, "POST", "/query", body, (size_t)len);
  bench_send(c->fd, request.data, request.len);
  sl_buf_done(&request);
}

static void check_pull(const connection *c, size_t size) {
  char row[64];
  int len = snprintf(row, sizeof row, "\"columns\":[%" PRIu64 ",", c->expected);
  if (!memmem(c->in.data, size, row, (size_t)len))
    bench_fail("the answer for key %" PRIu64 " is %.*s", c->expected, (int)size, (const char *)c->in.data);
}

/* Answers that have come; a request is sent at once on a free connection (rate 0), or when it is due. */
static void run_pulls(client *c, uint64_t wanted, double rate, bench_histogram *latencies) {
  double start = bench_wall();
  uint64_t sent = 0, done = 0;
  struct epoll_event events[EVENTS_AT_ONCE];
  while (done < wanted) {
    double now = bench_wall();
    uint64_t due = rate > 0 ? (uint64_t)((now - start) * rate) : wanted;
    if (now > start + ROUND_TIMEOUT_S) bench_fail("pull queries are not answered");
    for (int i = 0; i < c->count && sent < due && sent < wanted; i++)
      if (c->all[i].sent == 0) {
        ask(&c->all[i], sent, rate > 0 ? start + (double)sent / rate : now);
        sent++;
      }
    int n = epoll_wait(c->epoll, events, EVENTS_AT_ONCE, rate > 0 ? 0 : 100);
    for (int i = 0; i < n; i++) {
      connection *one = events[i].data.ptr;
      size_t size;
      if (!receive(one) || !(size = bench_answer_size((const char *)one->in.data, one->in.len))) continue;
      check_pull(one, size);
      if (latencies) bench_histogram_add(latencies, bench_wall() - one->sent);
      sl_buf_reset(&one->in);
      one->sent = 0;
      done++;
    }
  }
}

static bench_sample pull(bench *b, const bench_workload *w, int round) {
  client c;
  uint64_t wanted = bench_scaled(b, PULLS);
  (void)w, (void)round;
  client_open(&c, server.port, CONNECTIONS);
  double wall = bench_wall(), cpu = bench_process_cpu(server.pid);
  run_pulls(&c, wanted, 0, NULL);
  bench_seconds took = {bench_wall() - wall, bench_process_cpu(server.pid) - cpu};
  client_close(&c);
  return (bench_sample){(double)wanted, took};
}

static void pull_latency(bench *b, const bench_workload *w, double rate, bench_result *out) {
  client c;
  bench_histogram *h = bench_histogram_new();
  (void)b, (void)w;
  client_open(&c, server.port, CONNECTIONS);
  run_pulls(&c, (uint64_t)(rate * 2), rate, h);
  client_close(&c);
  bench_histogram_done(h, rate, out);
}

/* ---- the ceilings: a thread on the engine's core that answers with bytes that it has ---- */

typedef struct echo {
  int listener, port, epoll;
  atomic_bool stopping;
  pthread_t thread;
  double cpu; /* of the thread, when it has ended */
  char answer[400];
  size_t answer_len;
} echo;

static int listen_somewhere(int *port) {
  struct sockaddr_storage name;
  socklen_t len = sizeof name;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || listen(fd, SUBSCRIBERS) || getsockname(fd, (struct sockaddr *)&name, &len))
    bench_fail("no socket to listen on");
  const uint8_t *bytes = (const uint8_t *)&name;
  *port = bytes[2] << 8 | bytes[3];
  return fd;
}

static void *run_echo(void *arg) {
  echo *e = arg;
  char request[4096];
  struct epoll_event events[EVENTS_AT_ONCE];
  bench_pin(true);
  bench_seconds start = bench_now();
  while (!atomic_load(&e->stopping)) {
    int n = epoll_wait(e->epoll, events, EVENTS_AT_ONCE, 20);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd == e->listener) {
        fd = accept(fd, NULL, NULL);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(e->epoll, EPOLL_CTL_ADD, fd, &event);
      } else if (recv(fd, request, sizeof request, 0) > 0) {
        bench_send(fd, e->answer, e->answer_len);
      } else {
        close(fd);
      }
    }
  }
  e->cpu = bench_since(start).cpu;
  return NULL;
}

static bench_sample echo_pulls(bench *b, const bench_workload *w, int round) {
  static echo e;
  client c;
  struct epoll_event event = {.events = EPOLLIN};
  uint64_t wanted = bench_scaled(b, PULLS);
  (void)w, (void)round;
  e = (echo){.epoll = epoll_create1(0)};
  event.data.fd = e.listener = listen_somewhere(&e.port);
  epoll_ctl(e.epoll, EPOLL_CTL_ADD, e.listener, &event);
  static const char BODY[] =
      "[{\"header\":{\"queryId\":\"q\",\"schema\":\"`K` INTEGER KEY, `N` BIGINT, `MOST` DOUBLE\"}},\n"
      "{\"row\":{\"columns\":[0,10,999.99]}}]\n";
  e.answer_len = (size_t)snprintf(e.answer, sizeof e.answer,
                                  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                                  sizeof BODY - 1, BODY);
  if (pthread_create(&e.thread, NULL, run_echo, &e)) bench_fail("no thread");
  client_open(&c, e.port, CONNECTIONS);
  double start = bench_wall();
  struct epoll_event events[EVENTS_AT_ONCE];
  uint64_t sent = 0, done = 0;
  for (int i = 0; i < CONNECTIONS; i++) ask(&c.all[i], sent++, 0);
  while (done < wanted) {
    int n = epoll_wait(c.epoll, events, EVENTS_AT_ONCE, 100);
    for (int i = 0; i < n; i++) {
      connection *one = events[i].data.ptr;
      if (!receive(one) || one->in.len < e.answer_len) continue;
      sl_buf_reset(&one->in);
      done++;
      if (sent < wanted) ask(one, sent++, 0);
    }
  }
  double wall = bench_wall() - start;
  client_close(&c);
  atomic_store(&e.stopping, true);
  pthread_join(e.thread, NULL);
  close(e.listener);
  close(e.epoll);
  return (bench_sample){(double)wanted, {wall, e.cpu}};
}

/* ---- W8 ---- */

static client subscribers;
static sl_generator fan_generator;
static uint64_t fan_sent;

/* Lines of chunked bodies: what frames a chunk has no newline of its own but after a carriage return. */
static void count_lines(connection *c) {
  for (size_t i = 0; i < c->in.len; i++) c->newlines += c->in.data[i] == '[' && i && c->in.data[i - 1] == '\n';
  /* the last byte is kept: a row may begin with the next bytes */
  if (c->in.len > 1) {
    c->in.data[0] = c->in.data[c->in.len - 1];
    c->in.len = 1;
  }
}

/* Reads until every subscriber has so many rows; the time of the last one. */
static double await_rows(uint64_t rows) {
  struct epoll_event events[EVENTS_AT_ONCE];
  int behind = 0;
  for (int i = 0; i < subscribers.count; i++) behind += subscribers.all[i].newlines < rows;
  for (double until = bench_wall() + ROUND_TIMEOUT_S; behind && bench_wall() < until;) {
    int n = epoll_wait(subscribers.epoll, events, EVENTS_AT_ONCE, 100);
    for (int i = 0; i < n; i++) {
      connection *one = events[i].data.ptr;
      bool was_behind = one->newlines < rows;
      if (!receive(one)) continue;
      count_lines(one);
      behind -= was_behind && one->newlines >= rows;
    }
  }
  if (behind) bench_fail("%d subscribers did not get all rows", behind);
  return bench_wall();
}

static void send_events(uint64_t count) {
  sl_generated record = {0};
  sl_buf body = {0}, answer = {0};
  for (uint64_t i = 0; i < count; i++) {
    sl_generate(&fan_generator, fan_sent++, &record);
    add_event(&body, &record);
  }
  bench_request(server.port, "POST", "/topics/events/records", sl_buf_z(&body), &answer);
  sl_buf_done(&record.value);
  sl_buf_done(&body);
  sl_buf_done(&answer);
}

static void prepare_fan(bench *b, const bench_workload *w) {
  static const char *const MANY[] = {"ksql.max.push.queries=2000", NULL};
  static const char QUERY[] = "{\"sql\":\"SELECT k, event_id, amount, status FROM events EMIT CHANGES;\"}";
  sl_buf request = {0};
  (void)w;
  start_server(b, MANY);
  fan_generator = sl_generator_of(sl_generator_kind_find("events"));
  make_topic("events");
  sql("CREATE STREAM events (k INTEGER KEY, event_id STRING, amount DOUBLE, status STRING) WITH (KAFKA_TOPIC='events', "
      "VALUE_FORMAT='JSON');");
  bench_request_add(&request, "POST", "/query-stream", QUERY, sizeof QUERY - 1);
  client_open(&subscribers, server.port, SUBSCRIBERS);
  for (int i = 0; i < SUBSCRIBERS; i++) { /* one after the other: each has its header before the next asks */
    connection *c = &subscribers.all[i];
    bench_send(c->fd, request.data, request.len);
    for (double until = bench_wall() + ROUND_TIMEOUT_S; !memmem(c->in.data, c->in.len, "\"queryId\"", 9);)
      if (!receive(c) && bench_wall() > until) bench_fail("push query %d does not begin", i);
    if (c->in.len > 9 && c->in.data[9] != '2') bench_fail("push query %d: %s", i, sl_buf_z(&c->in));
    sl_buf_reset(&c->in);
    sl_buf_add_byte(&c->in, '\n');
  }
  sl_buf_done(&request);
}

/* How many events come at a time: alone, each costs a send to every subscriber. */
static const uint64_t FAN_ALONE = 1, FAN_TOGETHER = 50;

static bench_sample fan_out(bench *b, const bench_workload *w, int round) {
  uint64_t at_once = *(const uint64_t *)w->spec;
  uint64_t events = bench_scaled(b, FAN_EVENTS) / at_once * at_once;
  (void)round;
  double wall = bench_wall(), cpu = bench_process_cpu(server.pid);
  for (uint64_t done = 0; done < events; done += at_once) {
    send_events(at_once);
    await_rows(fan_sent);
  }
  bench_seconds took = {bench_wall() - wall, bench_process_cpu(server.pid) - cpu};
  return (bench_sample){(double)(events * SUBSCRIBERS), took};
}

/* From an event's due time until the last subscriber has its row. */
static void fan_latency(bench *b, const bench_workload *w, double rate, bench_result *out) {
  bench_histogram *h = bench_histogram_new();
  double per_second = rate / SUBSCRIBERS, start = bench_wall();
  (void)b, (void)w;
  for (int i = 0; i < 2 * per_second && i < 200; i++) {
    double due = start + i / per_second;
    while (bench_wall() < due) {
    }
    send_events(1);
    bench_histogram_add(h, await_rows(fan_sent) - due);
  }
  bench_histogram_done(h, rate, out);
}

/* A thread that sends 120 bytes to a thousand sockets, again and again. */
typedef struct sender {
  int listener, fds[SUBSCRIBERS];
  double cpu;
} sender;

static void *run_sender(void *arg) {
  sender *s = arg;
  static const char ROW[120];
  bench_pin(true);
  for (int i = 0; i < SUBSCRIBERS; i++) s->fds[i] = accept(s->listener, NULL, NULL);
  bench_seconds start = bench_now();
  for (int e = 0; e < FAN_EVENTS; e++)
    for (int i = 0; i < SUBSCRIBERS; i++) bench_send(s->fds[i], ROW, sizeof ROW);
  s->cpu = bench_since(start).cpu;
  for (int i = 0; i < SUBSCRIBERS; i++) close(s->fds[i]);
  return NULL;
}

static bench_sample fan_by_hand(bench *b, const bench_workload *w, int round) {
  static sender s;
  static char sink[READ];
  client c;
  int port;
  pthread_t thread;
  struct epoll_event events[EVENTS_AT_ONCE];
  (void)b, (void)w, (void)round;
  s = (sender){.listener = listen_somewhere(&port)};
  if (pthread_create(&thread, NULL, run_sender, &s)) bench_fail("no thread");
  client_open(&c, port, SUBSCRIBERS);
  double start = bench_wall();
  for (int open = SUBSCRIBERS; open;) {
    int n = epoll_wait(c.epoll, events, EVENTS_AT_ONCE, 100);
    for (int i = 0; i < n; i++) {
      connection *one = events[i].data.ptr;
      ssize_t got = recv(one->fd, sink, sizeof sink, 0);
      if (got < 0 && errno == EAGAIN) continue;
      if (got > 0) continue;
      epoll_ctl(c.epoll, EPOLL_CTL_DEL, one->fd, NULL);
      open--;
    }
  }
  double wall = bench_wall() - start;
  pthread_join(thread, NULL);
  client_close(&c);
  close(s.listener);
  return (bench_sample){(double)FAN_EVENTS * SUBSCRIBERS, {wall, s.cpu}};
}

static const bench_method PULL = {
    .unit = "queries/s", .prepare = prepare_pulls, .engine = pull, .ceiling = echo_pulls, .latency = pull_latency};
static const bench_method FAN = {
    .unit = "rows/s", .prepare = prepare_fan, .engine = fan_out, .ceiling = fan_by_hand, .latency = fan_latency};
static const bench_method FAN_RATE = {
    .unit = "rows/s", .prepare = prepare_fan, .engine = fan_out, .ceiling = fan_by_hand};

const bench_workload BENCH_HTTP[] = {
    {"W7", "pull query by key, 64 connections", .method = &PULL},
    {"W8", "push: an event to 1,000 subscribers", .method = &FAN, .spec = &FAN_ALONE},
    {"W8.b", "the same, 50 events at a time", .method = &FAN_RATE, .spec = &FAN_TOGETHER},
    {0},
};
