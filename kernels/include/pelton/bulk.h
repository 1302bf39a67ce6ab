/* Primitives over arrays: reductions, scans, filters, transforms, histograms; <pelton/sort.h> and
 * <pelton/group.h>, which this includes, order and group.
 *
 * How floats are summed (PEL_TREE, the default everywhere). Numbers are cut into blocks of PEL_BLOCK_ROWS =
 * 1024. In a block, lane j of 32 adds, from 0, the numbers j, j + 32, j + 64, ... in this order; then lane j
 * becomes lane j + lane (j + 16) for j < 16, then j + (j + 8), and so on down to one. Block sums are added
 * pairwise, neighbours first (0+1, 2+3, ...; then those; an odd one at the end goes up as it is), which is
 * the tree of pel_reduce with a block a leaf. What a filter leaves out keeps its place and adds nothing.
 * The result depends on the numbers alone, and its error is below (32 + 5 + log2(n / 1024)) 2^-53 times the
 * sum of their magnitudes. A NaN as result of a reduction is always the positive quiet NaN without payload.
 */
#ifndef PELTON_BULK_H
#define PELTON_BULK_H

#include <pelton/core.h>
#include <pelton/group.h>
#include <pelton/sort.h>
#include <pelton/table.h>

PEL_BEGIN_DECLS

/* How exactly floats are summed; all but PEL_FAST give the same bits everywhere. u = 2^-53, magnitudes is the
 * sum of |x_i|. The costs are of a double that is in the first-level cache, on a Zen 4 at 3.7 GHz with
 * AVX-512, where memory gives one core a double in 0.32 ns and two cores one in 0.26: in memory, tree and fast
 * take that, dd and exact up to a fifth more on one core and the same on two. */
enum pel_precision {
    /* The tree above. Error below (37 + log2(n / 1024)) u magnitudes. 0.06 ns. */
    PEL_TREE,
    /* Any order: no promise about the last bits. At present the tree, as no order is faster. */
    PEL_FAST,
    /* Double-double: the lanes and the tree as above, each a sum of two doubles, and rounded once at the end.
     * Error below u |sum| + 2^-96 magnitudes. 0.26 ns. */
    PEL_DD,
    /* The exact sum, rounded once to nearest even; infinite only if it is beyond DBL_MAX itself, or a value
     * is. 0.4 ns; 2 ns where values that lie together differ by factors of more than about 2^50. */
    PEL_EXACT,
    PEL_PRECISION_COUNT
};

/* "tree", "fast", "dd", "exact". Never NULL. */
PEL_API const char *pel_precision_name(enum pel_precision precision);

/* ---- reductions ----------------------------------------------------------------------------------
 *
 * Of n values at x, contiguous and aligned to their size, of type PEL_I32, PEL_I64, PEL_U32, PEL_U64, PEL_F32
 * or PEL_F64 (any other is -EINVAL). All functions read x once, return 0, -EINVAL, -ENOMEM, -ECANCELED or what
 * they name, and zero their result on failure; they take less than n / 2000 bytes of memory. With n 0, x may
 * be NULL. A reduction that is not here: pel_reduce of <pelton/core.h>, with a combine of its own. */

/* *sum = x_0 + x_1 + ... of f32 (each taken as a double) or f64; of none 0. */
PEL_API PEL_MUST_CHECK int pel_sum(enum pel_type type, const void *x, size_t n,
                                   enum pel_precision precision, const struct pel_team *team,
                                   double *sum, struct pel_error *err);

/* *sum = x_0 + x_1 + ... of integers; -ERANGE when an int64_t cannot hold the sum (parts of it may be larger). */
PEL_API PEL_MUST_CHECK int pel_sum_integers(enum pel_type type, const void *x, size_t n,
                                            const struct pel_team *team, int64_t *sum,
                                            struct pel_error *err);

/* *mean = the sum divided by n, NaN of none. The sum of integers is exact and then rounded to a double, whatever
 * the precision. */
PEL_API PEL_MUST_CHECK int pel_mean(enum pel_type type, const void *x, size_t n,
                                    enum pel_precision precision, const struct pel_team *team,
                                    double *mean, struct pel_error *err);

/* *dot = x_0 y_0 + x_1 y_1 + ... of doubles. PEL_TREE and PEL_FAST sum products that were rounded. PEL_DD
 * and PEL_EXACT keep what rounding took from each (Dekker 1971), which is exact but for products below
 * 2^-968, where a few 2^-1074 may be lost with each; a product beyond DBL_MAX is infinite in all of them. */
PEL_API PEL_MUST_CHECK int pel_dot(const double *x, const double *y, size_t n,
                                   enum pel_precision precision, const struct pel_team *team,
                                   double *dot, struct pel_error *err);

/* Mean and spread in one pass. Each block has its sum s_b and, by a second look at it in cache, the sum q_b of
 * (x - s_b / n_b)^2; two neighbours are put together with d = s_a / n_a - s_b / n_b (Chan, Golub, LeVeque 1979):
 *
 *     n = n_a + n_b      sum = s_a + s_b      squares = q_a + q_b + d^2 (n_a / n) n_b
 *
 * in the order of the tree, so that sum / n is pel_mean's PEL_TREE. Integers count as the nearest double.
 * squares is NaN where a sum is not finite. */
struct pel_moments {
    uint64_t n;
    double sum, squares;
};
PEL_API PEL_MUST_CHECK int pel_moments(enum pel_type type, const void *x, size_t n,
                                       const struct pel_team *team, struct pel_moments *moments,
                                       struct pel_error *err);

/* squares / (n - ddof): ddof 0 for a whole population, 1 for a sample of it; NaN unless n > ddof. */
PEL_API double pel_variance(const struct pel_moments *moments, uint64_t ddof);

/* Where the least and the greatest value are, the first of equals (-0 equals 0); the first NaN, if there is
 * one, is both. x[argmin] is the minimum. -ENODATA when n is 0. */
struct pel_extremes {
    size_t argmin, argmax;
};
PEL_API PEL_MUST_CHECK int pel_extremes(enum pel_type type, const void *x, size_t n,
                                        const struct pel_team *team, struct pel_extremes *extremes,
                                        struct pel_error *err);

/* *count = how many of n bytes are not 0. */
PEL_API PEL_MUST_CHECK int pel_count_true(const uint8_t *x, size_t n, const struct pel_team *team,
                                          size_t *count, struct pel_error *err);

/* counts[k] = how many values are in bin k of nbins (1 to 2^32 - 2), as numpy counts them: with e_k = lo + k (hi - lo) / nbins
 * as computed, and e_nbins = hi, the bin of x is the last one with e_k <= x, for lo <= x <= hi; what is outside
 * and NaN is not counted. Integers count as the nearest double. -EINVAL unless lo < hi, hi - lo is finite
 * and the width of bins a normal number. Memory: a copy of counts for each of a few tasks a thread, but at
 * most 8 n bytes. */
PEL_API PEL_MUST_CHECK int pel_histogram(enum pel_type type, const void *x, size_t n, double lo,
                                         double hi, size_t nbins, const struct pel_team *team,
                                         uint64_t *counts, struct pel_error *err);

/* ---- filters ---------------------------------------------------------------------------------------
 *
 * What is kept, in its order, in one pass over the rows. Nothing is written behind the last that is
 * kept, so `out` needs room for those alone (of a mask, pel_count_true tells how many). Return 0,
 * -EINVAL, -ENOMEM (they take n / 200 bytes) or -ECANCELED; then the count is 0, and what `out`
 * holds has no meaning. */

/* Comparisons as C's: of NaN only PEL_NE holds. */
enum pel_compare { PEL_LT, PEL_LE, PEL_GT, PEL_GE, PEL_EQ, PEL_NE };

/* out = the values of 1, 2, 4 or 8 bytes (else -EINVAL), aligned to that, whose mask byte is not 0;
 * *nout = how many. `out` may be `values` itself; otherwise nothing overlaps. To keep the others
 * too: pel_split. */
PEL_API PEL_MUST_CHECK int pel_filter(const void *values, size_t value_nbytes, const uint8_t *mask,
                                      size_t n, void *out, size_t *nout,
                                      const struct pel_team *team, struct pel_error *err);

/* out = the x_i of a type as reductions take for which x_i < value holds, or as `compare` says;
 * value points at one of that type. `out` may be x itself. */
PEL_API PEL_MUST_CHECK int pel_filter_if(enum pel_type type, const void *x, size_t n,
                                         enum pel_compare compare, const void *value, void *out,
                                         size_t *nout, const struct pel_team *team,
                                         struct pel_error *err);

/* The rows, from 0 and ascending, that pel_filter and pel_filter_if keep. */
PEL_API PEL_MUST_CHECK int pel_where(const uint8_t *mask, size_t n, uint64_t *rows, size_t *nrows,
                                     const struct pel_team *team, struct pel_error *err);
PEL_API PEL_MUST_CHECK int pel_where_if(enum pel_type type, const void *x, size_t n,
                                        enum pel_compare compare, const void *value, uint64_t *rows,
                                        size_t *nrows, const struct pel_team *team,
                                        struct pel_error *err);

/* ---- running sums ----------------------------------------------------------------------------------
 *
 * y_i = x_0 + ... + x_i, or, exclusive, y_0 = 0 and y_i = x_0 + ... + x_(i-1), which are the same
 * numbers one place on: int64_t of integers, -ERANGE with the lowest row in the message if one of
 * those written is not an int64; double of f32 and f64. y may be x itself where both are of 8
 * bytes; otherwise they do not overlap. Also -EINVAL, -ENOMEM (it takes n / 400 bytes) and
 * -ECANCELED; y has no meaning after a failure.
 *
 * Floats, by definition: x is cut into chunks of 16384 and these into groups of 8. In a group,
 *
 *     s_0 = x_0                s_4 = s_3 + x_4
 *     s_1 = x_0 + x_1          s_5 = s_3 + (x_4 + x_5)
 *     s_2 = s_1 + x_2          s_6 = s_3 + ((x_4 + x_5) + x_6)
 *     s_3 = s_1 + (x_2 + x_3)  s_7 = s_3 + ((x_4 + x_5) + (x_6 + x_7))
 *
 * and y_i = c + (g + s_j). g is 0 in the first group of a chunk and g + s_7 in the one behind; c is
 * 0 in the first chunk and its y_i of the last row in the one behind. So a running sum of numbers
 * that are not negative never falls, and its error is below (2052 + n / 16384) 2^-53 times the sum
 * of their magnitudes so far. Once infinite or NaN it stays so. In memory it takes the time of
 * reading x and writing y; in cache 0.4 ns a double on one core with AVX2. */
PEL_API PEL_MUST_CHECK int pel_scan_sum(enum pel_type type, const void *x, size_t n, bool exclusive,
                                        void *y, const struct pel_team *team,
                                        struct pel_error *err);

/* ---- transforms ------------------------------------------------------------------------------------
 *
 * y_i from x_i, one by one. y may be x itself where their values have the same size; otherwise they
 * do not overlap. Return 0, -EINVAL, -ECANCELED or what they name; y has no meaning after a
 * failure. No memory, but for what a first pass takes. */

/* y = f(x) for values of x_nbytes and y_nbytes each: f is called for blocks of PEL_BLOCK_ROWS
 * values that begin at multiples of that (the last may be shorter), from any thread and in any
 * order, and sets y_0 to y_(n-1). Its y, and x, are where it is told and not always in their
 * arrays. */
PEL_API PEL_MUST_CHECK int pel_map(const void *x, size_t x_nbytes, void *y, size_t y_nbytes,
                                   size_t n, void (*f)(void *ctx, const void *x, void *y, size_t n),
                                   void *ctx, const struct pel_team *team, struct pel_error *err);

/* y = a x + b of f32 or f64, both operations rounded; for f32 a and b are rounded to that first. */
PEL_API PEL_MUST_CHECK int pel_scale_add(enum pel_type type, const void *x, size_t n, double a,
                                         double b, void *y, const struct pel_team *team,
                                         struct pel_error *err);

/* y = lo where x < lo, hi where x > hi, else x (NaN too); types as reductions take, of which lo and
 * hi point at one each. -EINVAL unless *lo <= *hi. */
PEL_API PEL_MUST_CHECK int pel_clip(enum pel_type type, const void *x, size_t n, const void *lo,
                                    const void *hi, void *y, const struct pel_team *team,
                                    struct pel_error *err);

/* y = (x - mean) / s, s being the square root of pel_variance(moments, 0): what has mean 0 and
 * variance 1, or NaN where all are equal. Of f32 it is f32, rounded once more at the end; of the
 * other types double. -ENOMEM. */
PEL_API PEL_MUST_CHECK int pel_standardize(enum pel_type type, const void *x, size_t n, void *y,
                                           const struct pel_team *team, struct pel_error *err);

/* y = (x - min) / (max - min), from 0 to 1; NaN where all are equal or one is NaN. Types as
 * pel_standardize; -ENOMEM. */
PEL_API PEL_MUST_CHECK int pel_rescale(enum pel_type type, const void *x, size_t n, void *y,
                                       const struct pel_team *team, struct pel_error *err);

/* y = x as another type. From bool (0 or 1), f16 and all numbers; to all numbers but f16. Rounded
 * to nearest, ties to even, where y is a float (beyond its range: infinite; NaN of another type:
 * the positive quiet one), and towards 0 where x is a float and y an integer; then NaN, and from
 * any type what is out of range, is -ERANGE, with the lowest row in the message. */
PEL_API PEL_MUST_CHECK int pel_convert(enum pel_type from, const void *x, size_t n,
                                       enum pel_type to, void *y, const struct pel_team *team,
                                       struct pel_error *err);

PEL_END_DECLS
#endif
