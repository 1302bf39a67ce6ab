/* SEGMENT_GROUPS: the selected rows of each block go to the grouping of bulk/group.h. */
#include "bulk/engine/run.h"
#include "bulk/engine/scan.h"
#include "bulk/group.h"

#include <stdlib.h>

struct job {
    const struct segment *segment;
    struct grouping *grouping;
    size_t nworkers; /* atomic */
};

/* Keys, then the values of aggregates: of each a buffer for a block that a filter has thinned out, and where
 * the values of a block are. */
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

static size_t ncolumns(const struct segment *segment)
{
    return (size_t)segment->nvalues + (size_t)segment->naggregates;
}

/* Which value column i is; -1: none, of a count of rows. */
static int value_of(const struct segment *segment, size_t i)
{
    size_t nkeys = (size_t)segment->nvalues;
    return i < nkeys ? segment->values[i] : segment->aggregates[i - nkeys].value;
}

static void close_worker(void *ctx, void *own)
{
    const struct job *job = ctx;
    struct worker *worker = own;
    for (size_t i = 0; i < ncolumns(job->segment) && worker->buffers; i++)
        free(worker->buffers[i]);
    free(worker->buffers);
    free(worker->columns);
}

static int open_worker(void *ctx, void *own, struct pel_error *err)
{
    struct job *job = ctx;
    struct worker *worker = own;
    size_t n = ncolumns(job->segment);
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
    for (size_t i = 0; i < ncolumns(job->segment); i++) {
        int value = value_of(job->segment, i);
        if (value < 0)
            continue;
        worker->columns[i] = worker->buffers[i];
        if (all)
            worker->columns[i] = pel_machine_value(block->machine, value);
        else
            pel_machine_compact(block->machine, value, worker->buffers[i]);
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

/* The grouping's column of values for each aggregate is a column of its own: those of several aggregates of one
 * value are the same memory. */
static int open_grouping(struct run *run, struct job *job, struct pel_error *err)
{
    const struct segment *segment = job->segment;
    size_t nkeys = (size_t)segment->nvalues, naggregates = (size_t)segment->naggregates;
    enum pel_type *types = calloc(nkeys + naggregates, sizeof *types);
    struct grouping_aggregate *aggregates = calloc(naggregates + 1, sizeof *aggregates);
    int status = types && aggregates ? 0 : no_memory(err);
    for (size_t i = 0; i < nkeys + naggregates && !status; i++) {
        int value = value_of(segment, i);
        types[i] = value < 0 ? PEL_BOOL : pel_column_type(segment->code[value].type);
    }
    for (size_t i = 0; i < naggregates && !status; i++)
        aggregates[i] = (struct grouping_aggregate){segment->aggregates[i].kind,
                                                    segment->aggregates[i].value < 0 ? -1 : (int)i};
    struct grouping_spec spec = {.keys = types,
                                 .nkeys = nkeys,
                                 .values = types + nkeys,
                                 .nvalues = naggregates,
                                 .aggregates = aggregates,
                                 .naggregates = naggregates};
    if (!status)
        status = pel_grouping_open(&job->grouping, &spec, (size_t)run->team->nthreads,
                                   run->held.limit - run->held.nbytes, err);
    free(types);
    free(aggregates);
    return status;
}

int pel_run_groups(struct run *run, const struct segment *segment, struct pel_source *source,
                   struct pel_table *out, struct pel_error *err)
{
    struct job job = {.segment = segment};
    int status = open_grouping(run, &job, err);
    if (!status)
        status = group(run, &job, source, out, err);
    pel_grouping_close(job.grouping);
    return status;
}
