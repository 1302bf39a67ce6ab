#!/usr/bin/env bash
# A scaling experiment: the batch of `pelton image` over thread counts.
#
#     scripts/scaling.sh [-t "1 2 4 ..."] [-r ROUNDS] [-n FILES] [-o FILE.csv] [FOLDER]
#
# -t  thread counts (default: powers of two up to the number of processors, and that number)
# -r  rounds (default 9: the fewest for which the median's 95 % interval is worth drawing)
# -n  repeat the folder's images by links until there are so many (default 96)
# -o  where the rows go (default out/scaling.csv); an existing file is added to
# FOLDER  default: the Kodak photographs in ../shared/corpus, else data/samples/photos
#
# Each round runs every thread count once, the first one moving on by one from round to round, so that a
# slow drift of the machine (heat, neighbours) falls on all of them alike. One CSV row a run, raw and
# never averaged; more columns may be added at the end. scripts/plot_scaling.py draws it.
. "$(dirname "$0")/common.sh"

threads=() rounds=9 nfiles=96 csv=$root/out/scaling.csv
while getopts t:r:n:o:h option; do
    case $option in
    t) read -ra threads <<<"$OPTARG" ;;
    r) rounds=$OPTARG ;;
    n) nfiles=$OPTARG ;;
    o) csv=$OPTARG ;;
    *) show_help ;;
    esac
done
shift $((OPTIND - 1))
folder=${1:-$(default_images)}
if [ ${#threads[@]} = 0 ]; then
    for ((t = 1; t < cores; t *= 2)); do threads+=("$t"); done
    threads+=("$cores")
fi

prepare_pelton
make_scratch
repeat_images "$folder" "$scratch/in" "$nfiles"
pelton_json() { # the value of a key of the summary object
    sed -nE "s/.*\"$1\":[[:space:]]*([-+0-9.eE]+).*/\1/p" "$scratch/summary.json" | head -1
}

# Environment: once an experiment. Quotes and commas would break the CSV.
clean() { tr -d '",\n'; }
cpu_model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -1 | clean)
kernel=$(uname -r | clean)
version=$("$pelton" --version | head -1 | clean)
info=$("$pelton" info --json 2>/dev/null || true)
effective=$(sed -nE 's/.*"effective(_cpus)?":[[:space:]]*([0-9]+).*/\2/p' <<<"$info" | head -1)
compiler=$(sed -nE 's/.*"compiler":[[:space:]]*"([^"]*)".*/\1/p' <<<"$info" | head -1 | clean)

header=schema,run_id,round,position_in_round,threads,wall_s,images,megapixels,failed,cpu_model,cpus_online,effective_cpus,compiler,version,kernel
mkdir -p "$(dirname "$csv")"
if [ -s "$csv" ]; then
    [ "$(head -1 "$csv")" = "$header" ] || die "$csv has other columns; choose another file with -o"
else
    echo "$header" >"$csv"
fi
experiment=$(date -u +%Y%m%dT%H%M%SZ)

describe_machine
echo "$nfiles images of $folder, $rounds rounds, threads ${threads[*]} -> $csv"
for ((round = 1; round <= rounds; round++)); do
    for ((i = 0; i < ${#threads[@]}; i++)); do
        t=${threads[(i + round - 1) % ${#threads[@]}]}
        rm -rf "$scratch/out"
        start=$(date +%s%N) status=0
        "$pelton" image "$scratch/in" -o "$scratch/out" --gray --resize 400x300 --format jpeg --quality 80 \
            -j "$t" --json >"$scratch/summary.json" 2>"$scratch/stderr" </dev/null || status=$?
        wall=$(awk -v ns=$(($(date +%s%N) - start)) 'BEGIN { printf "%.6f", ns / 1e9 }')
        [ $status -le 1 ] || { cat "$scratch/stderr" >&2 && die "pelton image ended with $status"; }
        echo "pelton.scaling/1,$experiment-$round-$i,$round,$i,$t,$wall,$(pelton_json converted),$(pelton_json megapixels),$(pelton_json failed),$cpu_model,$cores,$effective,$compiler,$version,$kernel" >>"$csv"
        echo "$t $wall" >>"$scratch/runs"
    done
    echo "round $round of $rounds done" >&2
done

printf '\n%8s %10s %10s %8s %8s\n' threads median_s images/s speedup effic.
base=$(awk -v t="${threads[0]}" '$1 == t { print $2 }' "$scratch/runs" | median)
for t in "${threads[@]}"; do
    m=$(awk -v t="$t" '$1 == t { print $2 }' "$scratch/runs" | median)
    awk -v t="$t" -v m="$m" -v b="$base" -v n="$nfiles" -v t0="${threads[0]}" 'BEGIN {
        printf "%8d %10.3f %10.1f %8.2f %7.0f%%\n", t, m, n / m, b / m, 100 * b / m * t0 / t }'
done
echo "(speed-up against $(printf '%s' "${threads[0]}") thread(s) of the same program: $base s)"
echo "draw it: /usr/bin/python3 scripts/plot_scaling.py $csv"
