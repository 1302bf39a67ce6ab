/* Running sums against their definition, at every level and number of threads. */
#include "bulk/transform/reference.h"
#include "bulk/transform/relay.h"
#include "bulk_reduce.h"

#include <time.h>

enum { MOST = 70000 };

/* Around groups, blocks and chunks of 16384. */
static const size_t sizes[] = {0,     1,     2,     3,     7,     8,     9,     15,
                               16,    17,    1023,  1024,  1025,  1031,  16383, 16384,
                               16385, 16391, 16392, 32768, 32769, 40000, 65536, MOST};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

static double x[MOST], y[MOST + 1], want[MOST + 1];

/* Kind 0: uniform; 1: of both signs and all sizes; 2: few, with zeros of both signs; 3: with an
 * infinity, and later one of the other sign; 4: a NaN with a payload somewhere; 5: sums beyond
 * DBL_MAX, back again. */
static void fill(size_t n, int kind, uint64_t seed)
{
    struct test_random random = {seed};
    static const double few[] = {0.0, -0.0, 1.5, -1.5, 5e-324, -5e-324};
    for (size_t i = 0; i < n; i++)
        if (kind == 1)
            x[i] = ldexp(test_uniform(&random) - 0.5, (int)test_random_below(&random, 1900) - 1000);
        else if (kind == 2)
            x[i] = few[test_random_below(&random, i < 100 ? 2 : 6)];
        else if (kind == 5)
            x[i] = test_random_below(&random, 2) ? DBL_MAX / 2 : -DBL_MAX;
        else
            x[i] = test_uniform(&random);
    if (n && kind == 3) {
        x[n / 2] = INFINITY;
        x[n - 1 - n / 5] = -INFINITY;
    }
    if (n && kind == 4) {
        uint64_t nan = UINT64_C(0xfff8000000000123);
        memcpy(&x[n / 3], &nan, 8);
    }
}

static void check_scan(size_t n, int kind)
{
    fill(n, kind, n);
    want[0] = 0;
    pel_reference_scan_sum(x, n, want + 1);
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++)
        for (int exclusive = 0; exclusive < 2; exclusive++) {
            y[n] = 42;
            assert_int_equal(pel_scan_sum(PEL_F64, x, n, exclusive, y, &team, NULL), 0);
            assert_memory_equal(y, want + !exclusive, n * sizeof *y);
            assert_true(y[n] == 42);
        }
}

static void test_doubles(void **state)
{
    (void)state;
    for (int kind = 0; kind < 6; kind++)
        for (size_t s = 0; s < NSIZES; s++)
            check_scan(sizes[s], kind);
}

static void test_floats(void **state)
{
    (void)state;
    static float narrow[MOST];
    struct test_random random = {5};
    for (size_t i = 0; i < MOST; i++)
        x[i] = narrow[i] = (float)(test_uniform(&random) - 0.5);
    pel_reference_scan_sum(x, MOST, want);
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        assert_int_equal(pel_scan_sum(PEL_F32, narrow, MOST, false, y, &team, NULL), 0);
        assert_memory_equal(y, want, MOST * sizeof *y);
    }
}

/* Sums of what is not negative never fall, and are as near as is said. */
static void test_promises(void **state)
{
    (void)state;
    struct test_random random = {8};
    for (size_t i = 0; i < MOST; i++)
        x[i] = ldexp(test_uniform(&random), -(int)test_random_below(&random, 60));
    struct pel_team team = pel_team(2);
    assert_int_equal(pel_scan_sum(PEL_F64, x, MOST, false, y, &team, NULL), 0);
    long double sum = 0;
    for (size_t i = 0; i < MOST; i++) {
        sum += x[i];
        assert_true(i == 0 || y[i] >= y[i - 1]);
        assert_true(fabsl(sum - y[i]) <= (2052 + 5) * 0x1p-53L * sum);
    }
}

static void check_ints(enum pel_type type, const void *values, size_t n)
{
    static int64_t sums[MOST + 1], wanted[MOST + 1];
    size_t good = pel_reference_scan_sum_ints(type, values, n, wanted + 1);
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++)
        for (int exclusive = 0; exclusive < 2; exclusive++) {
            struct pel_error err = {0};
            bool fails = good + (size_t)exclusive < n;
            int status = pel_scan_sum(type, values, n, exclusive, sums, &team, &err);
            assert_int_equal(status, fails ? -ERANGE : 0);
            if (!fails)
                assert_memory_equal(sums, wanted + !exclusive, n * sizeof *sums);
            else
                assert_int_equal(strtoul(err.message + strlen("the running sum of row "), NULL, 10),
                                 good + (size_t)exclusive);
        }
}

static void test_integers(void **state)
{
    (void)state;
    static const enum pel_type types[] = {PEL_I32, PEL_I64, PEL_U32, PEL_U64};
    static uint64_t values[MOST];
    for (size_t t = 0; t < 4; t++)
        for (size_t s = 0; s < NSIZES; s++) {
            struct test_random random = {s};
            for (size_t i = 0; i < sizes[s]; i++) {
                values[i] = test_random_next(&random);
                if (types[t] == PEL_I64)
                    values[i] = (uint64_t)((int64_t)values[i] >> 12);
                else if (types[t] == PEL_U64)
                    values[i] >>= 18;
            }
            check_ints(types[t], values, sizes[s]);
        }
}

/* The first sum that is no int64 is told, wherever it is, though wrapped ones come back. */
static void test_overflow(void **state)
{
    (void)state;
    static int64_t values[MOST];
    static const size_t rows[] = {0, 1, 7, 1023, 1024, 16383, 16384, 40000, MOST - 2, MOST - 1};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        memset(values, 0, sizeof values);
        values[0] = INT64_MIN;
        if (rows[r])
            values[rows[r]] = -1;
        check_ints(PEL_I64, values, MOST);
        check_ints(PEL_U64, values, MOST);
        for (size_t i = 0; i < MOST; i++)
            values[i] = INT64_MAX - (int64_t)(i == rows[r]);
        check_ints(PEL_I64, values + rows[r], MOST - rows[r]);
    }
    values[0] = -1;
    check_ints(PEL_U64, values, 1);
}

static void test_in_place(void **state)
{
    (void)state;
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++)
        for (int exclusive = 0; exclusive < 2; exclusive++) {
            fill(MOST, 0, (uint64_t)k);
            pel_reference_scan_sum(x, MOST, want + 1);
            want[0] = 0;
            assert_int_equal(pel_scan_sum(PEL_F64, x, MOST, exclusive, x, &team, NULL), 0);
            assert_memory_equal(x, want + !exclusive, MOST * sizeof *x);
        }
}

/* So large that it is written past the caches. */
static void test_streamed(void **state)
{
    (void)state;
    enum { N = 2200003 };
    double *in = malloc(N * sizeof *in), *out = malloc((N + 2) * sizeof *out);
    double *same = malloc(N * sizeof *same);
    assert_true(in && out && same);
    struct test_random random = {4};
    for (size_t i = 0; i < N; i++)
        in[i] = test_uniform(&random) - 0.5;
    pel_reference_scan_sum(in, N, same);
    for (int t = 0; t < 4; t++) {
        struct pel_team team = pel_team(test_nthreads[t]);
        memset(out, 0, (N + 2) * sizeof *out);
        assert_int_equal(pel_scan_sum(PEL_F64, in, N, false, out + 1, &team, NULL), 0);
        assert_memory_equal(out + 1, same, N * sizeof *out);
        assert_true(out[0] == 0 && out[N + 1] == 0);
    }
    free(in);
    free(out);
    free(same);
}

/* Pieces that are 1, 2, 3, ...; the thread that begins with the first is held up until another has
 * measured it. */
struct held_up {
    uint64_t before[100];
    bool helped; /* atomic */
};

static struct relay_sum measure_slowly(void *ctx, size_t piece, void *scratch)
{
    struct held_up *job = ctx;
    if (piece == 0 && !scratch)
        __atomic_store_n(&job->helped, true, __ATOMIC_RELEASE);
    for (int i = 0; piece == 0 && scratch && i < 2000; i++) {
        if (__atomic_load_n(&job->helped, __ATOMIC_ACQUIRE))
            break;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return (struct relay_sum){.whole = piece + 1};
}

static void place_sum(void *ctx, size_t piece, struct relay_sum sum, struct relay_sum before,
                      void *scratch)
{
    (void)scratch;
    ((struct held_up *)ctx)->before[piece] = before.whole + sum.whole - piece - 1;
}

static void test_held_up(void **state)
{
    (void)state;
    struct held_up job = {.helped = false};
    const struct relay_work work = {
        .npieces = 100, .ctx = &job, .measure = measure_slowly, .place = place_sum};
    struct pel_team team = pel_team(3);
    struct relay_sum total;
    job.helped = team.nthreads == 1;
    assert_int_equal(pel_relay_run(&work, &team, &total, NULL), 0);
    assert_true(job.helped);
    assert_int_equal(total.whole, 5050);
    for (size_t k = 0; k < 100; k++)
        assert_int_equal(job.before[k], k * (k + 1) / 2);
}

static void test_refused(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    struct pel_cancel cancel = {0};
    struct pel_error err = {0};
    assert_int_equal(pel_scan_sum(PEL_I16, x, 5, false, y, &team, &err), -EINVAL);
    pel_cancel_request(&cancel);
    team.cancel = &cancel;
    assert_int_equal(pel_scan_sum(PEL_F64, x, MOST, false, y, &team, &err), -ECANCELED);
    assert_int_equal(err.code, -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles),  cmocka_unit_test(test_floats),
        cmocka_unit_test(test_promises), cmocka_unit_test(test_integers),
        cmocka_unit_test(test_overflow), cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_held_up),  cmocka_unit_test(test_streamed),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
