/* What the terminals of <pelton/query.h> do with values: by the block accumulators that reductions and the
 * engine use, so that all of them give the same bits. */
#include "bulk/query/query.h"

#include "bulk/reduce/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void pel_query_combine(const struct query_kind *kind, void *partials, size_t n)
{
    char *partial = partials;
    size_t nbytes = kind->partial_nbytes;
    for (size_t step = 1; step < n; step *= 2)
        for (size_t i = 0; i + step < n; i += 2 * step)
            kind->combine(partial + i * nbytes, partial + (i + step) * nbytes);
}

/* ---- sums ------------------------------------------------------------------------------------------ */

static void sum_block(const struct pel_query *query, void *partial, const void *values, size_t n,
                      const uint64_t *mask, size_t row)
{
    (void)row;
    *(double *)partial = query->state->lanes->sum(values, n, mask);
}

static void sum_combine(void *into, const void *from)
{
    *(double *)into += *(const double *)from;
}

static void dd_block(const struct pel_query *query, void *partial, const void *values, size_t n,
                     const uint64_t *mask, size_t row)
{
    (void)row;
    *(struct pel_dd *)partial = query->state->lanes->sum_dd(values, n, mask);
}

static void dd_combine(void *into, const void *from)
{
    struct pel_dd *sum = into;
    *sum = pel_dd_add(*sum, *(const struct pel_dd *)from);
}

static void exact_block(const struct pel_query *query, void *partial, const void *values, size_t n,
                        const uint64_t *mask, size_t row)
{
    (void)row;
    query->state->lanes->sum_exact(partial, values, n, mask);
}

static void exact_combine(void *into, const void *from)
{
    struct pel_exact right = *(const struct pel_exact *)from;
    pel_exact_merge(into, &right);
}

static void integer_block(const struct pel_query *query, void *partial, const void *values,
                          size_t n, const uint64_t *mask, size_t row)
{
    (void)row;
    *(pel_int128 *)partial += query->state->lanes->sum_i64(values, n, mask);
}

static void integer_combine(void *into, const void *from)
{
    *(pel_int128 *)into += *(const pel_int128 *)from;
}

static void moments_block(const struct pel_query *query, void *partial, const void *values,
                          size_t n, const uint64_t *mask, size_t row)
{
    (void)row;
    *(struct pel_moments *)partial = pel_moments_block(query->state->lanes, values, n, mask);
}

static void moments_combine(void *into, const void *from)
{
    pel_moments_combine(into, from);
}

/* ---- least and greatest ------------------------------------------------------------------------------ */

static void min_block(const struct pel_query *query, void *partial, const void *values, size_t n,
                      const uint64_t *mask, size_t row)
{
    query->state->lanes->min_f64(partial, values, n, mask, row);
}

static void max_block(const struct pel_query *query, void *partial, const void *values, size_t n,
                      const uint64_t *mask, size_t row)
{
    query->state->lanes->max_f64(partial, values, n, mask, row);
}

static void min_combine(void *into, const void *from)
{
    pel_best_min_f64(into, from);
}

static void max_combine(void *into, const void *from)
{
    pel_best_max_f64(into, from);
}

/* ---- counts and groups --------------------------------------------------------------------------------- */

static void histogram_block(const struct pel_query *query, void *partial, const void *values,
                            size_t n, const uint64_t *mask, size_t row)
{
    (void)row;
    pel_bins_count(&query->state->bins, query->state->lanes, values, n, mask, partial);
}

static int histogram_fold(struct pel_query *query, const struct query_chunk *chunk, size_t row)
{
    (void)row;
    uint64_t *counts = query->counts;
    const uint64_t *from = chunk->partial;
    for (size_t k = 0; k < query->size; k++)
        counts[k] += from[k];
    return 0;
}

static int group_fold(struct pel_query *query, const struct query_chunk *chunk, size_t row)
{
    (void)row;
    double *sums = query->out;
    uint64_t *counts = query->counts;
    const double *from_sums = chunk->partial;
    const uint64_t *from_counts = (const uint64_t *)(from_sums + query->size);
    for (size_t k = 0; k < query->size; k++) { /* chunks' sums began with +0: none is -0 */
        sums[k] += from_sums[k];
        counts[k] += from_counts[k];
    }
    return 0;
}

/* ---- kinds ----------------------------------------------------------------------------------------- */

static const struct query_kind tree = {sizeof(double), sum_block, true, sum_combine, NULL},
                               dd = {sizeof(struct pel_dd), dd_block, true, dd_combine, NULL},
                               exact = {sizeof(struct pel_exact), exact_block, false, exact_combine,
                                        NULL};

static const struct query_kind kinds[PEL_QUERY_KIND_COUNT] = {
    [PEL_QUERY_VARIANCE] = {sizeof(struct pel_moments), moments_block, true, moments_combine, NULL},
    [PEL_QUERY_MIN] = {sizeof(struct pel_best_f64), min_block, false, min_combine, NULL},
    [PEL_QUERY_MAX] = {sizeof(struct pel_best_f64), max_block, false, max_combine, NULL},
    [PEL_QUERY_SUM_INT] = {sizeof(pel_int128), integer_block, false, integer_combine, NULL},
    [PEL_QUERY_HISTOGRAM] = {0, histogram_block, false, NULL, histogram_fold},
    [PEL_QUERY_GROUP] = {0, NULL, false, NULL, group_fold},
    [PEL_QUERY_TOP] = {0, pel_query_top_block, false, NULL, pel_query_top_fold},
    [PEL_QUERY_ARRAY] = {0, NULL, false, NULL, pel_query_fold_array},
    [PEL_QUERY_CONSUME] = {0, NULL, false, NULL, pel_query_fold_array},
};

/* The partials of a chunk's blocks are the worker's. */
_Static_assert(sizeof(struct pel_moments) * (PEL_CHUNK_ROWS / PEL_BLOCK_ROWS) <=
                   sizeof((struct pel_query_worker){0}.blocks),
               "room for a chunk's blocks");

const struct query_kind *pel_query_kind_of(const struct pel_query *query)
{
    if (query->kind > PEL_QUERY_MEAN)
        return &kinds[query->kind];
    switch (query->options.precision) {
    case PEL_DD:
        return &dd;
    case PEL_EXACT:
        return &exact;
    default:
        return &tree;
    }
}

int pel_query_partial_size(const struct pel_query *query, size_t *nbytes)
{
    size_t most = query->size < PEL_CHUNK_ROWS ? query->size : PEL_CHUNK_ROWS;
    switch (query->kind) {
    case PEL_QUERY_AGGREGATE:
        *nbytes = query->size;
        return 0;
    case PEL_QUERY_HISTOGRAM:
        return pel_size_mul(query->size + 1, sizeof(uint64_t), nbytes);
    case PEL_QUERY_GROUP:
        return pel_size_mul(query->size + 1, sizeof(double) + sizeof(uint64_t), nbytes);
    case PEL_QUERY_TOP:
        *nbytes = pel_query_top_nbytes(most);
        return 0;
    default:
        *nbytes = pel_query_kind_of(query)->partial_nbytes;
        return 0;
    }
}
