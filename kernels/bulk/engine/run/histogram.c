/* SEGMENT_HISTOGRAM: counts a worker, which are added up. */
#include "bulk/reduce/histogram.h"
#include "bulk/engine/run/partial.h"
#include "bulk/engine/run/run.h"
#include "bulk/table_make.h"

#include <pthread.h>
#include <stdlib.h>

struct job {
    const struct segment *segment;
    const struct pel_lanes *lanes;
    struct pel_bins bins;
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

static int open_worker(void *ctx, void *own, struct pel_error *err)
{
    const struct job *job = ctx;
    struct worker *worker = own;
    worker->counts = calloc(job->bins.n + 1, sizeof *worker->counts);
    return worker->counts ? 0 : no_memory(err);
}

static void close_worker(void *ctx, void *own)
{
    struct job *job = ctx;
    struct worker *worker = own;
    pthread_mutex_lock(&job->lock);
    for (size_t k = 0; k < job->bins.n && worker->counts; k++)
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
    (void)err;
    pel_bins_count(&job->bins, job->lanes, pel_fold_floats(&input), block->n,
                   block->nselected == block->n ? NULL : block->selected, worker->counts);
    return 0;
}

static int make_table(const struct job *job, struct run *run, struct pel_table *out,
                      struct pel_error *err)
{
    const struct segment *segment = job->segment;
    int status =
        pel_table_make(out, segment->fields, segment->nfields, segment->bins, &run->held, err);
    for (size_t k = 0; k < job->bins.n && !status; k++) {
        *(double *)pel_table_at(out, 0, k) = pel_bins_edge(&job->bins, k);
        *(double *)pel_table_at(out, 1, k) = pel_bins_edge(&job->bins, k + 1);
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
    job->counts = calloc(job->bins.n, sizeof *job->counts);
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
    struct job job = {.segment = segment, .lanes = pel_lanes_for(run->team->isa)};
    size_t tables = (size_t)run->team->nthreads + 1, nbytes;
    int status = pel_bins_set(&job.bins, segment->lo, segment->hi, (size_t)segment->bins, err);
    if (status)
        return status;
    if (pel_size_mul(job.bins.n, tables * sizeof *job.counts, &nbytes))
        nbytes = SIZE_MAX;
    status = pel_hold(&run->held, nbytes, err);
    if (status)
        return status;
    status = count_all(&job, run, source, err);
    if (!status)
        status = make_table(&job, run, out, err);
    free(job.counts);
    pel_unhold(&run->held, nbytes);
    return status;
}
