#!/usr/bin/env bash
# queries.sh SOURCE CC: what is wrong in a query of <pelton/query.h> is an error of the compiler's that
# says so, and what is right compiles without a warning, in C++ too.
set -euo pipefail
cd "$1"
cc=$2
# C++ by whichever compiler of it works.
cxx=''
for compiler in g++ clang++; do
    echo '#include <cstddef>' | "$compiler" -x c++ -std=c++20 -fsyntax-only - 2>/dev/null || continue
    cxx+=" $compiler"
done
ways=(-Wno-unknown-pragmas)
echo '#include <omp.h>' | "$cc" -fopenmp -fsyntax-only -x c - 2>/dev/null && ways+=(-fopenmp)
work=$(mktemp -d "${TMPDIR:-/tmp}/pelton-queries.XXXXXX")
trap 'rm -rf "$work"' EXIT
flags=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only -I kernels/include)
failures=0

# program STATEMENT: one of a query on stdout.
program() {
    cat <<END
#include <pelton/query.h>
struct pair { double a, b; };
void seed(double *sum);
void add(double *sum, double x);
void join(double *into, const double *from);
double finish(const double *sum);
int consume(void *ctx, const void *values, size_t n);
double sum_of(double *data, size_t n, struct pair *pairs, uint64_t *counts);
double sum_of(double *data, size_t n, struct pair *pairs, uint64_t *counts)
{
    double sum = 0;
    (void)data, (void)n, (void)pairs, (void)counts;
    $1;
    return sum;
}
END
}

# wrong MESSAGE STATEMENT
wrong() {
    program "$2" >"$work/wrong.c"
    if "$cc" -std=c11 "${flags[@]}" "$work/wrong.c" 2>"$work/said"; then
        echo "compiles: $2" >&2
        failures=1
    elif ! grep -q "error: .*$1" "$work/said"; then
        echo "does not say '$1': $2" >&2
        cat "$work/said" >&2
        failures=1
    fi
}

# right STATEMENT
right() {
    program "$1" >"$work/right.c"
    for way in "${ways[@]}"; do
        "$cc" -std=c11 "$way" -Wshadow -Wconversion "${flags[@]}" "$work/right.c" || failures=1
    done
    for compiler in $cxx; do
        "$compiler" -std=c++20 "${flags[@]}" -x c++ "$work/right.c" || failures=1
    done
}

from='PEL_FROM(double, x, data, n)'
few='takes more arguments before its options'
wrong "PEL_SUM $few" "PEL_SUM(sum, $from, x)"
wrong "PEL_SUM $few" "PEL_SUM(sum)"
wrong "PEL_COUNT $few" "PEL_COUNT(counts[0], $from)"
wrong "PEL_AGGREGATE $few" "PEL_AGGREGATE(sum, $from, PEL_EACH, x, double, seed, add, join)"
wrong "PEL_the_source_must_be_PEL_FROM_or_PEL_RANGE" "PEL_SUM(sum, data, PEL_EACH, data[0])"
wrong "PEL_FOR_ALL_cannot_follow_PEL_TAKE" "PEL_FOR_ALL($from, PEL_TAKE(3), data[0] = x)"
wrong "PEL_FOR_ALL_cannot_follow_PEL_TAKE" "PEL_FOR_ALL($from, PEL_TAKE_WHILE(x > 3), data[0] = x)"
wrong "PEL_TAKE_or_PEL_TAKE_WHILE_is_there_already" "PEL_SUM(sum, $from, PEL_TAKE(3) PEL_TAKE(2), x)"
wrong "PEL_TAKE_or_PEL_TAKE_WHILE_is_there_already" "PEL_MAX(sum, $from, PEL_TAKE_WHILE(x < 3) PEL_TAKE(2), x)"
wrong "struct pair\|floating-point" "PEL_SUM(sum, PEL_FROM(struct pair, p, pairs, n), PEL_EACH, p)"
wrong "incompatible pointer\|incompatible-pointer" "PEL_SUM(sum, PEL_FROM(float, x, data, n), PEL_EACH, x)"
wrong "thread" "PEL_SUM(sum, $from, PEL_EACH, x, .thread = 2)"
wrong "PEL_SUM_INT is of integers" "int64_t all; PEL_SUM_INT(all, $from, PEL_EACH, x)"
wrong "PEL_SUM_INT is of integers" "int64_t all; PEL_SUM_INT(all, PEL_FROM(float, x, (float *)data, n), , x)"
wrong "a key of PEL_GROUP is an integer" "PEL_GROUP(data, counts, 9, $from, PEL_EACH, x, 1)"
wrong "comma between stages" "PEL_SUM(sum, $from, PEL_LET(double, y, x * x), PEL_WHERE(y > 3), y)"
wrong "comma between stages" "PEL_COUNT(counts[0], $from, PEL_WHERE(x > 0), PEL_WHERE(x < 3), .threads = 2)"
wrong "comma between stages" "PEL_FOR_ALL($from, PEL_WHERE(x > 0), PEL_WHERE(x < 3), data[0] = x)"
wrong "comma .*outside of parentheses" "PEL_FOR_ALL($from, PEL_EACH, data[0] = x, data[1] = x)"

right "PEL_SUM(sum, $from, , x)"
right "PEL_SUM(sum, $from, PEL_WHERE(x > 0) PEL_LET(double, y, x * x) PEL_WHERE(y < 3), y, .threads = 2)"
right "PEL_MEAN(sum, PEL_RANGE(int, i, 0, n, 2), PEL_SELECT(double, y, i * 0.5) PEL_TAKE(9), y, .precision = PEL_DD)"
right "PEL_COUNT(counts[0], $from, PEL_INDEX(i) PEL_FAIL_IF(i == 3, -EDOM), .partition = PEL_PARTITION_STRIPE)"
right "PEL_TO_ARRAY(data, counts[0], $from, PEL_ZIP(struct pair, p, pairs) PEL_TAKE_WHILE(p.a > 0), p.b + x)"
right "PEL_TO_ARRAY(pairs, counts[0], PEL_FROM(struct pair, p, pairs, n), PEL_WHERE(p.a > 0), p)"
right "PEL_CONSUME(double, consume, data, $from, PEL_EACH, x, .merge = PEL_MERGE_STREAM)"
right "PEL_FOR_ALL($from, PEL_INDEX(i), data[i] = 2 * x)"
right "PEL_GROUP(data, counts, 9, PEL_FROM(struct pair, p, pairs, n), PEL_EACH, (int)p.a, p.b)"
right "PEL_GROUP(data, counts, 2, $from, PEL_LET(bool, positive, x > 0), positive, x)"
right "int64_t all; PEL_SUM_INT(all, PEL_FROM(unsigned char, x, (unsigned char *)data, n), PEL_EACH, x); sum = (double)all"
right "PEL_HISTOGRAM(counts, 9, 0, 1, $from, PEL_EACH, x)"
right "PEL_TOP(counts, data, 9, true, $from, PEL_EACH, x)"
right "PEL_AGGREGATE(sum, $from, PEL_WHERE(x > 1), x, double, seed, add, join, finish, .threads = 3)"
right "bool any; PEL_ANY(any, $from, PEL_EACH, x > 1); sum = any"
right "int64_t all; PEL_SUM_INT(all, $from, PEL_EACH, (int64_t)x); sum = (double)all"
exit $failures
