#!/usr/bin/env bash
# Builds each target of tests/fuzz with libFuzzer and runs it for the seconds given, from tests/fuzz/corpus/<target> if there.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-30}
export BUILD=${BUILD:-build-fuzz} CC=clang OPT='-O1 -g' SAN='-fsanitize=address,undefined,fuzzer-no-link'
layers=$(sed -n 's/^LAYERS := //p' Makefile)
archives=()
for layer in $layers; do [ "$layer" = server ] || [ "$layer" = shell ] || [ "$layer" = cli ] || archives+=("$BUILD/lib$layer.a"); done
make --no-print-directory "${archives[@]}"
for source in tests/fuzz/fuzz_*.c; do
  name=$(basename "$source" .c)
  clang -std=gnu17 -D_GNU_SOURCE -g -I. -I"$BUILD/gen" -fsanitize=address,undefined,fuzzer "$source" -o "$BUILD/$name" \
    -Wl,--start-group "${archives[@]}" -Wl,--end-group $(make --no-print-directory -s print-libs)
  corpus=tests/fuzz/corpus/$name
  work=$(mktemp -d)
  [ -d "$corpus" ] && cp "$corpus"/* "$work"/
  echo "== $name"
  "$BUILD/$name" -max_total_time="$seconds" -print_final_stats=0 "$work" 2>&1 | tail -2
  rm -rf "$work"
done
