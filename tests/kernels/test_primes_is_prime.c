/* Is one number prime? Against a sieve, trial division, published pseudoprimes and the primes that
 * primesieve 11.0 lists near the ends of the types. */
#include "support.h"

#include <pelton/primes.h>

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void expect(uint64_t n, bool prime)
{
    if (pel_is_prime(n) != prime)
        fail_msg("%llu is %sprime", (unsigned long long)n, prime ? "" : "not ");
}

static void test_all_below_a_million(void **state)
{
    (void)state;
    enum { N = 1000000 };
    unsigned char *composite = calloc(N, 1);
    assert_non_null(composite);
    composite[0] = composite[1] = 1;
    for (size_t p = 2; p * p < N; p++)
        for (size_t m = p * p; m < N && !composite[p]; m += p)
            composite[m] = 1;
    for (size_t n = 0; n < N; n++) {
        expect(n, !composite[n]);
        assert_int_equal(pel_is_prime_trial(n), !composite[n]);
    }
    free(composite);
}

/* psi(k), the least number that is a strong pseudoprime to the first k primes (OEIS A014233), for k from
 * 1 to 9; psi(9) = psi(10) = psi(11). */
static void test_strong_pseudoprimes(void **state)
{
    (void)state;
    static const uint64_t psi[] = {
        2047,          1373653,       25326001,        3215031751,
        2152302898747, 3474749660383, 341550071728321, 3825123056546413051};
    for (size_t i = 0; i < COUNT(psi); i++)
        expect(psi[i], false);
    /* The first that the bases 2, 7, 61 let through, and pseudoprimes to 2 and other single bases
     * (OEIS A001262, A020229 and following). */
    static const uint64_t others[] = {4759123141, 3277, 4033, 4681, 8321, 15841, 29341,
                                      121,        703,  781,  1541, 25,   325,   42799};
    for (size_t i = 0; i < COUNT(others); i++)
        expect(others[i], false);
}

/* OEIS A002997, and (6m + 1)(12m + 1)(18m + 1) with all three prime (Chernick, 1939). */
static void test_carmichael_numbers(void **state)
{
    (void)state;
    static const uint64_t small[] = {561,    1105,   1729,   2465,   2821,   6601,   8911,
                                     10585,  15841,  29341,  41041,  46657,  52633,  62745,
                                     63973,  75361,  101101, 115921, 126217, 162401, 172081,
                                     188461, 252601, 278545, 294409, 314821};
    for (size_t i = 0; i < COUNT(small); i++)
        expect(small[i], false);
    int found = 0;
    for (uint64_t m = 1; m < 240000; m++) /* to (6m)(12m)(18m) = 1.8e19 */
        if (pel_is_prime_trial(6 * m + 1) && pel_is_prime_trial(12 * m + 1) &&
            pel_is_prime_trial(18 * m + 1)) {
            expect((6 * m + 1) * (12 * m + 1) * (18 * m + 1), false);
            found++;
        }
    assert_true(found > 100);
}

struct window {
    uint64_t lo, hi;
    uint64_t primes[16];
};

/* `primesieve LO HI -p`. */
static const struct window windows[] = {
    {4294967200,
     4294967400,
     {4294967231, 4294967279, 4294967291, 4294967311, 4294967357, 4294967371, 4294967377,
      4294967387, 4294967389}},
    {9223372036854775700u, 9223372036854775900u, {9223372036854775783u, 9223372036854775837u}},
    {18446744073709551000u,
     18446744073709551615u,
     {18446744073709551113u, 18446744073709551163u, 18446744073709551191u, 18446744073709551253u,
      18446744073709551263u, 18446744073709551293u, 18446744073709551337u, 18446744073709551359u,
      18446744073709551427u, 18446744073709551437u, 18446744073709551521u, 18446744073709551533u,
      18446744073709551557u}},
};

static void test_windows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(windows); i++) {
        const uint64_t *next = windows[i].primes;
        for (uint64_t n = windows[i].lo;; n++) {
            expect(n, n == *next);
            if (n == *next)
                next++;
            if (n == windows[i].hi)
                break;
        }
        assert_int_equal(*next, 0);
    }
}

static uint64_t next_prime(uint64_t n)
{
    while (!pel_is_prime(n))
        n++;
    return n;
}

/* Squares of primes, and products of two primes of all sizes. */
static void test_products(void **state)
{
    (void)state;
    struct test_random random = {test_seed(11)};
    for (int i = 0; i < 20000; i++) {
        int bits = 3 + (int)test_random_below(&random, 29);
        uint64_t p = next_prime(test_random_next(&random) >> (64 - bits));
        uint64_t q = next_prime(test_random_next(&random) % UINT32_MAX);
        expect(p * p, false);
        if (q <= UINT64_MAX / p)
            expect(p * q, false);
    }
    expect(4294967291u * UINT64_C(4294967291), false);
    expect(4294967291u * UINT64_C(4294967279), false);
}

static void test_random_against_trial(void **state)
{
    (void)state;
    struct test_random random = {test_seed(12)};
    for (int i = 0; i < 30000; i++) {
        uint64_t n = test_random_next(&random) >> (64 - 2 - test_random_below(&random, 38));
        expect(n, pel_is_prime_trial(n));
    }
    for (uint64_t n = 4759123141 - 100; n < 4759123141 + 100; n++) /* where the bases change */
        expect(n, pel_is_prime_trial(n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_below_a_million),
        cmocka_unit_test(test_strong_pseudoprimes),
        cmocka_unit_test(test_carmichael_numbers),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_random_against_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
