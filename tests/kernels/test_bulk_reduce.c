/* Reductions against their definitions: every size around an edge, every level and number of threads. */
#include "bulk/reduce/histogram.h"
#include "bulk_reduce.h"

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

static double *values;

/* Kind 0: uniform; 1: any finite doubles up to 2^900, of both signs; 2: few different ones, with zeros of both
 * signs; 3: the same with infinities and NaN. */
static void fill(double *x, size_t n, int kind, uint64_t seed)
{
    struct test_random random = {seed};
    static const double few[] = {0.0, -0.0, 1.5, -1.5, 5e-324, -5e-324, 3, -3, INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++)
        if (kind == 0)
            x[i] = test_uniform(&random);
        else if (kind == 1)
            x[i] = ldexp(test_uniform(&random) - 0.5, (int)test_random_below(&random, 1900) - 1000);
        else if (kind == 2)
            x[i] = few[test_random_below(&random, 8)];
        else
            x[i] = few[test_random_below(&random, i % 97 ? 8 : 10)];
    if (kind == 3 && n > 40 && seed % 2)
        x[n - 33] = -(double)NAN;
}

static double canonical(double x)
{
    return isnan(x) ? (double)NAN : x;
}

static void check_sum(size_t n, int kind)
{
    fill(values, n, kind, n + (size_t)kind);
    double want = canonical(pel_reference_sum(values, n));
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        double sum = -1, mean = -1;
        assert_int_equal(pel_sum(PEL_F64, values, n, PEL_TREE, &team, &sum, NULL), 0);
        assert_same_bits(sum, want);
        assert_int_equal(pel_mean(PEL_F64, values, n, PEL_TREE, &team, &mean, NULL), 0);
        assert_same_bits(mean, canonical(want / (double)n));
    }
}

static void test_sum(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++)
        for (size_t s = 0; s < TEST_NSIZES; s++)
            check_sum(test_sizes[s], kind);
}

static void test_sum_f32(void **state)
{
    (void)state;
    static float narrow[70000];
    struct test_random random = {5};
    for (size_t i = 0; i < 70000; i++)
        values[i] = narrow[i] = (float)ldexp(test_uniform(&random) - 0.5, (int)(i % 250) - 130);
    for (size_t s = 0; s < TEST_NSIZES; s++)
        if (test_sizes[s] <= 70000) {
            double want = pel_reference_sum(values, test_sizes[s]), sum;
            struct pel_team team;
            for (int k = 0; test_team(k, &team); k++) {
                assert_int_equal(
                    pel_sum(PEL_F32, narrow, test_sizes[s], PEL_TREE, &team, &sum, NULL), 0);
                assert_same_bits(sum, want);
            }
        }
}

/* What counts adds, what does not adds nothing, and all keep their places. */
static void check_masked(const struct pel_lanes *lanes, size_t n, int kind, int density)
{
    struct test_random random = {n * 8 + (size_t)kind};
    double x[PEL_BLOCK_ROWS], zeroed[PEL_BLOCK_ROWS] = {0};
    int64_t integers[PEL_BLOCK_ROWS];
    uint64_t mask[16];
    for (int w = 0; w < 16; w++)
        mask[w] = density == 0   ? 0
                  : density == 1 ? test_random_next(&random)
                                 : ~(UINT64_C(1) << test_random_below(&random, 64));
    fill(x, n, kind, n);
    size_t count = 0;
    pel_int128 total = 0;
    struct pel_best_f64 min = {0}, max = {0};
    struct pel_best_i64 least = {0}, most = {0};
    for (size_t i = 0; i < n; i++) {
        integers[i] = (int64_t)test_random_next(&random);
        if (!(mask[i / 64] >> i % 64 & 1))
            continue;
        count++;
        zeroed[i] = x[i];
        total += integers[i];
        if (!min.found || (!isnan(min.value) && !(x[i] >= min.value)))
            min = (struct pel_best_f64){x[i], 7 + i, true};
        if (!max.found || (!isnan(max.value) && !(x[i] <= max.value)))
            max = (struct pel_best_f64){x[i], 7 + i, true};
        if (!least.found || integers[i] < least.value)
            least = (struct pel_best_i64){integers[i], 7 + i, true};
        if (!most.found || integers[i] > most.value)
            most = (struct pel_best_i64){integers[i], 7 + i, true};
    }
    assert_int_equal(lanes->count(n, mask), count);
    assert_same_bits(canonical(lanes->sum(x, n, mask)), canonical(pel_reference_sum(zeroed, n)));
    double packed[PEL_BLOCK_ROWS];
    uint64_t cut[16] = {0};
    for (size_t i = 0, k = 0; i < PEL_BLOCK_ROWS; i++) {
        bool counts = i < n && (mask[i / 64] >> i % 64 & 1);
        cut[i / 64] |= (uint64_t)counts << i % 64;
        if (counts)
            packed[k++] = x[i];
        if (i + 1 == PEL_BLOCK_ROWS)
            while (k < PEL_BLOCK_ROWS)
                packed[k++] = NAN;
    }
    assert_same_bits(canonical(lanes->sum_packed(packed, n, cut)),
                     canonical(pel_reference_sum(zeroed, n)));
    struct pel_dd dd = lanes->sum_dd(x, n, mask), same = lanes->sum_dd(zeroed, n, NULL);
    assert_same_bits(canonical(dd.hi), canonical(same.hi));
    assert_same_bits(dd.lo, same.lo);
    struct pel_exact exact = {0};
    lanes->sum_exact(&exact, x, n, mask);
    assert_same_bits(pel_exact_round(&exact), pel_reference_sum_exact(zeroed, n));
    assert_true(lanes->sum_i64(integers, n, mask) == total);

    struct pel_best_f64 got = {0}, got_max = {0};
    struct pel_best_i64 got_least = {0}, got_most = {0};
    lanes->min_f64(&got, x, n, mask, 7);
    lanes->max_f64(&got_max, x, n, mask, 7);
    lanes->min_i64(&got_least, integers, n, mask, 7);
    lanes->max_i64(&got_most, integers, n, mask, 7);
    assert_true(got.found == min.found && got.row == min.row);
    assert_true(got_max.found == max.found && got_max.row == max.row);
    assert_same_bits(got.value, min.value);
    assert_same_bits(got_max.value, max.value);
    assert_true(got_least.found == least.found && got_least.row == least.row &&
                got_least.value == least.value);
    assert_true(got_most.found == most.found && got_most.row == most.row &&
                got_most.value == most.value);

    for (size_t i = 0; i < n; i++)
        zeroed[i] = mask[i / 64] >> i % 64 & 1 ? (x[i] - 0.25) * (x[i] - 0.25) : 0;
    assert_same_bits(canonical(lanes->sum_squares(x, 0.25, n, mask)),
                     canonical(pel_reference_sum(zeroed, n)));
}

static void test_masks(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)pel_isa_best(); level++)
        for (size_t n = 0; n <= PEL_BLOCK_ROWS; n += n < 130 || n > 990 ? 1 : 31)
            for (int kind = 0; kind < 4; kind++)
                check_masked(pel_lanes_for((enum pel_isa)level), n, kind,
                             (int)(n + (size_t)kind) % 3);
}

/* Bests of several blocks, and of parts of them put together in any order. */
static void test_bests_merge(void **state)
{
    (void)state;
    const struct pel_lanes *lanes = pel_lanes_for(pel_isa_best());
    for (int kind = 2; kind < 4; kind++) {
        fill(values, 8 * 1024, kind, 41);
        struct pel_extremes want = pel_reference_extremes(values, 8 * 1024);
        struct pel_best_f64 part[8] = {{0}};
        for (size_t b = 0; b < 8; b++)
            lanes->min_f64(&part[b], values + 1024 * b, 1024, NULL, 1024 * b);
        struct pel_best_f64 up = part[0], down = part[7];
        for (int b = 1; b < 8; b++) {
            pel_best_min_f64(&up, &part[b]);
            pel_best_min_f64(&down, &part[7 - b]);
        }
        assert_int_equal(up.row, want.argmin);
        assert_int_equal(down.row, want.argmin);
    }
}

static void check_integers(enum pel_type type, size_t n, pel_int128 want, const void *x)
{
    struct pel_team team;
    bool fits = want >= INT64_MIN && want <= INT64_MAX;
    for (int k = 0; test_team(k, &team); k++) {
        int64_t sum = 1;
        struct pel_error err = {0};
        int status = pel_sum_integers(type, x, n, &team, &sum, &err);
        assert_int_equal(status, fits ? 0 : -ERANGE);
        assert_int_equal(err.code, status);
        assert_true(sum == (fits ? (int64_t)want : 0));
    }
}

static void test_integers(void **state)
{
    (void)state;
    struct test_random random = {9};
    enum { N = 70001 };
    static union {
        int32_t i32[N];
        uint32_t u32[N];
        int64_t i64[N];
        uint64_t u64[N];
    } x;
    for (size_t i = 0; i < N; i++)
        x.u64[i] = test_random_next(&random);
    for (size_t s = 0; s < TEST_NSIZES; s++) {
        size_t n = test_sizes[s];
        pel_int128 i32 = 0, u32 = 0, i64 = 0, u64 = 0;
        if (n > N)
            continue;
        for (size_t i = 0; i < n; i++) {
            i32 += x.i32[i];
            u32 += x.u32[i];
            i64 += x.i64[i];
            u64 += x.u64[i];
        }
        check_integers(PEL_I32, n, i32, x.i32);
        check_integers(PEL_U32, n, u32, x.u32);
        check_integers(PEL_I64, n, i64, x.i64);
        check_integers(PEL_U64, n, u64, x.u64);
        struct pel_team team = pel_team(2);
        double mean;
        assert_int_equal(pel_mean(PEL_I32, x.i32, n, PEL_TREE, &team, &mean, NULL), 0);
        assert_same_bits(mean, n ? (double)(int64_t)i32 / (double)n : (double)NAN);
        assert_int_equal(pel_mean(PEL_U64, x.u64, n, PEL_TREE, &team, &mean, NULL), 0);
        assert_true(n == 0 || mean == (double)u64 / (double)n);
    }
    /* Parts of the sum are outside of what the whole is in; and the last ones that fit, and do not. */
    int64_t edge[] = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN, 2, INT64_MIN, 1};
    check_integers(PEL_I64, 5, 0, edge);
    check_integers(PEL_I64, 1, INT64_MAX, edge);
    check_integers(PEL_I64, 2, (pel_int128)INT64_MAX * 2, edge);
    check_integers(PEL_I64, 6, INT64_MIN, edge);
    check_integers(PEL_U64, 1, INT64_MAX, edge);
    check_integers(PEL_U64, 1, (pel_int128)1 << 63, edge + 2);
    /* 2^65 + 2^12 + 1, just above the middle of two doubles */
    static const uint64_t above[] = {UINT64_C(1) << 63, UINT64_C(1) << 63, UINT64_C(1) << 63,
                                     (UINT64_C(1) << 63) + 4097};
    struct pel_team team = pel_team(1);
    double mean;
    assert_int_equal(pel_mean(PEL_U64, above, 4, PEL_TREE, &team, &mean, NULL), 0);
    assert_same_bits(mean, 0x1p63 + 0x1p11);
}

static bool close_to(double a, double b, double relative)
{
    return a == b || fabs(a - b) <= relative * fabs(b);
}

static void test_moments(void **state)
{
    (void)state;
    for (size_t s = 0; s < TEST_NSIZES; s++) {
        size_t n = test_sizes[s];
        fill(values, n, 0, n);
        for (size_t i = 0; i < n; i++)
            values[i] += 1e6; /* naive formulas lose all of the variance's digits here */
        struct pel_moments want = pel_reference_moments(values, n), first = {0}, got;
        struct pel_team team;
        for (int k = 0; test_team(k, &team); k++) {
            assert_int_equal(pel_moments(PEL_F64, values, n, &team, &got, NULL), 0);
            if (k == 0)
                first = got;
            assert_memory_equal(&got, &first, sizeof got);
        }
        assert_int_equal(first.n, n);
        assert_same_bits(first.sum, pel_reference_sum(values, n));
        if (n > 0)
            assert_true(close_to(first.squares, want.squares, 1e-9));
        assert_true(n > 1 ? pel_variance(&first, 1) == first.squares / (double)(n - 1)
                          : isnan(pel_variance(&first, 1)));
    }
    struct pel_team team = pel_team(2);
    struct pel_moments m;
    values[0] = INFINITY;
    assert_int_equal(pel_moments(PEL_F64, values, 3000, &team, &m, NULL), 0);
    assert_true(m.sum > 0 && isinf(m.sum));
    assert_same_bits(m.squares, (double)NAN);
    assert_int_equal(test_bits(m.squares), TEST_NAN);
    static const uint64_t large[] = {UINT64_MAX, 0};
    assert_int_equal(pel_moments(PEL_U64, large, 2, &team, &m, NULL), 0);
    assert_true(m.sum == 0x1p64 && m.squares == 0x1p127);
}

static void check_extremes(enum pel_type type, const void *x, size_t n, struct pel_extremes want)
{
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        struct pel_extremes got = {9, 9};
        assert_int_equal(pel_extremes(type, x, n, &team, &got, NULL), n ? 0 : -ENODATA);
        assert_int_equal(got.argmin, n ? want.argmin : 0);
        assert_int_equal(got.argmax, n ? want.argmax : 0);
    }
}

static void test_extremes(void **state)
{
    (void)state;
    static float narrow[TEST_MOST];
    static int32_t small[TEST_MOST];
    for (size_t s = 0; s < TEST_NSIZES; s++)
        for (int kind = 0; kind < 4; kind++) {
            size_t n = test_sizes[s];
            fill(values, n, kind, n + 3);
            check_extremes(PEL_F64, values, n,
                           n ? pel_reference_extremes(values, n) : (struct pel_extremes){0, 0});
            for (size_t i = 0; i < n; i++)
                values[i] = narrow[i] = (float)values[i];
            check_extremes(PEL_F32, narrow, n,
                           n ? pel_reference_extremes(values, n) : (struct pel_extremes){0, 0});
            struct test_random random = {n};
            for (size_t i = 0; i < n; i++)
                values[i] = small[i] = (int32_t)test_random_next(&random);
            check_extremes(PEL_I32, small, n,
                           n ? pel_reference_extremes(values, n) : (struct pel_extremes){0, 0});
        }
    static const int64_t i64[] = {3, INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX};
    check_extremes(PEL_I64, i64, 5, (struct pel_extremes){1, 2});
    check_extremes(PEL_U64, i64, 5, (struct pel_extremes){0, 1});
    static const uint32_t u32[] = {3, 1, UINT32_MAX, 1u << 31, 1};
    check_extremes(PEL_U32, u32, 5, (struct pel_extremes){1, 2});
}

static void check_histogram(size_t n, double lo, double hi, size_t nbins)
{
    uint64_t want[700], got[700];
    pel_reference_histogram(values, n, lo, hi, nbins, want);
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        memset(got, 1, sizeof got);
        assert_int_equal(pel_histogram(PEL_F64, values, n, lo, hi, nbins, &team, got, NULL), 0);
        assert_memory_equal(got, want, nbins * sizeof *got);
    }
}

static void test_histogram(void **state)
{
    (void)state;
    static const size_t nbins[] = {1, 2, 3, 10, 64, 100, 700};
    for (size_t b = 0; b < sizeof nbins / sizeof nbins[0]; b++)
        for (size_t s = 0; s < TEST_NSIZES; s++) {
            size_t n = test_sizes[s];
            if (n > (b < 4 ? 3072 : 1025) && !(b == 3 && n == 131073))
                continue;
            for (int kind = 0; kind < 4; kind += 3) {
                fill(values, n, kind, n);
                for (size_t i = 0; i < n; i += 5) { /* edges, and what lies beside them */
                    double edge = 0.1 + (double)(i % nbins[b]) * (0.6 / (double)nbins[b]);
                    values[i] = nextafter(edge, edge + (double)(i % 3) - 1);
                }
                check_histogram(n, 0.1, 0.7, nbins[b]);
                check_histogram(n, -3, 3, nbins[b]);
            }
            check_histogram(n, -5e307, 5e307, nbins[b]);
        }
    for (size_t i = 0; i < 1000; i++) /* edges that are the same double, several at a time */
        values[i] = 1e15 + (double)(i % 9) * 0.125;
    check_histogram(1000, 1e15, 1e15 + 1, 100);
    static const int32_t few[] = {1, 2, 3, 3, 4, 5};
    uint64_t counts[2];
    struct pel_team team = pel_team(1);
    assert_int_equal(pel_histogram(PEL_I32, few, 6, 1, 4, 2, &team, counts, NULL), 0);
    assert_true(counts[0] == 2 && counts[1] == 3);
}

/* From 2^30 bins on a quotient may be more than one bin off, either way. Their counts take 8 GiB, of which few
 * are touched. */
static void test_many_bins(void **state)
{
    (void)state;
    const size_t n = (1 << 30) + 5, nbytes = (n + 1) * sizeof(uint64_t);
    uint64_t *counts = mmap(NULL, nbytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (counts == MAP_FAILED)
        skip();
    struct pel_bins bins;
    struct test_random random = {31};
    assert_int_equal(pel_bins_set(&bins, -1, 1.5, n, NULL), 0);
    for (size_t i = 0; i < 300; i++) {
        size_t k = test_random_below(&random, n - 1);
        double edge = pel_bins_edge(&bins, k + 1), beside = nextafter(edge, i % 2 ? -1 : 2);
        pel_bins_count(&bins, pel_lanes_for(PEL_ISA_BASELINE), &edge, 1, NULL, counts);
        assert_int_equal(counts[k + 1], 1);
        pel_bins_count(&bins, pel_lanes_for(PEL_ISA_BASELINE), &beside, 1, NULL, counts);
        assert_int_equal(counts[k + 1] + counts[k], 2);
        assert_int_equal(counts[k + 1], i % 2 ? 1 : 2);
        counts[k] = counts[k + 1] = 0;
    }
    assert_int_equal(munmap(counts, nbytes), 0);
}

static void test_count(void **state)
{
    (void)state;
    static uint8_t bytes[TEST_MOST];
    struct test_random random = {12};
    for (size_t i = 0; i < TEST_MOST; i++)
        bytes[i] = (uint8_t)(test_random_next(&random) & (i < 5000 ? 255 : 1));
    for (size_t s = 0; s < TEST_NSIZES; s++) {
        size_t want = 0, got;
        for (size_t i = 0; i < test_sizes[s]; i++)
            want += bytes[i] != 0;
        struct pel_team team;
        for (int k = 0; test_team(k, &team); k++) {
            assert_int_equal(pel_count_true(bytes, test_sizes[s], &team, &got, NULL), 0);
            assert_int_equal(got, want);
        }
    }
}

static void test_wrong(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    struct pel_error err = {0};
    double sum = 1;
    int64_t total = 1;
    struct pel_moments moments;
    struct pel_extremes extremes = {1, 1};
    uint64_t counts[4] = {1, 1, 1, 1};
    assert_int_equal(pel_sum(PEL_I32, values, 4, PEL_TREE, &team, &sum, &err), -EINVAL);
    assert_true(sum == 0 && err.code == -EINVAL && err.message[0]);
    assert_int_equal(pel_sum(PEL_F64, values, 4, PEL_PRECISION_COUNT, &team, &sum, NULL), -EINVAL);
    assert_int_equal(pel_sum_integers(PEL_F64, values, 4, &team, &total, NULL), -EINVAL);
    assert_int_equal(pel_sum_integers(PEL_I8, values, 4, &team, &total, NULL), -EINVAL);
    assert_int_equal(total, 0);
    assert_int_equal(pel_mean(PEL_STRING, values, 4, PEL_TREE, &team, &sum, NULL), -EINVAL);
    assert_int_equal(pel_moments(PEL_F16, values, 4, &team, &moments, NULL), -EINVAL);
    assert_int_equal(pel_extremes(PEL_BOOL, values, 4, &team, &extremes, NULL), -EINVAL);
    assert_true(extremes.argmin == 0 && extremes.argmax == 0);
    static const double ranges[][2] = {{1, 1},        {2, 1},          {NAN, 1},
                                       {0, INFINITY}, {-1e308, 1e308}, {0, 1e-308}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        assert_int_equal(
            pel_histogram(PEL_F64, values, 4, ranges[i][0], ranges[i][1], 4, &team, counts, NULL),
            -EINVAL);
    assert_int_equal(counts[0] + counts[3], 0);
    assert_int_equal(pel_histogram(PEL_F64, values, 4, 0, 1, 0, &team, counts, NULL), -EINVAL);
}

static void test_cancelled(void **state)
{
    (void)state;
    struct pel_cancel cancel = {1};
    struct pel_team team;
    for (int k = 0; test_team(k, &team); k++) {
        team.cancel = &cancel;
        double sum = 1;
        struct pel_extremes extremes = {1, 1};
        struct pel_moments moments;
        uint64_t counts[3] = {1, 1, 1};
        for (int p = 0; p < PEL_PRECISION_COUNT; p++) {
            assert_int_equal(
                pel_sum(PEL_F64, values, TEST_MOST, (enum pel_precision)p, &team, &sum, NULL),
                -ECANCELED);
            assert_true(sum == 0);
        }
        assert_int_equal(pel_extremes(PEL_F64, values, TEST_MOST, &team, &extremes, NULL),
                         -ECANCELED);
        assert_int_equal(pel_moments(PEL_F64, values, TEST_MOST, &team, &moments, NULL),
                         -ECANCELED);
        assert_int_equal(pel_histogram(PEL_F64, values, TEST_MOST, 0, 1, 3, &team, counts, NULL),
                         -ECANCELED);
        assert_int_equal(counts[0] + counts[1] + counts[2], 0);
    }
}

static void *cancel_soon(void *cancel)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    pel_cancel_request(cancel);
    return NULL;
}

/* Cancelled in its only task, a histogram says so. */
static void test_cancelled_later(void **state)
{
    (void)state;
    enum { N = 1 << 24 };
    double *zeros = calloc(N, sizeof *zeros);
    assert_non_null(zeros);
    for (int k = 0; k < 5; k++) {
        struct pel_cancel cancel = {0};
        struct pel_team team = pel_team(1);
        uint64_t count = 1;
        pthread_t thread;
        team.cancel = &cancel;
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
        int status = pel_histogram(PEL_F64, zeros, N, 0, 1, 1, &team, &count, NULL);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(status == 0 ? count == N : status == -ECANCELED && count == 0);
    }
    free(zeros);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum),       cmocka_unit_test(test_sum_f32),
        cmocka_unit_test(test_masks),     cmocka_unit_test(test_bests_merge),
        cmocka_unit_test(test_integers),  cmocka_unit_test(test_moments),
        cmocka_unit_test(test_extremes),  cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_count),     cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_cancelled), cmocka_unit_test(test_cancelled_later),
        cmocka_unit_test(test_many_bins),
    };
    values = calloc(TEST_MOST, sizeof *values);
    int failures = values ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    free(values);
    return failures;
}
