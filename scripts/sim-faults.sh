#!/usr/bin/env bash
# Shows that the simulation finds the faults of tests/fault/mutants, each by what it breaks. FAULT_SEEDS: seeds within
# which it must; ONLY: some of the faults, by name.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
seeds=${FAULT_SEEDS:-1500}
failed=0

complain() {
  printf '%-13s %s: %s\n' "$1" "$name" "$2"
  failed=1
}

# Runs seeds with COMMAND... until one fails and says what it must; those that say something else are counted.
must_find() {
  local first=1 others=0 other='' out line
  while ((first <= seeds && others < 50)); do
    if out=$("$@" --jobs 1 "${plant[@]}" "$first" "$((seeds - first + 1))" 2>&1); then break; fi
    line=$(grep -m1 '^seed ' <<<"$out") || { complain "NO ANSWER" "$(tail -n1 <<<"$out")"; return; }
    if grep -qE "$says" <<<"${line#*\": }"; then
      [[ $line =~ ^seed\ ([0-9]+) ]]
      printf '%-13s %s within %d seeds: %s\n' found "$name" "${BASH_REMATCH[1]}" "$(sed 's/^[^"]*"[^"]*": //' <<<"$line" | cut -c1-110)"
      return
    fi
    [[ $line =~ ^seed\ ([0-9]+) ]]
    first=$((BASH_REMATCH[1] + 1)) others=$((others + 1)) other=$line
  done
  if ((others)); then
    complain "OTHERWISE" "$others seeds fail, none says \"$says\"; $other"
  else
    complain "NOT FOUND" "within $seeds seeds"
  fi
}

check() {
  if [[ -z $file ]]; then
    must_find "$build/sim"
    return
  fi
  local mutant=$build/mutants/$name.c
  sed -e "$change" "$file" >"$mutant"
  if cmp -s "$file" "$mutant"; then
    complain STALE "its expression no longer changes $file"
  elif ! make --no-print-directory BUILD="$build" MUTANT="$mutant" sim-mutant; then
    complain STALE "what it makes of $file does not compile"
  else
    must_find "$mutant.sim"
  fi
}

# The entry that has been read.
finish() {
  if [[ -n $name && (-z ${ONLY:-} || " $ONLY " == *" $name "*) ]]; then
    [[ -n $says && (-n $file || ${#plant[@]} -gt 0) ]] || { complain STALE "its entry is not complete"; return; }
    check
  fi
}

mkdir -p "$build/mutants"
name=''
while read -r word rest; do
  case $word in
  '' | '#'*) ;;
  breaks) ;;
  plant) plant=(--plant "$rest") ;;
  file) file=$rest ;;
  change) change=$rest ;;
  says) says=$rest ;;
  *)
    finish
    name=$word file='' change='' says='' plant=()
    ;;
  esac
done <tests/fault/mutants
finish
exit $failed
