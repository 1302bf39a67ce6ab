/* Queries of macros against plain loops: every stage and terminal, sizes around every edge, threads and
 * partitions, and what goes wrong; and ten of them against the engine, bit by bit. */
#include "bulk_reduce.h"
#include "bulk_ten.h"

#include <pelton/engine.h>

static double x_values[TEST_MOST], y_values[TEST_MOST], kept[TEST_MOST], got[TEST_MOST];

/* Every number of threads, and every partition; one of them where there is one chunk. */
static bool how(int k, size_t n, struct pel_query_options *options)
{
    *options =
        (struct pel_query_options){.threads = k < 4 ? test_nthreads[k] : 3,
                                   .partition = (enum pel_query_partition)(k < 4 ? 0 : k - 3)};
    return k < (n > PEL_CHUNK_ROWS ? 3 + PEL_PARTITION_COUNT : 1);
}
#define HOW .threads = options.threads, .partition = options.partition
#define FOR_EACH_WAY(options, n)                                                                   \
    struct pel_query_options options;                                                              \
    for (int way_ = 0; how(way_, n, &options); way_++)

/* Of both signs, with zeros; with `odd` NaN, infinities and -0 as well. */
static void fill(size_t n, bool odd)
{
    static const double few[] = {0.0, -0.0, 1.5, -1.5, (double)NAN, INFINITY, -INFINITY, 5e-324};
    struct test_random random = {n + odd};
    for (size_t i = 0; i < n; i++) {
        x_values[i] = 2 * test_uniform(&random) - 1;
        y_values[i] = 2 * test_uniform(&random) - 1;
        if (odd && test_random_below(&random, 50) == 0)
            x_values[i] = few[test_random_below(&random, 8)];
    }
}

static double canonical(double x)
{
    return isnan(x) ? (double)NAN : x;
}

/* ---- terminals --------------------------------------------------------------------------------------- */

static void check_sums(size_t n)
{
    uint64_t count = 0;
    int64_t integers = 0;
    for (size_t i = 0; i < n; i++) {
        bool in = x_values[i] > 0;
        kept[i] = in ? sqrt(x_values[i]) : 0;
        count += in;
        integers += in ? (int64_t)i - 7 : 0;
    }
    double want = canonical(pel_reference_sum(kept, n)), exact;
    struct pel_team team = pel_team(1);
    assert_int_equal(pel_sum(PEL_F64, kept, n, PEL_EXACT, &team, &exact, NULL), 0);
    FOR_EACH_WAY(options, n)
    {
        double sum, mean, sum_exact, sum_dd;
        uint64_t rows;
        int64_t whole;
        int status = 1;
        PEL_SUM(sum, PEL_FROM(double, x, x_values, n), PEL_WHERE(x > 0) PEL_LET(double, r, sqrt(x)),
                r, HOW, .status = &status);
        assert_int_equal(status, 0);
        assert_same_bits(sum, want);
        PEL_SUM(sum_exact, PEL_FROM(double, x, x_values, n), PEL_WHERE(x > 0), sqrt(x), HOW,
                .precision = PEL_EXACT);
        assert_same_bits(sum_exact, exact);
        PEL_SUM(sum_dd, PEL_FROM(double, x, x_values, n), PEL_WHERE(x > 0), sqrt(x), HOW,
                .precision = PEL_DD);
        assert_true(sum_dd == exact || fabs(sum_dd - exact) <= 0x1p-52 * exact || isnan(exact));
        PEL_MEAN(mean, PEL_FROM(double, x, x_values, n), PEL_WHERE(x > 0), sqrt(x), HOW);
        assert_same_bits(mean, canonical(want / (double)count));
        PEL_COUNT(rows, PEL_FROM(double, x, x_values, n), PEL_WHERE(x > 0), HOW);
        assert_int_equal(rows, count);
        PEL_SUM_INT(whole, PEL_FROM(double, x, x_values, n),
                    PEL_WHERE(x > 0) PEL_INDEX(row) PEL_SELECT(int64_t, i, (int64_t)row), i - 7,
                    HOW);
        assert_int_equal(whole, integers);
    }
}

static void check_extremes(size_t n)
{
    struct pel_extremes want = {0, 0};
    if (n)
        want = pel_reference_extremes(x_values, n);
    FOR_EACH_WAY(options, n)
    {
        double least, greatest, variance;
        uint64_t argmin, argmax;
        int status = 1;
        PEL_MIN(least, PEL_FROM(double, x, x_values, n), PEL_EACH, x, HOW, .status = &status);
        assert_int_equal(status, n ? 0 : -ENODATA);
        PEL_MAX(greatest, PEL_FROM(double, x, x_values, n), PEL_EACH, x, HOW);
        PEL_ARGMIN(argmin, PEL_FROM(double, x, x_values, n), PEL_EACH, x, HOW);
        PEL_ARGMAX(argmax, PEL_FROM(double, x, x_values, n), PEL_EACH, x, HOW);
        assert_int_equal(argmin, n ? want.argmin : UINT64_MAX);
        assert_int_equal(argmax, n ? want.argmax : UINT64_MAX);
        assert_same_bits(least, n ? canonical(x_values[want.argmin]) : (double)NAN);
        assert_same_bits(greatest, n ? canonical(x_values[want.argmax]) : (double)NAN);

        struct pel_team team = pel_team(1);
        struct pel_moments moments;
        assert_int_equal(pel_moments(PEL_F64, x_values, n, &team, &moments, NULL), 0);
        PEL_VARIANCE(variance, PEL_FROM(double, x, x_values, n), PEL_EACH, x, HOW, .ddof = 1);
        assert_same_bits(variance, canonical(pel_variance(&moments, 1)));
    }
}

static void check_counts(size_t n)
{
    enum { BINS = 10, GROUPS = 5 };
    uint64_t want[BINS], counts[BINS], sizes[GROUPS] = {0}, group_counts[GROUPS];
    double sums[GROUPS], all[GROUPS] = {0};
    pel_reference_histogram(x_values, n, -0.5, 1, BINS, want);
    for (size_t c = 0; c < n; c += PEL_CHUNK_ROWS) {
        double of_chunk[GROUPS] = {0};
        bool is_there[GROUPS] = {false};
        for (size_t i = c; i < n && i < c + PEL_CHUNK_ROWS; i++)
            if (y_values[i] > 0) {
                of_chunk[i % GROUPS] += x_values[i];
                is_there[i % GROUPS] = true;
            }
        for (size_t g = 0; g < GROUPS; g++)
            if (is_there[g])
                all[g] = sizes[g]++ ? all[g] + of_chunk[g] : of_chunk[g];
    }
    FOR_EACH_WAY(options, n)
    {
        bool any, none, every;
        PEL_HISTOGRAM(counts, BINS, -0.5, 1, PEL_FROM(double, x, x_values, n), PEL_EACH, x, HOW);
        assert_memory_equal(counts, want, sizeof want);
        PEL_GROUP(sums, group_counts, GROUPS, PEL_FROM(double, y, y_values, n),
                  PEL_WHERE(y > 0) PEL_ZIP(double, x, x_values) PEL_INDEX(i), (int)(i % GROUPS), x,
                  HOW);
        for (size_t g = 0; g < GROUPS; g++)
            assert_same_bits(sums[g], canonical(all[g]));
        PEL_ANY(any, PEL_FROM(double, y, y_values, n), PEL_INDEX(i), i + 1 == n && y < 2, HOW);
        PEL_ANY(none, PEL_FROM(double, y, y_values, n), PEL_EACH, y > 2, HOW);
        PEL_ALL(every, PEL_FROM(double, y, y_values, n), PEL_EACH, y < 2, HOW);
        assert_int_equal(any, n > 0);
        assert_false(none);
        assert_true(every);
        PEL_ALL(every, PEL_FROM(double, y, y_values, n), PEL_INDEX(i), i + 1 != n || y > 2, HOW);
        assert_int_equal(every, n == 0);
    }
}

static void check_top(size_t n, size_t k, bool descending)
{
    uint64_t want[100], rows[100];
    double best[100];
    struct pel_team team = pel_team(1);
    assert_int_equal(pel_top(PEL_F64, x_values, n, k, descending, want, &team, NULL), 0);
    FOR_EACH_WAY(options, n)
    {
        PEL_TOP(rows, best, k, descending, PEL_FROM(double, x, x_values, n), PEL_EACH, x, HOW);
        for (size_t i = 0; i < k; i++) {
            assert_int_equal(rows[i], i < n ? want[i] : UINT64_MAX);
            assert_true(i >= n ? isnan(best[i])
                               : !(best[i] != x_values[rows[i]] && best[i] == best[i]));
        }
    }
}

/* ---- values in order ----------------------------------------------------------------------------------- */

struct taken {
    double *values;
    size_t n, calls, longest;
};

static int take_values(void *ctx, const void *values, size_t n)
{
    struct taken *taken = ctx;
    memcpy(taken->values + taken->n, values, n * sizeof(double));
    taken->n += n;
    taken->calls++;
    taken->longest = n > taken->longest ? n : taken->longest;
    return 0;
}

static int note_size(void *ctx, const void *values, size_t n)
{
    struct taken *taken = ctx;
    (void)values;
    taken->n += n;
    taken->calls++;
    taken->longest = n > taken->longest ? n : taken->longest;
    return 0;
}

/* 33 chunks, 16 at a time. */
static void test_blocks_of_chunks(void **state)
{
    (void)state;
    enum { N = 33 * PEL_CHUNK_ROWS };
    struct taken taken = {0};
    PEL_CONSUME(unsigned char, note_size, &taken, PEL_RANGE(int, i, 0, N, 1), PEL_EACH,
                (unsigned char)i, .merge = PEL_MERGE_BLOCK);
    assert_int_equal(taken.n, N);
    assert_int_equal(taken.calls, 3);
    assert_int_equal(taken.longest, 16 * PEL_CHUNK_ROWS);
}

static void check_values(size_t n)
{
    size_t want = 0;
    for (size_t i = 0; i < n; i++)
        if (x_values[i] > 0)
            kept[want++] = x_values[i] + y_values[i];
    FOR_EACH_WAY(options, n)
    {
        size_t count;
        static float narrow[TEST_MOST];
        static unsigned char bytes[TEST_MOST];
        PEL_TO_ARRAY(got, count, PEL_FROM(double, x, x_values, n),
                     PEL_WHERE(x > 0) PEL_ZIP(double, y, y_values), x + y, HOW);
        assert_int_equal(count, want);
        assert_memory_equal(got, kept, want * sizeof *got);
        PEL_TO_ARRAY(narrow, count, PEL_FROM(double, x, x_values, n), PEL_WHERE(x > 0), (float)x,
                     HOW);
        assert_int_equal(count, want);
        PEL_TO_ARRAY(bytes, count, PEL_RANGE(int, i, 3, n, 2), PEL_WHERE(i % 3), (unsigned char)i,
                     HOW);
        assert_int_equal(count, n - (n + 2) / 3);
        if (n > 1) {
            assert_int_equal(bytes[0], 5);
            assert_int_equal(bytes[count - 1],
                             (unsigned char)(2 * (n - 1 - ((n - 1) % 3 == 0)) + 3));
        }
        for (int merge = 0; merge < PEL_MERGE_COUNT; merge++) {
            struct taken taken = {got, 0, 0, 0};
            int status = 1;
            PEL_CONSUME(double, take_values, &taken, PEL_FROM(double, x, x_values, n),
                        PEL_WHERE(x > 0) PEL_ZIP(double, y, y_values), x + y, HOW,
                        .merge = (enum pel_query_merge)merge, .status = &status);
            assert_int_equal(status, 0);
            assert_int_equal(taken.n, want);
            assert_memory_equal(got, kept, want * sizeof *got);
            assert_true(merge != PEL_MERGE_FULL || taken.calls == (want > 0));
            assert_true(merge != PEL_MERGE_STREAM || taken.longest <= PEL_CHUNK_ROWS);
        }
        memcpy(got, x_values, n * sizeof *got);
        PEL_TO_ARRAY(got, count, PEL_FROM(double, x, got, n),
                     PEL_WHERE(x > 0) PEL_ZIP(double, y, y_values), x + y, HOW);
        assert_int_equal(count, want);
        assert_memory_equal(got, kept, want * sizeof *got);
        memset(got, 0, sizeof got);
        PEL_FOR_ALL(PEL_FROM(double, x, x_values, n), PEL_INDEX(i) PEL_WHERE(i % 2), got[i] = x + 1,
                    HOW);
        for (size_t i = 0; i < n; i++)
            if (i % 2)
                assert_same_bits(canonical(got[i]), canonical(x_values[i] + 1));
            else
                assert_same_bits(got[i], 0.0);
    }
}

static void test_sizes_and_values(void **state)
{
    (void)state;
    for (size_t s = 0; s < TEST_NSIZES; s++)
        for (int odd = 0; odd < 2; odd++) {
            fill(test_sizes[s], odd);
            check_sums(test_sizes[s]);
            check_extremes(test_sizes[s]);
            check_counts(test_sizes[s]);
            check_values(test_sizes[s]);
        }
}

static void test_top(void **state)
{
    (void)state;
    static const size_t ns[] = {0, 1, 5, 1025, 200000};
    for (size_t s = 0; s < sizeof ns / sizeof *ns; s++) {
        fill(ns[s], true);
        for (int descending = 0; descending < 2; descending++) {
            check_top(ns[s], 0, descending);
            check_top(ns[s], 1, descending);
            check_top(ns[s], 100, descending);
        }
    }
}

/* ---- an aggregate of one's own ---------------------------------------------------------------------------- */

/* The hash of a sequence and the base to the power of its length: joining two is associative, not commutative. */
struct sequence {
    uint64_t hash, power;
};

static void sequence_seed(struct sequence *sequence)
{
    *sequence = (struct sequence){0, 1};
}

static void sequence_update(struct sequence *sequence, uint64_t item)
{
    sequence->hash = sequence->hash * 0x9e3779b97f4a7c15 + item;
    sequence->power *= 0x9e3779b97f4a7c15;
}

static void sequence_combine(struct sequence *into, const struct sequence *from)
{
    into->hash = into->hash * from->power + from->hash;
    into->power *= from->power;
}

static uint64_t sequence_finish(const struct sequence *sequence)
{
    return sequence->hash;
}

static void test_aggregate(void **state)
{
    (void)state;
    for (size_t s = 0; s < TEST_NSIZES; s++) {
        size_t n = test_sizes[s];
        struct sequence want;
        sequence_seed(&want);
        for (uint64_t i = 0; i < n; i++)
            if (i % 7 != 2)
                sequence_update(&want, i * i);
        FOR_EACH_WAY(options, n)
        {
            uint64_t hash;
            PEL_AGGREGATE(hash, PEL_RANGE(uint64_t, i, 0, n, 1), PEL_WHERE(i % 7 != 2), i * i,
                          struct sequence, sequence_seed, sequence_update, sequence_combine,
                          sequence_finish, HOW);
            assert_int_equal(hash, want.hash);
        }
    }
}

/* ---- take ------------------------------------------------------------------------------------------------ */

/* Rows i % 3 == 0, of these k, of these the odd ones, summed as they stand. */
static void check_take(size_t n, uint64_t k)
{
    uint64_t taken = 0, count = 0;
    memset(kept, 0, sizeof kept);
    for (size_t i = 0; i < n && taken < k; i++)
        if (i % 3 == 0) {
            taken++;
            if (i % 2) {
                kept[i] = y_values[i];
                got[count++] = y_values[i];
            }
        }
    FOR_EACH_WAY(options, n)
    {
        static double array[TEST_MOST];
        struct taken to = {array, 0, 0, 0};
        double sum;
        uint64_t rows;
        PEL_SUM(sum, PEL_FROM(double, y, y_values, n),
                PEL_INDEX(i) PEL_WHERE(i % 3 == 0) PEL_TAKE(k) PEL_WHERE(i % 2), y, HOW);
        assert_same_bits(sum, pel_reference_sum(kept, n));
        PEL_COUNT(rows, PEL_FROM(double, y, y_values, n),
                  PEL_INDEX(i) PEL_WHERE(i % 3 == 0) PEL_TAKE(k) PEL_WHERE(i % 2), HOW);
        assert_int_equal(rows, count);
        PEL_TO_ARRAY(array, rows, PEL_FROM(double, y, y_values, n),
                     PEL_INDEX(i) PEL_WHERE(i % 3 == 0) PEL_TAKE(k) PEL_WHERE(i % 2), y, HOW);
        assert_int_equal(rows, count);
        assert_memory_equal(array, got, count * sizeof *got);
        PEL_CONSUME(double, take_values, &to, PEL_FROM(double, y, y_values, n),
                    PEL_INDEX(i) PEL_WHERE(i % 3 == 0) PEL_TAKE(k) PEL_WHERE(i % 2), y, HOW,
                    .merge = PEL_MERGE_STREAM);
        assert_int_equal(to.n, count);
        assert_memory_equal(array, got, count * sizeof *got);
    }
}

static void test_take(void **state)
{
    (void)state;
    static const size_t ns[] = {0, 1, 100, 65537, 200000};
    static const uint64_t ks[] = {0,     1,     2,     21845, 21846, 21847,     40000,
                                  43690, 43691, 43692, 66666, 66667, UINT64_MAX};
    for (size_t s = 0; s < sizeof ns / sizeof *ns; s++) {
        fill(ns[s], false);
        for (size_t k = 0; k < sizeof ks / sizeof *ks; k++)
            check_take(ns[s], ks[k]);
    }
}

static void test_take_while(void **state)
{
    (void)state;
    enum { N = 200000 };
    static const size_t ends[] = {0, 1, 1023, 1024, 65535, 65536, 65537, 131072, 199999, 200000};
    fill(N, false);
    for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
        FOR_EACH_WAY(options, N)
        {
            double sum, mean;
            uint64_t rows;
            size_t end = ends[e];
            PEL_SUM(sum, PEL_FROM(double, y, y_values, N), PEL_INDEX(i) PEL_TAKE_WHILE(i < end), y,
                    HOW);
            assert_same_bits(sum, pel_reference_sum(y_values, end));
            PEL_MEAN(mean, PEL_FROM(double, y, y_values, N),
                     PEL_INDEX(i) PEL_TAKE_WHILE(i < end || i == end + 1), y, HOW);
            assert_same_bits(mean, canonical(pel_reference_sum(y_values, end) / (double)end));
            PEL_COUNT(rows, PEL_FROM(double, y, y_values, N), PEL_INDEX(i) PEL_TAKE_WHILE(i < end),
                      HOW);
            assert_int_equal(rows, end);
        }
    }
}

/* ---- what goes wrong -------------------------------------------------------------------------------------- */

static void test_lowest_row_fails(void **state)
{
    (void)state;
    enum { N = 262144 };
    fill(N, false);
    static const size_t rows[][2] = {{0, 1}, {70000, 65536}, {200001, 199999}, {262143, 262143}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        FOR_EACH_WAY(options, N)
        {
            size_t a = rows[k][0], b = rows[k][1], first = a < b ? a : b;
            struct pel_error error;
            int status = 0;
            double sum = 1;
            uint64_t count = 1;
            bool found;
            PEL_SUM(sum, PEL_FROM(double, y, y_values, N),
                    PEL_INDEX(i) PEL_FAIL_IF(i == a || i == b, i == a ? -EDOM : -ERANGE), y, HOW,
                    .status = &status, .error = &error);
            assert_int_equal(status, first == a ? -EDOM : -ERANGE);
            assert_int_equal(error.code, status);
            assert_int_equal(error.offset, first);
            assert_same_bits(sum, (double)NAN);
            PEL_COUNT(count, PEL_FROM(double, y, y_values, N), PEL_INDEX(i) PEL_FAIL_IF(i == a, 5),
                      HOW, .status = &status);
            assert_int_equal(status, -EINVAL); /* 5 is no failure's code */
            assert_true(count == UINT64_MAX);
            /* Rows behind what ends a query cannot fail. */
            PEL_COUNT(count, PEL_FROM(double, y, y_values, N),
                      PEL_INDEX(i) PEL_FAIL_IF(i == a, -EDOM) PEL_TAKE(a), HOW, .status = &status);
            assert_int_equal(status, a ? 0 : -EDOM);
            PEL_COUNT(count, PEL_FROM(double, y, y_values, N),
                      PEL_INDEX(i) PEL_FAIL_IF(i == a, -EDOM) PEL_TAKE(a + 1), HOW,
                      .status = &status);
            assert_int_equal(status, -EDOM);
            PEL_ANY(found, PEL_FROM(double, y, y_values, N),
                    PEL_INDEX(i) PEL_FAIL_IF(i == a, -EDOM), i + 1 == a, HOW, .status = &status);
            assert_int_equal(status, a ? 0 : -EDOM);
            assert_int_equal(found, a > 0);
            PEL_ANY(found, PEL_FROM(double, y, y_values, N),
                    PEL_INDEX(i) PEL_FAIL_IF(i == a, -EDOM), i == a + 1, HOW, .status = &status);
            assert_int_equal(status, -EDOM);
            assert_false(found);
        }
    }
}

static int refuse(void *ctx, const void *values, size_t n)
{
    (void)values;
    size_t *calls = ctx;
    return n && ++*calls == 2 ? -ENOSPC : 0;
}

static void test_failures(void **state)
{
    (void)state;
    enum { N = 200000 };
    fill(N, false);
    int status = 0;
    int64_t whole = 0;
    PEL_SUM_INT(whole, PEL_RANGE(int64_t, i, INT64_MAX, 2, 0), PEL_EACH, i, .status = &status);
    assert_int_equal(status, -ERANGE);
    assert_true(whole == INT64_MIN);
    PEL_SUM_INT(whole, PEL_RANGE(int64_t, i, INT64_MAX, 2, 0), PEL_INDEX(k), k ? -i : i,
                .status = &status);
    assert_int_equal(status, 0);
    assert_int_equal(whole, 0);

    double sums[4], mean = 1;
    uint64_t counts[4];
    struct pel_error error;
    PEL_GROUP(sums, counts, 4, PEL_RANGE(int, i, 0, N, 1), PEL_EACH, i < 150000 ? i % 4 : -1, 1,
              .status = &status, .error = &error);
    assert_int_equal(status, -ERANGE);
    assert_int_equal(error.offset, 150000);
    assert_true(isnan(sums[3]) && counts[3] == 0);
    PEL_HISTOGRAM(counts, 4, 1, 1, PEL_RANGE(int, i, 0, N, 1), PEL_EACH, i, .status = &status);
    assert_int_equal(status, -EINVAL);

    FOR_EACH_WAY(options, N)
    {
        struct pel_cancel cancel = {0};
        PEL_MEAN(mean, PEL_FROM(double, y, y_values, N), PEL_EACH, y, HOW, .cancel = &cancel,
                 .status = &status);
        assert_int_equal(status, 0);
        pel_cancel_request(&cancel);
        PEL_MEAN(mean, PEL_FROM(double, y, y_values, N), PEL_EACH, y, HOW, .cancel = &cancel,
                 .status = &status, .error = &error);
        assert_int_equal(status, -ECANCELED);
        assert_int_equal(error.code, -ECANCELED);
        assert_true(isnan(mean));

        size_t calls = 0;
        PEL_CONSUME(double, refuse, &calls, PEL_FROM(double, y, y_values, N), PEL_EACH, y, HOW,
                    .merge = PEL_MERGE_STREAM, .status = &status);
        assert_int_equal(status, -ENOSPC);
        assert_int_equal(calls, 2);

        struct pel_progress progress = {0, 0};
        PEL_MEAN(mean, PEL_FROM(double, y, y_values, N), PEL_EACH, y, HOW, .progress = &progress);
        assert_int_equal(progress.done, N);
        assert_int_equal(progress.total, N);
    }
    PEL_MEAN(mean, PEL_FROM(double, y, y_values, N), PEL_EACH, y, .threads = -1, .status = &status);
    assert_int_equal(status, -EINVAL);
    PEL_MEAN(mean, PEL_FROM(double, y, y_values, N), PEL_EACH, y,
             .precision = (enum pel_precision)99, .status = &status);
    assert_int_equal(status, -EINVAL);
    assert_true(isnan(mean));
    const int negative = -1;
    PEL_MEAN(mean, PEL_FROM(double, y, y_values, negative), PEL_EACH, y, .status = &status,
             .error = &error);
    assert_int_equal(status, -EINVAL);
    assert_non_null(strstr(error.message, "memory can hold"));
    PEL_SUM_INT(whole, PEL_RANGE(int64_t, i, 0, negative, 1), PEL_EACH, i, .status = &status);
    assert_int_equal(status, -EINVAL);
}

static double sum_of_y(size_t n)
{
    double sum;
    PEL_SUM(sum, PEL_FROM(double, y, y_values, n), PEL_EACH, y, .threads = 2);
    return sum;
}

/* A query inside of another's region. */
static void test_nested(void **state)
{
    (void)state;
    enum { N = 70000 };
    fill(N, false);
    double sums[2] = {0, 0};
    PEL_FOR_ALL(PEL_RANGE(size_t, k, 0, N, 1), PEL_WHERE(k % (N - 1) == 0),
                sums[k > 0] = sum_of_y(N), .threads = 2);
    assert_same_bits(sums[0], sum_of_y(N));
    assert_same_bits(sums[1], sum_of_y(N));
}

/* ---- the engine's bits -------------------------------------------------------------------------------------- */

static size_t run_engine(const struct ten *ten, const struct ten_query *query, double *out)
{
    static const struct pel_field fields[] = {{"x", PEL_F64}, {"y", PEL_F64}};
    const struct pel_column columns[] = {{.type = PEL_F64, .stride = 8, .data = ten->x},
                                         {.type = PEL_F64, .stride = 8, .data = ten->y}};
    struct pel_source *source;
    struct pel_plan *plan;
    struct pel_table table;
    struct pel_team team = pel_team(2);
    struct pel_run_options options = {.precision = query->precision};
    struct pel_query_error mistake;
    assert_int_equal(pel_source_columns(&source, fields, columns, 2, ten->n, NULL), 0);
    if (pel_plan_compile(&plan, query->text, strlen(query->text), fields, 2, &mistake))
        fail_msg("%s: %s", query->text, mistake.message);
    assert_int_equal(pel_plan_table(plan, source, &team, &options, &table, NULL), 0);
    const struct pel_column *last = &table.columns[table.ncolumns - 1];
    size_t n = (size_t)table.nrows;
    for (size_t i = 0; i < n; i++)
        out[i] = last->type == PEL_I64 ? (double)((const int64_t *)last->data)[i]
                                       : ((const double *)last->data)[i];
    pel_table_free(&table);
    pel_plan_free(plan);
    pel_source_free(source);
    return n;
}

static void test_ten(void **state)
{
    (void)state;
    for (size_t s = 1; s < TEST_NSIZES; s++)
        for (int k = 0; k < TEN; k++) {
            struct ten ten = {x_values, y_values, test_sizes[s], {.threads = 1}};
            fill(ten.n, false);
            if (k == 5) /* so that there is a row for the greatest */
                x_values[0] = -1;
            size_t want = run_engine(&ten, &ten_queries[k], kept);
            FOR_EACH_WAY(options, ten.n)
            {
                ten.how = options;
                memset(got, 0, TEN_BINS * sizeof *got);
                assert_int_equal(ten_queries[k].run(&ten, got), want);
                for (size_t i = 0; i < want; i++)
                    if (test_bits(got[i]) != test_bits(kept[i]))
                        fail_msg("%s of %zu rows: %.17g, not %.17g", ten_queries[k].text, ten.n,
                                 got[i], kept[i]);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_and_values), cmocka_unit_test(test_top),
        cmocka_unit_test(test_aggregate),        cmocka_unit_test(test_take),
        cmocka_unit_test(test_take_while),       cmocka_unit_test(test_lowest_row_fails),
        cmocka_unit_test(test_failures),         cmocka_unit_test(test_nested),
        cmocka_unit_test(test_blocks_of_chunks), cmocka_unit_test(test_ten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
