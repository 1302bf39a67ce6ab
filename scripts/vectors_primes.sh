#!/usr/bin/env bash
# The long vectors, as a user would run them: published counts, n-th primes, twins and sums that take too
# long for a test, the last primes of 64 bits, and that lists are the same bytes for any -j.
#
#     scripts/vectors_primes.sh [-j THREADS]
#
# One line each: what, ok or the wrong answer, seconds. Exit status 1 when any differs. Some minutes on
# two processors. Where primesieve is installed, its list is compared too.
. "$(dirname "$0")/common.sh"

threads=$cores
while getopts j:h- option; do
    case $option in
    j) threads=$OPTARG ;;
    *) show_help ;;
    esac
done
prepare_pelton
make_scratch

failures=0
# check WHAT WANTED COMMAND...
check() {
    local what=$1 wanted=$2 start=${EPOCHREALTIME/./} got verdict=ok
    shift 2
    got=$("$@" 2>"$scratch/stderr" </dev/null) || got="status $?: $(head -1 "$scratch/stderr")"
    if [ "$got" != "$wanted" ]; then
        verdict="WRONG: $got, not $wanted"
        failures=$((failures + 1))
    fi
    awk -v w="$what" -v v="$verdict" -v us=$((${EPOCHREALTIME/./} - start)) \
        'BEGIN { printf "%-36s %9.3f s  %s\n", w, us / 1e6, v }'
}
primes() { "$pelton" primes "$@" -q -j "$threads"; }

# OEIS A006880, from k = 1
pi=(4 25 168 1229 9592 78498 664579 5761455 50847534 455052511 4118054813 37607912018 346065536839
    3204941750802 29844570422669 279238341033925 2623557157654233 24739954287740860)
for k in "${!pi[@]}"; do
    check "pi(1e$((k + 1))), combinatorial" "${pi[k]}" primes "1e$((k + 1))" --method combinatorial
done
for ((k = 0; k < 11; k++)); do
    check "pi(1e$((k + 1))), sieve" "${pi[k]}" primes "1e$((k + 1))" --method sieve
done

# A007508
twins=(2 8 35 205 1224 8169 58980 440312 3424506 27412679 224376048)
for k in "${!twins[@]}"; do
    check "twins < 1e$((k + 1))" "${twins[k]}" primes "1e$((k + 1))" --twins
done

# A046731
sums=(17 1060 76127 5736396 454396537 37550402023 3203324994356 279209790387276 24739512092254535
    2220822432581729238 201467077743744681014 18435588552550705911377)
for k in "${!sums[@]}"; do
    check "sum of the primes < 1e$((k + 1))" "${sums[k]}" primes "1e$((k + 1))" --sum
done
check "the same to 1e10, sieve" "${sums[9]}" primes 1e10 --sum --method sieve

# A006988
nth=(29 541 7919 104729 1299709 15485863 179424673 2038074743 22801763489 252097800623 2760727302517
    29996224275833)
for k in "${!nth[@]}"; do
    check "prime 1e$((k + 1))" "${nth[k]}" primes --nth "1e$((k + 1))"
done

# Counts of length 1e10 and k-tuplets, from primesieve's own tests.
check "[1e12, 1e12+1e10]" 361840208 primes 1e12 1e12+1e10 --method sieve
check "[1e13, 1e13+1e10]" 334067230 primes 1e13 1e13+1e10 --method sieve
check "twins of [1e12, 1e12+1e10]" 17278660 primes 1e12 1e12+1e10 --twins

# The last 20 primes of 64 bits, by the sieve (`primesieve 2^64-1200 2^64-1 -p | tail -20`).
last="18446744073709550681
18446744073709550717
18446744073709550719
18446744073709550771
18446744073709550773
18446744073709550791
18446744073709550873
18446744073709551113
18446744073709551163
18446744073709551191
18446744073709551253
18446744073709551263
18446744073709551293
18446744073709551337
18446744073709551359
18446744073709551427
18446744073709551437
18446744073709551521
18446744073709551533
18446744073709551557"
tail_of_64_bits() { primes 2^64-1200 2^64-1 --print | tail -20; }
check "the last 20 primes below 2^64" "$last" tail_of_64_bits

# SHA-256 of `primesieve 1e9 -p`.
digest=46265d770b6da343d82dc055088e6abd8dfba09f8a78db1f32bc81cf02deb4dc
list_digest() { "$@" | sha256sum | cut -d' ' -f1; }
for t in 1 2 7; do
    check "list of the primes < 1e9, -j $t" $digest list_digest "$pelton" primes 1e9 --print -q -j $t
done
if command -v primesieve >/dev/null; then
    check "primesieve's list" $digest list_digest primesieve 1e9 -p
fi

echo "$failures differ"
[ $failures = 0 ]
