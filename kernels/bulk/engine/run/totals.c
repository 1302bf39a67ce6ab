/* SEGMENT_AGGREGATES: one pass, one row. A worker makes partial results of the blocks of a chunk and combines
 * them pairwise; a tree takes those of the chunks. A chunk's 64 blocks are a complete subtree of the tree of
 * <pelton/bulk.h>, so the whole has its shape. */
#include "bulk/engine/run/partial.h"
#include "bulk/engine/run/run.h"
#include "bulk/engine/run/sample.h"
#include "bulk/table_make.h"
#include "bulk/tree.h"
#include "core/arena.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BLOCKS = PEL_CHUNK_ROWS / PEL_BLOCK_ROWS };

struct job {
    struct run *run;
    const struct segment *segment;
    size_t naggregates;
    const struct pel_lanes *lanes;
    const struct fold **folds; /* NULL: a quantile, of a sample */
    size_t *twins;             /* the first aggregate that makes the same of each block */
    struct pel_tree *tree;     /* of rows of naggregates partial results */

    pthread_mutex_t lock; /* over all below, which workers add to */
    struct pel_exact *exact;
    struct pel_sample *samples;
    struct pel_arena *texts; /* of strings that are held */
};

struct worker {
    struct partial *blocks; /* a row of naggregates for each block of the chunk */
    size_t nblocks;
    struct pel_exact *exact;
    struct pel_sample *samples;
    double scratch[PEL_BLOCK_ROWS];
};

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for aggregates");
}

static enum value_type input_type(const struct segment *segment, const struct aggregate *aggregate)
{
    return aggregate->value < 0 ? VALUE_I64 : segment->code[aggregate->value].type;
}

/* ---- the pass ------------------------------------------------------------------------------------ */

static int open_worker(void *ctx, void *own, struct pel_error *err)
{
    const struct job *job = ctx;
    struct worker *worker = own;
    worker->blocks = calloc(CHUNK_BLOCKS * job->naggregates, sizeof *worker->blocks);
    worker->exact = calloc(job->naggregates, sizeof *worker->exact);
    worker->samples = calloc(job->naggregates, sizeof *worker->samples);
    return worker->blocks && worker->exact && worker->samples ? 0 : no_memory(err);
}

static void close_worker(void *ctx, void *own)
{
    struct job *job = ctx;
    struct worker *worker = own;
    pthread_mutex_lock(&job->lock);
    for (size_t i = 0; i < job->naggregates; i++) {
        if (worker->samples)
            pel_sample_join(&job->samples[i], &worker->samples[i]);
        if (worker->exact)
            pel_exact_merge(&job->exact[i], &worker->exact[i]);
    }
    pthread_mutex_unlock(&job->lock);
    free(worker->blocks);
    free(worker->exact);
    free(worker->samples);
}

static int work_on_block(void *ctx, void *own, const struct scan_block *block,
                         struct pel_error *err)
{
    struct job *job = ctx;
    struct worker *worker = own;
    const struct segment *segment = job->segment;
    struct partial *row = worker->blocks + worker->nblocks++ * job->naggregates, *out = row;
    struct fold_input input = {.block = block, .lanes = job->lanes, .scratch = worker->scratch};
    input.mask = block->nselected == block->n ? NULL : block->selected;
    int status = 0;
    for (size_t i = 0; i < job->naggregates && !status; i++) {
        const struct aggregate *aggregate = &segment->aggregates[i];
        input.value = aggregate->value;
        input.type = input_type(segment, aggregate);
        input.exact = &worker->exact[i];
        const struct fold *fold = job->folds[i];
        out = !fold || fold->of_nothing ? row : worker->blocks;
        row[i] = (struct partial){0};
        if (job->twins[i] < i)
            out[i] = out[job->twins[i]];
        else if (fold)
            fold->block(&input, &out[i]);
        else
            status = pel_sample_add(&worker->samples[i], &input, &job->run->held, err);
    }
    bool decided = job->naggregates == 1 && pel_fold_decided(segment->aggregates[0].kind, out);
    return decided ? DRIVE_ENOUGH : status;
}

static void combine_rows(void *ctx, void *into, const void *from)
{
    const struct job *job = ctx;
    for (size_t i = 0; i < job->naggregates; i++)
        if (job->folds[i])
            job->folds[i]->combine((struct partial *)into + i, (const struct partial *)from + i);
}

/* The chunk's rows of text are about to go. */
static int keep_text(struct job *job, struct pel_string *string, struct pel_error *err)
{
    int status = pel_hold(&job->run->held, string->nbytes, err);
    if (status || string->nbytes == 0)
        return status;
    pthread_mutex_lock(&job->lock);
    char *copy = pel_arena_take_unset(job->texts, string->nbytes);
    pthread_mutex_unlock(&job->lock);
    if (!copy)
        return no_memory(err);
    string->text = memcpy(copy, string->text, string->nbytes);
    return 0;
}

static int end_chunk(void *ctx, void *own, const struct pel_chunk *chunk, int status,
                     struct pel_error *err)
{
    struct job *job = ctx;
    struct worker *worker = own;
    struct partial *rows = worker->blocks;
    size_t n = job->naggregates, nblocks = worker->nblocks;
    worker->nblocks = 0;
    if (status < 0)
        return status;
    for (size_t step = 1; step < nblocks; step *= 2)
        for (size_t i = 0; i + step < nblocks; i += 2 * step)
            combine_rows(job, rows + i * n, rows + (i + step) * n);
    for (size_t i = 0; i < n && status >= 0; i++)
        if (job->segment->aggregates[i].type == VALUE_STRING && rows[i].n) {
            int kept = keep_text(job, &rows[i].held.value.s, err);
            status = kept ? kept : status;
        }
    if (status < 0)
        return status;
    return pel_tree_add(job->tree, chunk->index, rows) ? no_memory(err) : status;
}

static int pass(struct job *job, struct pel_source *source, struct pel_error *err)
{
    struct scan scan = {.segment = job->segment,
                        .source = source,
                        .results = job->run->results,
                        .team = job->run->team,
                        .ctx = job,
                        .worker_nbytes = sizeof(struct worker),
                        .open = open_worker,
                        .block = work_on_block,
                        .end = end_chunk,
                        .close = close_worker};
    return pel_scan(&scan, err);
}

/* ---- the row ------------------------------------------------------------------------------------- */

static int finish_sample(const struct job *job, size_t i, void *out, struct pel_error *err)
{
    double quantile;
    int status = pel_sample_quantile(&job->samples[i], job->segment->aggregates[i].parameter,
                                     job->run->team, &job->run->held, &quantile, err);
    if (!status)
        pel_put_f64(quantile, job->segment->aggregates[i].type, out);
    return status;
}

static bool is_exact(const struct job *job, const struct aggregate *aggregate)
{
    enum value_type type = input_type(job->segment, aggregate);
    bool is_sum = aggregate->kind == PEL_AGGREGATE_SUM || aggregate->kind == PEL_AGGREGATE_MEAN;
    return job->run->precision == PEL_EXACT && is_sum && (type == VALUE_F32 || type == VALUE_F64);
}

/* The names of those that have no value of no rows. */
static const char *no_rows(enum pel_aggregate kind)
{
    switch (kind) {
    case PEL_AGGREGATE_MIN:
        return "min: there are no rows";
    case PEL_AGGREGATE_MAX:
        return "max: there are no rows";
    case PEL_AGGREGATE_ARGMIN:
        return "argmin: there are no rows";
    case PEL_AGGREGATE_ARGMAX:
        return "argmax: there are no rows";
    case PEL_AGGREGATE_FIRST:
        return "first: there are no rows";
    case PEL_AGGREGATE_LAST:
        return "last: there are no rows";
    default:
        return "there are no rows";
    }
}

static int finish_fold(struct job *job, size_t i, struct partial *partial, void *out,
                       struct pel_error *err)
{
    const struct aggregate *aggregate = &job->segment->aggregates[i];
    const struct fold *fold = job->folds[i];
    if (is_exact(job, aggregate))
        partial->f64 = pel_exact_round(&job->exact[i]);
    if (!fold->of_nothing && partial->n == 0)
        return pel_error_set(err, -ENODATA, PEL_STAGE_COMPUTE, no_rows(aggregate->kind));
    return fold->finish(partial, aggregate->type, out, err);
}

static int make_row(struct job *job, struct partial *row, struct pel_table *out,
                    struct pel_error *err)
{
    const struct segment *segment = job->segment;
    memset(row, 0, job->naggregates * sizeof *row);
    pel_tree_finish(job->tree, row);
    int status = pel_table_make(out, segment->fields, segment->nfields, 1, &job->run->held, err);
    for (size_t i = 0; i < job->naggregates && !status; i++) {
        void *at = pel_table_at(out, i, 0);
        status =
            job->folds[i] ? finish_fold(job, i, &row[i], at, err) : finish_sample(job, i, at, err);
    }
    return status ? status : pel_table_own_texts(out, &job->run->held, err);
}

/* ---- the segment --------------------------------------------------------------------------------- */

/* Of aggregates that differ only in what they make of the sum in the end, as mean and sum, or var and std; exact
 * sums are counted by their number. */
static size_t twin(const struct job *job, size_t i)
{
    const struct aggregate *all = job->segment->aggregates;
    size_t k = 0;
    while (k < i &&
           (!job->folds[k] || !job->folds[i] || all[k].value != all[i].value ||
            job->folds[k]->block != job->folds[i]->block || job->run->precision == PEL_EXACT))
        k++;
    return k;
}

static void choose_folds(struct job *job)
{
    for (size_t i = 0; i < job->naggregates; i++) {
        const struct aggregate *aggregate = &job->segment->aggregates[i];
        job->folds[i] =
            pel_fold_for(aggregate->kind, input_type(job->segment, aggregate), job->run->precision);
        job->twins[i] = twin(job, i);
    }
}

static int run_job(struct job *job, struct pel_source *source, struct pel_table *out,
                   struct pel_error *err)
{
    size_t n = job->naggregates;
    struct partial *row = calloc(n, sizeof *row);
    job->folds = calloc(n, sizeof *job->folds);
    job->twins = calloc(n, sizeof *job->twins);
    job->exact = calloc(n, sizeof *job->exact);
    job->samples = calloc(n, sizeof *job->samples);
    job->texts = pel_arena_open();
    bool made = row && job->folds && job->twins && job->exact && job->samples && job->texts &&
                !pel_tree_open(&job->tree, n * sizeof *row, combine_rows, job);
    if (made)
        choose_folds(job);
    int status = made ? pass(job, source, err) : no_memory(err);
    if (!status)
        status = make_row(job, row, out, err);
    for (size_t i = 0; i < n && job->samples; i++)
        pel_sample_free(&job->samples[i], &job->run->held);
    pel_tree_close(job->tree);
    pel_arena_close(job->texts);
    free(job->samples);
    free(job->exact);
    free(job->twins);
    free(job->folds);
    free(row);
    return status;
}

int pel_run_aggregates(struct run *run, const struct segment *segment, struct pel_source *source,
                       struct pel_table *out, struct pel_error *err)
{
    struct job job = {.run = run,
                      .segment = segment,
                      .naggregates = (size_t)segment->naggregates,
                      .lanes = pel_lanes_for(run->team->isa)};
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&job.lock, NULL);
    int status = run_job(&job, source, out, err);
    pthread_mutex_destroy(&job.lock);
    return status;
}
