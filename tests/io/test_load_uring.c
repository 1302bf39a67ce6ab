/* io_uring denied by the system: at setup, at the first call, in the middle of a run. Each time with a
 * system call filter of the test's own, in a child process. */
#include "load_files.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static int setup(void **state)
{
    static struct files files;
    struct test_random random = {test_seed(12)};
    files_open(&files, 200);
    files_add_many(&files, 200, 30000, &random);
    *state = &files;
    return 0;
}

static int teardown(void **state)
{
    files_close(*state);
    return 0;
}

/* From now on, in all threads, the call fails with the error. */
static void deny(long call, int error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0);
}

/* Loads all; after `deny_after` items the call is denied. */
static struct pel_load_stats load_denied(const struct files *files, size_t deny_after, long call,
                                         int error)
{
    if (deny_after == 0)
        deny(call, error);
    struct pel_backend backend = pel_backend_uring;
    backend.tries_cache = false;
    struct pel_load_options options = {.budget_bytes = 100000};
    struct pel_load *load;
    struct pel_load_item item;
    CHECK(pel_load_open_backend(&load, (const char *const *)files->paths, files->n, &options,
                                &backend, NULL) == 0);
    size_t n = 0;
    for (; pel_load_next(load, &item) > 0; n++) {
        CHECK(item_is_right(files, &item));
        pel_load_release(load, &item);
        if (n + 1 == deny_after)
            deny(call, error);
    }
    CHECK(n == files->n);
    struct pel_load_stats stats;
    pel_load_close(load, &stats);
    CHECK(stats.abandoned == 0);
    return stats;
}

static void expect_fallback(const struct pel_load_stats *stats, const char *call, int error)
{
    CHECK(strcmp(stats->backend, "aio") == 0);
    CHECK(strstr(stats->fallback_reason, call));
    CHECK(strstr(stats->fallback_reason, strerror(error)));
}

static void with_setup_eperm(struct files *files)
{
    struct pel_load_stats stats = load_denied(files, 0, SYS_io_uring_setup, EPERM);
    expect_fallback(&stats, "io_uring_setup", EPERM);
    CHECK(strstr(stats.fallback_reason, "seccomp"));
}

static void with_setup_enosys(struct files *files)
{
    struct pel_load_stats stats = load_denied(files, 0, SYS_io_uring_setup, ENOSYS);
    expect_fallback(&stats, "io_uring_setup", ENOSYS);
}

static void with_enter_eperm(struct files *files)
{
    struct pel_load_stats stats = load_denied(files, 0, SYS_io_uring_enter, EPERM);
    expect_fallback(&stats, "io_uring_enter", EPERM);
}

static void with_enter_eperm_later(struct files *files)
{
    struct pel_load_stats stats = load_denied(files, 50, SYS_io_uring_enter, EPERM);
    CHECK(strcmp(stats.backend, "uring") == 0);
    CHECK(stats.sync_fallbacks > 50 && stats.sync_fallbacks <= 150);
}

static void denied(void **state)
{
    char detail[120];
    if (!pel_backend_uring.describe(detail, sizeof detail)) {
        printf("skipped: %s\n", detail);
        skip();
    }
    in_child(with_setup_eperm, *state);
    in_child(with_setup_enosys, *state);
    in_child(with_enter_eperm, *state);
    in_child(with_enter_eperm_later, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(denied),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
