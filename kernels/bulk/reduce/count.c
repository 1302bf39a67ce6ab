#include "bulk/reduce/values.h"

/* 32 lanes of bytes, which hold the 32 values of a block that each of them meets. */
static size_t count_block(const uint8_t *x, size_t n)
{
    uint8_t lane[PEL_LANES_WIDTH] = {0};
    size_t i = 0, count = 0;
    for (; i + PEL_LANES_WIDTH <= n; i += PEL_LANES_WIDTH)
        for (size_t j = 0; j < PEL_LANES_WIDTH; j++)
            lane[j] = (uint8_t)(lane[j] + (x[i + j] != 0));
    for (; i < n; i++)
        count += x[i] != 0;
    for (size_t j = 0; j < PEL_LANES_WIDTH; j++)
        count += lane[j];
    return count;
}

static void count_leaf(void *ctx, size_t lo, size_t hi, void *partial)
{
    const uint8_t *x = ctx;
    size_t count = 0;
    for (; lo < hi; lo += PEL_BLOCK_ROWS)
        count += count_block(x + lo, hi - lo < PEL_BLOCK_ROWS ? hi - lo : PEL_BLOCK_ROWS);
    *(size_t *)partial = count;
}

static void count_combine(void *into, const void *from)
{
    *(size_t *)into += *(const size_t *)from;
}

int pel_count_true(const uint8_t *x, size_t n, const struct pel_team *team, size_t *count,
                   struct pel_error *err)
{
    static const struct pel_reduction reduction = {sizeof(size_t), count_leaf, count_combine};
    *count = 0;
    return pel_reduce_values(team, n, PEL_CHUNK_ROWS, &reduction, (void *)(uintptr_t)x, count, err);
}
