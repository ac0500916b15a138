/* What the benchmark's files share: a workload, a round's result, clocks, and the engine in this process.
 *
 * Each workload runs in a process of its own with a directory of its own, so that none leaves memory, files or a
 * failure to the next. Everything here ends the process with a message when something is wrong: a wrong result is no
 * result. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "bench/loop_io.h"
#include "cli/datagen/generator.h"
#include "engine/engine.h"

enum { BENCH_ROUNDS_MAX = 25 };

typedef struct bench_workload bench_workload;

typedef struct bench_seconds {
  double wall, cpu;
} bench_seconds;

/* Units of work done, and the time they took. */
typedef struct bench_sample {
  double work;
  bench_seconds took;
} bench_sample;

typedef struct bench_result {
  bool done;
  double value, ceiling; /* medians, in the workload's unit */
  double wall;           /* the value by wall time */
  double p50_ms, p99_ms; /* below 0: not measured */
  double rate;           /* load under which the latency was measured, units a second */
} bench_result;

typedef struct bench {
  const char *dir; /* the workload's own, empty */
  double scale;    /* of the number of records: 1, less for a quick look */
  int rounds;
  bool latency;        /* measure it ... */
  double load;         /* ... at this part of the rate by wall time */
  bool profile;        /* the ceiling runs once only */
  const char *program; /* build/sluice */
  sl_settings settings;
  sl_engine *engine;
} bench;

/* How workloads are measured that differ only in what they do. */
typedef struct bench_method {
  const char *unit;
  double per_unit; /* work that makes one unit, 0: 1 */
  bool is_time;    /* the value is milliseconds for one piece of work, less is better */
  bool by_wall;    /* the rate is by wall time: the disk's, not the processor's */
  int rounds;      /* at most so many, 0: as asked */
  void (*prepare)(bench *b, const bench_workload *w);
  bench_sample (*engine)(bench *b, const bench_workload *w, int round);
  bench_sample (*ceiling)(bench *b, const bench_workload *w, int round);
  void (*latency)(bench *b, const bench_workload *w, double rate, bench_result *out); /* NULL: none */
} bench_method;

struct bench_workload {
  const char *name, *title;
  const bench_method *method;
  const void *spec;                /* the method's */
  double scale;                    /* of the number of records, 0: 1 */
  int partitions, copies, workers; /* of a query, see queries.h */
};

/* The families: each an array ended by a row without a name. */
extern const bench_workload BENCH_QUERIES[], BENCH_NEXMARK[], BENCH_HTTP[], BENCH_LOG[], BENCH_STARTS[];

/* ---- harness.c ---- */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void bench_check(int code, const sl_err *err, const char *doing);
bench_seconds bench_now(void); /* wall, and processor time of this thread */
bench_seconds bench_since(bench_seconds start);
double bench_wall(void);
void bench_pin(bool engine); /* this thread: the last core for the engine, the first for load */
char *bench_path(const bench *b, const char *name, char out[512]);
void bench_remove(const char *dir); /* with all that is in it */
uint64_t bench_scaled(const bench *b, uint64_t count);

/* The engine on b->dir/data; settings: pairs ended by NULL, or NULL. */
void bench_open(bench *b, const char *const (*settings)[2], int workers);
void bench_close(bench *b);
void bench_execute(bench *b, const char *cache, const char *sql);
void bench_until_quiet(bench *b);
/* Removes the files of dropped topics, so that what is written next goes to memory that the system already has. */
void bench_clean(bench *b);
sl_topic *bench_topic_new(bench *b, const char *name, int partitions);

void bench_stage(sl_staging *staging, sl_topic *topic, const sl_generated *record); /* by its key */
void bench_commit(bench *b, sl_staging *staging);                                   /* and empties it */
loop_digest bench_digest(bench *b, const char *topic, bool all);                    /* see loop_summer */

/* Latencies in steps of 10 us, up to a minute. */
typedef struct bench_histogram bench_histogram;
bench_histogram *bench_histogram_new(void);
void bench_histogram_add(bench_histogram *h, double seconds);
/* Tells them, measured under this load, in units a second; frees h. */
void bench_histogram_done(bench_histogram *h, double rate, bench_result *out);
