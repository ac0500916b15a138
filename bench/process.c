#include "bench/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 40, START_TIMEOUT_S = 60 };

static void exec_server(const bench *b, const char *const *overrides, int log) {
  char data[512];
  const char *words[WORDS_MAX] = {b->program, "server",     "--data", bench_path(b, "data", data),
                                  "--listen", "127.0.0.1:0"};
  int n = 6;
  for (; *overrides && n + 3 < WORDS_MAX; overrides++) {
    words[n++] = "--override";
    words[n++] = *overrides;
  }
  bench_pin(true);
  dup2(log, STDERR_FILENO);
  execv(b->program, (char *const *)(uintptr_t)words);
  _exit(127);
}

/* Looks into the log until the line that tells the address is there. */
static int await_port(const bench_server *s) {
  char text[4096];
  double until = bench_wall() + START_TIMEOUT_S;
  int status;
  do {
    ssize_t got = pread(s->log, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    const char *ready = strstr(text, "server.ready"), *url = ready ? strstr(ready, "url=http://") : NULL;
    const char *colon = url ? strchr(url + strlen("url=http://"), ':') : NULL;
    if (colon && strchr(colon, ' ')) return atoi(colon + 1);
    usleep(200);
  } while (bench_wall() < until && waitpid(s->pid, &status, WNOHANG) == 0);
  bench_fail("the server did not start: %s", text);
}

void bench_server_start(bench *b, const char *const *overrides, bench_server *out) {
  char path[512];
  out->log = open(bench_path(b, "server.log", path), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (out->log < 0) bench_fail("%s cannot be written", path);
  fflush(NULL);
  out->pid = fork();
  if (out->pid < 0) bench_fail("no process");
  if (out->pid == 0) exec_server(b, overrides, out->log);
  out->port = await_port(out);
}

void bench_server_stop(bench_server *s) {
  int status;
  kill(s->pid, SIGTERM);
  waitpid(s->pid, &status, 0);
  close(s->log);
}

double bench_process_cpu(pid_t pid) {
  clockid_t clock;
  struct timespec t;
  if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t)) bench_fail("the server is gone");
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_process_mb(pid_t pid, const char *field) {
  char path[64], line[256];
  double kb = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  FILE *f = fopen(path, "r");
  if (!f) bench_fail("%s cannot be read", path);
  while (fgets(line, sizeof line, f))
    if (strncmp(line, field, strlen(field)) == 0) kb = atof(line + strlen(field) + 1);
  fclose(f);
  return kb * 1024 / 1e6;
}

int bench_connect(int port, bool nonblocking) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
    bench_fail("no connection to port %d: %s", port, strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (nonblocking) fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

void bench_send(int fd, const void *data, size_t len) {
  for (const char *p = data; len;) {
    ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) bench_fail("the server closed a connection");
    p += n;
    len -= (size_t)n;
  }
}

void bench_request_add(sl_buf *out, const char *method, const char *path, const char *body, size_t len) {
  sl_buf_printf(out,
                "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                method, path, len);
  sl_buf_add(out, body, len);
}

static const char *find(const char *data, size_t len, const char *what) {
  return memmem(data, len, what, strlen(what));
}

/* Chunked: up to the chunk of length 0. */
static size_t chunked_size(const char *body, size_t len) {
  size_t at = 0;
  for (;;) {
    const char *end = find(body + at, len - at, "\r\n");
    if (!end) return 0;
    size_t chunk = strtoul(body + at, NULL, 16);
    at = (size_t)(end - body) + 2 + chunk + 2;
    if (at > len) return 0;
    if (!chunk) return at;
  }
}

size_t bench_answer_size(const char *data, size_t len) {
  const char *end = find(data, len, "\r\n\r\n");
  if (!end) return 0;
  size_t head = (size_t)(end - data) + 4;
  for (const char *p = data; p < end; p = find(p, len, "\r\n") + 2) {
    if (strncasecmp(p, "content-length:", 15) == 0) {
      size_t size = head + strtoul(p + 15, NULL, 10);
      return size <= len ? size : 0;
    }
    if (strncasecmp(p, "transfer-encoding: chunked", 26) == 0) {
      size_t size = chunked_size(end + 4, len - head);
      return size ? head + size : 0;
    }
  }
  return head;
}

void bench_request(int port, const char *method, const char *path, const char *body, sl_buf *answer) {
  sl_buf request = {0};
  int fd = bench_connect(port, false);
  sl_buf_reset(answer);
  bench_request_add(&request, method, path, body, strlen(body));
  bench_send(fd, request.data, request.len);
  while (!bench_answer_size((const char *)answer->data, answer->len)) {
    ssize_t got = recv(fd, sl_buf_reserve(answer, 65536), 65536, 0);
    if (got <= 0) bench_fail("the server did not answer");
    answer->len += (size_t)got;
  }
  close(fd);
  sl_buf_done(&request);
  if (answer->len < 10 || answer->data[9] != '2') bench_fail("%s %s: %s", method, path, sl_buf_z(answer));
}
