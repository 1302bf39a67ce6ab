#!/usr/bin/env bash
# commands.sh ROOT: a command that the scripts show can be typed: a shell takes it for the same words.
. "$1/scripts/common.sh"

words=(build/pelton bulk x.npy 'where x > 0 | select sqrt(x)' --types=a=int "it's" '' '$HOME' '~' -o out/a.csv 1e12+1e9)
shown=$(tell "${words[@]}")
eval "typed=(${shown#\$ })"
[ "${typed[*]@Q}" = "${words[*]@Q}" ] || die "not the same words: $shown"
[[ $shown == "\$ build/pelton bulk x.npy 'where x > 0 | select sqrt(x)' --types=a=int "* ]] ||
    die "quotes where none are needed, or none where they are: $shown"
