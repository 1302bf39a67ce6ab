/* `pelton primes` beside primesieve and primecount, where they are installed: random intervals of all
 * magnitudes must give the same counts, k-tuplets, lists and n-th primes. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#define PRIMES "'" PELTON_PROGRAM "' primes -q "

static bool is_installed(const char *program)
{
    struct test_run run = test_run_shell("command -v %s", program);
    bool found = run.status == 0;
    test_run_free(&run);
    if (!found)
        printf("skipped: %s is not installed\n", program);
    return found;
}

/* Both command lines print the same. */
static void compare(const char *ours, const char *theirs)
{
    struct test_run run = test_run_shell(PRIMES "%s", ours), peer = test_run_shell("%s", theirs);
    if (run.status != 0 || peer.status != 0 || strcmp(run.out, peer.out) != 0)
        fail_msg("pelton primes %s: status %d, %.200s%.200s\n%s: status %d, %.200s", ours,
                 run.status, run.out, run.err, theirs, peer.status, peer.out);
    test_run_free(&run);
    test_run_free(&peer);
}

/* What is printed of the interval, by both programs. */
static void compare_interval(uint64_t start, uint64_t stop, int threads)
{
    static const char *const questions[][2] = {{"--method sieve", "-c"}, {"", "-c"},
                                               {"--twins", "-c2"},       {"--tuplets 3", "-c3"},
                                               {"--tuplets 4", "-c4"},   {"--tuplets 5", "-c5"},
                                               {"--tuplets 6", "-c6"}};
    char ours[200], theirs[200];
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        (void)snprintf(ours, sizeof ours, "%llu %llu %s -j %d", (unsigned long long)start,
                       (unsigned long long)stop, questions[i][0], threads);
        (void)snprintf(theirs, sizeof theirs, "primesieve %llu %llu %s -q",
                       (unsigned long long)start, (unsigned long long)stop, questions[i][1]);
        compare(ours, theirs);
    }
    (void)snprintf(ours, sizeof ours, "%llu %llu --print -j %d | sha256sum",
                   (unsigned long long)start, (unsigned long long)stop, threads);
    (void)snprintf(theirs, sizeof theirs, "primesieve %llu %llu -p | sha256sum",
                   (unsigned long long)start, (unsigned long long)stop);
    compare(ours, theirs);
}

static void test_random_intervals(void **state)
{
    (void)state;
    if (!is_installed("primesieve"))
        skip();
    struct test_random random = {test_seed(21)};
    for (int i = 0; i < 12; i++) {
        uint64_t start = test_random_next(&random) >> (18 + test_random_below(&random, 46));
        uint64_t length = test_random_next(&random) >> (43 + test_random_below(&random, 21));
        compare_interval(start, start + length, 1 + i % 3);
    }
}

/* Counts and twins of intervals as long as the residue lines want them, and where they end. */
static void test_lines(void **state)
{
    (void)state;
    if (!is_installed("primesieve"))
        skip();
    static const char *const intervals[] = {
        "0 3e7",
        "0 3e7-1",
        "7 2e8",
        "1e8-1 2e8+13",
        "1e10 1e10+4e7",
        "10000600009 10000600009+7e7",
        "1e13-5e7 1e13+5e7",
        "2e14-2e9 2e14-2e9+5e8",
    };
    char ours[200], theirs[200];
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++)
        for (int twins = 0; twins < 2; twins++) {
            (void)snprintf(ours, sizeof ours, "%s %s -j %zu", intervals[i],
                           twins ? "--twins" : "--method sieve", 1 + i % 3);
            (void)snprintf(theirs, sizeof theirs, "primesieve %s -q %s", intervals[i],
                           twins ? "-c2" : "");
            compare(ours, theirs);
        }
}

static void test_edges(void **state)
{
    (void)state;
    if (!is_installed("primesieve"))
        skip();
    static const uint64_t edges[][2] = {
        {0, 0}, {0, 2},       {2, 2},
        {3, 5}, {5, 7},       {0, 31},
        {7, 7}, {1, 1000000}, {4294967296 - 100000, 4294967296 + 100000}};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        compare_interval(edges[i][0], edges[i][1], 2);
    compare("2^64-10000 2^64-1 --print", "primesieve 2^64-10000 2^64-1 -p");
}

static void test_pi_and_nth(void **state)
{
    (void)state;
    if (!is_installed("primecount"))
        skip();
    struct test_random random = {test_seed(22)};
    char ours[200], theirs[200];
    for (int i = 0; i < 20; i++) {
        unsigned long long n = test_random_next(&random) >> (22 + test_random_below(&random, 40));
        (void)snprintf(ours, sizeof ours, "%llu --method combinatorial -j %d", n, 1 + i % 3);
        (void)snprintf(theirs, sizeof theirs, "primecount %llu", n);
        compare(ours, theirs);
        n = n % 100000000000 + 1;
        (void)snprintf(ours, sizeof ours, "--nth %llu -j %d", n, 1 + i % 3);
        (void)snprintf(theirs, sizeof theirs, "primecount %llu -n", n);
        compare(ours, theirs);
    }
}

int main(void)
{
    if (!is_installed("primesieve") && !is_installed("primecount"))
        return SKIP_PROGRAM;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_intervals),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_pi_and_nth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
