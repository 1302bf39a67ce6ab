/* The store when the system refuses: limits, full and read-only disks, few descriptors. */
#include "store_support.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct failure {
    const char *path;
    size_t nbytes;
    enum pel_durability durability;
    int code;
    enum pel_stage stage;
};

/* Child exit statuses: 0 as wanted, SKIP_PROGRAM cannot be set up here, else wrong. */
static int fails_as_wanted(const struct failure *failure)
{
    struct outcome outcome = {0};
    struct pel_store *store;
    struct pel_store_options options = {.durability = failure->durability};
    struct pel_bytes bytes = {.data = calloc(1, failure->nbytes), .nbytes = failure->nbytes};
    if (pel_store_open(&store, &options, NULL) != 0 ||
        pel_store_put(store, failure->path, true, &bytes, done, &outcome, NULL) != 0)
        return 2;
    if (pel_store_close(store) != failure->code)
        return 5;
    if (outcome.calls == 1 && outcome.result.error.code == failure->code &&
        outcome.result.error.stage == failure->stage)
        return 0;
    fprintf(stderr, "calls %d, code %d, stage %s: %s\n", outcome.calls, outcome.result.error.code,
            pel_stage_name(outcome.result.error.stage), outcome.result.error.message);
    return 3;
}

/* The signal keeps its default, deadly disposition: the lane must not get it. */
static int under_file_size_limit(void *ctx)
{
    struct rlimit limit = {.rlim_cur = 10000, .rlim_max = 10000};
    signal(SIGXFSZ, SIG_DFL);
    return setrlimit(RLIMIT_FSIZE, &limit) != 0 ? 4 : fails_as_wanted(ctx);
}

static void test_file_too_large(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "out");
    test_file_write(path, "old", 3);
    for (int level = 0; level < NLEVELS; level++) {
        struct failure failure = {path, 10001, levels[level], -EFBIG, PEL_STAGE_WRITE};
        assert_int_equal(in_child(under_file_size_limit, &failure), 0);
        size_t nbytes;
        unsigned char *data = test_file_read(path, &nbytes);
        assert_int_equal(nbytes, 3);
        free(data);
        assert_int_equal(count_entries(folder), 1);
    }
    test_folder_remove(folder);
}

/* A small file system of its own on `folder`, for this process only. */
static bool mount_small(const char *folder)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", folder, "tmpfs", 0, "size=128k") == 0;
}

static int on_full_disk(void *ctx)
{
    struct failure *failure = ctx;
    char *folder = strndup(failure->path, (size_t)(strrchr(failure->path, '/') - failure->path));
    if (!mount_small(folder))
        return SKIP_PROGRAM;
    test_file_write(failure->path, "old", 3);
    int status = fails_as_wanted(failure);
    if (count_entries(folder) != 1)
        status = 5;
    free(folder);
    return status;
}

static int on_read_only_disk(void *ctx)
{
    struct failure *failure = ctx;
    char *folder = strndup(failure->path, (size_t)(strrchr(failure->path, '/') - failure->path));
    if (!mount_small(folder) || mount("none", folder, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
        return SKIP_PROGRAM;
    free(folder);
    return fails_as_wanted(failure);
}

static void check_in_child(int (*body)(void *), const struct failure *failure)
{
    int status = in_child(body, (void *)failure);
    if (status == SKIP_PROGRAM) {
        print_message("skipped: cannot mount a file system here\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void test_disk_full(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    for (int level = 0; level < NLEVELS; level++) {
        struct failure failure = {test_path(folder, "out"), 200000, levels[level], -ENOSPC,
                                  PEL_STAGE_WRITE};
        check_in_child(on_full_disk, &failure);
    }
    test_folder_remove(folder);
}

static void test_disk_read_only(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct failure failure = {test_path(folder, "out"), 20, PEL_DURABILITY_NONE, -EROFS,
                              PEL_STAGE_OPEN};
    check_in_child(on_read_only_disk, &failure);
    test_folder_remove(folder);
}

static int as_nobody(void *ctx)
{
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 4;
    return fails_as_wanted(ctx);
}

static void test_folder_not_writable(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    assert_int_equal(chmod(folder, 0555), 0);
    struct failure failure = {test_path(folder, "out"), 20, PEL_DURABILITY_NONE, -EACCES,
                              PEL_STAGE_OPEN};
    assert_int_equal(in_child(as_nobody, &failure), 0);
    failure.path = test_path(folder, "new/out");
    assert_int_equal(in_child(as_nobody, &failure), 0);
    test_folder_remove(folder);
}

/* Members of a group hold descriptors; running out of them ends the group early and loses nothing.
 */
static int with_few_descriptors(void *ctx)
{
    enum { N = 100 };
    static struct outcome outcomes[N];
    struct rlimit limit = {.rlim_cur = 40, .rlim_max = 40};
    struct pel_store *store;
    struct pel_store_options options = {.durability = PEL_DURABILITY_GROUP};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || pel_store_open(&store, &options, NULL) != 0)
        return 2;
    for (int i = 0; i < N; i++) {
        char path[4200];
        struct pel_bytes bytes = {.data = calloc(1, 100), .nbytes = 100};
        (void)snprintf(path, sizeof path, "%s/f%d", (const char *)ctx, i);
        if (pel_store_put(store, path, true, &bytes, done, &outcomes[i], NULL) != 0)
            return 3;
    }
    pel_store_close(store);
    for (int i = 0; i < N; i++)
        if (outcomes[i].calls != 1 || outcomes[i].result.error.code != 0)
            return 4;
    return 0;
}

static void test_few_descriptors(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    assert_int_equal(in_child(with_few_descriptors, folder), 0);
    assert_int_equal(count_entries(folder), 100);
    test_folder_remove(folder);
}

/* Somebody else has all descriptors, and gives some back after a while, or never (*wait_us 0). */
struct shortage {
    struct failure wanted;
    unsigned wait_us;
};

static void *give_back(void *ctx)
{
    usleep(*(const unsigned *)ctx);
    for (int fd = 10; fd < 20; fd++)
        close(fd);
    return NULL;
}

static int without_descriptors(void *ctx)
{
    struct shortage *shortage = ctx;
    struct rlimit limit = {.rlim_cur = 40, .rlim_max = 40};
    pthread_t thread;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 2;
    if (shortage->wait_us && pthread_create(&thread, NULL, give_back, &shortage->wait_us) != 0)
        return 4;
    while (open("/dev/null", O_RDONLY) >= 0)
        continue;
    return fails_as_wanted(&shortage->wanted);
}

static void test_no_descriptors(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "out");
    struct shortage forever = {{path, 20, PEL_DURABILITY_NONE, -EMFILE, PEL_STAGE_OPEN}, 0};
    assert_int_equal(in_child(without_descriptors, &forever), 0);
    assert_int_equal(count_entries(folder), 0);
    struct shortage passing = {{path, 20, PEL_DURABILITY_GROUP, 0, PEL_STAGE_NONE}, 100000};
    assert_int_equal(in_child(without_descriptors, &passing), 0);
    assert_int_equal(count_entries(folder), 1);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_too_large),  cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_disk_read_only),  cmocka_unit_test(test_folder_not_writable),
        cmocka_unit_test(test_few_descriptors), cmocka_unit_test(test_no_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
