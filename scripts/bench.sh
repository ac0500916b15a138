#!/usr/bin/env bash
# Runs the benchmarks that lie in $BUILD, with their data in a directory of their own. Words: [records [rounds]].
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build-bench}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/sluice-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: //' || true
echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores, data in $work"
"$build/bench_engine" "$work" "$@"
