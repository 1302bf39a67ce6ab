/* Random interleavings of completion, release, cancellation, faults and closing, over the simulated
 * backend with several callers. What must hold: each path gives one item, with its own bytes or an
 * error that was asked for; the budget; no descriptor left open; nothing hangs. */
#include "load_files.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#define NFILES 60
#define NCALLERS 3
#define ROUNDS 800

static int setup(void **state)
{
    static struct files files;
    struct test_random random = {test_seed(2)};
    files_open(&files, NFILES);
    (void)files_add(&files, 0);
    (void)files_add(&files, 300000);
    files_add_many(&files, NFILES - 4, 3000, &random);
    (void)files_add_path(&files, "/nonexistent", -ENOENT);
    (void)files_add_path(&files, "/", -EISDIR);
    *state = &files;
    return 0;
}

static int teardown(void **state)
{
    files_close(*state);
    return 0;
}

struct game {
    const struct files *files;
    struct pel_load *load;
    struct pel_cancel cancel;
    bool faults;
    int ncallers;
    unsigned cancel_after, close_after; /* items */
    unsigned seen[NFILES];
    unsigned ntaken, nwrong, ncancelled;
};

struct caller {
    struct game *game;
    struct test_random random;
};

static void check_item(struct game *game, const struct pel_load_item *item)
{
    if (item->index >= NFILES) {
        __atomic_add_fetch(&game->nwrong, 1, __ATOMIC_RELAXED);
        return;
    }
    __atomic_add_fetch(&game->seen[item->index], 1, __ATOMIC_RELAXED);
    bool asked_for = (item->error.code == -ECANCELED && game->cancel_after < NFILES) ||
                     (item->error.code == -EIO && game->faults);
    if (!asked_for && !item_is_right(game->files, item))
        __atomic_add_fetch(&game->nwrong, 1, __ATOMIC_RELAXED);
    if (item->error.code == -ECANCELED)
        __atomic_add_fetch(&game->ncancelled, 1, __ATOMIC_RELAXED);
}

static void maybe_cancel(struct game *game, struct test_random *random, unsigned ntaken)
{
    if (ntaken != game->cancel_after)
        return;
    if (test_random_below(random, 2))
        pel_load_cancel(game->load);
    else
        pel_cancel_request(&game->cancel);
}

/* Takes by waiting or polling, holds up to three items, and leaves early where the game says so. */
static void *play(void *arg)
{
    struct caller *caller = arg;
    struct game *game = caller->game;
    struct pel_load_item held[3];
    size_t nheld = 0;
    for (;;) {
        if (__atomic_load_n(&game->ntaken, __ATOMIC_RELAXED) >= game->close_after)
            break;
        size_t random = test_random_below(&caller->random, 8);
        bool poll = random < 2;
        /* Who waits while holding could hold the whole budget. */
        while (nheld && (!poll || nheld == 3 || random == 0))
            pel_load_release(game->load, &held[--nheld]);
        int rc = poll ? pel_load_try_next(game->load, &held[nheld])
                      : pel_load_next(game->load, &held[nheld]);
        if (rc == -EAGAIN) {
            (void)sched_yield();
            continue;
        }
        if (rc <= 0)
            break;
        check_item(game, &held[nheld++]);
        maybe_cancel(game, &caller->random, __atomic_add_fetch(&game->ntaken, 1, __ATOMIC_RELAXED));
    }
    /* Closing frees what is left; but other callers could be waiting for its share of the budget. */
    while (nheld && (game->ncallers > 1 || test_random_below(&caller->random, 4)))
        pel_load_release(game->load, &held[--nheld]);
    return NULL;
}

static void play_all(struct game *game, struct test_random *random)
{
    pthread_t threads[NCALLERS];
    struct caller callers[NCALLERS];
    for (int i = 0; i < game->ncallers; i++) {
        callers[i] = (struct caller){game, {test_random_next(random)}};
        assert_int_equal(pthread_create(&threads[i], NULL, play, &callers[i]), 0);
    }
    for (int i = 0; i < game->ncallers; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void check_game(const struct game *game, const struct pel_load_stats *stats, uint64_t budget)
{
    assert_int_equal(game->nwrong, 0);
    for (size_t i = 0; i < NFILES; i++)
        assert_in_range(game->seen[i], game->close_after < NFILES ? 0 : 1, 1);
    assert_int_equal(stats->files + stats->failed + stats->cancelled, NFILES);
    assert_int_equal(stats->abandoned, 0);
    assert_true(stats->peak_bytes <= (budget > 300000 ? budget : 300000));
}

static void interleavings(void **state)
{
    struct test_random random = {test_seed(3)};
    int baseline = count_descriptors();
    unsigned ncancelled = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct game game = {.files = *state, .cancel_after = NFILES + 1, .close_after = NFILES + 1};
        game.ncallers = 1 + (int)test_random_below(&random, NCALLERS);
        game.faults = test_random_below(&random, 2);
        if (test_random_below(&random, 3) == 0)
            game.cancel_after = (unsigned)test_random_below(&random, NFILES);
        if (test_random_below(&random, 5) == 0)
            game.close_after = (unsigned)test_random_below(&random, NFILES);
        struct pel_load_options options = {
            .backend = "sim",
            .depth_max = 1 + (int)test_random_below(&random, 20),
            .budget_bytes = 1 + test_random_below(&random, 40000),
            .chunk_bytes = 200 + test_random_below(&random, 300000),
            .cancel = &game.cancel,
            .sim = {.seed = test_random_next(&random),
                    .latency_ns = test_random_below(&random, 2) ? 0 : 20000,
                    .jitter_ns = test_random_below(&random, 60000),
                    .short_percent = (int)test_random_below(&random, 60),
                    .error_percent = game.faults ? 20 : 0,
                    .again_percent = (int)test_random_below(&random, 40)}};
        game.load = load_open(game.files, &options, NULL);
        if (game.cancel_after == 0)
            pel_load_cancel(game.load);
        play_all(&game, &random);
        struct pel_load_stats stats;
        pel_load_close(game.load, &stats);
        check_game(&game, &stats, options.budget_bytes);
        ncancelled += game.ncancelled;
    }
    assert_true(ncancelled > 0);
    assert_int_equal(count_descriptors(), baseline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interleavings),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
