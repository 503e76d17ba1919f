#!/usr/bin/env bash
# Set-up, then the whole test suite. The last line is "N passed, N failed, N skipped"; the exit code is 0 only where
# tests ran and none failed. Arguments go to dotnet test: scripts/test.sh --filter FullyQualifiedName~Tokenizer
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

"$root/scripts/setup.sh"
results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT

status=0
dotnet build "$root/TrainMm.sln" -c Release -v quiet -nologo || fail "The build failed."
dotnet test "$root/TrainMm.sln" -c Release --no-build --nologo --results-directory "$results" --logger trx "$@" || status=$?

count() { # counter name in the .trx files, summed over the test projects
  grep -hoE '<Counters [^>]*' "$results"/*.trx 2>/dev/null | grep -oE " $1=\"[0-9]+\"" | tr -dc '0-9\n' |
    awk '{ sum += $1 } END { print sum + 0 }' || true
}
total="$(count total)" passed="$(count passed)" executed="$(count executed)"
failed=$((executed - passed))
if [ "$executed" -eq 0 ]; then
  say "No test ran."
  status=1
elif [ "$failed" -gt 0 ]; then
  status=1
fi
echo "$passed passed, $failed failed, $((total - executed)) skipped"
exit "$status"
