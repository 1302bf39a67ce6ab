# What the scripts share. Source it: . "$(dirname "$0")/common.sh"
# shellcheck shell=bash
set -euo pipefail
# Numbers are written with a point and sorted by value, whatever the user's language.
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Not nproc: that one obeys OMP_NUM_THREADS.
cores=$(getconf _NPROCESSORS_ONLN)

die() {
    echo "$(basename "$0"): $*" >&2
    exit 2
}

# build_pelton [FOLDER [CMAKE OPTION...]]: configures and builds, quietly unless it fails.
build_pelton() {
    local folder=${1:-$root/build} log
    shift || true
    log=$(mktemp)
    local generator=()
    # An existing folder keeps its generator.
    if [ ! -e "$folder/CMakeCache.txt" ] && command -v ninja >/dev/null; then
        generator=(-G Ninja)
    fi
    if ! { cmake -S "$root" -B "$folder" "${generator[@]}" "$@" && cmake --build "$folder" -j "$cores"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "the build in $folder failed"
    fi
    rm -f "$log"
}

# A folder that is removed when the script ends, however it ends: $scratch.
make_scratch() {
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/pelton-$(basename "$0" .sh).XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT TERM
}

# measure COMMAND...: runs it with both outputs discarded and prints the wall seconds. Its exit status 1
# (some inputs failed) is a result; any other is a failure.
measure() {
    local start end status=0
    # Microseconds, by the shell itself: starting `date` would be measured too.
    start=${EPOCHREALTIME/./}
    "$@" >/dev/null 2>"$scratch/stderr" </dev/null || status=$?
    end=${EPOCHREALTIME/./}
    if [ $status -gt 1 ]; then
        cat "$scratch/stderr" >&2
        echo "$(basename "$0"): status $status from: $*" >&2
        return 1
    fi
    awk -v us=$((end - start)) 'BEGIN { printf "%.4f\n", us / 1e6 }'
}

# The median of the numbers on standard input.
median() {
    sort -g | awk '{ x[NR] = $1 }
                   END { if (!NR) exit 1; m = int((NR + 1) / 2); printf "%.4f\n", NR % 2 ? x[m] : (x[m] + x[m + 1]) / 2 }'
}

# ratio A B: A / B with two decimals.
ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'
}

# One line on what the figures were measured on.
describe_machine() {
    local model
    model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -1)
    echo "machine: ${model:-unknown processor}, $cores processors online, Linux $(uname -r)"
}

# tell COMMAND...: prints it as it could be typed: what a shell would take apart stands in quotes.
tell() {
    local word line='$' quote="'\\''"
    for word; do
        case $word in
        '' | *[!A-Za-z0-9_@%+=:,./-]*) line+=" '${word//\'/$quote}'" ;;
        *) line+=" $word" ;;
        esac
    done
    printf '%s\n' "$line"
}

# show COMMAND...: the same, and runs it.
show() {
    tell "$@"
    "$@"
}

# Prints the comment at the top of the calling script and ends.
show_help() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
    exit 0
}

# Sets $pelton: the program of an environment variable PELTON, or of build/ after building it.
prepare_pelton() {
    pelton=${PELTON:-}
    if [ -z "$pelton" ]; then
        "$root/scripts/setup.sh"
        build_pelton "$root/build"
        pelton=$root/build/pelton
    fi
    [ -x "$pelton" ] || die "cannot execute $pelton"
}

# The images a benchmark uses unless told otherwise.
default_images() {
    if [ -d "$root/../shared/corpus/kodak" ]; then
        echo "$root/../shared/corpus/kodak"
    else
        echo "$root/data/samples/photos"
    fi
}

# repeat_images FROM TO COUNT: fills the new folder TO with COUNT images of FROM and below, each under
# several names. Hard links, so that the page cache holds each picture once; copies on another disk.
repeat_images() {
    local from=$1 to=$2 count=$3 i file
    local -a files
    mapfile -d '' files < <(find "$from" -type f \( -iname '*.png' -o -iname '*.jpg' -o -iname '*.jpeg' \) -print0 | sort -z)
    [ ${#files[@]} -gt 0 ] || die "no PNG or JPEG in $from"
    mkdir -p "$to"
    for ((i = 0; i < count; i++)); do
        file=${files[i % ${#files[@]}]}
        ln -L "$file" "$to/$(printf '%05d' "$i").${file##*.}" 2>/dev/null ||
            cp "$file" "$to/$(printf '%05d' "$i").${file##*.}"
    done
}
