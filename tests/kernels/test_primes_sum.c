#include "support.h"

#include <pelton/primes.h>

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "primes/pi.h"
#include "primes/reference.h"

static struct pel_u128 sum_up_to(uint64_t x, const struct pel_team *team)
{
    struct pel_u128 sum = {1, 1};
    assert_int_equal(pel_primes_sum_up_to(x, team, &sum, NULL), 0);
    return sum;
}

static void assert_sum(struct pel_u128 sum, uint64_t hi, uint64_t lo)
{
    assert_int_equal(sum.hi, hi);
    assert_int_equal(sum.lo, lo);
}

static void test_every_small_number(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    uint64_t sum = 0;
    for (uint64_t x = 0; x <= 3000; x++) {
        sum += pel_is_prime_trial(x) ? x : 0;
        assert_sum(sum_up_to(x, &team), 0, sum);
    }
}

/* Where the method changes from the plain one, and around squares and cubes, its corners. */
static void test_against_the_plain_method(void **state)
{
    (void)state;
    struct test_random random = {test_seed(14)};
    for (int i = 0; i < 600; i++) {
        uint64_t x = test_random_below(&random, (size_t)100 << i % 21);
        if (i % 5 == 1)
            x = 99990 + (uint64_t)i % 20;
        if (i % 5 == 2)
            x = x % 10000 * (x % 10000) - (uint64_t)i % 3;
        if (i % 5 == 3)
            x = x % 500 * (x % 500) * (x % 500) + (uint64_t)i % 3;
        if (x > 200000000)
            x = 0;
        struct pel_team team = pel_team(1 + i % 3);
        team.isa = (enum pel_isa)(i % PEL_ISA_COUNT);
        uint64_t pi;
        struct pel_u128 plain, sum = sum_up_to(x, &team);
        assert_int_equal(pel_reference_pi_and_sum(x, &pi, &plain), 0);
        assert_sum(sum, plain.hi, plain.lo);
    }
}

/* OEIS A046731 */
static void test_powers_of_ten(void **state)
{
    (void)state;
    static const struct {
        uint64_t hi, lo;
    } sums[] = {{0, 17},
                {0, 1060},
                {0, 76127},
                {0, 5736396},
                {0, 454396537},
                {0, 37550402023},
                {0, 3203324994356},
                {0, 279209790387276},
                {0, 24739512092254535},
                {0, 2220822432581729238},
                {10, 16999637006649164854u},
                {999, 7291222914863846993u}};
    static const int threads[] = {1, 2, 3, 7};
    uint64_t x = 1;
    for (int k = 0; k < 12; k++) {
        x *= 10;
        struct pel_team team = pel_team(threads[k % 4]);
        assert_sum(sum_up_to(x, &team), sums[k].hi, sums[k].lo);
    }
}

static void test_any_team_gives_the_same(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    for (int t = 0; t < 4; t++)
        for (int isa = 0; isa < PEL_ISA_COUNT; isa++) {
            struct pel_team team = pel_team(threads[t]);
            team.isa = (enum pel_isa)isa;
            /* primes <= 2^32 - 1 */
            assert_sum(sum_up_to(UINT32_MAX, &team), 0, UINT64_C(425649736193687430));
        }
}

static void test_cancel(void **state)
{
    (void)state;
    struct pel_cancel cancel = {1};
    struct pel_team team = pel_team(2);
    team.cancel = &cancel;
    struct pel_u128 sum = {1, 1};
    struct pel_error err;
    assert_int_equal(pel_primes_sum_up_to(UINT64_C(100000000000), &team, &sum, &err), -ECANCELED);
    assert_sum(sum, 0, 0);
    assert_int_equal(err.code, -ECANCELED);
}

/* Raises the flag some time into the sum; wherever that is, the answer is either right or none. */
static void *cancel_later(void *cancel)
{
    nanosleep(&(struct timespec){.tv_nsec = 15000000}, NULL);
    pel_cancel_request(cancel);
    return NULL;
}

static void test_cancel_in_the_middle(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct pel_cancel cancel = {0};
        struct pel_team team = pel_team(1 + i % 2);
        team.cancel = &cancel;
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &cancel), 0);
        struct pel_u128 sum = {1, 1};
        int status = pel_primes_sum_up_to(UINT64_C(1000000000000), &team, &sum, NULL);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(status == 0 || status == -ECANCELED);
        if (status)
            assert_sum(sum, 0, 0);
        else
            assert_sum(sum, 999, UINT64_C(7291222914863846993));
    }
}

static void test_progress_reaches_its_total(void **state)
{
    (void)state;
    struct pel_progress progress = {0};
    struct pel_team team = pel_team(2);
    team.progress = &progress;
    sum_up_to(UINT64_C(10000000000), &team);
    assert_true(progress.total > 0);
    assert_int_equal(progress.done, progress.total);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_small_number),
        cmocka_unit_test(test_against_the_plain_method),
        cmocka_unit_test(test_powers_of_ten),
        cmocka_unit_test(test_any_team_gives_the_same),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_in_the_middle),
        cmocka_unit_test(test_progress_reaches_its_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
