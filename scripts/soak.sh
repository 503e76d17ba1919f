#!/usr/bin/env bash
# Long trials of what the suite tries briefly: scripts/soak.sh kills N | signals N | steps N | fuzz N
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  fail "usage: scripts/soak.sh kills N (the demo in miniature, killed N times at random points) | signals N (SIGTERM N times: seconds to exit) | steps N (what grows over N steps of a sample each) | fuzz N (N spoilt files)"
}
[ $# -eq 2 ] && [[ "$2" =~ ^[1-9][0-9]*$ ]] || usage

prepare() {
  "$root/scripts/setup.sh"
  is_built || build_program
  cd "$root"
}

# Starts or goes on with a run in directory $1, waits until it has taken a step more than it had, sends SIGTERM within the next second and sets $seconds to what it took to exit.
stop_in_a_step() {
  local run="$1" before began process code=0
  before="$(steps_of "$run")"
  dotnet "$program" pretrain --config configs/demo/smoke.yaml --set train.max_steps=100000 --run-dir "$run" >>"$run.log" 2>&1 &
  process=$!
  until [ "$(steps_of "$run")" -gt "$before" ]; do
    kill -0 "$process" 2>/dev/null || fail "the run ended before its next step: $(tail -n 5 "$run.log")"
    sleep 0.05
  done
  sleep "$(printf '0.%03d' $((RANDOM % 1000)))"
  began="$EPOCHREALTIME"
  kill -TERM "$process"
  wait "$process" || code=$?
  seconds="$(awk -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f", to - from }')"
  [ "$code" -eq 75 ] || fail "exit code $code, not 75: $(tail -n 5 "$run.log")"
}

steps_of() { if [ -f "$1/metrics.jsonl" ]; then wc -l <"$1/metrics.jsonl"; else echo 0; fi; }

signals() {
  local folder all=() i
  folder="$(mktemp -d)"
  for ((i = 1; i <= $1; i++)); do
    stop_in_a_step "$folder/run-$i"
    all+=("$seconds")
    say "$i: $seconds s"
  done
  stop_in_a_step "$folder/run-$1"
  grep -q "Going on after step" "$folder/run-$1.log" || fail "the run did not go on: $(tail -n 5 "$folder/run-$1.log")"
  printf '%s\n' "${all[@]}" | sort -n | awk '{ each[NR] = $1 } END { printf "SIGTERM to exit, %d times: median %.2f s, worst %.2f s; every exit code 75, and the last run went on\n", NR, each[int((NR + 1) / 2)], each[NR] }'
  rm -rf "$folder"
}

# What run.json says of the steps: KiB that one allocates, tensors and memory at the first tenth and at the last, collections, the longest pause. Features are not kept, since those are meant to grow.
steps() {
  local folder
  folder="$(mktemp -d)"
  dotnet "$program" pretrain --config configs/demo/smoke.yaml --set train.max_steps="$1" --set train.batch_size=1 --set train.micro_batch_size=1 \
    --set train.feature_cache=off --set evaluation.every_steps=0 --set checkpoint.every_steps=0 --run-dir "$folder/run" >"$folder/log" 2>&1 || fail "$(tail -n 5 "$folder/log")"
  sed -n '/^ *"loop": {/,/}/ s/^ *"\(.*\)": \([0-9.]*\),*$/\1 \2/p' "$folder/run/run.json"
  rm -rf "$folder"
}

case "$1" in
  kills)
    prepare
    dotnet "$program" verify-resume --config configs/demo/smoke.yaml --steps 24 --kills "$2"
    ;;
  signals)
    prepare
    signals "$2"
    ;;
  steps)
    prepare
    steps "$2"
    ;;
  fuzz) TRAINMM_FUZZ="$2" "$root/scripts/test.sh" --filter FullyQualifiedName~FuzzTests ;;
  *) usage ;;
esac
