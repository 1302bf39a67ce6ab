#include <pelton/core.h>

struct reduce_job {
    const struct pel_reduction *reduction;
    void *ctx;
    unsigned char *partials;
    size_t nitems, leaf_items;
};

static void reduce_leaf(void *ctx, size_t index)
{
    const struct reduce_job *job = ctx;
    size_t lo = index * job->leaf_items;
    size_t hi = job->nitems - lo > job->leaf_items ? lo + job->leaf_items : job->nitems;
    job->reduction->leaf(job->ctx, lo, hi, job->partials + index * job->reduction->partial_nbytes);
}

size_t pel_reduce_leaves(size_t nitems, size_t leaf_items)
{
    return nitems / leaf_items + (nitems % leaf_items != 0);
}

int pel_reduce(const struct pel_team *team, size_t nitems, size_t leaf_items,
               const struct pel_reduction *reduction, void *ctx, void *partials)
{
    if (leaf_items == 0)
        return -EINVAL;
    struct reduce_job job = {reduction, ctx, partials, nitems, leaf_items};
    size_t nleaves = pel_reduce_leaves(nitems, leaf_items);
    int status = pel_team_run(team, nleaves, reduce_leaf, &job);
    if (status)
        return status;

    /* step 1: 0+1 2+3 4; step 2: 01+23 4; step 4: 0123+4 */
    size_t nbytes = reduction->partial_nbytes;
    for (size_t step = 1; step < nleaves; step *= 2)
        for (size_t i = 0; i < nleaves && nleaves - i > step; i += 2 * step)
            reduction->combine(job.partials + i * nbytes, job.partials + (i + step) * nbytes);
    return 0;
}
