/* Aggregates, histograms, groups and order of compiled queries against plain C, at sizes around the edges of
 * blocks and chunks; the same bytes for every team. */
#include "bulk/engine/run/partial.h"
#include "bulk/reduce/quotient.h"
#include "bulk_query.h"

#include <math.h>

static struct data data;

static const size_t sizes[] = {1,    31,    33,    1023,  1024,   1025,
                               2047, 65535, 65536, 65537, 131073, DATA_ROWS};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

/* ---- plain C -------------------------------------------------------------------------------------- */

static double block_sum(const double *x, size_t lo, size_t hi, int filter)
{
    double lanes[32] = {0};
    for (size_t k = lo; k < hi; k++)
        if (data_left(&data, filter, k))
            lanes[(k - lo) % 32] += x[k];
    for (int half = 16; half; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

struct moments {
    double n, sum, squares;
};

static struct moments block_moments(const double *x, size_t lo, size_t hi, int filter)
{
    struct moments m = {0, block_sum(x, lo, hi, filter), 0};
    for (size_t k = lo; k < hi; k++)
        m.n += data_left(&data, filter, k);
    if (m.n == 0)
        return m;
    double mean = m.sum / m.n, squares[1024];
    for (size_t k = lo; k < hi; k++)
        squares[k - lo] = (x[k] - mean) * (x[k] - mean);
    double lanes[32] = {0};
    for (size_t k = lo; k < hi; k++)
        if (data_left(&data, filter, k))
            lanes[(k - lo) % 32] += squares[k - lo];
    for (int half = 16; half; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    m.squares = lanes[0];
    return m;
}

/* The tree of pel_moments over rows [lo, hi): split at the largest power of two of blocks below. */
static struct moments tree(const double *x, size_t lo, size_t hi, int filter)
{
    if (hi - lo <= 1024)
        return block_moments(x, lo, hi, filter);
    size_t left = 1024;
    while (lo + 2 * left < hi)
        left *= 2;
    struct moments a = tree(x, lo, lo + left, filter), b = tree(x, lo + left, hi, filter);
    if (a.n == 0 || b.n == 0)
        return a.n == 0 ? b : a;
    double d = a.sum / a.n - b.sum / b.n;
    struct moments m = {a.n + b.n, a.sum + b.sum, a.squares + b.squares};
    m.squares += d * d * (a.n / m.n) * b.n;
    return m;
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, 8) == 0;
}

static double f64_at(const struct pel_table *table, size_t column, uint64_t row)
{
    assert_int_equal(table->fields[column].type, PEL_F64);
    return *(const double *)cell(table, column, row);
}

static int64_t i64_at(const struct pel_table *table, size_t column, uint64_t row)
{
    assert_int_equal(table->fields[column].type, PEL_I64);
    return *(const int64_t *)cell(table, column, row);
}

/* ---- aggregates ------------------------------------------------------------------------------------- */

static void check_sums(const struct pel_table *got, size_t n, int filter)
{
    int64_t count = 0, sum_i = 0, truths = 0;
    for (size_t k = 0; k < n; k++)
        if (data_left(&data, filter, k)) {
            count++;
            sum_i += data.i[k];
            truths += data.b[k];
        }
    struct moments m = tree(data.x, 0, n, filter);
    assert_int_equal(i64_at(got, 0, 0), count);
    assert_int_equal(i64_at(got, 1, 0), sum_i);
    assert_int_equal(i64_at(got, 2, 0), truths);
    assert_true(same(f64_at(got, 3, 0), m.sum));
    assert_true(same(f64_at(got, 4, 0), count ? m.sum / (double)count : (double)NAN));
    assert_true(same(f64_at(got, 5, 0), count ? m.squares / m.n : (double)NAN));
    assert_true(same(f64_at(got, 6, 0), count ? sqrt(m.squares / m.n) : (double)NAN));
    /* Of the sum of |i| < 2^62 the long double is exact. */
    double mean = count ? (double)((long double)sum_i / (long double)count) : (double)NAN;
    assert_true(fabs(f64_at(got, 7, 0) - mean) <= 1e-15 * fabs(mean) || count == 0);
    assert_int_equal(*(const uint8_t *)cell(got, 8, 0), truths > 0);
    assert_int_equal(*(const uint8_t *)cell(got, 9, 0), truths == count);
}

static void sums(void **state)
{
    (void)state;
    for (int filter = 0; filter < 4; filter++)
        for (size_t k = 0; k < NSIZES + 1; k++) {
            size_t n = k < NSIZES ? sizes[k] : 0;
            char text[300];
            snprintf(text, sizeof text,
                     "%sselect n = count(), si = sum(i), sb = sum(b), sx = sum(x), mx = mean(x), "
                     "v = var(x), sd = std(x), mi = mean(i), any_b = any(b), all_b = all(b)",
                     data_filters[filter]);
            struct pel_source *source = data_source(&data, n);
            struct pel_table first = {0}, got;
            FOR_EACH_TEAM(team)
            {
                assert_int_equal(run_text(text, source, &team, NULL, &got, NULL), 0);
                if (first.memory) {
                    assert_same_tables(&first, &got);
                    pel_table_free(&got);
                } else {
                    check_sums(&got, n, filter);
                    first = got;
                }
            }
            pel_table_free(&first);
            pel_source_free(source);
        }
}

/* Of the rows that are left: number of the first with the least x, the greatest, and of the first and last. */
static bool find_rows(size_t n, int filter, size_t rows[4])
{
    bool found = false;
    for (size_t k = 0; k < n; k++) {
        if (!data_left(&data, filter, k))
            continue;
        if (!found)
            rows[0] = rows[1] = rows[2] = k;
        found = true;
        if (data.x[k] < data.x[rows[0]])
            rows[0] = k;
        if (data.x[k] > data.x[rows[1]])
            rows[1] = k;
        rows[3] = k;
    }
    return found;
}

static void extremes(void **state)
{
    (void)state;
    for (int filter = 0; filter < 4; filter++)
        for (size_t k = 0; k < NSIZES; k++) {
            char text[300];
            snprintf(text, sizeof text,
                     "%sselect a = min(x), b = max(x), c = argmin(x), d = argmax(x), e = first(i), "
                     "f = last(i), g = min(i), h = max(f), s = last(s)",
                     data_filters[filter]);
            struct pel_source *source = data_source(&data, sizes[k]);
            size_t rows[4] = {0};
            bool found = find_rows(sizes[k], filter, rows);
            FOR_EACH_TEAM(team)
            {
                struct pel_table got;
                int status = run_text(text, source, &team, NULL, &got, NULL);
                assert_int_equal(status, found ? 0 : -ENODATA);
                if (status)
                    continue;
                assert_true(same(f64_at(&got, 0, 0), data.x[rows[0]]));
                assert_true(same(f64_at(&got, 1, 0), data.x[rows[1]]));
                assert_int_equal(i64_at(&got, 2, 0), rows[0]);
                assert_int_equal(i64_at(&got, 3, 0), rows[1]);
                assert_int_equal(i64_at(&got, 4, 0), data.i[rows[2]]);
                assert_int_equal(i64_at(&got, 5, 0), data.i[rows[3]]);
                assert_int_equal(got.fields[7].type, PEL_F32);
                const struct pel_string *s = cell(&got, 8, 0);
                assert_int_equal(s->nbytes, data.s[rows[3]].nbytes);
                if (s->nbytes)
                    assert_memory_equal(s->text, data.s[rows[3]].text, s->nbytes);
                pel_table_free(&got);
            }
            pel_source_free(source);
        }
}

static void nans(void **state)
{
    (void)state;
    static struct data own;
    memcpy(&own, &data, sizeof own);
    uint64_t bits = UINT64_C(0xfff8000000000123); /* negative, with a payload */
    memcpy(&own.x[150000], &bits, 8);
    memcpy(&own.x[70000], &bits, 8);
    struct pel_source *source = data_source(&own, DATA_ROWS);
    const double nan = NAN;
    FOR_EACH_TEAM(team)
    {
        struct pel_table got;
        assert_int_equal(
            run_text("select sum(x), mean(x), var(x), std(x), min(x), max(x), median(x), "
                     "argmin(x), argmax(x), count(x < 0 or x >= 0)",
                     source, &team, NULL, &got, NULL),
            0);
        for (size_t k = 0; k < 7; k++)
            assert_true(same(f64_at(&got, k, 0), nan));
        assert_int_equal(i64_at(&got, 7, 0), 70000);
        assert_int_equal(i64_at(&got, 8, 0), 70000);
        assert_int_equal(i64_at(&got, 9, 0), DATA_ROWS - 2);
        pel_table_free(&got);
    }
    pel_source_free(source);
}

static void precisions(void **state)
{
    (void)state;
    static struct data own;
    memcpy(&own, &data, sizeof own);
    own.x[5] = 1e300, own.x[199990] = -1e300; /* lost by all but exact */
    struct pel_source *source = data_source(&own, DATA_ROWS);
    double sum[PEL_PRECISION_COUNT] = {0};
    FOR_EACH_TEAM(team)
    for (int precision = 0; precision < PEL_PRECISION_COUNT; precision++) {
        struct pel_run_options options = {.precision = (enum pel_precision)precision};
        struct pel_table got;
        assert_int_equal(
            run_text("select sum(x), sum(f), mean(x)", source, &team, &options, &got, NULL), 0);
        double now = f64_at(&got, 0, 0);
        assert_true(team.isa == 0 && team.nthreads == 1 ? true : same(now, sum[precision]));
        sum[precision] = now;
        assert_true(same(f64_at(&got, 2, 0), now / DATA_ROWS));
        pel_table_free(&got);
    }
    long double exact = 0;
    for (size_t k = 0; k < DATA_ROWS; k++)
        if (k != 5 && k != 199990)
            exact += own.x[k];
    assert_true(fabsl(exact - (long double)sum[PEL_EXACT]) < 1e-9L);
    pel_source_free(source);
    struct pel_team team = pel_team(1);
    struct pel_run_options wrong = {.precision = PEL_PRECISION_COUNT};
    struct pel_table got;
    source = data_source(&data, 10);
    assert_int_equal(run_text("count", source, &team, &wrong, &got, NULL), -EINVAL);
    pel_source_free(source);
}

static void int_sums(void **state)
{
    (void)state;
    static struct data own;
    for (size_t k = 0; k < DATA_ROWS; k++)
        own.i[k] = k % 2 ? INT64_MIN : INT64_MAX;
    struct pel_source *even = data_source(&own, DATA_ROWS);
    struct pel_source *odd = data_source(&own, 1001), *above = data_source(&own, 65536);
    FOR_EACH_TEAM(team)
    {
        struct pel_table got;
        struct pel_error err = {0};
        assert_int_equal(run_text("sum i", even, &team, NULL, &got, NULL), 0);
        assert_int_equal(i64_at(&got, 0, 0), -DATA_ROWS / 2);
        pel_table_free(&got);
        assert_int_equal(run_text("mean i", odd, &team, NULL, &got, NULL), 0);
        double mean = (double)((INT64_MAX - 500) / 1001);
        assert_true(fabs(f64_at(&got, 0, 0) - mean) <= 1e-15 * mean);
        pel_table_free(&got);
        assert_int_equal(run_text("where i > 0 | sum i", above, &team, NULL, &got, &err), -ERANGE);
        assert_non_null(strstr(err.message, "int64"));
    }
    pel_source_free(even);
    pel_source_free(odd);
    pel_source_free(above);
}

/* ---- quantiles, histograms, groups, order ------------------------------------------------------------- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void quantiles(void **state)
{
    (void)state;
    static double sorted[DATA_ROWS];
    for (int filter = 0; filter < 4; filter++)
        for (size_t k = 0; k < NSIZES; k += 3) {
            size_t n = 0;
            for (size_t row = 0; row < sizes[k]; row++)
                if (data_left(&data, filter, row))
                    sorted[n++] = data.x[row];
            qsort(sorted, n, sizeof *sorted, compare_doubles);
            char text[200];
            snprintf(text, sizeof text, "%sselect median(x), quantile(x, 0.25), quantile(i, 1)",
                     data_filters[filter]);
            struct pel_source *source = data_source(&data, sizes[k]);
            for (int threads = 1; threads < 4; threads++) {
                struct pel_team team = pel_team(threads);
                struct pel_table got;
                assert_int_equal(run_text(text, source, &team, NULL, &got, NULL), 0);
                double expected = NAN;
                if (n) {
                    size_t a = (n - 1) / 2, b = n / 2;
                    expected = a == b ? sorted[a] : sorted[b] - (sorted[b] - sorted[a]) * 0.5;
                }
                assert_true(same(f64_at(&got, 0, 0), expected));
                assert_true(n || isnan(f64_at(&got, 2, 0)));
                pel_table_free(&got);
            }
            pel_source_free(source);
        }
}

static void histograms(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS);
    FOR_EACH_TEAM(team)
    {
        struct pel_table got;
        assert_int_equal(
            run_text("where b | select histogram(x, 10, -1, 1)", source, &team, NULL, &got, NULL),
            0);
        assert_int_equal(got.nrows, 10);
        for (uint64_t bin = 0; bin < 10; bin++) {
            double lo = f64_at(&got, 0, bin), hi = f64_at(&got, 1, bin);
            int64_t n = 0;
            for (size_t k = 0; k < DATA_ROWS; k++)
                n += data.b[k] && data.x[k] >= lo &&
                     (data.x[k] < hi || (bin == 9 && data.x[k] == hi));
            assert_int_equal(i64_at(&got, 2, bin), n);
            assert_true(bin > 0 ? same(lo, f64_at(&got, 1, bin - 1)) : lo == -1);
        }
        pel_table_free(&got);
    }
    pel_source_free(source);
}

/* Values on the edges of bins themselves: each belongs to the bin that it begins. */
static void histogram_edges(void **state)
{
    (void)state;
    static struct data own;
    for (size_t k = 0; k <= 1000; k++)
        own.x[k] = (double)k * (0.7 / 1000) + 0.1;
    own.x[1001] = 0.1 + 0.7, own.x[1002] = 0.8, own.x[1003] = -0.0, own.x[1004] = NAN;
    struct pel_source *source = data_source(&own, 1005);
    struct pel_team team = pel_team(1);
    struct pel_table got;
    assert_int_equal(
        run_text("select histogram(x, 1000, 0.1, 0.8)", source, &team, NULL, &got, NULL), 0);
    for (uint64_t bin = 0; bin < 1000; bin++) {
        int64_t n = 0;
        for (size_t k = 0; k < 1005; k++)
            n += own.x[k] >= f64_at(&got, 0, bin) &&
                 (own.x[k] < f64_at(&got, 1, bin) || (bin == 999 && own.x[k] == 0.8));
        assert_int_equal(i64_at(&got, 2, bin), n);
    }
    pel_table_free(&got);
    pel_source_free(source);
}

static void groups(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS);
    struct pel_table first = {0}, got;
    FOR_EACH_TEAM(team)
    {
        assert_int_equal(run_text("where x > 0 | group by s | select s, n = count(), t = sum(i), "
                                  "lo = min(x) | order by n desc",
                                  source, &team, NULL, &got, NULL),
                         0);
        if (first.memory) {
            assert_same_tables(&first, &got);
            pel_table_free(&got);
            continue;
        }
        first = got;
        assert_int_equal(got.nrows, 5);
        for (uint64_t g = 0; g < 5; g++) {
            const struct pel_string *s = cell(&got, 0, g);
            int64_t n = 0, sum = 0;
            double lo = INFINITY;
            for (size_t k = 0; k < DATA_ROWS; k++)
                if (data.x[k] > 0 && data.s[k].nbytes == s->nbytes) {
                    n++;
                    sum += data.i[k];
                    lo = data.x[k] < lo ? data.x[k] : lo;
                }
            assert_int_equal(i64_at(&got, 1, g), n);
            assert_int_equal(i64_at(&got, 2, g), sum);
            assert_true(same(f64_at(&got, 3, g), lo));
            assert_true(g == 0 || i64_at(&got, 1, g - 1) >= n);
        }
    }
    pel_table_free(&first);
    pel_source_free(source);
}

/* Quantiles of groups are those of their rows alone. */
static void group_quantiles(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS);
    FOR_EACH_COUNT(team)
    {
        struct pel_table got, one;
        assert_int_equal(
            run_text("where i > 0 | group by b, s | select b, n = s, m = 2 * median(x), "
                     "q = quantile(i, 0.9) - count(), median(f)",
                     source, &team, NULL, &got, NULL),
            0);
        assert_int_equal(got.nrows, 10);
        for (uint64_t g = 0; g < 10; g++) {
            const struct pel_string *s = cell(&got, 1, g);
            char text[256];
            snprintf(text, sizeof text,
                     "where i > 0 | where b == %s and s == \"%.*s\" | "
                     "select 2 * median(x), quantile(i, 0.9) - count(), median(f)",
                     *(const uint8_t *)cell(&got, 0, g) ? "true" : "false", (int)s->nbytes,
                     s->nbytes ? s->text : "");
            assert_int_equal(run_text(text, source, &team, NULL, &one, NULL), 0);
            for (size_t k = 0; k < 3; k++)
                assert_true(same(f64_at(&got, 2 + k, g), f64_at(&one, k, 0)));
            pel_table_free(&one);
        }
        pel_table_free(&got);
        const struct pel_run_options options = {.memory_bytes = 2000000};
        assert_int_equal(run_text("group by s | median x", source, &team, &options, &got, NULL),
                         -ENOBUFS);
    }
    pel_source_free(source);
}

/* The order of the five texts. */
static int rank(const struct pel_string *s)
{
    return s->nbytes == 29 ? 3 : 2 * (int)s->nbytes;
}

static void orders(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 1025, 65537};
    for (size_t k = 0; k < 5; k++)
        for (int limited = 0; limited < 2; limited++) {
            struct pel_source *source = data_source(&data, counts[k]);
            FOR_EACH_TEAM(team)
            {
                struct pel_table got;
                assert_int_equal(
                    run_text(limited ? "let r = row | order by b desc, s, x | select r, b, s, x "
                                       "| skip 3 | take 100"
                                     : "let r = row | order by b desc, s, x | select r, b, s, x",
                             source, &team, NULL, &got, NULL),
                    0);
                size_t rest = counts[k] < 3 ? 0 : counts[k] - 3;
                assert_int_equal(got.nrows, !limited ? counts[k] : rest < 100 ? rest : 100);
                for (uint64_t row = 0; row < got.nrows; row++) {
                    size_t r = (size_t)i64_at(&got, 0, row);
                    assert_true(same(f64_at(&got, 3, row), data.x[r]));
                    const struct pel_string *s = cell(&got, 2, row);
                    assert_int_equal(s->nbytes, data.s[r].nbytes);
                    if (row == 0)
                        continue;
                    size_t p = (size_t)i64_at(&got, 0, row - 1);
                    int c = data.b[r] - data.b[p]; /* falling */
                    if (!c)
                        c = rank(&data.s[p]) - rank(&data.s[r]);
                    if (!c)
                        c = compare_doubles(&data.x[p], &data.x[r]);
                    assert_true(c < 0 || (c == 0 && p < r));
                }
                pel_table_free(&got);
                if (counts[k] > 2000 && team.nthreads > 2)
                    break;
            }
            pel_source_free(source);
        }
}

/* The first of an order by a number are those of the whole order. */
static void tops(void **state)
{
    (void)state;
    static const char *const keys[] = {"x", "x desc", "i // 1000000000000", "f desc", "x + nan"};
    struct pel_source *source = data_source(&data, 70000);
    for (size_t k = 0; k < 5; k++)
        FOR_EACH_COUNT(team)
        {
            char text[128];
            struct pel_table all, top;
            snprintf(text, sizeof text, "let r = row | order by %s | select x, r, s", keys[k]);
            assert_int_equal(run_text(text, source, &team, NULL, &all, NULL), 0);
            strcat(text, " | skip 7 | take 1000");
            assert_int_equal(run_text(text, source, &team, NULL, &top, NULL), 0);
            assert_int_equal(top.nrows, 1000);
            for (uint64_t row = 0; row < top.nrows; row++)
                assert_int_equal(i64_at(&top, 1, row), i64_at(&all, 1, row + 7));
            pel_table_free(&all);
            pel_table_free(&top);
        }
    pel_source_free(source);
}

/* Segments that read the results of others. */
static void chains(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS);
    struct moments m = tree(data.x, 0, DATA_ROWS, 0);
    double mean = m.sum / m.n, deviation = sqrt(m.squares / m.n);
    FOR_EACH_TEAM(team)
    {
        struct pel_table got;
        assert_int_equal(
            run_text("select z = (x - mean(x)) / std(x)", source, &team, NULL, &got, NULL), 0);
        assert_int_equal(got.nrows, DATA_ROWS);
        for (size_t k = 0; k < DATA_ROWS; k += 7)
            assert_true(same(f64_at(&got, 0, k), (data.x[k] - mean) / deviation));
        pel_table_free(&got);
        assert_int_equal(run_text("take 70000 | order by x | take 66000 | where b | count", source,
                                  &team, NULL, &got, NULL),
                         0);
        static int64_t expected;
        assert_true(expected == 0 || expected == i64_at(&got, 0, 0));
        expected = i64_at(&got, 0, 0);
        pel_table_free(&got);
        if (team.nthreads > 2)
            break;
    }
    pel_source_free(source);
}

/* 2^54 + 2 is the middle of two doubles, and 1 / 1025 more is seen behind 64 bits only. */
static void quotients(void **state)
{
    (void)state;
    const pel_int128 middle = (pel_int128)1025 * ((INT64_C(1) << 54) + 2);
    assert_true(pel_quotient(middle, 1025) == 0x1p54);
    assert_true(pel_quotient(middle + 1, 1025) == 0x1p54 + 4);
    assert_true(pel_quotient(-middle - 1, 1025) == -0x1p54 - 4);
}

/* Behind what has decided a `first` parts may be missing, and others meet in any order. */
static void first_by_row(void **state)
{
    (void)state;
    const struct fold *fold = pel_fold_for(PEL_AGGREGATE_FIRST, VALUE_I64, PEL_TREE);
    const struct partial early = {.held = {.row = 5}, .n = 1}, late = {.held = {.row = 9}, .n = 2};
    const struct partial *both[] = {&early, &late};
    for (int k = 0; k < 2; k++) {
        struct partial all = *both[k];
        fold->combine(&all, both[1 - k]);
        assert_int_equal(all.held.row, 5);
    }
}

int main(void)
{
    make_data(&data, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),         cmocka_unit_test(extremes),
        cmocka_unit_test(nans),         cmocka_unit_test(precisions),
        cmocka_unit_test(int_sums),     cmocka_unit_test(quantiles),
        cmocka_unit_test(histograms),   cmocka_unit_test(histogram_edges),
        cmocka_unit_test(groups),       cmocka_unit_test(group_quantiles),
        cmocka_unit_test(orders),       cmocka_unit_test(tops),
        cmocka_unit_test(first_by_row), cmocka_unit_test(quotients),
        cmocka_unit_test(chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
