/* `pelton bulk`: sources and sinks there and back, standard input, pipes, outputs that are complete or absent,
 * signals, limits of memory. */
#include "bulk_cli.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The rows that all round trips make: numbers of three types; text where the format has it. */
#define ROWS "'range(1, 70001)' 'select i = x * x, f = sqrt(x) - 100, g = float32(1 / x)'"

/* There in one format, back through another: the same CSV. */
static void test_round_trips(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    static const char *const reads[][2] = {
        {"csv", "there.csv --types g=f32"},
        {"tsv", "there.tsv --types g=f32"},
        {"npy", "there.npy"},
        {"npy", "there.npy --read map"},
        {"npy", "there.npy --read stream"},
        {"raw", "there.raw --dtype i64,f64,f32 --columns i,f,g"},
        {"raw", "there.raw --dtype i64,f64,f32 --columns i,f,g --read stream"},
    };
    static const char *const formats[] = {"csv", "tsv", "npy", "raw"};
    make_in(folder, ROWS " -o expected.csv");
    for (size_t i = 0; i < 4; i++) {
        char arguments[300];
        (void)snprintf(arguments, sizeof arguments, ROWS " -o there.%s", formats[i]);
        make_in(folder, arguments);
    }
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        char arguments[300];
        (void)snprintf(arguments, sizeof arguments, "%s '' | cmp - expected.csv", reads[i][1]);
        make_in(folder, arguments);
        (void)snprintf(arguments, sizeof arguments, "%s '' -f %s | cmp - there.%s", reads[i][1],
                       formats[i % 2], formats[i % 2]);
        make_in(folder, arguments);
        /* A pipe has no place to go back to for a header of .npy. */
        (void)snprintf(arguments, sizeof arguments,
                       "%s '' -o back.%s --overwrite && cmp back.%s there.%s", reads[i][1],
                       formats[2 + i % 2], formats[2 + i % 2], formats[2 + i % 2]);
        make_in(folder, arguments);
    }
    test_folder_remove(folder);
}

/* Where the header cannot be written last, nothing is: neither to a pipe nor at a file's end. */
static void test_npy_of_unknown_length(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    static const char *const message =
        "pelton: cannot write standard output: the number of rows is not known beforehand, and the "
        ".npy "
        "header comes first: write to a file instead of a pipe, or raw or CSV\n";
    const char *filter = "'range(1, 9)' 'where x > 3' -f npy";
    char arguments[100];
    write_text(folder, "at_end.npy", "");
    (void)snprintf(arguments, sizeof arguments, "%s >>at_end.npy", filter);
    expect_in(folder, arguments, 1, "", message);
    expect_file(folder, "at_end.npy", "");
    (void)snprintf(arguments, sizeof arguments, "%s | cat", filter);
    expect_in(folder, arguments, 0, "", message);
    (void)snprintf(arguments, sizeof arguments, "%s >whole.npy", filter);
    make_in(folder, arguments);
    expect_in(folder, "whole.npy 'sum'", 0, "39\n", "");
    test_folder_remove(folder);
}

static void test_standard_input(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    write_text(folder, "s.csv", "a,b\n1,2\n3,4\n");
    make_in(folder, ROWS " -o t.npy");
    make_in(folder, ROWS " -o t.raw");
    expect_in(folder, "- count <t.npy", 0, "70001\n", "");
    expect_in(folder, "- count <s.csv", 0, "2\n", "");
    make_in(folder, "'range(0, 9)' 'select x * 0' -o zeros.raw");
    expect_in(folder, "- count <zeros.raw", 1, "",
              "pelton: standard input: a byte 0 in the first record: this is no text (--from tells "
              "what comes through a pipe)\n");
    expect_in(folder, "t.npy 'where i > 5 | skip 0 | first row'", 0, "0\n", "");
    expect_in(folder, "- s.csv count <t.npy", 1, "",
              "pelton: the inputs have different numbers of rows: s.csv has 2, standard input has "
              "70001\n");
    struct test_run raw = test_run_shell(
        "printf ABC | '%s' bulk - 'range(1, 5)' --dtype u8 --columns a count", PELTON_PROGRAM);
    assert_string_equal(raw.err, "pelton: the inputs have different numbers of rows: standard "
                                 "input has 3, range(1, 5) has 5\n");
    test_run_free(&raw);
    struct test_run got = test_run_shell(
        "cd '%s' && p='%s' && for q in 'sum i' 'select f - mean(f) | max' 'select median(g)'; do "
        "$p bulk t.npy \"$q\"; cat t.npy | $p bulk - \"$q\"; "
        "{ head -c 20 t.npy; sleep 0.1; tail -c +21 t.npy; } | $p bulk - --from npy \"$q\"; "
        "cat t.raw | $p bulk - --dtype i64,f64,f32 --columns i,f,g \"$q\"; "
        "$p bulk t.npy '' | $p bulk - --types g=f32 \"$q\"; done | uniq -c | wc -l",
        folder, PELTON_PROGRAM);
    assert_string_equal(got.out, "3\n");
    assert_string_equal(got.err, "");
    test_run_free(&got);
    got = test_run_shell("cd '%s' && head -c 1000 t.npy | '%s' bulk - --from npy count", folder,
                         PELTON_PROGRAM);
    assert_int_equal(got.status, 1);
    assert_string_equal(got.out, "");
    assert_non_null(strstr(got.err, "where more was to come"));
    test_run_free(&got);
    got =
        test_run_shell("cd '%s' && cat t.raw | '%s' bulk - --dtype f32 'select x - mean(x) | sum' "
                       "--memory 1M",
                       folder, PELTON_PROGRAM);
    assert_int_equal(got.status, 1);
    assert_string_equal(got.err, "pelton: the query needs more memory than its limit of 1048576 "
                                 "bytes (--memory)\n");
    test_run_free(&got);
    test_folder_remove(folder);
}

static void test_options_of_inputs(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    write_text(folder, "no header.csv", "1;x\n2;NA\n");
    write_text(folder, "s.csv", "a,b\n1,2\n3,4\n");
    write_text(folder, "bytes.raw", "head\x01\x02\x03\x04");
    expect_in(folder, "'no header.csv' --no-header ''", 0, "c1,c2\n1,x\n2,NA\n", "");
    expect_in(folder, "'no header.csv' --no-header --columns n,t --null NA 'where t == \"\"'", 0,
              "n,t\n2,\n", "");
    expect_in(folder, "s.csv --types a=float,b=string ''", 0, "a,b\n1.0,2\n3.0,4\n", "");
    expect_in(folder, "s.csv --delimiter ';' count", 0, "2\n", "");
    expect_in(folder, "s.csv --columns 'q,a b' 'select `a b`'", 0, "a b\n2\n4\n", "");
    expect_in(folder, "bytes.raw --dtype u8 --offset 4 sum", 0, "10\n", "");
    expect_in(folder, "bytes.raw --dtype '>u2' --offset 4 sum", 0, "1030\n", "");
    expect_in(folder, "bytes.raw --dtype u16le,u16be --columns lo,hi --offset 4 ''", 0,
              "lo,hi\n513,772\n", "");
    expect_in(folder, "./s.csv '' -f tsv", 0, "a\tb\n1\t2\n3\t4\n", "");
    expect_in(folder, "-- s.csv 'sum a'", 0, "4\n", "");
    make_in(folder, "'range(1, 2)' 'select y = x' -o y.npy");
    expect_in(folder, "y.npy s.csv --null 3 --delimiter , 'select y, a'", 0, "y,a\n1,1.0\n2,nan\n",
              "");
    expect_in(folder, "y.npy bytes.raw --dtype i16 --columns u,v ''", 0,
              "y,u,v\n1,25960,25697\n2,513,1027\n", "");
    test_folder_remove(folder);
}

/* Names that clash are told apart by the input's; others stay as they are. */
static void test_same_names(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    write_text(folder, "a.csv", "p,q\n1,2\n3,4\n");
    write_text(folder, "2nd b.csv", "r,p\n5,6\n7,8\n");
    write_text(folder, "c.csv", "a.p\n0\n0\n");
    expect_in(folder, "a.csv '2nd b.csv' ''", 0, "a.p,q,r,_2nd_b.p\n1,2,5,6\n3,4,7,8\n", "");
    expect_in(folder, "a.csv '2nd b.csv' 'select s = a.p * _2nd_b.p, q + r | where s > 6'", 0,
              "s,q + r\n24,11\n", "");
    expect_in(folder, "a.csv - 'select sum(stdin.p), sum(a.p)' -f csv <'2nd b.csv'", 0,
              "sum(stdin.p),sum(a.p)\n14,4\n", "");
    expect_in(folder, "'range(1, 2)' 'random(2, 7)' 'primes(2, 3)' 'sum range.x * primes.x'", 0,
              "8\n", "");
    expect_in(folder, "a.csv c.csv 'select p, `a.p`'", 0, "p,a.p\n1,0\n3,0\n", "");
    expect_in(folder, "a.csv '2nd b.csv' 'sum p'", 2, "",
              "pelton: query: several columns could be meant by 'p' (say which: a.p, _2nd_b.p)\n"
              "  sum p\n      ^\n");
    test_folder_remove(folder);
}

/* Names that are taken even so get a number. */
static void test_same_names_still(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    write_text(folder, "a.csv", "p,q\n1,2\n3,4\n");
    write_text(folder, "c.csv", "a.p\n5\n6\n");
    write_text(folder, "d.csv", "p,d.p,d_2.p\n0,7,8\n0,7,8\n");
    make_in(folder, "'range(1, 2)' 'select price = x' -o one/price.npy");
    make_in(folder, "'range(3, 4)' 'select price = x' -o two/price.npy");
    expect_in(folder, "one/price.npy two/price.npy 'let s = price.price * price_2.price'", 0,
              "price.price,price_2.price,s\n1,3,3\n2,4,8\n", "");
    expect_in(folder, "a.csv a.csv a.csv ''", 0,
              "a.p,a.q,a_2.p,a_2.q,a_3.p,a_3.q\n1,2,1,2,1,2\n3,4,3,4,3,4\n", "");
    expect_in(folder, "a.csv c.csv 'range(1, 2)' 'range(4, 5)' 'select sum(p), sum(`a.p`)' -f csv",
              0, "sum(p),sum(`a.p`)\n4,11\n", "");
    expect_in(folder, "c.csv a.csv - '' <a.csv", 0,
              "a.p,a_2.p,a_2.q,stdin.p,stdin.q\n5,1,2,1,2\n6,3,4,3,4\n", "");
    expect_in(folder, "d.csv a.csv 'select d_3.p, d.p, d_2.p, a.p | take 1'", 0,
              "d_3.p,d.p,d_2.p,a.p\n0,7,8,1\n", "");
    expect_in(folder, "'range(1, 9)' 'range(2, 10)' 'sum range_2.x - range.x'", 0, "9\n", "");
    expect_in(folder, "a.csv a.csv 'sum p'", 2, "",
              "pelton: query: several columns could be meant by 'p' (say which: a.p, a_2.p)\n"
              "  sum p\n      ^\n");
    test_folder_remove(folder);
}

/* A .npy that ends early, by its first bytes or all of them, is never taken for text. */
static void test_cut_npy(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    static const int cuts[] = {1, 2, 5, 6, 7, 8, 127, 128, 129, 199};
    make_in(folder, "'range(1, 9)' 'select n = x' -o n.npy");
    assert_int_equal(mkfifo(test_path(folder, "pipe"), 0600), 0);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        char err[300], arguments[200];
        const int cut = cuts[i];
        if (cut < 128)
            (void)snprintf(err, sizeof err,
                           "pelton: standard input: ends after %d byte%s, in the middle of the "
                           ".npy header%s\n",
                           cut, cut == 1 ? "" : "s", cut < 12 ? "" : " of 128");
        else
            (void)snprintf(err, sizeof err,
                           "pelton: standard input: ended at byte %d, where more was to come: it "
                           "is shorter than it was, or than it says\n",
                           cut);
        (void)snprintf(arguments, sizeof arguments,
                       "n.npy count >all; head -c %d n.npy | '%s' bulk - sum", cut, PELTON_PROGRAM);
        expect_in(folder, arguments, 1, "", err);
        /* Into a pipe with a name nobody looks first. */
        (void)snprintf(arguments, sizeof arguments,
                       "n.npy count >all; head -c %d n.npy >pipe & '%s' bulk pipe sum", cut,
                       PELTON_PROGRAM);
        expect_in(folder, arguments, 1, "",
                  "pelton: pipe: begins as a .npy file does: this is no text\n");
    }
    test_folder_remove(folder);
}

static void test_what_is_told(void **state)
{
    (void)state;
    struct test_run got = test_run_shell("'%s' bulk 'range(1, 10)' 'select x - mean(x)' -v -j 1 "
                                         "-o /dev/null",
                                         PELTON_PROGRAM);
    assert_string_equal(got.err,
                        "pelton: range(1, 10): 10 rows of x i64\n"
                        "pelton: the rows are read 2 times, by 1 thread at most; result: csv, to "
                        "/dev/null\n");
    test_run_free(&got);
    got = test_run_shell("'%s' bulk 'range(1, 10)' sum --time -q", PELTON_PROGRAM);
    assert_string_equal(got.out, "55\n");
    assert_non_null(strstr(got.err, " s\n"));
    test_run_free(&got);
    got = test_run_shell("'%s' bulk 'range(1, 1e6)' sum --progress always", PELTON_PROGRAM);
    assert_non_null(strstr(got.err, "100 %, "));
    test_run_free(&got);
    got = test_run_shell("'%s' bulk 'range(1, 10)' 'select x - mean(x)' --explain", PELTON_PROGRAM);
    assert_non_null(strstr(got.out, "step 2: "));
    assert_non_null(strstr(got.out, "the source is read 2 times\n"));
    test_run_free(&got);
    got = test_run_shell("'%s' bulk --functions", PELTON_PROGRAM);
    assert_non_null(strstr(got.out, "\n  clip(a, lo, hi) "));
    assert_non_null(strstr(got.out, "\n  quantile(a, q) "));
    test_run_free(&got);
}

/* ---- outputs ---- */

static void test_outputs(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    write_text(folder, "s.csv", "a,b\n1,2\n3,4\n");
    make_in(folder, "s.csv 'select a' -o new/deeper/out.csv");
    expect_file(folder, "new/deeper/out.csv", "a\n1\n3\n");
    expect_in(folder, "s.csv '' -o s.csv", 2, "",
              "pelton: cannot write s.csv: exists already, and is not to be replaced (--overwrite "
              "replaces it)\n");
    expect_in(folder, "s.csv '' -o new --overwrite -f csv", 2, "",
              "pelton: cannot write new: there is a folder of that name\n");
    /* Onto itself: read to the end before it is replaced. */
    make_in(folder, "s.csv 'let c = a + b' -o s.csv --overwrite");
    expect_file(folder, "s.csv", "a,b,c\n1,2,3\n3,4,7\n");
    make_in(folder, "s.csv 'select sum(a), max(b)' -o sums.json");
    expect_file(folder, "sums.json", "{\"sum(a)\": 4, \"max(b)\": 4}\n");
    make_in(folder, "s.csv 'select sum(a)' -o sum.txt -f table");
    expect_file(folder, "sum.txt", "sum(a)\n     4\n");
    expect_in(folder, "s.csv 'select a' -o -", 0, "a\n1\n3\n", "");
    expect_in(folder, "s.csv 'select a' -o /dev/stdout", 0, "a\n1\n3\n", "");
    /* What fails leaves what was there, and nothing beside it. */
    expect_in(folder, "s.csv 'select 1 // (a - 3)' -o s.csv --overwrite", 1, "",
              "pelton: row 1: 1 // 0: division by zero\n");
    expect_file(folder, "s.csv", "a,b,c\n1,2,3\n3,4,7\n");
    assert_int_equal(test_count_files(folder, NULL), 4);
    expect_in(folder, "s.csv '' >/dev/full", 1, "",
              "pelton: cannot write standard output: writing: No space left on device\n");
    expect_in(folder, "s.csv 'sum a' >/dev/full", 1, "",
              "pelton: cannot write standard output: No space left on device\n");
    test_folder_remove(folder);
}

/* Standard output gets the rows of the chunks before the one that fails, by any number of threads. */
static void test_rows_before_a_failure(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct test_run got = test_run_shell(
        "cd '%s' && seq 200000 >s.csv && { cat s.csv; echo 1,2; cat s.csv; } >r.csv", folder);
    test_run_free(&got);
    for (int threads = 1; threads <= 7; threads += 2) {
        char arguments[200];
        (void)snprintf(arguments, sizeof arguments,
                       "r.csv --columns x --no-header '' -j %d | { sed 1d; seq 196609 200000; } | "
                       "cmp - s.csv",
                       threads);
        expect_in(folder, arguments, 0, "",
                  "pelton: r.csv: row 200000 (line 200001): 2 fields, where the first record has "
                  "1\n");
        (void)snprintf(arguments, sizeof arguments,
                       "s.csv --columns x --no-header 'select 10 // (x - 123456)' -j %d | wc -l",
                       threads);
        expect_in(folder, arguments, 0, "65537\n",
                  "pelton: row 123455: 10 // 0: division by zero\n");
    }
    test_folder_remove(folder);
}

/* Whoever reads has enough: quiet, and soon, though there are rows for hours. */
static void test_closed_pipe(void **state)
{
    (void)state;
    struct test_run got = test_run_shell(
        "{ '%s' bulk 'range(1, 1e15)' 'select x'; echo \"status $?\" >&2; } | head -n 3",
        PELTON_PROGRAM);
    assert_string_equal(got.out, "x\n1\n2\n");
    assert_string_equal(got.err, "status 1\n");
    test_run_free(&got);
}

/* ---- signals ---- */

static void interrupt(const char *folder, const char *arguments, int number)
{
    char command[600];
    (void)snprintf(command, sizeof command, "cd '%s' && exec '%s' bulk %s >/dev/null 2>said",
                   folder, PELTON_PROGRAM, arguments);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    usleep(150000);
    assert_int_equal(kill(child, number), 0);
    int status, ticks = 0;
    while (waitpid(child, &status, WNOHANG) == 0)
        if (usleep(10000) == 0 && ++ticks == 1000) /* far more than a loaded machine needs */
            (void)kill(child, SIGKILL);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 130)
        fail_msg("%s: status %x", arguments, (unsigned)status);
    expect_file(folder, "said", "pelton: interrupted\n");
    assert_int_equal(test_count_files(folder, NULL), 1);
}

/* Queries that would take hours, in every way that one is run; nothing but the message is left. */
static void test_signals(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    interrupt(folder, "'range(1, 1e15)' 'select sqrt(x) | sum'", SIGINT);
    interrupt(folder, "'range(1, 1e15)' 'where isprime(x * 2) | count' -j 3", SIGTERM);
    interrupt(folder, "'range(1, 1e15)' 'group by k = x % 7 | select k, n = count()'", SIGINT);
    interrupt(folder, "'range(1, 1e15)' 'select x - mean(x)'", SIGHUP);
    interrupt(folder, "'primes(1, 1e15)' 'sum' -j 1", SIGINT);
    interrupt(folder, "'range(1, 1e15)' 'where x % 1000 == 0 and isprime(x) or x < 10' -o out.raw",
              SIGINT);
    test_folder_remove(folder);
}

/* Nobody writes to standard input, or reads what is written to the pipe; the second case is of a table. */
static void test_signals_while_waiting(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    assert_int_equal(mkfifo(test_path(folder, "pipe"), 0600), 0);
    assert_int_equal(mkfifo(test_path(folder, "lonely"), 0600), 0);
    int fd = open(test_path(folder, "pipe"), O_RDWR);
    assert_true(fd >= 0);
    static const char *const cases[] = {
        "pipe count",
        "pipe count -o out.csv",
        "pipe --from npy count",
        "lonely --from npy count",
        "lonely count",
        "pipe --from raw --dtype f64 'select x - mean(x)' -o out.csv",
        "'range(1, 1e15)' 'select x' -f csv -o pipe",
        "'range(1, 1e5)' '' -f table -o pipe",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        interrupt(folder, cases[i], SIGTERM);
    close(fd);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_standard_input),
        cmocka_unit_test(test_npy_of_unknown_length),
        cmocka_unit_test(test_options_of_inputs),
        cmocka_unit_test(test_same_names),
        cmocka_unit_test(test_same_names_still),
        cmocka_unit_test(test_cut_npy),
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_rows_before_a_failure),
        cmocka_unit_test(test_closed_pipe),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_signals_while_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
