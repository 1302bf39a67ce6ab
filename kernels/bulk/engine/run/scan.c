#include "bulk/engine/run/scan.h"

#include "bulk/engine/run/running.h"

#include <stdlib.h>

/* Followed by the bytes of the scan's own. */
struct worker {
    _Alignas(16) struct machine *machine;
    struct pel_running_worker running;
};

struct pass {
    const struct scan *scan;
    struct pel_running_pass running;
};

static void *own(struct worker *worker)
{
    return worker + 1;
}

static void close_worker(void *ctx, void *worker)
{
    const struct pass *pass = ctx;
    struct worker *self = worker;
    if (pass->scan->close)
        pass->scan->close(pass->scan->ctx, own(self));
    pel_running_worker_close(&self->running, &pass->running);
    pel_machine_close(self->machine);
    free(self);
}

static int open_worker(void *ctx, void **worker, struct pel_error *err)
{
    const struct pass *pass = ctx;
    const struct scan *scan = pass->scan;
    struct worker *self = calloc(1, sizeof *self + scan->worker_nbytes);
    if (!self)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a worker");
    enum pel_isa isa = scan->team->isa;
    int status = pel_machine_open(&self->machine, scan->segment, scan->results, isa, err);
    if (!status)
        status = pel_running_worker_open(&self->running, &pass->running, scan->results, isa, err);
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
    struct pass *pass = ctx;
    const struct scan *scan = pass->scan;
    struct worker *self = worker;
    int status = pel_running_begin(&pass->running, &self->running, self->machine, chunk, err);
    for (size_t lo = 0; lo < chunk->nrows && !status; lo += PEL_BLOCK_ROWS)
        status = run_block(scan, self, chunk, lo, err);
    return scan->end ? scan->end(scan->ctx, own(self), chunk, status, err) : status;
}

static void fail(void *ctx, uint64_t chunk, int status)
{
    struct pass *pass = ctx;
    pel_running_failed(&pass->running, chunk);
    if (pass->scan->failed)
        pass->scan->failed(pass->scan->ctx, chunk, status);
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
    struct pass pass = {.scan = scan};
    bool *wanted = calloc(scan->source->nfields + 1, sizeof *wanted);
    struct drive drive = {.source = scan->source,
                          .wanted = wanted,
                          .team = scan->team,
                          .ctx = &pass,
                          .open = open_worker,
                          .chunk = run_chunk,
                          .close = close_worker,
                          .failed = fail};
    int status = pel_running_open(&pass.running, scan->segment, scan->team->nthreads == 1, err);
    if (!wanted)
        status = pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a pass over rows");
    if (!status) {
        mark_wanted(scan->segment, wanted);
        status = pel_drive(&drive, err);
    }
    pel_running_close(&pass.running);
    free(wanted);
    return status;
}
