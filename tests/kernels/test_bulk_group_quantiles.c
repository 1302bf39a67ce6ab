/* Quantiles of groups, for which all values are held: against the plain version, beside other aggregates. */
#include "groups.h"

static const size_t sizes[] = {0, 1, 2, 63, 1023, 1024, 1025, 65535, 65536, 65537, 150000};

/* Quantiles of all types of values, two of one column, and aggregates that keep states. */
static void fill(struct group_case *made)
{
    static const double q[] = {0.5, 0, 1, 0.37, 0.999};
    for (size_t k = 0; k < 5; k++)
        made->aggregations[made->naggregations++] =
            (struct pel_aggregation){PEL_AGGREGATE_QUANTILE, &made->values[k % GROUP_VALUES], q[k]};
    made->aggregations[made->naggregations++] =
        (struct pel_aggregation){PEL_AGGREGATE_MEAN, &made->values[0], 0};
    made->aggregations[made->naggregations++] =
        (struct pel_aggregation){PEL_AGGREGATE_LAST, &made->values[1], 0};
    made->aggregations[made->naggregations++] =
        (struct pel_aggregation){PEL_AGGREGATE_VAR, &made->values[3], 0};
}

static void check(const enum pel_type *keys, size_t nkeys, size_t ndifferent, size_t nrows,
                  struct test_random *random)
{
    struct group_case made = group_case_make(keys, nkeys, ndifferent, nrows, random);
    fill(&made);
    group_check(&made);
    group_case_free(&made);
}

static void test_sizes(void **state)
{
    (void)state;
    struct test_random random = {11};
    const enum pel_type key = PEL_I64, text = PEL_STRING;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        check(&key, 1, 1, sizes[s], &random); /* one group, too many to be sorted */
        check(&text, 1, 30, sizes[s], &random);
    }
    check(&key, 1, 40000, 150000, &random);
    check(&key, 1, 300, 70000, &random);
}

static void test_keys(void **state)
{
    (void)state;
    struct test_random random = {12};
    const enum pel_type keys[] = {PEL_STRING, PEL_F64, PEL_BOOL};
    check(keys, 3, 10, 20000, &random);
    check(keys + 1, 2, 100, 20000, &random);
    for (size_t k = 0; k < 300; k++)
        check(keys, 1 + k % 3, 1 + k % 7, k % 40, &random);
}

/* Values as in the tests of <pelton/sort.h>: far apart, infinite, zeros of both signs. */
static void test_odd_values(void **state)
{
    (void)state;
    static const double odd[] = {1.7e308, -1.7e308, INFINITY, -INFINITY, 0.0, -0.0, 0x1p-1074, 3};
    enum { N = 4000 };
    static int64_t groups[N];
    static double values[N];
    struct test_random random = {13};
    for (size_t i = 0; i < N; i++) {
        groups[i] = (int64_t)test_random_below(&random, 1500);
        values[i] = odd[test_random_below(&random, 8)];
    }
    const struct pel_column key = {PEL_I64, false, 8, groups}, value = {PEL_F64, false, 8, values};
    for (size_t k = 0; k <= 8; k++) {
        struct group_case made = {.nkeys = 1, .naggregations = 1, .nrows = N};
        made.keys[0] = key;
        made.aggregations[0] =
            (struct pel_aggregation){PEL_AGGREGATE_QUANTILE, &value, (double)k / 8};
        group_check(&made);
    }
}

static void test_limits(void **state)
{
    (void)state;
    enum { N = 200000 };
    static int64_t groups[N];
    static double values[N];
    for (size_t i = 0; i < N; i++)
        groups[i] = (int64_t)(i % 3);
    const struct pel_column key = {PEL_I64, false, 8, groups}, value = {PEL_F64, false, 8, values};
    const struct pel_aggregation what = {PEL_AGGREGATE_QUANTILE, &value, 0.5};
    for (size_t t = 0; t < 4; t++) {
        struct pel_team team = pel_team(group_threads[t]);
        struct pel_error err = {0};
        struct pel_table got;
        /* 2.4 MB of values as they come, 1.6 more when they are brought together. */
        struct pel_group_options options = {.memory_bytes = 2000000};
        assert_int_equal(pel_group(&key, 1, &what, 1, N, &team, &options, &got, &err), -ENOBUFS);
        assert_non_null(strstr(err.message, "2000000"));
        assert_null(got.memory);
        options.memory_bytes = 8000000;
        assert_int_equal(pel_group(&key, 1, &what, 1, N, &team, &options, &got, &err), 0);
        pel_table_free(&got);
        struct pel_cancel cancel = {0};
        pel_cancel_request(&cancel);
        team.cancel = &cancel;
        assert_int_equal(pel_group(&key, 1, &what, 1, N, &team, NULL, &got, &err), -ECANCELED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_odd_values),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
