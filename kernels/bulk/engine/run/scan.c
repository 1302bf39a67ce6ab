#include "bulk/engine/run/scan.h"

#include <stdlib.h>

/* Followed by the bytes of the scan's own. */
struct worker {
    _Alignas(16) struct machine *machine;
};

static void *own(struct worker *worker)
{
    return worker + 1;
}

static void close_worker(void *ctx, void *worker)
{
    const struct scan *scan = ctx;
    struct worker *self = worker;
    if (scan->close)
        scan->close(scan->ctx, own(self));
    pel_machine_close(self->machine);
    free(self);
}

static int open_worker(void *ctx, void **worker, struct pel_error *err)
{
    const struct scan *scan = ctx;
    struct worker *self = calloc(1, sizeof *self + scan->worker_nbytes);
    if (!self)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a worker");
    int status =
        pel_machine_open(&self->machine, scan->segment, scan->results, scan->team->isa, err);
    if (!status && scan->open)
        status = scan->open(scan->ctx, own(self), err);
    if (status)
        close_worker(ctx, self);
    else
        *worker = self;
    return status;
}

static int run_block(const struct scan *scan, struct worker *worker, const struct pel_chunk *chunk,
                     size_t lo, struct pel_error *err)
{
    struct scan_block block = {worker->machine, chunk, lo, chunk->nrows - lo, NULL, 0};
    if (block.n > PEL_BLOCK_ROWS)
        block.n = PEL_BLOCK_ROWS;
    uint64_t row;
    int status = pel_machine_run(worker->machine, chunk, lo, block.n, &row, err);
    if (status && status != -ERANGE && status != -EDOM)
        return status;
    block.selected = pel_machine_selected(worker->machine, &block.nselected);
    int answer = scan->block(scan->ctx, own(worker), &block, status ? NULL : err);
    return answer == DRIVE_ENOUGH || !status ? answer : status;
}

static int run_chunk(void *ctx, void *worker, const struct pel_chunk *chunk, struct pel_error *err)
{
    const struct scan *scan = ctx;
    int status = 0;
    for (size_t lo = 0; lo < chunk->nrows && !status; lo += PEL_BLOCK_ROWS)
        status = run_block(scan, worker, chunk, lo, err);
    return scan->end ? scan->end(scan->ctx, own(worker), chunk, status, err) : status;
}

static void fail(void *ctx, uint64_t chunk, int status)
{
    const struct scan *scan = ctx;
    if (scan->failed)
        scan->failed(scan->ctx, chunk, status);
}

/* Which columns the code reads. */
static void mark_wanted(const struct segment *segment, bool *wanted)
{
    for (int i = 0; i < segment->ncode; i++)
        if (segment->code[i].op == OP_COLUMN)
            wanted[segment->code[i].index] = true;
}

int pel_scan(const struct scan *scan, struct pel_error *err)
{
    bool *wanted = calloc(scan->source->nfields + 1, sizeof *wanted);
    if (!wanted)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a pass over rows");
    mark_wanted(scan->segment, wanted);
    struct scan copy = *scan;
    struct drive drive = {.source = scan->source,
                          .wanted = wanted,
                          .team = scan->team,
                          .ctx = &copy,
                          .open = open_worker,
                          .chunk = run_chunk,
                          .close = close_worker,
                          .failed = fail};
    int status = pel_drive(&drive, err);
    free(wanted);
    return status;
}
