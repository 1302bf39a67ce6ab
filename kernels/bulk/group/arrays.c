#include "bulk/group.h"
#include "bulk/group/load.h"
#include "bulk/message.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_NBYTES = 16 }; /* the most a value of a block takes */

/* Groups columns that are in memory. */
struct arrays {
    const struct pel_column **columns; /* keys, then the different columns of values */
    enum pel_type *types;              /* widened */
    size_t nkeys, ncolumns;
    struct grouping_aggregate *aggregates;
    size_t naggregates;
    char **names;
    uint64_t nrows, nchunks;

    const struct pel_team *team;
    struct grouping *grouping;
    struct scratch {
        const void **blocks;   /* where each column's values are */
        unsigned char *loaded; /* a block for each column */
        uint64_t bad_row;
        int status;
        struct pel_error err;
    } * scratch;   /* one a worker */
    uint64_t next; /* chunk; atomic */
    int stopped;   /* atomic */
};

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "not enough memory to group rows");
}

static int load_block(const struct arrays *arrays, struct scratch *scratch, uint64_t lo, size_t n)
{
    for (size_t c = 0; c < arrays->ncolumns; c++) {
        void *block = scratch->loaded + c * PEL_BLOCK_ROWS * VALUE_NBYTES;
        scratch->blocks[c] = pel_load(arrays->columns[c], lo, n, block, &scratch->bad_row);
        if (!scratch->blocks[c])
            return pel_error_set(&scratch->err, -ERANGE, PEL_STAGE_COMPUTE,
                                 "a u64 from 2^63 on does not fit into int64");
    }
    return 0;
}

static int add_chunk(struct arrays *arrays, size_t worker, uint64_t chunk)
{
    struct scratch *scratch = &arrays->scratch[worker];
    uint64_t lo = chunk * PEL_CHUNK_ROWS, hi = lo + PEL_CHUNK_ROWS;
    if (hi > arrays->nrows)
        hi = arrays->nrows;
    int status = 0;
    for (uint64_t at = lo; at < hi && !status; at += PEL_BLOCK_ROWS) {
        size_t n = hi - at < PEL_BLOCK_ROWS ? (size_t)(hi - at) : PEL_BLOCK_ROWS;
        status = load_block(arrays, scratch, at, n);
        const struct grouping_rows rows = {.nrows = n,
                                           .chunk = chunk,
                                           .first = (uint16_t)(at - lo),
                                           .keys = scratch->blocks,
                                           .values = scratch->blocks + arrays->nkeys};
        if (!status)
            status = pel_grouping_add(arrays->grouping, worker, &rows, &scratch->err);
    }
    if (!status)
        status = pel_grouping_end_chunk(arrays->grouping, worker, chunk, &scratch->err);
    return status;
}

static void work(void *ctx, size_t worker)
{
    struct arrays *arrays = ctx;
    struct scratch *scratch = &arrays->scratch[worker];
    while (!scratch->status && !__atomic_load_n(&arrays->stopped, __ATOMIC_RELAXED)) {
        uint64_t chunk = __atomic_fetch_add(&arrays->next, 1, __ATOMIC_RELAXED);
        if (chunk >= arrays->nchunks)
            break;
        scratch->status =
            pel_cancel_requested(arrays->team->cancel)
                ? pel_error_set(&scratch->err, -ECANCELED, PEL_STAGE_COMPUTE, "cancelled")
                : add_chunk(arrays, worker, chunk);
    }
    if (scratch->status)
        __atomic_store_n(&arrays->stopped, 1, __ATOMIC_RELAXED);
}

/* ---- set-up ------------------------------------------------------------------------------------------ */

/* Which of the columns behind the keys it is, added if it is new. */
static int add_values(struct arrays *arrays, const struct pel_column *values)
{
    size_t c = arrays->nkeys;
    while (c < arrays->ncolumns && arrays->columns[c] != values)
        c++;
    arrays->columns[c] = values;
    arrays->types[c] = pel_load_type(values->type);
    if (c == arrays->ncolumns)
        arrays->ncolumns++;
    return (int)(c - arrays->nkeys);
}

static char *make_name(const char *word, size_t number)
{
    struct pel_error text;
    pel_message_number(&text, 0, word, number, "");
    char *name = malloc(sizeof text.message);
    return name ? memcpy(name, text.message, sizeof text.message) : NULL;
}

static bool make_names(struct arrays *arrays)
{
    arrays->names = calloc(arrays->nkeys + arrays->naggregates, sizeof *arrays->names);
    bool whole = arrays->names != NULL;
    for (size_t k = 0; whole && k < arrays->nkeys; k++)
        whole = (arrays->names[k] = make_name("key", k)) != NULL;
    for (size_t a = 0; whole && a < arrays->naggregates; a++)
        whole = (arrays->names[arrays->nkeys + a] = make_name("aggregate", a)) != NULL;
    return whole;
}

static bool make_scratch(struct arrays *arrays)
{
    size_t nworkers = (size_t)arrays->team->nthreads;
    arrays->scratch = calloc(nworkers, sizeof *arrays->scratch);
    bool whole = arrays->scratch != NULL;
    for (size_t w = 0; whole && w < nworkers; w++) {
        struct scratch *scratch = &arrays->scratch[w];
        scratch->blocks = calloc(arrays->ncolumns, sizeof *scratch->blocks);
        scratch->loaded = malloc(arrays->ncolumns * PEL_BLOCK_ROWS * VALUE_NBYTES);
        whole = scratch->blocks && scratch->loaded;
    }
    return whole;
}

static int open_arrays(struct arrays *arrays, const struct pel_column *keys,
                       const struct pel_aggregation *aggregations,
                       const struct pel_group_options *options, struct pel_error *err)
{
    size_t most = arrays->nkeys + arrays->naggregates;
    arrays->columns = calloc(most, sizeof *arrays->columns);
    arrays->types = calloc(most, sizeof *arrays->types);
    arrays->aggregates = calloc(arrays->naggregates + 1, sizeof *arrays->aggregates);
    if (!arrays->columns || !arrays->types || !arrays->aggregates || !make_names(arrays))
        return no_memory(err);
    for (size_t k = 0; k < arrays->nkeys; k++) {
        arrays->columns[k] = &keys[k];
        arrays->types[k] = pel_load_type(keys[k].type);
    }
    arrays->ncolumns = arrays->nkeys;
    for (size_t a = 0; a < arrays->naggregates; a++)
        arrays->aggregates[a] = (struct grouping_aggregate){
            aggregations[a].kind,
            aggregations[a].values ? add_values(arrays, aggregations[a].values) : -1,
            aggregations[a].q};
    if (!make_scratch(arrays))
        return no_memory(err);

    const struct grouping_spec spec = {
        .keys = arrays->types,
        .nkeys = arrays->nkeys,
        .values = arrays->types + arrays->nkeys,
        .nvalues = arrays->ncolumns - arrays->nkeys,
        .aggregates = arrays->aggregates,
        .naggregates = arrays->naggregates,
    };
    return pel_grouping_open(&arrays->grouping, &spec, (size_t)arrays->team->nthreads,
                             options ? options->memory_bytes : 0, err);
}

static void close_arrays(struct arrays *arrays)
{
    pel_grouping_close(arrays->grouping);
    for (int w = 0; arrays->scratch && w < arrays->team->nthreads; w++) {
        free(arrays->scratch[w].blocks);
        free(arrays->scratch[w].loaded);
    }
    for (size_t n = 0; arrays->names && n < arrays->nkeys + arrays->naggregates; n++)
        free(arrays->names[n]);
    free(arrays->scratch);
    free(arrays->names);
    free(arrays->columns);
    free(arrays->types);
    free(arrays->aggregates);
}

/* The failure of the lowest row, which is the same for any number of threads: chunks are taken in order, and
 * one that was taken before another failed is finished. A failure that no row is to blame for has its own. */
static int first_failure(const struct arrays *arrays, struct pel_error *err)
{
    const struct scratch *first = NULL;
    for (int w = 0; w < arrays->team->nthreads; w++) {
        const struct scratch *scratch = &arrays->scratch[w];
        if (scratch->status &&
            (!first || (scratch->status == -ERANGE &&
                        (first->status != -ERANGE || scratch->bad_row < first->bad_row))))
            first = scratch;
    }
    if (first && first->status == -ERANGE)
        return pel_message_number(err, -ERANGE, "row ", first->bad_row,
                                  ": a u64 from 2^63 on does not fit into int64");
    if (first && err)
        *err = first->err;
    return first ? first->status : 0;
}

int pel_group(const struct pel_column *keys, size_t nkeys,
              const struct pel_aggregation *aggregations, size_t naggregations, uint64_t nrows,
              const struct pel_team *team, const struct pel_group_options *options,
              struct pel_table *out, struct pel_error *err)
{
    *out = (struct pel_table){0};
    if (nkeys == 0)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "groups need a key");
    struct arrays arrays = {
        .nkeys = nkeys,
        .naggregates = naggregations,
        .nrows = nrows,
        .nchunks = nrows / PEL_CHUNK_ROWS + (nrows % PEL_CHUNK_ROWS != 0),
        .team = team,
    };
    int status = open_arrays(&arrays, keys, aggregations, options, err);
    if (!status)
        status = pel_team_run(team, (size_t)team->nthreads, work, &arrays);
    if (arrays.scratch && first_failure(&arrays, err))
        status = first_failure(&arrays, err);
    if (!status)
        status =
            pel_grouping_finish(arrays.grouping, team, (const char *const *)arrays.names, out, err);
    if (status == -ECANCELED)
        pel_error_set(err, status, PEL_STAGE_COMPUTE, "cancelled");
    close_arrays(&arrays);
    return status;
}

int pel_group_distinct(const struct pel_column *keys, size_t nkeys, uint64_t nrows,
                       const struct pel_team *team, const struct pel_group_options *options,
                       struct pel_table *out, struct pel_error *err)
{
    return pel_group(keys, nkeys, NULL, 0, nrows, team, options, out, err);
}
