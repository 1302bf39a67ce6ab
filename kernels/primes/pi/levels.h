/* The inner loops of Gourdon's terms, for each instruction set. */
#ifndef PELTON_PRIMES_PI_LEVELS_H
#define PELTON_PRIMES_PI_LEVELS_H

#include "primes/bitmap.h"
#include "primes/pi/gourdon.h"

#include <string.h>

/* The sieve of the hard leaves counts what is left in blocks of 32 bytes, 4 words, and sums up the counts of
 * groups of 4 blocks when a prime has leaves. Primes from RECOUNT on keep the counts up to date while they
 * cross off; below, crossing off without and counting again is faster. */
enum { PEL_HARD_BATCH = 1024, PEL_HARD_BLOCK = 32, PEL_HARD_GROUP = 4, PEL_HARD_RECOUNT = 200 };

/* The bits of a block up to bit i of its byte k are the 32 bytes of up_to[i] from 31 - k on: up_to[i] has 31
 * bytes of ones, one of i + 1 ones, and zeros. */
struct pel_hard_masks {
    uint8_t up_to[8][2 * PEL_HARD_BLOCK];
};

/* A thread's sieve for the hard leaves. */
struct pel_hard_sieve {
    const struct pel_gourdon *g;
    const struct pel_hard_masks *masks;
    uint8_t *bytes; /* the segment; `margin` bytes before and behind it may be written, and are 0 */
    size_t nbytes;  /* of a segment, a multiple of 128 */
    ptrdiff_t margin; /* a multiple of 32 */
    uint16_t *counts; /* of the blocks, with the same margin */
    uint32_t *before; /* before[i]: the counts of the groups before i */
    int32_t
        *offsets; /* offsets[b]: the byte of the segment at which p(b)'s next round begins, <= 0 */
    /* A batch of leaves: m, plus 2^31 when mu(m) = 1, and where in the segment x / (p m) is. Vectors write
     * and read a little more. */
    uint32_t leaves[PEL_HARD_BATCH + 16];
    uint32_t places[PEL_HARD_BATCH + 16];
};

/* What a chunk of the sieve tells of the leaves of p(b), while the counts of the chunks before it are not
 * known. */
struct pel_hard_part {
    uint64_t weight; /* sum of -mu(m) over the leaves p(b) m whose x / (p(b) m) is in the chunk */
    uint64_t count;  /* numbers in the chunk without a prime factor below p(b) */
};

/* The primes up to x^(1/2), from some place down: those that are set in words[word] & bits and below. */
struct pel_descent {
    const struct pel_pi_word *words;
    size_t word;
    uint64_t bits;
};

/* What is known of one chunk of B's sieve while the chunks before it are not: pi(x / p) is the number of
 * primes before the chunk plus one that is counted in it. */
struct pel_pairs_part {
    uint64_t inside;  /* sum over the chunk's p of the primes of the chunk that are <= x / p */
    uint64_t nleaves; /* how many p */
    uint64_t nprimes; /* in the chunk */
};

struct pel_gourdon_level {
    /* The sum of pi(n / primes[i]), from <= i < to, n < 2^53. */
    uint64_t (*sum_pi)(const struct pel_pi_table *pi, const uint32_t *primes, size_t from,
                       size_t to, uint64_t n);
    /* How many bits are set in words from <= w < to. */
    uint64_t (*count_words)(const uint8_t *bytes, size_t from, size_t to);
    /* Adds a segment, and the p > y of the descent whose x / p lie in it, to the part. */
    void (*pairs_segment)(const struct pel_gourdon *g, const struct pel_segment *segment,
                          struct pel_descent *at, struct pel_pairs_part *part);
    /* Sieves the segment that begins with number 30 first and returns the sum of -mu(m) times how many
     * numbers of the chunk are counted by leaf p(b) m, b <= last; adds to parts[b]. */
    uint64_t (*hard_segment)(struct pel_hard_sieve *sieve, uint64_t first, size_t last,
                             struct pel_hard_part *parts);
};

const struct pel_gourdon_level *pel_gourdon_level(enum pel_isa isa);

#endif
