/* Prime numbers: counted, summed, listed, searched for patterns, and fed to a caller's own queries; by a
 * segmented sieve that runs on every thread of a team, or, where only a count, a sum or the n-th prime is
 * asked for, by combinatorial methods that never look at most of the numbers.
 *
 * Intervals are closed: [start, stop] holds both ends, 0 <= start <= stop <= 2^64 - 1. An interval with
 * start > stop is an error (-EINVAL), never an empty answer.
 *
 * Thread rule: every function here may be called from any thread, and all of them at once; the objects
 * they fill belong to the caller. Results are the same for any team. With team->cancel raised they return
 * -ECANCELED within about a tenth of a second and leave their outputs zeroed. team->progress counts what
 * has been done, in units of the function's own.
 *
 * Memory of the sieve: a bitmap of the sieving primes, sqrt(stop) / 30 bytes (33 MB at 10^18, 143 MB at
 * 2^64), shared by the team, and for each thread its segment (about the second-level cache) and, from
 * about 10^13 on, 8 bytes for each sieving prime that is larger than a segment, O(sqrt(stop)).
 *
 *     struct pel_team team = pel_team(0);
 *     uint64_t count;
 *     if (pel_primes_count(0, 1000000, PEL_PRIMES_AUTO, &team, &count, NULL) == 0)
 *         printf("%" PRIu64 "\n", count);  78498
 */
#ifndef PELTON_PRIMES_H
#define PELTON_PRIMES_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

/* An unsigned integer of 128 bits: hi * 2^64 + lo. */
struct pel_u128 {
    uint64_t lo, hi;
};

/* ---- one number ------------------------------------------------------------------------------- */

/* Whether n is prime. Deterministic Miller-Rabin over the whole range of 64 bits; 0 and 1 are not prime.
 * Cost: at most 7 modular powers, about a microsecond. */
PEL_API bool pel_is_prime(uint64_t n);

/* The same by trial division by 2, 3 and the numbers 6k - 1, 6k + 1 up to sqrt(n): the textbook's loop,
 * the oracle of all others. Cost: O(sqrt(n)) divisions, for n near 2^64 some seconds. */
PEL_API bool pel_is_prime_trial(uint64_t n);

/* ---- counting --------------------------------------------------------------------------------- */

enum pel_primes_method {
    PEL_PRIMES_AUTO,          /* what the cost model expects to be fastest */
    PEL_PRIMES_SIEVE,         /* segmented sieve of Eratosthenes, up to 2^64 - 1 */
    PEL_PRIMES_COMBINATORIAL, /* pi(stop) - pi(start - 1) */
    PEL_PRIMES_TRIAL,         /* each number by trial division, in parallel: for comparison */
    PEL_PRIMES_METHOD_COUNT
};

/* pi(2^64), OEIS A007053: the primes of 64 bits are numbered from 1 to this. */
#define PEL_PRIMES_NTH_MAX UINT64_C(425656284035217743)

/* The largest `stop` of a sum by the combinatorial method; counts go up to 2^64 - 1. */
#define PEL_PRIMES_SUM_MAX UINT64_C(1000000000000000000)

/* "auto", "sieve", "combinatorial", "trial". Never NULL. */
PEL_API const char *pel_primes_method_name(enum pel_primes_method method);

/* What the cost model expects of each method, in seconds on this team (a rough figure: constants
 * measured on one machine), and what AUTO would choose. */
struct pel_primes_estimate {
    double
        seconds[PEL_PRIMES_METHOD_COUNT]; /* AUTO's is that of its choice; infinite: not possible */
    enum pel_primes_method choice;
};
PEL_API PEL_MUST_CHECK int pel_primes_estimate_count(uint64_t start, uint64_t stop,
                                                     const struct pel_team *team,
                                                     struct pel_primes_estimate *out,
                                                     struct pel_error *err);

/* The same for pel_primes_sum. */
PEL_API PEL_MUST_CHECK int pel_primes_estimate_sum(uint64_t start, uint64_t stop,
                                                   const struct pel_team *team,
                                                   struct pel_primes_estimate *out,
                                                   struct pel_error *err);

/* *count = the number of primes in [start, stop].
 * SIEVE: O((stop - start) log log stop + sqrt(stop)) time. COMBINATORIAL: about O(stop^(2/3)) time and
 * sqrt(stop) / 10 bytes (15 MB at 10^16, 100 MB at 10^18, 422 MB at 2^64), whatever start is.
 * TRIAL: O(n sqrt(stop)). AUTO never takes TRIAL.
 * Errors: -EINVAL (start > stop, unknown method), -ENOMEM, -ECANCELED. */
PEL_API PEL_MUST_CHECK int pel_primes_count(uint64_t start, uint64_t stop,
                                            enum pel_primes_method method,
                                            const struct pel_team *team, uint64_t *count,
                                            struct pel_error *err);

/* *prime = the n-th prime, p(1) = 2. n from 1 to PEL_PRIMES_NTH_MAX; else -ERANGE.
 * Finds an estimate by the inverse of Riemann's R, counts up to it, and sieves the rest of the way. `method`
 * says how it counts. */
PEL_API PEL_MUST_CHECK int pel_primes_nth(uint64_t n, enum pel_primes_method method,
                                          const struct pel_team *team, uint64_t *prime,
                                          struct pel_error *err);

/* *sum = the sum of the primes in [start, stop]; it is below 2^128 for every interval. Methods and errors
 * as in pel_primes_count; COMBINATORIAL takes sqrt(stop) / 10 bytes (100 MB at 10^18) and a stop up to
 * PEL_PRIMES_SUM_MAX, above which it is -ERANGE. */
PEL_API PEL_MUST_CHECK int pel_primes_sum(uint64_t start, uint64_t stop,
                                          enum pel_primes_method method,
                                          const struct pel_team *team, struct pel_u128 *sum,
                                          struct pel_error *err);

/* ---- one pass, many answers ------------------------------------------------------------------- */

/* What to find; several at once cost little more than the dearest of them. */
enum {
    PEL_PRIMES_FIND_COUNT = 1 << 0,
    PEL_PRIMES_FIND_SUM = 1 << 1,
    PEL_PRIMES_FIND_TUPLETS = 1 << 2,  /* k-tuplets for k = 2 to 6 */
    PEL_PRIMES_FIND_GAPS = 1 << 3,     /* histogram and maximal gaps */
    PEL_PRIMES_FIND_RESIDUES = 1 << 4, /* counts modulo a number */
    PEL_PRIMES_FIND_TWINS = 1 << 5     /* tuplets[2] alone: cheaper than TUPLETS */
};

enum {
    PEL_PRIMES_TUPLET_MAX = 6,
    PEL_PRIMES_MODULUS_MAX = 65536,
    PEL_PRIMES_GAP_MAX = 1600,  /* below 2^64 no gap is longer than 1550 */
    PEL_PRIMES_MAXIMAL_MAX = 96 /* below 2^64 there are 80 maximal gaps (OEIS A005250) */
};

/* A gap: two consecutive primes, first and first + length. */
struct pel_primes_gap {
    uint64_t first;
    uint32_t length;
};

/* The answers; those that were not asked for are zero. Zeroed on failure. */
struct pel_primes_answers {
    uint64_t count;
    struct pel_u128 sum;
    /* tuplets[k]: runs of k primes, all in the interval, of a pattern of least diameter: (0, 2);
     * (0, 2, 6), (0, 4, 6); (0, 2, 6, 8); (0, 2, 6, 8, 12), (0, 4, 6, 10, 12); (0, 4, 6, 10, 12, 16).
     * tuplets[0] and [1] are 0. OEIS A007508 for the twins below 10^k. */
    uint64_t tuplets[PEL_PRIMES_TUPLET_MAX + 1];
    /* gaps[d]: pairs of consecutive primes of the interval that differ by d. */
    uint64_t gaps[PEL_PRIMES_GAP_MAX];
    /* The gaps longer than all before them in the interval, in order; the last is the longest. */
    struct pel_primes_gap maximal[PEL_PRIMES_MAXIMAL_MAX];
    size_t nmaximal;
};

/* Finds what `find` asks for among the primes of [start, stop], in one pass of the sieve. With
 * PEL_PRIMES_FIND_RESIDUES, residues[r] for r < modulus (1 to PEL_PRIMES_MODULUS_MAX) becomes the number
 * of primes that are r modulo `modulus`; otherwise residues is NULL and modulus 0. Time and errors of the
 * sieve. */
PEL_API PEL_MUST_CHECK int pel_primes_find(uint64_t start, uint64_t stop, unsigned find,
                                           uint64_t *residues, uint32_t modulus,
                                           const struct pel_team *team,
                                           struct pel_primes_answers *out, struct pel_error *err);

/* ---- lists ------------------------------------------------------------------------------------ */

/* Primes that their owner frees with pel_primes_list_free; ascending. */
struct pel_primes_list {
    uint64_t *primes; /* NULL when n is 0 */
    size_t n;
};
PEL_API void pel_primes_list_free(struct pel_primes_list *list);

/* All primes of [start, stop] in memory allocated for them: 8 bytes each. Sieves and counts first, then
 * fills, both in parallel; in between there is a bitmap of (stop - start) / 30 bytes, a sixth of the list
 * or less. */
PEL_API PEL_MUST_CHECK int pel_primes_list(uint64_t start, uint64_t stop,
                                           const struct pel_team *team, struct pel_primes_list *out,
                                           struct pel_error *err);

/* The same into the caller's memory of `capacity` elements (NULL when that is 0); *n is how many primes there are. When they
 * are more than capacity: -ENOBUFS, *n is set and the memory's contents are undefined. */
PEL_API PEL_MUST_CHECK int pel_primes_copy(uint64_t start, uint64_t stop,
                                           const struct pel_team *team, uint64_t *primes,
                                           size_t capacity, size_t *n, struct pel_error *err);

/* ---- primes as the source of a query ------------------------------------------------------------ */

/* A query over the primes of an interval that never holds all of them: where, select and aggregate are
 * what `block` does with each block, in parallel.
 *
 *     the sum of 1/p over the primes p = 1 mod 4:
 *     static void block(void *ctx, void *partial, const uint64_t *primes, size_t n)
 *     {
 *         double sum = 0;
 *         for (size_t i = 0; i < n; i++)
 *             if (primes[i] % 4 == 1)
 *                 sum += 1.0 / (double)primes[i];
 *         *(double *)partial += sum;
 *     }
 *
 * The interval is cut into parts, and the parts into blocks, by its ends alone. Each part has a partial
 * result, zeroed at first, then begun by begin() where that is not NULL, with what combine() leaves as it is,
 * for the result itself is begun so, too; its blocks come in ascending
 * order, each with n >= 1; partial results are combined from the left to the right. So the result has
 * the same bits for any number of threads, floating point included. */
struct pel_primes_query {
    size_t partial_nbytes;
    void (*begin)(void *ctx, void *partial); /* may be NULL */
    void (*block)(void *ctx, void *partial, const uint64_t *primes, size_t n);
    void (*combine)(void *into, const void *from); /* `from` is the right neighbour */
};

/* Runs the query; the result is left in the partial_nbytes bytes at `result`, which begins as a partial
 * result does. block() is called from many threads at once, each with a partial of its own. */
PEL_API PEL_MUST_CHECK int pel_primes_query(uint64_t start, uint64_t stop,
                                            const struct pel_primes_query *query, void *ctx,
                                            const struct pel_team *team, void *result,
                                            struct pel_error *err);

/* Primes in order to a place that takes them in order, such as a file, while all threads sieve. The
 * interval is cut into parts by its ends alone; each part is produced by one thread, in ascending blocks;
 * parts are claimed in ascending order and several are in the works at once. So whoever takes what
 * block() makes can put it in order by the part's number, and may make any thread wait that is not
 * working on the lowest unfinished part.
 *
 * block(ctx, part, primes, n): n >= 1 primes. end(ctx, part): no more blocks of this part; may be NULL.
 * Non-zero from either stops the whole run, which returns that value (-ECANCELED for parts that were
 * skipped is not reported then). Parts are numbered from 0 without a gap; those without primes have no
 * block, only an end. failed(ctx, status): a part will not be finished, for want of memory or because
 * team->cancel was raised; called, perhaps from several threads, as soon as that is known, so that nobody
 * waits in block() for that part's end; may be NULL. It is not called for what block or end returned. */
struct pel_primes_parts {
    int (*block)(void *ctx, uint64_t part, const uint64_t *primes, size_t n);
    int (*end)(void *ctx, uint64_t part);
    void (*failed)(void *ctx, int status);
};
PEL_API PEL_MUST_CHECK int pel_primes_parts(uint64_t start, uint64_t stop,
                                            const struct pel_primes_parts *parts, void *ctx,
                                            const struct pel_team *team, struct pel_error *err);

/* ---- one after the other ---------------------------------------------------------------------- */

/* Walks over the primes in either direction, in the calling thread. The first steps cost some
 * microseconds each wherever they are; who goes on is given more at a time, up to the sieve's rate. Memory:
 * two bitmaps, each of up to 83 stop^(1/3) bytes (1 MB at 10^12, 83 MB at 10^18), and the sieve's. */
struct pel_primes_iterator;

/* Before the first call of next or previous the iterator stands just before `start` (so that next gives
 * the first prime >= start) and just after it (previous gives the last prime <= start). -ENOMEM. */
PEL_API PEL_MUST_CHECK int pel_primes_iterator_open(struct pel_primes_iterator **out,
                                                    uint64_t start, struct pel_error *err);

/* The next larger, or smaller, prime in *prime. -ERANGE, with *prime 0, when there is none below 2^64 or
 * from 2 on; the iterator then stands behind the last, or before the first, and can be turned round.
 * -ENOMEM leaves it where it stood. */
PEL_API PEL_MUST_CHECK int pel_primes_iterator_next(struct pel_primes_iterator *iterator,
                                                    uint64_t *prime);
PEL_API PEL_MUST_CHECK int pel_primes_iterator_previous(struct pel_primes_iterator *iterator,
                                                        uint64_t *prime);

/* NULL is fine. */
PEL_API void pel_primes_iterator_close(struct pel_primes_iterator *iterator);

PEL_END_DECLS
#endif
