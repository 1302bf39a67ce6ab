#!/usr/bin/env bash
# Peak memory of a batch under several budgets, and one giant image.
#
#     scripts/bench_memory.sh [-n FILES] [-s SIDE] [FOLDER]
#
# For each --memory value: the peak resident set that the kernel saw (VmHWM), which should stay below
# the budget plus 64 MB for the program itself. Then a generated PNG of SIDE x SIDE pixels (default
# 20000, RGB: 1.2 GB of samples) through the program: time, processors used, peak memory. Decoding one
# PNG is serial work; the kernels (compute_s) use all threads.
. "$(dirname "$0")/common.sh"

nfiles=240 side=20000
while getopts n:s:h option; do
    case $option in
    n) nfiles=$OPTARG ;;
    s) side=$OPTARG ;;
    *) show_help ;;
    esac
done
shift $((OPTIND - 1))
folder=${1:-$(default_images)}

prepare_pelton
"$root/scripts/setup.sh" time python3
make_scratch
repeat_images "$folder" "$scratch/in" "$nfiles"
describe_machine

# peak COMMAND...: sets $rss_mb, $seconds, $busy (processors) and $status.
peak() {
    rm -rf "$scratch/out"
    status=0
    /usr/bin/time -o "$scratch/time" -f '%M %e %U %S' "$@" >/dev/null 2>"$scratch/stderr" </dev/null || status=$?
    read -r kb seconds user system < <(tail -1 "$scratch/time")
    rss_mb=$(awk -v kb="$kb" 'BEGIN { printf "%.1f", kb * 1024 / 1e6 }')
    busy=$(awk -v c="$user" -v s="$system" -v w="$seconds" 'BEGIN { printf "%.2f", (w > 0 ? (c + s) / w : 0) }')
}

printf '\n%s files of %s, gray, fit 400x300, JPEG\n' "$nfiles" "$folder"
printf '%8s %10s %14s %14s %10s %8s\n' threads --memory peak_MB allowed_MB seconds ""
for threads in "$cores" 16; do
    for memory in 16MiB 64MiB 256MiB 1GiB; do
        peak "$pelton" image "$scratch/in" -o "$scratch/out" --gray --resize 400x300 --format jpeg -q -j "$threads" --memory "$memory"
        allowed=$(awk -v m="$memory" 'BEGIN { printf "%.1f", (m + 0) * (m ~ /GiB/ ? 1024 : 1) * 1.048576 + 64 }')
        verdict=$(awk -v p="$rss_mb" -v a="$allowed" 'BEGIN { print (p <= a ? "ok" : "OVER") }')
        [ $status = 0 ] || verdict="$verdict, exit status $status: $(head -1 "$scratch/stderr")"
        printf '%8s %10s %14s %14s %10s %s\n' "$threads" "$memory" "$rss_mb" "$allowed" "$seconds" "$verdict"
    done
done

printf '\nOne PNG of %s x %s RGB (%s)\n' "$side" "$side" "made by this script"
/usr/bin/python3 - "$scratch/giant.png" "$side" <<'END'
import random, struct, sys, zlib
path, side = sys.argv[1], int(sys.argv[2])
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
with open(path, "wb") as out:
    out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)))
    deflate = zlib.compressobj(1)
    # Differences of a pixel to its left neighbour (filter 1), small ones as in photographs: about 2.3
    # bits a sample remain. A row is the one above, moved.
    random.seed(1)
    pattern = bytes(random.choice((254, 255, 0, 1, 2)) for _ in range(6 * side))
    for y in range(side):
        start = y * 7 % side * 3
        data = deflate.compress(b"\1" + pattern[start:start + 3 * side])
        if data:
            out.write(chunk(b"IDAT", data))
    out.write(chunk(b"IDAT", deflate.flush()) + chunk(b"IEND", b""))
END
printf 'the file has %s MB; its samples alone take %s MB\n' "$(awk -v b="$(stat -c %s "$scratch/giant.png")" 'BEGIN { printf "%.0f", b / 1e6 }')" \
    "$(awk -v s="$side" 'BEGIN { printf "%.0f", 3 * s * s / 1e6 }')"
printf '%-36s %9s %10s %9s %10s %9s %9s\n' job seconds processors decode_s compute_s encode_s peak_MB
stage_seconds() {
    /usr/bin/python3 -c 'import csv, sys
row = next(csv.DictReader(open(sys.argv[1], newline="")))
print(*("%.2f" % (float(row[stage + "_ms"] or 0) / 1000) for stage in ("decode", "compute", "encode")))' "$scratch/report.csv"
}
giant() {
    local what=$1
    shift
    peak "$pelton" image "$scratch/giant.png" -o "$scratch/out" --max-pixels 1e9 -q --report "$scratch/report.csv" "$@"
    if [ $status = 0 ]; then
        read -r decode compute encode < <(stage_seconds)
        printf '%-36s %9s %10s %9s %10s %9s %9s\n' "$what" "$seconds" "$busy" \
            "$decode" "$compute" "$encode" "$rss_mb"
    else
        printf '%-36s exit status %s: %s\n' "$what" "$status" "$(head -1 "$scratch/stderr")"
    fi
}
for threads in 1 "$cores"; do
    giant "gray, fit 2000x2000, JPEG, -j $threads" --gray --resize 2000x2000 --format jpeg -j "$threads" --memory 4GiB
done
giant "fit 2000x2000, PNG, -j $cores" --resize 2000x2000 --format png -j "$cores" --memory 4GiB
giant "the same with --memory 256MiB" --resize 2000x2000 --format png -j "$cores" --memory 256MiB
