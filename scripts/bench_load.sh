#!/usr/bin/env bash
# How well loading hides behind computing.
#
#     scripts/bench_load.sh [-r ROUNDS] [-n FILES] [FOLDER]
#
# 1. Overlap with a known latency: the `sim` backend completes each read L after its submission. The
#    bound is max(files * L / depth, one thread's hot time / threads).
# 2. A verified-cold folder: the files are written, synced, thrown out of the page cache, and seen to be
#    out of it before each run. I/O alone (plain readers, as many as there may be files in flight),
#    compute alone (the same batch, hot), and wall; beside it what a plain program would do: reading
#    without POSIX AIO with N and with 2N threads.
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
make_scratch
repeat_images "$folder" "$scratch/in" "$nfiles"
describe_machine
python=/usr/bin/python3

# batch FOLDER OPTION...: gray, fit 400x300, JPEG.
batch() {
    local in=$1
    shift
    rm -rf "$scratch/out"
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
for ((round = 0; round < rounds; round++)); do
    note "one" "$(measure batch "$scratch/in" -j 1)"
    note "all" "$(measure batch "$scratch/in" -j "$cores")"
    while read -r latency depth; do
        note "sim $latency $depth" "$(measure batch "$scratch/in" -j "$cores" --io "sim:${latency}ms" --depth "$depth")"
    done < <(in_turn "$round" "${cases[@]}")
done
compute=$(awk -v one="$(middle one)" -v n="$cores" 'BEGIN { print one / n }')
echo "hot, without added latency: $(middle one) s with 1 thread, $(middle all) s with $cores"
printf '%8s %6s %14s %16s %10s %12s\n' L_ms depth files*L/depth compute/threads wall_s "wall / bound"
met=0
for case in "${cases[@]}"; do
    read -r latency depth <<<"$case"
    waiting=$(awk -v n="$nfiles" -v l="$latency" -v d="$depth" 'BEGIN { print n * l / 1000 / d }')
    wall=$(middle "sim $case")
    r=$(ratio "$wall" "$(greater "$waiting" "$compute")")
    [ "$(verdict "$r" 1.1)" != met ] || met=$((met + 1))
    printf '%8s %6s %14.3f %16.3f %10.3f %12s\n' "$latency" "$depth" "$waiting" "$compute" "$wall" "$r"
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
plain_read() { find "$scratch/cold" -type f -print0 | xargs -0 -P 16 -n 4 cat; }
make_cold
left=$(resident)
if [ "$left" != 0 ]; then
    echo "skipped: $left bytes stay in the page cache on this file system ($(df --output=fstype "$scratch" | tail -1))"
else
    runs=(io "hot" "aio -j$cores" "sync -j$cores" "sync -j$((2 * cores))")
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
            *) seconds=$(measure batch "$scratch/cold" --io "${run% *}" "${run#* }") ;;
            esac
            note "cold $run" "$seconds"
        done < <(in_turn "$round" "${runs[@]}")
    done
    io=$(middle "cold io") hot=$(middle "cold hot") wall=$(middle "cold aio -j$cores")
    bound=$(greater "$io" "$hot")
    printf '%-28s %9s\n' what median_s
    printf '%-28s %9s\n' "I/O alone (16 plain readers)" "$io" "compute alone (hot, -j$cores)" "$hot" "pelton --io aio -j$cores" "$wall" \
        "plain: --io sync -j$cores" "$(middle "cold sync -j$cores")" "plain: --io sync -j$((2 * cores))" "$(middle "cold sync -j$((2 * cores))")"
    r=$(ratio "$wall" "$bound")
    echo "wall / max(I/O, compute) = $r (wanted: at most 1.1): $(verdict "$r" 1.1)"
    best=$(printf '%s\n' "$(middle "cold sync -j$cores")" "$(middle "cold sync -j$((2 * cores))")" | sort -g | head -1)
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
    rm -rf "$scratch/out"
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
