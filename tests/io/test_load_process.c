/* What a process does around the loader: signals, fork, processor affinity. */
#include "load_files.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>

static int setup(void **state)
{
    static struct files files;
    struct test_random random = {test_seed(10)};
    files_open(&files, 300);
    files_add_many(&files, 299, 30000, &random);
    (void)files_add(&files, 9000000);
    *state = &files;
    return 0;
}

static int teardown(void **state)
{
    files_close(*state);
    return 0;
}

/* Real AIO for every read. */
static struct pel_backend all_aio(void)
{
    struct pel_backend backend = pel_backend_aio;
    backend.tries_cache = false;
    return backend;
}

/* ---- signals ---- */

static pid_t main_thread;
static volatile sig_atomic_t nsignals, nelsewhere;

static void on_alarm(int number)
{
    (void)number;
    nsignals++;
    if (gettid() != main_thread)
        nelsewhere++;
}

static void load_under_alarms(const struct files *files, int flags)
{
    main_thread = gettid();
    nsignals = nelsewhere = 0;
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags}, before;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    struct pel_backend backend = all_aio();
    struct pel_load_options options = {.chunk_bytes = 10000}, slow = {.backend = "sim"};
    slow.sim.latency_ns = 2000000;
    for (int i = 0; i < 5; i++)
        (void)load_all(files, &options, &backend);
    (void)load_all(files, &slow, NULL);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    struct sigaction now;
    assert_int_equal(sigaction(SIGALRM, &before, &now), 0);
    assert_true(now.sa_handler == on_alarm);
    printf("%d signals\n", (int)nsignals);
    assert_true(nsignals > 20);
    assert_int_equal(nelsewhere, 0); /* neither the lane nor the helpers run handlers */
}

static void signals_all_the_time(void **state)
{
    sigset_t before, after;
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &before), 0);
    load_under_alarms(*state, 0);
    load_under_alarms(*state, SA_RESTART);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
    for (int i = 1; i <= SIGRTMAX; i++)
        assert_int_equal(sigismember(&after, i), sigismember(&before, i));
}

/* ---- fork ---- */

/* The inherited loader answers at once; a new one works, without the helpers that are not there. */
static void child(const struct files *files, struct pel_load *load, struct pel_load_item *held,
                  bool busy)
{
    struct pel_load_item item;
    struct pel_load_stats stats;
    (void)alarm(20);
    CHECK(pel_load_next(load, &item) == -EOWNERDEAD);
    CHECK(pel_load_try_next(load, &item) == -EOWNERDEAD);
    CHECK(item_is_right(files, held)); /* its memory is a copy */
    pel_load_release(load, held);
    pel_load_cancel(load);
    pel_load_get_stats(load, &stats);
    CHECK(stats.files == 0);
    pel_load_close(load, &stats);
    if (WITH_ASAN && busy)
        _exit(0); /* its allocator may have been locked by another thread at the fork */

    CHECK(pel_load_open(&load, (const char *const *)files->paths, files->n, NULL, NULL) == 0);
    size_t n = 0;
    for (; pel_load_next(load, &item) > 0; n++) {
        CHECK(item_is_right(files, &item));
        pel_load_release(load, &item);
    }
    CHECK(n == files->n);
    pel_load_close(load, &stats);
    CHECK(strcmp(stats.backend, "sync") == 0 && strstr(stats.fallback_reason, "forked"));
    _exit(0);
}

/* busy: with reads in flight; else with idle helpers and all items ready or taken. */
static void fork_while(const struct files *files, bool busy)
{
    struct pel_backend backend = all_aio();
    struct pel_load_options options = {.chunk_bytes = 3000};
    struct pel_load *load = load_open(files, &options, &backend);
    struct pel_load_item item, held;
    assert_int_equal(pel_load_next(load, &held), 1);
    size_t n = 1;
    for (; n < (busy ? 20 : files->n); n++) {
        assert_int_equal(pel_load_next(load, &item), 1);
        pel_load_release(load, &item);
    }
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child(files, load, &held, busy);
    for (; pel_load_next(load, &item) > 0; n++) {
        assert_true(item_is_right(files, &item));
        pel_load_release(load, &item);
    }
    assert_int_equal(n, files->n);
    pel_load_close(load, NULL);
    expect_child_ends_well(pid);
}

static void fork_idle_and_busy(void **state)
{
    fork_while(*state, false);
    for (int i = 0; i < 10; i++)
        fork_while(*state, true);
}

/* ---- affinity ---- */

static void check_allowed(const char *task, const char *expected)
{
    char path[300], line[256], allowed[128] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file))
        (void)sscanf(line, "Cpus_allowed_list: %127s", allowed);
    (void)fclose(file);
    if (allowed[0] && strcmp(allowed, expected) != 0) /* else it has ended */
        fail_msg("thread %s may run on %s, not on %s", task, allowed, expected);
}

/* All threads of this process but the first; there are some. */
static void check_helpers(const char *expected)
{
    char self[32];
    (void)snprintf(self, sizeof self, "%d", (int)getpid());
    DIR *dir = opendir("/proc/self/task");
    assert_non_null(dir);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, self) != 0) {
            check_allowed(entry->d_name, expected);
            n++;
        }
    closedir(dir);
    assert_true(n > 0);
}

/* Out of the page cache, so that reads wait and helpers come to life. */
static void make_cold(const struct files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        int fd = open(files->paths[i], O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(fdatasync(fd), 0);
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        assert_int_equal(close(fd), 0);
    }
}

/* The child's part: loads with the mask of OpenMP's places, then looks at the helpers, which stay a
 * second. argv: "affinity", then what all of them and the first thread should be allowed. */
static void in_bound_process(const char *helpers, const char *first)
{
    struct files files;
    struct test_random random = {11};
    files_open(&files, 100);
    files_add_many(&files, 100, 200000, &random);
    uint64_t mask[16] = {0};
    assert_true(pel_team_places(mask, 16) > 0);
    struct pel_backend backends[] = {pel_backend_aio, pel_backend_uring};
    for (size_t i = 0; i < 2; i++) {
        backends[i].tries_cache = false;
        make_cold(&files);
        struct pel_load_options options = {.cpu_mask = mask, .cpu_mask_words = 16};
        struct pel_load *load = load_open(&files, &options, &backends[i]);
        struct pel_load_item item;
        while (pel_load_next(load, &item) > 0) {
            check_helpers(helpers);
            pel_load_release(load, &item);
        }
        check_helpers(helpers);
        pel_load_close(load, NULL);
    }
    char self[32];
    (void)snprintf(self, sizeof self, "%d", (int)getpid());
    check_allowed(self, first);
    files_close(&files);
}

static const char *program;

static void helpers_are_not_bound_to_one_core(void **state)
{
    (void)state;
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    struct pel_openmp openmp;
    pel_openmp_describe(&openmp);
    if (openmp.version == 0 || CPU_COUNT(&set) != 2 || !CPU_ISSET(0, &set) || !CPU_ISSET(1, &set)) {
        printf("skipped: needs OpenMP and exactly the processors 0 and 1\n");
        skip();
    }
    struct test_run run =
        test_run_shell("OMP_PROC_BIND=close OMP_PLACES=cores '%s' affinity 0-1 0", program);
    if (run.status != 0)
        fail_msg("%s%s", run.out, run.err);
    test_run_free(&run);
    run = test_run_shell("OMP_PROC_BIND=close taskset -c 1 '%s' affinity 1 1", program);
    if (run.status != 0)
        fail_msg("%s%s", run.out, run.err);
    test_run_free(&run);
}

static void bound_process(void **state)
{
    char **argv = *state;
    in_bound_process(argv[2], argv[3]);
}

int main(int argc, char **argv)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    program = length > 0 ? path : argv[0];
    if (argc == 4 && strcmp(argv[1], "affinity") == 0) {
        const struct CMUnitTest one[] = {cmocka_unit_test_prestate(bound_process, argv)};
        return cmocka_run_group_tests(one, NULL, NULL);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_all_the_time),
        cmocka_unit_test(fork_idle_and_busy),
        cmocka_unit_test(helpers_are_not_bound_to_one_core),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
