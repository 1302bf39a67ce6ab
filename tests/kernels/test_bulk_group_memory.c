/* Groups without memory: whichever allocation fails, the call says so, leaves its output zeroed and nothing
 * behind (which LeakSanitizer sees). */
#include "allocations.h"
#include "groups.h"

/* Where rows overflow a worker's table, and strings are copied everywhere. */
enum { NROWS = 12000 };

static struct group_case make_case(bool strings)
{
    struct test_random random = {1};
    const enum pel_type keys[2] = {PEL_I64, PEL_STRING};
    struct group_case made = group_case_make(keys, strings ? 2 : 1, 300, NROWS, &random);
    int64_t *numbers = (int64_t *)(uintptr_t)made.keys[0].data;
    for (size_t i = 0; i < NROWS && !strings; i++)
        numbers[i] = (int64_t)i * 1000003;
    return made;
}

static int group(struct group_case *made, int nthreads, struct pel_error *err)
{
    static const struct pel_table zero;
    struct pel_team team = pel_team(nthreads);
    struct pel_table got;
    int status = pel_group(made->keys, made->nkeys, made->aggregations, made->naggregations,
                           made->nrows, &team, NULL, &got, err);
    if (status)
        assert_memory_equal(&got, &zero, sizeof got);
    pel_table_free(&got);
    return status;
}

/* The first hundred allocations one by one, the thousands of the tables in steps. */
static void check(struct group_case *made, int nthreads)
{
    int failures = 0;
    for (int k = 0; k < 100000; k += k < 100 ? 1 : 61) {
        struct pel_error err = {0};
        test_allocations_watch(k);
        int status = group(made, nthreads, &err);
        bool all = !test_allocations_end().failed;
        assert_int_equal(status, all ? 0 : -ENOMEM);
        assert_int_equal(err.code, status);
        if (all)
            break;
        failures++;
    }
    assert_in_range(failures, 100, 1000);
}

static void test_any_allocation(void **state)
{
    (void)state;
    for (int strings = 0; strings < 2; strings++) {
        struct group_case made = make_case(strings);
        made.aggregations[1] = (struct pel_aggregation){PEL_AGGREGATE_MEAN, &made.values[0], 0};
        made.aggregations[2] =
            (struct pel_aggregation){PEL_AGGREGATE_QUANTILE, &made.values[0], 0.3};
        made.naggregations = 2;
        check(&made, 1);
        check(&made, 3);
        made.naggregations = 3;
        check(&made, 1);
        check(&made, 3);
        group_case_free(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
