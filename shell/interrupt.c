/* Signals of the terminal. The handler only sets flags and writes a byte into a pipe, so that poll wakes. */
#include "shell/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t seen, resized;
static int pipe_fds[2] = {-1, -1};

static void on_interrupt(int signal_number) {
  int saved = errno;
  (void)signal_number;
  seen = 1;
  ssize_t written = write(pipe_fds[1], "", 1);
  (void)written; /* a full pipe wakes as well */
  errno = saved;
}

static void on_resize(int signal_number) {
  (void)signal_number;
  resized = 1;
}

void sl_interrupt_install(void) {
  struct sigaction action = {.sa_handler = on_interrupt};
  if (pipe_fds[0] < 0 && pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0) return;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  action.sa_handler = on_resize;
  sigaction(SIGWINCH, &action, NULL);
}

bool sl_interrupt_seen(void) {
  return seen;
}

void sl_interrupt_clear(void) {
  char bytes[64];
  seen = 0;
  while (pipe_fds[0] >= 0 && read(pipe_fds[0], bytes, sizeof bytes) > 0) continue;
}

int sl_interrupt_fd(void) {
  return pipe_fds[0];
}

bool sl_interrupt_resized(void) {
  bool was = resized;
  resized = 0;
  return was;
}
