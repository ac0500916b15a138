/* sim [--trace] [--jobs N] [--plant NAME] FIRST [COUNT]: runs seeds FIRST, FIRST + 1, ... Ends with 1 at the first seed
 * that fails, which is printed. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/logger.h"
#include "tests/fault/sim.h"

enum { MOST_JOBS = 64 };

typedef struct shared {
  atomic_ullong next, done, crashes, statements, rows, taken_back;
  atomic_ullong running[MOST_JOBS]; /* seeds */
  atomic_bool stop;
} shared;

static const char *const PLANTS[SIM_PLANT_COUNT] = {
    [SIM_PLANT_NONE] = "none",
    [SIM_PLANT_DECISION_FIRST] = "decision-first",
    [SIM_PLANT_CLOCKS] = "clocks",
    [SIM_PLANT_CUT_NOT_SYNCED] = "cut-not-synced",
    [SIM_PLANT_POSITIONS] = "positions",
    [SIM_PLANT_NO_DIR_SYNC] = "no-dir-sync",
    [SIM_PLANT_DATA_NOT_SYNCED] = "data-not-synced",
};

static void run_seeds(shared *all, int job, uint64_t end, bool trace, sim_plant plant) {
  while (!atomic_load(&all->stop)) {
    uint64_t seed = atomic_fetch_add(&all->next, 1);
    if (seed >= end) break;
    atomic_store(&all->running[job], seed);
    sim s = {.seed = seed, .trace = trace, .plant = plant};
    sim_run(&s);
    atomic_fetch_add(&all->done, 1);
    atomic_fetch_add(&all->crashes, (unsigned long long)s.crashes);
    atomic_fetch_add(&all->statements, (unsigned long long)s.statements);
    atomic_fetch_add(&all->rows, (unsigned long long)s.rows);
    atomic_fetch_add(&all->taken_back, (unsigned long long)s.taken_back);
  }
}

/* In a process of its own, so that a crash of the program itself is told with its seed too. */
static pid_t start_job(shared *all, int job, uint64_t end, bool trace, sim_plant plant) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid) return pid;
  sl_log_set_level(trace ? SL_LOG_DEBUG : SL_LOG_OFF);
  run_seeds(all, job, end, trace, plant);
  fflush(stdout);
  _exit(0);
}

static sim_plant plant_named(const char *name) {
  for (int i = 0; i < SIM_PLANT_COUNT; i++)
    if (!strcmp(PLANTS[i], name)) return (sim_plant)i;
  fprintf(stderr, "no fault '%s' can be planted\n", name);
  exit(2);
}

int main(int argc, char **argv) {
  bool trace = false;
  int jobs = 1, at = 1;
  sim_plant plant = SIM_PLANT_NONE;
  for (; at < argc && argv[at][0] == '-'; at++) {
    if (!strcmp(argv[at], "--trace")) trace = true;
    if (!strcmp(argv[at], "--jobs") && at + 1 < argc) jobs = atoi(argv[++at]);
    if (!strcmp(argv[at], "--plant") && at + 1 < argc) plant = plant_named(argv[++at]);
  }
  uint64_t first = at < argc ? strtoull(argv[at], NULL, 10) : 1;
  uint64_t count = at + 1 < argc ? strtoull(argv[at + 1], NULL, 10) : 1;
  shared *all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) return 2;
  atomic_store(&all->next, first);
  pid_t pids[MOST_JOBS];
  if (jobs < 1 || jobs > MOST_JOBS) jobs = 1;
  for (int i = 0; i < jobs; i++) pids[i] = start_job(all, i, first + count, trace, plant);
  bool failed = false;
  int status;
  for (pid_t pid; (pid = wait(&status)) > 0;) {
    if (!status) continue;
    failed = true;
    atomic_store(&all->stop, true);
    for (int i = 0; i < jobs && WIFSIGNALED(status); i++)
      if (pids[i] == pid) printf("seed %llu ended by signal %d\n", atomic_load(&all->running[i]), WTERMSIG(status));
  }
  printf("%llu seeds, %llu crashes, %llu statements, %llu rows consumed, %llu failures of tasks: %s\n",
         (unsigned long long)all->done, (unsigned long long)all->crashes, (unsigned long long)all->statements,
         (unsigned long long)all->rows, (unsigned long long)all->taken_back, failed ? "FAILED" : "all as it must be");
  return failed ? 1 : 0;
}
