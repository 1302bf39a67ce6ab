/* Queries without memory: whichever allocation fails, the query says so, gives what failures give, and leaves
 * nothing behind (which LeakSanitizer sees). */
#include "allocations.h"
#include "support.h"

#include <pelton/query.h>

#include <math.h>

enum { N = 200000, GROUPS = 3 };
static double x_values[N], out[N];

#define X PEL_FROM(double, x, x_values, N)
#define HOW .threads = 2, .status = &status

static int sum(void)
{
    int status;
    double result;
    PEL_SUM(result, X, PEL_WHERE(x > 0), x, HOW);
    assert_int_equal(isnan(result), status != 0);
    return status;
}

static int count(void)
{
    int status;
    uint64_t result;
    PEL_COUNT(result, X, PEL_WHERE(x > 0) PEL_TAKE(70000), HOW);
    assert_int_equal(result == UINT64_MAX, status != 0);
    return status;
}

static int histogram(void)
{
    int status;
    uint64_t counts[GROUPS];
    PEL_HISTOGRAM(counts, GROUPS, -1, 1, X, PEL_EACH, x, HOW);
    assert_int_equal(counts[1] == 0, status != 0);
    return status;
}

static int group(void)
{
    int status;
    double sums[GROUPS];
    uint64_t counts[GROUPS];
    PEL_GROUP(sums, counts, GROUPS, X, PEL_INDEX(i), i % GROUPS, x, HOW);
    assert_int_equal(isnan(sums[1]), status != 0);
    assert_int_equal(counts[1] == 0, status != 0);
    return status;
}

static int top(void)
{
    int status;
    uint64_t rows[GROUPS];
    double best[GROUPS];
    PEL_TOP(rows, best, GROUPS, true, X, PEL_EACH, x, HOW);
    assert_int_equal(rows[0] == UINT64_MAX, status != 0);
    return status;
}

static int array(void)
{
    int status;
    size_t n;
    PEL_TO_ARRAY(out, n, X, PEL_WHERE(x > 0) PEL_TAKE(90000), x, HOW);
    assert_int_equal(n == SIZE_MAX, status != 0);
    return status;
}

static int add_up(void *ctx, const void *values, size_t n)
{
    (void)values;
    *(size_t *)ctx += n;
    return 0;
}

static int consume(void)
{
    int status;
    size_t n = 0;
    PEL_CONSUME(double, add_up, &n, X, PEL_EACH, x, HOW, .merge = PEL_MERGE_BLOCK);
    assert_true(status ? n < N : n == N);
    return status;
}

static void zero(uint64_t *rows)
{
    *rows = 0;
}

static void add(uint64_t *rows, double x)
{
    *rows += x < 2;
}

static void add_rows(uint64_t *into, const uint64_t *from)
{
    *into += *from;
}

static uint64_t rows_of(const uint64_t *rows)
{
    return *rows;
}

static int aggregate(void)
{
    int status;
    uint64_t rows;
    PEL_AGGREGATE(rows, X, PEL_EACH, x, uint64_t, zero, add, add_rows, rows_of, HOW);
    assert_int_equal(rows, status ? 0 : N);
    return status;
}

static void test_every_allocation(void **state)
{
    (void)state;
    static int (*const queries[])(void) = {sum, count,   histogram, group,
                                           top, consume, array,     aggregate};
    for (size_t i = 0; i < N; i++)
        x_values[i] = sin((double)i);
    for (size_t q = 0; q < sizeof queries / sizeof *queries; q++) {
        bool failed = true;
        for (int k = 0; failed; k++) {
            test_allocations_watch(k);
            int status = queries[q]();
            failed = test_allocations_end().failed;
            /* One that is tried again in another way may fail. */
            assert_true(status == 0 || (failed && status == -ENOMEM));
            assert_true(k < 100);
        }
        assert_int_equal(queries[q](), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
