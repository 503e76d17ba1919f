#!/usr/bin/env bash
# The demo that draws: set-up, build, both stages of a language model that answers "draw ..." with a picture, and what it reached on held-out names.
# Writes runs/demo-generate (anew each time): pretrain/ and sft/, each with its report.html, and summary.json.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

started="$(date +%s)"
cd "$root"
scripts/setup.sh
is_built || build_program
trainmm() { dotnet "$program" "$@"; }

rm -rf runs/demo-generate
trainmm pretrain --config configs/demo-generate/pretrain.yaml --run-dir runs/demo-generate/pretrain
trainmm sft --config configs/demo-generate/sft.yaml --run-dir runs/demo-generate/sft
trainmm eval --run runs/demo-generate/pretrain --run runs/demo-generate/sft --since "$started" --json runs/demo-generate/summary.json

echo "Figures: runs/demo-generate/summary.json. Pictures: runs/demo-generate/sft/report.html"
echo "Ask it for one: scripts/trainmm generate --run runs/demo-generate/sft --prompt 'draw a red heart' --out runs/demo-generate/pictures"
echo "All of it took $((($(date +%s) - started) / 60)) min $((($(date +%s) - started) % 60)) s."
