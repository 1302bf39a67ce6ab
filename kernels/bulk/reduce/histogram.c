#include "bulk/reduce/histogram.h"
#include "bulk/reduce/values.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int pel_bins_set(struct pel_bins *bins, double lo, double hi, size_t n, struct pel_error *err)
{
    *bins = (struct pel_bins){lo, hi, (hi - lo) / (double)n, (double)n / (hi - lo), n, false};
    bins->even = n < 1 << 30 && bins->width > 0x1p-48 * fmax(fabs(lo), fabs(hi));
    if (n < 1 || n > PEL_BINS_MAX)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "a histogram has 1 to 2^32 - 2 bins");
    if (!(lo < hi) || !isfinite(hi - lo) || bins->width < DBL_MIN)
        return pel_error_set(
            err, -EINVAL, PEL_STAGE_COMPUTE,
            "a histogram's lo is below hi, hi - lo is finite, and the width of its "
            "bins a normal number");
    return 0;
}

/* The bin of a value, or n; for edges that may be neighbouring doubles, or the same. */
static size_t place(const struct pel_bins *bins, double x)
{
    if (!(x >= bins->lo && x <= bins->hi))
        return bins->n;
    double quotient = (x - bins->lo) * bins->per_unit;
    size_t k = quotient < (double)bins->n ? (size_t)quotient : bins->n - 1;
    while (x < pel_bins_edge(bins, k))
        k--;
    while (k + 1 < bins->n && x >= pel_bins_edge(bins, k + 1))
        k++;
    return k;
}

void pel_bins_count(const struct pel_bins *bins, const struct pel_lanes *lanes, const double *x,
                    size_t n, const uint64_t *mask, uint64_t *counts)
{
    uint64_t bin[PEL_BLOCK_ROWS];
    if (bins->even)
        n = lanes->place(bins, x, n, mask, bin);
    else
        for (size_t i = 0; i < n; i++)
            bin[i] = !mask || (mask[i / 64] >> i % 64 & 1) ? place(bins, x[i]) : bins->n;
    for (size_t i = 0; i < n; i++)
        counts[bin[i]]++;
}

/* Each task counts a range of chunks for itself. */
struct histogram {
    struct pel_values values;
    struct pel_bins bins;
    const struct pel_cancel *cancel;
    size_t n, ntasks;
    uint64_t *counts; /* ntasks times bins.n + 1 */
};

static void count_chunks(void *ctx, size_t task)
{
    const struct histogram *job = ctx;
    uint64_t *counts = job->counts + task * (job->bins.n + 1);
    size_t nblocks = pel_reduce_leaves(job->n, PEL_BLOCK_ROWS);
    struct pel_range range = pel_partition(nblocks, job->ntasks, task);
    for (size_t b = range.lo; b < range.hi && !pel_cancel_requested(job->cancel); b++) {
        double block[PEL_BLOCK_ROWS];
        size_t lo = b * PEL_BLOCK_ROWS;
        size_t n = job->n - lo < PEL_BLOCK_ROWS ? job->n - lo : PEL_BLOCK_ROWS;
        pel_bins_count(&job->bins, job->values.lanes, pel_values_f64(&job->values, lo, n, block), n,
                       NULL, counts);
    }
}

static int count_all(struct histogram *job, const struct pel_team *team, uint64_t *counts)
{
    int status = pel_team_run(team, job->ntasks, count_chunks, job);
    if (!status && pel_cancel_requested(job->cancel))
        status = -ECANCELED;
    for (size_t t = 0; !status && t < job->ntasks; t++)
        for (size_t k = 0; k < job->bins.n; k++)
            counts[k] += job->counts[t * (job->bins.n + 1) + k];
    return status;
}

int pel_histogram(enum pel_type type, const void *x, size_t n, double lo, double hi, size_t nbins,
                  const struct pel_team *team, uint64_t *counts, struct pel_error *err)
{
    struct histogram job = {
        .values = {type, x, pel_lanes_for(team->isa)}, .cancel = team->cancel, .n = n};
    int status = pel_values_check(type, err);
    if (!status)
        status = pel_bins_set(&job.bins, lo, hi, nbins, err);
    if (nbins <= PEL_BINS_MAX)
        memset(counts, 0, nbins * sizeof *counts);
    if (status)
        return status;
    size_t most = n / nbins ? n / nbins : 1;
    job.ntasks = pel_team_tasks(team, n, PEL_CHUNK_ROWS);
    if (job.ntasks > most)
        job.ntasks = most;
    job.counts = calloc(job.ntasks, (nbins + 1) * sizeof *counts);
    if (!job.counts)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a histogram's bins");
    status = count_all(&job, team, counts);
    free(job.counts);
    if (status)
        pel_error_set(err, status, PEL_STAGE_COMPUTE, "the histogram was cancelled");
    return status;
}
