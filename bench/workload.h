/* The records of the benchmark: a key and 208 bytes of JSON with 8 fields, the same in every run. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_KEYS = 1000, BENCH_VALUE_MAX = 256 };

typedef struct bench_record {
  int32_t key; /* below BENCH_KEYS */
  uint32_t cents;
  char value[BENCH_VALUE_MAX];
  size_t len;
} bench_record;

/* Record number i. */
void bench_record_make(uint32_t i, bench_record *out);
/* The filter of the workload: about every second record. */
static inline bool bench_record_passes(const bench_record *record) {
  return record->cents > 55000;
}
