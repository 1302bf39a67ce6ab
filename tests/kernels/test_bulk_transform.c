/* Transforms against their definitions, at every level and number of threads. */
#include "bulk/transform/reference.h"
#include "bulk_reduce.h"

enum { MOST = 70000 };

static const size_t sizes[] = {0, 1, 2, 15, 63, 64, 65, 1023, 1024, 1025, 5000, 65535, 65536, MOST};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

static double x[MOST], y[MOST + 1], want[MOST];

static double canonical(double value)
{
    return isnan(value) ? (double)NAN : value;
}

/* Doubles of all kinds. */
static void fill(size_t n, uint64_t seed)
{
    static const double special[] = {0.0,     -0.0, INFINITY, -INFINITY, -(double)NAN,
                                     DBL_MAX, 0.5,  5e-324,   1,         -2};
    struct test_random random = {seed};
    for (size_t i = 0; i < n; i++)
        x[i] = i % 7 ? test_any_double(&random) : special[test_random_below(&random, 10)];
}

static void test_scale_add(void **state)
{
    (void)state;
    static float narrow[MOST], sums[MOST], wanted[MOST];
    struct pel_team team;
    for (size_t s = 0; s < NSIZES; s++) {
        size_t n = sizes[s];
        double a = s % 2 ? -0.1 : INFINITY, b = s % 2 ? 3.3 : -INFINITY;
        fill(n, s);
        for (size_t i = 0; i < n; i++) {
            double product = x[i] * a;
            want[i] = canonical(product + b);
            narrow[i] = (float)x[i];
            float narrow_product = narrow[i] * (float)a;
            wanted[i] = narrow_product + (float)b;
            wanted[i] = isnan(wanted[i]) ? NAN : wanted[i];
        }
        for (int k = 0; test_team(k, &team); k++) {
            y[n] = 42;
            assert_int_equal(pel_scale_add(PEL_F64, x, n, a, b, y, &team, NULL), 0);
            assert_memory_equal(y, want, n * sizeof *y);
            assert_true(y[n] == 42);
            assert_int_equal(pel_scale_add(PEL_F32, narrow, n, a, b, sums, &team, NULL), 0);
            assert_memory_equal(sums, wanted, n * sizeof *sums);
        }
    }
}

#define CHECK_CLIP(type, ctype, low, high)                                                         \
    {                                                                                              \
        ctype *in = (ctype *)(void *)x, *out = (ctype *)(void *)y, lo = (ctype)(low),              \
              hi = (ctype)(high);                                                                  \
        ctype *expected = (ctype *)(void *)want;                                                   \
        for (size_t i = 0; i < MOST; i++)                                                          \
            expected[i] = in[i] < lo ? lo : in[i] > hi ? hi : in[i];                               \
        for (int k = 0; test_team(k, &team); k++) {                                                \
            assert_int_equal(pel_clip(type, in, MOST, &lo, &hi, out, &team, NULL), 0);             \
            assert_memory_equal(out, expected, MOST * sizeof *out);                                \
        }                                                                                          \
        ctype greater = (ctype)(hi + 1);                                                           \
        assert_int_equal(pel_clip(type, in, MOST, &greater, &hi, out, &team, NULL), -EINVAL);      \
    }

static void test_clip(void **state)
{
    (void)state;
    struct pel_team team;
    fill(MOST, 1);
    CHECK_CLIP(PEL_I32, int32_t, -1000000, 1000000000)
    CHECK_CLIP(PEL_I64, int64_t, -(INT64_C(1) << 60), INT64_C(1) << 61)
    CHECK_CLIP(PEL_U32, uint32_t, 1000000, UINT32_C(3000000000))
    CHECK_CLIP(PEL_U64, uint64_t, 1, UINT64_C(1) << 63)
    CHECK_CLIP(PEL_F32, float, -0.5, 1)
    CHECK_CLIP(PEL_F64, double, -1, 1)
    double nan = (double)NAN;
    assert_int_equal(pel_clip(PEL_F64, x, MOST, &nan, &nan, y, &team, NULL), -EINVAL);
}

static void check_normalised(enum pel_type type, const void *in, size_t n, bool standardize,
                             double a, double b)
{
    size_t nbytes = type == PEL_F32 ? sizeof(float) : sizeof(double);
    for (size_t i = 0; i < n; i++) {
        double value;
        assert_true(pel_reference_convert(type, (const char *)in + i * pel_type_nbytes(type), 0,
                                          PEL_F64, &value));
        value = canonical((value - a) / b);
        float narrow = (float)value;
        memcpy((char *)want + i * nbytes, type == PEL_F32 ? (void *)&narrow : (void *)&value,
               nbytes);
    }
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        assert_int_equal((standardize ? pel_standardize : pel_rescale)(type, in, n, y, &team, NULL),
                         0);
        assert_memory_equal(y, want, n * nbytes);
    }
}

static void test_normalise(void **state)
{
    (void)state;
    static const enum pel_type types[] = {PEL_I32, PEL_I64, PEL_U32, PEL_U64, PEL_F32, PEL_F64};
    static uint64_t bits[MOST];
    struct pel_team team = pel_team(1);
    for (size_t t = 0; t < 6; t++)
        for (size_t s = 0; s < NSIZES; s++) {
            struct test_random random = {s};
            size_t n = sizes[s];
            struct pel_moments moments;
            struct pel_extremes extremes = {0};
            for (size_t i = 0; i < n; i++) {
                double real = test_uniform(&random) * 1e6 - 300;
                float narrow = (float)real;
                bits[i] = test_random_next(&random);
                if (types[t] == PEL_F64)
                    memcpy(&bits[i], &real, 8);
                else if (types[t] == PEL_F32)
                    memcpy((char *)bits + 4 * i, &narrow, 4);
            }
            assert_int_equal(pel_moments(types[t], bits, n, &team, &moments, NULL), 0);
            check_normalised(types[t], bits, n, true, moments.sum / (double)n,
                             sqrt(pel_variance(&moments, 0)));
            if (n)
                assert_int_equal(pel_extremes(types[t], bits, n, &team, &extremes, NULL), 0);
            double lo, hi;
            size_t nbytes = pel_type_nbytes(types[t]);
            (void)pel_reference_convert(types[t], (char *)bits + extremes.argmin * nbytes, 0,
                                        PEL_F64, &lo);
            (void)pel_reference_convert(types[t], (char *)bits + extremes.argmax * nbytes, 0,
                                        PEL_F64, &hi);
            check_normalised(types[t], bits, n, false, lo, hi - lo);
        }
}

/* ---- conversions ----------------------------------------------------------------------------- */

/* Values of any type that are around the edges of another. */
static void fill_edges(enum pel_type type, void *values, size_t n, uint64_t seed, bool mild)
{
    struct test_random random = {seed};
    for (size_t i = 0; i < n; i++) {
        int shift = (int)test_random_below(&random, 65);
        double real = ldexp((double)(test_random_next(&random) % 5) - 2, shift);
        real += (double)test_random_below(&random, 9) / 4 - 1;
        uint64_t whole = (UINT64_C(1) << shift % 64) + test_random_below(&random, 3) - 1;
        if (test_random_next(&random) % 2)
            whole = 0 - whole;
        if (!mild && test_random_below(&random, 50) == 0)
            real = test_random_next(&random) % 2 ? (double)NAN : INFINITY;
        if (mild) { /* fits all types */
            whole = test_random_below(&random, 128);
            real = (double)whole + 0.75;
        }
        char *to = (char *)values + i * pel_type_nbytes(type);
        float narrow = (float)real;
        if (type == PEL_F64)
            memcpy(to, &real, 8);
        else if (type == PEL_F32)
            memcpy(to, &narrow, 4);
        else
            memcpy(to, &whole,
                   pel_type_nbytes(type)); /* little-endian or cut elsewhere: any value does */
    }
}

static void check_convert(enum pel_type from, enum pel_type to, size_t n, bool mild)
{
    static char in[MOST * 8], out[MOST * 8], wanted[MOST * 8];
    fill_edges(from, in, n, n + from * 16 + to, mild);
    size_t good = 0;
    while (good < n && pel_reference_convert(from, in, good, to, wanted))
        good++;
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        struct pel_error err = {0};
        assert_int_equal(pel_convert(from, in, n, to, out, &team, &err), good < n ? -ERANGE : 0);
        if (good == n)
            assert_memory_equal(out, wanted, n * pel_type_nbytes(to));
        else
            assert_int_equal(strtoul(err.message + strlen("row "), NULL, 10), good);
        if (good < n && good) {
            assert_int_equal(pel_convert(from, in, good, to, out, &team, NULL), 0);
            assert_memory_equal(out, wanted, good * pel_type_nbytes(to));
        }
    }
}

static void test_convert(void **state)
{
    (void)state;
    for (enum pel_type from = PEL_I8; from <= PEL_F64; from++)
        for (enum pel_type to = PEL_I8; to <= PEL_F64; to++)
            if (from != PEL_F16 && to != PEL_F16) {
                for (size_t n = 0; n < 40; n++)
                    check_convert(from, to, n, false);
                check_convert(from, to, 1025, true);
                check_convert(from, to, 1000, false);
                check_convert(from, to, from == PEL_F64 ? MOST : 3000, true);
            }
}

/* Every value of one byte, as one each, and single values at the very edges. */
static void test_edges(void **state)
{
    (void)state;
    static const struct {
        double x;
        enum pel_type to;
        int status;
    } cases[] = {
        {-0.99, PEL_U8, 0},
        {-1, PEL_U8, -ERANGE},
        {255.99, PEL_U8, 0},
        {256, PEL_U8, -ERANGE},
        {-128.99, PEL_I8, 0},
        {-129, PEL_I8, -ERANGE},
        {0x1p63, PEL_I64, -ERANGE},
        {0x1.fffffffffffffp62, PEL_I64, 0},
        {-0x1p63, PEL_I64, 0},
        {0x1p63, PEL_U64, 0},
        {0x1.fffffffffffffp63, PEL_U64, 0},
        {0x1p64, PEL_U64, -ERANGE},
        {(double)NAN, PEL_I32, -ERANGE},
        {-(double)INFINITY, PEL_U64, -ERANGE},
        {1e300, PEL_F32, 0},
    };
    struct pel_team team = pel_team(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t got = 0, wanted = 0;
        assert_int_equal(pel_convert(PEL_F64, &cases[i].x, 1, cases[i].to, &got, &team, NULL),
                         cases[i].status);
        assert_true(pel_reference_convert(PEL_F64, &cases[i].x, 0, cases[i].to, &wanted) ==
                    !cases[i].status);
        assert_true(cases[i].status || got == wanted);
    }
    double ends_badly[128] = {0}; /* in its place, where what was converted is gone */
    struct pel_error err = {0};
    ends_badly[70] = (double)NAN;
    assert_int_equal(pel_convert(PEL_F64, ends_badly, 128, PEL_I64, ends_badly, &team, &err),
                     -ERANGE);
    assert_non_null(strstr(err.message, "row 70 "));
    static const uint8_t truths[] = {0, 1, 7, 0};
    static const uint16_t halves[] = {0x3c00, 0xc000, 0x7c00, 0xfe01};
    double got[4];
    assert_int_equal(pel_convert(PEL_BOOL, truths, 4, PEL_F64, got, &team, NULL), 0);
    assert_true(got[0] == 0 && got[1] == 1 && got[2] == 1 && got[3] == 0);
    assert_int_equal(pel_convert(PEL_F16, halves, 4, PEL_F64, got, &team, NULL), 0);
    assert_true(got[0] == 1 && got[1] == -2 && isinf(got[2]));
    assert_int_equal(test_bits(got[3]), TEST_NAN);
    assert_int_equal(pel_convert(PEL_F64, x, 4, PEL_F16, got, &team, NULL), -EINVAL);
    assert_int_equal(pel_convert(PEL_STRING, x, 0, PEL_F64, got, &team, NULL), -EINVAL);
}

/* ---- map ------------------------------------------------------------------------------------- */

static void squares(void *ctx, const void *in, void *out, size_t n)
{
    size_t *total = ctx;
    const uint32_t *numbers = in;
    uint64_t *square = out;
    for (size_t i = 0; i < n; i++)
        square[i] = (uint64_t)numbers[i] * numbers[i];
    __atomic_fetch_add(total, n && n <= PEL_BLOCK_ROWS ? n : SIZE_MAX / 2, __ATOMIC_RELAXED);
}

/* In cache, and so large that it is written past the caches. */
static void test_map(void **state)
{
    (void)state;
    enum { N = 2200003 };
    uint32_t *in = malloc(N * sizeof *in);
    uint64_t *out = calloc(N + 1, sizeof *out);
    assert_true(in && out);
    for (size_t i = 0; i < N; i++)
        in[i] = (uint32_t)i;
    for (int t = 0; t < 4; t++)
        for (size_t n = 1000; n <= N; n = n == 1000 ? MOST : n == MOST ? N : N + 1) {
            struct pel_team team = pel_team(test_nthreads[t]);
            size_t total = 0;
            memset(out, 1, (N + 1) * sizeof *out);
            assert_int_equal(pel_map(in, 4, out + 1, 8, n, squares, &total, &team, NULL), 0);
            assert_int_equal(total, n);
            for (size_t i = 0; i < n; i++)
                assert_true(out[i + 1] == (uint64_t)i * i);
            assert_true(out[0] == UINT64_C(0x0101010101010101));
        }
    free(in);
    free(out);
}

static void test_in_place(void **state)
{
    (void)state;
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        static int64_t whole[MOST];
        for (size_t i = 0; i < MOST; i++)
            whole[i] = (int64_t)i - 7;
        assert_int_equal(pel_convert(PEL_I64, whole, MOST, PEL_F64, whole, &team, NULL), 0);
        assert_int_equal(pel_scale_add(PEL_F64, whole, MOST, 2, 1, whole, &team, NULL), 0);
        assert_int_equal(pel_convert(PEL_F64, whole, MOST, PEL_I64, whole, &team, NULL), 0);
        for (size_t i = 0; i < MOST; i++)
            assert_true(whole[i] == 2 * ((int64_t)i - 7) + 1);
    }
}

static void test_refused(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    struct pel_cancel cancel = {0};
    struct pel_error err = {0};
    assert_int_equal(pel_scale_add(PEL_I32, x, 5, 1, 1, y, &team, &err), -EINVAL);
    assert_int_equal(pel_standardize(PEL_I8, x, 5, y, &team, &err), -EINVAL);
    assert_int_equal(pel_rescale(PEL_STRING, x, 5, y, &team, &err), -EINVAL);
    assert_int_equal(pel_map(x, 8, y, 8, SIZE_MAX / 4, squares, NULL, &team, &err), -EINVAL);
    pel_cancel_request(&cancel);
    team.cancel = &cancel;
    assert_int_equal(pel_scale_add(PEL_F64, x, MOST, 1, 1, y, &team, &err), -ECANCELED);
    assert_int_equal(pel_standardize(PEL_F64, x, MOST, y, &team, &err), -ECANCELED);
    assert_int_equal(err.code, -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale_add), cmocka_unit_test(test_clip),
        cmocka_unit_test(test_normalise), cmocka_unit_test(test_convert),
        cmocka_unit_test(test_edges),     cmocka_unit_test(test_map),
        cmocka_unit_test(test_in_place),  cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
