/* The ceilings: the least a program could do for a workload, written by hand for it. One pass over the files of the
 * input topic: read by 256 KiB, check the CRC, walk the records, decode, compute, encode, frame with a CRC, write by
 * 64 KiB. No offsets, no state kept, nothing durable, no types: what the engine adds to this is what it costs. */
#pragma once
#include <stdint.h>
#include "base/err.h"

typedef enum bench_kind {
  BENCH_PASS,       /* all fields decoded and encoded again */
  BENCH_FILTER,     /* about half of the records, 3 of 8 fields */
  BENCH_COUNT,      /* a count per key, nothing emitted before the end */
  BENCH_COUNT_EACH, /* a count per key, every change emitted */
} bench_kind;

/* input: directory of a partition; output: a file to write. *records is how many were written. */
int bench_ceiling(bench_kind kind, const char *input, const char *output, uint64_t *records, sl_err *err);
/* Sum of the hashes of the values in the batches of a file, and their number: what was written, in any order. */
int bench_digest(const char *path, uint64_t *records, uint64_t *digest, sl_err *err);
/* The hash of one value. */
uint64_t bench_value_hash(const void *value, size_t len);
