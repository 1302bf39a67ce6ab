/* The segmented sieve, as the rest of primes/ sees it: a plan for an interval, and for each thread a
 * sieve that turns one chunk of the plan after the other into bitmaps.
 *
 * The layout of bitmaps everywhere in primes/: one byte for 30 numbers. Bit b of byte k is the number
 * base + 30 k + residue[b], with residue = 7, 11, 13, 17, 19, 23, 29, 31; a set bit is a prime. All
 * twins and k-tuplets, k <= 6, but those with 3 or 5 lie within one byte. 2, 3 and 5 are never in a bitmap: who
 * uses one deals with them.
 */
#ifndef PELTON_PRIMES_SIEVE_H
#define PELTON_PRIMES_SIEVE_H

#include <pelton/primes.h>

extern const uint8_t pel_wheel_residues[8]; /* 7 11 13 17 19 23 29 31 */

struct pel_presieve;
struct pel_sieve_engine;
struct pel_lines_plan;

/* An interval cut into chunks and the sieving primes up to sqrt(stop), shared by all who sieve it.
 * Read-only once made. */
struct pel_sieve_plan {
    uint64_t start, stop;
    uint64_t chunk_bytes; /* bitmap bytes (of 30 numbers) a chunk; the last may be shorter */
    size_t nchunks;       /* chunk i begins at byte first_byte + i * chunk_bytes */
    uint64_t
        first_byte; /* byte that holds the first number >= start: number n >= 7 is in (n - 7) / 30 */
    enum pel_isa isa;
    const struct pel_sieve_engine *engine;
    uint8_t
        *primes; /* bitmap of the sieving primes (layout as above, base 0); 8 zero bytes behind */
    size_t primes_nbytes;

    /* The engines' own */
    size_t segment_nbytes; /* a power of two */
    size_t piece_nbytes;   /* what of a segment the first-level cache holds */
    struct pel_presieve *presieve;
    struct pel_lines_plan *lines;
};

/* Plans [start, stop], sieving the primes up to sqrt(stop) with the team. max_chunk: no chunk holds more
 * than so many numbers (or 1920), and chunks depend on the interval and max_chunk alone; small chunks are
 * dear when stop is large. 0: no wish; then a short interval is cut so that each thread of the team has
 * some.
 * Errors: -EINVAL, -ENOMEM, -ECANCELED. */
PEL_MUST_CHECK int pel_sieve_plan(struct pel_sieve_plan *plan, uint64_t start, uint64_t stop,
                                  uint64_t max_chunk, const struct pel_team *team,
                                  struct pel_error *err);
/* The same, without a wish, for who only counts: chunks are for pel_sieve_count() and pel_sieve_twins(),
 * which take less time then. */
PEL_MUST_CHECK int pel_sieve_plan_counts(struct pel_sieve_plan *plan, uint64_t start, uint64_t stop,
                                         const struct pel_team *team, struct pel_error *err);
void pel_sieve_plan_free(struct pel_sieve_plan *plan);

/* A thread's sieve. */
struct pel_sieve;
PEL_MUST_CHECK int pel_sieve_open(struct pel_sieve **out, const struct pel_sieve_plan *plan,
                                  struct pel_error *err);
void pel_sieve_close(struct pel_sieve *sieve);

/* A piece of a chunk's bitmap. Bits outside [start, stop] of the plan are 0, and so are the bytes behind
 * nbytes up to the next multiple of 64. Valid until the next call on the sieve. */
struct pel_segment {
    uint64_t base;        /* a multiple of 30; base + 30 k + 31 may exceed 2^64 in the last byte */
    const uint8_t *bytes; /* aligned to 64 */
    size_t nbytes;
};

/* Begins chunk `chunk`. -ENOMEM; -EINVAL where the plan is for counts only. */
PEL_MUST_CHECK int pel_sieve_begin(struct pel_sieve *sieve, size_t chunk);

/* The chunk's next segment, ascending. Returns 1, 0 when the chunk has ended (segment zeroed), or a
 * negative errno (-ENOMEM; -ECANCELED in pel_sieve_run, when the team's flag was raised). */
PEL_MUST_CHECK int pel_sieve_next(struct pel_sieve *sieve, struct pel_segment *segment);

/* Adds the chunk's primes (7 and up) to *count; cheaper than going over its segments. */
PEL_MUST_CHECK int pel_sieve_count(struct pel_sieve *sieve, size_t chunk, uint64_t *count);

/* Adds the chunk's twins (p, p + 2), p >= 11, to *twins and its primes to *count; NULL, and they are not
 * counted, which takes less time. */
PEL_MUST_CHECK int pel_sieve_twins(struct pel_sieve *sieve, size_t chunk, uint64_t *twins,
                                   uint64_t *count);

/* Calls work(ctx, sieve, chunk) for every chunk, claimed in ascending order by the threads of the team,
 * each with a sieve of its own, until one returns non-zero, which is then returned. A chunk that is
 * claimed does reach work(), so that work() may wait for what lower chunks do. Adds what is sieved to
 * team->progress, in bytes of bitmap. -ECANCELED when team->cancel was raised; -ENOMEM. */
PEL_MUST_CHECK int pel_sieve_run(const struct pel_sieve_plan *plan, const struct pel_team *team,
                                 int (*work)(void *ctx, struct pel_sieve *sieve, size_t chunk),
                                 void *ctx, struct pel_error *err);

#endif
