/* `pelton primes`: operands and options, results in every form, lists in order, failures. */
#include "support.h"

#include "primes/primes.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* `pelton primes ARGUMENTS`, which may go on with what a shell understands. */
static struct test_run run(const char *arguments)
{
    return test_run_shell("'%s' primes %s", PELTON_PROGRAM, arguments);
}

static void expect(const char *arguments, int status, const char *out, const char *err)
{
    struct test_run got = run(arguments);
    if (got.status != status || strcmp(got.out, out) != 0 || strcmp(got.err, err) != 0)
        fail_msg("primes %s: status %d\n%s%s", arguments, got.status, got.out, got.err);
    test_run_free(&got);
}

/* ---- digits ---- */

static void check_digits(const uint64_t *numbers, size_t n)
{
    static struct primes_text text;
    primes_text_init(&text);
    size_t room = n * (primes_text_width(numbers[n - 1]) + 1), used = 0;
    char *out = malloc(room + PRIMES_TEXT_SLACK), *expected = malloc(room + 1);
    assert_true(out && expected);
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(expected + used, room + 1 - used, "%" PRIu64 "\n", numbers[i]);
    assert_int_equal(primes_text_format(&text, numbers, n, out), used);
    assert_memory_equal(out, expected, used);
    free(out);
    free(expected);
}

static void test_digits(void **state)
{
    (void)state;
    enum { N = 1000 };
    static uint64_t numbers[N];
    struct test_random random = {test_seed(1)};
    uint64_t ten = 1;
    for (int digits = 1; digits <= 20; digits++, ten *= 10) {
        const uint64_t around[] = {ten - 1, ten, ten + 1, ten + 9998, ten + 9999, ten + 10000};
        check_digits(around, 6);
    }
    check_digits((const uint64_t[]){0}, 1);
    check_digits((const uint64_t[]){9999, 10000, 99999, UINT64_MAX - 1, UINT64_MAX}, 5);
    for (int round = 0; round < 64; round++) {
        numbers[0] = test_random_next(&random) % (UINT64_MAX - 3000 * N) >> round;
        for (size_t i = 1; i < N; i++)
            numbers[i] = numbers[i - 1] + test_random_below(&random, 3000);
        check_digits(numbers, N);
    }
}

/* ---- results ---- */

static void test_one_number(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"100", "25\n"},
        {"0", "0\n"},
        {"1", "0\n"},
        {"2 2", "1\n"},
        {"0 2", "1\n"},
        {"1e6", "78498\n"},
        {"1e6 --count", "78498\n"},
        {"'10*(1e6-9e5)'", "78498\n"},
        {"1e12 1e12+2^10", "37\n"},
        {"1e12 +2^10", "37\n"},
        {"1e6 --sum", "37550402023\n"},
        {"1e18 +1e3 --sum", "23000000000000011409\n"},
        {"1e6 --twins", "8169\n"},
        {"1e6 --tuplets 2", "8169\n"},
        {"1e6 --tuplets=4", "166\n"},
        {"--nth 1", "2\n"},
        {"-n 1e6", "15485863\n"},
        {"1e5 --method trial", "9592\n"},
        {"1e5 --method sieve", "9592\n"},
        {"1e5 --method combinatorial", "9592\n"},
        {"1e5 --method trial --sum", "454396537\n"},
        {"1e5 --method combinatorial --sum", "454396537\n"},
        {"--nth 1e5 --method sieve", "1299709\n"},
        {"--nth 1e5 --method combinatorial", "1299709\n"},
        {"1e5 --check", "9592\n"},
        {"1e5 --check --sum", "454396537\n"},
        {"1e5 --check --twins", "1224\n"},
        {"--nth 1e5 --check", "1299709\n"},
        {"1e6 --isa baseline -j 3", "78498\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char arguments[200];
        (void)snprintf(arguments, sizeof arguments, "-q %s", cases[i][0]);
        expect(arguments, 0, cases[i][1], "");
    }
}

/* Standard output, and the beginning of standard error: which method is the cost model's affair. */
static void expect_told(const char *arguments, const char *out, const char *err_begins)
{
    struct test_run got = run(arguments);
    if (got.status != 0 || strcmp(got.out, out) != 0 ||
        strncmp(got.err, err_begins, strlen(err_begins)))
        fail_msg("primes %s: status %d\n%s%s", arguments, got.status, got.out, got.err);
    test_run_free(&got);
}

static void test_what_is_told(void **state)
{
    (void)state;
    expect_told("1e11", "4118054813\n", "pelton: counted by the combinatorial method\n");
    expect_told("1e15 +1e3", "24\n", "pelton: counted by the sieve\n");
    expect_told("1e11 --sum --method auto", "201467077743744681014\n", "pelton: summed by ");
    expect_told("--nth 1e5", "1299709\n", "pelton: found by ");
    expect("1e5 --method sieve", 0, "9592\n", "");
    expect_told("1e5 --method sieve --check", "9592\n", "pelton: count checked by ");
    expect_told("1e5 --method sieve --check --sum", "454396537\n", "pelton: sum checked by ");
    expect_told("--nth 1e5 --method sieve --check", "1299709\n", "pelton: number checked by ");
    expect("11e17 +1e4 --method sieve --check", 0, "237\n",
           "pelton: count checked by a test of each number\n");
    expect_told("1e5 --gaps --check | grep maximal | tail -n 1", "maximal 72 31397\n",
                "pelton: count checked by ");
    struct test_run got = run("1e5 -v");
    assert_non_null(strstr(got.err, "pelton: counting should take "));
    assert_non_null(strstr(got.err, " s by the sieve, "));
    assert_non_null(strstr(got.err, " s by the combinatorial method, "));
    assert_non_null(strstr(got.err, " s by trial division\n"));
    test_run_free(&got);
    got = run("1e5 -q --time");
    assert_string_equal(got.out, "9592\n");
    assert_non_null(strstr(got.err, " s\n"));
    test_run_free(&got);
    got = run("1e5 --progress=always");
    assert_non_null(strstr(got.err, "counting"));
    test_run_free(&got);
}

static void test_many_results(void **state)
{
    (void)state;
    expect("1e6 --sum --count --twins -q", 0, "count 78498\nsum 37550402023\ntwins 8169\n", "");
    expect("1e6 --sum --count --method sieve", 0, "count 78498\nsum 37550402023\n", "");
    expect("30 --gaps", 0,
           "gap 1 1\ngap 2 4\ngap 4 3\ngap 6 1\n"
           "maximal 1 2\nmaximal 2 3\nmaximal 4 7\nmaximal 6 23\n",
           "");
    expect("30 --residues 4", 0, "residue 1 4\nresidue 2 1\nresidue 3 5\n", "");
    expect("4 5 --residues 6 --count", 0, "count 1\nresidue 1 0\nresidue 5 1\n", "");
    expect("20 --tuplets all --sum", 0,
           "sum 77\ntwins 4\ntriplets 4\nquadruplets 2\nquintuplets 2\nsextuplets 0\n", "");
    expect("20 --tuplets 3 --tuplets 5", 0, "triplets 4\nquintuplets 2\n", "");
}

/* ---- JSON ---- */

static cJSON *run_json(const char *arguments)
{
    struct test_run got = run(arguments);
    cJSON *root = cJSON_Parse(got.out);
    if (got.status != 0 || got.err[0] || !root)
        fail_msg("primes %s: status %d\n%s%s", arguments, got.status, got.out, got.err);
    test_run_free(&got);
    return root;
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(object, name);
    if (!cJSON_IsNumber(item))
        fail_msg("no number '%s'", name);
    return item->valuedouble;
}

static void test_json(void **state)
{
    (void)state;
    cJSON *root =
        run_json("10 1e6 --json --count --sum --tuplets all --gaps --residues 3 --check --time");
    assert_true(number(root, "start") == 10);
    assert_true(number(root, "stop") == 1e6);
    assert_true(number(root, "count") == 78494);
    assert_true(number(root, "sum") == 37550402006);
    assert_true(number(root, "twins") == 8167);
    assert_true(number(root, "sextuplets") >= 1);
    assert_true(number(root, "seconds") > 0);
    assert_string_equal(cJSON_GetObjectItem(root, "method")->valuestring, "sieve");
    assert_true(cJSON_IsString(cJSON_GetObjectItem(root, "checked_by")));
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "maximal_gaps"), 0);
    assert_true(number(first, "gap") == 2 && number(first, "after") == 11);
    double pairs = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(root, "gaps")) pairs += number(row, "pairs");
    assert_true(pairs == 78493);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "residues")), 2);
    cJSON_Delete(root);
    root = run_json("--nth 1e4 --json");
    assert_true(number(root, "nth") == 10000 && number(root, "prime") == 104729);
    cJSON_Delete(root);
    /* Numbers are exact, though doubles are not. */
    struct test_run got = run("1e18 +1001 --sum --json");
    assert_non_null(strstr(got.out, "\t23000000000000011409,"));
    assert_non_null(strstr(got.out, "\t1000000000000001001,"));
    test_run_free(&got);
}

/* ---- wrong usage ---- */

static void test_wrong_usage(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "no STOP: up to where?"},
        {"-p", "no STOP: up to where?"},
        {"1 2 3", "more than START and STOP: '3'"},
        {"20 10", "the interval is reversed: START 20 is above STOP 10"},
        {"ten", "STOP ten: not a number: 'ten' is not understood"},
        {"x 10", "START x: not a number: 'x' is not understood"},
        {"1e20", "STOP 1e20: not between 0 and 18446744073709551615"},
        {"2^64", "STOP 2^64: not between 0 and 18446744073709551615"},
        {"10 2^64-1+1", "STOP 2^64-1+1: not between 0 and 18446744073709551615"},
        {"10-20", "STOP 10-20: negative"},
        {"-- -5", "STOP -5: negative"},
        {"1.5", "STOP 1.5: not a whole number"},
        {"10/3", "STOP 10/3: not a whole number"},
        {"+10", "+10 is a length, which needs a START before it"},
        {"2^63 +2^63", "STOP +2^63: START+2^63 is above 2^64-1"},
        {"10 +x", "STOP +x: not a number: 'x' is not understood"},
        {"--nth 0", "--nth 0: not between 1 and 425656284035217743"},
        {"--nth 1e18", "--nth 1e18: not between 1 and 425656284035217743"},
        {"--nth 5 100", "--nth goes alone, without an interval"},
        {"--nth 5 --sum", "--nth goes alone, without an interval"},
        {"--nth 5 -p", "--nth goes alone, without an interval"},
        {"--nth 5 --method trial", "--nth goes by the sieve or the combinatorial method"},
        {"100 --method guess", "--method guess: must be one of auto, sieve, combinatorial, trial"},
        {"1e18+1 --sum --method combinatorial", "STOP 1000000000000000001 is too large for a sum "
                                                "by --method combinatorial, which goes up to "
                                                "1000000000000000000"},
        {"100 --twins --method combinatorial",
         "--method combinatorial only counts and sums; the rest goes by the sieve"},
        {"100 -p --method trial",
         "--method trial only counts and sums; the rest goes by the sieve"},
        {"100 --tuplets 7", "--tuplets 7: must be 2, 3, 4, 5, 6 or all"},
        {"100 --tuplets 22", "--tuplets 22: must be 2, 3, 4, 5, 6 or all"},
        {"100 --residues 0", "--residues 0: not between 1 and 65536"},
        {"100 --residues 65537", "--residues 65537: not between 1 and 65536"},
        {"100 --binary", "--binary goes with --print or --output"},
        {"100 --overwrite -p", "--overwrite goes with --output FILE"},
        {"100 -o ''", "--output needs the name of a file"},
        {"100 -p --sum", "standard output is taken by the list; write it to a file with -o FILE"},
        {"100 -p --json", "standard output is taken by the list; write it to a file with -o FILE"},
        {"100 --threads 0", "--threads 0: not between 1 and 4096"},
        {"100 --isa sse9", "--isa sse9: must be one of baseline, avx2, avx512"},
        {"100 --progress never!", "--progress never!: must be one of auto, always, never"},
        {"100 --sums", "unknown option '--sums'; did you mean '--sum'?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char err[400];
        (void)snprintf(err, sizeof err, "pelton primes: %s\nTry 'pelton primes --help'.\n",
                       cases[i][1]);
        expect(cases[i][0], 2, "", err);
    }
}

static void test_help(void **state)
{
    (void)state;
    struct test_run got = run("--help");
    assert_int_equal(got.status, 0);
    assert_non_null(strstr(got.out, "Usage: pelton primes [options] [START] STOP\n"));
    assert_non_null(strstr(got.out, "--tuplets=K"));
    test_run_free(&got);
}

/* ---- lists ---- */

static void test_list(void **state)
{
    (void)state;
    expect("30 -p", 0, "2\n3\n5\n7\n11\n13\n17\n19\n23\n29\n", "");
    expect("14 16 -p", 0, "", "");
    expect("2 2 --print", 0, "2\n", "");
    expect("2^64-100 2^64-1 -p", 0,
           "18446744073709551521\n18446744073709551533\n18446744073709551557\n", "");
    expect("10 -o -", 0, "2\n3\n5\n7\n", "");
    expect("10 -p -b | od -An -v -tu8 -w8 --endian=little | tr -d ' '", 0, "2\n3\n5\n7\n", "");
    expect("10 -p --check -q", 0, "2\n3\n5\n7\n", "");
}

/* What the oracle lists. */
static char *list_by_oracle(uint64_t start, uint64_t stop, size_t *nbytes)
{
    size_t room = (stop - start + 2) * 21, used = 0;
    char *text = malloc(room);
    assert_non_null(text);
    for (uint64_t n = start; n <= stop; n++)
        if (pel_is_prime(n))
            used += (size_t)snprintf(text + used, room - used, "%" PRIu64 "\n", n);
    *nbytes = used;
    return text;
}

static void test_list_is_right(void **state)
{
    (void)state;
    static const uint64_t intervals[][2] = {
        {0, 300000}, {9990, 20011}, {99999999990000, 100000000020000}};
    for (size_t i = 0; i < 3; i++) {
        char arguments[100];
        size_t nbytes;
        char *expected = list_by_oracle(intervals[i][0], intervals[i][1], &nbytes);
        (void)snprintf(arguments, sizeof arguments, "%" PRIu64 " %" PRIu64 " -p", intervals[i][0],
                       intervals[i][1]);
        struct test_run got = run(arguments);
        expected[nbytes] = '\0';
        assert_true(strcmp(got.out, expected) == 0);
        test_run_free(&got);
        free(expected);
    }
}

/* Large enough for several parts. */
static void test_threads_make_the_same_list(void **state)
{
    (void)state;
    static const char *const forms[] = {"-p", "-p -b"};
    for (int form = 0; form < 2; form++) {
        char *first = NULL;
        for (int threads = 1; threads <= 7; threads += threads < 3 ? 1 : 4) {
            struct test_run got = test_run_shell("'%s' primes 1e6 2.5e7 %s -j %d | sha256sum",
                                                 PELTON_PROGRAM, forms[form], threads);
            assert_int_equal(got.status, 0);
            assert_string_equal(got.err, "");
            if (first)
                assert_string_equal(got.out, first);
            else
                first = strdup(got.out);
            test_run_free(&got);
        }
        free(first);
    }
}

static void test_binary_not_to_a_terminal(void **state)
{
    (void)state;
    int master, slave;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    struct test_run got =
        test_run_shell("'%s' primes 10 -p -b >'%s'", PELTON_PROGRAM, ttyname(slave));
    assert_int_equal(got.status, 2);
    assert_non_null(strstr(got.err, "no binary numbers to a terminal"));
    test_run_free(&got);
    close(master);
    close(slave);
}

/* ---- files ---- */

static struct test_run run_in(const char *folder, const char *arguments)
{
    return test_run_shell("cd '%s' && '%s' primes %s", folder, PELTON_PROGRAM, arguments);
}

static void expect_in(const char *folder, const char *arguments, int status, const char *out,
                      const char *err)
{
    struct test_run got = run_in(folder, arguments);
    if (got.status != status || strcmp(got.out, out) != 0 || strcmp(got.err, err) != 0)
        fail_msg("primes %s: status %d\n%s%s", arguments, got.status, got.out, got.err);
    test_run_free(&got);
}

static void expect_file(const char *folder, const char *name, const char *contents)
{
    size_t nbytes;
    char *data = (char *)test_file_read(test_path(folder, name), &nbytes);
    assert_string_equal(data, contents);
    free(data);
}

static void test_files(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    expect_in(folder, "10 -o list", 0, "", "pelton: 4 primes written to list\n");
    expect_file(folder, "list", "2\n3\n5\n7\n");
    expect_in(folder, "20 -o list", 2, "",
              "pelton: cannot write list: exists already, and is not to be replaced (--overwrite "
              "replaces it)\n");
    expect_file(folder, "list", "2\n3\n5\n7\n");
    expect_in(folder, "12 -q -o list --overwrite", 0, "", "");
    expect_file(folder, "list", "2\n3\n5\n7\n11\n");
    expect_in(folder, "10 -q -o new/deeper/list --count --sum", 0, "count 4\nsum 17\n", "");
    expect_file(folder, "new/deeper/list", "2\n3\n5\n7\n");
    expect_in(folder, "10 -o . --overwrite", 1, "",
              "pelton: cannot write .: not the name of a file\n");
    expect_in(folder, "10 -o new --overwrite", 2, "",
              "pelton: cannot write new: there is a folder of that name\n");
    expect_in(folder, "10 -q -o /dev/null", 0, "", "");
    expect_in(folder, "10 -o /dev/full", 1, "",
              "pelton: cannot write /dev/full: No space left on device\n");
    expect_in(folder, "10 -q -o /dev/stdout", 0, "2\n3\n5\n7\n", "");
    expect_in(folder, "10 -q -o /dev/full --count --sum", 1, "",
              "pelton: cannot write /dev/full: No space left on device\n");
    struct test_run got =
        test_run_shell("cd '%s' && mkfifo pipe && { cat pipe >copy & } && '%s' primes 10 "
                       "-q -o pipe && wait && cat copy && test -p pipe",
                       folder, PELTON_PROGRAM);
    assert_string_equal(got.out, "2\n3\n5\n7\n");
    assert_int_equal(got.status, 0);
    test_run_free(&got);
    expect_in(folder, "1e5 -o data -b -q --json >json && wc -c <data", 0, "76736\n", "");
    assert_int_equal(test_count_files(folder, NULL), 5); /* list, deeper/list, copy, data, json */
    test_folder_remove(folder);
}

static void test_full_file_system(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct test_run got = test_run_shell("cd '%s' && ulimit -f 100 && '%s' primes 1e7 -o list",
                                         folder, PELTON_PROGRAM);
    assert_int_equal(got.status, 1);
    assert_string_equal(got.err, "pelton: cannot write list: File too large\n");
    test_run_free(&got);
    assert_int_equal(test_count_files(folder, NULL), 0);
    test_folder_remove(folder);
}

/* ---- the end before the end ---- */

static void test_closed_pipe(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct test_run got = test_run_shell(
            "bash -c '\"%s\" primes 1e13 -p -j %d | head -n 3; exit ${PIPESTATUS[0]}'",
            PELTON_PROGRAM, threads);
        assert_string_equal(got.out, "2\n3\n5\n");
        assert_string_equal(got.err, "");
        assert_int_equal(got.status, 1);
        test_run_free(&got);
    }
}

/* A signal that comes once the program handles it: SIGTERM, for a shell's background jobs ignore SIGINT,
 * which has the same handler (and 4 in the same digit of the mask is SIGTERM's bit). */
#define TERMINATE                                                                                  \
    "pid=$!; while ! grep -q 'SigCgt:.*[4567cdef]...$' /proc/$pid/status; do sleep 0.01; done; "   \
    "sleep 0.1; kill -TERM $pid; wait $pid"

static void test_interrupted(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *const arguments[] = {"1e15 -o list -j 2",   "1e15 -o list -j 1",
                                     "1e16 --method sieve", "1e16 --gaps",
                                     "1e15 --method trial", "2^64-200 2^64-1 --method trial",
                                     "1e18 --sum"};
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
        struct test_run got = test_run_shell("cd '%s' && '%s' primes -q %s & " TERMINATE, folder,
                                             PELTON_PROGRAM, arguments[i]);
        assert_string_equal(got.err, "pelton: interrupted\n");
        assert_string_equal(got.out, "");
        assert_int_equal(got.status, 130);
        test_run_free(&got);
        assert_int_equal(test_count_files(folder, NULL), 0);
    }
    /* The reader reads nothing: a write hangs. */
    struct test_run got =
        test_run_shell("cd '%s' && { '%s' primes 1e12 -p & " TERMINATE "; echo $? >status; } | "
                       "{ while ! test -s status; do sleep 0.02; done; }; cat status",
                       folder, PELTON_PROGRAM);
    assert_string_equal(got.out, "130\n");
    test_run_free(&got);
    test_folder_remove(folder);
}

/* ---- checks ---- */

static void test_disagreement(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    struct pel_u128 a = {.lo = 5}, b = {.lo = 5, .hi = 1};
    bool same = primes_agree("count", a, a, "the sieve"),
         differ = primes_agree("sum", a, b, "the sieve");
    dup2(saved, STDERR_FILENO);
    close(saved);
    char text[200] = "";
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_true(same);
    assert_false(differ);
    assert_string_equal(
        text, "pelton: check failed: the sum is 5, but 18446744073709551621 by the sieve\n");
}

static int check(struct primes_options *options, struct primes_results *results)
{
    struct pel_team team = pel_team(1);
    struct pel_error err = {0};
    options->nthreads = 1;
    options->quiet = true;
    return primes_check(options, &team, results, &err);
}

/* Wrong results, one at a time. */
static void test_check_finds_it(void **state)
{
    (void)state;
    static struct primes_results results;
    uint64_t residues[4] = {0, 11, 1, 13};
    struct primes_options options = {.stop = 100, .modulus = 4, .wants = WANT_COUNT | WANT_SUM};
    results.method = results.sum_method = PEL_PRIMES_SIEVE;
    results.answers.count = 25;
    results.answers.sum.lo = 1060;
    results.residues = residues;
    assert_int_equal(check(&options, &results), CLI_OK);
    results.answers.count = 24;
    assert_int_equal(check(&options, &results), CLI_SOME_FAILED);
    results.answers.count = 25;
    results.answers.sum.hi = 1;
    assert_int_equal(check(&options, &results), CLI_SOME_FAILED);
    options.wants = WANT_RESIDUES;
    assert_int_equal(check(&options, &results), CLI_OK);
    residues[1] = 12;
    assert_int_equal(check(&options, &results), CLI_SOME_FAILED);
    options.wants = WANT_GAPS;
    assert_int_equal(check(&options, &results), CLI_SOME_FAILED);
    results.answers.gaps[2] = 24;
    assert_int_equal(check(&options, &results), CLI_OK);
    options.wants = WANT_LIST;
    results.listed = 25;
    assert_int_equal(check(&options, &results), CLI_OK);
    results.listed = 26;
    assert_int_equal(check(&options, &results), CLI_SOME_FAILED);
    options.wants = WANT_NTH;
    options.nth = 25;
    results.nth = 97;
    assert_int_equal(check(&options, &results), CLI_OK);
    results.nth = 91; /* 7 * 13 */
    assert_int_equal(check(&options, &results), CLI_SOME_FAILED);
    results.nth = 89;
    assert_int_equal(check(&options, &results), CLI_SOME_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_one_number),
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_many_results),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_wrong_usage),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_is_right),
        cmocka_unit_test(test_threads_make_the_same_list),
        cmocka_unit_test(test_binary_not_to_a_terminal),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_full_file_system),
        cmocka_unit_test(test_closed_pipe),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_disagreement),
        cmocka_unit_test(test_check_finds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
