/* Every backend, depth, chunk size and fault that can be got over gives the same bytes and errors.
 */
#include "load_files.h"

#include <sys/stat.h>

#define NFILES 600

static const size_t edges[] = {0,       1,       4095,    4096,    4097,    16384,
                               262143,  262144,  262145,  1048575, 1048576, 1048577,
                               4194303, 4194304, 4194305, 9 << 20};
#define NEDGES (sizeof edges / sizeof edges[0])

/* Every tenth path is a folder or missing. */
static int setup(void **state)
{
    static struct files files;
    struct test_random random = {test_seed(1)};
    files_open(&files, NFILES);
    for (size_t i = 0; i < NEDGES; i++)
        (void)files_add(&files, edges[i]);
    while (files.n < NFILES) {
        if (files.n % 10 == 0) {
            char name[32];
            (void)snprintf(name, sizeof name, "odd-%zu", files.n);
            bool folder = files.n % 20 == 0;
            const char *path =
                files_add_path(&files, test_path(files.folder, name), folder ? -EISDIR : -ENOENT);
            assert_true(!folder || mkdir(path, 0700) == 0);
        } else {
            size_t bits = test_random_below(&random, 18);
            (void)files_add(&files, test_random_below(&random, (size_t)2 << bits));
        }
    }
    *state = &files;
    return 0;
}

static int teardown(void **state)
{
    files_close(*state);
    return 0;
}

static void backends_and_depths(void **state)
{
    static const int depths[] = {1, 2, 16};
    struct pel_load_backend_info info;
    for (int b = 0; pel_load_backend_describe(b, &info); b++)
        for (size_t d = 0; d < 3; d++) {
            struct pel_load_options options = {.backend = info.name, .depth_max = depths[d]};
            struct pel_load_stats stats = load_all(*state, &options, NULL);
            printf("%s, depth %d: %llu hot, %llu submitted; %s\n", stats.backend, depths[d],
                   (unsigned long long)stats.hot, (unsigned long long)stats.submitted, info.detail);
            assert_in_range(stats.peak_depth, 1, depths[d]);
            if (info.available)
                assert_string_equal(stats.backend, info.name);
            else
                assert_true(stats.fallback_reason[0]);
        }
}

/* The files are hot, so the page cache would keep nearly all from the backend. */
static void every_read_through_the_backend(void **state)
{
    static const struct pel_backend *const tables[] = {&pel_backend_aio, &pel_backend_uring};
    static const int depths[] = {1, 16, 200};
    for (size_t i = 0; i < 6; i++) {
        struct pel_backend backend = *tables[i / 3], fallback = pel_backend_aio;
        backend.tries_cache = fallback.tries_cache = false;
        backend.fallback = &fallback; /* uring where it is denied */
        struct pel_load_options options = {.depth_max = depths[i % 3], .chunk_bytes = 100000};
        struct pel_load_stats stats = load_all(*state, &options, &backend);
        assert_int_equal(stats.hot, 0);
        assert_true(stats.submitted > stats.files);
    }
}

static void small_chunks(void **state)
{
    static const char *const names[] = {"aio", "uring", "sync", "sim"};
    for (size_t i = 0; i < 4; i++) {
        struct pel_load_options options = {.backend = names[i], .chunk_bytes = 65536};
        (void)load_all(*state, &options, NULL);
    }
}

static void short_reads(void **state)
{
    struct pel_load_options options = {
        .backend = "sim", .chunk_bytes = 65536, .sim = {.seed = 5, .short_percent = 70}};
    struct pel_load_stats stats = load_all(*state, &options, NULL);
    assert_true(stats.submitted > 2 * NFILES);
}

static void refused_submissions(void **state)
{
    struct pel_load_options options = {
        .backend = "sim",
        .sim = {.seed = 6, .again_percent = 60, .latency_ns = 20000, .jitter_ns = 50000}};
    struct pel_load_stats stats = load_all(*state, &options, NULL);
    assert_true(stats.again > 100);
    /* Only where nothing was in flight to wait for. */
    assert_in_range(stats.sync_fallbacks, 1, stats.again - 1);
}

/* The faults of a seed hit the same files at the same offsets, whatever the depth and timing. */
static void faults_follow_from_the_seed(void **state)
{
    const struct files *files = *state;
    int64_t offsets[2][NFILES];
    size_t failed[2] = {0, 0};
    for (int round = 0; round < 2; round++) {
        struct pel_load_options options = {
            .backend = "sim",
            .depth_max = round ? 16 : 1,
            .chunk_bytes = 30000,
            .sim = {.seed = 7, .error_percent = 25, .short_percent = 30, .again_percent = 10}};
        options.sim.jitter_ns = round ? 200000 : 0;
        struct pel_load *load = load_open(files, &options, NULL);
        struct pel_load_item item;
        while (pel_load_next(load, &item) > 0) {
            bool hit = item.error.code == -EIO && files->codes[item.index] == 0;
            assert_true(hit || item_is_right(files, &item));
            offsets[round][item.index] = hit ? item.error.offset : -1;
            assert_true(!hit || item.error.stage == PEL_STAGE_READ);
            failed[round] += hit;
            pel_load_release(load, &item);
        }
        pel_load_close(load, NULL);
    }
    assert_in_range(failed[0], NFILES / 8, NFILES / 2);
    assert_memory_equal(offsets[0], offsets[1], sizeof offsets[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backends_and_depths), cmocka_unit_test(every_read_through_the_backend),
        cmocka_unit_test(small_chunks),        cmocka_unit_test(short_reads),
        cmocka_unit_test(refused_submissions), cmocka_unit_test(faults_follow_from_the_seed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
