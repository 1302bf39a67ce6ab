#!/usr/bin/env bash
# written.sh ROOT: files that scripts write are what the scripts write.
root=$1
python=/usr/bin/python3
[ -x $python ] || { echo "skipped: no $python"; exit 77; }
status=0
while read -r script file; do
    "$python" "$root/scripts/$script" | cmp - "$root/$file" || status=1
done <<'FILES'
math_tables.py kernels/bulk/math/tables.h
powers_of_five.py kernels/bulk/decimal/powers.c
FILES
exit $status
