#include "support.h"

#include <pelton/primes.h>

#include <math.h>
#include <string.h>

#include "primes/reference.h"

static const enum pel_primes_method methods[] = {PEL_PRIMES_AUTO, PEL_PRIMES_SIEVE,
                                                 PEL_PRIMES_COMBINATORIAL, PEL_PRIMES_TRIAL};

static uint64_t count(uint64_t start, uint64_t stop, enum pel_primes_method method, int nthreads)
{
    struct pel_team team = pel_team(nthreads);
    uint64_t n = 1;
    assert_int_equal(pel_primes_count(start, stop, method, &team, &n, NULL), 0);
    return n;
}

static struct pel_u128 sum(uint64_t start, uint64_t stop, enum pel_primes_method method,
                           int nthreads)
{
    struct pel_team team = pel_team(nthreads);
    struct pel_u128 s = {1, 1};
    assert_int_equal(pel_primes_sum(start, stop, method, &team, &s, NULL), 0);
    return s;
}

static void test_small_intervals_by_every_method(void **state)
{
    (void)state;
    for (uint64_t start = 0; start <= 70; start++) {
        uint64_t n = 0, s = 0;
        for (uint64_t stop = start; stop <= 130; stop++) {
            bool prime = pel_is_prime_trial(stop);
            n += prime;
            s += prime ? stop : 0;
            for (size_t m = 0; m < 4; m++) {
                assert_int_equal(count(start, stop, methods[m], 1), n);
                assert_int_equal(sum(start, stop, methods[m], 1).lo, s);
            }
        }
    }
}

static void test_random_intervals_by_every_method(void **state)
{
    (void)state;
    struct test_random random = {test_seed(11)};
    static const int threads[] = {1, 2, 3, 7};
    for (int i = 0; i < 24; i++) {
        uint64_t start = test_random_below(&random, 3000000);
        uint64_t stop = start + test_random_below(&random, 100000);
        uint64_t n = count(start, stop, PEL_PRIMES_SIEVE, 1);
        struct pel_u128 s = sum(start, stop, PEL_PRIMES_SIEVE, 1);
        for (size_t m = 0; m < 4; m++) {
            assert_int_equal(count(start, stop, methods[m], threads[i % 4]), n);
            struct pel_u128 other = sum(start, stop, methods[m], threads[i % 4]);
            assert_memory_equal(&other, &s, sizeof s);
        }
    }
}

static void test_counts_up_to_powers_of_ten(void **state)
{
    (void)state;
    static const uint64_t pi[] = {0,    4,     25,     168,    1229,
                                  9592, 78498, 664579, 5761455}; /* OEIS A006880 */
    uint64_t x = 1;
    for (int k = 0; k <= 8; k++, x *= 10)
        for (size_t m = 0; m < 3; m++)
            assert_int_equal(count(0, x, methods[m], 2), pi[k]);
    assert_int_equal(count(0, 100000, PEL_PRIMES_TRIAL, 3), 9592);
}

static void test_large_numbers_by_trial(void **state)
{
    (void)state;
    const uint64_t last = UINT64_C(999999999999989); /* below 10^15 */
    assert_int_equal(count(last - 1, last + 11, PEL_PRIMES_TRIAL, 2), 1);
    struct pel_u128 s = sum(last, last, PEL_PRIMES_TRIAL, 1);
    assert_int_equal(s.lo, last);
    assert_int_equal(s.hi, 0);
    /* Even numbers end at once; there is none but the last task's to overflow. */
    assert_int_equal(count(UINT64_MAX - 1, UINT64_MAX, PEL_PRIMES_TRIAL, 2), 0);
}

static void test_a_sum_beyond_64_bits(void **state)
{
    (void)state;
    const uint64_t start = UINT64_C(4000000000000), stop = start + 200000000;
    struct pel_u128 by_sieve = sum(start, stop, PEL_PRIMES_SIEVE, 2);
    assert_true(by_sieve.hi > 0);
    uint64_t n = count(start, stop, PEL_PRIMES_SIEVE, 2);
    __uint128_t s = (__uint128_t)by_sieve.hi << 64 | by_sieve.lo;
    assert_true(s > (__uint128_t)n * start && s < (__uint128_t)n * stop);
}

static void test_wrong_arguments(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    struct pel_error err;
    uint64_t n = 1;
    struct pel_u128 s = {1, 1};
    assert_int_equal(pel_primes_count(10, 9, PEL_PRIMES_AUTO, &team, &n, &err), -EINVAL);
    assert_string_equal(err.message, "the interval ends before it starts");
    assert_int_equal(n, 0);
    assert_int_equal(pel_primes_sum(10, 9, PEL_PRIMES_TRIAL, &team, &s, &err), -EINVAL);
    assert_true(s.lo == 0 && s.hi == 0);
    assert_int_equal(pel_primes_count(0, 9, PEL_PRIMES_METHOD_COUNT, &team, &n, &err), -EINVAL);
    assert_int_equal(
        pel_primes_sum(0, PEL_PRIMES_SUM_MAX + 1, PEL_PRIMES_COMBINATORIAL, &team, &s, &err),
        -ERANGE);
    assert_non_null(strstr(err.message, "10^18"));
}

static void test_a_cancelled_team(void **state)
{
    (void)state;
    struct pel_cancel cancel = {1};
    struct pel_team team = pel_team(2);
    team.cancel = &cancel;
    for (size_t m = 0; m < 4; m++) {
        struct pel_error err = {0};
        uint64_t n = 1;
        struct pel_u128 s = {1, 1};
        assert_int_equal(pel_primes_count(0, 1000000000, methods[m], &team, &n, &err), -ECANCELED);
        assert_int_equal(n, 0);
        assert_int_equal(err.code, -ECANCELED);
        assert_int_equal(pel_primes_sum(0, 1000000000, methods[m], &team, &s, &err), -ECANCELED);
        assert_true(s.lo == 0 && s.hi == 0);
    }
}

static void test_the_estimate(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    struct pel_primes_estimate estimate;
    assert_int_equal(pel_primes_estimate_count(2, 1, &team, &estimate, NULL), -EINVAL);
    assert_int_equal(pel_primes_estimate_count(0, UINT64_C(1000000000000), &team, &estimate, NULL),
                     0);
    assert_int_equal(estimate.choice, PEL_PRIMES_COMBINATORIAL);
    assert_true(estimate.seconds[PEL_PRIMES_AUTO] == estimate.seconds[PEL_PRIMES_COMBINATORIAL]);
    assert_true(estimate.seconds[PEL_PRIMES_TRIAL] > estimate.seconds[PEL_PRIMES_SIEVE]);
    assert_int_equal(pel_primes_estimate_sum(0, 1000, &team, &estimate, NULL), 0);
    assert_int_equal(estimate.choice, PEL_PRIMES_SIEVE);
    assert_int_equal(pel_primes_estimate_sum(0, 10000000000, &team, &estimate, NULL), 0);
    assert_int_equal(estimate.choice, PEL_PRIMES_COMBINATORIAL);
    const uint64_t high = UINT64_C(1000000000000);
    assert_int_equal(pel_primes_estimate_count(high, high + 1000000, &team, &estimate, NULL), 0);
    assert_int_equal(estimate.choice, PEL_PRIMES_SIEVE);
    assert_int_equal(pel_primes_estimate_sum(0, UINT64_MAX, &team, &estimate, NULL), 0);
    assert_true(isinf(estimate.seconds[PEL_PRIMES_COMBINATORIAL]));
    assert_int_equal(estimate.choice, PEL_PRIMES_SIEVE);
}

static void test_method_names(void **state)
{
    (void)state;
    assert_string_equal(pel_primes_method_name(PEL_PRIMES_AUTO), "auto");
    assert_string_equal(pel_primes_method_name(PEL_PRIMES_TRIAL), "trial");
    for (int m = -1; m <= PEL_PRIMES_METHOD_COUNT; m++)
        assert_non_null(pel_primes_method_name((enum pel_primes_method)m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_intervals_by_every_method),
        cmocka_unit_test(test_random_intervals_by_every_method),
        cmocka_unit_test(test_counts_up_to_powers_of_ten),
        cmocka_unit_test(test_large_numbers_by_trial),
        cmocka_unit_test(test_a_sum_beyond_64_bits),
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_a_cancelled_team),
        cmocka_unit_test(test_the_estimate),
        cmocka_unit_test(test_method_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
