/* Every backend, depth and fault that can be got over gives the same bytes and the same errors. */
#include "support.h"

#include <pelton/load.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NFILES 600

static const size_t edges[] = {0,       1,       4095,    4096,    4097,    16384,
                               262143,  262144,  262145,  1048575, 1048576, 1048577,
                               4194303, 4194304, 4194305, 9 << 20};
#define NEDGES (sizeof edges / sizeof edges[0])

struct fixture {
    char *folder;
    char *paths[NFILES];
    uint64_t sums[NFILES];
    int codes[NFILES];
};

static uint64_t checksum(const unsigned char *data, size_t nbytes)
{
    uint64_t h = 0xcbf29ce484222325u ^ nbytes; /* FNV-1a over 8 bytes at a time */
    while (nbytes >= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        h = (h ^ word) * 0x100000001b3u;
        h ^= h >> 29;
        data += 8;
        nbytes -= 8;
    }
    while (nbytes--)
        h = (h ^ *data++) * 0x100000001b3u;
    return h;
}

static size_t pick_size(struct test_random *random, size_t i)
{
    if (i < NEDGES)
        return edges[i];
    size_t bits = test_random_below(random, 18);
    return test_random_below(random, (size_t)2 << bits);
}

/* Every tenth path is no file: missing, a folder, or below a file. */
static void make_file(struct fixture *f, struct test_random *random, size_t i)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%zu", i);
    f->paths[i] = strdup(test_path(f->folder, name));
    assert_non_null(f->paths[i]);
    if (i >= NEDGES && i % 10 == 0) {
        if (i % 20 == 0)
            assert_int_equal(mkdir(f->paths[i], 0700), 0);
        f->codes[i] = i % 20 == 0 ? -EISDIR : -ENOENT;
        return;
    }
    size_t nbytes = pick_size(random, i);
    unsigned char *data = malloc(nbytes + 8);
    assert_non_null(data);
    for (size_t at = 0; at < nbytes; at += 8) {
        uint64_t word = test_random_next(random);
        memcpy(data + at, &word, 8);
    }
    f->sums[i] = checksum(data, nbytes);
    test_file_write(f->paths[i], data, nbytes);
    free(data);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->folder = test_folder_make();
    struct test_random random = {test_seed(1)};
    for (size_t i = 0; i < NFILES; i++)
        make_file(f, &random, i);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < NFILES; i++)
        free(f->paths[i]);
    test_folder_remove(f->folder);
    free(f);
    return 0;
}

static struct pel_load_stats check_all(struct fixture *f, const struct pel_load_options *options)
{
    bool seen[NFILES] = {false};
    struct pel_load *load;
    struct pel_load_item item;
    assert_int_equal(pel_load_open(&load, (const char *const *)f->paths, NFILES, options, NULL), 0);
    int rc;
    while ((rc = pel_load_next(load, &item)) > 0) {
        assert_in_range(item.index, 0, NFILES - 1);
        assert_false(seen[item.index]);
        seen[item.index] = true;
        assert_ptr_equal(item.path, f->paths[item.index]);
        assert_int_equal(item.error.code, f->codes[item.index]);
        if (!item.error.code)
            assert_int_equal(checksum(item.data, item.nbytes), f->sums[item.index]);
        assert_true(item.ready_ns >= item.start_ns);
        pel_load_release(load, &item);
    }
    assert_int_equal(rc, 0);
    for (size_t i = 0; i < NFILES; i++)
        assert_true(seen[i]);
    struct pel_load_stats stats;
    pel_load_close(load, &stats);
    assert_int_equal(stats.files + stats.failed, NFILES);
    assert_int_equal(stats.cancelled + (uint64_t)stats.abandoned, 0);
    return stats;
}

static void backends_and_depths(void **state)
{
    static const int depths[] = {1, 2, 16};
    struct pel_load_backend_info info;
    for (int b = 0; pel_load_backend_describe(b, &info); b++)
        for (size_t d = 0; d < 3; d++) {
            struct pel_load_options options = {.backend = info.name, .depth_max = depths[d]};
            struct pel_load_stats stats = check_all(*state, &options);
            printf("%s depth %d: %s %s, hot %llu, submitted %llu\n", info.name, depths[d],
                   stats.backend, stats.fallback_reason, (unsigned long long)stats.hot,
                   (unsigned long long)stats.submitted);
            assert_in_range(stats.peak_depth, 0, depths[d]);
            if (info.available)
                assert_string_equal(stats.backend, info.name);
            else
                assert_true(stats.fallback_reason[0] != '\0');
        }
}

static void small_chunks(void **state)
{
    static const char *const names[] = {"aio", "sync", "sim"};
    for (size_t i = 0; i < 3; i++) {
        struct pel_load_options options = {.backend = names[i], .chunk_bytes = 65536};
        (void)check_all(*state, &options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backends_and_depths),
        cmocka_unit_test(small_chunks),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
