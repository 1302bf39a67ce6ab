/* `pelton bulk`: the same bytes for every number of threads, instruction set and kind of source; ten queries
 * over floats that a sum in another order, or another logarithm, would show in. */
#include "bulk_cli.h"

static const char *const queries[] = {
    "where x > 0 | select sqrt(x) | sum",
    "select sum(x), mean(x), var(x), std(x)",
    "select sum(float32(x)), mean(float32(x)), var(float32(x) * 1000)",
    "select exp(x), log(abs(x)), log2(abs(x)), log10(abs(x)), x ** 3, abs(x) ** 0.3",
    "select sin(1000 * x), cos(1000 * x), tan(x), atan2(x, y)",
    "select clip((x - mean(x)) / std(x) * y, -3, 3)",
    "group by k = int(20 * y) | select k, n = count(), s = sum(x), m = mean(x * y), v = var(x)",
    "order by x * y desc | take 1000 | select x, y, row",
    "let z = x / y | where z < 2 | select median(z), quantile(z, 0.9), min(z), argmax(z)",
    "select histogram(x * y, 17, -0.3, 0.3)",
};
enum { NQUERIES = sizeof queries / sizeof queries[0] };

/* Rows that end in the midst of a block, several chunks. */
static char *make_inputs(void)
{
    char *folder = test_folder_make();
    make_in(folder, "'random(140001, 11)' 'select x = 2 * x - 1' -o x.npy");
    make_in(folder, "'random(140001, 12)' 'select y = x' -o y.npy");
    make_in(folder, "x.npy y.npy '' -o both.csv");
    make_in(folder, "x.npy y.npy '' -o both.raw");
    return folder;
}

/* The result's bytes, to compare others with. */
static char *result(const char *folder, const char *inputs, const char *query, const char *options)
{
    struct test_run got = test_run_shell("cd '%s' && '%s' bulk %s '%s' -f csv %s", folder,
                                         PELTON_PROGRAM, inputs, query, options);
    if (got.status != 0 || got.err[0])
        fail_msg("%s: status %d, %s", query, got.status, got.err);
    char *out = got.out;
    got.out = NULL;
    test_run_free(&got);
    return out;
}

static void test_same_bytes(void **state)
{
    (void)state;
    static const char *const ways[][2] = {
        {"x.npy y.npy", "-j 1 --isa baseline"},
        {"x.npy y.npy", "-j 2 --isa avx2"},
        {"x.npy y.npy", "-j 3 --isa avx512"},
        {"x.npy y.npy", "-j 7"},
        {"x.npy y.npy", "-j 2 --read stream"},
        {"both.csv", "-j 3"},
        {"both.csv", "-j 1 --isa avx2"},
        {"both.raw --dtype f64 --columns x,y", "-j 7 --isa baseline --read map"},
    };
    char *folder = make_inputs();
    for (int q = 0; q < NQUERIES; q++) {
        char *expected = result(folder, "x.npy y.npy", queries[q], "-j 1");
        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i += WITH_ASAN ? 2 : 1) {
            char *got = result(folder, ways[i][0], queries[q], ways[i][1]);
            if (strcmp(got, expected) != 0)
                fail_msg("%s: %s %s differs", queries[q], ways[i][0], ways[i][1]);
            free(got);
        }
        free(expected);
    }
    test_folder_remove(folder);
}

/* The ladder of --sum: each step the same for every number of threads, but for `fast`, which does not promise
 * it and must only be near. */
static void test_precisions(void **state)
{
    (void)state;
    char *folder = make_inputs();
    static const char *const steps[] = {"tree", "dd", "exact"};
    for (size_t i = 0; i < 3; i++) {
        char options[60];
        (void)snprintf(options, sizeof options, "--sum %s -j 1", steps[i]);
        char *expected = result(folder, "x.npy y.npy", "select sum(x), mean(y)", options);
        (void)snprintf(options, sizeof options, "--sum %s -j 3 --isa baseline", steps[i]);
        char *got = result(folder, "x.npy y.npy", "select sum(x), mean(y)", options);
        assert_string_equal(got, expected);
        free(got);
        free(expected);
    }
    char *fast = result(folder, "x.npy y.npy", "select sum(x)", "--sum fast");
    char *exact = result(folder, "x.npy y.npy", "select sum(x)", "--sum exact");
    double difference = strtod(strchr(fast, '\n'), NULL) - strtod(strchr(exact, '\n'), NULL);
    assert_true(difference < 1e-9 && difference > -1e-9);
    free(fast);
    free(exact);
    test_folder_remove(folder);
}

/* The same on every machine: the sum of roots is that of Python's math.fsum, that of thirds the tree of
 * <pelton/bulk.h>, written down in Python. */
static void test_known_digits(void **state)
{
    (void)state;
    expect("'random(1e6, 42)' 'select sqrt(x) | sum' --sum exact", 0, "666284.4183550503\n", "");
    expect("'random(1e6, 42)' 'select s = sum(x / 3), v = var(x - 0.5)'", 0,
           "s,v\n166498.35623086695,0.08333236408203255\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_precisions),
        cmocka_unit_test(test_known_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
