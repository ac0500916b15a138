/* What a workload of W1 to W6 and S is: topics that are there, a query over them, the loop that computes the same. */
#pragma once
#include "bench/bench.h"
#include "bench/loops.h"

/* A topic of input. Counts are for scale 1 until query_input_scaled. */
typedef struct query_input {
  const char *name;
  const char *source; /* the statement that makes it a stream or table */
  void (*value)(uint64_t i, sl_generated *out);
  uint64_t fill;  /* short records before the others: one for each key */
  uint64_t count; /* the others */
  uint64_t keys;  /* 0: the key of record i is i - lag */
  uint64_t lag;
  bool no_key;
  uint64_t per_ms; /* records per millisecond of event time */
} query_input;

enum { QUERY_INPUTS = 2 };

/* A workload may run it over topics of several partitions (0: 1), in several copies (0: 1), each with its result and
 * each counting a record once, and on several workers (0: on this thread; else on threads, each on a core). */
typedef struct query_spec {
  const query_input *inputs[QUERY_INPUTS];
  const char *query, *drop;
  loop_run loop;
  bool last_counts; /* of the result's records the last of each key is compared, else all */
  bool table_first; /* the first input only fills the state */
  bool each;        /* see loop_job */
  bool uncached;    /* cache.max.bytes.buffering is 0 */
} query_spec;

#define QUERY_RESULT "result"                        /* the topic that a query writes */
static const int64_t QUERY_START_MS = 1700006400000; /* the begin of a day, so that it is one window */

/* ---- query_input.c ---- */
extern const query_input QUERY_EVENTS_1K, QUERY_EVENTS_1M; /* keys are drawn from so many */
extern const query_input QUERY_EVENTS_1M_FILLED, QUERY_EVENTS_10M_FILLED;
extern const query_input QUERY_ORDERS, QUERY_PAYMENTS; /* events too: each payment has its order, 5 s before it */
extern const query_input QUERY_ACCOUNTS, QUERY_LINES;

query_input query_input_scaled(const bench *b, const query_input *input);
/* Of record i, those that fill counted. */
int64_t query_input_time(const query_input *input, uint64_t i);
void query_input_key(const query_input *input, uint64_t i, sl_generated *out);
void query_input_load(bench *b, const query_input *input, int partitions);

/* ---- queries.c ---- */
void query_execute(bench *b, const query_spec *q, const char *sql);

/* ---- latency.c ---- */
/* The query at this rate (records of all inputs a second, but for a table's), with its input loaded: records are due
 * on a fixed schedule, and a latency runs from when its record was due until its result is seen. */
void query_latency(bench *b, const bench_workload *w, double rate, bench_result *out);
