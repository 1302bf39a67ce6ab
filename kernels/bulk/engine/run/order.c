/* SEGMENT_ORDER: keys and values are brought into memory, keys are ordered, and values are taken in that
 * order. */
#include "bulk/engine/run/run.h"
#include "bulk/table_make.h"

#include <pelton/sort.h>

#include <stdlib.h>
#include <string.h>

struct gather {
    const struct pel_table *from, *into;
    const size_t *columns; /* of `from`: what becomes those of `into` */
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
        gather_column(gather->from->columns[gather->columns[i]].data, gather->order, lo, hi,
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

/* Numbers of rows in order, of as many as are wanted: by a single number that is of fewer than all rows, which
 * takes no sorting of the others. */
static int order_rows(const struct segment *segment, const struct pel_table *table, size_t n,
                      uint64_t *order, const struct pel_team *team, struct pel_error *err)
{
    const struct pel_column *keys = table->columns;
    size_t nkeys = (size_t)segment->norder, nrows = (size_t)table->nrows;
    if (n < nrows)
        return pel_top(keys->type, keys->data, nrows, n, segment->order->descending, order, team,
                       err);
    bool *descending = calloc(nkeys + 1, sizeof *descending);
    if (!descending)
        return no_memory(err);
    for (size_t i = 0; i < nkeys; i++)
        descending[i] = segment->order[i].descending;
    int status = pel_order(keys, descending, nkeys, nrows, order, team, err);
    free(descending);
    return status;
}

/* How many of the rows must be brought in order. */
static uint64_t count_ordered(const struct segment *segment, const struct pel_table *table)
{
    uint64_t n;
    enum pel_type type = table->columns->type;
    bool is_number = type == PEL_I64 || type == PEL_F32 || type == PEL_F64;
    if (segment->norder != 1 || !is_number ||
        __builtin_add_overflow(segment->skip, segment->limit, &n) || n > table->nrows)
        n = table->nrows;
    return n;
}

static int order_table(struct run *run, const struct segment *segment,
                       const struct pel_table *table, const size_t *columns, struct pel_table *out,
                       struct pel_error *err)
{
    size_t n = (size_t)count_ordered(segment, table), nbytes = n * sizeof(uint64_t);
    int status = pel_hold(&run->held, nbytes, err);
    if (status)
        return status;
    uint64_t *order = malloc(nbytes ? nbytes : 1);
    status = order ? order_rows(segment, table, n, order, run->team, err) : no_memory(err);
    struct gather gather = {.from = table, .columns = columns, .order = order};
    if (!status)
        status = gather_table(run, segment, &gather, out, err);
    free(order);
    pel_unhold(&run->held, nbytes);
    return status;
}

/* The same rows as a segment of SEGMENT_ROWS: the keys, then the values that are not among them. columns[i]: where
 * value i is. */
static int make_unordered(const struct segment *segment, struct segment *rows, size_t *columns,
                          struct pel_error *err)
{
    size_t n = (size_t)segment->norder + (size_t)segment->nvalues;
    *rows = *segment;
    rows->kind = SEGMENT_ROWS;
    rows->skip = 0;
    rows->limit = UINT64_MAX;
    rows->nvalues = segment->norder;
    rows->values = calloc(n, sizeof *rows->values);
    rows->fields = calloc(n, sizeof *rows->fields);
    if (!rows->values || !rows->fields)
        return no_memory(err);
    for (int i = 0; i < segment->norder; i++)
        rows->values[i] = segment->order[i].value;
    for (int i = 0; i < segment->nvalues; i++) {
        int k = 0;
        while (k < rows->nvalues && rows->values[k] != segment->values[i])
            k++;
        if (k == rows->nvalues)
            rows->values[rows->nvalues++] = segment->values[i];
        columns[i] = (size_t)k;
    }
    rows->nfields = (size_t)rows->nvalues;
    for (size_t i = 0; i < rows->nfields; i++)
        rows->fields[i] =
            (struct pel_field){"", pel_column_type(segment->code[rows->values[i]].type)};
    return 0;
}

int pel_run_order(struct run *run, const struct segment *segment, struct pel_source *source,
                  struct pel_table *out, struct pel_error *err)
{
    struct segment rows = {0};
    struct pel_table table = {0};
    size_t *columns = calloc((size_t)segment->nvalues + 1, sizeof *columns);
    int status = columns ? make_unordered(segment, &rows, columns, err) : no_memory(err);
    if (!status)
        status = pel_run_collect(run, &rows, source, &table, err);
    if (!status)
        status = order_table(run, segment, &table, columns, out, err);
    if (!status)
        pel_unhold(&run->held, pel_table_nbytes(&table));
    pel_table_free(&table);
    free(rows.values);
    free(rows.fields);
    free(columns);
    return status;
}
