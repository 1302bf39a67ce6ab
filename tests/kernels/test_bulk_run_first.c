/* The first rows of an order, which are found while all rows stream by: against a plain sort of all of them. */
#include "bulk_query.h"

#include <math.h>

static struct data data;

/* ---- the plain order ------------------------------------------------------------------------------- */

struct key {
    char column;
    bool descending;
};

static const struct key *sort_keys;

/* NaN behind all, whichever way the order goes. */
static int compare_numbers(double a, double b, bool descending)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return descending ? (a < b) - (a > b) : (a > b) - (a < b);
}

static int compare_texts(const struct pel_string *a, const struct pel_string *b)
{
    size_t n = a->nbytes < b->nbytes ? a->nbytes : b->nbytes;
    int answer = n ? memcmp(a->text, b->text, n) : 0;
    return answer ? answer : (a->nbytes > b->nbytes) - (a->nbytes < b->nbytes);
}

static int compare_key(struct key key, size_t p, size_t q)
{
    switch (key.column) {
    case 'x':
        return compare_numbers(data.x[p], data.x[q], key.descending);
    case 'f':
        return compare_numbers((double)data.f[p], (double)data.f[q], key.descending);
    case 'i':
        return compare_numbers((double)data.i[p], (double)data.i[q], key.descending);
    case 'b':
        return compare_numbers(data.b[p], data.b[q], key.descending);
    default:
        return key.descending ? compare_texts(&data.s[q], &data.s[p])
                              : compare_texts(&data.s[p], &data.s[q]);
    }
}

static int compare_rows(const void *a, const void *b)
{
    size_t p = *(const size_t *)a, q = *(const size_t *)b;
    for (const struct key *key = sort_keys; key->column; key++) {
        int answer = compare_key(*key, p, q);
        if (answer)
            return answer;
    }
    return (p > q) - (p < q);
}

static size_t *sort_plainly(const struct key *keys, size_t n, bool filtered, size_t *nsorted)
{
    size_t *rows = malloc((n + 1) * sizeof *rows);
    assert_non_null(rows);
    *nsorted = 0;
    for (size_t k = 0; k < n; k++)
        if (!filtered || data.b[k])
            rows[(*nsorted)++] = k;
    sort_keys = keys;
    qsort(rows, *nsorted, sizeof *rows, compare_rows);
    return rows;
}

/* ---- queries ------------------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    struct key keys[4];
} orders[] = {
    {"x", {{'x', false}}},
    {"x desc", {{'x', true}}},
    {"f desc", {{'f', true}}},
    {"f", {{'f', false}}},
    {"i", {{'i', false}}},
    {"i desc", {{'i', true}}},
    {"b desc", {{'b', true}}},
    {"s", {{'s', false}}},
    {"s desc, x", {{'s', true}, {'x', false}}},
    {"b, s, f desc", {{'b', false}, {'s', false}, {'f', true}}},
};
enum { NORDERS = sizeof orders / sizeof orders[0] };

static void check(const char *order, bool filtered, size_t skip, size_t take,
                  struct pel_source *source, const struct pel_team *team, const size_t *sorted,
                  size_t nsorted)
{
    char text[200];
    struct pel_table got;
    snprintf(text, sizeof text,
             "let r = row %s| order by %s | select r, s, x, b | skip %zu | take %zu",
             filtered ? "| where b " : "", order, skip, take);
    assert_int_equal(run_text(text, source, team, NULL, &got, NULL), 0);
    size_t left = nsorted > skip ? nsorted - skip : 0;
    assert_int_equal(got.nrows, left < take ? left : take);
    for (size_t row = 0; row < got.nrows; row += 1 + row / 512) {
        size_t r = sorted[skip + row];
        assert_int_equal(*(const int64_t *)cell(&got, 0, row), r);
        const struct pel_string *s = cell(&got, 1, row);
        assert_int_equal(s->nbytes, data.s[r].nbytes);
        assert_true(s->nbytes == 0 || memcmp(s->text, data.s[r].text, s->nbytes) == 0);
        assert_memory_equal(cell(&got, 2, row), &data.x[r], sizeof data.x[r]);
        assert_int_equal(*(const uint8_t *)cell(&got, 3, row), data.b[r]);
    }
    pel_table_free(&got);
}

/* The same source without saying how many rows it has: all of them are never held then. */
static struct pel_source as_stream(const struct pel_source *source)
{
    struct pel_source stream = *source;
    stream.nrows = PEL_ROWS_UNKNOWN;
    return stream;
}

static void check_order(size_t k, size_t n, bool filtered)
{
    static const size_t takes[] = {1, 10, 5000, 1000000};
    size_t nsorted;
    size_t *sorted = sort_plainly(orders[k].keys, n, filtered, &nsorted);
    struct pel_source *source = data_source(&data, n), stream = as_stream(source);
    FOR_EACH_COUNT(team)
    {
        for (size_t t = 0; t < 4; t++)
            check(orders[k].text, filtered, t == 1 ? 7 : 0, takes[t], &stream, &team, sorted,
                  nsorted);
    }
    pel_source_free(source);
    free(sorted);
}

static void orders_of_all_kinds(void **state)
{
    (void)state;
    for (size_t k = 0; k < NORDERS; k++)
        check_order(k, 66000, k % 3 == 1);
}

static void sizes(void **state)
{
    (void)state;
    static const size_t counts[] = {0,    1,    63,   64,   65,    1023, 1024,
                                    1025, 8191, 8193, 8202, 18193, 65537};
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        check_order(0, counts[k], false);
        check_order(8, counts[k], k % 2);
    }
}

/* Numbers of which many are equal, zeros of both signs, NaNs of both signs, infinities, rows in order. */
static void odd_numbers(void **state)
{
    (void)state;
    static struct data plain;
    const double odd[] = {0.0, -0.0, NAN, -NAN, INFINITY, -INFINITY, 1, 2};
    plain = data;
    for (int kind = 0; kind < 4; kind++) {
        for (size_t k = 0; k < 20000; k++) {
            data.x[k] = kind == 0   ? odd[k * 5 / 3 % 8]
                        : kind == 1 ? (k > 9 ? (double)NAN : (double)k)
                        : kind == 2 ? (double)k
                                    : -(double)(k / 3);
            data.f[k] = (float)data.x[k];
        }
        for (size_t k = 0; k < 4; k++)
            check_order(k, 20000, false);
        check_order(8, 20000, kind == 1);
    }
    data = plain;
}

/* A source of known size that is large enough; a table of groups, too. */
static void known_sizes(void **state)
{
    (void)state;
    size_t nsorted;
    size_t *sorted = sort_plainly(orders[1].keys, DATA_ROWS, false, &nsorted);
    struct pel_source *source = data_source(&data, DATA_ROWS);
    FOR_EACH_COUNT(team)
    {
        check(orders[1].text, false, 3, 100, source, &team, sorted, nsorted);
        struct pel_table got;
        assert_int_equal(run_text("group by r = row // 2 | select r, y = max(x) | order by r desc "
                                  "| take 2",
                                  source, &team, NULL, &got, NULL),
                         0);
        assert_int_equal(got.nrows, 2);
        assert_int_equal(*(const int64_t *)cell(&got, 0, 1), DATA_ROWS / 2 - 2);
        pel_table_free(&got);
    }
    pel_source_free(source);
    free(sorted);
}

/* ---- limits ---------------------------------------------------------------------------------------------- */

static void memory_limits(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS), stream = as_stream(source);
    FOR_EACH_COUNT(team)
    {
        struct pel_run_options options = {.memory_bytes = (size_t)team.nthreads << 20};
        struct pel_error err = {0};
        struct pel_table got;
        assert_int_equal(
            run_text("order by x | select x, s | take 10", &stream, &team, &options, &got, &err),
            0);
        assert_int_equal(got.nrows, 10);
        pel_table_free(&got);
        static const char *const refused[] = {"order by x | select x, s | take 150000",
                                              "order by s, x | select x, s | skip 150000 | take 1",
                                              "order by x | select x, s"};
        options.memory_bytes = 2 << 20;
        for (size_t q = 0; q < 3; q++) {
            assert_int_equal(run_text(refused[q], &stream, &team, &options, &got, &err), -ENOBUFS);
            assert_non_null(strstr(err.message, "2097152"));
        }
    }
    pel_source_free(source);
}

/* Nothing is computed for no rows; else the lowest row at fault counts. */
static void failures(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS), stream = as_stream(source);
    FOR_EACH_COUNT(team)
    {
        struct pel_error err = {0};
        struct pel_table got;
        assert_int_equal(
            run_text("order by 1 // (row - 66000) | take 5", &stream, &team, NULL, &got, &err),
            -EDOM);
        assert_non_null(strstr(err.message, "66000"));
        assert_int_equal(
            run_text("order by 1 // (row - 66000) | take 0", &stream, &team, NULL, &got, &err), 0);
        assert_true(got.nrows == 0 && got.ncolumns == DATA_COLUMNS);
        pel_table_free(&got);
        struct pel_cancel cancel = {0};
        pel_cancel_request(&cancel);
        team.cancel = &cancel;
        assert_int_equal(run_text("order by x | take 5", &stream, &team, NULL, &got, &err),
                         -ECANCELED);
    }
    pel_source_free(source);
}

int main(void)
{
    make_data(&data, 5);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_of_all_kinds), cmocka_unit_test(sizes),
        cmocka_unit_test(odd_numbers),         cmocka_unit_test(known_sizes),
        cmocka_unit_test(memory_limits),       cmocka_unit_test(failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
