#!/usr/bin/env bash
# From a fresh clone to finished work: installs what is missing, builds, and runs pelton on the sample
# images of data/samples, then on prime numbers and on tables. Leaves the results in out/demo.
. "$(dirname "$0")/common.sh"
cd "$root"

say() {
    printf '\n\033[1m%s\033[0m\n' "$*"
}
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

say "1. What is missing is installed, then pelton is built (into build/)."
scripts/setup.sh
build_pelton "$root/build"
build/pelton --version

out=out/demo
rm -rf "$out"
say "2. A batch: every image under data/samples, in parallel, to gray JPEGs that fit into 400x300."
batch=(build/pelton image data/samples -o "$out" --resize 400x300 --gray --format jpeg --quality 80
    --report "$out.csv" --trace "$out.trace.json")
tell "${batch[@]}"
mkdir -p out
status=0
"${batch[@]}" || status=$?
echo "(exit status $status)"
[ $status = 1 ] || die "expected exit status 1: done, but the files in data/samples/broken failed"

say "3. What happened."
cat <<END
The files in data/samples/broken are broken on purpose: cut off, damaged, a text called .png, a header
that claims 100000 x 100000 pixels. Each was refused with its reason above, none of them stopped the
others, and none left half an output behind: exit status 1 means 'done, but some inputs failed'.
Everything else was converted, and the folders were mirrored:
END
find "$out" -type f | sort | sed 's/^/  /'

say "4. The same again does nothing twice: existing outputs are kept."
again=(build/pelton image data/samples/photos -o "$out/photos" --resize 400x300 --gray --format jpeg
    --skip-existing)
show "${again[@]}"

say "5. The same bytes, whatever the number of threads."
checksum() {
    local folder=$out/threads
    rm -rf "$folder"
    build/pelton image data/samples -o "$folder" --resize 400x300 --gray --format png -q "$@" 2>/dev/null || [ $? = 1 ]
    (cd "$folder" && find . -type f | sort | tr '\n' '\0' | xargs -0 sha256sum) | sha256sum | cut -c1-16
    rm -rf "$folder"
}
for threads in 1 2 7; do
    echo "-j $threads: sha256 of all outputs begins with $(checksum -j $threads)"
done
echo "-j 2 --io sync: sha256 of all outputs begins with $(checksum -j 2 --io sync)"

say "6. Prime numbers: counted, found, searched for twins, listed in order by all threads."
show build/pelton primes 1e14 --time
show build/pelton primes --nth 1e12
show build/pelton primes 1e12 1e12+1e9 --twins --sum --time
show build/pelton primes 1e8 -o "$out/primes.txt" --check

say "7. Queries: tables made of random numbers, then asked; a plan; a mistake."
PELTON=$root/build/pelton scripts/sample_tables.sh "$out/tables"
trades="$out/tables/trades.csv"
show build/pelton bulk "$out/tables/x.npy" 'where x > 0 | select sqrt(x) | sum' --time
query='where price > 10 | group by city | select city, n = count(), avg = mean(price), hi = max(price)
    | order by avg desc | take 10'
show build/pelton bulk "$trades" "$query" -f table
show build/pelton bulk "$out/tables/a.npy" "$out/tables/b.npy" 'select clip((a - mean(a)) / std(a) * b, -3, 3)' \
    -o "$out/clipped.npy"
show build/pelton bulk "$trades" "$query" --explain
show build/pelton bulk "$trades" 'where prize > 10 | count' || echo "(exit status $?)"

say "Where to look"
cat <<END
  $out/              the pictures; next to the originals in data/samples
  $out.csv           one row a file: sizes, time waited, decoded, computed, encoded, stored; why it failed
  $out.trace.json    open in https://ui.perfetto.dev: one lane a thread, and the I/O lane beside them
  $out/primes.txt    the primes below 1e8
  $out/clipped.npy   computed from the numbers of $out/tables
  build/pelton image --help; build/pelton primes --help; build/pelton bulk --help
END
