#!/usr/bin/env bash
# Shows that the simulation finds faults: those that it plants itself, and those of tests/fault/mutants in the sources.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
seeds=${FAULT_SEEDS:-3000}
failed=0

# must_find NAME COMMAND...: the simulation has to end with a seed that fails.
must_find() {
  local name=$1 out
  shift
  if out=$("$@" --jobs 2 "${plant[@]}" 1 "$seeds" 2>&1); then
    echo "NOT FOUND  $name within $seeds seeds"
    failed=1
  else
    echo "found      $name: $(grep -m1 -E '^seed |ended by signal' <<<"$out" | cut -c1-150)"
  fi
}

for name in decision-first clocks cut-not-synced positions no-dir-sync data-not-synced; do
  plant=(--plant "$name")
  must_find "$name" "$build/sim"
done

plant=()
mkdir -p "$build/mutants"
while IFS='|' read -r name file expression; do
  name=${name// /} file=${file// /}
  [[ -z $name || $name == \#* ]] && continue
  mutant=$build/mutants/$name.c
  sed -e "$expression" "$file" >"$mutant"
  if cmp -s "$file" "$mutant"; then
    echo "STALE      $name: its expression no longer changes $file"
    failed=1
    continue
  fi
  if ! make --no-print-directory BUILD="$build" MUTANT="$mutant" sim-mutant; then
    echo "STALE      $name: what it makes of $file does not compile"
    failed=1
    continue
  fi
  must_find "$name" "$mutant.sim"
done <tests/fault/mutants
exit $failed
