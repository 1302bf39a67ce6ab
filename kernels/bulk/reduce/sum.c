#include "bulk/reduce/sum.h"

#include <math.h>

static void tree_block(void *ctx, size_t lo, size_t hi, void *partial)
{
    const struct pel_summands *summands = ctx;
    double buffer[PEL_BLOCK_ROWS];
    const double *x = summands->block(summands, lo, hi - lo, buffer, NULL);
    *(double *)partial = summands->values.lanes->sum(x, hi - lo, NULL);
}

static void tree_combine(void *into, const void *from)
{
    *(double *)into += *(const double *)from;
}

static void dd_block(void *ctx, size_t lo, size_t hi, void *partial)
{
    const struct pel_summands *summands = ctx;
    const struct pel_lanes *lanes = summands->values.lanes;
    double buffer[PEL_BLOCK_ROWS], rest[PEL_BLOCK_ROWS];
    const double *x = summands->block(summands, lo, hi - lo, buffer, rest);
    struct pel_dd *sum = partial;
    *sum = lanes->sum_dd(x, hi - lo, NULL);
    if (summands->has_rest)
        *sum = pel_dd_add(*sum, (struct pel_dd){lanes->sum(rest, hi - lo, NULL), 0});
}

static void dd_combine(void *into, const void *from)
{
    struct pel_dd *sum = into;
    *sum = pel_dd_add(*sum, *(const struct pel_dd *)from);
}

static void exact_leaf(void *ctx, size_t lo, size_t hi, void *partial)
{
    const struct pel_summands *summands = ctx;
    const struct pel_lanes *lanes = summands->values.lanes;
    struct pel_exact sum = {0}, rests = {0}; /* apart, so that either finds room in its lanes */
    for (; lo < hi; lo += PEL_BLOCK_ROWS) {
        double buffer[PEL_BLOCK_ROWS], rest[PEL_BLOCK_ROWS];
        size_t n = hi - lo < PEL_BLOCK_ROWS ? hi - lo : PEL_BLOCK_ROWS;
        lanes->sum_exact(&sum, summands->block(summands, lo, n, buffer, rest), n, NULL);
        if (summands->has_rest)
            lanes->sum_exact(&rests, rest, n, NULL);
    }
    if (summands->has_rest)
        pel_exact_merge(&sum, &rests);
    *(struct pel_exact *)partial = sum;
}

static void exact_combine(void *into, const void *from)
{
    struct pel_exact right = *(const struct pel_exact *)from;
    pel_exact_merge(into, &right);
}

/* Their partial results are 800 bytes, but in any leaves the sum is the same: these keep them to 1 / 2,500 of
 * the values. */
enum { EXACT_LEAF_ITEMS = 4 * PEL_CHUNK_ROWS };

int pel_summands_add(const struct pel_summands *summands, size_t n, enum pel_precision precision,
                     const struct pel_team *team, double *sum, struct pel_error *err)
{
    static const struct pel_reduction tree = {sizeof(double), tree_block, tree_combine},
                                      dd = {sizeof(struct pel_dd), dd_block, dd_combine},
                                      exact = {sizeof(struct pel_exact), exact_leaf, exact_combine};
    struct pel_dd total = {0, 0};
    struct pel_exact all = {0};
    void *ctx = (void *)(uintptr_t)summands;
    int status;
    switch (precision) {
    case PEL_DD:
        status = pel_reduce_blocks(team, n, &dd, ctx, &total, err);
        break;
    case PEL_EXACT:
        status = pel_reduce_values(team, n, EXACT_LEAF_ITEMS, &exact, ctx, &all, err);
        total.hi = status ? 0 : pel_exact_round(&all);
        break;
    case PEL_TREE:
    case PEL_FAST: /* the tree waits for memory only: no order is faster */
        status = pel_reduce_blocks(team, n, &tree, ctx, &total.hi, err);
        break;
    default:
        status = pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "there is no such precision");
    }
    *sum = isnan(total.hi) ? (double)NAN : total.hi;
    return status;
}

static const double *block_of_values(const struct pel_summands *summands, size_t lo, size_t n,
                                     double *block, double *rest)
{
    (void)rest;
    return pel_values_f64(&summands->values, lo, n, block);
}

int pel_sum(enum pel_type type, const void *x, size_t n, enum pel_precision precision,
            const struct pel_team *team, double *sum, struct pel_error *err)
{
    *sum = 0;
    if (!pel_type_is_float(type))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                             "sums of floats are of f32 or f64; of integers, pel_sum_integers");
    const struct pel_summands summands = {.values = {type, x, pel_lanes_for(team->isa)},
                                          .block = block_of_values};
    return pel_summands_add(&summands, n, precision, team, sum, err);
}

static void integers_leaf(void *ctx, size_t lo, size_t hi, void *partial)
{
    const struct pel_values *values = ctx;
    pel_int128 sum = 0;
    for (; lo < hi; lo += PEL_BLOCK_ROWS) {
        int64_t block[PEL_BLOCK_ROWS];
        size_t n = hi - lo < PEL_BLOCK_ROWS ? hi - lo : PEL_BLOCK_ROWS;
        sum += values->lanes->sum_i64(pel_values_i64(values, lo, n, block), n, NULL);
        if (values->type == PEL_U64)
            sum += (pel_int128)n * PEL_U64_BIAS;
    }
    *(pel_int128 *)partial = sum;
}

static void integers_combine(void *into, const void *from)
{
    *(pel_int128 *)into += *(const pel_int128 *)from;
}

/* The sum of integers, whatever its size. */
static int sum_integers(enum pel_type type, const void *x, size_t n, const struct pel_team *team,
                        pel_int128 *sum, struct pel_error *err)
{
    static const struct pel_reduction reduction = {sizeof(pel_int128), integers_leaf,
                                                   integers_combine};
    struct pel_values values = {type, x, pel_lanes_for(team->isa)};
    *sum = 0;
    return pel_reduce_values(team, n, PEL_CHUNK_ROWS, &reduction, &values, sum, err);
}

int pel_sum_integers(enum pel_type type, const void *x, size_t n, const struct pel_team *team,
                     int64_t *sum, struct pel_error *err)
{
    *sum = 0;
    if (pel_type_is_float(type))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                             "sums of integers are of i32, i64, u32 or u64; of floats, pel_sum");
    pel_int128 total;
    int status = pel_values_check(type, err);
    if (!status)
        status = sum_integers(type, x, n, team, &total, err);
    if (status)
        return status;
    if (total < INT64_MIN || total > INT64_MAX)
        return pel_error_set(err, -ERANGE, PEL_STAGE_COMPUTE,
                             "the sum is outside of int64: -2^63 to 2^63 - 1");
    *sum = (int64_t)total;
    return 0;
}

/* To nearest even: of more than 64 bits the first 64 are rounded, the last of which says that others follow. */
static double to_double(pel_int128 x)
{
    pel_uint128 magnitude = x < 0 ? -(pel_uint128)x : (pel_uint128)x;
    uint64_t high = (uint64_t)(magnitude >> 64), top = (uint64_t)magnitude;
    int shift = high ? 64 - __builtin_clzll(high) : 0;
    if (shift) {
        bool more = top << (64 - shift) != 0;
        top = (uint64_t)(magnitude >> shift) | more;
    }
    double rounded = ldexp((double)top, shift);
    return x < 0 ? -rounded : rounded;
}

int pel_mean(enum pel_type type, const void *x, size_t n, enum pel_precision precision,
             const struct pel_team *team, double *mean, struct pel_error *err)
{
    *mean = 0;
    double sum = 0;
    pel_int128 integers = 0;
    int status = pel_values_check(type, err);
    if (!status && pel_type_is_float(type))
        status = pel_sum(type, x, n, precision, team, &sum, err);
    else if (!status) {
        status = sum_integers(type, x, n, team, &integers, err);
        sum = to_double(integers);
    }
    if (!status)
        *mean = n && !isnan(sum) ? sum / (double)n : (double)NAN;
    return status;
}
