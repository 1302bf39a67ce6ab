/* Distinct keys: the numbers of the keys' values are sorted, and their runs counted, then written. */
#include <pelton/sort.h>

#include "bulk/sort/keys.h"
#include "core/arena.h"

#include <stdlib.h>

struct distinct {
    struct sort_map map;
    const unsigned char *keys;
    void *numbers; /* uint64_t, or uint32_t for keys of 4 bytes */
    size_t n, ntasks;
    size_t *runs; /* of each task: runs that begin before its part; first, in it */
    struct pel_distinct *out;
};

static uint64_t number_at(const struct distinct *job, size_t i)
{
    return job->map.wide ? ((const uint64_t *)job->numbers)[i]
                         : ((const uint32_t *)job->numbers)[i];
}

static bool run_begins(const struct distinct *job, size_t i)
{
    return i == 0 || number_at(job, i - 1) != number_at(job, i);
}

static void take_numbers(void *ctx, size_t index)
{
    const struct distinct *job = ctx;
    struct pel_range part = pel_partition(job->n, job->ntasks, index);
    const struct sort_map map = job->map;
    if (map.wide)
        for (size_t i = part.lo; i < part.hi; i++)
            ((uint64_t *)job->numbers)[i] = sort_value(&map, job->keys + 8 * i);
    else
        for (size_t i = part.lo; i < part.hi; i++)
            ((uint32_t *)job->numbers)[i] = (uint32_t)sort_value(&map, job->keys + 4 * i);
}

static void count_runs(void *ctx, size_t index)
{
    const struct distinct *job = ctx;
    struct pel_range part = pel_partition(job->n, job->ntasks, index);
    size_t nruns = 0;
    for (size_t i = part.lo; i < part.hi; i++)
        nruns += run_begins(job, i);
    job->runs[index] = nruns;
}

static void write_key(const struct distinct *job, size_t run, uint64_t number)
{
    size_t nbytes = job->map.wide ? 8 : 4;
    unsigned char *key = (unsigned char *)job->out->keys + run * nbytes;
    const uint64_t wide_nan = F64_NAN;
    const uint32_t narrow_nan = F32_NAN;
    if (job->map.is_float && number == (job->map.wide ? UINT64_MAX : UINT32_MAX))
        memcpy(key, job->map.wide ? (const void *)&wide_nan : (const void *)&narrow_nan, nbytes);
    else
        sort_key(&job->map, number, key);
}

/* The runs that begin in the part; counts are places of their ends at first. */
static void write_runs(void *ctx, size_t index)
{
    const struct distinct *job = ctx;
    struct pel_range part = pel_partition(job->n, job->ntasks, index);
    size_t run = job->runs[index];
    for (size_t i = part.lo; i < part.hi; i++)
        if (run_begins(job, i)) {
            write_key(job, run, number_at(job, i));
            if (run)
                job->out->counts[run - 1] = i;
            run++;
        }
}

static int write_all(struct distinct *job, const struct pel_team *team, struct pel_error *err)
{
    if (pel_team_run(team, job->ntasks, count_runs, job))
        return pel_sort_cancelled(err);
    struct pel_distinct *out = job->out;
    for (size_t t = 0; t < job->ntasks; t++) {
        size_t nruns = job->runs[t];
        job->runs[t] = out->n;
        out->n += nruns;
    }
    out->keys = malloc(out->n * (job->map.wide ? 8 : 4) + 1);
    out->counts = malloc(out->n * sizeof *out->counts + 1);
    if (!out->keys || !out->counts)
        return pel_sort_no_memory(err);
    if (pel_team_run(team, job->ntasks, write_runs, job))
        return pel_sort_cancelled(err);
    if (out->n)
        out->counts[out->n - 1] = job->n;
    for (size_t run = out->n; run-- > 1;)
        out->counts[run] -= out->counts[run - 1];
    return 0;
}

static int find_distinct(struct distinct *job, struct pel_arena *arena, const struct pel_team *team,
                         struct pel_error *err)
{
    size_t nbytes;
    job->runs = pel_arena_take(arena, job->ntasks * sizeof *job->runs);
    job->numbers = pel_size_mul(job->n, job->map.wide ? 8 : 4, &nbytes)
                       ? NULL
                       : pel_arena_take_unset(arena, nbytes + 1);
    if (!job->runs || !job->numbers)
        return pel_sort_no_memory(err);
    if (pel_team_run(team, job->ntasks, take_numbers, job))
        return pel_sort_cancelled(err);
    int status =
        pel_sort(job->map.wide ? PEL_U64 : PEL_U32, job->numbers, job->n, false, team, err);
    return status ? status : write_all(job, team, err);
}

int pel_distinct(enum pel_type type, const void *keys, size_t n, const struct pel_team *team,
                 struct pel_distinct *out, struct pel_error *err)
{
    *out = (struct pel_distinct){0};
    if (!sort_is_key(type))
        return pel_sort_bad_type(err);
    struct distinct job = {.map = sort_map(type, false),
                           .keys = keys,
                           .n = n,
                           .ntasks = pel_team_tasks(team, n, 1 << 16),
                           .out = out};
    struct pel_arena *arena = pel_arena_open();
    int status = arena ? find_distinct(&job, arena, team, err) : pel_sort_no_memory(err);
    pel_arena_close(arena);
    if (status)
        pel_distinct_free(out);
    return status;
}

void pel_distinct_free(struct pel_distinct *distinct)
{
    free(distinct->keys);
    free(distinct->counts);
    *distinct = (struct pel_distinct){0};
}
