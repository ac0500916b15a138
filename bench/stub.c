#include "bench/bench.h"
const bench_workload BENCH_NEXMARK[] = {{0}};
