#!/usr/bin/env bash
# Side by side: a folder of photographs to gray, fit into 400x300, JPEG quality 80.
#
#     scripts/bench_image.sh [-r ROUNDS] [-n FILES] [FOLDER]
#
# pelton with 1, 2 and all threads against GraphicsMagick (`gm mogrify`) with as many processes as
# processors, and against Pillow and libvips where they are installed. Interleaved rounds (default 7),
# medians, and ratios within a round. FOLDER: default ../shared/corpus/kodak, else data/samples/photos,
# repeated to FILES (240) by hard links.
#
# All tools read from a warm page cache and write to the same disk. The filters are each tool's usual
# ones for shrinking (pelton, GraphicsMagick, Pillow, libvips: Lanczos with 3 lobes); pelton resamples in
# linear light, which costs it time; `pelton gamma` does as the others do.
. "$(dirname "$0")/common.sh"

rounds=7 nfiles=240
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
"$root/scripts/setup.sh" graphicsmagick
make_scratch
repeat_images "$folder" "$scratch/in" "$nfiles"

job=(--gray --resize 400x300 --format jpeg --quality 80 -q)
pelton_at() { "$pelton" image "$scratch/in" -o "$scratch/out" "${job[@]}" "$@"; }
# What the machine allows: as many single-threaded programs as processors, each with its share of the
# files. They share nothing but memory, caches and the disk.
apart() {
    local i pids=()
    for ((i = 0; i < cores; i++)); do
        "$pelton" image "$scratch/share$i" -o "$scratch/out/$i" "${job[@]}" -j1 &
        pids+=($!)
    done
    wait "${pids[@]}"
}
files() { find "$scratch/in" -type f -printf '%f\0'; }
# Ten files a process: few enough to keep all processors busy to the end, and enough that starting the
# program does not count.
gm_at() ( # THREADS_A_PROCESS or "default"
    local threads=()
    [ "$1" = default ] || threads=(env "OMP_NUM_THREADS=$1")
    mkdir -p "$scratch/out"
    cd "$scratch/in" # gm appends the whole path of an input to its output folder
    files | "${threads[@]}" xargs -0 -P "$cores" -n 10 gm mogrify -output-directory "$scratch/out" \
        -colorspace Gray -filter Lanczos -resize 400x300 -quality 80 -format jpg
)
python=/usr/bin/python3
pillow() {
    "$python" - "$scratch/in" "$scratch/out" "$cores" <<'END'
import multiprocessing, os, sys
from PIL import Image
source, target, cores = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.makedirs(target, exist_ok=True)
def convert(name):
    image = Image.open(os.path.join(source, name))
    image.draft("L", (400, 300))
    image = image.convert("L")
    image.thumbnail((400, 300), Image.Resampling.LANCZOS)
    image.save(os.path.join(target, os.path.splitext(name)[0] + ".jpg"), quality=80)
with multiprocessing.Pool(cores) as pool:
    pool.map(convert, sorted(os.listdir(source)), chunksize=4)
END
}
vipsthumbnail_each() (
    mkdir -p "$scratch/out"
    cd "$scratch/in"
    files | VIPS_CONCURRENCY=1 xargs -0 -P "$cores" -n 10 vipsthumbnail --size 400x300 \
        -o "$scratch/out/%s.jpg[Q=80]"
)

i=0
for file in "$scratch"/in/*; do
    mkdir -p "$scratch/share$((i % cores))"
    ln "$file" "$scratch/share$((i++ % cores))/"
done

names=("pelton -j1" "pelton -j2") commands=("pelton_at -j1" "pelton_at -j2")
[ "$cores" -le 2 ] || { names+=("pelton -j$cores") && commands+=("pelton_at -j$cores"); }
names+=("$cores x pelton -j1" "pelton gamma -j$cores" "gm x$cores, 1 thread" "gm x$cores, default")
commands+=(apart "pelton_at -j$cores --space gamma" "gm_at 1" "gm_at default")
if "$python" -c 'from PIL import Image; Image.Resampling' 2>/dev/null; then
    names+=("Pillow x$cores") commands+=(pillow)
fi
if command -v vipsthumbnail >/dev/null; then # cannot make gray: its outputs are in colour
    names+=("vipsthumbnail x$cores") commands+=(vipsthumbnail_each)
fi

describe_machine
echo "$nfiles files of $folder ($(cat "$scratch"/in/* | wc -c | awk '{ printf "%.0f", $1 / 1e6 }') MB); $(gm version | head -1 | cut -d' ' -f1-2)"
for ((round = 0; round <= rounds; round++)); do # round 0 warms the cache and is not counted
    for ((k = 0; k < ${#names[@]}; k++)); do
        i=$(((k + round) % ${#names[@]}))
        # Not deleted here: for seconds afterwards ext4 would search longer for each new file's inode.
        [ ! -e "$scratch/out" ] || mv "$scratch/out" "$scratch/old.$round.$i"
        # shellcheck disable=SC2086 # the command's words
        seconds=$(measure ${commands[i]})
        made=$(find "$scratch/out" -type f | wc -l)
        [ "$made" = "$nfiles" ] || die "${names[i]} made $made of $nfiles files"
        [ $round = 0 ] || echo "$seconds" >>"$scratch/times.$i"
        [ $round != 0 ] || du -sk "$scratch/out" | cut -f1 >"$scratch/size.$i"
    done
done

for ((apart = 0; apart < ${#names[@]}; apart++)); do [ "${commands[apart]}" != apart ] || break; done
best_gm=$(for ((i = 0; i < ${#names[@]}; i++)); do
    case ${names[i]} in gm*) median <"$scratch/times.$i" ;; esac
done | sort -g | head -1)
base=$(median <"$scratch/times.0")
printf '\n%-22s %9s %9s %9s %10s %12s %12s\n' tool median_s fastest slowest out_kB "-j1 / this" "best gm / this"
for ((i = 0; i < ${#names[@]}; i++)); do
    m=$(median <"$scratch/times.$i")
    printf '%-22s %9.3f %9.3f %9.3f %10s %12s %12s\n' "${names[i]}" "$m" "$(sort -g "$scratch/times.$i" | head -1)" \
        "$(sort -g "$scratch/times.$i" | tail -1)" "$(cat "$scratch/size.$i")" "$(ratio "$base" "$m")" "$(ratio "$best_gm" "$m")"
done

# The same round's runs are compared with each other.
pairs() { paste "$scratch/times.$1" "$scratch/times.$2" | awk '{ print $1 / $2 }' | median; }
speedup=$(pairs 0 1)
echo
awk -v s="$speedup" 'BEGIN { printf "two threads against one: %.2f times (wanted: 1.9): %s\n", s, (s >= 1.9 ? "met" : "NOT met") }'
echo "separate programs, one a processor, against one: $(printf %.2f "$(pairs 0 "$apart")") times; more is not to be had on this machine"
awk -v s="$(ratio "$best_gm" "$(median <"$scratch/times.1")")" \
    'BEGIN { printf "-j 2 against the best GraphicsMagick: %.2f times as fast (wanted: 2): %s\n", s, (s >= 2 ? "met" : "NOT met") }'
for ((i = 0; i < ${#names[@]}; i++)); do
    case ${names[i]} in *pelton*) continue ;; esac
    for ((p = 0; p < ${#names[@]}; p++)); do
        case ${names[p]} in "pelton -j$cores") awk -v r="$(pairs "$i" "$p")" -v n="${names[i]}" -v p="${names[p]}" \
            'BEGIN { if (r < 1) printf "pelton loses: %s takes %.2f of the time of %s\n", n, r, p }' ;; esac
    done
done
