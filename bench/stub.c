#include "bench/bench.h"
const bench_workload BENCH_NEXMARK[] = {{0}}, BENCH_HTTP[] = {{0}}, BENCH_LOG[] = {{0}}, BENCH_STARTS[] = {{0}};
