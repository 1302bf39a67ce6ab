/* Peak memory of `pelton primes`: what <pelton/primes.h> and the README promise. */
#include "support.h"

#include <stdio.h>

static void expect_peak(const char *what, int threads, int limit_mb)
{
    uint64_t peak =
        test_peak_memory("'" PELTON_PROGRAM "' primes %s -q -j %d >/dev/null", what, threads);
    printf("%5.1f MB (at most %d): pelton primes %s -j %d\n", (double)peak / 1e6, limit_mb, what,
           threads);
    assert_in_range(peak, 1, (uint64_t)limit_mb * 1000000);
}

/* 32 MB a thread up to 10^12, whatever is found. */
static void test_sieve(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 7};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        expect_peak("1e12-1e8 1e12 --method sieve", threads[i], 32 * threads[i]);
        expect_peak("1e12-1e8 1e12 --sum --tuplets all --gaps --residues 210", threads[i],
                    32 * threads[i]);
    }
}

/* The bound is 200 MB for pi(10^16), which takes seconds; memory grows like the cube root. */
static void test_combinatorial(void **state)
{
    (void)state;
    expect_peak("1e14 --method combinatorial", 2, 50);
    expect_peak("1e13 --sum --method combinatorial", 2, 50);
    expect_peak("--nth 1e12", 2, 50);
}

/* Two lists that are much longer than what is held of them: 64 MiB and the sieve's. */
static void test_lists(void **state)
{
    (void)state;
    expect_peak("5e8 --print", 1, 67 + 32);
    expect_peak("5e8 --print", 2, 67 + 2 * 32);
}

int main(void)
{
    if (WITH_ASAN) {
        puts("skipped: the sanitizer's own memory would be counted");
        return SKIP_PROGRAM;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sieve),
        cmocka_unit_test(test_combinatorial),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
