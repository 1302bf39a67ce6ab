/* SEGMENT_HISTOGRAM: counts a worker, which are added up. */
#include "bulk/engine/partial.h"
#include "bulk/engine/run.h"
#include "bulk/table_make.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct job {
    const struct segment *segment;
    const struct pel_lanes *lanes;
    double width;         /* of a bin */
    pthread_mutex_t lock; /* over the counts */
    uint64_t *counts;
};

struct worker {
    uint64_t *counts;
    double scratch[PEL_BLOCK_ROWS];
};

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a histogram");
}

/* Where bin k begins, and bin k - 1 ends. */
static double edge(const struct job *job, uint64_t k)
{
    return k == job->segment->bins ? job->segment->hi : job->segment->lo + (double)k * job->width;
}

/* The quotient is right but for rounding, which may put a value beside an edge into the bin next to its own. */
static void count_value(const struct job *job, double x, uint64_t *counts)
{
    const struct segment *segment = job->segment;
    if (!(x >= segment->lo && x <= segment->hi))
        return;
    uint64_t k = (uint64_t)((x - segment->lo) / job->width);
    if (k >= segment->bins)
        k = segment->bins - 1;
    if (x < edge(job, k))
        k--;
    else if (k + 1 < segment->bins && x >= edge(job, k + 1))
        k++;
    counts[k]++;
}

static int open_worker(void *ctx, void *own, struct pel_error *err)
{
    const struct job *job = ctx;
    struct worker *worker = own;
    worker->counts = calloc((size_t)job->segment->bins, sizeof *worker->counts);
    return worker->counts ? 0 : no_memory(err);
}

static void close_worker(void *ctx, void *own)
{
    struct job *job = ctx;
    struct worker *worker = own;
    pthread_mutex_lock(&job->lock);
    for (uint64_t k = 0; k < job->segment->bins && worker->counts; k++)
        job->counts[k] += worker->counts[k];
    pthread_mutex_unlock(&job->lock);
    free(worker->counts);
}

static int count_block(void *ctx, void *own, const struct scan_block *block, struct pel_error *err)
{
    const struct job *job = ctx;
    struct worker *worker = own;
    int value = job->segment->values[0];
    struct fold_input input = {.block = block,
                               .lanes = job->lanes,
                               .value = value,
                               .type = job->segment->code[value].type,
                               .scratch = worker->scratch};
    const double *x = pel_fold_floats(&input);
    (void)err;
    for (size_t i = 0; i < block->n; i++)
        if (block->selected[i / 64] >> i % 64 & 1)
            count_value(job, x[i], worker->counts);
    return 0;
}

static int make_table(const struct job *job, struct run *run, struct pel_table *out,
                      struct pel_error *err)
{
    const struct segment *segment = job->segment;
    int status =
        pel_table_make(out, segment->fields, segment->nfields, segment->bins, &run->held, err);
    for (uint64_t k = 0; k < segment->bins && !status; k++) {
        *(double *)pel_table_at(out, 0, k) = edge(job, k);
        *(double *)pel_table_at(out, 1, k) = edge(job, k + 1);
        *(int64_t *)pel_table_at(out, 2, k) = (int64_t)job->counts[k];
    }
    return status;
}

static int count_all(struct job *job, struct run *run, struct pel_source *source,
                     struct pel_error *err)
{
    struct scan scan = {.segment = job->segment,
                        .source = source,
                        .results = run->results,
                        .team = run->team,
                        .ctx = job,
                        .worker_nbytes = sizeof(struct worker),
                        .open = open_worker,
                        .block = count_block,
                        .close = close_worker};
    job->counts = calloc((size_t)job->segment->bins, sizeof *job->counts);
    if (!job->counts)
        return no_memory(err);
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&job->lock, NULL);
    int status = pel_scan(&scan, err);
    pthread_mutex_destroy(&job->lock);
    return status;
}

int pel_run_histogram(struct run *run, const struct segment *segment, struct pel_source *source,
                      struct pel_table *out, struct pel_error *err)
{
    struct job job = {.segment = segment,
                      .lanes = pel_lanes_for(run->team->isa),
                      .width = (segment->hi - segment->lo) / (double)segment->bins};
    if (segment->bins == 0 || !(job.width > 0) || !isfinite(job.width))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                             "histogram: needs a bin at least, and lo < hi");
    size_t tables = (size_t)run->team->nthreads + 1, nbytes;
    if (segment->bins > SIZE_MAX || pel_size_mul((size_t)segment->bins, tables * 8, &nbytes))
        nbytes = SIZE_MAX;
    int status = pel_hold(&run->held, nbytes, err);
    if (status)
        return status;
    status = count_all(&job, run, source, err);
    if (!status)
        status = make_table(&job, run, out, err);
    free(job.counts);
    pel_unhold(&run->held, nbytes);
    return status;
}
