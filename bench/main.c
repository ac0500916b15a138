/* The table: runs the workloads asked for, each in a process of its own, and prints medians of the engine beside the
 * ceiling measured in the same rounds. Usage: bench DIR SLUICE [--json FILE] [--rounds N] [--scale X] [--no-latency]
 * [--profile] [--load X] [NAME ...]; DIR is an empty directory; a NAME is the start of a workload's name, none means
 * all.
 * --profile: the engine nearly alone, for a profiler. --load: latency at this part of the rate by wall
 * time, 0.5 if not given. */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/logger.h"
#include "bench/bench.h"

enum { ROUNDS = 5, WORKLOADS_MAX = 128 };

typedef struct plan {
  bench b;
  const char *json;
  const bench_workload *workloads[WORKLOADS_MAX];
  int count;
  bench_result *results; /* shared with the processes that measure */
} plan;

static const bench_workload *const FAMILIES[] = {BENCH_QUERIES, BENCH_HTTP, BENCH_LOG, BENCH_STARTS, BENCH_NEXMARK};

/* ---- one workload ---- */

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, by_value);
  return values[count / 2];
}

static double rate(const bench_workload *w, bench_sample s, bool wall) {
  double seconds = wall || w->method->by_wall ? s.took.wall : s.took.cpu;
  if (seconds <= 0 || s.work <= 0) bench_fail("%s: nothing was measured", w->name);
  return w->method->is_time ? seconds * 1000 / s.work
                            : s.work / (w->method->per_unit > 0 ? w->method->per_unit : 1) / seconds;
}

/* Pages that a virtual machine has not used of late cost several times the copying into them, since it gives back what
 * is free for a second or two. Has as much memory touched as the files that come next will lie in, up to a part of what
 * is free. */
static void touch_memory(const bench *b) {
  const size_t want = (size_t)2 << 30;
  size_t have = (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE) / 2, size = have < want ? have : want;
  if (b->profile) return;
  void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (p != MAP_FAILED) munmap(p, size);
}

/* The first round warms up and does not count. */
static void measure(bench *b, const bench_workload *w, bench_result *out) {
  double values[BENCH_ROUNDS_MAX], walls[BENCH_ROUNDS_MAX], ceilings[BENCH_ROUNDS_MAX];
  int rounds = w->method->rounds && w->method->rounds < b->rounds ? w->method->rounds : b->rounds;
  bench_sample ceiling = {0};
  if (w->scale > 0) b->scale *= w->scale;
  bench_pin(true);
  w->method->prepare(b, w);
  for (int round = -1; round < rounds; round++) {
    touch_memory(b);
    if (round < 0 || !b->profile) ceiling = w->method->ceiling(b, w, round);
    touch_memory(b);
    bench_sample engine = w->method->engine(b, w, round);
    if (round < 0) continue;
    ceilings[round] = rate(w, ceiling, false);
    values[round] = rate(w, engine, false);
    walls[round] = rate(w, engine, true);
  }
  out->value = median(values, rounds);
  out->wall = median(walls, rounds);
  out->ceiling = median(ceilings, rounds);
  touch_memory(b);
  if (w->method->latency && b->latency) w->method->latency(b, w, out->wall * b->load, out);
  bench_close(b);
  out->done = true;
}

/* ---- all of them ---- */

static void run_apart(plan *p, int i) {
  char dir[400];
  int status = 0;
  snprintf(dir, sizeof dir, "%s/%s", p->b.dir, p->workloads[i]->name);
  if (mkdir(dir, 0700)) bench_fail("%s cannot be made", dir);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    p->b.dir = dir;
    measure(&p->b, p->workloads[i], &p->results[i]);
    exit(0);
  }
  if (child < 0 || waitpid(child, &status, 0) < 0) bench_fail("no process for %s", p->workloads[i]->name);
  if (status) fprintf(stderr, "bench: %s failed\n", p->workloads[i]->name);
  if (status) p->results[i].done = false;
  bench_remove(dir);
}

static double ratio(const bench_workload *w, const bench_result *r) {
  return w->method->is_time ? r->ceiling / r->value : r->value / r->ceiling;
}

static void print_number(double v) {
  printf(v >= 1000 ? " %12.0f" : " %12.2f", v);
}

static void print_head(const bench *b) {
  printf("medians of %d rounds, %g of the records; one core, by its processor time where not said otherwise\n\n",
         b->rounds, b->scale);
  printf("%-6s %-44s %-10s %12s %12s %6s %12s %8s %8s %10s\n", "", "workload", "unit", "engine", "ceiling", "ratio",
         "engine/wall", "p50 ms", "p99 ms", "at rate");
}

static void print_row(const bench_workload *w, const bench_result *r) {
  printf("%-6s %-44s %-10s", w->name, w->title, w->method->unit);
  if (!r->done) {
    puts(" failed");
    return;
  }
  print_number(r->value);
  print_number(r->ceiling);
  printf(" %6.2f", ratio(w, r));
  print_number(r->wall);
  if (r->p99_ms >= 0) printf(" %8.2f %8.2f %10.0f", r->p50_ms, r->p99_ms, r->rate);
  putchar('\n');
  fflush(stdout);
}

static void write_json(const plan *p) {
  FILE *out = fopen(p->json, "w");
  if (!out) bench_fail("%s cannot be written", p->json);
  fputs("[", out);
  for (int i = 0, n = 0; i < p->count; i++) {
    const bench_result *r = &p->results[i];
    const bench_workload *w = p->workloads[i];
    if (!r->done) continue;
    fprintf(out,
            "%s\n{\"workload\":\"%s\",\"title\":\"%s\",\"unit\":\"%s\",\"value\":%.6g,\"ceiling\":%.6g,\"ratio\":%.4g,",
            n++ ? "," : "", w->name, w->title, w->method->unit, r->value, r->ceiling, ratio(w, r));
    if (r->p99_ms >= 0)
      fprintf(out, "\"p50_ms\":%.3f,\"p99_ms\":%.3f}", r->p50_ms, r->p99_ms);
    else
      fputs("\"p50_ms\":null,\"p99_ms\":null}", out);
  }
  fputs("\n]\n", out);
  if (fclose(out)) bench_fail("%s cannot be written", p->json);
}

/* W3 means W3a and W3b too; W1 does not mean W10. */
static bool wanted(const bench_workload *w, char **names, int count) {
  for (int i = 0; i < count; i++) {
    size_t len = strlen(names[i]);
    bool inside = len && isdigit((unsigned char)names[i][len - 1]) && isdigit((unsigned char)w->name[len]);
    if (strncmp(w->name, names[i], len) == 0 && !inside) return true;
  }
  return count == 0;
}

static void choose(plan *p, char **names, int count) {
  for (size_t f = 0; f < sizeof FAMILIES / sizeof *FAMILIES; f++)
    for (const bench_workload *w = FAMILIES[f]; w->name; w++)
      if (wanted(w, names, count) && p->count < WORKLOADS_MAX) p->workloads[p->count++] = w;
  if (!p->count) bench_fail("no workload has such a name");
}

static void read_options(plan *p, int argc, char **argv) {
  static const struct option OPTIONS[] = {{"json", required_argument, NULL, 'j'},
                                          {"rounds", required_argument, NULL, 'r'},
                                          {"scale", required_argument, NULL, 's'},
                                          {"no-latency", no_argument, NULL, 'l'},
                                          {"profile", no_argument, NULL, 'p'},
                                          {"load", required_argument, NULL, 'o'},
                                          {NULL, 0, NULL, 0}};
  for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
    if (option == 'j') p->json = optarg;
    if (option == 'r') p->b.rounds = atoi(optarg);
    if (option == 's') p->b.scale = atof(optarg);
    if (option == 'o') p->b.load = atof(optarg);
    if (option == 'l' || option == 'p') p->b.latency = false;
    if (option == 'p') p->b.profile = true;
    if (option == '?') exit(1);
  }
  if (argc - optind < 2) bench_fail("a directory and the program are missing");
  if (p->b.rounds < 1 || p->b.rounds > BENCH_ROUNDS_MAX || p->b.scale <= 0 || p->b.load <= 0)
    bench_fail("1 to %d rounds, a scale above 0", BENCH_ROUNDS_MAX);
  p->b.dir = argv[optind];
  p->b.program = argv[optind + 1];
  choose(p, argv + optind + 2, argc - optind - 2);
}

int main(int argc, char **argv) {
  static plan p = {.b = {.rounds = ROUNDS, .scale = 1, .latency = true, .load = 0.5}};
  bool all = true;
  sl_log_set_level(SL_LOG_WARN);
  read_options(&p, argc, argv);
  p.results = mmap(NULL, sizeof *p.results * WORKLOADS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p.results == MAP_FAILED) bench_fail("no memory");
  print_head(&p.b);
  for (int i = 0; i < p.count; i++) {
    p.results[i].p50_ms = p.results[i].p99_ms = -1;
    run_apart(&p, i);
    print_row(p.workloads[i], &p.results[i]);
    all = all && p.results[i].done;
  }
  if (p.json) write_json(&p);
  return all ? 0 : 1;
}
