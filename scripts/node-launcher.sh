#!/usr/bin/env bash
# Starts TrainMm on a node, out of the bundle that scripts/publish-node.sh packed. At the first start, and when TRAINMM_LIBTORCH names
# another libtorch, it builds the shim against the node's libtorch; that needs g++, cmake and make (pip's cmake will do), and no .NET.
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
fail() { printf '%s\n' "$*" >&2; exit 1; }

shim="$here/shim"
mkdir -p "$shim" 2>/dev/null || fail "The shim is built beside this program, and $here cannot be written: unpack the bundle where it can."
log="$("$here/native/build.sh" "$shim")" || fail "$log"
[ -z "$log" ] || printf '%s\n' "$log" >&2
ln -sfn ../shim/libtrainmm_torch.so "$here/program/libtrainmm_torch.so"

# The libraries of the picture decoder, in the versions that it was linked with.
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib"
export DOTNET_CLI_TELEMETRY_OPTOUT=1
# The collector's youngest generation, in bytes (hexadecimal), as in scripts/environment.sh.
export DOTNET_GCgen0size="${DOTNET_GCgen0size:-0x8000000}"
exec "$here/dotnet/dotnet" "$here/program/trainmm.dll" "$@"
