/* What a workload of W1 to W6 and S is: topics that are there, a query over them, the loop that computes the same. */
#pragma once
#include "bench/bench.h"
#include "bench/loops.h"

/* Counts are for scale 1 until query_input_scaled. */
typedef struct query_input {
  const char *name;
  void (*value)(uint64_t i, sl_generated *out);
  uint64_t fill;  /* short records before the others: one for each key */
  uint64_t count; /* the others */
  uint64_t keys;  /* 0: the key of record i is i - lag */
  uint64_t lag;
  bool no_key;
  uint64_t per_ms; /* records per millisecond of event time */
} query_input;

enum { QUERY_INPUTS = 2 };

typedef struct query_spec {
  query_input inputs[QUERY_INPUTS];
  const char *cache; /* cache.max.bytes.buffering */
  const char *sources, *query, *drop;
  bool last_counts; /* of the result's records the last of each key is compared, else all */
  bool table_first; /* the first input only fills the state */
  bool each;        /* see loop_job */
  int partitions;   /* of the topics, 0: 1 */
  int copies;       /* of the query, each with its result, 0: 1; a record counts once for each */
  int workers;      /* threads, each on a core, 0: this one */
  loop_run loop;
} query_spec;

#define QUERY_RESULT "result"                        /* the topic that a query writes */
static const int64_t QUERY_START_MS = 1700006400000; /* the begin of a day, so that it is one window */

/* ---- query_input.c ---- */
void query_value_event(uint64_t i, sl_generated *out);       /* JSON of 8 fields */
void query_value_other_event(uint64_t i, sl_generated *out); /* the same with other values */
void query_value_account(uint64_t i, sl_generated *out);     /* JSON: name, city, level */
void query_value_line(uint64_t i, sl_generated *out);        /* text: words of 3 to 9 letters */

query_input query_input_scaled(const bench *b, const query_input *input);
/* Of record i, those that fill counted. */
int64_t query_input_time(const query_input *input, uint64_t i);
void query_input_key(const query_input *input, uint64_t i, sl_generated *out);
void query_input_load(bench *b, const query_input *input, int partitions);

/* ---- latency.c ---- */
/* The query at this rate (records of all inputs a second, but for a table's), with its input loaded: records are due
 * on a fixed schedule, and a latency runs from when its record was due until its result is seen. */
void query_latency(bench *b, const bench_workload *w, double rate, bench_result *out);
