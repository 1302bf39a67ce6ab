/* Queries compiled without memory: whichever allocation fails, the call says so and leaves nothing behind
 * (which LeakSanitizer sees). */
#include "allocations.h"
#include "bulk_plans.h"

static const char *const queries[] = {
    "",
    "let z = exp(a) * (2 + 3) | where z > mean(z) and city != 'a' | select z, n ** 7 | order by z",
    "where isprime(97) | group by city | select city, r = sum(a) / count() | take 3",
    "select histogram(a, 64, -1, 1) | where count > 3",
    "take while ok | select sum(a), s = sum((a - mean(a)) ** 2) | let t = s / 2",
    "let s = cumsum(a) | where ok | select s, cumsum(s), cumsum(n)",
    "select pirce",
    "where city < 3 | distinct",
    "select 1 // 0",
};

static void test_any_allocation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct pel_plan *plan;
        int wanted = plan_compile(&plan, queries[i], strlen(queries[i]), NULL), failures = 0;
        pel_plan_free(plan);
        for (int k = 0; k < 1000; k++) {
            struct pel_query_error mistake;
            test_allocations_watch(k);
            int status = pel_plan_compile(&plan, queries[i], strlen(queries[i]), plan_fields,
                                          PLAN_NFIELDS, &mistake);
            bool all = !test_allocations_end().failed;
            assert_int_equal(status, all ? wanted : -ENOMEM);
            assert_true(status ? !plan : plan != NULL);
            assert_true((status == -EINVAL) == (*mistake.message != '\0'));
            assert_true(status == -EINVAL || *mistake.hint == '\0');
            pel_plan_free(plan);
            if (all)
                break;
            failures++;
        }
        assert_in_range(failures, 3, 999);
    }
}

static void test_explain(void **state)
{
    (void)state;
    struct pel_plan *plan;
    assert_int_equal(plan_compile(&plan, queries[1], strlen(queries[1]), NULL), 0);
    struct pel_bytes text;
    test_allocations_watch(0);
    int status = pel_plan_explain(plan, &text);
    (void)test_allocations_end();
    assert_int_equal(status, -ENOMEM);
    assert_true(!text.data && !text.nbytes);
    pel_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_allocation),
        cmocka_unit_test(test_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
