/* A server in a process of its own on the engine's core, and raw HTTP to it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/buf.h"
#include "bench/bench.h"

typedef struct bench_server {
  pid_t pid;
  int log; /* its standard error */
  int port;
} bench_server;

/* overrides: NAME=VALUE, ended by NULL. Returns when it answers. */
void bench_server_start(bench *b, const char *const *overrides, bench_server *out);
void bench_server_stop(bench_server *s);
double bench_process_cpu(pid_t pid);                   /* seconds of processor time so far */
double bench_process_mb(pid_t pid, const char *field); /* of /proc/PID/status, such as VmRSS */
int bench_connect(int port, bool nonblocking);         /* a socket */
void bench_send(int fd, const void *data, size_t len); /* all of it */
/* One request on a new connection; the whole answer, of which the status must be 2xx. */
void bench_request(int port, const char *method, const char *path, const char *body, sl_buf *answer);
/* Appends a request to be sent on a connection that stays open. */
void bench_request_add(sl_buf *out, const char *method, const char *path, const char *body, size_t len);
/* Bytes of the first whole answer in data, 0 when it is not all there. */
size_t bench_answer_size(const char *data, size_t len);
