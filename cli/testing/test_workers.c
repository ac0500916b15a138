/* Cases are run by child processes, which take the next case that nobody has taken. One that crashes or hangs loses its
 * case and is replaced. Results come back through a file in memory, one per worker. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/heap.h"
#include "cli/testing/test_case.h"

enum { JOBS_MAX = 64, NO_CASE = -1 };

/* Seen by all processes. */
typedef struct shared {
  atomic_size_t next;        /* case to be taken */
  atomic_long now[JOBS_MAX]; /* case that a worker is at, or NO_CASE */
} shared;

typedef struct worker {
  pid_t pid;
  int results; /* descriptor */
} worker;

typedef struct pool {
  const sl_vec *cases;
  const sl_test_options *options;
  sl_test_result *out;
  shared *shared;
  worker workers[JOBS_MAX];
  int jobs;
} pool;

/* What a worker writes, followed by the message. */
typedef struct report {
  size_t index;
  size_t message_len;
  double seconds;
  sl_test_status status;
} report;

static sl_test_status run_one(const sl_test_case *test, const sl_test_options *options, sl_buf *message,
                              double *seconds) {
  if (test->disabled) return SL_TEST_SKIPPED;
  if (test->load_error) {
    sl_buf_add_z(message, test->load_error);
    return SL_TEST_FAILED;
  }
  int64_t start = sl_clock_monotonic_ns(sl_clock_real());
  int code = !test->node  ? sl_test_run_sql(test, options, message)
             : test->rest ? sl_test_run_rest(test, options, message)
                          : sl_test_run_json(test, options, message);
  *seconds = (double)(sl_clock_monotonic_ns(sl_clock_real()) - start) / 1e9;
  return code ? SL_TEST_FAILED : SL_TEST_PASSED;
}

/* ---- in a worker ---- */

static void send_report(int fd, const report *r, sl_buf *message) {
  sl_buf bytes = {0};
  sl_buf_add(&bytes, r, sizeof *r);
  sl_buf_add_str(&bytes, sl_buf_str(message));
  if (write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len) abort(); /* the parent tells of a crash */
  sl_buf_done(&bytes);
}

static void work(pool *p, int slot) {
  sl_buf message = {0};
  for (;;) {
    size_t index = atomic_fetch_add(&p->shared->next, 1);
    if (index >= p->cases->len) break;
    atomic_store(&p->shared->now[slot], (long)index);
    alarm((unsigned)p->options->timeout_s);
    report r = {.index = index};
    sl_buf_reset(&message);
    r.status = run_one(sl_vec_at(p->cases, index), p->options, &message, &r.seconds);
    r.message_len = message.len;
    send_report(p->workers[slot].results, &r, &message);
    atomic_store(&p->shared->now[slot], NO_CASE);
  }
  alarm(0);
  sl_buf_done(&message);
}

/* ---- in the parent ---- */

static int start_worker(pool *p, int slot, sl_err *err) {
  atomic_store(&p->shared->now[slot], NO_CASE);
  fflush(NULL);
  pid_t pid = fork();
  if (pid < 0) return sl_err_set(err, SL_E_IO, SL_NO_POS, "A test process cannot be started: %s", strerror(errno));
  if (pid == 0) {
    work(p, slot);
    exit(0);
  }
  p->workers[slot].pid = pid;
  return 0;
}

static void fail_case(pool *p, size_t index, const char *format, int number) {
  char text[200];
  snprintf(text, sizeof text, format, number);
  p->out[index] = (sl_test_result){.status = SL_TEST_FAILED, .message = sl_heap_strdup(text)};
}

static int slot_of(const pool *p, pid_t pid) {
  for (int i = 0; i < p->jobs; i++)
    if (p->workers[i].pid == pid) return i;
  return -1;
}

/* A worker is gone: the case it was at, if any, has failed, and another takes its place. */
static int on_end(pool *p, int slot, int status, sl_err *err) {
  p->workers[slot].pid = 0;
  long index = atomic_load(&p->shared->now[slot]);
  if (index == NO_CASE && WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  if (index == NO_CASE)
    return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "A test process ended with status %d after its last case.",
                      status);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    fail_case(p, (size_t)index, "Not finished after %d seconds.", p->options->timeout_s);
  else if (WIFSIGNALED(status))
    fail_case(p, (size_t)index, "Crashed with signal %d.", WTERMSIG(status));
  else
    fail_case(p, (size_t)index, "Ended the process with code %d.", WEXITSTATUS(status));
  return start_worker(p, slot, err);
}

static int wait_all(pool *p, sl_err *err) {
  int code = 0;
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) return code; /* none left */
    int slot = slot_of(p, pid);
    if (slot >= 0 && on_end(p, slot, status, err)) code = err->code;
  }
}

static int read_reports(pool *p, int fd, sl_err *err) {
  off_t size = lseek(fd, 0, SEEK_END);
  if (size <= 0) return 0;
  char *data = sl_heap_zalloc((size_t)size);
  int code = pread(fd, data, (size_t)size, 0) == size
                 ? 0
                 : sl_err_set(err, SL_E_IO, SL_NO_POS, "Test results cannot be read: %s", strerror(errno));
  for (size_t at = 0; !code && at + sizeof(report) <= (size_t)size;) {
    report r;
    memcpy(&r, data + at, sizeof r);
    at += sizeof r;
    p->out[r.index] = (sl_test_result){.status = r.status, .seconds = r.seconds};
    if (r.status == SL_TEST_FAILED) p->out[r.index].message = sl_heap_strndup(data + at, r.message_len);
    at += r.message_len;
  }
  sl_heap_free(data);
  return code;
}

static int run_pool(pool *p, sl_err *err) {
  int code = 0;
  for (int i = 0; i < p->jobs && !code; i++) {
    p->workers[i].results = memfd_create("test-results", MFD_CLOEXEC);
    if (p->workers[i].results < 0)
      code = sl_err_set(err, SL_E_IO, SL_NO_POS, "A file in memory cannot be made: %s", strerror(errno));
    if (!code) code = start_worker(p, i, err);
  }
  int waited = wait_all(p, err);
  if (!code) code = waited;
  for (int i = 0; i < p->jobs; i++) {
    if (p->workers[i].results <= 0) continue;
    if (!code) code = read_reports(p, p->workers[i].results, err);
    close(p->workers[i].results);
  }
  return code;
}

static void run_here(pool *p) {
  for (size_t i = 0; i < p->cases->len; i++) {
    sl_buf message = {0};
    p->out[i].status = run_one(sl_vec_at(p->cases, i), p->options, &message, &p->out[i].seconds);
    if (p->out[i].status == SL_TEST_FAILED)
      p->out[i].message = sl_heap_strndup(message.len ? (char *)message.data : "", message.len);
    sl_buf_done(&message);
  }
}

int sl_test_run_all(const sl_vec *cases, const sl_test_options *options, sl_test_result *results, sl_err *err) {
  pool p = {.cases = cases, .options = options, .out = results, .jobs = options->jobs};
  if (p.jobs > JOBS_MAX) p.jobs = JOBS_MAX;
  if (p.jobs < 1) {
    run_here(&p);
    return 0;
  }
  p.shared = mmap(NULL, sizeof *p.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p.shared == MAP_FAILED)
    return sl_err_set(err, SL_E_IO, SL_NO_POS, "Memory cannot be shared with test processes: %s", strerror(errno));
  int code = run_pool(&p, err);
  munmap(p.shared, sizeof *p.shared);
  return code;
}
