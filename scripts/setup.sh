#!/usr/bin/env bash
# Makes this machine ready to build and run TrainMm: says what is missing and what it is for, and installs it with apt-get.
# Does nothing, at once, where nothing is missing. With TRAINMM_LIBTORCH (a libtorch folder, or the torch folder of a
# Python installation) that libtorch is used, and the distribution's is not installed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

packages=() reasons=()

need() { # package, what it is for
  local state
  state="$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)"
  case "$state" in installed*) return ;; esac
  packages+=("$1")
  reasons+=("$2")
}

check_dotnet() {
  command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^1[0-9]\.' && return
  fail "The .NET 10 SDK is missing. Install it from https://dotnet.microsoft.com/download/dotnet/10.0 (or your distribution's
dotnet-sdk-10.0), see that 'dotnet --version' prints 10.0.100 or higher, and run this script again."
}

check_libtorch_folder() {
  [ -z "${TRAINMM_LIBTORCH:-}" ] && return
  local folder
  for folder in "$TRAINMM_LIBTORCH" "$TRAINMM_LIBTORCH/torch" "$TRAINMM_LIBTORCH/libtorch"; do
    [ -e "$folder/lib/libtorch_cpu.so" ] && [ -d "$folder/include/ATen" ] && return
  done
  fail "TRAINMM_LIBTORCH is '$TRAINMM_LIBTORCH', which holds no lib/libtorch_cpu.so and include/ATen. Point it at an unpacked libtorch or
at a Python installation's torch folder: python3 -c 'import torch, os; print(os.path.dirname(torch.__file__))'"
}

list_needs() {
  need cmake "configures the engine's native part"
  need make "builds the engine's native part"
  need g++ "compiles the engine's native part"
  need libjpeg62-turbo-dev "reads JPEG images"
  need libpng-dev "reads PNG images"
  need libwebp-dev "reads WebP images"
  [ -n "${TRAINMM_LIBTORCH:-}" ] && return
  need libtorch-dev "libtorch: tensors and autograd (about 700 MB with what it needs)"
  need libopenblas0-openmp "fast matrix products on libtorch's own threads; without it training is about fifty times slower"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Asks before sudo is used; a root user or a CI machine has answered by being one.
confirm() { # question
  [ "$(id -u)" = 0 ] || [ "${CI:-}" = true ] && return
  command -v sudo >/dev/null || fail "This needs root, and there is no sudo. Run as root: apt-get install -y --no-install-recommends ${packages[*]}"
  [ -t 0 ] || fail "Run this in a terminal, so that sudo can ask, or run as root: apt-get install -y --no-install-recommends ${packages[*]}"
  local answer
  read -r -p "$1 [Y/n] " answer
  case "$answer" in [nN]*) fail "Nothing was installed." ;; esac
}

install_needs() {
  [ ${#packages[@]} -eq 0 ] && return
  say "Missing on this machine:"
  for index in "${!packages[@]}"; do
    say "$(printf '  %-22s %s' "${packages[$index]}" "${reasons[$index]}")"
  done
  confirm "Install with sudo apt-get?"
  say "Installing ..."
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

# Debian's libtorch takes its matrix products from whatever libblas.so.3 points to.
check_blas() {
  [ -n "${TRAINMM_LIBTORCH:-}" ] && return
  local machine library
  machine="$(uname -m)-linux-gnu"
  for library in libblas.so.3 liblapack.so.3; do
    case "$(readlink -f "/usr/lib/$machine/$library")" in *openblas*) continue ;; esac
    say "$library is not OpenBLAS's: setting the alternative, since the reference BLAS is about fifty times slower."
    confirm "Set it with sudo update-alternatives?"
    as_root update-alternatives --set "$library-$machine" "/usr/lib/$machine/openblas-openmp/$library" >/dev/null
  done
}

check_dotnet
check_libtorch_folder
if command -v dpkg-query >/dev/null; then
  list_needs
  install_needs
  check_blas
else
  say "This is no Debian: set-up installs nothing. See that cmake, g++, libjpeg-turbo, libpng, libwebp (with headers) and a libtorch
(TRAINMM_LIBTORCH) are there; 'scripts/trainmm doctor' tells what it finds."
fi

if [ -n "${OPENBLAS_CORETYPE:-}" ]; then
  say "warning: OPENBLAS_CORETYPE=$OPENBLAS_CORETYPE keeps OpenBLAS from choosing this processor's fastest code; unset it."
fi
