/* Memory: the budget holds from admission to release, one giant passes alone, limits name themselves. */
#include "load_files.h"

#define MIB ((size_t)1 << 20)

static void many_files_and_a_giant(void **state)
{
    (void)state;
    static const char *const names[] = {"aio", "sync", "sim"};
    struct files files;
    struct test_random random = {test_seed(4)};
    files_open(&files, 200);
    files_add_many(&files, 60, 500000, &random);
    (void)files_add(&files, 24 * MIB);
    files_add_many(&files, 60, 500000, &random);
    for (size_t i = 0; i < 3; i++) {
        struct pel_load_options options = {.backend = names[i], .budget_bytes = 2 * MIB};
        struct pel_load_stats stats = load_all(&files, &options, NULL);
        assert_int_equal(stats.peak_bytes, 24 * MIB);
    }
    files_close(&files);
}

/* Counted up to the release, not only to the completion: what callers hold stops admission. */
static void held_items_count(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 40);
    for (int i = 0; i < 40; i++)
        (void)files_add(&files, 10000);
    struct pel_load_options options = {.budget_bytes = 45000};
    struct pel_load *load = load_open(&files, &options, NULL);
    struct pel_load_item items[4], one;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pel_load_next(load, &items[i]), 1);
    for (int i = 0; i < 20; i++) {
        test_pause_ms(1);
        assert_int_equal(pel_load_try_next(load, &one), -EAGAIN);
    }
    pel_load_release(load, &items[0]);
    assert_int_equal(pel_load_next(load, &one), 1);
    struct pel_load_stats stats;
    pel_load_close(load, &stats);
    assert_int_equal(stats.peak_bytes, 40000);
    files_close(&files);
}

static void file_limit_names_both_sizes(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 4);
    (void)files_add(&files, 1000);
    files.codes[0] = 0;
    (void)files_add(&files, 1001);
    files.codes[1] = -EFBIG;
    struct pel_load_options options = {.max_file_bytes = 1000};
    (void)load_all(&files, &options, NULL);
    struct pel_load *load = load_open(&files, &options, NULL);
    struct pel_load_item item;
    while (pel_load_next(load, &item) > 0) {
        if (item.index == 1) {
            assert_non_null(strstr(item.error.message, "1001"));
            assert_non_null(strstr(item.error.message, "1000"));
            assert_int_equal(item.error.stage, PEL_STAGE_STAT);
        }
        pel_load_release(load, &item);
    }
    pel_load_close(load, NULL);
    files_close(&files);
}

/* Items without data are not bounded by the budget: the backlog is. */
static void failures_do_not_pile_up(void **state)
{
    (void)state;
    struct files files;
    files_open(&files, 2000);
    for (int i = 0; i < 2000; i++)
        (void)files_add_path(&files, "/nonexistent", -ENOENT);
    struct pel_load *load = load_open(&files, &(struct pel_load_options){0}, NULL);
    struct pel_load_item item;
    for (uint64_t failed = 0; failed < PEL_BACKLOG;) {
        struct pel_load_stats stats;
        pel_load_get_stats(load, &stats);
        failed = stats.failed;
        test_pause_ms(1);
    }
    test_pause_ms(20);
    struct pel_load_stats stats;
    pel_load_get_stats(load, &stats);
    assert_int_equal(stats.failed, PEL_BACKLOG);
    size_t n = 0;
    while (pel_load_next(load, &item) > 0) {
        pel_load_release(load, &item);
        n++;
    }
    assert_int_equal(n, 2000);
    pel_load_close(load, &stats);
    assert_int_equal(stats.failed, 2000);
    files_close(&files);
}

static void empty_list(void **state)
{
    (void)state;
    struct pel_load *load;
    struct pel_load_item item;
    assert_int_equal(pel_load_open(&load, NULL, 0, NULL, NULL), 0);
    assert_int_equal(pel_load_try_next(load, &item), 0);
    assert_int_equal(pel_load_next(load, &item), 0);
    pel_load_close(load, NULL);
    pel_load_close(NULL, NULL);
}

static void bad_options(void **state)
{
    (void)state;
    static const struct pel_load_options bad[] = {
        {.backend = "none"},        {.depth_max = 257},
        {.depth_max = -1},          {.growth = (enum pel_load_growth)3},
        {.sim.short_percent = 101}, {.sim.error_percent = -1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pel_load *load = (struct pel_load *)&load;
        struct pel_error err = {0};
        assert_int_equal(pel_load_open(&load, NULL, 0, &bad[i], &err), -EINVAL);
        assert_null(load);
        assert_true(err.code == -EINVAL && err.message[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_files_and_a_giant),
        cmocka_unit_test(held_items_count),
        cmocka_unit_test(file_limit_names_both_sizes),
        cmocka_unit_test(failures_do_not_pile_up),
        cmocka_unit_test(empty_list),
        cmocka_unit_test(bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
