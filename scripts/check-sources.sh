#!/usr/bin/env bash
# Rules of the tree that no compiler checks: include direction, no threads below cli/ and server/, banned calls, where the heap
# may be used, unique base names, headers that compile alone.
set -uo pipefail
cd "$(dirname "$0")/.."
layers=($(sed -n 's/^LAYERS := //p' Makefile))
failed=0
fail() { echo "check: $1" >&2; failed=1; }

# A folder includes only folders at or before it in LAYERS; server and shell do not know each other.
rank() { local i; for i in "${!layers[@]}"; do [ "${layers[$i]}" = "$1" ] && echo "$i" && return; done; echo -1; }
declare -A ranks
for layer in "${layers[@]}"; do ranks[$layer]=$(rank "$layer"); done
while IFS=: read -r file line text; do
  from=${file%%/*}; to=$(sed 's/.*"\([a-z]*\)\/.*/\1/' <<<"$text")
  [ "$to" = grammar ] && continue
  [ -n "${ranks[$to]:-}" ] || { fail "$file:$line includes from an unknown folder: $text"; continue; }
  [ "${ranks[$from]}" -ge "${ranks[$to]}" ] || fail "$file:$line: $from/ must not include $to/"
  { [ "$from/$to" = server/shell ] || [ "$from/$to" = shell/server ]; } && fail "$file:$line: server/ and shell/ are apart"
done < <(grep -nE '^#include "[a-z]+/' $(for l in "${layers[@]}"; do find "$l" -name '*.[ch]'; done) | sed 's/\t/ /g')

# Threads are made by cli/ and server/ only.
hits=$(grep -nE '\b(pthread_create|thrd_create)\b' $(for l in "${layers[@]}"; do case $l in cli|server) ;; *) find "$l" -name '*.[ch]';; esac; done))
[ -z "$hits" ] || fail "threads are made below cli/ and server/:
$hits"

# Calls with no bound or no error, and the heap outside the folders that own memory.
sources=$(for l in "${layers[@]}"; do find "$l" -name '*.[ch]'; done)
hits=$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atof|strtok|alloca|system|popen|tmpnam|mktemp|setjmp|longjmp)\s*\(' $sources)
[ -z "$hits" ] || fail "banned calls:
$hits"
hits=$(grep -nE '(^|[^_a-z>.])(malloc|calloc|realloc|strdup|strndup)\s*\(' $(for f in $sources; do case $f in base/*|state/*|topics/*) ;; *) echo "$f";; esac; done))
[ -z "$hits" ] || fail "heap calls outside base/, state/ and topics/ (use an arena or base/heap.h):
$hits"

# Every base name once, so that a file can be named without its folder.
dups=$(for f in $sources; do basename "$f"; done | sort | uniq -d | grep -v '^$')
[ -z "$dups" ] || fail "file names used twice: $dups"

# Every property is read somewhere, or is fixed (flag U), or says that it has no effect.
while read -r name; do
  grep -qF "\"$name\"" $(grep -v '^catalog/properties.def$' <<<"$sources") || fail "property $name is read nowhere"
done < <(sed -nE '/, [^,"]*U[^,"]*, "|, "accepted/d; s/^SL_PROPERTY\("([^"]+)".*/\1/p' catalog/properties.def)

# Each header compiles alone.
for header in $(find "${layers[@]}" -name '*.h'); do
  echo "#include \"$header\"" | ${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -I. -I"${BUILD:-build}/gen" -fsyntax-only -x c - || fail "$header does not compile alone"
done

[ $failed -eq 0 ] && echo "check: sources are in order"
exit $failed
