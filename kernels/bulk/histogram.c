#include "bulk/histogram.h"
#include "bulk/values.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int pel_bins_set(struct pel_bins *bins, double lo, double hi, size_t n, struct pel_error *err)
{
    *bins = (struct pel_bins){lo, hi, (hi - lo) / (double)n, (double)n / (hi - lo), n};
    if (n == 0)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "a histogram has at least one bin");
    if (!(lo < hi) || !isfinite(hi - lo) || bins->width < DBL_MIN)
        return pel_error_set(
            err, -EINVAL, PEL_STAGE_COMPUTE,
            "a histogram's lo is below hi, hi - lo is finite, and the width of its "
            "bins a normal number");
    return 0;
}

/* Of a value in [lo, hi]. The quotient is mostly right, and a bin off near an edge that was rounded the other
 * way; only where edges are neighbouring doubles may it be further off. */
static size_t place(const struct pel_bins *bins, double x)
{
    double quotient = (x - bins->lo) * bins->per_unit;
    size_t k = quotient < (double)bins->n ? (size_t)quotient : bins->n - 1;
    while (x < pel_bins_edge(bins, k))
        k--;
    while (k + 1 < bins->n && x >= pel_bins_edge(bins, k + 1))
        k++;
    return k;
}

void pel_bins_count(const struct pel_bins *bins, const double *x, size_t n, const uint64_t *mask,
                    uint64_t *counts)
{
    const struct pel_bins mine = *bins; /* which the counts cannot overlap */
    for (size_t i = 0; i < n; i++) {
        bool in = x[i] >= mine.lo && x[i] <= mine.hi && (!mask || (mask[i / 64] >> i % 64 & 1));
        if (in)
            counts[place(&mine, x[i])]++;
    }
}

/* Each task counts a range of chunks for itself. */
struct histogram {
    struct pel_values values;
    struct pel_bins bins;
    const struct pel_cancel *cancel;
    size_t n, ntasks;
    uint64_t *counts; /* ntasks times bins.n */
};

static void count_chunks(void *ctx, size_t task)
{
    const struct histogram *job = ctx;
    uint64_t *counts = job->counts + task * job->bins.n;
    size_t nblocks = pel_reduce_leaves(job->n, PEL_BLOCK_ROWS);
    struct pel_range range = pel_partition(nblocks, job->ntasks, task);
    for (size_t b = range.lo; b < range.hi && !pel_cancel_requested(job->cancel); b++) {
        double block[PEL_BLOCK_ROWS];
        size_t lo = b * PEL_BLOCK_ROWS;
        size_t n = job->n - lo < PEL_BLOCK_ROWS ? job->n - lo : PEL_BLOCK_ROWS;
        pel_bins_count(&job->bins, pel_values_f64(&job->values, lo, n, block), n, NULL, counts);
    }
}

static int count_all(struct histogram *job, const struct pel_team *team, uint64_t *counts)
{
    int status = pel_team_run(team, job->ntasks, count_chunks, job);
    if (!status && pel_cancel_requested(job->cancel))
        status = -ECANCELED;
    for (size_t t = 0; !status && t < job->ntasks; t++)
        for (size_t k = 0; k < job->bins.n; k++)
            counts[k] += job->counts[t * job->bins.n + k];
    return status;
}

int pel_histogram(enum pel_type type, const void *x, size_t n, double lo, double hi, size_t nbins,
                  const struct pel_team *team, uint64_t *counts, struct pel_error *err)
{
    memset(counts, 0, nbins * sizeof *counts);
    struct histogram job = {
        .values = {type, x, pel_lanes_for(team->isa)}, .cancel = team->cancel, .n = n};
    int status = pel_values_check(type, err);
    if (!status)
        status = pel_bins_set(&job.bins, lo, hi, nbins, err);
    if (status)
        return status;
    size_t most = n / nbins ? n / nbins : 1;
    job.ntasks = pel_team_tasks(team, n, PEL_CHUNK_ROWS);
    if (job.ntasks > most)
        job.ntasks = most;
    job.counts = calloc(job.ntasks, nbins * sizeof *counts);
    if (!job.counts)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a histogram's bins");
    status = count_all(&job, team, counts);
    free(job.counts);
    if (status)
        pel_error_set(err, status, PEL_STAGE_COMPUTE, "the histogram was cancelled");
    return status;
}
