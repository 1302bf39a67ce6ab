/* Counts, sums and n-th primes at the powers of ten, by every method, for several teams. */
#include "primes_vectors.h"
#include "support.h"

#include "primes/pi.h"

/* How far each method goes here: 10^k. */
static const struct {
    enum pel_primes_method method;
    size_t count, sum, nth;
} reach[] = {
    {PEL_PRIMES_AUTO, 13, 12, 12},
    {PEL_PRIMES_SIEVE, 9, 9, 7},
    {PEL_PRIMES_COMBINATORIAL, 13, 12, 11},
    {PEL_PRIMES_TRIAL, 5, 5, 4},
};

static uint64_t power(size_t k)
{
    uint64_t n = 1;
    while (k-- > 0)
        n *= 10;
    return n;
}

static void same(const char *what, enum pel_primes_method method, size_t k, uint64_t got,
                 uint64_t wanted)
{
    if (got != wanted)
        fail_msg("%s, 10^%zu, %s: %llu, not %llu", what, k, pel_primes_method_name(method),
                 (unsigned long long)got, (unsigned long long)wanted);
}

static void test_count(void **state)
{
    (void)state;
    for (size_t r = 0; r < VECTORS(reach); r++)
        for (size_t k = 0; k <= reach[r].count; k++) {
            struct pel_team team = vector_team(k + r);
            uint64_t count;
            assert_int_equal(pel_primes_count(0, power(k), reach[r].method, &team, &count, NULL),
                             0);
            same("count", reach[r].method, k, count, pi_of_power[k]);
        }
}

static void test_pi(void **state)
{
    (void)state;
    for (size_t k = 0; k <= 13; k++)
        for (size_t i = 0; i < VECTORS(vector_threads); i++) {
            struct pel_team team = vector_team(i);
            uint64_t pi;
            assert_int_equal(pel_primes_pi(power(k), &team, &pi, NULL), 0);
            same("pi", PEL_PRIMES_COMBINATORIAL, k, pi, pi_of_power[k]);
        }
}

static void test_sum(void **state)
{
    (void)state;
    for (size_t r = 0; r < VECTORS(reach); r++)
        for (size_t k = 0; k <= reach[r].sum; k++) {
            struct pel_team team = vector_team(k + r);
            struct pel_u128 sum;
            assert_int_equal(pel_primes_sum(0, power(k), reach[r].method, &team, &sum, NULL), 0);
            same("sum, low word", reach[r].method, k, sum.lo, sum_of_power[k].lo);
            same("sum, high word", reach[r].method, k, sum.hi, sum_of_power[k].hi);
        }
}

static void test_nth(void **state)
{
    (void)state;
    for (size_t r = 0; r < VECTORS(reach); r++)
        for (size_t k = 0; k <= reach[r].nth; k++) {
            struct pel_team team = vector_team(k + r);
            uint64_t prime;
            assert_int_equal(pel_primes_nth(power(k), reach[r].method, &team, &prime, NULL), 0);
            same("nth", reach[r].method, k, prime, prime_of_power[k]);
        }
}

/* All primes of 32 bits (`primecount 2^32`; their sum is in the research literature as 425649736193687430,
 * OEIS A034387). */
static void test_32_bits(void **state)
{
    (void)state;
    struct pel_team team = vector_team(1);
    uint64_t count;
    struct pel_u128 sum;
    assert_int_equal(pel_primes_count(0, UINT32_MAX, PEL_PRIMES_COMBINATORIAL, &team, &count, NULL),
                     0);
    assert_int_equal(count, 203280221);
    assert_int_equal(pel_primes_sum(0, UINT32_MAX, PEL_PRIMES_COMBINATORIAL, &team, &sum, NULL), 0);
    assert_int_equal(sum.lo, 425649736193687430);
    assert_int_equal(sum.hi, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count), cmocka_unit_test(test_pi),      cmocka_unit_test(test_sum),
        cmocka_unit_test(test_nth),   cmocka_unit_test(test_32_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
