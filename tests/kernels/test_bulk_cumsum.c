/* Running sums in queries: the bits of pel_scan_sum over the rows at their places, those that a filter has left
 * out being 0, for every team; where they stand among filters, aggregates and tables; the row that overflows. */
#include "bulk_query.h"

#include <pelton/bulk.h>

#include <math.h>

static struct data data;

/* Around groups, blocks, the pieces that floats are added up by, and chunks. */
static const size_t sizes[] = {0,     1,     7,     8,     9,     1023,  1024,   1025,
                               16383, 16384, 16385, 65535, 65536, 65537, 131073, DATA_ROWS};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

static int fill(void **state)
{
    (void)state;
    make_data(&data, test_seed(11));
    return 0;
}

/* ---- what is expected ------------------------------------------------------------------------------- */

/* The running sums of n values, 8 bytes each, at their places. */
static void *scanned(enum pel_type type, const void *x, size_t n)
{
    struct pel_team team = pel_team(1);
    void *y = malloc(8 * n + 8);
    assert_non_null(y);
    assert_int_equal(pel_scan_sum(type, x, n, false, y, &team, NULL), 0);
    return y;
}

/* The same of the rows that a filter leaves. */
static void *scanned_left(enum pel_type type, const void *x, size_t n, int filter)
{
    size_t size = pel_type_nbytes(type);
    unsigned char *left = calloc(n + 1, size);
    assert_non_null(left);
    for (size_t k = 0; k < n; k++)
        if (data_left(&data, filter, k))
            memcpy(left + k * size, (const unsigned char *)x + k * size, size);
    void *y = scanned(type, left, n);
    free(left);
    return y;
}

/* A column has, at the rows that `filter` leaves, these values. */
static void check_column(const struct pel_table *got, size_t column, const void *want, size_t n,
                         int filter)
{
    uint64_t row = 0;
    for (size_t k = 0; k < n; k++)
        if (data_left(&data, filter, k)) {
            if (row >= got->nrows ||
                memcmp(cell(got, column, row), (const char *)want + 8 * k, 8) != 0)
                fail_msg("column %s differs in row %zu of %zu", got->fields[column].name, k, n);
            row++;
        }
    assert_int_equal(row, got->nrows);
}

static struct pel_table run(const char *text, struct pel_source *source,
                            const struct pel_team *team)
{
    struct pel_table got;
    struct pel_error err = {0};
    if (run_text(text, source, team, NULL, &got, &err))
        fail_msg("%s: %s", text, err.message);
    return got;
}

/* ---- bits ------------------------------------------------------------------------------------------- */

static void bits(void **state)
{
    (void)state;
    static int64_t truths[DATA_ROWS];
    for (size_t k = 0; k < DATA_ROWS; k++)
        truths[k] = data.b[k];
    for (int filter = 0; filter < 4; filter++)
        for (size_t s = 0; s < NSIZES; s++) {
            size_t n = sizes[s];
            void *want[4] = {
                scanned_left(PEL_F64, data.x, n, filter), scanned_left(PEL_F32, data.f, n, filter),
                scanned_left(PEL_I64, data.i, n, filter), scanned_left(PEL_I64, truths, n, filter)};
            char text[200];
            snprintf(text, sizeof text,
                     "%sselect x = cumsum(x), f = cumsum(f), i = cumsum(i), b = cumsum(b)",
                     data_filters[filter]);
            struct pel_source *source = data_source(&data, n);
            FOR_EACH_TEAM(team)
            {
                struct pel_table got = run(text, source, &team);
                for (size_t c = 0; c < 4; c++) {
                    assert_int_equal(got.fields[c].type, c < 2 ? PEL_F64 : PEL_I64);
                    check_column(&got, c, want[c], n, filter);
                }
                pel_table_free(&got);
            }
            pel_source_free(source);
            for (size_t c = 0; c < 4; c++)
                free(want[c]);
        }
}

/* By the definition, and so that nobody can call it inexact. */
static void near_the_exact_sum(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    struct pel_source *source = data_source(&data, DATA_ROWS);
    struct pel_table got = run("select cumsum(x), cumsum(0.1)", source, &team);
    long double exact = 0, size = 0;
    for (size_t k = 0; k < DATA_ROWS; k++) {
        exact += (long double)data.x[k];
        size += fabsl((long double)data.x[k]);
        long double bound = (2052 + DATA_ROWS / 16384) * 0x1p-53L * size;
        double sum = *(const double *)cell(&got, 0, k);
        double tenths = *(const double *)cell(&got, 1, k);
        assert_true(fabsl((long double)sum - exact) <= bound);
        assert_true(fabs(tenths - 0.1 * (double)(k + 1)) <= 1e-12 * tenths);
    }
    pel_table_free(&got);
    pel_source_free(source);
}

/* Where few rows are left and what follows is dear, the machine computes for these alone. */
static void packed_rows(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS);
    struct pel_team one = pel_team(1);
    struct pel_table plain = run("select where(x > 60000, exp(sin(x)), 0)", source, &one);
    double *want = scanned(PEL_F64, plain.columns[0].data, DATA_ROWS);
    FOR_EACH_TEAM(team)
    {
        struct pel_table got = run(
            "where x > 60000 | let c = cumsum(exp(sin(x))) | select c, t = sin(c), n = cumsum(1)",
            source, &team);
        check_column(&got, 0, want, DATA_ROWS, 2);
        struct pel_table sines =
            run("where x > 60000 | select c = cumsum(exp(sin(x))) | take 1e9 | "
                "select c, t = sin(c), n = row + 1",
                source, &team);
        assert_same_tables(&got, &sines);
        pel_table_free(&got);
        pel_table_free(&sines);
    }
    free(want);
    pel_table_free(&plain);
    pel_source_free(source);
}

static void not_numbers(void **state)
{
    (void)state;
    enum { N = 70000, AT = 66000 };
    static double x[N];
    const struct pel_field field = {"x", PEL_F64};
    const struct pel_column column = {.type = PEL_F64, .stride = 8, .data = x};
    struct pel_source *source;
    assert_int_equal(pel_source_columns(&source, &field, &column, 1, N, NULL), 0);
    const double odd[] = {-(double)NAN, (double)INFINITY, -0.0};
    for (int i = 0; i < 3; i++) {
        for (size_t k = 0; k < N; k++)
            x[k] = i == 2 ? -0.0 : 1;
        x[AT] = odd[i];
        double *want = scanned(PEL_F64, x, N);
        FOR_EACH_TEAM(team)
        {
            struct pel_table got = run("select cumsum(x)", source, &team);
            check_column(&got, 0, want, N, 0);
            pel_table_free(&got);
            /* Left out, it is as if it were 0. */
            got = run("where row != 66000 | select cumsum(x) | last", source, &team);
            assert_true(*(const double *)cell(&got, 0, 0) == (i == 2 ? 0 : N - 1));
            pel_table_free(&got);
        }
        free(want);
    }
    pel_source_free(source);
}

/* ---- where they stand -------------------------------------------------------------------------------- */

static void nested(void **state)
{
    (void)state;
    double *once = scanned(PEL_F64, data.x, DATA_ROWS), *twice = scanned(PEL_F64, once, DATA_ROWS);
    struct pel_source *source = data_source(&data, DATA_ROWS);
    FOR_EACH_TEAM(team)
    {
        struct pel_table got =
            run("let s = cumsum(x), t = cumsum(s) | where b | select s, t", source, &team);
        check_column(&got, 0, once, DATA_ROWS, 1);
        check_column(&got, 1, twice, DATA_ROWS, 1);
        pel_table_free(&got);
    }
    free(once);
    free(twice);
    pel_source_free(source);
}

/* Take makes a table, so that what is on its right is over all rows of that. */
static void places(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"let s = cumsum(i % 100) | where b | let t = cumsum(s) | where t > 0 | select s, t, u = "
         "cumsum(j)",
         "let s = cumsum(i % 100) | take 1e9 | where b | take 1e9 | let t = cumsum(s) | take 1e9 | "
         "where t > 0 | take 1e9 | select s, t, u = cumsum(j)"},
        {"where cumsum(j) % 3 == 0 | select s = cumsum(i), n = cumsum(j)",
         "let c = cumsum(j) | take 1e9 | where c % 3 == 0 | take 1e9 | "
         "select s = cumsum(i), n = row + 1"},
        {"where b | where cumsum(j) % 2 == 0 | where x > 0 | select n = cumsum(j), m = cumsum(b)",
         "where b | let c = cumsum(j) | take 1e9 | where c % 2 == 0 and x > 0 | take 1e9 | "
         "select n = row + 1, m = row + 1"},
        {"group by s | select s, n = cumsum(count())",
         "group by s | select s, n = count() | take 1e9 | select s, n = cumsum(n)"},
        {"group by g = cumsum(j) // 1000 | select g, n = count(), c = sum(cumsum(j))",
         "let c = cumsum(j) | take 1e9 | group by g = c // 1000 | select g, n = count(), c = "
         "sum(c)"},
        {"order by j | select n = cumsum(i)", "select n = cumsum(i)"},
        {"order by cumsum(j) desc | take 10 | select i", "order by row desc | take 10 | select i"},
        {"skip 100000 | select n = cumsum(i)", "where row >= 100000 | select n = cumsum(i)"},
        {"take while cumsum(j) <= 70000 | select n = cumsum(j)", "take 70000 | select n = row + 1"},
        {"select n = cumsum(j) // 50000 | distinct", "select n = (row + 1) // 50000 | distinct"},
        {"select histogram(cumsum(j), 10, 0, 2e5)", "select histogram(row + 1, 10, 0, 2e5)"},
        {"select r = cumsum(i) / sum(i)", "let c = cumsum(i) | select r = c / last(c)"},
        {"select s = sum(cumsum(j)), m = max(cumsum(i))",
         "let c = cumsum(j), d = cumsum(i) | take 1e9 | select s = sum(c), m = max(d)"},
        {"select n = cumsum(1), m = sum(j)", "select n = row + 1, m = 200000"},
        {"where cumsum(j) > mean(cumsum(j)) | select n = cumsum(j), m = sum(cumsum(j))",
         "where row >= 100000 | select n = row - 99999, m = 5000050000"},
    };
    struct pel_source *source = data_source(&data, DATA_ROWS);
    struct pel_team one = pel_team(1);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct pel_table want = run(pairs[i][1], source, &one);
        assert_true(want.nrows > 1 || i == 12);
        FOR_EACH_COUNT(team)
        {
            struct pel_table got = run(pairs[i][0], source, &team);
            assert_same_tables(&got, &want);
            pel_table_free(&got);
        }
        pel_table_free(&want);
    }
    pel_source_free(source);
}

/* ---- faults ------------------------------------------------------------------------------------------ */

static void check_fault(const char *text, struct pel_source *source, int code, const char *message)
{
    FOR_EACH_COUNT(team)
    {
        struct pel_table got;
        struct pel_error err = {0};
        if (run_text(text, source, &team, NULL, &got, &err) != code ||
            (code && strcmp(err.message, message) != 0))
            fail_msg("%s: %s", text, err.message);
        pel_table_free(&got);
    }
}

/* Twice 2^62 is too much: where the second one is, in whichever block. */
static void overflows(void **state)
{
    (void)state;
    static int64_t n[DATA_ROWS];
    const struct pel_field field = {"n", PEL_I64};
    const struct pel_column column = {.type = PEL_I64, .stride = 8, .data = n};
    struct pel_source *source;
    assert_int_equal(pel_source_columns(&source, &field, &column, 1, DATA_ROWS, NULL), 0);
    for (size_t s = 4; s < NSIZES - 1; s += 2) {
        size_t at = sizes[s];
        char message[100], text[200];
        n[3] = n[at] = n[DATA_ROWS - 5] = INT64_C(1) << 62;
        snprintf(message, sizeof message, "row %zu: the running sum is outside int64", at);
        check_fault("select cumsum(n)", source, -ERANGE, message);
        check_fault("where row % 2 >= 0 | select m = max(cumsum(n))", source, -ERANGE, message);
        /* Behind what is taken, and where it is left out. */
        snprintf(text, sizeof text, "let c = cumsum(n) | take %zu | select last(c)", at);
        check_fault(text, source, 0, "");
        snprintf(text, sizeof text, "let c = cumsum(n) | take while row < %zu | select last(c)",
                 at - 1);
        check_fault(text, source, 0, "");
        snprintf(text, sizeof text, "where row != %zu | where row < 190000 | select cumsum(n)", at);
        check_fault(text, source, 0, "");
        snprintf(message, sizeof message, "row %d: the running sum is outside int64",
                 DATA_ROWS - 5);
        snprintf(text, sizeof text, "where row != %zu | select cumsum(n)", at);
        check_fault(text, source, -ERANGE, message);
        /* Its chunk begins with a sum that is one already. */
        n[DATA_ROWS - 5] = -n[at];
        check_fault("where row != 3 | select cumsum(n)", source, 0, "");
        n[at] = n[3] = -n[3];
        n[at + 1] = -1;
        snprintf(message, sizeof message, "row %zu: the running sum is outside int64", at + 1);
        check_fault("select cumsum(n)", source, -ERANGE, message);
        n[at] = n[at + 1] = 0;
    }
    pel_source_free(source);
}

/* What is added up may fail itself. */
static void faults_of_others(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS);
    static const char zero[] = "row 140000: 7 // 0: division by zero";
    check_fault("select cumsum(7 // (row - 140000))", source, -EDOM, zero);
    check_fault("select cumsum(cumsum(7 // (row - 140000)))", source, -EDOM, zero);
    check_fault("where b or 7 // (row - 140000) > 100 | select cumsum(x), cumsum(cumsum(j))",
                source, -EDOM, zero);
    check_fault("select 7 // (row - 140000), cumsum(j)", source, -EDOM, zero);
    check_fault("where row != 140000 | select cumsum(7 // (row - 140000))", source, 0, "");
    check_fault("let c = cumsum(7 // (row - 140000)) | take 140000 | select last(c)", source, 0,
                "");
    check_fault("let c = cumsum(cumsum(7 // (row - 140000))) | take while row < 139990 | last(c)",
                source, 0, "");
    check_fault("any cumsum(7 // (row - 140000)) < -200000", source, -EDOM, zero);
    check_fault("any cumsum(j + 7 // (row - 140000) * 0) == 139990", source, 0, "");
    check_fault("select cumsum(j) // (row - 150000) + 7 // (row - 140000)", source, -EDOM, zero);
    pel_source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits),        cmocka_unit_test(near_the_exact_sum),
        cmocka_unit_test(packed_rows), cmocka_unit_test(not_numbers),
        cmocka_unit_test(nested),      cmocka_unit_test(places),
        cmocka_unit_test(overflows),   cmocka_unit_test(faults_of_others),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
