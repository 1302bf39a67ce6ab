/* SEGMENT_GROUPS: the selected rows of each block go to the grouping of bulk/group.h. */
#include "bulk/engine/run/run.h"
#include "bulk/engine/run/scan.h"
#include "bulk/group.h"

#include <stdlib.h>

struct job {
    const struct segment *segment;
    struct grouping *grouping;
    int *values; /* keys, then the distinct values of aggregates */
    size_t nvalues;
    size_t nworkers; /* atomic */
};

/* Of each value a buffer for a block that a filter has thinned out, and where those of a block are. */
struct worker {
    size_t number;
    void **buffers;
    const void **columns;
    uint16_t places[PEL_BLOCK_ROWS];
};

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for groups");
}

static void close_worker(void *ctx, void *own)
{
    const struct job *job = ctx;
    struct worker *worker = own;
    for (size_t i = 0; i < job->nvalues && worker->buffers; i++)
        free(worker->buffers[i]);
    free(worker->buffers);
    free(worker->columns);
}

static int open_worker(void *ctx, void *own, struct pel_error *err)
{
    struct job *job = ctx;
    struct worker *worker = own;
    size_t n = job->nvalues;
    worker->number = __atomic_fetch_add(&job->nworkers, 1, __ATOMIC_RELAXED);
    worker->buffers = calloc(n, sizeof *worker->buffers);
    worker->columns = calloc(n, sizeof *worker->columns);
    bool made = worker->buffers && worker->columns;
    for (size_t i = 0; i < n && made; i++) {
        worker->buffers[i] =
            aligned_alloc(PEL_CACHE_LINE, PEL_BLOCK_ROWS * sizeof(struct pel_string));
        made = worker->buffers[i] != NULL;
    }
    return made ? 0 : no_memory(err);
}

/* The places in the chunk of the selected rows. */
static void list_places(const struct scan_block *block, uint16_t *places)
{
    for (size_t i = 0; i < MASK_WORDS; i++)
        for (uint64_t bits = block->selected[i]; bits; bits &= bits - 1)
            *places++ = (uint16_t)(block->lo + i * 64 + (size_t)__builtin_ctzll(bits));
}

static int add_block(void *ctx, void *own, const struct scan_block *block, struct pel_error *err)
{
    struct job *job = ctx;
    struct worker *worker = own;
    bool all = block->nselected == block->n;
    for (size_t i = 0; i < job->nvalues; i++) {
        worker->columns[i] = worker->buffers[i];
        if (all)
            worker->columns[i] = pel_machine_value(block->machine, job->values[i]);
        else
            pel_machine_compact(block->machine, job->values[i], worker->buffers[i]);
    }
    if (!all)
        list_places(block, worker->places);
    struct grouping_rows rows = {.nrows = block->nselected,
                                 .chunk = block->chunk->index,
                                 .first = (uint16_t)block->lo,
                                 .places = all ? NULL : worker->places,
                                 .keys = worker->columns,
                                 .values = worker->columns + job->segment->nvalues};
    return rows.nrows ? pel_grouping_add(job->grouping, worker->number, &rows, err) : 0;
}

static int end_chunk(void *ctx, void *own, const struct pel_chunk *chunk, int status,
                     struct pel_error *err)
{
    struct job *job = ctx;
    const struct worker *worker = own;
    return status ? status
                  : pel_grouping_end_chunk(job->grouping, worker->number, chunk->index, err);
}

static int group(struct run *run, struct job *job, struct pel_source *source, struct pel_table *out,
                 struct pel_error *err)
{
    const struct segment *segment = job->segment;
    struct scan scan = {.segment = segment,
                        .source = source,
                        .results = run->results,
                        .team = run->team,
                        .ctx = job,
                        .worker_nbytes = sizeof(struct worker),
                        .open = open_worker,
                        .block = add_block,
                        .end = end_chunk,
                        .close = close_worker};
    int status = pel_scan(&scan, err);
    if (status)
        return status;
    const char **names = calloc(segment->nfields, sizeof *names);
    if (!names)
        return no_memory(err);
    for (size_t i = 0; i < segment->nfields; i++)
        names[i] = segment->fields[i].name;
    status = pel_grouping_finish(job->grouping, run->team, names, out, err);
    free(names);
    return status;
}

/* The place of a value of an aggregate among those of all, which it joins if it is new. */
static int place_value(struct job *job, size_t nkeys, int value)
{
    size_t i = nkeys;
    while (i < job->nvalues && job->values[i] != value)
        i++;
    if (i == job->nvalues)
        job->values[job->nvalues++] = value;
    return (int)(i - nkeys);
}

static int open_grouping(struct run *run, struct job *job, enum pel_type *types,
                         struct grouping_aggregate *aggregates, struct pel_error *err)
{
    const struct segment *segment = job->segment;
    size_t nkeys = (size_t)segment->nvalues;
    for (size_t i = 0; i < nkeys; i++)
        job->values[job->nvalues++] = segment->values[i];
    for (int i = 0; i < segment->naggregates; i++) {
        const struct aggregate *from = &segment->aggregates[i];
        aggregates[i] = (struct grouping_aggregate){
            from->kind, from->value < 0 ? -1 : place_value(job, nkeys, from->value),
            from->parameter};
    }
    for (size_t i = 0; i < job->nvalues; i++)
        types[i] = pel_column_type(segment->code[job->values[i]].type);
    struct grouping_spec spec = {.keys = types,
                                 .nkeys = nkeys,
                                 .values = types + nkeys,
                                 .nvalues = job->nvalues - nkeys,
                                 .aggregates = aggregates,
                                 .naggregates = (size_t)segment->naggregates};
    size_t left = run->held.limit - run->held.nbytes;
    return pel_grouping_open(&job->grouping, &spec, (size_t)run->team->nthreads, left ? left : 1,
                             err);
}

int pel_run_groups(struct run *run, const struct segment *segment, struct pel_source *source,
                   struct pel_table *out, struct pel_error *err)
{
    struct job job = {.segment = segment};
    size_t n = (size_t)segment->nvalues + (size_t)segment->naggregates;
    enum pel_type *types = calloc(n, sizeof *types);
    struct grouping_aggregate *aggregates = calloc(n, sizeof *aggregates);
    job.values = calloc(n, sizeof *job.values);
    int status = types && aggregates && job.values
                     ? open_grouping(run, &job, types, aggregates, err)
                     : no_memory(err);
    if (!status)
        status = group(run, &job, source, out, err);
    pel_grouping_close(job.grouping);
    free(types);
    free(aggregates);
    free(job.values);
    return status;
}
