/* What reductions do with one block of up to PEL_BLOCK_ROWS values that lie one after the other, number i
 * being row i of the block: everything that the tree of <pelton/bulk.h> says below the level of blocks.
 *
 * `mask` tells which rows count (bit i % 64 of word i / 64 is row i); NULL is all of them. Rows that do not
 * count keep their place. n <= PEL_BLOCK_ROWS; bits from n on are not looked at.
 *
 *     const struct pel_lanes *lanes = pel_lanes_for(team->isa);
 *     sum[block] = lanes->sum(x, n, mask);
 *
 * Narrow numbers are widened first, which is exact: f32 to f64, the small integers to i64. All levels give
 * the same bits. */
#ifndef PELTON_BULK_LANES_H
#define PELTON_BULK_LANES_H

#include "bulk/reduce/dd.h"
#include "bulk/reduce/exact.h"

#include <pelton/bulk.h>

enum { PEL_LANES_WIDTH = 32 };

/* The least or greatest value of some rows and the lowest row that has it, or the first NaN. Zeroed: of
 * no rows. */
struct pel_best_f64 {
    double value;
    uint64_t row;
    bool found;
};
struct pel_best_i64 {
    int64_t value;
    uint64_t row;
    bool found;
};

struct pel_bins; /* bulk/reduce/histogram.h */

struct pel_lanes {
    /* How many of the n rows count. */
    size_t (*count)(size_t n, const uint64_t *mask);

    /* Sums of the rows that count; of none: 0. */
    double (*sum)(const double *x, size_t n, const uint64_t *mask);
    /* `sum` of rows of which x has those that count alone, one behind the other, and then anything, n in all;
     * bits from n on are 0. */
    double (*sum_packed)(const double *x, size_t n, const uint64_t *mask);
    struct pel_dd (*sum_dd)(const double *x, size_t n, const uint64_t *mask);
    void (*sum_exact)(struct pel_exact *into, const double *x, size_t n, const uint64_t *mask);
    pel_int128 (*sum_i64)(const int64_t *x, size_t n, const uint64_t *mask);

    /* The sum of (x - mean)^2 of the rows that count, in the lanes of `sum`; NaN unless mean is finite. */
    double (*sum_squares)(const double *x, double mean, size_t n, const uint64_t *mask);

    /* Takes the block into *best; its first row has the number `row`, which rises from call to call. */
    void (*min_f64)(struct pel_best_f64 *best, const double *x, size_t n, const uint64_t *mask,
                    uint64_t row);
    void (*max_f64)(struct pel_best_f64 *best, const double *x, size_t n, const uint64_t *mask,
                    uint64_t row);
    void (*min_i64)(struct pel_best_i64 *best, const int64_t *x, size_t n, const uint64_t *mask,
                    uint64_t row);
    void (*max_i64)(struct pel_best_i64 *best, const int64_t *x, size_t n, const uint64_t *mask,
                    uint64_t row);

    /* product[i] = x[i] y[i] rounded, and rest[i] what that lost, exact but for products below 2^-968; 0 for
     * products that are not finite. */
    void (*multiply)(const double *x, const double *y, size_t n, double *product);
    void (*multiply_dd)(const double *x, const double *y, size_t n, double *product, double *rest);

    /* bin[i] = the bin of x[i], or their number where it is in none or does not count, for bins that are
     * `even`. Returns n rounded up to 32; what follows row n - 1 is in none. */
    size_t (*place)(const struct pel_bins *bins, const double *x, size_t n, const uint64_t *mask,
                    uint64_t bin[PEL_BLOCK_ROWS]);

    void (*widen_f32)(const float *x, size_t n, double *out);
    void (*widen_i32)(const int32_t *x, size_t n, int64_t *out);
};

/* The table of a level, lowered to what the processor can run. */
const struct pel_lanes *pel_lanes_for(enum pel_isa isa);

/* Folds what was found in other rows into *into, in any order. */
void pel_best_min_f64(struct pel_best_f64 *into, const struct pel_best_f64 *from);
void pel_best_max_f64(struct pel_best_f64 *into, const struct pel_best_f64 *from);
void pel_best_min_i64(struct pel_best_i64 *into, const struct pel_best_i64 *from);
void pel_best_max_i64(struct pel_best_i64 *into, const struct pel_best_i64 *from);

#endif
