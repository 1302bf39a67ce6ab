#include "bulk/sort/keys.h"

int pel_sort_bad_type(struct pel_error *err)
{
    return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                         "keys are of type i32, i64, u32, u64, f32 or f64");
}

int pel_sort_no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory to sort in");
}

int pel_sort_cancelled(struct pel_error *err)
{
    return pel_error_set(err, -ECANCELED, PEL_STAGE_COMPUTE, "cancelled");
}

struct reversal {
    unsigned char *values;
    size_t n, nbytes, ntasks;
};

static void swap_bytes(unsigned char *a, unsigned char *b, size_t nbytes)
{
    for (size_t i = 0; i < nbytes; i++) {
        unsigned char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

static void swap_words(unsigned char *a, unsigned char *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    memcpy(a, &y, sizeof y);
    memcpy(b, &x, sizeof x);
}

static void reverse_part(void *ctx, size_t index)
{
    const struct reversal *job = ctx;
    struct pel_range range = pel_partition(job->n / 2, job->ntasks, index);
    for (size_t i = range.lo; i < range.hi; i++) {
        unsigned char *a = job->values + i * job->nbytes;
        unsigned char *b = job->values + (job->n - 1 - i) * job->nbytes;
        if (job->nbytes == sizeof(uint64_t))
            swap_words(a, b);
        else
            swap_bytes(a, b, job->nbytes);
    }
}

int pel_sort_reverse(void *values, size_t n, size_t nbytes, const struct pel_team *team,
                     struct pel_error *err)
{
    struct reversal job = {values, n, nbytes, pel_team_tasks(team, n, 1 << 16)};
    return pel_team_run(team, job.ntasks, reverse_part, &job) ? pel_sort_cancelled(err) : 0;
}

struct rows {
    uint64_t *rows;
    size_t n, ntasks;
    bool descending;
};

static void number_part(void *ctx, size_t index)
{
    const struct rows *job = ctx;
    struct pel_range range = pel_partition(job->n, job->ntasks, index);
    for (size_t i = range.lo; i < range.hi; i++)
        job->rows[i] = job->descending ? job->n - 1 - i : i;
}

int pel_sort_rows(uint64_t *rows, size_t n, bool descending, const struct pel_team *team,
                  struct pel_error *err)
{
    struct rows job = {rows, n, pel_team_tasks(team, n, 1 << 16), descending};
    return pel_team_run(team, job.ntasks, number_part, &job) ? pel_sort_cancelled(err) : 0;
}

struct gather {
    const unsigned char *values;
    const uint64_t *order;
    unsigned char *out;
    size_t n, nbytes, ntasks;
};

PEL_INLINE void gather_values(const struct gather *job, struct pel_range range, size_t nbytes)
{
    for (size_t i = range.lo; i < range.hi; i++)
        memcpy(job->out + i * nbytes, job->values + (size_t)job->order[i] * nbytes, nbytes);
}

static void gather_part(void *ctx, size_t index)
{
    const struct gather *job = ctx;
    struct pel_range range = pel_partition(job->n, job->ntasks, index);
    if (job->nbytes == 4)
        gather_values(job, range, 4);
    else if (job->nbytes == 8)
        gather_values(job, range, 8);
    else
        gather_values(job, range, job->nbytes);
}

int pel_sort_gather(const void *values, size_t nbytes, const uint64_t *order, size_t n, void *out,
                    const struct pel_team *team, struct pel_error *err)
{
    struct gather job = {values, order, out, n, nbytes, pel_team_tasks(team, n, 1 << 14)};
    return pel_team_run(team, job.ntasks, gather_part, &job) ? pel_sort_cancelled(err) : 0;
}
