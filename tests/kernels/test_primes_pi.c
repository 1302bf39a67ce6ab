/* pi(x) by Gourdon's method: published values, the plain recurrence, any team. */
#include "support.h"

#include "primes/pi.h"
#include "primes/pi/levels.h"
#include "primes/reference.h"

#include <string.h>

static uint64_t pi(uint64_t x, const struct pel_team *team)
{
    uint64_t n = 1;
    struct pel_error err = {0};
    int status = pel_primes_pi(x, team, &n, &err);
    if (status)
        print_message("pi(%llu): %s\n", (unsigned long long)x, err.message);
    assert_int_equal(status, 0);
    return n;
}

/* OEIS A006880. */
static void test_powers_of_ten(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        0,       4,        25,        168,        1229,        9592,         78498,        664579,
        5761455, 50847534, 455052511, 4118054813, 37607912018, 346065536839, 3204941750802};
    struct pel_team team = pel_team(0);
    uint64_t x = 1;
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++, x *= 10)
        assert_int_equal(pi(x, &team), expected[k]);
}

static void test_every_small_x(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    uint64_t n = 0;
    for (uint64_t x = 0; x <= 3000; x++) {
        n += pel_is_prime_trial(x);
        assert_int_equal(pi(x, &team), n);
    }
}

static void compare(uint64_t x, const struct pel_team *team)
{
    uint64_t expected;
    struct pel_u128 sum;
    assert_int_equal(pel_reference_pi_and_sum(x, &expected, &sum), 0);
    uint64_t n = pi(x, team);
    if (n != expected)
        print_message("x = %llu\n", (unsigned long long)x);
    assert_int_equal(n, expected);
}

/* Where sizes change: squares, cubes and fourth powers of primes and their neighbours. */
static void test_neighbours_of_powers(void **state)
{
    (void)state;
    static const uint64_t primes[] = {31, 37, 41, 61, 97, 211};
    struct pel_team team = pel_team(2);
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++) {
        uint64_t p = primes[i];
        for (uint64_t x = p * p * p * p - 2; x <= p * p * p * p + 2; x++)
            compare(x, &team);
        for (uint64_t x = p * p * p * 9; x <= p * p * p * 11; x += p * p * p)
            compare(x - 1, &team), compare(x, &team);
    }
    for (unsigned k = 1; k < 31; k++) {
        compare((UINT64_C(1) << k) - 1, &team);
        compare(UINT64_C(1) << k, &team);
    }
}

static void test_random_x_on_every_level(void **state)
{
    (void)state;
    struct test_random random = {test_seed(20)};
    for (int i = 0; i < 60; i++) {
        struct pel_team team = pel_team(1 + i % 3);
        team.isa = (enum pel_isa)(i % PEL_ISA_COUNT);
        compare(test_random_next(&random) >> (32 + test_random_below(&random, 18)), &team);
    }
}

/* Sums of pi(n / q) over primes q, n at and next to multiples of them. */
static void test_quotients_on_every_level(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    struct pel_pi_table table;
    assert_int_equal(pel_pi_table_make(&table, 4000000, &team, NULL), 0);
    uint32_t primes[301 + PEL_PRIMES_MARGIN] = {0};
    size_t nprimes = 0;
    for (uint32_t n = 10007; nprimes < 301; n += 2)
        if (pel_is_prime_trial(n))
            primes[nprimes++] = n;
    for (int isa = 0; isa < PEL_ISA_COUNT; isa++)
        for (size_t i = 0; i < nprimes; i++) {
            uint64_t n = primes[i] * UINT64_C(29989) * (1 + i % 97) - i % 3 + 1;
            uint64_t expected = 0;
            for (size_t j = i % 20; j < nprimes - i % 30; j++)
                expected += pel_pi_at(&table, n / primes[j]);
            const struct pel_gourdon_level *level = pel_gourdon_level((enum pel_isa)isa);
            assert_int_equal(level->sum_pi(&table, primes, i % 20, nprimes - i % 30, n), expected);
        }
    pel_pi_table_free(&table);
}

static void test_any_team_gives_the_same(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 3, 7};
    const uint64_t expected = 8007105059;
    for (int isa = 0; isa < PEL_ISA_COUNT; isa++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct pel_team team = pel_team(sizes[i]);
            team.isa = (enum pel_isa)isa;
            assert_int_equal(pi(UINT64_C(200000000000), &team), expected);
        }
}

static void test_cancelled_before_it_begins(void **state)
{
    (void)state;
    struct pel_cancel cancel = {0};
    pel_cancel_request(&cancel);
    for (int n = 1; n <= 2; n++) {
        struct pel_team team = pel_team(n);
        team.cancel = &cancel;
        uint64_t result = 1;
        assert_int_equal(pel_primes_pi(UINT64_C(1000000000000000), &team, &result, NULL),
                         -ECANCELED);
        assert_int_equal(result, 0);
    }
}

static void test_progress_ends_at_its_total(void **state)
{
    (void)state;
    static const uint64_t x[] = {10, 1000000, 100000000, UINT64_C(1000000000000)};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        struct pel_progress progress = {0};
        struct pel_team team = pel_team(2);
        team.progress = &progress;
        pi(x[i], &team);
        assert_true(progress.total > 0);
        assert_int_equal(progress.done, progress.total);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_powers_of_ten),
        cmocka_unit_test(test_every_small_x),
        cmocka_unit_test(test_neighbours_of_powers),
        cmocka_unit_test(test_random_x_on_every_level),
        cmocka_unit_test(test_quotients_on_every_level),
        cmocka_unit_test(test_any_team_gives_the_same),
        cmocka_unit_test(test_cancelled_before_it_begins),
        cmocka_unit_test(test_progress_ends_at_its_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
