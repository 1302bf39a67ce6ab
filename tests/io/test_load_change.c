/* Files that change while they are read. A backend of the test's own makes the change at an exact
 * moment: before read number `at`. */
#include "load_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 10000
#define CHUNK 4000

static struct {
    int at; /* the read before which it happens; -1: never */
    const char *path;
    off_t resize_to; /* -1: keep the size */
    bool rewrite;
    bool append_for_ever;
} change;

static void resize(void)
{
    if (change.resize_to >= 0)
        assert_int_equal(truncate(change.path, change.resize_to), 0);
}

static void rewrite(void)
{
    int fd = open(change.path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "x", 1, SIZE - 1), 1);
    assert_int_equal(close(fd), 0);
}

static void append(void)
{
    static const char block[CHUNK];
    int fd = open(change.path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, block, sizeof block), sizeof block);
    assert_int_equal(close(fd), 0);
}

static int changing_submit(void *state, struct pel_read *read)
{
    if ((int)read->nth == change.at) {
        resize();
        if (change.rewrite)
            rewrite();
    }
    if (change.append_for_ever)
        append();
    return pel_backend_sync.submit(state, read);
}

/* Loads one file of SIZE bytes that changes as said; the item is lent to check(). */
static void load_changing(const struct pel_load_options *options,
                          void (*check)(const struct pel_load_item *item))
{
    struct files files;
    struct pel_backend backend = pel_backend_sync;
    backend.submit = changing_submit;
    files_open(&files, 1);
    change.path = files_add(&files, SIZE);
    test_pause_ms(20); /* kernels stamp files in ticks of up to 10 ms */
    struct pel_load_options with_chunk = *options;
    with_chunk.chunk_bytes = CHUNK;
    struct pel_load *load = load_open(&files, &with_chunk, &backend);
    struct pel_load_item item;
    assert_int_equal(pel_load_next(load, &item), 1);
    for (size_t i = 0; i < item.nbytes && i < SIZE - 1; i++)
        assert_int_equal(item.data[i], byte_at(0, i));
    check(&item);
    pel_load_release(load, &item);
    struct pel_load_stats stats;
    pel_load_close(load, &stats);
    assert_int_equal(stats.files + stats.failed, 1);
    files_close(&files);
}

static void expect_whole(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, 0);
    assert_int_equal(item->nbytes, SIZE);
    assert_int_equal(item->flags, 0);
}

static void expect_changed(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, 0);
    assert_int_equal(item->nbytes, SIZE);
    assert_int_equal(item->flags, PEL_LOAD_CHANGED);
}

static void expect_shrunk(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, -EIO);
    assert_int_equal(item->error.stage, PEL_STAGE_READ);
    assert_int_equal(item->error.offset, 7000);
    assert_non_null(strstr(item->error.message, "7000 of 10000"));
    assert_null(item->data);
}

static void expect_short(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, 0);
    assert_int_equal(item->nbytes, 7000);
    assert_int_equal(item->flags, PEL_LOAD_CHANGED | PEL_LOAD_SHORT);
}

static void expect_what_was_read(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, 0);
    assert_int_equal(item->nbytes, 8000);
    assert_int_equal(item->flags, PEL_LOAD_CHANGED | PEL_LOAD_SHORT);
}

static void expect_nothing_left(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, 0);
    assert_int_equal(item->nbytes, 0);
    assert_null(item->data);
    assert_int_equal(item->flags, PEL_LOAD_CHANGED | PEL_LOAD_SHORT);
}

static void expect_busy(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, -EBUSY);
    assert_non_null(strstr(item->error.message, "from 10000 to 50000"));
}

static void expect_followed(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, 0);
    assert_int_equal(item->nbytes, 50000);
    assert_int_equal(item->data[49999], 0); /* what truncate fills with */
    assert_int_equal(item->flags, PEL_LOAD_CHANGED);
}

static void expect_too_large(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, -EFBIG);
    assert_int_equal(item->error.stage, PEL_STAGE_READ);
    assert_non_null(strstr(item->error.message, "20000"));
}

static void expect_limit(const struct pel_load_item *item)
{
    assert_int_equal(item->error.code, -EFBIG);
    assert_non_null(strstr(item->error.message, "at least 200001"));
}

static const struct {
    const char *what;
    int at;
    off_t resize_to;
    bool rewrite;
    struct pel_load_options options;
    void (*check)(const struct pel_load_item *item);
} cases[] = {
    {"untouched", -1, -1, false, {0}, expect_whole},
    {"rewritten in the middle", 1, -1, true, {0}, expect_changed},
    {"shrunk at once", 0, 7000, false, {0}, expect_shrunk},
    {"shrunk in the middle", 1, 7000, false, {0}, expect_shrunk},
    {"shrunk below what was read", 2, 7000, false, {.accept_short = true}, expect_what_was_read},
    {"shrunk, short accepted", 1, 7000, false, {.accept_short = true}, expect_short},
    {"emptied, short accepted", 0, 0, false, {.accept_short = true}, expect_nothing_left},
    {"grown, snapshot", 1, 50000, false, {0}, expect_changed},
    {"grown before the end, snapshot", 2, 50000, false, {0}, expect_changed},
    {"grown, reject", 1, 50000, false, {.growth = PEL_LOAD_REJECT}, expect_busy},
    {"grown, follow", 1, 50000, false, {.growth = PEL_LOAD_FOLLOW}, expect_followed},
    {"grown at the end, follow", 2, 50000, false, {.growth = PEL_LOAD_FOLLOW}, expect_followed},
    {"grown, follow within a tight budget",
     1,
     50000,
     false,
     {.growth = PEL_LOAD_FOLLOW, .budget_bytes = 1},
     expect_followed},
    {"grown, follow to the limit",
     1,
     50000,
     false,
     {.growth = PEL_LOAD_FOLLOW, .max_file_bytes = 20000},
     expect_too_large},
    {"not grown, follow", -1, -1, false, {.growth = PEL_LOAD_FOLLOW}, expect_whole},
    {"not grown, reject", -1, -1, false, {.growth = PEL_LOAD_REJECT}, expect_whole},
};

static void changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        printf("%s\n", cases[i].what);
        change.at = cases[i].at;
        change.resize_to = cases[i].resize_to;
        change.rewrite = cases[i].rewrite;
        load_changing(&cases[i].options, cases[i].check);
    }
}

/* Following a file that grows with every read ends at the limit. */
static void growing_for_ever(void **state)
{
    (void)state;
    change.at = -1;
    change.append_for_ever = true;
    load_changing(&(struct pel_load_options){.growth = PEL_LOAD_FOLLOW, .max_file_bytes = 200000},
                  expect_limit);
    change.append_for_ever = false;
}

/* Two files that grow beyond a budget which has room for only one of them. */
static void growing_files_do_not_block_each_other(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 12);
    for (int i = 0; i < 12; i++)
        (void)files_add_path(&files, "/proc/self/maps", 0);
    struct pel_load_options options = {
        .backend = "sim",
        .depth_max = 12,
        .budget_bytes = 40000,
        .sim = {.seed = 1, .short_percent = 90, .jitter_ns = 300000}};
    struct pel_load *load = load_open(&files, &options, NULL);
    struct pel_load_item item;
    size_t n = 0;
    while (pel_load_next(load, &item) > 0) {
        assert_int_equal(item.error.code, 0);
        assert_true(item.nbytes > 1000);
        pel_load_release(load, &item);
        n++;
    }
    assert_int_equal(n, 12);
    pel_load_close(load, NULL);
    files_close(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes),
        cmocka_unit_test(growing_for_ever),
        cmocka_unit_test(growing_files_do_not_block_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
