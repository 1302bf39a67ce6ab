/* When the system is short: of threads, memory, descriptors. Each in a child process, which may spoil
 * its limits; the parent never uses POSIX AIO, so that the children can. */
#include "load_files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void limit(int resource, rlim_t value)
{
    struct rlimit limits;
    CHECK(getrlimit((__rlimit_resource_t)resource, &limits) == 0);
    limits.rlim_cur = value;
    CHECK(setrlimit((__rlimit_resource_t)resource, &limits) == 0);
}

/* Loads everything; every item is right. */
static struct pel_load_stats drain(struct files *files, const struct pel_load_options *options,
                                   const struct pel_backend *backend)
{
    struct pel_load *load;
    struct pel_load_item item;
    struct pel_load_stats stats;
    CHECK(pel_load_open_backend(&load, (const char *const *)files->paths, files->n, options,
                                backend, NULL) == 0);
    size_t n = 0;
    for (; pel_load_next(load, &item) > 0; n++) {
        CHECK(item_is_right(files, &item));
        pel_load_release(load, &item);
    }
    CHECK(n == files->n);
    pel_load_close(load, &stats);
    return stats;
}

static void with_few_descriptors(struct files *files)
{
    limit(RLIMIT_NOFILE, 32);
    struct pel_backend backend = pel_backend_aio;
    backend.tries_cache = false;
    struct pel_load_options options = {.depth_max = 256};
    CHECK(drain(files, &options, &backend).files == files->n);
    options.sim.latency_ns = 1000000;
    struct pel_load_stats stats = drain(files, &options, &pel_backend_sim);
    CHECK(stats.files == files->n);
    CHECK(stats.peak_depth > 10 && stats.peak_depth < 32);
}

static void few_descriptors(void **state)
{
    in_child(with_few_descriptors, *state);
}

/* Nothing of the loader's own to wait for: the items say what to do. */
static void with_no_descriptor(struct files *files)
{
    limit(RLIMIT_NOFILE, 32);
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        ;
    struct pel_load *load;
    struct pel_load_item item;
    CHECK(pel_load_open(&load, (const char *const *)files->paths, files->n, NULL, NULL) == 0);
    size_t n = 0;
    for (; pel_load_next(load, &item) > 0; n++) {
        CHECK(item.error.code == -EMFILE && item.error.stage == PEL_STAGE_OPEN);
        CHECK(strstr(item.error.message, "ulimit -n"));
        pel_load_release(load, &item);
    }
    CHECK(n == files->n);
    pel_load_close(load, NULL);
}

static void no_descriptor(void **state)
{
    in_child(with_no_descriptor, *state);
}

/* As a user whose processes are counted: root's are not. */
static void become_nobody_with_threads(struct files *files, rlim_t nthreads)
{
    CHECK(chmod(files->folder, 0755) == 0);
    CHECK(setresuid(54321, 54321, 54321) == 0);
    limit(RLIMIT_NPROC, nthreads);
}

static void with_the_lane_alone(struct files *files)
{
    become_nobody_with_threads(files, 2);
    struct pel_backend backend = pel_backend_aio;
    backend.tries_cache = false;
    struct pel_load_stats stats = drain(files, &(struct pel_load_options){0}, &backend);
    CHECK(stats.sync_fallbacks == stats.submitted);
    CHECK(stats.again == stats.submitted);
}

static void with_no_thread(struct files *files)
{
    become_nobody_with_threads(files, 1);
    struct pel_load *load;
    struct pel_error err = {0};
    CHECK(pel_load_open(&load, (const char *const *)files->paths, files->n, NULL, &err) == -EAGAIN);
    CHECK(load == NULL && strstr(err.message, "I/O thread"));
}

static void few_threads(void **state)
{
    if (geteuid() != 0) {
        printf("skipped: needs root to become a user of its own\n");
        skip();
    }
    in_child(with_the_lane_alone, *state);
    in_child(with_no_thread, *state);
}

/* Address space for the process as it is and `more`. */
static void limit_memory(size_t more)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    CHECK(file && fscanf(file, "%lu", &pages) == 1);
    (void)fclose(file);
    limit(RLIMIT_AS, pages * (rlim_t)sysconf(_SC_PAGESIZE) + more);
}

/* 12 files of 10 MiB of hole where only a few fit: memory that is refused is waited for. One file
 * that does not even fit alone fails, and says how large it is. */
static void with_little_memory(struct files *files)
{
    char *paths[13];
    for (int i = 0; i < 13; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "hole-%d", i);
        paths[i] = strdup(test_path(files->folder, name));
        int fd = open(paths[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        CHECK(fd >= 0 && ftruncate(fd, i == 6 ? 1 << 30 : 10 << 20) == 0 && close(fd) == 0);
    }
    limit_memory((size_t)60 << 20);
    struct pel_load_options options = {.budget_bytes = UINT64_C(1) << 40};
    struct pel_load *load;
    struct pel_load_item item;
    CHECK(pel_load_open(&load, (const char *const *)paths, 13, &options, NULL) == 0);
    size_t nfailed = 0, n = 0;
    for (; pel_load_next(load, &item) > 0; n++) {
        if (item.index == 6) {
            CHECK(item.error.code == -ENOMEM && strstr(item.error.message, "1073741824"));
            nfailed++;
        } else {
            CHECK(item.error.code == 0 && item.nbytes == (size_t)10 << 20);
        }
        test_pause_ms(5); /* lets the lane run into the limit */
        pel_load_release(load, &item);
    }
    CHECK(n == 13 && nfailed == 1);
    pel_load_close(load, NULL);
}

static void little_memory(void **state)
{
    if (WITH_ASAN) {
        printf("skipped: AddressSanitizer wants all of the address space\n");
        skip();
    }
    in_child(with_little_memory, *state);
}

static int setup(void **state)
{
    static struct files files;
    struct test_random random = {test_seed(9)};
    files_open(&files, 1000);
    files_add_many(&files, 1000, 6000, &random);
    *state = &files;
    return 0;
}

static int teardown(void **state)
{
    files_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_descriptors),
        cmocka_unit_test(no_descriptor),
        cmocka_unit_test(few_threads),
        cmocka_unit_test(little_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
