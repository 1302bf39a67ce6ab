/* Filters against one look at each value, at every level and number of threads. */
#include "bulk/transform/reference.h"
#include "bulk_reduce.h"

enum { MOST = 70000, FENCE = 64 };

static const enum pel_type types[] = {PEL_I32, PEL_I64, PEL_U32, PEL_U64, PEL_F32, PEL_F64};

/* Sizes around words, blocks and pieces of 8192 rows. */
static const size_t sizes[] = {0,    1,    2,    63,   64,   65,    127,   1000,  1023,
                               1024, 1025, 8191, 8192, 8193, 16384, 16385, 40000, MOST};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

static unsigned char values[MOST * 8], out[MOST * 8 + FENCE], want[MOST * 8];
static uint8_t mask[MOST];
static uint64_t rows[MOST + 8], want_rows[MOST];

/* Few different values, extremes among them, so that all comparisons hold here and there. */
static void fill(enum pel_type type, size_t n, uint64_t seed)
{
    static const double reals[] = {0.0, -0.0, 1, -1, 5e-324, -5e-324, INFINITY, -INFINITY, NAN, 3};
    static const uint64_t bits[] = {0, 1, ~UINT64_C(0), UINT64_C(1) << 63, INT64_MAX, 5};
    struct test_random random = {seed};
    for (size_t i = 0; i < n; i++) {
        double real = reals[test_random_below(&random, 10)];
        uint64_t whole = bits[test_random_below(&random, 6)];
        float narrow = (float)real;
        uint32_t half = (uint32_t)(whole >> 32);
        if (type == PEL_F64)
            memcpy(values + 8 * i, &real, 8);
        else if (type == PEL_F32)
            memcpy(values + 4 * i, &narrow, 4);
        else if (pel_type_nbytes(type) == 4)
            memcpy(values + 4 * i, &half, 4);
        else
            memcpy(values + 8 * i, &whole, 8);
    }
}

/* Density 0: none, 1: one in 100, 2: every other, 3: all but one in 100, 4: all. */
static void fill_mask(size_t n, int density, uint64_t seed)
{
    static const size_t of_100[] = {0, 1, 50, 99, 100};
    struct test_random random = {seed};
    for (size_t i = 0; i < n; i++)
        mask[i] = test_random_below(&random, 100) < of_100[density]
                      ? (uint8_t)(1 + test_random_below(&random, 255))
                      : 0;
}

/* What `mask` keeps, into want and want_rows. */
static size_t filter_plainly(size_t nbytes, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (mask[i]) {
            memcpy(want + kept * nbytes, values + i * nbytes, nbytes);
            want_rows[kept++] = i;
        }
    return kept;
}

/* Nothing is written behind what is kept. */
static void check_fence(size_t nbytes, size_t kept)
{
    assert_memory_equal(out, want, kept * nbytes);
    for (size_t i = 0; i < FENCE; i++)
        assert_int_equal(out[kept * nbytes + i], 0xaa);
}

static void check_mask(size_t nbytes, size_t n, int density)
{
    fill_mask(n, density, n);
    size_t kept = filter_plainly(nbytes, n), count;
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        memset(out, 0xaa, kept * nbytes + FENCE);
        assert_int_equal(pel_filter(values, nbytes, mask, n, out, &count, &team, NULL), 0);
        assert_int_equal(count, kept);
        check_fence(nbytes, kept);
    }
}

static void test_masks(void **state)
{
    (void)state;
    struct test_random random = {1};
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = (unsigned char)test_random_next(&random);
    for (size_t nbytes = 1; nbytes <= 8; nbytes *= 2)
        for (size_t s = 0; s < NSIZES; s++)
            for (int density = 0; density < 5; density++)
                check_mask(nbytes, sizes[s], density);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t s = 0; s < NSIZES; s++)
        for (int density = 0; density < 5; density++) {
            fill_mask(sizes[s], density, s);
            size_t kept = filter_plainly(1, sizes[s]), count;
            struct pel_team team;
            for (int k = 0; test_team(k, &team); k++) {
                rows[kept] = 42;
                assert_int_equal(pel_where(mask, sizes[s], rows, &count, &team, NULL), 0);
                assert_int_equal(count, kept);
                assert_memory_equal(rows, want_rows, kept * sizeof *rows);
                assert_int_equal(rows[kept], 42);
            }
        }
}

static void check_compared(enum pel_type type, size_t n, enum pel_compare compare,
                           const void *value)
{
    size_t nbytes = pel_type_nbytes(type), count;
    for (size_t i = 0; i < n; i++)
        mask[i] = pel_reference_holds(type, values, i, compare, value);
    size_t kept = filter_plainly(nbytes, n);
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        memset(out, 0xaa, kept * nbytes + FENCE);
        assert_int_equal(pel_filter_if(type, values, n, compare, value, out, &count, &team, NULL),
                         0);
        assert_int_equal(count, kept);
        check_fence(nbytes, kept);
        assert_int_equal(pel_where_if(type, values, n, compare, value, rows, &count, &team, NULL),
                         0);
        assert_int_equal(count, kept);
        assert_memory_equal(rows, want_rows, kept * sizeof *rows);
    }
}

static void test_comparisons(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
        for (size_t s = 0; s<NSIZES; s += s> 8 ? 3 : 1)
            for (int compare = PEL_LT; compare <= PEL_NE; compare++) {
                fill(types[t], sizes[s] + 1, s);
                unsigned char value[8];
                size_t nbytes = pel_type_nbytes(types[t]);
                memcpy(value, values + sizes[s] * nbytes, nbytes);
                check_compared(types[t], sizes[s] > MOST - 1 ? MOST - 1 : sizes[s],
                               (enum pel_compare)compare, value);
            }
}

/* Over its own input. */
static void test_in_place(void **state)
{
    (void)state;
    static int64_t x[MOST];
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        struct test_random random = {(uint64_t)k};
        size_t kept = 0, count;
        int64_t zero = 0;
        for (size_t i = 0; i < MOST; i++) {
            x[i] = (int64_t)test_random_next(&random);
            if (x[i] > 0)
                memcpy(want + 8 * kept++, &x[i], 8);
        }
        assert_int_equal(pel_filter_if(PEL_I64, x, MOST, PEL_GT, &zero, x, &count, &team, NULL), 0);
        assert_int_equal(count, kept);
        assert_memory_equal(x, want, 8 * kept);
    }
}

/* So large that it is written past the caches. */
static void test_streamed(void **state)
{
    (void)state;
    enum { N = 2200003 };
    double *x = malloc(N * sizeof *x), *y = malloc((N + 1) * sizeof *y), *same = malloc(N * 8);
    assert_true(x && y && same);
    struct test_random random = {3};
    double half = 0.5;
    size_t kept = 0, count;
    for (size_t i = 0; i < N; i++) {
        x[i] = test_uniform(&random);
        if (x[i] >= half)
            same[kept++] = x[i];
    }
    for (int t = 0; t < 4; t++) {
        struct pel_team team = pel_team(test_nthreads[t]);
        memset(y, 0, (N + 1) * sizeof *y);
        assert_int_equal(pel_filter_if(PEL_F64, x, N, PEL_GE, &half, y + 1, &count, &team, NULL),
                         0);
        assert_int_equal(count, kept);
        assert_memory_equal(y + 1, same, kept * sizeof *y);
        assert_true(y[0] == 0 && y[1 + kept] == 0);
    }
    free(x);
    free(y);
    free(same);
}

static void test_refused(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    struct pel_cancel cancel = {0};
    struct pel_error err = {0};
    size_t count = 9;
    assert_int_equal(pel_filter(values, 3, mask, 5, out, &count, &team, &err), -EINVAL);
    assert_int_equal(count, 0);
    assert_int_equal(pel_filter_if(PEL_F16, values, 5, PEL_LT, values, out, &count, &team, &err),
                     -EINVAL);
    assert_int_equal(
        pel_where_if(PEL_I32, values, 5, (enum pel_compare)6, values, rows, &count, &team, &err),
        -EINVAL);
    pel_cancel_request(&cancel);
    team.cancel = &cancel;
    count = 9;
    assert_int_equal(pel_where(mask, MOST, rows, &count, &team, &err), -ECANCELED);
    assert_int_equal(count, 0);
    assert_int_equal(err.code, -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masks),       cmocka_unit_test(test_rows),
        cmocka_unit_test(test_comparisons), cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_streamed),    cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
