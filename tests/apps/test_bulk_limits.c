/* `pelton bulk` and memory: files larger than there is room for, and queries that would take too much. */
#include "bulk_cli.h"

#include <fcntl.h>
#include <unistd.h>

/* A .npy whose zeros are a hole: `gigabytes` of f64 between two ones. */
static uint64_t make_large(const char *path, uint64_t nrows)
{
    unsigned char head[128];
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01\x00\x76\x00", 10);
    int n = snprintf((char *)head + 10, 118,
                     "{'descr': '<f8', 'fortran_order': False, 'shape': (%llu,), }",
                     (unsigned long long)nrows);
    head[10 + n] = ' ';
    head[127] = '\n';
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    double one = 1;
    assert_true(fd >= 0 && pwrite(fd, head, sizeof head, 0) == sizeof head);
    assert_int_equal(pwrite(fd, &one, 8, 128), 8);
    assert_int_equal(pwrite(fd, &one, 8, (off_t)(128 + 8 * (nrows - 1))), 8);
    assert_int_equal(close(fd), 0);
    return 128 + 8 * nrows;
}

/* 1 GB of numbers in an address space of 600 MB: streamed. */
static void test_file_larger_than_memory(void **state)
{
    (void)state;
    if (WITH_ASAN)
        skip();
    char *folder = test_folder_make();
    (void)make_large(test_path(folder, "large.npy"), 125000000);
    struct test_run got = test_run_shell(
        "cd '%s' && ulimit -v 600000 && OMP_STACKSIZE=1M '%s' bulk large.npy "
        "'select n = count(x > 0), s = sum(x), m = max(x), a = argmax(x)' -j 2 --read stream",
        folder, PELTON_PROGRAM);
    assert_string_equal(got.err, "");
    assert_string_equal(got.out, "n,s,m,a\n2,2.0,1.0,0\n");
    test_run_free(&got);
    test_folder_remove(folder);
}

/* Ten rows of 1 MB through a pipe take as much as they are, and not as 65536 of them would. */
static void test_few_wide_rows(void **state)
{
    (void)state;
    if (WITH_ASAN)
        skip();
    enum { NBYTES = 128 + 10 * 1000000 };
    char *folder = test_folder_make();
    char *bytes = calloc(1, NBYTES);
    assert_non_null(bytes);
    memset(bytes, ' ', 128);
    memcpy(bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    static const char header[] = "{'descr': [('', '|V999999'), ('a', '|u1')], "
                                 "'fortran_order': False, 'shape': (10,)}";
    memcpy(bytes + 10, header, sizeof header - 1);
    test_file_write(test_path(folder, "wide.npy"), bytes, NBYTES);
    struct test_run got = test_run_shell("cd '%s' && ulimit -v 600000 && cat wide.npy | "
                                         "OMP_STACKSIZE=1M '%s' bulk - --from npy "
                                         "'select n = count(), s = sum(a)' -j 2",
                                         folder, PELTON_PROGRAM);
    assert_string_equal(got.err, "");
    assert_string_equal(got.out, "n,s\n10,0\n");
    test_run_free(&got);
    free(bytes);
    test_folder_remove(folder);
}

/* What is held stays within --memory, and little is needed beside it. */
static void test_memory_is_bounded(void **state)
{
    (void)state;
    if (WITH_ASAN)
        skip();
    char *folder = test_folder_make();
    (void)make_large(test_path(folder, "large.npy"), 25000000);
    uint64_t peak = test_peak_memory(
        "cd '%s' && '%s' bulk large.npy 'where x > 0 | select sqrt(x) | sum' -j 2 --read stream "
        "-o /dev/null",
        folder, PELTON_PROGRAM);
    if (peak > 100000000)
        fail_msg("%llu bytes to stream a file", (unsigned long long)peak);
    peak = test_peak_memory("'%s' bulk 'range(1, 1e7)' 'group by k = x %% 1000 | select k, sum(x)' "
                            "-j 2 -o /dev/null --memory 16M",
                            PELTON_PROGRAM);
    if (peak > 100000000)
        fail_msg("%llu bytes to group", (unsigned long long)peak);
    test_folder_remove(folder);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "order by x desc",
        "group by x | select x, n = count()",
        "distinct",
        "select median(x)",
    };
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct test_run got = test_run_shell(
            "'%s' bulk 'random(3e6)' '%s' --memory 2M -o /dev/null", PELTON_PROGRAM, queries[i]);
        if (got.status != 1 || !strstr(got.err, "limit of 2097152 bytes") ||
            !strstr(got.err, " (--memory)\n"))
            fail_msg("%s: status %d, %s", queries[i], got.status, got.err);
        test_run_free(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_larger_than_memory),
        cmocka_unit_test(test_few_wide_rows),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
