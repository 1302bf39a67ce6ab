/* What the tests of the store share. */
#ifndef PELTON_TEST_STORE_SUPPORT_H
#define PELTON_TEST_STORE_SUPPORT_H

#include "support.h"

#include <pelton/store.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct outcome {
    int calls; /* of done; the last one to be written */
    struct pel_store_result result;
};

static inline void done(void *ctx, const struct pel_store_result *result)
{
    struct outcome *outcome = ctx;
    outcome->result = *result;
    __atomic_add_fetch(&outcome->calls, 1, __ATOMIC_ACQ_REL);
}

static inline int calls(const struct outcome *outcome)
{
    return __atomic_load_n(&outcome->calls, __ATOMIC_ACQUIRE);
}

static inline struct pel_store *open_store(enum pel_durability durability)
{
    struct pel_store *store;
    struct pel_store_options options = {.durability = durability};
    struct pel_error err = {0};
    assert_int_equal(pel_store_open(&store, &options, &err), 0);
    assert_non_null(store);
    return store;
}

static inline unsigned char pattern(uint64_t seed, size_t i)
{
    return (unsigned char)(seed * 31 + i * 7 + (i >> 8));
}

static inline struct pel_bytes make_bytes(size_t nbytes, uint64_t seed)
{
    struct pel_bytes bytes = {.data = nbytes ? malloc(nbytes) : NULL, .nbytes = nbytes};
    assert_true(bytes.data || nbytes == 0);
    for (size_t i = 0; i < nbytes; i++)
        bytes.data[i] = pattern(seed, i);
    return bytes;
}

static inline int put(struct pel_store *store, const char *path, bool replace, size_t nbytes,
                      uint64_t seed, struct outcome *outcome)
{
    struct pel_bytes bytes = make_bytes(nbytes, seed);
    struct pel_error err = {0};
    int status = pel_store_put(store, path, replace, &bytes, done, outcome, &err);
    assert_null(bytes.data);
    assert_int_equal(bytes.nbytes, 0);
    if (status < 0) {
        assert_int_equal(err.code, status);
        assert_true(err.message[0]);
    }
    return status;
}

/* Puts one output through a store of its own. */
static inline struct pel_store_result put_alone(const char *path, bool replace, size_t nbytes,
                                                uint64_t seed, enum pel_durability durability)
{
    struct outcome outcome = {0};
    struct pel_store *store = open_store(durability);
    assert_int_equal(put(store, path, replace, nbytes, seed, &outcome), 0);
    pel_store_close(store);
    assert_int_equal(outcome.calls, 1);
    assert_true(outcome.result.start_ns > 0 && outcome.result.end_ns >= outcome.result.start_ns);
    return outcome.result;
}

static inline bool holds(const char *path, size_t nbytes, uint64_t seed)
{
    size_t n;
    unsigned char *data = test_file_read(path, &n);
    bool same = n == nbytes;
    for (size_t i = 0; same && i < n; i++)
        same = data[i] == pattern(seed, i);
    free(data);
    return same;
}

/* Everything but directories below folder, temporary files among them. */
static inline size_t count_entries(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static inline void check_failure(const struct pel_store_result *result, int code,
                                 enum pel_stage stage)
{
    if (result->error.code != code || result->error.stage != stage)
        fail_msg("code %d stage %s (%s), not code %d stage %s", result->error.code,
                 pel_stage_name(result->error.stage), result->error.message, code,
                 pel_stage_name(stage));
    assert_true(result->error.message[0]);
}

/* Runs body(ctx) in a child process and returns its exit status, 128 + signal when killed. The
 * child reports by its status: cmocka's assertions do not work there. */
static inline int in_child(int (*body)(void *ctx), void *ctx)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(body(ctx));
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const enum pel_durability levels[] = {PEL_DURABILITY_NONE, PEL_DURABILITY_DATA,
                                             PEL_DURABILITY_GROUP};
enum { NLEVELS = sizeof levels / sizeof levels[0] };

#endif
