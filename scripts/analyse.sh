#!/usr/bin/env bash
# Static analysis of every source with clang's analyser; any report fails. The checkers that must know what other files do (null
# pointers and values set through out-parameters of functions elsewhere) are left out: they see one file at a time and guess.
# The compilers' own flow warnings and the sanitized test runs stand in for them.
set -uo pipefail
cd "$(dirname "$0")/.."
checkers=core.DivideZero,core.StackAddressEscape,core.VLASize
checkers+=,unix.API,unix.cstring.BadSizeArg,unix.MallocSizeof,unix.MismatchedDeallocator,unix.Vfork
checkers+=,deadcode.DeadStores,security.FloatLoopCounter,security.insecureAPI.UncheckedReturn
report=$(find $(sed -n 's/^LAYERS := //p' Makefile) -name '*.c' |
  xargs -P "$(nproc)" -n 8 clang --analyze -Xanalyzer -analyzer-output=text -std=gnu17 -D_GNU_SOURCE -I. -Ibuild/gen \
    --analyzer-no-default-checks -Xclang -analyzer-checker="$checkers" 2>&1 | grep 'warning:' | sort -u)
if [ -n "$report" ]; then
  echo "$report"
  echo "check: static analysis found something" >&2
  exit 1
fi
echo "check: static analysis found nothing"
