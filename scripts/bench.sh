#!/usr/bin/env bash
# Runs the benchmarks of $BUILD with their data in a directory of their own, and leaves build/bench.json. Words: options
# of the benchmark, then names of workloads.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build-bench}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/sluice-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p build
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: //' || true
echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores, data in $work"
"$build/bench" --json build/bench.json "$work" "$build/sluice" "$@"
