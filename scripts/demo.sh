#!/usr/bin/env bash
# The whole job on the shipped data: set-up, build, both stages, and what they reached on held-out pictures.
# Writes runs/demo (anew each time): pretrain/ and sft/, each with its report.html, and summary.json.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

started="$(date +%s)"
cd "$root"
scripts/setup.sh
is_built || build_program
trainmm() { dotnet "$program" "$@"; }

rm -rf runs/demo
trainmm pretrain --config configs/demo/pretrain.yaml --run-dir runs/demo/pretrain
trainmm sft --config configs/demo/sft.yaml --run-dir runs/demo/sft
trainmm eval --run runs/demo/pretrain --run runs/demo/sft --answers 5 --since "$started" --json runs/demo/summary.json

echo "Figures: runs/demo/summary.json. Reports: runs/demo/pretrain/report.html, runs/demo/sft/report.html"
echo "Ask it something: scripts/trainmm generate --run runs/demo/sft --image PICTURE --chat"
echo "All of it took $((($(date +%s) - started) / 60)) min $((($(date +%s) - started) % 60)) s."
