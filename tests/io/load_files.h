/* Files with known bytes for the tests of the loader, and checks of what it makes of them. */
#ifndef PELTON_TEST_LOAD_FILES_H
#define PELTON_TEST_LOAD_FILES_H

#include "support.h"

#include "load/lane.h"

#include <pelton/load.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* For child processes, which must not return into the test runner. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

struct files {
    char *folder;
    char **paths;
    size_t *sizes;
    int *codes; /* expected errors */
    size_t n;
};

/* The bytes of a file follow from its index and the position alone. */
static inline unsigned char byte_at(size_t index, size_t offset)
{
    return (unsigned char)(((uint32_t)offset * 2654435761u >> 13) ^ (offset >> 16) ^ index * 97);
}

static inline void files_open(struct files *files, size_t most)
{
    files->folder = test_folder_make();
    files->paths = calloc(most, sizeof *files->paths);
    files->sizes = calloc(most, sizeof *files->sizes);
    files->codes = calloc(most, sizeof *files->codes);
    files->n = 0;
    assert_true(files->paths && files->sizes && files->codes);
}

static inline void files_close(struct files *files)
{
    for (size_t i = 0; i < files->n; i++)
        free(files->paths[i]);
    free(files->paths);
    free(files->sizes);
    free(files->codes);
    test_folder_remove(files->folder);
}

/* Appends a path that is expected to fail with `code`; 0: the caller makes the file. */
static inline const char *files_add_path(struct files *files, const char *path, int code)
{
    files->paths[files->n] = strdup(path);
    assert_non_null(files->paths[files->n]);
    files->codes[files->n] = code;
    return files->paths[files->n++];
}

/* Appends a file of nbytes. */
static inline const char *files_add(struct files *files, size_t nbytes)
{
    size_t index = files->n;
    char name[32];
    (void)snprintf(name, sizeof name, "file-%zu", index);
    unsigned char *data = malloc(nbytes + 1);
    assert_non_null(data);
    for (size_t i = 0; i < nbytes; i++)
        data[i] = byte_at(index, i);
    const char *path = files_add_path(files, test_path(files->folder, name), 0);
    test_file_write(path, data, nbytes);
    files->sizes[index] = nbytes;
    free(data);
    return path;
}

static inline void files_add_many(struct files *files, size_t n, size_t below,
                                  struct test_random *random)
{
    while (n--)
        (void)files_add(files, test_random_below(random, below));
}

/* The item is the whole of its file, or the expected error. */
static inline bool item_is_right(const struct files *files, const struct pel_load_item *item)
{
    size_t index = item->index;
    if (index >= files->n || item->path != files->paths[index] ||
        item->error.code != files->codes[index])
        return false;
    if (item->error.code)
        return !item->data && item->nbytes == 0 && item->error.message[0];
    if (item->nbytes != files->sizes[index] || !item->data != !item->nbytes)
        return false;
    for (size_t i = 0; i < item->nbytes; i++)
        if (item->data[i] != byte_at(index, i))
            return false;
    return true;
}

/* backend: a table of the test's own; NULL: the one that the options name. */
static inline struct pel_load *load_open(const struct files *files,
                                         const struct pel_load_options *options,
                                         const struct pel_backend *backend)
{
    struct pel_load *load;
    struct pel_error err = {0};
    const char *const *paths = (const char *const *)files->paths;
    int rc = backend ? pel_load_open_backend(&load, paths, files->n, options, backend, &err)
                     : pel_load_open(&load, paths, files->n, options, &err);
    if (rc)
        fail_msg("open: %s", err.message);
    return load;
}

/* Loads everything and checks every item, each exactly once. */
static inline struct pel_load_stats load_all(const struct files *files,
                                             const struct pel_load_options *options,
                                             const struct pel_backend *backend)
{
    struct pel_load *load = load_open(files, options, backend);
    struct pel_load_item item;
    bool *seen = calloc(files->n + 1, sizeof *seen);
    assert_non_null(seen);
    int rc;
    while ((rc = pel_load_next(load, &item)) > 0) {
        if (!item_is_right(files, &item))
            fail_msg("item %zu (%zu bytes): code %d, %zu bytes: %s", item.index,
                     files->sizes[item.index], item.error.code, item.nbytes, item.error.message);
        assert_false(seen[item.index]);
        assert_true(item.ready_ns >= item.start_ns);
        seen[item.index] = true;
        pel_load_release(load, &item);
    }
    assert_int_equal(rc, 0);
    for (size_t i = 0; i < files->n; i++)
        assert_true(seen[i]);
    free(seen);
    struct pel_load_stats stats;
    pel_load_close(load, &stats);
    assert_int_equal(stats.files + stats.failed, files->n);
    assert_int_equal(stats.cancelled, 0);
    assert_int_equal(stats.abandoned, 0);
    return stats;
}

static inline void expect_child_ends_well(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Runs body in a child process, for 60 s at most. */
static inline void in_child(void (*body)(struct files *), struct files *files)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)alarm(60);
        body(files);
        _exit(0);
    }
    expect_child_ends_well(pid);
}

static inline void test_pause_ms(unsigned ms)
{
    (void)usleep(1000 * ms);
}

/* Descriptors this process has open. */
static inline int count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    int n = 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 3; /* ".", ".." and the folder itself */
}

#endif
