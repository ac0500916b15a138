#!/usr/bin/env bash
# The demo: WordCount on three lines, then on a licence with the server killed in the middle. Everything shown is checked.
set -euo pipefail
cd "$(dirname "$0")/.."
sluice=${SLUICE_BIN:-$PWD/build/sluice}
licence=/usr/share/common-licenses/GPL-3
work=$(mktemp -d)
server=
export LC_ALL=C HOME=$work

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() { echo "demo: $*" >&2; [ -s "$work/server.log" ] && tail -20 "$work/server.log" >&2; exit 1; }
cleanup() { [ -n "$server" ] && kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT

# Waits until a command succeeds, at most 30 seconds.
until_true() { local end=$((SECONDS + 30)); until "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.05; done; }

start_server() {
  : >"$work/server.log"
  "$sluice" server --data "$work/data" --listen 127.0.0.1:0 2>>"$work/server.log" &
  server=$!
  until_true grep -q 'server.ready' "$work/server.log" || fail "the server did not start"
  url=$(sed -n 's/.*server\.ready.* url=\([^ ]*\).*/\1/p' "$work/server.log" | tail -1)
}
stop_server() { kill "$server"; wait "$server" || true; server=; }

# The changelog so far: word TAB count, one line a change.
changes() { "$sluice" consume --server "$url" --topic word-counts --from-beginning --property print.key=true --timeout-ms 300 2>/dev/null || true; }
# The table: the last line of each word, sorted.
table() { awk -F'\t' '{ last[$1] = $2 } END { for (w in last) print w, last[w] }' | sort; }
# What the counts must be.
expected() { tr -cs 'A-Za-z' '\n' | tr 'A-Z' 'a-z' | grep -v '^$' | sort | uniq -c | awk '{ print $2, $1 }' | sort; }
table_is() { changes >"$work/changes"; table <"$work/changes" >"$work/table"; cmp -s "$work/table" "$1"; }

run_example() { # run_example: a fresh server, the topic, the queries
  start_server
  "$sluice" topics --server "$url" --create --topic text >/dev/null
  "$sluice" shell "$url" -f examples/wordcount/wordcount.sql >"$work/shell.out" || { cat "$work/shell.out"; fail "the script failed"; }
}

say "1. Three lines"
cat >"$work/lines" <<'L'
all streams lead to kafka
hello kafka streams
join kafka summit
L
cat "$work/lines"
expected <"$work/lines" >"$work/expected"
run_example
"$sluice" produce --server "$url" --topic text <"$work/lines"
until_true table_is "$work/expected" || { diff "$work/expected" "$work/table" || true; fail "the counts are wrong"; }
echo; echo "The changelog of the table:"; cat "$work/changes"
echo; echo "The last line of each word:"; cat "$work/table"
stop_server; rm -rf "$work/data"

say "2. $(basename "$licence"), with kill -9 in the middle"
half=$(($(wc -l <"$licence") / 2))
head -n "$half" "$licence" >"$work/first"; tail -n +$((half + 1)) "$licence" >"$work/rest"
expected <"$licence" >"$work/expected"
run_example
"$sluice" produce --server "$url" --topic text <"$work/first"
kill -9 "$server"; wait "$server" 2>/dev/null || true
echo "killed the server as soon as it had taken $(wc -l <"$work/first") lines; starting it again"
start_server
"$sluice" produce --server "$url" --topic text <"$work/rest"
until_true table_is "$work/expected" || { diff "$work/expected" "$work/table" | head; fail "the counts are wrong"; }
repeated=$(sort "$work/changes" | uniq -d | head -3)
[ -z "$repeated" ] || fail "changelog lines came twice: $repeated"
awk -F'\t' '$2 <= last[$1] { print "not growing: " $0; bad = 1 } { last[$1] = $2 } END { exit bad }' "$work/changes" || fail "a count went back"
echo "$(wc -l <"$work/changes") changes of $(wc -l <"$work/table") words: every count is what tr | sort | uniq -c says, no line came twice."
sort -k2,2nr "$work/table" | head -5 | sed 's/^/  /'
stop_server
say "The demo is done."
