#!/usr/bin/env bash
# Checks a node's GPU, in a checkout or in the bundle of scripts/publish-node.sh: what doctor says, that the demo's first steps on the
# GPU have the losses that they have on the processor (float32), and the tokens a second of both. In a checkout with scripts/benchmark.sh
# the training steps are then timed beside PyTorch's. Without a GPU the processor stands in for it: that tries this script, and says so.
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
if [ -x "$here/dotnet/dotnet" ]; then root="$here" trainmm="$here/trainmm"; else root="$(dirname "$here")" trainmm="$here/trainmm"; fi

readonly steps=12
readonly tolerance=2e-3 # relative, of a loss: sums in another order, carried through the steps, and cuDNN may use TF32

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"$trainmm" doctor || fail "doctor finds that nothing can be trained here."

device=cuda
if ! command -v nvidia-smi >/dev/null || ! nvidia-smi -L 2>/dev/null | grep -q GPU; then
  device=cpu
  say "No GPU here: the processor is compared with itself, which tries this script and no GPU."
fi

train() { # name, device
  "$trainmm" pretrain --config "$root/configs/demo/smoke.yaml" --run-dir "$work/$1" --set "device=$2" --set model.dtype=float32 \
    --set train.max_steps=$steps --set train.parallel_parts=1 --set evaluation.every_steps=0 --set checkpoint.every_steps=0 >"$work/$1.log" 2>&1 ||
    { cat "$work/$1.log" >&2; fail "The run on $2 failed."; }
}

figures() { sed -n 's/.*"'"$2"'":\([-0-9.eE+]*\).*/\1/p' "$work/$1/metrics.jsonl"; }

train processor cpu
train gpu "$device"
paste <(figures processor loss) <(figures gpu loss) | awk -v tolerance=$tolerance -v wanted=$steps '
  { d = ($1 - $2) / $1; if (d < 0) d = -d; if (d > worst) worst = d }
  END {
    printf "losses of %d steps: relative difference at most %.1e (allowed %.0e)\n", NR, worst, tolerance
    exit !(NR == wanted && worst <= tolerance)
  }' || fail "The losses on $device are not those on the processor."
for name in processor gpu; do
  figures "$name" tokens_per_second | tail -n $((steps / 2)) | awk -v name="$name" '{ sum += $1 } END { printf "%-10s %8.0f tokens/s\n", name, sum / NR }'
done

if [ -x "$here/benchmark.sh" ] && [ "$device" = cuda ]; then
  "$here/benchmark.sh" --quick --only steps,gemm --json "$PWD/gpu-benchmark.json"
fi
say "The check is passed$([ "$device" = cuda ] || printf ', without a GPU')."
