#!/usr/bin/env bash
# That queries give the same bits whatever computes them, and that files larger than memory are read.
#
#     scripts/vectors_bulk.sh [-n ROWS] [-g GB] [-a] [-v]
#
# The ten queries of tests/kernels/bulk_ten.h over two columns of ROWS (default 1,000,003) doubles, and a
# SHA-256 of the bytes of each result: by `pelton bulk` with 1, 2, 3 and 7 threads at each --isa level that this
# machine has, from mapped files, from streamed ones and from a CSV of the same numbers; and through the
# macros of <pelton/query.h>, compiled for each level of the processor, with as many threads. A line a
# query, with one hash if all are equal; else, and with -v, one for each way.
#
# With -a also by kernels/ compiled for other processors, which are emulated: aarch64, and s390x, which has the
# most significant byte first. This installs their compilers and qemu-user-static.
#
# Then a .npy of GB gigabytes (default 6; 0: not this part) is made and aggregated with `ulimit -v` at 256 MB.
# It lies in TMPDIR and is removed; where the disk has no room for it, the file has zeros in a hole.
# Exit status 1 when anything differs.
. "$(dirname "$0")/common.sh"

rows=1000003 gigabytes=6 others=() verbose=''
while getopts n:g:avh- option; do
    case $option in
    n) rows=$OPTARG ;;
    g) gigabytes=$OPTARG ;;
    a) others=(aarch64 s390x) ;;
    v) verbose=1 ;;
    *) show_help ;;
    esac
done
prepare_pelton
"$root/scripts/setup.sh" time
make_scratch
bulk() { "$pelton" bulk "$@" -q; }

bulk "random($rows, 1)" 'select x = 2 * x - 1' -o "$scratch/x.npy"
bulk "random($rows, 2)" 'select y = 2 * x - 1' -o "$scratch/y.npy"
bulk "$scratch/x.npy" "$scratch/y.npy" 'select x, y' -o "$scratch/xy.csv"
bulk "$scratch/x.npy" '' -o "$scratch/x.raw" -f raw
bulk "$scratch/y.npy" '' -o "$scratch/y.raw" -f raw

# The levels of --isa, and what the compiler calls them.
levels=(baseline) targets=(x86-64)
has() { "$pelton" info | grep -q "^  $1  *yes"; }
! has avx2 || { levels+=(avx2) targets+=(x86-64-v3); }
! has avx512 || { levels+=(avx512) targets+=(x86-64-v4); }
[ "$(uname -m)" = x86_64 ] || targets=(native)
flags=(-std=c11 -D_GNU_SOURCE -O3 -fopenmp -fno-math-errno -ffp-contract=off -I "$root/kernels/include" -I "$root/kernels")
ten=$root/scripts/bench_bulk/ten.c
for target in "${targets[@]}"; do
    "${CC:-gcc}" "${flags[@]}" "-march=$target" "$ten" "$(dirname "$pelton")/libpelton.a" -lm -o "$scratch/ten.$target"
done
# cross MACHINE: builds ten with all of kernels/ for it.
cross() {
    "$root/scripts/setup.sh" "gcc-$1-linux-gnu" "libc6-dev-${1/aarch64/arm64}-cross" qemu-user-static
    echo "compiling kernels/ for $1" >&2
    mkdir "$scratch/$1"
    # Files of different folders have the same name. Warnings are for the compilers of the tests.
    # shellcheck disable=SC2016 # the inner shell's
    (cd "$root/kernels" && find . -name '*.c' -print0) | xargs -0 -n 1 -P "$cores" bash -c \
        'out=$1/${*: -1} && mkdir -p "${out%/*}" && cd "$2" && "${@:3}" -o "$out.o"' bash \
        "$scratch/$1" "$root/kernels" "$1-linux-gnu-gcc" "${flags[@]}" -w -c
    find "$scratch/$1" -name '*.o' -exec "$1-linux-gnu-ar" rcs "$scratch/$1.a" {} +
    # The linker warns of a dlopen in libgomp, which is not called.
    "$1-linux-gnu-gcc" "${flags[@]}" -static "$ten" "$scratch/$1.a" -lm -o "$scratch/ten.$1" 2>"$scratch/warnings" ||
        { cat "$scratch/warnings" >&2 && die "cannot link for $1"; }
}
for machine in "${others[@]}"; do cross "$machine"; done

# hash WAY COMMAND...: a line "HASH WAY" in $scratch/hashes.
hash() {
    local way=$1
    shift
    "$@" >"$scratch/result" || die "failed: $*"
    echo "$(sha256sum <"$scratch/result" | cut -d' ' -f1) $way" >>"$scratch/hashes"
}

failures=0
mapfile -t lines < <("$scratch/ten.${targets[0]}")
echo "$rows rows; threads 1, 2, 3, 7; levels ${levels[*]}; mapped, streamed, CSV, macros for ${targets[*]}" \
    "${others[*]:+and emulated: ${others[*]}}"
for q in "${!lines[@]}"; do
    read -r precision query <<<"${lines[q]}"
    text=$query
    # Its bins count with whole numbers; the macros' results are made doubles.
    [ "${query%% *}" != histogram ] || text+=' | select float(count)'
    [ "$precision" = tree ] || query+=" (--sum $precision)"
    : >"$scratch/hashes"
    for t in 1 2 3 7; do
        for level in "${levels[@]}"; do
            run=("$text" -f raw -j "$t" --isa "$level" --sum "$precision")
            hash "mapped, $t threads, $level" bulk "$scratch/x.npy" "$scratch/y.npy" "${run[@]}" --read map
            hash "streamed, $t threads, $level" bulk "$scratch/x.npy" "$scratch/y.npy" "${run[@]}" --read stream
            hash "CSV, $t threads, $level" bulk "$scratch/xy.csv" "${run[@]}"
        done
        for target in "${targets[@]}"; do
            hash "macros, $t threads, $target" "$scratch/ten.$target" macros "$q" "$t" "$scratch/x.raw" "$scratch/y.raw"
        done
    done
    for machine in "${others[@]}"; do
        for way in macros engine; do
            hash "$way, 2 threads, $machine" "qemu-$machine-static" "$scratch/ten.$machine" \
                "$way" "$q" 2 "$scratch/x.raw" "$scratch/y.raw"
        done
    done
    different=$(cut -d' ' -f1 "$scratch/hashes" | sort -u | wc -l)
    ways=$(wc -l <"$scratch/hashes")
    if [ "$different" = 1 ]; then
        echo "$(cut -d' ' -f1 "$scratch/hashes" | head -1)  $ways of $ways equal  $query"
    else
        echo "$different DIFFERENT results in $ways runs  $query"
        failures=$((failures + 1))
    fi
    if [ "$different" != 1 ] || [ -n "$verbose" ]; then sed 's/^/    /' "$scratch/hashes"; fi
done
[ $failures = 0 ] && echo "all equal" || echo "$failures of ${#lines[@]} queries DIFFER"

# A .npy of so many bytes of f64 whose numbers are a hole in the file: zeros.
sparse_npy() { # FILE COUNT
    local header="{'descr': '<f8', 'fortran_order': False, 'shape': ($2,), }"
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header" >"$1"
    truncate -s $((128 + 8 * $2)) "$1"
}
large() {
    local file=$scratch/large.npy count free seconds kilobytes
    count=$(awk -v gb="$gigabytes" 'BEGIN { printf "%d", gb * 1e9 / 8 }')
    free=$(df -P "$scratch" | awk 'NR == 2 { print $4 }')
    if [ $((count * 8 / 1024)) -lt "$((free * 9 / 10))" ]; then
        bulk "random($count, 1)" 'select x = x - 0.5' -o "$file"
    else
        sparse_npy "$file" "$count"
    fi
    printf '\n%s bytes of .npy, 256 MB of address space (ulimit -v 262144):\n' "$(stat -c %s "$file")"
    (
        ulimit -v 262144
        /usr/bin/time -o "$scratch/time" -f '%e %M' "$pelton" bulk "$file" \
            'where x > 0 | select n = count(), roots = sum(sqrt(x)), mean(x), least = min(x), greatest = max(x)' -q -f table
    ) || return 1
    read -r seconds kilobytes <"$scratch/time"
    awk -v s="$seconds" -v kb="$kilobytes" -v gb="$gigabytes" \
        'BEGIN { printf "%.2f s, %.0f MB/s, peak memory %.1f MB\n", s, gb * 1000 / s, kb * 1024 / 1e6 }'
}
[ "$gigabytes" = 0 ] || large || failures=$((failures + 1))
[ $failures = 0 ]
