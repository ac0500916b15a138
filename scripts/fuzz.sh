#!/usr/bin/env bash
# Builds each target of tests/fuzz (or only those named) with libFuzzer and runs it for the seconds given, from
# tests/fuzz/corpus/<target>. What breaks a target is kept as $BUILD/<target>-crash-...; the exit status then is 1.
#   fuzz.sh [SECONDS [TARGET ...]]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-30}
shift || true
export BUILD=${BUILD:-build-fuzz} CC=clang OPT='-O1 -g' SAN='-fsanitize=address,undefined,fuzzer-no-link'
layers=$(sed -n 's/^LAYERS := //p' Makefile)
archives=()
for layer in $layers; do [ "$layer" = server ] || [ "$layer" = shell ] || [ "$layer" = cli ] || archives+=("$BUILD/lib$layer.a"); done
make --no-print-directory "${archives[@]}"
[ $# -gt 0 ] || set -- $(cd tests/fuzz && ls fuzz_*.c | sed 's/\.c$//')
status=0
for name; do
  clang -std=gnu17 -D_GNU_SOURCE -g -I. -I"$BUILD/gen" -fsanitize=address,undefined,fuzzer "tests/fuzz/$name.c" -o "$BUILD/$name" \
    -Wl,--start-group "${archives[@]}" -Wl,--end-group $(make --no-print-directory -s print-libs)
  work=$(mktemp -d)
  [ -d "tests/fuzz/corpus/$name" ] && cp "tests/fuzz/corpus/$name"/* "$work"/
  echo "== $name"
  if "$BUILD/$name" -max_total_time="$seconds" -artifact_prefix="$BUILD/$name-" "$work" >"$BUILD/$name.log" 2>&1; then
    tail -1 "$BUILD/$name.log"
  else
    status=1
    tail -40 "$BUILD/$name.log"
  fi
  rm -rf "$work"
done
exit $status
