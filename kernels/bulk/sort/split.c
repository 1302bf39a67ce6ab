/* Stable partition: each task counts what goes to the front, and so knows where its values go. */
#include <pelton/sort.h>

#include "bulk/sort/keys.h"
#include "core/arena.h"

struct split {
    const unsigned char *values;
    const uint8_t *mask;
    unsigned char *out;
    size_t n, nbytes, ntasks;
    size_t *before; /* of each task: values in front before its own; first its count */
    size_t ntrue;
};

static void count_true(void *ctx, size_t index)
{
    const struct split *job = ctx;
    struct pel_range part = pel_partition(job->n, job->ntasks, index);
    size_t n = 0;
    for (size_t i = part.lo; i < part.hi; i++)
        n += job->mask[i] != 0;
    job->before[index] = n;
}

/* Without a branch: masks are not to be foreseen. */
PEL_INLINE void split_values(const struct split *job, size_t index, size_t nbytes)
{
    struct pel_range part = pel_partition(job->n, job->ntasks, index);
    unsigned char *to[2]; /* of the others, and of those in front */
    to[1] = job->out + job->before[index] * nbytes;
    to[0] = job->out + (job->ntrue + part.lo - job->before[index]) * nbytes;
    for (size_t i = part.lo; i < part.hi; i++) {
        bool front = job->mask[i] != 0;
        memcpy(to[front], job->values + i * nbytes, nbytes);
        to[front] += nbytes;
    }
}

static void split_part(void *ctx, size_t index)
{
    const struct split *job = ctx;
    if (job->nbytes == 4)
        split_values(job, index, 4);
    else if (job->nbytes == 8)
        split_values(job, index, 8);
    else
        split_values(job, index, job->nbytes);
}

static int split_all(struct split *job, const struct pel_team *team)
{
    int status = pel_team_run(team, job->ntasks, count_true, job);
    if (status)
        return status;
    for (size_t t = 0; t < job->ntasks; t++) {
        size_t n = job->before[t];
        job->before[t] = job->ntrue;
        job->ntrue += n;
    }
    return pel_team_run(team, job->ntasks, split_part, job);
}

int pel_split(const void *values, size_t value_nbytes, const uint8_t *mask, size_t n, void *out,
              size_t *ntrue, const struct pel_team *team, struct pel_error *err)
{
    *ntrue = 0;
    struct split job = {.values = values,
                        .mask = mask,
                        .out = out,
                        .n = n,
                        .nbytes = value_nbytes,
                        .ntasks = pel_team_tasks(team, n, 1 << 16)};
    struct pel_arena *arena = pel_arena_open();
    job.before = arena ? pel_arena_take(arena, job.ntasks * sizeof *job.before) : NULL;
    int status = job.before ? 0 : pel_sort_no_memory(err);
    if (!status && split_all(&job, team))
        status = pel_sort_cancelled(err);
    if (!status)
        *ntrue = job.ntrue;
    pel_arena_close(arena);
    return status;
}
