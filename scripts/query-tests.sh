#!/usr/bin/env bash
# Runs our own query cases three times: as they are, with the engine reopened between records, and in batches of one. None of
# the three may change a result.
set -euo pipefail
cd "$(dirname "$0")/.."
sluice=${SLUICE_BIN:-build/sluice}
export SLUICE_EXTENSIONS=${SLUICE_EXTENSIONS:-$(dirname "$sluice")/ext}
for options in "" "--restart" "--batch 1"; do
  echo "== sluice test tests/query $options"
  # shellcheck disable=SC2086
  "$sluice" test $options tests/query
done
