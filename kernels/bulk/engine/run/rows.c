/* SEGMENT_ROWS: the selected rows of each chunk are a part for the sink, or go to their places in a table. But for
 * tables that hold every row, chunks take turns: each waits, with its rows computed, until those before it have
 * been counted. So the sink is given nothing of a chunk that fails in a row, or is behind one, and all before. */
#include "bulk/engine/run/rows.h"
#include "bulk/engine/run/outlet.h"
#include "bulk/engine/run/scan.h"
#include "bulk/table_make.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct job {
    const struct segment *segment;
    struct pel_outlet outlet;
    const struct pel_table *table; /* where rows go instead, or NULL */
    bool in_turns;                 /* else rows go to the places of their numbers in a table */
    uint64_t end;                  /* of the result's rows: skip + limit */

    pthread_mutex_t lock; /* over all below */
    pthread_cond_t passed;
    uint64_t turn;   /* the lowest chunk whose rows have not been counted */
    uint64_t failed; /* the lowest chunk that will not have its turn */
    uint64_t nrows;  /* of the chunks before */
    bool ended;      /* none of the rows behind them counts */
};

/* A chunk's rows: room for all of each value, and then for a block more, into which compaction may write. */
struct worker {
    struct pel_column *columns;
    size_t used;
};

static size_t nvalues(const struct job *job)
{
    return (size_t)job->segment->nvalues;
}

static void close_worker(void *ctx, void *own)
{
    const struct job *job = ctx;
    struct worker *worker = own;
    for (size_t i = 0; i < nvalues(job) && worker->columns; i++)
        free((void *)worker->columns[i].data);
    free(worker->columns);
}

static int open_worker(void *ctx, void *own, struct pel_error *err)
{
    const struct job *job = ctx;
    struct worker *worker = own;
    bool made = (worker->columns = calloc(nvalues(job), sizeof *worker->columns)) != NULL;
    for (size_t i = 0; i < nvalues(job) && made; i++) {
        enum pel_type type = job->segment->fields[i].type;
        size_t size = pel_type_nbytes(type);
        void *data = job->in_turns ? aligned_alloc(PEL_CACHE_LINE,
                                                   (size_t)(PEL_CHUNK_ROWS + PEL_BLOCK_ROWS) * size)
                                   : malloc(1);
        worker->columns[i] =
            (struct pel_column){.type = type, .stride = (ptrdiff_t)size, .data = data};
        made = data != NULL;
    }
    return made ? 0 : pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for rows");
}

/* Rows [from, to) of the batch. */
static int send(struct job *job, struct worker *worker, uint64_t part, size_t from, size_t to,
                struct pel_error *err)
{
    for (size_t i = 0; i < nvalues(job); i++)
        worker->columns[i].data =
            (const char *)worker->columns[i].data + from * (size_t)worker->columns[i].stride;
    int status = pel_outlet_rows(&job->outlet, part, worker->columns, to - from, err);
    for (size_t i = 0; i < nvalues(job); i++)
        worker->columns[i].data =
            (const char *)worker->columns[i].data - from * (size_t)worker->columns[i].stride;
    return status;
}

/* n values of column i to row `row` of the table. Past the caches it would take as long: the system has just
 * cleared the page, which takes most of the time. */
static void place(const struct job *job, size_t i, uint64_t row, const void *values, size_t n)
{
    memcpy(pel_table_at(job->table, i, row), values, n * (size_t)job->table->columns[i].stride);
}

static int place_block(const struct job *job, const struct scan_block *block)
{
    for (size_t i = 0; i < nvalues(job); i++)
        place(job, i, pel_block_row(block),
              pel_machine_value(block->machine, job->segment->values[i]), block->n);
    return 0;
}

/* Rows [from, to) of the batch. */
static void place_batch(const struct job *job, const struct worker *worker, size_t from, size_t to,
                        uint64_t row)
{
    for (size_t i = 0; i < nvalues(job); i++) {
        const struct pel_column *column = &worker->columns[i];
        place(job, i, row, (const char *)column->data + from * (size_t)column->stride, to - from);
    }
}

/* How many of the block's selected rows come before the first of them where `while` is false. */
static size_t count_while(const struct job *job, const struct scan_block *block)
{
    const uint64_t *mask = pel_machine_mask(block->machine, job->segment->while_value);
    size_t n = 0;
    for (int i = 0; i < MASK_WORDS; i++) {
        uint64_t ends = block->selected[i] & ~mask[i];
        uint64_t before = ends ? (ends & -ends) - 1 : UINT64_MAX;
        n += (size_t)__builtin_popcountll(block->selected[i] & before);
        if (ends)
            break;
    }
    return n;
}

static int take_block(void *ctx, void *own, const struct scan_block *block, struct pel_error *err)
{
    const struct job *job = ctx;
    struct worker *worker = own;
    (void)err;
    if (!job->in_turns)
        return place_block(job, block);
    for (size_t i = 0; i < nvalues(job); i++)
        pel_machine_compact(block->machine, job->segment->values[i],
                            (char *)worker->columns[i].data +
                                worker->used * (size_t)worker->columns[i].stride);
    size_t kept = job->segment->while_value < 0 ? block->nselected : count_while(job, block);
    worker->used += kept;
    return kept < block->nselected || worker->used >= job->end ? DRIVE_ENOUGH : 0;
}

/* Waits for the chunk's turn and counts its rows, n of them: [*from, *to) are in the result, from *row on. */
static int take_turn(struct job *job, uint64_t chunk, size_t n, int status, size_t *from,
                     size_t *to, uint64_t *row)
{
    pthread_mutex_lock(&job->lock);
    while (job->turn < chunk && job->failed > chunk)
        pthread_cond_wait(&job->passed, &job->lock);
    *from = *to = 0;
    if (job->failed < chunk) {
        status = -ECANCELED;
    } else if (job->ended) {
        status = 0;
    } else {
        uint64_t before = job->nrows, left = job->end - before, skip = job->segment->skip;
        *from = skip <= before ? 0 : skip - before < n ? (size_t)(skip - before) : n;
        *to = left < n ? (size_t)left : n;
        *row = before + *from - skip;
        job->nrows += *to;
        if (job->nrows == job->end)
            status = DRIVE_ENOUGH;
        job->ended = status != 0;
    }
    if (job->turn == chunk)
        job->turn++;
    pthread_cond_broadcast(&job->passed);
    pthread_mutex_unlock(&job->lock);
    return status;
}

static int end_chunk(void *ctx, void *own, const struct pel_chunk *chunk, int status,
                     struct pel_error *err)
{
    struct job *job = ctx;
    struct worker *worker = own;
    size_t from = 0, to = worker->used;
    uint64_t row = 0;
    worker->used = 0;
    if (job->in_turns)
        status = take_turn(job, chunk->index, to, status, &from, &to, &row);
    if (status >= 0 && job->table && from < to)
        place_batch(job, worker, from, to, row);
    if (status < 0 || job->table)
        return status;
    int answer = send(job, worker, chunk->index, from, to, err);
    if (!answer)
        answer = pel_outlet_end(&job->outlet, chunk->index, err);
    if (answer) /* chunks behind this one may have had their turn */
        pel_outlet_failed(&job->outlet, answer);
    return answer ? answer : status;
}

static void fail(void *ctx, uint64_t chunk, int status)
{
    struct job *job = ctx;
    (void)status;
    pthread_mutex_lock(&job->lock);
    if (chunk < job->failed)
        job->failed = chunk;
    pthread_cond_broadcast(&job->passed);
    pthread_mutex_unlock(&job->lock);
}

static int run_job(struct run *run, struct job *job, struct pel_source *source,
                   struct pel_error *err)
{
    struct scan scan = {.segment = job->segment,
                        .source = source,
                        .results = run->results,
                        .team = run->team,
                        .ctx = job,
                        .worker_nbytes = sizeof(struct worker),
                        .open = open_worker,
                        .block = take_block,
                        .end = end_chunk,
                        .close = close_worker,
                        .failed = fail};
    job->failed = UINT64_MAX;
    /* With default attributes these only store constants on Linux: they cannot fail. */
    (void)pthread_mutex_init(&job->lock, NULL);
    (void)pthread_cond_init(&job->passed, NULL);
    int status = pel_scan(&scan, err);
    pthread_cond_destroy(&job->passed);
    pthread_mutex_destroy(&job->lock);
    /* Only now is it certain that no earlier chunk was the last that counts. Until then nobody waits in the sink
     * for a chunk that has failed in a row: those behind it have not had their turn. */
    if (status < 0 && !job->table)
        pel_outlet_failed(&job->outlet, status);
    return pel_outlet_status(&job->outlet, status);
}

/* ---- the segment ----------------------------------------------------------------------------------- */

static bool filters(const struct segment *segment)
{
    for (int i = 0; i < segment->ncode; i++)
        if (segment->code[i].op == OP_FILTER)
            return true;
    return segment->while_value >= 0;
}

static uint64_t result_nrows(const struct segment *segment, const struct pel_source *source)
{
    if (source->nrows == PEL_ROWS_UNKNOWN || filters(segment))
        return PEL_ROWS_UNKNOWN;
    uint64_t end =
        source->nrows < pel_segment_end(segment) ? source->nrows : pel_segment_end(segment);
    return end > segment->skip ? end - segment->skip : 0;
}

int pel_run_rows(struct run *run, const struct segment *segment, struct pel_source *source,
                 const struct pel_sink *sink, struct pel_error *err)
{
    struct job job = {.segment = segment,
                      .outlet = {.sink = sink},
                      .in_turns = true,
                      .end = pel_segment_end(segment)};
    int status = sink->begin(sink->ctx, segment->fields, segment->nfields,
                             result_nrows(segment, source), err);
    if (status || segment->limit == 0)
        return status;
    return run_job(run, &job, source, err);
}

static uint64_t most_rows(const struct segment *segment, const struct pel_source *source)
{
    return source->nrows < segment->limit ? source->nrows : segment->limit;
}

/* Every row stays, at its place; rows are skipped only where there are none. */
static bool keeps_all(const struct segment *segment, const struct pel_source *source)
{
    return result_nrows(segment, source) == source->nrows;
}

bool pel_rows_placeable(const struct run *run, const struct segment *segment,
                        const struct pel_source *source)
{
    size_t row_nbytes = 1;
    for (size_t i = 0; i < segment->nfields; i++) {
        if (segment->fields[i].type == PEL_STRING)
            return false;
        row_nbytes += pel_type_nbytes(segment->fields[i].type);
    }
    return source->nrows != PEL_ROWS_UNKNOWN &&
           (keeps_all(segment, source) ||
            most_rows(segment, source) <= (run->held.limit - run->held.nbytes) / row_nbytes);
}

int pel_run_place(struct run *run, const struct segment *segment, struct pel_source *source,
                  struct pel_table *out, struct pel_error *err)
{
    int status = pel_table_make(out, segment->fields, segment->nfields, most_rows(segment, source),
                                &run->held, err);
    if (status)
        return status;
    struct job job = {.segment = segment, .table = out, .end = pel_segment_end(segment)};
    job.in_turns = !keeps_all(segment, source);
    if (segment->limit > 0)
        status = run_job(run, &job, source, err);
    if (!status && job.in_turns)
        pel_table_cut(out, job.nrows > segment->skip ? job.nrows - segment->skip : 0, &run->held);
    return status;
}
