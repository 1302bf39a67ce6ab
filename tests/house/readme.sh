#!/usr/bin/env bash
# readme.sh PROGRAM README: the options that the README shows are those that --help prints, and the digest
# of a query's result is that of a run.
set -euo pipefail
program=$1 readme=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/pelton-readme.XXXXXX")
trap 'rm -rf "$work"' EXIT

# same SUBCOMMAND FIRST BEHIND: the help from the line FIRST to the one before BEHIND, blank lines at its
# end left out, and the README from FIRST to the end of the block.
same() {
    "$program" "$1" --help | sed -n "/^$2/,/^$3/p" | sed '$d' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"$work/help"
    sed -n "/^$2/,/^\`\`\`/p" "$readme" | sed '$d' >"$work/readme"
    [ -s "$work/help" ] || { echo "the help of $1 has no '$2'" >&2 && exit 1; }
    diff -u "$work/readme" "$work/help" || {
        echo "the README's options are not those of pelton $1 --help" >&2
        exit 1
    }
}
same image 'Inputs and outputs:' 'Reads PNG'
same primes 'What to find:' 'The interval holds both ends'
same bulk 'Input:' 'INPUT is a file'

# The commands between the line with the query and the end of its block, and the digests that they print.
example=$(sed -n '/^>   build\/pelton bulk .*sha256sum/,/^```/p' "$readme")
query=$(sed -n "1s/.*npy '\(.*\)' -j .*/\1/p" <<<"$example")
shown=$(sed -n 's/  -$//p' <<<"$example" | sort -u)
tables=$work/tables
PELTON=$program "$(dirname "$readme")/scripts/sample_tables.sh" "$tables"
got=$("$program" bulk "$tables/a.npy" "$tables/b.npy" "$query" -f raw | sha256sum | cut -d ' ' -f 1)
[ "$got" = "$shown" ] || {
    echo "the README's digest of '$query' is not $got but: $shown" >&2
    exit 1
}
