/* The ladder of precisions: exact sums against an oracle of their own and against integers, double-double within
 * its bound, products without error. */
#include "bulk/reduce/lanes.h"
#include "bulk_reduce.h"

static double *x, *y;

static void expect_exact(size_t n, double want)
{
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        double sum = -1;
        assert_int_equal(pel_sum(PEL_F64, x, n, PEL_EXACT, &team, &sum, NULL), 0);
        assert_same_bits(sum, want);
    }
}

static void shuffle(struct test_random *random, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = test_random_below(random, i);
        double swap = x[j];
        x[j] = x[i - 1];
        x[i - 1] = swap;
    }
}

/* Each line is summed as it is, after many zeros, and among values that cancel. */
static void test_exact_cases(void **state)
{
    (void)state;
    static const struct {
        double x[6];
        double sum;
    } cases[] = {
        {{1e308, 1, -1e308}, 1},
        {{DBL_MAX, DBL_MAX, -DBL_MAX, -DBL_MAX, 5e-324}, 5e-324},
        {{DBL_MAX, DBL_MAX}, INFINITY},
        {{-DBL_MAX, -DBL_MAX, 1}, -INFINITY},
        {{DBL_MAX, 0x1p970}, INFINITY}, /* half an ulp */
        {{DBL_MAX, 0x1.fffffffffffffp969}, DBL_MAX},
        {{DBL_MAX, 0x1p970, -5e-324}, DBL_MAX},
        {{1, 0x1p-53}, 1}, /* ties to even */
        {{1, 0x1p-53, 5e-324}, 1 + 0x1p-52},
        {{1 + 0x1p-52, 0x1p-53}, 1 + 0x1p-51},
        {{1 + 0x1p-52, 0x1p-53, -5e-324}, 1 + 0x1p-52},
        {{-1, -0x1p-53, -5e-324}, -1 - 0x1p-52},
        {{-1, 0x1p-54, 5e-324}, -1 + 0x1p-53},
        {{DBL_MIN, -5e-324}, DBL_MIN - 5e-324},
        {{DBL_MIN / 2, DBL_MIN / 2}, DBL_MIN},
        {{5e-324, -5e-324}, 0},
        {{-0.0, -0.0}, 0},
        {{INFINITY, 1, -DBL_MAX}, INFINITY},
        {{-INFINITY, DBL_MAX, DBL_MAX}, -INFINITY},
        {{INFINITY, -INFINITY}, NAN},
        {{INFINITY, -NAN}, NAN},
    };
    struct test_random random = {3};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        double want = isnan(cases[c].sum) ? (double)NAN : cases[c].sum;
        memset(x, 0, 3000 * sizeof *x);
        memcpy(x, cases[c].x, sizeof cases[c].x);
        assert_same_bits(pel_reference_sum_exact(x, 6), want);
        expect_exact(6, want);
        shuffle(&random, 3000);
        expect_exact(3000, want);
        for (size_t i = 3000; i < 5000; i += 2)
            x[i] = -(x[i + 1] = test_any_double(&random));
        shuffle(&random, 5000);
        expect_exact(5000, want);
    }
}

/* Kind 0: uniform, 1: any exponent, 2: exponents over 60 binades, both signs, 3: subnormal, 4: very large. */
static void fill(size_t n, int kind, struct test_random *random)
{
    for (size_t i = 0; i < n; i++) {
        double u = test_uniform(random) - (kind ? 0.5 : 0);
        x[i] = kind == 1   ? test_any_double(random)
               : kind == 2 ? ldexp(u, (int)test_random_below(random, 60))
               : kind == 3 ? u * DBL_MIN
               : kind == 4 ? u * DBL_MAX
                           : u;
    }
}

static void test_exact_oracle(void **state)
{
    (void)state;
    struct test_random random = {test_seed(1)};
    for (int kind = 0; kind < 5; kind++)
        for (size_t s = 0; s < TEST_NSIZES; s++) {
            size_t n = test_sizes[s];
            if (n > 10000 && (kind != 2 || n == 131073))
                continue;
            fill(n, kind, &random);
            double want = pel_reference_sum_exact(x, n);
            expect_exact(n, want);
            shuffle(&random, n);
            expect_exact(n, want);
        }
}

/* Multiples of 2^-40 whose sum 128 bits hold. */
static void test_exact_integers(void **state)
{
    (void)state;
    struct test_random random = {8};
    for (int round = 0; round < 20; round++) {
        size_t n = 2000 + test_random_below(&random, 3000);
        pel_int128 sum = 0;
        for (size_t i = 0; i < n; i++) {
            int64_t integer = (int64_t)(test_random_next(&random) >> 11) - (INT64_C(1) << 52);
            int shift = (int)test_random_below(&random, 50);
            x[i] = ldexp((double)integer, shift - 40);
            sum += (pel_int128)integer * ((pel_int128)1 << shift);
        }
        /* The whole without its last 53 bits, and these: two doubles that are added with one rounding. */
        pel_int128 low = sum % ((pel_int128)1 << 53), high = sum - low;
        double want = 0;
        if (high / ((pel_int128)1 << 53) < ((pel_int128)1 << 53) &&
            high / ((pel_int128)1 << 53) > -((pel_int128)1 << 53))
            want = ldexp((double)(int64_t)(high / ((pel_int128)1 << 53)), 13) +
                   ldexp((double)(int64_t)low, -40);
        else
            continue;
        expect_exact(n, want);
    }
}

/* Blocks that no lanes take, as they span too much, of values that leave no room in their digits. */
static void test_exact_crowded(void **state)
{
    (void)state;
    enum { N = 16 * PEL_BLOCK_ROWS };
    for (size_t i = 0; i < N; i++)
        x[i] = i % 7 == 0 ? 1e300 : i % 7 == 1 ? -1e300 : i % 7 == 2 ? 5e-324 : 0x1.fffffffffffffp1;
    expect_exact(N, pel_reference_sum_exact(x, N));
}

/* 2^20 times the same value: lanes, leaves and digits fill up. */
static void test_exact_many(void **state)
{
    (void)state;
    static const double each[] = {DBL_MAX / 0x1p20, -5e-324, 0x1.fffffffffffffp-3, -0x1p1003};
    struct pel_team team = pel_team(2);
    enum { N = 1 << 20 };
    double *many = malloc(N * sizeof *many), sum;
    assert_non_null(many);
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < N; i++)
            many[i] = each[k];
        assert_int_equal(pel_sum(PEL_F64, many, N, PEL_EXACT, &team, &sum, NULL), 0);
        assert_same_bits(sum, each[k] * 0x1p20);
    }
    free(many);
}

static double magnitudes(size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs(x[i]);
    return sum;
}

/* Below 2^-53 of the sum and 2^-96 of the magnitudes; the tree within its own bound. */
static void test_bounds(void **state)
{
    (void)state;
    struct test_random random = {17};
    for (int kind = 0; kind < 4; kind++)
        for (size_t s = 0; s < TEST_NSIZES; s++) {
            size_t n = test_sizes[s];
            if (kind == 1 || n > 70000)
                continue;
            fill(n, kind, &random);
            for (size_t i = 0; kind == 2 && i + 1 < n; i += 2)
                x[i + 1] = -x[i] * (1 + 0x1p-50 * (double)(i % 3)); /* cancels nearly all */
            double exact, dd, first = 0, tree;
            struct pel_team team;
            for (int k = 0; test_team(k, &team); k++) {
                assert_int_equal(pel_sum(PEL_F64, x, n, PEL_DD, &team, &dd, NULL), 0);
                if (k == 0)
                    first = dd;
                assert_same_bits(dd, first);
            }
            team = pel_team(1);
            assert_int_equal(pel_sum(PEL_F64, x, n, PEL_EXACT, &team, &exact, NULL), 0);
            assert_int_equal(pel_sum(PEL_F64, x, n, PEL_TREE, &team, &tree, NULL), 0);
            double all = magnitudes(n);
            assert_true(fabs(dd - exact) <= 0x1p-53 * fabs(exact) + 0x1p-96 * all);
            assert_true(fabs(tree - exact) <= (37 + log2((double)n / 1024 + 2)) * 0x1p-53 * all);
        }
}

/* What is not finite comes out of dd as out of the tree. */
static void test_dd_special(void **state)
{
    (void)state;
    static const double special[] = {INFINITY, -INFINITY, NAN, DBL_MAX};
    struct test_random random = {1};
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            for (size_t n = 40; n < 5000; n += 1240) {
                fill(n, 0, &random);
                x[7] = special[a];
                x[n - 1] = special[b];
                double want = special[a] + special[b], dd;
                struct pel_team team;
                for (int k = 0; test_team(k, &team); k++) {
                    assert_int_equal(pel_sum(PEL_F64, x, n, PEL_DD, &team, &dd, NULL), 0);
                    assert_same_bits(dd, isnan(want) ? (double)NAN : want);
                }
            }
}

static double dot(size_t n, enum pel_precision precision)
{
    double first = 0, got;
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        assert_int_equal(pel_dot(x, y, n, precision, &team, &got, NULL), 0);
        if (k == 0)
            first = got;
        assert_same_bits(got, first);
    }
    return first;
}

static void test_dot(void **state)
{
    (void)state;
    struct test_random random = {23};
    static double products[2 * 3072];
    for (size_t s = 0; s < TEST_NSIZES; s++) {
        size_t n = test_sizes[s];
        if (n > 3072)
            continue;
        for (size_t i = 0; i < n; i++) {
            x[i] = ldexp(test_uniform(&random) - 0.5, (int)test_random_below(&random, 40));
            y[i] = ldexp(test_uniform(&random) - 0.5, (int)test_random_below(&random, 40));
            products[i] = x[i] * y[i];
        }
        assert_same_bits(dot(n, PEL_TREE), pel_reference_sum(products, n));
        assert_same_bits(dot(n, PEL_FAST), pel_reference_sum(products, n));
        for (size_t i = 0; i < n; i++)
            products[n + i] = fma(x[i], y[i], -products[i]);
        double exact = pel_reference_sum_exact(products, 2 * n);
        assert_same_bits(dot(n, PEL_EXACT), exact);
        assert_true(fabs(dot(n, PEL_DD) - exact) <= 0x1p-53 * fabs(exact) + 1e-15);
    }
}

/* (1 + 2^-30)^2 - (1 + 2^-29) is 2^-60, which rounded products lose; and where halves of factors overflow. */
static void test_dot_cases(void **state)
{
    (void)state;
    x[0] = y[0] = 1 + 0x1p-30;
    x[1] = -1, y[1] = 1 + 0x1p-29;
    assert_true(dot(2, PEL_TREE) == 0 && dot(2, PEL_DD) == 0x1p-60 && dot(2, PEL_EXACT) == 0x1p-60);
    static const double scales[] = {0x1p1000, 0x1p-1000, 0x1p500, 0x1p1023};
    for (int k = 0; k < 4; k++)
        for (int swap = 0; swap < 2; swap++) {
            double *large = swap ? y : x, *small = swap ? x : y;
            large[0] = (1 + 0x1p-30) * scales[k], small[0] = (1 + 0x1p-30) / scales[k];
            large[1] = -scales[k], small[1] = (1 + 0x1p-29) / scales[k];
            assert_true(dot(2, PEL_DD) == 0x1p-60 && dot(2, PEL_EXACT) == 0x1p-60);
        }
    /* Just below DBL_MAX: the upper halves of the factors have a product beyond it. */
    x[0] = 0x1.fffffffffffffp511, y[0] = 0x1p512;
    x[1] = 0x1.fffffffffffffp511, y[1] = -0x1p512;
    assert_true(dot(1, PEL_EXACT) == DBL_MAX && dot(1, PEL_DD) == DBL_MAX &&
                dot(2, PEL_EXACT) == 0);
    x[0] = 0x1.fffffff7ffffffp511, y[0] = 0x1.0000000000001p512;
    assert_same_bits(dot(1, PEL_EXACT), x[0] * y[0]);
    x[0] = 0x1p600, y[0] = -0x1p600;
    assert_true(isinf(dot(1, PEL_DD)) && isinf(dot(1, PEL_EXACT)) && dot(1, PEL_EXACT) < 0);
    x[0] = INFINITY, y[0] = 0;
    for (int p = 0; p < PEL_PRECISION_COUNT; p++)
        assert_int_equal(test_bits(dot(1, (enum pel_precision)p)), TEST_NAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_cases),    cmocka_unit_test(test_exact_oracle),
        cmocka_unit_test(test_exact_integers), cmocka_unit_test(test_exact_crowded),
        cmocka_unit_test(test_exact_many),     cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_dd_special),     cmocka_unit_test(test_dot),
        cmocka_unit_test(test_dot_cases),
    };
    x = calloc(TEST_MOST, sizeof *x);
    y = calloc(TEST_MOST, sizeof *y);
    int failures = x && y ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    free(x);
    free(y);
    return failures;
}
