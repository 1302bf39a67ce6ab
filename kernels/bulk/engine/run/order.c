/* SEGMENT_ORDER: keys and values are brought into memory, keys are ordered, and values are taken in that
 * order. Where only the first rows of the order are wanted, it is not all that are brought, but these and some
 * more. */
#include "bulk/engine/run/first.h"
#include "bulk/engine/run/gather.h"
#include "bulk/engine/run/kept.h"
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

static void gather_rows(void *ctx, size_t index)
{
    const struct gather *gather = ctx;
    uint64_t lo = (uint64_t)index * PEL_CHUNK_ROWS, hi = lo + PEL_CHUNK_ROWS;
    if (hi > gather->into->nrows)
        hi = gather->into->nrows;
    for (size_t i = 0; i < gather->into->ncolumns; i++)
        pel_gather(gather->from->columns[gather->columns[i]].data, gather->order, lo, hi,
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
    uint64_t n = pel_segment_end(segment);
    enum pel_type type = table->columns->type;
    bool is_number = type == PEL_I64 || type == PEL_F32 || type == PEL_F64;
    return segment->norder == 1 && is_number && n < table->nrows ? n : table->nrows;
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

/* All rows, or, where that is a fourth of them at most, those among which are the result's: with more, rows are
 * sorted again and again, and it would be slower. */
static int bring_rows(struct run *run, const struct segment *rows, uint64_t end,
                      struct pel_source *source, struct pel_table *table, struct pel_error *err)
{
    uint64_t most, workers = 4 * (uint64_t)run->team->nthreads;
    if (__builtin_mul_overflow(pel_kept_capacity(end), workers, &most) || most >= source->nrows)
        return pel_run_collect(run, rows, source, table, err);
    return pel_run_first(run, rows, end, source, table, err);
}

int pel_run_order(struct run *run, const struct segment *segment, struct pel_source *source,
                  struct pel_table *out, struct pel_error *err)
{
    if (segment->limit == 0)
        return pel_table_make(out, segment->fields, segment->nfields, 0, &run->held, err);
    struct segment rows = {0};
    struct pel_table table = {0};
    size_t *columns = calloc((size_t)segment->nvalues + 1, sizeof *columns);
    int status = columns ? make_unordered(segment, &rows, columns, err) : no_memory(err);
    if (!status)
        status = bring_rows(run, &rows, pel_segment_end(segment), source, &table, err);
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
