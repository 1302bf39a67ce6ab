#include "bulk/sort/select.h"

#include <pelton/sort.h>

#include "core/arena.h"

enum {
    CELL_BITS = 14,
    COLLECT_MIN = 1 << 16,  /* keys that are sorted rather than looked through again */
    COLLECT_SHARE = 64,     /* or so much of all */
    TASK_KEYS_MAX = 1 << 30 /* a cell counts in 32 bits */
};

/* What a task counts. */
struct select_task {
    uint64_t min, max;
    uint32_t *cells;
    size_t n; /* keys in the range; then where they go */
};

/* The numbers of [lo, hi]: n of them, with `before` smaller ones. */
struct select_range {
    uint64_t lo, hi;
    size_t before, n;
};

struct selection {
    struct select_keys keys;
    const struct pel_team *team;
    struct select_task *tasks;
    size_t ntasks;
    struct select_range range;
    int shift;
    uint64_t *numbers; /* those of the range */
};

static void find_extremes(void *ctx, size_t index)
{
    const struct selection *job = ctx;
    const struct select_keys keys = job->keys;
    struct pel_range part = pel_partition(keys.n, job->ntasks, index);
    uint64_t min = UINT64_MAX, max = 0;
    for (size_t i = part.lo; i < part.hi; i++) {
        uint64_t number = select_number(&keys, i);
        min = number < min ? number : min;
        max = number > max ? number : max;
    }
    job->tasks[index].min = min;
    job->tasks[index].max = max;
}

static void count_cells(void *ctx, size_t index)
{
    const struct selection *job = ctx;
    const struct select_keys keys = job->keys;
    struct pel_range part = pel_partition(keys.n, job->ntasks, index);
    const uint64_t lo = job->range.lo, width = job->range.hi - lo;
    uint32_t *cells = job->tasks[index].cells;
    memset(cells, 0, sizeof *cells << CELL_BITS);
    for (size_t i = part.lo; i < part.hi; i++) {
        uint64_t number = select_number(&keys, i) - lo;
        if (number <= width)
            cells[number >> job->shift]++;
    }
}

static void count_range(void *ctx, size_t index)
{
    const struct selection *job = ctx;
    const struct select_keys keys = job->keys;
    struct pel_range part = pel_partition(keys.n, job->ntasks, index);
    size_t n = 0;
    for (size_t i = part.lo; i < part.hi; i++)
        n += select_number(&keys, i) - job->range.lo <= job->range.hi - job->range.lo;
    job->tasks[index].n = n;
}

static void collect_range(void *ctx, size_t index)
{
    const struct selection *job = ctx;
    const struct select_keys keys = job->keys;
    struct pel_range part = pel_partition(keys.n, job->ntasks, index);
    uint64_t *out = job->numbers + job->tasks[index].n;
    for (size_t i = part.lo; i < part.hi; i++) {
        uint64_t number = select_number(&keys, i);
        if (number - job->range.lo <= job->range.hi - job->range.lo)
            *out++ = number;
    }
}

static int run(struct selection *job, void (*task)(void *ctx, size_t index))
{
    return pel_team_run(job->team, job->ntasks, task, job);
}

/* The range of all keys. */
static int take_range(struct selection *job, uint64_t *max)
{
    int status = run(job, find_extremes);
    job->range = (struct select_range){UINT64_MAX, 0, 0, job->keys.n};
    for (size_t t = 0; t < job->ntasks && !status; t++) {
        if (job->tasks[t].min < job->range.lo)
            job->range.lo = job->tasks[t].min;
        if (job->tasks[t].max > job->range.hi)
            job->range.hi = job->tasks[t].max;
    }
    *max = job->range.hi;
    return status;
}

/* Narrows the range to the cell that holds the rank. */
static int narrow_range(struct selection *job, size_t rank)
{
    struct select_range *range = &job->range;
    int bits = 64 - __builtin_clzll(range->hi - range->lo);
    job->shift = bits > CELL_BITS ? bits - CELL_BITS : 0;
    int status = run(job, count_cells);
    if (status)
        return status;
    for (size_t c = 0;; c++) {
        size_t n = 0;
        for (size_t t = 0; t < job->ntasks; t++)
            n += job->tasks[t].cells[c];
        if (rank - range->before < n) {
            range->lo += (uint64_t)c << job->shift;
            uint64_t last = range->lo + ((UINT64_C(1) << job->shift) - 1);
            range->hi = last >= range->lo && last < range->hi ? last : range->hi;
            range->n = n;
            return 0;
        }
        range->before += n;
    }
}

/* Puts the numbers of the range into memory, sorted. */
static int sort_range(struct selection *job, struct pel_arena *arena, struct pel_error *err)
{
    job->numbers = pel_arena_take_unset(arena, job->range.n * sizeof *job->numbers);
    if (!job->numbers)
        return pel_sort_no_memory(err);
    if (run(job, count_range))
        return pel_sort_cancelled(err);
    size_t sum = 0;
    for (size_t t = 0; t < job->ntasks; t++) {
        size_t n = job->tasks[t].n;
        job->tasks[t].n = sum;
        sum += n;
    }
    if (run(job, collect_range))
        return pel_sort_cancelled(err);
    return pel_sort(PEL_U64, job->numbers, job->range.n, false, job->team, err);
}

/* Finds a range around the rank that is small enough, and its numbers, unless they are all the same. */
static int find_range(const struct selection *all, size_t rank, struct selection *found,
                      struct pel_arena *arena, struct pel_error *err)
{
    size_t enough = all->keys.n / COLLECT_SHARE;
    enough = enough < COLLECT_MIN ? COLLECT_MIN : enough;
    *found = *all;
    while (found->range.lo < found->range.hi && found->range.n > enough)
        if (narrow_range(found, rank))
            return pel_sort_cancelled(err);
    return found->range.lo < found->range.hi ? sort_range(found, arena, err) : 0;
}

static int find_ranks(const struct selection *all, const size_t *ranks, size_t nranks,
                      uint64_t *numbers, struct pel_error *err)
{
    struct selection found = {.range = {0, 0, 0, 0}};
    struct pel_arena *arena = NULL;
    int status = 0;
    for (size_t j = 0; j < nranks && !status; j++) {
        if (ranks[j] - found.range.before >= found.range.n) {
            pel_arena_close(arena);
            arena = pel_arena_open();
            status =
                arena ? find_range(all, ranks[j], &found, arena, err) : pel_sort_no_memory(err);
        }
        if (!status)
            numbers[j] =
                found.numbers ? found.numbers[ranks[j] - found.range.before] : found.range.lo;
    }
    pel_arena_close(arena);
    return status;
}

static int take_tasks(struct selection *job, struct pel_arena *arena)
{
    job->tasks = pel_arena_take(arena, job->ntasks * sizeof *job->tasks);
    for (size_t t = 0; job->tasks && t < job->ntasks; t++)
        if (!(job->tasks[t].cells =
                  pel_arena_take_unset(arena, sizeof *job->tasks->cells << CELL_BITS)))
            return -ENOMEM;
    return job->tasks ? 0 : -ENOMEM;
}

int pel_select_numbers(const struct select_keys *keys, const size_t *ranks, size_t nranks,
                       uint64_t *numbers, uint64_t *max, const struct pel_team *team,
                       struct pel_error *err)
{
    struct selection job = {.keys = *keys, .team = team};
    job.ntasks = pel_team_tasks(team, keys->n, COLLECT_MIN) + keys->n / TASK_KEYS_MAX;
    struct pel_arena *arena = pel_arena_open();
    int status = arena && !take_tasks(&job, arena) ? 0 : pel_sort_no_memory(err);
    if (!status && take_range(&job, max))
        status = pel_sort_cancelled(err);
    if (!status)
        status = find_ranks(&job, ranks, nranks, numbers, err);
    pel_arena_close(arena);
    return status;
}
