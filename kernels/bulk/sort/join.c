/* Merge join: both sides in order, each run of equal keys on the left finds its run on the right; each left
 * row notes that run, the rows' counts are added up, and each row so knows where its pairs go. */
#include <pelton/sort.h>

#include "bulk/sort/keys.h"
#include "core/arena.h"

#include <stdlib.h>

struct side {
    const unsigned char *keys;
    size_t n;
    uint64_t *order;
};

struct join {
    struct sort_map map;
    struct side left, right;
    uint64_t *first; /* of each left row: its run's place in the right order */
    uint64_t *ends;  /* of each left row: where its pairs end; first, how many it has */
    uint64_t *sums;  /* of each task */
    size_t ntasks;
    enum pel_join_kind kind;
    struct pel_join *out;
    bool overflow; /* atomic */
};

static uint64_t key_number(const struct join *job, const struct side *side, size_t place)
{
    return sort_value(&job->map, side->keys + (job->map.wide ? 8 : 4) * (size_t)side->order[place]);
}

/* The first place from lo on whose key is not below the number (after: is above it). */
static size_t find_place(const struct join *job, const struct side *side, size_t lo,
                         uint64_t number, bool after)
{
    size_t hi = side->n;
    /* in doubling steps, then by halves: runs are short, and the next one is near */
    for (size_t step = 1; hi - lo > step; step *= 2) {
        uint64_t there = key_number(job, side, lo + step - 1);
        if (after ? there > number : there >= number) {
            hi = lo + step - 1;
            break;
        }
        lo += step;
    }
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        uint64_t there = key_number(job, side, middle);
        if (after ? there > number : there >= number)
            hi = middle;
        else
            lo = middle + 1;
    }
    return lo;
}

/* A part of the left order: finds the right run of each of its rows. */
static void match_part(void *ctx, size_t index)
{
    const struct join *job = ctx;
    struct pel_range part = pel_partition(job->left.n, job->ntasks, index);
    const uint64_t nan = !job->map.is_float ? 0 : job->map.wide ? UINT64_MAX : UINT32_MAX;
    size_t first = 0, end = 0;
    uint64_t last = 0;
    for (size_t i = part.lo; i < part.hi; i++) {
        uint64_t number = key_number(job, &job->left, i);
        if (i == part.lo || number != last) {
            first = find_place(job, &job->right, end, number, false);
            end = find_place(job, &job->right, first, number, true);
            if (job->map.is_float && number == nan)
                first = end;
        }
        last = number;
        job->first[job->left.order[i]] = first;
        job->ends[job->left.order[i]] = end > first                  ? end - first
                                        : job->kind == PEL_JOIN_LEFT ? PEL_JOIN_NONE
                                                                     : 0;
    }
}

static uint64_t pairs_of(uint64_t matches)
{
    return matches == PEL_JOIN_NONE ? 1 : matches;
}

static void sum_part(void *ctx, size_t index)
{
    struct join *job = ctx;
    struct pel_range part = pel_partition(job->left.n, job->ntasks, index);
    uint64_t sum = 0;
    for (size_t row = part.lo; row < part.hi; row++)
        if (__builtin_add_overflow(sum, pairs_of(job->ends[row]), &sum))
            __atomic_store_n(&job->overflow, true, __ATOMIC_RELAXED);
    job->sums[index] = sum;
}

/* A part of the left rows: writes their pairs. */
static void write_part(void *ctx, size_t index)
{
    const struct join *job = ctx;
    struct pel_range part = pel_partition(job->left.n, job->ntasks, index);
    uint64_t at = job->sums[index];
    for (size_t row = part.lo; row < part.hi; row++)
        for (uint64_t i = 0, n = pairs_of(job->ends[row]); i < n; i++, at++) {
            job->out->left[at] = row;
            job->out->right[at] = job->ends[row] == PEL_JOIN_NONE
                                      ? PEL_JOIN_NONE
                                      : job->right.order[job->first[row] + i];
        }
}

/* Adds the tasks' sums up: how many pairs there are. */
static int count_pairs(struct join *job, uint64_t *npairs)
{
    uint64_t sum = 0;
    for (size_t t = 0; t < job->ntasks; t++) {
        uint64_t n = job->sums[t];
        job->sums[t] = sum;
        job->overflow |= __builtin_add_overflow(sum, n, &sum);
    }
    *npairs = sum;
    return job->overflow ? -EOVERFLOW : 0;
}

static int write_pairs(struct join *job, size_t max_pairs, const struct pel_team *team,
                       struct pel_error *err)
{
    uint64_t npairs;
    int overflow = count_pairs(job, &npairs);
    if (max_pairs && (overflow || npairs > max_pairs))
        return pel_error_set(err, -ENOBUFS, PEL_STAGE_COMPUTE, "more pairs than are allowed");
    size_t nbytes;
    if (overflow || npairs > SIZE_MAX || pel_size_mul((size_t)npairs, sizeof(uint64_t), &nbytes) ||
        pel_size_add(nbytes, 1, &nbytes))
        return pel_sort_no_memory(err);
    job->out->left = malloc(nbytes);
    job->out->right = malloc(nbytes);
    if (!job->out->left || !job->out->right)
        return pel_sort_no_memory(err);
    if (pel_team_run(team, job->ntasks, write_part, job))
        return pel_sort_cancelled(err);
    job->out->n = (size_t)npairs;
    return 0;
}

static uint64_t *take_words(struct pel_arena *arena, size_t n)
{
    size_t nbytes;
    if (pel_size_mul(n, sizeof(uint64_t), &nbytes) || pel_size_add(nbytes, 1, &nbytes))
        return NULL;
    return pel_arena_take_unset(arena, nbytes);
}

static int join_sides(struct join *job, enum pel_type type, size_t max_pairs,
                      struct pel_arena *arena, const struct pel_team *team, struct pel_error *err)
{
    job->left.order = take_words(arena, job->left.n);
    job->right.order = take_words(arena, job->right.n);
    job->first = take_words(arena, job->left.n);
    job->ends = take_words(arena, job->left.n);
    job->sums = take_words(arena, job->ntasks);
    if (!job->left.order || !job->right.order || !job->first || !job->ends || !job->sums)
        return pel_sort_no_memory(err);
    int status = pel_argsort(type, job->left.keys, job->left.n, false, job->left.order, team, err);
    if (!status)
        status =
            pel_argsort(type, job->right.keys, job->right.n, false, job->right.order, team, err);
    if (status)
        return status;
    if (pel_team_run(team, job->ntasks, match_part, job) ||
        pel_team_run(team, job->ntasks, sum_part, job))
        return pel_sort_cancelled(err);
    return write_pairs(job, max_pairs, team, err);
}

int pel_join(enum pel_type type, const void *left, size_t nleft, const void *right, size_t nright,
             enum pel_join_kind kind, size_t max_pairs, const struct pel_team *team,
             struct pel_join *out, struct pel_error *err)
{
    *out = (struct pel_join){0};
    if (!sort_is_key(type))
        return pel_sort_bad_type(err);
    struct join job = {.map = sort_map(type, false),
                       .left = {.keys = left, .n = nleft},
                       .right = {.keys = right, .n = nright},
                       .ntasks = pel_team_tasks(team, nleft, 1 << 14),
                       .kind = kind,
                       .out = out};
    struct pel_arena *arena = pel_arena_open();
    int status =
        arena ? join_sides(&job, type, max_pairs, arena, team, err) : pel_sort_no_memory(err);
    pel_arena_close(arena);
    if (status)
        pel_join_free(out);
    return status;
}

void pel_join_free(struct pel_join *join)
{
    free(join->left);
    free(join->right);
    *join = (struct pel_join){0};
}
