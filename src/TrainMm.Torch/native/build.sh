#!/bin/bash
# Builds the shim into the folder $1 against the libtorch of TRAINMM_LIBTORCH (a libtorch folder, or a Python `torch`
# package folder), else the system's. Does nothing when neither the sources nor the libtorch changed.
# Messages have MSBuild's form, so that `dotnet build` shows them as its own.
set -euo pipefail

sources=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
output=$(cd "$1" && pwd)

fail() {
  echo "trainmm : error $1: $2"
  exit 1
}

need() {
  command -v "$1" > /dev/null || fail TM0002 "$1 was not found. Install it: sudo apt-get install cmake g++ make"
}

# Sets include, libraries.
find_libtorch() {
  local folder
  if [ -n "${TRAINMM_LIBTORCH:-}" ]; then
    for folder in "$TRAINMM_LIBTORCH" "$TRAINMM_LIBTORCH/torch" "$TRAINMM_LIBTORCH/libtorch"; do
      if [ -e "$folder/lib/libtorch_cpu.so" ] && [ -d "$folder/include/ATen" ]; then
        include=$(cd "$folder/include" && pwd)
        libraries=$(cd "$folder/lib" && pwd)
        return
      fi
    done
    fail TM0003 "TRAINMM_LIBTORCH is '$TRAINMM_LIBTORCH', which holds no libtorch (expected lib/libtorch_cpu.so and include/ATen there). Set it to a libtorch folder or to the folder of Python's torch package."
  fi
  local library
  library=$("${CXX:-g++}" -print-file-name=libtorch_cpu.so)
  for folder in /usr/include /usr/local/include; do
    if [ "$library" != libtorch_cpu.so ] && [ -d "$folder/ATen" ]; then
      include=$folder
      libraries=$(cd "$(dirname "$library")" && pwd)
      return
    fi
  done
  fail TM0001 "libtorch was not found. Install it: sudo apt-get install libtorch-dev libopenblas0-openmp; or set TRAINMM_LIBTORCH to a libtorch folder or to the folder of Python's torch package."
}

# Old pip builds of PyTorch use the old ABI of libstdc++ and say so in their CMake package.
read_flags() {
  local config
  for config in "$libraries/../share/cmake/Torch/TorchConfig.cmake" "$libraries/cmake/Torch/TorchConfig.cmake"; do
    if [ -e "$config" ]; then
      sed -n 's/^ *set(TORCH_CXX_FLAGS "\(.*\)").*/\1/p' "$config" | head -n 1
      return
    fi
  done
}

# CUDA's headers give memory statistics; pip brings them beside its torch package.
find_cuda_headers() {
  [ -e "$libraries/libtorch_cuda.so" ] || return 0
  local folder
  for folder in "$libraries"/../../nvidia/*/include "${CUDA_HOME:-/usr/local/cuda}/include" /usr/local/cuda/include; do
    if [ -e "$folder/cuda_runtime_api.h" ]; then
      (cd "$folder" && pwd)
      return
    fi
  done
}

inputs_hash() {
  {
    cat "$sources"/*.cpp "$sources"/*.h "$sources"/loops/* "$sources/CMakeLists.txt" "$sources/build.sh"
    echo "$include $libraries $flags $cuda_include $("${CXX:-g++}" --version | head -n 1)"
    stat -L -c '%s %Y' "$libraries/libtorch_cpu.so"
  } | sha256sum
}

need "${CXX:-g++}"
find_libtorch
flags=$(read_flags)
cuda_include=$(find_cuda_headers)

# Projects are built side by side: one builds the shim, the others wait and then find it built.
exec 9> "$output/lock"
flock 9
hash=$(inputs_hash)
if [ -e "$output/libtrainmm_torch.so" ] && [ "$(cat "$output/inputs.sha256" 2> /dev/null)" = "$hash" ]; then
  exit 0
fi
need cmake
need make
echo "Building the libtorch shim against $libraries (a quarter of a minute)"
rm -rf "$output/cmake" "$output/inputs.sha256"
if ! { cmake -S "$sources" -B "$output/cmake" -G "Unix Makefiles" -DLIBTORCH_INCLUDE="$include" -DLIBTORCH_LIBRARIES="$libraries" \
         -DLIBTORCH_CXX_FLAGS="$flags" -DLIBTORCH_CUDA_INCLUDE="$cuda_include" &&
       cmake --build "$output/cmake" --parallel "$(nproc)"; } > "$output/build.log" 2>&1; then
  grep -m 5 -E 'error|Error' "$output/build.log" || true
  fail TM0004 "the libtorch shim did not build against $libraries; the whole log is $output/build.log"
fi
mv "$output/cmake/libtrainmm_torch.so" "$output/libtrainmm_torch.so"
echo "$hash" > "$output/inputs.sha256"
