#!/usr/bin/env bash
# includes.sh SOURCE: which folder may include what, and where compiler-specific words may stand.
set -euo pipefail
cd "$(realpath "$1")"
failures=0

# forbid WHY PATTERN FILE...: no line may match.
forbid() {
    local why=$1 pattern=$2
    shift 2
    if grep -nEH "$pattern" "$@"; then
        echo "^ $why" >&2
        failures=1
    fi
}

sources() { find "$@" -name '*.[ch]' | sort; }
mapfile -t kernels < <(sources kernels)
mapfile -t io < <(sources io)
mapfile -t apps < <(sources apps)
mapfile -t public < <(sources kernels/include io/include)
io_headers=$(cd io/include && find pelton -name '*.h' | paste -sd'|')

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*'
forbid "kernels/ knows nothing of the headers of io/" "${include}[<\"]($io_headers)" "${kernels[@]}"
# caches.c asks sysconf for the sizes of the caches, arena.c asks for large pages.
mapfile -t no_system < <(printf '%s\n' "${kernels[@]}" | grep -vE '^kernels/core/(caches|arena)\.c$')
forbid "kernels/ has no files, system or codecs" \
    "${include}<(stdio|fcntl|unistd|dirent|aio|liburing|signal|locale|png|jpeglib|zlib|cjson/cJSON|sys/[a-z]+)(\.h)?>" \
    "${no_system[@]}"
forbid "io/ has no OpenMP" "${include}<omp\.h>|^[[:space:]]*#[[:space:]]*pragma[[:space:]]+omp" "${io[@]}"
forbid "only kernels/ and io/ open image formats" "${include}<(png|jpeglib|zlib|stb_image[a-z_0-9]*)\.h>" "${apps[@]}"
forbid "a public header includes public headers as <pelton/...>" "${include}\"" "${public[@]}"

# A quoted include is found beside the file or from the top of its room, and is part of that room.
check_quoted() {
    local room=$1 file name found
    shift
    for file in "$@"; do
        while read -r name; do
            found=$(realpath -e -q "$(dirname "$file")/$name" || realpath -e -q "$room/$name" || true)
            [[ $found == "$PWD/$room/"* ]] || {
                echo "$file: \"$name\" is not in $room/" >&2
                failures=1
            }
        done < <(sed -nE "s/${include}\"([^\"]+)\".*/\1/p" "$file")
    done
}
check_quoted kernels "${kernels[@]}"
check_quoted io "${io[@]}"
check_quoted apps "${apps[@]}"

mapfile -t others < <(printf '%s\n' "${kernels[@]}" "${io[@]}" "${apps[@]}" | grep -v 'pelton/attributes\.h$')
forbid "attributes belong into <pelton/attributes.h>" '__attribute__' "${others[@]}"
exit $failures
