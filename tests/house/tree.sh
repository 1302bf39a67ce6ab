#!/usr/bin/env bash
# tree.sh SOURCE VERSION: the tree is what it says it is.
set -euo pipefail
cd "$1"
version=$2
failures=0
fail() {
    echo "$*" >&2
    failures=1
}

if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    mapfile -d '' files < <(git ls-files -z)
else
    mapfile -d '' files < <(find . -path './build*' -prune -o -path ./out -prune -o -type f -print0)
fi

for file in "${files[@]}"; do
    top=${file#./}
    case ${top%%/*} in
    kernels | io | apps | data | tests | scripts | CMakeLists.txt | README.md | LICENSE | .*) ;;
    *) fail "$file: the top level is fixed" ;;
    esac
    [ -e "$file" ] || continue
    if grep -nEIH '/(home|Users)/[A-Za-z0-9_]+|/root/' "$file" | grep -v '^[^:]*tests/house/tree.sh:'; then
        fail "^ a path of one person's machine"
    fi
done

grep -q "#define PEL_VERSION \"$version\"" kernels/include/pelton/core.h ||
    fail "PEL_VERSION in core.h is not the $version of CMakeLists.txt"
for script in scripts/*.sh .ci/run; do
    [ "$script" != scripts/common.sh ] || continue # sourced by the others
    [ -x "$script" ] || fail "$script cannot be executed"
done
exit $failures
