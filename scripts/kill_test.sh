#!/usr/bin/env bash
# kill -9 in the middle of a batch, again and again.
#
#     scripts/kill_test.sh [-k KILLS] [-n FILES] [-s SEED] [FOLDER]
#
# Runs a batch KILLS times (default 100), kills it after a random time, and looks at every output: it
# must be absent or complete. Complete means the bytes of one of two undisturbed runs: kills alternate
# between two JPEG qualities that overwrite each other, so that a mixture would show. Every fifth starts
# with an empty folder. Temporary files that a killed run left must be gone after the next whole run.
# Exit status 1 if anything was found.
. "$(dirname "$0")/common.sh"

kills=100 nfiles=48 seed=1
while getopts k:n:s:h option; do
    case $option in
    k) kills=$OPTARG ;;
    n) nfiles=$OPTARG ;;
    s) seed=$OPTARG ;;
    *) show_help ;;
    esac
done
shift $((OPTIND - 1))
folder=${1:-$(default_images)}

prepare_pelton
make_scratch
repeat_images "$folder" "$scratch/in" "$nfiles"
RANDOM=$seed

# run_batch QUALITY FOLDER
run_batch() {
    exec "$pelton" image "$scratch/in" -o "$2" --gray --resize 400x300 --format jpeg --quality "$1" \
        --overwrite -q -j "$cores" </dev/null >/dev/null
}
sums() { # of the outputs in a folder, temporary files left out: "SUM  NAME" a line
    (cd "$1" && find . -type f ! -name '.*.pelton.*' -print0 | sort -z | xargs -0 -r sha256sum)
}
temporaries() { find "$1" -name '.*.pelton.*' | wc -l; }

start=$(date +%s%N)
(run_batch 80 "$scratch/whole80")
whole_ms=$((($(date +%s%N) - start) / 1000000))
(run_batch 70 "$scratch/whole70")
cat <(sums "$scratch/whole80") <(sums "$scratch/whole70") | sort -u >"$scratch/complete"

describe_machine
echo "$nfiles files; a whole run takes $whole_ms ms; $kills kills between 0 and $whole_ms ms; seed $seed"
out=$scratch/out partial=0 outputs=0 killed=0 early=0 left=0
mkdir "$out"
for ((i = 1; i <= kills; i++)); do
    [ $((i % 5)) != 1 ] || { rm -rf "$out" && mkdir "$out"; }
    (run_batch $((70 + i % 2 * 10)) "$out") 2>/dev/null &
    victim=$!
    sleep "$(awk -v r=$((RANDOM * 32768 + RANDOM)) -v ms="$whole_ms" 'BEGIN { printf "%.4f", r / 1073741824 * ms / 1000 }')"
    if kill -9 "$victim" 2>/dev/null; then killed=$((killed + 1)); else early=$((early + 1)); fi
    wait "$victim" 2>/dev/null || true
    sums "$out" | sort >"$scratch/found"
    outputs=$((outputs + $(wc -l <"$scratch/found")))
    wrong=$(comm -23 "$scratch/found" "$scratch/complete" | wc -l)
    [ "$wrong" = 0 ] || comm -23 "$scratch/found" "$scratch/complete" >&2
    partial=$((partial + wrong))
    left=$((left + $(temporaries "$out")))
done

before=$(temporaries "$out")
(run_batch 80 "$out")
after=$(temporaries "$out")
missing=$(comm -13 <(sums "$out" | sort) <(sums "$scratch/whole80" | sort) | wc -l)

echo "killed in mid-run: $killed; had ended by then: $early"
echo "outputs looked at: $outputs; neither absent nor complete: $partial"
echo "temporary files seen after kills: $left in all, $before after the last; after the next whole run: $after"
echo "outputs missing or different after the next whole run: $missing"
[ "$partial" = 0 ] && [ "$after" = 0 ] && [ "$missing" = 0 ]
