#!/usr/bin/env bash
# Installs what building and testing pelton takes, where it is missing: Debian 12, Ubuntu 22.04 and
# 24.04, or anything else with apt and these packages. Does nothing, and needs no rights, where all is
# there.
#
#     scripts/setup.sh [PACKAGE...]      also installs the packages named (what a benchmark compares with)
set -euo pipefail

packages=(gcc g++ make ninja-build cmake pkg-config libpng-dev libjpeg-dev zlib1g-dev libcjson-dev
    libcmocka-dev liburing-dev libstb-dev "$@")

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    cat >&2 <<END
setup: this system has no apt. Please install, in its own way: gcc, make or ninja, cmake 3.22 or later,
pkg-config, and the development files of libpng, libjpeg-turbo, zlib, cJSON, cmocka, stb and (optional)
liburing. Then build as usual: cmake -S . -B build && cmake --build build
END
    # What is installed may be enough: let CMake judge.
    command -v cmake >/dev/null && exit 0
    exit 1
fi

installed() {
    dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q 'ok installed'
}

missing=()
for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: neither root nor sudo. Please have these installed: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" </dev/null >/dev/null
}
# A fresh container has no package lists; old ones may name files that are gone.
apt install -y --no-install-recommends "${missing[@]}" 2>/dev/null || {
    apt update
    apt install -y --no-install-recommends "${missing[@]}" || {
        echo "setup: apt-get could not install: ${missing[*]}" >&2
        exit 1
    }
}
