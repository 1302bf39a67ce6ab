/* Queries behind filters that leave anything from no row to all, where the machine computes some packed and others
 * in place: the same as without a filter, whatever stands in the rows that are left out; for every team. */
#include "bulk_query.h"

#include <pelton/math.h>

#include <math.h>

static struct data data;

enum { RANKS = 10000 };

/* Rows whose j is below `nleft` are good; j is -1 once, and in [0, RANKS) elsewhere. In others stands what a query
 * must not come across. */
static void make_rows(int64_t nleft)
{
    struct test_random random = {5};
    for (size_t k = 0; k < DATA_ROWS; k++) {
        bool odd = test_random_below(&random, 2) == 0;
        data.j[k] = k == 77777 ? -1 : (int64_t)test_random_below(&random, RANKS);
        bool left = data.j[k] < nleft;
        data.x[k] = left ? (double)test_random_below(&random, 1000000) * 0x1p-18 : odd ? NAN : -0.0;
        data.f[k] = left ? (float)data.x[k] : -1;
        data.i[k] = left ? (int64_t)test_random_below(&random, 1000) + 1 : odd ? 0 : INT64_MIN;
        if (left && odd && data.x[k] < 0.25)
            data.x[k] = -0.0;
    }
}

/* None, one row, 1 %, 20 %, 50 %, 99 %, all. */
static const int64_t cuts[] = {-1, 0, RANKS / 100, RANKS / 5, RANKS / 2, RANKS * 99 / 100, RANKS};
enum { NCUTS = sizeof cuts / sizeof cuts[0] };

static struct pel_table run(const char *text, const struct pel_team *team,
                            enum pel_precision precision)
{
    struct pel_source *source = data_source(&data, DATA_ROWS - 37);
    struct pel_run_options options = {.precision = precision};
    struct pel_table table;
    struct pel_error err = {0};
    if (run_text(text, source, team, &options, &table, &err))
        fail_msg("%s: %s", text, err.message);
    pel_source_free(source);
    return table;
}

/* What is left out adds 0 at its row's place in the tree. */
static void sums(void **state)
{
    (void)state;
    for (size_t c = 0; c < NCUTS; c++) {
        char filtered[300], plain[600];
        make_rows(cuts[c]);
        long long cut = (long long)cuts[c];
        snprintf(filtered, sizeof filtered,
                 "where j < %lld | select a = sum(sqrt(x)), b = sum(exp(x) * x), c = sum(sqrt(f)), "
                 "d = sum(i * i), e = count(sqrt(x) > 1), n = count()",
                 cut);
        snprintf(plain, sizeof plain,
                 "let y = where(j < %lld, x, 0.0) | let g = where(j < %lld, f, float32(0)), "
                 "h = where(j < %lld, i, 0) | select a = sum(sqrt(y)), b = sum(exp(y) * y), "
                 "c = sum(sqrt(g)), d = sum(h * h), e = count(sqrt(y) > 1), n = count(j < %lld)",
                 cut, cut, cut, cut);
        for (int precision = 0; precision < PEL_PRECISION_COUNT; precision++) {
            struct pel_team one = {.nthreads = 1, .isa = PEL_ISA_BASELINE};
            struct pel_table want = run(plain, &one, (enum pel_precision)precision);
            FOR_EACH_TEAM(team)
            {
                struct pel_table got = run(filtered, &team, (enum pel_precision)precision);
                assert_same_tables(&want, &got);
                pel_table_free(&got);
            }
            pel_table_free(&want);
        }
    }
}

/* Rows, and what is found at a row's place. */
static void rows(void **state)
{
    (void)state;
    for (size_t c = 0; c < NCUTS; c++) {
        char text[300];
        make_rows(cuts[c]);
        snprintf(
            text, sizeof text,
            "where j < %lld | where x < 3 | select a = sqrt(x), b = 1000 // i, e = exp(x) + x, "
            "s = x > 2, x",
            (long long)cuts[c]);
        FOR_EACH_TEAM(team)
        {
            struct pel_table got = run(text, &team, PEL_TREE);
            uint64_t n = 0;
            for (size_t k = 0; k < DATA_ROWS - 37; k++) {
                double x = data.x[k], root = sqrt(x), power = pel_exp(x) + x;
                int64_t quotient = data.i[k] ? 1000 / data.i[k] : 0;
                if (data.j[k] >= cuts[c] || !(x < 3))
                    continue;
                assert_true(n < got.nrows);
                assert_memory_equal(cell(&got, 0, n), &root, 8);
                assert_memory_equal(cell(&got, 1, n), &quotient, 8);
                assert_memory_equal(cell(&got, 2, n), &power, 8);
                assert_int_equal(*(const uint8_t *)cell(&got, 3, n), x > 2);
                assert_memory_equal(cell(&got, 4, n), &x, 8);
                n++;
            }
            assert_int_equal(got.nrows, n);
            pel_table_free(&got);
        }
    }
}

static void extremes(void **state)
{
    (void)state;
    for (size_t c = 1; c < NCUTS; c++) {
        char text[300];
        make_rows(cuts[c]);
        snprintf(text, sizeof text,
                 "where j < %lld | select max(exp(x)), argmax(exp(x)), min(1000 // i), "
                 "last(exp(x)), max(-i), "
                 "argmax(-i)",
                 (long long)cuts[c]);
        size_t best = DATA_ROWS, last = 0, smallest = DATA_ROWS;
        int64_t least = INT64_MAX;
        for (size_t k = 0; k < DATA_ROWS - 37; k++)
            if (data.j[k] < cuts[c]) {
                best = best == DATA_ROWS || pel_exp(data.x[k]) > pel_exp(data.x[best]) ? k : best;
                least = 1000 / data.i[k] < least ? 1000 / data.i[k] : least;
                smallest = smallest == DATA_ROWS || data.i[k] < data.i[smallest] ? k : smallest;
                last = k;
            }
        double most = pel_exp(data.x[best]), final = pel_exp(data.x[last]);
        int64_t place = (int64_t)best, negative = -data.i[smallest], its_place = (int64_t)smallest;
        FOR_EACH_TEAM(team)
        {
            struct pel_table got = run(text, &team, PEL_TREE);
            assert_memory_equal(cell(&got, 0, 0), &most, 8);
            assert_memory_equal(cell(&got, 1, 0), &place, 8);
            assert_memory_equal(cell(&got, 2, 0), &least, 8);
            assert_memory_equal(cell(&got, 3, 0), &final, 8);
            assert_memory_equal(cell(&got, 4, 0), &negative, 8);
            assert_memory_equal(cell(&got, 5, 0), &its_place, 8);
            pel_table_free(&got);
        }
    }
}

/* Only rows that are left fail, and the first of them is told. */
static void faults(void **state)
{
    (void)state;
    for (size_t c = 1; c < NCUTS; c++) {
        make_rows(cuts[c]);
        char text[200];
        snprintf(text, sizeof text, "where j < %lld | select sum(sqrt(x)), sum(abs(i) + 1000 // i)",
                 (long long)cuts[c]);
        data.i[77777] = c % 2 ? 0 : INT64_MIN; /* is left by all */
        struct pel_source *source = data_source(&data, DATA_ROWS);
        FOR_EACH_TEAM(team)
        {
            struct pel_table got;
            struct pel_error err = {0};
            assert_int_equal(run_text(text, source, &team, NULL, &got, &err),
                             c % 2 ? -EDOM : -ERANGE);
            assert_non_null(strstr(err.message, "row 77777: "));
        }
        pel_source_free(source);
    }
}

int main(void)
{
    make_data(&data, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(rows),
        cmocka_unit_test(extremes),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
