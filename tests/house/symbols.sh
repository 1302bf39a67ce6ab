#!/usr/bin/env bash
# symbols.sh NM LIBRARY SOURCE: the shared library exports exactly the PEL_API functions of the public
# headers, and all of them are called pel_*.
set -euo pipefail
nm=$1 library=$2 source=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The name before the first parenthesis of each statement that holds PEL_API, comments removed.
cat "$source"/{kernels,io}/include/pelton/*.h |
    awk '{ text = text $0 "\n" }
         END { while ((i = index(text, "/*")) > 0) {
                   j = index(substr(text, i + 2), "*/")
                   text = substr(text, 1, i - 1) " " substr(text, i + j + 3)
               }
               count = split(text, statements, ";")
               for (i = 1; i <= count; i++)
                   if (match(statements[i], /PEL_API[^(]*\(/)) {
                       name = substr(statements[i], RSTART, RLENGTH - 1)
                       gsub(/[^A-Za-z0-9_]/, " ", name)
                       n = split(name, words, " ")
                       print words[n]
                   } }' | grep -v '^__attribute__$' | sort >"$work/declared"
# The sanitizers and the linker add names that begin with two underscores (or one and a capital).
"$nm" -D --defined-only "$library" | awk '{ print $NF }' | sed 's/@.*//' |
    grep -Ev '^(__|_[A-Z]|_(init|fini|end|edata)$)' | sort >"$work/exported"

[ "$(wc -l <"$work/declared")" -ge 40 ] || { echo "the headers were not understood" >&2; exit 1; }
if grep -v '^pel_' "$work/exported"; then
    echo "exported, but not called pel_*" >&2
    exit 1
fi
if ! diff -u "$work/declared" "$work/exported" >"$work/diff"; then
    echo "declared with PEL_API but not exported (-), or exported but not declared (+):" >&2
    grep '^[-+]pel_' "$work/diff" >&2
    exit 1
fi
echo "$(wc -l <"$work/exported") functions exported, all of them declared"
