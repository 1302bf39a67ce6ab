#include "bulk/engine/run/outlet.h"

#include "bulk/engine/run/drive.h"

static bool stopped(const struct pel_outlet *outlet)
{
    return __atomic_load_n(&outlet->stopped, __ATOMIC_ACQUIRE);
}

static int judge(struct pel_outlet *outlet, int status)
{
    if (status == 0 || stopped(outlet))
        return 0;
    if (status < 0)
        return status;
    __atomic_store_n(&outlet->answer, status, __ATOMIC_RELAXED);
    return -ECANCELED;
}

int pel_outlet_rows(struct pel_outlet *outlet, uint64_t part, const struct pel_column *columns,
                    size_t nrows, struct pel_error *err)
{
    if (nrows == 0 || stopped(outlet))
        return 0;
    return judge(outlet, outlet->sink->rows(outlet->sink->ctx, part, columns, nrows, err));
}

int pel_outlet_end(struct pel_outlet *outlet, uint64_t part, struct pel_error *err)
{
    return stopped(outlet) ? 0 : judge(outlet, outlet->sink->end(outlet->sink->ctx, part, err));
}

void pel_outlet_failed(struct pel_outlet *outlet, int status)
{
    bool again = __atomic_exchange_n(&outlet->stopped, true, __ATOMIC_ACQ_REL);
    if (!again && outlet->sink->failed)
        outlet->sink->failed(outlet->sink->ctx, status);
}

int pel_outlet_status(const struct pel_outlet *outlet, int status)
{
    int answer = __atomic_load_n(&outlet->answer, __ATOMIC_RELAXED);
    return status == -ECANCELED && answer ? answer : status;
}

/* ---- a table --------------------------------------------------------------------------------------- */

static int open_nothing(void *ctx, void **worker, struct pel_error *err)
{
    (void)ctx, (void)worker, (void)err;
    return 0;
}

static void close_nothing(void *ctx, void *worker)
{
    (void)ctx, (void)worker;
}

static int pass_chunk(void *ctx, void *worker, const struct pel_chunk *chunk, struct pel_error *err)
{
    (void)worker;
    int status = pel_outlet_rows(ctx, chunk->index, chunk->columns, chunk->nrows, err);
    return status ? status : pel_outlet_end(ctx, chunk->index, err);
}

static void fail(void *ctx, uint64_t chunk, int status)
{
    (void)chunk;
    pel_outlet_failed(ctx, status);
}

int pel_outlet_table(const struct pel_sink *sink, const struct pel_table *table,
                     const struct pel_team *team, struct pel_error *err)
{
    int status = sink->begin(sink->ctx, table->fields, table->ncolumns, table->nrows, err);
    if (status)
        return status;
    struct pel_source *source;
    status = pel_source_columns(&source, table->fields, table->columns, table->ncolumns,
                                table->nrows, err);
    if (status)
        return status;
    struct pel_outlet outlet = {.sink = sink};
    struct drive drive = {.source = source,
                          .team = team,
                          .ctx = &outlet,
                          .open = open_nothing,
                          .chunk = pass_chunk,
                          .close = close_nothing,
                          .failed = fail};
    status = pel_outlet_status(&outlet, pel_drive(&drive, err));
    pel_source_free(source);
    return status;
}
