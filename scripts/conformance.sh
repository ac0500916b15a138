#!/usr/bin/env bash
# Runs the conformance cases in the folder given and compares with tests/conformance-passing.txt: a case that is listed there
# must pass. 'conformance.sh FOLDER --update' rewrites the list from what passes now.
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
folder=$1
sluice=${SLUICE_BIN:-build/sluice}
export SLUICE_EXTENSIONS=${SLUICE_EXTENSIONS:-$(dirname "$sluice")/ext}
list=tests/conformance-passing.txt
if [ ! -d "$folder" ]; then
  echo "The conformance cases are not there ($folder): not run."
  exit 0
fi
junit=$(mktemp)
trap 'rm -f "$junit"' EXIT
"$sluice" test --junit "$junit" "$folder/qtt" "$folder/sql" "$folder/rest" | tail -1
passing() {
  python3 - "$junit" <<'P'
import sys, xml.etree.ElementTree as e
for case in e.parse(sys.argv[1]).iter('testcase'):
    if case.find('failure') is None and case.find('skipped') is None: print(case.get('name').replace('\n', ' '))
P
}
if [ "${2:-}" = --update ]; then
  passing | sort -u >"$list"
  echo "$(wc -l <"$list") cases pass."
  exit 0
fi
lost=$(comm -23 <(sort -u "$list") <(passing | sort -u))
if [ -n "$lost" ]; then
  echo "Cases that passed before and fail now:" >&2
  echo "$lost" >&2
  exit 1
fi
echo "Every case of $list passes."
