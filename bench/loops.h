/* The ceilings: the least a program could do for a query, written by hand for it. One pass over the files of the input:
 * read, check the CRC, walk the records, decode, compute, encode, frame with a CRC, write. No offsets, no state kept,
 * nothing durable, no types: what the engine adds to this is what it costs. */
#pragma once
#include "bench/bench.h"
#include "bench/loop_io.h"

typedef struct loop_job {
  const char *inputs[2]; /* directories of partitions */
  uint64_t warm;         /* records that only fill the state: the clock starts behind them */
  uint64_t keys;         /* distinct keys of the state, 0: unknown */
  bool each;             /* a count is written at each change, else once at the end */
  loop_reader readers[2];
  loop_writer out;
  bench_seconds start, took;
} loop_job;

typedef void (*loop_run)(loop_job *job);
void loop_pass(loop_job *job);   /* all 8 fields decoded and encoded again */
void loop_filter(loop_job *job); /* amount > 550.0, 3 of 8 fields */
void loop_count(loop_job *job);  /* COUNT(*) by key and day */
void loop_enrich(loop_job *job); /* 3 fields and 2 of a table by key; the table is the first input, read first */
void loop_match(loop_job *job);  /* two streams by key, at most 10 s apart */
void loop_words(loop_job *job);  /* COUNT(*) of the words of lines */

enum { LOOP_WINDOW_MS = 10000 };
static const int64_t LOOP_DAY_MS = 86400000;
