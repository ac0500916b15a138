#!/usr/bin/env bash
# Static analysis of every source with clang's analyser; any report fails.
set -uo pipefail
cd "$(dirname "$0")/.."
files=$(find $(sed -n 's/^LAYERS := //p' Makefile) -name '*.c')
report=$(set -o pipefail; echo "$files" | xargs -P "$(nproc)" -n 8 clang --analyze -Xanalyzer -analyzer-output=text -std=gnu17 -D_GNU_SOURCE \
  -I. -Ibuild/gen --analyzer-no-default-checks \
  -Xclang -analyzer-checker=core,unix.Malloc,unix.MismatchedDeallocator,unix.cstring,security.insecureAPI.UncheckedReturn,deadcode.DeadStores 2>&1 | grep 'warning:' | sort -u)
if [ -n "$report" ]; then
  echo "$report"
  echo "check: static analysis found something" >&2
  exit 1
fi
echo "check: static analysis found nothing"
