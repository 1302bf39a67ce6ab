/* Rows brought together by key: aggregates of each group, and the distinct keys.
 *
 * What comes out is defined without regard to threads. Rows are cut into chunks of PEL_CHUNK_ROWS by their
 * number. Within a chunk the floats of a group are added in the order of rows, starting from +0; the group's
 * chunk sums are added in the order of chunks, starting from the first. Variances are computed likewise:
 * Welford's recurrence (1962) within a chunk, Chan's formula (1979) across. The error of a sum of n values
 * in c chunks is below (n / c + c) 2^-53 times the sum of their magnitudes where the values are spread evenly.
 * Ints are summed exactly, in 128 bits; a sum that is no int64 is an error (-ERANGE).
 *
 * Groups come in the order in which they first appear. Keys are compared by value: all NaNs are one key, and so
 * are -0 and 0; what is shown is the first that was seen. Strings are compared byte for byte.
 */
#ifndef PELTON_GROUP_H
#define PELTON_GROUP_H

#include <pelton/core.h>
#include <pelton/table.h>

PEL_BEGIN_DECLS

/* What can be said of many values at once. To add one: a value here; of groups its states in
 * bulk/group/accumulators.c and their result in results.c, and the reference; of all rows its fold in
 * bulk/engine/run/partial.c; its name and types in bulk/engine/compile/functions.c and aggregate.c, and in the
 * list of <pelton/engine.h>. What others add up to can be rewritten as such in compile/check.c, as clip is. */
enum pel_aggregate {
    PEL_AGGREGATE_COUNT, /* of rows; of a bool: how often true */
    PEL_AGGREGATE_SUM,
    PEL_AGGREGATE_MIN,
    PEL_AGGREGATE_MAX,
    PEL_AGGREGATE_ARGMIN, /* number of the first row with the least value */
    PEL_AGGREGATE_ARGMAX,
    PEL_AGGREGATE_ANY,
    PEL_AGGREGATE_ALL,
    PEL_AGGREGATE_MEAN,
    PEL_AGGREGATE_VAR, /* of the population: divided by n */
    PEL_AGGREGATE_STD,
    PEL_AGGREGATE_QUANTILE,
    PEL_AGGREGATE_FIRST,
    PEL_AGGREGATE_LAST,
    PEL_AGGREGATE_KIND_COUNT
};

/* An aggregate of the values of each group. `values` may be NULL for PEL_AGGREGATE_COUNT (of rows). */
struct pel_aggregation {
    enum pel_aggregate kind;
    const struct pel_column *values;
    double q; /* of PEL_AGGREGATE_QUANTILE, in [0, 1]; not looked at for others */
};

struct pel_group_options {
    size_t memory_bytes; /* for the groups and their table; 0: 1 GiB */
};

/* Groups rows [0, nrows) by the key made of nkeys >= 1 columns, into a table of the caller's to free: a row a
 * group, in order of first appearance; columns key0, key1, ... and then aggregate0, aggregate1, ...
 *
 * Narrow columns are widened: ints to i64 (a u64 from 2^63 on is -ERANGE, with its row), f16 to f32. Keys may be
 * bool, ints, floats and strings; values all but strings. Aggregates of a group with values v:
 *   count           i64   rows, or, of a bool, how many are true
 *   sum             f64 of floats, i64 of ints and bools
 *   mean, var, std  f64; var = sum((v - mean)^2) / n; the mean of ints is rounded once
 *   min, max        the type of v: the first of those that are equal; NaN if there is one
 *   argmin, argmax  i64   the row of the first such value; of the first NaN if there is one
 *   any, all        bool, of a bool
 *   quantile        f64: quantile q of the v as doubles, exact, as pel_quantiles of <pelton/sort.h>
 *   first, last     the type of v
 * A NaN that was computed is the positive quiet one without payload.
 *
 * Returns 0, or with *out zeroed and a message: -EINVAL (a type that an aggregate or key does not take, no
 * key, q not in [0, 1]), -ERANGE (see above), -ENOBUFS (the groups need more than memory_bytes),
 * -ECANCELED or -ENOMEM. The arguments are only read, and not kept.
 *
 * Memory: the groups, and for each column that quantiles are of 12 bytes a row, with 8 more while the values of
 * a group are brought together; 64 MiB, or an eighth of memory_bytes if that is less, of rows on their way;
 * about 3 MiB a thread, more with many columns. Time grows with rows and aggregates; a few thousand groups in a
 * chunk stay in a table of the thread's, with more, or with quantiles, the rows are parted by their keys' hashes
 * first, which are not keyed: whoever chooses the keys can make them collide. Groups of quantiles are found by
 * one thread for each, so that very few of them keep few threads at work. */
PEL_API PEL_MUST_CHECK int
pel_group(const struct pel_column *keys, size_t nkeys, const struct pel_aggregation *aggregations,
          size_t naggregations, uint64_t nrows, const struct pel_team *team,
          const struct pel_group_options *options, struct pel_table *out, struct pel_error *err);

/* The distinct keys of rows [0, nrows), in order of first appearance: pel_group without an aggregate. */
PEL_API PEL_MUST_CHECK int pel_group_distinct(const struct pel_column *keys, size_t nkeys,
                                              uint64_t nrows, const struct pel_team *team,
                                              const struct pel_group_options *options,
                                              struct pel_table *out, struct pel_error *err);

PEL_END_DECLS
#endif
