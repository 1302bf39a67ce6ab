#include "bulk/reduce/values.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

bool pel_type_is_float(enum pel_type type)
{
    return type == PEL_F32 || type == PEL_F64;
}

int pel_values_check(enum pel_type type, struct pel_error *err)
{
    switch (type) {
    case PEL_I32:
    case PEL_I64:
    case PEL_U32:
    case PEL_U64:
    case PEL_F32:
    case PEL_F64:
        return 0;
    default:
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                             "reductions are of i32, i64, u32, u64, f32 or f64");
    }
}

const int64_t *pel_values_i64(const struct pel_values *values, size_t lo, size_t n,
                              int64_t block[PEL_BLOCK_ROWS])
{
    if (values->type == PEL_I64)
        return (const int64_t *)values->x + lo;
    if (values->type == PEL_I32)
        values->lanes->widen_i32((const int32_t *)values->x + lo, n, block);
    else if (values->type == PEL_U32)
        for (size_t i = 0; i < n; i++)
            block[i] = ((const uint32_t *)values->x)[lo + i];
    else
        for (size_t i = 0; i < n; i++)
            block[i] = (int64_t)(((const uint64_t *)values->x)[lo + i] ^ PEL_U64_BIAS);
    return block;
}

const double *pel_values_f64(const struct pel_values *values, size_t lo, size_t n,
                             double block[PEL_BLOCK_ROWS])
{
    if (values->type == PEL_F64)
        return (const double *)values->x + lo;
    if (values->type == PEL_F32) {
        values->lanes->widen_f32((const float *)values->x + lo, n, block);
        return block;
    }
    if (values->type == PEL_U64) {
        for (size_t i = 0; i < n; i++)
            block[i] = (double)((const uint64_t *)values->x)[lo + i];
        return block;
    }
    int64_t widened[PEL_BLOCK_ROWS];
    const int64_t *integers = pel_values_i64(values, lo, n, widened);
    for (size_t i = 0; i < n; i++)
        block[i] = (double)integers[i];
    return block;
}

int pel_reduce_values(const struct pel_team *team, size_t n, size_t leaf_items,
                      const struct pel_reduction *reduction, void *ctx, void *result,
                      struct pel_error *err)
{
    if (n == 0)
        return 0;
    unsigned char *partials = calloc(pel_reduce_leaves(n, leaf_items), reduction->partial_nbytes);
    if (!partials)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE,
                             "no memory for the partial results of a reduction");
    int status = pel_reduce(team, n, leaf_items, reduction, ctx, partials);
    if (status)
        pel_error_set(err, status, PEL_STAGE_COMPUTE, "the reduction was cancelled");
    else
        memcpy(result, partials, reduction->partial_nbytes);
    free(partials);
    return status;
}

/* A chunk is a power of two blocks, and so a subtree of the tree of all of them. */
struct chunks {
    const struct pel_reduction *block;
    void *ctx;
};

struct chunk {
    const struct chunks *chunks;
    size_t lo;
};

static void chunk_block(void *ctx, size_t lo, size_t hi, void *partial)
{
    const struct chunk *chunk = ctx;
    chunk->chunks->block->leaf(chunk->chunks->ctx, chunk->lo + lo, chunk->lo + hi, partial);
}

static void chunk_leaf(void *ctx, size_t lo, size_t hi, void *partial)
{
    const struct chunks *chunks = ctx;
    struct chunk chunk = {chunks, lo};
    struct pel_reduction blocks = {chunks->block->partial_nbytes, chunk_block,
                                   chunks->block->combine};
    alignas(16) unsigned char partials[PEL_CHUNK_ROWS / PEL_BLOCK_ROWS * PEL_TREE_NBYTES];
    const struct pel_team alone = {.nthreads = 1};
    if (pel_reduce(&alone, hi - lo, PEL_BLOCK_ROWS, &blocks, &chunk, partials) == 0)
        memcpy(partial, partials, blocks.partial_nbytes);
}

int pel_reduce_blocks(const struct pel_team *team, size_t n, const struct pel_reduction *block,
                      void *ctx, void *result, struct pel_error *err)
{
    struct chunks chunks = {block, ctx};
    struct pel_reduction reduction = {block->partial_nbytes, chunk_leaf, block->combine};
    return pel_reduce_values(team, n, PEL_CHUNK_ROWS, &reduction, &chunks, result, err);
}
