/* Files that are not what they seem, and paths that are no files. */
#include "load_files.h"

#include <pelton/system.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static const char *const names[] = {"aio", "uring", "sync", "sim"};
#define NNAMES (sizeof names / sizeof names[0])

/* Loads one path; the caller looks at the item and closes. */
static struct pel_load *load_one(const char *const *path, const struct pel_load_options *options,
                                 struct pel_load_item *item)
{
    struct pel_load *load;
    assert_int_equal(pel_load_open(&load, path, 1, options, NULL), 0);
    assert_int_equal(pel_load_next(load, item), 1);
    return load;
}

static void procfs_says_it_is_empty(void **state)
{
    (void)state;
    static const char *const paths[] = {"/proc/self/status", "/proc/cpuinfo"};
    for (size_t b = 0; b < NNAMES; b++)
        for (size_t i = 0; i < 2; i++) {
            struct pel_load_options options = {.backend = names[b]};
            struct pel_load_item item;
            struct pel_load *load = load_one(&paths[i], &options, &item);
            assert_int_equal(item.error.code, 0);
            assert_true(item.nbytes > 100);
            assert_true(memchr(item.data, '\n', item.nbytes) != NULL);
            assert_int_equal(item.data[item.nbytes - 1], '\n');
            pel_load_release(load, &item);
            pel_load_close(load, NULL);
        }
}

static void endless_procfs_ends_at_the_limit(void **state)
{
    (void)state;
    const char *path = "/proc/cpuinfo";
    struct pel_load_options options = {.max_file_bytes = 100};
    struct pel_load_item item;
    struct pel_load *load = load_one(&path, &options, &item);
    assert_int_equal(item.error.code, -EFBIG);
    assert_int_equal(item.error.stage, PEL_STAGE_READ);
    assert_non_null(strstr(item.error.message, "at least 101 bytes"));
    pel_load_close(load, NULL);
}

static void empty_file(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 1);
    (void)files_add(&files, 0);
    for (size_t b = 0; b < NNAMES; b++)
        (void)load_all(&files, &(struct pel_load_options){.backend = names[b]}, NULL);
    files_close(&files);
}

/* 5 GiB of hole: refused by its size, without reserving or reading anything. */
static void sparse_giant(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 1);
    const char *path = files_add(&files, 0);
    files.codes[0] = -EFBIG;
    assert_int_equal(truncate(path, INT64_C(5) << 30), 0);
    struct pel_load_options options = {.max_file_bytes = UINT64_C(1) << 32};
    struct pel_load_stats stats = load_all(&files, &options, NULL);
    assert_int_equal(stats.peak_bytes, 0);
    files_close(&files);
}

/* Offsets beyond 4 GiB reach the file whole: the backend is asked directly for the last bytes. */
static void offsets_are_64_bits(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 1);
    const char *path = files_add(&files, 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    off_t end = (off_t)5 << 30;
    assert_int_equal(pwrite(fd, "last", 4, end - 4), 4);
    static const struct pel_backend *const tables[] = {&pel_backend_aio, &pel_backend_uring,
                                                       &pel_backend_sync, &pel_backend_sim};
    for (size_t i = 0; i < 4; i++) {
        char text[8] = "", why[120];
        struct pel_load_options options = {0};
        const struct pel_backend *backend = tables[i];
        void *backend_state;
        assert_int_equal(pel_backend_begin(&backend, &options, &backend_state, why, sizeof why), 0);
        struct pel_read read = {.fd = fd,
                                .data = (unsigned char *)text,
                                .nbytes = sizeof text,
                                .offset = (uint64_t)end - 4};
        assert_int_equal(backend->submit(backend_state, &read), 0);
        struct pel_read *list = &read;
        while (!read.done)
            backend->wait(backend_state, &list, 1, 1000000000);
        assert_int_equal(read.result, 4);
        assert_string_equal(text, "last");
        backend->end(backend_state);
    }
    assert_int_equal(close(fd), 0);
    files_close(&files);
}

static void add_special_files(struct files *files)
{
    const char *fifo =
        files_add_path(files, test_path(files->folder, "fifo-without-a-writer"), -ENOTSUP);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    (void)files_add_path(files, "/dev/zero", -ENOTSUP);
    (void)files_add_path(files, "/dev/null", -ENOTSUP);
    (void)files_add_path(files, files->folder, -EISDIR);
    const char *name = files_add_path(files, test_path(files->folder, "socket"), -ENXIO);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(close(fd), 0);
    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal >= 0 && unlockpt(terminal) == 0)
        (void)files_add_path(files, ptsname(terminal), -ENOTSUP);
    /* Stays open: without its master the terminal is gone. */
}

static void special_files(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 12);
    (void)files_add(&files, 5000);
    add_special_files(&files);
    (void)files_add(&files, 5000);
    for (size_t b = 0; b < NNAMES; b++) {
        uint64_t start = pel_now_ns();
        struct pel_load_options options = {.backend = names[b]};
        struct pel_load_stats stats = load_all(&files, &options, NULL);
        assert_int_equal(stats.files, 2);
        assert_true(pel_now_ns() - start < 2000000000u); /* nothing waits for a writer */
    }
    files_close(&files);
}

struct expectation {
    const char *path;
    int code;
    enum pel_stage stage;
    const char *says;
};

static void expect(const struct expectation *expected, const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, expected->code);
    assert_int_equal(item->error.stage, expected->stage);
    if (!strstr(item->error.message, expected->says))
        fail_msg("'%s' does not say '%s'", item->error.message, expected->says);
}

/* Stage, errno and words for each cause, with good neighbours around. */
static void error_matrix(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 4);
    const char *good = files_add(&files, 3000);
    char looping[4096], below[4096], long_name[400];
    (void)snprintf(looping, sizeof looping, "%s/loop", files.folder);
    assert_int_equal(symlink(looping, looping), 0);
    (void)snprintf(below, sizeof below, "%s/file", good);
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[0] = '/';
    long_name[sizeof long_name - 1] = '\0';
    const struct expectation expected[] = {
        {"/nonexistent", -ENOENT, PEL_STAGE_OPEN, "No such file"},
        {"", -ENOENT, PEL_STAGE_OPEN, "No such file"},
        {looping, -ELOOP, PEL_STAGE_OPEN, "symbolic links"},
        {long_name, -ENAMETOOLONG, PEL_STAGE_OPEN, "too long"},
        {below, -ENOTDIR, PEL_STAGE_OPEN, "Not a directory"},
        {files.folder, -EISDIR, PEL_STAGE_STAT, "folder"},
        {"/dev/zero", -ENOTSUP, PEL_STAGE_STAT, "a character device"},
        {"/proc/self/mem", -EIO, PEL_STAGE_READ, "cannot read"},
    };
    enum { N = sizeof expected / sizeof expected[0] };
    const char *paths[2 * N];
    for (size_t i = 0; i < N; i++) {
        paths[2 * i] = expected[i].path;
        paths[2 * i + 1] = good;
    }
    for (size_t b = 0; b < NNAMES; b++) {
        struct pel_load *load;
        struct pel_load_item item;
        struct pel_load_options options = {.backend = names[b]};
        assert_int_equal(pel_load_open(&load, paths, 2 * (size_t)N, &options, NULL), 0);
        while (pel_load_next(load, &item) > 0) {
            if (item.index % 2 == 0)
                expect(&expected[item.index / 2], &item);
            else
                assert_true(item.error.code == 0 && item.nbytes == 3000);
            pel_load_release(load, &item);
        }
        pel_load_close(load, NULL);
    }
    files_close(&files);
}

static void as_a_stranger(struct files *files)
{
    if (geteuid() == 0) { /* who may read everything */
        CHECK(chmod(files->folder, 0755) == 0);
        CHECK(setresuid(54321, 54321, 54321) == 0);
    }
    struct pel_load *load;
    struct pel_load_item item;
    CHECK(pel_load_open(&load, (const char *const *)files->paths, 2, NULL, NULL) == 0);
    while (pel_load_next(load, &item) > 0) {
        CHECK(item_is_right(files, &item));
        CHECK(!item.error.code || item.error.stage == PEL_STAGE_OPEN);
        pel_load_release(load, &item);
    }
    pel_load_close(load, NULL);
}

static void unreadable(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 2);
    assert_int_equal(chmod(files_add(&files, 10), 0), 0);
    files.codes[0] = -EACCES;
    assert_int_equal(chmod(files_add(&files, 10), 0644), 0);
    in_child(as_a_stranger, &files);
    files_close(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(procfs_says_it_is_empty),
        cmocka_unit_test(endless_procfs_ends_at_the_limit),
        cmocka_unit_test(empty_file),
        cmocka_unit_test(sparse_giant),
        cmocka_unit_test(offsets_are_64_bits),
        cmocka_unit_test(special_files),
        cmocka_unit_test(error_matrix),
        cmocka_unit_test(unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
