/* Filters, running sums and transforms without memory: the call says so, and counts nothing. */
#include "allocations.h"
#include "bulk_reduce.h"

enum { N = 200000 };

static double x[N], y[N];
static uint8_t mask[N];

static int filter(const struct pel_team *team, struct pel_error *err)
{
    size_t count = 9;
    int status = pel_filter(x, 8, mask, N, y, &count, team, err);
    assert_int_equal(count, status ? 0 : N / 2);
    return status;
}

static int where_if(const struct pel_team *team, struct pel_error *err)
{
    size_t count = 9;
    double half = N / 2;
    int status =
        pel_where_if(PEL_F64, x, N, PEL_LT, &half, (uint64_t *)(void *)y, &count, team, err);
    assert_int_equal(count, status ? 0 : N / 2);
    return status;
}

static int scan(const struct pel_team *team, struct pel_error *err)
{
    int status = pel_scan_sum(PEL_F64, x, N, false, y, team, err);
    assert_true(status || y[2] == 3);
    return status;
}

static int standardize(const struct pel_team *team, struct pel_error *err)
{
    return pel_standardize(PEL_F64, x, N, y, team, err);
}

static int rescale(const struct pel_team *team, struct pel_error *err)
{
    int status = pel_rescale(PEL_F64, x, N, y, team, err);
    assert_true(status || y[N - 1] == 1);
    return status;
}

static void test_any_allocation(void **state)
{
    (void)state;
    static int (*const calls[])(const struct pel_team *, struct pel_error *) = {
        filter, where_if, scan, standardize, rescale};
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)i;
        mask[i] = i % 2;
    }
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        for (int t = 0; t < 4; t++)
            for (int k = 0;; k++) {
                struct pel_team team = pel_team(test_nthreads[t]);
                struct pel_error err = {0};
                test_allocations_watch(k);
                int status = calls[i](&team, &err);
                bool failed = test_allocations_end().failed;
                assert_int_equal(status, failed ? -ENOMEM : 0);
                assert_int_equal(err.code, status);
                if (!failed)
                    break;
                assert_in_range(k, 0, 10);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
