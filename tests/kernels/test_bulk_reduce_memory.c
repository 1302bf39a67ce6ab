/* Reductions without memory: the call says so and leaves a zero. */
#include "allocations.h"
#include "bulk_reduce.h"

static double x[200000];

static int sum(const struct pel_team *team, enum pel_precision precision, struct pel_error *err)
{
    double total = 9;
    int status = pel_sum(PEL_F64, x, 200000, precision, team, &total, err);
    assert_true(status ? total == 0 : total == 400000);
    return status;
}

static int sum_tree(const struct pel_team *team, struct pel_error *err)
{
    return sum(team, PEL_TREE, err);
}

static int sum_dd(const struct pel_team *team, struct pel_error *err)
{
    return sum(team, PEL_DD, err);
}

static int sum_exact(const struct pel_team *team, struct pel_error *err)
{
    return sum(team, PEL_EXACT, err);
}

static int mean(const struct pel_team *team, struct pel_error *err)
{
    double middle = 9;
    int status = pel_mean(PEL_F64, x, 200000, PEL_TREE, team, &middle, err);
    assert_true(middle == (status ? 0 : 2));
    return status;
}

static int integers(const struct pel_team *team, struct pel_error *err)
{
    int64_t total = 9;
    int status = pel_sum_integers(PEL_I64, x, 200000, team, &total, err);
    assert_int_equal(total, 0);
    return status == -ERANGE ? 0 : status; /* 200,000 times 2^62 */
}

static int moments(const struct pel_team *team, struct pel_error *err)
{
    struct pel_moments found = {9, 9, 9};
    int status = pel_moments(PEL_F64, x, 200000, team, &found, err);
    assert_true(found.n == (status ? 0 : 200000) && found.squares == 0);
    return status;
}

static int extremes(const struct pel_team *team, struct pel_error *err)
{
    struct pel_extremes found = {9, 9};
    int status = pel_extremes(PEL_F64, x, 200000, team, &found, err);
    assert_true(found.argmin == 0 && found.argmax == 0);
    return status;
}

static int histogram(const struct pel_team *team, struct pel_error *err)
{
    uint64_t counts[3] = {9, 9, 9};
    int status = pel_histogram(PEL_F64, x, 200000, 0, 3, 3, team, counts, err);
    assert_true(counts[2] == (status ? 0 : 200000) && counts[0] == 0);
    return status;
}

static int count(const struct pel_team *team, struct pel_error *err)
{
    size_t found = 9;
    int status = pel_count_true((const uint8_t *)x, 100000, team, &found, err);
    assert_int_equal(found, status ? 0 : 12500);
    return status;
}

static void test_any_allocation(void **state)
{
    (void)state;
    static int (*const calls[])(const struct pel_team *, struct pel_error *) = {
        sum_tree, sum_dd, sum_exact, mean, integers, moments, extremes, histogram, count};
    for (size_t i = 0; i < 200000; i++)
        x[i] = 2;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        for (int t = 0; t < 4; t++) {
            struct pel_team team = pel_team(test_nthreads[t]);
            struct pel_error err = {0};
            assert_int_equal(calls[i](&team, &err), 0);
            for (int k = 0;; k++) {
                err = (struct pel_error){0};
                test_allocations_watch(k);
                int status = calls[i](&team, &err);
                bool failed = test_allocations_end().failed;
                assert_int_equal(status, failed ? -ENOMEM : 0);
                assert_true(!failed || err.code == -ENOMEM);
                if (!failed)
                    break;
                assert_in_range(k, 0, 10);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
