/* SEGMENT_ORDER: keys and values are brought into memory, keys are ordered, and values are taken in that
 * order. */
#include "bulk/engine/run.h"
#include "bulk/table_make.h"

#include <pelton/sort.h>

#include <stdlib.h>
#include <string.h>

struct gather {
    const struct pel_table *from, *into;
    size_t first;          /* column of `from` that is column 0 of `into` */
    const uint64_t *order; /* row i of `into` is row order[i] of `from` */
};

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory to bring rows in order");
}

#define GATHER(type)                                                                               \
    for (uint64_t i = lo; i < hi; i++)                                                             \
    ((type *)into)[i] = ((const type *)from)[order[i]]

/* Rows [lo, hi) of a column. */
static void gather_column(const void *from, const uint64_t *order, uint64_t lo, uint64_t hi,
                          size_t nbytes, void *into)
{
    if (nbytes == 1)
        GATHER(uint8_t);
    else if (nbytes == 4)
        GATHER(uint32_t);
    else if (nbytes == 8)
        GATHER(uint64_t);
    else
        GATHER(struct pel_string);
}

static void gather_rows(void *ctx, size_t index)
{
    const struct gather *gather = ctx;
    uint64_t lo = (uint64_t)index * PEL_CHUNK_ROWS, hi = lo + PEL_CHUNK_ROWS;
    if (hi > gather->into->nrows)
        hi = gather->into->nrows;
    for (size_t i = 0; i < gather->into->ncolumns; i++)
        gather_column(gather->from->columns[gather->first + i].data, gather->order, lo, hi,
                      pel_type_nbytes(gather->into->fields[i].type),
                      (void *)gather->into->columns[i].data);
}

static int gather_table(struct run *run, const struct segment *segment, struct gather *gather,
                        struct pel_table *out, struct pel_error *err)
{
    uint64_t n = gather->from->nrows, skip = segment->skip < n ? segment->skip : n;
    uint64_t nrows = n - skip < segment->limit ? n - skip : segment->limit;
    int status = pel_table_make(out, segment->fields, segment->nfields, nrows, &run->held, err);
    if (status)
        return status;
    gather->into = out;
    gather->order += skip;
    size_t ntasks = pel_reduce_leaves((size_t)nrows, PEL_CHUNK_ROWS);
    if (pel_team_run(run->team, ntasks, gather_rows, gather))
        return pel_error_set(err, -ECANCELED, PEL_STAGE_COMPUTE, "canceled");
    return pel_table_own_texts(out, &run->held, err);
}

static int order_table(struct run *run, const struct segment *segment,
                       const struct pel_table *table, struct pel_table *out, struct pel_error *err)
{
    size_t nkeys = (size_t)segment->norder, nbytes = (size_t)table->nrows * sizeof(uint64_t);
    int status = pel_hold(&run->held, nbytes, err);
    if (status)
        return status;
    uint64_t *order = malloc(nbytes ? nbytes : 1);
    bool *descending = calloc(nkeys + 1, sizeof *descending);
    for (size_t i = 0; i < nkeys && descending; i++)
        descending[i] = segment->order[i].descending;
    if (order && descending)
        status = pel_order(table->columns, descending, nkeys, (size_t)table->nrows, order,
                           run->team, err);
    else
        status = no_memory(err);
    struct gather gather = {.from = table, .first = nkeys, .order = order};
    if (!status)
        status = gather_table(run, segment, &gather, out, err);
    free(descending);
    free(order);
    pel_unhold(&run->held, nbytes);
    return status;
}

/* The same rows as a segment of SEGMENT_ROWS: the keys, then the values. */
static int make_unordered(const struct segment *segment, struct segment *rows,
                          struct pel_error *err)
{
    size_t nkeys = (size_t)segment->norder, nvalues = (size_t)segment->nvalues;
    *rows = *segment;
    rows->kind = SEGMENT_ROWS;
    rows->skip = 0;
    rows->limit = UINT64_MAX;
    rows->nvalues = segment->norder + segment->nvalues;
    rows->nfields = nkeys + nvalues;
    rows->values = calloc(rows->nfields, sizeof *rows->values);
    rows->fields = calloc(rows->nfields, sizeof *rows->fields);
    if (!rows->values || !rows->fields)
        return no_memory(err);
    for (size_t i = 0; i < nkeys; i++) {
        rows->values[i] = segment->order[i].value;
        rows->fields[i] =
            (struct pel_field){"", pel_column_type(segment->code[rows->values[i]].type)};
    }
    memcpy(rows->values + nkeys, segment->values, nvalues * sizeof *rows->values);
    memcpy(rows->fields + nkeys, segment->fields, nvalues * sizeof *rows->fields);
    return 0;
}

int pel_run_order(struct run *run, const struct segment *segment, struct pel_source *source,
                  struct pel_table *out, struct pel_error *err)
{
    struct segment rows;
    struct pel_table table = {0};
    int status = make_unordered(segment, &rows, err);
    if (!status)
        status = pel_run_collect(run, &rows, source, &table, err);
    if (!status)
        status = order_table(run, segment, &table, out, err);
    if (!status)
        pel_unhold(&run->held, pel_table_nbytes(&table));
    pel_table_free(&table);
    free(rows.values);
    free(rows.fields);
    return status;
}
