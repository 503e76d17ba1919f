#!/usr/bin/env bash
# Measures TrainMm against PyTorch scripts of the same model on this machine, in turns: scripts/benchmark.sh [--quick] [--only steps,gemm,ops,data,latency] [--json FILE]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

"$root/scripts/setup.sh"
say "Building the benchmarks (Release) ..."
log="$(dotnet build "$root/tests/TrainMm.Benchmarks" -c Release -v quiet -nologo -p:RunAnalyzers=false 2>&1)" || { say "$log"; fail "The build failed."; }
unset OPENBLAS_CORETYPE
# Idle threads sleep: those of a process that waits its turn must not take the processor from the one that is timed.
export OMP_WAIT_POLICY=PASSIVE
exec dotnet "$root/tests/TrainMm.Benchmarks/bin/Release/net10.0/TrainMm.Benchmarks.dll" "$@"
