#!/usr/bin/env bash
# Packs TrainMm for a node that has a PyTorch and no .NET: scripts/publish-node.sh [FILE.tar.xz]
# The bundle holds the program, this machine's .NET runtime, the picture decoder with its libraries, the demo's data, and the sources of
# the libtorch shim, which its launcher builds on the node, at the first start, against the node's own libtorch.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

readonly limit=$((60 << 20)) # bytes that the packed bundle may have
[ $# -le 1 ] || fail "usage: scripts/publish-node.sh [FILE.tar.xz]"
mkdir -p "$root/build"
bundle="$(realpath -m "${1:-$root/build/trainmm-node.tar.xz}")"
command -v xz >/dev/null || fail "xz is missing: sudo apt-get install xz-utils"

is_built || build_program
built="$(dirname "$program")"
stage="$(mktemp -d)"
trap 'rm -rf "$stage"' EXIT
node="$stage/trainmm-node"

# The program, but for what is said to programmers, and for the shim, which is bound to this machine's libtorch.
copy_program() {
  mkdir -p "$node/program"
  find "$built" -maxdepth 1 -type f ! -name '*.xml' ! -name '*.pdb' ! -name libtrainmm_torch.so ! -name trainmm ! -name built-with \
    -exec cp -t "$node/program" {} +
}

# The runtime that the program was built and tested with: the newest of its band that is installed here.
copy_runtime() {
  local home version
  home="$(dirname "$(readlink -f "$(command -v dotnet)")")"
  version="$(dotnet --list-runtimes | sed -n 's/^Microsoft\.NETCore\.App \(10\.[^ ]*\).*/\1/p' | sort -V | tail -n 1)"
  [ -n "$version" ] || fail "No .NET 10 runtime is installed here."
  mkdir -p "$node/dotnet/host/fxr" "$node/dotnet/shared/Microsoft.NETCore.App"
  cp "$home/dotnet" "$home/LICENSE.txt" "$home/ThirdPartyNotices.txt" "$node/dotnet/"
  cp -r "$home/host/fxr/$version" "$node/dotnet/host/fxr/"
  cp -r "$home/shared/Microsoft.NETCore.App/$version" "$node/dotnet/shared/Microsoft.NETCore.App/"
}

# What the picture decoder is linked with, but for the C and C++ libraries and zlib, which every node has.
copy_libraries() {
  mkdir -p "$node/lib"
  ldd "$built/libtrainmm_media.so" | sed -n 's/.*=> \(\/[^ ]*lib\(jpeg\|png16\|webp\|webpdemux\|sharpyuv\)\.so[^ ]*\) .*/\1/p' | xargs -r cp -L -t "$node/lib"
  [ -e "$node/lib/libjpeg.so.62" ] || fail "libtrainmm_media.so is not linked with libjpeg.so.62."
}

copy_rest() {
  mkdir -p "$node/native"
  (cd "$root/src/TrainMm.Torch/native" && find . -path ./build -prune -o -type f -print | tar -c -T -) | tar -x -C "$node/native"
  mkdir -p "$node/data-manifests" "$node/configs"
  cp -r "$root/data-manifests/emoji" "$node/data-manifests/"
  cp -r "$root/configs/demo" "$node/configs/"
  cp "$root/LICENSE" "$node/"
  cp "$root/scripts/gpu-check.sh" "$node/"
  cp "$root/scripts/node-launcher.sh" "$node/trainmm"
  chmod +x "$node/trainmm" "$node/gpu-check.sh"
}

copy_program
copy_runtime
copy_libraries
copy_rest
say "Packing ..."
mkdir -p "$(dirname "$bundle")"
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner -c trainmm-node | xz -T0 -6 >"$bundle.part"
mv "$bundle.part" "$bundle"
size="$(stat -c %s "$bundle")"
say "$bundle: $((size >> 20)) MiB. On the node: tar -xf $(basename "$bundle") && TRAINMM_LIBTORCH=\$(python3 -c 'import torch, os; print(os.path.dirname(torch.__file__))') trainmm-node/trainmm doctor"
[ "$size" -le "$limit" ] || fail "That is more than $((limit >> 20)) MiB."
