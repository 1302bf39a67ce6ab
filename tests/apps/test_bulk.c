/* `pelton bulk`: the examples of its help against plain C, and results in every form. */
#include "bulk_cli.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <pty.h>
#include <unistd.h>

/* ---- the examples ---- */

/* The numbers of a raw file. */
static void *numbers_of(const char *folder, const char *name, size_t nbytes, size_t *n)
{
    void *numbers = test_file_read(test_path(folder, name), n);
    *n /= nbytes;
    assert_true(*n > 0);
    return numbers;
}

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-12 * (1 + fabs(expected))))
        fail_msg("%.17g, not %.17g", got, expected);
}

static void test_sum_of_roots(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    make_in(folder, "'random(150001, 1)' 'select x = 2 * x - 1' -o x.npy");
    make_in(folder, "x.npy '' -o x.raw");
    size_t n;
    double *x = numbers_of(folder, "x.raw", sizeof *x, &n), sum = 0;
    assert_int_equal(n, 150001);
    for (size_t i = 0; i < n; i++)
        sum += x[i] > 0 ? sqrt(x[i]) : 0;
    struct test_run got = bulk_in(folder, "x.npy 'where x > 0 | select sqrt(x) | sum'");
    assert_near(strtod(got.out, NULL), sum);
    test_run_free(&got);
    free(x);
    test_folder_remove(folder);
}

enum { NCITIES = 5, NTRADES = 70000 };
static const char *const cities[NCITIES] = {"Basel", "Bern", "Genève", "\"St. Gallen\"", "Zürich"};

struct city {
    long count, cents, most;
};

/* Prices in cents, so that what is expected is exact. */
static void write_trades(const char *folder, struct city *table)
{
    FILE *out = fopen(test_path(folder, "trades.csv"), "w");
    assert_non_null(out);
    fputs("city,price,quantity\n", out);
    struct test_random random = {test_seed(7)};
    for (int i = 0; i < NTRADES; i++) {
        size_t city = test_random_below(&random, NCITIES);
        long cents = (long)(test_random_below(&random, 2000) + 200 * city);
        fprintf(out, "%s,%ld.%02ld,%d\n", cities[city], cents / 100, cents % 100, i);
        if (cents <= 1000)
            continue;
        table[city].count++;
        table[city].cents += cents;
        table[city].most = cents > table[city].most ? cents : table[city].most;
    }
    assert_int_equal(fclose(out), 0);
}

static void test_trades(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct city table[NCITIES] = {{0}};
    write_trades(folder, table);
    struct test_run got =
        bulk_in(folder, "trades.csv 'where price > 10 | group by city | select city, n = count(), "
                        "avg = mean(price), hi = max(price) | order by avg desc | take 10'");
    assert_string_equal(got.err, "");
    char *line = strtok(got.out, "\n");
    assert_string_equal(line, "city,n,avg,hi");
    /* The price rises with the city's number. */
    for (int c = NCITIES; c-- > 0;) {
        char name[40], plain[40] = "";
        long n;
        double avg, hi;
        line = strtok(NULL, "\n");
        assert_non_null(line);
        assert_int_equal(sscanf(line, "%39[^,],%ld,%lf,%lf", name, &n, &avg, &hi), 4);
        (void)sscanf(cities[c], "%*[\"]%39[^\"]", plain);
        assert_string_equal(name, *plain ? plain : cities[c]);
        assert_int_equal(n, table[c].count);
        assert_near(avg, (double)table[c].cents / 100 / (double)n);
        assert_near(hi, (double)table[c].most / 100);
    }
    assert_null(strtok(NULL, "\n"));
    test_run_free(&got);
    test_folder_remove(folder);
}

static void test_primes(void **state)
{
    (void)state;
    expect("'range(1, 1e6)' 'where isprime(x) | count'", 0, "78498\n", "");
    expect("'primes(1, 1e6)' 'select n = count(), s = sum(x)'", 0, "n,s\n78498,37550402023\n", "");
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

static void test_clip(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    make_in(folder, "'random(100000, 2)' 'select a = 20 * x' -o a.npy");
    make_in(folder, "'random(100000, 3)' 'select b = 3 * x' -o b.npy");
    make_in(folder, "a.npy '' -o a.raw");
    make_in(folder, "b.npy '' -o b.raw");
    make_in(folder, "a.npy b.npy 'select clip((a - mean(a)) / std(a) * b, -3, 3)' -o out.npy");
    make_in(folder, "out.npy '' -o out.raw");
    size_t n, m;
    double *a = numbers_of(folder, "a.raw", sizeof *a, &n);
    double *b = numbers_of(folder, "b.raw", sizeof *b, &m);
    double *out = numbers_of(folder, "out.raw", sizeof *out, &m);
    assert_int_equal(n, m);
    double mean = mean_of(a, n), square = 0;
    for (size_t i = 0; i < n; i++)
        square += (a[i] - mean) * (a[i] - mean);
    double std = sqrt(square / (double)n);
    for (size_t i = 0; i < n; i++)
        assert_near(out[i], fmin(fmax((a[i] - mean) / std * b[i], -3), 3));
    free(a);
    free(b);
    free(out);
    test_folder_remove(folder);
}

static void test_histogram(void **state)
{
    (void)state;
    enum { BINS = 64 };
    char *folder = test_folder_make();
    make_in(folder, "'random(70000, 5)' 'select t = float32(row * 0.01), v = float32(2 * x - 1)' "
                    "-o log.raw");
    size_t n;
    float *rows = numbers_of(folder, "log.raw", 2 * sizeof *rows, &n);
    long counts[BINS] = {0};
    for (size_t i = 0; i < n; i++) { /* the bins' bounds are exact in binary */
        int bin = (int)floor(((double)rows[2 * i + 1] + 1) * (BINS / 2));
        counts[bin < BINS ? bin : BINS - 1]++;
    }
    struct test_run got = bulk_in(
        folder, "log.raw --dtype f32 --columns t,v 'select histogram(v, 64, -1, 1)' --json");
    cJSON *root = cJSON_Parse(got.out);
    assert_int_equal(cJSON_GetArraySize(root), BINS);
    for (int bin = 0; bin < BINS; bin++) {
        const cJSON *row = cJSON_GetArrayItem(root, bin);
        assert_true(cJSON_GetObjectItem(row, "lo")->valuedouble == bin / 32.0 - 1);
        assert_true(cJSON_GetObjectItem(row, "hi")->valuedouble == (bin + 1) / 32.0 - 1);
        assert_int_equal(cJSON_GetObjectItem(row, "count")->valuedouble, counts[bin]);
    }
    cJSON_Delete(root);
    test_run_free(&got);
    free(rows);
    test_folder_remove(folder);
}

/* ---- results ---- */

/* A stage that changes nothing but names is none of its own, and those behind it read the same columns. */
static void test_steps_that_change_nothing(void **state)
{
    (void)state;
    expect(
        "'range(0, 99)' 'group by x, v = x * 1.0 | select x, v | skip 0 | take while v * v < 900 "
        "| skip 3 | count'",
        0, "27\n", "");
    expect("'range(0, 99)' 'group by x, v = x * 1.5 | select x, v | skip 0 | where v > 2 | count'",
           0, "98\n", "");
    expect("'range(1, 4)' 'group by g = x % 2 | select g, m = mean(x) | skip 0 | where m > 2 | "
           "select m, g'",
           0, "m,g\n3.0,0\n", "");
}

/* x may be the only column of groups, the key, but not where it may be meant as a column that is grouped. */
static void test_only_column_of_groups(void **state)
{
    (void)state;
    expect("'range(1, 4)' 'group by x % 2 | select sum(x) | select x * 2'", 0, "x * 2\n8\n12\n",
           "");
    expect(
        "'range(1, 4)' 'group by x % 2 | select x, sum(x)'", 2, "",
        "pelton: query: 'x' is not a key of the groups (say which of a group's values: first(x), "
        "mean(x), ...)\n  group by x % 2 | select x, sum(x)\n                          ^\n");
}

static void test_one_value(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"sum", "55\n"},
        {"count", "10\n"},
        {"mean", "5.5\n"},
        {"any x > 9", "true\n"},
        {"all x > 9", "false\n"},
        {"argmax", "9\n"},
        {"median", "5.5\n"},
        {"select max(x) - min(x)", "9\n"},
        {"let name = where(x > 5, \"large, \", \"small\") | first name", "small\n"},
        {"let name = where(x > 5, \"large, \", \"small\") | last name", "large, \n"},
        {"where x > 10 | sum", "0\n"},
        {"where x > 10 | mean", "nan\n"},

    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char arguments[200];
        (void)snprintf(arguments, sizeof arguments, "'range(1, 10)' '%s'", cases[i][0]);
        expect(arguments, 0, cases[i][1], "");
    }
    expect("'range(1,10)' 'sum' -f csv", 0, "sum\n55\n", "");
    expect("'range(-9223372036854775808, -9223372036854775808)' sum", 0, "-9223372036854775808\n",
           "");
    expect("'range(1,10)' 'select sum(x), count()'", 0, "sum(x),count()\n55,10\n", "");
}

static void test_forms(void **state)
{
    (void)state;
    static const char query[] =
        "'range(1, 2)' 'select i = x * 9007199254740993, f = x / 4, t = \"a\\\"b, Zürich\", "
        "b = x > 1, n = nan, p = -inf'";
    static const char *const cases[][2] = {
        {"csv", "i,f,t,b,n,p\n"
                "9007199254740993,0.25,\"a\"\"b, Zürich\",false,nan,-inf\n"
                "18014398509481986,0.5,\"a\"\"b, Zürich\",true,nan,-inf\n"},
        {"tsv", "i\tf\tt\tb\tn\tp\n"
                "9007199254740993\t0.25\t\"a\"\"b, Zürich\"\tfalse\tnan\t-inf\n"
                "18014398509481986\t0.5\t\"a\"\"b, Zürich\"\ttrue\tnan\t-inf\n"},
        {"table", "                i     f  t            b        n     p\n"
                  " 9007199254740993  0.25  a\"b, Zürich  false  nan  -inf\n"
                  "18014398509481986   0.5  a\"b, Zürich  true   nan  -inf\n"},
        {"json", "[{\"i\": 9007199254740993, \"f\": 0.25, \"t\": \"a\\\"b, Zürich\", "
                 "\"b\": false, \"n\": null, \"p\": -1e999},\n"
                 " {\"i\": 18014398509481986, \"f\": 0.5, \"t\": \"a\\\"b, Zürich\", "
                 "\"b\": true, \"n\": null, \"p\": -1e999}]\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char arguments[400];
        (void)snprintf(arguments, sizeof arguments, "%s -f %s", query, cases[i][0]);
        expect(arguments, 0, cases[i][1], "");
    }
}

static void test_json(void **state)
{
    (void)state;
    expect("'range(1, 3)' 'select n = count(), m = mean(x), a = any(x > 2)' --json", 0,
           "{\"n\": 3, \"m\": 2.0, \"a\": true}\n", "");
    expect("'range(1, 3)' 'sum' --json", 0, "{\"sum\": 6}\n", "");
    expect("'range(1, 3)' 'where x > 5' --json", 0, "[]\n", "");
    expect("'range(1, 1)' 'select `x`, \"a\\\\b\"' --json", 0,
           "[{\"x\": 1, \"\\\"a\\\\\\\\b\\\"\": \"a\\\\b\"}]\n", "");
    char *folder = test_folder_make();
    write_text(folder, "odd.csv", "\"a \"\"b\"\"\",\"t\tab\"\nx\xff,\"\x01\x7f\r\n\"\n");
    expect_in(
        folder, "odd.csv '' --json", 0,
        "[{\"a \\\"b\\\"\": \"x\\ufffd\", \"t\\u0009ab\": \"\\u0001\\u007f\\u000d\\u000a\"}]\n",
        "");
    test_folder_remove(folder);
}

static void test_wide_cells(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    char text[2000] = "t,n\n";
    for (int i = 0; i < 400; i++)
        strcat(text, "ü");
    strcat(text, ",1\n\x1b[31m,2\n");
    write_text(folder, "wide.csv", text);
    struct test_run got = bulk_in(folder, "wide.csv '' -f table");
    assert_null(strchr(got.out, '\x1b'));
    assert_non_null(strstr(got.out, "\n\\x1b[31m "));
    assert_non_null(strstr(got.out, "üü...  1\n"));
    assert_true(strlen(got.out) < 400);
    test_run_free(&got);
    test_folder_remove(folder);
}

/* ---- terminals ---- */

/* `pelton bulk ARGUMENTS`, which succeeds, with its output to a terminal; what stands there up to `last`. */
static void expect_on_terminal(const char *arguments, const char *const *parts, size_t nparts,
                               const char *last)
{
    int master, slave;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    struct test_run got =
        test_run_shell("'%s' bulk %s >'%s'", PELTON_PROGRAM, arguments, ttyname(slave));
    if (got.status != 0 || *got.err)
        fail_msg("bulk %s: status %d: %s", arguments, got.status, got.err);
    char text[8192] = "";
    size_t used = 0;
    while (!strstr(text, last) && used + 1 < sizeof text) {
        ssize_t n = read(master, text + used, sizeof text - 1 - used);
        assert_true(n > 0);
        used += (size_t)n;
    }
    for (size_t i = 0; i < nparts; i++)
        assert_non_null(strstr(text, parts[i]));
    test_run_free(&got);
    close(master);
    close(slave);
}

static const char cut_line[] = "... (the first 50 rows; -f csv or -o FILE gives all)\r\n";

/* On a terminal the first rows as a table, of queries without a stage, too. */
static void test_terminal(void **state)
{
    (void)state;
    const char *const halves[] = {" x     y\r\n", "50  25.0\r\n... (the"}, *rows[] = {"50\r\n..."};
    expect_on_terminal("'range(1, 1e9)' 'select x, y = x / 2'", halves, 2, cut_line);
    expect_on_terminal("'range(1, 1e9)' ''", rows, 1, cut_line);
    expect_on_terminal("'range(1, 1e9)' \"$(printf ' \\n\\t')\"", rows, 1, cut_line);
    expect_on_terminal("'range(1, 3)' ''", NULL, 0, "3\r\n");
}

/* A query that leaves no room for a `take` behind it. */
static void test_terminal_long(void **state)
{
    (void)state;
    const char *const rows[] = {"50\r\n..."};
    expect_on_terminal("'range(1, 100)' \"$(printf 'where%65526s > 0' x)\"", rows, 1, cut_line);
}

static void test_terminal_binary(void **state)
{
    (void)state;
    int master, slave;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    struct test_run got =
        test_run_shell("'%s' bulk 'range(1, 3)' '' -f npy >'%s'", PELTON_PROGRAM, ttyname(slave));
    assert_int_equal(got.status, 2);
    assert_non_null(strstr(got.err, "no binary numbers to a terminal"));
    test_run_free(&got);
    close(master);
    close(slave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum_of_roots),
        cmocka_unit_test(test_trades),
        cmocka_unit_test(test_primes),
        cmocka_unit_test(test_clip),
        cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_steps_that_change_nothing),
        cmocka_unit_test(test_only_column_of_groups),
        cmocka_unit_test(test_one_value),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_wide_cells),
        cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_terminal_long),
        cmocka_unit_test(test_terminal_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
