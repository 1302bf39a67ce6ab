#!/usr/bin/env bash
# readme.sh PROGRAM README: the options that the README shows are those that --help prints.
set -euo pipefail
program=$1 readme=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/pelton-readme.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$program" image --help | sed -n '/^Inputs and outputs:/,/^Reads PNG/p' | sed '$d' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"$work/help"
sed -n '/^Inputs and outputs:/,/^```/p' "$readme" | sed '$d' >"$work/readme"
diff -u "$work/readme" "$work/help" || {
    echo "the README's options are not those of --help" >&2
    exit 1
}
