#!/usr/bin/env bash
# Long trials of what the suite tries briefly: scripts/soak.sh kills N | fuzz N
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() { fail "usage: scripts/soak.sh kills N (the demo in miniature, killed N times at random points) | fuzz N (N spoilt files)"; }
[ $# -eq 2 ] && [[ "$2" =~ ^[1-9][0-9]*$ ]] || usage

case "$1" in
  kills)
    "$root/scripts/setup.sh"
    is_built || build_program
    (cd "$root" && dotnet "$program" verify-resume --config configs/demo/smoke.yaml --steps 24 --kills "$2")
    ;;
  fuzz) TRAINMM_FUZZ="$2" "$root/scripts/test.sh" --filter FullyQualifiedName~FuzzTests ;;
  *) usage ;;
esac
