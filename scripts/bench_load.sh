#!/usr/bin/env bash
# How well loading hides behind computing.
#
#     scripts/bench_load.sh [-r ROUNDS] [-n FILES] [FOLDER]
#
# 1. Overlap with a known latency: the `sim` backend completes each read L after its submission. The
#    bound is max(sum of L / depth, sum of C / threads), C being what a file took to decode, compute and
#    encode in that very run, by its report: so how the machine scales does not count, only waiting does.
# 2. A verified-cold folder: the files are written, synced, thrown out of the page cache, and seen to be
#    out of it before each run. I/O alone (plain readers, as many as there may be files in flight),
#    compute alone (the same batch, hot), and wall; beside it what a plain program would do (see
#    scripts/plain_batch.c): a parallel loop that reads in every thread, with N and with 2N threads, and
#    with N threads and the system told to read 8 files ahead.
# 3. 5,000 files under 20 kB, hot: what the asynchronous way costs where there is nothing to wait for.
#
# Interleaved rounds (default 5), medians. FOLDER: default ../shared/corpus/kodak, else
# data/samples/photos, repeated to FILES (240).
. "$(dirname "$0")/common.sh"

rounds=5 nfiles=240
while getopts r:n:h option; do
    case $option in
    r) rounds=$OPTARG ;;
    n) nfiles=$OPTARG ;;
    *) show_help ;;
    esac
done
shift $((OPTIND - 1))
folder=${1:-$(default_images)}

prepare_pelton
"$root/scripts/setup.sh" python3 util-linux
cmake --build "$root/build" --target plain_batch >/dev/null
plain_batch=$root/build/plain_batch
make_scratch
repeat_images "$folder" "$scratch/in" "$nfiles"
describe_machine
python=/usr/bin/python3

# Outputs are deleted at the end only: for seconds after that ext4 would search longer for each new
# file's inode.
put_away() {
    [ ! -e "$scratch/out" ] || mv "$scratch/out" "$(mktemp -d "$scratch/old.XXXXXX")/"
}

# batch FOLDER OPTION...: gray, fit 400x300, JPEG.
batch() {
    local in=$1
    shift
    put_away
    "$pelton" image "$in" -o "$scratch/out" --gray --resize 400x300 --format jpeg -q "$@"
}

# in_turn ROUND NAME...: the names, beginning with another one each round.
in_turn() {
    local round=$1 i
    shift
    local names=("$@")
    for ((i = 0; i < $#; i++)); do echo "${names[(i + round) % $#]}"; done
}
note() { echo "$2" >>"$scratch/times $1"; }
middle() { median <"$scratch/times $1"; }
greater() { awk -v a="$1" -v b="$2" 'BEGIN { print (a > b ? a : b) }'; }
verdict() { awk -v r="$1" -v limit="$2" 'BEGIN { print (r <= limit ? "met" : "NOT met") }'; }

# ---- 1 ----------------------------------------------------------------------------------------------

printf '\n1. Overlap: %s files, each read takes L longer; %s threads\n' "$nfiles" "$cores"
measure batch "$scratch/in" -j "$cores" >/dev/null
mapfile -t cases < <(for latency in 1 5 20 80; do for depth in 4 16 64; do echo "$latency $depth"; done; done)
# The seconds that all threads together computed, by the report of the last run.
computed() {
    "$python" - "$scratch/report.csv" <<'END'
import csv, sys
with open(sys.argv[1], newline="") as stream:
    rows = list(csv.DictReader(stream))
print(sum(float(row[c]) for row in rows for c in ("decode_ms", "compute_ms", "encode_ms")) / 1e3)
END
}
for ((round = 0; round < rounds; round++)); do
    note "one" "$(measure batch "$scratch/in" -j 1)"
    note "all" "$(measure batch "$scratch/in" -j "$cores")"
    while read -r latency depth; do
        wall=$(measure batch "$scratch/in" -j "$cores" --io "sim:${latency}ms" --depth "$depth" --report "$scratch/report.csv")
        waiting=$(awk -v n="$nfiles" -v l="$latency" -v d="$depth" 'BEGIN { print n * l / 1000 / d }')
        computing=$(awk -v c="$(computed)" -v n="$cores" 'BEGIN { print c / n }')
        note "wall $latency $depth" "$wall"
        note "computing $latency $depth" "$computing"
        bound=$(greater "$waiting" "$computing")
        note "ratio $latency $depth" "$(awk -v w="$wall" -v b="$bound" 'BEGIN { print w / b }')"
        note "later $latency $depth" "$(awk -v w="$wall" -v b="$bound" -v l="$latency" 'BEGIN { print (w - l / 1000) / b }')"
    done < <(in_turn "$round" "${cases[@]}")
done
echo "hot, without added latency: $(middle one) s with 1 thread, $(middle all) s with $cores"
echo "(the last column leaves out the first L, which nothing can hide)"
printf '%8s %6s %16s %18s %10s %14s %18s\n' L_ms depth "sum of L/depth" "sum of C/threads" wall_s "wall / bound" "(wall - L) / bound"
met=0
for case in "${cases[@]}"; do
    read -r latency depth <<<"$case"
    waiting=$(awk -v n="$nfiles" -v l="$latency" -v d="$depth" 'BEGIN { print n * l / 1000 / d }')
    r=$(awk -v r="$(middle "ratio $case")" 'BEGIN { printf "%.2f", r }')
    [ "$(verdict "$r" 1.1)" != met ] || met=$((met + 1))
    printf '%8s %6s %16.3f %18.3f %10.3f %14s %18.2f\n' "$latency" "$depth" "$waiting" "$(middle "computing $case")" \
        "$(middle "wall $case")" "$r" "$(middle "later $case")"
done
echo "wall <= 1.1 * bound in $met of ${#cases[@]} cases"

# ---- 2 ----------------------------------------------------------------------------------------------

printf '\n2. A cold folder\n'
mkdir "$scratch/cold"
for file in "$scratch"/in/*; do cp "$file" "$scratch/cold/"; done # copies: blocks of their own
make_cold() {
    "$python" - "$scratch/cold" <<'END'
import os, sys
for name in os.listdir(sys.argv[1]):
    fd = os.open(os.path.join(sys.argv[1], name), os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)
END
}
resident() { fincore --bytes --noheadings --output RES "$scratch"/cold/* | awk '{ n += $1 } END { print n + 0 }'; }
# plain THREADS AHEAD: the batch as a plain parallel loop.
plain() {
    put_away
    "$plain_batch" "$1" "$2" "$scratch/out" "$scratch"/cold/*
}
plain_read() { find "$scratch/cold" -type f -print0 | xargs -0 -P 16 -n 4 cat; }
make_cold
left=$(resident)
if [ "$left" != 0 ]; then
    echo "skipped: $left bytes stay in the page cache on this file system ($(df --output=fstype "$scratch" | tail -1))"
else
    runs=(io hot pelton "plain $cores 0" "plain $((2 * cores)) 0" "plain $cores 8")
    for ((round = 0; round < rounds; round++)); do
        while read -r run; do
            if [ "$run" = hot ]; then
                cat "$scratch"/cold/* >/dev/null
            else
                make_cold
                left=$(resident)
                [ "$left" = 0 ] || die "$left bytes were in the page cache before a cold run"
            fi
            case $run in
            io) seconds=$(measure plain_read) ;;
            hot) seconds=$(measure batch "$scratch/cold" -j "$cores") ;;
            pelton) seconds=$(measure batch "$scratch/cold" -j "$cores") ;;
            plain*)
                # shellcheck disable=SC2086 # the function and its two arguments
                seconds=$(measure $run)
                ;;
            esac
            note "cold $run" "$seconds"
        done < <(in_turn "$round" "${runs[@]}")
    done
    io=$(middle "cold io") hot=$(middle "cold hot") wall=$(middle "cold pelton")
    bound=$(greater "$io" "$hot")
    printf '%-44s %9s\n' what median_s
    printf '%-44s %9s\n' "I/O alone (16 plain readers)" "$io" "compute alone (hot, -j$cores)" "$hot" "pelton -j$cores, cold" "$wall" \
        "plain loop, $cores threads" "$(middle "cold plain $cores 0")" "plain loop, $((2 * cores)) threads" "$(middle "cold plain $((2 * cores)) 0")" \
        "plain loop, $cores threads, 8 files read ahead" "$(middle "cold plain $cores 8")"
    r=$(ratio "$wall" "$bound")
    echo "wall / max(I/O, compute) = $r (wanted: at most 1.1): $(verdict "$r" 1.1)"
    best=$(for run in "plain $cores 0" "plain $((2 * cores)) 0" "plain $cores 8"; do middle "cold $run"; done | sort -g | head -1)
    echo "best plain baseline / pelton = $(ratio "$best" "$wall") (below 1: pelton loses)"
fi

# ---- 3 ----------------------------------------------------------------------------------------------

count=5000
printf '\n3. %s files under 20 kB, hot\n' $count
"$pelton" image "$folder" -o "$scratch/thumbs" --resize 200x200 --format jpeg --quality 80 -q
mapfile -d '' thumbs < <(find "$scratch/thumbs" -type f -size -20k -print0 | sort -z)
[ ${#thumbs[@]} -gt 0 ] || die "no small files could be made of $folder"
mkdir "$scratch/small"
for ((i = 0; i < count; i++)); do
    cp "${thumbs[i % ${#thumbs[@]}]}" "$scratch/small/$(printf '%05d' "$i").jpg"
done
small() {
    put_away
    "$pelton" image "$scratch/small" -o "$scratch/out" --gray --resize 64x64 --format jpeg -q "$@"
}
measure small -j "$cores" >/dev/null
backends=(sync aio)
if "$pelton" info | grep -qE '^ *uring +yes'; then backends+=(uring); fi
for ((round = 0; round < rounds; round++)); do
    while read -r io; do
        note "small $io" "$(measure small -j "$cores" --io "$io")"
    done < <(in_turn "$round" "${backends[@]}")
done
printf '%-8s %9s %10s\n' backend median_s "/ sync"
for io in "${backends[@]}"; do
    printf '%-8s %9s %10s\n' "$io" "$(middle "small $io")" "$(ratio "$(middle "small $io")" "$(middle "small sync")")"
done
r=$(ratio "$(middle "small aio")" "$(middle "small sync")")
echo "aio / sync = $r (wanted: at most 1.3): $(verdict "$r" 1.3)"
