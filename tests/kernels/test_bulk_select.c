/* Top-k, keys of given rank, quantiles, partition and distinct keys, against sorted keys. */
#include "sort_oracle.h"

static void check_top(enum pel_type type, const void *keys, size_t n, size_t k,
                      const uint64_t *order, bool descending, const struct pel_team *team)
{
    uint64_t *top = malloc((k + 1) * sizeof *top);
    top[k < n ? k : n] = 7;
    assert_int_equal(pel_top(type, keys, n, k, descending, top, team, NULL), 0);
    k = k < n ? k : n;
    assert_memory_equal(top, order, k * sizeof *top);
    assert_int_equal(top[k], 7);
    free(top);
}

static void test_top(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 100, 1025, 65536, 70001, 100003};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int p = 0; p < PATTERN_COUNT; p++) {
            size_t n = sizes[s], t = (s + (size_t)p) % KEY_TYPES;
            bool descending = p % 2;
            struct pel_team team = pel_team(test_threads[(s + (size_t)p / 2) % TEST_THREADS]);
            void *keys = make_keys(key_types[t], p, n, s);
            uint64_t *order = malloc((n + 1) * sizeof *order);
            assert_int_equal(pel_argsort(key_types[t], keys, n, descending, order, &team, NULL), 0);
            const size_t ks[] = {0, 1, 2, 10, n / 2, n, n + 3};
            for (size_t k = 0; k < sizeof ks / sizeof ks[0]; k++)
                check_top(key_types[t], keys, n, ks[k], order, descending, &team);
            free(order);
            free(keys);
        }
}

static void test_select(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 100, 65537, 100003};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int p = 0; p < PATTERN_COUNT; p++) {
            size_t n = sizes[s], t = (s + (size_t)p) % KEY_TYPES;
            enum pel_type type = key_types[t];
            size_t nbytes = pel_type_nbytes(type);
            struct pel_team team = pel_team(test_threads[(size_t)p % TEST_THREADS]);
            unsigned char *keys = make_keys(type, p, n, s), out[6 * 8];
            const size_t ranks[6] = {0, n - 1, n / 2, n / 2, n / 3, n / 7};
            assert_int_equal(pel_select(type, keys, n, ranks, 6, out, &team, NULL), 0);
            assert_int_equal(pel_sort(type, keys, n, false, &team, NULL), 0);
            for (size_t j = 0; j < 6; j++)
                assert_memory_equal(out + j * nbytes, keys + ranks[j] * nbytes, nbytes);
            free(keys);
        }
}

static void test_quantiles(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    static const double q[] = {0, 1, 0.5, 0.25, 0.9};
    double out[5];
    /* as numpy gives them */
    static const double values[] = {7, -1, 3, 10};
    static const double expected[] = {-1, 10, 5, 2, 9.100000000000001};
    assert_int_equal(pel_quantiles(PEL_F64, values, 4, q, 5, out, &team, NULL), 0);
    assert_memory_equal(out, expected, sizeof out);
    static const int32_t integers[] = {7, -1, 3, 10};
    assert_int_equal(pel_quantiles(PEL_I32, integers, 4, q, 5, out, &team, NULL), 0);
    assert_memory_equal(out, expected, sizeof out);

    const float odd[] = {INFINITY, 1, INFINITY, -INFINITY, NAN};
    const double ends[] = {0, 1, 0.9};
    assert_int_equal(pel_quantiles(PEL_F32, odd, 4, ends, 3, out, &team, NULL), 0);
    assert_true(out[0] == (double)-INFINITY && out[1] == (double)INFINITY &&
                out[2] == (double)INFINITY);
    const uint64_t nan = UINT64_C(0x7ff8000000000000);
    assert_int_equal(pel_quantiles(PEL_F32, odd, 5, q, 3, out, &team, NULL), 0);
    assert_memory_equal(&out[2], &nan, 8);
    assert_int_equal(pel_quantiles(PEL_F32, odd, 0, q, 3, out, &team, NULL), 0);
    assert_memory_equal(&out[0], &nan, 8);

    /* further apart than DBL_MAX */
    static const double far[] = {-1.5e308, 1.5e308};
    static const double between[] = {-1.5e308, 1.5e308, 0, -7.5e307, 1.2e308};
    assert_int_equal(pel_quantiles(PEL_F64, far, 2, q, 5, out, &team, NULL), 0);
    for (size_t j = 0; j < 5; j++)
        assert_true(fabs(out[j] - between[j]) <= 1e293);

    const double bad[] = {0.5, 1.5}, worse[] = {NAN};
    assert_int_equal(pel_quantiles(PEL_F64, values, 4, bad, 2, out, &team, NULL), -EINVAL);
    assert_int_equal(pel_quantiles(PEL_F64, values, 4, worse, 1, out, &team, NULL), -EINVAL);
}

static void test_many_quantiles(void **state)
{
    (void)state;
    const size_t n = 300001;
    double *values = make_keys(PEL_F64, UNIFORM, n, 1), q[11], out[11], again[11];
    for (size_t j = 0; j < 11; j++)
        q[j] = (double)j / 10;
    struct pel_team team = pel_team(3), one = pel_team(1);
    assert_int_equal(pel_quantiles(PEL_F64, values, n, q, 11, out, &team, NULL), 0);
    assert_int_equal(pel_quantiles(PEL_F64, values, n, q, 11, again, &one, NULL), 0);
    assert_memory_equal(out, again, sizeof out);
    assert_int_equal(pel_sort(PEL_F64, values, n, false, &team, NULL), 0);
    for (size_t j = 0; j < 11; j++)
        assert_true(out[j] == values[j * (n - 1) / 10]);
    free(values);
}

static void test_split(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 64, 1025, 70001, 300007}, bytes[] = {1, 4, 8, 12, 16};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (size_t b = 0; b < 5; b++) {
            size_t n = sizes[s], nbytes = bytes[b], ntrue = 9, at = 0;
            struct test_random random = {s};
            unsigned char *values = malloc(n * nbytes + 1), *out = malloc(n * nbytes + 1);
            unsigned char *expected = malloc(n * nbytes + 1);
            uint8_t *mask = malloc(n + 1);
            for (size_t i = 0; i < n * nbytes; i++)
                values[i] = (unsigned char)test_random_next(&random);
            for (size_t i = 0; i < n; i++)
                mask[i] = (uint8_t)(test_random_next(&random) & 6);
            size_t front = 0;
            for (int pass = 1; pass >= 0; pass--)
                for (size_t i = 0; i < n; i++)
                    if ((mask[i] != 0) == pass) {
                        memcpy(expected + at++ * nbytes, values + i * nbytes, nbytes);
                        front += (size_t)pass;
                    }
            struct pel_team team = pel_team(test_threads[(s + b) % TEST_THREADS]);
            assert_int_equal(pel_split(values, nbytes, mask, n, out, &ntrue, &team, NULL), 0);
            assert_int_equal(ntrue, front);
            assert_memory_equal(out, expected, n * nbytes);
            free(mask);
            free(expected);
            free(out);
            free(values);
        }
}

static void check_distinct(enum pel_type type, const void *keys, size_t n,
                           const struct pel_team *team)
{
    struct pel_distinct out;
    assert_int_equal(pel_distinct(type, keys, n, team, &out, NULL), 0);
    const struct pel_column key = column_of(type, keys);
    uint64_t *order = malloc((n + 1) * sizeof *order);
    assert_int_equal(pel_argsort(type, keys, n, false, order, team, NULL), 0);
    size_t at = 0, nbytes = pel_type_nbytes(type);
    for (size_t run = 0; run < out.n; run++) {
        const unsigned char *got = (const unsigned char *)out.keys + run * nbytes;
        const unsigned char *one = (const unsigned char *)keys + order[at] * nbytes;
        unsigned char both[16];
        memcpy(both, got, nbytes);
        memcpy(both + nbytes, one, nbytes);
        const struct pel_column pair = column_of(type, both);
        assert_int_equal(pel_reference_compare(&pair, false, 0, 1), 0);
        for (uint64_t i = 1; i < out.counts[run]; i++)
            assert_int_equal(pel_reference_compare(&key, false, order[at], order[at + i]), 0);
        at += out.counts[run];
        if (run + 1 < out.n)
            assert_int_equal(pel_reference_compare(&key, false, order[at - 1], order[at]), -1);
    }
    assert_int_equal(at, n);
    free(order);
    pel_distinct_free(&out);
    assert_null(out.keys);
}

static void test_distinct(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 100, 1025, 70001};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (size_t t = 0; t < KEY_TYPES; t++)
            for (int p = 0; p < PATTERN_COUNT; p += s < 5 ? 1 : 3) {
                struct pel_team team = pel_team(test_threads[(size_t)p % TEST_THREADS]);
                void *keys = make_keys(key_types[t], p, sizes[s], s);
                check_distinct(key_types[t], keys, sizes[s], &team);
                free(keys);
            }
}

static void test_distinct_floats(void **state)
{
    (void)state;
    const double keys[] = {-0.0, -NAN, 0.0, NAN, -1};
    struct pel_team team = pel_team(1);
    struct pel_distinct out;
    assert_int_equal(pel_distinct(PEL_F64, keys, 5, &team, &out, NULL), 0);
    assert_int_equal(out.n, 3);
    const uint64_t expected[] = {UINT64_C(0xbff) << 52, 0, UINT64_C(0xfff) << 51};
    const uint64_t counts[] = {1, 2, 2};
    assert_memory_equal(out.keys, expected, sizeof expected);
    assert_memory_equal(out.counts, counts, sizeof counts);
    pel_distinct_free(&out);
    const float narrow[] = {-0.0f, -NAN, 0.0f, NAN, -1};
    assert_int_equal(pel_distinct(PEL_F32, narrow, 5, &team, &out, NULL), 0);
    assert_int_equal(out.n, 3);
    const uint32_t expected_f32[] = {0xbf800000, 0, 0x7fc00000};
    assert_memory_equal(out.keys, expected_f32, sizeof expected_f32);
    assert_memory_equal(out.counts, counts, sizeof counts);
    pel_distinct_free(&out);
}

static void test_refusals(void **state)
{
    (void)state;
    struct pel_cancel cancel = {1};
    struct pel_team team = pel_team(1), stopped = team;
    stopped.cancel = &cancel;
    uint64_t keys[4] = {3, 1, 2, 4}, top[4];
    double q = 0.5, median = 1;
    size_t rank = 4, ntrue = 1;
    uint8_t mask[4] = {1, 0, 1, 0};
    struct pel_distinct distinct;
    assert_int_equal(pel_select(PEL_U64, keys, 4, &rank, 1, top, &team, NULL), -EINVAL);
    assert_int_equal(pel_top(PEL_U8, keys, 4, 1, false, top, &team, NULL), -EINVAL);
    assert_int_equal(pel_distinct(PEL_BOOL, keys, 4, &team, &distinct, NULL), -EINVAL);
    assert_int_equal(pel_quantiles(PEL_STRING, keys, 4, &q, 1, &median, &team, NULL), -EINVAL);
    rank = 0;
    assert_int_equal(pel_select(PEL_U64, keys, 4, &rank, 1, top, &stopped, NULL), -ECANCELED);
    assert_int_equal(pel_top(PEL_U64, keys, 4, 1, false, top, &stopped, NULL), -ECANCELED);
    assert_int_equal(pel_distinct(PEL_U64, keys, 4, &stopped, &distinct, NULL), -ECANCELED);
    assert_int_equal(pel_quantiles(PEL_U64, keys, 4, &q, 1, &median, &stopped, NULL), -ECANCELED);
    assert_int_equal(pel_split(keys, 8, mask, 4, top, &ntrue, &stopped, NULL), -ECANCELED);
    assert_true(!distinct.keys && !distinct.n && median == 0 && ntrue == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_top),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_many_quantiles),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_distinct),
        cmocka_unit_test(test_distinct_floats),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
