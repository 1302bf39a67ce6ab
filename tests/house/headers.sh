#!/usr/bin/env bash
# headers.sh SOURCE: each public header compiles alone, and twice, as C11 and as C++17 with each compiler
# that is there.
set -euo pipefail
cd "$1"
flags=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only -I kernels/include -I io/include)
checked=0
for compiler in gcc clang g++ clang++; do
    command -v "$compiler" >/dev/null || continue
    case $compiler in
    *++) language=(-x c++ -std=c++17) ;;
    *) language=(-x c -std=c11) ;;
    esac
    # A clang++ without a C++ library (it brings none of its own) cannot compile anything.
    case $compiler in
    *++) echo '#include <cstddef>' | "$compiler" "${language[@]}" -fsyntax-only - 2>/dev/null || continue ;;
    esac
    for header in {kernels,io}/include/pelton/*.h; do
        name=pelton/$(basename "$header")
        printf '#include <%s>\n#include <%s>\nextern int not_empty;\n' "$name" "$name" |
            "$compiler" "${language[@]}" "${flags[@]}" - || { echo "$name with $compiler" >&2; exit 1; }
        checked=$((checked + 1))
    done
done
echo "$checked compilations"
[ $checked -gt 0 ] || { echo "skipped: neither gcc nor clang is installed"; exit 77; }
