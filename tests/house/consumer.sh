#!/usr/bin/env bash
# consumer.sh SOURCE BUILD installed|subdirectory: does a project of its own find, compile, link and run
# pelton? The sample programs print 76 (the BT.601 gray of pure red, 76 primes, twice, 4 parts of 76 items).
set -euo pipefail
source=$1 build=$2 how=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/pelton-consumer.XXXXXX")
trap 'rm -rf "$work"' EXIT
jobs=$(getconf _NPROCESSORS_ONLN)

# A static library that uses OpenMP wants the compiler that built it; CMake looks at CC too.
export CC=${CC:-cc}

expect_76() {
    local printed
    printed=$("$@") || { echo "$1: status $?" >&2; exit 1; }
    [ "$printed" = 76 ] || { echo "$1 printed '$printed', not 76" >&2; exit 1; }
}

if [ "$how" = subdirectory ]; then
    cmake -S "$source/tests/consumer" -B "$work/sub" -DPELTON_SOURCE="$source" -DCMAKE_BUILD_TYPE=Debug
    cmake --build "$work/sub" -j "$jobs"
    for program in "$work"/sub/{c,primes,bulk,cxx}_{static,shared,pelton}; do
        expect_76 "$program"
    done
    exit 0
fi

cmake --install "$build" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/moved to"
prefix="$work/moved to"
if grep -rIl -e "$source" -e "$work/first" "$prefix"; then
    echo "these installed files hold absolute paths" >&2
    exit 1
fi

cmake -S "$source/tests/consumer" -B "$work/found" -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work/found" -j "$jobs"
for program in "$work"/found/convert_{static,shared,pelton}; do
    "$program" "$source/data/samples/formats/interlaced.png" "$work/half.png"
    # width and height, in the header of a PNG
    size=$(od -An -tu1 -j16 -N8 "$work/half.png" | tr -s ' ')
    [ "$size" = " 0 0 0 96 0 0 0 64" ] || { echo "$program wrote a picture of$size" >&2; exit 1; }
    rm "$work/half.png"
done
for program in "$work"/found/{c,primes,bulk,query,cxx}_{static,shared,pelton}; do
    expect_76 "$program"
done

# Moved again, to where no blank is: pkg-config before pkgconf (Ubuntu 22.04) cannot quote one.
mv "$prefix" "$work/again"
prefix=$work/again
libdir=$(dirname "$(find "$prefix" -name libpelton.a)")
export PKG_CONFIG_PATH=$libdir/pkgconfig
# shellcheck disable=SC2046 # words
"$CC" -std=c11 -o "$work/by_pc" "$source/tests/consumer/gray.c" $(pkg-config --cflags --libs pelton)
LD_LIBRARY_PATH=$libdir expect_76 "$work/by_pc"
# The example of <pelton/query.h> by the line that stands there, but for OpenMP, which not all have.
header=$prefix/include/pelton/query.h
sed -n '/^ \*     #include <pelton/,/^ \*     }/s/^ \*     //p' "$header" >"$work/query.c"
line=$(sed -n 's/^ \*     cc //p' "$header")
(cd "$work" && eval "$CC ${line/-fopenmp/}")
LD_LIBRARY_PATH=$libdir "$work/query" | grep -q 'status 0$' || { echo "the query fails" >&2; exit 1; }
# shellcheck disable=SC2046
"$CC" -std=c11 -o "$work/by_pc_static" "$source/tests/consumer/gray.c" $(pkg-config --cflags pelton) \
    "$libdir/libpelton.a" $(pkg-config --static --libs pelton | sed 's/-lpelton//')
expect_76 "$work/by_pc_static"

"$prefix/bin/pelton" --version
