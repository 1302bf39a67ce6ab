/* What `pelton bulk` says of wrong usage, wrong queries and wrong inputs: word by word. */
#include "bulk_cli.h"

#include <sys/stat.h>
#include <unistd.h>

struct wrong {
    const char *arguments, *message;
};

static const char *scratch(void)
{
    static char *folder;
    if (folder)
        return folder;
    folder = test_folder_make();
    write_text(folder, "s.csv", "a,b\n1,2\n3,4\n");
    write_text(folder, "l.csv", "c\n1\n2\n3\n");
    write_text(folder, "t.csv", "name\nx\ny\n");
    write_text(folder, "empty.csv", "");
    write_text(folder, "na.csv", "k,v\n\"a\nb\",1\nc,n/a\nd,3\n");
    write_text(folder, "z.npz", "PK\x03\x04\x14");
    write_text(folder, "t.csv.gz", "\x1f\x8b\x08");
    write_text(folder, "ragged.csv", "a,b\n1,2\n3\n");
    write_text(folder, "odd.raw", "12345678901234567890");
    write_text(folder, "magic.npy", "\x93NUMPY\x09\x01");
    make_in(folder, "'range(1, 1000)' 'select n = x' -o n.npy");
    make_in(folder, "'range(1, 999)' 'select m = x' -o m.npy");
    assert_int_equal(mkdir(test_path(folder, "folder"), 0700), 0);
    struct test_run got =
        test_run_shell("cd '%s' && head -c 1000 n.npy >cut.npy && cp n.npy without", folder);
    test_run_free(&got);
    return folder;
}

static void expect_all(const struct wrong *cases, size_t n, int status, const char *format)
{
    for (size_t i = 0; i < n; i++) {
        char err[1000];
        (void)snprintf(err, sizeof err, format, cases[i].message);
        expect_in(scratch(), cases[i].arguments, status, "", err);
    }
}

static void test_usage(void **state)
{
    (void)state;
    static const struct wrong cases[] = {
        {"", "no input and no query"},
        {"s.csv", "no query after 's.csv', or no input before it"},
        {"count --json", "no query after 'count', or no input before it"},
        {"s.csv count --overwrite", "--overwrite goes with --output FILE"},
        {"s.csv count -o ''", "--output needs the name of a file"},
        {"s.csv count -f xml",
         "--format xml: must be one of auto, table, csv, tsv, json, npy, raw"},
        {"s.csv '' -o out", "the name out tells no format: it ends in .csv, .tsv, .json, .npy or "
                            ".raw, or --format says it"},
        {"s.csv '' -o out.npz", "the name out.npz tells no format: it ends in .csv, .tsv, .json, "
                                ".npy or .raw, or --format says it"},
        {"s.csv '' -o out.npy --json", "--format json, but the name out.npy is that of a npy file"},
        {"s.csv '' -o out.csv -f raw", "--format raw, but the name out.csv is that of a csv file"},
        {"s.csv '' -o out.txt -f raw", "--format raw, but the name out.txt is that of a csv file"},
        {"s.csv count --from xls", "--from xls: must be one of auto, npy, raw, csv, tsv"},
        {"s.csv count --read twice", "--read twice: must be one of auto, map, stream"},
        {"s.csv count --sum best", "--sum best: must be one of tree, fast, dd, exact"},
        {"s.csv count --isa sse9", "--isa sse9: must be one of baseline, avx2, avx512"},
        {"s.csv count -j 0", "--threads 0: not between 1 and 4096"},
        {"s.csv count --memory 1K", "--memory 1K: not between 1048576 and 4611686018427387903"},
        {"s.csv count --memory lots", "--memory lots: not a number: 'lots' is not understood"},
        {"s.csv count --offset -1", "--offset -1: negative"},
        {"s.csv count --delimiter ab",
         "--delimiter ab: must be one byte, no quote and no end of line, or tab"},
        {"s.csv count --types a", "--types a: must be NAME=TYPE, with commas between several; a "
                                  "type is int, float, f32, bool or string"},
        {"s.csv count --types a=int,b=long",
         "--types a=int,b=long: must be NAME=TYPE, with commas between several; a type is int, "
         "float, f32, bool or string"},
        {"s.csv count --dtype f32",
         "--dtype is for raw files, and s.csv is read as another kind (--from)"},
        {"n.npy s.csv count --from npy --dtype f32",
         "--dtype is for raw files, and n.npy is read as another kind (--from)"},
        {"s.csv count --offset 4",
         "--offset is for raw files, and s.csv is read as another kind (--from)"},
        {"'range(1, 2)' count --dtype f32",
         "--dtype is for raw files, and range(1, 2) is computed"},
        {"n.npy count --null NA", "--null is for CSV, and n.npy is read as another kind (--from)"},
        {"odd.raw count --dtype u8 --null NA",
         "--null is for CSV, and odd.raw is read as another kind (--from)"},
        {"n.npy 'range(1, 2)' count --delimiter tab",
         "--delimiter is for CSV, and n.npy is read as another kind (--from)"},
        {"s.csv count --no-header --from npy",
         "--no-header is for CSV, and s.csv is read as another kind (--from)"},
        {"- count --null x <n.npy",
         "--null is for CSV, and standard input is read as another kind (--from)"},
        {"/dev/stdin count --types z=int <n.npy",
         "--types is for CSV, and standard input is read as another kind (--from)"},
        {"- sum --dtype i64 <n.npy",
         "--dtype is for raw files, and standard input is read as another kind (--from)"},
        {"- 'range(1, 2)' count --offset 4 <s.csv",
         "--offset is for raw files, and standard input is read as another kind (--from)"},
        {"without sum --dtype i64",
         "--dtype is for raw files, and without is read as another kind (--from)"},
        {"'range(1, 2)' count --types x=int", "--types is for CSV, and range(1, 2) is computed"},
        {"'range(1, 2)' count --read map", "--read is for files, and range(1, 2) is computed"},
        {"'range(1, 2)' count --from csv", "--from is for files, and range(1, 2) is computed"},
        {"odd.raw count", "odd.raw: raw numbers need --dtype, such as f32"},
        {"- - count", "standard input is among the inputs twice"},
        {"- /dev/stdin count", "standard input is among the inputs twice"},
        {"'range(1, 2)' 'primes(1, 2)' --columns a,b count",
         "--columns is for files, and range(1, 2) is computed"},
        {"'range(1)' count", "range(1): must be range(START, STOP[, STEP])"},
        {"'range(1, 2, 3, 4)' count", "range(1, 2, 3, 4): must be range(START, STOP[, STEP])"},
        {"'range(1, 2' count", "range(1, 2: must be range(START, STOP[, STEP])"},
        {"'range(1, 5, 0)' count", "range(1, 5, 0): the step must not be 0"},
        {"'range(1, 1e30)' count", "range(1, 1e30): STOP '1e30': not between -2^63 and 2^63-1"},
        {"'range(a, 5)' count", "range(a, 5): START 'a': not a number: 'a' is not understood"},
        {"'range(1.5, 5)' count", "range(1.5, 5): START '1.5': not a whole number"},
        {"'primes(10, 1)' count", "primes(10, 1): start is above stop"},
        {"'primes(1, 2^63)' count",
         "primes(1, 2^63): STOP '2^63': not between 0 and 9223372036854775807"},
        {"'random(-1)' count", "random(-1): N '-1': negative"},
        {"'random()' count", "random(): N '': not a number"},
        {"s.csv count --sums tree", "unknown option '--sums'; did you mean '--sum'?"},
    };
    expect_all(cases, sizeof cases / sizeof cases[0], 2,
               "pelton bulk: %s\nTry 'pelton bulk --help'.\n");
}

static void test_queries(void **state)
{
    (void)state;
    static const struct wrong cases[] = {
        {"s.csv 'selct a'", "expected a step such as where or select, not 'selct' (did you mean "
                            "select?)\n  selct a\n  ^~~~~"},
        {"s.csv 'select c'", "there is no column 'c' (columns: a, b)\n  select c\n         ^"},
        {"s.csv 'select a,'", "a value is missing at the end\n  select a,\n           ^"},
        {"s.csv 'where a'", "where needs a condition (bool), and this is an int64 (compare it: "
                            "a != 0)\n  where a\n        ^"},
        {"s.csv 'select a, a'", "two columns would be called 'a' (give one another name: other = "
                                "...)\n  select a, a\n            ^"},
        {"s.csv 'select (a'", "this parenthesis is not closed\n  select (a\n         ^"},
        {"s.csv 'select sqroot(a)'", "there is no function 'sqroot' (did you mean sqrt?)\n  "
                                     "select sqroot(a)\n         ^~~~~~"},
        {"s.csv 'select \"Zürich\", bb'", "there is no column 'bb' (columns: a, b)\n  select "
                                          "\"Zürich\", bb\n                   ^~"},
        {"t.csv 'select name + 1'", "+ is for numbers, and 'name' is text\n  select name + 1\n  "
                                    "       ^~~~"},
        {"na.csv 'sum v'",
         "sum is for numbers, and 'v' is text\n  sum v\n      ^\npelton: na.csv: row 1 (line 4), "
         "column 2 'v': 'n/a' is not a number, and makes the column text; see --null and --types"},
        {"l.csv na.csv 'select -v'",
         "- is for numbers, and 'v' is text\n  select -v\n          ^\npelton: na.csv: row 1 "
         "(line 4), column 2 'v': 'n/a' is not a number, and makes the column text; see --null and "
         "--types"},
        {"na.csv 'where v > 2'", "> of string and int64 (a text is written in quotes: v == "
                                 "\"...\")\n  where v > 2\n        "
                                 "^~~~~\npelton: na.csv: row 1 (line 4), column 2 'v': 'n/a' is "
                                 "not a number, and makes the "
                                 "column text; see --null and --types"},
        {"na.csv 'sum v' --types v=string",
         "sum is for numbers, and 'v' is text\n  sum v\n      ^"},
        {"na.csv 'sum k'", "sum is for numbers, and 'k' is text\n  sum k\n      ^"},
        {"s.csv 's.csv'", "expected a step such as where or select, not 's.csv' (steps: where, "
                          "let, select, group by, "
                          "order by, distinct, take, skip, sum, ...)\n  s.csv\n  ^~~~~\nThe query "
                          "goes last, behind the "
                          "inputs, and this is a file's name."},
        {"s.csv \"$(printf 'where a > 0 |\\n\\tselect zz')\"",
         "there is no column 'zz' (columns: a, b)\n  where a > 0 |  select zz\n                 "
         "       ^~"},
        {"s.csv 'where a > 1111111111111111 and b > 2222222222222222 and b < 33333333333333 | "
         "select c + 1111111111111111111 + 222222222222222222222222222222222222222222222'",
         "there is no column 'c' (columns: a, b)\n"
         "  11 and b > 2222222222222222 and b < 33333333333333 | select c + 1111111111111111111 + "
         "222222222222222222222222222222222222222222222\n"
         "                                                              ^"},
    };
    expect_all(cases, sizeof cases / sizeof cases[0], 2, "pelton: query: %s\n");
}

static void test_inputs(void **state)
{
    (void)state;
    static const struct wrong cases[] = {
        {"none.csv count", "none.csv: cannot open: No such file or directory"},
        {"count s.csv", "count: cannot open: No such file or directory (the query goes last, "
                        "behind the inputs)"},
        {"'prime(1, 9)' count",
         "prime(1, 9): cannot open: No such file or directory (computed rows are range(START, "
         "STOP[, STEP]), primes(START, STOP), random(N[, SEED]))"},
        {"folder count", "folder: is a folder, not a file"},
        {"z.npz count", "z.npz: is a zip archive, as .npz is: unpack it first"},
        {"- count <z.npz", "standard input: is a zip archive, as .npz is: unpack it first"},
        {"t.csv.gz count", "t.csv.gz: is compressed by gzip: unpack it first"},
        {"empty.csv count", "empty.csv: the text is empty"},
        {"/dev/null count", "/dev/null: the text is empty"},
        {"- count", "standard input: the text is empty"},
        {"ragged.csv count", "ragged.csv: row 1 (line 3): 1 field, where the first record has 2"},
        {"s.csv l.csv count",
         "the inputs have different numbers of rows: s.csv has 2, l.csv has 3"},
        {"n.npy m.npy count",
         "the inputs have different numbers of rows: m.npy has 999, n.npy has 1000"},
        {"odd.raw --dtype f64 count", "odd.raw: ends with 4 bytes that are not a whole row of 8"},
        {"odd.raw --dtype f31 count",
         "odd.raw: unknown type 'f31'; known are f16 to f64, i8 to i64, u8 to u64 and bool, with "
         "le or be behind, and numpy's as <f8"},
        {"odd.raw --dtype f32,f32 --columns a count",
         "odd.raw: more types than the 1 names that are given"},
        {"n.npy --columns a,b count", "n.npy: has 1 columns, but 2 names are given"},
        {"s.csv --columns a count", "s.csv: 1 names for 2 columns"},
        {"s.csv --types z=int count", "s.csv: no column to give a type to: 'z'"},
        {"cut.npy count",
         "cut.npy: is too short: its header says 1000 rows, 8128 bytes with the header, but it has "
         "1000"},
        {"magic.npy count", "magic.npy: ends after 8 bytes, in the middle of the .npy header"},
        {"s.csv 'select a // 0' -o out.csv", "row 0: 1 // 0: division by zero"},
        {"s.csv 'where a > 9 | min a'", "min: there are no rows"},
        {"'random(1e6)' 'order by x' --memory 1M -o out.csv",
         "the query needs more memory than its limit of 1048576 bytes (--memory)"},
        {"'range(1, 1e10)' '' --json --memory 1M",
         "the query needs more memory than its limit of 1048576 bytes (--memory)"},
        {"s.csv '' -o /dev/full", "cannot write /dev/full: writing: No space left on device"},
        {"t.csv '' -o out.npy",
         "cannot write out.npy: column 'name' is text, which a .npy file does not hold; write CSV"},
    };
    expect_all(cases, sizeof cases / sizeof cases[0], 1, "pelton: %s\n");
    assert_false(test_file_exists(test_path(scratch(), "out.csv")));
    assert_false(test_file_exists(test_path(scratch(), "out.npy")));
}

/* Not wrong in all cases, and so a warning. */
static void test_numbers_for_names(void **state)
{
    (void)state;
    static const char warning[] =
        "pelton: %s: the first record, taken for names, is numbers: --no-header if it is data\n";
    char err[200];
    write_text(scratch(), "bare.csv", "1.5,-2\n3,4\n");
    (void)snprintf(err, sizeof err, warning, "bare.csv");
    expect_in(scratch(), "bare.csv count", 0, "1\n", err);
    expect_in(scratch(), "bare.csv --columns a,b count", 0, "1\n", err);
    (void)snprintf(err, sizeof err, warning, "standard input");
    expect_in(scratch(), "- count <bare.csv", 0, "1\n", err);
    expect_in(scratch(), "bare.csv count -q", 0, "1\n", "");
    expect_in(scratch(), "bare.csv count --no-header", 0, "2\n", "");
    write_text(scratch(), "years.csv", "city,2025\nx,4\n");
    expect_in(scratch(), "years.csv count", 0, "1\n", "");
}

static void test_unreadable(void **state)
{
    (void)state;
    const char *folder = scratch();
    write_text(folder, "no.csv", "a\n1\n");
    assert_int_equal(chmod(test_path(folder, "no.csv"), 0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    /* As somebody else than root, who may read everything. */
    const char *drop = geteuid() ? "" : "setpriv --reuid 65534 --regid 65534 --clear-groups";
    struct test_run got =
        test_run_shell("cd '%s' && %s '%s' bulk no.csv count", folder, drop, PELTON_PROGRAM);
    if (got.status > 125) { /* no setpriv, or the program is not for others */
        test_run_free(&got);
        print_message("skipped: unreadable files, as nobody else can be made to run the program\n");
        skip();
    }
    assert_int_equal(got.status, 1);
    assert_string_equal(got.err, "pelton: no.csv: cannot open: Permission denied\n");
    test_run_free(&got);
}

static int remove_scratch(void **state)
{
    (void)state;
    test_folder_remove((char *)scratch());
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage),      cmocka_unit_test(test_queries),
        cmocka_unit_test(test_inputs),     cmocka_unit_test(test_numbers_for_names),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, remove_scratch);
}
