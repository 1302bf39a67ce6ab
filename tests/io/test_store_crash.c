/* The store when its process dies at any moment, and the order of its system calls. The program
 * starts itself again as the writer: test_io_store_crash write FOLDER DURABILITY SEED ROUNDS. */
#include "support.h"

#include <pelton/store.h>
#include <pelton/system.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TARGETS = 8, SMALLEST = 16, LARGEST = 200000 };

/* ---- contents that tell whether they are complete -------------------------------------------- */

/* 8 bytes length, then bytes that follow from their place and the length. */
static struct pel_bytes make_complete(size_t nbytes)
{
    struct pel_bytes bytes = {.data = malloc(nbytes), .nbytes = nbytes};
    uint64_t length = nbytes;
    memcpy(bytes.data, &length, sizeof length);
    for (size_t i = sizeof length; i < nbytes; i++)
        bytes.data[i] = (unsigned char)(nbytes + i * 13);
    return bytes;
}

/* Is what the descriptor refers to one complete output? */
static bool is_complete(int fd)
{
    static unsigned char data[LARGEST + 1];
    size_t nbytes = 0;
    for (ssize_t n; (n = read(fd, data + nbytes, sizeof data - nbytes)) > 0;)
        nbytes += (size_t)n;
    uint64_t length;
    memcpy(&length, data, sizeof length);
    bool complete = nbytes >= SMALLEST && length == nbytes;
    for (size_t i = sizeof length; complete && i < nbytes; i++)
        complete = data[i] == (unsigned char)(nbytes + i * 13);
    return complete;
}

/* Targets in the folder that are there but not complete. */
static int count_partial(const char *folder)
{
    int partial = 0;
    for (int i = 0; i < TARGETS; i++) {
        char path[4200];
        (void)snprintf(path, sizeof path, "%s/target %d", folder, i);
        int fd = open(path, O_RDONLY);
        if (fd < 0)
            continue;
        partial += !is_complete(fd);
        close(fd);
    }
    return partial;
}

static size_t count_targets(const char *folder)
{
    size_t count = 0;
    for (int i = 0; i < TARGETS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "target %d", i);
        count += test_file_exists(test_path(folder, name));
    }
    return count;
}

/* ---- the writer ------------------------------------------------------------------------------ */

static void count_failure(void *ctx, const struct pel_store_result *result)
{
    int *nfailed = ctx;
    if (result->error.code == 0)
        return;
    fprintf(stderr, "%s: %s\n", pel_stage_name(result->error.stage), result->error.message);
    ++*nfailed;
}

/* Overwrites the targets `rounds` times in random order and sizes. Exit status 1 when one failed.
 */
static int write_targets(const char *folder, int durability, uint64_t seed, long rounds)
{
    struct test_random random = {seed};
    struct pel_store_options options = {.durability = (enum pel_durability)durability,
                                        .queue_bytes = 3 * LARGEST};
    struct pel_store *store;
    int nfailed = 0;
    if (pel_store_open(&store, &options, NULL) != 0)
        return 2;
    for (long i = 0; i < rounds; i++) {
        char path[4200];
        (void)snprintf(path, sizeof path, "%s/target %zu", folder,
                       test_random_below(&random, TARGETS));
        struct pel_bytes bytes =
            make_complete(SMALLEST + test_random_below(&random, LARGEST - SMALLEST));
        if (pel_store_put(store, path, true, &bytes, count_failure, &nfailed, NULL) != 0)
            return 3;
    }
    pel_store_close(store);
    return nfailed != 0;
}

static pid_t start_writer(const char *folder, int durability, uint64_t seed, long rounds)
{
    char arguments[3][32];
    (void)snprintf(arguments[0], sizeof arguments[0], "%d", durability);
    (void)snprintf(arguments[1], sizeof arguments[1], "%llu", (unsigned long long)seed);
    (void)snprintf(arguments[2], sizeof arguments[2], "%ld", rounds);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    execl("/proc/self/exe", "writer", "write", folder, arguments[0], arguments[1], arguments[2],
          (char *)NULL);
    _exit(127);
}

/* ---- kill -9 --------------------------------------------------------------------------------- */

/* The longest that a writer lives; starting it takes a few milliseconds, more under a sanitizer. */
enum { KILLS = 100, LIFE_US = 40000 };

static void test_killed_at_any_moment(void **state)
{
    (void)state;
    struct test_random random = {test_seed(22)};
    char *folder = test_folder_make();
    size_t temps = 0, done = 0;
    for (int i = 0; i < KILLS; i++) {
        pid_t pid = start_writer(folder, i % 3, test_random_next(&random), 1000000);
        uint64_t end = pel_now_ns() + 1000 * test_random_below(&random, LIFE_US);
        do { /* a reader sees old or new meanwhile */
            assert_int_equal(count_partial(folder), 0);
            usleep(500);
        } while (pel_now_ns() < end);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(count_partial(folder), 0);
        if (i % 10 == 9) {
            done = count_targets(folder);
            temps += test_count_files(folder, NULL) - done;
            assert_true(pel_store_sweep(folder) >= 0);
            assert_int_equal(test_count_files(folder, NULL), done);
        }
    }
    print_message("%d kills left %zu temporary files, all swept; %zu targets\n", KILLS, temps,
                  done);
    assert_true(temps > 0); /* otherwise no writer was killed at work, and the test shows nothing */
    assert_true(done > 0);
    test_folder_remove(folder);
}

/* Writers at work, and sweeping all the time: no file is taken from under them. */
static void test_sweep_beside_living_writers(void **state)
{
    (void)state;
    enum { WRITERS = 2 };
    char *folder = test_folder_make();
    for (int durability = 0; durability < 3; durability++) {
        for (int i = 0; i < WRITERS; i++)
            (void)start_writer(folder, durability, (uint64_t)i, durability ? 60 : 400);
        int running = WRITERS, swept = 0;
        while (running > 0) {
            int n = pel_store_sweep(folder), status;
            assert_true(n >= 0);
            swept += n;
            pid_t pid = waitpid(-1, &status, WNOHANG);
            if (pid > 0) {
                assert_true(WIFEXITED(status));
                assert_int_equal(WEXITSTATUS(status), 0);
                running--;
            }
        }
        assert_int_equal(count_partial(folder), 0);
        assert_int_equal(test_count_files(folder, NULL), TARGETS);
        print_message("swept %d files between creation and lock\n", swept);
    }
    test_folder_remove(folder);
}

/* ---- order of system calls, and faults in them ----------------------------------------------- */

static void skip_without_strace(void)
{
    struct test_run run = test_run_shell("strace -f -o /dev/null true");
    int status = run.status;
    test_run_free(&run);
    if (status != 0) {
        print_message("skipped: strace is missing, or may not trace here\n");
        skip();
    }
}

/* Runs the writer for a number of outputs under strace with the given options; the trace of fsync
 * and rename calls comes back in run.out. LeakSanitizer cannot work under strace. */
static struct test_run trace_writer(const char *folder, int durability, int rounds,
                                    const char *options)
{
    return test_run_shell(
        "ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e signal=none -y "
        "-e trace=fsync,fdatasync,renameat,renameat2,rename,sync_file_range,linkat %s "
        "-o '%s/trace' '/proc/%d/exe' write '%s/out' %d 7 %d; "
        "status=$?; cat '%s/trace'; exit $status",
        options, folder, (int)getpid(), folder, durability, rounds, folder);
}

static int count_matches(const char *text, const char *word)
{
    int count = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

/* The calls in the order of the trace as letters: s fsync of a temporary file, d fsync of the
 * folder, r rename. `calls` has room for 200. */
static void read_calls(const char *trace, char calls[200])
{
    size_t n = 0;
    while (*trace && n + 1 < 200) {
        size_t length = strcspn(trace, "\n");
        char line[1024];
        (void)snprintf(line, sizeof line, "%.*s", (int)length, trace);
        if (strstr(line, "rename") && !strstr(line, "resumed"))
            calls[n++] = 'r';
        else if (strstr(line, " fsync(") && strstr(line, ".pelton."))
            calls[n++] = 's';
        else if (strstr(line, " fsync("))
            calls[n++] = 'd';
        trace += length + (trace[length] == '\n');
    }
    calls[n] = '\0';
}

static void test_order_of_calls(void **state)
{
    (void)state;
    skip_without_strace();
    static const char *const wanted[] = {"rrr", "srsrsr", "dsssrrrd"}; /* first d: a new folder's */
    for (int durability = 0; durability < 3; durability++) {
        char *folder = test_folder_make(), calls[200];
        struct test_run run = trace_writer(folder, durability, 3, "");
        assert_int_equal(run.status, 0);
        read_calls(run.out, calls);
        assert_string_equal(calls, wanted[durability]);
        assert_int_equal(count_matches(run.out, "sync_file_range("), durability == 2 ? 3 : 0);
        test_run_free(&run);
        test_folder_remove(folder);
    }
}

/* fsync fails once: the outcome is an error, the target is untouched, the temporary file gone, and
 * there is no second attempt. */
static void test_sync_fails(void **state)
{
    (void)state;
    skip_without_strace();
    for (int durability = 1; durability < 3; durability++) {
        char *folder = test_folder_make(), calls[200];
        assert_int_equal(mkdir(test_path(folder, "out"), 0777), 0);
        struct test_run run =
            trace_writer(folder, durability, 1, "-e inject=fsync:error=EIO:when=1");
        assert_int_equal(run.status, 1);
        assert_non_null(strstr(run.err, "sync: syncing the contents: Input/output error"));
        read_calls(run.out, calls);
        assert_string_equal(calls, "s");
        assert_int_equal(test_count_files(test_path(folder, "out"), NULL), 0);
        test_run_free(&run);
        test_folder_remove(folder);
    }
}

/* Of three members of a group the second cannot be synced: it alone is missing. */
static void test_sync_fails_in_group(void **state)
{
    (void)state;
    skip_without_strace();
    char *folder = test_folder_make(), calls[200];
    assert_int_equal(mkdir(test_path(folder, "out"), 0777), 0);
    struct test_run run = trace_writer(folder, 2, 3, "-e inject=fsync:error=EIO:when=2");
    assert_int_equal(run.status, 1);
    assert_int_equal(count_matches(run.err, "Input/output error"), 1);
    read_calls(run.out, calls);
    assert_string_equal(calls, "sssrrd");
    assert_int_equal(count_partial(test_path(folder, "out")), 0);
    test_run_free(&run);
    test_folder_remove(folder);
}

static void test_folder_sync_fails(void **state)
{
    (void)state;
    skip_without_strace();
    char *folder = test_folder_make(), calls[200];
    assert_int_equal(mkdir(test_path(folder, "out"), 0777), 0);
    struct test_run run = trace_writer(folder, 2, 3, "-e inject=fsync:error=EIO:when=4");
    assert_int_equal(run.status, 1);
    assert_int_equal(count_matches(run.err, "sync: syncing its folder: Input/output error"), 3);
    read_calls(run.out, calls);
    assert_string_equal(calls, "sssrrrd");
    test_run_free(&run);
    test_folder_remove(folder);
}

static void test_rename_fails(void **state)
{
    (void)state;
    skip_without_strace();
    char *folder = test_folder_make();
    struct test_run run =
        trace_writer(folder, 0, 1, "-e inject=renameat,renameat2,rename:error=EPERM");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.err, "rename: "));
    assert_int_equal(test_count_files(test_path(folder, "out"), NULL), 0);
    test_run_free(&run);
    test_folder_remove(folder);
}

/* Stands in for libc's while this program runs. Once armed, the first close of a temporary file closes
 * it and reports what a quota or NFS would only then. */
static int closes_to_fail;

int close(int fd)
{
    char path[4200], link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = closes_to_fail > 0 ? readlink(link, path, sizeof path - 1) : 0;
    path[length > 0 ? length : 0] = '\0';
    int result = (int)syscall(SYS_close, fd);
    if (!strstr(path, ".pelton."))
        return result;
    closes_to_fail--;
    errno = EDQUOT;
    return -1;
}

static void test_close_fails(void **state)
{
    (void)state;
    for (int durability = 0; durability < 3; durability++) {
        char *folder = test_folder_make();
        closes_to_fail = 1;
        assert_int_equal(write_targets(folder, durability, 7, 1), 1);
        assert_int_equal(closes_to_fail, 0);
        assert_int_equal(test_count_files(folder, NULL), 0);
        test_folder_remove(folder);
    }
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "write") == 0)
        return write_targets(argv[2], atoi(argv[3]), strtoull(argv[4], NULL, 0), atol(argv[5]));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_any_moment),
        cmocka_unit_test(test_sweep_beside_living_writers),
        cmocka_unit_test(test_order_of_calls),
        cmocka_unit_test(test_sync_fails),
        cmocka_unit_test(test_sync_fails_in_group),
        cmocka_unit_test(test_folder_sync_fails),
        cmocka_unit_test(test_rename_fails),
        cmocka_unit_test(test_close_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
