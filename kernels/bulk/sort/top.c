/* The first k of an order: the number of rank k - 1 is the threshold; rows below it, and the first of those
 * that have it, are collected and sorted. */
#include <pelton/sort.h>

#include "bulk/sort/radix.h"
#include "bulk/sort/select.h"
#include "core/arena.h"

/* Rows of a task: how many are below the threshold and how many at it; then where they go. */
struct top_task {
    size_t below, equal;
};

struct top {
    struct select_keys keys;
    uint64_t threshold;
    struct top_task *tasks;
    size_t ntasks, k;
    struct radix_pair *rows; /* those below the threshold, then those at it */
    uint64_t *top;
};

static void count_rows(void *ctx, size_t index)
{
    const struct top *job = ctx;
    const struct select_keys keys = job->keys;
    struct pel_range part = pel_partition(keys.n, job->ntasks, index);
    size_t below = 0, equal = 0;
    for (size_t i = part.lo; i < part.hi; i++) {
        uint64_t number = select_number(&keys, i);
        below += number < job->threshold;
        equal += number == job->threshold;
    }
    job->tasks[index] = (struct top_task){below, equal};
}

static void collect_rows(void *ctx, size_t index)
{
    const struct top *job = ctx;
    const struct select_keys keys = job->keys;
    struct pel_range part = pel_partition(keys.n, job->ntasks, index);
    size_t below = job->tasks[index].below, equal = job->tasks[index].equal;
    for (size_t i = part.lo; i < part.hi; i++) {
        uint64_t number = select_number(&keys, i);
        if (number > job->threshold)
            continue;
        size_t place = number < job->threshold ? below++ : equal++;
        if (place < job->k)
            job->rows[place] = (struct radix_pair){number, i};
    }
}

/* From counts to places: first all that are below, in order, then all that are equal. */
static void place_rows(struct top *job)
{
    size_t below = 0, equal = 0;
    for (size_t t = 0; t < job->ntasks; t++)
        equal += job->tasks[t].below;
    for (size_t t = 0; t < job->ntasks; t++) {
        struct top_task count = job->tasks[t];
        job->tasks[t] = (struct top_task){below, equal};
        below += count.below;
        equal += count.equal;
    }
}

static void store_top(void *ctx, size_t lo, size_t n, const void *records, bool continues)
{
    const struct top *job = ctx;
    const struct radix_pair *in = records;
    (void)continues;
    for (size_t i = 0; i < n; i++)
        job->top[lo + i] = in[i].value;
}

static int sort_top(struct top *job, const struct pel_team *team, struct pel_error *err)
{
    const struct radix_job sort = {.kind = RADIX_PAIR,
                                   .n = job->k,
                                   .input = job->rows,
                                   .store = store_top,
                                   .ctx = job,
                                   .strict = true};
    enum radix_order how;
    int status = pel_radix_sort(&sort, team, &how, err);
    if (!status &&
        how != RADIX_STORED) /* sorted: the last one is at the threshold, none above it */
        for (size_t i = 0; i < job->k; i++)
            job->top[i] = job->rows[i].value;
    return status;
}

static int take_top(struct top *job, struct pel_arena *arena, const struct pel_team *team,
                    struct pel_error *err)
{
    const size_t rank = job->k - 1;
    uint64_t max;
    size_t nbytes;
    if (pel_size_mul(job->k, sizeof *job->rows, &nbytes))
        return pel_sort_no_memory(err);
    job->rows = pel_arena_take_unset(arena, nbytes);
    job->tasks = pel_arena_take(arena, job->ntasks * sizeof *job->tasks);
    if (!job->rows || !job->tasks)
        return pel_sort_no_memory(err);
    int status = pel_select_numbers(&job->keys, &rank, 1, &job->threshold, &max, team, err);
    if (status)
        return status;
    if (pel_team_run(team, job->ntasks, count_rows, job))
        return pel_sort_cancelled(err);
    place_rows(job);
    if (pel_team_run(team, job->ntasks, collect_rows, job))
        return pel_sort_cancelled(err);
    return sort_top(job, team, err);
}

int pel_top(enum pel_type type, const void *keys, size_t n, size_t k, bool descending,
            uint64_t *top, const struct pel_team *team, struct pel_error *err)
{
    if (!sort_is_key(type))
        return pel_sort_bad_type(err);
    struct top job = {.keys = {sort_map(type, descending), keys, n, true},
                      .ntasks = pel_team_tasks(team, n, 1 << 16),
                      .k = k < n ? k : n,
                      .top = top};
    if (!job.k)
        return 0;
    struct pel_arena *arena = pel_arena_open();
    int status = arena ? take_top(&job, arena, team, err) : pel_sort_no_memory(err);
    pel_arena_close(arena);
    return status;
}
