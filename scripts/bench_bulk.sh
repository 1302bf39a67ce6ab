#!/usr/bin/env bash
# Side by side: queries and primitives over large arrays, against OpenMP by hand, oneTBB, the parallel mode of
# GNU's C++ library, numexpr, numpy and pandas of the distribution.
#
#     scripts/bench_bulk.sh [-r ROUNDS] [-n VALUES] [-m MB] [-o FILE.csv]
#
# The programs in bench_bulk/ hold the same VALUES doubles (default 5e7) and are asked in turn to do a work, in
# pairs: pelton and the peer, the other way round in every second round, with 1 and with 2 threads. They do it
# twice, and the second time counts. ROUNDS pairs of each (default 15; at most 3 of those that take seconds),
# after one that is not counted and checks that both find the same. The CSV has MB megabytes (default 500).
# The table shows medians, and the median of the pairs' ratios beside what was wanted: below 1, pelton takes
# less time. After it come the bandwidth of reading, measured in the same rounds, and how much of it pelton
# uses; the CSV's megabytes a second; and the speed-up from 1 thread to 2.
#
# All is warm: the numbers are in memory, the CSV in the page cache. C and C++ are compiled with the same
# flags, which are printed. A filter, a scan and a sort write to memory that has been written to before;
# sqrt(x*x+1) goes to a new array with pelton and with numexpr. What is sorted is a fresh copy, which is made
# before the clock runs. pandas' and numpy's works have one thread whatever the column says.
# Threads sleep between repetitions (OMP_WAIT_POLICY=passive, unless it is set): those of one program that spin
# for their next loop take processors from the other.
# isprime is asked of the numbers to 1e9, since those to 1e7 take 25 ms, which is too short to tell a speed-up.
#
# Each pair is a row of FILE.csv (default: a new file in out/). A run that was interrupted can be gone on
# with by -o; -r 0 prints the tables of what is there. Takes up to 8 GB of memory, and MB on the disk of
# TMPDIR.
. "$(dirname "$0")/common.sh"

rounds=15 values=5e7 megabytes=500 csv=''
while getopts r:n:m:o:h- option; do
    case $option in
    r) rounds=$OPTARG ;;
    n) values=$OPTARG ;;
    m) megabytes=$OPTARG ;;
    o) csv=$OPTARG ;;
    *) show_help ;;
    esac
done
csv=${csv:-$root/out/bulk-$(date -u +%Y%m%dT%H%M%SZ).csv}
python=/usr/bin/python3
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}

# work | pelton | the peer | must and aim with 1 thread | with 2 | read: beside the bandwidth; slow: few rounds
sort="0.50 0.25" group="0.50 0.10"
works=("sum of sqrt: macro / OpenMP|ours macro_sqrt_sum|openmp sqrt_sum|1.05 1.00|1.05 1.00|read"
    "sum of x > 0: macro / OpenMP|ours macro_plain_sum|openmp plain_sum|||read"
    "sum of sqrt: engine / macro|ours engine_sqrt_sum|ours macro_sqrt_sum|1.30 1.10|1.30 1.10|read"
    "sum of sqrt: engine / numexpr|ours engine_sqrt_sum|python sqrt_sum|0.10|0.10|"
    "sqrt(x*x+1): engine / numexpr|ours engine_array|python array||0.60 0.40|"
    "filter / TBB|ours filter|tbb filter|0.70 0.40|0.70 0.40|"
    "inclusive scan / TBB|ours scan|tbb scan|1.00 0.80|1.00 0.80|"
    "dd sum / tree sum|ours sum_dd|ours sum_tree|1.15 1.00|1.15 1.00|read"
    "exact sum / tree sum|ours sum_exact|ours sum_tree|3.00 1.30|3.00 1.30|read"
    "sort f64 / GNU parallel|ours sort_f64|gnu sort_f64|$sort|$sort|slow"
    "sort u64 / GNU parallel|ours sort_u64|gnu sort_u64|$sort|$sort|slow"
    "sort u32 / GNU parallel|ours sort_u32|gnu sort_u32|$sort|$sort|slow"
    "sort f64 / TBB|ours sort_f64|tbb sort_f64|||slow"
    "sort f64 / numpy|ours sort_f64|python sort_f64|||slow"
    "sum of 1e3 groups / pandas|ours group_1e3|python group_1e3|$group|$group|slow"
    "sum of 1e6 groups / pandas|ours group_1e6|python group_1e6|$group|$group|slow"
    "CSV query / pandas read_csv|whole csv|python read_csv|0.20|0.20|slow"
    "isprime of 1 to 1e9|whole isprime||||slow")

# What whole processes of pelton do.
csv_query='where price > 20 | group by city | select city, n = count(), avg = mean(price), hi = max(amount)'
whole() { # WORK THREADS
    case $1 in
    csv) "$pelton" bulk "$scratch/trades.csv" "$csv_query" -q -j "$2" ;;
    isprime) "$pelton" bulk 'range(1, 1e9)' 'where isprime(x) | count' -q -j "$2" ;;
    esac
}

prepare_pelton
"$root/scripts/setup.sh" python3-numpy python3-numexpr python3-pandas libtbb-dev g++
make_scratch
mkdir -p "$(dirname "$csv")"
[ -s "$csv" ] || echo "work,threads,run,pelton_s,peer_s,read_s" >"$csv"

flags=(-O3 -march=native -fno-math-errno -ffp-contract=off -fopenmp)
library=$(dirname "$pelton")/libpelton.a
here=$root/scripts/bench_bulk
compile() {
    gcc -std=gnu11 "${flags[@]}" "$here/ours.c" -I "$root/kernels/include" "$library" -lm -o "$scratch/ours"
    gcc -std=gnu11 "${flags[@]}" "$here/openmp.c" -lm -o "$scratch/openmp"
    g++ -std=c++17 "${flags[@]}" "$here/gnu.cpp" -o "$scratch/gnu"
    g++ -std=c++17 "${flags[@]}" "$here/tbb.cpp" -ltbb -o "$scratch/tbb"
}

# Rows of about 30 bytes: city,price,quantity,amount
make_csv() {
    "$pelton" bulk "random($1, 7)" 'let u = x * 1e6 % 1
        | select city = int(floor(x * 1000)), price = floor(u * 1e4) / 100, quantity = int(floor(x * 1e6 % 1000)), amount = u' \
        -o "$scratch/trades.csv" --overwrite -q
}
csv_bytes() { stat -c %s "$scratch/trades.csv"; }

# start NAME COMMAND...: a program that is asked by lines, see bench_bulk/protocol.h.
declare -A to from
pids=()
start() {
    local name=$1 fd
    shift
    mkfifo "$scratch/$name.in" "$scratch/$name.out"
    "$@" <"$scratch/$name.in" >"$scratch/$name.out" &
    pids+=($!)
    exec {fd}>"$scratch/$name.in"
    to[$name]=$fd
    exec {fd}<"$scratch/$name.out"
    from[$name]=$fd
}
# The largest resident sets of all of them, in GB: no more than this was in use at once.
peak_memory() {
    local pid
    for pid in "${pids[@]}"; do cat "/proc/$pid/status"; done | awk '/^VmHWM/ { kb += $2 } END { printf "%.1f", kb * 1024 / 1e9 }'
}
# ask "PROGRAM WORK" THREADS: sets $seconds and $check; both are empty for no program.
ask() {
    local program work
    read -r program work <<<"$1" || true
    seconds='' check=''
    case $program in
    '') ;;
    whole)
        seconds=$(measure whole "$work" "$2")
        ;;
    *)
        echo "$work $2" >&"${to[$program]}"
        read -r seconds check <&"${from[$program]}" || die "$program stopped at $work"
        ;;
    esac
}
same() {
    awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; m = a < 0 ? -a : a; exit !(d <= 1e-8 * m && -d <= 1e-8 * m) }'
}

# pair THREADS ROUND: one of pelton and one of the peer; sets $ours, $theirs and $read.
pair() {
    local found mine_found
    [ $(($2 % 2)) = 1 ] || { ask "$peer" "$1" && theirs=$seconds found=$check; }
    ask "$mine" "$1" && ours=$seconds mine_found=$check
    [ $(($2 % 2)) = 0 ] || { ask "$peer" "$1" && theirs=$seconds found=$check; }
    read=''
    [ "$marks" != read ] || { ask "openmp read" "$1" && read=$seconds; }
    [ -z "$found" ] || [ -z "$mine_found" ] || same "$found" "$mine_found" ||
        die "$name: pelton finds $mine_found, the peer $found"
}

measure_all() {
    local work round first last t run
    for work in "${works[@]}"; do
        IFS='|' read -r name mine peer _ _ marks <<<"$work"
        first=0 last=$rounds
        [ "$marks" != slow ] || { first=1 last=$((rounds < 3 ? rounds : 3)); }
        echo "$name" >&2
        for ((round = first; round <= last; round++)); do
            run=$(date -u +%Y%m%dT%H%M%SZ).$round
            for t in 1 2; do
                pair $t $round
                [ $round = 0 ] || echo "$name,$t,$run,$ours,$theirs,$read" >>"$csv"
            done
        done
    done
}

describe_machine
echo "$("$pelton" --version), $(gcc --version | head -1), $("$python" -c 'import numexpr, numpy, pandas
print("numpy", numpy.__version__, "numexpr", numexpr.__version__, "pandas", pandas.__version__)')," \
    "oneTBB $(dpkg-query -W -f '${Version}' libtbb-dev)"
echo "${flags[*]}; OMP_WAIT_POLICY $OMP_WAIT_POLICY; $values values, $rounds rounds -> $csv"

if [ "$rounds" != 0 ]; then
    compile
    make_csv 1e5
    make_csv "$(awk -v mb="$megabytes" -v bytes="$(csv_bytes)" 'BEGIN { printf "%d", mb * 1e6 / (bytes / 1e5) }')"
    echo "trades.csv: $(csv_bytes) bytes"
    for name in ours openmp gnu tbb; do start $name "$scratch/$name" "$values"; done
    start python "$python" "$here/peers.py" "$values" "$scratch/trades.csv"
    echo "values,1,,$values,," >>"$csv"
    echo "csv_bytes,1,,$(csv_bytes),," >>"$csv"
    measure_all
    echo "peak memory of these programs: $(peak_memory) GB at most"
fi

# rows NAME THREADS EXPRESSION: of each pair, an awk expression of $4 (pelton), $5 (peer) and $6 (reading).
# shellcheck disable=SC2016 # awk's, not the shell's
rows() { awk -F, -v w="$1" -v t="$2" '$1 == w && $2 == t { print '"$3"' }' "$csv"; }
# last NAME: of what is no work, in the column of pelton.
# shellcheck disable=SC2016
last() { rows "$1" 1 '$4' | tail -1; }
# each: the works that were measured, with $name, $goals1, $goals2, $peer and $marks set, to a function.
each() {
    local work t goals
    for work in "${works[@]}"; do
        IFS='|' read -r name _ peer goals1 goals2 marks <<<"$work"
        for t in 1 2; do
            goals=$goals1
            [ $t = 1 ] || goals=$goals2
            read -r must aim <<<"$goals" || true
            [ -z "$(rows "$name" $t 1)" ] || "$1" $t
        done
    done
}
# verdict VALUE MUST AIM: less is better.
verdict() {
    awk -v v="$1" -v must="$2" -v aim="$3" 'BEGIN {
        if (must != "") print (aim != "" && v <= aim ? "  aim met" : v <= must ? "  met" : "  NOT met"); else print "" }'
}

# shellcheck disable=SC2016
show_pair() {
    local ratio
    [ -n "$peer" ] || return 0
    ratio=$(rows "$name" "$1" '$4 / $5' | median)
    printf '%-30s %7s %9s %9s %7.3f %6s %6s%s\n' "$name" "$1" "$(rows "$name" "$1" '$4' | median)" \
        "$(rows "$name" "$1" '$5' | median)" "$ratio" "${must:--}" "${aim:--}" "$(verdict "$ratio" "$must" "$aim")"
}
printf '\n%-30s %7s %9s %9s %7s %6s %6s\n' "pelton / peer" threads pelton_s peer_s ratio must aim
each show_pair

# Half of the machine's bandwidth is a ratio of 2: goals are of time, 1 / 0.85 and 1 / 0.95.
# shellcheck disable=SC2016
show_bandwidth() {
    local ratio must='' aim=''
    [ "$marks" = read ] || return 0
    case $name in *sqrt:\ macro\ /*) must=0.85 aim=0.95 ;; esac
    ratio=$(rows "$name" "$1" '$6 / $4' | median)
    awk -v w="${name%% /*}" -v t="$1" -v r="$ratio" -v must="$must" -v aim="$aim" -v n="$(last values)" \
        -v read="$(rows "$name" "$1" '$6' | median)" -v s="$(rows "$name" "$1" '$4' | median)" 'BEGIN {
        printf "%-30s %7s %9.1f %9.1f %7.0f%% %6s %6s", w, t, 8 * n / read / 1e9, 8 * n / s / 1e9, 100 * r,
            (must == "" ? "-" : must * 100 "%"), (aim == "" ? "-" : aim * 100 "%")
        print (must == "" ? "" : r >= aim ? "  aim met" : r >= must ? "  met" : "  NOT met") }'
}
printf '\n%-30s %7s %9s %9s %8s %6s %6s\n' "of the read bandwidth, GB/s" threads reading pelton share must aim
each show_bandwidth

# shellcheck disable=SC2016
show_rate() {
    [ "${name%% *}" = CSV ] || return 0
    awk -v t="$1" -v s="$(rows "$name" "$1" '$4' | median)" -v bytes="$(last csv_bytes)" 'BEGIN {
        r = bytes / s / t / 1e6
        printf "%-30s %7s %9.0f %28s%s\n", "CSV query, MB/s a core", t, r, 500, (r >= 500 ? "  aim met" : "  NOT met") }'
}
printf '\n%-30s %7s %9s %28s\n' "" threads MB/s aim
each show_rate

# The same round's runs are compared with each other.
printf '\n%-30s %7s %9s %6s\n' "from 1 thread to 2" pelton peer must
for work in "${works[@]}"; do
    name=${work%%|*}
    awk -F, -v w="$name" '$1 == w { ours[$3, $2] = $4; theirs[$3, $2] = $5; runs[$3] }
        END { for (r in runs) if (((r, 1) in ours) && ((r, 2) in ours))
                  print ours[r, 1] / ours[r, 2], (theirs[r, 2] > 0 ? theirs[r, 1] / theirs[r, 2] : 0) }' "$csv" >"$scratch/speedups"
    [ -s "$scratch/speedups" ] || continue
    column() { cut -d' ' -f"$1" "$scratch/speedups" | median; }
    awk -v w="$name" -v o="$(column 1)" -v t="$(column 2)" 'BEGIN {
        printf "%-30s %7.2f %9s", w, o, (t > 0 ? sprintf("%.2f", t) : "-")
        print (w ~ /isprime/ ? sprintf(" %6s%s", "1.90", (o >= 1.9 ? "  met" : "  NOT met")) : "") }'
done
