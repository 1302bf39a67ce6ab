/* Order: sorts, argsort, top-k, quantiles, distinct values, partition and merge join over arrays.
 *
 * Keys are numbers of the types i32, i64, u32, u64, f32 and f64 (any other type is -EINVAL), contiguous and
 * aligned to their size. The order of floats is that of their values, with -0 and 0 equal and every NaN,
 * whatever its sign, behind all numbers in ascending and in descending order alike, as numpy and pandas
 * put them. Everything here is stable: what is equal stays in the order it came in. There is one such
 * result, so it is the same for every number of threads and instruction set.
 *
 * Sorting is by radix: one pass spreads the keys over some thousand ranges of them, which are then sorted
 * in cache. It takes time linear in n for any distribution; keys that are in order already, or in reverse,
 * are only read (and turned round). All functions return 0, -EINVAL, -ENOMEM (nothing has been changed
 * then) or -ECANCELED.
 */
#ifndef PELTON_SORT_H
#define PELTON_SORT_H

#include <pelton/core.h>
#include <pelton/table.h>

PEL_BEGIN_DECLS

/* ---- sorts -------------------------------------------------------------------------------------- */

/* Sorts n keys. Keys that are equal but of different bits come out in order of these: -0 before 0, NaNs
 * of positive sign before the others (descending: the other way round, but NaNs last). Takes n keys of
 * memory; after -ECANCELED the keys are in any order. */
PEL_API PEL_MUST_CHECK int pel_sort(enum pel_type type, void *keys, size_t n, bool descending,
                                    const struct pel_team *team, struct pel_error *err);

/* Sorts n keys and moves with each its payload, payload_nbytes >= 1 bytes of anything. Takes 16 n bytes (8 n
 * for keys and payloads of 4 bytes), twice that where many keys are nearly the same. Payloads of other
 * sizes, and floats with -0 or unusual NaNs, go by way of pel_argsort: 8 n bytes, n keys and n payloads
 * more, and time. After -ECANCELED the pairs are in any order. */
PEL_API PEL_MUST_CHECK int pel_sort_with(enum pel_type type, void *keys, void *payload,
                                         size_t payload_nbytes, size_t n, bool descending,
                                         const struct pel_team *team, struct pel_error *err);

/* order[i] = the place of the i-th key in order. Memory as pel_sort_with of 8-byte payloads. order has no meaning
 * after a failure. */
PEL_API PEL_MUST_CHECK int pel_argsort(enum pel_type type, const void *keys, size_t n,
                                       bool descending, uint64_t *order,
                                       const struct pel_team *team, struct pel_error *err);

/* The same by several keys, the first being the most significant: columns of bool, i64, f32, f64 or string
 * (in order of their bytes, a beginning before what it begins) with their strides and byte order (and the
 * other keys' types), each ascending or descending. descending NULL: all ascending. nkeys 0 is the order of
 * rows. Ties in one key are sorted by the next, so later keys cost only where they decide. Memory: 18 n
 * bytes, or 34 n, and some MB a thread. */
PEL_API PEL_MUST_CHECK int pel_order(const struct pel_column *keys, const bool *descending,
                                     size_t nkeys, size_t n, uint64_t *order,
                                     const struct pel_team *team, struct pel_error *err);

/* ---- parts of an order ---------------------------------------------------------------------------- */

/* top[i], i < min(k, n) = what pel_argsort would give as order[i], in time O(n + k log k): the k smallest or,
 * descending, largest, equal ones in order of their place. */
PEL_API PEL_MUST_CHECK int pel_top(enum pel_type type, const void *keys, size_t n, size_t k,
                                   bool descending, uint64_t *top, const struct pel_team *team,
                                   struct pel_error *err);

/* out[j] = the key of rank ranks[j] (0: smallest) in ascending order, of the keys' type. Ranks in any order;
 * one that is not below n is -EINVAL. Equal keys of different bits are told apart as in pel_sort. Three or so
 * passes over the keys for each rank, or group of ranks in turn that are near each other; memory for n / 64
 * of them. */
PEL_API PEL_MUST_CHECK int pel_select(enum pel_type type, const void *keys, size_t n,
                                      const size_t *ranks, size_t nranks, void *out,
                                      const struct pel_team *team, struct pel_error *err);

/* out[j] = quantile q[j] in [0, 1] (else -EINVAL) of the n values, exact, between neighbours linearly as
 * numpy's default: with h = q (n - 1) and ranks a = floor(h), b = min(a + 1, n - 1), the values x_a and x_b,
 * as doubles, give x_a + (x_b - x_a) (h - a), for h - a >= 1/2 x_b - (x_b - x_a) (1 - (h - a)), and x_a where
 * h = a or x_a = x_b. NaN if there is a NaN among the values, between infinities, or if n is 0. */
PEL_API PEL_MUST_CHECK int pel_quantiles(enum pel_type type, const void *values, size_t n,
                                         const double *q, size_t nq, double *out,
                                         const struct pel_team *team, struct pel_error *err);

/* Stable partition: the values (value_nbytes each) whose mask byte is not 0 to the front of out, the others
 * behind them, both in their order; *ntrue = how many are in front. out has room for n values and does not
 * overlap the others. */
PEL_API PEL_MUST_CHECK int pel_split(const void *values, size_t value_nbytes, const uint8_t *mask,
                                     size_t n, void *out, size_t *ntrue,
                                     const struct pel_team *team, struct pel_error *err);

/* ---- keys as sets ---------------------------------------------------------------------------------- */

/* Each distinct key once, ascending, and how often it occurred. Zeros count as 0, all NaNs as one, the
 * positive quiet one, which comes last. */
struct pel_distinct {
    void *keys; /* of the keys' type */
    uint64_t *counts;
    size_t n;
};

/* Sorts a copy: memory 2 n keys, besides the result. *out is zeroed on failure; free it with
 * pel_distinct_free. */
PEL_API PEL_MUST_CHECK int pel_distinct(enum pel_type type, const void *keys, size_t n,
                                        const struct pel_team *team, struct pel_distinct *out,
                                        struct pel_error *err);
PEL_API void pel_distinct_free(struct pel_distinct *distinct);

enum pel_join_kind {
    PEL_JOIN_INNER, /* pairs of equal keys */
    PEL_JOIN_LEFT   /* and, for each key on the left without an equal on the right, a pair with
                       PEL_JOIN_NONE */
};

#define PEL_JOIN_NONE UINT64_MAX

/* Pair i: row left[i] of the left keys and row right[i] of the right ones. */
struct pel_join {
    uint64_t *left, *right;
    size_t n;
};

/* All pairs of rows whose keys are equal (NaN is equal to nothing), in order of the left row, then of the
 * right one. The keys need not be sorted: both sides are argsorted, which for sorted ones is one look, and
 * merged. More than max_pairs pairs (0: no limit but memory) are -ENOBUFS, found before room for them is
 * taken. Memory: 8 bytes a key on both sides, 16 more on the left, the argsort's, and 16 a pair. *out is
 * zeroed on failure; free it with pel_join_free. */
PEL_API PEL_MUST_CHECK int pel_join(enum pel_type type, const void *left, size_t nleft,
                                    const void *right, size_t nright, enum pel_join_kind kind,
                                    size_t max_pairs, const struct pel_team *team,
                                    struct pel_join *out, struct pel_error *err);
PEL_API void pel_join_free(struct pel_join *join);

PEL_END_DECLS
#endif
