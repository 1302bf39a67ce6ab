#!/usr/bin/env bash
# references.sh NM kernels|io OBJECT...: what the objects of a room ask the linker for.
#
# kernels/ has a list of what it may use, so that anything new is a decision; io/, which talks to the
# system, has a list of what it may not. Names of the compiler's and the sanitizers' own begin with __.
set -euo pipefail
nm=$1 room=$2
shift 2
names=$("$nm" -u "$@" | awk '$1 == "U" { print $2 }' | sed 's/@.*//' | sort -u)
[ -n "$names" ] || { echo "no references found in $# objects" >&2; exit 1; }

if [ "$room" = kernels ]; then
    allowed='pel_[a-z0-9_]+'
    allowed+='|malloc|calloc|realloc|free|aligned_alloc|posix_memalign'
    allowed+='|(__)?(mem(cpy|move|set|cmp|chr)|bcmp|str(n?len|n?cmp|n?cpy|chr))(_chk)?'
    allowed+='|(__)?(sqrt|cbrt|pow|exp2?|exp10|expm1|log(2|10|1p)?|sin|cos|sincos|tan|atan2?|floor|ceil|trunc|l?l?round|l?l?rint|nearbyint|fabs|fmod|fma|fmin|fmax|ldexp|frexp|hypot)[fl]?'
    allowed+='|pthread_(mutex|cond|condattr|once|self|equal)[a-z_]*|sched_yield|sysconf'
    allowed+='|madvise' # large pages for large results
    allowed+='|GOMP_[A-Za-z0-9_]+|omp_[a-z_]+|__kmpc_[a-z0-9_]+'
    allowed+='|__u?(div|mod)ti3|__popcountdi2' # 128 bits, and bits of a word, where no instruction does it
    allowed+='|__assert_fail|__stack_chk_fail|__cpu_(model|indicator_init)|_GLOBAL_OFFSET_TABLE_|__tls_get_addr'
    allowed+='|__(asan|ubsan|sanitizer|tsan|msan|lsan)_[A-Za-z0-9_]+|_Unwind_Resume|__gcc_personality_v0'
    wrong=$(grep -Evx "$allowed" <<<"$names" || true)
    hint="kernels/ computes on memory that it is given; if this is right, add it to $0"
    # What bulk/ computes has the same bits on every machine; these have not: <pelton/math.h> has them.
    inexact='(cbrt|pow|exp2?|exp10|expm1|log(2|10|1p)?|sin|cos|sincos|tan|atan2?|hypot)[fl]?'
    if [ -z "$wrong" ]; then
        mapfile -t bulk < <(printf '%s\n' "$@" | grep /bulk/)
        wrong=$("$nm" -u "${bulk[@]}" | awk '$1 == "U" { print $2 }' | sed 's/@.*//' | sort -u | grep -Ex "$inexact" || true)
        hint="bulk/ takes such functions from <pelton/math.h>"
    fi
else
    forbidden='(GOMP|omp|__kmpc)_.*'
    forbidden+='|(__)?v?printf(_chk)?|puts|putchar|perror|stdout|stderr|stdin'
    forbidden+='|exit|_exit|_Exit|quick_exit|atexit|on_exit|(secure_)?getenv|setenv|putenv|environ'
    forbidden+='|signal|sigaction|setlocale|getopt(_long)?|error|err|warnx?|errx'
    wrong=$(grep -Ex "$forbidden" <<<"$names" || true)
    hint="io/ neither prints, exits, reads the environment, changes signals nor computes in parallel"
fi
if [ -n "$wrong" ]; then
    for name in $wrong; do
        echo "$name, in: $("$nm" -A -u "$@" | grep -E " U $name(@|$)" | sed 's/:.*//; s|.*/||' | sort -u | tr '\n' ' ')" >&2
    done
    echo "$hint" >&2
    exit 1
fi
echo "$room: $(wc -l <<<"$names") references from $# objects, all in order"
